/* SPDX-License-Identifier: Apache-2.0 */
/* An HDF5 file of growing datasets that is whole after every flush.
 *
 * A dataset is rows of one shape. Small rows wait in memory and go to the file
 * in one piece; a row of 4 KiB or more is written at once, as its own chunk.
 * Extents in the file change in rc_h5_file_flush () only, and then as h5disk.h
 * says: the rows of a dataset that was created first are counted last.
 *
 * Only rows that are a chunk of their own can be compressed: a chunk that grows
 * would be compressed anew in another place at every flush, over space that
 * the file on the disk may still use.
 *
 * The first error is kept: everything fails with it from then on, and the file
 * stays as the last good flush left it. None of this is thread-safe: callers
 * hold rc_h5_lock (). */
#pragma once

#include <gst/gst.h>
#include <hdf5.h>

#include "common/dtype.h"

G_BEGIN_DECLS

#define RC_H5_MAX_RANK 31       /* of a row: HDF5 has 32, and one is time */

typedef struct _RcH5File RcH5File;
typedef struct _RcH5Set RcH5Set;

/* Creates a file; see rc_h5_disk_open (). `reserve` is the number of bytes that
 * stay free on its file system. */
RcH5File *rc_h5_file_new (const gchar * path, gboolean overwrite,
    guint64 reserve, GError ** error);

/* Flushes, unless there was an error, and frees everything. With `remove` the
 * file goes too. FALSE when that flush fails. */
gboolean rc_h5_file_close (RcH5File * file, gboolean remove, GError ** error);

hid_t rc_h5_file_id (RcH5File * file);

/* Creates an error from libhdf5's error stack, or the failed write, and lets
 * nothing be written any more; for use after an H5 call of one's own that
 * failed. `what` completes "Could not ...". Always FALSE. */
gboolean rc_h5_file_fail (RcH5File * file, const gchar * what, GError ** error);

/* FALSE, with that error, once there was one. */
gboolean rc_h5_file_ok (RcH5File * file, GError ** error);

/* FALSE, with GST_RESOURCE_ERROR_NO_SPACE_LEFT, when `bytes` more would leave
 * less than the reserve free. Nothing is lost by it: what was appended before
 * can still be flushed. */
gboolean rc_h5_file_has_room (RcH5File * file, guint64 bytes, GError ** error);

/* Hands the rows that wait to libhdf5, so that nothing is allocated by the
 * flush that follows. */
gboolean rc_h5_file_write_rows (RcH5File * file, GError ** error);
gboolean rc_h5_file_flush (RcH5File * file, GError ** error);

guint64 rc_h5_file_size (RcH5File * file);

/* Creates a dataset [0, dims...] in a group. `single`: a row is a chunk, however
 * small it is. `level` of gzip, 0: none. The dataset belongs to the file;
 * rc_h5_set_free () ends it earlier. */
RcH5Set *rc_h5_set_new (RcH5File * file, hid_t group, const gchar * name,
    RcDType dtype, const hsize_t * dims, guint rank, gboolean single,
    guint level, GError ** error);
gboolean rc_h5_set_append (RcH5Set * set, const void *rows, gsize n,
    GError ** error);
/* Writes what waits and closes the dataset. */
gboolean rc_h5_set_free (RcH5Set * set, GError ** error);

hid_t rc_h5_set_id (RcH5Set * set);
gsize rc_h5_set_row_bytes (RcH5Set * set);
/* Bytes that a further row may allocate in the file, its chunk included. */
guint64 rc_h5_set_cost (RcH5Set * set);

/* HDF5's type for elements, in memory and in the file; to be closed with
 * H5Tclose (). < 0 on failure. */
hid_t rc_h5_type_new (RcDType dtype);

/* Attributes. Strings are UTF-8 of variable length, as h5py writes them. */
gboolean rc_h5_attr_int (RcH5File * file, hid_t object, const gchar * name,
    gint64 value, GError ** error);
/* Changes one that is there. */
gboolean rc_h5_attr_set_int (RcH5File * file, hid_t object,
    const gchar * name, gint64 value, GError ** error);
gboolean rc_h5_attr_string (RcH5File * file, hid_t object, const gchar * name,
    const gchar * value, GError ** error);
gboolean rc_h5_attr_strings (RcH5File * file, hid_t object, const gchar * name,
    gchar ** values, guint n, GError ** error);

G_END_DECLS
