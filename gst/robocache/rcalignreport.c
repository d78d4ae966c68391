/* SPDX-License-Identifier: Apache-2.0 */
/* What an aligner tells: statistics and messages.
 *
 * Element messages, each a structure with `pad` and `stream` (string), and times
 * as running times in ns (gint64; G_MININT64 for "never"):
 *   rc-gap-start     time: tick from which on the stream is missing
 *                    last: its newest sample
 *   rc-gap-end       time: tick at which it has a value again
 *                    duration, ticks (guint64): what was missing
 *   rc-stream-dead   time: tick, last: its newest sample (live only)
 *   rc-stream-alive  time: tick, last: its newest sample
 *   rc-clock-jump    from, to: times of the samples before and after it
 */
#include "rcalignerpriv.h"
#include "rchist.h"
#include "rctime.h"

GST_DEBUG_CATEGORY_EXTERN (gst_rc_aligner_debug);
#define GST_CAT_DEFAULT gst_rc_aligner_debug

struct _GstRcPadReport
{
  /* under the pad's object lock */
  GstRcHist skew, latency;
  gint64 arrived_time, arrived_now;     /* of the last buffer, or NONE */
  gint64 jump_from, jump_to;    /* a leap forward not told yet, or NONE */
  guint64 jumps;
  gboolean dead;

  /* aggregator thread */
  gboolean in_gap, had_value;
  gint64 gap_from;
  guint64 gap_ticks;
  gint64 silent_from;           /* tick at which it was waited for first */
};

GstRcPadReport *
gst_rc_pad_report_new (void)
{
  GstRcPadReport *r = g_new0 (GstRcPadReport, 1);

  r->arrived_time = r->jump_from = r->silent_from = RC_TIME_NONE;
  return r;
}

void
gst_rc_pad_report_free (GstRcPadReport * report)
{
  g_free (report);
}

void
gst_rc_aligner_clear_report (GstRcAlignerPad * pad)
{
  GstRcPadReport *fresh = gst_rc_pad_report_new ();

  GST_OBJECT_LOCK (pad);
  *pad->report = *fresh;
  GST_OBJECT_UNLOCK (pad);
  gst_rc_pad_report_free (fresh);
}

void
gst_rc_aligner_report_flush (GstRcAlignerPad * pad)
{
  GstRcPadReport *r = pad->report;

  r->in_gap = r->had_value = FALSE;
  r->silent_from = RC_TIME_NONE;
}

void
gst_rc_pad_report_flush (GstRcPadReport * report)
{
  report->arrived_time = report->jump_from = RC_TIME_NONE;
}

/* ---- statistics ---- */

/* `name`-min, -mean, -p50, -p99 and -max; nothing while it is empty. */
static void
set_hist (GstStructure * s, const gchar * name, const GstRcHist * hist)
{
  static const gchar *const suffixes[] = { "min", "p50", "p99", "max" };
  static const gdouble percents[] = { 0, 50, 99, 100 };
  gchar *field;

  if (hist->n == 0)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (percents); i++) {
    field = g_strdup_printf ("%s-%s", name, suffixes[i]);
    gst_structure_set (s, field, G_TYPE_INT64, gst_rc_hist_percentile (hist,
            percents[i]), NULL);
    g_free (field);
  }
  field = g_strdup_printf ("%s-mean", name);
  gst_structure_set (s, field, G_TYPE_DOUBLE, gst_rc_hist_mean (hist), NULL);
  g_free (field);
}

