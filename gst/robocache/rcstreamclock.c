/* SPDX-License-Identifier: Apache-2.0 */
#include "rcstreamclock.h"

/* No latency is asked for because of a delay beyond this. */
#define LONGEST_SPREAD ((gint64) GST_SECOND)

void
gst_rc_stream_clock_clear (GstRcStreamClock * clock)
{
  g_clear_pointer (&clock->map, rc_clock_map_free);
  clock->asked = NULL;
  gst_caps_replace (&clock->caps, NULL);
}

static gboolean
same_caps (const GstCaps * a, const GstCaps * b)
{
  return a == b || (a && b && gst_caps_is_equal (a, b));
}

gboolean
gst_rc_stream_clock_configure (GstRcStreamClock * clock,
    GstRcTimeSource source, GstCaps * caps)
{
  RcClockMapConfig config;

  if (clock->source == source && same_caps (clock->caps, caps))
    return FALSE;
  gst_rc_stream_clock_clear (clock);
  clock->source = source;
  gst_caps_replace (&clock->caps, caps);
  if (source == GST_RC_TIME_SOURCE_PTS)
    return TRUE;
  rc_clock_map_config_init (&config);
  clock->map = rc_clock_map_new (&config, NULL);
  if (!clock->map)
    g_error ("no memory for a clock map");      /* as g_malloc () does */
  return TRUE;
}

void
gst_rc_stream_clock_reset (GstRcStreamClock * clock)
{
  clock->asked = NULL;
  if (clock->map)
    rc_clock_map_reset (clock->map);
}

gboolean
gst_rc_stream_clock_shift (GstRcStreamClock * clock, GstBuffer * buffer,
    gint64 running, gint64 * shift)
{
  GstReferenceTimestampMeta *meta;

  *shift = 0;
  if (!clock->map)
    return TRUE;
  if (clock->asked == buffer) {
    *shift = clock->asked_shift;
    return TRUE;
  }
  meta = gst_buffer_get_reference_timestamp_meta (buffer, clock->caps);
  if (!meta || meta->timestamp > G_MAXINT64)
    return FALSE;
  *shift = rc_clock_map_add (clock->map, (gint64) meta->timestamp, running)
      - running;
  clock->asked = buffer;
  clock->asked_shift = *shift;
  return TRUE;
}

void
gst_rc_stream_clock_used (GstRcStreamClock * clock)
{
  clock->asked = NULL;
}

gchar *
gst_rc_stream_clock_complaint (const GstRcStreamClock * clock,
    GstBuffer * buffer)
{
  GstReferenceTimestampMeta *meta =
      gst_buffer_get_reference_timestamp_meta (buffer, NULL);
  gchar *wanted = clock->caps ? gst_caps_to_string (clock->caps) :
      g_strdup ("any clock");
  gchar *got = meta ? gst_caps_to_string (meta->reference) :
      g_strdup ("none at all");
  gchar *text = g_strdup_printf ("a buffer without a reference timestamp of %s "
      "(it has %s), which time-source=reference needs: set reference-caps, let "
      "upstream add the GstReferenceTimestampMeta, or use time-source=pts",
      wanted, got);

  g_free (wanted);
  g_free (got);
  return text;
}

gint64
gst_rc_stream_clock_spread (const GstRcStreamClock * clock)
{
  RcClockEstimate estimate;

  if (!clock->map)
    return 0;
  rc_clock_map_estimate (clock->map, &estimate);
  return MIN (estimate.spread, LONGEST_SPREAD);
}

void
gst_rc_stream_clock_add_stats (GstStructure * stats,
    const RcClockEstimate * estimate)
{
  if (estimate->pairs == 0)
    return;
  gst_structure_set (stats, "clock-offset", G_TYPE_INT64, estimate->offset,
      "clock-skew-ppm", G_TYPE_DOUBLE, estimate->skew * 1e6,
      "clock-steps", G_TYPE_UINT64, estimate->steps,
      "clock-outliers", G_TYPE_UINT64, estimate->outliers,
      "clock-residual", G_TYPE_INT64, estimate->residual,
      "clock-spread", G_TYPE_INT64, estimate->spread, NULL);
}
