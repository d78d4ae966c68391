/* SPDX-License-Identifier: Apache-2.0 */
/* How a tick is decided.
 *
 * Not live: the base class calls aggregate () when every pad has a buffer or is
 * EOS. A pad is popped while it is behind the tick; the sample that decides the
 * tick stays queued (it is peeked into the history), so that a pad that is ahead
 * stays ready and holds its upstream back, whatever the rates.
 *
 * Live: the base class would wait until every pad has a buffer or the deadline
 * has come. But it asks get_next_time () after every arrival: there all buffers
 * move into the histories, and when these decide the tick a time in the past is
 * returned, so that aggregate () runs at once. Else the wait ends when the last
 * undecided pad's own deadline has come. */
#include "rcalignerpriv.h"
#include "rcmeta.h"

#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (gst_rc_aligner_debug);
#define GST_CAT_DEFAULT gst_rc_aligner_debug

/* ---- the loop ---- */

gboolean
gst_rc_aligner_running_now (GstRcAligner * self, gint64 * now)
{
  GstClock *clock = gst_element_get_clock (GST_ELEMENT (self));

  if (!clock)
    return FALSE;
  *now = (gint64) (gst_clock_get_time (clock) -
      gst_element_get_base_time (GST_ELEMENT (self)));
  gst_object_unref (clock);
  return TRUE;
}

static gint64
pad_deadline (const GstRcAlignerRun * run, GstRcAlignerPad * pad, gint64 tick)
{
  gint64 latency;

  GST_OBJECT_LOCK (pad);
  latency = GST_CLOCK_TIME_IS_VALID (pad->upstream_latency) ?
      pad->upstream_latency : 0;
  GST_OBJECT_UNLOCK (pad);
  return tick + MAX (latency, run->min_upstream) + pad->wait + pad->delay;
}

/* No buffer has ever come. */
static gboolean
is_inactive (GstRcAlignerPad * pad)
{
  gboolean inactive;

  GST_OBJECT_LOCK (pad);
  inactive = pad->arrived == 0;
  GST_OBJECT_UNLOCK (pad);
  return inactive;
}

static gboolean
send_caps (GstRcAligner * self, GstRcAlignerRun * run)
{
  GstCaps *caps = gst_rc_tensors_to_caps (&run->out.tensors);
  GstPad *src = GST_AGGREGATOR_SRC_PAD (self);
  GstCaps *peer = gst_pad_peer_query_caps (src, NULL);
  gboolean ok = gst_rc_tensors_agree_in (&caps, peer, run->prefers_device);

  run->out.on_device = gst_rc_caps_are_on_device (caps);
  if (ok) {
    GST_DEBUG_OBJECT (self, "caps %" GST_PTR_FORMAT, caps);
    gst_aggregator_set_src_caps (GST_AGGREGATOR (self), caps);
    run->caps_dirty = FALSE;
  } else {
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION, (NULL),
        ("downstream does not take %" GST_PTR_FORMAT ", it wants %"
            GST_PTR_FORMAT, caps, peer));
  }
  gst_caps_unref (peer);
  gst_caps_unref (caps);
  return ok;
}

/* What comes up to then would have been in a tick that leaves without it. */
static void
mark_overdue (GstRcAlignerRun * run, guint32 late)
{
  for (guint i = 0, column = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);

    if (gst_rc_aligner_in_output (pad) && (late >> column++) & 1)
      pad->overdue = run->tick + pad->wait;
  }
}

/* No window reaches back across it. */
static void
begin_episode (GstRcAligner * self, GstRcAlignerRun * run)
{
  GstEvent *event = run->episode;

  run->episode = NULL;
  if (!event)
    event = gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM,
        gst_structure_new_empty ("rc-next-episode"));
  gst_rc_output_reset (&run->out);
  /* the first event has to follow stream-start, which the base class sends with
   * the first buffer; before that there is no episode to end */
  if (run->emitted)
    gst_pad_push_event (GST_AGGREGATOR_SRC_PAD (self), event);
  else
    gst_event_unref (event);
}

/* How far each stream had been read when a deadline decided. */
static void
add_read (GstRcAlignerRun * run, GstBuffer * buffer)
{
  guint64 read[GST_RC_MAX_STREAMS];

  for (guint i = 0; i < run->out.n_streams; i++)
    read[i] = run->out.streams[i]->stats.in;
  gst_rc_provenance_add_read (buffer, read, run->out.n_streams);
}

