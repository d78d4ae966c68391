/* SPDX-License-Identifier: Apache-2.0 */
/* libcuda at run time, contexts, and our kernels in them. */
#include "cuda-context.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#ifndef RC_CUDA_BUILT
#define RC_CUDA_BUILT 0         /* nvcc's version, 1000 * major + 10 * minor */
#endif

#if RC_CUDA_BUILT
#define SYMBOL(id, symbol) extern const unsigned char symbol[];
#else
#define SYMBOL(id, symbol) static const unsigned char symbol[1];
#endif
/* *INDENT-OFF* */
RC_CUDA_FATBINS (SYMBOL)
/* *INDENT-ON* */
#undef SYMBOL

static const unsigned char *const fatbins[RC_N_FATBINS] = {
#define FATBIN(id, symbol) symbol,
  RC_CUDA_FATBINS (FATBIN)
#undef FATBIN
};

static const RcCudaFatbin fatbin_of[RC_N_KERNELS] = {
#define FATBIN(id, name) [id] = RC_FATBIN_RESAMPLE,
  RC_CUDA_RESAMPLE_KERNELS (FATBIN)
#undef FATBIN
#define FATBIN(id, name) [id] = RC_FATBIN_VOXELIZE,
      RC_CUDA_VOXELIZE_KERNELS (FATBIN)
#undef FATBIN
};

static const char *const kernel_names[RC_N_KERNELS] = {
#define NAME(id, name) name,
  RC_CUDA_KERNELS (NAME)
#undef NAME
};

