/* SPDX-License-Identifier: Apache-2.0 */
/* Streams that misbehave, mostly live and on a test clock: what a tick is then,
 * and that it is the same whatever has arrived in the meantime. */
#include "alignrig.h"

#define PREVIOUS "sink_a::method", "previous", "sink_b::method", "previous"
#define LINEAR "sink_a::method", "linear", "sink_b::method", "previous"

#define MISSING RC_STATE_MISSING
#define MEASURED RC_STATE_MEASURED
#define BETWEEN RC_STATE_INTERPOLATED
#define HELD RC_STATE_HELD

/* Waits until the aligner has read what was pushed to a pad. */
static void
await_stat (Rig * rig, const gchar * pad, const gchar * field, guint64 value)
{
  while (rig_stat (rig, pad, field) < value) {
    if (!rig_release_past (rig))
      g_thread_yield ();
  }
  fail_unless_equals_uint64 (rig_stat (rig, pad, field), value);
}

static guint64
mux_stat (Rig * rig, const gchar * field)
{
  GstStructure *stats;
  guint64 value = 0;

  g_object_get (rig->mux, "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint64 (stats, field, &value));
  gst_structure_free (stats);
  return value;
}

/* ---- deadlines ---- */

static void
one_late_tick (Rig * rig, RcState state)
{
  rig_push (rig, 0, 0, 0);
  rig_push (rig, 1, 0, 0);
  rig_expect (rig, 0, MEASURED, MEASURED, 0);
  rig_push (rig, 0, 10 * MS, 1);
  rig_crank_to (rig, 10 * MS);
  rig_expect (rig, 10 * MS, MEASURED, state, 1 << 1);
}

GST_START_TEST (test_late_hold)
{
  Rig rig;

  rig_init (&rig, TRUE, PREVIOUS, NULL);
  one_late_tick (&rig, HELD);
  rig_clear (&rig);
}

GST_END_TEST;

GST_START_TEST (test_late_missing)
{
  Rig rig;

  rig_init (&rig, TRUE, PREVIOUS, "sink_b::late-policy", "missing", NULL);
  one_late_tick (&rig, MISSING);
  rig_clear (&rig);
}

GST_END_TEST;

GST_START_TEST (test_late_drop)
{
  Rig rig;

  rig_init (&rig, TRUE, PREVIOUS, "sink_b::late-policy", "drop-tick", NULL);
  rig_push (&rig, 0, 0, 0);
  rig_push (&rig, 1, 0, 0);
  rig_expect (&rig, 0, MEASURED, MEASURED, 0);
  rig_push (&rig, 0, 10 * MS, 1);
  rig_crank_to (&rig, 10 * MS);
  while (mux_stat (&rig, "dropped") == 0) {
    if (!rig_release_past (&rig))
      g_thread_yield ();
  }
  /* tick 1 did not come */
  rig_push (&rig, 0, 20 * MS, 2);
  rig_push (&rig, 1, 20 * MS, 2);
  rig_expect (&rig, 20 * MS, MEASURED, MEASURED, 0);
  fail_unless_equals_uint64 (mux_stat (&rig, "dropped"), 1);
  rig_clear (&rig);
}

GST_END_TEST;

/* A stream that nobody requires does not cost the tick. */
GST_START_TEST (test_late_drop_not_required)
{
  Rig rig;

  rig_init (&rig, TRUE, PREVIOUS, "sink_b::late-policy", "drop-tick",
      "sink_b::required", "false", NULL);
  one_late_tick (&rig, HELD);
  fail_unless_equals_uint64 (mux_stat (&rig, "dropped"), 0);
  rig_clear (&rig);
}

GST_END_TEST;

/* A late sample is counted, and used by the ticks that it still helps. */
GST_START_TEST (test_late_sample)
{
  Rig rig;

  rig_init (&rig, TRUE, PREVIOUS, NULL);
  one_late_tick (&rig, HELD);
  rig_push (&rig, 1, 9 * MS, 9);
  rig_push (&rig, 0, 20 * MS, 2);
  rig_push (&rig, 1, 25 * MS, 25);
  rig_expect (&rig, 20 * MS, MEASURED, HELD, 0);
  fail_unless_equals_uint64 (rig_stat (&rig, "sink_b", "late"), 1);
  fail_unless_equals_uint64 (rig_stat (&rig, "sink_b", "kept"), 3);
  rig_clear (&rig);
}

GST_END_TEST;

GST_START_TEST (test_min_upstream_latency)
{
  Rig rig;

  rig_init (&rig, TRUE, PREVIOUS, "min-upstream-latency", "7000000", NULL);
  rig_push (&rig, 0, 0, 0);
  rig_push (&rig, 1, 0, 0);
  rig_expect (&rig, 0, MEASURED, MEASURED, 0);
  fail_unless_equals_uint64 (gst_harness_query_latency (rig.out), 7 * MS);
  rig_push (&rig, 0, 10 * MS, 1);
  rig_crank_to (&rig, 17 * MS);
  rig_expect (&rig, 10 * MS, MEASURED, HELD, 1 << 1);
  rig_clear (&rig);
}

GST_END_TEST;

static gboolean
refuse_latency (GstPad * pad, GstObject * parent, GstQuery * query)
{
  return GST_QUERY_TYPE (query) != GST_QUERY_LATENCY
      && gst_pad_query_default (pad, parent, query);
}

/* A sensor that cannot say yet how late it will be, as a camera before its caps, and
 * then says nothing at all: the others go on, by the clock. */
GST_START_TEST (test_latency_not_known)
{
  Rig rig;

  rig_init (&rig, TRUE, PREVIOUS, NULL);
  gst_pad_set_query_function (rig.in[1]->srcpad, refuse_latency);
  for (guint k = 0; k < 4; k++) {
    rig_push (&rig, 0, k * 10 * MS, k);
    if (k > 0)
      rig_crank_to (&rig, k * 10 * MS);
    rig_expect (&rig, k * 10 * MS, MEASURED, MISSING, 1 << 1);
  }
  rig_clear (&rig);
}

GST_END_TEST;

/* Linear needs the next sample: how long that takes is learned, announced by a
 * message, and from then on waited for. */
GST_START_TEST (test_learned_lookahead)
{
  Rig rig;
  GstBus *bus = gst_bus_new ();
  GstMessage *message;
  const guint n = 18;

  rig_init (&rig, TRUE, LINEAR, NULL);
  gst_element_set_bus (rig.mux, bus);
  /* both pads in step, so that every tick is decided by data */
  for (guint i = 0; i < n; i++) {
    rig_push (&rig, 0, i * 40 * MS, i);
    rig_push (&rig, 1, i * 40 * MS, i);
  }
  for (guint k = 0; k <= (n - 1) * 4; k++)
    rig_expect (&rig, k * 10 * MS, k % 4 ? BETWEEN : MEASURED,
        k % 4 ? HELD : MEASURED, 0);
  /* 40 ms and a quarter for jitter */
  while (gst_harness_query_latency (rig.out) != 50 * MS) {
    if (!rig_release_past (&rig))
      g_thread_yield ();
  }
  do {
    message = gst_bus_timed_pop_filtered (bus, 10 * GST_SECOND,
        GST_MESSAGE_LATENCY);
    fail_unless (message != NULL);
    gst_message_unref (message);
  } while (gst_bus_have_pending (bus));
  rig_push (&rig, 1, (n - 1) * 40 * MS + 10 * MS, 1);
  rig_crank_to (&rig, (n - 1) * 40 * MS + 60 * MS);
  rig_expect (&rig, (n - 1) * 40 * MS + 10 * MS, HELD, MEASURED, 1 << 0);
  gst_element_set_bus (rig.mux, NULL);
  gst_object_unref (bus);
  rig_clear (&rig);
}

GST_END_TEST;

/* ---- jumps ---- */

/* The clock of a's robot goes back 5 s while tick 1 still waits for b: the tick
 * is made from what a said before, though what it says now has arrived. */
GST_START_TEST (test_clock_set_back)
{
  Rig rig;

  rig_init (&rig, TRUE, LINEAR, "tick-origin", "0", NULL);
  rig_push (&rig, 0, 10000 * MS, 0);
  rig_push (&rig, 1, 10000 * MS, 0);
  rig_expect (&rig, 10000 * MS, MEASURED, MEASURED, 0);
  rig_push (&rig, 0, 10015 * MS, 15);
  rig_push (&rig, 0, 5000 * MS, 7);
  rig_push (&rig, 0, 5010 * MS, 8);
  rig_push (&rig, 1, 10012 * MS, 12);
  rig_expect (&rig, 10010 * MS, BETWEEN, HELD, 0);
  /* the next one has only the new history, which is silent here */
  rig_push (&rig, 1, 10020 * MS, 20);
  await_stat (&rig, "sink_a", "resets", 1);
  rig_push (&rig, 0, 10020 * MS, 20);
  rig_expect (&rig, 10020 * MS, MEASURED, MEASURED, 0);
  fail_unless_equals_uint64 (rig_stat (&rig, "sink_a", "kept"), 5);
  rig_clear (&rig);
}

GST_END_TEST;

/* A small step back is a sample out of order. */
GST_START_TEST (test_reordered)
{
  Rig rig;

  rig_init (&rig, TRUE, PREVIOUS, "clock-jump", "5000000", NULL);
  rig_push (&rig, 0, 0, 0);
  rig_push (&rig, 1, 0, 0);
  rig_push (&rig, 0, 8 * MS, 8);
  rig_push (&rig, 0, 4 * MS, 4);
  rig_push (&rig, 0, 8 * MS, 9);
  rig_push (&rig, 0, 12 * MS, 12);
  rig_push (&rig, 1, 10 * MS, 0);
  rig_expect (&rig, 0, MEASURED, MEASURED, 0);
  rig_expect (&rig, 10 * MS, HELD, MEASURED, 0);
  fail_unless_equals_uint64 (rig_stat (&rig, "sink_a", "in"), 5);
  fail_unless_equals_uint64 (rig_stat (&rig, "sink_a", "kept"), 3);
  fail_unless_equals_uint64 (rig_stat (&rig, "sink_a", "backwards"), 1);
  fail_unless_equals_uint64 (rig_stat (&rig, "sink_a", "duplicates"), 1);
  fail_unless_equals_uint64 (rig_stat (&rig, "sink_a", "resets"), 0);
  rig_clear (&rig);
}

GST_END_TEST;

/* One wrong stamp, days ahead: no ticks are filled up to then, and the stream is
 * not silenced until then. */
GST_START_TEST (test_leap_ahead)
{
  Rig rig;

  rig_init (&rig, TRUE, PREVIOUS, NULL);
  rig_push (&rig, 0, 0, 0);
  rig_push (&rig, 1, 0, 0);
  rig_expect (&rig, 0, MEASURED, MEASURED, 0);
  rig_push (&rig, 0, 48 * 3600 * GST_SECOND, 1);
  rig_push (&rig, 0, 10 * MS, 1);
  rig_push (&rig, 1, 10 * MS, 1);
  rig_expect (&rig, 10 * MS, MEASURED, MEASURED, 0);
  fail_unless_equals_uint64 (rig_stat (&rig, "sink_a", "ahead"), 1);
  rig_clear (&rig);
}

GST_END_TEST;

/* ---- gaps ---- */

static void
push_lost (Rig * rig, guint pad, GstClockTime pts, GstClockTime duration)
{
  GstEvent *event = gst_event_new_gap (pts, duration);

  gst_event_set_gap_flags (event, GST_GAP_FLAG_MISSING_DATA);
  fail_unless (gst_harness_push_event (rig->in[pad], event));
}

/* A GAP only says that nothing came; lost data are missing, and nothing is held
 * or interpolated across them. */
static void
gap_of (gboolean lost, RcState before, RcState inside, RcState after,
    gboolean live)
{
  Rig rig;

  rig_init (&rig, live, LINEAR, NULL);
  rig_push (&rig, 0, 0, 0);
  rig_push (&rig, 1, 0, 0);
  rig_expect (&rig, 0, MEASURED, MEASURED, 0);
  for (guint i = 1; i < 6; i++)
    rig_push (&rig, 1, i * 10 * MS, i);
  rig_push (&rig, 0, 5 * MS, 5);
  (lost ? push_lost : rig_push_gap) (&rig, 0, 15 * MS, 10 * MS);
  rig_push (&rig, 0, 35 * MS, 35);
  rig_push (&rig, 0, 45 * MS, 45);
  rig_push (&rig, 0, 60 * MS, 45);
  rig_expect (&rig, 10 * MS, before, MEASURED, 0);
  rig_expect (&rig, 20 * MS, inside, MEASURED, 0);
  rig_expect (&rig, 30 * MS, after, MEASURED, 0);
  rig_expect (&rig, 40 * MS, BETWEEN, MEASURED, 0);
  rig_clear (&rig);
}

GST_START_TEST (test_gap)
{
  gap_of (FALSE, BETWEEN, BETWEEN, BETWEEN, FALSE);
  gap_of (FALSE, BETWEEN, BETWEEN, BETWEEN, TRUE);
}

GST_END_TEST;

GST_START_TEST (test_lost_data)
{
  gap_of (TRUE, MISSING, MISSING, MISSING, FALSE);
  gap_of (TRUE, MISSING, MISSING, MISSING, TRUE);
}

GST_END_TEST;

/* Held up to where the loss begins, and not in it. */
GST_START_TEST (test_lost_data_held)
{
  Rig rig;

  rig_init (&rig, TRUE, PREVIOUS, NULL);
  rig_push (&rig, 0, 0, 0);
  push_lost (&rig, 0, 15 * MS, 10 * MS);
  push_lost (&rig, 0, 25 * MS, 10 * MS);
  for (guint i = 0; i < 6; i++)
    rig_push (&rig, 1, i * 10 * MS, i);
  rig_expect (&rig, 0, MEASURED, MEASURED, 0);
  rig_expect (&rig, 10 * MS, HELD, MEASURED, 0);
  rig_expect (&rig, 20 * MS, MISSING, MEASURED, 0);
  rig_expect (&rig, 30 * MS, MISSING, MEASURED, 0);
  rig_push (&rig, 0, 40 * MS, 4);
  rig_expect (&rig, 40 * MS, MEASURED, MEASURED, 0);
  rig_clear (&rig);
}

GST_END_TEST;

/* A stream that is read ahead while the master is silent keeps what comes after
 * the loss. */
GST_START_TEST (test_lost_data_and_a_silent_master)
{
  Rig rig;

  rig_init (&rig, TRUE, "master", "a", "sink_b::method", "previous", NULL);
  rig_push (&rig, 0, 500 * MS, 1);
  rig_push (&rig, 1, 500 * MS, 1);
  rig_expect (&rig, 500 * MS, MEASURED, MEASURED, 0);
  push_lost (&rig, 1, 510 * MS, 90 * MS);
  rig_push (&rig, 0, 520 * MS, 1);
  rig_expect (&rig, 520 * MS, MEASURED, MISSING, 0);
  gst_test_clock_set_time (rig_clock (&rig), 860 * MS);
  rig_push (&rig, 1, 610 * MS, 2);
  rig_push (&rig, 1, 710 * MS, 3);
  rig_push (&rig, 0, 700 * MS, 1);
  rig_expect (&rig, 700 * MS, MEASURED, HELD, 0);
  rig_clear (&rig);
}

GST_END_TEST;

/* ---- events ---- */

/* Sizes of the next output's memories. */
static void
expect_sizes (Rig * rig, GstClockTime pts, gsize a, gsize b)
{
  GstBuffer *buffer;

  while (!(buffer = gst_harness_try_pull (rig->out))) {
    if (!rig_release_past (rig))
      g_thread_yield ();
  }
  fail_unless_equals_uint64 (GST_BUFFER_PTS (buffer), pts);
  fail_unless_equals_int (gst_buffer_n_memory (buffer), 2);
  fail_unless_equals_int (gst_buffer_peek_memory (buffer, 0)->size, a);
  fail_unless_equals_int (gst_buffer_peek_memory (buffer, 1)->size, b);
  gst_buffer_unref (buffer);
}

static void
push_two (Rig * rig, guint pad, GstClockTime pts)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 8, NULL);

  gst_buffer_memset (buffer, 0, 0, 8);
  GST_BUFFER_PTS (buffer) = pts;
  fail_unless_equals_int (gst_harness_push (rig->in[pad], buffer), GST_FLOW_OK);
}

