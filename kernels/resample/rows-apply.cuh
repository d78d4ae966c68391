/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels for rows that lie anywhere: single ticks (apply-cuda.h). */
#pragma once

#include "element-any.cuh"
#include "resample-cuda-private.h"

/* Rows of a pick, by pointers. */
struct ListedRows {
  const uint8_t *const *rows;
  const int64_t *at;
  const uint8_t *const *signs;

  __device__ const int64_t *times() const { return at; }
  __device__ const uint8_t *row(int64_t i) const { return rows[i]; }
  __device__ bool negated(int64_t i, const RcSegment &segment) const {
    return signs && signs[i][segment.group];
  }
};

static __device__ ListedRows rows_listed(const uint8_t *table, const RcCudaApplyRow &row) {
  const uint8_t *list = table + row.lists;
  const int64_t n = row.count;

  return {(const uint8_t *const *)list, (const int64_t *)(list + n * 8),
          row.has_signs ? (const uint8_t *const *)(list + 2 * n * 8) : nullptr};
}

/* Part of a copy, and of the zeros behind it, by one block. */
static __device__ void copy_bytes(const uint8_t *from, uint8_t *to, int64_t bytes, int64_t total,
                                  int64_t start) {
  const int64_t end = min(total, start + RC_CUDA_APPLY_BYTES);

  if (((uintptr_t)from | (uintptr_t)to) % 16 == 0) {
    int64_t whole = min(end, bytes) / 16 * 16;

    for (int64_t i = start + 16 * threadIdx.x; i < whole; i += 16 * RC_CUDA_THREADS)
      *(uint4 *)(to + i) = *(const uint4 *)(from + i);
    start = max(start, whole);
  }
  for (int64_t i = start + threadIdx.x; i < end; i += RC_CUDA_THREADS)
    to[i] = i < bytes ? from[i] : 0;
}

template <typename Real>
static __device__ void make_part(const RcCudaSamplerImage &s, const RcCudaApplyRow &row,
                                 const Blend &blend, const ListedRows &rows, uint32_t part) {
  const Tick<ListedRows> t = {s.sampler, s.segment_of, s.fill, row.pick, blend, rows};
  const int64_t first = (int64_t)part * RC_CUDA_APPLY_ELEMENTS;
  const int64_t end = min(row.size, first + RC_CUDA_APPLY_ELEMENTS);

  for (int64_t e = first + threadIdx.x; e < end; e += RC_CUDA_THREADS)
    make_element<Real>(t, e, row.out + e * s.sampler.size);
}

extern "C" __global__ void __launch_bounds__(RC_CUDA_THREADS)
    rc_apply_rows(const __grid_constant__ RcCudaApply a) {
  const uint8_t *table = a.table ? a.table : a.here;
  const RcCudaApplyRow *all = (const RcCudaApplyRow *)table;
  __shared__ Blend blend;
  int32_t r = 0;

  while (r + 1 < a.n && all[r + 1].first_block <= blockIdx.x) r++;
  const RcCudaApplyRow &row = all[r];
  const uint32_t part = blockIdx.x - row.first_block;
  const ListedRows rows = rows_listed(table, row);

  if (!row.sampler) {
    copy_bytes(row.count > 0 ? rows.row(0) : nullptr, row.out, row.bytes, row.size,
               (int64_t)part * RC_CUDA_APPLY_BYTES);
    return;
  }
  const RcCudaSamplerImage &s = *row.sampler;

  if (threadIdx.x == 0 && row.pick.op >= RC_OP_LINEAR && row.pick.op <= RC_OP_HERMITE)
    blend = blend_of(row.pick, rows.times() + row.pick.left, rows);
  __syncthreads();
  if (s.sampler.config.dtype == RC_FLOAT32 || s.sampler.config.dtype == RC_FLOAT16 ||
      s.sampler.config.dtype == RC_BFLOAT16)
    make_part<float>(s, row, blend, rows, part);
  else
    make_part<double>(s, row, blend, rows, part);
}

/* Rows 0 .. count - 1 of one series, of which row 0 has its signs, or is none. */
extern "C" __global__ void __launch_bounds__(RC_CUDA_THREADS)
    rc_apply_signs(const __grid_constant__ RcCudaApply a) {
  const uint8_t *table = a.table ? a.table : a.here;
  const RcCudaApplyRow &row = *(const RcCudaApplyRow *)table;
  const RcSampler &s = row.sampler->sampler;
  const uint8_t *const *rows = (const uint8_t *const *)(table + row.lists);
  uint8_t *const *signs = (uint8_t *const *)(table + row.lists) + 2 * row.count;

  for (int32_t g = threadIdx.x; g < s.n_quaternions; g += RC_CUDA_THREADS) {
    const int64_t place = s.quaternions[g] * (int64_t)s.size;
    uint8_t sign = rows[0] ? signs[0][g] : 0;
    double p[4], q[4];

    for (int64_t i = rows[0] ? 0 : 1; i < row.count; i++) {
      for (int k = 0; k < 4; k++) q[k] = get(s.config.dtype, rows[i] + place + k * s.size);
      if (i > (rows[0] ? 0 : 1)) sign ^= rc_quat_dot(p, q) < 0;
      if (i > 0) signs[i][g] = sign;
      for (int k = 0; k < 4; k++) p[k] = q[k];
    }
  }
}
