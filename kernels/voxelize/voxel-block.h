/* SPDX-License-Identifier: Apache-2.0 */
/* Private to voxelize.c: a block of points, loaded, and its cells. */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "voxel-math.h"
#include "voxelizer.h"

#define BLOCK 128
#define DIVIDE_BLOCKS 16
#define MAX_DOUBTS 2

/* Where fma () is one instruction, cells need no division. */
#if defined (__FMA__) || defined (__aarch64__)
#define RC_VOXEL_GUESS
#endif

/* In RcVoxelWorkspace.channel_max: the channel has a value that is not finite */
#define NOT_FINITE (UINT32_C (1) << 31)

/* Two to four float32 or float64 channels in a row: points are loaded whole, with
 * what follows them where there are fewer than four. */
typedef float Float4 __attribute__((vector_size (16)));
typedef double Double4 __attribute__((vector_size (32)));
typedef uint64_t Fixed4 __attribute__((vector_size (32)));

typedef struct
{
  int n;                        /* channels; 0: no such row */
  bool f64;
  int64_t offset;
} Row;

typedef struct
{
  double x[3][BLOCK];           /* NaN after the last point */
  double value[BLOCK];
  Fixed4 row_sum[BLOCK + 1];    /* sum[], of four channels */
  int32_t index[3][BLOCK];
  int32_t inside[BLOCK];
  int64_t key[BLOCK + 2];       /* of point i at i + 1: linear index, or -1
                                 * where skipped, as are both ends */
  uint64_t slot[BLOCK];
  int32_t start[BLOCK + 1];     /* runs of points inside, in one voxel each */
  int32_t end[BLOCK + 1];
  int32_t rank[BLOCK];          /* of a run's first point within its voxel */
  uint64_t fixed[BLOCK];
  uint64_t sum[BLOCK + 1];      /* of the points before, modulo 2^64 */
  int32_t born[BLOCK + 1];      /* first points of the block's new voxels */
} Block;

typedef struct
{
  const RcVoxelizer *v;
  RcVoxelWorkspace *w;
  const uint8_t *points;
  int64_t n_points;
  int64_t step;
  RcVoxelStats stats;
  int32_t n_voxels;
  int32_t max_voxels;           /* ids from here on are dropped */
  int32_t max_points;
  RcVoxels *sparse;             /* NULL in dense modes */
  RcVoxelSpan *spans;           /* of the block */
  int n_spans;
  Row xyz_row;                  /* the coordinates */
  Row row;                      /* the features */
  int64_t stride;               /* int64 per voxel in w->sums */
  int32_t n_summed;             /* voxels that have a sum, in sum_row () */
  RcVoxelGuess guess[3];
  int divide[3];                /* blocks to divide in; -1: all */
  Block block;
} Run;

/* ---- one loop per field type ---- */

typedef void (*LoadFunc) (const uint8_t * src, int64_t step, int n,
    double *out);

#define DEFINE_TYPE(type) \
  static void \
  load_##type (const uint8_t * src, int64_t step, int n, double *out) \
  { \
    for (int i = 0; i < n; i++) { \
      type value; \
      memcpy (&value, src + i * step, sizeof (value)); \
      out[i] = (double) value; \
    } \
  }

/* *INDENT-OFF* */
DEFINE_TYPE (int8_t)
DEFINE_TYPE (uint8_t)
DEFINE_TYPE (int16_t)
DEFINE_TYPE (uint16_t)
DEFINE_TYPE (int32_t)
DEFINE_TYPE (uint32_t)
DEFINE_TYPE (int64_t)
DEFINE_TYPE (uint64_t)
DEFINE_TYPE (float)
DEFINE_TYPE (double)

/* The voxelizer admits no other type. */
static const LoadFunc load[RC_N_DTYPES] = {
  [RC_INT8] = load_int8_t,
  [RC_UINT8] = load_uint8_t,
  [RC_INT16] = load_int16_t,
  [RC_UINT16] = load_uint16_t,
  [RC_INT32] = load_int32_t,
  [RC_UINT32] = load_uint32_t,
  [RC_INT64] = load_int64_t,
  [RC_UINT64] = load_uint64_t,
  [RC_FLOAT32] = load_float,
  [RC_FLOAT64] = load_double,
};
/* *INDENT-ON* */

#undef DEFINE_TYPE

static Row
find_row (const RcPointField * fields, int32_t n_fields)
{
  int64_t size, n = 0;
  Row row = { 0 };

  if (n_fields < 1)
    return row;
  row.f64 = fields[0].dtype == RC_FLOAT64;
  row.offset = fields[0].offset;
  size = row.f64 ? 8 : 4;
  for (int32_t f = 0; f < n_fields; f++) {
    if (fields[f].dtype != (row.f64 ? RC_FLOAT64 : RC_FLOAT32)
        || fields[f].offset != row.offset + n * size || fields[f].count > 4 - n)
      return row;
    n += fields[f].count;
  }
  row.n = n > 1 ? (int) n : 0;
  return row;
}

static inline void
load_4 (const uint8_t * src, bool f64, Double4 * out)
{
  Float4 v;

  if (f64) {
    memcpy (out, src, sizeof (*out));
  } else {
    memcpy (&v, src, sizeof (v));
    *out = __builtin_convertvector (v, Double4);
  }
}

/* How many of the block's points can be loaded whole: the cloud's last one may
 * have nothing behind it, and is copied to `last`. */
