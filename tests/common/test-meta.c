/* SPDX-License-Identifier: Apache-2.0 */
/* The custom metas: what is written is read, copies keep it, and malformed ones
 * are refused instead of read. */
#include <gst/check/gstcheck.h>

#include "rcmeta.h"

static void
setup (void)
{
  gst_rc_metas_register ();
}

GST_START_TEST (provenance)
{
  static const guint8 state[] = { 0, 1, 2, 3, 4, 2 };
  static const gint64 skew[] = { G_MININT64, 0, -5, -7, 9, 1 };
  static const gint64 newest[] = { G_MININT64, 100, 95, 93, 109, 101 };
  static const guint64 read[] = { 1, 0, G_MAXUINT64 };
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 8, NULL), *copies[3];
  GstRcProvenance p;

  fail_if (gst_rc_provenance_get (buffer, &p));
  gst_rc_provenance_add (buffer, -3, 3, 2, state, skew, newest, 0x80000001);
  copies[0] = gst_buffer_copy (buffer);
  copies[1] = gst_buffer_copy_deep (buffer);
  copies[2] = gst_buffer_copy_region (buffer, GST_BUFFER_COPY_ALL, 0, 4);
  for (guint i = 0; i < G_N_ELEMENTS (copies); i++) {
    fail_unless (gst_rc_provenance_get (copies[i], &p), "copy %u", i);
    fail_unless_equals_int64 (p.tick, -3);
    fail_unless_equals_int (p.n_streams, 3);
    fail_unless_equals_int (p.n_rows, 2);
    fail_unless_equals_int64 (p.deadline, 0x80000001);
    fail_unless (memcmp (p.state, state, sizeof (state)) == 0);
    fail_unless (memcmp (p.skew, skew, sizeof (skew)) == 0);
    fail_unless (memcmp (p.newest, newest, sizeof (newest)) == 0);
    fail_unless (p.read == NULL);
    gst_buffer_unref (copies[i]);
  }
  gst_rc_provenance_add_read (buffer, read, G_N_ELEMENTS (read));
  copies[0] = gst_buffer_copy_deep (buffer);
  fail_unless (gst_rc_provenance_get (copies[0], &p));
  fail_unless (p.read && memcmp (p.read, read, sizeof (read)) == 0);
  gst_buffer_unref (copies[0]);
  gst_buffer_unref (buffer);
}

GST_END_TEST;

GST_START_TEST (sample_times)
{
  static const gint64 times[] = { -5, 0, 7, G_MAXINT64 };
  GstBuffer *buffer = gst_buffer_new ();
  const gint64 *read;
  gsize n = 99;

  fail_unless (gst_rc_sample_times_get (buffer, &n) == NULL);
  fail_unless_equals_int (n, 0);
  gst_rc_sample_times_add (buffer, times, G_N_ELEMENTS (times));
  read = gst_rc_sample_times_get (buffer, &n);
  fail_unless (read != NULL);
  fail_unless_equals_int (n, 4);
  fail_unless (memcmp (read, times, sizeof (times)) == 0);
  gst_buffer_unref (buffer);
}

GST_END_TEST;

/* Another program may have written the meta. */
static GstStructure *
raw_meta (GstBuffer ** buffer, const gchar * name)
{
  *buffer = gst_buffer_new ();
  return gst_custom_meta_get_structure (gst_buffer_add_custom_meta (*buffer,
          name));
}

static void
set_bytes (GstStructure * s, const gchar * field, gsize size)
{
  gchar *zeros = g_malloc0 (size);
  GBytes *bytes = g_bytes_new_take (zeros, size);

  gst_structure_set (s, field, G_TYPE_BYTES, bytes, NULL);
  g_bytes_unref (bytes);
}

