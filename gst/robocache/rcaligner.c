/* SPDX-License-Identifier: Apache-2.0 */
/* The object: properties, events, queries, state. rcalign.c makes the ticks. */
#include "rcalignerpriv.h"

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
sink_caps (GstRcAligner * self, GstRcAlignerPad * pad, GstCaps * caps)
{
  GError *error = NULL;

  if (pad->caps && gst_caps_is_equal (pad->caps, caps))
    return TRUE;
  gst_caps_replace (&pad->caps, caps);
  if (!gst_rc_stream_set_caps (pad->stream, caps, &error))
    return gst_rc_aligner_fail (self, pad, error);
  PRIV (self)->run.dirty = TRUE;
  return TRUE;
}

static gboolean
gst_rc_aligner_handle_event (GstAggregator * agg, GstAggregatorPad * aggpad,
    GstEvent * event)
{
  GstRcAligner *self = GST_RC_ALIGNER (agg);
  GstRcAlignerPad *pad = GST_RC_ALIGNER_PAD (aggpad);
  const GstSegment *segment;
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:
    {
      gboolean ok;

      gst_event_parse_caps (event, &caps);
      ok = sink_caps (self, pad, caps);
      gst_event_unref (event);
      return ok;
    }
    case GST_EVENT_CUSTOM_DOWNSTREAM:
      /* passed on, to end the recorder's episode too: no window reaches back
       * across it */
      if (gst_event_has_name (event, "rc-next-episode"))
        gst_rc_output_reset (&PRIV (self)->run.out);
      break;
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
    gst_rc_inbox_event_done (&GST_RC_ALIGNER_PAD (aggpad)->inbox);
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

  if (GST_QUERY_TYPE (query) != GST_QUERY_ALLOCATION)
    return GST_AGGREGATOR_CLASS (gst_rc_aligner_parent_class)->sink_query (agg,
        aggpad, query);
  gst_query_parse_allocation (query, &caps, NULL);
  if (caps && gst_video_info_from_caps (&info, caps))
    size = GST_VIDEO_INFO_SIZE (&info);
  gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  /* frames that stay with us: the history (up to 4) and what was pushed on */
  gst_query_add_allocation_pool (query, NULL, size, 6 + priv->output.window, 0);
  return TRUE;
}

static gboolean
gst_rc_aligner_src_event (GstAggregator * agg, GstEvent * event)
{
  if (GST_EVENT_TYPE (event) == GST_EVENT_QOS) {
    /* sensors cannot slow down: counted, not forwarded */
    GST_OBJECT_LOCK (agg);
    PRIV (GST_RC_ALIGNER (agg))->n_qos++;
    GST_OBJECT_UNLOCK (agg);
    gst_event_unref (event);
    return TRUE;
  }
  return GST_AGGREGATOR_CLASS (gst_rc_aligner_parent_class)->src_event (agg,
      event);
}

static gboolean
gst_rc_aligner_src_query (GstAggregator * agg, GstQuery * query)
{
  if (GST_QUERY_TYPE (query) == GST_QUERY_LATENCY) {
    GST_OBJECT_LOCK (agg);
    /* upstream may answer otherwise now: each pad asks again */
    for (GList * l = GST_ELEMENT (agg)->sinkpads; l; l = l->next) {
      GST_OBJECT_LOCK (l->data);
      GST_RC_ALIGNER_PAD (l->data)->queried = FALSE;
      GST_OBJECT_UNLOCK (l->data);
    }
    GST_OBJECT_UNLOCK (agg);
  }
  return GST_AGGREGATOR_CLASS (gst_rc_aligner_parent_class)->src_query (agg,
      query);
}

/* Caps are made from the streams when a row is due, not on reconfiguration. */
static gboolean
gst_rc_aligner_negotiate (GstAggregator * agg)
{
  PRIV (GST_RC_ALIGNER (agg))->run.caps_dirty = TRUE;
  return TRUE;
}

static GstFlowReturn
gst_rc_aligner_flush (GstAggregator * agg)
{
  GstRcAlignerRun *run = &PRIV (GST_RC_ALIGNER (agg))->run;

  run->started = run->emitted = run->ended = FALSE;
  gst_rc_output_reset (&run->out);
  return GST_FLOW_OK;
}

