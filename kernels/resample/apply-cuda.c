/* SPDX-License-Identifier: Apache-2.0 */
/* The host's part of single ticks on a device: a table of rows, and a launch. */
#include "apply-cuda.h"
#include "resample-cuda-private.h"
#include "../common/cuda-memory.h"
#include "../common/cuda-private.h"

#include <stdlib.h>
#include <string.h>

/* What a row's lists take: rows, times and signs of each. */
#define LISTED 24

/* Of the rows' table, before it is filled. */
typedef struct
{
  RcCudaApply *argument;
  uint8_t *table;               /* within the argument, or allocated */
  size_t size, used;
} Table;

static RcStatus
table_new (Table * table, RcCudaApply * argument, size_t n, size_t listed,
    RcError * error)
{
  table->argument = argument;
  table->used = n * sizeof (RcCudaApplyRow);
  table->size = table->used + listed * LISTED;
  argument->n = (int64_t) n;
  argument->table = NULL;
  table->table = table->size <= sizeof (argument->here) ? argument->here
      : malloc (table->size);
  if (!table->table)
    return rc_error_set (error, RC_ERR_NO_MEMORY, "no memory for %zu rows", n);
  return RC_OK;
}

static void
table_free (Table * table)
{
  if (table->table != table->argument->here)
    free (table->table);
}

/* Row i of the table, with room for its lists. */
static RcCudaApplyRow *
table_add (Table * table, int32_t i, const RcCudaSampler * sampler,
    int64_t count)
{
  RcCudaApplyRow *row = (RcCudaApplyRow *) table->table + i;

  *row = (RcCudaApplyRow) {
  .sampler = sampler ? sampler->image : NULL,.count = count,.lists =
        (uint32_t) table->used};
  table->used += (size_t) count *LISTED;
  return row;
}

/* Fills list number `list` of a row (rows, times, signs) from its element `from` on. */
static void
table_list (Table * table, const RcCudaApplyRow * row, int list, int64_t from,
    const void *pointers, int64_t count)
{
  if (count > 0 && pointers)
    memcpy (table->table + row->lists + (size_t) (list * row->count + from) * 8,
        pointers, (size_t) count * 8);
}

static RcStatus
launch (RcCuda * cuda, RcCudaKernel kernel, int64_t blocks, void *stream,
    Table * table, RcError * error)
{
  void *memory = NULL;
  RcStatus status = rc_cuda_enter (cuda, error);

  if (status != RC_OK)
    return status;
  if (table->table != table->argument->here) {
    status = rc_cuda_alloc_async (cuda, table->size, stream, &memory, error);
    if (status == RC_OK)
      status = rc_cuda_copy_up (cuda, memory, table->table, table->size, stream,
          error);
    table->argument->table = memory;
  }
  if (status == RC_OK)
    status = rc_cuda_launch (cuda, kernel, blocks, stream, table->argument,
        error);
  rc_cuda_free_async (cuda, memory, stream);
  rc_cuda_leave (cuda);
  return status;
}

static RcStatus
check_row (const RcCudaRow * row, int32_t i, RcError * error)
{
  const int64_t count = row->sampler ? row->pick.count : row->bytes > 0;
  size_t size;

  if (row->pick.count < 0 || (count > 0 && !row->rows))
    return rc_error_set (error, RC_ERR_ARGUMENT, "rows[%d] has %lld rows at %p",
        i, (long long) row->pick.count, (const void *) row->rows);
  if (!row->sampler)
    return row->out || row->bytes + row->zeros == 0 ? RC_OK
        : rc_error_set (error, RC_ERR_ARGUMENT, "rows[%d].out is NULL", i);
  size = row->sampler->sampler.size;
  if (!row->out || (uintptr_t) row->out % size)
    return rc_error_set (error, RC_ERR_ARGUMENT, "rows[%d].out is %p, no "
        "multiple of %zu bytes", i, row->out, size);
  if (count > 0 && !row->times)
    return rc_error_set (error, RC_ERR_ARGUMENT, "rows[%d].times is NULL", i);
  for (int64_t k = 0; k < count; k++) {
    if (!row->rows[k] || (uintptr_t) row->rows[k] % size)
      return rc_error_set (error, RC_ERR_ARGUMENT, "rows[%d].rows[%lld] is %p, "
          "no multiple of %zu bytes", i, (long long) k, row->rows[k], size);
  }
  return RC_OK;
}

