/* SPDX-License-Identifier: Apache-2.0 */
/* One tick by rc_apply (), and whole batches by the same kernels. */
#include "sampler.h"
#include "../common/cpu.h"
#include "../common/times.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

RcApplyFunc
rc_apply_func (void)
{
  return RC_CHOOSE (rc_apply_rows);
}

void
rc_apply (const RcSampler * sampler, const RcPick * pick,
    const void *const *rows, const int64_t * times,
    const uint8_t * const *signs, void *out)
{
  const RcRows view = {.rows = rows,.signs = signs,.times = times };

  rc_apply_func ()(sampler, pick, &view, out);
}

/* Ticks that are picked before they are made, and the most that is asked for
 * then: beyond it the machine has seen by itself what is being read. */
#define AHEAD 2
#define ASK_AT_MOST 32768

/* A call and its scratch. */
typedef struct
{
  const RcSampler *sampler;
  const RcSeries *series;
  const RcTicks *ticks;
  RcResampled *out;
  RcResamplePlan plan;
  RcApplyFunc apply;
  /* for series with equal times: what is left of them, and where it lies */
  int64_t *times, *index;
  uint8_t *signs;
} Job;

/* Elements from the first to the last of `count` parts of `inner` elements,
 * `stride` apart; false where their bytes have no ptrdiff_t. */
static bool
extent (int64_t count, int64_t stride, int64_t inner, size_t size,
    int64_t * elements)
{
  int64_t bytes;

  if (count == 0 || inner == 0) {
    *elements = 0;
    return true;
  }
  return !__builtin_mul_overflow (count - 1, stride, elements)
      && !__builtin_add_overflow (*elements, inner, elements)
      && !__builtin_mul_overflow (*elements, (int64_t) size, &bytes)
      && bytes <= PTRDIFF_MAX;
}

static RcStatus
check_not_negative (int64_t value, const char *name, RcError * error)
{
  if (value >= 0)
    return RC_OK;
  return rc_error_set (error, RC_ERR_ARGUMENT,
      "%s is %" PRId64 ", must be 0 or more", name, value);
}

static RcStatus
check_series (const RcSampler * sampler, const RcSeries * s,
    RcResamplePlan * plan, RcError * error)
{
  const int64_t channels = sampler->config.channels;
  int64_t elements;
  RcStatus status;

  if ((status = check_not_negative (s->batch, "series.batch", error))
      || (status = check_not_negative (s->samples, "series.samples", error))
      || (status = check_not_negative (s->row_stride, "series.row_stride",
              error))
      || (status = check_not_negative (s->batch_stride, "series.batch_stride",
              error))
      || (status = check_not_negative (s->times_stride, "series.times_stride",
              error)))
    return status;
  plan->row_stride = s->row_stride ? s->row_stride : channels;
  if (plan->row_stride < channels)
    return rc_error_set (error, RC_ERR_SHAPE, "series.row_stride is %" PRId64
        ", less than the %" PRId64 " channels of a row", plan->row_stride,
        channels);
  plan->batch_stride = s->batch_stride;
  if (!plan->batch_stride
      && __builtin_mul_overflow (s->samples, plan->row_stride,
          &plan->batch_stride))
    goto too_large;
  plan->times_stride = s->times_stride ? s->times_stride : s->samples;
  if (!s->values || s->batch == 0)
    return RC_OK;
  if (!extent (s->samples, plan->row_stride, channels, sampler->size, &elements)
      || !extent (s->batch, plan->batch_stride, elements, sampler->size,
          &elements)
      || !extent (s->batch, plan->times_stride, s->samples, sizeof (int64_t),
          &elements))
    goto too_large;
  if (s->samples > 0 && !s->times)
    return rc_error_set (error, RC_ERR_ARGUMENT,
        "series.times is NULL with %" PRId64 " samples", s->samples);
  return RC_OK;
too_large:
  return rc_error_set (error, RC_ERR_OVERFLOW, "series of batch %" PRId64
      ", samples %" PRId64 ", channels %" PRId64 " and strides %" PRId64 ", %"
      PRId64 " has no size", s->batch, s->samples, channels, s->row_stride,
      s->batch_stride);
}

