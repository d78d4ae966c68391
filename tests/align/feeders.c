/* SPDX-License-Identifier: Apache-2.0 */
#include "feeders.h"

#include <sched.h>
#include <string.h>

typedef struct
{
  GArray *items;
  GstPad *pad;
  GThread *thread;
  guint32 seed;
  gboolean live;
  struct _World *world;
} Feeder;

typedef struct _World
{
  FedRun *run;
  GMutex lock;
  GCond changed;                /* now, eos or error */
  gint64 now;                   /* G_MAXINT64: everything at once */
  gint64 end;                   /* the clock goes no further */
  gboolean eos;
} World;

GArray *
feed_new (void)
{
  return g_array_new (FALSE, FALSE, sizeof (FeedItem));
}

void
feed_add (GArray * feed, gint64 arrival, gpointer object)
{
  FeedItem item = { arrival, object };

  g_array_append_val (feed, item);
}

void
feed_free (GArray * feed)
{
  for (guint i = 0; i < feed->len; i++)
    g_clear_pointer (&g_array_index (feed, FeedItem, i).object,
        gst_mini_object_unref);
  g_array_unref (feed);
}

static GstStaticPadTemplate any = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

/* ---- a feeder's thread ---- */

static void
await_arrival (World * w, gint64 arrival)
{
  g_mutex_lock (&w->lock);
  while (w->now < arrival)
    g_cond_wait (&w->changed, &w->lock);
  g_mutex_unlock (&w->lock);
}

static void
leave (Feeder * f)
{
  GstPad *peer = gst_pad_get_peer (f->pad);
  GstElement *mux = gst_pad_get_parent_element (peer);

  gst_pad_unlink (f->pad, peer);
  gst_element_release_request_pad (mux, peer);
  gst_object_unref (mux);
  gst_object_unref (peer);
}

static gpointer
feeder_thread (gpointer data)
{
  Feeder *f = data;
  GRand *rand = g_rand_new_with_seed (f->seed);

  for (guint i = 0; i < f->items->len; i++) {
    FeedItem *item = &g_array_index (f->items, FeedItem, i);

    await_arrival (f->world, item->arrival);
    if (!item->object) {
      if (f->live)
        leave (f);
      break;
    }
    for (gint n = g_rand_int_range (rand, 0, 4); n > 0; n--)
      sched_yield ();
    gst_mini_object_ref (item->object);
    if (GST_IS_EVENT (item->object))
      gst_pad_push_event (f->pad, GST_EVENT (item->object));
    else if (gst_pad_push (f->pad, GST_BUFFER (item->object)) != GST_FLOW_OK)
      break;
  }
  gst_pad_push_event (f->pad, gst_event_new_eos ());
  g_rand_free (rand);
  return NULL;
}

static gboolean
feeder_query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  Feeder *f = gst_pad_get_element_private (pad);

  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return gst_pad_query_default (pad, parent, query);
  gst_query_set_latency (query, f->live, 0, GST_CLOCK_TIME_NONE);
  return TRUE;
}

/* ---- downstream ---- */

static GstFlowReturn
sink_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  World *w = gst_pad_get_element_private (pad);
  FedOutput out = { buffer, gst_pad_get_current_caps (pad) };

  g_mutex_lock (&w->lock);
  g_array_append_val (w->run->outputs, out);
  g_mutex_unlock (&w->lock);
  return GST_FLOW_OK;
}

static gboolean
sink_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  World *w = gst_pad_get_element_private (pad);

  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS) {
    g_mutex_lock (&w->lock);
    w->eos = TRUE;
    g_cond_broadcast (&w->changed);
    g_mutex_unlock (&w->lock);
  }
  gst_event_unref (event);
  return TRUE;
}

/* ---- */

static GstBusSyncReply
take_message (GstBus * bus, GstMessage * message, gpointer data)
{
  World *w = data;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    g_mutex_lock (&w->lock);
    if (!w->run->error)
      gst_message_parse_error (message, NULL, &w->run->error);
    g_cond_broadcast (&w->changed);
    g_mutex_unlock (&w->lock);
  }
  gst_message_unref (message);
  return GST_BUS_DROP;
}

/* `wait`: until it has. */
static gboolean
ended (World * w, gboolean wait)
{
  gboolean ended;

  g_mutex_lock (&w->lock);
  while (wait && !w->eos && !w->run->error)
    g_cond_wait (&w->changed, &w->lock);
  ended = w->eos || w->run->error;
  g_mutex_unlock (&w->lock);
  return ended;
}

