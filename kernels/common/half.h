/* SPDX-License-Identifier: Apache-2.0 */
/* float16 and bfloat16 <-> float32: to nearest even, NaN to the one quiet NaN
 * with sign 0. The bits are the same with and without hardware conversion. */
#pragma once

#include <stdint.h>
#include <string.h>

#include "hd.h"

#if defined(__F16C__) && !defined(__CUDACC__)
#include <immintrin.h>
#define RC_HARDWARE_F16 1
#endif

#define RC_NAN_BITS_F16 0x7e00u
#define RC_NAN_BITS_BF16 0x7fc0u
#define RC_NAN_BITS_F32 0x7fc00000u
#define RC_NAN_BITS_F64 0x7ff8000000000000u

RC_HD uint32_t
rc_f32_bits (float value)
{
  uint32_t bits;

  memcpy (&bits, &value, sizeof (bits));
  return bits;
}

RC_HD float
rc_f32_from_bits (uint32_t bits)
{
  float value;

  memcpy (&value, &bits, sizeof (value));
  return value;
}

RC_HD double
rc_f64_from_bits (uint64_t bits)
{
  double value;

  memcpy (&value, &bits, sizeof (value));
  return value;
}

RC_HD float
rc_f32_canonical (float value)
{
  return value != value ? rc_f32_from_bits (RC_NAN_BITS_F32) : value;
}

RC_HD double
rc_f64_canonical (double value)
{
  return value != value ? rc_f64_from_bits (RC_NAN_BITS_F64) : value;
}

RC_HD float
rc_f16_to_f32 (uint16_t half)
{
#if defined(RC_HARDWARE_F16)
  return _cvtsh_ss (half);
#elif defined(__CUDA_ARCH__)
  float value;

  __asm__ ("cvt.f32.f16 %0, %1;" : "=f" (value) : "h" (half));
  return value;
#else
  const uint32_t sign = (uint32_t) (half & 0x8000) << 16;
  const uint32_t magnitude = half & 0x7fff;

  if (magnitude >= 0x7c00)      /* infinity; NaN, made quiet as hardware does */
    return rc_f32_from_bits (sign | 0x7f800000u | (magnitude & 0x3ff) << 13
        | (magnitude > 0x7c00 ? 0x400000u : 0));
  if (magnitude < 0x400) {      /* subnormal or zero: an exact product */
    const float value = (float) magnitude * 0x1p-24f;
    return rc_f32_from_bits (sign | rc_f32_bits (value));
  }
  return rc_f32_from_bits (sign | ((magnitude << 13) + 0x38000000u));
#endif
}

RC_HD uint16_t
rc_f16_from_f32 (float value)
{
#if defined(RC_HARDWARE_F16)
  return value != value ? RC_NAN_BITS_F16 : (uint16_t) _cvtss_sh (value, 0);
#elif defined(__CUDA_ARCH__)
  uint16_t half;

  __asm__ ("cvt.rn.f16.f32 %0, %1;" : "=h" (half) : "f" (value));
  return value != value ? RC_NAN_BITS_F16 : half;
#else
  const uint32_t bits = rc_f32_bits (value);
  const uint32_t sign = bits >> 16 & 0x8000;
  const uint32_t magnitude = bits & 0x7fffffff;

  if (magnitude > 0x7f800000)
    return RC_NAN_BITS_F16;
  if (magnitude >= 0x47800000)  /* 65536 and more; 65520 rounds there below */
    return (uint16_t) (sign | 0x7c00);
  if (magnitude < 0x38800000) { /* below 2^-14: let one addition do the rounding
                                 * at 2^-24, the last place of a subnormal */
    const float shifted = rc_f32_from_bits (magnitude) + 0.5f;
    return (uint16_t) (sign | (rc_f32_bits (shifted) - 0x3f000000u));
  }
  return (uint16_t) (sign | ((magnitude - 0x38000000u + 0xfff
              + (magnitude >> 13 & 1)) >> 13));
#endif
}

RC_HD float
rc_bf16_to_f32 (uint16_t half)
{
  return rc_f32_from_bits ((uint32_t) half << 16);
}

RC_HD uint16_t
rc_bf16_from_f32 (float value)
{
  const uint32_t bits = rc_f32_bits (value);
  const uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;

  return (uint16_t) (value != value ? RC_NAN_BITS_BF16 : rounded);
}
