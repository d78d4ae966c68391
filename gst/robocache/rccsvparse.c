/* SPDX-License-Identifier: Apache-2.0 */
/**
 * SECTION:element-rccsvparse
 * @title: rccsvparse
 * @short_description: rows of numbers in text to a stream of tensors
 *
 * Reads CSV and its relatives from a file, a pipe, a serial line or UDP, in
 * chunks of any size, and makes one buffer per row: `other/tensors` with one
 * tensor of as many channels as there are value columns. What is not set by a
 * property is inferred from the first 16 lines (3 of a live source) and posted
 * as an element message `rc-csv-inferred`.
 *
 * ## Lines
 *
 * A line ends in LF or CRLF; a datagram (a buffer with a network address) ends
 * its last line too. Blank lines and lines that start with `#` are ignored; the
 * last `#` line before the first row gives the names if it has one word per
 * column. A delimiter at the end of a row is no column. Fields may be quoted.
 * Numbers have a decimal point in every locale; nan, inf, true and false are
 * numbers; an empty field is NaN, or makes the row bad when the tensor is of
 * integers. A row that is not like the others is skipped and counted, with its
 * line number in a warning (each time the count of them doubles, and at the
 * end), or is an error: #GstRcCsvParse:on-error.
 *
 * ## Time
 *
 * A time column is read as an exact decimal; digits beyond the nanosecond are
 * rounded to nearest, ties to even, and counted. A file keeps its own time: the
 * PTS is the stored stamp minus #GstRcCsvParse:time-origin in a segment that
 * starts at 0. Of a live source the first stamp is pinned to the PTS of the
 * buffer that brought it, and later rows keep their distance to it
 * (#GstRcCsvParse:time-mapping). When the stamps step back by more than 1 s or
 * a row lands more than 10 s from its own arrival, the sender has restarted or
 * its clock was set: the row is pinned anew, with a warning. Without
 * a time column a row takes the PTS of the buffer with its first byte.
 *
 * #GstRcCsvParse:time-column=auto takes the column whose header says time,
 * timestamp, stamp, t…; without a header the first column, unless the rows
 * arrive with a PTS: then only if #GstRcCsvParse:names leaves one column over,
 * #GstRcCsvParse:time-unit is set, or its values look like time since 1970.
 * #GstRcCsvParse:time-unit=auto goes by the header ("Time (s)", "t_ns"), else by
 * the one unit in which the stamps lie between the years 2000 and 2100. When
 * that is not clear the element stops with an error that lists the candidates.
 *
 * ## Channels
 *
 * Columns are counted from 0 in the text, the time included; channels are
 * counted from 0 in the tensor. Channels are called as in the header, or c0, c1
 * and so on. In a file with no names `quaternions=qw:wxyz` finds the group of
 * four channels that has unit norm in all the first rows, names it qw, qx, qy
 * and qz, and says so; if there is none or more than one it is an error.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -m filesrc location=imu.csv ! rccsvparse time-unit=ns quaternions=qw:wxyz ! fakesink
 * ]| Shows what was inferred and how many rows there are.
 */
#include "rccsvparse.h"

#include <string.h>

#include "rcelements.h"

GST_DEBUG_CATEGORY (gst_rc_csv_parse_debug);
#define GST_CAT_DEFAULT gst_rc_csv_parse_debug

/* Lines that the layout is inferred from; each is a row's worth of delay. */
#define SAMPLE_LINES 16
#define SAMPLE_LINES_LIVE 3

#define PROP_STATS GST_RC_CSV_N_SETTINGS

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS (GST_RC_TENSORS_CAPS ", num_tensors=(int)1, "
        "framerate=(fraction)0/1"));

G_DEFINE_TYPE (GstRcCsvParse, gst_rc_csv_parse, GST_TYPE_ELEMENT);
GST_ELEMENT_REGISTER_DEFINE (rccsvparse, "rccsvparse", GST_RANK_NONE,
    GST_TYPE_RC_CSV_PARSE);

static void
sample_line_free (gpointer data)
{
  GstRcCsvSample *line = data;

  g_free (line->text);
  g_free (line);
}

/* ---- input ---- */

