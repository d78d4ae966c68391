/* SPDX-License-Identifier: Apache-2.0 */
#include "aligntest.h"

#include <string.h>

AlignTest *
align_test_new (const gchar * line)
{
  AlignTest *t = g_new0 (AlignTest, 1);
  GError *error = NULL;
  GstIterator *it;
  GValue item = G_VALUE_INIT;

  t->pipeline = gst_parse_launch (line, &error);
  fail_unless (t->pipeline != NULL && error == NULL, "%s: %s", line,
      error ? error->message : "?");
  t->aligner = gst_bin_get_by_name (GST_BIN (t->pipeline), "m");
  t->sink = gst_bin_get_by_name (GST_BIN (t->pipeline), "out");
  fail_unless (t->aligner && t->sink);
  g_object_set (t->sink, "sync", FALSE, "wait-on-eos", FALSE, NULL);
  it = gst_bin_iterate_all_by_element_factory_name (GST_BIN (t->pipeline),
      "appsrc");
  while (gst_iterator_next (it, &item) == GST_ITERATOR_OK) {
    g_object_set (g_value_get_object (&item), "format", GST_FORMAT_TIME,
        "max-bytes", (guint64) 0, NULL);
    g_value_reset (&item);
  }
  g_value_unset (&item);
  gst_iterator_free (it);
  t->samples =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_sample_unref);
  t->warnings = g_strdup ("");
  return t;
}

void
align_test_free (AlignTest * t)
{
  gst_element_set_state (t->pipeline, GST_STATE_NULL);
  g_ptr_array_unref (t->samples);
  gst_object_unref (t->aligner);
  gst_object_unref (t->sink);
  gst_object_unref (t->pipeline);
  g_free (t->error);
  g_free (t->warnings);
  g_free (t);
}

static GstElement *
get_src (AlignTest * t, const gchar * name)
{
  GstElement *src = gst_bin_get_by_name (GST_BIN (t->pipeline), name);

  fail_unless (src != NULL, "no appsrc %s", name);
  gst_object_unref (src);       /* the bin holds it */
  return src;
}

void
align_test_caps (AlignTest * t, const gchar * src, const gchar * text)
{
  GstCaps *caps = gst_caps_from_string (text);

  fail_unless (caps != NULL, "%s", text);
  g_object_set (get_src (t, src), "caps", caps, NULL);
  gst_caps_unref (caps);
}

void
align_test_push (AlignTest * t, const gchar * src, GstBuffer * buffer)
{
  GstFlowReturn ret;

  g_signal_emit_by_name (get_src (t, src), "push-buffer", buffer, &ret);
  gst_buffer_unref (buffer);
}

void
align_test_data (AlignTest * t, const gchar * src, GstClockTime pts,
    gconstpointer data, gsize size)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);

  gst_buffer_fill (buffer, 0, data, size);
  GST_BUFFER_PTS (buffer) = pts;
  align_test_push (t, src, buffer);
}

void
align_test_float (AlignTest * t, const gchar * src, GstClockTime pts,
    gfloat value)
{
  align_test_data (t, src, pts, &value, sizeof (value));
}

void
align_test_eos (AlignTest * t, const gchar * src)
{
  GstFlowReturn ret;

  g_signal_emit_by_name (get_src (t, src), "end-of-stream", &ret);
}

static void
add_warning (AlignTest * t, const gchar * text)
{
  gchar *joined = g_strconcat (t->warnings, text, "\n", NULL);

  g_free (t->warnings);
  t->warnings = joined;
}

