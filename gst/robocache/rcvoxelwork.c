/* SPDX-License-Identifier: Apache-2.0 */
#include "rcvoxelwork.h"

/* of rcvoxelize */
GST_DEBUG_CATEGORY_EXTERN (rc_voxelize_debug);
#define GST_CAT_DEFAULT rc_voxelize_debug

static gboolean
copy_meta (GstBuffer * in, GstMeta ** meta, gpointer out)
{
  const GstMetaInfo *info = (*meta)->info;
  GstMetaTransformCopy copy = { FALSE, 0, -1 };

  if (info->transform_func && info->api != GST_PARENT_BUFFER_META_API_TYPE
      && !gst_meta_api_type_has_tag (info->api,
          g_quark_from_static_string (GST_META_TAG_MEMORY_STR)))
    info->transform_func (out, *meta, in, _gst_meta_transform_copy, &copy);
  return TRUE;
}

/* An output buffer: on a device where `allocator` is one and has the memory, else on
 * the host. NULL: no memory. */
static GstBuffer *
new_output (GstRcVoxelWork * self, GstBuffer * in,
    GstRcCudaAllocator * allocator)
{
  GstBuffer *out = gst_buffer_new ();

  for (guint i = 0; i < self->plan.n_tensors; i++) {
    const gsize size = self->plan.sizes[i];
    GstMemory *memory = NULL;

    if (allocator)
      memory = gst_rc_cuda_memory_new (allocator, size, NULL);
    if (!memory)
      memory = gst_allocator_alloc (NULL, size, NULL);
    if (!memory) {
      gst_buffer_unref (out);
      return NULL;
    }
    gst_buffer_append_memory (out, memory);
  }
  gst_buffer_copy_into (out, in,
      GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_TIMESTAMPS, 0, -1);
  gst_buffer_foreach_meta (in, copy_meta, out);
  return out;
}

/* ---- on the CPU ---- */

static RcStatus
voxelize (GstRcVoxelWork * self, const GstMapInfo * in, guint point_step,
    GstMapInfo * maps, RcVoxelStats * stats, RcError * error)
{
  gint64 n = in->size / point_step;
  RcVoxels voxels;
  RcStatus status;

  if (!self->plan.sparse)
    return rc_voxelize_dense (self->plan.voxelizer, self->workspace, in->data,
        n, maps[0].data, stats, error);
  voxels = (RcVoxels) {
  (int32_t *) maps[0].data, (float *) maps[1].data,
        (int32_t *) maps[2].data, true, 0};
  status = rc_voxelize_sparse (self->plan.voxelizer, self->workspace, in->data,
      n, &voxels, stats, error);
  *(gint32 *) maps[3].data = (gint32) voxels.voxels;
  return status;
}

/* `out` is where its memory lies; a grid on a device goes there when it is used. */
static RcStatus
compute_on_cpu (GstRcVoxelWork * self, GstBuffer * in, guint point_step,
    GstBuffer * out, RcError * error)
{
  GstMapInfo map, maps[GST_RC_VOXEL_MAX_TENSORS];
  RcVoxelStats stats;
  RcStatus status = RC_OK;
  guint mapped = 0;

  if (!gst_buffer_map (in, &map, GST_MAP_READ))
    return rc_error_set (error, RC_ERR_ARGUMENT, "cannot map a buffer of %"
        G_GSIZE_FORMAT " bytes", gst_buffer_get_size (in));
  while (mapped < self->plan.n_tensors
      && gst_memory_map (gst_buffer_peek_memory (out, mapped), &maps[mapped],
          GST_MAP_WRITE))
    mapped++;
  status =
      mapped == self->plan.n_tensors ? voxelize (self, &map, point_step, maps,
      &stats, error) : rc_error_set (error, RC_ERR_NO_MEMORY,
      "cannot map the grid");
  while (mapped-- > 0)
    gst_memory_unmap (maps[mapped].memory, &maps[mapped]);
  gst_buffer_unmap (in, &map);
  if (status != RC_OK)
    return status;
  g_mutex_lock (&self->lock);
  self->counts.buffers++;
  gst_rc_voxel_stats_add (&self->counts.points, &stats);
  g_mutex_unlock (&self->lock);
  return RC_OK;
}

