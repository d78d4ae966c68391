/* SPDX-License-Identifier: Apache-2.0 */
#include "rcalignerpriv.h"

#include <math.h>

enum
{
  PROP_0,
  PROP_ROLE,
  PROP_METHOD,
  PROP_MAX_GAP,
  PROP_TOLERANCE,
  PROP_OFFSET,
  PROP_REQUIRED,
  PROP_CAUSAL,
  PROP_EDGE,
  PROP_FILL,
  PROP_CAPS,
  PROP_STREAM_NAME,
  PROP_MEAN_WINDOW,
  PROP_MEAN_CENTRED,
  PROP_SAMPLES,
  PROP_MAX_POINTS,
  PROP_LOOKAHEAD,
  PROP_LATE_POLICY,
  PROP_DEAD_AFTER,
  PROP_TIME_SOURCE,
  PROP_REFERENCE_CAPS,
  PROP_STATS,
};

#define RW (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING)

G_DEFINE_TYPE (GstRcAlignerPad, gst_rc_aligner_pad, GST_TYPE_AGGREGATOR_PAD);

guint
gst_rc_aligner_install_pad_properties (GObjectClass * klass, guint first_id)
{
  const guint base = first_id - PROP_ROLE;
  GParamSpec *fill;

  g_object_class_install_property (klass, base + PROP_ROLE,
      g_param_spec_enum ("role", "Role",
          "What the stream means: observations may be interpolated, actions "
          "never are, events hold until they change", GST_TYPE_RC_ROLE,
          GST_RC_ROLE_OBSERVATION, RW));
  g_object_class_install_property (klass, base + PROP_METHOD,
      g_param_spec_enum ("method", "Method",
          "How the value at a tick is made from the samples around it",
          GST_TYPE_RC_METHOD, GST_RC_METHOD_AUTO, RW));
  g_object_class_install_property (klass, base + PROP_MAX_GAP,
      g_param_spec_int64 ("max-gap", "Maximum gap",
          "Across a longer gap between samples (or a longer hold) the value is "
          "missing, in ns (-1 = 200 ms for methods that interpolate and no "
          "limit for the others; 9223372036854775807 = no limit)", -1,
          G_MAXINT64, -1, RW));
  g_object_class_install_property (klass, base + PROP_TOLERANCE,
      g_param_spec_int64 ("tolerance", "Tolerance",
          "method=nearest: how far the sample may be from the tick, in ns "
          "(-1 = no limit)", -1, G_MAXINT64, -1, RW));
  g_object_class_install_property (klass, base + PROP_OFFSET,
      g_param_spec_int64 ("offset", "Offset",
          "Added to every sample time, in ns: a camera stamped 125 ms late has "
          "offset=-125000000", -G_MAXINT64 / 4, G_MAXINT64 / 4, 0, RW));
  g_object_class_install_property (klass, base + PROP_REQUIRED,
      g_param_spec_boolean ("required", "Required",
          "With span=common, ticks begin and end where every required stream "
          "has data", TRUE, RW));
  g_object_class_install_property (klass, base + PROP_CAUSAL,
      g_param_spec_boolean ("causal", "Causal",
          "Use nothing later than the tick: nearest becomes previous, linear "
          "holds. For data whose policy will run live", FALSE, RW));
  g_object_class_install_property (klass, base + PROP_EDGE,
      g_param_spec_enum ("edge", "Edge",
          "Before the first and after the last sample", GST_TYPE_RC_EDGE,
          RC_EDGE_MISSING, RW));
  fill = g_param_spec_double ("fill", "Fill",
      "The value of what is missing (nan = NaN in floats, 0 in integers and "
      "images)", -G_MAXDOUBLE, G_MAXDOUBLE, 0, RW | G_PARAM_LAX_VALIDATION);
  /* g_param_spec_double () refuses a NaN as default, not as value */
  ((GParamSpecDouble *) fill)->default_value = NAN;
  g_object_class_install_property (klass, base + PROP_FILL, fill);
  g_object_class_install_property (klass, base + PROP_CAPS,
      g_param_spec_boxed ("caps", "Caps",
          "Shape of a stream that may be silent at the start; until its own "
          "caps arrive it is missing with this shape", GST_TYPE_CAPS, RW));
  g_object_class_install_property (klass, base + PROP_STREAM_NAME,
      g_param_spec_string ("stream-name", "Stream name",
          "Name in caps and recordings (unset = the pad's name without "
          "\"sink_\")", NULL, RW));
  g_object_class_install_property (klass, base + PROP_MEAN_WINDOW,
      g_param_spec_int64 ("mean-window", "Window of the method",
          "Width of the window of method=mean, gather and next, in ns (0 = one "
          "tick period)", 0, G_MAXINT64 / 4, 0, RW));
  g_object_class_install_property (klass, base + PROP_MEAN_CENTRED,
      g_param_spec_boolean ("mean-centred", "Centred mean",
          "method=mean: the window is centred on the tick instead of ending at "
          "it, which needs half a window of lookahead", FALSE, RW));
  g_object_class_install_property (klass, base + PROP_SAMPLES,
      g_param_spec_uint ("samples", "Samples",
          "method=gather: rows per tick; on overflow the newest are kept and "
          "the rest is counted", 1, 65536, 16, RW));
  g_object_class_install_property (klass, base + PROP_MAX_POINTS,
      g_param_spec_uint ("max-points", "Maximum points",
          "Point clouds: rows of the output tensor; further points are left "
          "out and counted", 1, G_MAXINT32, 32768, RW));
  g_object_class_install_property (klass, base + PROP_LOOKAHEAD,
      g_param_spec_int64 ("lookahead", "Lookahead",
          "Live: how long after a tick its sample may be stamped and still be "
          "waited for, in ns (-1 = what the method needs, minus offset; where "
          "that is the next sample: as far away as samples usually are; with "
          "time-source=reference also what their delay varies by)", -1,
          G_MAXINT64 / 4, -1, RW));
  g_object_class_install_property (klass, base + PROP_LATE_POLICY,
      g_param_spec_enum ("late-policy", "Late policy",
          "Live: what a tick gets from a stream that its deadline has not "
          "waited for", GST_TYPE_RC_LATE_POLICY, GST_RC_LATE_HOLD, RW));
  g_object_class_install_property (klass, base + PROP_DEAD_AFTER,
      g_param_spec_int64 ("dead-after", "Dead after",
          "Live: a stream that has been silent for longer is said to be dead, in "
          "a message, in ns (-1 = 1 s or four times its usual spacing for "
          "observations, never for actions and events, which may be rare; "
          "9223372036854775807 = never)", -1, G_MAXINT64, -1, RW));
  g_object_class_install_property (klass, base + PROP_TIME_SOURCE,
      g_param_spec_enum ("time-source", "Time source",
          "Which time of a buffer is its sample's; offset is added to either. A "
          "capture time on another clock is mapped through an estimate of that "
          "clock's offset and skew, see the stats clock-*; a buffer without one "
          "is dropped and counted as no-reference", GST_TYPE_RC_TIME_SOURCE,
          GST_RC_TIME_SOURCE_PTS, RW));
  g_object_class_install_property (klass, base + PROP_REFERENCE_CAPS,
      g_param_spec_boxed ("reference-caps", "Reference caps",
          "time-source=reference: the clock of the capture times to use, such "
          "as timestamp/x-ntp or timestamp/x-ptp (ANY or NULL = the first that a "
          "buffer has)", GST_TYPE_CAPS, RW));
  return base + PROP_STATS;
}

