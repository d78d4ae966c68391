/* SPDX-License-Identifier: Apache-2.0 */
/* The file below libhdf5: a file driver whose flushes survive a crash.
 *
 * libhdf5 changes its structures in place and in no particular order, so that a
 * process killed in a flush can leave a file whose extents have grown while the
 * data has not, or that does not open. This driver keeps every write of
 * metadata in memory until a flush, and then writes in an order in which the
 * file is whole after each step:
 *
 *   1. room for all of it is reserved (a full disk shows here, before a byte of
 *      what the file already held has changed)
 *   2. samples; these are written as they come, where nothing points yet
 *   3. structures that are new, to which nothing points yet
 *   4. the superblock (the end of the file), heaps, B-tree nodes from the root
 *      down (each in two steps, so that a node is never seen with more entries
 *      than it has)
 *   5. object headers from the last one created to the first: the extents of
 *      datasets, then what was created before them
 *
 * What is created first is therefore brought up to date last: an attribute
 * that counts rows, or a dataset of times, created before the datasets that it
 * speaks for, never counts a row that is not there in full.
 *
 * A write that fails is never reported to libhdf5, whose error paths destroy
 * files. From the first failure on the driver writes nothing at all; the caller
 * asks rc_h5_disk_error () and closes the file as usual, which leaves it as the
 * last good flush did.
 *
 * None of this is thread-safe: callers hold rc_h5_lock (). */
#pragma once

#include <gst/gst.h>
#include <hdf5.h>

G_BEGIN_DECLS

typedef struct _RcH5Disk RcH5Disk;

/* libhdf5 is built without thread safety by most distributions, so that one
 * lock guards it in the whole process. While it is held, libhdf5 prints no
 * error stacks. */
void rc_h5_lock (void);
void rc_h5_unlock (void);

/* Opens `path` for writing, empty. A file that is there is refused unless
 * `overwrite`; what is not a regular file, or is locked by another writer, is
 * always refused. Errors are GST_RESOURCE_ERROR_OPEN_WRITE with a message for
 * people. */
RcH5Disk *rc_h5_disk_open (const gchar * path, gboolean overwrite,
    GError ** error);

/* Closes the descriptor; with `remove` the file goes too. To be called after
 * H5Fclose (). */
void rc_h5_disk_close (RcH5Disk * disk, gboolean remove);

/* A new file access property list for H5Fcreate () on this file, or < 0. */
hid_t rc_h5_disk_access_list (RcH5Disk * disk);

/* errno of the first write that failed, or 0. */
gint rc_h5_disk_error (const RcH5Disk * disk);

/* Writes nothing from now on, as if a write had failed with `error`. */
void rc_h5_disk_abandon (RcH5Disk * disk, gint error);

/* Bytes that the file system, and the process' file size limit, still have for
 * this file; G_MAXUINT64 when that cannot be told. */
guint64 rc_h5_disk_free_space (const RcH5Disk * disk);

/* Bytes of the file, flushed or not. */
guint64 rc_h5_disk_size (const RcH5Disk * disk);

G_END_DECLS
