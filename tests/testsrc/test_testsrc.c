/* SPDX-License-Identifier: Apache-2.0 */
/* rctestsrc: what it says it measures, when it says it does, and the faults
 * that were asked for. The formulas are written down a second time here, from
 * the documentation. */
#include <math.h>

#include "runs.h"

#define TAU (2 * G_PI)

/* ---- truth ---- */

static gdouble
joint_position (guint j, gdouble t)
{
  gdouble w = TAU * (0.4 + 0.1 * (j % 8));

  return 0.6 * sin (w * t + j) + 0.1 * sin (3 * w * t + 2.0 * j);
}

static gdouble
joint_velocity (guint j, gdouble t)
{
  gdouble w = TAU * (0.4 + 0.1 * (j % 8));

  return 0.6 * w * cos (w * t + j) + 0.3 * w * cos (3 * w * t + 2.0 * j);
}

/* Body to world, by multiplying the three turns. */
static void
rotation (gdouble t, gdouble m[3][3])
{
  gdouble y = 0.5 * t + 0.3 * sin (TAU * 0.2 * t);
  gdouble p = 0.3 * sin (TAU * 0.3 * t), r = 0.2 * sin (TAU * 0.5 * t + 1);
  gdouble z[3][3] = { {cos (y), -sin (y), 0}, {sin (y), cos (y), 0},
  {0, 0, 1}
  };
  gdouble q[3][3] = { {cos (p), 0, sin (p)}, {0, 1, 0},
  {-sin (p), 0, cos (p)}
  };
  gdouble x[3][3] = { {1, 0, 0}, {0, cos (r), -sin (r)},
  {0, sin (r), cos (r)}
  };
  gdouble zq[3][3] = { {0} };

  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++)
      for (int k = 0; k < 3; k++)
        zq[i][j] += z[i][k] * q[k][j];
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) {
      m[i][j] = 0;
      for (int k = 0; k < 3; k++)
        m[i][j] += zq[i][k] * x[k][j];
    }
}

static void
matrix_of (const gdouble q[4], gdouble m[3][3])
{
  gdouble w = q[0], x = q[1], y = q[2], z = q[3];
  gdouble r[3][3] = {
    {1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)},
    {2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)},
    {2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)}
  };

  memcpy (m, r, sizeof (r));
}

static void
position (gdouble t, gdouble p[3])
{
  p[0] = cos (TAU * 0.1 * t);
  p[1] = sin (TAU * 0.1 * t);
  p[2] = 0.4 + 0.05 * sin (TAU * 0.8 * t);
}

static void
assert_near (gdouble a, gdouble b, gdouble tolerance, const gchar * what,
    gdouble t)
{
  fail_unless (fabs (a - b) <= tolerance, "%s at %g s: %.17g, not %.17g", what,
      t, a, b);
}

GST_START_TEST (test_joints)
{
  Run r = run_all ("rctestsrc kind=joints type=float64 joints=9 jitter=0.9 "
      "num-buffers=700");

  fail_unless_equals_int (r.buffers->len, 700);
  for (guint i = 0; i < 700; i++) {
    gdouble t = GST_BUFFER_PTS (nth (&r, i)) / 1e9;

    fail_unless_equals_int (gst_buffer_get_size (nth (&r, i)), 18 * 8);
    for (guint j = 0; j < 9; j++) {
      assert_near (value (nth (&r, i), j), joint_position (j, t), 1e-13, "q",
          t);
      assert_near (value (nth (&r, i), 9 + j), joint_velocity (j, t), 1e-12,
          "dq", t);
    }
  }
  run_clear (&r);
}

GST_END_TEST;

GST_START_TEST (test_float32)
{
  Run a = run_all ("rctestsrc type=float64 num-buffers=50 jitter=1 seed=3");
  Run b = run_all ("rctestsrc type=float32 num-buffers=50 jitter=1 seed=3");

  for (guint i = 0; i < 50; i++) {
    fail_unless_equals_uint64 (GST_BUFFER_PTS (nth (&a, i)),
        GST_BUFFER_PTS (nth (&b, i)));
    for (guint j = 0; j < 14; j++)
      fail_unless (value32 (nth (&b, i), j) == (gfloat) value (nth (&a, i), j));
  }
  run_clear (&a);
  run_clear (&b);
}

GST_END_TEST;

