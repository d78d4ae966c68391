# SPDX-License-Identifier: Apache-2.0
"""rccalibrate on a real robot: the gyro of its IMU against the pose that a motion
capture system recorded on another computer.

How far apart the two clocks really were nobody knows; what is added to one of them
here is known exactly. The recording's own offset is compared with an estimate made
with scipy in another way, and both estimates are tried out in rcfusemux.
"""
import os
import sys
import tempfile

import numpy as np

try:
    import gi
    gi.require_version("Gst", "1.0")
    gi.require_version("GstApp", "1.0")
    from gi.repository import Gst, GstApp  # noqa: F401
    from scipy import signal
except (ImportError, ValueError) as e:
    print(f"SKIP: PyGObject with GStreamer and scipy are needed: {e}")
    sys.exit(77)

DATA = os.path.join(os.environ.get("RC_TEST_DATA", "/none"), "go2_vicon")
if not os.path.isdir(DATA):
    print(f"SKIP: no recordings in {DATA}")
    sys.exit(77)

MS = 1_000_000
INJECTED = [-912 * MS - 1, -333_333_333, -50 * MS, -7_123_456, 1 * MS, 3_141_592, 20 * MS,
            250 * MS, 700 * MS]


def run(line):
    """The structures of the messages rc-calibration."""
    found = []
    pipe = Gst.parse_launch(line)
    pipe.set_state(Gst.State.PLAYING)
    bus = pipe.get_bus()
    while True:
        message = bus.timed_pop_filtered(
            60 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR | Gst.MessageType.ELEMENT)
        assert message is not None, "the pipeline stalled"
        if message.type == Gst.MessageType.ERROR:
            raise AssertionError(message.parse_error())
        if message.type == Gst.MessageType.EOS:
            break
        s = message.get_structure()
        if s.get_name() == "rc-calibration":
            found.append({k: s.get_value(k) for k in ("offset", "standard-error", "confidence",
                                                      "correlation", "second", "accepted")})
    pipe.set_state(Gst.State.NULL)
    return found


def calibrate(vicon, speed=False):
    what = "" if speed else "reference-quantity=channels signal-quantity=angular-velocity"
    found = run(
        f"rccalibrate name=c reference-channels=4,5,6 {what} "
        f"filesrc location={DATA}/imu_history.csv ! rccsvparse time-unit=ns ! queue ! c.reference "
        f"filesrc location={vicon} ! rccsvparse time-unit=ns quaternions=3:wxyz ! queue ! c.signal")
    assert len(found) == 1, found
    return found[0]


def shift(path, injected):
    """The poses, stamped `injected` ns too early."""
    with open(f"{DATA}/vicon_history.csv") as source, open(path, "w") as out:
        for line in source:
            time, rest = line.split(",", 1)
            out.write(f"{int(time) - injected},{rest}")


def read(path):
    """Times as int64 (a float64 of nanoseconds since 1970 would be off by 100 ns)."""
    with open(path) as file:
        rows = [line.split(",") for line in file if line.strip()]
    times = np.array([int(row[0]) for row in rows], np.int64)
    values = np.array([[float(x) for x in row[1:]] for row in rows])
    rising = np.r_[True, np.diff(times) > 0]
    return times[rising], values[rising]


def angular_velocity(times, wxyz):
    """Between the poses, by scipy's rotations."""
    from scipy.spatial.transform import Rotation
    pose = Rotation.from_quat(wxyz[:, [1, 2, 3, 0]])
    turn = (pose[:-1].inv() * pose[1:]).as_rotvec()
    step = np.diff(times)
    return times[:-1] + step // 2, turn / (step / 1e9)[:, None]


def by_scipy(imu, vicon, median):
    """Medians of `median` samples, band-limited to 30 Hz, on a grid of 1 ms, correlated by
    FFT."""
    (t, gyro), (u, rate) = ((t, signal.medfilt(y, (median, 1))) for t, y in (imu, vicon))
    zero = max(t[0], u[0])
    grid = np.arange(0, (min(t[-1], u[-1]) - zero) / 1e9, 1e-3)
    sos = signal.butter(4, 30, fs=1000, output="sos")
    total = 0
    for c in range(3):
        a, b = (signal.sosfiltfilt(sos, np.interp(grid, (x - zero) / 1e9, y[:, c]))
                for x, y in ((t, gyro), (u, rate)))
        total = total + signal.correlate(a - a.mean(), b - b.mean(), method="fft")
    lags = signal.correlation_lags(len(grid), len(grid))
    near = np.abs(lags) <= 1000
    total, lags = total[near], lags[near]
    k = int(total.argmax())
    # least squares over the top, 4 ms to either side
    top = np.polyfit(lags[k - 4:k + 5] - lags[k], total[k - 4:k + 5], 2)
    return (lags[k] - top[1] / (2 * top[0])) * 1e6


