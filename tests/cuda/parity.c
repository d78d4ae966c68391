/* SPDX-License-Identifier: Apache-2.0 */
#include "parity.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/splitmix.h"

#define GUARD 256               /* bytes around each array */

static uint64_t random_state;

uint64_t
random_bits (void)
{
  return splitmix64 (&random_state);
}

int64_t
between (int64_t low, int64_t high)
{
  return low + (int64_t) (random_bits () % (uint64_t) (high - low + 1));
}

int
one_in (int n)
{
  return between (1, n) == 1;
}

Array
array_new (Device * device, size_t size, size_t shift)
{
  Array a;

  a.size = size;
  a.host = malloc (size + 2 * GUARD);
  a.device = device_alloc (device, size + 2 * GUARD);
  memset (a.host, POISON, size + 2 * GUARD);
  a.at = a.host + GUARD + shift;
  a.on_device = a.device + GUARD + shift;
  return a;
}

void
array_put (Device * device, const Array * a)
{
  device_put (device, a->device, a->host, a->size + 2 * GUARD);
}

void
array_free (Device * device, Array * a)
{
  if (a->host)
    device_free (device, a->device);
  free (a->host);
  memset (a, 0, sizeof (*a));
}

int
array_equal (Device * device, const Array * a, const char *what, size_t unit)
{
  const size_t size = a->size + 2 * GUARD;
  uint8_t *got = malloc (size);
  int equal;

  device_get (device, got, a->device, size);
  equal = memcmp (got, a->host, size) == 0;
  if (!equal) {
    size_t i = 0;

    while (got[i] == a->host[i])
      i++;
    i = (i - GUARD) / unit * unit + GUARD;
    printf ("%s, element %lld of %zu bytes: CPU", what,
        ((long long) i - (a->at - a->host)) / (long long) unit, unit);
    for (size_t k = 0; k < unit; k++)
      printf (" %02x", a->host[i + unit - 1 - k]);
    printf (", GPU");
    for (size_t k = 0; k < unit; k++)
      printf (" %02x", got[i + unit - 1 - k]);
    printf ("\n");
  }
  free (got);
  return equal;
}

static int
by_value (const void *a, const void *b)
{
  const float x = *(const float *) a, y = *(const float *) b;

  return (x > y) - (x < y);
}

double
time_graph (Device * device, void *graph, int many)
{
  float ms[21];

  for (int i = 0; i < 3; i++)
    device_run (device, graph);
  for (int i = 0; i < 21; i++) {
    device_start (device);
    device_run (device, graph);
    ms[i] = device_stop (device);
  }
  qsort (ms, 21, sizeof (*ms), by_value);
  device_drop (device, graph);
  return ms[10] * 1000. / many;
}

double
time_copy (Device * device, size_t bytes, int many)
{
  void *from = device_alloc (device, bytes), *to = device_alloc (device, bytes);
  double us;

  device_set (device, from, 7, bytes);
  device_record (device);
  for (int i = 0; i < many; i++)
    device_copy (device, to, from, bytes);
  us = time_graph (device, device_recorded (device), many);
  device_free (device, from);
  device_free (device, to);
  return us;
}

int
parity_main (int argc, char **argv, int (*run_case) (Device *, uint64_t),
    void (*bench) (Device *))
{
  uint64_t seed = 1, cases = 2000, failed = 0;
  int only_bench = 0;
  Device device;

  for (int i = 1; i < argc; i++) {
    if (!strcmp (argv[i], "--bench"))
      only_bench = 1;
    else if (!strcmp (argv[i], "--cases") && i + 1 < argc)
      cases = strtoull (argv[++i], NULL, 10);
    else if (!strcmp (argv[i], "--seed") && i + 1 < argc)
      seed = strtoull (argv[++i], NULL, 10);
  }
  if (!device_open (&device))
    return 77;
  if (only_bench) {
    random_state = 1;
    bench (&device);
  } else {
    for (uint64_t i = 0; i < cases && failed < 10; i++) {
      random_state = (seed + i) * 1000003;
      failed += !run_case (&device, seed + i);
    }
    printf ("%" PRIu64 " cases from seed %" PRIu64 ": %s\n", cases, seed,
        failed ? "NOT equal" : "GPU and CPU are equal, bit for bit");
  }
  device_close (&device);
  return failed > 0;
}
