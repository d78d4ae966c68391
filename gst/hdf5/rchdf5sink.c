/* SPDX-License-Identifier: Apache-2.0 */
/**
 * SECTION:element-rchdf5sink
 * @title: rchdf5sink
 * @short_description: records aligned streams to an HDF5 file to train on
 *
 * Records the output of an aligner in the layout of robomimic, so that training
 * code opens the file as it is, and on request pads `raw_NAME` the samples as
 * the sensors gave them:
 *
 * |[
 * /data                        total, env_args
 * /data/demo_N                 num_samples, task, utc_of_zero, caps
 * /data/demo_N/time            int64 [T], running time in ns
 * /data/demo_N/obs/STREAM      [T, ...]; images [T, H, W, C]
 * /data/demo_N/actions         float32 [T, A]: streams with the role "action"
 * /data/demo_N/valid/STREAM    uint8 [T]: 0 missing, 1 measured,
 *                              2 interpolated, 3 held, 4 from a later sample
 * /data/demo_N/skew/STREAM     int64 [T], nearest sample minus tick in ns; the
 *                              smallest int64 where missing
 * /raw/NAME/time, values       int64 [S] in ns, [S, ...]
 * /action, /observations       links, in a complete file of one episode
 * ]|
 *
 * With a window of W ticks per buffer every dataset of an episode but `time`
 * (the newest tick) has a further dimension: [T, W, ...]. A row is then stored
 * as the policy got it, though rows of successive windows repeat.
 *
 * `utc_of_zero` is UTC (ns since 1970) at running time 0, in live pipelines.
 *
 * A new episode starts by the action signal #GstRcHdf5Sink::next-episode, by a
 * custom downstream event named "rc-next-episode", after a gap longer than
 * #GstRcHdf5Sink:episode-gap, when time goes back, and when the caps change.
 *
 * Rows are flushed every #GstRcHdf5Sink:flush-interval. What was flushed can be
 * read whatever happens to the process, and the file is complete when the
 * element goes to READY: no EOS is needed. A message "rchdf5sink-flushed" with
 * `rows`, `episodes` and `bytes` is posted after each flush. While recording,
 * the file is locked; with HDF5_USE_FILE_LOCKING=FALSE in its environment
 * another process reads what was flushed.
 *
 * HDF5 is not thread-safe in most distributions: do not use it in the same
 * process (h5py in a Python application, say) while this element is PAUSED or
 * PLAYING.
 *
 * ## Example
 * |[
 * gst-launch-1.0 rcfusemux name=m rate=100/1 ! rchdf5sink name=r location=a.h5 \
 *   filesrc location=imu.csv ! rccsvparse time-unit=ns quaternions=qw:wxyz ! \
 *   tee name=t  t. ! queue ! m.sink_imu  t. ! queue ! r.raw_imu
 * ]|
 */
#include "rchdf5input.h"

#include <string.h>

#include "h5disk.h"

GST_DEBUG_CATEGORY (gst_rc_hdf5_debug);
#define GST_CAT_DEFAULT gst_rc_hdf5_debug

#define DEFAULT_COMPRESSION 0
#define DEFAULT_FLUSH_INTERVAL 1000
#define DEFAULT_RESERVE (16 * 1024 * 1024)
#define DEFAULT_ENV_ARGS "{}"

struct _GstRcHdf5Sink
{
  GstBin parent;

  /* under the object lock */
  gchar *location, *task, *env_args;
  gboolean overwrite, sync;
  guint compression, flush_interval;
  guint64 reserve;
  GstClockTime episode_gap;
  gboolean boundary;            /* a new episode was asked for */
  guint64 dropped;

  /* under rc_h5_lock () */
  RcH5Recording *recording;
  gboolean ended;               /* by an error: nothing is recorded any more */
  GstStructure *last_stats;     /* of the recording before */
  guint64 announced;            /* flushes */

  /* the thread that flushes */
  GThread *thread;
  GMutex flush_mutex;
  GCond flush_cond;
  gint64 deadline;              /* monotonic, in us; 0: nothing to flush */
  gboolean quit;
};

