/* SPDX-License-Identifier: Apache-2.0 */
#include "rcstream.h"

#include <string.h>

#include "rcmeta.h"
#include "rctime.h"

GstRcStream *
gst_rc_stream_new (GstObject * object, const gchar * name)
{
  GstRcStream *s = g_new0 (GstRcStream, 1);

  s->object = object;
  s->name = g_strdup (name);
  s->stats.first_time = s->stats.last_time = s->horizon = RC_TIME_NONE;
  s->gap_from = s->gap_to = s->passed = RC_TIME_NONE;
  return s;
}

/* Drops the `count` oldest rows. */
static void
drop_rows (GstRcStream * s, gsize count)
{
  for (gsize i = 0; s->by_reference && i < count; i++)
    gst_rc_stream_clear_row (s, i);
  s->head += count;
  s->n -= count;
  s->forgotten += count;
  s->hint = MAX (0, s->hint - (gint64) count);
  if (s->n == 0)
    s->head = 0;
}

void
gst_rc_stream_free_history (GstRcStream * s)
{
  drop_rows (s, s->n);
  g_clear_pointer (&s->times, g_free);
  g_clear_pointer (&s->rows, g_free);
  g_clear_pointer (&s->data, g_free);
  g_clear_pointer (&s->signs, g_free);
  gst_rc_stream_free_there (s);
  s->capacity = s->head = 0;
}

void
gst_rc_stream_clear_parts (GstRcStream * s)
{
  for (guint i = 0; i < s->n_parts; i++)
    gst_rc_tensor_clear (&s->parts[i]);
  s->n_parts = 0;
  g_clear_pointer (&s->sampler, rc_sampler_free);
  g_clear_pointer (&s->late, rc_sampler_free);
  g_clear_pointer (&s->longer, rc_sampler_free);
  g_clear_pointer (&s->longer_late, rc_sampler_free);
  gst_rc_stream_free_samplers_there (s);
  s->picked = NULL;
}

void
gst_rc_stream_free (GstRcStream * s)
{
  gst_rc_stream_free_history (s);
  gst_rc_stream_clear_parts (s);
  gst_rc_stream_set_device (s, NULL);
  gst_rc_tensors_clear (&s->tensors);
  gst_rc_tensor_clear (&s->input);
  gst_rc_stream_clock_clear (&s->clock);
  g_free (s->name);
  g_free (s);
}

void
gst_rc_stream_reset (GstRcStream * s)
{
  drop_rows (s, s->n);
  s->stats.first_time = s->stats.last_time = s->horizon = RC_TIME_NONE;
  s->gap_from = s->gap_to = s->passed = RC_TIME_NONE;
  s->hint = 0;
  s->eos = FALSE;
  gst_rc_stream_clock_reset (&s->clock);
}

/* ---- history ---- */

static void
reserve_one (GstRcStream * s)
{
  gsize row = s->input.size;

  if (s->head + s->n < s->capacity)
    return;
  if (s->head >= s->capacity / 2 && s->head > 0) {
    gsize h = s->head;

    memmove (s->times, s->times + h, s->n * sizeof (gint64));
    if (s->by_reference) {
      memmove (s->rows, s->rows + h, s->n * sizeof (GstRcRow));
      memset (s->rows + s->n, 0, h * sizeof (GstRcRow));
    } else {
      memmove (s->data, s->data + h * row, s->n * row);
    }
    if (s->n_quats)
      memmove (s->signs, s->signs + h * s->n_quats, s->n * s->n_quats);
    s->head = 0;
    return;
  }
  s->capacity = MAX (16, s->capacity * 2);
  s->times = g_renew (gint64, s->times, s->capacity);
  if (s->by_reference) {
    s->rows = g_renew (GstRcRow, s->rows, s->capacity);
    memset (s->rows + s->head + s->n, 0,
        (s->capacity - s->head - s->n) * sizeof (GstRcRow));
  } else {
    s->data = g_realloc_n (s->data, s->capacity, row);
  }
  if (s->n_quats)
    s->signs = g_realloc_n (s->signs, s->capacity, s->n_quats);
}

static int
compare_spacing (const void *a, const void *b)
{
  gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return (x > y) - (x < y);
}