static RcStatus
check_outputs (const RcSampler * sampler, int64_t batch, const RcTicks * ticks,
    const RcResampled * out, RcResamplePlan * plan, RcError * error)
{
  const int64_t count = ticks->count;
  const int64_t row = rc_sampler_row_elements (sampler);
  int64_t elements, n_ticks;
  RcStatus status;

  if ((status = check_not_negative (count, "ticks.count", error))
      || (status = check_not_negative (out->row_stride, "out.row_stride",
              error))
      || (status = check_not_negative (out->batch_stride, "out.batch_stride",
              error))
      || (status = check_not_negative (out->info_stride, "out.info_stride",
              error)))
    return status;
  plan->out_row_stride = out->row_stride ? out->row_stride : row;
  plan->out_batch_stride = out->batch_stride;
  plan->info_stride = out->info_stride ? out->info_stride : 1;
  if (plan->out_row_stride < row)
    return rc_error_set (error, RC_ERR_SHAPE, "out.row_stride is %" PRId64
        ", less than the %" PRId64 " elements of a row", plan->out_row_stride,
        row);
  if (!extent (count, plan->out_row_stride, row, sampler->size, &elements)
      || (!out->batch_stride && __builtin_mul_overflow (count,
              plan->out_row_stride, &plan->out_batch_stride)))
    goto too_large;
  if (batch > 1 && plan->out_batch_stride < elements)
    return rc_error_set (error, RC_ERR_SHAPE, "out.batch_stride is %" PRId64
        ", less than the %" PRId64 " elements of %" PRId64 " ticks",
        plan->out_batch_stride, elements, count);
  if (!extent (batch, plan->out_batch_stride, elements, sampler->size,
          &elements)
      || __builtin_mul_overflow (batch, count, &n_ticks)
      || !extent (n_ticks, plan->info_stride, 1, sizeof (int64_t), &elements)
      || !extent (n_ticks, sampler->config.samples,
          sampler->config.samples, sizeof (int64_t), &elements))
    goto too_large;
  if (n_ticks > 0 && (!out->values || !ticks->times))
    return rc_error_set (error, RC_ERR_ARGUMENT, "%s is NULL with %" PRId64
        " ticks", out->values ? "ticks.times" : "out.values", count);
  return RC_OK;
too_large:
  return rc_error_set (error, RC_ERR_OVERFLOW, "output of batch %" PRId64
      ", %" PRId64 " ticks of %" PRId64 " elements and strides %" PRId64 ", %"
      PRId64 " has no size", batch, count, row, out->row_stride,
      out->batch_stride);
}

RcStatus
rc_resample_plan (const RcSampler * sampler, const RcSeries * series,
    const RcTicks * ticks, const RcResampled * out, RcResamplePlan * plan,
    RcError * error)
{
  RcStatus status;

  if (!sampler || !series || !ticks || !out)
    return rc_error_set (error, RC_ERR_ARGUMENT, "%s is NULL", !sampler
        ? "sampler" : !series ? "series" : !ticks ? "ticks" : "out");
  status = check_series (sampler, series, plan, error);
  return status != RC_OK ? status : check_outputs (sampler, series->batch,
      ticks, out, plan, error);
}

static RcStatus
check_lengths (const RcSeries * s, RcError * error)
{
  if (!s->values)
    return RC_OK;
  for (int64_t b = 0; s->lengths && b < s->batch; b++) {
    if (s->lengths[b] < 0 || s->lengths[b] > s->samples)
      return rc_error_set (error, RC_ERR_SHAPE, "series.lengths[%" PRId64
          "] is %" PRId64 ", must lie in [0, %" PRId64 "]", b, s->lengths[b],
          s->samples);
  }
  return RC_OK;
}

