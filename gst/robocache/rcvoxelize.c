/* SPDX-License-Identifier: Apache-2.0 */
/**
 * SECTION:element-rcvoxelize
 * @title: rcvoxelize
 * @short_description: point clouds into dense or sparse voxel grids
 *
 * rcvoxelize turns each point cloud into a grid of cells of
 * #GstRcVoxelize:voxel-size between #GstRcVoxelize:min and
 * #GstRcVoxelize:max. A point lies in cell floor ((x - min) / voxel-size),
 * computed in float64 with a true division; points on or beyond max, and those
 * with a NaN or infinite coordinate, are skipped and counted in
 * #GstRcVoxelize:stats.
 *
 * The dense modes give one tensor: [Z, Y, X] (or [X, Y, Z] with axis-order=xyz)
 * for occupancy and count, [F, Z, Y, X] float32 for mean, min and max of F
 * fields. The sparse modes give four: coords int32 [max-voxels, 3], features
 * float32 [max-voxels, F] (sparse-mean) or [max-voxels, max-points, F]
 * (sparse-points), counts int32 [max-voxels], and the number of voxels, int32
 * [1]. Voxels are in the order in which they first appear in the cloud; unused
 * rows have the coordinates -1, the count 0 and #GstRcVoxelize:fill.
 *
 * The output caps carry axis-order, grid-size, voxel-size, origin and the names
 * of the features. Times, flags and metas of a buffer are kept. An empty cloud
 * gives an empty grid. Properties may change while PLAYING: the next buffer is
 * made with the new ones, and with new caps where they need them.
 *
 * Clouds in CUDA memory (rcupload) become grids in CUDA memory, if downstream takes
 * them, on the device that they lie on; the cells are the same bits. With
 * #GstRcVoxelize:backend=auto a failure of the device makes the CPU do it, which is
 * counted. The sparse modes are computed on the CPU.
 *
 * ## Example pipelines
 * |[
 * gst-launch-1.0 rctestsrc kind=lidar num-buffers=20 ! \
 *   rcvoxelize voxel-size=0.2 min=-20,-20,-2 max=20,20,2 ! \
 *   fakesink silent=false -v
 * ]| Occupancy of a box of 40 m x 40 m x 4 m.
 * |[
 * gst-launch-1.0 rctestsrc kind=lidar num-buffers=20 ! \
 *   rcvoxelize mode=sparse-points fields=x,y,z,intensity voxel-size=0.16,0.16,4 \
 *   min=-20,-20,-2 max=20,20,2 max-points=32 max-voxels=12000 ! \
 *   fakesink silent=false -v
 * ]| Pillars, as PointPillars takes them.
 *
 * Since: 0.1
 */
#include "rcbackend.h"
#include "rcelements.h"
#include "rcvoxelwork.h"

GST_DEBUG_CATEGORY (rc_voxelize_debug);
#define GST_CAT_DEFAULT rc_voxelize_debug

#define DEFAULT_VOXEL_SIZE "0.2"
#define DEFAULT_MIN "-51.2,-51.2,-5"
#define DEFAULT_MAX "51.2,51.2,3"
#define DEFAULT_FIELDS "all"
#define DEFAULT_MAX_VOXELS 20000

enum
{
  PROP_0,
  PROP_MODE,
  PROP_VOXEL_SIZE,
  PROP_MIN,
  PROP_MAX,
  PROP_OCCUPANCY_TYPE,
  PROP_COUNT_TYPE,
  PROP_FIELDS,
  PROP_AXIS_ORDER,
  PROP_MAX_POINTS,
  PROP_MAX_VOXELS,
  PROP_FILL,
  PROP_BACKEND,
  PROP_CUDA_DEVICE_ID,
  PROP_STATS,
};

/* *INDENT-OFF* */
#define GST_TYPE_RC_VOXELIZE (gst_rc_voxelize_get_type ())
G_DECLARE_FINAL_TYPE (GstRcVoxelize, gst_rc_voxelize, GST, RC_VOXELIZE,
    GstElement)
/* *INDENT-ON* */

struct _GstRcVoxelize
{
  GstElement parent;
  GstPad *sink;                 /* borrowed: the element owns them */
  GstPad *src;

  GstRcVoxelWork work;