/* New caps arrive while an earlier tick waits for another pad: it still has the
 * old shape. */
GST_START_TEST (test_caps_wait_for_their_tick)
{
  Rig rig;

  rig_init (&rig, TRUE, PREVIOUS, NULL);
  rig_push (&rig, 0, 0, 1);
  rig_push (&rig, 1, 0, 1);
  expect_sizes (&rig, 0, 4, 4);
  rig_push (&rig, 0, 10 * MS, 2);
  gst_harness_set_src_caps_str (rig.in[0], FLOATS (2));
  push_two (&rig, 0, 20 * MS);
  rig_push (&rig, 1, 10 * MS, 2);
  expect_sizes (&rig, 10 * MS, 4, 4);
  rig_push (&rig, 1, 20 * MS, 2);
  expect_sizes (&rig, 20 * MS, 8, 4);
  rig_clear (&rig);
}

GST_END_TEST;

/* While a master is silent the others are read ahead, but not past what its next
 * tick reads: that one knows its mean to be missing before the new shape. */
GST_START_TEST (test_caps_wait_for_a_silent_master)
{
  Rig rig;

  rig_init (&rig, TRUE, "master", "a", "sink_b::method", "mean",
      "sink_b::mean-window", "200000000", "clock-jump", "200000000", NULL);
  rig_push (&rig, 0, 500 * MS, 1);
  rig_push (&rig, 1, 500 * MS, 1);
  expect_sizes (&rig, 500 * MS, 4, 4);
  rig_push (&rig, 1, 590 * MS, 1);
  gst_test_clock_set_time (rig_clock (&rig), 860 * MS);
  /* set back by more than clock-jump: a history of its own */
  rig_push (&rig, 1, 100 * MS, 1);
  gst_harness_set_src_caps_str (rig.in[1], FLOATS (2));
  push_two (&rig, 1, 110 * MS);
  for (guint i = 0; i < 3; i++)
    push_two (&rig, 1, (120 + i) * MS);
  rig_push (&rig, 0, 700 * MS, 1);
  expect_sizes (&rig, 700 * MS, 4, 4);
  rig_push (&rig, 0, 900 * MS, 1);
  gst_test_clock_set_time (rig_clock (&rig), 2000 * MS);
  expect_sizes (&rig, 900 * MS, 4, 8);
  rig_clear (&rig);
}

