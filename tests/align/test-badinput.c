/* SPDX-License-Identifier: Apache-2.0 */
/* Bad input to an aligner: a clear error or a counted drop, and nothing lost
 * beside the bad sample. */
#include "aligntest.h"

#include <gst/video/video.h>
#include <math.h>
#include <string.h>

#define MS GST_MSECOND

static void
fail_unless_warning (AlignTest * t, const gchar * part)
{
  fail_unless (strstr (t->warnings, part) != NULL,
      "warnings \"%s\" lack \"%s\"", t->warnings, part);
}

/* Stream a: 0, 10, …, 50 ms with something bad after 20 ms. */
static AlignTest *
run_with (GstBuffer * bad)
{
  AlignTest *t = align_test_with (ALIGN_ONE, "rate=100/1");

  align_test_caps (t, "a", FLOATS (1));
  for (guint i = 0; i < 6; i++) {
    align_test_float (t, "a", i * 10 * MS, i);
    if (i == 2)
      align_test_push (t, "a", bad);
  }
  align_test_eos (t, "a");
  align_test_run (t);
  fail_unless (t->error == NULL, "%s", t->error);
  fail_unless_equals_int (t->samples->len, 6);
  for (guint i = 0; i < 6; i++) {
    fail_unless (align_test_value (t, i, 0, 0) == i);
    fail_unless_equals_int (align_test_state (t, i, 0), RC_STATE_MEASURED);
  }
  fail_unless_equals_uint64 (align_test_stat (t, "sink_a", "in"), 7);
  fail_unless_equals_uint64 (align_test_stat (t, "sink_a", "kept"), 6);
  return t;
}

static GstBuffer *
make_buffer (GstClockTime pts, gsize size)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);

  gst_buffer_memset (buffer, 0, 0x42, size);
  GST_BUFFER_PTS (buffer) = pts;
  return buffer;
}

GST_START_TEST (test_wrong_size)
{
  AlignTest *t = run_with (make_buffer (25 * MS, 7));

  fail_unless_equals_uint64 (align_test_stat (t, "sink_a", "bad-size"), 1);
  fail_unless_warning (t, "pad sink_a");
  fail_unless_warning (t, "7 bytes");
  align_test_free (t);
}

GST_END_TEST;

GST_START_TEST (test_zero_size)
{
  AlignTest *t = run_with (make_buffer (25 * MS, 0));

  fail_unless_equals_uint64 (align_test_stat (t, "sink_a", "bad-size"), 1);
  align_test_free (t);
}

GST_END_TEST;

GST_START_TEST (test_missing_pts)
{
  AlignTest *t = run_with (make_buffer (GST_CLOCK_TIME_NONE, 4));

  fail_unless_equals_uint64 (align_test_stat (t, "sink_a", "no-time"), 1);
  fail_unless_warning (t, "without a PTS");
  align_test_free (t);
}

GST_END_TEST;

GST_START_TEST (test_duplicate_and_backward)
{
  AlignTest *t = run_with (make_buffer (20 * MS, 4));

  fail_unless_equals_uint64 (align_test_stat (t, "sink_a", "duplicates"), 1);
  align_test_free (t);
  t = run_with (make_buffer (13 * MS, 4));
  fail_unless_equals_uint64 (align_test_stat (t, "sink_a", "backwards"), 1);
  align_test_free (t);
}

GST_END_TEST;

GST_START_TEST (test_nan)
{
  AlignTest *t = align_test_with (ALIGN_ONE, "rate=200/1");

  align_test_caps (t, "a", FLOATS (1));
  align_test_float (t, "a", 0, 1);
  align_test_float (t, "a", 10 * MS, NAN);
  align_test_float (t, "a", 20 * MS, 3);
  align_test_float (t, "a", 30 * MS, 4);
  align_test_eos (t, "a");
  align_test_run (t);
  fail_unless_equals_int (t->samples->len, 7);
  fail_unless (align_test_value (t, 0, 0, 0) == 1);
  for (guint i = 1; i < 4; i++)
    fail_unless (isnan (align_test_value (t, i, 0, 0)));
  /* NaN in the data is a measurement, not a missing sample */
  fail_unless_equals_int (align_test_state (t, 2, 0), RC_STATE_MEASURED);
  fail_unless (align_test_value (t, 4, 0, 0) == 3);
  fail_unless (align_test_value (t, 5, 0, 0) == 3.5);
  align_test_free (t);
}

