/* SPDX-License-Identifier: Apache-2.0 */
/* Running a voxelizer. Points go through in blocks that stay in the first-level
 * cache: load the coordinates, find the cells, look up the voxels, add the
 * features. Compiled once per CPU level. */
#if defined (__GNUC__) && !defined (__clang__)
/* gcc 12 turns the loops over blocks into vectors only at -O3: half the time */
#pragma GCC optimize ("O3")
#endif

#include <stdlib.h>
#include <string.h>

#include "../common/cpu.h"
#include "voxel-block.h"

#define MIN_SLOTS 4096
#define SLOTS_PER_VOXEL 2

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

#define RESERVE(w, array, size, count, what, error) \
  reserve ((void **) &(w)->array, &(w)->size, count, sizeof (*(w)->array), \
      what, error)

static uint64_t
make_slot (int64_t key, int32_t id)
{
  return (uint64_t) (uint32_t) key << 32 | (uint32_t) (id + 1);
}

/* 2^(64 - shift) slots */
static int
slots_shift (const RcVoxelWorkspace * w)
{
  return 64 - __builtin_ctzll ((unsigned long long) w->n_slots);
}

/* Empties the table and makes it hold `n` slots at least. */
static RcStatus
clear_slots (RcVoxelWorkspace * w, int64_t n, RcError * error)
{
  RcStatus status;

  w->n_slots = MIN_SLOTS;
  while (w->n_slots < n)
    w->n_slots *= 2;
  status = RESERVE (w, slots, slots_size, w->n_slots, "hash slots", error);
  if (status == RC_OK)
    memset (w->slots, 0, (size_t) w->n_slots * sizeof (*w->slots));
  return status;
}

/* Keeps SLOTS_PER_VOXEL slots for each voxel with `n` more of them. */
static RcStatus
reserve_slots (Run * r, int n, RcError * error)
{
  RcVoxelWorkspace *w = r->w;
  int64_t needed = SLOTS_PER_VOXEL * ((int64_t) r->n_voxels + n);
  RcStatus status;
  uint64_t mask;
  int shift;

  if (needed <= w->n_slots)
    return RC_OK;
  status = clear_slots (w, 2 * needed, error);
  if (status != RC_OK)
    return status;
  mask = (uint64_t) w->n_slots - 1;
  shift = slots_shift (w);
  for (int32_t id = 0; id < r->n_voxels; id++) {
    uint64_t s = rc_voxel_hash (w->keys[id], shift);

    while (w->slots[s])
      s = (s + 1) & mask;
    w->slots[s] = make_slot (w->keys[id], id);
  }
  return RC_OK;
}

/* ---- voxels ---- */

/* Writes the coordinates of the voxels that the block has added. */
static void
add_coords (const Run * r, int32_t before)
{
  const RcVoxelizer *v = r->v;
  const Block *b = &r->block;
  int32_t end = r->n_voxels < r->max_voxels ? r->n_voxels : r->max_voxels;

  for (int32_t id = before; id < end; id++) {
    int32_t *coords = r->sparse->coords + 3 * (int64_t) id;
    int i = b->born[id - before];

    coords[0] = b->index[v->outer][i];
    coords[1] = b->index[v->middle][i];
    coords[2] = b->index[v->inner][i];
  }
}

/* Whether a slot is empty or has the key. The two are not told apart here, so
 * that the processor has one branch to predict, which is nearly always taken. */
static inline bool
end_of_probe (uint64_t slot, int64_t key, const int64_t * keys)
{
  int64_t other = (int64_t) ((slot >> 32) ^ (uint32_t) key);
  int64_t full = (int64_t) (uint32_t) slot;
  /* negative when either is 0; written so that no compiler splits it */
  bool end = ((other - 1) | (full - 1)) < 0;

  if (keys && end && slot)
    end = keys[full - 1] == key;
  return end;
}

/* The block's runs: neighbours that are inside and have one key. Written without
 * branches, which would be mispredicted at every other run. */
static int
find_runs (Block * b, int n, int n_inside)
{
  const int64_t *key = b->key + 1;
  int starts = 0, ends = 0;

  if (n_inside == n) {
    for (int i = 0; i < n; i++) {
      b->start[starts] = i;
      starts += key[i] != key[i - 1];
    }
    b->start[starts] = n;
    for (int i = 0; i < starts; i++)
      b->end[i] = b->start[i + 1];
    return starts;
  }
  if (n_inside == 0)
    return 0;
  for (int i = 0; i < n; i++) {
    b->start[starts] = i;
    starts += b->inside[i] & (key[i] != key[i - 1]);
    b->end[ends] = i + 1;
    ends += b->inside[i] & (key[i] != key[i + 1]);
  }
  return starts;
}

