/* SPDX-License-Identifier: Apache-2.0 */
/* How buffers reach the histories.
 *
 * A pad is read only as far as the tick at hand needs, in the order in which its
 * buffers and events came: then what a tick sees is a function of the stream
 * alone, whatever arrived meanwhile. A sample of new caps, or of a clock that
 * was set back, cannot take the place of one that an earlier tick still needs.
 *
 * Not live, the base class's queue (and the inbox before it) is read directly.
 * Live, everything there moves to `waiting` at once, so that a sensor never
 * blocks; how much waits is bounded by the latency, and before the first tick by
 * absorb (). */
#include "rcalignerpriv.h"

GST_DEBUG_CATEGORY_EXTERN (gst_rc_aligner_debug);
#define GST_CAT_DEFAULT gst_rc_aligner_debug

/* Kept beyond the latency while the first tick is not known. */
#define START_HISTORY (200 * (gint64) GST_MSECOND)

gboolean
gst_rc_aligner_is_base_gap (GstBuffer * buffer)
{
  return GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP)
      && GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DROPPABLE)
      && gst_buffer_n_memory (buffer) == 0;
}

/* ---- one item ---- */

/* To others, which the samples so far do not have. */
static gboolean
changes_caps (GstRcAlignerPad * pad, GstEvent * event)
{
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS || !pad->caps)
    return FALSE;
  gst_event_parse_caps (event, &caps);
  return !gst_caps_is_equal (pad->caps, caps);
}

static gboolean
set_caps (GstRcAligner * self, GstRcAlignerPad * pad, GstCaps * caps)
{
  GstRcAlignerRun *run = &gst_rc_aligner_get_private (self)->run;
  GError *error = NULL;

  if (pad->caps && gst_caps_is_equal (pad->caps, caps))
    return TRUE;
  gst_caps_replace (&pad->caps, caps);
  run->dirty = TRUE;
  if (gst_rc_stream_set_caps (pad->stream, caps, run->backend
          == GST_RC_BACKEND_CUDA, &error))
    return TRUE;
  run->failed = TRUE;
  return gst_rc_aligner_fail (self, pad, error);
}

/* Frees the event. */
static gboolean
apply_event (GstRcAligner * self, GstRcAlignerPad * pad, GstEvent * event)
{
  GstRcAlignerRun *run = &gst_rc_aligner_get_private (self)->run;
  gboolean ok = TRUE;
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:
      gst_event_parse_caps (event, &caps);
      pad->marks += changes_caps (pad, event);
      ok = set_caps (self, pad, caps);
      break;
    case GST_EVENT_SEGMENT:
      gst_event_copy_segment (event, &pad->segment);
      break;
    default:
      /* an episode; a replay has its own, and several pads bring the same */
      if (run->replay || gst_event_get_seqnum (event) == run->episode_seqnum)
        break;
      run->episode_seqnum = gst_event_get_seqnum (event);
      gst_event_replace (&run->episode, event);
      break;
  }
  gst_event_unref (event);
  return ok;
}

gboolean
gst_rc_aligner_queue_event (GstRcAligner * self, GstRcAlignerPad * pad,
    GstEvent * event)
{
  gst_rc_aligner_take_flush (self, pad);
  /* a pad without caps has nothing that these could spoil */
  if (g_queue_is_empty (&pad->waiting)
      && pad->stream->kind == GST_RC_STREAM_NONE)
    return apply_event (self, pad, gst_event_ref (event));
  g_queue_push_tail (&pad->waiting, gst_event_ref (event));
  return TRUE;
}

static void
ingest (GstRcAligner * self, GstRcAlignerPad * pad, GstBuffer * buffer)
{
  GstRcStreamStats *st = &pad->stream->stats;
  const guint64 no_time = st->no_time, kept = st->kept, resets = st->resets,
      losses = st->losses, no_reference = st->no_reference;
  const gint64 last = st->last_time;
  gchar *reason;

  gst_rc_stream_push (pad->stream, buffer, &pad->segment, &reason);
  pad->marks += st->losses - losses;
  /* it would have been in a tick that its deadline has sent on its way */
  if (st->kept > kept && pad->overdue != RC_TIME_NONE
      && st->last_time <= pad->overdue)
    st->late += st->kept - kept;
  if (st->resets > resets) {
    pad->overdue = RC_TIME_NONE;
    gst_rc_aligner_report_jump (self, pad, last, st->last_time);
  }
  if (reason && !pad->warned_size && !pad->warning) {
    pad->warned_size = TRUE;
    pad->warning = reason;
    reason = NULL;
  } else if (st->no_time > no_time && !pad->warned_time && !pad->warning) {
    pad->warned_time = TRUE;
    pad->warning = g_strdup_printf ("a buffer without a PTS, or outside its "
        "segment (PTS %" GST_TIME_FORMAT ")",
        GST_TIME_ARGS (GST_BUFFER_PTS (buffer)));
  } else if (st->no_reference > no_reference && !pad->warned_reference
      && !pad->warning) {
    pad->warned_reference = TRUE;
    pad->warning = gst_rc_stream_clock_complaint (&pad->stream->clock, buffer);
  }
  g_free (reason);
}

