/* SPDX-License-Identifier: Apache-2.0 */
/* The GPU against the CPU, bit by bit: what the parity programs share. Outputs are
 * poisoned before each run, and what lies around them must still be poison after it.
 *
 *   parity-X [--cases N] [--seed S]      default 2000 from seed 1
 *   parity-X --bench
 *
 * Exit status 0: equal; 1: not, and the seed of the case; 77: no GPU, and why. */
#pragma once

#include "device.h"

#define POISON 0xa5

/* Random numbers; each case begins with its seed's. */
uint64_t random_bits (void);
int64_t between (int64_t low, int64_t high);    /* both included */
int one_in (int n);

/* One array on both sides. */
typedef struct
{
  uint8_t *host, *device;       /* with guards */
  uint8_t *at, *on_device;      /* without, and `shift` bytes further */
  size_t size;                  /* without guards */
} Array;

/* Poison, on the host. */
Array array_new (Device * device, size_t size, size_t shift);
void array_put (Device * device, const Array * a);
void array_free (Device * device, Array * a);

/* 1 where all of it, guards too, is what the CPU left; else prints where not. */
int array_equal (Device * device, const Array * a, const char *what,
    size_t unit);

/* Median microseconds of one of `many` that are in a graph, which it frees. */
double time_graph (Device * device, void *graph, int many);

/* The same of a copy of so many bytes in the device's memory. */
double time_copy (Device * device, size_t bytes, int many);

/* Runs the cases (1: equal), or the benchmark. */
int parity_main (int argc, char **argv, int (*run_case) (Device *, uint64_t),
    void (*bench) (Device *));
