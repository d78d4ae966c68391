/* SPDX-License-Identifier: Apache-2.0 */
/* rccalibrate: from buffers to the message and the properties, windows, and what
 * it says of input that it cannot use. */
#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>

#include <math.h>
#include <string.h>

#include "rcmeta.h"

#define MS GST_MSECOND

#define CAPS(dimensions, more) \
  "other/tensors,format=static,num_tensors=1,types=float64,dimensions=(string)" \
  dimensions ",framerate=0/1" more

typedef struct
{
  GstElement *element;
  GstHarness *in[2];
  GstBus *bus;
} Rig;

static void
rig_init (Rig * rig, const gchar * reference_caps, const gchar * signal_caps)
{
  rig->element = gst_element_factory_make ("rccalibrate", NULL);
  fail_unless (rig->element != NULL);
  rig->bus = gst_bus_new ();
  gst_element_set_bus (rig->element, rig->bus);
  rig->in[0] = gst_harness_new_with_element (rig->element, "reference", NULL);
  rig->in[1] = gst_harness_new_with_element (rig->element, "signal", NULL);
  if (reference_caps)
    gst_harness_set_src_caps_str (rig->in[0], reference_caps);
  if (signal_caps)
    gst_harness_set_src_caps_str (rig->in[1], signal_caps);
}

static void
rig_clear (Rig * rig)
{
  gst_harness_teardown (rig->in[0]);
  gst_harness_teardown (rig->in[1]);
  gst_element_set_bus (rig->element, NULL);
  gst_object_unref (rig->bus);
  gst_object_unref (rig->element);
}

/* No two seconds of it are alike. */
static gdouble
motion (gdouble t, guint channel)
{
  gdouble sum = 0;

  for (guint i = 1; i <= 9; i++)
    sum += sin (2 * G_PI * t * 5 * sqrt (i * (channel + 2)) / 6 + i * i) / i;
  return sum;
}

static GstFlowReturn
push (Rig * rig, guint pad, gint64 pts, const gdouble * values, guint n)
{
  GstBuffer *buffer = gst_buffer_new_memdup (values, n * sizeof (gdouble));

  GST_BUFFER_PTS (buffer) = pts;
  return gst_harness_push (rig->in[pad], buffer);
}

/* `n` samples every `step` of what happened `early` later. */
static void
push_motion (Rig * rig, guint pad, guint n, gint64 from, gint64 step,
    gint64 early, guint width)
{
  gdouble values[4];

  for (guint i = 0; i < n; i++) {
    gint64 pts = from + i * step;

    for (guint c = 0; c < width; c++)
      values[c] = motion ((pts + early) / 1e9, c);
    fail_unless_equals_int (push (rig, pad, pts, values, width), GST_FLOW_OK);
  }
}

static void
push_eos (Rig * rig)
{
  gst_harness_push_event (rig->in[0], gst_event_new_eos ());
  gst_harness_push_event (rig->in[1], gst_event_new_eos ());
}

static GstMessage *
next_message (Rig * rig, GstMessageType type)
{
  GstMessage *message = gst_bus_pop_filtered (rig->bus, type);

  fail_unless (message != NULL, "no message of type %s",
      gst_message_type_get_name (type));
  return message;
}

/* The next estimate; it must be accepted, or must not. */
static gint64
next_offset (Rig * rig, gboolean accepted)
{
  GstMessage *message = next_message (rig, GST_MESSAGE_ELEMENT);
  const GstStructure *s = gst_message_get_structure (message);
  gboolean was;
  gint64 offset = 0;

  fail_unless (gst_structure_has_name (s, "rc-calibration"));
  fail_unless (gst_structure_get_boolean (s, "accepted", &was));
  fail_unless (was == accepted, "%s", gst_structure_get_string (s, "error"));
  gst_structure_get_int64 (s, "offset", &offset);
  gst_message_unref (message);
  return offset;
}

static void
expect_near (gint64 offset, gint64 wanted)
{
  fail_unless (ABS (offset - wanted) < (gint64) MS / 10, "%" G_GINT64_FORMAT
      " in place of %" G_GINT64_FORMAT, offset, wanted);
}

/* Parts of a warning's or an error's text. */
static void
expect_text (Rig * rig, GstMessageType type, const gchar * part)
{
  GstMessage *message = next_message (rig, type);
  GError *error;
  gchar *debug;

  if (type == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, &debug);
  else
    gst_message_parse_warning (message, &error, &debug);
  fail_unless (strstr (debug, part) != NULL, "wanted \"%s\" in \"%s\"", part,
      debug);
  g_error_free (error);
  g_free (debug);
  gst_message_unref (message);
}

