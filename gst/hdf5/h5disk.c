/* SPDX-License-Identifier: Apache-2.0 */
#include "h5disk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#if H5_VERSION_GE (1, 14, 0)
#include <H5FDdevelop.h>
#endif

#define MAX_ADDRESS (((haddr_t) 1 << 62) - 1)

/* The first bytes of a B-tree node: signature, type, level, entries used. */
#define NODE_HEAD 8
#define NODE_LEVEL 5

/* Metadata that waits for the next flush. */
typedef struct
{
  haddr_t address;
  gsize size;
  H5FD_mem_t type;
  guint8 *data;
} Piece;

struct _RcH5Disk
{
  gint fd;
  gchar *path;
  haddr_t end;                  /* what libhdf5 has allocated */
  haddr_t reserved;             /* what the file system has given */
  GPtrArray *pieces;            /* by address, never overlapping */
  GHashTable *flushed;          /* addresses of metadata that is in the file */
  gint error;
};

/* What libhdf5 holds: it opens and closes a file more than once. */
typedef struct
{
  H5FD_t base;
  RcH5Disk *disk;
} Driver;

static GMutex lock;
static H5E_auto2_t saved_print;
static void *saved_print_data;

void
rc_h5_lock (void)
{
  g_mutex_lock (&lock);
  H5Eget_auto2 (H5E_DEFAULT, &saved_print, &saved_print_data);
  H5Eset_auto2 (H5E_DEFAULT, NULL, NULL);
}

void
rc_h5_unlock (void)
{
  H5Eset_auto2 (H5E_DEFAULT, saved_print, saved_print_data);
  g_mutex_unlock (&lock);
}

static void
piece_free (gpointer data)
{
  Piece *piece = data;

  g_free (piece->data);
  g_free (piece);
}

gint
rc_h5_disk_error (const RcH5Disk * disk)
{
  return disk->error;
}

void
rc_h5_disk_abandon (RcH5Disk * disk, gint error)
{
  if (!disk->error)
    disk->error = error ? error : EIO;
}

guint64
rc_h5_disk_size (const RcH5Disk * disk)
{
  return disk->end;
}

/* The process' limit for the size of a file. Writing beyond it is a signal,
 * which by default ends the process, so that the limit is checked first. */
static guint64
size_limit (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return G_MAXUINT64;
  return limit.rlim_cur;
}

guint64
rc_h5_disk_free_space (const RcH5Disk * disk)
{
  struct statvfs fs;
  guint64 space = G_MAXUINT64, limit = size_limit ();

  if (fstatvfs (disk->fd, &fs) == 0)
    space = (guint64) fs.f_bavail * fs.f_frsize;
  if (limit != G_MAXUINT64)
    space = MIN (space, limit > disk->end ? limit - disk->end : 0);
  return space;
}

static void
write_all (RcH5Disk * disk, haddr_t address, const void *data, gsize size)
{
  const guint8 *p = data;

  if (disk->error)
    return;
  if (address + size > size_limit ()) {
    disk->error = EFBIG;
    return;
  }
  while (size > 0) {
    ssize_t n = pwrite (disk->fd, p, size, address);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0) {
      disk->error = n < 0 ? errno : EIO;
      return;
    }
    p += n;
    address += n;
    size -= n;
  }
}

/* The index of the first piece that ends after `address`. */
static guint
find_piece (const RcH5Disk * disk, haddr_t address)
{
  guint low = 0, high = disk->pieces->len;

  while (low < high) {
    guint mid = low + (high - low) / 2;
    const Piece *piece = g_ptr_array_index (disk->pieces, mid);

    if (piece->address + piece->size <= address)
      low = mid + 1;
    else
      high = mid;
  }
  return low;
}

