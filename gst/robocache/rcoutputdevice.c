/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that are made on a device: one launch for all parts of all streams. What the
 * host has to make (counts, times, and the values of small streams in its memory)
 * is uploaded as one block and copied to its places by the same launch. */
#include "rcoutput.h"

#include <string.h>

/* Copies that fit into one launch without memory of its own. */
#define COPIES 24
#define MAX_PARTS (GST_RC_MAX_STREAMS * GST_RC_STREAM_MAX_PARTS)

/* A row while it is made. */
typedef struct
{
  GstRcOutputState *out;
  RcCuda *cuda;
  GstRcCudaStream *stream;
  guint n;                      /* parts */
  guint8 *places[MAX_PARTS];    /* NULL: it goes by reference */
  GstMemory *memories[MAX_PARTS];       /* those that are being written; borrowed */
  guint n_memories;
  GstMemory *stage;             /* what the host made, */
  guint8 *stage_at;             /* there */
} Making;

static gsize
aligned (gsize size)
{
  return (size + 15) / 16 * 16;
}

/* The host makes it, wherever it goes. */
static gboolean
is_hosts (const GstRcStream * s, guint part)
{
  return part > 0 || !s->device;
}

/* From a part of the window's rows to the next one: rows of output=concat are dense. */
static gsize
step_of (const GstRcOutputState * out, const GstRcTensor * part)
{
  return out->config.mode == GST_RC_OUTPUT_CONCAT ? part->size :
      aligned (part->size);
}

static gsize
row_size (const GstRcOutputState * out)
{
  gsize size = 0;

  for (guint i = 0; i < out->n_streams; i++) {
    for (guint p = 0; p < out->streams[i]->n_parts; p++)
      size += step_of (out, &out->streams[i]->parts[p]);
  }
  return aligned (size);
}

void
gst_rc_output_clear_there (GstRcOutputState * out)
{
  if (out->there.ring)
    gst_rc_row_device_drop (out->device, out->there.ring, GST_MAP_WRITE, NULL);
  out->there = (GstRcOutputThere) {
  .row_size = 0};
}

/* The window's rows, which the host packs closer. */
static void
read_ring (GstRcOutputState * out, const guint8 * ring)
{
  for (guint slot = 0; slot < out->slots; slot++) {
    const guint8 *from = ring + slot * out->there.row_size;
    guint8 *to = out->ring + slot * out->row_size;

    for (guint i = 0; i < out->n_streams; i++) {
      for (guint p = 0; p < out->streams[i]->n_parts; p++) {
        const GstRcTensor *part = &out->streams[i]->parts[p];

        memcpy (to, from, part->size);
        to += part->size;
        from += step_of (out, part);
      }
    }
  }
}

gboolean
gst_rc_output_take_back (GstRcOutputState * out)
{
  GstMemory *ring = out->there.ring;
  gboolean ok = TRUE;
  GstMapInfo map;

  /* before the first row nothing is in it */
  if (ring && out->first_tick != RC_TIME_NONE) {
    ok = gst_rc_row_device_read (out->device, ring, &map);
    if (ok) {
      read_ring (out, map.data);
      gst_memory_unmap (ring, &map);
    }
  }
  gst_rc_output_set_device (out, NULL);
  return ok;
}

static RcStatus
make_ring (GstRcOutputState * out, RcError * error)
{
  GstRcOutputThere *there = &out->there;
  gpointer at;
  gsize bytes;
  RcStatus status;

  there->row_size = row_size (out);
  if (!g_size_checked_mul (&bytes, there->row_size, out->slots))
    return rc_error_set (error, RC_ERR_OVERFLOW, "a window of %u rows of %"
        G_GSIZE_FORMAT " bytes", out->slots, there->row_size);
  there->ring = gst_rc_cuda_memory_new (out->device->allocator, bytes, error);
  if (!there->ring)
    return RC_ERR_NO_MEMORY;
  status = gst_rc_cuda_memory_acquire (there->ring, GST_MAP_WRITE,
      out->device->stream, &at, error);
  there->ring_at = at;
  if (status != RC_OK)
    g_clear_pointer (&there->ring, gst_memory_unref);
  return status;
}

