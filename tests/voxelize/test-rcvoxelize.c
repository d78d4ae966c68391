/* SPDX-License-Identifier: Apache-2.0 */
/* The element rcvoxelize: caps, buffers, properties and errors. */
#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <math.h>
#include <string.h>

#define CLOUD "application/x-pointcloud, point-step=(int)16, fields=(string)" \
    "\"x:f32:0:1,y:f32:4:1,z:f32:8:1,intensity:f32:12:1\", " \
    "framerate=(fraction)10/1, frame-id=(string)top"

/* Two points in the first cell, one in the last, one on max, one NaN. The grid
 * has 4 x 3 x 2 cells of 1 m. */
#define GRID "voxel-size=1 min=0,0,0 max=4,3,2"
static const gfloat cloud[][4] = {
  {3.5f, 2.5f, 1.5f, 7}, {0.25f, 0.5f, 0.5f, 1}, {0.75f, 0.5f, 0.5f, 2},
  {4, 0.5f, 0.5f, 9}, {NAN, 0, 0, 9}
};

typedef struct
{
  GstHarness *h;
  GstBus *bus;
} Fixture;

/* `line` is a gst-launch description of the element. */
static Fixture
fixture_new (const gchar * properties)
{
  gchar *line = g_strdup_printf ("rcvoxelize " GRID " %s", properties);
  Fixture f = { gst_harness_new_parse (line), gst_bus_new () };
  GstElement *e = gst_harness_find_element (f.h, "rcvoxelize");

  fail_unless (e != NULL);
  gst_element_set_bus (e, f.bus);
  gst_object_unref (e);
  g_free (line);
  return f;
}

static void
fixture_free (Fixture * f)
{
  GstElement *e = gst_harness_find_element (f->h, "rcvoxelize");

  gst_element_set_bus (e, NULL);
  gst_object_unref (e);
  gst_harness_teardown (f->h);
  gst_object_unref (f->bus);
}

static GstBuffer *
cloud_buffer (void)
{
  GstBuffer *b = gst_buffer_new_memdup (cloud, sizeof (cloud));

  GST_BUFFER_PTS (b) = 3 * GST_SECOND;
  GST_BUFFER_DURATION (b) = 100 * GST_MSECOND;
  return b;
}

/* Pushes the cloud and returns the result. */
static GstBuffer *
run (Fixture * f)
{
  GstBuffer *b;

  fail_unless_equals_int (gst_harness_push (f->h, cloud_buffer ()),
      GST_FLOW_OK);
  b = gst_harness_try_pull (f->h);
  fail_unless (b != NULL);
  return b;
}

static void
assert_memory (GstBuffer * b, guint i, gconstpointer data, gsize size)
{
  GstMemory *memory = gst_buffer_peek_memory (b, i);
  GstMapInfo map;

  fail_unless (gst_memory_map (memory, &map, GST_MAP_READ));
  fail_unless_equals_int (map.size, size);
  fail_unless (memcmp (map.data, data, size) == 0, "memory %u differs", i);
  gst_memory_unmap (memory, &map);
}

static void
assert_caps_string (Fixture * f, const gchar * field, const gchar * want)
{
  GstCaps *caps = gst_pad_get_current_caps (f->h->sinkpad);

  fail_unless (caps != NULL);
  fail_unless_equals_string (gst_structure_get_string (gst_caps_get_structure
          (caps, 0), field), want);
  gst_caps_unref (caps);
}

/* The next message of a type must contain `text`. */
static void
assert_message (Fixture * f, GstMessageType type, const gchar * text)
{
  GstMessage *m = gst_bus_pop_filtered (f->bus, type);
  GError *error = NULL;
  gchar *debug = NULL;

  fail_unless (m != NULL, "no message about %s", text);
  if (type == GST_MESSAGE_ERROR)
    gst_message_parse_error (m, &error, &debug);
  else
    gst_message_parse_warning (m, &error, &debug);
  fail_unless (strstr (error->message, text) != NULL, "\"%s\" (%s) is not "
      "about %s", error->message, debug, text);
  fail_unless (g_str_has_prefix (error->message, "rcvoxelize"),
      "\"%s\" does not name the element", error->message);
  g_error_free (error);
  g_free (debug);
  gst_message_unref (m);
}