RcStatus
rc_cuda_apply (RcCuda * cuda, void *stream, const RcCudaRow * rows, int32_t n,
    RcError * error)
{
  RcCudaApply argument;
  Table table;
  size_t listed = 0;
  int64_t blocks = 0;
  RcStatus status;

  if (!cuda || n < 0 || (n > 0 && !rows))
    return rc_error_set (error, RC_ERR_ARGUMENT, "%d rows at %p, cuda is %p", n,
        (const void *) rows, (void *) cuda);
  for (int32_t i = 0; i < n; i++) {
    if ((status = check_row (&rows[i], i, error)) != RC_OK)
      return status;
    listed += rows[i].sampler ? (size_t) rows[i].pick.count : 1;
  }
  if (n == 0)
    return RC_OK;
  if (listed > (UINT32_MAX - (size_t) n * sizeof (RcCudaApplyRow)) / LISTED)
    return rc_error_set (error, RC_ERR_OVERFLOW, "%zu rows for one launch",
        listed);
  status = table_new (&table, &argument, (size_t) n, listed, error);
  if (status != RC_OK)
    return status;
  for (int32_t i = 0; i < n; i++) {
    const RcCudaRow *from = &rows[i];
    const int64_t count = from->sampler ? from->pick.count : from->bytes > 0;
    RcCudaApplyRow *row = table_add (&table, i, from->sampler, count);
    const int64_t part = from->sampler ? RC_CUDA_APPLY_ELEMENTS
        : RC_CUDA_APPLY_BYTES;

    table_list (&table, row, 0, 0, from->rows, count);
    table_list (&table, row, 1, 0, from->times, count);
    table_list (&table, row, 2, 0, from->signs, count);
    row->has_signs = from->signs != NULL;
    row->pick = from->pick;
    row->out = from->out;
    row->bytes = (int64_t) from->bytes;
    row->size =
        from->sampler ? rc_sampler_row_elements (&from->sampler->sampler)
        : (int64_t) (from->bytes + from->zeros);
    row->first_block = (uint32_t) blocks;
    blocks += (row->size + part - 1) / part;
    if (blocks > INT32_MAX) {
      table_free (&table);
      return rc_error_set (error, RC_ERR_OVERFLOW, "rows[%d] and those before "
          "it are too large for one launch", i);
    }
  }
  status = blocks > 0 ? launch (cuda, RC_KERNEL_APPLY_ROWS, blocks, stream,
      &table, error) : RC_OK;
  table_free (&table);
  return status;
}

RcStatus
rc_cuda_sampler_signs (RcCuda * cuda, void *stream,
    const RcCudaSampler * sampler, const void *previous,
    const uint8_t * previous_signs, const void *const *rows, int32_t n,
    uint8_t * const *signs, RcError * error)
{
  RcCudaApply argument;
  RcCudaApplyRow *row;
  Table table;
  RcStatus status;

  if (!cuda || !sampler || n < 0 || (n > 0 && (!rows || !signs)))
    return rc_error_set (error, RC_ERR_ARGUMENT, "%d rows at %p, signs at %p, "
        "cuda is %p, sampler is %p", n, (const void *) rows,
        (const void *) signs, (void *) cuda, (const void *) sampler);
  if (n == 0 || rc_sampler_n_quaternions (&sampler->sampler) == 0)
    return RC_OK;
  status = table_new (&table, &argument, 1, (size_t) n + 1, error);
  if (status != RC_OK)
    return status;
  row = table_add (&table, 0, sampler, n + 1);
  table_list (&table, row, 0, 0, &previous, 1);
  table_list (&table, row, 0, 1, rows, n);
  table_list (&table, row, 2, 0, &previous_signs, 1);
  table_list (&table, row, 2, 1, signs, n);
  status = launch (cuda, RC_KERNEL_APPLY_SIGNS, 1, stream, &table, error);
  table_free (&table);
  return status;
}
