/* SPDX-License-Identifier: Apache-2.0 */
/* The sensors. Every value is the stamp of its sample in seconds (channel c has c
 * more), so that what comes out can be told from another sample's. */
#include "soak.h"

#include <string.h>

const gchar *const fault_names[N_FAULTS] = { "drop", "burst", "duplicate",
  "reorder", "jump", "silence", "loss", "no-time", "size", "caps", "eos",
  "churn", "flush", "seek"
};

/* Chances per sample: some per second, the heavy ones every 10 to 30 s. */
static const gdouble chances[N_FAULTS] = {
  [FAULT_DROP] = 5e-3,[FAULT_BURST] = 1e-3,[FAULT_DUPLICATE] = 2e-3,
  [FAULT_REORDER] = 2e-3,[FAULT_JUMP] = 6e-5,[FAULT_SILENCE] = 1e-4,
  [FAULT_LOSS] = 2e-4,[FAULT_NO_TIME] = 5e-4,[FAULT_SIZE] = 5e-4,
  [FAULT_CAPS] = 4e-5,[FAULT_EOS] = 4e-5,[FAULT_CHURN] = 4e-5,
  [FAULT_FLUSH] = 6e-5,[FAULT_SEEK] = 0
};

/* Streams that others can be held against: the first never goes away. */
static gboolean
happens (Feed * f, Fault fault)
{
  if (!f->soak->faults[fault] || (f->index == 0 && (fault == FAULT_CHURN
              || fault == FAULT_EOS)))
    return FALSE;
  if (g_rand_double (f->rand) >= chances[fault])
    return FALSE;
  f->faults[fault]++;
  return TRUE;
}

static gboolean
stopped (const Feed * f)
{
  return g_atomic_int_get (&f->soak->stop);
}

/* ---- books ---- */

void
book_add (Book * book, GstElement * mux, const gchar * name)
{
  GstPad *pad = gst_element_get_static_pad (mux, name);
  GstStructure *stats;
  guint64 value;

  g_object_get (pad, "stats", &stats, NULL);
#define ADD(field, text)                                        \
  if (gst_structure_get_uint64 (stats, text, &value))           \
    book->field += value
  ADD (in, "in");
  ADD (used, "used");
  ADD (unused, "unused");
  ADD (dropped, "dropped");
  ADD (late, "late");
  ADD (kept, "kept");
  ADD (flushed, "flushed");
  ADD (queued, "queued");
  ADD (duplicates, "duplicates");
  ADD (backwards, "backwards");
  ADD (ahead, "ahead");
  ADD (no_time, "no-time");
  ADD (no_reference, "no-reference");
  ADD (bad_size, "bad-size");
  ADD (resets, "resets");
  ADD (jumps, "jumps");
  ADD (losses, "losses");
#undef ADD
  gst_structure_free (stats);
  gst_object_unref (pad);
}

/* ---- events ---- */

static void
push_caps (Feed * f)
{
  gchar *text = g_strdup_printf ("other/tensors,format=static,num_tensors=1,"
      "types=float64,dimensions=(string)%u,framerate=%u/1", f->width,
      f->soak->rate);
  GstCaps *caps = gst_caps_from_string (text);

  gst_pad_push_event (f->pad, gst_event_new_caps (caps));
  gst_caps_unref (caps);
  g_free (text);
}

static void
push_segment (Feed * f)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (f->pad, gst_event_new_segment (&segment));
}

static void
begin (Feed * f)
{
  gst_pad_push_event (f->pad, gst_event_new_stream_start (f->name));
  push_caps (f);
  push_segment (f);
}

static gboolean
answer (GstPad * pad, GstObject * parent, GstQuery * query)
{
  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return gst_pad_query_default (pad, parent, query);
  gst_query_set_latency (query, TRUE, 2 * MS, GST_CLOCK_TIME_NONE);
  return TRUE;
}

