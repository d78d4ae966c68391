/* SPDX-License-Identifier: Apache-2.0 */
#include "h5plan.h"

#include <string.h>

void
rc_h5_column_free (gpointer data)
{
  RcH5Column *c = data;

  g_free (c->name);
  g_free (c->stream);
  g_strfreev (c->names);
  g_strfreev (c->units);
  g_free (c->method);
  g_free (c->role);
  g_free (c->format);
  g_free (c->frame);
  g_free (c);
}

RcH5Column *
rc_h5_column_copy (const RcH5Column * column)
{
  RcH5Column *c = g_new (RcH5Column, 1);

  *c = *column;
  c->name = g_strdup (column->name);
  c->stream = g_strdup (column->stream);
  c->names = g_strdupv (column->names);
  c->units = g_strdupv (column->units);
  c->method = g_strdup (column->method);
  c->role = g_strdup (column->role);
  c->format = g_strdup (column->format);
  c->frame = g_strdup (column->frame);
  return c;
}

void
rc_h5_plan_free (RcH5Plan * plan)
{
  if (!plan)
    return;
  g_ptr_array_unref (plan->observations);
  g_ptr_array_unref (plan->actions);
  g_strfreev (plan->aligned);
  g_free (plan->caps);
  g_free (plan);
}

gboolean
rc_h5_name_check (const gchar * name, GError ** error)
{
  if (*name && !strchr (name, '/') && !g_str_equal (name, ".")
      && !g_str_equal (name, "..") && g_utf8_validate (name, -1, NULL))
    return TRUE;
  return gst_rc_caps_fail (error, "\"%s\" cannot name an HDF5 dataset: set "
      "stream-name to something without '/'", name);
}

/* An image's format is a word, a cloud's a list of fields. */
static gboolean
is_image (const GstRcTensor * t)
{
  return t->format && *t->format && !strchr (t->format, ':');
}

RcH5Column *
rc_h5_column_new (const GstRcTensor * t, guint index, const gchar * name,
    guint outer)
{
  RcH5Column *c = g_new0 (RcH5Column, 1);
  guint rank = t->rank;

  /* trailing dimensions of 1 are not in the tensor's rank, unless a window
   * follows them */
  if (outer <= 1 && is_image (t))
    rank = MAX (rank, 3);
  c->name = g_strdup (name);
  c->stream = g_strdup (t->stream ? t->stream : name);
  c->tensor = index;
  c->dtype = t->dtype;
  c->block = c->stride = t->size;
  c->blocks = 1;
  c->rank = rank;
  c->image = is_image (t);
  for (guint i = 0; i < rank; i++)
    c->dims[i] = t->dims[rank - 1 - i];
  c->names = g_strdupv (t->names);
  c->units = g_strdupv (t->units);
  c->method = g_strdup (t->method);
  c->role = g_strdup (t->role);
  c->format = g_strdup (t->format);
  c->frame = g_strdup (t->frame);
  return c;
}

/* ---- output=concat ---- */

/* Part i of a comma-separated list. */
static gchar *
list_item (const gchar * list, guint i, guint n)
{
  gchar **parts, *item = NULL;

  if (!list)
    return NULL;
  parts = g_strsplit (list, ",", -1);
  if (g_strv_length (parts) == n)
    item = g_strdup (parts[i]);
  else if (g_strv_length (parts) == 1)
    item = g_strdup (parts[0]);
  g_strfreev (parts);
  return item;
}

/* Labels offset … offset + count - 1, without the stream's name in front. */
static gchar **
slice_labels (gchar ** labels, const GstRcRange * range, const gchar * prefix)
{
  gchar **slice;

  if (!labels)
    return NULL;
  slice = g_new0 (gchar *, range->count + 1);
  for (guint i = 0; i < range->count; i++) {
    const gchar *label = labels[range->offset + i];

    if (g_str_has_prefix (label, prefix))
      label += strlen (prefix);
    slice[i] = g_strdup (label);
  }
  return slice;
}

static RcH5Column *
column_of_range (const GstRcTensors * ts, guint i, guint index)
{
  const GstRcRange *range = &ts->ranges[i];
  const GstRcTensor *t = &ts->tensors[index];
  gsize element = rc_dtype_size (t->dtype);
  RcH5Column *c = g_new0 (RcH5Column, 1);
  gchar *prefix = g_strconcat (range->stream, ".", NULL);

  c->name = g_strdup (range->stream);
  c->stream = g_strdup (range->stream);
  c->tensor = index;
  c->dtype = t->dtype;
  c->offset = range->offset * element;
  c->block = range->count * element;
  c->stride = t->dims[0] * element;
  c->blocks = t->size / c->stride;
  c->rank = t->rank;
  for (guint d = 0; d < t->rank; d++)
    c->dims[d] = t->dims[t->rank - 1 - d];
  c->dims[c->rank - 1] = range->count;
  c->names = slice_labels (t->names, range, prefix);
  c->units = slice_labels (t->units, range, prefix);
  c->method = list_item (t->method, i, ts->n_ranges);
  c->role = list_item (t->role, i, ts->n_ranges);
  c->frame = g_strdup (t->frame);
  g_free (prefix);
  return c;
}

