/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the values of one tick. Compiled once per CPU level: see cpu.h. */
#include "sampler.h"
#include "sample-math.h"
#include "../common/cpu.h"
#include "../common/times.h"

#include <string.h>

/* Channels of MEAN that are summed together, on the stack. */
#define MEAN_BLOCK 64

/* The tick's part that does not depend on the type. */
typedef struct
{
  int64_t first;                /* pick->first */
  int64_t from, to;             /* MEAN's window */
  double window;
  double head, tail;            /* MEAN: shares before the first row and after
                                 * the last one */
} RcTick;

/* MEAN: what of the interval between two rows lies in the window. */
typedef struct
{
  double from, to;              /* as fractions of the interval */
  double share;                 /* as a fraction of the window */
} MeanPart;

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

static inline MeanPart
mean_part (const RcTick * at, const int64_t * times, int64_t i)
{
  const int64_t low = times[i] < at->from ? at->from : times[i];
  const int64_t high = times[i + 1] > at->to ? at->to : times[i + 1];
  MeanPart part = { 0, 1, 0 };

  if (low > times[i])
    part.from = rc_time_weight (low, times[i], times[i + 1]);
  if (high < times[i + 1])
    part.to = rc_time_weight (high, times[i], times[i + 1]);
  part.share = (double) rc_time_distance (high, low) / at->window;
  return part;
}

/* To nearest even, within the type; a NaN, which integers cannot hold, gives
 * the smallest. `above` is the first value too large: a power of two. */
#define STORE_INTEGER(type, low, high, above) \
static inline type \
store_##type (double value) \
{ \
  const double rounded = rint (value); \
  return !(rounded > (double) low) ? low : rounded >= above ? high \
      : (type) rounded; \
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
STORE_INTEGER (int8_t, INT8_MIN, INT8_MAX, 0x1p7)
STORE_INTEGER (uint8_t, 0, UINT8_MAX, 0x1p8)
STORE_INTEGER (int16_t, INT16_MIN, INT16_MAX, 0x1p15)
STORE_INTEGER (uint16_t, 0, UINT16_MAX, 0x1p16)
STORE_INTEGER (int32_t, INT32_MIN, INT32_MAX, 0x1p31)
STORE_INTEGER (uint32_t, 0, UINT32_MAX, 0x1p32)
STORE_INTEGER (int64_t, INT64_MIN, INT64_MAX, 0x1p63)
STORE_INTEGER (uint64_t, 0, UINT64_MAX, 0x1p64)

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
#define RC_STORE store_int8_t
#define RC_STORE_D store_int8_t
#include "apply-type.h"

#define RC_T uint8_t
#define RC_R double
#define RC_NAME(name) name##_u8
#define RC_MATH MATH_F64
#define RC_LOAD AS_DOUBLE
#define RC_STORE store_uint8_t
#define RC_STORE_D store_uint8_t
#include "apply-type.h"

#define RC_T int16_t
#define RC_R double
#define RC_NAME(name) name##_i16
#define RC_MATH MATH_F64
#define RC_LOAD AS_DOUBLE
#define RC_STORE store_int16_t
#define RC_STORE_D store_int16_t
#include "apply-type.h"

#define RC_T uint16_t
#define RC_R double
#define RC_NAME(name) name##_u16
#define RC_MATH MATH_F64
#define RC_LOAD AS_DOUBLE
#define RC_STORE store_uint16_t
#define RC_STORE_D store_uint16_t
#include "apply-type.h"

#define RC_T int32_t
#define RC_R double
#define RC_NAME(name) name##_i32
#define RC_MATH MATH_F64
#define RC_LOAD AS_DOUBLE
#define RC_STORE store_int32_t
#define RC_STORE_D store_int32_t
#include "apply-type.h"

#define RC_T uint32_t
#define RC_R double
#define RC_NAME(name) name##_u32
#define RC_MATH MATH_F64
#define RC_LOAD AS_DOUBLE
#define RC_STORE store_uint32_t
#define RC_STORE_D store_uint32_t
#include "apply-type.h"

#define RC_T int64_t
#define RC_R double
#define RC_NAME(name) name##_i64
#define RC_MATH MATH_F64
#define RC_LOAD AS_DOUBLE
#define RC_STORE store_int64_t
#define RC_STORE_D store_int64_t
#include "apply-type.h"

#define RC_T uint64_t
#define RC_R double
#define RC_NAME(name) name##_u64
#define RC_MATH MATH_F64
#define RC_LOAD AS_DOUBLE
#define RC_STORE store_uint64_t
#define RC_STORE_D store_uint64_t
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
    case RC_OP_MEAN:{
      const int64_t *times = rows->times;
      const int64_t last = times[pick->count - 1];

      rc_sampler_mean_window (sampler, pick->tick, &at.from, &at.to);
      at.window = (double) sampler->config.window;
      if (times[0] > at.from)
        at.head = (double) rc_time_distance (times[0], at.from) / at.window;
      if (last < at.to)
        at.tail = (double) rc_time_distance (at.to, last) / at.window;
      break;
    }
    default:
      break;
  }
  apply_type (sampler, pick, rows, &at, out);
}

#ifndef RC_CPU_V3
void
rc_store_f64 (RcDType dtype, double value, void *out)
{
  /* through a sampler-less copy of what apply_type () would store */
  switch (dtype) {
#define STORE(name, type, expression) \
    case name:{ \
      const type stored = expression; \
      memcpy (out, &stored, sizeof (stored)); \
      break; \
    }
      STORE (RC_INT8, int8_t, store_int8_t (value));
      STORE (RC_UINT8, uint8_t, store_uint8_t (value));
      STORE (RC_INT16, int16_t, store_int16_t (value));
      STORE (RC_UINT16, uint16_t, store_uint16_t (value));
      STORE (RC_INT32, int32_t, store_int32_t (value));
      STORE (RC_UINT32, uint32_t, store_uint32_t (value));
      STORE (RC_INT64, int64_t, store_int64_t (value));
      STORE (RC_UINT64, uint64_t, store_uint64_t (value));
      STORE (RC_FLOAT16, uint16_t, rc_f16_from_f32 ((float) value));
      STORE (RC_BFLOAT16, uint16_t, rc_bf16_from_f32 ((float) value));
      STORE (RC_FLOAT32, float, rc_f32_canonical ((float) value));
    default:
      STORE (RC_FLOAT64, double, rc_f64_canonical (value));
#undef STORE
  }
}

double
rc_load_f64 (RcDType dtype, const void *in)
{
  switch (dtype) {
#define LOAD(name, type, convert) \
    case name:{ \
      type loaded; \
      memcpy (&loaded, in, sizeof (loaded)); \
      return (double) convert (loaded); \
    }
      LOAD (RC_INT8, int8_t,);
      LOAD (RC_UINT8, uint8_t,);
      LOAD (RC_INT16, int16_t,);
      LOAD (RC_UINT16, uint16_t,);
      LOAD (RC_INT32, int32_t,);
      LOAD (RC_UINT32, uint32_t,);
      LOAD (RC_INT64, int64_t,);
      LOAD (RC_UINT64, uint64_t,);
      LOAD (RC_FLOAT16, uint16_t, rc_f16_to_f32);
      LOAD (RC_BFLOAT16, uint16_t, rc_bf16_to_f32);
      LOAD (RC_FLOAT32, float,);
    default:
      LOAD (RC_FLOAT64, double,);
#undef LOAD
  }
}
#endif
