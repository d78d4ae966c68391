/* SPDX-License-Identifier: Apache-2.0 */
/* Memory, streams, events and graphs for the programs that run on a GPU: what the
 * core does not need of the driver, found in the same library. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/cuda.h"

typedef struct
{
  RcCuda *cuda;
  void *library, *stream;
} Device;

/* False, and why on stdout, where there is no usable CUDA. */
int device_open (Device * device);
void device_close (Device * device);

/* Each of these ends the program where the driver says no. */
void *device_alloc (Device * device, size_t size);
void device_free (Device * device, void *memory);
void device_put (Device * device, void *to, const void *from, size_t size);
void device_get (Device * device, void *to, const void *from, size_t size);
void device_set (Device * device, void *to, uint8_t value, size_t size);
void device_copy (Device * device, void *to, const void *from, size_t size);
void device_wait (Device * device);

/* Milliseconds that the device takes for what is queued in between. */
void device_start (Device * device);
float device_stop (Device * device);

/* What is queued in between becomes a graph, which runs when asked. */
void device_record (Device * device);
void *device_recorded (Device * device);
void device_run (Device * device, void *graph);
void device_drop (Device * device, void *graph);
