/* SPDX-License-Identifier: Apache-2.0 */
#include "rccudamemory.h"

#include <string.h>

GST_DEBUG_CATEGORY_STATIC (rc_cuda_debug);
#define GST_CAT_DEFAULT rc_cuda_debug

typedef struct
{
  GstMemory memory;
  /* of the root, under its lock; a sub-memory has none of these */
  GMutex lock;
  GstRcCudaBlock *device;
  GstRcCudaBlock *host;         /* NULL: no copy */
  gboolean on_device;           /* the device's is the newest, or as new */
  gboolean on_host;             /* likewise; both FALSE: never written */
  gboolean arriving;            /* the copy to the host may not have ended */
} Memory;

struct _GstRcCudaAllocator
{
  GstAllocator parent;
  gint device;                  /* -1: by context */
  GstObject *context;           /* GstCuda's; NULL: the primary one */
  RcCuda *cuda;
  GstRcCudaPool pool;
  GstRcCudaStream *transfers;   /* of copies that no element queues */
};

G_DEFINE_TYPE_WITH_CODE (GstRcCudaAllocator, gst_rc_cuda_allocator,
    GST_TYPE_ALLOCATOR, GST_DEBUG_CATEGORY_INIT (rc_cuda_debug, "rccuda", 0,
        "CUDA memory and devices"));

/* ---- devices ---- */

static GMutex allocators_lock;
static GSList *allocators;      /* GWeakRef: of those that live, or just ended */

/* With the lock. */
static GstRcCudaAllocator *
find_allocator (gint device, GstObject * context)
{
  GstRcCudaAllocator *found = NULL;
  GSList *next;

  for (GSList * l = allocators; l; l = next) {
    GstRcCudaAllocator *one = g_weak_ref_get (l->data);

    next = l->next;
    if (!one) {
      g_weak_ref_clear (l->data);
      g_free (l->data);
      allocators = g_slist_delete_link (allocators, l);
    } else if (!found && one->device == device && one->context == context) {
      found = one;
    } else {
      gst_object_unref (one);
    }
  }
  return found;
}

/* With the lock; takes the context. */
static GstRcCudaAllocator *
new_allocator (gint device, GstObject * context, RcCuda * cuda, RcError * error)
{
  GstRcCudaAllocator *self;
  GWeakRef *weak;

  if (!cuda) {
    gst_clear_object (&context);
    return NULL;
  }
  self = g_object_new (GST_TYPE_RC_CUDA_ALLOCATOR, NULL);
  gst_object_ref_sink (self);
  self->device = device;
  self->context = context;
  self->cuda = cuda;
  gst_rc_cuda_pool_init (&self->pool, cuda);
  self->transfers = gst_rc_cuda_pool_take_stream (&self->pool, error);
  if (!self->transfers) {
    gst_object_unref (self);
    return NULL;
  }
  weak = g_new (GWeakRef, 1);
  g_weak_ref_init (weak, self);
  allocators = g_slist_prepend (allocators, weak);
  GST_INFO_OBJECT (self, "device %s, context of %s",
      rc_cuda_device_name (cuda), context ? GST_OBJECT_NAME (context) :
      "its own");
  return self;
}

GstRcCudaAllocator *
gst_rc_cuda_allocator_get (gint device, RcError * error)
{
  GstRcCudaAllocator *self;

  device = MAX (device, 0);
  g_mutex_lock (&allocators_lock);
  self = find_allocator (device, NULL);
  if (!self)
    self = new_allocator (device, NULL, rc_cuda_new (device, error), error);
  g_mutex_unlock (&allocators_lock);
  return self;
}

GstRcCudaAllocator *
gst_rc_cuda_allocator_get_shared (GstObject * context, gpointer handle,
    RcError * error)
{
  GstRcCudaAllocator *self;

  g_mutex_lock (&allocators_lock);
  self = find_allocator (-1, context);
  if (self)
    gst_object_unref (context);
  else
    self = new_allocator (-1, context, rc_cuda_new_for_context (handle, error),
        error);
  g_mutex_unlock (&allocators_lock);
  return self;
}

