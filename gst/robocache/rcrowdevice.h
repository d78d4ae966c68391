/* SPDX-License-Identifier: Apache-2.0 */
/* The device on which an aligner makes its rows. It is opened when the first row
 * needs it: that of the row's memory, where it has one. */
#pragma once

#include "rccudashare.h"

G_BEGIN_DECLS

typedef struct
{
  grefcount refs;
  gint number;                  /* cuda-device-id */
  GstRcCudaLink *link;          /* of the element, */
  GstElement *element;          /* borrowed: used before the first row only */
  GstRcCudaAllocator *allocator;        /* NULL: not open */
  GstRcCudaStream *stream;      /* of everything that the aligner queues */
  GstRcCudaMark *mark;          /* after all of it, or NULL: none since, or before */
  gboolean failed;              /* it could not be opened: not tried again */
  GQueue held;                  /* Held: buffers that copies still read */
} GstRcRowDevice;

GstRcRowDevice *gst_rc_row_device_new (GstRcCudaLink * link,
    GstElement * element, gint number);
GstRcRowDevice *gst_rc_row_device_ref (GstRcRowDevice * self);
/* The last one closes it. NULL is allowed. */
void gst_rc_row_device_unref (GstRcRowDevice * self);

/* `memory` (may be NULL): what is to be read there. May post messages. */
RcStatus gst_rc_row_device_open (GstRcRowDevice * self, GstMemory * memory,
    RcError * error);

/* Something was queued on its stream: what it used may be released later, with one
 * mark for all. */
void gst_rc_row_device_queued (GstRcRowDevice * self);
/* A mark behind all that was queued, borrowed until something else is; NULL and `error`
 * when it cannot be made. */
GstRcCudaMark *gst_rc_row_device_mark (GstRcRowDevice * self, RcError * error);

/* Lets go of a memory that was acquired for what was queued (transfer full); without a
 * mark behind that the device has failed. */
RcStatus gst_rc_row_device_drop (GstRcRowDevice * self, GstMemory * memory,
    GstMapFlags flags, RcError * error);
/* Maps for the host what was queued to be written; FALSE where it cannot be had. */
gboolean gst_rc_row_device_read (GstRcRowDevice * self, GstMemory * memory,
    GstMapInfo * map);

/* With the device open: a frame of GstCuda's, with `height` rows of `width` bytes from `offset` on, `stride`
 * bytes apart, as dense device memory; the buffer is held until that is copied. NULL
 * and `error` when it cannot be made. */
GstBuffer *gst_rc_row_device_pack (GstRcRowDevice * self, GstBuffer * frame,
    gsize offset, gsize stride, gsize width, gsize height, RcError * error);

G_END_DECLS
