/* SPDX-License-Identifier: Apache-2.0 */
#include "clocksim.h"

#include <math.h>

double
clock_random (ClockRandom * random)
{
  uint64_t z = random->state += UINT64_C (0x9e3779b97f4a7c15);

  z = (z ^ z >> 30) * UINT64_C (0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C (0x94d049bb133111eb);
  return (double) ((z ^ z >> 31) >> 11) * 0x1p-53 + 0x1p-53;
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
