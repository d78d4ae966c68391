/* SPDX-License-Identifier: Apache-2.0 */
/* Every mode of the voxelizer against a naive reference that shares no code
 * with it: one voxel at a time, a loop over all points. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "voxelize/voxelize.h"
#include "voxelrandom.h"

/* An unaligned point: every offset is odd. */
#define STEP 39
enum
{
  F_X, F_Y, F_Z, F_I8, F_U16, F_I64, F_F64, F_F32X2, N_FIELDS
};
static const RcPointField layout[N_FIELDS] = {
  [F_X] = {RC_FLOAT32, 1, 1},
  [F_Y] = {RC_FLOAT64, 5, 1},
  [F_Z] = {RC_INT16, 13, 1},
  [F_I8] = {RC_INT8, 0, 1},
  [F_U16] = {RC_UINT16, 15, 1},
  [F_I64] = {RC_INT64, 17, 1},
  [F_F32X2] = {RC_FLOAT32, 25, 2},
  [F_F64] = {RC_FLOAT64, 31, 1},        /* overlaps the second float on purpose */
};

static double
get (const RcPointField * f, const uint8_t * p, int64_t i)
{
  float f32;
  double f64;
  int16_t i16;
  uint16_t u16;
  int64_t i64;

  p += f->offset + i * (int64_t) rc_dtype_size (f->dtype);
  switch (f->dtype) {
    case RC_FLOAT32:
      memcpy (&f32, p, 4);
      return f32;
    case RC_FLOAT64:
      memcpy (&f64, p, 8);
      return f64;
    case RC_INT16:
      memcpy (&i16, p, 2);
      return i16;
    case RC_UINT16:
      memcpy (&u16, p, 2);
      return u16;
    case RC_INT64:
      memcpy (&i64, p, 8);
      return (double) i64;
    case RC_INT8:
      return *(const int8_t *) p;
    default:
      ck_abort_msg ("type %d", f->dtype);
  }
}

static uint8_t *
make_cloud (int n, bool adversarial)
{
  static const double odd[] = { NAN, INFINITY, -INFINITY, -0.0, 1e300, -1e300,
    5e-324, 3e9, -3e9, 1.0, 0.5, -2.0
  };
  uint8_t *points = malloc ((size_t) n * STEP + 1);

  for (int i = 0; i < n; i++) {
    uint8_t *p = points + (size_t) i * STEP;
    float x = (float) uniform (-2.5, 2.5);
    double y = uniform (-2.5, 2.5);
    int16_t z = (int16_t) (rnd () % 9 - 4);
    float a[2] = { (float) uniform (-100, 100), (float) uniform (-1e-3, 1) };
    double d = uniform (-1e4, 1e4);
    uint8_t rest[12];

    for (int j = 0; j < 12; j++)
      rest[j] = (uint8_t) rnd ();
    if (rnd () % 8 == 0)
      x = (float) (int) x;      /* on a border */
    if (adversarial && rnd () % 4 == 0)
      x = (float) odd[rnd () % 12];
    if (adversarial && rnd () % 4 == 0)
      y = odd[rnd () % 12];
    if (adversarial && rnd () % 8 == 0)
      a[0] = (float) odd[rnd () % 12];
    if (adversarial && rnd () % 8 == 0)
      d = odd[rnd () % 12];
    p[0] = rest[0];
    memcpy (p + 1, &x, 4);
    memcpy (p + 5, &y, 8);
    memcpy (p + 13, &z, 2);
    memcpy (p + 15, rest + 2, 10);
    memcpy (p + 25, a, 8);
    memcpy (p + 31, &d, 8);
  }
  return points;
}

static RcVoxelizerConfig
make_config (RcVoxelMode mode, const RcPointField * fields, int n_fields)
{
  RcVoxelizerConfig c;

  rc_voxelizer_config_init (&c, mode);
  c.point_step = STEP;
  for (int a = 0; a < 3; a++) {
    c.xyz[a] = layout[F_X + a];
    c.min[a] = -2;
    c.size[a] = a == 2 ? 1.5 : 0.4;
    c.dims[a] = a == 2 ? 3 : 10;
    c.max[a] = a == 0 ? 1.9 : 2;
  }
  c.fields = fields;
  c.n_fields = n_fields;
  return c;
}

