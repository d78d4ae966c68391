/* SPDX-License-Identifier: Apache-2.0 */
/* The parts under rcpcdparse, without a pipeline: LZF, numbers, headers and the
 * clock of a series. */
#include <gst/check/gstcheck.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lzf.h"
#include "pcdgen.h"
#include "pcdnumber.h"
#include "rcscanclock.h"

GST_START_TEST (test_lzf_round_trip)
{
  GRand *rand = g_rand_new_with_seed (1);

  for (guint run = 0; run < 300; run++) {
    gsize size = g_rand_int_range (rand, 0, 20000);
    gint range = g_rand_int_range (rand, 1, 257);
    guint8 *data = g_malloc (size), *out = g_malloc (size);
    GByteArray *lzf;
    RcError error = { 0, };

    for (gsize i = 0; i < size; i++)
      data[i] = i > 300 && run % 3 == 0 ? data[i - 300]
          : g_rand_int_range (rand, 0, range);
    lzf = pcd_gen_lzf (data, size);
    fail_unless (rc_lzf_decompress (lzf->data, lzf->len, out, size, &error),
        "%s", error.message);
    fail_unless (size == 0 || memcmp (data, out, size) == 0);
    if (size > 0) {
      fail_if (rc_lzf_decompress (lzf->data, lzf->len, out, size - 1, NULL));
      fail_if (rc_lzf_decompress (lzf->data, lzf->len - 1, out, size, NULL));
    }
    g_byte_array_unref (lzf);
    g_free (data);
    g_free (out);
  }
  g_rand_free (rand);
}

GST_END_TEST;

static const struct
{
  guint8 in[8];
  gsize size, out;
  const gchar *text;
} bad_lzf[] = {
  {{0x20, 0x00}, 2, 3, "a copy from before the start at compressed byte 0"},
  {{0x00, 'a', 0x20, 0x01}, 4, 4, "before the start at compressed byte 2"},
  {{0x02, 'a', 'b'}, 3, 3, "ends inside a literal run"},
  {{0x00, 'a', 0x20}, 3, 4, "ends inside a copy"},
  {{0x00, 'a', 0xe0}, 3, 4, "ends inside a copy"},
  {{0x00, 'a', 0xe0, 0x00}, 4, 10, "ends inside a copy"},
  {{0x00, 'a', 0x20, 0x00}, 4, 3, "more output than announced"},
  {{0x00, 'a', 0x20, 0x00}, 4, 5, "4 bytes come out where 5"},
  {{0x01, 'a', 'b'}, 3, 1, "more output than announced"},
  {{0}, 0, 1, "0 bytes come out where 1"},
};

GST_START_TEST (test_lzf_bad)
{
  /* exact sizes, so that a sanitizer sees one byte too far */
  guint8 *in = g_memdup2 (bad_lzf[__i__].in, bad_lzf[__i__].size);
  guint8 *out = g_malloc (bad_lzf[__i__].out);
  RcError error = { 0, };

  fail_if (rc_lzf_decompress (in, bad_lzf[__i__].size, out,
          bad_lzf[__i__].out, &error));
  fail_unless (strstr (error.message, bad_lzf[__i__].text) != NULL, "%s",
      error.message);
  g_free (in);
  g_free (out);
}

GST_END_TEST;

