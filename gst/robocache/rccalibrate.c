/* SPDX-License-Identifier: Apache-2.0 */
/**
 * SECTION:element-rccalibrate
 * @title: rccalibrate
 * @short_description: the time offset between two sensors that see the same motion
 *
 * rccalibrate compares two streams, for example the gyro of an IMU and the pose
 * from a motion capture system, and finds by how much the times of the second one
 * (pad signal) have to be moved to agree with the first (pad reference). The
 * result is what the pad of rcfusemux takes as its #GstRcAlignerPad:offset.
 *
 * It is a sink: where the streams are recorded or aligned as well, put a tee
 * before it, and a queue, since the thread that completes a window makes the
 * estimate. Nothing is synchronized to the clock.
 *
 * An estimate is made whenever both streams cover another #GstRcCalibrate:window
 * of running time, and at the end of both. Each is posted as an element message
 * `rc-calibration` with
 *
 * * `offset` (gint64): ns, to be added to the times of the signal
 * * `standard-error` (gint64): of the offset, ns
 * * `confidence` (gdouble): 0 to 1, how surely this peak is the highest one
 * * `correlation`, `second` (gdouble): at the offset, and of the second peak
 * * `points` (guint64): places at which the streams were compared
 * * `from`, `to` (gint64): running times of the window, ns
 * * `accepted` (gboolean): confidence is at least #GstRcCalibrate:min-confidence
 * * `error` (string): instead of all but the window, why there is no estimate
 *
 * An accepted one is also in #GstRcCalibrate:offset and
 * #GstRcCalibrate:confidence. When none was by the end, a warning says so: too
 * little motion, a motion that repeats, or streams of different things.
 *
 * Sensors that filter a motion differently seem to have an offset for it, which is
 * part of the result. Both streams are on the pipeline's time, by their PTS. How the
 * estimate is made and what its error means is in calibrate/calibrate.h.
 *
 * ## Example pipelines
 * |[
 * gst-launch-1.0 -m rccalibrate name=c max-offset=500000000 \
 *   rctestsrc kind=imu num-buffers=4000 seed=1 ! c.reference \
 *   rctestsrc kind=imu num-buffers=4000 seed=2 offset=-30000000 ! c.signal
 * ]| Two IMUs on one robot, the second one stamped 30 ms early.
 * |[
 * gst-launch-1.0 -m rccalibrate name=c reference-channels=4,5,6 \
 *   reference-quantity=channels signal-quantity=angular-velocity \
 *   filesrc location=imu.csv ! rccsvparse time-unit=ns ! queue ! c.reference \
 *   filesrc location=mocap.csv ! rccsvparse time-unit=ns quaternions=3:wxyz ! \
 *   queue ! c.signal
 * ]| A gyro and a motion capture system, from logs.
 *
 * Since: 0.1
 */
#include "rcelements.h"
#include "rcmotion.h"

GST_DEBUG_CATEGORY_STATIC (rc_calibrate_debug);
#define GST_CAT_DEFAULT rc_calibrate_debug

#define DEFAULT_WINDOW (60 * GST_SECOND)
#define DEFAULT_MIN_CONFIDENCE 0.95
/* A time this far back is a clock that was set, not samples out of order. */
#define CLOCK_JUMP ((gint64) GST_SECOND)

enum
{
  REFERENCE,
  SIGNAL,
  N_PADS
};

enum
{
  PROP_0,
  PROP_MAX_OFFSET,
  PROP_WINDOW,
  PROP_SMOOTHING,
  PROP_MAX_GAP,
  PROP_MIN_CONFIDENCE,
  PROP_REFERENCE_CHANNELS,
  PROP_SIGNAL_CHANNELS,
  PROP_REFERENCE_QUANTITY,
  PROP_SIGNAL_QUANTITY,
  PROP_OFFSET,
  PROP_CONFIDENCE,
  PROP_STATS,
};

typedef struct
{
  GstPad *pad;
  const gchar *property;        /* that selects its channels */

  /* under the element's lock */
  gchar *channels;
  GstRcQuantity quantity;
  GstSegment segment;
  GstRcMotionInput motion;
  gboolean eos, warned;
} Input;

typedef struct
{
  GstElement parent;

  GMutex lock;                  /* all of the below; never held to post */
  Input inputs[N_PADS];
  RcCalibrateConfig config;
  gint64 window;                /* 0: none */
  gdouble min_confidence;
  gint64 window_start;          /* running time, or RC_TIME_NONE */
  gboolean ended;               /* EOS was posted */
  guint64 estimates, accepted;
  gint64 offset;
  gdouble confidence;
} GstRcCalibrate;