  /* under the object lock */
  GstRcVoxelSettings settings;
  gboolean changed;             /* settings are newer than the plan */
  GstRcBackend backend;
  gint device;

  /* the streaming thread's */
  GstRcCloud cloud;
  gboolean have_cloud;
  gboolean cloud_on_device;     /* the caps of clouds say CUDA memory */
  gboolean discont;             /* a buffer was dropped */
};

#define COUNT ", num_tensors=(int){ 1, 4 }"

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_RC_CLOUD_CAPS "; "
        GST_RC_CLOUD_CUDA_CAPS));

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_RC_TENSORS_CAPS COUNT
        "; " GST_RC_TENSORS_CUDA_CAPS COUNT));

#define gst_rc_voxelize_parent_class parent_class
G_DEFINE_TYPE_WITH_CODE (GstRcVoxelize, gst_rc_voxelize, GST_TYPE_ELEMENT,
    GST_DEBUG_CATEGORY_INIT (rc_voxelize_debug, "rcvoxelize", 0,
        "point clouds into voxel grids"));
GST_ELEMENT_REGISTER_DEFINE (rcvoxelize, "rcvoxelize", GST_RANK_NONE,
    GST_TYPE_RC_VOXELIZE);

/* ---- caps ---- */

static void
post_error (GstRcVoxelize * self, GError * error)
{
  gst_element_message_full (GST_ELEMENT (self), GST_MESSAGE_ERROR,
      error->domain, error->code, g_strdup_printf ("%s: %s",
          GST_OBJECT_NAME (self), error->message), NULL, __FILE__, G_STRFUNC,
      __LINE__);
  g_error_free (error);
}

/* Our caps as the peer spells them, in the memory of the clouds if it takes that, else
 * in the other; FALSE when it takes no such tensor. */
static gboolean
agree_with_peer (GstRcVoxelize * self, GstCaps ** caps)
{
  GstCaps *peer = gst_pad_peer_query_caps (self->src, NULL);
  gboolean ok = gst_rc_tensors_agree_in (caps, peer, self->cloud_on_device);

  if (!ok)
    GST_ELEMENT_ERROR (self, STREAM, FORMAT,
        ("%s: downstream does not take the grid that the properties ask for",
            GST_OBJECT_NAME (self)), ("the grid is %" GST_PTR_FORMAT
            ", downstream takes %" GST_PTR_FORMAT, *caps, peer));
  gst_caps_unref (peer);
  return ok;
}

/* Makes the plan for the current cloud and settings, and tells downstream. */
static gboolean
negotiate (GstRcVoxelize * self)
{
  GstRcVoxelSettings settings;
  GstRcVoxelPlan plan = { 0 };
  GError *error = NULL;
  GstCaps *current;
  gboolean ok;

  GST_OBJECT_LOCK (self);
  gst_rc_voxel_settings_copy (&settings, &self->settings);
  self->changed = FALSE;
  GST_OBJECT_UNLOCK (self);
  gst_pad_check_reconfigure (self->src);
  ok = gst_rc_voxel_plan_make (&plan, &settings, &self->cloud, &error);
  gst_rc_voxel_settings_clear (&settings);
  gst_rc_voxel_work_set_plan (&self->work, NULL);
  if (!ok) {
    post_error (self, error);
    return FALSE;
  }
  if (!agree_with_peer (self, &plan.caps)) {
    gst_rc_voxel_plan_clear (&plan);
    return FALSE;
  }
  plan.on_device = gst_rc_caps_are_on_device (plan.caps);
  gst_rc_voxel_work_set_plan (&self->work, &plan);
  current = gst_pad_get_current_caps (self->src);
  if (!current || !gst_caps_is_equal (current, plan.caps))
    ok = gst_pad_push_event (self->src, gst_event_new_caps (plan.caps));
  gst_caps_replace (&current, NULL);
  if (!ok)
    GST_WARNING_OBJECT (self, "downstream refused %" GST_PTR_FORMAT, plan.caps);
  return ok;
}

static gboolean
set_caps (GstRcVoxelize * self, const GstCaps * caps)
{
  GError *error = NULL;

  self->have_cloud = gst_rc_cloud_parse (&self->cloud, caps, &error);
  self->cloud_on_device = gst_rc_caps_are_on_device (caps);
  if (!self->have_cloud) {
    gst_rc_voxel_work_set_plan (&self->work, NULL);
    post_error (self, error);
    return FALSE;
  }
  return negotiate (self);
}

