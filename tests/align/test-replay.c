/* SPDX-License-Identifier: Apache-2.0 */
/* Live equals replay: a run whose deadlines depend on thread scheduling is given
 * back, to the byte, by its decision log; and what no deadline decided is the
 * same in every run. RC_REPLAY_SEEDS: how many runs (default 200),
 * RC_REPLAY_FROM: the first seed. */
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "aligntest.h"
#include "feeders.h"

#define MS ((gint64) GST_MSECOND)
#define N_FEEDS 3

/* ---- streams ---- */

static GstEvent *
caps_event (guint width)
{
  gchar *text = g_strdup_printf ("other/tensors,format=static,num_tensors=1,"
      "types=float32,dimensions=(string)%u,framerate=0/1", width);
  GstCaps *caps = gst_caps_from_string (text);
  GstEvent *event = gst_event_new_caps (caps);

  gst_caps_unref (caps);
  g_free (text);
  return event;
}

/* Stream time starts at `start` again, and running time goes on. */
static GstEvent *
segment_event (gint64 base, gint64 start)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.time = start;
  segment.base = base;
  return gst_event_new_segment (&segment);
}

static GstEvent *
gap_event (gint64 pts, gint64 duration, gboolean lost)
{
  GstEvent *event = gst_event_new_gap (pts, duration);

  if (lost)
    gst_event_set_gap_flags (event, GST_GAP_FLAG_MISSING_DATA);
  return event;
}

static GstBuffer *
sample (gint64 pts, gint64 time, guint width, guint number)
{
  gfloat values[4];
  GstBuffer *buffer;

  for (guint i = 0; i < width; i++)
    values[i] = (gfloat) (time / 1e6 + number * 0.01 + i);
  buffer = gst_buffer_new_allocate (NULL, width * sizeof (gfloat), NULL);
  gst_buffer_fill (buffer, 0, values, width * sizeof (gfloat));
  GST_BUFFER_PTS (buffer) = pts;
  return buffer;
}

static gboolean
one_in (GRand * rand, gint n)
{
  return g_rand_int_range (rand, 0, n) == 0;
}

/* A second of a sensor with everything that sensors do. */
static GArray *
make_feed (GRand * rand, gint64 first, gboolean leaves)
{
  const gint64 period = g_rand_int_range (rand, 2, 35) * MS;
  GArray *feed = feed_new ();
  gint64 time = first, arrival = 0, shift = 0;
  guint width = 2;

  feed_add (feed, 0, gst_event_new_stream_start ("s"));
  /* caps come with the first sample: until then the stream is not there */
  feed_add (feed, first, caps_event (width));
  feed_add (feed, first, segment_event (0, 0));
  for (guint i = 0; time < 1000 * MS; i++) {
    arrival = MAX (arrival, time + g_rand_int_range (rand, 0,
            one_in (rand, 15) ? 150 : 12) * MS);
    if (one_in (rand, 60))
      feed_add (feed, arrival, caps_event (width ^= 1));
    if (one_in (rand, 60)) {
      shift = g_rand_int_range (rand, 0, 5000) * MS;
      feed_add (feed, arrival, segment_event (time, time + shift));
    }
    feed_add (feed, arrival, sample (time + shift, time, width, i));
    if (one_in (rand, 25))
      feed_add (feed, arrival, sample (time + shift, time, width, i + 1000));
    if (one_in (rand, 25) && time > 5 * MS)
      feed_add (feed, arrival, sample (time - MS + shift, time - MS, width,
              i + 2000));
    if (one_in (rand, 70))
      feed_add (feed, arrival,
          gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM,
              gst_structure_new_empty ("rc-next-episode")));
    if (one_in (rand, 25)) {
      gint64 from = time + MS, lasts = g_rand_int_range (rand, 1, 80) * MS;

      feed_add (feed, arrival, gap_event (from + shift, lasts, one_in (rand,
                  2)));
      time = from + lasts;
    } else if (one_in (rand, 60)) {
      /* its clock is set back */
      time = MAX (5 * MS, time - 400 * MS);
    } else {
      time += period + g_rand_int_range (rand, -(gint) (period / MS / 2),
          period / MS / 2 + 1) * MS + (one_in (rand, 20) ? 90 * MS : 0);
    }
    if (i > 300)
      break;
    if (leaves && time > 600 * MS && one_in (rand, 5)) {
      feed_add (feed, arrival, NULL);
      break;
    }
  }
  return feed;
}

