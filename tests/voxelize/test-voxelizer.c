/* SPDX-License-Identifier: Apache-2.0 */
/* What the voxelizer refuses, and the words in which it does. */
#include <check.h>
#include <math.h>
#include <string.h>

#include "voxelize/voxelize.h"

static const RcPointField feature = { RC_FLOAT32, 0, 1 };

static RcVoxelizerConfig
make_config (RcVoxelMode mode, const RcPointField * fields, int n_fields)
{
  RcVoxelizerConfig c;

  rc_voxelizer_config_init (&c, mode);
  c.point_step = 39;
  for (int a = 0; a < 3; a++) {
    c.xyz[a].offset = 4 * a + 1;
    c.min[a] = -2;
    c.size[a] = 0.4;
    c.dims[a] = a == 2 ? 3 : 10;
  }
  c.fields = fields;
  c.n_fields = n_fields;
  return c;
}

static RcVoxelizer *
new_voxelizer (const RcVoxelizerConfig * c)
{
  RcError error = { 0 };
  RcVoxelizer *v = rc_voxelizer_new (c, &error);

  ck_assert_msg (v != NULL, "%s", error.message);
  return v;
}

START_TEST (test_dims)
{
  static const struct
  {
    double min, max, size;
    int64_t dims;
    RcStatus status;
  } cases[] = {
    {0, 1.1, 0.1, 11, RC_OK}, {0, 70.4, 0.05, 1408, RC_OK},
    {-40, 40, 0.05, 1600, RC_OK}, {-3, 1, 0.1, 40, RC_OK},
    {0, 1, 0.3, 4, RC_OK}, {0, 1e-9, 1, 1, RC_OK},
    {0, 2147483647, 1, INT32_MAX, RC_OK},
    {0, 2147483648.0, 1, 0, RC_ERR_OVERFLOW}, {0, 1, 1e-300, 0,
        RC_ERR_OVERFLOW}, {-1e308, 1e308, 1e299, 0, RC_ERR_OVERFLOW},
    {0, 0, 1, 0, RC_ERR_ARGUMENT}, {0, -1, 1, 0, RC_ERR_ARGUMENT},
    {0, 1, 0, 0, RC_ERR_ARGUMENT}, {0, 1, -1, 0, RC_ERR_ARGUMENT},
    {0, 1, NAN, 0, RC_ERR_ARGUMENT}, {NAN, 1, 1, 0, RC_ERR_ARGUMENT},
    {0, INFINITY, 1, 0, RC_ERR_ARGUMENT}, {0, NAN, 1, 0, RC_ERR_ARGUMENT}
  };

  for (size_t i = 0; i < sizeof (cases) / sizeof (cases[0]); i++) {
    double min[3] = { 0, cases[i].min, 0 }, max[3] = { 1, cases[i].max, 1 };
    double size[3] = { 1, cases[i].size, 1 };
    int64_t dims[3] = { 0, 0, 0 };
    RcError error = { 0 };

    ck_assert_int_eq (rc_voxel_dims (min, max, size, dims, &error),
        cases[i].status);
    if (cases[i].status == RC_OK)
      ck_assert_int_eq (dims[1], cases[i].dims);
    else
      ck_assert_msg (strstr (error.message, "[y]="), "%s", error.message);
  }
}

END_TEST
/* Each case breaks one thing; the message names it. */
START_TEST (test_refusals)
{
  RcPointField field = { RC_FLOAT32, 1, 1 };
  RcVoxelizerConfig c = make_config (RC_VOXEL_MEAN, &field, 1);
  RcStatus want = RC_ERR_ARGUMENT;
  RcError error = { 0 };
  const char *text = NULL;

  switch (_i) {
#define CASE(n, change, status, words) \
    case n: \
      change; \
      want = status; \
      text = words; \
      break
      CASE (0, c.size[1] = 0, RC_ERR_ARGUMENT, "size[y]=0");
      CASE (1, c.size[2] = NAN, RC_ERR_ARGUMENT, "size[z]=");
      CASE (2, c.min[0] = INFINITY, RC_ERR_ARGUMENT, "min[x]=inf");
      CASE (3, c.dims[0] = 0, RC_ERR_ARGUMENT, "dims[x]=0");
      CASE (4, c.dims[0] = INT64_C (1) << 31, RC_ERR_OVERFLOW,
          "dims[x]=2147483648");
      CASE (5, c.dims[0] = c.dims[1] = c.dims[2] = INT32_MAX, RC_ERR_OVERFLOW,
          "dims=2147483647x2147483647x2147483647");
      CASE (6, c.dims[0] = c.dims[1] = 40000, RC_ERR_OVERFLOW,
          "max_bytes=4294967296");
      CASE (7, c.max[1] = NAN, RC_ERR_ARGUMENT, "max[y]=");
      CASE (8, c.max[1] = -2, RC_ERR_ARGUMENT, "max[y]=-2");
      CASE (9, c.min[0] = -1e18, RC_ERR_OVERFLOW, "size[x]=0.4 is lost");
      CASE (10, c.point_step = 0, RC_ERR_ARGUMENT, "point_step=0");
      CASE (11, c.point_step = 12, RC_ERR_SHAPE, "xyz[2]");
      CASE (12, c.xyz[1].count = 2;
          c.point_step = 99, RC_ERR_ARGUMENT, "xyz[1].count=2");
      CASE (13, c.xyz[0].dtype = RC_FLOAT16, RC_ERR_DTYPE, "float16");
      CASE (14, field.dtype = RC_BFLOAT16, RC_ERR_DTYPE, "bfloat16");
      CASE (15, field.dtype = 77, RC_ERR_DTYPE, "77");
      CASE (16, field.offset = -1, RC_ERR_SHAPE, "offset=-1");
      CASE (17, field.offset = 36, RC_ERR_SHAPE, "fields[0]");
      CASE (18, field.count = INT64_MAX, RC_ERR_SHAPE, "fields[0]");
      CASE (19, field.count = 0, RC_ERR_ARGUMENT, "count=0");
      CASE (20, c.n_fields = 0, RC_ERR_ARGUMENT, "n_fields=0");
      CASE (21, c.fields = NULL, RC_ERR_ARGUMENT, "fields is NULL");
      CASE (22, c.mode = 99, RC_ERR_ARGUMENT, "mode=99");
      CASE (23, c.type = 99, RC_ERR_ARGUMENT, "type=99");
      CASE (24, c.axis_order = 2, RC_ERR_ARGUMENT, "axis_order=2");
      CASE (25, c.mode = RC_VOXEL_COUNT, RC_ERR_DTYPE, "type=0");
      CASE (26, c.mode = RC_VOXEL_SPARSE_MEAN;
          c.max_voxels = 0, RC_ERR_ARGUMENT, "max_voxels=0");
      CASE (27, c.mode = RC_VOXEL_SPARSE_POINTS;
          c.max_points = 0, RC_ERR_ARGUMENT, "max_points=0");
      CASE (28, c.mode = RC_VOXEL_SPARSE_MEAN;
          c.max_points = -1, RC_ERR_ARGUMENT, "max_points=-1");
      CASE (29, c.mode = RC_VOXEL_SPARSE_POINTS;
          c.max_points = INT32_MAX, RC_ERR_OVERFLOW, "max_voxels=20000");
      CASE (30, c.mode = RC_VOXEL_SPARSE_MEAN;
          c.max_voxels = INT32_MAX, RC_ERR_OVERFLOW, "max_voxels=2147483647");
      CASE (31, c.max_bytes = 1199, RC_ERR_OVERFLOW, "max_bytes=1199");
#undef CASE
  }
  ck_assert_ptr_null (rc_voxelizer_new (&c, &error));
  ck_assert_int_eq (error.status, want);
  ck_assert_msg (strstr (error.message, text), "\"%s\" does not name %s",
      error.message, text);
}

