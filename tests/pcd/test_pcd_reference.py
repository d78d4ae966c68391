# SPDX-License-Identifier: Apache-2.0
"""rcpcdparse against a numpy reading of the same files.

  test_pcd_reference.py generated   a cloud made here, in all three forms
  test_pcd_reference.py real        the recorded scans in $RC_TEST_DATA/lidar, as
                                    they are and rewritten in the other forms
"""
import glob
import os
import sys
import tempfile

import numpy as np

try:
    import gi
    gi.require_version("Gst", "1.0")
    gi.require_version("GstApp", "1.0")
    from gi.repository import Gst, GstApp  # noqa: F401 (appsink's methods)
except (ImportError, ValueError) as e:
    print(f"SKIP: PyGObject with GStreamer is needed: {e}")
    sys.exit(77)

NAMES = {"I": "i", "U": "u", "F": "f"}


def read_header(data):
    """The header's entries and where the data starts."""
    entries, at = {}, 0
    while "DATA" not in entries:
        end = data.index(b"\n", at)
        key, *rest = data[at:end].decode().split() or ["#"]
        if not key.startswith("#"):
            entries[key] = rest
        at = end + 1
    return entries, at


def dtype_of(entries):
    names = [f"_{i}" if n == "_" else n for i, n in enumerate(entries["FIELDS"])]
    formats = [f"<{NAMES[t]}{s}" if c == "1" else (f"<{NAMES[t]}{s}", int(c))
               for t, s, c in zip(entries["TYPE"], entries["SIZE"], entries["COUNT"])]
    return np.dtype(list(zip(names, formats)))


def caps_fields(dtype):
    out = []
    for name in dtype.names:
        if name.startswith("_"):
            continue
        base, shape = dtype[name].subdtype or (dtype[name], ())
        out.append(f"{name}:{base.kind}{base.itemsize * 8}:{dtype.fields[name][1]}:"
                   f"{int(np.prod(shape))}")
    return ",".join(out)


def lzf(data):
    """LZF with copies of what is exactly one of a few distances back; the rest
    is literal. Slow and simple, on purpose not the C tests' writer."""
    out, literal, i, n = bytearray(), bytearray(), 0, len(data)

    def flush():
        for k in range(0, len(literal), 32):
            part = literal[k:k + 32]
            out.append(len(part) - 1)
            out.extend(part)
        literal.clear()

    while i < n:
        best, back = 0, 0
        for d in (1, 4, 8):
            length = 0
            while (i >= d and length < 264 and i + length < n
                   and data[i + length] == data[i + length - d]):
                length += 1
            if length > best:
                best, back = length, d
        if best < 3:
            literal.append(data[i])
            i += 1
            continue
        flush()
        if best < 9:
            out.append((best - 2) << 5)
        else:
            out += bytes([7 << 5, best - 9])
        out.append(back - 1)
        i += best
    flush()
    return bytes(out)


def text_of(value):
    if isinstance(value, np.floating):
        return "nan" if np.isnan(value) else np.format_float_scientific(value, unique=True)
    return str(value)


def write(points, form):
    d = points.dtype
    kinds, sizes, counts = [], [], []
    for name in d.names:
        base, shape = d[name].subdtype or (d[name], ())
        kinds.append({"i": "I", "u": "U", "f": "F"}[base.kind])
        sizes.append(str(base.itemsize))
        counts.append(str(int(np.prod(shape))))
    names = ["_" if n.startswith("_") else n for n in d.names]
    n = len(points)
    header = (f"# .PCD v0.7\nVERSION 0.7\nFIELDS {' '.join(names)}\n"
              f"SIZE {' '.join(sizes)}\nTYPE {' '.join(kinds)}\nCOUNT {' '.join(counts)}\n"
              f"WIDTH {n}\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS {n}\nDATA {form}\n")
    if form == "ascii":
        body = "".join(" ".join(text_of(v) for name in d.names
                                for v in np.atleast_1d(row[name])) + "\n"
                       for row in points).encode()
    elif form == "binary":
        body = points.tobytes()
    else:
        packed = b"".join(np.ascontiguousarray(points[name]).tobytes() for name in d.names)
        small = lzf(packed)
        body = np.array([len(small), len(packed)], "<u4").tobytes() + small
    return header.encode() + body


