/* SPDX-License-Identifier: Apache-2.0 */
/**
 * SECTION:tracer-rcmetrics
 * @title: rcmetrics
 * @short_description: processing time per element
 *
 * Prints how long each element works for a buffer, when its pipeline goes to
 * NULL (what is left then, at gst_deinit()):
 *
 * |[
 * GST_TRACERS="rcmetrics(elements=rc*)" gst-launch-1.0 rctestsrc kind=imu num-buffers=2000 ! rcresample rate=100/1 ! fakesink
 * ]|
 *
 * Parameters, separated by commas, none of them needed: `elements`, a pattern
 * that the name of an element or of its factory must match, several separated
 * by `|` (`elements=rc*|fakesink`; all elements by default); `file`, where the
 * tables go instead of to stderr. `GST_DEBUG=GST_TRACER:7` also logs a record
 * `rc-processing-time` per line, in ns.
 *
 * Each line is a kind of work of one element, with the number of times it was
 * done, and the mean, least, largest and 99th percentile of its duration (the
 * last to 1/64), in CPU time of the thread and in wall time. Counted is what the
 * thread does within the element: buffers and events that it pushes on, and
 * buffers that it pulls, are others' work and excluded.
 *
 * * `chain`: once per buffer or list that arrived. For a filter this is its
 *   processing, for a sink its rendering; wall time includes waiting for the
 *   clock. A queue or an aggregator only stores the buffer here; wall time
 *   includes waiting for space.
 * * `loop`: once per buffer that the element's own thread pushes, from the return
 *   of one push to the start of the next. For a source this is making the
 *   buffer, for an aggregator (rcfusemux, rcresample) gathering its input and
 *   computing the output. CPU time is the work; wall time includes waiting for
 *   input or for the clock, so that its mean is near the period in a live
 *   pipeline. The first buffer, and the one after a pause, do not count.
 * * `pull`: once per buffer that downstream pulled from the element.
 *
 * Each figure includes up to about a microsecond of the tracer's own work.
 *
 * Since: 0.1
 */
#define GST_USE_UNSTABLE_API
#include "rcmetrics.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "rchist.h"

GST_DEBUG_CATEGORY_STATIC (gst_rc_metrics_debug);
#define GST_CAT_DEFAULT gst_rc_metrics_debug

typedef enum
{
  WORK_CHAIN,
  WORK_LOOP,
  WORK_PULL,
  N_WORKS,
} Work;

static const gchar *const work_names[N_WORKS] = { "chain", "loop", "pull" };

/* A point in time, or a duration, in ns. */
typedef struct
{
  gint64 cpu, wall;
} Span;

typedef struct
{
  GstRcHist cpu, wall;
} Figures;

/* What is known of an element; lives as long as the tracer. */
typedef struct
{
  gchar *name;
  gconstpointer root;           /* identity only: the outermost bin */
  gint stops;                   /* atomic: times it left PLAYING or PAUSED */
  GMutex lock;
  Figures *figures[N_WORKS];    /* NULL: never done */
} Entry;

/* Work that a thread is in the middle of. */
typedef struct
{
  Entry *entry;                 /* NULL: not to be counted */
  Work work;
  Span start;
  Span others;                  /* spent in nested frames */
} Frame;

/* A thread, as one tracer sees it. */
typedef struct _Thread Thread;
struct _Thread
{
  Thread *next;
  guint tracer;
  /* From the return of the last push of this thread, when none is under way;
   * `entry` is of the element that pushed. */
  Frame between;
  gint stops;                   /* the entry's, then */
  GArray *frames;
};

struct _GstRcMetrics
{
  GstTracer parent;

  guint id;
  GQuark entry_quark;
  gchar **patterns;             /* NULL: every element */
  gchar *file;
  gboolean file_begun;
  GstTracerRecord *record;

  GMutex lock;
  GPtrArray *entries;           /* in order of first use, under the lock */
};

G_DEFINE_TYPE (GstRcMetrics, gst_rc_metrics, GST_TYPE_TRACER);

/* Stands for elements that nobody asked for. */
static Entry ignored;