/* The upper quartile of a full ring: one lost sample does not show in it. */
static void
add_spacing (GstRcStream * s, gint64 spacing)
{
  gint64 sorted[GST_RC_STREAM_SPACINGS];

  if (spacing > s->longest_spacing)
    return;
  s->spacing[s->n_spacings++ % GST_RC_STREAM_SPACINGS] = spacing;
  if (s->n_spacings % GST_RC_STREAM_SPACINGS)
    return;
  memcpy (sorted, s->spacing, sizeof (sorted));
  qsort (sorted, GST_RC_STREAM_SPACINGS, sizeof (*sorted), compare_spacing);
  s->usual_spacing = sorted[3 * GST_RC_STREAM_SPACINGS / 4 - 1];
}

gint64
gst_rc_stream_spacing (const GstRcStream * s)
{
  return s->usual_spacing;
}

gdouble
gst_rc_stream_rate (const GstRcStream * s)
{
  guint n = MIN (s->n_spacings, GST_RC_STREAM_SPACINGS);
  gdouble sum = 0;

  for (guint i = 0; i < n; i++)
    sum += (gdouble) s->spacing[i];
  return n ? n * (gdouble) GST_SECOND / sum : 0;
}

/* The stated rule: of equal times the first counts, and time does not go back;
 * what breaks it is dropped and counted. But a clock that was set back by more
 * than clock_jump begins a new history, else one wrong stamp in the future would
 * silence the stream until then; which is why a leap forward beyond max_jump is
 * dropped as well. */
static gboolean
accept_time (GstRcStream * s, gint64 time)
{
  const gint64 last = s->stats.last_time;

  s->stats.in++;
  if (last != RC_TIME_NONE && time <= last) {
    if (time == last) {
      s->stats.duplicates++;
      return FALSE;
    }
    if (last - time <= s->config.clock_jump) {
      s->stats.backwards++;
      return FALSE;
    }
    s->stats.resets++;
    drop_rows (s, s->n);
    s->gap_from = s->gap_to = RC_TIME_NONE;
    s->hint = 0;
  } else if (last != RC_TIME_NONE) {
    if (time - last > s->config.max_jump) {
      s->stats.ahead++;
      return FALSE;
    }
    add_spacing (s, time - last);
  }
  if (s->stats.first_time == RC_TIME_NONE)
    s->stats.first_time = time;
  s->stats.last_time = s->horizon = time;
  s->passed = RC_TIME_NONE;
  s->stats.kept++;
  reserve_one (s);
  s->times[s->head + s->n] = time;
  return TRUE;
}

gboolean
gst_rc_stream_running_time (const GstRcStream * s, const GstSegment * segment,
    GstClockTime pts, gint64 * time)
{
  if (segment->format != GST_FORMAT_TIME || !GST_CLOCK_TIME_IS_VALID (pts)
      || !gst_segment_clip (segment, GST_FORMAT_TIME, pts, pts, NULL, NULL)
      || !gst_rc_running_time (segment, pts, time))
    return FALSE;
  *time += s->config.offset;
  return TRUE;
}

/* What the times of the buffer's n samples have to be moved by; FALSE when they
 * have none, which is counted. */
static gboolean
time_shift (GstRcStream * s, GstBuffer * buffer, const GstSegment * segment,
    gsize n, gint64 * shift)
{
  gint64 pts;

  *shift = 0;
  if (!s->clock.map)
    return TRUE;
  if (!gst_rc_stream_running_time (s, segment, GST_BUFFER_PTS (buffer), &pts)) {
    s->stats.no_time += n;
  } else if (!gst_rc_stream_clock_shift (&s->clock, buffer,
          pts - s->config.offset, shift)) {
    s->stats.no_reference += n;
  } else {
    rc_clock_map_estimate (s->clock.map, &s->stats.clock);
    return TRUE;
  }
  s->stats.in += n;
  return FALSE;
}