enum
{
  PROP_0, PROP_LOCATION, PROP_OVERWRITE, PROP_TASK, PROP_ENV_ARGS,
  PROP_EPISODE_GAP, PROP_COMPRESSION, PROP_FLUSH_INTERVAL, PROP_RESERVE,
  PROP_SYNC, PROP_STATS
};

static GstStaticPadTemplate aligned_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_RC_HDF5_ALIGNED_CAPS));
static GstStaticPadTemplate raw_template = GST_STATIC_PAD_TEMPLATE ("raw_%s",
    GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS (GST_RC_HDF5_RAW_CAPS));

G_DEFINE_TYPE_WITH_CODE (GstRcHdf5Sink, gst_rc_hdf5_sink, GST_TYPE_BIN,
    GST_DEBUG_CATEGORY_INIT (gst_rc_hdf5_debug, "rchdf5sink", 0,
        "HDF5 recorder"));
GST_ELEMENT_REGISTER_DEFINE (rchdf5sink, "rchdf5sink", GST_RANK_NONE,
    GST_TYPE_RC_HDF5_SINK);

/* ---- statistics ---- */

static GstStructure *
make_stats (GstRcHdf5Sink * self)
{
  GstStructure *raw = gst_structure_new_empty ("raw-rows");
  RcH5RecordingStats s = { 0 };
  GstStructure *stats;

  if (self->recording) {
    rc_h5_recording_get_stats (self->recording, &s);
    for (guint i = 0; i < rc_h5_recording_n_raws (self->recording); i++)
      gst_structure_set (raw, rc_h5_recording_raw_name (self->recording, i),
          G_TYPE_UINT64, rc_h5_recording_raw_rows (self->recording, i), NULL);
  }
  stats = gst_structure_new ("rchdf5sink-stats", "rows", G_TYPE_UINT64,
      s.rows, "flushed-rows", G_TYPE_UINT64, s.flushed_rows, "episodes",
      G_TYPE_UINT64, s.episodes, "bytes", G_TYPE_UINT64, s.bytes, "flushes",
      G_TYPE_UINT64, s.flushes, "raw-rows", GST_TYPE_STRUCTURE, raw, NULL);
  gst_structure_free (raw);
  return stats;
}

static GstStructure *
get_stats (GstRcHdf5Sink * self)
{
  GstStructure *stats;
  guint64 dropped;

  rc_h5_lock ();
  stats = self->last_stats && !self->recording ?
      gst_structure_copy (self->last_stats) : make_stats (self);
  rc_h5_unlock ();
  GST_OBJECT_LOCK (self);
  dropped = self->dropped;
  GST_OBJECT_UNLOCK (self);
  gst_structure_set (stats, "dropped", G_TYPE_UINT64, dropped, NULL);
  return stats;
}

/* ---- what the inputs use ---- */

/* Takes the error. */
static void
post_error (GstRcHdf5Sink * self, GError * error)
{
  gst_element_message_full (GST_ELEMENT (self), GST_MESSAGE_ERROR,
      error->domain, error->code, g_strdup (error->message), NULL, __FILE__,
      GST_FUNCTION, __LINE__);
  g_error_free (error);
}

RcH5Recording *
gst_rc_hdf5_sink_lock (GstRcHdf5Sink * self)
{
  rc_h5_lock ();
  return self->ended ? NULL : self->recording;
}

static void
request_flush (GstRcHdf5Sink * self)
{
  guint interval;

  GST_OBJECT_LOCK (self);
  interval = self->flush_interval;
  GST_OBJECT_UNLOCK (self);
  g_mutex_lock (&self->flush_mutex);
  if (!self->deadline) {
    self->deadline = g_get_monotonic_time () + interval * G_GINT64_CONSTANT
        (1000);
    g_cond_signal (&self->flush_cond);
  }
  g_mutex_unlock (&self->flush_mutex);
}