GST_START_TEST (test_command)
{
  Run r = run_all ("rctestsrc kind=command type=float64 rate=40/1 "
      "num-buffers=100 joints=3");

  for (guint i = 0; i < 100; i++) {
    /* 10 samples at 40 Hz per 250 ms */
    gdouble end = 0.25 * (i / 10 + 1);

    for (guint j = 0; j < 3; j++)
      assert_near (value (nth (&r, i), j), joint_position (j, end), 1e-13,
          "set-point", i / 40.0);
  }
  run_clear (&r);
}

GST_END_TEST;

GST_START_TEST (test_force)
{
  Run r = run_all ("rctestsrc kind=force type=float64 num-buffers=2000");

  for (guint i = 0; i < 2000; i++) {
    gdouble t = i / 1000.0;
    gdouble v[6] = {
      12 * sin (TAU * 1.1 * t), 8 * sin (TAU * 0.7 * t + 1),
      40 + 15 * sin (TAU * 2.3 * t + 2) + 3 * sin (TAU * 17 * t),
      0.9 * sin (TAU * 0.9 * t), 0.7 * sin (TAU * 1.3 * t + 1),
      0.3 * sin (TAU * 1.7 * t + 2)
    };

    fail_unless_equals_uint64 (GST_BUFFER_PTS (nth (&r, i)), i * MS);
    for (guint j = 0; j < 6; j++)
      assert_near (value (nth (&r, i), j), v[j], 1e-11, "force", t);
  }
  run_clear (&r);
}

GST_END_TEST;

/* Orientation against the product of the three turns, turn rate against the
 * derivative of that product, specific force against the second derivative of
 * the position: central differences, whose error is bounded by the step. */
GST_START_TEST (test_imu_and_pose)
{
  Run imu = run_all ("rctestsrc kind=imu type=float64 rate=200/1 "
      "num-buffers=3000");
  Run pose = run_all ("rctestsrc kind=pose type=float64 rate=200/1 "
      "num-buffers=3000");
  gdouble last[4] = { 1, 0, 0, 0 }, h = 1e-4;

  for (guint i = 0; i < 3000; i++) {
    gdouble t = i / 200.0, q[4], got[3][3], m[3][3], a[3][3], b[3][3];
    gdouble p[3], p0[3], p1[3], w[3][3], norm = 0, dot = 0;

    for (guint j = 0; j < 4; j++) {
      q[j] = value (nth (&imu, i), j);
      fail_unless (q[j] == value (nth (&pose, i), 3 + j));
      norm += q[j] * q[j];
      dot += q[j] * last[j];
    }
    memcpy (last, q, sizeof (q));
    assert_near (norm, 1, 1e-14, "norm", t);
    fail_unless (dot > 0.9, "the sign jumps at %g s", t);
    matrix_of (q, got);
    rotation (t, m);
    rotation (t - h, a);
    rotation (t + h, b);
    position (t, p);
    position (t - h, p0);
    position (t + h, p1);
    for (guint j = 0; j < 3; j++)
      assert_near (value (nth (&pose, i), j), p[j], 1e-13, "position", t);
    /* R^T dR/dt is the cross product matrix of the body rate */
    for (guint j = 0; j < 3; j++)
      for (guint k = 0; k < 3; k++) {
        assert_near (got[j][k], m[j][k], 1e-13, "orientation", t);
        w[j][k] = 0;
        for (guint l = 0; l < 3; l++)
          w[j][k] += m[l][j] * (b[l][k] - a[l][k]) / (2 * h);
      }
    assert_near (value (nth (&imu, i), 4), w[2][1], 1e-6, "gx", t);
    assert_near (value (nth (&imu, i), 5), w[0][2], 1e-6, "gy", t);
    assert_near (value (nth (&imu, i), 6), w[1][0], 1e-6, "gz", t);
    for (guint j = 0; j < 3; j++) {
      gdouble f = 0;

      for (guint k = 0; k < 3; k++)
        f += m[k][j] * ((p1[k] - 2 * p[k] + p0[k]) / (h * h)
            + (k == 2 ? 9.80665 : 0));
      assert_near (value (nth (&imu, i), 7 + j), f, 1e-6, "specific force", t);
    }
  }
  run_clear (&imu);
  run_clear (&pose);
}

GST_END_TEST;