/* A GstTestClock holds waits that have passed until they are processed. */
static void
release_past (GstTestClock * clock)
{
  GstClockID id;

  while (gst_test_clock_peek_next_pending_id (clock, &id)) {
    gboolean past =
        gst_clock_id_get_time (id) <= gst_clock_get_time (GST_CLOCK (clock));

    gst_clock_id_unref (id);
    if (!past)
      return;
    id = gst_test_clock_process_next_clock_id (clock);
    if (!id)
      return;
    gst_clock_id_unref (id);
  }
}

/* Often in small steps, at times so far that deadlines come before the data. It
 * ends after the last sample: else a slow machine never gets there, which emits a
 * tick in more time than the clock needs for it. */
static void
run_clock (World * w, GstTestClock * clock, GRand * rand)
{
  gint64 step = g_rand_int_range (rand, 0, g_rand_int_range (rand, 0,
          12) == 0 ? 60 : 4) * (gint64) GST_MSECOND;

  g_mutex_lock (&w->lock);
  w->now = MIN (w->now + step, w->end);
  g_cond_broadcast (&w->changed);
  g_mutex_unlock (&w->lock);
  gst_test_clock_set_time (clock, w->now);
  release_past (clock);
  /* g_thread_yield () sleeps in newer GLib: no yield to others, a delay of all */
  for (gint n = g_rand_int_range (rand, 0, 40); n > 0; n--) {
    sched_yield ();
    release_past (clock);
  }
}

FedRun *
feed_run (GstElement * mux, GArray ** feeds, guint n_feeds, gboolean live,
    guint32 seed)
{
  GstClock *clock = gst_test_clock_new_with_start_time (0);
  GstPad *sink = gst_pad_new_from_static_template (&any, "sink"), *peer;
  Feeder *feeders = g_new0 (Feeder, n_feeds);
  GstBus *bus = gst_bus_new ();
  GRand *rand = g_rand_new_with_seed (seed);
  World w = { 0, };

  gst_object_ref_sink (mux);
  w.run = g_new0 (FedRun, 1);
  w.run->outputs = g_array_new (FALSE, FALSE, sizeof (FedOutput));
  w.now = live ? 0 : G_MAXINT64;
  for (guint i = 0; i < n_feeds; i++) {
    for (guint j = 0; j < feeds[i]->len; j++)
      w.end = MAX (w.end, g_array_index (feeds[i], FeedItem, j).arrival
          + 2 * (gint64) GST_SECOND);
  }
  g_mutex_init (&w.lock);
  g_cond_init (&w.changed);
  gst_bus_set_sync_handler (bus, take_message, &w, NULL);
  gst_element_set_bus (mux, bus);
  gst_element_set_clock (mux, clock);
  gst_element_set_base_time (mux, 0);
  gst_pad_set_chain_function (sink, sink_chain);
  gst_pad_set_event_function (sink, sink_event);
  gst_pad_set_element_private (sink, &w);
  gst_pad_set_active (sink, TRUE);
  peer = gst_element_get_static_pad (mux, "src");
  fail_unless_equals_int (gst_pad_link (peer, sink), GST_PAD_LINK_OK);
  gst_object_unref (peer);
  for (guint i = 0; i < n_feeds; i++) {
    Feeder *f = &feeders[i];
    gchar name[] = "sink_a";

    name[5] += i;
    *f = (Feeder) {
    feeds[i], gst_pad_new (name, GST_PAD_SRC), NULL, seed + 1 + i, live, &w};
    gst_pad_set_element_private (f->pad, f);
    gst_pad_set_query_function (f->pad, feeder_query);
    gst_pad_set_active (f->pad, TRUE);
    peer = gst_element_get_static_pad (mux, name);
    fail_unless_equals_int (gst_pad_link (f->pad, peer), GST_PAD_LINK_OK);
    gst_object_unref (peer);
  }
  if (gst_element_set_state (mux, GST_STATE_PLAYING) !=
      GST_STATE_CHANGE_FAILURE) {
    for (guint i = 0; i < n_feeds; i++)
      feeders[i].thread = g_thread_new ("feeder", feeder_thread, &feeders[i]);
    while (!ended (&w, !live))
      run_clock (&w, GST_TEST_CLOCK (clock), rand);
  }
  /* feeders that wait go on now, into a mux that refuses */
  gst_element_set_state (mux, GST_STATE_NULL);
  g_mutex_lock (&w.lock);
  w.now = G_MAXINT64;
  g_cond_broadcast (&w.changed);
  g_mutex_unlock (&w.lock);
  for (guint i = 0; i < n_feeds; i++) {
    if (feeders[i].thread)
      g_thread_join (feeders[i].thread);
    gst_pad_set_active (feeders[i].pad, FALSE);
    gst_object_unref (feeders[i].pad);
  }
  gst_element_set_bus (mux, NULL);
  gst_object_unref (mux);
  gst_pad_set_active (sink, FALSE);
  gst_object_unref (sink);
  gst_object_unref (bus);
  gst_object_unref (clock);
  g_rand_free (rand);
  g_mutex_clear (&w.lock);
  g_cond_clear (&w.changed);
  g_free (feeders);
  return w.run;
}

