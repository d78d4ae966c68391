/* SPDX-License-Identifier: Apache-2.0 */
#include "pcdfile.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "pcdnumber.h"

/* A piece of the text; not NUL-terminated. */
typedef struct
{
  const char *text;
  size_t size;
} Token;

typedef enum
{
  KEY_VERSION, KEY_FIELDS, KEY_SIZE, KEY_TYPE, KEY_COUNT, KEY_WIDTH,
  KEY_HEIGHT, KEY_VIEWPOINT, KEY_POINTS, KEY_DATA, N_KEYS
} Key;

static const char *const key_names[N_KEYS] = {
  "VERSION", "FIELDS", "SIZE", "TYPE", "COUNT", "WIDTH", "HEIGHT", "VIEWPOINT",
  "POINTS", "DATA"
};

typedef struct
{
  PcdHeader *header;
  RcError *error;
  unsigned line;                /* from 1 */
  bool seen[N_KEYS];
  uint32_t n_sizes, n_types, n_counts;
} Parser;

static const char mark_comment[] = "# .PCD";
static const char mark_version[] = "VERSION";

static bool
is_blank (char c)
{
  return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static bool
starts_with (const char *text, size_t size, const char *mark)
{
  size_t n = strlen (mark);

  return size >= n && memcmp (text, mark, n) == 0;
}

bool
pcd_starts_header (const char *text, size_t size)
{
  return starts_with (text, size, mark_comment)
      || starts_with (text, size, mark_version);
}

size_t
pcd_find_header (const char *text, size_t size, bool line_start)
{
  const char *p = text, *end = text + size;

  if (line_start && pcd_starts_header (text, size))
    return 0;
  while ((p = memchr (p, '\n', end - p))) {
    p++;
    if (pcd_starts_header (p, end - p))
      return p - text;
  }
  return size;
}

/* Cuts the next blank-separated token off the line. */
static bool
next_token (Token * line, Token * token)
{
  size_t n = 0;

  while (line->size && is_blank (*line->text)) {
    line->text++;
    line->size--;
  }
  while (n < line->size && !is_blank (line->text[n]))
    n++;
  token->text = line->text;
  token->size = n;
  line->text += n;
  line->size -= n;
  return n > 0;
}

static bool
token_is (Token token, const char *text)
{
  return token.size == strlen (text)
      && memcmp (token.text, text, token.size) == 0;
}

/* A printable, short copy of a token for messages: they must be valid UTF-8,
 * and files that are not PCD at all end up here too. */
static const char *
show (Token token, char buf[48])
{
  size_t n = token.size < 40 ? token.size : 40;

  for (size_t i = 0; i < n; i++) {
    char c = token.text[i];

    buf[i] = c > 0x20 && c < 0x7f ? c : (c == ' ' ? ' ' : '?');
  }
  strcpy (buf + n, n < token.size ? "..." : "");
  return buf;
}

static bool
fail (Parser * p, const char *format, ...)
{
  char text[200];
  va_list args;

  va_start (args, format);
  vsnprintf (text, sizeof (text), format, args);
  va_end (args);
  rc_error_set (p->error, RC_ERR_ARGUMENT, "header line %u: %s", p->line, text);
  return false;
}

static bool
parse_unsigned (Token token, uint64_t * value)
{
  uint64_t v = 0;

  for (size_t i = 0; i < token.size; i++) {
    unsigned digit = (unsigned char) token.text[i] - '0';

    if (digit > 9 || v > (UINT64_MAX - digit) / 10)
      return false;
    v = v * 10 + digit;
  }
  *value = v;
  return token.size > 0;
}

static bool
parse_name (Parser * p, Token token)
{
  PcdField *f;
  char buf[48];

  if (p->header->n_fields == PCD_MAX_FIELDS)
    return fail (p, "FIELDS names more than %d fields", PCD_MAX_FIELDS);
  f = &p->header->fields[p->header->n_fields];
  if (token.size >= sizeof (f->name))
    return fail (p, "FIELDS: the name \"%s\" is longer than %zu bytes",
        show (token, buf), sizeof (f->name) - 1);
  for (size_t i = 0; i < token.size; i++) {
    char c = token.text[i];

    /* ':' and ',' separate fields in the caps */
    if (c <= 0x20 || c >= 0x7f || c == ':' || c == ',')
      return fail (p, "FIELDS: the name \"%s\" has a character that a name "
          "cannot have", show (token, buf));
  }
  memcpy (f->name, token.text, token.size);
  f->name[token.size] = 0;
  f->padding = strcmp (f->name, "_") == 0;
  for (uint32_t i = 0; !f->padding && i < p->header->n_fields; i++) {
    if (strcmp (f->name, p->header->fields[i].name) == 0)
      return fail (p, "FIELDS names \"%s\" twice", f->name);
  }
  f->type = 'F';
  f->size = 4;
  f->count = 1;
  p->header->n_fields++;
  return true;
}

/* One entry of SIZE, TYPE or COUNT; `n` counts them. */
static bool
parse_entry (Parser * p, Key key, uint32_t * n, Token token)
{
  PcdField *f = &p->header->fields[*n];
  uint64_t v = 0;
  char buf[48];
  bool ok;

  if (*n == p->header->n_fields)
    return fail (p, "%s has more entries than FIELDS, which has %u",
        key_names[key], p->header->n_fields);
  if (key == KEY_TYPE) {
    ok = token_is (token, "I") || token_is (token, "U")
        || token_is (token, "F");
    if (!ok)
      return fail (p, "TYPE: \"%s\" of field \"%s\" is not I, U or F",
          show (token, buf), f->name);
    f->type = *token.text;
  } else if (key == KEY_SIZE) {
    ok = parse_unsigned (token, &v) && (v == 1 || v == 2 || v == 4 || v == 8);
    if (!ok)
      return fail (p, "SIZE: \"%s\" of field \"%s\" is not 1, 2, 4 or 8",
          show (token, buf), f->name);
    f->size = v;
  } else {
    ok = parse_unsigned (token, &v) && v >= 1 && v <= INT32_MAX;
    if (!ok)
      return fail (p, "COUNT: \"%s\" of field \"%s\" is not in [1, %d]",
          show (token, buf), f->name, INT32_MAX);
    f->count = v;
  }
  ++*n;
  return true;
}

static bool
parse_number_line (Parser * p, Key key, Token line, uint64_t * value)
{
  Token token, rest;
  char buf[48];

  if (!next_token (&line, &token) || next_token (&line, &rest)
      || !parse_unsigned (token, value))
    return fail (p, "%s: \"%s\" is not one whole number below 2^64",
        key_names[key], show (token, buf));
  return true;
}

static bool
parse_viewpoint (Parser * p, Token line)
{
  static const double identity[7] = { 0, 0, 0, 1, 0, 0, 0 };
  PcdHeader *h = p->header;
  Token token;
  char buf[48];
  int n = 0;

  h->identity = true;
  for (; next_token (&line, &token); n++) {
    double v;

    if (n == 7)
      return fail (p, "VIEWPOINT has more than 7 values");
    if (!pcd_parse_f64 (token.text, token.size, &v) || !isfinite (v))
      return fail (p, "VIEWPOINT: \"%s\" is not a finite number",
          show (token, buf));
    h->viewpoint[n] = v;
    h->identity &= v == identity[n];
  }
  if (n < 7)
    return fail (p, "VIEWPOINT has %d values, not 7", n);
  return true;
}

static bool
parse_version (Parser * p, Token line)
{
  static const char *const known[] = { "0.7", ".7", "0.6", ".6", "0.5", ".5" };
  Token token, rest;
  char buf[48];

  if (next_token (&line, &token) && !next_token (&line, &rest)) {
    for (size_t i = 0; i < sizeof (known) / sizeof (*known); i++) {
      if (token_is (token, known[i]))
        return true;
    }
  }
  return fail (p, "VERSION: \"%s\" is not 0.5, 0.6 or 0.7", show (token, buf));
}

static bool
parse_data (Parser * p, Token line)
{
  static const char *const names[] = { "ascii", "binary", "binary_compressed" };
  Token token, rest;
  char buf[48];

  if (next_token (&line, &token) && !next_token (&line, &rest)) {
    for (int i = 0; i < 3; i++) {
      if (token_is (token, names[i])) {
        p->header->data = i;
        return true;
      }
    }
  }
  return fail (p, "DATA: \"%s\" is not ascii, binary or binary_compressed",
      show (token, buf));
}

static bool
parse_list (Parser * p, Key key, Token line)
{
  uint32_t *n = key == KEY_SIZE ? &p->n_sizes : key == KEY_TYPE ? &p->n_types
      : &p->n_counts;
  Token token;

  if (key != KEY_FIELDS && !p->seen[KEY_FIELDS])
    return fail (p, "%s comes before FIELDS", key_names[key]);
  while (next_token (&line, &token)) {
    if (key == KEY_FIELDS ? !parse_name (p, token)
        : !parse_entry (p, key, n, token))
      return false;
  }
  if (key == KEY_FIELDS ? p->header->n_fields == 0 : *n < p->header->n_fields)
    return fail (p, "%s has %u entries for %u fields", key_names[key],
        key == KEY_FIELDS ? 0 : *n, p->header->n_fields);
  return true;
}

static bool
parse_line (Parser * p, Token line)
{
  PcdHeader *h = p->header;
  Token word;
  char buf[48];
  int key = 0;

  if (!next_token (&line, &word) || *word.text == '#')
    return true;
  while (key < N_KEYS && !token_is (word, key_names[key]))
    key++;
  if (token_is (word, "COLUMNS"))
    key = KEY_FIELDS;
  if (key == N_KEYS)
    return fail (p, "\"%s\" is not a PCD keyword", show (word, buf));
  if (p->seen[key])
    return fail (p, "%s is there twice", key_names[key]);
  p->seen[key] = true;
  switch ((Key) key) {
    case KEY_VERSION:
      return parse_version (p, line);
    case KEY_WIDTH:
      return parse_number_line (p, key, line, &h->width);
    case KEY_HEIGHT:
      return parse_number_line (p, key, line, &h->height);
    case KEY_POINTS:
      return parse_number_line (p, key, line, &h->declared_points);
    case KEY_VIEWPOINT:
      return parse_viewpoint (p, line);
    case KEY_DATA:
      return parse_data (p, line);
    default:
      return parse_list (p, key, line);
  }
}

/* Offsets and sizes, once the types are known. */
static bool
lay_out (Parser * p)
{
  PcdHeader *h = p->header;
  uint64_t step = 0, columns = 0, padding = 0;

  for (uint32_t i = 0; i < h->n_fields; i++) {
    PcdField *f = &h->fields[i];
    uint64_t bytes = (uint64_t) f->size * f->count;

    if (f->type == 'F' && f->size < 4)
      return fail (p, "field \"%s\" has TYPE F and SIZE %u: a float has 4 or 8 "
          "bytes", f->name, f->size);
    f->offset = step;
    step += bytes;
    columns += f->count;
    padding += f->padding ? bytes : 0;
    /* checked for every field: no sum of 256 of them can wrap */
    if (step > INT32_MAX)
      return fail (p, "a point of %llu bytes is too large",
          (unsigned long long) step);
  }
  if (padding == step)
    return fail (p, "FIELDS has padding only");
  if (h->data == PCD_ASCII && columns > PCD_MAX_COLUMNS)
    return fail (p, "%llu numbers per ascii line are more than %d",
        (unsigned long long) columns, PCD_MAX_COLUMNS);
  h->step = step;
  h->columns = columns;
  h->padding = padding;
  return true;
}

static bool
finish (Parser * p)
{
  PcdHeader *h = p->header;
  const bool *seen = p->seen;
  uint64_t area;

  if (!seen[KEY_FIELDS])
    return fail (p, "DATA comes without FIELDS");
  if (seen[KEY_SIZE] != seen[KEY_TYPE])
    return fail (p, "%s comes without %s", seen[KEY_SIZE] ? "SIZE" : "TYPE",
        seen[KEY_SIZE] ? "TYPE" : "SIZE");
  if (!seen[KEY_POINTS] && !seen[KEY_WIDTH])
    return fail (p, "neither POINTS nor WIDTH says how many points there are");
  if (!seen[KEY_HEIGHT])
    h->height = 1;
  if (!seen[KEY_WIDTH]) {
    if (seen[KEY_HEIGHT] && h->height != 1)
      return fail (p, "HEIGHT %llu comes without WIDTH",
          (unsigned long long) h->height);
    h->width = h->declared_points;
  }
  if (h->height && h->width > UINT64_MAX / h->height)
    return fail (p, "WIDTH %llu times HEIGHT %llu overflows",
        (unsigned long long) h->width, (unsigned long long) h->height);
  area = h->width * h->height;
  if (!seen[KEY_POINTS])
    h->declared_points = area;
  h->points = area < h->declared_points ? area : h->declared_points;
  if (!seen[KEY_VIEWPOINT]) {
    h->identity = true;
    h->viewpoint[3] = 1;
  }
  return lay_out (p);
}

bool
pcd_header_consistent (const PcdHeader * header)
{
  return header->width * header->height == header->declared_points;
}

PcdResult
pcd_header_parse (PcdHeader * header, const char *text, size_t size, bool end,
    size_t *used, RcError * error)
{
  Parser p = {.header = header,.error = error };
  size_t at = 0;

  memset (header, 0, sizeof (*header));
  while (at < size) {
    const char *eol = memchr (text + at, '\n', size - at);
    size_t next = eol ? (size_t) (eol - text) + 1 : size;
    Token line = { text + at, eol ? (size_t) (eol - text) - at : size - at };
    bool any = false;

    if (!eol && !end)
      break;
    p.line++;
    for (int i = 0; i < N_KEYS; i++)
      any |= p.seen[i];
    /* the search for a next header must find this one */
    if (any && pcd_starts_header (line.text, line.size)) {
      fail (&p, "a new header begins before DATA");
      *used = at;
      return PCD_BAD;
    }
    if (!parse_line (&p, line) || (p.seen[KEY_DATA] && !finish (&p))) {
      *used = next;
      return PCD_BAD;
    }
    at = next;
    if (p.seen[KEY_DATA]) {
      *used = next;
      return PCD_DONE;
    }
  }
  if (size < PCD_MAX_HEADER && !end)
    return PCD_MORE;
  p.line++;
  fail (&p, "no DATA line in the first %zu bytes", size);
  *used = size ? size : 1;
  return PCD_BAD;
}

PcdResult
pcd_probe (const char *text, size_t size)
{
  static const char *const words[] =
      { "VERSION", "FIELDS", "COLUMNS", mark_comment };
  size_t at = 0;

  /* comments only help when text follows them that a PCD file has */
  while (at < size) {
    const char *eol;

    for (size_t i = 0; i < sizeof (words) / sizeof (*words); i++) {
      size_t n = strlen (words[i]), have = size - at < n ? size - at : n;

      if (memcmp (text + at, words[i], have) == 0)
        return have == n ? PCD_DONE : PCD_MORE;
    }
    if (text[at] != '#' && text[at] != '\n' && text[at] != '\r')
      return PCD_BAD;
    eol = memchr (text + at, '\n', size - at);
    for (size_t i = at; i < (eol ? (size_t) (eol - text) : size); i++) {
      if ((unsigned char) text[i] < 0x20 && !is_blank (text[i]))
        return PCD_BAD;
    }
    if (!eol)
      return size < PCD_MAX_HEADER ? PCD_MORE : PCD_BAD;
    at = eol - text + 1;
  }
  return size < PCD_MAX_HEADER ? PCD_MORE : PCD_BAD;
}

static bool
parse_value (const PcdField * f, Token token, uint8_t * out)
{
  if (f->type == 'F' && f->size == 4) {
    float v;

    if (!pcd_parse_f32 (token.text, token.size, &v))
      return false;
    memcpy (out, &v, sizeof (v));
    return true;
  }
  if (f->type == 'F') {
    double v;

    if (!pcd_parse_f64 (token.text, token.size, &v))
      return false;
    memcpy (out, &v, sizeof (v));
    return true;
  }
  return pcd_parse_integer (token.text, token.size, f->type == 'I', f->size,
      out);
}

bool
pcd_row_parse (const PcdHeader * header, const char *line, size_t size,
    uint8_t * out, RcError * error)
{
  Token rest = { line, size }, token;
  uint32_t column = 0;
  char buf[48];

  for (uint32_t i = 0; i < header->n_fields; i++) {
    const PcdField *f = &header->fields[i];

    for (uint32_t j = 0; j < f->count; j++, column++) {
      if (!next_token (&rest, &token)) {
        rc_error_set (error, RC_ERR_SHAPE,
            "%u columns where FIELDS and COUNT ask for %u", column,
            header->columns);
        return false;
      }
      if (!parse_value (f, token, out)) {
        rc_error_set (error, RC_ERR_ARGUMENT,
            "column %u (field \"%s\"): \"%s\" is not a number of TYPE %c "
            "SIZE %u", column + 1, f->name, show (token, buf), f->type,
            f->size);
        return false;
      }
      out += f->size;
    }
  }
  if (next_token (&rest, &token)) {
    rc_error_set (error, RC_ERR_SHAPE,
        "\"%s\" after the last of %u columns", show (token, buf),
        header->columns);
    return false;
  }
  return true;
}

void
pcd_interleave (const PcdHeader * header, uint64_t points,
    bool without_padding, const uint8_t * packed, uint8_t * out)
{
  for (uint32_t i = 0; i < header->n_fields; i++) {
    const PcdField *f = &header->fields[i];
    size_t bytes = (size_t) f->size * f->count;
    uint8_t *dest = out + f->offset;

    for (uint64_t n = 0; n < points; n++, dest += header->step) {
      if (f->padding && without_padding) {
        memset (dest, 0, bytes);
      } else {
        memcpy (dest, packed, bytes);
        packed += bytes;
      }
    }
  }
}
