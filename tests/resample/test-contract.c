/* SPDX-License-Identifier: Apache-2.0 */
/* resample.h, rule by rule, with values worked out by hand. */
#include "resample-test.h"

#include <float.h>

#define NONE RC_TIME_NONE

/* Series used throughout: a gap of 30 between 20 and 50. */
static const int64_t times[] = { 0, 10, 20, 50, 60 };
static const float values[] = { 1, 3, 7, 2, 4 };

typedef struct
{
  int64_t tick;
  float value;                  /* NAN: missing */
  RcState state;
  int64_t skew, newest;
} Expected;

static void
configure (RcSamplerConfig * c, RcMethod method)
{
  rc_sampler_config_init (c, RC_FLOAT32, 1, method);
  c->max_gap = 20;
}

static void
check (const RcSamplerConfig * c, const Expected * expected, size_t n)
{
  RcError error;
  RcSampler *sampler = rc_sampler_new (c, &error);

  ck_assert_msg (sampler != NULL, "%s", error.message);
  for (size_t i = 0; i < n; i++) {
    const Expected *e = &expected[i];
    Answer a;
    float value;

    test_answer (sampler, values, 4, times, NULL, 5, e->tick, &a);
    memcpy (&value, a.values, sizeof (value));
    ck_assert_msg (a.pick.state == (uint8_t) e->state
        && (isnan (e->value) ? isnan (value)
            : fabsf (value - e->value) <= (e->state == RC_STATE_INTERPOLATED
                ? FLT_EPSILON * fabsf (e->value) : 0))
        && a.pick.skew == e->skew && a.pick.newest == e->newest,
        "tick %lld: %g state %d skew %lld newest %lld, not %g %d %lld %lld",
        (long long) e->tick, value, a.pick.state, (long long) a.pick.skew,
        (long long) a.pick.newest, e->value, e->state, (long long) e->skew,
        (long long) e->newest);
  }
  rc_sampler_free (sampler);
}

#define CHECK(c, ...) do { \
    const Expected expected[] = { __VA_ARGS__ }; \
    check (c, expected, sizeof (expected) / sizeof (expected[0])); \
  } while (0)
#define ABSENT(t) {t, NAN, RC_STATE_MISSING, NONE, NONE}
#define MEASURED(t, v) {t, v, RC_STATE_MEASURED, 0, t}
#define HELD(t, v, row) {t, v, RC_STATE_HELD, row - t, row}
#define LATER(t, v, row) {t, v, RC_STATE_LATER, row - t, row}
#define MADE(t, v, skew, newest) {t, v, RC_STATE_INTERPOLATED, skew, newest}

START_TEST (previous)
{
  RcSamplerConfig c;

  configure (&c, RC_METHOD_PREVIOUS);
  CHECK (&c, ABSENT (-1), MEASURED (0, 1), HELD (9, 1, 0), MEASURED (10, 3),
      HELD (40, 7, 20), ABSENT (41), MEASURED (50, 2), HELD (80, 4, 60),
      ABSENT (81));
  c.max_gap = NONE;
  CHECK (&c, HELD (49, 7, 20), HELD (INT64_MAX, 4, 60));
  c.max_gap = 0;
  CHECK (&c, MEASURED (0, 1), ABSENT (1));
  c.max_gap = 20;
  c.edge = RC_EDGE_HOLD;
  CHECK (&c, ABSENT (-21), LATER (-20, 1, 0), ABSENT (45), HELD (80, 4, 60),
      ABSENT (81));
  c.causal = true;
  CHECK (&c, ABSENT (-1), MEASURED (0, 1), HELD (80, 4, 60));
}

END_TEST
START_TEST (nearest)
{
  RcSamplerConfig c;

  configure (&c, RC_METHOD_NEAREST);
  c.tolerance = 5;
  CHECK (&c, ABSENT (-6), LATER (-5, 1, 0), MEASURED (0, 1), HELD (5, 1, 0),
      LATER (6, 3, 10), HELD (25, 7, 20), ABSENT (26), ABSENT (44),
      LATER (45, 2, 50), HELD (65, 4, 60), ABSENT (66));
  c.tolerance = NONE;           /* then max_gap alone */
  CHECK (&c, ABSENT (-21), LATER (-20, 1, 0), HELD (35, 7, 20),
      LATER (36, 2, 50), ABSENT (81));
  c.tolerance = 5;
  c.causal = true;
  CHECK (&c, ABSENT (-5), HELD (5, 1, 0), ABSENT (6), MEASURED (10, 3));
}

