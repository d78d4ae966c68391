/* SPDX-License-Identifier: Apache-2.0 */
/* The host's part of fusing on a device: which streams share a launch. */
#include "fuse-cuda.h"
#include "fuse-private.h"
#include "../common/cuda-private.h"
#include "../resample/resample-cuda-private.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Samples up to which a series counts as short: none does where one of them does not,
 * which would need a launch of its own, or where there is much to make. */
static int64_t
short_series (const RcFuseStream * streams, int32_t n, int64_t count)
{
  double vectors = 0;

  for (int32_t i = 0; i < n; i++) {
    const RcSampler *sampler = streams[i].sampler;

    if (streams[i].series.samples > RC_CUDA_FUSED_FEW_SAMPLES)
      return 0;
    vectors += (double) streams[i].series.batch * (double) count
        * (double) rc_sampler_row_elements (sampler) * (double) sampler->size
        / RC_CUDA_VECTOR;
  }
  return vectors <= RC_CUDA_FUSED_FEW_VECTORS ? RC_CUDA_FUSED_FEW_SAMPLES : 0;
}

static RcStatus
plan (RcCuda * cuda, const RcCudaFuseStream * streams, int32_t n,
    const RcTicks * ticks, RcFused * out, RcCudaReport * reports,
    RcFuseStream * plain, RcCudaPlanned * planned, RcError * error)
{
  int64_t row = 0, first = 0, few = 0;
  RcStatus status;

  for (int32_t i = 0; i < n; i++)
    plain[i] = (RcFuseStream) {
    streams[i].sampler ? &streams[i].sampler->sampler : NULL,
        streams[i].series};
  status = rc_fuse_check_streams (plain, n, error);
  if (status == RC_OK)
    status = rc_fuse_check_outputs (plain, n, ticks, out, &row, error);
  if (status == RC_OK)
    few = short_series (plain, n, ticks->count);
  for (int32_t i = 0; i < n && status == RC_OK; i++) {
    const RcResampled one = rc_fuse_output (out, plain[i].sampler, n, i, first,
        row);
    RcError inner = { RC_OK, "" };

    status = rc_cuda_plan (cuda, n, few, streams[i].sampler,
        &streams[i].series, ticks, &one, reports ? &reports[i] : NULL,
        &planned[i], &inner);
    if (status != RC_OK)
      rc_error_set (error, status, "streams[%d]: %s", i, inner.message);
    if (out->duplicates)
      out->duplicates[i] = 0;
    if (out->overflow)
      out->overflow[i] = 0;
    first += rc_sampler_row_elements (plain[i].sampler);
  }
  return status;
}

/* Launches stream i and all that can share its launch, which have no blocks then. */
static RcStatus
launch_alike (RcCuda * cuda, void *stream, RcCudaPlanned * planned, int32_t n,
    int32_t i, RcError * error)
{
  const int32_t kernel = planned[i].kernel;
  RcCudaFused fused = {.n = 0 };
  int64_t blocks = 0;

  for (int32_t k = i; k < n && fused.n < RC_CUDA_FUSED; k++) {
    if (planned[k].blocks == 0 || planned[k].kernel != kernel
        || blocks + planned[k].blocks > INT32_MAX)
      continue;
    fused.first_block[fused.n] = (uint32_t) blocks;
    fused.calls[fused.n++] = planned[k].call;
    blocks += planned[k].blocks;
    planned[k].blocks = 0;
  }
  /* (the plain kernels for few ticks are for still shorter series) */
  if (fused.n == 1 && (kernel < RC_KERNEL_FEW_COPY
          || kernel >= RC_KERNEL_ANY_F32))
    return rc_cuda_launch (cuda, kernel, blocks, stream, &fused.calls[0],
        error);
  return rc_cuda_launch (cuda, kernel - RC_KERNEL_COPY + RC_KERNEL_FUSED_COPY,
      blocks, stream, &fused, error);
}

static RcStatus
run (RcCuda * cuda, void *stream, RcCudaPlanned * planned, int32_t n,
    RcError * error)
{
  RcStatus status = rc_cuda_enter (cuda, error);

  if (status != RC_OK)
    return status;
  for (int32_t i = 0; i < n && status == RC_OK; i++)
    status = rc_cuda_plan_prepare (cuda, stream, &planned[i], error);
  for (int32_t i = 0; i < n && status == RC_OK; i++) {
    /* one that is too large for a launch says so itself */
    if (planned[i].blocks > 0)
      status = planned[i].blocks > INT32_MAX ? rc_cuda_launch (cuda,
          planned[i].kernel, planned[i].blocks, stream, &planned[i].call, error)
          : launch_alike (cuda, stream, planned, n, i, error);
  }
  for (int32_t i = 0; i < n; i++)
    rc_cuda_free_async (cuda, planned[i].scratch, stream);
  rc_cuda_leave (cuda);
  return status;
}

RcStatus
rc_cuda_fuse (RcCuda * cuda, void *stream, const RcCudaFuseStream * streams,
    int32_t n, const RcTicks * ticks, RcFused * out, RcCudaReport * reports,
    RcError * error)
{
  RcFuseStream *plain;
  RcCudaPlanned *planned;
  RcStatus status;

  if (!cuda || n < 1 || !streams)
    return rc_error_set (error, RC_ERR_ARGUMENT, "%d streams at %p, cuda is %p",
        n, (const void *) streams, (void *) cuda);
  plain = calloc ((size_t) n, sizeof (*plain));
  planned = calloc ((size_t) n, sizeof (*planned));
  if (plain && planned)
    status =
        plan (cuda, streams, n, ticks, out, reports, plain, planned, error);
  else
    status = rc_error_set (error, RC_ERR_NO_MEMORY, "no memory for %d streams",
        n);
  if (status == RC_OK)
    status = run (cuda, stream, planned, n, error);
  free (plain);
  free (planned);
  return status;
}
