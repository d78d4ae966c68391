/* SPDX-License-Identifier: Apache-2.0 */
#include "rcoutput.h"

#include <string.h>

#include "rcmeta.h"

void
gst_rc_output_clear (GstRcOutputState * out)
{
  gst_rc_tensors_clear (&out->tensors);
  gst_rc_output_clear_there (out);
  gst_rc_row_device_unref (out->device);
  g_free (out->ring);
  g_free (out->ring_state);
  g_free (out->ring_skew);
  g_free (out->ring_newest);
  memset (out, 0, sizeof (*out));
  out->first_tick = out->last_tick = RC_TIME_NONE;
}

void
gst_rc_output_set_device (GstRcOutputState * out, GstRcRowDevice * device)
{
  gst_rc_output_clear_there (out);
  gst_rc_row_device_unref (out->device);
  out->device = device ? gst_rc_row_device_ref (device) : NULL;
  for (guint i = 0; i < out->n_streams; i++)
    gst_rc_stream_set_device (out->streams[i], out->streams[i]->by_reference
        ? device : NULL);
}

void
gst_rc_output_reset (GstRcOutputState * out)
{
  out->first_tick = out->last_tick = RC_TIME_NONE;
}

/* ---- caps ---- */

/* The window becomes the outermost dimension. */
static gboolean
add_window (GstRcTensor * t, guint window)
{
  guint32 dims[GST_RC_MAX_RANK + 1];

  if (window == 1)
    return TRUE;
  memcpy (dims, t->dims, sizeof (t->dims));
  dims[t->rank] = window;
  return gst_rc_tensor_set_shape (t, t->dtype, dims, t->rank + 1);
}

static gboolean
setup_bundle (GstRcOutputState * out, GError ** error)
{
  GstRcTensors *ts = &out->tensors;
  guint n = out->config.state_tensor + out->config.skew_tensor;

  for (guint i = 0; i < out->n_streams; i++)
    n += out->streams[i]->n_parts;
  if (n > GST_RC_MAX_TENSORS)
    return gst_rc_caps_fail (error, "%u tensors do not fit in one buffer (at "
        "most %d memories): use output=concat for float vectors", n,
        GST_RC_MAX_TENSORS);
  for (guint i = 0; i < out->n_streams; i++) {
    GstRcStream *s = out->streams[i];

    for (guint p = 0; p < s->n_parts; p++) {
      GstRcTensor *t = &ts->tensors[ts->n_tensors++];

      gst_rc_tensor_copy (t, &s->parts[p]);
      if (!add_window (t, out->config.window))
        return gst_rc_caps_fail (error, "stream \"%s\" with window=%u has "
            "more than %d dimensions or is too large", s->name,
            out->config.window, GST_RC_MAX_RANK);
    }
  }
  return TRUE;
}

static gchar *
channel_name (const GstRcStream * s, const GstRcTensor * t, guint i)
{
  if (t->names && t->rank == 1)
    return g_strdup_printf ("%s.%s", s->name, t->names[i]);
  return g_strdup_printf ("%s.%u", s->name, i);
}

static gboolean
setup_concat (GstRcOutputState * out, GError ** error)
{
  GstRcTensors *ts = &out->tensors;
  GstRcTensor *t = &ts->tensors[0];
  GPtrArray *names = g_ptr_array_new ();
  GArray *marks = g_array_new (FALSE, FALSE, sizeof (RcMark));
  GString *roles = g_string_new (NULL), *methods = g_string_new (NULL);
  guint32 total = 0;
  gboolean ok = TRUE;

  ts->ranges = g_new0 (GstRcRange, out->n_streams);
  for (guint i = 0; ok && i < out->n_streams; i++) {
    GstRcStream *s = out->streams[i];
    const GstRcTensor *p = &s->parts[0];
    guint64 count = gst_rc_tensor_elements (p);

    ok = s->n_parts == 1 && rc_dtype_is_float (p->dtype)
        && p->dtype == out->streams[0]->parts[0].dtype
        && count <= (guint64) G_MAXINT32 - total;
    if (!ok) {
      gst_rc_caps_fail (error, "output=concat needs float vectors of one type; "
          "stream \"%s\" is %s where \"%s\" is %s: use output=bundle", s->name,
          s->n_parts == 1 ? rc_dtype_name (p->dtype) : "gathered or a cloud",
          out->streams[0]->name,
          rc_dtype_name (out->streams[0]->parts[0].dtype));
      break;
    }
    ts->ranges[i].stream = g_strdup (s->name);
    ts->ranges[i].offset = total;
    ts->ranges[i].count = count;
    ts->n_ranges = i + 1;
    g_string_append_printf (roles, "%s%s", i ? "," : "", p->role);
    g_string_append_printf (methods, "%s%s", i ? "," : "", p->method);
    for (guint c = 0; c < count; c++)
      g_ptr_array_add (names, channel_name (s, p, c));
    for (guint m = 0; p->rank == 1 && m < p->n_marks; m++) {
      RcMark mark = p->marks[m];

      mark.channel += total;
      mark.other += total;
      g_array_append_val (marks, mark);
    }
    total += count;
  }
  g_ptr_array_add (names, NULL);
  t->role = g_string_free (roles, FALSE);
  t->method = g_string_free (methods, FALSE);
  ts->n_tensors = 1;
  if (ok) {
    gst_rc_tensor_set_shape (t, out->streams[0]->parts[0].dtype, &total, 1);
    t->names = (gchar **) g_ptr_array_free (names, FALSE);
    t->n_marks = marks->len;
    t->marks = (RcMark *) (gpointer) g_array_free (marks, FALSE);
    return add_window (t, out->config.window);
  }
  g_strfreev ((gchar **) g_ptr_array_free (names, FALSE));
  g_array_free (marks, TRUE);
  return FALSE;
}

