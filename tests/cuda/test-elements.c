/* SPDX-License-Identifier: Apache-2.0 */
/* Elements on device memory: what they keep, what they copy, what they allocate once
 * they run, and what they do when the driver fails. On a real device also that their
 * results are the CPU's bits. */
#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <string.h>
#include <sys/wait.h>

#include "../common/splitmix.h"
#include "onstub.h"

#define CUDA "(memory:CUDAMemory)"
#define CLOUD ", point-step=(int)16, fields=(string)" \
    "\"x:f32:0:1,y:f32:4:1,z:f32:8:1,intensity:f32:12:1\", " \
    "framerate=(fraction)10/1"
#define GRID "voxel-size=0.5 min=-8,-8,-2 max=8,8,2 "
#define POINTS 5000

typedef struct
{
  GstHarness *h;
  GstBus *bus;
} Rig;

static Rig
rig_new (const gchar * line)
{
  Rig r = { gst_harness_new_parse (line), gst_bus_new () };

  gst_element_set_bus (r.h->element, r.bus);
  return r;
}

static void
rig_free (Rig * r)
{
  gst_element_set_bus (r->h->element, NULL);
  gst_harness_teardown (r->h);
  gst_object_unref (r->bus);
  fail_unless_equals_int (stub_alive (), 0);
}

/* How many messages of a kind there are, all of which say `part`. */
static guint
messages (Rig * r, GstMessageType type, const gchar * part)
{
  GstMessage *message;
  guint n = 0;

  while ((message = gst_bus_pop_filtered (r->bus, type))) {
    GError *error;

    if (type == GST_MESSAGE_ERROR)
      gst_message_parse_error (message, &error, NULL);
    else
      gst_message_parse_warning (message, &error, NULL);
    fail_unless (strstr (error->message, part) != NULL, "\"%s\" is not in "
        "\"%s\"", part, error->message);
    g_error_free (error);
    gst_message_unref (message);
    n++;
  }
  return n;
}

static GstBuffer *
cloud_buffer (guint64 seed)
{
  gfloat (*points)[4] = g_malloc (POINTS * sizeof (*points));
  GstBuffer *b;

  for (guint i = 0; i < POINTS; i++) {
    for (guint a = 0; a < 4; a++)
      points[i][a] = (gfloat) (splitmix64 (&seed) >> 40) / (1 << 20) - 8;
    points[i][2] /= 4;
  }
  b = gst_buffer_new_wrapped (points, POINTS * sizeof (*points));
  GST_BUFFER_PTS (b) = seed % 1000 * GST_MSECOND;
  return b;
}

static GstBuffer *
push_pull (Rig * r, GstBuffer * in)
{
  GstBuffer *out;

  fail_unless_equals_int (gst_harness_push (r->h, in), GST_FLOW_OK);
  out = gst_harness_try_pull (r->h);
  fail_unless (out != NULL);
  return out;
}

static void
assert_equal (GstBuffer * a, GstBuffer * b)
{
  GstMapInfo ma, mb;

  fail_unless_equals_uint64 (gst_buffer_n_memory (a), gst_buffer_n_memory (b));
  for (guint i = 0; i < gst_buffer_n_memory (a); i++) {
    fail_unless (gst_memory_map (gst_buffer_peek_memory (a, i), &ma,
            GST_MAP_READ));
    fail_unless (gst_memory_map (gst_buffer_peek_memory (b, i), &mb,
            GST_MAP_READ));
    fail_unless_equals_uint64 (ma.size, mb.size);
    fail_unless (memcmp (ma.data, mb.data, ma.size) == 0, "memory %u differs",
        i);
    gst_memory_unmap (ma.memory, &ma);
    gst_memory_unmap (mb.memory, &mb);
  }
  fail_unless_equals_uint64 (GST_BUFFER_PTS (a), GST_BUFFER_PTS (b));
}

