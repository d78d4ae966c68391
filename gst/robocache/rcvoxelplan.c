/* SPDX-License-Identifier: Apache-2.0 */
#include "rcvoxelplan.h"

#include <math.h>
#include <string.h>

/* max-points=0 in mode sparse-points */
#define DEFAULT_POINTS 32

typedef struct
{
  gdouble min[3];
  gdouble max[3];
  gdouble size[3];
  gint64 dims[3];
} Grid;

void
gst_rc_voxel_settings_copy (GstRcVoxelSettings * dest,
    const GstRcVoxelSettings * src)
{
  *dest = *src;
  dest->voxel_size = g_strdup (src->voxel_size);
  dest->min = g_strdup (src->min);
  dest->max = g_strdup (src->max);
  dest->fields = g_strdup (src->fields);
}

void
gst_rc_voxel_settings_clear (GstRcVoxelSettings * settings)
{
  g_free (settings->voxel_size);
  g_free (settings->min);
  g_free (settings->max);
  g_free (settings->fields);
  memset (settings, 0, sizeof (*settings));
}

static gboolean
G_GNUC_PRINTF (2, 3)
settings_fail (GError ** error, const gchar * format, ...)
{
  va_list args;

  if (error) {
    va_start (args, format);
    g_propagate_error (error, g_error_new_valist (GST_RESOURCE_ERROR,
            GST_RESOURCE_ERROR_SETTINGS, format, args));
    va_end (args);
  }
  return FALSE;
}

/* "x,y,z", or with `single` also one number for all three. */
static gboolean
parse_triple (const gchar * property, const gchar * text, gboolean single,
    gdouble values[3], GError ** error)
{
  gchar **parts = g_strsplit (text ? text : "", ",", -1);
  guint n = g_strv_length (parts);
  gboolean ok = n == 3 || (single && n == 1);

  for (guint i = 0; ok && i < n; i++) {
    gchar *end, *number = g_strstrip (parts[i]);

    values[i] = g_ascii_strtod (number, &end);
    ok = *number && !*end && isfinite (values[i]);
  }
  g_strfreev (parts);
  if (!ok)
    return settings_fail (error, "%s=\"%s\" is not %s", property,
        text ? text : "", single ? "one positive number or \"x,y,z\"" :
        "\"x,y,z\" with three finite numbers");
  if (n == 1)
    values[1] = values[2] = values[0];
  return TRUE;
}

static gboolean
parse_grid (const GstRcVoxelSettings * s, Grid * grid, GError ** error)
{
  RcError e = { 0 };

  if (!parse_triple ("voxel-size", s->voxel_size, TRUE, grid->size, error)
      || !parse_triple ("min", s->min, FALSE, grid->min, error)
      || !parse_triple ("max", s->max, FALSE, grid->max, error))
    return FALSE;
  if (rc_voxel_dims (grid->min, grid->max, grid->size, grid->dims, &e) != RC_OK)
    return settings_fail (error,
        "voxel-size=\"%s\" min=\"%s\" max=\"%s\" give no grid: %s",
        s->voxel_size, s->min, s->max, e.message);
  return TRUE;
}

gboolean
gst_rc_voxel_settings_check (const GstRcVoxelSettings * settings,
    GError ** error)
{
  Grid grid;

  return parse_grid (settings, &grid, error);
}

/* Indices of the cloud's fields that are features, in order. */
static gboolean
choose_fields (const GstRcVoxelSettings * s, const GstRcCloud * cloud,
    guint * chosen, guint * n_chosen, GError ** error)
{
  const gchar *text = s->fields && *s->fields ? s->fields : "all";
  gchar **names;
  gboolean ok = TRUE;

  *n_chosen = 0;
  if (g_str_equal (text, "all")) {
    while (*n_chosen < cloud->n_fields) {
      chosen[*n_chosen] = *n_chosen;
      (*n_chosen)++;
    }
    return TRUE;
  }
  names = g_strsplit (text, ",", -1);
  for (guint i = 0; ok && names[i]; i++) {
    const GstRcField *field = gst_rc_cloud_find (cloud, g_strstrip (names[i]));

    if (!field)
      ok = settings_fail (error,
          "fields=\"%s\": the cloud has no field \"%s\"", text, names[i]);
    else if (*n_chosen == GST_RC_MAX_FIELDS)
      ok = settings_fail (error, "fields=\"%s\" lists more than %d fields",
          text, GST_RC_MAX_FIELDS);
    else
      chosen[(*n_chosen)++] = field - cloud->fields;
  }
  g_strfreev (names);
  return ok;
}

static RcPointField
point_field (const GstRcField * f)
{
  return (RcPointField) {
  gst_rc_field_type_to_dtype (f->type), f->offset, f->count};
}

/* "x,y,rgb_0,rgb_1": one name per channel. */
static gchar *
channel_names (const GstRcCloud * cloud, const guint * chosen, guint n)
{
  GString *str = g_string_new (NULL);

  for (guint i = 0; i < n; i++) {
    const GstRcField *f = &cloud->fields[chosen[i]];

    for (guint32 c = 0; c < f->count; c++) {
      g_string_append_printf (str, "%s%s", str->len ? "," : "", f->name);
      if (f->count > 1)
        g_string_append_printf (str, "_%u", c);
    }
  }
  return g_string_free (str, FALSE);
}