GST_START_TEST (malformed)
{
  static const gchar *const fields[] =
      { "tick", "streams", "rows", "deadline", "state", "skew", "newest" };
  GstBuffer *buffer;
  GstStructure *s;
  GstRcProvenance p;
  gsize n;

  /* a field is absent, or has another type */
  for (guint i = 0; i < 2 * G_N_ELEMENTS (fields); i++) {
    const gchar *field = fields[i / 2];

    s = raw_meta (&buffer, GST_RC_META_PROVENANCE);
    gst_structure_set (s, "tick", G_TYPE_INT64, (gint64) 1, "streams",
        G_TYPE_INT, 2, "rows", G_TYPE_INT, 1, "deadline", G_TYPE_INT, 0, NULL);
    set_bytes (s, "state", 2);
    set_bytes (s, "skew", 16);
    set_bytes (s, "newest", 16);
    fail_unless (gst_rc_provenance_get (buffer, &p));
    if (i % 2)
      gst_structure_set (s, field, G_TYPE_STRING, "7", NULL);
    else
      gst_structure_remove_field (s, field);
    fail_if (gst_rc_provenance_get (buffer, &p), "%s", field);
    gst_buffer_unref (buffer);
  }
  /* one number too many */
  s = raw_meta (&buffer, GST_RC_META_PROVENANCE);
  gst_structure_set (s, "tick", G_TYPE_INT64, (gint64) 1, "streams",
      G_TYPE_INT, 2, "rows", G_TYPE_INT, 1, "deadline", G_TYPE_INT, 1, NULL);
  set_bytes (s, "state", 2);
  set_bytes (s, "skew", 16);
  set_bytes (s, "newest", 16);
  set_bytes (s, "read", 16);
  fail_unless (gst_rc_provenance_get (buffer, &p));
  set_bytes (s, "read", 24);
  fail_if (gst_rc_provenance_get (buffer, &p));
  gst_buffer_unref (buffer);
  /* lengths that do not fit each other */
  s = raw_meta (&buffer, GST_RC_META_PROVENANCE);
  gst_structure_set (s, "tick", G_TYPE_INT64, (gint64) 1, "streams",
      G_TYPE_INT, G_MAXINT, "rows", G_TYPE_INT, G_MAXINT, "deadline",
      G_TYPE_INT, 0, NULL);
  set_bytes (s, "state", 2);
  set_bytes (s, "skew", 16);
  set_bytes (s, "newest", 16);
  fail_if (gst_rc_provenance_get (buffer, &p));
  gst_structure_set (s, "streams", G_TYPE_INT, 0, "rows", G_TYPE_INT, -1, NULL);
  fail_if (gst_rc_provenance_get (buffer, &p));
  gst_buffer_unref (buffer);

  s = raw_meta (&buffer, GST_RC_META_SAMPLE_TIMES);
  fail_unless (gst_rc_sample_times_get (buffer, &n) == NULL);
  set_bytes (s, "times", 15);
  fail_unless (gst_rc_sample_times_get (buffer, &n) == NULL);
  set_bytes (s, "times", 16);
  fail_unless (gst_rc_sample_times_get (buffer, &n) != NULL);
  fail_unless_equals_int (n, 2);
  gst_buffer_unref (buffer);
}

GST_END_TEST;

/* A slice of GBytes need not lie where an int64 may be read. */
GST_START_TEST (unaligned)
{
  static const gint64 zeros[4];
  GBytes *whole = g_bytes_new_static (zeros, sizeof (zeros));

  for (gsize at = 0; at < 9; at++) {
    GBytes *slice = g_bytes_new_from_bytes (whole, at, 16);
    GstBuffer *buffer;
    GstStructure *s = raw_meta (&buffer, GST_RC_META_SAMPLE_TIMES);
    gsize n;

    gst_structure_set (s, "times", G_TYPE_BYTES, slice, NULL);
    if (at % 8 == 0)
      fail_unless (gst_rc_sample_times_get (buffer, &n) == zeros + at / 8);
    else
      fail_unless (gst_rc_sample_times_get (buffer, &n) == NULL);
    fail_unless_equals_int (n, at % 8 == 0 ? 2 : 0);
    g_bytes_unref (slice);
    gst_buffer_unref (buffer);
  }
  g_bytes_unref (whole);
}

GST_END_TEST;

/* The second plugin file that registers finds the first one's. */
GST_START_TEST (registered_once)
{
  const GstMetaInfo *info = gst_meta_get_info (GST_RC_META_PROVENANCE);

  fail_unless (info != NULL);
  gst_rc_metas_register ();
  fail_unless (gst_meta_get_info (GST_RC_META_PROVENANCE) == info);
}

GST_END_TEST;

static Suite *
meta_suite (void)
{
  Suite *suite = suite_create ("meta");
  TCase *tcase = tcase_create ("meta");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, setup, NULL);
  tcase_add_test (tcase, provenance);
  tcase_add_test (tcase, sample_times);
  tcase_add_test (tcase, malformed);
  tcase_add_test (tcase, unaligned);
  tcase_add_test (tcase, registered_once);
  return suite;
}

GST_CHECK_MAIN (meta);
