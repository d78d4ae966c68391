/* SPDX-License-Identifier: Apache-2.0 */
/* rcpcdparse: bad rows, bad files, and what stays good beside them. */
#include <string.h>

#include "pcdgen.h"
#include "pcdharness.h"

#define XYZ "FIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\n"
#define SIZES(n) "WIDTH " #n "\nHEIGHT 1\nPOINTS " #n "\n"

/* ---- bad files ---- */

static const struct
{
  const gchar *file, *text;
} bad_files[] = {
  {"VERSION 0.8\n", "VERSION: \"0.8\""},
  {"VERSION 0.7\nFIELDS x y\nSIZE 4\n", "SIZE has 1 entries for 2 fields"},
  {"VERSION 0.7\n" XYZ SIZES (1000000000000) "DATA binary\nabc",
      "POINTS 1000000000000 of 12 bytes each are more than max-frame-size"},
  {"VERSION 0.7\n" XYZ SIZES (80000000) "DATA binary\nabc",
      "truncated: POINTS 80000000 need 960000000 bytes of data, there are 3"},
  {"VERSION 0.7\n" XYZ SIZES (2) "DATA ascii\n1 2 3\n",
      "truncated: 1 rows where POINTS says 2"},
  {"VERSION 0.7\n" XYZ SIZES (80000000) "DATA ascii\n1 2 3\n",
      "truncated: 1 rows where POINTS says 80000000"},
  {"VERSION 0.7\n" XYZ SIZES (1) "DATA ascii\n1 2\n",
      "row 1: 2 columns where FIELDS and COUNT ask for 3"},
  {"VERSION 0.7\n" XYZ SIZES (1) "DATA binary_compressed\n1234",
      "truncated: POINTS 1 need 8 bytes"},
  {"VERSION 0.7\n" XYZ SIZES (1) "DATA binary_compressed\n12345678",
      "uncompressed size 943142453 is not POINTS 1 * 12 bytes"},
  {"VERSION 0.7\nFIELDS v\nSIZE 1\nTYPE U\nPOINTS 1061109567\n"
        "DATA binary_compressed\n\x7f\x7f\x7f\x7f????",
      "compressed size 2139062143 cannot hold uncompressed size 1061109567"},
  {"VERSION 0.7\n" XYZ "WIDTH 4\nHEIGHT 2\n", "no DATA line"},
  {"# .PCD\n", "no DATA line"},
  {"hello\n", "\"hello\" is not a PCD keyword"},
  {"\xff\xfe\x01", "\"???\" is not a PCD keyword"},
  {"", "the file is empty"},
};

/* One bad file between two good ones: it alone is lost, in all framings. */
GST_START_TEST (test_bad_file)
{
  static const gchar good[] = "# .PCD v0.7\nVERSION 0.7\n" XYZ SIZES (1)
      "DATA ascii\n1 2 3\n";
  const gfloat point[3] = { 1, 2, 3 };
  const gchar *text = bad_files[__i__].file;

  for (guint stream = 0; stream < 2; stream++) {
    GstHarness *h = pcd_harness (stream ? "rcpcdparse format=pcd framing=stream"
        : "rcpcdparse format=pcd framing=buffer");
    GstBus *bus = pcd_watch (h);

    fail_unless_equals_int (pcd_push_text (h, good), GST_FLOW_OK);
    if (stream) {
      GstSegment segment;

      gst_segment_init (&segment, GST_FORMAT_BYTES);
      gst_harness_push_event (h, gst_event_new_segment (&segment));
    }
    fail_unless_equals_int (pcd_push_text (h, text), GST_FLOW_OK);
    if (*text || !stream) {
      if (stream)
        gst_harness_push_event (h, gst_event_new_segment (&(GstSegment) {
                .rate = 1,.applied_rate = 1,.format = GST_FORMAT_BYTES,.stop =
                -1,.duration = -1}
          ));
      pcd_expect_message (bus, GST_MESSAGE_WARNING, bad_files[__i__].text);
      fail_unless_equals_uint64 (pcd_stat_of (h, "bad-frames"), 1);
    }
    fail_unless_equals_int (pcd_push_text (h, good), GST_FLOW_OK);
    gst_harness_push_event (h, gst_event_new_eos ());
    pcd_expect_bytes (h, point, 12);
    pcd_expect_bytes (h, point, 12);
    fail_unless (gst_harness_try_pull (h) == NULL);
    pcd_release_bus (h, bus);
    gst_harness_teardown (h);

    h = pcd_harness (stream ?
        "rcpcdparse format=pcd framing=stream on-error=error" :
        "rcpcdparse format=pcd framing=buffer on-error=error");
    bus = pcd_watch (h);
    if (!stream) {
      fail_unless_equals_int (pcd_push_text (h, text), GST_FLOW_ERROR);
      pcd_expect_message (bus, GST_MESSAGE_ERROR, bad_files[__i__].text);
    }
    pcd_release_bus (h, bus);
    gst_harness_teardown (h);
  }
}