static gboolean
gst_rc_aligner_start (GstAggregator * agg)
{
  GstRcAlignerPrivate *priv = PRIV (GST_RC_ALIGNER (agg));

  priv->run.dirty = TRUE;
  priv->n_out = priv->n_qos = priv->n_skipped = 0;
  return TRUE;
}

static gboolean
gst_rc_aligner_stop (GstAggregator * agg)
{
  GstRcAlignerRun *run = &PRIV (GST_RC_ALIGNER (agg))->run;

  for (guint i = 0; i < run->pads->len; i++) {
    GstRcAlignerPad *pad = g_ptr_array_index (run->pads, i);
    gchar *name = g_strdup (pad->stream->name);

    gst_rc_stream_free (pad->stream);
    pad->stream = gst_rc_stream_new (GST_OBJECT (pad), name);
    g_free (name);
    gst_caps_replace (&pad->caps, NULL);
    pad->head_taken = pad->warned_size = pad->warned_time = FALSE;
    GST_OBJECT_LOCK (pad);
    pad->queried = FALSE;
    GST_OBJECT_UNLOCK (pad);
  }
  gst_rc_output_clear (&run->out);
  g_ptr_array_set_size (run->pads, 0);
  run->pads_known = run->started = run->emitted = run->live = FALSE;
  run->ended = FALSE;
  run->master = NULL;
  return TRUE;
}

/* ---- object ---- */

static void
gst_rc_aligner_set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * pspec)
{
  GstRcAlignerPrivate *priv = PRIV (GST_RC_ALIGNER (object));

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
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  priv->changed = TRUE;
  GST_OBJECT_UNLOCK (object);
}

static GstStructure *
make_stats (GstRcAligner * self, GstRcAlignerPrivate * priv)
{
  GstStructure *stats = gst_structure_new ("rc-stats",
      "out", G_TYPE_UINT64, priv->n_out,
      "skipped", G_TYPE_UINT64, priv->n_skipped,
      "qos", G_TYPE_UINT64, priv->n_qos, NULL);

  for (GList * l = GST_ELEMENT (self)->sinkpads; l; l = l->next) {
    GstRcAlignerPad *pad = l->data;
    GstStructure *st;

    GST_OBJECT_LOCK (pad);
    st = gst_rc_stream_stats (&pad->shown);
    GST_OBJECT_UNLOCK (pad);
    gst_structure_set (stats, GST_PAD_NAME (pad), GST_TYPE_STRUCTURE, st, NULL);
    gst_structure_free (st);
  }
  return stats;
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
    case PROP_STATS:
      g_value_take_boxed (value, make_stats (self, priv));
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
  g_ptr_array_unref (priv->run.pads);
  g_free (priv->master);
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
          "Streams whose first times differ by more are an error, in ns", 0,
          G_MAXINT64, 3600 * (gint64) GST_SECOND, ready));
  g_object_class_install_property (klass, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "Buffers out, ticks skipped before the common start, QoS events, and "
          "each pad's stats", GST_TYPE_STRUCTURE,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
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
  agg_class->sink_event = gst_rc_aligner_sink_event;
  agg_class->sink_event_pre_queue = gst_rc_aligner_sink_event_pre_queue;
  agg_class->sink_query = gst_rc_aligner_sink_query;
  agg_class->src_event = gst_rc_aligner_src_event;
  agg_class->src_query = gst_rc_aligner_src_query;
  agg_class->negotiate = gst_rc_aligner_negotiate;
  agg_class->flush = gst_rc_aligner_flush;
  agg_class->start = gst_rc_aligner_start;
  agg_class->stop = gst_rc_aligner_stop;
  gst_type_mark_as_plugin_api (GST_TYPE_RC_ALIGNER, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_RC_ALIGNER_PAD, 0);
}

static void
gst_rc_aligner_init (GstRcAligner * self)
{
  GstRcAlignerPrivate *priv = PRIV (self);

  priv->rate_d = 1;
  priv->stride = 1;
  priv->output.window = priv->output.step = 1;
  priv->max_jump = 3600 * (gint64) GST_SECOND;
  priv->run.pads = g_ptr_array_new_with_free_func (gst_object_unref);
  priv->run.out.first_tick = priv->run.out.last_tick = RC_TIME_NONE;
}
