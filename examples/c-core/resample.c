/* SPDX-License-Identifier: Apache-2.0 */
/* RoboCache's core without GStreamer: an IMU and a joint encoder, each with its
 * own irregular times, on one 50 Hz clock.
 *
 *   cc resample.c $(pkg-config --cflags --libs robocache) -o resample
 *
 * Prints a row per tick: for each stream what its value is made of, how far the
 * nearest sample was, and the values. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <robocache.h>

#define MS INT64_C (1000000)
#define N_IMU 40
#define N_JOINTS 16
#define N_TICKS 12

/* A turn about z at 90 degrees per second, as a quaternion wxyz without square
 * roots or sines: the core brings it to length 1. Then the yaw in degrees, which
 * wraps. About every 5 ms, never exactly. */
static void
make_imu (int64_t * times, float *rows)
{
  for (int i = 0; i < N_IMU; i++) {
    const double t = 5e-3 * i + 4e-4 * (i * 7 % 5);

    times[i] = (int64_t) (t * 1e9);
    rows[5 * i] = 1;
    rows[5 * i + 1] = rows[5 * i + 2] = 0;
    rows[5 * i + 3] = (float) (0.7853981634 * t);
    rows[5 * i + 4] = (float) (t < 0.1 ? 351 + 90 * t : 90 * t - 9);
  }
}

/* Two joints about every 12 ms, silent from 60 to 130 ms. */
static void
make_joints (int64_t * times, float *rows)
{
  for (int i = 0; i < N_JOINTS; i++) {
    times[i] = 12 * MS * i + (i > 5 ? 60 * MS : 0);
    rows[2 * i] = (float) times[i] / 1e9f;
    rows[2 * i + 1] = 1 - (float) times[i] / 1e9f;
  }
}

static RcSampler *
new_sampler (const RcSamplerConfig * config, const char *name)
{
  RcError error;
  RcSampler *sampler = rc_sampler_new (config, &error);

  if (!sampler) {
    fprintf (stderr, "%s: %s\n", name, error.message);
    exit (EXIT_FAILURE);
  }
  return sampler;
}

int
main (void)
{
  static const char *const states[] = { "missing", "measured", "interpolated",
    "held", "later"
  };
  const RcMark imu_marks[] = {
    {.kind = RC_MARK_QUATERNION_WXYZ,.channel = 0},
    {.kind = RC_MARK_WRAP,.channel = 4,.period = 360,.lower = 0},
  };
  int64_t imu_times[N_IMU], joint_times[N_JOINTS], tick_times[N_TICKS];
  float imu[N_IMU * 5], joints[N_JOINTS * 2], rows[N_TICKS * 7];
  uint8_t state[N_TICKS * 2];
  int64_t skew[N_TICKS * 2];
  RcSampler *imu_sampler, *joint_sampler;
  RcSamplerConfig config;
  RcError error;
  const RcTicks ticks = {.times = tick_times,.count = N_TICKS,.shared = true };
  RcFused out = {.values = rows,.state = state,.skew = skew };
  RcFuseStream streams[2] = { {0}, {0} };
  RcStatus status;

  make_imu (imu_times, imu);
  make_joints (joint_times, joints);
  for (int i = 0; i < N_TICKS; i++)
    tick_times[i] = 20 * MS * i;

  rc_sampler_config_init (&config, RC_FLOAT32, 5, RC_METHOD_LINEAR);
  config.marks = imu_marks;
  config.n_marks = 2;
  imu_sampler = new_sampler (&config, "imu");
  rc_sampler_config_init (&config, RC_FLOAT32, 2, RC_METHOD_PCHIP);
  config.max_gap = 50 * MS;
  joint_sampler = new_sampler (&config, "joints");

  streams[0].sampler = imu_sampler;
  streams[0].series = (RcSeries) {
  .values = imu,.times = imu_times,.batch = 1,.samples = N_IMU};
  streams[1].sampler = joint_sampler;
  streams[1].series = (RcSeries) {
  .values = joints,.times = joint_times,.batch = 1,.samples = N_JOINTS};

  status = rc_fuse (streams, 2, &ticks, &out, &error);
  if (status != RC_OK) {
    fprintf (stderr, "%s: %s\n", rc_status_name (status), error.message);
    return EXIT_FAILURE;
  }

  printf ("   ms  imu           skew us      qw      qz      yaw"
      "  joints        skew us      j1      j2\n");
  for (int i = 0; i < N_TICKS; i++) {
    const float *row = rows + 7 * i;

    printf ("%5" PRId64, tick_times[i] / MS);
    for (int n = 0; n < 2; n++) {
      printf ("  %-12s", states[state[2 * i + n]]);
      if (skew[2 * i + n] == RC_TIME_NONE)
        printf ("%9s", "-");
      else
        printf ("%9" PRId64, skew[2 * i + n] / 1000);
      if (n == 0)
        printf ("%8.4f%8.4f%9.3f", row[0], row[3], row[4]);
      else
        printf ("%8.4f%8.4f\n", row[5], row[6]);
    }
  }
  rc_sampler_free (imu_sampler);
  rc_sampler_free (joint_sampler);
  return EXIT_SUCCESS;
}
