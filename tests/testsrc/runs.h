/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of rctestsrc in a harness, for its tests. */
#pragma once

#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>

#define MS GST_MSECOND

typedef struct
{
  GstHarness *h;
  GPtrArray *buffers;
} Run;

/* A harness over a launch line that runs to EOS without a clock. */
static inline Run
run_all (const gchar * line)
{
  Run r = {.h = gst_harness_new_parse (line) };
  GstBuffer *b;

  r.buffers =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_buffer_unref);
  gst_harness_play (r.h);
  /* EOS is the last thing that arrives */
  for (;;) {
    GstEvent *event = gst_harness_pull_event (r.h);
    GstEventType type;

    fail_unless (event != NULL, "no EOS from: %s", line);
    type = GST_EVENT_TYPE (event);
    gst_event_unref (event);
    if (type == GST_EVENT_EOS)
      break;
  }
  while ((b = gst_harness_try_pull (r.h)))
    g_ptr_array_add (r.buffers, b);
  return r;
}

static inline void
run_clear (Run * r)
{
  g_ptr_array_unref (r->buffers);
  gst_harness_teardown (r->h);
}

static inline GstBuffer *
nth (Run * r, guint i)
{
  return g_ptr_array_index (r->buffers, i);
}

static inline gdouble
value (GstBuffer * b, gsize i)
{
  gdouble v;

  fail_unless_equals_int (gst_buffer_extract (b, i * 8, &v, 8), 8);
  return v;
}

static inline gfloat
value32 (GstBuffer * b, gsize i)
{
  gfloat v;

  fail_unless_equals_int (gst_buffer_extract (b, i * 4, &v, 4), 4);
  return v;
}

static inline guint64
stat_of (Run * r, const gchar * name)
{
  GstStructure *s;
  GstElement *src = gst_harness_find_element (r->h, "rctestsrc");
  guint64 v = 0;

  g_object_get (src, "stats", &s, NULL);
  fail_unless (gst_structure_get_uint64 (s, name, &v));
  gst_structure_free (s);
  gst_object_unref (src);
  return v;
}

static inline void
assert_same (Run * a, Run * b)
{
  fail_unless_equals_int (a->buffers->len, b->buffers->len);
  for (guint i = 0; i < a->buffers->len; i++) {
    GstMapInfo x, y;

    fail_unless_equals_uint64 (GST_BUFFER_PTS (nth (a, i)),
        GST_BUFFER_PTS (nth (b, i)));
    gst_buffer_map (nth (a, i), &x, GST_MAP_READ);
    gst_buffer_map (nth (b, i), &y, GST_MAP_READ);
    fail_unless (x.size == y.size && !memcmp (x.data, y.data, x.size),
        "buffer %u differs", i);
    gst_buffer_unmap (nth (a, i), &x);
    gst_buffer_unmap (nth (b, i), &y);
  }
}

#define FAULTS "jitter=0.7 loss=0.1 duplicates=0.05 noise=0.01 " \
  "dead-from=300000000 dead-until=500000000 duration=1000000000"