static RcStatus
check_ticks (const int64_t * times, int64_t n, int64_t batch, RcError * error)
{
  bool none = false;

  for (int64_t i = 0; i < n; i++)
    none |= times[i] == RC_TIME_NONE;
  for (int64_t i = 0; none && i < n; i++) {
    if (times[i] == RC_TIME_NONE)
      return rc_error_set (error, RC_ERR_ARGUMENT, "ticks.times[%" PRId64
          "][%" PRId64 "] is RC_TIME_NONE", batch, i);
  }
  return RC_OK;
}

static RcStatus
check_order (const int64_t * times, int64_t n, int64_t batch, bool *equal,
    RcError * error)
{
  bool unordered = false;

  *equal = false;
  if (n > 0 && times[0] == RC_TIME_NONE)
    return rc_error_set (error, RC_ERR_ARGUMENT, "series.times[%" PRId64
        "][0] is RC_TIME_NONE", batch);
  for (int64_t i = 1; i < n; i++)
    unordered |= times[i] <= times[i - 1];
  for (int64_t i = 1; unordered && i < n; i++) {
    if (times[i] < times[i - 1])
      return rc_error_set (error, RC_ERR_UNSORTED, "series.times[%" PRId64
          "][%" PRId64 "] is %" PRId64 ", before the %" PRId64 " of the sample "
          "before", batch, i, times[i], times[i - 1]);
  }
  *equal = unordered;
  return RC_OK;
}

/* Leaves the first of equal times; the number of rows left. */
static int64_t
skip_equal (Job * job, const int64_t * times, int64_t n)
{
  int64_t left = 0;

  for (int64_t i = 0; i < n; i++) {
    if (left > 0 && job->times[left - 1] == times[i])
      continue;
    job->times[left] = times[i];
    job->index[left++] = i;
  }
  return left;
}

static void
follow_signs (Job * job, const RcRows * rows, int64_t n)
{
  const int32_t groups = job->sampler->n_quaternions;
  const uint8_t *before = NULL, *before_signs = NULL;

  for (int64_t i = 0; i < n; i++) {
    const int64_t at = rows->index ? rows->index[i] : i;
    const uint8_t *row = rows->block + at * rows->stride;
    uint8_t *signs = job->signs + i * groups;

    rc_sampler_signs (job->sampler, before, before_signs, row, signs);
    before = row;
    before_signs = signs;
  }
}

static void
write_gathered (const Job * job, int64_t at, const RcPick * pick,
    const int64_t * times)
{
  const int64_t samples = job->sampler->config.samples;
  RcResampled *out = job->out;

  out->overflow += pick->overflow;
  if (out->gather_count)
    out->gather_count[at * job->plan.info_stride] = (int32_t) pick->count;
  for (int64_t i = 0; out->gather_times && i < samples; i++)
    out->gather_times[at * samples + i] = i < pick->count
        ? times[pick->first + i] : RC_TIME_NONE;
}

/* Names the rows of a coming tick that nobody asked for yet. A tick reads too
 * little for the machine to see by itself where the next one will read. */
static inline void
ask_for (RcRows * rows, const RcPick * pick, int64_t * asked)
{
  const int64_t end = pick->first + pick->count;
  const int64_t first = pick->first > *asked ? pick->first : *asked;

  if (rows->index || end <= first)
    return;
  rows->coming = rows->block + first * rows->stride;
  rows->coming_bytes = (end - first) * rows->stride;
  rows->coming_share = (end - first) * 128;
  if (rows->coming_bytes > ASK_AT_MOST)
    rows->coming_bytes = ASK_AT_MOST;
  *asked = end;
}

