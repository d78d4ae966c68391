/* SPDX-License-Identifier: Apache-2.0 */
#include "pcdgen.h"

#include <math.h>
#include <string.h>

const PcdGenField pcd_gen_all[] = {
  {"x", 'F', 4, 1}, {"y", 'F', 4, 1}, {"z", 'F', 4, 1}, {"_", 'U', 1, 4},
  {"i1", 'I', 1, 1}, {"u1", 'U', 1, 1}, {"i2", 'I', 2, 1}, {"u2", 'U', 2, 1},
  {"i4", 'I', 4, 1}, {"u4", 'U', 4, 1}, {"i8", 'I', 8, 1}, {"u8", 'U', 8, 1},
  {"f8", 'F', 8, 1}, {"histogram", 'F', 4, 5}, {"_", 'U', 2, 3},
};

const guint pcd_gen_n_all = G_N_ELEMENTS (pcd_gen_all);

const PcdGenField pcd_gen_xyz[3] = {
  {"x", 'F', 4, 1}, {"y", 'F', 4, 1}, {"z", 'F', 4, 1}
};

guint
pcd_gen_step (const PcdGenField * fields, guint n)
{
  guint step = 0;

  for (guint i = 0; i < n; i++)
    step += fields[i].size * fields[i].count;
  return step;
}

static void
random_value (GRand * rand, const PcdGenField * f, guint8 * out)
{
  guint64 v = (guint64) g_rand_int (rand) << 32 | g_rand_int (rand);
  guint kind = g_rand_int_range (rand, 0, 20);

  if (f->type == 'F' && f->size == 4) {
    guint32 bits = v;
    gfloat x;

    memcpy (&x, &bits, 4);
    if (kind == 0)
      x = INFINITY;
    else if (kind == 1)
      x = -0.0f;
    else if (!isfinite (x) || kind == 2)
      x = NAN;
    else if (kind > 6)
      x = g_rand_double_range (rand, -100, 100);
    memcpy (out, &x, 4);
  } else if (f->type == 'F') {
    gdouble x;

    memcpy (&x, &v, 8);
    if (!isfinite (x))
      x = NAN;
    memcpy (out, &x, 8);
  } else {
    if (kind < 2)
      v = kind == 0 ? 0 : G_MAXUINT64;
    if (kind == 2)
      v = G_GUINT64_CONSTANT (1) << (8 * f->size - 1);
    memcpy (out, &v, f->size);
  }
}

GByteArray *
pcd_gen_points (GRand * rand, const PcdGenField * fields, guint n, guint points)
{
  GByteArray *array = g_byte_array_new ();
  guint8 value[8];

  for (guint p = 0; p < points; p++) {
    for (guint i = 0; i < n; i++) {
      for (guint c = 0; c < fields[i].count; c++) {
        random_value (rand, &fields[i], value);
        g_byte_array_append (array, value, fields[i].size);
      }
    }
  }
  return array;
}

static void
append_text (GString * text, const PcdGenField * f, const guint8 * in)
{
  gchar number[G_ASCII_DTOSTR_BUF_SIZE];
  gint64 value = 0;

  if (f->type == 'F') {
    gfloat x4;
    gdouble x8;

    memcpy (&x4, in, 4);
    if (f->size == 8)
      memcpy (&x8, in, 8);
    else
      x8 = x4;
    if (isnan (x8))
      g_string_append (text, "nan");
    else
      g_string_append (text, g_ascii_formatd (number, sizeof (number),
              f->size == 4 ? "%.9g" : "%.17g", x8));
    return;
  }
  memcpy (&value, in, f->size);
  if (f->type == 'U') {
    g_string_append_printf (text, "%" G_GUINT64_FORMAT, (guint64) value);
  } else {
    /* the sign bit moves to the top and comes back down */
    guint shift = 64 - 8 * f->size;

    value = (gint64) ((guint64) value << shift) >> shift;
    g_string_append_printf (text, "%" G_GINT64_FORMAT, value);
  }
}

