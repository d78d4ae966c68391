/* SPDX-License-Identifier: Apache-2.0 */
/* Live sensors that misbehave, for as long as one likes: shared by the feeders,
 * the checks and the program. */
#pragma once

#include <gst/gst.h>

#include "rchist.h"

#define MS ((gint64) GST_MSECOND)
#define MAX_FEEDS 8

typedef enum
{
  FAULT_DROP,                   /* a sample is lost */
  FAULT_BURST,                  /* samples are held up, then come at once */
  FAULT_DUPLICATE,              /* the same stamp again */
  FAULT_REORDER,                /* two change places */
  FAULT_JUMP,                   /* the sensor's clock is set, back or forward */
  FAULT_SILENCE,                /* nothing for a while */
  FAULT_LOSS,                   /* a GAP with lost data */
  FAULT_NO_TIME,                /* no PTS */
  FAULT_SIZE,                   /* a size that does not fit the caps */
  FAULT_CAPS,                   /* another number of channels */
  FAULT_EOS,                    /* the stream ends, and begins again */
  FAULT_CHURN,                  /* the pad is released, and requested again */
  FAULT_FLUSH,                  /* one stream is flushed */
  FAULT_SEEK,                   /* all are, as by one seek */
  N_FAULTS
} Fault;

extern const gchar *const fault_names[N_FAULTS];

/* What one pad's stats say, summed over the pads that a feeder has had. */
typedef struct
{
  guint64 in, used, unused, dropped, late, kept, flushed, queued;
  guint64 duplicates, backwards, ahead, no_time, no_reference, bad_size;
  guint64 resets, jumps, losses;
} Book;

typedef struct
{
  struct _Soak *soak;
  guint index;
  gchar name[16];               /* of the mux's pad */
  GstPad *pad;
  GThread *thread;
  GRand *rand;
  GMutex lock;                  /* held to push, so that a seek comes in between */
  guint width;

  guint64 sent;                 /* buffers that the mux took */
  guint64 refused;              /* with a flow return that is no error */
  guint64 faults[N_FAULTS];
  Book book;                    /* of released pads */
  gchar *wrong;                 /* what must not happen, or NULL */
} Feed;

typedef struct _Soak
{
  /* options */
  gdouble seconds;
  guint n_feeds, rate, ticks;   /* Hz */
  guint32 seed;
  gboolean faults[N_FAULTS];
  gboolean slow;                /* slowed down by what watches it: no lateness */

  GstElement *pipeline, *mux;
  GstPad *sink;
  GstClock *clock;
  GstClockTime base;
  gint stop;                    /* atomic */
  Feed feeds[MAX_FEEDS];

  /* the checks */
  GMutex lock;
  GstClockTime latency;         /* as the pipeline has it, the most so far */
  gint64 last_tick;             /* k, or -1 */
  guint64 out, holes;           /* outputs; ticks without one between them */
  guint64 unseen;               /* ticks around a seek, with an output or not */
  gint64 restart;               /* the first output after a seek came then */
  gint64 worst_late;            /* ns past deadline + 1 tick; < 0: in time */
  guint64 unjudged;             /* late outputs while the machine was busy */
  gint64 worst_stall;           /* ns between two ticks, dropped ones aside */
  gint64 last_arrival;
  guint64 values;               /* that were compared with what was sent */
  guint64 measured, held, interpolated, missing, deadlines;
  GstCaps *caps;
  gchar **streams;              /* of the caps, in order */
  guint widths[MAX_FEEDS];
  guint64 complaints;
  GString *wrong;               /* the first few */

  /* how late this machine wakes a thread that does nothing else */
  GThread *control;
  gint64 lateness[8192];        /* ns, of each ms of the last ones: a ring */
  gint64 woken;                 /* ms since the start */
  GstRcHist lateness_hist;
} Soak;

/* soakfeed.c */
void feed_start (Feed * feed);
void feed_stop (Feed * feed);
void book_add (Book * book, GstElement * mux, const gchar * pad);

/* Flushes all streams with one number, as a seek does. */
void feeds_seek (Soak * soak);

/* soakcheck.c */
void checks_start (Soak * soak);
void checks_watch (Soak * soak);
void checks_stop (Soak * soak);
void complain (Soak * soak, const gchar * format, ...) G_GNUC_PRINTF (2, 3);
void check_books (Soak * soak);

/* The running time now. */
gint64 soak_now (Soak * soak);

/* Waits until a running time; the lateness in ns. */
gint64 soak_wait (Soak * soak, gint64 time);
