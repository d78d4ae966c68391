/* SPDX-License-Identifier: Apache-2.0 */
#include "rccsvsettings.h"

#include <string.h>

enum
{
  PROP_0,
  PROP_DELIMITER,
  PROP_HEADER,
  PROP_TIME_COLUMN,
  PROP_TIME_UNIT,
  PROP_TIME_ORIGIN,
  PROP_TIME_MAPPING,
  PROP_TYPE,
  PROP_COLUMNS,
  PROP_NAMES,
  PROP_UNITS,
  PROP_QUATERNIONS,
  PROP_WRAPPING,
  PROP_HOLD,
  PROP_VELOCITIES,
  PROP_FRAME_ID,
  PROP_ON_ERROR,
  PROP_MAX_LINE_LENGTH,
  N_PROPERTIES
};

G_STATIC_ASSERT (N_PROPERTIES == GST_RC_CSV_N_SETTINGS);

#define DEFAULT_DELIMITER "auto"
#define DEFAULT_HEADER RC_CSV_HEADER_AUTO
#define DEFAULT_TIME_COLUMN "auto"
#define DEFAULT_TIME_UNIT RC_CSV_UNIT_AUTO
#define DEFAULT_TIME_MAPPING GST_RC_CSV_MAPPING_AUTO
#define DEFAULT_TYPE RC_FLOAT32
#define DEFAULT_ON_ERROR GST_RC_CSV_ON_ERROR_SKIP
#define DEFAULT_MAX_LINE_LENGTH (1024 * 1024)

static GType
make_enum (gsize * type, const gchar * name, const GEnumValue * values)
{
  if (g_once_init_enter (type)) {
    GType new_type = g_enum_register_static (name, values);

    gst_type_mark_as_plugin_api (new_type, 0);
    g_once_init_leave (type, new_type);
  }
  return *type;
}

static GType
header_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    {RC_CSV_HEADER_AUTO,
        "A line of words before the first row is a header, and "
          "so is a comment line there with one word per column", "auto"},
    {RC_CSV_HEADER_YES, "The first line is a header", "yes"},
    {RC_CSV_HEADER_NO, "Every line is a row", "no"},
    {0, NULL, NULL}
  };

  return make_enum (&type, "GstRcCsvHeader", values);
}

static GType
time_unit_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    {RC_CSV_UNIT_AUTO, "By the header, else the one unit that gives dates "
          "between 2000 and 2100; an error when that is not clear", "auto"},
    {RC_CSV_UNIT_NS, "Nanoseconds", "ns"},
    {RC_CSV_UNIT_US, "Microseconds", "us"},
    {RC_CSV_UNIT_MS, "Milliseconds", "ms"},
    {RC_CSV_UNIT_S, "Seconds", "s"},
    {0, NULL, NULL}
  };

  return make_enum (&type, "GstRcCsvTimeUnit", values);
}

static GType
time_mapping_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    {GST_RC_CSV_MAPPING_AUTO, "arrival for a live source with a TIME segment "
          "(udpsrc), else keep", "auto"},
    {GST_RC_CSV_MAPPING_KEEP, "The PTS is the stamp minus time-origin", "keep"},
    {GST_RC_CSV_MAPPING_ARRIVAL, "The first stamp is pinned to the PTS of the "
          "buffer that brought it, later ones keep their distance", "arrival"},
    {0, NULL, NULL}
  };

  return make_enum (&type, "GstRcCsvTimeMapping", values);
}

static GType
on_error_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    {GST_RC_CSV_ON_ERROR_SKIP, "Skip the row, count it and warn", "skip"},
    {GST_RC_CSV_ON_ERROR_ERROR, "Stop with an error", "error"},
    {0, NULL, NULL}
  };

  return make_enum (&type, "GstRcCsvOnError", values);
}

static GType
value_type (void)
{
  static gsize type = 0;
  static GEnumValue values[RC_N_DTYPES + 1];

  if (g_once_init_enter (&type)) {
    GType new_type;

    for (guint i = 0; i < RC_N_DTYPES; i++)
      values[i] = (GEnumValue) {
      i, rc_dtype_name (i), rc_dtype_name (i)};
    new_type = g_enum_register_static ("GstRcCsvType", values);
    gst_type_mark_as_plugin_api (new_type, 0);
    g_once_init_leave (&type, new_type);
  }
  return type;
}

#define FLAGS (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS \
    | GST_PARAM_MUTABLE_READY)

static void
install_string (GObjectClass * klass, guint id, const gchar * name,
    const gchar * nick, const gchar * blurb, const gchar * value)
{
  g_object_class_install_property (klass, id, g_param_spec_string (name, nick,
          blurb, value, FLAGS));
}