/* 1 inside, 0 outside, -1 not finite; i in x, y, z. */
static int
cell_of (const RcVoxelizerConfig * c, const uint8_t * p, int64_t i[3])
{
  int in = 1;

  for (int a = 0; a < 3; a++) {
    if (!isfinite (get (&c->xyz[a], p, 0)))
      return -1;
  }
  for (int a = 0; a < 3; a++) {
    double x = get (&c->xyz[a], p, 0);
    double q = floor ((x - c->min[a]) / c->size[a]);

    if (!(q >= 0 && q < (double) c->dims[a] && x < c->max[a]))
      in = 0;
    else
      i[a] = (int64_t) q;
  }
  return in;
}

static int64_t
linear (const RcVoxelizerConfig * c, const int64_t i[3])
{
  if (c->axis_order == RC_AXES_ZYX)
    return (i[2] * c->dims[1] + i[1]) * c->dims[0] + i[0];
  return (i[0] * c->dims[1] + i[1]) * c->dims[2] + i[2];
}

static bool
less (float a, float b)
{
  return a < b || (a == b && signbit (a) && !signbit (b));
}

static float
quiet (float v)
{
  uint32_t bits = 0x7fc00000;

  if (v != v)
    memcpy (&v, &bits, 4);
  return v;
}

static int
bits_for (int64_t n)
{
  int b = 0;

  while (((int64_t) 1 << b) < n)
    b++;
  return b;
}

/* The feature of a voxel from the contract's text; idx: its points, in order */
static float
reference (const RcVoxelizerConfig * c, const uint8_t * points, int n_points,
    const RcPointField * f, int64_t ch, const int *idx, int n)
{
  RcVoxelMode mode = c->mode;
  float best = 0;
  int64_t cell[3], sum = 0, inside = 0;
  double max = 0;
  int e, k;

  if (mode == RC_VOXEL_MIN || mode == RC_VOXEL_MAX) {
    for (int i = 0; i < n; i++) {
      float v = (float) get (f, points + (size_t) idx[i] * STEP, ch);

      if (v != v)
        return quiet (v);
      if (i == 0 || (mode == RC_VOXEL_MIN ? less (v, best) : less (best, v)))
        best = v;
    }
    return best;
  }
  for (int i = 0; i < n_points; i++) {
    const uint8_t *p = points + (size_t) i * STEP;

    if (cell_of (c, p, cell) == 1) {
      double v = fabs (get (f, p, ch));

      inside++;
      if (isfinite (v) && v > max)
        max = v;
    }
  }
  frexp (max, &e);
  if (max == 0)
    e = -1022;
  k = 62 - bits_for (inside) - e;
  k = k > 1000 ? 1000 : k;
  for (int i = 0; i < n; i++) {
    double v = get (f, points + (size_t) idx[i] * STEP, ch);

    if (!isfinite (v))
      return quiet (NAN);
    sum += (int64_t) rint (ldexp (v, k));
  }
  return (float) ldexp ((double) sum / n, -k);
}

/* Groups the points by voxel in order of first appearance. */
typedef struct
{
  int64_t key;
  int64_t cell[3];
  int *idx;
  int n;
} Group;

