/* SPDX-License-Identifier: Apache-2.0 */
/* How fast rc_resample () is, single-threaded, as a fraction of memcpy: the
 * bytes that it must read and write at least once (the source rows that ticks
 * lie between, their times, the results), divided by its time, over what memcpy
 * reads and writes per second. Both are timed in turn, on data that the other
 * has pushed out of the caches, in this thread's own time, and the median of the
 * ratios counts: a busy machine slows both.
 *
 *   bench-resample [ROUNDS]
 *
 * RC_CPU=baseline measures the kernels for any CPU. */
#include "resample/resample.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct
{
  const char *name;
  RcMethod method;
  RcDType dtype;
  int64_t batch, samples, ticks, channels;
  int quaternions;              /* in the first channels */
} Case;

static const Case cases[] = {
  {"linear", RC_METHOD_LINEAR, RC_FLOAT32, 32, 500, 256, 256, 0},
  {"linear", RC_METHOD_LINEAR, RC_FLOAT32, 256, 4096, 4096, 64, 0},
  {"linear", RC_METHOD_LINEAR, RC_FLOAT64, 32, 500, 256, 256, 0},
  {"linear", RC_METHOD_LINEAR, RC_FLOAT16, 32, 500, 256, 256, 0},
  {"linear", RC_METHOD_LINEAR, RC_BFLOAT16, 32, 500, 256, 256, 0},
  {"linear", RC_METHOD_LINEAR, RC_INT16, 32, 500, 256, 256, 0},
  {"previous", RC_METHOD_PREVIOUS, RC_FLOAT32, 32, 500, 256, 256, 0},
  {"nearest", RC_METHOD_NEAREST, RC_FLOAT32, 256, 4096, 4096, 64, 0},
  {"pchip", RC_METHOD_PCHIP, RC_FLOAT32, 32, 500, 256, 256, 0},
  {"mean", RC_METHOD_MEAN, RC_FLOAT32, 32, 500, 256, 256, 0},
  {"slerp", RC_METHOD_LINEAR, RC_FLOAT32, 32, 500, 256, 256, 64},
  {"linear", RC_METHOD_LINEAR, RC_FLOAT32, 64, 500, 256, 16, 0},
};

#define STEP INT64_C (2000000)

static double
now (void)
{
  struct timespec t;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
  return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

static void *
allocate (size_t bytes)
{
  void *memory = aligned_alloc (64, (bytes + 63) / 64 * 64);

  if (!memory) {
    fprintf (stderr, "no memory for %zu bytes\n", bytes);
    exit (77);
  }
  memset (memory, 1, bytes);    /* so that its pages exist */
  return memory;
}

static int
compare (const void *a, const void *b)
{
  const double x = *(const double *) a, y = *(const double *) b;

  return x < y ? -1 : x > y;
}

static void
run (const Case * c, int rounds)
{
  const size_t size = rc_dtype_size (c->dtype);
  const size_t in = (size_t) (c->batch * c->samples * c->channels) * size;
  const size_t out = (size_t) (c->batch * c->ticks * c->channels) * size;
  const size_t stamps = (size_t) (c->batch * c->samples) * sizeof (int64_t);
  const size_t copied = (in + out + stamps) / 2;
  uint8_t *values = allocate (in), *results = allocate (out);
  uint8_t *from = allocate (copied), *to = allocate (copied);
  int64_t *times = allocate (stamps);
  int64_t *ticks = allocate ((size_t) c->ticks * sizeof (int64_t));
  double *ratios = allocate ((size_t) rounds * sizeof (double));
  double best = 1e9;
  const RcSeries series = {.values = values,.times = times,.batch = c->batch,
    .samples = c->samples
  };
  const RcTicks grid = {.times = ticks,.count = c->ticks,.shared = true };
  RcResampled result = {.values = results };
  RcMark marks[64];
  RcSamplerConfig config;
  RcSampler *sampler;
  RcError error;

  for (int64_t i = 0; i < c->batch * c->samples; i++)
    times[i] = i % c->samples * STEP + i * 7919 % (STEP / 2);
  for (int64_t i = 0; i < c->ticks; i++)
    ticks[i] = STEP + i * ((c->samples - 3) * STEP / c->ticks);
  for (int i = 0; i < c->quaternions; i++)
    marks[i] = (RcMark) {
    .kind = RC_MARK_QUATERNION_WXYZ,.channel = 4 * i};
  rc_sampler_config_init (&config, c->dtype, c->channels, c->method);
  config.window = 2 * STEP;
  config.marks = marks;
  config.n_marks = c->quaternions;
  sampler = rc_sampler_new (&config, &error);
  if (!sampler || rc_resample (sampler, &series, &grid, &result, &error)) {
    fprintf (stderr, "%s\n", error.message);
    exit (EXIT_FAILURE);
  }
  for (int i = 0; i < rounds; i++) {
    double start = now (), copy, made;

    memcpy (to, from, copied);
    copy = now () - start;
    from[i] = to[copied - 1 - (size_t) i];      /* the copy is used */
    start = now ();
    rc_resample (sampler, &series, &grid, &result, NULL);
    made = now () - start;
    ratios[i] = copy / made;
    best = made < best ? made : best;
  }
  qsort (ratios, (size_t) rounds, sizeof (double), compare);
  printf ("%-8s %-8s %4" PRId64 " x %4" PRId64 " -> %4" PRId64 " x %3" PRId64
      "  %.2f of memcpy (%.2f to %.2f)  %6.1f ns a tick\n", c->quaternions
      ? "slerp" : c->name, rc_dtype_name (c->dtype), c->batch, c->samples,
      c->ticks, c->channels, ratios[rounds / 2], ratios[rounds / 10],
      ratios[rounds - 1 - rounds / 10],
      best / (double) (c->batch * c->ticks) * 1e9);
  rc_sampler_free (sampler);
  free (values);
  free (results);
  free (from);
  free (to);
  free (times);
  free (ticks);
  free (ratios);
}

int
main (int argc, char **argv)
{
  const int rounds = argc > 1 ? atoi (argv[1]) : 21;

  for (size_t i = 0; rounds > 0 && i < sizeof (cases) / sizeof (cases[0]); i++)
    run (&cases[i], rounds);
  return rounds > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
