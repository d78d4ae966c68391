#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads real logs through rccsvparse and compares every value and every time,
bit for bit, with numpy and Python's decimal. RC_TEST_DATA is their folder."""
import os
import sys
from decimal import Decimal
from pathlib import Path

SKIP = 77
try:
    import gi
    gi.require_version("Gst", "1.0")
    from gi.repository import Gst
    import numpy as np
except (ImportError, ValueError) as e:
    print(f"SKIP: {e}")
    sys.exit(SKIP)

# file, properties, rows, channels, header lines, ns per unit, caps fields
FILES = [
    ("go2_vicon/imu_history.csv", "time-unit=ns quaternions=qw:wxyz", 23761, 10,
     0, 1, {"quaternions": "0:wxyz", "names": "qw,qx,qy,qz,c4,c5,c6,c7,c8,c9"}),
    ("go2_vicon/imu_history.csv", "type=float64", 23761, 10, 0, 1, {}),
    ("go2_vicon/contact_history.csv", "", 23761, 8, 0, 1, {}),
    ("go2_vicon/contact_history.csv", "type=int16", 23761, 8, 0, 1, {}),
    ("go2_vicon/command_history.csv", "time-unit=ns", 22258, 36, 0, 1, {}),
    ("go2_vicon/policy_command_history.csv", "", 1843, 3, 0, 1, {}),
    ("go2_vicon/vicon_history.csv", "time-unit=ns quaternions=qw:wxyz", 15883, 7,
     0, 1, {"quaternions": "3:wxyz", "names": "c0,c1,c2,qw,qx,qy,qz"}),
    ("imu/xio_sensor_data.csv", "", 13514, 9, 1, 10**9, {
        "units": "deg/s,deg/s,deg/s,g,g,g,uT,uT,uT",
        "names": "Gyroscope X,Gyroscope Y,Gyroscope Z,Accelerometer X,"
                 "Accelerometer Y,Accelerometer Z,Magnetometer X,"
                 "Magnetometer Y,Magnetometer Z"}),
]


def read(path, properties, blocksize):
    """The times, the bytes of all rows, and the caps."""
    pipeline = Gst.parse_launch(
        f'filesrc location="{path}" blocksize={blocksize} ! rccsvparse name=p '
        f'{properties} ! fakesink name=s signal-handoffs=true')
    times, rows, caps = [], [], []

    def handoff(sink, buffer, pad):
        if not caps:
            caps.append(pad.get_current_caps().get_structure(0))
        times.append(buffer.pts)
        rows.append(buffer.extract_dup(0, buffer.get_size()))

    pipeline.get_by_name("s").connect("handoff", handoff)
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(
        60 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR
        | Gst.MessageType.WARNING)
    assert message, "timeout"
    stats = pipeline.get_by_name("p").get_property("stats")
    pipeline.set_state(Gst.State.NULL)
    if message.type == Gst.MessageType.ERROR:
        raise AssertionError(message.parse_error()[0].message)
    if message.type == Gst.MessageType.WARNING:
        raise AssertionError(message.parse_warning()[0].message)
    return times, b"".join(rows), caps[0], stats


def check(path, properties, n_rows, n_channels, header, unit, fields):
    text = path.read_text().splitlines()[header:]
    cells = [line.split(",") for line in text]
    times, data, caps, stats = read(path, properties, 4096)
    dtype = caps.get_string("types")
    # numpy converts by way of the nearest float64
    want = np.array([[float(c) for c in row[1:]] for row in cells]).astype(dtype)
    assert want.shape == (n_rows, n_channels), want.shape
    assert len(times) == n_rows, len(times)
    got = np.frombuffer(data, dtype=dtype).reshape(n_rows, n_channels)
    bits = f"u{got.itemsize}"
    differ = np.argwhere(got.view(bits) != want.view(bits))
    assert len(differ) == 0, f"{len(differ)} values differ, first at {differ[0]}"
    stamps = [int(Decimal(row[0]) * unit) for row in cells]
    assert times == stamps, "times differ"
    assert caps.get_string("dimensions") == str(n_channels)
    for name, value in fields.items():
        assert caps.get_string(name) == value, (name, caps.get_string(name))
    for name, value in {"rows": n_rows, "bad-rows": 0, "rounded-times": 0,
                        "bytes": path.stat().st_size}.items():
        assert stats.get_uint64(name)[1] == value, (name, stats.to_string())
    if n_rows > 20000:
        return
    # the same whatever the chunks; the small files say it too
    again = read(path, properties, 61)
    assert again[0] == times and again[1] == data, "chunks matter"


def main():
    folder = Path(os.environ.get("RC_TEST_DATA", "no RC_TEST_DATA"))
    if not folder.is_dir():
        print(f"SKIP: no recordings: {folder}")
        return SKIP
    Gst.init(None)
    for name, *rest in FILES:
        check(folder / name, *rest)
        print(f"ok {name} {rest[0]}: {rest[1]} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main())
