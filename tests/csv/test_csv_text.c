/* SPDX-License-Identifier: Apache-2.0 */
/* The text part of rccsvparse, without a pipeline. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "csvrows.h"

static RcCsvField
field (const gchar * text)
{
  RcCsvField f = { text, strlen (text) };

  return f;
}

/* Random tests print their seed; RC_TEST_SEED repeats one. */
static GRand *
seeded (const gchar * what)
{
  const gchar *env = g_getenv ("RC_TEST_SEED");
  guint32 seed = env ? strtoul (env, NULL, 10) : g_random_int ();

  g_print ("%s: RC_TEST_SEED=%u\n", what, seed);
  return g_rand_new_with_seed (seed);
}

/* ---- numbers ---- */

START_TEST (test_double_syntax)
{
  static const struct
  {
    const gchar *text;
    RcCsvStatus status;
    gdouble value;
  } cases[] = {
    {"0", RC_CSV_OK, 0}, {"-0", RC_CSV_OK, -0.0}, {"+1.5", RC_CSV_OK, 1.5},
    {".5", RC_CSV_OK, 0.5}, {"5.", RC_CSV_OK, 5}, {"1e3", RC_CSV_OK, 1000},
    {"-1.25E-2", RC_CSV_OK, -0.0125}, {"inf", RC_CSV_OK, INFINITY},
    {"-Infinity", RC_CSV_OK, -INFINITY}, {"true", RC_CSV_OK, 1},
    {"False", RC_CSV_OK, 0}, {"1e-400", RC_CSV_OK, 0},
    {"4.9e-324", RC_CSV_OK, 4.9e-324},
    {"1e999999999999", RC_CSV_RANGE, INFINITY},
    {"-1e309", RC_CSV_RANGE, -INFINITY},
    {"", RC_CSV_EMPTY, NAN}, {"nan", RC_CSV_OK, NAN}, {"-NaN", RC_CSV_OK, NAN},
    {".", RC_CSV_NOT_A_NUMBER, NAN}, {"e5", RC_CSV_NOT_A_NUMBER, NAN},
    {"1e", RC_CSV_NOT_A_NUMBER, NAN}, {"1e+", RC_CSV_NOT_A_NUMBER, NAN},
    {"0x10", RC_CSV_NOT_A_NUMBER, NAN}, {"1,5", RC_CSV_NOT_A_NUMBER, NAN},
    {"1 2", RC_CSV_NOT_A_NUMBER, NAN}, {"--1", RC_CSV_NOT_A_NUMBER, NAN},
    {"1.2.3", RC_CSV_NOT_A_NUMBER, NAN}, {"nano", RC_CSV_NOT_A_NUMBER, NAN},
    {"-", RC_CSV_NOT_A_NUMBER, NAN}, {"+true", RC_CSV_NOT_A_NUMBER, NAN},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    gdouble v = 7;
    RcCsvStatus status = rc_csv_parse_double (field (cases[i].text), &v);

    ck_assert_msg (status == cases[i].status, "\"%s\": %s", cases[i].text,
        rc_csv_status_text (status));
    if (isnan (cases[i].value))
      ck_assert_msg (isnan (v), "\"%s\": %g", cases[i].text, v);
    else
      ck_assert_msg (memcmp (&v, &cases[i].value, sizeof (v)) == 0,
          "\"%s\": %g", cases[i].text, v);
  }
}

END_TEST
/* Every number is the one that the C library, which rounds correctly, gives. */
START_TEST (test_double_rounding)
{
  GRand *rand = seeded ("double_rounding");

  for (guint i = 0; i < 200000; i++) {
    GString *s = g_string_new (g_rand_boolean (rand) ? "-" : "");
    guint whole = g_rand_int_range (rand, 0, 22), part =
        g_rand_int_range (rand, whole ? 0 : 1, 22);
    gdouble v, want;

    for (guint k = 0; k < whole; k++)
      g_string_append_c (s, '0' + g_rand_int_range (rand, 0, 10));
    if (part)
      g_string_append_c (s, '.');
    for (guint k = 0; k < part; k++)
      g_string_append_c (s, '0' + g_rand_int_range (rand, 0, 10));
    if (g_rand_int_range (rand, 0, 4) == 0)
      g_string_append_printf (s, "e%d", g_rand_int_range (rand, -330, 280));
    want = g_ascii_strtod (s->str, NULL);
    ck_assert_int_eq (rc_csv_parse_double (field (s->str), &v), RC_CSV_OK);
    ck_assert_msg (memcmp (&v, &want, sizeof (v)) == 0, "%s: %a, not %a",
        s->str, v, want);
    g_string_free (s, TRUE);
  }
  g_rand_free (rand);
}

