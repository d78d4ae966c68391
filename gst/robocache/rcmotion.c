/* SPDX-License-Identifier: Apache-2.0 */
#include "rcmotion.h"

#include <math.h>
#include <string.h>

#include "common/half.h"
#include "rcmeta.h"
#include "rctime.h"

void
gst_rc_motion_init (GstRcMotionInput * m)
{
  memset (m, 0, sizeof (*m));
  m->times = g_array_new (FALSE, FALSE, sizeof (gint64));
  m->values = g_array_new (FALSE, FALSE, sizeof (gdouble));
}

static void
forget_caps (GstRcMotionInput * m)
{
  gst_rc_tensor_clear (&m->tensor);
  g_clear_pointer (&m->channels, g_free);
  m->width = m->samples = 0;
  gst_rc_motion_trim (m, G_MAXINT64);
}

void
gst_rc_motion_clear (GstRcMotionInput * m)
{
  forget_caps (m);
  g_array_unref (m->times);
  g_array_unref (m->values);
}

/* ---- caps ---- */

static gint
find_channel (const GstRcTensor * t, const gchar * text)
{
  guint64 number;

  for (guint i = 0; t->names && t->names[i]; i++) {
    if (g_str_equal (t->names[i], text))
      return i;
  }
  if (g_ascii_string_to_unsigned (text, 10, 0, t->dims[0] - 1, &number, NULL))
    return (gint) number;
  return -1;
}

static gboolean
select_channels (GstRcMotionInput * m, const gchar * property,
    const gchar * text, GError ** error)
{
  gchar **items;
  gboolean ok = TRUE;

  if (!text || !*text) {
    m->width = m->tensor.dims[0];
    m->channels = g_new (guint, m->width);
    for (guint i = 0; i < m->width; i++)
      m->channels[i] = i;
    return TRUE;
  }
  items = g_strsplit (text, ",", -1);
  m->channels = g_new (guint, g_strv_length (items));
  for (guint i = 0; items[i] && ok; i++) {
    gint channel = find_channel (&m->tensor, g_strstrip (items[i]));

    if (channel >= 0) {
      m->channels[m->width++] = channel;
    } else {
      gchar *names = m->tensor.names ? g_strjoinv (",", m->tensor.names) :
          g_strdup ("without names");

      ok = gst_rc_caps_fail (error,
          "property %s: \"%s\" is not the name or the "
          "number (from 0) of one of the %u channels (%s)", property, items[i],
          m->tensor.dims[0], names);
      g_free (names);
    }
  }
  g_strfreev (items);
  return ok;
}

/* The quaternion among the selected channels; NULL where there are none, or
 * several. */
static const RcMark *
find_quaternion (const GstRcMotionInput * m)
{
  const RcMark *found = NULL;

  for (guint i = 0; i < m->tensor.n_marks; i++) {
    const RcMark *mark = &m->tensor.marks[i];
    gboolean selected = FALSE;

    if (mark->kind != RC_MARK_QUATERNION_WXYZ
        && mark->kind != RC_MARK_QUATERNION_XYZW)
      continue;
    for (guint c = 0; c < m->width; c++)
      selected |= (gint) m->channels[c] == mark->channel;
    if (selected && found)
      return NULL;
    if (selected)
      found = mark;
  }
  return found;
}

static gboolean
choose_quantity (GstRcMotionInput * m, const gchar * property,
    GstRcQuantity quantity, GError ** error)
{
  const RcMark *mark = find_quaternion (m);
  gboolean turns = quantity == GST_RC_QUANTITY_ANGULAR_VELOCITY
      || quantity == GST_RC_QUANTITY_ANGULAR_SPEED;

  if (quantity == GST_RC_QUANTITY_AUTO) {
    turns = mark != NULL;
    quantity = mark ? GST_RC_QUANTITY_ANGULAR_SPEED : m->width == 1 ?
        GST_RC_QUANTITY_CHANNELS : GST_RC_QUANTITY_MAGNITUDE;
  }
  m->quantity = quantity;
  if (!turns)
    return TRUE;
  if (!mark)
    return gst_rc_caps_fail (error,
        "property %s: the selected channels have not "
        "one quaternion that the caps mark as such (field quaternions)",
        property);
  g_free (m->channels);
  m->width = 4;
  m->channels = g_new (guint, m->width);
  for (guint i = 0; i < m->width; i++)
    m->channels[i] = mark->channel + i;
  m->xyzw = mark->kind == RC_MARK_QUATERNION_XYZW;
  return TRUE;
}

