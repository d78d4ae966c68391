/* SPDX-License-Identifier: Apache-2.0 */
/* A thread that makes buffers at fixed steps of stream time and pushes them into
 * a pad: as fast as it is let, or live. */
#pragma once

#include <gst/gst.h>

#define ALIGN_SOURCE_CHANNELS 16

typedef struct
{
  GstClockTime pts;             /* running time: segments begin at 0 */
  GstClockTime pushed;          /* clock time just before the push */
} AlignSourceLog;

typedef struct
{
  GstPad *pad;
  GThread *thread;
  guint64 n;
  GstClockTime first, step;
  const gchar *caps;            /* of 16 floats unless set otherwise */
  gsize size;

  /* live: each buffer is made, then pushed when the clock has reached its time */
  GstClock *clock;              /* NULL: not live */
  GstClockTime base_time;
  gdouble jitter;               /* of each time, +- this part of a step */
  guint32 seed;
  GArray *log;                  /* AlignSourceLog, to be read after the join */
} AlignSource;

/* Links a new source pad to the request pad `name` of `mux`. */
void align_source_init (AlignSource * source, GstElement * mux,
    const gchar * name, GstClockTime first, GstClockTime step, guint64 n);
/* Before the start; `clock` has to outlive the thread. */
void align_source_set_live (AlignSource * source, GstClock * clock,
    GstClockTime base_time, gdouble jitter, guint32 seed);
void align_source_start (AlignSource * source);
void align_source_join (AlignSource * source);
void align_source_clear (AlignSource * source);
