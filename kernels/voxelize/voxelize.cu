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

/* How points are read: of any types, or all fields float32 at multiples of 4 bytes, in a
 * grid whose cells an int32 counts and float32 tells apart. */
struct Any {
  typedef int64_t Key;
  typedef double Loaded;

  static __device__ double load(const uint8_t *at, int32_t dtype) { return load_any(at, dtype); }

  /* The linear index of the point's cell, or -1; *bad: where not finite. */
  static __device__ Key find_cell(const Call &c, const uint8_t *at, bool *bad) {
    Key key = 0;
    bool inside = true;

    *bad = false;
#pragma unroll
    for (int a = 0; a < 3; a++) {
      const double x = load(at + c.offset[a], c.dtype[a]);
      int32_t index = 0, doubt = 1;
      bool in = false;

      if (c.guessed[a]) in = rc_voxel_axis_guess(x, &c.guess[a], &index, &doubt) & (x < c.max[a]);
      if (doubt)
        in = rc_voxel_axis(x, c.guess[a].min, c.guess[a].size, c.max[a], c.dims[a], &index);
      inside &= in;
      *bad |= !rc_voxel_is_finite(x);
      key += index * c.stride[a];
    }
    return inside ? key : -1;
  }
};

struct Plain {
  typedef int32_t Key;
  typedef float Loaded;

  static __device__ float load(const uint8_t *at, int32_t dtype) {
    return __ldg((const float *)at);
  }

  static __device__ Key find_cell(const Call &c, const uint8_t *at, bool *bad) {
    float x[3];
    int32_t index[3];
    bool inside = true, doubt = false;

#pragma unroll
    for (int a = 0; a < 3; a++) x[a] = __ldg((const float *)(at + c.offset[a]));
#pragma unroll
    for (int a = 0; a < 3; a++) {
      bool d;

      inside &= rc_voxel_axis_guess32(x[a], &c.guess32[a], &index[a], &d);
      doubt |= d;
    }
    if (doubt || c.bounded) {
      inside = true;
#pragma unroll
      for (int a = 0; a < 3; a++)
        inside &=
            rc_voxel_axis(x[a], c.guess[a].min, c.guess[a].size, c.max[a], c.dims[a], &index[a]);
    }
    *bad = false;
    if (inside)
      return index[0] * (int32_t)c.stride[0] + index[1] * (int32_t)c.stride[1] +
             index[2] * (int32_t)c.stride[2];
    for (int a = 0; a < 3; a++) *bad |= !rc_voxel_is_finite(x[a]);
    return -1;
  }
};

/* Whether this lane's point begins a run of one key in the warp's points; *count: how
 * many points the run has from here on. All lanes call it. */
template <typename Key>
static __device__ bool starts_run(Key key, int *count) {
  const unsigned lane = threadIdx.x % 32;
  const Key before = __shfl_up_sync(ALL, key, 1);
  const unsigned starts = __ballot_sync(ALL, lane == 0 || key != before);
  const unsigned after = lane < 31 ? starts >> (lane + 1) : 0;

  *count = after ? __ffs(after) : 32 - (int)lane;
  return starts >> lane & 1 && key >= 0;
}

static __device__ uint32_t most_of_warp(uint32_t v) {
#if __CUDA_ARCH__ >= 800
  return __reduce_max_sync(ALL, v);
#else
  for (int d = 16; d > 0; d /= 2) {
    const uint32_t other = __shfl_xor_sync(ALL, v, d);

    v = v > other ? v : other;
  }
  return v;
#endif
}

static __device__ uint32_t sum_of_warp(uint32_t v) {
#if __CUDA_ARCH__ >= 800
  return __reduce_add_sync(ALL, v);
#else
  for (int d = 16; d > 0; d /= 2) v += __shfl_xor_sync(ALL, v, d);
  return v;
#endif
}

/* Adds what the block's warps have counted, the same number in each of its lanes, to these
 * places. All threads of a block call it, once. */
