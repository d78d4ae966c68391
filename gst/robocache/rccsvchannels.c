/* SPDX-License-Identifier: Apache-2.0 */
#include "rccsvchannels.h"

#include <string.h>

#define MAX_QUATERNIONS 64

void
gst_rc_csv_choice_clear (GstRcCsvChoice * choice)
{
  g_free (choice->columns);
  g_free (choice->names);
  g_free (choice->units);
  g_free (choice->quaternions);
  g_free (choice->wrapping);
  g_free (choice->hold);
  g_free (choice->velocities);
  g_free (choice->frame_id);
  memset (choice, 0, sizeof (*choice));
}

void
gst_rc_csv_channels_clear (GstRcCsvChannels * channels)
{
  g_free (channels->columns);
  gst_rc_tensor_clear (&channels->tensor);
  g_free (channels->hint);
  g_free (channels->note);
  memset (channels, 0, sizeof (*channels));
}

/* The entries of a list property, blanks removed; none when it is not set. */
static gchar **
split_list (const gchar * text)
{
  gchar **items = text && *text ? g_strsplit (text, ",", -1)
      : g_new0 (gchar *, 1);

  for (guint i = 0; items[i]; i++)
    g_strstrip (items[i]);
  return items;
}

guint
gst_rc_csv_list_length (const gchar * text)
{
  gchar **items = split_list (text);
  guint n = g_strv_length (items);

  g_strfreev (items);
  return n;
}

G_GNUC_PRINTF (2, 3)
     static gboolean fail (gchar ** error, const gchar * format, ...)
{
  va_list args;

  va_start (args, format);
  *error = g_strdup_vprintf (format, args);
  va_end (args);
  return FALSE;
}

/* ---- columns ---- */

/* "A..B" by name or number, or "3-5" by number. */
static gboolean
find_range (const RcCsvLayout * layout, const gchar * item, gint * first,
    gint * last)
{
  static const gchar *const marks[] = { "..", "-" };

  for (guint i = 0; i < G_N_ELEMENTS (marks); i++) {
    gchar **ends = g_strsplit (item, marks[i], -1);

    *first = *last = -1;
    if (g_strv_length (ends) == 2) {
      gchar **names = i == 0 ? layout->names : NULL;

      *first = rc_csv_find (names, layout->n_columns, g_strstrip (ends[0]));
      *last = rc_csv_find (names, layout->n_columns, g_strstrip (ends[1]));
    }
    g_strfreev (ends);
    if (*first >= 0 && *last >= *first)
      return TRUE;
  }
  return FALSE;
}

static gboolean
add_column (GstRcCsvChannels * ch, guint column)
{
  for (guint i = 0; i < ch->n_channels; i++) {
    if (ch->columns[i] == column)
      return FALSE;
  }
  ch->columns[ch->n_channels++] = column;
  return TRUE;
}

static gboolean
resolve_columns (GstRcCsvChannels * ch, const RcCsvLayout * layout,
    const gchar * text, gchar ** error)
{
  gchar **items = split_list (text);
  gboolean ok = TRUE;

  ch->columns = g_new (guint, layout->n_columns);
  for (guint i = 0; !*items && i < layout->n_columns; i++) {
    if ((gint) i != layout->time_column)
      ch->columns[ch->n_channels++] = i;
  }
  for (guint i = 0; ok && items[i]; i++) {
    gint first = rc_csv_find (layout->names, layout->n_columns, items[i]);
    gint last = first;

    if (first < 0 && !find_range (layout, items[i], &first, &last)) {
      ok = fail (error, "columns: \"%s\" is not one of the %u columns, nor a "
          "range of them (3-5 by number from 0, a..b by name)%s", items[i],
          layout->n_columns, layout->names ? "" : "; there is no header");
    }
    for (gint c = first; ok && c <= last; c++) {
      if (!add_column (ch, c))
        ok = fail (error, "columns: \"%s\" takes column %d again", items[i], c);
    }
  }
  g_strfreev (items);
  if (ok && ch->n_channels == 0)
    ok = fail (error, "no column is left for the values: column %d, the only "
        "one, is the time (set time-column)", layout->time_column);
  return ok;
}

/* ---- names and units ---- */