static GstFlowReturn
handle_line (GstRcCsvParse * self, const RcCsvLine * line)
{
  RcCsvKind kind = rc_csv_kind (line->text, line->len);
  GstRcCsvSample *copy;

  if (self->configured)
    return kind == RC_CSV_KIND_TEXT ? gst_rc_csv_parse_row (self,
        line) : GST_FLOW_OK;
  if (kind == RC_CSV_KIND_BLANK)
    return GST_FLOW_OK;
  if (kind == RC_CSV_KIND_COMMENT) {
    if (self->sample->len == 0) {
      g_free (self->comment);
      self->comment = g_strndup (line->text, line->len);
    }
    return GST_FLOW_OK;
  }
  copy = g_new (GstRcCsvSample, 1);
  copy->text = g_malloc (line->len);
  memcpy (copy->text, line->text, line->len);
  copy->len = line->len;
  copy->number = line->number;
  copy->tag = line->tag;
  g_ptr_array_add (self->sample, copy);
  if (self->sample->len < SAMPLE_LINES_LIVE)
    return GST_FLOW_OK;
  if (self->sample->len < SAMPLE_LINES
      && !(self->segment.format == GST_FORMAT_TIME
          && gst_rc_csv_parse_upstream_is_live (self)))
    return GST_FLOW_OK;
  return gst_rc_csv_parse_settle (self);
}

static GstFlowReturn
take_line (GstRcCsvParse * self, RcCsvNext next, const RcCsvLine * line)
{
  if (next == RC_CSV_TOO_LONG)
    return gst_rc_csv_parse_bad_row (self, line->number,
        g_strdup_printf ("it is longer than " "max-line-length=%u bytes",
            self->settings.max_line_length));
  return handle_line (self, line);
}

static GstFlowReturn
finish_line (GstRcCsvParse * self)
{
  RcCsvLine line;
  RcCsvNext next = rc_csv_lines_finish (&self->lines, &line);

  return next == RC_CSV_MORE ? GST_FLOW_OK : take_line (self, next, &line);
}

/* Datagrams carry their sender's address. The type of that meta is known only
 * if libgstnet is in the process, which is when there can be one. */
static gboolean
is_datagram (GstBuffer * buffer)
{
  const GstMetaInfo *info = gst_meta_get_info ("GstNetAddressMeta");

  return info && gst_buffer_get_meta (buffer, info->api) != NULL;
}

static GstFlowReturn
handle_data (GstRcCsvParse * self, const gchar * data, gsize size,
    GstClockTime stamp)
{
  GstFlowReturn ret = GST_FLOW_OK;
  RcCsvLine line;
  RcCsvNext next;

  while (ret == GST_FLOW_OK && (next = rc_csv_lines_next (&self->lines, &data,
              &size, stamp, &line)) != RC_CSV_MORE)
    ret = take_line (self, next, &line);
  return ret;
}

static GstFlowReturn
gst_rc_csv_parse_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  GstRcCsvParse *self = GST_RC_CSV_PARSE (parent);
  GstClockTime stamp = GST_BUFFER_PTS (buffer);
  GstFlowReturn ret = GST_FLOW_OK;
  GstMapInfo map;

  if (self->failed || !self->active) {
    gst_buffer_unref (buffer);
    return GST_FLOW_ERROR;
  }
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT)
      && rc_csv_lines_discard (&self->lines))
    ret = gst_rc_csv_parse_bad_row (self, self->lines.number,
        g_strdup ("input was lost before it ended"));
  if (ret == GST_FLOW_OK && gst_buffer_get_size (buffer) > 0) {
    if (!gst_buffer_map (buffer, &map, GST_MAP_READ)) {
      gst_buffer_unref (buffer);
      GST_ELEMENT_ERROR (self, RESOURCE, READ, ("An input buffer cannot be "
              "mapped for reading."), (NULL));
      return GST_FLOW_ERROR;
    }
    GST_OBJECT_LOCK (self);
    self->stats.bytes += map.size;
    GST_OBJECT_UNLOCK (self);
    ret = handle_data (self, (const gchar *) map.data, map.size, stamp);
    gst_buffer_unmap (buffer, &map);
    if (ret == GST_FLOW_OK && is_datagram (buffer))
      ret = finish_line (self);
  }
  gst_buffer_unref (buffer);
  return ret;
}