static gboolean
sink_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  GstRcVoxelize *self = GST_RC_VOXELIZE (parent);
  GstCaps *caps;
  gboolean ok;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:
      gst_event_parse_caps (event, &caps);
      ok = set_caps (self, caps);
      gst_event_unref (event);
      return ok;
    case GST_EVENT_FLUSH_STOP:
      self->discont = FALSE;
      break;
    default:
      break;
  }
  return gst_pad_event_default (pad, parent, event);
}

/* The template of `pad` with the rates that the peer of `other` allows. */
static GstCaps *
query_caps (GstPad * pad, GstPad * other, GstCaps * filter)
{
  GstCaps *templ = gst_pad_get_pad_template_caps (pad);
  GstCaps *peer = gst_pad_peer_query_caps (other, NULL);
  GstCaps *caps = templ;

  if (!gst_caps_is_any (peer)) {
    caps = gst_caps_new_empty ();
    for (guint i = 0; i < gst_caps_get_size (peer); i++) {
      const GValue *rate = gst_structure_get_value (gst_caps_get_structure
          (peer, i), "framerate");
      GstCaps *one = gst_caps_copy (templ);

      if (rate)
        gst_caps_set_value (one, "framerate", rate);
      caps = gst_caps_merge (caps, one);
    }
    gst_caps_unref (templ);
  }
  gst_caps_unref (peer);
  if (filter) {
    GstCaps *all = caps;

    caps = gst_caps_intersect_full (filter, all, GST_CAPS_INTERSECT_FIRST);
    gst_caps_unref (all);
  }
  return caps;
}

static gboolean
pad_query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  GstRcVoxelize *self = GST_RC_VOXELIZE (parent);
  GstCaps *filter, *caps;

  if (gst_rc_cuda_link_query (&self->work.link, GST_ELEMENT (self), query))
    return TRUE;
  if (GST_QUERY_TYPE (query) != GST_QUERY_CAPS)
    return gst_pad_query_default (pad, parent, query);
  gst_query_parse_caps (query, &filter);
  caps = query_caps (pad, pad == self->sink ? self->src : self->sink, filter);
  gst_query_set_caps_result (query, caps);
  gst_caps_unref (caps);
  return TRUE;
}

/* ---- buffers ---- */

static GstFlowReturn
drop_bad_buffer (GstRcVoxelize * self, gsize size)
{
  guint64 count;

  count = gst_rc_voxel_work_count_bad (&self->work);
  self->discont = TRUE;
  /* the first of a stream on the bus, every one in the log and in stats */
  if (count == 1)
    GST_ELEMENT_WARNING (self, STREAM, DECODE,
        ("%s: a buffer of %" G_GSIZE_FORMAT " bytes is not a whole number of "
            "points of %u bytes; dropped", GST_OBJECT_NAME (self), size,
            self->cloud.point_step), ("further ones are only counted"));
  GST_WARNING_OBJECT (self, "dropped a buffer of %" G_GSIZE_FORMAT " bytes: "
      "point-step is %u", size, self->cloud.point_step);
  return GST_FLOW_OK;
}

static GstFlowReturn
gst_rc_voxelize_chain (GstPad * pad, GstObject * parent, GstBuffer * in)
{
  GstRcVoxelize *self = GST_RC_VOXELIZE (parent);
  GstFlowReturn ret = GST_FLOW_ERROR;
  RcError error = { RC_OK, "" };
  GstBuffer *out;
  gboolean changed;

  GST_OBJECT_LOCK (self);
  changed = self->changed;
  GST_OBJECT_UNLOCK (self);
  if (!self->have_cloud) {
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
        ("%s: a buffer came before the caps of a point cloud",
            GST_OBJECT_NAME (self)), (NULL));
    ret = GST_FLOW_NOT_NEGOTIATED;
    goto done;
  }
  if ((changed || !self->work.plan.voxelizer || gst_pad_needs_reconfigure
          (self->src)) && !negotiate (self)) {
    ret = GST_PAD_IS_FLUSHING (self->src) ? GST_FLOW_FLUSHING
        : GST_FLOW_NOT_NEGOTIATED;
    goto done;
  }
  if (gst_buffer_get_size (in) % self->cloud.point_step != 0) {
    ret = drop_bad_buffer (self, gst_buffer_get_size (in));
    goto done;
  }
  out = gst_rc_voxel_work_make (&self->work, in, self->cloud_on_device,
      self->cloud.point_step, &error);
  if (!out) {
    GST_ELEMENT_ERROR (self, STREAM, FAILED, ("%s: %s",
            GST_OBJECT_NAME (self), error.message), (NULL));
    goto done;
  }
  if (self->discont) {
    GST_BUFFER_FLAG_SET (out, GST_BUFFER_FLAG_DISCONT);
    self->discont = FALSE;
  }
  ret = gst_pad_push (self->src, out);

