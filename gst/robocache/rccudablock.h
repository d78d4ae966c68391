/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of device and of page-locked memory that are used again and again, each
 * with the events that say when it may be. A block that is given back keeps them:
 * who gets it next orders its work after theirs, on the device.
 *
 * Sizes are rounded up to eight steps per power of two, so that clouds of changing
 * size share blocks. Idle blocks are kept until the pool ends, or until the device
 * has no memory left for another. */
#pragma once

#include <gst/gst.h>

#include "common/cuda-memory.h"

G_BEGIN_DECLS

typedef struct
{
  gpointer stream;
  gpointer event;
  gboolean pending;             /* recorded since the block was written last */
} GstRcCudaReader;

typedef struct
{
  gpointer data;
  gsize size;                   /* bytes, rounded up */
  gboolean pinned;              /* the host's, else the device's */
  gboolean pageable;            /* the host's, but not page-locked: the driver had none */
  gpointer done;                /* event: device: the last write; host: the last copy */
  gpointer stream;              /* where it was recorded last; NULL: never */
  GArray *readers;              /* device: GstRcCudaReader, one per stream */
} GstRcCudaBlock;

typedef struct
{
  RcCuda *cuda;                 /* borrowed */
  GMutex lock;
  GHashTable *idle[2];          /* [pinned] size → GQueue of blocks, oldest first */
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

/* Work queued on `stream` from now on comes after the last write, or, to write, after
 * all uses. */
RcStatus gst_rc_cuda_block_order (GstRcCudaPool * pool, GstRcCudaBlock * block,
    gboolean write, gpointer stream, RcError * error);
/* What was queued on `stream` until now wrote, or read, the block. */
RcStatus gst_rc_cuda_block_wrote (GstRcCudaPool * pool, GstRcCudaBlock * block,
    gpointer stream, RcError * error);
RcStatus gst_rc_cuda_block_read (GstRcCudaPool * pool, GstRcCudaBlock * block,
    gpointer stream, RcError * error);
/* The calling thread waits for the last write, or for all uses. */
RcStatus gst_rc_cuda_block_wait (GstRcCudaPool * pool, GstRcCudaBlock * block,
    gboolean write, RcError * error);

G_END_DECLS