RcCuda *
gst_rc_cuda_allocator_cuda (GstRcCudaAllocator * self)
{
  return self->cuda;
}

GstRcCudaPool *
gst_rc_cuda_allocator_pool (GstRcCudaAllocator * self)
{
  return &self->pool;
}

/* ---- both sides of a memory, with its lock ---- */

static GstRcCudaPool *
pool_of (Memory * root)
{
  return &GST_RC_CUDA_ALLOCATOR (root->memory.allocator)->pool;
}

static Memory *
root_of (GstMemory * memory)
{
  return (Memory *) (memory->parent ? memory->parent : memory);
}

/* The newest data is on its way to the device. */
static RcStatus
bring_to_device (Memory * root, RcError * error)
{
  GstRcCudaAllocator *self = GST_RC_CUDA_ALLOCATOR (root->memory.allocator);
  GstRcCudaPool *pool = &self->pool;
  GstRcCudaMark *mark;
  RcStatus status;

  if (root->on_device || !root->on_host)
    return RC_OK;
  status = gst_rc_cuda_block_order (pool, root->device, TRUE, self->transfers,
      error);
  if (status == RC_OK)
    status = rc_cuda_copy_up (self->cuda, root->device->data, root->host->data,
        root->memory.maxsize, self->transfers->handle, error);
  if (status != RC_OK)
    return status;
  mark = gst_rc_cuda_pool_mark (pool, self->transfers, error);
  if (!mark)
    return RC_ERR_CUDA;
  gst_rc_cuda_block_wrote (pool, root->device, mark);
  gst_rc_cuda_block_wrote (pool, root->host, mark);
  gst_rc_cuda_pool_unmark (pool, mark);
  root->on_device = TRUE;
  return RC_OK;
}

/* The newest data is on its way to the host's copy. */
static RcStatus
bring_to_host (Memory * root, RcError * error)
{
  GstRcCudaAllocator *self = GST_RC_CUDA_ALLOCATOR (root->memory.allocator);
  GstRcCudaPool *pool = &self->pool;
  GstRcCudaMark *mark;
  RcStatus status = RC_OK;

  if (root->on_host)
    return RC_OK;
  if (!root->host)
    root->host = gst_rc_cuda_pool_take (pool, TRUE, root->memory.maxsize,
        error);
  if (!root->host)
    return RC_ERR_NO_MEMORY;
  if (!root->on_device)
    return RC_OK;
  status = gst_rc_cuda_block_order (pool, root->device, FALSE, self->transfers,
      error);
  if (status == RC_OK)
    status = rc_cuda_copy_down (self->cuda, root->host->data,
        root->device->data, root->memory.maxsize, self->transfers->handle,
        error);
  if (status != RC_OK)
    return status;
  mark = gst_rc_cuda_pool_mark (pool, self->transfers, error);
  if (!mark)
    return RC_ERR_CUDA;
  gst_rc_cuda_block_read (pool, root->device, mark);
  gst_rc_cuda_block_wrote (pool, root->host, mark);
  gst_rc_cuda_pool_unmark (pool, mark);
  root->on_host = root->arriving = TRUE;
  return RC_OK;
}

RcStatus
gst_rc_cuda_memory_acquire (GstMemory * memory, GstMapFlags flags,
    GstRcCudaStream * stream, gpointer * data, RcError * error)
{
  Memory *root = root_of (memory);
  RcStatus status;

  g_mutex_lock (&root->lock);
  status = bring_to_device (root, error);
  if (status == RC_OK)
    status = gst_rc_cuda_block_order (pool_of (root), root->device,
        (flags & GST_MAP_WRITE) != 0, stream, error);
  g_mutex_unlock (&root->lock);
  *data = (guint8 *) root->device->data + memory->offset;
  return status;
}

void
gst_rc_cuda_memory_release (GstMemory * memory, GstMapFlags flags,
    GstRcCudaMark * mark)
{
  Memory *root = root_of (memory);

  g_mutex_lock (&root->lock);
  if (flags & GST_MAP_WRITE) {
    gst_rc_cuda_block_wrote (pool_of (root), root->device, mark);
    root->on_device = TRUE;
    root->on_host = FALSE;
  } else {
    gst_rc_cuda_block_read (pool_of (root), root->device, mark);
  }
  g_mutex_unlock (&root->lock);
}

