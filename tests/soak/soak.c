/* SPDX-License-Identifier: Apache-2.0 */
/* Eight live sensors at 1 kHz with faults at random into rcfusemux, on the system
 * clock, for as long as is asked for. Exit status 1 when anything did not hold;
 * what is checked is in docs/bench-soak.md.
 *
 *   soak [--seconds=S] [--seed=N] [--streams=N] [--rate=HZ] [--ticks=HZ]
 *        [--faults=drop,burst,…] (default: all) */
#include "soak.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

gint64
soak_now (Soak * s)
{
  return (gint64) (gst_clock_get_time (s->clock) - s->base);
}

gint64
soak_wait (Soak * s, gint64 time)
{
  GstClockID id = gst_clock_new_single_shot_id (s->clock, s->base + time);
  gint64 late;

  gst_clock_id_wait (id, NULL);
  gst_clock_id_unref (id);
  late = soak_now (s) - time;
  return MAX (0, late);
}

/* Resident bytes; 0 where the system does not say. */
static gsize
resident (void)
{
  FILE *file = fopen ("/proc/self/statm", "r");
  unsigned long total = 0, pages = 0;

  if (file) {
    if (fscanf (file, "%lu %lu", &total, &pages) != 2)
      pages = 0;
    fclose (file);
  }
  return pages * sysconf (_SC_PAGESIZE);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  const gsize x = *(const gsize *) a, y = *(const gsize *) b;

  return (x > y) - (x < y);
}

static gsize
median (GArray * sizes, guint from, guint to)
{
  gsize *part = g_memdup2 (&g_array_index (sizes, gsize, from),
      (to - from) * sizeof (gsize)), result;

  qsort (part, to - from, sizeof (gsize), compare);
  result = part[(to - from) / 2];
  g_free (part);
  return result;
}

/* The second third of the run against the last one. */
static void
check_memory (Soak * s, GArray * sizes)
{
  const guint n = sizes->len;
  gsize a, b;

  if (n < 9) {
    printf ("resident size: too short a run to judge it\n");
    return;
  }
  a = median (sizes, n / 3, 2 * n / 3);
  b = median (sizes, 2 * n / 3, n);
  printf ("resident size: %.2f MiB in the second third, %.2f MiB in the last\n",
      a / 1048576., b / 1048576.);
  /* Pools and arenas fill up in the beginning of a short run. A buffer that
   * leaked every tenth of a second would be beyond this within 10 minutes. */
  if (n >= 120 && b > a + 1024 * 1024)
    complain (s, "the resident size grew by %.2f MiB", (b - a) / 1048576.);
}

static void
handle_bus (Soak * s, GstBus * bus, guint64 * messages)
{
  GstMessage *m;

  while ((m = gst_bus_pop (bus))) {
    GError *error = NULL;
    gchar *debug = NULL;
    GstQuery *query;

    switch (GST_MESSAGE_TYPE (m)) {
      case GST_MESSAGE_ERROR:
        gst_message_parse_error (m, &error, &debug);
        complain (s, "error: %s %s", error->message, debug);
        g_error_free (error);
        g_free (debug);
        g_atomic_int_set (&s->stop, TRUE);
        break;
      case GST_MESSAGE_LATENCY:
        gst_bin_recalculate_latency (GST_BIN (s->pipeline));
        query = gst_query_new_latency ();
        if (gst_element_query (s->mux, query)) {
          GstClockTime min;

          gst_query_parse_latency (query, NULL, &min, NULL);
          g_mutex_lock (&s->lock);
          s->latency = MAX (s->latency, min);
          g_mutex_unlock (&s->lock);
        }
        gst_query_unref (query);
        break;
      case GST_MESSAGE_ELEMENT:
        (*messages)++;
        break;
      default:
        break;
    }
    gst_message_unref (m);
  }
}

static gdouble
cpu_seconds (void)
{
  struct rusage u;

  getrusage (RUSAGE_SELF, &u);
  return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec
      + u.ru_stime.tv_usec) / 1e6;
}

