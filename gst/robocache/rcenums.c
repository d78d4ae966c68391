/* SPDX-License-Identifier: Apache-2.0 */
#include "rcenums.h"

#include "resample/resample.h"
#include "voxelize/voxelize.h"

#define DEFINE_ENUM(Name, func, ...)                                \
  GType func (void)                                                 \
  {                                                                 \
    static gsize type = 0;                                          \
    static const GEnumValue values[] = { __VA_ARGS__, { 0, NULL, NULL } }; \
                                                                    \
    if (g_once_init_enter (&type)) {                                \
      GType t = g_enum_register_static (Name, values);              \
                                                                    \
      gst_type_mark_as_plugin_api (t, 0);                           \
      g_once_init_leave (&type, t);                                 \
    }                                                               \
    return type;                                                    \
  }

/* *INDENT-OFF* */
DEFINE_ENUM ("GstRcRole", gst_rc_role_get_type,
    {GST_RC_ROLE_OBSERVATION, "A measured quantity: may be interpolated", "observation"},
    {GST_RC_ROLE_ACTION, "A command or set-point: never interpolated", "action"},
    {GST_RC_ROLE_EVENT, "A state that holds until it changes", "event"})

DEFINE_ENUM ("GstRcMethod", gst_rc_method_get_type,
    {GST_RC_METHOD_AUTO, "linear for float tensors, previous for the rest; next for actions, previous for events", "auto"},
    {GST_RC_METHOD_PREVIOUS, "The last sample at or before the tick", "previous"},
    {GST_RC_METHOD_NEAREST, "The closest sample, within tolerance", "nearest"},
    {GST_RC_METHOD_NEXT, "The first sample in [t, t + dt), else the one in force", "next"},
    {GST_RC_METHOD_LINEAR, "Linear; quaternions by slerp", "linear"},
    {GST_RC_METHOD_PCHIP, "Monotone cubic (Fritsch-Carlson)", "pchip"},
    {GST_RC_METHOD_HERMITE, "Cubic with measured velocities", "hermite"},
    {GST_RC_METHOD_MEAN, "Time-weighted mean over mean-window", "mean"},
    {GST_RC_METHOD_GATHER, "Every raw sample in (t - dt, t]", "gather"})

DEFINE_ENUM ("GstRcEdge", gst_rc_edge_get_type,
    {RC_EDGE_MISSING, "Missing before the first and after the last sample", "missing"},
    {RC_EDGE_HOLD, "The nearest sample, if within max-gap", "hold"})

DEFINE_ENUM ("GstRcSpan", gst_rc_span_get_type,
    {GST_RC_SPAN_AUTO, "common, or all when upstream is live", "auto"},
    {GST_RC_SPAN_COMMON, "From the first to the last tick that all required pads cover", "common"},
    {GST_RC_SPAN_ALL, "From the first to the last sample of any pad", "all"})

DEFINE_ENUM ("GstRcQuantity", gst_rc_quantity_get_type,
    {GST_RC_QUANTITY_AUTO, "angular-speed of a quaternion, the value of one channel, else magnitude", "auto"},
    {GST_RC_QUANTITY_CHANNELS, "The selected channels, each with its counterpart", "channels"},
    {GST_RC_QUANTITY_MAGNITUDE, "The length of the vector of the selected channels", "magnitude"},
    {GST_RC_QUANTITY_ANGULAR_VELOCITY, "Body-frame angular velocity of a quaternion, three channels", "angular-velocity"},
    {GST_RC_QUANTITY_ANGULAR_SPEED, "Its magnitude", "angular-speed"})

DEFINE_ENUM ("GstRcOutput", gst_rc_output_get_type,
    {GST_RC_OUTPUT_BUNDLE, "One tensor per stream", "bundle"},
    {GST_RC_OUTPUT_CONCAT, "All streams in one vector of one type", "concat"})

DEFINE_ENUM ("GstRcWindowStart", gst_rc_window_start_get_type,
    {GST_RC_WINDOW_START_MISSING, "Rows before the start are missing", "missing"},
    {GST_RC_WINDOW_START_REPEAT, "Rows before the start repeat the first", "repeat"})

DEFINE_ENUM ("GstRcLatePolicy", gst_rc_late_policy_get_type,
    {GST_RC_LATE_HOLD, "The sample before the tick, within max-gap", "hold"},
    {GST_RC_LATE_MISSING, "Missing", "missing"},
    {GST_RC_LATE_DROP, "No buffer for this tick, if the pad is required (else as hold)", "drop-tick"})

DEFINE_ENUM ("GstRcTimeSource", gst_rc_time_source_get_type,
    {GST_RC_TIME_SOURCE_PTS, "The buffer's PTS", "pts"},
    {GST_RC_TIME_SOURCE_REFERENCE, "The capture time of its GstReferenceTimestampMeta, mapped to running time", "reference"})

DEFINE_ENUM ("GstRcBackend", gst_rc_backend_get_type,
    {GST_RC_BACKEND_AUTO, "Where the data is, or has to go; the CPU where CUDA fails", "auto"},
    {GST_RC_BACKEND_CPU, "On the CPU", "cpu"},
    {GST_RC_BACKEND_CUDA, "On a CUDA device; an error where that is not possible", "cuda"})

DEFINE_ENUM ("GstRcVoxelMode", gst_rc_voxel_mode_get_type,
    {RC_VOXEL_OCCUPANCY, "Dense: 1 where a point lies, else 0", "occupancy"},
    {RC_VOXEL_COUNT, "Dense: points per cell", "count"},
    {RC_VOXEL_MEAN, "Dense: mean of each field per cell, [F, axes] float32", "mean"},
    {RC_VOXEL_MIN, "Dense: minimum of each field per cell, [F, axes] float32", "min"},
    {RC_VOXEL_MAX, "Dense: maximum of each field per cell, [F, axes] float32", "max"},
    {RC_VOXEL_SPARSE_MEAN, "Sparse: coordinates, mean of each field and count per occupied voxel", "sparse-mean"},
    {RC_VOXEL_SPARSE_POINTS, "Sparse: coordinates, the points' fields and count per occupied voxel", "sparse-points"})

DEFINE_ENUM ("GstRcVoxelType", gst_rc_voxel_type_get_type,
    {RC_VOXEL_U8, "uint8", "u8"},
    {RC_VOXEL_U32, "uint32", "u32"},
    {RC_VOXEL_F32, "float32", "f32"},
    {RC_VOXEL_BITS, "One bit per cell, the least significant first, in uint8", "bits"})

DEFINE_ENUM ("GstRcAxisOrder", gst_rc_axis_order_get_type,
    {RC_AXES_ZYX, "[Z, Y, X], x innermost", "zyx"},
    {RC_AXES_XYZ, "[X, Y, Z], z innermost", "xyz"})
/* *INDENT-ON* */

const gchar *
gst_rc_enum_nick (GType type, gint value)
{
  GEnumClass *klass = g_type_class_ref (type);
  GEnumValue *v = g_enum_get_value (klass, value);

  /* the static values outlive the class */
  g_type_class_unref (klass);
  return v ? v->value_nick : "?";
}
