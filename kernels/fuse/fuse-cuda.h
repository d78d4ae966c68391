/* SPDX-License-Identifier: Apache-2.0 */
/* Fusing on a CUDA device: fuse.h's contract, the same bits, with data in device
 * memory. How pointers, streams and threads are meant: common/cuda.h. */
#pragma once

#include "../resample/resample-cuda.h"
#include "fuse.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct
{
  const RcCudaSampler *sampler; /* not owned */
  RcSeries series;              /* as RcFuseStream's */
} RcCudaFuseStream;

/* rc_fuse () with everything that the series, `ticks` and `out` point to in device
 * memory, but for the arrays `separate` and `gather_times` themselves and for
 * duplicates and overflow, which become 0. `reports`: [n] in device memory, or NULL
 * where times are trusted, both as for rc_cuda_resample ().
 *
 * Cost: one launch for all streams that are computed alike (up to ten: of one type, and
 * all copied or all linear, in whole vectors or not), so one for most robots. */
RC_API RcStatus rc_cuda_fuse (RcCuda * cuda, void *stream,
    const RcCudaFuseStream * streams, int32_t n, const RcTicks * ticks,
    RcFused * out, RcCudaReport * reports, RcError * error);

#ifdef __cplusplus
}
#endif
