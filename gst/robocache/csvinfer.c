/* SPDX-License-Identifier: Apache-2.0 */
#include "csvrows.h"

#include <string.h>

/* What one line looks like under one delimiter. */
typedef struct
{
  guint n;                      /* fields */
  guint numbers;
  guint empty;
  gboolean last_empty;
} Shape;

static RcCsvField *
split_all (RcCsvField line, gchar delimiter, guint * n)
{
  RcCsvField *fields;

  *n = rc_csv_split (line.text, line.len, delimiter, NULL, 0);
  *n = MIN (*n, RC_CSV_MAX_COLUMNS);
  fields = g_new (RcCsvField, *n);
  rc_csv_split (line.text, line.len, delimiter, fields, *n);
  return fields;
}

static Shape
look_at (RcCsvField line, gchar delimiter)
{
  Shape shape = { 0 };
  RcCsvField *fields = split_all (line, delimiter, &shape.n);

  for (guint i = 0; i < shape.n; i++) {
    gdouble value;
    RcCsvStatus status = rc_csv_parse_double (fields[i], &value);

    shape.numbers += status == RC_CSV_OK || status == RC_CSV_RANGE;
    shape.empty += status == RC_CSV_EMPTY;
  }
  shape.last_empty = fields[shape.n - 1].len == 0;
  g_free (fields);
  return shape;
}

static gboolean
all_numbers (const Shape * s)
{
  return s->numbers > 0 && s->numbers + s->empty == s->n;
}

/* The most frequent number of fields, of the lines that are all numbers if
 * there are any; the earliest wins a tie. */
static guint
usual_count (const Shape * shapes, guint n_lines)
{
  guint best = 0, best_votes = 0;
  gboolean any = FALSE;

  for (guint i = 0; i < n_lines; i++)
    any |= all_numbers (&shapes[i]);
  for (guint i = 0; i < n_lines; i++) {
    guint votes = 0;

    if (any && !all_numbers (&shapes[i]))
      continue;
    for (guint j = 0; j < n_lines; j++)
      votes += shapes[j].n == shapes[i].n && (!any || all_numbers (&shapes[j]));
    if (votes > best_votes) {
      best_votes = votes;
      best = shapes[i].n;
    }
  }
  return best;
}

static Shape *
look_at_all (const RcCsvField * lines, guint n_lines, gchar delimiter)
{
  Shape *shapes = g_new (Shape, n_lines);

  for (guint i = 0; i < n_lines; i++)
    shapes[i] = look_at (lines[i], delimiter);
  return shapes;
}

/* The delimiter that makes most lines rows of numbers; then the most numbers;
 * then the most columns. Without any number only the columns count. */
static gchar
infer_delimiter (const RcCsvField * lines, guint n_lines)
{
  static const gchar candidates[] = { ',', ';', '\t', '|', ' ' };
  guint64 best_score = 0;
  gchar best = ',';

  for (guint c = 0; c < G_N_ELEMENTS (candidates); c++) {
    Shape *shapes = look_at_all (lines, n_lines, candidates[c]);
    guint n = usual_count (shapes, n_lines), rows = 0, numbers = 0;
    guint64 score;

    for (guint i = 0; i < n_lines; i++) {
      if (shapes[i].n != n)
        continue;
      rows += all_numbers (&shapes[i]);
      numbers += shapes[i].numbers;
    }
    score = ((guint64) rows << 48) + ((guint64) MIN (numbers, 0xffffff) << 24)
        + n;
    /* words have blanks between them: not a sign of columns */
    if (candidates[c] == ' ' && numbers == 0 && best_score >= 2)
      score = 0;
    if (score > best_score) {
      best_score = score;
      best = candidates[c];
    }
    g_free (shapes);
  }
  return best;
}

/* ---- names ---- */

gchar *
rc_csv_clean_name (const gchar * text, gsize len)
{
  GString *str = g_string_new (NULL);
  gchar *valid = g_utf8_make_valid (text, len);

  for (const gchar * p = valid; *p; p++) {
    if (*p == '"' && p[1] == '"')
      continue;
    g_string_append_c (str, *p == ',' || *p == ';'
        || g_ascii_iscntrl (*p) ? '_' : *p);
  }
  g_free (valid);
  g_strstrip (str->str);
  str->len = strlen (str->str);
  if (str->len == 0)
    g_string_assign (str, "_");
  return g_string_free (str, FALSE);
}

