/* SPDX-License-Identifier: Apache-2.0 */
/* rcpcdparse: formats, framing, times, settings. */
#include <glib/gstdio.h>
#include <math.h>

#include "pcdgen.h"
#include "pcdharness.h"

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
    GstHarness *h = pcd_harness ("rcpcdparse");
    gsize largest = __i__ == 0 ? 1 : __i__ == 1 ? file->len : 4096;

    /* two files behind each other, in pieces of any size */
    for (gint copy = 0; copy < 2; copy++) {
      for (gsize at = 0; at < file->len;) {
        gsize n = largest == 1 ? 1
            : (gsize) g_rand_int_range (rand, 0, largest + 1);

        n = MIN (n, file->len - at);
        fail_unless_equals_int (pcd_push (h, file->data + at, n), GST_FLOW_OK);
        at += n;
      }
    }
    gst_harness_push_event (h, gst_event_new_eos ());
    pcd_expect_bytes (h, points->data, points->len);
    pcd_expect_bytes (h, points->data, points->len);
    fail_unless (gst_harness_try_pull (h) == NULL);
    pcd_expect_caps (h, all_caps);
    fail_unless_equals_uint64 (pcd_stat_of (h, "frames"), 2);
    fail_unless_equals_uint64 (pcd_stat_of (h, "points"), points->len / 80 * 2);
    fail_unless_equals_uint64 (pcd_stat_of (h, "bad-frames"), 0);
    fail_unless_equals_uint64 (pcd_stat_of (h, "bad-rows"), 0);
    fail_unless_equals_uint64 (pcd_stat_of (h, "skipped-bytes"), 0);
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
  GstHarness *h = pcd_harness ("rcpcdparse framing=buffer rate=30000/1001");
  GstBus *bus = pcd_watch (h);
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
    fail_unless_equals_int (pcd_push (h, file->data, file->len), GST_FLOW_OK);
    g_byte_array_unref (file);
  }
  pcd_expect_message (bus, GST_MESSAGE_WARNING, "Dropped scan 2, at byte");
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
  fail_unless_equals_uint64 (pcd_stat_of (h, "frames"), 3);
  fail_unless_equals_uint64 (pcd_stat_of (h, "bad-frames"), 1);
  for (guint i = 0; i < 4; i++)
    g_byte_array_unref (points[i]);
  pcd_release_bus (h, bus);
  gst_harness_teardown (h);
  g_rand_free (rand);
}

GST_END_TEST;