END_TEST
START_TEST (test_double_long)
{
  GString *s = g_string_new ("0.");
  gdouble v;

  for (guint i = 0; i < 1000; i++)
    g_string_append (s, "3");
  ck_assert_int_eq (rc_csv_parse_double (field (s->str), &v), RC_CSV_OK);
  ck_assert (v == 1.0 / 3);
  g_string_free (s, TRUE);
}

END_TEST static void
check_value (const gchar * text, RcDType dtype, RcCsvStatus status,
    guint64 bits)
{
  guint64 out = 0;              /* the tests run on little-endian machines too */
  guint8 bytes[9];
  RcCsvStatus got;

  memset (bytes, 0xaa, sizeof (bytes));
  got = rc_csv_parse_value (field (text), dtype, bytes);
  ck_assert_msg (got == status, "\"%s\" as %s: %s", text, rc_dtype_name (dtype),
      rc_csv_status_text (got));
  ck_assert_int_eq (bytes[rc_dtype_size (dtype)], 0xaa);
  if (status != RC_CSV_OK)
    return;
  switch (rc_dtype_size (dtype)) {
    case 1:
      out = bytes[0];
      break;
    case 2:
    out = *(guint16 *) memcpy (&(guint16) {
        0}
          , bytes, 2);
      break;
    case 4:
    out = *(guint32 *) memcpy (&(guint32) {
        0}
          , bytes, 4);
      break;
    default:
      memcpy (&out, bytes, 8);
      break;
  }
  ck_assert_msg (out == bits, "\"%s\" as %s: 0x%" G_GINT64_MODIFIER "x", text,
      rc_dtype_name (dtype), out);
}

