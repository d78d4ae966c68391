/* SPDX-License-Identifier: Apache-2.0 */
/* Which rows a tick takes: rc_pick (), and what of them a mean takes, for C and for
 * CUDA C. Private to kernels/. */
#pragma once

#include "sampler.h"
#include "../common/hd.h"
#include "../common/times.h"

/* Number of leading times at or before `t`; a hint near it is found in few
 * steps, a wrong one costs no more than a search from scratch, twice. */
RC_HD int64_t
rc_count_until (const int64_t * times, int64_t n, int64_t t, int64_t * hint)
{
  int64_t low = 0, high = n, step = 1;

  if (hint) {
    const int64_t start = *hint < 0 ? 0 : *hint > n ? n : *hint;

    if (start > 0 && times[start - 1] > t) {
      high = start - 1;
      RC_ROLLED
      while (high > 0) {
        const int64_t at = high > step ? high - step : 0;

        if (times[at] <= t) {
          low = at + 1;
          break;
        }
        high = at;
        step *= 2;
      }
    } else {
      low = start;
      RC_ROLLED
      while (low < n) {
        const int64_t at = n - low > step ? low + step - 1 : n - 1;

        if (times[at] > t) {
          high = at;
          break;
        }
        low = at + 1;
        step *= 2;
      }
    }
  }
  RC_ROLLED
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;

    if (times[middle] <= t)
      low = middle + 1;
    else
      high = middle;
  }
  if (hint)
    *hint = low;
  return low;
}

RC_HD bool
rc_mean_window (const RcSampler * sampler, int64_t tick, int64_t * from,
    int64_t * to)
{
  const RcSamplerConfig *c = &sampler->config;
  const int64_t after = c->centred && !c->causal
      ? c->window - c->window / 2 : 0;

  return rc_time_add (tick, -(c->window - after), from)
      && rc_time_add (tick, after, to);
}

RC_HD void
rc_take_row (RcPick * pick, const int64_t * times, int64_t row)
{
  const int64_t time = times[row];

  pick->op = RC_OP_COPY;
  pick->first = row;
  pick->count = 1;
  pick->newest = time;
  pick->skew = rc_time_difference (time, pick->tick);
  pick->state = time == pick->tick ? RC_STATE_MEASURED
      : time < pick->tick ? RC_STATE_HELD : RC_STATE_LATER;
}

/* Rows first..last, of which p, and p + 1 where it is one of them, lie around
 * the tick. */
RC_HD void
rc_take_rows (RcPick * pick, const int64_t * times, RcOp op, int64_t first,
    int64_t last, int64_t p)
{
  pick->op = (uint8_t) op;
  pick->first = first;
  pick->count = last - first + 1;
  pick->left = p < first ? 0 : p - first;
  pick->state = RC_STATE_INTERPOLATED;
  pick->newest = times[last];
  if (p < first)
    pick->skew = rc_time_difference (times[first], pick->tick);
  else if (p >= last || rc_time_distance (pick->tick, times[p])
      <= rc_time_distance (times[p + 1], pick->tick))
    pick->skew = rc_time_difference (times[p], pick->tick);
  else
    pick->skew = rc_time_difference (times[p + 1], pick->tick);
}

/* The row that is taken before the first one and after the last one, under edge =
 * hold; -1: none. */
RC_HD int64_t
rc_edge_row (const RcSampler * sampler, const int64_t * times, int64_t n,
    int64_t p, int64_t tick)
{
  const int64_t row = p < 0 ? 0 : p;

  if (sampler->config.edge != RC_EDGE_HOLD || n == 0
      || (p < 0 ? sampler->config.causal : p != n - 1))
    return -1;
  return (p < 0 ? rc_time_distance (times[row], tick)
      : rc_time_distance (tick, times[row])) <= sampler->max_gap ? row : -1;
}

/* The one row that the tick takes where the method copies, and where it blends but
 * has nothing to blend; -1: none. p: the last row at or before the tick. */
RC_HD int64_t
rc_single_row (const RcSampler * sampler, const int64_t * times, int64_t n,
    int64_t p, int64_t tick)
{
  const RcSamplerConfig *c = &sampler->config;
  const uint64_t before = p < 0 ? UINT64_MAX
      : rc_time_distance (tick, times[p]);
  const uint64_t after = p + 1 < n ? rc_time_distance (times[p + 1], tick)
      : UINT64_MAX;
  uint64_t limit = sampler->max_gap;

  if (before == 0)
    return p;
  if (c->method == RC_METHOD_NEAREST) {
    limit = sampler->reach;
    if (!c->causal) {
      if (p < 0 && n == 0)
        return -1;
      return (after < before ? after : before) > limit ? -1
          : after < before ? p + 1 : p;
    }
  } else if (c->method == RC_METHOD_NEXT && !c->causal) {
    if (p + 1 < n && after < (uint64_t) c->window)
      return p + 1;
  } else if (c->method != RC_METHOD_PREVIOUS && !c->causal) {
    return p < 0 || p + 1 == n ? rc_edge_row (sampler, times, n, p, tick) : -1;
  }
  if (p >= 0)
    return before <= limit ? p : -1;
  return rc_edge_row (sampler, times, n, p, tick);
}

