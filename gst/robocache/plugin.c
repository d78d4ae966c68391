/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin file with everything that needs GStreamer, GLib and libm only. */
#include <gst/gst.h>

#include "rcelements.h"
#include "rcmeta.h"
#include "rcmetrics.h"

static gboolean
plugin_init (GstPlugin * plugin)
{
  gboolean ok = TRUE;

  gst_rc_metas_register ();
  ok &= GST_ELEMENT_REGISTER (rccalibrate, plugin);
  ok &= GST_ELEMENT_REGISTER (rccsvparse, plugin);
  ok &= GST_ELEMENT_REGISTER (rcfusemux, plugin);
  ok &= GST_ELEMENT_REGISTER (rcresample, plugin);
  ok &= GST_ELEMENT_REGISTER (rctestsrc, plugin);
  ok &= GST_ELEMENT_REGISTER (rcpcdparse, plugin);
  ok &= GST_ELEMENT_REGISTER (rcvoxelize, plugin);
  ok &= GST_ELEMENT_REGISTER (rcupload, plugin);
  ok &= GST_ELEMENT_REGISTER (rcdownload, plugin);
  ok &= gst_tracer_register (plugin, "rcmetrics", GST_TYPE_RC_METRICS);
  return ok;
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, robocache,
    "Sensor streams on one clock: alignment, resampling and voxelization",
    plugin_init, VERSION, "Apache 2.0", PACKAGE,
    "https://github.com/robocache/robocache-gstreamer")