static Group *
group_points (const RcVoxelizerConfig * c, const uint8_t * points, int n,
    int *n_groups, RcVoxelStats * stats)
{
  Group *groups = calloc ((size_t) n + 1, sizeof (*groups));

  memset (stats, 0, sizeof (*stats));
  *n_groups = 0;
  for (int i = 0; i < n; i++) {
    int64_t cell[3], key;
    int in = cell_of (c, points + (size_t) i * STEP, cell), g;

    stats->points++;
    stats->inside += in == 1;
    stats->outside += in == 0;
    stats->non_finite += in == -1;
    if (in != 1)
      continue;
    key = linear (c, cell);
    for (g = 0; g < *n_groups && groups[g].key != key; g++);
    if (g == *n_groups) {
      (*n_groups)++;
      groups[g].key = key;
      memcpy (groups[g].cell, cell, sizeof (cell));
      groups[g].idx = malloc ((size_t) n * sizeof (int));
    }
    groups[g].idx[groups[g].n++] = i;
  }
  stats->voxels = *n_groups;
  return groups;
}

static void
free_groups (Group * groups, int n)
{
  for (int g = 0; g < n; g++)
    free (groups[g].idx);
  free (groups);
}

static void
assert_stats (const RcVoxelStats * a, const RcVoxelStats * b)
{
  ck_assert_int_eq (a->points, b->points);
  ck_assert_int_eq (a->inside, b->inside);
  ck_assert_int_eq (a->outside, b->outside);
  ck_assert_int_eq (a->non_finite, b->non_finite);
  ck_assert_int_eq (a->voxels, b->voxels);
  ck_assert_int_eq (a->dropped_voxels, b->dropped_voxels);
  ck_assert_int_eq (a->dropped_voxel_points, b->dropped_voxel_points);
  ck_assert_int_eq (a->dropped_points, b->dropped_points);
}

static RcVoxelizer *
new_voxelizer (const RcVoxelizerConfig * c)
{
  RcError error = { 0 };
  RcVoxelizer *v = rc_voxelizer_new (c, &error);

  ck_assert_msg (v != NULL, "%s", error.message);
  return v;
}

static const RcPointField features[] = {
  {RC_FLOAT32, 25, 2}, {RC_INT8, 0, 1}, {RC_UINT16, 15, 1}, {RC_INT64, 17, 1},
  {RC_FLOAT64, 31, 1}, {RC_FLOAT64, 5, 1}
};

#define N_FEATURES 6
#define N_CHANNELS 7

/* Reference value of channel ch, over all fields. */
static float
channel_reference (const RcVoxelizerConfig * c, const uint8_t * points, int n,
    int ch, const Group * g, int used)
{
  int f = ch < 2 ? 0 : ch - 1;

  return reference (c, points, n, &features[f], ch < 2 ? ch : 0, g->idx, used);
}

static void
check_dense (RcVoxelMode mode, RcVoxelType type, RcAxisOrder order, int n,
    bool adversarial, RcVoxelWorkspace * w)
{
  RcVoxelizerConfig c = make_config (mode, features, N_FEATURES);
  uint8_t *points = make_cloud (n, adversarial);
  const int cells = 300;
  RcVoxelStats want, got;
  RcVoxelizer *v;
  size_t bytes;
  uint8_t *out, *expected;
  Group *groups;
  int n_groups;

  c.type = type;
  c.axis_order = order;
  c.fill = adversarial ? NAN : -7.25;
  groups = group_points (&c, points, n, &n_groups, &want);
  v = new_voxelizer (&c);
  bytes = rc_voxelizer_bytes (v);
  out = malloc (bytes);
  expected = calloc (1, bytes);
  memset (out, 0xa5, bytes);
  if (mode >= RC_VOXEL_MEAN) {
    ck_assert_int_eq (rc_voxelizer_channels (v), N_CHANNELS);
    ck_assert_uint_eq (bytes, N_CHANNELS * cells * 4);
    for (int i = 0; i < N_CHANNELS * cells; i++)
      ((float *) expected)[i] = quiet ((float) c.fill);
  } else {
    ck_assert_int_eq (rc_voxelizer_channels (v), 0);
    ck_assert_uint_eq (bytes, type == RC_VOXEL_U8 ? cells :
        type == RC_VOXEL_BITS ? (cells + 7) / 8 : cells * 4);
  }
  for (int g = 0; g < n_groups; g++) {
    int64_t key = groups[g].key;
    uint32_t value = mode == RC_VOXEL_COUNT ? (uint32_t) groups[g].n : 1;

    if (mode >= RC_VOXEL_MEAN) {
      for (int ch = 0; ch < N_CHANNELS; ch++)
        ((float *) expected)[ch * cells + key] =
            channel_reference (&c, points, n, ch, &groups[g], groups[g].n);
    } else if (type == RC_VOXEL_U8) {
      expected[key] = 1;
    } else if (type == RC_VOXEL_BITS) {
      expected[key / 8] |= (uint8_t) (1 << key % 8);
    } else if (type == RC_VOXEL_U32) {
      ((uint32_t *) expected)[key] = value;
    } else {
      ((float *) expected)[key] = (float) value;
    }
  }
  ck_assert_int_eq (rc_voxelize_dense (v, w, points, n, out, &got, NULL),
      RC_OK);
  ck_assert_mem_eq (out, expected, bytes);
  assert_stats (&got, &want);
  free_groups (groups, n_groups);
  rc_voxelizer_free (v);
  free (points);
  free (out);
  free (expected);
}

