/* SPDX-License-Identifier: Apache-2.0 */
/* From rcvoxelize's properties and a cloud's caps to a voxelizer and the caps
 * of its output. */
#pragma once

#include "rccaps.h"
#include "voxelize/voxelize.h"

G_BEGIN_DECLS

#define GST_RC_VOXEL_MAX_TENSORS 4

/* The properties; strings are owned, NULL counts as "". */
typedef struct
{
  RcVoxelMode mode;
  RcVoxelType occupancy_type;
  RcVoxelType count_type;
  RcAxisOrder axis_order;
  gchar *voxel_size;
  gchar *min;
  gchar *max;
  gchar *fields;
  gint max_points;
  gint max_voxels;
  gdouble fill;
} GstRcVoxelSettings;

/* What a cloud becomes. Dense: one tensor. Sparse: coords, features, counts and
 * the number of voxels. */
typedef struct
{
  RcVoxelizer *voxelizer;
  GstCaps *caps;
  gboolean sparse;
  gboolean on_device;           /* caps say CUDA memory */
  guint n_tensors;
  gsize sizes[GST_RC_VOXEL_MAX_TENSORS];        /* bytes */
} GstRcVoxelPlan;

void gst_rc_voxel_settings_copy (GstRcVoxelSettings * dest,
    const GstRcVoxelSettings * src);
void gst_rc_voxel_settings_clear (GstRcVoxelSettings * settings);

/* What can be checked before a cloud's fields are known; errors are
 * GST_RESOURCE_ERROR_SETTINGS and name the property. */
gboolean gst_rc_voxel_settings_check (const GstRcVoxelSettings * settings,
    GError ** error);

/* `plan` is only written on success; pair with gst_rc_voxel_plan_clear (). */
gboolean gst_rc_voxel_plan_make (GstRcVoxelPlan * plan,
    const GstRcVoxelSettings * settings, const GstRcCloud * cloud,
    GError ** error);
void gst_rc_voxel_plan_clear (GstRcVoxelPlan * plan);

void gst_rc_voxel_stats_add (RcVoxelStats * sum, const RcVoxelStats * more);

G_END_DECLS
