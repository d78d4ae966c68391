/* SPDX-License-Identifier: Apache-2.0 */
#include "pcdnumber.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A decimal number, checked but not yet rounded. */
typedef struct
{
  bool negative, is_nan, is_inf;
  bool exact;                   /* digits and exponent tell the whole number */
  uint64_t digits;
  int exponent;                 /* of ten */
  char text[128];               /* NUL-terminated copy */
} Decimal;

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void
make_c_locale (void)
{
  c_locale = newlocale (LC_ALL_MASK, "C", (locale_t) 0);
}

static bool
is_word (const char *text, const char *word)
{
  for (; *text && *word; text++, word++) {
    if ((*text | 0x20) != *word)
      return false;
  }
  return *text == *word;
}

static const char *
scan_digits (const char *c, Decimal * d, bool fraction)
{
  for (; *c >= '0' && *c <= '9'; c++) {
    if (d->digits > (UINT64_MAX - 9) / 10) {
      d->exact = false;
      continue;
    }
    d->digits = d->digits * 10 + (unsigned) (*c - '0');
    d->exponent -= fraction;
  }
  return c;
}

/* Splits a text into sign, digits and exponent; false when it is no number. */
static bool
scan (const char *text, size_t size, Decimal * d)
{
  const char *c = d->text, *start;
  int exponent = 0;
  bool negative = false;

  if (size == 0 || size >= sizeof (d->text) || memchr (text, 0, size))
    return false;
  memcpy (d->text, text, size);
  d->text[size] = 0;
  d->negative = *c == '-';
  d->is_nan = d->is_inf = false;
  d->exact = true;
  d->digits = 0;
  d->exponent = 0;
  c += *c == '-' || *c == '+';
  d->is_nan = is_word (c, "nan");
  d->is_inf = is_word (c, "inf") || is_word (c, "infinity");
  if (d->is_nan || d->is_inf)
    return true;
  start = c;
  c = scan_digits (c, d, false);
  size = c - start;
  if (*c == '.') {
    start = ++c;
    c = scan_digits (c, d, true);
    size += c - start;
  }
  if (size == 0)
    return false;
  if (*c == 'e' || *c == 'E') {
    c++;
    negative = *c == '-';
    c += *c == '-' || *c == '+';
    start = c;
    for (; *c >= '0' && *c <= '9'; c++)
      exponent = exponent < 100000 ? exponent * 10 + (*c - '0') : exponent;
    if (c == start)
      return false;
  }
  d->exponent += negative ? -exponent : exponent;
  return *c == 0;
}

/* The double nearest to the number where two exact doubles and one rounding
 * give it: 15 digits or so and a small power of ten, as nearly all files have. */
static bool
quick_double (const Decimal * d, double *value)
{
  static const double tens[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8,
    1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22
  };
  double v = d->digits;

  if (!d->exact || d->digits > (UINT64_C (1) << 53) || d->exponent > 22
      || d->exponent < -22)
    return false;
  v = d->exponent < 0 ? v / tens[-d->exponent] : v * tens[d->exponent];
  *value = d->negative ? -v : v;
  return true;
}

bool
pcd_parse_f64 (const char *text, size_t size, double *value)
{
  Decimal d;
  locale_t old;

  if (!scan (text, size, &d))
    return false;
  if (d.is_nan || d.is_inf) {
    *value = d.is_nan ? (double) NAN : d.negative ? -INFINITY : INFINITY;
    return true;
  }
  if (quick_double (&d, value))
    return true;
  pthread_once (&c_locale_once, make_c_locale);
  old = uselocale (c_locale);
  *value = strtod (d.text, NULL);
  uselocale (old);
  return isfinite (*value);
}

bool
pcd_parse_f32 (const char *text, size_t size, float *value)
{
  Decimal d;
  double v;
  uint64_t bits;
  locale_t old;

  if (!scan (text, size, &d))
    return false;
  if (d.is_nan || d.is_inf) {
    *value = d.is_nan ? NAN : d.negative ? -INFINITY : INFINITY;
    return true;
  }
  if (quick_double (&d, &v)) {
    /* Rounding twice is wrong only where the double lies half way between two
     * floats, which its low 29 bits show in the range of normal floats. */
    memcpy (&bits, &v, sizeof (bits));
    if (v == 0 || ((bits & 0x1fffffff) != 0x10000000 && fabs (v) >= FLT_MIN
            && fabs (v) <= FLT_MAX)) {
      *value = v;
      return true;
    }
  }
  pthread_once (&c_locale_once, make_c_locale);
  old = uselocale (c_locale);
  *value = strtof (d.text, NULL);
  uselocale (old);
  return isfinite (*value);
}

bool
pcd_parse_integer (const char *text, size_t size, bool is_signed,
    unsigned bytes, uint8_t * out)
{
  uint64_t max = UINT64_MAX >> (64 - 8 * bytes), v = 0;
  bool negative = size && *text == '-';
  size_t i = size && (*text == '-' || *text == '+');

  if (is_signed)
    max = (max >> 1) + negative;
  else if (negative)
    max = 0;
  if (i == size)
    return false;
  for (; i < size; i++) {
    unsigned digit = (unsigned char) text[i] - '0';

    if (digit > 9 || v > (max - digit) / 10 || digit > max)
      return false;
    v = v * 10 + digit;
  }
  if (negative)
    v = 0 - v;
  /* little-endian: the low bytes are the narrower number */
  memcpy (out, &v, bytes);
  return true;
}
