/* SPDX-License-Identifier: Apache-2.0 */
/* rchdf5sink: what it stores, and where. */
#include "hdf5check.h"

/* ---- layout ---- */

GST_START_TEST (test_bundle)
{
  GstHarness *h = new_harness (NULL);
  gfloat imu[3][3], actions[3][2];
  guint8 front[3][24 * 32 * 3], valid[3];
  gint64 time[3], skew[3], age;

  g_object_set (h->element, "task", "stack the cubes", NULL);
  gst_harness_set_src_caps_str (h, ROWS_CAPS);
  for (guint i = 0; i < 3; i++)
    push_row (h, i);
  finish (h);
  read_set ("data/demo_0/obs/imu", "3x3", H5T_NATIVE_FLOAT, imu);
  read_set ("data/demo_0/obs/front", "3x24x32x3", H5T_NATIVE_UINT8, front);
  read_set ("data/demo_0/actions", "3x2", H5T_NATIVE_FLOAT, actions);
  read_set ("data/demo_0/time", "3", H5T_NATIVE_INT64, time);
  read_set ("data/demo_0/valid/front", "3", H5T_NATIVE_UINT8, valid);
  read_set ("data/demo_0/skew/cmd", "3", H5T_NATIVE_INT64, skew);
  for (guint i = 0; i < 3; i++) {
    Row row;

    row_fill (&row, i);
    fail_unless (memcmp (imu[i], row.imu, sizeof (row.imu)) == 0);
    fail_unless (memcmp (front[i], row.front, sizeof (row.front)) == 0);
    fail_unless (memcmp (actions[i], row.cmd, sizeof (row.cmd)) == 0);
    fail_unless_equals_int64 (time[i], row.time);
    fail_unless_equals_int (valid[i], 1);
    fail_unless_equals_int64 (skew[i], row.skew[0]);
  }
  fail_if (has ("data/demo_0/obs/cmd"));
  fail_unless (has ("data/demo_0/valid/cmd"));
  fail_unless_equals_int64 (int_attr ("data", "total"), 3);
  fail_unless_equals_int64 (int_attr ("data/demo_0", "num_samples"), 3);
  assert_string_attr ("data", "env_args", "{}");
  assert_string_attr ("data/demo_0", "task", "stack the cubes");
  assert_string_attr ("data/demo_0/obs/imu", "names", "x,y,z");
  assert_string_attr ("data/demo_0/obs/imu", "units", "m/s2,m/s2,m/s2");
  assert_string_attr ("data/demo_0/obs/imu", "frame_id", "imu_link");
  assert_string_attr ("data/demo_0/obs/imu", "method", "linear");
  assert_string_attr ("data/demo_0/obs/front", "format", "RGB");
  assert_string_attr ("data/demo_0/actions", "names", "v,w");
  assert_string_attr ("data/demo_0/actions", "streams", "cmd:0:2");
  /* the harness says that it is live, and began just now */
  age = g_get_real_time () - int_attr ("data/demo_0", "utc_of_zero") / 1000;
  fail_unless (age >= 0 && age < 600 * G_USEC_PER_SEC);
  read_set ("action", "3x2", H5T_NATIVE_FLOAT, NULL);
  read_set ("observations/imu", "3x3", H5T_NATIVE_FLOAT, NULL);
  close_file ();
}

GST_END_TEST;