/* Makes the row of the current tick and pushes what it completes. */
static GstFlowReturn
emit (GstRcAligner * self, GstRcAlignerPrivate * priv, guint32 late)
{
  GstRcAlignerRun *run = &priv->run;
  GstRcOutputState *out = &run->out;
  GstAggregator *agg = GST_AGGREGATOR (self);
  RcPick picks[GST_RC_MAX_STREAMS];
  GstBuffer *buffer;
  RcError error = { RC_OK, "" };
  RcStatus status;
  gboolean missing = FALSE, drop = FALSE, due, episode;
  GstFlowReturn ret;
  guint32 arrival;

  for (guint i = 0; i < out->n_streams; i++) {
    const GstRcStreamConfig *config = &out->streams[i]->config;
    gboolean is_late = (late >> i) & 1;

    gst_rc_stream_pick (out->streams[i], run->tick, is_late, &picks[i]);
    missing |= picks[i].state == RC_STATE_MISSING && config->required;
    drop |= is_late && config->required
        && config->late_policy == GST_RC_LATE_DROP;
  }
  mark_overdue (run, late);
  episode = run->replay ? gst_rc_aligner_replay_episode (self) :
      run->episode != NULL;
  arrival = gst_rc_aligner_log_tick (self, late, episode);
  if (episode)
    begin_episode (self, run);
  /* span=common begins where every required stream has a value */
  if (missing && !run->emitted && gst_rc_aligner_span_is_common (priv)) {
    GST_OBJECT_LOCK (self);
    priv->n_skipped++;
    GST_OBJECT_UNLOCK (self);
    return GST_FLOW_OK;
  }
  run->emitted = TRUE;
  gst_rc_aligner_report_tick (self, picks, late);
  due = run->k % (gint64) priv->stride == 0;
  if (drop) {
    /* later windows still show the row */
    GST_OBJECT_LOCK (self);
    priv->n_dropped += due;
    GST_OBJECT_UNLOCK (self);
    due = FALSE;
  }
  if (due && run->caps_dirty && !send_caps (self, run))
    return GST_FLOW_NOT_NEGOTIATED;
  status = gst_rc_output_add_row (out, run->k, picks, arrival, due, &buffer,
      &error);
  if (status != RC_OK && gst_rc_aligner_fall_back (self, &error))
    status = gst_rc_output_add_row (out, run->k, picks, arrival, due, &buffer,
        &error);
  if (status != RC_OK) {
    GST_ELEMENT_ERROR (self, STREAM, FAILED, ("%s: the row at %" GST_TIME_FORMAT
            " cannot be made: %s", GST_OBJECT_NAME (self),
            GST_TIME_ARGS (run->tick), error.message), (NULL));
    return GST_FLOW_ERROR;
  }
  if (buffer && arrival)
    add_read (run, buffer);
  if (!buffer)
    return GST_FLOW_OK;
  GST_BUFFER_PTS (buffer) = run->tick;
  if (!run->master)
    GST_BUFFER_DURATION (buffer) =
        gst_rc_aligner_tick_time (priv, run->k + priv->stride) - run->tick;
  GST_OBJECT_LOCK (self);
  priv->n_cuda += out->device != NULL;
  if (priv->n_out++ == 0)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  GST_OBJECT_UNLOCK (self);
  run->picks = picks;
  gst_aggregator_selected_samples (agg, GST_BUFFER_PTS (buffer),
      GST_CLOCK_TIME_NONE, GST_BUFFER_DURATION (buffer), NULL);
  run->picks = NULL;
  GST_OBJECT_LOCK (agg->srcpad);
  GST_AGGREGATOR_PAD (agg->srcpad)->segment.position = run->tick;
  GST_OBJECT_UNLOCK (agg->srcpad);
  run->pushed = FALSE;
  ret = gst_aggregator_finish_buffer (agg, buffer);
  if (ret != GST_FLOW_OK || !run->pushed) {
    /* downstream did not take it; or the base class, which is being flushed, dropped
     * it and says nothing */
    GST_OBJECT_LOCK (self);
    priv->n_out--;
    priv->n_cuda -= out->device != NULL;
    GST_OBJECT_UNLOCK (self);
  }
  return ret;
}

/* Decides the current tick. GST_AGGREGATOR_FLOW_NEED_DATA when a pad has to say
 * more first; then `wake` is the running time at which a deadline decides. */