START_TEST (test_dense)
{
  static const struct
  {
    RcVoxelMode mode;
    RcVoxelType type;
  } cases[] = {
    {RC_VOXEL_OCCUPANCY, RC_VOXEL_U8}, {RC_VOXEL_OCCUPANCY, RC_VOXEL_U32},
    {RC_VOXEL_OCCUPANCY, RC_VOXEL_F32}, {RC_VOXEL_OCCUPANCY, RC_VOXEL_BITS},
    {RC_VOXEL_COUNT, RC_VOXEL_U32}, {RC_VOXEL_COUNT, RC_VOXEL_F32},
    {RC_VOXEL_MEAN, RC_VOXEL_U8}, {RC_VOXEL_MIN, RC_VOXEL_U8},
    {RC_VOXEL_MAX, RC_VOXEL_U8}
  };
  static const int sizes[] = { 0, 1, 2, 255, 256, 257, 900 };
  RcVoxelWorkspace *w = rc_voxel_workspace_new ();

  for (int s = 0; s < 7; s++)
    for (int order = 0; order < 2; order++)
      for (int adversarial = 0; adversarial < 2; adversarial++)
        check_dense (cases[_i].mode, cases[_i].type, order, sizes[s],
            adversarial, w);
  rc_voxel_workspace_free (w);
}

