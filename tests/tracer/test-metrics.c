/* SPDX-License-Identifier: Apache-2.0 */
/* The tracer rcmetrics. Work is simulated by handlers that burn a known amount of
 * their thread's CPU time, so that a busy machine changes nothing. */
#define GST_USE_UNSTABLE_API
#include <gst/check/check.h>
#include <gst/gsttracerfactory.h>

#include <glib/gstdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A tracer of its own for each test. */
typedef struct
{
  GstTracer *tracer;
  gchar *file;
} Metrics;

/* A line of the table, times in us. */
typedef struct
{
  guint64 count;
  gdouble cpu_mean, cpu_min, cpu_max, cpu_p99;
  gdouble wall_mean, wall_min, wall_max, wall_p99;
} Row;

static void
metrics_init (Metrics * m, const gchar * params)
{
  GstPluginFeature *feature =
      gst_registry_find_feature (gst_registry_get (), "rcmetrics",
      GST_TYPE_TRACER_FACTORY);
  GstPluginFeature *loaded;
  GError *error = NULL;
  gchar *all;
  gint fd;

  fail_unless (feature != NULL, "no tracer rcmetrics");
  loaded = gst_plugin_feature_load (feature);
  fd = g_file_open_tmp ("rcmetrics-XXXXXX", &m->file, &error);
  fail_unless (fd >= 0);
  close (fd);
  all = g_strdup_printf ("file=%s,%s", m->file, params);
  m->tracer =
      g_object_new (gst_tracer_factory_get_tracer_type (GST_TRACER_FACTORY
          (loaded)), "params", all, NULL);
  gst_object_ref_sink (m->tracer);
  g_free (all);
  gst_object_unref (loaded);
  gst_object_unref (feature);
}

static void
metrics_clear (Metrics * m)
{
  g_unlink (m->file);
  g_free (m->file);
  gst_object_unref (m->tracer);
}

/* The line of an element and a kind of work in the table number `table`; FALSE
 * when there is none. */
