/* SPDX-License-Identifier: Apache-2.0 */
/* The object: properties, events, queries, state. rcalign.c makes the ticks. */
#include "rcalignerpriv.h"
#include "rcbackend.h"
#include "rchist.h"

#include <dlfcn.h>

GST_DEBUG_CATEGORY (gst_rc_aligner_debug);
#define GST_CAT_DEFAULT gst_rc_aligner_debug

enum
{
  PROP_0,
  PROP_RATE,
  PROP_MASTER,
  PROP_SPAN,
  PROP_TICK_ORIGIN,
  PROP_CAUSAL,
  PROP_WINDOW,
  PROP_STEP,
  PROP_STRIDE,
  PROP_WINDOW_START,
  PROP_STATE_TENSOR,
  PROP_SKEW_TENSOR,
  PROP_MAX_JUMP,
  PROP_CLOCK_JUMP,
  PROP_DECISION_LOG,
  PROP_REPLAY_LOG,
  PROP_FORCE_LIVE,
  PROP_IGNORE_INACTIVE_PADS,
  PROP_BACKEND,
  PROP_CUDA_DEVICE_ID,
  PROP_STATS,
};

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (GstRcAligner, gst_rc_aligner,
    GST_TYPE_AGGREGATOR);

GstRcAlignerPrivate *
gst_rc_aligner_get_private (GstRcAligner * self)
{
  return gst_rc_aligner_get_instance_private (self);
}

#define PRIV(self) \
    gst_rc_aligner_get_private (self)

void
gst_rc_aligner_set_output (GstRcAligner * self, GstRcOutput mode)
{
  GST_OBJECT_LOCK (self);
  PRIV (self)->output.mode = mode;
  PRIV (self)->changed = TRUE;
  GST_OBJECT_UNLOCK (self);
}

GstRcOutput
gst_rc_aligner_get_output (GstRcAligner * self)
{
  return PRIV (self)->output.mode;
}

/* ---- events, queries, state ---- */

static gboolean
gst_rc_aligner_handle_event (GstAggregator * agg, GstAggregatorPad * aggpad,
    GstEvent * event)
{
  GstRcAligner *self = GST_RC_ALIGNER (agg);
  GstRcAlignerPad *pad = GST_RC_ALIGNER_PAD (aggpad);
  const GstSegment *segment;
  GstGapFlags gap_flags = 0;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:
    {
      gboolean ok = gst_rc_aligner_queue_event (self, pad, event);

      gst_event_unref (event);
      return ok;
    }
    case GST_EVENT_GAP:
      /* the base class makes it the next buffer */
      gst_event_parse_gap_flags (event, &gap_flags);
      pad->next_gap_missing = (gap_flags & GST_GAP_FLAG_MISSING_DATA) != 0;
      break;
    case GST_EVENT_CUSTOM_DOWNSTREAM:
      /* goes on, to end the recorder's episode too, before the tick that needs
       * what comes after it: no window reaches back across it */
      if (!gst_event_has_name (event, "rc-next-episode"))
        break;
      gst_rc_aligner_queue_event (self, pad, event);
      gst_event_unref (event);
      return TRUE;
    case GST_EVENT_SEGMENT:
      gst_event_parse_segment (event, &segment);
      if (segment->format != GST_FORMAT_TIME) {
        GST_ELEMENT_ERROR (self, STREAM, FORMAT, (NULL),
            ("pad %s got a segment in format %s; samples need times: put a "
                "parser before it", GST_PAD_NAME (pad),
                gst_format_get_name (segment->format)));
        gst_event_unref (event);
        return FALSE;
      }
      gst_rc_aligner_queue_event (self, pad, event);
      break;
    default:
      break;
  }
  return GST_AGGREGATOR_CLASS (gst_rc_aligner_parent_class)->sink_event (agg,
      aggpad, event);
}

