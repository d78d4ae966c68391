/* SPDX-License-Identifier: Apache-2.0 */
/* How soon after it is decided a live tick comes out: a camera at 30 Hz (held),
 * joints at 97 Hz and force at 1 kHz (linear), each time +- 10 % of its period,
 * pushed when the system clock has reached it; 100 ticks per second.
 *
 * A pad is decided when a sample at or after the tick is pushed, or the clock
 * has passed the tick + its lookahead (upstreams declare no latency); the tick with
 * the last of its pads. Measured from that instant to the buffer at the sink, for
 *   fuse     rcfusemux
 *   ready    an aggregator that decides in the same way, but only when the base
 *            class calls it: every pad has a buffer, or the latency has passed
 *   slowest  a mux that waits until each stream has a sample after the tick
 * in turn. Controls, from the same time: how late the sources' own waits for the
 * clock return, and how long a thread takes to run when another one signals it.
 *
 *   bench-latency [--check] [SECONDS]      default 10, per element
 *
 * --check: exit status 1 when fuse misses p50 <= 0.2 ms or p99 <= 0.5 ms, or when
 * slowest does not, since then nothing is measured; 77 when a mere hand-over
 * between two threads misses them, so that nothing is shown. */
#include <stdio.h>
#include <stdlib.h>

#include "alignsource.h"
#include "benchmux.h"
#include "rcmeta.h"

#define N_STREAMS 3
#define PERIOD (10 * GST_MSECOND)
#define P50_LIMIT 0.2           /* ms */
#define P99_LIMIT 0.5

static const struct
{
  const gchar *name;
  GstClockTime step;
  gboolean linear;
} streams[N_STREAMS] = {
  {"sink_0", GST_SECOND / 30, FALSE},
  {"sink_1", GST_SECOND / 97, TRUE},
  {"sink_2", GST_MSECOND, TRUE},
};

typedef struct
{
  GstClock *clock;
  GArray *outputs;              /* AlignSourceLog */
} Sink;

typedef struct
{
  GstClock *clock;
  GMutex lock;
  GCond cond;
  GstClockTime signalled;       /* 0: the waiter has seen it */
  gboolean stop;
  GArray *delays;               /* gdouble, ms */
  GThread *waiter, *signaller;
} HandOver;

static gint
compare (gconstpointer a, gconstpointer b)
{
  gdouble x = *(const gdouble *) a, y = *(const gdouble *) b;

  return (x > y) - (x < y);
}

/* Of sorted values: the smallest that `percent` of them do not exceed. */
static gdouble
percentile (const GArray * values, guint percent)
{
  guint rank = (values->len * percent + 99) / 100;

  return g_array_index (values, gdouble, MAX (rank, 1) - 1);
}

static void
print_row (const gchar * what, GArray * ms)
{
  if (ms->len == 0) {
    g_printerr ("%s: nothing came out\n", what);
    exit (1);
  }
  g_array_sort (ms, compare);
  printf ("%-22s %7u %9.3f %9.3f %9.3f %9.3f", what, ms->len,
      percentile (ms, 50), percentile (ms, 90), percentile (ms, 99),
      percentile (ms, 100));
}

/* ---- control ---- */

static gpointer
wait_for_signals (gpointer data)
{
  HandOver *h = data;

  g_mutex_lock (&h->lock);
  while (!h->stop) {
    if (h->signalled) {
      gdouble ms = (gst_clock_get_time (h->clock) - h->signalled) / 1e6;

      g_array_append_val (h->delays, ms);
      h->signalled = 0;
    }
    g_cond_wait (&h->cond, &h->lock);
  }
  g_mutex_unlock (&h->lock);
  return NULL;
}

static gpointer
signal_at_times (gpointer data)
{
  HandOver *h = data;
  GstClockTime next = gst_clock_get_time (h->clock);
  gboolean stop = FALSE;

  while (!stop) {
    GstClockID id;

    next += g_random_int_range (9000000, 11000000);
    id = gst_clock_new_single_shot_id (h->clock, next);
    gst_clock_id_wait (id, NULL);
    gst_clock_id_unref (id);
    g_mutex_lock (&h->lock);
    if (!h->signalled)
      h->signalled = gst_clock_get_time (h->clock);
    stop = h->stop;
    g_cond_signal (&h->cond);
    g_mutex_unlock (&h->lock);
  }
  return NULL;
}

