/* SPDX-License-Identifier: Apache-2.0 */
/* Random numbers for the voxelizer's tests, from `seed`. */
#pragma once

#include <stdint.h>

static uint64_t seed;

static inline uint32_t
rnd (void)
{
  seed = seed * 6364136223846793005ull + 1442695040888963407ull;
  return (uint32_t) (seed >> 33);
}

static inline double
uniform (double a, double b)
{
  return a + (b - a) * rnd () / 2147483648.0;
}
