/* SPDX-License-Identifier: Apache-2.0 */
/* The host's part of resampling on a device: checks, scratch, launches. */
#include "resample-cuda-private.h"
#include "../common/cuda-memory.h"
#include "../common/cuda-private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

RcCudaSampler *
rc_cuda_sampler_new (RcCuda * cuda, const RcSampler * sampler, RcError * error)
{
  const size_t segments = (size_t) sampler->n_segments
      * sizeof (*sampler->segments);
  const size_t quaternions = (size_t) sampler->n_quaternions
      * sizeof (*sampler->quaternions);
  const size_t size = sizeof (RcCudaSamplerImage) + segments + quaternions
      + (size_t) sampler->config.channels * sizeof (int32_t);
  RcCudaSampler *self;
  RcCudaSamplerImage *image;
  uint8_t *copy, *rest;
  int32_t *segment_of;
  RcStatus status;

  if (sampler->n_segments > INT32_MAX) {
    rc_error_set (error, RC_ERR_OVERFLOW, "%" PRId64 " channels with marks",
        sampler->n_segments);
    return NULL;
  }
  self = calloc (1, sizeof (*self));
  copy = malloc (size);
  if (!self || !copy) {
    rc_error_set (error, RC_ERR_NO_MEMORY, "no memory for a sampler");
    goto failed;
  }
  rest = copy + sizeof (*image);
  memcpy (rest, sampler->segments, segments);
  if (quaternions > 0)
    memcpy (rest + segments, sampler->quaternions, quaternions);
  segment_of = (int32_t *) (rest + segments + quaternions);
  for (int64_t i = 0; i < sampler->n_segments; i++) {
    const RcSegment *s = &sampler->segments[i];

    for (int64_t k = 0; k < s->count; k++)
      segment_of[s->first + k] = (int32_t) i;
  }
  status = rc_cuda_memory_new (cuda, size, &self->memory, error);
  if (status == RC_OK) {
    uint8_t *at = (uint8_t *) self->memory + sizeof (*image);

    self->cuda = cuda;
    self->sampler = *sampler;
    self->sampler.segments = (RcSegment *) at;
    self->sampler.quaternions = (int64_t *) (at + segments);
    self->segment_of = (const int32_t *) (at + segments + quaternions);
    for (size_t i = 0; i < sizeof (self->fill); i++)
      ((uint8_t *) & self->fill)[i] = sampler->fill[i % sampler->size];
    image = (RcCudaSamplerImage *) copy;
    image->sampler = self->sampler;
    image->segment_of = self->segment_of;
    image->fill = self->fill;
    self->image = self->memory;
    status = rc_cuda_write (cuda, self->memory, copy, size, error);
  }
  if (status != RC_OK)
    goto failed;
  self->plain = sampler->n_segments == 1
      && sampler->segments[0].kind == RC_SEGMENT_PLAIN
      && sampler->segments[0].velocity < 0;
  free (copy);
  return self;
failed:
  if (self)
    rc_cuda_memory_free (cuda, self->memory);
  free (copy);
  free (self);
  return NULL;
}

void
rc_cuda_sampler_free (RcCudaSampler * self)
{
  if (self)
    rc_cuda_memory_free (self->cuda, self->memory);
  free (self);
}

static RcStatus
check_alignments (const RcSampler * sampler, const RcSeries * series,
    const RcTicks * ticks, const RcResampled * out, const RcCudaReport * report,
    RcError * error)
{
  const struct
  {
    const void *pointer;
    size_t size;
    const char *name;
  } all[] = {
    {series->values, sampler->size, "series.values"},
    {series->times, 8, "series.times"},
    {series->lengths, 8, "series.lengths"},
    {ticks->times, 8, "ticks.times"},
    {out->values, sampler->size, "out.values"},
    {out->skew, 8, "out.skew"},
    {out->newest, 8, "out.newest"},
    {out->gather_count, 4, "out.gather_count"},
    {out->gather_times, 8, "out.gather_times"},
    {report, 8, "report"},
  };

  for (size_t i = 0; i < sizeof (all) / sizeof (*all); i++) {
    RcStatus status = rc_cuda_check_aligned (all[i].pointer, all[i].size,
        all[i].name, error);

    if (status != RC_OK)
      return status;
  }
  return RC_OK;
}

