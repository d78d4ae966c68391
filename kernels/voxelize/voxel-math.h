/* SPDX-License-Identifier: Apache-2.0 */
/* The mathematics of one point and one voxel, written once for C and CUDA C.
 * voxelize.h states what these formulas promise. Everything here is exact or a
 * single IEEE operation per step, so that all machines give the same bits. */
#pragma once

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "../common/hd.h"

#define RC_VOXEL_NAN_BITS 0x7fc00000u
#define RC_VOXEL_INF_HIGH 0x7ff00000u

/* A voxel's sum that met a value that is not finite. Sums of finite values stay
 * within 2^62 in magnitude. */
#define RC_VOXEL_POISON INT64_MIN

/* 1.5 * 2^52, around which the float64 numbers are the integers, and its bits */
#define RC_VOXEL_SHIFT 0x1.8p52
#define RC_VOXEL_SHIFT_BITS UINT64_C (0x4338000000000000)

/* The upper half of |v|: as an integer it has the order of the magnitudes, and
 * NaN and infinity are RC_VOXEL_INF_HIGH or more. */
RC_HD uint32_t
rc_voxel_high (double v)
{
  uint64_t bits;

  memcpy (&bits, &v, sizeof (bits));
  return (uint32_t) (bits >> 32) & 0x7fffffffu;
}

RC_HD uint32_t
rc_voxel_bits32 (float v)
{
  uint32_t bits;

  memcpy (&bits, &v, sizeof (bits));
  return bits;
}

RC_HD float
rc_voxel_from_bits32 (uint32_t bits)
{
  float v;

  memcpy (&v, &bits, sizeof (v));
  return v;
}

/* 2^k for -1022 <= k <= 1023. */
RC_HD double
rc_voxel_exp2 (int k)
{
  uint64_t bits = (uint64_t) (k + 1023) << 52;
  double v;

  memcpy (&v, &bits, sizeof (v));
  return v;
}

RC_HD bool
rc_voxel_is_finite (double v)
{
  return fabs (v) <= 1.7976931348623157e308;
}

/* Index on one axis; false, and *index 0, when the coordinate is not inside.
 * The quotient is checked before it becomes an integer, and for a quotient in
 * [0, dims) cutting the fraction off is the floor. */
RC_HD bool
rc_voxel_axis (double x, double min, double size, double max, double dims,
    int32_t * index)
{
  double q = (x - min) / size;
  bool inside = (q >= 0.0) & (q < dims) & (x < max);

  *index = (int32_t) (inside ? q : 0.0);
  return inside;
}

/* What rc_voxel_axis_guess () needs of an axis. */
typedef struct
{
  double min, size;
  double first, last;           /* d is clamped to these, half a cell outside */
  double low, high;             /* 1 / size less and plus four roundings */
  int32_t dims;
} RcVoxelGuess;

/* False where the reciprocal or the clamped index could leave its type. */
RC_HD bool
rc_voxel_guess_init (RcVoxelGuess * g, double min, double size, int64_t dims)
{
  double inverse = 1 / size;

  g->min = min;
  g->size = size;
  g->first = -0.5 * size;
  g->last = ((double) dims + 0.5) * size;
  g->low = inverse * (1 - 0x1p-50);
  g->high = inverse * (1 + 0x1p-50);
  g->dims = (int32_t) (dims <= 1 << 30 ? dims : 0);
  return g->dims > 0 && size >= 0x1p-900 && g->last <= 0x1p900;
}

/* rc_voxel_axis () with max = Inf and no division. Where *doubt is not 0, the
 * index may be wrong and has to be found by division.
 *
 * With d = x - min, s the size and q the rounded quotient d / s, lower - 1 and
 * upper - 1 lie on both sides of floor (q):
 * - q >= j >= 0, so d * high >= j (or d is a negative number whose quotient is
 *   -0, and 1 + d * high rounds to 1): upper >= j + 1;
 * - q < j, j >= 1: d * low < j * (1 - 2^-51), and adding 1 rounds by at most
 *   (j + 1) * 2^-53 <= j * 2^-52: lower < j + 1;
 * - q < 0: lower < 1, outside.
 * So where they agree, they are floor (q) + 1, or both are outside. */
RC_HD bool
rc_voxel_axis_guess (double x, const RcVoxelGuess * g, int32_t * index,
    int32_t * doubt)
{
  double d = x - g->min;
  int32_t lower, upper;
  bool inside;

  d = d > g->first ? d : g->first;      /* NaN too */
  d = d < g->last ? d : g->last;
  lower = (int32_t) fma (d, g->low, 1 - 0x1p-53);
  upper = (int32_t) fma (d, g->high, 1.0);
  *doubt = lower ^ upper;
  inside = (uint32_t) lower - 1 < (uint32_t) g->dims;
  *index = inside ? lower - 1 : 0;
  return inside;
}

/* The same for coordinates that are float32, in float32. */
typedef struct
{
  float inverse, offset;        /* index = floor (x * inverse + offset) */
  float last;                   /* half a cell outside */
  float sure;                   /* 1/2 less what the product may be wrong by */
  int32_t dims;
} RcVoxelGuess32;

