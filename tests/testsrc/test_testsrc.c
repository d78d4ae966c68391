/* SPDX-License-Identifier: Apache-2.0 */
/* rctestsrc: what it says it measures, when it says it does, and the faults
 * that were asked for. The formulas are written down a second time here, from
 * the documentation. */
#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>

#include <math.h>

#define MS GST_MSECOND
#define TAU (2 * G_PI)

typedef struct
{
  GstHarness *h;
  GPtrArray *buffers;
} Run;

/* A harness over a launch line that runs to EOS without a clock. */
static Run
run_all (const gchar * line)
{
  Run r = {.h = gst_harness_new_parse (line) };
  GstBuffer *b;

  r.buffers =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_buffer_unref);
  gst_harness_play (r.h);
  while (!gst_harness_events_received (r.h))
    g_thread_yield ();
  /* EOS is the last thing that arrives */
  for (;;) {
    GstEvent *event = gst_harness_pull_event (r.h);
    GstEventType type;

    fail_unless (event != NULL, "no EOS from: %s", line);
    type = GST_EVENT_TYPE (event);
    gst_event_unref (event);
    if (type == GST_EVENT_EOS)
      break;
  }
  while ((b = gst_harness_try_pull (r.h)))
    g_ptr_array_add (r.buffers, b);
  return r;
}

static void
run_clear (Run * r)
{
  g_ptr_array_unref (r->buffers);
  gst_harness_teardown (r->h);
}

static GstBuffer *
nth (Run * r, guint i)
{
  return g_ptr_array_index (r->buffers, i);
}

static gdouble
value (GstBuffer * b, gsize i)
{
  gdouble v;

  fail_unless_equals_int (gst_buffer_extract (b, i * 8, &v, 8), 8);
  return v;
}

static gfloat
value32 (GstBuffer * b, gsize i)
{
  gfloat v;

  fail_unless_equals_int (gst_buffer_extract (b, i * 4, &v, 4), 4);
  return v;
}

static guint64
stat_of (Run * r, const gchar * name)
{
  GstStructure *s;
  GstElement *src = gst_harness_find_element (r->h, "rctestsrc");
  guint64 v = 0;

  g_object_get (src, "stats", &s, NULL);
  fail_unless (gst_structure_get_uint64 (s, name, &v));
  gst_structure_free (s);
  gst_object_unref (src);
  return v;
}

static void
assert_same (Run * a, Run * b)
{
  fail_unless_equals_int (a->buffers->len, b->buffers->len);
  for (guint i = 0; i < a->buffers->len; i++) {
    GstMapInfo x, y;

    fail_unless_equals_uint64 (GST_BUFFER_PTS (nth (a, i)),
        GST_BUFFER_PTS (nth (b, i)));
    gst_buffer_map (nth (a, i), &x, GST_MAP_READ);
    gst_buffer_map (nth (b, i), &y, GST_MAP_READ);
    fail_unless (x.size == y.size && !memcmp (x.data, y.data, x.size),
        "buffer %u differs", i);
    gst_buffer_unmap (nth (a, i), &x);
    gst_buffer_unmap (nth (b, i), &y);
  }
}

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

#define FAULTS "jitter=0.7 loss=0.1 duplicates=0.05 noise=0.01 " \
  "dead-from=300000000 dead-until=500000000 duration=1000000000"

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

/* ---- live ---- */

/* A live run to EOS, the test clock moved from one wait to the next; `arrivals`
 * receives the clock's time when each buffer had come. */
static Run
run_live (const gchar * line, GArray * arrivals)
{
  Run r = {.h = gst_harness_new_parse (line) };
  GstTestClock *clock = gst_harness_get_testclock (r.h);
  gboolean eos = FALSE;
  GstEvent *event;
  GstBuffer *b;

  r.buffers =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_buffer_unref);
  gst_harness_play (r.h);
  while (!eos) {
    GstClockTime now = gst_clock_get_time (GST_CLOCK (clock));

    while ((event = gst_harness_try_pull_event (r.h))) {
      eos |= GST_EVENT_TYPE (event) == GST_EVENT_EOS;
      gst_event_unref (event);
    }
    while ((b = gst_harness_try_pull (r.h))) {
      g_ptr_array_add (r.buffers, b);
      g_array_append_val (arrivals, now);
    }
    if (!eos && gst_test_clock_peek_id_count (clock) > 0)
      gst_test_clock_crank (clock);
    else
      g_thread_yield ();
  }
  gst_object_unref (clock);
  return r;
}

