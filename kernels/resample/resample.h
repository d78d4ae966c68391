/* SPDX-License-Identifier: Apache-2.0 */
/* Resampling one irregular series onto ticks: the contract.
 *
 * A series is rows of `channels` numbers, each with an int64 time in
 * nanoseconds on any one clock. A sampler says how a value at a tick is made
 * from the rows around it. Times never pass through floating point until the
 * one division that makes a weight.
 *
 * Two ways in, with the same results to the bit:
 *   rc_resample ()                 whole batches, [B, S, D] -> [B, T, D]
 *   rc_pick () + rc_apply ()       one tick from rows that lie anywhere, for a
 *                                  pipeline that holds a short history
 *
 * Rules that hold for every method
 *   - Times of a series increase. Equal times: the first row counts, later ones
 *     are skipped and counted. A time that goes backwards is RC_ERR_UNSORTED.
 *   - A row whose time equals the tick is "measured": its bits are copied (under
 *     linear, pchip, hermite and mean a quaternion is normalised and given the
 *     sign that continues the series).
 *   - previous, nearest, next and gather copy bits.
 *   - A tick for which there is no value is "missing": `fill` in every channel.
 *   - Nothing is extrapolated unless edge = hold. That is for ticks before the
 *     first row (never when causal) and after the last one; a gap inside stays a
 *     gap. MEAN then continues the outermost rows' values outward by up to
 *     max_gap. NEAREST and GATHER have limits of their own and no edges.
 *   - Values that are NaN give NaN in what is computed from them, never a wrong
 *     index. A computed NaN is the type's quiet NaN with sign 0 and no payload.
 *   - Marks matter under linear, pchip, hermite and mean. Channels marked `hold`
 *     take the row at or before the tick (at the edges: the row that the others
 *     take); `wrap` channels go the shortest way round and end in
 *     [lower, lower + period); quaternion groups are slerped along the shorter
 *     path (mean: normalised weighted sum of sign-aligned values). A quaternion
 *     without direction (zero, NaN, infinite) gives NaN.
 *   - float16 and bfloat16 are computed in float32 and rounded once to nearest
 *     even; integers are computed in float64 and rounded half to even, clamped
 *     to their range (so int64 beyond 2^53 is exact only where it is copied).
 *     Means, quaternions and wrapping channels are computed in float64 for every
 *     type, and come to float16 and bfloat16 by way of float32.
 *
 * Methods at a tick t, with p = last row at or before t and q = first row after
 *   previous  p, if t - time(p) <= max_gap
 *   nearest   p or q, whichever is closer (a tie takes p), within `tolerance` and
 *             max_gap of the tick
 *   next      the first row in [t, t + window); else p, as previous
 *   linear    fma (w, q, fma (-w, p, p)), w = (t - p) / (q - p), if
 *             q - p <= max_gap
 *   pchip     Fritsch-Carlson monotone cubic with the weights and end slopes of
 *             SciPy's PchipInterpolator; rows beyond a gap > max_gap are not
 *             neighbours
 *   hermite   cubic through p and q with the measured slopes of the channels
 *             marked velocity_of (units per second); other channels linear
 *   mean      integral of the linear interpolant over (t - window, t], or over
 *             [t - window/2, t + window - window/2] when centred, divided by
 *             window; the whole window must be covered without a gap > max_gap.
 *             Always "interpolated"
 *   gather    every row in (t - window, t], the newest `samples` of them, oldest
 *             first; unused rows are fill. "measured" with a row at t, else "held"
 *   causal    nothing after t is used: nearest and next become previous (nearest
 *             still within `tolerance`); linear, pchip and hermite hold p within
 *             max_gap (state held); mean is trailing and holds p from its time to
 *             t, at most max_gap
 *
 * Sources: Fritsch and Carlson, SIAM J. Numer. Anal. 17 (1980) 238; Shoemake,
 * SIGGRAPH 1985 (slerp). */
#pragma once

#include "../common/dtype.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum
{
  RC_METHOD_PREVIOUS = 0,
  RC_METHOD_NEAREST,
  RC_METHOD_NEXT,
  RC_METHOD_LINEAR,
  RC_METHOD_PCHIP,
  RC_METHOD_HERMITE,
  RC_METHOD_MEAN,
  RC_METHOD_GATHER,
  RC_N_METHODS
} RcMethod;

