/* SPDX-License-Identifier: Apache-2.0 */
#include "rcrowdevice.h"

/* A buffer until what lies before the mark is done. */
typedef struct
{
  GstBuffer *buffer;
  GstRcCudaMark *mark;
} Held;

GstRcRowDevice *
gst_rc_row_device_new (GstRcCudaLink * link, GstElement * element, gint number)
{
  GstRcRowDevice *self = g_new0 (GstRcRowDevice, 1);

  g_ref_count_init (&self->refs);
  self->link = link;
  self->element = element;
  self->number = number;
  g_queue_init (&self->held);
  return self;
}

GstRcRowDevice *
gst_rc_row_device_ref (GstRcRowDevice * self)
{
  g_ref_count_inc (&self->refs);
  return self;
}

/* Buffers that are not read any more; `all`: waits for the others. */
static void
let_go (GstRcRowDevice * self, gboolean all)
{
  RcCuda *cuda;
  Held *held;

  while ((held = g_queue_peek_head (&self->held))) {
    cuda = gst_rc_cuda_allocator_cuda (self->allocator);
    if (all)
      rc_cuda_event_wait (cuda, held->mark->event, NULL);
    else if (!rc_cuda_event_is_done (cuda, held->mark->event))
      return;
    g_queue_pop_head (&self->held);
    gst_buffer_unref (held->buffer);
    gst_rc_cuda_pool_unmark (gst_rc_cuda_allocator_pool (self->allocator),
        held->mark);
    g_free (held);
  }
}

void
gst_rc_row_device_unref (GstRcRowDevice * self)
{
  if (!self || !g_ref_count_dec (&self->refs))
    return;
  gst_rc_row_device_queued (self);
  let_go (self, TRUE);
  if (self->stream)
    gst_rc_cuda_pool_give_stream (gst_rc_cuda_allocator_pool (self->allocator),
        self->stream);
  gst_clear_object (&self->allocator);
  g_free (self);
}

RcStatus
gst_rc_row_device_open (GstRcRowDevice * self, GstMemory * memory,
    RcError * error)
{
  if (self->stream)
    return RC_OK;
  if (self->failed)
    return rc_error_set (error, RC_ERR_CUDA, "the device could not be opened");
  /* by number it has to be that one */
  if (self->number < 0 && memory && gst_is_rc_cuda_memory (memory))
    self->allocator = gst_object_ref (memory->allocator);
  else if (self->number < 0 && memory
      && gst_memory_is_type (memory, GST_CUDA_MEMORY_TYPE))
    self->allocator = gst_rc_cuda_share_allocator (memory, error);
  else
    self->allocator = gst_rc_cuda_link_open (self->link, self->element,
        self->number, error);
  if (self->allocator)
    self->stream = gst_rc_cuda_pool_take_stream (gst_rc_cuda_allocator_pool
        (self->allocator), error);
  if (self->stream)
    return RC_OK;
  gst_clear_object (&self->allocator);
  self->failed = TRUE;
  return RC_ERR_CUDA;
}

void
gst_rc_row_device_queued (GstRcRowDevice * self)
{
  if (self->mark)
    gst_rc_cuda_pool_unmark (gst_rc_cuda_allocator_pool (self->allocator),
        self->mark);
  self->mark = NULL;
}

GstRcCudaMark *
gst_rc_row_device_mark (GstRcRowDevice * self, RcError * error)
{
  if (!self->mark)
    self->mark = gst_rc_cuda_pool_mark (gst_rc_cuda_allocator_pool
        (self->allocator), self->stream, error);
  return self->mark;
}

RcStatus
gst_rc_row_device_drop (GstRcRowDevice * self, GstMemory * memory,
    GstMapFlags flags, RcError * error)
{
  GstRcCudaMark *mark = gst_rc_row_device_mark (self, error);

  if (mark)
    gst_rc_cuda_memory_release (memory, flags, mark);
  gst_memory_unref (memory);
  return mark ? RC_OK : RC_ERR_CUDA;
}

gboolean
gst_rc_row_device_read (GstRcRowDevice * self, GstMemory * memory,
    GstMapInfo * map)
{
  GstRcCudaMark *mark = gst_rc_row_device_mark (self, NULL);

  if (!mark)
    return FALSE;
  gst_rc_cuda_memory_release (memory, GST_MAP_WRITE, mark);
  return gst_memory_map (memory, map, GST_MAP_READ);
}

/* Queues the copy of a frame, whose first byte is at `from`, to `memory`. */
static RcStatus
copy_frame (GstRcRowDevice * self, GstBuffer * frame, GstMemory * memory,
    const guint8 * from, gsize stride, gsize width, gsize height,
    RcError * error)
{
  GstRcCudaPool *pool = gst_rc_cuda_allocator_pool (self->allocator);
  GstRcCudaMark *mark;
  gpointer to;
  Held *held;
  RcStatus status;

  status = gst_rc_cuda_share_order (gst_buffer_peek_memory (frame, 0), pool,
      self->stream, error);
  if (status == RC_OK)
    status = gst_rc_cuda_memory_acquire (memory, GST_MAP_WRITE, self->stream,
        &to, error);
  if (status != RC_OK)
    return status;
  gst_rc_row_device_queued (self);
  status = rc_cuda_copy_rows (gst_rc_cuda_allocator_cuda (self->allocator), to,
      width, from, stride, width, height, self->stream->handle, error);
  if (status != RC_OK)
    return status;
  if (!(mark = gst_rc_row_device_mark (self, error)))
    return RC_ERR_CUDA;
  gst_rc_cuda_memory_release (memory, GST_MAP_WRITE, mark);
  held = g_new (Held, 1);
  held->buffer = gst_buffer_ref (frame);
  held->mark = gst_rc_cuda_mark_ref (mark);
  g_queue_push_tail (&self->held, held);
  return RC_OK;
}

GstBuffer *
gst_rc_row_device_pack (GstRcRowDevice * self, GstBuffer * frame, gsize offset,
    gsize stride, gsize width, gsize height, RcError * error)
{
  GstMemory *from = gst_buffer_peek_memory (frame, 0), *to;
  GstBuffer *packed = NULL;
  GstMapInfo map;

  let_go (self, FALSE);
  to = gst_rc_cuda_memory_new (self->allocator, width * height, error);
  if (!to)
    return NULL;
  if (!gst_memory_map (from, &map, GST_MAP_READ | GST_MAP_RC_CUDA)) {
    rc_error_set (error, RC_ERR_CUDA,
        "a frame in CUDA memory cannot be mapped");
    gst_memory_unref (to);
    return NULL;
  }
  if (copy_frame (self, frame, to, map.data + offset, stride, width, height,
          error) == RC_OK) {
    packed = gst_buffer_new ();
    gst_buffer_append_memory (packed, to);
    gst_buffer_copy_into (packed, frame, GST_BUFFER_COPY_METADATA, 0, -1);
  } else {
    gst_memory_unref (to);
  }
  gst_memory_unmap (from, &map);
  return packed;
}
