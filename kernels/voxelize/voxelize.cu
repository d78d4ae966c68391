/* SPDX-License-Identifier: Apache-2.0 */
/* Dense grids on a device. The cell of a point and the mathematics of a value
 * (voxel-math.h) are the CPU's own source.
 *
 * Points set bits in a grid of one bit per cell, which stays in the second-level cache
 * where the output would not; then the output is written in order, once. For mean,
 * min and max the bits say, with the number of those before, where in an array of
 * the occupied cells only a point has to be added. All of it is in integers: the
 * order of the threads does not show. */
#include "../common/cuda-private.h"
#include "voxelize-cuda-private.h"

#define ALL 0xffffffffu
#define WARPS (RC_CUDA_THREADS / 32)

typedef RcCudaVoxelCall Call;

/* ---- points ---- */

template <typename T>
static __device__ double load_as(const uint8_t *at) {
  T value;

  memcpy(&value, at, sizeof(value)); /* at any address */
  return (double)value;
}

static __device__ double load_any(const uint8_t *at, int32_t dtype) {
  switch (dtype) {
    case RC_INT8:
      return load_as<int8_t>(at);
    case RC_UINT8:
      return load_as<uint8_t>(at);
    case RC_INT16:
      return load_as<int16_t>(at);
    case RC_UINT16:
      return load_as<uint16_t>(at);
    case RC_INT32:
      return load_as<int32_t>(at);
    case RC_UINT32:
      return load_as<uint32_t>(at);
    case RC_INT64:
      return load_as<int64_t>(at);
    case RC_UINT64:
      return load_as<uint64_t>(at);
    case RC_FLOAT32:
      return load_as<float>(at);
    default:
      return load_as<double>(at);
  }
}

/* Every field is a float32 at a multiple of 4 bytes, or any. */
template <bool F32>
static __device__ double load_value(const uint8_t *at, int32_t dtype) {
  return F32 ? (double)__ldg((const float *)at) : load_any(at, dtype);
}

struct Found {
  int64_t key; /* linear index; -1: not inside */
  bool finite;
};

template <bool F32>
static __device__ Found find_cell(const Call &c, int64_t i) {
  const uint8_t *at = c.points + i * c.step;
  Found found = {0, true};
  bool inside = true;

#pragma unroll
  for (int a = 0; a < 3; a++) {
    const double x = load_value<F32>(at + c.offset[a], c.dtype[a]);
    int32_t index = 0, doubt = 1;
    bool in = false;

    if (c.guessed[a]) in = rc_voxel_axis_guess(x, &c.guess[a], &index, &doubt) & (x < c.max[a]);
    if (doubt) in = rc_voxel_axis(x, c.guess[a].min, c.guess[a].size, c.max[a], c.dims[a], &index);
    inside &= in;
    found.finite &= rc_voxel_is_finite(x);
    found.key += index * c.stride[a];
  }
  if (!inside) found.key = -1;
  return found;
}

/* Whether this lane's point begins a run of one key in the warp's points; *count: how
 * many points the run has. All lanes call it. */
static __device__ bool starts_run(int64_t key, int *count) {
  const unsigned lane = threadIdx.x % 32;
  const int64_t before = __shfl_up_sync(ALL, key, 1);
  const unsigned starts = __ballot_sync(ALL, lane == 0 || key != before);
  const unsigned after = lane < 31 ? starts >> (lane + 1) : 0;

  *count = after ? __ffs(after) : 32 - (int)lane;
  return starts >> lane & 1 && key >= 0;
}

/* Adds what the block's threads have counted, each `n` numbers, to these places. All
 * threads of a block call it, once. */
template <int n>
static __device__ void add_up(int64_t *const (&to)[n], const int64_t (&mine)[n]) {
  __shared__ unsigned long long sum[n];

  if (threadIdx.x < n) sum[threadIdx.x] = 0;
  __syncthreads();
#pragma unroll
  for (int k = 0; k < n; k++) {
    /* a thread has fewer points than 2^31 */
    int64_t warp = mine[k];

    for (int d = 16; d > 0; d /= 2) warp += __shfl_down_sync(ALL, warp, d);
    if (threadIdx.x % 32 == 0 && warp != 0) atomicAdd(&sum[k], (unsigned long long)warp);
  }
  __syncthreads();
#pragma unroll
  for (int k = 0; k < n; k++)
    if (threadIdx.x == k && to[k] && sum[k] != 0) atomicAdd((unsigned long long *)to[k], sum[k]);
}

