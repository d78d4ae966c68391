/* SPDX-License-Identifier: Apache-2.0 */
/* What a tick of rcfusemux costs the CPU, with inputs in CUDA memory and in the host's:
 * streams of float32 vectors at 1 kHz, linear, one output buffer per tick, as fast as
 * they come. The process's CPU time, all threads, without what makes the inputs.
 *
 *   bench-tick [TICKS]        default 20000
 *
 * Exit status 77, and why, where there is no device. */
#include <gst/check/gstharness.h>
#include <stdlib.h>
#include <time.h>

#include "onstub.h"

#define MOST 8
#define INPUTS 64               /* different memories per stream */
#define PARTS 9                 /* the median of so many */

typedef struct
{
  const gchar *place;           /* of the inputs */
  const gchar *feature;
  const gchar *mux;
  guint streams, channels;
} Case;

static double
cpu_seconds (void)
{
  struct timespec t;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double) t.tv_sec + (double) t.tv_nsec * 1e-9;
}

static int
compare (const void *a, const void *b)
{
  const double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static void
run (const Case * c, guint ticks)
{
  GstElement *mux = gst_parse_launch (c->mux, NULL);
  GstHarness *up = gst_harness_new ("rcupload"), *h[MOST];
  GstMemory *memories[MOST][INPUTS];
  gchar *vector =
      g_strdup_printf (", format=(string)static, num_tensors=(int)1,"
      " types=(string)float32, dimensions=(string)%u, framerate=(fraction)0/1",
      c->channels);
  gchar *host_caps = g_strdup_printf ("other/tensors%s", vector);
  gchar *caps = g_strdup_printf ("other/tensors%s%s", c->feature, vector);
  const guint part = ticks / PARTS;
  double us[PARTS], start = 0;

  gst_harness_set_src_caps_str (up, host_caps);
  for (guint s = 0; s < c->streams; s++) {
    gchar *name = g_strdup_printf ("sink_%u", s);

    h[s] = gst_harness_new_with_element (mux, name, s ? NULL : "src");
    gst_harness_set_live (h[s], FALSE);
    gst_harness_set_src_caps_str (h[s], caps);
    g_free (name);
    for (guint i = 0; i < INPUTS; i++) {
      GstBuffer *b = gst_buffer_new_allocate (NULL, c->channels * 4, NULL);

      gst_buffer_memset (b, 0, i, c->channels * 4);
      if (*c->feature) {
        gst_harness_push (up, b);
        b = gst_harness_pull (up);
      }
      memories[s][i] = gst_buffer_get_memory (b, 0);
      gst_buffer_unref (b);
    }
  }
  /* (one part more, to begin with) */
  for (guint i = 0; i < (PARTS + 1) * part; i++) {
    if (i % part == 0) {
      if (i > part)
        us[i / part - 2] = (cpu_seconds () - start) * 1e6 / part;
      start = cpu_seconds ();
    }
    for (guint s = 0; s < c->streams; s++) {
      GstBuffer *b = gst_buffer_new ();

      gst_buffer_append_memory (b, gst_memory_ref (memories[s][i % INPUTS]));
      GST_BUFFER_PTS (b) = i * GST_MSECOND + (s + 1) * 1000;
      gst_harness_push (h[s], b);
    }
    if (i > 1)
      gst_buffer_unref (gst_harness_pull (h[0]));
  }
  us[PARTS - 1] = (cpu_seconds () - start) * 1e6 / part;
  qsort (us, PARTS, sizeof (*us), compare);
  g_print ("%-6s inputs, %u streams of %5u float32, %s: %6.1f us of CPU per "
      "tick (%.1f to %.1f)\n", c->place, c->streams, c->channels, c->mux,
      us[PARTS / 2], us[0], us[PARTS - 1]);
  for (guint s = c->streams; s-- > 0;) {
    for (guint i = 0; i < INPUTS; i++)
      gst_memory_unref (memories[s][i]);
    gst_harness_teardown (h[s]);
  }
  gst_harness_teardown (up);
  gst_object_unref (mux);
  g_free (vector);
  g_free (host_caps);
  g_free (caps);
}

int
main (int argc, char **argv)
{
  static const Case cases[] = {
    {"host", "", "rcfusemux rate=1000/1", 1, 7},
    {"CUDA", "(memory:CUDAMemory)", "rcfusemux rate=1000/1", 1, 7},
    {"host", "", "rcfusemux rate=1000/1", 3, 7},
    {"CUDA", "(memory:CUDAMemory)", "rcfusemux rate=1000/1", 3, 7},
    {"CUDA", "(memory:CUDAMemory)", "rcfusemux rate=1000/1 output=concat", 3,
        7},
    {"host", "", "rcfusemux rate=1000/1", 3, 30000},
    {"CUDA", "(memory:CUDAMemory)", "rcfusemux rate=1000/1", 3, 30000},
  };
  const guint ticks = argc > 1 ? (guint) atoi (argv[1]) : 20000;

  if (!on_stub_have_device ())
    return 77;
  gst_init (&argc, &argv);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    run (&cases[i], cases[i].channels > 1000 ? ticks / 10 : ticks);
  return 0;
}
