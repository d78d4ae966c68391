/* SPDX-License-Identifier: Apache-2.0 */
/* Single ticks of several streams on the GPU, from rows that lie anywhere, against the
 * CPU (parity.h): one launch for all of them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parity-sampler.h"
#include "resample/apply-cuda.h"

#define MOST_STREAMS 12
#define MOST_ROWS 400

/* A stream: rows, one after the other with gaps, that were shuffled. */
typedef struct
{
  RcSamplerConfig config;
  RcSampler *sampler;
  RcCudaSampler *on_device;
  RcPick pick;
  int64_t n, groups;
  int64_t times[MOST_ROWS];
  size_t place[MOST_ROWS];
  Array rows, signs, out;
  const void *here[MOST_ROWS], *there[MOST_ROWS];
  uint8_t *signs_here[MOST_ROWS], *signs_there[MOST_ROWS];
} Stream;

static int
make_stream (Device * device, Stream * s, int64_t tick)
{
  RcMark marks[MOST_MARKS];
  RcError error;
  size_t size, step;

  s->sampler = random_sampler (&s->config, marks);
  if (!s->sampler)
    return 0;
  s->on_device = rc_cuda_sampler_new (device->cuda, s->sampler, &error);
  if (!s->on_device) {
    printf ("sampler: %s\n", error.message);
    return 0;
  }
  size = rc_dtype_size (s->config.dtype);
  step = (size_t) s->config.channels * size + size * (size_t) between (0, 3);
  s->n = one_in (10) ? 0 : one_in (10) ? between (100, MOST_ROWS)
      : between (1, 30);
  s->groups = rc_sampler_n_quaternions (s->sampler);
  s->rows = array_new (device, step * (size_t) s->n, 0);
  s->signs = array_new (device, (size_t) (s->n * s->groups), 0);
  s->out = array_new (device, (size_t) rc_sampler_row_elements (s->sampler)
      * size, one_in (3) ? size : 0);
  fill_values (s->config.dtype, s->rows.at, s->rows.size);
  for (int64_t i = 0; i < s->n; i++) {
    const int64_t other = between (0, i);

    s->place[i] = s->place[other];
    s->place[other] = (size_t) i *step;
    s->times[i] = (i ? s->times[i - 1] : tick - between (-5, s->n * 12) * MS)
        + 1 + between (0, 20 * MS) + (one_in (30) ? 400 * MS : 0);
  }
  if (s->n > 0 && one_in (4))
    tick = s->times[between (0, s->n - 1)];
  for (int64_t i = 0; i < s->n; i++) {
    s->here[i] = s->rows.at + s->place[i];
    s->there[i] = s->rows.on_device + s->place[i];
    s->signs_here[i] = s->signs.at + i * s->groups;
    s->signs_there[i] = s->signs.on_device + i * s->groups;
  }
  array_put (device, &s->rows);
  array_put (device, &s->signs);
  array_put (device, &s->out);
  rc_pick (s->sampler, s->times, s->n, tick, NULL, &s->pick);
  return 1;
}

static void
free_stream (Device * device, Stream * s)
{
  rc_cuda_sampler_free (s->on_device);
  rc_sampler_free (s->sampler);
  array_free (device, &s->rows);
  array_free (device, &s->signs);
  array_free (device, &s->out);
}

/* In parts, as rows come. */
static RcStatus
make_signs (Device * device, Stream * s, RcError * error)
{
  RcStatus status = RC_OK;
  int64_t done = 0;

  for (int64_t i = 0; s->groups > 0 && i < s->n; i++)
    rc_sampler_signs (s->sampler, i ? s->here[i - 1] : NULL, i
        ? s->signs_here[i - 1] : NULL, s->here[i], s->signs_here[i]);
  while (done < s->n && status == RC_OK) {
    const int64_t n = between (1, s->n - done);

    status = rc_cuda_sampler_signs (device->cuda, device->stream, s->on_device,
        done ? s->there[done - 1] : NULL, done ? s->signs_there[done - 1]
        : NULL, s->there + done, (int32_t) n, s->signs_there + done, error);
    done += n;
  }
  return status;
}

