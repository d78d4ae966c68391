/* SPDX-License-Identifier: Apache-2.0 */
/* rccsvparse, shared by its source files: rccsvparse.c takes the input and its
 * events, rccsvrows.c makes rows of it. */
#pragma once

#include "rccsvsettings.h"

G_BEGIN_DECLS

GST_DEBUG_CATEGORY_EXTERN (gst_rc_csv_parse_debug);

typedef struct
{
  guint64 bytes;
  guint64 rows;
  guint64 bad_rows;
  guint64 duplicate_times;
  guint64 backward_times;
  guint64 rounded_times;
  guint64 negative_times;
  guint64 repins;
} GstRcCsvStats;

typedef struct
{
  gchar *text;
  gsize len;
  guint64 number;
  guint64 tag;
} GstRcCsvSample;

/* Not in an installed header: applications use the element by its name. */
#define GST_TYPE_RC_CSV_PARSE (gst_rc_csv_parse_get_type ())
G_DECLARE_FINAL_TYPE (GstRcCsvParse, gst_rc_csv_parse, GST, RC_CSV_PARSE,
    GstElement);

struct _GstRcCsvParse
{
  GstElement parent;

  GstPad *sinkpad, *srcpad;

  /* under the object lock */
  GstRcCsvSettings properties;
  GstRcCsvStats stats;
  gboolean timed_input;         /* the input's segment is in time */
  gboolean own_segment;         /* ours starts at 0; else the input's goes on */

  /* streaming thread */
  GstRcCsvSettings settings;          /* the properties as they were at start */
  gchar delimiter;              /* settings.delimiter, parsed */
  RcCsvLines lines;
  gboolean active;              /* `lines` is ready */
  gboolean configured;          /* layout and channels are known, caps sent */
  gboolean failed;
  GPtrArray *sample;            /* GstRcCsvSample, until configured */
  gchar *comment;               /* the last comment line before them */
  GList *pending;               /* events that wait for the caps */
  GstSegment segment;           /* the input's */
  guint32 segment_seqnum;
  RcCsvLayout layout;
  GstRcCsvChannels channels;
  RcCsvField *fields;           /* [n_columns + 1] */
  guint8 *row;                  /* [channels.tensor.size] */
  gboolean arrival;             /* times are mapped to the arrival's */
  gboolean pinned;
  gint64 pin_stamp, pin_time;
  gint64 newest_stamp;          /* since the pin */
  GstClockTime last_time;
  gboolean discont;
  guint64 told_bad_rows;        /* as of the last warning */
};

/* Settles the layout by the lines in `sample`, sends caps and segment, and takes
 * those lines as rows. */
GstFlowReturn gst_rc_csv_parse_settle (GstRcCsvParse * self);

/* One row of a layout that is settled. */
GstFlowReturn gst_rc_csv_parse_row (GstRcCsvParse * self,
    const RcCsvLine * line);

/* Counts a row that cannot be used; takes `reason`, the end of a sentence. */
GstFlowReturn gst_rc_csv_parse_bad_row (GstRcCsvParse * self, guint64 number,
    gchar * reason);

/* Asks upstream: a live source cannot wait for many lines. */
gboolean gst_rc_csv_parse_upstream_is_live (GstRcCsvParse * self);

/* Sends the segment that goes with the caps. */
void gst_rc_csv_parse_push_segment (GstRcCsvParse * self);

/* Sends the events that waited for the caps. */
void gst_rc_csv_parse_push_pending (GstRcCsvParse * self);

G_END_DECLS