/* False where float32 cannot tell most cells apart, or a factor is no normal number. */
RC_HD bool
rc_voxel_guess32_init (RcVoxelGuess32 * g, double min, double size,
    int64_t dims)
{
  double n = (double) dims, low = fabs (min / size), high = fabs (min / size
      + n);
  double far = (low > high ? low : high) + 2;
  double error = (2 * far + n + 2) * 0x1p-23;

  g->inverse = (float) (1 / size);
  g->offset = (float) (-min / size);
  g->last = (float) (n + 0.5);
  g->sure = (float) (0.5 - error);
  g->dims = (int32_t) (dims <= 1 << 20 ? dims : 0);
  return g->dims > 0 && error <= 0.25 && g->inverse >= 0x1p-100f
      && g->inverse <= 0x1p100f;
}

/* rc_voxel_axis () with max = Inf. Where *doubt, the index may be wrong and has to be
 * found by division.
 *
 * With r the exact (x - min) / size, t differs from it for the rounding of inverse
 * (by at most |x| / size * 2^-24), of offset (|min| / size * 2^-24) and of fma ()
 * (|t| * 2^-24). For -2 <= r <= dims + 2 that is half of the error above at most, and
 * the quotient of rc_voxel_axis () differs from r by far less than the other half: where
 * t lies further than the error from all integers, the floors are equal. Beyond, t is
 * wrong by at most |r| * 2^-22 + 1/4, which leaves it outside of the grid. */
RC_HD bool
rc_voxel_axis_guess32 (float x, const RcVoxelGuess32 * g, int32_t * index,
    bool * doubt)
{
  float t = fmaf (x, g->inverse, g->offset), whole;
  bool inside;

  t = t > -1.5f ? t : -1.5f;    /* NaN too */
  t = t < g->last ? t : g->last;
  whole = floorf (t);
  *doubt = fabsf (t - whole - 0.5f) > g->sure;
  *index = (int32_t) whole;
  inside = (uint32_t) *index < (uint32_t) g->dims;
  *index = inside ? *index : 0;
  return inside;
}

/* Slot of a linear index in a table of 2^(64 - shift) (multiplication by the
 * golden ratio, Knuth, TAOCP 3, 6.4). Results never depend on it. */
RC_HD uint64_t
rc_voxel_hash (int64_t key, int shift)
{
  return ((uint64_t) key * 0x9e3779b97f4a7c15ull) >> shift;
}

/* float32 with the one NaN. */
RC_HD float
rc_voxel_to_float (double v)
{
  return v == v ? (float) v : rc_voxel_from_bits32 (RC_VOXEL_NAN_BITS);
}

/* k of the contract, from the number of points and rc_voxel_high () of the
 * largest finite |v| (0: no value). It lies in [-993, 1000], so that 2^k and 2^-k are
 * normal numbers. */
RC_HD int
rc_voxel_mean_exponent (int64_t n_points, uint32_t max_high)
{
  int n = 0, e, k;

  while (n < 62 && ((int64_t) 1 << n) < n_points)
    n++;
  /* a subnormal is < 2^-1022 = 2^e too, which k's limit makes irrelevant */
  e = (int) (max_high >> 20) - 1022;
  k = 62 - n - e;
  return k < 1000 ? k : 1000;
}

/* rint (v * 2^k); |v| must respect the bound that made k. */
RC_HD int64_t
rc_voxel_fix (double v, double scale)
{
  return (int64_t) llrint (v * scale);
}

/* Whether k makes |v * 2^k| < 2^51 for all values: n >= 11. */
RC_HD bool
rc_voxel_fits_shift (int64_t n_points)
{
  return n_points > 1024;
}

/* rc_voxel_fix () of such values, in operations that all vectors have: the
 * addition rounds, and the bits of what comes out count from the shift. */
RC_HD int64_t
rc_voxel_fix_shift (double v, double scale)
{
  double shifted = v * scale + RC_VOXEL_SHIFT;
  int64_t bits;

  memcpy (&bits, &shifted, sizeof (bits));
  return (int64_t) ((uint64_t) bits - RC_VOXEL_SHIFT_BITS);
}

RC_HD float
rc_voxel_mean (int64_t sum, int64_t count, double inverse_scale)
{
  if (sum == RC_VOXEL_POISON)
    return rc_voxel_from_bits32 (RC_VOXEL_NAN_BITS);
  return (float) ((double) sum / (double) count * inverse_scale);
}

/* float32 to an unsigned key of the same order, -0 < +0, so that min and max
 * are integer operations in any order. NaN becomes the key that wins: 0 for
 * min, all ones for max. */
RC_HD uint32_t
rc_voxel_order_key (float v, uint32_t nan_key)
{
  uint32_t bits = rc_voxel_bits32 (v);

  if (v != v)
    return nan_key;
  return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

RC_HD float
rc_voxel_order_value (uint32_t key)
{
  uint32_t bits = key & 0x80000000u ? key & 0x7fffffffu : ~key;

  if (key == 0 || key == UINT32_MAX)
    bits = RC_VOXEL_NAN_BITS;
  return rc_voxel_from_bits32 (bits);
}
