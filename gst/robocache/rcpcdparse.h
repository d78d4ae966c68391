/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gst/base/gstadapter.h>
#include <gst/gst.h>

#include "pcdfile.h"
#include "rccaps.h"
#include "rcscanclock.h"

G_BEGIN_DECLS

typedef enum
{
  GST_RC_PCD_PARSE_FORMAT_AUTO = 0,
  GST_RC_PCD_PARSE_FORMAT_PCD,
  GST_RC_PCD_PARSE_FORMAT_RAW,
} GstRcPcdParseFormat;

typedef enum
{
  GST_RC_PCD_PARSE_FRAMING_AUTO = 0,
  GST_RC_PCD_PARSE_FRAMING_BUFFER,
  GST_RC_PCD_PARSE_FRAMING_STREAM,
} GstRcPcdParseFraming;

typedef enum
{
  GST_RC_PCD_PARSE_ON_ERROR_SKIP = 0,
  GST_RC_PCD_PARSE_ON_ERROR_ERROR,
} GstRcPcdParseOnError;

/* Where the parser stands within the bytes of one file. */
typedef enum
{
  GST_RC_PCD_START,             /* between scans */
  GST_RC_PCD_HEADER,
  GST_RC_PCD_ASCII,
  GST_RC_PCD_BINARY,
  GST_RC_PCD_COMPRESSED,
  GST_RC_PCD_RAW,               /* until the end of the file */
  GST_RC_PCD_SEEK,              /* after bad or extra bytes: to the next header */
} GstRcPcdState;

#define GST_TYPE_RC_PCD_PARSE (gst_rc_pcd_parse_get_type ())
G_DECLARE_FINAL_TYPE (GstRcPcdParse, gst_rc_pcd_parse, GST, RC_PCD_PARSE,
    GstElement)

struct _GstRcPcdParse
{
  GstElement parent;
  GstPad *sinkpad, *srcpad;

  /* properties, under the object lock */
  GstRcPcdParseFormat format;
  GstRcPcdParseFraming framing;
  GstRcPcdParseOnError on_error;
  guint point_step;
  gchar *fields;
  gboolean raw_described;       /* point-step or fields was set */
  gint rate_n, rate_d;
  gboolean rate_set;
  gchar *times, *times_file;
  gint64 time_origin;
  guint64 max_frame_size;

  /* counters, under the object lock */
  guint64 frames, points, bad_frames, bad_rows, skipped_bytes;

  /* from READY to PAUSED on */
  GstRcCloud raw;
  GstRcScanClock clock;

  /* streaming thread */
  GstAdapter *adapter;
  gboolean decided;             /* by_buffer and uri_raw hold */
  gboolean by_buffer;
  gboolean uri_raw;             /* the source's name says that it is no PCD */
  GstSegment upstream;
  guint32 seqnum;               /* of the last upstream segment */
  gint upstream_fps_n, upstream_fps_d;
  gboolean need_segment, discont;
  GstCaps *caps;                /* last sent, or NULL */

  GstRcPcdState state;
  PcdHeader header;
  guint64 scan;                 /* index of the scan being read */
  guint64 file_scans;           /* good and bad ones in this file */
  guint64 position;             /* bytes of this file behind us */
  GstClockTime pts, duration;   /* upstream's, of the scan being read */
  gboolean at_line;             /* SEEK: the next byte starts a line */
  guint8 *rows;                 /* ASCII: points so far */
  gsize rows_size, rows_allocated;
  guint64 rows_read, rows_bad;
  gchar *first_bad_row;         /* ASCII: what was wrong with it, or NULL */
};

/* ---- rcpcdread.c: from bytes to scans; streaming thread only ---- */

/* Reads a buffer (taken) as the whole of one file, or as the next piece of a
 * file, as self->by_buffer says. */
GstFlowReturn gst_rc_pcd_parse_take (GstRcPcdParse * self, GstBuffer * buffer);

/* The file is over: hands out or drops what is left of it. */
GstFlowReturn gst_rc_pcd_parse_finish_file (GstRcPcdParse * self);

/* Forgets the file, without a word. */
void gst_rc_pcd_parse_reset_file (GstRcPcdParse * self);

/* Sends the segment if it is still due. */
void gst_rc_pcd_parse_ensure_segment (GstRcPcdParse * self);

G_END_DECLS
