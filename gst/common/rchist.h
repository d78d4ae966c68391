/* SPDX-License-Identifier: Apache-2.0 */
/* A histogram of int64 values (times in ns) in fixed memory: what a percentile
 * over days of samples needs, without keeping the samples.
 *
 * Log-linear buckets: of every power of two 32 buckets of equal width, for
 * positive and for negative values, as in HdrHistogram. Magnitudes below 64 have
 * a bucket each. A percentile is the middle of its bucket, so that it differs from
 * the sample of that rank by at most 1/64 of that sample. Count, minimum, maximum
 * and mean are exact.
 *
 * Not thread-safe: the caller serialises. Adding takes a few ns and allocates
 * nothing. All-zero memory is an empty histogram. 30 KB: too large for the
 * instance of a GObject, whose size is limited to 64 KB. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define GST_RC_HIST_BUCKETS 1888

typedef struct _GstRcHist
{
  guint64 n;
  gint64 min, max;              /* valid when n > 0 */
  guint64 sum_low;              /* the sum, in 128 bits, two's complement */
  gint64 sum_high;
  guint64 buckets[2][GST_RC_HIST_BUCKETS];      /* [value < 0][of |value|] */
} GstRcHist;

void gst_rc_hist_clear (GstRcHist * hist);
void gst_rc_hist_add (GstRcHist * hist, gint64 value);

/* The mean, rounded to double; 0 when empty. */
gdouble gst_rc_hist_mean (const GstRcHist * hist);

/* The smallest value that `percent` (0 to 100) of the samples do not exceed
 * (nearest rank), to 1/64; the exact minimum and maximum at the ends; 0 when
 * empty. */
gint64 gst_rc_hist_percentile (const GstRcHist * hist, gdouble percent);

G_END_DECLS
