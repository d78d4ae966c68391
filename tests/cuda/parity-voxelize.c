/* SPDX-License-Identifier: Apache-2.0 */
/* Voxelizing on the GPU against the CPU (parity.h): random grids, fields and clouds,
 * several clouds one after the other through one voxelizer. With --bench,
 * RC_CLOUD=FILE adds a scan: float32 x, y, z, as a PCD file has after its header. */
#include "parity.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "voxelize/voxelize-cuda.h"

#define MAX_FIELDS 5

static double
uniform (double low, double high)
{
  return low + (high - low) * (double) (random_bits () >> 11) * 0x1p-53;
}

/* ---- one case ---- */

static RcDType
random_dtype (void)
{
  RcDType dtype;

  do
    dtype = (RcDType) between (0, RC_N_DTYPES - 1);
  while (dtype == RC_FLOAT16 || dtype == RC_BFLOAT16);
  return dtype;
}

static void
put (uint8_t * at, RcDType dtype, double v)
{
  const float f = (float) v;
  const int64_t i = fabs (v) < 9e18 ? (int64_t) v : 0;

  if (dtype == RC_FLOAT64)
    memcpy (at, &v, 8);
  else if (dtype == RC_FLOAT32)
    memcpy (at, &f, 4);
  else
    memcpy (at, &i, rc_dtype_size (dtype));
}

/* A field behind what there is of a point. */
static RcPointField
add_field (RcVoxelizerConfig * c, RcDType dtype, int64_t count, int packed)
{
  const int64_t size = (int64_t) rc_dtype_size (dtype);
  RcPointField field = { dtype, c->point_step, count };

  if (packed)
    field.offset = (field.offset + 3) / 4 * 4;
  else
    field.offset += between (0, 3);
  c->point_step = field.offset + count * size;
  return field;
}

static void
make_config (RcVoxelizerConfig * c, RcPointField * fields)
{
  static const double sizes[] = { 0.05, 0.1, 0.2, 0.3, 1, 0.5, 3, 1e-6, 7e5,
    1e-290
  };
  const int packed = one_in (2);        /* float32 at multiples of 4 bytes */
  const RcDType dtype = packed ? RC_FLOAT32 : one_in (2) ? RC_FLOAT64
      : random_dtype ();
  const int64_t most = one_in (10) ? 260 : one_in (3) ? 5 : 60;

  rc_voxelizer_config_init (c, (RcVoxelMode) between (RC_VOXEL_OCCUPANCY,
          RC_VOXEL_MAX));
  c->type = c->mode == RC_VOXEL_COUNT ? (RcVoxelType) between (RC_VOXEL_U32,
      RC_VOXEL_F32) : (RcVoxelType) between (0, RC_N_VOXEL_TYPES - 1);
  c->axis_order = (RcAxisOrder) between (0, 1);
  c->point_step = one_in (3) ? between (0, 9) : 0;
  for (int a = 0; a < 3; a++) {
    c->xyz[a] = add_field (c, one_in (8) && !packed ? random_dtype () : dtype,
        1, packed);
    c->size[a] = sizes[between (0, one_in (4) ? 9 : 5)];
    c->dims[a] = between (1, most);
    c->min[a] = rint (uniform (-1, 0.2) * (double) c->dims[a]) * c->size[a];
    if (one_in (5))
      c->max[a] = c->min[a] + (double) c->dims[a] * c->size[a] * uniform (0.5,
          1);
  }
  c->n_fields = (int32_t) between (1, MAX_FIELDS);
  for (int32_t f = 0; f < c->n_fields; f++) {
    if (one_in (3))
      fields[f] = c->xyz[between (0, 2)];
    else
      fields[f] = add_field (c, packed && !one_in (8) ? RC_FLOAT32
          : random_dtype (), between (1, 3), packed);
  }
  c->fields = fields;
  c->fill = one_in (3) ? NAN : one_in (2) ? -0.0 : 7;
  c->point_step += packed ? (-c->point_step & 3) : between (0, 5);
}

