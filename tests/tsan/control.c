/* SPDX-License-Identifier: Apache-2.0 */
/* What ThreadSanitizer must see and what it must not: two threads that count, in
 * memory from GLib, with a lock that nobody initialised ("locked"), handing the
 * turn to each other through a condition and a queue ("ordered"), or with nothing
 * between them ("race"). */
#include <glib.h>
#include <string.h>

static struct
{
  GMutex lock;
  GCond cond;
  GAsyncQueue *queue;
  gint turn, *count;
  const gchar *how;
} shared;

static gpointer
add (gpointer data)
{
  gint me = GPOINTER_TO_INT (data);

  for (gint i = 0; i < 10000; i++) {
    if (g_str_equal (shared.how, "locked")) {
      g_mutex_lock (&shared.lock);
      (*shared.count)++;
      g_mutex_unlock (&shared.lock);
    } else if (g_str_equal (shared.how, "ordered")) {
      g_mutex_lock (&shared.lock);
      while (shared.turn != me)
        g_cond_wait_until (&shared.cond, &shared.lock,
            g_get_monotonic_time () + G_TIME_SPAN_SECOND);
      g_mutex_unlock (&shared.lock);
      (*shared.count)++;        /* in turn: no lock is needed */
      g_mutex_lock (&shared.lock);
      shared.turn = !me;
      g_cond_signal (&shared.cond);
      g_mutex_unlock (&shared.lock);
    } else {
      (*shared.count)++;
    }
  }
  g_async_queue_push (shared.queue, shared.count);
  return NULL;
}

int
main (int argc, char **argv)
{
  GThread *threads[2];

  shared.how = argc > 1 ? argv[1] : "race";
  shared.count = g_new0 (gint, 1);
  shared.queue = g_async_queue_new ();
  for (gint i = 0; i < 2; i++)
    threads[i] = g_thread_new ("add", add, GINT_TO_POINTER (i));
  for (gint i = 0; i < 2; i++)
    g_async_queue_pop (shared.queue);
  g_print ("%d\n", *shared.count);      /* the queue says that both are done */
  for (gint i = 0; i < 2; i++)
    g_thread_join (threads[i]);
  g_async_queue_unref (shared.queue);
  g_free (shared.count);
  return 0;
}