GST_END_TEST;

/* A new segment holds from its place on too: its base continues the time. */
GST_START_TEST (test_segment_waits_for_its_samples)
{
  Rig rig;
  GstSegment segment;

  rig_init (&rig, TRUE, PREVIOUS, NULL);
  rig_push (&rig, 0, 0, 1);
  rig_push (&rig, 1, 0, 1);
  rig_expect (&rig, 0, MEASURED, MEASURED, 0);
  rig_push (&rig, 0, 10 * MS, 1);
  rig_push (&rig, 0, 20 * MS, 1);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = 5 * GST_SECOND;
  segment.base = 30 * MS;
  segment.rate = 2.0;
  fail_unless (gst_harness_push_event (rig.in[0],
          gst_event_new_segment (&segment)));
  rig_push (&rig, 0, 5 * GST_SECOND, 1);
  /* at twice the rate: 20 ms in the stream are 10 ms of running time */
  rig_push (&rig, 0, 5 * GST_SECOND + 20 * MS, 1);
  for (guint i = 1; i < 5; i++) {
    rig_push (&rig, 1, i * 10 * MS, 1);
    rig_expect (&rig, i * 10 * MS, MEASURED, MEASURED, 0);
  }
  fail_unless_equals_uint64 (rig_stat (&rig, "sink_a", "no-time"), 0);
  rig_clear (&rig);
}

