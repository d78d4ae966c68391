/* SPDX-License-Identifier: Apache-2.0 */
#include "rchdf5input.h"

#include <gst/video/video.h>
#include <string.h>

#include "rcmeta.h"
#include "rctime.h"

GST_DEBUG_CATEGORY_EXTERN (gst_rc_hdf5_debug);
#define GST_CAT_DEFAULT gst_rc_hdf5_debug

struct _GstRcHdf5Input
{
  GstBaseSink parent;

  GstRcHdf5Sink *owner;         /* not owned: it contains us */
  gchar *stream;                /* a raw stream's name; NULL: aligned */

  /* from caps */
  RcH5Plan *plan;               /* aligned */
  RcH5Column *column;           /* raw, of one sample */
  gchar *caps;
  gboolean video;
  GstVideoInfo info;
  guint samples;                /* per buffer */

  RcH5Raw *raw;                 /* owned by the recording */
  gint64 last_time;             /* of the last row, or RC_TIME_NONE */
  gint64 utc_of_zero;           /* found at the start of an episode */
  gboolean warned;
  guint8 *packed;               /* a frame without padding */
};

G_DEFINE_TYPE (GstRcHdf5Input, gst_rc_hdf5_input, GST_TYPE_BASE_SINK);

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

/* Ends the recording with an error of ours. */
static void
post_error (GstRcHdf5Input * self, GError * error)
{
  gst_rc_hdf5_sink_lock (self->owner);
  gst_rc_hdf5_sink_unlock (self->owner, error, FALSE);
}

/* One buffer is lost, the rest is not: counted, and said once per pad. */
static GstFlowReturn
drop (GstRcHdf5Input * self, const gchar * format, ...)
{
  gchar *text;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  gst_rc_hdf5_sink_count_dropped (self->owner);
  GST_WARNING_OBJECT (self, "buffer dropped: %s", text);
  if (!self->warned) {
    self->warned = TRUE;
    GST_ELEMENT_WARNING (self->owner, STREAM, FORMAT,
        ("A buffer of pad %s%s was dropped: %s", self->stream ? "raw_" : "sink",
            self->stream ? self->stream : "", text),
        ("Further ones are counted in the property stats"));
  }
  g_free (text);
  return GST_FLOW_OK;
}

/* ---- caps ---- */

static GstCaps *
get_caps (GstBaseSink * base, GstCaps * filter)
{
  GstRcHdf5Input *self = GST_RC_HDF5_INPUT (base);
  GstCaps *caps = gst_caps_from_string (self->stream ? GST_RC_HDF5_RAW_CAPS :
      GST_RC_HDF5_ALIGNED_CAPS);

  if (filter) {
    GstCaps *common = gst_caps_intersect_full (filter, caps,
        GST_CAPS_INTERSECT_FIRST);

    gst_caps_unref (caps);
    caps = common;
  }
  return caps;
}

static void
forget_caps (GstRcHdf5Input * self)
{
  g_clear_pointer (&self->plan, rc_h5_plan_free);
  g_clear_pointer (&self->column, rc_h5_column_free);
  g_clear_pointer (&self->caps, g_free);
  g_clear_pointer (&self->packed, g_free);
  self->raw = NULL;
}

static gboolean
set_aligned_caps (GstRcHdf5Input * self, GstCaps * caps, GError ** error)
{
  RcH5Plan *plan = rc_h5_plan_new (caps, error);
  RcH5Recording *recording;
  GError *failure = NULL;

  if (!plan)
    return FALSE;
  if (self->plan && g_str_equal (self->plan->caps, plan->caps)) {
    rc_h5_plan_free (plan);
    return TRUE;
  }
  recording = gst_rc_hdf5_sink_lock (self->owner);
  if (recording)
    rc_h5_recording_end_episode (recording, &failure);
  forget_caps (self);
  self->plan = plan;
  gst_rc_hdf5_sink_unlock (self->owner, failure, TRUE);
  return TRUE;
}

