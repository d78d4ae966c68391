/* SPDX-License-Identifier: Apache-2.0 */
/* The offset between two series that show the same motion: the contract.
 *
 * A camera's odometry and a gyro, a motion capture system and joint encoders:
 * each has its own delay, and the difference shows where both see the same
 * motion. The result is what has to be added to the signal's times for it to
 * agree with the reference:
 *     reference (t) ~ a * signal (t - offset) + b,    a > 0
 *
 * Method. A series whose samples are at most a third of `smoothing` apart (their
 * median interval) first goes through a median of three, each channel by itself: a
 * tracker that jumps gives one sample far from its neighbours, which would weigh as
 * its square. A sample whose two neighbours are more than `smoothing` apart stays.
 * Both series become means over `smoothing` ns around the points of a
 * common grid, half of that apart: the exact integral of the linear interpolant
 * (method MEAN of resample.h), which also keeps frequencies above the grid's out.
 * Grid points whose mean would span a gap of more than `max_gap` are left out.
 * For every lag on the grid within max_offset, with D channels,
 *     r = sum_c cov (ref_c, sig_c) /
 *         sqrt (sum_c var (ref_c) * sum_c var (sig_c))
 * over the points that both have at that lag: Pearson's coefficient for D = 1.
 * Lags at which less than half as many points meet as at the fullest one are not
 * looked at. Then the highest r is refined below the grid: the signal is resampled
 * at the offset itself and one grid step to either side, and the vertex of the
 * parabola through the three r is the next offset, until it moves by less than
 * 1 us.
 *
 * How good it is.
 *   standard_error  the jackknife's (Tukey 1958; Efron 1982): the overlap is cut
 *       into 12 blocks of equal length, each is left out in turn, the vertex found
 *       again, and
 *       se^2 = (B - 1) / B * sum_i (vertex_i - mean (vertex))^2.
 *       It holds for noise that is coloured, as that of motion is, up to a block.
 *   confidence      how surely the peak is the highest one. The second peak is the
 *       highest r outside of the main one, which ends on either side where r first
 *       falls below the middle between the peak and the mean of r over all lags.
 *       Both are refined. With z = (peak - second) / e, where e^2 is 0.001^2 (what
 *       interpolation does to r) and the jackknife's error of that difference
 *       squared, confidence = erf (z / sqrt 2), in [0, 1]: 0.95 is two standard
 *       errors. A motion that repeats, or series that have nothing in common, give
 *       little. 0 where the peak is at the end of the range, or r is not positive
 *       there, or there is no second one to compare with.
 * Neither knows of a delay that changes in the course of the series, or of two
 * sensors that filter the motion differently: such a difference is an offset.
 *
 * Errors are statuses of status.h, with a message that names argument and value.
 * Thread-safety: pure functions, no global state. Memory: about
 * (40 D + 16) * (points of the grid) bytes while it runs. */
#pragma once

#include <stdbool.h>

#include "../common/dtype.h"
#include "../common/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* D channels over S samples. */
typedef struct
{
  const int64_t *times;         /* [S] ns, strictly increasing */
  const double *values;         /* [S, D]; a sample with a NaN or infinity is
                                 * as if it was not there */
  int64_t samples;              /* S >= 2 */
} RcMotion;

typedef struct
{
  int64_t max_offset;           /* ns > 0: looked for within +- this */
  int64_t smoothing;            /* ns >= 0; 0: four median intervals of the
                                 * series that has the longer ones */
  int64_t max_gap;              /* ns > 0 */
} RcCalibrateConfig;

typedef struct
{
  int64_t offset;               /* ns, to be added to the signal's times */
  double standard_error;        /* ns */
  double confidence;            /* 0 .. 1 */
  double correlation;           /* r at the offset */
  double second;                /* r of the second peak; -1: there is none */
  bool at_end;                  /* the peak is at the end of the range */
  int64_t points;               /* of the grid, used at the offset */
  int64_t step;                 /* ns between them */
} RcCalibration;

/* max_offset 1 s, smoothing 0, max_gap 200 ms. */
RC_API void rc_calibrate_config_init (RcCalibrateConfig * config);

/* RC_ERR_SHAPE: too little overlap for the range; RC_ERR_ARGUMENT also for a
 * series that does not vary; RC_ERR_OVERFLOW: more than 2^31 products per channel
 * (a shorter max_offset or longer smoothing takes fewer). */
RC_API RcStatus rc_calibrate (const RcCalibrateConfig * config,
    const RcMotion * reference, const RcMotion * signal, int32_t channels,
    RcCalibration * result, RcError * error);

/* Body-frame angular velocity in rad/s between successive unit quaternions:
 * out[i], 3 values, holds from quaternion i to i + 1, and out_times[i] is the
 * middle, as a mean rate belongs there. Hamilton convention, q turns body into
 * world; components are w, x, y, z, or x, y, z, w where `xyzw`. Samples of length 0 or with a
 * NaN give NaN. `times` as above, [n]; room for n - 1 results. */
RC_API void rc_angular_velocity (const int64_t * times,
    const double *quaternions, int64_t n, bool xyzw, int64_t * out_times,
    double *out);

#ifdef __cplusplus
}
#endif