static void
add_info_tensor (GstRcOutputState * out, GstRcTensorKind kind, RcDType dtype)
{
  GstRcTensor *t = &out->tensors.tensors[out->tensors.n_tensors++];
  guint32 dims[2] = { out->n_streams, out->config.window };

  gst_rc_tensor_set_shape (t, dtype, dims, 2);
  t->kind = kind;
}

gboolean
gst_rc_output_setup (GstRcOutputState * out, const GstRcOutputConfig * config,
    GstRcStream ** streams, guint n_streams, GError ** error)
{
  GstRcTensors *ts = &out->tensors;
  gboolean ok;

  gst_rc_output_clear (out);
  out->config = *config;
  if (n_streams < 1 || n_streams > GST_RC_MAX_STREAMS)
    return gst_rc_caps_fail (error, "%u streams; 1 to %d can be aligned",
        n_streams, GST_RC_MAX_STREAMS);
  out->n_streams = n_streams;
  memcpy (out->streams, streams, n_streams * sizeof (*streams));
  for (guint i = 0; i < n_streams; i++) {
    for (guint j = 0; j < i; j++) {
      if (g_str_equal (streams[i]->name, streams[j]->name))
        return gst_rc_caps_fail (error, "two pads have stream-name=\"%s\"",
            streams[i]->name);
    }
  }
  ts->fps_n = config->fps_n;
  ts->fps_d = config->fps_d;
  ts->window = config->window;
  ok = config->mode == GST_RC_OUTPUT_CONCAT ? setup_concat (out, error) :
      setup_bundle (out, error);
  if (!ok)
    return FALSE;
  if (config->state_tensor)
    add_info_tensor (out, GST_RC_KIND_STATE, RC_UINT8);
  if (config->skew_tensor)
    add_info_tensor (out, GST_RC_KIND_SKEW, RC_INT64);
  ts->aligned = g_new0 (gchar *, n_streams + 1);
  for (guint i = 0; i < n_streams; i++)
    ts->aligned[i] = g_strdup (streams[i]->name);

  out->slots = (config->window - 1) * config->step + 1;
  for (guint i = 0; i < n_streams; i++) {
    for (guint p = 0; p < streams[i]->n_parts; p++)
      out->row_size += streams[i]->parts[p].size;
  }
  if (out->slots > 1) {
    gsize bytes;

    if (!g_size_checked_mul (&bytes, out->row_size, out->slots)
        || !(out->ring = g_try_malloc (bytes)))
      return gst_rc_caps_fail (error, "window=%u with step=%u of rows of %"
          G_GSIZE_FORMAT " bytes does not fit in memory", config->window,
          config->step, out->row_size);
  }
  out->ring_state = g_malloc0 ((gsize) out->slots * n_streams);
  out->ring_skew = g_new0 (gint64, (gsize) out->slots * n_streams);
  out->ring_newest = g_new0 (gint64, (gsize) out->slots * n_streams);
  return TRUE;
}

/* ---- rows ---- */

