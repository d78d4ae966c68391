# SPDX-License-Identifier: Apache-2.0
"""Runs a gst-launch line to its end and collects what came out as numpy.

The line has an appsink called "out"; an aligner called "m" gives its stats.
"""
import sys
import time

import numpy as np

try:
    import gi
    gi.require_version("Gst", "1.0")
    from gi.repository import Gst
except (ImportError, ValueError) as error:
    print("SKIP: GStreamer's Python bindings are not here:", error)
    sys.exit(77)

Gst.init(None)

APPSINK = "appsink name=out sync=false wait-on-eos=false max-buffers=64"
TIME_NONE = -(2**63)
MISSING, MEASURED, INTERPOLATED, HELD, LATER = range(5)


class PipelineError(Exception):
    """An element's error, or a pipeline that does not end."""


class Tensors:
    """The tensors that fixed caps describe."""

    def __init__(self, caps):
        s = caps.get_structure(0)
        self.caps = caps.to_string()
        self.name = s.get_name()
        count = s.get_int("num_tensors")[1]
        types = s.get_string("types").replace(".", ",").split(",")
        dims = s.get_string("dimensions").replace(".", ",").split(",")
        if not count == len(types) == len(dims):
            raise PipelineError("caps do not agree with themselves: "
                                + self.caps)
        # numpy's shape is outermost first
        self.dtypes = [np.dtype(t) for t in types]
        self.shapes = [tuple(int(n) for n in d.split(":"))[::-1] for d in dims]
        self.sizes = [t.itemsize * int(np.prod(d))
                      for t, d in zip(self.dtypes, self.shapes)]
        self.streams = self._parts(s, "streams", count)
        self.kinds = [k or "value" for k in self._parts(s, "kinds", count)]
        self.aligned = (s.get_string("aligned") or "").split(",")
        self.framerate = s.get_fraction("framerate")[1:]
        self.window = s.get_int("window")[1] or 1
        self.ranges = {}
        for entry in (s.get_string("ranges") or "").split(","):
            if entry:
                stream, first, n = entry.split(":")
                self.ranges[stream] = slice(int(first), int(first) + int(n))

    @staticmethod
    def _parts(structure, field, count):
        parts = (structure.get_string(field) or "").split(";")
        return (parts + [""] * count)[:count]


class Result:
    """pts, duration and k: [buffers] int64; state, skew, newest: [buffers,
    window, streams]; tensors: one array [buffers, ...] each."""

    def __getitem__(self, stream):
        """The value of a stream: [buffers, ...]; of output=concat too."""
        return self.part(stream, "value")

    def part(self, stream, kind):
        caps = self.caps
        if kind == "value" and stream in caps.ranges:
            return self.tensors[0][..., caps.ranges[stream]]
        for i, (name, k) in enumerate(zip(caps.streams, caps.kinds)):
            if k == kind and (name == stream or kind in ("state", "skew")):
                return self.tensors[i]
        raise KeyError("no %s of %s in %s" % (kind, stream, caps.caps))

    def column(self, stream):
        return self.caps.aligned.index(stream)


def _structure(structure):
    fields = {}
    for i in range(structure.n_fields()):
        name = structure.nth_field_name(i)
        value = structure.get_value(name)
        fields[name] = (_structure(value) if isinstance(value, Gst.Structure)
                        else value)
    return fields


def _provenance(buffer):
    meta = buffer.get_custom_meta("RcProvenance")
    if meta is None:
        return None
    s = meta.get_structure()
    shape = (s.get_value("rows"), s.get_value("streams"))

    def array(field, dtype):
        data = s.get_value(field).get_data()
        return np.frombuffer(data, dtype).reshape(shape)

    return (s.get_value("tick"), array("state", np.uint8),
            array("skew", np.int64), array("newest", np.int64),
            s.get_value("deadline"))


def _raise_errors(bus):
    message = bus.pop_filtered(Gst.MessageType.ERROR)
    if message:
        error, debug = message.parse_error()
        raise PipelineError("%s: %s (%s)" % (message.src.get_name(),
                                             error.message, debug))


def samples(line, timeout=60, at_end=None):
    """Yields (caps, buffer) until the end of the stream; at_end (pipeline) is
    called there, before the elements stop."""
    pipeline = Gst.parse_launch(line)
    sink = pipeline.get_by_name("out")
    bus = pipeline.get_bus()
    end = time.monotonic() + timeout
    try:
        pipeline.set_state(Gst.State.PLAYING)
        while True:
            # in short waits: an error upstream of an aligner is no EOS
            sample = sink.emit("try-pull-sample", Gst.SECOND // 5)
            if sample is not None:
                yield sample.get_caps(), sample.get_buffer()
                continue
            _raise_errors(bus)
            if sink.get_property("eos"):
                if at_end:
                    at_end(pipeline)
                return
            if time.monotonic() > end:
                raise PipelineError("no end after %d s: %s" % (timeout, line))
    finally:
        pipeline.set_state(Gst.State.NULL)


def run(line, timeout=60):
    """Runs a line whose output is tensors, and returns a Result."""
    result = Result()
    caps, known, raw, pts, durations, infos = None, None, [], [], [], []
    result.stats = None

    def read_stats(pipeline):
        aligner = pipeline.get_by_name("m")
        if aligner:
            result.stats = _structure(aligner.get_property("stats"))

    for new_caps, buffer in samples(line, timeout, read_stats):
        if known is None or not known.is_equal(new_caps):
            if known is not None:
                raise PipelineError("caps changed from %s to %s" % (
                    known.to_string(), new_caps.to_string()))
            known, caps = new_caps, Tensors(new_caps)
        if (buffer.n_memory() != len(caps.sizes)
                or buffer.get_size() != sum(caps.sizes)):
            raise PipelineError("%d memories of %d bytes where the caps mean "
                                "%s" % (buffer.n_memory(), buffer.get_size(),
                                        caps.sizes))
        raw.append(buffer.extract_dup(0, buffer.get_size()))
        pts.append(buffer.pts)
        durations.append(buffer.duration if buffer.duration
                         != Gst.CLOCK_TIME_NONE else -1)
        infos.append(_provenance(buffer))
    if caps is None:
        raise PipelineError("no buffer came out of " + line)
    result.caps = caps
    result.pts = np.array(pts, np.int64)
    result.duration = np.array(durations, np.int64)
    result.bytes = raw
    rows = np.frombuffer(b"".join(raw), np.uint8).reshape(len(raw), -1)
    ends = np.cumsum(caps.sizes)
    result.tensors = [
        np.ascontiguousarray(rows[:, end - size:end]).view(dtype)
        .reshape((len(raw),) + shape)
        for size, end, dtype, shape in zip(caps.sizes, ends, caps.dtypes,
                                           caps.shapes)]
    if infos[0] is not None:
        result.k = np.array([i[0] for i in infos], np.int64)
        result.state = np.stack([i[1] for i in infos])
        result.skew = np.stack([i[2] for i in infos])
        result.newest = np.stack([i[3] for i in infos])
        result.deadline = np.array([i[4] for i in infos], np.int64)
    return result
