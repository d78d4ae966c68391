/* SPDX-License-Identifier: Apache-2.0 */
/* What an aligner holds is bounded, whatever the rates and starts of its streams
 * and however long it runs.
 *
 * RC_TEST_BUFFERS sets how many buffers the long run takes (default 600000). */
#include <gst/check/check.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "alignsource.h"
#include "rcmeta.h"

#define MS GST_MSECOND
#define N_PADS 2

/* Follows both pads' inputs and the output of a run. */
typedef struct
{
  GstElement *pipeline, *mux;
  AlignSource sources[N_PADS];
  GMutex lock;
  GstClockTime in[N_PADS];      /* newest PTS that has arrived */
  GstClockTime ahead[N_PADS];   /* the most that it was ahead of the ticks */
  GstClockTime out;
  guint64 n_out, max_history;
  gsize rss_third, rss_end;
} Run;

static gsize
resident (void)
{
  gulong total = 0, pages = 0;
  FILE *f = fopen ("/proc/self/statm", "r");

  if (f && fscanf (f, "%lu %lu", &total, &pages) != 2)
    pages = 0;
  if (f)
    fclose (f);
  return pages * sysconf (_SC_PAGESIZE);
}

static GstPadProbeReturn
saw_input (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Run *run = data;
  guint i = GST_PAD_NAME (pad)[5] - 'a';

  g_mutex_lock (&run->lock);
  run->in[i] = GST_BUFFER_PTS (GST_PAD_PROBE_INFO_BUFFER (info));
  if (run->in[i] > run->out)
    run->ahead[i] = MAX (run->ahead[i], run->in[i] - run->out);
  g_mutex_unlock (&run->lock);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
saw_output (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Run *run = data;
  guint64 third = run->sources[0].n / 3;

  g_mutex_lock (&run->lock);
  run->out = GST_BUFFER_PTS (GST_PAD_PROBE_INFO_BUFFER (info));
  if (++run->n_out == third)
    run->rss_third = resident ();
  g_mutex_unlock (&run->lock);
  if (run->n_out % 64 == 0) {
    for (GList * l = run->mux->sinkpads; l; l = l->next) {
      GstStructure *stats;
      guint64 history = 0;

      g_object_get (l->data, "stats", &stats, NULL);
      gst_structure_get_uint64 (stats, "history", &history);
      run->max_history = MAX (run->max_history, history);
      gst_structure_free (stats);
    }
  }
  return GST_PAD_PROBE_OK;
}

static void
run_init (Run * run, const gchar * properties)
{
  gchar *line = g_strdup_printf ("rcfusemux name=m %s ! fakesink name=out",
      properties);
  GstElement *sink;
  GstPad *pad;

  memset (run, 0, sizeof (*run));
  g_mutex_init (&run->lock);
  run->pipeline = gst_parse_launch (line, NULL);
  fail_unless (run->pipeline != NULL);
  run->mux = gst_bin_get_by_name (GST_BIN (run->pipeline), "m");
  sink = gst_bin_get_by_name (GST_BIN (run->pipeline), "out");
  pad = gst_element_get_static_pad (sink, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, saw_output, run, NULL);
  gst_object_unref (pad);
  gst_object_unref (sink);
  g_free (line);
}

static void
run_add (Run * run, guint i, GstClockTime first, GstClockTime step, guint64 n)
{
  gchar name[] = { 's', 'i', 'n', 'k', '_', 'a' + i, 0 };
  GstPad *pad;

  align_source_init (&run->sources[i], run->mux, name, first, step, n);
  pad = gst_element_get_static_pad (run->mux, name);
  /* "sink_a"[5] is the letter */
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, saw_input, run, NULL);
  gst_object_unref (pad);
}

