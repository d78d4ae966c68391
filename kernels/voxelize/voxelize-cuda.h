/* SPDX-License-Identifier: Apache-2.0 */
/* Voxelizing on a CUDA device: the dense modes of voxelize.h's contract, the same
 * bits, with data in device memory. How pointers, streams and threads are meant:
 * common/cuda.h. */
#pragma once

#include "../common/cuda.h"
#include "voxelize.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Has scratch in device memory: a bit per cell (for large counts a byte), and for mean,
 * min and max another 8 bytes per 32 cells and, per point or cell, whichever are fewer,
 * 9 bytes per channel (min, max: 4) and 4. It grows to what a call needs and is kept. */
typedef struct RcCudaVoxelizer RcCudaVoxelizer;

/* Copies what the kernels need of a voxelizer to the device, which waits. The
 * voxelizer may be freed afterwards; free this before `cuda`, when its work has
 * ended. RC_ERR_ARGUMENT for a sparse mode. */
RC_API RcCudaVoxelizer *rc_cuda_voxelizer_new (RcCuda * cuda,
    const RcVoxelizer * voxelizer, RcError * error);
RC_API void rc_cuda_voxelizer_free (RcCudaVoxelizer * voxelizer);

/* rc_voxelize_dense () with `points`, `out` and `stats` in device memory. Points may
 * lie at any address; `out` is aligned for its type (16 bytes are faster), `stats`
 * (may be NULL) to 8. Calls add to `stats`, so that one copy to the host serves
 * many of them. One call at a time, and calls of one voxelizer on one stream, or on
 * several that are ordered. After RC_ERR_CUDA the output is undefined.
 *
 * Cost: one pass over the points and one over the output (occupancy, count); a second
 * one over the points for mean, min and max. Points that follow each other in one
 * cell are counted together, so that scans are cheaper than random points. */
RC_API RcStatus rc_cuda_voxelize_dense (RcCudaVoxelizer * voxelizer,
    void *stream, const void *points, int64_t n_points, void *out,
    RcVoxelStats * stats, RcError * error);

#ifdef __cplusplus
}
#endif
