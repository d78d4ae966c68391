/* SPDX-License-Identifier: Apache-2.0 */
#include "rcscanclock.h"

#include <string.h>

static gboolean
add_time (GstRcScanClock * clock, const gchar * text, const gchar * property,
    guint entry, gint64 origin, GError ** error)
{
  gint64 time;
  guint64 stamp;

  if (!g_ascii_string_to_signed (text, 10, G_MININT64, G_MAXINT64, &time, NULL)) {
    gchar *shown = g_utf8_make_valid (text, MIN (strlen (text), 40));

    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "property %s: entry %u, \"%s\", is not a whole number of nanoseconds "
        "(int64)", property, entry, shown);
    g_free (shown);
    return FALSE;
  }
  if (time < origin) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "property %s: entry %u, %" G_GINT64_FORMAT ", is before time-origin=%"
        G_GINT64_FORMAT ": a buffer cannot have a negative time", property,
        entry, time, origin);
    return FALSE;
  }
  stamp = (guint64) time - (guint64) origin;
  g_array_append_val (clock->times, stamp);
  return TRUE;
}

gboolean
gst_rc_scan_clock_start (GstRcScanClock * clock, const gchar * times,
    const gchar * times_file, gint64 origin, GError ** error)
{
  const gchar *property = times ? "times" : "times-file";
  gchar *text = NULL, **items;
  gboolean ok = TRUE;

  gst_rc_scan_clock_clear (clock);
  if (!times && !times_file)
    return TRUE;
  if (!times && !g_file_get_contents (times_file, &text, NULL, error)) {
    g_prefix_error (error, "property times-file: ");
    return FALSE;
  }
  clock->times = g_array_new (FALSE, FALSE, sizeof (guint64));
  items = g_strsplit (times ? times : text, times ? "," : "\n", -1);
  for (guint i = 0; ok && items[i]; i++) {
    const gchar *item = g_strstrip (items[i]);

    if (!times && (!*item || *item == '#'))
      continue;
    ok = add_time (clock, item, property, i + 1, origin, error);
  }
  if (ok && clock->times->len == 0) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "property %s has no times", property);
    ok = FALSE;
  }
  g_strfreev (items);
  g_free (text);
  if (!ok)
    gst_rc_scan_clock_clear (clock);
  return ok;
}

void
gst_rc_scan_clock_clear (GstRcScanClock * clock)
{
  g_clear_pointer (&clock->times, g_array_unref);
}

gboolean
gst_rc_scan_clock_get (const GstRcScanClock * clock, guint64 k,
    GstClockTime * time, GstClockTime * duration)
{
  guint64 period = clock->rate_d * GST_SECOND;

  *duration = GST_CLOCK_TIME_NONE;
  if (clock->times) {
    if (k >= clock->times->len)
      return FALSE;
    *time = g_array_index (clock->times, guint64, k);
    return GST_CLOCK_TIME_IS_VALID (*time);
  }
  *time = gst_util_uint64_scale (k, period, clock->rate_n);
  *duration = gst_util_uint64_scale (k + 1, period, clock->rate_n) - *time;
  return GST_CLOCK_TIME_IS_VALID (*time);
}
