/* SPDX-License-Identifier: Apache-2.0 */
#include "csvrows.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "common/half.h"

const gchar *
rc_csv_status_text (RcCsvStatus status)
{
  switch (status) {
    case RC_CSV_OK:
      return "is fine";
    case RC_CSV_EMPTY:
      return "is empty";
    case RC_CSV_NOT_A_NUMBER:
      return "is not a number";
    case RC_CSV_NOT_AN_INTEGER:
      return "is not an integer";
    case RC_CSV_RANGE:
      return "is out of range";
    case RC_CSV_EXPONENT:
      return "has an exponent: a time must be a plain decimal number";
  }
  g_return_val_if_reached ("?");
}

static gboolean
is_word (RcCsvField f, const gchar * word)
{
  return f.len == strlen (word) && g_ascii_strncasecmp (f.text, word,
      f.len) == 0;
}

/* Cuts a sign off. */
static gboolean
take_sign (RcCsvField * f)
{
  gboolean negative = f->len && *f->text == '-';

  if (negative || (f->len && *f->text == '+')) {
    f->text++;
    f->len--;
  }
  return negative;
}

typedef struct
{
  guint64 mantissa;             /* the first 19 significant digits */
  gint exponent;                /* of ten */
  gboolean cut;                 /* there were more digits */
} Decimal;

/* Reads digits at *p; every one of them moves the exponent by `step`. */
static gboolean
scan_digits (const gchar ** p, const gchar * end, gint step, Decimal * d)
{
  const gchar *s = *p;

  for (; s < end && g_ascii_isdigit (*s); s++) {
    if (d->mantissa < G_GUINT64_CONSTANT (1000000000000000000)) {
      d->mantissa = d->mantissa * 10 + (*s - '0');
      d->exponent += step;
    } else {
      d->cut = TRUE;
      d->exponent += step + 1;
    }
  }
  if (s == *p)
    return FALSE;
  *p = s;
  return TRUE;
}

static gboolean
scan_decimal (RcCsvField f, Decimal * d)
{
  const gchar *p = f.text, *end = f.text + f.len;
  gboolean digits;

  memset (d, 0, sizeof (*d));
  digits = scan_digits (&p, end, 0, d);
  if (p < end && *p == '.') {
    p++;
    digits |= scan_digits (&p, end, -1, d);
  }
  if (digits && p < end && (*p == 'e' || *p == 'E')) {
    RcCsvField rest = {.text = p + 1,.len = end - p - 1 };
    gboolean negative = take_sign (&rest);
    gint exponent = 0;

    digits = rest.len > 0;
    for (p = rest.text; p < end && g_ascii_isdigit (*p); p++) {
      if (exponent < 100000)
        exponent = exponent * 10 + (*p - '0');
    }
    d->exponent += negative ? -exponent : exponent;
  }
  return digits && p == end;
}

static gdouble
slow_double (RcCsvField f)
{
  gchar stack[128], *text = stack;
  gdouble value;

  /* g_ascii_strtod () needs an end; long fields are rare */
  if (f.len >= sizeof (stack))
    text = g_malloc (f.len + 1);
  memcpy (text, f.text, f.len);
  text[f.len] = 0;
  value = g_ascii_strtod (text, NULL);
  if (text != stack)
    g_free (text);
  return value;
}

/* A number without its sign. */
static RcCsvStatus
parse_unsigned (RcCsvField f, gdouble * value)
{
  static const gdouble tens[] = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13,
    1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22
  };
  Decimal d;

  if (!scan_decimal (f, &d)) {
    if (is_word (f, "inf") || is_word (f, "infinity"))
      *value = INFINITY;
    else if (is_word (f, "nan"))
      *value = NAN;
    else
      return RC_CSV_NOT_A_NUMBER;
    return RC_CSV_OK;
  }
  /* Both operands are exact in a float64, so that IEEE division and
   * multiplication give the correctly rounded result in one step. */
  if (FLT_EVAL_METHOD == 0 && !d.cut
      && d.mantissa <= G_GUINT64_CONSTANT (1) << 53
      && ABS (d.exponent) < (gint) G_N_ELEMENTS (tens)) {
    *value = d.exponent < 0 ? d.mantissa / tens[-d.exponent]
        : d.mantissa * tens[d.exponent];
    return RC_CSV_OK;
  }
  *value = slow_double (f);
  return isinf (*value) ? RC_CSV_RANGE : RC_CSV_OK;
}

RcCsvStatus
rc_csv_parse_double (RcCsvField f, gdouble * value)
{
  RcCsvStatus status;
  gboolean negative;

  *value = NAN;
  if (f.len == 0)
    return RC_CSV_EMPTY;
  if (is_word (f, "true") || is_word (f, "false")) {
    *value = f.len == 4;
    return RC_CSV_OK;
  }
  negative = take_sign (&f);
  status = parse_unsigned (f, value);
  if (negative && !isnan (*value))
    *value = -*value;
  return status;
}

