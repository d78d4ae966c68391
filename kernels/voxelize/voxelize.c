/* SPDX-License-Identifier: Apache-2.0 */
/* Running a voxelizer. Points go through in blocks that stay in the first-level
 * cache: load a field, find the cells, look up the voxels, add the features. */
#include "voxelizer.h"

#include <stdlib.h>
#include <string.h>

#include "voxel-math.h"

#define BLOCK 256
#define MIN_SLOTS 4096

/* In RcVoxelWorkspace.channel_max: the channel has a value that is not finite */
#define NOT_FINITE (UINT64_C (1) << 63)

typedef struct
{
  double value[BLOCK];
  int32_t index[3][BLOCK];
  uint8_t inside[BLOCK];
  uint8_t finite[BLOCK];
  int64_t key[BLOCK];           /* linear index, -1: skipped */
  uint64_t slot[BLOCK];
  int32_t id[BLOCK];            /* voxel in order of appearance, -1: not used */
  int32_t rank[BLOCK];          /* of the point within its voxel */
} Block;

typedef struct
{
  const RcVoxelizer *v;
  RcVoxelWorkspace *w;
  const uint8_t *points;
  int64_t n_points;
  int64_t step;
  RcVoxelStats stats;
  int32_t n_voxels;
  int32_t max_voxels;           /* ids from here on are dropped */
  int32_t max_points;
  int64_t last_key;             /* scans put many points into the same voxel */
  int32_t last_id;
  RcVoxels *sparse;             /* NULL in dense modes */
  Block block;
} Run;

/* ---- points ---- */

#define LOAD(type) \
  do { \
    for (int i = 0; i < n; i++) { \
      type value; \
      memcpy (&value, src + i * step, sizeof (value)); \
      out[i] = (double) value; \
    } \
  } while (0)

static void
load_values (RcDType dtype, const uint8_t * src, int64_t step, int n,
    double *out)
{
  switch (dtype) {
    case RC_INT8:
      LOAD (int8_t);
      break;
    case RC_UINT8:
      LOAD (uint8_t);
      break;
    case RC_INT16:
      LOAD (int16_t);
      break;
    case RC_UINT16:
      LOAD (uint16_t);
      break;
    case RC_INT32:
      LOAD (int32_t);
      break;
    case RC_UINT32:
      LOAD (uint32_t);
      break;
    case RC_INT64:
      LOAD (int64_t);
      break;
    case RC_UINT64:
      LOAD (uint64_t);
      break;
    case RC_FLOAT32:
      LOAD (float);
      break;
    default:                   /* the voxelizer admits nothing else */
      LOAD (double);
      break;
  }
}

#undef LOAD

/* Finds the cells of points [first, first + n) and counts what is skipped. */
static void
index_block (Run * r, int64_t first, int n)
{
  const RcVoxelizer *v = r->v;
  const RcVoxelizerConfig *c = &v->config;
  Block *b = &r->block;
  const uint8_t *src = r->points + first * r->step;
  int64_t middle = c->dims[v->middle], inner = c->dims[v->inner];
  int n_inside = 0, n_finite = 0;

  for (int a = 0; a < 3; a++) {
    double min = c->min[a], size = c->size[a], max = c->max[a];
    double dims = (double) c->dims[a];

    load_values (c->xyz[a].dtype, src + c->xyz[a].offset, r->step, n, b->value);
    for (int i = 0; i < n; i++) {
      uint8_t in = rc_voxel_axis (b->value[i], min, size, max, dims,
          &b->index[a][i]);
      uint8_t fin = rc_voxel_is_finite (b->value[i]);

      b->inside[i] = a ? b->inside[i] & in : in;
      b->finite[i] = a ? b->finite[i] & fin : fin;
    }
  }
  for (int i = 0; i < n; i++) {
    int64_t key = ((int64_t) b->index[v->outer][i] * middle
        + b->index[v->middle][i]) * inner + b->index[v->inner][i];

    b->key[i] = b->inside[i] ? key : -1;
    n_inside += b->inside[i];
    n_finite += b->finite[i];
  }
  r->stats.inside += n_inside;
  r->stats.outside += n_finite - n_inside;
  r->stats.non_finite += n - n_finite;
}