/* The largest magnitude of every channel among the warp's points. */
template <bool F32>
static __device__ void find_max(const Call &c, int64_t i, bool inside) {
  for (int64_t k = 0; k < c.channels; k++) {
    uint32_t high = 0, bad = 0;

    if (inside) {
      high = rc_voxel_high(
          load_value<F32>(c.points + i * c.step + c.channel[k].offset, c.channel[k].dtype));
      bad = high >= RC_VOXEL_INF_HIGH;
      if (bad) high = 0;
    }
    for (int d = 16; d > 0; d /= 2) {
      const uint32_t other = __shfl_xor_sync(ALL, high, d);

      high = high > other ? high : other;
    }
    bad = __any_sync(ALL, bad);
    /* mostly in vain, so a look is cheaper than an attempt: what is seen may be old,
     * that is, smaller */
    if (threadIdx.x % 32 == 0) {
      if (high > *(volatile uint32_t *)&c.scales[k].max) atomicMax(&c.scales[k].max, high);
      if (bad && !*(volatile uint32_t *)&c.scales[k].not_finite) c.scales[k].not_finite = 1;
    }
  }
}

enum Pass { SET, SET_AND_MAX, COUNT };

template <bool F32, int pass>
static __device__ void over_points(const Call &c) {
  const int64_t all = (int64_t)gridDim.x * RC_CUDA_THREADS;
  int64_t points = 0, inside = 0, bad = 0, voxels = 0;

  for (int64_t base = (int64_t)blockIdx.x * RC_CUDA_THREADS; base < c.n_points; base += all) {
    const int64_t i = base + threadIdx.x;
    Found found = {-1, true};
    int count;

    if (i < c.n_points) {
      found = find_cell<F32>(c, i);
      points++;
      inside += found.key >= 0;
      bad += !found.finite;
    }
    if (starts_run(found.key, &count)) {
      if (pass == COUNT) {
        uint32_t *at = (uint32_t *)c.out + found.key;

        if (c.stats)
          voxels += atomicAdd(at, (uint32_t)count) == 0;
        else
          atomicAdd(at, (uint32_t)count);
      } else {
        atomicOr(&c.bits[found.key >> 5], 1u << (found.key & 31));
      }
    }
    if (pass == SET_AND_MAX) find_max<F32>(c, i, found.key >= 0);
  }
  if (!c.stats && pass != SET_AND_MAX) return;
  RcVoxelStats *const stats = c.stats;
  int64_t *const to[] = {pass == SET_AND_MAX ? (int64_t *)c.inside : nullptr,
                         stats ? &stats->points : nullptr,
                         stats ? &stats->inside : nullptr,
                         stats ? &stats->outside : nullptr,
                         stats ? &stats->non_finite : nullptr,
                         stats ? &stats->voxels : nullptr};
  const int64_t mine[] = {inside, points, inside, points - inside - bad, bad, voxels};
  add_up(to, mine);
}

#define OVER_POINTS(name, f32, pass)                            \
  extern "C" __global__ void __launch_bounds__(RC_CUDA_THREADS) \
      name(const __grid_constant__ Call c) {                    \
    over_points<f32, pass>(c);                                  \
  }
OVER_POINTS(rc_voxel_set, false, SET)
OVER_POINTS(rc_voxel_set_f32, true, SET)
OVER_POINTS(rc_voxel_set_max, false, SET_AND_MAX)
OVER_POINTS(rc_voxel_set_max_f32, true, SET_AND_MAX)
OVER_POINTS(rc_voxel_count, false, COUNT)
OVER_POINTS(rc_voxel_count_f32, true, COUNT)

/* ---- occupancy and counts ---- */

/* 4 bits as 4 bytes. */
static __device__ uint32_t spread(uint32_t bits) { return bits * 0x00204081u & 0x01010101u; }

