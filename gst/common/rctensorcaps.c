/* SPDX-License-Identifier: Apache-2.0 */
#include "rccaps.h"

#include <string.h>

gboolean
gst_rc_caps_fail (GError ** error, const gchar * format, ...)
{
  va_list args;

  if (error) {
    va_start (args, format);
    g_propagate_error (error, g_error_new_valist (GST_STREAM_ERROR,
            GST_STREAM_ERROR_FORMAT, format, args));
    va_end (args);
  }
  return FALSE;
}

gboolean
gst_rc_caps_get_framerate (const GstStructure * s, gint * fps_n, gint * fps_d,
    GError ** error)
{
  if (gst_structure_has_field (s, "framerate")
      && (!gst_structure_get_fraction (s, "framerate", fps_n, fps_d)
          || *fps_n < 0))
    return gst_rc_caps_fail (error,
        "caps field framerate must be a fraction, 0/1 or above");
  return TRUE;
}

static const gchar *const kind_names[] =
    { "value", "count", "times", "state", "skew" };

const gchar *
gst_rc_tensor_kind_name (GstRcTensorKind kind)
{
  return kind_names[kind];
}

guint64
gst_rc_tensor_elements (const GstRcTensor * tensor)
{
  guint64 n = 1;

  for (guint i = 0; i < tensor->rank; i++)
    n *= tensor->dims[i];
  return n;
}

gboolean
gst_rc_tensor_set_shape (GstRcTensor * tensor, RcDType dtype,
    const guint32 * dims, guint rank)
{
  gsize size = rc_dtype_size (dtype);

  while (rank > 1 && dims[rank - 1] == 1)
    rank--;
  if (rank < 1 || rank > GST_RC_MAX_RANK || size == 0)
    return FALSE;
  for (guint i = 0; i < rank; i++) {
    if (dims[i] == 0 || !g_size_checked_mul (&size, size, dims[i]))
      return FALSE;
  }
  tensor->dtype = dtype;
  tensor->rank = rank;
  for (guint i = 0; i < GST_RC_MAX_RANK; i++)
    tensor->dims[i] = i < rank ? dims[i] : 1;
  tensor->size = size;
  return TRUE;
}

void
gst_rc_tensor_clear (GstRcTensor * t)
{
  g_free (t->stream);
  g_strfreev (t->names);
  g_strfreev (t->units);
  g_free (t->role);
  g_free (t->method);
  g_free (t->format);
  g_free (t->frame);
  g_free (t->marks);
  memset (t, 0, sizeof (*t));
}

void
gst_rc_tensor_copy (GstRcTensor * dest, const GstRcTensor * src)
{
  *dest = *src;
  dest->stream = g_strdup (src->stream);
  dest->names = g_strdupv (src->names);
  dest->units = g_strdupv (src->units);
  dest->role = g_strdup (src->role);
  dest->method = g_strdup (src->method);
  dest->format = g_strdup (src->format);
  dest->frame = g_strdup (src->frame);
  dest->marks = g_memdup2 (src->marks, src->n_marks * sizeof (RcMark));
}

void
gst_rc_tensors_clear (GstRcTensors * tensors)
{
  for (guint i = 0; i < tensors->n_tensors; i++)
    gst_rc_tensor_clear (&tensors->tensors[i]);
  for (guint i = 0; i < tensors->n_ranges; i++)
    g_free (tensors->ranges[i].stream);
  g_free (tensors->ranges);
  g_strfreev (tensors->aligned);
  memset (tensors, 0, sizeof (*tensors));
}

/* A string field, NULL when absent; an error when it has another type, which is
 * what `dimensions=7` on a command line gives. */
static gboolean
get_string (const GstStructure * s, const gchar * field, const gchar ** value,
    GError ** error)
{
  const GValue *v = gst_structure_get_value (s, field);

  *value = NULL;
  if (!v)
    return TRUE;
  if (!G_VALUE_HOLDS_STRING (v)) {
    gchar *text = gst_value_serialize (v);

    gst_rc_caps_fail (error,
        "caps field %s=%s has type %s, a string is needed: write "
        "%s=(string)\"%s\"", field, text ? text : "?", G_VALUE_TYPE_NAME (v),
        field, text ? text : "");
    g_free (text);
    return FALSE;
  }
  *value = g_value_get_string (v);
  return TRUE;
}