END_TEST
START_TEST (next)
{
  RcSamplerConfig c;

  configure (&c, RC_METHOD_NEXT);
  c.window = 5;
  CHECK (&c, ABSENT (-5), LATER (-4, 1, 0), MEASURED (0, 1), HELD (1, 1, 0),
      HELD (5, 1, 0), LATER (6, 3, 10), HELD (40, 7, 20), ABSENT (41),
      ABSENT (45), LATER (46, 2, 50), HELD (80, 4, 60), ABSENT (81));
  c.edge = RC_EDGE_HOLD;
  CHECK (&c, ABSENT (-21), LATER (-20, 1, 0), ABSENT (45), ABSENT (81));
  c.causal = true;
  CHECK (&c, ABSENT (-4), HELD (6, 1, 0), MEASURED (10, 3));
}

END_TEST
START_TEST (linear)
{
  RcSamplerConfig c;

  configure (&c, RC_METHOD_LINEAR);
  CHECK (&c, ABSENT (-1), MEASURED (0, 1), MADE (5, 2, -5, 10),
      MADE (7, 2.4f, 3, 10), MEASURED (20, 7), ABSENT (21), ABSENT (49),
      MEASURED (50, 2), MADE (55, 3, -5, 60), MEASURED (60, 4), ABSENT (61));
  c.edge = RC_EDGE_HOLD;
  CHECK (&c, ABSENT (-21), LATER (-20, 1, 0), ABSENT (21), ABSENT (49),
      HELD (80, 4, 60), ABSENT (81));
  c.max_gap = 30;
  CHECK (&c, MADE (35, 4.5f, -15, 50));
  c.max_gap = 20;
  c.causal = true;
  CHECK (&c, ABSENT (-20), HELD (5, 1, 0), MEASURED (10, 3), HELD (40, 7, 20),
      ABSENT (41), HELD (80, 4, 60));
}

END_TEST
/* At 5 in (0, 1) (10, 3) (20, 7): slopes per 10 are 2 and 4. Inner slope at 10:
 * equal weights, 2/(1/2 + 1/4) = 8/3; end slope at 0: (3 x 2 - 4)/2 = 1.
 * Half way the cubic is (1 + 3)/2 + (1 - 8/3)/8. At 55 only two rows are within
 * the gap: a line. At 15: inner 8/3 at 10, end (3 x 4 - 2)/2 = 5 at 20. */
START_TEST (pchip)
{
  RcSamplerConfig c;

  configure (&c, RC_METHOD_PCHIP);
  CHECK (&c, ABSENT (-1), MEASURED (0, 1),
      MADE (5, (float) (2 + (1 - 8.0 / 3) / 8), -5, 20),
      MADE (15, (float) (5 + (8.0 / 3 - 5) / 8), -5, 20), ABSENT (30),
      MADE (55, 3, -5, 60), ABSENT (61));
  c.causal = true;
  CHECK (&c, HELD (5, 1, 0));
}

END_TEST
/* Means over 10 of the lines through the rows. Trailing at 10: (1 + 3)/2. At 15:
 * from 5 (2) over 10 (3) to 15 (5): (2.5 + 4)/2. */
START_TEST (mean)
{
  RcSamplerConfig c;

  configure (&c, RC_METHOD_MEAN);
  c.window = 10;
  CHECK (&c, ABSENT (9), MADE (10, 2, 0, 10), MADE (15, 3.25f, -5, 20),
      MADE (20, 5, 0, 20), ABSENT (21), ABSENT (59), MADE (60, 3, 0, 60),
      ABSENT (61));
  c.centred = true;
  CHECK (&c, ABSENT (4), MADE (5, 2, -5, 10), MADE (10, 3.25f, 0, 20),
      MADE (15, 5, -5, 20), ABSENT (16), MADE (55, 3, -5, 60));
  /* the outermost rows held: from -5 to 0 at 1, then to 5 at 2 */
  c.edge = RC_EDGE_HOLD;
  CHECK (&c, ABSENT (-16), LATER (-15, 1, 0), LATER (-6, 1, 0),
      MADE (-5, 1, 5, 0), MADE (0, 1.25f, 0, 10), MADE (60, 3.75f, 0, 60),
      MADE (65, 4, -5, 60), HELD (66, 4, 60), HELD (75, 4, 60), ABSENT (76));
  /* causal: trailing, and 10's value from 10 to 15; never a later row */
  c.edge = RC_EDGE_MISSING;
  c.causal = true;
  CHECK (&c, ABSENT (5), MADE (10, 2, 0, 10), MADE (15, 2.75f, -5, 10),
      HELD (40, 7, 20), ABSENT (41), ABSENT (50));
  c.causal = c.centred = false;
  c.window = 40;
  c.max_gap = NONE;             /* 20 to 60: 30 of 4.5 and 10 of 3 */
  CHECK (&c, MADE (60, 4.125f, 0, 60));
  c.window = INT64_MAX;         /* begins before time does */
  CHECK (&c, ABSENT (-5));
}