/* The cells' bits become their values, 16 bytes per thread, and 0 for the next call. */
template <int cells_each>
static __device__ void expand(const Call &c, uint32_t one) {
  const int per_word = cells_each < 32 ? 32 / cells_each : 1; /* threads */
  const int64_t all = (int64_t)gridDim.x * RC_CUDA_THREADS;
  const int64_t n = c.words * 32 / cells_each;
  const bool whole = (uintptr_t)c.out % 16 == 0;
  int64_t voxels = 0;

  /* c.words is a multiple of a tile, so that warps are whole */
  for (int64_t base = (int64_t)blockIdx.x * RC_CUDA_THREADS; base < n; base += all) {
    const int64_t i = base + threadIdx.x, cell = i * cells_each;
    uint32_t part[4];

    if constexpr (cells_each == 128) {
      const uint4 four = *(const uint4 *)(c.bits + i * 4);

      part[0] = four.x, part[1] = four.y, part[2] = four.z, part[3] = four.w;
      voxels += __popc(four.x) + __popc(four.y) + __popc(four.z) + __popc(four.w);
    } else {
      const uint32_t mask = (1u << cells_each) - 1;
      const uint32_t bits = c.bits[i / per_word] >> (i % per_word * cells_each) & mask;

      voxels += __popc(bits);
#pragma unroll
      for (int k = 0; k < 4; k++)
        part[k] = cells_each == 16 ? spread(bits >> (4 * k) & 15) : bits >> k & 1 ? one : 0;
    }
    __syncwarp();
    if (cells_each == 128)
      *(uint4 *)(c.bits + i * 4) = make_uint4(0, 0, 0, 0);
    else if (i % per_word == 0)
      c.bits[i / per_word] = 0;
    if (whole && cell + cells_each <= c.cells) {
      __stcs((uint4 *)c.out + i, make_uint4(part[0], part[1], part[2], part[3]));
    } else if (cell < c.cells) {
      /* the end, or not at a multiple of 16 bytes */
      const int64_t size = cells_each == 128 ? (c.cells + 7) / 8 : c.cells * (16 / cells_each);

      if (cells_each == 4) {
        for (int k = 0; k < 4 && cell + k < c.cells; k++) ((uint32_t *)c.out)[cell + k] = part[k];
      } else {
        for (int k = 0; k < 16 && i * 16 + k < size; k++)
          ((uint8_t *)c.out)[i * 16 + k] = (uint8_t)(part[k / 4] >> k % 4 * 8);
      }
    }
  }
  if (!c.stats) return;
  int64_t *const to[] = {&c.stats->voxels};
  const int64_t mine[] = {voxels};
  add_up(to, mine);
}

extern "C" __global__ void __launch_bounds__(RC_CUDA_THREADS)
    rc_voxel_expand(const __grid_constant__ Call c) {
  if (c.type == RC_VOXEL_U8)
    expand<16>(c, 1);
  else if (c.type == RC_VOXEL_BITS)
    expand<128>(c, 1);
  else
    expand<4>(c, c.type == RC_VOXEL_F32 ? rc_voxel_bits32(1.0f) : 1);
}

extern "C" __global__ void __launch_bounds__(RC_CUDA_THREADS)
    rc_voxel_count_to_float(const __grid_constant__ Call c) {
  const int64_t all = (int64_t)gridDim.x * RC_CUDA_THREADS;
  uint32_t *const counts = (uint32_t *)c.out;

  for (int64_t i = (int64_t)blockIdx.x * RC_CUDA_THREADS + threadIdx.x; i < c.cells; i += all)
    if (counts[i]) counts[i] = rc_voxel_bits32((float)counts[i]);
}

/* ---- numbers of the occupied cells ---- */

#define TILE_EACH (RC_VOXEL_TILE / RC_CUDA_THREADS)
static_assert(TILE_EACH == 8, "two vectors of words");

/* What is known of a tile: its own cells, or those before too. */
#define OWN (1ull << 62)
#define WITH_BEFORE (2ull << 62)

/* Occupied cells in all tiles before `tile`: one warp reads what those have said, back to
 * one that knows of all before it (decoupled look-back, Merrill and Garland, NVIDIA
 * technical report NVR-2016-002). Tiles are begun in their order, so that none waits for
 * one that cannot run. */
static __device__ uint32_t look_back(const volatile unsigned long long *known, int64_t tile) {
  const int64_t lane = threadIdx.x % 32;
  uint32_t sum = 0;

  for (int64_t at = tile - 1; at >= 0; at -= 32) {
    unsigned long long v = WITH_BEFORE;

    if (lane <= at) do
        v = known[at - lane];
      while (v < OWN);
    const unsigned done = __ballot_sync(ALL, v >= WITH_BEFORE);
    const int64_t last = done ? __ffs(done) - 1 : 31;
    uint32_t part = lane <= last ? (uint32_t)v : 0;

    for (int d = 16; d > 0; d /= 2) part += __shfl_xor_sync(ALL, part, d);
    sum += part;
    if (done) break;
  }
  return sum;
}