/* ---- on a device ---- */

/* Where the points lie, else our own; NULL and `error` where there is none. */
static GstRcCudaAllocator *
get_device (GstRcVoxelWork * self, GstBuffer * in, RcError * error)
{
  GstMemory *memory = gst_buffer_n_memory (in) == 1
      ? gst_buffer_peek_memory (in, 0) : NULL;

  if (memory && gst_is_rc_cuda_memory (memory))
    return GST_RC_CUDA_ALLOCATOR (memory->allocator);
  /* an empty cloud lies nowhere */
  if (!memory && self->cuda.allocator)
    return self->cuda.allocator;
  if (!self->allocator)
    self->allocator = gst_rc_cuda_link_open (&self->link, self->element,
        self->device, error);
  return self->allocator;
}

static RcStatus
compute_on_device (GstRcVoxelWork * self, GstRcCudaAllocator * allocator,
    GstBuffer * in, guint point_step, GstBuffer * out, RcError * error)
{
  GstMemory *grid = gst_buffer_peek_memory (out, 0), *points;
  const gsize size = gst_buffer_get_size (in);
  RcStatus status;

  if (!gst_is_rc_cuda_memory (grid))
    return rc_error_set (error, RC_ERR_NO_MEMORY, "no device memory for a grid "
        "of %" G_GSIZE_FORMAT " bytes", grid->size);
  points = gst_rc_cuda_memory_take (allocator, in, 0, size, 1, error);
  if (!points)
    return error->status;
  status = gst_rc_voxel_cuda_run (&self->cuda, allocator, &self->plan, points,
      (gint64) (size / point_step), grid, error);
  gst_memory_unref (points);
  if (status == RC_OK && !self->plan.on_device)
    status = gst_rc_cuda_memory_download (grid, error);
  if (status != RC_OK)
    return status;
  g_mutex_lock (&self->lock);
  self->counts.buffers++;
  self->counts.cuda_buffers++;
  g_mutex_unlock (&self->lock);
  return RC_OK;
}

static void
count_fallback (GstRcVoxelWork * self, const RcError * error)
{
  guint64 count;

  g_mutex_lock (&self->lock);
  count = ++self->counts.fallbacks;
  g_mutex_unlock (&self->lock);
  if (count == 1)
    GST_ELEMENT_WARNING (self->element, RESOURCE, FAILED,
        ("%s: CUDA failed, computing on the CPU: %s",
            GST_OBJECT_NAME (self->element), error->message),
        ("further times are only counted"));
  GST_WARNING_OBJECT (self->element, "CUDA failed, computing on the CPU: %s",
      error->message);
}

GstBuffer *
gst_rc_voxel_work_make (GstRcVoxelWork * self, GstBuffer * in,
    gboolean on_device, guint point_step, RcError * error)
{
  const GstRcBackend backend = self->backend;
  /* auto: where the data is, or has to go: measured to be faster (docs/bench-cuda.md) */
  gboolean compute = !self->plan.sparse && (backend == GST_RC_BACKEND_CUDA
      || (backend == GST_RC_BACKEND_AUTO && (on_device
              || self->plan.on_device)));
  GstRcCudaAllocator *allocator = NULL;
  GstBuffer *out;
  RcStatus status = RC_OK;

  if (compute || self->plan.on_device) {
    allocator = get_device (self, in, error);
    status = allocator ? RC_OK : error->status;
  }
  out = new_output (self, in, allocator);
  if (!out) {
    rc_error_set (error, RC_ERR_NO_MEMORY, "no memory for the grid");
    return NULL;
  }
  if (compute && allocator)
    status = compute_on_device (self, allocator, in, point_step, out, error);
  if (compute && status != RC_OK && backend == GST_RC_BACKEND_AUTO) {
    count_fallback (self, error);
    compute = FALSE;
    /* what the device made of it may be out of reach */
    gst_buffer_unref (out);
    out = new_output (self, in, self->plan.on_device ? allocator : NULL);
    if (!out) {
      rc_error_set (error, RC_ERR_NO_MEMORY, "no memory for the grid");
      return NULL;
    }
  }
  if (!compute)
    status = compute_on_cpu (self, in, point_step, out, error);
  if (status != RC_OK)
    gst_buffer_replace (&out, NULL);
  return out;
}

