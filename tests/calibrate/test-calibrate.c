/* SPDX-License-Identifier: Apache-2.0 */
/* rc_calibrate () on motions whose offset is known: how near it comes, what its
 * error and its confidence are worth, and what it refuses. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calibrate/calibrate.h"
#include "../common/splitmix.h"

#define MS INT64_C (1000000)
#define S INT64_C (1000000000)
#define MAX_SAMPLES 20000

static uint64_t random_state;

static double
uniform (void)
{
  return (splitmix64 (&random_state) >> 11) * 0x1p-53;
}

static double
normal (void)
{
  return sqrt (-2 * log (1 - uniform ())) * cos (2 * M_PI * uniform ());
}

/* A motion without a period: sums of sines whose frequencies have none in common,
 * up to 7 Hz. */
static double
motion (double t, int channel)
{
  double sum = 0;

  for (int i = 1; i <= 12; i++)
    sum += sin (2 * M_PI * t * 7 * sqrt (i * (channel + 2)) / 9 + i * i) / i;
  return sum;
}

typedef struct
{
  int64_t times[MAX_SAMPLES];
  double values[MAX_SAMPLES * 3];
  RcMotion m;
} Series;

/* `seconds` of `d` channels at `rate` with 20 % jitter, stamped `late` after it
 * happened. */
static Series *
make (double seconds, double rate, int64_t late, double noise, int d,
    uint64_t seed)
{
  Series *s = malloc (sizeof (*s));
  int64_t n = (int64_t) (seconds * rate);

  ck_assert_int_le (n, MAX_SAMPLES);
  random_state = seed;
  for (int64_t i = 0; i < n; i++) {
    double t = (i + 0.4 * (uniform () - 0.5)) / rate;

    s->times[i] = 1700000000 * S + (int64_t) llround (t * 1e9) + late;
    for (int c = 0; c < d; c++)
      s->values[i * d + c] = motion (t, c) + noise * normal ();
  }
  s->m = (RcMotion) {
  s->times, s->values, n};
  return s;
}

static RcStatus
estimate (const Series * a, const Series * b, int d, RcCalibration * result,
    RcError * error)
{
  RcCalibrateConfig config;

  rc_calibrate_config_init (&config);
  return rc_calibrate (&config, &a->m, &b->m, d, result, error);
}

/* ---- what it finds ---- */

START_TEST (test_known_offset)
{
  static const int64_t offsets[] = { 0, 1, -123457, 7 * MS + 891, -83 * MS,
    333333333, -912 * MS, 999 * MS
  };
  RcCalibration r;
  RcError error;

  for (size_t i = 0; i < sizeof (offsets) / sizeof (*offsets); i++) {
    for (int d = 1; d <= 3; d += 2) {
      Series *a = make (20, 400, 0, 0, d, 1);
      Series *b = make (20, 150, -offsets[i], 0, d, 2);

      ck_assert_msg (estimate (a, b, d, &r, &error) == RC_OK, "%s",
          error.message);
      if (llabs (offsets[i]) < 990 * MS) {
        /* linear interpolation, not noise, is what is left */
        ck_assert_msg (llabs (r.offset - offsets[i]) < 20000,
            "%lld for %lld, %d channels", (long long) r.offset,
            (long long) offsets[i], d);
        ck_assert (r.standard_error < 50000);
        ck_assert (r.confidence > 0.99);
        ck_assert (r.correlation > 0.99 && r.second < r.correlation);
        ck_assert (!r.at_end);
      }
      free (a);
      free (b);
    }
  }
}

END_TEST;

