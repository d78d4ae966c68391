/* SPDX-License-Identifier: Apache-2.0 */
/* An rcfusemux with two pads, "sink_a" and "sink_b", at 100 ticks per second, in
 * harnesses on one test clock: what comes out, and when, does not depend on how
 * fast the machine is. */
#pragma once

#include <gst/check/check.h>
#include <gst/check/gstharness.h>
#include <gst/check/gsttestclock.h>

#include "aligntest.h"

#define MS GST_MSECOND

typedef struct
{
  GstElement *mux;
  GstHarness *out, *in[2];
} Rig;

/* Properties as pairs of strings that end with NULL; "sink_a::method" is a
 * pad's. Both pads take one float. */
void rig_init (Rig * rig, gboolean live, const gchar * first_property, ...)
    G_GNUC_NULL_TERMINATED;
void rig_clear (Rig * rig);

void rig_push (Rig * rig, guint pad, GstClockTime pts, gfloat value);
void rig_push_gap (Rig * rig, guint pad, GstClockTime pts,
    GstClockTime duration);
/* Flushes that belong together, as those of one seek, have one number. */
void rig_push_numbered (Rig * rig, guint pad, GstEvent * event,
    guint32 seqnum);

/* Not owned by the caller. */
GstTestClock *rig_clock (Rig * rig);

/* A GstTestClock holds even waits for the past until they are processed, which a
 * real clock would let through. TRUE when there was one. */
gboolean rig_release_past (Rig * rig);

/* Pulls the next output at the clock's present time, which must be the tick at
 * `pts`, with these states and mask of deadlines. */
void rig_expect (Rig * rig, GstClockTime pts, RcState a, RcState b,
    guint32 deadlines);

/* Lets the clock run to the time that the aligner waits for, which must be
 * `time`: not earlier, not later. */
void rig_crank_to (Rig * rig, GstClockTime time);

/* A number of a pad's stats. */
guint64 rig_stat (Rig * rig, const gchar * pad, const gchar * field);