/* Takes the unit, "(deg/s)" or "[ns]", off the end of a header field. */
static gchar *
take_unit (RcCsvField * f)
{
  gchar close = f->len ? f->text[f->len - 1] : 0;
  gchar open = close == ')' ? '(' : close == ']' ? '[' : 0;
  gsize i = f->len;
  gchar *unit;

  while (open && i > 0 && f->text[i - 1] != open)
    i--;
  if (!open || i < 2 || i + 1 >= f->len)
    return g_strdup ("");
  unit = rc_csv_clean_name (f->text + i, f->len - 1 - i);
  f->len = i - 1;
  while (f->len && g_ascii_isspace (f->text[f->len - 1]))
    f->len--;
  return unit;
}

static void
take_names (RcCsvLayout * layout, RcCsvField header)
{
  guint n;
  RcCsvField *fields = split_all (header, layout->delimiter, &n);

  layout->names = g_new0 (gchar *, layout->n_columns + 1);
  layout->units = g_new0 (gchar *, layout->n_columns + 1);
  for (guint i = 0; i < layout->n_columns; i++) {
    RcCsvField f = { "", 0 };

    if (i < n)
      f = fields[i];
    layout->units[i] = take_unit (&f);
    if (f.len)
      layout->names[i] = rc_csv_clean_name (f.text, f.len);
    else
      layout->names[i] = g_strdup_printf ("column%u", i);
  }
  g_free (fields);
}

gint
rc_csv_find (gchar ** names, guint n, const gchar * text)
{
  guint64 number;

  for (guint i = 0; names && i < n; i++) {
    if (g_str_equal (names[i], text))
      return i;
  }
  for (guint i = 0; names && i < n; i++) {
    if (g_ascii_strcasecmp (names[i], text) == 0)
      return i;
  }
  if (g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT, &number, NULL)
      && number < n)
    return number;
  return -1;
}

/* ---- time ---- */

static RcCsvUnit
unit_from_word (const gchar * word)
{
  static const struct
  {
    const gchar *word;
    RcCsvUnit unit;
  } words[] = {
    {"ns", RC_CSV_UNIT_NS}, {"nsec", RC_CSV_UNIT_NS}, {"nsecs", RC_CSV_UNIT_NS},
    {"nanosec", RC_CSV_UNIT_NS}, {"nanosecs", RC_CSV_UNIT_NS},
    {"nanosecond", RC_CSV_UNIT_NS}, {"nanoseconds", RC_CSV_UNIT_NS},
    {"nanos", RC_CSV_UNIT_NS},
    {"us", RC_CSV_UNIT_US}, {"usec", RC_CSV_UNIT_US}, {"usecs", RC_CSV_UNIT_US},
    {"microsec", RC_CSV_UNIT_US}, {"microsecond", RC_CSV_UNIT_US},
    {"microseconds", RC_CSV_UNIT_US}, {"micros", RC_CSV_UNIT_US},
    {"\xc2\xb5s", RC_CSV_UNIT_US}, {"\xce\xbcs", RC_CSV_UNIT_US},
    {"ms", RC_CSV_UNIT_MS}, {"msec", RC_CSV_UNIT_MS}, {"msecs", RC_CSV_UNIT_MS},
    {"millisec", RC_CSV_UNIT_MS}, {"millisecond", RC_CSV_UNIT_MS},
    {"milliseconds", RC_CSV_UNIT_MS}, {"millis", RC_CSV_UNIT_MS},
    {"s", RC_CSV_UNIT_S}, {"sec", RC_CSV_UNIT_S}, {"secs", RC_CSV_UNIT_S},
    {"second", RC_CSV_UNIT_S}, {"seconds", RC_CSV_UNIT_S},
  };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++) {
    if (g_str_equal (word, words[i].word))
      return words[i].unit;
  }
  return RC_CSV_UNIT_AUTO;
}

/* Does a header field name a time? 2: in any column, 1: in the first one (a
 * later "t" or "reaction time" is a value). The unit that it names, if any,
 * comes along. */
