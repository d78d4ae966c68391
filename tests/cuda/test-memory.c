/* SPDX-License-Identifier: Apache-2.0 */
/* Device memory in buffers: what is copied when, what is ordered, what is used again,
 * and what is left when the driver fails. */
#include <gst/check/gstcheck.h>
#include <string.h>

#include "onstub.h"
#include "rccudamemory.h"

static GstRcCudaAllocator *
open_device (void)
{
  RcError error;
  GstRcCudaAllocator *device = gst_rc_cuda_allocator_get (-1, &error);

  fail_unless (device != NULL, "%s", error.message);
  return device;
}

/* The last reference: nothing may be left. */
static void
close_device (GstRcCudaAllocator * device)
{
  fail_unless_equals_int (GST_OBJECT_REFCOUNT (device), 1);
  gst_object_unref (device);
  fail_unless_equals_int (stub_alive (), 0);
}

static RcCudaCounts
counts_of (GstRcCudaAllocator * device)
{
  RcCudaCounts counts;

  rc_cuda_get_counts (gst_rc_cuda_allocator_cuda (device), &counts);
  return counts;
}

static GstMemory *
alloc (GstRcCudaAllocator * device, gsize size)
{
  GstMemory *memory = gst_allocator_alloc (GST_ALLOCATOR (device), size, NULL);

  fail_unless (memory != NULL);
  fail_unless (gst_is_rc_cuda_memory (memory));
  fail_unless (gst_memory_is_type (memory, GST_RC_CUDA_MEMORY_TYPE));
  return memory;
}

static void
fill (GstMemory * memory, guint8 start)
{
  GstMapInfo map;

  fail_unless (gst_memory_map (memory, &map, GST_MAP_WRITE));
  for (gsize i = 0; i < map.size; i++)
    map.data[i] = (guint8) (start + i);
  gst_memory_unmap (memory, &map);
}

static void
assert_filled (GstMemory * memory, gsize size, guint8 start)
{
  GstMapInfo map;

  fail_unless (gst_memory_map (memory, &map, GST_MAP_READ));
  fail_unless_equals_uint64 (map.size, size);
  for (gsize i = 0; i < map.size; i++)
    fail_unless_equals_int (map.data[i], (guint8) (start + i));
  gst_memory_unmap (memory, &map);
}

static GstRcCudaStream *
take_stream (GstRcCudaAllocator * device)
{
  return gst_rc_cuda_pool_take_stream (gst_rc_cuda_allocator_pool (device),
      NULL);
}

static void
give_stream (GstRcCudaAllocator * device, GstRcCudaStream * stream)
{
  gst_rc_cuda_pool_give_stream (gst_rc_cuda_allocator_pool (device), stream);
}

static void
release (GstMemory * memory, GstMapFlags flags, GstRcCudaStream * stream)
{
  GstRcCudaPool *pool = gst_rc_cuda_allocator_pool (GST_RC_CUDA_ALLOCATOR
      (memory->allocator));
  RcError error;
  GstRcCudaMark *mark = gst_rc_cuda_pool_mark (pool, stream, &error);

  fail_unless (mark != NULL, "%s", error.message);
  gst_rc_cuda_memory_release (memory, flags, mark);
  gst_rc_cuda_pool_unmark (pool, mark);
}

/* Something that a kernel of `stream` did: sets all bytes to 0. */
static void
clear_on (GstMemory * memory, gsize size, GstRcCudaStream * stream)
{
  GstRcCudaAllocator *device = GST_RC_CUDA_ALLOCATOR (memory->allocator);
  gpointer data;
  RcError error;

  fail_unless_equals_int (gst_rc_cuda_memory_acquire (memory, GST_MAP_WRITE,
          stream, &data, &error), RC_OK);
  fail_unless_equals_int (rc_cuda_clear (gst_rc_cuda_allocator_cuda (device),
          data, size, stream->handle, &error), RC_OK);
  release (memory, GST_MAP_WRITE, stream);
}

static void
assert_all (GstMemory * memory, guint8 value)
{
  GstMapInfo map;

  fail_unless (gst_memory_map (memory, &map, GST_MAP_READ));
  for (gsize i = 0; i < map.size; i++)
    fail_unless_equals_int (map.data[i], value);
  gst_memory_unmap (memory, &map);
}