static void
free_threads (gpointer data)
{
  Thread *next;

  for (Thread * t = data; t; t = next) {
    next = t->next;
    g_array_unref (t->frames);
    g_free (t);
  }
}

static GPrivate threads = G_PRIVATE_INIT (free_threads);

static Thread *
get_thread (GstRcMetrics * self)
{
  Thread *first = g_private_get (&threads), *t;

  for (t = first; t; t = t->next) {
    if (t->tracer == self->id)
      return t;
  }
  t = g_new0 (Thread, 1);
  t->tracer = self->id;
  t->frames = g_array_new (FALSE, FALSE, sizeof (Frame));
  t->next = first;
  g_private_set (&threads, t);
  return t;
}

static gint64
clock_ns (clockid_t id)
{
  struct timespec t;

  clock_gettime (id, &t);
  return t.tv_sec * (gint64) GST_SECOND + t.tv_nsec;
}

static Span
now (void)
{
  Span s = { clock_ns (CLOCK_THREAD_CPUTIME_ID), clock_ns (CLOCK_MONOTONIC) };

  return s;
}

static Span
minus (Span a, Span b)
{
  Span s = { a.cpu - b.cpu, a.wall - b.wall };

  return s;
}

static Span
plus (Span a, Span b)
{
  Span s = { a.cpu + b.cpu, a.wall + b.wall };

  return s;
}

/* ---- elements ---- */

static gboolean
is_wanted (GstRcMetrics * self, GstElement * element)
{
  GstElementFactory *factory = gst_element_get_factory (element);

  if (GST_IS_BIN (element))
    return FALSE;
  for (gchar ** p = self->patterns; p && *p; p++) {
    if (g_pattern_match_simple (*p, GST_OBJECT_NAME (element))
        || (factory && g_pattern_match_simple (*p, GST_OBJECT_NAME (factory))))
      return TRUE;
  }
  return self->patterns == NULL;
}

static gconstpointer
root_of (GstElement * element)
{
  GstObject *root = gst_object_ref (GST_OBJECT (element)), *parent;

  while ((parent = gst_object_get_parent (root))) {
    gst_object_unref (root);
    root = parent;
  }
  gst_object_unref (root);
  return root;
}

static Entry *
entry_of_element (GstRcMetrics * self, GstElement * element)
{
  Entry *entry = g_object_get_qdata (G_OBJECT (element), self->entry_quark);

  if (entry)
    return entry == &ignored ? NULL : entry;
  g_mutex_lock (&self->lock);
  /* another thread may have been first */
  entry = g_object_get_qdata (G_OBJECT (element), self->entry_quark);
  if (!entry && is_wanted (self, element)) {
    entry = g_new0 (Entry, 1);
    entry->name = gst_object_get_name (GST_OBJECT (element));
    entry->root = root_of (element);
    g_mutex_init (&entry->lock);
    g_ptr_array_add (self->entries, entry);
  } else if (!entry) {
    entry = &ignored;
  }
  g_object_set_qdata (G_OBJECT (element), self->entry_quark, entry);
  g_mutex_unlock (&self->lock);
  return entry == &ignored ? NULL : entry;
}

/* Of the element that the pad belongs to; NULL when that is nobody's, a ghost
 * pad's or a bin's. */
static Entry *
entry_of_pad (GstRcMetrics * self, GstPad * pad)
{
  GstObject *parent = gst_object_get_parent (GST_OBJECT (pad));
  Entry *entry = NULL;

  if (!parent)
    return NULL;
  if (GST_IS_ELEMENT (parent))
    entry = entry_of_element (self, GST_ELEMENT (parent));
  gst_object_unref (parent);
  return entry;
}

static Entry *
entry_of_peer (GstRcMetrics * self, GstPad * pad)
{
  GstPad *peer = gst_pad_get_peer (pad);
  Entry *entry = NULL;

  if (peer) {
    entry = entry_of_pad (self, peer);
    gst_object_unref (peer);
  }
  return entry;
}

static void
clear_figures (Entry * entry)
{
  for (guint w = 0; w < N_WORKS; w++)
    g_clear_pointer (&entry->figures[w], g_free);
}

