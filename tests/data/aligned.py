# SPDX-License-Identifier: Apache-2.0
"""Logs through an aligner against the reference: what test-go2.py and
test-generated.py both run."""
import time
import traceback

import numpy as np

from pipeline import APPSINK, MISSING, TIME_NONE, run
from reference import Stream, tick_times

RATE = (100, 1)


def _options(properties, prefix=""):
    return " ".join("%s%s=%s" % (prefix, k, v) for k, v in properties.items())


def source(log, parse=None):
    properties = dict(log.properties(), **(parse or {}))
    return 'filesrc location="%s" ! rccsvparse %s' % (log.path,
                                                      _options(properties))


def mux_line(streams, mux, parse=None, queue=False):
    """streams: name -> Stream. Pads that share a log share its parser."""
    pads = " ".join(_options(dict(s.properties(), **s.pad),
                             "sink_%s::" % name)
                    for name, s in streams.items())
    line = ["rcfusemux name=m %s %s ! %s" % (_options(mux), pads, APPSINK)]
    by_log = {}
    for name, stream in streams.items():
        by_log.setdefault(id(stream.log), []).append(name)
    for i, names in enumerate(by_log.values()):
        line.append(source(streams[names[0]].log, parse))
        if len(names) == 1 and not queue:
            line.append("! m.sink_" + names[0])
            continue
        line.append("! tee name=t%d" % i)
        line += ["t%d. ! queue ! m.sink_%s" % (i, name) for name in names]
    return " ".join(line)


def pad(log, method, pad=None, **settings):
    """A Stream and further properties of its pad, such as its role."""
    stream = Stream(log, method, **settings)
    stream.pad = pad or {}
    return stream


