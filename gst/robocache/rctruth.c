/* SPDX-License-Identifier: Apache-2.0 */
#include "rctruth.h"

#include <math.h>

#define GRAVITY 9.80665

static gdouble
seconds (gint64 time)
{
  return (gdouble) time / 1e9;
}

/* a sin (2 pi f t + phase) and its first and second derivative. */
static void
wave (gdouble a, gdouble f, gdouble phase, gdouble t, gdouble d[3])
{
  gdouble w = 2 * G_PI * f, s = sin (w * t + phase), c = cos (w * t + phase);

  d[0] = a * s;
  d[1] = a * w * c;
  d[2] = -a * w * w * s;
}

static void
joint (guint j, gdouble t, gdouble * position, gdouble * velocity)
{
  gdouble f = 0.4 + 0.1 * (j % 8), a[3], b[3];

  wave (0.6, f, j, t, a);
  wave (0.1, 3 * f, 2.0 * j, t, b);
  *position = a[0] + b[0];
  *velocity = a[1] + b[1];
}

static gdouble
sine (gdouble a, gdouble f, gdouble phase, gdouble t)
{
  return a * sin (2 * G_PI * f * t + phase);
}

static void
force (gdouble t, gdouble * row)
{
  row[0] = sine (12, 1.1, 0, t);
  row[1] = sine (8, 0.7, 1, t);
  row[2] = 40 + sine (15, 2.3, 2, t) + sine (3, 17, 0, t);
  row[3] = sine (0.9, 0.9, 0, t);
  row[4] = sine (0.7, 1.3, 1, t);
  row[5] = sine (0.3, 1.7, 2, t);
}

typedef struct
{
  gdouble position[3];
  gdouble acceleration[3];
  gdouble q[4];                 /* wxyz, body to world */
  gdouble rate[3];              /* body axes */
} Body;

static void
body_at (gdouble t, Body * b)
{
  gdouble x[3], y[3], z[3], yaw[3], pitch[3], roll[3];
  gdouble cy, sy, cp, sp, cr, sr;

  wave (1, 0.1, G_PI / 2, t, x);
  wave (1, 0.1, 0, t, y);
  wave (0.05, 0.8, 0, t, z);
  b->position[0] = x[0];
  b->position[1] = y[0];
  b->position[2] = 0.4 + z[0];
  b->acceleration[0] = x[2];
  b->acceleration[1] = y[2];
  b->acceleration[2] = z[2];

  wave (0.3, 0.2, 0, t, yaw);
  yaw[0] += 0.5 * t;
  yaw[1] += 0.5;
  wave (0.3, 0.3, 0, t, pitch);
  wave (0.2, 0.5, 1, t, roll);
  cy = cos (yaw[0] / 2), sy = sin (yaw[0] / 2);
  cp = cos (pitch[0] / 2), sp = sin (pitch[0] / 2);
  cr = cos (roll[0] / 2), sr = sin (roll[0] / 2);
  b->q[0] = cr * cp * cy + sr * sp * sy;
  b->q[1] = sr * cp * cy - cr * sp * sy;
  b->q[2] = cr * sp * cy + sr * cp * sy;
  b->q[3] = cr * cp * sy - sr * sp * cy;

  b->rate[0] = roll[1] - yaw[1] * sin (pitch[0]);
  b->rate[1] = pitch[1] * cos (roll[0]) +
      yaw[1] * cos (pitch[0]) * sin (roll[0]);
  b->rate[2] = -pitch[1] * sin (roll[0]) +
      yaw[1] * cos (pitch[0]) * cos (roll[0]);
}

static void
imu (gdouble t, gdouble * row)
{
  Body b;
  gdouble w, x, y, z, a[3];

  body_at (t, &b);
  w = b.q[0], x = b.q[1], y = b.q[2], z = b.q[3];
  a[0] = b.acceleration[0];
  a[1] = b.acceleration[1];
  a[2] = b.acceleration[2] + GRAVITY;
  for (guint i = 0; i < 4; i++)
    row[i] = b.q[i];
  for (guint i = 0; i < 3; i++)
    row[4 + i] = b.rate[i];
  /* the columns of R (q) */
  row[7] = (1 - 2 * (y * y + z * z)) * a[0] + 2 * (x * y + w * z) * a[1]
      + 2 * (x * z - w * y) * a[2];
  row[8] = 2 * (x * y - w * z) * a[0] + (1 - 2 * (x * x + z * z)) * a[1]
      + 2 * (y * z + w * x) * a[2];
  row[9] = 2 * (x * z + w * y) * a[0] + 2 * (y * z - w * x) * a[1]
      + (1 - 2 * (x * x + y * y)) * a[2];
}

static void
pose (gdouble t, gdouble * row)
{
  Body b;

  body_at (t, &b);
  for (guint i = 0; i < 3; i++)
    row[i] = b.position[i];
  for (guint i = 0; i < 4; i++)
    row[3 + i] = b.q[i];
}