static gboolean
set_video_caps (GstRcHdf5Input * self, GstCaps * caps, GError ** error)
{
  guint32 dims[3];
  GstRcTensor t = { 0 };
  guint channels;

  if (!gst_video_info_from_caps (&self->info, caps)
      || (GST_VIDEO_INFO_FORMAT (&self->info) != GST_VIDEO_FORMAT_RGB
          && GST_VIDEO_INFO_FORMAT (&self->info) != GST_VIDEO_FORMAT_GRAY8))
    return gst_rc_caps_fail (error, "raw video must be RGB or GRAY8: put "
        "videoconvert before the pad");
  channels = GST_VIDEO_INFO_N_COMPONENTS (&self->info);
  dims[0] = channels;
  dims[1] = GST_VIDEO_INFO_WIDTH (&self->info);
  dims[2] = GST_VIDEO_INFO_HEIGHT (&self->info);
  if (!gst_rc_tensor_set_shape (&t, RC_UINT8, dims, 3))
    return gst_rc_caps_fail (error, "frames of %ux%u are empty or too large",
        dims[1], dims[2]);
  t.format = (gchar *) gst_video_format_to_string
      (GST_VIDEO_INFO_FORMAT (&self->info));
  self->column = rc_h5_column_new (&t, 0, "values", 1);
  self->packed = g_malloc (t.size);
  self->samples = 1;
  self->video = TRUE;
  return TRUE;
}

static gboolean
set_tensor_caps (GstRcHdf5Input * self, GstCaps * caps, GError ** error)
{
  GstRcTensors ts;
  RcH5Column *c;

  if (!gst_rc_tensors_parse (&ts, caps, error))
    return FALSE;
  if (ts.n_tensors != 1) {
    guint n = ts.n_tensors;

    gst_rc_tensors_clear (&ts);
    return gst_rc_caps_fail (error, "caps field num_tensors=%u: a raw stream "
        "is one tensor", n);
  }
  self->samples = MAX (ts.samples, 1);
  if (self->samples > 1
      && ts.tensors[0].dims[ts.tensors[0].rank - 1] != self->samples) {
    gst_rc_tensors_clear (&ts);
    return gst_rc_caps_fail (error, "caps say samples=%u, which is not the "
        "outermost dimension", self->samples);
  }
  c = rc_h5_column_new (&ts.tensors[0], 0, "values", self->samples);
  if (self->samples > 1) {
    c->rank--;
    memmove (c->dims, c->dims + 1, c->rank * sizeof (hsize_t));
    c->block = c->stride = ts.tensors[0].size / self->samples;
  }
  self->column = c;
  self->video = FALSE;
  gst_rc_tensors_clear (&ts);
  return TRUE;
}

static gboolean
set_raw_caps (GstRcHdf5Input * self, GstCaps * caps, GError ** error)
{
  const GstStructure *s = gst_caps_get_structure (caps, 0);
  gboolean ok;

  forget_caps (self);
  ok = gst_structure_has_name (s, "video/x-raw") ?
      set_video_caps (self, caps, error) : set_tensor_caps (self, caps, error);
  if (ok)
    self->caps = gst_caps_to_string (caps);
  return ok;
}

static gboolean
set_caps (GstBaseSink * base, GstCaps * caps)
{
  GstRcHdf5Input *self = GST_RC_HDF5_INPUT (base);
  GError *error = NULL;
  gboolean ok = self->stream ? set_raw_caps (self, caps, &error) :
      set_aligned_caps (self, caps, &error);

  if (!ok) {
    g_prefix_error (&error, "Pad %s%s: ", self->stream ? "raw_" : "sink",
        self->stream ? self->stream : "");
    post_error (self, error);
  }
  return ok;
}

/* ---- times ---- */

/* Running time, signed; FALSE when the segment does not know it. */
static gboolean
running_time (GstRcHdf5Input * self, guint64 time, gint64 * result)
{
  return gst_rc_running_time (&GST_BASE_SINK (self)->segment, time, result);
}

/* UTC of running time 0, where samples are stamped as they happen. */
static gint64
utc_of_zero (GstRcHdf5Input * self)
{
  GstQuery *query = gst_query_new_latency ();
  gboolean live = FALSE;
  gint64 utc = RC_TIME_NONE;
  GstClock *clock;

  if (gst_pad_peer_query (GST_BASE_SINK_PAD (self), query))
    gst_query_parse_latency (query, &live, NULL, NULL);
  gst_query_unref (query);
  clock = live ? gst_element_get_clock (GST_ELEMENT (self)) : NULL;
  if (clock) {
    utc = g_get_real_time () * 1000 - (gint64) (gst_clock_get_time (clock)
        - gst_element_get_base_time (GST_ELEMENT (self)));
    gst_object_unref (clock);
  }
  return utc;
}

/* ---- aligned rows ---- */

typedef struct
{
  guint n;
  GstMemory *memories[GST_RC_MAX_TENSORS];
  GstMapInfo maps[GST_RC_MAX_TENSORS];
  GstMapInfo whole;             /* of a buffer with its tensors merged */
} Mapped;

