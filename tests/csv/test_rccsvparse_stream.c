/* SPDX-License-Identifier: Apache-2.0 */
/* rccsvparse in a stream: segments, live sources, flushes, restarts. */
#include <gst/net/gstnet.h>

#include "common/dtype.h"
#include "csvharness.h"

#define MS GST_MSECOND

/* A source of rows with arrival times, as udpsrc is. */
static CsvRun *
live_run (gboolean live, const gchar * a, const gchar * b, const gchar * c)
{
  const gchar *p[3] = { NULL, NULL, NULL };
  guint n = 0;
  CsvRun *run;

  if (a)
    p[n++] = a;
  if (b)
    p[n++] = b;
  if (c)
    p[n++] = c;
  run = csv_run_new (p[0], p[1], p[2], NULL);
  gst_harness_set_live (run->h, live);
  csv_run_open (run, GST_FORMAT_TIME);
  return run;
}

static void
push_ok (CsvRun * run, const gchar * text, GstClockTime pts)
{
  fail_unless_equals_int (csv_run_push (run, text, -1, pts), GST_FLOW_OK);
}

GST_START_TEST (test_live_without_time)
{
  CsvRun *run = live_run (TRUE, NULL, NULL, NULL);

  /* the third row settles what the rows are; then none is kept back */
  push_ok (run, "0.25,1\n", 10 * MS);
  push_ok (run, "0.5,2\n", 20 * MS);
  csv_run_collect (run);
  fail_unless_equals_string (run->rows->str, "");
  push_ok (run, "0.75,3\n", 31 * MS);
  csv_run_collect (run);
  fail_unless_equals_string (run->rows->str,
      "10000000: 0.25 1\n20000000: 0.5 2\n31000000: 0.75 3\n");
  fail_unless_equals_string (csv_run_inferred (run, "time-unit"), "none");
  push_ok (run, "1", 40 * MS);
  push_ok (run, ",4\n", 50 * MS);
  csv_run_collect (run);
  /* the time of the buffer with the row's first byte */
  fail_unless (g_str_has_suffix (run->rows->str, "\n40000000: 1 4\n"));
  csv_run_free (run);
}

GST_END_TEST;

GST_START_TEST (test_live_with_time)
{
  CsvRun *run = live_run (TRUE, "time-unit=ms", NULL, NULL);

  push_ok (run, "5000,1\n", 100 * MS);
  push_ok (run, "5010,2\n", 118 * MS);
  push_ok (run, "5020,3\n", 121 * MS);
  push_ok (run, "5019,4\n", 131 * MS);
  csv_run_collect (run);
  fail_unless_equals_string (run->errors->str, "");
  fail_unless_equals_string (csv_run_inferred (run, "time-mapping"), "arrival");
  fail_unless_equals_string (run->rows->str, "100000000: 1\n110000000: 2\n"
      "120000000: 3\n119000000: 4\n");
  fail_unless_equals_uint64 (csv_run_stat (run, "backward-times"), 1);
  /* the sender restarts: its rows are pinned to their arrival again */
  push_ok (run, "0,5\n", 141 * MS);
  push_ok (run, "10,6\n", 155 * MS);
  /* a step forward of more than 10 s likewise, one of 9 s not */
  push_ok (run, "20000,7\n", 165 * MS);
  push_ok (run, "29000,8\n", 170 * MS);
  g_string_truncate (run->rows, 0);
  csv_run_collect (run);
  fail_unless_equals_string (run->rows->str, "141000000: 5\n151000000: 6\n"
      "165000000: 7\n9165000000: 8\n");
  fail_unless_equals_uint64 (csv_run_stat (run, "repins"), 2);
  fail_unless (strstr (run->warnings->str, "clock has jumped") != NULL);
  csv_run_free (run);
}

GST_END_TEST;

GST_START_TEST (test_live_before_zero)
{
  CsvRun *run = live_run (TRUE, "time-unit=ms", NULL, NULL);

  push_ok (run, "5000,1\n", 1 * MS);
  push_ok (run, "4990,2\n", 2 * MS);
  push_ok (run, "5010,3\n", 3 * MS);
  csv_run_collect (run);
  fail_unless_equals_string (run->rows->str, "1000000: 1\n11000000: 3\n");
  fail_unless_equals_uint64 (csv_run_stat (run, "negative-times"), 1);
  csv_run_free (run);
}