/* A count that is absent or a positive int; `value` is untouched for 1. */
static gboolean
get_count (const GstStructure * s, const gchar * field, guint * value,
    GError ** error)
{
  gint v = 1;

  if (gst_structure_has_field (s, field)
      && (!gst_structure_get_int (s, field, &v) || v < 1))
    return gst_rc_caps_fail (error, "caps field %s must be a positive int",
        field);
  if (v > 1)
    *value = v;
  return TRUE;
}

static gboolean
parse_u32 (const gchar * text, guint32 * value)
{
  guint64 v;

  if (!g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT32, &v, NULL))
    return FALSE;
  *value = v;
  return TRUE;
}

static gboolean
parse_shape (GstRcTensor * t, const gchar * type, const gchar * dims,
    GError ** error)
{
  guint32 d[GST_RC_MAX_RANK];
  RcDType dtype;
  gchar **parts;
  guint n;
  gboolean ok;

  if (!rc_dtype_from_name (type, &dtype))
    return gst_rc_caps_fail (error,
        "caps field types: \"%s\" is not a tensor type", type);
  parts = g_strsplit (dims, ":", -1);
  n = g_strv_length (parts);
  ok = n >= 1;
  /* more than 16 dimensions are fine as long as they are 1 */
  for (guint i = 0; ok && i < n; i++) {
    guint32 v = 0;

    ok = parse_u32 (parts[i], &v) && v > 0 && (i < GST_RC_MAX_RANK || v == 1);
    if (ok && i < GST_RC_MAX_RANK)
      d[i] = v;
  }
  g_strfreev (parts);
  if (!ok || !gst_rc_tensor_set_shape (t, dtype, d, MIN (n, GST_RC_MAX_RANK)))
    return gst_rc_caps_fail (error,
        "caps field dimensions: \"%s\" is not a shape "
        "(up to %d positive numbers, innermost first, with ':' between)", dims,
        GST_RC_MAX_RANK);
  return TRUE;
}

static void
add_mark (GstRcTensor * t, RcMark mark)
{
  t->marks = g_renew (RcMark, t->marks, t->n_marks + 1);
  t->marks[t->n_marks++] = mark;
}

/* One item of a mark list, e.g. "0:wxyz"; FALSE when malformed. */
static gboolean
parse_mark (GstRcTensor * t, RcMarkKind kind, const gchar * item)
{
  gchar **p = g_strsplit (item, ":", -1);
  guint n = g_strv_length (p);
  RcMark mark = {.kind = kind };
  guint32 channel, other = 0;
  gchar *end;
  gboolean ok = n >= 1 && parse_u32 (p[0], &channel) && channel < t->dims[0]
      && channel <= G_MAXINT32;

  switch (kind) {
    case RC_MARK_QUATERNION_WXYZ:
    case RC_MARK_QUATERNION_XYZW:
      ok = ok && n == 2 && (g_str_equal (p[1], "wxyz")
          || g_str_equal (p[1], "xyzw")) && channel + 3 < t->dims[0]
          && channel + 3 <= G_MAXINT32;
      if (ok && g_str_equal (p[1], "xyzw"))
        mark.kind = RC_MARK_QUATERNION_XYZW;
      break;
    case RC_MARK_WRAP:
      ok = ok && (n == 2 || n == 3);
      if (ok) {
        mark.period = g_ascii_strtod (p[1], &end);
        ok = *p[1] && !*end && mark.period > 0 && mark.period < G_MAXDOUBLE;
      }
      mark.lower = -mark.period / 2;
      if (ok && n == 3) {
        mark.lower = g_ascii_strtod (p[2], &end);
        ok = *p[2] && !*end && ABS (mark.lower) < G_MAXDOUBLE;
      }
      break;
    case RC_MARK_HOLD:
      ok = ok && n == 1;
      break;
    case RC_MARK_VELOCITY_OF:
      ok = ok && n == 2 && parse_u32 (p[1], &other) && other < t->dims[0]
          && other <= G_MAXINT32 && other != channel;
      mark.other = other;
      break;
  }
  g_strfreev (p);
  if (ok) {
    mark.channel = channel;
    add_mark (t, mark);
  }
  return ok;
}

