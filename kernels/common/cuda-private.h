/* SPDX-License-Identifier: Apache-2.0 */
/* What operations need of a device; private to kernels/. */
#pragma once

#include <stddef.h>

#include "cuda.h"

/* The fatbins, one per operation. */
#define RC_CUDA_FATBINS(X) \
  X (RC_FATBIN_RESAMPLE, rc_resample_fatbin) \
  X (RC_FATBIN_VOXELIZE, rc_voxelize_fatbin)

typedef enum
{
#define NAME(id, symbol) id,
  RC_CUDA_FATBINS (NAME)
#undef NAME
  RC_N_FATBINS
} RcCudaFatbin;

/* The kernels of each, by their names there. */
#define RC_CUDA_RESAMPLE_KERNELS(X) \
  X (RC_KERNEL_PREPARE, "rc_prepare") \
  X (RC_KERNEL_SIGNS, "rc_signs") \
  X (RC_KERNEL_COPY, "rc_rows_copy") \
  X (RC_KERNEL_LINEAR_F32, "rc_rows_linear_f32") \
  X (RC_KERNEL_LINEAR_F64, "rc_rows_linear_f64") \
  X (RC_KERNEL_LINEAR_F16, "rc_rows_linear_f16") \
  X (RC_KERNEL_LINEAR_BF16, "rc_rows_linear_bf16") \
  X (RC_KERNEL_FEW_COPY, "rc_rows_copy_few") \
  X (RC_KERNEL_FEW_F32, "rc_rows_linear_f32_few") \
  X (RC_KERNEL_FEW_F64, "rc_rows_linear_f64_few") \
  X (RC_KERNEL_FEW_F16, "rc_rows_linear_f16_few") \
  X (RC_KERNEL_FEW_BF16, "rc_rows_linear_bf16_few") \
  X (RC_KERNEL_ANY_F32, "rc_rows_any_f32") \
  X (RC_KERNEL_ANY_F64, "rc_rows_any_f64") \
  X (RC_KERNEL_FUSED_COPY, "rc_fused_copy") \
  X (RC_KERNEL_FUSED_LINEAR_F32, "rc_fused_linear_f32") \
  X (RC_KERNEL_FUSED_LINEAR_F64, "rc_fused_linear_f64") \
  X (RC_KERNEL_FUSED_LINEAR_F16, "rc_fused_linear_f16") \
  X (RC_KERNEL_FUSED_LINEAR_BF16, "rc_fused_linear_bf16") \
  X (RC_KERNEL_FUSED_FEW_COPY, "rc_fused_copy_few") \
  X (RC_KERNEL_FUSED_FEW_F32, "rc_fused_linear_f32_few") \
  X (RC_KERNEL_FUSED_FEW_F64, "rc_fused_linear_f64_few") \
  X (RC_KERNEL_FUSED_FEW_F16, "rc_fused_linear_f16_few") \
  X (RC_KERNEL_FUSED_FEW_BF16, "rc_fused_linear_bf16_few") \
  X (RC_KERNEL_FUSED_ANY_F32, "rc_fused_any_f32") \
  X (RC_KERNEL_FUSED_ANY_F64, "rc_fused_any_f64") \
  X (RC_KERNEL_APPLY_ROWS, "rc_apply_rows") \
  X (RC_KERNEL_APPLY_SIGNS, "rc_apply_signs")
#define RC_CUDA_VOXELIZE_KERNELS(X) \
  X (RC_KERNEL_VOXEL_SET, "rc_voxel_set") \
  X (RC_KERNEL_VOXEL_SET_PLAIN, "rc_voxel_set_plain") \
  X (RC_KERNEL_VOXEL_SET_MAX, "rc_voxel_set_max") \
  X (RC_KERNEL_VOXEL_SET_MAX_PLAIN, "rc_voxel_set_max_plain") \
  X (RC_KERNEL_VOXEL_COUNT, "rc_voxel_count") \
  X (RC_KERNEL_VOXEL_COUNT_PLAIN, "rc_voxel_count_plain") \
  X (RC_KERNEL_VOXEL_COUNT_SMALL, "rc_voxel_count_small") \
  X (RC_KERNEL_VOXEL_COUNT_SMALL_PLAIN, "rc_voxel_count_small_plain") \
  X (RC_KERNEL_VOXEL_COUNT_AGAIN, "rc_voxel_count_again") \
  X (RC_KERNEL_VOXEL_COUNT_AGAIN_PLAIN, "rc_voxel_count_again_plain") \
  X (RC_KERNEL_VOXEL_COUNT_WIDEN, "rc_voxel_count_widen") \
  X (RC_KERNEL_VOXEL_COUNT_TO_FLOAT, "rc_voxel_count_to_float") \
  X (RC_KERNEL_VOXEL_EXPAND, "rc_voxel_expand") \
  X (RC_KERNEL_VOXEL_RANK, "rc_voxel_rank") \
  X (RC_KERNEL_VOXEL_SUM, "rc_voxel_sum") \
  X (RC_KERNEL_VOXEL_SUM_PLAIN, "rc_voxel_sum_plain") \
  X (RC_KERNEL_VOXEL_ORDER, "rc_voxel_order") \
  X (RC_KERNEL_VOXEL_ORDER_PLAIN, "rc_voxel_order_plain") \
  X (RC_KERNEL_VOXEL_WRITE_MEAN, "rc_voxel_write_mean") \
  X (RC_KERNEL_VOXEL_WRITE_ORDER, "rc_voxel_write_order")
#define RC_CUDA_KERNELS(X) \
  RC_CUDA_RESAMPLE_KERNELS (X) \
  RC_CUDA_VOXELIZE_KERNELS (X)

typedef enum
{
#define NAME(id, name) id,
  RC_CUDA_KERNELS (NAME)
#undef NAME
  RC_N_KERNELS
} RcCudaKernel;

#define RC_CUDA_THREADS 256     /* of every block */

/* Queues a kernel; the context must be current. */
RcStatus rc_cuda_launch (RcCuda * cuda, RcCudaKernel kernel, int64_t blocks,
    void *stream, const void *argument, RcError * error);
/* RC_ERR_ARGUMENT, with the name, where it lies at no multiple of `size` bytes. */
RcStatus rc_cuda_check_aligned (const void *pointer, size_t size,
    const char *name, RcError * error);
int32_t rc_cuda_multiprocessors (const RcCuda * cuda);
RcStatus rc_cuda_enter (RcCuda * cuda, RcError * error);
void rc_cuda_leave (RcCuda * cuda);
/* Stream-ordered memory; size 0 gives NULL. */
RcStatus rc_cuda_alloc_async (RcCuda * cuda, size_t size, void *stream,
    void **memory, RcError * error);
void rc_cuda_free_async (RcCuda * cuda, void *memory, void *stream);
/* All 0. */
RcStatus rc_cuda_clear_async (RcCuda * cuda, void *memory, size_t size,
    void *stream, RcError * error);
/* A copy from the host to the device; it has arrived when this returns. */
RcStatus rc_cuda_write (RcCuda * cuda, void *to, const void *from, size_t size,
    RcError * error);