GST_END_TEST;

GST_START_TEST (test_live_time_is_seen)
{
  static const struct
  {
    const gchar *a, *b, *names;
    const gchar *property;
    gint column;
  } cases[] = {
    /* time since 1970 in a first column without a name */
    {"1765575264.50,1\n", "1765575264.51,1\n", "c0", NULL, 0},
    /* it runs backwards: a value */
    {"1765575264.51,1\n", "1765575264.50,1\n", "c0,c1", NULL, -1},
    /* a counter could be anything */
    {"100,1\n", "110,1\n", "c0,c1", NULL, -1},
    {"100,1\n", "110,1\n", "a,b", "names=a,b", -1},
    {"1765575264.50,1\n", "1765575264.51,1\n", "a", "names=a", 0},
    {"100,1\n", "110,1\n", "c0", "time-unit=ms", 0},
    {"100,1\n", "110,1\n", "c0,c1", "time-column=none", -1},
    {"time_ms,a\n", "110,1\n", "a", NULL, 0},
    {"x,a\n", "110,1\n", "x,a", NULL, -1},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    CsvRun *run = live_run (TRUE, cases[i].property, NULL, NULL);
    gint column = -2;

    push_ok (run, cases[i].a, 0);
    push_ok (run, cases[i].b, 1);
    csv_run_finish (run);
    fail_unless_equals_string (run->errors->str, "");
    fail_unless_equals_string (csv_run_caps (run, "names"), cases[i].names);
    gst_structure_get_int (run->inferred, "time-column", &column);
    fail_unless_equals_int (column, cases[i].column);
    csv_run_free (run);
  }
}

GST_END_TEST;

static gint64
segment_start_of (CsvRun * run)
{
  GstEvent *event = gst_pad_get_sticky_event (run->h->sinkpad,
      GST_EVENT_SEGMENT, 0);
  const GstSegment *segment;
  gint64 start;

  gst_event_parse_segment (event, &segment);
  fail_unless (segment->format == GST_FORMAT_TIME);
  start = segment->start;
  gst_event_unref (event);
  return start;
}

static void
push_segment (CsvRun * run, GstClockTime start)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.position = segment.time = start;
  fail_unless (gst_harness_push_event (run->h,
          gst_event_new_segment (&segment)));
}

GST_START_TEST (test_mapping)
{
  static const struct
  {
    gboolean live;
    const gchar *mapping, *rows;
    gint64 segment;
  } cases[] = {
    {TRUE, "time-mapping=auto", "5000000000: 1\n5000000010: 2\n", 5000000000},
    {TRUE, "time-mapping=keep", "70: 1\n80: 2\n", 0},
    {FALSE, "time-mapping=auto", "70: 1\n80: 2\n", 0},
    {FALSE, "time-mapping=arrival", "5000000000: 1\n5000000010: 2\n",
        5000000000},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    CsvRun *run = live_run (cases[i].live, "time-unit=ns", cases[i].mapping,
        NULL);

    push_segment (run, 5 * GST_SECOND);
    push_ok (run, "70,1\n80,2\n", 5 * GST_SECOND);
    csv_run_finish (run);
    fail_unless_equals_string (run->rows->str, cases[i].rows);
    fail_unless_equals_int64 (segment_start_of (run), cases[i].segment);
    csv_run_free (run);
  }
}

GST_END_TEST;

GST_START_TEST (test_segment_goes_on)
{
  CsvRun *run = live_run (TRUE, "time-column=none", NULL, NULL);

  push_ok (run, "1\n2\n3\n", 0);
  fail_unless_equals_int64 (segment_start_of (run), 0);
  push_segment (run, 7 * GST_SECOND);
  fail_unless_equals_int64 (segment_start_of (run), 7 * GST_SECOND);
  csv_run_free (run);

  /* a segment of ours does not follow the input's */
  run = live_run (TRUE, "time-mapping=keep", "time-unit=ns", NULL);
  push_ok (run, "1,1\n2,2\n3,3\n", 0);
  push_segment (run, 7 * GST_SECOND);
  fail_unless_equals_int64 (segment_start_of (run), 0);
  csv_run_free (run);
}