static gboolean
resolve_labels (gchar *** labels, const gchar * property, const gchar * text,
    const GstRcCsvChannels * ch, const RcCsvLayout * layout, gchar ** error)
{
  guint n = gst_rc_csv_list_length (text);
  gchar time[32] = "there is no time column";

  if (n != ch->n_channels) {
    if (layout->time_column >= 0)
      g_snprintf (time, sizeof (time), "column %d is the time",
          layout->time_column);
    return fail (error, "%s=\"%s\" has %u entries for %u channels (%s)",
        property, text, n, ch->n_channels, time);
  }
  *labels = split_list (text);
  for (guint i = 0; i < n; i++) {
    gchar *clean = rc_csv_clean_name ((*labels)[i], strlen ((*labels)[i]));

    g_free ((*labels)[i]);
    (*labels)[i] = clean;
  }
  return TRUE;
}

static gboolean
resolve_names (GstRcCsvChannels * ch, const GstRcCsvChoice * choice,
    const RcCsvLayout * layout, gchar ** error)
{
  GstRcTensor *t = &ch->tensor;
  guint n = ch->n_channels;
  gboolean any = FALSE;

  if (choice->names && *choice->names) {
    if (!resolve_labels (&t->names, "names", choice->names, ch, layout, error))
      return FALSE;
  } else {
    t->names = g_new0 (gchar *, n + 1);
    for (guint i = 0; i < n; i++)
      t->names[i] = layout->names ? g_strdup (layout->names[ch->columns[i]])
          : g_strdup_printf ("c%u", i);
  }
  if (choice->units && *choice->units)
    return resolve_labels (&t->units, "units", choice->units, ch, layout,
        error);
  for (guint i = 0; layout->units && i < n; i++)
    any |= *layout->units[ch->columns[i]] != 0;
  if (!any)
    return TRUE;
  t->units = g_new0 (gchar *, n + 1);
  for (guint i = 0; i < n; i++)
    t->units[i] = g_strdup (layout->units[ch->columns[i]]);
  return TRUE;
}

/* ---- marks ---- */

typedef struct
{
  GstRcCsvChannels *ch;
  gboolean *taken;              /* channels in a quaternion, wrap or hold mark */
  gboolean *quaternion;
  gboolean named;               /* names come from the header or the user */
  const gchar *unknown[MAX_QUATERNIONS];        /* "qw:wxyz", to be found */
  guint n_unknown;
} Marks;

static gint
find_channel (const Marks * m, const gchar * text)
{
  return rc_csv_find (m->ch->tensor.names, m->ch->n_channels, text);
}

static void
add_mark (Marks * m, RcMark mark)
{
  GstRcTensor *t = &m->ch->tensor;

  t->marks = g_renew (RcMark, t->marks, t->n_marks + 1);
  t->marks[t->n_marks++] = mark;
}

/* Claims channels for a mark: each may be in one only. */
static gboolean
claim (Marks * m, const gchar * property, const gchar * item, gint first,
    gint count, gchar ** error)
{
  if (first < 0 || first + count > (gint) m->ch->n_channels)
    return fail (error, "%s: \"%s\" does not fit the %u channels", property,
        item, m->ch->n_channels);
  for (gint c = first; c < first + count; c++) {
    if (m->taken[c])
      return fail (error, "%s: \"%s\" takes channel %d (%s), which is already "
          "in a quaternion, wrapping or hold mark", property, item, c,
          m->ch->tensor.names[c]);
    m->taken[c] = TRUE;
  }
  return TRUE;
}

static gboolean
no_channel (Marks * m, const gchar * property, const gchar * item,
    gchar ** error)
{
  gchar *names = g_strjoinv (",", m->ch->tensor.names);

  fail (error, "%s: \"%s\" does not begin with the name or the number (from 0) "
      "of one of the %u channels %s", property, item, m->ch->n_channels, names);
  g_free (names);
  return FALSE;
}

static gboolean
parse_number (const gchar * text, gdouble * value)
{
  RcCsvField f = { text, strlen (text) };

  return rc_csv_parse_double (f, value) == RC_CSV_OK && *value == *value
      && *value > -G_MAXDOUBLE && *value < G_MAXDOUBLE;
}

static gboolean
mark_wrapping (Marks * m, const gchar * item, gchar ** error)
{
  gchar **p = g_strsplit (item, ":", -1);
  guint n = g_strv_length (p);
  RcMark mark = {.kind = RC_MARK_WRAP };
  gboolean ok = n == 2 || n == 3;

  mark.channel = n ? find_channel (m, p[0]) : -1;
  ok = ok && parse_number (p[1], &mark.period) && mark.period > 0;
  mark.lower = -mark.period / 2;
  if (ok && n == 3)
    ok = parse_number (p[2], &mark.lower);
  g_strfreev (p);
  if (!ok)
    return fail (error, "wrapping: \"%s\" is not channel:period[:lower] with "
        "a positive period", item);
  if (mark.channel < 0)
    return no_channel (m, "wrapping", item, error);
  add_mark (m, mark);
  return claim (m, "wrapping", item, mark.channel, 1, error);
}

