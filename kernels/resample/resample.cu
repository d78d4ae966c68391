/* SPDX-License-Identifier: Apache-2.0 */
/* Resampling on a device. Which rows a tick takes (pick.h) and the mathematics of a
 * sample (sample-math.h) are the CPU's own source. A block makes `tile` ticks of one
 * batch: it picks their rows, then its threads make the elements side by side. */
#include "../common/cuda-private.h"
#include "element-any.cuh"
#include "resample-cuda-private.h"

#define WARPS (RC_CUDA_THREADS / 32)
#define ALL 0xffffffffu
/* Times of a series that a block keeps at hand. */
#define WINDOW 1024
/* Below it all of them are read; above, a search says which. */
#define SHORT_SERIES 512
/* Blocks that a multiprocessor has room for: with one less, pchip takes 1.4 times as long. */
#define ANY_BLOCKS 3

/* ---- what a block works on ---- */

struct Rows {
  const int64_t *times; /* increasing */
  const int64_t *index; /* row i of them lies at index[i]; NULL: at i */
  int64_t n;
};

static __device__ int64_t length_of(const RcCudaCall &c, int64_t b) {
  if (!c.lengths) return c.samples;
  const int64_t n = c.lengths[b];
  return n < 0 ? 0 : n > c.samples ? c.samples : n;
}

static __device__ Rows rows_of(const RcCudaCall &c, int64_t b) {
  Rows rows;

  if (c.unique_times) {
    rows.times = c.unique_times + b * c.samples;
    rows.index = c.unique_index + b * c.samples;
    rows.n = c.unique_count[b];
  } else {
    rows.times = c.times + b * c.times_stride;
    rows.index = nullptr;
    rows.n = length_of(c, b);
  }
  return rows;
}

static __device__ const uint8_t *row_at(const RcCudaCall &c, const Rows &rows, int64_t b,
                                        int64_t i) {
  const int64_t at = rows.index ? rows.index[i] : i;

  return c.values + (b * c.batch_stride + at * c.row_stride) * c.sampler.size;
}

static __device__ void write_info(const RcCudaCall &c, int64_t at, const RcPick &pick) {
  const int64_t info = at * c.info_stride;

  if (c.state) c.state[info] = pick.state;
  if (c.skew) c.skew[info] = pick.skew;
  if (c.newest) c.newest[info] = pick.newest;
  if (c.gather_count) c.gather_count[info] = pick.op == RC_OP_GATHER ? (int32_t)pick.count : 0;
}

/* ---- once per batch: repeated times, order, signs ---- */

/* Sum of `flag` over the threads before this one; the total in *total. */
static __device__ int block_rank(bool flag, int *total) {
  __shared__ int sums[WARPS];
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const unsigned votes = __ballot_sync(ALL, flag);
  int before = __popc(votes & ((1u << lane) - 1));

  __syncthreads(); /* sums of the last call have been read */
  if (lane == 0) sums[warp] = __popc(votes);
  __syncthreads();
  *total = 0;
  for (int w = 0; w < WARPS; w++) {
    before += w < warp ? sums[w] : 0;
    *total += sums[w];
  }
  return before;
}

extern "C" __global__ void __launch_bounds__(RC_CUDA_THREADS)
    rc_prepare(const __grid_constant__ RcCudaCall c) {
  const int64_t b = blockIdx.x;
  const int64_t n = c.samples > 0 ? length_of(c, b) : 0;
  const int64_t *times = c.times + b * c.times_stride;
  const int64_t *ticks = c.ticks + b * c.ticks_stride;
  int64_t left = 0;
  bool bad = false;

  for (int64_t start = 0; start < n; start += RC_CUDA_THREADS) {
    const int64_t i = start + threadIdx.x;
    const bool there = i < n;
    const int64_t time = there ? times[i] : 0;
    const int64_t before = there && i > 0 ? times[i - 1] : RC_TIME_NONE;
    const bool keep = there && (i == 0 || time != before);
    int total;
    const int64_t at = left + block_rank(keep, &total);

    bad |= there && (i == 0 ? time == RC_TIME_NONE : time < before);
    if (keep) {
      c.unique_times[b * c.samples + at] = time;
      c.unique_index[b * c.samples + at] = i;
    }
    left += total;
  }
  bad = __syncthreads_or(bad);
  if (threadIdx.x == 0) {
    c.unique_count[b] = bad ? 0 : left;
    if (bad)
      atomicAdd((unsigned long long *)&c.report->bad_series, 1ull);
    else if (left < n)
      atomicAdd((unsigned long long *)&c.report->duplicates, (unsigned long long)(n - left));
  }
  if (b > 0 && c.ticks_stride == 0) return;
  for (int64_t start = 0; start < c.count; start += RC_CUDA_THREADS) {
    const int64_t i = start + threadIdx.x;
    const int none = __syncthreads_count(i < c.count && ticks[i] == RC_TIME_NONE);

    if (none > 0 && threadIdx.x == 0)
      atomicAdd((unsigned long long *)&c.report->bad_ticks, (unsigned long long)none);
  }
}