END_TEST static void
check_sparse (RcVoxelMode mode, RcAxisOrder order, int n, int max_points,
    int max_voxels, bool adversarial, bool pad, RcVoxelWorkspace * w)
{
  RcVoxelizerConfig c = make_config (mode, features, N_FEATURES);
  uint8_t *points = make_cloud (n, adversarial);
  int n_groups, kept, slots = mode == RC_VOXEL_SPARSE_POINTS ? max_points : 1;
  size_t row = (size_t) slots * N_CHANNELS;
  int32_t *coords = malloc ((size_t) max_voxels * 12);
  int32_t *counts = malloc ((size_t) max_voxels * 4);
  float *out = malloc ((size_t) max_voxels * row * 4);
  float fill = quiet (adversarial ? NAN : 3.5f);
  RcVoxels voxels = { coords, out, counts, pad, -1 };
  RcVoxelStats want, got;
  Group *groups;
  RcVoxelizer *v;

  c.axis_order = order;
  c.max_points = max_points;
  c.max_voxels = max_voxels;
  c.fill = fill;
  memset (coords, 0x5a, (size_t) max_voxels * 12);
  memset (counts, 0x5a, (size_t) max_voxels * 4);
  memset (out, 0x5a, (size_t) max_voxels * row * 4);
  groups = group_points (&c, points, n, &n_groups, &want);
  kept = n_groups < max_voxels ? n_groups : max_voxels;
  v = new_voxelizer (&c);
  ck_assert_uint_eq (rc_voxelizer_bytes (v), (size_t) max_voxels * row * 4);
  for (int g = kept; g < n_groups; g++) {
    want.dropped_voxels++;
    want.dropped_voxel_points += groups[g].n;
  }
  for (int g = 0; max_points && g < kept; g++)
    want.dropped_points +=
        groups[g].n > max_points ? groups[g].n - max_points : 0;
  ck_assert_int_eq (rc_voxelize_sparse (v, w, points, n, &voxels, &got, NULL),
      RC_OK);
  assert_stats (&got, &want);
  ck_assert_int_eq (voxels.voxels, kept);
  for (int g = 0; g < kept; g++) {
    int used = max_points && groups[g].n > max_points ? max_points
        : groups[g].n;

    ck_assert_int_eq (counts[g], used);
    for (int a = 0; a < 3; a++)
      ck_assert_int_eq (coords[g * 3 + a],
          groups[g].cell[order == RC_AXES_ZYX ? 2 - a : a]);
    for (int ch = 0; ch < N_CHANNELS; ch++) {
      for (int s = 0; s < slots; s++) {
        float value = fill;

        if (mode == RC_VOXEL_SPARSE_MEAN) {
          value = channel_reference (&c, points, n, ch, &groups[g], used);
        } else if (s < used) {
          int f = ch < 2 ? 0 : ch - 1;

          value = quiet ((float) get (&features[f],
                  points + (size_t) groups[g].idx[s] * STEP, ch < 2 ? ch : 0));
        }
        ck_assert_mem_eq (&out[(size_t) g * row + s * N_CHANNELS + ch],
            &value, 4);
      }
    }
  }
  for (int g = kept; g < max_voxels; g++) {
    ck_assert_int_eq (counts[g], pad ? 0 : 0x5a5a5a5a);
    ck_assert_int_eq (coords[g * 3 + 2], pad ? -1 : 0x5a5a5a5a);
    for (size_t i = 0; pad && i < row; i++)
      ck_assert_mem_eq (&out[(size_t) g * row + i], &fill, 4);
  }
  free_groups (groups, n_groups);
  rc_voxelizer_free (v);
  free (points);
  free (coords);
  free (counts);
  free (out);
}

START_TEST (test_sparse)
{
  static const int sizes[] = { 0, 1, 256, 257, 1000 };
  RcVoxelWorkspace *w = rc_voxel_workspace_new ();
  RcVoxelMode mode = _i ? RC_VOXEL_SPARSE_POINTS : RC_VOXEL_SPARSE_MEAN;

  for (int s = 0; s < 5; s++)
    for (int round = 0; round < 8; round++)
      check_sparse (mode, round & 1, sizes[s], _i ? 1 + round : round % 4,
          round & 2 ? 300 : 1 + 17 * round, round & 4, round & 1, w);
  rc_voxel_workspace_free (w);
}

END_TEST
/* The mean does not depend on the order of the points. */
START_TEST (test_mean_order)
{
  RcVoxelizerConfig c = make_config (RC_VOXEL_MEAN, features, N_FEATURES);
  const int n = 2000;
  uint8_t *points = make_cloud (n, true), *other = malloc ((size_t) n * STEP);
  RcVoxelizer *v = new_voxelizer (&c);
  RcVoxelWorkspace *w = rc_voxel_workspace_new ();
  size_t bytes = rc_voxelizer_bytes (v);
  float *a = malloc (bytes), *b = malloc (bytes);

  for (int i = 0; i < n; i++)   /* 1217 and 2000 have no common factor */
    memcpy (other + (size_t) (i * 1217 % n) * STEP,
        points + (size_t) i * STEP, STEP);
  ck_assert_int_eq (rc_voxelize_dense (v, w, points, n, a, NULL, NULL), RC_OK);
  ck_assert_int_eq (rc_voxelize_dense (v, w, other, n, b, NULL, NULL), RC_OK);
  ck_assert_mem_eq (a, b, bytes);
  rc_voxelizer_free (v);
  rc_voxel_workspace_free (w);
  free (points);
  free (other);
  free (a);
  free (b);
}