/* The shortest text that reads back as the same numbers. */
static gchar *
triple_to_string (const gdouble values[3])
{
  GString *str = g_string_new (NULL);
  gchar text[G_ASCII_DTOSTR_BUF_SIZE];

  for (guint i = 0; i < 3; i++) {
    gint digits = 15;

    do {
      gchar format[8];

      g_snprintf (format, sizeof (format), "%%.%dg", digits);
      g_ascii_formatd (text, sizeof (text), format, values[i]);
    } while (g_ascii_strtod (text, NULL) != values[i] && ++digits <= 17);
    g_string_append_printf (str, i ? ",%s" : "%s", text);
  }
  return g_string_free (str, FALSE);
}

static gboolean
add_tensor (GstRcTensors * tensors, RcDType dtype, guint rank,
    const gint64 * dims, const gchar * stream, const gchar * format,
    const gchar * frame, GError ** error)
{
  GstRcTensor *t = &tensors->tensors[tensors->n_tensors];
  guint32 shape[4];

  for (guint i = 0; i < rank; i++) {
    if (dims[i] > G_MAXUINT32)
      return settings_fail (error, "a tensor dimension of %" G_GINT64_FORMAT
          " does not fit the caps", dims[i]);
    shape[i] = dims[i];
  }
  if (!gst_rc_tensor_set_shape (t, dtype, shape, rank))
    return settings_fail (error, "a tensor of the output is too large");
  tensors->n_tensors++;
  t->stream = g_strdup (stream);
  t->format = g_strdup (format);
  t->frame = frame && *frame ? g_strdup (frame) : NULL;
  return TRUE;
}

static gboolean
dense_tensors (GstRcTensors * tensors, const RcVoxelizerConfig * c,
    gint64 channels, const gchar * frame, GError ** error)
{
  static const RcDType types[] = {
    [RC_VOXEL_U8] = RC_UINT8,[RC_VOXEL_U32] = RC_UINT32,
    [RC_VOXEL_F32] = RC_FLOAT32,[RC_VOXEL_BITS] = RC_UINT8
  };
  gboolean zyx = c->axis_order == RC_AXES_ZYX;
  gint64 dims[4] = { c->dims[zyx ? 0 : 2], c->dims[1], c->dims[zyx ? 2 : 0],
    channels
  };
  gboolean bits = c->mode == RC_VOXEL_OCCUPANCY && c->type == RC_VOXEL_BITS;
  guint rank = channels > 0 ? 4 : 3;
  gchar *format = g_strdup_printf ("voxel-%s",
      bits ? "bits" : rc_voxel_mode_name (c->mode));
  gboolean ok;

  if (bits && dims[0] % 8 == 0) {
    dims[0] /= 8;
  } else if (bits) {
    /* rows do not end at bytes: one vector of all cells */
    gint64 cells = dims[0] * dims[1] * dims[2];

    dims[0] = cells / 8 + (cells % 8 != 0);
    rank = 1;
  }
  ok = add_tensor (tensors, channels > 0 ? RC_FLOAT32 : types[c->type], rank,
      dims, NULL, format, frame, error);
  g_free (format);
  return ok;
}

static gboolean
sparse_tensors (GstRcTensors * tensors, const RcVoxelizerConfig * c,
    gint64 channels, const gchar * names, const gchar * frame, GError ** error)
{
  gboolean points = c->mode == RC_VOXEL_SPARSE_POINTS;
  gint64 coords[] = { 3, c->max_voxels }, one = 1;
  gint64 features[3] = { channels, points ? c->max_points : c->max_voxels,
    c->max_voxels
  };

  if (!add_tensor (tensors, RC_INT32, 2, coords, "coords", "voxel-coords",
          frame, error)
      || !add_tensor (tensors, RC_FLOAT32, points ? 3 : 2, features,
          "features", points ? "voxel-points" : "voxel-mean", frame, error)
      || !add_tensor (tensors, RC_INT32, 1, &c->max_voxels, "counts",
          "voxel-counts", frame, error)
      || !add_tensor (tensors, RC_INT32, 1, &one, "counts", NULL, NULL, error))
    return FALSE;
  tensors->tensors[0].names =
      g_strsplit (c->axis_order == RC_AXES_ZYX ? "z,y,x" : "x,y,z", ",", -1);
  tensors->tensors[1].names = g_strsplit (names, ",", -1);
  tensors->tensors[3].kind = GST_RC_KIND_COUNT;
  return TRUE;
}

