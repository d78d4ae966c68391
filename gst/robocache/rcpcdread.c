/* SPDX-License-Identifier: Apache-2.0 */
/* rcpcdparse's reading: a state machine over the bytes of one file. Every
 * reader either moves on (TRUE) or waits for more bytes (FALSE), and nothing is
 * allocated for points before bytes that can hold them have been seen. */
#include "rcpcdparse.h"

#include <string.h>

#include "lzf.h"

GST_DEBUG_CATEGORY_EXTERN (gst_rc_pcd_parse_debug);
#define GST_CAT_DEFAULT gst_rc_pcd_parse_debug

static void
consume (GstRcPcdParse * self, gsize size)
{
  gst_adapter_flush (self->adapter, size);
  self->position += size;
}

static void
forget_rows (GstRcPcdParse * self)
{
  g_clear_pointer (&self->rows, g_free);
  g_clear_pointer (&self->first_bad_row, g_free);
  self->rows_size = self->rows_allocated = 0;
  self->rows_read = self->rows_bad = 0;
}

void
gst_rc_pcd_parse_reset_file (GstRcPcdParse * self)
{
  gst_adapter_clear (self->adapter);
  forget_rows (self);
  self->state = GST_RC_PCD_START;
  self->position = 0;
  self->file_scans = 0;
}

/* Drops the scan being read. It keeps its place in the series, so that the ones
 * after it keep their times. */
static GstFlowReturn
G_GNUC_PRINTF (2, 3)
bad_scan (GstRcPcdParse * self, const gchar * format, ...)
{
  va_list args;
  gchar *text;
  gboolean fatal = self->on_error == GST_RC_PCD_PARSE_ON_ERROR_ERROR;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  GST_OBJECT_LOCK (self);
  self->bad_frames++;
  GST_OBJECT_UNLOCK (self);
  if (fatal)
    GST_ELEMENT_ERROR (self, STREAM, DECODE,
        ("Scan %" G_GUINT64_FORMAT ", at byte %" G_GUINT64_FORMAT
            " of its file: %s", self->scan, self->position, text), (NULL));
  else
    GST_ELEMENT_WARNING (self, STREAM, DECODE,
        ("Dropped scan %" G_GUINT64_FORMAT ", at byte %" G_GUINT64_FORMAT
            " of its file: %s", self->scan, self->position, text), (NULL));
  g_free (text);
  forget_rows (self);
  self->scan++;
  self->file_scans++;
  self->state = GST_RC_PCD_SEEK;
  self->at_line = TRUE;
  self->discont = TRUE;
  return fatal ? GST_FLOW_ERROR : GST_FLOW_OK;
}

/* ---- sending ---- */

void
gst_rc_pcd_parse_ensure_segment (GstRcPcdParse * self)
{
  GstSegment segment;
  GstEvent *event;

  if (!self->need_segment)
    return;
  self->need_segment = FALSE;
  gst_segment_init (&segment, GST_FORMAT_TIME);
  /* who stamps the scans also says what the stamps mean */
  if (self->upstream.format == GST_FORMAT_TIME && !self->clock.times)
    segment = self->upstream;
  event = gst_event_new_segment (&segment);
  if (self->seqnum != GST_SEQNUM_INVALID)
    gst_event_set_seqnum (event, self->seqnum);
  gst_pad_push_event (self->srcpad, event);
}

