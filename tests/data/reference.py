# SPDX-License-Identifier: Apache-2.0
"""What an aligner must give, by scipy, pandas and numpy in float64.

Inputs are the float32 values that a stream carries, and int64 times; t0 is
subtracted as int64 before anything becomes a float64 (a span of days in ns is
exact there). Each value comes with a bound on |result - reference|:

  copies (previous, nearest, next, held and measured rows, `hold` channels)
    0: the same bits.
  linear
    2 ulp of the larger neighbour. Three roundings in float32 (the weight, two
    fused multiply-adds), each at most half an ulp of it.
  quaternions, wrapping channels and every mean
    are computed in float64 and rounded once to float32: half an ulp of the
    reference, and EPS64 for the two float64 computations, which both lose a few
    1e-16 of the values that they work on: components of unit quaternions; for
    wrapping channels 8 times the unwrapped values; for means span / window
    times the largest value, the reference being a difference of two integrals
    from t0.
  hermite
    With d = |q - p| and n = |m0| + |m1| (slopes per interval), u = 2^-24, in the
    order in which the kernel works: the inputs d (u) and m0, m1 (2u, at most
    4/27 of which reaches the result), the coefficients c3 (2d + 2n) u and
    c2 (3d + 4n) u, the weight (1.5d + n) u, two Horner steps (5d + 3n) u and
    (5d + 4n) u: less than 18 u (d + n); then half an ulp of the largest of the
    result and its neighbours.
  pchip
    The same curve with slopes that are themselves computed, at most 3d each and
    wrong by up to 11 u of that (ratios of intervals, differences, sums and
    quotients), of which 4/27 reaches the result: 10 u d. Then d (u d), c3
    (4d + 6d) u, c2 (6d + 9d) u, the weight 3 u d and the Horner steps 6 u d and
    3 u d: 48 u d in all; then half an ulp of the larger neighbour, beyond which
    a monotone curve does not go. Between two rows that have no neighbours it is
    the straight line, and within the bound for linear.
"""
import sys

import numpy as np

try:
    import pandas as pd
    from scipy.interpolate import (CubicHermiteSpline, PchipInterpolator,
                                   interp1d, make_interp_spline)
    from scipy.spatial.transform import Rotation, Slerp
except ImportError as error:
    print("SKIP: the reference is not here:", error)
    sys.exit(77)

from pipeline import HELD, INTERPOLATED, LATER, MEASURED, MISSING, TIME_NONE

NO_LIMIT = 2**63 - 1
U = 2.0**-24
EPS64 = 2e-15
BLENDS = ("linear", "pchip", "hermite", "mean")


def ulp(values):
    """Of float32 at |values|."""
    return np.spacing(np.abs(values).astype(np.float32)).astype(np.float64)


def accepted(times):
    """The stated rule: of equal times the first row counts, and a time that
    goes back is dropped. (rows that stay, duplicates, backwards)"""
    newest = np.maximum.accumulate(times)
    stays = np.ones(len(times), bool)
    stays[1:] = times[1:] > newest[:-1]
    duplicates = int((times[1:] == newest[:-1]).sum())
    return stays, duplicates, int(len(times) - stays.sum()) - duplicates


