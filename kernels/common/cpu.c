/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#ifdef __x86_64__
#include <cpuid.h>
#endif

static RcCpuLevel
detect (void)
{
#ifdef __x86_64__
  const unsigned need_1c = bit_FMA | bit_MOVBE | bit_OSXSAVE | bit_AVX
      | bit_F16C;
  const unsigned need_7b = bit_BMI | bit_AVX2 | bit_BMI2;
  unsigned a, b, c, d, low, high;

  if (!__get_cpuid (1, &a, &b, &c, &d) || (c & need_1c) != need_1c)
    return RC_CPU_LEVEL_BASELINE;
  /* *INDENT-OFF* */
  __asm__ ("xgetbv" : "=a" (low), "=d" (high) : "c" (0));
  /* *INDENT-ON* */
  if ((low & 6) != 6)           /* the kernel does not save AVX registers */
    return RC_CPU_LEVEL_BASELINE;
  if (!__get_cpuid_count (7, 0, &a, &b, &c, &d) || (b & need_7b) != need_7b)
    return RC_CPU_LEVEL_BASELINE;
  if (!__get_cpuid (0x80000001, &a, &b, &c, &d) || !(c & bit_LZCNT))
    return RC_CPU_LEVEL_BASELINE;
  return RC_CPU_LEVEL_X86_64_V3;
#else
  return RC_CPU_LEVEL_BASELINE;
#endif
}

/* -1: not asked yet. Two threads that ask at once find the same. */
static atomic_int current = -1;

RcCpuLevel
rc_cpu_level (void)
{
  int level = atomic_load_explicit (&current, memory_order_relaxed);

  if (level < 0) {
    const char *wish = getenv ("RC_CPU");
    level = wish && strcmp (wish, "baseline") == 0
        ? RC_CPU_LEVEL_BASELINE : detect ();
    atomic_store_explicit (&current, level, memory_order_relaxed);
  }
  return (RcCpuLevel) level;
}

bool
rc_cpu_set_level (RcCpuLevel level)
{
  if ((unsigned) level >= RC_N_CPU_LEVELS || level > detect ())
    return false;
  atomic_store_explicit (&current, (int) level, memory_order_relaxed);
  return true;
}
