/* SPDX-License-Identifier: Apache-2.0 */
/* The host's part of voxelizing on a device: scratch and launches. */
#include "voxelize-cuda-private.h"
#include "../common/cuda-memory.h"
#include "../common/cuda-private.h"

#include <stdlib.h>
#include <string.h>

/* Most blocks on a multiprocessor: a few times what runs side by side, so that they end
 * together. */
#define BLOCKS 32
/* From these bytes on, counts go by way of 8 bits: larger outputs do not stay in the
 * second-level cache (measured on an H100, docs/bench-cuda.md). */
#define LARGE_COUNTS (24 << 20)

/* Scratch, one piece of memory each. */
typedef enum
{
  BITS, SMALL, RANKED, HEAD, COUNTS, VALUES, POISON, N_SCRATCH
} Scratch;

struct RcCudaVoxelizer
{
  RcCuda *cuda;
  RcCudaVoxelCall call;         /* without points, output and scratch */
  void *channel;                /* call.channel, on the device */
  bool numbered;                /* mean, min or max: occupied cells have numbers */
  bool plain;                   /* but for the points' address, kernels for plain
                                 * fields and grids serve */
  bool dirty;                   /* a launch failed: scratch is not all 0 */
  size_t out_bytes;
  void *scratch[N_SCRATCH];
  size_t sizes[N_SCRATCH];
};

static RcStatus
upload_channels (RcCudaVoxelizer * self, const RcVoxelizer * v, RcError * error)
{
  RcCudaChannel *channels;
  RcStatus status;
  int64_t n = 0;

  if (v->channels == 0)
    return RC_OK;
  channels = (uint64_t) v->channels <= PTRDIFF_MAX / sizeof (*channels)
      ? calloc ((size_t) v->channels, sizeof (*channels)) : NULL;
  if (!channels)
    return rc_error_set (error, RC_ERR_NO_MEMORY, "no memory for %lld channels",
        (long long) v->channels);
  for (int32_t f = 0; f < v->config.n_fields; f++) {
    const RcPointField *field = &v->config.fields[f];
    const int64_t size = (int64_t) rc_dtype_size (field->dtype);

    for (int64_t i = 0; i < field->count; i++)
      channels[n++] = (RcCudaChannel) {
      field->offset + i * size, field->dtype};
    self->plain &= field->dtype == RC_FLOAT32 && field->offset % 4 == 0;
  }
  status = rc_cuda_memory_new (self->cuda, (size_t) n * sizeof (*channels),
      &self->channel, error);
  if (status == RC_OK)
    status = rc_cuda_write (self->cuda, self->channel, channels, (size_t) n
        * sizeof (*channels), error);
  free (channels);
  self->call.channel = self->channel;
  return status;
}

RcCudaVoxelizer *
rc_cuda_voxelizer_new (RcCuda * cuda, const RcVoxelizer * voxelizer,
    RcError * error)
{
  const RcVoxelizer *v = voxelizer;
  const RcVoxelizerConfig *config;
  RcCudaVoxelizer *self;
  RcCudaVoxelCall *c;

  if (!cuda || !voxelizer) {
    rc_error_set (error, RC_ERR_ARGUMENT, "%s is NULL", cuda ? "voxelizer"
        : "cuda");
    return NULL;
  }
  config = &v->config;
  if (rc_voxel_mode_is_sparse (config->mode)) {
    rc_error_set (error, RC_ERR_ARGUMENT, "mode %s has no CUDA kernel",
        rc_voxel_mode_name (config->mode));
    return NULL;
  }
  self = calloc (1, sizeof (*self));
  if (!self) {
    rc_error_set (error, RC_ERR_NO_MEMORY, "no memory for a voxelizer");
    return NULL;
  }
  self->cuda = cuda;
  self->numbered = v->channels > 0;
  self->plain = config->point_step % 4 == 0 && v->cells <= INT32_MAX;
  self->out_bytes = v->bytes;
  c = &self->call;
  c->step = config->point_step;
  c->stride[v->inner] = 1;
  c->stride[v->middle] = config->dims[v->inner];
  c->stride[v->outer] = config->dims[v->inner] * config->dims[v->middle];
  for (int a = 0; a < 3; a++) {
    c->offset[a] = config->xyz[a].offset;
    c->dtype[a] = (int32_t) config->xyz[a].dtype;
    c->max[a] = config->max[a];
    c->dims[a] = (double) config->dims[a];
    c->bounded |= config->max[a] < INFINITY;
    self->plain &= rc_voxel_guess32_init (&c->guess32[a], config->min[a],
        config->size[a], config->dims[a]);
    c->guessed[a] = rc_voxel_guess_init (&c->guess[a], config->min[a],
        config->size[a], config->dims[a]);
    self->plain &= config->xyz[a].dtype == RC_FLOAT32
        && config->xyz[a].offset % 4 == 0;
  }
  c->mode = (int32_t) config->mode;
  c->type = (int32_t) config->type;
  c->cells = v->cells;
  c->channels = v->channels;
  c->words = (v->cells / 32 / RC_VOXEL_TILE + 1) * RC_VOXEL_TILE;
  c->fill = v->fill;
  if (upload_channels (self, v, error) != RC_OK) {
    rc_cuda_voxelizer_free (self);
    return NULL;
  }
  return self;
}

