/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold of every output, and of the counts at the end. */
#include "soak.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rcmeta.h"
#include "resample/resample.h"

/* Lateness of the control thread from which on a machine is too busy to say
 * anything about ours. */
#define BUSY (2 * MS)

void
complain (Soak * s, const gchar * format, ...)
{
  va_list args;

  g_mutex_lock (&s->lock);
  if (s->complaints++ < 20) {
    va_start (args, format);
    g_string_append_vprintf (s->wrong, format, args);
    va_end (args);
    g_string_append_c (s->wrong, '\n');
  }
  g_mutex_unlock (&s->lock);
}

/* ---- the machine ---- */

/* Wakes up every ms: what it is late by, every thread here may be late by. */
static gpointer
watch_machine (gpointer data)
{
  Soak *s = data;

  for (gint64 i = 0; !g_atomic_int_get (&s->stop); i++) {
    gint64 late = soak_wait (s, i * MS);

    g_mutex_lock (&s->lock);
    s->lateness[i % G_N_ELEMENTS (s->lateness)] = late;
    s->woken = i + 1;
    gst_rc_hist_add (&s->lateness_hist, late);
    g_mutex_unlock (&s->lock);
  }
  return NULL;
}

/* The worst from running time `from` on. With the lock. */
static gint64
worst_lateness (Soak * s, gint64 from)
{
  const gint64 now = soak_now (s), kept = G_N_ELEMENTS (s->lateness);
  gint64 worst = now - s->woken * MS;   /* it has not woken up for these yet */

  for (gint64 i = MAX (from / MS - 1, MAX (0, s->woken - kept)); i < s->woken;
      i++)
    worst = MAX (worst, s->lateness[i % kept]);
  return worst;
}

/* ---- outputs ---- */

static void
take_caps (Soak * s, GstCaps * caps)
{
  const GstStructure *st = gst_caps_get_structure (caps, 0);
  gchar **dims = g_strsplit (gst_structure_get_string (st, "dimensions"), ",",
      -1);

  gst_caps_replace (&s->caps, caps);
  g_strfreev (s->streams);
  s->streams = g_strsplit (gst_structure_get_string (st, "aligned"), ",", -1);
  if (g_strv_length (dims) != g_strv_length (s->streams)
      || g_strv_length (dims) > MAX_FEEDS)
    complain (s, "caps: not one tensor per stream: %s",
        gst_structure_get_string (st, "dimensions"));
  else
    for (guint i = 0; dims[i]; i++)
      s->widths[i] = atoi (dims[i]);
  g_strfreev (dims);
}

/* The values of one stream at one tick. */
static void
check_stream (Soak * s, const GstRcProvenance * p, guint i, const gdouble * v,
    guint width, gint64 pts)
{
  const guint8 state = p->state[i];
  const gint64 newest = p->newest[i];
  gdouble expected = NAN;

  switch (state) {
    case RC_STATE_MISSING:
      s->missing++;
      break;
    case RC_STATE_MEASURED:
      s->measured++;
      expected = pts / 1e9;
      break;
    case RC_STATE_INTERPOLATED:
      s->interpolated++;
      /* on a line through the samples; a mean ends at the tick */
      expected = v[0];
      if (!(v[0] <= newest / 1e9 + 1e-6 && v[0] > newest / 1e9 - 0.5))
        complain (s, "stream %s at %" GST_TIME_FORMAT ": %.9f is interpolated "
            "up to %" G_GINT64_FORMAT, s->streams[i], GST_TIME_ARGS (pts), v[0],
            newest);
      break;
    case RC_STATE_HELD:
      s->held++;
      expected = newest / 1e9;
      break;
    case RC_STATE_LATER:
      expected = newest / 1e9;
      break;
    default:
      complain (s, "stream %s at %" GST_TIME_FORMAT ": state %u",
          s->streams[i], GST_TIME_ARGS (pts), state);
      return;
  }
  for (guint c = 0; c < width; c++) {
    if (state == RC_STATE_MISSING ? !isnan (v[c]) :
        !(fabs (v[c] - c - expected) < 1e-6))
      complain (s, "stream %s at %" GST_TIME_FORMAT ": channel %u is %.9f in "
          "state %u, newest %" G_GINT64_FORMAT, s->streams[i],
          GST_TIME_ARGS (pts), c, v[c], state, newest);
    s->values++;
  }
}

