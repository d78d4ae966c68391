/* SPDX-License-Identifier: Apache-2.0 */
/**
 * SECTION:element-rctestsrc
 * @title: rctestsrc
 * @short_description: robot sensors with known truth and chosen faults
 *
 * A sensor of a synthetic robot. What it measures is an analytic function of
 * time, so that every value an aligner makes can be compared with what was
 * there at the very tick; when it measures, and what gets lost or delayed on
 * the way, follows the properties and the seed.
 *
 * Sample k is due at T(k) = floor (k * 1 s / #GstRcTestSrc:rate), computed from
 * k, and is taken at T(k) plus a jitter that is uniform in
 * [0, #GstRcTestSrc:jitter) periods. Its value is the truth at that instant.
 * Its PTS is the instant plus #GstRcTestSrc:skew-ppm of it plus
 * #GstRcTestSrc:offset: the errors of the sensor's clock. Whatever is random
 * depends on #GstRcTestSrc:seed and k only, so two runs, live or not, give the
 * same buffers. A buffer's offset is k: what was lost shows as a hole.
 *
 * The channels, with t in seconds, angles in radians, J = #GstRcTestSrc:joints:
 *
 * * joints [2 J], rad and rad/s: positions, then their derivatives,
 *   w = 2 pi (0.4 + 0.1 (j mod 8)),
 *   q(j) = 0.6 sin (w t + j) + 0.1 sin (3 w t + 2 j)
 * * command [J], rad: constant over each 250 ms interval, and equal to q(j) at
 *   the end of that interval
 * * force [6], N and Nm: fx = 12 sin (2 pi 1.1 t), fy = 8 sin (2 pi 0.7 t + 1),
 *   fz = 40 + 15 sin (2 pi 2.3 t + 2) + 3 sin (2 pi 17 t),
 *   tx = 0.9 sin (2 pi 0.9 t), ty = 0.7 sin (2 pi 1.3 t + 1),
 *   tz = 0.3 sin (2 pi 1.7 t + 2)
 * * pose [7], m: x = cos (2 pi 0.1 t), y = sin (2 pi 0.1 t),
 *   z = 0.4 + 0.05 sin (2 pi 0.8 t), then the quaternion wxyz of
 *   Rz (yaw) Ry (pitch) Rx (roll), yaw = 0.5 t + 0.3 sin (2 pi 0.2 t),
 *   pitch = 0.3 sin (2 pi 0.3 t), roll = 0.2 sin (2 pi 0.5 t + 1)
 * * imu [10]: the same quaternion, the exact turn rate in body axes (rad/s),
 *   and the specific force in body axes with g = 9.80665 m/s^2
 * * lidar: a point cloud x, y, z, intensity of a room of 8 x 6 x 2.4 m with a
 *   pillar, by 16 rings from -15 to 15 degrees, from a slowly circling sensor:
 *   (0.5 cos (2 pi 0.05 t), 0.5 sin (2 pi 0.05 t), 1.2)
 *
 * |[
 * gst-launch-1.0 rctestsrc kind=joints rate=500/1 jitter=0.6 loss=0.02 \
 *     duration=1000000000 ! fakesink silent=false -v
 * ]| One second of a jittery joint encoder over a lossy link, as fast as it
 * will go.
 * |[
 * gst-launch-1.0 rctestsrc kind=imu is-live=true burst=8 ! \
 *     fakesink silent=false sync=true -v
 * ]| A live IMU whose driver hands over 8 samples at a time.
 *
 * Since: 0.1
 */
#include "rctestsrc.h"

#include "rccaps.h"
#include "rcelements.h"
#include "rctestmodel.h"

GST_DEBUG_CATEGORY_STATIC (rc_test_src_debug);
#define GST_CAT_DEFAULT rc_test_src_debug

#define MAX_POINTS (1 << 22)

/* A live source that starts this much late joins at the present sample. */
#define LATE_START GST_SECOND

