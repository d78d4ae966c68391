/* SPDX-License-Identifier: Apache-2.0 */
/* rchdf5sink: what it refuses, and its life in a pipeline. */
#include "hdf5check.h"

#include <sys/resource.h>

/* ---- what is refused ---- */

GST_START_TEST (test_bad_rows)
{
  GstHarness *h = new_harness (ROWS_CAPS);
  const gfloat few[2] = { 1, 2 };
  GstBus *bus = bus_of (h);
  GstMessage *warning;
  GstBuffer *buffer;
  Row row;

  push_row (h, 0);
  row_fill (&row, 1);
  /* no time, the time before, too few bytes, no provenance where the rows before
   * have it */
  gst_harness_push (h, new_buffer (GST_CLOCK_TIME_NONE, row.imu,
          sizeof (row.imu), row.front, sizeof (row.front), row.cmd,
          sizeof (row.cmd), NULL));
  gst_harness_push (h, new_buffer (GST_MSECOND, row.imu, sizeof (row.imu),
          row.front, sizeof (row.front), row.cmd, sizeof (row.cmd), NULL));
  gst_harness_push (h, new_buffer (2 * GST_MSECOND, few, sizeof (few), NULL));
  gst_harness_push (h, new_buffer (2 * GST_MSECOND, few, sizeof (few),
          row.front, sizeof (row.front), row.cmd, sizeof (row.cmd), NULL));
  gst_harness_push (h, new_buffer (2 * GST_MSECOND, row.imu,
          sizeof (row.imu), row.front, sizeof (row.front), row.cmd,
          sizeof (row.cmd), NULL));
  fail_unless_equals_uint64 (stat_of (h->element, "dropped"), 5);
  /* merged by an element in between: the same bytes in one memory */
  row_fill (&row, 1);
  buffer = new_buffer (row.time, row.imu, sizeof (row.imu), row.front,
      sizeof (row.front), row.cmd, sizeof (row.cmd), NULL);
  gst_rc_provenance_add (buffer, 1, 3, 1, row.state, row.skew, row.skew, 0);
  gst_buffer_replace_all_memory (buffer, gst_buffer_get_all_memory (buffer));
  fail_unless_equals_int (gst_harness_push (h, buffer), GST_FLOW_OK);
  fail_unless_equals_uint64 (stat_of (h->element, "rows"), 2);
  warning = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
  fail_unless (warning != NULL);
  gst_message_unref (warning);
  fail_unless (gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING) == NULL);
  drop_bus (h, bus);
  finish (h);
  fail_unless_equals_int64 (int_attr ("data/demo_0", "num_samples"), 2);
  close_file ();
}

GST_END_TEST;

static const struct
{
  const gchar *pad, *caps, *message;
} bad_caps[] = {
  {"sink", ONE_CAPS "/b", "\"a/b\" cannot name an HDF5 dataset"},
  {"sink", ONE_CAPS ", names=\"x,y,z\"", "3 entries for 2 channels"},
  {"sink", ONE_CAPS ", window=3", "caps say window=3"},
  {"sink", "other/tensors, format=static, num_tensors=2, types=\"int8,int8\", "
        "dimensions=\"1,1\", framerate=1/1, streams=\"a;a\"",
      "\"a\" is there twice"},
  {"sink", "other/tensors, format=static, num_tensors=1, types=float32, "
        "dimensions=(int)2, framerate=1/1", "a string is needed"},
  {"sink", "other/tensors, format=static, num_tensors=1, types=uint8, "
        "dimensions=(string)2, framerate=1/1, kinds=state, aligned=\"a,b,c\"",
      "of kind state has 2 elements"},
  {"raw_x", "other/tensors, format=static, num_tensors=2, "
        "types=\"int8,int8\", dimensions=\"1,1\", framerate=1/1",
      "a raw stream is one tensor"},
  {"raw_x", "other/tensors, format=static, num_tensors=1, types=int8, "
        "dimensions=(string)2, framerate=1/1, samples=3", "samples=3"},
};