END_TEST
START_TEST (gather)
{
  RcSamplerConfig c;
  RcSampler *sampler;
  Answer a;
  const float *v = (const float *) a.values;

  configure (&c, RC_METHOD_GATHER);
  c.window = 20;
  c.samples = 3;
  c.fill = -1;
  sampler = rc_sampler_new (&c, NULL);
  ck_assert_int_eq (rc_sampler_row_elements (sampler), 3);
  /* (0, 20]: the row at 0 has left */
  test_answer (sampler, values, 4, times, NULL, 5, 20, &a);
  ck_assert (v[0] == 3 && v[1] == 7 && v[2] == -1);
  ck_assert (a.pick.count == 2 && a.pick.first == 1 && a.pick.overflow == 0);
  ck_assert (a.pick.state == RC_STATE_MEASURED && a.pick.newest == 20);
  test_answer (sampler, values, 4, times, NULL, 5, 19, &a);
  ck_assert (v[0] == 1 && v[1] == 3 && a.pick.state == RC_STATE_HELD);
  ck_assert (a.pick.skew == -9);
  test_answer (sampler, values, 4, times, NULL, 5, 45, &a);
  ck_assert (a.pick.state == RC_STATE_MISSING && v[0] == -1 && v[2] == -1);
  rc_sampler_free (sampler);
  /* the newest two of all, with a window that begins before time does */
  c.samples = 2;
  c.window = INT64_MAX;
  sampler = rc_sampler_new (&c, NULL);
  test_answer (sampler, values, 4, times, NULL, 5, -1, &a);
  ck_assert (a.pick.state == RC_STATE_MISSING);
  test_answer (sampler, values, 4, times, NULL, 5, 60, &a);
  ck_assert (v[0] == 2 && v[1] == 4 && a.pick.overflow == 3);
  rc_sampler_free (sampler);
}

END_TEST
/* A position with its slope in the next channel. 0.1 s apart, from 0 with
 * slope 20/s to 1 with slope 0: per interval 2 and 0. Half way: 1/2 + 2/8. The
 * slope itself is a line. */
START_TEST (hermite)
{
  const int64_t at[] = { 0, 100000000 };
  const double rows[2][3] = { {0, 20, 5}, {1, 0, 7} };
  const RcMark mark = {.kind = RC_MARK_VELOCITY_OF,.channel = 1,.other = 0 };
  RcSamplerConfig c;
  RcSampler *sampler;
  Answer a;
  double v[3];

  rc_sampler_config_init (&c, RC_FLOAT64, 3, RC_METHOD_HERMITE);
  c.marks = &mark;
  c.n_marks = 1;
  sampler = rc_sampler_new (&c, NULL);
  test_answer (sampler, rows, sizeof (rows[0]), at, NULL, 2, 50000000, &a);
  memcpy (v, a.values, sizeof (v));
  ck_assert (v[0] == 0.75 && v[1] == 10 && v[2] == 6);
  rc_sampler_free (sampler);
}

END_TEST
/* The marks under each interpolating method; nothing of them where rows are
 * copied. */