GST_START_TEST (test_concat)
{
  const gfloat rows[2][5] = { {1, 2, 3, 4, 5}, {6, 7, 8, 9, 10} };
  gfloat a[2][2], b[2][1], actions[2][2];
  GstHarness *h = new_harness ("other/tensors, format=static, num_tensors=1, "
      "types=float32, dimensions=(string)5, framerate=10/1, "
      "ranges=\"a:0:2,go:2:2,b:4:1\", names=\"a.x,a.y,go.v,go.w,b.f\", "
      "roles=\"observation,action,event\", methods=\"linear,next,previous\"");

  for (guint i = 0; i < 2; i++)
    fail_unless_equals_int (gst_harness_push (h, new_buffer (i * GST_SECOND,
                rows[i], sizeof (rows[i]), NULL)), GST_FLOW_OK);
  finish (h);
  read_set ("data/demo_0/obs/a", "2x2", H5T_NATIVE_FLOAT, a);
  read_set ("data/demo_0/obs/b", "2x1", H5T_NATIVE_FLOAT, b);
  read_set ("data/demo_0/actions", "2x2", H5T_NATIVE_FLOAT, actions);
  for (guint i = 0; i < 2; i++) {
    fail_unless (a[i][0] == rows[i][0] && a[i][1] == rows[i][1]);
    fail_unless (actions[i][0] == rows[i][2] && actions[i][1] == rows[i][3]);
    fail_unless (b[i][0] == rows[i][4]);
  }
  assert_string_attr ("data/demo_0/obs/a", "names", "x,y");
  assert_string_attr ("data/demo_0/obs/b", "role", "event");
  assert_string_attr ("data/demo_0/actions", "method", "next");
  fail_if (has ("data/demo_0/valid"));
  close_file ();
}

GST_END_TEST;

/* Windows add a dimension after that of time, to actions and codes as well;
 * actions of all types become float32, next to each other. */
GST_START_TEST (test_window_and_mixed_actions)
{
  const gfloat obs[2][3] = { {1, 2, 3}, {4, 5, 6} };
  const gint32 grip[2][1] = { {7}, {-8} };
  const gdouble go[2][2] = { {0.25, 0.5}, {0.75, 1e300} };
  const guint8 state[2][3] = { {1, 2, 3}, {4, 0, 1} };
  const gint64 skew[2][3] = { {-1, 2, -3}, {4, G_MININT64, 6} };
  GstHarness *h = new_harness ("other/tensors, format=static, num_tensors=5, "
      "types=\"float32,int32,float64,uint8,int64\", window=2, "
      "dimensions=(string)\"3:2,1:2,2:2,3:2,3:2\", framerate=10/1, "
      "streams=\"o;grip;go;;\", kinds=\";;;state;skew\", "
      "roles=\"observation;action;action;;\", aligned=\"o,grip,go\"");
  gfloat o[2][3], actions[2][3];
  guint8 valid[2];
  gint64 skews[2];

  fail_unless_equals_int (gst_harness_push (h, new_buffer (GST_SECOND, obs,
              sizeof (obs), grip, sizeof (grip), go, sizeof (go), state,
              sizeof (state), skew, sizeof (skew), NULL)), GST_FLOW_OK);
  finish (h);
  read_set ("data/demo_0/obs/o", "1x2x3", H5T_NATIVE_FLOAT, o);
  read_set ("data/demo_0/actions", "1x2x3", H5T_NATIVE_FLOAT, actions);
  read_set ("data/demo_0/valid/grip", "1x2", H5T_NATIVE_UINT8, valid);
  read_set ("data/demo_0/skew/grip", "1x2", H5T_NATIVE_INT64, skews);
  fail_unless (memcmp (o, obs, sizeof (obs)) == 0);
  fail_unless (actions[0][0] == 7 && actions[0][1] == 0.25f
      && actions[0][2] == 0.5f && actions[1][0] == -8
      && actions[1][1] == 0.75f && actions[1][2] > G_MAXFLOAT);
  fail_unless (valid[0] == 2 && valid[1] == 0);
  fail_unless (skews[0] == 2 && skews[1] == G_MININT64);
  assert_string_attr ("data/demo_0/actions", "streams", "grip:0:1,go:1:2");
  fail_if (has ("data/demo_0/obs/tensor_3"));
  close_file ();
}

GST_END_TEST;

/* A gathered stream's count and times lie beside it. */
GST_START_TEST (test_gathered)
{
  const gfloat values[2][3] = { {1, 2, 3}, {4, 5, 6} };
  const gint32 count = 1;
  const gint64 times[2] = { 5, G_MININT64 };
  GstHarness *h = new_harness ("other/tensors, format=static, num_tensors=3, "
      "types=\"float32,int32,int64\", dimensions=\"3:2,1,2\", "
      "framerate=10/1, streams=\"f;f;f\", kinds=\";count;times\"");
  gint64 stored[2];

  fail_unless_equals_int (gst_harness_push (h, new_buffer (0, values,
              sizeof (values), &count, sizeof (count), times, sizeof (times),
              NULL)), GST_FLOW_OK);
  finish (h);
  read_set ("data/demo_0/obs/f", "1x2x3", H5T_NATIVE_FLOAT, NULL);
  read_set ("data/demo_0/obs/f_count", "1x1", H5T_NATIVE_INT, NULL);
  read_set ("data/demo_0/obs/f_times", "1x2", H5T_NATIVE_INT64, stored);
  fail_unless (memcmp (stored, times, sizeof (times)) == 0);
  fail_if (has ("data/demo_0/actions"));
  close_file ();
}