static guint64
get_stat (Fixture * f, const gchar * field)
{
  GstStructure *s;
  guint64 value = G_MAXUINT64;

  gst_harness_get (f->h, "rcvoxelize", "stats", &s, NULL);
  fail_unless (gst_structure_get_uint64 (s, field, &value));
  gst_structure_free (s);
  return value;
}

GST_START_TEST (test_occupancy)
{
  Fixture f = fixture_new ("");
  GstCaps *reference = gst_caps_from_string ("timestamp/x-ptp");
  GstReferenceTimestampMeta *meta;
  GstBuffer *in = cloud_buffer (), *out;
  guint8 want[24] = { 0 };
  GstCaps *caps;
  GstStructure *s;
  gint n, d;

  want[0] = want[23] = 1;
  gst_buffer_add_reference_timestamp_meta (in, reference, 123456789, 5);
  GST_BUFFER_FLAG_SET (in, GST_BUFFER_FLAG_MARKER | GST_BUFFER_FLAG_GAP);
  GST_BUFFER_OFFSET (in) = 17;
  gst_harness_set_src_caps_str (f.h, CLOUD);
  fail_unless_equals_int (gst_harness_push (f.h, in), GST_FLOW_OK);
  out = gst_harness_pull (f.h);
  fail_unless_equals_int (gst_buffer_n_memory (out), 1);
  assert_memory (out, 0, want, sizeof (want));
  fail_unless_equals_uint64 (GST_BUFFER_PTS (out), 3 * GST_SECOND);
  fail_unless_equals_uint64 (GST_BUFFER_DURATION (out), 100 * GST_MSECOND);
  fail_unless_equals_uint64 (GST_BUFFER_OFFSET (out), 17);
  fail_unless (GST_BUFFER_FLAG_IS_SET (out, GST_BUFFER_FLAG_MARKER));
  fail_unless (GST_BUFFER_FLAG_IS_SET (out, GST_BUFFER_FLAG_GAP));
  meta = gst_buffer_get_reference_timestamp_meta (out, reference);
  fail_unless (meta != NULL);
  fail_unless_equals_uint64 (meta->timestamp, 123456789);
  gst_buffer_unref (out);
  gst_caps_unref (reference);

  caps = gst_pad_get_current_caps (f.h->sinkpad);
  s = gst_caps_get_structure (caps, 0);
  fail_unless (gst_structure_get_fraction (s, "framerate", &n, &d));
  fail_unless (n == 10 && d == 1);
  gst_caps_unref (caps);
  assert_caps_string (&f, "types", "uint8");
  assert_caps_string (&f, "dimensions", "4:3:2");
  assert_caps_string (&f, "axis-order", "zyx");
  assert_caps_string (&f, "grid-size", "4,3,2");
  assert_caps_string (&f, "voxel-size", "1,1,1");
  assert_caps_string (&f, "origin", "0,0,0");
  assert_caps_string (&f, "formats", "voxel-occupancy");
  assert_caps_string (&f, "frames", "top");
  assert_caps_string (&f, "features", NULL);

  fail_unless_equals_uint64 (get_stat (&f, "points"), 5);
  fail_unless_equals_uint64 (get_stat (&f, "inside"), 3);
  fail_unless_equals_uint64 (get_stat (&f, "outside"), 1);
  fail_unless_equals_uint64 (get_stat (&f, "non-finite"), 1);
  fail_unless_equals_uint64 (get_stat (&f, "voxels"), 2);
  fail_unless_equals_uint64 (get_stat (&f, "buffers"), 1);
  fixture_free (&f);
}

