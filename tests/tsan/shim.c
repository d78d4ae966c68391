/* SPDX-License-Identifier: Apache-2.0 */
/* For ThreadSanitizer only: GLib's locks on pthreads, preloaded in front of GLib.
 *
 * GLib makes GMutex and GCond of raw futexes, in a library that is not
 * instrumented: ThreadSanitizer sees neither the lock nor the order that it makes,
 * and calls a correctly locked counter a race. Here each of them is a pthread lock
 * that hangs off the same word, which the sanitizer knows. GAsyncQueue,
 * g_once_init_enter () and reference counts make an order too, in libraries that
 * are not instrumented: those are told to it by annotations. Threads need nothing:
 * GLib calls pthread_create () and pthread_join ().
 *
 * GLib's calls within itself do not come here; it locks its own mutexes only, so
 * no lock is taken in both ways. */
#include <dlfcn.h>
#include <gst/gst.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

void __tsan_acquire (void *address);
void __tsan_release (void *address);

/* The lock behind a word that is NULL at first, also in a static GMutex. */
static void *
lock_behind (gpointer * word, size_t size, void (*init) (void *))
{
  void *lock = __atomic_load_n (word, __ATOMIC_ACQUIRE), *none = NULL;

  if (lock) {
    __tsan_acquire (word);
    return lock;
  }
  lock = calloc (1, size);
  init (lock);
  __tsan_release (word);
  if (__atomic_compare_exchange_n (word, &none, lock, 0, __ATOMIC_ACQ_REL,
          __ATOMIC_ACQUIRE))
    return lock;
  free (lock);
  __tsan_acquire (word);
  return none;
}

/* ---- GMutex ---- */

static void
mutex_init (void *lock)
{
  pthread_mutex_init (lock, NULL);
}

static pthread_mutex_t *
mutex (GMutex * m)
{
  return lock_behind (&m->p, sizeof (pthread_mutex_t), mutex_init);
}

void
g_mutex_init (GMutex * m)
{
  m->p = NULL;
}

void
g_mutex_clear (GMutex * m)
{
  if (!m->p)
    return;
  pthread_mutex_destroy (m->p);
  free (m->p);
  m->p = NULL;
}

void
g_mutex_lock (GMutex * m)
{
  pthread_mutex_lock (mutex (m));
}

gboolean
g_mutex_trylock (GMutex * m)
{
  return pthread_mutex_trylock (mutex (m)) == 0;
}

void
g_mutex_unlock (GMutex * m)
{
  pthread_mutex_unlock (mutex (m));
}

/* ---- GRecMutex ---- */

