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
#include "rcaligner.h"

#include <string.h>

GST_DEBUG_CATEGORY_STATIC (gst_rc_aligner_debug);
#define GST_CAT_DEFAULT gst_rc_aligner_debug

/* Not live: how many ticks' worth of buffers a pad may queue, so that threads
 * hand over batches and not single buffers. */
#define QUEUE_TICKS 16

enum
{
  PROP_0,
  PROP_RATE,
  PROP_MASTER,
  PROP_SPAN,
  PROP_TICK_ORIGIN,
  PROP_CAUSAL,
  PROP_WINDOW,
  PROP_STEP,
  PROP_STRIDE,
  PROP_WINDOW_START,
  PROP_STATE_TENSOR,
  PROP_SKEW_TENSOR,
  PROP_MAX_JUMP,
  PROP_STATS,
};

typedef struct
{
  /* properties, under the object lock */
  gint rate_n, rate_d;
  gchar *master;
  GstRcSpan span;
  gint64 tick_origin;
  gint64 max_jump;
  gboolean causal;
  guint stride;
  GstRcOutputConfig output;
  gboolean changed;

  /* counters, under the object lock */
  guint64 n_out, n_qos, n_skipped;

  GstRcAlignerRun run;
} GstRcAlignerPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (GstRcAligner, gst_rc_aligner,
    GST_TYPE_AGGREGATOR);

#define PRIV(self) \
    ((GstRcAlignerPrivate *) gst_rc_aligner_get_instance_private (self))

void
gst_rc_aligner_set_output (GstRcAligner * self, GstRcOutput mode)
{
  GST_OBJECT_LOCK (self);
  PRIV (self)->output.mode = mode;
  PRIV (self)->changed = TRUE;
  GST_OBJECT_UNLOCK (self);
}

GstRcOutput
gst_rc_aligner_get_output (GstRcAligner * self)
{
  return PRIV (self)->output.mode;
}

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

static gint64
tick_period (const GstRcAlignerRun * run)
{
  return run->master ? 0 : (gint64) gst_util_uint64_scale (GST_SECOND,
      run->rate_d, run->rate_n);
}

/* ---- streams ---- */

static void
refresh_pads (GstRcAligner * self, GstRcAlignerRun * run)
{
  GST_OBJECT_LOCK (self);
  if (!run->pads_known || run->pads_cookie != GST_ELEMENT (self)->pads_cookie) {
    g_ptr_array_set_size (run->pads, 0);
    for (GList * l = GST_ELEMENT (self)->sinkpads; l; l = l->next)
      g_ptr_array_add (run->pads, gst_object_ref (l->data));
    run->pads_cookie = GST_ELEMENT (self)->pads_cookie;
    run->pads_known = run->dirty = TRUE;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
refresh_live (GstRcAlignerRun * run)
{
  run->live = FALSE;
  for (guint i = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);

    GST_OBJECT_LOCK (pad);
    run->live |= pad->live;
    run->dirty |= pad->changed;
    GST_OBJECT_UNLOCK (pad);
  }
}

static gboolean
fail (GstRcAligner * self, GstRcAlignerPad * pad, GError * error)
{
  if (pad)
    GST_ELEMENT_ERROR (self, STREAM, FORMAT, (NULL), ("pad %s (stream \"%s\"): "
            "%s", GST_PAD_NAME (pad), pad->stream->name, error->message));
  else
    GST_ELEMENT_ERROR (self, STREAM, FORMAT, (NULL), ("%s", error->message));
  g_error_free (error);
  return FALSE;
}

static gchar *
default_name (GstRcAlignerPad * pad)
{
  const gchar *name = GST_PAD_NAME (pad);
  gchar *stream = g_strdup (g_str_has_prefix (name, "sink_") ? name + 5 : name);

  /* the separators of caps fields */
  return g_strdelimit (stream, ",;:", '_');
}

/* The rate: the property, else what downstream asks for. */
static gboolean
resolve_rate (GstRcAligner * self, GstRcAlignerPrivate * priv)
{
  GstRcAlignerRun *run = &priv->run;
  GstCaps *caps;
  gint n = 0, d = 1;

  run->master = NULL;
  for (guint i = 0; priv->master && i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);

    if (g_str_equal (GST_PAD_NAME (pad), priv->master)
        || g_str_equal (pad->stream->name, priv->master))
      run->master = pad;
  }
  if (priv->master && !run->master) {
    GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS, (NULL),
        ("property master=%s names no sink pad and no stream", priv->master));
    return FALSE;
  }
  if (run->master) {
    run->rate_n = 0;
    run->rate_d = 1;
    return TRUE;
  }
  run->rate_n = priv->rate_n;
  run->rate_d = priv->rate_d;
  if (run->rate_n > 0)
    return TRUE;
  caps = gst_pad_peer_query_caps (GST_AGGREGATOR_SRC_PAD (self), NULL);
  for (guint i = 0; caps && n == 0 && !gst_caps_is_any (caps)
      && i < gst_caps_get_size (caps); i++)
    gst_structure_get_fraction (gst_caps_get_structure (caps, i), "framerate",
        &n, &d);
  if (caps)
    gst_caps_unref (caps);
  if (n <= 0 || !gst_util_fraction_multiply (n, d, priv->stride, 1,
          &run->rate_n, &run->rate_d)) {
    GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS, (NULL),
        ("no rate: set property rate (such as rate=50/1), property master, or "
            "a framerate in the caps downstream"));
    return FALSE;
  }
  return TRUE;
}