GST_END_TEST;

GST_START_TEST (test_dense_modes)
{
  static const guint8 bits[] = { 1, 0, 0x80 };
  static const struct
  {
    const gchar *properties, *types, *dimensions, *features;
    gfloat first, last, empty;
  } cases[] = {
    {"mode=count", "uint32", "4:3:2", NULL, 2, 1, 0},
    {"mode=count count-type=f32", "float32", "4:3:2", NULL, 2, 1, 0},
    {"occupancy-type=u32", "uint32", "4:3:2", NULL, 1, 1, 0},
    {"occupancy-type=f32", "float32", "4:3:2", NULL, 1, 1, 0},
    {"mode=mean fields=intensity fill=-1", "float32", "4:3:2", "intensity",
        1.5, 7, -1},
    {"mode=min fields=x fill=nan axis-order=xyz", "float32", "2:3:4", "x",
        0.25, 3.5, NAN},
    {"mode=max fields=intensity,x", "float32", "4:3:2:2", "intensity,x",
        2, 7, 0},
  };
  Fixture f;
  GstBuffer *b;
  GstMapInfo map;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    gboolean u32 = g_str_equal (cases[i].types, "uint32");
    gfloat low, high, empty;

    f = fixture_new (cases[i].properties);
    gst_harness_set_src_caps_str (f.h, CLOUD);
    b = run (&f);
    assert_caps_string (&f, "types", cases[i].types);
    assert_caps_string (&f, "dimensions", cases[i].dimensions);
    assert_caps_string (&f, "features", cases[i].features);
    gst_buffer_map (b, &map, GST_MAP_READ);
    low = u32 ? ((guint32 *) map.data)[0] : ((gfloat *) map.data)[0];
    high = u32 ? ((guint32 *) map.data)[23] : ((gfloat *) map.data)[23];
    empty = u32 ? ((guint32 *) map.data)[5] : ((gfloat *) map.data)[5];
    fail_unless_equals_float (low, cases[i].first);
    fail_unless_equals_float (high, cases[i].last);
    fail_unless (empty == cases[i].empty || (isnan (empty)
            && isnan (cases[i].empty)));
    /* the last case has a second channel */
    if (map.size == 2 * 24 * 4)
      fail_unless_equals_float (((gfloat *) map.data)[24], 0.75);
    gst_buffer_unmap (b, &map);
    gst_buffer_unref (b);
    fixture_free (&f);
  }
  /* rows of 4 cells: one flat tensor of 24 bits */
  f = fixture_new ("occupancy-type=bits");
  gst_harness_set_src_caps_str (f.h, CLOUD);
  b = run (&f);
  assert_caps_string (&f, "dimensions", "3");
  assert_caps_string (&f, "formats", "voxel-bits");
  assert_memory (b, 0, bits, 3);
  gst_buffer_unref (b);
  fixture_free (&f);
  /* rows of 8 cells: bytes keep the shape */
  f = fixture_new ("occupancy-type=bits max=8,3,2");
  gst_harness_set_src_caps_str (f.h, CLOUD);
  b = run (&f);
  assert_caps_string (&f, "dimensions", "1:3:2");
  fail_unless_equals_int (gst_buffer_get_size (b), 6);
  gst_buffer_unref (b);
  fixture_free (&f);
}

GST_END_TEST;

