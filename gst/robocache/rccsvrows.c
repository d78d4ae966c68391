/* SPDX-License-Identifier: Apache-2.0 */
#include "rccsvparse.h"

#include <string.h>

#define GST_CAT_DEFAULT gst_rc_csv_parse_debug

/* Stamps that step back by more than what packets in the wrong order do, or
 * that land further than this from their row's arrival, are pinned anew. */
#define RESTART_STEP ((gint64) GST_SECOND)
#define REPIN_DISTANCE ((gint64) (10 * GST_SECOND))

/* ---- rows ---- */

/* A piece of the input for a message: short and printable. */
static gchar *
quote (const gchar * text, gsize len)
{
  gchar *valid = g_utf8_make_valid (text, MIN (len, 40));
  gchar *escaped = g_strescape (valid, NULL);
  gchar *quoted = g_strdup_printf ("\"%s%s\"", escaped, len > 40 ? "…" : "");

  g_free (valid);
  g_free (escaped);
  return quoted;
}

GstFlowReturn
gst_rc_csv_parse_bad_row (GstRcCsvParse * self, guint64 number, gchar * reason)
{
  GstFlowReturn ret = GST_FLOW_OK;
  guint64 n;

  GST_OBJECT_LOCK (self);
  n = ++self->stats.bad_rows;
  GST_OBJECT_UNLOCK (self);
  GST_DEBUG_OBJECT (self, "line %" G_GUINT64_FORMAT ": %s", number, reason);
  if (self->settings.on_error == GST_RC_CSV_ON_ERROR_ERROR) {
    GST_ELEMENT_ERROR_WITH_DETAILS (self, STREAM, DECODE,
        ("Line %" G_GUINT64_FORMAT ": %s (on-error=skip would go on).", number,
            reason), (NULL), ("line", G_TYPE_UINT64, number, NULL));
    ret = GST_FLOW_ERROR;
  } else if ((n & (n - 1)) == 0) {
    GST_ELEMENT_WARNING_WITH_DETAILS (self, STREAM, DECODE,
        ("Line %" G_GUINT64_FORMAT " skipped: %s (%" G_GUINT64_FORMAT
            " bad rows so far).", number, reason, n), (NULL), ("line",
            G_TYPE_UINT64, number, "bad-rows", G_TYPE_UINT64, n, NULL));
    self->told_bad_rows = n;
  }
  g_free (reason);
  return ret;
}

static GstFlowReturn
bad_field (GstRcCsvParse * self, const RcCsvLine * line, guint column,
    RcCsvStatus status)
{
  const RcCsvField *f = &self->fields[column];
  gchar *text = quote (f->text, f->len), *reason;
  const gchar *name = self->layout.names ? self->layout.names[column] : NULL;

  reason = g_strdup_printf ("column %u%s%s%s: %s %s%s%s", column,
      name ? " (" : "", name ? name : "", name ? ")" : "", text,
      rc_csv_status_text (status), status == RC_CSV_RANGE ? " for " : "",
      status != RC_CSV_RANGE ? "" : (gint) column == self->layout.time_column ?
      "int64 ns" : rc_dtype_name (self->settings.type));
  g_free (text);
  return gst_rc_csv_parse_bad_row (self, line->number, reason);
}

static GstFlowReturn
no_stamp (GstRcCsvParse * self, guint64 number)
{
  if (self->stats.rows > 0)
    return gst_rc_csv_parse_bad_row (self, number,
        g_strdup ("it has no time: its buffer carries no PTS"));
  GST_ELEMENT_ERROR (self, STREAM, FORMAT,
      ("%s: set time-column to the name or "
          "number of the time column%s, or let the source stamp its buffers "
          "(do-timestamp=true).",
          self->layout.time_column >=
          0 ? "time-mapping=arrival needs input " "buffers with a PTS" :
          "There is no time column, and the input " "buffers carry no PTS",
          self->layout.time_column >= 0 ? " and time-mapping to keep" : ""),
      ("line %" G_GUINT64_FORMAT, number));
  return GST_FLOW_ERROR;
}