/* How long after its tick a pad's deciding sample may be stamped. Methods that
 * interpolate need the next sample, which comes one period later. */
static gint64
pad_wait (GstRcAlignerPad * pad, const GstRcAlignerRun * run)
{
  const GstRcStream *s = pad->stream;
  gint64 need, next = tick_period (run);
  gboolean forward = s->method == RC_METHOD_LINEAR
      || s->method == RC_METHOD_PCHIP || s->method == RC_METHOD_HERMITE
      || s->method == RC_METHOD_MEAN || s->method == RC_METHOD_NEAREST;

  if (pad->lookahead >= 0)
    return pad->lookahead;
  need = s->sampler ? rc_sampler_lookahead (s->sampler) : 0;
  if (s->kind == GST_RC_STREAM_TENSOR && s->tensors.fps_n > 0)
    next = gst_util_uint64_scale (GST_SECOND, s->tensors.fps_d,
        s->tensors.fps_n);
  if (forward && !s->config.causal)
    need += next;
  return MAX (0, need - s->config.offset);
}

static gboolean
configure_pad (GstRcAligner * self, GstRcAlignerPad * pad)
{
  GstRcAlignerPrivate *priv = PRIV (self);
  GstRcStreamConfig config;
  GstCaps *declared;
  gchar *name;
  GError *error = NULL;

  GST_OBJECT_LOCK (pad);
  config = pad->config;
  config.causal |= priv->causal;
  name = pad->stream_name ? g_strdup (pad->stream_name) : NULL;
  declared = pad->declared_caps ? gst_caps_ref (pad->declared_caps) : NULL;
  pad->changed = FALSE;
  GST_OBJECT_UNLOCK (pad);

  g_free (pad->stream->name);
  pad->stream->name = name ? name : default_name (pad);
  if (pad->stream->kind == GST_RC_STREAM_NONE && declared)
    gst_rc_stream_set_caps (pad->stream, declared, &error);
  if (declared)
    gst_caps_unref (declared);
  if (!error && pad->stream->kind != GST_RC_STREAM_NONE)
    gst_rc_stream_configure (pad->stream, &config, tick_period (&priv->run),
        &error);
  else
    pad->stream->config = config;
  if (error)
    return fail (self, pad, error);
  pad->wait = pad_wait (pad, &priv->run);
  return TRUE;
}

static gboolean
in_output (const GstRcAlignerPad * pad)
{
  return pad->stream->kind != GST_RC_STREAM_NONE && !pad->times_only;
}

