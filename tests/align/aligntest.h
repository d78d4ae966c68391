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

/* `line` is a gst-launch line whose aligner is named "m"; appsrcs and the
 * appsink "out" get what tests need set. */
AlignTest *align_test_new (const gchar * line);
void align_test_free (AlignTest * t);

/* Sets caps and pushes; time in ns. */
void align_test_caps (AlignTest * t, const gchar * src, const gchar * caps);
void align_test_push (AlignTest * t, const gchar * src, GstBuffer * buffer);
void align_test_data (AlignTest * t, const gchar * src, GstClockTime pts,
    gconstpointer data, gsize size);
void align_test_float (AlignTest * t, const gchar * src, GstClockTime pts,
    gfloat value);
void align_test_eos (AlignTest * t, const gchar * src);

/* Plays until EOS or an error (10 s at most, which fails the test). */
void align_test_run (AlignTest * t);

GstBuffer *align_test_buffer (AlignTest * t, guint index);
GstCaps *align_test_out_caps (AlignTest * t);
gfloat align_test_value (AlignTest * t, guint index, guint memory,
    guint element);
guint8 align_test_state (AlignTest * t, guint index, guint stream);
GstRcProvenance align_test_provenance (AlignTest * t, guint index);
guint64 align_test_stat (AlignTest * t, const gchar * pad, const gchar * field);
