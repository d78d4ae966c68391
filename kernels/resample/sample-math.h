/* SPDX-License-Identifier: Apache-2.0 */
/* The mathematics of one sample, for C and for CUDA C.
 *
 * Nothing here depends on the machine: of libm only fma, sqrt, floor and rint,
 * whose results IEEE 754 fixes, and no contraction but the fma written. Both
 * compilers must be told so (-ffp-contract=off, -fmad=false). */
#pragma once

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "../common/half.h"
#include "../common/hd.h"

#define RC_REAL float
#define RC_REAL_NAME(name) name##_f32
#define RC_REAL_FMA fmaf
#include "sample-real.h"
#undef RC_REAL
#undef RC_REAL_NAME
#undef RC_REAL_FMA
#define RC_REAL double
#define RC_REAL_NAME(name) name##_f64
#define RC_REAL_FMA fma
#include "sample-real.h"
#undef RC_REAL
#undef RC_REAL_NAME
#undef RC_REAL_FMA

/* ---- angles and counters with a period ---- */

/* The difference `d`, the short way round, in [-period/2, period/2]. */
RC_HD double
rc_wrap_difference (double d, double period)
{
  return fma (-period, rint (d / period), d);
}

/* x moved into [lower, lower + period) but for rounding at its ends. */
RC_HD double
rc_wrap_into (double x, double lower, double period)
{
  double y = fma (-period, floor ((x - lower) / period), x);

  if (y < lower)
    y += period;
  else if (y >= lower + period)
    y -= period;
  return y;
}

/* ---- quaternions ---- */

/* arctangent on [0, 1]: the angle of the nearest of 0, pi/8 and pi/4 plus the
 * series for the rest, which is at most tan (pi/16) = 0.199. Error < 2e-16. */
RC_HD double
rc_atan_unit (double x)
{
  const double c = 0.41421356237309503; /* tan (pi/8) */
  double base = 0, y = x, z, s;

  if (x > 0.66817863791929888) {        /* tan (3 pi/16) */
    base = 0.78539816339744828;
    y = (x - 1) / (x + 1);
  } else if (x > 0.19891236737965801) { /* tan (pi/16) */
    base = 0.39269908169872414;
    y = (x - c) / fma (x, c, 1.0);
  }
  z = y * y;
  s = fma (z, 1.0 / 25, -1.0 / 23);
  s = fma (z, s, 1.0 / 21);
  s = fma (z, s, -1.0 / 19);
  s = fma (z, s, 1.0 / 17);
  s = fma (z, s, -1.0 / 15);
  s = fma (z, s, 1.0 / 13);
  s = fma (z, s, -1.0 / 11);
  s = fma (z, s, 1.0 / 9);
  s = fma (z, s, -1.0 / 7);
  s = fma (z, s, 1.0 / 5);
  s = fma (z, s, -1.0 / 3);
  return base + fma (y * z, s, y);
}

/* sine on [0, pi/2]: its series, of which the first term left out is 1e-18. */
RC_HD double
rc_sin_quarter (double x)
{
  const double z = x * x;
  double s = fma (z, 1 / 51090942171709440000.0, -1 / 121645100408832000.0);

  s = fma (z, s, 1 / 355687428096000.0);
  s = fma (z, s, -1 / 1307674368000.0);
  s = fma (z, s, 1 / 6227020800.0);
  s = fma (z, s, -1 / 39916800.0);
  s = fma (z, s, 1 / 362880.0);
  s = fma (z, s, -1 / 5040.0);
  s = fma (z, s, 1 / 120.0);
  s = fma (z, s, -1 / 6.0);
  return fma (x * z, s, x);
}

RC_HD double
rc_quat_dot (const double *a, const double *b)
{
  return fma (a[0], b[0], fma (a[1], b[1], fma (a[2], b[2], a[3] * b[3])));
}

/* To length 1; what has no direction (0, NaN, infinity) becomes NaN. Lengths
 * whose square leaves the range are scaled first. */
RC_HD void
rc_quat_normalise (double *q)
{
  double square = rc_quat_dot (q, q), length;

  if (!(square > 1e-290 && square < 1e290)) {
    double most = 0;

    for (int i = 0; i < 4; i++) {
      const double size = q[i] < 0 ? -q[i] : q[i];
      most = most >= size ? most : size;
    }
    for (int i = 0; i < 4; i++)
      q[i] = q[i] / most;
    square = rc_quat_dot (q, q);
  }
  length = sqrt (square);
  for (int i = 0; i < 4; i++)
    q[i] = q[i] / length;
}

/* From unit a (w = 0) to unit b (w = 1), at most 90 degrees apart in four
 * dimensions: the other of b and -b is taken where they are more. Coincident
 * ones need no angle. */
RC_HD void
rc_quat_slerp (const double *a, const double *b, double w, double *out)
{
  const double flip = rc_quat_dot (a, b) < 0 ? -1 : 1;
  double minus[4], plus[4], wa = 1 - w, wb = w, angle;

  for (int i = 0; i < 4; i++) {
    minus[i] = fma (-flip, b[i], a[i]);
    plus[i] = fma (flip, b[i], a[i]);
  }
  angle = 2 * rc_atan_unit (sqrt (rc_quat_dot (minus, minus)
          / rc_quat_dot (plus, plus)));
  if (!(angle < 1e-8)) {
    wa = rc_sin_quarter (wa * angle);
    wb = rc_sin_quarter (wb * angle);
  }
  for (int i = 0; i < 4; i++)
    out[i] = fma (wa, a[i], flip * wb * b[i]);
  rc_quat_normalise (out);      /* so that no division by sin (angle) is needed */
}
