/* SPDX-License-Identifier: Apache-2.0 */
/* Making and checking a voxelizer, and its workspace. */
#include "voxelizer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../common/cpu.h"
#include "voxel-math.h"

static const char *const mode_names[RC_N_VOXEL_MODES] = {
  "occupancy", "count", "mean", "min", "max", "sparse-mean", "sparse-points"
};

static const char axis_names[] = "xyz";

const char *
rc_voxel_mode_name (RcVoxelMode mode)
{
  return (unsigned) mode < RC_N_VOXEL_MODES ? mode_names[mode] : NULL;
}

void
rc_voxelizer_config_init (RcVoxelizerConfig * config, RcVoxelMode mode)
{
  memset (config, 0, sizeof (*config));
  config->mode = mode;
  for (int a = 0; a < 3; a++) {
    config->xyz[a].dtype = RC_FLOAT32;
    config->xyz[a].count = 1;
    config->max[a] = INFINITY;
  }
  config->max_points = mode == RC_VOXEL_SPARSE_POINTS ? 32 : 0;
  config->max_voxels = 20000;
  config->max_bytes = UINT64_C (4) << 30;
}

static RcStatus
check_axis (int a, double min, double size, RcError * error)
{
  if (!isfinite (min))
    return rc_error_set (error, RC_ERR_ARGUMENT,
        "min[%c]=%g is not finite", axis_names[a], min);
  if (!isfinite (size) || size <= 0)
    return rc_error_set (error, RC_ERR_ARGUMENT,
        "size[%c]=%g is not a positive, finite number", axis_names[a], size);
  return RC_OK;
}

RcStatus
rc_voxel_dims (const double min[3], const double max[3],
    const double size[3], int64_t dims[3], RcError * error)
{
  for (int a = 0; a < 3; a++) {
    RcStatus status = check_axis (a, min[a], size[a], error);
    double q, nearest;

    if (status != RC_OK)
      return status;
    if (!isfinite (max[a]) || max[a] <= min[a])
      return rc_error_set (error, RC_ERR_ARGUMENT,
          "max[%c]=%g is not a finite number above min[%c]=%g",
          axis_names[a], max[a], axis_names[a], min[a]);
    q = (max[a] - min[a]) / size[a];
    nearest = rint (q);
    q = fabs (q - nearest) <= 1e-9 * q ? nearest : ceil (q);
    if (!(q <= INT32_MAX))
      return rc_error_set (error, RC_ERR_OVERFLOW,
          "min[%c]=%g to max[%c]=%g with size[%c]=%g gives %g cells, more "
          "than %d", axis_names[a], min[a], axis_names[a], max[a],
          axis_names[a], size[a], q, INT32_MAX);
    dims[a] = q < 1 ? 1 : (int64_t) q;
  }
  return RC_OK;
}

static RcStatus
check_grid (const RcVoxelizerConfig * c, int64_t * cells, RcError * error)
{
  *cells = 1;
  for (int a = 0; a < 3; a++) {
    RcStatus status = check_axis (a, c->min[a], c->size[a], error);
    double far;

    if (status != RC_OK)
      return status;
    if (c->dims[a] < 1 || c->dims[a] > INT32_MAX)
      return rc_error_set (error,
          c->dims[a] < 1 ? RC_ERR_ARGUMENT : RC_ERR_OVERFLOW,
          "dims[%c]=%lld is not in [1, %d]", axis_names[a],
          (long long) c->dims[a], INT32_MAX);
    if (!(c->max[a] > c->min[a]))
      return rc_error_set (error, RC_ERR_ARGUMENT,
          "max[%c]=%g is not above min[%c]=%g", axis_names[a], c->max[a],
          axis_names[a], c->min[a]);
    /* with cells below the spacing of float64 there, indices mean nothing */
    far = c->min[a] + (double) c->dims[a] * c->size[a];
    if (!isfinite (far) || c->min[a] + c->size[a] == c->min[a]
        || far - c->size[a] == far)
      return rc_error_set (error, RC_ERR_OVERFLOW,
          "size[%c]=%g is lost in float64 between min[%c]=%g and %g",
          axis_names[a], c->size[a], axis_names[a], c->min[a], far);
  }
  if (__builtin_mul_overflow (c->dims[0], c->dims[1], cells)
      || __builtin_mul_overflow (*cells, c->dims[2], cells))
    return rc_error_set (error, RC_ERR_OVERFLOW,
        "dims=%lldx%lldx%lld has more cells than an int64 can count",
        (long long) c->dims[0], (long long) c->dims[1], (long long) c->dims[2]);
  return RC_OK;
}