/* ---- memory ---- */

/* Makes *array hold `count` elements; what it held is lost. */
static RcStatus
reserve (void **array, int64_t * size, int64_t count, size_t element,
    const char *what, RcError * error)
{
  if (count <= *size)
    return RC_OK;
  free (*array);
  *size = 0;
  *array = (uint64_t) count <= PTRDIFF_MAX / element
      ? malloc ((size_t) count * element) : NULL;
  if (!*array)
    return rc_error_set (error, RC_ERR_NO_MEMORY,
        "no memory for %lld %s of %zu bytes", (long long) count, what, element);
  *size = count;
  return RC_OK;
}

static void
insert_key (RcVoxelSlot * slots, uint64_t mask, uint32_t stamp, int64_t key,
    int32_t id)
{
  uint64_t s = rc_voxel_hash (key) & mask;

  while (slots[s].stamp == stamp)
    s = (s + 1) & mask;
  slots[s] = (RcVoxelSlot) {
  key, stamp, id};
}

/* Keeps the table at most half full for `n` more voxels. */
static RcStatus
reserve_slots (Run * r, int n, RcError * error)
{
  RcVoxelWorkspace *w = r->w;
  int64_t needed = 2 * ((int64_t) r->n_voxels + n);
  int64_t n_slots = w->n_slots ? w->n_slots : MIN_SLOTS;
  RcVoxelSlot *slots;

  if (needed <= w->n_slots)
    return RC_OK;
  while (n_slots < needed)
    n_slots *= 2;
  slots = calloc ((size_t) n_slots, sizeof (*slots));
  if (!slots)
    return rc_error_set (error, RC_ERR_NO_MEMORY,
        "no memory for %lld hash slots", (long long) n_slots);
  w->stamp = 1;
  for (int32_t id = 0; id < r->n_voxels; id++)
    insert_key (slots, (uint64_t) n_slots - 1, w->stamp, w->keys[id], id);
  free (w->slots);
  w->slots = slots;
  w->n_slots = n_slots;
  return RC_OK;
}

/* Empties the table without touching it: older stamps count as empty. */
static void
clear_slots (RcVoxelWorkspace * w)
{
  w->stamp++;
  if (w->stamp == 0 && w->slots) {
    memset (w->slots, 0, (size_t) w->n_slots * sizeof (*w->slots));
    w->stamp = 1;
  }
}

/* ---- voxels ---- */

static int32_t
new_voxel (Run * r, int i)
{
  const RcVoxelizer *v = r->v;
  const Block *b = &r->block;
  int32_t id = r->n_voxels++;

  r->w->keys[id] = b->key[i];
  r->w->counts[id] = 0;
  if (r->sparse && id < r->max_voxels) {
    int32_t *coords = r->sparse->coords + 3 * (int64_t) id;

    coords[0] = b->index[v->outer][i];
    coords[1] = b->index[v->middle][i];
    coords[2] = b->index[v->inner][i];
  }
  return id;
}

static int32_t
find_voxel (Run * r, int i)
{
  RcVoxelWorkspace *w = r->w;
  int64_t key = r->block.key[i];
  uint64_t mask = (uint64_t) w->n_slots - 1, s = r->block.slot[i];

  for (;; s = (s + 1) & mask) {
    RcVoxelSlot *slot = &w->slots[s];

    if (slot->stamp != w->stamp) {
      *slot = (RcVoxelSlot) {
      key, w->stamp, new_voxel (r, i)};
      return slot->id;
    }
    if (slot->key == key)
      return slot->id;
  }
}

