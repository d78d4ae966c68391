/* SPDX-License-Identifier: Apache-2.0 */
/* rctestsrc among others: live on a test clock, caps, seeking, refused
 * settings, restarts. */
#include "runs.h"

/* ---- live ---- */

/* A live run to EOS, the test clock moved from one wait to the next; `arrivals`
 * receives the clock's time when each buffer had come. */
static Run
run_live (const gchar * line, GArray * arrivals)
{
  Run r = {.h = gst_harness_new_parse (line) };
  GstTestClock *clock = gst_harness_get_testclock (r.h);
  gboolean eos = FALSE;
  GstEvent *event;
  GstBuffer *b;

  r.buffers =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_buffer_unref);
  gst_harness_play (r.h);
  while (!eos) {
    GstClockTime now = gst_clock_get_time (GST_CLOCK (clock));

    while ((event = gst_harness_try_pull_event (r.h))) {
      eos |= GST_EVENT_TYPE (event) == GST_EVENT_EOS;
      gst_event_unref (event);
    }
    while ((b = gst_harness_try_pull (r.h))) {
      g_ptr_array_add (r.buffers, b);
      g_array_append_val (arrivals, now);
    }
    if (!eos && gst_test_clock_peek_id_count (clock) > 0)
      gst_test_clock_crank (clock);
    else
      g_thread_yield ();
  }
  gst_object_unref (clock);
  return r;
}

GST_START_TEST (test_live_same_as_not)
{
  GArray *arrivals = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
  Run a = run_all ("rctestsrc seed=11 " FAULTS);
  Run b = run_live ("rctestsrc is-live=true burst=8 seed=11 " FAULTS, arrivals);

  assert_same (&a, &b);
  run_clear (&a);
  run_clear (&b);
  g_array_unref (arrivals);
}

GST_END_TEST;

GST_START_TEST (test_live_waits)
{
  GstHarness *h = gst_harness_new_parse ("rctestsrc is-live=true rate=10/1 "
      "burst=3 offset=7000000");
  GstTestClock *clock = gst_harness_get_testclock (h);
  GstBuffer *b;
  GstClockID id;

  gst_harness_play (h);
  for (guint group = 0; group < 3; group++) {
    GstClockTime last = (3 * group + 2) * 100 * MS;

    /* nothing until the third of them has been taken */
    gst_test_clock_wait_for_next_pending_id (clock, &id);
    fail_unless_equals_uint64 (gst_clock_id_get_time (id), last);
    gst_clock_id_unref (id);
    gst_test_clock_set_time (clock, last - 1);
    fail_unless_equals_int (gst_harness_buffers_in_queue (h), 0);
    fail_unless (gst_test_clock_crank (clock));
    for (guint i = 0; i < 3; i++) {
      /* the others find that their time has come */
      b = gst_harness_pull (h);
      fail_unless_equals_uint64 (GST_BUFFER_PTS (b),
          (3 * group + i) * 100 * MS + 7 * MS);
      gst_buffer_unref (b);
    }
  }
  gst_object_unref (clock);
  gst_harness_teardown (h);
}

GST_END_TEST;

static void
check_latency (const gchar * line, GstClockTime expected)
{
  GstHarness *h = gst_harness_new_parse (line);

  gst_harness_play (h);
  fail_unless_equals_uint64 (gst_harness_query_latency (h), expected);
  gst_harness_teardown (h);
}

GST_START_TEST (test_latency)
{
  check_latency ("rctestsrc is-live=true", 0);
  check_latency ("rctestsrc is-live=true rate=100/1 burst=5", 40 * MS);
  check_latency ("rctestsrc is-live=true rate=100/1 burst=5 jitter=0.5",
      45 * MS);
  check_latency ("rctestsrc is-live=true rate=100/1 offset=-3000000", 3 * MS);
  check_latency ("rctestsrc is-live=true offset=3000000", 0);
  check_latency ("rctestsrc is-live=true rate=100/1 duplicates=0.1", 10 * MS);
}

GST_END_TEST;

