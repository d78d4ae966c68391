/* SPDX-License-Identifier: Apache-2.0 */
/* Properties that must hold for any series and configuration: a decision is
 * never taken back, comes as soon as the rows allow, and what keep_from lets
 * go is never missed. Times are small integers, so that every case of equal,
 * adjacent and distant times is met. */
#include "resample-test.h"

#define CHANNELS 8
#define STEPS 10                /* continuations reach this far, and one row
                                 * further than every limit */
#define FAR 40

static const RcMark marks[] = {
  {.kind = RC_MARK_QUATERNION_WXYZ,.channel = 0},
  {.kind = RC_MARK_WRAP,.channel = 4,.period = 6.25,.lower = -3.125},
  {.kind = RC_MARK_HOLD,.channel = 5},
  {.kind = RC_MARK_VELOCITY_OF,.channel = 7,.other = 6},
};

static int64_t
random_limit (int64_t high)
{
  return test_int (0, 2) == 0 ? RC_TIME_NONE : test_int (0, high);
}

static RcSampler *
random_sampler (char *text, size_t size)
{
  RcSamplerConfig c;
  RcError error;
  RcSampler *sampler;

  rc_sampler_config_init (&c, RC_FLOAT32, CHANNELS,
      (RcMethod) test_int (0, RC_N_METHODS - 1));
  c.edge = (RcEdge) test_int (0, 1);
  c.causal = test_int (0, 2) == 0;
  c.centred = test_int (0, 1);
  c.max_gap = random_limit (7);
  c.tolerance = random_limit (5);
  c.window = test_int (1, 7);
  c.samples = test_int (1, MAX_SAMPLES);
  c.marks = marks;
  c.n_marks = 4;
  sampler = rc_sampler_new (&c, &error);
  ck_assert_msg (sampler != NULL, "%s", error.message);
  snprintf (text, size, "method %d edge %d causal %d centred %d max_gap %lld "
      "tolerance %lld window %lld samples %lld", c.method, c.edge, c.causal,
      c.centred, (long long) c.max_gap, (long long) c.tolerance,
      (long long) c.window, (long long) c.samples);
  return sampler;
}

typedef struct
{
  int64_t n;
  int64_t times[MAX_ROWS];
  float values[MAX_ROWS][CHANNELS];
  uint8_t signs[MAX_ROWS];
} Rows;

static void
add_row (const RcSampler * sampler, Rows * rows, int64_t time)
{
  float *row = rows->values[rows->n];

  for (int k = 0; k < CHANNELS; k++)
    row[k] = (float) (8 * test_real () - 4);
  rc_sampler_signs (sampler, rows->n ? row - CHANNELS : NULL,
      rows->n ? rows->signs + rows->n - 1 : NULL, row, rows->signs + rows->n);
  rows->times[rows->n++] = time;
}

static void
random_rows (const RcSampler * sampler, Rows * rows, int64_t most)
{
  int64_t time = test_int (-2, 6);

  rows->n = 0;
  for (int64_t n = test_int (0, most); n > 0; n--) {
    add_row (sampler, rows, time);
    time += test_int (1, test_int (0, 3) ? 3 : 12);
  }
}

static void
answer_at (const RcSampler * sampler, const Rows * rows, int64_t from,
    int64_t n, int64_t tick, Answer * answer)
{
  test_answer (sampler, rows->values + from, sizeof (rows->values[0]),
      rows->times + from, rows->signs + from, n - from, tick, answer);
}

/* Whether some continuation after `horizon` gives another answer than none
 * does: up to two rows at any of the next times, or far away, or many at equal
 * distances, as a window with a small max_gap needs them. */
static bool
can_change (const RcSampler * sampler, const Rows * rows, int64_t horizon,
    int64_t tick)
{
  Answer now, then;
  Rows more = *rows;

  answer_at (sampler, rows, 0, rows->n, tick, &now);
  for (int64_t i = 1; i <= STEPS + 1; i++) {
    more.n = rows->n;
    add_row (sampler, &more, horizon + (i > STEPS ? FAR : i));
    answer_at (sampler, &more, 0, more.n, tick, &then);
    if (!test_same (&now, &then, 0))
      return true;
    for (int64_t k = i + 1; k <= STEPS + 1; k++) {
      more.n = rows->n + 1;
      add_row (sampler, &more, horizon + (k > STEPS ? FAR : k));
      answer_at (sampler, &more, 0, more.n, tick, &then);
      if (!test_same (&now, &then, 0))
        return true;
    }
  }
  for (int64_t i = 1; i <= STEPS; i++) {
    for (int64_t step = 1; step <= 3; step++) {
      more.n = rows->n;
      for (int64_t k = 0; k < 20; k++)
        add_row (sampler, &more, horizon + i + k * step);
      answer_at (sampler, &more, 0, more.n, tick, &then);
      if (!test_same (&now, &then, 0))
        return true;
    }
  }
  return false;
}