void
fed_run_free (FedRun * run)
{
  for (guint i = 0; i < run->outputs->len; i++) {
    FedOutput *out = &g_array_index (run->outputs, FedOutput, i);

    gst_buffer_unref (out->buffer);
    gst_caps_unref (out->caps);
  }
  g_array_unref (run->outputs);
  g_free (run->error);
  g_free (run);
}

/* ---- comparison ---- */

static void
assert_memories_equal (GstBuffer * a, GstBuffer * b, const gchar * where)
{
  fail_unless (gst_buffer_n_memory (a) == gst_buffer_n_memory (b),
      "%s: %u memories, then %u", where, gst_buffer_n_memory (a),
      gst_buffer_n_memory (b));
  for (guint i = 0; i < gst_buffer_n_memory (a); i++) {
    GstMapInfo ma, mb;
    gboolean equal;

    gst_memory_map (gst_buffer_peek_memory (a, i), &ma, GST_MAP_READ);
    gst_memory_map (gst_buffer_peek_memory (b, i), &mb, GST_MAP_READ);
    equal = ma.size == mb.size && memcmp (ma.data, mb.data, ma.size) == 0;
    gst_memory_unmap (ma.memory, &ma);
    gst_memory_unmap (mb.memory, &mb);
    fail_unless (equal, "%s: memory %u differs", where, i);
  }
}

static void
assert_provenance_equal (GstBuffer * a, GstBuffer * b, const gchar * where)
{
  GstRcProvenance p, q;
  gsize n;

  fail_unless (gst_rc_provenance_get (a, &p) && gst_rc_provenance_get (b, &q));
  fail_unless (p.tick == q.tick && p.n_streams == q.n_streams
      && p.n_rows == q.n_rows, "%s: tick, streams or rows", where);
  n = (gsize) p.n_streams * p.n_rows;
  for (gsize i = 0; i < n; i++)
    fail_unless (p.state[i] == q.state[i], "%s: stream and row %"
        G_GSIZE_FORMAT ": state %u, then %u; skew %" G_GINT64_FORMAT ", then %"
        G_GINT64_FORMAT "; deadlines %x, then %x", where, i, p.state[i],
        q.state[i], p.skew[i], q.skew[i], p.deadline, q.deadline);
  fail_unless (memcmp (p.skew, q.skew, n * 8) == 0, "%s: skew", where);
  fail_unless (memcmp (p.newest, q.newest, n * 8) == 0, "%s: newest", where);
  fail_unless (p.deadline == q.deadline, "%s: deadlines %x, then %x", where,
      p.deadline, q.deadline);
  fail_unless (!p.read == !q.read && (!p.read
          || memcmp (p.read, q.read, p.n_streams * 8) == 0), "%s: samples read",
      where);
}

void
fed_run_assert_equal (const FedRun * a, const FedRun * b, const gchar * what)
{
  fail_unless (!a->error && !b->error, "%s: %s", what, a->error ? a->error :
      b->error);
  for (guint i = 0; i < MIN (a->outputs->len, b->outputs->len); i++) {
    const FedOutput *x = &g_array_index (a->outputs, FedOutput, i);
    const FedOutput *y = &g_array_index (b->outputs, FedOutput, i);
    gchar *where = g_strdup_printf ("%s: output %u at %" GST_TIME_FORMAT, what,
        i, GST_TIME_ARGS (GST_BUFFER_PTS (x->buffer)));

    fail_unless (GST_BUFFER_PTS (x->buffer) == GST_BUFFER_PTS (y->buffer)
        && GST_BUFFER_DURATION (x->buffer) == GST_BUFFER_DURATION (y->buffer)
        && GST_BUFFER_FLAGS (x->buffer) == GST_BUFFER_FLAGS (y->buffer),
        "%s: PTS, duration or flags", where);
    if (!gst_caps_is_equal (x->caps, y->caps)) {
      gchar *p = gst_caps_to_string (x->caps), *q =
          gst_caps_to_string (y->caps);

      ck_abort_msg ("%s: caps %s, then %s", where, p, q);
    }
    assert_provenance_equal (x->buffer, y->buffer, where);
    assert_memories_equal (x->buffer, y->buffer, where);
    g_free (where);
  }
  fail_unless (a->outputs->len == b->outputs->len, "%s: %u outputs, then %u",
      what, a->outputs->len, b->outputs->len);
}