/* ---- where the parts go ---- */

/* A memory of the buffer that this row is written to. */
static RcStatus
append_memory (Making * m, GstBuffer * buffer, gsize size, guint8 ** place,
    RcError * error)
{
  GstMemory *memory = gst_rc_cuda_memory_new (m->out->device->allocator, size,
      error);
  gpointer at;
  RcStatus status;

  if (!memory)
    return RC_ERR_NO_MEMORY;
  gst_buffer_append_memory (buffer, memory);
  status = gst_rc_cuda_memory_acquire (memory, GST_MAP_WRITE, m->stream, &at,
      error);
  if (status == RC_OK)
    m->memories[m->n_memories++] = memory;
  *place = at;
  return status;
}

static RcStatus
place_in_buffer (Making * m, const RcPick * picks, GstBuffer * buffer,
    RcError * error)
{
  GstRcOutputState *out = m->out;
  const gboolean concat = out->config.mode == GST_RC_OUTPUT_CONCAT;
  RcStatus status = RC_OK;
  guint8 *row = NULL;

  if (concat)
    status = append_memory (m, buffer, out->row_size, &row, error);
  for (guint i = 0; i < out->n_streams; i++) {
    GstRcStream *s = out->streams[i];

    for (guint p = 0; p < s->n_parts && status == RC_OK; p++) {
      GstMemory *memory = NULL;
      GstBuffer *parent;

      if (concat) {
        m->places[m->n++] = row;
        row += s->parts[p].size;
        continue;
      }
      if (!is_hosts (s, p))
        memory = gst_rc_stream_reference (s, &picks[i], &parent);
      if (memory) {
        gst_buffer_append_memory (buffer, memory);
        gst_buffer_add_parent_buffer_meta (buffer, parent);
        m->places[m->n++] = NULL;
      } else {
        status = append_memory (m, buffer, s->parts[p].size,
            &m->places[m->n++], error);
      }
    }
  }
  return status;
}

static void
place_in_slot (Making * m, guint slot)
{
  GstRcOutputState *out = m->out;
  guint8 *row = out->there.ring_at + slot * out->there.row_size;

  m->n = 0;
  for (guint i = 0; i < out->n_streams; i++) {
    for (guint p = 0; p < out->streams[i]->n_parts; p++) {
      m->places[m->n++] = row;
      row += step_of (out, &out->streams[i]->parts[p]);
    }
  }
}

/* ---- what goes there ---- */

/* Of a row before this one. */
static RcStatus
end_stage (Making * m, RcError * error)
{
  GstMemory *stage = g_steal_pointer (&m->stage);

  return gst_rc_row_device_drop (m->out->device, stage, GST_MAP_READ, error);
}

/* The hosts' parts, in one block. */
static RcStatus
stage (Making * m, const RcPick * picks, RcError * error)
{
  GstRcOutputState *out = m->out;
  gsize size = 0;
  gpointer at;
  GstMapInfo map;
  guint8 *to;
  RcStatus status;

  for (guint i = 0; i < out->n_streams; i++) {
    for (guint p = 0; p < out->streams[i]->n_parts; p++)
      size += is_hosts (out->streams[i], p)
          ? aligned (out->streams[i]->parts[p].size) : 0;
  }
  if (size == 0)
    return RC_OK;
  if (m->stage && (status = end_stage (m, error)) != RC_OK)
    return status;
  m->stage = gst_rc_cuda_memory_new (out->device->allocator, size, error);
  if (!m->stage)
    return RC_ERR_NO_MEMORY;
  if (!gst_memory_map (m->stage, &map, GST_MAP_WRITE))
    return rc_error_set (error, RC_ERR_NO_MEMORY, "no host memory of %"
        G_GSIZE_FORMAT " bytes", size);
  to = map.data;
  for (guint i = 0; i < out->n_streams; i++) {
    GstRcStream *s = out->streams[i];

    for (guint p = 0; p < s->n_parts; p++) {
      if (!is_hosts (s, p))
        continue;
      gst_rc_stream_render (s, &picks[i], p, to);
      to += aligned (s->parts[p].size);
    }
  }
  gst_memory_unmap (m->stage, &map);
  status = gst_rc_cuda_memory_acquire (m->stage, GST_MAP_READ, m->stream, &at,
      error);
  m->stage_at = at;
  return status;
}