static void
free_entry (gpointer data)
{
  Entry *entry = data;

  clear_figures (entry);
  g_mutex_clear (&entry->lock);
  g_free (entry->name);
  g_free (entry);
}

static void
count (Entry * entry, Work work, Span span)
{
  Figures *f;

  g_mutex_lock (&entry->lock);
  if (!entry->figures[work])
    entry->figures[work] = g_new0 (Figures, 1);
  f = entry->figures[work];
  gst_rc_hist_add (&f->cpu, span.cpu);
  gst_rc_hist_add (&f->wall, span.wall);
  g_mutex_unlock (&entry->lock);
}

/* ---- frames ---- */

static Frame *
top_frame (Thread * t)
{
  return t->frames->len ? &g_array_index (t->frames, Frame,
      t->frames->len - 1) : &t->between;
}

static void
enter (Thread * t, Entry * entry, Work work)
{
  Frame frame = { entry, work, now (), {0, 0} };

  g_array_append_val (t->frames, frame);
}

static void
leave (Thread * t)
{
  Span end = now (), total;
  Frame *frame = top_frame (t);

  /* a tracer that was made in the middle of a push sees only its end */
  if (t->frames->len == 0)
    return;
  total = minus (end, frame->start);
  if (frame->entry)
    count (frame->entry, frame->work, minus (total, frame->others));
  g_array_set_size (t->frames, t->frames->len - 1);
  frame = top_frame (t);
  frame->others = plus (frame->others, total);
}

/* ---- hooks ---- */

static void
push_pre (GstRcMetrics * self, guint64 ts, GstPad * pad)
{
  Thread *t = get_thread (self);

  if (t->frames->len == 0) {
    Span end = now ();
    Entry *entry = entry_of_pad (self, pad);

    if (entry && entry == t->between.entry
        && t->stops == g_atomic_int_get (&entry->stops))
      count (entry, WORK_LOOP, minus (minus (end, t->between.start),
              t->between.others));
    t->between.entry = entry;
  }
  enter (t, entry_of_peer (self, pad), WORK_CHAIN);
}

static void
push_post (GstRcMetrics * self, guint64 ts, GstPad * pad)
{
  Thread *t = get_thread (self);

  leave (t);
  if (t->frames->len > 0)
    return;
  if (t->between.entry)
    t->stops = g_atomic_int_get (&t->between.entry->stops);
  memset (&t->between.others, 0, sizeof (t->between.others));
  t->between.start = now ();
}

static void
pull_pre (GstRcMetrics * self, guint64 ts, GstPad * pad)
{
  enter (get_thread (self), entry_of_peer (self, pad), WORK_PULL);
}

static void
event_pre (GstRcMetrics * self, guint64 ts, GstPad * pad)
{
  enter (get_thread (self), NULL, WORK_CHAIN);
}

/* of a pull and of an event */
static void
nested_post (GstRcMetrics * self, guint64 ts, GstPad * pad)
{
  leave (get_thread (self));
}

/* ---- the report ---- */

static void
add_columns (GString * text, const GstRcHist * h)
{
  g_string_append_printf (text, " %10.2f %10.2f %10.2f %10.2f",
      gst_rc_hist_mean (h) / 1e3, h->min / 1e3, h->max / 1e3,
      gst_rc_hist_percentile (h, 99) / 1e3);
}

static void
add_line (GstRcMetrics * self, GString * text, gint width, const Entry * entry,
    Work work)
{
  const GstRcHist *cpu = &entry->figures[work]->cpu;
  const GstRcHist *wall = &entry->figures[work]->wall;

  g_string_append_printf (text, "%-*s %-5s %9" G_GUINT64_FORMAT, width,
      entry->name, work_names[work], cpu->n);
  add_columns (text, cpu);
  add_columns (text, wall);
  g_string_append_c (text, '\n');
  gst_tracer_record_log (self->record, entry->name, work_names[work], cpu->n,
      (gint64) gst_rc_hist_mean (cpu), cpu->min, cpu->max,
      gst_rc_hist_percentile (cpu, 99), (gint64) gst_rc_hist_mean (wall),
      wall->min, wall->max, gst_rc_hist_percentile (wall, 99));
}

