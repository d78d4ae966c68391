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

#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (gst_rc_aligner_debug);
#define GST_CAT_DEFAULT gst_rc_aligner_debug

/* ---- ticks ---- */

/* Time of tick k: origin + floor (k * d * 1e9 / n), from k and the fraction. */
static gint64
tick_time (const GstRcAlignerPrivate * priv, gint64 k)
{
  const GstRcAlignerRun *run = &priv->run;
  guint64 unit = GST_SECOND * (guint64) run->rate_d;

  if (k >= 0)
    return priv->tick_origin + (gint64) gst_util_uint64_scale (k, unit,
        run->rate_n);
  return priv->tick_origin - (gint64) gst_util_uint64_scale_ceil (-k, unit,
      run->rate_n);
}

/* The first k with tick_time (k) >= time. */
static gint64
first_tick_from (const GstRcAlignerPrivate * priv, gint64 time)
{
  const GstRcAlignerRun *run = &priv->run;
  guint64 unit = GST_SECOND * (guint64) run->rate_d;
  gint64 d = time - priv->tick_origin;
  gint64 k = d >= 0 ? (gint64) gst_util_uint64_scale (d, run->rate_n, unit) :
      -(gint64) gst_util_uint64_scale_ceil (-d, run->rate_n, unit);

  while (tick_time (priv, k) < time)
    k++;
  while (tick_time (priv, k - 1) >= time)
    k--;
  return k;
}

/* ---- taking samples ---- */

static void
ingest (GstRcAlignerPad * pad, GstBuffer * buffer)
{
  GstSegment segment;
  guint64 no_time = pad->stream->stats.no_time;
  gchar *reason;

  GST_OBJECT_LOCK (pad);
  segment = GST_AGGREGATOR_PAD (pad)->segment;
  GST_OBJECT_UNLOCK (pad);
  gst_rc_stream_push (pad->stream, buffer, &segment, &reason);
  if (reason && !pad->warned_size && !pad->warning) {
    pad->warned_size = TRUE;
    pad->warning = reason;
    reason = NULL;
  } else if (pad->stream->stats.no_time > no_time && !pad->warned_time
      && !pad->warning) {
    pad->warned_time = TRUE;
    pad->warning = g_strdup_printf ("a buffer without a PTS, or outside its "
        "segment (PTS %" GST_TIME_FORMAT ")",
        GST_TIME_ARGS (GST_BUFFER_PTS (buffer)));
  }
  g_free (reason);
}

static void
take_flush (GstRcAlignerPad * pad)
{
  if (g_atomic_int_compare_and_exchange (&pad->flushed, TRUE, FALSE)) {
    gst_rc_stream_reset (pad->stream);
    pad->head_taken = FALSE;
  }
}

gboolean
gst_rc_aligner_is_base_gap (GstBuffer * buffer)
{
  return GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP)
      && GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DROPPABLE)
      && gst_buffer_n_memory (buffer) == 0;
}

/* Takes the next queued buffer into the history; FALSE when there is none. Not
 * live, the base class keeps the last one that it had, so that the pad is ready
 * for as long as it is not behind. */
static gboolean
take_next (GstRcAlignerPad * pad, gboolean live)
{
  GstAggregatorPad *aggpad = GST_AGGREGATOR_PAD (pad);
  GstBuffer *buffer;
  guint held;

  take_flush (pad);
  held = pad->head_taken && !pad->head_is_gap ? 1 : 0;
  buffer = gst_rc_inbox_take (&pad->inbox, held, FALSE, 0);
  if (!buffer) {
    /* This thread may have been woken in place of the one that fills the box: let
     * that one go on first, so that a hand-over moves a batch and not a buffer. */
    if (held)
      g_thread_yield ();
    buffer = gst_rc_inbox_take (&pad->inbox, held, TRUE, pad->head_epoch);
  }
  if (!buffer) {
    if (pad->head_taken)
      gst_aggregator_pad_drop_buffer (aggpad);
    pad->head_taken = FALSE;
    pad->head_epoch = gst_rc_inbox_epoch (&pad->inbox);
    buffer = live ? gst_aggregator_pad_pop_buffer (aggpad) :
        gst_aggregator_pad_peek_buffer (aggpad);
    if (!buffer)
      return FALSE;
    pad->head_is_gap = gst_rc_aligner_is_base_gap (buffer);
    pad->head_taken = !live;
    if (live && !pad->head_is_gap)
      gst_rc_inbox_popped (&pad->inbox, pad->head_epoch);
  }
  /* caps not configured yet cannot be: they come in order, before */
  if (pad->stream->kind != GST_RC_STREAM_NONE)
    ingest (pad, buffer);
  gst_buffer_unref (buffer);
  return TRUE;
}

