/* SPDX-License-Identifier: Apache-2.0 */
/* Fusing any number of irregular series onto one list of ticks.
 *
 * Each stream has its own sampler (type, channels, method, marks, limits) and
 * its own series with its own number of samples; they share the batch and the
 * ticks. The result is one row per tick, in which stream n takes the elements
 *
 *   [first[n], first[n + 1])       with first[] from rc_fuse_ranges ()
 *
 * of a concatenated row (all streams of one type), or a block of its own per
 * stream (any types). What a value is, is told per stream and tick, never only
 * per tick, so that one stream's gap does not hide in the others' values.
 *
 * Every value, state, skew and newest time is what rc_resample () gives for
 * that stream alone, to the bit: the rules are in resample.h.
 *
 * Threads: a call uses only its arguments; samplers may be shared. Cost: that of
 * one rc_resample () per stream. */
#pragma once

#include "../resample/resample.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct
{
  const RcSampler *sampler;     /* not owned */
  /* Its rows. values = NULL: the stream is absent and missing at every tick;
   * batch must be set all the same. */
  RcSeries series;
} RcFuseStream;

/* Where results go. Either `values` or `separate` is set; everything else may
 * be NULL. B: the batch, T: the ticks, N: the streams. */
typedef struct
{
  void *values;                 /* [B, T, first[N]] of the common type */
  int64_t row_stride;           /* elements between ticks; 0: first[N] */
  int64_t batch_stride;         /* elements between batches; 0: T rows */
  void *const *separate;        /* [N] blocks, each dense [B, T, elements of the
                                 * stream's row] of the stream's type */
  uint8_t *state;               /* [B, T, N] RcState */
  int64_t *skew;                /* [B, T, N] ns, nearest used row minus tick;
                                 * RC_TIME_NONE where missing */
  int64_t *newest;              /* [B, T, N] ns, newest row used, RC_TIME_NONE */
  int32_t *gather_count;        /* [B, T, N] rows, 0 for other methods */
  int64_t *const *gather_times; /* [N] blocks, each [B, T, samples of the
                                 * stream] or NULL; only GATHER writes there */
  int64_t *duplicates;          /* [N] rows skipped for an equal time */
  int64_t *overflow;            /* [N] rows that GATHER could not keep */
} RcFused;

/* first[0 .. n]: where each stream's elements begin in a concatenated row;
 * first[n] is the row's length. Streams of different types have ranges too, but
 * no concatenated row. RC_ERR_OVERFLOW where the sum has no int64. */
RC_API RcStatus rc_fuse_ranges (const RcFuseStream * streams, int32_t n,
    int64_t * first, RcError * error);

/* Fuses n >= 1 streams. Errors name the stream by its index; on an error nothing
 * useful is in the outputs. Outputs may overlap neither inputs nor each other. */
RC_API RcStatus rc_fuse (const RcFuseStream * streams, int32_t n,
    const RcTicks * ticks, RcFused * out, RcError * error);

#ifdef __cplusplus
}
#endif
