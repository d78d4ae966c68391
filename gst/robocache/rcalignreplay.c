/* SPDX-License-Identifier: Apache-2.0 */
/* What arrival decided: written to decision-log, followed from replay-log.
 *
 * A tick that no deadline decided is a function of the streams alone, since each
 * pad is then read exactly as far as the tick needs. So the log holds only where
 * the ticks began, which streams there were, and the pads that had been read less
 * far (late) or further (before the first tick) than that. */
#include "rcalignerpriv.h"

#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (gst_rc_aligner_debug);
#define GST_CAT_DEFAULT gst_rc_aligner_debug

/* ---- files ---- */

gboolean
gst_rc_aligner_open_decisions (GstRcAligner * self)
{
  GstRcAlignerPrivate *priv = gst_rc_aligner_get_private (self);
  GstRcAlignerRun *run = &priv->run;
  gchar *log, *replay;
  GError *error = NULL;

  GST_OBJECT_LOCK (self);
  log = g_strdup (priv->decision_log);
  replay = g_strdup (priv->replay_log);
  GST_OBJECT_UNLOCK (self);
  if (replay && !(run->replay = gst_rc_decision_replay_new (replay, &error)))
    GST_ELEMENT_ERROR (self, RESOURCE, READ, (NULL),
        ("property replay-log: %s", error->message));
  else if (log && !(run->log = gst_rc_decision_log_new (log, &error)))
    GST_ELEMENT_ERROR (self, RESOURCE, OPEN_WRITE, (NULL),
        ("property decision-log: %s", error->message));
  g_free (log);
  g_free (replay);
  if (!error)
    return TRUE;
  g_error_free (error);
  gst_rc_aligner_close_decisions (self);
  return FALSE;
}

static void
add (GstRcAligner * self, GstRcDecisionEvent event, const gchar * stream,
    const GstRcAlignerPad * pad)
{
  GstRcAlignerRun *run = &gst_rc_aligner_get_private (self)->run;
  GstRcDecision d = { run->k, run->tick, event, stream, 0, 0, 0, RC_TIME_NONE };

  if (pad) {
    d.stream = pad->stream->name;
    d.read = pad->stream->stats.in;
    d.marks = pad->marks;
    d.kept = pad->stream->n;
    d.last = pad->stream->stats.last_time;
  }
  gst_rc_decision_log_add (run->log, &d);
}

/* With the first tick: before it a master may already have been read past where
 * the ticks were to begin. */
static void
log_start (GstRcAligner * self)
{
  GstRcAlignerPrivate *priv = gst_rc_aligner_get_private (self);

  add (self, GST_RC_DECISION_START,
      gst_rc_aligner_span_is_common (priv) ? "common" : "all", NULL);
}

void
gst_rc_aligner_close_decisions (GstRcAligner * self)
{
  GstRcAlignerRun *run = &gst_rc_aligner_get_private (self)->run;
  GError *error = NULL;

  if (run->log && run->started) {
    if (!run->log_streams)
      log_start (self);
    add (self, GST_RC_DECISION_END, NULL, NULL);
  }
  if (run->log && !gst_rc_decision_log_close (run->log, &error)) {
    GST_ELEMENT_WARNING (self, RESOURCE, WRITE, (NULL),
        ("property decision-log: %s; the log is not complete", error->message));
    g_error_free (error);
  }
  g_clear_pointer (&run->replay, gst_rc_decision_replay_free);
  g_clear_pointer (&run->log_streams, g_free);
  run->log = NULL;
}

/* ---- writing ---- */

static void
log_streams (GstRcAligner * self, GstRcAlignerRun * run, gboolean anew)
{
  GString *names = g_string_new (NULL);

  if (!run->log_streams)
    log_start (self);
  for (guint i = 0; i < run->out.n_streams; i++)
    g_string_append_printf (names, "%s%s", i ? ";" : "",
        run->out.streams[i]->name);
  if (anew || !run->log_streams || strcmp (run->log_streams, names->str)) {
    g_free (run->log_streams);
    run->log_streams = g_strdup (names->str);
    add (self, GST_RC_DECISION_STREAMS, run->log_streams, NULL);
  }
  g_string_free (names, TRUE);
}

