/* SPDX-License-Identifier: Apache-2.0 */
/* What the core says and does where CUDA is absent or fails, without a GPU: each
 * case runs in a process of its own, whose libcuda.so.1 is none, an old one, or a
 * stub that fails where it is told (stub.c). */
#include <check.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "resample/resample-cuda.h"
#include "voxelize/voxelize-cuda.h"

typedef struct
{
  const char *stub;             /* folder of libcuda.so.1, or "" */
  const char *fail, *version;
  RcStatus status;
  const char *part;             /* of the message */
} Failure;

/* In tests/meson.build's environment: where the stubs are. */
static const Failure failures[] = {
  {"", NULL, NULL, RC_ERR_CUDA, "no NVIDIA driver: libcuda.so.1"},
  {"old", NULL, NULL, RC_ERR_CUDA,
      "too old: libcuda.so.1 has no cuMemFreeAsync"},
  {"new", "cuInit:100", NULL, RC_ERR_CUDA, "no CUDA device"},
  {"new", "cuInit:3", NULL, RC_ERR_CUDA, "does not start: STUB_ERROR_3"},
  {"new", "cuDeviceGet:101", NULL, RC_ERR_CUDA, "cuDeviceGet: STUB_ERROR_101"},
  {"new", "cuDevicePrimaryCtxRetain:2", NULL, RC_ERR_NO_MEMORY,
      "cuDevicePrimaryCtxRetain"},
  {"new", "cuCtxPushCurrent_v2:201", NULL, RC_ERR_CUDA, "cuCtxPushCurrent"},
  {"new", "cuModuleLoadData:222", "12040", RC_ERR_CUDA,
      "the driver serves up to 12.4"},
  {"new", "cuModuleLoadData:209", NULL, RC_ERR_CUDA,
      "no kernel for device Stub (compute capability 9.0)"},
  {"new", "cuModuleLoadData:2", NULL, RC_ERR_NO_MEMORY, "cuModuleLoadData"},
  {"new", "cuModuleGetFunction:500:3", NULL, RC_ERR_CUDA, "STUB_ERROR_500"},
  {"new", "cuMemAlloc_v2:2", NULL, RC_ERR_NO_MEMORY, "cuMemAlloc"},
  {"new", "cuMemcpyHtoD_v2:700", NULL, RC_ERR_CUDA, "cuMemcpyHtoD"},
  {"new", "cuMemAllocAsync:2", NULL, RC_ERR_NO_MEMORY, "cuMemAllocAsync"},
  {"new", "cuLaunchKernel:700", NULL, RC_ERR_CUDA,
      "rc_prepare: STUB_ERROR_700 (700), device Stub"},
  {"new", "cuLaunchKernel:719:2", NULL, RC_ERR_CUDA,
      "rc_rows_linear_f32_few: STUB_ERROR_719"},
  {"new", "cuLaunchKernel:719:3", NULL, RC_ERR_CUDA,
      "rc_voxel_set_max: STUB_ERROR_719"},
  {"new", "cuLaunchKernel:719:5", NULL, RC_ERR_CUDA, "rc_voxel_sum"},
  {"new", "cuMemAllocAsync:2:5", NULL, RC_ERR_NO_MEMORY, "cuMemAllocAsync"},
  {"new", "cuMemsetD8Async:700:3", NULL, RC_ERR_CUDA, "cuMemsetD8Async"},
  {"new", NULL, NULL, RC_OK, ""},
};

/* Means of two fields in a small grid. */
static RcStatus
use_voxelizer (RcCuda * cuda, RcError * error)
{
  static _Alignas (16) float points[64][4], made[2][8 * 8 * 8];
  static RcVoxelStats stats;
  const RcPointField fields = { RC_FLOAT64, 8, 1 };
  RcVoxelizerConfig config;
  RcVoxelizer *voxelizer;
  RcCudaVoxelizer *on_device;
  RcStatus status = RC_OK;

  rc_voxelizer_config_init (&config, RC_VOXEL_MEAN);
  config.point_step = sizeof (points[0]);
  for (int a = 0; a < 3; a++) {
    config.xyz[a] = (RcPointField) {
    RC_FLOAT32, 4 * a, 1};
    config.size[a] = 1;
    config.dims[a] = 8;
  }
  config.fields = &fields;
  config.n_fields = 1;
  voxelizer = rc_voxelizer_new (&config, error);
  on_device = rc_cuda_voxelizer_new (cuda, voxelizer, error);
  status = on_device ? rc_cuda_voxelize_dense (on_device, NULL, points, 64,
      made, &stats, error) : error->status;
  rc_cuda_voxelizer_free (on_device);
  rc_voxelizer_free (voxelizer);
  return status;
}