done:
  gst_buffer_unref (in);
  return ret;
}

/* ---- the element ---- */

static void
set_string (gchar ** field, const GValue * value)
{
  g_free (*field);
  *field = g_value_dup_string (value);
}

static void
gst_rc_voxelize_set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * pspec)
{
  GstRcVoxelize *self = GST_RC_VOXELIZE (object);
  GstRcVoxelSettings *s = &self->settings;

  GST_OBJECT_LOCK (self);
  self->changed = TRUE;
  switch (id) {
    case PROP_MODE:
      s->mode = g_value_get_enum (value);
      break;
    case PROP_VOXEL_SIZE:
      set_string (&s->voxel_size, value);
      break;
    case PROP_MIN:
      set_string (&s->min, value);
      break;
    case PROP_MAX:
      set_string (&s->max, value);
      break;
    case PROP_OCCUPANCY_TYPE:
      s->occupancy_type = g_value_get_enum (value);
      break;
    case PROP_COUNT_TYPE:
      s->count_type = g_value_get_enum (value);
      break;
    case PROP_FIELDS:
      set_string (&s->fields, value);
      break;
    case PROP_AXIS_ORDER:
      s->axis_order = g_value_get_enum (value);
      break;
    case PROP_MAX_POINTS:
      s->max_points = g_value_get_int (value);
      break;
    case PROP_MAX_VOXELS:
      s->max_voxels = g_value_get_int (value);
      break;
    case PROP_FILL:
      s->fill = g_value_get_double (value);
      break;
    case PROP_BACKEND:
      self->backend = g_value_get_enum (value);
      break;
    case PROP_CUDA_DEVICE_ID:
      self->device = g_value_get_int (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_rc_voxelize_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstRcVoxelize *self = GST_RC_VOXELIZE (object);
  const GstRcVoxelSettings *s = &self->settings;

  if (id == PROP_STATS) {
    g_value_take_boxed (value, gst_rc_voxel_work_stats (&self->work));
    return;
  }
  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_MODE:
      g_value_set_enum (value, s->mode);
      break;
    case PROP_VOXEL_SIZE:
      g_value_set_string (value, s->voxel_size);
      break;
    case PROP_MIN:
      g_value_set_string (value, s->min);
      break;
    case PROP_MAX:
      g_value_set_string (value, s->max);
      break;
    case PROP_OCCUPANCY_TYPE:
      g_value_set_enum (value, s->occupancy_type);
      break;
    case PROP_COUNT_TYPE:
      g_value_set_enum (value, s->count_type);
      break;
    case PROP_FIELDS:
      g_value_set_string (value, s->fields);
      break;
    case PROP_AXIS_ORDER:
      g_value_set_enum (value, s->axis_order);
      break;
    case PROP_MAX_POINTS:
      g_value_set_int (value, s->max_points);
      break;
    case PROP_MAX_VOXELS:
      g_value_set_int (value, s->max_voxels);
      break;
    case PROP_FILL:
      g_value_set_double (value, s->fill);
      break;
    case PROP_BACKEND:
      g_value_set_enum (value, self->backend);
      break;
    case PROP_CUDA_DEVICE_ID:
      g_value_set_int (value, self->device);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

/* Before the first cloud: refuses what no cloud could make right. */
static gboolean
start (GstRcVoxelize * self)
{
  GstRcVoxelSettings settings;
  GError *error = NULL;
  gboolean ok;

  GST_OBJECT_LOCK (self);
  gst_rc_voxel_settings_copy (&settings, &self->settings);
  GST_OBJECT_UNLOCK (self);
  ok = gst_rc_voxel_settings_check (&settings, &error);
  gst_rc_voxel_settings_clear (&settings);
  if (!ok)
    post_error (self, error);
  else if (!(ok = gst_rc_voxel_work_start (&self->work)))
    GST_ELEMENT_ERROR (self, RESOURCE, NO_SPACE_LEFT, (NULL), ("no memory"));
  self->have_cloud = FALSE;
  self->discont = FALSE;
  return ok;
}

static gboolean
open_backend (GstRcVoxelize * self)
{
  GstRcBackend backend;
  gint device;

  GST_OBJECT_LOCK (self);
  backend = self->backend;
  device = self->device;
  GST_OBJECT_UNLOCK (self);
  return gst_rc_voxel_work_open (&self->work, backend, device);
}

static GstStateChangeReturn
gst_rc_voxelize_change_state (GstElement * element, GstStateChange transition)
{
  GstRcVoxelize *self = GST_RC_VOXELIZE (element);
  GstStateChangeReturn ret;

  /* (in READY the properties may still change) */
  if ((transition == GST_STATE_CHANGE_NULL_TO_READY
          || transition == GST_STATE_CHANGE_READY_TO_PAUSED)
      && !open_backend (self))
    return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start (self))
    return GST_STATE_CHANGE_FAILURE;
  ret = GST_ELEMENT_CLASS (parent_class)->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY
      || ret == GST_STATE_CHANGE_FAILURE)
    gst_rc_voxel_work_stop (&self->work);
  if (transition == GST_STATE_CHANGE_READY_TO_NULL)
    gst_rc_voxel_work_close (&self->work);
  return ret;
}

static void
gst_rc_voxelize_set_context (GstElement * element, GstContext * context)
{
  GstRcVoxelize *self = GST_RC_VOXELIZE (element);

  gst_rc_cuda_link_set_context (&self->work.link, element, context,
      self->device);
  GST_ELEMENT_CLASS (parent_class)->set_context (element, context);
}

static void
gst_rc_voxelize_finalize (GObject * object)
{
  GstRcVoxelize *self = GST_RC_VOXELIZE (object);

  gst_rc_voxel_settings_clear (&self->settings);
  gst_rc_voxel_work_clear (&self->work);
  G_OBJECT_CLASS (parent_class)->finalize (object);
}

#define FLAGS (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS \
    | GST_PARAM_MUTABLE_PLAYING)