static void
check_content (Soak * s, GstBuffer * buffer, gint64 pts)
{
  guint n = g_strv_length (s->streams);
  GstRcProvenance p;

  if (!gst_rc_provenance_get (buffer, &p) || p.n_streams != n
      || gst_buffer_n_memory (buffer) != n) {
    complain (s, "output at %" GST_TIME_FORMAT " has %u memories for %u "
        "streams, or no provenance", GST_TIME_ARGS (pts),
        gst_buffer_n_memory (buffer), n);
    return;
  }
  s->deadlines += p.deadline != 0;
  for (guint i = 0; i < n; i++) {
    GstMemory *memory = gst_buffer_peek_memory (buffer, i);
    GstMapInfo map;

    gst_memory_map (memory, &map, GST_MAP_READ);
    if (map.size == s->widths[i] * sizeof (gdouble))
      check_stream (s, &p, i, (const gdouble *) (gpointer) map.data,
          s->widths[i], pts);
    else
      complain (s, "stream %s at %" GST_TIME_FORMAT ": %" G_GSIZE_FORMAT
          " bytes for %u channels", s->streams[i], GST_TIME_ARGS (pts),
          map.size, s->widths[i]);
    gst_memory_unmap (memory, &map);
  }
}

static void
check_time (Soak * s, gint64 pts)
{
  const gint64 now = soak_now (s), tick = GST_SECOND / s->ticks;
  const gint64 k = pts / tick;
  gint64 late, latency, between = 0, due;

  if (pts % tick || k <= s->last_tick)
    complain (s, "output at %" GST_TIME_FORMAT " after tick %" G_GINT64_FORMAT,
        GST_TIME_ARGS (pts), s->last_tick);
  if (s->last_tick >= 0) {
    between = MAX (0, k - s->last_tick - 1);
    s->holes += between;
    s->worst_stall =
        MAX (s->worst_stall, now - s->last_arrival - between * tick);
  } else {
    s->unseen += (now - s->last_arrival) / tick + 1;
    s->restart = now;
  }
  s->last_tick = k;
  s->last_arrival = now;
  g_mutex_lock (&s->lock);
  latency = s->latency;
  /* a stream whose clock is slow may make the ticks begin in the past */
  due = MAX (pts, s->restart) + latency + tick;
  late = now - due;
  s->worst_late = MAX (s->worst_late, late);
  /* A machine that has just kept a thread waiting that does nothing else, keeps
   * the feeders and the mux waiting too, one after the other. */
  if (late > 0 && (s->slow
          || worst_lateness (s, pts - (gint64) GST_SECOND) > BUSY)) {
    s->unjudged++;
    late = 0;
  }
  g_mutex_unlock (&s->lock);
  if (late > 0)
    complain (s,
        "output at %" GST_TIME_FORMAT " came %.3f ms later than latency "
        "%.3f ms + one tick, and this machine was not that late",
        GST_TIME_ARGS (pts), late / 1e6, latency / 1e6);
}

static GstFlowReturn
take_output (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  Soak *s = gst_pad_get_element_private (pad);
  GstCaps *caps = gst_pad_get_current_caps (pad);
  const gint64 pts = GST_BUFFER_PTS (buffer);

  if (!s->caps || !gst_caps_is_equal (caps, s->caps))
    take_caps (s, caps);
  gst_caps_unref (caps);
  check_time (s, pts);
  check_content (s, buffer, pts);
  s->out++;
  gst_buffer_unref (buffer);
  return GST_FLOW_OK;
}

/* That can have been dropped since an output or a seek. */
static guint64
ticks_since_output (Soak * s)
{
  return (soak_now (s) - s->last_arrival) / (gint64) (GST_SECOND / s->ticks)
      + 1;
}

static gboolean
take_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  Soak *s = gst_pad_get_element_private (pad);

  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS && !g_atomic_int_get (&s->stop))
    complain (s, "EOS came out");
  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP) {
    /* how many ticks there were, and from when, does not show here */
    s->unseen += ticks_since_output (s) + 4 * s->ticks;
    s->last_tick = -1;
    s->last_arrival = soak_now (s);
  }
  gst_event_unref (event);
  return TRUE;
}