/* A coordinate inside, outside, or on a border of a cell and next to it. */
static double
coordinate (const RcVoxelizerConfig * c, int a, int kind)
{
  static const double odd[] = { NAN, INFINITY, -INFINITY, 1e300, -1e300, 0.0,
    -0.0, 5e-324, 1.7976931348623157e308
  };
  const double dims = (double) c->dims[a], size = c->size[a];
  double x;

  if (kind == 3 && one_in (5))
    return odd[between (0, 8)];
  if (kind == 4)                /* a few cells with many points */
    return c->min[a] + (0.5 + (double) between (0, 1)) * size;
  if (kind != 2)
    return c->min[a] + uniform (kind == 0 ? 0 : -0.1, kind == 0 ? 1 : 1.1)
        * dims * size;
  x = c->min[a] + (double) between (-1, c->dims[a] + 1) * size;
  for (int64_t i = between (-3, 3); i != 0; i += i < 0 ? 1 : -1)
    x = nextafter (x, i < 0 ? -INFINITY : INFINITY);
  return x;
}

static void
make_cloud (const RcVoxelizerConfig * c, uint8_t * points, int64_t n)
{
  const int kind = (int) between (0, 4), runs = one_in (2);
  const int odd_features = one_in (3);

  for (int64_t i = 0; i < n; i++) {
    uint8_t *at = points + i * c->point_step;

    for (int64_t k = 0; k < c->point_step; k++)
      at[k] = (uint8_t) random_bits ();
    for (int a = 0; a < 3; a++) {
      if (runs && i > 0 && !one_in (4))
        memcpy (at + c->xyz[a].offset, at - c->point_step + c->xyz[a].offset,
            rc_dtype_size (c->xyz[a].dtype));
      else
        put (at + c->xyz[a].offset, c->xyz[a].dtype, coordinate (c, a, kind));
    }
    for (int32_t f = 0; f < c->n_fields; f++) {
      const RcPointField *field = &c->fields[f];
      const int64_t size = (int64_t) rc_dtype_size (field->dtype);
      int is_xyz = 0;

      for (int a = 0; a < 3; a++)
        is_xyz |= field->offset == c->xyz[a].offset;
      for (int64_t k = 0; k < field->count && !is_xyz; k++) {
        if (!odd_features || !one_in (10))
          put (at + field->offset + k * size, field->dtype,
              uniform (-100, 100));
        else if (one_in (5))
          put (at + field->offset + k * size, field->dtype, one_in (2) ? NAN
              : -INFINITY);
        /* else: any bits */
      }
    }
  }
}

static int
equal_stats (const RcVoxelStats * cpu, const RcVoxelStats * gpu)
{
  if (memcmp (cpu, gpu, sizeof (*cpu)) == 0)
    return 1;
  printf ("stats: CPU %" PRId64 " inside, %" PRId64 " outside, %" PRId64
      " not finite, %" PRId64 " voxels of %" PRId64 "; GPU %" PRId64 ", %"
      PRId64 ", %" PRId64 ", %" PRId64 " of %" PRId64 "\n", cpu->inside,
      cpu->outside, cpu->non_finite, cpu->voxels, cpu->points, gpu->inside,
      gpu->outside, gpu->non_finite, gpu->voxels, gpu->points);
  return 0;
}

static int
run_cloud (Device * device, const RcVoxelizerConfig * c,
    const RcVoxelizer * v, RcCudaVoxelizer * on_device, uint64_t seed)
{
  const size_t unit = c->mode == RC_VOXEL_OCCUPANCY && (c->type == RC_VOXEL_U8
      || c->type == RC_VOXEL_BITS) ? 1 : 4;
  const int64_t n = one_in (10) ? 0 : one_in (10) ? 1 : between (2,
      one_in (6) ? 60000 : 3000);
  const size_t shift = one_in (2) ? 0 : (size_t) between (1, 15);
  const size_t out_shift = one_in (2) ? 0 : unit * (size_t) between (1, 5);
  Array points = array_new (device, (size_t) (n * c->point_step) + shift,
      shift);
  Array out = array_new (device, rc_voxelizer_bytes (v) + out_shift, out_shift);
  RcVoxelWorkspace *workspace = rc_voxel_workspace_new ();
  RcVoxelStats cpu, gpu = { 0 }, *at_device;
  RcError error;
  const int count = !one_in (4);
  int good;

  make_cloud (c, points.at, n);
  array_put (device, &points);
  array_put (device, &out);
  at_device = device_alloc (device, sizeof (gpu));
  device_put (device, at_device, &gpu, sizeof (gpu));
  good = rc_voxelize_dense (v, workspace, points.at, n, out.at, &cpu, &error)
      == RC_OK
      && rc_cuda_voxelize_dense (on_device, device->stream, points.on_device, n,
      out.on_device, count ? at_device : NULL, &error) == RC_OK;
  if (!good)
    printf ("%s\n", error.message);
  device_wait (device);
  device_get (device, &gpu, at_device, sizeof (gpu));
  good = good && (!count || equal_stats (&cpu, &gpu))
      && array_equal (device, &out, rc_voxel_mode_name (c->mode), unit)
      && array_equal (device, &points, "the cloud", 1);
  if (!good)
    printf ("seed %" PRIu64 ": %s, type %d, %" PRId64 " points of %" PRId64
        " bytes, %" PRId64 " x %" PRId64 " x %" PRId64 " cells, %" PRId64
        " channels\n", seed, rc_voxel_mode_name (c->mode), c->type, n,
        c->point_step, c->dims[0], c->dims[1], c->dims[2],
        rc_voxelizer_channels (v));
  device_free (device, at_device);
  array_free (device, &points);
  array_free (device, &out);
  rc_voxel_workspace_free (workspace);
  return good;
}