/* ---- muxes ---- */

static GstElement *
make_mux (GRand * rand, gboolean deadlines_only)
{
  static const gchar *const methods[] = { "auto", "previous", "nearest", "next",
    "linear", "pchip", "mean"
  };
  static const gchar *const policies[] = { "hold", "missing", "drop-tick" };
  GstElement *mux = gst_element_factory_make ("rcfusemux", NULL);

  fail_unless (mux != NULL);
  gst_util_set_object_arg (G_OBJECT (mux), "rate", one_in (rand, 2) ? "100/1" :
      "30/1");
  g_object_set (mux, "clock-jump", 200 * MS, NULL);
  if (one_in (rand, 3) && !deadlines_only)
    g_object_set (mux, "window", 3, "step", g_rand_int_range (rand, 1, 3),
        "stride", g_rand_int_range (rand, 1, 4), NULL);
  for (guint i = 0; i < N_FEEDS; i++) {
    gchar name[] = "sink_a";
    GstPad *pad;

    name[5] += i;
    pad = gst_element_request_pad_simple (mux, name);
    gst_util_set_object_arg (G_OBJECT (pad), "method",
        methods[g_rand_int_range (rand, 0, G_N_ELEMENTS (methods))]);
    gst_util_set_object_arg (G_OBJECT (pad), "late-policy",
        policies[g_rand_int_range (rand, 0, G_N_ELEMENTS (policies))]);
    g_object_set (pad, "offset", g_rand_int_range (rand, -5, 5) * MS,
        "required", one_in (rand, 2), "max-gap", one_in (rand,
            2) ? -1 : 60 * MS, "mean-window", 20 * MS, NULL);
    gst_object_unref (pad);
  }
  /* the rate stays set: the master goes before it */
  if (one_in (rand, 5))
    g_object_set (mux, "master", "b", NULL);
  return mux;
}

typedef struct
{
  GArray *feeds[N_FEEDS];
  guint32 mux_seed;
  gboolean single_rows;
  gboolean leaves;              /* sink_c is released before the end */
} Case;

static void
case_init (Case * c, guint32 seed)
{
  GRand *rand = g_rand_new_with_seed (seed);

  for (guint i = 0; i < N_FEEDS; i++)
    c->feeds[i] = make_feed (rand, g_rand_int_range (rand, 0,
            i == 2 ? 400 : 30) * MS, i == 2 && c->leaves);
  c->mux_seed = g_rand_int (rand);
  g_rand_free (rand);
}

static void
case_clear (Case * c)
{
  for (guint i = 0; i < N_FEEDS; i++)
    feed_free (c->feeds[i]);
}

static FedRun *
case_run (Case * c, gboolean live, guint32 seed, const gchar * log,
    const gchar * replay)
{
  GRand *rand = g_rand_new_with_seed (c->mux_seed);
  GstElement *mux = make_mux (rand, c->single_rows);

  g_rand_free (rand);
  g_object_set (mux, "decision-log", log, "replay-log", replay, NULL);
  if (!log && !replay)
    gst_util_set_object_arg (G_OBJECT (mux), "span", "all");
  return feed_run (mux, c->feeds, N_FEEDS, live, seed);
}

static gchar *
log_path (const gchar * name)
{
  gchar *file = g_strdup_printf ("rc-replay-%d-%s.csv", (gint) getpid (), name);
  gchar *path = g_build_filename (g_get_tmp_dir (), file, NULL);

  g_free (file);
  return path;
}

static guint
number (const gchar * variable, guint otherwise)
{
  const gchar *text = g_getenv (variable);

  return text ? (guint) atoi (text) : otherwise;
}

#define FIRST_SEED number ("RC_REPLAY_FROM", 0)
#define END_SEED (FIRST_SEED + number ("RC_REPLAY_SEEDS", 200))

static guint
count_deadlines (const FedRun * run)
{
  guint n = 0;

  for (guint i = 0; i < run->outputs->len; i++) {
    GstRcProvenance p;

    gst_rc_provenance_get (g_array_index (run->outputs, FedOutput, i).buffer,
        &p);
    n += p.deadline != 0;
  }
  return n;
}