GST_END_TEST;

GST_START_TEST (test_missing_stamps)
{
  CsvRun *run = csv_run_new ("time-column=none", NULL);

  /* a pipe without do-timestamp */
  csv_run_open (run, GST_FORMAT_BYTES);
  fail_unless_equals_int (csv_run_push (run, "1,2\n1,2\n1,2\n1,2\n", -1,
          GST_CLOCK_TIME_NONE), GST_FLOW_OK);
  csv_run_finish (run);
  fail_unless (strstr (run->errors->str, "do-timestamp=true") != NULL
      && strstr (run->errors->str, "time-column") != NULL, "%s",
      run->errors->str);
  csv_run_free (run);

  /* with it, the stamps are used though the segment is in bytes */
  run = csv_run_new ("time-column=none", NULL);
  csv_run_open (run, GST_FORMAT_BYTES);
  push_ok (run, "1,2\n", 40);
  push_ok (run, "3,4\n", GST_CLOCK_TIME_NONE);
  push_ok (run, "5,6\n", 50);
  csv_run_finish (run);
  fail_unless_equals_string (run->rows->str, "40: 1 2\n50: 5 6\n");
  fail_unless_equals_string (run->errors->str, "");
  fail_unless (strstr (run->warnings->str, "Line 2 skipped: it has no time")
      != NULL);
  csv_run_free (run);

  run = live_run (FALSE, "time-mapping=arrival", "time-unit=ns", NULL);
  push_ok (run, "1,2\n", GST_CLOCK_TIME_NONE);
  csv_run_finish (run);
  fail_unless (strstr (run->errors->str, "time-mapping=arrival needs") != NULL);
  csv_run_free (run);
}

GST_END_TEST;

static GstBuffer *
datagram (const gchar * text, GstClockTime pts)
{
  GstBuffer *buffer = gst_buffer_new_memdup (text, strlen (text));
  GSocketAddress *address = g_inet_socket_address_new_from_string ("127.0.0.1",
      5005);

  gst_buffer_add_net_address_meta (buffer, address);
  g_object_unref (address);
  GST_BUFFER_PTS (buffer) = pts;
  return buffer;
}

GST_START_TEST (test_datagrams)
{
  CsvRun *run = live_run (TRUE, NULL, NULL, NULL);

  gst_harness_push (run->h, datagram ("1,2", 1));
  gst_harness_push (run->h, datagram ("3,4\n5,6", 2));
  gst_harness_push (run->h, datagram ("7,8\n", 3));
  csv_run_finish (run);
  fail_unless_equals_string (run->rows->str,
      "1: 1 2\n2: 3 4\n2: 5 6\n3: 7 8\n");
  fail_unless_equals_uint64 (csv_run_stat (run, "duplicate-times"), 1);
  csv_run_free (run);
}

GST_END_TEST;

GST_START_TEST (test_discont)
{
  CsvRun *run = csv_run_new ("time-unit=ns", NULL);
  GstBuffer *buffer;

  csv_run_open (run, GST_FORMAT_BYTES);
  push_ok (run, "1,2\n3,4\n5,", GST_CLOCK_TIME_NONE);
  buffer = gst_buffer_new_memdup ("6,7\n", 4);
  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  gst_harness_push (run->h, buffer);
  csv_run_finish (run);
  fail_unless_equals_string (run->rows->str, "1: 2\n3: 4\n6: 7\n");
  fail_unless (strstr (run->warnings->str, "Line 3 skipped: input was lost")
      != NULL);
  csv_run_free (run);
}

GST_END_TEST;

