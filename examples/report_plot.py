# SPDX-License-Identifier: Apache-2.0
"""The plot of report.py: raw samples, truth and aligned values, one tick under
the lens, errors, skews, and what every tick of every stream is."""
import numpy as np
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.patches import Patch

import report

INK = "#1f2933"
RAW = "#9aa5b1"
ALIGNED = "#0b6bcb"
HOLD = "#d9480f"
NEAREST = "#e6a700"
ACTION = "#2f9e44"
# missing, measured, interpolated, held, later
STATE_COLOURS = ["#d6336c", "#1864ab", "#74b3ec", "#c3cad1", "#8ce0a3"]


def style():
    plt.rcParams.update({
        "font.size": 9.5, "axes.titlesize": 10.5, "axes.titleweight": "bold",
        "axes.titlelocation": "left", "axes.edgecolor": "#7b8794",
        "axes.labelcolor": INK, "text.color": INK, "xtick.color": "#52606d",
        "ytick.color": "#52606d", "axes.spines.top": False,
        "axes.spines.right": False, "axes.grid": True, "grid.color": "#e4e7eb",
        "grid.linewidth": 0.6, "legend.frameon": False, "legend.fontsize": 8.5})


def movement(s):
    """Per channel: the usual step between samples, in the channel's spread."""
    raw = s.raw[()].astype(np.float64)
    spread = np.nanstd(raw, axis=0)
    step = np.nanmean(np.abs(np.diff(raw, axis=0)), axis=0)
    return np.where(spread > 0, step / np.where(spread > 0, spread, 1), np.inf)


def pick_channel(s, synthetic):
    """Of a synthetic stream the channel of the first unit that moves most; of
    a log, where steps are mostly noise, the smoothest channel."""
    moved = movement(s)
    if not synthetic:
        return int(np.argmin(moved))
    units = np.array(s.labels()[1])
    return int(np.argmax(np.where((units == units[0]) & np.isfinite(moved),
                                  moved, -1)))


def label(s, c):
    names, units = s.labels()
    return f"{names[c]} [{units[c]}]" if units[c] not in ("", "1") \
        else names[c]


def gaps(s):
    """Where samples are missing: pairs of times around what is longer than 1.8
    usual periods."""
    d = np.diff(s.raw_time)
    at = np.flatnonzero(d > 1.8 * np.median(d))
    return np.stack([s.raw_time[at], s.raw_time[at + 1]], axis=1)


class Axis:
    """Seconds for a person: since the first tick where times are large."""

    def __init__(self, time):
        self.zero = int(time[0]) if abs(int(time[0])) > 10**13 else 0
        self.label = (f"time since {self.zero} ns [s]" if self.zero
                      else "time [s]")

    def __call__(self, time):
        return (np.asarray(time) - self.zero) / 1e9


def fine(begin, end):
    return np.linspace(begin, end, 4000).astype(np.int64)


