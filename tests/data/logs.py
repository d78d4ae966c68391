# SPDX-License-Identifier: Apache-2.0
"""Logs to align: the Go2's where the recordings are, and generated ones.

Both come under the same five names with the same columns, so that the same
tests run over them; the generated ones are nastier.
"""
import decimal
import os
import sys

import numpy as np

# time unit and marks as rccsvparse takes them, and as the reference does
MARKS = {
    "imu": {"quaternions": [(0, "wxyz")]},
    "contact": {"hold": [4, 5, 6, 7]},
    "cmd": {"velocities": [(12 + i, i) for i in range(12)]},
    "policy": {},
    "vicon": {"quaternions": [(3, "wxyz")]},
}
FILES = {"imu": "imu_history.csv", "contact": "contact_history.csv",
         "cmd": "command_history.csv", "policy": "policy_command_history.csv",
         "vicon": "vicon_history.csv"}


class Log:
    """times: [rows] int64 ns as in the file, whatever their order; values:
    [rows, channels] float32."""

    def __init__(self, path, times, values, marks, unit="ns"):
        self.path, self.times, self.values = path, times, values
        self.marks, self.unit = marks, unit

    def marked(self, **marks):
        """The same file with other marks."""
        return Log(self.path, self.times, self.values, marks, self.unit)

    def properties(self):
        """Of rccsvparse."""
        p = {"time-unit": self.unit}
        for kind, entries in self.marks.items():
            p[kind] = ",".join(
                e if isinstance(e, str) else ":".join(map(str, e))
                if isinstance(e, tuple) else str(e) for e in entries)
        return p


def data_folder(name):
    """A folder of the recordings, or the end of the test."""
    folder = os.path.join(os.environ.get("RC_TEST_DATA", ""), name)
    if not os.path.isdir(folder):
        print("SKIP: no recordings in %s: set RC_TEST_DATA" % folder)
        sys.exit(77)
    return folder


def read(path, marks):
    times = np.loadtxt(path, np.int64, delimiter=",", usecols=0)
    columns = np.loadtxt(path, np.float64, delimiter=",")[:, 1:]
    return Log(path, times, columns.astype(np.float32), marks)


def go2():
    folder = data_folder("go2_vicon")
    return {name: read(os.path.join(folder, file), MARKS[name])
            for name, file in FILES.items()}


def read_seconds(path, marks):
    """A header, and seconds as decimals: exact as integers."""
    with open(path) as f:
        rows = [line.split(",") for line in f.read().split("\n")[1:] if line]
    times = [int((decimal.Decimal(r[0]) * 10**9).to_integral_value(
        decimal.ROUND_HALF_EVEN)) for r in rows]
    values = np.array([r[1:] for r in rows]).astype(np.float64)
    return Log(path, np.array(times, np.int64), values.astype(np.float32),
               marks, "s")


def xio():
    return read_seconds(os.path.join(data_folder("imu"),
                                     "xio_sensor_data.csv"), {})


# ---- generated ----

T0 = 1_750_000_000_123_456_789