/* From keys to voxel ids, dropping what the limits do not let in. */
static RcStatus
lookup_block (Run * r, int n, RcError * error)
{
  Block *b = &r->block;
  RcVoxelWorkspace *w = r->w;
  RcStatus status = reserve_slots (r, n, error);
  uint64_t mask = (uint64_t) w->n_slots - 1;

  if (status != RC_OK)
    return status;
  for (int i = 0; i < n; i++) {
    b->slot[i] = rc_voxel_hash (b->key[i]) & mask;
    __builtin_prefetch (&w->slots[b->slot[i]], 1);
  }
  for (int i = 0; i < n; i++) {
    int32_t id, rank;

    b->id[i] = -1;
    if (b->key[i] < 0)
      continue;
    if (b->key[i] != r->last_key) {
      r->last_key = b->key[i];
      r->last_id = find_voxel (r, i);
    }
    id = r->last_id;
    rank = w->counts[id]++;
    if (id >= r->max_voxels) {
      r->stats.dropped_voxel_points++;
    } else if (rank >= r->max_points) {
      r->stats.dropped_points++;
    } else {
      b->id[i] = id;
      b->rank[i] = rank;
    }
  }
  return RC_OK;
}

/* ---- features ---- */

typedef void (*ChannelFunc) (Run * r, int64_t channel, int n);

/* Calls func for each channel of the block's points, with block.value loaded. */
static void
for_channels (Run * r, int64_t first, int n, ChannelFunc func)
{
  const RcVoxelizerConfig *c = &r->v->config;
  const uint8_t *src = r->points + first * r->step;
  int64_t channel = 0;

  for (int32_t f = 0; f < c->n_fields; f++) {
    const RcPointField *field = &c->fields[f];
    size_t size = rc_dtype_size (field->dtype);

    for (int64_t i = 0; i < field->count; i++) {
      load_values (field->dtype, src + field->offset + i * (int64_t) size,
          r->step, n, r->block.value);
      func (r, channel++, n);
    }
  }
}

static void
channel_max (Run * r, int64_t channel, int n)
{
  const Block *b = &r->block;
  uint64_t max = r->w->channel_max[channel] & ~NOT_FINITE;
  uint64_t flag = r->w->channel_max[channel] & NOT_FINITE;

  for (int i = 0; i < n; i++) {
    uint64_t bits = rc_voxel_bits64 (b->value[i]) & ~NOT_FINITE;

    bits = b->key[i] >= 0 ? bits : 0;
    if (bits >= RC_VOXEL_INF_BITS64) {
      flag = NOT_FINITE;
      bits = 0;
    }
    max = bits > max ? bits : max;
  }
  r->w->channel_max[channel] = max | flag;
}

static void
channel_points (Run * r, int64_t channel, int n)
{
  const Block *b = &r->block;
  int64_t channels = r->v->channels;

  for (int i = 0; i < n; i++) {
    if (b->id[i] >= 0)
      r->sparse->features[((int64_t) b->id[i] * r->max_points + b->rank[i])
          * channels + channel] = rc_voxel_to_float (b->value[i]);
  }
}

static int
mean_exponent (const Run * r, int64_t channel)
{
  return rc_voxel_mean_exponent (r->stats.inside,
      r->w->channel_max[channel] & ~NOT_FINITE);
}

static void
channel_sum (Run * r, int64_t channel, int n)
{
  const Block *b = &r->block;
  int64_t channels = r->v->channels;
  int64_t *sums = r->w->sums + channel;
  double scale = rc_voxel_exp2 (mean_exponent (r, channel));

  if (!(r->w->channel_max[channel] & NOT_FINITE)) {
    for (int i = 0; i < n; i++) {
      if (b->id[i] >= 0)
        sums[b->id[i] * channels] += rc_voxel_fix (b->value[i], scale);
    }
    return;
  }
  for (int i = 0; i < n; i++) {
    int64_t *sum;

    if (b->id[i] < 0)
      continue;
    sum = &sums[b->id[i] * channels];
    if (!rc_voxel_is_finite (b->value[i]))
      *sum = RC_VOXEL_POISON;
    else if (*sum != RC_VOXEL_POISON)
      *sum += rc_voxel_fix (b->value[i], scale);
  }
}

static void
channel_min (Run * r, int64_t channel, int n)
{
  const Block *b = &r->block;
  int64_t channels = r->v->channels;

  for (int i = 0; i < n; i++) {
    int64_t key = rc_voxel_order_key (rc_voxel_to_float (b->value[i]), 0);
    int64_t *min;

    if (b->id[i] < 0)
      continue;
    min = &r->w->sums[b->id[i] * channels + channel];
    *min = key < *min ? key : *min;
  }
}

