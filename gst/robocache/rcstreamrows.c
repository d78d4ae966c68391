/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a stream's history, wherever they lie, and what ticks make of them. */
#include "rcstream.h"

#include <string.h>

/* ---- one row ---- */

void
gst_rc_stream_clear_row (GstRcStream * s, gsize index)
{
  GstRcRow *row = &s->rows[s->head + index];

  if (row->mapped)
    gst_buffer_unmap (row->buffer, &row->map);
  gst_rc_stream_free_row_there (s, row);
  if (row->buffer)
    gst_buffer_unref (row->buffer);
  memset (row, 0, sizeof (*row));
}

/* Makes the host see a row that is a buffer. */
static gboolean
map_row (GstRcRow * row)
{
  if (!row->mapped && row->size > 0)
    row->mapped = gst_buffer_map (row->buffer, &row->map, GST_MAP_READ);
  return row->mapped || row->size == 0;
}

/* Makes the device see it. */
RcStatus
gst_rc_stream_place_row (GstRcStream * s, GstRcRow * row, RcError * error)
{
  gpointer at;
  RcStatus status;

  if (row->there || row->size == 0)
    return RC_OK;
  status = gst_rc_row_device_open (s->device, gst_buffer_peek_memory
      (row->buffer, 0), error);
  if (status != RC_OK)
    return status;
  if (!row->memory)
    row->memory =
        gst_rc_cuda_memory_take (s->device->allocator, row->buffer, row->offset,
        row->size,
        s->kind == GST_RC_STREAM_CLOUD ? 1 : rc_dtype_size (s->input.dtype),
        error);
  if (!row->memory)
    return RC_ERR_NO_MEMORY;
  status = gst_rc_cuda_memory_acquire (row->memory, GST_MAP_READ,
      s->device->stream, &at, error);
  if (status == RC_OK)
    row->there = at;
  return status;
}

GstMemory *
gst_rc_stream_some_memory (GstRcStream * s)
{
  const GstRcRow *row = s->by_reference && s->n > 0
      ? &s->rows[s->head + s->n - 1] : NULL;

  return row && row->size > 0 ? gst_buffer_peek_memory (row->buffer, 0) : NULL;
}

void
gst_rc_stream_add_row (GstRcStream * s, GstBuffer * buffer, gsize offset,
    gsize size)
{
  GstRcRow *row = &s->rows[s->head + s->n++];
  GstMemory *memory = size > 0 ? gst_buffer_peek_memory (buffer, 0) : NULL;
  RcError error;

  row->buffer = gst_buffer_ref (buffer);
  row->offset = offset;
  row->size = size;
  /* on its way to where ticks will need it; what fails now is tried again then. (The
   * device is not opened here: that may ask the application, which must not be with the
   * base class's lock, as here in get_next_time ().) */
  if (s->device) {
    if (s->device->stream)
      gst_rc_stream_place_row (s, row, &error);
  } else if (memory && gst_is_rc_cuda_memory (memory)) {
    gst_rc_cuda_memory_download (memory, &error);
  } else if (!map_row (row)) {
    row->size = 0;
  }
}

static const guint8 *
row_data (const GstRcStream * s, gsize index)
{
  const GstRcRow *row;

  if (!s->by_reference)
    return s->data + (s->head + index) * s->input.size;
  row = &s->rows[s->head + index];
  return row->map.data + row->offset;
}

/* ---- signs of quaternions ---- */

void
gst_rc_stream_sign_rows (GstRcStream * s)
{
  guint8 *signs = s->signs + s->head * s->n_quats;
  RcError error;

  if (s->device) {
    gst_rc_stream_sign_there (s, &error);
    return;
  }
  if (s->n_quats == 0)
    return;
  for (gsize i = MAX (s->signed_to, s->forgotten) - s->forgotten; i < s->n; i++) {
    const gboolean after = i > 0;

    if (s->by_reference && (!map_row (&s->rows[s->head + i]) || (after
                && !map_row (&s->rows[s->head + i - 1]))))
      break;
    rc_sampler_signs (s->sampler, after ? row_data (s, i - 1) : NULL,
        after ? signs + (i - 1) * s->n_quats : NULL, row_data (s, i),
        signs + i * s->n_quats);
    s->signed_to = s->forgotten + i + 1;
  }
}

/* ---- on the host ---- */

