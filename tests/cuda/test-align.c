/* SPDX-License-Identifier: Apache-2.0 */
/* rcfusemux on device memory: the CPU's buffers, whatever lies where; what it copies
 * and allocates; and what it does when the driver fails. On the stub, whose kernels do
 * nothing, only what the CPU takes over can be compared. */
#include <gst/app/gstappsink.h>
#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <string.h>

#include "onstub.h"

#define CUDA "(memory:CUDAMemory)"
#define STREAMS 3
#define VECTOR(name) name ", format=(string)static, num_tensors=(int)1, " \
    "types=(string)float32, dimensions=(string)7, framerate=(fraction)0/1"

/* Sources of each kind; %s: what comes between each and the mux. Quaternions are
 * slerped, the clouds cut to max-points. */
#define SOURCES \
    "rctestsrc kind=pose num-buffers=400 jitter=0.5 ! %s m.sink_pose " \
    "rctestsrc kind=imu num-buffers=900 jitter=0.5 loss=0.05 ! %s m.sink_imu " \
    "rctestsrc kind=lidar num-buffers=20 ! %s m.sink_cloud " \
    "rctestsrc kind=command num-buffers=100 ! %s m.sink_action "

typedef struct
{
  const gchar *mux;             /* properties */
  gboolean float_only;          /* output=concat: no clouds, no actions */
} Shape;

static const Shape shapes[] = {
  {"rate=100/1", FALSE},
  {"rate=50/1 window=5 step=2", FALSE},
  {"rate=50/1 window=40 stride=3 window-start=repeat", FALSE},
  {"rate=100/1 state-tensor=true skew-tensor=true", FALSE},
  {"rate=100/1 output=concat", TRUE},
  {"rate=100/1 output=concat window=4", TRUE},
  {"rate=30/1 sink_pose::method=mean sink_imu::method=gather "
        "sink_imu::samples=12", FALSE},
  {"rate=200/1 sink_pose::method=pchip sink_imu::method=nearest", FALSE},
};

/* What lies between a source and the mux. */
typedef enum
{
  HOST,
  DEVICE,
  MIXED,
} Place;

static gchar *
make_line (const Shape * shape, Place place, const gchar * more,
    const gchar * after)
{
  const gchar *up = place == HOST ? "" : "rcupload !";
  const gchar *other = place == DEVICE ? up : "";
  gchar *sources, *line;

  if (shape->float_only)
    sources = g_strdup_printf ("rctestsrc kind=pose num-buffers=400 jitter=0.5 "
        "! %s m.sink_pose rctestsrc kind=imu num-buffers=900 jitter=0.5 ! %s "
        "m.sink_imu", up, other);
  else
    sources = g_strdup_printf (SOURCES, up, other, up, other);
  line = g_strdup_printf ("rcfusemux name=m %s %s sink_cloud::max-points=700 "
      "sink_action::role=action ! %s appsink name=out sync=false "
      "max-buffers=20 %s", shape->mux, more, after, sources);
  g_free (sources);
  return line;
}

typedef struct
{
  GstElement *pipeline, *mux, *sink;
} Run;

static Run
run_new (const gchar * line)
{
  GError *error = NULL;
  Run r = { gst_parse_launch (line, &error), NULL, NULL };

  fail_unless (r.pipeline != NULL && !error, "%s: %s", line, error ?
      error->message : "?");
  r.mux = gst_bin_get_by_name (GST_BIN (r.pipeline), "m");
  r.sink = gst_bin_get_by_name (GST_BIN (r.pipeline), "out");
  gst_element_set_state (r.pipeline, GST_STATE_PLAYING);
  return r;
}

/* Elements that live: a thread of GStreamer's may let go of one last. */
static GMutex living_lock;
static GCond living_cond;
static gint living;

static void
count_death (gpointer unused, GObject * object)
{
  g_mutex_lock (&living_lock);
  living--;
  g_cond_signal (&living_cond);
  g_mutex_unlock (&living_lock);
}

static void
count_life (const GValue * item, gpointer unused)
{
  living++;
  g_object_weak_ref (g_value_get_object (item), count_death, NULL);
}

static void
run_free (Run * r)
{
  GstIterator *elements = gst_bin_iterate_elements (GST_BIN (r->pipeline));

  gst_iterator_foreach (elements, count_life, NULL);
  gst_iterator_free (elements);
  gst_element_set_state (r->pipeline, GST_STATE_NULL);
  gst_object_unref (r->mux);
  gst_object_unref (r->sink);
  gst_object_unref (r->pipeline);
  g_mutex_lock (&living_lock);
  while (living > 0)
    g_cond_wait (&living_cond, &living_lock);
  g_mutex_unlock (&living_lock);
}

