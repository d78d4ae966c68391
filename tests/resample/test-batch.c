/* SPDX-License-Identifier: Apache-2.0 */
/* rc_resample () and rc_fuse (): the same answers as tick by tick, on every
 * type and CPU level, and clear errors for everything that does not fit. */
#include "resample-test.h"

#include "common/cpu.h"
#include "fuse/fuse.h"

#define B 3
#define S 20
#define T 30
#define D 8

static const RcMark marks[] = {
  {.kind = RC_MARK_WRAP,.channel = 0,.period = 100,.lower = 0},
  {.kind = RC_MARK_HOLD,.channel = 1},
  {.kind = RC_MARK_VELOCITY_OF,.channel = 2,.other = 3},
  {.kind = RC_MARK_QUATERNION_XYZW,.channel = 4},
};

/* Values of any type that say something: moderate, with some NaN, infinities,
 * zeros of both signs and extremes where the type has them. */
static void
random_values (RcDType dtype, uint8_t * out, int64_t n)
{
  const size_t size = rc_dtype_size (dtype);

  for (int64_t i = 0; i < n; i++) {
    const double x = 200 * test_real () - 100;
    uint64_t bits = test_bits ();

    if (rc_dtype_is_float (dtype) && test_int (0, 39)) {
      const float f = (float) x;
      uint32_t wide;

      memcpy (&wide, &f, 4);
      if (dtype == RC_FLOAT64)
        memcpy (&bits, &x, 8);
      else if (dtype == RC_FLOAT32)
        bits = wide;
      else if (dtype == RC_BFLOAT16)
        bits = wide >> 16;
      else
        bits = (bits & 0x8000) | (uint64_t) test_int (0x2000, 0x5800);
    } else if (test_int (0, 9)) {
      bits &= 0x3f;
    }
    memcpy (out + (size_t) i * size, &bits, size);
  }
}

static void
random_times (int64_t * times, int64_t n, bool equal)
{
  int64_t t = test_int (-5, 5);

  for (int64_t i = 0; i < n; i++) {
    times[i] = t;
    t += test_int (equal ? 0 : 1, test_int (0, 5) ? 6 : 40);
  }
}

static RcSampler *
random_sampler (RcDType dtype)
{
  RcSamplerConfig c;
  RcError error;
  RcSampler *sampler;

  rc_sampler_config_init (&c, dtype, D, (RcMethod) test_int (0,
          RC_N_METHODS - 1));
  c.edge = (RcEdge) test_int (0, 1);
  c.causal = test_int (0, 3) == 0;
  c.centred = test_int (0, 1);
  c.max_gap = test_int (0, 1) ? RC_TIME_NONE : test_int (5, 40);
  c.tolerance = test_int (0, 1) ? RC_TIME_NONE : test_int (0, 10);
  c.window = test_int (1, 30);
  c.samples = test_int (1, MAX_SAMPLES);
  c.fill = test_int (0, 1) ? NAN : 7;
  c.marks = marks;
  c.n_marks = rc_dtype_is_float (dtype) ? 4 : 3;
  if (test_int (0, 2) == 0)
    c.n_marks = 0;
  sampler = rc_sampler_new (&c, &error);
  ck_assert_msg (sampler != NULL, "%s", error.message);
  return sampler;
}

typedef struct
{
  uint8_t values[B * T * D * MAX_SAMPLES * 8];
  uint8_t state[B * T];
  int64_t skew[B * T], newest[B * T];
  int32_t gather_count[B * T];
  int64_t gather_times[B * T * MAX_SAMPLES];
  int64_t duplicates, overflow;
} Result;

static void
run (const RcSampler * sampler, const RcSeries * series, const RcTicks * ticks,
    Result * result)
{
  RcResampled out = {.values = result->values,.state = result->state,
    .skew = result->skew,.newest = result->newest,
    .gather_count = result->gather_count,.gather_times = result->gather_times
  };
  RcError error;

  memset (result, 0, sizeof (*result));
  ck_assert_msg (rc_resample (sampler, series, ticks, &out, &error) == RC_OK,
      "%s", error.message);
  result->duplicates = out.duplicates;
  result->overflow = out.overflow;
}

/* Against rc_pick () and rc_apply () on the rows with their duplicates left
 * out by hand; shared and own ticks, strides, ragged lengths. */
