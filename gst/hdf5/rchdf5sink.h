/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gst/gst.h>

#include "h5recording.h"

G_BEGIN_DECLS

#define GST_TYPE_RC_HDF5_SINK (gst_rc_hdf5_sink_get_type ())
G_DECLARE_FINAL_TYPE (GstRcHdf5Sink, gst_rc_hdf5_sink, GST, RC_HDF5_SINK,
    GstBin)

GST_ELEMENT_REGISTER_DECLARE (rchdf5sink);

#define GST_RC_HDF5_NEXT_EPISODE "rc-next-episode"
#define GST_RC_HDF5_FLUSHED "rchdf5sink-flushed"

/* What the inputs, one inner sink per pad, see of the element. A section
 * between lock and unlock may touch the recording, which is NULL when there is
 * none or it has ended with an error: then a pad returns GST_FLOW_FLUSHING, so
 * that no source's error is on the bus before the one that says why. */
RcH5Recording *gst_rc_hdf5_sink_lock (GstRcHdf5Sink * sink);

/* Ends the section. `error` (taken, may be NULL) ends the recording: what came
 * before it is flushed, and a message goes to the bus, as does one after a
 * flush. `dirty`: there are rows to flush. */
void gst_rc_hdf5_sink_unlock (GstRcHdf5Sink * sink, GError * error,
    gboolean dirty);

/* TRUE once after a request for a new episode. */
gboolean gst_rc_hdf5_sink_take_boundary (GstRcHdf5Sink * sink);
void gst_rc_hdf5_sink_next_episode (GstRcHdf5Sink * sink);
GstClockTime gst_rc_hdf5_sink_get_episode_gap (GstRcHdf5Sink * sink);
gchar *gst_rc_hdf5_sink_dup_task (GstRcHdf5Sink * sink);
void gst_rc_hdf5_sink_count_dropped (GstRcHdf5Sink * sink);

G_END_DECLS