static void
print_results (Soak * s, guint64 messages, gdouble cpu)
{
  const GstRcHist *late = &s->lateness_hist;

  printf ("%-8s %8s %8s %8s %7s %6s %6s %7s %6s %6s\n", "stream", "sent", "in",
      "used", "unused", "late", "drop", "flushed", "queued", "resets");
  for (guint i = 0; i < s->n_feeds; i++) {
    const Feed *f = &s->feeds[i];
    const Book *b = &f->book;

    printf ("%-8s %8" G_GUINT64_FORMAT " %8" G_GUINT64_FORMAT " %8"
        G_GUINT64_FORMAT " %7" G_GUINT64_FORMAT " %6" G_GUINT64_FORMAT " %6"
        G_GUINT64_FORMAT " %7" G_GUINT64_FORMAT " %6" G_GUINT64_FORMAT " %6"
        G_GUINT64_FORMAT "\n", f->name + 5, f->sent, b->in, b->used, b->unused,
        b->late, b->dropped, b->flushed, b->queued, b->resets);
  }
  printf ("faults:");
  for (guint k = 0; k < N_FAULTS; k++) {
    guint64 sum = 0;

    for (guint i = 0; i < s->n_feeds; i++)
      sum += s->feeds[i].faults[k];
    printf (" %s %" G_GUINT64_FORMAT "%s", fault_names[k], sum,
        k + 1 < N_FAULTS ? "," : "\n");
  }
  printf ("outputs: %" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT " dropped by "
      "late-policy, %" G_GUINT64_FORMAT
      " with a stream that a deadline decided; " "%" G_GUINT64_FORMAT
      " values compared\n", s->out, s->holes, s->deadlines, s->values);
  printf ("states: %" G_GUINT64_FORMAT " measured, %" G_GUINT64_FORMAT
      " interpolated, %" G_GUINT64_FORMAT " held, %" G_GUINT64_FORMAT
      " missing; %" G_GUINT64_FORMAT " messages\n", s->measured,
      s->interpolated, s->held, s->missing, messages);
  printf ("latency %.1f ms; the latest output %+.3f ms from latency + 1 tick; "
      "longest pause between ticks %.1f ms\n", s->latency / 1e6,
      s->worst_late / 1e6, s->worst_stall / 1e6);
  printf ("late outputs not judged: %" G_GUINT64_FORMAT "%s\n", s->unjudged,
      s->slow ? " (RC_SLOW is set: none is)" : "");
  printf
      ("this machine wakes a thread late by p50 %.3f, p99 %.3f, max %.3f ms\n",
      gst_rc_hist_percentile (late, 50) / 1e6, gst_rc_hist_percentile (late,
          99) / 1e6, gst_rc_hist_percentile (late, 100) / 1e6);
  printf ("CPU: %.1f %% of a core, feeders and checks included\n",
      100 * cpu / s->seconds);
}

static gboolean
parse_faults (Soak * s, const gchar * text)
{
  gchar **names = g_strsplit (text, ",", -1);
  gboolean ok = TRUE;

  memset (s->faults, 0, sizeof (s->faults));
  for (guint i = 0; names[i] && *names[i]; i++) {
    guint k = 0;

    while (k < N_FAULTS && strcmp (names[i], fault_names[k]))
      k++;
    if (k == N_FAULTS) {
      fprintf (stderr, "soak: --faults: \"%s\" is not known\n", names[i]);
      ok = FALSE;
    } else {
      s->faults[k] = TRUE;
    }
  }
  g_strfreev (names);
  return ok;
}