/* The C library's strtof and strtod round correctly: the same bits. */
GST_START_TEST (test_floats)
{
  static const gchar *const texts[] = { "0", "-0", "+1", ".5", "5.", "1e5",
    "1E-5", "16777217", "16777216.5", "16777217.000000000001", "1e-45", "7e-46",
    "1.17549435e-38", "3.4028235e38", "0.1", "8388608.5", "8388609.5",
    "00000000000000000000000000000001", "123456789012345678901234567890",
    "0.30000001192092896", "4.9e-324", "1e22", "1e-22", "9007199254740993"
  };
  GRand *rand = g_rand_new_with_seed (2);
  gchar text[64];

  for (guint i = 0; i < 20000; i++) {
    gfloat a, b;
    gdouble c, d;

    if (i < G_N_ELEMENTS (texts))
      strcpy (text, texts[i]);
    else
      g_snprintf (text, sizeof (text), "%d.%0*ue%d",
          g_rand_int_range (rand, -99999, 99999),
          g_rand_int_range (rand, 1, 10), g_rand_int (rand),
          g_rand_int_range (rand, i % 2 ? -2 : -30, i % 2 ? 2 : 30));
    fail_unless (pcd_parse_f32 (text, strlen (text), &a), "%s", text);
    b = strtof (text, NULL);
    fail_unless (memcmp (&a, &b, 4) == 0, "%s: %.9g, not %.9g", text, a, b);
    fail_unless (pcd_parse_f64 (text, strlen (text), &c), "%s", text);
    d = strtod (text, NULL);
    fail_unless (memcmp (&c, &d, 8) == 0, "%s: %.17g, not %.17g", text, c, d);
  }
  g_rand_free (rand);
}

GST_END_TEST;

GST_START_TEST (test_not_floats)
{
  static const gchar *const texts[] = { "", "-", ".", "e5", "1e", "1e+", "1,5",
    "0x10", "1.2.3", "1f", "infx", "na", "nan(1)", "--1", "1 ", " 1", "1e999",
    "-1e999", "1e99999999999999999999"
  };
  gfloat f;
  gdouble d;
  gchar *longest = g_strnfill (128, '1');

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    fail_if (pcd_parse_f32 (texts[i], strlen (texts[i]), &f), "%s", texts[i]);
    fail_if (pcd_parse_f64 (texts[i], strlen (texts[i]), &d), "%s", texts[i]);
  }
  fail_if (pcd_parse_f64 (longest, 128, &d));
  fail_if (pcd_parse_f64 ("1\0002", 3, &d));
  fail_if (pcd_parse_f32 ("3.5e38", 6, &f));
  fail_unless (pcd_parse_f32 ("-NaN", 4, &f) && isnan (f) && !signbit (f));
  fail_unless (pcd_parse_f64 ("-Infinity", 9, &d) && d == -INFINITY);
  fail_unless (pcd_parse_f32 ("INF", 3, &f) && f == INFINITY);
  g_free (longest);
}

GST_END_TEST;

static const struct
{
  const gchar *text;
  gboolean is_signed;
  guint bytes;
  gboolean ok;
  guint64 value;
} integers[] = {
  {"127", TRUE, 1, TRUE, 127}, {"128", TRUE, 1, FALSE, 0},
  {"-128", TRUE, 1, TRUE, 0x80}, {"-129", TRUE, 1, FALSE, 0},
  {"255", FALSE, 1, TRUE, 255}, {"256", FALSE, 1, FALSE, 0},
  {"-1", FALSE, 1, FALSE, 0}, {"-0", FALSE, 1, TRUE, 0},
  {"+65535", FALSE, 2, TRUE, 65535}, {"-32768", TRUE, 2, TRUE, 0x8000},
  {"4294967295", FALSE, 4, TRUE, 0xffffffff},
  {"4294967296", FALSE, 4, FALSE, 0},
  {"-2147483648", TRUE, 4, TRUE, 0x80000000},
  {"18446744073709551615", FALSE, 8, TRUE, G_MAXUINT64},
  {"18446744073709551616", FALSE, 8, FALSE, 0},
  {"-9223372036854775808", TRUE, 8, TRUE, G_GUINT64_CONSTANT (1) << 63},
  {"-9223372036854775809", TRUE, 8, FALSE, 0},
  {"9223372036854775808", TRUE, 8, FALSE, 0},
  {"99999999999999999999999", FALSE, 8, FALSE, 0},
  {"", TRUE, 4, FALSE, 0}, {"-", TRUE, 4, FALSE, 0},
  {"1.0", TRUE, 4, FALSE, 0}, {"1e3", TRUE, 4, FALSE, 0},
};

