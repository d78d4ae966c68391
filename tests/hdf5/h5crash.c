/* SPDX-License-Identifier: Apache-2.0 */
/* Records rows (h5rows.h) and meets a crash or a failure at a given write.
 *
 *   h5crash FILE MODE N
 *
 * MODE  none  records all (N does not matter) and prints "writes COUNT"
 *       kill  the process ends before write N
 *       torn  write N is cut where a page ends, as the kernel does when a
 *             process is killed in it, and the process ends
 *       full  write N and those after it fail: the disk is full
 *       room  reservation N, and those after it, fail
 * Prints "flushed ROWS" after each flush, "error MESSAGE" when the recording
 * fails, and "end" after it was closed.
 *
 * Built from the plugin's sources, with pwrite () and fallocate () replaced. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "h5disk.h"
#include "h5recording.h"
#include "h5rows.h"

#define N_ROWS 60
#define FLUSH_EVERY 5
#define EPISODE 25
#define PAGE 4096

ssize_t __real_pwrite64 (int fd, const void *data, size_t size, off_t offset);
int __real_fallocate64 (int fd, int mode, off_t offset, off_t length);
ssize_t __wrap_pwrite64 (int fd, const void *data, size_t size, off_t offset);
int __wrap_fallocate64 (int fd, int mode, off_t offset, off_t length);

static const char *mode;
static long at, n_writes, n_reservations;

ssize_t
__wrap_pwrite64 (int fd, const void *data, size_t size, off_t offset)
{
  if (n_writes++ >= at) {
    if (strcmp (mode, "full") == 0) {
      errno = ENOSPC;
      return -1;
    }
    if (strcmp (mode, "torn") == 0) {
      size_t page = PAGE - offset % PAGE;

      if (page < size && __real_pwrite64 (fd, data, page, offset) < 0)
        abort ();
      _exit (0);
    }
    if (strcmp (mode, "kill") == 0)
      _exit (0);
  }
  return __real_pwrite64 (fd, data, size, offset);
}

int
__wrap_fallocate64 (int fd, int flags, off_t offset, off_t length)
{
  if (n_reservations++ >= at && strcmp (mode, "room") == 0) {
    errno = ENOSPC;
    return -1;
  }
  return __real_fallocate64 (fd, flags, offset, length);
}

/* _exit () drops what stdio holds. */
static void
say (const char *word, guint64 number)
{
  printf ("%s %" G_GUINT64_FORMAT "\n", word, number);
  fflush (stdout);
}

static gboolean
add_row (RcH5Recording * r, const RcH5Plan * plan, RcH5Raw * raw, guint64 i,
    GError ** error)
{
  Row values;
  RcH5Row row = {.task = "stack the cubes",.utc_of_zero = 1 };
  gboolean ok = TRUE;

  for (guint s = 0; ok && s < FORCE_PER_ROW; s++) {
    gfloat force[2];
    gint64 time = force_fill (force, FORCE_PER_ROW * i + s);

    ok = rc_h5_raw_append (raw, &time, force, 1, error);
  }
  row_fill (&values, i);
  row.time = values.time;
  row.tensors[0] = (guint8 *) values.imu;
  row.tensors[1] = values.front;
  row.tensors[2] = (guint8 *) values.cmd;
  row.state = values.state;
  row.skew = values.skew;
  if (i % EPISODE == 0)
    ok = ok && rc_h5_recording_end_episode (r, error);
  return ok && rc_h5_recording_add (r, plan, &row, error);
}

int
main (int argc, char **argv)
{
  RcH5RecordingConfig config = {.overwrite = TRUE,.env_args = "{}" };
  RcH5RecordingStats stats;
  GError *error = NULL;
  GstCaps *caps, *force_caps;
  GstRcTensors force;
  RcH5Column *column;
  RcH5Recording *r;
  RcH5Plan *plan;
  RcH5Raw *raw;
  gboolean ok = TRUE;

  if (argc != 4) {
    fprintf (stderr, "usage: h5crash FILE MODE N\n");
    return 2;
  }
  gst_init (NULL, NULL);
  mode = argv[2];
  at = strcmp (mode, "none") == 0 ? LONG_MAX : atol (argv[3]);
  config.location = argv[1];
  caps = gst_caps_from_string (ROWS_CAPS);
  force_caps = gst_caps_from_string (FORCE_CAPS);
  plan = rc_h5_plan_new (caps, NULL);
  gst_rc_tensors_parse (&force, force_caps, NULL);
  column = rc_h5_column_new (&force.tensors[0], 0, "values", 1);
  rc_h5_lock ();
  r = rc_h5_recording_new (&config, &error);
  if (r) {
    say ("flushed", 0);
    raw = rc_h5_recording_get_raw (r, "force", column, FORCE_CAPS, &error);
    for (guint64 i = 0; ok && i < N_ROWS; i++) {
      ok = add_row (r, plan, raw, i, &error);
      if (ok && i % FLUSH_EVERY == FLUSH_EVERY - 1)
        ok = rc_h5_recording_flush (r, &error);
      rc_h5_recording_get_stats (r, &stats);
      say ("flushed", stats.flushed_rows);
    }
    ok = rc_h5_recording_close (r, ok ? &error : NULL) && ok;
  }
  rc_h5_unlock ();
  if (error)
    printf ("error %s\n", error->message);
  g_clear_error (&error);
  rc_h5_plan_free (plan);
  rc_h5_column_free (column);
  gst_rc_tensors_clear (&force);
  gst_caps_unref (caps);
  gst_caps_unref (force_caps);
  say ("end", 0);
  say ("writes", n_writes);
  say ("reservations", n_reservations);
  return 0;
}
