/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin file that needs libhdf5. */
#include "rchdf5sink.h"
#include "rcmeta.h"

static gboolean
plugin_init (GstPlugin * plugin)
{
  gst_rc_metas_register ();
  return GST_ELEMENT_REGISTER (rchdf5sink, plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, rchdf5,
    "Recording of aligned sensor streams to HDF5", plugin_init, VERSION,
    "Apache 2.0", PACKAGE, "https://github.com/robocache/robocache-gstreamer")
