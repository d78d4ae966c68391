/* SPDX-License-Identifier: Apache-2.0 */
/* Seeks through an aligner: ticks begin again at running time 0 after one that
 * flushes, go on after one that does not, and the output's stream time is true. */
#include "aligntest.h"

#define MS GST_MSECOND

#define ROBOT "rctestsrc kind=joints rate=500/1 name=a ! m.sink_a " \
    "rctestsrc kind=force rate=1000/1 ! m.sink_b"

typedef struct
{
  GstElement *pipeline, *sink;
} Player;

static void
player_init (Player * p, const gchar * line)
{
  GError *error = NULL;

  p->pipeline = gst_parse_launch (line, &error);
  fail_unless (p->pipeline != NULL && error == NULL, "%s: %s", line,
      error ? error->message : "?");
  p->sink = gst_bin_get_by_name (GST_BIN (p->pipeline), "out");
  gst_element_set_state (p->pipeline, GST_STATE_PLAYING);
}

static void
player_clear (Player * p)
{
  gst_element_set_state (p->pipeline, GST_STATE_NULL);
  gst_object_unref (p->sink);
  gst_object_unref (p->pipeline);
}

/* The next sample; NULL at the end. */
static GstSample *
player_pull (Player * p)
{
  GstSample *sample = NULL;
  gboolean eos;

  g_signal_emit_by_name (p->sink, "try-pull-sample", 10 * GST_SECOND, &sample);
  g_object_get (p->sink, "eos", &eos, NULL);
  fail_unless (sample != NULL || eos, "the pipeline stalled");
  return sample;
}

static gboolean
player_seek (Player * p, gdouble rate, GstFormat format, GstSeekFlags flags,
    gint64 start)
{
  return gst_element_seek (p->pipeline, rate, format, flags,
      GST_SEEK_TYPE_SET, start, GST_SEEK_TYPE_NONE, -1);
}

static GstClockTime
sample_pts (GstSample * sample)
{
  return GST_BUFFER_PTS (gst_sample_get_buffer (sample));
}

static GstClockTime
stream_time (GstSample * sample)
{
  return gst_segment_to_stream_time (gst_sample_get_segment (sample),
      GST_FORMAT_TIME, sample_pts (sample));
}

static GBytes *
sample_bytes (GstSample * sample)
{
  GstBuffer *buffer = gst_sample_get_buffer (sample);
  gpointer data;
  gsize size;

  gst_buffer_extract_dup (buffer, 0, -1, &data, &size);
  return g_bytes_new_take (data, size);
}

/* What was sought has the values of a run without a seek, and its stream times. */
GST_START_TEST (test_flushing_seek)
{
  const gchar *line = "rcfusemux name=m rate=100/1 ! appsink name=out "
      "sync=false max-buffers=2 " ROBOT;
  GPtrArray *whole = g_ptr_array_new_with_free_func
      ((GDestroyNotify) g_bytes_unref);
  GstSample *sample;
  Player p;

  player_init (&p, line);
  for (guint i = 0; i < 620; i++) {
    sample = player_pull (&p);
    fail_unless_equals_uint64 (sample_pts (sample), i * 10 * MS);
    fail_unless_equals_uint64 (stream_time (sample), i * 10 * MS);
    g_ptr_array_add (whole, sample_bytes (sample));
    gst_sample_unref (sample);
  }
  for (gint seek = 5; seek > 0; seek -= 2) {
    fail_unless (player_seek (&p, 1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
            seek * GST_SECOND));
    for (guint i = 0; i < 120; i++) {
      GBytes *bytes;

      sample = player_pull (&p);
      fail_unless_equals_uint64 (sample_pts (sample), i * 10 * MS);
      fail_unless_equals_uint64 (gst_segment_to_running_time
          (gst_sample_get_segment (sample), GST_FORMAT_TIME,
              sample_pts (sample)), i * 10 * MS);
      fail_unless_equals_uint64 (stream_time (sample),
          seek * GST_SECOND + i * 10 * MS);
      bytes = sample_bytes (sample);
      fail_unless (g_bytes_equal (bytes, g_ptr_array_index (whole,
                  seek * 100 + i)), "seek to %d s, tick %u", seek, i);
      g_bytes_unref (bytes);
      gst_sample_unref (sample);
    }
  }
  player_clear (&p);
  g_ptr_array_unref (whole);
}

GST_END_TEST;

/* A seek does not wait for a mux that is slower than its sources to run out of data,
 * which it never does. */
