/* SPDX-License-Identifier: Apache-2.0 */
/* rcpcdparse in a harness: formats, framing, times, bad input. */
#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "pcdgen.h"

#define XYZ "FIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\n"
#define SIZES(n) "WIDTH " #n "\nHEIGHT 1\nPOINTS " #n "\n"

static GstHarness *
harness_with (const gchar * launch, GstFormat format)
{
  GstHarness *h = gst_harness_new_parse (launch);
  GstSegment segment;

  gst_segment_init (&segment, format);
  gst_harness_push_event (h, gst_event_new_stream_start ("test"));
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  return h;
}

static GstHarness *
harness (const gchar * launch)
{
  return harness_with (launch, GST_FORMAT_BYTES);
}

static GstFlowReturn
push (GstHarness * h, gconstpointer data, gsize size)
{
  return gst_harness_push (h, size ? gst_buffer_new_memdup (data, size)
      : gst_buffer_new ());
}

static GstFlowReturn
push_text (GstHarness * h, const gchar * text)
{
  return push (h, text, strlen (text));
}

static guint64
stat_of (GstHarness * h, const gchar * name)
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

static GstBus *
watch (GstHarness * h)
{
  GstBus *bus = gst_bus_new ();
  GstElement *e = gst_harness_find_element (h, "rcpcdparse");

  gst_element_set_bus (e, bus);
  gst_object_unref (e);
  return bus;
}

/* The next message must be of this type and say this. */
static void
expect_message (GstBus * bus, GstMessageType type, const gchar * text)
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

static void
release_bus (GstHarness * h, GstBus * bus)
{
  GstElement *e = gst_harness_find_element (h, "rcpcdparse");

  gst_element_set_bus (e, NULL);
  gst_object_unref (e);
  gst_object_unref (bus);
}

/* Compares the next buffer; frees it. */
static void
expect_bytes (GstHarness * h, gconstpointer data, gsize size)
{
  GstBuffer *b = gst_harness_try_pull (h);

  fail_unless (b != NULL);
  fail_unless_equals_uint64 (gst_buffer_get_size (b), size);
  fail_unless (size == 0 || gst_buffer_memcmp (b, 0, data, size) == 0);
  gst_buffer_unref (b);
}

static void
expect_caps (GstHarness * h, const gchar * text)
{
  GstCaps *want = gst_caps_from_string (text);
  GstCaps *have = gst_pad_get_current_caps (h->sinkpad);

  fail_unless (gst_caps_is_equal (want, have), "%" GST_PTR_FORMAT, have);
  gst_caps_unref (want);
  gst_caps_unref (have);
}

static const gchar all_caps[] = "application/x-pointcloud, point-step=(int)80, "
    "fields=(string)\"x:f32:0:1,y:f32:4:1,z:f32:8:1,i1:i8:16:1,u1:u8:17:1,"
    "i2:i16:18:1,u2:u16:20:1,i4:i32:22:1,u4:u32:26:1,i8:i64:30:1,u8:u64:38:1,"
    "f8:f64:46:1,histogram:f32:54:5\", framerate=(fraction)10/1";

#define XYZ_CAPS "application/x-pointcloud, point-step=(int)12, " \
    "fields=(string)\"x:f32:0:1,y:f32:4:1,z:f32:8:1\", framerate=(fraction)10/1"

GST_START_TEST (test_same_cloud)
{
  GRand *rand = g_rand_new_with_seed (__i__ + 1);
  GByteArray *points = pcd_gen_points (rand, pcd_gen_all, pcd_gen_n_all,
      g_rand_int_range (rand, 0, 500));

  for (gint data = PCD_ASCII; data <= PCD_COMPRESSED; data++) {
    GByteArray *file = pcd_gen_file (pcd_gen_all, pcd_gen_n_all, points, data,
        NULL);
    GstHarness *h = harness ("rcpcdparse");
    gsize largest = __i__ == 0 ? 1 : __i__ == 1 ? file->len : 4096;

    /* two files behind each other, in pieces of any size */
    for (gint copy = 0; copy < 2; copy++) {
      for (gsize at = 0; at < file->len;) {
        gsize n = MIN (file->len - at,
            largest == 1 ? 1 : (gsize) g_rand_int_range (rand, 0,
                largest + 1));

        fail_unless_equals_int (push (h, file->data + at, n), GST_FLOW_OK);
        at += n;
      }
    }
    gst_harness_push_event (h, gst_event_new_eos ());
    expect_bytes (h, points->data, points->len);
    expect_bytes (h, points->data, points->len);
    fail_unless (gst_harness_try_pull (h) == NULL);
    expect_caps (h, all_caps);
    fail_unless_equals_uint64 (stat_of (h, "frames"), 2);
    fail_unless_equals_uint64 (stat_of (h, "points"), points->len / 80 * 2);
    fail_unless_equals_uint64 (stat_of (h, "bad-frames"), 0);
    fail_unless_equals_uint64 (stat_of (h, "bad-rows"), 0);
    fail_unless_equals_uint64 (stat_of (h, "skipped-bytes"), 0);
    gst_harness_teardown (h);
    g_byte_array_unref (file);
  }
  g_byte_array_unref (points);
  g_rand_free (rand);
}

