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

/* ---- streams and marks ---- */

typedef struct
{
  const GstRcCudaStream *stream;
  guint64 number;
} Seen;

GstRcCudaStream *
gst_rc_cuda_pool_take_stream (GstRcCudaPool * pool, RcError * error)
{
  GstRcCudaStream *stream;
  gpointer handle;

  g_mutex_lock (&pool->lock);
  stream = g_queue_pop_head (&pool->idle_streams);
  if (!stream && rc_cuda_stream_new (pool->cuda, &handle, error) == RC_OK) {
    stream = g_new0 (GstRcCudaStream, 1);
    stream->handle = handle;
    g_mutex_init (&stream->lock);
    stream->seen = g_array_new (FALSE, FALSE, sizeof (Seen));
    g_ptr_array_add (pool->streams, stream);
  }
  g_mutex_unlock (&pool->lock);
  return stream;
}

void
gst_rc_cuda_pool_give_stream (GstRcCudaPool * pool, GstRcCudaStream * stream)
{
  g_mutex_lock (&pool->lock);
  g_queue_push_tail (&pool->idle_streams, stream);
  g_mutex_unlock (&pool->lock);
}

static gpointer
take_event (GstRcCudaPool * pool, RcError * error)
{
  gpointer event;

  g_mutex_lock (&pool->lock);
  event = g_queue_pop_head (&pool->events);
  g_mutex_unlock (&pool->lock);
  if (!event && rc_cuda_event_new (pool->cuda, &event, error) != RC_OK)
    return NULL;
  return event;
}

GstRcCudaMark *
gst_rc_cuda_pool_mark (GstRcCudaPool * pool, GstRcCudaStream * stream,
    RcError * error)
{
  gpointer event = take_event (pool, error);
  GstRcCudaMark *mark;

  if (!event)
    return NULL;
  mark = g_slice_new (GstRcCudaMark);
  mark->refs = 1;
  mark->event = event;
  mark->stream = stream;
  /* marks of a stream are numbered in the order of its work */
  g_mutex_lock (&stream->lock);
  mark->number = ++stream->marks;
  if (rc_cuda_event_record (pool->cuda, event, stream->handle, error) != RC_OK)
    mark->number = 0;
  g_mutex_unlock (&stream->lock);
  if (mark->number > 0)
    return mark;
  gst_rc_cuda_pool_unmark (pool, mark);
  return NULL;
}

GstRcCudaMark *
gst_rc_cuda_mark_ref (GstRcCudaMark * mark)
{
  g_atomic_int_inc (&mark->refs);
  return mark;
}

/* With the lock. */
static void
unmark (GstRcCudaPool * pool, GstRcCudaMark * mark)
{
  if (!mark || !g_atomic_int_dec_and_test (&mark->refs))
    return;
  g_queue_push_tail (&pool->events, mark->event);
  g_slice_free (GstRcCudaMark, mark);
}

void
gst_rc_cuda_pool_unmark (GstRcCudaPool * pool, GstRcCudaMark * mark)
{
  g_mutex_lock (&pool->lock);
  unmark (pool, mark);
  g_mutex_unlock (&pool->lock);
}

RcStatus
gst_rc_cuda_pool_order_after (GstRcCudaPool * pool, gpointer other,
    GstRcCudaStream * stream, RcError * error)
{
  gpointer event = take_event (pool, error);
  RcStatus status;

  if (!event)
    return RC_ERR_CUDA;
  status = rc_cuda_event_record (pool->cuda, event, other, error);
  if (status == RC_OK)
    status = rc_cuda_event_order (pool->cuda, event, stream->handle, error);
  g_mutex_lock (&pool->lock);
  g_queue_push_tail (&pool->events, event);
  g_mutex_unlock (&pool->lock);
  return status;
}

/* Work queued on `stream` from now on comes after the mark. */
static RcStatus
order (GstRcCudaPool * pool, const GstRcCudaMark * mark,
    GstRcCudaStream * stream, RcError * error)
{
  Seen *seen = NULL, first = { mark->stream, 0 };
  RcStatus status = RC_OK;

  if (mark->stream == stream)
    return RC_OK;
  g_mutex_lock (&stream->lock);
  for (guint i = 0; !seen && i < stream->seen->len; i++) {
    Seen *s = &g_array_index (stream->seen, Seen, i);

    if (s->stream == mark->stream)
      seen = s;
  }
  if (!seen) {
    g_array_append_val (stream->seen, first);
    seen = &g_array_index (stream->seen, Seen, stream->seen->len - 1);
  }
  if (seen->number < mark->number) {
    status = rc_cuda_event_order (pool->cuda, mark->event, stream->handle,
        error);
    if (status == RC_OK)
      seen->number = mark->number;
  }
  g_mutex_unlock (&stream->lock);
  return status;
}

