/* SPDX-License-Identifier: Apache-2.0 */
/* librobocache: everything at once. Each of these headers compiles alone. */
#pragma once

#include "calibrate/calibrate.h"
#include "clock/clockmap.h"
#include "common/cuda.h"
#include "common/cuda-memory.h"
#include "common/dtype.h"
#include "common/status.h"
#include "fuse/fuse.h"
#include "fuse/fuse-cuda.h"
#include "resample/apply-cuda.h"
#include "resample/resample.h"
#include "resample/resample-cuda.h"
#include "voxelize/voxelize.h"
#include "voxelize/voxelize-cuda.h"
