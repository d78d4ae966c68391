/* SPDX-License-Identifier: Apache-2.0 */
/* Point clouds into voxel grids: the contract.
 *
 * A cloud is N points of `point_step` bytes each, at any alignment. Three
 * fields of a point are its x, y and z; any others may be features. A grid is
 * dims[3] cells of size[3] metres (or any other unit) from min[3]. All arrays
 * of three in this header are in the order x, y, z, whatever the axis order of
 * the output.
 *
 * The index formula, the only one, in IEEE float64 with a true division:
 *     i = floor ((x - min) / size)
 * A point is inside when on each axis 0 <= i < dims and x < max (half-open
 * [min, max); max = +Inf: dims alone decide). Coordinates of another type are
 * converted to float64 first. A point with a NaN or infinite coordinate is
 * skipped and counted as non-finite; any other point that is not inside is
 * skipped and counted as outside. Nothing is clamped to the border.
 *
 * Axis order: zyx (default) is the C order [Z, Y, X], x innermost; xyz is
 * [X, Y, Z], z innermost. "Linear index" below is the index in that order.
 *
 * Dense modes write every cell of the grid ("axes" = Z, Y, X or X, Y, Z):
 *   occupancy  [axes] uint8, uint32 or float32: 1 where a point lies, else 0.
 *              bits: linear index k is bit k % 8 (bit 0 is the least
 *              significant) of byte k / 8; ceil (cells / 8) bytes, spare bits 0
 *   count      [axes] uint32 or float32 (rounded to nearest even over 2^24)
 *   mean, min, max
 *              [F, axes] float32, channels first. F is the sum of the counts
 *              of `fields`, in their order; cells without points are `fill`
 * Sparse modes write the M occupied voxels only, in the order in which they
 * first appear in the cloud:
 *   coords     int32 [M, 3] indices in the axis order (z, y, x or x, y, z)
 *   features   float32: sparse-mean [M, F], the mean over a voxel's points;
 *              sparse-points [M, max_points, F], the points themselves, first
 *              in the cloud first, unused slots `fill`
 *   counts     int32 [M] points used per voxel
 * max_points > 0 keeps the first max_points points of each voxel (also for
 * sparse-mean), max_voxels the first max_voxels voxels; what falls away is
 * counted in RcVoxelStats.
 *
 * Feature values are converted to float64, then to float32 (nearest even;
 * beyond its range: Inf). A NaN that is written is always 0x7fc00000.
 *   mean    does not depend on the order of the points: fixed point. With n the
 *           smallest integer for which 2^n >= inside points, and e the smallest
 *           for which every finite |v| of the channel inside the grid is < 2^e,
 *           k = min (62 - n - e, 1000); a voxel's int64 sum of
 *           rint (v * 2^k) cannot exceed 2^62 and the result is
 *           float32 ((float64 (sum) / count) * 2^-k).
 *           Error against the exact mean: at most 2^-k / 2 for the fixed point,
 *           that is 2^(n + e - 63) (1.5e-11 for 131,072 points within 64 m), a
 *           relative 2^-52 for the division, and the rounding to float32.
 *           A voxel with a NaN or infinite value in a channel has the mean NaN
 *           in that channel.
 *   min, max order the float32 values with -0 < +0; NaN where any value is NaN.
 *
 * Sources: VoxelNet (Zhou and Tuzel, CVPR 2018), SECOND (Yan et al., Sensors
 * 18, 2018) and PointPillars (Lang et al., CVPR 2019) for the sparse layouts. */
#pragma once

#include "../common/dtype.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum
{
  RC_VOXEL_OCCUPANCY = 0,
  RC_VOXEL_COUNT,
  RC_VOXEL_MEAN,
  RC_VOXEL_MIN,
  RC_VOXEL_MAX,
  RC_VOXEL_SPARSE_MEAN,
  RC_VOXEL_SPARSE_POINTS,
  RC_N_VOXEL_MODES
} RcVoxelMode;

/* Cell type of the modes occupancy (all) and count (uint32 and float32). */
typedef enum
{
  RC_VOXEL_U8 = 0,
  RC_VOXEL_U32,
  RC_VOXEL_F32,
  RC_VOXEL_BITS,
  RC_N_VOXEL_TYPES
} RcVoxelType;

typedef enum
{
  RC_AXES_ZYX = 0,
  RC_AXES_XYZ,
  RC_N_AXIS_ORDERS
} RcAxisOrder;

/* A field of a point: `count` consecutive values. Any type but float16 and
 * bfloat16. */
typedef struct
{
  RcDType dtype;
  int64_t offset;               /* bytes from the start of the point, >= 0 */
  int64_t count;                /* >= 1; exactly 1 for x, y and z */
} RcPointField;

