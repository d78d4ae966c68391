/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of rchdf5sink share: a file in a folder of its own per test,
 * buffers to put in, and what libhdf5 reads of it. */
#pragma once

#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <hdf5.h>
#include <string.h>

#include "h5rows.h"
#include "rccaps.h"
#include "rcmeta.h"

static gchar *folder, *path;

static inline void
setup (void)
{
  folder = g_dir_make_tmp ("rchdf5-XXXXXX", NULL);
  path = g_build_filename (folder, "run.h5", NULL);
}

static inline void
teardown (void)
{
  g_unlink (path);
  fail_unless_equals_int (g_rmdir (folder), 0);
  g_free (path);
  g_free (folder);
}

/* ---- what is in a file ---- */

static hid_t file = -1;

static inline void
open_file (void)
{
  file = H5Fopen (path, H5F_ACC_RDONLY, H5P_DEFAULT);
  fail_unless (file >= 0, "%s cannot be read", path);
}

static inline void
close_file (void)
{
  H5Fclose (file);
}

static inline gboolean
has (const gchar * name)
{
  gchar **parts = g_strsplit (name, "/", -1);
  GString *prefix = g_string_new (NULL);
  gboolean found = TRUE;

  for (guint i = 0; found && parts[i]; i++) {
    g_string_append_printf (prefix, "/%s", parts[i]);
    found = H5Lexists (file, prefix->str, H5P_DEFAULT) > 0;
  }
  g_string_free (prefix, TRUE);
  g_strfreev (parts);
  return found;
}