/* Aggregator thread, for serialized events. */
static gboolean
gst_rc_aligner_sink_event (GstAggregator * agg, GstAggregatorPad * aggpad,
    GstEvent * event)
{
  gboolean serialized = GST_EVENT_IS_SERIALIZED (event);
  gboolean ok = gst_rc_aligner_handle_event (agg, aggpad, event);

  if (serialized)
    gst_rc_aligner_pad_after_event (GST_RC_ALIGNER_PAD (aggpad),
        GST_OBJECT (agg));
  return ok;
}

/* Upstream's thread. */
static GstFlowReturn
gst_rc_aligner_sink_event_pre_queue (GstAggregator * agg,
    GstAggregatorPad * aggpad, GstEvent * event)
{
  GstRcAlignerPad *pad = GST_RC_ALIGNER_PAD (aggpad);

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_FLUSH_START:
      gst_rc_inbox_close (&pad->inbox);
      break;
    case GST_EVENT_FLUSH_STOP:
      gst_rc_inbox_open (&pad->inbox);
      break;
    default:
      if (GST_EVENT_IS_SERIALIZED (event))
        gst_rc_aligner_pad_before_event (pad, GST_OBJECT (agg));
      break;
  }
  return GST_AGGREGATOR_CLASS
      (gst_rc_aligner_parent_class)->sink_event_pre_queue (agg, aggpad, event);
}

static void
gst_rc_aligner_release_pad (GstElement * element, GstPad * pad)
{
  gst_rc_inbox_close (&GST_RC_ALIGNER_PAD (pad)->inbox);
  GST_ELEMENT_CLASS (gst_rc_aligner_parent_class)->release_pad (element, pad);
}

static gboolean
gst_rc_aligner_sink_query (GstAggregator * agg, GstAggregatorPad * aggpad,
    GstQuery * query)
{
  GstRcAlignerPrivate *priv = PRIV (GST_RC_ALIGNER (agg));
  GstCaps *caps;
  GstVideoInfo info;
  guint size = 0;

  if (gst_rc_cuda_link_query (&priv->link, GST_ELEMENT (agg), query))
    return TRUE;
  if (GST_QUERY_TYPE (query) != GST_QUERY_ALLOCATION)
    return GST_AGGREGATOR_CLASS (gst_rc_aligner_parent_class)->sink_query (agg,
        aggpad, query);
  gst_query_parse_allocation (query, &caps, NULL);
  /* (it complains of caps that are no video) */
  if (caps && gst_structure_has_name (gst_caps_get_structure (caps, 0),
          "video/x-raw") && gst_video_info_from_caps (&info, caps))
    size = GST_VIDEO_INFO_SIZE (&info);
  gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  /* frames that stay with us: the history (up to 4) and what was pushed on */
  gst_query_add_allocation_pool (query, NULL, size, 6 + priv->output.window, 0);
  return TRUE;
}

/* What comes out has running times, whatever segments come in: the output's
 * segment begins at 0, and a seek only changes which stream time that is. The
 * base class would make it the segment that was sought, and half of the ticks
 * after a seek to 10 s would lie before it. */
static gboolean
seek (GstAggregator * agg, GstEvent * event)
{
  GstRcAlignerPrivate *priv = PRIV (GST_RC_ALIGNER (agg));
  GstSegment *segment = &GST_AGGREGATOR_PAD (agg->srcpad)->segment, before;
  GstSeekFlags flags;
  GstSeekType start_type;
  GstFormat format;
  gboolean ok;
  gdouble rate;
  gint64 start;

  gst_event_parse_seek (event, &rate, &format, &flags, &start_type, &start,
      NULL, NULL);
  /* sensors have no other format, and nothing is interpolated backwards */
  if (format != GST_FORMAT_TIME || rate <= 0) {
    GST_INFO_OBJECT (agg, "refused to seek with rate %g in format %s", rate,
        gst_format_get_name (format));
    gst_event_unref (event);
    return FALSE;
  }
  GST_OBJECT_LOCK (agg);
  before = *segment;
  if (flags & GST_SEEK_FLAG_FLUSH) {
    priv->sought = start_type == GST_SEEK_TYPE_SET ? start : 0;
    priv->sought_rate = rate;
  }
  GST_OBJECT_UNLOCK (agg);
  ok = GST_AGGREGATOR_CLASS (gst_rc_aligner_parent_class)->src_event (agg,
      event);
  if (!(flags & GST_SEEK_FLAG_FLUSH)) {
    /* running time goes on, and so do the ticks */
    GST_OBJECT_LOCK (agg);
    before.position = segment->position;
    *segment = before;
    GST_OBJECT_UNLOCK (agg);
  }
  return ok;
}

