/* SPDX-License-Identifier: Apache-2.0 */
/* What resample-cuda.c and resample.cu share. */
#pragma once

#include "resample-cuda.h"
#include "sampler.h"

/* Bytes that a thread moves at once in the kernels for whole rows. */
#define RC_CUDA_VECTOR 16
/* Most ticks of a block. */
#define RC_CUDA_TILE 128
/* Few: so many vectors to be made, of series this short, go by latency. */
#define RC_CUDA_FEW_SAMPLES 128
#define RC_CUDA_FEW_VECTORS (1 << 19)
/* and of streams that share a launch, where that would not be one with the kernels for
 * more (docs/bench-cuda.md) */
#define RC_CUDA_FUSED_FEW_SAMPLES 256
#define RC_CUDA_FUSED_FEW_VECTORS (1 << 16)
#define RC_CUDA_FEW_TILE 8      /* most ticks of a warp */

/* One call, its strides resolved: the kernels' argument. Strides in elements. */
typedef struct
{
  RcSampler sampler;            /* its pointers are the device's */
  const int32_t *segment_of;    /* [D] */
  const uint8_t *values;
  const int64_t *times, *lengths;
  int64_t batch, samples;
  int64_t row_stride, batch_stride, times_stride;
  const int64_t *ticks;
  int64_t count, ticks_stride;  /* between batches; 0: shared */
  uint8_t *out;
  int64_t out_row_stride, out_batch_stride, info_stride;
  uint8_t *state;
  int64_t *skew, *newest;
  int32_t *gather_count;
  int64_t *gather_times;
  RcCudaReport *report;
  /* from rc_prepare (), where the report is wanted: times without repetitions,
   * where they lie, and how many; per batch */
  int64_t *unique_times;        /* [B, S] */
  int64_t *unique_index;        /* [B, S] */
  int64_t *unique_count;        /* [B] */
  uint8_t *signs;               /* [B, S, groups], by unique rows */
  uint64_t fill;                /* the missing value, as often as it fits */
  uint32_t tile, tiles;         /* ticks of a block (few: of a warp), and how many of
                                 * these a batch has */
  uint32_t vectors;             /* of a row */
} RcCudaCall;

/* Calls of one kernel that share a launch: each has its blocks. */
#define RC_CUDA_FUSED 10        /* what an argument of 4 KB holds */
typedef struct
{
  int64_t n;
  uint32_t first_block[RC_CUDA_FUSED];
  RcCudaCall calls[RC_CUDA_FUSED];
} RcCudaFused;

/* What the kernels need of a sampler, in device memory. */
typedef struct
{
  RcSampler sampler;            /* its pointers are the device's */
  const int32_t *segment_of;    /* [D] */
  uint64_t fill;                /* the missing value, as often as it fits */
} RcCudaSamplerImage;

struct RcCudaSampler
{
  RcCuda *cuda;
  RcSampler sampler;            /* its pointers are the device's */
  const int32_t *segment_of;
  uint64_t fill;
  const RcCudaSamplerImage *image;      /* the same, on the device */
  void *memory;                 /* on the device, all of it */
  bool plain;                   /* no marks */
};

/* What a block makes of a row: elements, or bytes of a copy. */
#define RC_CUDA_APPLY_ELEMENTS 1024
#define RC_CUDA_APPLY_BYTES 32768

/* One row of a launch. Its lists lie `lists` bytes after the start of the table:
 * rows[count], times[count], signs[count]. */
typedef struct
{
  const RcCudaSamplerImage *sampler;    /* NULL: a copy */
  RcPick pick;
  uint8_t *out;
  int64_t count;
  int64_t size;                 /* elements, or bytes with the zeros */
  int64_t bytes;                /* of a copy */
  uint32_t first_block;
  uint32_t lists;
  uint32_t has_signs;
} RcCudaApplyRow;

/* The kernels' argument: rows and lists, in itself or in device memory. */
typedef struct
{
  const uint8_t *table;         /* NULL: here */
  int64_t n;
  uint8_t here[4096 - 16];         /* at a multiple of 8 */
} RcCudaApply;

/* A call that is checked and planned, but for its scratch. */
typedef struct
{
  RcCudaCall call;
  int32_t kernel;               /* RcCudaKernel, of RC_KERNEL_COPY .. ANY_F64 */
  int64_t blocks;               /* 0: nothing to do */
  void *scratch;                /* once prepared */
} RcCudaPlanned;

#ifndef __cplusplus
/* `streams`: so many share the device; `few`: series of so many samples are short enough
 * for the kernels for few ticks. */
RcStatus rc_cuda_plan (RcCuda * cuda, int32_t streams, int64_t few,
    const RcCudaSampler * sampler, const RcSeries * series, const RcTicks * ticks, const RcResampled * out,
    RcCudaReport * report, RcCudaPlanned * planned, RcError * error);
/* With the context current: the scratch and what has to be known before; free the
 * scratch on the same stream. */
RcStatus rc_cuda_plan_prepare (RcCuda * cuda, void *stream,
    RcCudaPlanned * planned, RcError * error);
#endif