GST_START_TEST (test_integers)
{
  for (guint i = 0; i < G_N_ELEMENTS (integers); i++) {
    guint8 out[8] = { 0, };
    gboolean ok = pcd_parse_integer (integers[i].text,
        strlen (integers[i].text), integers[i].is_signed, integers[i].bytes,
        out);

    fail_unless_equals_int (ok, integers[i].ok);
    fail_unless (!ok || GST_READ_UINT64_LE (out) == integers[i].value, "%s",
        integers[i].text);
  }
}

GST_END_TEST;

#define F "FIELDS x y\n"
#define T "SIZE 4 4\nTYPE F F\n"

static const struct
{
  const gchar *text, *message;
} bad_headers[] = {
  {"VERSION 1.0\n", "line 1: VERSION: \"1.0\" is not"},
  {"VERSION 0.7 0.7\n", "VERSION: \"0.7\""},
  {"VERSION\n", "VERSION: \"\""},
  {"VERSION 0.7\nVERSIONS 0.7\n", "line 2: a new header begins before DATA"},
  {"# .PCD\nFIELDS x\n# .PCD\n", "line 3: a new header begins before DATA"},
  {F F, "FIELDS is there twice"},
  {F "COLUMNS a\n", "FIELDS is there twice"},
  {"FIELDS\n", "FIELDS has 0 entries"},
  {"FIELDS x x\n", "names \"x\" twice"},
  {"FIELDS x:y\n", "the name \"x:y\" has a character"},
  {"FIELDS a,b\n", "the name \"a,b\" has a character"},
  {"FIELDS \xc3\xa4\n", "the name \"\?\?\" has a character"},
  {"FIELDS 1234567890123456789012345678901234567890123456789012345678901234\n",
      "longer than 63 bytes"},
  {"SIZE 4\n", "SIZE comes before FIELDS"},
  {F "SIZE 4\n", "SIZE has 1 entries for 2 fields"},
  {F "SIZE 4 4 4\n", "SIZE has more entries than FIELDS"},
  {F "SIZE 4 3\n", "SIZE: \"3\" of field \"y\" is not 1, 2, 4 or 8"},
  {F "SIZE 4 -4\n", "SIZE: \"-4\" of field \"y\""},
  {F "TYPE F D\n", "TYPE: \"D\" of field \"y\" is not I, U or F"},
  {F "COUNT 1 0\n", "COUNT: \"0\" of field \"y\""},
  {F "COUNT 1 4294967297\n", "COUNT: \"4294967297\""},
  {F "WIDTH x\n", "WIDTH: \"x\" is not one whole number"},
  {F "WIDTH 1 2\n", "WIDTH: \"1\" is not one whole number"},
  {F "WIDTH 18446744073709551616\n", "WIDTH: \"18446744073709551616\""},
  {F "POINTS -1\n", "POINTS: \"-1\""},
  {F "POINTS\n", "POINTS: \"\""},
  {F "VIEWPOINT 0 0 0 1 0 0\n", "VIEWPOINT has 6 values, not 7"},
  {F "VIEWPOINT 0 0 0 1 0 0 0 0\n", "VIEWPOINT has more than 7"},
  {F "VIEWPOINT 0 0 0 nan 0 0 0\n", "VIEWPOINT: \"nan\""},
  {F "DATA text\n", "DATA: \"text\" is not ascii"},
  {F "DATA ascii binary\n", "DATA: \"ascii\""},
  {"DATA ascii\n", "DATA comes without FIELDS"},
  {F "SIZE 4 4\nPOINTS 1\nDATA ascii\n", "SIZE comes without TYPE"},
  {F "TYPE F F\nPOINTS 1\nDATA ascii\n", "TYPE comes without SIZE"},
  {F T "DATA ascii\n", "neither POINTS nor WIDTH"},
  {F T "HEIGHT 2\nPOINTS 4\nDATA ascii\n", "HEIGHT 2 comes without WIDTH"},
  {F T "WIDTH 4294967296\nHEIGHT 4294967296\nDATA ascii\n", "overflows"},
  {F "SIZE 4 2\nTYPE F F\nPOINTS 1\nDATA binary\n", "TYPE F and SIZE 2"},
  {F "SIZE 8 8\nTYPE F F\nCOUNT 2147483647 1\nPOINTS 1\nDATA binary\n",
      "17179869176 bytes is too large"},
  {F T "COUNT 65536 1\nPOINTS 1\nDATA ascii\n", "65537 numbers per ascii line"},
  {"FIELDS _\nPOINTS 1\nDATA binary\n", "padding only"},
  {"junk\n", "line 1: \"junk\" is not a PCD keyword"},
  {F, "no DATA line in the first 11 bytes"},
};

