/* SPDX-License-Identifier: Apache-2.0 */
/* rchdf5sink: what it stores, and what it refuses. */
#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>
#include <hdf5.h>
#include <string.h>
#include <sys/resource.h>

#include "h5rows.h"
#include "rccaps.h"
#include "rcmeta.h"

static gchar *folder, *path;

static void
setup (void)
{
  folder = g_dir_make_tmp ("rchdf5-XXXXXX", NULL);
  path = g_build_filename (folder, "run.h5", NULL);
}

static void
teardown (void)
{
  g_unlink (path);
  fail_unless_equals_int (g_rmdir (folder), 0);
  g_free (path);
  g_free (folder);
}

/* ---- what is in a file ---- */

static hid_t file = -1;

static void
open_file (void)
{
  file = H5Fopen (path, H5F_ACC_RDONLY, H5P_DEFAULT);
  fail_unless (file >= 0, "%s cannot be read", path);
}

static void
close_file (void)
{
  H5Fclose (file);
}

static gboolean
has (const gchar * name)
{
  gchar **parts = g_strsplit (name, "/", -1);
  GString *prefix = g_string_new (NULL);
  gboolean found = TRUE;

  for (guint i = 0; found && parts[i]; i++) {
    g_string_append_printf (prefix, "/%s", parts[i]);
    found = H5Lexists (file, prefix->str, H5P_DEFAULT) > 0;
  }
  g_string_free (prefix, TRUE);
  g_strfreev (parts);
  return found;
}

