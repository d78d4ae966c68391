# SPDX-License-Identifier: Apache-2.0
"""Every method against scipy, pandas and numpy: on generated series always, on
the recordings of a Unitree Go2 where RC_TEST_DATA has them.

Times go to the references as float64 nanoseconds since the first sample,
subtracted in int64 before and so exact: epoch times in float64 would be off by
128 ns, and seconds would cost the references four digits.

Bounds, with u = 2**-24 for float32 and 2**-53 for float64, and m the largest
magnitude among the values that a result is made of:
  linear   2 ulp of the larger neighbour. The weight's rounding moves the result
           by at most u/2 * |q - p| <= u m <= 1 ulp, each of two fma by half an
           ulp.
  pchip    96 u m. Slopes are at most 3 |q - p| <= 6 m and carry up to 12
           roundings, weighted by 4/27 each in the result: 22 u m. The
           coefficients are at most 24 m, and each of their three roundings
           counts: 72 u m. (Measured: under 8 u m.)
  hermite  96 u m, where m includes the slopes times the interval: the
           coefficients are at most 9 m and 6 m, with 24 and 16 u m of their own
           errors, and Horner's steps add 2, 15, 16 and 3 u m.
  mean     (n + 4) 2**-52 m for n intervals, summed in float64, then rounded to
           the type: half an ulp.
  slerp    1e-15 against scipy, which goes through rotation vectors, then rounded
           to the type: half an ulp (u/2 for components under 1).
The reference's own rounding, in float64, is in the bounds for float64.
"""
import os
import sys
import time

import numpy as np
import pandas as pd
from scipy.interpolate import (CubicHermiteSpline, PchipInterpolator, interp1d)
from scipy.spatial.transform import Rotation, Slerp

import rc

NONE = rc.TIME_NONE
worst = {}
failures = []


def note(name, error, bound):
    """error and bound: arrays. Records the worst ratio; a miss is a failure."""
    bad = ~(error <= bound)
    ratio = float(np.max(error / np.maximum(bound, 1e-300), initial=0))
    worst[name] = max(worst.get(name, 0), ratio)
    if bad.any():
        at = np.argwhere(bad)[0]
        failures.append(f"{name}: {bad.sum()} of {bad.size}, first at {at}: "
                        f"error {error[tuple(at)]:g}, bound {bound[tuple(at)]:g}")


def exact(name, got, expected):
    worst.setdefault(name, 0.0)
    same = (got == expected) | ((got != got) & (expected != expected))
    if not np.all(same):
        failures.append(f"{name}: {np.sum(~same)} of {same.size} differ")


def since(times, zero):
    return (times - zero).astype(np.float64)


def unit(dtype):
    return 2.0**-24 if dtype == np.float32 else 2.0**-53


def neighbours(times, values, ticks, around=0):
    """For ticks inside: the index before, and the largest magnitude among the
    rows before, after and `around` more on either side."""
    p = np.clip(np.searchsorted(times, ticks, "right") - 1, 0, len(times) - 2)
    size = np.abs(values.astype(np.float64))
    m = np.zeros((len(ticks), values.shape[1]))
    for k in range(-around, around + 2):
        m = np.maximum(m, size[np.clip(p + k, 0, len(times) - 1)])
    return p, m


def inside(times, ticks):
    return (ticks >= times[0]) & (ticks <= times[-1])


def check_missing(name, result, expected):
    exact(name + " state", result["state"] == rc.MISSING, expected)
    exact(name + " NaN", np.isnan(result["values"]).all(axis=-1), expected)


