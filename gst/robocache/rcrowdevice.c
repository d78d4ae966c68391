/* SPDX-License-Identifier: Apache-2.0 */
#include "rcrowdevice.h"

GstRcRowDevice *
gst_rc_row_device_new (gint number)
{
  GstRcRowDevice *self = g_new0 (GstRcRowDevice, 1);

  g_ref_count_init (&self->refs);
  self->number = number;
  return self;
}

GstRcRowDevice *
gst_rc_row_device_ref (GstRcRowDevice * self)
{
  g_ref_count_inc (&self->refs);
  return self;
}

void
gst_rc_row_device_unref (GstRcRowDevice * self)
{
  if (!self || !g_ref_count_dec (&self->refs))
    return;
  gst_rc_row_device_queued (self);
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
  else
    self->allocator = gst_rc_cuda_allocator_get (self->number, error);
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

/* By way of the host. */
static GstMemory *
upload (GstRcRowDevice * self, GstBuffer * buffer, gsize offset, gsize size,
    RcError * error)
{
  GstMemory *memory;
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    rc_error_set (error, RC_ERR_ARGUMENT, "cannot map a buffer of %"
        G_GSIZE_FORMAT " bytes", gst_buffer_get_size (buffer));
    return NULL;
  }
  memory = gst_rc_cuda_memory_new_from (self->allocator, map.data + offset,
      size, error);
  gst_buffer_unmap (buffer, &map);
  return memory;
}

GstMemory *
gst_rc_row_device_take (GstRcRowDevice * self, GstBuffer * buffer,
    gsize offset, gsize size, gsize alignment, RcError * error)
{
  GstMemory *memory = gst_buffer_n_memory (buffer) == 1
      ? gst_buffer_peek_memory (buffer, 0) : NULL, *taken;

  if (!memory || memory->allocator != GST_ALLOCATOR (self->allocator))
    return upload (self, buffer, offset, size, error);
  if ((memory->offset + offset) % alignment == 0)
    taken = offset == 0 && size == memory->size ? gst_memory_ref (memory) :
        gst_memory_share (memory, (gssize) offset, (gssize) size);
  else
    taken = gst_memory_copy (memory, (gssize) offset, (gssize) size);
  if (!taken)
    rc_error_set (error, RC_ERR_NO_MEMORY, "no device memory for a row of %"
        G_GSIZE_FORMAT " bytes", size);
  return taken;
}
