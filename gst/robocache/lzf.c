/* SPDX-License-Identifier: Apache-2.0 */
#include "lzf.h"

#include <string.h>

static bool
fail (RcError * error, const char *what, size_t at)
{
  rc_error_set (error, RC_ERR_ARGUMENT, "LZF data: %s at compressed byte %zu",
      what, at);
  return false;
}

bool
rc_lzf_decompress (const uint8_t * in, size_t size, uint8_t * out,
    size_t out_size, RcError * error)
{
  size_t i = 0, o = 0;

  while (i < size) {
    size_t start = i;
    size_t length = in[i] >> 5, distance;

    if (length == 0) {
      length = in[i++] + (size_t) 1;
      if (length > size - i)
        return fail (error, "the input ends inside a literal run", start);
      if (length > out_size - o)
        return fail (error, "more output than announced", start);
      memcpy (out + o, in + i, length);
      i += length;
      o += length;
      continue;
    }
    distance = (size_t) (in[i++] & 31) << 8;
    if (length == 7) {
      if (i == size)
        return fail (error, "the input ends inside a copy", start);
      length += in[i++];
    }
    length += 2;
    if (i == size)
      return fail (error, "the input ends inside a copy", start);
    distance += in[i++] + (size_t) 1;
    if (distance > o)
      return fail (error, "a copy from before the start", start);
    if (length > out_size - o)
      return fail (error, "more output than announced", start);
    /* byte by byte: a distance shorter than the length repeats a pattern */
    for (; length > 0; length--, o++)
      out[o] = out[o - distance];
  }
  if (o != out_size) {
    rc_error_set (error, RC_ERR_ARGUMENT,
        "LZF data: %zu bytes come out where %zu were announced", o, out_size);
    return false;
  }
  return true;
}
