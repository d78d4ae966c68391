/* SPDX-License-Identifier: Apache-2.0 */
/* Fusing on the GPU against the CPU (parity.h): up to 13 streams of random types,
 * methods, marks and shapes, in one row or in blocks of their own. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuse/fuse-cuda.h"
#include "parity-sampler.h"

#define MOST 13

typedef struct
{
  RcSamplerConfig config;
  RcSampler *sampler;
  RcCudaSampler *on_device;
  RcSeries series;
  Array values, times, lengths, out, gathered;
} Stream;

enum
{
  TICKS, ROWS, STATE, SKEW, NEWEST, COUNT, N_ARRAYS
};

static void
make_stream (Device * device, Stream * s, RcDType dtype, int64_t batch,
    int64_t count, int64_t origin)
{
  RcMark marks[MOST_MARKS];
  RcError error;
  size_t size;

  /* one of the given type, unless any will do */
  do {
    rc_sampler_free (s->sampler);
    s->sampler = random_sampler (&s->config, marks);
  } while (s->sampler && dtype < RC_N_DTYPES && s->config.dtype != dtype);
  s->on_device = rc_cuda_sampler_new (device->cuda, s->sampler, &error);
  if (!s->on_device) {
    printf ("sampler: %s\n", error.message);
    exit (1);
  }
  size = rc_dtype_size (s->config.dtype);
  s->series.batch = batch;
  s->series.samples = one_in (15) ? 0 : one_in (6) ? between (500, 3000)
      : between (1, 150);
  s->series.row_stride = s->config.channels + (one_in (3) ? between (0, 9) : 0);
  s->values = array_new (device, (size_t) (batch * s->series.samples
          * s->series.row_stride) * size, one_in (4) ? size : 0);
  s->times = array_new (device, (size_t) (batch * s->series.samples) * 8, 0);
  s->lengths = array_new (device, (size_t) batch * 8, 0);
  s->out = array_new (device, (size_t) (batch * count
          * rc_sampler_row_elements (s->sampler)) * size, 0);
  s->gathered = array_new (device, (size_t) (batch * count
          * s->config.samples) * 8, 0);
  fill_values (s->config.dtype, s->values.at, s->values.size);
  for (int64_t b = 0; b < batch; b++) {
    int64_t t = origin;

    ((int64_t *) s->lengths.at)[b] = one_in (4) ? between (0, s->series.samples)
        : s->series.samples;
    for (int64_t i = 0; i < s->series.samples; i++)
      ((int64_t *) s->times.at)[b * s->series.samples + i] = t +=
          1 + between (0, 25 * MS) + (one_in (30) ? 400 * MS : 0);
  }
  array_put (device, &s->values);
  array_put (device, &s->times);
  array_put (device, &s->lengths);
  array_put (device, &s->out);
  array_put (device, &s->gathered);
}

static void
free_stream (Device * device, Stream * s)
{
  rc_cuda_sampler_free (s->on_device);
  rc_sampler_free (s->sampler);
  array_free (device, &s->values);
  array_free (device, &s->times);
  array_free (device, &s->lengths);
  array_free (device, &s->out);
  array_free (device, &s->gathered);
}

/* Arguments for one side. */
typedef struct
{
  RcFuseStream streams[MOST];
  RcCudaFuseStream on_device[MOST];
  void *separate[MOST];
  int64_t *gathered[MOST];
  RcTicks ticks;
  RcFused out;
} Side;

#define AT(array) ((void *) (there ? (array)->on_device : (array)->at))

static void
point_at (Side * side, Stream * streams, int n, const Array * all, int there,
    int concat, int64_t count, int shared)
{
  memset (side, 0, sizeof (*side));
  for (int i = 0; i < n; i++) {
    Stream *s = &streams[i];
    RcSeries series = s->series;

    series.values = AT (&s->values);
    series.times = AT (&s->times);
    series.lengths = AT (&s->lengths);
    side->streams[i] = (RcFuseStream) {
    s->sampler, series};
    side->on_device[i] = (RcCudaFuseStream) {
    s->on_device, series};
    side->separate[i] = AT (&s->out);
    side->gathered[i] = AT (&s->gathered);
  }
  side->ticks = (RcTicks) {
  .times = AT (&all[TICKS]),.count = count,.shared = shared};
  if (concat)
    side->out.values = AT (&all[ROWS]);
  else
    side->out.separate = side->separate;
  side->out.state = AT (&all[STATE]);
  side->out.skew = AT (&all[SKEW]);
  side->out.newest = AT (&all[NEWEST]);
  side->out.gather_count = AT (&all[COUNT]);
  side->out.gather_times = side->gathered;
}

