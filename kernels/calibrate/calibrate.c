/* SPDX-License-Identifier: Apache-2.0 */
#include "calibrate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../common/times.h"
#include "../resample/resample.h"

#define SECOND INT64_C (1000000000)
#define BLOCKS 12
#define MIN_POINTS (4 * BLOCKS)
#define MAX_PRODUCTS (INT64_C (1) << 31)
#define MAX_ROUNDS 20
/* Of r: where a peak lies between the samples; blocks have it in common. */
#define INTERPOLATION_ERROR 0.001

/* A series on a grid: rows of D values, and which of them exist. */
typedef struct
{
  double *values;               /* [n, D] */
  uint8_t *state;               /* [n] */
  int64_t n;
} Grid;

/* Sums over the points that both grids have. */
typedef struct
{
  double n, a, b, aa, bb, ab;   /* of one channel; n is the same for all */
} Sums;

typedef struct
{
  const RcMotion *reference, *signal;
  RcSampler *sampler;
  int32_t d;
  int64_t step, start;          /* of the reference's grid */
  int64_t lags;                 /* to either side */
  int64_t *ticks;               /* scratch for a grid */
  Grid ref, wide;               /* wide: the signal, `lags` more on each side */
  Grid near[3];                 /* the signal at an offset - step, 0, + step */
  double *r;                    /* [2 lags + 1] */
} Work;

void
rc_calibrate_config_init (RcCalibrateConfig * config)
{
  if (!config)
    return;
  config->max_offset = SECOND;
  config->smoothing = 0;
  config->max_gap = SECOND / 5;
}

/* ---- checks ---- */

static int
compare (const void *a, const void *b)
{
  const int64_t x = *(const int64_t *) a, y = *(const int64_t *) b;

  return (x > y) - (x < y);
}

/* Copies the samples that are finite; 0 without memory. */
static int64_t
copy_finite (const RcMotion * m, int32_t d, RcMotion * copy)
{
  int64_t *times = malloc (m->samples * sizeof (*times));
  double *values = malloc (m->samples * sizeof (*values) * d);
  int64_t n = 0;

  copy->times = times;
  copy->values = values;
  copy->samples = 0;
  if (!times || !values)
    return 0;
  for (int64_t i = 0; i < m->samples; i++) {
    bool finite = true;

    for (int32_t c = 0; c < d; c++)
      finite = finite && isfinite (m->values[i * d + c]);
    if (!finite)
      continue;
    times[n] = m->times[i];
    memcpy (values + n * d, m->values + i * d, d * sizeof (*values));
    n++;
  }
  copy->samples = n;
  return 1;
}

static void
clear_motion (RcMotion * m)
{
  free ((void *) m->times);
  free ((void *) m->values);
}

static RcStatus
check_motion (const RcMotion * m, const char *name, RcError * error)
{
  if (!m || !m->times || !m->values)
    return rc_error_set (error, RC_ERR_ARGUMENT,
        "%s: times or values are NULL", name);
  if (m->samples < 2)
    return rc_error_set (error, RC_ERR_SHAPE, "%s: %lld samples, at least two "
        "are needed", name, (long long) m->samples);
  for (int64_t i = 0; i < m->samples; i++) {
    if (m->times[i] == RC_TIME_NONE)
      return rc_error_set (error, RC_ERR_ARGUMENT,
          "%s: sample %lld has no time", name, (long long) i);
    if (i > 0 && m->times[i] <= m->times[i - 1])
      return rc_error_set (error, RC_ERR_UNSORTED,
          "%s: time %lld of sample %lld is not after %lld", name,
          (long long) m->times[i], (long long) i, (long long) m->times[i - 1]);
  }
  return RC_OK;
}

/* 0 without memory. */
static int64_t
median_interval (const RcMotion * m)
{
  const int64_t n = m->samples - 1;
  int64_t *steps = malloc (n * sizeof (*steps)), median;

  if (!steps)
    return 0;
  for (int64_t i = 0; i < n; i++)
    steps[i] = rc_time_difference (m->times[i + 1], m->times[i]);
  qsort (steps, n, sizeof (*steps), compare);
  median = steps[n / 2];
  free (steps);
  return median;
}

