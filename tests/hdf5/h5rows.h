/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that a reader (h5rows.py) can check. Row i, from 0 over all episodes,
 * holds, and never a zero:
 *   time   (i + 1) ms
 *   imu    float32 [3]  i + 1 + c / 4
 *   front  uint8 [24, 32, 3]  1 + (7 i + byte index) mod 255
 *   cmd    float32 [2], an action  -(i + 1) - c / 2
 * with state 1 and skew -(i + 1) ns for each stream. Beside it the raw stream
 * "force" has 3 samples per row: sample s is float32 [2] = s + 1 + c / 2, at
 * (s + 1) / 3 ms. */
#pragma once

#include <gst/gst.h>

#define ROWS_CAPS "other/tensors, format=static, num_tensors=3, " \
    "types=\"float32,uint8,float32\", dimensions=\"3,3:32:24,2\", " \
    "framerate=1000/1, streams=\"imu;front;cmd\", formats=\";RGB;\", " \
    "names=\"x,y,z;;v,w\", units=\"m/s2,m/s2,m/s2;;m/s,rad/s\", " \
    "roles=\"observation;observation;action\", " \
    "methods=\"linear;previous;next\", frames=\"imu_link;;\", " \
    "aligned=\"imu,front,cmd\""
#define FORCE_CAPS "other/tensors, format=static, num_tensors=1, " \
    "types=float32, dimensions=(string)2, framerate=0/1"
#define FORCE_PER_ROW 3

typedef struct
{
  gfloat imu[3];
  guint8 front[24 * 32 * 3];
  gfloat cmd[2];
  guint8 state[3];
  gint64 skew[3];
  gint64 time;
} Row;

static inline void
row_fill (Row * row, guint64 i)
{
  for (guint c = 0; c < G_N_ELEMENTS (row->imu); c++)
    row->imu[c] = i + 1 + c / 4.f;
  for (guint c = 0; c < G_N_ELEMENTS (row->front); c++)
    row->front[c] = 1 + (7 * i + c) % 255;
  for (guint c = 0; c < G_N_ELEMENTS (row->cmd); c++)
    row->cmd[c] = -(gfloat) (i + 1) - c / 2.f;
  for (guint s = 0; s < G_N_ELEMENTS (row->state); s++) {
    row->state[s] = 1;
    row->skew[s] = -(gint64) (i + 1);
  }
  row->time = (gint64) (i + 1) * GST_MSECOND;
}

/* Returns the sample's time. */
static inline gint64
force_fill (gfloat force[2], guint64 s)
{
  force[0] = s + 1;
  force[1] = s + 1.5f;
  return (gint64) (s + 1) * GST_MSECOND / FORCE_PER_ROW;
}
