/* SPDX-License-Identifier: Apache-2.0 */
/* One element of one tick, for every method, type and mark; the mathematics of a
 * sample is sample-math.h. */
#pragma once

#include "element.h"
#include "pick.h"
#include "sample-math.h"

/* Called, not inlined: each is a switch over twelve types. */
static __device__ __noinline__ double get(RcDType dtype, const uint8_t *in) {
  return rc_load_f64(dtype, in);
}

static __device__ __noinline__ void put(RcDType dtype, double value, uint8_t *out) {
  rc_store_f64(dtype, value, out);
}

template <typename Real>
struct Math;

template <>
struct Math<float> {
  static __device__ float load(RcDType dtype, const uint8_t *in) {
    if (dtype == RC_FLOAT32) return *(const float *)in;
    const uint16_t half = *(const uint16_t *)in;
    return dtype == RC_FLOAT16 ? rc_f16_to_f32(half) : rc_bf16_to_f32(half);
  }
  static __device__ void store(RcDType dtype, float value, uint8_t *out) {
    if (dtype == RC_FLOAT32)
      *(float *)out = rc_f32_canonical(value);
    else
      *(uint16_t *)out = dtype == RC_FLOAT16 ? rc_f16_from_f32(value) : rc_bf16_from_f32(value);
  }
  static __device__ float lerp(float p, float q, float w) { return rc_lerp_f32(p, q, w); }
  static __device__ float cubic(float p, float delta, float m0, float m1, float w) {
    return rc_cubic_f32(p, delta, m0, m1, w);
  }
  static __device__ float pchip(float p, float delta, float w, float before, float d_before,
                                float after, float d_after) {
    return rc_pchip_f32(p, delta, w, before, d_before, after, d_after);
  }
};

template <>
struct Math<double> {
  static __device__ double load(RcDType dtype, const uint8_t *in) { return get(dtype, in); }
  static __device__ void store(RcDType dtype, double value, uint8_t *out) {
    put(dtype, value, out);
  }
  static __device__ double lerp(double p, double q, double w) { return rc_lerp_f64(p, q, w); }
  static __device__ double cubic(double p, double delta, double m0, double m1, double w) {
    return rc_cubic_f64(p, delta, m0, m1, w);
  }
  static __device__ double pchip(double p, double delta, double w, double before, double d_before,
                                 double after, double d_after) {
    return rc_pchip_f64(p, delta, w, before, d_before, after, d_after);
  }
};

static __device__ void copy_element(size_t size, const uint8_t *in, uint8_t *out) {
  switch (size) {
    case 1:
      *out = *in;
      break;
    case 2:
      *(uint16_t *)out = *(const uint16_t *)in;
      break;
    case 4:
      *(uint32_t *)out = *(const uint32_t *)in;
      break;
    default:
      *(uint64_t *)out = *(const uint64_t *)in;
  }
}

/* What all elements of a tick that blends have in common. */
struct Blend {
  const uint8_t *b, *p, *q, *a; /* rows; b and a: NULL where pchip has none */
  double wide, span;            /* the weight of q; from p to q, in ns */
  double before, after;         /* from b to p and from q to a, in spans */
};

/* A tick and its rows, for the threads that make its elements. Source says where the
 * pick's rows are: row(i), times(), and negated(i, segment) from the signs. */
template <typename Source>
struct Tick {
  const RcSampler &s;
  const int32_t *segment_of; /* [D] */
  const uint64_t &fill;      /* the missing value, as often as it fits */
  const RcPick &pick;
  const Blend &blend;
  const Source source;

  __device__ const int64_t *times() const { return source.times(); }
  __device__ const uint8_t *row(int64_t i) const { return source.row(i); }
  __device__ double sign(int64_t i, const RcSegment &segment) const {
    return source.negated(i, segment) ? -1 : 1;
  }
  __device__ double wide(const uint8_t *row, int64_t k) const {
    return get(s.config.dtype, row + k * s.size);
  }
};

template <typename T>
static __device__ void store_wrapped(const T &t, const RcSegment &segment, double value,
                                     uint8_t *out) {
  const RcDType dtype = t.s.config.dtype;
  double back;

  put(dtype, rc_wrap_into(value, segment.lower, segment.period), out);
  back = get(dtype, out);
  if (back < segment.lower || back >= segment.lower + segment.period)
    put(dtype, segment.lowest, out);
}

