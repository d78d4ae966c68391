/* SPDX-License-Identifier: Apache-2.0 */
/* What voxelize-cuda.c and voxelize.cu share. */
#pragma once

#include "voxel-math.h"
#include "voxelize-cuda.h"
#include "voxelizer.h"

/* Words of 32 cells that a block ranks. */
#define RC_VOXEL_TILE 2048

typedef struct
{
  int64_t offset;
  RcDType dtype;
} RcCudaChannel;

/* Of one channel of a cloud, for means. */
typedef struct
{
  double scale, inverse;        /* 2^k, 2^-k */
  uint32_t max;                 /* rc_voxel_high () of the largest finite |v| */
  uint32_t not_finite;          /* some value is not */
} RcCudaScale;

/* 32 cells: which are occupied, and how many are in all cells before. */
typedef struct
{
  uint32_t bits, rank;
} RcCudaWord;

/* One call: the kernels' argument. Of the scratch, inside, tiles and scales are cleared
 * before a call; the rest is 0 between calls: who reads it last clears it. */
typedef struct
{
  const uint8_t *points;
  int64_t n_points, step;
  int64_t offset[3];
  int64_t stride[3];            /* cells from one index to the next */
  double max[3], dims[3];
  RcVoxelGuess guess[3];
  RcVoxelGuess32 guess32[3];
  int32_t dtype[3];
  int32_t guessed[3];           /* whether guess[] may be used */
  int32_t bounded;              /* some max is finite */
  int32_t mode, type;
  int64_t cells, channels;
  int64_t words;                /* of 32 cells: a multiple of RC_VOXEL_TILE */
  const RcCudaChannel *channel; /* [channels] */
  void *out;
  RcVoxelStats *stats;
  float fill;

  uint32_t *bits;               /* [words] cell k is bit k % 32 of word k / 32 */
  uint32_t *small;              /* [cells / 4 + 1] counts below 256, four each */
  uint32_t *full;               /* a count would not fit; cleared before */
  /* mean, min and max: occupied cells are numbered in their order */
  RcCudaWord *ranked;           /* [words] */
  unsigned long long *inside;   /* points inside */
  unsigned long long *tiles;    /* [tiles + 1] next tile, and what is known of the
                                 * occupied cells of each */
  RcCudaScale *scales;          /* [channels] */
  uint32_t *counts;             /* [occupied] */
  int64_t *sums;                /* [occupied, channels] of means */
  uint32_t *keys;               /* [occupied, channels] of min and max */
  uint8_t *poison;              /* [occupied, channels] a value is not finite */
} RcCudaVoxelCall;