GST_END_TEST;

/* Samples before running time zero count for the ticks after it. */
GST_START_TEST (test_negative_running_time)
{
  Rig rig;
  GstSegment segment;

  rig_init (&rig, TRUE, LINEAR, NULL);
  rig_push (&rig, 1, 0, 1);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.offset = 15 * MS;
  fail_unless (gst_harness_push_event (rig.in[0],
          gst_event_new_segment (&segment)));
  rig_push (&rig, 0, 0, 0);
  rig_push (&rig, 0, 20 * MS, 20);
  /* -15 ms and 5 ms */
  rig_expect (&rig, 0, BETWEEN, MEASURED, 0);
  rig_clear (&rig);
}

GST_END_TEST;

/* EOS of one pad: it holds nobody up any more. */
GST_START_TEST (test_one_pad_ends)
{
  Rig rig;

  rig_init (&rig, TRUE, LINEAR, NULL);
  rig_push (&rig, 0, 0, 0);
  rig_push (&rig, 1, 0, 0);
  rig_push (&rig, 0, 5 * MS, 0);
  rig_expect (&rig, 0, MEASURED, MEASURED, 0);
  gst_harness_push_event (rig.in[0], gst_event_new_eos ());
  rig_push (&rig, 1, 10 * MS, 1);
  rig_expect (&rig, 10 * MS, MISSING, MEASURED, 0);
  rig_push (&rig, 1, 20 * MS, 1);
  rig_expect (&rig, 20 * MS, MISSING, MEASURED, 0);
  rig_clear (&rig);
}

