/* SPDX-License-Identifier: Apache-2.0 */
/* A recording: robomimic's layout of episodes, and raw streams beside them.
 *
 *   /data                       total, env_args
 *   /data/demo_N                num_samples, task, utc_of_zero, caps
 *   /data/demo_N/time           int64 [T] ns
 *   /data/demo_N/obs/<stream>   [T, …], with a window of W ticks [T, W, …]
 *   /data/demo_N/actions        float32 [T, A] or [T, W, A]
 *   /data/demo_N/valid/<stream> uint8 [T] or [T, W]
 *   /data/demo_N/skew/<stream>  int64 [T] or [T, W] ns
 *   /raw/<stream>/time          int64 [S] ns
 *   /raw/<stream>/values        [S, …]
 *   /action, /observations      soft links, once closed with one episode
 *
 * An episode, and a raw stream, comes into the file with its first row, in one
 * flush. After a crash `num_samples` (and for a raw stream the length of
 * `time`) counts the rows that were flushed; a dataset may have more, if the
 * crash fell within a flush: they are true rows too.
 *
 * None of this is thread-safe: callers hold rc_h5_lock (). */
#pragma once

#include "h5plan.h"

G_BEGIN_DECLS

typedef struct _RcH5Recording RcH5Recording;
typedef struct _RcH5Raw RcH5Raw;

typedef struct
{
  const gchar *location;
  gboolean overwrite;
  guint64 reserve;              /* bytes that stay free */
  guint level;                  /* of gzip for large rows, 0: none */
  const gchar *env_args;        /* JSON */
} RcH5RecordingConfig;

typedef struct
{
  guint64 rows, flushed_rows;   /* of all episodes */
  guint64 episodes;
  guint64 bytes;
  guint64 flushes;
} RcH5RecordingStats;

/* One row of an episode. */
typedef struct
{
  gint64 time;                  /* ns */
  const guint8 *tensors[GST_RC_MAX_TENSORS];    /* of the plan's sizes */
  const guint8 *state;          /* [window, aligned], or NULL */
  const void *skew;             /* likewise, int64 of any alignment */
  const gchar *task;            /* for the first row of an episode; or NULL */
  gint64 utc_of_zero;           /* likewise; or RC_TIME_NONE */
} RcH5Row;

RcH5Recording *rc_h5_recording_new (const RcH5RecordingConfig * config,
    GError ** error);

/* Completes the file and frees the recording; a file without a single row is
 * removed. FALSE when what was not flushed yet could not be. */
gboolean rc_h5_recording_close (RcH5Recording * recording, GError ** error);

/* Adds a row, and starts an episode for it if none is open. All rows of an
 * episode have one plan, which must live as long, and provenance in all of them
 * or in none (rc_h5_recording_has_provenance ()). */
gboolean rc_h5_recording_add (RcH5Recording * recording, const RcH5Plan * plan,
    const RcH5Row * row, GError ** error);
gboolean rc_h5_recording_in_episode (RcH5Recording * recording);
gboolean rc_h5_recording_has_provenance (RcH5Recording * recording);
gboolean rc_h5_recording_end_episode (RcH5Recording * recording,
    GError ** error);

/* The raw stream of a name; its datasets appear with the first sample. `column`
 * (copied) gives the shape of a sample: NULL and a format error when the
 * recording has the stream with another one. It belongs to the recording. */
RcH5Raw *rc_h5_recording_get_raw (RcH5Recording * recording,
    const gchar * name, const RcH5Column * column, const gchar * caps,
    GError ** error);
gboolean rc_h5_raw_append (RcH5Raw * raw, const gint64 * times,
    const void *values, gsize n, GError ** error);

/* Of the raw streams, in the order in which they came. */
guint rc_h5_recording_n_raws (RcH5Recording * recording);
const gchar *rc_h5_recording_raw_name (RcH5Recording * recording, guint i);
guint64 rc_h5_recording_raw_rows (RcH5Recording * recording, guint i);

gboolean rc_h5_recording_flush (RcH5Recording * recording, GError ** error);

void rc_h5_recording_get_stats (RcH5Recording * recording,
    RcH5RecordingStats * stats);

G_END_DECLS