static void
plug (Feed * f)
{
  static const gchar *const methods[] =
      { "previous", "linear", "nearest", "mean" };
  static const gchar *const policies[] = { "hold", "missing", "drop-tick" };
  GstPad *peer = gst_element_request_pad_simple (f->soak->mux, f->name);

  gst_util_set_object_arg (G_OBJECT (peer), "method",
      methods[f->index % G_N_ELEMENTS (methods)]);
  gst_util_set_object_arg (G_OBJECT (peer), "late-policy",
      policies[f->index % G_N_ELEMENTS (policies)]);
  g_object_set (peer, "required", f->index == 2, "max-gap", 100 * MS, NULL);
  f->pad = gst_pad_new (f->name, GST_PAD_SRC);
  gst_pad_set_query_function (f->pad, answer);
  gst_pad_set_active (f->pad, TRUE);
  if (gst_pad_link (f->pad, peer) != GST_PAD_LINK_OK)
    f->wrong = g_strdup ("its pad could not be linked");
  gst_object_unref (peer);
}

static void
unplug (Feed * f)
{
  GstPad *peer = gst_pad_get_peer (f->pad);

  gst_pad_set_active (f->pad, FALSE);
  gst_pad_unlink (f->pad, peer);
  book_add (&f->book, f->soak->mux, f->name);
  gst_element_release_request_pad (f->soak->mux, peer);
  gst_object_unref (peer);
  gst_object_unref (f->pad);
  f->pad = NULL;
}

/* ---- samples ---- */

static void
push (Feed * f, gint64 stamp, guint width)
{
  gsize size = width * sizeof (gdouble);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);
  GstFlowReturn ret;
  gdouble values[8];

  for (guint c = 0; c < width; c++)
    values[c] = stamp / 1e9 + c;
  gst_buffer_fill (buffer, 0, values, size);
  GST_BUFFER_PTS (buffer) = stamp < 0 ? GST_CLOCK_TIME_NONE :
      (GstClockTime) stamp;
  ret = gst_pad_push (f->pad, buffer);
  if (ret == GST_FLOW_OK)
    f->sent++;
  else if (ret == GST_FLOW_FLUSHING && stopped (f))
    f->refused++;
  else if (!f->wrong)
    f->wrong = g_strdup_printf ("a push returned %s", gst_flow_get_name (ret));
}

/* One sample that was taken at `stamp`, with what may happen to it. */
static void
sample (Feed * f, gint64 stamp, gint64 period)
{
  if (happens (f, FAULT_DROP))
    return;
  if (happens (f, FAULT_NO_TIME)) {
    push (f, -1, f->width);
    return;
  }
  if (happens (f, FAULT_SIZE)) {
    push (f, stamp, f->width + 1);
    return;
  }
  if (happens (f, FAULT_REORDER)) {
    push (f, stamp + period, f->width);
    push (f, stamp, f->width);
    return;
  }
  push (f, stamp, f->width);
  if (happens (f, FAULT_DUPLICATE))
    push (f, stamp, f->width);
}

/* How long nothing comes, in ns. */
static gint64
heavy_faults (Feed * f, gint64 stamp, gint64 * shift)
{
  GstEvent *event;
  gint64 silence = 0;

  if (happens (f, FAULT_JUMP)) {
    /* Set wrong, or right again: forward and back. What is stamped in the future
     * waits, so that this bounds what is held. */
    *shift = *shift ? 0 : g_rand_int_range (f->rand, -3000, 600) * MS;
  }
  if (happens (f, FAULT_CAPS)) {
    f->width = g_rand_int_range (f->rand, 1, 7);
    push_caps (f);
  }
  if (happens (f, FAULT_LOSS)) {
    silence = g_rand_int_range (f->rand, 1, 60) * MS;
    event = gst_event_new_gap (stamp, silence);
    gst_event_set_gap_flags (event, GST_GAP_FLAG_MISSING_DATA);
    gst_pad_push_event (f->pad, event);
  }
  if (happens (f, FAULT_SILENCE))
    silence = g_rand_int_range (f->rand, 5, 1500) * MS;
  if (happens (f, FAULT_FLUSH)) {
    gst_pad_push_event (f->pad, gst_event_new_flush_start ());
    gst_pad_push_event (f->pad, gst_event_new_flush_stop (FALSE));
    push_segment (f);
  }
  if (happens (f, FAULT_EOS)) {
    gst_pad_push_event (f->pad, gst_event_new_eos ());
    silence = g_rand_int_range (f->rand, 5, 1000) * MS;
  }
  if (happens (f, FAULT_CHURN)) {
    unplug (f);
    silence = g_rand_int_range (f->rand, 0, 500) * MS;
  }
  return silence;
}