/* The end of the stream: the last line, what was kept, and what there is to
 * say. */
static void
drain (GstRcCsvParse * self)
{
  GstFlowReturn ret;
  GstRcCsvStats stats;

  if (self->failed || !self->active)
    return;
  ret = finish_line (self);
  if (ret == GST_FLOW_OK && !self->configured && self->sample->len > 0)
    ret = gst_rc_csv_parse_settle (self);
  gst_rc_csv_parse_push_pending (self);
  if (ret != GST_FLOW_OK)
    return;
  GST_OBJECT_LOCK (self);
  stats = self->stats;
  GST_OBJECT_UNLOCK (self);
  if (stats.rows == 0)
    GST_ELEMENT_WARNING (self, STREAM, DECODE, ("There was no row in %"
            G_GUINT64_FORMAT " bytes of input (%" G_GUINT64_FORMAT
            " bad rows)%s.", stats.bytes, stats.bad_rows,
            self->configured ? "" : "; the shape of the stream is not known"),
        (NULL));
  else if (stats.bad_rows > self->told_bad_rows)
    GST_ELEMENT_WARNING_WITH_DETAILS (self, STREAM, DECODE, ("%"
            G_GUINT64_FORMAT " bad rows were skipped, beside %" G_GUINT64_FORMAT
            " good ones.", stats.bad_rows, stats.rows), (NULL), ("bad-rows",
            G_TYPE_UINT64, stats.bad_rows, NULL));
  self->told_bad_rows = stats.bad_rows;
}

/* Forgets the text so far: as at the start, but for the counts. */
static void
reset_text (GstRcCsvParse * self)
{
  rc_csv_lines_clear (&self->lines);
  rc_csv_lines_init (&self->lines, self->settings.max_line_length);
  g_ptr_array_set_size (self->sample, 0);
  g_clear_pointer (&self->comment, g_free);
  rc_csv_layout_clear (&self->layout);
  gst_rc_csv_channels_clear (&self->channels);
  g_clear_pointer (&self->fields, g_free);
  g_clear_pointer (&self->row, g_free);
  g_list_free_full (g_steal_pointer (&self->pending),
      (GDestroyNotify) gst_event_unref);
  self->configured = FALSE;
  self->failed = FALSE;
  self->pinned = FALSE;
  self->last_time = GST_CLOCK_TIME_NONE;
  self->discont = TRUE;
}

static gboolean
accepts_caps (const GstCaps * caps)
{
  const gchar *name = gst_caps_get_size (caps) == 1 ?
      gst_structure_get_name (gst_caps_get_structure (caps, 0)) : "";

  return g_str_has_prefix (name, "text/")
      || g_str_equal (name, "application/csv")
      || g_str_equal (name, "application/octet-stream");
}

static gboolean
handle_caps (GstRcCsvParse * self, GstEvent * event)
{
  GstCaps *caps;
  gboolean ok;

  gst_event_parse_caps (event, &caps);
  ok = accepts_caps (caps);
  if (!ok)
    GST_ELEMENT_ERROR (self, STREAM, WRONG_TYPE, ("The input is %"
            GST_PTR_FORMAT ", not text.", caps), (NULL));
  gst_event_unref (event);
  return ok;
}

static void
handle_segment (GstRcCsvParse * self, GstEvent * event)
{
  const GstSegment *segment;

  gst_event_parse_segment (event, &segment);
  self->segment = *segment;
  self->segment_seqnum = gst_event_get_seqnum (event);
  GST_OBJECT_LOCK (self);
  self->timed_input = segment->format == GST_FORMAT_TIME;
  GST_OBJECT_UNLOCK (self);
  if (self->configured && !self->own_segment && self->timed_input)
    gst_rc_csv_parse_push_segment (self);
  gst_event_unref (event);
}