static guint64
get_stat (Rig * r, const gchar * name)
{
  GstElement *e = gst_harness_find_element (r->h, "rcvoxelize");
  GstStructure *stats;
  guint64 value;

  g_object_get (e, "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint64 (stats, name, &value));
  gst_structure_free (stats);
  gst_object_unref (e);
  return value;
}

static gboolean
is_on_device (GstBuffer * b)
{
  return gst_memory_is_type (gst_buffer_peek_memory (b, 0), "rc.cuda.memory");
}

/* ---- rcupload, rcdownload ---- */

GST_START_TEST (test_round_trip)
{
  Rig r = rig_new ("rcupload ! rcdownload");
  GstBuffer *in = gst_buffer_new (), *out;
  GstCaps *reference = gst_caps_from_string ("timestamp/x-ntp");

  gst_harness_set_src_caps_str (r.h, "other/tensors, format=(string)static, "
      "num_tensors=(int)2, types=(string)\"uint8,uint8\", "
      "dimensions=(string)\"5,3\", framerate=(fraction)0/1");
  gst_buffer_append_memory (in, gst_memory_new_wrapped
      (GST_MEMORY_FLAG_READONLY, (gpointer) "abcd", 5, 0, 5, NULL, NULL));
  gst_buffer_append_memory (in, gst_memory_new_wrapped
      (GST_MEMORY_FLAG_READONLY, (gpointer) "ef", 3, 0, 3, NULL, NULL));
  gst_buffer_add_reference_timestamp_meta (in, reference, 77, 5);
  GST_BUFFER_PTS (in) = 123456789;
  GST_BUFFER_DURATION (in) = 1000;
  GST_BUFFER_OFFSET (in) = 4;
  GST_BUFFER_FLAG_SET (in, GST_BUFFER_FLAG_DISCONT);
  out = push_pull (&r, gst_buffer_ref (in));
  assert_equal (in, out);
  fail_unless (is_on_device (out));
  fail_unless_equals_uint64 (GST_BUFFER_DURATION (out), 1000);
  fail_unless_equals_uint64 (GST_BUFFER_OFFSET (out), 4);
  fail_unless (GST_BUFFER_FLAG_IS_SET (out, GST_BUFFER_FLAG_DISCONT));
  fail_unless_equals_uint64 (gst_buffer_get_reference_timestamp_meta (out,
          reference)->timestamp, 77);
  gst_caps_unref (reference);
  gst_buffer_unref (in);
  gst_buffer_unref (out);
  rig_free (&r);
}

GST_END_TEST;

GST_START_TEST (test_caps)
{
  Rig r = rig_new ("rcupload");
  GstCaps *caps, *want = gst_caps_from_string ("application/x-pointcloud"
      CUDA CLOUD);
  GstBuffer *in, *out;

  gst_harness_set_src_caps_str (r.h, "application/x-pointcloud" CLOUD);
  in = push_pull (&r, cloud_buffer (1));
  caps = gst_pad_get_current_caps (r.h->sinkpad);
  fail_unless (gst_caps_is_equal (caps, want));
  gst_caps_unref (caps);
  gst_caps_unref (want);
  /* what is on a device stays where it is */
  gst_harness_set_src_caps_str (r.h, "application/x-pointcloud" CUDA CLOUD);
  out = push_pull (&r, gst_buffer_ref (in));
  fail_unless (gst_buffer_peek_memory (in, 0)
      == gst_buffer_peek_memory (out, 0));
  gst_buffer_unref (in);
  gst_buffer_unref (out);
  rig_free (&r);
}

GST_END_TEST;

/* Upstream writes where the device fetches. */
GST_START_TEST (test_proposed_allocator)
{
  Rig r = rig_new ("rcupload");
  GstCaps *caps = gst_caps_from_string ("application/x-pointcloud" CLOUD);
  GstQuery *query = gst_query_new_allocation (caps, FALSE);
  GstAllocator *allocator = NULL;
  GstBuffer *in, *out;
  gint uploads = stub_calls ("cuMemcpyHtoDAsync_v2");

  gst_harness_set_src_caps (r.h, caps);
  fail_unless (gst_pad_peer_query (r.h->srcpad, query));
  fail_unless_equals_int (gst_query_get_n_allocation_params (query), 1);
  gst_query_parse_nth_allocation_param (query, 0, &allocator, NULL);
  in = gst_buffer_new_allocate (allocator, 1600, NULL);
  gst_buffer_memset (in, 0, 0x3f, 1600);
  out = push_pull (&r, gst_buffer_ref (in));
  fail_unless (gst_buffer_peek_memory (in, 0)
      == gst_buffer_peek_memory (out, 0));
  if (on_stub ())
    fail_unless_equals_int (stub_calls ("cuMemcpyHtoDAsync_v2") - uploads, 1);
  gst_buffer_unref (in);
  gst_buffer_unref (out);
  gst_query_unref (query);
  gst_object_unref (allocator);
  rig_free (&r);
}

GST_END_TEST;

/* ---- rcvoxelize ---- */

static const gchar *const modes[] = {
  "mode=occupancy", "mode=occupancy occupancy-type=bits axis-order=xyz",
  "mode=count", "mode=mean", "mode=min fields=intensity,z", "mode=max fill=-1",
  "mode=sparse-mean max-voxels=300", "mode=sparse-points max-points=4"
};

/* The CPU's answer for the same clouds. */
static Rig
reference_rig (const gchar * mode)
{
  gchar *line = g_strdup_printf ("rcvoxelize backend=cpu " GRID "%s", mode);
  Rig r = rig_new (line);

  gst_harness_set_src_caps_str (r.h, "application/x-pointcloud" CLOUD);
  g_free (line);
  return r;
}

static Rig
device_rig (const gchar * mode, const gchar * backend, const gchar * after)
{
  gchar *line = g_strdup_printf ("rcupload ! rcvoxelize name=v backend=%s "
      GRID "%s %s", backend, mode, after);
  Rig r = rig_new (line);

  gst_harness_set_src_caps_str (r.h, "application/x-pointcloud" CLOUD);
  g_free (line);
  return r;
}

/* Whatever computes: the caps, the times, and (but for the stub, whose kernels do
 * nothing) the bits. */
GST_START_TEST (test_grids)
{
  static const gchar *const backends[] = { "auto", "cuda", "cpu" };

  for (guint m = 0; m < G_N_ELEMENTS (modes); m++) {
    const gboolean sparse = strstr (modes[m], "sparse") != NULL;

    for (guint b = 0; b < 3; b++) {
      Rig r = device_rig (modes[m], backends[b], ""), cpu =
          reference_rig (modes[m]);
      const gboolean computed = b != 2 && !sparse;

      for (guint i = 0; i < 3; i++) {
        GstBuffer *out = push_pull (&r, cloud_buffer (i));
        GstBuffer *want = push_pull (&cpu, cloud_buffer (i));

        fail_unless (is_on_device (out));
        if (!on_stub () || !computed)
          assert_equal (out, want);
        gst_buffer_unref (out);
        gst_buffer_unref (want);
      }
      fail_unless_equals_uint64 (get_stat (&r, "buffers"), 3);
      fail_unless_equals_uint64 (get_stat (&r, "cuda-buffers"),
          computed ? 3 : 0);
      if (!on_stub () || !computed) {
        fail_unless_equals_uint64 (get_stat (&r, "points"), 3 * POINTS);
        fail_unless_equals_uint64 (get_stat (&r, "voxels"),
            get_stat (&cpu, "voxels"));
      }
      fail_unless_equals_uint64 (get_stat (&r, "fallbacks"), 0);
      rig_free (&r);
      rig_free (&cpu);
    }
  }
}

GST_END_TEST;

/* backend=cuda computes on the device also for those who know nothing of it. */
GST_START_TEST (test_system_memory)
{
  Rig r = rig_new ("rcvoxelize backend=cuda " GRID), cpu = reference_rig ("");
  GstCaps *caps;
  GstBuffer *out, *want;

  gst_harness_set_src_caps_str (r.h, "application/x-pointcloud" CLOUD);
  gst_harness_set_sink_caps_str (r.h, "other/tensors");
  out = push_pull (&r, cloud_buffer (3));
  want = push_pull (&cpu, cloud_buffer (3));
  caps = gst_pad_get_current_caps (r.h->sinkpad);
  fail_if (gst_caps_features_contains (gst_caps_get_features (caps, 0),
          "memory:CUDAMemory"));
  gst_caps_unref (caps);
  if (!on_stub ())
    assert_equal (out, want);
  fail_unless_equals_uint64 (get_stat (&r, "cuda-buffers"), 1);
  gst_buffer_unref (out);
  gst_buffer_unref (want);
  rig_free (&r);
  rig_free (&cpu);
  /* auto takes the device when the grid has to go there */
  r = rig_new ("rcvoxelize " GRID);
  gst_harness_set_sink_caps_str (r.h, "other/tensors" CUDA);
  gst_harness_set_src_caps_str (r.h, "application/x-pointcloud" CLOUD);
  out = push_pull (&r, cloud_buffer (3));
  fail_unless (is_on_device (out));
  gst_buffer_unref (out);
  fail_unless_equals_uint64 (get_stat (&r, "cuda-buffers"), 1);
  rig_free (&r);
  /* and does not move data to compute */
  r = rig_new ("rcvoxelize " GRID);
  gst_harness_set_src_caps_str (r.h, "application/x-pointcloud" CLOUD);
  gst_buffer_unref (push_pull (&r, cloud_buffer (3)));
  fail_unless_equals_uint64 (get_stat (&r, "cuda-buffers"), 0);
  rig_free (&r);
}

GST_END_TEST;

/* New caps and new settings while it runs; the statistics go on. */
GST_START_TEST (test_changes)
{
  Rig r = device_rig ("", "auto", "! rcdownload");
  GstElement *e = gst_harness_find_element (r.h, "rcvoxelize");
  GstBuffer *out;

  gst_buffer_unref (push_pull (&r, cloud_buffer (1)));
  g_object_set (e, "mode", 1, NULL);
  out = push_pull (&r, cloud_buffer (2));
  fail_unless_equals_uint64 (gst_buffer_get_size (out), 32 * 32 * 8 * 4);
  gst_buffer_unref (out);
  gst_harness_set_src_caps_str (r.h, "application/x-pointcloud, "
      "point-step=(int)20, fields=(string)\"x:f32:0:1,y:f32:4:1,z:f32:8:1\", "
      "framerate=(fraction)10/1");
  gst_buffer_unref (push_pull (&r, cloud_buffer (3)));
  fail_unless_equals_uint64 (get_stat (&r, "cuda-buffers"), 3);
  if (!on_stub ())
    fail_unless_equals_uint64 (get_stat (&r, "points"), 2 * POINTS
        + POINTS * 16 / 20);
  gst_object_unref (e);
  rig_free (&r);
}

GST_END_TEST;

/* Nothing is allocated, waited for or copied back once it runs. */
GST_START_TEST (test_steady_state)
{
  static const struct
  {
    const gchar *name;
    gint each;                  /* calls per buffer */
  } calls[] = {
    {"cuMemAlloc_v2", 0}, {"cuMemHostAlloc", 0}, {"cuMemAllocAsync", 0},
    {"cuEventCreate", 0}, {"cuStreamCreate", 0}, {"cuEventSynchronize", 0},
    {"cuMemcpyDtoHAsync_v2", 0}, {"cuMemcpyDtoDAsync_v2", 0},
    {"cuMemcpyHtoD_v2", 0}, {"cuMemcpyHtoDAsync_v2", 1}, {"cuLaunchKernel", 2},
    {"cuModuleLoadData", 0}
  };
  gint before[G_N_ELEMENTS (calls)];
  Rig r = device_rig ("mode=occupancy", "auto", "");

  for (guint i = 0; i < 5; i++)
    gst_buffer_unref (push_pull (&r, cloud_buffer (i)));
  for (guint c = 0; c < G_N_ELEMENTS (calls); c++)
    before[c] = stub_calls (calls[c].name);
  for (guint i = 0; i < 50; i++)
    gst_buffer_unref (push_pull (&r, cloud_buffer (i)));
  for (guint c = 0; c < G_N_ELEMENTS (calls); c++)
    fail_unless_equals_int (stub_calls (calls[c].name) - before[c],
        50 * calls[c].each);
  rig_free (&r);
}

GST_END_TEST;

/* ---- failures ---- */

GST_START_TEST (test_no_device)
{
  static const gchar *const lines[] =
      { "rcupload", "rcvoxelize backend=cuda cuda-device-id=0" };

  for (guint i = 0; i < 2; i++) {
    GstElement *e = gst_parse_launch (lines[i], NULL);
    Rig r = { NULL, gst_bus_new () };

    gst_element_set_bus (e, r.bus);
    stub_fail ("cuDevicePrimaryCtxRetain", 2, 0, 1);
    fail_unless_equals_int (gst_element_set_state (e, GST_STATE_READY),
        GST_STATE_CHANGE_FAILURE);
    fail_unless_equals_int (messages (&r, GST_MESSAGE_ERROR,
            i ? "cuda-device-id=0" : "cuda-device-id=-1"), 1);
    /* and later there is one */
    fail_unless_equals_int (gst_element_set_state (e, GST_STATE_READY),
        GST_STATE_CHANGE_SUCCESS);
    gst_element_set_state (e, GST_STATE_NULL);
    gst_element_set_bus (e, NULL);
    gst_object_unref (e);
    gst_object_unref (r.bus);
    fail_unless_equals_int (stub_alive (), 0);
  }
}

GST_END_TEST;

/* What the driver refuses, the CPU does, to the same bits; for backend=cuda it is an
 * error. */
GST_START_TEST (test_fall_back)
{
  static const gchar *const calls[] = { "cuLaunchKernel", "cuMemAllocAsync",
    "cuMemsetD8Async", "cuMemcpyHtoD_v2", "cuStreamWaitEvent"
  };

  for (guint c = 0; c < G_N_ELEMENTS (calls); c++) {
    Rig r = device_rig ("mode=mean", "auto", ""), cpu =
        reference_rig ("mode=mean");
    GstBuffer *out, *want;

    for (guint i = 0; i < 3; i++) {
      stub_fail (calls[c], 719, 0, 1000);
      out = push_pull (&r, cloud_buffer (i));
      stub_fail ("", 0, 0, 0);
      want = push_pull (&cpu, cloud_buffer (i));
      assert_equal (out, want);
      gst_buffer_unref (out);
      gst_buffer_unref (want);
    }
    fail_unless_equals_uint64 (get_stat (&r, "fallbacks"), 3);
    fail_unless_equals_uint64 (get_stat (&r, "buffers"), 3);
    fail_unless_equals_uint64 (get_stat (&r, "points"), 3 * POINTS);
    fail_unless_equals_int (messages (&r, GST_MESSAGE_WARNING,
            "v: CUDA failed, computing on the CPU: "), 1);
    /* it tries again */
    gst_buffer_unref (push_pull (&r, cloud_buffer (9)));
    fail_unless_equals_uint64 (get_stat (&r, "cuda-buffers"), 1);
    rig_free (&r);
    rig_free (&cpu);
  }
}

GST_END_TEST;

/* A grid that the device has made and nobody can fetch is made again. */
GST_START_TEST (test_out_of_reach)
{
  Rig r =
      device_rig ("mode=mean", "auto", "! capsfilter caps=other/tensors"), cpu =
      reference_rig ("mode=mean");
  GstBuffer *out, *want;

  stub_fail ("cuMemcpyDtoHAsync_v2", 719, 0, 1000);
  out = push_pull (&r, cloud_buffer (0));
  want = push_pull (&cpu, cloud_buffer (0));
  assert_equal (out, want);
  fail_unless_equals_uint64 (get_stat (&r, "fallbacks"), 1);
  gst_buffer_unref (out);
  gst_buffer_unref (want);
  rig_free (&r);
  rig_free (&cpu);
}

GST_END_TEST;

/* A cloud without points has no memory that would say where it lies. */
GST_START_TEST (test_empty_cloud)
{
  Rig r = device_rig ("mode=count", "auto", "! rcdownload"), cpu =
      reference_rig ("mode=count");
  const gint before = stub_calls ("cuDevicePrimaryCtxRetain");
  GstBuffer *out, *want;

  for (guint i = 0; i < 2; i++) {
    out = push_pull (&r, gst_buffer_new ());
    want = push_pull (&cpu, gst_buffer_new ());
    if (!on_stub ())
      assert_equal (out, want);
    gst_buffer_unref (out);
    gst_buffer_unref (want);
    gst_buffer_unref (push_pull (&r, cloud_buffer (i)));
    gst_buffer_unref (push_pull (&cpu, cloud_buffer (i)));
  }
  fail_unless_equals_int (stub_calls ("cuDevicePrimaryCtxRetain"), before);
  rig_free (&r);
  rig_free (&cpu);
}

GST_END_TEST;

GST_START_TEST (test_no_fall_back)
{
  Rig r = device_rig ("mode=mean", "cuda", "");

  stub_fail ("cuLaunchKernel", 719, 0, 1000);
  fail_unless_equals_int (gst_harness_push (r.h, cloud_buffer (0)),
      GST_FLOW_ERROR);
  fail_unless_equals_int (messages (&r, GST_MESSAGE_ERROR, "STUB_ERROR_719"),
      1);
  rig_free (&r);
}

GST_END_TEST;

/* Out of memory at the k-th allocation of each kind: the right bytes, or an error
 * that says so; nothing is left. */
GST_START_TEST (test_out_of_memory)
{
  static const gchar *const calls[] =
      { "cuMemAlloc_v2", "cuMemHostAlloc", "cuMemAllocAsync", "cuEventCreate",
    "cuStreamCreate"
  };
  guint errors = 0, fallbacks = 0;

  for (guint c = 0; c < G_N_ELEMENTS (calls); c++) {
    for (gint k = 0;; k++) {
      Rig r = device_rig ("mode=mean", "auto", "! rcdownload"), cpu =
          reference_rig ("mode=mean");
      gint first = stub_calls (calls[c]);
      GstBuffer *out = NULL, *want = push_pull (&cpu, cloud_buffer (k));
      GstFlowReturn flow;

      stub_fail (calls[c], 2, k, 1000);
      flow = gst_harness_push (r.h, cloud_buffer (k));
      first = stub_calls (calls[c]) - first;
      stub_fail ("", 0, 0, 0);
      if (flow == GST_FLOW_OK) {
        out = gst_harness_try_pull (r.h);
        if (get_stat (&r, "fallbacks") == 1) {
          assert_equal (out, want);
          fallbacks++;
        }
        gst_buffer_unref (out);
      } else {
        fail_unless_equals_int (messages (&r, GST_MESSAGE_ERROR,
                "STUB_ERROR_2"), 1);
        errors++;
      }
      gst_buffer_unref (want);
      rig_free (&r);
      rig_free (&cpu);
      if (first <= k)
        break;
    }
  }
  fail_unless (errors > 0);
  fail_unless (fallbacks > 3);
}

GST_END_TEST;

/* ---- RC_BACKEND ---- */

/* In a process of its own, since it is read once. */
static gint
backend_with (const gchar * value)
{
  gchar *program = g_file_read_link ("/proc/self/exe", NULL);
  gchar *arguments[] = { program, (gchar *) "--backend", NULL };
  gchar **environment = g_environ_setenv (g_get_environ (), "RC_BACKEND",
      value, TRUE);
  gint status = -1;

  g_spawn_sync (NULL, arguments, environment, G_SPAWN_STDERR_TO_DEV_NULL, NULL,
      NULL, NULL, NULL, &status, NULL);
  g_strfreev (environment);
  g_free (program);
  return WIFEXITED (status) ? WEXITSTATUS (status) : -1;
}

static gint
print_backend (void)
{
  GstElement *e = gst_element_factory_make ("rcvoxelize", NULL);
  gint backend;

  g_object_get (e, "backend", &backend, NULL);
  gst_object_unref (e);
  return backend;
}

GST_START_TEST (test_environment)
{
  fail_unless_equals_int (backend_with (""), 0);
  fail_unless_equals_int (backend_with ("auto"), 0);
  fail_unless_equals_int (backend_with ("cpu"), 1);
  fail_unless_equals_int (backend_with ("cuda"), 2);
  fail_unless_equals_int (backend_with ("gpu"), 0);
}

GST_END_TEST;

static Suite *
elements_suite (void)
{
  Suite *s = suite_create ("elements on device memory");
  TCase *t = tcase_create ("elements");

  suite_add_tcase (s, t);
  /* (where tests do not fork, the stub is theirs together) */
  tcase_add_checked_fixture (t, NULL, on_stub_mend);
  tcase_add_test (t, test_round_trip);
  tcase_add_test (t, test_caps);
  tcase_add_test (t, test_proposed_allocator);
  tcase_add_test (t, test_grids);
  tcase_add_test (t, test_system_memory);
  tcase_add_test (t, test_changes);
  tcase_add_test (t, test_empty_cloud);
  tcase_add_test (t, test_environment);
  if (on_stub ()) {
    tcase_add_test (t, test_steady_state);
    tcase_add_test (t, test_no_device);
    tcase_add_test (t, test_fall_back);
    tcase_add_test (t, test_no_fall_back);
    tcase_add_test (t, test_out_of_reach);
    tcase_add_test (t, test_out_of_memory);
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
  if (argc > 1 && !strcmp (argv[1], "--backend")) {
    gst_init (NULL, NULL);
    return print_backend ();
  }
  gst_check_init (&argc, &argv);
  return gst_check_run_suite (elements_suite (), "elements", __FILE__);
}