def grid(streams, span, required=None, rate=RATE, origin=0):
    """Numbers of the ticks that may come out."""
    n, d = rate
    streams = [s for name, s in streams.items()
               if required is None or name in required]
    first = [int(s.times[0]) for s in streams]
    last = [int(s.times[-1]) for s in streams]
    begin, end = (max(first), min(last)) if span == "common" else \
        (min(first), max(last))
    k = -(-(max(begin, 0) - origin) * n // (d * 10**9))
    ks = np.arange(k - 1, (end - origin) * n // (d * 10**9) + 2)
    times = tick_times(map(int, ks), rate, origin)
    return ks[(times >= max(begin, 0)) & (times <= end)]


def expect_all(streams, ticks, period):
    for s in streams.values():
        s.expect(ticks, period)


def expect_span(streams, span, required=None, rate=RATE, origin=0):
    """Sets every stream's expectation on the ticks that come out: (k, ticks,
    how many are skipped before the first one at which all have a value)."""
    k = grid(streams, span, required, rate, origin)
    ticks = tick_times(map(int, k), rate, origin)
    period = 10**9 * rate[1] // rate[0]
    expect_all(streams, ticks, period)
    skipped = 0
    if span == "common":
        there = np.all([s.state != MISSING for name, s in streams.items()
                        if required is None or name in required], axis=0)
        skipped = int(np.argmax(there))
        k, ticks = k[skipped:], ticks[skipped:]
        expect_all(streams, ticks, period)
    return k, ticks, skipped


def compare(result, streams, k, ticks, skipped=None, whole=False):
    """Everything that a run gave against the streams' expectations."""
    assert sorted(result.caps.aligned) == sorted(streams), result.caps.caps
    assert np.array_equal(result.pts, ticks), (
        "ticks: expected %d from %d to %d, got %d from %d to %d" % (
            len(ticks), ticks[0], ticks[-1], len(result.pts), result.pts[0],
            result.pts[-1]))
    assert np.array_equal(result.k, k)
    assert not result.deadline.any()
    problems = []
    for name, stream in streams.items():
        column = result.column(name)
        problems += stream.compare(
            name, result[name], result.state[:, 0, column],
            result.skew[:, 0, column], result.newest[:, 0, column])
        problems += compare_stats(result.stats["sink_" + name], name, stream,
                                  whole)
    assert not problems, "\n".join(problems)
    print("  worst error, of what is allowed: " + ", ".join(
        "%s %.2f" % (name, s.worst) for name, s in streams.items()
        if s.bound.any()))
    assert result.stats["out"] == len(ticks)
    assert skipped is None or result.stats["skipped"] == skipped


def compare_stats(stats, name, stream, whole):
    expected = {state: int((stream.state == i).sum()) for i, state in
                enumerate(["missing", "measured", "interpolated", "held",
                           "later"])}
    expected.update({"no-time": 0, "bad-size": 0, "overflow": 0,
                     "deadlines": 0, "first-time": int(stream.times[0])})
    if whole:           # span=common stops reading at its end
        expected.update({"in": len(stream.log.times),
                         "kept": len(stream.times),
                         "duplicates": stream.duplicates,
                         "backwards": stream.backwards,
                         "last-time": int(stream.times[-1])})
    problems = ["%s: stats %s: expected %d, got %s" % (name, key, value,
                                                       stats.get(key))
                for key, value in expected.items() if stats.get(key) != value]
    dropped = sum(stats[f] for f in ("duplicates", "backwards", "no-time",
                                     "bad-size"))
    if stats["in"] != stats["kept"] + dropped:
        problems.append("%s: stats do not add up: %s" % (name, stats))
    return problems


def align(streams, mux=None, span="common", parse=None):
    """One run at RATE, checked; returns it."""
    mux = dict({"rate": "%d/%d" % RATE}, **(mux or {}))
    if span == "all":
        mux["span"] = "all"
    k, ticks, skipped = expect_span(streams, span)
    result = run(mux_line(streams, mux, parse))
    compare(result, streams, k, ticks, skipped, whole=span == "all")
    assert result.caps.framerate == (RATE[0], RATE[1]), result.caps.caps
    assert np.array_equal(result.duration,
                          tick_times(map(int, k + 1), RATE) - ticks)
    return result


# ---- the cases: name -> function of the logs ----

def five(logs):
    """The issue's: observations linear with slerp, contact's estimates held,
    joint commands in force, the policy's next command."""
    action = {"role": "action"}
    return {"imu": pad(logs["imu"], "linear"),
            "contact": pad(logs["contact"], "linear"),
            "cmd": pad(logs["cmd"], "previous"),
            "policy": pad(logs["policy"], "next", action),
            "vicon": pad(logs["vicon"], "linear")}


def five_streams(logs):
    """What is common to the five logs."""
    streams = five(logs)
    streams["policy"].pad["method"] = "auto"    # next, by its role
    for name in ("imu", "contact", "vicon"):    # linear, being floats
        streams[name].pad["method"] = "auto"
    align(streams)


def union(logs):
    """All ticks of any log, with limits that bite."""
    streams = {
        "imu": pad(logs["imu"], "linear", max_gap=4_000_000, edge="hold"),
        "contact": pad(logs["contact"], "nearest", tolerance=1_000_000),
        "cmd": pad(logs["cmd"], "next", {"role": "action"},
                   max_gap=3_000_000, window=1_500_000),
        "policy": pad(logs["policy"], "previous", {"role": "event"},
                      max_gap=15_000_000, edge="hold"),
        "vicon": pad(logs["vicon"], "linear", offset=-1_234_567)}
    align(streams, span="all")


def imu_methods(logs):
    imu = logs["imu"]
    align({"pchip": pad(imu, "pchip"),
           "mean": pad(imu, "mean"),
           "centred": pad(imu, "mean", window=30_000_001, centred=True,
                          edge="hold"),
           "nearest": pad(imu, "nearest"),
           "causal": pad(imu, "linear", causal=True),
           "past": pad(imu, "mean", causal=True, window=25_000_000),
           "gaps": pad(imu, "pchip", max_gap=2_500_000, edge="hold")},
          span="all")


def vicon_methods(logs):
    """Positions as counters that wrap: a signal that crosses often."""
    vicon = logs["vicon"].marked(quaternions=[(3, "wxyz")],
                                 wrapping=[(0, 100, -50), (1, 360, 0),
                                           (2, 50, -25)])
    align({"linear": pad(vicon, "linear"),
           "pchip": pad(vicon, "pchip", max_gap=5_000_000),
           "mean": pad(vicon, "mean", window=20_000_000),
           "past": pad(vicon, "nearest", causal=True, tolerance=2_000_000)})


def commands(logs):
    """As observations: the velocities are known."""
    cmd = logs["cmd"]
    align({"hermite": pad(cmd, "hermite"),
           "pchip": pad(cmd, "pchip"),
           "causal": pad(cmd, "hermite", causal=True, max_gap=3_000_000),
           "past": pad(cmd, "next", {"role": "action"}, causal=True)})


def causal_element(logs):
    """The element's causal is every pad's."""
    streams = five(logs)
    for s in streams.values():
        s.properties()
        s.causal = True
    align(streams, {"causal": "true"})


def limits(logs):
    """Gaps, holds and tolerances that are just reached, and just not."""
    policy = logs["policy"]
    times = Stream(policy, "previous").times
    k = grid({"policy": Stream(policy, "previous")}, "common")
    tick = tick_times(map(int, k), RATE)
    tick = int(tick[~np.isin(tick, times)][len(tick) // 3])
    after = int(np.searchsorted(times, tick))
    gap, held = int(times[after] - times[after - 1]), tick - int(
        times[after - 1])
    near = min(held, int(times[after]) - tick)
    streams = {}
    for name, less in (("reached", 0), ("short", 1)):
        streams[name] = pad(policy, "linear", max_gap=gap - less)
        streams[name + "_held"] = pad(policy, "previous", max_gap=held - less)
        streams[name + "_near"] = pad(policy, "nearest",
                                      tolerance=near - less)
    result = align(streams, span="all")
    row = int(np.flatnonzero(result.pts == tick)[0])
    for name in streams:
        there = result.state[row, 0, result.column(name)] != MISSING
        assert there == name.startswith("reached"), (name, tick)


def master(logs):
    """The ticks are the policy's own times."""
    streams = five(logs)
    del streams["cmd"]
    window = 10_000_000
    streams["policy"].pad["mean-window"] = window
    times = streams["policy"].times
    begin = max(s.times[0] for s in streams.values())
    end = min(s.times[-1] for s in streams.values())
    ticks = times[(times >= begin) & (times <= end)]
    expect_all(streams, ticks, window)
    skipped = int(np.argmax(np.all([s.state != MISSING
                                    for s in streams.values()], axis=0)))
    ticks = ticks[skipped:]
    expect_all(streams, ticks, window)
    result = run(mux_line(streams, {"master": "sink_policy"}))
    compare(result, streams, np.arange(len(ticks)) + skipped, ticks, skipped)
    assert result.caps.framerate == (0, 1)
    assert (result.duration == -1).all()
    assert (result.state[:, 0, result.column("policy")] == 1).all()


def other_shapes(logs):
    """concat, windows and info tensors hold the same rows as a bundle."""
    streams = {"imu": pad(logs["imu"], "linear"),
               "policy": pad(logs["policy"], "next", {"role": "action"}),
               "vicon": pad(logs["vicon"], "pchip")}
    bundle = align(streams)
    whole = run(mux_line(streams, {
        "rate": "100/1", "output": "concat", "window": 4, "step": 3,
        "stride": 2, "state-tensor": "true", "skew-tensor": "true",
        "window-start": "repeat"}))
    windows(whole, bundle, streams, 4, 3, 2, repeat=True)
    parts = run(mux_line(streams, {"rate": "100/1", "window": 3}))
    windows(parts, bundle, streams, 3, 1, 1, repeat=False)
    concat = run(mux_line(streams, {"rate": "100/1", "output": "concat"}))
    for name in streams:
        assert concat[name].tobytes() == bundle[name].tobytes(), name
    assert concat.state.tobytes() == bundle.state.tobytes()


def windows(result, single, streams, window, step, stride, repeat):
    """Rows of windows against the buffers of a run without."""
    due = np.flatnonzero(single.k % stride == 0)
    assert np.array_equal(result.pts, single.pts[due])
    assert np.array_equal(result.k, single.k[due])
    back = np.arange(window - 1, -1, -1) * step
    rows = due[:, None] - back[None, :]         # [buffers, window]
    before = rows < 0
    rows = np.maximum(rows, 0)
    columns = [single.column(a) for a in result.caps.aligned]
    for field, none in (("state", MISSING), ("skew", TIME_NONE),
                        ("newest", TIME_NONE)):
        expected = getattr(single, field)[rows, 0][..., columns]
        if not repeat:
            expected[before] = none
        got = getattr(result, field)
        assert np.array_equal(got, expected), field
        if "state" in result.caps.kinds and field != "newest":
            assert np.array_equal(result.part(None, field), got)
    for name in streams:
        expected = single[name][rows].copy()
        if not repeat:
            expected[before] = np.nan
        got = result[name]
        assert got.tobytes() == expected.tobytes(), name


def resample(logs):
    """rcresample is a pad of rcfusemux, byte for byte."""
    stream = pad(logs["imu"], "linear")
    k, ticks, _ = expect_span({"imu": stream}, "common")
    line = "%s ! rcresample name=m rate=100/1 method=linear ! %s" % (
        source(stream.log), APPSINK)
    result = run(line)
    assert np.array_equal(result.pts, ticks)
    problems = stream.compare("rcresample", result.tensors[0],
                              result.state[:, 0, 0], result.skew[:, 0, 0],
                              result.newest[:, 0, 0])
    assert not problems, "\n".join(problems)
    pads = run(mux_line({"imu": stream}, {"rate": "100/1"}))
    assert pads.bytes == result.bytes
    assert np.array_equal(pads.pts, result.pts)


def other_grid(logs):
    """A rate whose period is no whole number of ns, from an origin; a log's
    own origin moves its times and nothing else."""
    rate, origin = (30000, 1001), 7
    streams = {"policy": pad(logs["policy"], "linear"),
               "vicon": pad(logs["vicon"], "linear")}
    k, ticks, skipped = expect_span(streams, "common", None, rate, origin)
    line = {"rate": "30000/1001", "tick-origin": origin}
    result = run(mux_line(streams, line))
    compare(result, streams, k, ticks, skipped)
    # a multiple of 1001 s / 30000, so that the grid stays where it is
    shift = int(ticks[0]) // (1001 * 10**9) * 1001 * 10**9
    moved = run(mux_line(streams, line, {"time-origin": shift}))
    assert np.array_equal(moved.pts, result.pts - shift)
    assert moved.bytes == result.bytes


def gathered(logs):
    """Every raw row of (t - dt, t], the newest of them where they are more."""
    room = 5
    stream = pad(logs["imu"], "gather", {"samples": room}, marks=False)
    k = grid({"imu": stream}, "all")
    ticks = tick_times(map(int, k), RATE)
    result = run(mux_line({"imu": stream}, {"rate": "100/1", "span": "all"}))
    assert np.array_equal(result.pts, ticks)
    end = np.searchsorted(stream.times, ticks, "right")
    start = np.searchsorted(stream.times, ticks - 10_000_000, "right")
    counts = np.minimum(end - start, room)
    assert np.array_equal(result.part("imu", "count")[:, 0], counts)
    values = np.full((len(ticks), room, stream.values.shape[1]), np.nan,
                     np.float32)
    times = np.full((len(ticks), room), TIME_NONE)
    for i, (e, n) in enumerate(zip(end, counts)):
        values[i, :n] = stream.values[e - n:e]
        times[i, :n] = stream.times[e - n:e]
    assert result["imu"].tobytes() == values.tobytes()
    assert np.array_equal(result.part("imu", "times"), times)
    assert result.stats["sink_imu"]["overflow"] == (end - start - counts).sum()


CASES = [five_streams, union, imu_methods, vicon_methods, commands,
         causal_element, limits, master, other_shapes, resample, other_grid, gathered]


def seconds(log):
    """A log with a header and seconds as decimals."""
    log = log.marked(wrapping=[(6, 60, -30)])
    align({"linear": pad(log, "linear"), "pchip": pad(log, "pchip"),
           "nearest": pad(log, "nearest", tolerance=4_000_000)})


def run_cases(logs, seconds_log):
    """Prints what was compared; False when a case failed."""
    failed = 0
    cases = [(c.__name__, c, logs) for c in CASES]
    cases.append(("seconds", seconds, seconds_log))
    for name, case, argument in cases:
        start = time.monotonic()
        try:
            case(argument)
            outcome = "ok"
        except AssertionError as error:
            failed += 1
            outcome = "FAILED\n%s" % (error or traceback.format_exc())
        except Exception:           # the other cases still tell something
            failed += 1
            outcome = "FAILED\n" + traceback.format_exc()
        print("%-16s %5.2f s  %s" % (name, time.monotonic() - start, outcome),
              flush=True)
    return failed == 0