typedef struct
{
  GstElementClass parent_class;
} GstRcCalibrateClass;

GType gst_rc_calibrate_get_type (void);
#define GST_RC_CALIBRATE(obj) \
  (G_TYPE_CHECK_INSTANCE_CAST ((obj), gst_rc_calibrate_get_type (), \
      GstRcCalibrate))
G_DEFINE_TYPE (GstRcCalibrate, gst_rc_calibrate, GST_TYPE_ELEMENT);
GST_ELEMENT_REGISTER_DEFINE (rccalibrate, "rccalibrate", GST_RANK_NONE,
    gst_rc_calibrate_get_type ());

static GstStaticPadTemplate reference_template =
GST_STATIC_PAD_TEMPLATE ("reference", GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS (GST_RC_TENSORS_CAPS ", num_tensors=(int)1"));
static GstStaticPadTemplate signal_template =
GST_STATIC_PAD_TEMPLATE ("signal", GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS (GST_RC_TENSORS_CAPS ", num_tensors=(int)1"));

/* ---- estimates ---- */

/* A window of both streams, to be worked on without the lock. */
typedef struct
{
  RcMotion motions[N_PADS];
  RcCalibrateConfig config;
  guint width;
  gint64 from, to;
} Job;

static gint64
last_time (const Input * in)
{
  const GArray *times = in->motion.times;

  return times->len ? g_array_index (times, gint64, times->len - 1) :
      RC_TIME_NONE;
}

static gint64
first_time (const Input * in)
{
  return in->motion.times->len ? g_array_index (in->motion.times, gint64, 0) :
      RC_TIME_NONE;
}

static Job *
job_new (GstRcCalibrate * self, gint64 from, gint64 to)
{
  Job *job = g_new0 (Job, 1);

  job->config = self->config;
  job->from = from;
  job->to = to;
  job->width = gst_rc_motion_width (&self->inputs[REFERENCE].motion);
  for (guint i = 0; i < N_PADS; i++)
    gst_rc_motion_series (&self->inputs[i].motion, from, to, &job->motions[i]);
  return job;
}

/* Works it off and frees it. */
static void
job_run (GstRcCalibrate * self, Job * job)
{
  RcCalibration result;
  RcError error;
  RcStatus status = rc_calibrate (&job->config, &job->motions[REFERENCE],
      &job->motions[SIGNAL], job->width, &result, &error);
  GstStructure *s = gst_structure_new ("rc-calibration",
      "from", G_TYPE_INT64, job->from, "to", G_TYPE_INT64, job->to, NULL);
  gboolean accepted;

  g_mutex_lock (&self->lock);
  self->estimates++;
  accepted = status == RC_OK && result.confidence >= self->min_confidence;
  if (accepted) {
    self->accepted++;
    self->offset = result.offset;
    self->confidence = result.confidence;
  }
  g_mutex_unlock (&self->lock);
  gst_structure_set (s, "accepted", G_TYPE_BOOLEAN, accepted, NULL);
  if (status == RC_OK)
    gst_structure_set (s, "offset", G_TYPE_INT64, result.offset,
        "standard-error", G_TYPE_INT64, result.standard_error <
        (gdouble) G_MAXINT64 ? (gint64) result.standard_error : G_MAXINT64,
        "confidence", G_TYPE_DOUBLE, result.confidence, "correlation",
        G_TYPE_DOUBLE, result.correlation, "second", G_TYPE_DOUBLE,
        result.second, "points", G_TYPE_UINT64, (guint64) result.points, NULL);
  else
    gst_structure_set (s, "error", G_TYPE_STRING, error.message, NULL);
  GST_INFO_OBJECT (self, "%" GST_PTR_FORMAT, s);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self), s));
  if (accepted) {
    g_object_notify (G_OBJECT (self), "offset");
    g_object_notify (G_OBJECT (self), "confidence");
  }
  for (guint i = 0; i < N_PADS; i++) {
    g_free ((gpointer) job->motions[i].times);
    g_free ((gpointer) job->motions[i].values);
  }
  g_free (job);
}

