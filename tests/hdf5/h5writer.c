/* SPDX-License-Identifier: Apache-2.0 */
/* Records rows that a reader can check, until it is killed or has done N.
 *
 *   h5writer FILE [rows=N] [interval=MS] [episode=ROWS] [property=value ...]
 *
 * Prints "flushed ROWS" after each flush, and an error of the element as "error
 * DOMAIN CODE: MESSAGE" (exit status 1). */
#include <gst/app/gstappsrc.h>
#include <gst/gst.h>
#include <stdio.h>

#include "h5rows.h"
#include "rcmeta.h"

static void
append (GstBuffer * buffer, gconstpointer data, gsize size)
{
  gpointer copy = g_memdup2 (data, size);

  gst_buffer_append_memory (buffer, gst_memory_new_wrapped (0, copy, size, 0,
          size, copy, g_free));
}

static GstBuffer *
make_row (guint64 i)
{
  GstBuffer *buffer = gst_buffer_new ();
  gint64 newest[3];
  Row row;

  row_fill (&row, i);
  append (buffer, row.imu, sizeof (row.imu));
  append (buffer, row.front, sizeof (row.front));
  append (buffer, row.cmd, sizeof (row.cmd));
  GST_BUFFER_PTS (buffer) = row.time;
  for (guint s = 0; s < G_N_ELEMENTS (newest); s++)
    newest[s] = row.time + row.skew[s];
  gst_rc_provenance_add (buffer, i, G_N_ELEMENTS (newest), 1, row.state,
      row.skew, newest, 0);
  return buffer;
}

static GstBuffer *
make_sample (guint64 s)
{
  GstBuffer *buffer = gst_buffer_new ();
  gfloat force[2];

  GST_BUFFER_PTS (buffer) = force_fill (force, s);
  append (buffer, force, sizeof (force));
  return buffer;
}

static void
stop (GstElement * pipeline, gpointer user_data)
{
  gst_element_set_state (pipeline, GST_STATE_READY);
}

static GstBusSyncReply
on_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  const GstStructure *s = gst_message_get_structure (message);
  guint64 rows;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT
      && gst_structure_has_name (s, "rchdf5sink-flushed")
      && gst_structure_get_uint64 (s, "rows", &rows)) {
    printf ("flushed %" G_GUINT64_FORMAT "\n", rows);
    fflush (stdout);
  } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    /* appsrc does not wake one who pushes when its stream has ended so */
    gst_element_call_async (user_data, stop, NULL, NULL);
  }
  return GST_BUS_PASS;
}

static GstElement *
add_source (GstElement * pipeline, GstElement * sink, const gchar * pad,
    const gchar * caps_text)
{
  GstElement *src = gst_element_factory_make ("appsrc", NULL);
  GstCaps *caps = gst_caps_from_string (caps_text);

  g_object_set (src, "caps", caps, "format", GST_FORMAT_TIME, "block", TRUE,
      "max-bytes", (guint64) 100000, NULL);
  gst_caps_unref (caps);
  gst_bin_add (GST_BIN (pipeline), src);
  if (!gst_element_link_pads (src, "src", sink, pad))
    g_error ("could not link to %s", pad);
  return src;
}

static int
wait_for_end (GstElement * pipeline)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  int status = 0;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    GError *error;

    gst_message_parse_error (message, &error, NULL);
    printf ("error %s %d: %s\n", g_quark_to_string (error->domain),
        error->code, error->message);
    g_error_free (error);
    status = 1;
  }
  gst_message_unref (message);
  gst_object_unref (bus);
  return status;
}

int
main (int argc, char **argv)
{
  guint64 rows = G_MAXUINT64, episode = 0;
  GstElement *pipeline, *sink, *src, *raw;
  GstFlowReturn ret = GST_FLOW_OK;
  GstBus *bus;
  int status = 0;

  gst_init (NULL, NULL);
  gst_rc_metas_register ();
  pipeline = gst_pipeline_new (NULL);
  sink = gst_element_factory_make ("rchdf5sink", NULL);
  if (argc < 2 || !sink) {
    fprintf (stderr, "usage: h5writer FILE [name=value ...], with rchdf5sink "
        "in GST_PLUGIN_PATH\n");
    return 2;
  }
  g_object_set (sink, "location", argv[1], "overwrite", TRUE, NULL);
  for (int i = 2; i < argc; i++) {
    gchar **kv = g_strsplit (argv[i], "=", 2);

    if (g_str_equal (kv[0], "rows"))
      rows = g_ascii_strtoull (kv[1], NULL, 10);
    else if (g_str_equal (kv[0], "episode"))
      episode = g_ascii_strtoull (kv[1], NULL, 10);
    else if (g_str_equal (kv[0], "interval"))
      gst_util_set_object_arg (G_OBJECT (sink), "flush-interval", kv[1]);
    else
      gst_util_set_object_arg (G_OBJECT (sink), kv[0], kv[1]);
    g_strfreev (kv);
  }
  gst_bin_add (GST_BIN (pipeline), sink);
  src = add_source (pipeline, sink, "sink", ROWS_CAPS);
  raw = add_source (pipeline, sink, "raw_force", FORCE_CAPS);
  bus = gst_element_get_bus (pipeline);
  gst_bus_set_sync_handler (bus, on_message, pipeline, NULL);
  gst_object_unref (bus);
  if (gst_element_set_state (pipeline, GST_STATE_PLAYING)
      == GST_STATE_CHANGE_FAILURE)
    ret = GST_FLOW_ERROR;
  for (guint64 i = 0; i < rows && ret == GST_FLOW_OK; i++) {
    for (guint s = 0; s < FORCE_PER_ROW && ret == GST_FLOW_OK; s++)
      ret = gst_app_src_push_buffer (GST_APP_SRC (raw),
          make_sample (FORCE_PER_ROW * i + s));
    if (episode > 0 && i > 0 && i % episode == 0)
      gst_element_send_event (src, gst_event_new_custom
          (GST_EVENT_CUSTOM_DOWNSTREAM,
              gst_structure_new_empty ("rc-next-episode")));
    if (ret == GST_FLOW_OK)
      ret = gst_app_src_push_buffer (GST_APP_SRC (src), make_row (i));
  }
  if (ret == GST_FLOW_OK) {
    gst_app_src_end_of_stream (GST_APP_SRC (src));
    gst_app_src_end_of_stream (GST_APP_SRC (raw));
  }
  status = wait_for_end (pipeline);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  return status;
}
