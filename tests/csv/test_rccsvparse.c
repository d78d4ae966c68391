/* SPDX-License-Identifier: Apache-2.0 */
/* rccsvparse: what text becomes. How it behaves in a pipeline is in
 * test_rccsvparse_stream.c. */
#include "csvharness.h"

#include <locale.h>

#define ALL 65536

/* Parses a text as a file and compares the rows. */
#define assert_rows(want, ...) G_STMT_START {                       \
  CsvRun *run_ = csv_file (__VA_ARGS__, NULL);                      \
  fail_unless_equals_string (run_->errors->str, "");                \
  fail_unless_equals_string (run_->rows->str, want);                \
  csv_run_free (run_);                                              \
} G_STMT_END

/* Parses a text that is refused: the error contains every `part`. */
static void
assert_error (const gchar * text, const gchar * property,
    const gchar * property2, const gchar * part, const gchar * part2)
{
  CsvRun *run = csv_file (text, -1, ALL, property ? property : property2,
      property ? property2 : NULL, NULL);

  fail_unless (*run->errors->str, "no error for %s", text);
  fail_unless (strstr (run->errors->str, part) != NULL, "%s: no \"%s\"",
      run->errors->str, part);
  fail_unless (!part2 || strstr (run->errors->str, part2) != NULL,
      "%s: no \"%s\"", run->errors->str, part2);
  fail_unless_equals_string (run->rows->str, "");
  csv_run_free (run);
}

static const gchar imu[] =
    "1765575264566071265,0.999971,-0.00631588,-0.00383282,-0.00180507,0.5,9\n"
    "1765575264566284902,0.999971,-0.00630618,-0.00381414,-0.00181154,0.6,9\n"
    "1765575264567701540,0.999971,-0.00630561,-0.00380942,-0.0018105,0.7,9\n";

GST_START_TEST (test_design_line)
{
  CsvRun *run = csv_file (imu, -1, ALL, "time-unit=ns", "quaternions=qw:wxyz",
      NULL);
  gboolean header;

  fail_unless_equals_string (run->errors->str, "");
  fail_unless_equals_string (run->warnings->str, "");
  fail_unless_equals_string (csv_run_caps (run, "quaternions"), "0:wxyz");
  fail_unless_equals_string (csv_run_caps (run, "names"), "qw,qx,qy,qz,c4,c5");
  fail_unless_equals_string (csv_run_caps (run, "dimensions"), "6");
  fail_unless (g_str_has_prefix (run->rows->str,
          "1765575264566071265: 0.999970973 -0.00631587999 -0.0038328201 "
          "-0.00180506997 0.5 9\n1765575264566284902: "), "%s", run->rows->str);
  fail_unless (strstr (run->infos->str, "channels 0 to 3 have unit norm: named "
          "qw,qx,qy,qz for quaternions=qw:wxyz") != NULL);
  fail_unless_equals_string (csv_run_inferred (run, "delimiter"), "comma");
  fail_unless_equals_string (csv_run_inferred (run, "time-unit"), "ns");
  fail_unless_equals_string (csv_run_inferred (run, "quaternions-hint"),
      "0:wxyz");
  fail_unless_equals_string (csv_run_inferred (run, "time-mapping"), "keep");
  fail_unless (gst_structure_get_boolean (run->inferred, "header", &header)
      && !header);
  fail_unless_equals_uint64 (csv_run_stat (run, "rows"), 3);
  fail_unless_equals_uint64 (csv_run_stat (run, "bytes"), sizeof (imu) - 1);
  csv_run_free (run);
}

GST_END_TEST;

/* x y z and a quaternion xyzw, and a second one. */
static const gchar poses[] = "1000,4,5,6,0,0,0,1,2\n2000,4,5,6,0,0.6,0,0.8,2\n";
static const gchar pairs[] =
    "1000,1,0,0,0,7,1,0,0,0\n2000,0.8,0.6,0,0,7,0.6,0.8,0,0\n";