static int
run_case (Device * device, uint64_t seed)
{
  const int n = (int) between (1, MOST), concat = one_in (2);
  const int shared = one_in (2), reported = one_in (2);
  const RcDType dtype = concat ? one_in (2) ? RC_FLOAT32
      : (RcDType) between (0, RC_N_DTYPES - 1) : RC_N_DTYPES;
  const int64_t batch = one_in (20) ? 0 : between (1, 4);
  const int64_t count = one_in (20) ? 0 : between (1, 120);
  const int64_t origin = one_in (4) ? INT64_C (1700000000000000000)
      : between (-50, 50) * MS;
  Stream *streams = calloc (MOST, sizeof (*streams));
  Side here, there;
  Array all[N_ARRAYS];
  RcCudaReport *reports = NULL;
  RcError error = { RC_OK, "" };
  size_t row = 0, unit = 1, info = (size_t) (batch * count * n);
  int good;

  for (int i = 0; i < n; i++) {
    make_stream (device, &streams[i], dtype, batch, count, origin);
    row += (size_t) rc_sampler_row_elements (streams[i].sampler);
  }
  if (concat)
    unit = rc_dtype_size (dtype);
  all[TICKS] = array_new (device, (size_t) (count * (shared ? 1 : batch)) * 8,
      0);
  all[ROWS] = array_new (device, concat ? (size_t) (batch * count) * row * unit
      : 0, 0);
  all[STATE] = array_new (device, info, 0);
  all[SKEW] = array_new (device, info * 8, 0);
  all[NEWEST] = array_new (device, info * 8, 0);
  all[COUNT] = array_new (device, info * 4, 0);
  for (size_t i = 0; i < all[TICKS].size / 8; i++)
    ((int64_t *) all[TICKS].at)[i] = origin + between (-50, 2500) * MS;
  for (int i = 0; i < N_ARRAYS; i++)
    array_put (device, &all[i]);
  point_at (&here, streams, n, all, 0, concat, count, shared);
  point_at (&there, streams, n, all, 1, concat, count, shared);
  if (reported) {
    reports = device_alloc (device, (size_t) n * sizeof (*reports));
    device_set (device, reports, 0, (size_t) n * sizeof (*reports));
  }
  good = rc_fuse (here.streams, n, &here.ticks, &here.out, &error) == RC_OK
      && rc_cuda_fuse (device->cuda, device->stream, there.on_device, n,
      &there.ticks, &there.out, reports, &error) == RC_OK;
  if (!good)
    printf ("%s\n", error.message);
  device_wait (device);
  good = good && array_equal (device, &all[ROWS], "rows", unit)
      && array_equal (device, &all[STATE], "state", 1)
      && array_equal (device, &all[SKEW], "skew", 8)
      && array_equal (device, &all[NEWEST], "newest", 8)
      && array_equal (device, &all[COUNT], "gather_count", 4);
  for (int i = 0; i < n && good; i++)
    good = array_equal (device, &streams[i].out, "a block",
        rc_dtype_size (streams[i].config.dtype))
        && array_equal (device, &streams[i].gathered, "gather_times", 8);
  if (!good)
    printf ("seed %" PRIu64 ": %d streams, B %" PRId64 ", T %" PRId64 "%s\n",
        seed, n, batch, count, concat ? ", concatenated" : "");
  device_free (device, reports);
  for (int i = 0; i < N_ARRAYS; i++)
    array_free (device, &all[i]);
  for (int i = 0; i < n; i++)
    free_stream (device, &streams[i]);
  free (streams);
  return good;
}

/* ---- speed ---- */

