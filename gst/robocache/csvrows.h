/* SPDX-License-Identifier: Apache-2.0 */
/* The text part of rccsvparse: bytes -> lines -> fields -> numbers and times,
 * and what can be inferred from the first lines. No GStreamer objects, no
 * global state; every function may be used from any thread on its own data.
 *
 * Text is never NUL-terminated: it is a pointer and a length. Numbers are
 * ASCII with a '.', whatever the locale. */
#pragma once

#include <glib.h>

#include "common/dtype.h"

G_BEGIN_DECLS

#define RC_CSV_MAX_COLUMNS 65536

/* ---- numbers (csvnumber.c) ---- */

typedef enum
{
  RC_CSV_OK = 0,
  RC_CSV_EMPTY,
  RC_CSV_NOT_A_NUMBER,
  RC_CSV_NOT_AN_INTEGER,
  RC_CSV_RANGE,                 /* a finite number that the type cannot hold */
  RC_CSV_EXPONENT,              /* a time with an exponent */
} RcCsvStatus;

typedef struct
{
  const gchar *text;
  gsize len;
} RcCsvField;

/* The end of the sentence 'column 3: "1x" …'. */
const gchar *rc_csv_status_text (RcCsvStatus status);

/* Decimal text (optional sign, digits, '.', exponent), nan, inf, infinity,
 * true (1) and false (0), in any case. The result is the nearest float64, ties
 * to even. RC_CSV_EMPTY gives NaN. */
RcCsvStatus rc_csv_parse_double (RcCsvField field, gdouble * value);

/* One element of a tensor, written to `out` (rc_dtype_size (dtype) bytes, no
 * alignment needed). Float types hold the nearest float64 rounded to the type
 * (to 16 bits by way of float32), ties to even; NaN is the type's one quiet
 * NaN, an empty field is NaN. Integers are exact: digits, or digits with a
 * fraction of zeros; an empty field is an error. */
RcCsvStatus rc_csv_parse_value (RcCsvField field, RcDType dtype,
    gpointer out);

typedef enum
{
  RC_CSV_UNIT_AUTO = 0,
  RC_CSV_UNIT_NS,
  RC_CSV_UNIT_US,
  RC_CSV_UNIT_MS,
  RC_CSV_UNIT_S,
  RC_CSV_N_UNITS
} RcCsvUnit;

const gchar *rc_csv_unit_name (RcCsvUnit unit);

/* A decimal number of `unit` (not AUTO) as nanoseconds, without floating
 * point. Digits beyond the nanosecond are rounded to nearest, ties to even, and
 * set *rounded unless they are zeros. G_MININT64 is out of range. */
RcCsvStatus rc_csv_parse_time (RcCsvField field, RcCsvUnit unit, gint64 * ns,
    gboolean * rounded);

/* ---- lines and fields (csvrows.c) ---- */

/* Cuts a byte stream into lines, however it is chunked. */
typedef struct
{
  GString *partial;             /* the start of a line, from earlier chunks */
  gsize max_length;             /* bytes of a line, without its end */
  gboolean open;                /* `partial` holds a line with no end yet */
  gboolean skipping;            /* in the rest of a line that is too long */
  guint64 number;               /* lines that have ended */
  guint64 tag;                  /* of the chunk with the line's first byte */
} RcCsvLines;

typedef enum
{
  RC_CSV_MORE = 0,              /* no further line in this chunk */
  RC_CSV_LINE,
  RC_CSV_TOO_LONG               /* a line over max_length ended: it is lost */
} RcCsvNext;

typedef struct
{
  const gchar *text;            /* without its end; valid until the next call */
  gsize len;
  guint64 number;               /* from 1 */
  guint64 tag;
} RcCsvLine;

void rc_csv_lines_init (RcCsvLines * lines, gsize max_length);
void rc_csv_lines_clear (RcCsvLines * lines);

/* Takes one line from the chunk (*data, *size), which is advanced; `tag` is
 * any number that belongs to the chunk. A line ends at '\n'; a '\r' around it
 * and a byte order mark before the first one are not part of it. */
