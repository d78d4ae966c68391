/* SPDX-License-Identifier: Apache-2.0 */
/* Pads, caps and properties into configured streams and an output. */
#include "rcalignerpriv.h"

#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (gst_rc_aligner_debug);
#define GST_CAT_DEFAULT gst_rc_aligner_debug

static gint64
tick_period (const GstRcAlignerRun * run)
{
  return run->master ? 0 : (gint64) gst_util_uint64_scale (GST_SECOND,
      run->rate_d, run->rate_n);
}

void
gst_rc_aligner_refresh_pads (GstRcAligner * self, GstRcAlignerRun * run)
{
  const GstRcAlignerPrivate *priv = gst_rc_aligner_get_private (self);

  GST_OBJECT_LOCK (self);
  if (!run->pads_known || run->pads_cookie != GST_ELEMENT (self)->pads_cookie) {
    g_ptr_array_set_size (run->pads, 0);
    for (GList * l = GST_ELEMENT (self)->sinkpads; l; l = l->next)
      g_ptr_array_add (run->pads, gst_object_ref (l->data));
    run->pads_cookie = GST_ELEMENT (self)->pads_cookie;
    run->pads_known = run->dirty = TRUE;
  }
  run->min_upstream = priv->min_upstream;
  run->latency = priv->latency;
  run->force_live = priv->force_live;
  run->ignore_inactive = priv->ignore_inactive;
  GST_OBJECT_UNLOCK (self);
}

void
gst_rc_aligner_refresh_live (GstRcAlignerRun * run)
{
  run->live = run->force_live;
  for (guint i = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);

    GST_OBJECT_LOCK (pad);
    run->live |= pad->live;
    run->dirty |= pad->changed;
    GST_OBJECT_UNLOCK (pad);
  }
}

gboolean
gst_rc_aligner_fail (GstRcAligner * self, GstRcAlignerPad * pad, GError * error)
{
  if (pad)
    GST_ELEMENT_ERROR (self, STREAM, FORMAT, (NULL), ("pad %s (stream \"%s\"): "
            "%s", GST_PAD_NAME (pad), pad->stream->name, error->message));
  else
    GST_ELEMENT_ERROR (self, STREAM, FORMAT, (NULL), ("%s", error->message));
  g_error_free (error);
  return FALSE;
}

/* Names come first: the master may be given by one. */
static void
update_name (GstRcAlignerPad * pad)
{
  const gchar *name = GST_PAD_NAME (pad);

  if (g_str_has_prefix (name, "sink_"))
    name += 5;
  g_free (pad->stream->name);
  GST_OBJECT_LOCK (pad);
  pad->stream->name = g_strdup (pad->stream_name ? pad->stream_name : name);
  GST_OBJECT_UNLOCK (pad);
  /* the separators of caps fields and of a decision log */
  g_strdelimit (pad->stream->name, ",;:\n\r", '_');
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
 * interpolate need the next sample: the caps say when that comes, else the stream
 * itself once it has been seen, else it is taken for as fast as the ticks. */
static gint64
pad_wait (GstRcAlignerPad * pad, const GstRcAlignerRun * run)
{
  const GstRcStream *s = pad->stream;
  gint64 need, next;
  gboolean forward = s->method == RC_METHOD_LINEAR
      || s->method == RC_METHOD_PCHIP || s->method == RC_METHOD_HERMITE
      || s->method == RC_METHOD_MEAN || s->method == RC_METHOD_NEAREST;

  if (pad->lookahead >= 0)
    return pad->lookahead;
  need = s->sampler ? rc_sampler_lookahead (s->sampler) : 0;
  next = MAX (pad->learned, tick_period (run));
  if (s->kind == GST_RC_STREAM_TENSOR && s->tensors.fps_n > 0)
    next = gst_util_uint64_scale (GST_SECOND, s->tensors.fps_d,
        s->tensors.fps_n);
  if (forward && !s->config.causal)
    need += next;
  return MAX (0, need - s->config.offset);
}

void
gst_rc_aligner_note_latency (GstRcAligner * self)
{
  GstClockTime latency = gst_aggregator_get_latency (GST_AGGREGATOR (self));

  GST_OBJECT_LOCK (self);
  gst_rc_aligner_get_private (self)->latency =
      GST_CLOCK_TIME_IS_VALID (latency) ? latency : 0;
  GST_OBJECT_UNLOCK (self);
}

static void
set_latency (GstRcAligner * self, const GstRcAlignerRun * run)
{
  gint64 latency = 0;

  for (guint i = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);

    latency = MAX (latency, pad->wait + pad->delay);
  }
  /* posts a LATENCY message where it changes */
  gst_aggregator_set_latency (GST_AGGREGATOR (self), latency,
      GST_CLOCK_TIME_NONE);
  gst_rc_aligner_note_latency (self);
}

/* A capture time is mapped to when the fastest samples of its stream arrive, so
 * that most come some time after theirs: as long as they have taken so far, with
 * room for more. A lookahead that was set says it all. */