/* With the lock: the window that both streams cover now, or NULL. */
static Job *
next_window (GstRcCalibrate * self)
{
  const gint64 a = last_time (&self->inputs[REFERENCE]);
  const gint64 b = last_time (&self->inputs[SIGNAL]);
  const gint64 newest = MIN (a, b);
  Job *job = NULL;

  if (self->window == 0 || newest == RC_TIME_NONE)
    return NULL;
  if (self->window_start == RC_TIME_NONE)
    self->window_start = MAX (first_time (&self->inputs[REFERENCE]),
        first_time (&self->inputs[SIGNAL]));
  if (newest >= self->window_start
      && newest - self->window_start >= self->window) {
    /* one of them may have leapt over several */
    self->window_start += (newest - self->window_start) / self->window
        * self->window;
    job = job_new (self, self->window_start - self->window, self->window_start);
  }
  return job;
}

/* With the lock. A stream that waits for a silent one does not fill the memory. */
static void
trim (GstRcCalibrate * self, Input * in)
{
  const gint64 last = last_time (in);

  if (self->window > 0 && last != RC_TIME_NONE)
    gst_rc_motion_trim (&in->motion, last - 2 * self->window);
}

/* With the lock, both ended: what is left after the last window; all of it where
 * there was none, else where it is long enough to say something. */
static Job *
last_window (GstRcCalibrate * self)
{
  const Input *a = &self->inputs[REFERENCE], *b = &self->inputs[SIGNAL];
  gint64 from = self->window_start;
  const gint64 to = MAX (last_time (a), last_time (b));

  if (self->estimates > 0 && from != RC_TIME_NONE && (to < from
          || to - from < self->window / 2))
    return NULL;
  if (self->estimates == 0 || from == RC_TIME_NONE)
    from = MIN (first_time (a), first_time (b));
  return job_new (self, from, to);
}

/* ---- pads ---- */

static Input *
input_of (GstRcCalibrate * self, GstPad * pad)
{
  return &self->inputs[pad == self->inputs[SIGNAL].pad];
}

static gboolean
set_caps (GstRcCalibrate * self, Input * in, GstCaps * caps)
{
  guint widths[N_PADS];
  GError *error = NULL;
  gboolean ok;

  g_mutex_lock (&self->lock);
  ok = gst_rc_motion_set_caps (&in->motion, caps, in->property, in->channels,
      in->quantity, &error);
  for (guint i = 0; i < N_PADS; i++)
    widths[i] = gst_rc_motion_width (&self->inputs[i].motion);
  self->window_start = RC_TIME_NONE;
  g_mutex_unlock (&self->lock);
  if (!ok)
    GST_ELEMENT_ERROR (self, STREAM, FORMAT, (NULL), ("pad %s: %s",
            GST_PAD_NAME (in->pad), error->message));
  g_clear_error (&error);
  if (ok && widths[0] && widths[1] && widths[0] != widths[1]) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT, (NULL),
        ("properties reference-channels, signal-channels, reference-quantity "
            "and signal-quantity: %u channels of the reference cannot be "
            "compared with %u of the signal", widths[0], widths[1]));
    ok = FALSE;
  }
  return ok;
}

static GstFlowReturn
chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  GstRcCalibrate *self = GST_RC_CALIBRATE (parent);
  Input *in = input_of (self, pad);
  GstFlowReturn ret = GST_FLOW_OK;
  gchar *reason = NULL;
  Job *job = NULL;
  gboolean warn = FALSE;

  g_mutex_lock (&self->lock);
  if (in->eos) {
    ret = GST_FLOW_EOS;
  } else if (in->motion.width == 0) {
    ret = GST_FLOW_NOT_NEGOTIATED;
  } else {
    guint64 resets = in->motion.resets;

    gst_rc_motion_push (&in->motion, buffer, &in->segment, CLOCK_JUMP, &reason);
    if (in->motion.resets > resets)
      self->window_start = RC_TIME_NONE;
    warn = reason && !in->warned;
    in->warned |= warn;
    job = next_window (self);
    trim (self, in);
  }
  g_mutex_unlock (&self->lock);
  gst_buffer_unref (buffer);
  if (warn)
    GST_ELEMENT_WARNING (self, STREAM, FORMAT, (NULL), ("pad %s: %s; it is not "
            "used, and others like it are only counted", GST_PAD_NAME (pad),
            reason));
  g_free (reason);
  if (job)
    job_run (self, job);
  return ret;
}

