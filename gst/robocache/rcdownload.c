/* SPDX-License-Identifier: Apache-2.0 */
/**
 * SECTION:element-rcdownload
 * @title: rcdownload
 * @short_description: tensors and point clouds out of CUDA memory
 * @see_also: rcupload
 *
 * rcdownload starts a copy of each memory of a buffer into page-locked host memory
 * and pushes the buffer at once; who maps a memory first waits for its copy. So the
 * copy of one buffer runs while the next one is made, and a buffer that nobody
 * reads costs no time of the host. Memory of other kinds passes as it is. Times,
 * flags and metas are kept.
 *
 * The memories stay known to the device: an rcupload behind this element copies
 * nothing.
 *
 * It needs no device of its own: a memory knows where it lies.
 *
 * ## Example pipelines
 * |[
 * gst-launch-1.0 rctestsrc kind=joints num-buffers=100 ! rcupload ! rcdownload ! \
 *   fakesink silent=false -v
 * ]|
 *
 * Since: 0.1
 */
#include "rcelements.h"
#include "rctransfer.h"

/* *INDENT-OFF* */
#define GST_TYPE_RC_DOWNLOAD (gst_rc_download_get_type ())
G_DECLARE_FINAL_TYPE (GstRcDownload, gst_rc_download, GST, RC_DOWNLOAD, GstRcTransfer)
/* *INDENT-ON* */

struct _GstRcDownload
{
  GstRcTransfer parent;
};

G_DEFINE_TYPE (GstRcDownload, gst_rc_download, GST_TYPE_RC_TRANSFER);
GST_ELEMENT_REGISTER_DEFINE (rcdownload, "rcdownload", GST_RANK_NONE,
    GST_TYPE_RC_DOWNLOAD);

static GstMemory *
gst_rc_download_move (GstRcTransfer * self, GstMemory * memory, RcError * error)
{
  if (gst_is_rc_cuda_memory (memory)
      && gst_rc_cuda_memory_download (memory, error) != RC_OK)
    return NULL;
  return gst_memory_ref (memory);
}

static void
gst_rc_download_class_init (GstRcDownloadClass * klass)
{
  GST_RC_TRANSFER_CLASS (klass)->move = gst_rc_download_move;
  gst_rc_transfer_class_setup (GST_RC_TRANSFER_CLASS (klass), FALSE,
      "RoboCache download",
      "Copies tensors and point clouds out of CUDA memory");
}

static void
gst_rc_download_init (GstRcDownload * self)
{
}