static int
run_case (Device * device, uint64_t seed)
{
  RcPointField fields[MAX_FIELDS];
  RcVoxelizerConfig c;
  RcVoxelizer *v = NULL;
  RcCudaVoxelizer *on_device;
  RcError error;
  int good = 1;

  for (int tries = 0; !v; tries++) {
    make_config (&c, fields);
    c.max_bytes = 80 << 20;
    v = rc_voxelizer_new (&c, &error);
    if (tries > 200) {
      printf ("no voxelizer: %s\n", error.message);
      return 0;
    }
  }
  on_device = rc_cuda_voxelizer_new (device->cuda, v, &error);
  if (!on_device) {
    printf ("%s\n", error.message);
    good = 0;
  }
  for (int i = 0; i < 3 && good; i++)
    good = run_cloud (device, &c, v, on_device, seed);
  rc_cuda_voxelizer_free (on_device);
  rc_voxelizer_free (v);
  return good;
}

/* ---- speed ---- */

typedef enum
{
  UNIFORM, CLUSTERS, SCAN
} Cloud;

/* n points of 4 floats within 100 m; a scan: rings of neighbours on walls. */
static float *
bench_cloud (Cloud kind, int64_t n)
{
  float *points = malloc ((size_t) n * 16);

  for (int64_t i = 0; i < n; i++) {
    float *p = points + 4 * i;
    const double angle = 6.283185307179586 * (double) (i % 2000) / 2000;
    const double r = 10 + 25 * fabs (sin (3 * angle)) + uniform (0, 0.05);

    for (int a = 0; a < 3; a++) {
      if (kind == UNIFORM)
        p[a] = (float) uniform (-50, 50);
      else if (kind == CLUSTERS)
        p[a] = (float) ((double) ((i / 500 * (7 + a)) % 97) - 48 + uniform (-1,
                1));
    }
    if (kind == SCAN) {
      p[0] = (float) (r * cos (angle));
      p[1] = (float) (r * sin (angle));
      p[2] = (float) (r * 0.01 * (double) (i / 2000 % 64 - 32));
    }
    p[3] = (float) uniform (0, 1);
  }
  return points;
}

static void
bench_grid (Device * device, const char *name, const float *points, int64_t n,
    int64_t step, int64_t dims, RcVoxelMode mode, RcVoxelType type,
    double asked)
{
  const RcPointField fields[4] = { {RC_FLOAT32, 0, 1}, {RC_FLOAT32, 4, 1},
  {RC_FLOAT32, 8, 1}, {RC_FLOAT32, 12, 1}
  };
  const size_t in = (size_t) (n * step);
  RcVoxelizerConfig c;
  RcVoxelizer *v;
  RcCudaVoxelizer *on_device;
  RcVoxelStats *stats, zero = { 0 };
  RcError error;
  uint8_t *cloud, *at;
  size_t bytes;
  void *out;
  double us, copy;
  int many;

  rc_voxelizer_config_init (&c, mode);
  c.type = type;
  c.point_step = step;
  c.fields = fields;
  c.n_fields = step == 16 ? 4 : 3;
  for (int a = 0; a < 3; a++) {
    c.xyz[a] = fields[a];
    c.min[a] = -50;
    c.size[a] = 100. / (double) dims;
    c.dims[a] = dims;
  }
  v = rc_voxelizer_new (&c, &error);
  on_device = v ? rc_cuda_voxelizer_new (device->cuda, v, &error) : NULL;
  if (!on_device) {
    printf ("%s\n", error.message);
    exit (1);
  }
  cloud = malloc (in);
  for (int64_t i = 0; i < n; i++)
    memcpy (cloud + i * step, points + i * 4, (size_t) step);
  bytes = rc_voxelizer_bytes (v);
  at = device_alloc (device, in);
  out = device_alloc (device, bytes);
  stats = device_alloc (device, sizeof (*stats));
  device_put (device, at, cloud, in);
  device_put (device, stats, &zero, sizeof (zero));
  many = in + bytes > 50000000 ? 4 : 50;
  /* the first call makes the scratch */
  for (int i = 0; i < many + 1; i++) {
    if (i == 1)
      device_record (device);
    if (rc_cuda_voxelize_dense (on_device, device->stream, at, n, out, stats,
            &error) != RC_OK) {
      printf ("%s\n", error.message);
      exit (1);
    }
    if (i == 0)
      device_wait (device);
  }
  us = time_graph (device, device_recorded (device), many);
  copy = time_copy (device, (in + bytes) / 2, many);
  printf ("%-9s %8" PRId64 " points, %4" PRId64
      "^3 %-9s %-4s %9.2f us %8.1f MB " "%6.1f %% of copy", name, n, dims,
      rc_voxel_mode_name (mode),
      mode > RC_VOXEL_COUNT ? "f32" : type == RC_VOXEL_U8 ? "u8" : type ==
      RC_VOXEL_BITS ? "bits" : type == RC_VOXEL_U32 ? "u32" : "f32", us,
      (double) (in + bytes) / 1e6, 100 * copy / us);
  if (asked > 0)
    printf ("   asked %g us", asked);
  printf ("\n");
  rc_cuda_voxelizer_free (on_device);
  rc_voxelizer_free (v);
  device_free (device, at);
  device_free (device, out);
  device_free (device, stats);
  free (cloud);
}

