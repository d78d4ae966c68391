/* SPDX-License-Identifier: Apache-2.0 */
#include "h5recording.h"

#include <string.h>

#include "h5file.h"

/* Names of episodes and raw streams lie in the local heaps of /data and /raw.
 * A heap that grows moves, which is safe but slow: room for 2000 names. */
#define NAMES_HEAP (32 * 1024)
/* An attribute is limited to 64 KiB, 16 bytes for each string. */
#define MAX_LABELS 4000

typedef struct
{
  const RcH5Plan *plan;
  hid_t group;
  guint64 rows;
  gboolean provenance;
  RcH5Set *time, *actions;
  GPtrArray *observations;      /* RcH5Set, as in the plan */
  GPtrArray *valid, *skew;      /* RcH5Set, as plan->aligned */
} Episode;

struct _RcH5Raw
{
  RcH5Recording *recording;
  gchar *name;
  RcH5Column *column;
  gchar *caps;
  RcH5Set *time, *values;       /* NULL before the first sample */
  guint64 rows;
};

struct _RcH5Recording
{
  RcH5File *file;
  hid_t data, raw;              /* groups; raw < 0 until there is one */
  guint level;
  Episode *episode;             /* or NULL */
  GPtrArray *raws;
  RcH5RecordingStats stats;
  guint8 *scratch;
  gsize scratch_size;
};

/* ---- groups and attributes ---- */

static hid_t
new_group (hid_t parent, const gchar * name, gsize heap)
{
  hid_t creation = H5Pcreate (H5P_GROUP_CREATE), group = -1;

  if (creation < 0)
    return -1;
  if (heap == 0 || H5Pset_local_heap_size_hint (creation, heap) >= 0)
    group = name ? H5Gcreate2 (parent, name, H5P_DEFAULT, creation,
        H5P_DEFAULT) : H5Gcreate_anon (parent, creation, H5P_DEFAULT);
  H5Pclose (creation);
  return group;
}

static gboolean
maybe_string (RcH5File * file, hid_t object, const gchar * name,
    const gchar * value, GError ** error)
{
  return !value || !*value || rc_h5_attr_string (file, object, name, value,
      error);
}

static gboolean
maybe_strings (RcH5File * file, hid_t object, const gchar * name,
    gchar ** values, GError ** error)
{
  guint n = values ? g_strv_length (values) : 0;

  return n == 0 || n > MAX_LABELS || rc_h5_attr_strings (file, object, name,
      values, n, error);
}

static gboolean
describe (RcH5File * file, hid_t object, const RcH5Column * c, GError ** error)
{
  return maybe_strings (file, object, "names", c->names, error)
      && maybe_strings (file, object, "units", c->units, error)
      && maybe_string (file, object, "frame_id", c->frame, error)
      && maybe_string (file, object, "method", c->method, error)
      && maybe_string (file, object, "role", c->role, error)
      && maybe_string (file, object, "format", c->format, error);
}

static guint8 *
scratch (RcH5Recording * r, gsize size)
{
  if (r->scratch_size < size) {
    r->scratch = g_realloc (r->scratch, size);
    r->scratch_size = size;
  }
  return r->scratch;
}

/* ---- the file ---- */

RcH5Recording *
rc_h5_recording_new (const RcH5RecordingConfig * config, GError ** error)
{
  RcH5File *file = rc_h5_file_new (config->location, config->overwrite,
      config->reserve, error);
  RcH5Recording *r;
  gboolean ok;

  if (!file)
    return NULL;
  r = g_new0 (RcH5Recording, 1);
  r->file = file;
  r->level = config->level;
  r->raws = g_ptr_array_new ();
  r->raw = -1;
  r->data = new_group (rc_h5_file_id (file), "data", NAMES_HEAP);
  ok = r->data >= 0 || rc_h5_file_fail (file, "create the group data", error);
  ok = ok && rc_h5_attr_int (file, r->data, "total", 0, error)
      && rc_h5_attr_string (file, r->data, "env_args", config->env_args, error)
      && rc_h5_file_has_room (file, 0, error)
      && rc_h5_file_flush (file, error);
  if (!ok) {
    rc_h5_recording_close (r, NULL);
    return NULL;
  }
  return r;
}

