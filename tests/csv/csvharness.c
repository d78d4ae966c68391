/* SPDX-License-Identifier: Apache-2.0 */
#include "csvharness.h"

#include <string.h>

void
csv_set (GstElement * element, const gchar * property)
{
  const gchar *value = strchr (property, '=');
  gchar *name = g_strndup (property, value - property);

  fail_unless (g_object_class_find_property (G_OBJECT_GET_CLASS (element),
          name) != NULL, "no property %s", name);
  gst_util_set_object_arg (G_OBJECT (element), name, value + 1);
  g_free (name);
}

static CsvRun *
run_new (const gchar * property, va_list args)
{
  CsvRun *run = g_new0 (CsvRun, 1);
  GstElement *element = gst_element_factory_make ("rccsvparse", NULL);

  fail_unless (element != NULL, "rccsvparse is not there");
  run->bus = gst_bus_new ();
  gst_element_set_bus (element, run->bus);
  for (; property; property = va_arg (args, const gchar *))
      csv_set (element, property);
  /* this starts the element */
  run->h = gst_harness_new_with_element (element, "sink", "src");
  gst_object_unref (element);
  run->rows = g_string_new (NULL);
  run->errors = g_string_new (NULL);
  run->warnings = g_string_new (NULL);
  run->infos = g_string_new (NULL);
  return run;
}

CsvRun *
csv_run_new (const gchar * property, ...)
{
  va_list args;
  CsvRun *run;

  va_start (args, property);
  run = run_new (property, args);
  va_end (args);
  return run;
}

void
csv_run_free (CsvRun * run)
{
  gst_element_set_bus (run->h->element, NULL);
  gst_object_unref (run->bus);
  gst_harness_teardown (run->h);
  g_string_free (run->rows, TRUE);
  g_string_free (run->errors, TRUE);
  g_string_free (run->warnings, TRUE);
  g_string_free (run->infos, TRUE);
  g_clear_pointer (&run->inferred, gst_structure_free);
  g_free (run);
}

void
csv_run_open (CsvRun * run, GstFormat format)
{
  GstSegment segment;

  gst_segment_init (&segment, format);
  fail_unless (gst_harness_push_event (run->h,
          gst_event_new_stream_start ("text")));
  fail_unless (gst_harness_push_event (run->h,
          gst_event_new_segment (&segment)));
}

GstFlowReturn
csv_run_push (CsvRun * run, const gchar * text, gssize size, GstClockTime pts)
{
  GstBuffer *buffer;

  if (size < 0)
    size = strlen (text);
  buffer = size ? gst_buffer_new_memdup (text, size) : gst_buffer_new ();
  GST_BUFFER_PTS (buffer) = pts;
  return gst_harness_push (run->h, buffer);
}

static void
add_row (CsvRun * run, GstBuffer * buffer)
{
  GstMapInfo map;
  const gchar *type = csv_run_caps (run, "types");

  fail_unless (GST_BUFFER_DURATION (buffer) == GST_CLOCK_TIME_NONE);
  g_string_append_printf (run->rows, "%" G_GUINT64_FORMAT ":",
      GST_BUFFER_PTS (buffer));
  fail_unless (gst_buffer_map (buffer, &map, GST_MAP_READ));
  if (g_str_equal (type, "float32")) {
    for (gsize i = 0; i < map.size / 4; i++)
      g_string_append_printf (run->rows, " %.9g",
          ((const gfloat *) map.data)[i]);
  } else {
    for (gsize i = 0; i < map.size; i++)
      g_string_append_printf (run->rows, " %02x", map.data[i]);
  }
  g_string_append_c (run->rows, '\n');
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
}

static void
add_message (CsvRun * run, GstMessage * message)
{
  GError *error = NULL;
  GString *to = NULL;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ERROR:
      gst_message_parse_error (message, &error, NULL);
      to = run->errors;
      break;
    case GST_MESSAGE_WARNING:
      gst_message_parse_warning (message, &error, NULL);
      to = run->warnings;
      break;
    case GST_MESSAGE_INFO:
      gst_message_parse_info (message, &error, NULL);
      to = run->infos;
      break;
    case GST_MESSAGE_ELEMENT:
      if (gst_message_has_name (message, "rc-csv-inferred")) {
        g_clear_pointer (&run->inferred, gst_structure_free);
        run->inferred =
            gst_structure_copy (gst_message_get_structure (message));
      }
      break;
    default:
      break;
  }
  if (to)
    g_string_append_printf (to, "%s\n", error->message);
  g_clear_error (&error);
  gst_message_unref (message);
}

void
csv_run_collect (CsvRun * run)
{
  GstBuffer *buffer;
  GstMessage *message;

  while ((buffer = gst_harness_try_pull (run->h)))
    add_row (run, buffer);
  while ((message = gst_bus_pop (run->bus)))
    add_message (run, message);
}

void
csv_run_finish (CsvRun * run)
{
  fail_unless (gst_harness_push_event (run->h, gst_event_new_eos ()));
  csv_run_collect (run);
}

guint64
csv_run_stat (CsvRun * run, const gchar * name)
{
  GstStructure *stats;
  guint64 value;

  g_object_get (run->h->element, "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint64 (stats, name, &value), "no %s", name);
  gst_structure_free (stats);
  return value;
}

const gchar *
csv_run_caps (CsvRun * run, const gchar * field)
{
  GstCaps *caps = gst_pad_get_current_caps (run->h->sinkpad);
  const gchar *text = NULL;

  if (caps) {
    text = gst_structure_get_string (gst_caps_get_structure (caps, 0), field);
    /* the pad keeps its caps */
    gst_caps_unref (caps);
  }
  return text ? text : "";
}

const gchar *
csv_run_inferred (CsvRun * run, const gchar * field)
{
  fail_unless (run->inferred != NULL, "nothing was inferred: %s",
      run->errors->str);
  return gst_structure_get_string (run->inferred, field);
}

CsvRun *
csv_file (const gchar * text, gssize size, gsize chunk, const gchar * property,
    ...)
{
  va_list args;
  CsvRun *run;

  va_start (args, property);
  run = run_new (property, args);
  va_end (args);
  csv_run_open (run, GST_FORMAT_BYTES);
  if (size < 0)
    size = strlen (text);
  for (gsize i = 0; i < (gsize) size; i += chunk) {
    if (csv_run_push (run, text + i, MIN (chunk, size - i),
            GST_CLOCK_TIME_NONE) != GST_FLOW_OK)
      break;
  }
  csv_run_finish (run);
  return run;
}