GST_START_TEST (test_restart)
{
  CsvRun *run = csv_run_new ("time-unit=ns", NULL);

  csv_run_open (run, GST_FORMAT_BYTES);
  push_ok (run, "1,2\n3,4\n5,", GST_CLOCK_TIME_NONE);
  gst_element_set_state (run->h->element, GST_STATE_READY);
  g_object_set (run->h->element, "time-unit", 4, NULL);
  gst_element_set_state (run->h->element, GST_STATE_PLAYING);
  csv_run_open (run, GST_FORMAT_BYTES);
  push_ok (run, "1;2;3\n", GST_CLOCK_TIME_NONE);
  csv_run_finish (run);
  /* nothing is left of the first run, and the property counts */
  fail_unless_equals_string (run->rows->str, "1000000000: 2 3\n");
  fail_unless_equals_uint64 (csv_run_stat (run, "rows"), 1);
  fail_unless_equals_uint64 (csv_run_stat (run, "bytes"), 6);
  csv_run_free (run);
}

GST_END_TEST;

GST_START_TEST (test_after_error)
{
  CsvRun *run = csv_run_new ("time-unit=ns", "columns=9", NULL);
  GstFlowReturn ret = GST_FLOW_OK;

  csv_run_open (run, GST_FORMAT_BYTES);
  for (guint i = 0; i < 40 && ret == GST_FLOW_OK; i++)
    ret = csv_run_push (run, "1,2\n", -1, GST_CLOCK_TIME_NONE);
  fail_unless_equals_int (ret, GST_FLOW_ERROR);
  fail_unless_equals_int (csv_run_push (run, "1,2\n", -1,
          GST_CLOCK_TIME_NONE), GST_FLOW_ERROR);
  csv_run_finish (run);
  fail_unless (strstr (run->errors->str, "columns: \"9\"") == run->errors->str);
  fail_unless_equals_uint64 (csv_run_stat (run, "rows"), 0);
  csv_run_free (run);
}

GST_END_TEST;

