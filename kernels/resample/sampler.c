/* SPDX-License-Identifier: Apache-2.0 */
/* Checks a configuration and prepares what every tick needs of it. */
#include "element.h"
#include "sampler.h"
#include "sample-math.h"
#include "../common/times.h"

#include <float.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const method_names[RC_N_METHODS] = {
  "previous", "nearest", "next", "linear", "pchip", "hermite", "mean", "gather"
};

void
rc_sampler_config_init (RcSamplerConfig * config, RcDType dtype,
    int64_t channels, RcMethod method)
{
  memset (config, 0, sizeof (*config));
  config->dtype = dtype;
  config->channels = channels;
  config->method = method;
  config->max_gap = RC_TIME_NONE;
  if (method >= RC_METHOD_LINEAR && method <= RC_METHOD_MEAN)
    config->max_gap = INT64_C (200000000);
  config->tolerance = RC_TIME_NONE;
  config->samples = 1;
  config->fill = NAN;
}

static RcStatus
check_numbers (const RcSamplerConfig * c, RcError * error)
{
  const bool needs_window = c->method == RC_METHOD_NEXT
      || c->method == RC_METHOD_MEAN || c->method == RC_METHOD_GATHER;
  int64_t elements;

  if (!rc_dtype_size (c->dtype))
    return rc_error_set (error, RC_ERR_DTYPE, "dtype %d is not an RcDType",
        (int) c->dtype);
  if ((unsigned) c->method >= RC_N_METHODS)
    return rc_error_set (error, RC_ERR_ARGUMENT, "method %d is not an RcMethod",
        (int) c->method);
  if (c->edge != RC_EDGE_MISSING && c->edge != RC_EDGE_HOLD)
    return rc_error_set (error, RC_ERR_ARGUMENT, "edge %d is not an RcEdge",
        (int) c->edge);
  if (c->channels < 1)
    return rc_error_set (error, RC_ERR_ARGUMENT,
        "channels is %" PRId64 ", must be at least 1", c->channels);
  if (c->max_gap < 0 && c->max_gap != RC_TIME_NONE)
    return rc_error_set (error, RC_ERR_ARGUMENT,
        "max_gap is %" PRId64 " ns, must be 0 or more, or RC_TIME_NONE",
        c->max_gap);
  if (c->tolerance < 0 && c->tolerance != RC_TIME_NONE)
    return rc_error_set (error, RC_ERR_ARGUMENT,
        "tolerance is %" PRId64 " ns, must be 0 or more, or RC_TIME_NONE",
        c->tolerance);
  if (needs_window ? c->window < 1 : c->window < 0)
    return rc_error_set (error, RC_ERR_ARGUMENT,
        "window is %" PRId64 " ns, method %s needs %s", c->window,
        method_names[c->method], needs_window ? "1 or more" : "0 or more");
  if (c->samples < 1)
    return rc_error_set (error, RC_ERR_ARGUMENT,
        "samples is %" PRId64 ", must be at least 1", c->samples);
  if (__builtin_mul_overflow (c->channels, c->method == RC_METHOD_GATHER
          ? c->samples : 1, &elements)
      || elements > INT64_MAX / 8 || (uint64_t) elements > SIZE_MAX / 8)
    return rc_error_set (error, RC_ERR_OVERFLOW,
        "a row of %" PRId64 " channels and %" PRId64 " samples has no size",
        c->channels, c->samples);
  return RC_OK;
}

