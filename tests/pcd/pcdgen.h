/* SPDX-License-Identifier: Apache-2.0 */
/* Point clouds with every kind of field, written as PCD in all its forms. */
#pragma once

#include <glib.h>

#include "pcdfile.h"

typedef struct
{
  const gchar *name;
  gchar type;
  guint size, count;
} PcdGenField;

/* Every type; a count above 1, padding in the middle and at the end. */
extern const PcdGenField pcd_gen_all[];
extern const guint pcd_gen_n_all;
extern const PcdGenField pcd_gen_xyz[3];

guint pcd_gen_step (const PcdGenField * fields, guint n);

/* Random points, NaN and extreme values among them. NaNs are quiet, since text
 * cannot tell them apart. */
GByteArray *pcd_gen_points (GRand * rand, const PcdGenField * fields, guint n,
    guint points);

/* A whole file. `extra` are header lines to add, or NULL. */
GByteArray *pcd_gen_file (const PcdGenField * fields, guint n,
    const GByteArray * points, PcdData data, const gchar * extra);

/* LZF of any input, by a greedy search. */
GByteArray *pcd_gen_lzf (const guint8 * data, gsize size);
