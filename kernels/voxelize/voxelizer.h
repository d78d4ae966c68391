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

/* Neighbours in a cloud that lie in one voxel and are used for it. */
typedef struct
{
  int32_t id;                   /* of the voxel, in order of appearance */
  uint8_t start, end;           /* points of the block from start to end - 1 */
} RcVoxelSpan;

struct RcVoxelWorkspace
{
  /* Hash table: id + 1 in the lower half of a slot and the lower half of the
   * voxel's key in the upper one; 0: empty. */
  uint64_t *slots;              /* [slots_size] */
  int64_t slots_size;
  int64_t n_slots;              /* in use: a power of two <= slots_size */
  int64_t last_voxels;          /* of the last cloud */
  RcVoxelSpan *spans;           /* [spans_size] block after block */
  int64_t spans_size;
  uint8_t *block_spans;         /* [blocks_size] spans of each block */
  int64_t blocks_size;
  int64_t *keys;                /* [keys_size] linear index by id */
  int64_t keys_size;
  int32_t *counts;              /* [counts_size] points inside, by id */
  int64_t counts_size;
  int64_t *sums;                /* [sums_size] */
  int64_t sums_size;
  uint32_t *channel_max;        /* [channels_size] upper half of the largest
                                 * finite |v| as float64 */
  int64_t channels_size;
};

/* Whether n_points points of `step` bytes can be there. */
RcStatus rc_voxel_check_points (const void *points, int64_t n_points,
    int64_t step, RcError * error);

/* The two ways to run, for any CPU and for x86-64-v3. */
#define RC_VOXEL_DECLARE(variant) \
  RcStatus rc_voxel_dense_##variant (const RcVoxelizer * v, \
      RcVoxelWorkspace * w, const void *points, int64_t n_points, void *out, \
      RcVoxelStats * stats, RcError * error); \
  RcStatus rc_voxel_sparse_##variant (const RcVoxelizer * v, \
      RcVoxelWorkspace * w, const void *points, int64_t n_points, \
      RcVoxels * out, RcVoxelStats * stats, RcError * error)
RC_VOXEL_DECLARE (baseline);
RC_VOXEL_DECLARE (v3);
#undef RC_VOXEL_DECLARE
