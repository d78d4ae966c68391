/* SPDX-License-Identifier: Apache-2.0 */
/* The properties of rccsvparse. */
#pragma once

#include "rccsvchannels.h"

G_BEGIN_DECLS

typedef enum
{
  GST_RC_CSV_MAPPING_AUTO = 0,
  GST_RC_CSV_MAPPING_KEEP,
  GST_RC_CSV_MAPPING_ARRIVAL
} GstRcCsvTimeMapping;

typedef enum
{
  GST_RC_CSV_ON_ERROR_SKIP = 0,
  GST_RC_CSV_ON_ERROR_ERROR
} GstRcCsvOnError;

typedef struct
{
  gchar *delimiter;
  RcCsvHeader header;
  gchar *time_column;
  RcCsvUnit time_unit;
  gint64 time_origin;
  GstRcCsvTimeMapping time_mapping;
  GstRcCsvChoice choice;
  RcDType type;
  GstRcCsvOnError on_error;
  guint max_line_length;
} GstRcCsvSettings;

/* Property ids from 1; those from GST_RC_CSV_N_SETTINGS on are the element's. */
#define GST_RC_CSV_N_SETTINGS 18

void gst_rc_csv_settings_install (GObjectClass * klass);
void gst_rc_csv_settings_init (GstRcCsvSettings * settings);
void gst_rc_csv_settings_copy (GstRcCsvSettings * dest,
    const GstRcCsvSettings * src);
void gst_rc_csv_settings_clear (GstRcCsvSettings * settings);

/* FALSE when the id is not one of ours. */
gboolean gst_rc_csv_settings_set (GstRcCsvSettings * settings, guint id,
    const GValue * value);
gboolean gst_rc_csv_settings_get (const GstRcCsvSettings * settings, guint id,
    GValue * value);

G_END_DECLS