/* ---- the driver ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static RcCuTable table;
static bool loaded;

/* A driver that is missing may be installed later: only success is kept. */
static RcStatus
load_driver (RcError * error)
{
  RcCuTable t;
  RcCuResult result;
  void *library = dlopen ("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);

  if (!library)
    return rc_error_set (error, RC_ERR_CUDA, "no NVIDIA driver: %s",
        dlerror ());
#define FIND(field, symbol, arguments) \
  *(void **) &t.field = dlsym (library, #symbol); \
  if (!t.field) { \
    dlclose (library); \
    return rc_error_set (error, RC_ERR_CUDA, "the NVIDIA driver is too old: " \
        "libcuda.so.1 has no " #symbol); \
  }
  RC_CU_FUNCTIONS (FIND)
#undef FIND
      t.version = 0;
  if ((result = t.init (0)) != RC_CU_SUCCESS
      || (result = t.driver_version (&t.version)) != RC_CU_SUCCESS) {
    const char *name = NULL;

    t.error_name (result, &name);
    rc_error_set (error, RC_ERR_CUDA, "%s: %s", result == RC_CU_ERROR_NO_DEVICE
        ? "no CUDA device" : "the NVIDIA driver does not start",
        name ? name : "unknown error");
    dlclose (library);
    return RC_ERR_CUDA;
  }
  table = t;
  loaded = true;
  return RC_OK;
}

static const RcCuTable *
driver (RcError * error)
{
  RcStatus status = RC_OK;

  pthread_mutex_lock (&lock);
  if (!loaded)
    status = load_driver (error);
  pthread_mutex_unlock (&lock);
  return status == RC_OK ? &table : NULL;
}

RcStatus
rc_cuda_check (const RcCuda * cuda, RcCuResult result, const char *what,
    RcError * error)
{
  const char *name = NULL;

  if (result == RC_CU_SUCCESS)
    return RC_OK;
  cuda->cu->error_name (result, &name);
  return rc_error_set (error, result == RC_CU_ERROR_OUT_OF_MEMORY
      ? RC_ERR_NO_MEMORY : RC_ERR_CUDA, "%s: %s (%d), device %s", what,
      name ? name : "unknown error", result, cuda->name);
}

/* ---- contexts ---- */

static RcStatus
load_module (RcCuda * cuda, RcCudaFatbin fatbin, RcError * error)
{
  RcCuResult result = cuda->cu->module_load (&cuda->modules[fatbin],
      fatbins[fatbin]);

  if (result == RC_CU_ERROR_NO_BINARY_FOR_GPU
      || result == RC_CU_ERROR_INVALID_IMAGE
      || result == RC_CU_ERROR_UNSUPPORTED_PTX_VERSION) {
    int major = 0, minor = 0;

    cuda->cu->device_attribute (&major, RC_CU_ATTRIBUTE_MAJOR, cuda->device);
    cuda->cu->device_attribute (&minor, RC_CU_ATTRIBUTE_MINOR, cuda->device);
    return rc_error_set (error, RC_ERR_CUDA, "no kernel for device %s (compute "
        "capability %d.%d): the kernels were built with CUDA %d.%d, the driver "
        "serves up to %d.%d", cuda->name, major, minor, RC_CUDA_BUILT / 1000,
        RC_CUDA_BUILT % 1000 / 10, cuda->cu->version / 1000,
        cuda->cu->version % 1000 / 10);
  }
  return rc_cuda_check (cuda, result, "cuModuleLoadData", error);
}

static RcStatus
load_kernels (RcCuda * cuda, RcError * error)
{
  RcStatus status;

  for (int i = 0; i < RC_N_FATBINS; i++) {
    if ((status = load_module (cuda, i, error)) != RC_OK)
      return status;
  }
  for (int i = 0; i < RC_N_KERNELS; i++) {
    RcCuResult result = cuda->cu->module_function (&cuda->kernels[i],
        cuda->modules[fatbin_of[i]], kernel_names[i]);

    if ((status =
            rc_cuda_check (cuda, result, kernel_names[i], error)) != RC_OK)
      return status;
  }
  return RC_OK;
}

static RcCuda *
cuda_new (bool primary, int32_t number, void *context, RcError * error)
{
  RcCuda *cuda;
  RcCuResult result;
  RcStatus status;
  int count = 0;

  if (!RC_CUDA_BUILT) {
    rc_error_set (error, RC_ERR_CUDA, "built without CUDA kernels");
    return NULL;
  }
  cuda = calloc (1, sizeof (*cuda));
  if (!cuda) {
    rc_error_set (error, RC_ERR_NO_MEMORY, "no memory for an RcCuda");
    return NULL;
  }
  if (!(cuda->cu = driver (error)))
    goto failed;
  if (primary) {
    result = cuda->cu->device_count (&count);
    if (rc_cuda_check (cuda, result, "cuDeviceGetCount", error) != RC_OK)
      goto failed;
    if (number < 0 || number >= count) {
      rc_error_set (error, RC_ERR_CUDA, "device is %d, this machine has %d",
          number, count);
      goto failed;
    }
    result = cuda->cu->device_get (&cuda->device, number);
    if (rc_cuda_check (cuda, result, "cuDeviceGet", error) != RC_OK)
      goto failed;
    result = cuda->cu->primary_retain (&cuda->context, cuda->device);
    if (rc_cuda_check (cuda, result, "cuDevicePrimaryCtxRetain",
            error) != RC_OK)
      goto failed;
    cuda->primary = true;
  } else {
    cuda->context = context;
  }
  if (rc_cuda_enter (cuda, error) != RC_OK)
    goto failed;
  result = cuda->cu->context_device (&cuda->device);
  status = rc_cuda_check (cuda, result, "cuCtxGetDevice", error);
  if (status == RC_OK) {
    cuda->cu->device_name (cuda->name, sizeof (cuda->name), cuda->device);
    cuda->cu->device_attribute (&cuda->multiprocessors,
        RC_CU_ATTRIBUTE_MULTIPROCESSORS, cuda->device);
    status = load_kernels (cuda, error);
  }
  rc_cuda_leave (cuda);
  if (status == RC_OK)
    return cuda;
failed:
  rc_cuda_free (cuda);
  return NULL;
}

RcCuda *
rc_cuda_new (int32_t device, RcError * error)
{
  return cuda_new (true, device, NULL, error);
}

RcCuda *
rc_cuda_new_for_context (void *context, RcError * error)
{
  if (!context) {
    rc_error_set (error, RC_ERR_ARGUMENT, "context is NULL");
    return NULL;
  }
  return cuda_new (false, 0, context, error);
}

void
rc_cuda_free (RcCuda * cuda)
{
  if (!cuda)
    return;
  if (cuda->modules[0] && rc_cuda_enter (cuda, NULL) == RC_OK) {
    for (int i = 0; i < RC_N_FATBINS; i++) {
      if (cuda->modules[i])
        cuda->cu->module_unload (cuda->modules[i]);
    }
    rc_cuda_leave (cuda);
  }
  if (cuda->primary)
    cuda->cu->primary_release (cuda->device);
  free (cuda);
}

const char *
rc_cuda_device_name (const RcCuda * cuda)
{
  return cuda->name;
}

int32_t
rc_cuda_multiprocessors (const RcCuda * cuda)
{
  return cuda->multiprocessors;
}

RcStatus
rc_cuda_enter (RcCuda * cuda, RcError * error)
{
  return rc_cuda_check (cuda, cuda->cu->context_push (cuda->context),
      "cuCtxPushCurrent", error);
}

void
rc_cuda_leave (RcCuda * cuda)
{
  RcCuContext context;

  cuda->cu->context_pop (&context);
}

/* ---- work ---- */

RcStatus
rc_cuda_check_aligned (const void *pointer, size_t size, const char *name,
    RcError * error)
{
  if ((uintptr_t) pointer % size == 0)
    return RC_OK;
  return rc_error_set (error, RC_ERR_ARGUMENT, "%s is %p, no multiple of %zu "
      "bytes", name, pointer, size);
}

RcStatus
rc_cuda_launch (RcCuda * cuda, RcCudaKernel kernel, int64_t blocks,
    void *stream, const void *argument, RcError * error)
{
  void *params[] = { (void *) argument };

  if (blocks > INT32_MAX)
    return rc_error_set (error, RC_ERR_OVERFLOW, "%s: a grid of %lld blocks",
        kernel_names[kernel], (long long) blocks);
  rc_cuda_count (cuda, RC_CUDA_LAUNCHES);
  return rc_cuda_check (cuda, cuda->cu->launch (cuda->kernels[kernel],
          (unsigned) blocks, 1, 1, RC_CUDA_THREADS, 1, 1, 0, stream, params,
          NULL), kernel_names[kernel], error);
}
