/* SPDX-License-Identifier: Apache-2.0 */
/* LZF, the byte compression of PCD's binary_compressed data.
 *
 * The format: a control byte c, then
 *   c < 32    c + 1 literal bytes follow
 *   c >= 32   a copy of length (c >> 5) + 2 (9 + the next byte when c >> 5 is
 *             7) from 1 + ((c & 31) << 8 | next byte) bytes before the end of
 *             the output; source and destination may overlap
 * The format is public knowledge from Marc Lehmann's liblzf; this is our own
 * decoder, which checks every length before it reads or writes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/status.h"

/* What a stream of n bytes can become at most: 3 bytes copy up to 264. */
#define RC_LZF_MAX_RATIO 88

/* Decompresses `size` bytes into exactly `out_size` bytes. False and `error`
 * (may be NULL) set when the input ends inside an item, refers to before the
 * start, or gives another number of bytes; `out` is undefined then. */
bool rc_lzf_decompress (const uint8_t * in, size_t size, uint8_t * out,
    size_t out_size, RcError * error);