/* Makes the rows so far count in the file. */
static gboolean
update_counts (RcH5Recording * r, GError ** error)
{
  Episode *e = r->episode;

  if (e && !rc_h5_attr_set_int (r->file, e->group, "num_samples", e->rows,
          error))
    return FALSE;
  return rc_h5_attr_set_int (r->file, r->data, "total", r->stats.rows, error);
}

gboolean
rc_h5_recording_flush (RcH5Recording * r, GError ** error)
{
  if (!rc_h5_file_write_rows (r->file, error) || !update_counts (r, error)
      || !rc_h5_file_flush (r->file, error))
    return FALSE;
  r->stats.flushed_rows = r->stats.rows;
  r->stats.flushes++;
  return TRUE;
}

void
rc_h5_recording_get_stats (RcH5Recording * r, RcH5RecordingStats * stats)
{
  *stats = r->stats;
  stats->bytes = rc_h5_file_size (r->file);
}

/* Links an object that was created without a name, and has its first row, into
 * its group. Nothing is allocated between this and the end of the flush: were
 * the group's heap to move, what it frees would not be used again before the
 * file on the disk knows. */
static gboolean
publish (RcH5Recording * r, hid_t object, hid_t group, const gchar * name,
    GError ** error)
{
  if (!rc_h5_file_write_rows (r->file, error) || !update_counts (r, error))
    return FALSE;
  if (H5Olink (object, group, name, H5P_DEFAULT, H5P_DEFAULT) < 0)
    return rc_h5_file_fail (r->file, "link a group", error);
  return TRUE;
}

/* ---- episodes ---- */

static void
episode_free (Episode * e)
{
  if (e->group >= 0)
    H5Gclose (e->group);
  g_ptr_array_unref (e->observations);
  g_ptr_array_unref (e->valid);
  g_ptr_array_unref (e->skew);
  g_free (e);
}

static gboolean
free_set (RcH5Set * set, GError ** error)
{
  return !set || rc_h5_set_free (set, error);
}

static gboolean
free_sets (GPtrArray * sets, GError ** error)
{
  gboolean ok = TRUE;

  for (guint i = 0; i < sets->len; i++)
    ok = free_set (g_ptr_array_index (sets, i), ok ? error : NULL) && ok;
  return ok;
}

/* Writes what waits and closes all datasets. */
static gboolean
close_sets (Episode * e, GError ** error)
{
  gboolean ok = free_sets (e->observations, error);

  ok = free_sets (e->valid, ok ? error : NULL) && ok;
  ok = free_sets (e->skew, ok ? error : NULL) && ok;
  ok = free_set (e->actions, ok ? error : NULL) && ok;
  return free_set (e->time, ok ? error : NULL) && ok;
}

gboolean
rc_h5_recording_end_episode (RcH5Recording * r, GError ** error)
{
  Episode *e = r->episode;
  gboolean ok;

  if (!e)
    return TRUE;
  ok = close_sets (e, error) && update_counts (r, error);
  r->episode = NULL;
  episode_free (e);
  return ok;
}

gboolean
rc_h5_recording_in_episode (RcH5Recording * r)
{
  return r->episode != NULL;
}

gboolean
rc_h5_recording_has_provenance (RcH5Recording * r)
{
  return r->episode && r->episode->provenance;
}

static gboolean
create_column (RcH5Recording * r, hid_t group, const RcH5Column * c,
    GPtrArray * sets, GError ** error)
{
  RcH5Set *set = rc_h5_set_new (r->file, group, c->name, c->dtype, c->dims,
      c->rank, c->image, r->level, error);

  if (!set)
    return FALSE;
  g_ptr_array_add (sets, set);
  return describe (r->file, rc_h5_set_id (set), c, error);
}

static gboolean
create_observations (RcH5Recording * r, Episode * e, GError ** error)
{
  hid_t group = new_group (e->group, "obs", 0);
  gboolean ok = group >= 0
      || rc_h5_file_fail (r->file, "create the group obs", error);

  for (guint i = 0; ok && i < e->plan->observations->len; i++)
    ok = create_column (r, group, g_ptr_array_index (e->plan->observations, i),
        e->observations, error);
  if (group >= 0)
    H5Gclose (group);
  return ok;
}