static RcStatus
check_varies (const RcMotion * m, int32_t d, const char *name, RcError * error)
{
  for (int64_t i = d; i < m->samples * d; i++) {
    if (m->values[i] != m->values[i % d])
      return RC_OK;
  }
  return rc_error_set (error, RC_ERR_ARGUMENT,
      "%s: all of its %lld finite samples are equal, it shows no motion", name,
      (long long) m->samples);
}

/* The median of a sample and its two neighbours, where they are within `span`. */
static void
remove_spikes (const RcMotion * m, int32_t d, int64_t span)
{
  double *values = (double *) m->values;        /* of copy_finite () */

  for (int32_t c = 0; c < d; c++) {
    double before = values[c];

    for (int64_t i = 1; i < m->samples - 1; i++) {
      double *v = values + i * d + c;
      const double here = *v, after = v[d];

      if (rc_time_difference (m->times[i + 1], m->times[i - 1]) <= span)
        *v = fmax (fmin (before, after), fmin (fmax (before, after), here));
      before = here;
    }
  }
}

/* ---- grids ---- */

static bool
grid_alloc (Grid * g, int64_t n, int32_t d)
{
  g->n = n;
  g->values = malloc (n * d * sizeof (*g->values));
  g->state = malloc (n);
  return g->values && g->state;
}

static void
grid_free (Grid * g)
{
  free (g->values);
  free (g->state);
}

static RcStatus
fill_grid (Work * w, Grid * g, const RcMotion * m, int64_t start,
    RcError * error)
{
  const RcSeries series = {.values = m->values,.times = m->times,
    .batch = 1,.samples = m->samples
  };
  const RcTicks ticks = {.times = w->ticks,.count = g->n,.shared = true };
  RcResampled out = {.values = g->values,.state = g->state };

  for (int64_t i = 0; i < g->n; i++)
    w->ticks[i] = start + i * w->step;
  return rc_resample (w->sampler, &series, &ticks, &out, error);
}

/* ---- correlation ---- */

/* Adds rows [from, to) of the reference against those of `g` `shift` later. */
static void
add_sums (const Work * w, const Grid * g, int64_t shift, int64_t from,
    int64_t to, Sums * sums)
{
  const int32_t d = w->d;

  for (int64_t i = from; i < to; i++) {
    const double *a = w->ref.values + i * d;
    const double *b = g->values + (i + shift) * d;

    if (w->ref.state[i] == RC_STATE_MISSING
        || g->state[i + shift] == RC_STATE_MISSING)
      continue;
    for (int32_t c = 0; c < d; c++) {
      sums[c].n += 1;
      sums[c].a += a[c];
      sums[c].b += b[c];
      sums[c].aa += a[c] * a[c];
      sums[c].bb += b[c] * b[c];
      sums[c].ab += a[c] * b[c];
    }
  }
}

/* NaN where one of them does not vary. */
static double
correlation (const Sums * sums, int32_t d)
{
  double ab = 0, aa = 0, bb = 0;

  for (int32_t c = 0; c < d; c++) {
    const Sums *s = &sums[c];

    if (s->n < 2)
      return NAN;
    ab += s->ab - s->a * s->b / s->n;
    aa += s->aa - s->a * s->a / s->n;
    bb += s->bb - s->b * s->b / s->n;
  }
  return aa > 0 && bb > 0 ? ab / sqrt (aa * bb) : NAN;
}

/* r of every lag; the index of the highest, or -1. A positive lag of the signal's
 * grid is a negative offset: r[k] is that of offset (lags - k) * step. */
