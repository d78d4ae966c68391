/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing of PCD files (Point Cloud Data, versions 0.5 to 0.7), with no
 * GStreamer types, no input or output and no allocation.
 *
 * A file is a text header, one keyword per line, then the points:
 *   ascii       one point per line, fields in order, numbers between blanks
 *   binary      points of `step` bytes each
 *   binary_compressed
 *               uint32 compressed size, uint32 uncompressed size, then LZF data
 *               that holds the first field of all points, then the second, …
 * Binary data is little-endian on disk and is taken as it is: only
 * little-endian machines are supported.
 *
 * What is accepted beyond the specification: COLUMNS for FIELDS, a missing
 * VERSION, VIEWPOINT, COUNT (all 1), HEIGHT (1), WIDTH or POINTS (one from the
 * other), SIZE together with TYPE (all float32), '\r\n' line ends. Everything
 * else that does not fit is refused with a message that names the keyword and
 * its value. POINTS other than WIDTH * HEIGHT: the smaller counts, and
 * pcd_header_consistent () is false.
 *
 * Threading: no global state but one cached "C" locale; everything else belongs
 * to the caller. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/status.h"

#define PCD_MAX_FIELDS 256      /* padding fields included */
#define PCD_MAX_HEADER 65536    /* bytes */
#define PCD_MAX_COLUMNS 65536   /* numbers per point */

typedef enum
{
  PCD_ASCII = 0,
  PCD_BINARY,
  PCD_COMPRESSED
} PcdData;

typedef struct
{
  char name[64];                /* "_" for padding */
  char type;                    /* 'I', 'U' or 'F' */
  uint8_t size;                 /* bytes of one element: 1, 2, 4, 8 */
  bool padding;                 /* bytes to keep, but no field to name */
  uint32_t count;               /* elements, >= 1 */
  uint32_t offset;              /* bytes from the start of a point */
} PcdField;

typedef struct
{
  uint32_t n_fields;
  PcdField fields[PCD_MAX_FIELDS];
  uint32_t columns;             /* numbers per point, padding included */
  uint32_t step;                /* bytes per point, padding included */
  uint32_t padding;             /* bytes of the padding fields */
  uint64_t points;              /* to read */
  uint64_t declared_points, width, height;      /* as the header says */
  bool identity;                /* VIEWPOINT is 0 0 0 1 0 0 0 */
  double viewpoint[7];          /* x y z, quaternion w x y z */
  PcdData data;
} PcdHeader;

typedef enum
{
  PCD_DONE = 0,
  PCD_MORE,                     /* not enough bytes to tell */
  PCD_BAD
} PcdResult;

/* Parses the header at the start of `text`. `end` says that nothing follows,
 * so that the last line needs no line end. `*used` is then
 *   PCD_DONE   the header's length: the data starts there
 *   PCD_BAD    where a search for the next header may start (>= 1); `error`
 *              names the line, keyword and value
 *   PCD_MORE   unchanged */
PcdResult pcd_header_parse (PcdHeader * header, const char *text, size_t size,
    bool end, size_t *used, RcError * error);

/* False when POINTS is not WIDTH * HEIGHT. */
bool pcd_header_consistent (const PcdHeader * header);

/* Whether `text` starts as a PCD header does: comments, then VERSION, FIELDS or
 * COLUMNS. PCD_BAD: it does not. */
PcdResult pcd_probe (const char *text, size_t size);

/* The first line start in `text` at which a file begins ("# .PCD" or "VERSION"),
 * `size` when there is none. `line_start`: text[0] is the start of a line. */
size_t pcd_find_header (const char *text, size_t size, bool line_start);

/* Whether a header begins at the very start of `text`, by the same two marks. */
bool pcd_starts_header (const char *text, size_t size);

/* One ascii point (a line, without its line end) into `out`, header->step
 * bytes. False: `error` names the column, field and text; `out` is undefined. */
bool pcd_row_parse (const PcdHeader * header, const char *line, size_t size,
    uint8_t * out, RcError * error);

/* `points` points stored field by field (`packed`, points * step bytes, or
 * points * (step - padding) when `without_padding`; the padding is 0 then) into
 * points of `step` bytes. */
void pcd_interleave (const PcdHeader * header, uint64_t points,
    bool without_padding, const uint8_t * packed, uint8_t * out);
