/* SPDX-License-Identifier: Apache-2.0 */
/* Tensor and point cloud caps: what is read, written and refused. */
#include <gst/check/gstcheck.h>

#include "rccaps.h"

/* Parses a caps string; the caller clears. */
static void
parse (GstRcTensors * tensors, const gchar * text)
{
  GstCaps *caps = gst_caps_from_string (text);
  GError *error = NULL;

  fail_unless (caps != NULL, "not caps: %s", text);
  fail_unless (gst_rc_tensors_parse (tensors, caps, &error), "%s: %s", text,
      error ? error->message : "no error");
  fail_unless (error == NULL);
  gst_caps_unref (caps);
}

/* Parses what must be refused with a message that has `word` in it. */
static void
refuse (const gchar * text, const gchar * word)
{
  GstCaps *caps = gst_caps_from_string (text);
  GstRcTensors tensors, zero;
  GError *error = NULL;

  fail_unless (caps != NULL, "not caps: %s", text);
  fail_if (gst_rc_tensors_parse (&tensors, caps, &error), "taken: %s", text);
  fail_unless (error != NULL, "no message: %s", text);
  fail_unless (g_error_matches (error, GST_STREAM_ERROR,
          GST_STREAM_ERROR_FORMAT));
  fail_unless (strstr (error->message, word) != NULL,
      "\"%s\" does not say \"%s\"", error->message, word);
  g_clear_error (&error);
  fail_if (gst_rc_tensors_parse (&tensors, caps, NULL));
  memset (&zero, 0, sizeof (zero));
  fail_unless_equals_int (tensors.n_ranges, 0);
  if (tensors.n_tensors)
    fail_unless (memcmp (&tensors, &zero, sizeof (zero)) == 0);
  gst_caps_unref (caps);
}

#define STATIC "other/tensors, format=static, "
#define ONE STATIC "num_tensors=1, types=float32, dimensions=(string)\"10\""

GST_START_TEST (one_shape_many_spellings)
{
  static const gchar *const spellings[] = { "16", "16:1", "16:1:1:1",
    "16:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1"
  };

  for (guint i = 0; i < G_N_ELEMENTS (spellings); i++) {
    gchar *text = g_strdup_printf (STATIC
        "num_tensors=1, types=float64, dimensions=(string)\"%s\", "
        "framerate=0/1", spellings[i]);
    GstRcTensors t;

    parse (&t, text);
    fail_unless_equals_int (t.n_tensors, 1);
    fail_unless_equals_int (t.tensors[0].rank, 1);
    fail_unless_equals_int (t.tensors[0].dims[0], 16);
    fail_unless_equals_int (t.tensors[0].dims[15], 1);
    fail_unless_equals_uint64 (t.tensors[0].size, 128);
    fail_unless_equals_int (t.fps_n, 0);
    fail_unless_equals_int (t.fps_d, 1);
    gst_rc_tensors_clear (&t);
    g_free (text);
  }
}

GST_END_TEST;

