/* SPDX-License-Identifier: Apache-2.0 */
/* One input stream of an aligner: its configuration, its caps, a bounded history
 * of samples, and the rows that ticks take from it. No pads and no locks here:
 * everything is called from the aggregator's thread (the caller serialises). */
#pragma once

#include <gst/gst.h>
#include <gst/video/video.h>

#include "rccaps.h"
#include "rcenums.h"

G_BEGIN_DECLS

/* What a pad's properties say. Times in nanoseconds. */
typedef struct
{
  GstRcRole role;
  GstRcMethod method;
  RcEdge edge;
  gboolean causal;
  gboolean required;
  gint64 max_gap;               /* -1: by method; G_MAXINT64: none */
  gint64 tolerance;             /* -1: none */
  gint64 offset;                /* added to every time */
  gint64 mean_window;           /* 0: one tick period */
  gboolean centred;
  guint samples;                /* gather */
  guint max_points;             /* clouds */
  gdouble fill;
} GstRcStreamConfig;

typedef enum
{
  GST_RC_STREAM_NONE,           /* no caps yet */
  GST_RC_STREAM_TENSOR,
  GST_RC_STREAM_VIDEO,
  GST_RC_STREAM_CLOUD,
} GstRcStreamKind;

/* Counters (in = kept + every kind of drop) and the range of times. */
typedef struct
{
  guint64 in;                   /* samples that arrived */
  guint64 kept;                 /* samples that entered the history */
  guint64 duplicates;           /* dropped: same time as the one before */
  guint64 backwards;            /* dropped: older than the one before */
  guint64 no_time;              /* dropped: no PTS, or outside the segment */
  guint64 bad_size;             /* dropped: size does not fit the caps */
  guint64 overflow;             /* rows or points that did not fit */
  guint64 states[5];            /* ticks by RcState */
  guint64 deadlines;            /* ticks that the clock decided */
  guint64 history;              /* samples held now */
  gint64 first_time, last_time; /* RC_TIME_NONE before the first sample */
} GstRcStreamStats;

#define GST_RC_STREAM_MAX_PARTS 3

typedef struct
{
  GstBuffer *buffer;            /* NULL for small rows, which are copied */
  GstMapInfo map;
  gboolean mapped;
  gsize size;                   /* bytes of this sample */
} GstRcRow;

typedef struct
{
  GstObject *object;            /* not owned: the pad, for messages */
  gchar *name;
  GstRcStreamConfig config;

  /* from the caps */
  GstRcStreamKind kind;
  GstRcTensors tensors;
  GstVideoInfo video;
  GstRcCloud cloud;
  GstRcTensor input;            /* shape of one sample */
  gboolean by_reference;        /* rows are kept as buffers */

  /* what it gives per tick: the value, then count and times where needed */
  guint n_parts;
  GstRcTensor parts[GST_RC_STREAM_MAX_PARTS];
  RcMethod method;
  RcSampler *sampler;
  RcSampler *late;              /* for ticks that a deadline decides */
  /* A rate such as 30/1 has ticks that are 33333333 and 33333334 ns apart: the
   * same with windows of 1 ns more, or NULL where there is no difference. */
  RcSampler *longer, *longer_late;
  const RcSampler *picked;      /* what made the last pick */
  gint64 period;                /* of the ticks in whole ns, 0: master */
  gint64 before, after;         /* from this tick to those beside it */

  /* history: arrays of `capacity`, valid in [head, head + n) */
  gint64 *times;
  GstRcRow *rows;
  guint8 *data;                 /* small rows, dense */
  guint8 *signs;
  gsize capacity, head, n;
  gint32 n_quats;
  gint64 hint;
  gint64 horizon;               /* every later sample is after this time */
  gboolean eos;

  GstRcStreamStats stats;
} GstRcStream;

GstRcStream *gst_rc_stream_new (GstObject * object, const gchar * name);
void gst_rc_stream_free (GstRcStream * stream);

/* Takes new caps; the history goes when the shape changed. FALSE with `error`
 * when they cannot be aligned. */
gboolean gst_rc_stream_set_caps (GstRcStream * stream, const GstCaps * caps,
    GError ** error);

/* (Re)creates samplers and output parts for a configuration and tick period.
 * Needs caps. FALSE with `error` when they do not fit each other. */
gboolean gst_rc_stream_configure (GstRcStream * stream,
    const GstRcStreamConfig * config, gint64 period, GError ** error);

/* Forgets all samples and times (flush), not the caps. */
void gst_rc_stream_reset (GstRcStream * stream);

/* Adds the sample(s) of a buffer; `segment` maps its PTS. `reason` (may be
 * NULL) receives a text to warn with, owned by the caller, when the buffer was
 * dropped for its content. A GAP buffer moves only the horizon. */
void gst_rc_stream_push (GstRcStream * stream, GstBuffer * buffer,
    const GstSegment * segment, gchar ** reason);

/* The times from the tick that is to be decided to the one before and the one
 * after it: the windows of gather, mean and next end exactly there. */
void gst_rc_stream_set_tick (GstRcStream * stream, gint64 before,
    gint64 after);

/* No later sample can change this tick. */
gboolean gst_rc_stream_decided (GstRcStream * stream, gint64 tick);

/* Finds what the tick takes; `late` when a deadline decided it. */
void gst_rc_stream_pick (GstRcStream * stream, gint64 tick, gboolean late,
    RcPick * pick);

/* Counts a tick that was emitted. */
void gst_rc_stream_count (GstRcStream * stream, const RcPick * pick,
    gboolean late);

/* Writes part `part` of a picked tick to `out`, parts[part].size bytes. */
void gst_rc_stream_render (GstRcStream * stream, const RcPick * pick,
    guint part, guint8 * out);

/* The memory of a picked tick's value by reference, or NULL when it has to be
 * rendered. The buffer it came from goes to `parent` (transfer none). */
GstMemory *gst_rc_stream_reference (GstRcStream * stream, const RcPick * pick,
    GstBuffer ** parent);

/* Forgets what neither `tick` nor a later one can need. */
void gst_rc_stream_trim (GstRcStream * stream, gint64 tick);

/* First sample time after `after` (RC_TIME_NONE: the first), or RC_TIME_NONE. */
gint64 gst_rc_stream_next_time (const GstRcStream * stream, gint64 after);

GstStructure *gst_rc_stream_stats (const GstRcStreamStats * stats);

/* Private to rcstream*.c: forget the rows; forget samplers and parts. */
void gst_rc_stream_free_history (GstRcStream * stream);
void gst_rc_stream_clear_parts (GstRcStream * stream);

G_END_DECLS
