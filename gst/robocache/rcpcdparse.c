/* SPDX-License-Identifier: Apache-2.0 */
/**
 * SECTION:element-rcpcdparse
 * @title: rcpcdparse
 * @short_description: Reads point clouds: PCD files and raw points
 *
 * Turns PCD files (versions 0.5 to 0.7; ascii, binary and binary_compressed) and
 * raw points (KITTI's .bin) into `application/x-pointcloud`, one buffer per scan,
 * with every field of the file. Points may have any number of fields of any
 * type, fields with a COUNT above 1 keep it, padding fields (`_`) keep their
 * bytes but are not named in the caps, and NaN points pass unchanged. A VIEWPOINT
 * other than the identity is in the caps as the string `viewpoint`. A scan
 * without points is an empty buffer.
 *
 * ## What is one scan
 *
 * With #GstRcPcdParse:framing=buffer each buffer is one file with one scan, as
 * `multifilesrc` makes them. With `stream` the buffers are pieces of a file: PCD
 * headers say how long each scan is, so several PCD files may follow each other,
 * and raw points are one scan up to the end of the stream (or the next segment,
 * as `concat` sends it). `auto` takes `buffer` after `multifilesrc`, where buffers
 * have times (a TIME segment), and for raw points from anything that is not a
 * file or byte stream, such as `appsrc`; and `stream` else.
 *
 * ## Times
 *
 * Scan k of the series is stamped k / #GstRcPcdParse:rate, or by entry k of
 * #GstRcPcdParse:times or #GstRcPcdParse:times-file; without a list, buffers that
 * come with times (a TIME segment) keep theirs. A framerate in the input's caps
 * (`multifilesrc caps=application/x-pcd,framerate=20/1`) is the rate where `rate`
 * is not set. A scan that is dropped keeps its k, so the ones after it keep their
 * times.
 *
 * ## Examples
 *
 * |[
 * gst-launch-1.0 filesrc location=scan.pcd ! rcpcdparse ! fakesink silent=false -v
 * ]|
 * One PCD file.
 * |[
 * gst-launch-1.0 multifilesrc location=scan-%03d.pcd ! rcpcdparse rate=10/1 ! fakesink
 * ]|
 * A series at 10 Hz.
 * |[
 * gst-launch-1.0 multifilesrc location=velodyne/%010d.bin ! \
 *     rcpcdparse format=raw times-file=times.txt ! fakesink
 * ]|
 * KITTI's raw scans with one int64 time in ns per line of times.txt. Other layouts:
 * `point-step=20 fields="x:f32:0,y:f32:4,z:f32:8,intensity:f32:12,ring:u16:16"`.
 */
#include "rcpcdparse.h"

#include <string.h>

#include "rcelements.h"

GST_DEBUG_CATEGORY (gst_rc_pcd_parse_debug);
#define GST_CAT_DEFAULT gst_rc_pcd_parse_debug

#define KITTI_FIELDS "x:f32:0:1,y:f32:4:1,z:f32:8:1,intensity:f32:12:1"
#define KITTI_STEP 16
#define DEFAULT_MAX_FRAME_SIZE (G_GUINT64_CONSTANT (1) << 30)

enum
{
  PROP_0,
  PROP_FORMAT,
  PROP_FRAMING,
  PROP_POINT_STEP,
  PROP_FIELDS,
  PROP_RATE,
  PROP_TIMES,
  PROP_TIMES_FILE,
  PROP_TIME_ORIGIN,
  PROP_ON_ERROR,
  PROP_MAX_FRAME_SIZE,
  PROP_STATS,
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS ("application/x-pcd; application/octet-stream"));

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS (GST_RC_CLOUD_CAPS ", point-step = (int) [ 1, max ], "
        "framerate = (fraction) [ 0/1, max ]"));

#define GST_TYPE_RC_PCD_PARSE_FORMAT (gst_rc_pcd_parse_format_get_type ())
static GType
gst_rc_pcd_parse_format_get_type (void)
{
  static const GEnumValue values[] = {
    {GST_RC_PCD_PARSE_FORMAT_AUTO, "PCD where the data begins with a PCD "
          "header; else raw when the source's name ends in .bin or point-step "
          "or fields is set", "auto"},
    {GST_RC_PCD_PARSE_FORMAT_PCD, "PCD files", "pcd"},
    {GST_RC_PCD_PARSE_FORMAT_RAW, "Points of point-step bytes and nothing else",
        "raw"},
    {0, NULL, NULL}
  };
  static GType type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
        g_enum_register_static ("GstRcPcdParseFormat", values));
  return type;
}