static guint
name_is_time (const gchar * name, const gchar * unit_text, RcCsvUnit * unit)
{
  static const struct
  {
    const gchar *word;
    guint rank, rank_in_phrase;
  } known[] = {
    {"timestamp", 2, 2}, {"timestamps", 2, 2}, {"stamp", 2, 2},
    {"rosbagtimestamp", 2, 2}, {"time", 2, 1}, {"times", 2, 1},
    {"epoch", 2, 1}, {"t", 1, 1}, {"ts", 1, 1},
  };
  gchar *low = g_ascii_strdown (name, -1), *low_unit =
      g_ascii_strdown (unit_text, -1);
  gchar **words = g_strsplit_set (low, " _-.:/%#()[]", -1);
  const gchar *last = NULL;
  guint n_words = 0, result = 0;

  *unit = unit_from_word (low_unit);
  for (guint i = 0; words[i]; i++) {
    RcCsvUnit u = unit_from_word (words[i]);

    if (!*words[i])
      continue;
    if (last && u != RC_CSV_UNIT_AUTO && !words[i + 1]) {
      if (*unit == RC_CSV_UNIT_AUTO)
        *unit = u;
      break;
    }
    n_words++;
    last = words[i];
  }
  for (guint i = 0; last && i < G_N_ELEMENTS (known); i++) {
    if (g_str_equal (last, known[i].word))
      result = n_words == 1 ? known[i].rank : known[i].rank_in_phrase;
  }
  g_strfreev (words);
  g_free (low_unit);
  g_free (low);
  return result;
}

/* The stamps of the sample's rows in one unit; FALSE for a row without. */
static gboolean
row_stamp (const RcCsvLayout * layout, RcCsvField line, RcCsvUnit unit,
    gint64 * ns)
{
  guint n;
  RcCsvField *fields = split_all (line, layout->delimiter, &n);
  gboolean rounded, ok;

  ok = n >= layout->n_columns && rc_csv_parse_time (fields[layout->time_column],
      unit, ns, &rounded) == RC_CSV_OK;
  g_free (fields);
  return ok;
}

typedef struct
{
  gint64 first;
  gint64 step;                  /* the median positive one; 0: none */
  gboolean any;
  gboolean backward;
} Stamps;

static gint
compare_int64 (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return (x > y) - (x < y);
}

static Stamps
sample_stamps (const RcCsvLayout * layout, const RcCsvField * lines,
    guint n_lines, RcCsvUnit unit)
{
  GArray *steps = g_array_new (FALSE, FALSE, sizeof (gint64));
  Stamps stamps = { 0 };
  gint64 last = 0;

  for (guint i = layout->n_skip; i < n_lines; i++) {
    gint64 ns, step;

    if (!row_stamp (layout, lines[i], unit, &ns))
      continue;
    if (!stamps.any) {
      stamps.any = TRUE;
      stamps.first = ns;
    } else if (ns < last) {
      stamps.backward = TRUE;
    } else if (ns > last) {
      /* stamps may be anything at all: a difference must not overflow */
      step = last < 0 && ns > G_MAXINT64 + last ? G_MAXINT64 : ns - last;
      g_array_append_val (steps, step);
    }
    last = ns;
  }
  if (steps->len) {
    g_array_sort (steps, compare_int64);
    stamps.step = g_array_index (steps, gint64, steps->len / 2);
  }
  g_array_free (steps, TRUE);
  return stamps;
}

#define NS_PER_S G_GINT64_CONSTANT (1000000000)

/* Do these stamps look like time since 1970, in years that have sensors, at
 * rates that sensors have? */
static gboolean
is_epoch (const Stamps * s)
{
  return s->any && s->first >= 946684800 * NS_PER_S     /* 2000 */
      && s->first < 4102444800 * NS_PER_S       /* 2100 */
      && s->step <= 60 * NS_PER_S;
}

static RcCsvUnit
epoch_unit (const RcCsvLayout * layout, const RcCsvField * lines, guint n_lines)
{
  for (RcCsvUnit u = RC_CSV_UNIT_NS; u < RC_CSV_N_UNITS; u++) {
    Stamps stamps = sample_stamps (layout, lines, n_lines, u);

    if (is_epoch (&stamps))
      return u;
  }
  return RC_CSV_UNIT_AUTO;
}

static gchar *
describe_column (const RcCsvLayout * layout)
{
  if (layout->time_name)
    return g_strdup_printf ("%d (\"%s\")", layout->time_column,
        layout->time_name);
  return g_strdup_printf ("%d", layout->time_column);
}

static void
append_candidate (GString * str, RcCsvUnit unit, const Stamps * s)
{
  GDateTime *date = s->any ?
      g_date_time_new_from_unix_utc (s->first / NS_PER_S) : NULL;
  gchar *text = date ? g_date_time_format (date, "%Y-%m-%d %H:%M:%S") : NULL;
  gchar step[G_ASCII_DTOSTR_BUF_SIZE];

  if (text) {
    g_string_append_printf (str, "; %s would be %s UTC",
        rc_csv_unit_name (unit), text);
    if (s->step) {
      g_ascii_formatd (step, sizeof (step), "%.6g",
          s->step / (gdouble) NS_PER_S);
      g_string_append_printf (str, ", a row every %s s", step);
    }
  }
  g_free (text);
  g_clear_pointer (&date, g_date_time_unref);
}