GST_END_TEST;

/* A stream that ended may begin again on the same pad. */
GST_START_TEST (test_stream_start_after_eos)
{
  Rig rig;
  GstSegment segment;

  rig_init (&rig, TRUE, PREVIOUS, "sink_a::max-gap", "5000000", NULL);
  rig_push (&rig, 0, 0, 0);
  rig_push (&rig, 1, 0, 0);
  rig_expect (&rig, 0, MEASURED, MEASURED, 0);
  gst_harness_push_event (rig.in[0], gst_event_new_eos ());
  rig_push (&rig, 1, 10 * MS, 1);
  rig_expect (&rig, 10 * MS, MISSING, MEASURED, 0);
  fail_unless (gst_harness_push_event (rig.in[0],
          gst_event_new_stream_start ("again")));
  gst_harness_set_src_caps_str (rig.in[0], FLOATS (1));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  fail_unless (gst_harness_push_event (rig.in[0],
          gst_event_new_segment (&segment)));
  rig_push (&rig, 0, 20 * MS, 2);
  rig_push (&rig, 1, 20 * MS, 2);
  rig_expect (&rig, 20 * MS, MEASURED, MEASURED, 0);
  /* and is waited for again */
  rig_push (&rig, 1, 30 * MS, 3);
  rig_crank_to (&rig, 30 * MS);
  rig_expect (&rig, 30 * MS, MISSING, MEASURED, 1 << 0);
  rig_clear (&rig);
}

