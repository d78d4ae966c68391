/* SPDX-License-Identifier: Apache-2.0 */
/* One CUDA context with GStreamer's own CUDA elements (cudaupload, nvh264dec…), and
 * their frames. Their library is not linked, and not loaded either: where no element
 * has brought it into the process there is nobody to share with. */
#pragma once

#include "rccudamemory.h"

G_BEGIN_DECLS

#define GST_CUDA_MEMORY_TYPE "gst.cuda.memory"

/* An element's part in the sharing; all 0 at first. Under the object lock. */
typedef struct
{
  GstObject *context;           /* GstCudaContext, or NULL */
} GstRcCudaLink;

/* The device's allocator: in the context that neighbours, the application or GstCuda
 * give, else in the device's primary one. NULL and `error` where it cannot be used. */
GstRcCudaAllocator *gst_rc_cuda_link_open (GstRcCudaLink * link,
    GstElement * element, gint device, RcError * error);
/* From GstElementClass.set_context, before the parent's. */
void gst_rc_cuda_link_set_context (GstRcCudaLink * link, GstElement * element,
    GstContext * context, gint device);
/* Whether a CONTEXT query was answered. */
gboolean gst_rc_cuda_link_query (GstRcCudaLink * link, GstElement * element,
    GstQuery * query);
void gst_rc_cuda_link_clear (GstRcCudaLink * link, GstElement * element);

/* Of a GstCudaMemory: the allocator for its context (transfer full); NULL and `error`
 * when that cannot be. */
GstRcCudaAllocator *gst_rc_cuda_share_allocator (GstMemory * memory,
    RcError * error);
/* What is queued on `stream` from now on comes after what GstCuda has queued on the
 * memory. */
RcStatus gst_rc_cuda_share_order (GstMemory * memory, GstRcCudaPool * pool,
    GstRcCudaStream * stream, RcError * error);

G_END_DECLS