/* Over many runs with noise the error is as large as it says. */
START_TEST (test_standard_error)
{
  double sum = 0, said = 0;
  const int runs = 60;
  RcCalibration r;

  for (int run = 0; run < runs; run++) {
    Series *a = make (20, 200, 0, 0.7, 1, 1000 + run);
    Series *b = make (20, 150, -25 * MS, 0.7, 1, 5000 + run);
    double wrong;

    ck_assert_int_eq (estimate (a, b, 1, &r, NULL), RC_OK);
    wrong = r.offset - 25. * MS;
    sum += wrong * wrong;
    said += r.standard_error * r.standard_error;
    free (a);
    free (b);
  }
  printf ("errors of %.2f ms RMS, said to be %.2f ms\n",
      sqrt (sum / runs) / 1e6, sqrt (said / runs) / 1e6);
  /* 60 runs: a ratio of variances beyond 2.5 has a chance below 1e-4 (chi
   * squared; the jackknife's own spread with 11 degrees averages out) */
  ck_assert_msg (sum / said < 2.5 && said / sum < 2.5, "errors of %g ns, said "
      "to be %g ns", sqrt (sum / runs), sqrt (said / runs));
}

END_TEST;

/* Nothing in common, or a motion that repeats: not sure. */
START_TEST (test_confidence)
{
  RcCalibration r;
  int sure = 0;

  for (int run = 0; run < 40; run++) {
    Series *a = make (20, 200, 0, 100, 1, 100 + run);
    Series *b = make (20, 200, 0, 100, 1, 200 + run);

    for (int64_t i = 0; i < a->m.samples; i++)
      b->values[i] = normal ();
    ck_assert_int_eq (estimate (a, b, 1, &r, NULL), RC_OK);
    sure += r.confidence > 0.95;
    free (a);
    free (b);
  }
  /* the highest of 200 chances is rarely two errors above the next */
  ck_assert_msg (sure <= 2, "%d of 40 are sure", sure);

  {
    Series *a = make (20, 200, 0, 0, 1, 7), *b = make (20, 200, 0, 0, 1, 8);

    for (int64_t i = 0; i < a->m.samples; i++) {
      a->values[i] = sin ((a->times[i] % (100 * S)) * 2e-9 * M_PI / 0.4);
      b->values[i] = sin ((b->times[i] % (100 * S)) * 2e-9 * M_PI / 0.4);
    }
    ck_assert_int_eq (estimate (a, b, 1, &r, NULL), RC_OK);
    ck_assert_msg (r.confidence < 0.95, "%g for a motion that repeats",
        r.confidence);
    free (a);
    free (b);
  }
}

END_TEST;

/* The true one is outside of the range: said, not made up. */
START_TEST (test_beyond_the_range)
{
  RcCalibrateConfig config;
  RcCalibration r;
  Series *a = make (20, 200, 0, 0, 1, 1), *b =
      make (20, 200, -90 * MS, 0, 1, 2);

  rc_calibrate_config_init (&config);
  config.max_offset = 60 * MS;
  ck_assert_int_eq (rc_calibrate (&config, &a->m, &b->m, 1, &r, NULL), RC_OK);
  ck_assert (r.at_end);
  ck_assert (r.confidence == 0);
  free (a);
  free (b);
}

END_TEST;

/* A dropout is left out instead of being bridged, and so are values that are not
 * numbers; a sensor turned the other way round is no match. */
START_TEST (test_holes)
{
  RcCalibration r;
  Series *a = make (20, 200, 0, 0, 1, 1), *b =
      make (20, 200, -40 * MS, 0, 1, 2);
  int64_t n = 0;

  for (int64_t i = 0; i < b->m.samples; i++) {
    if (i > 800 && i < 1800)
      continue;
    b->times[n] = b->times[i];
    b->values[n++] = i % 50 == 0 ? NAN : i % 77 == 0 ? INFINITY : b->values[i];
  }
  b->m.samples = n;
  ck_assert_int_eq (estimate (a, b, 1, &r, NULL), RC_OK);
  ck_assert_msg (llabs (r.offset - 40 * MS) < 100000, "%lld",
      (long long) r.offset);
  /* 5 s of 20 s */
  ck_assert (r.points > 0 && r.points * r.step < 16 * S);
  for (int64_t i = 0; i < n; i++)
    b->values[i] = -b->values[i];
  ck_assert_int_eq (estimate (a, b, 1, &r, NULL), RC_OK);
  ck_assert (r.confidence < 0.95 && r.correlation < 0.9);
  free (a);
  free (b);
}

