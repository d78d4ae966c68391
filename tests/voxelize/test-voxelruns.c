/* SPDX-License-Identifier: Apache-2.0 */
/* What the voxelizer does in a shorter way gives what the long way does: cells
 * without division, runs of neighbours looked up once, rows of channels. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "voxelize/voxel-math.h"
#include "voxelize/voxelize.h"
#include "voxelrandom.h"

/* ---- cells ---- */

#define N 700

typedef struct
{
  double x;
  float x32;
  int32_t number;               /* y: every point has a voxel of its own */
  int16_t x16, zero;
} Point;

/* A coordinate on, next to, or away from a border of the grid. Where they are
 * rare, most blocks have only a few that need the division. */
static double
coordinate (const RcVoxelizerConfig * c, bool rare)
{
  static const double odd[] = { NAN, INFINITY, -INFINITY, 1e300, -1e300, 0.0,
    -0.0, 5e-324, -5e-324, 1.7976931348623157e308
  };
  double x = c->min[0] + rint (uniform (-2, (double) c->dims[0] + 2))
      * c->size[0];

  if (rare && rnd () % 100 > 0)
    return c->min[0] + uniform (0, (double) c->dims[0]) * c->size[0];
  switch (rnd () % 8) {
    case 0:
      return odd[rnd () % 10];
    case 1:
      return uniform (-1.5, 1.5) * (double) c->dims[0] * c->size[0];
    case 2:
      return c->min[0];
    default:
      for (int i = (int)(rnd () % 7) - 3; i != 0; i += i < 0 ? 1 : -1)
        x = nextafter (x, i < 0 ? -INFINITY : INFINITY);
      return x;
  }
}

static const double sizes[] = { 0.05, 0.1, 0.2, 0.3, 1, 0.5, 3, 1e-6, 7e5,
  0x1p-899, 0x1p-901, 1e-290, 1e290
};

#define N_SIZES (int) (sizeof (sizes) / sizeof (sizes[0]))

/* Returns how many points the product with 1 / size would have moved. */
static int
check_cells (RcVoxelWorkspace * w, double size, int type)
{
  static const RcPointField fields[] = {
    {RC_FLOAT64, offsetof (Point, x), 1},
    {RC_FLOAT32, offsetof (Point, x32), 1}, {RC_INT16, offsetof (Point, x16), 1}
  };
  static const int64_t cells[] = { 1, 7, 1000, 3000, 1 << 30, INT32_MAX };
  static const double steps[] = { 0, -0.5, -3, 17, -1000, 0.3 };
  Point points[N];
  int32_t coords[N * 3], counts[N];
  float out[N];
  RcVoxels voxels = { coords, out, counts, false, 0 };
  RcVoxelStats stats, want = { 0 };
  RcVoxelizerConfig c;
  RcVoxelizer *v;
  RcError error = { 0 };
  int row = 0, moved = 0;
  bool rare = rnd () % 4 > 0;

  rc_voxelizer_config_init (&c, RC_VOXEL_SPARSE_MEAN);
  c.point_step = sizeof (Point);
  c.xyz[0] = fields[type];
  c.xyz[1] = (RcPointField) {
  RC_INT32, offsetof (Point, number), 1};
  c.xyz[2] = (RcPointField) {
  RC_INT16, offsetof (Point, zero), 1};
  c.fields = &c.xyz[1];
  c.n_fields = 1;
  for (int a = 0; a < 3; a++) {
    c.size[a] = a == 0 ? size : 1;
    c.dims[a] = a == 0 ? cells[rnd () % 6] : a == 1 ? N : 1;
  }
  c.min[0] = steps[rnd () % 6] * size;
  if (rnd () % 2)
    c.max[0] = c.min[0] + uniform (0.1, 1) * (double) c.dims[0] * size;
  for (int i = 0; i < N; i++) {
    Point *p = &points[i];
    double x = coordinate (&c, rare), q;

    memset (p, 0, sizeof (*p));
    p->x = x;
    p->x32 = (float) x;
    p->x16 = (int16_t) (fabs (x) < 32000 ? x : 0);
    p->number = i;
    x = type == 0 ? p->x : type == 1 ? p->x32 : p->x16;
    q = floor ((x - c.min[0]) / size);
    if (!isfinite (x)) {
      want.non_finite++;
    } else if (q >= 0 && q < (double) c.dims[0] && x < c.max[0]) {
      moved += floor ((x - c.min[0]) * (1 / size)) != q;
      want.inside++;
    } else {
      want.outside++;
    }
  }
  v = rc_voxelizer_new (&c, &error);
  ck_assert_msg (v != NULL, "%s", error.message);
  ck_assert_int_eq (rc_voxelize_sparse (v, w, points, N, &voxels, &stats,
          NULL), RC_OK);
  ck_assert_int_eq (stats.inside, want.inside);
  ck_assert_int_eq (stats.outside, want.outside);
  ck_assert_int_eq (stats.non_finite, want.non_finite);
  for (int i = 0; i < N; i++) {
    const Point *p = &points[i];
    double x = type == 0 ? p->x : type == 1 ? p->x32 : p->x16;
    double q = floor ((x - c.min[0]) / size);

    if (!(isfinite (x) && q >= 0 && q < (double) c.dims[0] && x < c.max[0]))
      continue;
    ck_assert_int_eq (coords[3 * row + 1], i);
    ck_assert_msg (coords[3 * row + 2] == (int32_t) q, "x=%a min=%a size=%a: "
        "cell %d instead of %.0f", x, c.min[0], size, coords[3 * row + 2], q);
    row++;
  }
  ck_assert_int_eq (voxels.voxels, row);
  rc_voxelizer_free (v);
  return moved;
}

