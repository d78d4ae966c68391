/* SPDX-License-Identifier: Apache-2.0 */
/* The inner sink behind each pad of rchdf5sink. */
#pragma once

#include <gst/base/gstbasesink.h>

#include "rchdf5sink.h"

G_BEGIN_DECLS

#define GST_RC_HDF5_ALIGNED_CAPS GST_RC_TENSORS_CAPS
#define GST_RC_HDF5_RAW_CAPS GST_RC_TENSORS_CAPS \
    "; video/x-raw, format=(string){ RGB, GRAY8 }"

#define GST_TYPE_RC_HDF5_INPUT (gst_rc_hdf5_input_get_type ())
G_DECLARE_FINAL_TYPE (GstRcHdf5Input, gst_rc_hdf5_input, GST, RC_HDF5_INPUT,
    GstBaseSink)

/* The input of the aligned pad, or with `stream` of that raw stream. The owner
 * must outlive its inputs' streaming threads. */
GstElement *gst_rc_hdf5_input_new (GstRcHdf5Sink * owner, const gchar * stream);

G_END_DECLS
