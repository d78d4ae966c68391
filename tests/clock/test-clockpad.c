/* SPDX-License-Identifier: Apache-2.0 */
/* time-source=reference on the pads of the aligners: a sensor whose clock is
 * known, live on a test clock. What is measured is the capture time itself, in
 * ms, so that a tick's value minus the tick is the error of its time. */
#include "alignrig.h"
#include "clocksim.h"

#define LEAST (3 * CLOCK_MS)

#define DOUBLES "other/tensors,format=static,num_tensors=1,types=float64," \
    "dimensions=(string)1,framerate=0/1"

typedef struct
{
  gint64 capture, remote, arrival;
} Sample;

/* Samples at 100 Hz of a clock that is 100 ppm slow and is set by `step` after
 * `at` of them; their way takes 3 ms and more, now and then 60 ms more. */
static Sample *
make_samples (guint n, guint at, gint64 step, gint64 epoch)
{
  ClockRandom random = { 9 };
  Sample *samples = g_new (Sample, n);
  gint64 arrival = 0;

  for (guint i = 0; i < n; i++) {
    Sample *s = &samples[i];

    s->remote = epoch + i * 10 * CLOCK_MS;
    s->capture = clock_truth (CLOCK_S, epoch, s->remote, 100000);
    if (i >= at)
      s->remote += step;
    arrival = MAX (arrival + 1, s->capture + LEAST
        + clock_random_delay (&random, CLOCK_MS)
        + (i % 500 / 20 == 15 ? 60 * CLOCK_MS : 0));
    s->arrival = arrival;
  }
  return samples;
}

static GstBuffer *
make_buffer (const Sample * s, const gchar * reference)
{
  const gdouble value = (gdouble) s->capture / 1e6;
  GstBuffer *buffer = gst_buffer_new_memdup (&value, sizeof (value));

  GST_BUFFER_PTS (buffer) = s->arrival;
  if (reference) {
    GstCaps *caps = gst_caps_from_string (reference);

    gst_buffer_add_reference_timestamp_meta (buffer, caps, s->remote,
        GST_CLOCK_TIME_NONE);
    gst_caps_unref (caps);
  }
  return buffer;
}

static void
push (Rig * rig, guint pad, const Sample * s, const gchar * reference)
{
  fail_unless_equals_int (gst_harness_push (rig->in[pad], make_buffer (s,
              reference)), GST_FLOW_OK);
}

/* The same in a live pipeline whose clock stands still, for many samples: the
 * aligner's queue fills up where it waits for the present, which a GstTestClock
 * does not let through by itself. */
typedef struct
{
  Rig *rig;
  const Sample *samples;
  guint n;
  const gchar *references[2];
  gint done;
} Pushes;

static gpointer
push_thread (gpointer data)
{
  Pushes *p = data;

  for (guint i = 0; i < p->n; i++) {
    for (guint pad = 0; pad < 2; pad++)
      push (p->rig, pad, &p->samples[i], p->references[pad]);
  }
  g_atomic_int_set (&p->done, TRUE);
  return NULL;
}

static void
push_many (Rig * rig, const Sample * samples, guint n, const gchar * a,
    const gchar * b)
{
  Pushes p = { rig, samples, n, {a, b}, FALSE };
  GThread *thread = g_thread_new ("push", push_thread, &p);

  while (!g_atomic_int_get (&p.done)) {
    if (!rig_release_past (rig))
      g_thread_yield ();
  }
  g_thread_join (thread);
}

static gdouble
value_of (GstBuffer * buffer, gsize index)
{
  gdouble value;

  fail_unless_equals_int (gst_buffer_extract (buffer, index * sizeof (value),
          &value, sizeof (value)), sizeof (value));
  return value;
}

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

static GstStructure *
stats_of (GObject * object)
{
  GstStructure *stats;

  g_object_get (object, "stats", &stats, NULL);
  return stats;
}

static GstStructure *
pad_stats (Rig * rig, const gchar * name)
{
  GObject *pad = gst_child_proxy_get_child_by_name (GST_CHILD_PROXY (rig->mux),
      name);
  GstStructure *stats = stats_of (pad);

  g_object_unref (pad);
  return stats;
}

/* A field of stats, which must be there. */
#define DEFINE_FIELD(name, Type, get)                           \
  static Type                                                   \
  name (const GstStructure * stats, const gchar * field)        \
  {                                                             \
    Type value = 0;                                             \
                                                                \
    fail_unless (get (stats, field, &value), "%s", field);      \
    return value;                                               \
  }