void
gst_rc_hdf5_sink_unlock (GstRcHdf5Sink * self, GError * error, gboolean dirty)
{
  RcH5RecordingStats stats = { 0 };
  gboolean announce = FALSE;

  if (error && !self->ended) {
    self->ended = TRUE;
    /* does nothing after a write that failed */
    if (self->recording)
      rc_h5_recording_flush (self->recording, NULL);
  } else {
    g_clear_error (&error);
  }
  if (self->recording) {
    rc_h5_recording_get_stats (self->recording, &stats);
    announce = stats.flushes != self->announced;
    self->announced = stats.flushes;
  }
  rc_h5_unlock ();
  if (announce)
    gst_element_post_message (GST_ELEMENT (self),
        gst_message_new_element (GST_OBJECT (self),
            gst_structure_new (GST_RC_HDF5_FLUSHED, "rows", G_TYPE_UINT64,
                stats.flushed_rows, "episodes", G_TYPE_UINT64, stats.episodes,
                "bytes", G_TYPE_UINT64, stats.bytes, NULL)));
  if (error)
    post_error (self, error);
  else if (dirty)
    request_flush (self);
}

gboolean
gst_rc_hdf5_sink_take_boundary (GstRcHdf5Sink * self)
{
  gboolean boundary;

  GST_OBJECT_LOCK (self);
  boundary = self->boundary;
  self->boundary = FALSE;
  GST_OBJECT_UNLOCK (self);
  return boundary;
}

void
gst_rc_hdf5_sink_next_episode (GstRcHdf5Sink * self)
{
  GST_OBJECT_LOCK (self);
  self->boundary = TRUE;
  GST_OBJECT_UNLOCK (self);
}

GstClockTime
gst_rc_hdf5_sink_get_episode_gap (GstRcHdf5Sink * self)
{
  GstClockTime gap;

  GST_OBJECT_LOCK (self);
  gap = self->episode_gap;
  GST_OBJECT_UNLOCK (self);
  return gap;
}

gchar *
gst_rc_hdf5_sink_dup_task (GstRcHdf5Sink * self)
{
  gchar *task;

  GST_OBJECT_LOCK (self);
  task = g_strdup (self->task);
  GST_OBJECT_UNLOCK (self);
  return task;
}

void
gst_rc_hdf5_sink_count_dropped (GstRcHdf5Sink * self)
{
  GST_OBJECT_LOCK (self);
  self->dropped++;
  GST_OBJECT_UNLOCK (self);
}

/* ---- flushing ---- */

static void
flush_now (GstRcHdf5Sink * self)
{
  RcH5Recording *recording = gst_rc_hdf5_sink_lock (self);
  GError *error = NULL;

  if (recording)
    rc_h5_recording_flush (recording, &error);
  gst_rc_hdf5_sink_unlock (self, error, FALSE);
}

/* Flushes at each deadline, so that rows do not wait for those that follow. */
static gpointer
flush_thread (gpointer data)
{
  GstRcHdf5Sink *self = data;

  g_mutex_lock (&self->flush_mutex);
  while (!self->quit) {
    if (!self->deadline) {
      g_cond_wait (&self->flush_cond, &self->flush_mutex);
    } else if (g_get_monotonic_time () < self->deadline) {
      g_cond_wait_until (&self->flush_cond, &self->flush_mutex, self->deadline);
    } else {
      self->deadline = 0;
      g_mutex_unlock (&self->flush_mutex);
      flush_now (self);
      g_mutex_lock (&self->flush_mutex);
    }
  }
  g_mutex_unlock (&self->flush_mutex);
  return NULL;
}