static GstCaps *
make_caps (GstRcPcdParse * self, gboolean raw)
{
  GstRcCloud *cloud = g_new0 (GstRcCloud, 1);
  const PcdHeader *h = &self->header;
  GstCaps *caps;

  if (raw) {
    *cloud = self->raw;
  } else {
    cloud->point_step = h->step;
    for (guint i = 0; i < h->n_fields; i++) {
      const PcdField *f = &h->fields[i];
      GstRcField *field = &cloud->fields[cloud->n_fields];
      guint log2 = f->size == 1 ? 0 : f->size == 2 ? 1 : f->size == 4 ? 2 : 3;

      if (f->padding)
        continue;
      g_strlcpy (field->name, f->name, sizeof (field->name));
      if (f->type == 'F')
        field->type = f->size == 4 ? GST_RC_FIELD_F32 : GST_RC_FIELD_F64;
      else
        field->type = GST_RC_FIELD_I8 + 2 * log2 + (f->type == 'U');
      field->offset = f->offset;
      field->count = f->count;
      cloud->n_fields++;
    }
  }
  cloud->fps_d = 1;
  if (self->clock.times) {
    cloud->fps_n = 0;
  } else if (self->upstream.format == GST_FORMAT_TIME) {
    cloud->fps_n = self->upstream_fps_n;
    cloud->fps_d = self->upstream_fps_d;
  } else {
    cloud->fps_n = self->clock.rate_n;
    cloud->fps_d = self->clock.rate_d;
  }
  caps = gst_rc_cloud_to_caps (cloud);
  g_free (cloud);
  if (!raw && !h->identity) {
    GString *text = g_string_new (NULL);
    gchar number[G_ASCII_DTOSTR_BUF_SIZE];

    for (guint i = 0; i < 7; i++) {
      g_ascii_dtostr (number, sizeof (number), h->viewpoint[i]);
      g_string_append_printf (text, "%s%s", i ? " " : "", number);
    }
    gst_caps_set_simple (caps, "viewpoint", G_TYPE_STRING, text->str, NULL);
    g_string_free (text, TRUE);
  }
  return caps;
}

/* Stamps and pushes a scan; takes `buffer`. */
static GstFlowReturn
send_scan (GstRcPcdParse * self, GstBuffer * buffer, guint64 points,
    gboolean raw)
{
  GstClockTime pts = self->pts, duration = self->duration;
  GstCaps *caps;

  if (self->clock.times || self->upstream.format != GST_FORMAT_TIME) {
    if (!gst_rc_scan_clock_get (&self->clock, self->scan, &pts, &duration)) {
      gst_buffer_unref (buffer);
      return bad_scan (self, "%s has %u entries, none for this scan",
          self->times ? "times" : "times-file",
          self->clock.times ? self->clock.times->len : 0);
    }
  } else if (!GST_CLOCK_TIME_IS_VALID (pts)) {
    gst_buffer_unref (buffer);
    return bad_scan (self, "its buffer has no PTS, though the segment is in "
        "time; set times or times-file to stamp such scans");
  }
  caps = make_caps (self, raw);
  if (!self->caps || !gst_caps_is_equal (caps, self->caps)) {
    gst_pad_push_event (self->srcpad, gst_event_new_caps (caps));
    gst_caps_replace (&self->caps, caps);
  }
  gst_caps_unref (caps);
  gst_rc_pcd_parse_ensure_segment (self);

  buffer = gst_buffer_make_writable (buffer);
  GST_BUFFER_PTS (buffer) = pts;
  GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_DURATION (buffer) = duration;
  GST_BUFFER_OFFSET (buffer) = self->scan;
  GST_BUFFER_OFFSET_END (buffer) = self->scan + 1;
  GST_BUFFER_FLAG_UNSET (buffer, GST_BUFFER_FLAG_DISCONT);
  if (self->discont)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  self->discont = FALSE;
  self->scan++;
  self->file_scans++;
  self->state = GST_RC_PCD_START;
  GST_OBJECT_LOCK (self);
  self->frames++;
  self->points += points;
  GST_OBJECT_UNLOCK (self);
  return gst_pad_push (self->srcpad, buffer);
}

/* ---- reading ---- */

static gboolean
skip_blank (GstRcPcdParse * self)
{
  gsize avail, n;

  while ((avail = gst_adapter_available (self->adapter)) > 0) {
    gsize size = MIN (avail, 4096);
    const gchar *text = gst_adapter_map (self->adapter, size);

    for (n = 0; n < size && g_ascii_isspace (text[n]); n++);
    gst_adapter_unmap (self->adapter);
    consume (self, n);
    if (n < size)
      return TRUE;
  }
  return FALSE;
}