/* rc_sampler_signs () for all rows: whether a row's quaternion is to be negated is
 * the parity of the turns beyond 90 degrees up to it. */
extern "C" __global__ void __launch_bounds__(RC_CUDA_THREADS)
    rc_signs(const __grid_constant__ RcCudaCall c) {
  const int64_t b = blockIdx.x;
  const Rows rows = rows_of(c, b);
  const RcDType dtype = c.sampler.config.dtype;
  const int32_t groups = c.sampler.n_quaternions;

  for (int32_t g = 0; g < groups; g++) {
    const int64_t place = c.sampler.quaternions[g] * (int64_t)c.sampler.size;
    int turns = 0;

    for (int64_t start = 0; start < rows.n; start += RC_CUDA_THREADS) {
      const int64_t i = start + threadIdx.x;
      bool turn = false;
      int total;

      if (i > 0 && i < rows.n) {
        const uint8_t *from = row_at(c, rows, b, i - 1) + place;
        const uint8_t *to = row_at(c, rows, b, i) + place;
        double p[4], q[4];

        for (int k = 0; k < 4; k++) {
          p[k] = get(dtype, from + k * c.sampler.size);
          q[k] = get(dtype, to + k * c.sampler.size);
        }
        turn = rc_quat_dot(p, q) < 0;
      }
      const int before = turns + block_rank(turn, &total);

      if (i < rows.n)
        c.signs[(b * c.samples + i) * groups + g] = (uint8_t)((before + (turn ? 1 : 0)) & 1);
      turns += total;
    }
  }
}

/* ---- the times that a block needs ---- */

/* How many of the times are at or before `t`, by all lanes of a warp. */
static __device__ int64_t warp_count_until(const int64_t *times, int64_t n, int64_t t) {
  const int lane = threadIdx.x % 32;
  int64_t low = 0, high = n;

  while (high - low > 32) {
    const int64_t step = (high - low + 32) / 33;
    const int64_t at = low + (lane + 1) * step - 1;
    const int before = __popc(__ballot_sync(ALL, at < high && times[at] <= t));
    const int64_t end = low + (before + 1) * step - 1;

    low += before * step;
    /* after the last of 32 there is nothing that would say where it ends */
    high = before < 32 && end < high ? end : high;
  }
  return low + __popc(__ballot_sync(ALL, low + lane < high && times[low + lane] <= t));
}

/* Rows low .. low + n - 1. A row is the first or the last of them only where it is
 * that of the series, or lies more than one row before or after what is needed. */
struct Window {
  const int64_t *times;
  int64_t low, n;
};

/* Those around the ticks, and one more on each side: read side by side and kept
 * where they are searched fast. For methods that take rows next to the tick. */
static __device__ Window window_of(const Rows &rows, const int64_t *ticks, int m) {
  __shared__ int64_t kept[WINDOW], ends[2];
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  Window w = {rows.times, 0, rows.n};

  if (rows.n > SHORT_SERIES) {
    if (warp < 2) {
      int64_t edge = warp == 0 ? INT64_MAX : INT64_MIN;

      for (int i = lane; i < m; i += 32)
        edge = warp == 0 ? min(edge, ticks[i]) : max(edge, ticks[i]);
      for (int k = 16; k > 0; k /= 2) {
        const int64_t other = __shfl_xor_sync(ALL, edge, k);

        edge = warp == 0 ? min(edge, other) : max(edge, other);
      }
      edge = warp_count_until(rows.times, rows.n, edge);
      if (lane == 0) ends[warp] = edge;
    }
    __syncthreads();
    w.low = max(ends[0] - 2, (int64_t)0);
    /* not negative where the times do not increase either */
    w.n = max(min(ends[1] + 2, rows.n) - w.low, (int64_t)0);
  }
  w.times = rows.times + w.low;
  if (w.n <= WINDOW) {
    for (int i = threadIdx.x; i < w.n; i += RC_CUDA_THREADS) kept[i] = w.times[i];
    __syncthreads();
    w.times = kept;
  }
  return w;
}