static void
gst_rc_aligner_pad_set_property (GObject * object, guint id,
    const GValue * value, GParamSpec * pspec)
{
  GstRcAlignerPad *self = GST_RC_ALIGNER_PAD (object);
  GstRcStreamConfig *c = &self->config;

  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_ROLE:
      c->role = g_value_get_enum (value);
      break;
    case PROP_METHOD:
      c->method = g_value_get_enum (value);
      break;
    case PROP_MAX_GAP:
      c->max_gap = g_value_get_int64 (value);
      break;
    case PROP_TOLERANCE:
      c->tolerance = g_value_get_int64 (value);
      break;
    case PROP_OFFSET:
      c->offset = g_value_get_int64 (value);
      break;
    case PROP_REQUIRED:
      c->required = g_value_get_boolean (value);
      break;
    case PROP_CAUSAL:
      c->causal = g_value_get_boolean (value);
      break;
    case PROP_EDGE:
      c->edge = g_value_get_enum (value);
      break;
    case PROP_FILL:
      c->fill = g_value_get_double (value);
      break;
    case PROP_CAPS:
      gst_caps_replace (&self->declared_caps,
          (GstCaps *) gst_value_get_caps (value));
      break;
    case PROP_STREAM_NAME:
      g_free (self->stream_name);
      self->stream_name = g_value_dup_string (value);
      break;
    case PROP_MEAN_WINDOW:
      c->mean_window = g_value_get_int64 (value);
      break;
    case PROP_MEAN_CENTRED:
      c->centred = g_value_get_boolean (value);
      break;
    case PROP_SAMPLES:
      c->samples = g_value_get_uint (value);
      break;
    case PROP_MAX_POINTS:
      c->max_points = g_value_get_uint (value);
      break;
    case PROP_LOOKAHEAD:
      self->lookahead = g_value_get_int64 (value);
      break;
    case PROP_LATE_POLICY:
      c->late_policy = g_value_get_enum (value);
      break;
    case PROP_DEAD_AFTER:
      c->dead_after = g_value_get_int64 (value);
      break;
    case PROP_TIME_SOURCE:
      self->time_source = g_value_get_enum (value);
      break;
    case PROP_REFERENCE_CAPS:
      gst_caps_replace (&self->reference_caps,
          (GstCaps *) gst_value_get_caps (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  self->changed = TRUE;
  GST_OBJECT_UNLOCK (self);
}

static void
gst_rc_aligner_pad_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstRcAlignerPad *self = GST_RC_ALIGNER_PAD (object);
  const GstRcStreamConfig *c = &self->config;

  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_ROLE:
      g_value_set_enum (value, c->role);
      break;
    case PROP_METHOD:
      g_value_set_enum (value, c->method);
      break;
    case PROP_MAX_GAP:
      g_value_set_int64 (value, c->max_gap);
      break;
    case PROP_TOLERANCE:
      g_value_set_int64 (value, c->tolerance);
      break;
    case PROP_OFFSET:
      g_value_set_int64 (value, c->offset);
      break;
    case PROP_REQUIRED:
      g_value_set_boolean (value, c->required);
      break;
    case PROP_CAUSAL:
      g_value_set_boolean (value, c->causal);
      break;
    case PROP_EDGE:
      g_value_set_enum (value, c->edge);
      break;
    case PROP_FILL:
      g_value_set_double (value, c->fill);
      break;
    case PROP_CAPS:
      gst_value_set_caps (value, self->declared_caps);
      break;
    case PROP_STREAM_NAME:
      g_value_set_string (value, self->stream_name);
      break;
    case PROP_MEAN_WINDOW:
      g_value_set_int64 (value, c->mean_window);
      break;
    case PROP_MEAN_CENTRED:
      g_value_set_boolean (value, c->centred);
      break;
    case PROP_SAMPLES:
      g_value_set_uint (value, c->samples);
      break;
    case PROP_MAX_POINTS:
      g_value_set_uint (value, c->max_points);
      break;
    case PROP_LOOKAHEAD:
      g_value_set_int64 (value, self->lookahead);
      break;
    case PROP_LATE_POLICY:
      g_value_set_enum (value, c->late_policy);
      break;
    case PROP_DEAD_AFTER:
      g_value_set_int64 (value, c->dead_after);
      break;
    case PROP_TIME_SOURCE:
      g_value_set_enum (value, self->time_source);
      break;
    case PROP_REFERENCE_CAPS:
      gst_value_set_caps (value, self->reference_caps);
      break;
    case PROP_STATS:
      g_value_take_boxed (value, gst_rc_aligner_pad_stats (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

gboolean
gst_rc_aligner_pad_ask_latency (GstPad * pad, gboolean * live,
    GstClockTime * min)
{
  GstQuery *query = gst_query_new_latency ();
  gboolean answered = gst_pad_peer_query (pad, query);

  *live = FALSE;
  if (min)
    *min = 0;
  if (answered)
    gst_query_parse_latency (query, live, min, NULL);
  gst_query_unref (query);
  return answered;
}

static void
query_latency (GstRcAlignerPad * self, GstRcAligner * aligner)
{
  gboolean forced = gst_rc_aligner_forces_live (aligner), live;
  GstClockTime min;

  gst_rc_aligner_pad_ask_latency (GST_PAD (self), &live, &min);
  GST_OBJECT_LOCK (self);
  self->live = live || forced;
  self->upstream_latency = min;
  self->queried = TRUE;
  GST_OBJECT_UNLOCK (self);
}

static GstFlowReturn
chain_to_base (GstRcAlignerPad * self, GstObject * parent, GstBuffer * buffer)
{
  GstFlowReturn ret = self->base_chain (GST_PAD (self), parent, buffer);

  if (ret != GST_FLOW_OK)
    gst_rc_inbox_not_chained (&self->inbox);
  return ret;
}

static GstFlowReturn
gst_rc_aligner_pad_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  GstRcAlignerPad *self = GST_RC_ALIGNER_PAD (pad);
  gboolean queried, live;
  GstFlowReturn ret;

  GST_OBJECT_LOCK (self);
  queried = self->queried;
  GST_OBJECT_UNLOCK (self);
  if (!queried)
    query_latency (self, GST_RC_ALIGNER (parent));
  GST_OBJECT_LOCK (self);
  live = self->live;
  self->arrived++;
  GST_OBJECT_UNLOCK (self);
  if (live)
    gst_rc_aligner_pad_note_arrival (self, parent, buffer);
  if (gst_rc_aligner_is_base_gap (buffer)) {
    /* these flags together are how the base class marks what it makes itself */
    buffer = gst_buffer_make_writable (buffer);
    GST_BUFFER_FLAG_UNSET (buffer, GST_BUFFER_FLAG_DROPPABLE);
  }
  if (gst_rc_inbox_put (&self->inbox, buffer, live))
    return GST_FLOW_OK;
  ret = chain_to_base (self, parent, buffer);
  if (ret != GST_FLOW_OK) {
    /* upstream is told that it was refused */
    GST_OBJECT_LOCK (self);
    self->arrived--;
    GST_OBJECT_UNLOCK (self);
  }
  return ret;
}

void
gst_rc_aligner_pad_before_event (GstRcAlignerPad * self, GstObject * parent)
{
  GstBuffer *buffer;

  while ((buffer = gst_rc_inbox_drain (&self->inbox)))
    chain_to_base (self, parent, buffer);
  gst_rc_inbox_event (&self->inbox);
}

void
gst_rc_aligner_pad_after_event (GstRcAlignerPad * self, GstObject * parent)
{
  GstBuffer *buffer = gst_rc_inbox_event_done (&self->inbox,
      gst_aggregator_pad_has_buffer (GST_AGGREGATOR_PAD (self)));

  /* into an empty queue: this does not wait */
  if (buffer) {
    chain_to_base (self, parent, buffer);
    gst_rc_inbox_handed (&self->inbox);
  }
}

static gboolean
gst_rc_aligner_pad_activate_mode (GstPad * pad, GstObject * parent,
    GstPadMode mode, gboolean active)
{
  GstRcAlignerPad *self = GST_RC_ALIGNER_PAD (pad);

  /* a thread that waits for space must go before the base class waits for it */
  if (active)
    gst_rc_inbox_open (&self->inbox);
  else
    gst_rc_inbox_close (&self->inbox);
  return self->base_activate_mode (pad, parent, mode, active);
}

static void
gst_rc_aligner_pad_constructed (GObject * object)
{
  GstRcAlignerPad *self = GST_RC_ALIGNER_PAD (object);

  G_OBJECT_CLASS (gst_rc_aligner_pad_parent_class)->constructed (object);
  self->base_chain = GST_PAD_CHAINFUNC (object);
  gst_pad_set_chain_function (GST_PAD (object), gst_rc_aligner_pad_chain);
  self->base_activate_mode = GST_PAD_ACTIVATEMODEFUNC (object);
  gst_pad_set_activatemode_function (GST_PAD (object),
      gst_rc_aligner_pad_activate_mode);
  self->stream = gst_rc_stream_new (GST_OBJECT (self), GST_PAD_NAME (self));
}

static void
gst_rc_aligner_pad_finalize (GObject * object)
{
  GstRcAlignerPad *self = GST_RC_ALIGNER_PAD (object);

  gst_rc_stream_free (self->stream);
  gst_rc_aligner_clear_waiting (self);
  gst_rc_inbox_clear (&self->inbox);
  gst_caps_replace (&self->declared_caps, NULL);
  gst_caps_replace (&self->caps, NULL);
  gst_rc_pad_report_free (self->report);
  gst_caps_replace (&self->reference_caps, NULL);
  g_free (self->stream_name);
  g_free (self->warning);
  G_OBJECT_CLASS (gst_rc_aligner_pad_parent_class)->finalize (object);
}

/* Called from the thread that flushes, while the aggregator's may be at work on
 * the history: only leaves word. */
static GstFlowReturn
gst_rc_aligner_pad_flush (GstAggregatorPad * pad, GstAggregator * agg)
{
  GstRcAlignerPad *self = GST_RC_ALIGNER_PAD (pad);

  GST_OBJECT_LOCK (self);
  self->arrived_at_flush = self->arrived;
  gst_rc_pad_report_flush (self->report);
  GST_OBJECT_UNLOCK (self);
  g_atomic_int_set (&self->flushed, TRUE);
  return GST_FLOW_OK;
}

static void
gst_rc_aligner_pad_class_init (GstRcAlignerPadClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->set_property = gst_rc_aligner_pad_set_property;
  object_class->get_property = gst_rc_aligner_pad_get_property;
  object_class->constructed = gst_rc_aligner_pad_constructed;
  object_class->finalize = gst_rc_aligner_pad_finalize;
  GST_AGGREGATOR_PAD_CLASS (klass)->flush = gst_rc_aligner_pad_flush;
  gst_rc_aligner_install_pad_properties (object_class, PROP_ROLE);
  g_object_class_install_property (object_class, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "Samples in, used, dropped by cause, ticks by what they were, skew, "
          "latency and rate",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
gst_rc_aligner_pad_init (GstRcAlignerPad * self)
{
  gst_rc_inbox_init (&self->inbox);
  g_queue_init (&self->waiting);
  gst_segment_init (&self->segment, GST_FORMAT_UNDEFINED);
  self->overdue = self->absorbed_to = RC_TIME_NONE;
  self->config.required = TRUE;
  self->config.max_gap = -1;
  self->config.tolerance = -1;
  self->config.samples = 16;
  self->config.max_points = 32768;
  self->config.fill = NAN;
  self->config.dead_after = -1;
  self->lookahead = -1;
  /* hosts stamp with their system clock; "any" could mix two clocks unseen */
  self->reference_caps = gst_caps_new_empty_simple ("timestamp/x-unix");
  self->changed = TRUE;
  self->report = gst_rc_pad_report_new ();
}