GST_START_TEST (test_lidar)
{
  Run r = run_all ("rctestsrc kind=lidar points=1000 num-buffers=15");
  guint kinds[4] = { 0 };

  for (guint i = 0; i < 15; i++) {
    gdouble t = i / 10.0;

    fail_unless_equals_uint64 (GST_BUFFER_PTS (nth (&r, i)), i * 100 * MS);
    fail_unless_equals_int (gst_buffer_get_size (nth (&r, i)), 16000);
    for (guint k = 0; k < 1000; k++) {
      gdouble x = value32 (nth (&r, i), 4 * k);
      gdouble y = value32 (nth (&r, i), 4 * k + 1);
      gdouble z = value32 (nth (&r, i), 4 * k + 2);
      gfloat what = value32 (nth (&r, i), 4 * k + 3);
      gdouble rx = x + 0.5 * cos (TAU * 0.05 * t);
      gdouble ry = y + 0.5 * sin (TAU * 0.05 * t), rz = z + 1.2;
      gdouble azimuth = TAU * (k / 16) / 63, range = sqrt (x * x + y * y);
      gdouble post = hypot (rx - 2, ry - 1);

      /* along its ray */
      assert_near (z, range * tan ((-15.0 + 2 * (k % 16)) * G_PI / 180), 1e-5,
          "elevation", t);
      assert_near (x, range * cos (azimuth), 1e-5, "azimuth", t);
      assert_near (y, range * sin (azimuth), 1e-5, "azimuth", t);
      /* on the surface that it says */
      if (what == 0.5f) {
        fail_unless (fabs (fabs (rx) - 4) < 1e-5
            || fabs (fabs (ry) - 3) < 1e-5);
        kinds[0]++;
      } else if (what == 0.2f) {
        assert_near (rz, 0, 1e-5, "floor", t);
        kinds[1]++;
      } else if (what == 0.3f) {
        assert_near (rz, 2.4, 1e-5, "ceiling", t);
        kinds[2]++;
      } else {
        fail_unless (what == 0.9f);
        assert_near (post, 0.3, 1e-5, "pillar", t);
        kinds[3]++;
      }
      /* and nothing behind anything else */
      fail_unless (fabs (rx) < 4.00001 && fabs (ry) < 3.00001
          && rz > -1e-5 && rz < 2.40001 && post > 0.29999);
    }
  }
  for (guint i = 0; i < 4; i++)
    fail_unless (kinds[i] > 0);
  run_clear (&r);
}

GST_END_TEST;

/* ---- times ---- */

GST_START_TEST (test_exact_stamps)
{
  Run r = run_all ("rctestsrc kind=command rate=30000/1001 "
      "duration=60060000000");

  /* sample 1800 is due at exactly 60.06 s, which is the end */
  fail_unless_equals_int (r.buffers->len, 1800);
  for (guint64 k = 0; k < 1800; k++) {
    fail_unless_equals_uint64 (GST_BUFFER_PTS (nth (&r, k)),
        k * 1001 * 1000000000 / 30000);
    fail_unless_equals_uint64 (GST_BUFFER_OFFSET (nth (&r, k)), k);
  }
  run_clear (&r);
}

GST_END_TEST;

GST_START_TEST (test_jitter)
{
  Run r = run_all ("rctestsrc rate=3/1 jitter=1 num-buffers=20000 joints=1");
  Run half = run_all ("rctestsrc rate=3/1 jitter=0.5 num-buffers=20000 "
      "joints=1");
  gdouble sum = 0, sum2 = 0;

  for (guint64 k = 0; k < 20000; k++) {
    guint64 low = k * 1000000000 / 3, high = (k + 1) * 1000000000 / 3;
    guint64 pts = GST_BUFFER_PTS (nth (&r, k));
    guint64 pts_half = GST_BUFFER_PTS (nth (&half, k));
    gdouble u = (gdouble) (pts - low) / (high - low);

    fail_unless (pts >= low && pts < high, "sample %u at %" G_GUINT64_FORMAT,
        (guint) k, pts);
    /* the same random number, half the size */
    fail_unless (ABS ((gint64) (2 * (pts_half - low)) - (gint64) (pts -
                low)) <= 2);
    sum += u;
    sum2 += u * u;
  }
  /* five standard errors of a uniform's mean and mean square */
  assert_near (sum / 20000, 0.5, 5 * sqrt (1.0 / 12 / 20000), "mean", 0);
  assert_near (sum2 / 20000, 1.0 / 3, 5 * sqrt (4.0 / 45 / 20000), "square", 0);
  run_clear (&r);
  run_clear (&half);
}