static void
begin_scan (GstRcPcdParse * self, GstRcPcdState state)
{
  if (!self->by_buffer)
    self->pts = gst_adapter_prev_pts (self->adapter, NULL);
  self->state = state;
}

static gboolean
read_start (GstRcPcdParse * self, gboolean end, GstFlowReturn * ret)
{
  PcdResult probe = PCD_MORE;
  gsize avail;

  if (self->file_scans > 0 && !skip_blank (self))
    return FALSE;
  avail = gst_adapter_available (self->adapter);
  if (avail == 0 && !end)
    return FALSE;
  if (self->format == GST_RC_PCD_PARSE_FORMAT_RAW) {
    begin_scan (self, GST_RC_PCD_RAW);
    return TRUE;
  }
  if (avail > 0) {
    gsize size = MIN (avail, PCD_MAX_HEADER);

    probe = pcd_probe (gst_adapter_map (self->adapter, size), size);
    gst_adapter_unmap (self->adapter);
  }
  if (probe == PCD_MORE && !end)
    return FALSE;
  if (probe == PCD_DONE) {
    begin_scan (self, GST_RC_PCD_HEADER);
  } else if (self->file_scans > 0) {
    GST_ELEMENT_WARNING (self, STREAM, DECODE,
        ("After scan %" G_GUINT64_FORMAT ", at byte %" G_GUINT64_FORMAT
            " of its file, come bytes that are no PCD header; skipping them",
            self->scan - 1, self->position), (NULL));
    self->state = GST_RC_PCD_SEEK;
    self->at_line = FALSE;
  } else if (self->format == GST_RC_PCD_PARSE_FORMAT_AUTO
      && (self->uri_raw || self->raw_described)) {
    begin_scan (self, GST_RC_PCD_RAW);
  } else if (avail == 0) {
    *ret = bad_scan (self, "the file is empty");
    return FALSE;
  } else if (self->format == GST_RC_PCD_PARSE_FORMAT_AUTO) {
    *ret = bad_scan (self, "it does not begin with a PCD header; for raw "
        "points set format=raw, with point-step and fields");
  } else {
    begin_scan (self, GST_RC_PCD_HEADER);
  }
  return TRUE;
}

static gboolean
read_header (GstRcPcdParse * self, gboolean end, GstFlowReturn * ret)
{
  PcdHeader *h = &self->header;
  gsize avail = gst_adapter_available (self->adapter), used = 0;
  gsize size = MIN (avail, PCD_MAX_HEADER);
  guint fields = 0;
  RcError error = { 0, };
  PcdResult result;

  result = pcd_header_parse (h, gst_adapter_map (self->adapter, size), size,
      end && size == avail, &used, &error);
  gst_adapter_unmap (self->adapter);
  if (result == PCD_MORE)
    return FALSE;
  if (result == PCD_BAD) {
    *ret = bad_scan (self, "%s", error.message);
    consume (self, used);
    return TRUE;
  }
  for (guint i = 0; i < h->n_fields; i++)
    fields += !h->fields[i].padding;
  if (fields > GST_RC_MAX_FIELDS) {
    *ret = bad_scan (self, "FIELDS has %u names, at most %d are supported",
        fields, GST_RC_MAX_FIELDS);
  } else if (h->points > self->max_frame_size / h->step) {
    *ret = bad_scan (self, "POINTS %" G_GUINT64_FORMAT " of %u bytes each are "
        "more than max-frame-size=%" G_GUINT64_FORMAT, h->points, h->step,
        self->max_frame_size);
  } else {
    if (!pcd_header_consistent (h))
      GST_ELEMENT_WARNING (self, STREAM, DECODE,
          ("Scan %" G_GUINT64_FORMAT ", at byte %" G_GUINT64_FORMAT
              " of its file: POINTS %" G_GUINT64_FORMAT " is not WIDTH %"
              G_GUINT64_FORMAT " * HEIGHT %" G_GUINT64_FORMAT "; reading %"
              G_GUINT64_FORMAT " points", self->scan, self->position,
              h->declared_points, h->width, h->height, h->points), (NULL));
    self->state = h->data == PCD_ASCII ? GST_RC_PCD_ASCII
        : h->data == PCD_BINARY ? GST_RC_PCD_BINARY : GST_RC_PCD_COMPRESSED;
  }
  consume (self, used);
  return TRUE;
}