template <int n>
static __device__ void add_up(int64_t *const (&to)[n], const uint32_t (&mine)[n]) {
  __shared__ uint32_t sum[n];

  if (threadIdx.x < n) sum[threadIdx.x] = 0;
  __syncthreads();
  if (threadIdx.x % 32 == 0) {
#pragma unroll
    for (int k = 0; k < n; k++)
      if (mine[k] != 0) atomicAdd(&sum[k], mine[k]);
  }
  __syncthreads();
#pragma unroll
  for (int k = 0; k < n; k++)
    if (threadIdx.x == k && to[k] && sum[k] != 0)
      atomicAdd((unsigned long long *)to[k], (unsigned long long)sum[k]);
}

/* The largest magnitudes of a block's points, by channel; those of further channels go to
 * global memory at once. */
#define NEAR_CHANNELS 32

struct Maxima {
  uint32_t max[NEAR_CHANNELS], bad[NEAR_CHANNELS];
};

template <typename Kind>
static __device__ void find_max(const Call &c, const uint8_t *at, bool inside, Maxima *near) {
  for (int64_t k = 0; k < c.channels; k++) {
    volatile uint32_t *const max = k < NEAR_CHANNELS ? &near->max[k] : &c.scales[k].max;
    volatile uint32_t *const bad = k < NEAR_CHANNELS ? &near->bad[k] : &c.scales[k].not_finite;
    uint32_t high = 0;

    if (inside) high = rc_voxel_high(Kind::load(at + c.channel[k].offset, c.channel[k].dtype));
    if (high >= RC_VOXEL_INF_HIGH) {
      *bad = 1;
      high = 0;
    }
    high = most_of_warp(high);
    /* mostly in vain, so a look is cheaper than an attempt: what is seen may be old,
     * that is, smaller */
    if (threadIdx.x % 32 == 0 && high > *max) atomicMax((uint32_t *)max, high);
  }
}

static __device__ void keep_max(const Call &c, const Maxima *near) {
  __syncthreads();
  for (int64_t k = threadIdx.x; k < c.channels && k < NEAR_CHANNELS; k += RC_CUDA_THREADS) {
    atomicMax(&c.scales[k].max, near->max[k]);
    if (near->bad[k]) c.scales[k].not_finite = 1;
  }
}

/* What a point does: sets its cell's bit; that, and its values count for the scales of
 * means; adds to its cell's count; adds to a count of 8 bits, as long as it fits; adds
 * to its cell's count where those did not. */
enum Pass { SET, SET_AND_MAX, COUNT, COUNT_SMALL, COUNT_AGAIN };

template <typename Kind, int pass>
static __device__ void over_points(const Call &c) {
  __shared__ Maxima near;
  const int64_t all = (int64_t)gridDim.x * RC_CUDA_THREADS;
  uint32_t points = 0, inside = 0, bad = 0, voxels = 0;

  if (pass == COUNT_AGAIN && !*c.full) return;
  if (pass == SET_AND_MAX) {
    if (threadIdx.x < NEAR_CHANNELS) near.max[threadIdx.x] = near.bad[threadIdx.x] = 0;
    __syncthreads();
  }
  for (int64_t base = (int64_t)blockIdx.x * RC_CUDA_THREADS; base < c.n_points; base += all) {
    const int64_t i = base + threadIdx.x;
    const uint8_t *const at = c.points + i * c.step;
    typename Kind::Key key = -1;
    bool is_bad = false, is_new = false;
    int count;

    if (i < c.n_points) key = Kind::find_cell(c, at, &is_bad);
    points += __popc(__ballot_sync(ALL, i < c.n_points));
    inside += __popc(__ballot_sync(ALL, key >= 0));
    bad += __popc(__ballot_sync(ALL, is_bad));
    if (starts_run(key, &count)) {
      if (pass == SET || pass == SET_AND_MAX) {
        atomicOr(&c.bits[key >> 5], 1u << (key & 31));
      } else if (pass == COUNT_SMALL) {
        const int shift = (int)(key & 3) * 8;
        const uint32_t before = atomicAdd(&c.small[key >> 2], (uint32_t)count << shift);

        /* the first count to leave its 8 bits shows what it was */
        if ((before >> shift & 255) + (uint32_t)count > 255) *c.full = 1;
      } else {
        is_new = atomicAdd((uint32_t *)c.out + key, (uint32_t)count) == 0;
      }
    }
    if (pass == COUNT || pass == COUNT_AGAIN) voxels += __popc(__ballot_sync(ALL, is_new));
    if (pass == SET_AND_MAX) find_max<Kind>(c, at, key >= 0, &near);
  }
  if (pass == SET_AND_MAX) keep_max(c, &near);
  if (!c.stats && pass != SET_AND_MAX) return;
  RcVoxelStats *const stats = pass == COUNT_AGAIN ? nullptr : c.stats;
  int64_t *const to[] = {pass == SET_AND_MAX ? (int64_t *)c.inside : nullptr,
                         stats ? &stats->points : nullptr,
                         stats ? &stats->inside : nullptr,
                         stats ? &stats->outside : nullptr,
                         stats ? &stats->non_finite : nullptr,
                         c.stats ? &c.stats->voxels : nullptr};
  const uint32_t mine[] = {inside, points, inside, points - inside - bad, bad, voxels};
  add_up(to, mine);
}

