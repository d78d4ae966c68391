/* SPDX-License-Identifier: Apache-2.0 */
/* A stream's caps and configuration: what one sample is and what a tick gives. */
#include "rcstream.h"

#include <string.h>

/* Rows up to this size are copied into one dense array, larger ones are kept as
 * the buffers they came in: a copy of 2 KiB costs less than a map and a ref. */
#define COPY_LIMIT 2048

/* ---- caps ---- */

static gboolean
set_tensor_caps (GstRcStream * s, const GstCaps * caps, GError ** error)
{
  GstRcTensors tensors;
  const GstRcTensor *t;

  if (!gst_rc_tensors_parse (&tensors, caps, error))
    return FALSE;
  if (tensors.n_tensors != 1) {
    gst_rc_caps_fail (error,
        "caps field num_tensors=%u: one tensor per pad can "
        "be aligned; split the stream first", tensors.n_tensors);
    gst_rc_tensors_clear (&tensors);
    return FALSE;
  }
  t = &tensors.tensors[0];
  if (tensors.samples > 1 && t->dims[t->rank - 1] != tensors.samples) {
    gst_rc_caps_fail (error, "caps field samples=%d does not match the "
        "outermost dimension %u", tensors.samples, t->dims[t->rank - 1]);
    gst_rc_tensors_clear (&tensors);
    return FALSE;
  }
  gst_rc_tensors_clear (&s->tensors);
  s->tensors = tensors;
  gst_rc_tensor_clear (&s->input);
  gst_rc_tensor_copy (&s->input, t);
  if (tensors.samples > 1) {
    if (s->input.rank > 1)
      gst_rc_tensor_set_shape (&s->input, t->dtype, t->dims, t->rank - 1);
    else
      gst_rc_tensor_set_shape (&s->input, t->dtype, (guint32[]) {
          1}
        , 1);
  }
  s->kind = GST_RC_STREAM_TENSOR;
  return TRUE;
}

/* Formats whose pixels lie packed in one plane with C equal components. */
static gboolean
video_shape (const GstVideoInfo * info, RcDType * dtype, guint32 * channels)
{
  const GstVideoFormatInfo *f = info->finfo;
  guint depth = GST_VIDEO_FORMAT_INFO_BITS (f);

  switch (GST_VIDEO_INFO_FORMAT (info)) {
    case GST_VIDEO_FORMAT_GRAY8:
      *dtype = RC_UINT8;
      *channels = 1;
      return TRUE;
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
    case GST_VIDEO_FORMAT_GRAY16_LE:
#else
    case GST_VIDEO_FORMAT_GRAY16_BE:
#endif
      *dtype = RC_UINT16;
      *channels = 1;
      return TRUE;
    default:
      break;
  }
  if (!GST_VIDEO_FORMAT_INFO_IS_RGB (f) || depth != 8
      || GST_VIDEO_INFO_N_PLANES (info) != 1
      || GST_VIDEO_FORMAT_INFO_HAS_PALETTE (f))
    return FALSE;
  *dtype = RC_UINT8;
  *channels = GST_VIDEO_FORMAT_INFO_PSTRIDE (f, 0);
  return TRUE;
}

static gboolean
set_video_caps (GstRcStream * s, const GstCaps * caps, GError ** error)
{
  GstVideoInfo info;
  RcDType dtype;
  guint32 dims[3];
  GstRcTensor t = { 0 };

  if (!gst_video_info_from_caps (&info, caps))
    return gst_rc_caps_fail (error, "video caps that cannot be read");
  if (!video_shape (&info, &dtype, &dims[0]))
    return gst_rc_caps_fail (error, "caps field format=%s has no packed 8-bit "
        "RGB or GRAY pixels: put videoconvert ! video/x-raw,format=RGB (or "
        "rcvideotensor, where installed) before this pad",
        gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (&info)));
  dims[1] = GST_VIDEO_INFO_WIDTH (&info);
  dims[2] = GST_VIDEO_INFO_HEIGHT (&info);
  if (!gst_rc_tensor_set_shape (&t, dtype, dims, 3))
    return gst_rc_caps_fail (error, "video caps with an empty frame");
  t.format =
      g_strdup (gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (&info)));
  gst_rc_tensor_clear (&s->input);
  s->input = t;
  s->video = info;
  s->kind = GST_RC_STREAM_VIDEO;
  return TRUE;
}

static gboolean
set_cloud_caps (GstRcStream * s, const GstCaps * caps, GError ** error)
{
  GstRcCloud cloud;

  if (!gst_rc_cloud_parse (&cloud, caps, error))
    return FALSE;
  s->cloud = cloud;
  gst_rc_tensor_clear (&s->input);
  gst_rc_tensor_set_shape (&s->input, RC_UINT8, &cloud.point_step, 1);
  s->kind = GST_RC_STREAM_CLOUD;
  return TRUE;
}