static gchar *
ambiguous_unit (const RcCsvLayout * layout, const RcCsvField * lines,
    guint n_lines, const gchar * why)
{
  gchar *column = describe_column (layout);
  GString *str = g_string_new (NULL);

  g_string_printf (str, "the unit of time column %s %s", column, why);
  for (RcCsvUnit u = RC_CSV_UNIT_NS; u < RC_CSV_N_UNITS; u++) {
    Stamps stamps = sample_stamps (layout, lines, n_lines, u);

    append_candidate (str, u, &stamps);
  }
  g_string_append (str, ". Set time-unit to ns, us, ms or s (or time-column, "
      "if this is not the time)");
  g_free (column);
  return g_string_free (str, FALSE);
}

static gboolean
infer_unit (RcCsvLayout * layout, RcCsvUnit named, const RcCsvField * lines,
    guint n_lines, gchar ** error)
{
  Stamps stamps;

  layout->time_unit = named;
  if (layout->n_skip >= n_lines)
    return TRUE;                /* no rows yet */
  if (named != RC_CSV_UNIT_AUTO) {
    stamps = sample_stamps (layout, lines, n_lines, named);
    if (stamps.any)
      return TRUE;
    /* perhaps none of the rows is good; if another unit fits, the name lies */
    stamps = sample_stamps (layout, lines, n_lines, RC_CSV_UNIT_NS);
    if (!stamps.any)
      return TRUE;
    *error = ambiguous_unit (layout, lines, n_lines,
        "is not the one that its name says: that time is out of range");
    return FALSE;
  }
  stamps = sample_stamps (layout, lines, n_lines, RC_CSV_UNIT_NS);
  layout->time_unit = epoch_unit (layout, lines, n_lines);
  if (layout->time_unit != RC_CSV_UNIT_AUTO)
    return TRUE;
  if (!stamps.any) {
    gchar *column = describe_column (layout);

    *error = g_strdup_printf ("time column %s holds no decimal numbers in the "
        "first rows: set time-column", column);
    g_free (column);
  } else {
    *error = ambiguous_unit (layout, lines, n_lines, "is not clear");
  }
  return FALSE;
}

static void
set_time_column (RcCsvLayout * layout, gint column)
{
  layout->time_column = column;
  if (column >= 0 && layout->names)
    layout->time_name = *layout->units[column] ?
        g_strdup_printf ("%s (%s)", layout->names[column],
        layout->units[column]) : g_strdup (layout->names[column]);
}

/* The column that the header calls a time. */
static gint
named_time_column (const RcCsvLayout * layout)
{
  RcCsvUnit unit;

  for (guint i = 0; i < layout->n_columns; i++) {
    guint rank = name_is_time (layout->names[i], layout->units[i], &unit);

    if (rank == 2 || (rank == 1 && i == 0))
      return i;
  }
  return -1;
}

/* The rule for time-column=auto. */
static gint
auto_time_column (const RcCsvHints * hints, RcCsvLayout * layout,
    const RcCsvField * lines, guint n_lines)
{
  Stamps stamps;

  if (layout->names)
    return named_time_column (layout);
  if (layout->n_columns < 2)
    return -1;
  if (!hints->has_stamps)
    return 0;
  /* Rows with a time of their own need no time column: the first column is one
   * only if that is said, or if it looks like one. */
  if (hints->n_names)
    return hints->n_names + 1 == layout->n_columns ? 0 : -1;
  if (hints->time_unit != RC_CSV_UNIT_AUTO)
    return 0;
  layout->time_column = 0;
  stamps = sample_stamps (layout, lines, n_lines, RC_CSV_UNIT_NS);
  return !stamps.backward
      && epoch_unit (layout, lines, n_lines) != RC_CSV_UNIT_AUTO ? 0 : -1;
}