GST_START_TEST (test_seek_while_behind)
{
  Player p;

  player_init (&p, "rctestsrc kind=force rate=1000/1 ! rcfusemux window=8000 "
      "rate=1000/1 ! appsink name=out sync=false max-buffers=1");
  gst_sample_unref (player_pull (&p));
  for (guint i = 0; i < 3; i++) {
    fail_unless (player_seek (&p, 1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, 0));
    gst_sample_unref (player_pull (&p));
  }
  player_clear (&p);
}

GST_END_TEST;

/* After EOS, too. */
GST_START_TEST (test_seek_after_eos)
{
  GstSample *sample;
  guint n = 0;
  Player p;

  player_init (&p, "rctestsrc kind=joints rate=500/1 duration=2000000000 ! "
      "rcresample name=m rate=100/1 ! appsink name=out sync=false");
  while ((sample = player_pull (&p))) {
    gst_sample_unref (sample);
    n++;
  }
  fail_unless_equals_int (n, 200);
  fail_unless (player_seek (&p, 1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
          GST_SECOND));
  for (n = 0; (sample = player_pull (&p)); n++) {
    fail_unless_equals_uint64 (stream_time (sample), GST_SECOND + n * 10 * MS);
    gst_sample_unref (sample);
  }
  fail_unless_equals_int (n, 100);
  player_clear (&p);
}

GST_END_TEST;

static gfloat
first_value (GstSample * sample)
{
  gfloat value;

  gst_buffer_extract (gst_sample_get_buffer (sample), 0, &value,
      sizeof (value));
  return value;
}

typedef struct
{
  Player player;
  gint done;                    /* atomic */
  gboolean ok;
} Seeker;

/* Waits until the source is between two buffers, which it never is while nobody
 * pulls: a thread of its own. */
static gpointer
seek_without_flush (gpointer data)
{
  Seeker *s = data;

  s->ok = player_seek (&s->player, 1, GST_FORMAT_TIME, GST_SEEK_FLAG_NONE,
      50 * GST_SECOND);
  g_atomic_int_set (&s->done, TRUE);
  return NULL;
}

/* Pulls output `i` of an uninterrupted time line and adds its first value. */
static void
pull_value (Player * p, GArray * values)
{
  GstSample *sample = player_pull (p);
  gfloat value;

  fail_unless_equals_uint64 (sample_pts (sample), values->len * 10 * MS);
  fail_unless_equals_uint64 (gst_sample_get_segment (sample)->start, 0);
  value = first_value (sample);
  g_array_append_val (values, value);
  gst_sample_unref (sample);
}

#define SEEKABLE "rctestsrc kind=joints rate=500/1 ! rcresample name=m " \
    "rate=100/1 ! appsink name=out sync=false max-buffers=2"

/* Running time goes on, and with it the ticks: no sample is behind. */
GST_START_TEST (test_seek_without_flush)
{
  GArray *sought = g_array_new (FALSE, FALSE, sizeof (gfloat));
  GArray *straight = g_array_new (FALSE, FALSE, sizeof (gfloat));
  GstStructure *stats, *pad;
  guint differ = 0, sought_at;
  GstElement *aligner;
  GThread *thread;
  guint64 value;
  Seeker s = { 0, };
  Player p;

  player_init (&s.player, SEEKABLE);
  while (sought->len < 20)
    pull_value (&s.player, sought);
  thread = g_thread_new ("seek", seek_without_flush, &s);
  while (!g_atomic_int_get (&s.done))
    pull_value (&s.player, sought);
  g_thread_join (thread);
  fail_unless (s.ok);
  /* what was on its way (the aligner takes 256 samples early), then the rest */
  sought_at = sought->len + 60;
  while (sought->len < sought_at + 100)
    pull_value (&s.player, sought);
  aligner = gst_bin_get_by_name (GST_BIN (s.player.pipeline), "m");
  g_object_get (aligner, "stats", &stats, NULL);
  fail_unless (gst_structure_get (stats, "sink", GST_TYPE_STRUCTURE, &pad,
          NULL));
  fail_unless (gst_structure_get_uint64 (pad, "backwards", &value));
  fail_unless_equals_uint64 (value, 0);
  /* the new segment may begin at the time of the last sample before it */
  fail_unless (gst_structure_get_uint64 (pad, "dropped", &value));
  fail_unless (value <= 1, "%" G_GUINT64_FORMAT " dropped", value);
  fail_unless (gst_structure_get_uint64 (pad, "resets", &value));
  fail_unless_equals_uint64 (value, 0);
  gst_structure_free (pad);
  gst_structure_free (stats);
  gst_object_unref (aligner);
  player_clear (&s.player);

  player_init (&p, SEEKABLE);
  while (straight->len < sought->len)
    pull_value (&p, straight);
  player_clear (&p);
  for (guint i = 0; i < sought->len; i++) {
    gboolean same = g_array_index (sought, gfloat, i) ==
        g_array_index (straight, gfloat, i);

    fail_unless (same || i >= 20, "output %u before the seek differs", i);
    differ += !same && i >= sought_at;
  }
  /* joints move: now and then two times have one value */
  fail_unless (differ > 90, "%u of 100 differ after the seek", differ);
  g_array_unref (sought);
  g_array_unref (straight);
}