typedef struct
{
  RcVoxelMode mode;
  RcVoxelType type;
  RcAxisOrder axis_order;
  int64_t point_step;           /* bytes, >= 1 */
  RcPointField xyz[3];
  const RcPointField *fields;   /* [n_fields], copied; may be NULL for none */
  int32_t n_fields;             /* occupancy and count ignore them; the others
                                 * need at least one */
  double min[3];                /* finite */
  double size[3];               /* finite, > 0, and not lost against min */
  int64_t dims[3];              /* [1, INT32_MAX], product <= INT64_MAX */
  double max[3];                /* > min; +Inf: only dims bound the grid */
  double fill;                  /* any value; not for occupancy and count */
  int64_t max_points;           /* per voxel, >= 0; 0: no limit, which
                                 * sparse-points must have. Sparse modes only */
  int64_t max_voxels;           /* [1, INT32_MAX]; sparse modes only */
  uint64_t max_bytes;           /* most that one output array may have */
} RcVoxelizerConfig;

/* Validated and immutable: may be used from many threads. */
typedef struct RcVoxelizer RcVoxelizer;

/* Scratch memory that grows to what a call needs and is kept for the next one,
 * so that calls of like size allocate nothing. One thread at a time. */
typedef struct RcVoxelWorkspace RcVoxelWorkspace;

typedef struct
{
  int64_t points;               /* inside + outside + non_finite */
  int64_t inside;
  int64_t outside;
  int64_t non_finite;
  int64_t voxels;               /* occupied ones, dropped ones included */
  int64_t dropped_voxels;       /* by max_voxels */
  int64_t dropped_voxel_points; /* points inside those */
  int64_t dropped_points;       /* by max_points, in the voxels that are kept */
} RcVoxelStats;

/* Where the sparse modes write; rows are in order of first appearance. */
typedef struct
{
  int32_t *coords;              /* [max_voxels, 3] */
  float *features;              /* [max_voxels, F] or [.., max_points, F] */
  int32_t *counts;              /* [max_voxels] */
  bool pad;                     /* also write the rows that are not used:
                                 * coords -1, features fill, counts 0 */
  int64_t voxels;               /* out: M, rows used, <= max_voxels */
} RcVoxels;

/* occupancy, uint8, zyx, no fields, no limits but max_bytes = 4 GiB, fill 0,
 * max_voxels 20,000, max_points 32 for sparse-points. To be set by the caller:
 * point_step, xyz, min, size, dims. */
RC_API void rc_voxelizer_config_init (RcVoxelizerConfig * config,
    RcVoxelMode mode);

/* Cells between min and max: with q = (max - min) / size in float64, the
 * nearest integer when q is within one part in 10^9 of it (so that 1.1 / 0.1 is
 * 11 although its quotient is 11.000000000000002), else ceil (q). At least 1.
 * Errors name the axis: not finite, max <= min, size <= 0 (RC_ERR_ARGUMENT),
 * more than INT32_MAX cells (RC_ERR_OVERFLOW). */
RC_API RcStatus rc_voxel_dims (const double min[3], const double max[3],
    const double size[3], int64_t dims[3], RcError * error);

/* NULL, and `error` set, when a field is out of range, fields do not lie within
 * a point, or an output is larger than max_bytes or its index than int64. Free
 * with rc_voxelizer_free (). */
RC_API RcVoxelizer *rc_voxelizer_new (const RcVoxelizerConfig * config,
    RcError * error);
RC_API void rc_voxelizer_free (RcVoxelizer * voxelizer);

/* F, the channels of the feature output; 0 for occupancy and count. */
RC_API int64_t rc_voxelizer_channels (const RcVoxelizer * voxelizer);

/* Bytes of the output: the dense array, or the features of the sparse modes. */
RC_API size_t rc_voxelizer_bytes (const RcVoxelizer * voxelizer);

/* NULL only when memory is exhausted. Free with rc_voxel_workspace_free (). */
RC_API RcVoxelWorkspace *rc_voxel_workspace_new (void);
RC_API void rc_voxel_workspace_free (RcVoxelWorkspace * workspace);

/* Bytes that the workspace holds now. */
RC_API size_t rc_voxel_workspace_bytes (const RcVoxelWorkspace * workspace);

/* Dense modes. `points` holds n_points * point_step bytes (NULL allowed for no
 * points), n_points <= INT32_MAX; `out` holds rc_voxelizer_bytes () bytes, is
 * aligned for its type and does not overlap `points`. `stats` may be NULL. On
 * an error the output is undefined. Cost: clearing the output, then O (N). */
RC_API RcStatus rc_voxelize_dense (const RcVoxelizer * voxelizer,
    RcVoxelWorkspace * workspace, const void *points, int64_t n_points,
    void *out, RcVoxelStats * stats, RcError * error);

/* Sparse modes, likewise. Cost: O (N), whatever the grid's size; `pad` adds
 * max_voxels. */
RC_API RcStatus rc_voxelize_sparse (const RcVoxelizer * voxelizer,
    RcVoxelWorkspace * workspace, const void *points, int64_t n_points,
    RcVoxels * out, RcVoxelStats * stats, RcError * error);

/* Short constant names, "occupancy", "sparse-mean", ...; NULL for a value
 * outside the enum. */
RC_API const char *rc_voxel_mode_name (RcVoxelMode mode);

static inline bool
rc_voxel_mode_is_sparse (RcVoxelMode mode)
{
  return mode == RC_VOXEL_SPARSE_MEAN || mode == RC_VOXEL_SPARSE_POINTS;
}

#ifdef __cplusplus
}
#endif
