/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that are compiled for the host and, under nvcc, for the device. */
#pragma once

#ifdef __CUDACC__
#define RC_HD __host__ __device__ static inline
#else
#define RC_HD static inline
#endif