START_TEST (test_values)
{
  check_value ("127", RC_INT8, RC_CSV_OK, 0x7f);
  check_value ("128", RC_INT8, RC_CSV_RANGE, 0);
  check_value ("-128", RC_INT8, RC_CSV_OK, 0x80);
  check_value ("-129", RC_INT8, RC_CSV_RANGE, 0);
  check_value ("255", RC_UINT8, RC_CSV_OK, 0xff);
  check_value ("256", RC_UINT8, RC_CSV_RANGE, 0);
  check_value ("-0", RC_UINT8, RC_CSV_OK, 0);
  check_value ("-1", RC_UINT8, RC_CSV_RANGE, 0);
  check_value ("true", RC_UINT8, RC_CSV_OK, 1);
  check_value ("-32768", RC_INT16, RC_CSV_OK, 0x8000);
  check_value ("65535", RC_UINT16, RC_CSV_OK, 0xffff);
  check_value ("65536", RC_UINT16, RC_CSV_RANGE, 0);
  check_value ("2147483647", RC_INT32, RC_CSV_OK, 0x7fffffff);
  check_value ("2147483648", RC_INT32, RC_CSV_RANGE, 0);
  check_value ("4294967295.000", RC_UINT32, RC_CSV_OK, 0xffffffff);
  check_value ("9223372036854775807", RC_INT64, RC_CSV_OK, G_MAXINT64);
  check_value ("9223372036854775808", RC_INT64, RC_CSV_RANGE, 0);
  check_value ("-9223372036854775808", RC_INT64, RC_CSV_OK,
      (guint64) G_MAXINT64 + 1);
  check_value ("18446744073709551615", RC_UINT64, RC_CSV_OK, G_MAXUINT64);
  check_value ("18446744073709551616", RC_UINT64, RC_CSV_RANGE, 0);
  check_value ("184467440737095516150", RC_UINT64, RC_CSV_RANGE, 0);
  check_value ("1.5", RC_INT32, RC_CSV_NOT_AN_INTEGER, 0);
  check_value ("1e3", RC_INT32, RC_CSV_NOT_AN_INTEGER, 0);
  check_value ("nan", RC_INT32, RC_CSV_NOT_AN_INTEGER, 0);
  check_value ("x", RC_INT32, RC_CSV_NOT_A_NUMBER, 0);
  check_value ("", RC_INT32, RC_CSV_EMPTY, 0);
  check_value ("1", RC_FLOAT16, RC_CSV_OK, 0x3c00);
  check_value ("65519", RC_FLOAT16, RC_CSV_OK, 0x7bff);
  check_value ("65520", RC_FLOAT16, RC_CSV_RANGE, 0);
  check_value ("-inf", RC_FLOAT16, RC_CSV_OK, 0xfc00);
  check_value ("nan", RC_FLOAT16, RC_CSV_OK, 0x7e00);
  check_value ("1.00390625", RC_BFLOAT16, RC_CSV_OK, 0x3f80);   /* tie: even */
  check_value ("1.01171875", RC_BFLOAT16, RC_CSV_OK, 0x3f82);
  check_value ("", RC_BFLOAT16, RC_CSV_OK, 0x7fc0);
  check_value ("-0.1", RC_FLOAT32, RC_CSV_OK, 0xbdcccccd);
  check_value ("-0", RC_FLOAT32, RC_CSV_OK, 0x80000000);
  check_value ("1e39", RC_FLOAT32, RC_CSV_RANGE, 0);
  check_value ("inf", RC_FLOAT32, RC_CSV_OK, 0x7f800000);
  check_value ("-nan", RC_FLOAT32, RC_CSV_OK, 0x7fc00000);
  check_value ("", RC_FLOAT32, RC_CSV_OK, 0x7fc00000);
  check_value ("0.1", RC_FLOAT64, RC_CSV_OK,
      G_GUINT64_CONSTANT (0x3fb999999999999a));
  check_value ("", RC_FLOAT64, RC_CSV_OK,
      G_GUINT64_CONSTANT (0x7ff8000000000000));
}