def tick_times(k, rate, origin=0):
    """origin + floor (k * 1e9 * d / n), in integers."""
    n, d = rate
    return np.array([origin + i * 10**9 * d // n for i in k], np.int64)


def asof(times, ticks, direction, tolerance=NO_LIMIT):
    """pandas' choice of a row for each tick; -1: none."""
    left = pd.DataFrame({"t": ticks})
    right = pd.DataFrame({"t": times, "row": np.arange(len(times))})
    merged = pd.merge_asof(left, right, on="t", direction=direction,
                           tolerance=None if tolerance == NO_LIMIT
                           else tolerance)
    return merged["row"].fillna(-1).astype(np.int64).to_numpy()


class Stream:
    """One pad's settings and log, and what it must give."""

    def __init__(self, log, method, max_gap=None, tolerance=NO_LIMIT,
                 edge="missing", causal=False, window=0, centred=False,
                 offset=0, marks=True):
        self.log, self.method, self.edge = log, method, edge
        self.causal, self.window, self.centred = causal, window, centred
        self.tolerance, self.offset = tolerance, offset
        if max_gap is None:
            max_gap = 200_000_000 if method in BLENDS else NO_LIMIT
        self.max_gap = max_gap
        stays, self.duplicates, self.backwards = accepted(log.times)
        self.times = log.times[stays] + offset
        self.values = log.values[stays]
        self.t0 = self.times[0]
        self.marks = log.marks if marks else {}
        self.blends = method in BLENDS

    def properties(self):
        """As gst-launch takes them, but for what is the default."""
        p = {"method": self.method}
        if self.max_gap != (200_000_000 if self.blends else NO_LIMIT):
            p["max-gap"] = self.max_gap
        if self.tolerance != NO_LIMIT:
            p["tolerance"] = self.tolerance
        if self.edge != "missing":
            p["edge"] = self.edge
        if self.causal:
            p["causal"] = "true"
        if self.window:
            p["mean-window"] = self.window
        if self.centred:
            p["mean-centred"] = "true"
        if self.offset:
            p["offset"] = self.offset
        return p

    # ---- rows ----

    def _copies(self, ticks, rows):
        """Fills the output with rows (-1: missing)."""
        t = self.times[rows]
        there = rows >= 0
        self.state = np.select([~there, t == ticks, t < ticks],
                               [MISSING, MEASURED, HELD], LATER)
        self.skew = np.where(there, t - ticks, TIME_NONE)
        self.newest = np.where(there, t, TIME_NONE)
        self.expected = np.where(there[:, None], self.values[rows], np.nan) \
            .astype(np.float64)
        self.bound = np.zeros_like(self.expected)
        self.rows = rows

    def _edges(self, ticks, rows, before):
        """Rows for ticks before the first and after the last one."""
        if self.edge != "hold":
            return rows
        if not self.causal:
            near = (before < 0) & (self.t0 - ticks <= self.max_gap)
            rows = np.where(near, 0, rows)
        last = len(self.times) - 1
        near = (before == last) & (ticks - self.times[-1] <= self.max_gap)
        return np.where(near, last, rows)

    def expect(self, ticks, period):
        """expected, bound: [ticks, channels]; state, skew, newest: [ticks]."""
        before = asof(self.times, ticks, "backward")
        back = asof(self.times, ticks, "backward", self.max_gap)
        if self.method == "mean":
            self._mean(ticks, before, self.window or period)
        elif self.method == "nearest":
            reach = min(self.tolerance, self.max_gap)
            self._copies(ticks, asof(self.times, ticks, "backward" if
                                     self.causal else "nearest", reach))
        elif self.method == "next" and not self.causal:
            ahead = asof(self.times, ticks, "forward",
                         (self.window or period) - 1)
            rows = np.where(ahead >= 0, ahead, back)
            first = self._edges(ticks, np.full(len(ticks), -1), before)
            self._copies(ticks, np.where((rows < 0) & (before < 0), first,
                                         rows))
        elif self.method in ("previous", "next") or self.causal:
            first = self._edges(ticks, np.full(len(ticks), -1), before)
            self._copies(ticks, np.where(before < 0, first, back))
            if self.blends:
                self._unit_rows(self.state != MISSING)
        else:
            self._between(ticks, before)

    # ---- between two rows ----

    def _between(self, ticks, p):
        n = len(self.times)
        exact = (p >= 0) & (self.times[p] == ticks)
        rows = np.where(exact, p, -1)
        outside = (p < 0) | (p == n - 1)
        rows = np.where(outside & ~exact, self._edges(ticks, rows, p), rows)
        self._copies(ticks, rows)
        self._unit_rows(rows >= 0)
        gap = np.diff(self.times, append=self.times[-1])
        blend = ~outside & ~exact & (gap[p] <= self.max_gap)
        at, l = ticks[blend], p[blend]
        r = l + 1
        left, right = at - self.times[l], self.times[r] - at
        last = r.copy()
        if self.method == "pchip":
            more = (r + 1 < n) & (gap[r] <= self.max_gap)
            last = np.where(more, r + 1, r)
        self.state[blend] = INTERPOLATED
        self.skew[blend] = np.where(left <= right, -left, right)
        self.newest[blend] = self.times[last]
        x = self.values.astype(np.float64)
        plain = [c for c in range(x.shape[1]) if c not in self._marked()]
        getattr(self, "_" + self.method)(blend, at, l, x, plain)
        for channel in self.marks.get("hold", ()):
            self.expected[blend, channel] = x[l, channel]
            self.bound[blend, channel] = 0
        for mark in self.marks.get("wrapping", ()):
            self._wrapping(blend, at, l, x, *mark)
        for first, order in self.marks.get("quaternions", ()):
            c = slice(first, first + 4)
            self._store_quaternion(blend, c, self._slerp(first, order, at, l))

    def _marked(self):
        marked = set(self.marks.get("hold", ()))
        marked |= {m[0] for m in self.marks.get("wrapping", ())}
        for first, _ in self.marks.get("quaternions", ()):
            marked |= set(range(first, first + 4))
        return marked

    def _neighbours(self, l, x, channels):
        return np.maximum(np.abs(x[l]), np.abs(x[l + 1]))[:, channels]

    def _linear(self, blend, at, l, x, channels):
        f = interp1d((self.times - self.t0).astype(np.float64), x[:, channels],
                     axis=0, assume_sorted=True)
        at = (at - self.t0).astype(np.float64)
        self.expected[np.ix_(blend, channels)] = f(at)
        self.bound[np.ix_(blend, channels)] = \
            2 * ulp(self._neighbours(l, x, channels))

    def _pchip_runs(self, at, l, x):
        """scipy's curve through the rows between two gaps, for each run."""
        t = (self.times - self.t0).astype(np.float64)
        ends = np.flatnonzero(np.diff(self.times) > self.max_gap) + 1
        value = np.empty((len(at), x.shape[1]))
        for rows in np.split(np.arange(len(t)), ends):
            here = (l >= rows[0]) & (l < rows[-1])
            if here.any():
                value[here] = PchipInterpolator(t[rows], x[rows], axis=0)(
                    (at[here] - self.t0).astype(np.float64))
        return value

    def _pchip(self, blend, at, l, x, channels):
        d = np.abs(x[l + 1] - x[l])[:, channels]
        near = np.diff(self.times) <= self.max_gap
        near = np.concatenate([[False], near, [False]])
        straight = ~near[l] & ~near[l + 2]
        top = ulp(self._neighbours(l, x, channels))
        self.expected[np.ix_(blend, channels)] = \
            self._pchip_runs(at, l, x[:, channels])
        self.bound[np.ix_(blend, channels)] = np.where(
            straight[:, None], 2 * top, 48 * U * d + top / 2)

    def _hermite(self, blend, at, l, x, channels):
        pairs = dict((p, v) for v, p in self.marks.get("velocities", ()))
        self._linear(blend, at, l, x, [c for c in channels if c not in pairs])
        curved = [c for c in channels if c in pairs]
        if not curved:
            return
        v = x[:, [pairs[c] for c in curved]] * 1e-9        # per ns
        f = CubicHermiteSpline((self.times - self.t0).astype(np.float64),
                               x[:, curved], v, axis=0)
        value = f((at - self.t0).astype(np.float64))
        h = (self.times[l + 1] - self.times[l])[:, None]
        d = np.abs(x[l + 1] - x[l])[:, curved]
        n = (np.abs(v[l]) + np.abs(v[l + 1])) * h
        top = np.maximum(np.abs(value), self._neighbours(l, x, curved))
        self.expected[np.ix_(blend, curved)] = value
        self.bound[np.ix_(blend, curved)] = 18 * U * (d + n) + ulp(top) / 2

    def _wrapping(self, blend, at, l, x, channel, period, lower):
        """Unwrapped by numpy, then as a plain channel in float64."""
        y = np.unwrap(x[:, [channel]], period=period, axis=0)
        if self.method == "pchip":
            value = self._pchip_runs(at, l, y)[:, 0]
        else:
            t = (self.times - self.t0).astype(np.float64)
            value = interp1d(t, y[:, 0])((at - self.t0).astype(np.float64))
        self._store_wrapped(blend, channel, value, np.abs(y).max(), period,
                            lower)

    def _store_wrapped(self, where, channel, value, size, period, lower):
        value = lower + np.mod(value - lower, period)
        self.expected[where, channel] = value
        # a value that rounds up to the end of its range goes to the start:
        # compare () takes the difference modulo the period
        top = max(abs(lower), abs(lower + period))
        self.bound[where, channel] = ulp(np.array(top)) / 2 + EPS64 * size * 8

    # ---- quaternions ----

    def unit(self, first, order):
        """Unit quaternions as xyzw, each with the sign that continues the
        series; and the permutation that leads back."""
        q = self.values[:, first:first + 4].astype(np.float64)
        turn = [1, 2, 3, 0] if order == "wxyz" else [0, 1, 2, 3]
        flips = np.ones(len(q))
        flips[1:] = np.where((q[1:] * q[:-1]).sum(axis=1) < 0, -1, 1)
        q = q * np.cumprod(flips)[:, None]
        q = q / np.linalg.norm(q, axis=1)[:, None]
        return q[:, turn], np.argsort(turn)

    def _slerp(self, first, order, at, l):
        q, back = self.unit(first, order)
        f = Slerp((self.times - self.t0).astype(np.float64),
                  Rotation.from_quat(q))
        value = f((at - self.t0).astype(np.float64)).as_quat()
        value *= np.where((value * q[l]).sum(axis=1) < 0, -1, 1)[:, None]
        return value[:, back]

    def _store_quaternion(self, where, channels, value, extra=0):
        self.expected[where, channels] = value
        self.bound[where, channels] = ulp(value) / 2 + EPS64 + extra

    def _unit_rows(self, where):
        for first, order in self.marks.get("quaternions", ()):
            q, back = self.unit(first, order)
            self._store_quaternion(where, slice(first, first + 4),
                                   q[:, back][self.rows[where]])

    # ---- means ----

    def _mean(self, ticks, p, window):
        n, times = len(self.times), self.times
        hold = self.edge == "hold"
        after = (window - window // 2) if self.centred and not self.causal \
            else 0
        start, end = ticks - (window - after), ticks + after
        first = np.searchsorted(times, start, "right") - 1
        last = np.searchsorted(times, end, "left")
        ok = np.ones(len(ticks), bool)
        if self.causal:
            # nothing after the tick: its last row holds up to it
            ok &= p >= 0
            last = np.minimum(last, p)
            ok &= (end - times[last]) <= self.max_gap
        else:
            ok &= (last < n) | (hold & (end - times[-1] <= self.max_gap))
            last = np.minimum(last, n - 1)
        ok &= (first >= 0) | (hold & (times[0] - start <= self.max_gap))
        first = np.maximum(first, 0)
        gaps = np.concatenate([[0], np.cumsum(np.diff(times) > self.max_gap)])
        ok &= (gaps[last] == gaps[first]) | (last < first)
        alone = ok & ((times[last] < start) | (times[first] > end))
        self._copies(ticks, np.where(alone, first, -1))
        self._unit_rows(alone)
        ok &= ~alone
        q = np.minimum(p + 1, last)
        near = np.clip(p, first, last)
        later = (q > p) & (p >= first) & (times[q] - ticks < ticks - times[p])
        near = np.where(later, q, near)
        self.state[ok] = INTERPOLATED
        self.skew[ok] = (times[near] - ticks)[ok]
        self.newest[ok] = times[last][ok]
        args = (ok, start[ok], end[ok], first[ok], last[ok], window)
        self._mean_values(*args)
        x = self.values.astype(np.float64)
        held = np.clip(p, first, last)[ok]
        for channel in self.marks.get("hold", ()):
            self.expected[ok, channel] = x[held, channel]
            self.bound[ok, channel] = 0
        for q in self.marks.get("quaternions", ()):
            self._mean_quaternion(*args, *q)

    def _integral(self, t, y, start, end, first, last):
        """Of the broken line through (t, y), level beyond first and last."""
        f = make_interp_spline(t.astype(np.float64), y, k=1).antiderivative()
        low = np.clip(start, t[first], t[last])
        high = np.clip(end, t[first], t[last])
        inner = f(high.astype(np.float64)) - f(low.astype(np.float64))
        return (inner + y[first] * (low - start)[:, None]
                + y[last] * (end - high)[:, None])

    def _mean_values(self, ok, start, end, first, last, window):
        x = self.values.astype(np.float64)
        for channel, period, _ in self.marks.get("wrapping", ()):
            x[:, channel] = np.unwrap(x[:, channel], period=period)
        t = self.times - self.t0
        middle = np.nanmean(x, axis=0)
        value = self._integral(t, x - middle, start - self.t0, end - self.t0,
                               first, last) / window + middle
        lost = EPS64 * np.nanmax(np.abs(x), axis=0) * (t[-1] / window)
        self.expected[ok] = value
        self.bound[ok] = ulp(value) / 2 + lost
        for channel, period, lower in self.marks.get("wrapping", ()):
            self._store_wrapped(ok, channel, value[:, channel],
                                np.abs(x[:, channel]).max() * t[-1] / window,
                                period, lower)

    def _mean_quaternion(self, ok, start, end, first, last, window, channel,
                         order):
        """The ends of the window are slerped; between them a broken line."""
        q, back = self.unit(channel, order)
        value = np.empty((len(start), 4))
        ends = np.concatenate([start, end])
        inside = np.clip(ends, self.times[0], self.times[-1])
        l = np.clip(np.searchsorted(self.times, inside, "right") - 1, 0,
                    len(q) - 1)
        cuts = self._slerp(channel, order, inside, l)[:, np.argsort(back)]
        # causal, and past the edges, the outermost row holds
        first, last = np.tile(first, 2), np.tile(last, 2)
        cuts = np.where((ends < self.times[first])[:, None], q[first], cuts)
        cuts = np.where((ends > self.times[last])[:, None], q[last], cuts)
        low = np.searchsorted(self.times, start, "right")
        high = np.searchsorted(self.times, end, "left")
        for i, (a, b) in enumerate(zip(start, end)):
            t = np.concatenate([[a], self.times[low[i]:high[i]], [b]]) - a
            y = np.concatenate([cuts[[i]], q[low[i]:high[i]],
                                cuts[[len(start) + i]]])
            value[i] = np.trapz(y, t.astype(np.float64), axis=0)
        value /= np.linalg.norm(value, axis=1)[:, None]
        self._store_quaternion(ok, slice(channel, channel + 4), value[:, back],
                               EPS64 * 4)

    # ---- comparing ----

    def compare(self, name, got, state, skew, newest):
        """A list of disagreements, empty when there are none."""
        problems = []

        def report(what, bad, expected, actual, more=""):
            for i in np.argwhere(bad)[:3]:
                i = tuple(i)
                problems.append("%s: %s%s: expected %r, got %r%s (%d such)" % (
                    name, what, list(map(int, i)), expected[i], actual[i],
                    more and more % i, bad.sum()))

        report("state", state != self.state, self.state, state)
        report("skew", skew != self.skew, self.skew, skew)
        report("newest", newest != self.newest, self.newest, newest)
        if got.dtype != np.float32 or got.shape != self.expected.shape:
            return problems + ["%s: %s %s" % (name, got.dtype, got.shape)]
        missing = self.state == MISSING
        report("missing, as bits", missing[:, None]
               & (got.view(np.uint32) != 0x7fc00000), self.expected, got)
        nan = np.isnan(self.expected)
        report("NaN", nan != np.isnan(got), self.expected, got)
        error = np.abs(got.astype(np.float64) - self.expected)
        for channel, period, lower in self.marks.get("wrapping", ()):
            made = self.state == INTERPOLATED
            c = error[:, channel]
            c[made] = np.minimum(c, np.abs(period - c))[made]
            inside = (got[:, channel] >= lower) & (got[:, channel]
                                                   < lower + period)
            report("range of channel %d, tick" % channel, made & ~inside,
                   self.expected[:, channel], got[:, channel])
        exact = self.bound == 0
        same = got.view(np.uint32) == \
            self.expected.astype(np.float32).view(np.uint32)
        report("copy", exact & ~same & ~nan, self.expected, got)
        bad = ~(error <= self.bound) & ~exact & ~nan
        for i in np.argwhere(bad)[:3]:
            i = tuple(i)
            problems.append(
                "%s: value%s: expected %r, got %r: off by %g, allowed %g "
                "(%d such)" % (name, list(map(int, i)), self.expected[i],
                               got[i], error[i], self.bound[i], bad.sum()))
        with np.errstate(divide="ignore", invalid="ignore"):
            part = np.where(exact | nan, 0, error / self.bound)
        self.worst = float(part.max(initial=0))
        return problems