static void
install_properties (GObjectClass * klass)
{
  /* *INDENT-OFF* */
  g_object_class_install_property (klass, PROP_MODE,
      g_param_spec_enum ("mode", "Mode", "What a cell or voxel holds",
          GST_TYPE_RC_VOXEL_MODE, RC_VOXEL_OCCUPANCY, FLAGS));
  g_object_class_install_property (klass, PROP_VOXEL_SIZE,
      g_param_spec_string ("voxel-size", "Voxel size",
          "Edge of a cell in the cloud's unit (metres): one number, or x,y,z",
          DEFAULT_VOXEL_SIZE, FLAGS));
  g_object_class_install_property (klass, PROP_MIN,
      g_param_spec_string ("min", "Minimum",
          "Low corner x,y,z of the grid (metres); points on it are inside",
          DEFAULT_MIN, FLAGS));
  g_object_class_install_property (klass, PROP_MAX,
      g_param_spec_string ("max", "Maximum",
          "High corner x,y,z of the grid (metres); points on it are outside. "
          "The grid has ceil ((max - min) / voxel-size) cells per axis",
          DEFAULT_MAX, FLAGS));
  g_object_class_install_property (klass, PROP_OCCUPANCY_TYPE,
      g_param_spec_enum ("occupancy-type", "Occupancy type",
          "Type of a cell with mode=occupancy. bits: cell k in C order is bit "
          "k % 8 of byte k / 8; one flat tensor unless rows are whole bytes",
          GST_TYPE_RC_VOXEL_TYPE, RC_VOXEL_U8, FLAGS));
  g_object_class_install_property (klass, PROP_COUNT_TYPE,
      g_param_spec_enum ("count-type", "Count type",
          "Type of a cell with mode=count: u32 or f32",
          GST_TYPE_RC_VOXEL_TYPE, RC_VOXEL_U32, FLAGS));
  g_object_class_install_property (klass, PROP_FIELDS,
      g_param_spec_string ("fields", "Fields",
          "Fields of the cloud that are features, separated by commas, in the "
          "order of the output (x, y and z may be among them); all: every "
          "field. Not used by occupancy and count",
          DEFAULT_FIELDS, FLAGS));
  g_object_class_install_property (klass, PROP_AXIS_ORDER,
      g_param_spec_enum ("axis-order", "Axis order",
          "Order of the axes, slowest first, in dense tensors and coordinates",
          GST_TYPE_RC_AXIS_ORDER, RC_AXES_ZYX, FLAGS));
  g_object_class_install_property (klass, PROP_MAX_POINTS,
      g_param_spec_int ("max-points", "Maximum points",
          "Sparse modes: points used per voxel, the first in the cloud; the "
          "rest is counted. 0: no limit for sparse-mean, 32 for sparse-points",
          0, G_MAXINT, 0, FLAGS));
  g_object_class_install_property (klass, PROP_MAX_VOXELS,
      g_param_spec_int ("max-voxels", "Maximum voxels",
          "Sparse modes: rows of the output, the voxels that appear first in "
          "the cloud; the rest is counted",
          1, G_MAXINT, DEFAULT_MAX_VOXELS, FLAGS));
  g_object_class_install_property (klass, PROP_FILL,
      g_param_spec_double ("fill", "Fill",
          "Value of cells, rows and slots without points, with mean, min, max "
          "and the sparse modes; nan is possible",
          -G_MAXDOUBLE, G_MAXDOUBLE, 0,
          /* NaN is never equal to itself, which strict validation refuses */
          FLAGS | G_PARAM_LAX_VALIDATION));
  gst_rc_backend_install_property (klass, PROP_BACKEND);
  gst_rc_cuda_install_device_property (klass, PROP_CUDA_DEVICE_ID);
  g_object_class_install_property (klass, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "Since the start: buffers, bad-buffers (dropped: not a whole number "
          "of points), cuda-buffers (made on a device), fallbacks (made on the CPU "
          "since CUDA failed), points, inside, outside, non-finite, voxels (occupied), "
          "dropped-voxels (by max-voxels), dropped-voxel-points (inside those), "
          "dropped-points (by max-points)",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  /* *INDENT-ON* */
}

static void
gst_rc_voxelize_class_init (GstRcVoxelizeClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->set_property = gst_rc_voxelize_set_property;
  object_class->get_property = gst_rc_voxelize_get_property;
  object_class->finalize = gst_rc_voxelize_finalize;
  install_properties (object_class);
  element_class->change_state = gst_rc_voxelize_change_state;
  element_class->set_context = gst_rc_voxelize_set_context;
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class,
      "RoboCache voxelize", "Filter/Converter",
      "Turns point clouds into dense or sparse voxel grids",
      "RoboCache developers");
}