enum
{
  PROP_0,
  PROP_KIND,
  PROP_TYPE,
  PROP_RATE,
  PROP_IS_LIVE,
  PROP_DURATION,
  PROP_JOINTS,
  PROP_POINTS,
  PROP_SEED,
  PROP_JITTER,
  PROP_LOSS,
  PROP_BURST,
  PROP_DUPLICATES,
  PROP_SKEW_PPM,
  PROP_OFFSET,
  PROP_DEAD_FROM,
  PROP_DEAD_UNTIL,
  PROP_NOISE,
  PROP_STATS,
};

typedef struct
{
  guint64 sent;
  guint64 lost;                 /* by `loss` */
  guint64 dead;                 /* by `dead-from` and `dead-until` */
  guint64 duplicates;
  guint64 early;                /* stamped before the segment */
} Stats;

struct _GstRcTestSrc
{
  GstPushSrc parent;

  /* under the object lock */
  GstRcTestModel config;        /* what the properties say */
  Stats stats;
  gboolean started;
  GstClockID clock_id;
  gboolean unlocked;

  /* the streaming thread's; `run` is `config` as it was at the start */
  GstRcTestModel run;
  guint64 k;
  guint64 reached;              /* live: running time waited for */
  gboolean joined;              /* live: the first sample has been chosen */
};

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS (GST_RC_TENSORS_CAPS ", num_tensors=(int)1, "
        "types=(string){ float32, float64 }, framerate=(fraction)0/1; "
        GST_RC_CLOUD_CAPS ", point-step=(int)16, "
        "fields=(string)\"x:f32:0:1,y:f32:4:1,z:f32:8:1,intensity:f32:12:1\", "
        "framerate=(fraction)0/1"));

#define gst_rc_test_src_parent_class parent_class
G_DEFINE_TYPE_WITH_CODE (GstRcTestSrc, gst_rc_test_src, GST_TYPE_PUSH_SRC,
    GST_DEBUG_CATEGORY_INIT (rc_test_src_debug, "rctestsrc", 0,
        "synthetic robot sensor"));
GST_ELEMENT_REGISTER_DEFINE (rctestsrc, "rctestsrc", GST_RANK_NONE,
    GST_TYPE_RC_TEST_SRC);

#define GST_TYPE_RC_TEST_SRC_KIND (gst_rc_test_src_kind_get_type ())
static GType
gst_rc_test_src_kind_get_type (void)
{
  static const GEnumValue values[] = {
    {GST_RC_TRUTH_JOINTS, "Joint positions and velocities, 500 Hz", "joints"},
    {GST_RC_TRUTH_FORCE, "Force and torque, 1 kHz", "force"},
    {GST_RC_TRUTH_IMU, "Orientation, turn rate, specific force, 200 Hz", "imu"},
    {GST_RC_TRUTH_POSE, "Position and orientation, 100 Hz", "pose"},
    {GST_RC_TRUTH_LIDAR, "Point clouds of a room, 10 Hz", "lidar"},
    {GST_RC_TRUTH_COMMAND, "Joint set-points that step, 50 Hz", "command"},
    {0, NULL, NULL}
  };
  static gsize type;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstRcTestSrcKind",
            values));
  return type;
}

#define GST_TYPE_RC_TEST_SRC_TYPE (gst_rc_test_src_type_get_type ())
static GType
gst_rc_test_src_type_get_type (void)
{
  static const GEnumValue values[] = {
    {GST_RC_TEST_FLOAT32, "32-bit floats", "float32"},
    {GST_RC_TEST_FLOAT64, "64-bit floats", "float64"},
    {0, NULL, NULL}
  };
  static gsize type;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstRcTestSrcType",
            values));
  return type;
}

/* ---- caps ---- */

