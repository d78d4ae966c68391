/* SPDX-License-Identifier: Apache-2.0 */
/* Random samplers and values, for the programs that compare resampling. */
#pragma once

#include "parity.h"
#include "resample/resample.h"

#define MS INT64_C (1000000)
#define MOST_MARKS 20

/* Any values of a type: plain numbers, and now and then any bits. */
void fill_values (RcDType dtype, uint8_t * at, size_t bytes);

/* A sampler of any type, method and marks; NULL, and why on stdout. */
RcSampler *random_sampler (RcSamplerConfig * config, RcMark * marks);
