/* SPDX-License-Identifier: Apache-2.0 */
/* Memory, streams and events of a device. */
#include "cuda-context.h"

#define POINTER(memory) ((RcCuPointer) (uintptr_t) (memory))

void
rc_cuda_get_counts (const RcCuda * cuda, RcCudaCounts * counts)
{
#define READ(id, field) \
  counts->field = atomic_load_explicit (&cuda->counts[id], memory_order_relaxed);
  RC_CUDA_COUNTS (READ)
#undef READ
}

/* ---- with the context current ---- */

RcStatus
rc_cuda_alloc_async (RcCuda * cuda, size_t size, void *stream, void **memory,
    RcError * error)
{
  RcCuPointer pointer = 0;
  RcStatus status = RC_OK;

  if (size > 0) {
    rc_cuda_count (cuda, RC_CUDA_SCRATCH);
    status = rc_cuda_check (cuda, cuda->cu->alloc_async (&pointer, size,
            stream), "cuMemAllocAsync", error);
  }
  *memory = (void *) (uintptr_t) pointer;
  return status;
}

void
rc_cuda_free_async (RcCuda * cuda, void *memory, void *stream)
{
  if (memory)
    cuda->cu->free_async (POINTER (memory), stream);
}

RcStatus
rc_cuda_clear_async (RcCuda * cuda, void *memory, size_t size, void *stream,
    RcError * error)
{
  return rc_cuda_check (cuda, cuda->cu->clear_async (POINTER (memory), 0, size,
          stream), "cuMemsetD8Async", error);
}

/* ---- from anywhere ---- */

/* Calls the driver with the context current; `count` of RC_N_CUDA_COUNTS is none. */
#define CALL(call, name, count) \
  RcStatus status = rc_cuda_enter (cuda, error); \
 \
  if (status != RC_OK) \
    return status; \
  if ((count) < RC_N_CUDA_COUNTS) \
    rc_cuda_count (cuda, (count)); \
  status = rc_cuda_check (cuda, cuda->cu->call, (name), error); \
  rc_cuda_leave (cuda); \
  return status

#define FREE(call) \
  if (rc_cuda_enter (cuda, NULL) == RC_OK) { \
    cuda->cu->call; \
    rc_cuda_leave (cuda); \
  }

static RcStatus
alloc (RcCuda * cuda, size_t size, RcCuPointer * pointer, RcError * error)
{
  CALL (alloc (pointer, size), "cuMemAlloc", RC_CUDA_MEMORY);
}

RcStatus
rc_cuda_memory_new (RcCuda * cuda, size_t size, void **memory, RcError * error)
{
  RcCuPointer pointer;
  const RcStatus status = alloc (cuda, size, &pointer, error);

  if (status == RC_OK)
    *memory = (void *) (uintptr_t) pointer;
  return status;
}

void
rc_cuda_memory_free (RcCuda * cuda, void *memory)
{
  if (memory)
    FREE (free (POINTER (memory)));
}

RcStatus
rc_cuda_write (RcCuda * cuda, void *to, const void *from, size_t size,
    RcError * error)
{
  CALL (to_device (POINTER (to), from, size), "cuMemcpyHtoD", RC_CUDA_UPLOADS);
}

RcStatus
rc_cuda_pinned_new (RcCuda * cuda, size_t size, void **memory, RcError * error)
{
  CALL (host_alloc (memory, size, RC_CU_HOST_PORTABLE), "cuMemHostAlloc",
      RC_CUDA_PINNED);
}

void
rc_cuda_pinned_free (RcCuda * cuda, void *memory)
{
  if (memory)
    FREE (host_free (memory));
}

RcStatus
rc_cuda_copy_up (RcCuda * cuda, void *to, const void *from, size_t size,
    void *stream, RcError * error)
{
  CALL (upload_async (POINTER (to), from, size, stream), "cuMemcpyHtoDAsync",
      RC_CUDA_UPLOADS);
}

RcStatus
rc_cuda_copy_down (RcCuda * cuda, void *to, const void *from, size_t size,
    void *stream, RcError * error)
{
  CALL (download_async (to, POINTER (from), size, stream), "cuMemcpyDtoHAsync",
      RC_CUDA_DOWNLOADS);
}

RcStatus
rc_cuda_copy (RcCuda * cuda, void *to, const void *from, size_t size,
    void *stream, RcError * error)
{
  CALL (copy_async (POINTER (to), POINTER (from), size, stream),
      "cuMemcpyDtoDAsync", RC_CUDA_COPIES);
}

RcStatus
rc_cuda_copy_rows (RcCuda * cuda, void *to, size_t to_stride, const void *from,
    size_t from_stride, size_t width, size_t rows, void *stream,
    RcError * error)
{
  const RcCuCopy2D copy = {.from_type = RC_CU_MEMORY_DEVICE,.from =
        POINTER (from),.from_pitch = from_stride,.to_type =
        RC_CU_MEMORY_DEVICE,.to = POINTER (to),.to_pitch = to_stride,.width =
        width,.height = rows
  };

  CALL (copy_2d_async (&copy, stream), "cuMemcpy2DAsync", RC_CUDA_COPIES);
}

RcStatus
rc_cuda_clear (RcCuda * cuda, void *memory, size_t size, void *stream,
    RcError * error)
{
  RcStatus status = rc_cuda_enter (cuda, error);

  if (status != RC_OK)
    return status;
  status = rc_cuda_clear_async (cuda, memory, size, stream, error);
  rc_cuda_leave (cuda);
  return status;
}

RcStatus
rc_cuda_stream_new (RcCuda * cuda, void **stream, RcError * error)
{
  CALL (stream_create ((RcCuStream *) stream, RC_CU_STREAM_NON_BLOCKING),
      "cuStreamCreate", RC_N_CUDA_COUNTS);
}

void
rc_cuda_stream_free (RcCuda * cuda, void *stream)
{
  if (stream)
    FREE (stream_destroy (stream));
}

RcStatus
rc_cuda_event_new (RcCuda * cuda, void **event, RcError * error)
{
  CALL (event_create ((RcCuEvent *) event, RC_CU_EVENT_DISABLE_TIMING),
      "cuEventCreate", RC_N_CUDA_COUNTS);
}

void
rc_cuda_event_free (RcCuda * cuda, void *event)
{
  if (event)
    FREE (event_destroy (event));
}

RcStatus
rc_cuda_event_record (RcCuda * cuda, void *event, void *stream, RcError * error)
{
  CALL (event_record (event, stream), "cuEventRecord", RC_N_CUDA_COUNTS);
}

RcStatus
rc_cuda_event_order (RcCuda * cuda, void *event, void *stream, RcError * error)
{
  CALL (stream_wait (stream, event, 0), "cuStreamWaitEvent", RC_N_CUDA_COUNTS);
}

RcStatus
rc_cuda_event_wait (RcCuda * cuda, void *event, RcError * error)
{
  CALL (event_synchronize (event), "cuEventSynchronize", RC_CUDA_WAITS);
}

static RcStatus
query (RcCuda * cuda, void *event, RcError * error)
{
  CALL (event_query (event), "cuEventQuery", RC_N_CUDA_COUNTS);
}

bool
rc_cuda_event_is_done (RcCuda * cuda, void *event)
{
  return query (cuda, event, NULL) == RC_OK;
}