static void
unmap_row (GstBuffer * buffer, Mapped * m)
{
  if (m->whole.memory)
    gst_buffer_unmap (buffer, &m->whole);
  for (guint i = 0; i < m->n; i++)
    gst_memory_unmap (m->memories[i], &m->maps[i]);
}

/* Maps one memory per tensor, or all of them in one. FALSE when the sizes are
 * not those of the caps. */
static gboolean
map_row (GstRcHdf5Input * self, GstBuffer * buffer, Mapped * m, RcH5Row * row)
{
  const RcH5Plan *plan = self->plan;
  gsize total = 0;

  memset (m, 0, sizeof (*m));
  if (gst_buffer_n_memory (buffer) != plan->n_tensors) {
    for (guint i = 0; i < plan->n_tensors; i++)
      total += plan->sizes[i];
    if (gst_buffer_get_size (buffer) != total
        || !gst_buffer_map (buffer, &m->whole, GST_MAP_READ)) {
      m->whole.memory = NULL;
      return FALSE;
    }
    total = 0;
    for (guint i = 0; i < plan->n_tensors; i++) {
      row->tensors[i] = m->whole.data + total;
      total += plan->sizes[i];
    }
    return TRUE;
  }
  for (guint i = 0; i < plan->n_tensors; i++) {
    GstMemory *memory = gst_buffer_peek_memory (buffer, i);

    if (!gst_memory_map (memory, &m->maps[i], GST_MAP_READ))
      return FALSE;
    m->memories[i] = memory;
    m->n = i + 1;
    if (m->maps[i].size != plan->sizes[i])
      return FALSE;
    row->tensors[i] = m->maps[i].data;
  }
  return TRUE;
}

/* From the meta, or from the bundle's own tensors. */
static void
find_provenance (GstRcHdf5Input * self, GstBuffer * buffer, RcH5Row * row)
{
  const RcH5Plan *plan = self->plan;
  GstRcProvenance p;

  row->state = NULL;
  row->skew = NULL;
  if (plan->n_aligned == 0)
    return;
  if (gst_rc_provenance_get (buffer, &p) && p.n_streams == plan->n_aligned
      && p.n_rows == plan->window) {
    row->state = p.state;
    row->skew = p.skew;
  } else if (plan->state_tensor >= 0 && plan->skew_tensor >= 0) {
    row->state = row->tensors[plan->state_tensor];
    row->skew = row->tensors[plan->skew_tensor];
  }
}

static gboolean
starts_episode (GstRcHdf5Input * self, gint64 time)
{
  GstClockTime gap = gst_rc_hdf5_sink_get_episode_gap (self->owner);

  return gst_rc_hdf5_sink_take_boundary (self->owner)
      || (self->last_time != RC_TIME_NONE && (time < self->last_time
          || (gap > 0 && (guint64) time - (guint64) self->last_time > gap)));
}

static GstFlowReturn
add_row (GstRcHdf5Input * self, GstBuffer * buffer, RcH5Row * row)
{
  gboolean boundary = starts_episode (self, row->time), lost = FALSE;
  RcH5Recording *recording;
  GError *error = NULL;
  gchar *task = gst_rc_hdf5_sink_dup_task (self->owner);

  row->task = task;
  if (boundary || self->last_time == RC_TIME_NONE)
    self->utc_of_zero = utc_of_zero (self);
  row->utc_of_zero = self->utc_of_zero;
  recording = gst_rc_hdf5_sink_lock (self->owner);
  if (!recording) {
    gst_rc_hdf5_sink_unlock (self->owner, NULL, FALSE);
    g_free (task);
    return GST_FLOW_FLUSHING;
  }
  if (boundary)
    rc_h5_recording_end_episode (recording, &error);
  if (!error && rc_h5_recording_has_provenance (recording) && !row->state)
    lost = TRUE;
  else if (!error && rc_h5_recording_add (recording, self->plan, row, &error))
    self->last_time = row->time;
  gst_rc_hdf5_sink_unlock (self->owner, error, !error && !lost);
  g_free (task);
  if (lost)
    return drop (self, "it has no RcProvenance for %u streams, as those before "
        "it in the episode have", self->plan->n_aligned);
  return error ? GST_FLOW_ERROR : GST_FLOW_OK;
}