/* A kernel for each way to read points. */
#define FOR_KINDS(name, function, argument)                     \
  extern "C" __global__ void __launch_bounds__(RC_CUDA_THREADS) \
      name(const __grid_constant__ Call c) {                    \
    function<Any, argument>(c);                                 \
  }                                                             \
  extern "C" __global__ void __launch_bounds__(RC_CUDA_THREADS) \
      name##_plain(const __grid_constant__ Call c) {            \
    function<Plain, argument>(c);                               \
  }
FOR_KINDS(rc_voxel_set, over_points, SET)
FOR_KINDS(rc_voxel_set_max, over_points, SET_AND_MAX)
FOR_KINDS(rc_voxel_count, over_points, COUNT)
FOR_KINDS(rc_voxel_count_small, over_points, COUNT_SMALL)
FOR_KINDS(rc_voxel_count_again, over_points, COUNT_AGAIN)

/* ---- occupancy and counts ---- */

/* Four cells of 4 bytes, or the `left` ones that there are; whole: `out` lies at a multiple
 * of 16 bytes. */
static __device__ void store_cells(void *out, const uint32_t (&v)[4], int64_t left, bool whole) {
  if (whole && left >= 4)
    __stcs((uint4 *)out, make_uint4(v[0], v[1], v[2], v[3]));
  else
    for (int k = 0; k < 4 && k < left; k++) ((uint32_t *)out)[k] = v[k];
}

/* 4 bits as 4 bytes. */
static __device__ uint32_t spread(uint32_t bits) { return bits * 0x00204081u & 0x01010101u; }

static __device__ void add_voxels(const Call &c, uint32_t of_thread) {
  if (!c.stats) return;
  int64_t *const to[] = {&c.stats->voxels};
  const uint32_t mine[] = {sum_of_warp(of_thread)};
  add_up(to, mine);
}

