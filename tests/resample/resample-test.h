/* SPDX-License-Identifier: Apache-2.0 */
/* What the core's tests share: a seeded generator, and answers that can be
 * compared to the bit. */
#pragma once

#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "resample/resample.h"

#define MAX_ROWS 64
#define MAX_CHANNELS 16
#define MAX_SAMPLES 4

static uint64_t test_state;

/* RC_TEST_SEED repeats a run; the seed is printed. */
static inline void
test_seed (void)
{
  const char *wish = getenv ("RC_TEST_SEED");
  const uint64_t seed = wish ? strtoull (wish, NULL, 0)
      : (uint64_t) time (NULL);

  printf ("RC_TEST_SEED=%llu\n", (unsigned long long) seed);
  fflush (stdout);
  test_state = seed * 2 + 1;
}

/* xorshift64*; not for anything but tests */
static inline uint64_t
test_bits (void)
{
  test_state ^= test_state >> 12;
  test_state ^= test_state << 25;
  test_state ^= test_state >> 27;
  return test_state * UINT64_C (0x2545f4914f6cdd1d);
}

static inline int64_t
test_int (int64_t low, int64_t high)
{
  return low + (int64_t) (test_bits () % (uint64_t) (high - low + 1));
}

static inline double
test_real (void)
{
  return (double) (test_bits () >> 11) * 0x1p-53;
}

/* What one tick gives, with the rows that it took. */
typedef struct
{
  RcPick pick;
  uint8_t values[MAX_CHANNELS * MAX_SAMPLES * 8];
} Answer;

/* pick and apply for one tick; rows lie `stride` bytes apart in `block`. */
static inline void
test_answer (const RcSampler * sampler, const void *block, size_t stride,
    const int64_t * times, const uint8_t * signs, int64_t n, int64_t tick,
    Answer * answer)
{
  const int32_t groups = rc_sampler_n_quaternions (sampler);
  const void *rows[MAX_ROWS] = { NULL };
  const uint8_t *row_signs[MAX_ROWS] = { NULL };

  memset (answer, 0, sizeof (*answer));
  rc_pick (sampler, times, n, tick, NULL, &answer->pick);
  ck_assert_int_le (answer->pick.count, MAX_ROWS);
  for (int64_t i = 0; i < answer->pick.count; i++) {
    const int64_t at = answer->pick.first + i;

    ck_assert (at >= 0 && at < n);
    rows[i] = (const uint8_t *) block + (size_t) at * stride;
    row_signs[i] = signs ? signs + at * groups : NULL;
  }
  rc_apply (sampler, &answer->pick, rows, times + answer->pick.first,
      row_signs, answer->values);
}

static inline bool
test_same (const Answer * a, const Answer * b, int64_t shift)
{
  return a->pick.tick == b->pick.tick && a->pick.skew == b->pick.skew
      && a->pick.newest == b->pick.newest
      && (a->pick.count == 0 || a->pick.first == b->pick.first + shift)
      && a->pick.count == b->pick.count
      && a->pick.overflow == b->pick.overflow
      && a->pick.state == b->pick.state && a->pick.left == b->pick.left
      && memcmp (a->values, b->values, sizeof (a->values)) == 0;
}

/* The signs of all rows of a series. */
static inline void
test_signs (const RcSampler * sampler, const void *block, size_t stride,
    int64_t n, uint8_t * signs)
{
  const int32_t groups = rc_sampler_n_quaternions (sampler);

  for (int64_t i = 0; groups > 0 && i < n; i++)
    rc_sampler_signs (sampler, i ? (const uint8_t *) block
        + (size_t) (i - 1) * stride : NULL, i ? signs + (i - 1) * groups : NULL,
        (const uint8_t *) block + (size_t) i * stride, signs + i * groups);
}

static inline int
test_run (Suite * suite)
{
  SRunner *runner = srunner_create (suite);
  int failed;

  srunner_run_all (runner, CK_NORMAL);
  failed = srunner_ntests_failed (runner);
  srunner_free (runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