static void
bench_shape (Device * device, int64_t b, int64_t t, RcDType dtype,
    const int64_t (*shapes)[2], double asked)
{
  enum
  { N = 3 };
  const size_t size = rc_dtype_size (dtype);
  RcCudaFuseStream streams[N];
  RcSampler *samplers[N];
  void *memory[2 * N + 2];
  RcFused out = { 0 };
  RcTicks ticks = {.count = t,.shared = true };
  RcError error;
  int64_t row = 0, *times;
  size_t bytes = 0;
  int many, made = 0;
  double us, copy;

  for (int i = 0; i < N; i++) {
    const int64_t s = shapes[i][0], d = shapes[i][1];
    const size_t n = (size_t) (b * s);
    RcSamplerConfig config;

    rc_sampler_config_init (&config, dtype, d, RC_METHOD_LINEAR);
    config.max_gap = RC_TIME_NONE;
    samplers[i] = rc_sampler_new (&config, &error);
    streams[i].sampler = rc_cuda_sampler_new (device->cuda, samplers[i],
        &error);
    memory[made] = device_alloc (device, n * (size_t) d * size);
    device_set (device, memory[made], 0x3a, n * (size_t) d * size);
    memory[made + 1] = device_alloc (device, n * 8);
    /* all over the same 5 s */
    times = malloc (n * 8);
    for (size_t k = 0; k < n; k++)
      times[k] = (int64_t) (k % (size_t) s) * (5000 * MS / s) + between (0,
          5000 * MS / s - 1);
    device_put (device, memory[made + 1], times, n * 8);
    free (times);
    streams[i].series = (RcSeries) {
    .values = memory[made],.times = memory[made + 1],.batch = b,.samples = s};
    made += 2;
    row += d;
    bytes += (n * (size_t) d + (size_t) (b * t * d)) * size;
  }
  memory[made] = device_alloc (device, (size_t) (b * t * row) * size);
  out.values = memory[made++];
  times = malloc ((size_t) t * 8);
  for (int64_t i = 0; i < t; i++)
    times[i] = 100 * MS + i * (4800 * MS / t);
  memory[made] = device_alloc (device, (size_t) t * 8);
  device_put (device, memory[made], times, (size_t) t * 8);
  ticks.times = memory[made++];
  free (times);
  many = bytes > 100000000 ? 4 : 50;
  device_record (device);
  for (int i = 0; i < many; i++) {
    if (rc_cuda_fuse (device->cuda, device->stream, streams, N, &ticks, &out,
            NULL, &error) != RC_OK) {
      printf ("%s\n", error.message);
      exit (1);
    }
  }
  us = time_graph (device, device_recorded (device), many);
  copy = time_copy (device, bytes / 2, many);
  printf ("B %3" PRId64 " T %3" PRId64 " ", b, t);
  for (int i = 0; i < N; i++)
    printf ("%s%" PRId64 "x%" PRId64, i ? "+" : "", shapes[i][0], shapes[i][1]);
  printf (" %s %9.2f us %8.1f MB %6.1f %% of copy   asked %g us\n",
      rc_dtype_name (dtype), us, (double) bytes / 1e6, 100 * copy / us, asked);
  for (int i = 0; i < N; i++) {
    rc_cuda_sampler_free ((RcCudaSampler *) streams[i].sampler);
    rc_sampler_free (samplers[i]);
  }
  for (int i = 0; i < made; i++)
    device_free (device, memory[i]);
}

static void
bench (Device * device)
{
  static const int64_t robot[][2] = { {64, 128}, {256, 32}, {256, 16} };
  static const int64_t small[][2] = { {30, 512}, {100, 64}, {200, 16} };
  static const int64_t large[][2] = { {300, 512}, {1000, 64}, {2000, 16} };

  bench_shape (device, 32, 256, RC_FLOAT32, robot, 7);
  bench_shape (device, 4, 50, RC_BFLOAT16, small, 3.5);
  bench_shape (device, 256, 500, RC_FLOAT32, large, 240);
}

int
main (int argc, char **argv)
{
  return parity_main (argc, argv, run_case, bench);
}