#define GST_TYPE_RC_PCD_PARSE_FRAMING (gst_rc_pcd_parse_framing_get_type ())
static GType
gst_rc_pcd_parse_framing_get_type (void)
{
  static const GEnumValue values[] = {
    {GST_RC_PCD_PARSE_FRAMING_AUTO, "By what is upstream: buffer after "
          "multifilesrc, with a TIME segment, and for raw points from appsrc, "
          "udpsrc and unknown sources; else stream", "auto"},
    {GST_RC_PCD_PARSE_FRAMING_BUFFER, "Each buffer is one whole scan",
        "buffer"},
    {GST_RC_PCD_PARSE_FRAMING_STREAM, "Buffers are pieces of a file, delimited "
          "by PCD headers; raw points end with the stream", "stream"},
    {0, NULL, NULL}
  };
  static GType type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
        g_enum_register_static ("GstRcPcdParseFraming", values));
  return type;
}

#define GST_TYPE_RC_PCD_PARSE_ON_ERROR (gst_rc_pcd_parse_on_error_get_type ())
static GType
gst_rc_pcd_parse_on_error_get_type (void)
{
  static const GEnumValue values[] = {
    {GST_RC_PCD_PARSE_ON_ERROR_SKIP, "Drop the row or scan, count it in stats, "
          "post a warning and go on", "skip"},
    {GST_RC_PCD_PARSE_ON_ERROR_ERROR, "Stop with an error", "error"},
    {0, NULL, NULL}
  };
  static GType type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
        g_enum_register_static ("GstRcPcdParseOnError", values));
  return type;
}

G_DEFINE_FINAL_TYPE (GstRcPcdParse, gst_rc_pcd_parse, GST_TYPE_ELEMENT);
GST_ELEMENT_REGISTER_DEFINE (rcpcdparse, "rcpcdparse", GST_RANK_NONE,
    GST_TYPE_RC_PCD_PARSE);

/* ---- data ---- */

/* What the source calls itself, or NULL. */
static gchar *
query_uri (GstRcPcdParse * self)
{
  GstQuery *query = gst_query_new_uri ();
  gchar *uri = NULL;

  if (gst_pad_peer_query (self->sinkpad, query))
    gst_query_parse_uri (query, &uri);
  gst_query_unref (query);
  return uri;
}

/* How to read, decided with the first buffer of a segment. */
static void
decide (GstRcPcdParse * self)
{
  gchar *uri = query_uri (self);
  gboolean raw, packets;

  self->decided = TRUE;
  self->uri_raw = uri && strlen (uri) > 4
      && g_ascii_strcasecmp (uri + strlen (uri) - 4, ".bin") == 0;
  raw = self->format == GST_RC_PCD_PARSE_FORMAT_RAW
      || (self->format == GST_RC_PCD_PARSE_FORMAT_AUTO && (self->uri_raw
          || self->raw_described));
  packets = !uri || g_str_has_prefix (uri, "appsrc:")
      || g_str_has_prefix (uri, "udp:");
  /* multifilesrc calls itself "multifile:" or, in some versions, "multifle:" */
  self->by_buffer = self->framing == GST_RC_PCD_PARSE_FRAMING_BUFFER
      || (self->framing == GST_RC_PCD_PARSE_FRAMING_AUTO
      && (self->upstream.format == GST_FORMAT_TIME || (raw && packets)
          || (uri && g_str_has_prefix (uri, "multif"))));
  GST_INFO_OBJECT (self, "source \"%s\": %s is a scan", uri ? uri : "unknown",
      self->by_buffer ? "each buffer" : "each header");
  g_free (uri);
}

static GstFlowReturn
gst_rc_pcd_parse_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  GstRcPcdParse *self = GST_RC_PCD_PARSE (parent);

  if (!self->decided)
    decide (self);
  return gst_rc_pcd_parse_take (self, buffer);
}

/* ---- events ---- */

/* Back to the start of a series. */
static void
restart (GstRcPcdParse * self)
{
  gst_rc_pcd_parse_reset_file (self);
  gst_segment_init (&self->upstream, GST_FORMAT_UNDEFINED);
  self->seqnum = GST_SEQNUM_INVALID;
  self->decided = FALSE;
  self->scan = 0;
  self->need_segment = TRUE;
  self->discont = TRUE;
}