/* Without a template a pad takes the first caps only. */
static GstStaticPadTemplate any = GST_STATIC_PAD_TEMPLATE ("soak",
    GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

void
checks_start (Soak * s)
{
  GstPad *src = gst_element_get_static_pad (s->mux, "src");

  g_mutex_init (&s->lock);
  s->wrong = g_string_new (NULL);
  s->last_tick = -1;
  s->worst_late = G_MININT64;
  s->sink = gst_pad_new_from_static_template (&any, "soak");
  gst_pad_set_chain_function (s->sink, take_output);
  gst_pad_set_event_function (s->sink, take_event);
  gst_pad_set_element_private (s->sink, s);
  gst_pad_set_active (s->sink, TRUE);
  gst_pad_link (src, s->sink);
  gst_object_unref (src);
}

/* The machine's watch needs a clock that runs. */
void
checks_watch (Soak * s)
{
  s->control = g_thread_new ("control", watch_machine, s);
}

void
checks_stop (Soak * s)
{
  gst_pad_set_active (s->sink, FALSE);
  gst_object_unref (s->sink);
  gst_caps_replace (&s->caps, NULL);
  g_strfreev (s->streams);
  g_string_free (s->wrong, TRUE);
  g_mutex_clear (&s->lock);
}

/* ---- the end ---- */

static guint64
mux_stat (Soak * s, const gchar * field)
{
  GstStructure *stats;
  guint64 value = 0;

  g_object_get (s->mux, "stats", &stats, NULL);
  if (!gst_structure_get_uint64 (stats, field, &value))
    complain (s, "no stats field %s", field);
  gst_structure_free (stats);
  return value;
}

#define SAME(what, a, b)                                                \
  if ((a) != (b))                                                       \
    complain (s, "%s: " what ": %" G_GUINT64_FORMAT " and %" G_GUINT64_FORMAT, \
        f->name, (guint64) (a), (guint64) (b))

void
check_books (Soak * s)
{
  const guint64 dropped = mux_stat (s, "dropped");
  const guint64 skipped = mux_stat (s, "skipped");
  guint64 rest;

  if (mux_stat (s, "out") != s->out)
    complain (s,
        "the mux says %" G_GUINT64_FORMAT " outputs, %" G_GUINT64_FORMAT
        " came", mux_stat (s, "out"), s->out);
  /* A tick that has no output was dropped by late-policy, and is counted. Those
   * after the last output, and around a seek, show in the counter alone. */
  rest = s->unseen + ticks_since_output (s);
  if (skipped || dropped < s->holes || dropped > s->holes + rest)
    complain (s, "%" G_GUINT64_FORMAT " ticks have no output (and up to %"
        G_GUINT64_FORMAT " unseen), %" G_GUINT64_FORMAT " were dropped, %"
        G_GUINT64_FORMAT " skipped", s->holes, rest, dropped, skipped);
  for (guint i = 0; i < s->n_feeds; i++) {
    const Feed *f = &s->feeds[i];
    const Book *b = &f->book;

    if (f->wrong)
      complain (s, "%s: %s", f->name, f->wrong);
    SAME ("sent, and in + flushed + queued", f->sent,
        b->in + b->flushed + b->queued);
    SAME ("in, and used + unused + dropped", b->in,
        b->used + b->unused + b->dropped);
    SAME ("dropped, and its causes", b->dropped, b->duplicates + b->backwards
        + b->ahead + b->no_time + b->no_reference + b->bad_size);
    SAME ("kept, and used + unused", b->kept, b->used + b->unused);
    if (b->late > b->kept)
      complain (s, "%s: more late than kept", f->name);
    /* those that went by a flush or a release may have been such */
    if (b->no_time > f->faults[FAULT_NO_TIME]
        || b->bad_size > f->faults[FAULT_SIZE])
      complain (s, "%s: more drops than there were bad samples", f->name);
    if (b->no_time + b->flushed + b->queued < f->faults[FAULT_NO_TIME]
        || b->bad_size + b->flushed + b->queued < f->faults[FAULT_SIZE])
      complain (s, "%s: bad samples that no drop tells of", f->name);
  }
}