gboolean
gst_rc_stream_set_caps (GstRcStream * s, const GstCaps * caps,
    gboolean by_reference, GError ** error)
{
  const gchar *name = gst_structure_get_name (gst_caps_get_structure (caps,
          0));
  gboolean ok;

  gst_rc_stream_clear_parts (s);
  if (g_str_equal (name, GST_RC_TENSORS_NAME))
    ok = set_tensor_caps (s, caps, error);
  else if (g_str_equal (name, GST_RC_CLOUD_NAME))
    ok = set_cloud_caps (s, caps, error);
  else
    ok = set_video_caps (s, caps, error);
  /* rows of the old shape cannot be mixed with new ones; times stay, so that
   * the stream cannot go backwards across the change */
  gst_rc_stream_free_history (s);
  s->hint = 0;
  s->cuda_caps = gst_rc_caps_are_on_device (caps);
  s->by_reference = by_reference || s->cuda_caps
      || s->kind != GST_RC_STREAM_TENSOR || s->input.size > COPY_LIMIT;
  return ok;
}

/* ---- configuration ---- */

static RcMethod
default_method (const GstRcStream * s, GstRcRole role)
{
  if (role == GST_RC_ROLE_ACTION)
    return RC_METHOD_NEXT;
  if (role == GST_RC_ROLE_OBSERVATION && s->kind == GST_RC_STREAM_TENSOR
      && rc_dtype_is_float (s->input.dtype))
    return RC_METHOD_LINEAR;
  return RC_METHOD_PREVIOUS;
}

static gboolean
method_interpolates (RcMethod method)
{
  return method == RC_METHOD_LINEAR || method == RC_METHOD_PCHIP
      || method == RC_METHOD_HERMITE || method == RC_METHOD_MEAN;
}

static gboolean
has_window (RcMethod method)
{
  return method == RC_METHOD_NEXT || method == RC_METHOD_MEAN
      || method == RC_METHOD_GATHER;
}

/* Marks speak of the innermost dimension: repeat them over the outer ones. */
static RcMark *
spread_marks (const GstRcTensor * t, gint32 * n_marks)
{
  guint64 outer = gst_rc_tensor_elements (t) / t->dims[0];
  RcMark *marks = g_new (RcMark, t->n_marks * outer + 1);
  gsize n = 0;

  for (guint64 i = 0; i < outer; i++) {
    for (guint j = 0; j < t->n_marks; j++) {
      marks[n] = t->marks[j];
      marks[n].channel += i * t->dims[0];
      marks[n].other += i * t->dims[0];
      n++;
    }
  }
  *n_marks = n;
  return marks;
}

/* A sampler, and the one for ticks that a deadline decides. */
static gboolean
make_pair (const RcSamplerConfig * config, RcSampler ** sampler,
    RcSampler ** late, RcError * error)
{
  RcSamplerConfig causal = *config;

  causal.causal = TRUE;
  *sampler = rc_sampler_new (config, error);
  *late = *sampler ? rc_sampler_new (&causal, error) : NULL;
  return *late != NULL;
}

static gboolean
make_samplers (GstRcStream * s, GError ** error)
{
  const GstRcStreamConfig *c = &s->config;
  gboolean cloud = s->kind == GST_RC_STREAM_CLOUD;
  RcSamplerConfig config;
  RcError rc_error = { 0 };
  RcMark *marks;
  gboolean ok;

  rc_sampler_config_init (&config, s->input.dtype,
      cloud ? 1 : (gint64) gst_rc_tensor_elements (&s->input), s->method);
  config.edge = c->edge;
  config.causal = c->causal;
  config.centred = c->centred;
  if (c->max_gap >= 0)
    config.max_gap = c->max_gap == G_MAXINT64 ? RC_TIME_NONE : c->max_gap;
  /* beyond it nothing is interpolated: there is nothing to wait for */
  s->longest_spacing = config.max_gap == RC_TIME_NONE ? GST_SECOND :
      MIN (config.max_gap, (gint64) GST_SECOND);
  if (c->tolerance >= 0)
    config.tolerance = c->tolerance;
  config.window = c->mean_window > 0 ? c->mean_window : s->period;
  config.samples = c->samples;
  config.fill = c->fill;
  marks = spread_marks (&s->input, &config.n_marks);
  config.marks = marks;
  ok = make_pair (&config, &s->sampler, &s->late, &rc_error);
  if (ok && c->mean_window == 0 && s->period > 0 && has_window (s->method)) {
    config.window++;
    ok = make_pair (&config, &s->longer, &s->longer_late, &rc_error);
  }
  g_free (marks);
  if (!ok)
    return gst_rc_caps_fail (error, "%s", rc_error.message);
  s->n_quats = rc_sampler_n_quaternions (s->sampler);
  return TRUE;
}

/* A cloud whose fields are all float32 without gaps is a float tensor; any other
 * keeps its bytes. */