def check_copies(name, times, values, ticks):
    series = pd.DataFrame({"t": times, "row": np.arange(len(times))})
    grid = pd.DataFrame({"t": ticks})

    def rows(**how):
        return pd.merge_asof(grid, series, on="t", **how)["row"].to_numpy()

    def compare(method, expected, **config):
        got = rc.Sampler(values.dtype, values.shape[1], method,
                         **config).resample(times, values, ticks)
        found = ~np.isnan(expected)
        index = np.where(found, expected, 0).astype(int)
        want = np.where(found[:, None], values[index], np.nan)
        exact(f"{name} {method}", got["values"], want)
        exact(f"{name} {method} state", got["state"] == rc.MISSING, ~found)
        skew = np.where(found, times[index] - ticks, NONE)
        exact(f"{name} {method} skew", got["skew"], skew)
        newest = np.where(found, times[index], NONE)
        exact(f"{name} {method} newest", got["newest"], newest)

    step = int(np.median(np.diff(times)))
    compare("previous", rows(direction="backward"))
    compare("previous", rows(direction="backward", tolerance=step),
            max_gap=step)
    compare("nearest", rows(direction="nearest"))
    compare("nearest", rows(direction="nearest", tolerance=step // 4),
            tolerance=step // 4)
    before = rows(direction="backward")
    after = rows(direction="forward", tolerance=10_000_000 - 1)
    compare("next", np.where(np.isnan(after), before, after), window=10_000_000)


def check_linear(name, times, values, ticks):
    got = rc.Sampler(values.dtype, values.shape[1], "linear",
                     max_gap=NONE).resample(times, values, ticks)
    check_missing(f"{name} linear", got, ~inside(times, ticks))
    ok = inside(times, ticks)
    zero = times[0]
    want = interp1d(since(times, zero), values.astype(np.float64), axis=0)(
        since(ticks[ok], zero))
    _, m = neighbours(times, values, ticks[ok])
    ulp = np.spacing(m.astype(values.dtype)).astype(np.float64)
    # interp1d rounds four times, and at a row takes the interval before it
    _, wide = neighbours(times, values, ticks[ok], 1)
    note(f"{name} linear {values.dtype}",
         np.abs(got["values"][ok].astype(np.float64) - want),
         2 * ulp + 8 * 2.0**-53 * wide)


def check_pchip(name, times, values, ticks):
    got = rc.Sampler(values.dtype, values.shape[1], "pchip",
                     max_gap=NONE).resample(times, values, ticks)
    check_missing(f"{name} pchip", got, ~inside(times, ticks))
    ok = inside(times, ticks)
    zero = times[0]
    want = PchipInterpolator(since(times, zero), values.astype(np.float64))(
        since(ticks[ok], zero))
    _, m = neighbours(times, values, ticks[ok], 1)
    u = unit(values.dtype)
    note(f"{name} pchip {values.dtype}",
         np.abs(got["values"][ok].astype(np.float64) - want),
         96 * (u + 2.0**-53) * m)


def check_hermite(name, times, position, velocity, ticks):
    d = position.shape[1]
    marks = [rc.Mark(rc.VELOCITY_OF, d + k, k, 0, 0) for k in range(d)]
    values = np.hstack([position, velocity])
    got = rc.Sampler(values.dtype, 2 * d, "hermite", marks,
                     max_gap=NONE).resample(times, values, ticks)
    ok = inside(times, ticks)
    zero = times[0]
    want = CubicHermiteSpline(
        since(times, zero), position.astype(np.float64),
        velocity.astype(np.float64) / 1e9)(since(ticks[ok], zero))
    p, m = neighbours(times, position, ticks[ok], 1)
    _, slope = neighbours(times, velocity, ticks[ok], 1)
    h = since(times[p + 1], times[p])[:, None] / 1e9
    u = unit(values.dtype)
    note(f"{name} hermite {values.dtype}",
         np.abs(got["values"][ok][:, :d].astype(np.float64) - want),
         96 * (u + 2.0**-53) * np.maximum(m, slope * h))


def check_slerp(name, times, quaternions, ticks, order):
    got = rc.Sampler(quaternions.dtype, 4, "linear", [rc.Mark(order, 0)],
                     max_gap=NONE).resample(times, quaternions, ticks)
    ok = inside(times, ticks)
    result = got["values"][ok].astype(np.float64)
    zero = times[0]
    xyzw = (lambda q: q[:, [1, 2, 3, 0]]) if order == rc.WXYZ else (lambda q: q)
    want = Slerp(since(times, zero), Rotation.from_quat(
        xyzw(quaternions.astype(np.float64))))(since(ticks[ok], zero))
    want = want.as_quat()
    have = xyzw(result)
    want *= np.sign(np.sum(want * have, axis=1, keepdims=True))
    rounding = unit(quaternions.dtype) / 2
    note(f"{name} slerp {quaternions.dtype}", np.abs(have - want),
         np.full(have.shape, 1e-15 + rounding))
    norms = np.abs(np.linalg.norm(result, axis=1) - 1)
    note(f"{name} slerp norm", norms, np.full(norms.shape, 4 * 2 * rounding))
    dots = np.sum(result[1:] * result[:-1], axis=1)
    exact(f"{name} slerp continuity", dots > 0, np.ones(len(dots), bool))


def check_mean(name, times, values, ticks, window, centred):
    got = rc.Sampler(values.dtype, values.shape[1], "mean", window=window,
                     centred=centred, max_gap=NONE).resample(times, values,
                                                             ticks)
    after = window - window // 2 if centred else 0
    low, high = ticks - (window - after), ticks + after
    ok = (low >= times[0]) & (high <= times[-1])
    check_missing(f"{name} mean", got, ~ok)
    wide = values.astype(np.float64)
    for i in np.flatnonzero(ok):
        a, b = np.searchsorted(times, [low[i], high[i]])
        # the window's ends and the rows between, from the window's beginning
        t = np.concatenate([[low[i]], times[a:b], [high[i]]]) - low[i]
        rows = slice(max(a - 1, 0), min(b + 1, len(times)))
        x = (times[rows] - low[i]).astype(np.float64)
        y = np.stack([np.interp(t.astype(np.float64), x, wide[rows, k])
                      for k in range(values.shape[1])], axis=1)
        want = np.trapz(y, t.astype(np.float64), axis=0) / window
        m = np.abs(wide[rows]).max(axis=0)
        rounding = unit(values.dtype) * np.abs(want)
        note(f"{name} mean {values.dtype}",
             np.abs(got["values"][i].astype(np.float64) - want),
             (len(x) + 4) * 2.0**-52 * m * 2 + rounding)


def check_integers():
    rng = np.random.default_rng(5)
    times = np.cumsum(rng.integers(1, 9, 300)).astype(np.int64)
    ticks = np.arange(times[0], times[-1], dtype=np.int64)
    for name in rc.DTYPES[:8]:
        info = np.iinfo(name)
        values = rng.integers(max(info.min, -2**50), min(info.max, 2**50),
                              (300, 3), dtype=np.int64).astype(name)
        got = rc.Sampler(name, 3, "linear", max_gap=NONE).resample(
            times, values, ticks)["values"]
        want = interp1d((times - times[0]).astype(np.float64),
                        values.astype(np.float64), axis=0)(
                            (ticks - times[0]).astype(np.float64))
        _, m = neighbours(times, values, ticks)
        note(f"generated linear {name}", np.abs(got.astype(np.float64) - want),
             0.5 + 8 * 2.0**-53 * m)


def check_halves():
    """Half an ulp of the type, and what float32 adds: 2 ulp of 2**-23."""
    rng = np.random.default_rng(6)
    times = np.cumsum(rng.integers(1, 9, 300)).astype(np.int64)
    ticks = np.arange(times[0], times[-1], dtype=np.int64)
    for name, bits in (("float16", 10), ("bfloat16", 7)):
        wide = rng.normal(0, 100, (300, 3)).astype(np.float32)
        if name == "float16":
            values = wide.astype(np.float16)
            wide = values.astype(np.float32)
        else:
            values = (wide.view(np.uint32) >> 16).astype(np.uint16)
            wide = (values.astype(np.uint32) << 16).view(np.float32)
        got = rc.Sampler(name, 3, "linear", max_gap=NONE).resample(
            times, values, ticks)["values"]
        if name == "bfloat16":
            got = (got.astype(np.uint32) << 16).view(np.float32)
        want = interp1d((times - times[0]).astype(np.float64),
                        wide.astype(np.float64), axis=0)(
                            (ticks - times[0]).astype(np.float64))
        _, m = neighbours(times, wide, ticks)
        power = 2.0**np.floor(np.log2(np.maximum(np.abs(want), 2.0**-14)))
        note(f"generated linear {name}", np.abs(got.astype(np.float64) - want),
             0.5 * power * 2.0**-bits + 2 * m * 2.0**-23)


def generated():
    rng = np.random.default_rng(int(os.environ.get("RC_TEST_SEED", "1")))
    for dtype in (np.float32, np.float64):
        zero = 1_750_000_000_000_000_123        # an epoch time
        times = zero + np.cumsum(rng.integers(100_000, 13_000_000, 1500))
        x = since(times, zero)[:, None] / 1e9
        values = np.hstack([np.sin(x), 100 * np.cos(3 * x),
                            rng.normal(0, 1, (1500, 2)),
                            np.round(rng.normal(0, 1, (1500, 2)))]).astype(dtype)
        ticks = np.arange(times[0] - 50_000_000, times[-1] + 50_000_000,
                          1_700_000)
        ticks = np.sort(np.concatenate([ticks, times[::7]]))
        name = "generated"
        check_copies(name, times, values, ticks)
        check_linear(name, times, values, ticks)
        check_pchip(name, times, values, ticks)
        for n in (2, 3, 4):             # the end formula at either end
            check_pchip(name, times[:n], values[:n], ticks)
        velocity = rng.normal(0, 50, values.shape).astype(dtype)
        check_hermite(name, times, values, velocity, ticks)
        quaternions = Rotation.from_rotvec(np.cumsum(
            rng.normal(0, 0.4, (1500, 3)), axis=0)).as_quat()
        quaternions *= rng.uniform(-2, 2, (1500, 1))    # any sign and length
        for order in (rc.WXYZ, rc.XYZW):
            check_slerp(name, times, quaternions.astype(dtype), ticks, order)
        for centred in (False, True):
            check_mean(name, times, values, ticks[::11], 40_000_001, centred)
    check_integers()
    check_halves()


def go2(folder):
    def load(name):
        data = np.loadtxt(os.path.join(folder, name), delimiter=",", dtype=str)
        return (data[:, 0].astype(np.int64),
                data[:, 1:].astype(np.float64).astype(np.float32))

    def first_of_equal(times, values):
        keep = np.concatenate([[True], np.diff(times) > 0])
        return times[keep], values[keep]

    def grid(times):
        first = times[0] // 10_000_000 - 3
        return np.arange(first, times[-1] // 10_000_000 + 4) * 10_000_000

    for name in ("imu", "contact", "command", "policy_command", "vicon"):
        times, values = first_of_equal(*load(f"{name}_history.csv"))
        ticks = grid(times)
        label = "go2 " + name
        check_copies(label, times, values, ticks)
        check_linear(label, times, values, ticks)
        check_pchip(label, times, values, ticks)
        if name == "imu":
            check_slerp(label, times, values[:, :4], ticks, rc.WXYZ)
            check_mean(label, times, values[:, 4:], ticks, 10_000_000, False)
        if name == "vicon":
            check_slerp(label, times, values[:, 3:7], ticks, rc.WXYZ)
        if name == "command":           # q, dq and tau of 12 joints
            check_hermite(label, times, values[:, :12], values[:, 12:24], ticks)


def main():
    what = sys.argv[1]
    started = time.monotonic()
    if what == "go2":
        folder = os.path.join(os.environ.get("RC_TEST_DATA", ""), "go2_vicon")
        if not os.path.isdir(folder):
            print(f"SKIP: no recordings at {folder!r} (RC_TEST_DATA)")
            sys.exit(77)
        go2(folder)
    else:
        generated()
    print("worst error, as a fraction of its bound:")
    for name, ratio in sorted(worst.items()):
        print(f"  {name:40} {ratio:.3f}")
    print(f"{len(worst)} comparisons in {time.monotonic() - started:.1f} s")
    for failure in failures:
        print("FAIL", failure)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