static gboolean
parse_marks (GstRcTensor * t, RcMarkKind kind, const gchar * field,
    const gchar * text, GError ** error)
{
  gchar **items = g_strsplit (text, ",", -1);
  gboolean ok = TRUE;

  for (guint i = 0; ok && items[i]; i++) {
    ok = parse_mark (t, kind, items[i]);
    if (!ok)
      gst_rc_caps_fail (error,
          "caps field %s: \"%s\" does not fit a tensor with %u " "channels",
          field, items[i], t->dims[0]);
  }
  g_strfreev (items);
  return ok;
}

static gboolean
parse_labels (gchar *** labels, guint n_channels, const gchar * field,
    const gchar * text, GError ** error)
{
  gchar **items = g_strsplit (text, ",", -1);
  guint n = g_strv_length (items);

  if (n != n_channels) {
    g_strfreev (items);
    return gst_rc_caps_fail (error,
        "caps field %s: \"%s\" has %u entries for %u channels", field, text, n,
        n_channels);
  }
  *labels = items;
  return TRUE;
}

static gboolean
parse_kind (GstRcTensor * t, const gchar * text, GError ** error)
{
  for (guint i = 0; i < G_N_ELEMENTS (kind_names); i++) {
    if (g_str_equal (text, kind_names[i])) {
      t->kind = i;
      return TRUE;
    }
  }
  return gst_rc_caps_fail (error, "caps field kinds: \"%s\" is not known",
      text);
}

typedef enum
{
  FIELD_STREAM, FIELD_KIND, FIELD_NAMES, FIELD_UNITS, FIELD_QUATERNIONS,
  FIELD_WRAPPING, FIELD_HOLD, FIELD_VELOCITIES, FIELD_ROLE, FIELD_METHOD,
  FIELD_FORMAT, FIELD_FRAME, N_FIELDS
} Field;

static const gchar *const field_names[N_FIELDS] = {
  "streams", "kinds", "names", "units", "quaternions", "wrapping", "hold",
  "velocities", "roles", "methods", "formats", "frames"
};

static gboolean
parse_part (GstRcTensor * t, Field field, const gchar * text, GError ** error)
{
  const gchar *name = field_names[field];

  switch (field) {
    case FIELD_STREAM:
      t->stream = g_strdup (text);
      return TRUE;
    case FIELD_KIND:
      return parse_kind (t, text, error);
    case FIELD_NAMES:
      return parse_labels (&t->names, t->dims[0], name, text, error);
    case FIELD_UNITS:
      return parse_labels (&t->units, t->dims[0], name, text, error);
    case FIELD_QUATERNIONS:
      return parse_marks (t, RC_MARK_QUATERNION_WXYZ, name, text, error);
    case FIELD_WRAPPING:
      return parse_marks (t, RC_MARK_WRAP, name, text, error);
    case FIELD_HOLD:
      return parse_marks (t, RC_MARK_HOLD, name, text, error);
    case FIELD_VELOCITIES:
      return parse_marks (t, RC_MARK_VELOCITY_OF, name, text, error);
    case FIELD_ROLE:
      t->role = g_strdup (text);
      return TRUE;
    case FIELD_METHOD:
      t->method = g_strdup (text);
      return TRUE;
    case FIELD_FORMAT:
      t->format = g_strdup (text);
      return TRUE;
    case FIELD_FRAME:
      t->frame = g_strdup (text);
      return TRUE;
    case N_FIELDS:
      break;
  }
  g_return_val_if_reached (FALSE);
}

static gboolean
parse_field (GstRcTensors * tensors, const GstStructure * s, Field field,
    GError ** error)
{
  const gchar *text;
  gchar **parts;
  gboolean ok = TRUE;

  if (!get_string (s, field_names[field], &text, error))
    return FALSE;
  if (!text)
    return TRUE;
  parts = g_strsplit (text, ";", -1);
  if (g_strv_length (parts) > tensors->n_tensors)
    ok = gst_rc_caps_fail (error,
        "caps field %s=\"%s\" speaks of more than %u tensors",
        field_names[field], text, tensors->n_tensors);
  for (guint i = 0; ok && parts[i]; i++) {
    if (*parts[i])
      ok = parse_part (&tensors->tensors[i], field, parts[i], error);
  }
  g_strfreev (parts);
  return ok;
}