END_TEST;

/* Single samples far off, as of a tracker that jumps, do not count. */
START_TEST (test_spikes)
{
  RcCalibration r;
  Series *a = make (20, 400, 0, 0, 3, 1), *b =
      make (20, 200, -40 * MS, 0, 3, 2);

  for (int64_t i = 57; i < b->m.samples; i += 131)
    b->values[i * 3 + i % 3] += i % 2 ? 40 : -40;
  for (int64_t i = 11; i < a->m.samples; i += 401) {
    /* a jump there and back of a differentiated position */
    a->values[i * 3] += 30;
    a->values[(i + 1) * 3] -= 30;
  }
  ck_assert_int_eq (estimate (a, b, 3, &r, NULL), RC_OK);
  ck_assert_msg (llabs (r.offset - 40 * MS) < 50000, "%lld",
      (long long) r.offset);
  ck_assert_msg (r.standard_error < 100000, "%g", r.standard_error);
  ck_assert_msg (r.correlation > 0.99, "%g", r.correlation);
  free (a);
  free (b);
}

END_TEST;

/* ---- what it refuses ---- */

static void
expect (RcStatus wanted, const char *part, const RcCalibrateConfig * config,
    const RcMotion * a, const RcMotion * b, int d)
{
  RcCalibration r;
  RcError error;
  RcStatus status = rc_calibrate (config, a, b, d, &r, &error);

  ck_assert_msg (status == wanted && strstr (error.message, part),
      "wanted %s \"%s\", got %s \"%s\"", rc_status_name (wanted), part,
      rc_status_name (status), error.message);
}

START_TEST (test_refused)
{
  Series *a = make (20, 200, 0, 0, 1, 1), *b = make (20, 200, 0, 0, 1, 2);
  RcCalibrateConfig ok, bad;
  RcMotion m = b->m;

  rc_calibrate_config_init (&ok);
  ck_assert_int_eq (rc_calibrate (NULL, &a->m, &b->m, 1, NULL, NULL),
      RC_ERR_ARGUMENT);
  expect (RC_ERR_ARGUMENT, "channels: 0", &ok, &a->m, &b->m, 0);
  expect (RC_ERR_ARGUMENT, "reference: times", &ok, NULL, &b->m, 1);
  m.values = NULL;
  expect (RC_ERR_ARGUMENT, "signal: times", &ok, &a->m, &m, 1);
  m = b->m;
  m.samples = 1;
  expect (RC_ERR_SHAPE, "signal: 1 samples", &ok, &a->m, &m, 1);
  m.samples = -7;
  expect (RC_ERR_SHAPE, "signal: -7 samples", &ok, &a->m, &m, 1);
  m.samples = 30;
  expect (RC_ERR_SHAPE, "common", &ok, &m, &m, 1);
  bad = ok;
  bad.max_offset = 0;
  expect (RC_ERR_ARGUMENT, "max_offset 0", &bad, &a->m, &b->m, 1);
  bad.max_offset = 1 * MS;
  expect (RC_ERR_ARGUMENT, "two steps", &bad, &a->m, &b->m, 1);
  bad = ok;
  bad.max_gap = 0;
  expect (RC_ERR_ARGUMENT, "max_gap 0", &bad, &a->m, &b->m, 1);
  bad = ok;
  bad.smoothing = 2;
  expect (RC_ERR_OVERFLOW, "products", &bad, &a->m, &b->m, 1);

  for (int64_t i = 0; i < b->m.samples; i++)
    b->times[i] += 3600 * S;
  expect (RC_ERR_SHAPE, "0 s are common", &ok, &a->m, &b->m, 1);
  for (int64_t i = 0; i < b->m.samples; i++)
    b->times[i] = INT64_MAX - 20 * S + i * 5 * MS;
  expect (RC_ERR_OVERFLOW, "end of the range", &ok, &b->m, &b->m, 1);
  b->times[100] = b->times[99];
  expect (RC_ERR_UNSORTED, "sample 100", &ok, &a->m, &b->m, 1);
  b->times[0] = RC_TIME_NONE;
  expect (RC_ERR_ARGUMENT, "sample 0 has no time", &ok, &a->m, &b->m, 1);
  for (int64_t i = 0; i < a->m.samples; i++)
    a->values[i] = 4;
  expect (RC_ERR_ARGUMENT, "reference: all", &ok, &a->m, &a->m, 1);
  for (int64_t i = 0; i < a->m.samples; i++)
    a->values[i] = NAN;
  expect (RC_ERR_ARGUMENT, "finite", &ok, &a->m, &a->m, 1);
  free (a);
  free (b);
}