static __device__ void make_scales(const Call &c) {
  for (int64_t k = threadIdx.x; k < c.channels; k += RC_CUDA_THREADS) {
    const int exponent = rc_voxel_mean_exponent((int64_t)*c.inside, c.scales[k].max);

    c.scales[k].scale = rc_voxel_exp2(exponent);
    c.scales[k].inverse = rc_voxel_exp2(-exponent);
  }
}

extern "C" __global__ void __launch_bounds__(RC_CUDA_THREADS)
    rc_voxel_rank(const __grid_constant__ Call c) {
  __shared__ uint32_t warp_sums[WARPS];
  __shared__ uint32_t before;
  __shared__ int64_t tile;
  unsigned long long *const known = c.tiles + 1;
  const unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  uint32_t bits[TILE_EACH], n = 0, own = 0, sum, of_tile = 0;

  if (threadIdx.x == 0) tile = (int64_t)atomicAdd(c.tiles, 1ull);
  __syncthreads();
  const int64_t first = tile * RC_VOXEL_TILE + threadIdx.x * TILE_EACH;
  uint4 *const words = (uint4 *)(c.bits + first);

#pragma unroll
  for (int v = 0; v < 2; v++) {
    const uint4 four = words[v];

    bits[4 * v] = four.x, bits[4 * v + 1] = four.y;
    bits[4 * v + 2] = four.z, bits[4 * v + 3] = four.w;
    if (four.x | four.y | four.z | four.w) words[v] = make_uint4(0, 0, 0, 0);
  }
#pragma unroll
  for (int k = 0; k < TILE_EACH; k++) n += __popc(bits[k]);
  sum = n;
  for (int d = 1; d < 32; d *= 2) {
    const uint32_t other = __shfl_up_sync(ALL, sum, d);

    if (lane >= d) sum += other;
  }
  if (lane == 31) warp_sums[warp] = sum;
  __syncthreads();
#pragma unroll
  for (int k = 0; k < WARPS; k++) {
    if (k == warp) own = of_tile;
    of_tile += warp_sums[k];
  }
  if (warp == 0) {
    volatile unsigned long long *const mine = known + tile;

    if (lane == 0 && tile > 0) *mine = OWN | of_tile;
    const uint32_t total = look_back(known, tile);
    if (lane == 0) {
      before = total;
      *mine = WITH_BEFORE | (total + of_tile);
      if (c.stats && tile == gridDim.x - 1)
        atomicAdd((unsigned long long *)&c.stats->voxels, (unsigned long long)(total + of_tile));
    }
  }
  if (tile == 0 && c.mode == RC_VOXEL_MEAN) make_scales(c);
  __syncthreads();
  uint32_t rank = before + own + sum - n;
#pragma unroll
  for (int k = 0; k < TILE_EACH; k += 2) {
    const uint32_t next = rank + __popc(bits[k]);

    *(uint4 *)(c.ranked + first + k) = make_uint4(bits[k], rank, bits[k + 1], next);
    rank = next + __popc(bits[k + 1]);
  }
}

/* ---- values ---- */

static __device__ uint32_t before_bit(uint32_t bits, int bit) {
  return __popc(bits & ((1u << bit) - 1));
}

static __device__ int64_t add_values(int64_t a, int64_t b) { return a + b; }
static __device__ uint32_t add_values(uint32_t a, uint32_t b) { return a > b ? a : b; }

/* The first lane of a run gets the sum (or the maximum) of the run. */
template <typename T>
static __device__ T over_run(T value, int count) {
  for (int d = 1; d < 32; d *= 2) {
    const T other = __shfl_down_sync(ALL, value, d);

    if (d < count) value = add_values(value, other);
  }
  return value;
}