gboolean
gst_rc_motion_set_caps (GstRcMotionInput * m, const GstCaps * caps,
    const gchar * property, const gchar * channels, GstRcQuantity quantity,
    GError ** error)
{
  GstRcTensors tensors;
  const GstRcTensor *t = &tensors.tensors[0];
  gboolean ok = TRUE;
  guint rank;

  forget_caps (m);
  if (!gst_rc_tensors_parse (&tensors, caps, error))
    return FALSE;
  m->samples = MAX (1, tensors.samples);
  rank = t->rank - (m->samples > 1 && t->rank > 1);
  if (tensors.n_tensors != 1)
    ok = gst_rc_caps_fail (error, "caps field num_tensors=%u: one tensor is "
        "needed", tensors.n_tensors);
  else if (rank != 1 || (m->samples > 1 && t->dims[t->rank - 1] != m->samples))
    ok = gst_rc_caps_fail (error, "caps field dimensions: a sample of rank %u; "
        "one vector is needed", rank);
  if (ok) {
    guint32 n = m->samples > 1 && t->rank == 1 ? 1 : t->dims[0];

    gst_rc_tensor_copy (&m->tensor, t);
    gst_rc_tensor_set_shape (&m->tensor, t->dtype, &n, 1);
  }
  gst_rc_tensors_clear (&tensors);
  ok = ok && select_channels (m, property, channels, error)
      && choose_quantity (m, property, quantity, error);
  if (!ok)
    forget_caps (m);
  return ok;
}

guint
gst_rc_motion_width (const GstRcMotionInput * m)
{
  if (m->width == 0)
    return 0;
  switch (m->quantity) {
    case GST_RC_QUANTITY_CHANNELS:
      return m->width;
    case GST_RC_QUANTITY_ANGULAR_VELOCITY:
      return 3;
    default:
      return 1;
  }
}

/* ---- samples ---- */

static gdouble
value_of (RcDType dtype, const guint8 * at)
{
#define CASE(Name, Type)                        \
  case Name: {                                  \
    Type value;                                 \
    memcpy (&value, at, sizeof (value));        \
    return (gdouble) value;                     \
  }
  guint16 half;

  switch (dtype) {
      CASE (RC_INT8, gint8);
      CASE (RC_UINT8, guint8);
      CASE (RC_INT16, gint16);
      CASE (RC_UINT16, guint16);
      CASE (RC_INT32, gint32);
      CASE (RC_UINT32, guint32);
      CASE (RC_INT64, gint64);
      CASE (RC_UINT64, guint64);
      CASE (RC_FLOAT32, gfloat);
      CASE (RC_FLOAT64, gdouble);
    default:
      memcpy (&half, at, sizeof (half));
      return dtype == RC_FLOAT16 ? rc_f16_to_f32 (half) : rc_bf16_to_f32 (half);
  }
#undef CASE
}

static void
add_sample (GstRcMotionInput * m, gint64 time, gint64 jump,
    const guint8 * sample)
{
  const gsize size = rc_dtype_size (m->tensor.dtype);
  const guint n = m->times->len;

  m->in++;
  if (n > 0) {
    gint64 last = g_array_index (m->times, gint64, n - 1);

    if (time <= last && last - time <= jump) {
      m->backwards++;
      return;
    }
    if (time <= last) {
      m->resets++;
      gst_rc_motion_trim (m, G_MAXINT64);
    }
  }
  g_array_append_val (m->times, time);
  for (guint i = 0; i < m->width; i++) {
    gdouble value = value_of (m->tensor.dtype, sample + m->channels[i] * size);

    g_array_append_val (m->values, value);
  }
}