static void
render_row (GstRcOutputState * out, const RcPick * picks, guint8 * to)
{
  for (guint i = 0; i < out->n_streams; i++) {
    GstRcStream *s = out->streams[i];

    for (guint p = 0; p < s->n_parts; p++) {
      gst_rc_stream_render (s, &picks[i], p, to);
      to += s->parts[p].size;
    }
  }
}

static void
set_info (GstRcOutputState * out, guint slot, const RcPick * picks)
{
  gsize at = (gsize) slot * out->n_streams;

  for (guint i = 0; i < out->n_streams; i++, at++) {
    out->ring_state[at] = picks[i].state;
    out->ring_skew[at] = picks[i].skew;
    out->ring_newest[at] = picks[i].newest;
  }
}

static guint
slot_of (const GstRcOutputState * out, gint64 k)
{
  gint64 m = k % (gint64) out->slots;

  return m < 0 ? m + out->slots : m;
}

/* Picks of a tick at which nothing is there. */
void
gst_rc_output_missing (const GstRcOutputState * out, RcPick * picks)
{
  memset (picks, 0, out->n_streams * sizeof (*picks));
  for (guint i = 0; i < out->n_streams; i++)
    picks[i].skew = picks[i].newest = RC_TIME_NONE;
}

/* Rows of a window that lie before the first one: missing, or its copies. */
static void
fill_before_start (GstRcOutputState * out, gint64 k)
{
  RcPick picks[GST_RC_MAX_STREAMS];
  guint first = slot_of (out, k);

  gst_rc_output_missing (out, picks);
  for (guint slot = 0; slot < out->slots; slot++) {
    if (slot == first)
      continue;
    if (out->config.window_start == GST_RC_WINDOW_START_REPEAT)
      memcpy (out->ring + slot * out->row_size,
          out->ring + first * out->row_size, out->row_size);
    else
      render_row (out, picks, out->ring + slot * out->row_size);
  }
}

/* And what is known of them. */
static void
fill_info_before_start (GstRcOutputState * out, gint64 k)
{
  RcPick picks[GST_RC_MAX_STREAMS];
  const guint first = slot_of (out, k);
  const gsize n = out->n_streams;

  gst_rc_output_missing (out, picks);
  for (guint slot = 0; slot < out->slots; slot++) {
    if (slot == first)
      continue;
    set_info (out, slot, picks);
    if (out->config.window_start != GST_RC_WINDOW_START_REPEAT)
      continue;
    memcpy (out->ring_state + slot * n, out->ring_state + first * n, n);
    memcpy (out->ring_skew + slot * n, out->ring_skew + first * n,
        n * sizeof (gint64));
    memcpy (out->ring_newest + slot * n, out->ring_newest + first * n,
        n * sizeof (gint64));
  }
}

/* Written by the host; where the caps say so on the device, if that has the memory. */
static GstMemory *
new_memory (GstRcOutputState * out, GstBuffer * buffer, gsize size,
    GstMapInfo * map)
{
  GstMemory *memory = NULL;

  if (out->on_device && out->device && out->device->stream)
    memory = gst_rc_cuda_memory_new (out->device->allocator, size, NULL);
  if (!memory)
    memory = gst_allocator_alloc (NULL, size, NULL);
  gst_memory_map (memory, map, GST_MAP_WRITE);
  gst_buffer_append_memory (buffer, memory);
  return memory;
}

static void
append_bytes (GstRcOutputState * out, GstBuffer * buffer, gconstpointer data,
    gsize size)
{
  GstMapInfo map;
  GstMemory *memory = new_memory (out, buffer, size, &map);

  memcpy (map.data, data, size);
  gst_memory_unmap (memory, &map);
}

/* window = 1: rows go straight into the output's memories, large copies by
 * reference. */
static GstBuffer *
single_row (GstRcOutputState * out, const RcPick * picks)
{
  GstBuffer *buffer = gst_buffer_new ();
  GstMapInfo map;
  GstMemory *memory;

  if (out->config.mode == GST_RC_OUTPUT_CONCAT) {
    memory = new_memory (out, buffer, out->row_size, &map);
    render_row (out, picks, map.data);
    gst_memory_unmap (memory, &map);
    return buffer;
  }
  for (guint i = 0; i < out->n_streams; i++) {
    GstRcStream *s = out->streams[i];

    for (guint p = 0; p < s->n_parts; p++) {
      GstBuffer *parent;

      memory = p == 0 ? gst_rc_stream_reference (s, &picks[i], &parent) : NULL;
      if (memory) {
        gst_buffer_append_memory (buffer, memory);
        /* a memory taken without its buffer would go back to its pool */
        gst_buffer_add_parent_buffer_meta (buffer, parent);
        continue;
      }
      memory = new_memory (out, buffer, s->parts[p].size, &map);
      gst_rc_stream_render (s, &picks[i], p, map.data);
      gst_memory_unmap (memory, &map);
    }
  }
  return buffer;
}