RcStatus
gst_rc_cuda_memory_upload (GstMemory * memory, RcError * error)
{
  Memory *root = root_of (memory);
  RcStatus status;

  g_mutex_lock (&root->lock);
  status = bring_to_device (root, error);
  g_mutex_unlock (&root->lock);
  return status;
}

RcStatus
gst_rc_cuda_memory_download (GstMemory * memory, RcError * error)
{
  Memory *root = root_of (memory);
  RcStatus status;

  g_mutex_lock (&root->lock);
  status = bring_to_host (root, error);
  g_mutex_unlock (&root->lock);
  return status;
}

/* ---- the allocator ---- */

static gpointer
memory_map (GstMemory * memory, gsize maxsize, GstMapFlags flags)
{
  Memory *root = root_of (memory);
  const gboolean write = (flags & GST_MAP_WRITE) != 0;
  const gboolean on_device = (flags & GST_MAP_RC_CUDA) != 0;
  GstRcCudaBlock *block;
  RcError error = { RC_OK, "" };
  RcStatus status;

  g_mutex_lock (&root->lock);
  status = on_device ? bring_to_device (root, &error) : bring_to_host (root,
      &error);
  block = on_device ? root->device : root->host;
  /* a copy to the device may still read the host's, which is no harm to readers */
  if (status == RC_OK && (on_device || write || root->arriving))
    status = gst_rc_cuda_block_wait (pool_of (root), block, write, &error);
  if (status == RC_OK && !on_device)
    root->arriving = FALSE;
  if (status == RC_OK && write) {
    root->on_device = on_device;
    root->on_host = !on_device;
  }
  g_mutex_unlock (&root->lock);
  if (status == RC_OK)
    return block->data;
  GST_WARNING_OBJECT (memory->allocator, "cannot map %" G_GSIZE_FORMAT
      " bytes: %s", memory->size, error.message);
  return NULL;
}

/* Under the lock, so that the reads of who had it mapped come before what is written to
 * these bytes when somebody else has the block. */
static void
memory_unmap (GstMemory * memory)
{
  Memory *root = root_of (memory);

  g_mutex_lock (&root->lock);
  g_mutex_unlock (&root->lock);
}

static GstMemory *
memory_share (GstMemory * memory, gssize offset, gssize size)
{
  Memory *root = root_of (memory);
  Memory *part = g_new0 (Memory, 1);

  if (size == -1)
    size = (gssize) memory->size - offset;
  gst_memory_init (GST_MEMORY_CAST (part), GST_MINI_OBJECT_FLAGS (&root->memory)
      | GST_MINI_OBJECT_FLAG_LOCK_READONLY, memory->allocator, &root->memory,
      memory->maxsize, memory->align, memory->offset + (gsize) offset,
      (gsize) size);
  return GST_MEMORY_CAST (part);
}

static GstMemory *
new_memory (GstRcCudaAllocator * self, GstMemoryFlags flags, gsize size,
    gsize prefix, gsize padding, RcError * error)
{
  const gsize maxsize = size + prefix + padding;
  GstRcCudaBlock *block = NULL;
  Memory *memory;

  if (maxsize < size || maxsize < padding || maxsize > G_MAXSSIZE)
    rc_error_set (error, RC_ERR_OVERFLOW, "a memory of %" G_GSIZE_FORMAT
        " bytes", size);
  else
    block = gst_rc_cuda_pool_take (&self->pool, FALSE, maxsize, error);
  if (!block)
    return NULL;
  memory = g_new0 (Memory, 1);
  gst_memory_init (GST_MEMORY_CAST (memory), flags, GST_ALLOCATOR (self), NULL,
      maxsize, 255, prefix, size);
  g_mutex_init (&memory->lock);
  memory->device = block;
  return GST_MEMORY_CAST (memory);
}

GstMemory *
gst_rc_cuda_memory_new (GstRcCudaAllocator * self, gsize size, RcError * error)
{
  return new_memory (self, 0, size, 0, 0, error);
}