static RcStatus
check_mark (const RcSamplerConfig * c, int32_t i, RcError * error)
{
  const RcMark *m = &c->marks[i];
  const int64_t count = m->kind == RC_MARK_QUATERNION_WXYZ
      || m->kind == RC_MARK_QUATERNION_XYZW ? 4 : 1;
  const bool blends = c->method >= RC_METHOD_LINEAR
      && c->method <= RC_METHOD_MEAN;

  if ((unsigned) m->kind > RC_MARK_VELOCITY_OF)
    return rc_error_set (error, RC_ERR_ARGUMENT,
        "marks[%d].kind %d is not an RcMarkKind", i, (int) m->kind);
  if (m->channel < 0 || m->channel > c->channels - count)
    return rc_error_set (error, RC_ERR_ARGUMENT,
        "marks[%d].channel is %d, must lie in [0, %" PRId64 ")", i, m->channel,
        c->channels - count + 1 > 0 ? c->channels - count + 1 : 0);
  if (m->kind == RC_MARK_VELOCITY_OF && (m->other < 0
          || m->other >= c->channels || m->other == m->channel))
    return rc_error_set (error, RC_ERR_ARGUMENT,
        "marks[%d].other is %d, must be another channel in [0, %" PRId64 ")", i,
        m->other, c->channels);
  if (m->kind == RC_MARK_WRAP && !(m->period > 0 && m->period <= DBL_MAX))
    return rc_error_set (error, RC_ERR_ARGUMENT,
        "marks[%d].period is %g, must be finite and above 0", i, m->period);
  if (m->kind == RC_MARK_WRAP && !(fabs (m->lower) <= DBL_MAX
          && m->lower + m->period > m->lower
          && m->lower + m->period <= DBL_MAX))
    return rc_error_set (error, RC_ERR_ARGUMENT,
        "marks[%d].lower is %g, which has no range of period %g", i, m->lower,
        m->period);
  if (count == 4 && blends && !rc_dtype_is_float (c->dtype))
    return rc_error_set (error, RC_ERR_DTYPE,
        "marks[%d]: a quaternion of %s cannot be interpolated", i,
        rc_dtype_name (c->dtype));
  return RC_OK;
}

/* The smallest value of the type that is at least `lower`; false where the
 * range [lower, lower + period) holds none. */
static bool
lowest_in_range (RcDType dtype, double lower, double period, double *lowest)
{
  double x;

  switch (dtype) {
    case RC_FLOAT64:
      x = lower;
      break;
    case RC_FLOAT32:
      x = (float) lower;
      if (x < lower)
        x = nextafterf ((float) x, INFINITY);
      break;
    case RC_FLOAT16:
    case RC_BFLOAT16:{
      uint16_t bits;

      rc_store_f64 (dtype, lower, &bits);
      x = rc_load_f64 (dtype, &bits);
      if (x < lower) {          /* the next one up, by counting */
        bits = x < 0 ? bits - 1 : x == 0 ? 1 : bits + 1;
        x = rc_load_f64 (dtype, &bits);
      }
      break;
    }
    default:{
      uint64_t bits = 0;

      rc_store_f64 (dtype, ceil (lower), &bits);
      x = rc_load_f64 (dtype, &bits);
    }
  }
  *lowest = x;
  return x >= lower && x < lower + period;
}

/* Which mark a channel has, for the checks across marks and the segments. */
typedef struct
{
  int32_t mark;                 /* quaternion, wrap or hold; -1 */
  int32_t velocity;             /* its velocity_of mark; -1 */
} Channel;

static RcStatus
read_marks (const RcSamplerConfig * c, Channel * channels, RcError * error)
{
  for (int64_t k = 0; k < c->channels; k++)
    channels[k].mark = channels[k].velocity = -1;
  for (int32_t i = 0; i < c->n_marks; i++) {
    const RcMark *m = &c->marks[i];
    RcStatus status = check_mark (c, i, error);
    int count = m->kind <= RC_MARK_QUATERNION_XYZW ? 4 : 1;

    if (status != RC_OK)
      return status;
    if (m->kind == RC_MARK_VELOCITY_OF)
      continue;
    for (int k = 0; k < count; k++) {
      Channel *channel = &channels[m->channel + k];

      if (channel->mark >= 0)
        return rc_error_set (error, RC_ERR_ARGUMENT,
            "marks[%d] and marks[%d] both mark channel %d", channel->mark, i,
            m->channel + k);
      channel->mark = i;
    }
  }
  for (int32_t i = 0; i < c->n_marks; i++) {
    const RcMark *m = &c->marks[i];
    Channel *position;

    if (m->kind != RC_MARK_VELOCITY_OF)
      continue;
    position = &channels[m->other];
    if (channels[m->channel].mark >= 0)
      return rc_error_set (error, RC_ERR_ARGUMENT,
          "marks[%d].channel is %d, which marks[%d] marks: a velocity must be "
          "a plain channel", i, m->channel, channels[m->channel].mark);
    if (position->mark >= 0 && c->marks[position->mark].kind != RC_MARK_WRAP)
      return rc_error_set (error, RC_ERR_ARGUMENT,
          "marks[%d].other is %d, which marks[%d] marks: a position must be a "
          "plain or wrapping channel", i, m->other, position->mark);
    if (position->velocity >= 0)
      return rc_error_set (error, RC_ERR_ARGUMENT,
          "marks[%d] and marks[%d] are both velocity_of channel %d",
          position->velocity, i, m->other);
    position->velocity = i;
  }
  return RC_OK;
}

