/* SPDX-License-Identifier: Apache-2.0 */
/* What an aligner is measured against, and the pipeline that each runs in. */
#pragma once

#include <gst/base/gstaggregator.h>
#include <gst/gst.h>

#define BENCH_MUX_PADS 8

typedef enum
{
  /* pops one buffer per pad and pushes one of them */
  BENCH_MUX_BARE,
  /* empty buffers at ticks, decided as a live aligner decides them, but looked at
   * only when the base class calls aggregate () */
  BENCH_MUX_READY,
  /* likewise, when each pad has a sample from the tick on */
  BENCH_MUX_SLOWEST,
} BenchMuxMode;

/* For the modes with ticks. Pads in request order. */
typedef struct
{
  GstClockTime period;
  GstClockTime lookahead[BENCH_MUX_PADS];       /* READY */
} BenchMuxTicks;

/* `ticks` may be NULL for BARE. */
GstElement *bench_mux_new (BenchMuxMode mode, const BenchMuxTicks * ticks);
/* The element, or an exit that says what to set. */
GstElement *bench_fusemux_new (const gchar * output);

/* `mux` (taken) ! fakesink, with a probe for the buffers at the sink. */
GstElement *bench_pipeline_new (GstElement * mux, GstPadProbeCallback probe,
    gpointer data);
/* Until EOS; an error exits with its text. */
void bench_pipeline_wait (GstElement * pipeline, const gchar * what);
