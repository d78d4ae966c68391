/* SPDX-License-Identifier: Apache-2.0 */
/**
 * SECTION:element-rcresample
 * @title: rcresample
 * @short_description: one irregular sensor stream at a fixed rate
 *
 * rcresample puts one stream on the ticks of a clock: at #GstRcResample:rate, or
 * at the sample times of another stream that is linked to its `times` pad. It
 * has the properties of a pad of rcfusemux, and gives the same values and the
 * same provenance.
 *
 * ## Example pipelines
 * |[
 * gst-launch-1.0 rctestsrc kind=imu num-buffers=1000 ! \
 *   rcresample rate=50/1 method=mean ! fakesink silent=false -v
 * ]| The mean of a fast IMU over each 20 ms.
 * |[
 * gst-launch-1.0 rcresample name=r ! fakesink silent=false -v \
 *   rctestsrc kind=joints num-buffers=500 ! r.sink \
 *   videotestsrc num-buffers=30 ! video/x-raw,format=RGB,framerate=30/1 ! r.times
 * ]| Joints at the times of camera frames.
 *
 * Since: 0.1
 */
#include "rcaligner.h"
#include "rcelements.h"

#define GST_TYPE_RC_RESAMPLE (gst_rc_resample_get_type ())
G_DECLARE_FINAL_TYPE (GstRcResample, gst_rc_resample, GST, RC_RESAMPLE,
    GstRcAligner)
     struct _GstRcResample
     {
       GstRcAligner parent;
       GstPad *sink;            /* borrowed: the element owns it */
     };

/* ids from 1 on are those of the pad's properties */
#define FIRST_PAD_PROP 1

G_DEFINE_TYPE (GstRcResample, gst_rc_resample, GST_TYPE_RC_ALIGNER);
GST_ELEMENT_REGISTER_DEFINE (rcresample, "rcresample", GST_RANK_NONE,
    GST_TYPE_RC_RESAMPLE);

     static GstStaticPadTemplate sink_template =
         GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_RC_ALIGNER_SINK_CAPS));

     static GstStaticPadTemplate times_template =
         GST_STATIC_PAD_TEMPLATE ("times",
    GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS (GST_RC_ALIGNER_SINK_CAPS));

     static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_RC_ALIGNER_SRC_CAPS));

     static GstAggregatorPad *gst_rc_resample_create_new_pad (GstAggregator *
    agg, GstPadTemplate * templ, const gchar * req_name, const GstCaps * caps)
{
  GstPad *pad = gst_element_get_static_pad (GST_ELEMENT (agg), "times");

  if (pad) {
    GST_WARNING_OBJECT (agg, "pad times exists already");
    gst_object_unref (pad);
    return NULL;
  }
  pad = g_object_new (GST_TYPE_RC_ALIGNER_PAD, "name", "times", "direction",
      GST_PAD_SINK, "template", templ, NULL);
  GST_RC_ALIGNER_PAD (pad)->times_only = TRUE;
  g_object_set (agg, "master", "times", NULL);
  return GST_AGGREGATOR_PAD (pad);
}

static void
gst_rc_resample_release_pad (GstElement * element, GstPad * pad)
{
  g_object_set (element, "master", NULL, NULL);
  GST_ELEMENT_CLASS (gst_rc_resample_parent_class)->release_pad (element, pad);
}

static void
gst_rc_resample_set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * pspec)
{
  g_object_set_property (G_OBJECT (GST_RC_RESAMPLE (object)->sink),
      pspec->name, value);
}

static void
gst_rc_resample_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  g_object_get_property (G_OBJECT (GST_RC_RESAMPLE (object)->sink),
      pspec->name, value);
}

static void
gst_rc_resample_class_init (GstRcResampleClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->set_property = gst_rc_resample_set_property;
  object_class->get_property = gst_rc_resample_get_property;
  gst_rc_aligner_install_pad_properties (object_class, FIRST_PAD_PROP);
  element_class->release_pad = gst_rc_resample_release_pad;
  GST_AGGREGATOR_CLASS (klass)->create_new_pad = gst_rc_resample_create_new_pad;
  gst_element_class_add_static_pad_template_with_gtype (element_class,
      &sink_template, GST_TYPE_RC_ALIGNER_PAD);
  gst_element_class_add_static_pad_template_with_gtype (element_class,
      &times_template, GST_TYPE_RC_ALIGNER_PAD);
  gst_element_class_add_static_pad_template_with_gtype (element_class,
      &src_template, GST_TYPE_AGGREGATOR_PAD);
  gst_element_class_set_static_metadata (element_class,
      "RoboCache resample", "Filter/Converter",
      "Puts one irregular sensor stream on the ticks of a clock",
      "RoboCache developers");
}

static void
gst_rc_resample_init (GstRcResample * self)
{
  GstPadTemplate *templ =
      gst_element_class_get_pad_template (GST_ELEMENT_GET_CLASS (self),
      "sink");

  self->sink = g_object_new (GST_TYPE_RC_ALIGNER_PAD, "name", "sink",
      "direction", GST_PAD_SINK, "template", templ, NULL);
  gst_element_add_pad (GST_ELEMENT (self), self->sink);
}