END_TEST
/* ---- times ---- */
START_TEST (test_times)
{
  static const struct
  {
    const gchar *text;
    RcCsvUnit unit;
    RcCsvStatus status;
    gint64 ns;
    gboolean rounded;
  } cases[] = {
    {"1765575264566071265", RC_CSV_UNIT_NS, RC_CSV_OK,
        G_GINT64_CONSTANT (1765575264566071265), FALSE},
    {"1765575264.566071265", RC_CSV_UNIT_S, RC_CSV_OK,
        G_GINT64_CONSTANT (1765575264566071265), FALSE},
    {"1765575264566071.265", RC_CSV_UNIT_US, RC_CSV_OK,
        G_GINT64_CONSTANT (1765575264566071265), FALSE},
    {"1765575264566.071265000000", RC_CSV_UNIT_MS, RC_CSV_OK,
        G_GINT64_CONSTANT (1765575264566071265), FALSE},
    {"-1.5", RC_CSV_UNIT_S, RC_CSV_OK, -1500000000, FALSE},
    {"+.5", RC_CSV_UNIT_MS, RC_CSV_OK, 500000, FALSE},
    {"3.", RC_CSV_UNIT_US, RC_CSV_OK, 3000, FALSE},
    {"-0", RC_CSV_UNIT_S, RC_CSV_OK, 0, FALSE},
    {"1.4", RC_CSV_UNIT_NS, RC_CSV_OK, 1, TRUE},
    {"1.5", RC_CSV_UNIT_NS, RC_CSV_OK, 2, TRUE},
    {"2.5", RC_CSV_UNIT_NS, RC_CSV_OK, 2, TRUE},
    {"2.50000000000000000000000001", RC_CSV_UNIT_NS, RC_CSV_OK, 3, TRUE},
    {"-2.6", RC_CSV_UNIT_NS, RC_CSV_OK, -3, TRUE},
    {"0.0000000005", RC_CSV_UNIT_S, RC_CSV_OK, 0, TRUE},
    {"0.00000000051", RC_CSV_UNIT_S, RC_CSV_OK, 1, TRUE},
    {"9223372036854775807", RC_CSV_UNIT_NS, RC_CSV_OK, G_MAXINT64, FALSE},
    {"-9223372036854775807", RC_CSV_UNIT_NS, RC_CSV_OK, -G_MAXINT64, FALSE},
    {"-9223372036854775808", RC_CSV_UNIT_NS, RC_CSV_RANGE, 0, FALSE},
    {"9223372036854775807.5", RC_CSV_UNIT_NS, RC_CSV_RANGE, 0, FALSE},
    {"9223372036.854775808", RC_CSV_UNIT_S, RC_CSV_RANGE, 0, FALSE},
    {"9223372037", RC_CSV_UNIT_S, RC_CSV_RANGE, 0, FALSE},
    {"99999999999999999999999999", RC_CSV_UNIT_NS, RC_CSV_RANGE, 0, FALSE},
    {"1.7e18", RC_CSV_UNIT_NS, RC_CSV_EXPONENT, 0, FALSE},
    {"1e3", RC_CSV_UNIT_S, RC_CSV_EXPONENT, 0, FALSE},
    {"", RC_CSV_UNIT_S, RC_CSV_EMPTY, 0, FALSE},
    {".", RC_CSV_UNIT_S, RC_CSV_NOT_A_NUMBER, 0, FALSE},
    {"-", RC_CSV_UNIT_S, RC_CSV_NOT_A_NUMBER, 0, FALSE},
    {"1.2.3", RC_CSV_UNIT_S, RC_CSV_NOT_A_NUMBER, 0, FALSE},
    {"12:30", RC_CSV_UNIT_S, RC_CSV_NOT_A_NUMBER, 0, FALSE},
    {"nan", RC_CSV_UNIT_S, RC_CSV_NOT_A_NUMBER, 0, FALSE},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    gint64 ns = -7;
    gboolean rounded;
    RcCsvStatus status = rc_csv_parse_time (field (cases[i].text),
        cases[i].unit, &ns, &rounded);

    ck_assert_msg (status == cases[i].status, "\"%s\": %s", cases[i].text,
        rc_csv_status_text (status));
    if (status != RC_CSV_OK)
      continue;
    ck_assert_msg (ns == cases[i].ns && rounded == cases[i].rounded,
        "\"%s\": %" G_GINT64_FORMAT " %d", cases[i].text, ns, rounded);
  }
}

END_TEST
/* Any nanosecond, written in any unit, comes back. */
START_TEST (test_times_round_trip)
{
  static const gint64 per_unit[] = { 1, 1, 1000, 1000000, 1000000000 };
  GRand *rand = seeded ("times_round_trip");

  for (guint i = 0; i < 100000; i++) {
    gint64 want = (gint64) ((guint64) g_rand_int (rand) << 32
        | g_rand_int (rand)) >> g_rand_int_range (rand, 0, 63), got;
    RcCsvUnit unit = g_rand_int_range (rand, 1, RC_CSV_N_UNITS);
    gboolean rounded;
    gchar text[64];
    guint64 size;

    want = MAX (want, -G_MAXINT64);
    size = ABS (want);
    g_snprintf (text, sizeof (text), "%s%" G_GUINT64_FORMAT ".%0*"
        G_GUINT64_FORMAT, want < 0 ? "-" : "", size / per_unit[unit],
        unit == RC_CSV_UNIT_NS ? 1 : 3 * (unit - 1), size % per_unit[unit]);
    ck_assert_int_eq (rc_csv_parse_time (field (text), unit, &got, &rounded),
        RC_CSV_OK);
    ck_assert_msg (got == want && !rounded, "%s %s", text,
        rc_csv_unit_name (unit));
  }
  g_rand_free (rand);
}

