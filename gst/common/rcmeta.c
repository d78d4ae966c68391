/* SPDX-License-Identifier: Apache-2.0 */
#include "rcmeta.h"

/* No tags: the metas describe the buffer as a whole and survive any copy. */
static void
register_one (const gchar * name)
{
  static const gchar *tags[] = { NULL };

  if (!gst_meta_get_info (name))
    gst_meta_register_custom (name, tags, NULL, NULL, NULL);
}

void
gst_rc_metas_register (void)
{
  register_one (GST_RC_META_PROVENANCE);
  register_one (GST_RC_META_SAMPLE_TIMES);
}

/* Sets a field to a copy of an array, as GBytes. */
static void
set_bytes (GstStructure * s, const gchar * field, gconstpointer data,
    gsize size)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_BYTES);
  g_value_take_boxed (&value, g_bytes_new (data, size));
  gst_structure_take_value (s, field, &value);
}

/* The array of a field, or NULL unless it has exactly `size` bytes (any whole
 * number of int64 when size is 0, which then receives the length) and can be
 * read as what it is: GBytes that are a slice of others may lie anywhere. */
static gconstpointer
get_bytes (const GstStructure * s, const gchar * field, gsize * size,
    gsize alignment)
{
  const GValue *value = gst_structure_get_value (s, field);
  gconstpointer data;
  gsize n;

  if (!value || !G_VALUE_HOLDS (value, G_TYPE_BYTES)
      || !g_value_get_boxed (value))
    return NULL;
  data = g_bytes_get_data (g_value_get_boxed (value), &n);
  if ((*size ? n != *size : n % sizeof (gint64) != 0)
      || (gsize) data % alignment != 0)
    return NULL;
  *size = n;
  return data;
}

static GstStructure *
get_structure (GstBuffer * buffer, const gchar * name)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, name);

  return meta ? gst_custom_meta_get_structure (meta) : NULL;
}

const gint64 *
gst_rc_sample_times_get (GstBuffer * buffer, gsize * n_samples)
{
  GstStructure *s = get_structure (buffer, GST_RC_META_SAMPLE_TIMES);
  gsize size = 0;
  const gint64 *times = s ? get_bytes (s, "times", &size,
      sizeof (gint64)) : NULL;

  *n_samples = times ? size / sizeof (gint64) : 0;
  return times;
}

void
gst_rc_sample_times_add (GstBuffer * buffer, const gint64 * times,
    gsize n_samples)
{
  GstCustomMeta *meta =
      gst_buffer_add_custom_meta (buffer, GST_RC_META_SAMPLE_TIMES);

  g_return_if_fail (meta != NULL);
  set_bytes (gst_custom_meta_get_structure (meta), "times", times,
      n_samples * sizeof (gint64));
}

void
gst_rc_provenance_add (GstBuffer * buffer, gint64 tick, guint n_streams,
    guint n_rows, const guint8 * state, const gint64 * skew,
    const gint64 * newest, guint32 deadline)
{
  GstCustomMeta *meta =
      gst_buffer_add_custom_meta (buffer, GST_RC_META_PROVENANCE);
  gsize n = (gsize) n_streams * n_rows;
  GstStructure *s;

  g_return_if_fail (meta != NULL);
  s = gst_custom_meta_get_structure (meta);
  gst_structure_set (s, "tick", G_TYPE_INT64, tick, "streams", G_TYPE_INT,
      (gint) n_streams, "rows", G_TYPE_INT, (gint) n_rows, "deadline",
      G_TYPE_INT, (gint) deadline, NULL);
  set_bytes (s, "state", state, n);
  set_bytes (s, "skew", skew, n * sizeof (gint64));
  set_bytes (s, "newest", newest, n * sizeof (gint64));
}

void
gst_rc_provenance_add_read (GstBuffer * buffer, const guint64 * read,
    guint n_streams)
{
  GstStructure *s = get_structure (buffer, GST_RC_META_PROVENANCE);

  g_return_if_fail (s != NULL);
  set_bytes (s, "read", read, n_streams * sizeof (guint64));
}

gboolean
gst_rc_provenance_get (GstBuffer * buffer, GstRcProvenance * view)
{
  GstStructure *s = get_structure (buffer, GST_RC_META_PROVENANCE);
  gint streams, rows, deadline;
  gsize n, n64, n_read;

  if (!s || !gst_structure_get_int64 (s, "tick", &view->tick)
      || !gst_structure_get_int (s, "streams", &streams)
      || !gst_structure_get_int (s, "rows", &rows)
      || !gst_structure_get_int (s, "deadline", &deadline)
      || streams < 1 || rows < 1)
    return FALSE;
  n = (gsize) streams *rows;
  n64 = n * sizeof (gint64);
  n_read = streams * sizeof (guint64);
  view->read = get_bytes (s, "read", &n_read, sizeof (guint64));
  view->n_streams = streams;
  view->n_rows = rows;
  view->deadline = deadline;
  view->state = get_bytes (s, "state", &n, 1);
  view->skew = get_bytes (s, "skew", &n64, sizeof (gint64));
  view->newest = get_bytes (s, "newest", &n64, sizeof (gint64));
  return view->state && view->skew && view->newest
      && (view->read || !gst_structure_has_field (s, "read"));
}
