/* SPDX-License-Identifier: Apache-2.0 */
/* What an aligner tells: element messages, QoS, statistics, samples-selected and
 * the provenance of a tick that a deadline decided. On a test clock. */
#include <gst/base/gstaggregator.h>

#include "alignrig.h"

#define PREVIOUS "sink_a::method", "previous", "sink_b::method", "previous"

#define MISSING RC_STATE_MISSING
#define MEASURED RC_STATE_MEASURED
#define HELD RC_STATE_HELD

/* ---- messages ---- */

typedef struct
{
  Rig rig;
  GstBus *bus;
} Told;

/* The element message `name`; those before it are of no interest. */
static GstStructure *
await_message (Told * t, const gchar * name)
{
  GstStructure *s = NULL;

  while (!s) {
    GstMessage *message = gst_bus_pop_filtered (t->bus, GST_MESSAGE_ELEMENT);

    if (message) {
      if (gst_message_has_name (message, name))
        s = gst_structure_copy (gst_message_get_structure (message));
      gst_message_unref (message);
    } else if (!rig_release_past (&t->rig)) {
      g_thread_yield ();
    }
  }
  return s;
}

/* Waits for a message of the stream "b" on pad sink_b with these times. */
static void
expect_message (Told * t, const gchar * name, const gchar * first,
    gint64 first_value, const gchar * second, gint64 second_value)
{
  GstStructure *s = await_message (t, name);
  gint64 value;

  fail_unless_equals_string (gst_structure_get_string (s, "pad"), "sink_b");
  fail_unless_equals_string (gst_structure_get_string (s, "stream"), "b");
  fail_unless (gst_structure_get_int64 (s, first, &value));
  fail_unless_equals_int64 (value, first_value);
  fail_unless (gst_structure_get_int64 (s, second, &value));
  fail_unless_equals_int64 (value, second_value);
  gst_structure_free (s);
}

static guint
count_messages (Told * t, const gchar * name)
{
  GstMessage *message;
  guint n = 0;

  while ((message = gst_bus_pop (t->bus))) {
    n += gst_message_has_name (message, name);
    gst_message_unref (message);
  }
  return n;
}

static void
told_init (Told * t, const gchar * property, const gchar * value)
{
  rig_init (&t->rig, TRUE, PREVIOUS, property, value, NULL);
  t->bus = gst_bus_new ();
  gst_element_set_bus (t->rig.mux, t->bus);
  rig_push (&t->rig, 0, 0, 0);
  rig_push (&t->rig, 1, 0, 0);
  rig_expect (&t->rig, 0, MEASURED, MEASURED, 0);
}

static void
told_clear (Told * t)
{
  gst_element_set_bus (t->rig.mux, NULL);
  gst_object_unref (t->bus);
  rig_clear (&t->rig);
}

/* The next output at the clock's present time. */
static GstBuffer *
pull (Rig * rig)
{
  GstBuffer *buffer;

  while (!(buffer = gst_harness_try_pull (rig->out))) {
    if (!rig_release_past (rig))
      g_thread_yield ();
  }
  return buffer;
}

/* Tick k without b. */
static void
tick_without_b (Told * t, guint k, RcState b)
{
  rig_push (&t->rig, 0, k * 10 * MS, k);
  rig_crank_to (&t->rig, k * 10 * MS);
  rig_expect (&t->rig, k * 10 * MS, MEASURED, b, 1 << 1);
}

static void
tick_with_b (Told * t, guint k)
{
  rig_push (&t->rig, 1, k * 10 * MS, k);
  rig_push (&t->rig, 0, k * 10 * MS, k);
  rig_expect (&t->rig, k * 10 * MS, MEASURED, MEASURED, 0);
}

