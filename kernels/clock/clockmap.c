/* SPDX-License-Identifier: Apache-2.0 */
#include "clockmap.h"

#include <stdlib.h>
#include <string.h>

#include "../common/times.h"

#define SECOND INT64_C (1000000000)

#define BLOCKS 64
#define CONFIRM 16              /* pairs in a row that make a step */
#define CONFIRM_TIME SECOND
#define BATCH 64                /* residuals that a spread is made from */

typedef struct
{
  int64_t remote, local;
} Pair;

/* The two largest of some residuals. */
typedef struct
{
  int64_t first, second;
  int n;
} Top;

struct RcClockMap
{
  RcClockMapConfig config;

  /* the line */
  Pair pivot;
  double skew;

  /* since the estimate began */
  bool started;
  int64_t first_remote, newest_remote;
  int n_used;                   /* up to CONFIRM */
  Pair blocks[BLOCKS + 1];      /* lowest pairs, oldest first */
  int n_blocks;
  Pair lowest;                  /* of the block that has not ended */
  bool have_lowest;
  int64_t block_start;

  /* steps */
  Pair recent[CONFIRM];         /* ring */
  int64_t n_recent;
  int n_early, n_late;          /* in a row */
  int64_t late_from;            /* local */
  int64_t late_first;           /* residual */
  int64_t late_limit;

  /* what was mapped last, of all pairs and of those that time must not go
   * behind */
  Pair last;
  int64_t last_mapped;
  bool have_floor;
  int64_t floor_remote, floor_mapped;

  Top batch, run;               /* residuals; those of a row of late ones */
  RcClockEstimate estimate;
};

void
rc_clock_map_config_init (RcClockMapConfig * config)
{
  config->window = 64 * SECOND;
  config->step = SECOND / 100;
  config->max_delay = 10 * SECOND;
  config->max_skew = 500e-6;
}

static RcStatus
check_config (const RcClockMapConfig * c, RcError * error)
{
  if (!c)
    return rc_error_set (error, RC_ERR_ARGUMENT, "config is NULL");
  if (c->window < SECOND / 1000 || c->window > 86400 * SECOND)
    return rc_error_set (error, RC_ERR_ARGUMENT,
        "window=%lld ns is not in 1 ms .. 1 day", (long long) c->window);
  if (c->step <= 0)
    return rc_error_set (error, RC_ERR_ARGUMENT,
        "step=%lld ns is not above 0", (long long) c->step);
  if (c->max_delay <= c->step)
    return rc_error_set (error, RC_ERR_ARGUMENT,
        "max_delay=%lld ns is not above step=%lld ns",
        (long long) c->max_delay, (long long) c->step);
  if (!(c->max_skew >= 0 && c->max_skew <= 0.01))
    return rc_error_set (error, RC_ERR_ARGUMENT,
        "max_skew=%g is not in 0 .. 0.01", c->max_skew);
  return RC_OK;
}

RcClockMap *
rc_clock_map_new (const RcClockMapConfig * config, RcError * error)
{
  RcClockMap *map;

  if (check_config (config, error) != RC_OK)
    return NULL;
  map = calloc (1, sizeof (*map));
  if (!map) {
    rc_error_set (error, RC_ERR_NO_MEMORY, "no memory for a clock map");
    return NULL;
  }
  map->config = *config;
  map->late_limit = config->step;
  return map;
}

void
rc_clock_map_free (RcClockMap * map)
{
  free (map);
}

void
rc_clock_map_reset (RcClockMap * map)
{
  const RcClockMapConfig config = map->config;
  const RcClockEstimate old = map->estimate;

  memset (map, 0, sizeof (*map));
  map->config = config;
  map->late_limit = config.step;
  map->estimate.pairs = old.pairs;
  map->estimate.steps = old.steps;
  map->estimate.outliers = old.outliers;
}

void
rc_clock_map_estimate (const RcClockMap * map, RcClockEstimate * estimate)
{
  *estimate = map->estimate;
}

/* ---- the line ---- */

/* time + span, or the end of the range. */
static int64_t
add_saturated (int64_t time, int64_t span)
{
  int64_t sum;

  if (rc_time_add (time, span, &sum))
    return sum;
  return span < 0 ? -INT64_MAX : INT64_MAX;
}

static int64_t
round_ns (double ns)
{
  return (int64_t) (ns < 0 ? ns - 0.5 : ns + 0.5);
}