static guint64
run_stat (Run * r, const gchar * name)
{
  GstStructure *stats;
  guint64 value;

  g_object_get (r->mux, "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint64 (stats, name, &value));
  gst_structure_free (stats);
  return value;
}

/* The text of the first error and warning, NULL where there was none; owned by the
 * caller. */
static void
run_messages (Run * r, gchar ** errors, gchar ** warnings)
{
  GstBus *bus = gst_element_get_bus (r->pipeline);
  GstMessage *message;

  *errors = *warnings = NULL;
  while ((message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR
              | GST_MESSAGE_WARNING))) {
    const gboolean bad = GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR;
    gchar **text = bad ? errors : warnings, *debug = NULL;
    GError *error = NULL;

    if (bad)
      gst_message_parse_error (message, &error, &debug);
    else
      gst_message_parse_warning (message, &error, &debug);
    if (!*text)
      *text = g_strdup_printf ("%s (%s)", error->message, debug);
    g_error_free (error);
    g_free (debug);
    gst_message_unref (message);
  }
  gst_object_unref (bus);
}

static gboolean
on_device (GstSample * sample)
{
  return gst_caps_features_contains (gst_caps_get_features (gst_sample_get_caps
          (sample), 0), "memory:CUDAMemory");
}

static void
assert_equal (GstSample * a, GstSample * b, const gchar * line)
{
  GstBuffer *x = gst_sample_get_buffer (a), *y = gst_sample_get_buffer (b);
  GstStructure *sx = gst_structure_copy (gst_caps_get_structure
      (gst_sample_get_caps (a), 0));

  fail_unless (gst_structure_is_equal (sx, gst_caps_get_structure
          (gst_sample_get_caps (b), 0)));
  gst_structure_free (sx);
  fail_unless_equals_uint64 (GST_BUFFER_PTS (x), GST_BUFFER_PTS (y));
  fail_unless_equals_uint64 (GST_BUFFER_DURATION (x), GST_BUFFER_DURATION (y));
  fail_unless_equals_int (gst_buffer_n_memory (x), gst_buffer_n_memory (y));
  for (guint i = 0; i < gst_buffer_n_memory (x); i++) {
    GstMapInfo mx, my;
    gsize k = 0;

    fail_unless (gst_memory_map (gst_buffer_peek_memory (x, i), &mx,
            GST_MAP_READ));
    fail_unless (gst_memory_map (gst_buffer_peek_memory (y, i), &my,
            GST_MAP_READ));
    fail_unless_equals_uint64 (mx.size, my.size);
    while (k < mx.size && mx.data[k] == my.data[k])
      k++;
    if (k < mx.size)
      fail ("%s: at %" GST_TIME_FORMAT " byte %" G_GSIZE_FORMAT " of %"
          G_GSIZE_FORMAT " of memory %u is %02x, not %02x", line,
          GST_TIME_ARGS (GST_BUFFER_PTS (x)), k, mx.size, i, my.data[k],
          mx.data[k]);
    gst_memory_unmap (mx.memory, &mx);
    gst_memory_unmap (my.memory, &my);
  }
}

typedef enum
{
  NO_BYTES,
  ALL,
  FROM_THE_CPU,                 /* while the device has made none */
} Compare;

/* Two lines, buffer by buffer; `compare`: whose bytes. How many there were until one
 * ended; `complete`: both did. */
static guint
compare_runs (Run * want, Run * got, const gchar * line, Compare compare,
    gboolean device, gboolean * complete)
{
  guint n = 0;

  for (;;) {
    GstSample *a = gst_app_sink_pull_sample (GST_APP_SINK (want->sink));
    GstSample *b = gst_app_sink_pull_sample (GST_APP_SINK (got->sink));

    if (!a || !b) {
      /* the caller looks for an error */
      if (a)
        gst_sample_unref (a);
      fail_unless (!b, "%s: more than %u buffers", line, n);
      *complete = !a;
      return n;
    }
    fail_unless_equals_int (on_device (b), device);
    if (compare == ALL || (compare == FROM_THE_CPU
            && run_stat (got, "cuda") == 0))
      assert_equal (a, b, line);
    gst_sample_unref (a);
    gst_sample_unref (b);
    n++;
  }
}