GST_START_TEST (test_sparse)
{
  static const gint32 coords[] = { 1, 2, 3, 0, 0, 0, -1, -1, -1 };
  static const gint32 counts[] = { 1, 2, 0 }, full[] = { 1, 1, 0 }, two = 2;
  static const gfloat mean[] = { 7, 3.5f, 1.5f, 0.5f, -2, -2 };
  static const gfloat points[] = { 7, -2, -2, 1, 2, -2, -2, -2, -2 };
  static const gfloat first[] = { 7, 1, -2 };
  Fixture f = fixture_new ("mode=sparse-mean fields=intensity,x max-voxels=3 "
      "fill=-2");
  GstBuffer *b;

  gst_harness_set_src_caps_str (f.h, CLOUD);
  b = run (&f);
  fail_unless_equals_int (gst_buffer_n_memory (b), 4);
  assert_memory (b, 0, coords, sizeof (coords));
  assert_memory (b, 1, mean, sizeof (mean));
  assert_memory (b, 2, counts, sizeof (counts));
  assert_memory (b, 3, &two, 4);
  gst_buffer_unref (b);
  assert_caps_string (&f, "types", "int32,float32,int32,int32");
  assert_caps_string (&f, "dimensions", "3:3,2:3,3,1");
  assert_caps_string (&f, "streams", "coords;features;counts;counts");
  assert_caps_string (&f, "kinds", ";;;count");
  assert_caps_string (&f, "names", "z,y,x;intensity,x;;");
  assert_caps_string (&f, "features", "intensity,x");
  fixture_free (&f);

  f = fixture_new ("mode=sparse-points fields=intensity max-voxels=3 fill=-2 "
      "max-points=3");
  gst_harness_set_src_caps_str (f.h, CLOUD);
  b = run (&f);
  assert_memory (b, 1, points, sizeof (points));
  assert_memory (b, 2, counts, sizeof (counts));
  gst_buffer_unref (b);
  assert_caps_string (&f, "dimensions", "3:3,1:3:3,3,1");
  fixture_free (&f);

  f = fixture_new ("mode=sparse-points fields=intensity max-voxels=3 fill=-2 "
      "max-points=1");
  gst_harness_set_src_caps_str (f.h, CLOUD);
  b = run (&f);
  assert_memory (b, 1, first, sizeof (first));
  assert_memory (b, 2, full, sizeof (full));
  gst_buffer_unref (b);
  fail_unless_equals_uint64 (get_stat (&f, "dropped-points"), 1);
  fixture_free (&f);

  f = fixture_new ("mode=sparse-mean fields=all max-voxels=1");
  gst_harness_set_src_caps_str (f.h, CLOUD);
  b = run (&f);
  gst_buffer_unref (b);
  assert_caps_string (&f, "features", "x,y,z,intensity");
  fail_unless_equals_uint64 (get_stat (&f, "voxels"), 2);
  fail_unless_equals_uint64 (get_stat (&f, "dropped-voxels"), 1);
  fail_unless_equals_uint64 (get_stat (&f, "dropped-voxel-points"), 2);
  fixture_free (&f);
  /* sparse-points without a number takes 32 */
  f = fixture_new ("mode=sparse-points max-voxels=2");
  gst_harness_set_src_caps_str (f.h, CLOUD);
  b = run (&f);
  gst_buffer_unref (b);
  assert_caps_string (&f, "dimensions", "3:2,4:32:2,2,1");
  fixture_free (&f);
}

GST_END_TEST;

GST_START_TEST (test_odd_buffers)
{
  Fixture f = fixture_new ("");
  guint8 empty[24] = { 0 };
  GstBuffer *b;

  gst_harness_set_src_caps_str (f.h, CLOUD);
  b = gst_buffer_new ();
  GST_BUFFER_PTS (b) = 5;
  fail_unless_equals_int (gst_harness_push (f.h, b), GST_FLOW_OK);
  b = gst_harness_pull (f.h);
  assert_memory (b, 0, empty, sizeof (empty));
  fail_unless_equals_uint64 (GST_BUFFER_PTS (b), 5);
  gst_buffer_unref (b);

  for (guint i = 0; i < 2; i++) {
    b = gst_buffer_new_memdup (cloud, 33);
    fail_unless_equals_int (gst_harness_push (f.h, b), GST_FLOW_OK);
  }
  fail_unless (gst_harness_try_pull (f.h) == NULL);
  assert_message (&f, GST_MESSAGE_WARNING, "33 bytes");
  fail_unless (gst_bus_pop (f.bus) == NULL);
  fail_unless_equals_uint64 (get_stat (&f, "bad-buffers"), 2);
  b = run (&f);
  fail_unless (GST_BUFFER_FLAG_IS_SET (b, GST_BUFFER_FLAG_DISCONT));
  gst_buffer_unref (b);
  b = run (&f);
  fail_if (GST_BUFFER_FLAG_IS_SET (b, GST_BUFFER_FLAG_DISCONT));
  gst_buffer_unref (b);
  fail_unless_equals_uint64 (get_stat (&f, "buffers"), 3);
  fixture_free (&f);
}

