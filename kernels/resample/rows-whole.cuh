/* SPDX-License-Identifier: Apache-2.0 */
/* The part of resample.cu that moves whole rows in vectors. */
#pragma once

/* Parts of rows that a thread has in flight, and blocks on a multiprocessor. Measured
 * on an H100 (docs/bench-cuda.md): 4 and 4, 3 and 5, 2 and 6, 8 and 3 are slower. */
#define FLIGHT 2
/* as many as there is room for: 2048 threads in the large chips, 1536 in others */
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ == 800 || __CUDA_ARCH__ == 900 || __CUDA_ARCH__ == 1000
#define BLOCKS 8
#elif __CUDA_ARCH__ == 750
#define BLOCKS 4
#else
#define BLOCKS 6
#endif

/* Where a tick's values come from. */
struct Source {
  const uint8_t *from, *to; /* to: NULL where `from` is copied; both: missing */
  double weight;
};

/* What the tick takes of rows low .. low + n - 1, whose times these are. */
template <typename Kind>
static __device__ Source source_of(const RcCudaCall &c, const Rows &rows, int64_t b,
                                   const Window &w, int64_t tick, int64_t *hint, RcPick *pick) {
  Source s = {nullptr, nullptr, 0};

  /* so that the other methods' code is left out */
  if (Kind::blends ? c.sampler.config.method != RC_METHOD_LINEAR
                   : c.sampler.config.method > RC_METHOD_NEXT)
    __builtin_unreachable();
  pick_tick(c, w, tick, hint, pick);
  if (pick->op != RC_OP_FILL) s.from = row_at(c, rows, b, w.low + pick->first);
  if (Kind::blends && pick->op == RC_OP_LINEAR) {
    s.to = row_at(c, rows, b, w.low + pick->first + 1);
    s.weight = rc_time_weight(tick, w.times[pick->first], w.times[pick->first + 1]);
  }
  return s;
}

/* One part of the tick's row, to `out`, in two steps so that several are in flight. */
struct Part {
  uint4 p, q;
};

template <typename Kind>
static __device__ Part read_part(const Source &s, unsigned place) {
  Part part;

  if (s.from) part.p = __ldg((const uint4 *)(s.from + place));
  if (Kind::blends && s.to) part.q = __ldg((const uint4 *)(s.to + place));
  return part;
}

template <typename Kind>
static __device__ void write_part(const RcCudaCall &c, const Source &s, const Part &part,
                                  uint8_t *out) {
  uint4 made = part.p;

  if (!s.from)
    made = make_uint4((uint32_t)c.fill, (uint32_t)(c.fill >> 32), (uint32_t)c.fill,
                      (uint32_t)(c.fill >> 32));
  else if (Kind::blends && s.to)
    made = Kind::make(part.p, part.q, s.weight);
  __stcs((uint4 *)out, made);
}

struct Copy {
  static const bool blends = false;
  static __device__ uint4 make(uint4 p, uint4 q, double w) { return p; }
};

static __device__ uint32_t lerp_bits(uint32_t p, uint32_t q, float w) {
  return __float_as_uint(rc_f32_canonical(rc_lerp_f32(__uint_as_float(p), __uint_as_float(q), w)));
}

struct LinearF32 {
  static const bool blends = true;
  static __device__ uint4 make(uint4 p, uint4 q, double w) {
    return make_uint4(lerp_bits(p.x, q.x, (float)w), lerp_bits(p.y, q.y, (float)w),
                      lerp_bits(p.z, q.z, (float)w), lerp_bits(p.w, q.w, (float)w));
  }
};

struct LinearF64 {
  static const bool blends = true;
  static __device__ uint2 one(uint32_t p0, uint32_t p1, uint32_t q0, uint32_t q1, double w) {
    const double x = rc_f64_canonical(
        rc_lerp_f64(__hiloint2double((int)p1, (int)p0), __hiloint2double((int)q1, (int)q0), w));

    return make_uint2((uint32_t)__double2loint(x), (uint32_t)__double2hiint(x));
  }
  static __device__ uint4 make(uint4 p, uint4 q, double w) {
    const uint2 a = one(p.x, p.y, q.x, q.y, w), b = one(p.z, p.w, q.z, q.w, w);

    return make_uint4(a.x, a.y, b.x, b.y);
  }
};

