/* SPDX-License-Identifier: Apache-2.0 */
/* The clock map against sensors whose clocks are known: its stated bounds, what
 * it takes for a step, and what it promises for any pairs at all. */
#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "clock/clockmap.h"
#include "clocksim.h"

#define US CLOCK_US
#define MS CLOCK_MS
#define S CLOCK_S

#define CONFIRM 16

/* Check writes a line to a file for each of its own. */
#define CHECK(condition)                        \
  do {                                          \
    if (!(condition))                           \
      ck_abort_msg ("%s", #condition);          \
  } while (0)

static RcClockMap *
new_map (void)
{
  RcClockMapConfig config;
  RcClockMap *map;

  rc_clock_map_config_init (&config);
  map = rc_clock_map_new (&config, NULL);
  ck_assert_ptr_nonnull (map);
  return map;
}

static RcClockEstimate
state (const RcClockMap * map)
{
  RcClockEstimate e;

  rc_clock_map_estimate (map, &e);
  return e;
}

/* A path with a smallest delay of 3 ms, exponential jitter of `jitter` and, in
 * 300 ms of every 5 s, up to 80 ms more. */
#define LEAST (3 * MS)

static int64_t
bursty_delay (ClockRandom * random, int64_t at, int64_t jitter)
{
  int64_t delay = LEAST + clock_random_delay (random, jitter);

  if (at % (5 * S) < 300 * MS)
    delay += (int64_t) (clock_random (random) * 80e6);
  return delay;
}

/* ---- the estimate ---- */

START_TEST (test_beginning)
{
  RcClockMap *map = new_map ();
  int64_t t;

  ck_assert_uint_eq (state (map).pairs, 0);
  ck_assert_int_eq (state (map).offset, 0);
  /* the first pair's offset is its own */
  ck_assert_int_eq (rc_clock_map_add (map, CLOCK_EPOCH, -50 * MS), -50 * MS);
  ck_assert_int_eq (state (map).offset, -50 * MS - CLOCK_EPOCH);
  /* a larger delay changes nothing, not even by a nanosecond */
  t = rc_clock_map_add (map, CLOCK_EPOCH + 10 * MS + 1, -30 * MS);
  ck_assert_int_eq (t, -40 * MS + 1);
  ck_assert_int_eq (state (map).residual, 10 * MS - 1);
  /* a smaller one counts at once */
  t = rc_clock_map_add (map, CLOCK_EPOCH + 20 * MS, -31 * MS);
  ck_assert_int_eq (t, -31 * MS);
  ck_assert_int_eq (state (map).residual, 0);
  ck_assert_uint_eq (state (map).pairs, 3);
  rc_clock_map_free (map);
}

END_TEST static const int64_t skews[] = { 100000, -100000, 0, 37123, -480000 };

typedef struct
{
  int64_t lowest[65];           /* smallest excess per block, newest last */
  int n;
  int64_t current;
} Blocks;

/* The E of the header. */
static int64_t
largest (const Blocks * b)
{
  int64_t e = 0;

  for (int i = 0; i < b->n; i++)
    e = b->lowest[i] > e ? b->lowest[i] : e;
  return e;
}

static void
end_block (Blocks * b)
{
  if (b->n == 65)
    memmove (b->lowest, b->lowest + 1, 64 * sizeof (int64_t));
  else
    b->n++;
  b->lowest[b->n - 1] = b->current;
  b->current = INT64_MAX;
}

/* An hour at 100 Hz, for each skew and several seeds: the stated bound at every
 * sample, the stated bound of the skew at every block. */
START_TEST (test_bound)
{
  const int64_t ppb = skews[_i % 5], period = 10 * MS;
  ClockRandom random = { 1000 + _i };
  RcClockMap *map = new_map ();
  Blocks blocks = {.current = INT64_MAX };
  int64_t worst_late = 0, e = 0;

  for (int64_t i = 0; i < 360000; i++) {
    const int64_t remote = CLOCK_EPOCH + i * period;
    const int64_t truth = clock_truth (77 * S, CLOCK_EPOCH, remote, ppb);
    const int64_t delay = bursty_delay (&random, i * period, 2 * MS);
    int64_t mapped, error;
    double limit;

    if (i > 0 && i % 100 == 0) {
      end_block (&blocks);
      e = largest (&blocks);
    }
    if (delay - LEAST < blocks.current)
      blocks.current = delay - LEAST;
    mapped = rc_clock_map_add (map, remote, truth + delay);
    error = mapped - truth - LEAST;
    if (blocks.n < 6)
      continue;
    limit = (double) e *(1 + 6. / blocks.n) + 2;
    if ((double) llabs (error) > limit)
      ck_abort_msg ("sample %lld: off by %lld ns, the bound is %.0f",
          (long long) i, (long long) error, limit);
    if (i % 100 == 0 && blocks.n > 60) {
      const double skew = state (map).skew - (double) ppb * 1e-9;

      ck_assert_double_le (skew < 0 ? -skew : skew, 2.2 * (double) e / 62e9);
    }
    if (i > 6400 && llabs (error) > worst_late)
      worst_late = llabs (error);
  }
  /* and the bound is no empty promise */
  ck_assert_int_le (worst_late, 250 * US);
  ck_assert_uint_eq (state (map).steps, 0);
  ck_assert_uint_eq (state (map).outliers, 0);
  rc_clock_map_free (map);
}

END_TEST
/* Six hours of a 10 Hz sensor that warms up: its skew swings by 1 ppm in 20
 * minutes around 60 ppm, with 5 ms of jitter. */
START_TEST (test_hours)
{
  ClockRandom random = { 7 };
  RcClockMap *map = new_map ();
  double fraction = 0;
  int64_t truth = 0, worst = 0;

  for (int64_t i = 0; i < 6 * 36000; i++) {
    const int64_t phase = i % 12000;
    const int64_t swing = phase < 6000 ? phase - 3000 : 9000 - phase;
    int64_t error;

    error = rc_clock_map_add (map, CLOCK_EPOCH + i * 100 * MS, truth + LEAST
        + clock_random_delay (&random, 5 * MS)) - truth - LEAST;
    if (i > 1000 && llabs (error) > worst)
      worst = llabs (error);
    fraction += 100e6 * (60e-6 + (double) swing / 3000 * 1e-6);
    truth += 100 * MS + (int64_t) fraction;
    fraction -= (double) (int64_t) fraction;
  }
  ck_assert_int_le (worst, 3 * MS);
  ck_assert_uint_eq (state (map).steps, 0);
  rc_clock_map_free (map);
}

END_TEST
/* A silence of ten minutes: no step, the skew is remembered, the offset new. */
START_TEST (test_silence)
{
  RcClockMap *map = new_map ();
  int64_t remote = 0, truth;

  for (int64_t i = 0; i < 10000; i++) {
    remote = CLOCK_EPOCH + i * 10 * MS;
    truth = clock_truth (0, CLOCK_EPOCH, remote, 100000);
    rc_clock_map_add (map, remote, truth + i % 7 * MS);
  }
  ck_assert_double_eq_tol (state (map).skew, 100e-6, 1e-9);
  remote += 600 * S;
  truth = clock_truth (0, CLOCK_EPOCH, remote, 100000);
  ck_assert_int_eq (rc_clock_map_add (map, remote, truth + 4 * MS),
      truth + 4 * MS);
  remote += 2 * S;
  truth = clock_truth (0, CLOCK_EPOCH, remote, 100000);
  ck_assert_int_le (llabs (rc_clock_map_add (map, remote, truth + 8 * MS)
          - truth - 4 * MS), 10);
  ck_assert_uint_eq (state (map).steps, 0);
  rc_clock_map_free (map);
}

END_TEST
/* The second largest of each 64 residuals, but for those of a step. */
START_TEST (test_spread)
{
  RcClockMap *map = new_map ();
  const int64_t tick = 10 * MS;
  int64_t i = 0, remote = CLOCK_EPOCH;

  for (; i < 64; i++) {
    CHECK (state (map).spread == 0);
    rc_clock_map_add (map, remote += tick, i * tick + (i == 20 ? 9 * MS :
            i == 40 ? 7 * MS : i % 3 * MS));
  }
  ck_assert_int_eq (state (map).spread, 7 * MS);
  for (; i < 640; i++) {
    if (i == 300)               /* the remote clock goes back */
      remote -= 50 * MS;
    rc_clock_map_add (map, remote += tick, i * tick + i % 3 * MS);
    CHECK (state (map).spread <= 7 * MS);
  }
  ck_assert_uint_eq (state (map).steps, 1);
  ck_assert_int_eq (state (map).spread, 2 * MS);
  /* late, but no step: that is how the path is */
  for (; i < 640 + 192; i++)
    rc_clock_map_add (map, remote += tick, i * tick + i % 3 * MS +
        (i % 64 < 20 ? 40 * MS : 0));
  ck_assert_int_eq (state (map).spread, 42 * MS);
  rc_clock_map_free (map);
}

END_TEST
/* ---- steps ---- */
    typedef struct
{
  int64_t remote, local;        /* added from the step on */
  bool early;                   /* arrivals are too early then */
} Step;

static const Step steps[] = {
  {50 * MS, 0, true}, {0, -50 * MS, true},
  {-50 * MS, 0, false}, {0, 50 * MS, false},
  {7200 * S, 0, true}, {-7200 * S, 0, false},
};

/* Detected with the stated pair, counted once, right again from then on; and
 * until then no time lies after its arrival or more than max_delay before. */
START_TEST (test_step)
{
  const Step *step = &steps[_i];
  ClockRandom random = { 5 + _i };
  RcClockMap *map = new_map ();
  const int64_t at = 5000;
  int64_t last = INT64_MIN, begun = 0;
  bool known = false;

  for (int64_t i = 0; i < 9000; i++) {
    const int64_t capture = i * 10 * MS;
    const bool after = i >= at;
    const int64_t truth = clock_truth (0, 0, capture, 100000)
        + (after ? step->local : 0);
    const int64_t remote = CLOCK_EPOCH + capture + (after ? step->remote : 0);
    const int64_t local = truth + LEAST + clock_random_delay (&random, MS);
    const int64_t mapped = rc_clock_map_add (map, remote, local);

    if (i == at)
      begun = local;
    known = i >= at + CONFIRM - 1 && (step->early || known
        || local - begun >= S);
    CHECK (state (map).steps == known);
    CHECK (mapped <= local);
    CHECK (mapped >= local - 10 * S);
    if ((known || !after) && i > 500)
      CHECK (llabs (mapped - truth - LEAST) <= 800 * US);
    /* a step of the remote clock is no reason to go back */
    if (step->remote > 0)
      CHECK (mapped > last);
    last = mapped;
  }
  ck_assert_double_eq_tol (state (map).skew, 100e-6, 2e-6);
  rc_clock_map_free (map);
}

END_TEST
/* A correction never turns time back: it is slowed down to half until the
 * correction is done. */
START_TEST (test_correction)
{
  RcClockMap *map = new_map ();
  int64_t last = 0;

  for (int64_t i = 0; i < 230; i++) {
    /* a step forward; 30 ms of delay hide by how much, but for its first pair */
    const int64_t remote = CLOCK_EPOCH + i * 10 * MS + (i < 200 ? 0 : 50 * MS);
    const int64_t local = i * 10 * MS + (i > 200 ? 30 * MS : 0);
    const int64_t mapped = rc_clock_map_add (map, remote, local);

    if (i >= 200 && i < 200 + CONFIRM - 1)
      CHECK (mapped == local);
    else if (i < 200 || i >= 200 + CONFIRM + 5)
      CHECK (mapped == i * 10 * MS);
    else
      CHECK (mapped == last + 5 * MS);
    last = mapped;
  }
  rc_clock_map_free (map);
}

END_TEST
/* Single outliers of any size: counted, and the other pairs map as if they had
 * never been. */
START_TEST (test_outliers)
{
  static const int64_t wrong[] = { 50 * MS, -50 * MS, 3600 * S, -3600 * S,
    INT64_MAX - CLOCK_EPOCH - 1000 * S, -CLOCK_EPOCH, 25 * MS,
    -CLOCK_EPOCH - 7 * S
  };
  ClockRandom random = { 3 };
  RcClockMap *map = new_map (), *clean = new_map ();
  uint64_t n_wrong = 0;

  for (int64_t i = 0; i < 20000; i++) {
    const int64_t remote = CLOCK_EPOCH + i * 10 * MS;
    const int64_t local = clock_truth (0, CLOCK_EPOCH, remote, -60000) + LEAST
        + clock_random_delay (&random, MS / 2);

    if (i > 200 && i % 50 == 0) {
      const int64_t by = wrong[i / 50 % 8];
      const int64_t mapped = rc_clock_map_add (map, remote + by, local);

      /* 50 ms back is a delay that can be */
      n_wrong += by != -50 * MS;
      if (by != -50 * MS)
        CHECK (mapped == local);
    }
    CHECK (rc_clock_map_add (map, remote, local) == rc_clock_map_add (clean,
            remote, local));
  }
  ck_assert_uint_eq (state (map).steps, 0);
  ck_assert_uint_eq (state (map).outliers, n_wrong);
  rc_clock_map_free (map);
  rc_clock_map_free (clean);
}

END_TEST
/* A link that stands still and then delivers everything at once, or at twice
 * the rate; 900 ms of a longer way: no steps, and the capture times stay right. */
START_TEST (test_stalls)
{
  RcClockMap *map = new_map ();

  for (int64_t i = 0; i < 10000; i++) {
    const int64_t remote = CLOCK_EPOCH + i * 10 * MS, truth = i * 10 * MS;
    int64_t delay = i % 3 * 100 * US;

    if (i >= 3000 && i < 3500)
      delay = (3500 - i) * 10 * MS;
    if (i >= 5000 && i < 5600)
      delay = (5600 - i) * 5 * MS;
    if (i >= 7000 && i < 7090)
      delay += 80 * MS;
    CHECK (llabs (rc_clock_map_add (map, remote, truth + delay)
            - truth) <= 110 * US);
  }
  ck_assert_uint_eq (state (map).steps, 0);
  rc_clock_map_free (map);
}

END_TEST
/* A way that stays longer cannot be told from a clock that was set. */
START_TEST (test_longer_way)
{
  RcClockMap *map = new_map ();

  for (int64_t i = 0; i < 9000; i++) {
    const bool longer = i >= 3000 && i < 6000;
    const int64_t truth = i * 10 * MS + (longer ? 80 * MS : 0);
    const int64_t mapped = rc_clock_map_add (map, CLOCK_EPOCH + i * 10 * MS,
        truth + i % 3 * 100 * US);

    if (i < 3000 || (i > 3100 && i < 6000) || i > 6015)
      CHECK (llabs (mapped - truth) <= 100 * US);
  }
  ck_assert_uint_eq (state (map).steps, 2);
  rc_clock_map_free (map);
}

END_TEST
/* At 10 Hz with 20 ms of jitter most residuals exceed `step`: no step in a day,
 * and one of 50 ms is still seen. */
START_TEST (test_rough_way)
{
  ClockRandom random = { 11 };
  RcClockMap *map = new_map ();
  int64_t i = 0;

  for (; i < 864000; i++)
    rc_clock_map_add (map, CLOCK_EPOCH + i * 100 * MS,
        i * 100 * MS + clock_random_delay (&random, 20 * MS));
  ck_assert_uint_eq (state (map).steps, 0);
  for (; i < 864000 + 40; i++)
    rc_clock_map_add (map, CLOCK_EPOCH + i * 100 * MS - 50 * MS,
        i * 100 * MS + clock_random_delay (&random, 20 * MS));
  ck_assert_uint_eq (state (map).steps, 1);
  rc_clock_map_free (map);
}

END_TEST
/* A wrong first stamp is a step away from all that follow. */
START_TEST (test_wrong_first)
{
  RcClockMap *map = new_map ();
  int64_t mapped = 0;

  rc_clock_map_add (map, CLOCK_EPOCH + 3600 * S, 0);
  for (int64_t i = 1; i <= 102; i++) {
    mapped = rc_clock_map_add (map, CLOCK_EPOCH + i * 10 * MS,
        i * 10 * MS + i % 2 * MS);
    CHECK (mapped >= i * 10 * MS);
    CHECK (mapped <= i * 10 * MS + MS);
  }
  ck_assert_uint_eq (state (map).steps, 1);
  ck_assert_int_eq (mapped, 1020 * MS);
  rc_clock_map_free (map);
}

END_TEST
/* ---- any pairs ---- */
START_TEST (test_duplicates_and_disorder)
{
  RcClockMap *map = new_map ();
  int64_t a, b;

  for (int64_t i = 0; i < 1000; i++)
    rc_clock_map_add (map, CLOCK_EPOCH + i * 10 * MS, i * 10 * MS + i % 5 * MS);
  a = rc_clock_map_add (map, CLOCK_EPOCH + 10000 * MS, 10003 * MS);
  /* the same stamp again: the same time, though it came later or sooner */
  ck_assert_int_eq (rc_clock_map_add (map, CLOCK_EPOCH + 10000 * MS,
          10004 * MS), a);
  ck_assert_int_eq (rc_clock_map_add (map, CLOCK_EPOCH + 10000 * MS,
          9995 * MS), a);
  /* one that was overtaken: mapped, not used */
  b = rc_clock_map_add (map, CLOCK_EPOCH + 9995 * MS, 9994 * MS);
  ck_assert_int_eq (b, 9994 * MS);
  b = rc_clock_map_add (map, CLOCK_EPOCH + 10010 * MS, 10012 * MS);
  ck_assert_int_eq (b, 10010 * MS);
  ck_assert_uint_eq (state (map).steps, 0);
  rc_clock_map_free (map);
}

END_TEST
/* Many rows in one datagram: no two of them get one time. */
START_TEST (test_bundles)
{
  RcClockMap *map = new_map ();
  int64_t last = INT64_MIN;

  for (int64_t i = 0; i < 4000; i++) {
    const int64_t remote = CLOCK_EPOCH + i * MS;
    const int64_t mapped =
        rc_clock_map_add (map, remote, (i / 10 + 1) * 10 * MS);

    CHECK (mapped > last);
    if (i > 30)                 /* the last of each bundle has waited least */
      CHECK (mapped == (i + 1) * MS);
    last = mapped;
  }
  rc_clock_map_free (map);
}

END_TEST
START_TEST (test_no_time)
{
  RcClockMap *map = new_map ();

  ck_assert_int_eq (rc_clock_map_add (map, RC_TIME_NONE, 5), RC_TIME_NONE);
  ck_assert_int_eq (rc_clock_map_add (map, 5, RC_TIME_NONE), RC_TIME_NONE);
  ck_assert_uint_eq (state (map).pairs, 0);
  rc_clock_map_free (map);
}

END_TEST
/* Numbers at the ends of int64, in any order. */
START_TEST (test_huge)
{
  static const int64_t ends[] = { INT64_MAX, INT64_MIN + 1, 0, 1, -1,
    INT64_MAX - 1, INT64_MIN + 2, CLOCK_EPOCH, -CLOCK_EPOCH, INT64_MAX / 2
  };
  ClockRandom random = { _i };
  RcClockMap *map = new_map ();

  for (int i = 0; i < 20000; i++) {
    const int64_t remote = ends[(int) (clock_random (&random) * 9.99)];
    const int64_t local = ends[(int) (clock_random (&random) * 9.99)];
    const int64_t mapped = rc_clock_map_add (map, remote, local);

    CHECK (mapped != RC_TIME_NONE);
  }
  /* and then a sound stream is mapped as if nothing had been */
  rc_clock_map_reset (map);
  for (int64_t i = 0; i < 200; i++)
    CHECK (rc_clock_map_add (map, CLOCK_EPOCH + i * MS, i * MS) == i * MS);
  rc_clock_map_free (map);
}

END_TEST typedef struct
{
  ClockRandom random;
  int64_t remote, local;        /* clocks */
  int64_t jitter, period;
} Wild;

/* A stream that misbehaves in every way, but whose arrivals are in order. */
static void
wild_pair (Wild * w, int64_t * remote, int64_t * local)
{
  const double dice = clock_random (&w->random);
  const int64_t arrival = w->local + clock_random_delay (&w->random, w->jitter);

  w->remote += w->period;
  w->local += w->period;
  if (dice < 0.001)
    w->remote += (int64_t) ((clock_random (&w->random) - 0.5) * 400e6);
  else if (dice < 0.002)
    w->local += (int64_t) (clock_random (&w->random) * 3e9);
  else if (dice < 0.0022)
    w->local += 70 * S;
  else if (dice < 0.003)
    w->jitter = (int64_t) (clock_random (&w->random) * 2e7) + 1;
  *remote = w->remote;
  if (dice > 0.99)
    *remote += (int64_t) ((clock_random (&w->random) - 0.5) * 1e9);
  else if (dice > 0.97)
    *remote -= w->period * (int64_t) (clock_random (&w->random) * 5);
  *local = arrival > *local ? arrival : *local;
}

/* Rules 1 to 4 over many seeds, and that only the pairs matter: a second map,
 * and one that was used and reset, say the same. */
START_TEST (test_any)
{
  Wild w = { {77 + _i}, CLOCK_EPOCH, _i * S, 3 * MS, MS << _i % 7 };
  RcClockMap *map = new_map (), *twin = new_map (), *used = new_map ();
  int64_t remote, local = INT64_MIN + 1, highest = INT64_MIN, latest = 0;
  int64_t top = INT64_MIN;

  for (int64_t i = 0; i < 500; i++)
    rc_clock_map_add (used, i * 7 * MS, i * 8 * MS);
  rc_clock_map_reset (used);
  for (int i = 0; i < 30000; i++) {
    const uint64_t outliers = state (map).outliers, n = state (map).steps;
    int64_t mapped;

    wild_pair (&w, &remote, &local);
    mapped = rc_clock_map_add (map, remote, local);
    CHECK (rc_clock_map_add (twin, remote, local) == mapped);
    CHECK (rc_clock_map_add (used, remote, local) == mapped);
    CHECK (mapped >= local - 10 * S);
    CHECK (mapped <= (local > top ? local : top + 1));
    top = mapped > top ? mapped : top;
    if (state (map).steps > n) {
      highest = INT64_MIN;
      latest = mapped;
    }
    if (state (map).outliers > outliers && state (map).steps == n)
      CHECK (mapped == local);
    else if (remote > highest) {
      if (highest != INT64_MIN)
        CHECK (mapped > latest);
      highest = remote;
      latest = mapped;
    }
  }
  ck_assert_uint_eq (state (used).pairs, 30500);
  ck_assert_mem_eq (&(double) { state (map).skew }, &(double) {
        state (twin).skew
      }, sizeof (double));
  rc_clock_map_free (map);
  rc_clock_map_free (twin);
  rc_clock_map_free (used);
}

END_TEST
START_TEST (test_refusals)
{
  RcClockMapConfig config;
  RcError error = { 0 };

  ck_assert_ptr_null (rc_clock_map_new (NULL, &error));
#define REFUSED(field, value, text)                             \
  rc_clock_map_config_init (&config);                           \
  config.field = value;                                         \
  ck_assert_ptr_null (rc_clock_map_new (&config, &error));      \
  ck_assert_int_eq (error.status, RC_ERR_ARGUMENT);             \
  ck_assert_msg (strstr (error.message, text) != NULL, "%s", error.message)
  REFUSED (window, 999999, "window=999999");
  REFUSED (window, 86401 * S, "window=86401");
  REFUSED (step, 0, "step=0");
  REFUSED (max_delay, 10 * MS, "max_delay=10000000");
  REFUSED (max_skew, -1e-9, "max_skew=-1e-09");
  REFUSED (max_skew, 0.02, "max_skew=0.02");
  REFUSED (max_skew, 0. / 0., "max_skew=");
#undef REFUSED
  rc_clock_map_free (NULL);
}

END_TEST int
main (void)
{
  Suite *s = suite_create ("clock map");
  TCase *t = tcase_create ("estimate");
  SRunner *sr = srunner_create (s);
  int failed;

  tcase_set_timeout (t, 120);
  tcase_add_test (t, test_beginning);
  tcase_add_loop_test (t, test_bound, 0, 20);
  tcase_add_test (t, test_hours);
  tcase_add_test (t, test_silence);
  tcase_add_test (t, test_spread);
  suite_add_tcase (s, t);
  t = tcase_create ("steps");
  tcase_set_timeout (t, 120);
  tcase_add_loop_test (t, test_step, 0, 6);
  tcase_add_test (t, test_correction);
  tcase_add_test (t, test_outliers);
  tcase_add_test (t, test_stalls);
  tcase_add_test (t, test_longer_way);
  tcase_add_test (t, test_rough_way);
  tcase_add_test (t, test_wrong_first);
  suite_add_tcase (s, t);
  t = tcase_create ("any pairs");
  tcase_set_timeout (t, 120);
  tcase_add_test (t, test_duplicates_and_disorder);
  tcase_add_test (t, test_bundles);
  tcase_add_test (t, test_no_time);
  tcase_add_loop_test (t, test_huge, 0, 8);
  tcase_add_loop_test (t, test_any, 0, 40);
  tcase_add_test (t, test_refusals);
  suite_add_tcase (s, t);
  srunner_run_all (sr, CK_NORMAL);
  failed = srunner_ntests_failed (sr);
  srunner_free (sr);
  return failed ? 1 : 0;
}