END_TEST
/* ---- lines ---- */
/* All lines of a text that arrives in chunks of at most `chunk` bytes. */
static gchar *
cut_lines (const gchar * text, gsize size, gsize max_length, gsize chunk)
{
  GString *out = g_string_new (NULL);
  RcCsvLines lines;
  RcCsvLine line;
  RcCsvNext next;
  gsize offset = 0;

  rc_csv_lines_init (&lines, max_length);
  do {
    gsize n = MIN (chunk, size - offset), left = n;
    const gchar *data = text + offset;

    while ((next = rc_csv_lines_next (&lines, &data, &left, offset, &line))) {
      if (next == RC_CSV_TOO_LONG)
        g_string_append_printf (out, "%d!|", (gint) line.number);
      else
        g_string_append_printf (out, "%d:%.*s|", (gint) line.number,
            (gint) line.len, line.text);
      ck_assert_uint_le (lines.partial->len, max_length + 5);
    }
    offset += n;
  } while (offset < size);
  next = rc_csv_lines_finish (&lines, &line);
  if (next)
    g_string_append_printf (out, next == RC_CSV_LINE ? "%d:%.*s" : "%d!",
        (gint) line.number, (gint) line.len, line.text);
  rc_csv_lines_clear (&lines);
  return g_string_free (out, FALSE);
}

START_TEST (test_lines)
{
  static const gchar text[] = "\xef\xbb\xbf" "a,b\r\n\n1,2\n\r\n"
      "0123456789\n0123456789\r\n01234567890\nx\rz\nlast";
  static const gchar want[] = "1:a,b|2:|3:1,2|4:|5:0123456789|6:0123456789|"
      "7!|8:x\rz|9:last";

  for (gsize chunk = 1; chunk <= sizeof (text); chunk++) {
    gchar *got = cut_lines (text, sizeof (text) - 1, 10, chunk);

    ck_assert_str_eq (got, want);
    g_free (got);
  }
}

END_TEST
START_TEST (test_lines_endless)
{
  gchar *text = g_malloc (100000), *got;

  memset (text, 'x', 100000);
  memcpy (text + 99990, "\n1,2\n", 5);
  got = cut_lines (text, 99995, 100, 4096);
  ck_assert_str_eq (got, "1!|2:1,2|");
  g_free (got);
  got = cut_lines (text, 5000, 100, 7);
  ck_assert_str_eq (got, "1!");
  g_free (got);
  g_free (text);
}

END_TEST
START_TEST (test_lines_discard)
{
  RcCsvLines lines;
  RcCsvLine line;
  const gchar *data = "1,2";
  gsize size = 3;

  rc_csv_lines_init (&lines, 100);
  ck_assert (!rc_csv_lines_discard (&lines));
  ck_assert_int_eq (rc_csv_lines_next (&lines, &data, &size, 5, &line),
      RC_CSV_MORE);
  ck_assert (rc_csv_lines_discard (&lines));
  data = "3,4\n";
  size = 4;
  ck_assert_int_eq (rc_csv_lines_next (&lines, &data, &size, 6, &line),
      RC_CSV_LINE);
  ck_assert_int_eq (line.number, 2);
  ck_assert_int_eq (line.tag, 6);
  ck_assert_int_eq (strncmp (line.text, "3,4", line.len), 0);
  ck_assert_int_eq (rc_csv_lines_finish (&lines, &line), RC_CSV_MORE);
  rc_csv_lines_clear (&lines);
}

