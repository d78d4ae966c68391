/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that are compiled for the host and, under nvcc, for the device. */
#pragma once

#ifdef __CUDACC__
#define RC_HD __host__ __device__ static inline
/* Before a loop that runs once per tick: code, not time, is what counts there. */
#define RC_ROLLED _Pragma ("unroll 1")
#else
#define RC_HD static inline
#define RC_ROLLED
#endif