static GstFlowReturn
decide (GstRcAligner * self, GstRcAlignerPrivate * priv, guint32 * late,
    gint64 * wake)
{
  GstRcAlignerRun *run = &priv->run;
  gint64 before = 0, after = 0;
  gboolean waiting = FALSE;
  guint column = 0;

  *late = 0;
  *wake = RC_TIME_NONE;
  if (run->replay && !gst_rc_aligner_follow_streams (self))
    return GST_AGGREGATOR_FLOW_NEED_DATA;
  if (!run->master) {
    before = run->tick - gst_rc_aligner_tick_time (priv, run->k - 1);
    after = gst_rc_aligner_tick_time (priv, run->k + 1) - run->tick;
  }
  for (guint i = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);
    guint32 bit = gst_rc_aligner_in_output (pad) ? 1u << column++ : 0;
    gboolean was_late = FALSE;
    gint64 deadline;

    if (pad->absent)
      continue;
    gst_rc_stream_set_tick (pad->stream, before, after);
    if (run->replay ? gst_rc_aligner_follow (self, pad, &was_late) :
        gst_rc_aligner_advance (self, pad, run->tick)) {
      if (was_late)
        *late |= bit;
      continue;
    }
    /* something has to be done first; the clock must not decide instead */
    if (!run->live || run->replay || run->dirty || run->event_due)
      return GST_AGGREGATOR_FLOW_NEED_DATA;
    deadline = pad_deadline (run, pad, run->tick);
    if ((run->have_now && run->now >= deadline)
        || (run->ignore_inactive && is_inactive (pad))) {
      *late |= bit;
      continue;
    }
    waiting = TRUE;
    *wake = MAX (*wake, deadline);
  }
  return waiting ? GST_AGGREGATOR_FLOW_NEED_DATA : GST_FLOW_OK;
}

static gboolean
all_ended (GstRcAlignerRun * run)
{
  gboolean all = TRUE;

  for (guint i = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);

    gst_rc_aligner_update_eos (pad);
    all &= pad->stream->eos;
  }
  return all;
}

/* What the base class has queued: it is of no use after the end. */
static void
drop_queued (GstRcAlignerRun * run)
{
  for (guint i = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);

    while (gst_aggregator_pad_drop_buffer (GST_AGGREGATOR_PAD (pad)));
    gst_rc_aligner_clear_waiting (pad);
    pad->head_taken = FALSE;
  }
}

/* No tick is left. Where pads are not at their end, downstream gets its EOS now
 * and upstream may run on into nothing: to refuse buffers would stop a tee whose
 * other branch records the raw stream (and GStreamer from 1.26 on leaves sources
 * blocked when an aggregator ends before they do). */
static GstFlowReturn
end (GstRcAligner * self, GstRcAlignerPrivate * priv)
{
  GstRcAlignerRun *run = &priv->run;

  if (all_ended (run))
    return GST_FLOW_EOS;
  run->ended = TRUE;
  for (guint i = 0; i < run->pads->len; i++)
    gst_rc_inbox_discard (&((GstRcAlignerPad *) g_ptr_array_index (run->pads,
                i))->inbox);
  if (priv->n_out == 0) {
    /* The first EOS has to follow stream-start, which the base class sends; it
     * ends its thread then. At most one buffer of each pad is on its way into
     * what is emptied here, and will find room. */
    drop_queued (run);
    return GST_FLOW_EOS;
  }
  /* who is told of the end may read them at once */
  gst_rc_aligner_publish_stats (run);
  gst_pad_push_event (GST_AGGREGATOR_SRC_PAD (self), gst_event_new_eos ());
  return GST_AGGREGATOR_FLOW_NEED_DATA;
}

static GstFlowReturn
drop_rest (GstRcAlignerRun * run)
{
  drop_queued (run);
  return all_ended (run) ? GST_FLOW_EOS : GST_AGGREGATOR_FLOW_NEED_DATA;
}