END_TEST
/* ---- fields ---- */
START_TEST (test_split)
{
  static const struct
  {
    const gchar *text;
    gchar delimiter;
    const gchar *want;
  } cases[] = {
    {"1,2,3", ',', "1|2|3"}, {" 1 , 2 ,3 ", ',', "1|2|3"},
    {"1,,3,", ',', "1||3|"}, {"", ',', ""}, {",", ',', "|"},
    {"\"a,b\",c", ',', "a,b|c"}, {"\"say \"\"hi\"\"\";2", ';',
        "say \"\"hi\"\"|2"},
    {"\"open,2", ',', "\"open|2"}, {"\"a\"x,2", ',', "\"a\"x|2"},
    {"1\t2\t\t4", '\t', "1|2||4"}, {"\t2", '\t', "|2"},
    {"  1   2\t \t3  ", ' ', "1|2|3"}, {"\"a b\" c", ' ', "a b|c"},
    {"1|2", '|', "1|2"}, {"\"\"", ',', ""}, {"\"", ',', "\""},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    RcCsvField f[8];
    guint n = rc_csv_split (cases[i].text, strlen (cases[i].text),
        cases[i].delimiter, f, 8);
    GString *s = g_string_new (NULL);

    for (guint k = 0; k < n; k++)
      g_string_append_printf (s, "%s%.*s", k ? "|" : "", (gint) f[k].len,
          f[k].text);
    ck_assert_msg (g_str_equal (s->str, cases[i].want), "%s: %s, not %s",
        cases[i].text, s->str, cases[i].want);
    g_string_free (s, TRUE);
  }
}

END_TEST
START_TEST (test_delimiter_names)
{
  static const gchar *const bad[] = { "", "1", "e", ".", "-", "+", "#", "\"",
    ",,", "\n", "\xc3\xa9", "X"
  };
  gchar d;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    ck_assert_msg (!rc_csv_delimiter_parse (bad[i], &d), "%s", bad[i]);
  ck_assert (rc_csv_delimiter_parse ("Whitespace", &d) && d == ' ');
  ck_assert (rc_csv_delimiter_parse ("auto", &d) && d == 0);
  ck_assert (rc_csv_delimiter_parse ("\\t", &d) && d == '\t');
  ck_assert (rc_csv_delimiter_parse (":", &d) && d == ':');
}