START_TEST (batch_equals_ticks)
{
  static Result result, other;
  const bool v3 = rc_cpu_set_level (RC_CPU_LEVEL_X86_64_V3);

  printf ("baseline against x86-64-v3: %s\n", v3 ? "compared"
      : "SKIP: this machine has no AVX2 and FMA");
  test_seed ();
  for (int round = 0; round < 3000; round++) {
    const RcDType dtype = (RcDType) test_int (0, RC_N_DTYPES - 1);
    const size_t size = rc_dtype_size (dtype);
    RcSampler *sampler = random_sampler (dtype);
    const int32_t groups = rc_sampler_n_quaternions (sampler);
    const int64_t row = rc_sampler_row_elements (sampler);
    const int64_t gap = test_int (0, 3);
    uint8_t values[B * S * (D + 3) * 8];
    int64_t times[B * S], ticks[B * T], lengths[B];
    RcSeries series = {.values = values,.times = times,.batch = B,.samples = S,
      .lengths = lengths,.row_stride = D + gap
    };
    RcTicks grid = {.times = ticks,.count = T,.shared = test_int (0, 1) };
    int64_t duplicates = 0, overflow = 0;

    random_values (dtype, values, B * S * (D + gap));
    for (int b = 0; b < B; b++) {
      random_times (times + b * S, S, test_int (0, 1));
      lengths[b] = test_int (0, S);
    }
    for (int i = 0; i < B * T; i++)
      ticks[i] = test_int (0, 3) || i == 0 ? test_int (-10, 130)
          : ticks[i - 1] + 3;
    run (sampler, &series, &grid, &result);
    if (v3) {
      rc_cpu_set_level (RC_CPU_LEVEL_BASELINE);
      run (sampler, &series, &grid, &other);
      rc_cpu_set_level (RC_CPU_LEVEL_X86_64_V3);
      ck_assert_msg (memcmp (&result, &other, sizeof (other)) == 0,
          "%s: baseline and x86-64-v3 differ", rc_dtype_name (dtype));
    }

    for (int b = 0; b < B; b++) {
      uint8_t kept[S * D * 8], signs[S];
      int64_t at[S], n = 0;

      for (int64_t i = 0; i < lengths[b]; i++) {
        if (n > 0 && at[n - 1] == times[b * S + i]) {
          duplicates++;
          continue;
        }
        at[n] = times[b * S + i];
        memcpy (kept + (size_t) n * D * size, values + (size_t) ((b * S + i)
                * (D + gap)) * size, D * size);
        n++;
      }
      test_signs (sampler, kept, D * size, n, signs);
      for (int i = 0; i < T; i++) {
        const int64_t tick = ticks[grid.shared ? i : b * T + i];
        const int o = b * T + i;
        Answer a;

        test_answer (sampler, kept, D * size, at, groups ? signs : NULL, n,
            tick, &a);
        overflow += a.pick.overflow;
        ck_assert_msg (memcmp (a.values, result.values + (size_t) (o * row)
                * size, (size_t) row * size) == 0
            && a.pick.state == result.state[o] && a.pick.skew == result.skew[o]
            && a.pick.newest == result.newest[o], "%s, batch %d, tick %d",
            rc_dtype_name (dtype), b, i);
      }
    }
    ck_assert (result.duplicates == duplicates && result.overflow == overflow);
    rc_sampler_free (sampler);
  }
}

END_TEST
/* Any bits as values, in rows at odd addresses: no trap, no sanitizer report. */
START_TEST (adversarial_bits)
{
  test_seed ();
  for (int round = 0; round < 3000; round++) {
    const RcDType dtype = (RcDType) test_int (0, RC_N_DTYPES - 1);
    RcSampler *sampler = random_sampler (dtype);
    uint8_t values[S * D * 8 + 1], out[1 + T * D * MAX_SAMPLES * 8];
    int64_t times[S], ticks[T];
    RcSeries series = {.values = values + 1,.times = times,.batch = 1,
      .samples = test_int (0, S)
    };
    RcTicks grid = {.times = ticks,.count = T };
    RcResampled to = {.values = out + 1 };

    for (size_t i = 0; i < sizeof (values); i++)
      values[i] = test_int (0, 2) ? (uint8_t) test_bits () : 0xff;
    random_times (times, S, true);
    for (int i = 0; i < T; i++)
      ticks[i] = test_int (-10, 130);
    ck_assert_int_eq (rc_resample (sampler, &series, &grid, &to, NULL), RC_OK);
    rc_sampler_free (sampler);
  }
}