static gboolean
create_provenance (RcH5Recording * r, Episode * e, const gchar * name,
    RcDType dtype, GPtrArray * sets, GError ** error)
{
  hid_t group = new_group (e->group, name, 0);
  hsize_t window = e->plan->window;
  gboolean ok = group >= 0
      || rc_h5_file_fail (r->file, "create a group", error);

  for (guint i = 0; ok && i < e->plan->n_aligned; i++) {
    RcH5Set *set = rc_h5_set_new (r->file, group, e->plan->aligned[i], dtype,
        &window, window > 1, FALSE, 0, error);

    ok = set != NULL;
    if (ok)
      g_ptr_array_add (sets, set);
  }
  if (group >= 0)
    H5Gclose (group);
  return ok;
}

/* The labels of all actions, where each of their streams has them. */
static gchar **
joined_labels (const RcH5Plan * plan, gboolean units)
{
  GPtrArray *all = g_ptr_array_new ();

  for (guint i = 0; i < plan->actions->len; i++) {
    const RcH5Column *c = g_ptr_array_index (plan->actions, i);
    gchar **labels = units ? c->units : c->names;

    for (guint j = 0; labels && labels[j]; j++)
      g_ptr_array_add (all, g_strdup (labels[j]));
  }
  g_ptr_array_add (all, NULL);
  if (all->len - 1 != plan->action_width) {
    g_strfreev ((gchar **) g_ptr_array_free (all, FALSE));
    return NULL;
  }
  return (gchar **) g_ptr_array_free (all, FALSE);
}

static gboolean
describe_actions (RcH5Recording * r, Episode * e, GError ** error)
{
  hid_t id = rc_h5_set_id (e->actions);
  gchar **names = joined_labels (e->plan, FALSE);
  gchar **units = joined_labels (e->plan, TRUE);
  GString *streams = g_string_new (NULL), *methods = g_string_new (NULL);
  gsize offset = 0;
  gboolean ok;

  for (guint i = 0; i < e->plan->actions->len; i++) {
    const RcH5Column *c = g_ptr_array_index (e->plan->actions, i);
    gsize width = c->block * c->blocks / rc_dtype_size (c->dtype)
        / e->plan->window;

    g_string_append_printf (streams, "%s%s:%" G_GSIZE_FORMAT ":%"
        G_GSIZE_FORMAT, i ? "," : "", c->stream, offset, width);
    g_string_append_printf (methods, "%s%s", i ? "," : "",
        c->method ? c->method : "");
    offset += width;
  }
  ok = maybe_strings (r->file, id, "names", names, error)
      && maybe_strings (r->file, id, "units", units, error)
      && rc_h5_attr_string (r->file, id, "streams", streams->str, error)
      && rc_h5_attr_string (r->file, id, "method", methods->str, error);
  g_strfreev (names);
  g_strfreev (units);
  g_string_free (streams, TRUE);
  g_string_free (methods, TRUE);
  return ok;
}

static gboolean
create_actions (RcH5Recording * r, Episode * e, GError ** error)
{
  hsize_t dims[2] = { e->plan->window, e->plan->action_width };
  gboolean windows = e->plan->window > 1;

  if (e->plan->actions->len == 0)
    return TRUE;
  e->actions = rc_h5_set_new (r->file, e->group, "actions", RC_FLOAT32,
      windows ? dims : dims + 1, windows ? 2 : 1, FALSE, 0, error);
  return e->actions && describe_actions (r, e, error);
}

/* What is created first is counted last in a flush: the number of samples, then
 * the times, then all others. */
static gboolean
create_episode (RcH5Recording * r, Episode * e, const RcH5Row * row,
    GError ** error)
{
  e->group = new_group (r->data, NULL, 0);
  if (e->group < 0)
    return rc_h5_file_fail (r->file, "create an episode", error);
  if (!rc_h5_attr_int (r->file, e->group, "num_samples", 0, error)
      || !maybe_string (r->file, e->group, "task", row->task, error)
      || (row->utc_of_zero != RC_TIME_NONE
          && !rc_h5_attr_int (r->file, e->group, "utc_of_zero",
              row->utc_of_zero, error))
      || !rc_h5_attr_string (r->file, e->group, "caps", e->plan->caps, error))
    return FALSE;
  e->time = rc_h5_set_new (r->file, e->group, "time", RC_INT64, NULL, 0, FALSE,
      0, error);
  return e->time && create_observations (r, e, error)
      && create_actions (r, e, error)
      && (!e->provenance || (create_provenance (r, e, "valid", RC_UINT8,
              e->valid, error)
          && create_provenance (r, e, "skew", RC_INT64, e->skew, error)));
}

