/* SPDX-License-Identifier: Apache-2.0 */
/**
 * SECTION:element-rcupload
 * @title: rcupload
 * @short_description: tensors and point clouds into CUDA memory
 * @see_also: rcdownload
 *
 * rcupload copies each memory of a buffer to the device: once into page-locked
 * memory, from where the device fetches it while the pipeline goes on. What is in
 * CUDA memory already passes as it is. Times, flags and metas are kept.
 *
 * Upstream elements that ask for an allocator get one whose memory lies in
 * page-locked memory until it is needed on the device: what they write there is
 * not copied on the host at all.
 *
 * Without a usable CUDA device the element does not go to READY, and says why.
 *
 * ## Example pipelines
 * |[
 * gst-launch-1.0 rctestsrc kind=lidar num-buffers=20 ! rcupload ! \
 *   rcvoxelize voxel-size=0.2 min=-20,-20,-2 max=20,20,2 ! rcdownload ! \
 *   fakesink silent=false -v
 * ]| A point cloud becomes a grid on the GPU.
 *
 * Since: 0.1
 */
#include "rcbackend.h"
#include "rcelements.h"
#include "rctransfer.h"

enum
{
  PROP_0,
  PROP_CUDA_DEVICE_ID,
};

/* *INDENT-OFF* */
#define GST_TYPE_RC_UPLOAD (gst_rc_upload_get_type ())
G_DECLARE_FINAL_TYPE (GstRcUpload, gst_rc_upload, GST, RC_UPLOAD, GstRcTransfer)
/* *INDENT-ON* */

struct _GstRcUpload
{
  GstRcTransfer parent;
  gint device;                  /* under the object lock */
  GstRcCudaLink link;
  GstRcCudaAllocator *allocator;        /* from READY on */
};

G_DEFINE_TYPE (GstRcUpload, gst_rc_upload, GST_TYPE_RC_TRANSFER);
GST_ELEMENT_REGISTER_DEFINE (rcupload, "rcupload", GST_RANK_NONE,
    GST_TYPE_RC_UPLOAD);

static GstMemory *
gst_rc_upload_move (GstRcTransfer * transfer,
    GstMemory * memory, RcError * error)
{
  GstRcUpload *self = GST_RC_UPLOAD (transfer);
  GstMemory *made;
  GstMapInfo map;

  if (gst_is_rc_cuda_memory (memory))
    return gst_rc_cuda_memory_upload (memory, error) == RC_OK
        ? gst_memory_ref (memory) : NULL;
  if (!gst_memory_map (memory, &map, GST_MAP_READ)) {
    rc_error_set (error, RC_ERR_ARGUMENT, "it cannot be mapped");
    return NULL;
  }
  made = gst_rc_cuda_memory_new_from (self->allocator, map.data, map.size,
      error);
  gst_memory_unmap (memory, &map);
  return made;
}

static gboolean
gst_rc_upload_propose_allocation (GstBaseTransform * trans, GstQuery * decide,
    GstQuery * query)
{
  GstRcUpload *self = GST_RC_UPLOAD (trans);

  if (!GST_BASE_TRANSFORM_CLASS
      (gst_rc_upload_parent_class)->propose_allocation (trans, decide, query))
    return FALSE;
  /* without a decision the element passes the query on */
  if (decide)
    gst_query_add_allocation_param (query, GST_ALLOCATOR (self->allocator),
        NULL);
  return TRUE;
}

static GstStateChangeReturn
gst_rc_upload_change_state (GstElement * element, GstStateChange transition)
{
  GstRcUpload *self = GST_RC_UPLOAD (element);
  GstStateChangeReturn ret;
  gint device;

  if (transition == GST_STATE_CHANGE_NULL_TO_READY) {
    GST_OBJECT_LOCK (self);
    device = self->device;
    GST_OBJECT_UNLOCK (self);
    self->allocator = gst_rc_cuda_open (&self->link, element, device);
    if (!self->allocator)
      return GST_STATE_CHANGE_FAILURE;
  }
  ret = GST_ELEMENT_CLASS (gst_rc_upload_parent_class)->change_state (element,
      transition);
  if (transition == GST_STATE_CHANGE_READY_TO_NULL) {
    gst_clear_object (&self->allocator);
    gst_rc_cuda_link_clear (&self->link, element);
  }
  return ret;
}

static void
gst_rc_upload_set_context (GstElement * element, GstContext * context)
{
  GstRcUpload *self = GST_RC_UPLOAD (element);

  gst_rc_cuda_link_set_context (&self->link, element, context, self->device);
  GST_ELEMENT_CLASS (gst_rc_upload_parent_class)->set_context (element,
      context);
}

static gboolean
gst_rc_upload_query (GstBaseTransform * trans, GstPadDirection direction,
    GstQuery * query)
{
  GstRcUpload *self = GST_RC_UPLOAD (trans);

  return gst_rc_cuda_link_query (&self->link, GST_ELEMENT (self), query)
      || GST_BASE_TRANSFORM_CLASS (gst_rc_upload_parent_class)->query (trans,
      direction, query);
}

static void
gst_rc_upload_set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * pspec)
{
  GstRcUpload *self = GST_RC_UPLOAD (object);

  GST_OBJECT_LOCK (self);
  if (id == PROP_CUDA_DEVICE_ID)
    self->device = g_value_get_int (value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_rc_upload_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstRcUpload *self = GST_RC_UPLOAD (object);

  GST_OBJECT_LOCK (self);
  if (id == PROP_CUDA_DEVICE_ID)
    g_value_set_int (value, self->device);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_rc_upload_finalize (GObject * object)
{
  GstRcUpload *self = GST_RC_UPLOAD (object);

  gst_clear_object (&self->allocator);
  gst_rc_cuda_link_clear (&self->link, GST_ELEMENT (self));
  G_OBJECT_CLASS (gst_rc_upload_parent_class)->finalize (object);
}

static void
gst_rc_upload_class_init (GstRcUploadClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->set_property = gst_rc_upload_set_property;
  object_class->get_property = gst_rc_upload_get_property;
  object_class->finalize = gst_rc_upload_finalize;
  gst_rc_cuda_install_device_property (object_class, PROP_CUDA_DEVICE_ID);
  GST_ELEMENT_CLASS (klass)->change_state = gst_rc_upload_change_state;
  GST_ELEMENT_CLASS (klass)->set_context = gst_rc_upload_set_context;
  GST_BASE_TRANSFORM_CLASS (klass)->query = gst_rc_upload_query;
  GST_BASE_TRANSFORM_CLASS (klass)->propose_allocation =
      gst_rc_upload_propose_allocation;
  GST_RC_TRANSFER_CLASS (klass)->move = gst_rc_upload_move;
  gst_rc_transfer_class_setup (GST_RC_TRANSFER_CLASS (klass), TRUE,
      "RoboCache upload", "Copies tensors and point clouds into CUDA memory");
}

static void
gst_rc_upload_init (GstRcUpload * self)
{
  self->device = -1;
}
