/* SPDX-License-Identifier: Apache-2.0 */
/* What fusing on the CPU and on a device share; private to kernels/fuse/. */
#pragma once

#include "fuse.h"

RcStatus rc_fuse_check_streams (const RcFuseStream * streams, int32_t n,
    RcError * error);
/* `row`: elements from tick to tick of the concatenated row. */
RcStatus rc_fuse_check_outputs (const RcFuseStream * streams, int32_t n,
    const RcTicks * ticks, const RcFused * out, int64_t * row, RcError * error);
/* Where the results of stream i of n go; its elements begin at `first`. */
RcResampled rc_fuse_output (const RcFused * out, const RcSampler * sampler,
    int32_t n, int32_t i, int64_t first, int64_t row);