void
gst_rc_motion_push (GstRcMotionInput * m, GstBuffer * buffer,
    const GstSegment * segment, gint64 jump, gchar ** reason)
{
  gsize n_times = 0;
  const gint64 *times = gst_rc_sample_times_get (buffer, &n_times);
  GstMapInfo map;

  *reason = NULL;
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP)
      && gst_buffer_get_size (buffer) == 0)
    return;
  if (gst_buffer_get_size (buffer) != m->samples * m->tensor.size
      || (m->samples > 1 && n_times != m->samples)
      || !gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    m->in += m->samples;
    m->bad_size += m->samples;
    *reason = g_strdup_printf ("a buffer of %" G_GSIZE_FORMAT " bytes with %"
        G_GSIZE_FORMAT " sample times where the caps mean %" G_GSIZE_FORMAT
        " bytes", gst_buffer_get_size (buffer), n_times,
        m->samples * m->tensor.size);
    return;
  }
  for (guint i = 0; i < m->samples; i++) {
    GstClockTime pts = m->samples > 1 ? (GstClockTime) times[i] :
        GST_BUFFER_PTS (buffer);
    gint64 time;

    if (gst_rc_running_time (segment, pts, &time)
        && gst_segment_clip (segment, GST_FORMAT_TIME, pts, pts, NULL, NULL)) {
      add_sample (m, time, jump, map.data + i * m->tensor.size);
      continue;
    }
    m->in++;
    m->no_time++;
    if (!*reason)
      *reason = g_strdup_printf ("a sample without a time, or outside its "
          "segment (PTS %" GST_TIME_FORMAT ")", GST_TIME_ARGS (pts));
  }
  gst_buffer_unmap (buffer, &map);
}

/* The first sample at or after `time`. */
static guint
index_of (const GstRcMotionInput * m, gint64 time)
{
  guint lo = 0, hi = m->times->len;

  while (lo < hi) {
    guint mid = lo + (hi - lo) / 2;

    if (g_array_index (m->times, gint64, mid) < time)
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo;
}

void
gst_rc_motion_trim (GstRcMotionInput * m, gint64 time)
{
  guint n = time == G_MAXINT64 ? m->times->len : index_of (m, time);

  /* in large steps: what is left is moved */
  if (n < m->times->len && n < m->times->len / 4)
    return;
  if (n == m->times->len) {
    g_array_set_size (m->times, 0);
    g_array_set_size (m->values, 0);
  } else if (n > 0) {
    g_array_remove_range (m->times, 0, n);
    g_array_remove_range (m->values, 0, n * m->width);
  }
}

void
gst_rc_motion_series (const GstRcMotionInput * m, gint64 from, gint64 to,
    RcMotion * motion)
{
  const gboolean turns = m->quantity == GST_RC_QUANTITY_ANGULAR_VELOCITY
      || m->quantity == GST_RC_QUANTITY_ANGULAR_SPEED;
  const guint first = index_of (m, from), width = gst_rc_motion_width (m);
  const guint end = to == G_MAXINT64 ? m->times->len : index_of (m, to + 1);
  const guint n = end > first ? end - first : 0, row = turns ? 3 : m->width;
  const gint64 *in_times = (const gint64 *) (gpointer) m->times->data + first;
  const gdouble *in = (const gdouble *) (gpointer) m->values->data
      + (gsize) first * m->width;
  gint64 *times = g_new0 (gint64, (gsize) n + 1);
  gdouble *values = g_new0 (gdouble, ((gsize) n + 1) * row);

  motion->times = times;
  motion->values = values;
  motion->samples = turns && n > 0 ? n - 1 : n;
  if (turns) {
    rc_angular_velocity (in_times, in, n, m->xyzw, times, values);
  } else if (n > 0) {
    memcpy (times, in_times, n * sizeof (gint64));
    memcpy (values, in, (gsize) n * row * sizeof (gdouble));
  }
  if (width == row)
    return;
  for (gint64 i = 0; i < motion->samples; i++) {
    gdouble sum = 0;

    for (guint c = 0; c < row; c++)
      sum += values[i * row + c] * values[i * row + c];
    values[i] = sqrt (sum);
  }
}
