/* SPDX-License-Identifier: Apache-2.0 */
/* The histogram against sorted data. RC_TEST_SEED=N repeats a run. */
#include <gst/check/check.h>

#include <math.h>
#include <stdlib.h>

#include "rchist.h"

static GstRcHist hist;

static int
compare (const void *a, const void *b)
{
  gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return (x > y) - (x < y);
}

/* All of the header's promises for these values. */
static void
check (gint64 * values, guint n, const gchar * what)
{
  static const gdouble percents[] = { 0, 0.1, 1, 10, 25, 50, 75, 90, 99, 99.9,
    100
  };
  __int128 sum = 0;

  gst_rc_hist_clear (&hist);
  for (guint i = 0; i < n; i++) {
    gst_rc_hist_add (&hist, values[i]);
    sum += values[i];
  }
  qsort (values, n, sizeof (*values), compare);
  fail_unless_equals_uint64 (hist.n, n);
  fail_unless_equals_int64 (hist.min, values[0]);
  fail_unless_equals_int64 (hist.max, values[n - 1]);
  fail_unless (fabsl (gst_rc_hist_mean (&hist) - (long double) sum / n) <=
      1e-15L * fabsl ((long double) sum / n), "%s: mean", what);
  for (guint p = 0; p < G_N_ELEMENTS (percents); p++) {
    guint rank = (guint) ceil (percents[p] * n / 100);
    gint64 right = values[MAX (rank, 1) - 1];
    gint64 got = gst_rc_hist_percentile (&hist, percents[p]);
    gdouble error = fabs ((gdouble) got - (gdouble) right);

    fail_unless (error <= fabs ((gdouble) right) / 64,
        "%s, %u values, p%g: %" G_GINT64_FORMAT " for %" G_GINT64_FORMAT, what,
        n, percents[p], got, right);
  }
}

GST_START_TEST (test_random)
{
  const gchar *given = g_getenv ("RC_TEST_SEED");
  guint32 seed = given ? (guint32) atoi (given) : g_random_int ();
  GRand *rand = g_rand_new_with_seed (seed);
  gint64 values[3000];

  g_print ("RC_TEST_SEED=%u\n", seed);
  for (guint round = 0; round < 300; round++) {
    guint n = g_rand_int_range (rand, 1, G_N_ELEMENTS (values));
    /* magnitudes of up to `bits` bits, all sizes alike; some, all or none
     * negative */
    gint bits = g_rand_int_range (rand, 1, 64);
    gdouble negative = g_rand_int_range (rand, 0, 3) / 2.0;
    gchar *what = g_strdup_printf ("seed %u round %u", seed, round);

    for (guint i = 0; i < n; i++) {
      guint64 m = (guint64) g_rand_int (rand) << 32 | g_rand_int (rand);

      m >>= 64 - g_rand_int_range (rand, 1, bits + 1);
      values[i] = m & G_MAXINT64;
      if (g_rand_double (rand) < negative)
        values[i] = -values[i];
    }
    check (values, n, what);
    g_free (what);
  }
  g_rand_free (rand);
}

GST_END_TEST;

/* The edges of the buckets, and of int64. */
GST_START_TEST (test_edges)
{
  gint64 values[6 * 63 + 4];
  guint n = 0;

  for (guint e = 0; e < 63; e++) {
    for (gint d = -1; d <= 1; d++) {
      gint64 v = (gint64) ((G_GUINT64_CONSTANT (1) << e) + d);

      values[n++] = v;
      values[n++] = -v;
    }
  }
  values[n++] = G_MAXINT64;
  values[n++] = G_MAXINT64 - 1;
  values[n++] = G_MININT64;
  values[n++] = G_MININT64 + 1;
  for (guint i = 0; i < n; i++) {
    gint64 one = values[i];

    check (&one, 1, "alone");
  }
  check (values, n, "edges");
}

GST_END_TEST;

GST_START_TEST (test_empty)
{
  gst_rc_hist_clear (&hist);
  fail_unless_equals_int64 (gst_rc_hist_percentile (&hist, 50), 0);
  fail_unless_equals_float (gst_rc_hist_mean (&hist), 0);
}

GST_END_TEST;

static Suite *
hist_suite (void)
{
  Suite *s = suite_create ("histogram");
  TCase *t = tcase_create ("hist");

  suite_add_tcase (s, t);
  tcase_add_test (t, test_random);
  tcase_add_test (t, test_edges);
  tcase_add_test (t, test_empty);
  return s;
}

GST_CHECK_MAIN (hist);