/* Whether rows can be moved in whole vectors. */
static bool
in_vectors (const RcCudaCall * c)
{
  const int64_t size = (int64_t) c->sampler.size;
  const int64_t all = (int64_t) (uintptr_t) c->values
      | (int64_t) (uintptr_t) c->out | c->row_stride * size
      | c->batch_stride * size | c->out_row_stride * size
      | c->out_batch_stride * size | c->sampler.config.channels * size;

  return all % RC_CUDA_VECTOR == 0;
}

/* The kernel for whole rows, where one fits; else the one for any element. */
static RcCudaKernel
choose (const RcCudaSampler * sampler, const RcCudaCall * c)
{
  const RcSamplerConfig *config = &c->sampler.config;
  const bool wide = config->dtype != RC_FLOAT32
      && config->dtype != RC_FLOAT16 && config->dtype != RC_BFLOAT16;

  if (sampler->plain && in_vectors (c)) {
    if (config->method <= RC_METHOD_NEXT)
      return RC_KERNEL_COPY;
    if (config->method == RC_METHOD_LINEAR) {
      switch (config->dtype) {
        case RC_FLOAT32:
          return RC_KERNEL_LINEAR_F32;
        case RC_FLOAT64:
          return RC_KERNEL_LINEAR_F64;
        case RC_FLOAT16:
          return RC_KERNEL_LINEAR_F16;
        case RC_BFLOAT16:
          return RC_KERNEL_LINEAR_BF16;
        default:
          break;
      }
    }
  }
  return wide ? RC_KERNEL_ANY_F64 : RC_KERNEL_ANY_F32;
}

/* Ticks of a block: enough for each thread to have several parts of rows in
 * flight, and few enough that every multiprocessor has blocks. */
static uint32_t
tile_of (const RcCuda * cuda, int32_t streams, const RcCudaCall * c,
    int64_t parts)
{
  const int64_t enough = 8 * RC_CUDA_THREADS;
  const int64_t blocks = 4 * rc_cuda_multiprocessors (cuda) / streams;
  int64_t tile = RC_CUDA_TILE;

  while (tile > 1 && (tile / 2 * parts >= enough
          || (c->count + tile - 1) / tile * c->batch < blocks))
    tile /= 2;
  return (uint32_t) tile;
}

RcStatus
rc_cuda_plan_prepare (RcCuda * cuda, void *stream, RcCudaPlanned * planned,
    RcError * error)
{
  RcCudaCall *c = &planned->call;
  void **scratch = &planned->scratch;
  const int64_t rows = c->batch * c->samples;
  const bool unique = c->report != NULL;
  const int32_t groups = c->sampler.blends ? c->sampler.n_quaternions : 0;
  const size_t ints = unique ? (size_t) (2 * rows + c->batch) : 0;
  const size_t signs = (size_t) rows * (size_t) groups;
  RcStatus status;

  *scratch = NULL;
  if (c->batch == 0 || (!unique && (signs == 0 || !c->values)))
    return RC_OK;
  status = rc_cuda_alloc_async (cuda, ints * 8 + signs, stream, scratch, error);
  if (status != RC_OK)
    return status;
  if (unique) {
    c->unique_times = *scratch;
    c->unique_index = c->unique_times + rows;
    c->unique_count = c->unique_index + rows;
    status = rc_cuda_launch (cuda, RC_KERNEL_PREPARE, c->batch, stream, c,
        error);
  }
  if (status == RC_OK && signs > 0 && c->values) {
    c->signs = (uint8_t *) * scratch + ints * 8;
    status = rc_cuda_launch (cuda, RC_KERNEL_SIGNS, c->batch, stream, c, error);
  }
  return status;
}

