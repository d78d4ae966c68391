/* SPDX-License-Identifier: Apache-2.0 */
#include "rccaps.h"

#include <string.h>

static const struct
{
  const gchar *name;
  RcDType dtype;
} field_types[GST_RC_N_FIELD_TYPES] = {
  [GST_RC_FIELD_I8] = {"i8", RC_INT8},
  [GST_RC_FIELD_U8] = {"u8", RC_UINT8},
  [GST_RC_FIELD_I16] = {"i16", RC_INT16},
  [GST_RC_FIELD_U16] = {"u16", RC_UINT16},
  [GST_RC_FIELD_I32] = {"i32", RC_INT32},
  [GST_RC_FIELD_U32] = {"u32", RC_UINT32},
  [GST_RC_FIELD_I64] = {"i64", RC_INT64},
  [GST_RC_FIELD_U64] = {"u64", RC_UINT64},
  [GST_RC_FIELD_F32] = {"f32", RC_FLOAT32},
  [GST_RC_FIELD_F64] = {"f64", RC_FLOAT64},
};

guint
gst_rc_field_type_size (GstRcFieldType type)
{
  return rc_dtype_size (field_types[type].dtype);
}

RcDType
gst_rc_field_type_to_dtype (GstRcFieldType type)
{
  return field_types[type].dtype;
}

const GstRcField *
gst_rc_cloud_find (const GstRcCloud * cloud, const gchar * name)
{
  for (guint i = 0; i < cloud->n_fields; i++) {
    if (g_str_equal (cloud->fields[i].name, name))
      return &cloud->fields[i];
  }
  return NULL;
}

static gboolean
parse_one_field (GstRcCloud * cloud, const gchar * item)
{
  gchar **p = g_strsplit (item, ":", -1);
  GstRcField *f = &cloud->fields[cloud->n_fields];
  guint64 offset = 0, count = 1;
  guint type = GST_RC_N_FIELD_TYPES, n = g_strv_length (p);
  gboolean ok = (n == 3 || n == 4) && *p[0]
      && strlen (p[0]) < sizeof (f->name)
      && g_ascii_string_to_unsigned (p[2], 10, 0, cloud->point_step, &offset,
      NULL) && (n == 3 || g_ascii_string_to_unsigned (p[3], 10, 1,
          G_MAXUINT32, &count, NULL));

  for (guint i = 0; ok && i < GST_RC_N_FIELD_TYPES; i++) {
    if (g_str_equal (p[1], field_types[i].name))
      type = i;
  }
  ok = ok && type < GST_RC_N_FIELD_TYPES && offset + count
      * gst_rc_field_type_size (type) <= cloud->point_step
      && !gst_rc_cloud_find (cloud, p[0]);
  if (ok) {
    g_strlcpy (f->name, p[0], sizeof (f->name));
    f->type = type;
    f->offset = offset;
    f->count = count;
    cloud->n_fields++;
  }
  g_strfreev (p);
  return ok;
}

gboolean
gst_rc_cloud_parse_fields (GstRcCloud * cloud, const gchar * fields,
    GError ** error)
{
  gchar **items = g_strsplit (fields, ",", -1);
  gboolean ok = TRUE;

  cloud->n_fields = 0;
  if (!items[0] || g_strv_length (items) > GST_RC_MAX_FIELDS)
    ok = gst_rc_caps_fail (error, "fields: \"%s\" must list 1 to %d fields",
        fields, GST_RC_MAX_FIELDS);
  for (guint i = 0; ok && items[i]; i++) {
    ok = parse_one_field (cloud, g_strstrip (items[i]));
    if (!ok)
      gst_rc_caps_fail (error,
          "fields: \"%s\" is not name:type:offset:count, is there "
          "twice, or does not fit a point of %u bytes", items[i],
          cloud->point_step);
  }
  g_strfreev (items);
  return ok;
}

gboolean
gst_rc_cloud_parse (GstRcCloud * cloud, const GstCaps * caps, GError ** error)
{
  const GstStructure *s;
  const gchar *text;
  gint step = 0;

  memset (cloud, 0, sizeof (*cloud));
  cloud->fps_d = 1;
  if (gst_caps_get_size (caps) != 1 || !gst_caps_is_fixed (caps))
    return gst_rc_caps_fail (error, "caps are not fixed");
  s = gst_caps_get_structure (caps, 0);
  if (!gst_structure_has_name (s, GST_RC_CLOUD_NAME))
    return gst_rc_caps_fail (error, "caps are %s, not " GST_RC_CLOUD_NAME,
        gst_structure_get_name (s));
  if (!gst_structure_get_int (s, "point-step", &step) || step < 1)
    return gst_rc_caps_fail (error,
        "caps field point-step=%d must be a positive int", step);
  cloud->point_step = step;
  text = gst_structure_get_string (s, "fields");
  if (!text)
    return gst_rc_caps_fail (error,
        "caps field fields is missing or not a string");
  if (!gst_rc_cloud_parse_fields (cloud, text, error))
    return FALSE;
  if (!gst_rc_caps_get_framerate (s, &cloud->fps_n, &cloud->fps_d, error))
    return FALSE;
  text = gst_structure_get_string (s, "frame-id");
  /* cut, it would be another frame's name, or no UTF-8 */
  if (text && strlen (text) >= sizeof (cloud->frame_id))
    return gst_rc_caps_fail (error,
        "caps field frame-id=%s is longer than %u bytes", text,
        (guint) sizeof (cloud->frame_id) - 1);
  if (text)
    g_strlcpy (cloud->frame_id, text, sizeof (cloud->frame_id));
  return TRUE;
}

GstCaps *
gst_rc_cloud_to_caps (const GstRcCloud * cloud)
{
  GString *str = g_string_new (NULL);
  GstCaps *caps;

  for (guint i = 0; i < cloud->n_fields; i++) {
    const GstRcField *f = &cloud->fields[i];

    g_string_append_printf (str, "%s%s:%s:%u:%u", i ? "," : "", f->name,
        field_types[f->type].name, f->offset, f->count);
  }
  caps = gst_caps_new_simple (GST_RC_CLOUD_NAME, "point-step", G_TYPE_INT,
      (gint) cloud->point_step, "fields", G_TYPE_STRING, str->str,
      "framerate", GST_TYPE_FRACTION, cloud->fps_n,
      cloud->fps_d ? cloud->fps_d : 1, NULL);
  g_string_free (str, TRUE);
  if (*cloud->frame_id)
    gst_caps_set_simple (caps, "frame-id", G_TYPE_STRING, cloud->frame_id,
        NULL);
  return caps;
}

gboolean
gst_rc_caps_are_on_device (const GstCaps * caps)
{
  gboolean all = !gst_caps_is_empty (caps) && !gst_caps_is_any (caps);

  for (guint i = 0; all && i < gst_caps_get_size (caps); i++)
    all = gst_caps_features_contains (gst_caps_get_features (caps, i),
        GST_RC_CUDA_FEATURE);
  return all;
}

void
gst_rc_caps_set_on_device (GstCaps * caps, gboolean on_device)
{
  gst_caps_set_features_simple (caps, gst_caps_features_from_string (on_device
          ? GST_RC_CUDA_FEATURE : GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY));
}