static gboolean
configure_output (GstRcAligner * self, GstRcAlignerPrivate * priv)
{
  GstRcAlignerRun *run = &priv->run;
  GstRcOutputConfig config = priv->output;
  GstRcStream *streams[GST_RC_MAX_STREAMS];
  GError *error = NULL;
  guint n = 0;

  for (guint i = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);

    if (!in_output (pad))
      continue;
    if (n == GST_RC_MAX_STREAMS) {
      GST_ELEMENT_ERROR (self, STREAM, FORMAT, (NULL),
          ("more than %d sink pads", GST_RC_MAX_STREAMS));
      return FALSE;
    }
    streams[n++] = pad->stream;
  }
  if (n == 0) {
    gst_rc_output_clear (&run->out);
    return TRUE;
  }
  config.fps_n = 0;
  config.fps_d = 1;
  if (!run->master && !gst_util_fraction_multiply (run->rate_n, run->rate_d, 1,
          priv->stride, &config.fps_n, &config.fps_d)) {
    config.fps_n = 0;
    config.fps_d = 1;
  }
  if (!gst_rc_output_setup (&run->out, &config, streams, n, &error))
    return fail (self, NULL, error);
  run->caps_dirty = TRUE;
  return TRUE;
}

/* Brings streams and output in line with pads, caps and properties. */
static gboolean
configure (GstRcAligner * self)
{
  GstRcAlignerPrivate *priv = PRIV (self);
  GstRcAlignerRun *run = &priv->run;
  GstClockTime latency = 0;

  GST_OBJECT_LOCK (self);
  run->dirty |= priv->changed;
  priv->changed = FALSE;
  GST_OBJECT_UNLOCK (self);
  if (!run->dirty)
    return TRUE;
  run->dirty = FALSE;
  if (!resolve_rate (self, priv))
    return FALSE;
  for (guint i = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);

    if (!configure_pad (self, pad))
      return FALSE;
    latency = MAX (latency, (GstClockTime) pad->wait);
  }
  if (!run->live)
    latency = MAX (latency, (GstClockTime) tick_period (run) * QUEUE_TICKS);
  gst_aggregator_set_latency (GST_AGGREGATOR (self), latency,
      GST_CLOCK_TIME_NONE);
  return configure_output (self, priv);
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

/* Takes the next queued buffer into the history; FALSE when there is none. */
static gboolean
take_next (GstRcAlignerPad * pad, gboolean live)
{
  GstAggregatorPad *aggpad = GST_AGGREGATOR_PAD (pad);
  GstBuffer *buffer;

  if (pad->head_taken) {
    gst_aggregator_pad_drop_buffer (aggpad);
    pad->head_taken = FALSE;
  }
  buffer = live ? gst_aggregator_pad_pop_buffer (aggpad) :
      gst_aggregator_pad_peek_buffer (aggpad);
  if (!buffer)
    return FALSE;
  /* caps not configured yet cannot be: they come in order, before */
  if (pad->stream->kind != GST_RC_STREAM_NONE)
    ingest (pad, buffer);
  pad->head_taken = !live;
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
  gboolean required_empty;      /* a required pad ended without a sample */
  guint n_required;
} Spans;