/* Not with the tick, which would have to lie in memory for it. */
static __device__ __noinline__ void load_quaternion(RcDType dtype, size_t size, const uint8_t *in,
                                                    double sign, double *q) {
  for (int k = 0; k < 4; k++) q[k] = sign * get(dtype, in + k * size);
  rc_quat_normalise(q);
}

template <typename T>
static __device__ void take_quaternion(const T &t, const RcSegment &segment, int64_t i, double *q) {
  load_quaternion(t.s.config.dtype, t.s.size, t.row(i) + segment.first * t.s.size,
                  t.sign(i, segment), q);
}

template <typename T>
static __device__ void store_quaternion(const T &t, const double *q, uint8_t *out) {
  for (int k = 0; k < 4; k++) put(t.s.config.dtype, q[k], out + k * t.s.size);
}

static __device__ __noinline__ void slerp(const double *a, const double *b, double w, double *out) {
  rc_quat_slerp(a, b, w, out);
}

/* linear, pchip and hermite; `out` is channel k's place. */
template <typename Real, typename T>
static __device__ void make_between(const T &t, const RcSegment &segment, int64_t k, uint8_t *out) {
  const RcDType dtype = t.s.config.dtype;
  const size_t size = t.s.size;
  const Blend &blend = t.blend;
  const uint8_t *b = blend.b, *p = blend.p, *q = blend.q, *a = blend.a;
  const double wide = blend.wide, span = blend.span;
  const Real w = (Real)wide;

  if (segment.kind == RC_SEGMENT_HOLD) {
    copy_element(size, p + k * size, out);
    return;
  }
  if (segment.kind == RC_SEGMENT_QUATERNION) {
    double from[4], to[4], between[4];

    take_quaternion(t, segment, t.pick.left, from);
    take_quaternion(t, segment, t.pick.left + 1, to);
    slerp(from, to, wide, between);
    store_quaternion(t, between, out);
    return;
  }
  if (segment.kind == RC_SEGMENT_WRAP) {
    const double y = t.wide(p, k), z = t.wide(q, k);
    const double d = rc_wrap_difference(z - y, segment.period);
    double value = fma(wide, d, y);

    if (segment.velocity >= 0)
      value = rc_cubic_f64(y, d, span / 1e9 * t.wide(p, segment.velocity),
                           span / 1e9 * t.wide(q, segment.velocity), wide);
    else if (b || a)
      value = rc_pchip_f64(
          y, d, wide, blend.before, b ? rc_wrap_difference(y - t.wide(b, k), segment.period) : 0,
          blend.after, a ? rc_wrap_difference(t.wide(a, k) - z, segment.period) : 0);
    store_wrapped(t, segment, value, out);
    return;
  }
  const Real y = Math<Real>::load(dtype, p + k * size);
  const Real z = Math<Real>::load(dtype, q + k * size);

  if (segment.velocity >= 0) {
    const Real seconds = t.pick.op == RC_OP_HERMITE ? (Real)(span / 1e9) : 0;
    const Real m0 = Math<Real>::load(dtype, p + segment.velocity * size);
    const Real m1 = Math<Real>::load(dtype, q + segment.velocity * size);

    Math<Real>::store(dtype, Math<Real>::cubic(y, z - y, seconds * m0, seconds * m1, w), out);
  } else if (b || a) {
    const Real d_before = b ? y - Math<Real>::load(dtype, b + k * size) : 0;
    const Real d_after = a ? Math<Real>::load(dtype, a + k * size) - z : 0;

    Math<Real>::store(
        dtype,
        Math<Real>::pchip(y, z - y, w, (Real)blend.before, d_before, (Real)blend.after, d_after),
        out);
  } else {
    Math<Real>::store(dtype, Math<Real>::lerp(y, z, w), out);
  }
}

template <typename T>
static __device__ void mean_quaternion(const T &t, const RcTick &window, const RcSegment &segment,
                                       uint8_t *out) {
  double sum[4], x[4], y[4], from[4], to[4];

  take_quaternion(t, segment, 0, x);
  for (int k = 0; k < 4; k++) sum[k] = window.head * x[k];
  for (int64_t i = 0; i + 1 < t.pick.count; i++) {
    const RcMeanPart part = rc_mean_part(&window, t.times(), i);

    take_quaternion(t, segment, i + 1, y);
    memcpy(from, x, sizeof(from));
    memcpy(to, y, sizeof(to));
    if (part.from > 0) slerp(x, y, part.from, from);
    if (part.to < 1) slerp(x, y, part.to, to);
    for (int k = 0; k < 4; k++) sum[k] = fma(part.share, 0.5 * from[k] + 0.5 * to[k], sum[k]);
    memcpy(x, y, sizeof(x));
  }
  for (int k = 0; k < 4; k++) sum[k] = fma(window.tail, x[k], sum[k]);
  rc_quat_normalise(sum);
  store_quaternion(t, sum, out);
}

