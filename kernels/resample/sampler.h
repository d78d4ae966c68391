/* SPDX-License-Identifier: Apache-2.0 */
/* What a sampler is inside; private to kernels/. */
#pragma once

#include "resample.h"

/* RcPick.op */
typedef enum
{
  RC_OP_FILL = 0,
  RC_OP_COPY,                   /* rows[0] */
  RC_OP_LINEAR,                 /* rows[0], rows[1] */
  RC_OP_PCHIP,                  /* up to 4 rows, rows[left] and the next in the
                                 * middle */
  RC_OP_HERMITE,                /* rows[0], rows[1] */
  RC_OP_MEAN,
  RC_OP_GATHER
} RcOp;

typedef enum
{
  RC_SEGMENT_PLAIN = 0,
  RC_SEGMENT_HOLD,
  RC_SEGMENT_WRAP,
  RC_SEGMENT_QUATERNION
} RcSegmentKind;

/* Channels that are computed alike. Together the segments of a sampler cover
 * every channel once, in order. */
typedef struct
{
  RcSegmentKind kind;
  int64_t first;
  int64_t count;                /* WRAP: 1; QUATERNION: 4 */
  int64_t velocity;             /* HERMITE: channel with the slope, or -1; with
                                 * one, count is 1 */
  int32_t group, n_groups;      /* QUATERNION: its place in the signs, of */
  double period, lower;         /* WRAP */
  double lowest;                /* WRAP: smallest value of the type >= lower */
} RcSegment;

struct RcSampler
{
  RcSamplerConfig config;       /* without its marks */
  size_t size;                  /* bytes of an element */
  bool blends;                  /* linear, pchip, hermite or mean */
  uint64_t max_gap;             /* UINT64_MAX: none */
  uint64_t reach;               /* NEAREST: how far a row may be */
  RcSegment *segments;
  int64_t n_segments;
  int64_t *quaternions;         /* first channels; NULL unless it blends */
  int32_t n_quaternions;
  uint8_t fill[8];              /* the missing value, in the type */
};

/* Rows for one tick: pointers, or places at a fixed distance in one block. */
typedef struct
{
  const void *const *rows;      /* NULL: a block */
  const uint8_t *const *signs;
  const int64_t *times;         /* of the pick's rows */
  const uint8_t *block;
  int64_t stride;               /* bytes */
  const int64_t *index;         /* row i lies at index[i]; NULL: at i */
  const uint8_t *block_signs;   /* n_quaternions per row, not through index */
  const uint8_t *coming;        /* what coming ticks read: a hint */
  int64_t coming_bytes;
  int64_t coming_share;         /* to be asked for with each 128 bytes made */
} RcRows;

/* rc_apply () for any rows, chosen for this machine. */
typedef void (*RcApplyFunc) (const RcSampler * sampler, const RcPick * pick,
    const RcRows * rows, void *out);
RcApplyFunc rc_apply_func (void);

void rc_apply_rows_baseline (const RcSampler * sampler, const RcPick * pick,
    const RcRows * rows, void *out);
void rc_apply_rows_v3 (const RcSampler * sampler, const RcPick * pick,
    const RcRows * rows, void *out);

/* Strides with the defaults filled in, in elements. */
typedef struct
{
  int64_t row_stride, batch_stride, times_stride;       /* of the series */
  int64_t out_row_stride, out_batch_stride, info_stride;
} RcResamplePlan;

/* Checks a call, but for what lies behind its pointers. */
RcStatus rc_resample_plan (const RcSampler * sampler, const RcSeries * series,
    const RcTicks * ticks, const RcResampled * out, RcResamplePlan * plan,
    RcError * error);
