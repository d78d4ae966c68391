/* SPDX-License-Identifier: Apache-2.0 */
/* Resampling on the GPU against the CPU (parity.h): random shapes, types, strides,
 * times and marks. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parity-sampler.h"
#include "resample/resample-cuda.h"

/* ---- one case ---- */

static void
fill_times (int64_t * times, int64_t n, int64_t samples, int repeat,
    int64_t origin)
{
  int64_t t = origin;
  const int64_t period = one_in (10) ? 1 : between (1, 30) * MS;

  for (int64_t i = 0; i < samples; i++) {
    times[i] = i < n ? t : POISON;
    if (!(repeat && one_in (5)))
      t += 1 + between (0, period) + (one_in (30) ? 400 * MS : 0);
  }
}

enum
{
  VALUES, TIMES, LENGTHS, TICKS, OUT, STATE, SKEW, NEWEST, COUNT, GATHERED,
  N_ARRAYS
};

static void
point_at (const Array * all, int on_device, RcSeries * series, RcTicks * ticks,
    RcResampled * out)
{
#define AT(i) ((void *) (on_device ? all[i].on_device : all[i].at))
  series->values = AT (VALUES);
  series->times = AT (TIMES);
  series->lengths = AT (LENGTHS);
  ticks->times = AT (TICKS);
  out->values = AT (OUT);
  out->state = AT (STATE);
  out->skew = AT (SKEW);
  out->newest = AT (NEWEST);
  out->gather_count = AT (COUNT);
  out->gather_times = AT (GATHERED);
#undef AT
}