gboolean
gst_rc_stream_map_rows (GstRcStream * s, const RcPick * pick)
{
  gboolean ok = TRUE;

  for (gint64 i = 0; s->by_reference && i < pick->count; i++)
    ok &= map_row (&s->rows[s->head + pick->first + i]);
  if (s->by_reference && s->n_quats > 0 && pick->count > 0) {
    gst_rc_stream_sign_rows (s);
    ok &= !s->device && s->signed_to >= s->forgotten + pick->first
        + pick->count;
  }
  return ok;
}

static void
render_cloud (GstRcStream * s, const RcPick * pick, guint8 * out)
{
  gsize capacity = s->parts[0].size, n = 0;

  if (pick->count > 0) {
    const GstRcRow *row = &s->rows[s->head + pick->first];

    n = MIN (row->size, capacity);
    if (n)
      memcpy (out, row->map.data + row->offset, n);
    s->stats.overflow += (row->size - n) / s->cloud.point_step;
  }
  memset (out + n, 0, capacity - n);
}

static void
render_value (GstRcStream * s, const RcPick * pick, guint8 * out)
{
  const void *stack_rows[64];
  const guint8 *stack_signs[64];
  const void **rows = stack_rows;
  const guint8 **signs = stack_signs;
  gint64 n = pick->count;

  if (n > (gint64) G_N_ELEMENTS (stack_rows)) {
    rows = g_new (const void *, n);
    signs = g_new (const guint8 *, n);
  }
  gst_rc_stream_sign_rows (s);
  for (gint64 i = 0; i < n; i++) {
    rows[i] = row_data (s, pick->first + i);
    if (s->n_quats)
      signs[i] = s->signs + (s->head + pick->first + i) * s->n_quats;
  }
  rc_apply (s->picked ? s->picked : s->sampler, pick, rows,
      n ? s->times + s->head + pick->first : NULL, s->n_quats ? signs : NULL,
      out);
  if (rows != stack_rows) {
    g_free (rows);
    g_free (signs);
  }
}

void
gst_rc_stream_render (GstRcStream * s, const RcPick * pick, guint part,
    guint8 * out)
{
  const GstRcTensor *t = &s->parts[part];

  switch (t->kind) {
    case GST_RC_KIND_COUNT:
    {
      gint32 count = pick->count;

      if (s->kind == GST_RC_STREAM_CLOUD && pick->count > 0)
        count = MIN (s->rows[s->head + pick->first].size / s->cloud.point_step,
            s->config.max_points);
      memcpy (out, &count, sizeof (count));
      break;
    }
    case GST_RC_KIND_TIMES:
      for (guint i = 0; i < t->dims[0]; i++) {
        gint64 time = i < pick->count ?
            s->times[s->head + pick->first + i] : RC_TIME_NONE;

        memcpy (out + i * sizeof (time), &time, sizeof (time));
      }
      break;
    default:
      if (s->kind == GST_RC_STREAM_CLOUD)
        render_cloud (s, pick, out);
      else
        render_value (s, pick, out);
      break;
  }
}

GstMemory *
gst_rc_stream_reference (GstRcStream * s, const RcPick * pick,
    GstBuffer ** parent)
{
  GstRcRow *row;
  GstMemory *memory;
  RcError error;

  if (!s->by_reference || s->kind == GST_RC_STREAM_CLOUD || !s->sampler
      || pick->count != 1 || !rc_pick_is_copy (s->sampler, pick))
    return NULL;
  row = &s->rows[s->head + pick->first];
  if (s->device) {
    if (gst_rc_stream_place_row (s, row, &error) != RC_OK)
      return NULL;
    memory = row->memory;
  } else {
    if (gst_buffer_n_memory (row->buffer) != 1)
      return NULL;
    memory = gst_buffer_peek_memory (row->buffer, 0);
  }
  if (!memory || memory->size != s->parts[0].size)
    return NULL;
  *parent = row->buffer;
  return gst_memory_ref (memory);
}

GstBuffer *
gst_rc_stream_newest_used (GstRcStream * s, const RcPick * pick)
{
  const gsize index = pick->first + pick->count - 1;
  GstBuffer *buffer;

  if (s->by_reference)
    return gst_buffer_ref (s->rows[s->head + index].buffer);
  buffer = gst_buffer_new_memdup (row_data (s, index), s->input.size);
  /* its time, before the pad's offset */
  if (s->times[s->head + index] >= s->config.offset)
    GST_BUFFER_PTS (buffer) = s->times[s->head + index] - s->config.offset;
  return buffer;
}
