/* SPDX-License-Identifier: Apache-2.0 */
/* A pipeline of appsrcs, an aligner and an appsink. The appsrcs have their own
 * threads and unbounded queues, so a test may push in any order. */
#pragma once

#include <gst/check/check.h>

#include "rccaps.h"
#include "rcmeta.h"

typedef struct
{
  GstElement *pipeline, *aligner, *sink;
  GPtrArray *samples;           /* GstSample, after align_test_run () */
  gchar *error;                 /* message and debug text, or NULL */
  gchar *warnings;              /* all of them, or "" */
} AlignTest;

#define FLOATS(n) "other/tensors,format=static,num_tensors=1,types=float32," \
    "dimensions=(string)" #n ",framerate=0/1"

#define ALIGN_ONE "rcfusemux name=m %s ! appsink name=out " \
    "appsrc name=a ! m.sink_a"
#define ALIGN_TWO ALIGN_ONE " appsrc name=b ! m.sink_b"

/* `line` is a gst-launch line whose aligner is named "m"; appsrcs and the
 * appsink "out" get what tests need set. */
AlignTest *align_test_new (const gchar * line);
/* Likewise, with properties put in the place of %s. */
AlignTest *align_test_with (const gchar * format, const gchar * properties);
void align_test_free (AlignTest * t);

/* Sets caps and pushes; time in ns. */
void align_test_caps (AlignTest * t, const gchar * src, const gchar * caps);
void align_test_push (AlignTest * t, const gchar * src, GstBuffer * buffer);
void align_test_data (AlignTest * t, const gchar * src, GstClockTime pts,
    gconstpointer data, gsize size);
void align_test_float (AlignTest * t, const gchar * src, GstClockTime pts,
    gfloat value);
void align_test_eos (AlignTest * t, const gchar * src);

/* A whole stream of one float, whose value is its time in ms. */
void align_test_ramp (AlignTest * t, const gchar * src, GstClockTime from,
    GstClockTime step, guint n);

/* Plays until EOS or an error (10 s at most, which fails the test). */
void align_test_run (AlignTest * t);

/* Fails unless the run ended with an error that contains `part`. */
void align_test_fail_unless_error (AlignTest * t, const gchar * part);

GstBuffer *align_test_buffer (AlignTest * t, guint index);
GstCaps *align_test_out_caps (AlignTest * t);
gfloat align_test_value (AlignTest * t, guint index, guint memory,
    guint element);
guint8 align_test_state (AlignTest * t, guint index, guint stream);
GstRcProvenance align_test_provenance (AlignTest * t, guint index);
guint64 align_test_stat (AlignTest * t, const gchar * pad, const gchar * field);
