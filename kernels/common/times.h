/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic on int64 nanoseconds that cannot overflow: distances are unsigned,
 * and sums say when they leave the range. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dtype.h"
#include "hd.h"

/* later - earlier, for later >= earlier: every such distance fits a uint64. */
RC_HD uint64_t
rc_time_distance (int64_t later, int64_t earlier)
{
  return (uint64_t) later - (uint64_t) earlier;
}

/* a - b, clamped so that it is never RC_TIME_NONE. */
RC_HD int64_t
rc_time_difference (int64_t a, int64_t b)
{
  uint64_t distance;

  if (a >= b) {
    distance = rc_time_distance (a, b);
    return distance > INT64_MAX ? INT64_MAX : (int64_t) distance;
  }
  distance = rc_time_distance (b, a);
  return distance > INT64_MAX ? -INT64_MAX : -(int64_t) distance;
}

/* *sum = time + span (span of either sign); false when no time is there. */
RC_HD bool
rc_time_add (int64_t time, int64_t span, int64_t * sum)
{
  if (span >= 0 ? time > INT64_MAX - span : time <= INT64_MIN - span)
    return false;
  *sum = time + span;
  return true;
}

/* A limit of the configuration, where RC_TIME_NONE means none. */
RC_HD uint64_t
rc_time_limit (int64_t limit)
{
  return limit == RC_TIME_NONE ? UINT64_MAX : (uint64_t) limit;
}

/* How far `at` lies between two times, in [0, 1]: the one division. */
RC_HD double
rc_time_weight (int64_t at, int64_t from, int64_t to)
{
  return (double) rc_time_distance (at, from)
      / (double) rc_time_distance (to, from);
}
