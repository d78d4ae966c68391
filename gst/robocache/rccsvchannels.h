/* SPDX-License-Identifier: Apache-2.0 */
/* rccsvparse's columns as the channels of a tensor: which columns, their names
 * and units, and the marks that interpolation needs. */
#pragma once

#include "csvrows.h"
#include "rccaps.h"

G_BEGIN_DECLS

/* The properties, as text; NULL or "" when not set. */
typedef struct
{
  gchar *columns;
  gchar *names;
  gchar *units;
  gchar *quaternions;
  gchar *wrapping;
  gchar *hold;
  gchar *velocities;
  gchar *frame_id;
} GstRcCsvChoice;

typedef struct
{
  guint *columns;               /* of each channel */
  guint n_channels;
  GstRcTensor tensor;           /* shape, names, units, marks, frame */
  gchar *hint;                  /* groups that look like quaternions, as the
                                 * property `quaternions` takes them; "" none */
  gchar *note;                  /* a sentence when names were given to a group
                                 * that was found by its norm; or NULL */
} GstRcCsvChannels;

/* FALSE: *error is a sentence that names the property and the value. */
gboolean gst_rc_csv_channels_resolve (GstRcCsvChannels * channels,
    const GstRcCsvChoice * choice, RcDType dtype, const RcCsvLayout * layout,
    const RcCsvField * lines, guint n_lines, gchar ** error);
void gst_rc_csv_channels_clear (GstRcCsvChannels * channels);
void gst_rc_csv_choice_clear (GstRcCsvChoice * choice);

/* The number of entries of a list property, 0 when it is not set. */
guint gst_rc_csv_list_length (const gchar * text);

G_END_DECLS