GByteArray *
pcd_gen_lzf (const guint8 * data, gsize size)
{
  GByteArray *out = g_byte_array_new ();
  gssize table[4096];
  gsize i = 0, literal = 0;

  for (guint t = 0; t < G_N_ELEMENTS (table); t++)
    table[t] = -1;
  while (i <= size) {
    gsize match = 0, from = 0;

    if (i + 3 <= size) {
      guint32 hash = (data[i] << 16 | data[i + 1] << 8 | data[i + 2])
          * 2654435761u >> 20;

      if (table[hash] >= 0 && (gsize) table[hash] < i
          && i - table[hash] <= 8192) {
        from = table[hash];
        while (match < 264 && i + match < size
            && data[from + match] == data[i + match])
          match++;
      }
      table[hash] = i;
    }
    if (match < 3 && i < size && i - literal < 32) {
      i++;
      continue;
    }
    if (i > literal) {
      guint8 c = i - literal - 1;

      g_byte_array_append (out, &c, 1);
      g_byte_array_append (out, data + literal, i - literal);
      literal = i;
    }
    if (i == size)
      break;
    if (match >= 3) {
      gsize distance = i - from - 1;
      guint8 item[3];
      guint n = 0;

      if (match - 2 < 7) {
        item[n++] = (match - 2) << 5 | distance >> 8;
      } else {
        item[n++] = 7 << 5 | distance >> 8;
        item[n++] = match - 2 - 7;
      }
      item[n++] = distance;
      g_byte_array_append (out, item, n);
      i += match;
      literal = i;
    }
  }
  return out;
}

static void
append_field_names (GString * h, const PcdGenField * fields, guint n)
{
  g_string_append (h, "FIELDS");
  for (guint i = 0; i < n; i++)
    g_string_append_printf (h, " %s", fields[i].name);
  g_string_append (h, "\nSIZE");
  for (guint i = 0; i < n; i++)
    g_string_append_printf (h, " %u", fields[i].size);
  g_string_append (h, "\nTYPE");
  for (guint i = 0; i < n; i++)
    g_string_append_printf (h, " %c", fields[i].type);
  g_string_append (h, "\nCOUNT");
  for (guint i = 0; i < n; i++)
    g_string_append_printf (h, " %u", fields[i].count);
  g_string_append_c (h, '\n');
}

static void
append_compressed (GByteArray * file, const PcdGenField * fields, guint n,
    const GByteArray * points)
{
  guint step = pcd_gen_step (fields, n), offset = 0;
  GByteArray *packed = g_byte_array_new (), *lzf;
  guint32 sizes[2];

  for (guint i = 0; i < n; i++) {
    guint bytes = fields[i].size * fields[i].count;

    for (guint p = 0; p < points->len / step; p++)
      g_byte_array_append (packed, points->data + p * step + offset, bytes);
    offset += bytes;
  }
  lzf = pcd_gen_lzf (packed->data, packed->len);
  sizes[0] = GUINT32_TO_LE (lzf->len);
  sizes[1] = GUINT32_TO_LE (packed->len);
  g_byte_array_append (file, (guint8 *) sizes, 8);
  g_byte_array_append (file, lzf->data, lzf->len);
  g_byte_array_unref (lzf);
  g_byte_array_unref (packed);
}

GByteArray *
pcd_gen_file (const PcdGenField * fields, guint n, const GByteArray * points,
    PcdData data, const gchar * extra)
{
  static const gchar *const names[] =
      { "ascii", "binary", "binary_compressed" };
  guint step = pcd_gen_step (fields, n), count = points->len / step;
  GString *h = g_string_new ("# .PCD v0.7 - Point Cloud Data file format\n"
      "VERSION 0.7\n");
  GByteArray *file = g_byte_array_new ();

  append_field_names (h, fields, n);
  g_string_append_printf (h, "WIDTH %u\nHEIGHT 1\n%sPOINTS %u\nDATA %s\n",
      count, extra ? extra : "VIEWPOINT 0 0 0 1 0 0 0\n", count, names[data]);
  if (data == PCD_ASCII) {
    const guint8 *in = points->data;

    for (guint p = 0; p < count; p++) {
      for (guint i = 0; i < n; i++) {
        for (guint c = 0; c < fields[i].count; c++, in += fields[i].size) {
          if (i || c)
            g_string_append_c (h, ' ');
          append_text (h, &fields[i], in);
        }
      }
      g_string_append_c (h, '\n');
    }
  }
  g_byte_array_append (file, (guint8 *) h->str, h->len);
  g_string_free (h, TRUE);
  if (data == PCD_BINARY)
    g_byte_array_append (file, points->data, points->len);
  else if (data == PCD_COMPRESSED)
    append_compressed (file, fields, n, points);
  return file;
}