GstStructure *
gst_rc_aligner_pad_stats (GstRcAlignerPad * pad)
{
  const GstRcStreamStats *c = &pad->shown;
  const GstRcPadReport *r = pad->report;
  guint64 ticks = 0;
  GstStructure *st;

  for (guint i = 0; i < G_N_ELEMENTS (c->states); i++)
    ticks += c->states[i];
  st = gst_structure_new ("rc-stream-stats",
      "in", G_TYPE_UINT64, c->in,
      "used", G_TYPE_UINT64, c->used,
      "unused", G_TYPE_UINT64, c->kept - c->used,
      "dropped", G_TYPE_UINT64, c->in - c->kept,
      "kept", G_TYPE_UINT64, c->kept,
      "duplicates", G_TYPE_UINT64, c->duplicates,
      "backwards", G_TYPE_UINT64, c->backwards,
      "ahead", G_TYPE_UINT64, c->ahead,
      "no-time", G_TYPE_UINT64, c->no_time,
      "no-reference", G_TYPE_UINT64, c->no_reference,
      "bad-size", G_TYPE_UINT64, c->bad_size,
      "late", G_TYPE_UINT64, c->late,
      "resets", G_TYPE_UINT64, c->resets,
      "jumps", G_TYPE_UINT64, r->jumps,
      "losses", G_TYPE_UINT64, c->losses,
      "flushed", G_TYPE_UINT64, c->flushed,
      "queued", G_TYPE_UINT64, pad->arrived - c->buffers - c->flushed,
      "history", G_TYPE_UINT64, c->history,
      "overflow", G_TYPE_UINT64, c->overflow,
      "out", G_TYPE_UINT64, ticks,
      "missing", G_TYPE_UINT64, c->states[RC_STATE_MISSING],
      "measured", G_TYPE_UINT64, c->states[RC_STATE_MEASURED],
      "interpolated", G_TYPE_UINT64, c->states[RC_STATE_INTERPOLATED],
      "held", G_TYPE_UINT64, c->states[RC_STATE_HELD],
      "later", G_TYPE_UINT64, c->states[RC_STATE_LATER],
      "deadlines", G_TYPE_UINT64, c->deadlines,
      "dead", G_TYPE_BOOLEAN, r->dead, NULL);

  if (c->last_time != RC_TIME_NONE)
    gst_structure_set (st, "first-time", G_TYPE_INT64, c->first_time,
        "last-time", G_TYPE_INT64, c->last_time, NULL);
  if (c->rate > 0)
    gst_structure_set (st, "rate", G_TYPE_DOUBLE, c->rate, NULL);
  gst_rc_stream_clock_add_stats (st, &c->clock);
  set_hist (st, "skew", &r->skew);
  set_hist (st, "latency", &r->latency);
  return st;
}

GstStructure *
gst_rc_aligner_stats (GstRcAligner * self)
{
  GstRcAlignerPrivate *priv = gst_rc_aligner_get_private (self);
  GstStructure *stats = gst_structure_new ("rc-stats",
      "out", G_TYPE_UINT64, priv->n_out,
      "skipped", G_TYPE_UINT64, priv->n_skipped,
      "dropped", G_TYPE_UINT64, priv->n_dropped,
      "qos", G_TYPE_UINT64, priv->n_qos,
      "cuda", G_TYPE_UINT64, priv->n_cuda,
      "fallbacks", G_TYPE_UINT64, priv->n_fallbacks, NULL);

  set_hist (stats, "latency", priv->latency_hist);
  for (GList * l = GST_ELEMENT (self)->sinkpads; l; l = l->next) {
    GstRcAlignerPad *pad = l->data;
    GstStructure *st;

    GST_OBJECT_LOCK (pad);
    st = gst_rc_aligner_pad_stats (pad);
    GST_OBJECT_UNLOCK (pad);
    gst_structure_set (stats, GST_PAD_NAME (pad), GST_TYPE_STRUCTURE, st, NULL);
    gst_structure_free (st);
  }
  return stats;
}

void
gst_rc_aligner_publish_stats (GstRcAlignerRun * run)
{
  for (guint i = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);

    pad->stream->stats.history = pad->stream->n;
    pad->stream->stats.rate = gst_rc_stream_rate (pad->stream);
    GST_OBJECT_LOCK (pad);
    pad->shown = pad->stream->stats;
    GST_OBJECT_UNLOCK (pad);
  }
}

/* ---- what is told ---- */

static void
note (GstRcAlignerRun * run, const GstRcAlignerPad * pad, GstStructure * s)
{
  gst_structure_set (s, "pad", G_TYPE_STRING, GST_PAD_NAME (pad), "stream",
      G_TYPE_STRING, pad->stream->name, NULL);
  g_queue_push_tail (&run->messages, s);
}

