/* SPDX-License-Identifier: Apache-2.0 */
#include "h5file.h"

#include <errno.h>
#include <string.h>

#include "h5disk.h"

/* Rows from this size on are chunks, and written as they come. */
#define BIG_ROW 4096
#define CHUNK_BYTES (16 * 1024)
#define CHUNK_MAX_ROWS 1024
/* HDF5 keeps the size of a chunk in 32 bits. */
#define CHUNK_LIMIT G_MAXUINT32
/* Metadata that a flush may add for each dataset. */
#define SET_OVERHEAD 4096

#define ROOT_HEAP 1024

struct _RcH5File
{
  RcH5Disk *disk;
  hid_t id;
  guint64 reserve;
  GPtrArray *sets;
  GError *error;                /* the first one */
};

struct _RcH5Set
{
  RcH5File *file;
  hid_t id;
  hid_t type;
  guint rank;                   /* of a row */
  hsize_t dims[RC_H5_MAX_RANK + 1];     /* dims[0]: rows that libhdf5 has */
  gsize row_bytes;
  gsize chunk_rows;
  gboolean filtered;
  guint8 *waiting;              /* [chunk_rows] rows, or NULL for big rows */
  gsize n_waiting;
};

/* ---- errors ---- */

static herr_t
take_description (unsigned n, const H5E_error2_t * entry, void *data)
{
  gchar **text = data;

  /* the innermost entry comes first when walking upward */
  if (!*text && entry->desc)
    *text = g_strdup (entry->desc);
  return 0;
}

gboolean
rc_h5_file_fail (RcH5File * file, const gchar * what, GError ** error)
{
  gint code = rc_h5_disk_error (file->disk);
  gchar *reason = NULL;

  if (!file->error) {
    GstResourceError kind = GST_RESOURCE_ERROR_WRITE;

    if (code == ENOSPC || code == EDQUOT || code == EFBIG)
      kind = GST_RESOURCE_ERROR_NO_SPACE_LEFT;
    if (code)
      reason = g_strdup (g_strerror (code));
    else
      H5Ewalk2 (H5E_DEFAULT, H5E_WALK_UPWARD, take_description, &reason);
    file->error = g_error_new (GST_RESOURCE_ERROR, kind,
        "Could not %s: %s. What was flushed before is in the file", what,
        reason ? reason : "unknown error in libhdf5");
    g_free (reason);
  }
  rc_h5_disk_abandon (file->disk, EIO);
  return rc_h5_file_ok (file, error);
}

gboolean
rc_h5_file_ok (RcH5File * file, GError ** error)
{
  if (file->error && error)
    *error = g_error_copy (file->error);
  return file->error == NULL;
}

/* Turns the result of a libhdf5 call, and a write that failed in it, into an
 * error. */
static gboolean
check (RcH5File * file, gboolean good, const gchar * what, GError ** error)
{
  if (!file->error && good && rc_h5_disk_error (file->disk) == 0)
    return TRUE;
  return rc_h5_file_fail (file, what, error);
}

/* ---- files ---- */

RcH5File *
rc_h5_file_new (const gchar * path, gboolean overwrite, guint64 reserve,
    GError ** error)
{
  RcH5Disk *disk;
  RcH5File *file;
  hid_t access, creation;

  /* The handler that libhdf5 installs for exit () would write to files that
   * streaming threads are still using. */
  H5dont_atexit ();
  disk = rc_h5_disk_open (path, overwrite, error);
  if (!disk)
    return NULL;
  file = g_new0 (RcH5File, 1);
  file->disk = disk;
  file->reserve = reserve;
  file->sets = g_ptr_array_new ();
  access = rc_h5_disk_access_list (disk);
  creation = H5Pcreate (H5P_FILE_CREATE);
  /* the names in the root group, so that they never move */
  H5Pset_local_heap_size_hint (creation, ROOT_HEAP);
  file->id = H5Fcreate (path, H5F_ACC_TRUNC, creation, access);
  if (access >= 0)
    H5Pclose (access);
  if (creation >= 0)
    H5Pclose (creation);
  if (!check (file, file->id >= 0, "create the file", error)) {
    rc_h5_file_close (file, TRUE, NULL);
    return NULL;
  }
  return file;
}