static void
channel_max_value (Run * r, int64_t channel, int n)
{
  const Block *b = &r->block;
  int64_t channels = r->v->channels;

  for (int i = 0; i < n; i++) {
    int64_t key = rc_voxel_order_key (rc_voxel_to_float (b->value[i]),
        UINT32_MAX);
    int64_t *max;

    if (b->id[i] < 0)
      continue;
    max = &r->w->sums[b->id[i] * channels + channel];
    *max = key > *max ? key : *max;
  }
}

/* ---- passes ---- */

/* The voxel of every point, the counts, and (means) the channels' maxima. */
static RcStatus
find_voxels (Run * r, RcError * error)
{
  const RcVoxelizer *v = r->v;
  RcVoxelWorkspace *w = r->w;
  int64_t most = r->n_points < v->cells ? r->n_points : v->cells;
  RcVoxelMode mode = v->config.mode;
  bool mean = mode == RC_VOXEL_MEAN || mode == RC_VOXEL_SPARSE_MEAN;
  int64_t size = w->voxels_size;
  RcStatus status = reserve ((void **) &w->point_voxel, &w->points_size,
      r->n_points, sizeof (*w->point_voxel), "points", error);

  if (status == RC_OK)
    status = reserve ((void **) &w->keys, &size, most, sizeof (*w->keys),
        "voxels", error);
  if (status == RC_OK)
    status = reserve ((void **) &w->counts, &w->voxels_size, most,
        sizeof (*w->counts), "voxels", error);
  if (status == RC_OK && mean)
    status = reserve ((void **) &w->channel_max, &w->channels_size,
        v->channels, sizeof (*w->channel_max), "channels", error);
  if (status != RC_OK) {
    /* keys and counts share one size: neither may be trusted now */
    w->voxels_size = size < w->voxels_size ? size : w->voxels_size;
    return status;
  }
  if (mean)
    memset (w->channel_max, 0, (size_t) v->channels * sizeof (*w->channel_max));
  clear_slots (w);
  for (int64_t first = 0; first < r->n_points; first += BLOCK) {
    int n = r->n_points - first < BLOCK ? (int) (r->n_points - first) : BLOCK;

    index_block (r, first, n);
    status = lookup_block (r, n, error);
    if (status != RC_OK)
      return status;
    memcpy (w->point_voxel + first, r->block.id, (size_t) n * sizeof (int32_t));
    if (mean)
      for_channels (r, first, n, channel_max);
    else if (mode == RC_VOXEL_SPARSE_POINTS)
      for_channels (r, first, n, channel_points);
  }
  r->stats.voxels = r->n_voxels;
  if (r->n_voxels > r->max_voxels)
    r->stats.dropped_voxels = r->n_voxels - r->max_voxels;
  return RC_OK;
}

/* Sums, minima or maxima per voxel and channel, into w->sums. */
static RcStatus
reduce (Run * r, int32_t n_voxels, RcError * error)
{
  RcVoxelWorkspace *w = r->w;
  int64_t n;
  RcStatus status;
  ChannelFunc func;

  if (__builtin_mul_overflow (n_voxels, r->v->channels, &n))
    return rc_error_set (error, RC_ERR_OVERFLOW,
        "%d voxels of %lld channels do not fit an int64", n_voxels,
        (long long) r->v->channels);
  status = reserve ((void **) &w->sums, &w->sums_size, n, sizeof (*w->sums),
      "sums", error);
  if (status != RC_OK)
    return status;
  if (r->v->config.mode == RC_VOXEL_MIN) {
    func = channel_min;
    for (int64_t i = 0; i < n; i++)
      w->sums[i] = UINT32_MAX;
  } else {
    func = r->v->config.mode == RC_VOXEL_MAX ? channel_max_value : channel_sum;
    if (n > 0)
      memset (w->sums, 0, (size_t) n * sizeof (*w->sums));
  }
  for (int64_t first = 0; first < r->n_points; first += BLOCK) {
    int n_block =
        r->n_points - first < BLOCK ? (int) (r->n_points - first) : BLOCK;

    memcpy (r->block.id, w->point_voxel + first,
        (size_t) n_block * sizeof (int32_t));
    for_channels (r, first, n_block, func);
  }
  return RC_OK;
}