/* What to do before the first row and after the last one. */
typedef enum
{
  RC_EDGE_MISSING = 0,
  RC_EDGE_HOLD          /* the nearest row, if within max_gap of the tick */
} RcEdge;

/* Per output value: what it is. The numbers are part of the file formats. */
typedef enum
{
  RC_STATE_MISSING = 0,
  RC_STATE_MEASURED = 1,        /* a row at the very tick */
  RC_STATE_INTERPOLATED = 2,    /* made from several rows, means included */
  RC_STATE_HELD = 3,            /* an earlier row */
  RC_STATE_LATER = 4            /* a later row */
} RcState;

typedef enum
{
  RC_MARK_QUATERNION_WXYZ = 0,  /* channel .. channel + 3 */
  RC_MARK_QUATERNION_XYZW,
  RC_MARK_WRAP,                 /* an angle or counter with a period */
  RC_MARK_HOLD,                 /* never interpolated */
  RC_MARK_VELOCITY_OF           /* d/dt of channel `other`, per second */
} RcMarkKind;

/* One channel, or group of channels, that is not a plain number. A channel may
 * be in at most one quaternion, wrap or hold mark; velocity_of marks may be
 * added to plain channels, and their `other` must be plain or wrapping. */
typedef struct
{
  RcMarkKind kind;
  int32_t channel;              /* [0, channels); a quaternion's first */
  int32_t other;                /* VELOCITY_OF: the position's channel */
  double period;                /* WRAP: finite, > 0 */
  double lower;                 /* WRAP: start of the output range, finite */
} RcMark;

typedef struct
{
  RcDType dtype;
  int64_t channels;             /* D >= 1 */
  RcMethod method;
  RcEdge edge;
  bool causal;
  bool centred;                 /* MEAN */
  int64_t max_gap;              /* ns >= 0, or RC_TIME_NONE: no limit */
  int64_t tolerance;            /* ns >= 0, or RC_TIME_NONE: no limit; NEAREST */
  int64_t window;               /* ns > 0; NEXT, MEAN and GATHER */
  int64_t samples;              /* >= 1; GATHER: rows per tick */
  double fill;                  /* missing value, one of the type; NaN: NaN in
                                 * floats, else 0 */
  const RcMark *marks;          /* [n_marks], copied; may be NULL */
  int32_t n_marks;
} RcSamplerConfig;

/* Validated and immutable: one sampler may be used from many threads. */
typedef struct RcSampler RcSampler;

/* Plain defaults for a series: edge missing, not causal, max_gap 200 ms for
 * linear, pchip, hermite and mean and none for the others, no tolerance,
 * window 0 (to be set where the method needs one), samples 1, fill NaN. */
RC_API void rc_sampler_config_init (RcSamplerConfig * config, RcDType dtype,
    int64_t channels, RcMethod method);

/* NULL and `error` set when a field is out of range, a mark does not fit, or
 * the method has no meaning for the type. Free with rc_sampler_free (). */
RC_API RcSampler *rc_sampler_new (const RcSamplerConfig * config,
    RcError * error);
RC_API void rc_sampler_free (RcSampler * sampler);

/* ---- whole batches ---- */

/* Source rows. Strides are in elements of `values` / `times`; 0 means dense. */
typedef struct
{
  const void *values;           /* [B, S, D], or NULL: a stream that is absent */
  const int64_t *times;         /* [B, S] ns, increasing within a row of B */
  const int64_t *lengths;       /* [B] valid samples of S, or NULL: all S */
  int64_t batch;                /* B >= 0 */
  int64_t samples;              /* S >= 0 */
  int64_t row_stride;           /* between samples; 0: D */
  int64_t batch_stride;         /* between batches; 0: S * row stride */
  int64_t times_stride;         /* between batches; 0: S */
} RcSeries;

/* Ticks, in any order (in order is fastest). */
typedef struct
{
  const int64_t *times;         /* [B, T], or [T] when `shared` */
  int64_t count;                /* T >= 0 */
  bool shared;
} RcTicks;

/* Where results go. Every pointer but `values` may be NULL. Rows of `values`
 * hold D elements (GATHER: samples * D). Strides in elements; 0: dense. The
 * [B, T] arrays take `info_stride` between ticks (0: 1) and are dense over B. */
