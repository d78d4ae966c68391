/* SPDX-License-Identifier: Apache-2.0 */
/* Making values of one element type; apply.c includes it once per type, with
 *   RC_T            the type in memory
 *   RC_R            what it is computed in, float or double
 *   RC_NAME()       makes a function's name
 *   RC_MATH()       the name of sample-real.h's function for RC_R
 *   RC_LOAD()       RC_T -> RC_R, exact but for 64-bit integers
 *   RC_STORE()      RC_R -> RC_T
 *   RC_STORE_D()    double -> RC_T
 *   RC_VECTOR_LINEAR()  where defined, makes the first of the values of linear,
 *                   the same bits by hand, and returns how many
 * and undefines them. No include guard: that is the point. */

/* Rows need no alignment, and may hold anything. */
typedef RC_T RC_NAME (Element) __attribute__ ((aligned (1), may_alias));

static inline void
RC_NAME (linear) (const RC_NAME (Element) * restrict p,
    const RC_NAME (Element) * restrict q, RC_R w,
    RC_NAME (Element) * restrict out, int64_t n)
{
  int64_t k = 0;

#ifdef RC_VECTOR_LINEAR
  k = RC_VECTOR_LINEAR (p, q, w, out, n);
#endif
  for (; k < n; k++)
    out[k] = RC_STORE (RC_MATH (rc_lerp) (RC_LOAD (p[k]), RC_LOAD (q[k]), w));
}

/* The same, while asking for the bytes that the coming ticks need: a few lines
 * with each block, so that the requests never wait for each other. */
static void
RC_NAME (linear_ahead) (const RC_NAME (Element) * p,
    const RC_NAME (Element) * q, RC_R w, RC_NAME (Element) * out, int64_t n,
    const RcRows * rows)
{
  const int64_t block = 128 / (int64_t) sizeof (RC_T);
  const uint8_t *coming = rows->coming;
  int64_t bytes = rows->coming_bytes;

  for (int64_t k = 0; k < n; k += block) {
    const int64_t end = bytes < rows->coming_share ? bytes
        : rows->coming_share;

    for (int64_t i = 0; i < end; i += 64)
      __builtin_prefetch (coming + i);
    coming += end;
    bytes -= end;
    RC_NAME (linear) (p + k, q + k, w, out + k, n - k < block ? n - k : block);
  }
}

/* Stores an angle; rounding to the type must not leave the range. */
static void
RC_NAME (store_wrapped) (const RcSegment * segment, double value,
    RC_NAME (Element) * out)
{
  const double x = rc_wrap_into (value, segment->lower, segment->period);
  const RC_T stored = RC_STORE_D (x);
  const double back = (double) RC_LOAD (stored);

  *out = back < segment->lower || back >= segment->lower + segment->period
      ? RC_STORE_D (segment->lowest) : stored;
}

static void
RC_NAME (load_quaternion) (const RcRows * rows, int64_t row,
    const RcSegment * segment, const RcTick * at, double *q)
{
  const RC_NAME (Element) * in = row_at (rows, at, row);
  const double sign = row_sign (rows, at, row, segment->group,
      segment->n_groups) ? -1 : 1;

  for (int k = 0; k < 4; k++)
    q[k] = sign * (double) RC_LOAD (in[segment->first + k]);
  rc_quat_normalise (q);
}

static void
RC_NAME (store_quaternion) (const double *q, RC_NAME (Element) * out)
{
  for (int k = 0; k < 4; k++)
    out[k] = RC_STORE_D (q[k]);
}