static void
update_eos (GstRcAlignerPad * pad)
{
  GstAggregatorPad *aggpad = GST_AGGREGATOR_PAD (pad);

  pad->stream->eos = gst_aggregator_pad_is_eos (aggpad)
      && !gst_aggregator_pad_has_buffer (aggpad);
}

/* Reads on until the pad decides the tick; FALSE when it needs more. */
static gboolean
advance (GstRcAlignerPad * pad, gint64 tick, gboolean live)
{
  guint taken = 0;

  take_flush (pad);
  update_eos (pad);
  while (!gst_rc_stream_decided (pad->stream, tick)) {
    if (!take_next (pad, live)) {
      update_eos (pad);
      return pad->stream->eos;
    }
    /* a stream that starts long before the others must not pile up */
    if (++taken % 64 == 0)
      gst_rc_stream_trim (pad->stream, tick);
  }
  return TRUE;
}

static void
drain (GstRcAlignerRun * run)
{
  for (guint i = 0; i < run->pads->len; i++) {
    while (take_next (g_ptr_array_index (run->pads, i), TRUE));
  }
}

static void
post_warnings (GstRcAligner * self, GstRcAlignerRun * run)
{
  for (guint i = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);

    if (!pad->warning)
      continue;
    GST_ELEMENT_WARNING (self, STREAM, FORMAT, (NULL),
        ("pad %s (stream \"%s\") dropped %s; further ones are only counted in "
            "its stats", GST_PAD_NAME (pad), pad->stream->name, pad->warning));
    g_clear_pointer (&pad->warning, g_free);
  }
}

static void
publish_stats (GstRcAlignerRun * run)
{
  for (guint i = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);

    pad->stream->stats.history = pad->stream->n;
    GST_OBJECT_LOCK (pad);
    pad->shown = pad->stream->stats;
    GST_OBJECT_UNLOCK (pad);
  }
}

/* ---- start and end ---- */

static gboolean
span_is_common (const GstRcAlignerPrivate * priv)
{
  if (priv->span == GST_RC_SPAN_AUTO)
    return !priv->run.live;
  return priv->span == GST_RC_SPAN_COMMON;
}

typedef struct
{
  gint64 first_min, first_max;  /* first times: all pads; required pads */
  gint64 last_min, last_max;
  GstRcAlignerPad *earliest, *latest;
  gboolean complete;            /* every pad has a sample or is EOS */
  gboolean required_complete;   /* every required one */
  gboolean required_empty;      /* a required pad ended without a sample */
  guint n_required;
} Spans;

static void
measure_spans (GstRcAlignerRun * run, Spans * sp)
{
  memset (sp, 0, sizeof (*sp));
  sp->complete = sp->required_complete = TRUE;
  sp->first_min = sp->first_max = sp->last_max = RC_TIME_NONE;
  sp->last_min = G_MAXINT64;
  for (guint i = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);
    const GstRcStreamStats *st = &pad->stream->stats;
    gboolean required = pad->stream->config.required;

    sp->n_required += required;
    if (st->first_time == RC_TIME_NONE) {
      sp->complete &= pad->stream->eos;
      sp->required_complete &= pad->stream->eos || !required;
      sp->required_empty |= required && pad->stream->eos;
      continue;
    }
    if (sp->first_min == RC_TIME_NONE || st->first_time < sp->first_min) {
      sp->first_min = st->first_time;
      sp->earliest = pad;
    }
    if (!sp->latest || st->first_time > sp->latest->stream->stats.first_time)
      sp->latest = pad;
    sp->last_max = MAX (sp->last_max, st->last_time);
    if (required) {
      sp->first_max = MAX (sp->first_max, st->first_time);
      if (pad->stream->eos)
        sp->last_min = MIN (sp->last_min, st->last_time);
    }
  }
}

/* FALSE when two clocks are years apart: filling the ticks between them would
 * take forever, and is never what was meant. */