static GstFlowReturn
render_aligned (GstRcHdf5Input * self, GstBuffer * buffer)
{
  GstFlowReturn ret;
  RcH5Row row = { 0 };
  Mapped mapped;

  if (!GST_BUFFER_PTS_IS_VALID (buffer)
      || !running_time (self, GST_BUFFER_PTS (buffer), &row.time))
    return drop (self, "it has no time");
  if (self->last_time == row.time)
    return drop (self, "it has the time %" G_GINT64_FORMAT
        " ns of the row before it", row.time);
  if (map_row (self, buffer, &mapped, &row)) {
    find_provenance (self, buffer, &row);
    ret = add_row (self, buffer, &row);
  } else {
    ret = drop (self, "its %u memories of %" G_GSIZE_FORMAT " bytes are not "
        "what the caps say", gst_buffer_n_memory (buffer),
        gst_buffer_get_size (buffer));
  }
  unmap_row (buffer, &mapped);
  return ret;
}

/* ---- raw samples ---- */

static GstFlowReturn
add_samples (GstRcHdf5Input * self, const gint64 * times, const void *values)
{
  RcH5Recording *recording = gst_rc_hdf5_sink_lock (self->owner);
  GstFlowReturn ret = GST_FLOW_ERROR;
  GError *error = NULL;

  if (recording && !self->raw)
    self->raw = rc_h5_recording_get_raw (recording, self->stream, self->column,
        self->caps, &error);
  if (!recording)
    ret = GST_FLOW_FLUSHING;
  else if (self->raw && rc_h5_raw_append (self->raw, times, values,
          self->samples, &error))
    ret = GST_FLOW_OK;
  gst_rc_hdf5_sink_unlock (self->owner, error, ret == GST_FLOW_OK);
  return ret;
}

static GstFlowReturn
render_frame (GstRcHdf5Input * self, GstBuffer * buffer, gint64 time)
{
  const gsize line = (gsize) GST_VIDEO_INFO_WIDTH (&self->info)
      * GST_VIDEO_INFO_N_COMPONENTS (&self->info);
  GstVideoFrame frame;
  GstFlowReturn ret;
  gsize stride;
  const guint8 *pixels;

  if (!gst_video_frame_map (&frame, &self->info, buffer, GST_MAP_READ))
    return drop (self, "its %" G_GSIZE_FORMAT " bytes are not a frame of the "
        "caps", gst_buffer_get_size (buffer));
  stride = GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0);
  pixels = GST_VIDEO_FRAME_PLANE_DATA (&frame, 0);
  if (stride != line) {
    for (gint y = 0; y < GST_VIDEO_INFO_HEIGHT (&self->info); y++)
      memcpy (self->packed + y * line, pixels + y * stride, line);
    pixels = self->packed;
  }
  ret = add_samples (self, &time, pixels);
  gst_video_frame_unmap (&frame);
  return ret;
}

/* Running times of the samples of a buffer; NULL when they are not known. */
static gint64 *
sample_times (GstRcHdf5Input * self, GstBuffer * buffer)
{
  gsize n = 0;
  const gint64 *given = gst_rc_sample_times_get (buffer, &n);
  gint64 *times = g_new (gint64, self->samples);
  gboolean ok = given ? n == self->samples : self->samples == 1
      && GST_BUFFER_PTS_IS_VALID (buffer);

  for (guint i = 0; ok && i < self->samples; i++) {
    guint64 time = given ? (guint64) given[i] : GST_BUFFER_PTS (buffer);

    ok = (!given || given[i] >= 0) && running_time (self, time, &times[i]);
  }
  if (!ok)
    g_clear_pointer (&times, g_free);
  return times;
}

static GstFlowReturn
render_raw (GstRcHdf5Input * self, GstBuffer * buffer)
{
  gint64 *times;
  GstMapInfo map;
  GstFlowReturn ret;

  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP)
      && gst_buffer_get_size (buffer) == 0)
    return GST_FLOW_OK;
  times = sample_times (self, buffer);
  if (!times)
    return drop (self, self->samples > 1 ? "it has no RcSampleTimes for its "
        "samples" : "it has no time");
  if (self->video) {
    ret = render_frame (self, buffer, times[0]);
  } else if (!gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    ret = drop (self, "its memory cannot be read");
  } else {
    if (map.size == self->column->block * self->samples)
      ret = add_samples (self, times, map.data);
    else
      ret = drop (self, "it has %" G_GSIZE_FORMAT " bytes where the caps say %"
          G_GSIZE_FORMAT, map.size, self->column->block * self->samples);
    gst_buffer_unmap (buffer, &map);
  }
  g_free (times);
  return ret;
}