/* Every field, through to_caps and back. */
GST_START_TEST (round_trip)
{
  static const gchar *const text = STATIC "num_tensors=3, "
      "types=\"float32,uint8,int32\", dimensions=\"7:5,3:640:480,1\", "
      "framerate=30/1, streams=\"imu;camera;imu\", kinds=\";;count\", "
      "names=\"qw,qx,qy,qz,a,b,c;r,g,b;\", units=\"1,1,1,1,deg,m,m/s;;\", "
      "quaternions=\"0:wxyz;;\", wrapping=\"4:360:-180;;\", "
      "velocities=\"6:5;;\", roles=\"observation;observation;\", "
      "methods=\"linear;previous;\", formats=\";RGB;\", frames=\"imu_link;;\", "
      "aligned=\"imu,camera\", window=5, samples=2";
  GstCaps *first = gst_caps_from_string (text), *second;
  GstRcTensors t;
  GstRcTensor copy;

  parse (&t, text);
  fail_unless_equals_int (t.n_tensors, 3);
  fail_unless_equals_uint64 (t.tensors[1].size, 3 * 640 * 480);
  fail_unless_equals_uint64 (gst_rc_tensor_elements (&t.tensors[0]), 35);
  fail_unless_equals_string (t.tensors[0].stream, "imu");
  fail_unless_equals_string (t.tensors[1].format, "RGB");
  fail_unless_equals_int (t.tensors[2].kind, GST_RC_KIND_COUNT);
  fail_unless_equals_string (t.tensors[0].names[6], "c");
  fail_unless_equals_string (t.tensors[0].units[4], "deg");
  fail_unless (t.tensors[1].units == NULL);
  fail_unless_equals_int (t.tensors[0].n_marks, 3);
  fail_unless_equals_int (t.tensors[0].marks[0].kind, RC_MARK_QUATERNION_WXYZ);
  fail_unless_equals_float (t.tensors[0].marks[1].period, 360.0);
  fail_unless_equals_float (t.tensors[0].marks[1].lower, -180.0);
  fail_unless_equals_int (t.tensors[0].marks[2].channel, 6);
  fail_unless_equals_int (t.tensors[0].marks[2].other, 5);
  fail_unless_equals_string (t.aligned[1], "camera");
  fail_unless_equals_int (t.window, 5);
  fail_unless_equals_int (t.samples, 2);

  second = gst_rc_tensors_to_caps (&t);
  gst_check_caps_equal (first, second);

  gst_rc_tensor_copy (&copy, &t.tensors[0]);
  gst_rc_tensors_clear (&t);
  fail_unless_equals_string (copy.names[0], "qw");
  fail_unless_equals_string (copy.frame, "imu_link");
  fail_unless_equals_int (copy.marks[2].kind, RC_MARK_VELOCITY_OF);
  gst_rc_tensor_clear (&copy);
  gst_caps_unref (first);
  gst_caps_unref (second);
}

GST_END_TEST;

GST_START_TEST (ranges_and_marks)
{
  static const gchar *const text = STATIC "num_tensors=1, types=float32, "
      "dimensions=(string)\"10\", framerate=100/1, hold=\"7,8\", "
      "quaternions=\"3:xyzw\", wrapping=\"9:6.5\", "
      "ranges=\"imu:0:4,vicon:4:6\"";
  GstCaps *caps;
  GstRcTensors t, again;

  parse (&t, text);
  fail_unless_equals_int (t.n_ranges, 2);
  fail_unless_equals_string (t.ranges[1].stream, "vicon");
  fail_unless_equals_int (t.ranges[1].offset, 4);
  fail_unless_equals_int (t.ranges[1].count, 6);
  fail_unless_equals_int (t.tensors[0].n_marks, 4);
  fail_unless_equals_int (t.tensors[0].marks[0].kind, RC_MARK_QUATERNION_XYZW);
  /* without a start the range is centred on 0 */
  fail_unless_equals_float (t.tensors[0].marks[1].lower, -3.25);

  caps = gst_rc_tensors_to_caps (&t);
  fail_unless (gst_rc_tensors_parse (&again, caps, NULL));
  fail_unless_equals_int (again.n_ranges, 2);
  fail_unless_equals_int (again.tensors[0].n_marks, 4);
  fail_unless (memcmp (again.tensors[0].marks, t.tensors[0].marks,
          4 * sizeof (RcMark)) == 0);
  gst_caps_unref (caps);
  gst_rc_tensors_clear (&t);
  gst_rc_tensors_clear (&again);
}

GST_END_TEST;

#define HUGE STATIC "num_tensors=1, types=uint8, " \
    "dimensions=(string)\"4294967295\", framerate=0/1"