static int
run_case (Device * device, uint64_t seed)
{
  const int n = (int) between (1, MOST_STREAMS - 1);
  const int64_t tick = one_in (4) ? INT64_C (1700000000000000000)
      : between (0, 500) * MS;
  Stream *streams = calloc (MOST_STREAMS, sizeof (*streams));
  RcCudaRow rows[MOST_STREAMS];
  Array from, to;
  size_t bytes = one_in (5) ? 0 : (size_t) between (1, 100000);
  size_t zeros = one_in (2) ? 0 : (size_t) between (1, 70000);
  const void *copied[1];
  RcError error = { RC_OK, "" };
  int good = 1, made = 0;

  while (made < n && good)
    good = make_stream (device, &streams[made++], tick);
  from = array_new (device, bytes, one_in (2) ? (size_t) between (0, 15) : 0);
  to = array_new (device, bytes + zeros, one_in (2) ? (size_t) between (0, 15)
      : 0);
  fill_values (RC_UINT8, from.at, bytes);
  array_put (device, &from);
  array_put (device, &to);
  for (int i = 0; i < made && good; i++) {
    Stream *s = &streams[i];

    good = make_signs (device, s, &error) == RC_OK;
    rc_apply (s->sampler, &s->pick, s->here + s->pick.first, s->times
        + s->pick.first, s->groups ? (const uint8_t * const *)
        (s->signs_here + s->pick.first) : NULL, s->out.at);
    rows[i] = (RcCudaRow) {
    .sampler = s->on_device,.pick = s->pick,.rows =
          s->there + s->pick.first,.times = s->times + s->pick.first,.signs =
          s->groups ? (const uint8_t * const *) (s->signs_there
          + s->pick.first) : NULL,.out = s->out.on_device};
  }
  memcpy (to.at, from.at, bytes);
  memset (to.at + bytes, 0, zeros);
  copied[0] = from.on_device;
  rows[made] = (RcCudaRow) {
  .rows = copied,.out = to.on_device,.bytes = bytes,.zeros = zeros};
  good = good && rc_cuda_apply (device->cuda, device->stream, rows, made + 1,
      &error) == RC_OK;
  if (*error.message)
    printf ("GPU: %s\n", error.message);
  device_wait (device);
  good = good && array_equal (device, &to, "a copy", 1);
  for (int i = 0; i < made && good; i++) {
    Stream *s = &streams[i];

    good = array_equal (device, &s->out, rc_dtype_name (s->config.dtype),
        rc_dtype_size (s->config.dtype))
        && array_equal (device, &s->signs, "signs", 1)
        && array_equal (device, &s->rows, "the source", 1);
    if (!good)
      printf ("stream %d of %d: method %d, D %" PRId64 ", %d marks, %" PRId64
          " rows, picked %" PRId64 "\n", i, n, s->config.method,
          s->config.channels, s->config.n_marks, s->n, s->pick.count);
  }
  if (!good)
    printf ("seed %" PRIu64 "\n", seed);
  for (int i = 0; i < made; i++)
    free_stream (device, &streams[i]);
  array_free (device, &from);
  array_free (device, &to);
  free (streams);
  return good;
}

/* ---- speed ---- */

/* A live tick: linear between two rows of each stream. */
static void
bench_tick (Device * device, int n, int64_t d)
{
  enum
  { MANY = 50 };
  float *values = device_alloc (device, (size_t) (2 * n * d) * 4);
  float *out = device_alloc (device, (size_t) (n * d) * 4);
  static const int64_t times[2] = { 0, 10 * MS };
  const void *at[MOST_STREAMS][2];
  RcCudaRow rows[MOST_STREAMS];
  RcSamplerConfig config;
  RcSampler *sampler;
  RcCudaSampler *on_device;
  RcError error;
  RcPick pick;

  rc_sampler_config_init (&config, RC_FLOAT32, d, RC_METHOD_LINEAR);
  sampler = rc_sampler_new (&config, &error);
  on_device = rc_cuda_sampler_new (device->cuda, sampler, &error);
  rc_pick (sampler, times, 2, 3 * MS, NULL, &pick);
  for (int i = 0; i < n; i++) {
    for (int k = 0; k < 2; k++)
      at[i][k] = values + (2 * i + k) * d;
    rows[i] = (RcCudaRow) {
    .sampler = on_device,.pick = pick,.rows = at[i],.times = times,.out =
          out + i * d};
  }
  device_set (device, values, 0x3f, (size_t) (2 * n * d) * 4);
  device_record (device);
  for (int i = 0; i < MANY; i++) {
    if (rc_cuda_apply (device->cuda, device->stream, rows, n, &error) != RC_OK) {
      printf ("%s\n", error.message);
      exit (1);
    }
  }
  printf ("%2d streams of %5" PRId64 " float32, linear, one tick: %.2f us\n", n,
      d, time_graph (device, device_recorded (device), MANY));
  rc_cuda_sampler_free (on_device);
  rc_sampler_free (sampler);
  device_free (device, values);
  device_free (device, out);
}

static void
bench (Device * device)
{
  bench_tick (device, 1, 7);
  bench_tick (device, 3, 7);
  bench_tick (device, 10, 64);
  bench_tick (device, 3, 100000);
}

int
main (int argc, char **argv)
{
  return parity_main (argc, argv, run_case, bench);
}
