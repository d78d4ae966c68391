/* SPDX-License-Identifier: Apache-2.0 */
/* How the tensors of aligned caps become datasets of an episode. */
#pragma once

#include <hdf5.h>

#include "rccaps.h"

G_BEGIN_DECLS

/* Rank of a row: a window, then the tensor's own dimensions. */
#define RC_H5_PLAN_RANK (GST_RC_MAX_RANK + 1)

/* One dataset, or one part of the actions: `blocks` pieces of `block` bytes,
 * `stride` bytes apart, within a tensor of the buffer. */
typedef struct
{
  gchar *name;                  /* of the dataset */
  gchar *stream;
  guint tensor;
  RcDType dtype;
  gsize offset, block, stride, blocks;
  hsize_t dims[RC_H5_PLAN_RANK];        /* of a row, outermost first */
  guint rank;
  gboolean image;               /* one to a chunk */
  gchar **names, **units;       /* or NULL */
  gchar *method, *role, *format, *frame;        /* or NULL */
} RcH5Column;

typedef struct
{
  GPtrArray *observations;      /* RcH5Column: obs/<name> */
  GPtrArray *actions;           /* RcH5Column: parts of `actions` */
  gsize action_width;           /* A, per row of the window */
  guint window;                 /* T >= 1 rows per buffer */
  gchar **aligned;              /* streams with provenance, or NULL */
  guint n_aligned;
  gint state_tensor, skew_tensor;       /* of the bundle, or -1 */
  guint n_tensors;
  gsize sizes[GST_RC_MAX_TENSORS];
  gchar *caps;
} RcH5Plan;

/* NULL, and an error that names the stream, when the caps cannot be stored. */
RcH5Plan *rc_h5_plan_new (const GstCaps * caps, GError ** error);
void rc_h5_plan_free (RcH5Plan * plan);

/* A column for the whole of a tensor. Images keep their three dimensions; with
 * `outer` > 1 the outermost dimension of the tensor, which has this size (a
 * window, or samples), stays one. Free with rc_h5_column_free (). */
RcH5Column *rc_h5_column_new (const GstRcTensor * tensor, guint index,
    const gchar * name, guint outer);
RcH5Column *rc_h5_column_copy (const RcH5Column * column);
void rc_h5_column_free (gpointer column);

/* Name of a link in HDF5; sets a format error when it cannot be one. */
gboolean rc_h5_name_check (const gchar * name, GError ** error);

G_END_DECLS