START_TEST (marks)
{
  const double h = sqrt (0.5);
  const int64_t at[] = { 0, 10, 20 };
  /* 0 and 90 degrees about x, the second with the other sign and length 2; then
   * an angle in degrees from 350 to 10 to 30; then a held channel */
  const double rows[3][6] = { {1, 0, 0, 0, 350, 1},
  {-2 * h, -2 * h, 0, 0, 10, 2}, {1, 0, 0, 0, 30, 3}
  };
  const RcMark list[] = { {.kind = RC_MARK_QUATERNION_WXYZ,.channel = 0},
  {.kind = RC_MARK_WRAP,.channel = 4,.period = 360,.lower = 0},
  {.kind = RC_MARK_HOLD,.channel = 5}
  };
  const RcMethod methods[] = { RC_METHOD_LINEAR, RC_METHOD_PCHIP,
    RC_METHOD_HERMITE, RC_METHOD_MEAN
  };
  uint8_t signs[3];
  RcSamplerConfig c;
  RcSampler *sampler;
  Answer a;
  double v[6];

  rc_sampler_config_init (&c, RC_FLOAT64, 6, RC_METHOD_LINEAR);
  c.marks = list;
  c.n_marks = 3;
  c.window = 10;
  c.centred = true;
  for (int i = 0; i < 4; i++) {
    c.method = methods[i];
    sampler = rc_sampler_new (&c, NULL);
    ck_assert_int_eq (rc_sampler_n_quaternions (sampler), 1);
    test_signs (sampler, rows, sizeof (rows[0]), 3, signs);
    ck_assert (signs[0] == 0 && signs[1] == 1 && signs[2] == 0);
    test_answer (sampler, rows, sizeof (rows[0]), at, signs, 3, 5, &a);
    memcpy (v, a.values, sizeof (v));
    /* 45 degrees, also as the mean of a turn from 0 to 90 by its two rows */
    ck_assert_double_eq_tol (v[0], cos (M_PI / 8), 1e-15);
    ck_assert_double_eq_tol (v[1], sin (M_PI / 8), 1e-15);
    ck_assert (v[2] == 0 && v[3] == 0);
    ck_assert (v[4] >= 0 && v[4] < 1e-9 && v[5] == 1);
    if (c.method != RC_METHOD_MEAN) {
      /* measured: unit length, the sign that continues; the rest are bits */
      test_answer (sampler, rows, sizeof (rows[0]), at, signs, 3, 10, &a);
      memcpy (v, a.values, sizeof (v));
      ck_assert (a.pick.state == RC_STATE_MEASURED);
      ck_assert (!rc_pick_is_copy (sampler, &a.pick));
      ck_assert_double_eq_tol (v[0], h, 1e-15);
      ck_assert_double_eq_tol (v[1], h, 1e-15);
      ck_assert (v[4] == 10 && v[5] == 2);
    }
    rc_sampler_free (sampler);
  }
  c.method = RC_METHOD_PREVIOUS;
  sampler = rc_sampler_new (&c, NULL);
  ck_assert_int_eq (rc_sampler_n_quaternions (sampler), 0);
  test_answer (sampler, rows, sizeof (rows[0]), at, NULL, 3, 15, &a);
  ck_assert (memcmp (a.values, rows[1], sizeof (rows[1])) == 0);
  ck_assert (rc_pick_is_copy (sampler, &a.pick));
  rc_sampler_free (sampler);
}

