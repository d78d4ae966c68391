/* SPDX-License-Identifier: Apache-2.0 */
/* Enum types of the aligning elements' properties. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * GstRcRole:
 * @GST_RC_ROLE_OBSERVATION: a measured quantity; may be interpolated
 * @GST_RC_ROLE_ACTION: a command or set-point; never interpolated
 * @GST_RC_ROLE_EVENT: a state that holds until it changes
 *
 * What a stream means, from which its default method follows.
 */
typedef enum
{
  GST_RC_ROLE_OBSERVATION,
  GST_RC_ROLE_ACTION,
  GST_RC_ROLE_EVENT,
} GstRcRole;

/* The values after AUTO are those of RcMethod, shifted by one. */
typedef enum
{
  GST_RC_METHOD_AUTO,
  GST_RC_METHOD_PREVIOUS,
  GST_RC_METHOD_NEAREST,
  GST_RC_METHOD_NEXT,
  GST_RC_METHOD_LINEAR,
  GST_RC_METHOD_PCHIP,
  GST_RC_METHOD_HERMITE,
  GST_RC_METHOD_MEAN,
  GST_RC_METHOD_GATHER,
} GstRcMethod;

typedef enum
{
  GST_RC_SPAN_AUTO,
  GST_RC_SPAN_COMMON,
  GST_RC_SPAN_ALL,
} GstRcSpan;

typedef enum
{
  GST_RC_OUTPUT_BUNDLE,
  GST_RC_OUTPUT_CONCAT,
} GstRcOutput;

typedef enum
{
  GST_RC_WINDOW_START_MISSING,
  GST_RC_WINDOW_START_REPEAT,
} GstRcWindowStart;

/* What rccalibrate compares. */
typedef enum
{
  GST_RC_QUANTITY_AUTO,
  GST_RC_QUANTITY_CHANNELS,
  GST_RC_QUANTITY_MAGNITUDE,
  GST_RC_QUANTITY_ANGULAR_VELOCITY,
  GST_RC_QUANTITY_ANGULAR_SPEED,
} GstRcQuantity;

/* What a tick gets from a stream that its deadline has not waited for. */
typedef enum
{
  GST_RC_LATE_HOLD,
  GST_RC_LATE_MISSING,
  GST_RC_LATE_DROP,
} GstRcLatePolicy;

/* Which time of a buffer is that of its sample. */
typedef enum
{
  GST_RC_TIME_SOURCE_PTS,
  GST_RC_TIME_SOURCE_REFERENCE,
} GstRcTimeSource;

/* Where an element computes. */
typedef enum
{
  GST_RC_BACKEND_AUTO,
  GST_RC_BACKEND_CPU,
  GST_RC_BACKEND_CUDA,
} GstRcBackend;

#define GST_TYPE_RC_ROLE (gst_rc_role_get_type ())
#define GST_TYPE_RC_METHOD (gst_rc_method_get_type ())
#define GST_TYPE_RC_EDGE (gst_rc_edge_get_type ())
#define GST_TYPE_RC_SPAN (gst_rc_span_get_type ())
#define GST_TYPE_RC_OUTPUT (gst_rc_output_get_type ())
#define GST_TYPE_RC_WINDOW_START (gst_rc_window_start_get_type ())
#define GST_TYPE_RC_LATE_POLICY (gst_rc_late_policy_get_type ())
#define GST_TYPE_RC_TIME_SOURCE (gst_rc_time_source_get_type ())
#define GST_TYPE_RC_BACKEND (gst_rc_backend_get_type ())

#define GST_TYPE_RC_VOXEL_MODE (gst_rc_voxel_mode_get_type ())
#define GST_TYPE_RC_VOXEL_TYPE (gst_rc_voxel_type_get_type ())
#define GST_TYPE_RC_AXIS_ORDER (gst_rc_axis_order_get_type ())

GType gst_rc_role_get_type (void);
GType gst_rc_method_get_type (void);
GType gst_rc_edge_get_type (void);
GType gst_rc_span_get_type (void);
GType gst_rc_quantity_get_type (void);
GType gst_rc_output_get_type (void);
GType gst_rc_window_start_get_type (void);
GType gst_rc_late_policy_get_type (void);
GType gst_rc_time_source_get_type (void);
GType gst_rc_backend_get_type (void);
GType gst_rc_voxel_mode_get_type (void);
GType gst_rc_voxel_type_get_type (void);
GType gst_rc_axis_order_get_type (void);

/* The nick of a value ("linear"), a static string. */
const gchar *gst_rc_enum_nick (GType type, gint value);

G_END_DECLS