GST_START_TEST (test_bad_delimiter)
{
  GstElement *element = gst_element_factory_make ("rccsvparse", NULL);
  GstBus *bus = gst_bus_new ();
  GstMessage *message;
  GError *error;

  gst_element_set_bus (element, bus);
  g_object_set (element, "delimiter", "7", NULL);
  fail_unless_equals_int (gst_element_set_state (element, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  fail_unless (message != NULL);
  gst_message_parse_error (message, &error, NULL);
  fail_unless (strstr (error->message, "delimiter=\"7\"") != NULL);
  g_error_free (error);
  gst_message_unref (message);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
  gst_object_unref (bus);
  gst_object_unref (element);
}

GST_END_TEST;

GST_START_TEST (test_flush)
{
  CsvRun *run = csv_run_new ("time-unit=ns", NULL);

  csv_run_open (run, GST_FORMAT_BYTES);
  push_ok (run, "t,a\n1,2\n3,", GST_CLOCK_TIME_NONE);
  fail_unless (gst_harness_push_event (run->h, gst_event_new_flush_start ()));
  fail_unless (gst_harness_push_event (run->h,
          gst_event_new_flush_stop (TRUE)));
  csv_run_open (run, GST_FORMAT_BYTES);
  push_ok (run, "t,a\n7,8\n", GST_CLOCK_TIME_NONE);
  csv_run_finish (run);
  fail_unless_equals_string (run->errors->str, "");
  fail_unless_equals_string (run->warnings->str, "");
  fail_unless_equals_string (run->rows->str, "7: 8\n");
  csv_run_free (run);
}

GST_END_TEST;

/* The upstream events that reached the source. */
static GstEvent *
pull_seek (CsvRun * run)
{
  GstEvent *event;

  while ((event = gst_harness_try_pull_upstream_event (run->h))) {
    if (GST_EVENT_TYPE (event) == GST_EVENT_SEEK)
      return event;
    gst_event_unref (event);
  }
  return NULL;
}

GST_START_TEST (test_seek)
{
  CsvRun *run = csv_run_new ("time-unit=ns", NULL);
  GstSeekFlags flags;
  GstFormat format;
  GstEvent *event;
  gint64 start;

  csv_run_open (run, GST_FORMAT_BYTES);
  push_ok (run, "1,2\n3,4\n", GST_CLOCK_TIME_NONE);
  /* back to the start is the only seek in a text */
  fail_unless (gst_harness_push_upstream_event (run->h, gst_event_new_seek (1.0,
              GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, 0,
              GST_SEEK_TYPE_NONE, -1)));
  event = pull_seek (run);
  fail_unless (event != NULL);
  gst_event_parse_seek (event, NULL, &format, &flags, NULL, &start, NULL, NULL);
  fail_unless_equals_int (format, GST_FORMAT_BYTES);
  fail_unless_equals_int64 (start, 0);
  fail_unless_equals_int (flags, GST_SEEK_FLAG_FLUSH);
  gst_event_unref (event);
  fail_if (gst_harness_push_upstream_event (run->h, gst_event_new_seek (1.0,
              GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, 5,
              GST_SEEK_TYPE_NONE, -1)));
  fail_if (gst_harness_push_upstream_event (run->h, gst_event_new_seek (2.0,
              GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, 0,
              GST_SEEK_TYPE_NONE, -1)));
  fail_if (gst_harness_push_upstream_event (run->h, gst_event_new_seek (1.0,
              GST_FORMAT_BYTES, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, 0,
              GST_SEEK_TYPE_NONE, -1)));
  fail_unless (pull_seek (run) == NULL);
  csv_run_free (run);

  /* a stream in time whose times go on is seeked by its source */
  run = live_run (FALSE, "time-column=none", NULL, NULL);
  push_ok (run, "1\n", 0);
  gst_harness_push_event (run->h, gst_event_new_gap (5, 5));
  for (guint i = 0; i < 16; i++)
    push_ok (run, "1\n", i);
  gst_harness_push_upstream_event (run->h, gst_event_new_seek (1.0,
          GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, 5,
          GST_SEEK_TYPE_NONE, -1));
  event = pull_seek (run);
  fail_unless (event != NULL);
  gst_event_unref (event);
  csv_run_free (run);
}

GST_END_TEST;

/* The names of the events that came out, in order. */
static gchar *
event_names (CsvRun * run)
{
  GString *s = g_string_new (NULL);
  GstEvent *event;

  while ((event = gst_harness_try_pull_event (run->h))) {
    g_string_append_printf (s, "%s ", GST_EVENT_TYPE_NAME (event));
    gst_event_unref (event);
  }
  return g_string_free (s, FALSE);
}

GST_START_TEST (test_events)
{
  CsvRun *run = live_run (TRUE, "time-column=none", NULL, NULL);
  gchar *names;

  fail_unless (gst_harness_push_event (run->h,
          gst_event_new_tag (gst_tag_list_new (GST_TAG_TITLE, "x", NULL))));
  fail_unless (gst_harness_push_event (run->h,
          gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM,
              gst_structure_new_empty ("next-episode"))));
  /* nothing to say before there is a shape */
  fail_unless (gst_harness_push_event (run->h, gst_event_new_gap (0, 1)));
  names = event_names (run);
  fail_unless_equals_string (names, "stream-start ");
  g_free (names);
  push_ok (run, "1\n2\n3\n", 5);
  fail_unless (gst_harness_push_event (run->h, gst_event_new_gap (6, 1)));
  csv_run_finish (run);
  names = event_names (run);
  fail_unless_equals_string (names, "caps segment tag custom-downstream gap "
      "eos ");
  g_free (names);
  csv_run_free (run);

  /* of a file: a gap in its bytes' time says nothing about stored times */
  run = csv_run_new ("time-unit=ns", NULL);
  csv_run_open (run, GST_FORMAT_BYTES);
  for (guint i = 0; i < 16; i++)
    push_ok (run, "1,2\n", GST_CLOCK_TIME_NONE);
  fail_unless (gst_harness_push_event (run->h, gst_event_new_gap (6, 1)));
  csv_run_finish (run);
  names = event_names (run);
  fail_unless_equals_string (names, "stream-start caps segment eos ");
  g_free (names);
  csv_run_free (run);
}

GST_END_TEST;

GST_START_TEST (test_input_caps)
{
  static const struct
  {
    const gchar *caps;
    gboolean ok;
  } cases[] = {
    {"text/csv", TRUE}, {"text/plain", TRUE},
    {"application/octet-stream", TRUE},
    {"video/x-raw, format=RGB", FALSE}, {"other/tensors", FALSE},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    CsvRun *run = csv_run_new (NULL, NULL);
    GstCaps *caps = gst_caps_from_string (cases[i].caps);
    GstPad *sink = gst_element_get_static_pad (run->h->element, "sink");

    gst_harness_push_event (run->h, gst_event_new_stream_start ("x"));
    fail_unless_equals_int (gst_pad_send_event (sink,
            gst_event_new_caps (caps)), cases[i].ok);
    csv_run_collect (run);
    if (!cases[i].ok)
      fail_unless (strstr (run->errors->str, "not text") != NULL, "%s",
          run->errors->str);
    gst_caps_unref (caps);
    gst_object_unref (sink);
    csv_run_free (run);
  }
}

GST_END_TEST;

GST_START_TEST (test_latency)
{
  CsvRun *run = live_run (TRUE, NULL, NULL, NULL);

  gst_harness_set_upstream_latency (run->h, 20 * MS);
  fail_unless_equals_uint64 (gst_harness_query_latency (run->h), 20 * MS);
  csv_run_free (run);
}

GST_END_TEST;

GST_START_TEST (test_properties)
{
  static const gchar *const strings[] = { "delimiter", "time-column",
    "columns", "names", "units", "quaternions", "wrapping", "hold",
    "velocities", "frame-id"
  };
  GstElement *e = gst_element_factory_make ("rccsvparse", NULL);
  gchar *text;
  gint header, unit, mapping, type, on_error;
  gint64 origin;
  guint max;

  for (guint i = 0; i < G_N_ELEMENTS (strings); i++) {
    g_object_set (e, strings[i], "abc", NULL);
    g_object_get (e, strings[i], &text, NULL);
    fail_unless_equals_string (text, "abc");
    g_free (text);
    g_object_set (e, strings[i], NULL, NULL);
    g_object_get (e, strings[i], &text, NULL);
    fail_unless_equals_string (text, i < 2 ? "auto" : NULL);
    g_free (text);
  }
  csv_set (e, "header=yes");
  csv_set (e, "time-unit=us");
  csv_set (e, "time-mapping=arrival");
  csv_set (e, "type=bfloat16");
  csv_set (e, "on-error=error");
  csv_set (e, "time-origin=-5");
  csv_set (e, "max-line-length=100");
  g_object_get (e, "header", &header, "time-unit", &unit, "time-mapping",
      &mapping, "type", &type, "on-error", &on_error, "time-origin", &origin,
      "max-line-length", &max, NULL);
  fail_unless_equals_int (header, 1);
  fail_unless_equals_int (unit, 2);
  fail_unless_equals_int (mapping, 2);
  fail_unless_equals_int (type, RC_BFLOAT16);
  fail_unless_equals_int (on_error, 1);
  fail_unless_equals_int64 (origin, -5);
  fail_unless_equals_int (max, 100);
  gst_object_unref (e);
}

GST_END_TEST;

static Suite *
rccsvparse_stream_suite (void)
{
  Suite *s = suite_create ("rccsvparse_stream");
  TCase *tc = tcase_create ("stream");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_live_without_time);
  tcase_add_test (tc, test_live_with_time);
  tcase_add_test (tc, test_live_before_zero);
  tcase_add_test (tc, test_live_time_is_seen);
  tcase_add_test (tc, test_mapping);
  tcase_add_test (tc, test_segment_goes_on);
  tcase_add_test (tc, test_missing_stamps);
  tcase_add_test (tc, test_datagrams);
  tcase_add_test (tc, test_discont);
  tcase_add_test (tc, test_restart);
  tcase_add_test (tc, test_after_error);
  tcase_add_test (tc, test_bad_delimiter);
  tcase_add_test (tc, test_flush);
  tcase_add_test (tc, test_seek);
  tcase_add_test (tc, test_events);
  tcase_add_test (tc, test_input_caps);
  tcase_add_test (tc, test_latency);
  tcase_add_test (tc, test_properties);
  return s;
}

GST_CHECK_MAIN (rccsvparse_stream);