/* *INDENT-OFF* */
DEFINE_FIELD (int_of, gint64, gst_structure_get_int64)
DEFINE_FIELD (count_of, guint64, gst_structure_get_uint64)
DEFINE_FIELD (double_of, gdouble, gst_structure_get_double)
/* *INDENT-ON* */

static void
await (Rig * rig, const gchar * pad, const gchar * field, guint64 value)
{
  while (rig_stat (rig, pad, field) < value) {
    if (!rig_release_past (rig))
      g_thread_yield ();
  }
}

#define REFERENCE "sink_a::time-source", "reference", "sink_a::lookahead", "0"

static void
start (Rig * rig)
{
  for (guint i = 0; i < 2; i++)
    gst_harness_set_src_caps_str (rig->in[i], DOUBLES);
}

/* ---- the right value at every tick ---- */

static const gint64 steps[] = { 50 * CLOCK_MS, -50 * CLOCK_MS };

/* The same stream twice, by capture time and by PTS: 100 ppm and a step of
 * 50 ms. Ticks have the value of the right time but while the step is not known,
 * that is for 16 samples, or 1 s. */
GST_START_TEST (test_skew_and_step)
{
  const guint n = 4000, at = 2000;
  const gint64 step = steps[__i__];
  Sample *samples = make_samples (n, at, step, CLOCK_EPOCH);
  const gint64 settled = samples[700].capture;
  const gint64 from = samples[at - 1].capture;
  const gint64 until = samples[at].arrival + (step > 0 ? 180 : 1200) * CLOCK_MS;
  gdouble worst = 0, worst_step = 0, by_pts = 0;
  GstStructure *st;
  guint counted = 0;
  Rig rig;

  rig_init (&rig, TRUE, REFERENCE, "sink_a::offset", "-3000000",
      "sink_b::offset", "-3000000", NULL);
  start (&rig);
  push_many (&rig, samples, n, "timestamp/x-unix", NULL);
  for (guint k = 0; k < 3900; k++) {
    GstBuffer *buffer = pull (&rig);
    const gint64 tick = GST_BUFFER_PTS (buffer);
    const gdouble a = value_of (buffer, 0) - (gdouble) tick / 1e6;
    const gdouble b = value_of (buffer, 1) - (gdouble) tick / 1e6;

    if (tick > from && tick < until) {
      worst_step = MAX (worst_step, ABS (a));
    } else if (tick > settled) {
      worst = MAX (worst, ABS (a));
      by_pts += ABS (b);
      counted++;
    }
    gst_buffer_unref (buffer);
  }
  fail_unless (counted > 3000);
  fail_unless (worst < 0.1, "off by %.3f ms", worst);
  fail_unless (by_pts / counted > 2, "by PTS off by %.3f ms", by_pts / counted);
  /* forward: their arrival, 3 ms and more late; back: 50 ms early */
  fail_unless (worst_step < (step > 0 ? 15 : 55), "%.3f ms", worst_step);
  fail_unless (worst_step > (step > 0 ? 1 : 45), "%.3f ms", worst_step);

  await (&rig, "sink_a", "in", n);
  st = pad_stats (&rig, "sink_a");
  fail_unless_equals_uint64 (count_of (st, "clock-steps"), 1);
  fail_unless_equals_uint64 (count_of (st, "clock-outliers"),
      step > 0 ? 16 : 0);
  fail_unless (ABS (double_of (st, "clock-skew-ppm") - 100) < 5);
  fail_unless (ABS (int_of (st, "clock-offset") - (samples[n - 1].capture
              + LEAST - samples[n - 1].remote)) < 100 * CLOCK_US);
  fail_unless (ABS (int_of (st, "clock-residual") - (samples[n - 1].arrival
              - samples[n - 1].capture - LEAST)) < 100 * CLOCK_US);
  fail_unless (int_of (st, "clock-spread") > CLOCK_MS);
  fail_unless_equals_uint64 (count_of (st, "no-reference"), 0);
  fail_unless_equals_uint64 (count_of (st, "in"), count_of (st, "kept")
      + count_of (st, "backwards") + count_of (st, "duplicates"));
  gst_structure_free (st);
  st = pad_stats (&rig, "sink_b");
  fail_if (gst_structure_has_field (st, "clock-offset"));
  gst_structure_free (st);
  rig_clear (&rig);
  g_free (samples);
}

