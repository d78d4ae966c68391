/* SPDX-License-Identifier: Apache-2.0 */
#include "rctransfer.h"
#include "rccaps.h"

static GstStaticCaps host_caps = GST_STATIC_CAPS (GST_RC_TENSORS_CAPS "; "
    GST_RC_CLOUD_CAPS);
static GstStaticCaps device_caps = GST_STATIC_CAPS (GST_RC_TENSORS_CUDA_CAPS
    "; " GST_RC_CLOUD_CUDA_CAPS);

G_DEFINE_ABSTRACT_TYPE (GstRcTransfer, gst_rc_transfer,
    GST_TYPE_BASE_TRANSFORM);

/* The same caps in the given memory, or in both, that one first. */
static GstCaps *
in_memory (const GstCaps * caps, gboolean device, gboolean both)
{
  GstCaps *made = gst_caps_copy (caps);

  gst_rc_caps_set_on_device (made, device);
  return both ? gst_caps_merge (made, in_memory (caps, !device, FALSE)) : made;
}

static GstCaps *
gst_rc_transfer_transform_caps (GstBaseTransform * trans,
    GstPadDirection direction, GstCaps * caps, GstCaps * filter)
{
  const gboolean up = GST_RC_TRANSFER_GET_CLASS (trans)->up;
  GstCaps *made = direction == GST_PAD_SINK ? in_memory (caps, up, FALSE)
      : in_memory (caps, !up, TRUE);
  GstCaps *all = made;

  if (filter) {
    made = gst_caps_intersect_full (filter, all, GST_CAPS_INTERSECT_FIRST);
    gst_caps_unref (all);
  }
  return made;
}

static GstFlowReturn
gst_rc_transfer_prepare_output_buffer (GstBaseTransform * trans,
    GstBuffer * in, GstBuffer ** out)
{
  GstRcTransfer *self = GST_RC_TRANSFER (trans);
  const GstRcTransferClass *klass = GST_RC_TRANSFER_GET_CLASS (self);
  GstBuffer *made = gst_buffer_new ();
  RcError error = { RC_OK, "" };

  for (guint i = 0; i < gst_buffer_n_memory (in); i++) {
    GstMemory *from = gst_buffer_peek_memory (in, i);
    GstMemory *to = klass->move (self, from, &error);

    if (!to) {
      GST_ELEMENT_ERROR (self, RESOURCE, FAILED,
          ("%s: cannot copy memory %u of a buffer, %" G_GSIZE_FORMAT
              " bytes, %s the device: %s", GST_OBJECT_NAME (self), i,
              from->size, klass->up ? "to" : "from", error.message), (NULL));
      gst_buffer_unref (made);
      return GST_FLOW_ERROR;
    }
    gst_buffer_append_memory (made, to);
  }
  gst_buffer_copy_into (made, in, GST_BUFFER_COPY_METADATA, 0, -1);
  *out = made;
  return GST_FLOW_OK;
}

/* The buffer was made whole before. */
static GstFlowReturn
gst_rc_transfer_transform (GstBaseTransform * trans, GstBuffer * in,
    GstBuffer * out)
{
  return GST_FLOW_OK;
}

static gboolean
gst_rc_transfer_decide_allocation (GstBaseTransform * trans, GstQuery * query)
{
  return TRUE;                  /* buffers are ours */
}

static gboolean
gst_rc_transfer_get_unit_size (GstBaseTransform * trans, GstCaps * caps,
    gsize * size)
{
  *size = 1;
  return TRUE;
}

void
gst_rc_transfer_class_setup (GstRcTransferClass * klass, gboolean up,
    const gchar * name, const gchar * description)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstCaps *host = gst_static_caps_get (&host_caps);
  GstCaps *device = gst_static_caps_get (&device_caps);
  GstCaps *sink = up ? gst_caps_merge (gst_caps_ref (host),
      gst_caps_ref (device)) : gst_caps_merge (gst_caps_ref (device),
      gst_caps_ref (host));

  klass->up = up;
  gst_element_class_add_pad_template (element_class,
      gst_pad_template_new ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, sink));
  gst_element_class_add_pad_template (element_class,
      gst_pad_template_new ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
          up ? device : host));
  gst_element_class_set_static_metadata (element_class, name,
      "Filter/Converter/Hardware", description, "RoboCache developers");
  gst_caps_unref (sink);
  gst_caps_unref (host);
  gst_caps_unref (device);
}

static void
gst_rc_transfer_class_init (GstRcTransferClass * klass)
{
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);

  trans_class->transform_caps = gst_rc_transfer_transform_caps;
  trans_class->prepare_output_buffer = gst_rc_transfer_prepare_output_buffer;
  trans_class->transform = gst_rc_transfer_transform;
  trans_class->decide_allocation = gst_rc_transfer_decide_allocation;
  trans_class->get_unit_size = gst_rc_transfer_get_unit_size;
  trans_class->passthrough_on_same_caps = TRUE;
  gst_type_mark_as_plugin_api (GST_TYPE_RC_TRANSFER, 0);
}

static void
gst_rc_transfer_init (GstRcTransfer * self)
{
}