/* Everything that can be asked for, until something fails. */
static RcStatus
use (RcError * error)
{
  static int64_t times[8], ticks[8];
  static _Alignas (16) float rows[64], made[64];
  const RcSeries series = {.values = rows,.times = times,.batch = 1,
    .samples = 8
  };
  const RcTicks tick = {.times = ticks,.count = 8 };
  RcResampled out = {.values = made };
  RcCudaReport report;
  RcSamplerConfig config;
  RcSampler *sampler;
  RcCudaSampler *on_device = NULL;
  RcCuda *cuda;

  error->status = RC_OK;
  error->message[0] = 0;
  rc_sampler_config_init (&config, RC_FLOAT32, 8, RC_METHOD_LINEAR);
  sampler = rc_sampler_new (&config, error);
  cuda = rc_cuda_new (0, error);
  if (cuda)
    on_device = rc_cuda_sampler_new (cuda, sampler, error);
  if (on_device && rc_cuda_resample (cuda, NULL, on_device, &series, &tick,
          &out, &report, error) == RC_OK)
    use_voxelizer (cuda, error);
  rc_cuda_sampler_free (on_device);
  rc_cuda_free (cuda);
  rc_sampler_free (sampler);
  return error->status;
}

/* In a process with the right libcuda.so.1: exit status 0 when all is as said. */
static int
run_failure (const Failure * f)
{
  RcError error;
  void *library;
  int (*stub_alive) (void);

  if (!*f->stub && dlopen ("libcuda.so.1", RTLD_NOW))
    return 77;
  if (use (&error) != f->status || !strstr (error.message, f->part)) {
    printf ("%s: wanted %s \"%s\", got %s \"%s\"\n",
        f->fail ? f->fail : f->stub, rc_status_name (f->status), f->part,
        rc_status_name (error.status), error.message);
    return 1;
  }
  if (strcmp (f->stub, "new"))
    return 0;
  library = dlopen ("libcuda.so.1", RTLD_NOW);
  *(void **) &stub_alive = dlsym (library, "stub_alive");
  if (stub_alive () != 0) {
    printf ("%s: %d contexts, modules and memories are left\n",
        f->fail ? f->fail : f->stub, stub_alive ());
    return 1;
  }
  return 0;
}

static char *program;

/* The exit status of a process for one of them, or -1. */
static int
run_alone (int i)
{
  const Failure *f = &failures[i];
  const char *others = getenv ("LD_LIBRARY_PATH");
  char number[16], path[4096];
  int status;
  pid_t child;

  snprintf (number, sizeof (number), "%d", i);
  snprintf (path, sizeof (path), "%s/%s%s%s", getenv ("RC_STUBS"), f->stub,
      others ? ":" : "", others ? others : "");
  child = fork ();
  if (child == 0) {
    if (*f->stub)
      setenv ("LD_LIBRARY_PATH", path, 1);
    if (f->fail)
      setenv ("RC_STUB_FAIL", f->fail, 1);
    if (f->version)
      setenv ("RC_STUB_VERSION", f->version, 1);
    execl (program, program, number, NULL);
    _exit (127);
  }
  return waitpid (child, &status, 0) == child && WIFEXITED (status)
      ? WEXITSTATUS (status) : -1;
}

START_TEST (test_failure)
{
  ck_assert_int_eq (run_alone (_i), 0);
}

END_TEST;

int
main (int argc, char **argv)
{
  SRunner *runner;
  Suite *s;
  TCase *tc;
  RcError error;
  int failed;

  if (argc > 1)
    return run_failure (&failures[atoi (argv[1])]);
  use (&error);
  if (!strcmp (error.message, "built without CUDA kernels")) {
    printf ("SKIP: built without nvcc: there are no kernels that could fail\n");
    return 77;
  }
  program = argv[0];
  if (run_alone (0) == 77) {
    printf ("SKIP: this machine has a libcuda.so.1 of its own\n");
    return 77;
  }
  s = suite_create ("cuda, failures");
  tc = tcase_create ("failures");
  suite_add_tcase (s, tc);
  tcase_add_loop_test (tc, test_failure, 0,
      sizeof (failures) / sizeof (*failures));
  runner = srunner_create (s);
  srunner_run_all (runner, CK_ENV);
  failed = srunner_ntests_failed (runner);
  srunner_free (runner);
  return failed > 0;
}