/* linear, pchip and hermite between rows p and p + 1. */
RC_HD void
rc_pick_between (const RcSampler * sampler, const int64_t * times, int64_t n,
    int64_t p, RcPick * pick)
{
  const uint64_t max_gap = sampler->max_gap;
  const RcMethod method = sampler->config.method;
  int64_t first = p, last = p + 1;

  if (rc_time_distance (times[p + 1], times[p]) > max_gap)
    return;
  if (method == RC_METHOD_PCHIP) {
    if (p > 0 && rc_time_distance (times[p], times[p - 1]) <= max_gap)
      first--;
    if (p + 2 < n && rc_time_distance (times[p + 2], times[p + 1]) <= max_gap)
      last++;
  }
  rc_take_rows (pick, times, method == RC_METHOD_LINEAR ? RC_OP_LINEAR
      : method == RC_METHOD_HERMITE ? RC_OP_HERMITE : RC_OP_PCHIP, first, last,
      p);
}

/* p: the last row at or before the tick. Past the outermost rows the interpolant
 * is their value, by edge = hold or, after the last one, when causal. */
RC_HD void
rc_pick_mean (const RcSampler * sampler, const int64_t * times, int64_t n,
    int64_t p, RcPick * pick)
{
  const uint64_t max_gap = sampler->max_gap;
  const bool hold = sampler->config.edge == RC_EDGE_HOLD;
  int64_t from, to, first, last;

  if (sampler->config.causal)
    n = p + 1;
  if (n == 0 || !rc_mean_window (sampler, pick->tick, &from, &to))
    return;
  first = rc_count_until (times, n, from, NULL) - 1;
  last = rc_count_until (times, n, to, NULL);
  if (last > 0 && times[last - 1] == to)
    last--;
  if (first < 0) {
    if (!hold || rc_time_distance (times[0], from) > max_gap)
      return;
    first = 0;
  }
  if (last == n) {
    if (!(hold || sampler->config.causal)
        || rc_time_distance (to, times[n - 1]) > max_gap)
      return;
    last = n - 1;
  }
  RC_ROLLED
  for (int64_t i = first; i < last; i++) {
    if (rc_time_distance (times[i + 1], times[i]) > max_gap)
      return;
  }
  if (times[last] < from || times[first] > to)  /* only one, outside */
    rc_take_row (pick, times, first);
  else
    rc_take_rows (pick, times, RC_OP_MEAN, first, last, p);
}

RC_HD void
rc_pick_gather (const RcSampler * sampler, const int64_t * times, int64_t p,
    RcPick * pick)
{
  int64_t before = RC_TIME_NONE, first = 0;

  if (rc_time_add (pick->tick, -sampler->config.window, &before))
    first = rc_count_until (times, p + 1, before, NULL);
  if (first > p)
    return;
  if (p - first >= sampler->config.samples) {
    pick->overflow = p - first + 1 - sampler->config.samples;
    first += pick->overflow;
  }
  pick->op = RC_OP_GATHER;
  pick->first = first;
  pick->count = p - first + 1;
  pick->left = p - first;
  pick->newest = times[p];
  pick->skew = rc_time_difference (times[p], pick->tick);
  pick->state = times[p] == pick->tick ? RC_STATE_MEASURED : RC_STATE_HELD;
}

RC_HD void
rc_pick_rows (const RcSampler * sampler, const int64_t * times, int64_t n,
    int64_t tick, int64_t * hint, RcPick * pick)
{
  const RcSamplerConfig *c = &sampler->config;
  const int64_t p = rc_count_until (times, n, tick, hint) - 1;
  int64_t row;

  pick->tick = tick;
  pick->skew = RC_TIME_NONE;
  pick->newest = RC_TIME_NONE;
  pick->first = 0;
  pick->count = 0;
  pick->overflow = 0;
  pick->left = 0;
  pick->state = RC_STATE_MISSING;
  pick->op = RC_OP_FILL;

  if (c->method == RC_METHOD_MEAN) {
    rc_pick_mean (sampler, times, n, p, pick);
    return;
  }
  if (c->method == RC_METHOD_GATHER) {
    rc_pick_gather (sampler, times, p, pick);
    return;
  }
  row = rc_single_row (sampler, times, n, p, tick);
  if (row >= 0)
    rc_take_row (pick, times, row);
  else if (c->method >= RC_METHOD_LINEAR && !c->causal && p >= 0 && p + 1 < n)
    rc_pick_between (sampler, times, n, p, pick);
}

/* ---- means ---- */

/* The tick's part that does not depend on the type. */
typedef struct
{
  int64_t first;                /* pick->first */
  int64_t from, to;             /* MEAN's window */
  double window;
  double head, tail;            /* MEAN: shares before the first row and after
                                 * the last one */
} RcTick;

/* MEAN: what of the interval between two rows lies in the window. */
typedef struct
{
  double from, to;              /* as fractions of the interval */
  double share;                 /* as a fraction of the window */
} RcMeanPart;

/* MEAN's window, and what of it lies outside of the rows (of which these are the
 * times). */
RC_HD void
rc_tick_window (const RcSampler * sampler, const RcPick * pick,
    const int64_t * times, RcTick * at)
{
  const int64_t last = times[pick->count - 1];

  rc_mean_window (sampler, pick->tick, &at->from, &at->to);
  at->window = (double) sampler->config.window;
  if (times[0] > at->from)
    at->head = (double) rc_time_distance (times[0], at->from) / at->window;
  if (last < at->to)
    at->tail = (double) rc_time_distance (at->to, last) / at->window;
}

RC_HD RcMeanPart
rc_mean_part (const RcTick * at, const int64_t * times, int64_t i)
{
  const int64_t low = times[i] < at->from ? at->from : times[i];
  const int64_t high = times[i + 1] > at->to ? at->to : times[i + 1];
  RcMeanPart part = { 0, 1, 0 };

  if (low > times[i])
    part.from = rc_time_weight (low, times[i], times[i + 1]);
  if (high < times[i + 1])
    part.to = rc_time_weight (high, times[i], times[i + 1]);
  part.share = (double) rc_time_distance (high, low) / at->window;
  return part;
}
