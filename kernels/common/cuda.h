/* SPDX-License-Identifier: Apache-2.0 */
/* The core on a CUDA device: a context with our kernels loaded.
 *
 * libcuda is opened at the first rc_cuda_new (); a program that never calls it
 * needs no driver, and no call here is made before. Every function that takes
 * an RcCuda makes its context current and leaves the caller's as it was.
 *
 * Pointers to device memory, streams and contexts are the driver API's
 * (CUdeviceptr, CUstream, CUcontext; those of the runtime API are the same).
 * Work is queued on the given stream and not waited for.
 *
 * Thread-safety: an RcCuda may be used from many threads; what is queued on one
 * stream is ordered by it. */
#pragma once

#include <stdint.h>

#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct RcCuda RcCuda;

/* Uses the primary context of device number `device`. NULL and `error`
 * RC_ERR_CUDA where there is no driver or device, where the driver is older than
 * the toolkit of the kernels (both versions are named), or where the build has no
 * kernels. */
RC_API RcCuda *rc_cuda_new (int32_t device, RcError * error);

/* Uses a context of the caller's (a CUcontext), which has to outlive it. */
RC_API RcCuda *rc_cuda_new_for_context (void *context, RcError * error);

/* After the work that was queued with it has ended. */
RC_API void rc_cuda_free (RcCuda * cuda);

/* The device's name, as the driver gives it. */
RC_API const char *rc_cuda_device_name (const RcCuda * cuda);

#ifdef __cplusplus
}
#endif