static int64_t
scan_lags (Work * w, Sums * sums)
{
  const int64_t n_lags = 2 * w->lags + 1;
  double *met = malloc (n_lags * sizeof (*met)), most = 0;
  int64_t best = -1;

  if (!met)
    return -1;
  for (int64_t k = 0; k < n_lags; k++) {
    memset (sums, 0, w->d * sizeof (*sums));
    add_sums (w, &w->wide, k, 0, w->ref.n, sums);
    met[k] = sums[0].n;
    most = fmax (most, met[k]);
    w->r[k] = correlation (sums, w->d);
  }
  for (int64_t k = 0; k < n_lags; k++) {
    if (met[k] < MIN_POINTS || met[k] < most / 2)
      w->r[k] = NAN;
    if (!isnan (w->r[k]) && (best < 0 || w->r[k] > w->r[best]))
      best = k;
  }
  free (met);
  return best;
}

/* The highest lag that does not belong to the peak at `best`; -1: none. */
static int64_t
second_peak (const Work * w, int64_t best)
{
  const int64_t n = 2 * w->lags + 1;
  int64_t count = 0, from = best, to = best, second = -1;
  double mean = 0, edge;

  for (int64_t k = 0; k < n; k++) {
    if (!isnan (w->r[k])) {
      mean += w->r[k];
      count++;
    }
  }
  edge = (w->r[best] + mean / count) / 2;
  while (from > 0 && !(w->r[from] < edge))
    from--;
  while (to < n - 1 && !(w->r[to] < edge))
    to++;
  for (int64_t k = 0; k < n; k++) {
    const bool outside = (k <= from && w->r[from] < edge)
        || (k >= to && w->r[to] < edge);

    if (outside && !isnan (w->r[k])
        && (second < 0 || w->r[k] > w->r[second]))
      second = k;
  }
  return second;
}

/* Offset of the vertex relative to the middle of r[0..2], one step apart. */
static double
vertex (const double *r, double step)
{
  const double curve = r[0] - 2 * r[1] + r[2];

  return curve < 0 ? step * (r[0] - r[2]) / (2 * curve) : NAN;
}

/* The signal one step before, at and one step after the offset. */
static RcStatus
fill_near (Work * w, int64_t offset, RcError * error)
{
  for (int i = 0; i < 3; i++) {
    /* its time t is offset later in the reference's */
    RcStatus status = fill_grid (w, &w->near[i], w->signal,
        w->start - offset - (i - 1) * w->step, error);

    if (status != RC_OK)
      return status;
  }
  return RC_OK;
}

static RcStatus
refine (Work * w, int64_t * offset, Sums * sums, RcError * error)
{
  const int64_t grid = *offset;

  for (int round = 0; round < MAX_ROUNDS; round++) {
    double r[3], move;
    RcStatus status = fill_near (w, *offset, error);

    if (status != RC_OK)
      return status;
    for (int i = 0; i < 3; i++) {
      memset (sums, 0, w->d * sizeof (*sums));
      add_sums (w, &w->near[i], 0, 0, w->ref.n, sums);
      r[i] = correlation (sums, w->d);
    }
    move = vertex (r, w->step);
    /* further away it would be another peak */
    if (!(fabs (move) <= 2.0 * w->step)
        || llabs (*offset + llround (move) - grid) > 2 * w->step)
      break;
    *offset += llround (move);
    if (fabs (move) < 1000)
      break;
  }
  return fill_near (w, *offset, error);
}

/* ---- how good it is ---- */

static double
jackknife (const double *v)
{
  double mean = 0, sum = 0;

  for (int i = 0; i < BLOCKS; i++)
    mean += v[i] / BLOCKS;
  for (int i = 0; i < BLOCKS; i++)
    sum += (v[i] - mean) * (v[i] - mean);
  return sqrt ((BLOCKS - 1.0) / BLOCKS * sum);
}

/* Sums of `g` against the reference, block by block. */
static void
sum_blocks (const Work * w, const Grid * g, Sums * blocks)
{
  memset (blocks, 0, (size_t) BLOCKS * w->d * sizeof (*blocks));
  for (int b = 0; b < BLOCKS; b++)
    add_sums (w, g, 0, w->ref.n * b / BLOCKS, w->ref.n * (b + 1) / BLOCKS,
        blocks + b * w->d);
}