void
align_test_run (AlignTest * t)
{
  GstBus *bus = gst_element_get_bus (t->pipeline);
  gboolean done = FALSE;
  GstSample *sample;

  gst_element_set_state (t->pipeline, GST_STATE_PLAYING);
  while (!done) {
    GstMessage *msg = gst_bus_timed_pop_filtered (bus, 10 * GST_SECOND,
        GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
    GError *error = NULL;
    gchar *debug = NULL;

    fail_unless (msg != NULL, "the pipeline stalled");
    if (GST_MESSAGE_TYPE (msg) == GST_MESSAGE_WARNING) {
      gst_message_parse_warning (msg, &error, &debug);
      add_warning (t, debug);
    } else if (GST_MESSAGE_TYPE (msg) == GST_MESSAGE_ERROR) {
      gst_message_parse_error (msg, &error, &debug);
      t->error = g_strdup_printf ("%s %s", error->message, debug);
      done = TRUE;
    } else {
      done = TRUE;
    }
    g_clear_error (&error);
    g_free (debug);
    gst_message_unref (msg);
  }
  gst_object_unref (bus);
  for (;;) {
    g_signal_emit_by_name (t->sink, "try-pull-sample", (guint64) 0, &sample);
    if (!sample)
      break;
    g_ptr_array_add (t->samples, sample);
  }
}

GstBuffer *
align_test_buffer (AlignTest * t, guint index)
{
  fail_unless (index < t->samples->len, "only %u buffers came out",
      t->samples->len);
  return gst_sample_get_buffer (g_ptr_array_index (t->samples, index));
}

GstCaps *
align_test_out_caps (AlignTest * t)
{
  fail_unless (t->samples->len > 0);
  return gst_sample_get_caps (g_ptr_array_index (t->samples, 0));
}

gfloat
align_test_value (AlignTest * t, guint index, guint memory, guint element)
{
  GstMemory *mem = gst_buffer_peek_memory (align_test_buffer (t, index),
      memory);
  GstMapInfo map;
  gfloat value;

  fail_unless (gst_memory_map (mem, &map, GST_MAP_READ));
  fail_unless ((element + 1) * sizeof (value) <= map.size);
  memcpy (&value, map.data + element * sizeof (value), sizeof (value));
  gst_memory_unmap (mem, &map);
  return value;
}

GstRcProvenance
align_test_provenance (AlignTest * t, guint index)
{
  GstRcProvenance p;

  fail_unless (gst_rc_provenance_get (align_test_buffer (t, index), &p));
  return p;
}

guint8
align_test_state (AlignTest * t, guint index, guint stream)
{
  GstRcProvenance p = align_test_provenance (t, index);

  fail_unless (stream < p.n_streams);
  return p.state[(p.n_rows - 1) * p.n_streams + stream];
}

guint64
align_test_stat (AlignTest * t, const gchar * pad_name, const gchar * field)
{
  GstPad *pad = gst_element_get_static_pad (t->aligner, pad_name);
  GstStructure *stats;
  guint64 value = G_MAXUINT64;

  fail_unless (pad != NULL);
  g_object_get (pad, "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint64 (stats, field, &value), "%s", field);
  gst_structure_free (stats);
  gst_object_unref (pad);
  return value;
}

AlignTest *
align_test_with (const gchar * format, const gchar * properties)
{
  gchar **parts = g_strsplit (format, "%s", 2);
  gchar *line = g_strconcat (parts[0], properties, parts[1], NULL);
  AlignTest *t = align_test_new (line);

  g_strfreev (parts);
  g_free (line);
  return t;
}

void
align_test_ramp (AlignTest * t, const gchar * src, GstClockTime from,
    GstClockTime step, guint n)
{
  align_test_caps (t, src, FLOATS (1));
  for (guint i = 0; i < n; i++) {
    GstClockTime pts = from + i * step;

    align_test_float (t, src, pts, (gfloat) (pts / 1e6));
  }
  align_test_eos (t, src);
}

void
align_test_fail_unless_error (AlignTest * t, const gchar * part)
{
  fail_unless (t->error != NULL, "no error; one with \"%s\" was due", part);
  fail_unless (strstr (t->error, part) != NULL, "error \"%s\" lacks \"%s\"",
      t->error, part);
}
