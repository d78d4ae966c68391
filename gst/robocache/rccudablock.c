/* SPDX-License-Identifier: Apache-2.0 */
#include "rccudablock.h"

#define SMALLEST 512

static gsize
round_up (gsize size)
{
  gsize step;

  if (size <= SMALLEST)
    return SMALLEST;
  if (size > G_MAXSIZE / 2)
    return size;
  step = (gsize) 1 << (g_bit_nth_msf (size - 1, -1) - 3);
  return (size + step - 1) / step * step;
}

static void
free_block (GstRcCudaPool * pool, GstRcCudaBlock * block)
{
  if (block->stream && block->pinned)
    rc_cuda_event_wait (pool->cuda, block->done, NULL);
  if (block->pageable)
    g_free (block->data);
  else if (block->pinned)
    rc_cuda_pinned_free (pool->cuda, block->data);
  else
    rc_cuda_memory_free (pool->cuda, block->data);
  rc_cuda_event_free (pool->cuda, block->done);
  for (guint i = 0; i < block->readers->len; i++)
    rc_cuda_event_free (pool->cuda, g_array_index (block->readers,
            GstRcCudaReader, i).event);
  g_array_unref (block->readers);
  g_free (block);
}

/* All that are idle; with the lock. */
static void
free_idle (GstRcCudaPool * pool, gboolean pinned)
{
  GHashTableIter iter;
  gpointer queue;
  GstRcCudaBlock *block;

  g_hash_table_iter_init (&iter, pool->idle[pinned]);
  while (g_hash_table_iter_next (&iter, NULL, &queue)) {
    while ((block = g_queue_pop_head (queue)))
      free_block (pool, block);
  }
}

void
gst_rc_cuda_pool_init (GstRcCudaPool * pool, RcCuda * cuda)
{
  pool->cuda = cuda;
  g_mutex_init (&pool->lock);
  for (guint i = 0; i < 2; i++)
    pool->idle[i] = g_hash_table_new_full (NULL, NULL, NULL,
        (GDestroyNotify) g_queue_free);
}

void
gst_rc_cuda_pool_clear (GstRcCudaPool * pool)
{
  for (guint i = 0; i < 2; i++) {
    free_idle (pool, i);
    g_hash_table_unref (pool->idle[i]);
  }
  g_mutex_clear (&pool->lock);
}

static GQueue *
queue_of (GstRcCudaPool * pool, gboolean pinned, gsize size)
{
  GQueue *queue = g_hash_table_lookup (pool->idle[pinned],
      GSIZE_TO_POINTER (size));

  if (!queue) {
    queue = g_queue_new ();
    g_hash_table_insert (pool->idle[pinned], GSIZE_TO_POINTER (size), queue);
  }
  return queue;
}

/* With the lock. */
static GstRcCudaBlock *
new_block (GstRcCudaPool * pool, gboolean pinned, gsize size, RcError * error)
{
  GstRcCudaBlock *block = g_new0 (GstRcCudaBlock, 1);
  RcStatus (*make) (RcCuda *, gsize, gpointer *, RcError *) =
      pinned ? rc_cuda_pinned_new : rc_cuda_memory_new;

  block->size = size;
  block->pinned = pinned;
  block->readers = g_array_new (FALSE, FALSE, sizeof (GstRcCudaReader));
  if (make (pool->cuda, size, &block->data, error) != RC_OK) {
    free_idle (pool, pinned);
    if (make (pool->cuda, size, &block->data, error) != RC_OK && pinned)
      block->pageable = (block->data = g_try_malloc (size)) != NULL;
  }
  if (block->data && (rc_cuda_event_new (pool->cuda, &block->done, error)
          == RC_OK || pinned))
    return block;
  free_block (pool, block);
  return NULL;
}