/* Adds the points' values to their cells. */
template <bool F32, bool mean>
static __device__ void add_points(const Call &c) {
  const int64_t all = (int64_t)gridDim.x * RC_CUDA_THREADS;
  const bool min = c.mode == RC_VOXEL_MIN;

  for (int64_t base = (int64_t)blockIdx.x * RC_CUDA_THREADS; base < c.n_points; base += all) {
    const int64_t i = base + threadIdx.x;
    const int64_t key = i < c.n_points ? find_cell<F32>(c, i).key : -1;
    const uint8_t *const at = c.points + i * c.step;
    int64_t row = 0;
    int count;
    bool adds = starts_run(key, &count);
    /* adding up in the warp first pays where there are few cells */
    const bool together = __popc(__ballot_sync(ALL, adds)) <= 12;

    if (key >= 0) {
      const uint2 word = __ldg((const uint2 *)&c.ranked[key >> 5]);
      const int64_t id = word.y + before_bit(word.x, (int)(key & 31));

      if (mean && adds) atomicAdd(&c.counts[id], (uint32_t)count);
      row = id * c.channels;
    }
    if (!together) adds = key >= 0;
    for (int64_t k = 0; k < c.channels; k++) {
      double v = 0;

      if (key >= 0) v = load_value<F32>(at + c.channel[k].offset, c.channel[k].dtype);
      if (mean) {
        int64_t fixed = 0;

        if (rc_voxel_is_finite(v))
          fixed = rc_voxel_fix(v, c.scales[k].scale);
        else
          c.poison[row + k] = 1;
        if (together) fixed = over_run(fixed, count);
        if (adds) atomicAdd((unsigned long long *)&c.sums[row + k], (unsigned long long)fixed);
      } else {
        const uint32_t order = rc_voxel_order_key(rc_voxel_to_float(v), min ? 0 : UINT32_MAX);
        uint32_t best = min ? ~order : order;

        if (together) best = over_run(best, count);
        if (adds) atomicMax(&c.keys[row + k], best);
      }
    }
  }
}

#define ADD_POINTS(name, f32, mean)                             \
  extern "C" __global__ void __launch_bounds__(RC_CUDA_THREADS) \
      name(const __grid_constant__ Call c) {                    \
    add_points<f32, mean>(c);                                   \
  }
ADD_POINTS(rc_voxel_sum, false, true)
ADD_POINTS(rc_voxel_sum_f32, true, true)
ADD_POINTS(rc_voxel_order, false, false)
ADD_POINTS(rc_voxel_order_f32, true, false)

/* What a cell has of channel k, which is then 0 for the next call. */
template <bool mean>
static __device__ float take_value(const Call &c, int64_t id, int64_t k, uint32_t count) {
  const int64_t at = id * c.channels + k;

  if (mean) {
    int64_t sum = c.sums[at];

    c.sums[at] = 0;
    if (c.scales[k].not_finite && c.poison[at]) {
      sum = RC_VOXEL_POISON;
      c.poison[at] = 0;
    }
    return rc_voxel_mean(sum, count, c.scales[k].inverse);
  } else {
    const uint32_t key = c.keys[at];

    c.keys[at] = 0;
    return rc_voxel_order_value(c.mode == RC_VOXEL_MIN ? ~key : key);
  }
}

/* All cells of all channels, four of one channel per thread at a time. */
template <bool mean>
static __device__ void write_cells(const Call &c) {
  const int64_t all = (int64_t)gridDim.x * RC_CUDA_THREADS;
  const bool whole = (uintptr_t)c.out % 16 == 0 && c.cells % 4 == 0;

  for (int64_t i = (int64_t)blockIdx.x * RC_CUDA_THREADS + threadIdx.x; i * 4 < c.cells; i += all) {
    const uint2 word = *(const uint2 *)&c.ranked[i / 8];
    const int bit = (int)(i % 8) * 4;
    const uint32_t bits = word.x >> bit & 15;
    const int64_t first = word.y + before_bit(word.x, bit);
    uint32_t counts[4] = {0};

    if (mean) {
#pragma unroll
      for (int j = 0; j < 4; j++) {
        const int64_t id = first + before_bit(bits, j);

        if (bits >> j & 1) {
          counts[j] = c.counts[id];
          c.counts[id] = 0;
        }
      }
    }
    for (int64_t k = 0; k < c.channels; k++) {
      float *const out = (float *)c.out + k * c.cells + i * 4;
      float v[4] = {c.fill, c.fill, c.fill, c.fill};

#pragma unroll
      for (int j = 0; j < 4; j++)
        if (bits >> j & 1) v[j] = take_value<mean>(c, first + before_bit(bits, j), k, counts[j]);
      if (whole)
        __stcs((float4 *)out, make_float4(v[0], v[1], v[2], v[3]));
      else
        for (int j = 0; j < 4 && i * 4 + j < c.cells; j++) out[j] = v[j];
    }
  }
}

extern "C" __global__ void __launch_bounds__(RC_CUDA_THREADS)
    rc_voxel_write_mean(const __grid_constant__ Call c) {
  write_cells<true>(c);
}

extern "C" __global__ void __launch_bounds__(RC_CUDA_THREADS)
    rc_voxel_write_order(const __grid_constant__ Call c) {
  write_cells<false>(c);
}
