/* SPDX-License-Identifier: Apache-2.0 */
#include "pcdharness.h"

#include <string.h>

GstHarness *
pcd_harness_with (const gchar * launch, GstFormat format)
{
  GstHarness *h = gst_harness_new_parse (launch);
  GstSegment segment;

  gst_segment_init (&segment, format);
  gst_harness_push_event (h, gst_event_new_stream_start ("test"));
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  return h;
}

GstHarness *
pcd_harness (const gchar * launch)
{
  return pcd_harness_with (launch, GST_FORMAT_BYTES);
}

GstFlowReturn
pcd_push (GstHarness * h, gconstpointer data, gsize size)
{
  return gst_harness_push (h, size ? gst_buffer_new_memdup (data, size)
      : gst_buffer_new ());
}

GstFlowReturn
pcd_push_text (GstHarness * h, const gchar * text)
{
  return pcd_push (h, text, strlen (text));
}

guint64
pcd_stat_of (GstHarness * h, const gchar * name)
{
  GstElement *e = gst_harness_find_element (h, "rcpcdparse");
  GstStructure *s;
  guint64 v = G_MAXUINT64;

  g_object_get (e, "stats", &s, NULL);
  fail_unless (gst_structure_get_uint64 (s, name, &v));
  gst_structure_free (s);
  gst_object_unref (e);
  return v;
}

GstBus *
pcd_watch (GstHarness * h)
{
  GstBus *bus = gst_bus_new ();
  GstElement *e = gst_harness_find_element (h, "rcpcdparse");

  gst_element_set_bus (e, bus);
  gst_object_unref (e);
  return bus;
}

void
pcd_expect_message (GstBus * bus, GstMessageType type, const gchar * text)
{
  GstMessage *m = gst_bus_pop_filtered (bus, type);
  GError *error = NULL;

  fail_unless (m != NULL, "no message with \"%s\"", text);
  if (type == GST_MESSAGE_ERROR)
    gst_message_parse_error (m, &error, NULL);
  else
    gst_message_parse_warning (m, &error, NULL);
  fail_unless (strstr (error->message, text) != NULL,
      "\"%s\" is not in \"%s\"", text, error->message);
  g_error_free (error);
  gst_message_unref (m);
}

void
pcd_release_bus (GstHarness * h, GstBus * bus)
{
  GstElement *e = gst_harness_find_element (h, "rcpcdparse");

  gst_element_set_bus (e, NULL);
  gst_object_unref (e);
  gst_object_unref (bus);
}

void
pcd_expect_bytes (GstHarness * h, gconstpointer data, gsize size)
{
  GstBuffer *b = gst_harness_try_pull (h);

  fail_unless (b != NULL);
  fail_unless_equals_uint64 (gst_buffer_get_size (b), size);
  fail_unless (size == 0 || gst_buffer_memcmp (b, 0, data, size) == 0);
  gst_buffer_unref (b);
}

void
pcd_expect_caps (GstHarness * h, const gchar * text)
{
  GstCaps *want = gst_caps_from_string (text);
  GstCaps *have = gst_pad_get_current_caps (h->sinkpad);

  fail_unless (gst_caps_is_equal (want, have), "%" GST_PTR_FORMAT, have);
  gst_caps_unref (want);
  gst_caps_unref (have);
}
