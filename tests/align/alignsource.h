/* SPDX-License-Identifier: Apache-2.0 */
/* A thread that makes 16-float buffers at fixed steps of stream time and pushes
 * them into a pad as fast as it is let. */
#pragma once

#include <gst/gst.h>

#define ALIGN_SOURCE_CHANNELS 16

typedef struct
{
  GstPad *pad;
  GThread *thread;
  guint64 n;
  GstClockTime first, step;
} AlignSource;

/* Links a new source pad to the request pad `name` of `mux`. */
void align_source_init (AlignSource * source, GstElement * mux,
    const gchar * name, GstClockTime first, GstClockTime step, guint64 n);
void align_source_start (AlignSource * source);
void align_source_join (AlignSource * source);
void align_source_clear (AlignSource * source);
