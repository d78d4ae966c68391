/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the voxelize kernels: what a validated voxelizer and a workspace
 * hold. */
#pragma once

#include "voxelize.h"

struct RcVoxelizer
{
  RcVoxelizerConfig config;     /* config.fields points to `fields` */
  RcPointField *fields;
  int64_t channels;
  int64_t cells;                /* product of dims */
  int outer, middle, inner;     /* axes (0: x) from slowest to fastest */
  size_t bytes;
  float fill;
};

/* One slot of the hash table; empty unless `stamp` is the table's. */
typedef struct
{
  int64_t key;                  /* linear index of the voxel */
  uint32_t stamp;
  int32_t id;                   /* position in order of first appearance */
} RcVoxelSlot;

struct RcVoxelWorkspace
{
  RcVoxelSlot *slots;           /* [n_slots], a power of two */
  int64_t n_slots;
  uint32_t stamp;
  int32_t *point_voxel;         /* [points_size] id, or -1 where not used */
  int64_t points_size;
  int64_t *keys;                /* [voxels_size] by id */
  int32_t *counts;              /* [voxels_size] points inside, by id */
  int64_t voxels_size;
  int64_t *sums;                /* [sums_size] */
  int64_t sums_size;
  uint64_t *channel_max;        /* [channels_size] bits of the largest |v| */
  int64_t channels_size;
};