static void
keep_piece (RcH5Disk * disk, H5FD_mem_t type, haddr_t address, gsize size,
    const void *data)
{
  guint at = find_piece (disk, address);
  haddr_t start = address, end = address + size;
  Piece *piece = NULL;
  guint last = at;

  /* Usually the structure is new, or is there already with the same bounds. */
  for (; last < disk->pieces->len; last++) {
    piece = g_ptr_array_index (disk->pieces, last);
    if (piece->address >= end)
      break;
  }
  if (last == at + 1) {
    piece = g_ptr_array_index (disk->pieces, at);
    if (piece->address <= address && piece->address + piece->size >= end) {
      memcpy (piece->data + (address - piece->address), data, size);
      return;
    }
  }
  /* else what it overlaps becomes part of it */
  for (guint i = at; i < last; i++) {
    piece = g_ptr_array_index (disk->pieces, i);
    start = MIN (start, piece->address);
    end = MAX (end, piece->address + piece->size);
  }
  piece = g_new (Piece, 1);
  piece->address = start;
  piece->size = end - start;
  piece->type = type;
  piece->data = g_malloc (piece->size);
  for (guint i = at; i < last; i++) {
    const Piece *old = g_ptr_array_index (disk->pieces, i);

    memcpy (piece->data + (old->address - start), old->data, old->size);
  }
  memcpy (piece->data + (address - start), data, size);
  if (last > at)
    g_ptr_array_remove_range (disk->pieces, at, last - at);
  g_ptr_array_insert (disk->pieces, at, piece);
}

/* ---- a flush ---- */

typedef enum
{
  STEP_NEW, STEP_SUPERBLOCK, STEP_HEAP, STEP_BTREE, STEP_HEADER
} Step;

static gboolean
is_tree_node (const Piece * piece)
{
  return piece->size > NODE_HEAD && memcmp (piece->data, "TREE", 4) == 0;
}

static Step
piece_step (const RcH5Disk * disk, const Piece * piece)
{
  gint64 address = piece->address;

  if (piece->type == H5FD_MEM_SUPER)
    return STEP_SUPERBLOCK;
  if (!g_hash_table_contains (disk->flushed, &address))
    return STEP_NEW;
  switch (piece->type) {
    case H5FD_MEM_BTREE:
      return STEP_BTREE;
    case H5FD_MEM_OHDR:
      return STEP_HEADER;
    default:
      return STEP_HEAP;
  }
}

/* Nodes from the root down; a group's leaves (which are no "TREE") are last. */
static gint
piece_level (const Piece * piece)
{
  return is_tree_node (piece) ? piece->data[NODE_LEVEL] : -1;
}

static gint
compare_pieces (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const RcH5Disk *disk = user_data;
  const Piece *p = *(Piece * const *) a, *q = *(Piece * const *) b;
  Step step_p = piece_step (disk, p), step_q = piece_step (disk, q);

  if (step_p != step_q)
    return (gint) step_p - (gint) step_q;
  if (step_p == STEP_BTREE && piece_level (p) != piece_level (q))
    return piece_level (q) - piece_level (p);
  if (step_p == STEP_HEADER)
    return p->address < q->address ? 1 : p->address > q->address ? -1 : 0;
  return p->address < q->address ? -1 : p->address > q->address ? 1 : 0;
}

/* Gives the file all the room that libhdf5 has allocated. */
static void
reserve_room (RcH5Disk * disk)
{
  struct stat st;

  if (disk->error || disk->end <= disk->reserved)
    return;
  if (disk->end > size_limit ()) {
    disk->error = EFBIG;
    return;
  }
#ifdef __linux__
  if (fallocate (disk->fd, 0, disk->reserved, disk->end - disk->reserved) == 0) {
    disk->reserved = disk->end;
    return;
  }
  if (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL) {
    disk->error = errno;
    return;
  }
#endif
  /* Without reservation the writes below tell, which may be in the middle of a
   * flush: it is no loss, as the file is whole after each of them. */
  if (fstat (disk->fd, &st) != 0 || ((haddr_t) st.st_size < disk->end
          && ftruncate (disk->fd, disk->end) != 0))
    disk->error = errno;
  else
    disk->reserved = disk->end;
}