static int64_t
line_at (const RcClockMap * map, int64_t remote)
{
  const int64_t span = rc_time_difference (remote, map->pivot.remote);

  return add_saturated (add_saturated (map->pivot.local, span),
      round_ns ((double) span * map->skew));
}

/* The delay of `pair` beyond that of `from`, both clocks taken for equal. */
static double
rise (const Pair * from, const Pair * pair)
{
  return (double) rc_time_difference (rc_time_difference (pair->local,
          from->local), rc_time_difference (pair->remote, from->remote));
}

static double
run_of (const Pair * from, const Pair * pair)
{
  return (double) rc_time_difference (pair->remote, from->remote);
}

/* Slope of the edge of the blocks' lower hull that spans their middle. */
static double
hull_slope (const RcClockMap * map)
{
  const Pair *p = map->blocks;
  const double middle = run_of (p, &p[map->n_blocks - 1]) / 2;
  int hull[BLOCKS + 1], n = 0, i;

  for (i = 0; i < map->n_blocks; i++) {
    /* drop what lies on or above the line to the new one */
    while (n >= 2) {
      const Pair *a = &p[hull[n - 2]], *b = &p[hull[n - 1]];

      if (rise (a, b) * run_of (a, &p[i]) < rise (a, &p[i]) * run_of (a, b))
        break;
      n--;
    }
    hull[n++] = i;
  }
  i = 1;
  while (i < n - 1 && run_of (p, &p[hull[i]]) < middle)
    i++;
  return rise (&p[hull[i - 1]], &p[hull[i]])
      / run_of (&p[hull[i - 1]], &p[hull[i]]);
}

static int
compare (const void *a, const void *b)
{
  const int64_t x = *(const int64_t *) a, y = *(const int64_t *) b;

  return (x > y) - (x < y);
}

/* At the end of a block. */
static void
fit (RcClockMap * map)
{
  const Pair *p = map->blocks;
  const int n = map->n_blocks;
  int64_t residuals[BLOCKS + 1];
  double best = 0;

  if (n >= 2 && run_of (p, &p[n - 1]) >= (double) (map->config.window / 16)) {
    map->skew = hull_slope (map);
    if (map->skew > map->config.max_skew)
      map->skew = map->config.max_skew;
    if (map->skew < -map->config.max_skew)
      map->skew = -map->config.max_skew;
  }
  map->pivot = p[0];
  for (int i = 1; i < n; i++) {
    const double height = rise (p, &p[i]) - map->skew * run_of (p, &p[i]);

    if (height < best) {
      best = height;
      map->pivot = p[i];
    }
  }
  for (int i = 0; i < n; i++)
    residuals[i] = rc_time_difference (p[i].local, line_at (map, p[i].remote));
  qsort (residuals, n, sizeof (*residuals), compare);
  map->late_limit = map->config.step + 4 * residuals[3 * (n - 1) / 4];
}

static void
end_block (RcClockMap * map, int64_t now)
{
  int old = 0;

  map->blocks[map->n_blocks++] = map->lowest;
  while (old < map->n_blocks - 1 && (map->n_blocks - old > BLOCKS
          || rc_time_difference (now,
              map->blocks[old].remote) > map->config.window))
    old++;
  map->n_blocks -= old;
  memmove (map->blocks, map->blocks + old, map->n_blocks * sizeof (Pair));
  map->have_lowest = false;
  fit (map);
}

/* Makes a pair part of the estimate. */
static void
use (RcClockMap * map, Pair pair)
{
  if (map->n_used > 0 && pair.remote <= map->newest_remote)
    return;
  if (map->n_used == 0) {
    map->pivot = pair;
    map->first_remote = pair.remote;
  }
  map->newest_remote = pair.remote;
  map->n_used += map->n_used < CONFIRM;
  if (map->have_lowest && rc_time_difference (pair.remote, map->block_start)
      >= map->config.window / BLOCKS)
    end_block (map, pair.remote);
  if (!map->have_lowest)
    map->block_start = pair.remote;
  if (!map->have_lowest || rise (&map->lowest, &pair) <
      map->skew * run_of (&map->lowest, &pair))
    map->lowest = pair;
  map->have_lowest = true;
  if (pair.local < line_at (map, pair.remote))
    map->pivot = pair;
}

/* ---- steps ---- */

static void
begin (RcClockMap * map)
{
  map->n_used = map->n_blocks = map->n_early = map->n_late = 0;
  map->have_lowest = false;
}