static void
bench_file (Device * device, const char *path)
{
  FILE *file = fopen (path, "rb");
  float *points = malloc ((size_t) 16 << 20);
  int64_t n = 0;

  if (!file) {
    printf ("%s: cannot be read\n", path);
    exit (1);
  }
  while (n < 1 << 20 && fread (points + 4 * n, 12, 1, file) == 1)
    points[4 * n++ + 3] = 1;
  fclose (file);
  for (int64_t dims = 128; dims <= 512; dims *= 2)
    bench_grid (device, "the file", points, n, 12, dims, RC_VOXEL_OCCUPANCY,
        RC_VOXEL_U8, 0);
  bench_grid (device, "the file", points, n, 16, 256, RC_VOXEL_COUNT,
      RC_VOXEL_U32, 0);
  bench_grid (device, "the file", points, n, 16, 256, RC_VOXEL_MEAN, 0, 0);
  free (points);
}

static void
bench (Device * device)
{
  static const char *const names[] = { "uniform", "clusters", "scan" };

  for (Cloud kind = UNIFORM; kind <= SCAN; kind++) {
    const int asked = kind == UNIFORM;
    const char *name = names[kind];
    float *points = bench_cloud (kind, 16000000);

    bench_grid (device, name, points, 120000, 12, 128, RC_VOXEL_OCCUPANCY,
        RC_VOXEL_U8, asked * 5);
    bench_grid (device, name, points, 500000, 12, 128, RC_VOXEL_OCCUPANCY,
        RC_VOXEL_U8, asked * 9);
    bench_grid (device, name, points, 4000000, 12, 256, RC_VOXEL_OCCUPANCY,
        RC_VOXEL_U8, asked * 85);
    bench_grid (device, name, points, 16000000, 12, 512, RC_VOXEL_OCCUPANCY,
        RC_VOXEL_U8, asked * 330);
    bench_grid (device, name, points, 4000000, 12, 256, RC_VOXEL_OCCUPANCY,
        RC_VOXEL_BITS, 0);
    bench_grid (device, name, points, 4000000, 12, 256, RC_VOXEL_OCCUPANCY,
        RC_VOXEL_F32, 0);
    bench_grid (device, name, points, 4000000, 12, 256, RC_VOXEL_COUNT,
        RC_VOXEL_U32, asked * 110);
    bench_grid (device, name, points, 4000000, 12, 256, RC_VOXEL_COUNT,
        RC_VOXEL_F32, 0);
    bench_grid (device, name, points, 4000000, 16, 256, RC_VOXEL_MEAN, 0,
        asked * 450);
    bench_grid (device, name, points, 4000000, 16, 256, RC_VOXEL_MAX, 0,
        asked * 240);
    free (points);
  }
  if (getenv ("RC_CLOUD"))
    bench_file (device, getenv ("RC_CLOUD"));
}

int
main (int argc, char **argv)
{
  return parity_main (argc, argv, run_case, bench);
}