GST_END_TEST;

/* A flush of one pad forgets its history and what waits to be read; the other
 * pad and the ticks go on. */
GST_START_TEST (test_one_pad_flushes)
{
  Rig rig;
  GstSegment segment;
  guint32 seqnum = gst_util_seqnum_next ();

  rig_init (&rig, TRUE, PREVIOUS, NULL);
  rig_push (&rig, 0, 0, 0);
  rig_push (&rig, 1, 0, 0);
  rig_expect (&rig, 0, MEASURED, MEASURED, 0);
  rig_push (&rig, 0, 10 * MS, 1);
  rig_push (&rig, 0, 500 * MS, 1);
  rig_push_numbered (&rig, 0, gst_event_new_flush_start (), seqnum);
  rig_push_numbered (&rig, 0, gst_event_new_flush_stop (TRUE), seqnum);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (rig.in[0], gst_event_new_segment (&segment));
  rig_push (&rig, 0, 20 * MS, 2);
  rig_push (&rig, 1, 10 * MS, 1);
  rig_push (&rig, 1, 20 * MS, 2);
  rig_expect (&rig, 10 * MS, MISSING, MEASURED, 0);
  rig_expect (&rig, 20 * MS, MEASURED, MEASURED, 0);
  rig_clear (&rig);
}

GST_END_TEST;

/* ---- pads ---- */

/* Pulls the next output; its number of streams. */
static gint
expect_streams (Rig * rig, GstClockTime pts)
{
  GstRcProvenance p;
  GstBuffer *buffer;

  while (!(buffer = gst_harness_try_pull (rig->out))) {
    if (!rig_release_past (rig))
      g_thread_yield ();
  }
  fail_unless_equals_uint64 (GST_BUFFER_PTS (buffer), pts);
  fail_unless (gst_rc_provenance_get (buffer, &p));
  fail_unless_equals_int (gst_buffer_n_memory (buffer), p.n_streams);
  gst_buffer_unref (buffer);
  return p.n_streams;
}