/* Outputs with fewer streams than the one before. */
static guint
count_leavings (const FedRun * run)
{
  guint n = 0, streams = 0;

  for (guint i = 0; i < run->outputs->len; i++) {
    GstRcProvenance p;

    gst_rc_provenance_get (g_array_index (run->outputs, FedOutput, i).buffer,
        &p);
    n += p.n_streams < streams;
    streams = p.n_streams;
  }
  return n;
}

GST_START_TEST (test_log_gives_the_same_bytes)
{
  gchar *first = log_path ("first"), *second = log_path ("second");
  guint deadlines = 0, outputs = 0, leavings = 0;

  for (guint32 seed = FIRST_SEED; seed < END_SEED; seed++) {
    gchar *what = g_strdup_printf ("seed %u", seed), *log, *again;
    FedRun *live, *replay;
    Case c = { {NULL}, 0, FALSE, seed % 3 == 0 };

    case_init (&c, seed);
    live = case_run (&c, TRUE, seed, first, NULL);
    replay = case_run (&c, FALSE, seed + 7, second, first);
    fed_run_assert_equal (live, replay, what);
    deadlines += count_deadlines (live);
    outputs += live->outputs->len;
    leavings += count_leavings (live);
    /* and the replay decides the same */
    fail_unless (g_file_get_contents (first, &log, NULL, NULL));
    fail_unless (g_file_get_contents (second, &again, NULL, NULL));
    fail_unless (g_str_equal (log, again), "%s: the replay's log differs: %s"
        " %s", what, first, second);
    g_free (log);
    g_free (again);
    fed_run_free (live);
    fed_run_free (replay);
    case_clear (&c);
    g_free (what);
  }
  g_print ("%u outputs, %u of them decided by deadlines; %u streams left\n",
      outputs, deadlines, leavings);
  /* else it has shown nothing */
  fail_unless (deadlines > outputs / 50 && deadlines < outputs);
  fail_unless (leavings > 0 || END_SEED - FIRST_SEED < 20);
  g_unlink (first);
  g_unlink (second);
  g_free (first);
  g_free (second);
}

GST_END_TEST;

/* ---- without the log ---- */

static const FedOutput *
output_at (const FedRun * run, GstClockTime pts)
{
  for (guint i = 0; i < run->outputs->len; i++) {
    const FedOutput *out = &g_array_index (run->outputs, FedOutput, i);

    if (GST_BUFFER_PTS (out->buffer) == pts)
      return out;
  }
  return NULL;
}

static gchar **
stream_names (const FedOutput * out)
{
  return
      g_strsplit (gst_structure_get_string (gst_caps_get_structure (out->caps,
              0), "aligned"), ",", 0);
}

static guint
column_of (gchar ** names, const gchar * name)
{
  guint i = 0;

  while (names[i] && strcmp (names[i], name))
    i++;
  fail_unless (names[i] != NULL);
  return i;
}

/* Streams whose column a deadline did not decide: the complete data give the
 * same. Streams that had not joined yet have no column. */
static guint
assert_undecided_equal (const FedRun * live, const FedRun * complete,
    const gchar * what)
{
  guint n_equal = 0;

  for (guint i = 0; i < live->outputs->len; i++) {
    const FedOutput *one = &g_array_index (live->outputs, FedOutput, i);
    GstBuffer *a = one->buffer, *b;
    const FedOutput *other = output_at (complete, GST_BUFFER_PTS (a));
    GstRcProvenance p, q;
    gchar **names, **all;

    gst_rc_provenance_get (a, &p);
    /* after the last sample, before it was known to be the last */
    if (!other && (p.deadline || p.n_streams < N_FEEDS))
      continue;
    fail_unless (other != NULL, "%s: the complete data have no tick at %"
        GST_TIME_FORMAT, what, GST_TIME_ARGS (GST_BUFFER_PTS (a)));
    b = other->buffer;
    gst_rc_provenance_get (b, &q);
    names = stream_names (one);
    all = stream_names (other);
    for (guint s = 0; s < p.n_streams; s++) {
      guint t = column_of (all, names[s]);
      GstMapInfo x, y;
      gboolean same;

      if (p.deadline >> s & 1)
        continue;
      gst_memory_map (gst_buffer_peek_memory (a, s), &x, GST_MAP_READ);
      gst_memory_map (gst_buffer_peek_memory (b, t), &y, GST_MAP_READ);
      same = x.size == y.size && memcmp (x.data, y.data, x.size) == 0;
      gst_memory_unmap (x.memory, &x);
      gst_memory_unmap (y.memory, &y);
      fail_unless (same && p.state[s] == q.state[t] && p.skew[s] == q.skew[t]
          && p.newest[s] == q.newest[t], "%s: stream %s at %" GST_TIME_FORMAT
          ": %s, state %u, skew %" G_GINT64_FORMAT ", newest %" G_GINT64_FORMAT
          ", with the complete data %u, %" G_GINT64_FORMAT ", %"
          G_GINT64_FORMAT, what, names[s], GST_TIME_ARGS (GST_BUFFER_PTS (a)),
          same ? "same bytes" : "other bytes", p.state[s], p.skew[s],
          p.newest[s], q.state[t], q.skew[t], q.newest[t]);
      n_equal++;
    }
    g_strfreev (names);
    g_strfreev (all);
  }
  return n_equal;
}