GST_END_TEST;

/* multifilesrc: a BYTES segment, no PTS, a file per buffer; the bad one in the
 * middle is dropped and takes its time with it. */
GST_START_TEST (test_series)
{
  GRand *rand = g_rand_new_with_seed (7);
  GstHarness *h = harness ("rcpcdparse framing=buffer rate=30000/1001");
  GstBus *bus = watch (h);
  GByteArray *points[4];
  const GstSegment *segment;
  GstEvent *event;
  GstBuffer *b;

  for (guint i = 0; i < 4; i++) {
    GByteArray *file;

    points[i] = pcd_gen_points (rand, pcd_gen_xyz, 3, 10 * i);
    file = pcd_gen_file (pcd_gen_xyz, 3, points[i], i % 3, NULL);
    if (i == 2)
      file->len -= 5;
    fail_unless_equals_int (push (h, file->data, file->len), GST_FLOW_OK);
    g_byte_array_unref (file);
  }
  expect_message (bus, GST_MESSAGE_WARNING, "Dropped scan 2, at byte");
  for (guint i = 0; i < 4; i++) {
    GstClockTime start = gst_util_uint64_scale (i, 1001 * GST_SECOND, 30000);

    if (i == 2)
      continue;
    b = gst_harness_try_pull (h);
    fail_unless (b != NULL);
    fail_unless_equals_uint64 (gst_buffer_get_size (b), points[i]->len);
    fail_unless (i == 0 || gst_buffer_memcmp (b, 0, points[i]->data,
            points[i]->len) == 0);
    fail_unless_equals_uint64 (GST_BUFFER_PTS (b), start);
    fail_unless_equals_uint64 (GST_BUFFER_PTS (b) + GST_BUFFER_DURATION (b),
        gst_util_uint64_scale (i + 1, 1001 * GST_SECOND, 30000));
    fail_unless_equals_uint64 (GST_BUFFER_OFFSET (b), i);
    fail_unless_equals_int (GST_BUFFER_FLAG_IS_SET (b,
            GST_BUFFER_FLAG_DISCONT), i == 0 || i == 3);
    gst_buffer_unref (b);
  }
  event = gst_pad_get_sticky_event (h->sinkpad, GST_EVENT_SEGMENT, 0);
  gst_event_parse_segment (event, &segment);
  fail_unless_equals_int (segment->format, GST_FORMAT_TIME);
  fail_unless_equals_uint64 (segment->start, 0);
  gst_event_unref (event);
  fail_unless_equals_uint64 (stat_of (h, "frames"), 3);
  fail_unless_equals_uint64 (stat_of (h, "bad-frames"), 1);
  for (guint i = 0; i < 4; i++)
    g_byte_array_unref (points[i]);
  release_bus (h, bus);
  gst_harness_teardown (h);
  g_rand_free (rand);
}

GST_END_TEST;

