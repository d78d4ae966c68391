/* SPDX-License-Identifier: Apache-2.0 */
/* An aligner whose pads are each fed by a thread of its own, live on a test clock
 * that jumps on while they run, or as fast as they can. */
#pragma once

#include <gst/check/check.h>
#include <gst/check/gsttestclock.h>

#include "rcmeta.h"

/* Buffers and events of one stream, in order, with the time at which they come. */
typedef struct
{
  gint64 arrival;               /* ns on the test clock */
  GstMiniObject *object;        /* NULL: the stream leaves. Live its pad is released,
                                 * in a recording it ends */
} FeedItem;

typedef struct
{
  GstBuffer *buffer;
  GstCaps *caps;
} FedOutput;

typedef struct
{
  GArray *outputs;              /* FedOutput */
  gchar *error;                 /* text of an error message, or NULL */
} FedRun;

GArray *feed_new (void);
void feed_add (GArray * feed, gint64 arrival, gpointer object);
void feed_free (GArray * feed);

/* Runs feeds[i] into the pad "sink_" + letter i of `mux` (which it takes) until
 * EOS or an error. `live`: the clock runs in steps drawn with `seed`, and so that
 * deadlines pass at any moment; else nothing waits. */
FedRun *feed_run (GstElement * mux, GArray ** feeds, guint n_feeds,
    gboolean live, guint32 seed);
void fed_run_free (FedRun * run);

/* Fails, with `what` and the index of the output, where two runs differ in
 * anything: number, times, caps, bytes, provenance. */
void fed_run_assert_equal (const FedRun * a, const FedRun * b,
    const gchar * what);
