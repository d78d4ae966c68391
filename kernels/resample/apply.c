/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the values of one tick. Compiled once per CPU level: see cpu.h. */
#include "element.h"
#include "pick.h"
#include "sample-math.h"
#include "../common/cpu.h"
#include "../common/times.h"

#include <string.h>

/* Channels of MEAN that are summed together, on the stack. */
#define MEAN_BLOCK 64

static inline const void *
row_at (const RcRows * rows, const RcTick * at, int64_t i)
{
  if (rows->rows)
    return rows->rows[i];
  i += at->first;
  return rows->block + rows->stride * (rows->index ? rows->index[i] : i);
}

static inline bool
row_sign (const RcRows * rows, const RcTick * at, int64_t i, int32_t group,
    int32_t n_groups)
{
  if (rows->signs)
    return rows->signs[i][group];
  return rows->block_signs && rows->block_signs[(at->first + i) * n_groups
      + group];
}

#ifdef RC_HARDWARE_F16
/* Eight float16 at a time: compilers do not turn the scalar conversions into
 * the vector ones. */
static inline int64_t
vector_linear_f16 (const void *p, const void *q, float w, void *out, int64_t n)
{
  const __m256 nan = _mm256_set1_ps (rc_f32_from_bits (RC_NAN_BITS_F32));
  const __m256 weight = _mm256_set1_ps (w), minus = _mm256_set1_ps (-w);
  const __m128i *from = p, *to = q;
  int64_t k = 0;

  for (; n - k >= 8; k += 8) {
    const __m256 a = _mm256_cvtph_ps (_mm_loadu_si128 (from++));
    const __m256 b = _mm256_cvtph_ps (_mm_loadu_si128 (to++));
    __m256 x = _mm256_fmadd_ps (weight, b, _mm256_fmadd_ps (minus, a, a));

    x = _mm256_blendv_ps (x, nan, _mm256_cmp_ps (x, x, _CMP_UNORD_Q));
    _mm_storeu_si128 ((__m128i *) ((uint16_t *) out + k),
        _mm256_cvtps_ph (x, _MM_FROUND_TO_NEAREST_INT));
  }
  return k;
}
#endif

/* *INDENT-OFF* */
#define MATH_F32(name) name##_f32
#define MATH_F64(name) name##_f64
#define AS_DOUBLE(x) ((double) (x))

#define RC_T float
#define RC_R float
#define RC_NAME(name) name##_f32
#define RC_MATH MATH_F32
#define RC_LOAD(x) (x)
#define RC_STORE rc_f32_canonical
#define RC_STORE_D(x) rc_f32_canonical ((float) (x))
#include "apply-type.h"

#define RC_T double
#define RC_R double
#define RC_NAME(name) name##_f64
#define RC_MATH MATH_F64
#define RC_LOAD(x) (x)
#define RC_STORE rc_f64_canonical
#define RC_STORE_D rc_f64_canonical
#include "apply-type.h"

#define RC_T uint16_t
#define RC_R float
#define RC_NAME(name) name##_f16
#define RC_MATH MATH_F32
#define RC_LOAD rc_f16_to_f32
#define RC_STORE rc_f16_from_f32
#define RC_STORE_D(x) rc_f16_from_f32 ((float) (x))
#ifdef RC_HARDWARE_F16
#define RC_VECTOR_LINEAR vector_linear_f16
#endif
#include "apply-type.h"

#define RC_T uint16_t
#define RC_R float
#define RC_NAME(name) name##_bf16
#define RC_MATH MATH_F32
#define RC_LOAD rc_bf16_to_f32
#define RC_STORE rc_bf16_from_f32
#define RC_STORE_D(x) rc_bf16_from_f32 ((float) (x))
#include "apply-type.h"

#define RC_T int8_t
#define RC_R double
#define RC_NAME(name) name##_i8
#define RC_MATH MATH_F64
#define RC_LOAD AS_DOUBLE
#define RC_STORE rc_store_int8_t
#define RC_STORE_D rc_store_int8_t
#include "apply-type.h"

#define RC_T uint8_t
#define RC_R double
#define RC_NAME(name) name##_u8
#define RC_MATH MATH_F64
#define RC_LOAD AS_DOUBLE
#define RC_STORE rc_store_uint8_t
#define RC_STORE_D rc_store_uint8_t
#include "apply-type.h"

#define RC_T int16_t
#define RC_R double
#define RC_NAME(name) name##_i16
#define RC_MATH MATH_F64
#define RC_LOAD AS_DOUBLE
#define RC_STORE rc_store_int16_t
#define RC_STORE_D rc_store_int16_t
#include "apply-type.h"