/* ---- blocks ---- */

/* With the lock. */
static void
free_block (GstRcCudaPool * pool, GstRcCudaBlock * block)
{
  if (block->written && block->pinned)
    rc_cuda_event_wait (pool->cuda, block->written->event, NULL);
  if (block->pageable)
    g_free (block->data);
  else if (block->pinned)
    rc_cuda_pinned_free (pool->cuda, block->data);
  else
    rc_cuda_memory_free (pool->cuda, block->data);
  unmark (pool, block->written);
  for (guint i = 0; i < block->reads->len; i++)
    unmark (pool, g_ptr_array_index (block->reads, i));
  g_ptr_array_unref (block->reads);
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
  g_queue_init (&pool->events);
  g_queue_init (&pool->idle_streams);
  pool->streams = g_ptr_array_new ();
}

void
gst_rc_cuda_pool_clear (GstRcCudaPool * pool)
{
  gpointer event;

  for (guint i = 0; i < 2; i++) {
    free_idle (pool, i);
    g_hash_table_unref (pool->idle[i]);
  }
  while ((event = g_queue_pop_head (&pool->events)))
    rc_cuda_event_free (pool->cuda, event);
  for (guint i = 0; i < pool->streams->len; i++) {
    GstRcCudaStream *stream = g_ptr_array_index (pool->streams, i);

    rc_cuda_stream_free (pool->cuda, stream->handle);
    g_mutex_clear (&stream->lock);
    g_array_unref (stream->seen);
    g_free (stream);
  }
  g_queue_clear (&pool->idle_streams);
  g_ptr_array_unref (pool->streams);
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
  block->reads = g_ptr_array_new ();
  if (make (pool->cuda, size, &block->data, error) != RC_OK) {
    free_idle (pool, pinned);
    if (make (pool->cuda, size, &block->data, error) != RC_OK && pinned)
      block->pageable = (block->data = g_try_malloc (size)) != NULL;
  }
  if (block->data)
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
  if (block && (!pinned || !block->written
          || rc_cuda_event_is_done (pool->cuda, block->written->event))) {
    g_queue_pop_head (queue);
    if (pinned) {
      unmark (pool, block->written);
      block->written = NULL;
    }
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
    gboolean write, GstRcCudaStream * stream, RcError * error)
{
  RcStatus status = RC_OK;

  if (block->written)
    status = order (pool, block->written, stream, error);
  for (guint i = 0; write && i < block->reads->len && status == RC_OK; i++)
    status = order (pool, g_ptr_array_index (block->reads, i), stream, error);
  return status;
}

void
gst_rc_cuda_block_wrote (GstRcCudaPool * pool, GstRcCudaBlock * block,
    GstRcCudaMark * mark)
{
  g_mutex_lock (&pool->lock);
  unmark (pool, block->written);
  block->written = gst_rc_cuda_mark_ref (mark);
  for (guint i = 0; i < block->reads->len; i++)
    unmark (pool, g_ptr_array_index (block->reads, i));
  g_ptr_array_set_size (block->reads, 0);
  g_mutex_unlock (&pool->lock);
}

void
gst_rc_cuda_block_read (GstRcCudaPool * pool, GstRcCudaBlock * block,
    GstRcCudaMark * mark)
{
  guint i = 0;

  g_mutex_lock (&pool->lock);
  gst_rc_cuda_mark_ref (mark);
  while (i < block->reads->len && ((GstRcCudaMark *)
          g_ptr_array_index (block->reads, i))->stream != mark->stream)
    i++;
  if (i == block->reads->len) {
    g_ptr_array_add (block->reads, mark);
  } else {
    /* of two the later one covers the other */
    GstRcCudaMark *other = g_ptr_array_index (block->reads, i);

    g_ptr_array_index (block->reads, i) = other->number > mark->number ? other
        : mark;
    unmark (pool, other->number > mark->number ? mark : other);
  }
  g_mutex_unlock (&pool->lock);
}

RcStatus
gst_rc_cuda_block_wait (GstRcCudaPool * pool, GstRcCudaBlock * block,
    gboolean write, RcError * error)
{
  RcStatus status = RC_OK;

  if (block->written
      && !rc_cuda_event_is_done (pool->cuda, block->written->event))
    status = rc_cuda_event_wait (pool->cuda, block->written->event, error);
  for (guint i = 0; write && i < block->reads->len && status == RC_OK; i++)
    status = rc_cuda_event_wait (pool->cuda, ((GstRcCudaMark *)
            g_ptr_array_index (block->reads, i))->event, error);
  return status;
}
