/* SPDX-License-Identifier: Apache-2.0 */
/* Where an aligner makes its rows: on the host or on a device. */
#include "rcalignerpriv.h"
#include "rcbackend.h"

GST_DEBUG_CATEGORY_EXTERN (gst_rc_aligner_debug);
#define GST_CAT_DEFAULT gst_rc_aligner_debug

gboolean
gst_rc_aligner_open_backend (GstRcAligner * self)
{
  GstRcAlignerPrivate *priv = gst_rc_aligner_get_private (self);
  GstRcCudaAllocator *before = priv->opened;
  gint device;

  GST_OBJECT_LOCK (self);
  priv->run.backend = priv->backend;
  device = priv->cuda_device;
  GST_OBJECT_UNLOCK (self);
  priv->opened = NULL;
  if (priv->run.backend == GST_RC_BACKEND_CUDA)
    priv->opened = gst_rc_cuda_open (&priv->link, GST_ELEMENT (self), device);
  gst_clear_object (&before);
  g_clear_pointer (&priv->run.device, gst_rc_row_device_unref);
  if (priv->run.backend != GST_RC_BACKEND_CPU)
    priv->run.device = gst_rc_row_device_new (&priv->link, GST_ELEMENT (self),
        device);
  return priv->run.backend != GST_RC_BACKEND_CUDA || priv->opened;
}

void
gst_rc_aligner_close_backend (GstRcAligner * self)
{
  GstRcAlignerPrivate *priv = gst_rc_aligner_get_private (self);

  g_clear_pointer (&priv->run.device, gst_rc_row_device_unref);
  gst_clear_object (&priv->opened);
  gst_rc_cuda_link_clear (&priv->link, GST_ELEMENT (self));
}

/* Which memories downstream takes tensors in. */
static void
ask_peer (GstRcAligner * self, gboolean * host, gboolean * device)
{
  GstCaps *peer = gst_pad_peer_query_caps (GST_AGGREGATOR_SRC_PAD (self),
      NULL);

  *host = *device = gst_caps_is_any (peer);
  for (guint i = 0; !gst_caps_is_any (peer) && i < gst_caps_get_size (peer);
      i++) {
    GstCapsFeatures *features = gst_caps_get_features (peer, i);

    *device |= gst_caps_features_contains (features, GST_RC_CUDA_FEATURE);
    *host |= gst_caps_features_is_equal (features,
        GST_CAPS_FEATURES_MEMORY_SYSTEM_MEMORY);
  }
  gst_caps_unref (peer);
}

void
gst_rc_aligner_choose_backend (GstRcAligner * self)
{
  GstRcAlignerRun *run = &gst_rc_aligner_get_private (self)->run;
  gboolean any = FALSE, host, device, there;

  for (guint i = 0; i < run->out.n_streams; i++)
    any |= run->out.streams[i]->cuda_caps;
  ask_peer (self, &host, &device);
  /* auto: where data is and stays */
  there = run->backend == GST_RC_BACKEND_CUDA
      || (run->backend == GST_RC_BACKEND_AUTO && device && (any || !host));
  run->prefers_device = run->device && device && (any || !host);
  if (there && run->device->failed)
    there = FALSE;
  GST_DEBUG_OBJECT (self, "rows are made on the %s", there ? "device" : "host");
  gst_rc_output_set_device (&run->out, there ? run->device : NULL);
}

/* The device has failed: what is still there comes back, and rows are made on the
 * host from now on. FALSE where that is not to be, or cannot. */
gboolean
gst_rc_aligner_fall_back (GstRcAligner * self, const RcError * error)
{
  GstRcAlignerPrivate *priv = gst_rc_aligner_get_private (self);
  GstRcAlignerRun *run = &priv->run;

  if (!run->out.device || run->backend != GST_RC_BACKEND_AUTO)
    return FALSE;
  GST_OBJECT_LOCK (self);
  priv->n_fallbacks++;
  GST_OBJECT_UNLOCK (self);
  run->device->failed = TRUE;
  GST_ELEMENT_WARNING (self, RESOURCE, FAILED,
      ("%s: CUDA failed, computing on the CPU from now on: %s",
          GST_OBJECT_NAME (self), error->message), (NULL));
  return gst_rc_output_take_back (&run->out);
}
