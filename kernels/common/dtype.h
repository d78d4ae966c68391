/* SPDX-License-Identifier: Apache-2.0 */
/* Element types. The names are those of NNStreamer's `types` caps field, plus
 * "bfloat16". Values are native-endian. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum
{
  RC_INT8 = 0,
  RC_UINT8,
  RC_INT16,
  RC_UINT16,
  RC_INT32,
  RC_UINT32,
  RC_INT64,
  RC_UINT64,
  RC_FLOAT16,           /* IEEE 754 binary16 */
  RC_BFLOAT16,          /* upper half of a binary32 */
  RC_FLOAT32,
  RC_FLOAT64,
  RC_N_DTYPES
} RcDType;

/* "No time", where a time is expected: the smallest int64. It is never a
 * valid sample or tick time. */
#define RC_TIME_NONE INT64_MIN

/* Bytes of one element; 0 for a value outside the enum. */
RC_API size_t rc_dtype_size (RcDType dtype);

/* "float32", "uint8", ...; NULL for a value outside the enum. */
RC_API const char *rc_dtype_name (RcDType dtype);

/* The type of a name; false (and *dtype untouched) for an unknown one. */
RC_API bool rc_dtype_from_name (const char *name, RcDType * dtype);

RC_API bool rc_dtype_is_float (RcDType dtype);

#ifdef __cplusplus
}
#endif