static gboolean
find_row (Metrics * m, guint table, const gchar * element, const gchar * work,
    Row * row)
{
  gchar *text, **lines;
  gboolean found = FALSE;
  guint tables = 0;

  fail_unless (g_file_get_contents (m->file, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", 0);
  for (gchar ** line = lines; *line; line++) {
    gchar name[64], kind[64];
    Row r;

    tables += g_str_has_prefix (*line, "rcmetrics: ");
    if (tables != table + 1
        || sscanf (*line, "%63s %63s %" G_GUINT64_FORMAT
            " %lf %lf %lf %lf %lf %lf %lf %lf", name, kind, &r.count,
            &r.cpu_mean, &r.cpu_min, &r.cpu_max, &r.cpu_p99, &r.wall_mean,
            &r.wall_min, &r.wall_max, &r.wall_p99) != 11)
      continue;
    fail_unless (r.cpu_min <= r.cpu_mean && r.cpu_mean <= r.cpu_max
        && r.cpu_min <= r.cpu_p99 && r.cpu_p99 <= r.cpu_max, "%s", *line);
    fail_unless (r.wall_min <= r.wall_mean && r.wall_mean <= r.wall_max
        && r.wall_min <= r.wall_p99 && r.wall_p99 <= r.wall_max, "%s", *line);
    /* to what the clocks may differ by, in us: an interrupt between the readings
     * of the two counts in one of them only */
    fail_unless (r.wall_mean >= r.cpu_mean * 0.99 - 100, "%s", *line);
    if (g_str_equal (name, element) && g_str_equal (kind, work)) {
      fail_unless (!found, "%s twice", element);
      found = TRUE;
      *row = r;
    }
  }
  g_strfreev (lines);
  g_free (text);
  return found;
}

static Row
get_row (Metrics * m, const gchar * element, const gchar * work, guint count)
{
  Row row;

  fail_unless (find_row (m, 0, element, work, &row), "no line %s %s", element,
      work);
  fail_unless_equals_uint64 (row.count, count);
  return row;
}

static void
burn (guint ms)
{
  struct timespec t;
  gint64 start, now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
  start = now = t.tv_sec * (gint64) GST_SECOND + t.tv_nsec;
  while (now - start < ms * (gint64) GST_MSECOND) {
    clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
    now = t.tv_sec * (gint64) GST_SECOND + t.tv_nsec;
  }
}

/* "handoff" of identity, fakesrc and fakesink: as many ms as their name says. */
static void
on_handoff (GstElement * element)
{
  burn (g_ascii_strtoull (strpbrk (GST_OBJECT_NAME (element), "0123456789"),
          NULL, 10));
}

static GstElement *
make (const gchar * line)
{
  GError *error = NULL;
  GstElement *pipeline = gst_parse_launch (line, &error);
  GstIterator *it;
  GValue item = G_VALUE_INIT;

  fail_unless (pipeline != NULL && error == NULL, "%s", line);
  it = gst_bin_iterate_recurse (GST_BIN (pipeline));
  while (gst_iterator_next (it, &item) == GST_ITERATOR_OK) {
    GstElement *element = g_value_get_object (&item);

    if (g_str_has_prefix (GST_OBJECT_NAME (element), "burn")) {
      g_object_set (element, "signal-handoffs", TRUE, NULL);
      g_signal_connect (element, "handoff", G_CALLBACK (on_handoff), NULL);
    }
    g_value_reset (&item);
  }
  g_value_unset (&item);
  gst_iterator_free (it);
  return pipeline;
}

static void
play_to_eos (GstElement * pipeline)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *msg;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  msg = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless (msg && GST_MESSAGE_TYPE (msg) == GST_MESSAGE_EOS);
  gst_message_unref (msg);
  gst_object_unref (bus);
}

static void
run (GstElement * pipeline)
{
  play_to_eos (pipeline);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

static void
run_line (const gchar * line)
{
  GstElement *pipeline = make (line);

  run (pipeline);
  gst_object_unref (pipeline);
}

static void
fail_unless_between (gdouble value, gdouble low, gdouble high)
{
  fail_unless (value >= low && value < high, "%f us is not in [%f, %f)", value,
      low, high);
}

/* Each element's own work, whatever the others do in the same thread; the
 * source's first buffer does not count. */
GST_START_TEST (test_own_work_only)
{
  Metrics m;
  Row row;

  metrics_init (&m, "");
  run_line ("fakesrc name=burn8 num-buffers=10 filltype=zero sizemax=8 ! "
      "identity name=burn2 ! identity name=idle ! fakesink name=burn20");
  row = get_row (&m, "burn8", "loop", 9);
  fail_unless_between (row.cpu_min, 8000, 8000 + 2000);
  fail_unless_between (row.cpu_mean, 8000, 8000 + 2000);
  row = get_row (&m, "burn2", "chain", 10);
  fail_unless_between (row.cpu_min, 2000, 2000 + 2000);
  fail_unless_between (row.cpu_mean, 2000, 2000 + 2000);
  row = get_row (&m, "idle", "chain", 10);
  fail_unless_between (row.cpu_mean, 0, 2000);
  row = get_row (&m, "burn20", "chain", 10);
  fail_unless_between (row.cpu_min, 20000, 20000 + 2000);
  metrics_clear (&m);
}

GST_END_TEST;

/* A ghost pad's pushes in between are nobody's work, and bins have no line. */
GST_START_TEST (test_bins)
{
  Metrics m;
  Row row;

  metrics_init (&m, "");
  run_line ("fakesrc num-buffers=10 filltype=zero sizemax=8 ! "
      "bin.( name=box identity name=burn2 ! identity name=idle ) ! "
      "fakesink name=burn5");
  row = get_row (&m, "burn2", "chain", 10);
  fail_unless_between (row.cpu_min, 2000, 4000);
  row = get_row (&m, "idle", "chain", 10);
  fail_unless_between (row.cpu_mean, 0, 2000);
  row = get_row (&m, "burn5", "chain", 10);
  fail_unless_between (row.cpu_min, 5000, 7000);
  fail_if (find_row (&m, 0, "box", "chain", &row));
  metrics_clear (&m);
}

GST_END_TEST;

/* Waiting shows in wall time alone: a sink that follows the clock, and a queue
 * whose thread waits for a slow source. */
GST_START_TEST (test_waiting)
{
  Metrics m;
  Row row;

  metrics_init (&m, "");
  run_line ("rctestsrc is-live=true kind=imu rate=100/1 num-buffers=20 ! "
      "queue name=q ! fakesink name=s sync=false");
  row = get_row (&m, "q", "chain", 20);
  row = get_row (&m, "q", "loop", 19);
  fail_unless (row.wall_mean > 5000 && row.cpu_mean < 2500);
  row = get_row (&m, "s", "chain", 20);
  metrics_clear (&m);

  metrics_init (&m, "elements=s");
  run_line ("rctestsrc kind=imu rate=100/1 num-buffers=20 ! "
      "fakesink name=s sync=true");
  row = get_row (&m, "s", "chain", 20);
  fail_unless (row.wall_mean > 5000 && row.cpu_mean < 2500);
  metrics_clear (&m);
}

GST_END_TEST;

/* An aggregator: storing its input, and making its output in its own thread. */
GST_START_TEST (test_aggregator)
{
  Metrics m;

  metrics_init (&m, "");
  run_line ("rcfusemux name=m rate=50/1 ! fakesink name=burn3 "
      "rctestsrc kind=imu rate=200/1 num-buffers=200 ! m.sink_a "
      "rctestsrc kind=force rate=100/1 num-buffers=100 ! m.sink_b");
  get_row (&m, "m", "chain", 300);
  /* ticks from 0 to 980 ms, at least; the first does not count */
  {
    Row row, sink;

    fail_unless (find_row (&m, 0, "m", "loop", &row));
    fail_unless (find_row (&m, 0, "burn3", "chain", &sink));
    fail_unless_equals_uint64 (row.count, sink.count - 1);
    fail_unless (sink.count >= 49);
    fail_unless (row.cpu_mean < 2500, "the sink's work counts: %f us",
        row.cpu_mean);
  }
  metrics_clear (&m);
}

GST_END_TEST;

/* Buffers that are pulled are the work of whom they are pulled from. */
GST_START_TEST (test_pull)
{
  Metrics m;
  Row row;

  metrics_init (&m, "");
  run_line ("fakesrc name=burn2 num-buffers=10 can-activate-push=false "
      "can-activate-pull=true filltype=zero sizetype=fixed sizemax=8 ! "
      "fakesink can-activate-pull=true can-activate-push=false num-buffers=9");
  fail_unless (find_row (&m, 0, "burn2", "pull", &row));
  fail_unless (row.count >= 9);
  fail_unless_between (row.cpu_mean, 2000, 4000);
  metrics_clear (&m);
}

GST_END_TEST;

static GstPadProbeReturn
burn_at_caps (GstPad * pad, GstPadProbeInfo * info, gpointer n)
{
  if (GST_EVENT_TYPE (info->data) == GST_EVENT_CAPS) {
    burn (30);
    ++*(guint *) n;
  }
  return GST_PAD_PROBE_OK;
}

/* What an event makes downstream do is not the work of who pushes it; and a list
 * is one piece of work. */
GST_START_TEST (test_events_and_lists)
{
  Metrics m;
  GstElement *pipeline, *src, *sink;
  GstPad *pad;
  GstFlowReturn ret;
  guint n_caps = 0;
  Row row;

  metrics_init (&m, "");
  pipeline = make ("appsrc name=src format=time ! fakesink name=sink");
  src = gst_bin_get_by_name (GST_BIN (pipeline), "src");
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  pad = gst_element_get_static_pad (sink, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, burn_at_caps,
      &n_caps, NULL);
  for (guint i = 0; i < 6; i++) {
    GstCaps *caps = gst_caps_new_simple ("test/x", "n", G_TYPE_INT, i, NULL);
    GstBufferList *list = gst_buffer_list_new ();
    GstSample *sample;

    for (guint k = 0; k < 3; k++)
      gst_buffer_list_add (list, gst_buffer_new_allocate (NULL, 8, NULL));
    sample = gst_sample_new (NULL, caps, NULL, NULL);
    gst_sample_set_buffer_list (sample, list);
    g_signal_emit_by_name (src, "push-sample", sample, &ret);
    fail_unless_equals_int (ret, GST_FLOW_OK);
    gst_sample_unref (sample);
    gst_buffer_list_unref (list);
    gst_caps_unref (caps);
  }
  g_signal_emit_by_name (src, "end-of-stream", &ret);
  run (pipeline);
  fail_unless_equals_int (n_caps, 6);
  row = get_row (&m, "src", "loop", 5);
  fail_unless (row.cpu_max < 30000, "%f us", row.cpu_max);
  row = get_row (&m, "sink", "chain", 6);
  fail_unless (row.cpu_max < 30000, "%f us", row.cpu_max);
  gst_object_unref (pad);
  gst_object_unref (sink);
  gst_object_unref (src);
  gst_object_unref (pipeline);
  metrics_clear (&m);
}

GST_END_TEST;

/* elements= takes names and names of factories; a table for each run; parts of a
 * pipeline do not print one. */
GST_START_TEST (test_runs_and_patterns)
{
  Metrics m;
  GstElement *pipeline, *extra;
  Row row;

  metrics_init (&m, "elements=iden*|out");
  pipeline = make ("fakesrc num-buffers=5 ! identity name=x ! tee name=t "
      "t. ! queue ! fakesink name=out  t. ! queue ! fakesink name=other");
  run (pipeline);
  get_row (&m, "x", "chain", 5);
  get_row (&m, "out", "chain", 5);
  fail_if (find_row (&m, 0, "t", "chain", &row));
  fail_if (find_row (&m, 0, "other", "chain", &row));

  play_to_eos (pipeline);
  extra = gst_bin_get_by_name (GST_BIN (pipeline), "other");
  gst_element_set_state (extra, GST_STATE_NULL);
  fail_if (find_row (&m, 1, "x", "chain", &row));
  gst_element_set_state (pipeline, GST_STATE_NULL);
  fail_unless (find_row (&m, 1, "x", "chain", &row));
  fail_unless_equals_uint64 (row.count, 5);
  fail_if (find_row (&m, 2, "x", "chain", &row));
  gst_object_unref (extra);
  gst_object_unref (pipeline);
  metrics_clear (&m);
}

GST_END_TEST;

static void
on_need_data (GstElement * src, guint length, gint * n)
{
  g_atomic_int_inc (n);
}

/* The time for which a pipeline was paused is no work of a source. */
GST_START_TEST (test_pause)
{
  Metrics m;
  GstElement *pipeline, *src;
  GstFlowReturn ret;
  gint n_asked = 0;

  metrics_init (&m, "elements=src");
  pipeline = make ("appsrc name=src format=time ! "
      "fakesink async=false sync=false");
  src = gst_bin_get_by_name (GST_BIN (pipeline), "src");
  g_signal_connect (src, "need-data", G_CALLBACK (on_need_data), &n_asked);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (gint i = 0; i < 4; i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 8, NULL);

    /* the thread is back from its push when it asks for more */
    while (g_atomic_int_get (&n_asked) <= i)
      g_thread_yield ();
    if (i == 2) {
      gst_element_set_state (pipeline, GST_STATE_PAUSED);
      gst_element_set_state (pipeline, GST_STATE_PLAYING);
    }
    g_signal_emit_by_name (src, "push-buffer", buffer, &ret);
    gst_buffer_unref (buffer);
  }
  while (g_atomic_int_get (&n_asked) < 5)
    g_thread_yield ();
  gst_element_set_state (pipeline, GST_STATE_NULL);
  /* from buffer 0 to 1 and from 2 to 3, not from 1 to 2 */
  get_row (&m, "src", "loop", 2);
  gst_object_unref (src);
  gst_object_unref (pipeline);
  metrics_clear (&m);
}

GST_END_TEST;

static gchar *warning;

static gboolean
keep_warning (const gchar * domain, GLogLevelFlags level, const gchar * text,
    gpointer data)
{
  g_free (warning);
  warning = g_strdup (text);
  return TRUE;
}

GST_START_TEST (test_bad_parameters)
{
  static const gchar *const bad[] = { "elments=x", "elements", "elements=",
    "elements=a,elements=b", "7"
  };
  GRegex *ours = g_regex_new ("^rcmetrics: ", 0, 0, NULL);
  Metrics m;

  gst_check_add_log_filter (NULL, G_LOG_LEVEL_WARNING, ours, keep_warning, NULL,
      NULL);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    metrics_init (&m, bad[i]);
    fail_unless (warning && strstr (warning, "rcmetrics: parameter '"),
        "no warning about %s but %s", bad[i], warning);
    g_clear_pointer (&warning, g_free);
    metrics_clear (&m);
  }
  /* a file that cannot be written */
  metrics_init (&m, "elements=fake*");
  g_unlink (m.file);
  fail_unless_equals_int (g_mkdir (m.file, 0700), 0);
  run_line ("fakesrc num-buffers=2 ! fakesink");
  fail_unless (warning && strstr (warning, "rcmetrics: cannot write file="));
  g_clear_pointer (&warning, g_free);
  fail_unless_equals_int (g_rmdir (m.file), 0);
  gst_check_clear_log_filter ();
  metrics_clear (&m);
}

GST_END_TEST;

static Suite *
metrics_suite (void)
{
  Suite *s = suite_create ("rcmetrics");
  TCase *t = tcase_create ("metrics");

  suite_add_tcase (s, t);
  tcase_add_test (t, test_own_work_only);
  tcase_add_test (t, test_bins);
  tcase_add_test (t, test_waiting);
  tcase_add_test (t, test_aggregator);
  tcase_add_test (t, test_pull);
  tcase_add_test (t, test_events_and_lists);
  tcase_add_test (t, test_runs_and_patterns);
  tcase_add_test (t, test_pause);
  tcase_add_test (t, test_bad_parameters);
  return s;
}

GST_CHECK_MAIN (metrics);