END_TEST;

/* ---- quaternions ---- */

START_TEST (test_angular_velocity)
{
  /* 0.5 rad about z in 0.1 s, then the same with the other sign of q, then
   * none */
  const double h = 0.25;
  double q[4][4] = { {1, 0, 0, 0}, {cos (h), 0, 0, sin (h)},
  {-cos (2 * h), 0, 0, -sin (2 * h)}, {-cos (2 * h), 0, 0, -sin (2 * h)}
  };
  double xyzw[4][4], v[9];
  int64_t times[] = { 0, 100 * MS, 200 * MS, 300 * MS }, mid[3];

  rc_angular_velocity (times, q[0], 4, false, mid, v);
  for (int pass = 0; pass < 2; pass++) {
    for (int i = 0; i < 3; i++) {
      ck_assert_int_eq (mid[i], (100 * i + 50) * MS);
      ck_assert (fabs (v[3 * i]) < 1e-12 && fabs (v[3 * i + 1]) < 1e-12);
      ck_assert_double_eq_tol (v[3 * i + 2], i < 2 ? 5 : 0, 1e-9);
    }
    for (int i = 0; i < 4; i++) {
      memcpy (xyzw[i], q[i] + 1, 3 * sizeof (double));
      xyzw[i][3] = q[i][0];
    }
    rc_angular_velocity (times, xyzw[0], 4, true, mid, v);
  }
  /* in the body's axes: a body that lies on its side turns about its own */
  {
    const double r = sqrt (0.5);
    double side[2][4] = { {r, r, 0, 0}, {r * cos (h), r * cos (h),
        -r * sin (h), r * sin (h)}
    };

    rc_angular_velocity (times, side[0], 2, false, mid, v);
    ck_assert (fabs (v[0]) < 1e-12 && fabs (v[1]) < 1e-12);
    ck_assert_double_eq_tol (v[2], 5, 1e-9);
  }
  memset (q, 0, sizeof (q));
  rc_angular_velocity (times, q[0], 2, false, mid, v);
  ck_assert (isnan (v[0]));
}

END_TEST;

int
main (void)
{
  Suite *s = suite_create ("calibrate");
  TCase *tc = tcase_create ("calibrate");
  SRunner *runner = srunner_create (s);
  int failed;

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 60);
  tcase_add_test (tc, test_known_offset);
  tcase_add_test (tc, test_standard_error);
  tcase_add_test (tc, test_confidence);
  tcase_add_test (tc, test_beyond_the_range);
  tcase_add_test (tc, test_holes);
  tcase_add_test (tc, test_spikes);
  tcase_add_test (tc, test_refused);
  tcase_add_test (tc, test_angular_velocity);
  srunner_run_all (runner, CK_NORMAL);
  failed = srunner_ntests_failed (runner);
  srunner_free (runner);
  return failed ? 1 : 0;
}
