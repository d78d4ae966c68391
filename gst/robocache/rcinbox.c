/* SPDX-License-Identifier: Apache-2.0 */
#include "rcinbox.h"

void
gst_rc_inbox_init (GstRcInbox * box)
{
  g_mutex_init (&box->lock);
  g_cond_init (&box->space);
}

static GstBuffer *
pop (GstRcInbox * box)
{
  GstBuffer *buffer = box->buffers[box->head];

  box->head = (box->head + 1) % GST_RC_INBOX_BUFFERS;
  box->n--;
  box->bytes -= gst_buffer_get_size (buffer);
  return buffer;
}

static void
drop_all (GstRcInbox * box)
{
  while (box->n > 0)
    gst_buffer_unref (pop (box));
}

void
gst_rc_inbox_clear (GstRcInbox * box)
{
  drop_all (box);
  g_mutex_clear (&box->lock);
  g_cond_clear (&box->space);
}

static gboolean
is_full (const GstRcInbox * box)
{
  return box->n == GST_RC_INBOX_BUFFERS || (box->n > 0
      && box->bytes > GST_RC_INBOX_BYTES);
}

gboolean
gst_rc_inbox_put (GstRcInbox * box, GstBuffer * buffer, gboolean bypass)
{
  gboolean taken = FALSE;

  g_mutex_lock (&box->lock);
  while ((is_full (box) || box->handing) && !box->closed && !box->discard) {
    box->waiting = TRUE;
    g_cond_wait (&box->space, &box->lock);
  }
  box->waiting = FALSE;
  /* what is in the box is older, so that it cannot be passed */
  if (box->discard) {
    gst_buffer_unref (buffer);
    taken = TRUE;
  } else if (!box->closed && (box->n > 0 || (!bypass && box->in_base > 0))) {
    box->buffers[(box->head + box->n++) % GST_RC_INBOX_BUFFERS] = buffer;
    box->bytes += gst_buffer_get_size (buffer);
    taken = TRUE;
  } else {
    box->in_base++;
  }
  g_mutex_unlock (&box->lock);
  return taken;
}

void
gst_rc_inbox_not_chained (GstRcInbox * box)
{
  g_mutex_lock (&box->lock);
  if (box->in_base > 0)
    box->in_base--;
  g_mutex_unlock (&box->lock);
}

GstBuffer *
gst_rc_inbox_drain (GstRcInbox * box)
{
  GstBuffer *buffer = NULL;

  g_mutex_lock (&box->lock);
  while (box->handing)
    g_cond_wait (&box->space, &box->lock);
  if (box->n > 0) {
    box->draining = TRUE;
    box->in_base++;
    buffer = pop (box);
  }
  g_mutex_unlock (&box->lock);
  return buffer;
}

void
gst_rc_inbox_event (GstRcInbox * box)
{
  g_mutex_lock (&box->lock);
  box->draining = FALSE;
  box->events++;
  g_mutex_unlock (&box->lock);
}

GstBuffer *
gst_rc_inbox_event_done (GstRcInbox * box, gboolean ready)
{
  GstBuffer *buffer = NULL;

  g_mutex_lock (&box->lock);
  if (box->events > 0)
    box->events--;
  if (!ready && box->events == 0 && box->in_base == 0 && box->n > 0
      && !box->draining) {
    box->in_base++;
    box->handing = TRUE;
    buffer = pop (box);
  }
  g_mutex_unlock (&box->lock);
  return buffer;
}

void
gst_rc_inbox_handed (GstRcInbox * box)
{
  g_mutex_lock (&box->lock);
  box->handing = FALSE;
  g_cond_broadcast (&box->space);
  g_mutex_unlock (&box->lock);
}

/* A flush in between has emptied the base class's queue. */
static void
count_out (GstRcInbox * box, guint epoch)
{
  if (box->epoch == epoch && box->in_base > 0)
    box->in_base--;
}

GstBuffer *
gst_rc_inbox_take (GstRcInbox * box, guint held, gboolean leave, guint epoch)
{
  GstBuffer *buffer = NULL;

  g_mutex_lock (&box->lock);
  if (box->n > 0 && !box->draining && box->events == 0 && box->in_base <= held) {
    buffer = pop (box);
    if (box->waiting && box->n <= GST_RC_INBOX_BUFFERS / 2 && !is_full (box))
      g_cond_signal (&box->space);
  } else if (leave && held) {
    count_out (box, epoch);
  }
  g_mutex_unlock (&box->lock);
  return buffer;
}

void
gst_rc_inbox_popped (GstRcInbox * box, guint epoch)
{
  g_mutex_lock (&box->lock);
  count_out (box, epoch);
  g_mutex_unlock (&box->lock);
}

guint
gst_rc_inbox_epoch (GstRcInbox * box)
{
  guint epoch;

  g_mutex_lock (&box->lock);
  epoch = box->epoch;
  g_mutex_unlock (&box->lock);
  return epoch;
}

void
gst_rc_inbox_close (GstRcInbox * box)
{
  g_mutex_lock (&box->lock);
  box->closed = TRUE;
  drop_all (box);
  g_cond_signal (&box->space);
  g_mutex_unlock (&box->lock);
}

void
gst_rc_inbox_discard (GstRcInbox * box)
{
  g_mutex_lock (&box->lock);
  box->discard = TRUE;
  drop_all (box);
  g_cond_signal (&box->space);
  g_mutex_unlock (&box->lock);
}

void
gst_rc_inbox_open (GstRcInbox * box)
{
  g_mutex_lock (&box->lock);
  box->closed = box->discard = box->draining = FALSE;
  box->in_base = box->events = 0;
  box->epoch++;
  g_mutex_unlock (&box->lock);
}