GST_START_TEST (test_live_same_as_not)
{
  GArray *arrivals = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
  Run a = run_all ("rctestsrc seed=11 " FAULTS);
  Run b = run_live ("rctestsrc is-live=true burst=8 seed=11 " FAULTS, arrivals);

  assert_same (&a, &b);
  run_clear (&a);
  run_clear (&b);
  g_array_unref (arrivals);
}

GST_END_TEST;

GST_START_TEST (test_live_waits)
{
  GstHarness *h = gst_harness_new_parse ("rctestsrc is-live=true rate=10/1 "
      "burst=3 offset=7000000");
  GstTestClock *clock = gst_harness_get_testclock (h);
  GstBuffer *b;
  GstClockID id;

  gst_harness_play (h);
  for (guint group = 0; group < 3; group++) {
    GstClockTime last = (3 * group + 2) * 100 * MS;

    /* nothing until the third of them has been taken */
    gst_test_clock_wait_for_next_pending_id (clock, &id);
    fail_unless_equals_uint64 (gst_clock_id_get_time (id), last);
    gst_clock_id_unref (id);
    gst_test_clock_set_time (clock, last - 1);
    fail_unless_equals_int (gst_harness_buffers_in_queue (h), 0);
    fail_unless (gst_test_clock_crank (clock));
    for (guint i = 0; i < 3; i++) {
      /* the others find that their time has come */
      b = gst_harness_pull (h);
      fail_unless_equals_uint64 (GST_BUFFER_PTS (b),
          (3 * group + i) * 100 * MS + 7 * MS);
      gst_buffer_unref (b);
    }
  }
  gst_object_unref (clock);
  gst_harness_teardown (h);
}

GST_END_TEST;

static void
check_latency (const gchar * line, GstClockTime expected)
{
  GstHarness *h = gst_harness_new_parse (line);

  gst_harness_play (h);
  fail_unless_equals_uint64 (gst_harness_query_latency (h), expected);
  gst_harness_teardown (h);
}

GST_START_TEST (test_latency)
{
  check_latency ("rctestsrc is-live=true", 0);
  check_latency ("rctestsrc is-live=true rate=100/1 burst=5", 40 * MS);
  check_latency ("rctestsrc is-live=true rate=100/1 burst=5 jitter=0.5",
      45 * MS);
  check_latency ("rctestsrc is-live=true rate=100/1 offset=-3000000", 3 * MS);
  check_latency ("rctestsrc is-live=true offset=3000000", 0);
  check_latency ("rctestsrc is-live=true rate=100/1 duplicates=0.1", 10 * MS);
}

GST_END_TEST;