static void
hand_over_start (HandOver * h)
{
  h->stop = FALSE;
  h->waiter = g_thread_new ("waiter", wait_for_signals, h);
  h->signaller = g_thread_new ("signaller", signal_at_times, h);
}

static void
hand_over_stop (HandOver * h)
{
  g_mutex_lock (&h->lock);
  h->stop = TRUE;
  g_mutex_unlock (&h->lock);
  g_thread_join (h->signaller);
  g_thread_join (h->waiter);
}

/* ---- */

static GstPadProbeReturn
note_output (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Sink *sink = data;
  AlignSourceLog entry =
      { GST_BUFFER_PTS (info->data), gst_clock_get_time (sink->clock) };

  g_array_append_val (sink->outputs, entry);
  return GST_PAD_PROBE_OK;
}

static GstClockTime
lookahead (guint stream)
{
  return streams[stream].linear ? streams[stream].step : 0;
}

static GstElement *
make_mux (const gchar * kind)
{
  BenchMuxTicks ticks = { PERIOD, {0} };
  GstElement *mux;

  for (guint i = 0; i < N_STREAMS; i++)
    ticks.lookahead[i] = lookahead (i);
  if (g_str_equal (kind, "ready"))
    return bench_mux_new (BENCH_MUX_READY, &ticks);
  if (g_str_equal (kind, "slowest")) {
    mux = bench_mux_new (BENCH_MUX_SLOWEST, &ticks);
    /* room for what comes while the slowest is waited for */
    g_object_set (mux, "latency", 100 * GST_MSECOND, NULL);
    return mux;
  }
  mux = bench_fusemux_new ("bundle");
  g_object_set (mux, "rate", 100, 1, NULL);
  return mux;
}

static void
init_source (AlignSource * source, GstElement * mux, guint i, guint seconds)
{
  const GstClockTime step = streams[i].step;
  GstPad *pad;

  align_source_init (source, mux, streams[i].name, 200 * GST_MSECOND, step,
      seconds * GST_SECOND / step);
  if (!streams[i].linear) {
    source->caps = "video/x-raw,format=RGB,width=640,height=480,"
        "framerate=30/1";
    source->size = 640 * 480 * 3;
  }
  pad = gst_element_get_static_pad (mux, streams[i].name);
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (pad), "lookahead"))
    g_object_set (pad, "lookahead", (gint64) lookahead (i), NULL);
  gst_object_unref (pad);
}

/* When rule 2 decides the tick on this pad; FALSE after the stream's end. */
static gboolean
pad_decided (const AlignSource * s, guint * at, GstClockTime tick,
    GstClockTime deadline, GstClockTime * decided, gboolean * by_clock)
{
  while (*at < s->log->len
      && g_array_index (s->log, AlignSourceLog, *at).pts < tick)
    (*at)++;
  if (*at == s->log->len)
    return FALSE;
  *decided = g_array_index (s->log, AlignSourceLog, *at).pushed;
  *by_clock = deadline < *decided;
  *decided = MIN (*decided, deadline);
  return TRUE;
}

/* Latencies of the ticks from the decision to the sink. */
static GArray *
measure (const AlignSource * sources, const Sink * sink,
    GstClockTime base_time, guint * n_by_clock)
{
  GArray *ms = g_array_new (FALSE, FALSE, sizeof (gdouble));
  guint at[N_STREAMS] = { 0 };

  *n_by_clock = 0;
  for (guint o = 0; o < sink->outputs->len; o++) {
    AlignSourceLog *out = &g_array_index (sink->outputs, AlignSourceLog, o);
    GstClockTime last = 0;
    gboolean last_by_clock = FALSE, known = TRUE;
    gdouble latency;

    for (guint i = 0; i < N_STREAMS && known; i++) {
      GstClockTime decided;
      gboolean by_clock;

      known = pad_decided (&sources[i], &at[i], out->pts,
          base_time + out->pts + lookahead (i), &decided, &by_clock);
      if (known && decided > last) {
        last = decided;
        last_by_clock = by_clock;
      }
    }
    if (!known)
      break;
    latency = ((gint64) out->pushed - (gint64) last) / 1e6;
    g_array_append_val (ms, latency);
    *n_by_clock += last_by_clock;
  }
  return ms;
}