END_TEST
/* [lower, lower + period) holds after rounding to the type, too. */
START_TEST (wrap_is_half_open)
{
  const RcDType types[] = { RC_FLOAT16, RC_BFLOAT16, RC_FLOAT32, RC_FLOAT64,
    RC_UINT8, RC_INT32, RC_INT64
  };
  const double lowers[] = { -M_PI, 0, 0, 100, -0.1, 1e6 };
  const double periods[] = { 2 * M_PI, 2 * M_PI, 100, 50, 0.7, 3 };
  int tried = 0;

  test_seed ();
  for (int round = 0; round < 30000; round++) {
    const int kind = (int) test_int (0, 5);
    const RcMark mark = {.kind = RC_MARK_WRAP,.channel = 0,
      .period = periods[kind],.lower = lowers[kind]
    };
    const int64_t at[] = { 0, 1000 };
    double ends[2], result;
    uint64_t rows[2] = { 0 }, out = 0;
    RcSamplerConfig c;
    RcSampler *sampler;
    RcSeries series = {.values = rows,.times = at,.batch = 1,.samples = 2 };
    RcTicks ticks = {.count = 1,.shared = true };
    RcResampled resampled = {.values = &out };
    int64_t tick = test_int (1, 999);

    rc_sampler_config_init (&c, types[test_int (0, 6)], 1, RC_METHOD_LINEAR);
    c.marks = &mark;
    c.n_marks = 1;
    sampler = rc_sampler_new (&c, NULL);
    if (!sampler)               /* no value of the type is in that range */
      continue;
    for (int i = 0; i < 2; i++) {
      ends[i] = mark.lower + mark.period * (double) test_int (-20, 40) / 20
          + (test_int (0, 1) ? 0 : 1e-4 * test_real ());
      switch (c.dtype) {
        case RC_FLOAT32:{
          const float f = (float) ends[i];
          memcpy ((uint8_t *) rows + 4 * i, &f, 4);
          break;
        }
        case RC_FLOAT64:
          memcpy (&rows[i], &ends[i], 8);
          break;
        case RC_UINT8:
          ((uint8_t *) rows)[i] = (uint8_t) test_int (0, 255);
          break;
        case RC_INT32:
          ((int32_t *) rows)[i] = (int32_t) ends[i];
          break;
        case RC_INT64:
          ((int64_t *) rows)[i] = (int64_t) ends[i];
          break;
        default:               /* half types: any finite bits near there */
          ((uint16_t *) rows)[i] = c.dtype == RC_FLOAT16
              ? (uint16_t) test_int (0x3c00, 0x5800)
              : (uint16_t) test_int (0x3f80, 0x4300);
      }
    }
    ticks.times = &tick;
    ck_assert_int_eq (rc_resample (sampler, &series, &ticks, &resampled, NULL),
        RC_OK);
    switch (c.dtype) {
      case RC_FLOAT32:{
        float f;
        memcpy (&f, &out, 4);
        result = f;
        break;
      }
      case RC_FLOAT64:
        memcpy (&result, &out, 8);
        break;
      case RC_UINT8:
        result = (double) (uint8_t) out;
        break;
      case RC_INT32:
        result = (double) (int32_t) out;
        break;
      case RC_INT64:
        result = (double) (int64_t) out;
        break;
      case RC_FLOAT16:{
        const int exponent = (int) (out >> 10 & 31);
        result = exponent ? ldexp (1024 + (double) (out & 1023), exponent - 25)
            : ldexp ((double) (out & 1023), -24);
        result = out & 0x8000 ? -result : result;
        break;
      }
      default:{
        const uint32_t wide = (uint32_t) out << 16;
        float f;
        memcpy (&f, &wide, 4);
        result = f;
      }
    }
    ck_assert_msg (result >= mark.lower && result < mark.lower + mark.period,
        "%s: %.17g is not in [%.17g, %.17g)", rc_dtype_name (c.dtype), result,
        mark.lower, mark.lower + mark.period);
    tried++;
    rc_sampler_free (sampler);
  }
  ck_assert_int_gt (tried, 20000);
}

END_TEST
/* Every computed NaN has the bits of the one quiet NaN; copies keep theirs. */
START_TEST (nan_and_infinity)
{
  const int64_t at[] = { 0, 10, 20 };
  const uint32_t rows[3][2] = { {0xffc12345, 0x7f800000},
  {0x3f800000, 0x7f800000}, {0x3f800000, 0xff800000}
  };
  const RcMethod methods[] = { RC_METHOD_LINEAR, RC_METHOD_PCHIP,
    RC_METHOD_HERMITE, RC_METHOD_MEAN
  };

  for (int i = 0; i < 4; i++) {
    RcSamplerConfig c;
    RcSampler *sampler;
    Answer a;
    uint32_t v[2];

    rc_sampler_config_init (&c, RC_FLOAT32, 2, methods[i]);
    c.window = 10;
    c.centred = true;
    sampler = rc_sampler_new (&c, NULL);
    test_answer (sampler, rows, 8, at, NULL, 3, 5, &a);
    memcpy (v, a.values, sizeof (v));
    ck_assert_uint_eq (v[0], 0x7fc00000);
    ck_assert_uint_eq (v[1], 0x7fc00000);       /* inf - inf */
    if (methods[i] != RC_METHOD_MEAN) {
      test_answer (sampler, rows, 8, at, NULL, 3, 0, &a);
      ck_assert (memcmp (a.values, rows[0], 8) == 0);
      test_answer (sampler, rows, 8, at, NULL, 3, 15, &a);
      memcpy (v, a.values, sizeof (v));
      /* pchip has the NaN row as a neighbour */
      ck_assert_uint_eq (v[0], methods[i] == RC_METHOD_PCHIP ? 0x7fc00000
          : 0x3f800000);
    }
    rc_sampler_free (sampler);
  }
}