/* ---- rows ---- */

static guint64
sets_cost (GPtrArray * sets)
{
  guint64 cost = 0;

  for (guint i = 0; i < sets->len; i++)
    cost += rc_h5_set_cost (g_ptr_array_index (sets, i));
  return cost;
}

static gboolean
episode_has_room (RcH5Recording * r, Episode * e, GError ** error)
{
  guint64 cost = rc_h5_set_cost (e->time) + sets_cost (e->observations)
      + sets_cost (e->valid) + sets_cost (e->skew);

  if (e->actions)
    cost += rc_h5_set_cost (e->actions);
  return rc_h5_file_has_room (r->file, cost, error);
}

/* The bytes of a column in a row, gathered if they lie apart. */
static const guint8 *
column_data (RcH5Recording * r, const RcH5Column * c, const RcH5Row * row)
{
  const guint8 *from = row->tensors[c->tensor] + c->offset;
  guint8 *to;

  if (c->blocks == 1)
    return from;
  to = scratch (r, c->block * c->blocks);
  for (gsize i = 0; i < c->blocks; i++)
    memcpy (to + i * c->block, from + i * c->stride, c->block);
  return to;
}

/* Converts elements to float32, in place. */
static gboolean
to_float (RcH5Recording * r, RcDType dtype, guint8 * data, gsize n,
    GError ** error)
{
  hid_t type;
  gboolean ok;

  if (dtype == RC_FLOAT32)
    return TRUE;
  type = rc_h5_type_new (dtype);
  ok = type >= 0 && H5Tconvert (type, H5T_NATIVE_FLOAT, n, data, NULL,
      H5P_DEFAULT) >= 0;
  if (type >= 0)
    H5Tclose (type);
  return ok || rc_h5_file_fail (r->file, "convert an action to float32", error);
}

static gboolean
append_actions (RcH5Recording * r, Episode * e, const RcH5Row * row,
    GError ** error)
{
  const gsize window = e->plan->window, width = e->plan->action_width;
  gfloat *all = g_new (gfloat, window * width);
  guint8 *one = NULL;
  gsize offset = 0;
  gboolean ok = TRUE;

  for (guint i = 0; ok && i < e->plan->actions->len; i++) {
    const RcH5Column *c = g_ptr_array_index (e->plan->actions, i);
    gsize bytes = c->block * c->blocks, element = rc_dtype_size (c->dtype);
    gsize n = bytes / element, part = n / window;

    one = g_realloc (one, n * MAX (element, sizeof (gfloat)));
    memcpy (one, column_data (r, c, row), bytes);
    ok = to_float (r, c->dtype, one, n, error);
    for (gsize w = 0; ok && w < window; w++)
      memcpy (all + w * width + offset, one + w * part * sizeof (gfloat),
          part * sizeof (gfloat));
    offset += part;
  }
  ok = ok && rc_h5_set_append (e->actions, all, 1, error);
  g_free (one);
  g_free (all);
  return ok;
}

/* One stream's column of the provenance, [window, aligned]. */
static gboolean
append_provenance (RcH5Recording * r, Episode * e, guint stream,
    const RcH5Row * row, GError ** error)
{
  const guint n = e->plan->n_aligned, window = e->plan->window;
  gint64 *skew = (gint64 *) (gpointer) scratch (r, window * 9);
  guint8 *state = (guint8 *) (skew + window);

  for (guint w = 0; w < window; w++) {
    state[w] = row->state[w * n + stream];
    memcpy (&skew[w], (const guint8 *) row->skew
        + ((gsize) w * n + stream) * sizeof (gint64), sizeof (gint64));
  }
  return rc_h5_set_append (g_ptr_array_index (e->valid, stream), state, 1,
      error) && rc_h5_set_append (g_ptr_array_index (e->skew, stream), skew, 1,
      error);
}