static void
run (Soak * s)
{
  GArray *sizes = g_array_new (FALSE, FALSE, sizeof (gsize));
  GRand *rand = g_rand_new_with_seed (s->seed);
  guint64 messages = 0;
  gdouble cpu;
  GstBus *bus;

  s->pipeline = gst_pipeline_new (NULL);
  s->mux = gst_element_factory_make ("rcfusemux", NULL);
  if (!s->mux) {
    fprintf (stderr, "soak: no element rcfusemux: set GST_PLUGIN_PATH\n");
    exit (1);
  }
  s->clock = gst_system_clock_obtain ();
  gst_pipeline_use_clock (GST_PIPELINE (s->pipeline), s->clock);
  g_object_set (s->mux, "rate", (gint) s->ticks, 1, "clock-jump", 500 * MS,
      "max-jump", G_MAXINT64 / 4, NULL);
  gst_bin_add (GST_BIN (s->pipeline), s->mux);
  checks_start (s);
  bus = gst_element_get_bus (s->pipeline);
  /* no sink element tells of a latency: the mux's is the pipeline's */
  gst_element_set_start_time (s->pipeline, GST_CLOCK_TIME_NONE);
  s->base = gst_clock_get_time (s->clock);
  gst_element_set_base_time (s->pipeline, s->base);
  gst_element_set_state (s->pipeline, GST_STATE_PLAYING);
  checks_watch (s);
  for (guint i = 0; i < s->n_feeds; i++)
    feed_start (&s->feeds[i]);
  cpu = -cpu_seconds ();
  for (gint64 t = 20 * MS, second = GST_SECOND; t < s->seconds * 1e9
      && !g_atomic_int_get (&s->stop); t += 20 * MS) {
    soak_wait (s, t);
    handle_bus (s, bus, &messages);
    /* every 20 s or so */
    if (s->faults[FAULT_SEEK] && g_rand_int_range (rand, 0, 1000) == 0)
      feeds_seek (s);
    if (t >= second) {
      gsize size = resident ();

      g_array_append_val (sizes, size);
      second += GST_SECOND;
    }
  }
  cpu += cpu_seconds ();
  g_atomic_int_set (&s->stop, TRUE);
  for (guint i = 0; i < s->n_feeds; i++)
    feed_stop (&s->feeds[i]);
  g_thread_join (s->control);
  /* all threads but the mux's have ended; its counts are whole in any moment */
  gst_element_set_state (s->pipeline, GST_STATE_PAUSED);
  gst_pad_set_active (s->sink, FALSE);
  for (guint i = 0; i < s->n_feeds; i++) {
    if (s->feeds[i].pad)
      book_add (&s->feeds[i].book, s->mux, s->feeds[i].name);
  }
  check_books (s);
  print_results (s, messages, cpu);
  check_memory (s, sizes);
  gst_element_set_state (s->pipeline, GST_STATE_NULL);
  for (guint i = 0; i < s->n_feeds; i++) {
    if (s->feeds[i].pad)
      gst_object_unref (s->feeds[i].pad);
    g_free (s->feeds[i].wrong);
  }
  gst_bus_set_flushing (bus, TRUE);
  gst_object_unref (bus);
  gst_object_unref (s->pipeline);
  gst_object_unref (s->clock);
  g_array_unref (sizes);
  g_rand_free (rand);
}

int
main (int argc, char **argv)
{
  Soak *s = g_new0 (Soak, 1);
  gint seed = 1, streams = MAX_FEEDS, rate = 1000, ticks = 100, status;
  gchar *faults = NULL;
  GOptionEntry entries[] = {
    {"seconds", 0, 0, G_OPTION_ARG_DOUBLE, &s->seconds, "how long", "S"},
    {"seed", 0, 0, G_OPTION_ARG_INT, &seed, "of everything random", "N"},
    {"streams", 0, 0, G_OPTION_ARG_INT, &streams, "1 to 8", "N"},
    {"rate", 0, 0, G_OPTION_ARG_INT, &rate, "of each stream", "HZ"},
    {"ticks", 0, 0, G_OPTION_ARG_INT, &ticks, "outputs", "HZ"},
    {"faults", 0, 0, G_OPTION_ARG_STRING, &faults, "only these", "LIST"},
    {0}
  };
  GOptionContext *context = g_option_context_new (NULL);
  GError *error = NULL;

  s->seconds = 10;
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  for (guint i = 0; i < N_FAULTS; i++)
    s->faults[i] = TRUE;
  if (!g_option_context_parse (context, &argc, &argv, &error)
      || (faults && !parse_faults (s, faults))) {
    fprintf (stderr, "soak: %s\n", error ? error->message : "see --help");
    return 2;
  }
  if (streams < 1 || streams > MAX_FEEDS || rate < 1 || rate > 100000
      || ticks < 1 || ticks > 10000 || s->seconds <= 0) {
    fprintf (stderr, "soak: --streams, --rate, --ticks or --seconds is out of "
        "range\n");
    return 2;
  }
  g_option_context_free (context);
  g_free (faults);
  s->slow = g_getenv ("RC_SLOW") != NULL;
  s->seed = seed;
  s->n_feeds = streams;
  s->rate = rate;
  s->ticks = ticks;
  for (guint i = 0; i < s->n_feeds; i++) {
    s->feeds[i].soak = s;
    s->feeds[i].index = i;
  }
  printf ("soak: %g s, seed %d, %d streams at %d Hz, %d ticks per second, "
      "GStreamer %u.%u.%u\n", s->seconds, seed, streams, rate, ticks,
      GST_VERSION_MAJOR, GST_VERSION_MINOR, GST_VERSION_MICRO);
  run (s);
  status = s->complaints > 0;
  if (status)
    printf ("FAILED: %" G_GUINT64_FORMAT " complaints, seed %d:\n%s",
        s->complaints, seed, s->wrong->str);
  else
    printf ("all checks held\n");
  checks_stop (s);
  g_free (s);
  gst_deinit ();
  return status;
}