static GstCaps *
make_caps (const GstRcTensors * tensors, const RcVoxelizerConfig * c,
    const gchar * names)
{
  GstCaps *caps = gst_rc_tensors_to_caps (tensors);
  gchar *size = triple_to_string (c->size), *min = triple_to_string (c->min);
  gchar *grid = g_strdup_printf ("%d,%d,%d", (gint) c->dims[0],
      (gint) c->dims[1], (gint) c->dims[2]);

  gst_caps_set_simple (caps, "axis-order", G_TYPE_STRING,
      c->axis_order == RC_AXES_ZYX ? "zyx" : "xyz", "grid-size", G_TYPE_STRING,
      grid, "voxel-size", G_TYPE_STRING, size, "origin", G_TYPE_STRING, min,
      NULL);
  if (names)
    gst_caps_set_simple (caps, "features", G_TYPE_STRING, names, NULL);
  g_free (grid);
  g_free (size);
  g_free (min);
  return caps;
}

/* Everything of the configuration but the feature fields. */
static gboolean
make_config (RcVoxelizerConfig * c, const GstRcVoxelSettings * s,
    const GstRcCloud * cloud, GError ** error)
{
  static const gchar *const axes[] = { "x", "y", "z" };
  Grid grid;

  if (!parse_grid (s, &grid, error))
    return FALSE;
  rc_voxelizer_config_init (c, s->mode);
  c->type = s->mode == RC_VOXEL_COUNT ? s->count_type : s->occupancy_type;
  c->axis_order = s->axis_order;
  c->point_step = cloud->point_step;
  for (guint a = 0; a < 3; a++) {
    const GstRcField *field = gst_rc_cloud_find (cloud, axes[a]);

    if (!field || field->count != 1)
      return gst_rc_caps_fail (error, field ?
          "the cloud's field \"%s\" has %u values per point, not 1" :
          "the cloud has no field \"%s\"", axes[a], field ? field->count : 0);
    c->xyz[a] = point_field (field);
    c->min[a] = grid.min[a];
    c->max[a] = grid.max[a];
    c->size[a] = grid.size[a];
    c->dims[a] = grid.dims[a];
  }
  c->fill = s->fill;
  c->max_points = s->max_points;
  if (s->max_points == 0 && s->mode == RC_VOXEL_SPARSE_POINTS)
    c->max_points = DEFAULT_POINTS;
  c->max_voxels = s->max_voxels;
  return TRUE;
}

gboolean
gst_rc_voxel_plan_make (GstRcVoxelPlan * plan,
    const GstRcVoxelSettings * settings, const GstRcCloud * cloud,
    GError ** error)
{
  guint chosen[GST_RC_MAX_FIELDS], n_chosen = 0;
  RcPointField fields[GST_RC_MAX_FIELDS];
  GstRcTensors tensors = { 0 };
  RcVoxelizerConfig c;
  RcError e = { 0 };
  RcVoxelizer *voxelizer;
  gint64 channels;
  gchar *names = NULL;
  gboolean ok;

  if (!make_config (&c, settings, cloud, error))
    return FALSE;
  if (c.mode != RC_VOXEL_OCCUPANCY && c.mode != RC_VOXEL_COUNT
      && !choose_fields (settings, cloud, chosen, &n_chosen, error))
    return FALSE;
  for (guint i = 0; i < n_chosen; i++)
    fields[i] = point_field (&cloud->fields[chosen[i]]);
  c.fields = fields;
  c.n_fields = n_chosen;
  voxelizer = rc_voxelizer_new (&c, &e);
  if (!voxelizer)
    return settings_fail (error, "mode=%s with voxel-size=\"%s\" min=\"%s\" "
        "max=\"%s\" cannot be made: %s", rc_voxel_mode_name (c.mode),
        settings->voxel_size, settings->min, settings->max, e.message);
  channels = rc_voxelizer_channels (voxelizer);
  if (channels > 0)
    names = channel_names (cloud, chosen, n_chosen);
  tensors.fps_n = cloud->fps_n;
  tensors.fps_d = cloud->fps_d;
  ok = rc_voxel_mode_is_sparse (c.mode) ? sparse_tensors (&tensors, &c,
      channels, names, cloud->frame_id, error) : dense_tensors (&tensors, &c,
      channels, cloud->frame_id, error);
  if (ok) {
    plan->voxelizer = voxelizer;
    plan->caps = make_caps (&tensors, &c, names);
    plan->sparse = rc_voxel_mode_is_sparse (c.mode);
    plan->n_tensors = tensors.n_tensors;
    for (guint i = 0; i < tensors.n_tensors; i++)
      plan->sizes[i] = tensors.tensors[i].size;
  } else {
    rc_voxelizer_free (voxelizer);
  }
  gst_rc_tensors_clear (&tensors);
  g_free (names);
  return ok;
}

void
gst_rc_voxel_plan_clear (GstRcVoxelPlan * plan)
{
  rc_voxelizer_free (plan->voxelizer);
  gst_caps_replace (&plan->caps, NULL);
  memset (plan, 0, sizeof (*plan));
}

void
gst_rc_voxel_stats_add (RcVoxelStats * sum, const RcVoxelStats * more)
{
  sum->points += more->points;
  sum->inside += more->inside;
  sum->outside += more->outside;
  sum->non_finite += more->non_finite;
  sum->voxels += more->voxels;
  sum->dropped_voxels += more->dropped_voxels;
  sum->dropped_voxel_points += more->dropped_voxel_points;
  sum->dropped_points += more->dropped_points;
}