static void
assert_copies (GstRcCudaAllocator * device, guint up, guint down, guint within)
{
  RcCudaCounts c = counts_of (device);

  fail_unless_equals_uint64 (c.uploads, up);
  fail_unless_equals_uint64 (c.downloads, down);
  fail_unless_equals_uint64 (c.copies, within);
}

GST_START_TEST (test_copies_when_needed)
{
  GstRcCudaAllocator *device = open_device ();
  GstMemory *memory = alloc (device, 1000);
  GstRcCudaStream *stream = take_stream (device);
  GstMapInfo map;

  /* nobody but the host has used it */
  fill (memory, 3);
  assert_filled (memory, 1000, 3);
  assert_copies (device, 0, 0, 0);
  /* the device needs it, once */
  for (guint i = 0; i < 2; i++) {
    fail_unless (gst_memory_map (memory, &map, GST_MAP_READ | GST_MAP_RC_CUDA));
    fail_unless_equals_uint64 ((gsize) map.data % 256, 0);
    gst_memory_unmap (memory, &map);
    assert_filled (memory, 1000, 3);
    assert_copies (device, 1, 0, 0);
  }
  /* the device wrote: the host's copy is old, once */
  clear_on (memory, 1000, stream);
  assert_all (memory, 0);
  assert_all (memory, 0);
  assert_copies (device, 1, 1, 0);
  /* and the host wrote a part: the rest is what the device has */
  clear_on (memory, 1000, stream);
  fail_unless (gst_memory_map (memory, &map, GST_MAP_READWRITE));
  map.data[999] = 7;
  gst_memory_unmap (memory, &map);
  assert_copies (device, 1, 2, 0);
  fail_unless_equals_int (gst_rc_cuda_memory_upload (memory, NULL), RC_OK);
  fail_unless_equals_int (gst_rc_cuda_memory_upload (memory, NULL), RC_OK);
  assert_copies (device, 2, 2, 0);
  fail_unless (gst_memory_map (memory, &map, GST_MAP_READ));
  fail_unless_equals_int (map.data[0], 0);
  fail_unless_equals_int (map.data[999], 7);
  gst_memory_unmap (memory, &map);
  give_stream (device, stream);
  gst_memory_unref (memory);
  close_device (device);
}

GST_END_TEST;

GST_START_TEST (test_download_ahead)
{
  GstRcCudaAllocator *device = open_device ();
  GstRcCudaStream *stream = take_stream (device);
  GstMemory *memory = alloc (device, 100);
  guint64 waits;

  clear_on (memory, 100, stream);
  fail_unless_equals_int (gst_rc_cuda_memory_download (memory, NULL), RC_OK);
  assert_copies (device, 0, 1, 0);
  waits = counts_of (device).waits;
  assert_all (memory, 0);
  assert_copies (device, 0, 1, 0);
  /* (the stub's copies are done at once) */
  if (on_stub ())
    fail_unless_equals_uint64 (counts_of (device).waits, waits);
  give_stream (device, stream);
  gst_memory_unref (memory);
  close_device (device);
}

GST_END_TEST;

GST_START_TEST (test_parts)
{
  GstRcCudaAllocator *device = open_device ();
  GstRcCudaStream *stream = take_stream (device);
  GstMemory *memory = alloc (device, 1000), *part, *of_part;
  GstMapInfo whole, map;
  gpointer data;

  fill (memory, 0);
  part = gst_memory_share (memory, 100, 200);
  of_part = gst_memory_share (part, 10, -1);
  assert_filled (part, 200, 100);
  assert_filled (of_part, 190, 110);
  fail_unless (gst_memory_map (memory, &whole, GST_MAP_READ | GST_MAP_RC_CUDA));
  fail_unless (gst_memory_map (of_part, &map, GST_MAP_READ | GST_MAP_RC_CUDA));
  fail_unless (map.data == whole.data + 110);
  fail_unless_equals_int (gst_rc_cuda_memory_acquire (of_part, GST_MAP_READ,
          stream, &data, NULL), RC_OK);
  fail_unless (data == map.data);
  release (of_part, GST_MAP_READ, stream);
  gst_memory_unmap (of_part, &map);
  gst_memory_unmap (memory, &whole);
  assert_copies (device, 1, 0, 0);
  /* a part outlives the whole */
  gst_memory_unref (memory);
  gst_memory_unref (part);
  assert_filled (of_part, 190, 110);
  gst_memory_unref (of_part);
  give_stream (device, stream);
  close_device (device);
}