static void
resample_one (Job * job, int64_t batch, const int64_t * times, int64_t n,
    const int64_t * ticks, const RcRows * from)
{
  const size_t size = job->sampler->size;
  const int64_t count = job->ticks->count;
  const bool gathers = job->sampler->config.method == RC_METHOD_GATHER;
  RcResampled *out = job->out;
  uint8_t *row = (uint8_t *) out->values
      + (size_t) (batch * job->plan.out_batch_stride) * size;
  RcRows rows = *from;
  RcPick picks[AHEAD + 1];
  int64_t hint = 0, asked = 0;

  for (int64_t i = 0; i < count && i < AHEAD; i++)
    rc_pick (job->sampler, times, n, ticks[i], &hint, &picks[i]);
  for (int64_t i = 0; i < count; i++) {
    const int64_t at = batch * count + i;
    const int64_t info = at * job->plan.info_stride;
    const RcPick *pick = &picks[i % (AHEAD + 1)];

    rows.coming_bytes = 0;
    if (i + AHEAD < count) {
      RcPick *coming = &picks[(i + AHEAD) % (AHEAD + 1)];

      rc_pick (job->sampler, times, n, ticks[i + AHEAD], &hint, coming);
      ask_for (&rows, coming, &asked);
    }
    rows.times = times ? times + pick->first : NULL;
    job->apply (job->sampler, pick, &rows, row);
    row += (size_t) job->plan.out_row_stride * size;
    if (out->state)
      out->state[info] = pick->state;
    if (out->skew)
      out->skew[info] = pick->skew;
    if (out->newest)
      out->newest[info] = pick->newest;
    if (gathers)
      write_gathered (job, at, pick, times);
    else if (out->gather_count)
      out->gather_count[info] = 0;
  }
}

/* One of the batch: its times checked, its equal times left out. */
static RcStatus
resample_batch (Job * job, int64_t batch, RcError * error)
{
  const RcSeries *s = job->series;
  const RcTicks *ticks = job->ticks;
  const int64_t *at = ticks->shared || !ticks->times ? ticks->times
      : ticks->times + batch * ticks->count;
  const int64_t *times = NULL;
  int64_t n = 0;
  bool equal = false;
  RcRows rows = { 0 };
  RcStatus status;

  if ((batch == 0 || !ticks->shared)
      && (status = check_ticks (at, ticks->count, batch, error)) != RC_OK)
    return status;
  if (s->values && s->samples > 0) {
    times = s->times + batch * job->plan.times_stride;
    n = s->lengths ? s->lengths[batch] : s->samples;
    rows.block = (const uint8_t *) s->values
        + (size_t) (batch * job->plan.batch_stride) * job->sampler->size;
    rows.stride = job->plan.row_stride * (int64_t) job->sampler->size;
    status = check_order (times, n, batch, &equal, error);
    if (status != RC_OK)
      return status;
  }
  if (equal) {
    int64_t left;

    if (!job->times) {
      job->times = malloc ((size_t) s->samples * sizeof (int64_t));
      job->index = malloc ((size_t) s->samples * sizeof (int64_t));
    }
    if (!job->times || !job->index)
      goto no_memory;
    left = skip_equal (job, times, n);
    job->out->duplicates += n - left;
    n = left;
    times = job->times;
    rows.index = job->index;
  }
  if (n > 0 && rc_sampler_n_quaternions (job->sampler) > 0) {
    if (!job->signs)
      job->signs = calloc ((size_t) s->samples,
          (size_t) job->sampler->n_quaternions);
    if (!job->signs)
      goto no_memory;
    follow_signs (job, &rows, n);
    rows.block_signs = job->signs;
  }
  if (ticks->count > 0)
    resample_one (job, batch, times, n, at, &rows);
  return RC_OK;
no_memory:
  return rc_error_set (error, RC_ERR_NO_MEMORY, "no memory for %" PRId64
      " sample times", s->samples);
}

RcStatus
rc_resample (const RcSampler * sampler, const RcSeries * series,
    const RcTicks * ticks, RcResampled * out, RcError * error)
{
  Job job = {.sampler = sampler,.series = series,.ticks = ticks,.out = out };
  RcStatus status = RC_OK;

  if ((status = rc_resample_plan (sampler, series, ticks, out, &job.plan,
              error)) != RC_OK
      || (status = check_lengths (series, error)) != RC_OK)
    return status;
  out->duplicates = out->overflow = 0;
  job.apply = rc_apply_func ();
  for (int64_t b = 0; status == RC_OK && b < series->batch; b++)
    status = resample_batch (&job, b, error);
  free (job.times);
  free (job.index);
  free (job.signs);
  return status;
}
