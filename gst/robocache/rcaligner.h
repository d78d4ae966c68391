/* SPDX-License-Identifier: Apache-2.0 */
/* What rcfusemux and rcresample share: a GstAggregator that turns irregular
 * streams into rows at ticks. */
#pragma once

#include <gst/base/gstaggregator.h>

#include "rcinbox.h"
#include "rcoutput.h"

G_BEGIN_DECLS

/* What a pad tells; private to rcalignreport.c. */
typedef struct _GstRcPadReport GstRcPadReport;

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
  GstRcTimeSource time_source;
  GstCaps *reference_caps;      /* NULL: of any clock */
  gint64 lookahead;             /* -1: by method */
  gboolean changed;             /* since the streams were configured */

  /* upstream's answer to LATENCY, under the object lock */
  gboolean live;
  GstClockTime upstream_latency;
  gboolean queried;

  guint64 arrived;              /* buffers, under the object lock */
  guint64 arrived_at_flush;
  gint flushed;                 /* atomic: the history has to be forgotten */
  GstRcStreamStats shown;       /* copy for readers, under the object lock */

  gboolean times_only;          /* a master whose values do not come out */

  /* aggregator thread */
  GstRcStream *stream;
  GstCaps *caps;
  GstSegment segment;           /* of the samples that are read now */
  GQueue waiting;               /* GstBuffer and GstEvent, not read yet */
  gboolean next_gap_missing;    /* the GAP that comes next means lost data */
  gint64 overdue;               /* samples up to then came too late, or none */
  gboolean head_is_gap;         /* made by the base class: not counted */
  guint head_epoch;
  guint64 marks;                /* lost data and changes of caps, so far */
  gint64 absorbed_to;           /* for ticks before, more was read (and forgotten)
                                 * than they needed */
  gboolean absent;              /* replay: it was not there at this tick */
  gboolean head_taken;          /* the queued buffer is in the history already */
  gint64 learned;               /* ns from one sample to the next, or 0 */
  gint64 wait;                  /* ns after its tick that this pad may take */
  GstRcPadReport *report;
  gint64 delay;                 /* and ns more: its samples come that late */
  gchar *warning;               /* to be posted outside the locks */
  gboolean warned_size, warned_time, warned_reference;
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
gboolean gst_rc_aligner_forces_live (GstRcAligner * self);

/* Properties of a pad (but its stats), which rcresample shows as its own. `first_id` is the id
 * of the first one; returns the id after the last. */
guint gst_rc_aligner_install_pad_properties (GObjectClass * klass,
    guint first_id);

#define GST_RC_ALIGNER_SRC_CAPS \
    GST_RC_TENSORS_CAPS "; " GST_RC_TENSORS_CUDA_CAPS

/* RGB alone first: what an unconstrained source will fixate to. The last
 * structure is there so that other formats get an error that says what to do. */
#define GST_RC_ALIGNER_SINK_CAPS \
    GST_RC_TENSORS_CAPS "; " \
    GST_RC_CLOUD_CAPS "; " \
    GST_RC_TENSORS_CUDA_CAPS "; " \
    GST_RC_CLOUD_CUDA_CAPS "; " \
    "video/x-raw, format=(string)RGB; " \
    "video/x-raw, format=(string){ BGR, RGBA, BGRA, RGBx, BGRx, ARGB, ABGR, " \
    "xRGB, xBGR, GRAY8, GRAY16_LE, GRAY16_BE }; " \
    "video/x-raw(" GST_RC_CUDA_FEATURE "), format=(string){ RGB, BGR, RGBA, " \
    "BGRA, RGBx, BGRx, ARGB, ABGR }; " \
    "video/x-raw"

G_END_DECLS
