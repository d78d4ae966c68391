/* SPDX-License-Identifier: Apache-2.0 */
/* Memory, streams and events of a device, for those who have no toolkit to make
 * them with: thin over the driver's calls, each of which is counted.
 *
 * Streams and events are the driver's (CUstream, CUevent); so are pointers. What
 * takes a stream is queued there and not waited for. Memory that copies and
 * kernels use is freed by its owner after their work has ended.
 *
 * Errors: RC_ERR_NO_MEMORY where the driver has none, RC_ERR_CUDA for any other
 * failure, with the call's name; what was to be made is not written then. A failure
 * of work that was queued before may show at any later call. Thread-safety: all of
 * it, but for an object that is freed while another thread uses it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cuda.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Device memory, aligned to 256 bytes at least; `size` > 0. Waits for the device. */
RC_API RcStatus rc_cuda_memory_new (RcCuda * cuda, size_t size, void **memory,
    RcError * error);
RC_API void rc_cuda_memory_free (RcCuda * cuda, void *memory);

/* Page-locked host memory, which the device reads and writes while the host goes
 * on; `size` > 0. Slow: some hundred microseconds. */
RC_API RcStatus rc_cuda_pinned_new (RcCuda * cuda, size_t size, void **memory,
    RcError * error);
RC_API void rc_cuda_pinned_free (RcCuda * cuda, void *memory);

/* From the host to the device, back, and within the device. The host's memory may
 * be any: where it is not page-locked, the call waits. */
RC_API RcStatus rc_cuda_copy_up (RcCuda * cuda, void *to, const void *from,
    size_t size, void *stream, RcError * error);
RC_API RcStatus rc_cuda_copy_down (RcCuda * cuda, void *to, const void *from,
    size_t size, void *stream, RcError * error);
RC_API RcStatus rc_cuda_copy (RcCuda * cuda, void *to, const void *from,
    size_t size, void *stream, RcError * error);
/* `rows` of `width` bytes within the device, each so many bytes after the one before. */
RC_API RcStatus rc_cuda_copy_rows (RcCuda * cuda, void *to, size_t to_stride,
    const void *from, size_t from_stride, size_t width, size_t rows,
    void *stream, RcError * error);
/* All 0. */
RC_API RcStatus rc_cuda_clear (RcCuda * cuda, void *memory, size_t size,
    void *stream, RcError * error);

/* Streams do not wait for the default stream. */
RC_API RcStatus rc_cuda_stream_new (RcCuda * cuda, void **stream,
    RcError * error);
RC_API void rc_cuda_stream_free (RcCuda * cuda, void *stream);

/* An event marks a place in a stream's work: where it was recorded last. It is
 * done before it is recorded at all. */
RC_API RcStatus rc_cuda_event_new (RcCuda * cuda, void **event, RcError * error);
RC_API void rc_cuda_event_free (RcCuda * cuda, void *event);
RC_API RcStatus rc_cuda_event_record (RcCuda * cuda, void *event, void *stream,
    RcError * error);
/* What is queued on `stream` from now on waits, on the device, for the event. */
RC_API RcStatus rc_cuda_event_order (RcCuda * cuda, void *event, void *stream,
    RcError * error);
/* The calling thread waits for it. */
RC_API RcStatus rc_cuda_event_wait (RcCuda * cuda, void *event, RcError * error);
/* Whether it is done; false on errors. */
RC_API bool rc_cuda_event_is_done (RcCuda * cuda, void *event);

/* X (id, field) */
#define RC_CUDA_COUNTS(X) \
  X (RC_CUDA_LAUNCHES, launches) \
  X (RC_CUDA_MEMORY, memory) \
  X (RC_CUDA_SCRATCH, scratch) \
  X (RC_CUDA_PINNED, pinned) \
  X (RC_CUDA_UPLOADS, uploads) \
  X (RC_CUDA_DOWNLOADS, downloads) \
  X (RC_CUDA_COPIES, copies) \
  X (RC_CUDA_WAITS, waits)

/* Calls since rc_cuda_new (): kernels launched; allocations of device memory, of
 * stream-ordered scratch and of page-locked memory; copies up, down and within the
 * device; times that a thread waited for the device. */
typedef struct
{
#define FIELD(id, field) uint64_t field;
  RC_CUDA_COUNTS (FIELD)
#undef FIELD
} RcCudaCounts;

RC_API void rc_cuda_get_counts (const RcCuda * cuda, RcCudaCounts * counts);

#ifdef __cplusplus
}
#endif
