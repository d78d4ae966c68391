/* SPDX-License-Identifier: Apache-2.0 */
/* Resampling on a CUDA device: resample.h's contract, the same bits, with data in
 * device memory. How pointers, streams and threads are meant: common/cuda.h. */
#pragma once

#include "../common/cuda.h"
#include "resample.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct RcCudaSampler RcCudaSampler;

/* Copies what the kernels need of a sampler to the device, which waits. The
 * sampler may be freed afterwards; free this before `cuda`. */
RC_API RcCudaSampler *rc_cuda_sampler_new (RcCuda * cuda,
    const RcSampler * sampler, RcError * error);
RC_API void rc_cuda_sampler_free (RcCudaSampler * sampler);

/* What a launch found, in device memory; 0 before the first one. Launches add. */
typedef struct
{
  uint64_t duplicates;          /* rows skipped for an equal time */
  uint64_t overflow;            /* rows that GATHER could not keep */
  uint64_t bad_series;          /* rows of the batch whose times go backwards or
                                 * begin with RC_TIME_NONE: all of their ticks are
                                 * missing */
  uint64_t bad_ticks;           /* ticks that are RC_TIME_NONE: missing */
} RcCudaReport;

/* rc_resample () with everything that `series`, `ticks` and `out` point to in
 * device memory, with the same bits. Elements and times lie at multiples of their
 * size. What rc_resample () refuses by looking at times is counted in `report`
 * instead, and duplicates and overflow are too (those of `out` become 0); lengths
 * outside of [0, S] are taken for the nearer end.
 *
 * With `report` NULL times are trusted to increase strictly, and a pass over them
 * is saved; where they do not, values are wrong, but nothing outside of the
 * arrays is touched. RC_ERR_CUDA: a call of the driver failed, and which. */
RC_API RcStatus rc_cuda_resample (RcCuda * cuda, void *stream,
    const RcCudaSampler * sampler, const RcSeries * series,
    const RcTicks * ticks, RcResampled * out, RcCudaReport * report,
    RcError * error);

#ifdef __cplusplus
}
#endif
