/* SPDX-License-Identifier: Apache-2.0 */
/* The elements of this plugin file. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

GST_ELEMENT_REGISTER_DECLARE (rccalibrate);
GST_ELEMENT_REGISTER_DECLARE (rcfusemux);
GST_ELEMENT_REGISTER_DECLARE (rcresample);
GST_ELEMENT_REGISTER_DECLARE (rccsvparse);
GST_ELEMENT_REGISTER_DECLARE (rctestsrc);
GST_ELEMENT_REGISTER_DECLARE (rcpcdparse);
GST_ELEMENT_REGISTER_DECLARE (rcvoxelize);
GST_ELEMENT_REGISTER_DECLARE (rcupload);
GST_ELEMENT_REGISTER_DECLARE (rcdownload);

G_END_DECLS