GST_START_TEST (tensors_refused)
{
  /* as typed without quotes on a command line */
  refuse (STATIC "num_tensors=1, types=float32, dimensions=16",
      "dimensions=(string)\"16\"");
  /* "7:5" alone is what GStreamer before 1.24 takes for flags */
  refuse (STATIC "num_tensors=1, types=float32, "
      "dimensions=(GstFlagSet)7:5", "not fixed");
  refuse (STATIC "num_tensors=1, types=4, dimensions=(string)\"1\"", "types");
  refuse ("other/tensors, format=3, num_tensors=1", "format");
  refuse ("other/tensors, format=flexible, num_tensors=1", "flexible");
  refuse (STATIC "types=float32, dimensions=(string)\"1\"", "num_tensors");
  refuse (STATIC "num_tensors=0, types=f, dimensions=d", "num_tensors=0");
  refuse (STATIC "num_tensors=17, types=f, dimensions=d", "num_tensors=17");
  refuse (STATIC "num_tensors=1, types=float32", "dimensions is missing");
  refuse (STATIC "num_tensors=1, dimensions=(string)\"1\"", "types is missing");
  refuse (STATIC "num_tensors=2, types=float32, dimensions=(string)\"1,1\"",
      "num_tensors=2");
  refuse (STATIC "num_tensors=1, types=float31, dimensions=(string)\"1\"",
      "float31");
  refuse (STATIC "num_tensors=1, types=float32, dimensions=(string)\"0\"",
      "\"0\"");
  refuse (STATIC "num_tensors=1, types=float32, dimensions=(string)\"-1\"",
      "\"-1\"");
  refuse (STATIC "num_tensors=1, types=float32, dimensions=(string)\"\"",
      "has 0");
  refuse (STATIC "num_tensors=1, types=float32, dimensions=(string)\"3:\"",
      "shape");
  refuse (STATIC "num_tensors=1, types=float32, "
      "dimensions=(string)\"4294967296\"", "4294967296");
  refuse (STATIC "num_tensors=1, types=float64, "
      "dimensions=(string)\"4294967295:4294967295\"", "4294967295");
  refuse (STATIC "num_tensors=1, types=float32, dimensions="
      "(string)\"1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:2\"", "shape");
  refuse ("video/x-raw, format=RGB", "video/x-raw");
  refuse ("other/tensors", "num_tensors");
  refuse (STATIC "num_tensors={1,2}", "not fixed");
  refuse ("other/tensors;video/x-raw", "not fixed");
  refuse (ONE ", kinds=weird", "weird");
  refuse (ONE ", names=(string)\"a,b\"", "2 entries for 10");
  refuse (ONE ", units=(string)\"a,b\"", "units");
  refuse (ONE ", names=3", "names");
  refuse (ONE ", streams=(string)\"a;b\"", "more than 1");
  refuse (ONE ", quaternions=(string)\"7:wxyz\"", "7:wxyz");
  refuse (ONE ", quaternions=(string)\"0:zyxw\"", "0:zyxw");
  refuse (ONE ", quaternions=(string)\"0\"", "quaternions");
  refuse (ONE ", quaternions=(string)\"4294967295:wxyz\"", "quaternions");
  refuse (ONE ", wrapping=(string)\"0\"", "wrapping");
  refuse (ONE ", wrapping=(string)\"0:0\"", "0:0");
  refuse (ONE ", wrapping=(string)\"0:-1\"", "0:-1");
  refuse (ONE ", wrapping=(string)\"0:inf\"", "0:inf");
  refuse (ONE ", wrapping=(string)\"0:nan\"", "0:nan");
  refuse (ONE ", wrapping=(string)\"0:1x\"", "0:1x");
  refuse (ONE ", wrapping=(string)\"0:1:nan\"", "0:1:nan");
  refuse (ONE ", wrapping=(string)\"0:1:\"", "0:1:");
  refuse (ONE ", hold=(string)\"10\"", "\"10\"");
  refuse (ONE ", hold=(string)\"1:2\"", "hold");
  refuse (ONE ", hold=(string)\"a\"", "\"a\"");
  refuse (ONE ", velocities=(string)\"1\"", "velocities");
  refuse (ONE ", velocities=(string)\"1:10\"", "1:10");
  refuse (ONE ", ranges=(string)\"a:0:11\"", "a:0:11");
  refuse (ONE ", ranges=(string)\"a:0:5,b:5:0\"", "b:5:0");
  refuse (ONE ", ranges=(string)\"a:4294967295:4294967295\"", "ranges");
  refuse (ONE ", ranges=(string)\"a:0\"", "ranges");
  refuse (ONE ", ranges=7", "ranges");
  refuse (ONE ", aligned=7", "aligned");
  refuse (ONE ", ranges=(string)\":0:5\"", "ranges");
  refuse (ONE ", velocities=(string)\"3:3\"", "3:3");
  refuse (ONE ", samples=0", "samples");
  refuse (ONE ", samples=(string)\"5\"", "samples");
  refuse (ONE ", window=-2", "window");
  refuse (STATIC "num_tensors=1, types=float32, dimensions=(string)\"1\", "
      "framerate=-1/2", "framerate");
  refuse (STATIC "num_tensors=1, types=float32, dimensions=(string)\"1\", "
      "framerate=30", "framerate");
  /* channels that would wrap */
  refuse (HUGE ", quaternions=(string)\"4294967293:wxyz\"", "4294967293");
  refuse (HUGE ", quaternions=(string)\"2147483645:wxyz\"", "2147483645");
  refuse (HUGE ", hold=(string)\"2147483648\"", "2147483648");
  refuse (HUGE ", velocities=(string)\"0:2147483648\"", "2147483648");
}