GST_END_TEST;

GST_START_TEST (test_clocks_years_apart)
{
  AlignTest *t = align_test_with (ALIGN_TWO, "rate=100/1");

  align_test_ramp (t, "a", 0, 10 * MS, 10);
  align_test_ramp (t, "b", 1765575264566071265, 10 * MS, 10);
  align_test_run (t);
  align_test_fail_unless_error (t, "max-jump");
  fail_unless (strstr (t->error, "sink_a") && strstr (t->error, "sink_b"));
  align_test_free (t);
  /* an offset puts them on one clock */
  t = align_test_with (ALIGN_TWO, "rate=100/1 "
      "sink_b::offset=-1765575264566071265");
  align_test_ramp (t, "a", 0, 10 * MS, 10);
  align_test_ramp (t, "b", 1765575264566071265, 10 * MS, 10);
  align_test_run (t);
  fail_unless (t->error == NULL, "%s", t->error);
  fail_unless_equals_int (t->samples->len, 10);
  align_test_free (t);
}

GST_END_TEST;

/* Far from zero there is nothing to fill: as many ticks as data. */
GST_START_TEST (test_far_from_zero)
{
  AlignTest *t = align_test_with (ALIGN_TWO, "rate=100/1");
  const GstClockTime base = 1765575264560000000;

  align_test_ramp (t, "a", base, 10 * MS, 10);
  align_test_ramp (t, "b", base + 5 * MS, 10 * MS, 10);
  align_test_run (t);
  fail_unless (t->error == NULL, "%s", t->error);
  fail_unless_equals_int (t->samples->len, 9);
  fail_unless_equals_uint64 (GST_BUFFER_PTS (align_test_buffer (t, 0)),
      base + 10 * MS);
  align_test_free (t);
}

GST_END_TEST;

GST_START_TEST (test_bytes_segment)
{
  AlignTest *t = align_test_new ("rcfusemux name=m rate=100/1 ! "
      "appsink name=out appsrc name=a ! m.sink_a");
  GstElement *src = gst_bin_get_by_name (GST_BIN (t->pipeline), "a");

  g_object_set (src, "format", GST_FORMAT_BYTES, NULL);
  gst_object_unref (src);
  align_test_caps (t, "a", FLOATS (1));
  align_test_float (t, "a", 0, 0);
  align_test_run (t);
  align_test_fail_unless_error (t, "segment in format bytes");
  align_test_free (t);
}

GST_END_TEST;

