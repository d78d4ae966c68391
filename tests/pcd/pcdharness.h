/* SPDX-License-Identifier: Apache-2.0 */
/* rcpcdparse in a harness, for the tests of this folder. */
#pragma once

#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>

/* A harness that has sent stream-start and a segment of this format. */
GstHarness *pcd_harness_with (const gchar * launch, GstFormat format);
GstHarness *pcd_harness (const gchar * launch);        /* BYTES */

GstFlowReturn pcd_push (GstHarness * h, gconstpointer data, gsize size);
GstFlowReturn pcd_push_text (GstHarness * h, const gchar * text);

/* A field of the element's stats. */
guint64 pcd_stat_of (GstHarness * h, const gchar * name);

/* Collects the element's messages from now on. */
GstBus *pcd_watch (GstHarness * h);
void pcd_release_bus (GstHarness * h, GstBus * bus);

/* The next message of this type must be there and say `text`. */
void pcd_expect_message (GstBus * bus, GstMessageType type,
    const gchar * text);

/* The next buffer must be there and hold these bytes. */
void pcd_expect_bytes (GstHarness * h, gconstpointer data, gsize size);
void pcd_expect_caps (GstHarness * h, const gchar * text);
