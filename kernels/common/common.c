/* SPDX-License-Identifier: Apache-2.0 */
#include "dtype.h"
#include "status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

RcStatus
rc_error_set (RcError * error, RcStatus status, const char *format, ...)
{
  va_list args;

  if (!error)
    return status;
  error->status = status;
  va_start (args, format);
  vsnprintf (error->message, sizeof (error->message), format, args);
  va_end (args);
  return status;
}

const char *
rc_status_name (RcStatus status)
{
  switch (status) {
    case RC_OK:
      return "ok";
    case RC_ERR_ARGUMENT:
      return "argument";
    case RC_ERR_SHAPE:
      return "shape";
    case RC_ERR_DTYPE:
      return "dtype";
    case RC_ERR_UNSORTED:
      return "unsorted";
    case RC_ERR_OVERFLOW:
      return "overflow";
    case RC_ERR_NO_MEMORY:
      return "no memory";
    case RC_ERR_CUDA:
      return "cuda";
  }
  return "unknown";
}

static const struct
{
  const char *name;
  size_t size;
  bool is_float;
} dtypes[RC_N_DTYPES] = {
  [RC_INT8] = {"int8", 1, false},
  [RC_UINT8] = {"uint8", 1, false},
  [RC_INT16] = {"int16", 2, false},
  [RC_UINT16] = {"uint16", 2, false},
  [RC_INT32] = {"int32", 4, false},
  [RC_UINT32] = {"uint32", 4, false},
  [RC_INT64] = {"int64", 8, false},
  [RC_UINT64] = {"uint64", 8, false},
  [RC_FLOAT16] = {"float16", 2, true},
  [RC_BFLOAT16] = {"bfloat16", 2, true},
  [RC_FLOAT32] = {"float32", 4, true},
  [RC_FLOAT64] = {"float64", 8, true},
};

size_t
rc_dtype_size (RcDType dtype)
{
  return (unsigned) dtype < RC_N_DTYPES ? dtypes[dtype].size : 0;
}

const char *
rc_dtype_name (RcDType dtype)
{
  return (unsigned) dtype < RC_N_DTYPES ? dtypes[dtype].name : NULL;
}

bool
rc_dtype_from_name (const char *name, RcDType * dtype)
{
  for (int i = 0; name && i < RC_N_DTYPES; i++) {
    if (strcmp (name, dtypes[i].name) == 0) {
      *dtype = (RcDType) i;
      return true;
    }
  }
  return false;
}

bool
rc_dtype_is_float (RcDType dtype)
{
  return (unsigned) dtype < RC_N_DTYPES && dtypes[dtype].is_float;
}