static void
append_window (GstRcOutputState * out, GstBuffer * buffer, const guint * slots,
    gsize offset, gsize size)
{
  GstMapInfo map;
  GstMemory *memory = new_memory (out, buffer, size * out->config.window, &map);

  for (guint r = 0; r < out->config.window; r++)
    memcpy (map.data + r * size,
        out->ring + slots[r] * out->row_size + offset, size);
  gst_memory_unmap (memory, &map);
}

static GstBuffer *
window_rows (GstRcOutputState * out, const guint * slots)
{
  GstBuffer *buffer = gst_buffer_new ();
  gsize offset = 0;

  if (out->config.mode == GST_RC_OUTPUT_CONCAT) {
    append_window (out, buffer, slots, 0, out->row_size);
    return buffer;
  }
  for (guint i = 0; i < out->n_streams; i++) {
    for (guint p = 0; p < out->streams[i]->n_parts; p++) {
      gsize size = out->streams[i]->parts[p].size;

      append_window (out, buffer, slots, offset, size);
      offset += size;
    }
  }
  return buffer;
}

/* Rows made on the host. */
static RcStatus
add_row_here (GstRcOutputState * out, gint64 k, const RcPick * picks,
    const guint * slots, GstBuffer ** buffer, RcError * error)
{
  const guint slot = slot_of (out, k);

  for (guint i = 0; i < out->n_streams; i++) {
    if (!gst_rc_stream_map_rows (out->streams[i], &picks[i]))
      return rc_error_set (error, RC_ERR_CUDA, "stream \"%s\": samples in CUDA "
          "memory cannot be read", out->streams[i]->name);
  }
  if (out->ring) {
    render_row (out, picks, out->ring + slot * out->row_size);
    if (out->first_tick == RC_TIME_NONE)
      fill_before_start (out, k);
  }
  if (buffer)
    *buffer = slots ? window_rows (out, slots) : single_row (out, picks);
  return RC_OK;
}

RcStatus
gst_rc_output_add_row (GstRcOutputState * out, gint64 k, const RcPick * picks,
    guint32 deadlines, gboolean emit, GstBuffer ** buffer, RcError * error)
{
  const guint window = out->config.window, n = out->n_streams;
  const gboolean is_first = out->first_tick == RC_TIME_NONE;
  gsize info_size = (gsize) window * n;
  guint *slots = NULL;
  guint8 *state = out->ring_state;
  gint64 *skew = out->ring_skew, *newest = out->ring_newest;
  RcStatus status;

  *buffer = NULL;
  set_info (out, slot_of (out, k), picks);
  if (window > 1) {
    slots = g_new (guint, window);
    for (guint r = 0; r < window; r++)
      slots[r] =
          slot_of (out, k - (gint64) (window - 1 - r) * out->config.step);
  }
  status = out->device ? gst_rc_output_add_row_there (out, slot_of (out, k),
      is_first, picks, slots, emit ? buffer : NULL, error)
      : add_row_here (out, k, picks, slots, emit ? buffer : NULL, error);
  if (status != RC_OK) {
    g_free (slots);
    return status;
  }
  if (is_first) {
    fill_info_before_start (out, k);
    out->first_tick = k;
  }
  out->last_tick = k;
  if (!emit) {
    g_free (slots);
    return RC_OK;
  }
  if (slots) {
    state = g_malloc (info_size);
    skew = g_new (gint64, info_size);
    newest = g_new (gint64, info_size);
    for (guint r = 0; r < window; r++) {
      memcpy (state + r * n, out->ring_state + slots[r] * n, n);
      memcpy (skew + r * n, out->ring_skew + slots[r] * n, n * sizeof (gint64));
      memcpy (newest + r * n, out->ring_newest + slots[r] * n,
          n * sizeof (gint64));
    }
  }
  if (out->config.state_tensor)
    append_bytes (out, *buffer, state, info_size);
  if (out->config.skew_tensor)
    append_bytes (out, *buffer, skew, info_size * sizeof (gint64));
  gst_rc_provenance_add (*buffer, k, n, window, state, skew, newest, deadlines);
  if (slots) {
    g_free (slots);
    g_free (state);
    g_free (skew);
    g_free (newest);
  }
  return RC_OK;
}
