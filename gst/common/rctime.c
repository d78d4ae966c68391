/* SPDX-License-Identifier: Apache-2.0 */
#include "rctime.h"

gboolean
gst_rc_running_time (const GstSegment * segment, GstClockTime time,
    gint64 * running)
{
  guint64 value;
  gint sign;

  if (segment->format != GST_FORMAT_TIME || !GST_CLOCK_TIME_IS_VALID (time))
    return FALSE;
  sign = gst_segment_to_running_time_full (segment, GST_FORMAT_TIME, time,
      &value);
  if (sign == 0 || value > G_MAXINT64 / 2)
    return FALSE;
  *running = sign > 0 ? (gint64) value : -(gint64) value;
  return TRUE;
}