GstMemory *
gst_rc_cuda_memory_new_from (GstRcCudaAllocator * self, gconstpointer data,
    gsize size, RcError * error)
{
  GstMemory *memory = new_memory (self, 0, size, 0, 0, error);
  GstMapInfo map;

  if (!memory)
    return NULL;
  if (gst_memory_map (memory, &map, GST_MAP_WRITE)) {
    if (size > 0)
      memcpy (map.data, data, size);
    gst_memory_unmap (memory, &map);
    if (gst_rc_cuda_memory_upload (memory, error) == RC_OK)
      return memory;
  } else {
    rc_error_set (error, RC_ERR_NO_MEMORY, "no host memory of %" G_GSIZE_FORMAT
        " bytes", size);
  }
  gst_memory_unref (memory);
  return NULL;
}

/* By way of the host. */
static GstMemory *
new_from_buffer (GstRcCudaAllocator * self, GstBuffer * buffer, gsize offset,
    gsize size, RcError * error)
{
  GstMemory *memory;
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    rc_error_set (error, RC_ERR_ARGUMENT, "cannot map a buffer of %"
        G_GSIZE_FORMAT " bytes", gst_buffer_get_size (buffer));
    return NULL;
  }
  memory = gst_rc_cuda_memory_new_from (self, map.data + offset, size, error);
  gst_buffer_unmap (buffer, &map);
  return memory;
}

GstMemory *
gst_rc_cuda_memory_take (GstRcCudaAllocator * self, GstBuffer * buffer,
    gsize offset, gsize size, gsize alignment, RcError * error)
{
  GstMemory *memory = gst_buffer_n_memory (buffer) == 1
      ? gst_buffer_peek_memory (buffer, 0) : NULL, *taken;

  if (!memory || memory->allocator != GST_ALLOCATOR (self))
    return new_from_buffer (self, buffer, offset, size, error);
  if ((memory->offset + offset) % alignment == 0)
    taken = offset == 0 && size == memory->size ? gst_memory_ref (memory) :
        gst_memory_share (memory, (gssize) offset, (gssize) size);
  else
    taken = gst_memory_copy (memory, (gssize) offset, (gssize) size);
  if (!taken)
    rc_error_set (error, RC_ERR_NO_MEMORY, "no device memory for %"
        G_GSIZE_FORMAT " bytes", size);
  return taken;
}

gboolean
gst_is_rc_cuda_memory (GstMemory * memory)
{
  return memory->allocator && GST_IS_RC_CUDA_ALLOCATOR (memory->allocator);
}

/* On the device; FALSE where that fails. */
static gboolean
copy_on_device (GstRcCudaAllocator * self, GstMemory * from, gsize offset,
    GstMemory * to)
{
  GstRcCudaMark *mark = NULL;
  gpointer source, target;
  RcError error;

  if (gst_rc_cuda_memory_acquire (from, GST_MAP_READ, self->transfers, &source,
          &error) == RC_OK
      && gst_rc_cuda_memory_acquire (to, GST_MAP_WRITE, self->transfers,
          &target, &error) == RC_OK
      && rc_cuda_copy (self->cuda, target, (guint8 *) source + offset,
          to->size, self->transfers->handle, &error) == RC_OK)
    mark = gst_rc_cuda_pool_mark (&self->pool, self->transfers, &error);
  if (!mark) {
    GST_WARNING_OBJECT (self, "cannot copy %" G_GSIZE_FORMAT " bytes on the "
        "device: %s", to->size, error.message);
    return FALSE;
  }
  gst_rc_cuda_memory_release (from, GST_MAP_READ, mark);
  gst_rc_cuda_memory_release (to, GST_MAP_WRITE, mark);
  gst_rc_cuda_pool_unmark (&self->pool, mark);
  return TRUE;
}

static gboolean
copy_on_host (GstMemory * from, gsize offset, GstMemory * to)
{
  GstMapInfo source, target;
  gboolean ok;

  if (!gst_memory_map (from, &source, GST_MAP_READ))
    return FALSE;
  ok = gst_memory_map (to, &target, GST_MAP_WRITE);
  if (ok) {
    memcpy (target.data, source.data + offset, to->size);
    gst_memory_unmap (to, &target);
  }
  gst_memory_unmap (from, &source);
  return ok;
}