static void
push_copies (GstRcStream * s, GstBuffer * buffer, const GstSegment * segment,
    gchar ** reason)
{
  gsize n = MAX (1, s->tensors.samples), n_times = 0;
  const gint64 *times = gst_rc_sample_times_get (buffer, &n_times);
  gint64 shift;
  GstMapInfo map;

  if (gst_buffer_get_size (buffer) != n * s->input.size
      || (n > 1 && n_times != n) || !gst_buffer_map (buffer, &map,
          GST_MAP_READ)) {
    if (reason)
      *reason = g_strdup_printf ("a buffer of %" G_GSIZE_FORMAT " bytes with %"
          G_GSIZE_FORMAT " sample times where the caps mean %" G_GSIZE_FORMAT
          " bytes and %" G_GSIZE_FORMAT " times", gst_buffer_get_size (buffer),
          n_times, n * s->input.size, n > 1 ? n : 0);
    s->stats.in += n;
    s->stats.bad_size += n;
    return;
  }
  if (!time_shift (s, buffer, segment, n, &shift)) {
    gst_buffer_unmap (buffer, &map);
    return;
  }
  for (gsize i = 0; i < n; i++) {
    gint64 time;

    if (!gst_rc_stream_running_time (s, segment,
            n > 1 ? (GstClockTime) times[i] : GST_BUFFER_PTS (buffer), &time)) {
      s->stats.in++;
      s->stats.no_time++;
      continue;
    }
    if (!accept_time (s, time + shift))
      continue;
    memcpy (s->data + (s->head + s->n) * s->input.size,
        map.data + i * s->input.size, s->input.size);
    s->n++;
  }
  gst_rc_stream_sign_rows (s);
  gst_buffer_unmap (buffer, &map);
}

/* Rows of a frame without padding, as the tensor has them; NULL when the buffer
 * does not hold a frame. */
static GstBuffer *
pack_frame (GstRcStream * s, GstBuffer * buffer)
{
  const gsize size = s->input.size, height = s->input.dims[2];
  const gsize line = size / height;
  GstVideoFrame frame;
  GstBuffer *packed;
  GstMapInfo map;
  gint stride;
  gboolean dense;

  if (!gst_video_frame_map (&frame, &s->video, buffer, GST_MAP_READ))
    return NULL;
  stride = GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0);
  dense = stride == (gint) line
      && GST_VIDEO_FRAME_PLANE_OFFSET (&frame, 0) == 0;
  if (dense && gst_buffer_get_size (buffer) == size) {
    gst_video_frame_unmap (&frame);
    return gst_buffer_ref (buffer);
  }
  packed = gst_buffer_new_allocate (NULL, size, NULL);
  if (packed && gst_buffer_map (packed, &map, GST_MAP_WRITE)) {
    const guint8 *src = GST_VIDEO_FRAME_PLANE_DATA (&frame, 0);

    for (gsize y = 0; y < height; y++)
      memcpy (map.data + y * line, src + (gssize) y * stride, line);
    gst_buffer_unmap (packed, &map);
  }
  gst_video_frame_unmap (&frame);
  return packed;
}

/* The same of a frame of GstCuda's, within the device; NULL where that cannot be. */
static GstBuffer *
pack_frame_there (GstRcStream * s, GstBuffer * buffer)
{
  const gsize height = s->input.dims[2], line = s->input.size / height;
  const GstVideoMeta *meta = gst_buffer_get_video_meta (buffer);
  const gsize offset = meta ? meta->offset[0] : 0;
  const gint stride = meta ? meta->stride[0]
      : GST_VIDEO_INFO_PLANE_STRIDE (&s->video, 0);
  RcError error = { RC_OK, "" };
  GstBuffer *packed;

  /* (it is opened with the first tick: rcstreamrows.c) */
  if (!s->device || !s->device->stream || gst_buffer_n_memory (buffer) != 1
      || !gst_memory_is_type (gst_buffer_peek_memory (buffer, 0),
          GST_CUDA_MEMORY_TYPE)
      || stride < (gint) line || gst_buffer_get_size (buffer) < offset
      + (height - 1) * (gsize) stride + line)
    return NULL;
  packed = gst_rc_row_device_pack (s->device, buffer, offset, (gsize) stride,
      line, height, &error);
  if (!packed)
    GST_WARNING_OBJECT (s->object, "a frame goes by way of the host: %s",
        error.message);
  return packed;
}