/* linear, pchip and hermite: between rows[left] and the next one. */
static void
RC_NAME (between) (const RcSampler * sampler, const RcPick * pick,
    const RcRows * rows, const RcTick * at, RC_NAME (Element) * out)
{
  const int64_t l = pick->left;
  const int64_t *t = rows->times;
  const RC_NAME (Element) * p = row_at (rows, at, l);
  const RC_NAME (Element) * q = row_at (rows, at, l + 1);
  const double wide = rc_time_weight (pick->tick, t[l], t[l + 1]);
  const RC_R w = (RC_R) wide;
  const double span = (double) rc_time_distance (t[l + 1], t[l]);
  const RC_R seconds = pick->op == RC_OP_HERMITE ? (RC_R) (span / 1e9) : 0;
  const RC_NAME (Element) * b = NULL, *a = NULL;
  double before = 0, after = 0; /* wrapping channels are made in float64 */

  if (pick->op == RC_OP_PCHIP && l > 0) {
    b = row_at (rows, at, l - 1);
    before = (double) rc_time_distance (t[l], t[l - 1]) / span;
  }
  if (pick->op == RC_OP_PCHIP && l + 2 < pick->count) {
    a = row_at (rows, at, l + 2);
    after = (double) rc_time_distance (t[l + 2], t[l + 1]) / span;
  }

  for (int64_t i = 0; i < sampler->n_segments; i++) {
    const RcSegment *segment = &sampler->segments[i];
    const int64_t first = segment->first, end = first + segment->count;
    const bool wraps = segment->kind == RC_SEGMENT_WRAP;

    if (segment->kind == RC_SEGMENT_HOLD) {
      out[first] = p[first];
    } else if (segment->kind == RC_SEGMENT_QUATERNION) {
      double from[4], to[4], between[4];

      RC_NAME (load_quaternion) (rows, l, segment, at, from);
      RC_NAME (load_quaternion) (rows, l + 1, segment, at, to);
      rc_quat_slerp (from, to, wide, between);
      RC_NAME (store_quaternion) (between, out + first);
    } else if (segment->velocity >= 0) {
      const int64_t v = segment->velocity;
      const double step = (double) RC_LOAD (q[first])
          - (double) RC_LOAD (p[first]);

      if (wraps)
        RC_NAME (store_wrapped) (segment, rc_cubic_f64 ((double)
                RC_LOAD (p[first]), rc_wrap_difference (step, segment->period),
                span / 1e9 * (double) RC_LOAD (p[v]),
                span / 1e9 * (double) RC_LOAD (q[v]), wide), out + first);
      else
        out[first] = RC_STORE (RC_MATH (rc_cubic) (RC_LOAD (p[first]),
                RC_LOAD (q[first]) - RC_LOAD (p[first]),
                seconds * RC_LOAD (p[v]), seconds * RC_LOAD (q[v]), w));
    } else if (wraps) {
      const double y = (double) RC_LOAD (p[first]);
      const double z = (double) RC_LOAD (q[first]);
      const double d = rc_wrap_difference (z - y, segment->period);
      double value = fma (wide, d, y);

      if (a || b) {
        const double d_before = b ? rc_wrap_difference (y
            - (double) RC_LOAD (b[first]), segment->period) : 0;
        const double d_after = a ? rc_wrap_difference ((double)
            RC_LOAD (a[first]) - z, segment->period) : 0;

        value = rc_pchip_f64 (y, d, wide, before, d_before, after, d_after);
      }
      RC_NAME (store_wrapped) (segment, value, out + first);
    } else if (a || b) {
      for (int64_t k = first; k < end; k++) {
        const RC_R y = RC_LOAD (p[k]), z = RC_LOAD (q[k]);
        const RC_R d_before = b ? y - RC_LOAD (b[k]) : 0;
        const RC_R d_after = a ? RC_LOAD (a[k]) - z : 0;

        out[k] = RC_STORE (RC_MATH (rc_pchip) (y, z - y, w, (RC_R) before,
                d_before, (RC_R) after, d_after));
      }
    } else if (rows->coming_bytes > 0) {
      RC_NAME (linear_ahead) (p + first, q + first, w, out + first,
          end - first, rows);
    } else {
      RC_NAME (linear) (p + first, q + first, w, out + first, end - first);
    }
  }
}

/* The integral of the interpolant of channels first .. first + n - 1, as mean
 * difference from rows[0], from left to right: one product per interval, of its
 * share of the window and the mean of its ends. */