static void
install_enum (GObjectClass * klass, guint id, const gchar * name,
    const gchar * nick, const gchar * blurb, GType type, gint value)
{
  g_object_class_install_property (klass, id, g_param_spec_enum (name, nick,
          blurb, type, value, FLAGS));
}

static void
install_time (GObjectClass * klass)
{
  install_string (klass, PROP_TIME_COLUMN, "time-column", "Time column",
      "Column with the time of the row: its name or number (from 0), none (the "
      "row takes its buffer's PTS), or auto: the column that the header calls "
      "time, stamp, t…; without a header the first, unless rows have a PTS and "
      "the column does not look like a time", DEFAULT_TIME_COLUMN);
  install_enum (klass, PROP_TIME_UNIT, "time-unit", "Time unit",
      "Unit of the time column", time_unit_type (), DEFAULT_TIME_UNIT);
  g_object_class_install_property (klass, PROP_TIME_ORIGIN,
      g_param_spec_int64 ("time-origin", "Time origin", "Nanoseconds that are "
          "subtracted from every stamp of the time column", -G_MAXINT64,
          G_MAXINT64, 0, FLAGS));
  install_enum (klass, PROP_TIME_MAPPING, "time-mapping", "Time mapping",
      "How stamps of the time column become running time",
      time_mapping_type (), DEFAULT_TIME_MAPPING);
}

static void
install_channels (GObjectClass * klass)
{
  install_enum (klass, PROP_TYPE, "type", "Type", "Element type of the tensor. "
      "Integers are read exactly, and what does not fit makes a bad row",
      value_type (), DEFAULT_TYPE);
  install_string (klass, PROP_COLUMNS, "columns", "Columns",
      "Columns to take as channels, in this order: names, numbers (from 0, the "
      "time included) and ranges (3-5, ax..az), with ',' between. Default: all "
      "but the time column", NULL);
  install_string (klass, PROP_NAMES, "names", "Names",
      "Names of the channels, with ',' between. Default: the header's, else "
      "c0,c1,…", NULL);
  install_string (klass, PROP_UNITS, "units", "Units",
      "Units of the channels, with ',' between. Default: those that the header "
      "has in () or []", NULL);
  install_string (klass, PROP_QUATERNIONS, "quaternions", "Quaternions",
      "Groups of four channels that are quaternions: the first one's name or "
      "number (from 0, the time not counted), ':' and the order wxyz or xyzw, "
      "with ',' between. In a file with no names a new name is given to the "
      "group that has unit norm in the first rows", NULL);
  install_string (klass, PROP_WRAPPING, "wrapping", "Wrapping",
      "Angles and counters: channel:period or channel:period:lower (start of "
      "the range, default -period/2), with ',' between", NULL);
  install_string (klass, PROP_HOLD, "hold", "Hold",
      "Channels that are never interpolated (contact, mode), with ',' between",
      NULL);
  install_string (klass, PROP_VELOCITIES, "velocities", "Velocities",
      "velocity:position pairs of channels, the first being the second's "
      "derivative per second, with ',' between", NULL);
  install_string (klass, PROP_FRAME_ID, "frame-id", "Frame",
      "Coordinate frame of the values, for the caps", NULL);
}

void
gst_rc_csv_settings_install (GObjectClass * klass)
{
  install_string (klass, PROP_DELIMITER, "delimiter", "Delimiter",
      "auto, comma, semicolon, tab, whitespace (runs of it), pipe, or one "
      "character", DEFAULT_DELIMITER);
  install_enum (klass, PROP_HEADER, "header", "Header",
      "Whether the text begins with the names of the columns", header_type (),
      DEFAULT_HEADER);
  install_time (klass);
  install_channels (klass);
  install_enum (klass, PROP_ON_ERROR, "on-error", "On error",
      "What to do with a row that cannot be read: wrong number of columns, not "
      "a number, out of range, no valid time", on_error_type (),
      DEFAULT_ON_ERROR);
  g_object_class_install_property (klass, PROP_MAX_LINE_LENGTH,
      g_param_spec_uint ("max-line-length", "Maximal line length",
          "Bytes of a line; a longer one is a bad row and is never held in "
          "memory whole", 16, 1 << 30, DEFAULT_MAX_LINE_LENGTH, FLAGS));
}