static guint64
pad_stat (Rig * rig, const gchar * pad, const gchar * field)
{
  GstStructure *stats, *s;
  guint64 value;

  g_object_get (rig->element, "stats", &stats, NULL);
  fail_unless (gst_structure_get (stats, pad, GST_TYPE_STRUCTURE, &s, NULL));
  fail_unless (gst_structure_get_uint64 (s, field, &value), "%s", field);
  gst_structure_free (s);
  gst_structure_free (stats);
  return value;
}

/* ---- */

GST_START_TEST (test_offset_at_the_end)
{
  gdouble confidence;
  gint64 offset;
  Rig rig;

  rig_init (&rig, CAPS ("1", ""), CAPS ("1", ""));
  push_motion (&rig, 0, 3000, 0, 4 * MS, 0, 1);
  push_motion (&rig, 1, 1500, 100 * MS, 7 * MS, 73 * MS, 1);
  fail_unless (gst_bus_have_pending (rig.bus) == FALSE
      || gst_bus_pop_filtered (rig.bus, GST_MESSAGE_ELEMENT) == NULL);
  push_eos (&rig);
  expect_near (next_offset (&rig, TRUE), 73 * MS);
  gst_message_unref (next_message (&rig, GST_MESSAGE_EOS));
  g_object_get (rig.element, "offset", &offset, "confidence", &confidence,
      NULL);
  expect_near (offset, 73 * MS);
  fail_unless (confidence >= 0.95 && confidence <= 1);
  fail_unless (gst_bus_pop_filtered (rig.bus, GST_MESSAGE_WARNING) == NULL);
  rig_clear (&rig);
}

GST_END_TEST;

/* Live it follows an offset that changes. */
GST_START_TEST (test_windows)
{
  Rig rig;

  rig_init (&rig, CAPS ("1", ""), CAPS ("1", ""));
  g_object_set (rig.element, "window", 10 * GST_SECOND, NULL);
  push_motion (&rig, 0, 3000, 0, 5 * MS, 0, 1);
  push_motion (&rig, 1, 2001, 0, 5 * MS, -20 * (gint64) MS, 1);
  expect_near (next_offset (&rig, TRUE), -20 * (gint64) MS);
  push_motion (&rig, 0, 2000, 3000 * 5 * MS, 5 * MS, 0, 1);
  push_motion (&rig, 1, 1999, 2001 * 5 * MS, 5 * MS, 30 * MS, 1);
  fail_unless (gst_bus_pop_filtered (rig.bus, GST_MESSAGE_ELEMENT) == NULL);
  push_motion (&rig, 1, 1, 4000 * 5 * MS, 5 * MS, 30 * MS, 1);
  expect_near (next_offset (&rig, TRUE), 30 * MS);
  /* what is left is shorter than half a window */
  push_motion (&rig, 1, 500, 4001 * 5 * MS, 5 * MS, 30 * MS, 1);
  gst_harness_push_event (rig.in[1], gst_event_new_eos ());
  fail_unless (gst_bus_pop_filtered (rig.bus, GST_MESSAGE_EOS) == NULL);
  rig_clear (&rig);
}

GST_END_TEST;

/* Selected by name or number, of any type, several samples in a buffer. */
GST_START_TEST (test_channels)
{
  const gdouble pi = G_PI;
  Rig rig;

  rig_init (&rig, NULL, NULL);
  g_object_set (rig.element, "reference-channels", "b, 2", "signal-channels",
      "0,1", NULL);
  gst_util_set_object_arg (G_OBJECT (rig.element), "reference-quantity",
      "channels");
  gst_util_set_object_arg (G_OBJECT (rig.element), "signal-quantity",
      "channels");
  gst_harness_set_src_caps_str (rig.in[0], CAPS ("3",
          ",names=(string)\"a,b,c\""));
  gst_harness_set_src_caps_str (rig.in[1],
      "other/tensors,format=static,num_tensors=1,types=float32,"
      "dimensions=(string)2:4,samples=4,framerate=0/1");
  for (guint i = 0; i < 2000; i++) {
    gdouble values[3] = { pi, motion (i * 0.005, 0), motion (i * 0.005, 1) };

    push (&rig, 0, i * 5 * MS, values, 3);
  }
  for (guint i = 0; i < 500; i++) {
    gint64 times[4];
    gfloat values[8];
    GstBuffer *buffer;

    for (guint k = 0; k < 4; k++) {
      times[k] = (4 * i + k) * 5 * MS;
      values[2 * k] = motion (times[k] / 1e9 + 0.04, 0);
      values[2 * k + 1] = motion (times[k] / 1e9 + 0.04, 1);
    }
    buffer = gst_buffer_new_memdup (values, sizeof (values));
    GST_BUFFER_PTS (buffer) = times[0];
    gst_rc_sample_times_add (buffer, times, 4);
    fail_unless_equals_int (gst_harness_push (rig.in[1], buffer), GST_FLOW_OK);
  }
  push_eos (&rig);
  expect_near (next_offset (&rig, TRUE), 40 * MS);
  rig_clear (&rig);
}