GST_END_TEST;

GST_START_TEST (test_overtaking)
{
  Run r = run_all ("rctestsrc jitter=3 num-buffers=1000 joints=1");
  guint backwards = 0;

  for (guint k = 1; k < 1000; k++)
    backwards += GST_BUFFER_PTS (nth (&r, k)) < GST_BUFFER_PTS (nth (&r,
            k - 1));
  fail_unless (backwards > 100);
  run_clear (&r);
}

GST_END_TEST;

/* The PTS is wrong by offset and skew, the value stays that of the instant. */
GST_START_TEST (test_offset_and_skew)
{
  Run plain = run_all ("rctestsrc type=float64 duration=20000000000 jitter=1");
  Run wrong = run_all ("rctestsrc type=float64 duration=20000000000 jitter=1 "
      "skew-ppm=-12.5 offset=-1000000");
  guint early = plain.buffers->len - wrong.buffers->len;

  /* the stamps of the first millisecond would be negative */
  fail_unless (early == 1 || early == 0);
  fail_unless_equals_uint64 (stat_of (&wrong, "early"), early);
  fail_unless_equals_uint64 (stat_of (&wrong, "sent"), wrong.buffers->len);
  for (guint i = early; i < plain.buffers->len; i++) {
    GstBuffer *a = nth (&plain, i), *b = nth (&wrong, i - early);
    guint64 t = GST_BUFFER_PTS (a);

    fail_unless_equals_uint64 (GST_BUFFER_PTS (b),
        t - t * 12500 / 1000000000 - 1000000);
    fail_unless (value (a, 3) == value (b, 3));
  }
  run_clear (&plain);
  run_clear (&wrong);
}

GST_END_TEST;

/* ---- losses ---- */

GST_START_TEST (test_loss)
{
  static const gdouble p[] = { 0.02, 0.3 };

  for (guint i = 0; i < 2; i++) {
    gchar *line = g_strdup_printf ("rctestsrc kind=force rate=1000/1 loss=%g "
        "duration=20000000000 seed=%u", p[i], i + 7);
    Run r = run_all (line);
    guint64 lost = 20000 - r.buffers->len, last = 0;
    /* five standard deviations of the binomial */
    gdouble bound = 5 * sqrt (20000 * p[i] * (1 - p[i]));

    fail_unless (fabs (lost - 20000 * p[i]) < bound, "%u lost", (guint) lost);
    fail_unless_equals_uint64 (stat_of (&r, "lost"), lost);
    /* what is left lies where it would without loss, and says what is gone */
    for (guint k = 0; k < r.buffers->len; k++) {
      guint64 index = GST_BUFFER_OFFSET (nth (&r, k));

      fail_unless (k == 0 || index > last);
      fail_unless_equals_uint64 (GST_BUFFER_PTS (nth (&r, k)), index * MS);
      last = index;
    }
    run_clear (&r);
    g_free (line);
  }
}

GST_END_TEST;

GST_START_TEST (test_num_buffers_counts_what_is_sent)
{
  Run r = run_all ("rctestsrc loss=0.5 num-buffers=100");

  fail_unless_equals_int (r.buffers->len, 100);
  fail_unless (GST_BUFFER_OFFSET (nth (&r, 99)) > 120);
  run_clear (&r);
}

GST_END_TEST;

GST_START_TEST (test_dead)
{
  Run r = run_all ("rctestsrc rate=100/1 dead-from=1000000000 "
      "dead-until=1500000000 duration=3000000000");
  Run end = run_all ("rctestsrc rate=100/1 dead-from=1000000000");
  Run none = run_all ("rctestsrc loss=1");

  fail_unless_equals_int (r.buffers->len, 250);
  fail_unless_equals_uint64 (GST_BUFFER_PTS (nth (&r, 99)), 990 * MS);
  fail_unless_equals_uint64 (GST_BUFFER_PTS (nth (&r, 100)), 1500 * MS);
  fail_unless_equals_uint64 (stat_of (&r, "dead"), 50);
  /* a recording of a sensor that died ends there */
  fail_unless_equals_int (end.buffers->len, 100);
  fail_unless_equals_int (none.buffers->len, 0);
  run_clear (&r);
  run_clear (&end);
  run_clear (&none);
}

