/* SPDX-License-Identifier: Apache-2.0 */
/* Device memory in buffers: rc.cuda.memory.
 *
 * A memory has a place on the device and, when somebody asks for it, a copy in
 * page-locked host memory; whichever is newer is copied to the other side when that
 * is mapped. So everything works on it that maps memories, and what stays on the
 * device is never copied:
 *
 *   gst_memory_map ()               the host's copy. Waits for the device, where the
 *                                   copy is not there yet
 *   gst_memory_map (… GST_MAP_RC_CUDA)
 *                                   the device pointer, as GstCuda's flag gives it:
 *                                   waits until the data is there. What the caller
 *                                   writes has to be there when it unmaps
 *   gst_rc_cuda_memory_acquire ()   the device pointer, for work on a stream: the
 *                                   stream waits, no thread does
 *
 * Sub-memories share the root's place, copy and order. Copies are made on the device.
 *
 * An allocator is a device: memories hold it, so that the device's context lives as
 * long as they do. Thread-safety: all of it; as with every memory, who writes has it
 * alone. */
#pragma once

#include "rccudablock.h"

G_BEGIN_DECLS

#define GST_RC_CUDA_MEMORY_TYPE "rc.cuda.memory"

/* The value of GST_MAP_CUDA, which GST_MAP_GL shares: look at the memory's type. */
#define GST_MAP_RC_CUDA ((GstMapFlags) (GST_MAP_FLAG_LAST << 1))

#define GST_TYPE_RC_CUDA_ALLOCATOR (gst_rc_cuda_allocator_get_type ())
G_DECLARE_FINAL_TYPE (GstRcCudaAllocator, gst_rc_cuda_allocator, GST,
    RC_CUDA_ALLOCATOR, GstAllocator)

/* The allocator of device number `device` (-1: the first), the same one for all who
 * ask while somebody holds it. NULL and `error` where the device cannot be used. */
GstRcCudaAllocator *gst_rc_cuda_allocator_get (gint device, RcError * error);
/* Likewise in a context of GstCuda's (transfer full), whose CUcontext is `handle`. */
GstRcCudaAllocator *gst_rc_cuda_allocator_get_shared (GstObject * context,
    gpointer handle, RcError * error);
RcCuda *gst_rc_cuda_allocator_cuda (GstRcCudaAllocator * self);

/* Its streams, marks and blocks. */
GstRcCudaPool *gst_rc_cuda_allocator_pool (GstRcCudaAllocator * self);

/* `size` bytes, uninitialised; NULL and `error` where the device has none. */
GstMemory *gst_rc_cuda_memory_new (GstRcCudaAllocator * self, gsize size,
    RcError * error);
/* A copy of `data`, on its way to the device when this returns. */
GstMemory *gst_rc_cuda_memory_new_from (GstRcCudaAllocator * self,
    gconstpointer data, gsize size, RcError * error);
/* A memory of the allocator, at `alignment`, with `size` bytes from `offset` of the
 * buffer: the buffer's own where that can be, else a copy. NULL and `error` when it
 * cannot be made. */
GstMemory *gst_rc_cuda_memory_take (GstRcCudaAllocator * self,
    GstBuffer * buffer, gsize offset, gsize size, gsize alignment,
    RcError * error);
gboolean gst_is_rc_cuda_memory (GstMemory * memory);

/* The device pointer of a memory, for what is queued on `stream` afterwards: after
 * the last write, and to write after all uses. `flags`: GST_MAP_READ, GST_MAP_WRITE
 * or both. When the work is queued, a mark behind it is given with the release; one
 * mark serves many memories. What was only acquired needs no release: a memory that
 * was to be written is as it was. */
RcStatus gst_rc_cuda_memory_acquire (GstMemory * memory, GstMapFlags flags,
    GstRcCudaStream * stream, gpointer * data, RcError * error);
void gst_rc_cuda_memory_release (GstMemory * memory, GstMapFlags flags,
    GstRcCudaMark * mark);

/* Starts the copy to the device, or to the host, that a later use would start. */
RcStatus gst_rc_cuda_memory_upload (GstMemory * memory, RcError * error);
RcStatus gst_rc_cuda_memory_download (GstMemory * memory, RcError * error);

G_END_DECLS