GST_START_TEST (test_bad_caps)
{
  static const struct
  {
    const gchar *caps, *part;
  } cases[] = {
    /* unquoted, a single dimension arrives as an int */
    {"other/tensors,format=static,num_tensors=1,types=float32,dimensions=7,"
          "framerate=0/1", "dimensions"},
    {"other/tensors,format=static,num_tensors=2,types=float32,"
          "dimensions=(string)7,framerate=0/1", "num_tensors=2"},
    {"other/tensors,format=static,num_tensors=1,types=float31,"
          "dimensions=(string)7,framerate=0/1", "float31"},
    {"other/tensors,format=static,num_tensors=2,types=\"float32,uint8\","
          "dimensions=\"7,7\",framerate=0/1", "one tensor per pad"},
    {"video/x-raw,format=NV12,width=32,height=32,framerate=30/1",
        "videoconvert"},
    {"application/x-pointcloud,point-step=8,fields=\"x:f32:8:1\","
          "framerate=0/1", "x:f32:8:1"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    AlignTest *t = align_test_with (ALIGN_ONE, "rate=100/1");

    align_test_caps (t, "a", cases[i].caps);
    align_test_push (t, "a", make_buffer (0, 28));
    align_test_eos (t, "a");
    align_test_run (t);
    align_test_fail_unless_error (t, cases[i].part);
    fail_unless (strstr (t->error, "sink_a") != NULL, "%s", t->error);
    align_test_free (t);
  }
}

GST_END_TEST;

/* 16, 16:1 and 16:1:1:1 are one shape. */
GST_START_TEST (test_trailing_ones)
{
  static const gchar *const spellings[] = { "16", "16:1", "16:1:1:1" };

  for (guint i = 0; i < G_N_ELEMENTS (spellings); i++) {
    AlignTest *t = align_test_with (ALIGN_ONE, "rate=100/1");
    gchar *caps = g_strdup_printf ("other/tensors,format=static,num_tensors=1,"
        "types=float32,dimensions=(string)%s,framerate=0/1", spellings[i]);
    GstRcTensors ts;

    align_test_caps (t, "a", caps);
    for (guint k = 0; k < 3; k++)
      align_test_push (t, "a", make_buffer (k * 10 * MS, 64));
    align_test_eos (t, "a");
    align_test_run (t);
    fail_unless (t->error == NULL, "%s", t->error);
    fail_unless_equals_int (t->samples->len, 3);
    fail_unless (gst_rc_tensors_parse (&ts, align_test_out_caps (t), NULL));
    fail_unless_equals_int (ts.tensors[0].rank, 1);
    gst_rc_tensors_clear (&ts);
    g_free (caps);
    align_test_free (t);
  }
}

GST_END_TEST;

/* Downstream's spelling of the shape is echoed; another shape is refused. */
GST_START_TEST (test_downstream_spelling)
{
  AlignTest *t = align_test_new ("rcfusemux name=m rate=100/1 ! "
      "other/tensors,dimensions=(string)1:1:1 ! appsink name=out "
      "appsrc name=a ! m.sink_a");
  const GstStructure *s;

  align_test_ramp (t, "a", 0, 10 * MS, 3);
  align_test_run (t);
  fail_unless (t->error == NULL, "%s", t->error);
  fail_unless_equals_int (t->samples->len, 3);
  s = gst_caps_get_structure (align_test_out_caps (t), 0);
  fail_unless_equals_string (gst_structure_get_string (s, "dimensions"),
      "1:1:1");
  align_test_free (t);
  t = align_test_new ("rcfusemux name=m rate=100/1 ! "
      "other/tensors,dimensions=(string)2 ! appsink name=out "
      "appsrc name=a ! m.sink_a");
  align_test_ramp (t, "a", 0, 10 * MS, 3);
  align_test_run (t);
  align_test_fail_unless_error (t, "downstream does not take");
  align_test_free (t);
}

GST_END_TEST;

GST_START_TEST (test_pad_without_caps)
{
  /* not required: the others come out without it */
  AlignTest *t = align_test_with (ALIGN_TWO,
      "rate=100/1 sink_b::required=false");

  align_test_ramp (t, "a", 0, 10 * MS, 3);
  align_test_eos (t, "b");
  align_test_run (t);
  fail_unless (t->error == NULL, "%s", t->error);
  fail_unless_equals_int (t->samples->len, 3);
  fail_unless_equals_int (gst_buffer_n_memory (align_test_buffer (t, 0)), 1);
  align_test_free (t);
  /* required: nothing is common, and that is said */
  t = align_test_with (ALIGN_TWO, "rate=100/1");
  align_test_ramp (t, "a", 0, 10 * MS, 3);
  align_test_eos (t, "b");
  align_test_run (t);
  fail_unless (t->error == NULL, "%s", t->error);
  fail_unless_equals_int (t->samples->len, 0);
  fail_unless_warning (t, "ended without a sample");
  align_test_free (t);
}

GST_END_TEST;

/* RGB rows are padded to 4 bytes: the tensor's are not. */
GST_START_TEST (test_padded_video)
{
  AlignTest *t = align_test_with (ALIGN_ONE, "rate=10/1");
  GstVideoInfo info;
  GstVideoFrame frame;
  GstMapInfo map;

  align_test_caps (t, "a", "video/x-raw,format=RGB,width=5,height=3,"
      "framerate=10/1");
  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_RGB, 5, 3);
  fail_unless_equals_int (GST_VIDEO_INFO_PLANE_STRIDE (&info, 0), 16);
  for (guint i = 0; i < 2; i++) {
    GstBuffer *buffer = make_buffer (i * 100 * MS, info.size);

    gst_video_frame_map (&frame, &info, buffer, GST_MAP_WRITE);
    for (guint y = 0; y < 3; y++) {
      for (guint x = 0; x < 15; x++)
        ((guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&frame, 0))[y * 16 + x] =
            100 * i + 15 * y + x;
    }
    gst_video_frame_unmap (&frame);
    align_test_push (t, "a", buffer);
  }
  /* a buffer too small for a frame is dropped */
  align_test_push (t, "a", make_buffer (150 * MS, 20));
  align_test_eos (t, "a");
  align_test_run (t);
  fail_unless (t->error == NULL, "%s", t->error);
  fail_unless_equals_int (t->samples->len, 2);
  gst_buffer_map (align_test_buffer (t, 1), &map, GST_MAP_READ);
  fail_unless_equals_int (map.size, 45);
  for (guint i = 0; i < 45; i++)
    fail_unless_equals_int (map.data[i], 100 + i);
  gst_buffer_unmap (align_test_buffer (t, 1), &map);
  fail_unless_equals_uint64 (align_test_stat (t, "sink_a", "bad-size"), 1);
  align_test_free (t);
}

