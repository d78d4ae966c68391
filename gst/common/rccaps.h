/* SPDX-License-Identifier: Apache-2.0 */
/* The caps that flow between elements, parsed once per CAPS event.
 *
 * Tensors: NNStreamer's
 *   other/tensors, format=static, num_tensors=N, types="float32,uint8",
 *   dimensions="7,3:640:480", framerate=F
 * Dimensions are innermost first, trailing 1s mean nothing, rank <= 16, tensors
 * are separated by ',' or '.'. We add string fields. Where a field speaks per
 * tensor, tensors are separated by ';' (a single tensor needs none), and an
 * empty part says nothing:
 *   streams      "imu;vicon"          the stream that a tensor belongs to
 *   kinds        "value;count;state"  what it holds (default value)
 *   names        "qw,qx,qy,qz;x,y,z"  one per innermost channel
 *   units        "1,1,1,1;mm,mm,mm"   likewise
 *   quaternions  "0:wxyz;3:xyzw"      first channel and order, ',' between
 *   wrapping     "6:360:-180"         channel, period, start of the range
 *   hold         "7,8"                channels that are never interpolated
 *   velocities   "9:0,10:1"           channel : channel it is the velocity of
 *   roles        "observation;action"   with ranges: ',' between them
 *   methods      "linear;previous"      likewise
 *   formats      ";RGB"               pixel format, or the fields of a cloud
 *   frames       "imu_link;camera"    frame_id
 *   ranges       "imu:0:10,vicon:10:7"  output=concat: stream, first channel,
 *                                       count within the one tensor
 *   aligned      "imu,vicon"          the aligner's streams, in the order of the
 *                                       provenance's columns
 *   samples      (int)                the outermost dimension counts samples in
 *                                     time, with RcSampleTimes on each buffer
 *   window       (int)                the outermost dimension of every value
 *                                     tensor counts ticks, oldest first
 * Tensors made from a point cloud carry what says where a cell lies, "x,y,z"
 * whatever the axis order:
 *   axis-order   "zyx"           slowest axis first: [Z, Y, X], or "xyz"
 *   grid-size    "512,512,40"    cells
 *   voxel-size   "0.2,0.2,0.2"   in the cloud's unit (metres)
 *   origin       "-51.2,-51.2,-5"  the low corner of cell 0, 0, 0
 *   features     "x,y,intensity" channels of the feature tensor; its outermost
 *                                dimension when dense, its innermost when sparse
 *
 * Point clouds:
 *   application/x-pointcloud, point-step=(int)32,
 *   fields="x:f32:0:1,y:f32:4:1,z:f32:8:1", framerate=F [, frame-id=…]
 * A field is name:type:offset:count, type one of i8 u8 i16 u16 i32 u32 i64 u64
 * f32 f64, offsets in bytes. Points are native-endian, N = size / point-step.
 *
 * No GType is registered here: these files are linked into several plugins. */
#pragma once

#include <gst/gst.h>

#include "resample/resample.h"

G_BEGIN_DECLS

#define GST_RC_MAX_TENSORS 16   /* GStreamer merges memories beyond */
#define GST_RC_MAX_RANK 16
#define GST_RC_MAX_FIELDS 128

#define GST_RC_TENSORS_NAME "other/tensors"
#define GST_RC_CLOUD_NAME "application/x-pointcloud"
#define GST_RC_TENSORS_CAPS GST_RC_TENSORS_NAME ", format=(string)static"
#define GST_RC_CLOUD_CAPS GST_RC_CLOUD_NAME
/* the same in CUDA memory */
#define GST_RC_CUDA_FEATURE "memory:CUDAMemory"
#define GST_RC_TENSORS_CUDA_CAPS GST_RC_TENSORS_NAME "(" GST_RC_CUDA_FEATURE ")" \
    ", format=(string)static"
#define GST_RC_CLOUD_CUDA_CAPS GST_RC_CLOUD_NAME "(" GST_RC_CUDA_FEATURE ")"

/* Whether all structures of caps say CUDA memory, and to make them say so or not. */
gboolean gst_rc_caps_are_on_device (const GstCaps * caps);
void gst_rc_caps_set_on_device (GstCaps * caps, gboolean on_device);

/* Sets `error` (may be NULL) to a GST_STREAM_ERROR_FORMAT; always FALSE. */
gboolean gst_rc_caps_fail (GError ** error, const gchar * format, ...)
    G_GNUC_PRINTF (2, 3);

/* Reads the field framerate; absent leaves both values as they are. */
gboolean gst_rc_caps_get_framerate (const GstStructure * s, gint * fps_n,
    gint * fps_d, GError ** error);