/* r over all blocks but `without`; `points` (may be NULL): in them. */
static double
correlate_blocks (const Sums * blocks, int32_t d, int without, Sums * total,
    int64_t * points)
{
  memset (total, 0, d * sizeof (*total));
  for (int b = 0; b < BLOCKS; b++) {
    for (int32_t c = 0; c < d && b != without; c++) {
      const Sums *s = &blocks[b * d + c];

      total[c].n += s->n;
      total[c].a += s->a;
      total[c].b += s->b;
      total[c].aa += s->aa;
      total[c].bb += s->bb;
      total[c].ab += s->ab;
    }
  }
  if (points)
    *points = (int64_t) total[0].n;
  return correlation (total, d);
}

/* sums: blocks of the three near the offset, then of the second peak, then room
 * for one total. */
static void
judge (const Work * w, bool have_second, Sums * sums, RcCalibration * result)
{
  const size_t set = (size_t) BLOCKS * w->d;
  Sums *total = sums + 4 * set;
  double found[BLOCKS], above[BLOCKS], z;

  for (int b = 0; b < BLOCKS; b++) {
    double r[4];

    for (int i = 0; i < 3 + have_second; i++)
      r[i] = correlate_blocks (sums + i * set, w->d, b, total, NULL);
    found[b] = vertex (r, w->step);
    above[b] = r[1] - (have_second ? r[3] : 0);
  }
  result->correlation = correlate_blocks (sums + set, w->d, -1, total,
      &result->points);
  result->second = have_second ? correlate_blocks (sums + 3 * set, w->d, -1,
      total, NULL) : -1;
  result->standard_error = jackknife (found);
  z = (result->correlation - result->second)
      / hypot (jackknife (above), INTERPOLATION_ERROR);
  result->confidence = !have_second || result->at_end
      || !(result->correlation > 0) || !(z > 0)
      || isnan (result->standard_error) ? 0 : erf (z / sqrt (2));
}

/* ---- */

static RcStatus
plan (Work * w, const RcCalibrateConfig * config, RcError * error)
{
  const RcMotion *a = w->reference, *b = w->signal;
  RcSamplerConfig sampler;
  const int64_t interval_a = median_interval (a);
  const int64_t interval_b = median_interval (b);
  int64_t smoothing = config->smoothing, other, from, to;

  if (interval_a == 0 || interval_b == 0)
    return rc_error_set (error, RC_ERR_NO_MEMORY, "out of memory");
  if (smoothing == 0) {
    smoothing = interval_a > interval_b ? interval_a : interval_b;
    smoothing = smoothing > INT64_MAX / 4 ? INT64_MAX : 4 * smoothing;
  }
  if (interval_a <= smoothing / 3)
    remove_spikes (a, w->d, smoothing);
  if (interval_b <= smoothing / 3)
    remove_spikes (b, w->d, smoothing);
  w->step = smoothing / 2 > 0 ? smoothing / 2 : 1;
  w->lags = config->max_offset / w->step;
  if (w->lags < 2)
    return rc_error_set (error, RC_ERR_ARGUMENT, "max_offset: %lld ns is less "
        "than two steps of %lld ns (smoothing %lld ns)",
        (long long) config->max_offset, (long long) w->step,
        (long long) smoothing);
  /* where both are, at one offset or another */
  if (!rc_time_add (b->times[0], -config->max_offset, &from))
    from = INT64_MIN + 1;
  if (!rc_time_add (b->times[b->samples - 1], config->max_offset, &to))
    to = INT64_MAX;
  from = from > a->times[0] ? from : a->times[0];
  to = to < a->times[a->samples - 1] ? to : a->times[a->samples - 1];
  if (to <= from || rc_time_distance (to, from) / w->step < MIN_POINTS)
    return rc_error_set (error, RC_ERR_SHAPE, "reference and signal: %.9g s "
        "are common to both at an offset within max_offset, %d steps of %lld ns "
        "are needed", to <= from ? 0. : rc_time_distance (to, from) / 1e9,
        MIN_POINTS, (long long) w->step);
  w->start = from;
  w->ref.n = rc_time_distance (to, from) / w->step + 1;
  if (w->lags > MAX_PRODUCTS / 2 / w->ref.n - 1)
    return rc_error_set (error, RC_ERR_OVERFLOW, "max_offset: %lld lags of "
        "%lld points are more than %lld products",
        (long long) (2 * w->lags + 1), (long long) w->ref.n,
        (long long) MAX_PRODUCTS);
  /* offsets and steps around the grid stay in range */
  if (!rc_time_add (from, -(config->max_offset + 4 * w->step), &other)
      || !rc_time_add (to, config->max_offset + 4 * w->step, &other))
    return rc_error_set (error, RC_ERR_OVERFLOW, "reference: time %lld is at "
        "the end of the range of int64", (long long) from);
  rc_sampler_config_init (&sampler, RC_FLOAT64, w->d, RC_METHOD_MEAN);
  sampler.window = smoothing;
  sampler.centred = true;
  sampler.max_gap = config->max_gap;
  w->sampler = rc_sampler_new (&sampler, error);
  return w->sampler ? RC_OK : RC_ERR_NO_MEMORY;
}