static void
take_buffer (GstRcAligner * self, GstRcAlignerPad * pad, GstBuffer * buffer)
{
  pad->stream->stats.buffers += !gst_rc_aligner_is_base_gap (buffer);
  if (pad->stream->kind != GST_RC_STREAM_NONE) {
    ingest (self, pad, buffer);
  } else if (gst_buffer_get_size (buffer) > 0) {
    /* caps come in order, before: upstream sent none */
    pad->stream->stats.in++;
    pad->stream->stats.bad_size++;
  }
  gst_buffer_unref (buffer);
}

void
gst_rc_aligner_clear_waiting (GstRcAlignerPad * pad)
{
  g_queue_clear_full (&pad->waiting, (GDestroyNotify) gst_mini_object_unref);
}

/* After a flush only the caps of what was waiting still hold. */
void
gst_rc_aligner_take_flush (GstRcAligner * self, GstRcAlignerPad * pad)
{
  GstMiniObject *item;

  if (!g_atomic_int_compare_and_exchange (&pad->flushed, TRUE, FALSE))
    return;
  gst_rc_stream_reset (pad->stream);
  GST_OBJECT_LOCK (pad);
  pad->stream->stats.flushed =
      pad->arrived_at_flush - pad->stream->stats.buffers;
  GST_OBJECT_UNLOCK (pad);
  pad->head_taken = pad->next_gap_missing = FALSE;
  pad->overdue = pad->absorbed_to = RC_TIME_NONE;
  while ((item = g_queue_pop_head (&pad->waiting))) {
    if (GST_IS_EVENT (item) && GST_EVENT_TYPE (item) == GST_EVENT_CAPS)
      apply_event (self, pad, GST_EVENT (item));
    else
      gst_mini_object_unref (item);
  }
}

/* ---- the base class's queue ---- */

static void
mark_gap (GstRcAlignerPad * pad, GstBuffer ** buffer)
{
  if (!pad->next_gap_missing)
    return;
  *buffer = gst_buffer_make_writable (*buffer);
  GST_BUFFER_FLAG_SET (*buffer, GST_RC_BUFFER_FLAG_MISSING);
  pad->next_gap_missing = FALSE;
}

/* Moves what has arrived to `waiting`. */
static void
collect (GstRcAlignerPad * pad)
{
  GstAggregatorPad *aggpad = GST_AGGREGATOR_PAD (pad);
  GstBuffer *buffer;

  /* it was not live before, and this one is in the history */
  if (pad->head_taken) {
    gst_aggregator_pad_drop_buffer (aggpad);
    pad->head_taken = FALSE;
  }
  for (;;) {
    guint epoch = gst_rc_inbox_epoch (&pad->inbox);

    /* what is in the box is younger */
    buffer = gst_aggregator_pad_pop_buffer (aggpad);
    if (!buffer)
      buffer = gst_rc_inbox_take (&pad->inbox, 0, FALSE, 0);
    else if (gst_rc_aligner_is_base_gap (buffer))
      mark_gap (pad, &buffer);
    else
      gst_rc_inbox_popped (&pad->inbox, epoch);
    if (!buffer)
      return;
    g_queue_push_tail (&pad->waiting, buffer);
  }
}

/* Not live: the base class keeps the last buffer that it had, so that the pad is
 * ready for as long as it is not behind. */
static GstBuffer *
read_queue (GstRcAlignerPad * pad)
{
  GstAggregatorPad *aggpad = GST_AGGREGATOR_PAD (pad);
  guint held = pad->head_taken && !pad->head_is_gap ? 1 : 0;
  GstBuffer *buffer = NULL;

  /* A GAP that was made a buffer just now is older than what is in the box. */
  if (pad->head_taken || !gst_aggregator_pad_has_buffer (aggpad)) {
    buffer = gst_rc_inbox_take (&pad->inbox, held, FALSE, 0);
    /* This thread may have been woken in place of the one that fills the box: let
     * that one go on first, so that a hand-over moves a batch and not a buffer. */
    if (!buffer && held)
      g_thread_yield ();
    if (!buffer)
      buffer = gst_rc_inbox_take (&pad->inbox, held, TRUE, pad->head_epoch);
  }
  if (buffer)
    return buffer;
  if (pad->head_taken)
    gst_aggregator_pad_drop_buffer (aggpad);
  pad->head_taken = FALSE;
  pad->head_epoch = gst_rc_inbox_epoch (&pad->inbox);
  buffer = gst_aggregator_pad_peek_buffer (aggpad);
  if (!buffer)
    return NULL;
  pad->head_is_gap = gst_rc_aligner_is_base_gap (buffer);
  pad->head_taken = TRUE;
  if (pad->head_is_gap)
    mark_gap (pad, &buffer);
  return buffer;
}

