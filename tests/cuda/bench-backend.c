/* SPDX-License-Identifier: Apache-2.0 */
/* Where rcvoxelize is faster, by where its points lie and where its grid shall lie: the
 * time from a cloud to a grid that can be read there, with each backend, for clouds of
 * 100 to 1,000,000 random points. Clouds on the device have no copy on the host.
 *
 *   bench-backend [MODE…]       default: mode=occupancy and mode=mean
 *
 * Exit status 77, and why, where there is no device. */
#include <gst/check/gstharness.h>
#include <stdlib.h>

#include "../common/splitmix.h"
#include "onstub.h"

#define CUDA "(memory:CUDAMemory)"
#define CLOUD ", point-step=(int)16, fields=(string)" \
    "\"x:f32:0:1,y:f32:4:1,z:f32:8:1,intensity:f32:12:1\", " \
    "framerate=(fraction)10/1"
#define ON_DEVICE ((GstMapFlags) (GST_MAP_FLAG_LAST << 1))
#define ROUNDS 41

static int
compare (const void *a, const void *b)
{
  const double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static GstBuffer *
make_cloud (guint n, guint64 seed)
{
  gfloat *values = g_malloc (n * 16);

  for (guint i = 0; i < 4 * n; i++)
    values[i] = (gfloat) (splitmix64 (&seed) >> 40) / (1 << 20) - 8;
  return gst_buffer_new_wrapped (values, n * 16);
}

/* Median us per cloud. */
static double
measure (const gchar * mode, const gchar * backend, guint n, gboolean in_there,
    gboolean out_there)
{
  gchar *line = g_strdup_printf ("rcvoxelize voxel-size=0.25 min=-8,-8,-8 "
      "max=8,8,8 %s backend=%s", mode, backend);
  GstHarness *up = gst_harness_new ("rcupload"), *h =
      gst_harness_new_parse (line);
  double us[ROUNDS];

  gst_harness_set_src_caps_str (up, "application/x-pointcloud" CLOUD);
  gst_harness_set_sink_caps_str (h, out_there ? "other/tensors" CUDA
      : "other/tensors");
  gst_harness_set_src_caps_str (h, in_there ? "application/x-pointcloud" CUDA
      CLOUD : "application/x-pointcloud" CLOUD);
  for (guint i = 0; i < ROUNDS + 5; i++) {
    GstBuffer *in = make_cloud (n, i), *out;
    GstMapInfo map;
    gint64 start;

    if (in_there) {
      GstMemory *there;

      gst_harness_push (up, in);
      in = gst_harness_pull (up);
      there = gst_memory_copy (gst_buffer_peek_memory (in, 0), 0, -1);
      gst_memory_map (there, &map, GST_MAP_READ | ON_DEVICE);
      gst_memory_unmap (there, &map);
      gst_buffer_unref (in);
      in = gst_buffer_new ();
      gst_buffer_append_memory (in, there);
    }
    start = g_get_monotonic_time ();
    gst_harness_push (h, in);
    out = gst_harness_pull (h);
    gst_memory_map (gst_buffer_peek_memory (out, 0), &map, out_there
        ? GST_MAP_READ | ON_DEVICE : GST_MAP_READ);
    if (i >= 5)
      us[i - 5] = (double) (g_get_monotonic_time () - start);
    gst_memory_unmap (map.memory, &map);
    gst_buffer_unref (out);
  }
  gst_harness_teardown (h);
  gst_harness_teardown (up);
  g_free (line);
  qsort (us, ROUNDS, sizeof (*us), compare);
  return us[ROUNDS / 2];
}

static void
bench (const gchar * mode)
{
  g_print ("%s, 64 x 64 x 64 cells, us per cloud\n  points  from    to        "
      "cpu     cuda     auto  auto / better\n", mode);
  for (guint places = 0; places < 4; places++) {
    for (guint n = 100; n <= 1000000; n *= 10) {
      const gboolean in = places & 1, out = places >> 1;
      const double cpu = measure (mode, "cpu", n, in, out);
      const double cuda = measure (mode, "cuda", n, in, out);
      const double either = measure (mode, "auto", n, in, out);

      g_print ("%8u  %-6s  %-6s %8.0f %8.0f %8.0f %8.2f\n", n, in ? "device"
          : "host", out ? "device" : "host", cpu, cuda, either, either
          / MIN (cpu, cuda));
    }
  }
}

int
main (int argc, char **argv)
{
  if (!on_stub_have_device ())
    return 77;
  gst_init (&argc, &argv);
  if (argc == 1) {
    bench ("mode=occupancy");
    bench ("mode=mean");
  }
  for (int i = 1; i < argc; i++)
    bench (argv[i]);
  return 0;
}
