/* SPDX-License-Identifier: Apache-2.0 */
#include "alignsource.h"

static gboolean
query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  AlignSource *s = gst_pad_get_element_private (pad);

  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return gst_pad_query_default (pad, parent, query);
  gst_query_set_latency (query, s->clock != NULL, 0, GST_CLOCK_TIME_NONE);
  return TRUE;
}

static void
wait_until (AlignSource * s, GstClockTime running)
{
  GstClockID id = gst_clock_new_single_shot_id (s->clock,
      s->base_time + running);

  gst_clock_id_wait (id, NULL);
  gst_clock_id_unref (id);
}

static gpointer
run (gpointer data)
{
  AlignSource *s = data;
  GstCaps *caps = gst_caps_from_string (s->caps);
  GRand *rand = g_rand_new_with_seed (s->seed);
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (s->pad,
      gst_event_new_stream_start (GST_PAD_NAME (s->pad)));
  gst_pad_push_event (s->pad, gst_event_new_caps (caps));
  gst_pad_push_event (s->pad, gst_event_new_segment (&segment));
  gst_caps_unref (caps);
  for (guint64 i = 0; i < s->n; i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, s->size, NULL);
    GstClockTime pts = s->first + i * s->step;

    gst_buffer_memset (buffer, 0, i & 63, s->size);
    if (s->clock) {
      AlignSourceLog entry;

      entry.pts = pts += (gint64) (g_rand_double_range (rand, -1, 1) *
          s->jitter * s->step);
      wait_until (s, pts);
      entry.pushed = gst_clock_get_time (s->clock);
      g_array_append_val (s->log, entry);
    }
    GST_BUFFER_PTS (buffer) = pts;
    if (gst_pad_push (s->pad, buffer) != GST_FLOW_OK)
      break;
  }
  gst_pad_push_event (s->pad, gst_event_new_eos ());
  g_rand_free (rand);
  return NULL;
}

void
align_source_init (AlignSource * s, GstElement * mux, const gchar * name,
    GstClockTime first, GstClockTime step, guint64 n)
{
  GstPad *peer = gst_element_request_pad_simple (mux, name);

  *s = (AlignSource) {
  .n = n,.first = first,.step = step};
  s->caps = "other/tensors,format=static,num_tensors=1,types=float32,"
      "dimensions=(string)16,framerate=0/1";
  s->size = ALIGN_SOURCE_CHANNELS * sizeof (gfloat);
  s->pad = gst_pad_new (NULL, GST_PAD_SRC);
  gst_pad_set_element_private (s->pad, s);
  gst_pad_set_query_function (s->pad, query);
  gst_pad_set_active (s->pad, TRUE);
  gst_pad_link (s->pad, peer);
  gst_object_unref (peer);
}

void
align_source_set_live (AlignSource * s, GstClock * clock,
    GstClockTime base_time, gdouble jitter, guint32 seed)
{
  s->clock = clock;
  s->base_time = base_time;
  s->jitter = jitter;
  s->seed = seed;
  s->log = g_array_sized_new (FALSE, FALSE, sizeof (AlignSourceLog), s->n);
}

void
align_source_start (AlignSource * s)
{
  s->thread = g_thread_new ("source", run, s);
}

void
align_source_join (AlignSource * s)
{
  g_thread_join (s->thread);
}

void
align_source_clear (AlignSource * s)
{
  gst_object_unref (s->pad);
  g_clear_pointer (&s->log, g_array_unref);
}