static gboolean
mark_hold (Marks * m, const gchar * item, gchar ** error)
{
  RcMark mark = {.kind = RC_MARK_HOLD,.channel = find_channel (m, item) };

  if (mark.channel < 0)
    return no_channel (m, "hold", item, error);
  add_mark (m, mark);
  return claim (m, "hold", item, mark.channel, 1, error);
}

static gboolean
claim_quaternion (Marks * m, const gchar * item, const gchar * order,
    gint channel, gchar ** error)
{
  RcMark mark = {.channel = channel };

  if (!claim (m, "quaternions", item, channel, 4, error))
    return FALSE;
  for (gint c = channel; c < channel + 4; c++)
    m->quaternion[c] = TRUE;
  mark.kind = g_str_equal (order, "wxyz") ? RC_MARK_QUATERNION_WXYZ
      : RC_MARK_QUATERNION_XYZW;
  add_mark (m, mark);
  return TRUE;
}

static gboolean
mark_quaternion (Marks * m, const gchar * item, gchar ** error)
{
  const gchar *order = strrchr (item, ':');
  gchar *name;
  gint channel;
  guint64 number;

  if (!order || order == item || (!g_str_equal (order + 1, "wxyz")
          && !g_str_equal (order + 1, "xyzw")))
    return fail (error, "quaternions: \"%s\" is not channel:wxyz or "
        "channel:xyzw", item);
  name = g_strndup (item, order - item);
  channel = find_channel (m, name);
  if (channel < 0 && !m->named && m->n_unknown < MAX_QUATERNIONS
      && !g_ascii_string_to_unsigned (name, 10, 0, G_MAXUINT64, &number,
          NULL)) {
    m->unknown[m->n_unknown++] = item;
    g_free (name);
    return TRUE;
  }
  g_free (name);
  if (channel < 0)
    return no_channel (m, "quaternions", item, error);
  return claim_quaternion (m, item, order + 1, channel, error);
}

static gboolean
mark_velocity (Marks * m, const gchar * item, gchar ** error)
{
  gchar **p = g_strsplit (item, ":", -1);
  RcMark mark = {.kind = RC_MARK_VELOCITY_OF,.channel = -1,.other = -1 };

  if (g_strv_length (p) == 2) {
    mark.channel = find_channel (m, p[0]);
    mark.other = find_channel (m, p[1]);
  }
  g_strfreev (p);
  if (mark.channel < 0 || mark.other < 0 || mark.channel == mark.other)
    return fail (error, "velocities: \"%s\" is not velocity:position, two of "
        "the %u channels", item, m->ch->n_channels);
  if (m->taken[mark.channel] || m->quaternion[mark.other])
    return fail (error, "velocities: \"%s\" has a channel of a quaternion, or "
        "a velocity that is also wrapping or held", item);
  add_mark (m, mark);
  return TRUE;
}

/* Gives the four channels from `first` the name that the user typed: "qw" with
 * wxyz makes qw qx qy qz, "rot" makes rot_w rot_x rot_y rot_z. */
static void
name_group (GstRcTensor * t, guint first, const gchar * name,
    const gchar * order)
{
  gsize len = strlen (name);
  gboolean letter = len > 1 && g_ascii_tolower (name[len - 1]) == order[0];
  gchar *clean = rc_csv_clean_name (name, letter ? len - 1 : len);

  for (guint i = 0; i < 4; i++) {
    g_free (t->names[first + i]);
    t->names[first + i] = g_strdup_printf (letter ? "%s%c" : "%s_%c", clean,
        order[i]);
  }
  g_free (clean);
}

/* Quaternions under names that no channel has, in a file with no names: the
 * groups that are left must be as many as the names. */