GST_START_TEST (test_gap_messages)
{
  GstStructure *s;
  guint64 ticks;
  gint64 value;
  Told t;

  told_init (&t, "sink_b::max-gap", "15000000");
  tick_without_b (&t, 1, HELD);
  for (guint k = 2; k < 5; k++)
    tick_without_b (&t, k, MISSING);
  expect_message (&t, "rc-gap-start", "time", 20 * MS, "last", 0);
  tick_with_b (&t, 5);
  s = await_message (&t, "rc-gap-end");
  fail_unless_equals_string (gst_structure_get_string (s, "pad"), "sink_b");
  fail_unless (gst_structure_get_int64 (s, "time", &value));
  fail_unless_equals_int64 (value, 50 * MS);
  fail_unless (gst_structure_get_int64 (s, "duration", &value));
  fail_unless_equals_int64 (value, 30 * MS);
  fail_unless (gst_structure_get_uint64 (s, "ticks", &ticks));
  fail_unless_equals_uint64 (ticks, 3);
  gst_structure_free (s);
  /* a gap is told of once at either end */
  fail_unless_equals_int (count_messages (&t, "rc-gap-start"), 0);
  told_clear (&t);
}

GST_END_TEST;

static gboolean
says_dead (Told * t)
{
  GObject *pad = gst_child_proxy_get_child_by_name (GST_CHILD_PROXY
      (t->rig.mux), "sink_b");
  GstStructure *stats;
  gboolean dead;

  g_object_get (pad, "stats", &stats, NULL);
  fail_unless (gst_structure_get_boolean (stats, "dead", &dead));
  gst_structure_free (stats);
  g_object_unref (pad);
  return dead;
}

GST_START_TEST (test_dead_and_alive)
{
  Told t;

  told_init (&t, "sink_b::dead-after", "25000000");
  tick_without_b (&t, 1, HELD);
  tick_without_b (&t, 2, HELD);
  fail_if (says_dead (&t));
  tick_without_b (&t, 3, HELD);
  expect_message (&t, "rc-stream-dead", "time", 30 * MS, "last", 0);
  fail_unless (says_dead (&t));
  tick_without_b (&t, 4, HELD);
  tick_with_b (&t, 5);
  expect_message (&t, "rc-stream-alive", "time", 50 * MS, "last", 50 * MS);
  fail_if (says_dead (&t));
  fail_unless_equals_int (count_messages (&t, "rc-stream-dead"), 0);
  told_clear (&t);
}

GST_END_TEST;

/* 1 s for an observation; an action may be rare. */
GST_START_TEST (test_dead_by_default)
{
  Told t;

  told_init (&t, "sink_b::role", "observation");
  for (guint k = 1; k < 103; k++)
    tick_without_b (&t, k, HELD);
  expect_message (&t, "rc-stream-dead", "time", 1010 * MS, "last", 0);
  told_clear (&t);

  told_init (&t, "sink_b::role", "action");
  for (guint k = 1; k < 130; k++)
    tick_without_b (&t, k, HELD);
  fail_if (says_dead (&t));
  fail_unless_equals_int (count_messages (&t, "rc-stream-dead"), 0);
  told_clear (&t);
}

GST_END_TEST;

/* A sensor that has never spoken is dead as well. */
GST_START_TEST (test_dead_from_the_start)
{
  Told t;

  rig_init (&t.rig, TRUE, PREVIOUS, "sink_b::dead-after", "25000000", NULL);
  t.bus = gst_bus_new ();
  gst_element_set_bus (t.rig.mux, t.bus);
  for (guint k = 0; k < 4; k++)
    tick_without_b (&t, k, MISSING);
  expect_message (&t, "rc-stream-dead", "time", 30 * MS, "last", G_MININT64);
  told_clear (&t);
}

GST_END_TEST;

GST_START_TEST (test_clock_set_back)
{
  Told t;

  rig_init (&t.rig, TRUE, PREVIOUS, NULL);
  t.bus = gst_bus_new ();
  gst_element_set_bus (t.rig.mux, t.bus);
  for (guint i = 0; i < 2; i++)
    rig_push (&t.rig, i, 3000 * MS, 0);
  rig_expect (&t.rig, 3000 * MS, MEASURED, MEASURED, 0);
  rig_push (&t.rig, 1, 3010 * MS, 1);
  rig_push (&t.rig, 1, 1000 * MS, 2);
  rig_push (&t.rig, 0, 3010 * MS, 1);
  rig_expect (&t.rig, 3010 * MS, MEASURED, MEASURED, 0);
  rig_push (&t.rig, 0, 3020 * MS, 2);
  rig_crank_to (&t.rig, 3020 * MS);
  rig_expect (&t.rig, 3020 * MS, MEASURED, HELD, 1 << 1);
  expect_message (&t, "rc-clock-jump", "from", 3010 * MS, "to", 1000 * MS);
  fail_unless_equals_uint64 (rig_stat (&t.rig, "sink_b", "resets"), 1);
  fail_unless_equals_uint64 (rig_stat (&t.rig, "sink_b", "jumps"), 0);
  told_clear (&t);
}