static RcStatus
calibrate (Work * w, RcCalibration * result, RcError * error)
{
  const int64_t n = w->ref.n, n_wide = n + 2 * w->lags;
  const size_t set = (size_t) BLOCKS * w->d;
  Sums *sums = malloc ((4 * set + w->d) * sizeof (*sums));
  RcStatus status = RC_ERR_NO_MEMORY;
  int64_t best, second, offset;
  bool ok;

  w->ticks = malloc (n_wide * sizeof (*w->ticks));
  w->r = malloc ((2 * w->lags + 1) * sizeof (*w->r));
  ok = sums && w->ticks && w->r && grid_alloc (&w->ref, n, w->d)
      && grid_alloc (&w->wide, n_wide, w->d);
  for (int i = 0; i < 3; i++)
    ok = ok && grid_alloc (&w->near[i], n, w->d);
  if (!ok) {
    rc_error_set (error, status, "out of memory");
    goto done;
  }
  if ((status = fill_grid (w, &w->ref, w->reference, w->start, error)) != RC_OK
      || (status = fill_grid (w, &w->wide, w->signal,
              w->start - w->lags * w->step, error)) != RC_OK)
    goto done;
  best = scan_lags (w, sums);
  if (best < 0) {
    status = rc_error_set (error, RC_ERR_SHAPE, "reference and signal: at no "
        "offset do both vary in %d common steps of %lld ns", MIN_POINTS,
        (long long) w->step);
    goto done;
  }
  second = second_peak (w, best);
  result->step = w->step;
  result->at_end = best == 0 || best == 2 * w->lags || isnan (w->r[best - 1])
      || isnan (w->r[best + 1]);
  /* both below the grid, else one of them would lose by where it lies on it */
  if (second >= 0) {
    offset = (w->lags - second) * w->step;
    if ((status = refine (w, &offset, sums, error)) != RC_OK)
      goto done;
    sum_blocks (w, &w->near[1], sums + 3 * set);
  }
  result->offset = (w->lags - best) * w->step;
  status = result->at_end ? fill_near (w, result->offset, error) :
      refine (w, &result->offset, sums, error);
  if (status == RC_OK) {
    for (int i = 0; i < 3; i++)
      sum_blocks (w, &w->near[i], sums + i * set);
    judge (w, second >= 0, sums, result);
  }
done:
  free (sums);
  return status;
}

