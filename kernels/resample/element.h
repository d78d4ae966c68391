/* SPDX-License-Identifier: Apache-2.0 */
/* One element of any type, for C and for CUDA C. Private to kernels/. */
#pragma once

#include <math.h>
#include <string.h>

#include "../common/dtype.h"
#include "../common/half.h"
#include "../common/hd.h"

/* To nearest even, within the type; a NaN, which integers cannot hold, gives
 * the smallest. `above` is the first value too large: a power of two. */
#define RC_STORE_INTEGER(type, low, high, above) \
RC_HD type \
rc_store_##type (double value) \
{ \
  const double rounded = rint (value); \
  return !(rounded > (double) low) ? low : rounded >= above ? high \
      : (type) rounded; \
}

/* *INDENT-OFF* */
RC_STORE_INTEGER (int8_t, INT8_MIN, INT8_MAX, 0x1p7)
RC_STORE_INTEGER (uint8_t, 0, UINT8_MAX, 0x1p8)
RC_STORE_INTEGER (int16_t, INT16_MIN, INT16_MAX, 0x1p15)
RC_STORE_INTEGER (uint16_t, 0, UINT16_MAX, 0x1p16)
RC_STORE_INTEGER (int32_t, INT32_MIN, INT32_MAX, 0x1p31)
RC_STORE_INTEGER (uint32_t, 0, UINT32_MAX, 0x1p32)
RC_STORE_INTEGER (int64_t, INT64_MIN, INT64_MAX, 0x1p63)
RC_STORE_INTEGER (uint64_t, 0, UINT64_MAX, 0x1p64)
/* *INDENT-ON* */
#undef RC_STORE_INTEGER

/* On the host an element may lie anywhere; a device needs it at a multiple of its
 * size. */
#ifdef __CUDA_ARCH__
#define RC_ELEMENT_GET(type, in, to) (to = *(const type *) (in))
#define RC_ELEMENT_PUT(type, value, out) (*(type *) (out) = (value))
#else
#define RC_ELEMENT_GET(type, in, to) memcpy (&(to), in, sizeof (type))
#define RC_ELEMENT_PUT(type, value, out) memcpy (out, &(value), sizeof (type))
#endif

/* Stores one value as `dtype`, as a result is stored. */
RC_HD void
rc_store_f64 (RcDType dtype, double value, void *out)
{
  switch (dtype) {
#define STORE(name, type, expression) \
    case name:{ \
      const type stored = expression; \
      RC_ELEMENT_PUT (type, stored, out); \
      break; \
    }
      STORE (RC_INT8, int8_t, rc_store_int8_t (value));
      STORE (RC_UINT8, uint8_t, rc_store_uint8_t (value));
      STORE (RC_INT16, int16_t, rc_store_int16_t (value));
      STORE (RC_UINT16, uint16_t, rc_store_uint16_t (value));
      STORE (RC_INT32, int32_t, rc_store_int32_t (value));
      STORE (RC_UINT32, uint32_t, rc_store_uint32_t (value));
      STORE (RC_INT64, int64_t, rc_store_int64_t (value));
      STORE (RC_UINT64, uint64_t, rc_store_uint64_t (value));
      STORE (RC_FLOAT16, uint16_t, rc_f16_from_f32 ((float) value));
      STORE (RC_BFLOAT16, uint16_t, rc_bf16_from_f32 ((float) value));
      STORE (RC_FLOAT32, float, rc_f32_canonical ((float) value));
    default:
      STORE (RC_FLOAT64, double, rc_f64_canonical (value));
#undef STORE
  }
}

RC_HD double
rc_load_f64 (RcDType dtype, const void *in)
{
  switch (dtype) {
#define LOAD(name, type, convert) \
    case name:{ \
      type loaded; \
      RC_ELEMENT_GET (type, in, loaded); \
      return (double) convert (loaded); \
    }
      LOAD (RC_INT8, int8_t,);
      LOAD (RC_UINT8, uint8_t,);
      LOAD (RC_INT16, int16_t,);
      LOAD (RC_UINT16, uint16_t,);
      LOAD (RC_INT32, int32_t,);
      LOAD (RC_UINT32, uint32_t,);
      LOAD (RC_INT64, int64_t,);
      LOAD (RC_UINT64, uint64_t,);
      LOAD (RC_FLOAT16, uint16_t, rc_f16_to_f32);
      LOAD (RC_BFLOAT16, uint16_t, rc_bf16_to_f32);
      LOAD (RC_FLOAT32, float,);
    default:
      LOAD (RC_FLOAT64, double,);
#undef LOAD
  }
}