static void
take_eos (GstRcCalibrate * self, Input * in, guint32 seqnum)
{
  GstMessage *message;
  guint64 estimates = 0, accepted = 1;
  gboolean all = TRUE, post;
  Job *job = NULL;

  g_mutex_lock (&self->lock);
  in->eos = TRUE;
  for (guint i = 0; i < N_PADS; i++)
    all = all && self->inputs[i].eos;
  post = all && !self->ended;
  self->ended |= post;
  if (post)
    job = last_window (self);
  g_mutex_unlock (&self->lock);
  if (!post)
    return;
  if (job)
    job_run (self, job);
  g_mutex_lock (&self->lock);
  estimates = self->estimates;
  accepted = self->accepted;
  g_mutex_unlock (&self->lock);
  if (accepted == 0)
    GST_ELEMENT_WARNING (self, STREAM, FAILED, (NULL), ("no offset was found: "
            "none of %" G_GUINT64_FORMAT " estimates has the confidence of "
            "property min-confidence=%g (the messages rc-calibration say more)",
            estimates, self->min_confidence));
  message = gst_message_new_eos (GST_OBJECT (self));
  gst_message_set_seqnum (message, seqnum);
  gst_element_post_message (GST_ELEMENT (self), message);
}

static gboolean
event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  GstRcCalibrate *self = GST_RC_CALIBRATE (parent);
  Input *in = input_of (self, pad);
  const GstSegment *segment;
  gboolean ok = TRUE;
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:
      gst_event_parse_caps (event, &caps);
      ok = set_caps (self, in, caps);
      break;
    case GST_EVENT_SEGMENT:
      gst_event_parse_segment (event, &segment);
      ok = segment->format == GST_FORMAT_TIME;
      if (!ok)
        GST_ELEMENT_ERROR (self, STREAM, FORMAT, (NULL),
            ("pad %s: a segment in format %s, time is needed",
                GST_PAD_NAME (pad), gst_format_get_name (segment->format)));
      g_mutex_lock (&self->lock);
      in->segment = *segment;
      g_mutex_unlock (&self->lock);
      break;
    case GST_EVENT_STREAM_START:
    case GST_EVENT_FLUSH_STOP:
      g_mutex_lock (&self->lock);
      if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP) {
        /* times begin anew */
        gst_rc_motion_trim (&in->motion, G_MAXINT64);
        gst_segment_init (&in->segment, GST_FORMAT_UNDEFINED);
        self->window_start = RC_TIME_NONE;
      }
      in->eos = self->ended = FALSE;
      g_mutex_unlock (&self->lock);
      break;
    case GST_EVENT_EOS:
      take_eos (self, in, gst_event_get_seqnum (event));
      break;
    default:
      break;
  }
  gst_event_unref (event);
  return ok;
}

/* ---- object ---- */

static void
reset (GstRcCalibrate * self)
{
  g_mutex_lock (&self->lock);
  for (guint i = 0; i < N_PADS; i++) {
    Input *in = &self->inputs[i];

    gst_rc_motion_clear (&in->motion);
    gst_rc_motion_init (&in->motion);
    gst_segment_init (&in->segment, GST_FORMAT_UNDEFINED);
    in->eos = in->warned = FALSE;
  }
  self->window_start = RC_TIME_NONE;
  self->ended = FALSE;
  self->estimates = self->accepted = 0;
  self->offset = 0;
  self->confidence = 0;
  g_mutex_unlock (&self->lock);
}

static GstStateChangeReturn
change_state (GstElement * element, GstStateChange transition)
{
  /* the last results stay readable until the next run */
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
    reset (GST_RC_CALIBRATE (element));
  return GST_ELEMENT_CLASS (gst_rc_calibrate_parent_class)->change_state
      (element, transition);
}

static GstStructure *
make_stats (GstRcCalibrate * self)
{
  GstStructure *stats = gst_structure_new ("rc-stats",
      "estimates", G_TYPE_UINT64, self->estimates,
      "accepted", G_TYPE_UINT64, self->accepted, NULL);

  for (guint i = 0; i < N_PADS; i++) {
    const GstRcMotionInput *m = &self->inputs[i].motion;
    GstStructure *pad = gst_structure_new ("rc-pad-stats",
        "in", G_TYPE_UINT64, m->in, "backwards", G_TYPE_UINT64, m->backwards,
        "no-time", G_TYPE_UINT64, m->no_time, "bad-size", G_TYPE_UINT64,
        m->bad_size, "resets", G_TYPE_UINT64, m->resets, NULL);

    gst_structure_set (stats, GST_PAD_NAME (self->inputs[i].pad),
        GST_TYPE_STRUCTURE, pad, NULL);
    gst_structure_free (pad);
  }
  return stats;
}