GST_END_TEST;

GST_START_TEST (test_copy)
{
  GstRcCudaAllocator *device = open_device ();
  GstMemory *memory = alloc (device, 1000), *copy, *part;

  /* what only the host has is copied there */
  fill (memory, 0);
  copy = gst_memory_copy (memory, 10, 100);
  fail_unless (gst_is_rc_cuda_memory (copy));
  assert_filled (copy, 100, 10);
  gst_memory_unref (copy);
  assert_copies (device, 0, 0, 0);
  /* the rest on the device */
  fail_unless_equals_int (gst_rc_cuda_memory_upload (memory, NULL), RC_OK);
  copy = gst_memory_copy (memory, 10, -1);
  assert_copies (device, 1, 0, 1);
  fill (memory, 50);
  assert_filled (copy, 990, 10);
  gst_memory_unref (copy);
  part = gst_memory_share (memory, 500, 100);
  fail_unless_equals_int (gst_rc_cuda_memory_upload (part, NULL), RC_OK);
  copy = gst_memory_copy (part, 20, 30);
  assert_filled (copy, 30, (guint8) (50 + 520));
  assert_copies (device, 2, 2, 2);
  gst_memory_unref (copy);
  gst_memory_unref (part);
  copy = gst_memory_copy (memory, 0, 0);
  fail_unless_equals_uint64 (copy->size, 0);
  gst_memory_unref (copy);
  gst_memory_unref (memory);
  close_device (device);
}

GST_END_TEST;

GST_START_TEST (test_merged)
{
  GstRcCudaAllocator *device = open_device ();
  GstBuffer *buffer = gst_buffer_new ();
  GstMapInfo map;

  for (guint i = 0; i < 3; i++) {
    GstMemory *memory = alloc (device, 100);

    fill (memory, (guint8) (100 * i));
    gst_buffer_append_memory (buffer, memory);
  }
  fail_unless (gst_buffer_map (buffer, &map, GST_MAP_READ));
  fail_unless_equals_uint64 (map.size, 300);
  for (guint i = 0; i < 300; i++)
    fail_unless_equals_int (map.data[i], (guint8) i);
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
  close_device (device);
}

GST_END_TEST;

GST_START_TEST (test_sizes)
{
  GstRcCudaAllocator *device = open_device ();
  GstAllocationParams params = {.align = 63,.prefix = 16,.padding = 32 };
  GstMemory *memory;
  RcError error;
  gsize maxsize, offset;

  memory = alloc (device, 0);
  assert_filled (memory, 0, 0);
  gst_memory_unref (memory);
  memory = gst_allocator_alloc (GST_ALLOCATOR (device), 100, &params);
  fail_unless_equals_uint64 (gst_memory_get_sizes (memory, &offset, &maxsize),
      100);
  fail_unless_equals_uint64 (offset, 16);
  fail_unless_equals_uint64 (maxsize, 148);
  fill (memory, 9);
  fail_unless_equals_int (gst_rc_cuda_memory_upload (memory, NULL), RC_OK);
  assert_filled (memory, 100, 9);
  gst_memory_unref (memory);
  params.align = 4095;
  fail_unless (gst_allocator_alloc (GST_ALLOCATOR (device), 100, &params)
      == NULL);
  fail_unless (gst_rc_cuda_memory_new (device, G_MAXSIZE - 5, &error) == NULL);
  fail_unless_equals_int (error.status, RC_ERR_OVERFLOW);
  close_device (device);
}

GST_END_TEST;

GST_START_TEST (test_used_again)
{
  GstRcCudaAllocator *device = open_device ();
  guint8 bytes[3000] = { 0, };
  RcCudaCounts c;

  /* sizes that differ a little share blocks */
  for (guint i = 0; i < 100; i++) {
    GstMemory *memory = gst_rc_cuda_memory_new_from (device, bytes, 2817 + i,
        NULL);

    assert_all (memory, 0);
    gst_memory_unref (memory);
  }
  c = counts_of (device);
  fail_unless_equals_uint64 (c.memory, 1);
  /* page-locked memory that a copy may still read is left alone for a while */
  fail_unless (c.pinned <= (on_stub ()? 1 : 100));
  fail_unless_equals_uint64 (c.uploads, 100);
  fail_unless_equals_uint64 (c.waits, 0);
  close_device (device);
}