GST_START_TEST (test_quaternions)
{
  CsvRun *run = csv_file (poses, -1, ALL, "time-unit=ns",
      "quaternions=base_rot:xyzw", NULL);

  fail_unless_equals_string (run->errors->str, "");
  fail_unless_equals_string (csv_run_caps (run, "quaternions"), "3:xyzw");
  fail_unless_equals_string (csv_run_caps (run, "names"),
      "c0,c1,c2,base_rot_x,base_rot_y,base_rot_z,base_rot_w,c7");
  fail_unless_equals_string (csv_run_inferred (run, "quaternions-hint"),
      "3:xyzw");
  csv_run_free (run);

  /* by number and by default name, nothing is looked for */
  run = csv_file (poses, -1, ALL, "time-unit=ns", "quaternions=0:wxyz", NULL);
  fail_unless_equals_string (csv_run_caps (run, "quaternions"), "0:wxyz");
  csv_run_free (run);
  run = csv_file (poses, -1, ALL, "time-unit=ns", "quaternions=c3:xyzw", NULL);
  fail_unless_equals_string (csv_run_caps (run, "quaternions"), "3:xyzw");
  csv_run_free (run);

  /* two unknown names meet two groups, in order */
  run = csv_file (pairs, -1, ALL, "time-unit=ns",
      "quaternions=aw:wxyz, bw:wxyz", NULL);
  fail_unless_equals_string (run->errors->str, "");
  fail_unless_equals_string (csv_run_caps (run, "names"),
      "aw,ax,ay,az,c4,bw,bx,by,bz");
  fail_unless_equals_string (csv_run_caps (run, "quaternions"),
      "0:wxyz,5:wxyz");
  csv_run_free (run);
  /* one is taken by its number, the other one is left */
  run = csv_file (pairs, -1, ALL, "time-unit=ns",
      "quaternions=0:wxyz,qw:wxyz", NULL);
  fail_unless_equals_string (csv_run_caps (run, "quaternions"),
      "0:wxyz,5:wxyz");
  csv_run_free (run);

  /* names of a header, in any case */
  run = csv_file ("t_ns,QW,QX,QY,QZ\n1,1,0,0,0\n", -1, ALL,
      "quaternions=qw:wxyz", NULL);
  fail_unless_equals_string (csv_run_caps (run, "quaternions"), "0:wxyz");
  fail_unless_equals_string (csv_run_inferred (run, "quaternions-hint"),
      "0:wxyz");
  csv_run_free (run);
}

GST_END_TEST;

GST_START_TEST (test_quaternions_refused)
{
  assert_error (pairs, "time-unit=ns", "quaternions=qw:wxyz",
      "2 groups of four channels have unit norm", "0:wxyz,5:wxyz");
  assert_error ("1,5,6,7,8\n2,5,6,7,8\n", "time-unit=ns",
      "quaternions=qw:wxyz", "0 groups", "quaternions=0:wxyz");
  assert_error ("t_ns,a,b,c,d\n1,1,0,0,0\n", NULL, "quaternions=qw:wxyz",
      "\"qw:wxyz\"", "a,b,c,d");
  assert_error (imu, "time-unit=ns", "quaternions=0:zyxw", "0:zyxw",
      "channel:wxyz or channel:xyzw");
  assert_error (imu, "time-unit=ns", "quaternions=4:wxyz", "4:wxyz",
      "6 channels");
  assert_error (imu, "time-unit=ns", "quaternions=99:wxyz", "99:wxyz", NULL);
  assert_error (imu, "time-unit=ns", "quaternions=0:wxyz,1:wxyz", "1:wxyz",
      "already");
}

GST_END_TEST;

GST_START_TEST (test_exact_times)
{
  assert_rows ("1765575264566071265: 1\n1765575264566071266: 2\n",
      "1765575264.566071265,1\n1765575264.566071266,2\n", -1, ALL,
      "time-unit=s");
  assert_rows ("1500: 1\n1501: 2\n", "1.5,1\n1.501,2\n", -1, ALL,
      "time-unit=us");
  assert_rows ("1500000: 1\n", "1.5,1\n", -1, ALL, "time-unit=ms");
  assert_rows ("0: 1\n10078907: 2\n", "Time (s),v\n0,1\n0.010078907,2\n", -1,
      ALL, NULL);
}