/* The data of a scan is `size` bytes, which may not have come yet: TRUE when
 * they have; else FALSE, and the scan is dropped if none will come. */
static gboolean
have_data (GstRcPcdParse * self, guint64 size, gboolean end,
    GstFlowReturn * ret)
{
  gsize avail = gst_adapter_available (self->adapter);

  if (avail >= size)
    return TRUE;
  if (end) {
    *ret = bad_scan (self, "truncated: POINTS %" G_GUINT64_FORMAT " need %"
        G_GUINT64_FORMAT " bytes of data, there are %" G_GSIZE_FORMAT,
        self->header.points, size, avail);
    /* what there is may hold the header of the next one */
    self->at_line = FALSE;
  }
  return FALSE;
}

static gboolean
read_binary (GstRcPcdParse * self, gboolean end, GstFlowReturn * ret)
{
  gsize size = self->header.points * self->header.step;
  GstBuffer *buffer;

  if (!have_data (self, size, end, ret))
    return end;
  /* copied, since a header of any length leaves the points unaligned */
  buffer = size ? gst_buffer_new_allocate (NULL, size, NULL)
      : gst_buffer_new ();
  if (!buffer) {
    *ret = bad_scan (self, "no memory for %" G_GSIZE_FORMAT " bytes", size);
    return TRUE;
  }
  if (size) {
    GstMapInfo map;

    gst_buffer_map (buffer, &map, GST_MAP_WRITE);
    gst_adapter_copy (self->adapter, map.data, 0, size);
    gst_buffer_unmap (buffer, &map);
  }
  consume (self, size);
  *ret = send_scan (self, buffer, self->header.points, FALSE);
  return TRUE;
}

/* Takes the points out of `size` bytes of LZF data; NULL: `error` is set. */
static GstBuffer *
unpack (GstRcPcdParse * self, gsize size, gsize packed_size, RcError * error)
{
  const PcdHeader *h = &self->header;
  gsize out_size = h->points * h->step;
  guint8 *packed = g_try_malloc (packed_size), *out = g_try_malloc (out_size);
  const guint8 *in = gst_adapter_map (self->adapter, 8 + size);
  gboolean ok = packed && out;

  if (!ok)
    rc_error_set (error, RC_ERR_NO_MEMORY, "no memory for %zu bytes",
        packed_size + out_size);
  ok = ok && rc_lzf_decompress (in + 8, size, packed, packed_size, error);
  gst_adapter_unmap (self->adapter);
  if (ok)
    pcd_interleave (h, h->points, packed_size < out_size, packed, out);
  g_free (packed);
  if (!ok)
    g_free (out);
  return ok ? gst_buffer_new_wrapped (out, out_size) : NULL;
}