END_TEST
/* By hand: two batches with lengths 3 and 2, equal times, gathered rows. */
START_TEST (by_hand)
{
  const int16_t values[] = { 1, 2, 3, 99, 10, 20, 99, 99 };
  const int64_t times[] = { 0, 0, 10, 5, 0, 10, 3, 3 };
  const int64_t lengths[] = { 3, 2 }, tick[] = { 5, 10 };
  const RcSeries series = {.values = values,.times = times,.lengths = lengths,
    .batch = 2,.samples = 4
  };
  const RcTicks ticks = {.times = tick,.count = 2,.shared = true };
  int16_t out[8] = { 0 };
  uint8_t state[4];
  int32_t count[4];
  int64_t at[8];
  RcResampled to = {.values = out,.state = state,.gather_count = count,
    .gather_times = at
  };
  RcSamplerConfig c;
  RcSampler *sampler;

  rc_sampler_config_init (&c, RC_INT16, 1, RC_METHOD_LINEAR);
  sampler = rc_sampler_new (&c, NULL);
  ck_assert_int_eq (rc_resample (sampler, &series, &ticks, &to, NULL), RC_OK);
  /* the first of equal times counts: 1 to 3, and 10 to 20 */
  ck_assert (out[0] == 2 && out[1] == 3 && out[2] == 15 && out[3] == 20);
  ck_assert (state[0] == RC_STATE_INTERPOLATED && state[1]
      == RC_STATE_MEASURED);
  ck_assert (to.duplicates == 1 && to.overflow == 0 && count[0] == 0);
  rc_sampler_free (sampler);

  rc_sampler_config_init (&c, RC_INT16, 1, RC_METHOD_GATHER);
  c.window = 11;
  c.samples = 2;
  c.fill = -7;
  sampler = rc_sampler_new (&c, NULL);
  ck_assert_int_eq (rc_resample (sampler, &series, &ticks, &to, NULL), RC_OK);
  ck_assert (out[0] == 1 && out[1] == -7 && out[2] == 1 && out[3] == 3);
  ck_assert (count[0] == 1 && count[1] == 2 && at[0] == 0
      && at[1] == RC_TIME_NONE && at[2] == 0 && at[3] == 10);
  rc_sampler_free (sampler);
}

END_TEST
START_TEST (nothing_to_do)
{
  RcSamplerConfig c;
  RcSampler *sampler;
  RcSeries series = { 0 };
  RcTicks ticks = { 0 };
  RcResampled out = { 0 };
  const int64_t times[] = { 1, 2 };
  float value[4] = { 1, 1, 1, 1 };
  uint8_t state[2] = { 9, 9 };

  rc_sampler_config_init (&c, RC_FLOAT32, 2, RC_METHOD_PCHIP);
  c.fill = 5;
  sampler = rc_sampler_new (&c, NULL);
  ck_assert_int_eq (rc_resample (sampler, &series, &ticks, &out, NULL), RC_OK);
  series.batch = 1;
  ck_assert_int_eq (rc_resample (sampler, &series, &ticks, &out, NULL), RC_OK);
  /* no samples, and an absent stream: missing at every tick */
  ticks.times = times;
  ticks.count = 2;
  out.values = value;
  out.state = state;
  ck_assert_int_eq (rc_resample (sampler, &series, &ticks, &out, NULL), RC_OK);
  ck_assert (value[0] == 5 && value[3] == 5 && state[1] == 0);
  value[3] = 1;
  series.samples = 100;         /* of no values */
  ck_assert_int_eq (rc_resample (sampler, &series, &ticks, &out, NULL), RC_OK);
  ck_assert (value[3] == 5);
  rc_sampler_free (sampler);
}

