/* SPDX-License-Identifier: Apache-2.0 */
/* From the streams' rows to output buffers: caps, memories, windows, provenance.
 * Used by one aligner from its aggregator thread. */
#pragma once

#include "rcstream.h"

G_BEGIN_DECLS

#define GST_RC_MAX_STREAMS 32   /* bits of a provenance's deadline mask */

typedef struct
{
  GstRcOutput mode;
  guint window;                 /* T >= 1 ticks per buffer */
  guint step;                   /* ticks between rows */
  GstRcWindowStart window_start;
  gboolean state_tensor;
  gboolean skew_tensor;
  gint fps_n, fps_d;            /* of the buffers; 0/1: irregular */
} GstRcOutputConfig;

/* Where rows are made, when that is a device; all 0: nowhere yet. */
typedef struct
{
  gsize row_size;               /* of all parts, each at a multiple of 16 bytes */
  GstMemory *ring;              /* [slots, row_size], held for writing */
  guint8 *ring_at;
} GstRcOutputThere;

typedef struct
{
  GstRcOutputConfig config;
  guint n_streams;
  GstRcStream *streams[GST_RC_MAX_STREAMS];     /* not owned */
  GstRcTensors tensors;         /* what the caps say */

  /* one row of all parts of all streams, and the last `slots` of them */
  gsize row_size;
  guint slots;
  guint8 *ring;                 /* [slots, row_size] */
  guint8 *ring_state;           /* [slots, n_streams] */
  gint64 *ring_skew, *ring_newest;
  gint64 first_tick, last_tick; /* RC_TIME_NONE before the first row */

  /* a reference, or NULL: rows are made on the host */
  GstRcRowDevice *device;
  gboolean on_device;           /* what caps say of the memory */
  GstRcOutputThere there;
} GstRcOutputState;

/* Takes configured streams and makes the caps info. FALSE with `error` when they
 * do not fit into one buffer. */
gboolean gst_rc_output_setup (GstRcOutputState * out,
    const GstRcOutputConfig * config, GstRcStream ** streams, guint n_streams,
    GError ** error);
void gst_rc_output_clear (GstRcOutputState * out);

/* Forgets the rows of the window (a flush or a new episode). */
void gst_rc_output_reset (GstRcOutputState * out);

/* Where the rows are made from now on, and the streams' values; NULL: on the host.
 * Before the first row. */
void gst_rc_output_set_device (GstRcOutputState * out, GstRcRowDevice * device);

/* From the device to the host, with the rows of the window; FALSE where these cannot be
 * read any more. */
gboolean gst_rc_output_take_back (GstRcOutputState * out);

/* Adds the row of tick number k; with `emit` `buffer` becomes one with everything but
 * its times set, else NULL. Numbers of successive rows are consecutive. After an error
 * the row is not there. */
RcStatus gst_rc_output_add_row (GstRcOutputState * out, gint64 k,
    const RcPick * picks, guint32 deadlines, gboolean emit, GstBuffer ** buffer,
    RcError * error);

/* Private to rcoutput*.c. The row in slot `slot` on the open device; where it is the
 * first one, those before it too; and of window rows in `slots`, or this one, where
 * `buffer` is not NULL, a buffer. */
RcStatus gst_rc_output_add_row_there (GstRcOutputState * out, guint slot,
    gboolean is_first, const RcPick * picks, const guint * slots,
    GstBuffer ** buffer, RcError * error);
void gst_rc_output_clear_there (GstRcOutputState * out);
void gst_rc_output_missing (const GstRcOutputState * out, RcPick * picks);

G_END_DECLS