GST_END_TEST;

GST_START_TEST (kinds)
{
  for (guint i = GST_RC_KIND_VALUE; i <= GST_RC_KIND_SKEW; i++) {
    gchar *text = g_strdup_printf (ONE ", kinds=%s",
        gst_rc_tensor_kind_name (i));
    GstRcTensors t;

    parse (&t, text);
    fail_unless_equals_int (t.tensors[0].kind, i);
    gst_rc_tensors_clear (&t);
    g_free (text);
  }
}

GST_END_TEST;

#define CLOUD "application/x-pointcloud, point-step=32, "

static void
refuse_cloud (const gchar * text, const gchar * word)
{
  GstCaps *caps = gst_caps_from_string (text);
  GstRcCloud cloud;
  GError *error = NULL;

  fail_unless (caps != NULL, "not caps: %s", text);
  fail_if (gst_rc_cloud_parse (&cloud, caps, &error), "taken: %s", text);
  fail_unless (error != NULL && strstr (error->message, word) != NULL,
      "\"%s\" does not say \"%s\"", error ? error->message : "", word);
  g_error_free (error);
  gst_caps_unref (caps);
}

GST_START_TEST (clouds)
{
  static const gchar *const names[GST_RC_N_FIELD_TYPES] = { "i8", "u8", "i16",
    "u16", "i32", "u32", "i64", "u64", "f32", "f64"
  };
  static const guint sizes[] = { 1, 1, 2, 2, 4, 4, 8, 8, 4, 8 };
  GstCaps *caps = gst_caps_from_string (CLOUD
      "fields=\"x:f32:0:1, y:f32:4,z:f32:8:1,ring:u16:16:2,t:f64:24:1\", "
      "framerate=10/1, frame-id=lidar"), *again;
  GstRcCloud cloud, other;
  const GstRcField *field;

  fail_unless (gst_rc_cloud_parse (&cloud, caps, NULL));
  fail_unless_equals_int (cloud.point_step, 32);
  fail_unless_equals_int (cloud.n_fields, 5);
  fail_unless_equals_int (cloud.fps_n, 10);
  fail_unless_equals_string (cloud.frame_id, "lidar");
  field = gst_rc_cloud_find (&cloud, "ring");
  fail_unless (field != NULL);
  fail_unless_equals_int (field->type, GST_RC_FIELD_U16);
  fail_unless_equals_int (field->offset, 16);
  fail_unless_equals_int (field->count, 2);
  fail_unless (gst_rc_cloud_find (&cloud, "rin") == NULL);

  again = gst_rc_cloud_to_caps (&cloud);
  fail_unless (gst_rc_cloud_parse (&other, again, NULL));
  fail_unless (memcmp (&cloud, &other, sizeof (cloud)) == 0);
  gst_caps_unref (caps);
  gst_caps_unref (again);

  for (guint i = 0; i < GST_RC_N_FIELD_TYPES; i++) {
    gchar *text = g_strdup_printf ("f:%s:0", names[i]);

    fail_unless (gst_rc_cloud_parse_fields (&cloud, text, NULL));
    fail_unless_equals_int (cloud.fields[0].type, i);
    fail_unless_equals_int (gst_rc_field_type_size (i), sizes[i]);
    fail_unless_equals_int (rc_dtype_size (gst_rc_field_type_to_dtype (i)),
        sizes[i]);
    g_free (text);
  }
}