GST_END_TEST;

/* rcresample has the same properties, and not live the same bytes come out:
 * only the buffers matter. */
GST_START_TEST (test_resample)
{
  const guint n = 3000;
  Sample *samples = make_samples (n, n / 2, 50 * CLOCK_MS, CLOCK_EPOCH);
  AlignTest *t = align_test_new ("appsrc name=a ! rcresample name=m rate=100/1 "
      "time-source=reference reference-caps=timestamp/x-ptp method=linear "
      "! appsink name=out");
  GstBuffer *live;
  GstStructure *st;
  Rig rig;

  align_test_caps (t, "a", DOUBLES);
  for (guint i = 0; i < n; i++)
    align_test_push (t, "a", make_buffer (&samples[i], "timestamp/x-ptp"));
  align_test_eos (t, "a");
  align_test_run (t);
  fail_unless (t->error == NULL, "%s", t->error);

  rig_init (&rig, TRUE, REFERENCE, "sink_a::reference-caps", "timestamp/x-ptp",
      "sink_b::time-source", "reference", NULL);
  start (&rig);
  push_many (&rig, samples, n, "timestamp/x-ptp", "timestamp/x-unix");
  for (guint k = 0; k < 2950; k++) {
    GstBuffer *buffer = align_test_buffer (t, k);
    gdouble value = value_of (buffer, 0);
    gint64 skew = align_test_provenance (t, k).skew[0];
    GstRcProvenance p;

    live = pull (&rig);
    fail_unless_equals_uint64 (GST_BUFFER_PTS (live), GST_BUFFER_PTS (buffer));
    fail_unless (gst_buffer_memcmp (live, 0, &value, sizeof (value)) == 0);
    fail_unless (gst_rc_provenance_get (live, &p));
    fail_unless_equals_int64 (p.skew[0], skew);
    gst_buffer_unref (live);
  }
  st = stats_of (G_OBJECT (gst_element_get_static_pad (t->aligner, "sink")));
  gst_object_unref (t->aligner->sinkpads->data);
  fail_unless_equals_uint64 (count_of (st, "clock-steps"), 1);
  fail_unless (ABS (double_of (st, "clock-skew-ppm") - 100) < 5);
  gst_structure_free (st);
  rig_clear (&rig);
  align_test_free (t);
  g_free (samples);
}

GST_END_TEST;

/* ---- which metas ---- */

typedef struct
{
  const gchar *wanted;          /* NULL: the default */
  const gchar *given;
  gint64 epoch;
  gboolean taken;
} Match;

/* NTP counts from 1900. */
#define NTP (CLOCK_EPOCH + G_GINT64_CONSTANT (2208988800000000000))

static const Match matches[] = {
  {NULL, "timestamp/x-unix", CLOCK_EPOCH, TRUE},
  {NULL, "timestamp/x-ntp", NTP, FALSE},
  {"timestamp/x-ntp", "timestamp/x-ntp", NTP, TRUE},
  {"timestamp/x-ntp", "timestamp/x-ntp, host=(string)a", NTP, TRUE},
  {"timestamp/x-ptp", "timestamp/x-ptp, domain=(int)1", CLOCK_EPOCH, TRUE},
  {"timestamp/x-ptp, domain=(int)2", "timestamp/x-ptp, domain=(int)1",
      CLOCK_EPOCH, FALSE},
  {"ANY", "timestamp/x-camera", 5, TRUE},
  {"NULL", "timestamp/x-camera", 5, TRUE},
};