/* From runs to voxel ids, dropping what the limits do not let in. A branch on
 * whether a voxel is new would be mispredicted all the time: what a new one
 * needs is always written, and counts only when there is one. */
static RcStatus
lookup_block (Run * r, int n_runs, RcError * error)
{
  Block *b = &r->block;
  RcVoxelWorkspace *w = r->w;
  RcStatus status = reserve_slots (r, n_runs, error);
  uint64_t mask = (uint64_t) w->n_slots - 1, *slots = w->slots;
  int64_t *keys = w->keys;
  int32_t *counts = w->counts;
  /* half a key says all when there are no more cells than that */
  bool verify = r->v->cells > UINT32_MAX;
  int32_t before = r->n_voxels, n_voxels = before;
  int32_t max_voxels = r->max_voxels, max_points = r->max_points;
  RcVoxelSpan *span = r->spans;
  int shift;

  if (status != RC_OK)
    return status;
  shift = slots_shift (w);
  for (int i = 0; i < n_runs; i++) {
    b->slot[i] = rc_voxel_hash (b->key[b->start[i] + 1], shift);
    __builtin_prefetch (&slots[b->slot[i]], 1);
  }
  for (int i = 0; i < n_runs; i++) {
    int32_t start = b->start[i], used = b->end[i] - start, id, rank;
    int64_t key = b->key[start + 1];
    uint64_t s = b->slot[i], slot;

    for (slot = slots[s]; !end_of_probe (slot, key, verify ? keys : NULL);
        slot = slots[s])
      s = (s + 1) & mask;
    keys[n_voxels] = key;
    counts[n_voxels] = 0;
    b->born[n_voxels - before] = start;
    id = slot ? (int32_t) ((uint32_t) slot - 1) : n_voxels;
    n_voxels += !slot;
    slots[s] = make_slot (key, id);
    rank = counts[id];
    counts[id] = rank + used;
    if (id >= max_voxels) {
      r->stats.dropped_voxel_points += used;
      continue;
    }
    if (used > max_points - rank) {
      int32_t fit = rank < max_points ? max_points - rank : 0;

      r->stats.dropped_points += used - fit;
      if (fit == 0)
        continue;
      used = fit;
    }
    b->rank[span - r->spans] = rank;
    *span++ = (RcVoxelSpan) {
    id, (uint8_t) start, (uint8_t) (start + used)};
  }
  r->n_voxels = n_voxels;
  r->n_spans = (int) (span - r->spans);
  if (r->sparse)
    add_coords (r, before);
  return RC_OK;
}

/* ---- features ---- */

typedef void (*ChannelFunc) (Run * r, const double *values, int64_t channel);

/* The block's coordinates when they are what lies at an offset, or NULL. */
static const double *
coordinates (const Run * r, RcDType dtype, int64_t offset)
{
  const RcPointField *xyz = r->v->config.xyz;

  for (int a = 0; a < 3; a++) {
    if (xyz[a].dtype == dtype && xyz[a].offset == offset)
      return r->block.x[a];
  }
  return NULL;
}

/* Calls func for each channel with the values of the block's points. With
 * `indexed`, the coordinates are still there from index_block (). */
static void
for_channels (Run * r, int64_t first, int n, bool indexed, ChannelFunc func)
{
  const RcVoxelizerConfig *c = &r->v->config;
  const uint8_t *src = r->points + first * r->step;
  int64_t channel = 0;

  for (int32_t f = 0; f < c->n_fields; f++) {
    const RcPointField *field = &c->fields[f];
    int64_t size = (int64_t) rc_dtype_size (field->dtype);

    for (int64_t i = 0; i < field->count; i++) {
      int64_t offset = field->offset + i * size;
      const double *values = indexed ?
          coordinates (r, field->dtype, offset) : NULL;

      if (!values) {
        load[field->dtype] (src + offset, r->step, n, r->block.value);
        values = r->block.value;
      }
      func (r, values, channel++);
    }
  }
}

/* The magnitudes are compared as integers: a maximum of integers has no order,
 * so that compilers may use vectors. */