/* Fills sampler->segments, or only counts where that is NULL. */
static RcStatus
make_segments (RcSampler * sampler, const RcSamplerConfig * c,
    const Channel * channels, RcError * error)
{
  int64_t n = 0;
  int32_t group = 0;

  for (int64_t k = 0; k < c->channels;) {
    RcSegment segment = {.kind = RC_SEGMENT_PLAIN,.first = k,.count = 1,
      .velocity = -1
    };
    const RcMark *mark = NULL;

    if (channels && channels[k].mark >= 0)
      mark = &c->marks[channels[k].mark];
    if (channels && channels[k].velocity >= 0 && c->method == RC_METHOD_HERMITE)
      segment.velocity = c->marks[channels[k].velocity].channel;
    if (mark && mark->kind == RC_MARK_HOLD) {
      segment.kind = RC_SEGMENT_HOLD;
    } else if (mark && mark->kind == RC_MARK_WRAP) {
      segment.kind = RC_SEGMENT_WRAP;
      segment.period = mark->period;
      segment.lower = mark->lower;
      if (!lowest_in_range (c->dtype, mark->lower, mark->period,
              &segment.lowest))
        return rc_error_set (error, RC_ERR_ARGUMENT,
            "marks[%d]: [%g, %g) holds no value of %s", channels[k].mark,
            mark->lower, mark->lower + mark->period, rc_dtype_name (c->dtype));
    } else if (mark) {
      segment.kind = RC_SEGMENT_QUATERNION;
      segment.count = 4;
      segment.group = group;
      segment.n_groups = sampler->n_quaternions;
      if (sampler->quaternions)
        sampler->quaternions[group] = k;
      group++;
    } else if (!channels) {
      segment.count = c->channels;
    } else if (segment.velocity < 0) {
      while (k + segment.count < c->channels
          && channels[k + segment.count].mark < 0
          && (c->method != RC_METHOD_HERMITE
              || channels[k + segment.count].velocity < 0))
        segment.count++;
    }
    if (sampler->segments)
      sampler->segments[n] = segment;
    k += segment.count;
    n++;
  }
  sampler->n_segments = n;
  sampler->n_quaternions = group;
  return RC_OK;
}

static RcStatus
prepare_fill (RcSampler * sampler, const RcSamplerConfig * c, RcError * error)
{
  double stored;

  if (!rc_dtype_is_float (c->dtype) && isnan (c->fill)) {
    memset (sampler->fill, 0, sizeof (sampler->fill));
    return RC_OK;
  }
  rc_store_f64 (c->dtype, c->fill, sampler->fill);
  stored = rc_load_f64 (c->dtype, sampler->fill);
  if (!rc_dtype_is_float (c->dtype) && stored != c->fill)
    return rc_error_set (error, RC_ERR_ARGUMENT, "fill is %g, no value of %s",
        c->fill, rc_dtype_name (c->dtype));
  return RC_OK;
}