static gboolean
open_file (GstRcHdf5Sink * self)
{
  RcH5RecordingConfig config = { 0 };
  GError *error = NULL;
  gchar *location, *env_args;
  gboolean ok = FALSE;

  GST_OBJECT_LOCK (self);
  location = g_strdup (self->location);
  env_args = g_strdup (self->env_args);
  config.overwrite = self->overwrite;
  config.reserve = self->reserve;
  config.level = self->compression;
  self->boundary = FALSE;
  self->dropped = 0;
  GST_OBJECT_UNLOCK (self);
  config.location = location;
  config.env_args = env_args;
  if (!location || !*location) {
    GST_ELEMENT_ERROR (self, RESOURCE, NOT_FOUND,
        ("No file to record to: set the property location"), (NULL));
  } else {
    rc_h5_lock ();
    self->recording = rc_h5_recording_new (&config, &error);
    self->ended = FALSE;
    self->announced = self->recording ? 1 : 0;  /* the flush that made it */
    rc_h5_unlock ();
    ok = self->recording != NULL;
  }
  if (error)
    post_error (self, error);
  g_free (location);
  g_free (env_args);
  if (ok) {
    self->quit = FALSE;
    self->deadline = 0;
    self->thread = g_thread_new ("rchdf5sink", flush_thread, self);
  }
  return ok;
}

static void
close_file (GstRcHdf5Sink * self)
{
  GError *error = NULL;

  if (!self->thread)
    return;
  g_mutex_lock (&self->flush_mutex);
  self->quit = TRUE;
  g_cond_signal (&self->flush_cond);
  g_mutex_unlock (&self->flush_mutex);
  g_thread_join (self->thread);
  self->thread = NULL;

  rc_h5_lock ();
  rc_h5_recording_flush (self->recording, NULL);
  if (self->last_stats)
    gst_structure_free (self->last_stats);
  self->last_stats = make_stats (self);
  rc_h5_recording_close (self->recording, &error);
  self->recording = NULL;
  if (self->ended)
    g_clear_error (&error);
  rc_h5_unlock ();
  if (error)
    post_error (self, error);
}

/* ---- pads ---- */

static gpointer
copy_ref (gconstpointer object, gpointer user_data)
{
  return gst_object_ref ((gpointer) object);
}

static GstElement *
input_of (GstPad * pad)
{
  GstPad *target = gst_ghost_pad_get_target (GST_GHOST_PAD (pad));
  GstElement *input = target ? gst_pad_get_parent_element (target) : NULL;

  gst_clear_object (&target);
  return input;
}

/* A pad that leads nowhere must not keep the others from ending. */
static void
enable_input (GstElement * input, gboolean enable)
{
  if (enable)
    GST_OBJECT_FLAG_SET (input, GST_ELEMENT_FLAG_SINK);
  else
    GST_OBJECT_FLAG_UNSET (input, GST_ELEMENT_FLAG_SINK);
  gst_element_set_locked_state (input, !enable);
}

static void
on_linked (GstPad * pad, GstPad * peer, gpointer user_data)
{
  GstElement *input = input_of (pad);

  if (!input)
    return;
  if (gst_element_is_locked_state (input)) {
    enable_input (input, TRUE);
    gst_element_sync_state_with_parent (input);
  }
  gst_object_unref (input);
}

/* With `all`, or when no pad has a peer, also those that have none. */
static void
enable_inputs (GstRcHdf5Sink * self, gboolean all)
{
  GList *pads;
  gboolean any = FALSE;

  GST_OBJECT_LOCK (self);
  pads = g_list_copy_deep (GST_ELEMENT_PADS (self), copy_ref, NULL);
  GST_OBJECT_UNLOCK (self);
  for (GList * l = pads; l; l = l->next)
    any |= gst_pad_is_linked (l->data);
  for (GList * l = pads; l; l = l->next) {
    GstElement *input = input_of (l->data);

    if (input) {
      enable_input (input, all || !any || gst_pad_is_linked (l->data));
      gst_object_unref (input);
    }
  }
  g_list_free_full (pads, gst_object_unref);
}

