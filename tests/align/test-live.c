/* SPDX-License-Identifier: Apache-2.0 */
/* An aligner's readiness and queueing, with harnesses: live on a test clock,
 * where nothing depends on how fast the machine is, and not live from one
 * thread, as a demuxer pushes. */
#include "alignrig.h"
/* When the data decides, the output comes though the clock stands still. */
GST_START_TEST (test_decided_by_data)
{
  Rig rig;

  rig_init (&rig, TRUE, "sink_b::method", "previous", NULL);
  rig_push (&rig, 0, 0, 0);
  rig_push (&rig, 1, 0, 0);
  rig_expect (&rig, 0, RC_STATE_MEASURED, RC_STATE_MEASURED, 0);
  rig_push (&rig, 0, 7 * MS, 7);
  rig_push (&rig, 1, 9 * MS, 9);
  rig_push (&rig, 0, 14 * MS, 14);
  rig_push (&rig, 1, 12 * MS, 12);
  rig_expect (&rig, 10 * MS, RC_STATE_INTERPOLATED, RC_STATE_HELD, 0);
  /* a fast pad is never blocked by a slow one */
  for (guint i = 0; i < 200; i++)
    rig_push (&rig, 0, (15 + i) * MS, 15 + i);
  fail_unless_equals_int (gst_harness_buffers_in_queue (rig.out), 0);
  rig_push (&rig, 1, 41 * MS, 41);
  rig_expect (&rig, 20 * MS, RC_STATE_MEASURED, RC_STATE_HELD, 0);
  rig_expect (&rig, 30 * MS, RC_STATE_MEASURED, RC_STATE_HELD, 0);
  rig_expect (&rig, 40 * MS, RC_STATE_MEASURED, RC_STATE_HELD, 0);
  rig_clear (&rig);
}

GST_END_TEST;

/* A sensor that dies costs its own deadline, no more, and is marked. */
GST_START_TEST (test_dead_sensor)
{
  Rig rig;

  rig_init (&rig, TRUE, "sink_a::method", "previous", "sink_b::method",
      "previous", "sink_b::max-gap", "25000000", NULL);
  gst_harness_set_upstream_latency (rig.in[1], 5 * MS);
  rig_push (&rig, 0, 0, 0);
  rig_push (&rig, 1, 0, 0);
  rig_expect (&rig, 0, RC_STATE_MEASURED, RC_STATE_MEASURED, 0);
  for (guint i = 1; i < 5; i++) {
    rig_push (&rig, 0, i * 10 * MS, i);
    /* b says no more: tick + its upstream's latency + no lookahead */
    rig_crank_to (&rig, (i * 10 + 5) * MS);
    rig_expect (&rig, i * 10 * MS, RC_STATE_MEASURED,
        i * 10 <= 25 ? RC_STATE_HELD : RC_STATE_MISSING, 1 << 1);
  }
  /* and comes back */
  rig_push (&rig, 1, 50 * MS, 5);
  rig_push (&rig, 0, 50 * MS, 5);
  rig_expect (&rig, 50 * MS, RC_STATE_MEASURED, RC_STATE_MEASURED, 0);
  rig_clear (&rig);
}

GST_END_TEST;

/* A pad that has never said anything does not hold the others. */
GST_START_TEST (test_silent_from_the_start)
{
  Rig rig;

  rig_init (&rig, TRUE, "sink_a::method", "previous", NULL);
  for (guint i = 0; i < 3; i++) {
    rig_push (&rig, 0, i * 10 * MS, 0);
    /* b is linear: it may take a period until the sample after the tick */
    rig_crank_to (&rig, (i * 10 + 10) * MS);
    rig_expect (&rig, i * 10 * MS, RC_STATE_MEASURED, RC_STATE_MISSING, 1 << 1);
  }
  rig_clear (&rig);
}

GST_END_TEST;

/* span=common: nothing comes out, and nothing spins, until the required pads have
 * spoken; from then on a dead one no longer holds the others. */
GST_START_TEST (test_common_start)
{
  Rig rig;

  rig_init (&rig, TRUE, "span", "common", "sink_a::method", "previous",
      "sink_b::method", "previous", NULL);
  rig_push (&rig, 0, 0, 0);
  /* once it has seen the first sample it waits for others, not for the clock */
  while (rig_stat (&rig, "sink_a", "in") == 0)
    rig_release_past (&rig);
  while (gst_test_clock_peek_id_count (rig_clock (&rig)) > 0)
    g_thread_yield ();
  for (guint i = 1; i < 5; i++)
    rig_push (&rig, 0, i * 10 * MS, i);
  fail_unless_equals_int (gst_harness_buffers_received (rig.out), 0);
  rig_push (&rig, 1, 25 * MS, 1);
  rig_crank_to (&rig, 30 * MS);
  rig_expect (&rig, 30 * MS, RC_STATE_MEASURED, RC_STATE_HELD, 1 << 1);
  rig_push (&rig, 1, 45 * MS, 1);
  rig_expect (&rig, 40 * MS, RC_STATE_MEASURED, RC_STATE_HELD, 0);
  rig_clear (&rig);
}