GST_END_TEST;

GST_START_TEST (test_time_defects)
{
  CsvRun *run = csv_file ("1,1\n2.5,2\n2.6,3\n1e3,4\n3,5\n3,6\n2,7\n,8\n"
      "99999999999999999999,9\n", -1, ALL, "time-unit=ns", NULL);

  fail_unless_equals_string (run->errors->str, "");
  fail_unless_equals_string (run->rows->str,
      "1: 1\n2: 2\n3: 3\n3: 5\n3: 6\n2: 7\n");
  fail_unless_equals_uint64 (csv_run_stat (run, "rounded-times"), 2);
  fail_unless_equals_uint64 (csv_run_stat (run, "duplicate-times"), 2);
  fail_unless_equals_uint64 (csv_run_stat (run, "backward-times"), 1);
  fail_unless_equals_uint64 (csv_run_stat (run, "bad-rows"), 3);
  fail_unless (strstr (run->warnings->str, "Line 4 skipped: column 0: \"1e3\" "
          "has an exponent") != NULL);
  fail_unless (strstr (run->warnings->str, "Line 8 skipped: column 0: \"\" is "
          "empty") != NULL);
  csv_run_free (run);
}

GST_END_TEST;

GST_START_TEST (test_time_origin)
{
  CsvRun *run = csv_file (imu, -1, ALL, "time-origin=1765575264566284902",
      "columns=5", NULL);

  fail_unless_equals_string (run->rows->str, "0: 0.600000024\n"
      "1416638: 0.699999988\n");
  fail_unless_equals_uint64 (csv_run_stat (run, "negative-times"), 1);
  fail_unless_equals_uint64 (csv_run_stat (run, "bad-rows"), 1);
  fail_unless (strstr (run->warnings->str, "-213637 ns") != NULL
      && strstr (run->warnings->str, "time-origin") != NULL);
  csv_run_free (run);

  /* an origin that overflows is a row's defect, not a wrap */
  run = csv_file ("-9223372036854775807,1\n5,2\n", -1, ALL, "time-unit=ns",
      "time-origin=5", NULL);
  fail_unless_equals_string (run->rows->str, "0: 2\n");
  fail_unless (strstr (run->warnings->str,
          "is out of range for int64") != NULL);
  csv_run_free (run);
  assert_rows ("9223372036854775807: 2\n", "1,1\n0,2\n", -1, ALL,
      "time-unit=ns", "time-origin=-9223372036854775807");
}

GST_END_TEST;