def irregular(rng, start, seconds, rate, period=10_000_000):
    """Times with jitter, loss, bursts, a gap, and some on the very tick or as
    far before as after it."""
    n = int(seconds * rate)
    step = 1e9 / rate
    t = start + np.round(np.arange(n) * step
                         + rng.normal(0, 0.15 * step, n)).astype(np.int64)
    burst = rng.choice(n - 8, max(1, n // 200), replace=False)
    for i in burst:                     # what queued up comes at once
        t[i:i + 6] = t[i + 6] - 1000 * np.arange(6, 0, -1)
    t = np.unique(t[rng.random(n) > 0.02])
    tick = -(-t // period) * period     # the tick after each, moved onto it
    hit = rng.random(len(t)) < 0.02
    t = np.unique(np.where(hit, tick, t))
    for between in rng.choice(tick, max(2, n // 100), replace=False):
        t = t[np.abs(t - between) > 900_001]
        t = np.union1d(t, [between - 900_001, between + 900_001])
    hole = t[len(t) // 3]
    return t[(t <= hole) | (t > hole + 260_000_000)]


def smooth(rng, t, channels, size=1.0):
    """Sums of sines, and their derivatives per second."""
    s = (t - T0)[:, None] / 1e9
    f = rng.uniform(0.3, 6, (3, channels)) * 2 * np.pi
    phase = rng.uniform(0, 2 * np.pi, (3, channels))
    amplitude = size * rng.uniform(0.2, 1, (3, channels))
    x = sum(a * np.sin(w * s + p) for a, w, p in zip(amplitude, f, phase))
    v = sum(a * w * np.cos(w * s + p) for a, w, p in zip(amplitude, f, phase))
    return x, v


def rotations(rng, t):
    """Quaternions that turn all the way round, with signs at random."""
    angle = smooth(rng, t, 3, 2.0)[0]
    q = np.concatenate([np.ones((len(t), 1)), angle], axis=1)
    q /= np.linalg.norm(q, axis=1)[:, None]
    return q * rng.choice([-1, 1], (len(t), 1), p=[0.1, 0.9])


def _write(path, times, values, names=None):
    with open(path, "w") as f:
        if names:
            f.write(",".join(names) + "\n")
        for t, row in zip(times, values):
            f.write("%s,%s\n" % (t, ",".join(str(v) for v in row)))


def _shuffled(rng, times, values, count=20):
    """Repeats some rows with other values, at once and some rows later."""
    for i in sorted(rng.choice(len(times) - 10, count, replace=False),
                    reverse=True):
        at = i + 1 + rng.integers(0, 3)
        times = np.insert(times, at, times[i])
        values = np.insert(values, at, values[i] + 1, axis=0)
    return times, values


def generated(folder, seed=1, seconds=6.0):
    rng = np.random.default_rng(seed)
    # as the Go2's: Vicon starts first and ends last, commands from the policy
    # start last and end first
    robot = irregular(rng, T0 + 600_000_000, seconds - 1, 500)
    t = {"imu": robot, "contact": robot,
         "cmd": irregular(rng, T0 + 601_000_000, seconds - 1, 500),
         "policy": irregular(rng, T0 + 1_100_000_000, seconds - 2.5, 50),
         "vicon": irregular(rng, T0, seconds, 300)}
    q, v = smooth(rng, t["cmd"], 12)
    x = {"imu": np.hstack([rotations(rng, robot),
                           smooth(rng, robot, 6, 10.0)[0]]),
         "contact": np.hstack([np.round(smooth(rng, robot, 4, 40.0)[0]),
                               rng.integers(0, 2, (len(robot), 4))]),
         "cmd": np.hstack([q, v, smooth(rng, t["cmd"], 12, 20.0)[0]]),
         "policy": smooth(rng, t["policy"], 3)[0],
         "vicon": np.hstack([smooth(rng, t["vicon"], 3, 400.0)[0],
                             rotations(rng, t["vicon"])])}
    x["contact"][rng.integers(0, len(robot), 30), 1] = np.nan
    x["policy"][::7] *= -0.0
    logs = {}
    for name, marks in MARKS.items():
        times, values = t[name], x[name].astype(np.float32)
        if name in ("contact", "cmd"):
            times, values = _shuffled(rng, times, values)
        path = os.path.join(folder, FILES[name])
        _write(path, times, values)
        logs[name] = Log(path, times, values, marks)
    return logs


def generated_seconds(folder, seed=2):
    """As the xio's: a header, and seconds from 0 as decimals."""
    rng = np.random.default_rng(seed)
    times = irregular(rng, T0, 5, 100) - T0
    times -= times[0]
    values = smooth(rng, times + T0, 9, 30.0)[0].astype(np.float32)
    names = ["Time (s)"] + ["Axis %d (deg/s)" % i for i in range(9)]
    path = os.path.join(folder, "seconds.csv")
    _write(path, [("%d.%09d" % divmod(int(t), 10**9)).rstrip("0").rstrip(".")
                  for t in times], values, names)
    return read_seconds(path, {})