END_TEST
START_TEST (test_clean_name)
{
  static const gchar *const cases[][2] = {
    {"a,b;c", "a_b_c"}, {" x ", "x"}, {"", "_"}, {"a\"\"b", "a\"b"},
    {"a\tb", "a_b"}, {"\xff", "\xef\xbf\xbd"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    gchar *name = rc_csv_clean_name (cases[i][0], strlen (cases[i][0]));

    ck_assert_str_eq (name, cases[i][1]);
    g_free (name);
  }
}

END_TEST
/* ---- mutation ---- */
static const gchar *const seeds[] = {
  "Time (s),x,y\n0,1,2\n0.01,3,4\n0.02,nan,inf\n",
  ("# t_ns;qw;qx;qy;qz;\n1765575264566071265;1;0;0;0;\n"
      "1765575264576071265;0.7071;0;0.7071;0;\n"),
  "\xef\xbb\xbf\"a,b\"\t\"c\"\r\n1\t2\r\n\r\n3\t\r\n",
  "1 2 3\n4  5 6\n true 1e5 -.5\n",
};

/* All that the element does with text, on text that is broken at random. */
static void
run_text (const gchar * text, gsize size, GRand * rand)
{
  const gchar *data = text;
  RcCsvField kept[16], comment = { NULL, 0 };
  GPtrArray *copies = g_ptr_array_new_with_free_func (g_free);
  RcCsvHints hints = {.time_column = "auto" };
  RcCsvLayout layout;
  RcCsvLines lines;
  RcCsvLine line;
  guint n = 0;
  gchar *error = NULL;

  rc_csv_lines_init (&lines, 64);
  while (rc_csv_lines_next (&lines, &data, &size, 0, &line)) {
    gchar *copy = g_malloc (MAX (line.len, 1));

    memcpy (copy, line.text, line.len);
    g_ptr_array_add (copies, copy);
    if (rc_csv_kind (copy, line.len) == RC_CSV_KIND_COMMENT) {
      comment.text = copy;
      comment.len = line.len;
    } else if (rc_csv_kind (copy, line.len) == RC_CSV_KIND_TEXT && n < 16) {
      kept[n].text = copy;
      kept[n++].len = line.len;
    }
  }
  rc_csv_lines_clear (&lines);
  hints.header = g_rand_int_range (rand, 0, 3);
  hints.has_stamps = g_rand_boolean (rand);
  hints.time_unit = g_rand_int_range (rand, 0, RC_CSV_N_UNITS);
  hints.delimiter = ",; \t|\0"[g_rand_int_range (rand, 0, 6)];
  if (n && rc_csv_infer (&hints, kept, n, comment, &layout, &error)) {
    guint *columns = g_new (guint, layout.n_columns);
    RcCsvQuaternion found[4];

    ck_assert_uint_ge (layout.n_columns, 1);
    ck_assert_int_lt (layout.time_column, (gint) layout.n_columns);
    for (guint i = 0; i < layout.n_columns; i++) {
      columns[i] = i;
      if (layout.names)
        ck_assert (g_utf8_validate (layout.names[i], -1, NULL)
            && !strpbrk (layout.names[i], ",;"));
    }
    rc_csv_quaternions (&layout, kept, n, columns, layout.n_columns,
        layout.names, found, 4);
    g_free (columns);
    for (guint i = 0; i < n; i++) {
      RcCsvField f[8];
      guint k = rc_csv_split (kept[i].text, kept[i].len, layout.delimiter, f,
          8);

      for (guint j = 0; j < MIN (k, 8); j++) {
        guint8 out[8];
        gboolean rounded;
        gint64 ns;

        for (RcDType d = 0; d < RC_N_DTYPES; d++)
          rc_csv_parse_value (f[j], d, out);
        rc_csv_parse_time (f[j], RC_CSV_UNIT_MS, &ns, &rounded);
      }
    }
    rc_csv_layout_clear (&layout);
  } else if (n) {
    ck_assert_ptr_nonnull (error);
    ck_assert_uint_gt (strlen (error), 10);
  }
  g_free (error);
  g_ptr_array_unref (copies);
}

START_TEST (test_mutations)
{
  static const gchar alphabet[] = "\n\r,;\t |\"#.-+eE0123456789nainf\xef\xff";
  GRand *rand = seeded ("mutations");

  for (guint i = 0; i < 20000; i++) {
    GString *s = g_string_new (seeds[i % G_N_ELEMENTS (seeds)]);
    guint n = g_rand_int_range (rand, 0, 8);
    gchar *exact;

    for (guint k = 0; k < n && s->len > 1; k++) {
      gsize at = g_rand_int_range (rand, 0, s->len);
      gchar c = alphabet[g_rand_int_range (rand, 0, sizeof (alphabet))];

      switch (g_rand_int_range (rand, 0, 4)) {
        case 0:
          s->str[at] = c;
          break;
        case 1:
          g_string_insert_c (s, at, c);
          break;
        case 2:
          g_string_erase (s, at, g_rand_int_range (rand, 1, s->len - at + 1));
          break;
        default:
          g_string_append_len (s, s->str + at, s->len - at);
          break;
      }
    }
    /* a copy of the exact size lets ASan see a byte too far */
    exact = g_memdup2 (s->str, MAX (s->len, 1));
    run_text (exact, s->len, rand);
    g_free (exact);
    g_string_free (s, TRUE);
  }
  g_rand_free (rand);
}

END_TEST int
main (void)
{
  Suite *suite = suite_create ("csv text");
  TCase *tc = tcase_create ("text");
  SRunner *runner;
  int failed;

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, test_double_syntax);
  tcase_add_test (tc, test_double_rounding);
  tcase_add_test (tc, test_double_long);
  tcase_add_test (tc, test_values);
  tcase_add_test (tc, test_times);
  tcase_add_test (tc, test_times_round_trip);
  tcase_add_test (tc, test_lines);
  tcase_add_test (tc, test_lines_endless);
  tcase_add_test (tc, test_lines_discard);
  tcase_add_test (tc, test_split);
  tcase_add_test (tc, test_delimiter_names);
  tcase_add_test (tc, test_clean_name);
  tcase_add_test (tc, test_mutations);
  runner = srunner_create (suite);
  srunner_run_all (runner, CK_ENV);
  failed = srunner_ntests_failed (runner);
  srunner_free (runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