GST_END_TEST;

GST_START_TEST (test_types)
{
  static const gchar *const names[RC_N_DTYPES] = { "int8", "uint8", "int16",
    "uint16", "int32", "uint32", "int64", "uint64", "float16", "bfloat16",
    "float32", "float64"
  };
  /* -2 where there is a sign, else 2, little-endian */
  static const guint8 bytes[RC_N_DTYPES][8] = {
    {0xfe}, {2}, {0xfe, 0xff}, {2}, {0xfe, 0xff, 0xff, 0xff}, {2},
    {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, {2}, {0, 0xc0},
    {0, 0xc0}, {0, 0, 0, 0xc0}, {0, 0, 0, 0, 0, 0, 0, 0xc0}
  };
  const gdouble sign[RC_N_DTYPES] = { -1, 1, -1, 1, -1, 1, -1, 1, -1, -1, -1,
    -1
  };

  if (G_BYTE_ORDER != G_LITTLE_ENDIAN)
    return;
  for (guint t = 0; t < RC_N_DTYPES; t++) {
    gchar *caps = g_strdup_printf ("other/tensors, format=static, "
        "num_tensors=1, types=%s, dimensions=(string)1, framerate=10/1, "
        "streams=a", names[t]);
    GstHarness *h = new_harness (caps);
    gdouble value;

    fail_unless_equals_int (gst_harness_push (h, new_buffer (0, bytes[t],
                rc_dtype_size (t), NULL)), GST_FLOW_OK);
    finish (h);
    read_set ("data/demo_0/obs/a", "1x1", H5T_NATIVE_DOUBLE, &value);
    fail_unless (value == 2 * sign[t], "%s: %g", names[t], value);
    close_file ();
    g_unlink (path);
    g_free (caps);
  }
}

GST_END_TEST;

/* ---- episodes ---- */

static guint64
demo_rows (guint i)
{
  gchar *name = g_strdup_printf ("data/demo_%u", i);
  guint64 rows = has (name) ? int_attr (name, "num_samples") : 0;

  g_free (name);
  return rows;
}

GST_START_TEST (test_episodes)
{
  GstHarness *h = new_harness (ONE_CAPS);
  const guint want[] = { 2, 1, 3, 1, 1, 2 };
  gint64 start;

  g_object_set (h->element, "episode-gap", (guint64) 2 * GST_SECOND, NULL);
  push_one (h, 1 * GST_SECOND, 1);
  push_one (h, 2 * GST_SECOND, 2);
  /* twice: an episode without rows is none */
  g_signal_emit_by_name (h->element, "next-episode");
  g_signal_emit_by_name (h->element, "next-episode");
  push_one (h, 3 * GST_SECOND, 3);
  gst_harness_push_event (h, gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM,
          gst_structure_new_empty ("rc-next-episode")));
  push_one (h, 4 * GST_SECOND, 4);
  push_one (h, 6 * GST_SECOND, 5);      /* just no gap */
  gst_harness_push_event (h, gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM,
          gst_structure_new_empty ("something-else")));
  push_one (h, 7 * GST_SECOND, 6);
  push_one (h, 9 * GST_SECOND + 1, 7);  /* a gap */
  push_one (h, 8 * GST_SECOND, 8);      /* back in time */
  /* new caps; the same again change nothing */
  gst_harness_set_src_caps_str (h, ONE_CAPS ", names=\"x,y\"");
  push_one (h, 9 * GST_SECOND, 9);
  gst_harness_set_src_caps_str (h, ONE_CAPS ", names=\"x,y\"");
  push_one (h, 10 * GST_SECOND, 10);
  g_signal_emit_by_name (h->element, "next-episode");
  fail_unless_equals_uint64 (stat_of (h->element, "episodes"), 6);
  fail_unless_equals_uint64 (stat_of (h->element, "rows"), 10);
  finish (h);
  for (guint i = 0; i < G_N_ELEMENTS (want); i++)
    fail_unless_equals_uint64 (demo_rows (i), want[i]);
  fail_if (has ("data/demo_6"));
  fail_unless_equals_int64 (int_attr ("data", "total"), 10);
  read_set ("data/demo_4/time", "1", H5T_NATIVE_INT64, &start);
  fail_unless_equals_int64 (start, 8 * GST_SECOND);
  assert_string_attr ("data/demo_5/obs/a", "names", "x,y");
  fail_if (has ("action") || has ("observations") || has ("raw"));
  close_file ();
}