static gboolean
gst_rc_csv_parse_sink_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  GstRcCsvParse *self = GST_RC_CSV_PARSE (parent);

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:
      return handle_caps (self, event);
    case GST_EVENT_SEGMENT:
      handle_segment (self, event);
      return TRUE;
    case GST_EVENT_EOS:
      drain (self);
      break;
    case GST_EVENT_GAP:
      /* its time is the input's: it says nothing about stored stamps */
      if (!self->configured || self->own_segment) {
        gst_event_unref (event);
        return TRUE;
      }
      break;
    case GST_EVENT_FLUSH_STOP:
      if (self->active)
        reset_text (self);
      break;
    case GST_EVENT_STREAM_START:
      break;
    default:
      if (GST_EVENT_IS_SERIALIZED (event) && !self->configured) {
        self->pending = g_list_append (self->pending, event);
        return TRUE;
      }
      break;
  }
  return gst_pad_event_default (pad, parent, event);
}

/* Text has no index: the one seek that it can do is back to its start. */
static gboolean
rewind_text (GstRcCsvParse * self, GstEvent * event)
{
  GstSeekType start_type, stop_type;
  GstSeekFlags flags;
  GstFormat format;
  GstEvent *seek;
  gint64 start, stop;
  gdouble rate;

  gst_event_parse_seek (event, &rate, &format, &flags, &start_type, &start,
      &stop_type, &stop);
  if (format != GST_FORMAT_TIME || rate != 1.0 || !(flags & GST_SEEK_FLAG_FLUSH)
      || start_type != GST_SEEK_TYPE_SET || start != 0
      || (stop_type != GST_SEEK_TYPE_NONE && stop != -1)) {
    GST_INFO_OBJECT (self, "refused: %" GST_PTR_FORMAT, event);
    return FALSE;
  }
  seek = gst_event_new_seek (rate, GST_FORMAT_BYTES, flags, GST_SEEK_TYPE_SET,
      0, GST_SEEK_TYPE_NONE, -1);
  gst_event_set_seqnum (seek, gst_event_get_seqnum (event));
  return gst_pad_push_event (self->sinkpad, seek);
}

static gboolean
gst_rc_csv_parse_src_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  GstRcCsvParse *self = GST_RC_CSV_PARSE (parent);
  gboolean timed, own, ok;

  if (GST_EVENT_TYPE (event) != GST_EVENT_SEEK)
    return gst_pad_event_default (pad, parent, event);
  GST_OBJECT_LOCK (self);
  timed = self->timed_input;
  own = self->own_segment;
  GST_OBJECT_UNLOCK (self);
  if (timed && !own)
    return gst_pad_event_default (pad, parent, event);
  ok = !timed && rewind_text (self, event);
  gst_event_unref (event);
  return ok;
}

/* ---- states ---- */

static gboolean
start (GstRcCsvParse * self)
{
  gst_rc_csv_settings_clear (&self->settings);
  GST_OBJECT_LOCK (self);
  gst_rc_csv_settings_copy (&self->settings, &self->properties);
  memset (&self->stats, 0, sizeof (self->stats));
  self->timed_input = FALSE;
  self->own_segment = TRUE;
  GST_OBJECT_UNLOCK (self);
  if (!rc_csv_delimiter_parse (self->settings.delimiter, &self->delimiter)) {
    GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS,
        ("delimiter=\"%s\" is not auto, "
            "comma, semicolon, tab, whitespace, pipe or one character that is "
            "not part of a number.", self->settings.delimiter), (NULL));
    return FALSE;
  }
  gst_segment_init (&self->segment, GST_FORMAT_UNDEFINED);
  self->segment_seqnum = GST_SEQNUM_INVALID;
  self->told_bad_rows = 0;
  reset_text (self);
  self->active = TRUE;
  return TRUE;
}

static void
stop (GstRcCsvParse * self)
{
  self->active = FALSE;
  reset_text (self);
  rc_csv_lines_clear (&self->lines);
}

static GstStateChangeReturn
gst_rc_csv_parse_change_state (GstElement * element, GstStateChange transition)
{
  GstRcCsvParse *self = GST_RC_CSV_PARSE (element);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start (self))
    return GST_STATE_CHANGE_FAILURE;
  ret = GST_ELEMENT_CLASS (gst_rc_csv_parse_parent_class)->change_state
      (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY
      || (transition == GST_STATE_CHANGE_READY_TO_PAUSED
          && ret == GST_STATE_CHANGE_FAILURE))
    stop (self);
  return ret;
}