#define RC_T uint16_t
#define RC_R double
#define RC_NAME(name) name##_u16
#define RC_MATH MATH_F64
#define RC_LOAD AS_DOUBLE
#define RC_STORE rc_store_uint16_t
#define RC_STORE_D rc_store_uint16_t
#include "apply-type.h"

#define RC_T int32_t
#define RC_R double
#define RC_NAME(name) name##_i32
#define RC_MATH MATH_F64
#define RC_LOAD AS_DOUBLE
#define RC_STORE rc_store_int32_t
#define RC_STORE_D rc_store_int32_t
#include "apply-type.h"

#define RC_T uint32_t
#define RC_R double
#define RC_NAME(name) name##_u32
#define RC_MATH MATH_F64
#define RC_LOAD AS_DOUBLE
#define RC_STORE rc_store_uint32_t
#define RC_STORE_D rc_store_uint32_t
#include "apply-type.h"

#define RC_T int64_t
#define RC_R double
#define RC_NAME(name) name##_i64
#define RC_MATH MATH_F64
#define RC_LOAD AS_DOUBLE
#define RC_STORE rc_store_int64_t
#define RC_STORE_D rc_store_int64_t
#include "apply-type.h"

#define RC_T uint64_t
#define RC_R double
#define RC_NAME(name) name##_u64
#define RC_MATH MATH_F64
#define RC_LOAD AS_DOUBLE
#define RC_STORE rc_store_uint64_t
#define RC_STORE_D rc_store_uint64_t
#include "apply-type.h"
/* *INDENT-ON* */

static void
fill_elements (const RcSampler * sampler, uint8_t * out, int64_t elements)
{
  const size_t size = sampler->size;
  size_t done = size, total = (size_t) elements * size;

  if (elements < 1)
    return;
  memcpy (out, sampler->fill, size);
  while (done < total) {        /* doubling */
    const size_t n = done < total - done ? done : total - done;

    memcpy (out + done, out, n);
    done += n;
  }
}

static void
apply_type (const RcSampler * sampler, const RcPick * pick,
    const RcRows * rows, const RcTick * at, void *out)
{
  switch (sampler->config.dtype) {
    case RC_INT8:
      apply_i8 (sampler, pick, rows, at, out);
      break;
    case RC_UINT8:
      apply_u8 (sampler, pick, rows, at, out);
      break;
    case RC_INT16:
      apply_i16 (sampler, pick, rows, at, out);
      break;
    case RC_UINT16:
      apply_u16 (sampler, pick, rows, at, out);
      break;
    case RC_INT32:
      apply_i32 (sampler, pick, rows, at, out);
      break;
    case RC_UINT32:
      apply_u32 (sampler, pick, rows, at, out);
      break;
    case RC_INT64:
      apply_i64 (sampler, pick, rows, at, out);
      break;
    case RC_UINT64:
      apply_u64 (sampler, pick, rows, at, out);
      break;
    case RC_FLOAT16:
      apply_f16 (sampler, pick, rows, at, out);
      break;
    case RC_BFLOAT16:
      apply_bf16 (sampler, pick, rows, at, out);
      break;
    case RC_FLOAT32:
      apply_f32 (sampler, pick, rows, at, out);
      break;
    default:
      apply_f64 (sampler, pick, rows, at, out);
  }
}

void
RC_VARIANT (rc_apply_rows) (const RcSampler * sampler, const RcPick * pick,
    const RcRows * rows, void *out)
{
  const size_t row_size = (size_t) sampler->config.channels * sampler->size;
  RcTick at = {.first = pick->first };

  switch (pick->op) {
    case RC_OP_FILL:
      fill_elements (sampler, out, rc_sampler_row_elements (sampler));
      return;
    case RC_OP_COPY:
      for (int64_t i = 0; i < rows->coming_bytes; i += 64)
        __builtin_prefetch (rows->coming + i);
      memcpy (out, row_at (rows, &at, 0), row_size);
      if (!sampler->blends || sampler->n_quaternions == 0)
        return;
      break;
    case RC_OP_GATHER:
      for (int64_t i = 0; i < pick->count; i++)
        memcpy ((uint8_t *) out + (size_t) i * row_size,
            row_at (rows, &at, i), row_size);
      fill_elements (sampler, (uint8_t *) out
          + (size_t) pick->count * row_size,
          (sampler->config.samples - pick->count) * sampler->config.channels);
      return;
    case RC_OP_MEAN:
      rc_tick_window (sampler, pick, rows->times, &at);
      break;
    default:
      break;
  }
  apply_type (sampler, pick, rows, &at, out);
}
