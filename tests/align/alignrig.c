/* SPDX-License-Identifier: Apache-2.0 */
#include "alignrig.h"


void
rig_init (Rig * rig, gboolean live, const gchar * first_property, ...)
{
  static const gchar *const names[2] = { "sink_a", "sink_b" };
  va_list args;

  rig->mux = gst_element_factory_make ("rcfusemux", NULL);
  fail_unless (rig->mux != NULL);
  gst_util_set_object_arg (G_OBJECT (rig->mux), "rate", "100/1");
  rig->out = gst_harness_new_with_element (rig->mux, NULL, "src");
  gst_harness_use_testclock (rig->out);
  for (guint i = 0; i < 2; i++) {
    rig->in[i] = gst_harness_new_with_element (rig->mux, names[i], NULL);
    gst_harness_set_live (rig->in[i], live);
    gst_harness_set_src_caps_str (rig->in[i], FLOATS (1));
  }
  va_start (args, first_property);
  for (const gchar * p = first_property; p; p = va_arg (args, const gchar *))
  {
    const gchar *value = va_arg (args, const gchar *);

    if (strstr (p, "::")) {
      gchar **parts = g_strsplit (p, "::", 2);
      GObject *pad =
          gst_child_proxy_get_child_by_name (GST_CHILD_PROXY (rig->mux),
          parts[0]);

      gst_util_set_object_arg (pad, parts[1], value);
      g_object_unref (pad);
      g_strfreev (parts);
    } else {
      gst_util_set_object_arg (G_OBJECT (rig->mux), p, value);
    }
  }
  va_end (args);
}

void
rig_clear (Rig * rig)
{
  gst_harness_teardown (rig->in[0]);
  gst_harness_teardown (rig->in[1]);
  gst_harness_teardown (rig->out);
  gst_object_unref (rig->mux);
}

void
rig_push (Rig * rig, guint pad, GstClockTime pts, gfloat value)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, sizeof (value), NULL);

  gst_buffer_fill (buffer, 0, &value, sizeof (value));
  GST_BUFFER_PTS (buffer) = pts;
  fail_unless_equals_int (gst_harness_push (rig->in[pad], buffer), GST_FLOW_OK);
}

GstTestClock *
rig_clock (Rig * rig)
{
  GstTestClock *clock = gst_harness_get_testclock (rig->out);

  gst_object_unref (clock);     /* the harness holds it */
  return clock;
}

/* A GstTestClock holds even waits for the past until they are processed, which a
 * real clock would let through. */
gboolean
rig_release_past (Rig * rig)
{
  GstTestClock *clock = rig_clock (rig);
  GstClockID id = NULL;
  gboolean past;

  if (!gst_test_clock_peek_next_pending_id (clock, &id))
    return FALSE;
  past = gst_clock_id_get_time (id) <= gst_clock_get_time (GST_CLOCK (clock));
  gst_clock_id_unref (id);
  if (past && (id = gst_test_clock_process_next_clock_id (clock)))
    gst_clock_id_unref (id);
  return past;
}

/* Pulls the next output, which must be the tick at `pts`, at the clock's present
 * time. */
void
rig_expect (Rig * rig, GstClockTime pts, RcState a, RcState b,
    guint32 deadlines)
{
  GstBuffer *buffer;
  GstRcProvenance p;

  while (!(buffer = gst_harness_try_pull (rig->out))) {
    if (!rig_release_past (rig))
      g_thread_yield ();
  }
  fail_unless_equals_uint64 (GST_BUFFER_PTS (buffer), pts);
  fail_unless (gst_rc_provenance_get (buffer, &p));
  fail_unless_equals_int (p.state[0], a);
  fail_unless_equals_int (p.state[1], b);
  fail_unless_equals_int (p.deadline, deadlines);
  gst_buffer_unref (buffer);
}

/* Lets the clock run to the time that the aligner waits for, which must be
 * `time`: not earlier, not later. */
void
rig_crank_to (Rig * rig, GstClockTime time)
{
  GstTestClock *clock = rig_clock (rig);
  GstClockTime wait = 0;
  GstClockID id;

  while (wait != time) {
    id = NULL;
    gst_test_clock_wait_for_next_pending_id (clock, &id);
    wait = gst_clock_id_get_time (id);
    gst_clock_id_unref (id);
    fail_unless (wait <= time, "waits for %" GST_TIME_FORMAT ", not %"
        GST_TIME_FORMAT, GST_TIME_ARGS (wait), GST_TIME_ARGS (time));
    /* below: it has not seen the last sample yet */
    if (wait != time && !rig_release_past (rig))
      g_thread_yield ();
  }
  gst_test_clock_set_time (clock, time);
}

guint64
rig_stat (Rig * rig, const gchar * pad, const gchar * field)
{
  GObject *child = gst_child_proxy_get_child_by_name (GST_CHILD_PROXY
      (rig->mux), pad);
  GstStructure *stats;
  guint64 value = 0;

  g_object_get (child, "stats", &stats, NULL);
  gst_structure_get_uint64 (stats, field, &value);
  gst_structure_free (stats);
  g_object_unref (child);
  return value;
}

void
rig_push_gap (Rig * rig, guint pad, GstClockTime pts, GstClockTime duration)
{
  fail_unless (gst_harness_push_event (rig->in[pad], gst_event_new_gap (pts,
              duration)));
}

/* Flushes that belong together, as those of one seek, have one number. */
void
rig_push_numbered (Rig * rig, guint pad, GstEvent * event, guint32 seqnum)
{
  gst_event_set_seqnum (event, seqnum);
  fail_unless (gst_harness_push_event (rig->in[pad], event));
}