END_TEST
/* Strided outputs leave what lies between alone. */
START_TEST (output_strides)
{
  const float values[] = { 1, 2, 3, 4 };
  const int64_t times[] = { 0, 10, 0, 10 }, tick[] = { 0, 5 };
  const RcSeries series = {.values = values,.times = times,.batch = 2,
    .samples = 2
  };
  const RcTicks ticks = {.times = tick,.count = 2,.shared = true };
  float out[12];
  uint8_t state[8];
  RcResampled to = {.values = out,.row_stride = 2,.batch_stride = 6,
    .state = state,.info_stride = 2
  };
  RcSamplerConfig c;
  RcSampler *sampler;

  for (int i = 0; i < 12; i++)
    out[i] = -1;
  memset (state, 9, sizeof (state));
  rc_sampler_config_init (&c, RC_FLOAT32, 1, RC_METHOD_LINEAR);
  sampler = rc_sampler_new (&c, NULL);
  ck_assert_int_eq (rc_resample (sampler, &series, &ticks, &to, NULL), RC_OK);
  ck_assert (out[0] == 1 && out[1] == -1 && out[2] == 1.5f && out[3] == -1);
  ck_assert (out[6] == 3 && out[7] == -1 && out[8] == 3.5f && out[9] == -1);
  ck_assert (state[0] == 1 && state[1] == 9 && state[2] == 2 && state[6] == 2);
  rc_sampler_free (sampler);
}

END_TEST
START_TEST (refused_calls)
{
  const float values[8] = { 0 };
  int64_t times[4] = { 0, 10, 20, 30 }, tick[2] = { 0, 5 }, lengths[2] = { 2,
    2
  };
  float out[64];
  const RcSeries good_series = {.values = values,.times = times,.batch = 2,
    .samples = 2
  };
  const RcTicks good_ticks = {.times = tick,.count = 2,.shared = true };
  const RcResampled good_out = {.values = out };
  RcSeries s;
  RcTicks t;
  RcResampled o;
  RcError error;
  RcSamplerConfig c;
  RcSampler *sampler;

  rc_sampler_config_init (&c, RC_FLOAT32, 2, RC_METHOD_LINEAR);
  sampler = rc_sampler_new (&c, NULL);
#define REFUSE(change, text, expected) do { \
    s = good_series; t = good_ticks; o = good_out; error.message[0] = 0; \
    change; \
    ck_assert_int_eq (rc_resample (sampler, &s, &t, &o, &error), expected); \
    ck_assert_msg (error.status == expected && strstr (error.message, text), \
        "\"%s\" does not say \"%s\"", error.message, text); \
  } while (0)
  ck_assert_int_eq (rc_resample (NULL, &good_series, &good_ticks, &o, NULL),
      RC_ERR_ARGUMENT);
  ck_assert_int_eq (rc_resample (sampler, NULL, &good_ticks, &o, &error),
      RC_ERR_ARGUMENT);
  ck_assert_str_eq (error.message, "series is NULL");
  REFUSE (s.batch = -1, "series.batch is -1", RC_ERR_ARGUMENT);
  REFUSE (s.samples = -2, "series.samples is -2", RC_ERR_ARGUMENT);
  REFUSE (s.row_stride = -1, "series.row_stride is -1", RC_ERR_ARGUMENT);
  REFUSE (s.row_stride = 1, "series.row_stride is 1", RC_ERR_SHAPE);
  REFUSE (s.batch_stride = -1, "series.batch_stride is -1", RC_ERR_ARGUMENT);
  REFUSE (s.times_stride = -1, "series.times_stride is -1", RC_ERR_ARGUMENT);
  REFUSE (s.times = NULL, "series.times is NULL", RC_ERR_ARGUMENT);
  REFUSE (s.samples = INT64_MAX / 2, "has no size", RC_ERR_OVERFLOW);
  REFUSE (s.batch_stride = INT64_MAX / 2, "has no size", RC_ERR_OVERFLOW);
  REFUSE (s.lengths = lengths;
      lengths[1] = 3, "series.lengths[1] is 3", RC_ERR_SHAPE);
  REFUSE (s.lengths = lengths;
      lengths[1] = -1, "series.lengths[1] is -1", RC_ERR_SHAPE);
  REFUSE (times[3] = 19, "series.times[1][1] is 19, before the 20",
      RC_ERR_UNSORTED);
  times[3] = 30;
  REFUSE (times[0] = RC_TIME_NONE, "series.times[0][0] is RC_TIME_NONE",
      RC_ERR_ARGUMENT);
  times[0] = 0;
  REFUSE (t.count = -1, "ticks.count is -1", RC_ERR_ARGUMENT);
  REFUSE (t.times = NULL, "ticks.times is NULL", RC_ERR_ARGUMENT);
  REFUSE (t.count = INT64_MAX / 4, "has no size", RC_ERR_OVERFLOW);
  REFUSE (tick[1] = RC_TIME_NONE, "ticks.times[0][1] is RC_TIME_NONE",
      RC_ERR_ARGUMENT);
  tick[1] = 5;
  REFUSE (o.values = NULL, "out.values is NULL", RC_ERR_ARGUMENT);
  REFUSE (o.row_stride = 1, "out.row_stride is 1", RC_ERR_SHAPE);
  REFUSE (o.row_stride = -1, "out.row_stride is -1", RC_ERR_ARGUMENT);
  REFUSE (o.batch_stride = 3, "out.batch_stride is 3", RC_ERR_SHAPE);
  REFUSE (o.batch_stride = -3, "out.batch_stride is -3", RC_ERR_ARGUMENT);
  REFUSE (o.info_stride = -3, "out.info_stride is -3", RC_ERR_ARGUMENT);
  error.status = RC_OK;
  REFUSE (error.status = RC_OK, "", RC_OK);
