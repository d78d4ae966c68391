/* SPDX-License-Identifier: Apache-2.0 */
/* A sensor stream as a motion that can be compared with another one's: which of
 * its channels, and what is made of them. For one thread at a time. */
#pragma once

#include "calibrate/calibrate.h"
#include "rccaps.h"
#include "rcenums.h"

G_BEGIN_DECLS

typedef struct
{
  /* from the caps and the properties */
  GstRcTensor tensor;           /* one sample */
  guint samples;                /* per buffer */
  guint *channels;              /* taken from a sample, `width` of them */
  guint width;
  GstRcQuantity quantity;       /* never AUTO */
  gboolean xyzw;                /* of a quaternion */

  GArray *times;                /* gint64, running time in ns, increasing */
  GArray *values;               /* gdouble [times->len, width] */

  /* counted since the start */
  guint64 in, backwards, no_time, bad_size, resets;
} GstRcMotionInput;

void gst_rc_motion_init (GstRcMotionInput * m);
void gst_rc_motion_clear (GstRcMotionInput * m);

/* Takes caps; `channels` is the property's text (NULL or "": all), `property` its
 * name for messages. Samples of another selection are forgotten. On FALSE the
 * input has no caps. */
gboolean gst_rc_motion_set_caps (GstRcMotionInput * m, const GstCaps * caps,
    const gchar * property, const gchar * channels, GstRcQuantity quantity,
    GError ** error);

/* Channels of what gst_rc_motion_series () gives; 0 without caps. */
guint gst_rc_motion_width (const GstRcMotionInput * m);

/* Adds a buffer's samples. A time that is not after the last one is dropped and
 * counted, unless it is more than `jump` before it: then the clock was set back,
 * and all that came before is forgotten. `reason` (owned by the caller) says why
 * a buffer could not be used, or NULL. */
void gst_rc_motion_push (GstRcMotionInput * m, GstBuffer * buffer,
    const GstSegment * segment, gint64 jump, gchar ** reason);

/* Forgets the samples before `time`; all of them with G_MAXINT64. */
void gst_rc_motion_trim (GstRcMotionInput * m, gint64 time);

/* The samples in [from, to] as the quantity; arrays of the caller's. */
void gst_rc_motion_series (const GstRcMotionInput * m, gint64 from, gint64 to,
    RcMotion * motion);

G_END_DECLS