RcStatus
rc_calibrate (const RcCalibrateConfig * config, const RcMotion * reference,
    const RcMotion * signal, int32_t channels, RcCalibration * result,
    RcError * error)
{
  RcMotion ref = { 0 }, sig = { 0 };
  Work w = { 0 };
  RcStatus status;

  if (error) {
    error->status = RC_OK;
    error->message[0] = 0;
  }
  if (!config || !result)
    return rc_error_set (error, RC_ERR_ARGUMENT, "%s is NULL",
        config ? "result" : "config");
  memset (result, 0, sizeof (*result));
  if (config->max_offset <= 0 || config->smoothing < 0 || config->max_gap <= 0)
    return rc_error_set (error, RC_ERR_ARGUMENT, "config: max_offset %lld, "
        "smoothing %lld or max_gap %lld is out of its range",
        (long long) config->max_offset, (long long) config->smoothing,
        (long long) config->max_gap);
  if (channels < 1 || channels > 1 << 16)
    return rc_error_set (error, RC_ERR_ARGUMENT,
        "channels: %d is not in [1, 65536]", channels);
  if ((status = check_motion (reference, "reference", error)) != RC_OK
      || (status = check_motion (signal, "signal", error)) != RC_OK)
    return status;
  w.d = channels;
  w.reference = &ref;
  w.signal = &sig;
  if (!copy_finite (reference, channels, &ref)
      || !copy_finite (signal, channels, &sig)) {
    status = rc_error_set (error, RC_ERR_NO_MEMORY, "out of memory");
  } else if (ref.samples < 2 || sig.samples < 2) {
    status = rc_error_set (error, RC_ERR_ARGUMENT, "%s: it has less than two "
        "finite samples", ref.samples < 2 ? "reference" : "signal");
  } else if ((status = check_varies (&ref, channels, "reference", error))
      == RC_OK && (status = check_varies (&sig, channels, "signal", error))
      == RC_OK && (status = plan (&w, config, error)) == RC_OK) {
    status = calibrate (&w, result, error);
  }
  rc_sampler_free (w.sampler);
  free (w.ticks);
  free (w.r);
  grid_free (&w.ref);
  grid_free (&w.wide);
  for (int i = 0; i < 3; i++)
    grid_free (&w.near[i]);
  clear_motion (&ref);
  clear_motion (&sig);
  return status;
}

/* ---- quaternions ---- */

void
rc_angular_velocity (const int64_t * times, const double *quaternions,
    int64_t n, bool xyzw, int64_t * out_times, double *out)
{
  const int w = xyzw ? 3 : 0, x = xyzw ? 0 : 1;

  for (int64_t i = 0; i + 1 < n; i++) {
    const double *p = quaternions + 4 * i, *q = p + 4;
    const int64_t step = rc_time_difference (times[i + 1], times[i]);
    double turn[4], sine, angle, scale;

    /* conjugate (p) * q: the turn as the body sees it */
    turn[0] = p[w] * q[w] + p[x] * q[x] + p[x + 1] * q[x + 1]
        + p[x + 2] * q[x + 2];
    turn[1] = p[w] * q[x] - p[x] * q[w] - p[x + 1] * q[x + 2]
        + p[x + 2] * q[x + 1];
    turn[2] = p[w] * q[x + 1] + p[x] * q[x + 2] - p[x + 1] * q[w]
        - p[x + 2] * q[x];
    turn[3] = p[w] * q[x + 2] - p[x] * q[x + 1] + p[x + 1] * q[x]
        - p[x + 2] * q[w];
    sine = sqrt (turn[1] * turn[1] + turn[2] * turn[2] + turn[3] * turn[3]);
    /* q and -q are one attitude: the shorter way; lengths cancel */
    angle = 2 * atan2 (sine, fabs (turn[0]));
    scale = sine > 0 ? angle / sine : turn[0] != 0 ? 0 : NAN;
    if (turn[0] < 0)
      scale = -scale;
    for (int c = 0; c < 3; c++)
      out[3 * i + c] = turn[1 + c] * scale / (step / 1e9);
    out_times[i] = times[i] + step / 2;
  }
}