/* rc_pick () among the window's rows. No tick, which the CPU refuses, is missing. */
static __device__ __forceinline__ void pick_tick(const RcCudaCall &c, const Window &w, int64_t tick,
                                                 int64_t *hint, RcPick *pick) {
  rc_pick_rows(&c.sampler, w.times, tick == RC_TIME_NONE ? 0 : w.n, tick, hint, pick);
}

/* The stream that this block works for, of those that share a launch. */
static __device__ int call_of(const RcCudaFused &f) {
  int i = 0;

  while (i + 1 < f.n && f.first_block[i + 1] <= blockIdx.x) i++;
  return i;
}

/* ---- any element ---- */

/* Rows of a series. */
struct SeriesRows {
  const RcCudaCall &c;
  const Rows &rows;
  int64_t batch;
  const RcPick &pick;

  __device__ const int64_t *times() const { return rows.times + pick.first; }
  __device__ const uint8_t *row(int64_t i) const { return row_at(c, rows, batch, pick.first + i); }
  __device__ bool negated(int64_t i, const RcSegment &segment) const {
    const int64_t at = batch * c.samples + pick.first + i;

    return c.signs && c.signs[at * segment.n_groups + segment.group];
  }
};

template <typename Real>
static __device__ void rows_any(const RcCudaCall &c, unsigned block) {
  __shared__ RcPick picks[RC_CUDA_TILE];
  __shared__ Blend blends[RC_CUDA_TILE];
  const int64_t b = block / c.tiles;
  const int64_t first = (int64_t)(block % c.tiles) * c.tile;
  const int m = (int)(c.count - first < c.tile ? c.count - first : c.tile);
  const Rows rows = rows_of(c, b);
  const int64_t samples = c.sampler.config.samples;
  const uint32_t row = (uint32_t)(c.sampler.config.channels *
                                  (c.sampler.config.method == RC_METHOD_GATHER ? samples : 1));

  const int64_t *ticks = c.ticks + b * c.ticks_stride + first;
  const int64_t tick = threadIdx.x < m ? ticks[threadIdx.x] : 0;
  Window w = {rows.times, 0, rows.n};

  /* mean and gather take any number of rows */
  if (c.sampler.config.method <= RC_METHOD_HERMITE) w = window_of(rows, ticks, m);
  if (threadIdx.x < m) {
    RcPick pick;

    pick_tick(c, w, tick, NULL, &pick);
    write_info(c, b * c.count + first + threadIdx.x, pick);
    const int64_t *at = w.times + pick.first + pick.left;

    pick.first += w.low;
    if (pick.op >= RC_OP_LINEAR && pick.op <= RC_OP_HERMITE)
      blends[threadIdx.x] = blend_of(pick, at, SeriesRows{c, rows, b, pick});
    if (c.report && pick.overflow > 0)
      atomicAdd((unsigned long long *)&c.report->overflow, (unsigned long long)pick.overflow);
    picks[threadIdx.x] = pick;
  }
  __syncthreads();
  for (uint32_t e = threadIdx.x; e < m * row; e += RC_CUDA_THREADS) {
    const uint32_t i = e / row;
    const Tick<SeriesRows> t = {c.sampler, c.segment_of, c.fill,
                                picks[i],  blends[i],    {c, rows, b, picks[i]}};
    const int64_t at = b * c.out_batch_stride + (first + i) * c.out_row_stride;

    make_element<Real>(t, e % row, c.out + (at + e % row) * c.sampler.size);
  }
  if (c.gather_times && c.sampler.config.method == RC_METHOD_GATHER) {
    for (int64_t e = threadIdx.x; e < m * samples; e += RC_CUDA_THREADS) {
      const RcPick &pick = picks[e / samples];
      const int64_t j = e % samples;

      c.gather_times[(b * c.count + first) * samples + e] =
          j < pick.count ? rows.times[pick.first + j] : RC_TIME_NONE;
    }
  }
}

#define ANY(name, Real)                                                     \
  extern "C" __global__ void __launch_bounds__(RC_CUDA_THREADS, ANY_BLOCKS) \
      rc_rows_##name(const __grid_constant__ RcCudaCall c) {                \
    rows_any<Real>(c, blockIdx.x);                                          \
  }                                                                         \
  extern "C" __global__ void __launch_bounds__(RC_CUDA_THREADS, ANY_BLOCKS) \
      rc_fused_##name(const __grid_constant__ RcCudaFused f) {              \
    const int i = call_of(f);                                               \
    rows_any<Real>(f.calls[i], blockIdx.x - f.first_block[i]);              \
  }
ANY(any_f32, float)
ANY(any_f64, double)

#include "rows-apply.cuh"
#include "rows-whole.cuh"