static RcStatus
check_field (const RcVoxelizerConfig * c, const RcPointField * f,
    const char *name, int index, RcError * error)
{
  int64_t size = (int64_t) rc_dtype_size (f->dtype), bytes, end;

  if (size == 0 || f->dtype == RC_FLOAT16 || f->dtype == RC_BFLOAT16) {
    const char *type = rc_dtype_name (f->dtype);

    return rc_error_set (error, RC_ERR_DTYPE,
        "%s[%d].dtype=%s (%d) is not an integer type, float32 or float64",
        name, index, type ? type : "unknown", (int) f->dtype);
  }
  if (f->count < 1)
    return rc_error_set (error, RC_ERR_ARGUMENT, "%s[%d].count=%lld is not "
        "positive", name, index, (long long) f->count);
  if (f->offset < 0 || __builtin_mul_overflow (f->count, size, &bytes)
      || __builtin_add_overflow (f->offset, bytes, &end)
      || end > c->point_step)
    return rc_error_set (error, RC_ERR_SHAPE,
        "%s[%d] with offset=%lld and count=%lld of %s does not lie within "
        "point_step=%lld", name, index, (long long) f->offset,
        (long long) f->count, rc_dtype_name (f->dtype),
        (long long) c->point_step);
  return RC_OK;
}

static RcStatus
check_fields (const RcVoxelizerConfig * c, int64_t * channels, RcError * error)
{
  bool used = c->mode != RC_VOXEL_OCCUPANCY && c->mode != RC_VOXEL_COUNT;
  RcStatus status;

  *channels = 0;
  if (c->point_step < 1)
    return rc_error_set (error, RC_ERR_ARGUMENT,
        "point_step=%lld is not positive", (long long) c->point_step);
  for (int a = 0; a < 3; a++) {
    status = check_field (c, &c->xyz[a], "xyz", a, error);
    if (status != RC_OK)
      return status;
    if (c->xyz[a].count != 1)
      return rc_error_set (error, RC_ERR_ARGUMENT, "xyz[%d].count=%lld is "
          "not 1", a, (long long) c->xyz[a].count);
  }
  if (!used)
    return RC_OK;
  if (c->n_fields < 1 || !c->fields)
    return rc_error_set (error, RC_ERR_ARGUMENT,
        "n_fields=%d%s: mode %s needs at least one field", (int) c->n_fields,
        c->fields ? "" : " (fields is NULL)", rc_voxel_mode_name (c->mode));
  for (int32_t i = 0; i < c->n_fields; i++) {
    status = check_field (c, &c->fields[i], "fields", i, error);
    if (status != RC_OK)
      return status;
    if (__builtin_add_overflow (*channels, c->fields[i].count, channels))
      return rc_error_set (error, RC_ERR_OVERFLOW,
          "fields[%d].count=%lld makes more channels than an int64 can count",
          (int) i, (long long) c->fields[i].count);
  }
  return RC_OK;
}

static RcStatus
check_modes (const RcVoxelizerConfig * c, RcError * error)
{
  if ((unsigned) c->mode >= RC_N_VOXEL_MODES)
    return rc_error_set (error, RC_ERR_ARGUMENT, "mode=%d is not known",
        (int) c->mode);
  if ((unsigned) c->type >= RC_N_VOXEL_TYPES)
    return rc_error_set (error, RC_ERR_ARGUMENT, "type=%d is not known",
        (int) c->type);
  if ((unsigned) c->axis_order >= RC_N_AXIS_ORDERS)
    return rc_error_set (error, RC_ERR_ARGUMENT, "axis_order=%d is not known",
        (int) c->axis_order);
  if (c->mode == RC_VOXEL_COUNT && c->type != RC_VOXEL_U32
      && c->type != RC_VOXEL_F32)
    return rc_error_set (error, RC_ERR_DTYPE,
        "type=%d: mode count gives uint32 or float32", (int) c->type);
  if (!rc_voxel_mode_is_sparse (c->mode))
    return RC_OK;
  if (c->max_voxels < 1 || c->max_voxels > INT32_MAX)
    return rc_error_set (error, RC_ERR_ARGUMENT,
        "max_voxels=%lld is not in [1, %d]", (long long) c->max_voxels,
        INT32_MAX);
  if (c->max_points < (c->mode == RC_VOXEL_SPARSE_POINTS)
      || c->max_points > INT32_MAX)
    return rc_error_set (error, RC_ERR_ARGUMENT,
        "max_points=%lld is not in [%d, %d] for mode %s",
        (long long) c->max_points, c->mode == RC_VOXEL_SPARSE_POINTS,
        INT32_MAX, rc_voxel_mode_name (c->mode));
  return RC_OK;
}