static void
put_out (GstRcMetrics * self, const gchar * text)
{
  FILE *file = stderr;

  if (self->file)
    file = fopen (self->file, self->file_begun ? "a" : "w");
  if (!file) {
    g_warning ("rcmetrics: cannot write file=%s: %s", self->file,
        g_strerror (errno));
    return;
  }
  self->file_begun = TRUE;
  fputs (text, file);
  if (file != stderr)
    fclose (file);
}

/* Prints, and then forgets, the figures of what is in `root`, NULL being all. */
static void
report (GstRcMetrics * self, gconstpointer root)
{
  GString *text = g_string_new (NULL);
  gint width = strlen ("element");

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->entries->len; i++) {
    Entry *entry = g_ptr_array_index (self->entries, i);

    if (!root || entry->root == root)
      width = MAX (width, (gint) strlen (entry->name));
  }
  for (guint i = 0; i < self->entries->len; i++) {
    Entry *entry = g_ptr_array_index (self->entries, i);

    if (root && entry->root != root)
      continue;
    g_mutex_lock (&entry->lock);
    for (guint w = 0; w < N_WORKS; w++) {
      if (entry->figures[w])
        add_line (self, text, width, entry, w);
    }
    clear_figures (entry);
    g_mutex_unlock (&entry->lock);
  }
  if (text->len > 0) {
    gchar *head = g_strdup_printf ("rcmetrics: time per buffer in us, without "
        "what is pushed on or pulled\n%-*s %-5s %9s %10s %10s %10s %10s %10s "
        "%10s %10s %10s\n", width, "element", "work", "count", "cpu mean",
        "cpu min", "cpu max", "cpu p99", "wall mean", "wall min", "wall max",
        "wall p99");

    g_string_prepend (text, head);
    g_free (head);
    put_out (self, text->str);
  }
  g_mutex_unlock (&self->lock);
  g_string_free (text, TRUE);
}

static void
change_state_post (GstRcMetrics * self, guint64 ts, GstElement * element,
    GstStateChange transition, GstStateChangeReturn result)
{
  GstObject *parent;
  Entry *entry;

  entry = g_object_get_qdata (G_OBJECT (element), self->entry_quark);
  if (entry && entry != &ignored
      && (transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED
          || transition == GST_STATE_CHANGE_PAUSED_TO_READY))
    g_atomic_int_inc (&entry->stops);
  if (transition != GST_STATE_CHANGE_READY_TO_NULL)
    return;
  parent = gst_object_get_parent (GST_OBJECT (element));
  if (!parent)
    report (self, element);
  else
    gst_object_unref (parent);
}

/* ---- the tracer ---- */

/* "elements=rc*,file=/tmp/metrics.txt" */
static void
parse_params (GstRcMetrics * self, const gchar * params)
{
  gchar **fields = g_strsplit (params, ",", 0);

  for (gchar ** field = fields; *field; field++) {
    gchar *name = g_strstrip (*field), *value = strchr (name, '=');

    if (value)
      *value++ = '\0';
    if (value && *value && g_str_equal (name, "elements") && !self->patterns)
      self->patterns = g_strsplit (value, "|", 0);
    else if (value && *value && g_str_equal (name, "file") && !self->file)
      self->file = g_strdup (value);
    else if (*name)
      g_warning
          ("rcmetrics: parameter '%s%s%s' is none of elements=PATTERN and "
          "file=PATH, each at most once", name, value ? "=" : "",
          value ? value : "");
  }
  g_strfreev (fields);
}

static GstStructure *
field_type (GType type, const gchar * description)
{
  return gst_structure_new ("value", "type", G_TYPE_GTYPE, type,
      "description", G_TYPE_STRING, description, "flags",
      GST_TYPE_TRACER_VALUE_FLAGS, GST_TRACER_VALUE_FLAGS_AGGREGATED, NULL);
}