GST_END_TEST;

/* A truncated file in a stream: the next header must not become points. */
GST_START_TEST (test_resync)
{
  GRand *rand = g_rand_new_with_seed (9);
  GByteArray *points = pcd_gen_points (rand, pcd_gen_xyz, 3, 100);

  for (gint data = PCD_ASCII; data <= PCD_COMPRESSED; data++) {
    GByteArray *file = pcd_gen_file (pcd_gen_xyz, 3, points, data, NULL);
    GstHarness *h = pcd_harness ("rcpcdparse");
    GstBus *bus = pcd_watch (h);

    pcd_push (h, file->data, file->len / 2);
    pcd_push (h, file->data, file->len);
    pcd_expect_message (bus, GST_MESSAGE_WARNING, "a new header follows");
    pcd_expect_bytes (h, points->data, points->len);
    /* and at the end */
    pcd_push (h, file->data, file->len / 2);
    gst_harness_push_event (h, gst_event_new_eos ());
    pcd_expect_message (bus, GST_MESSAGE_WARNING, "truncated");
    fail_unless (gst_harness_try_pull (h) == NULL);
    fail_unless_equals_uint64 (pcd_stat_of (h, "bad-frames"), 2);
    pcd_release_bus (h, bus);
    gst_harness_teardown (h);
    g_byte_array_unref (file);
  }
  g_byte_array_unref (points);
  g_rand_free (rand);
}

GST_END_TEST;

GST_START_TEST (test_bad_rows)
{
  static const gchar file[] = "VERSION 0.7\nFIELDS x n\nSIZE 4 1\nTYPE F I\n"
      "WIDTH 8\nHEIGHT 1\nDATA ascii\n"
      "1 1\n2 128\n\n# a comment\n3\nnan -128\n4 4 4\nx 5\n1e39 5\n-inf 127";
  static const struct
  {
    guint32 bits;
    gint8 n;
  } want[] = { {0x3f800000, 1}, {0x7fc00000, -128}, {0xff800000, 127} };
  GstHarness *h = pcd_harness ("rcpcdparse");
  GstBus *bus = pcd_watch (h);
  GstBuffer *b;

  pcd_push_text (h, file);
  gst_harness_push_event (h, gst_event_new_eos ());
  pcd_expect_message (bus, GST_MESSAGE_WARNING,
      "dropped 5 of 8 rows; the first is "
      "row 2: column 2 (field \"n\"): \"128\" is not a number of TYPE I SIZE 1");
  b = gst_harness_try_pull (h);
  fail_unless (b != NULL);
  fail_unless_equals_uint64 (gst_buffer_get_size (b), 15);
  for (guint i = 0; i < 3; i++) {
    fail_unless (gst_buffer_memcmp (b, 5 * i, &want[i].bits, 4) == 0);
    fail_unless (gst_buffer_memcmp (b, 5 * i + 4, &want[i].n, 1) == 0);
  }
  gst_buffer_unref (b);
  fail_unless_equals_uint64 (pcd_stat_of (h, "bad-rows"), 5);
  fail_unless_equals_uint64 (pcd_stat_of (h, "bad-frames"), 0);
  pcd_release_bus (h, bus);
  gst_harness_teardown (h);

  h = pcd_harness ("rcpcdparse on-error=error");
  bus = pcd_watch (h);
  fail_unless_equals_int (pcd_push_text (h, file), GST_FLOW_ERROR);
  pcd_expect_message (bus, GST_MESSAGE_ERROR, "row 2: column 2");
  pcd_release_bus (h, bus);
  gst_harness_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_sizes_disagree)
{
  static const gchar file[] = "VERSION 0.7\n" XYZ
      "WIDTH 1\nHEIGHT 1\nPOINTS 2\nDATA ascii\n1 2 3\n";
  static const gchar extra[] = "4 5 6\nmore\n";
  const gfloat point[3] = { 1, 2, 3 };

  for (guint stream = 0; stream < 2; stream++) {
    GstHarness *h = pcd_harness (stream ? "rcpcdparse framing=stream"
        : "rcpcdparse framing=buffer");
    GstBus *bus = pcd_watch (h);
    gchar *both = g_strconcat (file, extra, NULL);

    pcd_push_text (h, both);
    gst_harness_push_event (h, gst_event_new_eos ());
    pcd_expect_message (bus, GST_MESSAGE_WARNING,
        "POINTS 2 is not WIDTH 1 * HEIGHT " "1; reading 1 points");
    pcd_expect_message (bus, GST_MESSAGE_WARNING, "After scan 0");
    pcd_expect_bytes (h, point, 12);
    fail_unless (gst_harness_try_pull (h) == NULL);
    fail_unless_equals_uint64 (pcd_stat_of (h, "skipped-bytes"),
        strlen (extra));
    g_free (both);
    pcd_release_bus (h, bus);
    gst_harness_teardown (h);
  }
}