GST_END_TEST;

/* ---- raw streams ---- */

GST_START_TEST (test_raw_samples)
{
  GstHarness *h = new_harness (ONE_CAPS);
  GstHarness *imu = add_raw (h, "raw_imu", "other/tensors, format=static, "
      "num_tensors=1, types=float32, dimensions=(string)2:3, samples=3, "
      "framerate=0/1, names=\"x,y\"");
  const gfloat values[2][6] = { {1, 2, 3, 4, 5, 6}, {7, 8, 9, 10, 11, 12} };
  const gint64 times[2][3] = { {10, 20, 30}, {40, 55, 60} };
  GstBuffer *buffer;
  gfloat stored[6][2];
  gint64 stored_times[6];

  push_one (h, 0, 1);
  for (guint i = 0; i < 2; i++) {
    buffer = new_buffer (times[i][2], values[i], sizeof (values[i]), NULL);
    gst_rc_sample_times_add (buffer, times[i], 3);
    fail_unless_equals_int (gst_harness_push (imu, buffer), GST_FLOW_OK);
  }
  /* without times, with too few, a gap, and of the wrong size */
  gst_harness_push (imu, new_buffer (70, values[0], sizeof (values[0]), NULL));
  buffer = new_buffer (70, values[0], sizeof (values[0]), NULL);
  gst_rc_sample_times_add (buffer, times[0], 2);
  gst_harness_push (imu, buffer);
  buffer = gst_buffer_new ();
  GST_BUFFER_PTS (buffer) = 80;
  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_GAP);
  gst_harness_push (imu, buffer);
  buffer = new_buffer (90, values[0], (gsize) 20, NULL);
  gst_rc_sample_times_add (buffer, times[0], 3);
  gst_harness_push (imu, buffer);
  fail_unless_equals_uint64 (stat_of (h->element, "dropped"), 3);
  fail_unless_equals_uint64 (raw_rows (h->element, "imu"), 6);
  gst_element_set_state (h->element, GST_STATE_NULL);
  gst_harness_teardown (imu);
  finish (h);
  read_set ("raw/imu/values", "6x2", H5T_NATIVE_FLOAT, stored);
  read_set ("raw/imu/time", "6", H5T_NATIVE_INT64, stored_times);
  fail_unless (memcmp (stored, values, sizeof (values)) == 0);
  fail_unless (memcmp (stored_times, times, sizeof (times)) == 0);
  assert_string_attr ("raw/imu/values", "names", "x,y");
  close_file ();
}

GST_END_TEST;