END_TEST
/* Times at the ends of int64: no overflow, and the right rows. */
START_TEST (extreme_times)
{
  const int64_t at[] = { INT64_MIN + 1, 0, INT64_MAX };
  const float v[] = { 1, 2, 3 };

  for (int m = 0; m < RC_N_METHODS; m++) {
    for (int bits = 0; bits < 8; bits++) {
      RcSamplerConfig c;
      RcSampler *sampler;
      const int64_t ticks[] = { INT64_MIN + 1, INT64_MIN + 2, -1, 0, 1,
        INT64_MAX - 1, INT64_MAX
      };

      rc_sampler_config_init (&c, RC_FLOAT32, 1, (RcMethod) m);
      c.max_gap = bits & 1 ? INT64_MAX : RC_TIME_NONE;
      c.edge = bits & 2 ? RC_EDGE_HOLD : RC_EDGE_MISSING;
      c.causal = bits & 4;
      c.window = INT64_MAX;
      c.samples = 2;
      sampler = rc_sampler_new (&c, NULL);
      for (int i = 0; i < 7; i++) {
        for (int64_t n = 0; n <= 3; n++) {
          Answer a;

          test_answer (sampler, v, 4, at, NULL, n, ticks[i], &a);
          rc_sampler_decided (sampler, at, n, INT64_MIN, ticks[i]);
          rc_sampler_decided (sampler, at, n, INT64_MAX - 1, ticks[i]);
          ck_assert (rc_sampler_keep_from (sampler, at, n, ticks[i]) <= n);
          if (m == RC_METHOD_PREVIOUS && n == 3) {
            float got;

            memcpy (&got, a.values, 4);
            ck_assert (got == (ticks[i] < 0 ? 1 : ticks[i] < INT64_MAX ? 2
                    : 3));
          }
          if (m == RC_METHOD_LINEAR && n == 3 && i == 4 && !c.causal)
            ck_assert (a.pick.state == RC_STATE_INTERPOLATED);
        }
      }
      rc_sampler_free (sampler);
    }
  }
}

END_TEST static void
check_refused (const RcSamplerConfig * c, const char *text, RcStatus status)
{
  RcError error = { RC_OK, "" };

  ck_assert (rc_sampler_new (c, &error) == NULL);
  ck_assert_msg (error.status == status && strstr (error.message, text),
      "\"%s\" does not say \"%s\"", error.message, text);
  ck_assert (rc_sampler_new (c, NULL) == NULL);
}