static GstCaps *
gst_rc_test_src_get_caps (GstBaseSrc * src, GstCaps * filter)
{
  GstRcTestSrc *self = GST_RC_TEST_SRC (src);
  GstRcTestModel c;
  GstCaps *caps, *both;

  GST_OBJECT_LOCK (self);
  c = self->started ? self->run : self->config;
  GST_OBJECT_UNLOCK (self);
  caps = gst_rc_test_model_caps (&c);
  if (!filter)
    return caps;
  both = gst_caps_intersect_full (filter, caps, GST_CAPS_INTERSECT_FIRST);
  gst_caps_unref (caps);
  return both;
}

/* ---- start, stop, seek ---- */

static gboolean
check_config (GstRcTestSrc * self, const GstRcTestModel * c)
{
  if (c->dead_from == GST_CLOCK_TIME_NONE
      && c->dead_until != GST_CLOCK_TIME_NONE) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
        ("dead-until=%" G_GUINT64_FORMAT " needs a dead-from: dead-from=0 for "
            "a sensor that is silent at first", c->dead_until), (NULL));
    return FALSE;
  }
  if (c->dead_from != GST_CLOCK_TIME_NONE && c->dead_until <= c->dead_from) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
        ("dead-until=%" G_GUINT64_FORMAT " is not after dead-from=%"
            G_GUINT64_FORMAT, c->dead_until, c->dead_from), (NULL));
    return FALSE;
  }
  if (c->kind == GST_RC_TRUTH_LIDAR && c->type != GST_RC_TEST_FLOAT32) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
        ("type=float64 has no meaning for kind=lidar, whose points are "
            "float32"), (NULL));
    return FALSE;
  }
  if (c->kind == GST_RC_TRUTH_COMMAND && c->noise > 0) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
        ("noise=%g has no meaning for kind=command: commands are what was sent",
            c->noise), (NULL));
    return FALSE;
  }
  return TRUE;
}

static gboolean
gst_rc_test_src_start (GstBaseSrc * src)
{
  GstRcTestSrc *self = GST_RC_TEST_SRC (src);
  GstRcTestModel c;

  GST_OBJECT_LOCK (self);
  c = self->config;
  GST_OBJECT_UNLOCK (self);
  if (!check_config (self, &c))
    return FALSE;
  GST_OBJECT_LOCK (self);
  self->run = c;
  self->started = TRUE;
  self->stats = (Stats) {
  0};
  self->unlocked = FALSE;
  GST_OBJECT_UNLOCK (self);
  self->k = 0;
  self->reached = 0;
  self->joined = FALSE;
  return TRUE;
}