GST_START_TEST (test_complete_data_without_the_log)
{
  guint n_equal = 0;

  for (guint32 seed = FIRST_SEED; seed < END_SEED; seed++) {
    gchar *what = g_strdup_printf ("seed %u", seed);
    FedRun *live, *complete, *again;
    Case c = { {NULL}, 0, FALSE, FALSE };

    c.single_rows = TRUE;
    case_init (&c, seed);
    live = case_run (&c, TRUE, seed, NULL, NULL);
    complete = case_run (&c, FALSE, seed + 1, NULL, NULL);
    again = case_run (&c, FALSE, seed + 2, NULL, NULL);
    fed_run_assert_equal (complete, again, what);
    fail_unless_equals_int (count_deadlines (complete), 0);
    if (!live->error)
      n_equal += assert_undecided_equal (live, complete, what);
    fail_unless (live->error == NULL, "%s: %s", what, live->error);
    fed_run_free (live);
    fed_run_free (complete);
    fed_run_free (again);
    case_clear (&c);
    g_free (what);
  }
  /* else it has shown nothing */
  fail_unless (n_equal > 5 * (END_SEED - FIRST_SEED));
}

GST_END_TEST;

/* ---- bad logs ---- */

static void
expect_error (const gchar * text, const gchar * part)
{
  gchar *path = log_path ("bad");
  FedRun *run;
  Case c = { {NULL}, 0, FALSE, FALSE };

  fail_unless (g_file_set_contents (path, text, -1, NULL));
  case_init (&c, 1);
  c.mux_seed = 3;
  run = case_run (&c, FALSE, 1, NULL, path);
  fail_unless (run->error != NULL && strstr (run->error, part) != NULL,
      "wanted \"%s\", got \"%s\"", part, run->error);
  fed_run_free (run);
  case_clear (&c);
  g_unlink (path);
  g_free (path);
}

GST_START_TEST (test_bad_logs)
{
#define HEADER "# rc-decisions 1\ntick,time,event,stream,read,marks,kept,last\n"
  expect_error ("", "line 1: it is not a log of decisions");
  expect_error (HEADER, "it has no tick");
  expect_error (HEADER "1,2,start,all,,,\n", "line 3: it does not have 8");
  expect_error (HEADER "1,2,begin,all,,,,\n", "line 3: the event is not known");
  expect_error (HEADER "x,2,start,all,,,,\n", "line 3: tick or time");
  expect_error (HEADER "1,2,streams,a,,,,\n", "line 3: the first event is not");
  expect_error (HEADER "1,2,start,all,,,,\n1,2,start,all,,,,\n",
      "line 4: ticks start a second time");
  expect_error (HEADER "5,2,start,all,,,,\n4,2,streams,a,,,,\n",
      "line 4: its tick lies before");
  expect_error (HEADER "5,2,start,all,,,,\n5,2,deadline,a,-1,0,0,\n",
      "line 4: read, marks or kept");
  expect_error (HEADER "5,2,start,all,,,,\n5,2,deadline,a,1,0,1,x\n",
      "line 4: last is not");
  expect_error (HEADER "5,2,start,all,,,,\n5,2,deadline,,1,0,1,\n",
      "line 4: it names no stream");
  /* a line that a crash cut off does not count */
  expect_error (HEADER "5,2,start,al", "it has no tick");
}

GST_END_TEST;