static gboolean
read_compressed (GstRcPcdParse * self, gboolean end, GstFlowReturn * ret)
{
  const PcdHeader *h = &self->header;
  gsize avail = gst_adapter_available (self->adapter);
  gsize full = h->points * h->step;
  gsize without_padding = h->points * (h->step - h->padding);
  guint8 sizes[8] = { 0, };
  guint32 size, packed_size;
  GstBuffer *buffer;
  RcError error = { 0, };

  /* some writers leave the sizes out when there are no points */
  if (h->points == 0 && end && avail < 8)
    return read_binary (self, end, ret);
  if (!have_data (self, 8, end, ret))
    return end;
  gst_adapter_copy (self->adapter, sizes, 0, 8);
  if (h->points == 0) {
    if (GST_READ_UINT64_LE (sizes) == 0)
      consume (self, 8);
    return read_binary (self, end, ret);
  }
  size = GST_READ_UINT32_LE (sizes);
  packed_size = GST_READ_UINT32_LE (sizes + 4);
  if (packed_size != full && packed_size != without_padding) {
    *ret = bad_scan (self, "uncompressed size %u is not POINTS %"
        G_GUINT64_FORMAT " * %u bytes", packed_size, h->points, h->step);
  } else if (packed_size > (guint64) size * RC_LZF_MAX_RATIO
      || size > packed_size + packed_size / 8 + 64) {
    *ret = bad_scan (self, "compressed size %u cannot hold uncompressed size "
        "%u", size, packed_size);
  } else if (!have_data (self, 8 + (guint64) size, end, ret)) {
    return end;
  } else if (!(buffer = unpack (self, size, packed_size, &error))) {
    *ret = bad_scan (self, "%s", error.message);
    consume (self, 8 + (gsize) size);
  } else {
    consume (self, 8 + (gsize) size);
    *ret = send_scan (self, buffer, h->points, FALSE);
  }
  return TRUE;
}

/* Room for one more point. */
static guint8 *
next_row (GstRcPcdParse * self)
{
  gsize step = self->header.step, size = self->rows_size + step;

  if (size > self->rows_allocated) {
    gsize full = self->header.points * step;
    gsize grown = MIN (MAX (self->rows_allocated * 2, size + 4096), full);
    guint8 *rows = g_try_realloc (self->rows, grown);

    if (!rows)
      return NULL;
    self->rows = rows;
    self->rows_allocated = grown;
  }
  return self->rows + self->rows_size;
}

/* Reads one line; FALSE when the scan cannot be gone on with. */
static gboolean
read_row (GstRcPcdParse * self, const gchar * line, gsize size,
    GstFlowReturn * ret)
{
  RcError error = { 0, };
  guint8 *row;

  while (size && g_ascii_isspace (*line)) {
    line++;
    size--;
  }
  if (size == 0 || *line == '#')
    return TRUE;
  self->rows_read++;
  row = next_row (self);
  if (!row) {
    *ret = bad_scan (self, "no memory for row %" G_GUINT64_FORMAT,
        self->rows_read);
    return FALSE;
  }
  if (pcd_row_parse (&self->header, line, size, row, &error)) {
    self->rows_size += self->header.step;
    return TRUE;
  }
  self->rows_bad++;
  GST_OBJECT_LOCK (self);
  self->bad_rows++;
  GST_OBJECT_UNLOCK (self);
  if (!self->first_bad_row)
    self->first_bad_row = g_strdup_printf ("row %" G_GUINT64_FORMAT ": %s",
        self->rows_read, error.message);
  if (self->on_error == GST_RC_PCD_PARSE_ON_ERROR_ERROR) {
    *ret = bad_scan (self, "%s", self->first_bad_row);
    return FALSE;
  }
  return TRUE;
}

static void
send_rows (GstRcPcdParse * self, GstFlowReturn * ret)
{
  guint64 points = self->rows_read - self->rows_bad;
  GstBuffer *buffer;

  if (self->rows_bad > 0 && points == 0) {
    *ret = bad_scan (self, "none of %" G_GUINT64_FORMAT " rows is good; %s",
        self->rows_bad, self->first_bad_row);
    return;
  }
  if (self->rows_bad > 0)
    GST_ELEMENT_WARNING (self, STREAM, DECODE,
        ("Scan %" G_GUINT64_FORMAT ": dropped %" G_GUINT64_FORMAT " of %"
            G_GUINT64_FORMAT " rows; the first is %s", self->scan,
            self->rows_bad, self->rows_read, self->first_bad_row), (NULL));
  buffer = gst_buffer_new ();
  if (points > 0)
    gst_buffer_append_memory (buffer, gst_memory_new_wrapped (0,
            self->rows, self->rows_allocated, 0, self->rows_size, self->rows,
            g_free));
  self->rows = points > 0 ? NULL : self->rows;
  forget_rows (self);
  *ret = send_scan (self, buffer, points, FALSE);
}