void
rc_cuda_voxelizer_free (RcCudaVoxelizer * self)
{
  if (!self)
    return;
  for (int i = 0; i < N_SCRATCH; i++)
    rc_cuda_memory_free (self->cuda, self->scratch[i]);
  rc_cuda_memory_free (self->cuda, self->channel);
  free (self);
}

/* Makes a piece of scratch hold `count` elements, all 0 where it grows. */
static RcStatus
reserve (RcCudaVoxelizer * self, void *stream, Scratch piece, int64_t count,
    int64_t element, RcError * error)
{
  int64_t size;
  RcStatus status;

  if (__builtin_mul_overflow (count, element, &size) || size > PTRDIFF_MAX)
    return rc_error_set (error, RC_ERR_OVERFLOW, "scratch of %lld elements of "
        "%lld bytes", (long long) count, (long long) element);
  if ((size_t) size <= self->sizes[piece])
    return RC_OK;
  rc_cuda_free_async (self->cuda, self->scratch[piece], stream);
  self->sizes[piece] = 0;
  self->scratch[piece] = NULL;
  status = rc_cuda_alloc_async (self->cuda, (size_t) size, stream,
      &self->scratch[piece], error);
  if (status != RC_OK)
    return status;
  self->sizes[piece] = (size_t) size;
  return rc_cuda_clear_async (self->cuda, self->scratch[piece], (size_t) size,
      stream, error);
}

static RcStatus
prepare (RcCudaVoxelizer * self, void *stream, RcCudaVoxelCall * c,
    RcError * error)
{
  const bool mean = c->mode == RC_VOXEL_MEAN;
  const int64_t occupied = c->n_points < c->cells ? c->n_points : c->cells;
  const int64_t tiles = c->words / RC_VOXEL_TILE;
  const int64_t head = (2 + tiles) * 8 + c->channels
      * (int64_t) sizeof (*c->scales);
  int64_t values;
  RcStatus status = RC_OK;

  for (int i = 0; self->dirty && i < N_SCRATCH && status == RC_OK; i++) {
    if (self->scratch[i])
      status = rc_cuda_clear_async (self->cuda, self->scratch[i],
          self->sizes[i], stream, error);
  }
  if (status != RC_OK)
    return status;
  if (c->mode == RC_VOXEL_COUNT && self->out_bytes < LARGE_COUNTS)
    return rc_cuda_clear_async (self->cuda, c->out, self->out_bytes, stream,
        error);
  if (c->mode == RC_VOXEL_COUNT) {
    status = reserve (self, stream, SMALL, c->cells / 4 + 1, 4, error);
    if (status == RC_OK)
      status = reserve (self, stream, HEAD, 4, 1, error);
    c->small = self->scratch[SMALL];
    c->full = self->scratch[HEAD];
    return status == RC_OK ? rc_cuda_clear_async (self->cuda, c->full, 4,
        stream, error) : status;
  }
  status = reserve (self, stream, BITS, c->words, 4, error);
  c->bits = self->scratch[BITS];
  if (status != RC_OK || !self->numbered)
    return status;
  if (__builtin_mul_overflow (occupied, c->channels, &values))
    return rc_error_set (error, RC_ERR_OVERFLOW, "%lld voxels of %lld channels "
        "do not fit an int64", (long long) occupied, (long long) c->channels);
  if ((status = reserve (self, stream, RANKED, c->words, 8, error)) != RC_OK
      || (status = reserve (self, stream, HEAD, head, 1, error)) != RC_OK
      || (status = reserve (self, stream, VALUES, values, mean ? 8 : 4,
              error)) != RC_OK
      || (mean && (status = reserve (self, stream, COUNTS, occupied, 4,
                  error)) != RC_OK)
      || (mean && (status = reserve (self, stream, POISON, values, 1,
                  error)) != RC_OK))
    return status;
  c->ranked = self->scratch[RANKED];
  c->inside = self->scratch[HEAD];
  c->tiles = c->inside + 1;
  c->scales = (RcCudaScale *) (c->tiles + 1 + tiles);
  c->counts = self->scratch[COUNTS];
  c->sums = self->scratch[VALUES];
  c->keys = self->scratch[VALUES];
  c->poison = self->scratch[POISON];
  return rc_cuda_clear_async (self->cuda, self->scratch[HEAD], (size_t) head,
      stream, error);
}