/* A dead live sensor says nothing, not even EOS, and can still be stopped. */
GST_START_TEST (test_live_dead)
{
  GstHarness *h = gst_harness_new_parse ("rctestsrc is-live=true rate=10/1 "
      "dead-from=100000000");
  GstTestClock *clock = gst_harness_get_testclock (h);
  guint buffers;

  gst_harness_play (h);
  for (guint i = 0; i < 30; i++) {
    gst_test_clock_wait_for_next_pending_id (clock, NULL);
    fail_unless (gst_test_clock_crank (clock));
  }
  gst_test_clock_wait_for_next_pending_id (clock, NULL);
  buffers = gst_harness_buffers_received (h);
  fail_unless_equals_int (buffers, 1);
  fail_unless (gst_clock_get_time (GST_CLOCK (clock)) >= 2800 * MS);
  gst_object_unref (clock);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* A source that is started in a pipeline that has been running for a minute. */
GST_START_TEST (test_live_join)
{
  GstHarness *h = gst_harness_new_parse ("rctestsrc is-live=true rate=3/1");
  GstTestClock *clock = gst_harness_get_testclock (h);
  GstBuffer *b;

  gst_test_clock_set_time (clock, 60 * GST_SECOND + 1);
  gst_harness_play (h);
  gst_test_clock_wait_for_next_pending_id (clock, NULL);
  fail_unless (gst_test_clock_crank (clock));
  b = gst_harness_pull (h);
  fail_unless_equals_uint64 (GST_BUFFER_OFFSET (b), 181);
  fail_unless_equals_uint64 (GST_BUFFER_PTS (b),
      G_GUINT64_CONSTANT (181000000000) / 3);
  gst_buffer_unref (b);
  gst_object_unref (clock);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* ---- caps, seeking, errors ---- */

static void
check_caps (const gchar * line, const gchar * expected)
{
  GstElement *src = gst_parse_launch (line, NULL);
  GstPad *pad = gst_element_get_static_pad (src, "src");
  GstCaps *caps = gst_pad_query_caps (pad, NULL);
  GstCaps *want = gst_caps_from_string (expected);

  fail_unless (want != NULL && gst_caps_is_equal (caps, want), "%s: %"
      GST_PTR_FORMAT, line, caps);
  gst_caps_unref (want);
  gst_caps_unref (caps);
  gst_object_unref (pad);
  gst_object_unref (src);
}

#define TENSORS "other/tensors, format=static, num_tensors=1, framerate=0/1, "

GST_START_TEST (test_caps)
{
  check_caps ("rctestsrc joints=2", TENSORS "types=float32, "
      "dimensions=(string)4, names=\"q0,q1,dq0,dq1\", "
      "units=\"rad,rad,rad/s,rad/s\", velocities=\"2:0,3:1\"");
  check_caps ("rctestsrc kind=command joints=2", TENSORS "types=float32, "
      "dimensions=(string)2, names=\"q0_set,q1_set\", units=\"rad,rad\", "
      "roles=action");
  check_caps ("rctestsrc kind=force type=float64", TENSORS "types=float64, "
      "dimensions=(string)6, names=\"fx,fy,fz,tx,ty,tz\", "
      "units=\"N,N,N,Nm,Nm,Nm\"");
  check_caps ("rctestsrc kind=imu", TENSORS "types=float32, "
      "dimensions=(string)10, names=\"qw,qx,qy,qz,gx,gy,gz,ax,ay,az\", "
      "units=\"1,1,1,1,rad/s,rad/s,rad/s,m/s^2,m/s^2,m/s^2\", "
      "quaternions=(string)0:wxyz");
  check_caps ("rctestsrc kind=pose", TENSORS "types=float32, "
      "dimensions=(string)7, names=\"x,y,z,qw,qx,qy,qz\", "
      "units=\"m,m,m,1,1,1,1\", quaternions=(string)3:wxyz");
  check_caps ("rctestsrc kind=lidar", "application/x-pointcloud, "
      "point-step=16, "
      "fields=\"x:f32:0:1,y:f32:4:1,z:f32:8:1,intensity:f32:12:1\", "
      "framerate=0/1, frame-id=lidar");
}

GST_END_TEST;

GST_START_TEST (test_seek)
{
  static const gchar *line = "rctestsrc type=float64 rate=300/1 jitter=1.7 "
      "loss=0.1 duplicates=0.2 skew-ppm=40000 offset=-12345678 "
      "duration=5000000000";
  Run all = run_all (line);
  GstElement *pipeline = gst_parse_launch ("rctestsrc name=s type=float64 "
      "rate=300/1 jitter=1.7 loss=0.1 duplicates=0.2 skew-ppm=40000 "
      "offset=-12345678 duration=5000000000 ! appsink name=a sync=false", NULL);
  GstElement *sink = gst_bin_get_by_name (GST_BIN (pipeline), "a");
  GstSample *sample;
  guint i = 0;
  gboolean seekable;
  GstQuery *query = gst_query_new_seeking (GST_FORMAT_TIME);

  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  gst_element_get_state (pipeline, NULL, NULL, GST_CLOCK_TIME_NONE);
  fail_unless (gst_element_query (pipeline, query));
  gst_query_parse_seeking (query, NULL, &seekable, NULL, NULL);
  gst_query_unref (query);
  fail_unless (seekable);
  fail_unless (gst_element_seek (pipeline, 1, GST_FORMAT_TIME,
          GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, 2 * GST_SECOND,
          GST_SEEK_TYPE_NONE, 0));
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  /* the very samples at or after 2 s of the whole run */
  for (;;) {
    g_signal_emit_by_name (sink, "pull-sample", &sample);
    if (!sample)
      break;
    while (GST_BUFFER_PTS (nth (&all, i)) < 2 * GST_SECOND)
      i++;
    fail_unless_equals_uint64 (GST_BUFFER_PTS (nth (&all, i)),
        GST_BUFFER_PTS (gst_sample_get_buffer (sample)));
    fail_unless (value (nth (&all, i), 0) ==
        value (gst_sample_get_buffer (sample), 0));
    gst_sample_unref (sample);
    i++;
  }
  fail_unless_equals_int (i, all.buffers->len);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (sink);
  gst_object_unref (pipeline);
  run_clear (&all);
}

GST_END_TEST;

static void
check_refused (const gchar * line, const gchar * words)
{
  GstElement *pipeline = gst_parse_launch (line, NULL);
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message;
  GError *error = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 10 * GST_SECOND,
      GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  fail_unless (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR,
      "not refused: %s", line);
  gst_message_parse_error (message, &error, NULL);
  fail_unless (g_error_matches (error, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_SETTINGS));
  fail_unless (strstr (error->message, words), "%s", error->message);
  g_error_free (error);
  gst_message_unref (message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
}

GST_START_TEST (test_refused)
{
  check_refused ("rctestsrc dead-until=5 ! fakesink",
      "dead-until=5 needs a dead-from");
  check_refused ("rctestsrc dead-from=7 dead-until=7 ! fakesink",
      "dead-until=7 is not after dead-from=7");
  check_refused ("rctestsrc kind=lidar type=float64 ! fakesink",
      "type=float64");
  check_refused ("rctestsrc kind=command noise=0.5 ! fakesink", "noise=0.5");
}

GST_END_TEST;

/* Settings count from the next start on; a source can be started again. */
GST_START_TEST (test_restart)
{
  GstElement *pipeline = gst_parse_launch ("rctestsrc name=s num-buffers=3 ! "
      "appsink name=a sync=false", NULL);
  GstElement *src = gst_bin_get_by_name (GST_BIN (pipeline), "s");
  GstElement *sink = gst_bin_get_by_name (GST_BIN (pipeline), "a");

  for (guint i = 0; i < 2; i++) {
    GstSample *sample;
    guint n = 0;

    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    for (;;) {
      g_signal_emit_by_name (sink, "pull-sample", &sample);
      if (!sample)
        break;
      fail_unless_equals_uint64 (GST_BUFFER_OFFSET (gst_sample_get_buffer
              (sample)), n);
      fail_unless_equals_int (gst_buffer_get_size (gst_sample_get_buffer
              (sample)), i ? 24 : 56);
      gst_sample_unref (sample);
      /* must not show before the restart */
      g_object_set (src, "kind", 1, NULL);
      n++;
    }
    fail_unless_equals_int (n, 3);
    gst_element_set_state (pipeline, GST_STATE_NULL);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (src);
  gst_object_unref (sink);
  gst_object_unref (pipeline);
}

GST_END_TEST;

/* The samples from 1 s to 2 s, and none at 2 s. */
GST_START_TEST (test_seek_to_a_stop)
{
  GstElement *pipeline = gst_parse_launch ("rctestsrc rate=10/1 joints=1 ! "
      "appsink name=a sync=false", NULL);
  GstElement *sink = gst_bin_get_by_name (GST_BIN (pipeline), "a");
  GstSample *sample;
  guint k = 10;

  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  gst_element_get_state (pipeline, NULL, NULL, GST_CLOCK_TIME_NONE);
  /* a sensor cannot run backwards */
  fail_if (gst_element_seek (pipeline, -1, GST_FORMAT_TIME,
          GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_SET,
          GST_SECOND));
  fail_unless (gst_element_seek (pipeline, 1, GST_FORMAT_TIME,
          GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, GST_SECOND,
          GST_SEEK_TYPE_SET, 2 * GST_SECOND));
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (;; k++) {
    g_signal_emit_by_name (sink, "pull-sample", &sample);
    if (!sample)
      break;
    fail_unless_equals_uint64 (GST_BUFFER_PTS (gst_sample_get_buffer (sample)),
        k * 100 * MS);
    gst_sample_unref (sample);
  }
  fail_unless_equals_int (k, 20);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (sink);
  gst_object_unref (pipeline);
}

GST_END_TEST;

/* Every property gives back what was set, as text. */
GST_START_TEST (test_properties)
{
  static const gchar *const set[][2] = {
    {"kind", "imu"}, {"type", "float64"}, {"rate", "30000/1001"},
    {"is-live", "true"}, {"duration", "123456789012"}, {"joints", "12"},
    {"points", "1000"}, {"seed", "18446744073709551615"}, {"jitter", "0.25"},
    {"loss", "0.125"}, {"burst", "8"}, {"duplicates", "0.5"},
    {"skew-ppm", "-12.5"}, {"offset", "-125000000"}, {"dead-from", "5"},
    {"dead-until", "7"}, {"noise", "0.5"}
  };
  GstElement *src = gst_element_factory_make ("rctestsrc", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (set); i++) {
    GValue was = G_VALUE_INIT, is = G_VALUE_INIT;
    GParamSpec *pspec = g_object_class_find_property (G_OBJECT_GET_CLASS (src),
        set[i][0]);

    fail_unless (pspec != NULL, "no property %s", set[i][0]);
    g_value_init (&was, pspec->value_type);
    g_value_init (&is, pspec->value_type);
    fail_unless (gst_value_deserialize (&was, set[i][1]));
    fail_if (g_param_value_defaults (pspec, &was));
    g_object_set_property (G_OBJECT (src), set[i][0], &was);
    g_object_get_property (G_OBJECT (src), set[i][0], &is);
    fail_unless (g_param_values_cmp (pspec, &was, &is) == 0, "%s", set[i][0]);
    g_value_unset (&was);
    g_value_unset (&is);
  }
  gst_object_unref (src);
}

GST_END_TEST;

static Suite *
testsrc_live_suite (void)
{
  Suite *s = suite_create ("rctestsrc in a pipeline");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_live_same_as_not);
  tcase_add_test (tc, test_live_waits);
  tcase_add_test (tc, test_latency);
  tcase_add_test (tc, test_live_dead);
  tcase_add_test (tc, test_live_join);
  tcase_add_test (tc, test_caps);
  tcase_add_test (tc, test_seek);
  tcase_add_test (tc, test_refused);
  tcase_add_test (tc, test_restart);
  tcase_add_test (tc, test_seek_to_a_stop);
  tcase_add_test (tc, test_properties);
  return s;
}

GST_CHECK_MAIN (testsrc_live);
