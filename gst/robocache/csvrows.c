/* SPDX-License-Identifier: Apache-2.0 */
#include "csvrows.h"

#include <string.h>

static gboolean
is_blank (gchar c)
{
  return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static void
trim (const gchar ** text, gsize * len)
{
  while (*len && is_blank ((*text)[0])) {
    (*text)++;
    (*len)--;
  }
  while (*len && is_blank ((*text)[*len - 1]))
    (*len)--;
}

void
rc_csv_lines_init (RcCsvLines * lines, gsize max_length)
{
  memset (lines, 0, sizeof (*lines));
  lines->partial = g_string_new (NULL);
  lines->max_length = max_length;
}

void
rc_csv_lines_clear (RcCsvLines * lines)
{
  if (lines->partial)
    g_string_free (lines->partial, TRUE);
  memset (lines, 0, sizeof (*lines));
}

/* A line has ended; `text` lies in the chunk or in `partial`. */
static RcCsvNext
end_line (RcCsvLines * lines, const gchar * text, gsize len, guint64 tag,
    RcCsvLine * line)
{
  gboolean too_long = lines->skipping;

  lines->skipping = FALSE;
  lines->number++;
  if (len && text[len - 1] == '\r')
    len--;
  if (lines->number == 1 && len >= 3 && memcmp (text, "\xef\xbb\xbf", 3) == 0) {
    text += 3;
    len -= 3;
  }
  line->text = text;
  line->len = len;
  line->number = lines->number;
  line->tag = tag;
  return too_long || len > lines->max_length ? RC_CSV_TOO_LONG : RC_CSV_LINE;
}

/* Keeps the start of a line, within bounds: one byte more than the longest line
 * and its '\r' is enough to know that it is too long. */
static void
keep_partial (RcCsvLines * lines, const gchar * text, gsize len, guint64 tag)
{
  gsize room = lines->max_length + 5 - lines->partial->len;

  if (lines->partial->len == 0)
    lines->tag = tag;
  if (lines->skipping || len > room) {
    lines->skipping = TRUE;
    len = MIN (len, room);
  }
  g_string_append_len (lines->partial, text, len);
}

RcCsvNext
rc_csv_lines_next (RcCsvLines * lines, const gchar ** data, gsize * size,
    guint64 tag, RcCsvLine * line)
{
  const gchar *text = *data, *end;
  gsize len;

  if (*size == 0)
    return RC_CSV_MORE;
  end = memchr (text, '\n', *size);
  len = end ? (gsize) (end - text) : *size;
  *data += end ? len + 1 : len;
  *size -= end ? len + 1 : len;
  if (!end) {
    /* what the last call returned from `partial` is not valid any more */
    if (!lines->open)
      g_string_truncate (lines->partial, 0);
    lines->open = TRUE;
    keep_partial (lines, text, len, tag);
    return RC_CSV_MORE;
  }
  if (!lines->open)
    return end_line (lines, text, len, tag, line);
  keep_partial (lines, text, len, tag);
  lines->open = FALSE;
  return end_line (lines, lines->partial->str, lines->partial->len,
      lines->tag, line);
}

RcCsvNext
rc_csv_lines_finish (RcCsvLines * lines, RcCsvLine * line)
{
  if (!lines->open)
    return RC_CSV_MORE;
  lines->open = FALSE;
  return end_line (lines, lines->partial->str, lines->partial->len,
      lines->tag, line);
}

gboolean
rc_csv_lines_discard (RcCsvLines * lines)
{
  gboolean open = lines->open;

  lines->open = FALSE;
  lines->skipping = FALSE;
  lines->number += open;
  return open;
}

RcCsvKind
rc_csv_kind (const gchar * text, gsize len)
{
  trim (&text, &len);
  if (len == 0)
    return RC_CSV_KIND_BLANK;
  return *text == '#' ? RC_CSV_KIND_COMMENT : RC_CSV_KIND_TEXT;
}

/* The end of the quoted text that starts after text[0] == '"': the index of the
 * closing quote, or len. */
static gsize
closing_quote (const gchar * text, gsize len)
{
  for (gsize i = 1; i < len; i++) {
    if (text[i] != '"')
      continue;
    if (i + 1 < len && text[i + 1] == '"')
      i++;
    else
      return i;
  }
  return len;
}

static gboolean
is_delimiter (gchar c, gchar delimiter)
{
  return c == delimiter || (delimiter == ' ' && c == '\t');
}

/* The length of the field at `text`, up to its delimiter. */
static gsize
field_length (const gchar * text, gsize len, gchar delimiter)
{
  gsize i = 0;

  while (i < len && is_blank (text[i]) && !is_delimiter (text[i], delimiter))
    i++;
  if (i < len && text[i] == '"') {
    gsize quote = i + closing_quote (text + i, len - i);

    /* a quote that never closes is an ordinary character: the row is bad, but
     * its other fields are not swallowed */
    if (quote < len)
      i = quote;
  }
  while (i < len && !is_delimiter (text[i], delimiter))
    i++;
  return i;
}

static RcCsvField
make_field (const gchar * text, gsize len)
{
  RcCsvField field;

  trim (&text, &len);
  if (len >= 2 && *text == '"' && closing_quote (text, len) == len - 1) {
    text++;
    len -= 2;
    trim (&text, &len);
  }
  field.text = text;
  field.len = len;
  return field;
}

guint
rc_csv_split (const gchar * text, gsize len, gchar delimiter,
    RcCsvField * fields, guint max)
{
  guint n = 0;

  /* with blanks or tabs as delimiters those at the ends are not delimiters of
   * empty fields; a tab-separated row may begin or end with one, though */
  if (delimiter != '\t')
    trim (&text, &len);
  for (;;) {
    gsize i = field_length (text, len, delimiter);

    if (n < max)
      fields[n] = make_field (text, i);
    n++;
    if (i == len)
      return n;
    text += i + 1;
    len -= i + 1;
    if (delimiter == ' ')
      trim (&text, &len);
  }
}

static const struct
{
  const gchar *name;
  gchar delimiter;
} delimiters[] = {
  {"auto", 0},
  {"comma", ','},
  {"semicolon", ';'},
  {"tab", '\t'},
  {"pipe", '|'},
  {"whitespace", ' '},
};

gchar *
rc_csv_delimiter_name (gchar delimiter)
{
  for (guint i = 0; i < G_N_ELEMENTS (delimiters); i++) {
    if (delimiters[i].delimiter == delimiter)
      return g_strdup (delimiters[i].name);
  }
  return g_strdup_printf ("%c", delimiter);
}

gboolean
rc_csv_delimiter_parse (const gchar * text, gchar * delimiter)
{
  for (guint i = 0; i < G_N_ELEMENTS (delimiters); i++) {
    if (g_ascii_strcasecmp (text, delimiters[i].name) == 0) {
      *delimiter = delimiters[i].delimiter;
      return TRUE;
    }
  }
  if (g_str_equal (text, "\\t"))
    text = "\t";
  /* what numbers, quotes and comments are made of cannot separate them */
  if (!*text || text[1] || g_ascii_isalnum (*text)
      || strchr (".+-\"#\r\n", *text)
      || (guchar) * text >= 0x80 || (*text < 0x20 && *text != '\t'))
    return FALSE;
  *delimiter = *text;
  return TRUE;
}
