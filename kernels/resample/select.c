/* SPDX-License-Identifier: Apache-2.0 */
/* Which rows a tick takes, when that is certain, and what may be forgotten. */
#include "pick.h"

void
rc_pick (const RcSampler * sampler, const int64_t * times, int64_t n,
    int64_t tick, int64_t * hint, RcPick * pick)
{
  rc_pick_rows (sampler, times, n, tick, hint, pick);
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

  if (!rc_mean_window (sampler, tick, &from, &to))
    return true;
  if (max_gap == 0)             /* no two rows are that close: never a value */
    return true;
  if (causal ? horizon >= tick : n > 0 && times[n - 1] >= to)
    return true;
  if (horizon < from)
    return false;
  if (n == 0)
    return !hold || rc_time_distance (horizon, from) >= max_gap;
  first = rc_count_until (times, n, from, NULL) - 1;
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
  p = rc_count_until (times, n, tick, NULL) - 1;
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
        ? rc_count_until (times, n, from, NULL) : 0;
  }
  if (c->method == RC_METHOD_MEAN
      && !rc_mean_window (sampler, tick, &from, &to))
    return 0;
  keep = rc_count_until (times, n, from, NULL) - 1;
  if (c->method == RC_METHOD_PCHIP && !c->causal)
    keep--;
  return keep < 0 ? 0 : keep;
}