GST_END_TEST;

static void
set_pad (Rig * rig, const gchar * name, const gchar * property,
    const gchar * value)
{
  GObject *pad = gst_child_proxy_get_child_by_name (GST_CHILD_PROXY (rig->mux),
      name);

  gst_util_set_object_arg (pad, property, value);
  g_object_unref (pad);
}

/* The tick at i * 10 ms, after a sample of both pads at that time. */
static void
tick (Rig * rig, guint i, RcState b)
{
  rig_push (rig, 0, i * 10 * MS, i);
  rig_push (rig, 1, i * 10 * MS, i);
  rig_expect (rig, i * 10 * MS, RC_STATE_MEASURED, b, 0);
}

/* Properties of a pad that are changed in a running pipeline count from the next
 * tick on, an offset for the samples that come from then on. */
GST_START_TEST (test_properties_while_playing)
{
  Rig rig;

  rig_init (&rig, TRUE, "sink_a::method", "previous", "sink_b::method",
      "previous", NULL);
  tick (&rig, 0, RC_STATE_MEASURED);
  tick (&rig, 1, RC_STATE_MEASURED);
  /* 20 becomes 25, which says that nothing before comes any more */
  set_pad (&rig, "sink_b", "offset", "5000000");
  tick (&rig, 2, RC_STATE_HELD);
  tick (&rig, 3, RC_STATE_HELD);
  set_pad (&rig, "sink_b", "max-gap", "4000000");
  tick (&rig, 4, RC_STATE_MISSING);
  set_pad (&rig, "sink_b", "max-gap", "5000000");
  tick (&rig, 5, RC_STATE_HELD);
  set_pad (&rig, "sink_b", "method", "next");
  tick (&rig, 6, RC_STATE_LATER);
  set_pad (&rig, "sink_b", "method", "linear");
  set_pad (&rig, "sink_b", "max-gap", "-1");
  tick (&rig, 7, RC_STATE_INTERPOLATED);
  set_pad (&rig, "sink_b", "method", "nearest");
  set_pad (&rig, "sink_b", "tolerance", "4000000");
  tick (&rig, 8, RC_STATE_MISSING);
  set_pad (&rig, "sink_b", "method", "previous");
  set_pad (&rig, "sink_b", "offset", "0");
  tick (&rig, 9, RC_STATE_MEASURED);
  /* b does not come: how long it is waited for, and what follows from it */
  set_pad (&rig, "sink_b", "lookahead", "3000000");
  rig_push (&rig, 0, 100 * MS, 10);
  rig_crank_to (&rig, 103 * MS);
  rig_expect (&rig, 100 * MS, RC_STATE_MEASURED, RC_STATE_HELD, 1 << 1);
  set_pad (&rig, "sink_b", "late-policy", "missing");
  rig_push (&rig, 0, 110 * MS, 11);
  rig_crank_to (&rig, 113 * MS);
  rig_expect (&rig, 110 * MS, RC_STATE_MEASURED, RC_STATE_MISSING, 1 << 1);
  rig_clear (&rig);
}

GST_END_TEST;

/* A pad that has never had a buffer costs no time; once it had one it is waited
 * for like any other. */
GST_START_TEST (test_ignore_inactive_pads)
{
  Rig rig;

  rig_init (&rig, TRUE, "ignore-inactive-pads", "true", "sink_a::method",
      "previous", NULL);
  for (guint i = 0; i < 3; i++) {
    rig_push (&rig, 0, i * 10 * MS, 0);
    rig_expect (&rig, i * 10 * MS, RC_STATE_MEASURED, RC_STATE_MISSING, 1 << 1);
  }
  rig_push (&rig, 1, 25 * MS, 0);
  rig_push (&rig, 0, 30 * MS, 0);
  rig_crank_to (&rig, 40 * MS);
  rig_expect (&rig, 30 * MS, RC_STATE_MEASURED, RC_STATE_HELD, 1 << 1);
  rig_clear (&rig);
}

GST_END_TEST;