static gboolean
handle_segment (GstRcPcdParse * self, GstEvent * event)
{
  const GstSegment *segment;
  GstFlowReturn ret;

  /* a new segment is a new file */
  ret = gst_rc_pcd_parse_finish_file (self);
  gst_event_parse_segment (event, &segment);
  self->seqnum = gst_event_get_seqnum (event);
  /* segments in bytes say nothing about time: ours goes on */
  if (segment->format == GST_FORMAT_TIME
      || self->upstream.format == GST_FORMAT_TIME)
    self->need_segment = TRUE;
  self->upstream = *segment;
  self->decided = FALSE;
  gst_event_unref (event);
  return ret == GST_FLOW_OK;
}

static void
handle_eos (GstRcPcdParse * self)
{
  gst_rc_pcd_parse_finish_file (self);
  if (self->scan == 0)
    GST_ELEMENT_WARNING (self, STREAM, DECODE,
        ("The input ended without a scan in it"), (NULL));
  else if (self->frames == 0
      && self->on_error == GST_RC_PCD_PARSE_ON_ERROR_SKIP)
    GST_ELEMENT_ERROR (self, STREAM, DECODE,
        ("None of %" G_GUINT64_FORMAT " scans could be read", self->scan),
        ("See the warnings before this."));
  else if (self->clock.times && self->scan < self->clock.times->len)
    GST_INFO_OBJECT (self, "%" G_GUINT64_FORMAT " scans for %u times",
        self->scan, self->clock.times->len);
  gst_rc_pcd_parse_ensure_segment (self);
}

static gboolean
gst_rc_pcd_parse_sink_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  GstRcPcdParse *self = GST_RC_PCD_PARSE (parent);

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:{
      GstCaps *caps;

      gst_event_parse_caps (event, &caps);
      self->upstream_fps_n = 0;
      self->upstream_fps_d = 1;
      gst_structure_get_fraction (gst_caps_get_structure (caps, 0),
          "framerate", &self->upstream_fps_n, &self->upstream_fps_d);
      /* as for images: multifilesrc caps=…,framerate=10/1 */
      if (!self->rate_set && self->scan == 0 && self->upstream_fps_n > 0) {
        self->clock.rate_n = self->upstream_fps_n;
        self->clock.rate_d = self->upstream_fps_d;
      }
      gst_event_unref (event);
      return TRUE;
    }
    case GST_EVENT_SEGMENT:
      return handle_segment (self, event);
    case GST_EVENT_EOS:
      handle_eos (self);
      break;
    case GST_EVENT_FLUSH_STOP:
      restart (self);
      break;
    default:
      break;
  }
  return gst_pad_event_default (pad, parent, event);
}

static gboolean
gst_rc_pcd_parse_src_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  GstFormat format;

  /* a place in bytes is not one that a sink can know */
  if (GST_EVENT_TYPE (event) == GST_EVENT_SEEK) {
    gst_event_parse_seek (event, NULL, &format, NULL, NULL, NULL, NULL, NULL);
    if (format != GST_FORMAT_TIME) {
      gst_event_unref (event);
      return FALSE;
    }
  }
  return gst_pad_event_default (pad, parent, event);
}

/* ---- object ---- */

static gboolean
start (GstRcPcdParse * self)
{
  GError *error = NULL;
  gboolean ok;

  memset (&self->raw, 0, sizeof (self->raw));
  self->raw.point_step = self->point_step;
  ok = gst_rc_cloud_parse_fields (&self->raw, self->fields, &error);
  if (!ok)
    g_prefix_error (&error, "properties point-step=%u and fields: ",
        self->point_step);
  if (ok && self->times && self->times_file) {
    g_set_error (&error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "properties times and times-file are both set");
    ok = FALSE;
  }
  self->clock.rate_n = self->rate_n;
  self->clock.rate_d = self->rate_d;
  ok = ok && gst_rc_scan_clock_start (&self->clock, self->times,
      self->times_file, self->time_origin, &error);
  if (!ok) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS, ("%s", error->message),
        (NULL));
    g_error_free (error);
    return FALSE;
  }
  GST_OBJECT_LOCK (self);
  self->frames = self->points = self->bad_frames = self->bad_rows = 0;
  self->skipped_bytes = 0;
  GST_OBJECT_UNLOCK (self);
  self->upstream_fps_n = 0;
  self->upstream_fps_d = 1;
  restart (self);
  return TRUE;
}

static GstStateChangeReturn
gst_rc_pcd_parse_change_state (GstElement * element, GstStateChange transition)
{
  GstRcPcdParse *self = GST_RC_PCD_PARSE (element);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start (self))
    return GST_STATE_CHANGE_FAILURE;
  ret = GST_ELEMENT_CLASS (gst_rc_pcd_parse_parent_class)->change_state
      (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    restart (self);
    gst_caps_replace (&self->caps, NULL);
    gst_rc_scan_clock_clear (&self->clock);
  }
  return ret;
}

