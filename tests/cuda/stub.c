/* SPDX-License-Identifier: Apache-2.0 */
/* A libcuda.so.1 without a GPU: memory is the host's, kernels do nothing. The
 * environment says what goes wrong:
 *   RC_STUB_FAIL=cuLaunchKernel:700:2    the call fails with 700 from the 2nd time on
 *   RC_STUB_VERSION=12040                the driver's version (default 13000)
 * stub_alive () counts what was made and not given back, stub_calls () the calls of a
 * function; after stub_fail () a function's next calls fail: `times` of them, when
 * `skip` more have been made. */
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define API __attribute__ ((visibility ("default")))

static atomic_int alive, contexts;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Under the lock. */
static struct
{
  char name[48];
  int calls;
} seen[64];
static struct
{
  char name[48];
  int code, from, to;           /* calls, counted from 1 */
} fail;

static int *
calls_of (const char *name)
{
  int i = 0;

  while (i < 63 && seen[i].name[0] && strcmp (seen[i].name, name))
    i++;
  snprintf (seen[i].name, sizeof (seen[i].name), "%s", name);
  return &seen[i].calls;
}

static int
result (const char *name)
{
  static int asked;
  const char *wanted = getenv ("RC_STUB_FAIL");
  int code, call;

  pthread_mutex_lock (&lock);
  if (!asked++ && wanted) {
    fail.from = 1;
    fail.to = INT_MAX;
    sscanf (wanted, "%47[^:]:%d:%d", fail.name, &fail.code, &fail.from);
  }
  call = ++*calls_of (name);
  code = !strcmp (fail.name, name) && call >= fail.from && call <= fail.to
      ? fail.code : 0;
  pthread_mutex_unlock (&lock);
  return code;
}

#define CALL(name, arguments, effect) \
API int name arguments; \
int \
name arguments \
{ \
  const int code = result (#name); \
 \
  if (code == 0) { \
    effect; \
  } \
  return code; \
}

API int stub_alive (void);
int
stub_alive (void)
{
  return alive + 1000 * contexts;
}

API int stub_calls (const char *name);
int
stub_calls (const char *name)
{
  int calls;

  pthread_mutex_lock (&lock);
  calls = *calls_of (name);
  pthread_mutex_unlock (&lock);
  return calls;
}

API void stub_fail (const char *name, int code, int skip, int times);
void
stub_fail (const char *name, int code, int skip, int times)
{
  pthread_mutex_lock (&lock);
  snprintf (fail.name, sizeof (fail.name), "%s", name);
  fail.code = code;
  fail.from = *calls_of (name) + skip + 1;
  fail.to = times > INT_MAX - fail.from ? INT_MAX : fail.from + times - 1;
  pthread_mutex_unlock (&lock);
}

/* *INDENT-OFF* */
CALL (cuInit, (unsigned flags), (void) flags)
CALL (cuDriverGetVersion, (int *version), const char *v =
    getenv ("RC_STUB_VERSION"); *version = v ? atoi (v) : 13000)
CALL (cuGetErrorName, (int error, const char **name), static char text[32];
    snprintf (text, sizeof (text), "STUB_ERROR_%d", error); *name = text)
CALL (cuDeviceGetCount, (int *count), *count = 1)
CALL (cuDeviceGet, (int *device, int ordinal), *device = ordinal)
CALL (cuDeviceGetName, (char *name, int length, int device), (void) device;
    snprintf (name, (size_t) length, "Stub"))
CALL (cuDeviceGetAttribute, (int *value, int attribute, int device),
    (void) device; *value = attribute == 75 ? 9 : attribute == 76 ? 0 : 2)
CALL (cuDevicePrimaryCtxRetain, (void **context, int device), (void) device;
    *context = &alive; alive++)
CALL (cuDevicePrimaryCtxRelease_v2, (int device), (void) device; alive--)
CALL (cuCtxPushCurrent_v2, (void *context), (void) context; contexts++)
CALL (cuCtxPopCurrent_v2, (void **context), *context = &alive; contexts--)
CALL (cuCtxGetDevice, (int *device), *device = 0)
CALL (cuModuleLoadData, (void **module, const void *image), (void) image;
    *module = &alive; alive++)
CALL (cuModuleUnload, (void *module), (void) module; alive--)
CALL (cuModuleGetFunction, (void **function, void *module, const char *name),
    (void) module; (void) name; *function = &alive)
CALL (cuLaunchKernel, (void *function, unsigned gx, unsigned gy, unsigned gz,
    unsigned bx, unsigned by, unsigned bz, unsigned shared, void *stream,
    void **params, void **extra), (void) function; (void) gx; (void) gy;
    (void) gz; (void) bx; (void) by; (void) bz; (void) shared; (void) stream;
    (void) params; (void) extra)
CALL (cuMemAlloc_v2, (unsigned long long *pointer, size_t size),
    *pointer = (unsigned long long) (size_t) aligned_alloc (256,
    (size + 255) / 256 * 256); alive++)
CALL (cuMemFree_v2, (unsigned long long pointer),
    free ((void *) (size_t) pointer); alive--)
CALL (cuMemAllocAsync, (unsigned long long *pointer, size_t size, void *stream),
    (void) stream; *pointer = (unsigned long long) (size_t) malloc (size);
    alive++)
#ifndef STUB_OLD                /* a driver before CUDA 11.2 */
CALL (cuMemFreeAsync, (unsigned long long pointer, void *stream),
    (void) stream; free ((void *) (size_t) pointer); alive--)
#endif
CALL (cuMemsetD8Async, (unsigned long long pointer, unsigned char value,
    size_t size, void *stream), (void) stream; memset ((void *) (size_t) pointer,
    value, size))
CALL (cuMemcpyHtoD_v2, (unsigned long long to, const void *from, size_t size),
    memcpy ((void *) (size_t) to, from, size))
CALL (cuMemHostAlloc, (void **memory, size_t size, unsigned flags), (void) flags;
    *memory = malloc (size); alive++)
CALL (cuMemFreeHost, (void *memory), free (memory); alive--)
CALL (cuMemcpyHtoDAsync_v2, (unsigned long long to, const void *from,
    size_t size, void *stream), (void) stream; memcpy ((void *) (size_t) to,
    from, size))
CALL (cuMemcpyDtoHAsync_v2, (void *to, unsigned long long from, size_t size,
    void *stream), (void) stream; memcpy (to, (void *) (size_t) from, size))
CALL (cuMemcpyDtoDAsync_v2, (unsigned long long to, unsigned long long from,
    size_t size, void *stream), (void) stream; memcpy ((void *) (size_t) to,
    (void *) (size_t) from, size))
CALL (cuMemcpy2DAsync_v2, (const void *copy, void *stream), (void) copy;
    (void) stream)
CALL (cuStreamCreate, (void **stream, unsigned flags), (void) flags;
    *stream = malloc (1); alive++)
CALL (cuStreamDestroy_v2, (void *stream), free (stream); alive--)
CALL (cuStreamWaitEvent, (void *stream, void *event, unsigned flags),
    (void) stream; (void) event; (void) flags)
CALL (cuEventCreate, (void **event, unsigned flags), (void) flags;
    *event = malloc (1); alive++)
CALL (cuEventDestroy_v2, (void *event), free (event); alive--)
CALL (cuEventRecord, (void *event, void *stream), (void) event; (void) stream)
CALL (cuEventQuery, (void *event), (void) event)
CALL (cuEventSynchronize, (void *event), (void) event)
/* *INDENT-ON* */