GST_END_TEST;

/* Dense frames pass by reference, held by their buffer. */
GST_START_TEST (test_zero_copy_video)
{
  /* (on a device they would be copies) */
  AlignTest *t = align_test_with (ALIGN_ONE, "rate=20/1 backend=cpu");
  GstBuffer *frames[2];

  align_test_caps (t, "a", "video/x-raw,format=RGB,width=64,height=48,"
      "framerate=10/1");
  for (guint i = 0; i < 2; i++) {
    frames[i] = make_buffer (i * 100 * MS, 64 * 48 * 3);
    align_test_push (t, "a", gst_buffer_ref (frames[i]));
  }
  align_test_eos (t, "a");
  align_test_run (t);
  fail_unless_equals_int (t->samples->len, 3);
  for (guint i = 0; i < 3; i++) {
    GstBuffer *buffer = align_test_buffer (t, i);

    fail_unless (gst_buffer_peek_memory (buffer, 0) ==
        gst_buffer_peek_memory (frames[i / 2], 0));
    /* appsrc may have made its own GstBuffer around the memory */
    fail_unless (gst_buffer_peek_memory (gst_buffer_get_parent_buffer_meta
            (buffer)->buffer, 0) == gst_buffer_peek_memory (frames[i / 2], 0));
  }
  fail_unless_equals_int (align_test_state (t, 1, 0), RC_STATE_HELD);
  gst_buffer_unref (frames[0]);
  gst_buffer_unref (frames[1]);
  align_test_free (t);
}

GST_END_TEST;