struct LinearF16 {
  static const bool blends = true;
  static __device__ uint32_t two(uint32_t p, uint32_t q, float w) {
    const uint32_t low =
        rc_f16_from_f32(rc_lerp_f32(rc_f16_to_f32((uint16_t)p), rc_f16_to_f32((uint16_t)q), w));
    const uint32_t high = rc_f16_from_f32(
        rc_lerp_f32(rc_f16_to_f32((uint16_t)(p >> 16)), rc_f16_to_f32((uint16_t)(q >> 16)), w));

    return low | high << 16;
  }
  static __device__ uint4 make(uint4 p, uint4 q, double w) {
    const float f = (float)w;

    return make_uint4(two(p.x, q.x, f), two(p.y, q.y, f), two(p.z, q.z, f), two(p.w, q.w, f));
  }
};

struct LinearBF16 {
  static const bool blends = true;
  static __device__ uint32_t two(uint32_t p, uint32_t q, float w) {
    const uint32_t low =
        rc_bf16_from_f32(rc_lerp_f32(__uint_as_float(p << 16), __uint_as_float(q << 16), w));
    const uint32_t high = rc_bf16_from_f32(
        rc_lerp_f32(__uint_as_float(p & 0xffff0000u), __uint_as_float(q & 0xffff0000u), w));

    return low | high << 16;
  }
  static __device__ uint4 make(uint4 p, uint4 q, double w) {
    const float f = (float)w;

    return make_uint4(two(p.x, q.x, f), two(p.y, q.y, f), two(p.z, q.z, f), two(p.w, q.w, f));
  }
};

/* Many ticks: a block finds the sources of a tile of them, then moves its rows. */
template <typename Kind>
static __device__ void rows_whole(const RcCudaCall &c, unsigned block) {
  __shared__ Source sources[RC_CUDA_TILE];
  const int64_t b = block / c.tiles;
  const int64_t first = (int64_t)(block % c.tiles) * c.tile;
  const unsigned m = (unsigned)(c.count - first < c.tile ? c.count - first : c.tile);
  const unsigned vectors = c.vectors;
  const unsigned rows_apart = RC_CUDA_THREADS / vectors, vectors_apart = RC_CUDA_THREADS % vectors;
  const int64_t stride = c.out_row_stride * (int64_t)c.sampler.size;
  uint8_t *out =
      c.out + (b * c.out_batch_stride + first * c.out_row_stride) * (int64_t)c.sampler.size;
  const Rows rows = rows_of(c, b);
  const int64_t *ticks = c.ticks + b * c.ticks_stride + first;
  /* asked for before anything has to be waited for */
  const int64_t tick = threadIdx.x < m ? ticks[threadIdx.x] : 0;
  const Window w = window_of(rows, ticks, m);
  unsigned i = threadIdx.x / vectors, v = threadIdx.x % vectors;

  if (threadIdx.x < m) {
    RcPick pick;

    sources[threadIdx.x] = source_of<Kind>(c, rows, b, w, tick, NULL, &pick);
    write_info(c, b * c.count + first + threadIdx.x, pick);
  }
  __syncthreads();
  while (i < m) {
    Part parts[FLIGHT];
    unsigned row[FLIGHT], place[FLIGHT];

#pragma unroll
    for (int k = 0; k < FLIGHT; k++) {
      row[k] = i;
      place[k] = v * RC_CUDA_VECTOR;
      if (i < m) parts[k] = read_part<Kind>(sources[i], place[k]);
      v += vectors_apart;
      i += rows_apart + (v >= vectors ? 1 : 0);
      v -= v >= vectors ? vectors : 0;
    }
#pragma unroll
    for (int k = 0; k < FLIGHT; k++)
      if (row[k] < m)
        write_part<Kind>(c, sources[row[k]], parts[k], out + row[k] * stride + place[k]);
  }
}

