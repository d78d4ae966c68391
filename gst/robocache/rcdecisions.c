/* SPDX-License-Identifier: Apache-2.0 */
#include "rcdecisions.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#define HEADER "# rc-decisions 1\ntick,time,event,stream,read,marks,kept,last\n"
#define N_FIELDS 8

static const gchar *const event_names[] = {
  "start", "streams", "deadline", "read", "episode", "end"
};

/* ---- writing ---- */

struct _GstRcDecisionLog
{
  FILE *file;
  gchar *location;
  gint64 flushed;               /* running time up to which it is in the file */
  gint failed;                  /* errno of the first failure, or 0 */
};

static void
set_errno_error (GError ** error, int code, const gchar * what,
    const gchar * location)
{
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code),
      "cannot %s \"%s\": %s", what, location, g_strerror (code));
}

GstRcDecisionLog *
gst_rc_decision_log_new (const gchar * location, GError ** error)
{
  FILE *file = g_fopen (location, "we");
  GstRcDecisionLog *log;

  if (!file) {
    set_errno_error (error, errno, "write", location);
    return NULL;
  }
  log = g_new0 (GstRcDecisionLog, 1);
  log->file = file;
  log->location = g_strdup (location);
  log->flushed = G_MININT64;
  /* an unwritable file shows at once */
  if (fputs (HEADER, file) == EOF || fflush (file) == EOF)
    log->failed = errno;
  if (!log->failed)
    return log;
  gst_rc_decision_log_close (log, error);
  return NULL;
}

gboolean
gst_rc_decision_log_add (GstRcDecisionLog * log, const GstRcDecision * d)
{
  gint written;

  if (log->failed)
    return FALSE;
  written = fprintf (log->file, "%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT
      ",%s,%s,", d->tick, d->time, event_names[d->event],
      d->stream ? d->stream : "");
  if (written >= 0 && (d->event == GST_RC_DECISION_DEADLINE
          || d->event == GST_RC_DECISION_READ)) {
    written = fprintf (log->file, "%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT
        ",%" G_GUINT64_FORMAT ",", d->read, d->marks, d->kept);
    if (written >= 0 && d->last != G_MININT64)
      written = fprintf (log->file, "%" G_GINT64_FORMAT, d->last);
  } else if (written >= 0) {
    written = fputs (",,,", log->file);
  }
  if (written >= 0)
    written = fputc ('\n', log->file);
  if (written >= 0 && (log->flushed == G_MININT64
          || d->time - log->flushed >= (gint64) GST_SECOND)) {
    written = fflush (log->file);
    log->flushed = d->time;
  }
  if (written < 0)
    log->failed = errno;
  return written >= 0;
}

gboolean
gst_rc_decision_log_close (GstRcDecisionLog * log, GError ** error)
{
  gint failed;

  if (fclose (log->file) == EOF && !log->failed)
    log->failed = errno;
  failed = log->failed;
  if (failed)
    set_errno_error (error, failed, "write", log->location);
  g_free (log->location);
  g_free (log);
  return !failed;
}

/* ---- reading ---- */

struct _GstRcDecisionReplay
{
  GArray *decisions;            /* GstRcDecision, by tick */
  GStringChunk *names;
  guint next;                   /* the first one at or after the last tick asked */
};

static gboolean
parse_int (const gchar * text, gint64 * value)
{
  return g_ascii_string_to_signed (text, 10, G_MININT64, G_MAXINT64, value,
      NULL);
}