static RcStatus
make_row (Making * m, const RcPick * picks, RcError * error)
{
  GstRcOutputState *out = m->out;
  RcCudaRow rows[MAX_PARTS];
  const void *from[MAX_PARTS];
  guint8 *staged;
  guint n = 0, part = 0;
  RcStatus status = stage (m, picks, error);

  staged = m->stage_at;
  for (guint i = 0; i < out->n_streams; i++) {
    GstRcStream *s = out->streams[i];

    for (guint p = 0; p < s->n_parts && status == RC_OK; p++, part++) {
      const gsize size = s->parts[p].size;

      if (!m->places[part])
        continue;
      if (!is_hosts (s, p)) {
        status = gst_rc_stream_render_there (s, &picks[i], m->places[part],
            &rows[n++], error);
        continue;
      }
      from[n] = staged;
      rows[n] = (RcCudaRow) {
      .rows = &from[n],.out = m->places[part],.bytes = size};
      n++;
      staged += aligned (size);
    }
  }
  if (status != RC_OK)
    return status;
  gst_rc_row_device_queued (out->device);
  return rc_cuda_apply (m->cuda, m->stream->handle, rows, (gint32) n, error);
}

/* ---- windows ---- */

/* Copies from `from[]` to `to[]`. */
static RcStatus
copy_rows (Making * m, guint8 * const *from, guint8 * const *to, guint n,
    gsize size, RcError * error)
{
  RcCudaRow rows[COPIES];
  const void *sources[COPIES];
  RcStatus status = RC_OK;

  for (guint start = 0; start < n && status == RC_OK; start += COPIES) {
    const guint part = MIN (COPIES, n - start);

    for (guint i = 0; i < part; i++) {
      sources[i] = from[start + i];
      rows[i] = (RcCudaRow) {
      .rows = &sources[i],.out = to[start + i],.bytes = size};
    }
    gst_rc_row_device_queued (m->out->device);
    status = rc_cuda_apply (m->cuda, m->stream->handle, rows, (gint32) part,
        error);
  }
  return status;
}

/* The rows before the first one: missing, or its copies. */
static RcStatus
fill_before_start (Making * m, guint first, RcError * error)
{
  GstRcOutputState *out = m->out;
  RcPick picks[GST_RC_MAX_STREAMS];
  guint8 **from = g_new (guint8 *, out->slots), **to =
      g_new (guint8 *, out->slots);
  guint source = first, n = 0;
  RcStatus status = RC_OK;

  if (out->config.window_start != GST_RC_WINDOW_START_REPEAT) {
    source = first == 0 ? 1 : 0;
    gst_rc_output_missing (out, picks);
    place_in_slot (m, source);
    status = make_row (m, picks, error);
  }
  for (guint slot = 0; slot < out->slots; slot++) {
    if (slot == first || slot == source)
      continue;
    from[n] = out->there.ring_at + source * out->there.row_size;
    to[n++] = out->there.ring_at + slot * out->there.row_size;
  }
  if (status == RC_OK)
    status = copy_rows (m, from, to, n, out->there.row_size, error);
  g_free (from);
  g_free (to);
  return status;
}

