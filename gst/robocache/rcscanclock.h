/* SPDX-License-Identifier: Apache-2.0 */
/* The times of the scans of a series that carries none: a fixed rate, or a list.
 * Not thread-safe; no GType. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct
{
  gint rate_n, rate_d;          /* both > 0 */
  GArray *times;                /* GstClockTime per scan, or NULL: by rate */
} GstRcScanClock;

/* Reads int64 nanoseconds from `times` (separated by ',') or, when that is NULL,
 * from the file `times_file` (one per line, empty lines and lines with '#'
 * skipped), minus `origin`. With neither, scans go by rate. FALSE: `error` names
 * the property, the entry and its value. */
gboolean gst_rc_scan_clock_start (GstRcScanClock * clock, const gchar * times,
    const gchar * times_file, gint64 origin, GError ** error);
void gst_rc_scan_clock_clear (GstRcScanClock * clock);

/* Time and duration of scan k >= 0. By rate, k * rate_d / rate_n seconds,
 * rounded down to ns, computed from k alone; the duration reaches to scan k + 1.
 * From a list the duration is GST_CLOCK_TIME_NONE. FALSE when the list is too
 * short, or the time does not fit. */
gboolean gst_rc_scan_clock_get (const GstRcScanClock * clock, guint64 k,
    GstClockTime * time, GstClockTime * duration);

G_END_DECLS
