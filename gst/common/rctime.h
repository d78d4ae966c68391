/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Running time of a stream time, in ns, negative before the segment's base. FALSE
 * when the time is none, the segment is not in TIME format, or it lies so far out
 * that sums of two would not fit. Does not clip. */
gboolean gst_rc_running_time (const GstSegment * segment, GstClockTime time,
    gint64 * running);

G_END_DECLS