/* Digits with at most a fraction of zeros. */
static RcCsvStatus
parse_integer (RcCsvField f, gboolean * negative, guint64 * magnitude)
{
  RcCsvStatus status = RC_CSV_OK;
  gdouble value;
  gsize i;

  *magnitude = 0;
  *negative = FALSE;
  if (f.len == 0)
    return RC_CSV_EMPTY;
  if (is_word (f, "true") || is_word (f, "false")) {
    *magnitude = f.len == 4;
    return RC_CSV_OK;
  }
  *negative = take_sign (&f);
  for (i = 0; i < f.len && g_ascii_isdigit (f.text[i]); i++) {
    guint digit = f.text[i] - '0';

    if (*magnitude > (G_MAXUINT64 - digit) / 10)
      status = RC_CSV_RANGE;
    else
      *magnitude = *magnitude * 10 + digit;
  }
  if (i > 0 && i < f.len && f.text[i] == '.') {
    i++;
    while (i < f.len && f.text[i] == '0')
      i++;
  }
  if (i > 0 && i == f.len)
    return status;
  return parse_unsigned (f, &value) == RC_CSV_NOT_A_NUMBER ?
      RC_CSV_NOT_A_NUMBER : RC_CSV_NOT_AN_INTEGER;
}

static RcCsvStatus
store_integer (RcCsvField f, RcDType dtype, gpointer out)
{
  gboolean is_signed = dtype == RC_INT8 || dtype == RC_INT16
      || dtype == RC_INT32 || dtype == RC_INT64;
  guint bits = 8 * rc_dtype_size (dtype);
  guint64 max = G_MAXUINT64 >> (64 - bits + is_signed);
  gboolean negative;
  guint64 v;
  RcCsvStatus status = parse_integer (f, &negative, &v);

  if (status != RC_CSV_OK)
    return status;
  if (negative ? v > (is_signed ? max + 1 : 0) : v > max)
    return RC_CSV_RANGE;
  if (negative)
    v = -v;                     /* two's complement, cut to the type below */
  switch (bits) {
    case 8:
    memcpy (out, &(guint8) {
        v}
          , 1);
      break;
    case 16:
    memcpy (out, &(guint16) {
        v}
          , 2);
      break;
    case 32:
    memcpy (out, &(guint32) {
        v}
          , 4);
      break;
    default:
      memcpy (out, &v, 8);
      break;
  }
  return RC_CSV_OK;
}

RcCsvStatus
rc_csv_parse_value (RcCsvField f, RcDType dtype, gpointer out)
{
  RcCsvStatus status;
  gdouble value;
  gfloat single;
  guint16 half;

  if (!rc_dtype_is_float (dtype))
    return store_integer (f, dtype, out);
  status = rc_csv_parse_double (f, &value);
  if (status != RC_CSV_OK && status != RC_CSV_EMPTY)
    return status;
  if (dtype == RC_FLOAT64) {
    value = rc_f64_canonical (value);
    memcpy (out, &value, 8);
    return RC_CSV_OK;
  }
  single = rc_f32_canonical (value);
  if (dtype == RC_FLOAT32) {
    memcpy (out, &single, 4);
    return isinf (single) && !isinf (value) ? RC_CSV_RANGE : RC_CSV_OK;
  }
  half = dtype == RC_FLOAT16 ? rc_f16_from_f32 (single)
      : rc_bf16_from_f32 (single);
  memcpy (out, &half, 2);
  single = dtype == RC_FLOAT16 ? rc_f16_to_f32 (half) : rc_bf16_to_f32 (half);
  return isinf (single) && !isinf (value) ? RC_CSV_RANGE : RC_CSV_OK;
}

const gchar *
rc_csv_unit_name (RcCsvUnit unit)
{
  static const gchar *const names[RC_CSV_N_UNITS] =
      { "auto", "ns", "us", "ms", "s" };

  return names[unit];
}

/* Appends a decimal digit to a magnitude of at most G_MAXINT64. */
static gboolean
push_digit (guint64 * v, guint digit)
{
  if (*v > ((guint64) G_MAXINT64 - digit) / 10)
    return FALSE;
  *v = *v * 10 + digit;
  return TRUE;
}

RcCsvStatus
rc_csv_parse_time (RcCsvField f, RcCsvUnit unit, gint64 * ns,
    gboolean * rounded)
{
  static const guint decimals[RC_CSV_N_UNITS] = { 0, 0, 3, 6, 9 };
  guint n_fraction = 0, n_digits = 0, first = 0;
  gboolean negative, in_range = TRUE, rest = FALSE, point = FALSE;
  guint64 v = 0;
  Decimal d;

  *rounded = FALSE;
  if (f.len == 0)
    return RC_CSV_EMPTY;
  negative = take_sign (&f);
  for (gsize i = 0; i < f.len; i++) {
    guint digit = f.text[i] - '0';

    if (f.text[i] == '.' && !point) {
      point = TRUE;
      continue;
    }
    if (!g_ascii_isdigit (f.text[i]))
      return scan_decimal (f, &d) ? RC_CSV_EXPONENT : RC_CSV_NOT_A_NUMBER;
    n_digits++;
    if (!point || n_fraction < decimals[unit])
      in_range = in_range && push_digit (&v, digit);
    else if (n_fraction == decimals[unit])
      first = digit;
    else
      rest |= digit != 0;
    n_fraction += point;
  }
  if (n_digits == 0)
    return RC_CSV_NOT_A_NUMBER;
  for (; n_fraction < decimals[unit]; n_fraction++)
    in_range = in_range && push_digit (&v, 0);
  if (!in_range)
    return RC_CSV_RANGE;
  *rounded = first || rest;
  if (first > 5 || (first == 5 && (rest || (v & 1)))) {
    if (v == G_MAXINT64)
      return RC_CSV_RANGE;
    v++;
  }
  *ns = negative ? -(gint64) v : (gint64) v;
  return RC_CSV_OK;
}