GST_START_TEST (test_bad_caps)
{
  GstHarness *h = new_harness (ONE_CAPS), *raw = NULL;
  gboolean aligned = g_str_equal (bad_caps[__i__].pad, "sink");
  GstBus *bus = bus_of (h);
  GstCaps *caps;

  push_one (h, 0, 1);
  if (!aligned)
    raw = gst_harness_new_with_element (h->element, bad_caps[__i__].pad, NULL);
  caps = gst_caps_from_string (bad_caps[__i__].caps);
  gst_harness_push_event (aligned ? h : raw, gst_event_new_caps (caps));
  gst_caps_unref (caps);
  assert_error (bus, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
      bad_caps[__i__].message);
  drop_bus (h, bus);
  gst_element_set_state (h->element, GST_STATE_NULL);
  if (raw)
    gst_harness_teardown (raw);
  finish (h);
  /* the row before stays */
  fail_unless_equals_int64 (int_attr ("data", "total"), 1);
  close_file ();
}

GST_END_TEST;

GST_START_TEST (test_bytes_segment)
{
  GstHarness *h = new_harness (ONE_CAPS);
  GstBus *bus = bus_of (h);
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_BYTES);
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  fail_unless_equals_int (push_one (h, 0, 1), GST_FLOW_ERROR);
  assert_error (bus, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "bytes");
  drop_bus (h, bus);
  gst_element_set_state (h->element, GST_STATE_NULL);
  gst_harness_teardown (h);
  fail_if (g_file_test (path, G_FILE_TEST_EXISTS));
}

GST_END_TEST;

/* The same raw stream with another shape cannot go into the same datasets. */
GST_START_TEST (test_raw_changes_shape)
{
  GstHarness *h = new_harness (ONE_CAPS);
  GstHarness *raw = add_raw (h, "raw_a", FORCE_CAPS);
  GstBus *bus = bus_of (h);
  const gfloat values[3] = { 1, 2, 3 };

  push_one (h, 0, 1);
  gst_harness_push (raw, new_buffer (1, values, (gsize) 8, NULL));
  gst_harness_set_src_caps_str (raw, FORCE_CAPS ", names=\"x,y\"");
  gst_harness_push (raw, new_buffer (2, values, (gsize) 8, NULL));
  gst_harness_set_src_caps_str (raw, "other/tensors, format=static, "
      "num_tensors=1, types=float32, dimensions=(string)3, framerate=0/1");
  fail_unless_equals_int (gst_harness_push (raw, new_buffer (3, values,
              sizeof (values), NULL)), GST_FLOW_ERROR);
  assert_error (bus, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "raw stream");
  drop_bus (h, bus);
  gst_element_set_state (h->element, GST_STATE_NULL);
  gst_harness_teardown (raw);
  finish (h);
  read_set ("raw/a/values", "2x2", H5T_NATIVE_FLOAT, NULL);
  close_file ();
}

GST_END_TEST;