GST_END_TEST;

static gboolean
seek_data (GstElement * src, guint64 offset, gpointer next)
{
  *(guint64 *) next = offset;
  return TRUE;
}

/* Samples every 4 ms of stream time, whose value is that time in ms. */
static void
need_data (GstElement * src, guint size, gpointer next)
{
  GstFlowReturn ret;
  guint64 time = *(guint64 *) next;
  gfloat value = (gfloat) (time / MS);
  GstBuffer *buffer = gst_buffer_new_memdup (&value, sizeof (value));

  GST_BUFFER_PTS (buffer) = time;
  *(guint64 *) next = time + 4 * MS;
  g_signal_emit_by_name (src, "push-buffer", buffer, &ret);
  gst_buffer_unref (buffer);
}

/* Twice as fast: ticks are of running time, and the segment says so. */
GST_START_TEST (test_seek_with_rate)
{
  guint64 next = 0;
  GstElement *src;
  GstCaps *caps = gst_caps_from_string (FLOATS (1));
  GstSample *sample;
  Player p;

  p.pipeline = gst_parse_launch ("appsrc name=a format=time "
      "stream-type=seekable ! rcresample name=m rate=100/1 ! "
      "appsink name=out sync=false max-buffers=2", NULL);
  p.sink = gst_bin_get_by_name (GST_BIN (p.pipeline), "out");
  src = gst_bin_get_by_name (GST_BIN (p.pipeline), "a");
  g_object_set (src, "caps", caps, NULL);
  gst_caps_unref (caps);
  g_signal_connect (src, "seek-data", G_CALLBACK (seek_data), &next);
  g_signal_connect (src, "need-data", G_CALLBACK (need_data), &next);
  gst_object_unref (src);
  gst_element_set_state (p.pipeline, GST_STATE_PLAYING);
  gst_sample_unref (player_pull (&p));
  fail_unless (player_seek (&p, 2, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
          3 * GST_SECOND));
  for (guint i = 0; i < 100; i++) {
    sample = player_pull (&p);
    fail_unless_equals_uint64 (sample_pts (sample), i * 10 * MS);
    fail_unless_equals_uint64 (stream_time (sample),
        3 * GST_SECOND + i * 20 * MS);
    fail_unless_equals_float (first_value (sample), 3000.f + i * 20);
    gst_sample_unref (sample);
  }
  player_clear (&p);
}

GST_END_TEST;

/* A seek that cannot be changes nothing. */
GST_START_TEST (test_refused)
{
  GstSample *sample;
  Player p;

  player_init (&p, "rcfusemux name=m rate=100/1 ! appsink name=out sync=false "
      "max-buffers=2 " ROBOT);
  for (guint i = 0; i < 60; i++) {
    if (i == 20)
      fail_if (player_seek (&p, -1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, 0));
    else if (i == 40)
      fail_if (player_seek (&p, 1, GST_FORMAT_BYTES, GST_SEEK_FLAG_FLUSH, 0));
    sample = player_pull (&p);
    fail_unless_equals_uint64 (sample_pts (sample), i * 10 * MS);
    fail_unless_equals_uint64 (stream_time (sample), i * 10 * MS);
    gst_sample_unref (sample);
  }
  player_clear (&p);
}

GST_END_TEST;

static Suite *
seek_suite (void)
{
  Suite *s = suite_create ("seek");
  TCase *tc = tcase_create ("seek");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_flushing_seek);
  tcase_add_test (tc, test_seek_while_behind);
  tcase_add_test (tc, test_seek_after_eos);
  tcase_add_test (tc, test_seek_without_flush);
  tcase_add_test (tc, test_seek_with_rate);
  tcase_add_test (tc, test_refused);
  return s;
}

GST_CHECK_MAIN (seek);