GST_END_TEST;

/* Scans in several memories are one cloud. */
GST_START_TEST (test_split_memory)
{
  Fixture f = fixture_new ("mode=count");
  GstBuffer *b = gst_buffer_new ();
  guint32 want[24] = { 0 };

  want[0] = 2;
  want[23] = 1;
  gst_buffer_append (b, gst_buffer_new_memdup (cloud, 20));
  gst_buffer_append (b, gst_buffer_new_memdup ((const guint8 *) cloud + 20,
          sizeof (cloud) - 20));
  gst_harness_set_src_caps_str (f.h, CLOUD);
  fail_unless_equals_int (gst_harness_push (f.h, b), GST_FLOW_OK);
  b = gst_harness_pull (f.h);
  assert_memory (b, 0, want, sizeof (want));
  gst_buffer_unref (b);
  fixture_free (&f);
}

GST_END_TEST;

GST_START_TEST (test_changes_while_playing)
{
  Fixture f = fixture_new ("");
  GstBuffer *b;
  gfloat *data;
  GstMapInfo map;

  gst_harness_set_src_caps_str (f.h, CLOUD);
  gst_buffer_unref (run (&f));
  gst_harness_set (f.h, "rcvoxelize", "voxel-size", "2,1,1", NULL);
  b = run (&f);
  assert_caps_string (&f, "dimensions", "2:3:2");
  assert_caps_string (&f, "voxel-size", "2,1,1");
  fail_unless_equals_int (gst_buffer_get_size (b), 12);
  gst_buffer_unref (b);
  gst_harness_set (f.h, "rcvoxelize", "mode", 2, "fields", "intensity", NULL);
  gst_buffer_unref (run (&f));
  assert_caps_string (&f, "types", "float32");
  /* the same caps, yet the new value counts */
  gst_harness_set (f.h, "rcvoxelize", "fill", 5.0, NULL);
  b = run (&f);
  gst_buffer_map (b, &map, GST_MAP_READ);
  data = (gfloat *) map.data;
  fail_unless_equals_float (data[0], 1.5);
  fail_unless_equals_float (data[1], 5);
  gst_buffer_unmap (b, &map);
  gst_buffer_unref (b);
  /* new cloud caps: the intensity is an integer elsewhere in the point */
  gst_harness_set_src_caps_str (f.h, "application/x-pointcloud, "
      "point-step=(int)16, fields=(string)\"x:f32:0:1,y:f32:4:1,z:f32:8:1,"
      "intensity:u8:15:1\", framerate=(fraction)10/1");
  b = run (&f);
  gst_buffer_map (b, &map, GST_MAP_READ);
  data = (gfloat *) map.data;
  fail_unless_equals_float (data[0], (0x3f + 0x40) / 2.f);
  gst_buffer_unmap (b, &map);
  gst_buffer_unref (b);
  gst_harness_set (f.h, "rcvoxelize", "voxel-size", "zero", NULL);
  fail_unless_equals_int (gst_harness_push (f.h, cloud_buffer ()),
      GST_FLOW_NOT_NEGOTIATED);
  assert_message (&f, GST_MESSAGE_ERROR, "voxel-size=\"zero\"");
  fixture_free (&f);
}