/* After a silence: what ended or went away begins again. */
static void
resume (Feed * f)
{
  GstEvent *eos = NULL;

  if (f->pad)
    eos = gst_pad_get_sticky_event (f->pad, GST_EVENT_EOS, 0);
  else
    plug (f);
  if (eos || !gst_pad_has_current_caps (f->pad))
    begin (f);
  if (eos)
    gst_event_unref (eos);
}

static gpointer
run (gpointer data)
{
  Feed *f = data;
  const gint64 period = GST_SECOND / f->soak->rate;
  /* the first stream's stamps meet the ticks, the others lie in between */
  const gint64 start = (soak_now (f->soak) / GST_SECOND + 1)
      * (gint64) GST_SECOND + f->index * period / MAX_FEEDS;
  gint64 shift = 0, next = start, held_from = -1, held_to = 0;

  begin (f);
  for (gint64 i = 0; !stopped (f) && !f->wrong; i++) {
    gint64 stamp = start + i * period;

    if (stamp < next)
      continue;
    if (held_from < 0 && happens (f, FAULT_BURST)) {
      held_from = stamp;
      held_to = stamp + g_rand_int_range (f->rand, 2, 40) * MS;
    }
    if (held_from >= 0 && stamp < held_to)
      continue;
    soak_wait (f->soak, stamp);
    g_mutex_lock (&f->lock);
    for (; held_from >= 0 && held_from < stamp; held_from += period)
      sample (f, MAX (0, held_from + shift), period);
    held_from = -1;
    sample (f, MAX (0, stamp + shift), period);
    next = stamp + heavy_faults (f, MAX (0, stamp + shift), &shift);
    g_mutex_unlock (&f->lock);
    for (gint64 t = stamp; t < next && !stopped (f); t += 5 * MS)
      soak_wait (f->soak, MIN (t + 5 * MS, next));
    if (stopped (f))
      break;
    g_mutex_lock (&f->lock);
    resume (f);
    g_mutex_unlock (&f->lock);
  }
  return NULL;
}

void
feeds_seek (Soak * s)
{
  guint32 number = gst_util_seqnum_next ();

  for (guint i = 0; i < s->n_feeds; i++)
    g_mutex_lock (&s->feeds[i].lock);
  for (guint step = 0; step < 3; step++) {
    for (guint i = 0; i < s->n_feeds; i++) {
      Feed *f = &s->feeds[i];
      GstEvent *event;

      if (!f->pad)
        continue;
      if (step == 2) {
        push_segment (f);
        f->faults[FAULT_SEEK]++;
        continue;
      }
      event = step ? gst_event_new_flush_stop (FALSE) :
          gst_event_new_flush_start ();
      gst_event_set_seqnum (event, number);
      gst_pad_push_event (f->pad, event);
    }
  }
  for (guint i = 0; i < s->n_feeds; i++)
    g_mutex_unlock (&s->feeds[i].lock);
}

void
feed_start (Feed * f)
{
  g_snprintf (f->name, sizeof (f->name), "sink_s%u", f->index);
  f->rand = g_rand_new_with_seed (f->soak->seed * 100 + f->index);
  g_mutex_init (&f->lock);
  f->width = 3;
  plug (f);
  f->thread = g_thread_new (f->name, run, f);
}

/* After `stop` was set. */
void
feed_stop (Feed * f)
{
  g_thread_join (f->thread);
  g_rand_free (f->rand);
}