GST_END_TEST;

/* A leap forward by the clock of the robot, and a silence: the stamps are the
 * same, and only the first is a jump. */
GST_START_TEST (test_clock_leap)
{
  Told t;

  told_init (&t, "sink_b::required", "false");
  tick_with_b (&t, 1);
  rig_push (&t.rig, 1, 5000 * MS, 5);
  rig_push (&t.rig, 0, 20 * MS, 2);
  rig_expect (&t.rig, 20 * MS, MEASURED, HELD, 0);
  expect_message (&t, "rc-clock-jump", "from", 10 * MS, "to", 5000 * MS);
  fail_unless_equals_uint64 (rig_stat (&t.rig, "sink_b", "jumps"), 1);
  fail_unless_equals_uint64 (rig_stat (&t.rig, "sink_b", "resets"), 0);
  told_clear (&t);

  told_init (&t, "sink_b::required", "false");
  tick_with_b (&t, 1);
  gst_test_clock_set_time (rig_clock (&t.rig), 5000 * MS);
  rig_push (&t.rig, 1, 5000 * MS, 5);
  /* counted on arrival */
  fail_unless_equals_uint64 (rig_stat (&t.rig, "sink_b", "jumps"), 0);
  for (guint k = 2; k < 500; k++)
    gst_buffer_unref (pull (&t.rig));
  fail_unless_equals_int (count_messages (&t, "rc-clock-jump"), 0);
  told_clear (&t);
}

GST_END_TEST;

/* ---- QoS ---- */

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

/* Counted, told when buffers come too late, and not passed on: a sensor cannot
 * slow down. */
GST_START_TEST (test_qos)
{
  GstMessage *message;
  GstClockTime running;
  GstEvent *event;
  gint64 jitter;
  gdouble proportion;
  guint64 processed;
  Told t;

  told_init (&t, "sink_b::required", "false");
  gst_harness_push_upstream_event (t.rig.out,
      gst_event_new_qos (GST_QOS_TYPE_OVERFLOW, 0.9, -3 * (gint64) MS,
          10 * MS));
  fail_unless (gst_bus_pop_filtered (t.bus, GST_MESSAGE_QOS) == NULL);
  gst_harness_push_upstream_event (t.rig.out,
      gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 1.5, 7 * MS, 20 * MS));
  message = gst_bus_pop_filtered (t.bus, GST_MESSAGE_QOS);
  fail_unless (message != NULL);
  gst_message_parse_qos (message, NULL, &running, NULL, NULL, NULL);
  gst_message_parse_qos_values (message, &jitter, &proportion, NULL);
  gst_message_parse_qos_stats (message, NULL, &processed, NULL);
  fail_unless_equals_uint64 (running, 20 * MS);
  fail_unless_equals_int64 (jitter, 7 * MS);
  fail_unless_equals_float (proportion, 1.5);
  fail_unless_equals_uint64 (processed, 1);
  gst_message_unref (message);
  fail_unless_equals_uint64 (mux_stat (&t.rig, "qos"), 2);
  for (guint i = 0; i < 2; i++) {
    while ((event = gst_harness_try_pull_upstream_event (t.rig.in[i]))) {
      fail_if (GST_EVENT_TYPE (event) == GST_EVENT_QOS);
      gst_event_unref (event);
    }
  }
  told_clear (&t);
}

GST_END_TEST;

/* ---- statistics ---- */