GST_END_TEST;

GST_START_TEST (test_restart)
{
  Fixture f = fixture_new ("");
  GstElement *e = gst_harness_find_element (f.h, "rcvoxelize");

  gst_harness_set_src_caps_str (f.h, CLOUD);
  gst_buffer_unref (run (&f));
  gst_element_set_state (e, GST_STATE_READY);
  fail_unless_equals_int (gst_element_set_state (e, GST_STATE_PLAYING),
      GST_STATE_CHANGE_SUCCESS);
  fail_unless_equals_uint64 (get_stat (&f, "points"), 0);
  gst_object_unref (e);
  fixture_free (&f);
  /* a fresh harness: the pads of the old one are deactivated */
  f = fixture_new ("");
  gst_harness_set_src_caps_str (f.h, CLOUD);
  gst_buffer_unref (run (&f));
  fixture_free (&f);
}

GST_END_TEST;

/* Settings that no cloud could make right fail the state change. */
GST_START_TEST (test_bad_settings)
{
  static const gchar *const cases[][3] = {
    {"voxel-size", "", "voxel-size=\"\""},
    {"voxel-size", "1,2", "voxel-size=\"1,2\""},
    {"voxel-size", "0.1x", "voxel-size=\"0.1x\""},
    {"voxel-size", "0", "size[x]=0"}, {"voxel-size", "1,-1,1", "size[y]=-1"},
    {"voxel-size", "nan", "voxel-size=\"nan\""},
    {"voxel-size", "1e-300", "more than 2147483647"},
    {"min", "1", "min=\"1\""}, {"min", "0,0,inf", "min=\"0,0,inf\""},
    {"min", "9,0,0", "max[x]=4"}, {"max", "1,2,3,4", "max=\"1,2,3,4\""},
    {"max", "1e300,1,1", "max[x]=1e+300"}
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstElement *e = gst_element_factory_make ("rcvoxelize", NULL);
    Fixture f = { NULL, gst_bus_new () };

    g_object_set (e, "voxel-size", "1", "min", "0,0,0", "max", "4,3,2", NULL);
    g_object_set (e, cases[i][0], cases[i][1], NULL);
    gst_element_set_bus (e, f.bus);
    fail_unless_equals_int (gst_element_set_state (e, GST_STATE_PAUSED),
        GST_STATE_CHANGE_FAILURE);
    assert_message (&f, GST_MESSAGE_ERROR, cases[i][2]);
    gst_element_set_state (e, GST_STATE_NULL);
    gst_element_set_bus (e, NULL);
    gst_object_unref (e);
    gst_object_unref (f.bus);
  }
}

GST_END_TEST;

