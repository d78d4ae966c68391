/* SPDX-License-Identifier: Apache-2.0 */
#include "rctestmodel.h"

#include <math.h>

#include "rccaps.h"

void
gst_rc_test_model_rate (const GstRcTestModel * m, gint * n, gint * d)
{
  static const gint usual[] = {
    [GST_RC_TRUTH_JOINTS] = 500,
    [GST_RC_TRUTH_FORCE] = 1000,
    [GST_RC_TRUTH_IMU] = 200,
    [GST_RC_TRUTH_POSE] = 100,
    [GST_RC_TRUTH_LIDAR] = 10,
    [GST_RC_TRUTH_COMMAND] = 50,
  };

  *n = m->rate_n ? m->rate_n : usual[m->kind];
  *d = m->rate_n ? m->rate_d : 1;
}

/* The clock's error in parts per billion. */
static gint64
skew_ppb (const GstRcTestModel * m)
{
  return (gint64) (m->skew_ppm * 1000 + (m->skew_ppm < 0 ? -0.5 : 0.5));
}

guint64
gst_rc_test_model_due (const GstRcTestModel * m, guint64 k)
{
  gint n, d;

  gst_rc_test_model_rate (m, &n, &d);
  return gst_util_uint64_scale (k, d * (guint64) GST_SECOND, n);
}

guint64
gst_rc_test_model_taken (const GstRcTestModel * m, guint64 k)
{
  guint64 t = gst_rc_test_model_due (m, k);
  gdouble period = gst_rc_test_model_due (m, k + 1) - t;

  if (m->jitter > 0)
    t += (guint64) (period * m->jitter *
        gst_rc_truth_uniform (m->seed, k, GST_RC_TEST_LANE_JITTER));
  return t;
}

gboolean
gst_rc_test_model_is_dead (const GstRcTestModel * m, guint64 k)
{
  guint64 t = gst_rc_test_model_due (m, k);

  return t >= m->dead_from && t < m->dead_until;
}

gboolean
gst_rc_test_model_is_lost (const GstRcTestModel * m, guint64 k)
{
  return m->loss > 0
      && gst_rc_truth_uniform (m->seed, k, GST_RC_TEST_LANE_LOSS) < m->loss;
}

static gboolean
is_duplicate (const GstRcTestModel * m, guint64 k)
{
  return m->duplicates > 0
      && gst_rc_truth_uniform (m->seed, k,
      GST_RC_TEST_LANE_DUPLICATE) < m->duplicates;
}

guint64
gst_rc_test_model_stamped_as (const GstRcTestModel * m, guint64 k)
{
  if (is_duplicate (m, k)) {
    for (guint64 i = k; i > 0; i--) {
      if (!gst_rc_test_model_is_dead (m, i - 1)
          && !gst_rc_test_model_is_lost (m, i - 1)
          && !is_duplicate (m, i - 1))
        return i - 1;
    }
  }
  return k;
}

gint64
gst_rc_test_model_stamp (const GstRcTestModel * m, guint64 k)
{
  guint64 time = gst_rc_test_model_taken (m, k);
  guint64 skew = gst_util_uint64_scale (time, (guint64) ABS (skew_ppb (m)),
      G_GUINT64_CONSTANT (1000000000));

  return (gint64) time + (m->skew_ppm < 0 ? -(gint64) skew : (gint64) skew)
      + m->offset;
}

guint64
gst_rc_test_model_arrival (const GstRcTestModel * m, guint64 k)
{
  return gst_rc_test_model_taken (m, (k / m->burst + 1) * m->burst - 1);
}

guint64
gst_rc_test_model_seek (const GstRcTestModel * m, gint64 start)
{
  gdouble skew = skew_ppb (m) / 1e9;
  guint64 k;
  gint n, d;

  start -= m->offset;
  if (start <= 0)
    return 0;
  /* a double errs by less than the microsecond that is taken off */
  start = MAX (0, (gint64) (start / (1 + skew)) - 1000);
  gst_rc_test_model_rate (m, &n, &d);
  k = gst_util_uint64_scale (start, n, d * (guint64) GST_SECOND);
  return k - MIN (k, 1 + (guint64) m->jitter);
}