static void
channel_max (Run * r, const double *values, int64_t channel)
{
  const int32_t *inside = r->block.inside;
  uint32_t *result = &r->w->channel_max[channel];
  int32_t max = (int32_t) (*result & ~NOT_FINITE), worst = 0;
  int32_t high[BLOCK];

  for (int i = 0; i < BLOCK; i++)
    high[i] = (int32_t) rc_voxel_high (values[i]) & -inside[i];
  for (int i = 0; i < BLOCK; i++) {
    int32_t finite = high[i] < (int32_t) RC_VOXEL_INF_HIGH ? high[i] : 0;

    worst = high[i] > worst ? high[i] : worst;
    max = finite > max ? finite : max;
  }
  *result = (uint32_t) max | (*result & NOT_FINITE)
      | (worst < (int32_t) RC_VOXEL_INF_HIGH ? 0 : NOT_FINITE);
}

static void
channel_points (Run * r, const double *values, int64_t channel)
{
  int64_t channels = r->v->channels;

  for (int s = 0; s < r->n_spans; s++) {
    const RcVoxelSpan *span = &r->spans[s];
    float *out = r->sparse->features + channel + channels
        * ((int64_t) span->id * r->max_points + r->block.rank[s]);

    for (int i = span->start; i < span->end; i++, out += channels)
      *out = rc_voxel_to_float (values[i]);
  }
}

/* channel_points () of all channels at once, where they are a row. Inline, for one
 * loop per type. */
static inline void
points_row (Run * r, int64_t first, bool f64)
{
  const uint8_t *src = r->points + first * r->step + r->row.offset;
  int channels = r->row.n;

  for (int s = 0; s < r->n_spans; s++) {
    const RcVoxelSpan *span = &r->spans[s];
    float *out = r->sparse->features + channels
        * ((int64_t) span->id * r->max_points + r->block.rank[s]);

    for (int i = span->start; i < span->end; i++, out += channels) {
      const uint8_t *at = src + i * r->step;

      for (int c = 0; c < channels; c++) {
        double d = 0;
        float f = 0;

        if (f64)
          memcpy (&d, at + 8 * c, sizeof (d));
        else
          memcpy (&f, at + 4 * c, sizeof (f));
        out[c] = rc_voxel_to_float (f64 ? d : (double) f);
      }
    }
  }
}

static int
mean_exponent (const Run * r, int64_t channel)
{
  return rc_voxel_mean_exponent (r->stats.inside,
      r->w->channel_max[channel] & ~NOT_FINITE);
}

/* The block's values as fixed point, added to the sums of the voxels. */
static void
channel_sum (Run * r, const double *values, int64_t channel)
{
  Block *b = &r->block;
  int64_t stride = r->stride, *sums = r->w->sums + channel;
  double scale = rc_voxel_exp2 (mean_exponent (r, channel));
  uint64_t sum = 0;

  if (rc_voxel_fits_shift (r->stats.inside)) {
    for (int i = 0; i < BLOCK; i++)
      b->fixed[i] = (uint64_t) rc_voxel_fix_shift (values[i], scale);
  } else {
    for (int i = 0; i < BLOCK; i++)
      b->fixed[i] = (uint64_t) rc_voxel_fix (values[i], scale);
  }
  for (int i = 0; i < BLOCK; i++) {
    b->sum[i] = sum;
    sum += b->fixed[i];
  }
  b->sum[BLOCK] = sum;
  for (int s = 0; s < r->n_spans; s++) {
    const RcVoxelSpan *span = &r->spans[s];

    sums[span->id * stride] +=
        (int64_t) (b->sum[span->end] - b->sum[span->start]);
  }
}

/* Running sums of points [i, end) of the block from src. */
static inline void
add_row (Block * b, const uint8_t * src, int64_t step, int i, int end,
    bool f64, const Double4 * scale)
{
  Fixed4 sum = b->row_sum[i];

  for (; i < end; i++, src += step) {
    Double4 v;

    load_4 (src, f64, &v);
    v = v * *scale + RC_VOXEL_SHIFT;
    sum += (Fixed4) v - RC_VOXEL_SHIFT_BITS;
    b->row_sum[i + 1] = sum;
  }
}

/* channel_sum () of all channels at once, where they are a row. Voxels come in
 * the order of their ids: the first span of one is known by that, and what was
 * in the sums before needs no clearing. */