static int
whole_points (const Run * r, const Row * row, int64_t first, int n,
    uint8_t last[32])
{
  size_t size = row->f64 ? 8 : 4;

  if (first + n < r->n_points
      || row->offset + 4 * (int64_t) size <= r->step)
    return n;
  memset (last, 0, 32);
  memcpy (last, r->points + (first + n - 1) * r->step + row->offset,
      (size_t) row->n * size);
  return n - 1;
}

/* Points [i, end) of the block from src. Inline, for one loop per type. */
static inline void
split_row (Block * b, const uint8_t * src, int64_t step, int i, int end,
    bool f64)
{
  for (; i < end; i++, src += step) {
    Double4 v;

    load_4 (src, f64, &v);
    b->x[0][i] = v[0];
    b->x[1][i] = v[1];
    b->x[2][i] = v[2];
  }
}

static void
load_coordinates (Run * r, int64_t first, int n)
{
  const RcPointField *xyz = r->v->config.xyz;
  const uint8_t *src = r->points + first * r->step;
  Block *b = &r->block;

  if (r->xyz_row.n) {
    uint8_t last[32];
    int whole = whole_points (r, &r->xyz_row, first, n, last);

    src += r->xyz_row.offset;
    if (r->xyz_row.f64)
      split_row (b, src, r->step, 0, whole, true);
    else
      split_row (b, src, r->step, 0, whole, false);
    split_row (b, last, 0, whole, n, r->xyz_row.f64);
  } else {
    for (int a = 0; a < 3; a++)
      load[xyz[a].dtype] (src + xyz[a].offset, r->step, n, b->x[a]);
  }
  for (int a = 0; a < 3; a++)
    for (int i = n; i < BLOCK; i++)
      b->x[a][i] = NAN;
}

/* ---- cells ---- */

#ifdef RC_VOXEL_GUESS
/* The cells of one axis without divisions; false where many are in doubt. Loops
 * over whole blocks have a constant length, which lets compilers use vectors at
 * -O2. */
static bool
guess_axis (Block * b, int a, const RcVoxelGuess * guess, double max)
{
  const RcVoxelGuess g = *guess;
  const double *x = b->x[a];
  int32_t *index = b->index[a];
  int32_t inside[BLOCK], doubt[BLOCK], any = 0, n = 0;

  for (int i = 0; i < BLOCK; i++) {
    inside[i] = rc_voxel_axis_guess (x[i], &g, &index[i], &doubt[i]);
    any |= doubt[i];
  }
  for (int i = 0; any && i < BLOCK; i++) {
    if (!doubt[i])
      continue;
    if (++n > MAX_DOUBTS)
      return false;
    inside[i] = rc_voxel_axis (x[i], g.min, g.size, INFINITY, g.dims,
        &index[i]);
  }
  if (max < INFINITY) {
    for (int i = 0; i < BLOCK; i++)
      inside[i] &= x[i] < max;
  }
  for (int i = 0; i < BLOCK; i++)
    b->inside[i] &= inside[i];
  return true;
}
#endif

/* The cells of one axis. */
static void
index_axis (Run * r, int a)
{
  const RcVoxelizerConfig *c = &r->v->config;
  double min = c->min[a], size = c->size[a], max = c->max[a];
  double dims = (double) c->dims[a];
  Block *b = &r->block;
  const double *x = b->x[a];
  int32_t *index = b->index[a];

#ifdef RC_VOXEL_GUESS
  if (r->divide[a] == 0) {
    if (guess_axis (b, a, &r->guess[a], max))
      return;
    /* a grid on which points lie on borders: float64, or halves of a metre */
    r->divide[a] = DIVIDE_BLOCKS;
  } else if (r->divide[a] > 0) {
    r->divide[a]--;
  }
#endif
  for (int i = 0; i < BLOCK; i++)
    b->inside[i] &= rc_voxel_axis (x[i], min, size, max, dims, &index[i]);
}

/* Finds the cells of points [first, first + n) and counts what is skipped;
 * returns how many are inside. */
static int
index_block (Run * r, int64_t first, int n)
{
  const RcVoxelizer *v = r->v;
  const RcVoxelizerConfig *c = &v->config;
  Block *b = &r->block;
  const int32_t *outer = b->index[v->outer], *middle = b->index[v->middle];
  const int32_t *inner = b->index[v->inner];
  int64_t n_middle = c->dims[v->middle], n_inner = c->dims[v->inner];
  int32_t n_inside = 0, n_finite = 0;

  for (int i = 0; i < BLOCK; i++)
    b->inside[i] = 1;
  load_coordinates (r, first, n);
  for (int a = 0; a < 3; a++)
    index_axis (r, a);
  for (int i = 0; i < BLOCK; i++)
    n_inside += b->inside[i];
  if (v->cells <= INT32_MAX) {
    int32_t rows = (int32_t) n_middle, cells = (int32_t) n_inner;

    for (int i = 0; i < BLOCK; i++) {
      int32_t key = (outer[i] * rows + middle[i]) * cells + inner[i];

      b->key[i + 1] = b->inside[i] ? key : -1;
    }
  } else {
    for (int i = 0; i < BLOCK; i++) {
      int64_t key = (outer[i] * n_middle + middle[i]) * n_inner + inner[i];

      b->key[i + 1] = b->inside[i] ? key : -1;
    }
  }
  r->stats.inside += n_inside;
  if (n_inside == n)
    return n_inside;
  for (int i = 0; i < BLOCK; i++)
    n_finite += rc_voxel_is_finite (b->x[0][i])
        && rc_voxel_is_finite (b->x[1][i]) && rc_voxel_is_finite (b->x[2][i]);
  r->stats.outside += n_finite - n_inside;
  r->stats.non_finite += n - n_finite;
  return n_inside;
}
