/* SPDX-License-Identifier: Apache-2.0 */
#include "rccudashare.h"

#include <dlfcn.h>

/* The start of a GstCudaMemory, as GStreamer's public header has it since 1.22. */
typedef struct
{
  GstMemory memory;
  GstObject *context;
} CudaMemory;

/* Of libgstcuda-1.0.so.0; the last two are of 1.24, and NULL before. What is resolved
 * kept its arguments from 1.22 to 1.28. */
typedef struct
{
  gboolean (*load_library) (void);
  gboolean (*ensure_element_context) (GstElement *, gint, GstObject **);
  gboolean (*handle_set_context) (GstElement *, GstContext *, gint,
      GstObject **);
  gboolean (*handle_context_query) (GstElement *, GstQuery *, GstObject *);
  gpointer (*context_get_handle) (GstObject *);
  gpointer (*memory_get_stream) (GstMemory *);
  gpointer (*stream_get_handle) (gpointer);
} Library;

static const Library *
library (void)
{
  static GMutex lock;
  static Library found;
  static gboolean known;
  void *handle;
  gboolean ok;

  g_mutex_lock (&lock);
  if (!known && (handle = dlopen ("libgstcuda-1.0.so.0", RTLD_NOW
              | RTLD_NOLOAD))) {
#define FIND(field, name) *(void **) &found.field = dlsym (handle, name)
    FIND (load_library, "gst_cuda_load_library");
    FIND (ensure_element_context, "gst_cuda_ensure_element_context");
    FIND (handle_set_context, "gst_cuda_handle_set_context");
    FIND (handle_context_query, "gst_cuda_handle_context_query");
    FIND (context_get_handle, "gst_cuda_context_get_handle");
    FIND (memory_get_stream, "gst_cuda_memory_get_stream");
    FIND (stream_get_handle, "gst_cuda_stream_get_handle");
#undef FIND
    known = found.load_library && found.ensure_element_context
        && found.handle_set_context && found.handle_context_query
        && found.context_get_handle && found.load_library ();
  }
  ok = known;
  g_mutex_unlock (&lock);
  return ok ? &found : NULL;
}

GstRcCudaAllocator *
gst_rc_cuda_link_open (GstRcCudaLink * link, GstElement * element, gint device,
    RcError * error)
{
  const Library *l = library ();
  GstObject *context;

  if (!l)
    return gst_rc_cuda_allocator_get (device, error);
  /* asks neighbours, then the application, and at last makes one */
  if (!l->ensure_element_context (element, device, &link->context)) {
    rc_error_set (error, RC_ERR_CUDA, "GstCuda makes no context for it");
    return NULL;
  }
  GST_OBJECT_LOCK (element);
  context = gst_object_ref (link->context);
  GST_OBJECT_UNLOCK (element);
  return gst_rc_cuda_allocator_get_shared (context, l->context_get_handle
      (context), error);
}

void
gst_rc_cuda_link_set_context (GstRcCudaLink * link, GstElement * element,
    GstContext * context, gint device)
{
  const Library *l = library ();

  if (l)
    l->handle_set_context (element, context, device, &link->context);
}

gboolean
gst_rc_cuda_link_query (GstRcCudaLink * link, GstElement * element,
    GstQuery * query)
{
  const Library *l = library ();
  GstObject *context;
  gboolean answered;

  if (!l || GST_QUERY_TYPE (query) != GST_QUERY_CONTEXT)
    return FALSE;
  GST_OBJECT_LOCK (element);
  context = link->context ? gst_object_ref (link->context) : NULL;
  GST_OBJECT_UNLOCK (element);
  answered = context && l->handle_context_query (element, query, context);
  gst_clear_object (&context);
  return answered;
}

void
gst_rc_cuda_link_clear (GstRcCudaLink * link, GstElement * element)
{
  GstObject *context;

  GST_OBJECT_LOCK (element);
  context = link->context;
  link->context = NULL;
  GST_OBJECT_UNLOCK (element);
  gst_clear_object (&context);
}

GstRcCudaAllocator *
gst_rc_cuda_share_allocator (GstMemory * memory, RcError * error)
{
  const Library *l = library ();
  GstObject *context = ((CudaMemory *) memory)->context;

  if (!l) {
    rc_error_set (error, RC_ERR_CUDA,
        "libgstcuda-1.0.so.0 lacks what is needed " "to read %s",
        GST_CUDA_MEMORY_TYPE);
    return NULL;
  }
  return gst_rc_cuda_allocator_get_shared (gst_object_ref (context),
      l->context_get_handle (context), error);
}

RcStatus
gst_rc_cuda_share_order (GstMemory * memory, GstRcCudaPool * pool,
    GstRcCudaStream * stream, RcError * error)
{
  const Library *l = library ();
  gpointer theirs;

  /* in 1.22 what comes downstream has been waited for */
  if (!l || !l->memory_get_stream || !l->stream_get_handle)
    return RC_OK;
  theirs = l->memory_get_stream (memory);
  return gst_rc_cuda_pool_order_after (pool, theirs ? l->stream_get_handle
      (theirs) : NULL, stream, error);
}