static GstFlowReturn
render (GstBaseSink * base, GstBuffer * buffer)
{
  GstRcHdf5Input *self = GST_RC_HDF5_INPUT (base);
  gboolean ready = self->stream ? self->column != NULL : self->plan != NULL;

  if (!ready)
    return GST_FLOW_NOT_NEGOTIATED;
  if (base->segment.format != GST_FORMAT_TIME) {
    post_error (self, g_error_new (GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
            "Pad %s%s: samples need a segment in time, not in %s",
            self->stream ? "raw_" : "sink", self->stream ? self->stream : "",
            gst_format_get_name (base->segment.format)));
    return GST_FLOW_ERROR;
  }
  return self->stream ? render_raw (self, buffer) : render_aligned (self,
      buffer);
}

/* ---- events and states ---- */

/* At the end of a stream everything is in the file, whatever comes. */
static void
flush_at_eos (GstRcHdf5Input * self)
{
  RcH5Recording *recording = gst_rc_hdf5_sink_lock (self->owner);
  GError *error = NULL;
  gboolean empty = FALSE;

  if (recording) {
    rc_h5_recording_flush (recording, &error);
    empty = !self->stream && self->last_time == RC_TIME_NONE;
  }
  gst_rc_hdf5_sink_unlock (self->owner, error, FALSE);
  if (empty)
    GST_ELEMENT_WARNING (self->owner, STREAM, FAILED,
        ("The aligned stream ended without a single row"), (NULL));
}

static gboolean
event (GstBaseSink * base, GstEvent * event)
{
  GstRcHdf5Input *self = GST_RC_HDF5_INPUT (base);

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_EOS:
      flush_at_eos (self);
      break;
    case GST_EVENT_CUSTOM_DOWNSTREAM:
      if (!self->stream && gst_event_has_name (event, GST_RC_HDF5_NEXT_EPISODE))
        gst_rc_hdf5_sink_next_episode (self->owner);
      break;
    case GST_EVENT_FLUSH_STOP:
      if (!self->stream)
        gst_rc_hdf5_sink_next_episode (self->owner);
      break;
    default:
      break;
  }
  return GST_BASE_SINK_CLASS (gst_rc_hdf5_input_parent_class)->event (base,
      event);
}

static gboolean
stop (GstBaseSink * base)
{
  GstRcHdf5Input *self = GST_RC_HDF5_INPUT (base);
  RcH5Recording *recording = gst_rc_hdf5_sink_lock (self->owner);
  GError *error = NULL;

  if (recording && !self->stream)
    rc_h5_recording_end_episode (recording, &error);
  forget_caps (self);
  gst_rc_hdf5_sink_unlock (self->owner, error, FALSE);
  self->last_time = RC_TIME_NONE;
  self->warned = FALSE;
  return TRUE;
}

static void
finalize (GObject * object)
{
  GstRcHdf5Input *self = GST_RC_HDF5_INPUT (object);

  forget_caps (self);
  g_free (self->stream);
  G_OBJECT_CLASS (gst_rc_hdf5_input_parent_class)->finalize (object);
}

static void
gst_rc_hdf5_input_class_init (GstRcHdf5InputClass * klass)
{
  GstBaseSinkClass *base_class = GST_BASE_SINK_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = finalize;
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_set_static_metadata (element_class, "HDF5 input",
      "Sink/File", "One pad of rchdf5sink", "RoboCache");
  base_class->get_caps = get_caps;
  base_class->set_caps = set_caps;
  base_class->render = render;
  base_class->event = event;
  base_class->stop = stop;
}

static void
gst_rc_hdf5_input_init (GstRcHdf5Input * self)
{
  GstBaseSink *base = GST_BASE_SINK (self);

  self->last_time = RC_TIME_NONE;
  /* No preroll: a pad whose first sample is late would hold back the others,
   * and a pipeline in which one aligner and one raw pad hang on the same source
   * would never start. */
  gst_base_sink_set_async_enabled (base, FALSE);
  gst_base_sink_set_sync (base, FALSE);
  gst_base_sink_set_last_sample_enabled (base, FALSE);
}

GstElement *
gst_rc_hdf5_input_new (GstRcHdf5Sink * owner, const gchar * stream)
{
  GstRcHdf5Input *self = g_object_new (GST_TYPE_RC_HDF5_INPUT, NULL);

  self->owner = owner;
  self->stream = g_strdup (stream);
  return GST_ELEMENT (self);
}