RcCsvNext rc_csv_lines_next (RcCsvLines * lines, const gchar ** data,
    gsize * size, guint64 tag, RcCsvLine * line);

/* The stream has ended: a last line with no end, if there is one. */
RcCsvNext rc_csv_lines_finish (RcCsvLines * lines, RcCsvLine * line);

/* Forgets a half line, after a hole in the stream; TRUE if there was one. */
gboolean rc_csv_lines_discard (RcCsvLines * lines);

typedef enum
{
  RC_CSV_KIND_BLANK = 0,
  RC_CSV_KIND_COMMENT,          /* '#' comes first */
  RC_CSV_KIND_TEXT
} RcCsvKind;

RcCsvKind rc_csv_kind (const gchar * text, gsize len);

/* Cuts a line into fields, trimmed of blanks and of quotes ("" within quotes
 * stays doubled). ' ' as the delimiter means runs of blanks and tabs. Returns
 * the number of fields, of which at most `max` are written. */
guint rc_csv_split (const gchar * text, gsize len, gchar delimiter,
    RcCsvField * fields, guint max);

/* "comma", "tab", …, or the character itself; to be freed. */
gchar *rc_csv_delimiter_name (gchar delimiter);
/* The reverse; FALSE when the text is neither a name nor one character that
 * can separate numbers. *delimiter is 0 for "auto". */
gboolean rc_csv_delimiter_parse (const gchar * text, gchar * delimiter);

/* ---- inference (csvinfer.c) ---- */

typedef enum
{
  RC_CSV_HEADER_AUTO = 0,
  RC_CSV_HEADER_YES,
  RC_CSV_HEADER_NO
} RcCsvHeader;

/* What is known before the text is looked at. */
typedef struct
{
  gchar delimiter;              /* 0: infer */
  RcCsvHeader header;
  const gchar *time_column;     /* "auto", "none", a name or a number */
  RcCsvUnit time_unit;
  guint n_names;                /* names given for all channels, 0: none */
  gboolean has_stamps;          /* rows arrive with a time of their own */
} RcCsvHints;

typedef struct
{
  gchar delimiter;
  guint n_columns;
  guint n_skip;                 /* lines before the first row */
  gint header;                  /* index of the header line, -1: none */
  gboolean comment_header;      /* the names come from the comment line */
  gchar **names;                /* [n_columns], units removed; or NULL */
  gchar **units;                /* [n_columns], "" when not said; or NULL */
  gchar *time_name;             /* the time column as its header has it */
  gint time_column;             /* -1: none */
  RcCsvUnit time_unit;          /* AUTO when there is no row to infer it from */
} RcCsvLayout;

/* Infers a layout from the first lines (RC_CSV_KIND_TEXT only) and the comment
 * line just before them (text NULL: none). FALSE: *error is a sentence that
 * names the property to set; free with g_free (). */
gboolean rc_csv_infer (const RcCsvHints * hints, const RcCsvField * lines,
    guint n_lines, RcCsvField comment, RcCsvLayout * layout, gchar ** error);
void rc_csv_layout_clear (RcCsvLayout * layout);

/* A column by name (exact, then without regard to case) or number; -1. */
gint rc_csv_find (gchar ** names, guint n, const gchar * text);

/* Text that can stand in a list in caps: no ',', ';' or control characters, and
 * never empty. */
gchar *rc_csv_clean_name (const gchar * text, gsize len);

typedef struct
{
  guint channel;                /* first of four */
  const gchar *order;           /* "wxyz" or "xyzw"; NULL: cannot be told */
} RcCsvQuaternion;

/* Groups of four neighbouring channels that look like quaternions: by their
 * names (…w …x …y …z with a q), else by unit norm in every row of the sample
 * where no other choice of four is possible. `columns[c]` is the column of
 * channel c; `names` may be NULL. Returns the number of groups, at most `max`
 * of which are written, in order. */
guint rc_csv_quaternions (const RcCsvLayout * layout, const RcCsvField * lines,
    guint n_lines, const guint * columns, guint n_channels, gchar ** names,
    RcCsvQuaternion * found, guint max);

G_END_DECLS
