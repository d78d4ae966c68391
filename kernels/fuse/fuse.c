/* SPDX-License-Identifier: Apache-2.0 */
#include "fuse-private.h"

#include <inttypes.h>
#include <string.h>

RcStatus
rc_fuse_check_streams (const RcFuseStream * streams, int32_t n, RcError * error)
{
  if (n < 1 || !streams)
    return rc_error_set (error, RC_ERR_ARGUMENT, "%d streams at %s: must be at "
        "least 1", n, streams ? "streams" : "NULL");
  for (int32_t i = 0; i < n; i++) {
    if (!streams[i].sampler)
      return rc_error_set (error, RC_ERR_ARGUMENT, "streams[%d].sampler is "
          "NULL", i);
    if (streams[i].series.batch != streams[0].series.batch)
      return rc_error_set (error, RC_ERR_SHAPE, "streams[%d] has a batch of %"
          PRId64 ", streams[0] of %" PRId64, i, streams[i].series.batch,
          streams[0].series.batch);
  }
  return RC_OK;
}

RcStatus
rc_fuse_ranges (const RcFuseStream * streams, int32_t n, int64_t * first,
    RcError * error)
{
  RcStatus status = rc_fuse_check_streams (streams, n, error);

  if (status != RC_OK)
    return status;
  if (!first)
    return rc_error_set (error, RC_ERR_ARGUMENT, "first is NULL");
  first[0] = 0;
  for (int32_t i = 0; i < n; i++) {
    if (__builtin_add_overflow (first[i],
            rc_sampler_row_elements (streams[i].sampler), &first[i + 1]))
      return rc_error_set (error, RC_ERR_OVERFLOW,
          "streams[%d]: the row is too " "long", i);
  }
  return RC_OK;
}

RcStatus
rc_fuse_check_outputs (const RcFuseStream * streams, int32_t n,
    const RcTicks * ticks, const RcFused * out, int64_t * row, RcError * error)
{
  const RcDType dtype = rc_sampler_dtype (streams[0].sampler);
  int64_t total = 0;

  if (!ticks || !out)
    return rc_error_set (error, RC_ERR_ARGUMENT, "%s is NULL",
        ticks ? "out" : "ticks");
  if (!out->values == !out->separate)
    return rc_error_set (error, RC_ERR_ARGUMENT, "%s of out.values and "
        "out.separate is set: one must be", out->values ? "each" : "none");
  for (int32_t i = 0; i < n; i++) {
    if (out->values && rc_sampler_dtype (streams[i].sampler) != dtype)
      return rc_error_set (error, RC_ERR_DTYPE, "streams[%d] is %s and "
          "streams[0] is %s: one row needs one type, use out.separate", i,
          rc_dtype_name (rc_sampler_dtype (streams[i].sampler)),
          rc_dtype_name (dtype));
    if (__builtin_add_overflow (total,
            rc_sampler_row_elements (streams[i].sampler), &total))
      return rc_error_set (error, RC_ERR_OVERFLOW,
          "streams[%d]: the row is too " "long", i);
  }
  *row = out->row_stride ? out->row_stride : total;
  if (out->values && *row < total)
    return rc_error_set (error, RC_ERR_SHAPE, "out.row_stride is %" PRId64
        ", less than the %" PRId64 " elements of a row", *row, total);
  return RC_OK;
}

/* Element `n` of the streams at one tick, where an array is wanted. */
#define AT(array, n) ((array) ? (array) + (n) : NULL)

RcResampled
rc_fuse_output (const RcFused * out, const RcSampler * sampler, int32_t n,
    int32_t i, int64_t first, int64_t row)
{
  const size_t size = rc_dtype_size (rc_sampler_dtype (sampler));
  RcResampled one = {.info_stride = n };

  if (out->values) {
    one.values = (uint8_t *) out->values + (size_t) first *size;
    one.row_stride = row;
    one.batch_stride = out->batch_stride;
  } else {
    one.values = out->separate[i];
  }
  one.state = AT (out->state, i);
  one.skew = AT (out->skew, i);
  one.newest = AT (out->newest, i);
  one.gather_count = AT (out->gather_count, i);
  one.gather_times = out->gather_times ? out->gather_times[i] : NULL;
  return one;
}

RcStatus
rc_fuse (const RcFuseStream * streams, int32_t n, const RcTicks * ticks,
    RcFused * out, RcError * error)
{
  int64_t row = 0, first = 0;
  RcStatus status = rc_fuse_check_streams (streams, n, error);

  if (status == RC_OK)
    status = rc_fuse_check_outputs (streams, n, ticks, out, &row, error);
  for (int32_t i = 0; status == RC_OK && i < n; i++) {
    const RcSampler *sampler = streams[i].sampler;
    RcResampled one = rc_fuse_output (out, sampler, n, i, first, row);
    RcError inner = { RC_OK, "" };

    status = rc_resample (sampler, &streams[i].series, ticks, &one, &inner);
    if (status != RC_OK)
      rc_error_set (error, status, "streams[%d]: %s", i, inner.message);
    if (out->duplicates)
      out->duplicates[i] = one.duplicates;
    if (out->overflow)
      out->overflow[i] = one.overflow;
    first += rc_sampler_row_elements (sampler);
  }
  return status;
}
