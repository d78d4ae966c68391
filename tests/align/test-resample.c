/* SPDX-License-Identifier: Apache-2.0 */
/* rcresample: one stream at a rate or at another stream's times, as a pad of
 * rcfusemux gives it. */
#include "aligntest.h"

#include <string.h>

#define MS GST_MSECOND

static void
push_irregular (AlignTest * t, const gchar * src)
{
  align_test_caps (t, src, FLOATS (2) ",names=(string)\"x,v\","
      "velocities=(string)1:0");
  for (guint i = 0; i < 60; i++) {
    gfloat row[2] = { (gfloat) (i * i % 17), (gfloat) (i % 5) };

    align_test_data (t, src, (i * 7 + i % 3) * MS, row, sizeof (row));
  }
  align_test_eos (t, src);
}

/* For every method: the same bytes, provenance and caps marks. */
GST_START_TEST (test_equals_fusemux)
{
  static const gchar *const settings[] = {
    "method=previous", "method=nearest tolerance=3000000", "method=next",
    "method=linear", "method=pchip", "method=hermite",
    "method=mean mean-window=30000000", "method=mean mean-centred=true",
    "method=linear causal=true", "method=linear edge=hold offset=3000000",
    "method=linear max-gap=5000000 fill=-1", "role=action"
  };

  for (guint i = 0; i < G_N_ELEMENTS (settings); i++) {
    gchar **words = g_strsplit (settings[i], " ", -1);
    GString *pad = g_string_new ("rate=50/1");
    gchar *line =
        g_strdup_printf ("appsrc name=a ! rcresample name=m rate=50/1 "
        "%s ! appsink name=out", settings[i]);
    AlignTest *one, *mux;
    GstRcTensors ts;

    for (guint w = 0; words[w]; w++)
      g_string_append_printf (pad, " sink_a::%s", words[w]);
    one = align_test_new (line);
    mux = align_test_with (ALIGN_ONE, pad->str);
    push_irregular (one, "a");
    push_irregular (mux, "a");
    align_test_run (one);
    align_test_run (mux);
    fail_unless (one->error == NULL && mux->error == NULL, "%s: %s %s",
        settings[i], one->error, mux->error);
    fail_unless (one->samples->len > 10, "%s", settings[i]);
    fail_unless_equals_int (one->samples->len, mux->samples->len);
    for (guint k = 0; k < one->samples->len; k++) {
      GstBuffer *a = align_test_buffer (one, k);
      GstRcProvenance p = align_test_provenance (one, k);
      GstRcProvenance q = align_test_provenance (mux, k);
      GstMapInfo map;

      fail_unless_equals_uint64 (GST_BUFFER_PTS (a),
          GST_BUFFER_PTS (align_test_buffer (mux, k)));
      gst_buffer_map (a, &map, GST_MAP_READ);
      fail_unless (gst_buffer_memcmp (align_test_buffer (mux, k), 0, map.data,
              map.size) == 0, "%s: row %u", settings[i], k);
      gst_buffer_unmap (a, &map);
      fail_unless_equals_int (p.state[0], q.state[0]);
      fail_unless_equals_int64 (p.skew[0], q.skew[0]);
      fail_unless_equals_int64 (p.newest[0], q.newest[0]);
    }
    fail_unless (gst_rc_tensors_parse (&ts, align_test_out_caps (one), NULL));
    fail_unless_equals_string (ts.tensors[0].names[1], "v");
    fail_unless_equals_int (ts.tensors[0].n_marks, 1);
    gst_rc_tensors_clear (&ts);
    align_test_free (one);
    align_test_free (mux);
    g_string_free (pad, TRUE);
    g_strfreev (words);
    g_free (line);
  }
}

GST_END_TEST;

/* The times of another stream, whose own values do not come out. */
GST_START_TEST (test_times_of_another)
{
  AlignTest *t = align_test_new ("rcresample name=m ! appsink name=out "
      "appsrc name=a ! m.sink appsrc name=b ! m.times");

  align_test_ramp (t, "a", 0, 7 * MS, 40);
  align_test_ramp (t, "b", 13 * MS, 33 * MS, 7);
  align_test_run (t);
  fail_unless (t->error == NULL, "%s", t->error);
  fail_unless_equals_int (t->samples->len, 7);
  for (guint i = 0; i < 7; i++) {
    GstClockTime tick = (13 + 33 * i) * MS;

    fail_unless_equals_uint64 (GST_BUFFER_PTS (align_test_buffer (t, i)), tick);
    fail_unless_equals_int (gst_buffer_n_memory (align_test_buffer (t, i)), 1);
    fail_unless (ABS (align_test_value (t, i, 0, 0) - tick / 1e6f) < 1e-4);
    fail_unless_equals_int (align_test_provenance (t, i).n_streams, 1);
  }
  align_test_free (t);
}

GST_END_TEST;

/* A window that the method needs has no default without a rate. */
GST_START_TEST (test_window_needs_rate)
{
  AlignTest *t = align_test_new ("rcresample name=m method=mean ! "
      "appsink name=out appsrc name=a ! m.sink appsrc name=b ! m.times");

  align_test_ramp (t, "a", 0, 7 * MS, 40);
  align_test_ramp (t, "b", 13 * MS, 33 * MS, 7);
  align_test_run (t);
  align_test_fail_unless_error (t, "needs mean-window");
  align_test_free (t);
}

GST_END_TEST;

static void
check_property (GObject * object, const gchar * name, const gchar * value)
{
  GValue v = G_VALUE_INIT;
  gchar *text;

  gst_util_set_object_arg (object, name, value);
  g_object_get_property (object, name, &v);
  text = gst_value_serialize (&v);
  fail_unless_equals_string (text, value);
  g_free (text);
  g_value_unset (&v);
}

/* Every property can be set and read back, on the element as on its pad. */
GST_START_TEST (test_properties)
{
  GstElement *element = gst_element_factory_make ("rcresample", NULL);
  static const gchar *const pairs[][2] = {
    {"role", "action"}, {"method", "gather"}, {"max-gap", "5"},
    {"tolerance", "6"}, {"offset", "-7"}, {"required", "false"},
    {"causal", "true"}, {"edge", "hold"}, {"fill", "2.5"},
    {"stream-name", "knee"}, {"mean-window", "8"}, {"mean-centred", "true"},
    {"samples", "9"}, {"max-points", "10"}, {"lookahead", "11"},
    {"rate", "30000/1001"}, {"master", "x"}, {"span", "all"},
    {"tick-origin", "12"}, {"window", "13"}, {"step", "14"},
    {"stride", "15"}, {"window-start", "repeat"}, {"state-tensor", "true"},
    {"skew-tensor", "true"}, {"max-jump", "16"},
  };
  gdouble fill = 0;

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    check_property (G_OBJECT (element), pairs[i][0], pairs[i][1]);
  gst_util_set_object_arg (G_OBJECT (element), "fill", "nan");
  g_object_get (element, "fill", &fill, NULL);
  fail_unless (fill != fill);
  gst_object_unref (element);
  element = gst_element_factory_make ("rcfusemux", NULL);
  check_property (G_OBJECT (element), "output", "concat");
  gst_object_unref (element);
}

GST_END_TEST;

static Suite *
resample_suite (void)
{
  Suite *s = suite_create ("rcresample");
  TCase *tc = tcase_create ("one stream");

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 60);
  tcase_add_test (tc, test_equals_fusemux);
  tcase_add_test (tc, test_times_of_another);
  tcase_add_test (tc, test_window_needs_rate);
  tcase_add_test (tc, test_properties);
  return s;
}

GST_CHECK_MAIN (resample);