START_TEST (test_cells)
{
  RcVoxelWorkspace *w = rc_voxel_workspace_new ();
  int moved = 0;

  seed = 20261127 + (uint64_t) _i;
  printf ("cells: seed %llu\n", (unsigned long long) seed);
  for (int round = 0; round < 100; round++)
    for (int s = 0; s < N_SIZES; s++)
      moved += check_cells (w, sizes[s], _i);
  printf ("cells: the product with 1 / size would move %d points\n", moved);
  ck_assert (_i == 2 || moved > 0);
  rc_voxel_workspace_free (w);
}

END_TEST;

/* Cells by float32, as devices find them: where it does not doubt, it is right. */
START_TEST (test_guess32)
{
  static const int64_t cells[] = { 1, 7, 128, 512, 3000, 100000, 1 << 20 };
  int used = 0, sure = 0, tried = 0;

  seed = 32;
  for (int round = 0; round < 3000; round++) {
    RcVoxelizerConfig c;
    RcVoxelGuess32 guess;

    c.size[0] = sizes[rnd () % N_SIZES];
    c.dims[0] = cells[rnd () % 7];
    c.min[0] = rint (uniform (-1.5, 0.5) * (double) c.dims[0]) * c.size[0];
    if (!rc_voxel_guess32_init (&guess, c.min[0], c.size[0], c.dims[0]))
      continue;
    used++;
    for (int i = 0; i < 200; i++) {
      float x = (float) coordinate (&c, i % 2);
      int32_t index, right;
      bool doubt, inside = rc_voxel_axis_guess32 (x, &guess, &index, &doubt);

      tried++;
      if (doubt)
        continue;
      sure++;
      ck_assert_msg (inside == rc_voxel_axis (x, c.min[0], c.size[0], INFINITY,
              (double) c.dims[0], &right) && index == right,
          "x=%a min=%a size=%a: cell %d (%d), not %d", x, c.min[0], c.size[0],
          index, inside, right);
    }
  }
  /* most grids, and most of what does not lie on borders */
  ck_assert_int_gt (used, 1000);
  ck_assert_int_gt (sure, tried / 2);
}

END_TEST;

/* ---- runs and rows ---- */
#define MAX_CHANNELS 6
typedef struct
{
  RcDType xyz, type;            /* float32 or float64 */
  int n_fields;
  int count[2];
  int gap;                      /* bytes before the second field */
  int behind;                   /* bytes behind the last one */
  bool apart;                   /* features are not the coordinates */
} Layout;

