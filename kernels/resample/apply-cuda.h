/* SPDX-License-Identifier: Apache-2.0 */
/* Single ticks on a CUDA device, from rows that lie anywhere in its memory: rc_apply ()
 * and rc_sampler_signs (), the same bits. rc_pick () stays on the host, which has the
 * times. How pointers, streams and threads are meant: common/cuda.h. */
#pragma once

#include "resample-cuda.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One output row. The arrays are the host's and are read before the call returns. */
typedef struct
{
  const RcCudaSampler *sampler; /* NULL: bytes of rows[0] are copied */
  RcPick pick;                  /* by the sampler that it was made from */
  const void *const *rows;      /* [pick.count] in device memory, each at a multiple
                                 * of its element's size */
  const int64_t *times;         /* [pick.count] */
  const uint8_t *const *signs;  /* [pick.count] in device memory; NULL where the
                                 * sampler has no quaternions */
  void *out;                    /* in device memory; overlaps no row */
  size_t bytes, zeros;          /* without a sampler: so many bytes of rows[0], then
                                 * so many of value 0; any addresses */
} RcCudaRow;

/* Makes n rows, of any samplers, with one launch; no row may need what another one
 * makes. What the launch needs travels with it, where it is less than 3.8 KB (16 rows
 * of linear), else through scratch memory. */
RC_API RcStatus rc_cuda_apply (RcCuda * cuda, void *stream,
    const RcCudaRow * rows, int32_t n, RcError * error);

/* The signs of the next n rows of a series: rc_sampler_signs () for one after the
 * other. All that is pointed to lies in device memory, but for the arrays themselves;
 * previous = NULL starts a series. */
RC_API RcStatus rc_cuda_sampler_signs (RcCuda * cuda, void *stream,
    const RcCudaSampler * sampler, const void *previous,
    const uint8_t * previous_signs, const void *const *rows, int32_t n,
    uint8_t * const *signs, RcError * error);

#ifdef __cplusplus
}
#endif