/* ---- its life ---- */

void
gst_rc_voxel_work_init (GstRcVoxelWork * self, GstElement * element)
{
  self->element = element;
  g_mutex_init (&self->lock);
  gst_rc_voxel_cuda_init (&self->cuda);
}

void
gst_rc_voxel_work_clear (GstRcVoxelWork * self)
{
  gst_rc_voxel_work_stop (self);
  gst_rc_voxel_work_close (self);
  gst_rc_voxel_cuda_clear (&self->cuda);
  g_mutex_clear (&self->lock);
}

gboolean
gst_rc_voxel_work_open (GstRcVoxelWork * self, GstRcBackend backend,
    gint device)
{
  if (self->device != device)
    gst_clear_object (&self->allocator);
  self->backend = backend;
  self->device = device;
  if (backend == GST_RC_BACKEND_CUDA && !self->allocator)
    self->allocator = gst_rc_cuda_open (&self->link, self->element, device);
  return backend != GST_RC_BACKEND_CUDA || self->allocator;
}

void
gst_rc_voxel_work_close (GstRcVoxelWork * self)
{
  gst_clear_object (&self->allocator);
  gst_rc_cuda_link_clear (&self->link, self->element);
}

gboolean
gst_rc_voxel_work_start (GstRcVoxelWork * self)
{
  g_mutex_lock (&self->lock);
  self->counts = (GstRcVoxelCounts) {
  .buffers = 0};
  g_mutex_unlock (&self->lock);
  gst_rc_voxel_cuda_reset_stats (&self->cuda);
  self->workspace = rc_voxel_workspace_new ();
  return self->workspace != NULL;
}

void
gst_rc_voxel_work_stop (GstRcVoxelWork * self)
{
  gst_rc_voxel_work_set_plan (self, NULL);
  g_clear_pointer (&self->workspace, rc_voxel_workspace_free);
}

void
gst_rc_voxel_work_set_plan (GstRcVoxelWork * self, GstRcVoxelPlan * plan)
{
  gst_rc_voxel_cuda_end_plan (&self->cuda);
  gst_rc_voxel_plan_clear (&self->plan);
  if (plan)
    self->plan = *plan;
}

guint64
gst_rc_voxel_work_count_bad (GstRcVoxelWork * self)
{
  guint64 count;

  g_mutex_lock (&self->lock);
  count = ++self->counts.bad_buffers;
  g_mutex_unlock (&self->lock);
  return count;
}

GstStructure *
gst_rc_voxel_work_stats (GstRcVoxelWork * self)
{
  GstRcVoxelCounts copy;
  const GstRcVoxelCounts *s = &copy;
  const RcVoxelStats *p = &copy.points;

  g_mutex_lock (&self->lock);
  copy = self->counts;
  g_mutex_unlock (&self->lock);
  gst_rc_voxel_cuda_add_stats (&self->cuda, &copy.points);
  return gst_structure_new ("application/x-rcvoxelize-stats",
      "buffers", G_TYPE_UINT64, s->buffers,
      "bad-buffers", G_TYPE_UINT64, s->bad_buffers,
      "cuda-buffers", G_TYPE_UINT64, s->cuda_buffers,
      "fallbacks", G_TYPE_UINT64, s->fallbacks,
      "points", G_TYPE_UINT64, (guint64) p->points,
      "inside", G_TYPE_UINT64, (guint64) p->inside,
      "outside", G_TYPE_UINT64, (guint64) p->outside,
      "non-finite", G_TYPE_UINT64, (guint64) p->non_finite,
      "voxels", G_TYPE_UINT64, (guint64) p->voxels,
      "dropped-voxels", G_TYPE_UINT64, (guint64) p->dropped_voxels,
      "dropped-voxel-points", G_TYPE_UINT64,
      (guint64) p->dropped_voxel_points,
      "dropped-points", G_TYPE_UINT64, (guint64) p->dropped_points, NULL);
}
