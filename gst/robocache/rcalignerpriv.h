/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of the aligner, nobody else. */
#pragma once

#include "rcaligner.h"
#include "rccudashare.h"
#include "rcdecisions.h"
#include "rcenums.h"

G_BEGIN_DECLS

/* What the aggregator thread works with; reset on stop. */
typedef struct
{
  GPtrArray *pads;              /* GstRcAlignerPad, in request order */
  guint32 pads_cookie;
  gboolean pads_known;
  gboolean dirty;               /* streams have to be configured again */
  gboolean failed;              /* an error was posted while reading */
  gboolean looking;             /* in get_next_time (): no message may be posted */
  gboolean event_due;           /* an event has to be applied by aggregate () */
  gboolean caps_dirty;          /* caps have to be sent before the next buffer */
  gboolean live;
  gboolean force_live;          /* even if no pad is */
  gboolean ignore_inactive;     /* pads that have never had a buffer are not waited
                                 * for */
  gboolean have_now;            /* there was a clock; */
  gint64 now;                   /* running time before the last collection */
  GstClockTime latency;         /* the pipeline's, as the base class sees it */
  gint64 min_upstream;          /* no pad's upstream is taken for faster */
  gint rate_n, rate_d;          /* in force; 0/1 with a master */
  GstRcAlignerPad *master;      /* borrowed from pads */
  gboolean started;             /* the first tick is known */
  gboolean emitted;             /* a row was made */
  gboolean ended;               /* EOS was pushed, upstream still runs */
  gboolean anew;                /* the output was set up since: its window is empty */
  gboolean have_tick;           /* `tick` is the one to decide next, else */
  gint64 k, tick;               /* the one before it (k is always the next) */
  GstEvent *episode;            /* an rc-next-episode for the next tick */
  guint32 episode_seqnum;       /* of the last one: each pad may bring it */
  const RcPick *picks;          /* of the tick that is being emitted */
  gboolean pushed;              /* its buffer went through the source pad */
  GstRcDecisionLog *log;        /* decision-log, or NULL */
  gchar *log_streams;           /* the last list of streams in it */
  GstRcDecisionReplay *replay;  /* replay-log, or NULL */
  GQueue messages;              /* GstStructure, to be posted without locks */
  GstRcBackend backend;         /* in force */
  GstRcRowDevice *device;       /* for rows made there; NULL with backend=cpu */
  gboolean prefers_device;      /* the output's memory, where downstream takes both */
  GstRcOutputState out;
} GstRcAlignerRun;

