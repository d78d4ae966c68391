/* SPDX-License-Identifier: Apache-2.0 */
/* rcfusemux, not live: values, ticks, spans, outputs. */
#include "aligntest.h"

#include <math.h>
#include <string.h>

#define MS GST_MSECOND

GST_START_TEST (test_linear_common_span)
{
  AlignTest *t = align_test_with (ALIGN_TWO, "rate=100/1");
  GstRcProvenance p;

  /* a: 3, 10, 17, … 318; b: 25, 38, 51, … 493 */
  align_test_ramp (t, "a", 3 * MS, 7 * MS, 46);
  align_test_ramp (t, "b", 25 * MS, 13 * MS, 37);
  align_test_run (t);
  fail_unless (t->error == NULL, "%s", t->error);
  /* from the first tick that both cover, 30 ms, to the last, 310 ms */
  fail_unless_equals_int (t->samples->len, 29);
  for (guint i = 0; i < t->samples->len; i++) {
    GstBuffer *buffer = align_test_buffer (t, i);
    GstClockTime tick = (30 + 10 * i) * MS;

    fail_unless_equals_uint64 (GST_BUFFER_PTS (buffer), tick);
    fail_unless_equals_uint64 (GST_BUFFER_DURATION (buffer), 10 * MS);
    fail_unless_equals_int (gst_buffer_n_memory (buffer), 2);
    fail_unless (fabsf (align_test_value (t, i, 0, 0) - tick / 1e6f) < 1e-4);
    fail_unless (fabsf (align_test_value (t, i, 1, 0) - tick / 1e6f) < 1e-4);
    p = align_test_provenance (t, i);
    fail_unless_equals_int64 (p.tick, 3 + i);
    fail_unless_equals_int (p.n_streams, 2);
    fail_unless_equals_int (p.n_rows, 1);
    fail_unless (ABS (p.skew[0]) <= 3.5 * MS && ABS (p.skew[1]) <= 6.5 * MS);
    fail_unless (p.newest[0] >= (gint64) tick);
  }
  /* 80 ms is a sample of a (3 + 7 * 11), 90 ms one of b (25 + 13 * 5) */
  fail_unless_equals_int (align_test_state (t, 5, 0), RC_STATE_MEASURED);
  fail_unless_equals_int (align_test_state (t, 5, 1), RC_STATE_INTERPOLATED);
  fail_unless_equals_int (align_test_state (t, 6, 1), RC_STATE_MEASURED);
  fail_unless_equals_uint64 (align_test_stat (t, "sink_a", "in"), 46);
  fail_unless_equals_uint64 (align_test_stat (t, "sink_a", "measured")
      + align_test_stat (t, "sink_a", "interpolated"), 29);
  align_test_free (t);
}

GST_END_TEST;

GST_START_TEST (test_span_all)
{
  AlignTest *t = align_test_with (ALIGN_TWO, "rate=100/1 span=all");

  align_test_ramp (t, "a", 0, 10 * MS, 5);      /* 0 … 40 */
  align_test_ramp (t, "b", 20 * MS, 10 * MS, 5);        /* 20 … 60 */
  align_test_run (t);
  fail_unless (t->error == NULL, "%s", t->error);
  fail_unless_equals_int (t->samples->len, 7);
  fail_unless_equals_int (align_test_state (t, 0, 1), RC_STATE_MISSING);
  fail_unless (isnan (align_test_value (t, 0, 1, 0)));
  fail_unless_equals_int (align_test_state (t, 2, 1), RC_STATE_MEASURED);
  fail_unless_equals_int (align_test_state (t, 5, 0), RC_STATE_MISSING);
  fail_unless_equals_int (align_test_state (t, 6, 1), RC_STATE_MEASURED);
  align_test_free (t);
}

GST_END_TEST;

/* The span ends with b; a's source is not stopped by that, so that the other branch
 * of a tee sees all of it. */