static void
await_stat (Rig * rig, const gchar * pad, const gchar * field, guint64 value)
{
  while (rig_stat (rig, pad, field) < value) {
    if (!rig_release_past (rig))
      g_thread_yield ();
  }
  fail_unless_equals_uint64 (rig_stat (rig, pad, field), value);
}

static gint64
stat_ns (Rig * rig, const gchar * field)
{
  GObject *pad = gst_child_proxy_get_child_by_name (GST_CHILD_PROXY (rig->mux),
      "sink_a");
  GstStructure *stats;
  gint64 value;

  g_object_get (pad, "stats", &stats, NULL);
  fail_unless (gst_structure_get_int64 (stats, field, &value), "no %s", field);
  gst_structure_free (stats);
  g_object_unref (pad);
  return value;
}

/* Every sample that arrived is in exactly one place. */
GST_START_TEST (test_counts_add_up)
{
  guint32 seqnum = gst_util_seqnum_next ();
  GstSegment segment;
  Rig rig;

  rig_init (&rig, TRUE, PREVIOUS, NULL);
  rig_push (&rig, 1, 0, 0);
  rig_push (&rig, 0, 0, 0);     /* used by tick 0 */
  rig_push (&rig, 0, 4 * MS, 4);
  rig_push (&rig, 0, 4 * MS, 4);        /* a duplicate */
  rig_push (&rig, 0, 8 * MS, 8);        /* used by tick 10 */
  rig_push (&rig, 0, 12 * MS, 12);      /* read, since it decides tick 10 */
  rig_push (&rig, 0, 21 * MS, 21);      /* not needed by then */
  rig_push (&rig, 0, 30 * MS, 30);
  rig_push (&rig, 0, 31 * MS, 31);
  rig_push (&rig, 1, 10 * MS, 10);
  rig_expect (&rig, 0, MEASURED, MEASURED, 0);
  rig_expect (&rig, 10 * MS, HELD, MEASURED, 0);
  await_stat (&rig, "sink_a", "out", 2);
  /* 21 as soon as tick 20 is looked at */
  await_stat (&rig, "sink_a", "in", 6);
  fail_unless_equals_uint64 (rig_stat (&rig, "sink_a", "used"), 2);
  fail_unless_equals_uint64 (rig_stat (&rig, "sink_a", "unused"), 3);
  fail_unless_equals_uint64 (rig_stat (&rig, "sink_a", "dropped"), 1);
  fail_unless_equals_uint64 (rig_stat (&rig, "sink_a", "queued"), 2);
  fail_unless_equals_uint64 (rig_stat (&rig, "sink_a", "flushed"), 0);
  fail_unless_equals_uint64 (rig_stat (&rig, "sink_a", "measured"), 1);
  fail_unless_equals_uint64 (rig_stat (&rig, "sink_a", "held"), 1);
  fail_unless_equals_int64 (stat_ns (&rig, "skew-min"), -2 * (gint64) MS);
  fail_unless_equals_int64 (stat_ns (&rig, "skew-max"), 0);
  /* those that waited are gone with a flush */
  rig_push_numbered (&rig, 0, gst_event_new_flush_start (), seqnum);
  rig_push_numbered (&rig, 0, gst_event_new_flush_stop (TRUE), seqnum);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (rig.in[0], gst_event_new_segment (&segment));
  rig_push (&rig, 0, 20 * MS, 20);
  rig_push (&rig, 1, 20 * MS, 20);
  rig_expect (&rig, 20 * MS, MEASURED, MEASURED, 0);
  await_stat (&rig, "sink_a", "out", 3);
  fail_unless_equals_uint64 (rig_stat (&rig, "sink_a", "in"), 7);
  fail_unless_equals_uint64 (rig_stat (&rig, "sink_a", "flushed"), 2);
  fail_unless_equals_uint64 (rig_stat (&rig, "sink_a", "used"), 3);
  fail_unless_equals_uint64 (rig_stat (&rig, "sink_a", "unused"), 3);
  fail_unless_equals_uint64 (rig_stat (&rig, "sink_a", "queued"), 0);
  fail_unless_equals_uint64 (mux_stat (&rig, "out"), 3);
  rig_clear (&rig);
}

GST_END_TEST;