typedef struct
{
  /* properties, under the object lock */
  gint rate_n, rate_d;
  gchar *master;
  GstRcSpan span;
  gint64 tick_origin;
  gint64 max_jump, clock_jump;
  gboolean causal;
  gboolean force_live, ignore_inactive;
  guint stride;
  GstRcOutputConfig output;
  gchar *decision_log, *replay_log;
  GstRcBackend backend;
  gint cuda_device;
  gboolean changed;

  /* the last flushing seek, under the object lock */
  gint64 sought;                /* stream time of running time 0 */
  gdouble sought_rate;

  /* counters, under the object lock */
  guint64 n_out, n_qos, n_skipped, n_dropped, n_cuda, n_fallbacks;
  gint64 min_upstream;          /* of min-upstream-latency */
  GstClockTime latency;         /* as the base class has it */
  struct _GstRcHist *latency_hist;      /* of ticks, live */

  GstRcCudaLink link;
  GstRcCudaAllocator *opened;   /* backend=cuda: from READY on */

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

/* To be called, without locks, whenever the base class's latency may have
 * changed: its waits are relative to it. */
void gst_rc_aligner_note_latency (GstRcAligner * self);

/* Live: follows what upstreams turned out to need. */
void gst_rc_aligner_update_latency (GstRcAligner * self);

/* ---- rcalignread.c: what a tick needs from a pad ---- */

/* Reads one buffer or event into the history; FALSE when there is none, or when
 * the streams have to be configured before more can be read. Where the buffer has
 * to wait for a gap to pass, there is one afterwards, and the result is TRUE. */
gboolean gst_rc_aligner_take_next (GstRcAligner * self, GstRcAlignerPad * pad);

/* Reads on until the pad decides the tick; FALSE when it needs more. */
gboolean gst_rc_aligner_advance (GstRcAligner * self, GstRcAlignerPad * pad,
    gint64 tick);

/* Live: reads the clock, then takes over everything that has arrived: what came
 * before `now` is in time, whenever a deadline is looked at. */
void gst_rc_aligner_collect (GstRcAligner * self);

void gst_rc_aligner_update_eos (GstRcAlignerPad * pad);
void gst_rc_aligner_take_flush (GstRcAligner * self, GstRcAlignerPad * pad);
void gst_rc_aligner_clear_waiting (GstRcAlignerPad * pad);

/* A CAPS or SEGMENT event or the start of an episode holds from the next buffer
 * on; FALSE with an error posted when caps that hold at once cannot be taken. */
gboolean gst_rc_aligner_queue_event (GstRcAligner * self,
    GstRcAlignerPad * pad, GstEvent * event);

/* ---- rcalignspan.c: which ticks there are ---- */

/* Running time of tick k: origin + floor (k * d * 1e9 / n). */
gint64 gst_rc_aligner_tick_time (const GstRcAlignerPrivate * priv, gint64 k);
gboolean gst_rc_aligner_span_is_common (const GstRcAlignerPrivate * priv);

/* Sets run->tick to the next tick to decide: that of k, or the master's next
 * sample time. FALSE when the master has no further sample yet. */
gboolean gst_rc_aligner_next_tick (GstRcAligner * self);

/* Chooses the first tick. GST_AGGREGATOR_FLOW_NEED_DATA while it can't. */
GstFlowReturn gst_rc_aligner_choose_start (GstRcAligner * self);
gboolean gst_rc_aligner_may_start (GstRcAligner * self);

/* No tick is left. */
gboolean gst_rc_aligner_finished (GstRcAlignerPrivate * priv);

/* ---- rcalignreplay.c: the decisions of arrival ---- */

/* At the properties' locations; FALSE with an error posted. */
gboolean gst_rc_aligner_open_decisions (GstRcAligner * self);
void gst_rc_aligner_close_decisions (GstRcAligner * self);

/* When the current tick is made. The mask of the streams (columns) that arrival
 * decided, which are those that are late and those that were read further than the
 * tick needed. */
guint32 gst_rc_aligner_log_tick (GstRcAligner * self, guint32 late,
    gboolean episode);

/* With a replay-log: starts the ticks where they started then. */
GstFlowReturn gst_rc_aligner_replay_start (GstRcAligner * self);

/* Takes the streams that came out at the current tick; FALSE when these have to
 * be configured, need caps, or are not there (an error). */
gboolean gst_rc_aligner_follow_streams (GstRcAligner * self);

/* Reads the pad exactly as far as it was read then; FALSE when it needs more, or
 * is another stream (an error). */
gboolean gst_rc_aligner_follow (GstRcAligner * self, GstRcAlignerPad * pad,
    gboolean * late);

/* An episode began at the current tick. */
gboolean gst_rc_aligner_replay_episode (GstRcAligner * self);

/* ---- */

/* ---- rcalignreport.c: statistics and messages ---- */

GstRcPadReport *gst_rc_pad_report_new (void);
void gst_rc_pad_report_free (GstRcPadReport * report);

void gst_rc_aligner_clear_report (GstRcAlignerPad * pad);

/* Ticks begin again: what they were before is not told of any more. */
void gst_rc_aligner_report_flush (GstRcAlignerPad * pad);

/* The pad's buffers begin again. With its object lock held. */
void gst_rc_pad_report_flush (GstRcPadReport * report);

/* The element's `stats`, with its object lock held; a pad's, with the pad's. */
GstStructure *gst_rc_aligner_stats (GstRcAligner * self);
GstStructure *gst_rc_aligner_pad_stats (GstRcAlignerPad * pad);

/* Asks upstream of a sink pad whether it is live, and how late its data may be (0 where
 * it does not know; min may be NULL). FALSE where it cannot answer. Called without locks: upstream may
 * take its own. */
gboolean gst_rc_aligner_pad_ask_latency (GstPad * pad, gboolean * live,
    GstClockTime * min);

/* Upstream's thread, for a buffer of a live stream: how old it is. */
void gst_rc_aligner_pad_note_arrival (GstRcAlignerPad * pad,
    GstObject * parent, GstBuffer * buffer);

/* The clock of a stream was set: its times went from `from` to `to`. */
void gst_rc_aligner_report_jump (GstRcAligner * self, GstRcAlignerPad * pad,
    gint64 from, gint64 to);

/* Counts the tick that is made now, and notes gaps that begin or end at it and
 * streams that died or came back. */
void gst_rc_aligner_report_tick (GstRcAligner * self, const RcPick * picks,
    guint32 late);

void gst_rc_aligner_publish_stats (GstRcAlignerRun * run);

/* Counts a QoS event from downstream and posts a message when it says that
 * buffers come too late. */
void gst_rc_aligner_take_qos (GstRcAligner * self, GstEvent * event);

/* GstAggregatorClass.peek_next_sample */
GstSample *gst_rc_aligner_peek_next_sample (GstAggregator * agg,
    GstAggregatorPad * pad);

/* Posts what was noted; without locks. */
void gst_rc_aligner_post_messages (GstRcAligner * self);

/* FALSE while there is no clock. */
gboolean gst_rc_aligner_running_now (GstRcAligner * self, gint64 * now);

/* Whether this pad's values come out (a `times` pad's do not). */
gboolean gst_rc_aligner_in_output (const GstRcAlignerPad * pad);

/* Whether the base class made this buffer, for a GAP event. */
gboolean gst_rc_aligner_is_base_gap (GstBuffer * buffer);

/* To be called before a serialized event goes into the base class's queue. */
void gst_rc_aligner_pad_before_event (GstRcAlignerPad * self,
    GstObject * parent);

/* To be called when it has been handled. */
void gst_rc_aligner_pad_after_event (GstRcAlignerPad * self,
    GstObject * parent);

/* Posts an element error for `error`, which it frees; always FALSE. */
gboolean gst_rc_aligner_fail (GstRcAligner * self, GstRcAlignerPad * pad,
    GError * error);

/* ---- rcaligndevice.c ---- */

/* Takes the properties; FALSE, and an error on the bus, where the backend is to be a
 * device and there is none. */
gboolean gst_rc_aligner_open_backend (GstRcAligner * self);
void gst_rc_aligner_close_backend (GstRcAligner * self);
/* After the output was set up. */
void gst_rc_aligner_choose_backend (GstRcAligner * self);
/* After a device failed: TRUE when the row can be made again, on the host. */
gboolean gst_rc_aligner_fall_back (GstRcAligner * self, const RcError * error);

G_END_DECLS