/* Bytes of the output; false when they do not fit. */
static bool
output_bytes (const RcVoxelizerConfig * c, int64_t cells, int64_t channels,
    int64_t * bytes)
{
  static const int64_t type_size[] = {
    [RC_VOXEL_U8] = 1,[RC_VOXEL_U32] = 4,[RC_VOXEL_F32] = 4
  };
  int64_t points = c->mode == RC_VOXEL_SPARSE_POINTS ? c->max_points : 1;

  if (rc_voxel_mode_is_sparse (c->mode))
    return (uint64_t) c->max_voxels * 3 * sizeof (int32_t) <= c->max_bytes
        && !__builtin_mul_overflow (points, c->max_voxels, bytes)
        && !__builtin_mul_overflow (*bytes, channels, bytes)
        && !__builtin_mul_overflow (*bytes, (int64_t) 4, bytes);
  if (channels > 0)
    return !__builtin_mul_overflow (cells, channels, bytes)
        && !__builtin_mul_overflow (*bytes, (int64_t) 4, bytes);
  if (c->mode == RC_VOXEL_OCCUPANCY && c->type == RC_VOXEL_BITS) {
    *bytes = cells / 8 + (cells % 8 != 0);
    return true;
  }
  return !__builtin_mul_overflow (cells, type_size[c->type], bytes);
}

static RcStatus
check_bytes (const RcVoxelizerConfig * c, int64_t cells, int64_t channels,
    size_t *size, RcError * error)
{
  int64_t bytes;

  if (!output_bytes (c, cells, channels, &bytes)
      || (uint64_t) bytes > c->max_bytes || (uint64_t) bytes > PTRDIFF_MAX) {
    if (rc_voxel_mode_is_sparse (c->mode))
      return rc_error_set (error, RC_ERR_OVERFLOW,
          "max_voxels=%lld with max_points=%lld and %lld channels needs more "
          "than max_bytes=%llu", (long long) c->max_voxels,
          (long long) c->max_points, (long long) channels,
          (unsigned long long) c->max_bytes);
    return rc_error_set (error, RC_ERR_OVERFLOW,
        "dims=%lldx%lldx%lld in mode %s with %lld channels needs more than "
        "max_bytes=%llu", (long long) c->dims[0], (long long) c->dims[1],
        (long long) c->dims[2], rc_voxel_mode_name (c->mode),
        (long long) channels, (unsigned long long) c->max_bytes);
  }
  *size = (size_t) bytes;
  return RC_OK;
}

RcVoxelizer *
rc_voxelizer_new (const RcVoxelizerConfig * config, RcError * error)
{
  bool zyx;
  int64_t cells, channels;
  size_t bytes = 0;
  RcVoxelizer *v;

  if (!config) {
    rc_error_set (error, RC_ERR_ARGUMENT, "config is NULL");
    return NULL;
  }
  if (check_modes (config, error) != RC_OK
      || check_grid (config, &cells, error) != RC_OK
      || check_fields (config, &channels, error) != RC_OK
      || check_bytes (config, cells, channels, &bytes, error) != RC_OK)
    return NULL;
  v = calloc (1, sizeof (*v));
  if (v && channels > 0)
    v->fields = malloc ((size_t) config->n_fields * sizeof (*v->fields));
  if (!v || (channels > 0 && !v->fields)) {
    rc_voxelizer_free (v);
    rc_error_set (error, RC_ERR_NO_MEMORY, "no memory for n_fields=%d",
        (int) config->n_fields);
    return NULL;
  }
  v->config = *config;
  if (channels > 0) {
    memcpy (v->fields, config->fields,
        (size_t) config->n_fields * sizeof (*v->fields));
  } else {
    v->config.n_fields = 0;
  }
  v->config.fields = v->fields;
  v->channels = channels;
  v->cells = cells;
  v->bytes = bytes;
  zyx = config->axis_order == RC_AXES_ZYX;
  v->outer = zyx ? 2 : 0;
  v->middle = 1;
  v->inner = zyx ? 0 : 2;
  v->fill = rc_voxel_to_float (config->fill);
  return v;
}

