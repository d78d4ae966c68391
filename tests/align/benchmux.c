/* SPDX-License-Identifier: Apache-2.0 */
#include "benchmux.h"

#include <stdlib.h>

typedef struct
{
  GstAggregator parent;
  BenchMuxMode mode;
  BenchMuxTicks ticks;
  GstClockTime newest[BENCH_MUX_PADS];  /* running time, or NONE */
  guint64 k;
  gboolean started;
} BenchMux;
typedef struct
{
  GstAggregatorClass parent_class;
} BenchMuxClass;

GType bench_mux_get_type (void);
G_DEFINE_TYPE (BenchMux, bench_mux, GST_TYPE_AGGREGATOR);

static GstStaticPadTemplate bench_sink =
GST_STATIC_PAD_TEMPLATE ("sink_%u", GST_PAD_SINK, GST_PAD_REQUEST,
    GST_STATIC_CAPS_ANY);
static GstStaticPadTemplate bench_src =
GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS_ANY);

static GstFlowReturn
pass (GstAggregator * agg)
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

/* ---- with ticks ---- */

static GstClockTime
running_now (BenchMux * self)
{
  GstClock *clock = gst_element_get_clock (GST_ELEMENT (self));
  GstClockTime now = gst_clock_get_time (clock) -
      gst_element_get_base_time (GST_ELEMENT (self));

  gst_object_unref (clock);
  return now;
}

/* Pops what there is, or what is needed to come to the tick. */
static void
read_pad (BenchMux * self, GstAggregatorPad * pad, guint i)
{
  GstBuffer *buffer;

  while (self->mode == BENCH_MUX_READY || !self->started
      || !GST_CLOCK_TIME_IS_VALID (self->newest[i])
      || self->newest[i] < self->k * self->ticks.period) {
    buffer = gst_aggregator_pad_pop_buffer (pad);
    if (!buffer)
      break;
    self->newest[i] = GST_BUFFER_PTS (buffer);
    gst_buffer_unref (buffer);
    if (!self->started)
      self->k = self->newest[i] / self->ticks.period + 1;
    self->started = TRUE;
  }
}

static gboolean
is_decided (BenchMux * self, GstAggregatorPad * pad, guint i)
{
  GstClockTime tick = self->k * self->ticks.period;

  if (GST_CLOCK_TIME_IS_VALID (self->newest[i]) && self->newest[i] >= tick)
    return TRUE;
  if (gst_aggregator_pad_is_eos (pad))
    return TRUE;
  return self->mode == BENCH_MUX_READY
      && running_now (self) >= tick + self->ticks.lookahead[i];
}

static GstFlowReturn
tick (BenchMux * self, gboolean timeout)
{
  GstAggregator *agg = GST_AGGREGATOR (self);
  GstFlowReturn ret = GST_FLOW_OK;

  while (ret == GST_FLOW_OK) {
    gboolean decided = TRUE, eos = TRUE;
    GstBuffer *out;
    guint i = 0;

    for (GList * l = GST_ELEMENT (agg)->sinkpads; l; l = l->next, i++) {
      read_pad (self, l->data, i);
      decided &= is_decided (self, l->data, i);
      eos &= gst_aggregator_pad_is_eos (l->data);
    }
    if (eos)
      return GST_FLOW_EOS;
    if (!self->started || (!decided && !timeout))
      return GST_AGGREGATOR_FLOW_NEED_DATA;
    timeout = FALSE;
    out = gst_buffer_new ();
    GST_BUFFER_PTS (out) = self->k++ * self->ticks.period;
    ret = gst_aggregator_finish_buffer (agg, out);
  }
  return ret;
}

static GstFlowReturn
bench_mux_aggregate (GstAggregator * agg, gboolean timeout)
{
  BenchMux *self = (BenchMux *) agg;

  return self->mode == BENCH_MUX_BARE ? pass (agg) : tick (self, timeout);
}

static GstClockTime
bench_mux_get_next_time (GstAggregator * agg)
{
  BenchMux *self = (BenchMux *) agg;

  return self->mode == BENCH_MUX_READY && self->started ?
      self->k * self->ticks.period : GST_CLOCK_TIME_NONE;
}

/* ---- */

static GstFlowReturn
bench_mux_update_src_caps (GstAggregator * agg, GstCaps * caps, GstCaps ** ret)
{
  *ret = gst_caps_new_empty_simple ("application/x-bench");
  return GST_FLOW_OK;
}

static void
bench_mux_class_init (BenchMuxClass * klass)
{
  GstElementClass *element = GST_ELEMENT_CLASS (klass);

  GST_AGGREGATOR_CLASS (klass)->aggregate = bench_mux_aggregate;
  GST_AGGREGATOR_CLASS (klass)->get_next_time = bench_mux_get_next_time;
  GST_AGGREGATOR_CLASS (klass)->update_src_caps = bench_mux_update_src_caps;
  gst_element_class_add_static_pad_template_with_gtype (element, &bench_sink,
      GST_TYPE_AGGREGATOR_PAD);
  gst_element_class_add_static_pad_template_with_gtype (element, &bench_src,
      GST_TYPE_AGGREGATOR_PAD);
  gst_element_class_set_static_metadata (element, "bench", "Muxer", "bench",
      "bench");
}

static void
bench_mux_init (BenchMux * self)
{
  for (guint i = 0; i < BENCH_MUX_PADS; i++)
    self->newest[i] = GST_CLOCK_TIME_NONE;
}

GstElement *
bench_mux_new (BenchMuxMode mode, const BenchMuxTicks * ticks)
{
  BenchMux *self = g_object_new (bench_mux_get_type (), NULL);
  GstClockTime latency = 0;

  self->mode = mode;
  if (ticks)
    self->ticks = *ticks;
  for (guint i = 0; mode == BENCH_MUX_READY && i < BENCH_MUX_PADS; i++)
    latency = MAX (latency, ticks->lookahead[i]);
  if (latency > 0)
    gst_aggregator_set_latency (GST_AGGREGATOR (self), latency,
        GST_CLOCK_TIME_NONE);
  return GST_ELEMENT (self);
}

GstElement *
bench_fusemux_new (const gchar * output)
{
  GstElement *mux = gst_element_factory_make ("rcfusemux", NULL);

  if (!mux) {
    g_printerr ("no element rcfusemux: set GST_PLUGIN_PATH\n");
    exit (1);
  }
  gst_util_set_object_arg (G_OBJECT (mux), "output", output);
  return mux;
}

GstElement *
bench_pipeline_new (GstElement * mux, GstPadProbeCallback probe, gpointer data)
{
  GstElement *pipeline = gst_pipeline_new (NULL);
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  GstPad *pad = gst_element_get_static_pad (sink, "sink");

  gst_bin_add_many (GST_BIN (pipeline), mux, sink, NULL);
  gst_element_link (mux, sink);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, probe, data, NULL);
  gst_object_unref (pad);
  /* no preroll: running time begins before there is data */
  g_object_set (sink, "async", FALSE, NULL);
  return pipeline;
}

void
bench_pipeline_wait (GstElement * pipeline, const gchar * what)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *msg = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  GError *error;
  gchar *debug;

  if (GST_MESSAGE_TYPE (msg) == GST_MESSAGE_ERROR) {
    gst_message_parse_error (msg, &error, &debug);
    g_printerr ("%s: %s %s\n", what, error->message, debug);
    exit (1);
  }
  gst_message_unref (msg);
  gst_object_unref (bus);
}