static GArray *
run (const gchar * kind, guint seconds, HandOver * control, GArray * wakeups)
{
  GstClock *clock = gst_system_clock_obtain ();
  GstElement *mux = make_mux (kind), *pipeline;
  Sink sink = { clock, g_array_new (FALSE, FALSE, sizeof (AlignSourceLog)) };
  AlignSource sources[N_STREAMS];
  GstClockTime base_time;
  guint by_clock;
  GArray *ms;

  pipeline = bench_pipeline_new (mux, note_output, &sink);
  gst_pipeline_use_clock (GST_PIPELINE (pipeline), clock);
  for (guint i = 0; i < N_STREAMS; i++)
    init_source (&sources[i], mux, i, seconds);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  base_time = gst_element_get_base_time (mux);
  for (guint i = 0; i < N_STREAMS; i++)
    align_source_set_live (&sources[i], clock, base_time, 0.1, 1 + i);
  hand_over_start (control);
  for (guint i = 0; i < N_STREAMS; i++)
    align_source_start (&sources[i]);
  bench_pipeline_wait (pipeline, kind);
  for (guint i = 0; i < N_STREAMS; i++)
    align_source_join (&sources[i]);
  hand_over_stop (control);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  ms = measure (sources, &sink, base_time, &by_clock);
  print_row (kind, ms);
  printf (" %9u %9u\n", ms->len - by_clock, by_clock);
  for (guint i = 0; i < N_STREAMS; i++) {
    for (guint b = 0; b < sources[i].log->len; b++) {
      const AlignSourceLog *e =
          &g_array_index (sources[i].log, AlignSourceLog, b);
      gdouble late = (e->pushed - base_time - e->pts) / 1e6;

      /* a mux that blocks its sources would be seen here instead */
      if (g_str_equal (kind, "fuse"))
        g_array_append_val (wakeups, late);
    }
    align_source_clear (&sources[i]);
  }
  g_array_unref (sink.outputs);
  gst_object_unref (pipeline);
  gst_object_unref (clock);
  return ms;
}

static gboolean
within_limits (const GArray * ms)
{
  return percentile (ms, 50) <= P50_LIMIT && percentile (ms, 99) <= P99_LIMIT;
}

int
main (int argc, char **argv)
{
  static const gchar *const kinds[] = { "fuse", "ready", "slowest" };
  GArray *wakeups = g_array_new (FALSE, FALSE, sizeof (gdouble));
  HandOver control = { 0 };
  gboolean check, good[G_N_ELEMENTS (kinds)];
  gchar *version;
  guint seconds;
  int status = 0;

  gst_init (&argc, &argv);
  check = argc > 1 && g_str_equal (argv[1], "--check");
  seconds = argc > 1 + check ? strtoul (argv[1 + check], NULL, 10) : 10;
  control.clock = gst_system_clock_obtain ();
  control.delays = g_array_new (FALSE, FALSE, sizeof (gdouble));
  version = gst_version_string ();
  printf ("%s, 100 ticks per second, %u s each; ms from the decision to the "
      "sink\n%-22s %7s %9s %9s %9s %9s %9s %9s\n", version, seconds, "",
      "count", "p50", "p90", "p99", "max", "by data", "by clock");
  g_free (version);
  for (guint k = 0; k < G_N_ELEMENTS (kinds); k++) {
    GArray *ms = run (kinds[k], seconds, &control, wakeups);

    good[k] = within_limits (ms);
    g_array_unref (ms);
  }
  print_row ("control: clock waits", wakeups);
  printf ("\n");
  print_row ("control: hand-over", control.delays);
  printf ("\n");
  if (good[2]) {
    printf ("slowest is within the limits: this measures nothing\n");
    status = check ? 1 : 0;
  } else if (good[0]) {
    printf ("fuse is within p50 <= %.1f ms, p99 <= %.1f ms\n", P50_LIMIT,
        P99_LIMIT);
  } else if (check && !within_limits (control.delays)) {
    printf ("SKIP: on this machine a hand-over alone takes longer\n");
    status = 77;
  } else {
    printf ("fuse MISSES p50 <= %.1f ms, p99 <= %.1f ms\n", P50_LIMIT,
        P99_LIMIT);
    status = check ? 1 : 0;
  }
  g_array_unref (control.delays);
  g_array_unref (wakeups);
  gst_object_unref (control.clock);
  return status;
}