GST_END_TEST;

GST_START_TEST (test_order)
{
  GstRcCudaAllocator *device = open_device ();
  GstRcCudaStream *a = take_stream (device);
  GstRcCudaStream *b = take_stream (device);
  GstMemory *memory = alloc (device, 100);
  gpointer data;
  gint waits;

  fail_unless (a != b);
  clear_on (memory, 100, a);
  waits = stub_calls ("cuStreamWaitEvent");
  /* the same stream is in order already */
  clear_on (memory, 100, a);
  fail_unless_equals_int (stub_calls ("cuStreamWaitEvent") - waits, 0);
  /* another one reads after the write */
  gst_rc_cuda_memory_acquire (memory, GST_MAP_READ, b, &data, NULL);
  release (memory, GST_MAP_READ, b);
  if (on_stub ())
    fail_unless_equals_int (stub_calls ("cuStreamWaitEvent") - waits, 1);
  /* and the next write comes after the read, also in the block's next life */
  gst_memory_unref (memory);
  memory = alloc (device, 100);
  clear_on (memory, 100, a);
  if (on_stub ())
    fail_unless_equals_int (stub_calls ("cuStreamWaitEvent") - waits, 2);
  clear_on (memory, 100, a);
  if (on_stub ())
    fail_unless_equals_int (stub_calls ("cuStreamWaitEvent") - waits, 2);
  fail_unless_equals_uint64 (counts_of (device).waits, 0);
  fail_unless_equals_uint64 (counts_of (device).memory, 1);
  gst_memory_unref (memory);
  give_stream (device, a);
  give_stream (device, b);
  close_device (device);
}

GST_END_TEST;

GST_START_TEST (test_one_device_for_all)
{
  GstRcCudaAllocator *device = open_device (), *again = open_device ();
  GstMemory *memory = alloc (device, 10);
  RcError error;

  fail_unless (device == again);
  gst_object_unref (again);
  gst_object_unref (device);
  /* a memory holds its device */
  fill (memory, 1);
  again = open_device ();
  fail_unless (memory->allocator == GST_ALLOCATOR (again));
  gst_memory_unref (memory);
  close_device (again);
  fail_unless (gst_rc_cuda_allocator_get (1000, &error) == NULL);
  fail_unless (strstr (error.message, "device is 1000") != NULL);
}

GST_END_TEST;

static gpointer
read_often (gpointer memory)
{
  for (guint i = 0; i < 200; i++) {
    GstMemory *part = gst_memory_share (memory, i, 10);

    assert_filled (part, 10, (guint8) i);
    gst_memory_unref (part);
  }
  return NULL;
}

GST_START_TEST (test_threads)
{
  GstRcCudaAllocator *device = open_device ();
  GstMemory *memory = alloc (device, 1000);
  GThread *threads[4];

  fill (memory, 0);
  for (guint i = 0; i < 4; i++)
    threads[i] = g_thread_new ("reader", read_often, memory);
  for (guint i = 0; i < 200; i++) {
    GstMapInfo map;

    fail_unless (gst_memory_map (memory, &map, GST_MAP_READ | GST_MAP_RC_CUDA));
    gst_memory_unmap (memory, &map);
  }
  for (guint i = 0; i < 4; i++)
    g_thread_join (threads[i]);
  assert_copies (device, 1, 0, 0);
  gst_memory_unref (memory);
  close_device (device);
}

GST_END_TEST;

/* ---- failures, which only the stub makes ---- */

GST_START_TEST (test_no_device_memory)
{
  GstRcCudaAllocator *device = open_device ();
  GstMemory *memory = alloc (device, 100), *other = alloc (device, 100);
  gint freed = stub_calls ("cuMemFree_v2");

  gst_memory_unref (memory);
  /* what is idle goes first */
  stub_fail ("cuMemAlloc_v2", 2, 0, 1);
  memory = alloc (device, 10000);
  fail_unless_equals_int (stub_calls ("cuMemFree_v2") - freed, 1);
  gst_memory_unref (memory);
  stub_fail ("cuMemAlloc_v2", 2, 0, 100);
  fail_unless (gst_allocator_alloc (GST_ALLOCATOR (device), 100, NULL) == NULL);
  stub_fail ("", 0, 0, 0);
  gst_memory_unref (other);
  close_device (device);
}

GST_END_TEST;