GST_START_TEST (test_time_unit_auto)
{
  static const struct
  {
    const gchar *text, *unit;
  } cases[] = {
    {"1765575264566071265,1\n1765575264567071265,1\n", "ns"},
    {"1765575264566071,1\n1765575264567071,1\n", "us"},
    {"1765575264566,1\n1765575264567,1\n", "ms"},
    {"1765575264.5,1\n1765575264.6,1\n", "s"},
    {"1765575264.5,1\n", "s"},
    {"t_ns,v\n1,1\n", "ns"}, {"timestamp [us],v\n1,1\n", "us"},
    {"time_ms,v\n1,1\n", "ms"}, {"Time (s),v\n1,1\n", "s"},
    {"stamp.sec,v\n1,1\n", "s"}, {"timestamp_nanos,v\n1,1\n", "ns"},
    {"Time [\xc2\xb5s],v\n1,1\n", "us"},
    {"#timestamp [ns],w [rad s^-1]\n1403636579758555392,1\n", "ns"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    CsvRun *run = csv_file (cases[i].text, -1, ALL, NULL, NULL);

    fail_unless_equals_string (run->errors->str, "");
    fail_unless_equals_string (csv_run_inferred (run, "time-unit"),
        cases[i].unit);
    csv_run_free (run);
  }
}

GST_END_TEST;

GST_START_TEST (test_time_unit_refused)
{
  assert_error ("0,1\n0.01,2\n0.02,3\n", NULL, NULL,
      "s would be 1970-01-01 00:00:00 UTC, a row every 0.01 s",
      "Set time-unit to ns, us, ms or s");
  /* 1500 s of uptime in us at 500 Hz: read as s since 1970 it would be a row
   * every 2000 s, so it is not taken for that */
  assert_error ("1500000000,1\n1500002000,2\n1500004000,3\n", NULL, NULL,
      "s would be 2017-07-14 02:40:00 UTC, a row every 2000 s",
      "us would be 1970-01-01 00:25:00 UTC, a row every 0.002 s");
  assert_error ("Time (s),v\n1765575264566071265,1\n", NULL, NULL,
      "0 (\"Time (s)\")", "ns would be 2025-12-12 21:34:24 UTC");
  assert_error ("time,v\n2025-12-12T21:34:24,1\n", NULL, NULL,
      "no decimal numbers", "time-column");
}

GST_END_TEST;

GST_START_TEST (test_time_column)
{
  static const gchar late[] = "v,Timestamp,w\n1,2,3\n4,5,6\n";

  assert_rows ("2: 1 3\n5: 4 6\n", late, -1, ALL, "time-unit=ns");
  assert_rows ("3: 1 2\n6: 4 5\n", late, -1, ALL, "time-unit=ns",
      "time-column=w");
  assert_rows ("1: 2 3\n4: 5 6\n", late, -1, ALL, "time-unit=ns",
      "time-column=0");
  assert_error (late, "time-unit=ns", "time-column=nope",
      "time-column=\"nope\"", "3 columns");
  assert_error ("1,2\n", "time-unit=ns", "time-column=2", "time-column=\"2\"",
      "no header");
  assert_error (late, NULL, "time-column=none", "no time column",
      "set time-column");
  /* "t" and "… time" are times in the first column only */
  assert_error ("a,t,response time\n1,2,3\n", "time-unit=ns", NULL,
      "no time column", NULL);
  assert_rows ("1: 2\n", "sim time,t\n1,2\n", -1, ALL, "time-unit=ns");
  assert_error ("1\n2\n", "time-unit=ns", "time-column=0",
      "no column is left", NULL);
}

GST_END_TEST;

GST_START_TEST (test_delimiters)
{
  static const gchar *const cases[][2] = {
    {"1,2,3\n4,5,6\n", "comma"}, {"1;2;3\n4;5;6\n", "semicolon"},
    {"1\t2\t3\n4\t5\t6\n", "tab"}, {"1|2|3\n4|5|6\n", "pipe"},
    {"1 2  3\n 4 5\t6 \n", "whitespace"}, {"1, 2, 3\n4, 5, 6\n", "comma"},
    {"a b;c d;t e\n1;2;3\n4;5;6\n", "semicolon"},
    {"1,2,3,\n4,5,6,\n", "comma"}, {"\"1\",\"2\",3\n\"4\",5,6\n", "comma"},
    {"exported by a tool; version 2\n1,2,3\n4,5,6\n", "comma"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    CsvRun *run = csv_file (cases[i][0], -1, ALL, "time-unit=ns",
        "time-column=0", NULL);

    fail_unless_equals_string (run->rows->str, "1: 2 3\n4: 5 6\n");
    fail_unless_equals_string (csv_run_inferred (run, "delimiter"),
        cases[i][1]);
    csv_run_free (run);
  }
  assert_rows ("1: 2\n", "1:2\n", -1, ALL, "delimiter=:", "time-unit=ns");
  assert_rows ("1: 2\n", "1\t2\n", -1, ALL, "delimiter=\\t", "time-unit=ns");
  assert_rows ("1: 2\n", "1  2\n", -1, ALL, "delimiter=whitespace",
      "time-unit=ns");
}

GST_END_TEST;

GST_START_TEST (test_headers)
{
  CsvRun *run = csv_file ("Time (s), \"a,b\" ,Gyro X (deg/s),\n"
      "0,1,2,\n1,3,4,\n", -1, ALL, NULL, NULL);

  fail_unless_equals_string (run->errors->str, "");
  fail_unless_equals_string (csv_run_caps (run, "names"), "a_b,Gyro X");
  fail_unless_equals_string (csv_run_caps (run, "units"), ",deg/s");
  fail_unless_equals_string (run->rows->str, "0: 1 2\n1000000000: 3 4\n");
  fail_unless_equals_string (csv_run_inferred (run, "time-name"), "Time (s)");
  csv_run_free (run);

  /* numbers as names need to be told; an empty last column with a name is one */
  assert_rows ("1: 2\n3: 4\n", "1,2\n3,4\n", -1, ALL, "time-unit=ns");
  assert_rows ("3: 4\n", "1,2\n3,4\n", -1, ALL, "time-unit=ns", "header=yes",
      "time-column=0");
  assert_rows ("1: 2 nan\n", "t,a,b\n1,2,\n", -1, ALL, "time-unit=ns");

  /* a header is a bad row when it is said that there is none */
  run = csv_file ("t,a\n1,2\n", -1, ALL, "time-unit=ns", "header=no", NULL);
  fail_unless_equals_string (run->rows->str, "1: 2\n");
  fail_unless_equals_string (csv_run_caps (run, "names"), "c0");
  fail_unless (strstr (run->warnings->str, "Line 1 skipped: column 1: \"a\" is "
          "not a number") != NULL);
  csv_run_free (run);

  /* a title above and a bad row below do not hide it */
  run = csv_file ("Robot log\nt_ns,a\noops\n1,2\n", -1, ALL, NULL, NULL);
  fail_unless_equals_string (run->rows->str, "1: 2\n");
  fail_unless_equals_string (csv_run_caps (run, "names"), "a");
  fail_unless_equals_uint64 (csv_run_stat (run, "bad-rows"), 2);
  csv_run_free (run);

  /* a comment with one word per column; one with another count is a comment */
  run = csv_file ("# made today\n#t_ns a b\n1 2 3\n", -1, ALL, NULL, NULL);
  fail_unless_equals_string (csv_run_caps (run, "names"), "a,b");
  fail_unless_equals_string (run->rows->str, "1: 2 3\n");
  csv_run_free (run);
  run = csv_file ("# made today\n1,2,3\n", -1, ALL, "time-unit=ns", NULL);
  fail_unless_equals_string (csv_run_caps (run, "names"), "c0,c1");
  csv_run_free (run);
}

GST_END_TEST;

GST_START_TEST (test_columns)
{
  static const gchar text[] = "t_ns,ax,ay,az,mode\n1,2,3,4,5\n";

  assert_rows ("1: 3 5\n", text, -1, ALL, "columns=ay,mode");
  assert_rows ("1: 5 2 3 4\n", text, -1, ALL, "columns=4,ax..az");
  assert_rows ("1: 2 3 4\n", text, -1, ALL, "columns=1-3");
  assert_rows ("1: 1 2\n", text, -1, ALL, "columns=t_ns,1");
  assert_rows ("1: 4 5\n", "1,2,3,4,5\n", -1, ALL, "columns=3..4",
      "time-unit=ns");
  assert_error (text, NULL, "columns=ay,nope", "\"nope\"", "5 columns");
  assert_error (text, NULL, "columns=1-3,2", "column 2 again", NULL);
  assert_error (text, NULL, "columns=3-1", "\"3-1\"", NULL);
  assert_error (text, NULL, "columns=1-5", "\"1-5\"", NULL);
}

GST_END_TEST;

GST_START_TEST (test_names_and_marks)
{
  CsvRun *run = csv_file ("1,0,0,0,0,0\n2,1,1,1,1,1\n", -1, ALL,
      "time-unit=ns", "names=yaw,pos;x,vel,contact,mode", "units=deg,m,m/s,,1",
      "wrapping=yaw:360:0", "hold=contact,4", "velocities=vel:1",
      "frame-id=base;link", NULL);

  fail_unless_equals_string (run->errors->str, "");
  fail_unless_equals_string (csv_run_caps (run, "names"),
      "yaw,pos_x,vel,contact,mode");
  fail_unless_equals_string (csv_run_caps (run, "units"), "deg,m,m/s,_,1");
  fail_unless_equals_string (csv_run_caps (run, "wrapping"), "0:360:0");
  fail_unless_equals_string (csv_run_caps (run, "hold"), "3,4");
  fail_unless_equals_string (csv_run_caps (run, "velocities"), "2:1");
  fail_unless_equals_string (csv_run_caps (run, "frames"), "base_link");
  csv_run_free (run);

  run = csv_file ("1,0\n", -1, ALL, "time-unit=ns", "wrapping=0:6.5", NULL);
  fail_unless_equals_string (csv_run_caps (run, "wrapping"), "0:6.5:-3.25");
  csv_run_free (run);
}

GST_END_TEST;

GST_START_TEST (test_marks_refused)
{
  static const gchar *const cases[][2] = {
    {"names=a,b,c", "3 entries for 2 channels (column 0 is the time)"},
    {"units=a", "1 entries for 2 channels"},
    {"wrapping=0", "channel:period"}, {"wrapping=0:0", "positive"},
    {"wrapping=0:x", "positive"}, {"wrapping=0:nan", "positive"},
    {"wrapping=0:1:inf", "positive"}, {"wrapping=nope:1", "\"nope:1\""},
    {"wrapping=0:1,0:2", "already"}, {"hold=7", "\"7\""},
    {"hold=0,c0", "already"}, {"velocities=0", "velocity:position"},
    {"velocities=0:0", "velocity:position"}, {"velocities=0:9", "\"0:9\""},
    {"delimiter=e", "delimiter=\"e\""},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases) - 1; i++)
    assert_error ("1,2,3\n", "time-unit=ns", cases[i][0], cases[i][1], NULL);
  assert_error (imu, "quaternions=0:wxyz", "velocities=5:0", "quaternion",
      NULL);
  assert_error (imu, "hold=5", "velocities=5:4", "held", NULL);
}

GST_END_TEST;

GST_START_TEST (test_types)
{
  assert_rows ("1: 7f 80\n", "1,127,-128\n2,128,0\n3,,0\n4,1.5,0\n", -1, ALL,
      "time-unit=ns", "type=int8");
  assert_rows ("1: ff ff ff ff ff ff ff 7f\n", "1,9223372036854775807\n"
      "2,9223372036854775808\n", -1, ALL, "time-unit=ns", "type=int64");
  assert_rows ("1: 01\n2: 00\n", "1,true\n2,False\n", -1, ALL, "time-unit=ns",
      "type=uint8");
  assert_rows ("1: 9a 99 99 99 99 99 b9 3f\n", "1,0.1\n", -1, ALL,
      "time-unit=ns", "type=float64");
  assert_rows ("1: 80 3f\n", "1,1\n", -1, ALL, "time-unit=ns", "type=bfloat16");
  assert_rows ("1: nan inf -inf 1\n", "1,,Inf,-inf,1e0\n", -1, ALL,
      "time-unit=ns");
}

GST_END_TEST;

GST_START_TEST (test_bad_rows)
{
  GString *text = g_string_new ("t_ns,a,b\n1,2,3\n");
  CsvRun *run;

  for (guint i = 0; i < 20; i++)
    g_string_append (text, i % 2 ? "oops\n" : "2,\"x\ty\",3\n");
  g_string_append (text, "# a comment\n\n   \n5,6,7\n5,6,7,8\n5,6\n5,6,7,\n");
  run = csv_file (text->str, -1, ALL, NULL, NULL);
  fail_unless_equals_string (run->errors->str, "");
  fail_unless_equals_string (run->rows->str, "1: 2 3\n5: 6 7\n5: 6 7\n");
  fail_unless_equals_uint64 (csv_run_stat (run, "bad-rows"), 22);
  fail_unless_equals_string (run->warnings->str,
      "Line 3 skipped: column 1 (a): \"x\\ty\" is not a number (1 bad rows so "
      "far).\n"
      "Line 4 skipped: it has 1 columns, not 3 (2 bad rows so far).\n"
      "Line 6 skipped: it has 1 columns, not 3 (4 bad rows so far).\n"
      "Line 10 skipped: it has 1 columns, not 3 (8 bad rows so far).\n"
      "Line 18 skipped: it has 1 columns, not 3 (16 bad rows so far).\n"
      "22 bad rows were skipped, beside 3 good ones.\n");
  csv_run_free (run);

  run = csv_file (text->str, -1, ALL, "on-error=error", NULL);
  fail_unless_equals_string (run->rows->str, "1: 2 3\n");
  fail_unless_equals_string (run->errors->str, "Line 3: column 1 (a): "
      "\"x\\ty\" is not a number (on-error=skip would go on).\n");
  csv_run_free (run);
  g_string_free (text, TRUE);
}

GST_END_TEST;

GST_START_TEST (test_long_lines)
{
  GString *text = g_string_new ("1,2\n");
  CsvRun *run;

  for (guint i = 0; i < 100000; i++)
    g_string_append_c (text, 'z');
  g_string_append (text, "\n3,4\n");
  run = csv_file (text->str, -1, 4096, "time-unit=ns", "max-line-length=16",
      NULL);
  fail_unless_equals_string (run->rows->str, "1: 2\n3: 4\n");
  fail_unless (strstr (run->warnings->str, "Line 2 skipped: it is longer than "
          "max-line-length=16 bytes") != NULL);
  csv_run_free (run);
  g_string_free (text, TRUE);
}

GST_END_TEST;

GST_START_TEST (test_nothing)
{
  CsvRun *run = csv_file ("", -1, ALL, NULL, NULL);

  fail_unless_equals_string (run->errors->str, "");
  fail_unless (strstr (run->warnings->str, "no row in 0 bytes") != NULL);
  fail_unless_equals_string (csv_run_caps (run, "types"), "");
  fail_unless (run->inferred == NULL);
  csv_run_free (run);

  run = csv_file ("Time (s),a,b (m)\n", -1, ALL, NULL, NULL);
  fail_unless_equals_string (run->errors->str, "");
  fail_unless (strstr (run->warnings->str, "no row in 17 bytes") != NULL);
  fail_unless_equals_string (csv_run_caps (run, "names"), "a,b");
  csv_run_free (run);

  run = csv_file ("# nothing\n\n\r\n", -1, ALL, NULL, NULL);
  fail_unless_equals_string (run->errors->str, "");
  fail_unless (strstr (run->warnings->str, "no row") != NULL);
  csv_run_free (run);

  /* bytes that are no text at all */
  run = csv_file ("\x00\xff\xfe\x01\n\x02,\x03\n", 9, ALL, NULL, NULL);
  fail_unless (*run->errors->str || *run->warnings->str);
  fail_unless_equals_string (run->rows->str, "");
  csv_run_free (run);
}

GST_END_TEST;

/* A text with everything in it, from a seed. */
static GString *
random_text (GRand * rand)
{
  static const gchar *const odd[] = { "oops", "", "   ", "# note", "1,2",
    "5,6,7,8,9", "7,\"8\",nan,\t9", "8,,inf,-0", "9,1,2,3,", "10,\"x,3,4"
  };
  GString *s = g_string_new ("\xef\xbb\xbft (ns),a,b,c\r\n");

  for (guint i = 0; i < 60; i++) {
    const gchar *end = g_rand_boolean (rand) ? "\r\n" : "\n";

    if (g_rand_int_range (rand, 0, 4) == 0)
      g_string_append (s, odd[g_rand_int_range (rand, 0, G_N_ELEMENTS (odd))]);
    else
      g_string_append_printf (s, "%u,%d.%u,%u,-.%u", i, g_rand_int_range (rand,
              -99, 99), g_rand_int (rand), g_rand_int (rand),
          g_rand_int (rand));
    g_string_append (s, end);
  }
  g_string_append (s, "100,1,2,3");
  return s;
}

static CsvRun *
random_chunks (const GString * text, GRand * rand)
{
  CsvRun *run = csv_run_new (NULL, NULL);

  csv_run_open (run, GST_FORMAT_BYTES);
  for (gsize i = 0; i < text->len;) {
    gsize n = g_rand_int_range (rand, 0, 40);

    n = MIN (n, text->len - i);
    fail_unless_equals_int (csv_run_push (run, text->str + i, n,
            GST_CLOCK_TIME_NONE), GST_FLOW_OK);
    i += n;
  }
  csv_run_finish (run);
  return run;
}

static void
assert_same (CsvRun * a, CsvRun * b)
{
  gsize same = 0;

  while (a->rows->str[same] && a->rows->str[same] == b->rows->str[same])
    same++;
  fail_unless (g_str_equal (a->rows->str + same, b->rows->str + same),
      "rows differ from byte %u on: \"%.80s\" and \"%.80s\"", (guint) same,
      a->rows->str + same, b->rows->str + same);
  fail_unless_equals_string (a->warnings->str, b->warnings->str);
  fail_unless_equals_string (csv_run_caps (a, "names"), csv_run_caps (b,
          "names"));
  fail_unless_equals_uint64 (csv_run_stat (a, "bytes"), csv_run_stat (b,
          "bytes"));
}

GST_START_TEST (test_chunks)
{
  const gchar *env = g_getenv ("RC_TEST_SEED");
  guint32 seed = env ? strtoul (env, NULL, 10) : g_random_int ();
  GRand *rand = g_rand_new_with_seed (seed);

  g_print ("chunks: RC_TEST_SEED=%u\n", seed);
  for (guint i = 0; i < 10; i++) {
    GString *text = random_text (rand);
    CsvRun *whole = csv_file (text->str, text->len, ALL, NULL, NULL);
    CsvRun *bytes = csv_file (text->str, text->len, 1, NULL, NULL);

    fail_unless_equals_string (whole->errors->str, "");
    fail_unless (csv_run_stat (whole, "rows") > 20);
    assert_same (whole, bytes);
    for (guint k = 0; k < 5; k++) {
      CsvRun *run = random_chunks (text, rand);

      assert_same (whole, run);
      csv_run_free (run);
    }
    csv_run_free (whole);
    csv_run_free (bytes);
    g_string_free (text, TRUE);
  }
  g_rand_free (rand);
}

GST_END_TEST;

GST_START_TEST (test_locale)
{
  static const gchar *const names[] = { "de_DE.UTF-8", "fr_FR.UTF-8",
    "de_DE.utf8", "fr_FR.utf8"
  };
  const gchar *set = NULL;

  for (guint i = 0; !set && i < G_N_ELEMENTS (names); i++)
    set = setlocale (LC_NUMERIC, names[i]);
  if (!set)
    g_print ("SKIP: no locale with a decimal comma is installed\n");
  else
    assert_rows ("1500000000: 2.25 1.23456788\n",
        "1.5,2.25,1.23456789012345678901\n", -1, ALL, "time-unit=s");
  setlocale (LC_NUMERIC, "C");
}

GST_END_TEST;

static Suite *
rccsvparse_suite (void)
{
  Suite *s = suite_create ("rccsvparse");
  TCase *tc = tcase_create ("text");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_design_line);
  tcase_add_test (tc, test_quaternions);
  tcase_add_test (tc, test_quaternions_refused);
  tcase_add_test (tc, test_exact_times);
  tcase_add_test (tc, test_time_defects);
  tcase_add_test (tc, test_time_origin);
  tcase_add_test (tc, test_time_unit_auto);
  tcase_add_test (tc, test_time_unit_refused);
  tcase_add_test (tc, test_time_column);
  tcase_add_test (tc, test_delimiters);
  tcase_add_test (tc, test_headers);
  tcase_add_test (tc, test_columns);
  tcase_add_test (tc, test_names_and_marks);
  tcase_add_test (tc, test_marks_refused);
  tcase_add_test (tc, test_types);
  tcase_add_test (tc, test_bad_rows);
  tcase_add_test (tc, test_long_lines);
  tcase_add_test (tc, test_nothing);
  tcase_add_test (tc, test_chunks);
  tcase_add_test (tc, test_locale);
  return s;
}

GST_CHECK_MAIN (rccsvparse);
