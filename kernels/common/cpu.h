/* SPDX-License-Identifier: Apache-2.0 */
/* Which version of a kernel this machine runs.
 *
 * Sources listed in `variant_sources` are compiled once for any CPU and once
 * for x86-64-v3 (AVX2, FMA, F16C, BMI). They name what they define with
 * RC_VARIANT (), and their callers choose by rc_cpu_level (). Every version
 * gives the same bits. No ifunc: it does not survive sanitizers and static
 * linking everywhere.
 *
 * Thread-safe. */
#pragma once

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum
{
  RC_CPU_LEVEL_BASELINE = 0,
  RC_CPU_LEVEL_X86_64_V3,
  RC_N_CPU_LEVELS
} RcCpuLevel;

/* The best level that this machine and build have. RC_CPU=baseline in the
 * environment, read at the first call, keeps it at the baseline. */
RcCpuLevel rc_cpu_level (void);

/* For tests and benchmarks: sets what rc_cpu_level () returns from now on.
 * False, and nothing changes, where the machine lacks the level. */
bool rc_cpu_set_level (RcCpuLevel level);

#ifdef RC_CPU_V3
#define RC_VARIANT(name) name##_v3
#else
#define RC_VARIANT(name) name##_baseline
#endif

/* Picks name_v3 or name_baseline for this machine. */
#ifdef __x86_64__
#define RC_CHOOSE(name) \
  (rc_cpu_level () == RC_CPU_LEVEL_X86_64_V3 ? name##_v3 : name##_baseline)
#else
#define RC_CHOOSE(name) (name##_baseline)
#endif

#ifdef __cplusplus
}
#endif