static gboolean
append_row (RcH5Recording * r, Episode * e, const RcH5Row * row,
    GError ** error)
{
  gboolean ok = rc_h5_set_append (e->time, &row->time, 1, error);

  for (guint i = 0; ok && i < e->observations->len; i++)
    ok = rc_h5_set_append (g_ptr_array_index (e->observations, i),
        column_data (r, g_ptr_array_index (e->plan->observations, i), row), 1,
        error);
  if (ok && e->actions)
    ok = append_actions (r, e, row, error);
  for (guint i = 0; ok && i < e->valid->len; i++)
    ok = append_provenance (r, e, i, row, error);
  if (ok) {
    e->rows++;
    r->stats.rows++;
  }
  return ok;
}

static gboolean
start_episode (RcH5Recording * r, const RcH5Plan * plan, const RcH5Row * row,
    GError ** error)
{
  Episode *e;
  gchar name[32];

  /* the episode before is whole in the file before this one shows */
  if (r->stats.rows != r->stats.flushed_rows
      && !rc_h5_recording_flush (r, error))
    return FALSE;
  e = g_new0 (Episode, 1);
  e->plan = plan;
  e->group = -1;
  e->provenance = row->state != NULL;
  e->observations = g_ptr_array_new ();
  e->valid = g_ptr_array_new ();
  e->skew = g_ptr_array_new ();
  g_snprintf (name, sizeof (name), "demo_%" G_GUINT64_FORMAT,
      r->stats.episodes);
  if (!create_episode (r, e, row, error) || !episode_has_room (r, e, error)
      || !append_row (r, e, row, error)) {
    /* the group has no link, so that it goes away with its handle */
    close_sets (e, NULL);
    episode_free (e);
    return FALSE;
  }
  r->episode = e;
  if (!publish (r, e->group, r->data, name, error))
    return FALSE;
  r->stats.episodes++;
  return rc_h5_recording_flush (r, error);
}

gboolean
rc_h5_recording_add (RcH5Recording * r, const RcH5Plan * plan,
    const RcH5Row * row, GError ** error)
{
  if (!r->episode)
    return start_episode (r, plan, row, error);
  return episode_has_room (r, r->episode, error)
      && append_row (r, r->episode, row, error);
}

/* ---- raw streams ---- */

static gboolean
raw_fits (const RcH5Raw * raw, const RcH5Column * c)
{
  return c->dtype == raw->column->dtype && c->rank == raw->column->rank
      && memcmp (c->dims, raw->column->dims, c->rank * sizeof (hsize_t)) == 0
      && g_strcmp0 (c->format, raw->column->format) == 0;
}

RcH5Raw *
rc_h5_recording_get_raw (RcH5Recording * r, const gchar * name,
    const RcH5Column * column, const gchar * caps, GError ** error)
{
  RcH5Raw *raw;

  for (guint i = 0; i < r->raws->len; i++) {
    raw = g_ptr_array_index (r->raws, i);
    if (!g_str_equal (raw->name, name))
      continue;
    if (raw_fits (raw, column))
      return raw;
    gst_rc_caps_fail (error, "raw stream \"%s\" was recorded with caps %s, and "
        "cannot go on with %s in the same file", name, raw->caps, caps);
    return NULL;
  }
  raw = g_new0 (RcH5Raw, 1);
  raw->recording = r;
  raw->name = g_strdup (name);
  raw->column = rc_h5_column_copy (column);
  raw->caps = g_strdup (caps);
  g_ptr_array_add (r->raws, raw);
  return raw;
}

guint
rc_h5_recording_n_raws (RcH5Recording * r)
{
  return r->raws->len;
}

const gchar *
rc_h5_recording_raw_name (RcH5Recording * r, guint i)
{
  const RcH5Raw *raw = g_ptr_array_index (r->raws, i);

  return raw->name;
}

guint64
rc_h5_recording_raw_rows (RcH5Recording * r, guint i)
{
  const RcH5Raw *raw = g_ptr_array_index (r->raws, i);

  return raw->rows;
}

