/* SPDX-License-Identifier: Apache-2.0 */
/* What rcupload and rcdownload share: caps that differ in their memory only, and
 * buffers whose memories are replaced, with everything else as it was. */
#pragma once

#include <gst/base/gstbasetransform.h>

#include "rccudamemory.h"

G_BEGIN_DECLS

#define GST_TYPE_RC_TRANSFER (gst_rc_transfer_get_type ())
G_DECLARE_DERIVABLE_TYPE (GstRcTransfer, gst_rc_transfer, GST, RC_TRANSFER,
    GstBaseTransform)

struct _GstRcTransferClass
{
  GstBaseTransformClass parent_class;

  gboolean up;                  /* to the device */
  /* What takes the place of one memory of a buffer: a new reference, also to the same
   * one; NULL and `error` when it cannot be moved. */
  GstMemory *(*move) (GstRcTransfer * self, GstMemory * memory,
      RcError * error);
};

/* Metadata and pad templates of a subclass. */
void gst_rc_transfer_class_setup (GstRcTransferClass * klass, gboolean up,
    const gchar * name, const gchar * description);

G_END_DECLS