static void
gst_rc_voxelize_init (GstRcVoxelize * self)
{
  self->settings = (GstRcVoxelSettings) {
  .mode = RC_VOXEL_OCCUPANCY,.occupancy_type = RC_VOXEL_U8,.count_type =
        RC_VOXEL_U32,.axis_order = RC_AXES_ZYX,.voxel_size =
        g_strdup (DEFAULT_VOXEL_SIZE),.min = g_strdup (DEFAULT_MIN),.max =
        g_strdup (DEFAULT_MAX),.fields =
        g_strdup (DEFAULT_FIELDS),.max_voxels = DEFAULT_MAX_VOXELS,};
  self->backend = gst_rc_backend_initial ();
  self->device = -1;
  gst_rc_voxel_work_init (&self->work, GST_ELEMENT (self));
  self->sink = gst_pad_new_from_static_template (&sink_template, "sink");
  gst_pad_set_chain_function (self->sink, gst_rc_voxelize_chain);
  gst_pad_set_event_function (self->sink, sink_event);
  gst_pad_set_query_function (self->sink, pad_query);
  gst_element_add_pad (GST_ELEMENT (self), self->sink);
  self->src = gst_pad_new_from_static_template (&src_template, "src");
  gst_pad_set_query_function (self->src, pad_query);
  gst_element_add_pad (GST_ELEMENT (self), self->src);
}