static void
flush_pieces (RcH5Disk * disk)
{
  GPtrArray *ordered;

  if (disk->error || disk->pieces->len == 0)
    return;
  reserve_room (disk);
  ordered = g_ptr_array_copy (disk->pieces, NULL, NULL);
  g_ptr_array_set_free_func (ordered, NULL);
  g_ptr_array_sort_with_data (ordered, compare_pieces, disk);
  for (guint i = 0; i < ordered->len; i++) {
    const Piece *piece = g_ptr_array_index (ordered, i);
    gsize head = 0;

    if (piece_step (disk, piece) == STEP_BTREE && is_tree_node (piece))
      head = NODE_HEAD;
    write_all (disk, piece->address + head, piece->data + head,
        piece->size - head);
    if (head)
      write_all (disk, piece->address, piece->data, head);
  }
  g_ptr_array_unref (ordered);
  if (disk->error)
    return;
  for (guint i = 0; i < disk->pieces->len; i++) {
    const Piece *piece = g_ptr_array_index (disk->pieces, i);
    gint64 *address = g_new (gint64, 1);

    *address = piece->address;
    g_hash_table_add (disk->flushed, address);
  }
  g_ptr_array_set_size (disk->pieces, 0);
}

/* ---- what libhdf5 calls ---- */

static H5FD_t *
driver_open (const char *name, unsigned flags, hid_t access, haddr_t max)
{
  RcH5Disk *const *info = H5Pget_driver_info (access);
  Driver *driver;

  if (!info)
    return NULL;
  driver = g_new0 (Driver, 1);
  driver->disk = *info;
  return &driver->base;
}

static herr_t
driver_close (H5FD_t * file)
{
  g_free (file);
  return 0;
}

static int
driver_cmp (const H5FD_t * a, const H5FD_t * b)
{
  const RcH5Disk *p = ((const Driver *) a)->disk;
  const RcH5Disk *q = ((const Driver *) b)->disk;

  return p < q ? -1 : p > q ? 1 : 0;
}

static herr_t
driver_query (const H5FD_t * file, unsigned long *flags)
{
  /* no accumulator: it would merge writes, and their types would be lost */
  if (flags)
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_IGNORE_DRVRINFO
        | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
  return 0;
}

static haddr_t
driver_get_eoa (const H5FD_t * file, H5FD_mem_t type)
{
  return ((const Driver *) file)->disk->end;
}

static herr_t
driver_set_eoa (H5FD_t * file, H5FD_mem_t type, haddr_t address)
{
  ((Driver *) file)->disk->end = address;
  return 0;
}

static haddr_t
driver_get_eof (const H5FD_t * file, H5FD_mem_t type)
{
  struct stat st;

  return fstat (((const Driver *) file)->disk->fd, &st) == 0 ? st.st_size : 0;
}

static herr_t
driver_read (H5FD_t * file, H5FD_mem_t type, hid_t transfer, haddr_t address,
    size_t size, void *buffer)
{
  RcH5Disk *disk = ((Driver *) file)->disk;
  guint8 *out = buffer;
  gsize done = 0;

  while (done < size) {
    ssize_t n = pread (disk->fd, out + done, size - done, address + done);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return -1;
    if (n == 0)
      break;
    done += n;
  }
  memset (out + done, 0, size - done);
  for (guint i = find_piece (disk, address); i < disk->pieces->len; i++) {
    const Piece *piece = g_ptr_array_index (disk->pieces, i);
    haddr_t from, to;

    if (piece->address >= address + size)
      break;
    from = MAX (piece->address, address);
    to = MIN (piece->address + piece->size, address + size);
    memcpy (out + (from - address), piece->data + (from - piece->address),
        to - from);
  }
  return 0;
}

static herr_t
driver_write (H5FD_t * file, H5FD_mem_t type, hid_t transfer, haddr_t address,
    size_t size, const void *data)
{
  RcH5Disk *disk = ((Driver *) file)->disk;

  if (type == H5FD_MEM_DRAW)
    write_all (disk, address, data, size);
  else
    keep_piece (disk, type, address, size, data);
  return 0;
}

static herr_t
driver_flush (H5FD_t * file, hid_t transfer, hbool_t closing)
{
  flush_pieces (((Driver *) file)->disk);
  return 0;
}