static gboolean
infer_time (const RcCsvHints * hints, RcCsvLayout * layout,
    const RcCsvField * lines, guint n_lines, gchar ** error)
{
  RcCsvUnit named = RC_CSV_UNIT_AUTO;
  gint column = -1;

  if (g_str_equal (hints->time_column, "auto")) {
    column = auto_time_column (hints, layout, lines, n_lines);
  } else if (!g_str_equal (hints->time_column, "none")) {
    column = rc_csv_find (layout->names, layout->n_columns, hints->time_column);
    if (column < 0) {
      *error = g_strdup_printf ("time-column=\"%s\" is not one of the %u "
          "columns%s", hints->time_column, layout->n_columns, layout->names ?
          "" : " (there is no header: give its number, from 0)");
      return FALSE;
    }
  }
  set_time_column (layout, column);
  if (column < 0)
    return TRUE;
  if (layout->names)
    name_is_time (layout->names[column], layout->units[column], &named);
  if (hints->time_unit == RC_CSV_UNIT_AUTO)
    return infer_unit (layout, named, lines, n_lines, error);
  layout->time_unit = hints->time_unit;
  return TRUE;
}

/* ---- rows ---- */

/* The nearest line of words before the first row with a word for every column,
 * but for `slack`; -1. A title above it comes out as a bad row, and so does a
 * row with a defect below it. */
static gint
find_words (const Shape * shapes, guint first, guint usual, guint slack)
{
  for (guint i = first; i > 0; i--) {
    const Shape *s = &shapes[i - 1];

    if (s->numbers == 0 && s->n + slack >= usual && s->n <= usual + slack)
      return i - 1;
  }
  return -1;
}

/* Finds the first row and the header before it. */
static void
infer_header (RcCsvHeader header, const Shape * shapes, guint n_lines,
    guint usual, RcCsvLayout * layout)
{
  guint first = 0;

  layout->header = -1;
  if (header == RC_CSV_HEADER_NO)
    return;
  while (first < n_lines && !(all_numbers (&shapes[first])
          && shapes[first].n == usual))
    first++;
  if (first < n_lines) {
    for (guint slack = 0; slack < 2 && layout->header < 0; slack++)
      layout->header = find_words (shapes, first, usual, slack);
  } else if (shapes[0].numbers == 0) {
    layout->header = 0;         /* rows with a text column */
  }
  if (layout->header < 0 && header == RC_CSV_HEADER_YES)
    layout->header = 0;
  layout->n_skip = layout->header + 1;
}

/* Every row ends in a delimiter, and the header has no name for what follows
 * it: that is no column. */
static gboolean
has_trailing_delimiter (const Shape * shapes, guint n_lines, guint usual,
    const RcCsvLayout * layout)
{
  gboolean any = FALSE;

  if (usual < 2 || layout->delimiter == ' ')
    return FALSE;
  for (guint i = layout->n_skip; i < n_lines; i++) {
    if (shapes[i].n != usual)
      continue;
    any = TRUE;
    if (!shapes[i].last_empty)
      return FALSE;
  }
  if (layout->header < 0)
    return any;
  if (!any)
    return shapes[layout->header].last_empty;
  return shapes[layout->header].n < usual || shapes[layout->header].last_empty;
}

static gboolean
comment_is_header (RcCsvField * comment, const RcCsvLayout * layout)
{
  Shape shape;

  if (!comment->text)
    return FALSE;
  while (comment->len && (g_ascii_isspace (*comment->text)
          || *comment->text == '#')) {
    comment->text++;
    comment->len--;
  }
  shape = look_at (*comment, layout->delimiter);
  return layout->n_columns > 1 && shape.n == layout->n_columns
      && shape.numbers == 0;
}

gboolean
rc_csv_infer (const RcCsvHints * hints, const RcCsvField * lines,
    guint n_lines, RcCsvField comment, RcCsvLayout * layout, gchar ** error)
{
  Shape *shapes;
  guint usual;

  memset (layout, 0, sizeof (*layout));
  layout->time_column = -1;
  layout->header = -1;
  g_return_val_if_fail (n_lines > 0, FALSE);
  layout->delimiter = hints->delimiter ? hints->delimiter :
      infer_delimiter (lines, n_lines);
  shapes = look_at_all (lines, n_lines, layout->delimiter);
  usual = usual_count (shapes, n_lines);
  infer_header (hints->header, shapes, n_lines, usual, layout);
  layout->n_columns = usual;
  if (has_trailing_delimiter (shapes, n_lines, usual, layout))
    layout->n_columns--;
  /* with header=yes a line of numbers is the header only if no comment is */
  if (hints->header != RC_CSV_HEADER_NO && (layout->header < 0
          || shapes[layout->header].numbers > 0)
      && comment_is_header (&comment, layout)) {
    layout->comment_header = TRUE;
    layout->header = -1;
    layout->n_skip = 0;
    take_names (layout, comment);
  } else if (layout->header >= 0) {
    take_names (layout, lines[layout->header]);
  }
  g_free (shapes);
  if (infer_time (hints, layout, lines, n_lines, error))
    return TRUE;
  rc_csv_layout_clear (layout);
  return FALSE;
}

