#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Says what is in a recording of rchdf5sink: a table per stream, and a plot.

  report.py aligned.h5 [--plot aligned.png] [--truth]

Per stream: samples in (from /raw), ticks out, what each tick is (measured,
interpolated, held, from a later sample, missing), and the skew: the time of
the nearest sample used minus the tick.

With --truth the recording is one of rctestsrc's, whose sensors measure known
functions of time (`gst-inspect-1.0 rctestsrc`). Then the table also has the
RMS error of the aligned values against the truth at the very tick, beside that
of two simpler ways to align: hold (the last sample at or before the tick) and
nearest. Streams that are copied and not computed (commands, camera frames,
voxel grids) are checked to be, row by row, one of the raw samples.

Needs numpy, h5py and, for the plot, matplotlib."""
import argparse
import sys

import h5py
import numpy as np

STATES = ["missing", "measured", "interpolated", "held", "later"]
NONE = np.iinfo(np.int64).min  # "no time"


# ---- what rctestsrc measures, in float64 ----

def joint(j, t):
    w = 2 * np.pi * (0.4 + 0.1 * (j % 8))
    position = 0.6 * np.sin(w * t + j) + 0.1 * np.sin(3 * w * t + 2 * j)
    velocity = 0.6 * w * np.cos(w * t + j) + 0.3 * w * np.cos(3 * w * t + 2 * j)
    return position, velocity


def truth_joints(time, width):
    t = time / 1e9
    both = [joint(j, t) for j in range(width // 2)]
    return np.stack([p for p, _ in both] + [v for _, v in both], axis=1)


def truth_command(time, width):
    end = (time // 250_000_000 + 1) * 250_000_000 / 1e9
    return np.stack([joint(j, end)[0] for j in range(width)], axis=1)


def truth_force(time, width):
    t = time / 1e9
    s = lambda a, f, phase: a * np.sin(2 * np.pi * f * t + phase)
    return np.stack([s(12, 1.1, 0), s(8, 0.7, 1),
                     40 + s(15, 2.3, 2) + s(3, 17, 0),
                     s(0.9, 0.9, 0), s(0.7, 1.3, 1), s(0.3, 1.7, 2)], axis=1)


TRUTH = {"joints": truth_joints, "force": truth_force,
         "command": truth_command}


# ---- the recording ----

class Stream:
    """One stream of an episode. `values` [T, ...] and, where it was recorded,
    its raw samples `raw_time` [S] and `raw` [S, ...]."""

    def __init__(self, name, values, demo, raw, names, units, method):
        self.name = name
        self.values = values
        self.state = demo["valid"][name][()]
        self.skew = demo["skew"][name][()]
        self.raw_time = raw["time"][()] if raw is not None else None
        self.raw = raw["values"] if raw is not None else None
        self.names = names
        self.units = units
        self.method = method

    @property
    def is_vector(self):
        return self.values.ndim == 2

    def labels(self):
        n = self.values.shape[1]
        names = self.names or [f"[{i}]" for i in range(n)]
        units = self.units or [""] * n
        return names, units


def strings(attribute):
    """A list of strings, stored as an array or as one text with commas."""
    if attribute is None:
        return None
    if isinstance(attribute, (str, bytes)):
        text = attribute.decode() if isinstance(attribute, bytes) else attribute
        return text.split(",")
    return [s.decode() if isinstance(s, bytes) else str(s) for s in attribute]


def first(attribute):
    found = strings(attribute)
    return found[0] if found else ""


def load(file, episode):
    demo = file["data"][episode]
    raws = file.get("raw", {})
    time = demo["time"][()]
    streams = []
    for name in demo["valid"]:
        if name not in demo["obs"]:
            continue
        data = demo["obs"][name]
        names, units = (strings(data.attrs.get(k)) for k in ("names", "units"))
        streams.append(Stream(name, data, demo, raws.get(name), names, units,
                              first(data.attrs.get("method"))))
    if "actions" in demo:
        streams += load_actions(demo, raws)
    return time, streams


def load_actions(demo, raws):
    """The pads with role=action lie side by side in `actions`; its attribute
    `streams` says where: name:first:count, …"""
    data = demo["actions"]
    names, units = (strings(data.attrs.get(k)) for k in ("names", "units"))
    methods = strings(data.attrs.get("method")) or []
    found = []
    for i, part in enumerate(strings(data.attrs["streams"])):
        name, begin, count = part.rsplit(":", 2)
        part = slice(int(begin), int(begin) + int(count))
        found.append(Stream(name, data[:, part], demo, raws.get(name),
                            names[part] if names else None,
                            units[part] if units else None,
                            methods[i] if i < len(methods) else ""))
    return found


# ---- comparing ----

def hold_and_nearest(s, time):
    """Rows of the last sample at or before each tick and of the closest one;
    -1 where there is none."""
    before = np.searchsorted(s.raw_time, time, side="right") - 1
    after = np.minimum(before + 1, len(s.raw_time) - 1)
    d_before = time - s.raw_time[np.maximum(before, 0)]
    d_after = np.abs(s.raw_time[after] - time)
    nearest = np.where((before >= 0) & (d_before <= d_after), before, after)
    return before, nearest


def comparable(s, before):
    """The ticks where the stream was measured or interpolated, and holding
    would have given a value too. What a live deadline made it hold is not a
    result of the method."""
    return np.isin(s.state, (1, 2)) & (before >= 0)


def compare(s, time, kind):
    """Rows (quantity, unit, rms aligned, rms hold, rms nearest, ticks) over
    the comparable ticks."""
    names, units = s.labels()
    truth = TRUTH[kind](time, s.values.shape[1])
    before, nearest = hold_and_nearest(s, time)
    ok = comparable(s, before)
    raw = s.raw[()].astype(np.float64)
    aligned = s.values[()].astype(np.float64)
    rows = []
    for unit in dict.fromkeys(units):
        c = [i for i, u in enumerate(units) if u == unit]
        rms = lambda v: float(np.sqrt(np.mean(
            (v[:, c] - truth[ok][:, c]) ** 2)))
        rows.append((s.name, unit, rms(aligned[ok]), rms(raw[before[ok]]),
                     rms(raw[nearest[ok]]), int(ok.sum())))
    return rows


def copies(s, time):
    """How many of the ticks with a value are, bit for bit, the raw sample whose
    time the skew names."""
    ok = np.flatnonzero(s.state != 0)
    at = np.searchsorted(s.raw_time, time[ok] + s.skew[ok])
    same = 0
    for k, i in zip(ok, at):
        same += int(i < len(s.raw_time)
                    and s.raw_time[i] == time[k] + s.skew[k]
                    and np.array_equal(s.values[k].ravel(), s.raw[i].ravel()))
    return same, len(ok)


# ---- tables ----

def print_table(head, rows):
    rows = [[str(c) for c in r] for r in rows]
    width = [max(len(r[i]) for r in [head] + rows) for i in range(len(head))]
    for r in [head, ["-" * w for w in width]] + rows:
        print("  " + "  ".join(c.ljust(w) if i == 0 else c.rjust(w)
                               for i, (c, w) in enumerate(zip(r, width))))


def print_streams(time, streams):
    rows = []
    for s in streams:
        count = [int((s.state == i).sum()) for i in range(len(STATES))]
        skew = np.abs(s.skew[s.skew != NONE]) / 1e6
        p = ([f"{np.percentile(skew, q):.3f}" for q in (50, 99, 100)]
             if len(skew) else ["-"] * 3)
        rows.append([s.name, s.method or "-",
                     len(s.raw_time) if s.raw_time is not None else "-",
                     len(time)] + count[1:] + count[:1] + p)
    print_table(["stream", "method", "samples in", "ticks out"] + STATES[1:]
                + STATES[:1] + ["|skew| p50 ms", "p99", "max"], rows)


def print_errors(time, streams, truth):
    rows, copied = [], []
    for s in streams:
        kind = truth.get(s.name)
        if s.raw_time is None:
            continue
        if kind and s.is_vector and s.method not in ("next", "previous"):
            for name, unit, a, h, n, ticks in compare(s, time, kind):
                rows.append([f"{name} ({unit})", ticks, f"{a:.3g}", f"{h:.3g}",
                             f"{n:.3g}", f"{n / a:.0f} x" if a else "-"])
        elif s.method in ("next", "previous", "nearest"):
            copied.append((s.name, copies(s, time)))
    if rows:
        print("\nRMS error against the truth at the tick")
        print_table(["stream", "ticks", "aligned", "hold", "nearest",
                     "nearest / aligned"], rows)
    held = [f"{s.name} {n}" for s in streams if s.method not in (
        "next", "previous", "nearest") and (n := int((s.state == 3).sum()))]
    if rows and held:
        print(f"  left out, held at a deadline or an edge: {', '.join(held)}")
    if copied:
        print("\nCopied streams: rows that equal the raw sample at tick + skew")
        print_table(["stream", "equal", "of"],
                    [[n, same, of] for n, (same, of) in copied])


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0],
        epilog="More: pydoc ./examples/report.py")
    parser.add_argument("file")
    parser.add_argument("--episode", default="demo_0")
    parser.add_argument("--plot", metavar="PNG")
    parser.add_argument("--truth", action="store_true",
                        help="the streams joints, force and action are those "
                        "of rctestsrc: compare with the truth")
    args = parser.parse_args()
    truth = ({"joints": "joints", "force": "force", "action": "command"}
             if args.truth else {})
    with h5py.File(args.file, "r") as file:
        time, streams = load(file, args.episode)
        if not len(time):
            sys.exit(f"{args.file}: {args.episode} has no rows")
        span = (time[-1] - time[0]) / 1e9
        print(f"{args.file}: {len(time)} ticks over {span:.2f} s")
        print_streams(time, streams)
        print_errors(time, streams, truth)
        if args.plot:
            from report_plot import plot
            plot(args.plot, time, streams, truth)
            print(f"\nplot: {args.plot}")


if __name__ == "__main__":
    main()