static gboolean
check_jump (GstRcAligner * self, GstRcAlignerPrivate * priv, const Spans * sp)
{
  guint64 apart;

  if (!sp->earliest)
    return TRUE;
  apart = (guint64) sp->latest->stream->stats.first_time -
      (guint64) sp->first_min;
  if (apart <= (guint64) priv->max_jump)
    return TRUE;
  GST_ELEMENT_ERROR (self, STREAM, FORMAT, (NULL),
      ("the streams of pads %s and %s start %.3f s apart (at %" G_GINT64_FORMAT
          " ns and %" G_GINT64_FORMAT " ns), more than max-jump=%"
          G_GINT64_FORMAT " ns: are they on one clock? Set their offset or "
          "time-origin, or max-jump", GST_PAD_NAME (sp->earliest),
          GST_PAD_NAME (sp->latest), apart / 1e9, sp->first_min,
          sp->latest->stream->stats.first_time, priv->max_jump));
  return FALSE;
}

/* Sets run->tick to the next tick to decide: that of k, or the master's next
 * sample time. FALSE when the master has no further sample yet. */
static gboolean
next_tick (GstRcAlignerRun * run, GstRcAlignerPrivate * priv)
{
  gint64 time;

  if (!run->master) {
    run->tick = tick_time (priv, run->k);
    return run->have_tick = TRUE;
  }
  for (;;) {
    time = gst_rc_stream_next_time (run->master->stream, run->tick);
    if (time != RC_TIME_NONE) {
      run->tick = time;
      return run->have_tick = TRUE;
    }
    if (run->live || !take_next (run->master, FALSE)) {
      update_eos (run->master);
      return FALSE;
    }
  }
}

/* Live with span=all, one pad that speaks is enough; else all have to speak or
 * end (those that are not required too when not live: they may start earlier). */
static gboolean
can_start (const GstRcAlignerPrivate * priv, const Spans * sp)
{
  if (sp->complete)
    return TRUE;
  if (!priv->run.live)
    return FALSE;
  return sp->first_min != RC_TIME_NONE && (!span_is_common (priv)
      || sp->required_complete);
}

/* Chooses the first tick. GST_AGGREGATOR_FLOW_NEED_DATA while it can't. */
static GstFlowReturn
choose_start (GstRcAligner * self, GstRcAlignerPrivate * priv)
{
  GstRcAlignerRun *run = &priv->run;
  gboolean common = span_is_common (priv);
  gint64 from;
  Spans sp;

  for (guint i = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);

    take_flush (pad);
    while (pad->stream->stats.first_time == RC_TIME_NONE
        && take_next (pad, run->live));
    update_eos (pad);
  }
  measure_spans (run, &sp);
  if (!can_start (priv, &sp))
    return GST_AGGREGATOR_FLOW_NEED_DATA;
  if (sp.first_min == RC_TIME_NONE)
    return GST_FLOW_EOS;
  if (!check_jump (self, priv, &sp))
    return GST_FLOW_ERROR;
  if (common && sp.required_empty) {
    GST_ELEMENT_WARNING (self, STREAM, FAILED, (NULL),
        ("a required pad ended without a sample: no tick is common to all "
            "(set required=false on pads that may be empty, or span=all)"));
    return GST_FLOW_EOS;
  }
  from = common && sp.n_required > 0 ? sp.first_max : sp.first_min;
  /* buffers cannot carry a negative time */
  from = MAX (from, 0);
  run->have_tick = FALSE;
  if (run->master) {
    /* the first sample at or after `from` */
    run->k = 0;
    run->tick = from - 1;
  } else {
    run->k = first_tick_from (priv, from);
  }
  run->started = TRUE;
  GST_INFO_OBJECT (self, "ticks from number %" G_GINT64_FORMAT ", at or after %"
      GST_STIME_FORMAT, run->k, GST_STIME_ARGS (from));
  return GST_FLOW_OK;
}

static gboolean
finished (GstRcAlignerPrivate * priv)
{
  GstRcAlignerRun *run = &priv->run;
  gboolean all_eos = TRUE;
  Spans sp;

  for (guint i = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);

    all_eos &= pad->stream->eos;
  }
  measure_spans (run, &sp);
  if (span_is_common (priv) && sp.n_required > 0 && run->tick > sp.last_min)
    return TRUE;
  return all_eos && run->tick > sp.last_max;
}

/* ---- the loop ---- */

static gboolean
running_now (GstRcAligner * self, gint64 * now)
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
pad_deadline (GstRcAlignerPad * pad, gint64 tick)
{
  gint64 latency;

  GST_OBJECT_LOCK (pad);
  latency = GST_CLOCK_TIME_IS_VALID (pad->upstream_latency) ?
      pad->upstream_latency : 0;
  GST_OBJECT_UNLOCK (pad);
  return tick + latency + pad->wait;
}