void
gst_rc_aligner_post_messages (GstRcAligner * self)
{
  GstRcAlignerRun *run = &gst_rc_aligner_get_private (self)->run;
  GstStructure *s;

  while ((s = g_queue_pop_head (&run->messages))) {
    GST_INFO_OBJECT (self, "%" GST_PTR_FORMAT, s);
    gst_element_post_message (GST_ELEMENT (self),
        gst_message_new_element (GST_OBJECT (self), s));
  }
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

void
gst_rc_aligner_report_jump (GstRcAligner * self, GstRcAlignerPad * pad,
    gint64 from, gint64 to)
{
  note (&gst_rc_aligner_get_private (self)->run, pad,
      gst_structure_new ("rc-clock-jump", "from", G_TYPE_INT64, from, "to",
          G_TYPE_INT64, to, NULL));
}

/* A leap forward looks like a silence in the times alone; only the pace at which
 * buffers arrive tells them apart. So it is told and counted, but changes no
 * value: those do not depend on arrival. */
void
gst_rc_aligner_pad_note_arrival (GstRcAlignerPad * pad, GstObject * parent,
    GstBuffer * buffer)
{
  GstRcPadReport *r = pad->report;
  const GstSegment *segment;
  GstEvent *event;
  gint64 now, time;
  gboolean known;

  if (!GST_BUFFER_PTS_IS_VALID (buffer)
      || !gst_rc_aligner_running_now (GST_RC_ALIGNER (parent), &now))
    return;
  event = gst_pad_get_sticky_event (GST_PAD (pad), GST_EVENT_SEGMENT, 0);
  if (!event)
    return;
  gst_event_parse_segment (event, &segment);
  known = gst_rc_running_time (segment, GST_BUFFER_PTS (buffer), &time);
  gst_event_unref (event);
  if (!known)
    return;
  GST_OBJECT_LOCK (pad);
  gst_rc_hist_add (&r->latency, now - time);
  /* time goes back when the pipeline's base time is set anew, as it starts */
  if (r->arrived_time != RC_TIME_NONE && now >= r->arrived_now
      && pad->config.clock_jump < G_MAXINT64 / 2
      && (time - r->arrived_time) - (now - r->arrived_now) >
      pad->config.clock_jump) {
    r->jumps++;
    r->jump_from = r->arrived_time;
    r->jump_to = time;
  }
  r->arrived_time = time;
  r->arrived_now = now;
  GST_OBJECT_UNLOCK (pad);
}

static void
report_gap (GstRcAlignerRun * run, GstRcAlignerPad * pad, gboolean missing)
{
  GstRcPadReport *r = pad->report;

  if (missing && r->had_value && !r->in_gap) {
    r->in_gap = TRUE;
    r->gap_from = run->tick;
    r->gap_ticks = 0;
    note (run, pad, gst_structure_new ("rc-gap-start", "time", G_TYPE_INT64,
            run->tick, "last", G_TYPE_INT64, pad->stream->stats.last_time,
            NULL));
  } else if (!missing && r->in_gap) {
    r->in_gap = FALSE;
    note (run, pad, gst_structure_new ("rc-gap-end", "time", G_TYPE_INT64,
            run->tick, "duration", G_TYPE_INT64, run->tick - r->gap_from,
            "ticks", G_TYPE_UINT64, r->gap_ticks, NULL));
  }
  r->gap_ticks += missing;
  r->had_value |= !missing;
}

static gint64
dead_after (const GstRcAlignerPad * pad)
{
  const GstRcStreamConfig *config = &pad->stream->config;

  if (config->dead_after >= 0)
    return config->dead_after;
  if (config->role != GST_RC_ROLE_OBSERVATION)
    return G_MAXINT64;
  return MAX ((gint64) GST_SECOND, 4 * gst_rc_stream_spacing (pad->stream));
}

/* `waited`: the tick left without the stream. */
static void
report_life (GstRcAlignerRun * run, GstRcAlignerPad * pad, gboolean waited)
{
  GstRcPadReport *r = pad->report;
  const gint64 last = pad->stream->stats.last_time;
  gboolean dead = r->dead;

  if (!waited) {
    dead = FALSE;
    r->silent_from = RC_TIME_NONE;
  } else {
    if (r->silent_from == RC_TIME_NONE)
      r->silent_from = run->tick;
    dead |= run->tick - MIN (r->silent_from,
        last == RC_TIME_NONE ? G_MAXINT64 : last) > dead_after (pad);
  }
  if (dead == r->dead)
    return;
  GST_OBJECT_LOCK (pad);
  r->dead = dead;
  GST_OBJECT_UNLOCK (pad);
  note (run, pad, gst_structure_new (dead ? "rc-stream-dead" :
          "rc-stream-alive", "time", G_TYPE_INT64, run->tick, "last",
          G_TYPE_INT64, last, NULL));
}

static void
report_leap (GstRcAligner * self, GstRcAlignerPad * pad)
{
  GstRcPadReport *r = pad->report;
  gint64 from, to;

  GST_OBJECT_LOCK (pad);
  from = r->jump_from;
  to = r->jump_to;
  r->jump_from = RC_TIME_NONE;
  GST_OBJECT_UNLOCK (pad);
  if (from != RC_TIME_NONE)
    gst_rc_aligner_report_jump (self, pad, from, to);
}

void
gst_rc_aligner_report_tick (GstRcAligner * self, const RcPick * picks,
    guint32 late)
{
  GstRcAlignerPrivate *priv = gst_rc_aligner_get_private (self);
  GstRcAlignerRun *run = &priv->run;
  gint64 now;

  if (run->live && gst_rc_aligner_running_now (self, &now)) {
    GST_OBJECT_LOCK (self);
    gst_rc_hist_add (priv->latency_hist, now - run->tick);
    GST_OBJECT_UNLOCK (self);
  }
  for (guint i = 0, column = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);
    gboolean waited = pad->stream->kind == GST_RC_STREAM_NONE
        && !pad->stream->eos;

    if (gst_rc_aligner_in_output (pad)) {
      const RcPick *pick = &picks[column];

      waited = (late >> column++) & 1;
      gst_rc_stream_count (pad->stream, pick, waited);
      report_gap (run, pad, pick->state == RC_STATE_MISSING);
      if (pick->state != RC_STATE_MISSING) {
        GST_OBJECT_LOCK (pad);
        gst_rc_hist_add (&pad->report->skew, pick->skew);
        GST_OBJECT_UNLOCK (pad);
      }
    }
    if (run->live) {
      report_life (run, pad, waited);
      report_leap (self, pad);
    }
  }
}

