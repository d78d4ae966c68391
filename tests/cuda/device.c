/* SPDX-License-Identifier: Apache-2.0 */
#include "device.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

/* Names and arguments are those of NVIDIA's cuda.h. */
#define CALLS(X) \
  X (cuCtxSetCurrent, (void *)) \
  X (cuDeviceGet, (int *, int)) \
  X (cuDevicePrimaryCtxRetain, (void **, int)) \
  X (cuDevicePrimaryCtxRelease_v2, (int)) \
  X (cuMemAlloc_v2, (unsigned long long *, size_t)) \
  X (cuMemFree_v2, (unsigned long long)) \
  X (cuMemcpyHtoDAsync_v2, (unsigned long long, const void *, size_t, void *)) \
  X (cuMemcpyDtoHAsync_v2, (void *, unsigned long long, size_t, void *)) \
  X (cuMemcpyDtoDAsync_v2, (unsigned long long, unsigned long long, size_t, \
      void *)) \
  X (cuMemsetD8Async, (unsigned long long, unsigned char, size_t, void *)) \
  X (cuStreamCreate, (void **, unsigned)) \
  X (cuStreamDestroy_v2, (void *)) \
  X (cuStreamSynchronize, (void *)) \
  X (cuEventCreate, (void **, unsigned)) \
  X (cuEventRecord, (void *, void *)) \
  X (cuEventSynchronize, (void *)) \
  X (cuEventElapsedTime, (float *, void *, void *)) \
  X (cuStreamBeginCapture_v2, (void *, int)) \
  X (cuStreamEndCapture, (void *, void **)) \
  X (cuGraphInstantiateWithFlags, (void **, void *, unsigned long long)) \
  X (cuGraphLaunch, (void *, void *)) \
  X (cuGraphExecDestroy, (void *)) \
  X (cuGraphDestroy, (void *))

static struct
{
#define FIELD(name, arguments) int (*name) arguments;
  CALLS (FIELD)
#undef FIELD
} cu;

static void *events[2];
static void *context;
static int number;

#define MUST(call) must (cu.call, #call)

static void
must (int result, const char *call)
{
  if (result == 0)
    return;
  printf ("%s: error %d\n", call, result);
  exit (1);
}

#define AT(pointer) ((unsigned long long) (uintptr_t) (pointer))

int
device_open (Device * device)
{
  RcError error;

  device->cuda = rc_cuda_new (0, &error);
  if (!device->cuda) {
    printf ("SKIP: %s\n", error.message);
    return 0;
  }
  device->library = dlopen ("libcuda.so.1", RTLD_NOW);
#define FIND(name, arguments) \
  *(void **) &cu.name = dlsym (device->library, #name); \
  if (!cu.name) \
    must (-1, #name);
  CALLS (FIND)
#undef FIND
      MUST (cuDeviceGet (&number, 0));
  MUST (cuDevicePrimaryCtxRetain (&context, number));
  MUST (cuCtxSetCurrent (context));
  MUST (cuStreamCreate (&device->stream, 1));
  for (int i = 0; i < 2; i++)
    MUST (cuEventCreate (&events[i], 0));
  printf ("%s\n", rc_cuda_device_name (device->cuda));
  return 1;
}

void
device_close (Device * device)
{
  MUST (cuStreamDestroy_v2 (device->stream));
  rc_cuda_free (device->cuda);
  MUST (cuDevicePrimaryCtxRelease_v2 (number));
}

void *
device_alloc (Device * device, size_t size)
{
  unsigned long long at = 0;

  (void) device;
  MUST (cuMemAlloc_v2 (&at, size ? size : 1));
  return (void *) (uintptr_t) at;
}

void
device_free (Device * device, void *memory)
{
  (void) device;
  if (memory)
    MUST (cuMemFree_v2 (AT (memory)));
}

void
device_put (Device * device, void *to, const void *from, size_t size)
{
  MUST (cuMemcpyHtoDAsync_v2 (AT (to), from, size, device->stream));
  device_wait (device);
}

void
device_get (Device * device, void *to, const void *from, size_t size)
{
  MUST (cuMemcpyDtoHAsync_v2 (to, AT (from), size, device->stream));
  device_wait (device);
}

void
device_set (Device * device, void *to, uint8_t value, size_t size)
{
  MUST (cuMemsetD8Async (AT (to), value, size, device->stream));
}

void
device_copy (Device * device, void *to, const void *from, size_t size)
{
  MUST (cuMemcpyDtoDAsync_v2 (AT (to), AT (from), size, device->stream));
}

void
device_wait (Device * device)
{
  MUST (cuStreamSynchronize (device->stream));
}

void
device_start (Device * device)
{
  MUST (cuEventRecord (events[0], device->stream));
}

float
device_stop (Device * device)
{
  float ms;

  MUST (cuEventRecord (events[1], device->stream));
  MUST (cuEventSynchronize (events[1]));
  MUST (cuEventElapsedTime (&ms, events[0], events[1]));
  return ms;
}

void
device_record (Device * device)
{
  MUST (cuStreamBeginCapture_v2 (device->stream, 0));
}

void *
device_recorded (Device * device)
{
  void *graph, *runs;

  MUST (cuStreamEndCapture (device->stream, &graph));
  MUST (cuGraphInstantiateWithFlags (&runs, graph, 0));
  MUST (cuGraphDestroy (graph));
  return runs;
}

void
device_run (Device * device, void *graph)
{
  MUST (cuGraphLaunch (graph, device->stream));
}

void
device_drop (Device * device, void *graph)
{
  (void) device;
  MUST (cuGraphExecDestroy (graph));
}