static void
sum_row (Run * r, int64_t first, int n)
{
  const uint8_t *src = r->points + first * r->step + r->row.offset;
  Block *b = &r->block;
  Double4 scale = { 0 };
  int64_t *all = r->w->sums;
  uint8_t last[32];
  int whole = whole_points (r, &r->row, first, n, last);

  for (int s = 0; s < r->n_spans; s++)
    __builtin_prefetch (&all[4 * (int64_t) r->spans[s].id], 1);
  for (int i = 0; i < r->row.n; i++)
    scale[i] = rc_voxel_exp2 (mean_exponent (r, i));
  if (r->row.f64)
    add_row (b, src, r->step, 0, whole, true, &scale);
  else
    add_row (b, src, r->step, 0, whole, false, &scale);
  add_row (b, last, 0, whole, n, r->row.f64, &scale);
  for (int s = 0; s < r->n_spans; s++) {
    const RcVoxelSpan *span = &r->spans[s];
    int64_t *at = &all[4 * (int64_t) span->id];
    uint64_t known = span->id < r->n_summed ? UINT64_MAX : 0;
    Fixed4 v;

    memcpy (&v, at, sizeof (v));
    v = (v & known) + (b->row_sum[span->end] - b->row_sum[span->start]);
    memcpy (at, &v, sizeof (v));
    r->n_summed += !known;
  }
}

/* The same where some values are not finite. */
static void
channel_sum_checked (Run * r, const double *values, int64_t channel)
{
  int64_t stride = r->stride;
  double scale = rc_voxel_exp2 (mean_exponent (r, channel));

  for (int s = 0; s < r->n_spans; s++) {
    const RcVoxelSpan *span = &r->spans[s];
    int64_t *sum = &r->w->sums[span->id * stride + channel];

    for (int i = span->start; i < span->end; i++) {
      if (!rc_voxel_is_finite (values[i]))
        *sum = RC_VOXEL_POISON;
      else if (*sum != RC_VOXEL_POISON)
        *sum += rc_voxel_fix (values[i], scale);
    }
  }
}

static void
channel_mean (Run * r, const double *values, int64_t channel)
{
  if (r->w->channel_max[channel] & NOT_FINITE)
    channel_sum_checked (r, values, channel);
  else
    channel_sum (r, values, channel);
}

static void
channel_min (Run * r, const double *values, int64_t channel)
{
  int64_t stride = r->stride;

  for (int s = 0; s < r->n_spans; s++) {
    const RcVoxelSpan *span = &r->spans[s];
    int64_t *min = &r->w->sums[span->id * stride + channel];

    for (int i = span->start; i < span->end; i++) {
      int64_t key = rc_voxel_order_key (rc_voxel_to_float (values[i]), 0);

      *min = key < *min ? key : *min;
    }
  }
}

static void
channel_max_value (Run * r, const double *values, int64_t channel)
{
  int64_t stride = r->stride;

  for (int s = 0; s < r->n_spans; s++) {
    const RcVoxelSpan *span = &r->spans[s];
    int64_t *max = &r->w->sums[span->id * stride + channel];

    for (int i = span->start; i < span->end; i++) {
      int64_t key = rc_voxel_order_key (rc_voxel_to_float (values[i]),
          UINT32_MAX);

      *max = key > *max ? key : *max;
    }
  }
}

/* ---- passes ---- */

static int
block_size (const Run * r, int64_t first)
{
  return r->n_points - first < BLOCK ? (int) (r->n_points - first) : BLOCK;
}

/* The voxel of every point, the counts, and (means) the channels' maxima. */
static RcStatus
find_voxels (Run * r, RcError * error)
{
  const RcVoxelizer *v = r->v;
  RcVoxelWorkspace *w = r->w;
  RcVoxelMode mode = v->config.mode;
  bool mean = mode == RC_VOXEL_MEAN || mode == RC_VOXEL_SPARSE_MEAN;
  RcStatus status;

  /* one more than there can be: lookup_block () writes ahead */
  if ((status = RESERVE (w, spans, spans_size, r->n_points, "spans",
              error)) != RC_OK
      || (status = RESERVE (w, block_spans, blocks_size,
              r->n_points / BLOCK + 1, "blocks", error)) != RC_OK
      || (status = RESERVE (w, keys, keys_size, r->n_points + 1, "voxels",
              error)) != RC_OK
      || (status = RESERVE (w, counts, counts_size, r->n_points + 1, "voxels",
              error)) != RC_OK
      || (status = RESERVE (w, channel_max, channels_size, v->channels,
              "channels", error)) != RC_OK
      /* as large as the last cloud needed */
      || (status = clear_slots (w, SLOTS_PER_VOXEL * (w->last_voxels + BLOCK),
              error)) != RC_OK)
    return status;
  for (int64_t c = 0; c < v->channels; c++)
    w->channel_max[c] = 0;
  r->spans = w->spans;
  for (int64_t first = 0; first < r->n_points; first += BLOCK) {
    int n = block_size (r, first);
    int n_inside = index_block (r, first, n);

    status = lookup_block (r, find_runs (&r->block, n, n_inside), error);
    if (status != RC_OK)
      return status;
    w->block_spans[first / BLOCK] = (uint8_t) r->n_spans;
    if (mean)
      for_channels (r, first, n, true, channel_max);
    else if (mode == RC_VOXEL_SPARSE_POINTS && r->row.n > 0 && r->row.f64)
      points_row (r, first, true);
    else if (mode == RC_VOXEL_SPARSE_POINTS && r->row.n > 0)
      points_row (r, first, false);
    else if (mode == RC_VOXEL_SPARSE_POINTS)
      for_channels (r, first, n, true, channel_points);
    r->spans += r->n_spans;
  }
  w->last_voxels = r->n_voxels;
  r->stats.voxels = r->n_voxels;
  if (r->n_voxels > r->max_voxels)
    r->stats.dropped_voxels = r->n_voxels - r->max_voxels;
  return RC_OK;
}

