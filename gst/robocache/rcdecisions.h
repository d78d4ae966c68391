/* SPDX-License-Identifier: Apache-2.0 */
/* The record of what the arrival of data decided and the data alone do not say:
 * where the ticks began, which streams there were, and, for each tick that left
 * on a deadline, how far each late stream had been read. A replay of the same
 * buffers that follows the record gives the same bytes.
 *
 * The file is CSV, a line per fact, in the order of the ticks:
 *
 *   # rc-decisions 1
 *   tick,time,event,stream,read,marks,kept,last
 *
 *   event     what holds from this tick on, or at it
 *   start     ticks begin here; `time` is the running time from which on, and
 *             `stream` the span that holds, "all" or "common"
 *   streams   the output is these streams, in this order: `stream` is a
 *             ;-separated list. Windows begin anew, also where the list is the one
 *             before: a stream may have come and gone between two ticks
 *   deadline  `stream` was late: the tick was made from its first `read` samples
 *             and the first `marks` among them: GAPs that mean lost data and
 *             changes of caps. The newest `kept` samples had not been forgotten
 *   read      it had been read that far, which is further than the tick needed,
 *             but was not late
 *   episode   a new episode begins: windows do not reach back
 *   end       the first tick that was not made
 *
 * `time` is the tick's running time and `last` that of the newest sample read,
 * in ns (`last` is empty where there was none). */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef enum
{
  GST_RC_DECISION_START,
  GST_RC_DECISION_STREAMS,
  GST_RC_DECISION_DEADLINE,
  GST_RC_DECISION_READ,
  GST_RC_DECISION_EPISODE,
  GST_RC_DECISION_END,
} GstRcDecisionEvent;

typedef struct
{
  gint64 tick;
  gint64 time;                  /* running time, ns */
  GstRcDecisionEvent event;
  const gchar *stream;          /* NULL: none */
  guint64 read, marks, kept;
  gint64 last;                  /* G_MININT64: none */
} GstRcDecision;

/* ---- writing ---- */

typedef struct _GstRcDecisionLog GstRcDecisionLog;

/* Creates or replaces the file; NULL with `error` when it cannot. */
GstRcDecisionLog *gst_rc_decision_log_new (const gchar * location,
    GError ** error);

/* Adds a line. What was added reaches the file once per second of running time
 * and when the log is closed: after a crash the last second may be absent. FALSE
 * when the file could not be written; nothing is written from then on. */
gboolean gst_rc_decision_log_add (GstRcDecisionLog * log,
    const GstRcDecision * decision);

/* FALSE with `error` when a line may not have reached the file. */
gboolean gst_rc_decision_log_close (GstRcDecisionLog * log, GError ** error);

/* ---- reading ---- */

typedef struct _GstRcDecisionReplay GstRcDecisionReplay;

/* Reads a whole file; NULL with an `error` that names the line. */
GstRcDecisionReplay *gst_rc_decision_replay_new (const gchar * location,
    GError ** error);
void gst_rc_decision_replay_free (GstRcDecisionReplay * replay);

/* The decisions at `tick`, which may not go back: `n` of them, owned by the
 * replay. */
const GstRcDecision *gst_rc_decision_replay_at (GstRcDecisionReplay * replay,
    gint64 tick, guint * n);

/* The first line, which is the start, and whether `tick` was not made any more
 * (with no end in the file that is never known). */
const GstRcDecision *gst_rc_decision_replay_start (const GstRcDecisionReplay *
    replay);
gboolean gst_rc_decision_replay_ended (const GstRcDecisionReplay * replay,
    gint64 tick);

/* Something was decided at `tick` or later, so that it was made. */
gboolean gst_rc_decision_replay_has_more (const GstRcDecisionReplay * replay,
    gint64 tick);

G_END_DECLS
