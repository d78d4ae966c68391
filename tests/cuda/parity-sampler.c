/* SPDX-License-Identifier: Apache-2.0 */
#include "parity-sampler.h"

#include <stdio.h>
#include <string.h>

void
fill_values (RcDType dtype, uint8_t * at, size_t bytes)
{
  const size_t size = rc_dtype_size (dtype);
  const int kind = (int) between (0, 3);

  for (size_t i = 0; i + size <= bytes; i += size) {
    uint64_t bits = random_bits ();
    const double x = (double) between (-1000000, 1000000) / 1000.;

    if (rc_dtype_is_float (dtype) && kind != 0) {
      /* plain numbers; with kind 2 and 3 now and then any bits at all */
      if (dtype == RC_FLOAT64 && !(kind >= 2 && one_in (20))) {
        memcpy (&bits, &x, 8);
      } else if (!(kind >= 2 && one_in (20))) {
        const float f = (float) x;
        uint32_t b;

        memcpy (&b, &f, 4);
        bits = dtype == RC_FLOAT32 ? b : dtype == RC_BFLOAT16 ? b >> 16
            : 0x3000 + (b & 0x8fff);
      }
      if (kind == 3 && one_in (10))
        bits = 0;
    } else if (kind == 1) {
      bits = (uint64_t) between (-100, 100);
    }
    memcpy (at + i, &bits, size);
  }
}

static int32_t
make_marks (RcMark * marks, const RcSamplerConfig * c)
{
  int32_t n = 0;

  for (int64_t k = 0; k < c->channels && n < 20; k++) {
    switch (between (0, 7)) {
      case 0:
        if (k + 4 > c->channels || !rc_dtype_is_float (c->dtype))
          break;
        marks[n++] = (RcMark) {
        one_in (2) ? RC_MARK_QUATERNION_WXYZ : RC_MARK_QUATERNION_XYZW,
              (int32_t) k, 0, 0, 0};
        k += 3;
        break;
      case 1:
      marks[n++] = (RcMark) {
        RC_MARK_WRAP, (int32_t) k, 0, rc_dtype_is_float (c->dtype)
      ? 6.283185307179586 : 100, 0};
        break;
      case 2:
      marks[n++] = (RcMark) {
      RC_MARK_HOLD, (int32_t) k, 0, 0, 0};
        break;
      case 3:
        if (k == 0 || n > 0)
          break;
        marks[n++] = (RcMark) {
        RC_MARK_VELOCITY_OF, (int32_t) k, 0, 0, 0};
        break;
      default:
        break;
    }
  }
  return n;
}

RcSampler *
random_sampler (RcSamplerConfig * config, RcMark * marks)
{
  static const int64_t channels[] = { 1, 2, 3, 4, 7, 8, 16, 32, 33, 64, 256 };
  RcSampler *sampler = NULL;
  RcError error;

  for (int tries = 0; !sampler && tries < 200; tries++) {
    rc_sampler_config_init (config, (RcDType) between (0, RC_N_DTYPES - 1),
        channels[between (0, 10)], (RcMethod) between (0, RC_N_METHODS - 1));
    config->edge = one_in (2) ? RC_EDGE_HOLD : RC_EDGE_MISSING;
    config->causal = one_in (4);
    config->centred = one_in (2);
    config->max_gap = one_in (2) ? RC_TIME_NONE : between (0, 100) * MS;
    config->tolerance = one_in (2) ? RC_TIME_NONE : between (0, 20) * MS;
    config->window = between (1, 100) * MS;
    config->samples = between (1, 5);
    if (one_in (2)) {
      config->marks = marks;
      config->n_marks = make_marks (marks, config);
    }
    sampler = rc_sampler_new (config, &error);
  }
  if (!sampler)
    printf ("no sampler: %s\n", error.message);
  return sampler;
}