hid_t
rc_h5_file_id (RcH5File * file)
{
  return file->id;
}

guint64
rc_h5_file_size (RcH5File * file)
{
  return rc_h5_disk_size (file->disk);
}

gboolean
rc_h5_file_has_room (RcH5File * file, guint64 bytes, GError ** error)
{
  guint64 space, pending = bytes;

  if (!rc_h5_file_ok (file, error))
    return FALSE;
  space = rc_h5_disk_free_space (file->disk);
  for (guint i = 0; i < file->sets->len; i++) {
    const RcH5Set *set = g_ptr_array_index (file->sets, i);

    pending += set->n_waiting * set->row_bytes + SET_OVERHEAD;
  }
  if (space >= file->reserve && space - file->reserve >= pending)
    return TRUE;
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT,
      "No space left: %" G_GUINT64_FORMAT " bytes are free, %"
      G_GUINT64_FORMAT " are needed and reserve=%" G_GUINT64_FORMAT
      ". The file is complete up to here", space, pending, file->reserve);
  return FALSE;
}

/* ---- datasets ---- */

hid_t
rc_h5_type_new (RcDType dtype)
{
  static const gint sign_at = 15;
  hid_t type;

  switch (dtype) {
    case RC_INT8:
      return H5Tcopy (H5T_NATIVE_INT8);
    case RC_UINT8:
      return H5Tcopy (H5T_NATIVE_UINT8);
    case RC_INT16:
      return H5Tcopy (H5T_NATIVE_INT16);
    case RC_UINT16:
      return H5Tcopy (H5T_NATIVE_UINT16);
    case RC_INT32:
      return H5Tcopy (H5T_NATIVE_INT32);
    case RC_UINT32:
      return H5Tcopy (H5T_NATIVE_UINT32);
    case RC_INT64:
      return H5Tcopy (H5T_NATIVE_INT64);
    case RC_UINT64:
      return H5Tcopy (H5T_NATIVE_UINT64);
    case RC_FLOAT32:
      return H5Tcopy (H5T_NATIVE_FLOAT);
    case RC_FLOAT64:
      return H5Tcopy (H5T_NATIVE_DOUBLE);
    case RC_FLOAT16:
    case RC_BFLOAT16:
    {
      gint mantissa = dtype == RC_FLOAT16 ? 10 : 7;
      gint exponent = sign_at - mantissa;

      /* the fields first: a type may only shrink to what they fit */
      type = H5Tcopy (H5T_NATIVE_FLOAT);
      if (type >= 0 && (H5Tset_fields (type, sign_at, mantissa, exponent, 0,
                  mantissa) < 0 || H5Tset_size (type, 2) < 0
              || H5Tset_ebias (type, (1 << (exponent - 1)) - 1) < 0)) {
        H5Tclose (type);
        type = -1;
      }
      return type;
    }
    case RC_N_DTYPES:
      break;
  }
  return -1;
}

static void
set_discard (RcH5Set * set)
{
  if (set->id >= 0)
    H5Dclose (set->id);
  if (set->type >= 0)
    H5Tclose (set->type);
  g_ptr_array_remove (set->file->sets, set);
  g_free (set->waiting);
  g_free (set);
}