GST_END_TEST;

GST_START_TEST (test_duplicates)
{
  Run r = run_all ("rctestsrc type=float64 joints=1 rate=1000/1 loss=0.2 "
      "duplicates=0.3 duration=10000000000 seed=5");
  guint repeated = 0;

  for (guint i = 0; i < r.buffers->len; i++) {
    GstBuffer *b = nth (&r, i);
    guint64 k = GST_BUFFER_OFFSET (b);

    if (GST_BUFFER_PTS (b) != k * MS) {
      fail_unless (i > 0);
      fail_unless_equals_uint64 (GST_BUFFER_PTS (b), GST_BUFFER_PTS (nth (&r,
                  i - 1)));
      repeated++;
    }
    assert_near (value (b, 0), joint_position (0, k / 1e3), 1e-13, "q", k);
  }
  fail_unless (fabs (repeated - 0.3 * r.buffers->len) <
      5 * sqrt (0.21 * r.buffers->len), "%u of %u", repeated, r.buffers->len);
  fail_unless_equals_uint64 (stat_of (&r, "duplicates"), repeated);
  run_clear (&r);
}

GST_END_TEST;

GST_START_TEST (test_noise)
{
  Run clean = run_all ("rctestsrc kind=imu type=float64 num-buffers=5000");
  Run noisy = run_all ("rctestsrc kind=imu type=float64 num-buffers=5000 "
      "noise=0.25");
  Run scan = run_all ("rctestsrc kind=lidar points=5000 num-buffers=1");
  Run rough = run_all ("rctestsrc kind=lidar points=5000 num-buffers=1 "
      "noise=0.25");

  for (guint j = 0; j < 11; j++) {
    gdouble sum = 0, sum2 = 0;

    for (guint i = 0; i < 5000; i++) {
      gdouble e;

      if (j < 10) {
        e = value (nth (&noisy, i), j) - value (nth (&clean, i), j);
      } else {
        gdouble n = 0, d = 0;

        /* along the ray: by how much the length of the vector changed */
        for (guint k = 0; k < 3; k++) {
          gdouble v = value32 (nth (&scan, 0), 4 * i + k);

          d += v * v;
          n += v * value32 (nth (&rough, 0), 4 * i + k);
        }
        e = n / sqrt (d) - sqrt (d);
      }
      sum += e;
      sum2 += e * e;
    }
    if (j < 4) {
      fail_unless (sum2 == 0, "noise in a quaternion");
      continue;
    }
    assert_near (sum / 5000, 0, 5 * 0.25 / sqrt (5000), "mean", j);
    assert_near (sqrt (sum2 / 5000), 0.25, 5 * 0.25 / sqrt (10000), "std", j);
  }
  run_clear (&clean);
  run_clear (&noisy);
  run_clear (&scan);
  run_clear (&rough);
}

GST_END_TEST;

GST_START_TEST (test_same_every_run)
{
  Run a = run_all ("rctestsrc seed=11 " FAULTS);
  Run b = run_all ("rctestsrc seed=11 " FAULTS);
  Run c = run_all ("rctestsrc seed=12 " FAULTS);

  assert_same (&a, &b);
  fail_if (a.buffers->len == c.buffers->len
      && GST_BUFFER_PTS (nth (&a, 1)) == GST_BUFFER_PTS (nth (&c, 1)));
  run_clear (&a);
  run_clear (&b);
  run_clear (&c);
}

GST_END_TEST;

static Suite *
testsrc_suite (void)
{
  Suite *s = suite_create ("rctestsrc");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_joints);
  tcase_add_test (tc, test_float32);
  tcase_add_test (tc, test_command);
  tcase_add_test (tc, test_force);
  tcase_add_test (tc, test_imu_and_pose);
  tcase_add_test (tc, test_lidar);
  tcase_add_test (tc, test_exact_stamps);
  tcase_add_test (tc, test_jitter);
  tcase_add_test (tc, test_overtaking);
  tcase_add_test (tc, test_offset_and_skew);
  tcase_add_test (tc, test_loss);
  tcase_add_test (tc, test_num_buffers_counts_what_is_sent);
  tcase_add_test (tc, test_dead);
  tcase_add_test (tc, test_duplicates);
  tcase_add_test (tc, test_noise);
  tcase_add_test (tc, test_same_every_run);
  return s;
}

GST_CHECK_MAIN (testsrc);