/* At the current tick of the replay. */
static gboolean
has_decision (GstRcAlignerRun * run, GstRcDecisionEvent event)
{
  const GstRcDecision *d;
  guint n;

  d = gst_rc_decision_replay_at (run->replay, run->k, &n);
  for (guint i = 0; i < n; i++) {
    if (d[i].event == event)
      return TRUE;
  }
  return FALSE;
}

guint32
gst_rc_aligner_log_tick (GstRcAligner * self, guint32 late, gboolean episode)
{
  GstRcAlignerRun *run = &gst_rc_aligner_get_private (self)->run;
  const gboolean anew = run->replay ? has_decision (run,
      GST_RC_DECISION_STREAMS) : run->anew;
  guint32 arrival = late;

  run->anew = FALSE;
  /* there the rows before were forgotten, for streams that came and went between
   * two ticks as well */
  if (run->replay && anew)
    gst_rc_output_reset (&run->out);
  if (run->log) {
    log_streams (self, run, anew);
    if (episode)
      add (self, GST_RC_DECISION_EPISODE, NULL, NULL);
  }
  for (guint i = 0, column = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);
    guint32 bit = gst_rc_aligner_in_output (pad) ? 1u << column++ : 0;
    gboolean is_late = (late & bit) != 0;
    gboolean absorbed = run->tick < pad->absorbed_to;

    if (absorbed)
      arrival |= bit;
    if (run->log && (is_late || absorbed) && !pad->absent)
      add (self, is_late ? GST_RC_DECISION_DEADLINE : GST_RC_DECISION_READ,
          NULL, pad);
  }
  return arrival;
}

/* ---- following ---- */

/* With the base class's lock held no error may be posted: aggregate () comes
 * here again. Always FALSE. */
static gboolean
mismatch (GstRcAligner * self, const gchar * format, ...)
{
  GstRcAlignerRun *run = &gst_rc_aligner_get_private (self)->run;
  va_list args;
  gchar *text;

  if (run->looking) {
    run->event_due = TRUE;
    return FALSE;
  }
  if (run->failed)
    return FALSE;
  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  run->failed = TRUE;
  GST_ELEMENT_ERROR (self, STREAM, FORMAT, (NULL),
      ("property replay-log, tick %" G_GINT64_FORMAT ": %s: this is not the "
          "recording that the log belongs to", run->k, text));
  g_free (text);
  return FALSE;
}

GstFlowReturn
gst_rc_aligner_replay_start (GstRcAligner * self)
{
  GstRcAlignerPrivate *priv = gst_rc_aligner_get_private (self);
  GstRcAlignerRun *run = &priv->run;
  const GstRcDecision *d = gst_rc_decision_replay_start (run->replay);

  run->k = d->tick;
  run->have_tick = FALSE;
  run->tick = d->time;
  if (!run->master && gst_rc_aligner_tick_time (priv, run->k) != d->time) {
    mismatch (self, "the log has it at %" G_GINT64_FORMAT " ns, rate and "
        "tick-origin put it at %" G_GINT64_FORMAT " ns", d->time,
        gst_rc_aligner_tick_time (priv, run->k));
    return GST_FLOW_ERROR;
  }
  if (run->master)
    run->tick--;
  run->started = TRUE;
  return GST_FLOW_OK;
}

static GstRcAlignerPad *
find_pad (GstRcAlignerRun * run, const gchar * name)
{
  for (guint i = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);

    if (g_str_equal (pad->stream->name, name))
      return pad;
  }
  return NULL;
}

/* The streams that came out from this tick on: others are not read. FALSE when
 * that changed (run->dirty), or a stream has no caps yet. */