/* Few ticks of short series, where nothing but latency counts: a warp makes up to
 * `tile` ticks, without waiting for other warps. All of its lanes count the times up
 * to each tick; then so many lanes as a row has parts make a tick's row. */
template <typename Kind, int SAMPLES>
static __device__ void rows_few(const RcCudaCall &c, unsigned block) {
  const unsigned lane = threadIdx.x % 32;
  const int64_t warp = (int64_t)block * WARPS + threadIdx.x / 32;
  const int64_t b = warp / c.tiles;
  const int64_t first = warp % c.tiles * c.tile;
  const unsigned lanes = c.vectors < 32 ? c.vectors : 32; /* of a tick */
  const unsigned mine = lane / lanes, v = lane % lanes;

  if (b >= c.batch) return;
  const Rows rows = rows_of(c, b);
  const bool there = mine < c.tile && first + mine < c.count;
  const int64_t tick = there ? c.ticks[b * c.ticks_stride + first + mine] : 0;
  const Window w = {rows.times, 0, rows.n};
  int64_t until = 0, times[SAMPLES / 32];

  /* few enough to be read at once */
#pragma unroll
  for (int k = 0; k < SAMPLES / 32; k++) {
    const int64_t i = k * 32 + lane;

    times[k] = i < rows.n ? rows.times[i] : INT64_MAX;
  }
  for (unsigned i = 0; i < c.tile; i++) {
    const int64_t other = __shfl_sync(ALL, tick, i * lanes);
    int before = 0;

#pragma unroll
    for (int k = 0; k < SAMPLES / 32; k++) before += __popc(__ballot_sync(ALL, times[k] <= other));
    if (i == mine) until = min((int64_t)before, rows.n);
  }
  if (!there) return;
  uint8_t *out = c.out + (b * c.out_batch_stride + (first + mine) * c.out_row_stride) *
                             (int64_t)c.sampler.size;
  RcPick pick;
  const Source s = source_of<Kind>(c, rows, b, w, tick, &until, &pick);

  if (v == 0) write_info(c, b * c.count + first + mine, pick);
#pragma unroll 2
  for (unsigned k = v; k < c.vectors; k += lanes)
    write_part<Kind>(c, s, read_part<Kind>(s, k * RC_CUDA_VECTOR), out + k * RC_CUDA_VECTOR);
}

#define WHOLE(name, kind)                                                                 \
  extern "C" __global__ void __launch_bounds__(RC_CUDA_THREADS, BLOCKS)                   \
      rc_rows_##name(const __grid_constant__ RcCudaCall c) {                              \
    rows_whole<kind>(c, blockIdx.x);                                                      \
  }                                                                                       \
  extern "C" __global__ void __launch_bounds__(RC_CUDA_THREADS)                           \
      rc_rows_##name##_few(const __grid_constant__ RcCudaCall c) {                        \
    rows_few<kind, RC_CUDA_FEW_SAMPLES>(c, blockIdx.x);                                   \
  }                                                                                       \
  extern "C" __global__ void __launch_bounds__(RC_CUDA_THREADS, BLOCKS)                   \
      rc_fused_##name(const __grid_constant__ RcCudaFused f) {                            \
    const int i = call_of(f);                                                             \
    rows_whole<kind>(f.calls[i], blockIdx.x - f.first_block[i]);                          \
  }                                                                                       \
  extern "C" __global__ void __launch_bounds__(RC_CUDA_THREADS)                           \
      rc_fused_##name##_few(const __grid_constant__ RcCudaFused f) {                      \
    const int i = call_of(f);                                                             \
    rows_few<kind, RC_CUDA_FUSED_FEW_SAMPLES>(f.calls[i], blockIdx.x - f.first_block[i]); \
  }
WHOLE(copy, Copy)
WHOLE(linear_f32, LinearF32)
WHOLE(linear_f64, LinearF64)
WHOLE(linear_f16, LinearF16)
WHOLE(linear_bf16, LinearBF16)