def fused_rms(vicon_path, offset):
    """RMS difference, in rad/s, between the gyro and the pose's rate, both from aligned rows
    at 200 Hz."""
    rows = []
    pipe = Gst.parse_launch(
        f"rcfusemux name=m rate=200/1 output=concat sink_vicon::offset={offset} "
        "sink_imu::method=linear sink_vicon::method=linear ! appsink name=out sync=false "
        f"filesrc location={DATA}/imu_history.csv ! rccsvparse time-unit=ns "
        "quaternions=0:wxyz ! m.sink_imu "
        f"filesrc location={vicon_path} ! rccsvparse time-unit=ns quaternions=3:wxyz ! m.sink_vicon")
    sink = pipe.get_by_name("out")
    pipe.set_state(Gst.State.PLAYING)
    times = []
    while (sample := sink.emit("try-pull-sample", 60 * Gst.SECOND)) is not None:
        buf = sample.get_buffer()
        rows.append(np.frombuffer(buf.extract_dup(0, buf.get_size()), np.float32))
        times.append(buf.pts)
    pipe.set_state(Gst.State.NULL)
    rows, times = np.array(rows, np.float64), np.array(times, np.int64)
    assert rows.shape[1] == 10 + 7, rows.shape
    gyro, pose = rows[:, 4:7], rows[:, 13:17]
    good = np.isfinite(rows).all(axis=1)
    times, gyro, pose = times[good], gyro[good], pose[good]
    mid, rate = angular_velocity(times, pose)
    at_mid = (gyro[1:] + gyro[:-1]) / 2
    keep = np.diff(times) < 6 * MS
    return float(np.sqrt(((at_mid - rate)[keep] ** 2).mean()))


Gst.init(None)
imu, (vt, vicon) = read(f"{DATA}/imu_history.csv"), read(f"{DATA}/vicon_history.csv")
own = calibrate(f"{DATA}/vicon_history.csv")
speed = calibrate(f"{DATA}/vicon_history.csv", speed=True)
for what, found in ("the recording's own offset", own), ("by the angular speed alone", speed):
    print(f"{what}: {found['offset'] / 1e6:.3f} ms, s.e. {found['standard-error'] / 1e6:.3f} ms, "
          f"confidence {found['confidence']:.4f}")
assert own["accepted"] and speed["accepted"]
others = {median: by_scipy((imu[0], imu[1][:, 4:7]), angular_velocity(vt, vicon[:, 3:7]), median)
          for median in (1, 5, 3)}
for median, other in others.items():
    print(f"scipy, medians of {median}, band-limited to 30 Hz: {other / 1e6:.3f} ms")
other = others[3]       # what rccalibrate does
assert abs(own["offset"] - other) < 3 * own["standard-error"], other
assert abs(own["offset"] - speed["offset"]) < 3 * speed["standard-error"]

with tempfile.TemporaryDirectory() as folder:
    shifted = os.path.join(folder, "vicon.csv")
    worst = 0
    for injected in INJECTED:
        shift(shifted, injected)
        found = calibrate(shifted)
        error = found["offset"] - own["offset"] - injected
        worst = max(worst, abs(error))
        print(f"injected {injected / 1e6:+12.6f} ms: found {found['offset'] / 1e6:+12.6f} ms, "
              f"{error / 1e3:+.3f} us beside the recording's own")
        assert found["accepted"]
    # the ask is 1 ms; the arithmetic does better
    assert worst < 20_000, worst
    injected = 20 * MS
    shift(shifted, injected)
    found = calibrate(shifted)
    before, after = fused_rms(shifted, 0), fused_rms(shifted, found["offset"])
    undone = fused_rms(f"{DATA}/vicon_history.csv", own["offset"])
    print(f"rcfusemux, pose 20 ms early: {before:.3f} rad/s RMS between gyro and pose; with the "
          f"found offset {after:.3f}; the recording as it is, with its own {undone:.3f}")
    assert after < before / 1.5 and abs(after - undone) < 0.01 * before