static void
RC_NAME (mean_values) (const RcSegment * segment, int64_t first, int64_t n,
    const RcPick * pick, const RcRows * rows, const RcTick * at,
    RC_NAME (Element) * out)
{
  const bool wraps = segment->kind == RC_SEGMENT_WRAP;
  const RC_NAME (Element) * origin = row_at (rows, at, 0);
  double sum[MEAN_BLOCK] = { 0 }, here[MEAN_BLOCK] = { 0 };

  for (int64_t i = 0; i + 1 < pick->count; i++) {
    const RC_NAME (Element) * l = row_at (rows, at, i);
    const RC_NAME (Element) * r = row_at (rows, at, i + 1);
    const RcMeanPart part = rc_mean_part (at, rows->times, i);

    for (int64_t k = 0; k < n; k++) {
      const double x = here[k];
      double y = (double) RC_LOAD (r[first + k]);
      double from = x, to;

      if (wraps)
        y = x + rc_wrap_difference (y - (double) RC_LOAD (l[first + k]),
            segment->period);
      else
        y -= (double) RC_LOAD (origin[first + k]);
      to = y;
      if (part.from > 0)
        from = rc_lerp_f64 (x, y, part.from);
      if (part.to < 1)
        to = rc_lerp_f64 (x, y, part.to);
      sum[k] = fma (part.share, 0.5 * from + 0.5 * to, sum[k]);
      here[k] = y;
    }
  }
  for (int64_t k = 0; k < n; k++) {
    /* rows[0]'s own part is its value, so NaN must reach the result from it */
    const double y = (double) RC_LOAD (origin[first + k])
        + fma (at->tail, here[k], sum[k]);

    if (wraps)
      RC_NAME (store_wrapped) (segment, y, out + first + k);
    else
      out[first + k] = RC_STORE_D (y);
  }
}

static void
RC_NAME (mean_quaternion) (const RcSegment * segment, const RcPick * pick,
    const RcRows * rows, const RcTick * at, RC_NAME (Element) * out)
{
  double sum[4] = { 0 }, x[4], y[4], from[4], to[4];

  RC_NAME (load_quaternion) (rows, 0, segment, at, x);
  for (int k = 0; k < 4; k++)
    sum[k] = at->head * x[k];
  for (int64_t i = 0; i + 1 < pick->count; i++) {
    const RcMeanPart part = rc_mean_part (at, rows->times, i);

    RC_NAME (load_quaternion) (rows, i + 1, segment, at, y);
    memcpy (from, x, sizeof (from));
    memcpy (to, y, sizeof (to));
    if (part.from > 0)
      rc_quat_slerp (x, y, part.from, from);
    if (part.to < 1)
      rc_quat_slerp (x, y, part.to, to);
    for (int k = 0; k < 4; k++)
      sum[k] = fma (part.share, 0.5 * from[k] + 0.5 * to[k], sum[k]);
    memcpy (x, y, sizeof (x));
  }
  for (int k = 0; k < 4; k++)
    sum[k] = fma (at->tail, x[k], sum[k]);
  rc_quat_normalise (sum);
  RC_NAME (store_quaternion) (sum, out + segment->first);
}

static void
RC_NAME (mean) (const RcSampler * sampler, const RcPick * pick,
    const RcRows * rows, const RcTick * at, RC_NAME (Element) * out)
{
  const RC_NAME (Element) * held = row_at (rows, at, pick->left);

  for (int64_t i = 0; i < sampler->n_segments; i++) {
    const RcSegment *segment = &sampler->segments[i];
    const int64_t end = segment->first + segment->count;

    if (segment->kind == RC_SEGMENT_HOLD) {
      out[segment->first] = held[segment->first];
      continue;
    }
    if (segment->kind == RC_SEGMENT_QUATERNION) {
      RC_NAME (mean_quaternion) (segment, pick, rows, at, out);
      continue;
    }
    for (int64_t k = segment->first; k < end; k += MEAN_BLOCK)
      RC_NAME (mean_values) (segment, k, end - k < MEAN_BLOCK ? end - k
          : MEAN_BLOCK, pick, rows, at, out);
  }
}

static void
RC_NAME (apply) (const RcSampler * sampler, const RcPick * pick,
    const RcRows * rows, const RcTick * at, void *out)
{
  switch (pick->op) {
    case RC_OP_MEAN:
      RC_NAME (mean) (sampler, pick, rows, at, out);
      break;
    case RC_OP_COPY:           /* of a row with quaternions */
      for (int64_t i = 0; i < sampler->n_segments; i++) {
        const RcSegment *segment = &sampler->segments[i];

        if (segment->kind == RC_SEGMENT_QUATERNION) {
          double q[4];

          RC_NAME (load_quaternion) (rows, 0, segment, at, q);
          RC_NAME (store_quaternion) (q, (RC_NAME (Element) *) out
              + segment->first);
        }
      }
      break;
    default:
      RC_NAME (between) (sampler, pick, rows, at, out);
  }
}

#undef RC_T
#undef RC_R
#undef RC_NAME
#undef RC_MATH
#undef RC_LOAD
#undef RC_STORE
#undef RC_STORE_D
#undef RC_VECTOR_LINEAR