GST_START_TEST (test_wrong_recording)
{
  expect_error (HEADER "5,1,start,all,,,,\n", "rate and tick-origin put it at");
  expect_error (HEADER "0,0,start,all,,,,\n0,0,streams,a;x,,,,\n",
      "no pad has the stream \"x\"");
  expect_error (HEADER "0,0,start,all,,,,\n0,0,streams,a,,,,\n"
      "0,0,deadline,a,1,0,1,777\n",
      "not the recording that the log belongs to");
  expect_error (HEADER "0,0,start,all,,,,\n0,0,streams,a,,,,\n"
      "0,0,deadline,a,100000,0,1,777\n", "stream \"a\" ended after");
}

GST_END_TEST;

GST_START_TEST (test_unwritable_log)
{
  FedRun *run;
  Case c = { {NULL}, 0, FALSE, FALSE };

  case_init (&c, 1);
  run = case_run (&c, FALSE, 1, "/nonexistent/log.csv", NULL);
  fail_unless (run->error
      && strstr (run->error,
          "property decision-log: cannot " "write \"/nonexistent/log.csv\""),
      "%s", run->error);
  fed_run_free (run);
  case_clear (&c);
}

GST_END_TEST;

/* ---- windows ---- */

static FedRun *
window_run (GArray * feed, const gchar * log, const gchar * replay)
{
  GstElement *mux = gst_element_factory_make ("rcfusemux", NULL);
  GstPad *pad = gst_element_request_pad_simple (mux, "sink_a");

  gst_util_set_object_arg (G_OBJECT (pad), "method", "previous");
  gst_object_unref (pad);
  gst_util_set_object_arg (G_OBJECT (mux), "rate", "100/1");
  g_object_set (mux, "window", 2, "decision-log", log, "replay-log", replay,
      NULL);
  return feed_run (mux, &feed, 1, FALSE, 1);
}

/* A second list of the same streams is what a run writes whose output was set up
 * anew in between, as by a pad that came and went between two ticks. */
GST_START_TEST (test_windows_begin_anew_where_the_log_says_so)
{
  gchar *path = log_path ("window"), *text, *rest;
  GArray *feed = feed_new ();
  GString *log;
  FedRun *runs[2];

  feed_add (feed, 0, gst_event_new_stream_start ("s"));
  feed_add (feed, 0, caps_event (2));
  feed_add (feed, 0, segment_event (0, 0));
  for (guint i = 0; i < 10; i++)
    feed_add (feed, 0, sample (i * 10 * MS, i * 10 * MS, 2, i));
  runs[0] = window_run (feed, path, NULL);
  fail_unless (g_file_get_contents (path, &text, NULL, NULL));
  rest = strstr (text, "10,100000000,");
  fail_unless (rest != NULL, "%s", text);
  log = g_string_new_len (text, rest - text);
  g_string_append (log, "5,50000000,streams,a,,,,\n");
  g_string_append (log, rest);
  fail_unless (g_file_set_contents (path, log->str, -1, NULL));
  runs[1] = window_run (feed, NULL, path);
  for (guint r = 0; r < 2; r++) {
    fail_unless (runs[r]->error == NULL, "%s", runs[r]->error);
    for (guint k = 1; k < 9; k++) {
      GstRcProvenance p;
      GstBuffer *buffer = g_array_index (runs[r]->outputs, FedOutput, k).buffer;

      fail_unless (gst_rc_provenance_get (buffer, &p));
      fail_unless_equals_int (p.n_rows, 2);
      fail_unless_equals_int (p.state[0], r == 1 && k == 5 ? RC_STATE_MISSING :
          RC_STATE_MEASURED);
      fail_unless_equals_int (p.state[1], RC_STATE_MEASURED);
    }
    fed_run_free (runs[r]);
  }
  feed_free (feed);
  g_string_free (log, TRUE);
  g_free (text);
  g_unlink (path);
  g_free (path);
}

GST_END_TEST;

static Suite *
replay_suite (void)
{
  Suite *s = suite_create ("aligner, live equals replay");
  TCase *tc = tcase_create ("replay");

  gst_rc_metas_register ();
  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 300);
  tcase_add_test (tc, test_log_gives_the_same_bytes);
  tcase_add_test (tc, test_complete_data_without_the_log);
  tcase_add_test (tc, test_bad_logs);
  tcase_add_test (tc, test_wrong_recording);
  tcase_add_test (tc, test_unwritable_log);
  tcase_add_test (tc, test_windows_begin_anew_where_the_log_says_so);
  return s;
}

GST_CHECK_MAIN (replay);
