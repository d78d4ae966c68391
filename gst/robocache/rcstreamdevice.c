/* SPDX-License-Identifier: Apache-2.0 */
/* A stream whose values are made on a device: its rows lie there, as do the signs of
 * their quaternions; which rows a tick takes is decided on the host as ever. */
#include "rcstream.h"

#include <string.h>

static RcCuda *
cuda_of (const GstRcStream * s)
{
  return gst_rc_cuda_allocator_cuda (s->device->allocator);
}

void
gst_rc_stream_free_row_there (GstRcStream * s, GstRcRow * row)
{
  if (row->there)
    gst_rc_row_device_drop (s->device, row->memory, GST_MAP_READ, NULL);
  else if (row->memory)
    gst_memory_unref (row->memory);
  row->there = NULL;
  row->memory = NULL;
}

void
gst_rc_stream_free_samplers_there (GstRcStream * s)
{
  for (guint i = 0; i < G_N_ELEMENTS (s->samplers_there); i++)
    g_clear_pointer (&s->samplers_there[i], rc_cuda_sampler_free);
}

void
gst_rc_stream_free_there (GstRcStream * s)
{
  if (s->signs_memory)
    gst_rc_row_device_drop (s->device, s->signs_memory, GST_MAP_WRITE, NULL);
  s->signs_memory = NULL;
  s->signs_there = NULL;
  s->signs_slots = 0;
  g_clear_pointer (&s->row_list, g_free);
  g_clear_pointer (&s->sign_list, g_free);
  s->list_size = 0;
}

/* Signs of a row, counted from the first ever; `base` is of those in turn. */
static guint8 *
signs_at (const GstRcStream * s, guint8 * base, guint64 row)
{
  return base + row % s->signs_slots * (gsize) s->n_quats;
}

static gboolean
take_signs_back (GstRcStream * s)
{
  GstMapInfo map;

  if (!s->signs_memory
      || !gst_rc_row_device_read (s->device, s->signs_memory, &map))
    return FALSE;
  for (gsize i = 0; i < s->n; i++)
    memcpy (s->signs + (s->head + i) * s->n_quats, signs_at (s, map.data,
            s->forgotten + i), s->n_quats);
  gst_memory_unmap (s->signs_memory, &map);
  return TRUE;
}

void
gst_rc_stream_set_device (GstRcStream * s, GstRcRowDevice * device)
{
  if (s->device == device)
    return;
  for (gsize i = 0; s->device && s->by_reference && i < s->n; i++)
    gst_rc_stream_free_row_there (s, &s->rows[s->head + i]);
  /* where the other side has no signs, they begin anew with the oldest row */
  if (device || !take_signs_back (s))
    s->signed_to = 0;
  gst_rc_stream_free_there (s);
  gst_rc_stream_free_samplers_there (s);
  gst_rc_row_device_unref (s->device);
  s->device = device ? gst_rc_row_device_ref (device) : NULL;
}

/* The device's copy of one of the stream's samplers. */
static const RcCudaSampler *
sampler_there (GstRcStream * s, const RcSampler * sampler, RcError * error)
{
  const RcSampler *all[] = { s->sampler, s->late, s->longer, s->longer_late };
  guint i = 0;

  while (all[i] != sampler)
    i++;
  if (!s->samplers_there[i])
    s->samplers_there[i] = rc_cuda_sampler_new (cuda_of (s), sampler, error);
  return s->samplers_there[i];
}

static void
reserve_lists (GstRcStream * s, gsize n)
{
  if (n <= s->list_size)
    return;
  s->list_size = MAX (n, 2 * s->list_size);
  s->row_list = g_renew (const void *, s->row_list, s->list_size);
  s->sign_list = g_renew (guint8 *, s->sign_list, s->list_size);
}