static int
run_case (Device * device, uint64_t seed)
{
  Array all[N_ARRAYS];
  RcSamplerConfig config;
  RcMark marks[MOST_MARKS];
  RcSampler *sampler;
  RcCudaSampler *on_device;
  RcCudaReport report = { 0 }, *at_device;
  RcSeries series = { 0 };
  RcTicks tick = { 0 };
  RcResampled result = { 0 };
  RcError error;
  size_t size, shift;
  int64_t row, origin;
  int repeats, absent, good;
  const char *what;

  sampler = random_sampler (&config, marks);
  if (!sampler)
    return 0;
  size = rc_dtype_size (config.dtype);
  row = rc_sampler_row_elements (sampler);
  repeats = one_in (3);
  origin = one_in (4) ? INT64_C (1700000000000000000) : between (-50, 50) * MS;
  series.batch = one_in (20) ? 0 : between (1, 5);
  series.samples = one_in (15) ? 0 : one_in (3) ? between (500, 9000)
      : between (1, 200);
  series.row_stride = config.channels + (one_in (3) ? between (0, 9) : 0);
  series.batch_stride = series.samples * series.row_stride
      + (one_in (3) ? between (0, 40) : 0);
  series.times_stride = series.samples + (one_in (3) ? between (0, 5) : 0);
  tick.count = one_in (20) ? 0 : between (1, 300);
  tick.shared = one_in (2);
  result.row_stride = row + (one_in (3) ? between (0, 9) : 0);
  result.batch_stride = tick.count * result.row_stride
      + (one_in (3) ? between (0, 40) : 0);
  result.info_stride = one_in (4) ? 3 : 1;
  shift = one_in (3) ? size * (size_t) between (1, 16) : 0;
  all[VALUES] = array_new (device, (size_t) (series.batch * series.batch_stride)
      * size + shift, shift);
  all[TIMES] =
      array_new (device, (size_t) (series.batch * series.times_stride) * 8, 0);
  all[LENGTHS] = array_new (device, (size_t) series.batch * 8, 0);
  all[TICKS] = array_new (device, (size_t) (tick.count * (tick.shared ? 1
              : series.batch)) * 8, 0);
  all[OUT] =
      array_new (device,
      (size_t) (series.batch * result.batch_stride) * size + shift, shift);
  row = series.batch * tick.count;
  all[STATE] = array_new (device, (size_t) (row * result.info_stride), 0);
  all[SKEW] = array_new (device, (size_t) (row * result.info_stride) * 8, 0);
  all[NEWEST] = array_new (device, (size_t) (row * result.info_stride) * 8, 0);
  all[COUNT] = array_new (device, (size_t) (row * result.info_stride) * 4, 0);
  all[GATHERED] = array_new (device, (size_t) (row * config.samples) * 8, 0);

  fill_values (config.dtype, all[VALUES].at, all[VALUES].size - shift);
  for (int64_t b = 0; b < series.batch; b++) {
    int64_t n = one_in (4) ? between (0, series.samples) : series.samples;

    ((int64_t *) all[LENGTHS].at)[b] = n;
    fill_times ((int64_t *) all[TIMES].at + b * series.times_stride, n,
        series.samples, repeats, origin);
  }
  for (size_t i = 0; i < all[TICKS].size / 8; i++) {
    const int64_t span = series.samples * 20 * MS;
    int64_t t = origin + (one_in (3) ? between (-200 * MS, span + 200 * MS)
        : (int64_t) (i % (size_t) tick.count) * (span / (tick.count + 1) + 1));

    /* some at the very time of a row */
    if (series.samples > 0 && series.batch > 0 && one_in (5))
      t = ((int64_t *) all[TIMES].at)[between (0, series.samples - 1)];
    ((int64_t *) all[TICKS].at)[i] = t == RC_TIME_NONE ? 0 : t;
  }
  for (int i = 0; i < N_ARRAYS; i++)
    array_put (device, &all[i]);

  what = rc_dtype_name (config.dtype);
  point_at (all, 0, &series, &tick, &result);
  absent = one_in (30);
  if (absent)
    series.values = NULL;
  good = rc_resample (sampler, &series, &tick, &result, &error) == RC_OK;
  if (!good)
    printf ("CPU: %s\n", error.message);

  at_device = device_alloc (device, sizeof (report));
  device_put (device, at_device, &report, sizeof (report));
  on_device = rc_cuda_sampler_new (device->cuda, sampler, &error);
  if (good && on_device) {
    const uint64_t duplicates = (uint64_t) result.duplicates;
    const uint64_t overflow = (uint64_t) result.overflow;
    /* trusted where nothing is to be found */
    const int trusted = !repeats && one_in (2);

    point_at (all, 1, &series, &tick, &result);
    if (absent)
      series.values = NULL;
    good = rc_cuda_resample (device->cuda, device->stream, on_device, &series,
        &tick, &result, trusted ? NULL : at_device, &error) == RC_OK;
    if (!good)
      printf ("GPU: %s\n", error.message);
    device_wait (device);
    device_get (device, &report, at_device, sizeof (report));
    good = good && array_equal (device, &all[OUT], what, size)
        && array_equal (device, &all[STATE], "state", 1)
        && array_equal (device, &all[SKEW], "skew", 8)
        && array_equal (device, &all[NEWEST], "newest", 8)
        && array_equal (device, &all[COUNT], "gather_count", 4)
        && array_equal (device, &all[GATHERED], "gather_times", 8)
        && array_equal (device, &all[VALUES], "the source", size);
    if (good && !trusted && (report.duplicates != duplicates
            || report.overflow != overflow || report.bad_series
            || report.bad_ticks)) {
      printf ("report: %" PRIu64 " duplicates, %" PRIu64 " overflow, %" PRIu64
          " and %" PRIu64 " bad; CPU: %" PRIu64 ", %" PRIu64 "\n",
          report.duplicates, report.overflow, report.bad_series,
          report.bad_ticks, duplicates, overflow);
      good = 0;
    }
  } else if (!on_device) {
    printf ("sampler: %s\n", error.message);
    good = 0;
  }
  if (!good)
    printf ("seed %" PRIu64 ": %s, method %d, D %" PRId64 ", %d marks, B %"
        PRId64 ", S %" PRId64 ", T %" PRId64 "%s\n", seed, what, config.method,
        config.channels, config.n_marks, series.batch, series.samples,
        tick.count, repeats ? ", repeated times" : "");
  rc_cuda_sampler_free (on_device);
  rc_sampler_free (sampler);
  device_free (device, at_device);
  for (int i = 0; i < N_ARRAYS; i++)
    array_free (device, &all[i]);
  return good;
}

/* ---- speed ---- */