static GstFlowReturn
align (GstRcAligner * self)
{
  GstRcAlignerPrivate *priv = gst_rc_aligner_get_private (self);
  GstRcAlignerRun *run = &priv->run;
  GstFlowReturn ret;
  guint32 late;
  gint64 wake;

  for (;;) {
    /* a flush waits for us, and upstream may never run out of data */
    if (gst_pad_get_task_state (GST_AGGREGATOR_SRC_PAD (self))
        != GST_TASK_STARTED)
      return GST_FLOW_FLUSHING;
    /* caps of a pad may have come while it was read */
    if (run->failed || !gst_rc_aligner_configure (self))
      return GST_FLOW_ERROR;
    if (!run->started) {
      ret = gst_rc_aligner_choose_start (self);
      if (run->dirty)
        continue;
      if (ret != GST_FLOW_OK)
        return ret == GST_FLOW_EOS ? end (self, priv) : ret;
    }
    if (!run->have_tick && !gst_rc_aligner_next_tick (self)) {
      if (run->dirty)
        continue;
      return run->master->stream->eos ? end (self, priv) :
          GST_AGGREGATOR_FLOW_NEED_DATA;
    }
    if (gst_rc_aligner_finished (priv))
      return end (self, priv);
    ret = decide (self, priv, &late, &wake);
    if (run->dirty)
      continue;
    if (run->failed)
      return GST_FLOW_ERROR;
    if (ret != GST_FLOW_OK)
      return gst_rc_aligner_finished (priv) ? end (self, priv) : ret;
    if (gst_rc_aligner_finished (priv))
      return end (self, priv);
    if (run->out.n_streams == 0)
      return end (self, priv);
    ret = emit (self, priv, late);
    if (ret != GST_FLOW_OK)
      return ret;
    for (guint i = 0; i < run->pads->len; i++)
      gst_rc_stream_trim (((GstRcAlignerPad *) g_ptr_array_index (run->pads,
                  i))->stream, run->tick + 1);
    run->k++;
    run->have_tick = FALSE;
  }
}

GstFlowReturn
gst_rc_aligner_aggregate (GstAggregator * agg, gboolean timeout)
{
  GstRcAligner *self = GST_RC_ALIGNER (agg);
  GstRcAlignerRun *run = &gst_rc_aligner_get_private (self)->run;
  GstFlowReturn ret;

  gst_rc_aligner_refresh_pads (self, run);
  gst_rc_aligner_refresh_live (run);
  if (!gst_rc_aligner_configure (self))
    return GST_FLOW_ERROR;
  if (run->live)
    gst_rc_aligner_note_latency (self);
  if (run->ended)
    return drop_rest (run);
  if (run->live)
    gst_rc_aligner_collect (self);
  /* forced to be live: before PLAYING GStreamer 1.22 and 1.24 call this */
  if (run->force_live && !run->have_now)
    return GST_AGGREGATOR_FLOW_NEED_DATA;
  ret = align (self);
  if (ret != GST_FLOW_OK && ret != GST_AGGREGATOR_FLOW_NEED_DATA) {
    /* nobody will take anything any more */
    for (guint i = 0; i < run->pads->len; i++)
      gst_rc_inbox_close (&((GstRcAlignerPad *) g_ptr_array_index (run->pads,
                  i))->inbox);
  }
  if (run->live)
    gst_rc_aligner_update_latency (self);
  gst_rc_aligner_publish_stats (run);
  gst_rc_aligner_post_messages (self);
  return ret;
}

/* When aggregate () should be called: `now`, a deadline, or RC_TIME_NONE where
 * only data can bring a tick. */
static gint64
look (GstRcAligner * self, gint64 now)
{
  GstRcAlignerPrivate *priv = gst_rc_aligner_get_private (self);
  GstRcAlignerRun *run = &priv->run;
  guint32 late;
  gint64 wake;

  gst_rc_aligner_collect (self);
  if (!run->started)
    return gst_rc_aligner_may_start (self) ? now : RC_TIME_NONE;
  if (!run->have_tick && !gst_rc_aligner_next_tick (self))
    return RC_TIME_NONE;
  if (decide (self, priv, &late, &wake) == GST_FLOW_OK)
    return now;
  return wake;
}

/* With the base class's source lock held: no messages and no latency queries
 * here. */
GstClockTime
gst_rc_aligner_get_next_time (GstAggregator * agg)
{
  GstRcAligner *self = GST_RC_ALIGNER (agg);
  GstRcAlignerRun *run = &gst_rc_aligner_get_private (self)->run;
  GstClockTime start;
  gint64 wake, now;

  gst_rc_aligner_refresh_pads (self, run);
  gst_rc_aligner_refresh_live (run);
  if (!run->live || run->ended)
    return GST_CLOCK_TIME_NONE;
  if (!gst_rc_aligner_running_now (self, &now))
    return GST_CLOCK_TIME_NONE;
  run->looking = TRUE;
  run->event_due = FALSE;
  wake = run->dirty ? now : look (self, now);
  run->looking = FALSE;
  if (run->event_due)
    wake = now;
  run->event_due = FALSE;
  if (wake == RC_TIME_NONE)
    return GST_CLOCK_TIME_NONE;
  /* The base class adds base time and latency to this, modulo 2^64: a start that
   * lies before zero is right as it wraps, but -1 would mean "no time". */
  start = (GstClockTime) wake - run->latency;
  return GST_CLOCK_TIME_IS_VALID (start) ? start : start - 1;
}