/* No upstream says that it is live, and the clock decides all the same; nobody
 * waits for a preroll. */
GST_START_TEST (test_force_live)
{
  GstElement *mux = gst_element_factory_make ("rcfusemux", NULL);
  Rig rig;

  g_object_set (mux, "force-live", TRUE, NULL);
  fail_unless_equals_int (gst_element_set_state (mux, GST_STATE_PAUSED),
      GST_STATE_CHANGE_NO_PREROLL);
  gst_element_set_state (mux, GST_STATE_NULL);
  gst_object_unref (mux);

  rig_init (&rig, FALSE, "force-live", "true", "sink_a::method", "previous",
      "sink_b::method", "previous", NULL);
  rig_push (&rig, 0, 0, 0);
  rig_push (&rig, 1, 0, 0);
  rig_expect (&rig, 0, RC_STATE_MEASURED, RC_STATE_MEASURED, 0);
  for (guint i = 1; i < 4; i++) {
    rig_push (&rig, 0, i * 10 * MS, 0);
    rig_crank_to (&rig, i * 10 * MS);
    rig_expect (&rig, i * 10 * MS, RC_STATE_MEASURED, RC_STATE_HELD, 1 << 1);
  }
  rig_clear (&rig);
}

GST_END_TEST;

GST_START_TEST (test_latency_query)
{
  Rig rig;
  GstClockTime latency;

  rig_init (&rig, TRUE, "sink_a::method", "previous", "sink_b::method",
      "linear", "sink_b::lookahead", "12000000", NULL);
  gst_harness_set_upstream_latency (rig.in[0], 3 * MS);
  gst_harness_set_upstream_latency (rig.in[1], 2 * MS);
  rig_push (&rig, 0, 0, 0);
  rig_push (&rig, 1, 0, 0);
  rig_expect (&rig, 0, RC_STATE_MEASURED, RC_STATE_MEASURED, 0);
  latency = gst_harness_query_latency (rig.out);
  fail_unless_equals_uint64 (latency, 15 * MS);
  rig_clear (&rig);
}

GST_END_TEST;

/* A topic that speaks once beside a fast one, from one thread: GAPs every
 * 100 ms let every tick out. */
GST_START_TEST (test_speaks_once)
{
  Rig rig;

  rig_init (&rig, FALSE, "sink_b::method", "previous", NULL);
  rig_push (&rig, 1, 0, 42);
  for (guint i = 0; i < 2000; i++) {
    if (i % 100 == 0 && i > 0)
      rig_push_gap (&rig, 1, (i - 100) * MS, 100 * MS);
    rig_push (&rig, 0, i * MS, i);
  }
  rig_push_gap (&rig, 1, 1900 * MS, 100 * MS);
  gst_harness_push_event (rig.in[0], gst_event_new_eos ());
  gst_harness_push_event (rig.in[1], gst_event_new_eos ());
  /* span=common ends with b's only sample unless b is not required; ticks that
   * were due before its EOS came out */
  for (guint i = 0; i < 199; i++)
    rig_expect (&rig, i * 10 * MS, RC_STATE_MEASURED,
        i == 0 ? RC_STATE_MEASURED : RC_STATE_HELD, 0);
  rig_clear (&rig);
}

GST_END_TEST;

/* Two streams of very different rates from one thread, in time order: neither
 * is read ahead of the other, and nothing deadlocks. */
GST_START_TEST (test_one_thread_demuxer)
{
  Rig rig;

  rig_init (&rig, FALSE, "sink_b::method", "previous", "sink_b::required",
      "false", NULL);
  for (guint i = 0; i < 3000; i++) {
    if (i % 100 == 0)
      rig_push (&rig, 1, i * MS, i);
    rig_push (&rig, 0, i * MS, i);
  }
  gst_harness_push_event (rig.in[1], gst_event_new_eos ());
  gst_harness_push_event (rig.in[0], gst_event_new_eos ());
  for (guint i = 0; i < 300; i++)
    rig_expect (&rig, i * 10 * MS, RC_STATE_MEASURED,
        i % 10 == 0 ? RC_STATE_MEASURED : RC_STATE_HELD, 0);
  rig_clear (&rig);
}

GST_END_TEST;