#undef REFUSE
  rc_sampler_free (sampler);
}

END_TEST
/* Three streams, one of them absent, against each alone. */
START_TEST (fuse_equals_streams)
{
  test_seed ();
  for (int round = 0; round < 400; round++) {
    const RcDType dtype = (RcDType) test_int (0, RC_N_DTYPES - 1);
    const size_t size = rc_dtype_size (dtype);
    static uint8_t values[3][B * S * D * 8];
    static uint8_t fused[3 * sizeof (((Result *) 0)->values)];
    static uint8_t apart[3][sizeof (((Result *) 0)->values)];
    static int64_t times[3][B * S], gathered[B * T * MAX_SAMPLES];
    static Result alone[3];
    int64_t ticks[T], first[4], skew[B * T * 3], newest[B * T * 3];
    int64_t duplicates[3], overflow[3];
    int32_t count[B * T * 3];
    uint8_t state[B * T * 3];
    void *const separate[] = { apart[0], apart[1], apart[2] };
    int64_t *const gather_times[] = { gathered, NULL, NULL };
    RcFuseStream streams[3];
    const RcTicks grid = {.times = ticks,.count = T,.shared = true };
    RcFused out = {.values = fused,.state = state,.skew = skew,
      .newest = newest,.gather_count = count,.gather_times = gather_times,
      .duplicates = duplicates,.overflow = overflow
    };
    RcError error;

    for (int i = 0; i < T; i++)
      ticks[i] = test_int (-10, 130);
    for (int n = 0; n < 3; n++) {
      RcSampler *sampler = random_sampler (dtype);

      random_values (dtype, values[n], B * S * D);
      for (int b = 0; b < B; b++)
        random_times (times[n] + b * S, S, true);
      streams[n].sampler = sampler;
      streams[n].series = (RcSeries) {
      .values = n == 1 ? NULL : values[n],.times = times[n],.batch =
            B,.samples = S};
      run (sampler, &streams[n].series, &grid, &alone[n]);
    }
    ck_assert_int_eq (rc_fuse_ranges (streams, 3, first, NULL), RC_OK);
    ck_assert_msg (rc_fuse (streams, 3, &grid, &out, &error) == RC_OK, "%s",
        error.message);
    out.values = NULL;
    out.separate = separate;
    ck_assert_msg (rc_fuse (streams, 3, &grid, &out, &error) == RC_OK, "%s",
        error.message);
    for (int n = 0; n < 3; n++) {
      const size_t row = (size_t) (first[n + 1] - first[n]) * size;

      ck_assert (first[n + 1] - first[n]
          == rc_sampler_row_elements (streams[n].sampler));
      ck_assert (duplicates[n] == alone[n].duplicates
          && overflow[n] == alone[n].overflow);
      for (int i = 0; i < B * T; i++) {
        ck_assert (memcmp (fused + (size_t) i * (size_t) first[3] * size
                + (size_t) first[n] * size, alone[n].values + (size_t) i * row,
                row) == 0);
        ck_assert (memcmp (apart[n] + (size_t) i * row,
                alone[n].values + (size_t) i * row, row) == 0);
        ck_assert (state[i * 3 + n] == alone[n].state[i]
            && skew[i * 3 + n] == alone[n].skew[i]
            && newest[i * 3 + n] == alone[n].newest[i]
            && count[i * 3 + n] == alone[n].gather_count[i]);
        if (n == 1)
          ck_assert (state[i * 3 + n] == RC_STATE_MISSING);
      }
      rc_sampler_free ((RcSampler *) streams[n].sampler);
    }
  }
}