template <typename T>
static __device__ void make_mean(const T &t, const RcSegment &segment, int64_t k, uint8_t *out) {
  const RcDType dtype = t.s.config.dtype;
  const bool wraps = segment.kind == RC_SEGMENT_WRAP;
  const double origin = t.wide(t.row(0), k);
  double sum = 0, here = 0, last = origin;
  RcTick window = {t.pick.first};

  if (segment.kind == RC_SEGMENT_HOLD) {
    copy_element(t.s.size, t.row(t.pick.left) + k * t.s.size, out);
    return;
  }
  rc_tick_window(&t.s, &t.pick, t.times(), &window);
  if (segment.kind == RC_SEGMENT_QUATERNION) {
    mean_quaternion(t, window, segment, out);
    return;
  }
  for (int64_t i = 0; i + 1 < t.pick.count; i++) {
    const RcMeanPart part = rc_mean_part(&window, t.times(), i);
    const double x = here, next = t.wide(t.row(i + 1), k);
    const double y = wraps ? x + rc_wrap_difference(next - last, segment.period) : next - origin;
    const double from = part.from > 0 ? rc_lerp_f64(x, y, part.from) : x;
    const double to = part.to < 1 ? rc_lerp_f64(x, y, part.to) : y;

    sum = fma(part.share, 0.5 * from + 0.5 * to, sum);
    here = y;
    last = next;
  }
  sum = origin + fma(window.tail, here, sum);
  if (wraps)
    store_wrapped(t, segment, sum, out);
  else
    put(dtype, sum, out);
}

template <typename Real, typename T>
static __device__ void make_element(const T &t, int64_t e, uint8_t *out) {
  const RcSampler &s = t.s;
  const int64_t d = s.config.channels;

  if (t.pick.op == RC_OP_GATHER) {
    const int64_t i = e / d;

    copy_element(s.size, i < t.pick.count ? t.row(i) + e % d * s.size : (const uint8_t *)&t.fill,
                 out);
    return;
  }
  if (t.pick.op == RC_OP_FILL) {
    copy_element(s.size, (const uint8_t *)&t.fill, out);
    return;
  }
  const RcSegment &segment = s.segments[t.segment_of[e]];

  if (segment.kind == RC_SEGMENT_QUATERNION && s.blends) {
    if (e != segment.first) return; /* its first channel's thread makes all four */
    if (t.pick.op == RC_OP_COPY) {
      double q[4];

      take_quaternion(t, segment, 0, q);
      store_quaternion(t, q, out);
      return;
    }
  }
  if (t.pick.op == RC_OP_COPY)
    copy_element(s.size, t.row(0) + e * s.size, out);
  else if (t.pick.op == RC_OP_MEAN)
    make_mean(t, segment, e, out);
  else
    make_between<Real>(t, segment, e, out);
}

/* Of a pick between rows; `at` is the time of row pick.left. */
template <typename Source>
static __device__ Blend blend_of(const RcPick &pick, const int64_t *at, const Source &rows) {
  Blend blend;

  blend.p = rows.row(pick.left);
  blend.q = rows.row(pick.left + 1);
  blend.wide = rc_time_weight(pick.tick, at[0], at[1]);
  blend.span = (double)rc_time_distance(at[1], at[0]);
  blend.b = blend.a = nullptr;
  blend.before = blend.after = 0;
  if (pick.op == RC_OP_PCHIP && pick.left > 0) {
    blend.b = rows.row(pick.left - 1);
    blend.before = (double)rc_time_distance(at[0], at[-1]) / blend.span;
  }
  if (pick.op == RC_OP_PCHIP && pick.left + 2 < pick.count) {
    blend.a = rows.row(pick.left + 2);
    blend.after = (double)rc_time_distance(at[2], at[1]) / blend.span;
  }
  return blend;
}
