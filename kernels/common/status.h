/* SPDX-License-Identifier: Apache-2.0 */
/* Status codes and error messages of the core.
 *
 * Every function that can fail returns an RcStatus and takes an optional
 * RcError, which then names the argument and the value that was refused.
 * Thread-safety: no global state; an RcError belongs to its caller. */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/* Marks what librobocache exports; everything else is hidden. */
#if defined(__GNUC__)
#define RC_API __attribute__ ((visibility ("default")))
#define RC_PRINTF(fmt, args) __attribute__ ((format (printf, fmt, args)))
#else
#define RC_API
#define RC_PRINTF(fmt, args)
#endif

typedef enum
{
  RC_OK = 0,
  RC_ERR_ARGUMENT,      /* a value out of its range, or a NULL that is needed */
  RC_ERR_SHAPE,         /* shapes or strides that do not fit each other */
  RC_ERR_DTYPE,         /* the operation has no meaning for this type */
  RC_ERR_UNSORTED,      /* source times that go backwards */
  RC_ERR_OVERFLOW,      /* a size that does not fit its integer type */
  RC_ERR_NO_MEMORY,     /* an allocation failed */
  RC_ERR_CUDA           /* no usable CUDA, or a call of its driver failed */
} RcStatus;

typedef struct
{
  RcStatus status;
  char message[256];    /* one sentence, NUL-terminated, "" when RC_OK */
} RcError;

/* Fills `error` (which may be NULL) and returns `status`, so that a check can
 * be written as one `return rc_error_set (...)`. Longer messages are cut. */
RC_API RcStatus rc_error_set (RcError * error, RcStatus status,
    const char *format, ...) RC_PRINTF (3, 4);

/* A short constant name of a status, "ok", "argument", ...; never NULL. */
RC_API const char *rc_status_name (RcStatus status);

#ifdef __cplusplus
}
#endif