/* ---- the plan ---- */

static gboolean
add_column (RcH5Plan * plan, RcH5Column * c, gboolean action, GError ** error)
{
  if (!rc_h5_name_check (c->name, error)) {
    rc_h5_column_free (c);
    return FALSE;
  }
  if (action) {
    plan->action_width += c->block * c->blocks / rc_dtype_size (c->dtype)
        / plan->window;
    g_ptr_array_add (plan->actions, c);
    return TRUE;
  }
  for (guint i = 0; i < plan->observations->len; i++) {
    const RcH5Column *other = g_ptr_array_index (plan->observations, i);

    if (g_str_equal (other->name, c->name)) {
      gst_rc_caps_fail (error, "caps field streams: \"%s\" is there twice",
          c->name);
      rc_h5_column_free (c);
      return FALSE;
    }
  }
  g_ptr_array_add (plan->observations, c);
  return TRUE;
}

static gboolean
add_tensor (RcH5Plan * plan, const GstRcTensors * ts, guint index,
    GError ** error)
{
  const GstRcTensor *t = &ts->tensors[index];
  gboolean action = g_strcmp0 (t->role, "action") == 0;
  gchar *name;
  gboolean ok = TRUE;

  if (t->kind == GST_RC_KIND_STATE || t->kind == GST_RC_KIND_SKEW) {
    gsize rows = (gsize) plan->n_aligned * plan->window;
    gboolean state = t->kind == GST_RC_KIND_STATE;

    if (t->dtype != (state ? RC_UINT8 : RC_INT64)
        || gst_rc_tensor_elements (t) != rows)
      return gst_rc_caps_fail (error, "tensor %u of kind %s has %"
          G_GUINT64_FORMAT " elements of %s for %u aligned streams and "
          "window=%u", index, gst_rc_tensor_kind_name (t->kind),
          gst_rc_tensor_elements (t), rc_dtype_name (t->dtype),
          plan->n_aligned, plan->window);
    *(state ? &plan->state_tensor : &plan->skew_tensor) = index;
    return TRUE;
  }
  if (plan->window > 1 && t->dims[t->rank - 1] != plan->window)
    return gst_rc_caps_fail (error, "caps say window=%u, but the outermost "
        "dimension of tensor %u is %u", plan->window, index,
        t->dims[t->rank - 1]);
  if (t->kind == GST_RC_KIND_VALUE && ts->n_ranges > 0 && index == 0) {
    for (guint i = 0; ok && i < ts->n_ranges; i++) {
      RcH5Column *c = column_of_range (ts, i, index);

      ok = add_column (plan, c, g_strcmp0 (c->role, "action") == 0, error);
    }
    return ok;
  }
  if (t->stream)
    name = g_strdup (t->stream);
  else
    name = g_strdup_printf ("tensor_%u", index);
  if (t->kind != GST_RC_KIND_VALUE) {
    gchar *joined = g_strconcat (name, "_", gst_rc_tensor_kind_name (t->kind),
        NULL);

    g_free (name);
    name = joined;
    action = FALSE;
  }
  ok = add_column (plan, rc_h5_column_new (t, index, name, plan->window),
      action, error);
  g_free (name);
  return ok;
}

RcH5Plan *
rc_h5_plan_new (const GstCaps * caps, GError ** error)
{
  GstRcTensors ts;
  RcH5Plan *plan;
  gboolean ok = TRUE;

  if (!gst_rc_tensors_parse (&ts, caps, error))
    return NULL;
  plan = g_new0 (RcH5Plan, 1);
  plan->observations = g_ptr_array_new_with_free_func (rc_h5_column_free);
  plan->actions = g_ptr_array_new_with_free_func (rc_h5_column_free);
  plan->window = MAX (ts.window, 1);
  plan->state_tensor = plan->skew_tensor = -1;
  plan->n_tensors = ts.n_tensors;
  plan->caps = gst_caps_to_string (caps);
  if (ts.aligned) {
    plan->aligned = g_strdupv (ts.aligned);
    plan->n_aligned = g_strv_length (ts.aligned);
  }
  for (guint i = 0; ok && i < plan->n_aligned; i++)
    ok = rc_h5_name_check (plan->aligned[i], error);
  for (guint i = 0; ok && i < ts.n_tensors; i++) {
    plan->sizes[i] = ts.tensors[i].size;
    ok = add_tensor (plan, &ts, i, error);
  }
  if (ok && plan->observations->len + plan->actions->len == 0)
    ok = gst_rc_caps_fail (error, "caps hold no values to record");
  gst_rc_tensors_clear (&ts);
  if (!ok) {
    rc_h5_plan_free (plan);
    return NULL;
  }
  return plan;
}