static gboolean
buffer_follows (GstRcAlignerPad * pad)
{
  for (GList * l = pad->waiting.head; l; l = l->next) {
    if (GST_IS_BUFFER (l->data))
      return TRUE;
  }
  return gst_aggregator_pad_has_buffer (GST_AGGREGATOR_PAD (pad));
}

gboolean
gst_rc_aligner_take_next (GstRcAligner * self, GstRcAlignerPad * pad)
{
  GstRcAlignerRun *run = &gst_rc_aligner_get_private (self)->run;
  GstMiniObject *item;
  GstBuffer *buffer;

  gst_rc_aligner_take_flush (self, pad);
  /* new caps: nothing more is read before the streams are configured */
  if (run->dirty)
    return FALSE;
  item = g_queue_peek_head (&pad->waiting);
  if (item && GST_IS_EVENT (item)) {
    /* it belongs to the buffer that follows: alone it must not change a tick,
     * which would then depend on when the event came */
    if (!buffer_follows (pad))
      return FALSE;
    /* with the base class's lock held no message may be posted */
    if (changes_caps (pad, GST_EVENT (item))
        && gst_rc_stream_begin_anew (pad->stream))
      return TRUE;
    if (run->looking) {
      run->event_due = TRUE;
      return FALSE;
    }
    apply_event (self, pad, GST_EVENT (g_queue_pop_head (&pad->waiting)));
    return !run->dirty;
  }
  buffer = item ? GST_BUFFER (g_queue_pop_head (&pad->waiting)) :
      run->live ? NULL : read_queue (pad);
  if (!buffer)
    return FALSE;
  if (gst_rc_stream_holds_back (pad->stream, buffer, &pad->segment)) {
    g_queue_push_head (&pad->waiting, buffer);
    return TRUE;
  }
  take_buffer (self, pad, buffer);
  return TRUE;
}

void
gst_rc_aligner_update_eos (GstRcAlignerPad * pad)
{
  GstAggregatorPad *aggpad = GST_AGGREGATOR_PAD (pad);

  pad->stream->eos = gst_aggregator_pad_is_eos (aggpad)
      && !buffer_follows (pad);
}

gboolean
gst_rc_aligner_advance (GstRcAligner * self, GstRcAlignerPad * pad, gint64 tick)
{
  guint taken = 0;

  gst_rc_aligner_take_flush (self, pad);
  gst_rc_aligner_update_eos (pad);
  while (!gst_rc_stream_decided (pad->stream, tick)) {
    if (!gst_rc_aligner_take_next (self, pad)) {
      gst_rc_aligner_update_eos (pad);
      return pad->stream->eos;
    }
    /* a stream that starts long before the others must not pile up */
    if (++taken % 64 == 0)
      gst_rc_stream_trim (pad->stream, tick);
  }
  return TRUE;
}

/* Time of the next buffer that waits; FALSE when none does. */
static gboolean
next_waiting (GstRcAlignerPad * pad, gint64 * time)
{
  const GstSegment *segment = &pad->segment;

  for (GList * l = pad->waiting.head; l; l = l->next) {
    if (GST_IS_BUFFER (l->data)) {
      *time = RC_TIME_NONE;
      gst_rc_stream_running_time (pad->stream, segment,
          GST_BUFFER_PTS (l->data), time);
      return TRUE;
    }
    if (GST_EVENT_TYPE (l->data) == GST_EVENT_SEGMENT)
      gst_event_parse_segment (l->data, &segment);
  }
  return FALSE;
}

/* No tick is known yet. What is older than any that comes in time can need is
 * read and forgotten, so that a long wait does not fill the memory. */
static void
absorb (GstRcAligner * self, GstRcAlignerPad * pad, gint64 old)
{
  gint64 time;

  /* a tick from `old` on reads past both of these anyway */
  while (pad->stream->horizon < gst_rc_stream_reads_to (pad->stream, old)
      && next_waiting (pad, &time) && time < old) {
    /* (`old` goes back where the latency grows) */
    pad->absorbed_to = MAX (pad->absorbed_to, old);
    /* passes a gap before what comes after it is read; one that lasts longer is
     * for a tick to pass */
    if (gst_rc_stream_decided (pad->stream, old)
        || !gst_rc_aligner_take_next (self, pad))
      break;
    gst_rc_stream_trim (pad->stream, old);
  }
}

void
gst_rc_aligner_collect (GstRcAligner * self)
{
  GstRcAlignerRun *run = &gst_rc_aligner_get_private (self)->run;
  gboolean wait = !run->replay && (!run->started
      || (run->master && !run->have_tick));

  run->have_now = gst_rc_aligner_running_now (self, &run->now);
  wait = wait && run->have_now;
  for (guint i = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);

    gst_rc_aligner_take_flush (self, pad);
    collect (pad);
    if (wait && (pad != run->master || !run->started))
      absorb (self, pad, run->now - (gint64) run->latency - START_HISTORY);
  }
}