static void
push_reference (GstRcStream * s, GstBuffer * buffer, const GstSegment * segment,
    gchar ** reason)
{
  const gsize size = gst_buffer_get_size (buffer);
  gsize n = s->kind == GST_RC_STREAM_TENSOR ? MAX (1, s->tensors.samples) : 1;
  gsize n_times = 0;
  const gint64 *times = gst_rc_sample_times_get (buffer, &n_times);
  gboolean fits = TRUE;
  GstBuffer *kept = NULL;
  gint64 time, shift;

  if (s->kind == GST_RC_STREAM_CLOUD)
    fits = size % s->cloud.point_step == 0;
  else if (s->kind == GST_RC_STREAM_TENSOR)
    fits = size == n * s->input.size && (n == 1 || n_times == n);
  if (fits && s->kind != GST_RC_STREAM_VIDEO)
    kept = gst_buffer_ref (buffer);
  else if (fits && !(kept = pack_frame_there (s, buffer)))
    kept = pack_frame (s, buffer);
  if (!kept) {
    if (reason)
      *reason = g_strdup_printf ("a buffer of %" G_GSIZE_FORMAT " bytes with %"
          G_GSIZE_FORMAT " sample times where the caps mean %s%" G_GSIZE_FORMAT
          " bytes and %" G_GSIZE_FORMAT " times", size, n_times, s->kind
          == GST_RC_STREAM_CLOUD ? "a multiple of " : "", n * s->input.size,
          n > 1 ? n : 0);
    s->stats.in += n;
    s->stats.bad_size += n;
    return;
  }
  if (!time_shift (s, buffer, segment, n, &shift)) {
    gst_buffer_unref (kept);
    return;
  }
  for (gsize i = 0; i < n; i++) {
    if (!gst_rc_stream_running_time (s, segment,
            n > 1 ? (GstClockTime) times[i] : GST_BUFFER_PTS (buffer), &time)) {
      s->stats.in++;
      s->stats.no_time++;
    } else if (accept_time (s, time + shift)) {
      gst_rc_stream_add_row (s, kept, i * s->input.size, n > 1 ? s->input.size
          : gst_buffer_get_size (kept));
    }
  }
  gst_buffer_unref (kept);
}

/* An interval without samples: only time moves on, unless they were lost. */
static void
push_gap (GstRcStream * s, GstBuffer * buffer, const GstSegment * segment)
{
  GstClockTime pts = GST_BUFFER_PTS (buffer), end = pts;
  /* what comes after the gap may have been captured that much before it */
  const gint64 spread = gst_rc_stream_clock_spread (&s->clock);
  gint64 from, to;

  if (GST_BUFFER_DURATION_IS_VALID (buffer) && GST_CLOCK_TIME_IS_VALID (end))
    end += GST_BUFFER_DURATION (buffer);
  if (segment->stop != GST_CLOCK_TIME_NONE)
    end = MIN (end, segment->stop);
  if (!gst_rc_stream_running_time (s, segment, end, &to))
    return;
  to -= spread;
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_RC_BUFFER_FLAG_MISSING)) {
    s->stats.losses++;
    if (!gst_rc_stream_running_time (s, segment, MAX (pts, segment->start),
            &from))
      from = to;
    else
      from -= spread;
    /* one that follows at once makes it longer */
    if (s->gap_to == RC_TIME_NONE || from > s->gap_to)
      s->gap_from = from;
    if (s->horizon != RC_TIME_NONE)
      s->gap_from = MAX (s->gap_from, s->horizon + 1);
    s->gap_to = to;
    if (s->gap_from < s->gap_to)
      return;
    s->gap_from = s->gap_to = RC_TIME_NONE;
  }
  if (s->horizon == RC_TIME_NONE || to - 1 > s->horizon)
    s->horizon = to - 1;
}

void
gst_rc_stream_pass_gap (GstRcStream * s)
{
  if (s->gap_to == RC_TIME_NONE)
    return;
  drop_rows (s, s->n);
  s->passed = s->stats.last_time;
  s->horizon = s->gap_to - 1;
  s->gap_from = s->gap_to = RC_TIME_NONE;
}

/* Whether the tick lies before the end of a gap; once ticks have passed it, what
 * was before is forgotten, as if the stream began after it. */
static gboolean
before_gap_end (GstRcStream * s, gint64 tick)
{
  if (s->gap_to == RC_TIME_NONE)
    return FALSE;
  if (tick < s->gap_to)
    return TRUE;
  gst_rc_stream_pass_gap (s);
  return FALSE;
}

gboolean
gst_rc_stream_begin_anew (GstRcStream * s)
{
  const gint64 last = s->stats.last_time;

  if (last == RC_TIME_NONE || last == s->passed)
    return FALSE;
  s->gap_from = s->gap_to = last + 1;
  return TRUE;
}

gboolean
gst_rc_stream_holds_back (GstRcStream * s, GstBuffer * buffer,
    const GstSegment * segment)
{
  const gint64 last = s->stats.last_time;
  gsize n_times = 0;
  const gint64 *times = gst_rc_sample_times_get (buffer, &n_times);
  gint64 pts, time, shift;

  if (last == RC_TIME_NONE || gst_buffer_get_size (buffer) == 0
      || !gst_rc_stream_running_time (s, segment, GST_BUFFER_PTS (buffer), &pts)
      || !gst_rc_stream_clock_shift (&s->clock, buffer, pts - s->config.offset,
          &shift))
    return FALSE;
  time = pts;
  if (n_times && !gst_rc_stream_running_time (s, segment, times[0], &time))
    return FALSE;
  time += shift;
  if (time >= last || last - time <= s->config.clock_jump)
    return FALSE;
  return gst_rc_stream_begin_anew (s);
}