/* One time per scan, from k alone: no error adds up over a million scans. */
GST_START_TEST (test_rate_is_exact)
{
  GstHarness *h = harness ("rcpcdparse format=raw rate=30000/1001");
  guint64 k = 0;

  for (; k <= 1000000; k++) {
    GstBuffer *b;

    fail_unless_equals_int (gst_harness_push (h, gst_buffer_new ()),
        GST_FLOW_OK);
    b = gst_harness_try_pull (h);
    fail_unless (b != NULL);
    if (k % 100000 == 0) {
      /* 1001 / 30000 s, in ns, rounded down: 128 bits are not needed here */
      fail_unless_equals_uint64 (GST_BUFFER_PTS (b), k * 1001 * 100000 / 3);
    }
    gst_buffer_unref (b);
  }
  gst_harness_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_caps_change)
{
  static const PcdGenField other[] = { {"a", 'U', 2, 3} };
  GRand *rand = g_rand_new_with_seed (8);
  GByteArray *a = pcd_gen_points (rand, pcd_gen_xyz, 3, 5);
  GByteArray *b = pcd_gen_points (rand, other, 1, 4);
  GByteArray *fa = pcd_gen_file (pcd_gen_xyz, 3, a, PCD_BINARY,
      "VIEWPOINT 1 2.5 0 1 0 0 0\n");
  GByteArray *fb = pcd_gen_file (other, 1, b, PCD_COMPRESSED, NULL);
  GstHarness *h = harness ("rcpcdparse");

  push (h, fa->data, fa->len);
  expect_caps (h, XYZ_CAPS ", viewpoint=(string)\"1 2.5 0 1 0 0 0\"");
  push (h, fb->data, fb->len);
  expect_caps (h, "application/x-pointcloud, point-step=(int)6, "
      "fields=(string)\"a:u16:0:3\", framerate=(fraction)10/1");
  expect_bytes (h, a->data, a->len);
  expect_bytes (h, b->data, b->len);
  gst_harness_teardown (h);
  g_byte_array_unref (a);
  g_byte_array_unref (b);
  g_byte_array_unref (fa);
  g_byte_array_unref (fb);
  g_rand_free (rand);
}

GST_END_TEST;

/* ---- raw ---- */

