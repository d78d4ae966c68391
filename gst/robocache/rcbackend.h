/* SPDX-License-Identifier: Apache-2.0 */
/* The properties backend and cuda-device-id, and what they decide. */
#pragma once

#include "rccudashare.h"
#include "rcenums.h"

G_BEGIN_DECLS

/* Property cuda-device-id: int, -1 is the first device. */
void gst_rc_cuda_install_device_property (GObjectClass * klass, guint id);
/* Property backend; its initial value in an element is gst_rc_backend_initial (). */
void gst_rc_backend_install_property (GObjectClass * klass, guint id);

/* RC_BACKEND of the environment (auto, cpu, cuda), else auto; another value is
 * warned of, once. */
GstRcBackend gst_rc_backend_initial (void);

/* The device's allocator (transfer full), or an error message on the bus, and NULL. */
GstRcCudaAllocator *gst_rc_cuda_open (GstRcCudaLink * link,
    GstElement * element, gint device);

G_END_DECLS