def overview(ax, axis, time, s, c, kind, action):
    step = max(1, len(s.raw_time) // 2500)
    ax.plot(axis(s.raw_time[::step]), s.raw[::step, c], ".", ms=5, color=RAW,
            label=f"raw samples ({len(s.raw_time)}"
            + (f", every {step}th drawn)" if step > 1 else ")"))
    if kind:
        t = fine(time[0], time[-1])
        ax.plot(axis(t), report.TRUTH[kind](t, s.values.shape[1])[:, c],
                color=INK, lw=0.8, label="truth")
    ax.plot(axis(time), np.where(s.state != 0, s.values[:, c], np.nan), "o",
            ms=2.4, color=ALIGNED, label=f"aligned ({len(time)} ticks)")
    if action is not None and c < action.values.shape[1]:
        ax.step(axis(action.raw_time), action.raw[:, c], where="post", lw=1,
                color=ACTION, alpha=0.8, label="command")
    edges = np.flatnonzero(np.diff(np.r_[0, (s.state == 0).astype(int), 0]))
    for begin, end in edges.reshape(-1, 2):
        a, b = axis(time[begin]), axis(time[end - 1])
        ax.axvspan(a, b, color=STATE_COLOURS[0], alpha=0.13, lw=0)
        if b - a > 0.02 * (axis(time[-1]) - axis(time[0])):
            ax.annotate("no data:\nmissing,\nnot made up",
                        ((a + b) / 2, 0.5), xycoords=("data", "axes fraction"),
                        ha="center", va="center", fontsize=8,
                        color=STATE_COLOURS[0],
                        bbox={"fc": "white", "ec": "none", "alpha": 0.8,
                              "pad": 1.5})
    ax.set_xlabel(axis.label)
    ax.set_ylabel(label(s, c))
    ax.set_title(f"{s.name}: {label(s, c)}")
    ax.set_xlim(axis(time[0]) - 0.05, axis(time[-1]) + 0.05)
    ax.legend(loc="lower right", ncol=4, bbox_to_anchor=(1, 1.0),
              borderaxespad=0.1)


def pick_tick(time, s, c):
    """A tick in the longest of the small gaps, where the signal moves."""
    before, nearest = report.hold_and_nearest(s, time)
    ok = (s.state != 0) & (before >= 0) & (before + 1 < len(s.raw_time))
    ok &= (np.arange(len(time)) > 1) & (np.arange(len(time)) < len(time) - 2)
    raw = s.raw[:, c].astype(np.float64)
    b = np.clip(before, 0, len(raw) - 2)
    width = (s.raw_time[b + 1] - s.raw_time[b]).astype(np.float64)
    error = np.minimum(np.abs(raw[b] - s.values[:, c]),
                       np.abs(raw[b + 1] - s.values[:, c]))
    return int(np.argmax(np.where(ok & np.isfinite(error), width * error, -1)))


def lens(ax, axis, time, s, c, kind):
    k = pick_tick(time, s, c)
    tick = time[k]
    around = 7 * np.median(np.diff(s.raw_time))
    begin, end = tick - around, tick + around
    raw = (s.raw_time >= begin) & (s.raw_time <= end)
    ms = lambda t: (np.asarray(t) - tick) / 1e6
    lost = False
    for a, b in gaps(s):
        if b > begin and a < end:
            ax.axvspan(ms(max(a, begin)), ms(min(b, end)), color="#f1d3c9",
                       alpha=0.55, lw=0,
                       label=None if lost else "sample lost")
            lost = True
    if kind:
        t = fine(int(begin), int(end))
        ax.plot(ms(t), report.TRUTH[kind](t, s.values.shape[1])[:, c],
                color=INK, lw=1, label="truth")
    ax.plot(ms(s.raw_time[raw]), s.raw[raw, c], ".", ms=8, color=RAW,
            label="raw samples")
    before, nearest = (int(i[k]) for i in report.hold_and_nearest(s, time))
    exact = (report.TRUTH[kind](time[k:k + 1], s.values.shape[1])[0, c]
             if kind else None)
    name, unit = f"aligned ({s.method})", s.labels()[1][c]
    for what, value, marker, colour, size in (
            ("hold", s.raw[before, c], "s", HOLD, 7),
            ("nearest", s.raw[nearest, c], "^", NEAREST, 7),
            (name, s.values[k, c], "o", ALIGNED, 7)):
        error = f", off by {value - exact:+.2g} {unit}" if kind else ""
        ax.plot(0, value, marker, ms=size, mfc="none" if what != name
                else colour, mec=colour, mew=1.6, label=what + error, zorder=5)
    ax.axvline(0, color=ALIGNED, lw=0.8, ls=":")
    ax.set_xlim(ms(begin), ms(end))
    ax.set_xlabel(f"time from the tick at {axis(tick):.3f} s [ms]")
    ax.set_ylabel(label(s, c))
    ax.set_title(f"One tick of {s.name} under the lens")
    ax.legend(loc="best")


def errors(ax, axis, time, s, c, kind):
    truth = report.TRUTH[kind](time, s.values.shape[1])[:, c]
    before, nearest = report.hold_and_nearest(s, time)
    ok = report.comparable(s, before)
    raw = s.raw[:, c].astype(np.float64)
    unit = s.labels()[1][c]
    for what, value, colour in (
            ("hold", raw[np.maximum(before, 0)], HOLD),
            ("nearest", raw[nearest], NEAREST),
            (f"aligned ({s.method})", s.values[:, c], ALIGNED)):
        e = np.abs(value - truth)[ok]
        rms = np.sqrt(np.mean(e ** 2))
        ax.semilogy(axis(time[ok]), np.maximum(e, 1e-9), ".", ms=3,
                    color=colour, label=f"{what}: RMS {rms:.2g} {unit}")
    ax.set_xlabel(axis.label)
    ax.set_ylabel(f"|error| [{unit}]")
    ax.set_title(f"Error of {s.name} {label(s, c)} against the truth")
    ax.margins(x=0.005)
    low, high = ax.get_ylim()
    ax.set_ylim(max(low, 1e-8), high * 30)
    ax.legend(loc="upper right", ncol=1, markerscale=3)


def histogram(ax, streams):
    skews = [s.skew[s.skew != report.NONE] / 1e6 for s in streams]
    shown = [(s, k) for s, k in zip(streams, skews) if len(k)]
    if shown:
        low = min(k.min() for _, k in shown)
        high = max(k.max() for _, k in shown)
        bins = np.linspace(low - 1e-3, high + 1e-3, 60)
        for i, (s, k) in enumerate(shown):
            colour = plt.get_cmap("Dark2")(i)
            ax.hist(k, bins, histtype="stepfilled", alpha=0.35, color=colour)
            ax.hist(k, bins, histtype="step", lw=1.2, color=colour,
                    label=f"{s.name} (p99 |skew| "
                    f"{np.percentile(np.abs(k), 99):.2g} ms)")
    ax.axvline(0, color=INK, lw=0.8, ls=":")
    ax.set_xlabel("skew: nearest sample used minus tick [ms]")
    ax.set_ylabel("ticks")
    ax.set_title("Skew")
    ax.margins(y=0.35)
    ax.legend(loc="upper left")


def strip(ax, axis, time, streams):
    colours = ListedColormap(STATE_COLOURS)
    codes = np.stack([s.state for s in streams])
    edges = axis(np.r_[time, 2 * time[-1] - time[-2] if len(time) > 1
                       else time[-1] + 1])
    ax.pcolormesh(edges, np.arange(len(streams) + 1), codes, cmap=colours,
                  norm=BoundaryNorm(np.arange(-0.5, 5), colours.N),
                  rasterized=True)
    for i in range(1, len(streams)):
        ax.axhline(i, color="white", lw=3)
    ax.set_yticks(np.arange(len(streams)) + 0.5, [s.name for s in streams])
    ax.tick_params(axis="y", length=0)
    ax.invert_yaxis()
    ax.grid(False)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(axis.label)
    ax.set_title("What every tick of every stream is")
    ax.legend(handles=[Patch(color=c, label=n) for c, n in
                       zip(STATE_COLOURS, report.STATES)],
              loc="lower right", bbox_to_anchor=(1, 1.0), ncol=5,
              borderaxespad=0.1)


def choose(streams, truth):
    """Up to two streams of numbers to be shown: those with a known truth, else
    the smoothest."""
    vectors = [s for s in streams if s.raw is not None and s.is_vector
               and s.method not in ("next", "previous") and len(s.raw_time) > 2]
    vectors.sort(key=lambda s: -1 - (s.name == "joints") if s.name in truth
                 else float(np.min(movement(s))))
    return vectors[:2]


def by_skew(streams):
    """The streams in two groups, cut where their skews differ most."""
    def size(s):
        skew = np.abs(s.skew[s.skew != report.NONE])
        return np.log10(1 + np.percentile(skew, 99)) if len(skew) else 0
    order = sorted(streams, key=size)
    sizes = [size(s) for s in order]
    if len(order) < 2 or max(np.diff(sizes)) < 0.5:
        return [order]
    cut = int(np.argmax(np.diff(sizes))) + 1
    return [order[:cut], order[cut:]]


def plot(path, time, streams, truth):
    style()
    axis = Axis(time)
    vectors = choose(streams, truth)
    action = next((s for s in streams if s.method == "next" and s.is_vector
                   and s.raw is not None), None)
    heights = [1.3] * len(vectors) + ([1.55] if vectors else []) + [1.1]
    heights += [0.26 * len(streams) + 0.1]
    figure = plt.figure(figsize=(13, 2.45 * sum(heights) + 0.6))
    grid = figure.add_gridspec(len(heights), 2, height_ratios=heights)
    place = lambda row, column: figure.add_subplot(grid[row, column])
    channels = [pick_channel(s, s.name in truth) for s in vectors]
    for i, (s, c) in enumerate(zip(vectors, channels)):
        synthetic = s.name == "joints" and s.name in truth
        overview(place(i, slice(None)), axis, time, s, c, truth.get(s.name),
                 action if synthetic else None)
    if vectors:
        s, c, kind = vectors[0], channels[0], truth.get(vectors[0].name)
        if kind:
            lens(place(-3, 0), axis, time, s, c, kind)
            errors(place(-3, 1), axis, time, s, c, kind)
        else:
            lens(place(-3, slice(None)), axis, time, s, c, kind)
    groups = by_skew(streams)
    for i, group in enumerate(groups):
        histogram(place(-2, i if len(groups) > 1 else slice(None)), group)
    strip(place(-1, slice(None)), axis, time, streams)
    seconds = (time[-1] - time[0]) / 1e9
    rate = f" at {(len(time) - 1) / seconds:g} Hz" if seconds else ""
    figure.suptitle(f"{len(streams)} streams on one clock: {len(time)} ticks"
                    f"{rate}", x=0.008, ha="left", fontsize=14,
                    fontweight="bold")
    figure.tight_layout(h_pad=1.4, rect=(0, 0, 1, 0.99))
    figure.savefig(path, dpi=110)
    plt.close(figure)