void
gst_rc_stream_push (GstRcStream * s, GstBuffer * buffer,
    const GstSegment * segment, gchar ** reason)
{
  if (reason)
    *reason = NULL;
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP)
      && gst_buffer_get_size (buffer) == 0) {
    push_gap (s, buffer, segment);
    return;
  }
  if (s->by_reference)
    push_reference (s, buffer, segment, reason);
  else
    push_copies (s, buffer, segment, reason);
  gst_rc_stream_clock_used (&s->clock);
}

gint64
gst_rc_stream_next_time (const GstRcStream * s, gint64 after)
{
  const gint64 *times = s->times + s->head;
  gsize lo = 0, hi = s->n;

  while (lo < hi) {
    gsize mid = lo + (hi - lo) / 2;

    if (after == RC_TIME_NONE || times[mid] > after)
      hi = mid;
    else
      lo = mid + 1;
  }
  return lo < s->n ? times[lo] : RC_TIME_NONE;
}

void
gst_rc_stream_set_tick (GstRcStream * s, gint64 before, gint64 after)
{
  s->before = before;
  s->after = after;
}

static const RcSampler *
sampler_for_tick (const GstRcStream * s, gboolean late)
{
  gint64 window = s->method == RC_METHOD_NEXT ? s->after : s->before;

  if (s->longer && window > s->period)
    return late ? s->longer_late : s->longer;
  return late ? s->late : s->sampler;
}

gint64
gst_rc_stream_reads_to (const GstRcStream * s, gint64 tick)
{
  const gint64 window =
      s->config.mean_window > 0 ? s->config.mean_window : s->period + 1;

  if (s->method != RC_METHOD_MEAN)
    return tick;
  return tick < G_MININT64 + window ? G_MININT64 : tick - window;
}

gboolean
gst_rc_stream_decided (GstRcStream * s, gint64 tick)
{
  if (!s->sampler)
    return s->eos;
  if (before_gap_end (s, tick) || s->eos)
    return TRUE;
  return s->horizon != RC_TIME_NONE
      && s->horizon >= gst_rc_stream_reads_to (s, tick)
      && rc_sampler_decided (sampler_for_tick (s, FALSE), s->times + s->head,
      s->n, s->horizon, tick);
}

void
gst_rc_stream_trim (GstRcStream * s, gint64 tick)
{
  gint64 keep;

  if (!s->sampler || s->n == 0)
    return;
  keep =
      rc_sampler_keep_from (s->longer ? s->longer : s->sampler,
      s->times + s->head, s->n, tick);
  /* one row stays, so that the signs of the next one continue from it */
  keep = MIN (keep, (gint64) s->n - 1);
  if (keep > 0) {
    gst_rc_stream_sign_rows (s);
    drop_rows (s, keep);
  }
}

void
gst_rc_stream_keep (GstRcStream * s, guint64 n)
{
  if (s->n > n)
    drop_rows (s, s->n - n);
}

void
gst_rc_stream_pick (GstRcStream * s, gint64 tick, gboolean late, RcPick * pick)
{
  if (!s->sampler || (late && s->config.late_policy == GST_RC_LATE_MISSING)
      || (s->gap_from != RC_TIME_NONE && tick >= s->gap_from)) {
    memset (pick, 0, sizeof (*pick));
    pick->tick = tick;
    pick->state = RC_STATE_MISSING;
    pick->skew = pick->newest = RC_TIME_NONE;
  } else {
    s->picked = sampler_for_tick (s, late);
    rc_pick (s->picked, s->times + s->head, s->n, tick, &s->hint, pick);
  }
}

void
gst_rc_stream_count (GstRcStream * s, const RcPick * pick, gboolean late)
{
  guint64 first = s->forgotten + pick->first, end = first + pick->count;

  /* ticks go forward, and so do the rows that they use */
  if (end > s->used_end) {
    s->stats.used += end - MAX (first, s->used_end);
    s->used_end = end;
  }
  s->stats.states[pick->state]++;
  s->stats.overflow += pick->overflow;
  if (late)
    s->stats.deadlines++;
}