/* The data of a dataset, whose shape must be "2x3". */
static void
read_set (const gchar * name, const gchar * shape, hid_t type, gpointer data)
{
  hid_t set = H5Dopen2 (file, name, H5P_DEFAULT), space;
  hsize_t dims[H5S_MAX_RANK];
  GString *text = g_string_new (NULL);
  gint rank;

  fail_unless (set >= 0, "no dataset %s", name);
  space = H5Dget_space (set);
  rank = H5Sget_simple_extent_dims (space, dims, NULL);
  for (gint i = 0; i < rank; i++)
    g_string_append_printf (text, i ? "x%u" : "%u", (guint) dims[i]);
  fail_unless_equals_string (text->str, shape);
  if (data)
    fail_unless (H5Dread (set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
  g_string_free (text, TRUE);
  H5Sclose (space);
  H5Dclose (set);
}

static gint64
int_attr (const gchar * object, const gchar * name)
{
  hid_t attr = H5Aopen_by_name (file, object, name, H5P_DEFAULT, H5P_DEFAULT);
  gint64 value;

  fail_unless (attr >= 0, "%s has no %s", object, name);
  fail_unless (H5Aread (attr, H5T_NATIVE_INT64, &value) >= 0);
  H5Aclose (attr);
  return value;
}

/* All strings of an attribute, with ',' between. */
static gchar *
string_attr (const gchar * object, const gchar * name)
{
  hid_t attr, type, space;
  gchar *values[16] = { NULL }, *joined;

  if (H5Aexists_by_name (file, object, name, H5P_DEFAULT) <= 0)
    return NULL;
  attr = H5Aopen_by_name (file, object, name, H5P_DEFAULT, H5P_DEFAULT);
  type = H5Aget_type (attr);
  space = H5Aget_space (attr);
  fail_unless (H5Aread (attr, type, values) >= 0);
  joined = g_strjoinv (",", values);
  H5Dvlen_reclaim (type, space, H5P_DEFAULT, values);
  H5Sclose (space);
  H5Tclose (type);
  H5Aclose (attr);
  return joined;
}

static void
assert_string_attr (const gchar * object, const gchar * name,
    const gchar * value)
{
  gchar *found = string_attr (object, name);

  fail_unless_equals_string (found, value);
  g_free (found);
}

/* ---- what goes in ---- */

static GstHarness *
new_harness (const gchar * caps)
{
  GstElement *sink = gst_element_factory_make ("rchdf5sink", NULL);
  GstHarness *h;

  fail_unless (sink != NULL);
  g_object_set (sink, "location", path, NULL);
  h = gst_harness_new_with_element (sink, "sink", NULL);
  gst_object_unref (sink);
  gst_harness_play (h);
  if (caps)
    gst_harness_set_src_caps_str (h, caps);
  return h;
}

static GstHarness *
add_raw (GstHarness * h, const gchar * pad, const gchar * caps)
{
  GstHarness *raw = gst_harness_new_with_element (h->element, pad, NULL);

  gst_harness_set_src_caps_str (raw, caps);
  return raw;
}

/* A buffer of the memories given, up to a NULL. */
static GstBuffer *
new_buffer (GstClockTime pts, gconstpointer data, gsize size, ...)
{
  GstBuffer *buffer = gst_buffer_new ();
  va_list args;

  va_start (args, size);
  while (data) {
    gpointer copy = g_memdup2 (data, size);

    gst_buffer_append_memory (buffer, gst_memory_new_wrapped (0, copy, size, 0,
            size, copy, g_free));
    data = va_arg (args, gconstpointer);
    if (data)
      size = va_arg (args, gsize);
  }
  va_end (args);
  GST_BUFFER_PTS (buffer) = pts;
  return buffer;
}

static void
push_row (GstHarness * h, guint64 i)
{
  gint64 newest[3] = { 0 };
  GstBuffer *buffer;
  Row row;

  row_fill (&row, i);
  buffer = new_buffer (row.time, row.imu, sizeof (row.imu), row.front,
      sizeof (row.front), row.cmd, sizeof (row.cmd), NULL);
  gst_rc_provenance_add (buffer, i, 3, 1, row.state, row.skew, newest, 0);
  fail_unless_equals_int (gst_harness_push (h, buffer), GST_FLOW_OK);
}

#define ONE_CAPS "other/tensors, format=static, num_tensors=1, " \
    "types=float32, dimensions=(string)2, framerate=10/1, streams=a"

static GstFlowReturn
push_one (GstHarness * h, GstClockTime pts, gfloat value)
{
  gfloat values[2] = { value, value + 0.5f };

  return gst_harness_push (h, new_buffer (pts, values, sizeof (values), NULL));
}

/* Stops the element as a Ctrl-C does, and opens the file. */
static void
finish (GstHarness * h)
{
  gst_element_set_state (h->element, GST_STATE_NULL);
  gst_harness_teardown (h);
  open_file ();
}

static guint64
stat_of (GstElement * sink, const gchar * name)
{
  GstStructure *stats;
  guint64 value = 0;

  g_object_get (sink, "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint64 (stats, name, &value));
  gst_structure_free (stats);
  return value;
}

static guint64
raw_rows (GstElement * sink, const gchar * stream)
{
  GstStructure *stats, *raw;
  guint64 value = 0;

  g_object_get (sink, "stats", &stats, NULL);
  fail_unless (gst_structure_get (stats, "raw-rows", GST_TYPE_STRUCTURE, &raw,
          NULL));
  gst_structure_get_uint64 (raw, stream, &value);
  gst_structure_free (raw);
  gst_structure_free (stats);
  return value;
}

/* The error on the bus of an element. */
static void
assert_error (GstBus * bus, GQuark domain, gint code, const gchar * part)
{
  GstMessage *message = gst_bus_timed_pop_filtered (bus, 10 * GST_SECOND,
      GST_MESSAGE_ERROR);
  GError *error;

  fail_unless (message != NULL, "no error was posted");
  gst_message_parse_error (message, &error, NULL);
  fail_unless (error->domain == domain && error->code == code
      && strstr (error->message, part), "%s %d: %s",
      g_quark_to_string (error->domain), error->code, error->message);
  g_error_free (error);
  gst_message_unref (message);
}

static GstBus *
bus_of (GstHarness * h)
{
  GstBus *bus = gst_bus_new ();

  gst_element_set_bus (h->element, bus);
  return bus;
}

static void
drop_bus (GstHarness * h, GstBus * bus)
{
  gst_element_set_bus (h->element, NULL);
  gst_object_unref (bus);
}

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
  tcase_add_test (tc, test_compression);
  tcase_add_loop_test (tc, test_size_limit, 0, 2);
  tcase_add_test (tc, test_env_args);
  return s;
}

GST_CHECK_MAIN (hdf5);