static gboolean
send_caps (GstRcAligner * self, GstRcAlignerRun * run)
{
  GstCaps *caps = gst_rc_tensors_to_caps (&run->out.tensors);
  GstPad *src = GST_AGGREGATOR_SRC_PAD (self);
  GstCaps *peer = gst_pad_peer_query_caps (src, NULL);
  gboolean ok = gst_rc_tensors_agree (&caps, peer);

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

/* Makes the row of the current tick and pushes what it completes. */
static GstFlowReturn
emit (GstRcAligner * self, GstRcAlignerPrivate * priv, guint32 late)
{
  GstRcAlignerRun *run = &priv->run;
  GstRcOutputState *out = &run->out;
  GstAggregator *agg = GST_AGGREGATOR (self);
  RcPick picks[GST_RC_MAX_STREAMS];
  GstBuffer *buffer;
  gboolean missing = FALSE, due;

  for (guint i = 0; i < out->n_streams; i++) {
    gst_rc_stream_pick (out->streams[i], run->tick, (late >> i) & 1, &picks[i]);
    missing |= picks[i].state == RC_STATE_MISSING
        && out->streams[i]->config.required;
  }
  /* span=common begins where every required stream has a value */
  if (missing && !run->emitted && span_is_common (priv)) {
    GST_OBJECT_LOCK (self);
    priv->n_skipped++;
    GST_OBJECT_UNLOCK (self);
    return GST_FLOW_OK;
  }
  run->emitted = TRUE;
  for (guint i = 0; i < out->n_streams; i++)
    gst_rc_stream_count (out->streams[i], &picks[i], (late >> i) & 1);
  due = run->k % (gint64) priv->stride == 0;
  if (due && run->caps_dirty && !send_caps (self, run))
    return GST_FLOW_NOT_NEGOTIATED;
  buffer = gst_rc_output_add_row (out, run->k, picks, late, due);
  if (!buffer)
    return GST_FLOW_OK;
  GST_BUFFER_PTS (buffer) = run->tick;
  if (!run->master)
    GST_BUFFER_DURATION (buffer) =
        tick_time (priv, run->k + priv->stride) - run->tick;
  GST_OBJECT_LOCK (self);
  if (priv->n_out++ == 0)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  GST_OBJECT_UNLOCK (self);
  gst_aggregator_selected_samples (agg, GST_BUFFER_PTS (buffer),
      GST_CLOCK_TIME_NONE, GST_BUFFER_DURATION (buffer), NULL);
  GST_OBJECT_LOCK (agg->srcpad);
  GST_AGGREGATOR_PAD (agg->srcpad)->segment.position = run->tick;
  GST_OBJECT_UNLOCK (agg->srcpad);
  return gst_aggregator_finish_buffer (agg, buffer);
}

/* Decides the current tick. GST_AGGREGATOR_FLOW_NEED_DATA when a pad has to say
 * more first; then `wake` is the running time at which a deadline decides. */
static GstFlowReturn
decide (GstRcAligner * self, GstRcAlignerPrivate * priv, guint32 * late,
    gint64 * wake)
{
  GstRcAlignerRun *run = &priv->run;
  gint64 before = 0, after = 0;
  gint64 now = 0;
  gboolean have_now = FALSE, waiting = FALSE;
  guint column = 0;

  *late = 0;
  *wake = RC_TIME_NONE;
  if (!run->master) {
    before = run->tick - tick_time (priv, run->k - 1);
    after = tick_time (priv, run->k + 1) - run->tick;
  }
  for (guint i = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);
    guint32 bit = gst_rc_aligner_in_output (pad) ? 1u << column++ : 0;
    gint64 deadline;

    gst_rc_stream_set_tick (pad->stream, before, after);
    if (advance (pad, run->tick, run->live))
      continue;
    if (!run->live)
      return GST_AGGREGATOR_FLOW_NEED_DATA;
    deadline = pad_deadline (pad, run->tick);
    if (!have_now)
      have_now = running_now (self, &now);
    if (have_now && now >= deadline) {
      *late |= bit;
    } else {
      waiting = TRUE;
      *wake = MAX (*wake, deadline);
    }
  }
  return waiting ? GST_AGGREGATOR_FLOW_NEED_DATA : GST_FLOW_OK;
}

static gboolean
all_ended (GstRcAlignerRun * run)
{
  gboolean all = TRUE;

  for (guint i = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);

    update_eos (pad);
    all &= pad->stream->eos;
  }
  return all;
}