GST_END_TEST;

/* A pose against a gyro: by default its angular speed. */
GST_START_TEST (test_quaternion)
{
  Rig rig;

  rig_init (&rig, CAPS ("3", ""), CAPS ("5",
          ",quaternions=(string)\"1:wxyz\""));
  for (guint i = 0; i < 3000; i++) {
    /* turns about z by an angle that is the integral of the rate */
    gdouble t = i * 0.005, rate = 2 + sin (3 * t) + sin (7.7 * t * sqrt (2));
    gdouble late = t + 0.06, angle = 2 * late - cos (3 * late) / 3
        - cos (7.7 * late * sqrt (2)) / (7.7 * sqrt (2));
    gdouble gyro[3] = { 0, 0, rate };
    gdouble pose[5] = { 99, cos (angle / 2), 0, 0, sin (angle / 2) };

    push (&rig, 0, i * 5 * MS, gyro, 3);
    push (&rig, 1, i * 5 * MS, pose, 5);
  }
  push_eos (&rig);
  expect_near (next_offset (&rig, TRUE), 60 * MS);
  rig_clear (&rig);
}

GST_END_TEST;

/* Samples that cannot be used are counted and leave the rest alone. */
GST_START_TEST (test_bad_samples)
{
  gdouble value = 1, pair[2] = { 0, 0 };
  GstBuffer *buffer;
  Rig rig;

  rig_init (&rig, CAPS ("1", ""), CAPS ("1", ""));
  push_motion (&rig, 0, 2000, 0, 5 * MS, 0, 1);
  push_motion (&rig, 1, 1000, 0, 5 * MS, 50 * MS, 1);
  push (&rig, 1, 999 * 5 * MS, &value, 1);      /* again */
  push (&rig, 1, 900 * 5 * MS, &value, 1);      /* before it */
  push (&rig, 1, 1000 * 5 * MS, pair, 2);
  push (&rig, 1, GST_CLOCK_TIME_NONE, &value, 1);
  value = NAN;
  push (&rig, 1, 1000 * 5 * MS, &value, 1);
  buffer = gst_buffer_new ();
  GST_BUFFER_PTS (buffer) = 0;
  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_GAP);
  gst_harness_push (rig.in[1], buffer);
  push_motion (&rig, 1, 999, 1001 * 5 * MS, 5 * MS, 50 * MS, 1);
  expect_text (&rig, GST_MESSAGE_WARNING, "pad signal: a buffer of 16 bytes");
  fail_unless (gst_bus_pop_filtered (rig.bus, GST_MESSAGE_WARNING) == NULL);
  push_eos (&rig);
  expect_near (next_offset (&rig, TRUE), 50 * MS);
  fail_unless_equals_uint64 (pad_stat (&rig, "signal", "in"), 2004);
  fail_unless_equals_uint64 (pad_stat (&rig, "signal", "backwards"), 2);
  fail_unless_equals_uint64 (pad_stat (&rig, "signal", "bad-size"), 1);
  fail_unless_equals_uint64 (pad_stat (&rig, "signal", "no-time"), 1);
  fail_unless_equals_uint64 (pad_stat (&rig, "reference", "in"), 2000);
  rig_clear (&rig);
}

GST_END_TEST;

/* A clock that was set back begins anew. */
GST_START_TEST (test_clock_set_back)
{
  Rig rig;

  rig_init (&rig, CAPS ("1", ""), CAPS ("1", ""));
  push_motion (&rig, 1, 1000, 500 * GST_SECOND, 5 * MS, 0, 1);
  push_motion (&rig, 0, 2000, 0, 5 * MS, 0, 1);
  push_motion (&rig, 1, 2000, 0, 5 * MS, 10 * MS, 1);
  push_eos (&rig);
  expect_near (next_offset (&rig, TRUE), 10 * MS);
  fail_unless_equals_uint64 (pad_stat (&rig, "signal", "resets"), 1);
  rig_clear (&rig);
}