guint
gst_rc_truth_channels (GstRcTruthKind kind, guint joints)
{
  switch (kind) {
    case GST_RC_TRUTH_JOINTS:
      return 2 * joints;
    case GST_RC_TRUTH_FORCE:
      return 6;
    case GST_RC_TRUTH_IMU:
      return 10;
    case GST_RC_TRUTH_POSE:
      return 7;
    case GST_RC_TRUTH_LIDAR:
      return 4;
    case GST_RC_TRUTH_COMMAND:
      return joints;
  }
  g_return_val_if_reached (0);
}

void
gst_rc_truth_row (GstRcTruthKind kind, guint joints, gint64 time, gdouble * row)
{
  gdouble t = seconds (time), velocity;

  switch (kind) {
    case GST_RC_TRUTH_JOINTS:
      for (guint j = 0; j < joints; j++)
        joint (j, t, &row[j], &row[joints + j]);
      break;
    case GST_RC_TRUTH_FORCE:
      force (t, row);
      break;
    case GST_RC_TRUTH_IMU:
      imu (t, row);
      break;
    case GST_RC_TRUTH_POSE:
      pose (t, row);
      break;
    case GST_RC_TRUTH_COMMAND:
      t = seconds ((time / GST_RC_TRUTH_COMMAND_PERIOD + 1) *
          GST_RC_TRUTH_COMMAND_PERIOD);
      for (guint j = 0; j < joints; j++)
        joint (j, t, &row[j], &velocity);
      break;
    case GST_RC_TRUTH_LIDAR:
      g_return_if_reached ();
  }
}

/* Distance along d from o to the plane where coordinate = side, infinite when
 * the ray does not go there. */
static gdouble
plane (gdouble o, gdouble d, gdouble low, gdouble high)
{
  if (d > 0)
    return (high - o) / d;
  return d < 0 ? (low - o) / d : INFINITY;
}

static gdouble
pillar (gdouble ox, gdouble oy, gdouble dx, gdouble dy)
{
  gdouble px = ox - 2, py = oy - 1, a = dx * dx + dy * dy;
  gdouble b = px * dx + py * dy, c = px * px + py * py - 0.3 * 0.3;
  gdouble disc = b * b - a * c;

  /* the sensor never enters it, so a hit lies ahead only where b < 0 */
  return disc >= 0 && b < 0 ? (-b - sqrt (disc)) / a : INFINITY;
}

void
gst_rc_truth_scan (gint64 time, guint n, const gdouble * range_error,
    gfloat * points)
{
  gdouble t = seconds (time), turn = 2 * G_PI * 0.05 * t;
  gdouble ox = 0.5 * cos (turn), oy = 0.5 * sin (turn), oz = 1.2;
  gdouble ce[GST_RC_TRUTH_RINGS], se[GST_RC_TRUTH_RINGS], ca = 1, sa = 0;
  guint columns = (n + GST_RC_TRUTH_RINGS - 1) / GST_RC_TRUTH_RINGS;

  for (guint r = 0; r < GST_RC_TRUTH_RINGS; r++) {
    gdouble elevation = (-15 + 2.0 * r) * G_PI / 180;

    ce[r] = cos (elevation);
    se[r] = sin (elevation);
  }
  for (guint i = 0; i < n; i++) {
    guint r = i % GST_RC_TRUTH_RINGS;
    gdouble dx, dy, dz, wall, level, post, range;

    if (r == 0) {
      gdouble azimuth = 2 * G_PI * (i / GST_RC_TRUTH_RINGS) / columns;

      ca = cos (azimuth);
      sa = sin (azimuth);
    }
    dx = ce[r] * ca, dy = ce[r] * sa, dz = se[r];
    wall = MIN (plane (ox, dx, -4, 4), plane (oy, dy, -3, 3));
    level = plane (oz, dz, 0, 2.4);
    post = pillar (ox, oy, dx, dy);
    range = MIN (MIN (wall, level), post);
    points[4 * i + 3] = range == post ? 0.9 : range == wall ? 0.5
        : dz < 0 ? 0.2 : 0.3;
    if (range_error)
      range += range_error[i];
    points[4 * i] = range * dx;
    points[4 * i + 1] = range * dy;
    points[4 * i + 2] = range * dz;
  }
}

static guint64
finalise (guint64 x)
{
  x += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  x = (x ^ (x >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return x ^ (x >> 31);
}

guint64
gst_rc_truth_bits (guint64 seed, guint64 k, guint64 lane)
{
  return finalise (finalise (finalise (seed) ^ k) ^ lane);
}

gdouble
gst_rc_truth_uniform (guint64 seed, guint64 k, guint64 lane)
{
  return (gst_rc_truth_bits (seed, k, lane) >> 11) * 0x1p-53;
}

gdouble
gst_rc_truth_normal (guint64 seed, guint64 k, guint64 lane)
{
  /* 1 - u lies in (0, 1], whose logarithm is finite */
  gdouble u = 1 - gst_rc_truth_uniform (seed, k, 2 * lane);
  gdouble v = gst_rc_truth_uniform (seed, k, 2 * lane + 1);

  return sqrt (-2 * log (u)) * cos (2 * G_PI * v);
}