void
rc_csv_layout_clear (RcCsvLayout * layout)
{
  g_strfreev (layout->names);
  g_strfreev (layout->units);
  g_free (layout->time_name);
  memset (layout, 0, sizeof (*layout));
}

/* ---- quaternions ---- */

/* "…w …x …y …z" or "…x …y …z …w" with one stem that has a q: the order. */
static const gchar *
named_quaternion (gchar ** names)
{
  static const gchar *const orders[] = { "wxyz", "xyzw" };
  gchar *low[4];
  const gchar *found = NULL;
  gsize len = strlen (names[0]);

  for (guint i = 0; i < 4; i++)
    low[i] = g_ascii_strdown (names[i], -1);
  for (guint o = 0; len > 1 && o < 2; o++) {
    gboolean fits = memchr (low[0], 'q', len - 1) != NULL
        || g_str_has_prefix (low[0], "orientation")
        || strstr (low[0], "rot") != NULL;

    for (guint i = 0; fits && i < 4; i++)
      fits = strlen (low[i]) == len && memcmp (low[i], low[0], len - 1) == 0
          && low[i][len - 1] == orders[o][i];
    if (fits)
      found = orders[o];
  }
  for (guint i = 0; i < 4; i++)
    g_free (low[i]);
  return found;
}

/* Marks the channels where four in a row have unit norm in every good row, and
 * sums the magnitudes of every channel. */
static void
unit_norms (const RcCsvLayout * layout, const RcCsvField * lines, guint n_lines,
    const guint * columns, guint n_channels, gboolean * unit, gdouble * sums)
{
  gdouble *row = g_new (gdouble, n_channels);
  gboolean any = FALSE;

  for (guint i = layout->n_skip; i < n_lines; i++) {
    guint n;
    RcCsvField *fields = split_all (lines[i], layout->delimiter, &n);
    gboolean good = n >= layout->n_columns;

    for (guint c = 0; good && c < n_channels; c++)
      good = rc_csv_parse_double (fields[columns[c]], &row[c]) == RC_CSV_OK;
    g_free (fields);
    if (!good)
      continue;
    for (guint c = 0; c < n_channels; c++)
      sums[c] += ABS (row[c]);
    for (guint c = 0; c + 4 <= n_channels; c++) {
      gdouble norm = row[c] * row[c] + row[c + 1] * row[c + 1]
          + row[c + 2] * row[c + 2] + row[c + 3] * row[c + 3];

      unit[c] = (unit[c] || !any) && ABS (norm - 1) < 1e-3;
    }
    any = TRUE;
  }
  g_free (row);
}

guint
rc_csv_quaternions (const RcCsvLayout * layout, const RcCsvField * lines,
    guint n_lines, const guint * columns, guint n_channels, gchar ** names,
    RcCsvQuaternion * found, guint max)
{
  gboolean *unit;
  gdouble *sums;
  guint n = 0;

  for (guint c = 0; names && c + 4 <= n_channels; c++) {
    const gchar *order = named_quaternion (names + c);

    if (order && n < max)
      found[n] = (RcCsvQuaternion) {
      c, order};
    n += order != NULL;
  }
  if (n > 0 || n_channels < 4)
    return n;
  unit = g_new0 (gboolean, n_channels);
  sums = g_new0 (gdouble, n_channels);
  unit_norms (layout, lines, n_lines, columns, n_channels, unit, sums);
  for (guint c = 0; c + 4 <= n_channels; c++) {
    gboolean clash = FALSE;

    /* overlapping groups cannot both be quaternions: neither is told */
    for (guint k = c >= 3 ? c - 3 : 0; k <= c + 3 && k + 4 <= n_channels; k++)
      clash |= k != c && unit[k];
    if (!unit[c] || clash)
      continue;
    if (n < max) {
      /* near rest the real part is the large one */
      gdouble first = sums[c], last = sums[c + 3];

      found[n].channel = c;
      found[n].order = first > 2 * last ? "wxyz" :
          last > 2 * first ? "xyzw" : NULL;
    }
    n++;
  }
  g_free (unit);
  g_free (sums);
  return n;
}