/* Room for the signs of all rows; those that are known move there. */
static RcStatus
reserve_signs (GstRcStream * s, RcError * error)
{
  const gsize slots = MAX (64, 2 * s->n), bytes = (gsize) s->n_quats;
  const guint64 known = MAX (s->signed_to, s->forgotten) - s->forgotten;
  GstRcStream old = *s;
  GstMemory *memory;
  RcCudaRow *rows;
  const void **from;
  gpointer there;
  RcStatus status;

  if (s->n <= s->signs_slots)
    return RC_OK;
  memory = gst_rc_cuda_memory_new (s->device->allocator, slots * bytes, error);
  if (!memory)
    return RC_ERR_NO_MEMORY;
  status = gst_rc_cuda_memory_acquire (memory, GST_MAP_WRITE, s->device->stream,
      &there, error);
  if (status != RC_OK) {
    gst_memory_unref (memory);
    return status;
  }
  s->signs_there = there;
  s->signs_slots = slots;
  rows = g_new0 (RcCudaRow, known + 1);
  from = g_new (const void *, known + 1);
  for (guint64 i = 0; i < known; i++) {
    from[i] = signs_at (&old, old.signs_there, s->forgotten + i);
    rows[i].rows = &from[i];
    rows[i].bytes = bytes;
    rows[i].out = signs_at (s, s->signs_there, s->forgotten + i);
  }
  gst_rc_row_device_queued (s->device);
  status = rc_cuda_apply (cuda_of (s), s->device->stream->handle, rows,
      (gint32) known, error);
  g_free (rows);
  g_free (from);
  if (s->signs_memory)
    gst_rc_row_device_drop (s->device, s->signs_memory, GST_MAP_WRITE, NULL);
  s->signs_memory = memory;
  return status;
}

RcStatus
gst_rc_stream_sign_there (GstRcStream * s, RcError * error)
{
  const guint64 from = MAX (s->signed_to, s->forgotten), end = s->forgotten
      + s->n;
  const gsize first = (gsize) (from - s->forgotten);
  const RcCudaSampler *sampler;
  const void *previous = NULL;
  RcStatus status = RC_OK;

  if (s->n_quats == 0 || from >= end)
    return RC_OK;
  for (gsize i = first ? first - 1 : 0; i < s->n && status == RC_OK; i++)
    status = gst_rc_stream_place_row (s, &s->rows[s->head + i], error);
  if (status == RC_OK)
    status = reserve_signs (s, error);
  if (status != RC_OK)
    return status;
  if (!(sampler = sampler_there (s, s->sampler, error)))
    return error->status;
  reserve_lists (s, s->n);
  if (first > 0)
    previous = s->rows[s->head + first - 1].there;
  for (gsize i = first; i < s->n; i++) {
    s->row_list[i - first] = s->rows[s->head + i].there;
    s->sign_list[i - first] = signs_at (s, s->signs_there, s->forgotten + i);
  }
  gst_rc_row_device_queued (s->device);
  status =
      rc_cuda_sampler_signs (cuda_of (s), s->device->stream->handle, sampler,
      previous, previous ? signs_at (s, s->signs_there, from - 1) : NULL,
      s->row_list, (gint32) (s->n - first), s->sign_list, error);
  if (status == RC_OK)
    s->signed_to = end;
  return status;
}

static RcStatus
render_cloud (GstRcStream * s, const RcPick * pick, RcCudaRow * row,
    RcError * error)
{
  const gsize capacity = s->parts[0].size;
  GstRcRow *from = pick->count ? &s->rows[s->head + pick->first] : NULL;
  RcStatus status;

  if (from) {
    if ((status = gst_rc_stream_place_row (s, from, error)) != RC_OK)
      return status;
    row->bytes = MIN (from->size, capacity);
    s->row_list[0] = from->there;
    row->rows = s->row_list;
    s->stats.overflow += (from->size - row->bytes) / s->cloud.point_step;
  }
  row->zeros = capacity - row->bytes;
  return RC_OK;
}

RcStatus
gst_rc_stream_render_there (GstRcStream * s, const RcPick * pick, gpointer out,
    RcCudaRow * row, RcError * error)
{
  RcStatus status;

  memset (row, 0, sizeof (*row));
  row->out = out;
  reserve_lists (s, (gsize) MAX (pick->count, 1));
  if (s->kind == GST_RC_STREAM_CLOUD)
    return render_cloud (s, pick, row, error);
  row->sampler = sampler_there (s, s->picked ? s->picked : s->sampler, error);
  if (!row->sampler)
    return error->status;
  if (pick->count > 0
      && (status = gst_rc_stream_sign_there (s, error)) != RC_OK)
    return status;
  row->pick = *pick;
  for (gint64 i = 0; i < pick->count; i++) {
    GstRcRow *from = &s->rows[s->head + pick->first + i];

    if ((status = gst_rc_stream_place_row (s, from, error)) != RC_OK)
      return status;
    s->row_list[i] = from->there;
    if (s->n_quats)
      s->sign_list[i] =
          signs_at (s, s->signs_there,
          s->forgotten + (guint64) (pick->first + i));
  }
  row->rows = s->row_list;
  row->times = s->times + s->head + pick->first;
  row->signs = s->n_quats ? (const guint8 * const *) s->sign_list : NULL;
  return RC_OK;
}