static void
run_play (Run * run)
{
  GstBus *bus = gst_element_get_bus (run->pipeline);
  GstMessage *msg;

  gst_element_set_state (run->pipeline, GST_STATE_PLAYING);
  for (guint i = 0; i < N_PADS; i++)
    align_source_start (&run->sources[i]);
  msg = gst_bus_timed_pop_filtered (bus, 300 * GST_SECOND,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless (msg != NULL, "the pipeline stalled");
  fail_unless_equals_int (GST_MESSAGE_TYPE (msg), GST_MESSAGE_EOS);
  gst_message_unref (msg);
  run->rss_end = resident ();
  for (guint i = 0; i < N_PADS; i++)
    align_source_join (&run->sources[i]);
  gst_object_unref (bus);
  gst_element_set_state (run->pipeline, GST_STATE_NULL);
  for (guint i = 0; i < N_PADS; i++)
    align_source_clear (&run->sources[i]);
  gst_object_unref (run->mux);
  gst_object_unref (run->pipeline);
  g_mutex_clear (&run->lock);
}

/* A slow stream is not read into memory while a fast one is worked through:
 * 400 samples over 40 s beside 40000. What is queued is bounded by count. */
GST_START_TEST (test_different_rates)
{
  Run run;

  run_init (&run, "rate=100/1 sink_b::max-gap=1000000000");
  run_add (&run, 0, 0, 1 * MS, 40000);
  run_add (&run, 1, 0, 1000 * MS, 40);
  run_play (&run);
  fail_unless (run.n_out >= 3900, "%" G_GUINT64_FORMAT, run.n_out);
  /* the fast one: an inbox, a batch on its way, and what a tick needs of b */
  fail_unless (run.ahead[0] < 2000 * MS, "%" GST_TIME_FORMAT,
      GST_TIME_ARGS (run.ahead[0]));
  fail_unless (run.max_history <= 300, "%" G_GUINT64_FORMAT, run.max_history);
}

GST_END_TEST;

/* A stream that starts a minute before the other is read through, not kept. */
GST_START_TEST (test_different_starts)
{
  Run run;

  run_init (&run, "rate=100/1");
  run_add (&run, 0, 0, 1 * MS, 62000);
  run_add (&run, 1, 60 * GST_SECOND, 10 * MS, 200);
  run_play (&run);
  fail_unless_equals_uint64 (run.n_out, 200);
  fail_unless (run.max_history <= 300, "%" G_GUINT64_FORMAT, run.max_history);
}

GST_END_TEST;

/* And with span=all it holds the other's first sample all the while. */
GST_START_TEST (test_late_start_all)
{
  Run run;

  run_init (&run, "rate=100/1 span=all");
  run_add (&run, 0, 0, 1 * MS, 30000);
  run_add (&run, 1, 20 * GST_SECOND, 10 * MS, 1000);
  run_play (&run);
  fail_unless_equals_uint64 (run.n_out, 3000);
  fail_unless (run.max_history <= 300, "%" G_GUINT64_FORMAT, run.max_history);
}

GST_END_TEST;

GST_START_TEST (test_long_run)
{
  const gchar *env = g_getenv ("RC_TEST_BUFFERS");
  guint64 n = env ? g_ascii_strtoull (env, NULL, 10) : 600000;
  Run run;

  run_init (&run, "rate=1000/1 tick-origin=500000");
  run_add (&run, 0, 0, 1 * MS, n / 2);
  run_add (&run, 1, 300, 1 * MS, n / 2);
  run_play (&run);
  g_print ("%" G_GUINT64_FORMAT " buffers in, %" G_GUINT64_FORMAT " out: "
      "resident %.1f MiB after a third, %.1f MiB at the end\n", n, run.n_out,
      run.rss_third / 1048576., run.rss_end / 1048576.);
  fail_unless_equals_uint64 (run.n_out, n / 2 - 1);
  /* under a sanitizer freed memory is kept in quarantine for a while */
  if (!g_getenv ("ASAN_OPTIONS"))
    fail_unless (run.rss_end <= run.rss_third + (2 << 20));
}

GST_END_TEST;

static Suite *
bounds_suite (void)
{
  Suite *s = suite_create ("aligner, bounds");
  TCase *tc = tcase_create ("memory");

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 300);
  tcase_add_test (tc, test_different_rates);
  tcase_add_test (tc, test_different_starts);
  tcase_add_test (tc, test_late_start_all);
  tcase_add_test (tc, test_long_run);
  return s;
}

GST_CHECK_MAIN (bounds);