GST_START_TEST (test_tee_is_not_cut)
{
  AlignTest *t = align_test_new ("rcfusemux name=m rate=100/1 ! "
      "appsink name=out  fakesink name=raw sync=false  "
      "appsrc name=a ! tee name=t  t. ! queue ! m.sink_a  "
      "t. ! queue ! raw.  appsrc name=b ! m.sink_b");
  GstElement *raw = gst_bin_get_by_name (GST_BIN (t->pipeline), "raw");
  GstStructure *stats;
  guint64 rendered = 0;

  align_test_ramp (t, "a", 0, 1 * MS, 20000);
  align_test_ramp (t, "b", 0, 10 * MS, 11);
  align_test_run (t);
  fail_unless (t->error == NULL, "%s", t->error);
  fail_unless_equals_int (t->samples->len, 11);
  g_object_get (raw, "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint64 (stats, "rendered", &rendered));
  fail_unless_equals_uint64 (rendered, 20000);
  gst_structure_free (stats);
  gst_object_unref (raw);
  align_test_free (t);
}

GST_END_TEST;

GST_START_TEST (test_required)
{
  AlignTest *t =
      align_test_with (ALIGN_TWO, "rate=100/1 sink_b::required=false");

  align_test_ramp (t, "a", 0, 10 * MS, 5);
  align_test_ramp (t, "b", 20 * MS, 10 * MS, 2);
  align_test_run (t);
  fail_unless (t->error == NULL, "%s", t->error);
  fail_unless_equals_int (t->samples->len, 5);
  fail_unless_equals_int (align_test_state (t, 1, 1), RC_STATE_MISSING);
  fail_unless_equals_int (align_test_state (t, 2, 1), RC_STATE_MEASURED);
  fail_unless_equals_int (align_test_state (t, 4, 1), RC_STATE_MISSING);
  align_test_free (t);
}

GST_END_TEST;

/* Ticks are computed from k: no drift over a fraction that has no exact ns. */
GST_START_TEST (test_fraction_ticks)
{
  AlignTest *t = align_test_with (ALIGN_ONE, "rate=30000/1001 tick-origin=7 "
      "sink_a::method=previous sink_a::max-gap=9223372036854775807");
  const GstClockTime base = 1765575264566071265;
  GstClockTime first;

  align_test_caps (t, "a", FLOATS (1));
  align_test_float (t, "a", base, 1);
  align_test_float (t, "a", base + 10 * GST_SECOND, 2);
  align_test_eos (t, "a");
  align_test_run (t);
  fail_unless (t->error == NULL, "%s", t->error);
  fail_unless (t->samples->len >= 299 && t->samples->len <= 300);
  first = align_test_provenance (t, 0).tick;
  for (guint i = 0; i < t->samples->len; i++) {
    GstClockTime pts = GST_BUFFER_PTS (align_test_buffer (t, i));
    /* floor (k * 1001e9 / 30000) in 128 bits */
    GstClockTime expect = 7 + (GstClockTime) (((unsigned __int128) first + i)
        * 1001 * GST_SECOND / 30000);

    fail_unless_equals_uint64 (pts, expect);
  }
  align_test_free (t);
}

GST_END_TEST;

GST_START_TEST (test_rate_from_downstream)
{
  AlignTest *t =
      align_test_new ("rcfusemux name=m ! "
      "other/tensors,framerate=20/1 ! appsink name=out "
      "appsrc name=a ! m.sink_a");

  align_test_ramp (t, "a", 0, 10 * MS, 21);
  align_test_run (t);
  fail_unless (t->error == NULL, "%s", t->error);
  fail_unless_equals_int (t->samples->len, 5);
  align_test_free (t);
  t = align_test_with (ALIGN_ONE, "");
  align_test_ramp (t, "a", 0, 10 * MS, 21);
  align_test_run (t);
  align_test_fail_unless_error (t, "no rate: set property rate");
  align_test_free (t);
}

GST_END_TEST;

GST_START_TEST (test_master)
{
  AlignTest *t = align_test_with (ALIGN_TWO, "master=b");
  GstStructure *s;
  gint n = -1, d = -1;

  align_test_ramp (t, "a", 0, 7 * MS, 30);
  align_test_ramp (t, "b", 11 * MS, 17 * MS, 8);
  align_test_run (t);
  fail_unless (t->error == NULL, "%s", t->error);
  fail_unless_equals_int (t->samples->len, 8);
  for (guint i = 0; i < 8; i++) {
    GstClockTime tick = (11 + 17 * i) * MS;

    fail_unless_equals_uint64 (GST_BUFFER_PTS (align_test_buffer (t, i)), tick);
    fail_if (GST_BUFFER_DURATION_IS_VALID (align_test_buffer (t, i)));
    fail_unless (fabsf (align_test_value (t, i, 0, 0) - tick / 1e6f) < 1e-4);
    fail_unless_equals_int (align_test_state (t, i, 1), RC_STATE_MEASURED);
  }
  s = gst_caps_get_structure (align_test_out_caps (t), 0);
  fail_unless (gst_structure_get_fraction (s, "framerate", &n, &d));
  fail_unless (n == 0 && d == 1);
  align_test_free (t);
  t = align_test_with (ALIGN_ONE, "master=nobody");
  align_test_ramp (t, "a", 0, 7 * MS, 3);
  align_test_run (t);
  align_test_fail_unless_error (t, "master=nobody");
  align_test_free (t);
}

GST_END_TEST;

GST_START_TEST (test_roles)
{
  AlignTest *t = align_test_with (ALIGN_TWO, "rate=100/1 sink_b::role=action");

  align_test_ramp (t, "a", 0, 5 * MS, 41);
  align_test_caps (t, "b", FLOATS (1));
  align_test_float (t, "b", 4 * MS, 1);
  align_test_float (t, "b", 22 * MS, 2);
  align_test_float (t, "b", 27 * MS, 3);
  align_test_float (t, "b", 95 * MS, 4);
  align_test_eos (t, "b");
  align_test_run (t);
  fail_unless (t->error == NULL, "%s", t->error);
  /* 10 … 90: the action in [t, t + 10 ms), else the one in force */
  fail_unless_equals_int (t->samples->len, 9);
  fail_unless (align_test_value (t, 0, 1, 0) == 1);
  fail_unless_equals_int (align_test_state (t, 0, 1), RC_STATE_HELD);
  fail_unless (align_test_value (t, 1, 1, 0) == 2);
  fail_unless_equals_int (align_test_state (t, 1, 1), RC_STATE_LATER);
  fail_unless (align_test_value (t, 2, 1, 0) == 3);
  fail_unless (align_test_value (t, 8, 1, 0) == 4);
  align_test_free (t);
  t = align_test_with (ALIGN_ONE,
      "rate=100/1 sink_a::role=action sink_a::method=linear");
  align_test_ramp (t, "a", 0, 5 * MS, 3);
  align_test_run (t);
  align_test_fail_unless_error (t, "method=linear would invent actions");
  align_test_free (t);
}

GST_END_TEST;

GST_START_TEST (test_concat)
{
  AlignTest *t = align_test_with (ALIGN_TWO,
      "rate=100/1 output=concat state-tensor=true "
      "skew-tensor=true sink_b::stream-name=force");
  GstRcTensors ts;
  GError *error = NULL;

  align_test_caps (t, "a", FLOATS (2) ",names=(string)\"x,yaw\","
      "wrapping=(string)1:360");
  align_test_caps (t, "b", FLOATS (1) ",names=(string)fz");
  for (guint i = 0; i < 4; i++) {
    gfloat v[2] = { i, i };

    align_test_data (t, "a", i * 10 * MS, v, sizeof (v));
    align_test_float (t, "b", i * 10 * MS, 10 * i);
  }
  align_test_eos (t, "a");
  align_test_eos (t, "b");
  align_test_run (t);
  fail_unless (t->error == NULL, "%s", t->error);
  fail_unless_equals_int (t->samples->len, 4);
  fail_unless_equals_int (gst_buffer_n_memory (align_test_buffer (t, 1)), 3);
  fail_unless (align_test_value (t, 3, 0, 1) == 3);
  fail_unless (align_test_value (t, 3, 0, 2) == 30);
  fail_unless (gst_rc_tensors_parse (&ts, align_test_out_caps (t), &error));
  fail_unless_equals_int (ts.n_ranges, 2);
  fail_unless_equals_string (ts.ranges[0].stream, "a");
  fail_unless_equals_string (ts.ranges[1].stream, "force");
  fail_unless_equals_int (ts.ranges[1].offset, 2);
  fail_unless_equals_string (ts.tensors[0].names[1], "a.yaw");
  fail_unless_equals_string (ts.tensors[0].role, "observation,observation");
  fail_unless_equals_int (ts.tensors[0].n_marks, 1);
  fail_unless_equals_int (ts.tensors[1].kind, GST_RC_KIND_STATE);
  fail_unless_equals_int (ts.tensors[2].kind, GST_RC_KIND_SKEW);
  fail_unless_equals_int (ts.tensors[2].size, 2 * sizeof (gint64));
  gst_rc_tensors_clear (&ts);
  align_test_free (t);
}

GST_END_TEST;

GST_START_TEST (test_concat_types)
{
  AlignTest *t = align_test_with (ALIGN_TWO, "rate=100/1 output=concat");
  guint8 byte = 1;

  align_test_ramp (t, "a", 0, 10 * MS, 2);
  align_test_caps (t, "b", "other/tensors,format=static,num_tensors=1,"
      "types=uint8,dimensions=(string)1,framerate=0/1");
  align_test_data (t, "b", 0, &byte, 1);
  align_test_eos (t, "b");
  align_test_run (t);
  align_test_fail_unless_error (t,
      "output=concat needs float vectors of one type");
  align_test_free (t);
}

GST_END_TEST;

/* Rows of a window are the rows of window=1 at the ticks before. */
GST_START_TEST (test_windows)
{
  AlignTest *t =
      align_test_with (ALIGN_ONE, "rate=100/1 window=3 step=2 stride=4");
  GstRcTensors ts;
  GstRcProvenance p;

  align_test_ramp (t, "a", 0, 10 * MS, 21);
  align_test_run (t);
  fail_unless (t->error == NULL, "%s", t->error);
  /* ticks 0, 4, 8, … 20 */
  fail_unless_equals_int (t->samples->len, 6);
  for (guint i = 0; i < 6; i++) {
    gint k = 4 * i;

    fail_unless_equals_uint64 (GST_BUFFER_PTS (align_test_buffer (t, i)),
        k * 10 * MS);
    fail_unless_equals_uint64 (GST_BUFFER_DURATION (align_test_buffer (t, i)),
        40 * MS);
    p = align_test_provenance (t, i);
    fail_unless_equals_int (p.n_rows, 3);
    for (gint r = 0; r < 3; r++) {
      gint at = k - 2 * (2 - r);

      if (at < 0) {
        fail_unless (isnan (align_test_value (t, i, 0, r)));
        fail_unless_equals_int (p.state[r], RC_STATE_MISSING);
        fail_unless_equals_int64 (p.newest[r], RC_TIME_NONE);
      } else {
        fail_unless (align_test_value (t, i, 0, r) == at * 10);
        fail_unless_equals_int64 (p.newest[r], at * 10 * (gint64) MS);
      }
    }
  }
  fail_unless (gst_rc_tensors_parse (&ts, align_test_out_caps (t), NULL));
  fail_unless_equals_int (ts.window, 3);
  fail_unless_equals_int (ts.tensors[0].dims[1], 3);
  fail_unless_equals_int (ts.fps_n, 25);
  gst_rc_tensors_clear (&ts);
  align_test_free (t);
  t = align_test_with (ALIGN_ONE, "rate=100/1 window=3 window-start=repeat");
  align_test_ramp (t, "a", 50 * MS, 10 * MS, 4);
  align_test_run (t);
  for (guint r = 0; r < 3; r++)
    fail_unless (align_test_value (t, 0, 0, r) == 50);
  fail_unless (align_test_value (t, 1, 0, 2) == 60);
  align_test_free (t);
}

GST_END_TEST;

GST_START_TEST (test_offset_and_gap)
{
  AlignTest *t =
      align_test_with (ALIGN_ONE, "rate=100/1 sink_a::offset=-125000000");

  align_test_ramp (t, "a", 125 * MS, 10 * MS, 4);
  align_test_run (t);
  fail_unless_equals_int (t->samples->len, 4);
  fail_unless_equals_uint64 (GST_BUFFER_PTS (align_test_buffer (t, 0)), 0);
  fail_unless (align_test_value (t, 0, 0, 0) == 125);
  align_test_free (t);

  t = align_test_with (ALIGN_ONE, "rate=100/1 sink_a::max-gap=30000000");
  align_test_caps (t, "a", FLOATS (1));
  align_test_float (t, "a", 0, 0);
  align_test_float (t, "a", 30 * MS, 3);
  align_test_float (t, "a", 61 * MS, 6.1);
  align_test_float (t, "a", 70 * MS, 7);
  align_test_eos (t, "a");
  align_test_run (t);
  fail_unless_equals_int (t->samples->len, 8);
  fail_unless_equals_int (align_test_state (t, 1, 0), RC_STATE_INTERPOLATED);
  fail_unless_equals_int (align_test_state (t, 3, 0), RC_STATE_MEASURED);
  for (guint i = 4; i < 7; i++) {
    fail_unless_equals_int (align_test_state (t, i, 0), RC_STATE_MISSING);
    fail_unless (isnan (align_test_value (t, i, 0, 0)));
  }
  align_test_free (t);
}

GST_END_TEST;

GST_START_TEST (test_gather)
{
  AlignTest *t = align_test_with (ALIGN_ONE, "rate=100/1 sink_a::method=gather "
      "sink_a::samples=3");
  gint32 count;
  gint64 times[3];
  GstBuffer *buffer;

  align_test_ramp (t, "a", 1 * MS, 2 * MS, 25); /* 1, 3, … 49 */
  align_test_run (t);
  fail_unless (t->error == NULL, "%s", t->error);
  buffer = align_test_buffer (t, 1);    /* (10, 20]: 11 … 19, newest three */
  fail_unless_equals_int (gst_buffer_n_memory (buffer), 3);
  fail_unless (align_test_value (t, 1, 0, 0) == 15);
  fail_unless (align_test_value (t, 1, 0, 2) == 19);
  gst_memory_unref (gst_buffer_get_memory (buffer, 1));
  gst_buffer_extract (buffer, 12, &count, 4);
  gst_buffer_extract (buffer, 16, times, sizeof (times));
  fail_unless_equals_int (count, 3);
  fail_unless_equals_int64 (times[0], 15 * (gint64) MS);
  fail_unless_equals_int64 (times[2], 19 * (gint64) MS);
  fail_unless (align_test_stat (t, "sink_a", "overflow") >= 2);
  align_test_free (t);
}

GST_END_TEST;

/* 1/30 s is no whole number of ns. Stamps that are rounded up lie 1 ns after some
 * ticks: each sample is in exactly one window all the same. */
GST_START_TEST (test_gather_fraction)
{
  AlignTest *t = align_test_with (ALIGN_ONE, "rate=30/1 sink_a::method=gather");
  guint counted = 0;
  gint32 count;

  align_test_caps (t, "a", FLOATS (1));
  for (guint i = 0; i <= 120; i++)
    align_test_float (t, "a", gst_util_uint64_scale_ceil (i, GST_SECOND, 60),
        i);
  align_test_eos (t, "a");
  align_test_run (t);
  fail_unless (t->error == NULL, "%s", t->error);
  for (guint i = 1; i < t->samples->len; i++) {
    GstBuffer *buffer = align_test_buffer (t, i);

    gst_buffer_extract (buffer, 16 * 4, &count, 4);
    counted += count;
  }
  /* all but the first, which is at tick 0 itself, up to the last tick */
  fail_unless_equals_int (t->samples->len, 61);
  fail_unless_equals_int (counted, 120);
  align_test_free (t);
}

GST_END_TEST;

/* The order of request is the order of the output, whatever the names. */
GST_START_TEST (test_pad_order_and_names)
{
  AlignTest *t = align_test_new ("rcfusemux name=m rate=100/1 "
      "sink_1::method=previous ! appsink name=out "
      "appsrc name=a ! m.sink_1 appsrc name=b ! m.sink_0");
  GstRcTensors ts;
  GObject *child;

  align_test_ramp (t, "a", 0, 10 * MS, 3);
  align_test_ramp (t, "b", 0, 10 * MS, 3);
  align_test_run (t);
  fail_unless (gst_rc_tensors_parse (&ts, align_test_out_caps (t), NULL));
  fail_unless_equals_string (ts.tensors[0].stream, "1");
  fail_unless_equals_string (ts.tensors[1].stream, "0");
  fail_unless_equals_string (ts.tensors[0].method, "previous");
  fail_unless_equals_string (ts.tensors[1].method, "linear");
  fail_unless_equals_string (ts.aligned[0], "1");
  gst_rc_tensors_clear (&ts);
  fail_unless_equals_int (gst_child_proxy_get_children_count (GST_CHILD_PROXY
          (t->aligner)), 2);
  child = gst_child_proxy_get_child_by_name (GST_CHILD_PROXY (t->aligner),
      "sink_0");
  fail_unless (child != NULL);
  g_object_unref (child);
  align_test_free (t);
}

GST_END_TEST;

GST_START_TEST (test_same_name)
{
  AlignTest *t =
      align_test_with (ALIGN_TWO, "rate=100/1 sink_b::stream-name=a");

  align_test_ramp (t, "a", 0, 10 * MS, 3);
  align_test_ramp (t, "b", 0, 10 * MS, 3);
  align_test_run (t);
  align_test_fail_unless_error (t, "two pads have stream-name=\"a\"");
  align_test_free (t);
}

GST_END_TEST;

GST_START_TEST (test_too_many_tensors)
{
  GString *line = g_string_new ("rcfusemux name=m rate=10/1 ! "
      "appsink name=out ");
  AlignTest *t;

  for (guint i = 0; i < 17; i++)
    g_string_append_printf (line, "appsrc name=s%u ! m.sink_s%u ", i, i);
  t = align_test_new (line->str);
  for (guint i = 0; i < 17; i++) {
    gchar *name = g_strdup_printf ("s%u", i);

    align_test_ramp (t, name, 0, 100 * MS, 2);
    g_free (name);
  }
  align_test_run (t);
  align_test_fail_unless_error (t, "use output=concat");
  align_test_free (t);
  g_string_replace (line, "rate=10/1", "rate=10/1 output=concat", 1);
  t = align_test_new (line->str);
  for (guint i = 0; i < 17; i++) {
    gchar *name = g_strdup_printf ("s%u", i);

    align_test_ramp (t, name, 0, 100 * MS, 2);
    g_free (name);
  }
  align_test_run (t);
  fail_unless (t->error == NULL, "%s", t->error);
  fail_unless_equals_int (t->samples->len, 2);
  fail_unless (align_test_value (t, 1, 0, 16) == 100);
  align_test_free (t);
  g_string_free (line, TRUE);
}

GST_END_TEST;

GST_START_TEST (test_declared_caps)
{
  AlignTest *t = align_test_new ("rcfusemux name=m rate=100/1 "
      "sink_b::required=false sink_b::caps=\"" "other/tensors,format=static,"
      "num_tensors=1,types=float32,dimensions=(string)2,framerate=0/1\" ! "
      "appsink name=out appsrc name=a ! m.sink_a appsrc name=b ! m.sink_b");

  align_test_ramp (t, "a", 0, 10 * MS, 3);
  align_test_eos (t, "b");      /* never says anything */
  align_test_run (t);
  fail_unless (t->error == NULL, "%s", t->error);
  fail_unless_equals_int (t->samples->len, 3);
  fail_unless_equals_int (gst_buffer_n_memory (align_test_buffer (t, 0)), 2);
  fail_unless (isnan (align_test_value (t, 0, 1, 1)));
  fail_unless_equals_int (align_test_state (t, 2, 1), RC_STATE_MISSING);
  align_test_free (t);
}

GST_END_TEST;

/* Twice the same output from the same element: nothing stays behind. */
GST_START_TEST (test_restart)
{
  AlignTest *t = align_test_new ("rcfusemux name=m rate=50/1 ! appsink "
      "name=out rctestsrc kind=joints num-buffers=100 jitter=0.2 ! m.sink_a "
      "rctestsrc kind=force num-buffers=200 ! m.sink_b");
  GPtrArray *before;

  align_test_run (t);
  fail_unless (t->error == NULL, "%s", t->error);
  fail_unless (t->samples->len >= 8);
  before = t->samples;
  t->samples =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_sample_unref);
  gst_element_set_state (t->pipeline, GST_STATE_READY);
  align_test_run (t);
  fail_unless (t->error == NULL, "%s", t->error);
  fail_unless_equals_int (t->samples->len, before->len);
  for (guint i = 0; i < before->len; i++) {
    GstBuffer *a = gst_sample_get_buffer (g_ptr_array_index (before, i));
    GstBuffer *b = align_test_buffer (t, i);
    GstMapInfo map;

    fail_unless_equals_uint64 (GST_BUFFER_PTS (a), GST_BUFFER_PTS (b));
    gst_buffer_map (a, &map, GST_MAP_READ);
    fail_unless (gst_buffer_get_size (b) == map.size
        && gst_buffer_memcmp (b, 0, map.data, map.size) == 0);
    gst_buffer_unmap (a, &map);
  }
  g_ptr_array_unref (before);
  align_test_free (t);
}

GST_END_TEST;

static Suite *
fusemux_suite (void)
{
  Suite *s = suite_create ("rcfusemux");
  TCase *tc = tcase_create ("offline");

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 60);
  tcase_add_test (tc, test_linear_common_span);
  tcase_add_test (tc, test_span_all);
  tcase_add_test (tc, test_required);
  tcase_add_test (tc, test_tee_is_not_cut);
  tcase_add_test (tc, test_fraction_ticks);
  tcase_add_test (tc, test_rate_from_downstream);
  tcase_add_test (tc, test_master);
  tcase_add_test (tc, test_roles);
  tcase_add_test (tc, test_concat);
  tcase_add_test (tc, test_concat_types);
  tcase_add_test (tc, test_windows);
  tcase_add_test (tc, test_offset_and_gap);
  tcase_add_test (tc, test_gather);
  tcase_add_test (tc, test_gather_fraction);
  tcase_add_test (tc, test_pad_order_and_names);
  tcase_add_test (tc, test_same_name);
  tcase_add_test (tc, test_too_many_tensors);
  tcase_add_test (tc, test_declared_caps);
  tcase_add_test (tc, test_restart);
  return s;
}

GST_CHECK_MAIN (fusemux);