GST_START_TEST (test_clouds)
{
  AlignTest *t = align_test_with (ALIGN_ONE,
      "rate=10/1 sink_a::max-points=2 sink_a::max-gap=1000000000");
  gfloat points[9] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
  static const guint n_points[4] = { 3, 0, 1, 2 };
  static const gint32 counts[4] = { 2, 0, 1, 2 };
  gint32 count;

  align_test_caps (t, "a", "application/x-pointcloud,point-step=12,"
      "fields=\"x:f32:0:1,y:f32:4:1,z:f32:8:1\",framerate=10/1");
  for (guint i = 0; i < 4; i++)
    align_test_data (t, "a", i * 100 * MS, points, n_points[i] * 12);
  /* not a whole number of points */
  align_test_data (t, "a", 350 * MS, points, 13);
  align_test_eos (t, "a");
  align_test_run (t);
  fail_unless (t->error == NULL, "%s", t->error);
  fail_unless_equals_int (t->samples->len, 4);
  for (guint i = 0; i < 4; i++) {
    gst_buffer_extract (align_test_buffer (t, i), 24, &count, 4);
    fail_unless_equals_int (count, counts[i]);
    fail_unless_equals_int (align_test_state (t, i, 0), RC_STATE_MEASURED);
  }
  fail_unless (align_test_value (t, 0, 0, 5) == 6);
  fail_unless (align_test_value (t, 2, 0, 2) == 3);
  fail_unless (align_test_value (t, 2, 0, 3) == 0);
  fail_unless_equals_uint64 (align_test_stat (t, "sink_a", "overflow"), 1);
  fail_unless_equals_uint64 (align_test_stat (t, "sink_a", "bad-size"), 1);
  align_test_free (t);
}

GST_END_TEST;

/* An IMU's FIFO: four samples per buffer, each with its own time. */
GST_START_TEST (test_several_samples_per_buffer)
{
  AlignTest *t = align_test_with (ALIGN_ONE, "rate=500/1");
  const gchar *caps = "other/tensors,format=static,num_tensors=1,"
      "types=float32,dimensions=(string)2:4,framerate=0/1,samples=4";

  align_test_caps (t, "a", caps);
  for (guint b = 0; b < 3; b++) {
    GstBuffer *buffer = make_buffer (b * 4 * MS, 32);
    gint64 times[4];
    gfloat values[8];

    for (guint i = 0; i < 4; i++) {
      times[i] = (4 * b + i) * (gint64) MS;
      values[2 * i] = 4 * b + i;
      values[2 * i + 1] = -values[2 * i];
    }
    gst_buffer_fill (buffer, 0, values, sizeof (values));
    /* the second one has lost its times */
    if (b != 1)
      gst_rc_sample_times_add (buffer, times, 4);
    align_test_push (t, "a", buffer);
  }
  align_test_eos (t, "a");
  align_test_run (t);
  fail_unless (t->error == NULL, "%s", t->error);
  fail_unless_equals_int (t->samples->len, 6);
  for (guint i = 0; i < 6; i++)
    fail_unless (align_test_value (t, i, 0, 1) == -2.f * i);
  fail_unless_equals_int (align_test_state (t, 2, 0), RC_STATE_INTERPOLATED);
  fail_unless_equals_uint64 (align_test_stat (t, "sink_a", "bad-size"), 4);
  fail_unless_equals_uint64 (align_test_stat (t, "sink_a", "kept"), 8);
  align_test_free (t);
}

GST_END_TEST;

static Suite *
badinput_suite (void)
{
  Suite *s = suite_create ("aligner, bad input");
  TCase *tc = tcase_create ("input");

  /* the tests make metas themselves */
  gst_rc_metas_register ();
  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 60);
  tcase_add_test (tc, test_wrong_size);
  tcase_add_test (tc, test_zero_size);
  tcase_add_test (tc, test_missing_pts);
  tcase_add_test (tc, test_duplicate_and_backward);
  tcase_add_test (tc, test_nan);
  tcase_add_test (tc, test_clocks_years_apart);
  tcase_add_test (tc, test_far_from_zero);
  tcase_add_test (tc, test_bytes_segment);
  tcase_add_test (tc, test_bad_caps);
  tcase_add_test (tc, test_trailing_ones);
  tcase_add_test (tc, test_downstream_spelling);
  tcase_add_test (tc, test_pad_without_caps);
  tcase_add_test (tc, test_padded_video);
  tcase_add_test (tc, test_zero_copy_video);
  tcase_add_test (tc, test_clouds);
  tcase_add_test (tc, test_several_samples_per_buffer);
  return s;
}

GST_CHECK_MAIN (badinput);