GST_START_TEST (test_no_pinned_memory)
{
  GstRcCudaAllocator *device = open_device ();
  GstMemory *memory = alloc (device, 100);
  GstRcCudaStream *stream = take_stream (device);

  stub_fail ("cuMemHostAlloc", 2, 0, 100);
  fill (memory, 5);
  fail_unless_equals_int (gst_rc_cuda_memory_upload (memory, NULL), RC_OK);
  assert_filled (memory, 100, 5);
  clear_on (memory, 100, stream);
  assert_all (memory, 0);
  gst_memory_unref (memory);
  give_stream (device, stream);
  close_device (device);
}

GST_END_TEST;

GST_START_TEST (test_lost_device)
{
  GstRcCudaAllocator *device = open_device ();
  GstRcCudaStream *stream = take_stream (device);
  GstMemory *on_host = alloc (device, 100), *on_device = alloc (device, 100);
  GstMemory *copy;
  GstMapInfo map;
  gpointer data;
  RcError error;

  fill (on_host, 5);
  clear_on (on_device, 100, stream);
  stub_fail ("cuMemcpyHtoDAsync_v2", 700, 0, 100);
  fail_unless_equals_int (gst_rc_cuda_memory_acquire (on_host, GST_MAP_READ,
          stream, &data, &error), RC_ERR_CUDA);
  fail_unless (strstr (error.message, "cuMemcpyHtoDAsync") != NULL);
  fail_if (gst_memory_map (on_host, &map, GST_MAP_READ | GST_MAP_RC_CUDA));
  /* what the host has, it keeps */
  assert_filled (on_host, 100, 5);
  stub_fail ("cuMemcpyDtoHAsync_v2", 700, 0, 100);
  fail_if (gst_memory_map (on_device, &map, GST_MAP_READ));
  stub_fail ("cuMemcpyDtoDAsync_v2", 700, 0, 100);
  copy = gst_memory_copy (on_host, 0, -1);
  assert_filled (copy, 100, 5);
  gst_memory_unref (copy);
  /* copied by way of the host */
  copy = gst_memory_copy (on_device, 0, -1);
  assert_all (copy, 0);
  gst_memory_unref (copy);
  /* a write that was not finished leaves a memory that the host may write */
  gst_memory_unref (on_device);
  on_device = alloc (device, 100);
  stub_fail ("cuEventRecord", 700, 0, 1);
  fail_unless_equals_int (gst_rc_cuda_memory_acquire (on_device, GST_MAP_WRITE,
          stream, &data, &error), RC_OK);
  fail_unless (gst_rc_cuda_pool_mark (gst_rc_cuda_allocator_pool (device),
          stream, &error) == NULL);
  fail_unless_equals_int (error.status, RC_ERR_CUDA);
  stub_fail ("cuMemcpyDtoHAsync_v2", 700, 0, 100);
  fill (on_device, 8);
  assert_filled (on_device, 100, 8);
  gst_memory_unref (on_host);
  gst_memory_unref (on_device);
  give_stream (device, stream);
  close_device (device);
}

GST_END_TEST;

static Suite *
memory_suite (void)
{
  Suite *s = suite_create ("rc.cuda.memory");
  TCase *t = tcase_create ("memory");

  suite_add_tcase (s, t);
  /* (where tests do not fork, the stub is theirs together) */
  tcase_add_checked_fixture (t, NULL, on_stub_mend);
  tcase_add_test (t, test_copies_when_needed);
  tcase_add_test (t, test_download_ahead);
  tcase_add_test (t, test_parts);
  tcase_add_test (t, test_copy);
  tcase_add_test (t, test_merged);
  tcase_add_test (t, test_sizes);
  tcase_add_test (t, test_used_again);
  tcase_add_test (t, test_order);
  tcase_add_test (t, test_one_device_for_all);
  tcase_add_test (t, test_threads);
  if (on_stub ()) {
    tcase_add_test (t, test_no_device_memory);
    tcase_add_test (t, test_no_pinned_memory);
    tcase_add_test (t, test_lost_device);
  } else {
    g_print ("SKIP: failures of the driver: they need the stub\n");
  }
  return s;
}

int
main (int argc, char **argv)
{
  if (!on_stub_have_device ())
    return 77;
  gst_check_init (&argc, &argv);
  return gst_check_run_suite (memory_suite (), "rc.cuda.memory", __FILE__);
}