static gboolean
place_unknown (Marks * m, const RcCsvQuaternion * found, guint n_found,
    gchar ** error)
{
  GstRcCsvChannels *ch = m->ch;
  GString *note = g_string_new (NULL);
  guint free_groups[MAX_QUATERNIONS], n = 0;
  gboolean ok = TRUE;

  for (guint i = 0; i < n_found; i++) {
    gboolean taken = FALSE;

    for (guint c = 0; c < 4; c++)
      taken |= m->taken[found[i].channel + c];
    if (!taken)
      free_groups[n++] = found[i].channel;
  }
  if (n != m->n_unknown) {
    ok = fail (error, "quaternions: no channel is called as in \"%s\" (there "
        "is no header and names is not set), and %u groups of four channels "
        "have unit norm in the first rows%s%s: write the number of the first "
        "channel (0 is the first value), as in quaternions=0:wxyz",
        m->unknown[0], n, *ch->hint ? ", looking like " : "", ch->hint);
  }
  for (guint i = 0; ok && i < n; i++) {
    const gchar *item = m->unknown[i], *order = strrchr (item, ':') + 1;
    gchar *name = g_strndup (item, order - 1 - item);
    guint c = free_groups[i];

    ok = claim_quaternion (m, item, order, c, error);
    name_group (&ch->tensor, c, name, order);
    g_string_append_printf (note, "%schannels %u to %u have unit norm: named "
        "%s,%s,%s,%s for quaternions=%s", i ? "; " : "", c, c + 3,
        ch->tensor.names[c], ch->tensor.names[c + 1], ch->tensor.names[c + 2],
        ch->tensor.names[c + 3], item);
    g_free (name);
  }
  ch->note = g_string_free (note, !ok);
  return ok;
}

static gboolean
each_item (Marks * m, gchar ** items, gboolean (*mark) (Marks *, const gchar *,
        gchar **), gchar ** error)
{
  gboolean ok = TRUE;

  for (guint i = 0; ok && items[i]; i++)
    ok = mark (m, items[i], error);
  return ok;
}

static gboolean
resolve_marks (GstRcCsvChannels * ch, const GstRcCsvChoice * choice,
    gboolean named, const RcCsvQuaternion * found, guint n_found,
    gchar ** error)
{
  gchar **quaternions = split_list (choice->quaternions);
  gchar **wrapping = split_list (choice->wrapping);
  gchar **hold = split_list (choice->hold);
  gchar **velocities = split_list (choice->velocities);
  Marks m = {.ch = ch,.named = named };
  gboolean ok;

  m.taken = g_new0 (gboolean, ch->n_channels);
  m.quaternion = g_new0 (gboolean, ch->n_channels);
  ok = each_item (&m, wrapping, mark_wrapping, error)
      && each_item (&m, hold, mark_hold, error)
      && each_item (&m, quaternions, mark_quaternion, error)
      && (m.n_unknown == 0 || place_unknown (&m, found, n_found, error))
      && each_item (&m, velocities, mark_velocity, error);
  g_free (m.taken);
  g_free (m.quaternion);
  g_strfreev (quaternions);
  g_strfreev (wrapping);
  g_strfreev (hold);
  g_strfreev (velocities);
  return ok;
}

static gchar *
describe_groups (const RcCsvQuaternion * found, guint n)
{
  GString *str = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    g_string_append_printf (str, "%s%u:%s", i ? "," : "", found[i].channel,
        found[i].order ? found[i].order : "?");
  return g_string_free (str, FALSE);
}

gboolean
gst_rc_csv_channels_resolve (GstRcCsvChannels * ch,
    const GstRcCsvChoice * choice, RcDType dtype, const RcCsvLayout * layout,
    const RcCsvField * lines, guint n_lines, gchar ** error)
{
  gboolean named = layout->names || (choice->names && *choice->names);
  RcCsvQuaternion found[MAX_QUATERNIONS];
  guint n_found;

  memset (ch, 0, sizeof (*ch));
  if (!resolve_columns (ch, layout, choice->columns, error)
      || !resolve_names (ch, choice, layout, error))
    goto failed;
  n_found = rc_csv_quaternions (layout, lines, n_lines, ch->columns,
      ch->n_channels, named ? ch->tensor.names : NULL, found, MAX_QUATERNIONS);
  n_found = MIN (n_found, MAX_QUATERNIONS);
  ch->hint = describe_groups (found, n_found);
  gst_rc_tensor_set_shape (&ch->tensor, dtype, &ch->n_channels, 1);
  ch->tensor.frame = choice->frame_id && *choice->frame_id ?
      rc_csv_clean_name (choice->frame_id, strlen (choice->frame_id)) : NULL;
  if (resolve_marks (ch, choice, named, found, n_found, error))
    return TRUE;
failed:
  gst_rc_csv_channels_clear (ch);
  return FALSE;
}