static const Layout layouts[] = {
  {RC_FLOAT32, RC_FLOAT32, 1, {3, 0}, 0, 0, false},
  {RC_FLOAT32, RC_FLOAT32, 1, {3, 0}, 0, 4, false},
  {RC_FLOAT32, RC_FLOAT32, 2, {3, 1}, 0, 3, false},
  {RC_FLOAT64, RC_FLOAT64, 1, {3, 0}, 0, 0, false},
  {RC_FLOAT64, RC_FLOAT64, 2, {2, 1}, 0, 8, false},
  {RC_FLOAT32, RC_FLOAT64, 1, {2, 0}, 0, 0, true},
  {RC_FLOAT64, RC_FLOAT32, 1, {4, 0}, 0, 0, true},
  {RC_FLOAT32, RC_FLOAT32, 2, {2, 3}, 0, 0, true},
  {RC_FLOAT32, RC_FLOAT32, 2, {1, 1}, 5, 1, true},
  {RC_FLOAT32, RC_INT16, 2, {2, 2}, 0, 0, true},
  {RC_FLOAT32, RC_UINT8, 1, {1, 0}, 0, 0, true},
};

#define N_LAYOUTS (int) (sizeof (layouts) / sizeof (layouts[0]))

static void
put (uint8_t * p, RcDType type, double value)
{
  float f = (float) value;
  int16_t i = (int16_t) (fabs (value) < 30000 ? value : 0);

  if (type == RC_FLOAT64)
    memcpy (p, &value, 8);
  else if (type == RC_FLOAT32)
    memcpy (p, &f, 4);
  else if (type == RC_INT16)
    memcpy (p, &i, 2);
  else
    *p = (uint8_t) i;
}

static double
get (const uint8_t * p, RcDType type)
{
  double d;
  float f;
  int16_t i;

  if (type == RC_FLOAT64) {
    memcpy (&d, p, 8);
    return d;
  }
  if (type == RC_FLOAT32) {
    memcpy (&f, p, 4);
    return f;
  }
  if (type == RC_INT16) {
    memcpy (&i, p, 2);
    return i;
  }
  return *p;
}

typedef struct
{
  int n, channels;
  int64_t step;
  RcPointField xyz[3], fields[2];
  uint8_t *points;
  int *cell;                    /* [n] z * 64 + y * 8 + x, or -1 */
  double (*value)[MAX_CHANNELS];
} Cloud;

/* Neighbours stay in a cell for up to 300 points; some of them are not finite
 * or outside. */
static Cloud
make_cloud (const Layout * l, int n, bool bad_values)
{
  static const double odd[] = { NAN, INFINITY, -INFINITY, 1e9 };
  int64_t xyz_size = (int64_t) rc_dtype_size (l->xyz);
  int64_t size = (int64_t) rc_dtype_size (l->type);
  Cloud c = { n, 0, 0, {{0}}, {{0}}, NULL, NULL, NULL };
  int64_t offset = l->apart ? 3 * xyz_size : 0;
  int left = 0, cell[3] = { 0 };

  for (int f = 0; f < l->n_fields; f++) {
    offset += f == 1 ? l->gap : 0;
    c.fields[f] = (RcPointField) {
    l->type, offset, l->count[f]};
    offset += size * l->count[f];
    c.channels += l->count[f];
  }
  c.step = offset + l->behind;
  for (int a = 0; a < 3; a++)
    c.xyz[a] = (RcPointField) {
    l->xyz, a * xyz_size, 1};
  /* exactly as large, for sanitizers to see what is read behind it */
  c.points = malloc ((size_t) (n * c.step));
  c.cell = malloc ((size_t) n * sizeof (int));
  c.value = calloc ((size_t) n, sizeof (*c.value));
  for (int i = 0; i < n; i++) {
    uint8_t *p = c.points + i * c.step;
    int channel = 0;

    for (int64_t b = 0; b < c.step; b++)
      p[b] = (uint8_t) rnd ();
    if (left-- == 0) {
      left = rnd () % 4 ? (int) (rnd () % 6) : (int) (rnd () % 300);
      for (int a = 0; a < 3; a++)
        cell[a] = (int) (rnd () % 8);
    }
    for (int f = 0; f < l->n_fields; f++) {
      for (int j = 0; j < l->count[f]; j++)
        put (p + c.fields[f].offset + j * size, l->type,
            bad_values && rnd () % 50 == 0 ? odd[rnd () % 4] :
            uniform (-100, 100));
    }
    c.cell[i] = (cell[2] * 8 + cell[1]) * 8 + cell[0];
    for (int a = 0; a < 3; a++)
      put (p + c.xyz[a].offset, l->xyz, 0.1 * (cell[a] + uniform (0.1, 0.9)));
    if (rnd () % 12 == 0) {
      put (p + c.xyz[rnd () % 3].offset, l->xyz, odd[rnd () % 4]);
      c.cell[i] = -1;
    }
    for (int f = 0; f < l->n_fields; f++) {
      for (int j = 0; j < l->count[f]; j++)
        c.value[i][channel++] = get (p + c.fields[f].offset + j * size,
            l->type);
    }
  }
  return c;
}

