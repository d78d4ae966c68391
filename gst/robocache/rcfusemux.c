/* SPDX-License-Identifier: Apache-2.0 */
/**
 * SECTION:element-rcfusemux
 * @title: rcfusemux
 * @short_description: several irregular sensor streams on one clock
 *
 * rcfusemux takes any number of streams that each tick at their own irregular
 * times (tensors, cameras, point clouds) and gives one buffer per tick of one
 * clock. Tick k is at #GstRcFuseMux:tick-origin + k / #GstRcFuseMux:rate in
 * running time, so that the same data always meets the same ticks.
 *
 * Request a pad per stream: `m.sink_imu` makes the stream "imu". Pad properties
 * say how its value at a tick is made, and can be set on the element before the
 * pad exists: `rcfusemux name=m sink_imu::method=mean`.
 *
 * Each buffer says per stream what its value is (missing, measured, interpolated,
 * held, from a later sample) and how far the nearest sample is from the tick, in
 * an `RcProvenance` meta and, on request, in two further tensors.
 *
 * Streams in CUDA memory (rcupload) are aligned there, beside streams in system
 * memory: one launch makes all values of a tick, to the CPU's bits, and the output is
 * in CUDA memory if downstream takes that. Which samples a tick takes is decided on
 * the CPU from their times alone, so that nothing waits for the device.
 *
 * ## Example pipelines
 * |[
 * gst-launch-1.0 rcfusemux name=m rate=50/1 ! fakesink silent=false -v \
 *   rctestsrc kind=joints num-buffers=500 ! m.sink_joints \
 *   rctestsrc kind=imu num-buffers=500 ! m.sink_imu
 * ]| Two synthetic sensors at 50 Hz.
 * |[
 * gst-launch-1.0 rcfusemux name=m rate=100/1 ! rchdf5sink location=a.h5 \
 *   filesrc location=imu.csv ! rccsvparse time-unit=ns quaternions=qw:wxyz ! m.sink_imu \
 *   filesrc location=vicon.csv ! rccsvparse time-unit=ns ! m.sink_vicon
 * ]| Two logs of one machine, aligned and recorded.
 * |[
 * gst-launch-1.0 rcfusemux name=m rate=100/1 ! rcdownload ! fakesink silent=false -v \
 *   rctestsrc kind=imu num-buffers=500 ! rcupload ! m.sink_imu \
 *   rctestsrc kind=force num-buffers=500 ! m.sink_force
 * ]| One sensor in CUDA memory and one that is not, in tensors on the GPU.
 *
 * Since: 0.1
 */
#include "rcaligner.h"
#include "rcelements.h"

#define GST_TYPE_RC_FUSE_MUX (gst_rc_fuse_mux_get_type ())
G_DECLARE_FINAL_TYPE (GstRcFuseMux, gst_rc_fuse_mux, GST, RC_FUSE_MUX,
    GstRcAligner)
     struct _GstRcFuseMux
     {
       GstRcAligner parent;
     };

     enum
     {
       PROP_0,
       PROP_OUTPUT,
     };

     static void gst_rc_fuse_mux_child_proxy_init (gpointer iface,
    gpointer data);

G_DEFINE_TYPE_WITH_CODE (GstRcFuseMux, gst_rc_fuse_mux, GST_TYPE_RC_ALIGNER,
    G_IMPLEMENT_INTERFACE (GST_TYPE_CHILD_PROXY,
        gst_rc_fuse_mux_child_proxy_init));
GST_ELEMENT_REGISTER_DEFINE (rcfusemux, "rcfusemux", GST_RANK_NONE,
    GST_TYPE_RC_FUSE_MUX);

     static GstStaticPadTemplate sink_template =
         GST_STATIC_PAD_TEMPLATE ("sink_%s",
    GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS (GST_RC_ALIGNER_SINK_CAPS));

     static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_RC_ALIGNER_SRC_CAPS));

