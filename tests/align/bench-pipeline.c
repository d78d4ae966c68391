/* SPDX-License-Identifier: Apache-2.0 */
/* What a pipeline costs per buffer: N appsrc-like threads that push 16-float
 * buffers at 1 kHz (stamps; pushed as fast as they go) -> element -> fakesink.
 * Compared in one run, in turn:
 *   bare    a GstAggregator that pops one buffer per pad and pushes one of them
 *   queued  the same with the queueing that rcfusemux sets (property latency)
 *   fuse    rcfusemux, linear, 1 kHz ticks between the samples (every value is
 *           interpolated), output=concat
 *   bundle  the same, one tensor per stream
 * Costs are user + system CPU time of the whole process per input and per output
 * buffer; medians over rounds. The sources are threads that do nothing but make
 * buffers and push them, so that their cost is the same for all.
 *
 *   bench-pipeline [BUFFERS [ROUNDS]]   defaults 100000 and 5 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "alignsource.h"
#include "benchmux.h"

typedef struct
{
  gdouble cpu;                  /* s */
  gdouble wall;
  glong switches;
  guint64 out;
} Cost;

static GstPadProbeReturn
count_out (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  (*(guint64 *) data)++;
  return GST_PAD_PROBE_OK;
}

static gdouble
cpu_now (glong * switches)
{
  struct rusage u;

  getrusage (RUSAGE_SELF, &u);
  *switches = u.ru_nvcsw + u.ru_nivcsw;
  return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec +
      u.ru_stime.tv_usec) / 1e6;
}

static Cost
run (const gchar * kind, guint n_streams, guint64 n)
{
  AlignSource sources[BENCH_MUX_PADS];
  GstElement *pipeline, *mux;
  Cost cost = { 0 };
  glong switches;
  gint64 start;
  gboolean fuse = g_str_equal (kind, "fuse");

  if (fuse || g_str_equal (kind, "bundle")) {
    mux = bench_fusemux_new (fuse ? "concat" : "bundle");
    /* ticks half way between the samples */
    g_object_set (mux, "rate", 1000, 1, "tick-origin", (gint64) 500000, NULL);
  } else {
    mux = bench_mux_new (BENCH_MUX_BARE, NULL);
    if (g_str_equal (kind, "queued"))
      g_object_set (mux, "latency", 16 * GST_MSECOND, NULL);
  }
  pipeline = bench_pipeline_new (mux, count_out, &cost.out);
  for (guint i = 0; i < n_streams; i++) {
    gchar *name = g_strdup_printf ("sink_%u", i);

    align_source_init (&sources[i], mux, name, i * 1000, GST_MSECOND, n);
    g_free (name);
  }
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  cost.cpu = -cpu_now (&switches);
  cost.switches = -switches;
  start = g_get_monotonic_time ();
  for (guint i = 0; i < n_streams; i++)
    align_source_start (&sources[i]);
  bench_pipeline_wait (pipeline, kind);
  for (guint i = 0; i < n_streams; i++)
    align_source_join (&sources[i]);
  cost.wall = (g_get_monotonic_time () - start) / 1e6;
  cost.cpu += cpu_now (&switches);
  cost.switches += switches;
  gst_element_set_state (pipeline, GST_STATE_NULL);
  for (guint i = 0; i < n_streams; i++)
    align_source_clear (&sources[i]);
  gst_object_unref (pipeline);
  return cost;
}

static int
compare (const void *a, const void *b)
{
  gdouble x = ((const Cost *) a)->cpu, y = ((const Cost *) b)->cpu;

  return (x > y) - (x < y);
}

int
main (int argc, char **argv)
{
  static const gchar *const kinds[] = { "bare", "queued", "fuse", "bundle" };
  static const guint streams[] = { 2, 3, 8 };
  guint64 n;
  guint rounds;

  gst_init (&argc, &argv);
  n = argc > 1 ? g_ascii_strtoull (argv[1], NULL, 10) : 100000;
  rounds = argc > 2 ? g_ascii_strtoull (argv[2], NULL, 10) : 5;
  printf ("%" G_GUINT64_FORMAT " buffers of %d floats per stream, medians of "
      "%u rounds\n", n, ALIGN_SOURCE_CHANNELS, rounds);
  printf ("%-8s %-8s %12s %12s %14s %10s\n", "streams", "element",
      "us CPU/in", "us CPU/out", "switches/in", "of queued");
  for (guint s = 0; s < G_N_ELEMENTS (streams); s++) {
    Cost costs[G_N_ELEMENTS (kinds)][32];
    gdouble queued = 0;

    for (guint r = 0; r < MIN (rounds, 32); r++) {
      for (guint k = 0; k < G_N_ELEMENTS (kinds); k++)
        costs[k][r] = run (kinds[k], streams[s], n);
    }
    for (guint k = 0; k < G_N_ELEMENTS (kinds); k++) {
      Cost c;
      guint64 in = n * streams[s];

      qsort (costs[k], MIN (rounds, 32), sizeof (Cost), compare);
      c = costs[k][MIN (rounds, 32) / 2];
      if (k == 1)
        queued = c.cpu / in;
      printf ("%-8u %-8s %12.3f %12.3f %14.3f ", streams[s], kinds[k],
          c.cpu * 1e6 / in, c.cpu * 1e6 / c.out, (gdouble) c.switches / in);
      if (k > 0)
        printf ("%10.2f\n", c.cpu / in / queued);
      else
        printf ("%10s\n", "");
    }
  }
  return 0;
}