static gboolean
parse_ranges (GstRcTensors * tensors, const gchar * text, GError ** error)
{
  gchar **items = g_strsplit (text, ",", -1);
  guint n = g_strv_length (items);
  gboolean ok = TRUE;

  tensors->ranges = g_new0 (GstRcRange, n);
  for (guint i = 0; ok && i < n; i++) {
    gchar **p = g_strsplit (items[i], ":", -1);
    GstRcRange *r = &tensors->ranges[i];

    ok = g_strv_length (p) == 3 && *p[0] && parse_u32 (p[1], &r->offset)
        && parse_u32 (p[2], &r->count) && r->count > 0
        && (guint64) r->offset + r->count <= tensors->tensors[0].dims[0];
    if (ok) {
      r->stream = g_strdup (p[0]);
      tensors->n_ranges = i + 1;
    } else {
      gst_rc_caps_fail (error,
          "caps field ranges: \"%s\" does not fit a tensor with %u " "channels",
          items[i], tensors->tensors[0].dims[0]);
    }
    g_strfreev (p);
  }
  g_strfreev (items);
  return ok;
}

static gboolean
parse_shapes (GstRcTensors * tensors, const GstStructure * s, GError ** error)
{
  const gchar *types, *dims, *format;
  gchar **t, **d;
  gint n = 0;
  gboolean ok;

  if (!get_string (s, "format", &format, error))
    return FALSE;
  if (format && !g_str_equal (format, "static"))
    return gst_rc_caps_fail (error,
        "caps field format=%s: only static is supported", format);
  if (!gst_structure_get_int (s, "num_tensors", &n))
    return gst_rc_caps_fail (error,
        "caps field num_tensors is missing or not an int");
  if (n < 1 || n > GST_RC_MAX_TENSORS)
    return gst_rc_caps_fail (error,
        "caps field num_tensors=%d is not in [1, %d]", n, GST_RC_MAX_TENSORS);
  if (!get_string (s, "types", &types, error)
      || !get_string (s, "dimensions", &dims, error))
    return FALSE;
  if (!types || !dims)
    return gst_rc_caps_fail (error, "caps field %s is missing",
        types ? "dimensions" : "types");
  t = g_strsplit_set (types, ",.", -1);
  d = g_strsplit_set (dims, ",.", -1);
  ok = g_strv_length (t) == (guint) n && g_strv_length (d) == (guint) n;
  if (!ok)
    gst_rc_caps_fail (error,
        "caps say num_tensors=%d, but types=\"%s\" has %u and "
        "dimensions=\"%s\" has %u", n, types, g_strv_length (t), dims,
        g_strv_length (d));
  for (gint i = 0; ok && i < n; i++) {
    ok = parse_shape (&tensors->tensors[i], g_strstrip (t[i]),
        g_strstrip (d[i]), error);
    tensors->n_tensors = i + 1;
  }
  g_strfreev (t);
  g_strfreev (d);
  return ok;
}

gboolean
gst_rc_tensors_parse (GstRcTensors * tensors, const GstCaps * caps,
    GError ** error)
{
  const GstStructure *s;
  const gchar *ranges, *aligned;
  gboolean ok;

  memset (tensors, 0, sizeof (*tensors));
  tensors->fps_d = 1;
  if (gst_caps_get_size (caps) != 1 || !gst_caps_is_fixed (caps))
    return gst_rc_caps_fail (error, "caps are not fixed");
  s = gst_caps_get_structure (caps, 0);
  if (!gst_structure_has_name (s, GST_RC_TENSORS_NAME))
    return gst_rc_caps_fail (error, "caps are %s, not " GST_RC_TENSORS_NAME,
        gst_structure_get_name (s));
  ok = parse_shapes (tensors, s, error);
  for (guint f = 0; ok && f < N_FIELDS; f++)
    ok = parse_field (tensors, s, f, error);
  ok = ok && get_string (s, "ranges", &ranges, error)
      && (!ranges || parse_ranges (tensors, ranges, error))
      && get_string (s, "aligned", &aligned, error)
      && get_count (s, "samples", &tensors->samples, error)
      && get_count (s, "window", &tensors->window, error)
      && gst_rc_caps_get_framerate (s, &tensors->fps_n, &tensors->fps_d, error);
  if (!ok) {
    gst_rc_tensors_clear (tensors);
    return FALSE;
  }
  if (aligned)
    tensors->aligned = g_strsplit (aligned, ",", -1);
  return TRUE;
}