END_TEST
/* The fixed point stays within its stated bound, and the largest sums that can
 * occur do not overflow. */
START_TEST (test_mean_bound)
{
  static const double tops[] = { 64, 1.7976931348623157e308, 5e-324, 1, 0 };
  const double top = tops[_i];
  const int n = 4096;
  struct
  {
    double x, y, z, v;
  } *points = calloc ((size_t) n, sizeof (*points));
  RcPointField field = { RC_FLOAT64, 24, 1 };
  RcVoxelizerConfig c = make_config (RC_VOXEL_MEAN, &field, 1);
  RcVoxelWorkspace *w = rc_voxel_workspace_new ();
  RcVoxelizer *v;
  long double sum = 0;
  float got[300], want;
  int e, at = 0;

  c.point_step = sizeof (*points);
  for (int a = 0; a < 3; a++)
    c.xyz[a] = (RcPointField) {
    RC_FLOAT64, 8 * a, 1};
  for (int i = 0; i < n; i++) {
    points[i].v = i < n / 2 ? top : nextafter (top, 0);
    sum += points[i].v;
  }
  v = new_voxelizer (&c);
  ck_assert_int_eq (rc_voxelize_dense (v, w, points, n, got, NULL, NULL),
      RC_OK);
  while (at < 299 && got[at] == 0)
    at++;
  want = (float) (sum / n);
  frexp (top, &e);
  if (isinf (want))
    ck_assert (isinf (got[at]));
  else
    ck_assert_double_le (fabs ((double) got[at] - (double) (sum / n)),
        ldexp (1, 12 + e - 63) + fabs (want) * 0x1p-24);
  rc_voxelizer_free (v);
  rc_voxel_workspace_free (w);
  free (points);
}

END_TEST
/* Dense and sparse results of one workspace do not disturb each other, and a
 * second call of the same size allocates nothing. */
START_TEST (test_workspace)
{
  RcVoxelizerConfig c = make_config (RC_VOXEL_SPARSE_MEAN, features, 1);
  const int n = 40000;
  uint8_t *points = make_cloud (n, false);
  RcVoxelWorkspace *w = rc_voxel_workspace_new ();
  int32_t *coords = malloc ((size_t) n * 12), *counts = malloc ((size_t) n * 4);
  float *out = malloc ((size_t) n * 8);
  RcVoxels voxels = { coords, out, counts, false, 0 };
  RcVoxelizer *v;
  RcVoxelStats first, again;
  size_t bytes;

  for (int a = 0; a < 3; a++) {
    c.size[a] = 1e-3;
    c.dims[a] = 4000;
  }
  c.max_voxels = n;
  v = new_voxelizer (&c);
  ck_assert_int_eq (rc_voxelize_sparse (v, w, points, n, &voxels, &first,
          NULL), RC_OK);
  /* well over the first size of the table: it grew while it was in use */
  ck_assert_int_gt (first.voxels, 8000);
  bytes = rc_voxel_workspace_bytes (w);
  for (int i = 0; i < 3; i++) {
    ck_assert_int_eq (rc_voxelize_sparse (v, w, points, n, &voxels, &again,
            NULL), RC_OK);
    assert_stats (&first, &again);
    ck_assert_uint_eq (rc_voxel_workspace_bytes (w), bytes);
  }
  rc_voxelizer_free (v);
  rc_voxel_workspace_free (w);
  free (points);
  free (coords);
  free (counts);
  free (out);
}