/* ---- object ---- */

static GstStructure *
make_stats (GstRcCsvParse * self)
{
  const GstRcCsvStats *s = &self->stats;

  return gst_structure_new ("application/x-rc-csv-stats",
      "bytes", G_TYPE_UINT64, s->bytes,
      "rows", G_TYPE_UINT64, s->rows,
      "bad-rows", G_TYPE_UINT64, s->bad_rows,
      "duplicate-times", G_TYPE_UINT64, s->duplicate_times,
      "backward-times", G_TYPE_UINT64, s->backward_times,
      "rounded-times", G_TYPE_UINT64, s->rounded_times,
      "negative-times", G_TYPE_UINT64, s->negative_times,
      "repins", G_TYPE_UINT64, s->repins, NULL);
}

static void
gst_rc_csv_parse_set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * pspec)
{
  GstRcCsvParse *self = GST_RC_CSV_PARSE (object);
  gboolean ok;

  GST_OBJECT_LOCK (self);
  ok = gst_rc_csv_settings_set (&self->properties, id, value);
  GST_OBJECT_UNLOCK (self);
  if (!ok)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gst_rc_csv_parse_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstRcCsvParse *self = GST_RC_CSV_PARSE (object);
  gboolean ok = TRUE;

  GST_OBJECT_LOCK (self);
  if (id == PROP_STATS)
    g_value_take_boxed (value, make_stats (self));
  else
    ok = gst_rc_csv_settings_get (&self->properties, id, value);
  GST_OBJECT_UNLOCK (self);
  if (!ok)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gst_rc_csv_parse_finalize (GObject * object)
{
  GstRcCsvParse *self = GST_RC_CSV_PARSE (object);

  stop (self);
  g_ptr_array_unref (self->sample);
  gst_rc_csv_settings_clear (&self->properties);
  gst_rc_csv_settings_clear (&self->settings);
  G_OBJECT_CLASS (gst_rc_csv_parse_parent_class)->finalize (object);
}

static void
gst_rc_csv_parse_class_init (GstRcCsvParseClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (gst_rc_csv_parse_debug, "rccsvparse", 0,
      "text to tensors");
  object_class->set_property = gst_rc_csv_parse_set_property;
  object_class->get_property = gst_rc_csv_parse_get_property;
  object_class->finalize = gst_rc_csv_parse_finalize;
  element_class->change_state = gst_rc_csv_parse_change_state;

  gst_rc_csv_settings_install (object_class);
  g_object_class_install_property (object_class, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics", "Counts since the last start: "
          "bytes, rows, bad-rows (skipped), duplicate-times and backward-times "
          "(passed on), rounded-times (digits beyond the nanosecond), "
          "negative-times (before time-origin; among the bad rows), repins "
          "(jumps of a live sender's clock)", GST_TYPE_STRUCTURE,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "CSV parser",
      "Codec/Parser", "Rows of numbers in text (CSV and its relatives, from a "
      "file, a serial line or UDP) to a stream of tensors, one buffer per row",
      "The RoboCache authors");
}

static void
gst_rc_csv_parse_init (GstRcCsvParse * self)
{
  gst_rc_csv_settings_init (&self->properties);
  self->sample = g_ptr_array_new_with_free_func (sample_line_free);

  self->sinkpad = gst_pad_new_from_static_template (&sink_template, "sink");
  gst_pad_set_chain_function (self->sinkpad, gst_rc_csv_parse_chain);
  gst_pad_set_event_function (self->sinkpad, gst_rc_csv_parse_sink_event);
  gst_element_add_pad (GST_ELEMENT (self), self->sinkpad);

  self->srcpad = gst_pad_new_from_static_template (&src_template, "src");
  gst_pad_set_event_function (self->srcpad, gst_rc_csv_parse_src_event);
  gst_pad_use_fixed_caps (self->srcpad);
  gst_element_add_pad (GST_ELEMENT (self), self->srcpad);
}
