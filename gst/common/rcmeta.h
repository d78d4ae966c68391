/* SPDX-License-Identifier: Apache-2.0 */
/* Custom metas: readable from any language with gst_buffer_get_custom_meta ()
 * and gst_custom_meta_get_structure (), with no header of ours.
 *
 * RcProvenance, on every buffer of an aligner:
 *   tick     (gint64)  index k of the newest row's tick
 *   streams  (gint)    N, one per sink pad, in the caps' order
 *   rows     (gint)    T, the window; rows are oldest first
 *   state    GBytes    uint8 [T, N] RcState
 *   skew     GBytes    int64 [T, N] ns, native-endian; G_MININT64: missing
 *   newest   GBytes    int64 [T, N] running time in ns; G_MININT64: missing
 *   deadline (gint)    bit i: a deadline decided how far stream i was read, and not
 *                      the stream alone (newest row)
 *   read     GBytes    uint64 [N], only where deadline is not 0: samples of each
 *                      stream that had been read by then, the last ones that
 *                      could be used
 *
 * RcSampleTimes, on a sensor buffer that holds several samples:
 *   times    GBytes    int64 [S] ns, in the time base of the PTS, increasing */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_RC_META_PROVENANCE "RcProvenance"
#define GST_RC_META_SAMPLE_TIMES "RcSampleTimes"

/* Registers the metas unless another plugin file already has. To be called in
 * every plugin_init (). */
void gst_rc_metas_register (void);

/* The sample times on a buffer: S values owned by the buffer, or NULL when it
 * has none. */
const gint64 *gst_rc_sample_times_get (GstBuffer * buffer, gsize * n_samples);
void gst_rc_sample_times_add (GstBuffer * buffer, const gint64 * times,
    gsize n_samples);

/* Provenance of T rows of N streams; arrays as above, copied. */
void gst_rc_provenance_add (GstBuffer * buffer, gint64 tick, guint n_streams,
    guint n_rows, const guint8 * state, const gint64 * skew,
    const gint64 * newest, guint32 deadline);

/* Adds the samples read, N values, to a provenance that a deadline decided. */
void gst_rc_provenance_add_read (GstBuffer * buffer, const guint64 * read,
    guint n_streams);

/* A view into a buffer's provenance, valid as long as the buffer. */
typedef struct
{
  gint64 tick;
  guint n_streams;
  guint n_rows;
  const guint8 *state;          /* [n_rows, n_streams] */
  const gint64 *skew;
  const gint64 *newest;
  guint32 deadline;
  const guint64 *read;          /* [n_streams], or NULL */
} GstRcProvenance;

/* FALSE when the buffer has none or it is malformed. */
gboolean gst_rc_provenance_get (GstBuffer * buffer, GstRcProvenance * view);

G_END_DECLS