static gboolean
create_raw (RcH5Raw * raw, hid_t group, GError ** error)
{
  RcH5Recording *r = raw->recording;
  const RcH5Column *c = raw->column;

  if (group < 0)
    return rc_h5_file_fail (r->file, "create a raw stream", error);
  if (!rc_h5_attr_string (r->file, group, "caps", raw->caps, error))
    return FALSE;
  raw->time = rc_h5_set_new (r->file, group, "time", RC_INT64, NULL, 0, FALSE,
      0, error);
  if (!raw->time)
    return FALSE;
  raw->values = rc_h5_set_new (r->file, group, "values", c->dtype, c->dims,
      c->rank, c->image, r->level, error);
  return raw->values && describe (r->file, rc_h5_set_id (raw->values), c,
      error);
}

static gboolean
append_raw (RcH5Raw * raw, const gint64 * times, const void *values, gsize n,
    GError ** error)
{
  guint64 cost = rc_h5_set_cost (raw->time) + rc_h5_set_cost (raw->values)
      + n * (rc_h5_set_row_bytes (raw->values) + sizeof (gint64));

  if (!rc_h5_file_has_room (raw->recording->file, cost, error)
      || !rc_h5_set_append (raw->time, times, n, error)
      || !rc_h5_set_append (raw->values, values, n, error))
    return FALSE;
  raw->rows += n;
  return TRUE;
}

static gboolean
start_raw (RcH5Raw * raw, const gint64 * times, const void *values, gsize n,
    GError ** error)
{
  RcH5Recording *r = raw->recording;
  hid_t group;
  gboolean ok;

  if (r->raw < 0) {
    r->raw = new_group (rc_h5_file_id (r->file), "raw", NAMES_HEAP);
    if (r->raw < 0)
      return rc_h5_file_fail (r->file, "create the group raw", error);
  }
  group = new_group (r->raw, NULL, 0);
  ok = create_raw (raw, group, error)
      && append_raw (raw, times, values, n, error)
      && publish (r, group, r->raw, raw->name, error)
      && rc_h5_recording_flush (r, error);
  if (!ok) {
    free_set (raw->values, NULL);
    free_set (raw->time, NULL);
    raw->values = raw->time = NULL;
  }
  if (group >= 0)
    H5Gclose (group);
  return ok;
}

gboolean
rc_h5_raw_append (RcH5Raw * raw, const gint64 * times, const void *values,
    gsize n, GError ** error)
{
  if (n == 0)
    return TRUE;
  if (!raw->time)
    return start_raw (raw, times, values, n, error);
  return append_raw (raw, times, values, n, error);
}

static void
raw_free (RcH5Raw * raw)
{
  rc_h5_column_free (raw->column);
  g_free (raw->name);
  g_free (raw->caps);
  g_free (raw);
}

/* The links of ACT and ALOHA loaders, which know files of one episode. They
 * wait for the end, since a link cannot be taken away in a safe order. */
static gboolean
add_links (RcH5Recording * r, GError ** error)
{
  hid_t root = rc_h5_file_id (r->file);

  if (r->stats.episodes != 1
      || (H5Lcreate_soft ("/data/demo_0/obs", root, "observations",
              H5P_DEFAULT, H5P_DEFAULT) >= 0
          && (H5Lexists (root, "/data/demo_0/actions", H5P_DEFAULT) <= 0
              || H5Lcreate_soft ("/data/demo_0/actions", root, "action",
                  H5P_DEFAULT, H5P_DEFAULT) >= 0)))
    return TRUE;
  return rc_h5_file_fail (r->file, "link the actions", error);
}

gboolean
rc_h5_recording_close (RcH5Recording * r, GError ** error)
{
  gboolean ok = rc_h5_recording_flush (r, error), empty;

  ok = ok && add_links (r, error);
  empty = r->stats.episodes == 0;
  for (guint i = 0; i < r->raws->len; i++) {
    RcH5Raw *raw = g_ptr_array_index (r->raws, i);

    empty = empty && raw->rows == 0;
    raw_free (raw);
  }
  g_ptr_array_unref (r->raws);
  if (r->episode)
    ok = rc_h5_recording_end_episode (r, ok ? error : NULL) && ok;
  if (r->raw >= 0)
    H5Gclose (r->raw);
  if (r->data >= 0)
    H5Gclose (r->data);
  ok = rc_h5_file_close (r->file, empty, ok ? error : NULL) && ok;
  g_free (r->scratch);
  g_free (r);
  return ok;
}
