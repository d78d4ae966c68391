# SPDX-License-Identifier: Apache-2.0
"""Provenance read with PyGObject alone: no header and no module of ours.

The buffers come from an aligner: PyGObject hands out copies of a meta's structure,
so that Python can read metas but not fill them.
"""
import sys

import numpy as np

try:
    import gi
    gi.require_version("Gst", "1.0")
    gi.require_version("GstApp", "1.0")
    from gi.repository import GLib, Gst, GstApp  # noqa: F401
except (ImportError, ValueError) as e:
    print(f"SKIP: PyGObject with GStreamer is needed: {e}")
    sys.exit(77)

MISSING = -(2 ** 63)


def array(structure, field, dtype, rows, streams):
    """A GBytes field as [rows, streams]."""
    data = structure.get_value(field)
    assert isinstance(data, GLib.Bytes), (field, type(data))
    return np.frombuffer(data.get_data(), dtype).reshape(rows, streams)


def read(buf):
    meta = buf.get_custom_meta("RcProvenance")
    assert meta is not None
    s = meta.get_structure()
    rows, streams = s.get_value("rows"), s.get_value("streams")
    return {"tick": s.get_value("tick"), "deadline": s.get_value("deadline"),
            "state": array(s, "state", np.uint8, rows, streams),
            "skew": array(s, "skew", np.int64, rows, streams),
            "newest": array(s, "newest", np.int64, rows, streams)}


def from_aligner():
    pipe = Gst.parse_launch(
        "rcfusemux name=m rate=50/1 ! appsink name=sink sync=false "
        "rctestsrc kind=joints num-buffers=200 ! m.sink_joints "
        "rctestsrc kind=imu num-buffers=200 ! m.sink_imu")
    sink, count = pipe.get_by_name("sink"), 0
    pipe.set_state(Gst.State.PLAYING)
    while (sample := sink.emit("try-pull-sample", 20 * Gst.SECOND)) is not None:
        buf = sample.get_buffer()
        p = read(buf)
        assert p["state"].shape == (1, 2)
        # a copy keeps it, as after any element that copies buffers
        other = read(buf.copy_deep())
        for name, value in p.items():
            assert np.array_equal(value, other[name]), name
        assert buf.pts == p["tick"] * Gst.SECOND // 50
        assert p["deadline"] == 0
        used = p["state"] != 0
        assert ((p["skew"] == MISSING) == ~used).all()
        assert ((p["newest"] == MISSING) == ~used).all()
        # "measured" is a sample at the very tick, and only that
        assert ((p["skew"] == 0) == (p["state"] == 1)).all()
        aligned = sample.get_caps().get_structure(0).get_string("aligned")
        assert sorted(aligned.split(",")) == ["imu", "joints"], aligned
        count += 1
    finish(pipe)
    assert count > 5, count
    assert Gst.Buffer.new().get_custom_meta("RcProvenance") is None
    print(f"read the provenance of {count} buffers")


def finish(pipe):
    error = pipe.get_bus().pop_filtered(Gst.MessageType.ERROR)
    pipe.set_state(Gst.State.NULL)
    assert error is None, error.parse_error()


def from_deadlines():
    """A sensor dies: deadlines decide, and "read" says how far each stream was read."""
    pipe = Gst.parse_launch(
        "rcfusemux name=m rate=50/1 ! appsink name=sink sync=false "
        "rctestsrc kind=joints is-live=true ! m.sink_joints "
        "rctestsrc kind=imu is-live=true dead-from=200000000 ! m.sink_imu")
    sink, decided, last = pipe.get_by_name("sink"), 0, np.zeros(2, np.uint64)
    pipe.set_state(Gst.State.PLAYING)
    while decided < 20:
        sample = sink.emit("try-pull-sample", 20 * Gst.SECOND)
        assert sample is not None
        structure = sample.get_buffer().get_custom_meta("RcProvenance").get_structure()
        if structure.get_value("deadline") == 0:
            assert not structure.has_field("read")
            continue
        counts = array(structure, "read", np.uint64, 1, 2)[0]
        assert (counts >= last).all(), (counts, last)
        last = counts
        decided += 1
    finish(pipe)
    names = sample.get_caps().get_structure(0).get_string("aligned").split(",")
    joints, imu = last[names.index("joints")], last[names.index("imu")]
    assert joints > imu > 0, (joints, imu)
    print(f"read {joints} samples of joints and {imu} of a dead imu")


Gst.init(None)
# plugin_init registers the metas
if Gst.Plugin.load_by_name("robocache") is None:
    sys.exit("the plugin robocache is not found: set GST_PLUGIN_PATH_1_0")
from_aligner()
from_deadlines()