END_TEST
/* A grid of the whole int32 range on two axes: indices and keys are exact. */
START_TEST (test_huge_grid)
{
  static const double points[][3] = {
    {0, 0, 0}, {2147483646.5, 2147483646.5, 1.5}, {2147483647, 0, 0},
    {-1e-300, 0, 0}, {2147483646.5, 0, 1}
  };
  RcPointField field = { RC_FLOAT64, 0, 1 };
  RcVoxelizerConfig c = make_config (RC_VOXEL_SPARSE_MEAN, &field, 1);
  RcVoxelWorkspace *w = rc_voxel_workspace_new ();
  int32_t coords[15], counts[5];
  float out[5];
  RcVoxels voxels = { coords, out, counts, true, 0 };
  RcVoxelStats stats;
  RcVoxelizer *v;

  c.point_step = 24;
  for (int a = 0; a < 3; a++) {
    c.xyz[a] = (RcPointField) {
    RC_FLOAT64, 8 * a, 1};
    c.min[a] = 0;
    c.size[a] = 1;
    c.dims[a] = a == 2 ? 2 : INT32_MAX;
    c.max[a] = INFINITY;
  }
  c.max_voxels = 5;
  v = new_voxelizer (&c);
  ck_assert_int_eq (rc_voxelize_sparse (v, w, points, 5, &voxels, &stats,
          NULL), RC_OK);
  ck_assert_int_eq (voxels.voxels, 3);
  ck_assert_int_eq (stats.outside, 2);
  ck_assert_int_eq (coords[3], 1);
  ck_assert_int_eq (coords[4], INT32_MAX - 1);
  ck_assert_int_eq (coords[5], INT32_MAX - 1);
  ck_assert_int_eq (coords[6], 1);
  ck_assert_int_eq (coords[7], 0);
  ck_assert_int_eq (coords[8], INT32_MAX - 1);
  rc_voxelizer_free (v);
  rc_voxel_workspace_free (w);
}

END_TEST                        /* Cells whose linear indices agree in their lower 32 bits are told apart. */
START_TEST (test_half_keys)
{
  static const float points[][3] = {
    {0, 0, 0}, {0, 0, 1}, {0, 0, 2}, {0, 0, 1}, {0, 0, 0}
  };
  RcPointField field = { RC_FLOAT32, 8, 1 };
  RcVoxelizerConfig c = make_config (RC_VOXEL_SPARSE_MEAN, &field, 1);
  RcVoxelWorkspace *w = rc_voxel_workspace_new ();
  int32_t coords[15], counts[5];
  float out[5];
  RcVoxels voxels = { coords, out, counts, false, 0 };
  RcVoxelizer *v;

  c.point_step = 12;
  for (int a = 0; a < 3; a++) {
    c.xyz[a] = (RcPointField) {
    RC_FLOAT32, 4 * a, 1};
    c.min[a] = 0;
    c.size[a] = 1;
    c.dims[a] = a == 2 ? 3 : 65536;
    c.max[a] = INFINITY;
  }
  c.max_voxels = 5;
  v = new_voxelizer (&c);
  ck_assert_int_eq (rc_voxelize_sparse (v, w, points, 5, &voxels, NULL, NULL),
      RC_OK);
  ck_assert_int_eq (voxels.voxels, 3);
  for (int i = 0; i < 3; i++) {
    ck_assert_int_eq (coords[3 * i], i);
    ck_assert_int_eq (counts[i], i == 2 ? 1 : 2);
    ck_assert_float_eq (out[i], (float) i);
  }
  rc_voxelizer_free (v);
  rc_voxel_workspace_free (w);
}

END_TEST int
main (void)
{
  Suite *s = suite_create ("voxelize");
  TCase *t = tcase_create ("core");
  SRunner *sr = srunner_create (s);
  int failed;

  seed = 20240601;
  tcase_add_loop_test (t, test_dense, 0, 9);
  tcase_add_loop_test (t, test_sparse, 0, 2);
  tcase_add_test (t, test_mean_order);
  tcase_add_loop_test (t, test_mean_bound, 0, 5);
  tcase_add_test (t, test_workspace);
  tcase_add_test (t, test_huge_grid);
  tcase_add_test (t, test_half_keys);
  suite_add_tcase (s, t);
  srunner_run_all (sr, CK_NORMAL);
  failed = srunner_ntests_failed (sr);
  srunner_free (sr);
  return failed ? 1 : 0;
}