GST_START_TEST (test_which_meta)
{
  const Match *m = &matches[__i__];
  Sample *samples = make_samples (40, 40, 0, m->epoch);
  GstStructure *st;
  GObject *pad;
  Rig rig;

  rig_init (&rig, FALSE, REFERENCE, NULL);
  start (&rig);
  pad = gst_child_proxy_get_child_by_name (GST_CHILD_PROXY (rig.mux), "sink_a");
  if (m->wanted && g_str_equal (m->wanted, "NULL"))
    g_object_set (pad, "reference-caps", NULL, NULL);
  else if (m->wanted)
    gst_util_set_object_arg (pad, "reference-caps", m->wanted);
  for (guint i = 0; i < 40; i++) {
    GstBuffer *buffer = make_buffer (&samples[i], m->given);
    GstCaps *other = gst_caps_new_empty_simple ("timestamp/x-other");

    /* another clock's beside it */
    gst_buffer_add_reference_timestamp_meta (buffer, other, 0,
        GST_CLOCK_TIME_NONE);
    gst_caps_unref (other);
    fail_unless_equals_int (gst_harness_push (rig.in[0], buffer), GST_FLOW_OK);
    push (&rig, 1, &samples[i], NULL);
  }
  for (guint i = 0; i < 2; i++)
    gst_harness_push_event (rig.in[i], gst_event_new_eos ());
  await (&rig, "sink_a", "in", 40);
  st = pad_stats (&rig, "sink_a");
  fail_unless_equals_uint64 (count_of (st, "kept"), m->taken ? 40 : 0);
  fail_unless_equals_uint64 (count_of (st, "no-reference"), m->taken ? 0 : 40);
  if (m->taken)
    fail_unless (ABS (int_of (st, "clock-offset") - (samples[39].capture
                + LEAST - samples[39].remote)) < CLOCK_MS);
  gst_structure_free (st);
  g_object_unref (pad);
  rig_clear (&rig);
  g_free (samples);
}

GST_END_TEST;

/* A capture time beyond int64 is none. */
GST_START_TEST (test_huge_reference)
{
  const Sample late = { CLOCK_S, G_MININT64, CLOCK_S };
  Rig rig;

  rig_init (&rig, FALSE, "span", "all", REFERENCE, NULL);
  start (&rig);
  push (&rig, 0, &late, "timestamp/x-unix");
  for (guint i = 0; i < 2; i++)
    gst_harness_push_event (rig.in[i], gst_event_new_eos ());
  await (&rig, "sink_a", "in", 1);
  fail_unless_equals_uint64 (rig_stat (&rig, "sink_a", "no-reference"), 1);
  rig_clear (&rig);
}

GST_END_TEST;

/* Without its meta a buffer has no time: dropped, counted, said once with what
 * it has instead. */
GST_START_TEST (test_missing_meta)
{
  Sample *samples = make_samples (60, 60, 0, CLOCK_EPOCH);
  GstBus *bus = gst_bus_new ();
  GstMessage *message;
  GstStructure *st;
  GError *error;
  gchar *debug;
  Rig rig;

  rig_init (&rig, FALSE, "span", "all", REFERENCE, NULL);
  gst_element_set_bus (rig.mux, bus);
  start (&rig);
  gst_harness_push_event (rig.in[1], gst_event_new_eos ());
  for (guint i = 0; i < 60; i++)
    push (&rig, 0, &samples[i], i % 2 ? "timestamp/x-unix" : "timestamp/x-ntp");
  gst_harness_push_event (rig.in[0], gst_event_new_eos ());
  await (&rig, "sink_a", "in", 60);
  st = pad_stats (&rig, "sink_a");
  fail_unless_equals_uint64 (count_of (st, "no-reference"), 30);
  fail_unless_equals_uint64 (count_of (st, "no-time"), 0);
  fail_unless_equals_uint64 (count_of (st, "kept"), 30);
  gst_structure_free (st);
  message = gst_bus_timed_pop_filtered (bus, 10 * GST_SECOND,
      GST_MESSAGE_WARNING);
  fail_unless (message != NULL);
  gst_message_parse_warning (message, &error, &debug);
  fail_unless (strstr (debug, "timestamp/x-unix (it has timestamp/x-ntp)"),
      "%s", debug);
  g_error_free (error);
  g_free (debug);
  gst_message_unref (message);
  fail_unless (gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING) == NULL);
  gst_element_set_bus (rig.mux, NULL);
  gst_object_unref (bus);
  rig_clear (&rig);
  g_free (samples);
}

GST_END_TEST;

/* A buffer with several samples: its capture time is that of its PTS, and its
 * samples keep their distances to it. */