static gboolean
gst_rc_aligner_src_event (GstAggregator * agg, GstEvent * event)
{
  if (GST_EVENT_TYPE (event) == GST_EVENT_SEEK)
    return seek (agg, event);
  if (GST_EVENT_TYPE (event) == GST_EVENT_QOS) {
    /* sensors cannot slow down: not forwarded */
    gst_rc_aligner_take_qos (GST_RC_ALIGNER (agg), event);
    gst_event_unref (event);
    return TRUE;
  }
  return GST_AGGREGATOR_CLASS (gst_rc_aligner_parent_class)->src_event (agg,
      event);
}

static gboolean
gst_rc_aligner_src_query (GstAggregator * agg, GstQuery * query)
{
  gboolean is_latency = GST_QUERY_TYPE (query) == GST_QUERY_LATENCY, ok;

  if (gst_rc_cuda_link_query (&PRIV (GST_RC_ALIGNER (agg))->link,
          GST_ELEMENT (agg), query))
    return TRUE;
  if (is_latency) {
    guint64 min_upstream;

    g_object_get (agg, "min-upstream-latency", &min_upstream, NULL);
    GST_OBJECT_LOCK (agg);
    PRIV (GST_RC_ALIGNER (agg))->min_upstream =
        MIN (min_upstream, G_MAXINT64 / 4);
    /* upstream may answer otherwise now: each pad asks again */
    for (GList * l = GST_ELEMENT (agg)->sinkpads; l; l = l->next) {
      GST_OBJECT_LOCK (l->data);
      GST_RC_ALIGNER_PAD (l->data)->queried = FALSE;
      GST_OBJECT_UNLOCK (l->data);
    }
    GST_OBJECT_UNLOCK (agg);
  }
  ok = GST_AGGREGATOR_CLASS (gst_rc_aligner_parent_class)->src_query (agg,
      query);
  if (is_latency && ok)
    gst_rc_aligner_note_latency (GST_RC_ALIGNER (agg));
  return ok;
}

/* Caps are made from the streams when a row is due, not on reconfiguration. */
static gboolean
gst_rc_aligner_negotiate (GstAggregator * agg)
{
  PRIV (GST_RC_ALIGNER (agg))->run.caps_dirty = TRUE;
  return TRUE;
}

/* Everything was flushed, since somebody sought: running time begins again. */
static GstFlowReturn
gst_rc_aligner_flush (GstAggregator * agg)
{
  GstRcAlignerPrivate *priv = PRIV (GST_RC_ALIGNER (agg));
  GstRcAlignerRun *run = &priv->run;
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  GST_OBJECT_LOCK (agg);
  segment.time = MAX (0, priv->sought);
  segment.applied_rate = priv->sought_rate;
  GST_OBJECT_UNLOCK (agg);
  gst_aggregator_update_segment (agg, &segment);
  for (guint i = 0; i < run->pads->len; i++)
    gst_rc_aligner_report_flush (g_ptr_array_index (run->pads, i));
  run->started = run->emitted = run->ended = FALSE;
  gst_event_replace (&run->episode, NULL);
  gst_rc_output_reset (&run->out);
  return GST_FLOW_OK;
}

/* ---- live by decree ---- */

typedef void (*SetForceLive) (GstAggregator * agg, gboolean force);

/* Since GStreamer 1.22, and we build with 1.20. */
static SetForceLive
find_set_force_live (void)
{
  return (SetForceLive) dlsym (RTLD_DEFAULT, "gst_aggregator_set_force_live");
}

