/* SPDX-License-Identifier: Apache-2.0 */
#include "rcbackend.h"

#define FLAGS (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS \
    | GST_PARAM_MUTABLE_READY)

void
gst_rc_cuda_install_device_property (GObjectClass * klass, guint id)
{
  g_object_class_install_property (klass, id,
      g_param_spec_int ("cuda-device-id", "CUDA device",
          "Number of the CUDA device to use where the data lies on none; -1: "
          "the first", -1, G_MAXINT, -1, FLAGS));
}

void
gst_rc_backend_install_property (GObjectClass * klass, guint id)
{
  g_object_class_install_property (klass, id,
      g_param_spec_enum ("backend", "Backend",
          "Where to compute; the results are the same bits. RC_BACKEND in the "
          "environment is the default", GST_TYPE_RC_BACKEND,
          GST_RC_BACKEND_AUTO, FLAGS));
}

static gpointer
read_environment (gpointer unused)
{
  const gchar *text = g_getenv ("RC_BACKEND");
  GEnumClass *klass;
  GEnumValue *value;
  gint backend = GST_RC_BACKEND_AUTO;

  if (text && *text) {
    klass = g_type_class_ref (GST_TYPE_RC_BACKEND);
    value = g_enum_get_value_by_nick (klass, text);
    if (value)
      backend = value->value;
    else
      g_warning ("RC_BACKEND is \"%s\", not auto, cpu or cuda: taken as auto",
          text);
    g_type_class_unref (klass);
  }
  return GINT_TO_POINTER (backend);
}

GstRcBackend
gst_rc_backend_initial (void)
{
  static GOnce once = G_ONCE_INIT;

  return GPOINTER_TO_INT (g_once (&once, read_environment, NULL));
}

GstRcCudaAllocator *
gst_rc_cuda_open (GstRcCudaLink * link, GstElement * element, gint device)
{
  RcError error = { RC_OK, "" };
  GstRcCudaAllocator *allocator = gst_rc_cuda_link_open (link, element, device,
      &error);

  if (!allocator)
    GST_ELEMENT_ERROR (element, RESOURCE, NOT_FOUND,
        ("%s: CUDA with cuda-device-id=%d is not usable: %s",
            GST_OBJECT_NAME (element), device, error.message), (NULL));
  return allocator;
}