GST_END_TEST;

GST_START_TEST (clouds_refused)
{
  GString *many = g_string_new (CLOUD "fields=\"f:u8:0");
  gchar *name = g_strnfill (64, 'n');
  gchar *text = g_strdup_printf (CLOUD "fields=\"%s:u8:0\"", name);

  for (guint i = 0; i < GST_RC_MAX_FIELDS; i++)
    g_string_append_printf (many, ",f%u:u8:0", i);
  g_string_append_c (many, '"');
  refuse_cloud (many->str, "128");
  refuse_cloud (text, "nnn");
  g_string_free (many, TRUE);
  g_free (text);
  g_free (name);

  refuse_cloud ("video/x-raw, format=RGB", "video/x-raw");
  refuse_cloud ("application/x-pointcloud, point-step=[1,2]", "not fixed");
  refuse_cloud ("application/x-pointcloud, fields=\"x:f32:0\"", "point-step");
  refuse_cloud ("application/x-pointcloud, point-step=0", "point-step=0");
  refuse_cloud ("application/x-pointcloud, point-step=-4", "point-step=-4");
  refuse_cloud ("application/x-pointcloud, point-step=4", "fields");
  refuse_cloud (CLOUD "fields=(string)\"\"", "1 to 128");
  refuse_cloud (CLOUD "fields=x", "x");
  refuse_cloud (CLOUD "fields=(string)\"x:f32\"", "x:f32");
  refuse_cloud (CLOUD "fields=(string)\":f32:0\"", ":f32:0");
  refuse_cloud (CLOUD "fields=(string)\"x:f33:0\"", "f33");
  refuse_cloud (CLOUD "fields=(string)\"x:f32:-1\"", "-1");
  refuse_cloud (CLOUD "fields=(string)\"x:f32:29\"", "32 bytes");
  refuse_cloud (CLOUD "fields=(string)\"x:f32:0:9\"", "32 bytes");
  refuse_cloud (CLOUD "fields=(string)\"x:f64:0:4294967295\"", "32 bytes");
  refuse_cloud (CLOUD "fields=(string)\"x:f32:0:0\"", "x:f32:0:0");
  refuse_cloud (CLOUD "fields=(string)\"x:f32:0,x:f32:4\"", "twice");
  refuse_cloud (CLOUD "fields=(string)\"x:f32:0\", framerate=10", "framerate");
  text = g_strnfill (64, 'n');
  many = g_string_new (NULL);
  g_string_printf (many, CLOUD "fields=\"x:f32:0\", frame-id=%s", text);
  refuse_cloud (many->str, "longer than 63 bytes");
  g_string_free (many, TRUE);
  g_free (text);
}

GST_END_TEST;

static Suite *
caps_suite (void)
{
  Suite *suite = suite_create ("caps");
  TCase *tcase = tcase_create ("caps");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, one_shape_many_spellings);
  tcase_add_test (tcase, round_trip);
  tcase_add_test (tcase, ranges_and_marks);
  tcase_add_test (tcase, tensors_refused);
  tcase_add_test (tcase, kinds);
  tcase_add_test (tcase, clouds);
  tcase_add_test (tcase, clouds_refused);
  return suite;
}

GST_CHECK_MAIN (caps);