gboolean
gst_rc_aligner_forces_live (GstRcAligner * self)
{
  gboolean force;

  GST_OBJECT_LOCK (self);
  force = PRIV (self)->force_live;
  GST_OBJECT_UNLOCK (self);
  return force;
}

/* Nothing comes out before PLAYING then, so that nobody may wait for it. */
static GstStateChangeReturn
gst_rc_aligner_change_state (GstElement * element, GstStateChange transition)
{
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_NULL_TO_READY
      && !gst_rc_aligner_open_backend (GST_RC_ALIGNER (element)))
    return GST_STATE_CHANGE_FAILURE;
  ret =
      GST_ELEMENT_CLASS (gst_rc_aligner_parent_class)->change_state (element,
      transition);
  if (transition == GST_STATE_CHANGE_READY_TO_NULL)
    gst_rc_aligner_close_backend (GST_RC_ALIGNER (element));
  if (ret == GST_STATE_CHANGE_SUCCESS
      && (transition == GST_STATE_CHANGE_READY_TO_PAUSED
          || transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED)
      && gst_rc_aligner_forces_live (GST_RC_ALIGNER (element)))
    ret = GST_STATE_CHANGE_NO_PREROLL;
  return ret;
}

static void
gst_rc_aligner_set_context (GstElement * element, GstContext * context)
{
  GstRcAlignerPrivate *priv = PRIV (GST_RC_ALIGNER (element));

  gst_rc_cuda_link_set_context (&priv->link, element, context,
      priv->cuda_device);
  GST_ELEMENT_CLASS (gst_rc_aligner_parent_class)->set_context (element,
      context);
}

/* ---- start and stop ---- */

static gboolean
gst_rc_aligner_start (GstAggregator * agg)
{
  GstRcAlignerPrivate *priv = PRIV (GST_RC_ALIGNER (agg));

  priv->run.dirty = TRUE;
  priv->sought = 0;
  priv->sought_rate = 1;
  priv->n_out = priv->n_qos = priv->n_skipped = priv->n_dropped = 0;
  priv->n_cuda = priv->n_fallbacks = 0;
  gst_rc_hist_clear (priv->latency_hist);
  if (gst_rc_aligner_forces_live (GST_RC_ALIGNER (agg))
      && !find_set_force_live ()) {
    GST_ELEMENT_ERROR (agg, LIBRARY, SETTINGS, (NULL),
        ("property force-live: true needs GStreamer 1.22 or newer"));
    return FALSE;
  }
  /* (in READY the properties may have changed) */
  return gst_rc_aligner_open_backend (GST_RC_ALIGNER (agg))
      && gst_rc_aligner_open_decisions (GST_RC_ALIGNER (agg));
}

static gboolean
gst_rc_aligner_stop (GstAggregator * agg)
{
  GstRcAlignerRun *run = &PRIV (GST_RC_ALIGNER (agg))->run;

  gst_rc_aligner_close_decisions (GST_RC_ALIGNER (agg));
  for (guint i = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);
    gchar *name = g_strdup (pad->stream->name);

    gst_rc_stream_free (pad->stream);
    pad->stream = gst_rc_stream_new (GST_OBJECT (pad), name);
    g_free (name);
    gst_caps_replace (&pad->caps, NULL);
    gst_rc_aligner_clear_waiting (pad);
    gst_segment_init (&pad->segment, GST_FORMAT_UNDEFINED);
    pad->overdue = RC_TIME_NONE;
    pad->learned = pad->delay = 0;
    pad->head_taken = pad->warned_size = pad->warned_time = FALSE;
    pad->absorbed_to = RC_TIME_NONE;
    pad->marks = 0;
    pad->absent = FALSE;
    gst_rc_aligner_clear_report (pad);
    pad->warned_reference = FALSE;
    GST_OBJECT_LOCK (pad);
    pad->queried = FALSE;
    pad->arrived = pad->arrived_at_flush = 0;
    GST_OBJECT_UNLOCK (pad);
  }
  gst_rc_output_clear (&run->out);
  gst_event_replace (&run->episode, NULL);
  g_queue_clear_full (&run->messages, (GDestroyNotify) gst_structure_free);
  g_ptr_array_set_size (run->pads, 0);
  run->pads_known = run->started = run->emitted = run->live = FALSE;
  run->ended = run->failed = FALSE;
  run->master = NULL;
  return TRUE;
}