static RcStatus
prepare (RcSampler * sampler, const RcSamplerConfig * c, RcError * error)
{
  Channel *channels = NULL;
  RcStatus status = prepare_fill (sampler, c, error);

  if (status != RC_OK)
    return status;
  if (c->n_marks > 0) {
    channels = calloc ((size_t) c->channels, sizeof (*channels));
    if (!channels)
      goto no_memory;
    status = read_marks (c, channels, error);
  }
  /* once to count, once to fill */
  if (status == RC_OK)
    status = make_segments (sampler, c, channels, error);
  if (status != RC_OK)
    goto done;
  sampler->segments = calloc ((size_t) sampler->n_segments,
      sizeof (*sampler->segments));
  sampler->quaternions = calloc ((size_t) sampler->n_quaternions + 1,
      sizeof (*sampler->quaternions));
  if (!sampler->segments || !sampler->quaternions)
    goto no_memory;
  status = make_segments (sampler, c, channels, error);
done:
  free (channels);
  return status;
no_memory:
  free (channels);
  return rc_error_set (error, RC_ERR_NO_MEMORY,
      "no memory for a sampler of %" PRId64 " channels", c->channels);
}

RcSampler *
rc_sampler_new (const RcSamplerConfig * config, RcError * error)
{
  RcSampler *sampler;

  if (!config) {
    rc_error_set (error, RC_ERR_ARGUMENT, "config is NULL");
    return NULL;
  }
  if (check_numbers (config, error) != RC_OK)
    return NULL;
  if (config->n_marks < 0 || (config->n_marks > 0 && !config->marks)) {
    rc_error_set (error, RC_ERR_ARGUMENT, "n_marks is %d, marks is %s",
        config->n_marks, config->marks ? "set" : "NULL");
    return NULL;
  }
  sampler = calloc (1, sizeof (*sampler));
  if (!sampler) {
    rc_error_set (error, RC_ERR_NO_MEMORY, "no memory for a sampler");
    return NULL;
  }
  sampler->config = *config;
  sampler->config.marks = NULL;
  sampler->config.n_marks = 0;
  sampler->size = rc_dtype_size (config->dtype);
  sampler->blends = config->method >= RC_METHOD_LINEAR
      && config->method <= RC_METHOD_MEAN;
  sampler->max_gap = rc_time_limit (config->max_gap);
  sampler->reach = rc_time_limit (config->tolerance);
  if (sampler->reach > sampler->max_gap)
    sampler->reach = sampler->max_gap;
  if (prepare (sampler, config, error) != RC_OK) {
    rc_sampler_free (sampler);
    return NULL;
  }
  return sampler;
}

void
rc_sampler_free (RcSampler * sampler)
{
  if (!sampler)
    return;
  free (sampler->segments);
  free (sampler->quaternions);
  free (sampler);
}

int64_t
rc_sampler_lookahead (const RcSampler * sampler)
{
  const RcSamplerConfig *c = &sampler->config;

  if (c->causal)
    return 0;
  if (c->method == RC_METHOD_NEXT)
    return c->window;
  if (c->method == RC_METHOD_MEAN && c->centred)
    return c->window - c->window / 2;
  return 0;
}

RcDType
rc_sampler_dtype (const RcSampler * sampler)
{
  return sampler->config.dtype;
}

int64_t
rc_sampler_row_elements (const RcSampler * sampler)
{
  const RcSamplerConfig *c = &sampler->config;

  return c->channels * (c->method == RC_METHOD_GATHER ? c->samples : 1);
}

int32_t
rc_sampler_n_quaternions (const RcSampler * sampler)
{
  return sampler->blends ? sampler->n_quaternions : 0;
}

void
rc_sampler_signs (const RcSampler * sampler, const void *previous,
    const uint8_t * previous_signs, const void *row, uint8_t * signs)
{
  const RcDType dtype = sampler->config.dtype;
  const int32_t n = rc_sampler_n_quaternions (sampler);

  if (!previous) {
    memset (signs, 0, (size_t) n);
    return;
  }
  for (int32_t g = 0; g < n; g++) {
    const size_t at = (size_t) sampler->quaternions[g] * sampler->size;
    double a[4], b[4];

    for (int k = 0; k < 4; k++) {
      const size_t place = at + (size_t) k * sampler->size;

      a[k] = rc_load_f64 (dtype, (const uint8_t *) previous + place);
      b[k] = rc_load_f64 (dtype, (const uint8_t *) row + place);
    }
    signs[g] = previous_signs[g] ^ (rc_quat_dot (a, b) < 0);
  }
}