/* The cells' bits become their values, 16 bytes per thread, and 0 for the next call. */
template <int cells_each>
static __device__ void expand(const Call &c, uint32_t one) {
  const unsigned per_word = cells_each < 32 ? 32 / cells_each : 1; /* threads */
  const int64_t all = (int64_t)gridDim.x * RC_CUDA_THREADS;
  const int64_t n = c.words * 32 / cells_each;
  const bool whole = (uintptr_t)c.out % 16 == 0;
  uint32_t voxels = 0;

  /* c.words is a multiple of a tile, so that warps are whole */
  for (int64_t i = (int64_t)blockIdx.x * RC_CUDA_THREADS + threadIdx.x; i < n; i += all) {
    const int64_t cell = i * cells_each;
    uint32_t part[4];

    if constexpr (cells_each == 128) {
      const uint4 four = *(const uint4 *)(c.bits + i * 4);

      part[0] = four.x, part[1] = four.y, part[2] = four.z, part[3] = four.w;
      voxels += __popc(four.x) + __popc(four.y) + __popc(four.z) + __popc(four.w);
      *(uint4 *)(c.bits + i * 4) = make_uint4(0, 0, 0, 0);
    } else {
      const uint32_t mask = (1u << cells_each) - 1;
      const unsigned place = (unsigned)i % per_word;
      uint32_t *const word = c.bits + i / per_word;
      const uint32_t bits = *word >> (place * cells_each) & mask;

      voxels += __popc(bits);
#pragma unroll
      for (int k = 0; k < 4; k++)
        part[k] = cells_each == 16 ? spread(bits >> (4 * k) & 15) : bits >> k & 1 ? one : 0;
      __syncwarp();
      if (place == 0) *word = 0;
    }
    if (whole && cell + cells_each <= c.cells) {
      __stcs((uint4 *)c.out + i, make_uint4(part[0], part[1], part[2], part[3]));
    } else if (cells_each == 4) {
      store_cells((uint32_t *)c.out + cell, part, c.cells - cell, false);
    } else {
      /* the end, or not at a multiple of 16 bytes */
      const int64_t size = cells_each == 128 ? (c.cells + 7) / 8 : c.cells;

      for (int k = 0; k < 16 && i * 16 + k < size; k++)
        ((uint8_t *)c.out)[i * 16 + k] = (uint8_t)(part[k / 4] >> k % 4 * 8);
    }
  }
  add_voxels(c, voxels);
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

/* Counts of 8 bits become uint32 or float32, four per thread, and 0 for the next call;
 * where one did not fit, all become 0 here and are counted again. */
extern "C" __global__ void __launch_bounds__(RC_CUDA_THREADS)
    rc_voxel_count_widen(const __grid_constant__ Call c) {
  const int64_t all = (int64_t)gridDim.x * RC_CUDA_THREADS;
  const bool whole = (uintptr_t)c.out % 16 == 0, good = !*c.full;
  uint32_t voxels = 0;

  for (int64_t i = (int64_t)blockIdx.x * RC_CUDA_THREADS + threadIdx.x; i * 4 < c.cells; i += all) {
    const uint32_t four = c.small[i];
    uint32_t part[4];

    if (four) c.small[i] = 0;
#pragma unroll
    for (int k = 0; k < 4; k++) {
      part[k] = good ? four >> (8 * k) & 255 : 0;
      voxels += part[k] != 0;
      if (c.type == RC_VOXEL_F32) part[k] = rc_voxel_bits32((float)part[k]);
    }
    store_cells((uint4 *)c.out + i, part, c.cells - i * 4, whole);
  }
  add_voxels(c, voxels);
}

/* Where they were counted as uint32. */
extern "C" __global__ void __launch_bounds__(RC_CUDA_THREADS)
    rc_voxel_count_to_float(const __grid_constant__ Call c) {
  const int64_t all = (int64_t)gridDim.x * RC_CUDA_THREADS;
  uint32_t *const counts = (uint32_t *)c.out;

  if (c.full && !*c.full) return;
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

    sum += sum_of_warp(lane <= last ? (uint32_t)v : 0);
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

template <bool mean>
struct Value {
  typedef uint32_t Type;
};

template <>
struct Value<true> {
  typedef int64_t Type;
};

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

/* What threads need of each channel: of the first ones, at hand. */
struct Channels {
  RcCudaChannel channel[NEAR_CHANNELS];
  RcCudaScale scale[NEAR_CHANNELS];
};

static __device__ void keep_channels(const Call &c, Channels *near) {
  for (int64_t k = threadIdx.x; k < c.channels && k < NEAR_CHANNELS; k += RC_CUDA_THREADS) {
    near->channel[k] = c.channel[k];
    near->scale[k] = c.scales[k];
  }
  __syncthreads();
}

template <typename Kind>
static __device__ typename Kind::Loaded load_channel(const Call &c, const Channels &near,
                                                     const uint8_t *at, int64_t k) {
  const RcCudaChannel *const channel = k < NEAR_CHANNELS ? &near.channel[k] : &c.channel[k];

  return Kind::load(at + channel->offset, channel->dtype);
}

static __device__ const RcCudaScale *scale_of(const Call &c, const Channels &near, int64_t k) {
  return k < NEAR_CHANNELS ? &near.scale[k] : &c.scales[k];
}

/* What a value is for its cell's sum or maximum; *bad: not finite, which sums cannot hold. */
template <bool mean>
static __device__ typename Value<mean>::Type value_of(const Call &c, double v, double scale,
                                                      bool *bad) {
  *bad = mean && !rc_voxel_is_finite(v);
  if (mean) return *bad ? 0 : rc_voxel_fix(v, scale);
  const bool min = c.mode == RC_VOXEL_MIN;
  const uint32_t order = rc_voxel_order_key(rc_voxel_to_float(v), min ? 0 : UINT32_MAX);
  return min ? ~order : order;
}

template <bool mean>
static __device__ void add_to(const Call &c, int64_t at, typename Value<mean>::Type value) {
  if (mean)
    atomicAdd((unsigned long long *)&c.sums[at], (unsigned long long)value);
  else
    atomicMax(&c.keys[at], (uint32_t)value);
}

/* Adds the points' values to their cells. */
template <typename Kind, bool mean>
static __device__ void add_points(const Call &c) {
  __shared__ Channels near;
  const int64_t all = (int64_t)gridDim.x * RC_CUDA_THREADS;
  const unsigned lane = threadIdx.x % 32;

  keep_channels(c, &near);
  for (int64_t base = (int64_t)blockIdx.x * RC_CUDA_THREADS; base < c.n_points; base += all) {
    const int64_t i = base + threadIdx.x;
    const uint8_t *const at = c.points + i * c.step;
    typename Kind::Key key = -1;
    int64_t row = -1;
    bool bad;
    int count;

    if (i < c.n_points) key = Kind::find_cell(c, at, &bad);
    const bool starts = starts_run(key, &count);
    if (key >= 0) {
      const uint2 word = *(const uint2 *)&c.ranked[key >> 5];
      const int64_t id = word.y + before_bit(word.x, (int)(key & 31));

      row = id * c.channels;
      if (mean && starts) atomicAdd(&c.counts[id], (uint32_t)count);
    }
    if (__popc(__ballot_sync(ALL, starts)) <= 12) {
      /* few cells: adding up in the warp first is cheaper */
      for (int64_t k = 0; k < c.channels; k++) {
        typename Value<mean>::Type value = 0;

        bad = false;
        if (key >= 0)
          value = value_of<mean>(c, load_channel<Kind>(c, near, at, k), scale_of(c, near, k)->scale,
                                 &bad);
        if (mean && bad) c.poison[row + k] = 1;
        value = over_run(value, count);
        if (starts) add_to<mean>(c, row + k, value);
      }
      continue;
    }
    /* lanes side by side take the channels of one point, which lie side by side: fewer
     * requests to the memory */
    const uint32_t channels = (uint32_t)c.channels;
    const uint8_t *const first = c.points + (i - lane) * c.step;
    uint32_t point = lane / channels, k = lane % channels;
    const uint32_t points_on = 32 / channels, channels_on = 32 % channels;

    for (uint32_t e = 0; e < channels; e++) {
      const int64_t to = __shfl_sync(ALL, row, (int)point);

      if (to >= 0) {
        const auto v = load_channel<Kind>(c, near, first + point * c.step, k);
        const auto value = value_of<mean>(c, v, scale_of(c, near, k)->scale, &bad);

        if (mean && bad) c.poison[to + k] = 1;
        add_to<mean>(c, to + k, value);
      }
      point += points_on;
      k += channels_on;
      if (k >= channels) {
        k -= channels;
        point++;
      }
    }
  }
}

/* Cells that a warp writes at a time, and the channels of them. */
#define WARP_CELLS 128
#define WARP_CHANNELS 4
/* What a thread has in flight of the occupied cells' values. */
#define FLIGHT 4

struct Occupied {
  float value[WARP_CHANNELS][WARP_CELLS + 8]; /* in the cells' order */
  uint32_t count[WARP_CELLS];
};

/* The values of `n` occupied cells from number `first` on, channels [k0, k0 + some), which
 * are then 0 for the next call. Those of a cell lie side by side, and so do the cells. */
template <bool mean>
static __device__ void take_values(const Call &c, const Channels &near, int64_t first, uint32_t n,
                                   int64_t k0, uint32_t some, Occupied *to) {
  typedef typename Value<mean>::Type Kept;
  Kept *const all = mean ? (Kept *)c.sums : (Kept *)c.keys;

  for (uint32_t e = threadIdx.x % 32; e < n * some; e += 32 * FLIGHT) {
    Kept kept[FLIGHT];

    /* all loads before what waits for them */
#pragma unroll
    for (int f = 0; f < FLIGHT; f++) {
      const uint32_t i = min(e + 32 * f, n * some - 1);

      kept[f] = __ldcs(&all[(first + i / some) * c.channels + k0 + i % some]);
    }
#pragma unroll
    for (int f = 0; f < FLIGHT; f++) {
      const uint32_t i = e + 32 * f, cell = i / some, k = i % some;
      const int64_t at = (first + cell) * c.channels + k0 + k;

      if (i >= n * some) break;
      all[at] = 0;
      if (mean) {
        const RcCudaScale *const scale = scale_of(c, near, k0 + k);

        if (scale->not_finite && c.poison[at]) {
          kept[f] = RC_VOXEL_POISON;
          c.poison[at] = 0;
        }
        to->value[k][cell] = rc_voxel_mean(kept[f], to->count[cell], scale->inverse);
      } else {
        const uint32_t order = (uint32_t)kept[f];

        to->value[k][cell] = rc_voxel_order_value(c.mode == RC_VOXEL_MIN ? ~order : order);
      }
    }
  }
}

/* All cells of all channels: a warp makes those of 4 words, 4 cells per thread. */
template <bool mean>
static __device__ void write_cells(const Call &c) {
  __shared__ Channels near;
  __shared__ Occupied of_warps[WARPS];
  Occupied *const occupied = &of_warps[threadIdx.x / 32];
  const unsigned lane = threadIdx.x % 32;
  const int64_t all = (int64_t)gridDim.x * WARPS;
  const bool whole = (uintptr_t)c.out % 16 == 0 && c.cells % 4 == 0;

  keep_channels(c, &near);
  for (int64_t w = (int64_t)blockIdx.x * WARPS + threadIdx.x / 32; w * WARP_CELLS < c.cells;
       w += all) {
    const int64_t cell = w * WARP_CELLS + lane * 4;
    const uint2 word = *(const uint2 *)&c.ranked[cell / 32];
    const int bit = (int)(cell % 32);
    const uint32_t bits = word.x >> bit & 15;
    const uint32_t mine = word.y + before_bit(word.x, bit);
    const uint32_t first = __shfl_sync(ALL, mine, 0);
    const uint32_t n = __shfl_sync(ALL, mine + __popc(bits), 31) - first;

    if (mean) {
      for (uint32_t i = lane; i < n; i += 32) {
        occupied->count[i] = c.counts[first + i];
        c.counts[first + i] = 0;
      }
      __syncwarp();
    }
    for (int64_t k0 = 0; k0 < c.channels; k0 += WARP_CHANNELS) {
      const int64_t left = c.channels - k0;

      /* (where the number is known, divisions by it are shifts) */
      if (left >= WARP_CHANNELS)
        take_values<mean>(c, near, first, n, k0, WARP_CHANNELS, occupied);
      else
        take_values<mean>(c, near, first, n, k0, (uint32_t)left, occupied);
      __syncwarp();
      for (uint32_t k = 0; k < WARP_CHANNELS && k < left; k++) {
        float *const out = (float *)c.out + (k0 + k) * c.cells + cell;
        const float *next = occupied->value[k] + (mine - first);
        uint32_t v[4];

#pragma unroll
        for (int j = 0; j < 4; j++) v[j] = rc_voxel_bits32(bits >> j & 1 ? *next++ : c.fill);
        store_cells(out, v, c.cells - cell, whole);
      }
      __syncwarp();
    }
  }
}

FOR_KINDS(rc_voxel_sum, add_points, true)
FOR_KINDS(rc_voxel_order, add_points, false)

extern "C" __global__ void __launch_bounds__(RC_CUDA_THREADS)
    rc_voxel_write_mean(const __grid_constant__ Call c) {
  write_cells<true>(c);
}

extern "C" __global__ void __launch_bounds__(RC_CUDA_THREADS)
    rc_voxel_write_order(const __grid_constant__ Call c) {
  write_cells<false>(c);
}
