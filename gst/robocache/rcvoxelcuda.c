/* SPDX-License-Identifier: Apache-2.0 */
#include "rcvoxelcuda.h"

void
gst_rc_voxel_cuda_init (GstRcVoxelCuda * self)
{
  *self = (GstRcVoxelCuda) {
  .allocator = NULL};
  g_mutex_init (&self->lock);
}

/* What the device counted, when its work has ended. With the lock. */
static void
add_from_device (GstRcVoxelCuda * self, RcVoxelStats * sum)
{
  RcVoxelStats copy;
  RcError error;

  /* (into memory that is not page-locked: the call waits for the copy) */
  if (!self->counted)
    return;
  if (rc_cuda_copy_down (gst_rc_cuda_allocator_cuda (self->allocator), &copy,
          self->stats, sizeof (copy), self->stream->handle, &error) == RC_OK)
    gst_rc_voxel_stats_add (sum, &copy);
  else
    GST_WARNING ("what the device counted cannot be read: %s", error.message);
}

static void
end_plan (GstRcVoxelCuda * self)
{
  RcCuda *cuda;

  if (!self->allocator)
    return;
  add_from_device (self, &self->before);
  self->counted = FALSE;
  cuda = gst_rc_cuda_allocator_cuda (self->allocator);
  rc_cuda_voxelizer_free (self->voxelizer);
  self->voxelizer = NULL;
  rc_cuda_memory_free (cuda, self->stats);
  self->stats = NULL;
  if (self->stream)
    gst_rc_cuda_pool_give_stream (gst_rc_cuda_allocator_pool (self->allocator),
        self->stream);
  self->stream = NULL;
  gst_clear_object (&self->allocator);
}

void
gst_rc_voxel_cuda_end_plan (GstRcVoxelCuda * self)
{
  g_mutex_lock (&self->lock);
  end_plan (self);
  g_mutex_unlock (&self->lock);
}

void
gst_rc_voxel_cuda_clear (GstRcVoxelCuda * self)
{
  end_plan (self);
  g_mutex_clear (&self->lock);
}

static RcStatus
begin_plan (GstRcVoxelCuda * self, GstRcCudaAllocator * allocator,
    const GstRcVoxelPlan * plan, RcError * error)
{
  RcCuda *cuda = gst_rc_cuda_allocator_cuda (allocator);
  RcStatus status;

  if (self->voxelizer && self->allocator == allocator)
    return RC_OK;
  end_plan (self);
  self->allocator = gst_object_ref (allocator);
  self->stream = gst_rc_cuda_pool_take_stream (gst_rc_cuda_allocator_pool
      (allocator), error);
  status = self->stream ? rc_cuda_memory_new (cuda, sizeof (RcVoxelStats),
      &self->stats, error) : RC_ERR_CUDA;
  if (status == RC_OK)
    status = rc_cuda_clear (cuda, self->stats, sizeof (RcVoxelStats),
        self->stream->handle, error);
  if (status == RC_OK) {
    self->voxelizer = rc_cuda_voxelizer_new (cuda, plan->voxelizer, error);
    if (!self->voxelizer)
      status = error->status;
  }
  if (status != RC_OK)
    end_plan (self);
  return status;
}

static RcStatus
run (GstRcVoxelCuda * self, GstMemory * in, gint64 n, GstMemory * out,
    RcError * error)
{
  GstRcCudaPool *pool = gst_rc_cuda_allocator_pool (self->allocator);
  gpointer points, grid;
  GstRcCudaMark *mark;
  RcStatus status;

  status = gst_rc_cuda_memory_acquire (in, GST_MAP_READ, self->stream, &points,
      error);
  if (status == RC_OK)
    status = gst_rc_cuda_memory_acquire (out, GST_MAP_WRITE, self->stream,
        &grid, error);
  if (status != RC_OK)
    return status;
  self->counted = TRUE;
  status = rc_cuda_voxelize_dense (self->voxelizer, self->stream->handle,
      points, n, grid, self->stats, error);
  mark = gst_rc_cuda_pool_mark (pool, self->stream, status == RC_OK ? error
      : NULL);
  if (!mark)
    return status == RC_OK ? RC_ERR_CUDA : status;
  gst_rc_cuda_memory_release (in, GST_MAP_READ, mark);
  if (status == RC_OK)
    gst_rc_cuda_memory_release (out, GST_MAP_WRITE, mark);
  gst_rc_cuda_pool_unmark (pool, mark);
  return status;
}

RcStatus
gst_rc_voxel_cuda_run (GstRcVoxelCuda * self, GstRcCudaAllocator * allocator,
    const GstRcVoxelPlan * plan, GstMemory * in, gint64 n, GstMemory * out,
    RcError * error)
{
  RcStatus status;

  g_mutex_lock (&self->lock);
  status = begin_plan (self, allocator, plan, error);
  if (status == RC_OK)
    status = run (self, in, n, out, error);
  g_mutex_unlock (&self->lock);
  return status;
}

void
gst_rc_voxel_cuda_add_stats (GstRcVoxelCuda * self, RcVoxelStats * sum)
{
  g_mutex_lock (&self->lock);
  gst_rc_voxel_stats_add (sum, &self->before);
  add_from_device (self, sum);
  g_mutex_unlock (&self->lock);
}

void
gst_rc_voxel_cuda_reset_stats (GstRcVoxelCuda * self)
{
  g_mutex_lock (&self->lock);
  end_plan (self);
  self->before = (RcVoxelStats) {
  .points = 0};
  g_mutex_unlock (&self->lock);
}