RcH5Set *
rc_h5_set_new (RcH5File * file, hid_t group, const gchar * name,
    RcDType dtype, const hsize_t * dims, guint rank, gboolean single,
    guint level, GError ** error)
{
  hsize_t max[RC_H5_MAX_RANK + 1], chunk[RC_H5_MAX_RANK + 1];
  gsize bytes = rc_dtype_size (dtype);
  hid_t space, creation, access;
  gboolean good = TRUE;
  RcH5Set *set;

  g_return_val_if_fail (rank <= RC_H5_MAX_RANK && bytes > 0, NULL);
  if (!rc_h5_file_ok (file, error))
    return NULL;
  set = g_new0 (RcH5Set, 1);
  set->file = file;
  set->rank = rank;
  max[0] = H5S_UNLIMITED;
  for (guint i = 0; i < rank; i++) {
    set->dims[i + 1] = max[i + 1] = chunk[i + 1] = dims[i];
    if (!g_size_checked_mul (&bytes, bytes, dims[i]))
      bytes = G_MAXSIZE;
  }
  if (bytes == 0 || bytes > CHUNK_LIMIT) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "A row of \"%s\" has %" G_GSIZE_FORMAT " bytes, HDF5 stores 1 to %u",
        name, bytes, CHUNK_LIMIT);
    g_free (set);
    return NULL;
  }
  set->row_bytes = bytes;
  set->chunk_rows = single || bytes >= BIG_ROW ? 1
      : CLAMP (CHUNK_BYTES / bytes, 1, CHUNK_MAX_ROWS);
  set->filtered = level > 0 && set->chunk_rows == 1;
  chunk[0] = set->chunk_rows;
  set->type = rc_h5_type_new (dtype);
  space = H5Screate_simple (rank + 1, set->dims, max);
  creation = H5Pcreate (H5P_DATASET_CREATE);
  access = H5Pcreate (H5P_DATASET_ACCESS);
  good = set->type >= 0 && space >= 0 && creation >= 0 && access >= 0
      && H5Pset_chunk (creation, rank + 1, chunk) >= 0
      && H5Pset_obj_track_times (creation, 0) >= 0
      && H5Pset_chunk_cache (access, 1, 0, 0) >= 0;
  /* No chunk cache, and the place of a chunk known before it is written: rows
   * then go to their place at once, and no row is written twice. */
  if (good && set->filtered)
    good = H5Pset_shuffle (creation) >= 0
        && H5Pset_deflate (creation, level) >= 0;
  else if (good)
    good = H5Pset_alloc_time (creation, H5D_ALLOC_TIME_EARLY) >= 0
        && H5Pset_fill_time (creation, H5D_FILL_TIME_NEVER) >= 0;
  set->id = good ? H5Dcreate2 (group, name, set->type, space, H5P_DEFAULT,
      creation, access) : -1;
  if (space >= 0)
    H5Sclose (space);
  if (creation >= 0)
    H5Pclose (creation);
  if (access >= 0)
    H5Pclose (access);
  g_ptr_array_add (file->sets, set);
  if (!check (file, set->id >= 0, "create a dataset", error)) {
    set_discard (set);
    return NULL;
  }
  if (set->chunk_rows > 1)
    set->waiting = g_malloc (set->chunk_rows * set->row_bytes);
  return set;
}

hid_t
rc_h5_set_id (RcH5Set * set)
{
  return set->id;
}

gsize
rc_h5_set_row_bytes (RcH5Set * set)
{
  return set->row_bytes;
}

guint64
rc_h5_set_cost (RcH5Set * set)
{
  return set->chunk_rows * set->row_bytes;
}

static gboolean
write_rows (RcH5Set * set, const void *rows, gsize n, GError ** error)
{
  hsize_t start[RC_H5_MAX_RANK + 1] = { 0 };
  hsize_t count[RC_H5_MAX_RANK + 1];
  hid_t memory, space = -1;
  gboolean good;

  memcpy (count, set->dims, sizeof (count));
  start[0] = set->dims[0];
  count[0] = n;
  set->dims[0] += n;
  memory = H5Screate_simple (set->rank + 1, count, NULL);
  good = memory >= 0 && H5Dset_extent (set->id, set->dims) >= 0
      && (space = H5Dget_space (set->id)) >= 0
      && H5Sselect_hyperslab (space, H5S_SELECT_SET, start, NULL, count,
      NULL) >= 0
      && H5Dwrite (set->id, set->type, memory, space, H5P_DEFAULT, rows) >= 0;
  if (space >= 0)
    H5Sclose (space);
  if (memory >= 0)
    H5Sclose (memory);
  return check (set->file, good, "write rows", error);
}

static gboolean
write_waiting (RcH5Set * set, GError ** error)
{
  gsize n = set->n_waiting;

  set->n_waiting = 0;
  return n == 0 || write_rows (set, set->waiting, n, error);
}