void
rc_voxelizer_free (RcVoxelizer * voxelizer)
{
  if (!voxelizer)
    return;
  free (voxelizer->fields);
  free (voxelizer);
}

int64_t
rc_voxelizer_channels (const RcVoxelizer * voxelizer)
{
  return voxelizer->channels;
}

size_t
rc_voxelizer_bytes (const RcVoxelizer * voxelizer)
{
  return voxelizer->bytes;
}

RcVoxelWorkspace *
rc_voxel_workspace_new (void)
{
  return calloc (1, sizeof (RcVoxelWorkspace));
}

void
rc_voxel_workspace_free (RcVoxelWorkspace * workspace)
{
  if (!workspace)
    return;
  free (workspace->slots);
  free (workspace->spans);
  free (workspace->block_spans);
  free (workspace->keys);
  free (workspace->counts);
  free (workspace->sums);
  free (workspace->channel_max);
  free (workspace);
}

size_t
rc_voxel_workspace_bytes (const RcVoxelWorkspace * workspace)
{
  const RcVoxelWorkspace *w = workspace;

  return sizeof (*w) + (size_t) w->slots_size * sizeof (*w->slots)
      + (size_t) w->spans_size * sizeof (*w->spans)
      + (size_t) w->blocks_size * sizeof (*w->block_spans)
      + (size_t) w->keys_size * sizeof (*w->keys)
      + (size_t) w->counts_size * sizeof (*w->counts)
      + (size_t) w->sums_size * sizeof (*w->sums)
      + (size_t) w->channels_size * sizeof (*w->channel_max);
}

/* ---- running ---- */

RcStatus
rc_voxel_check_points (const void *points, int64_t n_points, int64_t step,
    RcError * error)
{
  int64_t bytes;

  if (n_points < 0 || (n_points > 0 && !points))
    return rc_error_set (error, RC_ERR_ARGUMENT, "n_points=%lld%s",
        (long long) n_points, n_points < 0 ? " is negative" :
        ", but points is NULL");
  if (n_points > INT32_MAX || __builtin_mul_overflow (n_points, step, &bytes)
      || (uint64_t) bytes > PTRDIFF_MAX)
    return rc_error_set (error, RC_ERR_OVERFLOW,
        "n_points=%lld is more than %d, or too many for point_step=%lld",
        (long long) n_points, INT32_MAX, (long long) step);
  return RC_OK;
}

static RcStatus
check_run (const RcVoxelizer * v, const RcVoxelWorkspace * w,
    const void *points, int64_t n_points, const void *out, RcError * error)
{
  if (!v || !w || !out)
    return rc_error_set (error, RC_ERR_ARGUMENT, "%s is NULL",
        !v ? "voxelizer" : !w ? "workspace" : "out");
  return rc_voxel_check_points (points, n_points, v->config.point_step, error);
}

RcStatus
rc_voxelize_dense (const RcVoxelizer * voxelizer,
    RcVoxelWorkspace * workspace, const void *points, int64_t n_points,
    void *out, RcVoxelStats * stats, RcError * error)
{
  RcStatus status = check_run (voxelizer, workspace, points, n_points, out,
      error);

  if (status != RC_OK)
    return status;
  if (rc_voxel_mode_is_sparse (voxelizer->config.mode))
    return rc_error_set (error, RC_ERR_ARGUMENT,
        "voxelizer of mode %s is not dense",
        rc_voxel_mode_name (voxelizer->config.mode));
  return RC_CHOOSE (rc_voxel_dense) (voxelizer, workspace, points, n_points,
      out, stats, error);
}

RcStatus
rc_voxelize_sparse (const RcVoxelizer * voxelizer,
    RcVoxelWorkspace * workspace, const void *points, int64_t n_points,
    RcVoxels * out, RcVoxelStats * stats, RcError * error)
{
  RcStatus status = check_run (voxelizer, workspace, points, n_points, out,
      error);

  if (status != RC_OK)
    return status;
  if (!rc_voxel_mode_is_sparse (voxelizer->config.mode))
    return rc_error_set (error, RC_ERR_ARGUMENT,
        "voxelizer of mode %s is not sparse",
        rc_voxel_mode_name (voxelizer->config.mode));
  if (!out->coords || !out->features || !out->counts)
    return rc_error_set (error, RC_ERR_ARGUMENT, "out->%s is NULL",
        !out->coords ? "coords" : !out->features ? "features" : "counts");
  return RC_CHOOSE (rc_voxel_sparse) (voxelizer, workspace, points, n_points,
      out, stats, error);
}
