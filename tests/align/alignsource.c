/* SPDX-License-Identifier: Apache-2.0 */
#include "alignsource.h"

static gpointer
run (gpointer data)
{
  AlignSource *s = data;
  GstCaps *caps = gst_caps_from_string ("other/tensors,format=static,"
      "num_tensors=1,types=float32,dimensions=(string)16,framerate=0/1");
  const gsize size = ALIGN_SOURCE_CHANNELS * sizeof (gfloat);
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (s->pad,
      gst_event_new_stream_start (GST_PAD_NAME (s->pad)));
  gst_pad_push_event (s->pad, gst_event_new_caps (caps));
  gst_pad_push_event (s->pad, gst_event_new_segment (&segment));
  gst_caps_unref (caps);
  for (guint64 i = 0; i < s->n; i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);

    gst_buffer_memset (buffer, 0, i & 63, size);
    GST_BUFFER_PTS (buffer) = s->first + i * s->step;
    if (gst_pad_push (s->pad, buffer) != GST_FLOW_OK)
      break;
  }
  gst_pad_push_event (s->pad, gst_event_new_eos ());
  return NULL;
}

void
align_source_init (AlignSource * s, GstElement * mux, const gchar * name,
    GstClockTime first, GstClockTime step, guint64 n)
{
  GstPad *peer = gst_element_request_pad_simple (mux, name);

  s->pad = gst_pad_new (NULL, GST_PAD_SRC);
  s->n = n;
  s->first = first;
  s->step = step;
  gst_pad_set_active (s->pad, TRUE);
  gst_pad_link (s->pad, peer);
  gst_object_unref (peer);
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
}