static GstStructure *
get_stats (GstRcPcdParse * self)
{
  return gst_structure_new ("application/x-rcpcdparse-stats",
      "frames", G_TYPE_UINT64, self->frames, "points", G_TYPE_UINT64,
      self->points, "bad-frames", G_TYPE_UINT64, self->bad_frames, "bad-rows",
      G_TYPE_UINT64, self->bad_rows, "skipped-bytes", G_TYPE_UINT64,
      self->skipped_bytes, NULL);
}

static void
gst_rc_pcd_parse_set_property (GObject * object, guint id,
    const GValue * value, GParamSpec * pspec)
{
  GstRcPcdParse *self = GST_RC_PCD_PARSE (object);

  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_FORMAT:
      self->format = g_value_get_enum (value);
      break;
    case PROP_FRAMING:
      self->framing = g_value_get_enum (value);
      break;
    case PROP_POINT_STEP:
      self->point_step = g_value_get_uint (value);
      self->raw_described = TRUE;
      break;
    case PROP_FIELDS:
      g_free (self->fields);
      self->fields = g_value_dup_string (value);
      self->raw_described = self->fields != NULL;
      if (!self->fields)
        self->fields = g_strdup (KITTI_FIELDS);
      break;
    case PROP_RATE:
      self->rate_n = gst_value_get_fraction_numerator (value);
      self->rate_d = gst_value_get_fraction_denominator (value);
      self->rate_set = TRUE;
      break;
    case PROP_TIMES:
      g_free (self->times);
      self->times = g_value_dup_string (value);
      break;
    case PROP_TIMES_FILE:
      g_free (self->times_file);
      self->times_file = g_value_dup_string (value);
      break;
    case PROP_TIME_ORIGIN:
      self->time_origin = g_value_get_int64 (value);
      break;
    case PROP_ON_ERROR:
      self->on_error = g_value_get_enum (value);
      break;
    case PROP_MAX_FRAME_SIZE:
      self->max_frame_size = g_value_get_uint64 (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_rc_pcd_parse_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstRcPcdParse *self = GST_RC_PCD_PARSE (object);

  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_FORMAT:
      g_value_set_enum (value, self->format);
      break;
    case PROP_FRAMING:
      g_value_set_enum (value, self->framing);
      break;
    case PROP_POINT_STEP:
      g_value_set_uint (value, self->point_step);
      break;
    case PROP_FIELDS:
      g_value_set_string (value, self->fields);
      break;
    case PROP_RATE:
      gst_value_set_fraction (value, self->rate_n, self->rate_d);
      break;
    case PROP_TIMES:
      g_value_set_string (value, self->times);
      break;
    case PROP_TIMES_FILE:
      g_value_set_string (value, self->times_file);
      break;
    case PROP_TIME_ORIGIN:
      g_value_set_int64 (value, self->time_origin);
      break;
    case PROP_ON_ERROR:
      g_value_set_enum (value, self->on_error);
      break;
    case PROP_MAX_FRAME_SIZE:
      g_value_set_uint64 (value, self->max_frame_size);
      break;
    case PROP_STATS:
      g_value_take_boxed (value, get_stats (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_rc_pcd_parse_finalize (GObject * object)
{
  GstRcPcdParse *self = GST_RC_PCD_PARSE (object);

  gst_rc_pcd_parse_reset_file (self);
  g_object_unref (self->adapter);
  gst_caps_replace (&self->caps, NULL);
  gst_rc_scan_clock_clear (&self->clock);
  g_free (self->fields);
  g_free (self->times);
  g_free (self->times_file);
  G_OBJECT_CLASS (gst_rc_pcd_parse_parent_class)->finalize (object);
}

static void
gst_rc_pcd_parse_class_init (GstRcPcdParseClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
      | GST_PARAM_MUTABLE_READY;

  GST_DEBUG_CATEGORY_INIT (gst_rc_pcd_parse_debug, "rcpcdparse", 0,
      "point cloud files");
  object_class->set_property = gst_rc_pcd_parse_set_property;
  object_class->get_property = gst_rc_pcd_parse_get_property;
  object_class->finalize = gst_rc_pcd_parse_finalize;
  element_class->change_state = gst_rc_pcd_parse_change_state;

  g_object_class_install_property (object_class, PROP_FORMAT,
      g_param_spec_enum ("format", "Format", "What the input holds",
          GST_TYPE_RC_PCD_PARSE_FORMAT, GST_RC_PCD_PARSE_FORMAT_AUTO, flags));
  g_object_class_install_property (object_class, PROP_FRAMING,
      g_param_spec_enum ("framing", "Framing", "What one scan is",
          GST_TYPE_RC_PCD_PARSE_FRAMING, GST_RC_PCD_PARSE_FRAMING_AUTO, flags));
  g_object_class_install_property (object_class, PROP_POINT_STEP,
      g_param_spec_uint ("point-step", "Point step",
          "Bytes per point of raw input (KITTI: 16)", 1, G_MAXINT, KITTI_STEP,
          flags));
  g_object_class_install_property (object_class, PROP_FIELDS,
      g_param_spec_string ("fields", "Fields",
          "Fields of raw input as name:type:offset[:count], separated by commas; "
          "types i8 u8 i16 u16 i32 u32 i64 u64 f32 f64, offsets in bytes",
          KITTI_FIELDS, flags));
  g_object_class_install_property (object_class, PROP_RATE,
      gst_param_spec_fraction ("rate", "Rate",
          "Scans per second: scan k is stamped k / rate. Not used with times, "
          "times-file or input that has times of its own; unless it is set, a "
          "framerate in the input's caps counts", 1, G_MAXINT,
          G_MAXINT, 1, 10, 1, flags));
  g_object_class_install_property (object_class, PROP_TIMES,
      g_param_spec_string ("times", "Times",
          "The scans' times: int64 nanoseconds, separated by commas", NULL,
          flags));
  g_object_class_install_property (object_class, PROP_TIMES_FILE,
      g_param_spec_string ("times-file", "Times file",
          "A text file with the scans' times: int64 nanoseconds, one per line; "
          "empty lines and lines that start with # are skipped", NULL, flags));
  g_object_class_install_property (object_class, PROP_TIME_ORIGIN,
      g_param_spec_int64 ("time-origin", "Time origin",
          "Nanoseconds that are subtracted from times and times-file; no time "
          "may be before it", G_MININT64, G_MAXINT64, 0, flags));
  g_object_class_install_property (object_class, PROP_ON_ERROR,
      g_param_spec_enum ("on-error", "On error",
          "What to do with rows and scans that cannot be read",
          GST_TYPE_RC_PCD_PARSE_ON_ERROR, GST_RC_PCD_PARSE_ON_ERROR_SKIP,
          flags));
  g_object_class_install_property (object_class, PROP_MAX_FRAME_SIZE,
      g_param_spec_uint64 ("max-frame-size", "Maximum frame size",
          "Bytes of points that a scan may have; larger ones are bad scans", 1,
          G_GUINT64_CONSTANT (1) << 40, DEFAULT_MAX_FRAME_SIZE, flags));
  g_object_class_install_property (object_class, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "Counts since READY, all uint64: frames and points sent, bad-frames "
          "and bad-rows dropped, skipped-bytes that belong to no scan",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Point cloud reader",
      "Codec/Parser",
      "Reads PCD files and raw points into one point cloud per scan",
      "The RoboCache authors");
  gst_type_mark_as_plugin_api (GST_TYPE_RC_PCD_PARSE_FORMAT, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_RC_PCD_PARSE_FRAMING, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_RC_PCD_PARSE_ON_ERROR, 0);
}

static void
gst_rc_pcd_parse_init (GstRcPcdParse * self)
{
  self->sinkpad = gst_pad_new_from_static_template (&sink_template, "sink");
  gst_pad_set_chain_function (self->sinkpad, gst_rc_pcd_parse_chain);
  gst_pad_set_event_function (self->sinkpad, gst_rc_pcd_parse_sink_event);
  gst_element_add_pad (GST_ELEMENT (self), self->sinkpad);
  self->srcpad = gst_pad_new_from_static_template (&src_template, "src");
  gst_pad_set_event_function (self->srcpad, gst_rc_pcd_parse_src_event);
  gst_pad_use_fixed_caps (self->srcpad);
  gst_element_add_pad (GST_ELEMENT (self), self->srcpad);

  self->adapter = gst_adapter_new ();
  self->point_step = KITTI_STEP;
  self->fields = g_strdup (KITTI_FIELDS);
  self->rate_n = 10;
  self->rate_d = 1;
  self->max_frame_size = DEFAULT_MAX_FRAME_SIZE;
  gst_segment_init (&self->upstream, GST_FORMAT_UNDEFINED);
  self->need_segment = TRUE;
}