static void
connect_input (GstRcHdf5Sink * self, GstPad * ghost, const gchar * stream)
{
  GstElement *input = gst_rc_hdf5_input_new (self, stream);
  gchar *name = stream ? g_strconcat ("raw-", stream, NULL) :
      g_strdup ("aligned");
  GstPad *target = gst_element_get_static_pad (input, "sink");

  gst_object_set_name (GST_OBJECT (input), name);
  GST_OBJECT_LOCK (self);
  g_object_set (input, "sync", self->sync, NULL);
  GST_OBJECT_UNLOCK (self);
  gst_bin_add (GST_BIN (self), input);
  gst_ghost_pad_set_target (GST_GHOST_PAD (ghost), target);
  g_signal_connect (ghost, "linked", G_CALLBACK (on_linked), NULL);
  gst_object_unref (target);
  g_free (name);
}

static GstPad *
request_new_pad (GstElement * element, GstPadTemplate * templ,
    const gchar * name, const GstCaps * caps)
{
  GstRcHdf5Sink *self = GST_RC_HDF5_SINK (element);
  GstPad *pad = NULL;
  gchar *unique = NULL;
  GError *error = NULL;

  if (!name || !g_str_has_prefix (name, "raw_")) {
    guint i = 0;

    do {
      g_free (unique);
      gst_clear_object (&pad);
      unique = g_strdup_printf ("raw_%u", i++);
      pad = gst_element_get_static_pad (element, unique);
    } while (pad);
    name = unique;
  }
  pad = gst_element_get_static_pad (element, name);
  if (pad || !rc_h5_name_check (name + strlen ("raw_"), &error)) {
    GST_ERROR_OBJECT (self, "no pad \"%s\": %s", name,
        error ? error->message : "there is one already");
    g_clear_error (&error);
    gst_clear_object (&pad);
    g_free (unique);
    return NULL;
  }
  pad = gst_ghost_pad_new_no_target_from_template (name, templ);
  connect_input (self, pad, name + strlen ("raw_"));
  g_free (unique);
  gst_pad_set_active (pad, TRUE);
  if (!gst_element_add_pad (element, pad))
    return NULL;
  if (GST_STATE (self) > GST_STATE_READY
      || GST_STATE_PENDING (self) > GST_STATE_READY) {
    GstElement *input = input_of (pad);

    /* it starts, and counts, when it is linked */
    enable_input (input, FALSE);
    gst_object_unref (input);
  }
  return pad;
}

static void
release_pad (GstElement * element, GstPad * pad)
{
  GstElement *input = input_of (pad);

  gst_object_ref (pad);
  gst_pad_set_active (pad, FALSE);
  if (input) {
    /* the bin looks for the end of all streams when one ends */
    if (GST_STATE (input) == GST_STATE_PLAYING)
      gst_element_send_event (input, gst_event_new_eos ());
    gst_ghost_pad_set_target (GST_GHOST_PAD (pad), NULL);
    gst_element_set_locked_state (input, TRUE);
    gst_element_set_state (input, GST_STATE_NULL);
    gst_bin_remove (GST_BIN (element), input);
    gst_object_unref (input);
  }
  gst_element_remove_pad (element, pad);
  gst_object_unref (pad);
}

/* ---- states ---- */

static GstStateChangeReturn
change_state (GstElement * element, GstStateChange transition)
{
  GstRcHdf5Sink *self = GST_RC_HDF5_SINK (element);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) {
    if (!open_file (self))
      return GST_STATE_CHANGE_FAILURE;
    enable_inputs (self, FALSE);
  } else if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    enable_inputs (self, TRUE);
  }
  ret = GST_ELEMENT_CLASS (gst_rc_hdf5_sink_parent_class)->change_state
      (element, transition);
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED
      && ret == GST_STATE_CHANGE_FAILURE) {
    enable_inputs (self, TRUE);
    close_file (self);
  } else if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    close_file (self);
  }
  return ret;
}

/* ---- properties ---- */

static gboolean
is_json_object (const gchar * text)
{
  gchar *copy = g_strstrip (g_strdup (text));
  gsize n = strlen (copy);
  gboolean ok = n >= 2 && copy[0] == '{' && copy[n - 1] == '}'
      && g_utf8_validate (copy, -1, NULL);

  g_free (copy);
  return ok;
}

