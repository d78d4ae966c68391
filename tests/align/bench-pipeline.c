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
#include <gst/base/gstaggregator.h>
#include <gst/gst.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "alignsource.h"

#define MAX_STREAMS 8

/* ---- the bare aggregator ---- */

typedef struct
{
  GstAggregator parent;
} BareMux;
typedef struct
{
  GstAggregatorClass parent_class;
} BareMuxClass;

GType bare_mux_get_type (void);
G_DEFINE_TYPE (BareMux, bare_mux, GST_TYPE_AGGREGATOR);

static GstStaticPadTemplate bare_sink =
GST_STATIC_PAD_TEMPLATE ("sink_%u", GST_PAD_SINK, GST_PAD_REQUEST,
    GST_STATIC_CAPS_ANY);
static GstStaticPadTemplate bare_src =
GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS_ANY);

static GstFlowReturn
bare_mux_aggregate (GstAggregator * agg, gboolean timeout)
{
  GstBuffer *out = NULL;

  for (GList * l = GST_ELEMENT (agg)->sinkpads; l; l = l->next) {
    GstBuffer *buffer = gst_aggregator_pad_pop_buffer (l->data);

    if (buffer && !out)
      out = buffer;
    else if (buffer)
      gst_buffer_unref (buffer);
  }
  return out ? gst_aggregator_finish_buffer (agg, out) : GST_FLOW_EOS;
}

static GstFlowReturn
bare_mux_update_src_caps (GstAggregator * agg, GstCaps * caps, GstCaps ** ret)
{
  *ret = gst_caps_new_empty_simple ("application/x-bench");
  return GST_FLOW_OK;
}

static void
bare_mux_class_init (BareMuxClass * klass)
{
  GstElementClass *element = GST_ELEMENT_CLASS (klass);

  GST_AGGREGATOR_CLASS (klass)->aggregate = bare_mux_aggregate;
  GST_AGGREGATOR_CLASS (klass)->update_src_caps = bare_mux_update_src_caps;
  gst_element_class_add_static_pad_template_with_gtype (element, &bare_sink,
      GST_TYPE_AGGREGATOR_PAD);
  gst_element_class_add_static_pad_template_with_gtype (element, &bare_src,
      GST_TYPE_AGGREGATOR_PAD);
  gst_element_class_set_static_metadata (element, "bare", "Muxer", "bench",
      "bench");
}

static void
bare_mux_init (BareMux * self)
{
}

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
  GstElement *pipeline = gst_pipeline_new (NULL), *mux, *sink;
  AlignSource sources[MAX_STREAMS];
  GstMessage *msg;
  GstBus *bus;
  GstPad *pad;
  Cost cost = { 0 };
  glong switches;
  gint64 start;
  gboolean fuse = g_str_equal (kind, "fuse") || g_str_equal (kind, "bundle");

  if (fuse) {
    mux = gst_element_factory_make ("rcfusemux", NULL);
    if (!mux) {
      g_printerr ("no element rcfusemux: set GST_PLUGIN_PATH\n");
      exit (1);
    }
    /* ticks half way between the samples */
    g_object_set (mux, "rate", 1000, 1, "tick-origin", (gint64) 500000, NULL);
    gst_util_set_object_arg (G_OBJECT (mux), "output",
        g_str_equal (kind, "fuse") ? "concat" : "bundle");
  } else {
    mux = g_object_new (bare_mux_get_type (), NULL);
    if (g_str_equal (kind, "queued"))
      g_object_set (mux, "latency", 16 * GST_MSECOND, NULL);
  }
  sink = gst_element_factory_make ("fakesink", NULL);
  gst_bin_add_many (GST_BIN (pipeline), mux, sink, NULL);
  gst_element_link (mux, sink);
  pad = gst_element_get_static_pad (sink, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, count_out, &cost.out,
      NULL);
  gst_object_unref (pad);
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
  bus = gst_element_get_bus (pipeline);
  msg = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  for (guint i = 0; i < n_streams; i++)
    align_source_join (&sources[i]);
  cost.wall = (g_get_monotonic_time () - start) / 1e6;
  cost.cpu += cpu_now (&switches);
  cost.switches += switches;
  if (GST_MESSAGE_TYPE (msg) == GST_MESSAGE_ERROR) {
    GError *error;
    gchar *debug;

    gst_message_parse_error (msg, &error, &debug);
    g_printerr ("%s: %s %s\n", kind, error->message, debug);
    exit (1);
  }
  gst_message_unref (msg);
  gst_object_unref (bus);
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