static RcStatus
launch (RcCudaVoxelizer * self, RcCudaKernel kernel, int64_t threads,
    void *stream, const RcCudaVoxelCall * c, RcError * error)
{
  const int64_t most = BLOCKS * rc_cuda_multiprocessors (self->cuda);
  int64_t blocks = threads / RC_CUDA_THREADS + 1;

  if (blocks > most)
    blocks = most;
  return rc_cuda_launch (self->cuda, kernel, blocks, stream, c, error);
}

static RcStatus
count (RcCudaVoxelizer * self, bool plain, void *stream, RcCudaVoxelCall * c,
    RcError * error)
{
  RcStatus status = launch (self, (c->small ? RC_KERNEL_VOXEL_COUNT_SMALL
          : RC_KERNEL_VOXEL_COUNT) + plain, c->n_points, stream, c,
      error);

  if (status == RC_OK && c->small)
    status =
        launch (self, RC_KERNEL_VOXEL_COUNT_WIDEN, c->cells / 4, stream,
        c, error);
  /* where 8 bits were enough, these two find nothing to do */
  if (status == RC_OK && c->small)
    status =
        launch (self, RC_KERNEL_VOXEL_COUNT_AGAIN + plain, c->n_points, stream,
        c, error);
  if (status == RC_OK && c->type == RC_VOXEL_F32)
    status =
        launch (self, RC_KERNEL_VOXEL_COUNT_TO_FLOAT, c->cells, stream, c,
        error);
  return status;
}

static RcStatus
run (RcCudaVoxelizer * self, void *stream, RcCudaVoxelCall * c, RcError * error)
{
  const bool plain = self->plain && (uintptr_t) c->points % 4 == 0;
  const bool mean = c->mode == RC_VOXEL_MEAN;
  RcStatus status;

  if ((status = prepare (self, stream, c, error)) != RC_OK)
    return status;
  if (c->mode == RC_VOXEL_COUNT)
    return count (self, plain, stream, c, error);
  status = launch (self, (mean ? RC_KERNEL_VOXEL_SET_MAX : RC_KERNEL_VOXEL_SET)
      + plain, c->n_points, stream, c, error);
  if (status != RC_OK)
    return status;
  if (!self->numbered) {
    const int64_t each = c->type == RC_VOXEL_U8 ? 16 : c->type == RC_VOXEL_BITS
        ? 128 : 4;

    return launch (self, RC_KERNEL_VOXEL_EXPAND, c->words * 32 / each,
        stream, c, error);
  }
  /* a block for each tile */
  status = rc_cuda_launch (self->cuda, RC_KERNEL_VOXEL_RANK, c->words
      / RC_VOXEL_TILE, stream, c, error);
  if (status == RC_OK)
    status = launch (self, (mean ? RC_KERNEL_VOXEL_SUM : RC_KERNEL_VOXEL_ORDER)
        + plain, c->n_points, stream, c, error);
  if (status == RC_OK)
    status = launch (self, mean ? RC_KERNEL_VOXEL_WRITE_MEAN
        : RC_KERNEL_VOXEL_WRITE_ORDER, c->cells / 4, stream, c, error);
  return status;
}

RcStatus
rc_cuda_voxelize_dense (RcCudaVoxelizer * voxelizer, void *stream,
    const void *points, int64_t n_points, void *out, RcVoxelStats * stats,
    RcError * error)
{
  RcCudaVoxelizer *self = voxelizer;
  RcCudaVoxelCall c;
  RcStatus status;
  bool wide;

  if (!self || !out)
    return rc_error_set (error, RC_ERR_ARGUMENT, "%s is NULL",
        self ? "out" : "voxelizer");
  status = rc_voxel_check_points (points, n_points, self->call.step, error);
  if (status != RC_OK)
    return status;
  wide = self->numbered || self->call.type == RC_VOXEL_U32
      || self->call.type == RC_VOXEL_F32;
  if ((status = rc_cuda_check_aligned (out, wide ? 4 : 1, "out",
              error)) != RC_OK
      || (status = rc_cuda_check_aligned (stats, 8, "stats", error)) != RC_OK)
    return status;
  c = self->call;
  c.points = points;
  c.n_points = n_points;
  c.out = out;
  c.stats = stats;
  if ((status = rc_cuda_enter (self->cuda, error)) != RC_OK)
    return status;
  status = run (self, stream, &c, error);
  self->dirty = status != RC_OK;
  rc_cuda_leave (self->cuda);
  return status;
}