START_TEST (decided_is_exact)
{
  int64_t n_true = 0, n_false = 0;

  test_seed ();
  for (int round = 0; round < 8000; round++) {
    char text[200];
    RcSampler *sampler = random_sampler (text, sizeof (text));
    Rows rows;
    int64_t horizon, tick;
    bool decided;

    random_rows (sampler, &rows, 6);
    horizon = (rows.n ? rows.times[rows.n - 1] : test_int (-3, 9))
        + (test_int (0, 1) ? test_int (0, 9) : 0);
    tick = horizon + test_int (-9, 4);
    decided = rc_sampler_decided (sampler, rows.times, rows.n, horizon, tick);
    *(decided ? &n_true : &n_false) += 1;
    if (decided == can_change (sampler, &rows, horizon, tick)) {
      for (int64_t i = 0; i < rows.n; i++)
        printf ("%lld ", (long long) rows.times[i]);
      ck_abort_msg ("rows above, horizon %lld, tick %lld, %s: decided %d",
          (long long) horizon, (long long) tick, text, decided);
    }
    ck_assert (rc_sampler_decided (sampler, rows.times, rows.n, INT64_MAX,
            tick));
    rc_sampler_free (sampler);
  }
  ck_assert_int_gt (n_true, 1500);
  ck_assert_int_gt (n_false, 1500);
}

END_TEST
START_TEST (keep_from_is_enough)
{
  int64_t dropped = 0;

  test_seed ();
  for (int round = 0; round < 6000; round++) {
    char text[200];
    RcSampler *sampler = random_sampler (text, sizeof (text));
    Rows rows;
    int64_t tick, keep, known;

    random_rows (sampler, &rows, 12);
    known = test_int (0, rows.n);       /* the rest comes after the trimming */
    tick = test_int (-4, 40);
    keep = rc_sampler_keep_from (sampler, rows.times, known, tick);
    ck_assert (keep >= 0 && keep <= known);
    dropped += keep;
    /* a tick that takes rows while later ones may be unknown is decided first,
     * so only ticks from `tick` on are asked of what is left */
    for (int64_t t = tick; t < tick + 12; t++) {
      Answer whole, trimmed;

      answer_at (sampler, &rows, 0, rows.n, t, &whole);
      answer_at (sampler, &rows, keep, rows.n, t, &trimmed);
      ck_assert_msg (test_same (&whole, &trimmed, keep),
          "keep %lld of %lld at %lld differs at %lld: %s", (long long) keep,
          (long long) known, (long long) tick, (long long) t, text);
      ck_assert_int_eq (rc_sampler_decided (sampler, rows.times, known,
              INT64_MIN, t), rc_sampler_decided (sampler, rows.times + keep,
              known - keep, INT64_MIN, t));
    }
    rc_sampler_free (sampler);
  }
  ck_assert_int_gt (dropped, 6000);
}

END_TEST
START_TEST (hint_never_changes_the_answer)
{
  test_seed ();
  for (int round = 0; round < 20000; round++) {
    char text[200];
    RcSampler *sampler = random_sampler (text, sizeof (text));
    Rows rows;
    RcPick with, without;
    int64_t hint, tick = test_int (-4, 60);

    random_rows (sampler, &rows, 30);
    hint = test_int (0, 9) ? test_int (-2, rows.n + 2) : test_int (0, 1)
        ? INT64_MIN : INT64_MAX;
    memset (&with, 0, sizeof (with));
    memset (&without, 0, sizeof (without));
    rc_pick (sampler, rows.times, rows.n, tick, &hint, &with);
    rc_pick (sampler, rows.times, rows.n, tick, NULL, &without);
    ck_assert_msg (memcmp (&with, &without, sizeof (with)) == 0, "%s", text);
    ck_assert (hint >= 0 && hint <= rows.n);
    rc_sampler_free (sampler);
  }
}

END_TEST
/* What a tick says of itself: its skew is that of the nearest row it read, its
 * newest time that of the newest, and causal means causal. */
START_TEST (provenance_is_true)
{
  test_seed ();
  for (int round = 0; round < 20000; round++) {
    char text[200];
    RcSampler *sampler = random_sampler (text, sizeof (text));
    Rows rows;
    RcPick pick;
    int64_t tick = test_int (-4, 60), nearest = INT64_MAX;

    random_rows (sampler, &rows, 20);
    rc_pick (sampler, rows.times, rows.n, tick, NULL, &pick);
    if (pick.state == RC_STATE_MISSING) {
      ck_assert_int_eq (pick.count, 0);
      ck_assert (pick.skew == RC_TIME_NONE && pick.newest == RC_TIME_NONE);
    } else {
      ck_assert_int_ge (pick.count, 1);
      ck_assert (pick.newest == rows.times[pick.first + pick.count - 1]);
      for (int64_t i = 0; i < pick.count; i++) {
        const int64_t away = llabs (rows.times[pick.first + i] - tick);

        nearest = away < nearest ? away : nearest;
      }
      ck_assert_msg (llabs (pick.skew) == nearest, "%s", text);
      if (strstr (text, "causal 1"))
        ck_assert_int_le (pick.newest, tick);
      if (pick.state == RC_STATE_MEASURED)
        ck_assert (pick.skew == 0);
      if (pick.state == RC_STATE_HELD)
        ck_assert (pick.skew < 0);
      if (pick.state == RC_STATE_LATER)
        ck_assert (pick.skew > 0);
    }
    rc_sampler_free (sampler);
  }
}

END_TEST int
main (void)
{
  Suite *suite = suite_create ("resample-properties");
  TCase *tests = tcase_create ("properties");

  tcase_add_test (tests, decided_is_exact);
  tcase_add_test (tests, keep_from_is_enough);
  tcase_add_test (tests, hint_never_changes_the_answer);
  tcase_add_test (tests, provenance_is_true);
  suite_add_tcase (suite, tests);
  return test_run (suite);
}