GST_START_TEST (test_places)
{
  const Shape *shape = &shapes[__i__];
  const gboolean slow = g_getenv ("RC_SLOW") != NULL;

  for (Place place = slow ? MIXED : HOST; place <= MIXED; place++) {
    for (guint i = 0; i < 4; i += slow ? 2 : 1) {
      static const gchar *const after[] = { "", "rcdownload !", "", "" };
      static const gchar *const backend[] =
          { "", "", "backend=cuda", "backend=cpu" };
      gchar *reference = make_line (shape, HOST, "backend=cpu", "");
      gchar *line = make_line (shape, place, backend[i], after[i]);
      Run want = run_new (reference), got = run_new (line);
      const gboolean computed = i == 2 || (i != 3 && place != HOST);
      gboolean complete;
      guint n = compare_runs (&want, &got, line, !on_stub () || !computed
          ? ALL : NO_BYTES, i != 1 && i != 3 && place != HOST, &complete);

      fail_unless (n > 10 && complete, "%s: %u buffers", line, n);
      fail_unless_equals_uint64 (run_stat (&got, "cuda"), computed ? n : 0);
      fail_unless_equals_uint64 (run_stat (&got, "fallbacks"), 0);
      run_free (&got);
      run_free (&want);
      g_free (line);
      g_free (reference);
      fail_unless_equals_int (stub_alive (), 0);
    }
  }
}

GST_END_TEST;

/* What fails on the device, at any time, comes from the CPU: where the device had made
 * nothing, the same bits. */
GST_START_TEST (test_fall_back)
{
  static const gchar *const calls[] = { "cuMemAlloc_v2", "cuMemHostAlloc",
    "cuMemAllocAsync", "cuEventCreate", "cuStreamCreate", "cuMemcpyHtoD_v2",
    "cuModuleLoadData", "cuEventRecord", "cuStreamWaitEvent", "cuLaunchKernel",
    "cuMemcpyHtoDAsync_v2"
  };
  const Shape *shape = &shapes[__i__];
  gchar *line = make_line (shape, HOST, "",
      "other/tensors" CUDA " !");
  gchar *reference = make_line (shape, HOST, "backend=cpu", "");
  const gboolean windows = strstr (shape->mux, "window") != NULL;
  const gboolean slow = g_getenv ("RC_SLOW") != NULL;
  guint fallbacks = 0, whole = 0;

  for (guint c = 0; c < (slow ? 4 : G_N_ELEMENTS (calls)); c++) {
    for (gint k = 0; k < (slow ? 1 : 20); k = 4 * k + 1) {
      Run want, got;
      gchar *errors, *warnings;
      gboolean complete;
      guint n;

      stub_fail (calls[c], 2, k, 1000000);
      want = run_new (reference);
      got = run_new (line);
      n = compare_runs (&want, &got, line, windows ? NO_BYTES : FROM_THE_CPU,
          TRUE, &complete);
      run_messages (&got, &errors, &warnings);
      /* where nothing can be ordered any more, a window stays on the device */
      fail_unless (errors == NULL || (windows && strstr (calls[c], "Event")),
          "%s: %s", calls[c], errors);
      fail_unless (errors || (n > 10 && complete));
      if (run_stat (&got, "fallbacks")) {
        fail_unless (strstr (warnings, "m: CUDA failed, computing on the CPU"));
        fallbacks++;
      }
      whole += run_stat (&got, "cuda") == 0;
      g_free (warnings);
      g_free (errors);
      run_free (&want);
      run_free (&got);
      stub_fail ("", 0, 0, 0);
      fail_unless_equals_int (stub_alive (), 0);
    }
  }
  fail_unless (fallbacks > (slow ? 1 : 10) && whole > (slow ? 1 : 5));
  g_free (line);
  g_free (reference);
}

GST_END_TEST;

/* A launch that fails while the pipeline runs; then nothing does. */
GST_START_TEST (test_lost_kernels)
{
  const Shape *shape = &shapes[__i__];
  gchar *line = make_line (shape, MIXED, "", "");
  gchar *reference = make_line (shape, HOST, "backend=cpu", "");
  gchar *errors, *warnings;
  Run want, got;
  gboolean complete;
  guint n;

  stub_fail ("cuLaunchKernel", 719, 0, 1000000);
  want = run_new (reference);
  got = run_new (line);
  n = compare_runs (&want, &got, line, ALL, TRUE, &complete);
  fail_unless (n > 10 && complete);
  fail_unless_equals_uint64 (run_stat (&got, "fallbacks"), 1);
  fail_unless_equals_uint64 (run_stat (&got, "cuda"), 0);
  run_free (&got);
  /* for those who insist it is an error */
  g_free (line);
  line = make_line (shape, MIXED, "backend=cuda", "");
  got = run_new (line);
  while (gst_app_sink_pull_sample (GST_APP_SINK (got.sink)))
    fail ("a buffer");
  run_messages (&got, &errors, &warnings);
  fail_unless (errors && strstr (errors, "STUB_ERROR_719"), "%s", errors);
  run_free (&got);
  run_free (&want);
  g_free (errors);
  g_free (warnings);
  g_free (line);
  g_free (reference);
  fail_unless_equals_int (stub_alive (), 0);
}

