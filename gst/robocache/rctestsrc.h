/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gst/base/gstpushsrc.h>

G_BEGIN_DECLS

#define GST_TYPE_RC_TEST_SRC (gst_rc_test_src_get_type ())
G_DECLARE_FINAL_TYPE (GstRcTestSrc, gst_rc_test_src, GST, RC_TEST_SRC,
    GstPushSrc)

G_END_DECLS