/* ---- object ---- */

static void
gst_rc_aligner_set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * pspec)
{
  GstRcAlignerPrivate *priv = PRIV (GST_RC_ALIGNER (object));
  SetForceLive set_force_live;

  GST_OBJECT_LOCK (object);
  switch (id) {
    case PROP_RATE:
      priv->rate_n = gst_value_get_fraction_numerator (value);
      priv->rate_d = gst_value_get_fraction_denominator (value);
      break;
    case PROP_MASTER:
      g_free (priv->master);
      priv->master = g_value_dup_string (value);
      break;
    case PROP_SPAN:
      priv->span = g_value_get_enum (value);
      break;
    case PROP_TICK_ORIGIN:
      priv->tick_origin = g_value_get_int64 (value);
      break;
    case PROP_CAUSAL:
      priv->causal = g_value_get_boolean (value);
      break;
    case PROP_WINDOW:
      priv->output.window = g_value_get_uint (value);
      break;
    case PROP_STEP:
      priv->output.step = g_value_get_uint (value);
      break;
    case PROP_STRIDE:
      priv->stride = g_value_get_uint (value);
      break;
    case PROP_WINDOW_START:
      priv->output.window_start = g_value_get_enum (value);
      break;
    case PROP_STATE_TENSOR:
      priv->output.state_tensor = g_value_get_boolean (value);
      break;
    case PROP_SKEW_TENSOR:
      priv->output.skew_tensor = g_value_get_boolean (value);
      break;
    case PROP_MAX_JUMP:
      priv->max_jump = g_value_get_int64 (value);
      break;
    case PROP_CLOCK_JUMP:
      priv->clock_jump = g_value_get_int64 (value);
      break;
    case PROP_DECISION_LOG:
      g_free (priv->decision_log);
      priv->decision_log = g_value_dup_string (value);
      break;
    case PROP_REPLAY_LOG:
      g_free (priv->replay_log);
      priv->replay_log = g_value_dup_string (value);
      break;
    case PROP_FORCE_LIVE:
      priv->force_live = g_value_get_boolean (value);
      break;
    case PROP_IGNORE_INACTIVE_PADS:
      priv->ignore_inactive = g_value_get_boolean (value);
      break;
    case PROP_BACKEND:
      priv->backend = g_value_get_enum (value);
      break;
    case PROP_CUDA_DEVICE_ID:
      priv->cuda_device = g_value_get_int (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  priv->changed = TRUE;
  GST_OBJECT_UNLOCK (object);
  /* the base class takes that lock itself */
  if (id == PROP_IGNORE_INACTIVE_PADS)
    gst_aggregator_set_ignore_inactive_pads (GST_AGGREGATOR (object),
        g_value_get_boolean (value));
  else if (id == PROP_FORCE_LIVE && (set_force_live = find_set_force_live ()))
    set_force_live (GST_AGGREGATOR (object), g_value_get_boolean (value));
}

static void
gst_rc_aligner_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstRcAligner *self = GST_RC_ALIGNER (object);
  GstRcAlignerPrivate *priv = PRIV (self);

  GST_OBJECT_LOCK (object);
  switch (id) {
    case PROP_RATE:
      gst_value_set_fraction (value, priv->rate_n, priv->rate_d);
      break;
    case PROP_MASTER:
      g_value_set_string (value, priv->master);
      break;
    case PROP_SPAN:
      g_value_set_enum (value, priv->span);
      break;
    case PROP_TICK_ORIGIN:
      g_value_set_int64 (value, priv->tick_origin);
      break;
    case PROP_CAUSAL:
      g_value_set_boolean (value, priv->causal);
      break;
    case PROP_WINDOW:
      g_value_set_uint (value, priv->output.window);
      break;
    case PROP_STEP:
      g_value_set_uint (value, priv->output.step);
      break;
    case PROP_STRIDE:
      g_value_set_uint (value, priv->stride);
      break;
    case PROP_WINDOW_START:
      g_value_set_enum (value, priv->output.window_start);
      break;
    case PROP_STATE_TENSOR:
      g_value_set_boolean (value, priv->output.state_tensor);
      break;
    case PROP_SKEW_TENSOR:
      g_value_set_boolean (value, priv->output.skew_tensor);
      break;
    case PROP_MAX_JUMP:
      g_value_set_int64 (value, priv->max_jump);
      break;
    case PROP_CLOCK_JUMP:
      g_value_set_int64 (value, priv->clock_jump);
      break;
    case PROP_DECISION_LOG:
      g_value_set_string (value, priv->decision_log);
      break;
    case PROP_REPLAY_LOG:
      g_value_set_string (value, priv->replay_log);
      break;
    case PROP_FORCE_LIVE:
      g_value_set_boolean (value, priv->force_live);
      break;
    case PROP_IGNORE_INACTIVE_PADS:
      g_value_set_boolean (value, priv->ignore_inactive);
      break;
    case PROP_BACKEND:
      g_value_set_enum (value, priv->backend);
      break;
    case PROP_CUDA_DEVICE_ID:
      g_value_set_int (value, priv->cuda_device);
      break;
    case PROP_STATS:
      g_value_take_boxed (value, gst_rc_aligner_stats (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (object);
}

static void
gst_rc_aligner_finalize (GObject * object)
{
  GstRcAlignerPrivate *priv = PRIV (GST_RC_ALIGNER (object));

  gst_rc_output_clear (&priv->run.out);
  gst_rc_aligner_close_backend (GST_RC_ALIGNER (object));
  g_ptr_array_unref (priv->run.pads);
  g_free (priv->master);
  g_free (priv->latency_hist);
  g_free (priv->decision_log);
  g_free (priv->replay_log);
  G_OBJECT_CLASS (gst_rc_aligner_parent_class)->finalize (object);
}

static void
install_properties (GObjectClass * klass)
{
  const GParamFlags rw = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;
  const GParamFlags ready = rw | GST_PARAM_MUTABLE_READY;

  g_object_class_install_property (klass, PROP_RATE,
      gst_param_spec_fraction ("rate", "Rate",
          "Ticks per second: tick k is at tick-origin + k/rate (0/1 = from the "
          "framerate of the caps downstream, times stride)", 0, 1, G_MAXINT, 1,
          0, 1, ready));
  g_object_class_install_property (klass, PROP_MASTER,
      g_param_spec_string ("master", "Master",
          "Pad or stream whose sample times are the ticks, instead of rate",
          NULL, ready));
  g_object_class_install_property (klass, PROP_SPAN,
      g_param_spec_enum ("span", "Span", "Which ticks come out",
          GST_TYPE_RC_SPAN, GST_RC_SPAN_AUTO, ready));
  g_object_class_install_property (klass, PROP_TICK_ORIGIN,
      g_param_spec_int64 ("tick-origin", "Tick origin",
          "Running time of tick 0, in ns", -G_MAXINT64 / 4, G_MAXINT64 / 4, 0,
          ready));
  g_object_class_install_property (klass, PROP_CAUSAL,
      g_param_spec_boolean ("causal", "Causal",
          "Every pad uses nothing later than the tick", FALSE, ready));
  g_object_class_install_property (klass, PROP_WINDOW,
      g_param_spec_uint ("window", "Window",
          "Rows (ticks) per buffer, oldest first, as the outermost dimension; "
          "the PTS is the newest row's", 1, 65536, 1, ready));
  g_object_class_install_property (klass, PROP_STEP,
      g_param_spec_uint ("step", "Step", "Ticks between the rows of a window",
          1, 65536, 1, ready));
  g_object_class_install_property (klass, PROP_STRIDE,
      g_param_spec_uint ("stride", "Stride",
          "Ticks between buffers: those whose number is a multiple of this", 1,
          65536, 1, ready));
  g_object_class_install_property (klass, PROP_WINDOW_START,
      g_param_spec_enum ("window-start", "Window start",
          "Rows of a window before the first tick", GST_TYPE_RC_WINDOW_START,
          GST_RC_WINDOW_START_MISSING, ready));
  g_object_class_install_property (klass, PROP_STATE_TENSOR,
      g_param_spec_boolean ("state-tensor", "State tensor",
          "Append a uint8 tensor [window, streams] with the state codes "
          "(0 missing, 1 measured, 2 interpolated, 3 held, 4 later)", FALSE,
          ready));
  g_object_class_install_property (klass, PROP_SKEW_TENSOR,
      g_param_spec_boolean ("skew-tensor", "Skew tensor",
          "Append an int64 tensor [window, streams]: nearest sample used minus "
          "tick, in ns", FALSE, ready));
  g_object_class_install_property (klass, PROP_MAX_JUMP,
      g_param_spec_int64 ("max-jump", "Maximum jump",
          "Streams whose first times differ by more are an error; a sample "
          "that is further than this after the one before is dropped and "
          "counted, in ns", 0, G_MAXINT64, 3600 * (gint64) GST_SECOND, ready));
  g_object_class_install_property (klass, PROP_CLOCK_JUMP,
      g_param_spec_int64 ("clock-jump", "Clock jump",
          "A stream whose times go back by more than this begins anew (its "
          "clock was set); smaller steps back are samples out of order, which "
          "are dropped and counted, in ns", 0, G_MAXINT64, GST_SECOND, ready));
  g_object_class_install_property (klass, PROP_DECISION_LOG,
      g_param_spec_string ("decision-log", "Decision log",
          "File to write what arrival decided: where the ticks began, and how far "
          "each stream that missed a deadline had been read (replaced if it "
          "exists; unset = none)", NULL, ready));
  g_object_class_install_property (klass, PROP_REPLAY_LOG,
      g_param_spec_string ("replay-log", "Replay log",
          "A decision log to follow: the same buffers then give the same bytes as "
          "in the run that wrote it, and no deadline decides (unset = the "
          "complete data decide)", NULL, ready));
  g_object_class_install_property (klass, PROP_FORCE_LIVE,
      g_param_spec_boolean ("force-live", "Force live",
          "Let the clock decide ticks even if no upstream says that it is live: "
          "for sources that are paced by what they read, such as an appsrc "
          "without is-live (needs GStreamer 1.22)", FALSE, ready));
  g_object_class_install_property (klass, PROP_IGNORE_INACTIVE_PADS,
      g_param_spec_boolean ("ignore-inactive-pads", "Ignore inactive pads",
          "Live: do not wait for pads that have never had a buffer, not even for "
          "their lookahead", FALSE, rw | GST_PARAM_MUTABLE_PLAYING));
  gst_rc_backend_install_property (klass, PROP_BACKEND);
  gst_rc_cuda_install_device_property (klass, PROP_CUDA_DEVICE_ID);
  g_object_class_install_property (klass, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "Buffers out, ticks skipped before the common start, ticks dropped by "
          "late-policy, QoS events, buffers made on a CUDA device (cuda), times "
          "that one failed and the CPU took over (fallbacks), latency of live "
          "ticks, and each pad's stats",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
gst_rc_aligner_class_init (GstRcAlignerClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstAggregatorClass *agg_class = GST_AGGREGATOR_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (gst_rc_aligner_debug, "rcaligner", 0,
      "alignment of sensor streams");
  object_class->set_property = gst_rc_aligner_set_property;
  object_class->get_property = gst_rc_aligner_get_property;
  object_class->finalize = gst_rc_aligner_finalize;
  install_properties (object_class);
  agg_class->aggregate = gst_rc_aligner_aggregate;
  agg_class->get_next_time = gst_rc_aligner_get_next_time;
  GST_ELEMENT_CLASS (klass)->release_pad = gst_rc_aligner_release_pad;
  GST_ELEMENT_CLASS (klass)->change_state = gst_rc_aligner_change_state;
  GST_ELEMENT_CLASS (klass)->set_context = gst_rc_aligner_set_context;
  agg_class->sink_event = gst_rc_aligner_sink_event;
  agg_class->sink_event_pre_queue = gst_rc_aligner_sink_event_pre_queue;
  agg_class->sink_query = gst_rc_aligner_sink_query;
  agg_class->src_event = gst_rc_aligner_src_event;
  agg_class->src_query = gst_rc_aligner_src_query;
  agg_class->peek_next_sample = gst_rc_aligner_peek_next_sample;
  agg_class->negotiate = gst_rc_aligner_negotiate;
  agg_class->flush = gst_rc_aligner_flush;
  agg_class->start = gst_rc_aligner_start;
  agg_class->stop = gst_rc_aligner_stop;
  gst_type_mark_as_plugin_api (GST_TYPE_RC_ALIGNER, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_RC_ALIGNER_PAD, 0);
}

/* 0 where the iterator keeps a pad. */
static gint
leave_out_silent (gconstpointer item, gconstpointer unused)
{
  gboolean live;

  return !gst_rc_aligner_pad_ask_latency (g_value_get_object (item), &live,
      NULL);
}

/* What is upstream of the source pad, as the base class's latency query goes there.
 * It fails where one sensor cannot answer yet (a camera before its caps), and until
 * something wakes it again the base class takes the pipeline for one that is not
 * live: with that sensor silent and the other queues full, for ever. So where a
 * live one answers, those that do not are left out; they are asked again when they
 * speak. */
static GstIterator *
iterate_upstream (GstPad * pad, GstObject * parent)
{
  GstIterator *all = gst_element_iterate_sink_pads (GST_ELEMENT (parent));
  GValue item = G_VALUE_INIT, none = G_VALUE_INIT;
  gboolean any_live = FALSE, any_silent = FALSE, live;
  GstIteratorResult result;

  while ((result = gst_iterator_next (all, &item)) == GST_ITERATOR_OK
      || result == GST_ITERATOR_RESYNC) {
    if (result == GST_ITERATOR_RESYNC) {
      gst_iterator_resync (all);
      continue;
    }
    any_silent |= !gst_rc_aligner_pad_ask_latency (g_value_get_object (&item),
        &live, NULL);
    any_live |= live;
    g_value_reset (&item);
  }
  g_value_unset (&item);
  gst_iterator_resync (all);
  if (!any_live || !any_silent)
    return all;
  g_value_init (&none, G_TYPE_BOOLEAN);
  return gst_iterator_filter (all, leave_out_silent, &none);
}

static GstPadProbeReturn
note_push (GstPad * pad, GstPadProbeInfo * info, gpointer run)
{
  ((GstRcAlignerRun *) run)->pushed = TRUE;
  return GST_PAD_PROBE_OK;
}

static void
gst_rc_aligner_init (GstRcAligner * self)
{
  GstRcAlignerPrivate *priv = PRIV (self);

  gst_pad_add_probe (GST_AGGREGATOR_SRC_PAD (self), GST_PAD_PROBE_TYPE_BUFFER,
      note_push, &priv->run, NULL);
  gst_pad_set_iterate_internal_links_function (GST_AGGREGATOR_SRC_PAD (self),
      iterate_upstream);

  priv->rate_d = 1;
  priv->stride = 1;
  priv->backend = gst_rc_backend_initial ();
  priv->cuda_device = -1;
  priv->output.window = priv->output.step = 1;
  priv->max_jump = 3600 * (gint64) GST_SECOND;
  priv->clock_jump = GST_SECOND;
  priv->latency_hist = g_new0 (GstRcHist, 1);
  g_queue_init (&priv->run.messages);
  priv->run.pads = g_ptr_array_new_with_free_func (gst_object_unref);
  priv->run.out.first_tick = priv->run.out.last_tick = RC_TIME_NONE;
}