static void
fill_floats (float *out, int64_t n, float value)
{
  if (rc_voxel_bits32 (value) == 0) {
    memset (out, 0, (size_t) n * sizeof (*out));
    return;
  }
  for (int64_t i = 0; i < n; i++)
    out[i] = value;
}

/* Points of a voxel that were used. */
static int32_t
used_points (const Run * r, int32_t id)
{
  return r->w->counts[id] < r->max_points ? r->w->counts[id] : r->max_points;
}

/* One channel of all voxels from w->sums: value of voxel id goes to
 * out[positions ? positions[id] : id * stride]. */
static void
write_channel (const Run * r, int64_t channel, int32_t n_voxels, float *out,
    const int64_t * positions, int64_t stride)
{
  const int64_t *sums = r->w->sums;
  int64_t channels = r->v->channels;
  RcVoxelMode mode = r->v->config.mode;
  bool ordered = mode == RC_VOXEL_MIN || mode == RC_VOXEL_MAX;
  double inverse = ordered ? 0 : rc_voxel_exp2 (-mean_exponent (r, channel));

  for (int32_t id = 0; id < n_voxels; id++) {
    int64_t sum = sums[id * channels + channel];

    out[positions ? positions[id] : id * stride] =
        ordered ? rc_voxel_order_value ((uint32_t) sum)
        : rc_voxel_mean (sum, used_points (r, id), inverse);
  }
}

/* Occupancy and uint32 counts need no voxel list. */
static void
write_cells (Run * r, void *out)
{
  uint8_t *u8 = out;
  uint32_t *u32 = out;
  RcVoxelType type = r->v->config.type;
  bool count = r->v->config.mode == RC_VOXEL_COUNT;
  uint32_t one = type == RC_VOXEL_F32 ? rc_voxel_bits32 (1.0f) : 1;
  int64_t voxels = 0;

  memset (out, 0, r->v->bytes);
  for (int64_t first = 0; first < r->n_points; first += BLOCK) {
    int n = r->n_points - first < BLOCK ? (int) (r->n_points - first) : BLOCK;

    index_block (r, first, n);
    for (int i = 0; i < n; i++) {
      int64_t key = r->block.key[i];
      uint8_t bit = (uint8_t) (1u << (key & 7));

      if (key < 0)
        continue;
      if (type == RC_VOXEL_U8) {
        voxels += !u8[key];
        u8[key] = 1;
      } else if (type == RC_VOXEL_BITS) {
        voxels += !(u8[key >> 3] & bit);
        u8[key >> 3] |= bit;
      } else {
        voxels += !u32[key];
        u32[key] = count ? u32[key] + 1 : one;
      }
    }
  }
  r->stats.voxels = voxels;
}

static RcStatus
start (Run * r, const RcVoxelizer * v, RcVoxelWorkspace * w,
    const void *points, int64_t n_points, const void *out, RcError * error)
{
  int64_t bytes;

  if (!v || !w || !out)
    return rc_error_set (error, RC_ERR_ARGUMENT, "%s is NULL",
        !v ? "voxelizer" : !w ? "workspace" : "out");
  if (n_points < 0 || (n_points > 0 && !points))
    return rc_error_set (error, RC_ERR_ARGUMENT, "n_points=%lld%s",
        (long long) n_points, n_points < 0 ? " is negative" :
        ", but points is NULL");
  if (n_points > INT32_MAX
      || __builtin_mul_overflow (n_points, v->config.point_step, &bytes)
      || (uint64_t) bytes > PTRDIFF_MAX)
    return rc_error_set (error, RC_ERR_OVERFLOW,
        "n_points=%lld is more than %d, or too many for point_step=%lld",
        (long long) n_points, INT32_MAX, (long long) v->config.point_step);
  memset (r, 0, offsetof (Run, block));
  r->v = v;
  r->w = w;
  r->points = points;
  r->n_points = n_points;
  r->step = v->config.point_step;
  r->stats.points = n_points;
  r->max_voxels = INT32_MAX;
  r->max_points = INT32_MAX;
  r->last_key = -1;
  return RC_OK;
}

