/* SPDX-License-Identifier: Apache-2.0 */
/* What rcfusemux and rcresample share: a GstAggregator that turns irregular
 * streams into rows at ticks. */
#pragma once

#include <gst/base/gstaggregator.h>

#include "rcinbox.h"
#include "rcoutput.h"

G_BEGIN_DECLS

#define GST_TYPE_RC_ALIGNER_PAD (gst_rc_aligner_pad_get_type ())
G_DECLARE_FINAL_TYPE (GstRcAlignerPad, gst_rc_aligner_pad, GST, RC_ALIGNER_PAD,
    GstAggregatorPad)

struct _GstRcAlignerPad
{
  GstAggregatorPad parent;
  /* the base class's functions, called after ours */
  GstPadChainFunction base_chain;
  GstPadActivateModeFunction base_activate_mode;

  GstRcInbox inbox;

  /* properties, under the object lock */
  GstRcStreamConfig config;
  gchar *stream_name;           /* NULL: from the pad's name */
  GstCaps *declared_caps;
  gint64 lookahead;             /* -1: by method */
  gboolean changed;             /* since the streams were configured */

  /* upstream's answer to LATENCY, under the object lock */
  gboolean live;
  GstClockTime upstream_latency;
  gboolean queried;

  gint flushed;                 /* atomic: the history has to be forgotten */
  GstRcStreamStats shown;       /* copy for readers, under the object lock */

  gboolean times_only;          /* a master whose values do not come out */

  /* aggregator thread */
  GstRcStream *stream;
  GstCaps *caps;
  gboolean head_is_gap;         /* made by the base class: not counted */
  guint head_epoch;
  gboolean head_taken;          /* the queued buffer is in the history already */
  gint64 wait;                  /* ns after its tick that this pad may take */
  gchar *warning;               /* to be posted outside the locks */
  gboolean warned_size, warned_time;
};

#define GST_TYPE_RC_ALIGNER (gst_rc_aligner_get_type ())
G_DECLARE_DERIVABLE_TYPE (GstRcAligner, gst_rc_aligner, GST, RC_ALIGNER,
    GstAggregator)

struct _GstRcAlignerClass
{
  GstAggregatorClass parent_class;
};

void gst_rc_aligner_set_output (GstRcAligner * self, GstRcOutput mode);
GstRcOutput gst_rc_aligner_get_output (GstRcAligner * self);

/* Properties of a pad (but its stats), which rcresample shows as its own. `first_id` is the id
 * of the first one; returns the id after the last. */
guint gst_rc_aligner_install_pad_properties (GObjectClass * klass,
    guint first_id);

/* RGB alone first: what an unconstrained source will fixate to. The last
 * structure is there so that other formats get an error that says what to do. */
#define GST_RC_ALIGNER_SINK_CAPS \
    GST_RC_TENSORS_CAPS "; " \
    GST_RC_CLOUD_CAPS "; " \
    "video/x-raw, format=(string)RGB; " \
    "video/x-raw, format=(string){ BGR, RGBA, BGRA, RGBx, BGRx, ARGB, ABGR, " \
    "xRGB, xBGR, GRAY8, GRAY16_LE, GRAY16_BE }; " \
    "video/x-raw"

G_END_DECLS