static void
append_marks (GString * str, const GstRcTensor * t, RcMarkKind kind)
{
  gsize start = str->len;
  gchar period[G_ASCII_DTOSTR_BUF_SIZE], lower[G_ASCII_DTOSTR_BUF_SIZE];

  for (guint i = 0; i < t->n_marks; i++) {
    const RcMark *m = &t->marks[i];
    gboolean quat = m->kind == RC_MARK_QUATERNION_WXYZ
        || m->kind == RC_MARK_QUATERNION_XYZW;

    if (quat ? kind != RC_MARK_QUATERNION_WXYZ : kind != m->kind)
      continue;
    if (str->len > start)
      g_string_append_c (str, ',');
    g_string_append_printf (str, "%d", m->channel);
    if (quat) {
      g_string_append (str,
          m->kind == RC_MARK_QUATERNION_WXYZ ? ":wxyz" : ":xyzw");
    } else if (kind == RC_MARK_WRAP) {
      g_ascii_dtostr (period, sizeof (period), m->period);
      g_ascii_dtostr (lower, sizeof (lower), m->lower);
      g_string_append_printf (str, ":%s:%s", period, lower);
    } else if (kind == RC_MARK_VELOCITY_OF) {
      g_string_append_printf (str, ":%d", m->other);
    }
  }
}

static void
append_part (GString * str, const GstRcTensor * t, Field field)
{
  gchar *joined = NULL;

  switch (field) {
    case FIELD_STREAM:
      joined = g_strdup (t->stream);
      break;
    case FIELD_KIND:
      if (t->kind != GST_RC_KIND_VALUE)
        joined = g_strdup (kind_names[t->kind]);
      break;
    case FIELD_NAMES:
      joined = t->names ? g_strjoinv (",", t->names) : NULL;
      break;
    case FIELD_UNITS:
      joined = t->units ? g_strjoinv (",", t->units) : NULL;
      break;
    case FIELD_QUATERNIONS:
      append_marks (str, t, RC_MARK_QUATERNION_WXYZ);
      break;
    case FIELD_WRAPPING:
      append_marks (str, t, RC_MARK_WRAP);
      break;
    case FIELD_HOLD:
      append_marks (str, t, RC_MARK_HOLD);
      break;
    case FIELD_VELOCITIES:
      append_marks (str, t, RC_MARK_VELOCITY_OF);
      break;
    case FIELD_ROLE:
      joined = g_strdup (t->role);
      break;
    case FIELD_METHOD:
      joined = g_strdup (t->method);
      break;
    case FIELD_FORMAT:
      joined = g_strdup (t->format);
      break;
    case FIELD_FRAME:
      joined = g_strdup (t->frame);
      break;
    case N_FIELDS:
      break;
  }
  if (joined)
    g_string_append (str, joined);
  g_free (joined);
}

static void
set_field (GstStructure * s, const GstRcTensors * tensors, Field field)
{
  GString *str = g_string_new (NULL);
  gboolean any = FALSE;

  for (guint i = 0; i < tensors->n_tensors; i++) {
    gsize before;

    if (i)
      g_string_append_c (str, ';');
    before = str->len;
    append_part (str, &tensors->tensors[i], field);
    any |= str->len > before;
  }
  if (any)
    gst_structure_set (s, field_names[field], G_TYPE_STRING, str->str, NULL);
  g_string_free (str, TRUE);
}

