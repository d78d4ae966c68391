/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of device and of page-locked memory that are used again and again, each
 * with the marks that say when it may be. A block that is given back keeps them: who
 * gets it next orders its work after theirs, on the device.
 *
 * Sizes are rounded up to eight steps per power of two, so that clouds of changing
 * size share blocks. Idle blocks are kept until the pool ends, or until the device
 * has no memory left for another. */
#pragma once

#include <gst/gst.h>

#include "common/cuda-memory.h"

G_BEGIN_DECLS

/* A stream, and what its work is known to come after. It lives as long as its pool. */
typedef struct
{
  gpointer handle;              /* CUstream */
  GMutex lock;                  /* of: */
  guint64 marks;                /* made of it so far */
  GArray *seen;                 /* of other streams: how many of their marks its work
                                 * comes after */
} GstRcCudaStream;

/* A place in a stream's work: an event that was recorded there. Counted references. */
typedef struct
{
  gint refs;                    /* atomic */
  gpointer event;
  GstRcCudaStream *stream;
  guint64 number;               /* among the stream's marks, from 1 */
} GstRcCudaMark;

typedef struct
{
  gpointer data;
  gsize size;                   /* bytes, rounded up */
  gboolean pinned;              /* the host's, else the device's */
  gboolean pageable;            /* the host's, but not page-locked: the driver had none */
  GstRcCudaMark *written;       /* device: after the last write; host: the last copy */
  GPtrArray *reads;             /* device: marks after reads since then, one per stream */
} GstRcCudaBlock;

typedef struct
{
  RcCuda *cuda;                 /* borrowed */
  GMutex lock;
  GHashTable *idle[2];          /* [pinned] size → GQueue of blocks, oldest first */
  GQueue events;                /* of marks that are gone */
  GQueue idle_streams;
  GPtrArray *streams;           /* all */
} GstRcCudaPool;

void gst_rc_cuda_pool_init (GstRcCudaPool * pool, RcCuda * cuda);
/* When every block was given back and its work has ended. */
void gst_rc_cuda_pool_clear (GstRcCudaPool * pool);

/* A block of `size` bytes or more. Host memory may be written at once; work on the
 * device has to be ordered after the block's events. NULL and `error` where there is
 * no memory; for host memory only when malloc () has none. */
GstRcCudaBlock *gst_rc_cuda_pool_take (GstRcCudaPool * pool, gboolean pinned,
    gsize size, RcError * error);
void gst_rc_cuda_pool_give (GstRcCudaPool * pool, GstRcCudaBlock * block);

/* A stream of its own for who asks; to be given back. */
GstRcCudaStream *gst_rc_cuda_pool_take_stream (GstRcCudaPool * pool,
    RcError * error);
void gst_rc_cuda_pool_give_stream (GstRcCudaPool * pool,
    GstRcCudaStream * stream);

/* After all that was queued on the stream until now. NULL and `error` on failure. */
GstRcCudaMark *gst_rc_cuda_pool_mark (GstRcCudaPool * pool,
    GstRcCudaStream * stream, RcError * error);
GstRcCudaMark *gst_rc_cuda_mark_ref (GstRcCudaMark * mark);
void gst_rc_cuda_pool_unmark (GstRcCudaPool * pool, GstRcCudaMark * mark);

/* Work queued on `stream` from now on comes after what is queued on `other`, a stream of
 * somebody else's (CUstream). */
RcStatus gst_rc_cuda_pool_order_after (GstRcCudaPool * pool, gpointer other,
    GstRcCudaStream * stream, RcError * error);

/* Work queued on `stream` from now on comes after the last write, or, to write, after
 * all uses. Nothing is called where that is so already. */
RcStatus gst_rc_cuda_block_order (GstRcCudaPool * pool, GstRcCudaBlock * block,
    gboolean write, GstRcCudaStream * stream, RcError * error);
/* What lies before the mark wrote, or read, the block. */
void gst_rc_cuda_block_wrote (GstRcCudaPool * pool, GstRcCudaBlock * block,
    GstRcCudaMark * mark);
void gst_rc_cuda_block_read (GstRcCudaPool * pool, GstRcCudaBlock * block,
    GstRcCudaMark * mark);
/* The calling thread waits for the last write, or for all uses. */
RcStatus gst_rc_cuda_block_wait (GstRcCudaPool * pool, GstRcCudaBlock * block,
    gboolean write, RcError * error);

G_END_DECLS