GST_START_TEST (test_several_samples)
{
  Rig rig;

  rig_init (&rig, FALSE, REFERENCE, "sink_a::method", "gather",
      "sink_a::samples", "4", "sink_b::method", "previous", NULL);
  gst_harness_set_src_caps_str (rig.in[0], "other/tensors,format=static,"
      "num_tensors=1,types=float32,dimensions=(string)1:4,framerate=0/1,"
      "samples=4");
  for (guint i = 0; i < 20; i++) {
    const gint64 capture = (1000 + i * 10) * CLOCK_MS;
    const gint64 pts = capture + i % 4 * CLOCK_MS;
    gint64 times[4];
    gfloat values[4] = { 0 };
    const Sample s = { 0, CLOCK_EPOCH + capture, pts };
    GstBuffer *buffer = make_buffer (&s, "timestamp/x-unix");

    gst_buffer_replace_all_memory (buffer, gst_allocator_alloc (NULL,
            sizeof (values), NULL));
    gst_buffer_fill (buffer, 0, values, sizeof (values));
    for (guint j = 0; j < 4; j++)
      times[j] = pts - (3 - (gint64) j) * 2 * CLOCK_MS;
    gst_rc_sample_times_add (buffer, times, 4);
    fail_unless_equals_int (gst_harness_push (rig.in[0], buffer), GST_FLOW_OK);
    rig_push (&rig, 1, capture, 0);
  }
  for (guint k = 0; k < 18; k++) {
    GstBuffer *buffer = pull (&rig);
    gint64 times[4];

    gst_buffer_extract (buffer, 4 * sizeof (gfloat) + sizeof (gint32), times,
        sizeof (times));
    for (guint j = 0; j < 4; j++)
      fail_unless_equals_int64 (times[j], (gint64) GST_BUFFER_PTS (buffer)
          - (3 - (gint64) j) * 2 * CLOCK_MS);
    gst_buffer_unref (buffer);
  }
  rig_clear (&rig);
}

GST_END_TEST;

/* ---- waiting ---- */

/* Capture every 10 ms; 0, 1 … 7 ms on the way. */
static Sample
regular (guint i)
{
  const gint64 capture = i * 10 * CLOCK_MS;
  const Sample s = { capture, CLOCK_EPOCH + capture,
    capture + i % 8 * CLOCK_MS
  };

  return s;
}

/* One of them, and one of the other stream at the same time, make a tick. */
static void
regular_tick (Rig * rig, guint i)
{
  const Sample s = regular (i);

  push (rig, 0, &s, "timestamp/x-unix");
  rig_push (rig, 1, i * 10 * MS, 0);
  rig_expect (rig, i * 10 * MS, RC_STATE_MEASURED, RC_STATE_MEASURED, 0);
}

/* How far samples lag behind the fastest is learned, and waited for: a tick's
 * sample is stamped at the tick but comes up to 7 ms later. */
GST_START_TEST (test_learned_delay)
{
  GstBus *bus = gst_bus_new ();
  GstMessage *message;
  Rig rig;

  rig_init (&rig, TRUE, "sink_a::time-source", "reference", "sink_a::method",
      "previous", "sink_b::method", "previous", NULL);
  gst_element_set_bus (rig.mux, bus);
  gst_harness_set_src_caps_str (rig.in[0], DOUBLES);
  for (guint i = 0; i < 66; i++)
    regular_tick (&rig, i);
  /* 7 ms, a quarter for more, in whole ms */
  while (gst_harness_query_latency (rig.out) != 9 * MS) {
    if (!rig_release_past (&rig))
      g_thread_yield ();
  }
  message = gst_bus_timed_pop_filtered (bus, 10 * GST_SECOND,
      GST_MESSAGE_LATENCY);
  fail_unless (message != NULL);
  gst_message_unref (message);
  /* this one does not come: its tick leaves then and not sooner */
  rig_push (&rig, 1, 660 * MS, 0);
  rig_crank_to (&rig, 669 * MS);
  rig_expect (&rig, 660 * MS, RC_STATE_HELD, RC_STATE_MEASURED, 1 << 0);
  /* one that would have been in it is late; one after it is not, though it was
   * captured before the tick left */
  {
    Sample s = regular (66);

    push (&rig, 0, &s, "timestamp/x-unix");
    s.capture += 5 * CLOCK_MS;
    s.remote += 5 * CLOCK_MS;
    s.arrival += 5 * CLOCK_MS;
    push (&rig, 0, &s, "timestamp/x-unix");
    s = regular (68);
    push (&rig, 0, &s, "timestamp/x-unix");
    rig_push (&rig, 1, 670 * MS, 0);
    rig_expect (&rig, 670 * MS, RC_STATE_HELD, RC_STATE_MEASURED, 0);
    fail_unless_equals_uint64 (rig_stat (&rig, "sink_a", "late"), 1);
  }
  gst_element_set_bus (rig.mux, NULL);
  gst_object_unref (bus);
  rig_clear (&rig);
}

