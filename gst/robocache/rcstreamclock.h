/* SPDX-License-Identifier: Apache-2.0 */
/* Capture times on another clock (GstReferenceTimestampMeta) into running time.
 * Part of a GstRcStream, and as its rest called from one thread at a time. */
#pragma once

#include <gst/gst.h>

#include "clock/clockmap.h"
#include "rcenums.h"

G_BEGIN_DECLS

typedef struct
{
  GstRcTimeSource source;
  GstCaps *caps;                /* of the metas that count; NULL: any */
  RcClockMap *map;              /* NULL with GST_RC_TIME_SOURCE_PTS */
  GstBuffer *asked;             /* the map has seen it (no reference is held) */
  gint64 asked_shift;
} GstRcStreamClock;

void gst_rc_stream_clock_clear (GstRcStreamClock * clock);

/* TRUE, and what was known of the clock is gone, where something differs. */
gboolean gst_rc_stream_clock_configure (GstRcStreamClock * clock,
    GstRcTimeSource source, GstCaps * caps);

/* Forgets what is known of the clock (flush, seek). */
void gst_rc_stream_clock_reset (GstRcStreamClock * clock);

/* What is to be added to the running time of every sample of `buffer`, whose PTS
 * has the running time `running`. FALSE when it has no capture time. It may be
 * asked for again until gst_rc_stream_clock_used(), of the same buffer. */
gboolean gst_rc_stream_clock_shift (GstRcStreamClock * clock,
    GstBuffer * buffer, gint64 running, gint64 * shift);
void gst_rc_stream_clock_used (GstRcStreamClock * clock);

/* Which dropped buffer to warn of; owned by the caller. */
gchar *gst_rc_stream_clock_complaint (const GstRcStreamClock * clock,
    GstBuffer * buffer);

/* What most samples' arrival does not lag behind that of the fastest, in ns. */
gint64 gst_rc_stream_clock_spread (const GstRcStreamClock * clock);

/* Adds the fields clock-… where `estimate` is of a clock. */
void gst_rc_stream_clock_add_stats (GstStructure * stats,
    const RcClockEstimate * estimate);

G_END_DECLS