static void
set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * pspec)
{
  GstRcCalibrate *self = GST_RC_CALIBRATE (object);

  g_mutex_lock (&self->lock);
  switch (id) {
    case PROP_MAX_OFFSET:
      self->config.max_offset = g_value_get_uint64 (value);
      break;
    case PROP_WINDOW:
      self->window = g_value_get_uint64 (value);
      break;
    case PROP_SMOOTHING:
      self->config.smoothing = g_value_get_uint64 (value);
      break;
    case PROP_MAX_GAP:
      self->config.max_gap = g_value_get_uint64 (value);
      break;
    case PROP_MIN_CONFIDENCE:
      self->min_confidence = g_value_get_double (value);
      break;
    case PROP_REFERENCE_CHANNELS:
    case PROP_SIGNAL_CHANNELS:
    {
      Input *in = &self->inputs[id == PROP_SIGNAL_CHANNELS];

      g_free (in->channels);
      in->channels = g_value_dup_string (value);
      break;
    }
    case PROP_REFERENCE_QUANTITY:
    case PROP_SIGNAL_QUANTITY:
      self->inputs[id == PROP_SIGNAL_QUANTITY].quantity =
          g_value_get_enum (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  g_mutex_unlock (&self->lock);
}

static void
get_property (GObject * object, guint id, GValue * value, GParamSpec * pspec)
{
  GstRcCalibrate *self = GST_RC_CALIBRATE (object);

  g_mutex_lock (&self->lock);
  switch (id) {
    case PROP_MAX_OFFSET:
      g_value_set_uint64 (value, self->config.max_offset);
      break;
    case PROP_WINDOW:
      g_value_set_uint64 (value, self->window);
      break;
    case PROP_SMOOTHING:
      g_value_set_uint64 (value, self->config.smoothing);
      break;
    case PROP_MAX_GAP:
      g_value_set_uint64 (value, self->config.max_gap);
      break;
    case PROP_MIN_CONFIDENCE:
      g_value_set_double (value, self->min_confidence);
      break;
    case PROP_REFERENCE_CHANNELS:
    case PROP_SIGNAL_CHANNELS:
      g_value_set_string (value,
          self->inputs[id == PROP_SIGNAL_CHANNELS].channels);
      break;
    case PROP_REFERENCE_QUANTITY:
    case PROP_SIGNAL_QUANTITY:
      g_value_set_enum (value,
          self->inputs[id == PROP_SIGNAL_QUANTITY].quantity);
      break;
    case PROP_OFFSET:
      g_value_set_int64 (value, self->offset);
      break;
    case PROP_CONFIDENCE:
      g_value_set_double (value, self->confidence);
      break;
    case PROP_STATS:
      g_value_take_boxed (value, make_stats (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  g_mutex_unlock (&self->lock);
}

static void
finalize (GObject * object)
{
  GstRcCalibrate *self = GST_RC_CALIBRATE (object);

  for (guint i = 0; i < N_PADS; i++) {
    g_free (self->inputs[i].channels);
    gst_rc_motion_clear (&self->inputs[i].motion);
  }
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (gst_rc_calibrate_parent_class)->finalize (object);
}

static void
gst_rc_calibrate_class_init (GstRcCalibrateClass * klass)
{
  GObjectClass *object = G_OBJECT_CLASS (klass);
  GstElementClass *element = GST_ELEMENT_CLASS (klass);
  const GParamFlags rw = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;
  const GParamFlags rw_ready = rw | GST_PARAM_MUTABLE_READY;
  const GParamFlags ro = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object->set_property = set_property;
  object->get_property = get_property;
  object->finalize = finalize;
  element->change_state = change_state;

#define INSTALL(Id, spec) g_object_class_install_property (object, Id, spec)
  INSTALL (PROP_MAX_OFFSET, g_param_spec_uint64 ("max-offset", "Max offset",
          "Offsets up to this, to either side, are looked for, in ns",
          GST_MSECOND, GST_SECOND * 3600, GST_SECOND,
          rw | GST_PARAM_MUTABLE_PLAYING));
  INSTALL (PROP_WINDOW, g_param_spec_uint64 ("window", "Window",
          "Make an estimate whenever both streams cover this much more running "
          "time, in ns; 0: one at the end, of all there was, and memory for all",
          0, GST_SECOND * 86400, DEFAULT_WINDOW, rw_ready));
  INSTALL (PROP_SMOOTHING, g_param_spec_uint64 ("smoothing", "Smoothing",
          "Compare means over this time, in ns; 0: four intervals of the slower "
          "stream", 0, GST_SECOND * 60, 0, rw | GST_PARAM_MUTABLE_PLAYING));
  INSTALL (PROP_MAX_GAP, g_param_spec_uint64 ("max-gap", "Max gap",
          "A gap between samples of more than this, in ns, is left out", 1,
          GST_SECOND * 3600, GST_SECOND / 5, rw | GST_PARAM_MUTABLE_PLAYING));
  INSTALL (PROP_MIN_CONFIDENCE, g_param_spec_double ("min-confidence",
          "Min confidence", "Accept an estimate from this confidence on", 0, 1,
          DEFAULT_MIN_CONFIDENCE, rw | GST_PARAM_MUTABLE_PLAYING));
  INSTALL (PROP_REFERENCE_CHANNELS, g_param_spec_string ("reference-channels",
          "Reference channels",
          "Channels of the reference, \"gx,gy,gz\" or \"4,5,6\" (from 0); empty: "
          "all", NULL, rw_ready));
  INSTALL (PROP_SIGNAL_CHANNELS, g_param_spec_string ("signal-channels",
          "Signal channels", "Channels of the signal, likewise", NULL,
          rw_ready));
  INSTALL (PROP_REFERENCE_QUANTITY, g_param_spec_enum ("reference-quantity",
          "Reference quantity", "What is made of the reference's channels",
          gst_rc_quantity_get_type (), GST_RC_QUANTITY_AUTO, rw_ready));
  INSTALL (PROP_SIGNAL_QUANTITY, g_param_spec_enum ("signal-quantity",
          "Signal quantity", "What is made of the signal's channels",
          gst_rc_quantity_get_type (), GST_RC_QUANTITY_AUTO, rw_ready));
  INSTALL (PROP_OFFSET, g_param_spec_int64 ("offset", "Offset",
          "The last accepted estimate: what to add to the signal's times, in ns",
          G_MININT64, G_MAXINT64, 0, ro));
  INSTALL (PROP_CONFIDENCE, g_param_spec_double ("confidence", "Confidence",
          "Of the last accepted estimate; 0: there is none yet", 0, 1, 0, ro));
  INSTALL (PROP_STATS, g_param_spec_boxed ("stats", "Statistics",
          "estimates, accepted (uint64); per pad: in: samples; dropped of them: "
          "backwards, no-time, bad-size; resets: clock set back",
          GST_TYPE_STRUCTURE, ro));
#undef INSTALL
  gst_element_class_add_static_pad_template (element, &reference_template);
  gst_element_class_add_static_pad_template (element, &signal_template);
  gst_element_class_set_static_metadata (element, "RoboCache calibrate",
      "Sink/Analyzer",
      "Finds the time offset between two streams that show the same motion",
      "RoboCache developers");
  GST_DEBUG_CATEGORY_INIT (rc_calibrate_debug, "rccalibrate", 0,
      "time offset calibration");
}

static void
gst_rc_calibrate_init (GstRcCalibrate * self)
{
  static GstStaticPadTemplate *const templates[] =
      { &reference_template, &signal_template };
  static const gchar *const properties[] =
      { "reference-channels", "signal-channels" };

  g_mutex_init (&self->lock);
  rc_calibrate_config_init (&self->config);
  self->window = DEFAULT_WINDOW;
  self->min_confidence = DEFAULT_MIN_CONFIDENCE;
  self->window_start = RC_TIME_NONE;
  for (guint i = 0; i < N_PADS; i++) {
    Input *in = &self->inputs[i];

    in->property = properties[i];
    gst_rc_motion_init (&in->motion);
    gst_segment_init (&in->segment, GST_FORMAT_UNDEFINED);
    in->pad = gst_pad_new_from_static_template (templates[i],
        templates[i]->name_template);
    gst_pad_set_chain_function (in->pad, chain);
    gst_pad_set_event_function (in->pad, event);
    gst_element_add_pad (GST_ELEMENT (self), in->pad);
  }
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SINK);
}