gboolean
rc_h5_set_append (RcH5Set * set, const void *rows, gsize n, GError ** error)
{
  const guint8 *p = rows;

  if (!rc_h5_file_ok (set->file, error))
    return FALSE;
  if (!set->waiting) {
    for (; n > 0; n--, p += set->row_bytes) {
      if (!write_rows (set, p, 1, error))
        return FALSE;
    }
    return TRUE;
  }
  while (n > 0) {
    gsize take = MIN (n, set->chunk_rows - set->n_waiting);

    memcpy (set->waiting + set->n_waiting * set->row_bytes, p,
        take * set->row_bytes);
    set->n_waiting += take;
    p += take * set->row_bytes;
    n -= take;
    if (set->n_waiting == set->chunk_rows && !write_waiting (set, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
rc_h5_set_free (RcH5Set * set, GError ** error)
{
  gboolean ok = rc_h5_file_ok (set->file, error)
      && write_waiting (set, error);

  set_discard (set);
  return ok;
}

gboolean
rc_h5_file_write_rows (RcH5File * file, GError ** error)
{
  if (!rc_h5_file_ok (file, error))
    return FALSE;
  for (guint i = 0; i < file->sets->len; i++) {
    if (!write_waiting (g_ptr_array_index (file->sets, i), error))
      return FALSE;
  }
  return TRUE;
}

gboolean
rc_h5_file_flush (RcH5File * file, GError ** error)
{
  return rc_h5_file_write_rows (file, error)
      && check (file, H5Fflush (file->id, H5F_SCOPE_LOCAL) >= 0,
      "flush the file", error);
}

gboolean
rc_h5_file_close (RcH5File * file, gboolean remove, GError ** error)
{
  gboolean ok = rc_h5_file_ok (file, error)
      && rc_h5_file_flush (file, error);

  while (file->sets->len > 0)
    set_discard (g_ptr_array_index (file->sets, 0));
  if (file->id >= 0)
    H5Fclose (file->id);
  if (ok)
    ok = check (file, TRUE, "close the file", error);
  rc_h5_disk_close (file->disk, remove);
  g_ptr_array_unref (file->sets);
  g_clear_error (&file->error);
  g_free (file);
  return ok;
}

/* ---- attributes ---- */

static gboolean
write_attr (RcH5File * file, hid_t object, const gchar * name, hid_t type,
    hsize_t n, const void *data, GError ** error)
{
  hid_t space = n == 0 ? H5Screate (H5S_SCALAR)
      : H5Screate_simple (1, &n, NULL);
  hid_t attr = space >= 0 ? H5Acreate2 (object, name, type, space,
      H5P_DEFAULT, H5P_DEFAULT) : -1;
  gboolean good = attr >= 0 && H5Awrite (attr, type, data) >= 0;

  if (attr >= 0)
    H5Aclose (attr);
  if (space >= 0)
    H5Sclose (space);
  return check (file, good, "write an attribute", error);
}

gboolean
rc_h5_attr_int (RcH5File * file, hid_t object, const gchar * name,
    gint64 value, GError ** error)
{
  return write_attr (file, object, name, H5T_NATIVE_INT64, 0, &value, error);
}

gboolean
rc_h5_attr_set_int (RcH5File * file, hid_t object, const gchar * name,
    gint64 value, GError ** error)
{
  hid_t attr = H5Aopen (object, name, H5P_DEFAULT);
  gboolean good = attr >= 0 && H5Awrite (attr, H5T_NATIVE_INT64, &value) >= 0;

  if (attr >= 0)
    H5Aclose (attr);
  return check (file, good, "change an attribute", error);
}

static gboolean
write_strings (RcH5File * file, hid_t object, const gchar * name, hsize_t n,
    const void *data, GError ** error)
{
  hid_t type = H5Tcopy (H5T_C_S1);
  gboolean good = type >= 0 && H5Tset_size (type, H5T_VARIABLE) >= 0
      && H5Tset_cset (type, H5T_CSET_UTF8) >= 0;

  good = check (file, good, "make a string type", error)
      && write_attr (file, object, name, type, n, data, error);
  if (type >= 0)
    H5Tclose (type);
  return good;
}

gboolean
rc_h5_attr_string (RcH5File * file, hid_t object, const gchar * name,
    const gchar * value, GError ** error)
{
  return write_strings (file, object, name, 0, &value, error);
}

gboolean
rc_h5_attr_strings (RcH5File * file, hid_t object, const gchar * name,
    gchar ** values, guint n, GError ** error)
{
  return write_strings (file, object, name, n, values, error);
}