static void
rec_mutex_init (void *lock)
{
  pthread_mutexattr_t attributes;

  pthread_mutexattr_init (&attributes);
  pthread_mutexattr_settype (&attributes, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init (lock, &attributes);
  pthread_mutexattr_destroy (&attributes);
}

static pthread_mutex_t *
rec_mutex (GRecMutex * m)
{
  return lock_behind (&m->p, sizeof (pthread_mutex_t), rec_mutex_init);
}

void
g_rec_mutex_init (GRecMutex * m)
{
  m->p = NULL;
}

void
g_rec_mutex_clear (GRecMutex * m)
{
  if (!m->p)
    return;
  pthread_mutex_destroy (m->p);
  free (m->p);
  m->p = NULL;
}

void
g_rec_mutex_lock (GRecMutex * m)
{
  pthread_mutex_lock (rec_mutex (m));
}

gboolean
g_rec_mutex_trylock (GRecMutex * m)
{
  return pthread_mutex_trylock (rec_mutex (m)) == 0;
}

void
g_rec_mutex_unlock (GRecMutex * m)
{
  pthread_mutex_unlock (rec_mutex (m));
}

/* ---- GRWLock ---- */

static void
rw_lock_init (void *lock)
{
  pthread_rwlock_init (lock, NULL);
}

static pthread_rwlock_t *
rw_lock (GRWLock * l)
{
  return lock_behind (&l->p, sizeof (pthread_rwlock_t), rw_lock_init);
}

void
g_rw_lock_init (GRWLock * l)
{
  l->p = NULL;
}

void
g_rw_lock_clear (GRWLock * l)
{
  if (!l->p)
    return;
  pthread_rwlock_destroy (l->p);
  free (l->p);
  l->p = NULL;
}

void
g_rw_lock_reader_lock (GRWLock * l)
{
  pthread_rwlock_rdlock (rw_lock (l));
}

gboolean
g_rw_lock_reader_trylock (GRWLock * l)
{
  return pthread_rwlock_tryrdlock (rw_lock (l)) == 0;
}

void
g_rw_lock_reader_unlock (GRWLock * l)
{
  pthread_rwlock_unlock (rw_lock (l));
}

void
g_rw_lock_writer_lock (GRWLock * l)
{
  pthread_rwlock_wrlock (rw_lock (l));
}

gboolean
g_rw_lock_writer_trylock (GRWLock * l)
{
  return pthread_rwlock_trywrlock (rw_lock (l)) == 0;
}

void
g_rw_lock_writer_unlock (GRWLock * l)
{
  pthread_rwlock_unlock (rw_lock (l));
}

/* ---- GCond ---- */

static void
cond_init (void *cond)
{
  pthread_condattr_t attributes;

  pthread_condattr_init (&attributes);
  pthread_condattr_setclock (&attributes, CLOCK_MONOTONIC);
  pthread_cond_init (cond, &attributes);
  pthread_condattr_destroy (&attributes);
}

static pthread_cond_t *
cond (GCond * c)
{
  return lock_behind (&c->p, sizeof (pthread_cond_t), cond_init);
}

void
g_cond_init (GCond * c)
{
  c->p = NULL;
}

void
g_cond_clear (GCond * c)
{
  if (!c->p)
    return;
  pthread_cond_destroy (c->p);
  free (c->p);
  c->p = NULL;
}

void
g_cond_wait (GCond * c, GMutex * m)
{
  pthread_cond_wait (cond (c), mutex (m));
}

gboolean
g_cond_wait_until (GCond * c, GMutex * m, gint64 end_time)
{
  struct timespec until = { end_time / G_USEC_PER_SEC,
    end_time % G_USEC_PER_SEC * 1000
  };

  return pthread_cond_timedwait (cond (c), mutex (m), &until) == 0;
}

void
g_cond_signal (GCond * c)
{
  pthread_cond_signal (cond (c));
}

void
g_cond_broadcast (GCond * c)
{
  pthread_cond_broadcast (cond (c));
}

/* ---- order that is made without a lock ---- */

/* The function that this one stands in front of. */
static void *
next (void **known, const char *name)
{
  void *function = __atomic_load_n (known, __ATOMIC_RELAXED);

  if (!function) {
    function = dlsym (RTLD_NEXT, name);
    __atomic_store_n (known, function, __ATOMIC_RELAXED);
  }
  return function;
}

#define NEXT(name) next (&known, name)

/* Macros of GLib's headers call these by the same names. */
#undef g_once_init_enter
#undef g_once_init_leave

gboolean
g_once_init_enter (volatile void *location)
{
  static void *known;
  gboolean enter =
      ((gboolean (*)(volatile void *)) NEXT ("g_once_init_enter")) (location);

  if (!enter)
    __tsan_acquire ((void *) location);
  return enter;
}

void
g_once_init_leave (volatile void *location, gsize result)
{
  static void *known;

  __tsan_release ((void *) location);
  ((void (*)(volatile void *, gsize)) NEXT ("g_once_init_leave")) (location,
      result);
}

/* GLib locks its queues within itself. */
void
g_async_queue_push (GAsyncQueue * queue, gpointer data)
{
  static void *known;

  __tsan_release (queue);
  ((void (*)(GAsyncQueue *, gpointer)) NEXT ("g_async_queue_push")) (queue,
      data);
}

gpointer
g_async_queue_pop (GAsyncQueue * queue)
{
  static void *known;
  gpointer data =
      ((gpointer (*)(GAsyncQueue *)) NEXT ("g_async_queue_pop")) (queue);

  __tsan_acquire (queue);
  return data;
}

gpointer
g_async_queue_try_pop (GAsyncQueue * queue)
{
  static void *known;
  gpointer data =
      ((gpointer (*)(GAsyncQueue *)) NEXT ("g_async_queue_try_pop")) (queue);

  __tsan_acquire (queue);
  return data;
}

gpointer
g_async_queue_timeout_pop (GAsyncQueue * queue, guint64 timeout)
{
  static void *known;
  gpointer data = ((gpointer (*)(GAsyncQueue *, guint64))
      NEXT ("g_async_queue_timeout_pop")) (queue, timeout);

  __tsan_acquire (queue);
  return data;
}

/* Who gives up a reference has done with the object; who gives up the last one
 * finalizes it after all others have. So the count goes down here, where it is
 * certain that this one is not the last. Toggle references, for which a GObject
 * would look closer, are of language bindings only. */
static gboolean
drop_one_of_many (gpointer object, volatile gint * count)
{
  gint n = __atomic_load_n (count, __ATOMIC_ACQUIRE);

  __tsan_release (object);
  while (n > 1) {
    if (__atomic_compare_exchange_n (count, &n, n - 1, 0, __ATOMIC_ACQ_REL,
            __ATOMIC_ACQUIRE))
      return TRUE;
  }
  __tsan_acquire (object);
  return FALSE;
}

void
gst_mini_object_unref (GstMiniObject * object)
{
  static void *known;

  if (!drop_one_of_many (object, &object->refcount))
    ((void (*)(GstMiniObject *)) NEXT ("gst_mini_object_unref")) (object);
}

#undef g_object_unref
void
g_object_unref (gpointer object)
{
  static void *known;

  if (!drop_one_of_many (object, (volatile gint *)
          &((GObject *) object)->ref_count))
    ((void (*)(gpointer)) NEXT ("g_object_unref")) (object);
}