/* Maps a stamp by the first one's arrival. */
static gint64
map_to_arrival (GstRcCsvParse * self, const RcCsvLine * line, gint64 stamp)
{
  /* in unsigned, since stamps may be anything; the tests below sort it out */
  gint64 time = (gint64) ((guint64) self->pin_time + (guint64) stamp
      - (guint64) self->pin_stamp);
  gint64 distance = 0, back = 0;

  if (self->pinned) {
    back = (gint64) ((guint64) self->newest_stamp - (guint64) stamp);
    if (line->tag != GST_CLOCK_TIME_NONE)
      distance = (gint64) ((guint64) time - line->tag);
    if (back <= RESTART_STEP && distance <= REPIN_DISTANCE
        && distance >= -REPIN_DISTANCE) {
      self->newest_stamp = MAX (self->newest_stamp, stamp);
      return time;
    }
    GST_OBJECT_LOCK (self);
    self->stats.repins++;
    GST_OBJECT_UNLOCK (self);
    GST_ELEMENT_WARNING (self, STREAM, DECODE, ("Line %" G_GUINT64_FORMAT
            ": the sender's clock has jumped: this stamp is %" G_GINT64_FORMAT
            " ns before the last and puts the row %" G_GINT64_FORMAT " ns away "
            "from its arrival. Times are mapped anew from here.", line->number,
            back, distance), (NULL));
  }
  /* with no arrival to pin it to, a row after a jump goes on from where the
   * last one was */
  if (line->tag != GST_CLOCK_TIME_NONE)
    self->pin_time = line->tag;
  else
    self->pin_time = self->last_time;
  self->pinned = TRUE;
  self->pin_stamp = stamp;
  self->newest_stamp = stamp;
  return self->pin_time;
}

static GstFlowReturn
push_row (GstRcCsvParse * self, GstClockTime time)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, self->channels.tensor.size,
      NULL);

  gst_buffer_fill (buffer, 0, self->row, self->channels.tensor.size);
  GST_BUFFER_PTS (buffer) = time;
  if (self->discont)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  self->discont = FALSE;
  GST_OBJECT_LOCK (self);
  self->stats.rows++;
  if (self->last_time != GST_CLOCK_TIME_NONE) {
    self->stats.duplicate_times += time == self->last_time;
    self->stats.backward_times += time < self->last_time;
  }
  GST_OBJECT_UNLOCK (self);
  self->last_time = time;
  return gst_pad_push (self->srcpad, buffer);
}

static GstFlowReturn
negative_time (GstRcCsvParse * self, const RcCsvLine * line, gint64 time)
{
  GST_OBJECT_LOCK (self);
  self->stats.negative_times++;
  GST_OBJECT_UNLOCK (self);
  return gst_rc_csv_parse_bad_row (self, line->number,
      g_strdup_printf ("its time is %" G_GINT64_FORMAT " ns, and a buffer "
          "cannot carry a negative one: set time-origin (now %" G_GINT64_FORMAT
          ") to the earliest stamp or less", time, self->settings.time_origin));
}