/* One time per scan, from k alone; test-pcdfile goes on to k = 10^11. */
GST_START_TEST (test_rate_is_exact)
{
  GstHarness *h = pcd_harness ("rcpcdparse format=raw rate=30000/1001");
  guint64 k = 0;

  for (; k <= 10000; k++) {
    GstBuffer *b;

    fail_unless_equals_int (gst_harness_push (h, gst_buffer_new ()),
        GST_FLOW_OK);
    b = gst_harness_try_pull (h);
    fail_unless (b != NULL);
    if (k % 100 == 0) {
      /* 1001 / 30000 s, in ns, rounded down */
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
  GstHarness *h = pcd_harness ("rcpcdparse");

  pcd_push (h, fa->data, fa->len);
  pcd_expect_caps (h, XYZ_CAPS ", viewpoint=(string)\"1 2.5 0 1 0 0 0\"");
  pcd_push (h, fb->data, fb->len);
  pcd_expect_caps (h, "application/x-pointcloud, point-step=(int)6, "
      "fields=(string)\"a:u16:0:3\", framerate=(fraction)10/1");
  pcd_expect_bytes (h, a->data, a->len);
  pcd_expect_bytes (h, b->data, b->len);
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
  GstHarness *h = pcd_harness ("rcpcdparse format=raw");

  /* a source that is not known: buffers are scans */
  pcd_push (h, data, 48);
  pcd_push (h, data, 32);
  fail_unless_equals_int (gst_harness_push (h, gst_buffer_new ()), GST_FLOW_OK);
  pcd_expect_bytes (h, data, 48);
  pcd_expect_bytes (h, data, 32);
  pcd_expect_bytes (h, data, 0);
  pcd_expect_caps (h, "application/x-pointcloud, point-step=(int)16, fields="
      "(string)\"x:f32:0:1,y:f32:4:1,z:f32:8:1,intensity:f32:12:1\", "
      "framerate=(fraction)10/1");
  gst_harness_teardown (h);

  /* one file in pieces, then another segment: another file */
  h = pcd_harness ("rcpcdparse format=raw framing=stream point-step=8 "
      "fields=\"a:f64:0\"");
  pcd_push (h, data, 7);
  pcd_push (h, (guint8 *) data + 7, 41);
  fail_unless (gst_harness_try_pull (h) == NULL);
  {
    GstSegment segment;

    gst_segment_init (&segment, GST_FORMAT_BYTES);
    gst_harness_push_event (h, gst_event_new_segment (&segment));
  }
  pcd_expect_bytes (h, data, 48);
  pcd_push (h, data, 16);
  gst_harness_push_event (h, gst_event_new_eos ());
  pcd_expect_bytes (h, data, 16);
  pcd_expect_caps (h, "application/x-pointcloud, point-step=(int)8, "
      "fields=(string)\"a:f64:0:1\", framerate=(fraction)10/1");
  gst_harness_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_raw_bad)
{
  guint8 data[100] = { 0, };
  GstHarness *h = pcd_harness ("rcpcdparse format=raw");
  GstBus *bus = pcd_watch (h);

  fail_unless_equals_int (pcd_push (h, data, 33), GST_FLOW_OK);
  pcd_expect_message (bus, GST_MESSAGE_WARNING,
      "size 33 is not a multiple of point-step=16");
  fail_unless_equals_int (pcd_push (h, data, 48), GST_FLOW_OK);
  pcd_expect_bytes (h, data, 48);
  pcd_release_bus (h, bus);
  gst_harness_teardown (h);

  h = pcd_harness ("rcpcdparse format=raw framing=stream max-frame-size=64");
  bus = pcd_watch (h);
  for (guint i = 0; i < 5; i++)
    fail_unless_equals_int (pcd_push (h, data, 32), GST_FLOW_OK);
  pcd_expect_message (bus, GST_MESSAGE_WARNING, "max-frame-size=64");
  gst_harness_push_event (h, gst_event_new_eos ());
  pcd_expect_message (bus, GST_MESSAGE_ERROR, "None of 1 scans could be read");
  fail_unless_equals_uint64 (pcd_stat_of (h, "skipped-bytes"), 160);
  pcd_release_bus (h, bus);
  gst_harness_teardown (h);

  /* what is neither PCD nor said to be raw is not taken for points */
  h = pcd_harness ("rcpcdparse");
  bus = pcd_watch (h);
  fail_unless_equals_int (pcd_push (h, data, 48), GST_FLOW_OK);
  pcd_expect_message (bus, GST_MESSAGE_WARNING,
      "does not begin with a PCD header");
  pcd_release_bus (h, bus);
  gst_harness_teardown (h);

  /* fields that were set say that it is raw */
  h = pcd_harness ("rcpcdparse point-step=4 fields=\"v:i32:0\"");
  fail_unless_equals_int (pcd_push (h, data, 48), GST_FLOW_OK);
  pcd_expect_bytes (h, data, 48);
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
  GstHarness *h = pcd_harness ("rcpcdparse format=raw "
      "times=\"1673403880898440686, 1673403880998440687\" "
      "time-origin=1673403880000000000");
  GstBus *bus = pcd_watch (h);
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
  pcd_expect_message (bus, GST_MESSAGE_WARNING, "times has 2 entries");
  pcd_expect_caps (h, "application/x-pointcloud, point-step=(int)16, fields="
      "(string)\"x:f32:0:1,y:f32:4:1,z:f32:8:1,intensity:f32:12:1\", "
      "framerate=(fraction)0/1");
  pcd_release_bus (h, bus);
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
  h = pcd_harness (launch);
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
  GstHarness *h = pcd_harness_with ("rcpcdparse format=raw rate=7/1",
      GST_FORMAT_TIME);
  GstBus *bus = pcd_watch (h);
  GstBuffer *b = gst_buffer_new ();

  GST_BUFFER_PTS (b) = 12345;
  GST_BUFFER_DURATION (b) = 6;
  gst_harness_push (h, b);
  gst_harness_push (h, gst_buffer_new ());
  pcd_expect_message (bus, GST_MESSAGE_WARNING, "has no PTS");
  b = gst_harness_try_pull (h);
  fail_unless_equals_uint64 (GST_BUFFER_PTS (b), 12345);
  fail_unless_equals_uint64 (GST_BUFFER_DURATION (b), 6);
  gst_buffer_unref (b);
  fail_unless (gst_harness_try_pull (h) == NULL);
  pcd_release_bus (h, bus);
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
  pcd_expect_message (bus, GST_MESSAGE_ERROR, bad_settings[__i__].text);
  gst_element_set_state (e, GST_STATE_NULL);
  gst_element_set_bus (e, NULL);
  gst_object_unref (bus);
  gst_object_unref (e);
  g_free (launch);
}

GST_END_TEST;

GST_START_TEST (test_empty_input)
{
  GstHarness *h = pcd_harness ("rcpcdparse");
  GstBus *bus = pcd_watch (h);

  gst_harness_push_event (h, gst_event_new_eos ());
  pcd_expect_message (bus, GST_MESSAGE_WARNING, "without a scan");
  pcd_release_bus (h, bus);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* Nothing is left of the run before. */
GST_START_TEST (test_restart)
{
  GRand *rand = g_rand_new_with_seed (10);
  GByteArray *points = pcd_gen_points (rand, pcd_gen_xyz, 3, 20);
  GByteArray *file = pcd_gen_file (pcd_gen_xyz, 3, points, PCD_BINARY, NULL);
  GstHarness *h = pcd_harness ("rcpcdparse");
  guint64 frames = 0;

  for (guint i = 0; i < 3; i++) {
    GstSegment segment;

    pcd_push (h, file->data, file->len);
    pcd_push (h, file->data, file->len / 2);
    fail_unless_equals_uint64 (pull_pts (h), 0);
    fail_unless_equals_uint64 (pcd_stat_of (h, "frames"), frames + 1);
    if (i == 0) {
      gst_harness_push_event (h, gst_event_new_flush_start ());
      gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
      /* a flush starts the series again, but not the counters */
      fail_unless_equals_uint64 (pcd_stat_of (h, "frames"), 1);
      frames = 1;
    } else {
      gst_element_set_state (h->element, GST_STATE_READY);
      gst_element_set_state (h->element, GST_STATE_PLAYING);
      gst_harness_push_event (h, gst_event_new_stream_start ("again"));
      fail_unless_equals_uint64 (pcd_stat_of (h, "frames"), 0);
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
  tcase_add_test (tc, test_empty_input);
  tcase_add_test (tc, test_restart);
  return s;
}

GST_CHECK_MAIN (rcpcdparse);