/* ---- QoS ---- */

void
gst_rc_aligner_take_qos (GstRcAligner * self, GstEvent * event)
{
  GstRcAlignerPrivate *priv = gst_rc_aligner_get_private (self);
  GstClockTimeDiff jitter;
  GstClockTime time;
  gdouble proportion;
  GstMessage *message;
  guint64 out, dropped;
  gboolean live;

  gst_event_parse_qos (event, NULL, &proportion, &jitter, &time);
  GST_OBJECT_LOCK (self);
  priv->n_qos++;
  out = priv->n_out;
  dropped = priv->n_dropped;
  live = priv->latency_hist->n > 0;
  GST_OBJECT_UNLOCK (self);
  if (jitter <= 0)
    return;
  /* our PTS are running times */
  message = gst_message_new_qos (GST_OBJECT (self), live, time, time, time,
      GST_CLOCK_TIME_NONE);
  gst_message_set_qos_values (message, jitter, proportion, 1000000);
  gst_message_set_qos_stats (message, GST_FORMAT_BUFFERS, out, dropped);
  gst_element_post_message (GST_ELEMENT (self), message);
}

/* ---- samples-selected ---- */

/* From a handler of samples-selected: what the tick takes from a pad, as the
 * buffer it came in where that is kept, else as one with its data. */
GstSample *
gst_rc_aligner_peek_next_sample (GstAggregator * agg, GstAggregatorPad * aggpad)
{
  GstRcAligner *self = GST_RC_ALIGNER (agg);
  GstRcAlignerRun *run = &gst_rc_aligner_get_private (self)->run;
  GstRcAlignerPad *pad = GST_RC_ALIGNER_PAD (aggpad);

  if (!run->picks)
    return NULL;
  for (guint i = 0; i < run->out.n_streams; i++) {
    const RcPick *pick = &run->picks[i];
    GstSegment segment;
    GstBuffer *buffer;
    GstSample *sample;

    if (run->out.streams[i] != pad->stream || pick->count == 0)
      continue;
    buffer = gst_rc_stream_newest_used (pad->stream, pick);
    /* a copy has running time */
    gst_segment_init (&segment, GST_FORMAT_TIME);
    sample = gst_sample_new (buffer, pad->caps,
        pad->stream->by_reference ? &pad->segment : &segment,
        gst_structure_new ("rc-selected", "state", G_TYPE_INT,
            (gint) pick->state, "skew", G_TYPE_INT64, pick->skew, "newest",
            G_TYPE_INT64, pick->newest, NULL));
    gst_buffer_unref (buffer);
    return sample;
  }
  return NULL;
}