GST_END_TEST;

/* Calls per tick once it runs: three streams on the device, one launch, no copy, no
 * allocation, and no thread that waits. */
GST_START_TEST (test_steady_state)
{
  static const struct
  {
    const gchar *name;
    gint each;                  /* per tick */
  } calls[] = {
    {"cuMemAlloc_v2", 0}, {"cuMemHostAlloc", 0}, {"cuMemAllocAsync", 0},
    {"cuEventCreate", 0}, {"cuStreamCreate", 0}, {"cuEventSynchronize", 0},
    {"cuMemcpyDtoHAsync_v2", 0}, {"cuMemcpyDtoDAsync_v2", 0},
    {"cuMemcpyHtoD_v2", 0}, {"cuLaunchKernel", 1}, {"cuModuleLoadData", 0},
    {"cuMemcpyHtoDAsync_v2", STREAMS}, {"cuEventRecord", 1 + STREAMS}
  };
  gint before[G_N_ELEMENTS (calls)];
  GstElement *mux = gst_element_factory_make ("rcfusemux", NULL);
  GstHarness *up = gst_harness_new ("rcupload"), *h[STREAMS];
  GList *held = NULL;

  g_object_set (mux, "rate", 1000, 1, NULL);
  gst_harness_set_src_caps_str (up, VECTOR ("other/tensors"));
  for (guint s = 0; s < STREAMS; s++) {
    gchar *name = g_strdup_printf ("sink_%u", s);

    h[s] = gst_harness_new_with_element (mux, name, s ? NULL : "src");
    gst_harness_set_live (h[s], FALSE);
    gst_harness_set_src_caps_str (h[s], VECTOR ("other/tensors" CUDA));
    g_free (name);
  }
  for (gint i = 0; i < 200; i++) {
    for (guint c = 0; i == 100 && c < G_N_ELEMENTS (calls); c++)
      before[c] = stub_calls (calls[c].name);
    for (guint s = 0; s < STREAMS; s++) {
      GstBuffer *b = gst_buffer_new_allocate (NULL, 28, NULL);

      gst_buffer_memset (b, 0, i, 28);
      /* between the ticks: it has to be interpolated */
      GST_BUFFER_PTS (b) = i * GST_MSECOND + s * 1000;
      fail_unless_equals_int (gst_harness_push (up, b), GST_FLOW_OK);
      b = gst_harness_pull (up);
      /* at first more is held than ever later, when a thread may be slower */
      if (i < 20)
        held = g_list_prepend (held, gst_buffer_ref (b));
      fail_unless_equals_int (gst_harness_push (h[s], b), GST_FLOW_OK);
    }
    /* the second samples complete the first tick, and so on */
    if (i > 0)
      gst_buffer_unref (gst_harness_pull (h[0]));
    if (i == 20)
      g_list_free_full (held, (GDestroyNotify) gst_buffer_unref);
  }
  for (guint c = 0; c < G_N_ELEMENTS (calls); c++) {
    const gint made = stub_calls (calls[c].name) - before[c];

    fail_unless (made == 100 * calls[c].each, "%s: %d calls", calls[c].name,
        made);
  }
  for (guint s = STREAMS; s-- > 0;)
    gst_harness_teardown (h[s]);
  gst_harness_teardown (up);
  gst_object_unref (mux);
  fail_unless_equals_int (stub_alive (), 0);
}

GST_END_TEST;

static Suite *
align_suite (void)
{
  const gint n = G_N_ELEMENTS (shapes);
  Suite *s = suite_create ("rcfusemux on device memory");
  TCase *t = tcase_create ("align");

  suite_add_tcase (s, t);
  /* (where tests do not fork, the stub is theirs together) */
  tcase_add_checked_fixture (t, NULL, on_stub_mend);
  tcase_add_loop_test (t, test_places, 0, n);
  if (on_stub ()) {
    tcase_add_loop_test (t, test_fall_back, 0, n);
    tcase_add_loop_test (t, test_lost_kernels, 0, n);
    tcase_add_test (t, test_steady_state);
  } else {
    g_print ("SKIP: counts and failures of the driver: they need the stub\n");
  }
  return s;
}

int
main (int argc, char **argv)
{
  if (!on_stub_have_device ())
    return 77;
  gst_check_init (&argc, &argv);
  return gst_check_run_suite (align_suite (), "align", __FILE__);
}