typedef enum
{
  GST_RC_KIND_VALUE = 0,
  GST_RC_KIND_COUNT,            /* int32: valid rows of the tensor before it */
  GST_RC_KIND_TIMES,            /* int64 ns: running times of gathered rows */
  GST_RC_KIND_STATE,            /* uint8 [streams, window] RcState */
  GST_RC_KIND_SKEW,             /* int64 [streams, window] ns */
} GstRcTensorKind;

/* One tensor. Strings are owned, NULL when the caps do not say. */
typedef struct
{
  RcDType dtype;
  guint rank;                   /* >= 1, trailing 1s removed */
  guint32 dims[GST_RC_MAX_RANK];        /* innermost first, 1 beyond rank */
  gsize size;                   /* bytes */
  GstRcTensorKind kind;
  gchar *stream;
  gchar **names;                /* NULL-terminated, dims[0] of them, or NULL */
  gchar **units;
  gchar *role;
  gchar *method;
  gchar *format;
  gchar *frame;
  RcMark *marks;
  guint n_marks;
} GstRcTensor;

typedef struct
{
  gchar *stream;
  guint32 offset;
  guint32 count;
} GstRcRange;

typedef struct
{
  guint n_tensors;
  GstRcTensor tensors[GST_RC_MAX_TENSORS];
  gint fps_n, fps_d;            /* 0/1: irregular */
  guint samples;                /* 0 or 1: one sample per buffer */
  guint window;                 /* 0 or 1: one tick per buffer */
  GstRcRange *ranges;           /* output=concat */
  guint n_ranges;
  gchar **aligned;              /* NULL-terminated, or NULL */
} GstRcTensors;

/* Parses fixed tensor caps. On FALSE `error` says which field is wrong and its
 * value; `tensors` is cleared then. Pair with gst_rc_tensors_clear (). */
gboolean gst_rc_tensors_parse (GstRcTensors * tensors, const GstCaps * caps,
    GError ** error);
GstCaps *gst_rc_tensors_to_caps (const GstRcTensors * tensors);
void gst_rc_tensors_clear (GstRcTensors * tensors);

/* Whether a peer takes fixed tensor caps, also in its own spelling of the same
 * shape ("7:1" for "7"), which `caps` (transfer full, replaced) then has. */
gboolean gst_rc_tensors_agree (GstCaps ** caps, const GstCaps * peer);

/* Likewise in CUDA memory or in the system's, whichever `on_device` prefers, else in the
 * other; `caps` says then which it is. */
gboolean gst_rc_tensors_agree_in (GstCaps ** caps, const GstCaps * peer,
    gboolean on_device);

/* Sets shape and size of one tensor; FALSE if a dimension is 0, the rank is out
 * of range, or the size overflows. */
gboolean gst_rc_tensor_set_shape (GstRcTensor * tensor, RcDType dtype,
    const guint32 * dims, guint rank);
void gst_rc_tensor_copy (GstRcTensor * dest, const GstRcTensor * src);
void gst_rc_tensor_clear (GstRcTensor * tensor);

/* The product of all dimensions. */
guint64 gst_rc_tensor_elements (const GstRcTensor * tensor);

const gchar *gst_rc_tensor_kind_name (GstRcTensorKind kind);

typedef enum
{
  GST_RC_FIELD_I8 = 0, GST_RC_FIELD_U8, GST_RC_FIELD_I16, GST_RC_FIELD_U16,
  GST_RC_FIELD_I32, GST_RC_FIELD_U32, GST_RC_FIELD_I64, GST_RC_FIELD_U64,
  GST_RC_FIELD_F32, GST_RC_FIELD_F64, GST_RC_N_FIELD_TYPES
} GstRcFieldType;

typedef struct
{
  gchar name[64];
  GstRcFieldType type;
  guint32 offset;               /* bytes from the start of a point */
  guint32 count;                /* elements, >= 1 */
} GstRcField;

typedef struct
{
  guint32 point_step;           /* bytes, >= 1 */
  guint n_fields;
  GstRcField fields[GST_RC_MAX_FIELDS];
  gint fps_n, fps_d;
  gchar frame_id[64];           /* "" when not known */
} GstRcCloud;

gboolean gst_rc_cloud_parse (GstRcCloud * cloud, const GstCaps * caps,
    GError ** error);
GstCaps *gst_rc_cloud_to_caps (const GstRcCloud * cloud);

/* Parses "x:f32:0:1,…" into cloud->fields, checked against point_step. */
gboolean gst_rc_cloud_parse_fields (GstRcCloud * cloud, const gchar * fields,
    GError ** error);
const GstRcField *gst_rc_cloud_find (const GstRcCloud * cloud,
    const gchar * name);
guint gst_rc_field_type_size (GstRcFieldType type);
RcDType gst_rc_field_type_to_dtype (GstRcFieldType type);

G_END_DECLS
