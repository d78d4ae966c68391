/* SPDX-License-Identifier: Apache-2.0 */
/* The part of sample-math.h that exists in float32 and in float64. It is
 * included once for each, with
 *   RC_REAL         the type
 *   RC_REAL_NAME()  makes a function's name
 *   RC_REAL_FMA     its fused multiply-add
 * No include guard: that is the point. */

/* Between p (w = 0) and q (w = 1); exact where p == q. */
RC_HD RC_REAL
RC_REAL_NAME (rc_lerp) (RC_REAL p, RC_REAL q, RC_REAL w)
{
  return RC_REAL_FMA (w, q, RC_REAL_FMA (-w, p, p));
}

/* Cubic from p with the difference `delta` to q and the slopes m0 at p and m1
 * at q, both per interval. */
RC_HD RC_REAL
RC_REAL_NAME (rc_cubic) (RC_REAL p, RC_REAL delta, RC_REAL m0, RC_REAL m1,
    RC_REAL w)
{
  const RC_REAL c3 = RC_REAL_FMA ((RC_REAL) -2, delta, m0 + m1);
  const RC_REAL c2 = RC_REAL_FMA ((RC_REAL) 3, delta,
      -RC_REAL_FMA ((RC_REAL) 2, m0, m1));

  return RC_REAL_FMA (w, RC_REAL_FMA (w, RC_REAL_FMA (w, c3, c2), m0), p);
}

/* Slope at a row between two intervals of lengths ha and hb and slopes a and b:
 * their weighted harmonic mean, 0 at a turn. */
RC_HD RC_REAL
RC_REAL_NAME (rc_pchip_inner) (RC_REAL ha, RC_REAL a, RC_REAL hb, RC_REAL b)
{
  const RC_REAL wa = RC_REAL_FMA ((RC_REAL) 2, hb, ha);
  const RC_REAL wb = RC_REAL_FMA ((RC_REAL) 2, ha, hb);
  const bool same = (a > 0 && b > 0) || (a < 0 && b < 0);
  const RC_REAL mean = (wa + wb) / (wa / a + wb / b);

  return same ? mean : 0;
}

/* Slope at an outermost row: of the parabola through three rows, bounded so
 * that the curve keeps its shape. `h` and `a` are of the interval at the end,
 * `hb` and `b` of the one beside it. */
RC_HD RC_REAL
RC_REAL_NAME (rc_pchip_end) (RC_REAL h, RC_REAL a, RC_REAL hb, RC_REAL b)
{
  const RC_REAL slope =
      (RC_REAL_FMA ((RC_REAL) 2, h, hb) * a - h * b) / (h + hb);
  const RC_REAL size = slope < 0 ? -slope : slope;
  const RC_REAL most = 3 * (a < 0 ? -a : a);
  const bool turned = !((slope > 0 && a > 0) || (slope < 0 && a < 0));
  const bool steep = !((a > 0 && b > 0) || (a < 0 && b < 0)) && size > most;

  return turned ? 0 : steep ? 3 * a : slope;
}

/* Monotone cubic at w in the interval from p, with `delta` to q. The intervals
 * before and after are `before` and `after` times as long and have the
 * differences d_before and d_after; a length of 0 says that there is none. */
RC_HD RC_REAL
RC_REAL_NAME (rc_pchip) (RC_REAL p, RC_REAL delta, RC_REAL w, RC_REAL before,
    RC_REAL d_before, RC_REAL after, RC_REAL d_after)
{
  const RC_REAL one = 1;
  const bool has_before = before > 0;
  const bool has_after = after > 0;
  const RC_REAL a = has_before ? d_before / before : 0;
  const RC_REAL b = has_after ? d_after / after : 0;
  RC_REAL m0, m1;

  if (has_before)
    m0 = RC_REAL_NAME (rc_pchip_inner) (before, a, one, delta);
  else
    m0 = RC_REAL_NAME (rc_pchip_end) (one, delta, after, b);
  if (has_after)
    m1 = RC_REAL_NAME (rc_pchip_inner) (one, delta, after, b);
  else
    m1 = RC_REAL_NAME (rc_pchip_end) (one, delta, before, a);
  /* a NaN must show, also where a comparison above dropped it */
  if (a != a || b != b)
    return a + b;
  return RC_REAL_NAME (rc_cubic) (p, delta, m0, m1, w);
}