/* `size` bytes of each row, from `offset` on, one after the other. */
static RcStatus
append_window (Making * m, GstBuffer * buffer, const guint * slots,
    gsize offset, gsize size, RcError * error)
{
  GstRcOutputState *out = m->out;
  const guint window = out->config.window;
  guint8 **from, **to, *place;
  RcStatus status = append_memory (m, buffer, size * window, &place, error);

  if (status != RC_OK)
    return status;
  from = g_new (guint8 *, window);
  to = g_new (guint8 *, window);
  for (guint r = 0; r < window; r++) {
    from[r] = out->there.ring_at + slots[r] * out->there.row_size + offset;
    to[r] = place + r * size;
  }
  status = copy_rows (m, from, to, window, size, error);
  g_free (from);
  g_free (to);
  return status;
}

static RcStatus
append_windows (Making * m, GstBuffer * buffer, const guint * slots,
    RcError * error)
{
  GstRcOutputState *out = m->out;
  gsize offset = 0;
  RcStatus status = RC_OK;

  if (out->config.mode == GST_RC_OUTPUT_CONCAT)
    return append_window (m, buffer, slots, 0, out->row_size, error);
  for (guint i = 0; i < out->n_streams; i++) {
    for (guint p = 0; p < out->streams[i]->n_parts && status == RC_OK; p++) {
      const gsize size = out->streams[i]->parts[p].size;

      status = append_window (m, buffer, slots, offset, size, error);
      offset += aligned (size);
    }
  }
  return status;
}

/* ---- a row ---- */

/* What was written is there for others; where they expect it on the host, on its way
 * to it. */
static RcStatus
finish (Making * m, GstBuffer * buffer, RcError * error)
{
  GstRcCudaMark *mark = gst_rc_row_device_mark (m->out->device, error);
  RcStatus status = RC_OK;

  if (!mark)
    return RC_ERR_CUDA;
  if (m->stage)
    gst_rc_cuda_memory_release (m->stage, GST_MAP_READ, mark);
  for (guint i = 0; i < m->n_memories; i++)
    gst_rc_cuda_memory_release (m->memories[i], GST_MAP_WRITE, mark);
  for (guint i = 0; buffer && !m->out->on_device && status == RC_OK
      && i < gst_buffer_n_memory (buffer); i++)
    status = gst_rc_cuda_memory_download (gst_buffer_peek_memory (buffer, i),
        error);
  return status;
}

/* That of the data, where some lies on one. */
static RcStatus
open_device (GstRcOutputState * out, RcError * error)
{
  GstMemory *memory = NULL;

  for (guint i = 0; i < out->n_streams && !memory && !out->device->stream; i++) {
    if (out->streams[i]->cuda_caps)
      memory = gst_rc_stream_some_memory (out->streams[i]);
  }
  return gst_rc_row_device_open (out->device, memory, error);
}

RcStatus
gst_rc_output_add_row_there (GstRcOutputState * out, guint slot,
    gboolean is_first, const RcPick * picks, const guint * slots,
    GstBuffer ** buffer, RcError * error)
{
  const gboolean windows = out->slots > 1;
  GstBuffer *made = buffer ? gst_buffer_new () : NULL;
  Making m = {.out = out };
  RcStatus status = open_device (out, error);

  if (status == RC_OK) {
    m.cuda = gst_rc_cuda_allocator_cuda (out->device->allocator);
    m.stream = out->device->stream;
    if (windows && !out->there.ring)
      status = make_ring (out, error);
  }
  if (status == RC_OK && windows)
    place_in_slot (&m, slot);
  else if (status == RC_OK && made)
    status = place_in_buffer (&m, picks, made, error);
  if (status == RC_OK && (windows || made))
    status = make_row (&m, picks, error);
  if (status == RC_OK && windows && is_first)
    status = fill_before_start (&m, slot, error);
  if (status == RC_OK && windows && made)
    status = append_windows (&m, made, slots, error);
  if (status == RC_OK)
    status = finish (&m, made, error);
  else if (m.stage)
    end_stage (&m, NULL);
  if (m.stage)
    gst_memory_unref (m.stage);
  if (status != RC_OK) {
    if (made)
      gst_buffer_unref (made);
    return status;
  }
  if (buffer)
    *buffer = made;
  return RC_OK;
}