static void
measure_spans (GstRcAlignerRun * run, Spans * sp)
{
  memset (sp, 0, sizeof (*sp));
  sp->complete = TRUE;
  sp->first_min = sp->first_max = sp->last_max = RC_TIME_NONE;
  sp->last_min = G_MAXINT64;
  for (guint i = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);
    const GstRcStreamStats *st = &pad->stream->stats;
    gboolean required = pad->stream->config.required;

    sp->n_required += required;
    if (st->first_time == RC_TIME_NONE) {
      sp->complete &= pad->stream->eos;
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

/* Sets run->tick to the next tick to decide. In master mode that needs a sample
 * of the master; FALSE when it has none yet. */
static gboolean
next_tick (GstRcAlignerRun * run, GstRcAlignerPrivate * priv, gint64 from)
{
  if (!run->master) {
    run->tick = tick_time (priv, run->k);
    return TRUE;
  }
  for (;;) {
    gint64 time = gst_rc_stream_next_time (run->master->stream, from);

    if (time != RC_TIME_NONE) {
      run->tick = time;
      return TRUE;
    }
    if (run->live || !take_next (run->master, FALSE)) {
      update_eos (run->master);
      return FALSE;
    }
  }
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

    while (pad->stream->stats.first_time == RC_TIME_NONE
        && take_next (pad, run->live));
    update_eos (pad);
  }
  measure_spans (run, &sp);
  if (!sp.complete && (common || !run->live))
    return GST_AGGREGATOR_FLOW_NEED_DATA;
  if (sp.first_min == RC_TIME_NONE)
    return sp.complete ? GST_FLOW_EOS : GST_AGGREGATOR_FLOW_NEED_DATA;
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
  if (run->master) {
    run->k = 0;
    if (!next_tick (run, priv, from - 1))
      return run->master->stream->eos ? GST_FLOW_EOS :
          GST_AGGREGATOR_FLOW_NEED_DATA;
  } else {
    run->k = first_tick_from (priv, from);
    run->tick = tick_time (priv, run->k);
  }
  run->started = TRUE;
  GST_INFO_OBJECT (self, "first tick is number %" G_GINT64_FORMAT " at %"
      GST_STIME_FORMAT, run->k, GST_STIME_ARGS (run->tick));
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
  gboolean ok = gst_caps_can_intersect (caps, peer);

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
decide (GstRcAligner * self, GstRcAlignerRun * run, guint32 * late,
    gint64 * wake)
{
  gint64 now = 0;
  gboolean have_now = FALSE, waiting = FALSE;
  guint column = 0;

  *late = 0;
  *wake = RC_TIME_NONE;
  for (guint i = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);
    guint32 bit = in_output (pad) ? 1u << column++ : 0;
    gint64 deadline;

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

static GstFlowReturn
align (GstRcAligner * self)
{
  GstRcAlignerPrivate *priv = PRIV (self);
  GstRcAlignerRun *run = &priv->run;
  GstFlowReturn ret;
  guint32 late;
  gint64 wake;

  for (;;) {
    if (!run->started) {
      ret = choose_start (self, priv);
      if (ret != GST_FLOW_OK)
        return ret;
    }
    if (finished (priv))
      return GST_FLOW_EOS;
    ret = decide (self, run, &late, &wake);
    if (ret != GST_FLOW_OK)
      return finished (priv) ? GST_FLOW_EOS : ret;
    if (finished (priv))
      return GST_FLOW_EOS;
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
    if (!next_tick (run, priv, run->tick)) {
      if (run->master->stream->eos)
        return GST_FLOW_EOS;
      run->started = FALSE;
      return GST_AGGREGATOR_FLOW_NEED_DATA;
    }
  }
}

static GstFlowReturn
gst_rc_aligner_aggregate (GstAggregator * agg, gboolean timeout)
{
  GstRcAligner *self = GST_RC_ALIGNER (agg);
  GstRcAlignerRun *run = &PRIV (self)->run;
  GstFlowReturn ret;

  refresh_pads (self, run);
  refresh_live (run);
  if (!configure (self))
    return GST_FLOW_ERROR;
  run->latency = run->live ? gst_aggregator_get_latency (agg) : 0;
  if (!GST_CLOCK_TIME_IS_VALID (run->latency))
    run->latency = 0;
  ret = align (self);
  publish_stats (run);
  post_warnings (self, run);
  return ret;
}

/* With the base class's source lock held: no messages and no latency queries
 * here. */
static GstClockTime
gst_rc_aligner_get_next_time (GstAggregator * agg)
{
  GstRcAligner *self = GST_RC_ALIGNER (agg);
  GstRcAlignerRun *run = &PRIV (self)->run;
  gint64 wake, now;
  guint32 late;

  refresh_pads (self, run);
  refresh_live (run);
  if (!run->live)
    return GST_CLOCK_TIME_NONE;
  if (!running_now (self, &now))
    return GST_CLOCK_TIME_NONE;
  wake = now;
  if (!run->dirty) {
    drain (run);
    if (run->started) {
      if (decide (self, run, &late, &wake) == GST_FLOW_OK)
        wake = now;
    } else {
      Spans sp;

      measure_spans (run, &sp);
      if (sp.first_min == RC_TIME_NONE)
        return GST_CLOCK_TIME_NONE;
    }
  }
  /* the base class adds the pipeline's latency to this */
  return MAX (0, wake - (gint64) run->latency);
}

/* ---- events, queries, state ---- */

static gboolean
sink_caps (GstRcAligner * self, GstRcAlignerPad * pad, GstCaps * caps)
{
  GError *error = NULL;

  if (pad->caps && gst_caps_is_equal (pad->caps, caps))
    return TRUE;
  gst_caps_replace (&pad->caps, caps);
  if (!gst_rc_stream_set_caps (pad->stream, caps, &error))
    return fail (self, pad, error);
  PRIV (self)->run.dirty = TRUE;
  return TRUE;
}

static gboolean
gst_rc_aligner_sink_event (GstAggregator * agg, GstAggregatorPad * aggpad,
    GstEvent * event)
{
  GstRcAligner *self = GST_RC_ALIGNER (agg);
  GstRcAlignerPad *pad = GST_RC_ALIGNER_PAD (aggpad);
  const GstSegment *segment;
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:
    {
      gboolean ok;

      gst_event_parse_caps (event, &caps);
      ok = sink_caps (self, pad, caps);
      gst_event_unref (event);
      return ok;
    }
    case GST_EVENT_SEGMENT:
      gst_event_parse_segment (event, &segment);
      if (segment->format != GST_FORMAT_TIME) {
        GST_ELEMENT_ERROR (self, STREAM, FORMAT, (NULL),
            ("pad %s got a segment in format %s; samples need times: put a "
                "parser before it", GST_PAD_NAME (pad),
                gst_format_get_name (segment->format)));
        gst_event_unref (event);
        return FALSE;
      }
      break;
    default:
      break;
  }
  return GST_AGGREGATOR_CLASS (gst_rc_aligner_parent_class)->sink_event (agg,
      aggpad, event);
}

static gboolean
gst_rc_aligner_sink_query (GstAggregator * agg, GstAggregatorPad * aggpad,
    GstQuery * query)
{
  GstRcAlignerPrivate *priv = PRIV (GST_RC_ALIGNER (agg));
  GstCaps *caps;
  GstVideoInfo info;
  guint size = 0;

  if (GST_QUERY_TYPE (query) != GST_QUERY_ALLOCATION)
    return GST_AGGREGATOR_CLASS (gst_rc_aligner_parent_class)->sink_query (agg,
        aggpad, query);
  gst_query_parse_allocation (query, &caps, NULL);
  if (caps && gst_video_info_from_caps (&info, caps))
    size = GST_VIDEO_INFO_SIZE (&info);
  gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  /* frames that stay with us: the history (up to 4) and what was pushed on */
  gst_query_add_allocation_pool (query, NULL, size, 6 + priv->output.window, 0);
  return TRUE;
}

static gboolean
gst_rc_aligner_src_event (GstAggregator * agg, GstEvent * event)
{
  if (GST_EVENT_TYPE (event) == GST_EVENT_QOS) {
    /* sensors cannot slow down: counted, not forwarded */
    GST_OBJECT_LOCK (agg);
    PRIV (GST_RC_ALIGNER (agg))->n_qos++;
    GST_OBJECT_UNLOCK (agg);
    gst_event_unref (event);
    return TRUE;
  }
  return GST_AGGREGATOR_CLASS (gst_rc_aligner_parent_class)->src_event (agg,
      event);
}

static gboolean
gst_rc_aligner_src_query (GstAggregator * agg, GstQuery * query)
{
  if (GST_QUERY_TYPE (query) == GST_QUERY_LATENCY) {
    GST_OBJECT_LOCK (agg);
    /* upstream may answer otherwise now: each pad asks again */
    for (GList * l = GST_ELEMENT (agg)->sinkpads; l; l = l->next) {
      GST_OBJECT_LOCK (l->data);
      GST_RC_ALIGNER_PAD (l->data)->queried = FALSE;
      GST_OBJECT_UNLOCK (l->data);
    }
    GST_OBJECT_UNLOCK (agg);
  }
  return GST_AGGREGATOR_CLASS (gst_rc_aligner_parent_class)->src_query (agg,
      query);
}

/* Caps are made from the streams when a row is due, not on reconfiguration. */
static gboolean
gst_rc_aligner_negotiate (GstAggregator * agg)
{
  PRIV (GST_RC_ALIGNER (agg))->run.caps_dirty = TRUE;
  return TRUE;
}

static GstFlowReturn
gst_rc_aligner_flush (GstAggregator * agg)
{
  GstRcAlignerRun *run = &PRIV (GST_RC_ALIGNER (agg))->run;

  run->started = run->emitted = FALSE;
  gst_rc_output_reset (&run->out);
  return GST_FLOW_OK;
}

static gboolean
gst_rc_aligner_start (GstAggregator * agg)
{
  GstRcAlignerPrivate *priv = PRIV (GST_RC_ALIGNER (agg));

  priv->run.dirty = TRUE;
  priv->n_out = priv->n_qos = priv->n_skipped = 0;
  return TRUE;
}

static gboolean
gst_rc_aligner_stop (GstAggregator * agg)
{
  GstRcAlignerRun *run = &PRIV (GST_RC_ALIGNER (agg))->run;

  for (guint i = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);
    gchar *name = g_strdup (pad->stream->name);

    gst_rc_stream_free (pad->stream);
    pad->stream = gst_rc_stream_new (GST_OBJECT (pad), name);
    g_free (name);
    gst_caps_replace (&pad->caps, NULL);
    pad->head_taken = pad->warned_size = pad->warned_time = FALSE;
    GST_OBJECT_LOCK (pad);
    pad->queried = FALSE;
    GST_OBJECT_UNLOCK (pad);
  }
  gst_rc_output_clear (&run->out);
  g_ptr_array_set_size (run->pads, 0);
  run->pads_known = run->started = run->emitted = run->live = FALSE;
  run->master = NULL;
  return TRUE;
}

/* ---- object ---- */

static void
gst_rc_aligner_set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * pspec)
{
  GstRcAlignerPrivate *priv = PRIV (GST_RC_ALIGNER (object));

  GST_OBJECT_LOCK (object);
  switch (id) {
    case PROP_RATE:
      priv->rate_n = gst_value_get_fraction_numerator (value);
      priv->rate_d = gst_value_get_fraction_denominator (value);
      break;
    case PROP_MASTER:
      g_free (priv->master);
      priv->master = g_value_dup_string (value);
      break;
    case PROP_SPAN:
      priv->span = g_value_get_enum (value);
      break;
    case PROP_TICK_ORIGIN:
      priv->tick_origin = g_value_get_int64 (value);
      break;
    case PROP_CAUSAL:
      priv->causal = g_value_get_boolean (value);
      break;
    case PROP_WINDOW:
      priv->output.window = g_value_get_uint (value);
      break;
    case PROP_STEP:
      priv->output.step = g_value_get_uint (value);
      break;
    case PROP_STRIDE:
      priv->stride = g_value_get_uint (value);
      break;
    case PROP_WINDOW_START:
      priv->output.window_start = g_value_get_enum (value);
      break;
    case PROP_STATE_TENSOR:
      priv->output.state_tensor = g_value_get_boolean (value);
      break;
    case PROP_SKEW_TENSOR:
      priv->output.skew_tensor = g_value_get_boolean (value);
      break;
    case PROP_MAX_JUMP:
      priv->max_jump = g_value_get_int64 (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  priv->changed = TRUE;
  GST_OBJECT_UNLOCK (object);
}

static GstStructure *
make_stats (GstRcAligner * self, GstRcAlignerPrivate * priv)
{
  GstStructure *stats = gst_structure_new ("rc-stats",
      "out", G_TYPE_UINT64, priv->n_out,
      "skipped", G_TYPE_UINT64, priv->n_skipped,
      "qos", G_TYPE_UINT64, priv->n_qos, NULL);

  for (GList * l = GST_ELEMENT (self)->sinkpads; l; l = l->next) {
    GstRcAlignerPad *pad = l->data;
    GstStructure *st;

    GST_OBJECT_LOCK (pad);
    st = gst_rc_stream_stats (&pad->shown);
    GST_OBJECT_UNLOCK (pad);
    gst_structure_set (stats, GST_PAD_NAME (pad), GST_TYPE_STRUCTURE, st, NULL);
    gst_structure_free (st);
  }
  return stats;
}

static void
gst_rc_aligner_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstRcAligner *self = GST_RC_ALIGNER (object);
  GstRcAlignerPrivate *priv = PRIV (self);

  GST_OBJECT_LOCK (object);
  switch (id) {
    case PROP_RATE:
      gst_value_set_fraction (value, priv->rate_n, priv->rate_d);
      break;
    case PROP_MASTER:
      g_value_set_string (value, priv->master);
      break;
    case PROP_SPAN:
      g_value_set_enum (value, priv->span);
      break;
    case PROP_TICK_ORIGIN:
      g_value_set_int64 (value, priv->tick_origin);
      break;
    case PROP_CAUSAL:
      g_value_set_boolean (value, priv->causal);
      break;
    case PROP_WINDOW:
      g_value_set_uint (value, priv->output.window);
      break;
    case PROP_STEP:
      g_value_set_uint (value, priv->output.step);
      break;
    case PROP_STRIDE:
      g_value_set_uint (value, priv->stride);
      break;
    case PROP_WINDOW_START:
      g_value_set_enum (value, priv->output.window_start);
      break;
    case PROP_STATE_TENSOR:
      g_value_set_boolean (value, priv->output.state_tensor);
      break;
    case PROP_SKEW_TENSOR:
      g_value_set_boolean (value, priv->output.skew_tensor);
      break;
    case PROP_MAX_JUMP:
      g_value_set_int64 (value, priv->max_jump);
      break;
    case PROP_STATS:
      g_value_take_boxed (value, make_stats (self, priv));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (object);
}

static void
gst_rc_aligner_finalize (GObject * object)
{
  GstRcAlignerPrivate *priv = PRIV (GST_RC_ALIGNER (object));

  gst_rc_output_clear (&priv->run.out);
  g_ptr_array_unref (priv->run.pads);
  g_free (priv->master);
  G_OBJECT_CLASS (gst_rc_aligner_parent_class)->finalize (object);
}

static void
install_properties (GObjectClass * klass)
{
  const GParamFlags rw = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;
  const GParamFlags ready = rw | GST_PARAM_MUTABLE_READY;

  g_object_class_install_property (klass, PROP_RATE,
      gst_param_spec_fraction ("rate", "Rate",
          "Ticks per second: tick k is at tick-origin + k/rate (0/1 = from the "
          "framerate of the caps downstream, times stride)", 0, 1, G_MAXINT, 1,
          0, 1, ready));
  g_object_class_install_property (klass, PROP_MASTER,
      g_param_spec_string ("master", "Master",
          "Pad or stream whose sample times are the ticks, instead of rate",
          NULL, ready));
  g_object_class_install_property (klass, PROP_SPAN,
      g_param_spec_enum ("span", "Span", "Which ticks come out",
          GST_TYPE_RC_SPAN, GST_RC_SPAN_AUTO, ready));
  g_object_class_install_property (klass, PROP_TICK_ORIGIN,
      g_param_spec_int64 ("tick-origin", "Tick origin",
          "Running time of tick 0, in ns", -G_MAXINT64 / 4, G_MAXINT64 / 4, 0,
          ready));
  g_object_class_install_property (klass, PROP_CAUSAL,
      g_param_spec_boolean ("causal", "Causal",
          "Every pad uses nothing later than the tick", FALSE, ready));
  g_object_class_install_property (klass, PROP_WINDOW,
      g_param_spec_uint ("window", "Window",
          "Rows (ticks) per buffer, oldest first, as the outermost dimension; "
          "the PTS is the newest row's", 1, 65536, 1, ready));
  g_object_class_install_property (klass, PROP_STEP,
      g_param_spec_uint ("step", "Step", "Ticks between the rows of a window",
          1, 65536, 1, ready));
  g_object_class_install_property (klass, PROP_STRIDE,
      g_param_spec_uint ("stride", "Stride",
          "Ticks between buffers: those whose number is a multiple of this", 1,
          65536, 1, ready));
  g_object_class_install_property (klass, PROP_WINDOW_START,
      g_param_spec_enum ("window-start", "Window start",
          "Rows of a window before the first tick", GST_TYPE_RC_WINDOW_START,
          GST_RC_WINDOW_START_MISSING, ready));
  g_object_class_install_property (klass, PROP_STATE_TENSOR,
      g_param_spec_boolean ("state-tensor", "State tensor",
          "Append a uint8 tensor [window, streams] with the state codes "
          "(0 missing, 1 measured, 2 interpolated, 3 held, 4 later)", FALSE,
          ready));
  g_object_class_install_property (klass, PROP_SKEW_TENSOR,
      g_param_spec_boolean ("skew-tensor", "Skew tensor",
          "Append an int64 tensor [window, streams]: nearest sample used minus "
          "tick, in ns", FALSE, ready));
  g_object_class_install_property (klass, PROP_MAX_JUMP,
      g_param_spec_int64 ("max-jump", "Maximum jump",
          "Streams whose first times differ by more are an error, in ns", 0,
          G_MAXINT64, 3600 * (gint64) GST_SECOND, ready));
  g_object_class_install_property (klass, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "Buffers out, ticks skipped before the common start, QoS events, and "
          "each pad's stats", GST_TYPE_STRUCTURE,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
gst_rc_aligner_class_init (GstRcAlignerClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstAggregatorClass *agg_class = GST_AGGREGATOR_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (gst_rc_aligner_debug, "rcaligner", 0,
      "alignment of sensor streams");
  object_class->set_property = gst_rc_aligner_set_property;
  object_class->get_property = gst_rc_aligner_get_property;
  object_class->finalize = gst_rc_aligner_finalize;
  install_properties (object_class);
  agg_class->aggregate = gst_rc_aligner_aggregate;
  agg_class->get_next_time = gst_rc_aligner_get_next_time;
  agg_class->sink_event = gst_rc_aligner_sink_event;
  agg_class->sink_query = gst_rc_aligner_sink_query;
  agg_class->src_event = gst_rc_aligner_src_event;
  agg_class->src_query = gst_rc_aligner_src_query;
  agg_class->negotiate = gst_rc_aligner_negotiate;
  agg_class->flush = gst_rc_aligner_flush;
  agg_class->start = gst_rc_aligner_start;
  agg_class->stop = gst_rc_aligner_stop;
  gst_type_mark_as_plugin_api (GST_TYPE_RC_ALIGNER, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_RC_ALIGNER_PAD, 0);
}

static void
gst_rc_aligner_init (GstRcAligner * self)
{
  GstRcAlignerPrivate *priv = PRIV (self);

  priv->rate_d = 1;
  priv->stride = 1;
  priv->output.window = priv->output.step = 1;
  priv->max_jump = 3600 * (gint64) GST_SECOND;
  priv->run.pads = g_ptr_array_new_with_free_func (gst_object_unref);
  priv->run.out.first_tick = priv->run.out.last_tick = RC_TIME_NONE;
}