static void
top_add (Top * top, int64_t value, int n)
{
  if (value > top->first) {
    top->second = top->first;
    top->first = value;
  } else if (value > top->second) {
    top->second = value;
  }
  top->n += n;
}

/* A residual of late pairs counts when they turn out to be no step. */
static void
add_residual (RcClockMap * map, int64_t residual, bool late)
{
  Top *batch = &map->batch;

  if (late) {
    top_add (&map->run, residual, 1);
    return;
  }
  top_add (batch, residual, 1);
  top_add (batch, map->run.first, map->run.n);
  top_add (batch, map->run.second, 0);
  memset (&map->run, 0, sizeof (map->run));
  if (batch->n < BATCH)
    return;
  map->estimate.spread = batch->second;
  memset (batch, 0, sizeof (*batch));
}

/* Whether the rows of early or late pairs that this one belongs to are a step. */
static bool
is_step (RcClockMap * map, Pair pair, int64_t residual, bool early)
{
  if (early) {
    map->n_late = 0;
    return ++map->n_early >= CONFIRM;
  }
  map->n_early = 0;
  if (residual <= map->late_limit) {
    map->n_late = 0;
    return false;
  }
  if (map->n_late == 0 || residual < map->late_first - map->config.step) {
    map->n_late = 0;
    map->late_from = pair.local;
    map->late_first = residual;
  }
  map->n_late += map->n_late < CONFIRM;
  return map->n_late >= CONFIRM
      && rc_time_difference (pair.local, map->late_from) >= CONFIRM_TIME;
}

static void
restart (RcClockMap * map)
{
  map->estimate.steps++;
  begin (map);
  for (int64_t i = map->n_recent - CONFIRM; i < map->n_recent; i++)
    use (map, map->recent[i % CONFIRM]);
  memset (&map->run, 0, sizeof (map->run));
}

/* ---- mapping ---- */

static int64_t
mapped_time (RcClockMap * map, Pair pair)
{
  int64_t time = line_at (map, pair.remote);
  const int64_t floor = map->floor_mapped;
  bool above = !map->have_floor || pair.remote > map->floor_remote;

  if (map->have_floor && pair.remote == map->floor_remote)
    return floor;
  if (map->have_floor && above && pair.local >= map->last.local) {
    const int64_t slowest = add_saturated (floor,
        rc_time_difference (pair.remote, map->floor_remote) / 2);

    if (time < slowest)
      time = slowest;
    if (time > pair.local)
      time = pair.local;
    if (time <= floor)
      time = add_saturated (floor, 1);
  } else if (time > pair.local) {
    time = pair.local;
  }
  if (above) {
    map->have_floor = true;
    map->floor_remote = pair.remote;
    map->floor_mapped = time;
  }
  return time;
}

int64_t
rc_clock_map_add (RcClockMap * map, int64_t remote, int64_t local)
{
  const Pair pair = { remote, local };
  RcClockEstimate *estimate = &map->estimate;
  int64_t residual, mapped;
  bool settled, early, credible;

  if (remote == RC_TIME_NONE || local == RC_TIME_NONE)
    return RC_TIME_NONE;
  estimate->pairs++;
  if (!map->started || rc_time_difference (local, map->last.local)
      > map->config.window) {
    begin (map);
    map->have_floor = false;
  }
  map->started = true;
  if (map->n_used == 0)
    use (map, pair);
  map->recent[map->n_recent++ % CONFIRM] = pair;

  residual = rc_time_difference (local, line_at (map, remote));
  settled = map->n_used >= CONFIRM && rc_time_difference (map->newest_remote,
      map->first_remote) >= CONFIRM_TIME;
  early = settled && residual < -map->config.step;
  credible = !early && residual <= map->config.max_delay;
  estimate->outliers += !credible;
  if (is_step (map, pair, residual, early)) {
    restart (map);
    /* the pair before was one of the same clock: time goes on from there */
    map->floor_remote = map->last.remote;
    map->floor_mapped = map->last_mapped;
    credible = true;
  } else if (credible) {
    use (map, pair);
    add_residual (map, residual, map->n_late > 0);
  }
  mapped = credible ? mapped_time (map, pair) : local;
  map->last = pair;
  map->last_mapped = mapped;
  estimate->offset = rc_time_difference (mapped, remote);
  estimate->residual = rc_time_difference (local, mapped);
  estimate->skew = map->skew;
  return mapped;
}