GST_END_TEST;

/* Nothing is made up: no motion, streams that have nothing in common, and one
 * that never spoke. */
GST_START_TEST (test_no_offset)
{
  gdouble zero = 0;
  gint64 offset;
  Rig rig;

  for (guint kind = 0; kind < 3; kind++) {
    GRand *rand = g_rand_new_with_seed (4);

    rig_init (&rig, CAPS ("1", ""), CAPS ("1", ""));
    push_motion (&rig, 0, 2000, 0, 5 * MS, 0, 1);
    for (guint i = 0; i < 2000 && kind < 2; i++) {
      gdouble noise = g_rand_double (rand);

      push (&rig, 1, i * 5 * MS, kind == 0 ? &zero : &noise, 1);
    }
    push_eos (&rig);
    next_offset (&rig, FALSE);
    expect_text (&rig, GST_MESSAGE_WARNING, "no offset was found");
    gst_message_unref (next_message (&rig, GST_MESSAGE_EOS));
    g_object_get (rig.element, "offset", &offset, NULL);
    fail_unless_equals_int64 (offset, 0);
    rig_clear (&rig);
    g_rand_free (rand);
  }
}

GST_END_TEST;

/* A seek: what was before it does not count. */
GST_START_TEST (test_flush)
{
  GstSegment segment;
  Rig rig;

  rig_init (&rig, CAPS ("1", ""), CAPS ("1", ""));
  push_motion (&rig, 0, 2000, 0, 5 * MS, 0, 1);
  push_motion (&rig, 1, 2000, 0, 5 * MS, 400 * MS, 1);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  for (guint i = 0; i < 2; i++) {
    gst_harness_push_event (rig.in[i], gst_event_new_flush_start ());
    gst_harness_push_event (rig.in[i], gst_event_new_flush_stop (TRUE));
    gst_harness_push_event (rig.in[i], gst_event_new_segment (&segment));
  }
  push_motion (&rig, 0, 2000, 0, 5 * MS, 0, 1);
  push_motion (&rig, 1, 2000, 0, 5 * MS, 15 * MS, 1);
  push_eos (&rig);
  expect_near (next_offset (&rig, TRUE), 15 * MS);
  rig_clear (&rig);
}

GST_END_TEST;

GST_START_TEST (test_refused_caps)
{
  Rig rig;

  rig_init (&rig, CAPS ("3:4", ""), NULL);
  expect_text (&rig, GST_MESSAGE_ERROR, "pad reference: caps field dimensions");
  rig_clear (&rig);

  rig_init (&rig, NULL, NULL);
  g_object_set (rig.element, "signal-channels", "x,w", NULL);
  gst_harness_set_src_caps_str (rig.in[1], CAPS ("2",
          ",names=(string)\"x,y\""));
  expect_text (&rig, GST_MESSAGE_ERROR, "property signal-channels: \"w\"");
  rig_clear (&rig);

  rig_init (&rig, NULL, NULL);
  gst_util_set_object_arg (G_OBJECT (rig.element), "signal-quantity",
      "angular-velocity");
  gst_harness_set_src_caps_str (rig.in[1], CAPS ("4", ""));
  expect_text (&rig, GST_MESSAGE_ERROR, "quaternion");
  rig_clear (&rig);

  rig_init (&rig, NULL, NULL);
  gst_util_set_object_arg (G_OBJECT (rig.element), "reference-quantity",
      "channels");
  gst_harness_set_src_caps_str (rig.in[0], CAPS ("3", ""));
  gst_harness_set_src_caps_str (rig.in[1], CAPS ("3", ""));
  expect_text (&rig, GST_MESSAGE_ERROR, "3 channels of the reference");
  rig_clear (&rig);
}

GST_END_TEST;

static Suite *
calibrate_suite (void)
{
  Suite *s = suite_create ("rccalibrate");
  TCase *tc = tcase_create ("element");

  gst_rc_metas_register ();
  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 60);
  tcase_add_test (tc, test_offset_at_the_end);
  tcase_add_test (tc, test_windows);
  tcase_add_test (tc, test_channels);
  tcase_add_test (tc, test_quaternion);
  tcase_add_test (tc, test_bad_samples);
  tcase_add_test (tc, test_clock_set_back);
  tcase_add_test (tc, test_no_offset);
  tcase_add_test (tc, test_flush);
  tcase_add_test (tc, test_refused_caps);
  return s;
}

GST_CHECK_MAIN (calibrate);