/* Whether sum_row () can do the channels. */
static bool
channels_are_row (const Run * r)
{
  const RcVoxelizerConfig *c = &r->v->config;

  if (c->mode == RC_VOXEL_MIN || c->mode == RC_VOXEL_MAX
      || !rc_voxel_fits_shift (r->stats.inside) || r->row.n == 0)
    return false;
  for (int64_t i = 0; i < r->v->channels; i++) {
    if (r->w->channel_max[i] & NOT_FINITE)
      return false;
  }
  return true;
}

/* Sums, minima or maxima per voxel and channel, into w->sums. */
static RcStatus
reduce (Run * r, int32_t n_voxels, RcError * error)
{
  RcVoxelWorkspace *w = r->w;
  RcVoxelMode mode = r->v->config.mode;
  ChannelFunc func = mode == RC_VOXEL_MIN ? channel_min
      : mode == RC_VOXEL_MAX ? channel_max_value : channel_mean;
  bool one_row = channels_are_row (r);
  RcStatus status;
  int64_t n;

  r->stride = one_row ? 4 : r->v->channels;
  if (__builtin_mul_overflow (n_voxels, r->stride, &n))
    return rc_error_set (error, RC_ERR_OVERFLOW,
        "%d voxels of %lld channels do not fit an int64", n_voxels,
        (long long) r->v->channels);
  status = RESERVE (w, sums, sums_size, n, "sums", error);
  if (status != RC_OK)
    return status;
  for (int64_t i = 0; i < n && !one_row; i++)
    w->sums[i] = mode == RC_VOXEL_MIN ? UINT32_MAX : 0;
  r->spans = w->spans;
  for (int64_t first = 0; first < r->n_points; first += BLOCK) {
    r->n_spans = w->block_spans[first / BLOCK];
    if (r->n_spans > 0 && one_row)
      sum_row (r, first, block_size (r, first));
    else if (r->n_spans > 0)
      for_channels (r, first, block_size (r, first), false, func);
    r->spans += r->n_spans;
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
  RcVoxelMode mode = r->v->config.mode;
  bool ordered = mode == RC_VOXEL_MIN || mode == RC_VOXEL_MAX;
  double inverse = ordered ? 0 : rc_voxel_exp2 (-mean_exponent (r, channel));

  for (int32_t id = 0; id < n_voxels; id++) {
    int64_t sum = sums[id * r->stride + channel];

    out[positions ? positions[id] : id * stride] =
        ordered ? rc_voxel_order_value ((uint32_t) sum)
        : rc_voxel_mean (sum, used_points (r, id), inverse);
  }
}

/* The means of all channels, where sum_row () made the sums. */
static void
write_means (const Run * r, int32_t n_voxels, float *out)
{
  int channels = r->row.n;
  double inverse[4];

  for (int c = 0; c < channels; c++)
    inverse[c] = rc_voxel_exp2 (-mean_exponent (r, c));
  for (int32_t id = 0; id < n_voxels; id++) {
    int32_t count = used_points (r, id);

    for (int c = 0; c < channels; c++)
      *out++ = rc_voxel_mean (r->w->sums[4 * (int64_t) id + c], count,
          inverse[c]);
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
    int n = block_size (r, first);

    index_block (r, first, n);
    for (int i = 0; i < n; i++) {
      int64_t key = r->block.key[i + 1];
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

static void
start (Run * r, const RcVoxelizer * v, RcVoxelWorkspace * w,
    const void *points, int64_t n_points)
{
  memset (r, 0, offsetof (Run, block));
  memset (r->block.value, 0, sizeof (r->block.value));
  memset (r->block.row_sum, 0, sizeof (r->block.row_sum[0]));
  r->block.key[0] = r->block.key[BLOCK + 1] = -1;
  r->v = v;
  r->w = w;
  r->points = points;
  r->n_points = n_points;
  r->step = v->config.point_step;
  for (int a = 0; a < 3; a++)
    r->divide[a] = rc_voxel_guess_init (&r->guess[a], v->config.min[a],
        v->config.size[a], v->config.dims[a]) ? 0 : -1;
  r->xyz_row = find_row (v->config.xyz, 3);
  r->row = find_row (v->config.fields, v->config.n_fields);
  r->stats.points = n_points;
  r->max_voxels = INT32_MAX;
  r->max_points = INT32_MAX;
}

RcStatus
RC_VARIANT (rc_voxel_dense) (const RcVoxelizer * v, RcVoxelWorkspace * w,
    const void *points, int64_t n_points, void *out, RcVoxelStats * stats,
    RcError * error)
{
  RcVoxelMode mode = v->config.mode;
  float *f32 = out;
  RcStatus status;
  Run r;

  start (&r, v, w, points, n_points);
  if (mode == RC_VOXEL_OCCUPANCY || (mode == RC_VOXEL_COUNT
          && v->config.type == RC_VOXEL_U32)) {
    write_cells (&r, out);
  } else {
    status = find_voxels (&r, error);
    if (status == RC_OK && mode != RC_VOXEL_COUNT)
      status = reduce (&r, r.n_voxels, error);
    if (status != RC_OK)
      return status;
    if (mode == RC_VOXEL_COUNT) {
      fill_floats (f32, v->cells, 0);
      for (int32_t id = 0; id < r.n_voxels; id++)
        f32[w->keys[id]] = (float) w->counts[id];
    } else {
      fill_floats (f32, v->cells * v->channels, v->fill);
      for (int64_t c = 0; c < v->channels; c++)
        write_channel (&r, c, r.n_voxels, f32 + c * v->cells, w->keys, 0);
    }
  }
  if (stats)
    *stats = r.stats;
  return RC_OK;
}

RcStatus
RC_VARIANT (rc_voxel_sparse) (const RcVoxelizer * v, RcVoxelWorkspace * w,
    const void *points, int64_t n_points, RcVoxels * out,
    RcVoxelStats * stats, RcError * error)
{
  const RcVoxelizerConfig * c = &v->config;
  bool all_points = c->mode == RC_VOXEL_SPARSE_POINTS;
  int64_t channels = v->channels, kept;
  int64_t row = all_points ? c->max_points * channels : channels;
  RcStatus status;
  Run r;

  start (&r, v, w, points, n_points);
  r.sparse = out;
  r.max_voxels = (int32_t) c->max_voxels;
  if (c->max_points > 0)
    r.max_points = (int32_t) c->max_points;
  status = find_voxels (&r, error);
  kept = r.n_voxels < r.max_voxels ? r.n_voxels : r.max_voxels;
  if (status == RC_OK && !all_points)
    status = reduce (&r, (int32_t) kept, error);
  if (status != RC_OK)
    return status;
  for (int32_t id = 0; id < kept; id++) {
    out->counts[id] = used_points (&r, id);
    if (all_points)
      fill_floats (out->features + id * row + out->counts[id] * channels,
          row - out->counts[id] * channels, v->fill);
  }
  if (!all_points && r.n_summed > 0)
    write_means (&r, (int32_t) kept, out->features);
  for (int64_t ch = 0; !all_points && r.n_summed == 0 && ch < channels; ch++)
    write_channel (&r, ch, (int32_t) kept, out->features + ch, NULL, channels);
  if (out->pad) {
    int64_t rest = c->max_voxels - kept;

    memset (out->coords + 3 * kept, 0xff, (size_t) rest * 3 * sizeof (int32_t));
    memset (out->counts + kept, 0, (size_t) rest * sizeof (int32_t));
    fill_floats (out->features + kept * row, rest * row, v->fill);
  }
  out->voxels = kept;
  if (stats)
    *stats = r.stats;
  return RC_OK;
}
