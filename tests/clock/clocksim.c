/* SPDX-License-Identifier: Apache-2.0 */
#include "clocksim.h"
#include "../common/splitmix.h"

#include <math.h>

double
clock_random (ClockRandom * random)
{
  return (double) (splitmix64 (&random->state) >> 11) * 0x1p-53 + 0x1p-53;
}

int64_t
clock_random_delay (ClockRandom * random, int64_t mean)
{
  return (int64_t) (-log (clock_random (random)) * (double) mean);
}

int64_t
clock_truth (int64_t first, int64_t from, int64_t remote, int64_t ppb)
{
  const int64_t span = remote - from;

  return first + span + span / CLOCK_S * ppb + span % CLOCK_S * ppb / CLOCK_S;
}