GST_END_TEST;

/* A lookahead that was set is the latency, whatever the delays are; and when it
 * goes, what was learned counts. */
GST_START_TEST (test_set_lookahead)
{
  GObject *pad;
  guint i;
  Rig rig;

  rig_init (&rig, TRUE, "sink_a::time-source", "reference", "sink_a::method",
      "previous", "sink_b::method", "previous", "sink_a::lookahead", "2000000",
      NULL);
  gst_harness_set_src_caps_str (rig.in[0], DOUBLES);
  for (i = 0; i < 80; i++)
    regular_tick (&rig, i);
  fail_unless_equals_uint64 (gst_harness_query_latency (rig.out), 2 * MS);
  pad = gst_child_proxy_get_child_by_name (GST_CHILD_PROXY (rig.mux), "sink_a");
  g_object_set (pad, "lookahead", (gint64) - 1, NULL);
  g_object_unref (pad);
  for (; i < 82; i++)
    regular_tick (&rig, i);
  while (gst_harness_query_latency (rig.out) != 9 * MS) {
    if (!rig_release_past (&rig))
      g_thread_yield ();
  }
  rig_clear (&rig);
}

GST_END_TEST;

/* A GAP says what arrives, not what was captured: the sample after it may have
 * its time in it. */
GST_START_TEST (test_gap)
{
  Sample s;
  Rig rig;

  rig_init (&rig, FALSE, REFERENCE, "sink_a::method", "previous",
      "sink_b::method", "previous", NULL);
  gst_harness_set_src_caps_str (rig.in[0], DOUBLES);
  for (guint i = 0; i < 72; i++)
    regular_tick (&rig, i);
  /* until 745 ms nothing arrives; what comes then can be of 738 ms */
  rig_push_gap (&rig, 0, 720 * MS, 25 * MS);
  for (guint i = 72; i < 76; i++)
    rig_push (&rig, 1, i * 10 * MS, 0);
  for (guint i = 72; i < 74; i++)
    rig_expect (&rig, i * 10 * MS, RC_STATE_HELD, RC_STATE_MEASURED, 0);
  s.capture = 739 * MS;
  s.remote = CLOCK_EPOCH + s.capture;
  s.arrival = 746 * MS;
  push (&rig, 0, &s, "timestamp/x-unix");
  s = regular (76);
  push (&rig, 0, &s, "timestamp/x-unix");
  {
    GstBuffer *buffer = pull (&rig);
    GstRcProvenance p;

    fail_unless_equals_uint64 (GST_BUFFER_PTS (buffer), 740 * MS);
    fail_unless (gst_rc_provenance_get (buffer, &p));
    fail_unless_equals_int64 (p.skew[0], -1 * MS);
    gst_buffer_unref (buffer);
  }
  rig_clear (&rig);
}

GST_END_TEST;

/* ---- new beginnings ---- */

/* After a flush nothing of the clock is known: another one is no step. */
GST_START_TEST (test_flush)
{
  Sample *samples = make_samples (400, 200, 3600 * CLOCK_S, CLOCK_EPOCH);
  guint32 seqnum = gst_util_seqnum_next ();
  GstSegment segment;
  GstStructure *st;
  Rig rig;

  rig_init (&rig, FALSE, REFERENCE, NULL);
  start (&rig);
  for (guint i = 0; i < 400; i++) {
    if (i == 200) {
      await (&rig, "sink_a", "in", 180);
      for (guint p = 0; p < 2; p++)
        rig_push_numbered (&rig, p, gst_event_new_flush_start (), seqnum);
      for (guint p = 0; p < 2; p++)
        rig_push_numbered (&rig, p, gst_event_new_flush_stop (TRUE), seqnum);
      gst_segment_init (&segment, GST_FORMAT_TIME);
      for (guint p = 0; p < 2; p++)
        gst_harness_push_event (rig.in[p], gst_event_new_segment (&segment));
    }
    push (&rig, 0, &samples[i], "timestamp/x-unix");
    push (&rig, 1, &samples[i], NULL);
  }
  for (guint i = 0; i < 2; i++)
    gst_harness_push_event (rig.in[i], gst_event_new_eos ());
  while (TRUE) {
    st = pad_stats (&rig, "sink_a");
    if (gst_structure_has_field (st, "clock-offset")
        && int_of (st, "clock-offset") < -CLOCK_EPOCH - 3000 * CLOCK_S
        && int_of (st, "last-time") > samples[380].capture)
      break;
    gst_structure_free (st);
    g_thread_yield ();
  }
  fail_unless_equals_uint64 (count_of (st, "clock-steps"), 0);
  fail_unless_equals_uint64 (count_of (st, "clock-outliers"), 0);
  gst_structure_free (st);
  rig_clear (&rig);
  g_free (samples);
}