static gboolean
gst_rc_test_src_stop (GstBaseSrc * src)
{
  GstRcTestSrc *self = GST_RC_TEST_SRC (src);

  GST_OBJECT_LOCK (self);
  self->started = FALSE;
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

static gboolean
gst_rc_test_src_is_seekable (GstBaseSrc * src)
{
  return !gst_base_src_is_live (src);
}

/* Seeks that cannot be are refused here: do_seek () is called after the flush,
 * and the base class would go on without a segment. */
static gboolean
gst_rc_test_src_event (GstBaseSrc * src, GstEvent * event)
{
  gdouble rate;
  GstFormat format;

  if (GST_EVENT_TYPE (event) == GST_EVENT_SEEK) {
    gst_event_parse_seek (event, &rate, &format, NULL, NULL, NULL, NULL, NULL);
    if (rate <= 0 || format != GST_FORMAT_TIME) {
      GST_INFO_OBJECT (src, "refused to seek with rate %g in format %s", rate,
          gst_format_get_name (format));
      return FALSE;
    }
  }
  return GST_BASE_SRC_CLASS (parent_class)->event (src, event);
}

static gboolean
gst_rc_test_src_do_seek (GstBaseSrc * src, GstSegment * segment)
{
  GstRcTestSrc *self = GST_RC_TEST_SRC (src);
  const GstRcTestModel *c = &self->run;

  segment->time = segment->start;
  if (segment->duration == GST_CLOCK_TIME_NONE)
    segment->duration = c->duration;
  /* some samples from here on may lie before the segment: create () sees */
  self->k = gst_rc_test_model_seek (c, segment->start);
  return TRUE;
}

static gboolean
gst_rc_test_src_unlock (GstBaseSrc * src)
{
  GstRcTestSrc *self = GST_RC_TEST_SRC (src);

  GST_OBJECT_LOCK (self);
  self->unlocked = TRUE;
  if (self->clock_id)
    gst_clock_id_unschedule (self->clock_id);
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

static gboolean
gst_rc_test_src_unlock_stop (GstBaseSrc * src)
{
  GstRcTestSrc *self = GST_RC_TEST_SRC (src);

  GST_OBJECT_LOCK (self);
  self->unlocked = FALSE;
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

static gboolean
gst_rc_test_src_query (GstBaseSrc * src, GstQuery * query)
{
  GstRcTestSrc *self = GST_RC_TEST_SRC (src);
  guint64 latency;
  GstRcTestModel c;

  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY
      || !gst_base_src_is_live (src))
    return GST_BASE_SRC_CLASS (parent_class)->query (src, query);
  GST_OBJECT_LOCK (self);
  c = self->run;
  GST_OBJECT_UNLOCK (self);
  latency = gst_rc_test_model_latency (&c);
  gst_query_set_latency (query, TRUE, latency, GST_CLOCK_TIME_NONE);
  return TRUE;
}

/* ---- samples ---- */

/* Waits until the pipeline's clock shows a running time. A time that has been
 * waited for (the rest of a burst; 0) only looks whether there is a flush. */
static GstFlowReturn
wait_until (GstRcTestSrc * self, guint64 time)
{
  GstFlowReturn ret = GST_FLOW_OK;
  GstClock *clock;
  GstClockID id;

  GST_OBJECT_LOCK (self);
  clock = GST_ELEMENT_CLOCK (self);
  if (self->unlocked) {
    ret = GST_FLOW_FLUSHING;
  } else if (clock && time > self->reached) {
    id = self->clock_id = gst_clock_new_single_shot_id (clock,
        GST_ELEMENT (self)->base_time + time);
    GST_OBJECT_UNLOCK (self);
    if (gst_clock_id_wait (id, NULL) == GST_CLOCK_UNSCHEDULED)
      ret = GST_FLOW_FLUSHING;
    else
      self->reached = time;
    GST_OBJECT_LOCK (self);
    self->clock_id = NULL;
    gst_clock_id_unref (id);
  }
  GST_OBJECT_UNLOCK (self);
  return ret;
}

/* A live sensor that joins a pipeline which has long been running does not
 * deliver its past. */
static void
join (GstRcTestSrc * self)
{
  GstClock *clock = gst_element_get_clock (GST_ELEMENT (self));
  GstClockTime now, base = gst_element_get_base_time (GST_ELEMENT (self));
  gint n, d;

  self->joined = TRUE;
  if (!clock)
    return;
  now = gst_clock_get_time (clock);
  gst_object_unref (clock);
  if (now <= base || now - base <= LATE_START)
    return;
  gst_rc_test_model_rate (&self->run, &n, &d);
  self->k = gst_util_uint64_scale_ceil (now - base, n,
      d * (guint64) GST_SECOND);
  GST_INFO_OBJECT (self, "joins at running time %" GST_TIME_FORMAT
      " with sample %" G_GUINT64_FORMAT, GST_TIME_ARGS (now - base), self->k);
}

static GstBuffer *
make_scan (GstRcTestSrc * self, guint64 k, guint64 time)
{
  const GstRcTestModel *c = &self->run;
  gfloat *points = g_new (gfloat, 4 * (gsize) c->points);
  gdouble *error = NULL;

  if (c->noise > 0) {
    error = g_new (gdouble, c->points);
    for (guint i = 0; i < c->points; i++)
      error[i] =
          c->noise * gst_rc_truth_normal (c->seed, k,
          GST_RC_TEST_LANE_NOISE + i);
  }
  gst_rc_truth_scan (time, c->points, error, points);
  g_free (error);
  return gst_buffer_new_wrapped (points, 16 * (gsize) c->points);
}

static GstBuffer *
make_row (GstRcTestSrc * self, guint64 k, guint64 time)
{
  const GstRcTestModel *c = &self->run;
  guint n = gst_rc_truth_channels (c->kind, c->joints);
  gdouble row[GST_RC_TEST_MAX_CHANNELS];
  gfloat narrow[GST_RC_TEST_MAX_CHANNELS];
  guint q = c->kind == GST_RC_TRUTH_IMU ? 0
      : c->kind == GST_RC_TRUTH_POSE ? 3 : n;

  gst_rc_truth_row (c->kind, c->joints, time, row);
  for (guint i = 0; c->noise > 0 && i < n; i++) {
    /* quaternions stay of unit length */
    if (i < q || i >= q + 4)
      row[i] +=
          c->noise * gst_rc_truth_normal (c->seed, k,
          GST_RC_TEST_LANE_NOISE + i);
  }
  if (c->type == GST_RC_TEST_FLOAT64)
    return gst_buffer_new_memdup (row, n * sizeof (gdouble));
  for (guint i = 0; i < n; i++)
    narrow[i] = row[i];
  return gst_buffer_new_memdup (narrow, n * sizeof (gfloat));
}

/* True when no sample can follow k: a sensor that is off for good. A live
 * source is then silent; a recording of it just ends. */
static gboolean
nothing_follows (GstRcTestSrc * self)
{
  const GstRcTestModel *c = &self->run;

  return !gst_base_src_is_live (GST_BASE_SRC (self)) && (c->loss >= 1
      || (c->dead_until == GST_CLOCK_TIME_NONE
          && gst_rc_test_model_due (c, self->k) >= c->dead_from));
}

static void
count (GstRcTestSrc * self, guint64 * counter)
{
  GST_OBJECT_LOCK (self);
  (*counter)++;
  GST_OBJECT_UNLOCK (self);
}

static GstFlowReturn
gst_rc_test_src_create (GstPushSrc * src, GstBuffer ** buffer)
{
  GstRcTestSrc *self = GST_RC_TEST_SRC (src);
  const GstSegment *segment = &GST_BASE_SRC (src)->segment;
  const GstRcTestModel *c = &self->run;
  gboolean live = gst_base_src_is_live (GST_BASE_SRC (src));

  if (live && !self->joined)
    join (self);
  for (;; self->k++) {
    guint64 time = gst_rc_test_model_due (c, self->k), as;
    GstFlowReturn ret;
    gint64 pts;

    if (time >= c->duration || time >= G_MAXINT64 / 2 || nothing_follows (self))
      return GST_FLOW_EOS;
    /* lost samples are waited for as well, or a sensor that sends nothing
     * would run ahead of the clock; this is also where a flush gets through */
    ret = wait_until (self, live ? gst_rc_test_model_arrival (c, self->k) : 0);
    if (ret != GST_FLOW_OK)
      return ret;
    if (gst_rc_test_model_is_dead (c, self->k)) {
      count (self, &self->stats.dead);
      continue;
    }
    if (gst_rc_test_model_is_lost (c, self->k)) {
      count (self, &self->stats.lost);
      continue;
    }
    time = gst_rc_test_model_taken (c, self->k);
    as = gst_rc_test_model_stamped_as (c, self->k);
    pts = gst_rc_test_model_stamp (c, as);
    if (pts < (gint64) segment->start) {
      count (self, &self->stats.early);
      continue;
    }
    if (segment->stop != GST_CLOCK_TIME_NONE && pts >= (gint64) segment->stop)
      return GST_FLOW_EOS;
    if (as != self->k)
      count (self, &self->stats.duplicates);
    count (self, &self->stats.sent);
    *buffer = c->kind == GST_RC_TRUTH_LIDAR ? make_scan (self, self->k, time)
        : make_row (self, self->k, time);
    GST_BUFFER_PTS (*buffer) = pts;
    GST_BUFFER_OFFSET (*buffer) = self->k;
    GST_BUFFER_OFFSET_END (*buffer) = ++self->k;
    return GST_FLOW_OK;
  }
}

/* ---- properties ---- */

static void
gst_rc_test_src_set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * pspec)
{
  GstRcTestSrc *self = GST_RC_TEST_SRC (object);
  GstRcTestModel *c = &self->config;

  if (id == PROP_IS_LIVE) {
    gst_base_src_set_live (GST_BASE_SRC (self), g_value_get_boolean (value));
    return;
  }
  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_KIND:
      c->kind = g_value_get_enum (value);
      break;
    case PROP_TYPE:
      c->type = g_value_get_enum (value);
      break;
    case PROP_RATE:
      c->rate_n = gst_value_get_fraction_numerator (value);
      c->rate_d = gst_value_get_fraction_denominator (value);
      break;
    case PROP_DURATION:
      c->duration = g_value_get_uint64 (value);
      break;
    case PROP_JOINTS:
      c->joints = g_value_get_uint (value);
      break;
    case PROP_POINTS:
      c->points = g_value_get_uint (value);
      break;
    case PROP_SEED:
      c->seed = g_value_get_uint64 (value);
      break;
    case PROP_JITTER:
      c->jitter = g_value_get_double (value);
      break;
    case PROP_LOSS:
      c->loss = g_value_get_double (value);
      break;
    case PROP_BURST:
      c->burst = g_value_get_uint (value);
      break;
    case PROP_DUPLICATES:
      c->duplicates = g_value_get_double (value);
      break;
    case PROP_SKEW_PPM:
      c->skew_ppm = g_value_get_double (value);
      break;
    case PROP_OFFSET:
      c->offset = g_value_get_int64 (value);
      break;
    case PROP_DEAD_FROM:
      c->dead_from = g_value_get_uint64 (value);
      break;
    case PROP_DEAD_UNTIL:
      c->dead_until = g_value_get_uint64 (value);
      break;
    case PROP_NOISE:
      c->noise = g_value_get_double (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_rc_test_src_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstRcTestSrc *self = GST_RC_TEST_SRC (object);
  const GstRcTestModel *c = &self->config;
  const Stats *s = &self->stats;

  if (id == PROP_IS_LIVE) {
    g_value_set_boolean (value, gst_base_src_is_live (GST_BASE_SRC (self)));
    return;
  }
  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_KIND:
      g_value_set_enum (value, c->kind);
      break;
    case PROP_TYPE:
      g_value_set_enum (value, c->type);
      break;
    case PROP_RATE:
      gst_value_set_fraction (value, c->rate_n, c->rate_d);
      break;
    case PROP_DURATION:
      g_value_set_uint64 (value, c->duration);
      break;
    case PROP_JOINTS:
      g_value_set_uint (value, c->joints);
      break;
    case PROP_POINTS:
      g_value_set_uint (value, c->points);
      break;
    case PROP_SEED:
      g_value_set_uint64 (value, c->seed);
      break;
    case PROP_JITTER:
      g_value_set_double (value, c->jitter);
      break;
    case PROP_LOSS:
      g_value_set_double (value, c->loss);
      break;
    case PROP_BURST:
      g_value_set_uint (value, c->burst);
      break;
    case PROP_DUPLICATES:
      g_value_set_double (value, c->duplicates);
      break;
    case PROP_SKEW_PPM:
      g_value_set_double (value, c->skew_ppm);
      break;
    case PROP_OFFSET:
      g_value_set_int64 (value, c->offset);
      break;
    case PROP_DEAD_FROM:
      g_value_set_uint64 (value, c->dead_from);
      break;
    case PROP_DEAD_UNTIL:
      g_value_set_uint64 (value, c->dead_until);
      break;
    case PROP_NOISE:
      g_value_set_double (value, c->noise);
      break;
    case PROP_STATS:
      g_value_take_boxed (value, gst_structure_new ("rctestsrc-stats",
              "sent", G_TYPE_UINT64, s->sent, "lost", G_TYPE_UINT64, s->lost,
              "dead", G_TYPE_UINT64, s->dead, "duplicates", G_TYPE_UINT64,
              s->duplicates, "early", G_TYPE_UINT64, s->early, NULL));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

#define FLAGS (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | \
    GST_PARAM_MUTABLE_READY)

static void
install_what (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_KIND,
      g_param_spec_enum ("kind", "Kind", "The sensor to be",
          GST_TYPE_RC_TEST_SRC_KIND, GST_RC_TRUTH_JOINTS, FLAGS));
  g_object_class_install_property (klass, PROP_TYPE,
      g_param_spec_enum ("type", "Type",
          "Element type of tensors (a lidar's points are always float32)",
          GST_TYPE_RC_TEST_SRC_TYPE, GST_RC_TEST_FLOAT32, FLAGS));
  g_object_class_install_property (klass, PROP_JOINTS,
      g_param_spec_uint ("joints", "Joints",
          "Joints of kind=joints (each a position and a velocity) and "
          "kind=command", 1, GST_RC_TEST_MAX_JOINTS, 7, FLAGS));
  g_object_class_install_property (klass, PROP_POINTS,
      g_param_spec_uint ("points", "Points", "Points per scan of kind=lidar",
          1, MAX_POINTS, 4096, FLAGS));
  g_object_class_install_property (klass, PROP_NOISE,
      g_param_spec_double ("noise", "Noise",
          "Standard deviation of normal noise, in each channel's own unit; "
          "quaternions stay exact, a lidar's noise is along its rays (m)",
          0, G_MAXFLOAT, 0, FLAGS));
}

static void
install_when (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_RATE,
      gst_param_spec_fraction ("rate", "Rate",
          "Samples per second; 0/1: the kind's usual rate, see kind",
          0, 1, 1000000, 1, 0, 1, FLAGS));
  g_object_class_install_property (klass, PROP_IS_LIVE,
      g_param_spec_boolean ("is-live", "Is live",
          "Deliver each sample when the pipeline's clock shows its time, "
          "else as fast as downstream takes them", FALSE, FLAGS));
  g_object_class_install_property (klass, PROP_DURATION,
      g_param_spec_uint64 ("duration", "Duration",
          "End of stream before the first sample that is due at this time, in "
          "ns (default: no end)", 0, G_MAXUINT64, GST_CLOCK_TIME_NONE, FLAGS));
  g_object_class_install_property (klass, PROP_JITTER,
      g_param_spec_double ("jitter", "Jitter",
          "Sample k is taken this many periods times a uniform random number "
          "in [0, 1) after it is due, and stamped so. Above 1, samples "
          "overtake each other: their stamps go backwards", 0, 10, 0, FLAGS));
  g_object_class_install_property (klass, PROP_SKEW_PPM,
      g_param_spec_double ("skew-ppm", "Skew",
          "How much too fast the stamping clock runs, in parts per million, "
          "exact to 0.001", -100000, 100000, 0, FLAGS));
  g_object_class_install_property (klass, PROP_OFFSET,
      g_param_spec_int64 ("offset", "Offset",
          "Constant error of the stamps, in ns: added to every PTS (samples "
          "that would get a negative one are dropped and counted)",
          -G_MAXINT64 / 4, G_MAXINT64 / 4, 0, FLAGS));
}

