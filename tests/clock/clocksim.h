/* SPDX-License-Identifier: Apache-2.0 */
/* A sensor with a clock of its own, and the way from it to us. */
#pragma once

#include <stdint.h>

#define CLOCK_US INT64_C (1000)
#define CLOCK_MS INT64_C (1000000)
#define CLOCK_S INT64_C (1000000000)

/* Now since 1970, for stamps of the size that they have. */
#define CLOCK_EPOCH INT64_C (1790000000123456789)

typedef struct
{
  uint64_t state;
} ClockRandom;

/* In (0, 1]. */
double clock_random (ClockRandom * random);
/* Exponential with this mean. */
int64_t clock_random_delay (ClockRandom * random, int64_t mean);

/* Where local time is `first` when the remote clock shows `from`, and runs
 * `ppb` 1e-9 faster: exact to a nanosecond for hours. */
int64_t clock_truth (int64_t first, int64_t from, int64_t remote, int64_t ppb);