RcStatus
rc_cuda_plan (RcCuda * cuda, int32_t streams, int64_t few,
    const RcCudaSampler * sampler, const RcSeries * series,
    const RcTicks * ticks, const RcResampled * out, RcCudaReport * report,
    RcCudaPlanned * planned, RcError * error)
{
  RcCudaCall *c = &planned->call;
  RcResamplePlan plan;
  RcCudaKernel kernel;
  int64_t row;
  bool is_few;
  RcStatus status;

  status = rc_resample_plan (&sampler->sampler, series, ticks, out, &plan,
      error);
  if (status == RC_OK)
    status = check_alignments (&sampler->sampler, series, ticks, out, report,
        error);
  if (status != RC_OK)
    return status;
  row = rc_sampler_row_elements (&sampler->sampler);
  if (row > INT32_MAX / RC_CUDA_TILE)
    return rc_error_set (error, RC_ERR_OVERFLOW, "a row of %" PRId64
        " elements", row);
  memset (planned, 0, sizeof (*planned));
  c->sampler = sampler->sampler;
  c->segment_of = sampler->segment_of;
  c->values = series->values;
  c->times = series->times;
  c->lengths = series->lengths;
  c->batch = series->batch;
  c->samples = series->values ? series->samples : 0;
  c->row_stride = plan.row_stride;
  c->batch_stride = plan.batch_stride;
  c->times_stride = plan.times_stride;
  c->ticks = ticks->times;
  c->count = ticks->count;
  c->ticks_stride = ticks->shared ? 0 : ticks->count;
  c->out = out->values;
  c->out_row_stride = plan.out_row_stride;
  c->out_batch_stride = plan.out_batch_stride;
  c->info_stride = plan.info_stride;
  c->state = out->state;
  c->skew = out->skew;
  c->newest = out->newest;
  c->gather_count = out->gather_count;
  c->gather_times = out->gather_times;
  c->report = report;
  c->fill = sampler->fill;
  kernel = choose (sampler, c);
  c->vectors = (uint32_t) (row * (int64_t) c->sampler.size / RC_CUDA_VECTOR);
  is_few = kernel < RC_KERNEL_FEW_COPY && c->samples <= few
      && c->batch * c->count <= RC_CUDA_FEW_VECTORS / c->vectors;
  if (is_few) {
    kernel += RC_KERNEL_FEW_COPY - RC_KERNEL_COPY;
    c->tile = c->vectors >= 32 ? 1 : 32 / c->vectors;
    if (c->tile > RC_CUDA_FEW_TILE)
      c->tile = RC_CUDA_FEW_TILE;
  } else {
    c->tile =
        tile_of (cuda, streams, c,
        kernel >= RC_KERNEL_ANY_F32 ? row : c->vectors);
  }
  if ((c->count + c->tile - 1) / c->tile > INT32_MAX)
    return rc_error_set (error, RC_ERR_OVERFLOW, "%" PRId64 " ticks", c->count);
  c->tiles = (uint32_t) ((c->count + c->tile - 1) / c->tile);
  planned->kernel = (int32_t) kernel;
  planned->blocks = c->tiles * c->batch;
  if (is_few)
    planned->blocks = (planned->blocks + RC_CUDA_THREADS / 32 - 1)
        / (RC_CUDA_THREADS / 32);
  return RC_OK;
}

RcStatus
rc_cuda_resample (RcCuda * cuda, void *stream, const RcCudaSampler * sampler,
    const RcSeries * series, const RcTicks * ticks, RcResampled * out,
    RcCudaReport * report, RcError * error)
{
  RcCudaPlanned planned;
  RcStatus status;

  if (!cuda || !sampler)
    return rc_error_set (error, RC_ERR_ARGUMENT, "%s is NULL", cuda ? "sampler"
        : "cuda");
  status =
      rc_cuda_plan (cuda, 1, RC_CUDA_FEW_SAMPLES, sampler, series, ticks, out,
      report, &planned, error);
  if (status != RC_OK)
    return status;
  out->duplicates = out->overflow = 0;
  if ((status = rc_cuda_enter (cuda, error)) != RC_OK)
    return status;
  status = rc_cuda_plan_prepare (cuda, stream, &planned, error);
  if (status == RC_OK && planned.blocks > 0)
    status = rc_cuda_launch (cuda, planned.kernel, planned.blocks, stream,
        &planned.call, error);
  rc_cuda_free_async (cuda, planned.scratch, stream);
  rc_cuda_leave (cuda);
  return status;
}