static void
install_faults (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_SEED,
      g_param_spec_uint64 ("seed", "Seed",
          "Seed of everything random; what happens to sample k depends on "
          "the seed and k only", 0, G_MAXUINT64, 0, FLAGS));
  g_object_class_install_property (klass, PROP_LOSS,
      g_param_spec_double ("loss", "Loss",
          "Probability that a sample never arrives", 0, 1, 0, FLAGS));
  g_object_class_install_property (klass, PROP_BURST,
      g_param_spec_uint ("burst", "Burst",
          "Live: this many samples arrive together, when the last of them has "
          "been taken, each in its own buffer with its own PTS",
          1, 1000000, 1, FLAGS));
  g_object_class_install_property (klass, PROP_DUPLICATES,
      g_param_spec_double ("duplicates", "Duplicates",
          "Probability that a sample bears the stamp of the sample sent before "
          "it (its value is still the truth at its own time)",
          0, 0.99, 0, FLAGS));
  g_object_class_install_property (klass, PROP_DEAD_FROM,
      g_param_spec_uint64 ("dead-from", "Dead from",
          "From this running time on the sensor is silent, in ns (default: "
          "never)", 0, G_MAXUINT64, GST_CLOCK_TIME_NONE, FLAGS));
  g_object_class_install_property (klass, PROP_DEAD_UNTIL,
      g_param_spec_uint64 ("dead-until", "Dead until",
          "The silence that began at dead-from ends at this running time, in "
          "ns (default: never; a stream that is not live ends there)",
          0, G_MAXUINT64, GST_CLOCK_TIME_NONE, FLAGS));
  g_object_class_install_property (klass, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "Samples so far (uint64): sent; lost by loss; dead by dead-from; "
          "duplicates among those sent; early: dropped for a stamp before the "
          "segment", GST_TYPE_STRUCTURE,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
gst_rc_test_src_class_init (GstRcTestSrcClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSrcClass *src_class = GST_BASE_SRC_CLASS (klass);

  object_class->set_property = gst_rc_test_src_set_property;
  object_class->get_property = gst_rc_test_src_get_property;
  install_what (object_class);
  install_when (object_class);
  install_faults (object_class);

  src_class->get_caps = gst_rc_test_src_get_caps;
  src_class->start = gst_rc_test_src_start;
  src_class->stop = gst_rc_test_src_stop;
  src_class->is_seekable = gst_rc_test_src_is_seekable;
  src_class->event = gst_rc_test_src_event;
  src_class->do_seek = gst_rc_test_src_do_seek;
  src_class->unlock = gst_rc_test_src_unlock;
  src_class->unlock_stop = gst_rc_test_src_unlock_stop;
  src_class->query = gst_rc_test_src_query;
  GST_PUSH_SRC_CLASS (klass)->create = gst_rc_test_src_create;

  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class,
      "Synthetic robot sensor", "Source/Sensor",
      "Joints, force, IMU, pose, LiDAR or commands as analytic functions of "
      "time, with jitter, loss, bursts, duplicates, clock errors and silence "
      "as asked for", "RoboCache developers <https://github.com/robocache>");
  gst_type_mark_as_plugin_api (GST_TYPE_RC_TEST_SRC_KIND, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_RC_TEST_SRC_TYPE, 0);
}

static void
gst_rc_test_src_init (GstRcTestSrc * self)
{
  GstRcTestModel *c = &self->config;

  /* kind, type, noise and the like: 0 */
  c->rate_d = 1;
  c->duration = GST_CLOCK_TIME_NONE;
  c->joints = 7;
  c->points = 4096;
  c->burst = 1;
  c->dead_from = GST_CLOCK_TIME_NONE;
  c->dead_until = GST_CLOCK_TIME_NONE;
  gst_base_src_set_format (GST_BASE_SRC (self), GST_FORMAT_TIME);
}