/* A dead live sensor says nothing, not even EOS, and can still be stopped. */
GST_START_TEST (test_live_dead)
{
  GstHarness *h = gst_harness_new_parse ("rctestsrc is-live=true rate=10/1 "
      "dead-from=100000000");
  GstTestClock *clock = gst_harness_get_testclock (h);
  guint buffers;

  gst_harness_play (h);
  for (guint i = 0; i < 30; i++) {
    gst_test_clock_wait_for_next_pending_id (clock, NULL);
    fail_unless (gst_test_clock_crank (clock));
  }
  gst_test_clock_wait_for_next_pending_id (clock, NULL);
  buffers = gst_harness_buffers_received (h);
  fail_unless_equals_int (buffers, 1);
  fail_unless (gst_clock_get_time (GST_CLOCK (clock)) >= 2800 * MS);
  gst_object_unref (clock);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* A source that is started in a pipeline that has been running for a minute. */
GST_START_TEST (test_live_join)
{
  GstHarness *h = gst_harness_new_parse ("rctestsrc is-live=true rate=3/1");
  GstTestClock *clock = gst_harness_get_testclock (h);
  GstBuffer *b;

  gst_test_clock_set_time (clock, 60 * GST_SECOND + 1);
  gst_harness_play (h);
  gst_test_clock_wait_for_next_pending_id (clock, NULL);
  fail_unless (gst_test_clock_crank (clock));
  b = gst_harness_pull (h);
  fail_unless_equals_uint64 (GST_BUFFER_OFFSET (b), 181);
  fail_unless_equals_uint64 (GST_BUFFER_PTS (b),
      G_GUINT64_CONSTANT (181000000000) / 3);
  gst_buffer_unref (b);
  gst_object_unref (clock);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* ---- caps, seeking, errors ---- */

static void
check_caps (const gchar * line, const gchar * expected)
{
  GstElement *src = gst_parse_launch (line, NULL);
  GstPad *pad = gst_element_get_static_pad (src, "src");
  GstCaps *caps = gst_pad_query_caps (pad, NULL);
  GstCaps *want = gst_caps_from_string (expected);

  fail_unless (want != NULL && gst_caps_is_equal (caps, want), "%s: %"
      GST_PTR_FORMAT, line, caps);
  gst_caps_unref (want);
  gst_caps_unref (caps);
  gst_object_unref (pad);
  gst_object_unref (src);
}

#define TENSORS "other/tensors, format=static, num_tensors=1, framerate=0/1, "

GST_START_TEST (test_caps)
{
  check_caps ("rctestsrc joints=2", TENSORS "types=float32, "
      "dimensions=(string)4, names=\"q0,q1,dq0,dq1\", "
      "units=\"rad,rad,rad/s,rad/s\", velocities=\"2:0,3:1\"");
  check_caps ("rctestsrc kind=command joints=2", TENSORS "types=float32, "
      "dimensions=(string)2, names=\"q0_set,q1_set\", units=\"rad,rad\", "
      "roles=action");
  check_caps ("rctestsrc kind=force type=float64", TENSORS "types=float64, "
      "dimensions=(string)6, names=\"fx,fy,fz,tx,ty,tz\", "
      "units=\"N,N,N,Nm,Nm,Nm\"");
  check_caps ("rctestsrc kind=imu", TENSORS "types=float32, "
      "dimensions=(string)10, names=\"qw,qx,qy,qz,gx,gy,gz,ax,ay,az\", "
      "units=\"1,1,1,1,rad/s,rad/s,rad/s,m/s^2,m/s^2,m/s^2\", "
      "quaternions=(string)0:wxyz");
  check_caps ("rctestsrc kind=pose", TENSORS "types=float32, "
      "dimensions=(string)7, names=\"x,y,z,qw,qx,qy,qz\", "
      "units=\"m,m,m,1,1,1,1\", quaternions=(string)3:wxyz");
  check_caps ("rctestsrc kind=lidar", "application/x-pointcloud, "
      "point-step=16, "
      "fields=\"x:f32:0:1,y:f32:4:1,z:f32:8:1,intensity:f32:12:1\", "
      "framerate=0/1, frame-id=lidar");
}

GST_END_TEST;

GST_START_TEST (test_seek)
{
  static const gchar *line = "rctestsrc type=float64 rate=300/1 jitter=1.7 "
      "loss=0.1 duplicates=0.2 skew-ppm=40000 offset=-12345678 "
      "duration=5000000000";
  Run all = run_all (line);
  GstElement *pipeline = gst_parse_launch ("rctestsrc name=s type=float64 "
      "rate=300/1 jitter=1.7 loss=0.1 duplicates=0.2 skew-ppm=40000 "
      "offset=-12345678 duration=5000000000 ! appsink name=a sync=false", NULL);
  GstElement *sink = gst_bin_get_by_name (GST_BIN (pipeline), "a");
  GstSample *sample;
  guint i = 0;
  gboolean seekable;
  GstQuery *query = gst_query_new_seeking (GST_FORMAT_TIME);

  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  gst_element_get_state (pipeline, NULL, NULL, GST_CLOCK_TIME_NONE);
  fail_unless (gst_element_query (pipeline, query));
  gst_query_parse_seeking (query, NULL, &seekable, NULL, NULL);
  gst_query_unref (query);
  fail_unless (seekable);
  fail_unless (gst_element_seek (pipeline, 1, GST_FORMAT_TIME,
          GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, 2 * GST_SECOND,
          GST_SEEK_TYPE_NONE, 0));
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  /* the very samples at or after 2 s of the whole run */
  for (;;) {
    g_signal_emit_by_name (sink, "pull-sample", &sample);
    if (!sample)
      break;
    while (GST_BUFFER_PTS (nth (&all, i)) < 2 * GST_SECOND)
      i++;
    fail_unless_equals_uint64 (GST_BUFFER_PTS (nth (&all, i)),
        GST_BUFFER_PTS (gst_sample_get_buffer (sample)));
    fail_unless (value (nth (&all, i), 0) ==
        value (gst_sample_get_buffer (sample), 0));
    gst_sample_unref (sample);
    i++;
  }
  fail_unless_equals_int (i, all.buffers->len);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (sink);
  gst_object_unref (pipeline);
  run_clear (&all);
}

GST_END_TEST;

static void
check_refused (const gchar * line, const gchar * words)
{
  GstElement *pipeline = gst_parse_launch (line, NULL);
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message;
  GError *error = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 10 * GST_SECOND,
      GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  fail_unless (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR,
      "not refused: %s", line);
  gst_message_parse_error (message, &error, NULL);
  fail_unless (g_error_matches (error, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_SETTINGS));
  fail_unless (strstr (error->message, words), "%s", error->message);
  g_error_free (error);
  gst_message_unref (message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
}

GST_START_TEST (test_refused)
{
  check_refused ("rctestsrc dead-until=5 ! fakesink",
      "dead-until=5 needs a dead-from");
  check_refused ("rctestsrc dead-from=7 dead-until=7 ! fakesink",
      "dead-until=7 is not after dead-from=7");
  check_refused ("rctestsrc kind=lidar type=float64 ! fakesink",
      "type=float64");
  check_refused ("rctestsrc kind=command noise=0.5 ! fakesink", "noise=0.5");
}

GST_END_TEST;

/* Settings count from the next start on; a source can be started again. */
GST_START_TEST (test_restart)
{
  GstElement *pipeline = gst_parse_launch ("rctestsrc name=s num-buffers=3 ! "
      "appsink name=a sync=false", NULL);
  GstElement *src = gst_bin_get_by_name (GST_BIN (pipeline), "s");
  GstElement *sink = gst_bin_get_by_name (GST_BIN (pipeline), "a");

  for (guint i = 0; i < 2; i++) {
    GstSample *sample;
    guint n = 0;

    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    for (;;) {
      g_signal_emit_by_name (sink, "pull-sample", &sample);
      if (!sample)
        break;
      fail_unless_equals_uint64 (GST_BUFFER_OFFSET (gst_sample_get_buffer
              (sample)), n);
      fail_unless_equals_int (gst_buffer_get_size (gst_sample_get_buffer
              (sample)), i ? 24 : 56);
      gst_sample_unref (sample);
      /* must not show before the restart */
      g_object_set (src, "kind", 1, NULL);
      n++;
    }
    fail_unless_equals_int (n, 3);
    gst_element_set_state (pipeline, GST_STATE_NULL);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (src);
  gst_object_unref (sink);
  gst_object_unref (pipeline);
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
  tcase_add_test (tc, test_live_same_as_not);
  tcase_add_test (tc, test_live_waits);
  tcase_add_test (tc, test_latency);
  tcase_add_test (tc, test_live_dead);
  tcase_add_test (tc, test_live_join);
  tcase_add_test (tc, test_caps);
  tcase_add_test (tc, test_seek);
  tcase_add_test (tc, test_refused);
  tcase_add_test (tc, test_restart);
  return s;
}

GST_CHECK_MAIN (testsrc);
