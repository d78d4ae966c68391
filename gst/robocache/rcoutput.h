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
} GstRcOutputState;

/* Takes configured streams and makes the caps info. FALSE with `error` when they
 * do not fit into one buffer. */
gboolean gst_rc_output_setup (GstRcOutputState * out,
    const GstRcOutputConfig * config, GstRcStream ** streams, guint n_streams,
    GError ** error);
void gst_rc_output_clear (GstRcOutputState * out);

/* Forgets the rows of the window (a flush or a new episode). */
void gst_rc_output_reset (GstRcOutputState * out);

/* Adds the row of tick number k; with `emit` returns a buffer with everything
 * but its times set, else NULL. Numbers of successive rows are consecutive. */
GstBuffer *gst_rc_output_add_row (GstRcOutputState * out, gint64 k,
    const RcPick * picks, guint32 deadlines, gboolean emit);

G_END_DECLS