/* Rows of video are padded to 4 bytes; in the file they are not. */
GST_START_TEST (test_raw_video)
{
  GstHarness *h = new_harness (ONE_CAPS);
  GstHarness *rgb = add_raw (h, "raw_rgb", "video/x-raw, format=RGB, width=5, "
      "height=2, framerate=30/1");
  GstHarness *gray = add_raw (h, "raw_gray", "video/x-raw, format=GRAY8, "
      "width=4, height=2, framerate=30/1");
  guint8 padded[2][16], grays[8] = { 1, 2, 3, 4, 5, 6, 7, 8 }, stored[2][15];
  guint8 stored_gray[8];

  push_one (h, 0, 1);
  for (guint i = 0; i < 32; i++)
    padded[i / 16][i % 16] = i;
  fail_unless_equals_int (gst_harness_push (rgb, new_buffer (7, padded,
              sizeof (padded), NULL)), GST_FLOW_OK);
  fail_unless_equals_int (gst_harness_push (gray, new_buffer (8, grays,
              sizeof (grays), NULL)), GST_FLOW_OK);
  gst_element_set_state (h->element, GST_STATE_NULL);
  gst_harness_teardown (rgb);
  gst_harness_teardown (gray);
  finish (h);
  read_set ("raw/rgb/values", "1x2x5x3", H5T_NATIVE_UINT8, stored);
  read_set ("raw/gray/values", "1x2x4x1", H5T_NATIVE_UINT8, stored_gray);
  for (guint i = 0; i < 30; i++)
    fail_unless_equals_int (stored[i / 15][i % 15], i / 15 * 16 + i % 15);
  fail_unless (memcmp (stored_gray, grays, sizeof (grays)) == 0);
  assert_string_attr ("raw/rgb/values", "format", "RGB");
  close_file ();
}

GST_END_TEST;

/* Times are running times, before the segment's start too. */
GST_START_TEST (test_segment)
{
  GstHarness *h = new_harness (ONE_CAPS);
  GstSegment segment;
  gint64 times[2];

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = 100;
  segment.base = 1000;
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  push_one (h, 100, 1);
  push_one (h, 130, 2);
  finish (h);
  read_set ("data/demo_0/time", "2", H5T_NATIVE_INT64, times);
  fail_unless (times[0] == 1000 && times[1] == 1030);
  close_file ();
}

GST_END_TEST;

/* Large rows can be compressed; small ones stay as they are. */
GST_START_TEST (test_compression)
{
  GstElement *sink = gst_element_factory_make ("rchdf5sink", NULL);
  hid_t big_set, small_set, list;
  const guint8 big[96 * 96] = { 1, 2, 3 };
  GstHarness *h, *raw;

  g_object_set (sink, "location", path, "compression", 1, NULL);
  h = gst_harness_new_with_element (sink, "sink", NULL);
  gst_object_unref (sink);
  gst_harness_play (h);
  gst_harness_set_src_caps_str (h, ONE_CAPS);
  raw = add_raw (h, "raw_big", "video/x-raw, format=GRAY8, width=96, "
      "height=96, framerate=30/1");
  push_one (h, 0, 1);
  gst_harness_push (raw, new_buffer (0, big, sizeof (big), NULL));
  gst_harness_push (raw, new_buffer (1, big, sizeof (big), NULL));
  gst_element_set_state (h->element, GST_STATE_NULL);
  gst_harness_teardown (raw);
  finish (h);
  big_set = H5Dopen2 (file, "raw/big/values", H5P_DEFAULT);
  small_set = H5Dopen2 (file, "data/demo_0/obs/a", H5P_DEFAULT);
  list = H5Dget_create_plist (big_set);
  fail_unless (H5Pget_nfilters (list) == 2);
  H5Pclose (list);
  list = H5Dget_create_plist (small_set);
  fail_unless (H5Pget_nfilters (list) == 0);
  H5Pclose (list);
  fail_unless (H5Dget_storage_size (big_set) < sizeof (big) / 10);
  H5Dclose (big_set);
  H5Dclose (small_set);
  read_set ("raw/big/values", "2x96x96x1", H5T_NATIVE_UINT8, NULL);
  close_file ();
}

GST_END_TEST;

static Suite *
hdf5_suite (void)
{
  Suite *s = suite_create ("hdf5");
  TCase *tc = tcase_create ("sink");

  gst_rc_metas_register ();
  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, test_bundle);
  tcase_add_test (tc, test_concat);
  tcase_add_test (tc, test_window_and_mixed_actions);
  tcase_add_test (tc, test_gathered);
  tcase_add_test (tc, test_types);
  tcase_add_test (tc, test_episodes);
  tcase_add_test (tc, test_raw_samples);
  tcase_add_test (tc, test_raw_video);
  tcase_add_test (tc, test_segment);
  tcase_add_test (tc, test_compression);
  return s;
}

GST_CHECK_MAIN (hdf5);