static void
set_sync (GstRcHdf5Sink * self, gboolean sync)
{
  GList *inputs;

  GST_OBJECT_LOCK (self);
  self->sync = sync;
  inputs = g_list_copy_deep (GST_BIN_CHILDREN (self), copy_ref, NULL);
  GST_OBJECT_UNLOCK (self);
  for (GList * l = inputs; l; l = l->next)
    g_object_set (l->data, "sync", sync, NULL);
  g_list_free_full (inputs, gst_object_unref);
}

static void
set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * pspec)
{
  GstRcHdf5Sink *self = GST_RC_HDF5_SINK (object);
  gchar **text = NULL;

  if (id == PROP_SYNC) {
    set_sync (self, g_value_get_boolean (value));
    return;
  }
  if (id == PROP_ENV_ARGS && (!g_value_get_string (value)
          || !is_json_object (g_value_get_string (value)))) {
    g_warning ("%s: env-args=%s is not a JSON object: ignored",
        GST_OBJECT_NAME (self), g_value_get_string (value));
    return;
  }
  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_LOCATION:
      text = &self->location;
      break;
    case PROP_TASK:
      text = &self->task;
      break;
    case PROP_ENV_ARGS:
      text = &self->env_args;
      break;
    case PROP_OVERWRITE:
      self->overwrite = g_value_get_boolean (value);
      break;
    case PROP_EPISODE_GAP:
      self->episode_gap = g_value_get_uint64 (value);
      break;
    case PROP_COMPRESSION:
      self->compression = g_value_get_uint (value);
      break;
    case PROP_FLUSH_INTERVAL:
      self->flush_interval = g_value_get_uint (value);
      break;
    case PROP_RESERVE:
      self->reserve = g_value_get_uint64 (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  if (text) {
    g_free (*text);
    *text = g_value_dup_string (value);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
get_property (GObject * object, guint id, GValue * value, GParamSpec * pspec)
{
  GstRcHdf5Sink *self = GST_RC_HDF5_SINK (object);

  if (id == PROP_STATS) {
    g_value_take_boxed (value, get_stats (self));
    return;
  }
  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_LOCATION:
      g_value_set_string (value, self->location);
      break;
    case PROP_OVERWRITE:
      g_value_set_boolean (value, self->overwrite);
      break;
    case PROP_TASK:
      g_value_set_string (value, self->task);
      break;
    case PROP_ENV_ARGS:
      g_value_set_string (value, self->env_args);
      break;
    case PROP_EPISODE_GAP:
      g_value_set_uint64 (value, self->episode_gap);
      break;
    case PROP_COMPRESSION:
      g_value_set_uint (value, self->compression);
      break;
    case PROP_FLUSH_INTERVAL:
      g_value_set_uint (value, self->flush_interval);
      break;
    case PROP_RESERVE:
      g_value_set_uint64 (value, self->reserve);
      break;
    case PROP_SYNC:
      g_value_set_boolean (value, self->sync);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
finalize (GObject * object)
{
  GstRcHdf5Sink *self = GST_RC_HDF5_SINK (object);

  g_free (self->location);
  g_free (self->task);
  g_free (self->env_args);
  if (self->last_stats)
    gst_structure_free (self->last_stats);
  g_mutex_clear (&self->flush_mutex);
  g_cond_clear (&self->flush_cond);
  G_OBJECT_CLASS (gst_rc_hdf5_sink_parent_class)->finalize (object);
}

static void
install_properties (GObjectClass * klass)
{
  const GParamFlags ready = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
      | GST_PARAM_MUTABLE_READY;
  const GParamFlags playing = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
      | GST_PARAM_MUTABLE_PLAYING;

  g_object_class_install_property (klass, PROP_LOCATION,
      g_param_spec_string ("location", "Location", "File to record to", NULL,
          ready));
  g_object_class_install_property (klass, PROP_OVERWRITE,
      g_param_spec_boolean ("overwrite", "Overwrite", "Replace a file that is "
          "there. Off, it is an error: a robot's run cannot be repeated",
          FALSE, ready));
  g_object_class_install_property (klass, PROP_TASK,
      g_param_spec_string ("task", "Task", "What the robot does, in words: the "
          "attribute `task` of the episodes that start from now on", NULL,
          playing));
  g_object_class_install_property (klass, PROP_ENV_ARGS,
      g_param_spec_string ("env-args", "Environment arguments", "JSON object "
          "for robomimic: the attribute `env_args` of /data",
          DEFAULT_ENV_ARGS, ready));
  g_object_class_install_property (klass, PROP_EPISODE_GAP,
      g_param_spec_uint64 ("episode-gap", "Episode gap", "A row this many ns "
          "or more after the one before it starts a new episode (0 = never)",
          0, G_MAXINT64, 0, playing));
  g_object_class_install_property (klass, PROP_COMPRESSION,
      g_param_spec_uint ("compression", "Compression", "Level of gzip for "
          "images and other rows of 4 KiB or more (0 = none, which costs no "
          "time while recording; small vectors are never compressed)", 0, 9,
          DEFAULT_COMPRESSION, ready));
  g_object_class_install_property (klass, PROP_FLUSH_INTERVAL,
      g_param_spec_uint ("flush-interval", "Flush interval", "Longest time in "
          "ms for which a row is not yet safe in the file", 1, 3600000,
          DEFAULT_FLUSH_INTERVAL, playing));
  g_object_class_install_property (klass, PROP_RESERVE,
      g_param_spec_uint64 ("reserve", "Reserve", "Bytes of the file system "
          "that stay free: recording stops, complete, before they are used",
          0, G_MAXINT64, DEFAULT_RESERVE, ready));
  g_object_class_install_property (klass, PROP_SYNC,
      g_param_spec_boolean ("sync", "Sync", "Record each row when the clock "
          "reaches its time, instead of at once", FALSE, playing));
  g_object_class_install_property (klass, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics", "Of the recording, or after "
          "it of the last one: rows, flushed-rows, episodes, bytes, flushes, "
          "raw-rows (per stream) and dropped (buffers that could not be "
          "stored)", GST_TYPE_STRUCTURE,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
gst_rc_hdf5_sink_class_init (GstRcHdf5SinkClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  install_properties (object_class);
  /**
   * GstRcHdf5Sink::next-episode:
   *
   * The next aligned row starts a new episode. Windows are stored as they come:
   * where the aligner makes them (window above 1), the event "rc-next-episode"
   * sent through it lets it know as well.
   *
   * Since: 0.1
   */
  g_signal_new_class_handler ("next-episode", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_rc_hdf5_sink_next_episode), NULL, NULL, NULL,
      G_TYPE_NONE, 0);
  element_class->change_state = change_state;
  element_class->request_new_pad = request_new_pad;
  element_class->release_pad = release_pad;
  gst_element_class_add_static_pad_template (element_class, &aligned_template);
  gst_element_class_add_static_pad_template (element_class, &raw_template);
  gst_element_class_set_static_metadata (element_class, "HDF5 recorder",
      "Sink/File", "Records aligned and raw robot data to HDF5, to train on",
      "RoboCache");
}

static void
gst_rc_hdf5_sink_init (GstRcHdf5Sink * self)
{
  GstPadTemplate *templ = gst_static_pad_template_get (&aligned_template);
  GstPad *pad = gst_ghost_pad_new_no_target_from_template ("sink", templ);

  gst_object_unref (templ);
  g_mutex_init (&self->flush_mutex);
  g_cond_init (&self->flush_cond);
  self->env_args = g_strdup (DEFAULT_ENV_ARGS);
  self->compression = DEFAULT_COMPRESSION;
  self->flush_interval = DEFAULT_FLUSH_INTERVAL;
  self->reserve = DEFAULT_RESERVE;
  connect_input (self, pad, NULL);
  gst_element_add_pad (GST_ELEMENT (self), pad);
}
