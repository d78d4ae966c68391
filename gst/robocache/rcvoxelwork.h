/* SPDX-License-Identifier: Apache-2.0 */
/* What rcvoxelize does with a cloud: on the CPU or on a device, wherever its points
 * lie and its grid shall lie. */
#pragma once

#include "rcbackend.h"
#include "rcvoxelcuda.h"

G_BEGIN_DECLS

typedef struct
{
  RcVoxelStats points;          /* summed over the clouds that the CPU had */
  guint64 buffers;
  guint64 bad_buffers;          /* dropped for their size */
  guint64 cuda_buffers;         /* made on a device */
  guint64 fallbacks;            /* made on the CPU since CUDA failed */
} GstRcVoxelCounts;

/* One thread at a time, but for what is said to be safe. */
typedef struct
{
  GstElement *element;          /* borrowed: for messages */
  GstRcBackend backend;
  gint device;
  GstRcCudaLink link;
  GstRcCudaAllocator *allocator;        /* for data that lies on no device: opened
                                         * when it is needed */
  GstRcVoxelPlan plan;
  RcVoxelWorkspace *workspace;
  GstRcVoxelCuda cuda;
  GMutex lock;                  /* of: */
  GstRcVoxelCounts counts;
} GstRcVoxelWork;

void gst_rc_voxel_work_init (GstRcVoxelWork * self, GstElement * element);
void gst_rc_voxel_work_clear (GstRcVoxelWork * self);

/* Where to compute. FALSE, and an error on the bus, where that is to be a device and
 * there is none. */
gboolean gst_rc_voxel_work_open (GstRcVoxelWork * self, GstRcBackend backend,
    gint device);
void gst_rc_voxel_work_close (GstRcVoxelWork * self);

/* Counts from 0. FALSE: no memory. */
gboolean gst_rc_voxel_work_start (GstRcVoxelWork * self);
void gst_rc_voxel_work_stop (GstRcVoxelWork * self);

/* Takes the plan's contents; NULL: there is none. */
void gst_rc_voxel_work_set_plan (GstRcVoxelWork * self, GstRcVoxelPlan * plan);

/* The plan's output of a cloud, whose size is a multiple of `point_step`, with its
 * times, flags and metas; in CUDA memory if the plan's caps say so. `on_device`: the
 * cloud's caps say that it is there. NULL and `error` when it cannot be made. */
GstBuffer *gst_rc_voxel_work_make (GstRcVoxelWork * self, GstBuffer * in,
    gboolean on_device, guint point_step, RcError * error);

/* Counts a buffer that was dropped: how many now. Safe in any thread. */
guint64 gst_rc_voxel_work_count_bad (GstRcVoxelWork * self);
/* rcvoxelize's property stats. Safe in any thread. */
GstStructure *gst_rc_voxel_work_stats (GstRcVoxelWork * self);

G_END_DECLS
