/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal text to numbers, whatever the locale, for ascii point clouds. The
 * whole text must be the number; nothing is clamped or cut. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Digits with an optional sign, point and exponent, or nan, inf, infinity in
 * any case. The result is the nearest value, ties to even, in one rounding; NaN
 * is the quiet NaN without sign. False for anything else, text of more than
 * 127 bytes, and finite numbers that are too large for the type. */
bool pcd_parse_f32 (const char *text, size_t size, float *value);
bool pcd_parse_f64 (const char *text, size_t size, double *value);

/* Digits with an optional sign, into `bytes` (1, 2, 4, 8) native-endian bytes;
 * false when the number does not fit. */
bool pcd_parse_integer (const char *text, size_t size, bool is_signed,
    unsigned bytes, uint8_t * out);