static gboolean
read_ascii (GstRcPcdParse * self, gboolean end, GstFlowReturn * ret)
{
  const PcdHeader *h = &self->header;
  gsize avail = gst_adapter_available (self->adapter), at = 0;
  gsize longest = (gsize) h->columns * 128 + 4096;
  const gchar *text = avail ? gst_adapter_map (self->adapter, avail) : NULL;
  gboolean going = TRUE, cut = FALSE;

  while (going && !cut && at < avail && self->rows_read < h->points) {
    const gchar *eol = memchr (text + at, '\n', avail - at);
    gsize next = eol ? (gsize) (eol - text) + 1 : avail;

    if (next - at > longest) {
      *ret = bad_scan (self, "row %" G_GUINT64_FORMAT " is longer than %"
          G_GSIZE_FORMAT " bytes", self->rows_read + 1, longest);
      going = FALSE;
    } else if (!eol && !end) {
      break;
    } else if (pcd_starts_header (text + at, next - at)) {
      cut = TRUE;
    } else {
      going = read_row (self, text + at, eol ? next - 1 - at : next - at, ret);
    }
    if (!cut)
      at = next;
  }
  if (text)
    gst_adapter_unmap (self->adapter);
  consume (self, at);
  if (!going)
    return TRUE;
  if (self->rows_read == h->points) {
    send_rows (self, ret);
    return TRUE;
  }
  if (!cut && !end)
    return FALSE;
  *ret = bad_scan (self, "truncated: %" G_GUINT64_FORMAT " rows where POINTS "
      "says %" G_GUINT64_FORMAT "%s", self->rows_read, h->points,
      cut ? "; a new header follows" : "");
  return TRUE;
}

static gboolean
read_raw (GstRcPcdParse * self, gboolean end, GstFlowReturn * ret)
{
  gsize avail = gst_adapter_available (self->adapter);
  guint step = self->raw.point_step;

  if (avail > self->max_frame_size)
    *ret = bad_scan (self, "the raw scan is larger than max-frame-size=%"
        G_GUINT64_FORMAT, self->max_frame_size);
  else if (!end)
    return FALSE;
  else if (avail % step)
    *ret = bad_scan (self, "its size %" G_GSIZE_FORMAT " is not a multiple of "
        "point-step=%u", avail, step);
  else {
    self->position += avail;
    *ret = send_scan (self, avail ? gst_adapter_take_buffer (self->adapter,
            avail) : gst_buffer_new (), avail / step, TRUE);
  }
  return TRUE;
}

/* Skips to the next header. */
static gboolean
read_seek (GstRcPcdParse * self, gboolean end)
{
  gsize avail = gst_adapter_available (self->adapter), at = avail, keep;

  if (avail && self->format != GST_RC_PCD_PARSE_FORMAT_RAW) {
    at = pcd_find_header (gst_adapter_map (self->adapter, avail), avail,
        self->at_line);
    gst_adapter_unmap (self->adapter);
    /* a mark may be cut: its line end and all but its last character */
    keep = end || at < avail ? 0 : MIN (avail, strlen ("\nVERSION") - 1);
    if (at < avail)
      self->state = GST_RC_PCD_START;
    at -= keep;
  }
  if (at > 0)
    self->at_line = FALSE;
  consume (self, at);
  GST_OBJECT_LOCK (self);
  self->skipped_bytes += at;
  GST_OBJECT_UNLOCK (self);
  return self->state == GST_RC_PCD_START;
}