/* The base class knows only sink_%u and sink_%d. */
     static GstAggregatorPad *gst_rc_fuse_mux_create_new_pad (GstAggregator *
    agg, GstPadTemplate * templ, const gchar * req_name, const GstCaps * caps)
{
  GstPad *existing;
  gchar *name = NULL;

  if (req_name && !g_str_equal (req_name, "sink_%s")) {
    if (!g_str_has_prefix (req_name, "sink_") || req_name[5] == '\0') {
      GST_WARNING_OBJECT (agg, "pad name \"%s\" must be sink_ and a stream's "
          "name", req_name);
      return NULL;
    }
    existing = gst_element_get_static_pad (GST_ELEMENT (agg), req_name);
    if (existing) {
      GST_WARNING_OBJECT (agg, "pad %s exists already", req_name);
      gst_object_unref (existing);
      return NULL;
    }
    name = g_strdup (req_name);
  }
  for (guint i = 0; !name; i++) {
    name = g_strdup_printf ("sink_%u", i);
    existing = gst_element_get_static_pad (GST_ELEMENT (agg), name);
    if (existing) {
      gst_object_unref (existing);
      g_clear_pointer (&name, g_free);
    }
  }
  existing = g_object_new (GST_TYPE_RC_ALIGNER_PAD, "name", name, "direction",
      GST_PAD_SINK, "template", templ, NULL);
  g_free (name);
  return GST_AGGREGATOR_PAD (existing);
}

static GstPad *
gst_rc_fuse_mux_request_new_pad (GstElement * element, GstPadTemplate * templ,
    const gchar * name, const GstCaps * caps)
{
  GstPad *pad =
      GST_ELEMENT_CLASS (gst_rc_fuse_mux_parent_class)->request_new_pad
      (element, templ, name, caps);

  if (pad)
    gst_child_proxy_child_added (GST_CHILD_PROXY (element), G_OBJECT (pad),
        GST_OBJECT_NAME (pad));
  return pad;
}

static void
gst_rc_fuse_mux_release_pad (GstElement * element, GstPad * pad)
{
  gst_child_proxy_child_removed (GST_CHILD_PROXY (element), G_OBJECT (pad),
      GST_OBJECT_NAME (pad));
  GST_ELEMENT_CLASS (gst_rc_fuse_mux_parent_class)->release_pad (element, pad);
}

static GObject *
gst_rc_fuse_mux_get_child_by_index (GstChildProxy * proxy, guint index)
{
  GObject *child;

  GST_OBJECT_LOCK (proxy);
  child = g_list_nth_data (GST_ELEMENT (proxy)->sinkpads, index);
  if (child)
    g_object_ref (child);
  GST_OBJECT_UNLOCK (proxy);
  return child;
}

static guint
gst_rc_fuse_mux_get_children_count (GstChildProxy * proxy)
{
  guint n;

  GST_OBJECT_LOCK (proxy);
  n = GST_ELEMENT (proxy)->numsinkpads;
  GST_OBJECT_UNLOCK (proxy);
  return n;
}

static void
gst_rc_fuse_mux_child_proxy_init (gpointer iface, gpointer data)
{
  GstChildProxyInterface *proxy = iface;

  proxy->get_child_by_index = gst_rc_fuse_mux_get_child_by_index;
  proxy->get_children_count = gst_rc_fuse_mux_get_children_count;
}

static void
gst_rc_fuse_mux_set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * pspec)
{
  switch (id) {
    case PROP_OUTPUT:
      gst_rc_aligner_set_output (GST_RC_ALIGNER (object),
          g_value_get_enum (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
}

static void
gst_rc_fuse_mux_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  switch (id) {
    case PROP_OUTPUT:
      g_value_set_enum (value,
          gst_rc_aligner_get_output (GST_RC_ALIGNER (object)));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
}

static void
gst_rc_fuse_mux_class_init (GstRcFuseMuxClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->set_property = gst_rc_fuse_mux_set_property;
  object_class->get_property = gst_rc_fuse_mux_get_property;
  /**
   * GstRcFuseMux:output:
   *
   * Shape of the output buffers.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_OUTPUT,
      g_param_spec_enum ("output", "Output", "Shape of the output buffers",
          GST_TYPE_RC_OUTPUT, GST_RC_OUTPUT_BUNDLE,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
          GST_PARAM_MUTABLE_READY));
  element_class->request_new_pad = gst_rc_fuse_mux_request_new_pad;
  element_class->release_pad = gst_rc_fuse_mux_release_pad;
  GST_AGGREGATOR_CLASS (klass)->create_new_pad = gst_rc_fuse_mux_create_new_pad;
  gst_element_class_add_static_pad_template_with_gtype (element_class,
      &sink_template, GST_TYPE_RC_ALIGNER_PAD);
  gst_element_class_add_static_pad_template_with_gtype (element_class,
      &src_template, GST_TYPE_AGGREGATOR_PAD);
  gst_element_class_set_static_metadata (element_class,
      "RoboCache fuse mux", "Muxer",
      "Aligns irregular sensor streams (tensors, cameras, point clouds) to the "
      "ticks of one clock", "RoboCache developers");
}

static void
gst_rc_fuse_mux_init (GstRcFuseMux * self)
{
}