void
gst_rc_csv_settings_init (GstRcCsvSettings * settings)
{
  memset (settings, 0, sizeof (*settings));
  settings->delimiter = g_strdup (DEFAULT_DELIMITER);
  settings->header = DEFAULT_HEADER;
  settings->time_column = g_strdup (DEFAULT_TIME_COLUMN);
  settings->time_unit = DEFAULT_TIME_UNIT;
  settings->time_mapping = DEFAULT_TIME_MAPPING;
  settings->type = DEFAULT_TYPE;
  settings->on_error = DEFAULT_ON_ERROR;
  settings->max_line_length = DEFAULT_MAX_LINE_LENGTH;
}

void
gst_rc_csv_settings_copy (GstRcCsvSettings * dest, const GstRcCsvSettings * src)
{
  *dest = *src;
  dest->delimiter = g_strdup (src->delimiter);
  dest->time_column = g_strdup (src->time_column);
  dest->choice.columns = g_strdup (src->choice.columns);
  dest->choice.names = g_strdup (src->choice.names);
  dest->choice.units = g_strdup (src->choice.units);
  dest->choice.quaternions = g_strdup (src->choice.quaternions);
  dest->choice.wrapping = g_strdup (src->choice.wrapping);
  dest->choice.hold = g_strdup (src->choice.hold);
  dest->choice.velocities = g_strdup (src->choice.velocities);
  dest->choice.frame_id = g_strdup (src->choice.frame_id);
}

void
gst_rc_csv_settings_clear (GstRcCsvSettings * settings)
{
  g_clear_pointer (&settings->delimiter, g_free);
  g_clear_pointer (&settings->time_column, g_free);
  gst_rc_csv_choice_clear (&settings->choice);
}

/* The string of a property, NULL when the id is another's. */
static gchar **
string_of (GstRcCsvSettings * s, guint id)
{
  switch (id) {
    case PROP_DELIMITER:
      return &s->delimiter;
    case PROP_TIME_COLUMN:
      return &s->time_column;
    case PROP_COLUMNS:
      return &s->choice.columns;
    case PROP_NAMES:
      return &s->choice.names;
    case PROP_UNITS:
      return &s->choice.units;
    case PROP_QUATERNIONS:
      return &s->choice.quaternions;
    case PROP_WRAPPING:
      return &s->choice.wrapping;
    case PROP_HOLD:
      return &s->choice.hold;
    case PROP_VELOCITIES:
      return &s->choice.velocities;
    case PROP_FRAME_ID:
      return &s->choice.frame_id;
    default:
      return NULL;
  }
}

static void
set_string (gchar ** string, guint id, const GValue * value)
{
  gboolean has_default = id == PROP_DELIMITER || id == PROP_TIME_COLUMN;

  g_free (*string);
  *string = g_value_dup_string (value);
  if (!*string && has_default)
    *string = g_strdup ("auto");
}

gboolean
gst_rc_csv_settings_set (GstRcCsvSettings * s, guint id, const GValue * value)
{
  gchar **string = string_of (s, id);

  switch (id) {
    case PROP_HEADER:
      s->header = g_value_get_enum (value);
      return TRUE;
    case PROP_TIME_UNIT:
      s->time_unit = g_value_get_enum (value);
      return TRUE;
    case PROP_TIME_ORIGIN:
      s->time_origin = g_value_get_int64 (value);
      return TRUE;
    case PROP_TIME_MAPPING:
      s->time_mapping = g_value_get_enum (value);
      return TRUE;
    case PROP_TYPE:
      s->type = g_value_get_enum (value);
      return TRUE;
    case PROP_ON_ERROR:
      s->on_error = g_value_get_enum (value);
      return TRUE;
    case PROP_MAX_LINE_LENGTH:
      s->max_line_length = g_value_get_uint (value);
      return TRUE;
    default:
      if (string)
        set_string (string, id, value);
      return string != NULL;
  }
}

gboolean
gst_rc_csv_settings_get (const GstRcCsvSettings * s, guint id, GValue * value)
{
  gchar **string = string_of ((GstRcCsvSettings *) s, id);

  switch (id) {
    case PROP_HEADER:
      g_value_set_enum (value, s->header);
      return TRUE;
    case PROP_TIME_UNIT:
      g_value_set_enum (value, s->time_unit);
      return TRUE;
    case PROP_TIME_ORIGIN:
      g_value_set_int64 (value, s->time_origin);
      return TRUE;
    case PROP_TIME_MAPPING:
      g_value_set_enum (value, s->time_mapping);
      return TRUE;
    case PROP_TYPE:
      g_value_set_enum (value, s->type);
      return TRUE;
    case PROP_ON_ERROR:
      g_value_set_enum (value, s->on_error);
      return TRUE;
    case PROP_MAX_LINE_LENGTH:
      g_value_set_uint (value, s->max_line_length);
      return TRUE;
    default:
      if (string)
        g_value_set_string (value, *string);
      return string != NULL;
  }
}
