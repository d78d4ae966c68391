/* SPDX-License-Identifier: Apache-2.0 */
/* Element types and error messages of the core. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/dtype.h"
#include "common/status.h"

START_TEST (names_and_sizes)
{
  static const struct
  {
    const char *name;
    size_t size;
    bool is_float;
  } expected[RC_N_DTYPES] = {
    {"int8", 1, false}, {"uint8", 1, false}, {"int16", 2, false},
    {"uint16", 2, false}, {"int32", 4, false}, {"uint32", 4, false},
    {"int64", 8, false}, {"uint64", 8, false}, {"float16", 2, true},
    {"bfloat16", 2, true}, {"float32", 4, true}, {"float64", 8, true},
  };

  for (int i = 0; i < RC_N_DTYPES; i++) {
    RcDType dtype = RC_N_DTYPES;

    ck_assert_str_eq (rc_dtype_name (i), expected[i].name);
    ck_assert_uint_eq (rc_dtype_size (i), expected[i].size);
    ck_assert (rc_dtype_is_float (i) == expected[i].is_float);
    ck_assert (rc_dtype_from_name (expected[i].name, &dtype));
    ck_assert_int_eq (dtype, i);
  }
}

END_TEST
START_TEST (unknown_types)
{
  static const int outside[] = { -1, RC_N_DTYPES, 1 << 30 };
  static const char *const names[] =
      { NULL, "", "float", "float32 ", "FLOAT32" };
  RcDType dtype = RC_INT16;

  for (size_t i = 0; i < sizeof (outside) / sizeof (*outside); i++) {
    ck_assert_ptr_null (rc_dtype_name (outside[i]));
    ck_assert_uint_eq (rc_dtype_size (outside[i]), 0);
    ck_assert (!rc_dtype_is_float (outside[i]));
  }
  for (size_t i = 0; i < sizeof (names) / sizeof (*names); i++) {
    ck_assert (!rc_dtype_from_name (names[i], &dtype));
    ck_assert_int_eq (dtype, RC_INT16);
  }
}

END_TEST
START_TEST (errors)
{
  RcError error;
  char text[1000];

  ck_assert_int_eq (rc_error_set (NULL, RC_ERR_SHAPE, "%d", 1), RC_ERR_SHAPE);
  ck_assert_int_eq (rc_error_set (&error, RC_ERR_DTYPE, "rate %d is %s", -3,
          "negative"), RC_ERR_DTYPE);
  ck_assert_int_eq (error.status, RC_ERR_DTYPE);
  ck_assert_str_eq (error.message, "rate -3 is negative");

  memset (text, 'x', sizeof (text));
  text[sizeof (text) - 1] = '\0';
  rc_error_set (&error, RC_ERR_ARGUMENT, "%s", text);
  ck_assert_uint_eq (strlen (error.message), sizeof (error.message) - 1);
}

END_TEST
START_TEST (status_names)
{
  for (int i = 0; i <= RC_ERR_CUDA; i++) {
    ck_assert_str_ne (rc_status_name (i), "unknown");
    for (int j = 0; j < i; j++)
      ck_assert_str_ne (rc_status_name (i), rc_status_name (j));
  }
  ck_assert_str_eq (rc_status_name (RC_ERR_CUDA + 1), "unknown");
}

END_TEST int
main (void)
{
  Suite *suite = suite_create ("core");
  TCase *tcase = tcase_create ("common");
  SRunner *runner = srunner_create (suite);
  int failed;

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, names_and_sizes);
  tcase_add_test (tcase, unknown_types);
  tcase_add_test (tcase, errors);
  tcase_add_test (tcase, status_names);
  srunner_run_all (runner, CK_NORMAL);
  failed = srunner_ntests_failed (runner);
  srunner_free (runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