guint64
gst_rc_test_model_latency (const GstRcTestModel * m)
{
  guint64 period = gst_rc_test_model_due (m, 1);
  guint64 latency = gst_rc_test_model_due (m, m->burst) - period;

  /* the first of a burst waits for the last, a repeated stamp is that of an
   * earlier sample, and a stamp that is too small makes its sample late */
  if (m->burst > 1)
    latency += (guint64) ceil (m->jitter * period);
  if (m->duplicates > 0)
    latency += period;
  if (m->offset < 0)
    latency += -m->offset;
  return latency;
}

static gchar **
labels (const gchar * text)
{
  return g_strsplit (text, ",", -1);
}

static void
add_mark (GstRcTensor * t, RcMarkKind kind, guint channel, guint other)
{
  t->marks = g_renew (RcMark, t->marks, t->n_marks + 1);
  t->marks[t->n_marks++] = (RcMark) {
  .kind = kind,.channel = channel,.other = other};
}

static void
describe_joints (GstRcTensor * t, const GstRcTestModel * m)
{
  gboolean moving = m->kind == GST_RC_TRUTH_JOINTS;

  t->names = g_new0 (gchar *, t->dims[0] + 1);
  t->units = g_new0 (gchar *, t->dims[0] + 1);
  for (guint j = 0; j < m->joints; j++) {
    t->names[j] = g_strdup_printf (moving ? "q%u" : "q%u_set", j);
    t->units[j] = g_strdup ("rad");
    if (moving) {
      t->names[m->joints + j] = g_strdup_printf ("dq%u", j);
      t->units[m->joints + j] = g_strdup ("rad/s");
      add_mark (t, RC_MARK_VELOCITY_OF, m->joints + j, j);
    }
  }
}

static GstCaps *
tensor_caps (const GstRcTestModel * m)
{
  GstRcTensors tensors = {.n_tensors = 1,.fps_d = 1 };
  GstRcTensor *t = &tensors.tensors[0];
  guint32 dim = gst_rc_truth_channels (m->kind, m->joints);
  GstCaps *caps;

  gst_rc_tensor_set_shape (t, m->type == GST_RC_TEST_FLOAT64 ? RC_FLOAT64
      : RC_FLOAT32, &dim, 1);
  switch (m->kind) {
    case GST_RC_TRUTH_JOINTS:
      describe_joints (t, m);
      break;
    case GST_RC_TRUTH_COMMAND:
      describe_joints (t, m);
      t->role = g_strdup ("action");
      break;
    case GST_RC_TRUTH_FORCE:
      t->names = labels ("fx,fy,fz,tx,ty,tz");
      t->units = labels ("N,N,N,Nm,Nm,Nm");
      break;
    case GST_RC_TRUTH_IMU:
      t->names = labels ("qw,qx,qy,qz,gx,gy,gz,ax,ay,az");
      t->units = labels ("1,1,1,1,rad/s,rad/s,rad/s,m/s^2,m/s^2,m/s^2");
      add_mark (t, RC_MARK_QUATERNION_WXYZ, 0, 0);
      break;
    case GST_RC_TRUTH_POSE:
      t->names = labels ("x,y,z,qw,qx,qy,qz");
      t->units = labels ("m,m,m,1,1,1,1");
      add_mark (t, RC_MARK_QUATERNION_WXYZ, 3, 0);
      break;
    case GST_RC_TRUTH_LIDAR:
      break;
  }
  caps = gst_rc_tensors_to_caps (&tensors);
  gst_rc_tensors_clear (&tensors);
  return caps;
}

GstCaps *
gst_rc_test_model_caps (const GstRcTestModel * m)
{
  GstRcCloud cloud = {.point_step = 16,.fps_d = 1,.frame_id = "lidar" };

  if (m->kind != GST_RC_TRUTH_LIDAR)
    return tensor_caps (m);
  gst_rc_cloud_parse_fields (&cloud,
      "x:f32:0:1,y:f32:4:1,z:f32:8:1,intensity:f32:12:1", NULL);
  return gst_rc_cloud_to_caps (&cloud);
}