END_TEST
START_TEST (refused_fusions)
{
  RcSamplerConfig c;
  RcSampler *f32, *i16;
  const int64_t times[] = { 10, 0 }, tick = 5;
  const float values[2] = { 0 };
  RcFuseStream good[2], s[2];
  const RcTicks ticks = {.times = &tick,.count = 1 };
  float value[4];
  void *const separate[] = { value, value + 2 };
  RcFused out;
  RcError error;
  int64_t first[3];

  rc_sampler_config_init (&c, RC_FLOAT32, 1, RC_METHOD_LINEAR);
  f32 = rc_sampler_new (&c, NULL);
  c.dtype = RC_INT16;
  i16 = rc_sampler_new (&c, NULL);
  memset (good, 0, sizeof (good));
  good[0].sampler = good[1].sampler = f32;
  good[0].series.batch = good[1].series.batch = 1;
#define REFUSE(change, text, expected) do { \
    memcpy (s, good, sizeof (s)); \
    memset (&out, 0, sizeof (out)); \
    out.values = value; \
    change; \
    ck_assert_int_eq (rc_fuse (s, 2, &ticks, &out, &error), expected); \
    ck_assert_msg (strstr (error.message, text) != NULL, \
        "\"%s\" does not say \"%s\"", error.message, text); \
  } while (0)
  REFUSE (s[1].sampler = NULL, "streams[1].sampler is NULL", RC_ERR_ARGUMENT);
  REFUSE (s[1].series.batch = 2, "streams[1] has a batch of 2", RC_ERR_SHAPE);
  REFUSE (s[1].sampler = i16, "streams[1] is int16 and streams[0] is float32",
      RC_ERR_DTYPE);
  REFUSE (out.values = NULL, "none of out.values", RC_ERR_ARGUMENT);
  REFUSE (out.separate = separate, "each of out.values", RC_ERR_ARGUMENT);
  REFUSE (out.row_stride = 1, "out.row_stride is 1", RC_ERR_SHAPE);
  REFUSE (s[1].series.values = values;
      s[1].series.times = times;
      s[1].series.samples = 2, "streams[1]: series.times[0][1] is 0, before",
      RC_ERR_UNSORTED);
#undef REFUSE
  ck_assert_int_eq (rc_fuse (good, 0, &ticks, &out, NULL), RC_ERR_ARGUMENT);
  ck_assert_int_eq (rc_fuse (NULL, 2, &ticks, &out, NULL), RC_ERR_ARGUMENT);
  ck_assert_int_eq (rc_fuse (good, 2, NULL, &out, NULL), RC_ERR_ARGUMENT);
  ck_assert_int_eq (rc_fuse_ranges (good, 2, NULL, NULL), RC_ERR_ARGUMENT);
  ck_assert_int_eq (rc_fuse_ranges (good, 2, first, NULL), RC_OK);
  ck_assert (first[0] == 0 && first[1] == 1 && first[2] == 2);
  rc_sampler_free (f32);
  rc_sampler_free (i16);
}

END_TEST int
main (void)
{
  Suite *suite = suite_create ("resample-batch");
  TCase *tests = tcase_create ("batch");

  tcase_add_test (tests, batch_equals_ticks);
  tcase_add_test (tests, adversarial_bits);
  tcase_add_test (tests, by_hand);
  tcase_add_test (tests, nothing_to_do);
  tcase_add_test (tests, output_strides);
  tcase_add_test (tests, refused_calls);
  tcase_add_test (tests, fuse_equals_streams);
  tcase_add_test (tests, refused_fusions);
  suite_add_tcase (suite, tests);
  return test_run (suite);
}