GST_START_TEST (test_raw)
{
  gfloat data[12] = { 1, 2, 3, 0.5f, NAN, 5, 6, 1, -1, -2, -3, 0 };
  GstHarness *h = harness ("rcpcdparse format=raw");

  /* a source that is not known: buffers are scans */
  push (h, data, 48);
  push (h, data, 32);
  fail_unless_equals_int (gst_harness_push (h, gst_buffer_new ()), GST_FLOW_OK);
  expect_bytes (h, data, 48);
  expect_bytes (h, data, 32);
  expect_bytes (h, data, 0);
  expect_caps (h, "application/x-pointcloud, point-step=(int)16, fields="
      "(string)\"x:f32:0:1,y:f32:4:1,z:f32:8:1,intensity:f32:12:1\", "
      "framerate=(fraction)10/1");
  gst_harness_teardown (h);

  /* one file in pieces, then another segment: another file */
  h = harness ("rcpcdparse format=raw framing=stream point-step=8 "
      "fields=\"a:f64:0\"");
  push (h, data, 7);
  push (h, (guint8 *) data + 7, 41);
  fail_unless (gst_harness_try_pull (h) == NULL);
  {
    GstSegment segment;

    gst_segment_init (&segment, GST_FORMAT_BYTES);
    gst_harness_push_event (h, gst_event_new_segment (&segment));
  }
  expect_bytes (h, data, 48);
  push (h, data, 16);
  gst_harness_push_event (h, gst_event_new_eos ());
  expect_bytes (h, data, 16);
  expect_caps (h, "application/x-pointcloud, point-step=(int)8, "
      "fields=(string)\"a:f64:0:1\", framerate=(fraction)10/1");
  gst_harness_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_raw_bad)
{
  guint8 data[100] = { 0, };
  GstHarness *h = harness ("rcpcdparse format=raw");
  GstBus *bus = watch (h);

  fail_unless_equals_int (push (h, data, 33), GST_FLOW_OK);
  expect_message (bus, GST_MESSAGE_WARNING,
      "size 33 is not a multiple of point-step=16");
  fail_unless_equals_int (push (h, data, 48), GST_FLOW_OK);
  expect_bytes (h, data, 48);
  release_bus (h, bus);
  gst_harness_teardown (h);

  h = harness ("rcpcdparse format=raw framing=stream max-frame-size=64");
  bus = watch (h);
  for (guint i = 0; i < 5; i++)
    fail_unless_equals_int (push (h, data, 32), GST_FLOW_OK);
  expect_message (bus, GST_MESSAGE_WARNING, "max-frame-size=64");
  gst_harness_push_event (h, gst_event_new_eos ());
  expect_message (bus, GST_MESSAGE_ERROR, "None of 1 scans could be read");
  fail_unless_equals_uint64 (stat_of (h, "skipped-bytes"), 160);
  release_bus (h, bus);
  gst_harness_teardown (h);

  /* what is neither PCD nor said to be raw is not taken for points */
  h = harness ("rcpcdparse");
  bus = watch (h);
  fail_unless_equals_int (push (h, data, 48), GST_FLOW_OK);
  expect_message (bus, GST_MESSAGE_WARNING, "does not begin with a PCD header");
  release_bus (h, bus);
  gst_harness_teardown (h);

  /* fields that were set say that it is raw */
  h = harness ("rcpcdparse point-step=4 fields=\"v:i32:0\"");
  fail_unless_equals_int (push (h, data, 48), GST_FLOW_OK);
  expect_bytes (h, data, 48);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* ---- times ---- */

static GstClockTime
pull_pts (GstHarness * h)
{
  GstBuffer *b = gst_harness_try_pull (h);
  GstClockTime pts;

  fail_unless (b != NULL);
  pts = GST_BUFFER_PTS (b);
  gst_buffer_unref (b);
  return pts;
}

GST_START_TEST (test_times)
{
  GstHarness *h = harness ("rcpcdparse format=raw "
      "times=\"1673403880898440686, 1673403880998440687\" "
      "time-origin=1673403880000000000");
  GstBus *bus = watch (h);
  GstBuffer *b;

  for (guint i = 0; i < 3; i++)
    fail_unless_equals_int (gst_harness_push (h, gst_buffer_new ()),
        GST_FLOW_OK);
  b = gst_harness_try_pull (h);
  fail_unless_equals_uint64 (GST_BUFFER_PTS (b), 898440686);
  fail_unless_equals_uint64 (GST_BUFFER_DURATION (b), GST_CLOCK_TIME_NONE);
  gst_buffer_unref (b);
  fail_unless_equals_uint64 (pull_pts (h), 998440687);
  fail_unless (gst_harness_try_pull (h) == NULL);
  expect_message (bus, GST_MESSAGE_WARNING, "times has 2 entries");
  expect_caps (h, "application/x-pointcloud, point-step=(int)16, fields="
      "(string)\"x:f32:0:1,y:f32:4:1,z:f32:8:1,intensity:f32:12:1\", "
      "framerate=(fraction)0/1");
  release_bus (h, bus);
  gst_harness_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_times_file)
{
  gchar *name = NULL, *launch;
  gint fd = g_file_open_tmp ("rcpcd-XXXXXX", &name, NULL);
  GstHarness *h;

  fail_unless (fd >= 0);
  g_close (fd, NULL);
  fail_unless (g_file_set_contents (name, "# ns\n100\r\n\n 5\n", -1, NULL));
  launch = g_strdup_printf ("rcpcdparse format=raw time-origin=-7 "
      "times-file=%s", name);
  h = harness (launch);
  gst_harness_push (h, gst_buffer_new ());
  gst_harness_push (h, gst_buffer_new ());
  fail_unless_equals_uint64 (pull_pts (h), 107);
  fail_unless_equals_uint64 (pull_pts (h), 12);
  gst_harness_teardown (h);
  g_free (launch);
  g_unlink (name);
  g_free (name);
}

GST_END_TEST;

/* A TIME segment: the buffers' own times, and the segment as it came. */
GST_START_TEST (test_upstream_times)
{
  GstHarness *h = harness_with ("rcpcdparse format=raw rate=7/1",
      GST_FORMAT_TIME);
  GstBus *bus = watch (h);
  GstBuffer *b = gst_buffer_new ();

  GST_BUFFER_PTS (b) = 12345;
  GST_BUFFER_DURATION (b) = 6;
  gst_harness_push (h, b);
  gst_harness_push (h, gst_buffer_new ());
  expect_message (bus, GST_MESSAGE_WARNING, "has no PTS");
  b = gst_harness_try_pull (h);
  fail_unless_equals_uint64 (GST_BUFFER_PTS (b), 12345);
  fail_unless_equals_uint64 (GST_BUFFER_DURATION (b), 6);
  gst_buffer_unref (b);
  fail_unless (gst_harness_try_pull (h) == NULL);
  release_bus (h, bus);
  gst_harness_teardown (h);
}

GST_END_TEST;

static const struct
{
  const gchar *launch, *text;
} bad_settings[] = {
  {"times=\"1,2x\"", "property times: entry 2, \"2x\""},
  {"times=\"9223372036854775808\"", "entry 1, \"9223372036854775808\""},
  {"times=\"\"", "property times has no times"},
  {"times=\"5,4\" time-origin=5", "entry 2, 4, is before time-origin=5"},
  {"times-file=/nonexistent/t", "property times-file: "},
  {"times=1 times-file=/nonexistent/t", "both set"},
  {"fields=\"x:f32:14\"", "x:f32:14"},
  {"fields=\"x:f31:0\"", "x:f31:0"},
  {"point-step=15", "point-step=15"},
};

GST_START_TEST (test_bad_settings)
{
  gchar *launch = g_strdup_printf ("rcpcdparse %s",
      bad_settings[__i__].launch);
  GError *error = NULL;
  GstElement *e = gst_parse_launch (launch, &error);
  GstBus *bus = gst_bus_new ();

  fail_unless (error == NULL);
  gst_element_set_bus (e, bus);
  fail_unless_equals_int (gst_element_set_state (e, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);
  expect_message (bus, GST_MESSAGE_ERROR, bad_settings[__i__].text);
  gst_element_set_state (e, GST_STATE_NULL);
  gst_element_set_bus (e, NULL);
  gst_object_unref (bus);
  gst_object_unref (e);
  g_free (launch);
}

GST_END_TEST;

/* ---- bad files ---- */

static const struct
{
  const gchar *file, *text;
} bad_files[] = {
  {"VERSION 0.8\n", "VERSION: \"0.8\""},
  {"VERSION 0.7\nFIELDS x y\nSIZE 4\n", "SIZE has 1 entries for 2 fields"},
  {"VERSION 0.7\n" XYZ SIZES (1000000000000) "DATA binary\nabc",
      "POINTS 1000000000000 of 12 bytes each are more than max-frame-size"},
  {"VERSION 0.7\n" XYZ SIZES (80000000) "DATA binary\nabc",
      "truncated: POINTS 80000000 need 960000000 bytes of data, there are 3"},
  {"VERSION 0.7\n" XYZ SIZES (2) "DATA ascii\n1 2 3\n",
      "truncated: 1 rows where POINTS says 2"},
  {"VERSION 0.7\n" XYZ SIZES (80000000) "DATA ascii\n1 2 3\n",
      "truncated: 1 rows where POINTS says 80000000"},
  {"VERSION 0.7\n" XYZ SIZES (1) "DATA ascii\n1 2\n",
      "row 1: 2 columns where FIELDS and COUNT ask for 3"},
  {"VERSION 0.7\n" XYZ SIZES (1) "DATA binary_compressed\n1234",
      "truncated: POINTS 1 need 8 bytes"},
  {"VERSION 0.7\n" XYZ SIZES (1) "DATA binary_compressed\n12345678",
      "uncompressed size 943142453 is not POINTS 1 * 12 bytes"},
  {"VERSION 0.7\nFIELDS v\nSIZE 1\nTYPE U\nPOINTS 1061109567\n"
        "DATA binary_compressed\n\x7f\x7f\x7f\x7f????",
      "compressed size 2139062143 cannot hold uncompressed size 1061109567"},
  {"VERSION 0.7\n" XYZ "WIDTH 4\nHEIGHT 2\n", "no DATA line"},
  {"# .PCD\n", "no DATA line"},
  {"hello\n", "\"hello\" is not a PCD keyword"},
  {"\xff\xfe\x01", "\"???\" is not a PCD keyword"},
  {"", "the file is empty"},
};

/* One bad file between two good ones: it alone is lost, in all framings. */
GST_START_TEST (test_bad_file)
{
  static const gchar good[] = "# .PCD v0.7\nVERSION 0.7\n" XYZ SIZES (1)
      "DATA ascii\n1 2 3\n";
  const gfloat point[3] = { 1, 2, 3 };
  const gchar *text = bad_files[__i__].file;

  for (guint stream = 0; stream < 2; stream++) {
    GstHarness *h = harness (stream ? "rcpcdparse format=pcd framing=stream"
        : "rcpcdparse format=pcd framing=buffer");
    GstBus *bus = watch (h);

    fail_unless_equals_int (push_text (h, good), GST_FLOW_OK);
    if (stream) {
      GstSegment segment;

      gst_segment_init (&segment, GST_FORMAT_BYTES);
      gst_harness_push_event (h, gst_event_new_segment (&segment));
    }
    fail_unless_equals_int (push_text (h, text), GST_FLOW_OK);
    if (*text || !stream) {
      if (stream)
        gst_harness_push_event (h, gst_event_new_segment (&(GstSegment) {
                .rate = 1,.applied_rate = 1,.format = GST_FORMAT_BYTES,.stop =
                -1,.duration = -1}
          ));
      expect_message (bus, GST_MESSAGE_WARNING, bad_files[__i__].text);
      fail_unless_equals_uint64 (stat_of (h, "bad-frames"), 1);
    }
    fail_unless_equals_int (push_text (h, good), GST_FLOW_OK);
    gst_harness_push_event (h, gst_event_new_eos ());
    expect_bytes (h, point, 12);
    expect_bytes (h, point, 12);
    fail_unless (gst_harness_try_pull (h) == NULL);
    release_bus (h, bus);
    gst_harness_teardown (h);

    h = harness (stream ? "rcpcdparse format=pcd framing=stream on-error=error"
        : "rcpcdparse format=pcd framing=buffer on-error=error");
    bus = watch (h);
    if (!stream) {
      fail_unless_equals_int (push_text (h, text), GST_FLOW_ERROR);
      expect_message (bus, GST_MESSAGE_ERROR, bad_files[__i__].text);
    }
    release_bus (h, bus);
    gst_harness_teardown (h);
  }
}

GST_END_TEST;

/* A truncated file in a stream: the next header must not become points. */
GST_START_TEST (test_resync)
{
  GRand *rand = g_rand_new_with_seed (9);
  GByteArray *points = pcd_gen_points (rand, pcd_gen_xyz, 3, 100);

  for (gint data = PCD_ASCII; data <= PCD_COMPRESSED; data++) {
    GByteArray *file = pcd_gen_file (pcd_gen_xyz, 3, points, data, NULL);
    GstHarness *h = harness ("rcpcdparse");
    GstBus *bus = watch (h);

    push (h, file->data, file->len / 2);
    push (h, file->data, file->len);
    expect_message (bus, GST_MESSAGE_WARNING, "a new header follows");
    expect_bytes (h, points->data, points->len);
    /* and at the end */
    push (h, file->data, file->len / 2);
    gst_harness_push_event (h, gst_event_new_eos ());
    expect_message (bus, GST_MESSAGE_WARNING, "truncated");
    fail_unless (gst_harness_try_pull (h) == NULL);
    fail_unless_equals_uint64 (stat_of (h, "bad-frames"), 2);
    release_bus (h, bus);
    gst_harness_teardown (h);
    g_byte_array_unref (file);
  }
  g_byte_array_unref (points);
  g_rand_free (rand);
}

GST_END_TEST;

GST_START_TEST (test_bad_rows)
{
  static const gchar file[] = "VERSION 0.7\nFIELDS x n\nSIZE 4 1\nTYPE F I\n"
      "WIDTH 8\nHEIGHT 1\nDATA ascii\n"
      "1 1\n2 128\n\n# a comment\n3\nnan -128\n4 4 4\nx 5\n1e39 5\n-inf 127";
  static const struct
  {
    guint32 bits;
    gint8 n;
  } want[] = { {0x3f800000, 1}, {0x7fc00000, -128}, {0xff800000, 127} };
  GstHarness *h = harness ("rcpcdparse");
  GstBus *bus = watch (h);
  GstBuffer *b;

  push_text (h, file);
  gst_harness_push_event (h, gst_event_new_eos ());
  expect_message (bus, GST_MESSAGE_WARNING, "dropped 5 of 8 rows; the first is "
      "row 2: column 2 (field \"n\"): \"128\" is not a number of TYPE I SIZE 1");
  b = gst_harness_try_pull (h);
  fail_unless (b != NULL);
  fail_unless_equals_uint64 (gst_buffer_get_size (b), 15);
  for (guint i = 0; i < 3; i++) {
    fail_unless (gst_buffer_memcmp (b, 5 * i, &want[i].bits, 4) == 0);
    fail_unless (gst_buffer_memcmp (b, 5 * i + 4, &want[i].n, 1) == 0);
  }
  gst_buffer_unref (b);
  fail_unless_equals_uint64 (stat_of (h, "bad-rows"), 5);
  fail_unless_equals_uint64 (stat_of (h, "bad-frames"), 0);
  release_bus (h, bus);
  gst_harness_teardown (h);

  h = harness ("rcpcdparse on-error=error");
  bus = watch (h);
  fail_unless_equals_int (push_text (h, file), GST_FLOW_ERROR);
  expect_message (bus, GST_MESSAGE_ERROR, "row 2: column 2");
  release_bus (h, bus);
  gst_harness_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_sizes_disagree)
{
  static const gchar file[] = "VERSION 0.7\n" XYZ
      "WIDTH 1\nHEIGHT 1\nPOINTS 2\nDATA ascii\n1 2 3\n";
  static const gchar extra[] = "4 5 6\nmore\n";
  const gfloat point[3] = { 1, 2, 3 };

  for (guint stream = 0; stream < 2; stream++) {
    GstHarness *h = harness (stream ? "rcpcdparse framing=stream"
        : "rcpcdparse framing=buffer");
    GstBus *bus = watch (h);
    gchar *both = g_strconcat (file, extra, NULL);

    push_text (h, both);
    gst_harness_push_event (h, gst_event_new_eos ());
    expect_message (bus, GST_MESSAGE_WARNING,
        "POINTS 2 is not WIDTH 1 * HEIGHT " "1; reading 1 points");
    expect_message (bus, GST_MESSAGE_WARNING, "After scan 0");
    expect_bytes (h, point, 12);
    fail_unless (gst_harness_try_pull (h) == NULL);
    fail_unless_equals_uint64 (stat_of (h, "skipped-bytes"), strlen (extra));
    g_free (both);
    release_bus (h, bus);
    gst_harness_teardown (h);
  }
}

GST_END_TEST;

GST_START_TEST (test_empty_input)
{
  GstHarness *h = harness ("rcpcdparse");
  GstBus *bus = watch (h);

  gst_harness_push_event (h, gst_event_new_eos ());
  expect_message (bus, GST_MESSAGE_WARNING, "without a scan");
  release_bus (h, bus);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* Nothing is left of the run before. */
GST_START_TEST (test_restart)
{
  GRand *rand = g_rand_new_with_seed (10);
  GByteArray *points = pcd_gen_points (rand, pcd_gen_xyz, 3, 20);
  GByteArray *file = pcd_gen_file (pcd_gen_xyz, 3, points, PCD_BINARY, NULL);
  GstHarness *h = harness ("rcpcdparse");
  guint64 frames = 0;

  for (guint i = 0; i < 3; i++) {
    GstSegment segment;

    push (h, file->data, file->len);
    push (h, file->data, file->len / 2);
    fail_unless_equals_uint64 (pull_pts (h), 0);
    fail_unless_equals_uint64 (stat_of (h, "frames"), frames + 1);
    if (i == 0) {
      gst_harness_push_event (h, gst_event_new_flush_start ());
      gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
      /* a flush starts the series again, but not the counters */
      fail_unless_equals_uint64 (stat_of (h, "frames"), 1);
      frames = 1;
    } else {
      gst_element_set_state (h->element, GST_STATE_READY);
      gst_element_set_state (h->element, GST_STATE_PLAYING);
      gst_harness_push_event (h, gst_event_new_stream_start ("again"));
      fail_unless_equals_uint64 (stat_of (h, "frames"), 0);
      frames = 0;
    }
    gst_segment_init (&segment, GST_FORMAT_BYTES);
    gst_harness_push_event (h, gst_event_new_segment (&segment));
  }
  gst_harness_teardown (h);
  g_byte_array_unref (file);
  g_byte_array_unref (points);
  g_rand_free (rand);
}

GST_END_TEST;

static GstPadProbeReturn
check_whole_points (GstPad * pad, GstPadProbeInfo * info, gpointer count)
{
  GstCaps *caps = gst_pad_get_current_caps (pad);
  gint step = 0;

  fail_unless (caps != NULL);
  gst_structure_get_int (gst_caps_get_structure (caps, 0), "point-step", &step);
  fail_unless (step > 0);
  fail_unless_equals_int (gst_buffer_get_size (GST_PAD_PROBE_INFO_BUFFER (info))
      % step, 0);
  gst_caps_unref (caps);
  ++*(guint64 *) count;
  return GST_PAD_PROBE_OK;
}

/* Changed, cut and joined files at random. Nothing may crash or grow, and what
 * comes out must be whole points. The seed reproduces a failure. */
GST_START_TEST (test_fuzz)
{
  const gchar *given = g_getenv ("RC_TEST_SEED");
  guint32 seed = given ? g_ascii_strtoull (given, NULL, 10)
      : g_random_int ();
  GRand *rand = g_rand_new_with_seed (seed);
  guint64 total = 0;

  g_print ("fuzz seed: RC_TEST_SEED=%u\n", seed);
  for (guint run = 0; run < 600; run++) {
    GstHarness *h = harness (run % 3 == 0 ? "rcpcdparse max-frame-size=100000"
        : run % 3 == 1 ? "rcpcdparse framing=buffer"
        : "rcpcdparse format=pcd on-error=error");

    guint64 count = 0;

    gst_pad_add_probe (h->sinkpad, GST_PAD_PROBE_TYPE_BUFFER,
        check_whole_points, &count, NULL);
    for (guint f = 0; f < 3; f++) {
      GByteArray *points = pcd_gen_points (rand, pcd_gen_all, pcd_gen_n_all,
          g_rand_int_range (rand, 0, 20));
      GByteArray *file = pcd_gen_file (pcd_gen_all, pcd_gen_n_all, points,
          g_rand_int_range (rand, 0, 3), NULL);
      guint changes = g_rand_int_range (rand, 0, 4);

      for (guint c = 0; c < changes; c++) {
        guint at = g_rand_int_range (rand, 0, file->len);

        if (g_rand_boolean (rand))      /* most of what matters is early */
          at = MIN (at, 300 + (guint) g_rand_int_range (rand, 0, 20));
        at = MIN (at, file->len - 1);
        switch (g_rand_int_range (rand, 0, 4)) {
          case 0:
            file->data[at] = g_rand_int (rand);
            break;
          case 1:
            file->data[at] = "0123456789 \n#-.:"[g_rand_int_range (rand, 0,
                    16)];
            break;
          case 2:
            g_byte_array_remove_index (file, at);
            break;
          default:
            if (file->len > 1)
              g_byte_array_set_size (file, MAX (at, 1));
        }
      }
      for (guint at = 0; at < file->len;) {
        guint n = run % 3 == 1 ? file->len
            : MIN (file->len - at, (guint) g_rand_int_range (rand, 1, 900));

        if (push (h, file->data + at, n) != GST_FLOW_OK)
          break;
        at += n;
      }
      g_byte_array_unref (points);
      g_byte_array_unref (file);
    }
    gst_harness_push_event (h, gst_event_new_eos ());
    fail_unless_equals_uint64 (count, stat_of (h, "frames"));
    total += count;
    gst_harness_teardown (h);
  }
  /* the changes leave about half of the files readable */
  fail_unless (total > 100);
  g_rand_free (rand);
}

GST_END_TEST;

static Suite *
rcpcdparse_suite (void)
{
  Suite *s = suite_create ("rcpcdparse");
  TCase *tc = tcase_create ("element");

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 60);
  tcase_add_loop_test (tc, test_same_cloud, 0, 6);
  tcase_add_test (tc, test_series);
  tcase_add_test (tc, test_rate_is_exact);
  tcase_add_test (tc, test_caps_change);
  tcase_add_test (tc, test_raw);
  tcase_add_test (tc, test_raw_bad);
  tcase_add_test (tc, test_times);
  tcase_add_test (tc, test_times_file);
  tcase_add_test (tc, test_upstream_times);
  tcase_add_loop_test (tc, test_bad_settings, 0, G_N_ELEMENTS (bad_settings));
  tcase_add_loop_test (tc, test_bad_file, 0, G_N_ELEMENTS (bad_files));
  tcase_add_test (tc, test_resync);
  tcase_add_test (tc, test_bad_rows);
  tcase_add_test (tc, test_sizes_disagree);
  tcase_add_test (tc, test_empty_input);
  tcase_add_test (tc, test_restart);
  tcase_add_test (tc, test_fuzz);
  return s;
}

GST_CHECK_MAIN (rcpcdparse);