START_TEST (refused_configurations)
{
  RcMark m[2];
  RcSamplerConfig good, c;

  memset (m, 0, sizeof (m));
  rc_sampler_config_init (&good, RC_FLOAT32, 6, RC_METHOD_LINEAR);
#define REFUSE(change, text, status) \
  do { c = good; change; check_refused (&c, text, status); } while (0)
  check_refused (NULL, "config is NULL", RC_ERR_ARGUMENT);
  REFUSE (c.dtype = (RcDType) 99, "dtype 99", RC_ERR_DTYPE);
  REFUSE (c.method = (RcMethod) 8, "method 8", RC_ERR_ARGUMENT);
  REFUSE (c.edge = (RcEdge) 2, "edge 2", RC_ERR_ARGUMENT);
  REFUSE (c.channels = 0, "channels is 0", RC_ERR_ARGUMENT);
  REFUSE (c.channels = INT64_MAX, "channels", RC_ERR_OVERFLOW);
  REFUSE (c.max_gap = -1, "max_gap is -1", RC_ERR_ARGUMENT);
  REFUSE (c.tolerance = -5, "tolerance is -5", RC_ERR_ARGUMENT);
  REFUSE (c.window = -1, "window is -1", RC_ERR_ARGUMENT);
  REFUSE (c.method = RC_METHOD_MEAN, "window is 0", RC_ERR_ARGUMENT);
  REFUSE (c.samples = 0, "samples is 0", RC_ERR_ARGUMENT);
  REFUSE (c.method = RC_METHOD_GATHER;
      c.window = 1; c.samples = INT64_MAX, "samples", RC_ERR_OVERFLOW);
  REFUSE (c.dtype = RC_UINT8; c.fill = 256, "fill is 256", RC_ERR_ARGUMENT);
  REFUSE (c.dtype = RC_INT8; c.fill = 0.5, "fill is 0.5", RC_ERR_ARGUMENT);
  REFUSE (c.n_marks = 1, "marks is NULL", RC_ERR_ARGUMENT);
  REFUSE (c.n_marks = -1, "n_marks is -1", RC_ERR_ARGUMENT);

  good.marks = m;
  good.n_marks = 1;
  m[0].kind = (RcMarkKind) 9;
  REFUSE (, "marks[0].kind 9", RC_ERR_ARGUMENT);
  m[0].kind = RC_MARK_QUATERNION_XYZW;
  m[0].channel = 3;
  REFUSE (, "marks[0].channel is 3", RC_ERR_ARGUMENT);
  REFUSE (c.channels = 2, "marks[0].channel is 3", RC_ERR_ARGUMENT);
  m[0].channel = 2;
  REFUSE (c.dtype = RC_INT16, "quaternion of int16", RC_ERR_DTYPE);
  m[0].kind = RC_MARK_WRAP;
  REFUSE (, "period is 0", RC_ERR_ARGUMENT);
  m[0].period = INFINITY;
  REFUSE (, "period is inf", RC_ERR_ARGUMENT);
  m[0].period = 1;
  m[0].lower = NAN;
  REFUSE (, "lower is nan", RC_ERR_ARGUMENT);
  m[0].lower = 1e300;
  REFUSE (, "lower is 1e+300", RC_ERR_ARGUMENT);
  m[0].lower = 0.25;
  m[0].period = 0.5;
  REFUSE (c.dtype = RC_INT32, "holds no value of int32", RC_ERR_ARGUMENT);
  m[0].kind = RC_MARK_VELOCITY_OF;
  m[0].other = 2;
  REFUSE (, "other is 2", RC_ERR_ARGUMENT);
  m[0].other = 6;
  REFUSE (, "other is 6", RC_ERR_ARGUMENT);

  good.n_marks = 2;
  m[0].other = 0;
  m[1].kind = RC_MARK_HOLD;
  m[1].channel = 2;
  REFUSE (, "must be a plain channel", RC_ERR_ARGUMENT);
  m[1].channel = 0;
  REFUSE (, "plain or wrapping", RC_ERR_ARGUMENT);
  m[1].kind = RC_MARK_VELOCITY_OF;
  m[1].channel = 1;
  REFUSE (, "both velocity_of channel 0", RC_ERR_ARGUMENT);
  m[0].kind = m[1].kind = RC_MARK_HOLD;
  m[0].channel = 1;
  REFUSE (, "both mark channel 1", RC_ERR_ARGUMENT);
#undef REFUSE
}

END_TEST
START_TEST (lookahead)
{
  RcSamplerConfig c;
  const struct
  {
    RcMethod method;
    bool causal, centred;
    int64_t ahead;
  } cases[] = {
    {RC_METHOD_LINEAR, false, false, 0}, {RC_METHOD_NEXT, false, false, 7},
    {RC_METHOD_NEXT, true, false, 0}, {RC_METHOD_MEAN, false, false, 0},
    {RC_METHOD_MEAN, false, true, 4}, {RC_METHOD_MEAN, true, true, 0},
    {RC_METHOD_GATHER, false, false, 0},
  };

  for (size_t i = 0; i < sizeof (cases) / sizeof (cases[0]); i++) {
    RcSampler *sampler;

    rc_sampler_config_init (&c, RC_INT16, 3, cases[i].method);
    c.causal = cases[i].causal;
    c.centred = cases[i].centred;
    c.window = 7;
    sampler = rc_sampler_new (&c, NULL);
    ck_assert (rc_sampler_lookahead (sampler) == cases[i].ahead);
    ck_assert (rc_sampler_row_elements (sampler) == 3);
    ck_assert_int_eq (rc_sampler_dtype (sampler), RC_INT16);
    rc_sampler_free (sampler);
  }
  rc_sampler_free (NULL);
}

END_TEST int
main (void)
{
  Suite *suite = suite_create ("resample-contract");
  TCase *tests = tcase_create ("contract");

  tcase_add_test (tests, previous);
  tcase_add_test (tests, nearest);
  tcase_add_test (tests, next);
  tcase_add_test (tests, linear);
  tcase_add_test (tests, pchip);
  tcase_add_test (tests, hermite);
  tcase_add_test (tests, mean);
  tcase_add_test (tests, gather);
  tcase_add_test (tests, marks);
  tcase_add_test (tests, wrap_is_half_open);
  tcase_add_test (tests, nan_and_infinity);
  tcase_add_test (tests, extreme_times);
  tcase_add_test (tests, refused_configurations);
  tcase_add_test (tests, lookahead);
  suite_add_tcase (suite, tests);
  return test_run (suite);
}