static gboolean
follow_streams (GstRcAligner * self, GstRcAlignerRun * run, const gchar * list)
{
  gchar **names = g_strsplit (list, ";", 0);
  gboolean ok = TRUE;

  for (guint i = 0; names[i] && ok; i++) {
    if (!find_pad (run, names[i]))
      ok = mismatch (self, "no pad has the stream \"%s\"", names[i]);
  }
  for (guint i = 0; i < run->pads->len && ok; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);
    gboolean absent = !g_strv_contains ((const gchar * const *) names,
        pad->stream->name) && !pad->times_only;

    run->dirty |= absent != pad->absent;
    pad->absent = absent;
  }
  for (guint i = 0; i < run->pads->len && ok; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);

    if (pad->absent || pad->stream->kind != GST_RC_STREAM_NONE)
      continue;
    gst_rc_aligner_update_eos (pad);
    if (pad->stream->eos)
      mismatch (self, "stream \"%s\" ended without caps", pad->stream->name);
    ok = FALSE;
  }
  g_strfreev (names);
  return ok && !run->dirty;
}

gboolean
gst_rc_aligner_follow_streams (GstRcAligner * self)
{
  GstRcAlignerRun *run = &gst_rc_aligner_get_private (self)->run;
  const GstRcDecision *d;
  guint n;

  d = gst_rc_decision_replay_at (run->replay, run->k, &n);
  for (guint i = 0; i < n; i++) {
    if (d[i].event == GST_RC_DECISION_STREAMS
        && !follow_streams (self, run, d[i].stream))
      return FALSE;
  }
  return TRUE;
}

gboolean
gst_rc_aligner_replay_episode (GstRcAligner * self)
{
  return has_decision (&gst_rc_aligner_get_private (self)->run,
      GST_RC_DECISION_EPISODE);
}

static const GstRcDecision *
decision_for (GstRcAlignerRun * run, const GstRcAlignerPad * pad)
{
  const GstRcDecision *d;
  guint n;

  d = gst_rc_decision_replay_at (run->replay, run->k, &n);
  for (guint i = 0; i < n; i++) {
    if ((d[i].event == GST_RC_DECISION_DEADLINE
            || d[i].event == GST_RC_DECISION_READ)
        && g_str_equal (d[i].stream, pad->stream->name))
      return &d[i];
  }
  return NULL;
}

gboolean
gst_rc_aligner_follow (GstRcAligner * self, GstRcAlignerPad * pad,
    gboolean * late)
{
  GstRcAlignerRun *run = &gst_rc_aligner_get_private (self)->run;
  const GstRcDecision *d = decision_for (run, pad);
  const GstRcStreamStats *st = &pad->stream->stats;

  *late = FALSE;
  if (!d) {
    if (!gst_rc_aligner_advance (self, pad, run->tick))
      return FALSE;
    gst_rc_aligner_update_eos (pad);
    return TRUE;
  }
  while (st->in < d->read || pad->marks < d->marks) {
    /* it was passed then, for more was read */
    gst_rc_stream_pass_gap (pad->stream);
    if (gst_rc_aligner_take_next (self, pad))
      continue;
    gst_rc_aligner_update_eos (pad);
    if (pad->stream->eos)
      mismatch (self, "stream \"%s\" ended after %" G_GUINT64_FORMAT
          " samples and %" G_GUINT64_FORMAT " marks, the log has %"
          G_GUINT64_FORMAT " and %" G_GUINT64_FORMAT, pad->stream->name,
          st->in, pad->marks, d->read, d->marks);
    return FALSE;
  }
  if (st->in != d->read || pad->marks != d->marks || st->last_time != d->last)
    return mismatch (self, "sample %" G_GUINT64_FORMAT " of stream \"%s\" is "
        "the last one read, at %" G_GINT64_FORMAT " ns; the log has sample %"
        G_GUINT64_FORMAT ", at %" G_GINT64_FORMAT " ns", st->in,
        pad->stream->name, st->last_time, d->read, d->last);
  gst_rc_stream_decided (pad->stream, run->tick);
  gst_rc_stream_keep (pad->stream, d->kept);
  *late = d->event == GST_RC_DECISION_DEADLINE;
  if (!*late)
    pad->absorbed_to = run->tick + 1;
  return TRUE;
}