/* No tick is left. Where pads are not at their end, downstream gets its EOS now
 * and upstream may run on into nothing: to refuse buffers would stop a tee whose
 * other branch records the raw stream (and GStreamer from 1.26 on leaves sources
 * blocked when an aggregator ends before they do). */
static GstFlowReturn
end (GstRcAligner * self, GstRcAlignerPrivate * priv)
{
  GstRcAlignerRun *run = &priv->run;

  /* the first EOS has to follow stream-start, which the base class sends */
  if (all_ended (run) || priv->n_out == 0)
    return GST_FLOW_EOS;
  run->ended = TRUE;
  for (guint i = 0; i < run->pads->len; i++)
    gst_rc_inbox_discard (&((GstRcAlignerPad *) g_ptr_array_index (run->pads,
                i))->inbox);
  /* who is told of the end may read them at once */
  publish_stats (run);
  gst_pad_push_event (GST_AGGREGATOR_SRC_PAD (self), gst_event_new_eos ());
  return GST_AGGREGATOR_FLOW_NEED_DATA;
}

/* After the end: what the base class had queued before. */
static GstFlowReturn
drop_rest (GstRcAlignerRun * run)
{
  for (guint i = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);

    while (gst_aggregator_pad_drop_buffer (GST_AGGREGATOR_PAD (pad)));
    pad->head_taken = FALSE;
  }
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
    if (!run->started) {
      ret = choose_start (self, priv);
      if (ret != GST_FLOW_OK)
        return ret == GST_FLOW_EOS ? end (self, priv) : ret;
    }
    if (!run->have_tick && !next_tick (run, priv))
      return run->master->stream->eos ? end (self, priv) :
          GST_AGGREGATOR_FLOW_NEED_DATA;
    if (finished (priv))
      return end (self, priv);
    ret = decide (self, priv, &late, &wake);
    if (ret != GST_FLOW_OK)
      return finished (priv) ? end (self, priv) : ret;
    if (finished (priv))
      return end (self, priv);
    /* caps of a pad may have come or gone while it was read */
    if (run->dirty)
      return GST_AGGREGATOR_FLOW_NEED_DATA;
    if (run->out.n_streams == 0)
      return GST_FLOW_EOS;
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
  run->latency = run->live ? gst_aggregator_get_latency (agg) : 0;
  if (!GST_CLOCK_TIME_IS_VALID (run->latency))
    run->latency = 0;
  if (run->ended)
    return drop_rest (run);
  ret = align (self);
  if (ret != GST_FLOW_OK && ret != GST_AGGREGATOR_FLOW_NEED_DATA) {
    /* nobody will take anything any more */
    for (guint i = 0; i < run->pads->len; i++)
      gst_rc_inbox_close (&((GstRcAlignerPad *) g_ptr_array_index (run->pads,
                  i))->inbox);
  }
  publish_stats (run);
  post_warnings (self, run);
  return ret;
}

/* With the base class's source lock held: no messages and no latency queries
 * here. */
GstClockTime
gst_rc_aligner_get_next_time (GstAggregator * agg)
{
  GstRcAligner *self = GST_RC_ALIGNER (agg);
  GstRcAlignerPrivate *priv = gst_rc_aligner_get_private (self);
  GstRcAlignerRun *run = &priv->run;
  GstClockTime start;
  gint64 wake, now;
  guint32 late;

  gst_rc_aligner_refresh_pads (self, run);
  gst_rc_aligner_refresh_live (run);
  if (!run->live || run->ended)
    return GST_CLOCK_TIME_NONE;
  if (!running_now (self, &now))
    return GST_CLOCK_TIME_NONE;
  wake = now;
  if (!run->dirty) {
    drain (run);
    if (run->started && !run->have_tick && !next_tick (run, priv))
      return GST_CLOCK_TIME_NONE;
    if (run->started) {
      if (decide (self, priv, &late, &wake) == GST_FLOW_OK)
        wake = now;
    } else {
      Spans sp;

      measure_spans (run, &sp);
      if (!can_start (priv, &sp))
        return GST_CLOCK_TIME_NONE;
    }
  }
  /* The base class adds base time and latency to this, modulo 2^64: a start that
   * lies before zero is right as it wraps, but -1 would mean "no time". */
  start = (GstClockTime) wake - run->latency;
  return GST_CLOCK_TIME_IS_VALID (start) ? start : start - 1;
}