GstCaps *
gst_rc_tensors_to_caps (const GstRcTensors * tensors)
{
  GString *types = g_string_new (NULL), *dims = g_string_new (NULL);
  GstStructure *s;
  GstCaps *caps;

  for (guint i = 0; i < tensors->n_tensors; i++) {
    const GstRcTensor *t = &tensors->tensors[i];

    if (i) {
      g_string_append_c (types, ',');
      g_string_append_c (dims, ',');
    }
    g_string_append (types, rc_dtype_name (t->dtype));
    for (guint j = 0; j < t->rank; j++)
      g_string_append_printf (dims, j ? ":%u" : "%u", t->dims[j]);
  }
  s = gst_structure_new (GST_RC_TENSORS_NAME, "format", G_TYPE_STRING,
      "static", "num_tensors", G_TYPE_INT, (gint) tensors->n_tensors,
      "types", G_TYPE_STRING, types->str, "dimensions", G_TYPE_STRING,
      dims->str, "framerate", GST_TYPE_FRACTION, tensors->fps_n,
      tensors->fps_d ? tensors->fps_d : 1, NULL);
  g_string_free (types, TRUE);
  g_string_free (dims, TRUE);
  for (guint f = 0; f < N_FIELDS; f++)
    set_field (s, tensors, f);
  if (tensors->n_ranges) {
    GString *str = g_string_new (NULL);

    for (guint i = 0; i < tensors->n_ranges; i++)
      g_string_append_printf (str, "%s%s:%u:%u", i ? "," : "",
          tensors->ranges[i].stream, tensors->ranges[i].offset,
          tensors->ranges[i].count);
    gst_structure_set (s, "ranges", G_TYPE_STRING, str->str, NULL);
    g_string_free (str, TRUE);
  }
  if (tensors->aligned) {
    gchar *joined = g_strjoinv (",", tensors->aligned);

    gst_structure_set (s, "aligned", G_TYPE_STRING, joined, NULL);
    g_free (joined);
  }
  if (tensors->samples > 1)
    gst_structure_set (s, "samples", G_TYPE_INT, (gint) tensors->samples, NULL);
  if (tensors->window > 1)
    gst_structure_set (s, "window", G_TYPE_INT, (gint) tensors->window, NULL);
  caps = gst_caps_new_empty ();
  gst_caps_append_structure (caps, s);
  return caps;
}

/* Whether one structure of the peer's caps asks for our shape in its own
 * spelling ("512:512:40:1"), and then our caps in that spelling. */
static GstCaps *
spell_like (const GstCaps * caps, const GstStructure * peer)
{
  const gchar *spelling = gst_structure_get_string (peer, "dimensions");
  GstRcTensors ours, theirs;
  gboolean same;
  GstCaps *other;

  if (!spelling)
    return NULL;
  other = gst_caps_copy (caps);
  gst_caps_set_simple (other, "dimensions", G_TYPE_STRING, spelling, NULL);
  same = gst_rc_tensors_parse (&theirs, other, NULL);
  if (same) {
    gst_rc_tensors_parse (&ours, caps, NULL);
    for (guint i = 0; i < ours.n_tensors; i++) {
      for (guint d = 0; d < GST_RC_MAX_RANK; d++)
        same &= ours.tensors[i].dims[d] == theirs.tensors[i].dims[d];
    }
    gst_rc_tensors_clear (&ours);
    gst_rc_tensors_clear (&theirs);
  }
  if (!same)
    gst_caps_replace (&other, NULL);
  return other;
}

gboolean
gst_rc_tensors_agree (GstCaps ** caps, const GstCaps * peer)
{
  gboolean ok = gst_caps_can_intersect (peer, *caps);

  for (guint i = 0; !ok && i < gst_caps_get_size (peer); i++) {
    GstCaps *other = spell_like (*caps, gst_caps_get_structure (peer, i));

    if (!other)
      continue;
    ok = gst_caps_can_intersect (peer, other);
    if (ok)
      gst_caps_replace (caps, other);
    gst_caps_unref (other);
  }
  return ok;
}

gboolean
gst_rc_tensors_agree_in (GstCaps ** caps, const GstCaps * peer,
    gboolean on_device)
{
  gst_rc_caps_set_on_device (*caps, on_device);
  if (gst_rc_tensors_agree (caps, peer))
    return TRUE;
  gst_rc_caps_set_on_device (*caps, !on_device);
  return gst_rc_tensors_agree (caps, peer);
}
