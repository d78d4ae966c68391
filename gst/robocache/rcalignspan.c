/* SPDX-License-Identifier: Apache-2.0 */
/* Which ticks there are: their times, the first one and the last. */
#include "rcalignerpriv.h"

#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (gst_rc_aligner_debug);
#define GST_CAT_DEFAULT gst_rc_aligner_debug

/* ---- ticks ---- */

/* Time of tick k: origin + floor (k * d * 1e9 / n), from k and the fraction. */
gint64
gst_rc_aligner_tick_time (const GstRcAlignerPrivate * priv, gint64 k)
{
  const GstRcAlignerRun *run = &priv->run;
  guint64 unit = GST_SECOND * (guint64) run->rate_d;

  if (k >= 0)
    return priv->tick_origin + (gint64) gst_util_uint64_scale (k, unit,
        run->rate_n);
  return priv->tick_origin - (gint64) gst_util_uint64_scale_ceil (-k, unit,
      run->rate_n);
}

/* The first k with gst_rc_aligner_tick_time (k) >= time. */
static gint64
first_tick_from (const GstRcAlignerPrivate * priv, gint64 time)
{
  const GstRcAlignerRun *run = &priv->run;
  guint64 unit = GST_SECOND * (guint64) run->rate_d;
  gint64 d = time - priv->tick_origin;
  gint64 k = d >= 0 ? (gint64) gst_util_uint64_scale (d, run->rate_n, unit) :
      -(gint64) gst_util_uint64_scale_ceil (-d, run->rate_n, unit);

  while (gst_rc_aligner_tick_time (priv, k) < time)
    k++;
  while (gst_rc_aligner_tick_time (priv, k - 1) >= time)
    k--;
  return k;
}

/* ---- start and end ---- */

gboolean
gst_rc_aligner_span_is_common (const GstRcAlignerPrivate * priv)
{
  if (priv->run.replay)
    return g_str_equal (gst_rc_decision_replay_start (priv->run.replay)->stream,
        "common");
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
gboolean
gst_rc_aligner_next_tick (GstRcAligner * self)
{
  GstRcAlignerPrivate *priv = gst_rc_aligner_get_private (self);
  GstRcAlignerRun *run = &priv->run;
  gint64 time;

  if (!run->master) {
    run->tick = gst_rc_aligner_tick_time (priv, run->k);
    return run->have_tick = TRUE;
  }
  for (;;) {
    time = gst_rc_stream_next_time (run->master->stream, run->tick);
    if (time != RC_TIME_NONE) {
      run->tick = time;
      return run->have_tick = TRUE;
    }
    /* the next tick comes after all that there is */
    gst_rc_stream_pass_gap (run->master->stream);
    if (!gst_rc_aligner_take_next (self, run->master)) {
      gst_rc_aligner_update_eos (run->master);
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
  return sp->first_min != RC_TIME_NONE && (!gst_rc_aligner_span_is_common (priv)
      || sp->required_complete);
}

static void
read_first_samples (GstRcAligner * self)
{
  GstRcAlignerRun *run = &gst_rc_aligner_get_private (self)->run;

  for (guint i = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);

    gst_rc_aligner_take_flush (self, pad);
    while (pad->stream->stats.first_time == RC_TIME_NONE
        && gst_rc_aligner_take_next (self, pad));
    gst_rc_aligner_update_eos (pad);
  }
}

gboolean
gst_rc_aligner_may_start (GstRcAligner * self)
{
  GstRcAlignerPrivate *priv = gst_rc_aligner_get_private (self);
  Spans sp;

  if (priv->run.replay)
    return TRUE;
  read_first_samples (self);
  measure_spans (&priv->run, &sp);
  return can_start (priv, &sp);
}

/* The grid stays where it is: the property only keeps earlier ticks back. */
static gboolean
selected_start (GstRcAligner * self, gint64 * from)
{
  GstAggregatorStartTimeSelection selection;
  guint64 start;

  g_object_get (self, "start-time-selection", &selection, "start-time", &start,
      NULL);
  if (selection != GST_AGGREGATOR_START_TIME_SELECTION_SET
      || start > G_MAXINT64 || *from >= (gint64) start)
    return FALSE;
  *from = start;
  return TRUE;
}

/* Chooses the first tick. GST_AGGREGATOR_FLOW_NEED_DATA while it can't. */
GstFlowReturn
gst_rc_aligner_choose_start (GstRcAligner * self)
{
  GstRcAlignerPrivate *priv = gst_rc_aligner_get_private (self);
  GstRcAlignerRun *run = &priv->run;
  gboolean common = gst_rc_aligner_span_is_common (priv);
  gint64 from;
  Spans sp;

  if (run->replay)
    return gst_rc_aligner_replay_start (self);
  read_first_samples (self);
  if (run->dirty)
    return GST_AGGREGATOR_FLOW_NEED_DATA;
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
  if (selected_start (self, &from))
    GST_DEBUG_OBJECT (self, "start-time-selection=set");
  run->have_tick = FALSE;
  if (run->master) {
    run->k = 0;
    run->tick = from;
  } else {
    run->k = first_tick_from (priv, from);
    run->tick = gst_rc_aligner_tick_time (priv, run->k);
  }
  g_clear_pointer (&run->log_streams, g_free);
  /* the first sample at or after `from` */
  if (run->master)
    run->tick--;
  run->started = TRUE;
  GST_INFO_OBJECT (self, "ticks from number %" G_GINT64_FORMAT ", at or after %"
      GST_STIME_FORMAT, run->k, GST_STIME_ARGS (from));
  return GST_FLOW_OK;
}

gboolean
gst_rc_aligner_finished (GstRcAlignerPrivate * priv)
{
  GstRcAlignerRun *run = &priv->run;
  gboolean all_eos = TRUE;
  Spans sp;

  if (run->replay && gst_rc_decision_replay_ended (run->replay, run->k))
    return TRUE;
  if (run->replay && gst_rc_decision_replay_has_more (run->replay, run->k))
    return FALSE;
  for (guint i = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);

    all_eos &= pad->stream->eos;
  }
  measure_spans (run, &sp);
  if (gst_rc_aligner_span_is_common (priv) && sp.n_required > 0
      && run->tick > sp.last_min)
    return TRUE;
  return all_eos && run->tick > sp.last_max;
}