static void
bench_shape (Device * device, int64_t b, int64_t s, int64_t t, int64_t d,
    RcDType dtype, RcMethod method, double asked)
{
  const size_t size = rc_dtype_size (dtype);
  const size_t bytes = (size_t) (b * (s + t) * d) * size;
  const int many = bytes > 100000000 ? 4 : 50;
  uint8_t *values = device_alloc (device, (size_t) (b * s * d) * size);
  uint8_t *out = device_alloc (device, (size_t) (b * t * d) * size);
  int64_t *times = malloc ((size_t) (b * s) * 8), *ticks = malloc ((size_t) t
      * 8), *on_times, *on_ticks;
  RcSamplerConfig config;
  RcSampler *sampler;
  RcCudaSampler *on_device;
  RcSeries series = { 0 };
  RcTicks tick = { 0 };
  RcResampled result = { 0 };
  RcError error;
  double us, copy;

  for (int64_t i = 0; i < b * s; i++)
    times[i] = i % s * 10 * MS + between (0, 9 * MS);
  for (int64_t i = 0; i < t; i++)
    ticks[i] = 5 * MS + i * ((s - 2) * 10 * MS) / t;
  on_times = device_alloc (device, (size_t) (b * s) * 8);
  on_ticks = device_alloc (device, (size_t) t * 8);
  device_put (device, on_times, times, (size_t) (b * s) * 8);
  device_put (device, on_ticks, ticks, (size_t) t * 8);
  {
    const size_t n = (size_t) (b * s * d) * size;
    uint8_t *random = malloc (n);

    for (size_t i = 0; i < n; i++)
      random[i] = (uint8_t) (i * 2654435761u >> 13 & 0x3f);
    device_put (device, values, random, n);
    free (random);
  }
  rc_sampler_config_init (&config, dtype, d, method);
  config.max_gap = RC_TIME_NONE;
  config.window = 50 * MS;
  sampler = rc_sampler_new (&config, &error);
  on_device = rc_cuda_sampler_new (device->cuda, sampler, &error);
  series = (RcSeries) {
  .values = values,.times = on_times,.batch = b,.samples = s};
  tick = (RcTicks) {
  .times = on_ticks,.count = t,.shared = true};
  result.values = out;
  device_record (device);
  for (int i = 0; i < many; i++) {
    if (rc_cuda_resample (device->cuda, device->stream, on_device, &series,
            &tick, &result, NULL, &error) != RC_OK) {
      printf ("%s\n", error.message);
      exit (1);
    }
  }
  us = time_graph (device, device_recorded (device), many);
  copy = time_copy (device, bytes / 2, many);
  printf ("%4" PRId64 " x %5" PRId64 " -> %5" PRId64 " x %4" PRId64
      " %-9s %-8s %9.2f us %8.1f MB %7.0f GB/s %6.1f %% of copy", b, s, t, d,
      rc_dtype_name (dtype), method == RC_METHOD_LINEAR ? "linear" : method
      == RC_METHOD_PREVIOUS ? "previous" : method == RC_METHOD_PCHIP ? "pchip"
      : "mean", us, (double) bytes / 1e6, (double) bytes / us / 1e3,
      100 * copy / us);
  if (asked > 0)
    printf ("   asked %g us", asked);
  printf ("\n");
  rc_cuda_sampler_free (on_device);
  rc_sampler_free (sampler);
  device_free (device, values);
  device_free (device, out);
  device_free (device, on_times);
  device_free (device, on_ticks);
  free (times);
  free (ticks);
}

static void
bench (Device * device)
{
  bench_shape (device, 32, 50, 32, 16, RC_FLOAT32, RC_METHOD_LINEAR, 2.5);
  bench_shape (device, 32, 500, 256, 256, RC_BFLOAT16, RC_METHOD_LINEAR, 6);
  bench_shape (device, 64, 4096, 1024, 32, RC_BFLOAT16, RC_METHOD_LINEAR, 7.5);
  bench_shape (device, 256, 4096, 4096, 64, RC_FLOAT32, RC_METHOD_LINEAR, 0);
  bench_shape (device, 256, 4096, 4096, 256, RC_BFLOAT16, RC_METHOD_LINEAR, 0);
  bench_shape (device, 256, 4096, 4096, 256, RC_FLOAT16, RC_METHOD_LINEAR, 0);
  bench_shape (device, 64, 4096, 4096, 64, RC_FLOAT64, RC_METHOD_LINEAR, 0);
  bench_shape (device, 256, 4096, 4096, 64, RC_FLOAT32, RC_METHOD_PREVIOUS, 0);
  bench_shape (device, 64, 4096, 4096, 64, RC_FLOAT32, RC_METHOD_PCHIP, 0);
  bench_shape (device, 64, 4096, 4096, 64, RC_FLOAT32, RC_METHOD_MEAN, 0);
  bench_shape (device, 64, 4096, 4096, 7, RC_FLOAT32, RC_METHOD_LINEAR, 0);
}

int
main (int argc, char **argv)
{
  return parity_main (argc, argv, run_case, bench);
}