static gboolean
cloud_is_float (const GstRcCloud * cloud)
{
  guint32 at = 0;

  for (guint i = 0; i < cloud->n_fields; i++) {
    const GstRcField *f = &cloud->fields[i];

    if (f->type != GST_RC_FIELD_F32 || f->offset != at)
      return FALSE;
    at += f->count * sizeof (gfloat);
  }
  return at == cloud->point_step;
}

static gboolean
make_value_part (GstRcStream * s, GError ** error)
{
  GstRcTensor *t = &s->parts[0];
  guint32 dims[GST_RC_MAX_RANK];
  guint rank = s->input.rank;
  RcDType dtype = s->input.dtype;

  memcpy (dims, s->input.dims, sizeof (dims));
  if (s->kind == GST_RC_STREAM_CLOUD) {
    gboolean is_float = cloud_is_float (&s->cloud);

    dtype = is_float ? RC_FLOAT32 : RC_UINT8;
    dims[0] = is_float ? s->cloud.point_step / 4 : s->cloud.point_step;
    dims[1] = s->config.max_points;
    rank = 2;
  } else if (s->method == RC_METHOD_GATHER) {
    if (rank == GST_RC_MAX_RANK)
      return gst_rc_caps_fail (error, "method=gather needs a dimension more "
          "than %d", GST_RC_MAX_RANK);
    dims[rank++] = s->config.samples;
  }
  gst_rc_tensor_copy (t, &s->input);
  s->n_parts = 1;
  if (!gst_rc_tensor_set_shape (t, dtype, dims, rank))
    return gst_rc_caps_fail (error, "a tensor that is too large");
  return TRUE;
}

static void
add_part (GstRcStream * s, GstRcTensorKind kind, RcDType dtype, guint32 dim)
{
  GstRcTensor *t = &s->parts[s->n_parts++];

  memset (t, 0, sizeof (*t));
  gst_rc_tensor_set_shape (t, dtype, &dim, 1);
  t->kind = kind;
}

gboolean
gst_rc_stream_configure (GstRcStream * s, const GstRcStreamConfig * config,
    gint64 period, GError ** error)
{
  gint32 n_quats = s->n_quats;

  g_return_val_if_fail (s->kind != GST_RC_STREAM_NONE, FALSE);
  gst_rc_stream_clear_parts (s);
  s->config = *config;
  s->period = period;
  s->method = config->method == GST_RC_METHOD_AUTO ?
      default_method (s, config->role) : (RcMethod) (config->method - 1);
  if (config->role == GST_RC_ROLE_ACTION && method_interpolates (s->method))
    return gst_rc_caps_fail (error, "method=%s would invent actions that were "
        "never sent: use next or previous with role=action",
        gst_rc_enum_nick (GST_TYPE_RC_METHOD, s->method + 1));
  if (s->kind == GST_RC_STREAM_CLOUD && (method_interpolates (s->method)
          || s->method == RC_METHOD_GATHER))
    return gst_rc_caps_fail (error, "method=%s has no meaning for a point "
        "cloud: use previous, nearest or next",
        gst_rc_enum_nick (GST_TYPE_RC_METHOD, s->method + 1));
  if (has_window (s->method) && period == 0 && config->mean_window == 0)
    return gst_rc_caps_fail (error, "method=%s needs mean-window when the "
        "ticks come from a master pad",
        gst_rc_enum_nick (GST_TYPE_RC_METHOD, s->method + 1));
  if (!make_samplers (s, error) || !make_value_part (s, error))
    return FALSE;
  /* the source's own words for these give way */
  g_free (s->parts[0].role);
  g_free (s->parts[0].method);
  s->parts[0].role =
      g_strdup (gst_rc_enum_nick (GST_TYPE_RC_ROLE, config->role));
  s->parts[0].method =
      g_strdup (gst_rc_enum_nick (GST_TYPE_RC_METHOD, s->method + 1));
  if (s->kind == GST_RC_STREAM_CLOUD) {
    const GstStructure *st;
    GstCaps *caps = gst_rc_cloud_to_caps (&s->cloud);

    st = gst_caps_get_structure (caps, 0);
    s->parts[0].format = g_strdup (gst_structure_get_string (st, "fields"));
    if (*s->cloud.frame_id)
      s->parts[0].frame = g_strdup (s->cloud.frame_id);
    gst_caps_unref (caps);
    add_part (s, GST_RC_KIND_COUNT, RC_INT32, 1);
  } else if (s->method == RC_METHOD_GATHER) {
    add_part (s, GST_RC_KIND_COUNT, RC_INT32, 1);
    add_part (s, GST_RC_KIND_TIMES, RC_INT64, config->samples);
  }
  for (guint i = 0; i < s->n_parts; i++) {
    g_free (s->parts[i].stream);
    s->parts[i].stream = g_strdup (s->name);
  }
  /* the signs of stored rows belong to the quaternions of the old sampler */
  if (s->n_quats != n_quats)
    gst_rc_stream_free_history (s);
  return TRUE;
}
