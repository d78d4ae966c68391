/* SPDX-License-Identifier: Apache-2.0 */
#include "rchist.h"

#include <math.h>
#include <string.h>

#define SUB_BITS 5              /* 32 buckets for a power of two */
#define SUB (1 << SUB_BITS)

G_STATIC_ASSERT (GST_RC_HIST_BUCKETS == (63 - SUB_BITS + 1) * SUB);

void
gst_rc_hist_clear (GstRcHist * hist)
{
  memset (hist, 0, sizeof (*hist));
}

/* |value|; that of G_MININT64, which int64 does not have, counts as one less. */
static guint64
magnitude (gint64 value)
{
  if (value >= 0)
    return value;
  return value == G_MININT64 ? G_MAXINT64 : (guint64) - value;
}

/* Of magnitude m in [32 * 2^e, 64 * 2^e), e >= 0, the bucket is 32 * e + m / 2^e;
 * smaller ones are their own. */
static guint
bucket_of (guint64 m)
{
  guint e;

  if (m < 2 * SUB)
    return m;
  e = 63 - __builtin_clzll (m) - SUB_BITS;
  return e * SUB + (guint) (m >> e);
}

/* The middle of a bucket. */
static guint64
middle (guint bucket)
{
  guint e;

  if (bucket < 2 * SUB)
    return bucket;
  e = bucket / SUB - 1;
  return ((guint64) (bucket - e * SUB) << e) + ((G_GUINT64_CONSTANT (1) << e)
      >> 1);
}

void
gst_rc_hist_add (GstRcHist * hist, gint64 value)
{
  guint64 low = hist->sum_low + (guint64) value;

  hist->sum_high += (value < 0 ? -1 : 0) + (low < hist->sum_low);
  hist->sum_low = low;
  if (hist->n == 0 || value < hist->min)
    hist->min = value;
  if (hist->n == 0 || value > hist->max)
    hist->max = value;
  hist->n++;
  hist->buckets[value < 0][bucket_of (magnitude (value))]++;
}

gdouble
gst_rc_hist_mean (const GstRcHist * hist)
{
  gboolean negative = hist->sum_high < 0;
  guint64 high = hist->sum_high, low = hist->sum_low;
  gdouble sum;

  if (hist->n == 0)
    return 0;
  /* by magnitude: high and low parts of opposite signs would cancel badly */
  if (negative) {
    low = ~low + 1;
    high = ~high + (low == 0);
  }
  sum = ldexp ((gdouble) high, 64) + (gdouble) low;
  return (negative ? -sum : sum) / (gdouble) hist->n;
}

gint64
gst_rc_hist_percentile (const GstRcHist * hist, gdouble percent)
{
  guint64 rank, seen = 0;
  gint64 value = 0;

  if (hist->n == 0)
    return 0;
  rank = (guint64) ceil (CLAMP (percent, 0, 100) * (gdouble) hist->n / 100);
  if (rank <= 1)
    return hist->min;
  if (rank >= hist->n)
    return hist->max;
  for (gint i = GST_RC_HIST_BUCKETS - 1; i >= 0 && seen < rank; i--) {
    seen += hist->buckets[TRUE][i];
    value = -(gint64) middle (i);
  }
  for (guint i = 0; i < GST_RC_HIST_BUCKETS && seen < rank; i++) {
    seen += hist->buckets[FALSE][i];
    value = middle (i);
  }
  return CLAMP (value, hist->min, hist->max);
}
