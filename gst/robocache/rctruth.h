/* SPDX-License-Identifier: Apache-2.0 */
/* What rctestsrc's sensors measure: analytic functions of time, so that an
 * aligned value can be compared with what was there at the very tick.
 *
 * t is the true time in seconds, (double) ns / 1e9; angles in radians, lengths
 * in metres. All functions are pure and may be called from any thread.
 *
 * joints [2 J]: positions q_j, then velocities dq_j/dt, j = 0 .. J - 1, with
 *   w_j = 2 pi (0.4 + 0.1 (j mod 8))
 *   q_j = 0.6 sin (w_j t + j) + 0.1 sin (3 w_j t + 2 j)
 * command [J]: the set-point of joint j is constant over each 250 ms interval
 *   [0.25 n, 0.25 (n + 1)) and equals q_j at the interval's end
 * force [6]: N and Nm
 *   fx = 12 sin (2 pi 1.1 t)           tx = 0.9 sin (2 pi 0.9 t)
 *   fy = 8 sin (2 pi 0.7 t + 1)        ty = 0.7 sin (2 pi 1.3 t + 1)
 *   fz = 40 + 15 sin (2 pi 2.3 t + 2)  tz = 0.3 sin (2 pi 1.7 t + 2)
 *        + 3 sin (2 pi 17 t)
 * pose [7]: position in the world, then the orientation as a quaternion wxyz
 *   x = cos (2 pi 0.1 t)    y = sin (2 pi 0.1 t)
 *   z = 0.4 + 0.05 sin (2 pi 0.8 t)
 *   yaw   = 0.5 t + 0.3 sin (2 pi 0.2 t)
 *   pitch = 0.3 sin (2 pi 0.3 t)    roll = 0.2 sin (2 pi 0.5 t + 1)
 *   R (body to world) = Rz (yaw) Ry (pitch) Rx (roll). The quaternion's sign is
 *   the one that is continuous in t with w = 1 at zero angles.
 * imu [10]: that quaternion, the body's turn rate in its own axes (rad/s,
 *   exact), and the specific force R^T (d2p/dt2 + (0, 0, 9.80665)) (m/s^2)
 * lidar: see gst_rc_truth_scan () */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  GST_RC_TRUTH_JOINTS = 0,
  GST_RC_TRUTH_FORCE,
  GST_RC_TRUTH_IMU,
  GST_RC_TRUTH_POSE,
  GST_RC_TRUTH_LIDAR,
  GST_RC_TRUTH_COMMAND,
} GstRcTruthKind;

#define GST_RC_TRUTH_COMMAND_PERIOD (G_GINT64_CONSTANT (250000000))     /* ns */
#define GST_RC_TRUTH_RINGS 16

/* Channels of a row: 2 J, 6, 10, 7, 4 (one point: x, y, z, intensity), J. */
guint gst_rc_truth_channels (GstRcTruthKind kind, guint joints);

/* One row at `time` ns (of any kind but LIDAR). `row` takes
 * gst_rc_truth_channels () values. */
void gst_rc_truth_row (GstRcTruthKind kind, guint joints, gint64 time,
    gdouble * row);

/* One scan at `time` ns of a room |x| <= 4, |y| <= 3, 0 <= z <= 2.4 with a
 * pillar of radius 0.3 about (2, 1), from a sensor at
 *   (0.5 cos (2 pi 0.05 t), 0.5 sin (2 pi 0.05 t), 1.2)
 * whose axes stay parallel to the room's. Point i of n has ring r = i mod 16 at
 * the elevation (-15 + 2 r) degrees, and column c = i div 16 of ceil (n / 16)
 * at the azimuth 2 pi c / columns. The whole scan is taken at one instant.
 * `points` takes 4 n floats: x, y, z in the sensor's frame, and the intensity
 * of what was hit: wall 0.5, floor 0.2, ceiling 0.3, pillar 0.9. `range_error`
 * (may be NULL) has n values in metres, added along the rays. */
void gst_rc_truth_scan (gint64 time, guint n, const gdouble * range_error,
    gfloat * points);

/* Random numbers that depend on their arguments only, so that what happens to
 * sample k is the same in every run: 64 equally likely bits of (seed, k, lane),
 * by three rounds of the splitmix64 finaliser. */
guint64 gst_rc_truth_bits (guint64 seed, guint64 k, guint64 lane);

/* Uniform in [0, 1), a multiple of 2^-53. */
gdouble gst_rc_truth_uniform (guint64 seed, guint64 k, guint64 lane);

/* Normal with mean 0 and standard deviation 1 (Box and Muller). Uses the lanes
 * 2 lane and 2 lane + 1 of the uniform ones. */
gdouble gst_rc_truth_normal (guint64 seed, guint64 k, guint64 lane);

G_END_DECLS
