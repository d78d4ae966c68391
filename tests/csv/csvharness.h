/* SPDX-License-Identifier: Apache-2.0 */
/* Runs text through rccsvparse and keeps all that comes out. */
#pragma once

#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>

typedef struct
{
  GstHarness *h;
  GstBus *bus;
  /* what came out, as text */
  GString *rows;                /* "pts: v v v\n" per buffer */
  GString *errors, *warnings, *infos;   /* one line per message */
  GstStructure *inferred;       /* the last rc-csv-inferred */
  gboolean eos;
} CsvRun;

/* Properties are "name=value" strings, NULL-terminated. */
CsvRun *csv_run_new (const gchar * first_property, ...) G_GNUC_NULL_TERMINATED;
void csv_run_free (CsvRun * run);

/* Sets one "name=value". */
void csv_set (GstElement * element, const gchar * property);

/* stream-start and a segment. */
void csv_run_open (CsvRun * run, GstFormat format);
/* One buffer; size -1: text is NUL-terminated. */
GstFlowReturn csv_run_push (CsvRun * run, const gchar * text, gssize size,
    GstClockTime pts);
/* EOS, then collects. */
void csv_run_finish (CsvRun * run);
/* Moves buffers and messages that are there into the fields above. */
void csv_run_collect (CsvRun * run);
guint64 csv_run_stat (CsvRun * run, const gchar * name);
/* A string field of the caps; "" when there is none. */
const gchar *csv_run_caps (CsvRun * run, const gchar * field);
const gchar *csv_run_inferred (CsvRun * run, const gchar * field);

/* A whole file: BYTES segment, no PTS, chunks of at most `chunk` bytes. */
CsvRun *csv_file (const gchar * text, gssize size, gsize chunk,
    const gchar * first_property, ...) G_GNUC_NULL_TERMINATED;
