/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded queue in front of an aggregator pad's own, for pipelines that are not
 * live.
 *
 * The base class keeps one buffer per pad then, and wakes a thread for each: most
 * of what a tick costs. Here only a pad's first buffer goes through the base
 * class, which makes the pad ready; what comes while it is queued there waits in
 * this box, and the aggregator takes it from here without waking anyone until
 * half of the box is empty. Order holds because
 *   - everything in the base class's queue is older than everything in the box;
 *   - the box is emptied into the base class's queue before a serialized event
 *     goes there; what it takes after that waits until the event has been
 *     handled. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* At 1 kHz a quarter of a second: also what a demuxer with one thread and no
 * queues may run ahead on one pad before it serves the next. */
#define GST_RC_INBOX_BUFFERS 256
/* Frames and clouds are large enough to be worth a hand-over each: beyond this
 * many bytes only one is taken early. */
#define GST_RC_INBOX_BYTES (1 << 20)

typedef struct
{
  GMutex lock;
  GCond space;
  GstBuffer *buffers[GST_RC_INBOX_BUFFERS];     /* a ring */
  guint head, n;
  gsize bytes;
  gboolean waiting;             /* the producer waits for space */
  gboolean closed;              /* flushing, or the aggregator has stopped */
  gboolean discard;             /* the ticks have ended: nothing is of use */
  gboolean draining;
  gboolean handing;             /* the consumer chains one into the base class */
  guint in_base;                /* buffers in the base class's queue */
  guint events;                 /* serialized events there */
  guint epoch;                  /* counts flushes */
} GstRcInbox;

void gst_rc_inbox_init (GstRcInbox * box);
void gst_rc_inbox_clear (GstRcInbox * box);

/* Producer: TRUE when the box took the buffer (after waiting for space); FALSE
 * when the caller has to chain it into the base class (it is counted there). */
gboolean gst_rc_inbox_put (GstRcInbox * box, GstBuffer * buffer,
    gboolean bypass);

/* Producer: the chaining did not take place after all. */
void gst_rc_inbox_not_chained (GstRcInbox * box);

/* Producer, before a serialized event: the next buffer to chain into the base
 * class, or NULL when there is none left. Ends with gst_rc_inbox_event (). */
GstBuffer *gst_rc_inbox_drain (GstRcInbox * box);
void gst_rc_inbox_event (GstRcInbox * box);

/* Consumer: a serialized event has been handled. Unless the base class has a
 * buffer (it makes one of a GAP), the one that has to go there to make the pad
 * ready, or NULL. Until gst_rc_inbox_handed () says that it is there, the producer
 * chains nothing: that would pass it, and could wait with the base class's lock. */
GstBuffer *gst_rc_inbox_event_done (GstRcInbox * box, gboolean ready);
void gst_rc_inbox_handed (GstRcInbox * box);

/* Consumer: takes the next buffer if it is this box's turn, which it is when the
 * base class holds nothing but `held` (0 or 1) buffers that were taken already.
 * Else NULL, and with `leave` that held buffer counts as gone from then on (the
 * caller drops it): in one step, so that no buffer can be put into a box whose
 * pad is not ready. `epoch` is from when the held one was found. */
GstBuffer *gst_rc_inbox_take (GstRcInbox * box, guint held, gboolean leave,
    guint epoch);

/* Consumer: a buffer was popped from the base class's queue. */
void gst_rc_inbox_popped (GstRcInbox * box, guint epoch);
guint gst_rc_inbox_epoch (GstRcInbox * box);

/* Any thread: drops what is in the box; closed, it takes and holds nothing. */
void gst_rc_inbox_close (GstRcInbox * box);

/* Any thread: from now on takes everything at once and forgets it, so that
 * upstream runs on to its end. */
void gst_rc_inbox_discard (GstRcInbox * box);

void gst_rc_inbox_open (GstRcInbox * box);

G_END_DECLS