typedef struct
{
  void *values;                 /* [B, T, D], the series' dtype */
  int64_t row_stride;           /* between ticks; 0: D */
  int64_t batch_stride;         /* between batches; 0: T * row stride */
  uint8_t *state;               /* [B, T] RcState */
  int64_t *skew;                /* [B, T] ns, nearest used row minus tick;
                                 * RC_TIME_NONE where missing */
  int64_t *newest;              /* [B, T] newest row time used, or RC_TIME_NONE */
  int64_t info_stride;
  int32_t *gather_count;        /* [B, T] rows gathered; 0 for other methods */
  int64_t *gather_times;        /* [B, T, samples]; RC_TIME_NONE where unused;
                                 * only GATHER writes there */
  int64_t duplicates;           /* out: rows skipped for an equal time */
  int64_t overflow;             /* out: rows that GATHER could not keep */
} RcResampled;

/* Resamples a batch; outputs may not overlap inputs. On an error nothing useful
 * is in the outputs. Cost: O (S + T) searches for ordered ticks, then O (T * D).
 * B, T or S of 0 is valid: with S = 0 every tick is missing. */
RC_API RcStatus rc_resample (const RcSampler * sampler,
    const RcSeries * series, const RcTicks * ticks, RcResampled * out,
    RcError * error);

/* ---- one tick ---- */

/* What a tick takes: filled by rc_pick (), used by rc_apply (). Indices are
 * into the `times` given to rc_pick (). */
typedef struct
{
  int64_t tick;
  int64_t skew;                 /* as in RcResampled */
  int64_t newest;
  int64_t first;                /* rows first .. first + count - 1 are read; */
  int64_t count;                /* count 0: missing */
  int64_t overflow;             /* GATHER: older rows left out */
  uint8_t state;                /* RcState */
  uint8_t op;                   /* private to the kernels */
  int64_t left;                 /* rows[left] is p (see above) for blends */
} RcPick;

/* Finds the rows for one tick among `n` increasing times. `hint` (may be NULL)
 * carries a position between calls and makes ordered ticks O (1). */
RC_API void rc_pick (const RcSampler * sampler, const int64_t * times,
    int64_t n, int64_t tick, int64_t * hint, RcPick * pick);

/* Writes one output row (GATHER: `samples` rows, dense). rows[i] and times[i]
 * belong to row pick->first + i; signs[i] are that row's quaternion signs from
 * rc_sampler_signs () (NULL where the sampler has no quaternions). Rows need no
 * alignment beyond 1 byte; `out` may not overlap them. */
RC_API void rc_apply (const RcSampler * sampler, const RcPick * pick,
    const void *const *rows, const int64_t * times,
    const uint8_t * const *signs, void *out);

/* True when the pick is a plain copy of one row, rows[0], so that a caller may
 * pass the row on by reference instead of calling rc_apply (). */
RC_API bool rc_pick_is_copy (const RcSampler * sampler, const RcPick * pick);

/* Quaternion groups that need signs: 0 unless the method interpolates. */
RC_API int32_t rc_sampler_n_quaternions (const RcSampler * sampler);

/* The signs of the next row of a series: 1 per group where its quaternion must
 * be negated to lie within 90 degrees of the previous row's, with that row's
 * own signs applied. previous = NULL starts a series (all 0). NaN: no change. */
RC_API void rc_sampler_signs (const RcSampler * sampler, const void *previous,
    const uint8_t * previous_signs, const void *row, uint8_t * signs);

/* True when no further row can change the answer for `tick`, given that every
 * later row has a time > `horizon` (the last row's time, or further where a
 * stream is known to be silent until then; INT64_MAX: it has ended). Exact: as
 * soon as the rows settle the answer, and never before. */
RC_API bool rc_sampler_decided (const RcSampler * sampler,
    const int64_t * times, int64_t n, int64_t horizon, int64_t tick);

/* Index of the oldest row that `tick` or a later tick may still need, in
 * [0, n]: what lies before it may be forgotten. */
RC_API int64_t rc_sampler_keep_from (const RcSampler * sampler,
    const int64_t * times, int64_t n, int64_t tick);

/* How far after its tick the last row that a decision needs may lie, ns >= 0:
 * the method's window, 0 for methods that end at the tick or at the next row. */
RC_API int64_t rc_sampler_lookahead (const RcSampler * sampler);

/* The type of the values. */
RC_API RcDType rc_sampler_dtype (const RcSampler * sampler);

/* Output elements per tick: D, or samples * D for GATHER. */
RC_API int64_t rc_sampler_row_elements (const RcSampler * sampler);

#ifdef __cplusplus
}
#endif
