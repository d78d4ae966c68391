/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by rcaligner.c (the object) and rcalign.c (the ticks), nobody else. */
#pragma once

#include "rcaligner.h"

G_BEGIN_DECLS

/* What the aggregator thread works with; reset on stop. */
typedef struct
{
  GPtrArray *pads;              /* GstRcAlignerPad, in request order */
  guint32 pads_cookie;
  gboolean pads_known;
  gboolean dirty;               /* streams have to be configured again */
  gboolean caps_dirty;          /* caps have to be sent before the next buffer */
  gboolean live;
  GstClockTime latency;         /* the pipeline's, as the base class sees it */
  gint rate_n, rate_d;          /* in force; 0/1 with a master */
  GstRcAlignerPad *master;      /* borrowed from pads */
  gboolean started;             /* the first tick is known */
  gboolean emitted;             /* a row was made */
  gboolean ended;               /* EOS was pushed, upstream still runs */
  gboolean have_tick;           /* `tick` is the one to decide next, else */
  gint64 k, tick;               /* the one before it (k is always the next) */
  GstRcOutputState out;
} GstRcAlignerRun;

typedef struct
{
  /* properties, under the object lock */
  gint rate_n, rate_d;
  gchar *master;
  GstRcSpan span;
  gint64 tick_origin;
  gint64 max_jump;
  gboolean causal;
  guint stride;
  GstRcOutputConfig output;
  gboolean changed;

  /* counters, under the object lock */
  guint64 n_out, n_qos, n_skipped;

  GstRcAlignerRun run;
} GstRcAlignerPrivate;

GstRcAlignerPrivate *gst_rc_aligner_get_private (GstRcAligner * self);

/* GstAggregatorClass.aggregate and .get_next_time */
GstFlowReturn gst_rc_aligner_aggregate (GstAggregator * agg, gboolean timeout);
GstClockTime gst_rc_aligner_get_next_time (GstAggregator * agg);

/* Takes notice of new and released pads; of pads' liveness and properties. */
void gst_rc_aligner_refresh_pads (GstRcAligner * self, GstRcAlignerRun * run);
void gst_rc_aligner_refresh_live (GstRcAlignerRun * run);

/* Brings streams and output in line with pads, caps and properties; FALSE when
 * an error was posted. */
gboolean gst_rc_aligner_configure (GstRcAligner * self);

/* Whether this pad's values come out (a `times` pad's do not). */
gboolean gst_rc_aligner_in_output (const GstRcAlignerPad * pad);

/* Whether the base class made this buffer, for a GAP event. */
gboolean gst_rc_aligner_is_base_gap (GstBuffer * buffer);

/* To be called before a serialized event goes into the base class's queue. */
void gst_rc_aligner_pad_before_event (GstRcAlignerPad * self,
    GstObject * parent);

/* Posts an element error for `error`, which it frees; always FALSE. */
gboolean gst_rc_aligner_fail (GstRcAligner * self, GstRcAlignerPad * pad,
    GError * error);

G_END_DECLS
