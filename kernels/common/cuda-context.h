/* SPDX-License-Identifier: Apache-2.0 */
/* What an RcCuda is; private to kernels/common/. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "cuda-driver.h"
#include "cuda-memory.h"
#include "cuda-private.h"

/* What is counted, as the fields of RcCudaCounts. */
typedef enum
{
#define NAME(id, field) id,
  RC_CUDA_COUNTS (NAME)
#undef NAME
  RC_N_CUDA_COUNTS
} RcCudaCount;

struct RcCuda
{
  const RcCuTable *cu;
  RcCuContext context;
  RcCuDevice device;
  bool primary;                 /* retained by us */
  RcCuModule modules[RC_N_FATBINS];
  RcCuFunction kernels[RC_N_KERNELS];
  int multiprocessors;
  char name[128];
  _Atomic uint64_t counts[RC_N_CUDA_COUNTS];
};

/* RC_OK, or an error that says what was called and how it failed. */
RcStatus rc_cuda_check (const RcCuda * cuda, RcCuResult result,
    const char *what, RcError * error);

/* Counts a call. */
static inline void
rc_cuda_count (RcCuda * cuda, RcCudaCount count)
{
  atomic_fetch_add_explicit (&cuda->counts[count], 1, memory_order_relaxed);
}
