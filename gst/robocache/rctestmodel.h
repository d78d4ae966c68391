/* SPDX-License-Identifier: Apache-2.0 */
/* When the samples of rctestsrc are taken, lost, stamped and delivered, and
 * what caps they have. Pure functions of the settings and the sample's index:
 * this is what makes runs repeatable. Times are int64 or uint64 ns. */
#pragma once

#include <gst/gst.h>

#include "rctruth.h"

G_BEGIN_DECLS

#define GST_RC_TEST_MAX_JOINTS 1024
#define GST_RC_TEST_MAX_CHANNELS (2 * GST_RC_TEST_MAX_JOINTS)

/* What the random numbers of a sample are for. */
enum
{
  GST_RC_TEST_LANE_LOSS,
  GST_RC_TEST_LANE_JITTER,
  GST_RC_TEST_LANE_DUPLICATE,
  GST_RC_TEST_LANE_NOISE = 16,  /* + channel or point */
};

typedef enum
{
  GST_RC_TEST_FLOAT32,
  GST_RC_TEST_FLOAT64,
} GstRcTestType;

/* The settings; the element's properties say what they mean. */
typedef struct
{
  GstRcTruthKind kind;
  GstRcTestType type;
  gint rate_n, rate_d;          /* 0/1: the kind's own */
  guint64 duration;
  guint joints;                 /* [1, GST_RC_TEST_MAX_JOINTS] */
  guint points;
  guint64 seed;
  gdouble jitter;               /* periods */
  gdouble loss;                 /* [0, 1] */
  guint burst;                  /* >= 1 */
  gdouble duplicates;           /* [0, 1) */
  gdouble skew_ppm;
  gint64 offset;
  guint64 dead_from, dead_until;        /* GST_CLOCK_TIME_NONE: never */
  gdouble noise;
} GstRcTestModel;

/* Samples per second. */
void gst_rc_test_model_rate (const GstRcTestModel * m, gint * n, gint * d);

/* When sample k is due: floor (k / rate); G_MAXUINT64 beyond the range. */
guint64 gst_rc_test_model_due (const GstRcTestModel * m, guint64 k);

/* When sample k is taken: due plus jitter. */
guint64 gst_rc_test_model_taken (const GstRcTestModel * m, guint64 k);

gboolean gst_rc_test_model_is_dead (const GstRcTestModel * m, guint64 k);
gboolean gst_rc_test_model_is_lost (const GstRcTestModel * m, guint64 k);

/* The sample whose stamp sample k bears: itself, or for a duplicate the nearest
 * one before it that was sent with its own. */
guint64 gst_rc_test_model_stamped_as (const GstRcTestModel * m, guint64 k);

/* The stamp that the sensor's clock gives to sample k when it bears its own. */
gint64 gst_rc_test_model_stamp (const GstRcTestModel * m, guint64 k);

/* When sample k reaches the computer: with the last one of its burst. */
guint64 gst_rc_test_model_arrival (const GstRcTestModel * m, guint64 k);

/* A k before which no sample has a stamp of at least `start`, but for repeated
 * stamps; a few of those from it on may lie before `start` too. */
guint64 gst_rc_test_model_seek (const GstRcTestModel * m, gint64 start);

/* By how much samples come later than their stamps say, at most (a drifting
 * clock is left out: it has no bound). */
guint64 gst_rc_test_model_latency (const GstRcTestModel * m);

GstCaps *gst_rc_test_model_caps (const GstRcTestModel * m);

G_END_DECLS
