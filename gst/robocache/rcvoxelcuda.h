/* SPDX-License-Identifier: Apache-2.0 */
/* rcvoxelize's work on a CUDA device. */
#pragma once

#include "rccudamemory.h"
#include "rcvoxelplan.h"
#include "voxelize/voxelize-cuda.h"

G_BEGIN_DECLS

/* Everything on the device that serves one plan; all 0 is nothing. Thread-safety: by
 * the lock, so that the statistics may be read from any thread. */
typedef struct
{
  GMutex lock;
  GstRcCudaAllocator *allocator;
  GstRcCudaStream *stream;
  RcCudaVoxelizer *voxelizer;
  gpointer stats;               /* RcVoxelStats of what is not yet in `before` */
  RcVoxelStats before;          /* of devices and plans that came before */
  gboolean counted;             /* stats may not be 0 */
} GstRcVoxelCuda;

void gst_rc_voxel_cuda_init (GstRcVoxelCuda * self);
void gst_rc_voxel_cuda_clear (GstRcVoxelCuda * self);

/* Queues the grid of `n` points in `in`, a memory of `allocator`, into `out`, another
 * one. After an error `out` was never written. */
RcStatus gst_rc_voxel_cuda_run (GstRcVoxelCuda * self,
    GstRcCudaAllocator * allocator, const GstRcVoxelPlan * plan, GstMemory * in,
    gint64 n, GstMemory * out, RcError * error);

/* Forgets the plan; what was counted stays. */
void gst_rc_voxel_cuda_end_plan (GstRcVoxelCuda * self);

/* Adds what was counted since gst_rc_voxel_cuda_init () or the last reset; waits for
 * the device. */
void gst_rc_voxel_cuda_add_stats (GstRcVoxelCuda * self, RcVoxelStats * sum);
void gst_rc_voxel_cuda_reset_stats (GstRcVoxelCuda * self);

G_END_DECLS