static void
assert_start_fails (const gchar * location, gint code, const gchar * part)
{
  GstElement *sink = gst_element_factory_make ("rchdf5sink", NULL);
  GstBus *bus = gst_bus_new ();

  g_object_set (sink, "location", location, NULL);
  gst_element_set_bus (sink, bus);
  fail_unless_equals_int (gst_element_set_state (sink, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);
  assert_error (bus, GST_RESOURCE_ERROR, code, part);
  gst_element_set_bus (sink, NULL);
  gst_element_set_state (sink, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (sink);
}

GST_START_TEST (test_bad_locations)
{
  gchar *missing = g_build_filename (folder, "no", "such", NULL);
  GstHarness *h;

  assert_start_fails (NULL, GST_RESOURCE_ERROR_NOT_FOUND, "location");
  assert_start_fails (missing, GST_RESOURCE_ERROR_OPEN_WRITE, missing);
  assert_start_fails (folder, GST_RESOURCE_ERROR_OPEN_WRITE, folder);
  g_free (missing);
  /* a recording that is there, finished or not, stays */
  h = new_harness (ONE_CAPS);
  push_one (h, 0, 1);
  assert_start_fails (path, GST_RESOURCE_ERROR_OPEN_WRITE, "overwrite=true");
  finish (h);
  close_file ();
  assert_start_fails (path, GST_RESOURCE_ERROR_OPEN_WRITE, "overwrite=true");
  open_file ();
  fail_unless_equals_int64 (int_attr ("data", "total"), 1);
  close_file ();
}

GST_END_TEST;

GST_START_TEST (test_overwrite)
{
  GstHarness *h = new_harness (ONE_CAPS), *other;
  GstElement *sink = gst_element_factory_make ("rchdf5sink", NULL);
  GstBus *bus = gst_bus_new ();

  /* not while somebody records into it */
  push_one (h, 0, 1);
  g_object_set (sink, "location", path, "overwrite", TRUE, NULL);
  gst_element_set_bus (sink, bus);
  fail_unless_equals_int (gst_element_set_state (sink, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);
  assert_error (bus, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE,
      "another program");
  finish (h);
  fail_unless_equals_int64 (int_attr ("data", "total"), 1);
  close_file ();
  gst_element_set_bus (sink, NULL);
  gst_object_unref (bus);
  gst_element_set_state (sink, GST_STATE_NULL);
  other = gst_harness_new_with_element (sink, "sink", NULL);
  gst_object_unref (sink);
  gst_harness_play (other);
  gst_harness_set_src_caps_str (other, ONE_CAPS);
  push_one (other, 0, 1);
  push_one (other, 1, 2);
  finish (other);
  fail_unless_equals_int64 (int_attr ("data", "total"), 2);
  close_file ();
}

GST_END_TEST;

/* ---- life of the element ---- */

GST_START_TEST (test_empty)
{
  GstHarness *h = new_harness (ONE_CAPS);

  gst_harness_push_event (h, gst_event_new_eos ());
  gst_element_set_state (h->element, GST_STATE_NULL);
  gst_harness_teardown (h);
  fail_if (g_file_test (path, G_FILE_TEST_EXISTS));
}

GST_END_TEST;

GST_START_TEST (test_restart)
{
  GstHarness *h = new_harness (ONE_CAPS);
  gchar *first = path;

  push_one (h, 0, 1);
  push_one (h, 1, 2);
  gst_element_set_state (h->element, GST_STATE_READY);
  fail_unless_equals_uint64 (stat_of (h->element, "rows"), 2);
  path = g_build_filename (folder, "second.h5", NULL);
  g_object_set (h->element, "location", path, NULL);
  gst_element_set_state (h->element, GST_STATE_PLAYING);
  gst_harness_push_event (h, gst_event_new_stream_start ("again"));
  gst_harness_set_src_caps_str (h, ONE_CAPS);
  push_one (h, 0, 3);
  finish (h);
  fail_unless_equals_int64 (int_attr ("data", "total"), 1);
  close_file ();
  g_unlink (path);
  g_free (path);
  path = first;
  open_file ();
  fail_unless_equals_int64 (int_attr ("data", "total"), 2);
  close_file ();
}

GST_END_TEST;

/* Rows are flushed in time though none follows them. */
GST_START_TEST (test_flush_interval)
{
  GstHarness *h = new_harness (ONE_CAPS);
  GstBus *bus = bus_of (h);
  guint64 rows = 0;

  g_object_set (h->element, "flush-interval", 20, NULL);
  push_one (h, 0, 1);
  push_one (h, 1, 2);
  push_one (h, 2, 3);
  while (rows < 3) {
    GstMessage *message = gst_bus_timed_pop_filtered (bus, 10 * GST_SECOND,
        GST_MESSAGE_ELEMENT);

    fail_unless (message != NULL, "only %u rows were flushed", (guint) rows);
    fail_unless (gst_message_has_name (message, "rchdf5sink-flushed"));
    fail_unless (gst_structure_get_uint64 (gst_message_get_structure (message),
            "rows", &rows));
    gst_message_unref (message);
  }
  fail_unless_equals_uint64 (stat_of (h->element, "flushed-rows"), 3);
  drop_bus (h, bus);
  finish (h);
  close_file ();
}

GST_END_TEST;

static gpointer
push_late (gpointer h)
{
  return GINT_TO_POINTER (push_one (h, 5 * GST_SECOND, 1));
}

GST_START_TEST (test_sync)
{
  GstElement *sink = gst_element_factory_make ("rchdf5sink", NULL);
  GstHarness *h;
  GThread *thread;

  g_object_set (sink, "location", path, NULL);
  h = gst_harness_new_with_element (sink, "sink", NULL);
  /* the harness turns it off */
  g_object_set (sink, "sync", TRUE, NULL);
  gst_object_unref (sink);
  gst_harness_use_testclock (h);
  gst_harness_play (h);
  gst_harness_set_src_caps_str (h, ONE_CAPS);
  thread = g_thread_new (NULL, push_late, h);
  fail_unless (gst_harness_wait_for_clock_id_waits (h, 1, 10));
  fail_unless_equals_uint64 (stat_of (h->element, "rows"), 0);
  fail_unless (gst_harness_crank_single_clock_wait (h));
  fail_unless_equals_int (GPOINTER_TO_INT (g_thread_join (thread)),
      GST_FLOW_OK);
  fail_unless_equals_uint64 (stat_of (h->element, "rows"), 1);
  finish (h);
  close_file ();
}

GST_END_TEST;

/* n buffers of one row each, 1 ms apart. */
static void
add_source (GstElement * pipeline, GstElement * sink, const gchar * pad,
    guint n)
{
  GstElement *src = gst_element_factory_make ("fakesrc", NULL);
  GstElement *filter = gst_element_factory_make ("capsfilter", NULL);

  g_object_set (src, "num-buffers", n, "format", GST_FORMAT_TIME, "datarate",
      8000, "sizemax", 8, NULL);
  gst_util_set_object_arg (G_OBJECT (src), "sizetype", "fixed");
  gst_util_set_object_arg (G_OBJECT (filter), "caps", FORCE_CAPS);
  gst_bin_add_many (GST_BIN (pipeline), src, filter, NULL);
  fail_unless (gst_element_link (src, filter));
  fail_unless (gst_element_link_pads (filter, "src", sink, pad));
}

/* EOS comes when all pads that have a peer are at their end. */
GST_START_TEST (test_eos)
{
  GstElement *pipeline = gst_pipeline_new (NULL);
  GstElement *sink = gst_element_factory_make ("rchdf5sink", NULL);
  GstPad *unused;
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message;

  g_object_set (sink, "location", path, NULL);
  gst_bin_add (GST_BIN (pipeline), sink);
  unused = gst_element_request_pad_simple (sink, "raw_unused");
  add_source (pipeline, sink, "raw_a", 50);
  if (__i__ == 0)
    add_source (pipeline, sink, "sink", 5);
  fail_unless (gst_element_set_state (pipeline, GST_STATE_PLAYING)
      != GST_STATE_CHANGE_FAILURE);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS);
  gst_message_unref (message);
  fail_unless_equals_uint64 (raw_rows (sink, "a"), 50);
  fail_unless_equals_uint64 (stat_of (sink, "rows"), __i__ == 0 ? 5 : 0);
  gst_element_release_request_pad (sink, unused);
  gst_object_unref (unused);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
  open_file ();
  read_set ("raw/a/values", "50x2", H5T_NATIVE_FLOAT, NULL);
  fail_unless_equals_int (has ("data/demo_0"), __i__ == 0);
  close_file ();
}

GST_END_TEST;

/* A raw pad comes and goes while the aligned stream runs; its name can come
 * again. */
GST_START_TEST (test_raw_pad_while_playing)
{
  GstHarness *h = new_harness (ONE_CAPS);
  GstBus *bus = bus_of (h);
  const gfloat values[2] = { 1, 2 };
  GstMessage *message;

  push_one (h, 0, 1);
  for (guint i = 0; i < 2; i++) {
    GstHarness *raw = add_raw (h, "raw_late", FORCE_CAPS);
    GstPad *pad = gst_element_get_static_pad (h->element, "raw_late");

    fail_unless_equals_int (gst_harness_push (raw, new_buffer (i, values,
                sizeof (values), NULL)), GST_FLOW_OK);
    gst_pad_unlink (raw->srcpad, pad);
    gst_element_release_request_pad (h->element, pad);
    gst_object_unref (pad);
    gst_harness_teardown (raw);
  }
  push_one (h, 1, 2);
  gst_harness_push_event (h, gst_event_new_eos ());
  message = gst_bus_timed_pop_filtered (bus, 10 * GST_SECOND, GST_MESSAGE_EOS);
  fail_unless (message != NULL);
  gst_message_unref (message);
  drop_bus (h, bus);
  finish (h);
  fail_unless_equals_int64 (int_attr ("data", "total"), 2);
  read_set ("raw/late/values", "2x2", H5T_NATIVE_FLOAT, NULL);
  close_file ();
}

GST_END_TEST;

/* A limit for the size of files, which Check's process of its own gives back:
 * an error, no signal, and every row that was taken is in the file. */
GST_START_TEST (test_size_limit)
{
  GstElement *sink = gst_element_factory_make ("rchdf5sink", NULL);
  struct rlimit limit = { 1 << 20, RLIM_INFINITY };
  GstFlowReturn ret = GST_FLOW_OK;
  guint64 taken = 0, rows;
  GstHarness *h;
  GstBus *bus;

  getrlimit (RLIMIT_FSIZE, &limit);
  limit.rlim_cur = 1 << 20;
  fail_unless_equals_int (setrlimit (RLIMIT_FSIZE, &limit), 0);
  g_object_set (sink, "location", path, "reserve", (guint64) (__i__ ? 65536 :
          0), NULL);
  h = gst_harness_new_with_element (sink, "sink", NULL);
  gst_object_unref (sink);
  gst_harness_play (h);
  gst_harness_set_src_caps_str (h, ONE_CAPS);
  bus = bus_of (h);
  for (; ret == GST_FLOW_OK && taken < 200000; taken++)
    ret = push_one (h, taken, taken + 1);
  fail_unless_equals_int (ret, GST_FLOW_ERROR);
  fail_unless_equals_int (push_one (h, taken, 1), GST_FLOW_FLUSHING);
  rows = stat_of (h->element, "flushed-rows");
  assert_error (bus, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT,
      "No space left");
  drop_bus (h, bus);
  fail_unless_equals_uint64 (rows, taken - 1);
  finish (h);
  fail_unless_equals_int64 (int_attr ("data/demo_0", "num_samples"), rows);
  fail_unless (rows > 20000);
  close_file ();
}

GST_END_TEST;

GST_START_TEST (test_env_args)
{
  GstElement *sink = gst_element_factory_make ("rchdf5sink", NULL);
  gchar *text;

  g_object_set (sink, "env-args", "{\"env_name\": \"lift\"}", NULL);
  g_object_get (sink, "env-args", &text, NULL);
  fail_unless_equals_string (text, "{\"env_name\": \"lift\"}");
  g_free (text);
  g_log_set_always_fatal (G_LOG_FATAL_MASK);
  g_test_expect_message (NULL, G_LOG_LEVEL_WARNING, "*not a JSON object*");
  g_object_set (sink, "env-args", "lift", NULL);
  g_test_assert_expected_messages ();
  g_object_get (sink, "env-args", &text, NULL);
  fail_unless_equals_string (text, "{\"env_name\": \"lift\"}");
  g_free (text);
  gst_object_unref (sink);
}

GST_END_TEST;

static Suite *
hdf5life_suite (void)
{
  Suite *s = suite_create ("hdf5life");
  TCase *tc = tcase_create ("sink");

  gst_rc_metas_register ();
  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, test_bad_rows);
  tcase_add_loop_test (tc, test_bad_caps, 0, G_N_ELEMENTS (bad_caps));
  tcase_add_test (tc, test_bytes_segment);
  tcase_add_test (tc, test_raw_changes_shape);
  tcase_add_test (tc, test_bad_locations);
  tcase_add_test (tc, test_overwrite);
  tcase_add_test (tc, test_empty);
  tcase_add_test (tc, test_restart);
  tcase_add_test (tc, test_flush_interval);
  tcase_add_test (tc, test_sync);
  tcase_add_loop_test (tc, test_eos, 0, 2);
  tcase_add_test (tc, test_raw_pad_while_playing);
  tcase_add_loop_test (tc, test_size_limit, 0, 2);
  tcase_add_test (tc, test_env_args);
  return s;
}

GST_CHECK_MAIN (hdf5life);