static GstTracerRecord *
make_record (void)
{
  GstStructure *element = gst_structure_new ("scope", "type", G_TYPE_GTYPE,
      G_TYPE_STRING, "related-to", GST_TYPE_TRACER_VALUE_SCOPE,
      GST_TRACER_VALUE_SCOPE_ELEMENT, NULL);
  GstTracerRecord *record = gst_tracer_record_new ("rc-processing-time.class",
      "element", GST_TYPE_STRUCTURE, element,
      "work", GST_TYPE_STRUCTURE, field_type (G_TYPE_STRING,
          "chain, loop or pull"),
      "count", GST_TYPE_STRUCTURE, field_type (G_TYPE_UINT64, "times done"),
      "cpu-mean", GST_TYPE_STRUCTURE, field_type (G_TYPE_INT64,
          "ns of the thread's CPU time"),
      "cpu-min", GST_TYPE_STRUCTURE, field_type (G_TYPE_INT64, "ns"),
      "cpu-max", GST_TYPE_STRUCTURE, field_type (G_TYPE_INT64, "ns"),
      "cpu-p99", GST_TYPE_STRUCTURE, field_type (G_TYPE_INT64, "ns, to 1/64"),
      "wall-mean", GST_TYPE_STRUCTURE, field_type (G_TYPE_INT64,
          "ns of wall time"),
      "wall-min", GST_TYPE_STRUCTURE, field_type (G_TYPE_INT64, "ns"),
      "wall-max", GST_TYPE_STRUCTURE, field_type (G_TYPE_INT64, "ns"),
      "wall-p99", GST_TYPE_STRUCTURE, field_type (G_TYPE_INT64, "ns, to 1/64"),
      NULL);

  /* the leaks tracer may come to its end before this one */
  GST_OBJECT_FLAG_SET (record, GST_OBJECT_FLAG_MAY_BE_LEAKED);
  return record;
}

static void
gst_rc_metrics_constructed (GObject * object)
{
  GstRcMetrics *self = GST_RC_METRICS (object);
  GstTracer *tracer = GST_TRACER (object);
  gchar *params;

  G_OBJECT_CLASS (gst_rc_metrics_parent_class)->constructed (object);
  g_object_get (self, "params", &params, NULL);
  if (params)
    parse_params (self, params);
  g_free (params);
  gst_tracing_register_hook (tracer, "pad-push-pre", G_CALLBACK (push_pre));
  gst_tracing_register_hook (tracer, "pad-push-post", G_CALLBACK (push_post));
  gst_tracing_register_hook (tracer, "pad-push-list-pre",
      G_CALLBACK (push_pre));
  gst_tracing_register_hook (tracer, "pad-push-list-post",
      G_CALLBACK (push_post));
  gst_tracing_register_hook (tracer, "pad-pull-range-pre",
      G_CALLBACK (pull_pre));
  gst_tracing_register_hook (tracer, "pad-pull-range-post",
      G_CALLBACK (nested_post));
  gst_tracing_register_hook (tracer, "pad-push-event-pre",
      G_CALLBACK (event_pre));
  gst_tracing_register_hook (tracer, "pad-push-event-post",
      G_CALLBACK (nested_post));
  gst_tracing_register_hook (tracer, "element-change-state-post",
      G_CALLBACK (change_state_post));
}

static void
gst_rc_metrics_finalize (GObject * object)
{
  GstRcMetrics *self = GST_RC_METRICS (object);

  report (self, NULL);
  g_ptr_array_unref (self->entries);
  g_strfreev (self->patterns);
  gst_object_unref (self->record);
  g_mutex_clear (&self->lock);
  g_free (self->file);
  G_OBJECT_CLASS (gst_rc_metrics_parent_class)->finalize (object);
}

static void
gst_rc_metrics_class_init (GstRcMetricsClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (gst_rc_metrics_debug, "rcmetrics", 0,
      "processing time per element");
  object_class->constructed = gst_rc_metrics_constructed;
  object_class->finalize = gst_rc_metrics_finalize;
}

static void
gst_rc_metrics_init (GstRcMetrics * self)
{
  static gint n_tracers;
  gchar *name;

  self->id = g_atomic_int_add (&n_tracers, 1) + 1;
  name = g_strdup_printf ("rcmetrics-entry-%u", self->id);
  self->entry_quark = g_quark_from_string (name);
  g_free (name);
  self->entries = g_ptr_array_new_with_free_func (free_entry);
  self->record = make_record ();
  g_mutex_init (&self->lock);
}