GST_START_TEST (test_bad_headers)
{
  const gchar *text = bad_headers[__i__].text;
  gsize size = strlen (text), used = 0;
  PcdHeader *h = g_new (PcdHeader, 1);
  gchar *exact = g_memdup2 (text, size);
  RcError error = { 0, };

  fail_unless_equals_int (pcd_header_parse (h, exact, size, TRUE, &used,
          &error), PCD_BAD);
  fail_unless (strstr (error.message, bad_headers[__i__].message) != NULL,
      "\"%s\" is not in \"%s\"", bad_headers[__i__].message, error.message);
  fail_unless (used >= 1 && used <= size);
  g_free (exact);
  g_free (h);
}

GST_END_TEST;

GST_START_TEST (test_old_and_odd_headers)
{
  /* 0.5 without VIEWPOINT and COUNT; COLUMNS; all defaults; CRLF; no line end */
  static const gchar *const texts[] = {
    "# .PCD v.5\r\nVERSION .5\r\n" F T "WIDTH 3\nHEIGHT 2\nPOINTS 6\n"
        "DATA binary\r\n",
    "COLUMNS x y\nPOINTS 6\nDATA binary\n",
    "# made by hand\n\nFIELDS x\ty\nWIDTH 6\nDATA  binary",
  };
  PcdHeader *h = g_new (PcdHeader, 1);

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    gsize used = 0, size = strlen (texts[i]);
    RcError error = { 0, };

    fail_unless_equals_int (pcd_probe (texts[i], size), PCD_DONE);
    for (gsize n = 0; n < size; n++) {
      fail_unless_equals_int (pcd_header_parse (h, texts[i], n, FALSE, &used,
              &error), PCD_MORE);
      fail_unless (pcd_probe (texts[i], n) != PCD_BAD);
    }
    fail_unless_equals_int (pcd_header_parse (h, texts[i], size, TRUE, &used,
            &error), PCD_DONE);
    fail_unless_equals_uint64 (used, size);
    fail_unless_equals_int (h->n_fields, 2);
    fail_unless_equals_int (h->step, 8);
    fail_unless_equals_uint64 (h->points, 6);
    fail_unless (h->identity && h->viewpoint[3] == 1);
    fail_unless (pcd_header_consistent (h));
    fail_unless_equals_int (h->data, PCD_BINARY);
  }
  fail_unless_equals_int (pcd_probe ("#\x01", 2), PCD_BAD);
  fail_unless_equals_int (pcd_probe ("1 2 3\n", 6), PCD_BAD);
  fail_unless_equals_int (pcd_probe ("# only a remark\n1 2\n", 20), PCD_BAD);
  g_free (h);
}

GST_END_TEST;

/* PCL leaves padding out of binary_compressed data, others keep it. */
GST_START_TEST (test_interleave)
{
  static const gchar text[] = "FIELDS a _ b\nSIZE 1 1 2\nTYPE U U U\n"
      "COUNT 1 2 1\nPOINTS 2\nDATA binary_compressed\n";
  static const guint8 with[] = { 1, 2, 10, 11, 12, 13, 3, 3, 4, 4 };
  static const guint8 without[] = { 1, 2, 3, 3, 4, 4 };
  static const guint8 want[] = { 1, 10, 11, 3, 3, 2, 12, 13, 4, 4 };
  static const guint8 want_without[] = { 1, 0, 0, 3, 3, 2, 0, 0, 4, 4 };
  PcdHeader *h = g_new (PcdHeader, 1);
  guint8 out[10];
  gsize used;

  fail_unless_equals_int (pcd_header_parse (h, text, strlen (text), FALSE,
          &used, NULL), PCD_DONE);
  fail_unless_equals_int (h->padding, 2);
  pcd_interleave (h, 2, FALSE, with, out);
  fail_unless (memcmp (out, want, 10) == 0);
  pcd_interleave (h, 2, TRUE, without, out);
  fail_unless (memcmp (out, want_without, 10) == 0);
  g_free (h);
}

