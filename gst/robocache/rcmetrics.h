/* SPDX-License-Identifier: Apache-2.0 */
/* The tracer that GST_TRACERS=rcmetrics makes: see its SECTION comment. */
#pragma once

#include <gst/gst.h>
#include <gst/gsttracer.h>

G_BEGIN_DECLS

#define GST_TYPE_RC_METRICS (gst_rc_metrics_get_type ())
G_DECLARE_FINAL_TYPE (GstRcMetrics, gst_rc_metrics, GST, RC_METRICS, GstTracer)

G_END_DECLS
