/* SPDX-License-Identifier: Apache-2.0 */
/* The part of the CUDA driver API that we call, found at run time. Private to
 * kernels/. Declared here, so that a build needs no toolkit and a binary no
 * driver: names, arguments and values are those of NVIDIA's cuda.h. */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef int RcCuResult;         /* CUresult */
typedef int RcCuDevice;
typedef unsigned long long RcCuPointer;         /* CUdeviceptr */
typedef struct CUctx_st *RcCuContext;
typedef struct CUmod_st *RcCuModule;
typedef struct CUfunc_st *RcCuFunction;
typedef struct CUstream_st *RcCuStream;
typedef struct CUevent_st *RcCuEvent;

#define RC_CU_SUCCESS 0
#define RC_CU_ERROR_OUT_OF_MEMORY 2
#define RC_CU_ERROR_NO_DEVICE 100
#define RC_CU_ERROR_INVALID_IMAGE 200
#define RC_CU_ERROR_NO_BINARY_FOR_GPU 209
#define RC_CU_ERROR_UNSUPPORTED_PTX_VERSION 222

#define RC_CU_ATTRIBUTE_MULTIPROCESSORS 16
#define RC_CU_ATTRIBUTE_MAJOR 75
#define RC_CU_ATTRIBUTE_MINOR 76

#define RC_CU_MEMORY_DEVICE 2

/* CUDA_MEMCPY2D */
typedef struct
{
  size_t from_x, from_y;
  unsigned from_type;           /* CUmemorytype */
  const void *from_host;
  RcCuPointer from;
  void *from_array;
  size_t from_pitch;
  size_t to_x, to_y;
  unsigned to_type;
  void *to_host;
  RcCuPointer to;
  void *to_array;
  size_t to_pitch;
  size_t width, height;         /* bytes, rows */
} RcCuCopy2D;

#define RC_CU_STREAM_NON_BLOCKING 1
#define RC_CU_EVENT_DISABLE_TIMING 2
#define RC_CU_HOST_PORTABLE 1

/* X (name of the field, symbol in libcuda, arguments). The symbols are the
 * versions that cuda.h of CUDA 11 and later maps the names to. */
#define RC_CU_FUNCTIONS(X) \
  X (init, cuInit, (unsigned flags)) \
  X (driver_version, cuDriverGetVersion, (int *version)) \
  X (error_name, cuGetErrorName, (RcCuResult error, const char **name)) \
  X (device_count, cuDeviceGetCount, (int *count)) \
  X (device_get, cuDeviceGet, (RcCuDevice * device, int ordinal)) \
  X (device_name, cuDeviceGetName, (char *name, int length, RcCuDevice device)) \
  X (device_attribute, cuDeviceGetAttribute, (int *value, int attribute, \
      RcCuDevice device)) \
  X (primary_retain, cuDevicePrimaryCtxRetain, (RcCuContext * context, \
      RcCuDevice device)) \
  X (primary_release, cuDevicePrimaryCtxRelease_v2, (RcCuDevice device)) \
  X (context_push, cuCtxPushCurrent_v2, (RcCuContext context)) \
  X (context_pop, cuCtxPopCurrent_v2, (RcCuContext * context)) \
  X (context_device, cuCtxGetDevice, (RcCuDevice * device)) \
  X (module_load, cuModuleLoadData, (RcCuModule * module, const void *image)) \
  X (module_unload, cuModuleUnload, (RcCuModule module)) \
  X (module_function, cuModuleGetFunction, (RcCuFunction * function, \
      RcCuModule module, const char *name)) \
  X (launch, cuLaunchKernel, (RcCuFunction function, unsigned grid_x, \
      unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y, \
      unsigned block_z, unsigned shared, RcCuStream stream, void **params, \
      void **extra)) \
  X (alloc, cuMemAlloc_v2, (RcCuPointer * pointer, size_t size)) \
  X (free, cuMemFree_v2, (RcCuPointer pointer)) \
  X (alloc_async, cuMemAllocAsync, (RcCuPointer * pointer, size_t size, \
      RcCuStream stream)) \
  X (free_async, cuMemFreeAsync, (RcCuPointer pointer, RcCuStream stream)) \
  X (clear_async, cuMemsetD8Async, (RcCuPointer pointer, unsigned char value, \
      size_t size, RcCuStream stream)) \
  X (to_device, cuMemcpyHtoD_v2, (RcCuPointer to, const void *from, \
      size_t size)) \
  X (host_alloc, cuMemHostAlloc, (void **memory, size_t size, unsigned flags)) \
  X (host_free, cuMemFreeHost, (void *memory)) \
  X (upload_async, cuMemcpyHtoDAsync_v2, (RcCuPointer to, const void *from, \
      size_t size, RcCuStream stream)) \
  X (download_async, cuMemcpyDtoHAsync_v2, (void *to, RcCuPointer from, \
      size_t size, RcCuStream stream)) \
  X (copy_async, cuMemcpyDtoDAsync_v2, (RcCuPointer to, RcCuPointer from, \
      size_t size, RcCuStream stream)) \
  X (copy_2d_async, cuMemcpy2DAsync_v2, (const RcCuCopy2D * copy, \
      RcCuStream stream)) \
  X (stream_create, cuStreamCreate, (RcCuStream * stream, unsigned flags)) \
  X (stream_destroy, cuStreamDestroy_v2, (RcCuStream stream)) \
  X (stream_wait, cuStreamWaitEvent, (RcCuStream stream, RcCuEvent event, \
      unsigned flags)) \
  X (event_create, cuEventCreate, (RcCuEvent * event, unsigned flags)) \
  X (event_destroy, cuEventDestroy_v2, (RcCuEvent event)) \
  X (event_record, cuEventRecord, (RcCuEvent event, RcCuStream stream)) \
  X (event_query, cuEventQuery, (RcCuEvent event)) \
  X (event_synchronize, cuEventSynchronize, (RcCuEvent event))

typedef struct
{
#define FIELD(name, symbol, arguments) RcCuResult (*name) arguments;
  RC_CU_FUNCTIONS (FIELD)
#undef FIELD
  int version;                  /* of the driver: 1000 * major + 10 * minor */
} RcCuTable;