static gboolean
learn_delay (GstRcAlignerPad * pad)
{
  gint64 spread = pad->lookahead >= 0 ? 0 :
      gst_rc_stream_clock_spread (&pad->stream->clock);

  if (spread <= pad->delay)
    return FALSE;
  /* whole ms, so that a quiet network does not change the latency again and
   * again */
  spread += spread / 4 + GST_MSECOND - 1;
  pad->delay = spread - spread % GST_MSECOND;
  return TRUE;
}

/* The spacing is taken for longer at once and never for shorter: every change of
 * latency disturbs the whole pipeline. */
void
gst_rc_aligner_update_latency (GstRcAligner * self)
{
  const GstRcAlignerRun *run = &gst_rc_aligner_get_private (self)->run;
  gboolean changed = FALSE;

  for (guint i = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);
    gint64 spacing = gst_rc_stream_spacing (pad->stream);

    changed |= learn_delay (pad);
    if (spacing <= pad->learned)
      continue;
    /* room for jitter, in steps that end */
    pad->learned = spacing + spacing / 4;
    spacing = pad->wait;
    pad->wait = pad_wait (pad, run);
    changed |= pad->wait != spacing;
  }
  if (changed)
    set_latency (self, run);
}

static void
configure_clock (GstRcAlignerPad * pad)
{
  GstRcTimeSource source;
  GstCaps *caps;

  GST_OBJECT_LOCK (pad);
  source = pad->time_source;
  caps = pad->reference_caps ? gst_caps_ref (pad->reference_caps) : NULL;
  GST_OBJECT_UNLOCK (pad);
  if (gst_rc_stream_clock_configure (&pad->stream->clock, source, caps))
    memset (&pad->stream->stats.clock, 0, sizeof (RcClockEstimate));
  gst_caps_replace (&caps, NULL);
  if (source == GST_RC_TIME_SOURCE_PTS || pad->lookahead >= 0)
    pad->delay = 0;
}

static gboolean
configure_pad (GstRcAligner * self, GstRcAlignerPad * pad)
{
  GstRcAlignerPrivate *priv = gst_rc_aligner_get_private (self);
  GstRcStreamConfig config;
  GstCaps *declared;
  GError *error = NULL;

  configure_clock (pad);
  GST_OBJECT_LOCK (pad);
  config = pad->config;
  config.causal |= priv->causal;
  config.clock_jump = priv->clock_jump;
  config.max_jump = priv->max_jump;
  pad->config.clock_jump = config.clock_jump;
  declared = pad->declared_caps ? gst_caps_ref (pad->declared_caps) : NULL;
  pad->changed = FALSE;
  GST_OBJECT_UNLOCK (pad);

  if (pad->stream->kind == GST_RC_STREAM_NONE && declared)
    gst_rc_stream_set_caps (pad->stream, declared, priv->run.backend
        == GST_RC_BACKEND_CUDA, &error);
  if (declared)
    gst_caps_unref (declared);
  if (!error && pad->stream->kind != GST_RC_STREAM_NONE)
    gst_rc_stream_configure (pad->stream, &config, tick_period (&priv->run),
        &error);
  else
    pad->stream->config = config;
  if (error)
    return gst_rc_aligner_fail (self, pad, error);
  pad->wait = pad_wait (pad, &priv->run);
  return TRUE;
}

gboolean
gst_rc_aligner_in_output (const GstRcAlignerPad * pad)
{
  return pad->stream->kind != GST_RC_STREAM_NONE && !pad->times_only
      && !pad->absent;
}

static gboolean
configure_output (GstRcAligner * self, GstRcAlignerPrivate * priv)
{
  GstRcAlignerRun *run = &priv->run;
  GstRcOutputConfig config = priv->output;
  GstRcStream *streams[GST_RC_MAX_STREAMS];
  GError *error = NULL;
  guint n = 0;

  run->anew = TRUE;
  for (guint i = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);

    if (!gst_rc_aligner_in_output (pad))
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
    return gst_rc_aligner_fail (self, NULL, error);
  run->caps_dirty = TRUE;
  gst_rc_aligner_choose_backend (self);
  return TRUE;
}

/* Brings streams and output in line with pads, caps and properties. */
gboolean
gst_rc_aligner_configure (GstRcAligner * self)
{
  GstRcAlignerPrivate *priv = gst_rc_aligner_get_private (self);
  GstRcAlignerRun *run = &priv->run;

  GST_OBJECT_LOCK (self);
  run->dirty |= priv->changed;
  priv->changed = FALSE;
  GST_OBJECT_UNLOCK (self);
  if (!run->dirty)
    return TRUE;
  run->dirty = FALSE;
  for (guint i = 0; i < run->pads->len; i++)
    update_name (g_ptr_array_index (run->pads, i));
  if (!resolve_rate (self, priv))
    return FALSE;
  for (guint i = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);

    if (!configure_pad (self, pad))
      return FALSE;
  }
  set_latency (self, run);
  return configure_output (self, priv);
}