GstFlowReturn
gst_rc_csv_parse_row (GstRcCsvParse * self, const RcCsvLine * line)
{
  const RcCsvLayout *layout = &self->layout;
  const GstRcCsvChannels *ch = &self->channels;
  gsize step = rc_dtype_size (ch->tensor.dtype);
  gboolean rounded = FALSE;
  RcCsvStatus status;
  gint64 time = 0;
  guint n;

  n = rc_csv_split (line->text, line->len, layout->delimiter, self->fields,
      layout->n_columns + 1);
  if (n == layout->n_columns + 1 && self->fields[n - 1].len == 0)
    n--;
  if (n != layout->n_columns)
    return gst_rc_csv_parse_bad_row (self, line->number,
        g_strdup_printf ("it has %u columns, " "not %u", n, layout->n_columns));
  for (guint c = 0; c < ch->n_channels; c++) {
    status = rc_csv_parse_value (self->fields[ch->columns[c]],
        ch->tensor.dtype, self->row + c * step);
    if (status != RC_CSV_OK)
      return bad_field (self, line, ch->columns[c], status);
  }
  if (layout->time_column >= 0) {
    status = rc_csv_parse_time (self->fields[layout->time_column],
        layout->time_unit, &time, &rounded);
    if (status == RC_CSV_OK && (self->settings.time_origin < 0 ?
            time > G_MAXINT64 + self->settings.time_origin :
            time < -G_MAXINT64 + self->settings.time_origin))
      status = RC_CSV_RANGE;
    if (status != RC_CSV_OK)
      return bad_field (self, line, layout->time_column, status);
    time -= self->settings.time_origin;
  }
  if ((layout->time_column < 0 || (self->arrival && !self->pinned))
      && line->tag == GST_CLOCK_TIME_NONE)
    return no_stamp (self, line->number);
  if (layout->time_column < 0)
    time = line->tag;
  else if (self->arrival)
    time = map_to_arrival (self, line, time);
  if (time < 0)
    return negative_time (self, line, time);
  if (rounded) {
    GST_OBJECT_LOCK (self);
    self->stats.rounded_times++;
    GST_OBJECT_UNLOCK (self);
  }
  return push_row (self, time);
}

/* ---- the layout ---- */

gboolean
gst_rc_csv_parse_upstream_is_live (GstRcCsvParse * self)
{
  GstQuery *query = gst_query_new_latency ();
  gboolean live = FALSE;

  if (gst_pad_peer_query (self->sinkpad, query))
    gst_query_parse_latency (query, &live, NULL, NULL);
  gst_query_unref (query);
  return live;
}

void
gst_rc_csv_parse_push_segment (GstRcCsvParse * self)
{
  GstSegment segment;
  GstEvent *event;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  event = gst_event_new_segment (self->own_segment ? &segment : &self->segment);
  if (self->segment_seqnum != GST_SEQNUM_INVALID)
    gst_event_set_seqnum (event, self->segment_seqnum);
  gst_pad_push_event (self->srcpad, event);
}

void
gst_rc_csv_parse_push_pending (GstRcCsvParse * self)
{
  GList *events = g_steal_pointer (&self->pending);

  for (GList * l = events; l; l = l->next)
    gst_pad_push_event (self->srcpad, l->data);
  g_list_free (events);
}

static GstCaps *
make_caps (GstRcCsvParse * self)
{
  GstRcTensors tensors = {.n_tensors = 1,.fps_d = 1 };

  tensors.tensors[0] = self->channels.tensor;   /* still its owner */
  return gst_rc_tensors_to_caps (&tensors);
}

/* Says what was inferred, for a person and for a program. */
static void
post_inferred (GstRcCsvParse * self, const GstCaps * caps)
{
  const RcCsvLayout *layout = &self->layout;
  const GstStructure *s = gst_caps_get_structure (caps, 0);
  const gchar *quaternions = gst_structure_get_string (s, "quaternions");
  gchar *delimiter = rc_csv_delimiter_name (layout->delimiter);
  GstStructure *inferred = gst_structure_new ("rc-csv-inferred",
      "delimiter", G_TYPE_STRING, delimiter,
      "header", G_TYPE_BOOLEAN, layout->names != NULL,
      "columns", G_TYPE_INT, (gint) layout->n_columns,
      "time-column", G_TYPE_INT, layout->time_column,
      "time-name", G_TYPE_STRING, layout->time_name ? layout->time_name : "",
      "time-unit", G_TYPE_STRING, layout->time_column < 0 ? "none" :
      rc_csv_unit_name (layout->time_unit),
      "time-mapping", G_TYPE_STRING, self->arrival ? "arrival" : "keep",
      "channels", G_TYPE_INT, (gint) self->channels.n_channels,
      "names", G_TYPE_STRING, gst_structure_get_string (s, "names"),
      "quaternions", G_TYPE_STRING, quaternions ? quaternions : "",
      "quaternions-hint", G_TYPE_STRING, self->channels.hint, NULL);

  GST_INFO_OBJECT (self, "%" GST_PTR_FORMAT, inferred);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self), inferred));
  if (self->channels.note)
    /* gst-launch shows the second text only */
    GST_ELEMENT_INFO (self, STREAM, FORMAT, ("%s.", self->channels.note),
        ("%s.", self->channels.note));
  g_free (delimiter);
}

