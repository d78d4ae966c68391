/* SPDX-License-Identifier: Apache-2.0 */
/* How far mapped times are from the truth, and what a pair costs: an hour per
 * line, 100 ppm of skew, exponential jitter on top of a smallest delay, whose
 * share of the error is taken out since no map can know it. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "clock/clockmap.h"
#include "clocksim.h"

typedef struct
{
  const char *name;
  int64_t period, jitter, burst;        /* ns; burst: more in 300 ms of 5 s */
} Way;

static const Way ways[] = {
  {"1 kHz, cable", CLOCK_MS, 20 * CLOCK_US, 0},
  {"100 Hz, wireless", 10 * CLOCK_MS, 2 * CLOCK_MS, 80 * CLOCK_MS},
  {"30 Hz, wireless", 33333333, 2 * CLOCK_MS, 80 * CLOCK_MS},
  {"10 Hz, rough", 100 * CLOCK_MS, 20 * CLOCK_MS, 200 * CLOCK_MS},
  {"1 Hz, rough", CLOCK_S, 20 * CLOCK_MS, 0},
};

static int
compare (const void *a, const void *b)
{
  const int64_t x = *(const int64_t *) a, y = *(const int64_t *) b;

  return (x > y) - (x < y);
}

static double
now (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return (double) t.tv_sec * 1e9 + (double) t.tv_nsec;
}

static void
measure (const Way * way)
{
  const int64_t n = 3600 * CLOCK_S / way->period;
  int64_t *local = malloc (n * sizeof (*local));
  int64_t *error = malloc (n * sizeof (*error));
  const int64_t first = 64 * CLOCK_S / way->period;
  ClockRandom random = { 1 };
  RcClockMapConfig config;
  RcClockMap *map;
  double start, cost;

  rc_clock_map_config_init (&config);
  map = rc_clock_map_new (&config, NULL);
  for (int64_t i = 0; i < n; i++) {
    const int64_t at = i * way->period;

    local[i] = clock_truth (0, 0, at, 100000)
        + clock_random_delay (&random, way->jitter);
    if (at % (5 * CLOCK_S) < 300 * CLOCK_MS)
      local[i] += (int64_t) (clock_random (&random) * (double) way->burst);
  }
  start = now ();
  for (int64_t i = 0; i < n; i++)
    error[i] = rc_clock_map_add (map, CLOCK_EPOCH + i * way->period, local[i]);
  cost = (now () - start) / (double) n;
  for (int64_t i = 0; i < n; i++)
    error[i] = llabs (error[i] - clock_truth (0, 0, i * way->period, 100000));
  qsort (error + first, n - first, sizeof (*error), compare);
  printf ("%-18s %9.1f %9.1f %9.1f %8.0f\n", way->name,
      (double) error[first + (n - first) / 2] / 1e3,
      (double) error[first + (n - first) / 100 * 99] / 1e3,
      (double) error[n - 1] / 1e3, cost);
  rc_clock_map_free (map);
  free (local);
  free (error);
}

int
main (void)
{
  printf ("%-18s %9s %9s %9s %8s\n", "sensor and way", "p50, us", "p99, us",
      "worst, us", "ns/pair");
  for (size_t i = 0; i < sizeof (ways) / sizeof (*ways); i++)
    measure (&ways[i]);
  return 0;
}