GST_END_TEST;

/* Running time goes back by 5 s (the local clock was set): the stream begins
 * anew at once, the map follows with the 16th sample. */
GST_START_TEST (test_local_clock_set)
{
  Sample *samples = make_samples (800, 800, 0, CLOCK_EPOCH);
  GstStructure *st;
  Rig rig;

  rig_init (&rig, FALSE, "span", "all", REFERENCE, NULL);
  start (&rig);
  gst_harness_push_event (rig.in[1], gst_event_new_eos ());
  for (guint i = 0; i < 800; i++) {
    if (i >= 600)
      samples[i].arrival -= 5 * CLOCK_S;
    push (&rig, 0, &samples[i], "timestamp/x-unix");
  }
  gst_harness_push_event (rig.in[0], gst_event_new_eos ());
  await (&rig, "sink_a", "in", 800);
  st = pad_stats (&rig, "sink_a");
  fail_unless_equals_uint64 (count_of (st, "resets"), 1);
  fail_unless_equals_uint64 (count_of (st, "clock-steps"), 1);
  fail_unless_equals_uint64 (count_of (st, "clock-outliers"), 16);
  fail_unless (ABS (int_of (st, "last-time") + 5 * CLOCK_S
          - samples[799].capture - LEAST) < CLOCK_MS);
  gst_structure_free (st);
  rig_clear (&rig);
  g_free (samples);
}

GST_END_TEST;

/* The time source is changed while samples come. */
GST_START_TEST (test_switch)
{
  Sample *samples = make_samples (120, 120, 0, CLOCK_EPOCH);
  GstStructure *st;
  GObject *pad;
  gint source;
  Rig rig;

  rig_init (&rig, TRUE, "sink_b::method", "previous", REFERENCE, NULL);
  start (&rig);
  pad = gst_child_proxy_get_child_by_name (GST_CHILD_PROXY (rig.mux), "sink_a");
  push_many (&rig, samples, 60, "timestamp/x-unix", NULL);
  await (&rig, "sink_a", "in", 50);
  gst_util_set_object_arg (pad, "time-source", "pts");
  g_object_get (pad, "time-source", &source, NULL);
  fail_unless_equals_int (source, 0);
  push_many (&rig, samples + 60, 60, "timestamp/x-unix", NULL);
  await (&rig, "sink_a", "in", 100);
  st = pad_stats (&rig, "sink_a");
  fail_unless_equals_int64 (int_of (st, "last-time"),
      samples[count_of (st, "in") - 1].arrival);
  fail_if (gst_structure_has_field (st, "clock-offset"));
  gst_structure_free (st);
  g_object_unref (pad);
  rig_clear (&rig);
  g_free (samples);
}

GST_END_TEST;

static Suite *
clockpad_suite (void)
{
  Suite *s = suite_create ("aligner, capture times");
  TCase *t = tcase_create ("values");

  gst_rc_metas_register ();
  suite_add_tcase (s, t);
  tcase_set_timeout (t, 60);
  tcase_add_loop_test (t, test_skew_and_step, 0, G_N_ELEMENTS (steps));
  tcase_add_test (t, test_resample);
  t = tcase_create ("metas");
  suite_add_tcase (s, t);
  tcase_add_loop_test (t, test_which_meta, 0, G_N_ELEMENTS (matches));
  tcase_add_test (t, test_huge_reference);
  tcase_add_test (t, test_missing_meta);
  tcase_add_test (t, test_several_samples);
  t = tcase_create ("waiting");
  suite_add_tcase (s, t);
  tcase_add_test (t, test_learned_delay);
  tcase_add_test (t, test_set_lookahead);
  tcase_add_test (t, test_gap);
  t = tcase_create ("beginnings");
  suite_add_tcase (s, t);
  tcase_add_test (t, test_flush);
  tcase_add_test (t, test_local_clock_set);
  tcase_add_test (t, test_switch);
  return s;
}

GST_CHECK_MAIN (clockpad);