/* Clouds and settings that do not fit each other fail at the buffer. */
GST_START_TEST (test_bad_caps)
{
#define FIELDS(step, text) "application/x-pointcloud, point-step=(int)" step \
    ", fields=(string)\"" text "\", framerate=(fraction)10/1"
  static const gchar *const cases[][3] = {
    {"", FIELDS ("16", "x:f32:0:1,y:f32:4:1"), "no field \"z\""},
    {"", FIELDS ("16", "x:f32:0:2,y:f32:8:1,z:f32:12:1"), "\"x\" has 2"},
    {"", FIELDS ("11", "x:f32:0:1,y:f32:4:1,z:f32:8:1"), "z:f32:8:1"},
    {"", "application/x-pointcloud, framerate=(fraction)10/1", "point-step"},
    {"mode=mean fields=rgb", CLOUD, "no field \"rgb\""},
    {"mode=mean fields=\"x,,y\"", CLOUD, "no field \"\""},
    {"mode=count count-type=u8", CLOUD, "uint32 or float32"},
    {"voxel-size=0.0005", CLOUD, "max_bytes"},
    {"mode=sparse-points max-points=2147483647", CLOUD, "max_points="},
    {"mode=sparse-mean voxel-size=1e-7 max=100,100,100", CLOUD, "int64"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    Fixture f = fixture_new (cases[i][0]);
    GstFlowReturn ret;

    gst_harness_set_src_caps_str (f.h, cases[i][1]);
    ret = gst_harness_push (f.h, cloud_buffer ());
    fail_unless_equals_int (ret, GST_FLOW_NOT_NEGOTIATED);
    fail_unless (gst_harness_try_pull (f.h) == NULL);
    assert_message (&f, GST_MESSAGE_ERROR, cases[i][2]);
    fixture_free (&f);
  }
}

GST_END_TEST;

GST_START_TEST (test_no_caps)
{
  Fixture f = fixture_new ("");
  GstPad *sink = gst_element_get_static_pad (f.h->element, "sink");
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_send_event (sink, gst_event_new_stream_start ("s"));
  gst_pad_send_event (sink, gst_event_new_segment (&segment));
  fail_unless_equals_int (gst_pad_chain (sink, cloud_buffer ()),
      GST_FLOW_NOT_NEGOTIATED);
  assert_message (&f, GST_MESSAGE_ERROR, "before the caps");
  gst_object_unref (sink);
  fixture_free (&f);
}

GST_END_TEST;

GST_START_TEST (test_downstream_caps)
{
  Fixture f = fixture_new ("");
  GstCaps *caps, *want;
  GstBuffer *b;

  /* trailing ones: the peer's spelling comes back */
  gst_harness_set_sink_caps_str (f.h, "other/tensors, format=(string)static, "
      "num_tensors=(int)1, types=(string)uint8, "
      "dimensions=(string)\"4:3:2:1:1\", framerate=(fraction)10/1");
  gst_harness_set_src_caps_str (f.h, CLOUD);
  b = run (&f);
  gst_buffer_unref (b);
  assert_caps_string (&f, "dimensions", "4:3:2:1:1");
  /* and its rate is what upstream is asked for */
  caps = gst_pad_peer_query_caps (f.h->srcpad, NULL);
  want = gst_caps_from_string ("application/x-pointcloud, "
      "framerate=(fraction)10/1; application/x-pointcloud(memory:CUDAMemory), "
      "framerate=(fraction)10/1");
  fail_unless (gst_caps_is_equal (caps, want));
  gst_caps_unref (caps);
  gst_caps_unref (want);
  fixture_free (&f);

  f = fixture_new ("");
  gst_harness_set_sink_caps_str (f.h, "other/tensors, format=(string)static, "
      "num_tensors=(int)1, types=(string)uint8, dimensions=(string)\"4:3:3\"");
  gst_harness_set_src_caps_str (f.h, CLOUD);
  fail_unless_equals_int (gst_harness_push (f.h, cloud_buffer ()),
      GST_FLOW_NOT_NEGOTIATED);
  assert_message (&f, GST_MESSAGE_ERROR, "downstream does not take");
  fixture_free (&f);
}

GST_END_TEST;

static Suite *
rcvoxelize_suite (void)
{
  Suite *s = suite_create ("rcvoxelize");
  TCase *t = tcase_create ("element");

  suite_add_tcase (s, t);
  tcase_add_test (t, test_occupancy);
  tcase_add_test (t, test_dense_modes);
  tcase_add_test (t, test_sparse);
  tcase_add_test (t, test_odd_buffers);
  tcase_add_test (t, test_split_memory);
  tcase_add_test (t, test_changes_while_playing);
  tcase_add_test (t, test_restart);
  tcase_add_test (t, test_bad_settings);
  tcase_add_test (t, test_bad_caps);
  tcase_add_test (t, test_no_caps);
  tcase_add_test (t, test_downstream_caps);
  return s;
}

GST_CHECK_MAIN (rcvoxelize);