GST_START_TEST (test_flush)
{
  Rig rig;
  GstSegment segment;
  guint32 seqnum = gst_util_seqnum_next ();

  rig_init (&rig, FALSE, "sink_a::method", "previous", "sink_b::method",
      "previous", NULL);
  rig_push (&rig, 0, 500 * MS, 1);
  rig_push (&rig, 1, 500 * MS, 1);
  rig_expect (&rig, 500 * MS, RC_STATE_MEASURED, RC_STATE_MEASURED, 0);
  for (guint i = 0; i < 2; i++)
    rig_push_numbered (&rig, i, gst_event_new_flush_start (), seqnum);
  for (guint i = 0; i < 2; i++)
    rig_push_numbered (&rig, i, gst_event_new_flush_stop (TRUE), seqnum);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  for (guint i = 0; i < 2; i++)
    gst_harness_push_event (rig.in[i], gst_event_new_segment (&segment));
  /* time starts again: what was seen before the flush is not "backward" */
  rig_push (&rig, 0, 100 * MS, 2);
  rig_push (&rig, 1, 100 * MS, 2);
  rig_expect (&rig, 100 * MS, RC_STATE_MEASURED, RC_STATE_MEASURED, 0);
  rig_clear (&rig);
}

GST_END_TEST;

/* A window does not reach into the episode before. */
GST_START_TEST (test_next_episode)
{
  Rig rig;
  GstBuffer *buffer;
  GstRcProvenance p;

  rig_init (&rig, FALSE, "window", "3", "sink_a::method", "previous",
      "sink_b::method", "previous", NULL);
  for (guint i = 0; i < 4; i++) {
    if (i == 2)
      fail_unless (gst_harness_push_event (rig.in[1],
              gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM,
                  gst_structure_new_empty ("rc-next-episode"))));
    rig_push (&rig, 0, i * 10 * MS, i);
    rig_push (&rig, 1, i * 10 * MS, i);
    buffer = gst_harness_pull (rig.out);
    fail_unless (gst_rc_provenance_get (buffer, &p));
    fail_unless_equals_int (p.n_rows, 3);
    /* rows of this episode so far: 1, 2, then 1, 2 again */
    for (guint r = 0; r < 3; r++)
      fail_unless_equals_int (p.state[2 * r], r >= 2 - i % 2 ?
          RC_STATE_MEASURED : RC_STATE_MISSING);
    gst_buffer_unref (buffer);
  }
  rig_clear (&rig);
}

GST_END_TEST;

/* New caps apply with the buffer they belong to. */
GST_START_TEST (test_caps_change)
{
  Rig rig;
  GstBuffer *buffer;
  gfloat two[2] = { 7, 8 };

  rig_init (&rig, TRUE, "sink_a::method", "previous", "sink_b::method",
      "previous", NULL);
  rig_push (&rig, 0, 0, 1);
  rig_push (&rig, 1, 0, 1);
  rig_expect (&rig, 0, RC_STATE_MEASURED, RC_STATE_MEASURED, 0);
  gst_harness_set_src_caps_str (rig.in[1], FLOATS (2));
  rig_push (&rig, 0, 10 * MS, 2);
  buffer = gst_buffer_new_allocate (NULL, sizeof (two), NULL);
  gst_buffer_fill (buffer, 0, two, sizeof (two));
  GST_BUFFER_PTS (buffer) = 10 * MS;
  gst_harness_push (rig.in[1], buffer);
  while (!(buffer = gst_harness_try_pull (rig.out)))
    rig_release_past (&rig);
  fail_unless_equals_uint64 (GST_BUFFER_PTS (buffer), 10 * MS);
  fail_unless_equals_int (gst_buffer_get_size (buffer), 12);
  gst_buffer_unref (buffer);
  rig_clear (&rig);
}

GST_END_TEST;

static Suite *
live_suite (void)
{
  Suite *s = suite_create ("aligner, readiness");
  TCase *live = tcase_create ("live"), *offline = tcase_create ("offline");

  gst_rc_metas_register ();
  suite_add_tcase (s, live);
  tcase_set_timeout (live, 60);
  tcase_add_test (live, test_decided_by_data);
  tcase_add_test (live, test_dead_sensor);
  tcase_add_test (live, test_silent_from_the_start);
  tcase_add_test (live, test_common_start);
  tcase_add_test (live, test_properties_while_playing);
  tcase_add_test (live, test_ignore_inactive_pads);
  tcase_add_test (live, test_force_live);
  tcase_add_test (live, test_latency_query);
  tcase_add_test (live, test_caps_change);
  suite_add_tcase (s, offline);
  tcase_set_timeout (offline, 60);
  tcase_add_test (offline, test_speaks_once);
  tcase_add_test (offline, test_one_thread_demuxer);
  tcase_add_test (offline, test_flush);
  tcase_add_test (offline, test_next_episode);
  return s;
}

GST_CHECK_MAIN (live);