/* How old samples are when they arrive, and how often they come. */
GST_START_TEST (test_latency_and_rate)
{
  GObject *pad;
  GstStructure *stats;
  gdouble rate, mean;
  Rig rig;

  rig_init (&rig, TRUE, PREVIOUS, NULL);
  /* they are waited for */
  for (guint i = 0; i < 2; i++)
    gst_harness_set_upstream_latency (rig.in[i], 10 * MS);
  for (guint i = 0; i < 21; i++) {
    gst_test_clock_set_time (rig_clock (&rig), (3 + 5 * i + i % 2) * MS);
    rig_push (&rig, 0, i * 5 * MS, i);
    rig_push (&rig, 1, i * 5 * MS, i);
    if (i % 2 == 0)
      rig_expect (&rig, i * 5 * MS, MEASURED, MEASURED, 0);
  }
  await_stat (&rig, "sink_a", "out", 11);
  fail_unless_equals_int64 (stat_ns (&rig, "latency-min"), 3 * MS);
  fail_unless_equals_int64 (stat_ns (&rig, "latency-max"), 4 * MS);
  pad = gst_child_proxy_get_child_by_name (GST_CHILD_PROXY (rig.mux), "sink_a");
  g_object_get (pad, "stats", &stats, NULL);
  fail_unless (gst_structure_get_double (stats, "rate", &rate));
  fail_unless (ABS (rate - 200) < 1e-9, "%g", rate);
  fail_unless (gst_structure_get_double (stats, "latency-mean", &mean));
  fail_unless (ABS (mean - (3 + 10. / 21) * MS) < 1, "%g", mean);
  gst_structure_free (stats);
  g_object_unref (pad);
  rig_clear (&rig);
}

GST_END_TEST;

/* ---- samples-selected ---- */

typedef struct
{
  guint n;
  gfloat value[8];
  gint state[8];
  gint64 skew[8];
} Selected;

static void
on_selected (GstElement * mux, GstSegment * segment, guint64 pts, guint64 dts,
    guint64 duration, GstStructure * info, gpointer data)
{
  Selected *selected = data;
  GstPad *pad = gst_element_get_static_pad (mux, "sink_a");
  GstSample *sample = gst_aggregator_peek_next_sample (GST_AGGREGATOR (mux),
      GST_AGGREGATOR_PAD (pad));
  const GstStructure *s;
  guint i = selected->n++;

  fail_unless (sample != NULL && i < G_N_ELEMENTS (selected->value));
  fail_unless (gst_sample_get_caps (sample) != NULL);
  s = gst_sample_get_info (sample);
  gst_buffer_extract (gst_sample_get_buffer (sample), 0, &selected->value[i],
      sizeof (gfloat));
  fail_unless (gst_structure_get_int (s, "state", &selected->state[i]));
  fail_unless (gst_structure_get_int64 (s, "skew", &selected->skew[i]));
  gst_sample_unref (sample);
  gst_object_unref (pad);
}

GST_START_TEST (test_samples_selected)
{
  Selected selected = { 0 };
  GstPad *pad;
  Rig rig;

  rig_init (&rig, TRUE, PREVIOUS, "emit-signals", "true", NULL);
  g_signal_connect (rig.mux, "samples-selected", G_CALLBACK (on_selected),
      &selected);
  rig_push (&rig, 0, 0, 100);
  rig_push (&rig, 1, 0, 0);
  rig_push (&rig, 0, 7 * MS, 107);
  rig_push (&rig, 0, 11 * MS, 111);
  rig_push (&rig, 1, 10 * MS, 0);
  rig_expect (&rig, 0, MEASURED, MEASURED, 0);
  rig_expect (&rig, 10 * MS, HELD, MEASURED, 0);
  fail_unless_equals_int (selected.n, 2);
  fail_unless_equals_float (selected.value[0], 100);
  fail_unless_equals_int (selected.state[0], MEASURED);
  fail_unless_equals_float (selected.value[1], 107);
  fail_unless_equals_int (selected.state[1], HELD);
  fail_unless_equals_int64 (selected.skew[1], -3 * (gint64) MS);
  /* between ticks nothing is selected */
  pad = gst_element_get_static_pad (rig.mux, "sink_a");
  fail_unless (gst_aggregator_peek_next_sample (GST_AGGREGATOR (rig.mux),
          GST_AGGREGATOR_PAD (pad)) == NULL);
  gst_object_unref (pad);
  rig_clear (&rig);
}