RcStatus
rc_voxelize_dense (const RcVoxelizer * voxelizer,
    RcVoxelWorkspace * workspace, const void *points, int64_t n_points,
    void *out, RcVoxelStats * stats, RcError * error)
{
  Run r;
  RcStatus status = start (&r, voxelizer, workspace, points, n_points, out,
      error);
  RcVoxelMode mode;
  float *f32 = out;

  if (status != RC_OK)
    return status;
  mode = voxelizer->config.mode;
  if (rc_voxel_mode_is_sparse (mode))
    return rc_error_set (error, RC_ERR_ARGUMENT,
        "voxelizer of mode %s is not dense", rc_voxel_mode_name (mode));
  if (mode == RC_VOXEL_OCCUPANCY || (mode == RC_VOXEL_COUNT
          && voxelizer->config.type == RC_VOXEL_U32)) {
    write_cells (&r, out);
  } else {
    status = find_voxels (&r, error);
    if (status != RC_OK)
      return status;
    if (mode == RC_VOXEL_COUNT) {
      fill_floats (f32, voxelizer->cells, 0);
      for (int32_t id = 0; id < r.n_voxels; id++)
        f32[workspace->keys[id]] = (float) workspace->counts[id];
    } else {
      status = reduce (&r, r.n_voxels, error);
      if (status != RC_OK)
        return status;
      fill_floats (f32, voxelizer->cells * voxelizer->channels,
          voxelizer->fill);
      for (int64_t c = 0; c < voxelizer->channels; c++)
        write_channel (&r, c, r.n_voxels, f32 + c * voxelizer->cells,
            workspace->keys, 0);
    }
  }
  if (stats)
    *stats = r.stats;
  return RC_OK;
}

RcStatus
rc_voxelize_sparse (const RcVoxelizer * voxelizer,
    RcVoxelWorkspace * workspace, const void *points, int64_t n_points,
    RcVoxels * out, RcVoxelStats * stats, RcError * error)
{
  Run r;
  RcStatus status = start (&r, voxelizer, workspace, points, n_points, out,
      error);
  const RcVoxelizerConfig *c;
  int64_t row, channels, kept;

  if (status != RC_OK)
    return status;
  c = &voxelizer->config;
  if (!rc_voxel_mode_is_sparse (c->mode))
    return rc_error_set (error, RC_ERR_ARGUMENT,
        "voxelizer of mode %s is not sparse", rc_voxel_mode_name (c->mode));
  if (!out->coords || !out->features || !out->counts)
    return rc_error_set (error, RC_ERR_ARGUMENT, "out->%s is NULL",
        !out->coords ? "coords" : !out->features ? "features" : "counts");
  r.sparse = out;
  r.max_voxels = (int32_t) c->max_voxels;
  if (c->max_points > 0)
    r.max_points = (int32_t) c->max_points;
  status = find_voxels (&r, error);
  kept = r.n_voxels < r.max_voxels ? r.n_voxels : r.max_voxels;
  channels = voxelizer->channels;
  row = channels;
  if (c->mode == RC_VOXEL_SPARSE_POINTS)
    row *= c->max_points;
  else if (status == RC_OK)
    status = reduce (&r, (int32_t) kept, error);
  if (status != RC_OK)
    return status;
  for (int32_t id = 0; id < kept; id++) {
    out->counts[id] = used_points (&r, id);
    if (c->mode == RC_VOXEL_SPARSE_POINTS)
      fill_floats (out->features + id * row + out->counts[id] * channels,
          row - out->counts[id] * channels, voxelizer->fill);
  }
  if (c->mode == RC_VOXEL_SPARSE_MEAN)
    for (int64_t ch = 0; ch < channels; ch++)
      write_channel (&r, ch, (int32_t) kept, out->features + ch, NULL,
          channels);
  if (out->pad) {
    int64_t rest = c->max_voxels - kept;

    memset (out->coords + 3 * kept, 0xff, (size_t) rest * 3 * sizeof (int32_t));
    memset (out->counts + kept, 0, (size_t) rest * sizeof (int32_t));
    fill_floats (out->features + kept * row, rest * row, voxelizer->fill);
  }
  out->voxels = kept;
  if (stats)
    *stats = r.stats;
  return RC_OK;
}