static gboolean
read_step (GstRcPcdParse * self, gboolean end, GstFlowReturn * ret)
{
  switch (self->state) {
    case GST_RC_PCD_START:
      return read_start (self, end, ret);
    case GST_RC_PCD_HEADER:
      return read_header (self, end, ret);
    case GST_RC_PCD_ASCII:
      return read_ascii (self, end, ret);
    case GST_RC_PCD_BINARY:
      return read_binary (self, end, ret);
    case GST_RC_PCD_COMPRESSED:
      return read_compressed (self, end, ret);
    case GST_RC_PCD_RAW:
      return read_raw (self, end, ret);
    case GST_RC_PCD_SEEK:
      return read_seek (self, end);
  }
  g_return_val_if_reached (FALSE);
}

/* One buffer is one scan, so a file that is bad in whatever way never shifts
 * the times of the ones after it. */
static GstFlowReturn
read_file (GstRcPcdParse * self)
{
  guint64 bad = self->bad_frames;
  GstFlowReturn ret = GST_FLOW_OK;

  while (ret == GST_FLOW_OK && self->file_scans == 0
      && read_step (self, TRUE, &ret));
  if (ret == GST_FLOW_OK && bad == self->bad_frames && skip_blank (self)) {
    gsize rest = gst_adapter_available (self->adapter);

    GST_ELEMENT_WARNING (self, STREAM, DECODE,
        ("After scan %" G_GUINT64_FORMAT ", %" G_GSIZE_FORMAT " bytes at byte %"
            G_GUINT64_FORMAT " of its file are left over; skipping them",
            self->scan - 1, rest, self->position), (NULL));
    GST_OBJECT_LOCK (self);
    self->skipped_bytes += rest;
    GST_OBJECT_UNLOCK (self);
  }
  gst_rc_pcd_parse_reset_file (self);
  return ret;
}

/* A writer that died in the middle of binary points: the next file's header
 * must not be read as points. */
static gboolean
starts_next_file (GstRcPcdParse * self, GstBuffer * buffer)
{
  gchar start[8];
  gsize size = gst_buffer_extract (buffer, 0, start, sizeof (start));

  return (self->state == GST_RC_PCD_BINARY
      || self->state == GST_RC_PCD_COMPRESSED)
      && pcd_starts_header (start, size);
}

static void
push_bytes (GstRcPcdParse * self, GstBuffer * buffer)
{
  if (gst_buffer_get_size (buffer) > 0)
    gst_adapter_push (self->adapter, buffer);
  else
    gst_buffer_unref (buffer);
}

GstFlowReturn
gst_rc_pcd_parse_take (GstRcPcdParse * self, GstBuffer * buffer)
{
  GstFlowReturn ret = GST_FLOW_OK;

  if (self->by_buffer) {
    self->pts = GST_BUFFER_PTS (buffer);
    self->duration = GST_BUFFER_DURATION (buffer);
    push_bytes (self, buffer);
    return read_file (self);
  }
  self->duration = GST_CLOCK_TIME_NONE;
  if (starts_next_file (self, buffer)) {
    ret = bad_scan (self, "truncated: a new header follows after %"
        G_GSIZE_FORMAT " bytes of data", gst_adapter_available (self->adapter));
    gst_rc_pcd_parse_reset_file (self);
  }
  push_bytes (self, buffer);
  while (ret == GST_FLOW_OK && read_step (self, FALSE, &ret));
  return ret;
}

GstFlowReturn
gst_rc_pcd_parse_finish_file (GstRcPcdParse * self)
{
  GstFlowReturn ret = GST_FLOW_OK;

  if (!self->by_buffer && (self->position > 0
          || gst_adapter_available (self->adapter) > 0)) {
    while (ret == GST_FLOW_OK && read_step (self, TRUE, &ret));
  }
  gst_rc_pcd_parse_reset_file (self);
  return ret;
}