static herr_t
driver_truncate (H5FD_t * file, hid_t transfer, hbool_t closing)
{
  reserve_room (((Driver *) file)->disk);
  return 0;
}

static const H5FD_class_t driver_class = {
#if H5_VERSION_GE (1, 14, 0)
  .version = H5FD_CLASS_VERSION,
  .value = (H5FD_class_value_t) 511,    /* the last one that needs no registry */
#endif
  .name = "rc_ordered",
  .maxaddr = MAX_ADDRESS,
  .fc_degree = H5F_CLOSE_STRONG,
  .fapl_size = sizeof (RcH5Disk *),
  .open = driver_open,
  .close = driver_close,
  .cmp = driver_cmp,
  .query = driver_query,
  .get_eoa = driver_get_eoa,
  .set_eoa = driver_set_eoa,
  .get_eof = driver_get_eof,
  .read = driver_read,
  .write = driver_write,
  .flush = driver_flush,
  .truncate = driver_truncate,
  .fl_map = H5FD_FLMAP_DICHOTOMY,
};

/* Registered for good: libhdf5 still uses a driver after it has given back its
 * last reference. */
static hid_t
driver_id (void)
{
  static hid_t id = -1;

  if (id < 0 || H5Iget_type (id) != H5I_VFL)
    id = H5FDregister (&driver_class);
  return id;
}

hid_t
rc_h5_disk_access_list (RcH5Disk * disk)
{
  hid_t list = H5Pcreate (H5P_FILE_ACCESS), driver = driver_id ();

  if (list >= 0 && (driver < 0 || H5Pset_driver (list, driver, &disk) < 0
          || H5Pset_fclose_degree (list, H5F_CLOSE_STRONG) < 0
          || H5Pset_libver_bounds (list, H5F_LIBVER_EARLIEST,
              H5F_LIBVER_LATEST) < 0)) {
    H5Pclose (list);
    list = -1;
  }
  return list;
}

/* ---- opening and closing ---- */

static gboolean
fail_open (GError ** error, const gchar * path, const gchar * reason)
{
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE,
      "Could not open \"%s\" for writing: %s", path, reason);
  return FALSE;
}

/* Checks what was opened and takes it over, empty. */
static gboolean
take_file (gint fd, const gchar * path, GError ** error)
{
  struct stat st;

  if (fstat (fd, &st) != 0)
    return fail_open (error, path, g_strerror (errno));
  if (!S_ISREG (st.st_mode))
    return fail_open (error, path, "it is not a regular file");
  if (flock (fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    return fail_open (error, path, "another program is using it");
  if (ftruncate (fd, 0) != 0)
    return fail_open (error, path, g_strerror (errno));
  return TRUE;
}

RcH5Disk *
rc_h5_disk_open (const gchar * path, gboolean overwrite, GError ** error)
{
  gint fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK
      | (overwrite ? 0 : O_EXCL), 0666);
  RcH5Disk *disk;

  if (fd < 0) {
    fail_open (error, path, errno == EEXIST ? "it exists already. Set "
        "overwrite=true to replace it, or another location"
        : g_strerror (errno));
    return NULL;
  }
  if (!take_file (fd, path, error)) {
    close (fd);
    return NULL;
  }
  disk = g_new0 (RcH5Disk, 1);
  disk->fd = fd;
  disk->path = g_strdup (path);
  disk->pieces = g_ptr_array_new_with_free_func (piece_free);
  disk->flushed = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free,
      NULL);
  return disk;
}

void
rc_h5_disk_close (RcH5Disk * disk, gboolean remove)
{
  /* a file longer than its superblock says is valid: no harm if this fails */
  if (!disk->error && ftruncate (disk->fd, disk->end) != 0)
    GST_WARNING ("could not cut \"%s\" to its size: %s", disk->path,
        g_strerror (errno));
  if (remove)
    unlink (disk->path);
  close (disk->fd);
  g_hash_table_destroy (disk->flushed);
  g_ptr_array_unref (disk->pieces);
  g_free (disk->path);
  g_free (disk);
}