static GstMemory *
memory_copy (GstMemory * memory, gssize offset, gssize size)
{
  GstRcCudaAllocator *self = GST_RC_CUDA_ALLOCATOR (memory->allocator);
  Memory *root = root_of (memory);
  GstMemory *copy;
  RcError error;
  gboolean host_only;

  if (size == -1)
    size = (gssize) memory->size > offset ? (gssize) memory->size - offset : 0;
  copy = gst_rc_cuda_memory_new (self, (gsize) size, &error);
  if (!copy) {
    GST_WARNING_OBJECT (self, "cannot copy %" G_GSSIZE_FORMAT " bytes: %s",
        size, error.message);
    return NULL;
  }
  g_mutex_lock (&root->lock);
  host_only = root->on_host && !root->on_device;
  g_mutex_unlock (&root->lock);
  if (size == 0 || (!host_only && copy_on_device (self, memory,
              (gsize) offset, copy)) || copy_on_host (memory, (gsize) offset,
          copy))
    return copy;
  gst_memory_unref (copy);
  return NULL;
}

static GstMemory *
allocator_alloc (GstAllocator * allocator, gsize size,
    GstAllocationParams * params)
{
  GstRcCudaAllocator *self = GST_RC_CUDA_ALLOCATOR (allocator);
  GstMemory *memory;
  RcError error;

  if (params->align > 255) {
    GST_WARNING_OBJECT (self, "cannot align to %" G_GSIZE_FORMAT " bytes",
        params->align + 1);
    return NULL;
  }
  memory = new_memory (self, params->flags & ~(GST_MEMORY_FLAG_ZERO_PREFIXED
          | GST_MEMORY_FLAG_ZERO_PADDED), size, params->prefix,
      params->padding, &error);
  if (!memory)
    GST_WARNING_OBJECT (self, "%s", error.message);
  return memory;
}

static void
allocator_free (GstAllocator * allocator, GstMemory * memory)
{
  GstRcCudaAllocator *self = GST_RC_CUDA_ALLOCATOR (allocator);
  Memory *m = (Memory *) memory;

  if (m->device) {
    g_mutex_lock (&m->lock);    /* after the last unmap */
    g_mutex_unlock (&m->lock);
    gst_rc_cuda_pool_give (&self->pool, m->device);
    if (m->host)
      gst_rc_cuda_pool_give (&self->pool, m->host);
    g_mutex_clear (&m->lock);
  }
  g_free (m);
}

static void
gst_rc_cuda_allocator_finalize (GObject * object)
{
  GstRcCudaAllocator *self = GST_RC_CUDA_ALLOCATOR (object);

  if (self->cuda) {
    gst_rc_cuda_pool_clear (&self->pool);
    rc_cuda_free (self->cuda);
  }
  gst_clear_object (&self->context);
  G_OBJECT_CLASS (gst_rc_cuda_allocator_parent_class)->finalize (object);
}

static void
gst_rc_cuda_allocator_class_init (GstRcCudaAllocatorClass * klass)
{
  GstAllocatorClass *allocator_class = GST_ALLOCATOR_CLASS (klass);

  allocator_class->alloc = allocator_alloc;
  allocator_class->free = allocator_free;
  G_OBJECT_CLASS (klass)->finalize = gst_rc_cuda_allocator_finalize;
}

static void
gst_rc_cuda_allocator_init (GstRcCudaAllocator * self)
{
  GstAllocator *allocator = GST_ALLOCATOR (self);

  allocator->mem_type = GST_RC_CUDA_MEMORY_TYPE;
  allocator->mem_map = memory_map;
  allocator->mem_unmap = memory_unmap;
  allocator->mem_share = memory_share;
  allocator->mem_copy = memory_copy;
  GST_OBJECT_FLAG_SET (allocator, GST_ALLOCATOR_FLAG_CUSTOM_ALLOC);
}