END_TEST
START_TEST (test_run_refusals)
{
  RcVoxelizerConfig c = make_config (RC_VOXEL_OCCUPANCY, NULL, 0);
  RcVoxelizer *dense = new_voxelizer (&c), *sparse;
  RcVoxelWorkspace *w = rc_voxel_workspace_new ();
  uint8_t out[300];
  int32_t n[8];
  RcVoxels voxels = { n, NULL, n, false, 0 };
  RcError error = { 0 };

  c = make_config (RC_VOXEL_SPARSE_MEAN, &feature, 1);
  sparse = new_voxelizer (&c);
#define REFUSED(call, code, text) \
  do { \
    ck_assert_int_eq (call, code); \
    ck_assert_int_eq (error.status, code); \
    ck_assert_msg (strstr (error.message, text), "%s", error.message); \
  } while (0)
  REFUSED (rc_voxelize_dense (NULL, w, out, 0, out, NULL, &error),
      RC_ERR_ARGUMENT, "voxelizer is NULL");
  REFUSED (rc_voxelize_dense (dense, NULL, out, 0, out, NULL, &error),
      RC_ERR_ARGUMENT, "workspace is NULL");
  REFUSED (rc_voxelize_dense (dense, w, out, 0, NULL, NULL, &error),
      RC_ERR_ARGUMENT, "out is NULL");
  REFUSED (rc_voxelize_dense (dense, w, NULL, 1, out, NULL, &error),
      RC_ERR_ARGUMENT, "points is NULL");
  REFUSED (rc_voxelize_dense (dense, w, out, -1, out, NULL, &error),
      RC_ERR_ARGUMENT, "n_points=-1");
  REFUSED (rc_voxelize_dense (dense, w, out, INT64_C (1) << 31, out, NULL,
          &error), RC_ERR_OVERFLOW, "n_points=2147483648");
  REFUSED (rc_voxelize_dense (sparse, w, out, 1, out, NULL, &error),
      RC_ERR_ARGUMENT, "sparse-mean is not dense");
  REFUSED (rc_voxelize_sparse (dense, w, out, 1, &voxels, NULL, &error),
      RC_ERR_ARGUMENT, "occupancy is not sparse");
  REFUSED (rc_voxelize_sparse (sparse, w, out, 1, &voxels, NULL, &error),
      RC_ERR_ARGUMENT, "out->features is NULL");
#undef REFUSED
  ck_assert_ptr_null (rc_voxelizer_new (NULL, &error));
  ck_assert_str_eq (rc_voxel_mode_name (RC_VOXEL_SPARSE_POINTS),
      "sparse-points");
  ck_assert_ptr_null (rc_voxel_mode_name (RC_N_VOXEL_MODES));
  rc_voxelizer_free (dense);
  rc_voxelizer_free (sparse);
  rc_voxelizer_free (NULL);
  rc_voxel_workspace_free (w);
  rc_voxel_workspace_free (NULL);
}

END_TEST int
main (void)
{
  Suite *s = suite_create ("voxelizer");
  TCase *t = tcase_create ("refusals");
  SRunner *sr = srunner_create (s);
  int failed;

  tcase_add_test (t, test_dims);
  tcase_add_loop_test (t, test_refusals, 0, 32);
  tcase_add_test (t, test_run_refusals);
  suite_add_tcase (s, t);
  srunner_run_all (sr, CK_NORMAL);
  failed = srunner_ntests_failed (sr);
  srunner_free (sr);
  return failed ? 1 : 0;
}