GST_END_TEST;

static GstPadProbeReturn
check_whole_points (GstPad * pad, GstPadProbeInfo * info, gpointer count)
{
  GstCaps *caps = gst_pad_get_current_caps (pad);
  gint step = 0;

  fail_unless (caps != NULL);
  gst_structure_get_int (gst_caps_get_structure (caps, 0), "point-step", &step);
  fail_unless (step > 0);
  fail_unless_equals_int (gst_buffer_get_size (GST_PAD_PROBE_INFO_BUFFER (info))
      % step, 0);
  gst_caps_unref (caps);
  ++*(guint64 *) count;
  return GST_PAD_PROBE_OK;
}

/* Changed, cut and joined files at random. Nothing may crash or grow, and what
 * comes out must be whole points. The seed reproduces a failure. */
GST_START_TEST (test_fuzz)
{
  const gchar *given = g_getenv ("RC_TEST_SEED");
  guint32 seed = given ? g_ascii_strtoull (given, NULL, 10)
      : g_random_int ();
  GRand *rand = g_rand_new_with_seed (seed);
  guint64 total = 0;

  g_print ("fuzz seed: RC_TEST_SEED=%u\n", seed);
  for (guint run = 0; run < 600; run++) {
    GstHarness *h =
        pcd_harness (run % 3 ==
        0 ? "rcpcdparse max-frame-size=100000" : run % 3 ==
        1 ? "rcpcdparse framing=buffer" :
        "rcpcdparse format=pcd on-error=error");

    guint64 count = 0;

    gst_pad_add_probe (h->sinkpad, GST_PAD_PROBE_TYPE_BUFFER,
        check_whole_points, &count, NULL);
    for (guint f = 0; f < 3; f++) {
      GByteArray *points = pcd_gen_points (rand, pcd_gen_all, pcd_gen_n_all,
          g_rand_int_range (rand, 0, 20));
      GByteArray *file = pcd_gen_file (pcd_gen_all, pcd_gen_n_all, points,
          g_rand_int_range (rand, 0, 3), NULL);
      guint changes = g_rand_int_range (rand, 0, 4);

      for (guint c = 0; c < changes && file->len > 1; c++) {
        guint at = g_rand_int_range (rand, 0, file->len);

        if (g_rand_boolean (rand))      /* most of what matters is early */
          at = at % 320;
        at = MIN (at, file->len - 1);
        switch (g_rand_int_range (rand, 0, 4)) {
          case 0:
            file->data[at] = g_rand_int (rand);
            break;
          case 1:
            file->data[at] = "0123456789 \n#-.:"[g_rand_int_range (rand, 0,
                    16)];
            break;
          case 2:
            g_byte_array_remove_index (file, at);
            break;
          default:
            g_byte_array_set_size (file, MAX (at, 1));
        }
      }
      for (guint at = 0; at < file->len;) {
        guint n = run % 3 == 1 ? file->len
            : (guint) g_rand_int_range (rand, 1, 900);

        n = MIN (n, file->len - at);
        if (pcd_push (h, file->data + at, n) != GST_FLOW_OK)
          break;
        at += n;
      }
      g_byte_array_unref (points);
      g_byte_array_unref (file);
    }
    gst_harness_push_event (h, gst_event_new_eos ());
    fail_unless_equals_uint64 (count, pcd_stat_of (h, "frames"));
    total += count;
    gst_harness_teardown (h);
  }
  /* the changes leave about half of the files readable */
  fail_unless (total > 100);
  g_rand_free (rand);
}

GST_END_TEST;

static Suite *
rcpcdparse_bad_suite (void)
{
  Suite *s = suite_create ("rcpcdparse_bad");
  TCase *tc = tcase_create ("element");

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 60);
  tcase_add_loop_test (tc, test_bad_file, 0, G_N_ELEMENTS (bad_files));
  tcase_add_test (tc, test_resync);
  tcase_add_test (tc, test_bad_rows);
  tcase_add_test (tc, test_sizes_disagree);
  tcase_add_test (tc, test_fuzz);
  return s;
}

GST_CHECK_MAIN (rcpcdparse_bad);
