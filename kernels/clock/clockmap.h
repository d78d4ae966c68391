/* SPDX-License-Identifier: Apache-2.0 */
/* Times of another clock into times of this one, online: the contract.
 *
 * A sensor stamps its samples with a clock of its own ("remote": a camera's, a
 * microcontroller's, another host's). Each sample arrives at a "local" time,
 *     local = f (remote) + delay,     delay = d + excess,  excess >= 0
 * where f is what is looked for, d the smallest delay that the transport ever
 * has, and excess its jitter. All times are int64 nanoseconds, from any origin:
 * stamps since 1970 or 1900 lose nothing. The map estimates
 *     local = pivot.local + (remote - pivot.remote) * (1 + skew)
 * as the line below all pairs, that is f + d.
 *
 * What cannot be known from such pairs is d itself: a path that always takes at
 * least 3 ms gives times that are 3 ms late. Measure it another way and subtract
 * it (in the elements: the pad's `offset`).
 *
 * The estimate. The last `window` ns of remote time are kept as up to 64 blocks,
 * each by its lowest pair. When a block ends, `skew` becomes the slope of that
 * edge of the blocks' lower convex hull which spans the middle of the window,
 * limited to +-max_skew, and the pivot the pair that the line then touches.
 * In between, a pair below the line becomes the pivot. This is the line below
 * all points with the smallest sum of distances to evenly spread ones (Moon,
 * Skelly and Towsley, INFOCOM 1999, pose that linear program for one-way delays;
 * Zhang, Liu and Xia, INFOCOM 2002, solve it by the convex hull).
 *   Bound: let E be the largest, over the blocks of the window, of a block's
 *   smallest excess, and n the number of blocks that the window spans. With a
 *   constant skew in the limit, mapped times are off from f + d by at most
 *   E * (1 + 6 / n) in either direction, and the skew by 2.2 * E / (time that
 *   the blocks span).
 *   Proof: in the middle the line is at or above f + d (it runs between two
 *   pairs there), in the first and the last block at most E above; the newest
 *   pair is at most two blocks after the last one.
 * The beginning. The first pair maps to itself. Until the blocks span window/16
 * (so for up to six of them) the skew stays what it was: 0, or after a step the
 * one from before it. The error is then at most the smallest excess so far plus
 * the skew's error times the time since the first pair (0.6 ms after 6 s at
 * 100 ppm).
 *
 * What becomes of a pair, given its residual, local - line (remote):
 *   < -step        it would have arrived before it was sent. Not credible.
 *   > max_delay    not credible either
 *   otherwise      credible: it is part of the estimate (unless its remote time
 *                  is not above all before it: such pairs are only mapped)
 * In the first 16 pairs and the first second after a start the first rule does
 * not hold: there a low pair is how the estimate converges.
 *
 * Steps. A clock was set when the pairs stay away from the line; the estimate
 * then begins anew from the last 16 pairs, and the step is counted:
 *   arrivals too early (remote clock forward, or local one back): with the 16th
 *       pair in a row with a residual < -step
 *   too late: with the first pair that is at least the 16th in a row and at
 *       least 1 s of local time after the first with a residual above
 *       step + 4 * (upper quartile of the blocks' residuals), none of them more
 *       than `step` below that first one (else the row begins anew there)
 * So a single outlier never restarts it; nor does a burst of delay shorter than
 * 1 s, nor one that drains by more than `step` a second, however long. A delay
 * that stays up is a step: the pairs do not tell one from the other. A smaller
 * step up is followed within `window`, a smaller one down at once; which is why
 * an outlier that arrives less than `step` too early shows for up to `window`. After a silence of more than `window` of
 * local time the estimate begins anew with the skew it had; that is no step.
 *
 * Mapped times. A pair's mapped time is that of the line after the pair, but
 *   1. not after its arrival: min (line, local)
 *   2. it does not go back because the estimate was refined: for a remote time
 *      above all credible ones before and a local time not before the last one,
 *      it is later than the mapped times before: by half of the difference in
 *      remote time at least where rule 1 lets it be, by 1 ns at least anyway
 *   3. a remote time equal to the highest one has the same mapped time
 *   4. a pair that is not credible maps to its arrival, the latest time at which
 *      it can have been captured
 * so that local - max_delay <= mapped <= max (local, the highest before + 1 ns).
 *
 * The result is a function of the pairs alone, in order, with + - * / in int64
 * and float64 only: the same on every machine, live and in a replay. A pair
 * costs O(1), the end of a block O(64); memory is fixed.
 *
 * Errors: a time that is RC_TIME_NONE is not used and maps to RC_TIME_NONE.
 * Differences beyond int64 saturate, which makes a pair not credible.
 * Thread-safety: a map belongs to one thread at a time; no global state. */
#pragma once

#include "../common/dtype.h"
#include "../common/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct RcClockMap RcClockMap;

typedef struct
{
  int64_t window;       /* ns of remote time, 1 ms .. 1 day; default 64 s */
  int64_t step;         /* ns, > 0; default 10 ms */
  int64_t max_delay;    /* ns, > step; default 10 s */
  double max_skew;      /* 0 .. 0.01; default 500e-6 */
} RcClockMapConfig;

typedef struct
{
  int64_t offset;       /* ns, mapped - remote of the newest pair */
  double skew;          /* the remote clock's second is 1 + skew local ones */
  int64_t residual;     /* ns, local - mapped of the newest pair: its excess */
  int64_t spread;       /* ns: of the last 64 residuals that belong to no step,
                         * the second largest; 0 before there are as many */
  uint64_t pairs;       /* that were added */
  uint64_t steps;       /* clocks set */
  uint64_t outliers;    /* pairs that were not credible when they came */
} RcClockEstimate;

/* Fills in the defaults. */
RC_API void rc_clock_map_config_init (RcClockMapConfig * config);

/* NULL with `error` where `config` is NULL, a field is out of its range, or
 * without memory. The functions below need a map, but for free (NULL). */
RC_API RcClockMap *rc_clock_map_new (const RcClockMapConfig * config,
    RcError * error);
RC_API void rc_clock_map_free (RcClockMap * map);

/* Forgets all pairs and the skew, as after a seek; the counts go on. */
RC_API void rc_clock_map_reset (RcClockMap * map);

/* Takes in a pair and returns the mapped time of its remote time. */
RC_API int64_t rc_clock_map_add (RcClockMap * map, int64_t remote,
    int64_t local);

/* The state after the last pair; all 0 before the first one. */
RC_API void rc_clock_map_estimate (const RcClockMap * map,
    RcClockEstimate * estimate);

#ifdef __cplusplus
}
#endif
