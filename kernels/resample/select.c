/* SPDX-License-Identifier: Apache-2.0 */
/* Which rows a tick takes, when that is certain, and what may be forgotten. */
#include "sampler.h"
#include "../common/times.h"

/* Number of leading times at or before `t`; a hint near it is found in few
 * steps, a wrong one costs no more than a search from scratch, twice. */
static int64_t
count_until (const int64_t * times, int64_t n, int64_t t, int64_t * hint)
{
  int64_t low = 0, high = n, step = 1;

  if (hint) {
    const int64_t start = *hint < 0 ? 0 : *hint > n ? n : *hint;

    if (start > 0 && times[start - 1] > t) {
      high = start - 1;
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

bool
rc_sampler_mean_window (const RcSampler * sampler, int64_t tick, int64_t * from,
    int64_t * to)
{
  const RcSamplerConfig *c = &sampler->config;
  const int64_t after = c->centred && !c->causal
      ? c->window - c->window / 2 : 0;

  return rc_time_add (tick, -(c->window - after), from)
      && rc_time_add (tick, after, to);
}

static void
take_row (RcPick * pick, const int64_t * times, int64_t row)
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
static void
take_rows (RcPick * pick, const int64_t * times, RcOp op, int64_t first,
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

/* Before the first row and after the last one, under edge = hold. */
static void
take_edge (const RcSampler * sampler, const int64_t * times, int64_t n,
    int64_t p, RcPick * pick)
{
  if (sampler->config.edge != RC_EDGE_HOLD || n == 0)
    return;
  if (p < 0) {
    if (!sampler->config.causal
        && rc_time_distance (times[0], pick->tick) <= sampler->max_gap)
      take_row (pick, times, 0);
  } else if (p == n - 1) {
    if (rc_time_distance (pick->tick, times[p]) <= sampler->max_gap)
      take_row (pick, times, p);
  }
}

static void
pick_previous (const RcSampler * sampler, const int64_t * times, int64_t n,
    int64_t p, uint64_t limit, RcPick * pick)
{
  if (p >= 0 && rc_time_distance (pick->tick, times[p]) <= limit)
    take_row (pick, times, p);
  else if (p < 0)
    take_edge (sampler, times, n, p, pick);
}

static void
pick_nearest (const RcSampler * sampler, const int64_t * times, int64_t n,
    int64_t p, RcPick * pick)
{
  int64_t row = p;

  if (p + 1 < n && (p < 0 || rc_time_distance (times[p + 1], pick->tick)
          < rc_time_distance (pick->tick, times[p])))
    row = p + 1;
  if (row < 0)
    return;
  if ((row == p ? rc_time_distance (pick->tick, times[p])
          : rc_time_distance (times[row], pick->tick)) <= sampler->reach)
    take_row (pick, times, row);
}

static void
pick_between (const RcSampler * sampler, const int64_t * times, int64_t n,
    int64_t p, RcPick * pick)
{
  const uint64_t max_gap = sampler->max_gap;
  int64_t first = p, last = p + 1;

  if (p < 0 || p + 1 == n) {
    take_edge (sampler, times, n, p, pick);
    return;
  }
  if (rc_time_distance (times[p + 1], times[p]) > max_gap)
    return;
  if (sampler->config.method == RC_METHOD_LINEAR) {
    take_rows (pick, times, RC_OP_LINEAR, first, last, p);
  } else if (sampler->config.method == RC_METHOD_HERMITE) {
    take_rows (pick, times, RC_OP_HERMITE, first, last, p);
  } else {
    if (p > 0 && rc_time_distance (times[p], times[p - 1]) <= max_gap)
      first--;
    if (p + 2 < n && rc_time_distance (times[p + 2], times[p + 1]) <= max_gap)
      last++;
    take_rows (pick, times, RC_OP_PCHIP, first, last, p);
  }
}

/* p: the last row at or before the tick. Past the outermost rows the interpolant
 * is their value, by edge = hold or, after the last one, when causal. */
static void
pick_mean (const RcSampler * sampler, const int64_t * times, int64_t n,
    int64_t p, RcPick * pick)
{
  const uint64_t max_gap = sampler->max_gap;
  const bool hold = sampler->config.edge == RC_EDGE_HOLD;
  int64_t from, to, first, last;

  if (sampler->config.causal)
    n = p + 1;
  if (n == 0 || !rc_sampler_mean_window (sampler, pick->tick, &from, &to))
    return;
  first = count_until (times, n, from, NULL) - 1;
  last = count_until (times, n, to, NULL);
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
  for (int64_t i = first; i < last; i++) {
    if (rc_time_distance (times[i + 1], times[i]) > max_gap)
      return;
  }
  if (times[last] < from || times[first] > to)  /* only one, outside */
    take_row (pick, times, first);
  else
    take_rows (pick, times, RC_OP_MEAN, first, last, p);
}

static void
pick_gather (const RcSampler * sampler, const int64_t * times, int64_t p,
    RcPick * pick)
{
  int64_t before = RC_TIME_NONE, first = 0;

  if (rc_time_add (pick->tick, -sampler->config.window, &before))
    first = count_until (times, p + 1, before, NULL);
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

void
rc_pick (const RcSampler * sampler, const int64_t * times, int64_t n,
    int64_t tick, int64_t * hint, RcPick * pick)
{
  const RcSamplerConfig *c = &sampler->config;
  const int64_t p = count_until (times, n, tick, hint) - 1;
  const bool exact = p >= 0 && times[p] == tick;

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
    pick_mean (sampler, times, n, p, pick);
  } else if (c->method == RC_METHOD_GATHER) {
    pick_gather (sampler, times, p, pick);
  } else if (exact) {
    take_row (pick, times, p);
  } else if (c->causal) {
    pick_previous (sampler, times, n, p, c->method == RC_METHOD_NEAREST
        ? sampler->reach : sampler->max_gap, pick);
  } else if (c->method == RC_METHOD_PREVIOUS) {
    pick_previous (sampler, times, n, p, sampler->max_gap, pick);
  } else if (c->method == RC_METHOD_NEAREST) {
    pick_nearest (sampler, times, n, p, pick);
  } else if (c->method == RC_METHOD_NEXT) {
    if (p + 1 < n && rc_time_distance (times[p + 1], tick)
        < (uint64_t) c->window)
      take_row (pick, times, p + 1);
    else
      pick_previous (sampler, times, n, p, sampler->max_gap, pick);
  } else {
    pick_between (sampler, times, n, p, pick);
  }
}

bool
rc_pick_is_copy (const RcSampler * sampler, const RcPick * pick)
{
  return pick->op == RC_OP_COPY && rc_sampler_n_quaternions (sampler) == 0;
}

/* Whether MEAN is settled: its window is closed, or already known to have a
 * hole. Every further row lies after `horizon`. */
static bool
mean_decided (const RcSampler * sampler, const int64_t * times, int64_t n,
    int64_t horizon, int64_t tick)
{
  const uint64_t max_gap = sampler->max_gap;
  const bool causal = sampler->config.causal;
  const bool hold = sampler->config.edge == RC_EDGE_HOLD;
  int64_t from, to, first;

  if (!rc_sampler_mean_window (sampler, tick, &from, &to))
    return true;
  if (max_gap == 0)             /* no two rows are that close: never a value */
    return true;
  if (causal ? horizon >= tick : n > 0 && times[n - 1] >= to)
    return true;
  if (horizon < from)
    return false;
  if (n == 0)
    return !hold || rc_time_distance (horizon, from) >= max_gap;
  first = count_until (times, n, from, NULL) - 1;
  if (first < 0) {
    if (!hold || rc_time_distance (times[0], from) > max_gap)
      return true;
    first = 0;
  }
  for (int64_t i = first; i + 1 < n; i++) {
    if (rc_time_distance (times[i + 1], times[i]) > max_gap)
      return true;
  }
  /* a further row would end a gap that is too long; without one, the last
   * known row may be held to the end */
  return rc_time_distance (horizon, times[n - 1]) >= max_gap
      && (!(hold || causal) || rc_time_distance (to, times[n - 1]) > max_gap);
}

/* No row at or before the tick: only a first row to hold backwards matters. */
static bool
before_first_decided (const RcSampler * sampler, int64_t n, uint64_t silent)
{
  return sampler->config.edge == RC_EDGE_MISSING || n > 0
      || silent >= sampler->max_gap;
}

/* p >= 0, the tick is no row's time, and the method blends p and q. */
static bool
between_decided (const RcSampler * sampler, const int64_t * times, int64_t n,
    int64_t horizon, int64_t tick, int64_t p)
{
  const uint64_t max_gap = sampler->max_gap;

  if (p + 1 == n) {
    if (rc_time_distance (horizon, times[p]) < max_gap)
      return false;
    return sampler->config.edge == RC_EDGE_MISSING
        || rc_time_distance (tick, times[p]) > max_gap;
  }
  return sampler->config.method != RC_METHOD_PCHIP || p + 2 < n
      || rc_time_distance (times[p + 1], times[p]) > max_gap
      || rc_time_distance (horizon, times[p + 1]) >= max_gap;
}

bool
rc_sampler_decided (const RcSampler * sampler, const int64_t * times, int64_t n,
    int64_t horizon, int64_t tick)
{
  const RcSamplerConfig *c = &sampler->config;
  uint64_t silent;
  int64_t p;

  if (n > 0 && horizon < times[n - 1])
    horizon = times[n - 1];
  if (horizon == INT64_MAX)
    return true;
  if (c->method == RC_METHOD_MEAN)
    return mean_decided (sampler, times, n, horizon, tick);
  if (horizon < tick)
    return false;
  p = count_until (times, n, tick, NULL) - 1;
  if (c->causal || c->method == RC_METHOD_GATHER
      || (p >= 0 && times[p] == tick))
    return true;

  silent = rc_time_distance (horizon, tick);    /* further rows: beyond it */
  switch (c->method) {
    case RC_METHOD_NEAREST:
      return p + 1 < n || silent >= sampler->reach
          || (p >= 0 && silent >= rc_time_distance (tick, times[p]) - 1);
    case RC_METHOD_NEXT:
      if (p + 1 < n)
        return true;
      if (silent < (uint64_t) c->window - 1)
        return false;
      break;
    case RC_METHOD_LINEAR:
    case RC_METHOD_PCHIP:
    case RC_METHOD_HERMITE:
      if (p >= 0)
        return between_decided (sampler, times, n, horizon, tick, p);
      break;
    default:
      break;
  }
  return p >= 0 || before_first_decided (sampler, n, silent);
}

int64_t
rc_sampler_keep_from (const RcSampler * sampler, const int64_t * times,
    int64_t n, int64_t tick)
{
  const RcSamplerConfig *c = &sampler->config;
  int64_t from = tick, to, keep;

  /* the last row at or before `from` stays: it tells a gap from an edge */
  if (c->method == RC_METHOD_GATHER) {
    return rc_time_add (tick, -c->window, &from)
        ? count_until (times, n, from, NULL) : 0;
  }
  if (c->method == RC_METHOD_MEAN
      && !rc_sampler_mean_window (sampler, tick, &from, &to))
    return 0;
  keep = count_until (times, n, from, NULL) - 1;
  if (c->method == RC_METHOD_PCHIP && !c->causal)
    keep--;
  return keep < 0 ? 0 : keep;
}