/* The reason, or NULL when the line is right. */
static const gchar *
parse_line (GstRcDecisionReplay * r, const gchar * line)
{
  gchar **fields = g_strsplit (line, ",", 0);
  GstRcDecision d = { 0, };
  const gchar *reason = NULL;
  guint event = 0;
  gboolean counts;

  d.last = G_MININT64;
  if (g_strv_length (fields) != N_FIELDS) {
    reason = "it does not have 8 fields";
    goto done;
  }
  while (event < G_N_ELEMENTS (event_names)
      && strcmp (event_names[event], fields[2]))
    event++;
  counts = event == GST_RC_DECISION_DEADLINE || event == GST_RC_DECISION_READ;
  if (event == G_N_ELEMENTS (event_names))
    reason = "the event is not known";
  else if (!parse_int (fields[0], &d.tick) || !parse_int (fields[1], &d.time))
    reason = "tick or time is not a whole number";
  else if (counts && (!g_ascii_string_to_unsigned (fields[4], 10, 0,
              G_MAXUINT64, &d.read, NULL)
          || !g_ascii_string_to_unsigned (fields[5], 10, 0, G_MAXUINT64,
              &d.marks, NULL)
          || !g_ascii_string_to_unsigned (fields[6], 10, 0, G_MAXUINT64,
              &d.kept, NULL)))
    reason = "read, marks or kept is not a count";
  else if (counts && *fields[7] && !parse_int (fields[7], &d.last))
    reason = "last is not a whole number";
  else if (!*fields[3] != (event == GST_RC_DECISION_EPISODE
          || event == GST_RC_DECISION_END))
    reason = "it names no stream, or one too many";
  else if ((event == GST_RC_DECISION_START) != (r->decisions->len == 0))
    reason = r->decisions->len ? "ticks start a second time (a flush ends what "
        "can be replayed)" : "the first event is not start";
  else if (r->decisions->len > 0 && d.tick < g_array_index (r->decisions,
          GstRcDecision, r->decisions->len - 1).tick)
    reason = "its tick lies before that of the line above";
  if (!reason) {
    d.event = event;
    d.stream = *fields[3] ? g_string_chunk_insert_const (r->names, fields[3]) :
        NULL;
    g_array_append_val (r->decisions, d);
  }
done:
  g_strfreev (fields);
  return reason;
}

GstRcDecisionReplay *
gst_rc_decision_replay_new (const gchar * location, GError ** error)
{
  GstRcDecisionReplay *r;
  gchar *text, *line, *end;
  const gchar *reason = NULL;
  guint number = 1;

  if (!g_file_get_contents (location, &text, NULL, error))
    return NULL;
  r = g_new0 (GstRcDecisionReplay, 1);
  r->decisions = g_array_new (FALSE, FALSE, sizeof (GstRcDecision));
  r->names = g_string_chunk_new (1024);
  line = text;
  if (g_str_has_prefix (text, HEADER)) {
    line += strlen (HEADER);
    number = 3;
  } else {
    reason = "it is not a log of decisions of version 1";
  }
  /* a line without its end was cut off by a crash */
  while (!reason && (end = strchr (line, '\n'))) {
    *end = '\0';
    reason = parse_line (r, line);
    line = end + 1;
    number += !reason;
  }
  if (!reason && r->decisions->len == 0)
    reason = "it has no tick";
  g_free (text);
  if (!reason)
    return r;
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "\"%s\", line %u: %s",
      location, number, reason);
  gst_rc_decision_replay_free (r);
  return NULL;
}

void
gst_rc_decision_replay_free (GstRcDecisionReplay * r)
{
  g_array_unref (r->decisions);
  g_string_chunk_free (r->names);
  g_free (r);
}

const GstRcDecision *
gst_rc_decision_replay_at (GstRcDecisionReplay * r, gint64 tick, guint * n)
{
  const GstRcDecision *all = (const GstRcDecision *) r->decisions->data;
  guint end;

  while (r->next < r->decisions->len && all[r->next].tick < tick)
    r->next++;
  for (end = r->next; end < r->decisions->len && all[end].tick == tick; end++);
  *n = end - r->next;
  return all + r->next;
}

const GstRcDecision *
gst_rc_decision_replay_start (const GstRcDecisionReplay * r)
{
  return &g_array_index (r->decisions, GstRcDecision, 0);
}

static const GstRcDecision *
last_one (const GstRcDecisionReplay * r)
{
  return &g_array_index (r->decisions, GstRcDecision, r->decisions->len - 1);
}

gboolean
gst_rc_decision_replay_ended (const GstRcDecisionReplay * r, gint64 tick)
{
  return last_one (r)->event == GST_RC_DECISION_END
      && tick >= last_one (r)->tick;
}

gboolean
gst_rc_decision_replay_has_more (const GstRcDecisionReplay * r, gint64 tick)
{
  const GstRcDecision *last = last_one (r);

  return last->event == GST_RC_DECISION_END ? tick < last->tick :
      tick <= last->tick;
}