GST_END_TEST;

GST_START_TEST (test_find_header)
{
  static const gchar text[] = "VERSION\n# .PC\nxVERSION\n# .PCD";

  fail_unless_equals_int (pcd_find_header (text, 30, TRUE), 0);
  fail_unless_equals_int (pcd_find_header (text, 29, FALSE), 23);
  fail_unless_equals_int (pcd_find_header (text, 28, FALSE), 28);
  fail_unless_equals_int (pcd_find_header (text, 0, TRUE), 0);
}

GST_END_TEST;

/* k * period is never added up: each time is from k alone. */
GST_START_TEST (test_clock_rate)
{
  GstRcScanClock clock = {.rate_n = 30000,.rate_d = 1001 };
  const guint64 ks[] = { 0, 1, 2, 3, 999999, 1000000, 100000000000 };
  GstClockTime time, duration;

  fail_unless (gst_rc_scan_clock_start (&clock, NULL, NULL, 5, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (ks); i++) {
    /* 1001 / 30000 s = 100100000 / 3 ns */
    guint64 whole = ks[i] / 3 * 100100000, rest = ks[i] % 3 * 100100000 / 3;

    fail_unless (gst_rc_scan_clock_get (&clock, ks[i], &time, &duration));
    fail_unless_equals_uint64 (time, whole + rest);
    whole = (ks[i] + 1) / 3 * 100100000;
    rest = (ks[i] + 1) % 3 * 100100000 / 3;
    fail_unless_equals_uint64 (time + duration, whole + rest);
  }
  /* the largest fractions do not overflow on the way */
  clock.rate_n = 1;
  clock.rate_d = G_MAXINT;
  fail_unless (gst_rc_scan_clock_get (&clock, 8, &time, &duration));
  fail_unless_equals_uint64 (time, (guint64) G_MAXINT * 8 * GST_SECOND);
  fail_if (gst_rc_scan_clock_get (&clock, G_MAXUINT64 - 1, &time, &duration));
  gst_rc_scan_clock_clear (&clock);
}

GST_END_TEST;

/* Differences beyond int64 are still exact. */
GST_START_TEST (test_clock_origin)
{
  GstRcScanClock clock = {.rate_n = 1,.rate_d = 1 };
  GstClockTime time, duration;

  fail_unless (gst_rc_scan_clock_start (&clock,
          "-9223372036854775808,9223372036854775806", NULL, G_MININT64, NULL));
  fail_unless (gst_rc_scan_clock_get (&clock, 0, &time, &duration));
  fail_unless_equals_uint64 (time, 0);
  fail_unless (gst_rc_scan_clock_get (&clock, 1, &time, &duration));
  fail_unless_equals_uint64 (time, G_MAXUINT64 - 1);
  fail_if (gst_rc_scan_clock_get (&clock, 2, &time, &duration));
  gst_rc_scan_clock_clear (&clock);
}

GST_END_TEST;

static Suite *
pcdfile_suite (void)
{
  Suite *s = suite_create ("pcdfile");
  TCase *tc = tcase_create ("parts");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_lzf_round_trip);
  tcase_add_loop_test (tc, test_lzf_bad, 0, G_N_ELEMENTS (bad_lzf));
  tcase_add_test (tc, test_floats);
  tcase_add_test (tc, test_not_floats);
  tcase_add_test (tc, test_integers);
  tcase_add_loop_test (tc, test_bad_headers, 0, G_N_ELEMENTS (bad_headers));
  tcase_add_test (tc, test_old_and_odd_headers);
  tcase_add_test (tc, test_interleave);
  tcase_add_test (tc, test_find_header);
  tcase_add_test (tc, test_clock_rate);
  tcase_add_test (tc, test_clock_origin);
  return s;
}

GST_CHECK_MAIN (pcdfile);