/* The data of a dataset, whose shape must be "2x3". */
static inline void
read_set (const gchar * name, const gchar * shape, hid_t type, gpointer data)
{
  hid_t set = H5Dopen2 (file, name, H5P_DEFAULT), space;
  hsize_t dims[H5S_MAX_RANK];
  GString *text = g_string_new (NULL);
  gint rank;

  fail_unless (set >= 0, "no dataset %s", name);
  space = H5Dget_space (set);
  rank = H5Sget_simple_extent_dims (space, dims, NULL);
  for (gint i = 0; i < rank; i++)
    g_string_append_printf (text, i ? "x%u" : "%u", (guint) dims[i]);
  fail_unless_equals_string (text->str, shape);
  if (data)
    fail_unless (H5Dread (set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
  g_string_free (text, TRUE);
  H5Sclose (space);
  H5Dclose (set);
}

static inline gint64
int_attr (const gchar * object, const gchar * name)
{
  hid_t attr = H5Aopen_by_name (file, object, name, H5P_DEFAULT, H5P_DEFAULT);
  gint64 value;

  fail_unless (attr >= 0, "%s has no %s", object, name);
  fail_unless (H5Aread (attr, H5T_NATIVE_INT64, &value) >= 0);
  H5Aclose (attr);
  return value;
}

/* All strings of an attribute, with ',' between. */
static inline gchar *
string_attr (const gchar * object, const gchar * name)
{
  hid_t attr, type, space;
  gchar *values[16] = { NULL }, *joined;

  if (H5Aexists_by_name (file, object, name, H5P_DEFAULT) <= 0)
    return NULL;
  attr = H5Aopen_by_name (file, object, name, H5P_DEFAULT, H5P_DEFAULT);
  type = H5Aget_type (attr);
  space = H5Aget_space (attr);
  fail_unless (H5Aread (attr, type, values) >= 0);
  joined = g_strjoinv (",", values);
  H5Dvlen_reclaim (type, space, H5P_DEFAULT, values);
  H5Sclose (space);
  H5Tclose (type);
  H5Aclose (attr);
  return joined;
}

static inline void
assert_string_attr (const gchar * object, const gchar * name,
    const gchar * value)
{
  gchar *found = string_attr (object, name);

  fail_unless_equals_string (found, value);
  g_free (found);
}

/* ---- what goes in ---- */

static inline GstHarness *
new_harness (const gchar * caps)
{
  GstElement *sink = gst_element_factory_make ("rchdf5sink", NULL);
  GstHarness *h;

  fail_unless (sink != NULL);
  g_object_set (sink, "location", path, NULL);
  h = gst_harness_new_with_element (sink, "sink", NULL);
  gst_object_unref (sink);
  gst_harness_play (h);
  if (caps)
    gst_harness_set_src_caps_str (h, caps);
  return h;
}

static inline GstHarness *
add_raw (GstHarness * h, const gchar * pad, const gchar * caps)
{
  GstHarness *raw = gst_harness_new_with_element (h->element, pad, NULL);

  gst_harness_set_src_caps_str (raw, caps);
  return raw;
}

/* A buffer of the memories given, up to a NULL. */
static inline GstBuffer *
new_buffer (GstClockTime pts, gconstpointer data, gsize size, ...)
{
  GstBuffer *buffer = gst_buffer_new ();
  va_list args;

  va_start (args, size);
  while (data) {
    gpointer copy = g_memdup2 (data, size);

    gst_buffer_append_memory (buffer, gst_memory_new_wrapped (0, copy, size, 0,
            size, copy, g_free));
    data = va_arg (args, gconstpointer);
    if (data)
      size = va_arg (args, gsize);
  }
  va_end (args);
  GST_BUFFER_PTS (buffer) = pts;
  return buffer;
}

static inline void
push_row (GstHarness * h, guint64 i)
{
  gint64 newest[3] = { 0 };
  GstBuffer *buffer;
  Row row;

  row_fill (&row, i);
  buffer = new_buffer (row.time, row.imu, sizeof (row.imu), row.front,
      sizeof (row.front), row.cmd, sizeof (row.cmd), NULL);
  gst_rc_provenance_add (buffer, i, 3, 1, row.state, row.skew, newest, 0);
  fail_unless_equals_int (gst_harness_push (h, buffer), GST_FLOW_OK);
}

#define ONE_CAPS "other/tensors, format=static, num_tensors=1, " \
    "types=float32, dimensions=(string)2, framerate=10/1, streams=a"

static inline GstFlowReturn
push_one (GstHarness * h, GstClockTime pts, gfloat value)
{
  gfloat values[2] = { value, value + 0.5f };

  return gst_harness_push (h, new_buffer (pts, values, sizeof (values), NULL));
}

/* Stops the element as a Ctrl-C does, and opens the file. */
static inline void
finish (GstHarness * h)
{
  gst_element_set_state (h->element, GST_STATE_NULL);
  gst_harness_teardown (h);
  open_file ();
}

static inline guint64
stat_of (GstElement * sink, const gchar * name)
{
  GstStructure *stats;
  guint64 value = 0;

  g_object_get (sink, "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint64 (stats, name, &value));
  gst_structure_free (stats);
  return value;
}

static inline guint64
raw_rows (GstElement * sink, const gchar * stream)
{
  GstStructure *stats, *raw;
  guint64 value = 0;

  g_object_get (sink, "stats", &stats, NULL);
  fail_unless (gst_structure_get (stats, "raw-rows", GST_TYPE_STRUCTURE, &raw,
          NULL));
  gst_structure_get_uint64 (raw, stream, &value);
  gst_structure_free (raw);
  gst_structure_free (stats);
  return value;
}

/* The error on the bus of an element. */
static inline void
assert_error (GstBus * bus, GQuark domain, gint code, const gchar * part)
{
  GstMessage *message = gst_bus_timed_pop_filtered (bus, 10 * GST_SECOND,
      GST_MESSAGE_ERROR);
  GError *error;

  fail_unless (message != NULL, "no error was posted");
  gst_message_parse_error (message, &error, NULL);
  fail_unless (error->domain == domain && error->code == code
      && strstr (error->message, part), "%s %d: %s",
      g_quark_to_string (error->domain), error->code, error->message);
  g_error_free (error);
  gst_message_unref (message);
}

static inline GstBus *
bus_of (GstHarness * h)
{
  GstBus *bus = gst_bus_new ();

  gst_element_set_bus (h->element, bus);
  return bus;
}

static inline void
drop_bus (GstHarness * h, GstBus * bus)
{
  gst_element_set_bus (h->element, NULL);
  gst_object_unref (bus);
}