static void
free_cloud (Cloud * c)
{
  free (c->points);
  free (c->cell);
  free (c->value);
}

/* Bits of float32, the NaN being one. */
static uint32_t
bits_of (double value)
{
  float f = (float) value;
  uint32_t bits = 0x7fc00000;

  if (f == f)
    memcpy (&bits, &f, 4);
  return bits;
}

/* What the contract says of a voxel's channel from its first `used` points. */
static uint32_t
expected (const Cloud * c, RcVoxelMode mode, int cell, int channel, int used)
{
  int64_t sum = 0;
  int inside = 0, n = 0, e, k, left = used;
  double max = 0, best = mode == RC_VOXEL_MIN ? INFINITY : -INFINITY;

  for (int i = 0; i < c->n; i++) {
    double v = fabs (c->value[i][channel]);

    inside += c->cell[i] >= 0;
    if (c->cell[i] >= 0 && isfinite (v) && v > max)
      max = v;
  }
  while ((1 << n) < inside)
    n++;
  frexp (max, &e);
  k = max == 0 || 62 - n - e > 1000 ? 1000 : 62 - n - e;
  for (int i = 0; i < c->n && left > 0; i++) {
    double v = c->value[i][channel];

    if (c->cell[i] != cell)
      continue;
    left--;
    if (isnan (v) || (!isfinite (v) && mode != RC_VOXEL_MIN
            && mode != RC_VOXEL_MAX))
      return bits_of (NAN);
    if (mode == RC_VOXEL_MIN || mode == RC_VOXEL_MAX)
      best = mode == RC_VOXEL_MIN ? fmin (best, v) : fmax (best, v);
    else
      sum += (int64_t) rint (ldexp (v, k));
  }
  if (mode == RC_VOXEL_MIN || mode == RC_VOXEL_MAX)
    return bits_of (best);
  return bits_of (ldexp ((double) sum / used, -k));
}

static RcVoxelizer *
make_voxelizer (const Cloud * c, RcVoxelMode mode, int max_points,
    int max_voxels)
{
  RcError error = { 0 };
  RcVoxelizerConfig config;
  RcVoxelizer *v;

  rc_voxelizer_config_init (&config, mode);
  config.type = mode == RC_VOXEL_COUNT ? RC_VOXEL_F32 : RC_VOXEL_U8;
  config.point_step = c->step;
  memcpy (config.xyz, c->xyz, sizeof (config.xyz));
  config.fields = c->fields;
  config.n_fields = c->fields[1].count > 0 ? 2 : 1;
  for (int a = 0; a < 3; a++) {
    config.size[a] = 0.1;
    config.dims[a] = 8;
  }
  config.max_points = max_points;
  config.max_voxels = max_voxels;
  v = rc_voxelizer_new (&config, &error);
  ck_assert_msg (v != NULL, "%s", error.message);
  return v;
}