static gboolean
infer (GstRcCsvParse * self, const RcCsvField * lines, guint n_lines,
    gboolean timed, GstClockTime first_stamp, gchar ** error)
{
  const GstRcCsvSettings *s = &self->settings;
  RcCsvField comment = { self->comment,
    self->comment ? strlen (self->comment) : 0
  };
  RcCsvHints hints = {
    .delimiter = self->delimiter,
    .header = s->header,
    .time_column = s->time_column,
    .time_unit = s->time_unit,
    .n_names = s->choice.columns && *s->choice.columns ? 0 :
        gst_rc_csv_list_length (s->choice.names),
    .has_stamps = timed || first_stamp != GST_CLOCK_TIME_NONE,
  };

  return rc_csv_infer (&hints, lines, n_lines, comment, &self->layout, error)
      && gst_rc_csv_channels_resolve (&self->channels, &s->choice, s->type,
      &self->layout, lines, n_lines, error);
}

/* Settles the layout by the lines so far and sends caps and segment. */
static gboolean
configure (GstRcCsvParse * self)
{
  guint n_lines = self->sample->len;
  RcCsvField *lines = g_new (RcCsvField, n_lines);
  GstClockTime first_stamp = GST_CLOCK_TIME_NONE;
  gboolean timed = self->segment.format == GST_FORMAT_TIME, ok;
  gchar *error = NULL;
  GstCaps *caps;

  for (guint i = 0; i < n_lines; i++) {
    const GstRcCsvSample *line = g_ptr_array_index (self->sample, i);

    lines[i].text = line->text;
    lines[i].len = line->len;
    if (i == 0)
      first_stamp = line->tag;
  }
  ok = infer (self, lines, n_lines, timed, first_stamp, &error);
  g_free (lines);
  if (!ok) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT, ("%s.", error), (NULL));
    g_free (error);
    self->failed = TRUE;
    return FALSE;
  }
  self->fields = g_new (RcCsvField, self->layout.n_columns + 1);
  self->row = g_malloc (self->channels.tensor.size);
  self->arrival = self->layout.time_column >= 0
      && (self->settings.time_mapping == GST_RC_CSV_MAPPING_ARRIVAL
      || (self->settings.time_mapping == GST_RC_CSV_MAPPING_AUTO && timed
          && gst_rc_csv_parse_upstream_is_live (self)));
  GST_OBJECT_LOCK (self);
  self->own_segment = !timed
      || (self->layout.time_column >= 0 && !self->arrival);
  GST_OBJECT_UNLOCK (self);
  self->configured = TRUE;
  caps = make_caps (self);
  post_inferred (self, caps);
  gst_pad_push_event (self->srcpad, gst_event_new_caps (caps));
  gst_caps_unref (caps);
  gst_rc_csv_parse_push_segment (self);
  gst_rc_csv_parse_push_pending (self);
  return TRUE;
}

GstFlowReturn
gst_rc_csv_parse_settle (GstRcCsvParse * self)
{
  GstFlowReturn ret = GST_FLOW_OK;

  if (!configure (self))
    return GST_FLOW_ERROR;
  for (guint i = 0; ret == GST_FLOW_OK && i < self->sample->len; i++) {
    const GstRcCsvSample *s = g_ptr_array_index (self->sample, i);
    RcCsvLine line = { s->text, s->len, s->number, s->tag };

    if ((gint) i != self->layout.header)
      ret = gst_rc_csv_parse_row (self, &line);
  }
  g_ptr_array_set_size (self->sample, 0);
  return ret;
}