GST_END_TEST;

/* ---- provenance ---- */

/* Where a deadline decided, how far each stream had been read. */
GST_START_TEST (test_read)
{
  GstBuffer *buffer;
  GstRcProvenance p;
  Rig rig;

  rig_init (&rig, TRUE, PREVIOUS, NULL);
  rig_push (&rig, 0, 0, 0);
  rig_push (&rig, 1, 0, 0);
  buffer = pull (&rig);
  fail_unless (gst_rc_provenance_get (buffer, &p));
  fail_unless_equals_int (p.deadline, 0);
  fail_unless (p.read == NULL);
  gst_buffer_unref (buffer);
  rig_push (&rig, 0, 6 * MS, 6);
  rig_push (&rig, 0, 10 * MS, 10);
  rig_push (&rig, 1, 4 * MS, 4);
  rig_crank_to (&rig, 10 * MS);
  buffer = pull (&rig);
  fail_unless (gst_rc_provenance_get (buffer, &p));
  fail_unless_equals_int (p.deadline, 1 << 1);
  fail_unless (p.read != NULL);
  fail_unless_equals_uint64 (p.read[0], 3);
  fail_unless_equals_uint64 (p.read[1], 2);
  gst_buffer_unref (buffer);
  rig_clear (&rig);
}

GST_END_TEST;

static GstPadProbeReturn
write_down (GstPad * pad, GstPadProbeInfo * info, gpointer text)
{
  if (GST_IS_BUFFER (info->data))
    g_string_append_printf (text, " %u",
        (guint) (GST_BUFFER_PTS (info->data) / MS));
  else if (gst_event_has_name (GST_EVENT (info->data), "rc-next-episode"))
    g_string_append (text, " episode");
  return GST_PAD_PROBE_OK;
}

/* An episode begins right before the tick that needs what follows it, once,
 * though every pad brings it. */
GST_START_TEST (test_episode_order)
{
  GString *text = g_string_new (NULL);
  GstPad *src;
  Rig rig;

  rig_init (&rig, TRUE, PREVIOUS, NULL);
  src = gst_element_get_static_pad (rig.mux, "src");
  gst_pad_add_probe (src, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, write_down, text, NULL);
  gst_object_unref (src);
  for (guint k = 0; k < 6; k++) {
    for (guint i = 0; i < 2 && k > 0 && k % 2 == 0; i++)
      rig_push_numbered (&rig, i,
          gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM,
              gst_structure_new_empty ("rc-next-episode")), 4000 + k);
    for (guint i = 0; i < 2; i++)
      rig_push (&rig, i, k * 10 * MS, k);
    rig_expect (&rig, k * 10 * MS, MEASURED, MEASURED, 0);
  }
  fail_unless_equals_string (text->str, " 0 10 episode 20 30 episode 40 50");
  g_string_free (text, TRUE);
  rig_clear (&rig);
}

GST_END_TEST;

static Suite *
reports_suite (void)
{
  Suite *s = suite_create ("reports");
  TCase *tc = tcase_create ("reports");

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 60);
  tcase_add_test (tc, test_gap_messages);
  tcase_add_test (tc, test_dead_and_alive);
  tcase_add_test (tc, test_dead_by_default);
  tcase_add_test (tc, test_dead_from_the_start);
  tcase_add_test (tc, test_clock_set_back);
  tcase_add_test (tc, test_clock_leap);
  tcase_add_test (tc, test_qos);
  tcase_add_test (tc, test_counts_add_up);
  tcase_add_test (tc, test_latency_and_rate);
  tcase_add_test (tc, test_samples_selected);
  tcase_add_test (tc, test_read);
  tcase_add_test (tc, test_episode_order);
  return s;
}

GST_CHECK_MAIN (reports);