def parse(path):
    """All scans of a file as (caps structure, PTS, bytes)."""
    pipe = Gst.parse_launch(f"filesrc location={path} ! rcpcdparse on-error=error ! "
                            "appsink name=sink sync=false max-buffers=4")
    sink, scans = pipe.get_by_name("sink"), []
    pipe.set_state(Gst.State.PLAYING)
    while True:
        sample = sink.emit("pull-sample")
        if sample is None:
            break
        buf = sample.get_buffer()
        scans.append((sample.get_caps().get_structure(0).copy(), buf.pts,
                      buf.extract_dup(0, buf.get_size())))
    message = pipe.get_bus().pop_filtered(Gst.MessageType.ERROR)
    pipe.set_state(Gst.State.NULL)
    assert message is None, message.parse_error()
    return scans


def check(data, want, folder, what):
    path = os.path.join(folder, "scan.pcd")
    with open(path, "wb") as f:
        f.write(data)
    scans = parse(path)
    assert len(scans) == 1, f"{what}: {len(scans)} scans"
    caps, pts, got = scans[0]
    assert pts == 0
    assert caps.get_name() == "application/x-pointcloud"
    assert caps.get_int("point-step") == (True, want.dtype.itemsize)
    assert caps.get_string("fields") == caps_fields(want.dtype), caps.to_string()
    points = np.frombuffer(got, want.dtype)
    assert len(points) == len(want), f"{what}: {len(points)} points, not {len(want)}"
    for name in want.dtype.names:
        assert points[name].tobytes() == want[name].tobytes(), f"{what}: field {name}"
    print(f"{what}: {len(points)} points, {len(want.dtype.names)} fields: same bits")


def generated(folder):
    rng = np.random.default_rng(3)
    d = np.dtype([("x", "<f4"), ("y", "<f4"), ("z", "<f8"), ("_3", "u1", 4), ("ring", "<u2"),
                  ("t", "<i8"), ("h", "<f4", 3), ("i", "i1"), ("m", "<u8"), ("n", "<i4")])
    points = np.zeros(2000, d)
    for name in d.names:
        base = (d[name].subdtype or (d[name], ()))[0]
        shape = points[name].shape
        if base.kind == "f":
            points[name] = rng.normal(0, 30, shape) * 10.0 ** rng.integers(-30, 30, shape)
        else:
            info = np.iinfo(base)
            points[name] = rng.integers(info.min, info.max, shape, dtype=base, endpoint=True)
    points["x"][::7] = np.nan
    for n in (0, 1, 2000):
        for form in ("ascii", "binary", "binary_compressed"):
            check(write(points[:n], form), points[:n], folder, f"{n} points, {form}")


def real(folder):
    files = sorted(glob.glob(os.path.join(os.environ.get("RC_TEST_DATA", ""), "lidar", "*.pcd")))
    if not files:
        print("SKIP: no recorded scans in $RC_TEST_DATA/lidar")
        sys.exit(77)
    for path in files:
        with open(path, "rb") as f:
            data = f.read()
        entries, at = read_header(data)
        assert entries["DATA"] == ["binary"], path
        want = np.frombuffer(data, dtype_of(entries), int(entries["POINTS"][0]), at)
        name = os.path.basename(path)
        check(data, want, folder, name)
        part = want[:3000]
        for form in ("ascii", "binary_compressed"):
            check(write(part, form), part, folder, f"{name} as {form}")


Gst.init(None)
with tempfile.TemporaryDirectory() as tmp:
    {"generated": generated, "real": real}[sys.argv[1]](tmp)
