/* SPDX-License-Identifier: Apache-2.0 */
/* One input stream of an aligner: its configuration, its caps, a bounded history
 * of samples, and the rows that ticks take from it. No pads and no locks here:
 * everything is called from the aggregator's thread (the caller serialises). */
#pragma once

#include <gst/gst.h>
#include <gst/video/video.h>

#include "rccaps.h"
#include "rcenums.h"
#include "rcrowdevice.h"
#include "rcstreamclock.h"
#include "resample/apply-cuda.h"

G_BEGIN_DECLS

/* What a pad's properties say. Times in nanoseconds. */
typedef struct
{
  GstRcRole role;
  GstRcMethod method;
  RcEdge edge;
  gboolean causal;
  gboolean required;
  GstRcLatePolicy late_policy;
  gint64 clock_jump, max_jump;  /* steps back and forward that are no samples' */
  gint64 max_gap;               /* -1: by method; G_MAXINT64: none */
  gint64 tolerance;             /* -1: none */
  gint64 dead_after;            /* -1: by role and rate */
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

/* Counters and the range of times. in = kept + every kind of drop, and of those
 * that were kept some ticks used `used`. */
typedef struct
{
  guint64 in;                   /* samples that were read */
  guint64 kept;                 /* samples that entered the history */
  guint64 used;                 /* kept, and in the value of one tick or more */
  guint64 duplicates;           /* dropped: same time as the one before */
  guint64 backwards;            /* dropped: older than the one before */
  guint64 ahead;                /* dropped: more than max_jump after it */
  guint64 resets;               /* times the stream began anew */
  guint64 losses;               /* intervals that upstream said were lost */
  guint64 late;                 /* kept, but a tick had left without them */
  guint64 no_time;              /* dropped: no PTS, or outside the segment */
  guint64 no_reference;         /* dropped: no time of the clock asked for */
  guint64 bad_size;             /* dropped: size does not fit the caps */
  guint64 overflow;             /* rows or points that did not fit */
  guint64 states[5];            /* ticks by RcState */
  guint64 deadlines;            /* ticks that the clock decided */
  guint64 history;              /* samples held now */
  guint64 buffers;              /* buffers that were read */
  guint64 flushed;              /* buffers that a flush dropped unread */
  gdouble rate;                 /* samples per second of late, 0: unknown */
  gint64 first_time, last_time; /* RC_TIME_NONE before the first sample */
  RcClockEstimate clock;        /* all 0 with time-source=pts */
} GstRcStreamStats;

#define GST_RC_STREAM_MAX_PARTS 3
#define GST_RC_STREAM_SPACINGS 16

/* On a GAP buffer: its samples were lost (GST_GAP_FLAG_MISSING_DATA), so that
 * nothing is held or interpolated across it. */
#define GST_RC_BUFFER_FLAG_MISSING GST_BUFFER_FLAG_CORRUPTED

/* A row that is kept as the buffer it came in. */
typedef struct
{
  GstBuffer *buffer;
  gsize offset, size;           /* bytes of this sample, in the buffer */
  GstMapInfo map;               /* of the buffer, */
  gboolean mapped;              /* when the host needs it */
  GstMemory *memory;            /* of these bytes on the device; and */
  const guint8 *there;          /* their place, when it needs it */
} GstRcRow;

typedef struct
{
  GstObject *object;            /* not owned: the pad, for messages */
  gchar *name;
  GstRcStreamConfig config;
  GstRcStreamClock clock;

  /* from the caps */
  GstRcStreamKind kind;
  GstRcTensors tensors;
  GstVideoInfo video;
  GstRcCloud cloud;
  GstRcTensor input;            /* shape of one sample */
  gboolean by_reference;        /* rows are kept as buffers */
  gboolean cuda_caps;           /* they say CUDA memory */
  GstRcRowDevice *device;       /* ticks are made there; NULL: on the host */

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
  guint64 signed_to;            /* rows counted from the first ever: those before
                                 * have their signs */
  guint64 forgotten;            /* rows that have left the history */
  guint64 used_end;             /* rows counted from the first ever: no later
                                 * tick adds one before this to `used` */
  gint32 n_quats;
  /* on the device: samplers, made when they are needed, and the signs of rows in
   * turn; and lists for a launch */
  RcCudaSampler *samplers_there[4];
  GstMemory *signs_memory;
  guint8 *signs_there;
  gsize signs_slots;
  const void **row_list;
  guint8 **sign_list;
  gsize list_size;
  gint64 hint;
  gint64 horizon;               /* every later sample is after this time */
  /* Samples are missing in [from, to), or NONE. Nothing is read beyond before the
   * ticks are: what comes after it has a history of its own. */
  gint64 gap_from, gap_to;
  gint64 passed;                /* last_time before one that is over, or NONE */
  gint64 spacing[GST_RC_STREAM_SPACINGS];       /* between the last samples */
  guint n_spacings;             /* counted on for ever */
  gint64 usual_spacing, longest_spacing;
  gboolean eos;

  GstRcStreamStats stats;
} GstRcStream;

GstRcStream *gst_rc_stream_new (GstObject * object, const gchar * name);
void gst_rc_stream_free (GstRcStream * stream);

/* Takes new caps; the history goes when the shape changed. `by_reference`: rows are
 * kept as buffers whatever their size. FALSE with `error` when they cannot be
 * aligned. */
gboolean gst_rc_stream_set_caps (GstRcStream * stream, const GstCaps * caps,
    gboolean by_reference, GError ** error);

/* (Re)creates samplers and output parts for a configuration and tick period.
 * Needs caps. FALSE with `error` when they do not fit each other. */
gboolean gst_rc_stream_configure (GstRcStream * stream,
    const GstRcStreamConfig * config, gint64 period, GError ** error);

/* Forgets all samples and times (flush), not the caps. */
void gst_rc_stream_reset (GstRcStream * stream);

/* Running time of a PTS plus the stream's offset; FALSE (and `time` as it was)
 * when there is none or it lies outside the segment. */
gboolean gst_rc_stream_running_time (const GstRcStream * stream,
    const GstSegment * segment, GstClockTime pts, gint64 * time);

/* Adds the sample(s) of a buffer; `segment` maps its PTS. `reason` (may be
 * NULL) receives a text to warn with, owned by the caller, when the buffer was
 * dropped for its content. A GAP buffer moves only the horizon. */
void gst_rc_stream_push (GstRcStream * stream, GstBuffer * buffer,
    const GstSegment * segment, gchar ** reason);

/* The times from the tick that is to be decided to the one before and the one
 * after it: the windows of gather, mean and next end exactly there. */
void gst_rc_stream_set_tick (GstRcStream * stream, gint64 before,
    gint64 after);

/* No tick from `tick` on is decided while the horizon lies before this: earlier
 * than the tick where a window that began without a value has none. */
gint64 gst_rc_stream_reads_to (const GstRcStream * stream, gint64 tick);

/* No later sample can change this tick. */
gboolean gst_rc_stream_decided (GstRcStream * stream, gint64 tick);

/* Finds what the tick takes; `late` when a deadline decided it. */
void gst_rc_stream_pick (GstRcStream * stream, gint64 tick, gboolean late,
    RcPick * pick);

/* Counts a tick that was emitted. */
void gst_rc_stream_count (GstRcStream * stream, const RcPick * pick,
    gboolean late);

/* Makes the host see the rows of a picked tick; FALSE where it cannot. */
gboolean gst_rc_stream_map_rows (GstRcStream * stream, const RcPick * pick);

/* Writes part `part` of a picked tick, whose rows the host sees, to `out`,
 * parts[part].size bytes. */
void gst_rc_stream_render (GstRcStream * stream, const RcPick * pick,
    guint part, guint8 * out);

/* Where the stream's values are made from now on; NULL: on the host. */
void gst_rc_stream_set_device (GstRcStream * stream, GstRcRowDevice * device);

/* Of the newest row, which is kept as a buffer (borrowed); NULL where there is none. */
GstMemory *gst_rc_stream_some_memory (GstRcStream * stream);

/* A launch's row that makes the value of a picked tick at `out` on the open device. It
 * may be used until the stream changes. */
RcStatus gst_rc_stream_render_there (GstRcStream * stream, const RcPick * pick,
    gpointer out, RcCudaRow * row, RcError * error);

/* The memory of a picked tick's value by reference, or NULL when it has to be
 * rendered. The buffer it came from goes to `parent` (transfer none). */
GstMemory *gst_rc_stream_reference (GstRcStream * stream, const RcPick * pick,
    GstBuffer ** parent);

/* The newest row of a picked tick, as the buffer it came in or a copy. */
GstBuffer *gst_rc_stream_newest_used (GstRcStream * stream,
    const RcPick * pick);

/* What most samples' distance to the next one does not exceed, in ns; 0 before
 * enough of them have come. Gaps beyond the method's max_gap do not count. */
gint64 gst_rc_stream_spacing (const GstRcStream * stream);

/* Samples per second, from the last few of those distances; 0: not known yet. */
gdouble gst_rc_stream_rate (const GstRcStream * stream);

/* Forgets what neither `tick` nor a later one can need. */
void gst_rc_stream_trim (GstRcStream * stream, gint64 tick);

/* What comes next has a new history, and ticks up to the last sample take the old
 * one: puts a gap without length between them. FALSE when that has passed, or
 * there is no history: what comes next can be read. */
gboolean gst_rc_stream_begin_anew (GstRcStream * stream);

/* Whether the buffer has to wait for that, since the stream's clock was set back. */
gboolean gst_rc_stream_holds_back (GstRcStream * stream, GstBuffer * buffer,
    const GstSegment * segment);

/* No tick before the end of a gap will come any more. */
void gst_rc_stream_pass_gap (GstRcStream * stream);

/* Forgets all but the `n` newest samples. */
void gst_rc_stream_keep (GstRcStream * stream, guint64 n);

/* First sample time after `after` (RC_TIME_NONE: the first), or RC_TIME_NONE. */
gint64 gst_rc_stream_next_time (const GstRcStream * stream, gint64 after);

/* Private to rcstream*.c: forget the rows; forget samplers and parts; a new row, for
 * which there is space; what it holds; the signs of rows that have none yet. */
void gst_rc_stream_free_history (GstRcStream * stream);
void gst_rc_stream_clear_parts (GstRcStream * stream);
void gst_rc_stream_add_row (GstRcStream * stream, GstBuffer * buffer,
    gsize offset, gsize size);
void gst_rc_stream_clear_row (GstRcStream * stream, gsize index);
void gst_rc_stream_sign_rows (GstRcStream * stream);
RcStatus gst_rc_stream_place_row (GstRcStream * stream, GstRcRow * row,
    RcError * error);
RcStatus gst_rc_stream_sign_there (GstRcStream * stream, RcError * error);
void gst_rc_stream_free_there (GstRcStream * stream);
void gst_rc_stream_free_samplers_there (GstRcStream * stream);
void gst_rc_stream_free_row_there (GstRcStream * stream, GstRcRow * row);

G_END_DECLS