/* A sensor that joins late, and leaves, while the others go on. */
GST_START_TEST (test_pads_come_and_go)
{
  Rig rig;
  GstHarness *late;
  GstBuffer *buffer;
  GstPad *pad;
  gfloat value = 3;

  rig_init (&rig, TRUE, PREVIOUS, NULL);
  rig_push (&rig, 0, 0, 0);
  rig_push (&rig, 1, 0, 0);
  fail_unless_equals_int (expect_streams (&rig, 0), 2);
  late = gst_harness_new_with_element (rig.mux, "sink_c", NULL);
  gst_harness_set_live (late, TRUE);
  gst_harness_set_src_caps_str (late, FLOATS (1));
  pad = gst_element_get_static_pad (rig.mux, "sink_c");
  gst_util_set_object_arg (G_OBJECT (pad), "method", "previous");
  buffer = gst_buffer_new_allocate (NULL, sizeof (value), NULL);
  gst_buffer_fill (buffer, 0, &value, sizeof (value));
  GST_BUFFER_PTS (buffer) = 20 * MS;
  fail_unless_equals_int (gst_harness_push (late, buffer), GST_FLOW_OK);
  for (guint i = 1; i < 3; i++) {
    rig_push (&rig, 0, i * 10 * MS, i);
    rig_push (&rig, 1, i * 10 * MS, i);
    fail_unless_equals_int (expect_streams (&rig, i * 10 * MS), 3);
  }
  /* the harness releases what it requested */
  gst_harness_teardown (late);
  gst_object_unref (pad);
  rig_push (&rig, 0, 30 * MS, 3);
  rig_push (&rig, 1, 30 * MS, 3);
  fail_unless_equals_int (expect_streams (&rig, 30 * MS), 2);
  rig_clear (&rig);
}

GST_END_TEST;

GST_START_TEST (test_start_time)
{
  Rig rig;

  rig_init (&rig, FALSE, PREVIOUS, "start-time-selection", "set",
      "start-time", "25000000", NULL);
  for (guint i = 0; i < 5; i++) {
    rig_push (&rig, 0, i * 10 * MS, i);
    rig_push (&rig, 1, i * 10 * MS, i);
  }
  /* the grid stays where it is */
  rig_expect (&rig, 30 * MS, MEASURED, MEASURED, 0);
  rig_expect (&rig, 40 * MS, MEASURED, MEASURED, 0);
  rig_clear (&rig);
}

GST_END_TEST;

static Suite *
misbehave_suite (void)
{
  Suite *s = suite_create ("aligner, streams that misbehave");
  TCase *tc = tcase_create ("live");

  gst_rc_metas_register ();
  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 20);
  tcase_add_test (tc, test_late_hold);
  tcase_add_test (tc, test_late_missing);
  tcase_add_test (tc, test_late_drop);
  tcase_add_test (tc, test_late_drop_not_required);
  tcase_add_test (tc, test_late_sample);
  tcase_add_test (tc, test_min_upstream_latency);
  tcase_add_test (tc, test_latency_not_known);
  tcase_add_test (tc, test_learned_lookahead);
  tcase_add_test (tc, test_clock_set_back);
  tcase_add_test (tc, test_reordered);
  tcase_add_test (tc, test_leap_ahead);
  tcase_add_test (tc, test_gap);
  tcase_add_test (tc, test_lost_data);
  tcase_add_test (tc, test_lost_data_held);
  tcase_add_test (tc, test_lost_data_and_a_silent_master);
  tcase_add_test (tc, test_caps_wait_for_their_tick);
  tcase_add_test (tc, test_caps_wait_for_a_silent_master);
  tcase_add_test (tc, test_segment_waits_for_its_samples);
  tcase_add_test (tc, test_negative_running_time);
  tcase_add_test (tc, test_one_pad_ends);
  tcase_add_test (tc, test_stream_start_after_eos);
  tcase_add_test (tc, test_one_pad_flushes);
  tcase_add_test (tc, test_pads_come_and_go);
  tcase_add_test (tc, test_start_time);
  return s;
}

GST_CHECK_MAIN (misbehave);