GstRcCudaBlock *
gst_rc_cuda_pool_take (GstRcCudaPool * pool, gboolean pinned, gsize size,
    RcError * error)
{
  GstRcCudaBlock *block;
  GQueue *queue;

  size = round_up (size);
  g_mutex_lock (&pool->lock);
  queue = queue_of (pool, pinned, size);
  block = g_queue_peek_head (queue);
  /* the oldest is the likeliest to be done: no thread waits where memory helps */
  if (block && (!pinned || !block->stream
          || rc_cuda_event_is_done (pool->cuda, block->done))) {
    g_queue_pop_head (queue);
    if (pinned)
      block->stream = NULL;
  } else {
    block = new_block (pool, pinned, size, error);
  }
  g_mutex_unlock (&pool->lock);
  return block;
}

void
gst_rc_cuda_pool_give (GstRcCudaPool * pool, GstRcCudaBlock * block)
{
  g_mutex_lock (&pool->lock);
  if (block->pageable)
    free_block (pool, block);
  else
    g_queue_push_tail (queue_of (pool, block->pinned, block->size), block);
  g_mutex_unlock (&pool->lock);
}

RcStatus
gst_rc_cuda_block_order (GstRcCudaPool * pool, GstRcCudaBlock * block,
    gboolean write, gpointer stream, RcError * error)
{
  RcStatus status = RC_OK;

  if (block->stream && block->stream != stream)
    status = rc_cuda_event_order (pool->cuda, block->done, stream, error);
  for (guint i = 0; write && i < block->readers->len && status == RC_OK; i++) {
    const GstRcCudaReader *r = &g_array_index (block->readers,
        GstRcCudaReader, i);

    if (r->pending && r->stream != stream)
      status = rc_cuda_event_order (pool->cuda, r->event, stream, error);
  }
  return status;
}

RcStatus
gst_rc_cuda_block_wrote (GstRcCudaPool * pool, GstRcCudaBlock * block,
    gpointer stream, RcError * error)
{
  const RcStatus status = block->done ? rc_cuda_event_record (pool->cuda,
      block->done, stream, error) : RC_OK;

  if (status == RC_OK) {
    block->stream = block->done ? stream : NULL;
    for (guint i = 0; i < block->readers->len; i++)
      g_array_index (block->readers, GstRcCudaReader, i).pending = FALSE;
  }
  return status;
}

/* The entry of a stream; one that is not in use becomes it. */
static GstRcCudaReader *
reader_of (GstRcCudaPool * pool, GstRcCudaBlock * block, gpointer stream,
    RcError * error)
{
  GstRcCudaReader *unused = NULL, new = { NULL, };

  for (guint i = 0; i < block->readers->len; i++) {
    GstRcCudaReader *r = &g_array_index (block->readers, GstRcCudaReader, i);

    if (r->stream == stream)
      return r;
    if (!r->pending)
      unused = r;
  }
  if (!unused) {
    if (rc_cuda_event_new (pool->cuda, &new.event, error) != RC_OK)
      return NULL;
    g_array_append_val (block->readers, new);
    unused = &g_array_index (block->readers, GstRcCudaReader,
        block->readers->len - 1);
  }
  unused->stream = stream;
  return unused;
}

RcStatus
gst_rc_cuda_block_read (GstRcCudaPool * pool, GstRcCudaBlock * block,
    gpointer stream, RcError * error)
{
  GstRcCudaReader *reader = reader_of (pool, block, stream, error);
  RcStatus status;

  if (!reader)
    return RC_ERR_CUDA;
  status = rc_cuda_event_record (pool->cuda, reader->event, stream, error);
  if (status == RC_OK)
    reader->pending = TRUE;
  return status;
}

RcStatus
gst_rc_cuda_block_wait (GstRcCudaPool * pool, GstRcCudaBlock * block,
    gboolean write, RcError * error)
{
  RcStatus status = RC_OK;

  if (block->stream && !rc_cuda_event_is_done (pool->cuda, block->done))
    status = rc_cuda_event_wait (pool->cuda, block->done, error);
  for (guint i = 0; write && i < block->readers->len && status == RC_OK; i++) {
    const GstRcCudaReader *r = &g_array_index (block->readers,
        GstRcCudaReader, i);

    if (r->pending)
      status = rc_cuda_event_wait (pool->cuda, r->event, error);
  }
  return status;
}