static void
check_sparse (const Cloud * c, RcVoxelMode mode, int max_points,
    int max_voxels, RcVoxelWorkspace * w)
{
  RcVoxelizer *v = make_voxelizer (c, mode, max_points, max_voxels);
  int slots = mode == RC_VOXEL_SPARSE_POINTS ? max_points : 1;
  int32_t coords[512 * 3], counts[512];
  float *out = malloc (rc_voxelizer_bytes (v));
  RcVoxels voxels = { coords, out, counts, false, 0 };
  int total[512] = { 0 }, id[512], seen = 0, used[512] = { 0 };
  RcVoxelStats stats, want = { 0 };

  ck_assert_int_eq (rc_voxelize_sparse (v, w, c->points, c->n, &voxels,
          &stats, NULL), RC_OK);
  for (int i = 0; i < c->n; i++) {
    int cell = c->cell[i];

    if (cell < 0)
      continue;
    if (total[cell]++ == 0)
      id[cell] = seen++;
    if (id[cell] >= max_voxels) {
      want.dropped_voxel_points++;
      continue;
    }
    if (max_points > 0 && total[cell] > max_points) {
      want.dropped_points++;
      continue;
    }
    for (int ch = 0; mode == RC_VOXEL_SPARSE_POINTS && ch < c->channels; ch++)
      ck_assert_uint_eq (bits_of (out[(id[cell] * slots + used[cell])
                  * c->channels + ch]), bits_of (c->value[i][ch]));
    used[cell]++;
  }
  ck_assert_int_eq (stats.voxels, seen);
  ck_assert_int_eq (stats.dropped_points, want.dropped_points);
  ck_assert_int_eq (stats.dropped_voxel_points, want.dropped_voxel_points);
  ck_assert_int_eq (voxels.voxels, seen < max_voxels ? seen : max_voxels);
  for (int cell = 0; cell < 512; cell++) {
    if (total[cell] == 0 || id[cell] >= max_voxels)
      continue;
    ck_assert_int_eq (counts[id[cell]], used[cell]);
    ck_assert_int_eq ((coords[3 * id[cell]] * 8 + coords[3 * id[cell] + 1]) * 8
        + coords[3 * id[cell] + 2], cell);
    for (int ch = 0; mode == RC_VOXEL_SPARSE_MEAN && ch < c->channels; ch++)
      ck_assert_mem_eq (&out[id[cell] * c->channels + ch], &(uint32_t) {
          expected (c, mode, cell, ch, used[cell])}, 4);
  }
  rc_voxelizer_free (v);
  free (out);
}

static void
check_dense (const Cloud * c, RcVoxelMode mode, RcVoxelWorkspace * w)
{
  RcVoxelizer *v = make_voxelizer (c, mode, 0, 1);
  float *out = malloc (rc_voxelizer_bytes (v));
  int total[512] = { 0 };

  ck_assert_int_eq (rc_voxelize_dense (v, w, c->points, c->n, out, NULL,
          NULL), RC_OK);
  for (int i = 0; i < c->n; i++) {
    if (c->cell[i] >= 0)
      total[c->cell[i]]++;
  }
  for (int cell = 0; cell < 512; cell++) {
    if (mode == RC_VOXEL_COUNT)
      ck_assert_float_eq (out[cell], (float) total[cell]);
    for (int ch = 0; mode != RC_VOXEL_COUNT && ch < c->channels; ch++)
      ck_assert_mem_eq (&out[ch * 512 + cell], &(uint32_t) {
          total[cell] ? expected (c, mode, cell, ch, total[cell]) : 0}, 4);
  }
  rc_voxelizer_free (v);
  free (out);
}

START_TEST (test_runs)
{
  static const int lengths[] = { 1, 127, 129, 1024, 2500 };
  RcVoxelWorkspace *w = rc_voxel_workspace_new ();

  seed = 4711 + (uint64_t) _i;
  printf ("runs: layout %d, seed %llu\n", _i, (unsigned long long) seed);
  for (int n = 0; n < 5; n++) {
    for (int bad = 0; bad < 2; bad++) {
      Cloud c = make_cloud (&layouts[_i], lengths[n], bad);

      check_sparse (&c, RC_VOXEL_SPARSE_MEAN, 0, 512, w);
      check_sparse (&c, RC_VOXEL_SPARSE_MEAN, 3, 512, w);
      check_sparse (&c, RC_VOXEL_SPARSE_MEAN, 40, 20, w);
      check_sparse (&c, RC_VOXEL_SPARSE_POINTS, 1, 512, w);
      check_sparse (&c, RC_VOXEL_SPARSE_POINTS, 5, 30, w);
      check_dense (&c, RC_VOXEL_COUNT, w);
      check_dense (&c, RC_VOXEL_MEAN, w);
      check_dense (&c, RC_VOXEL_MIN, w);
      check_dense (&c, RC_VOXEL_MAX, w);
      free_cloud (&c);
    }
  }
  rc_voxel_workspace_free (w);
}

END_TEST;

int
main (void)
{
  Suite *s = suite_create ("voxelruns");
  TCase *t = tcase_create ("core");
  SRunner *sr = srunner_create (s);
  int failed;

  tcase_add_loop_test (t, test_cells, 0, 3);
  tcase_add_test (t, test_guess32);
  tcase_add_loop_test (t, test_runs, 0, N_LAYOUTS);
  suite_add_tcase (s, t);
  srunner_run_all (sr, CK_NORMAL);
  failed = srunner_ntests_failed (sr);
  srunner_free (sr);
  return failed ? 1 : 0;
}
