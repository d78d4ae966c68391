# SPDX-License-Identifier: Apache-2.0
"""PCD files through rcpcdparse and rcvoxelize against numpy in float64.

  test-scans.py generated   a street scan with bad points, written as PCD here
  test-scans.py real        the VLP-16 and Pandar64 scans of RC_TEST_DATA

The one formula is i = floor ((x - min) / size) with 0 <= i < dims and x < max.
Sets, counts, minima, maxima, kept points and statistics must be exactly numpy's.
A mean is within what voxelize.h states: 2^(n + e - 63) for the fixed point and
the roundings of a division in float64 and of the result to float32."""
import glob
import os
import sys
import tempfile

import numpy as np

from logs import data_folder
from pipeline import APPSINK, run
from rcvoxel import kitti_like, read_pcd

SIZE, LOW, HIGH = (0.05, 0.1, 0.3), (-12.8, -10.1, -3.0), (12.8, 10.0, 3.1)
DIMS = np.ceil((np.array(HIGH) - LOW) / SIZE).astype(np.int64)
BOX = "voxel-size=%s min=%s max=%s" % tuple(
    ",".join(map(str, v)) for v in (SIZE, LOW, HIGH))


def write_pcd(path, cloud):
    kinds = {"f": "F", "u": "U", "i": "I"}
    types = [cloud.dtype[name] for name in cloud.dtype.names]
    head = {"VERSION": "0.7", "FIELDS": " ".join(cloud.dtype.names),
            "SIZE": " ".join(str(t.itemsize) for t in types),
            "TYPE": " ".join(kinds[t.kind] for t in types),
            "COUNT": " ".join("1" for t in types), "WIDTH": len(cloud),
            "HEIGHT": 1, "VIEWPOINT": "0 0 0 1 0 0 0", "POINTS": len(cloud),
            "DATA": "binary"}
    with open(path, "wb") as f:
        f.write("".join("%s %s\n" % e for e in head.items()).encode())
        f.write(cloud.tobytes())


class Expected:
    """The voxels of a cloud, in the order in which they first appear."""

    def __init__(self, cloud):
        xyz = np.stack([cloud[a].astype(np.float64) for a in "xyz"], 1)
        finite = np.isfinite(xyz).all(axis=1)
        with np.errstate(invalid="ignore", over="ignore"):
            cells = np.floor((xyz - LOW) / SIZE)
            inside = finite & ((cells >= 0) & (cells < DIMS)
                               & (xyz < HIGH)).all(axis=1)
        self.points = np.flatnonzero(inside)
        cells = cells[inside].astype(np.int64)
        sets, first, voxel, counts = np.unique(
            cells, axis=0, return_index=True, return_inverse=True,
            return_counts=True)
        order = np.argsort(first)
        self.cells, self.counts = sets[order], counts[order]
        self.voxel = np.argsort(order)[voxel.ravel()]   # of each point inside
        self.stats = {"points": len(cloud), "inside": int(inside.sum()),
                      "outside": int((finite & ~inside).sum()),
                      "non-finite": int((~finite).sum()),
                      "voxels": len(sets)}
        self.features = np.stack([cloud[n][inside].astype(np.float32)
                                  for n in cloud.dtype.names], 1)
        self.wide = np.stack([cloud[n][inside].astype(np.float64)
                              for n in cloud.dtype.names], 1)

    def dense(self, values, fill=0):
        """[..., Z, Y, X] of values [..., voxels]."""
        grid = np.full(values.shape[:-1] + tuple(DIMS[::-1]), fill,
                       values.dtype)
        x, y, z = self.cells.T
        grid[..., z, y, x] = values
        return grid

    def extreme(self, largest):
        """By the order of IEEE's total order: -0 < +0."""
        bits = self.features.view(np.int32)
        key = np.where(bits < 0, bits ^ 0x7fffffff, bits)
        out = np.full((len(self.cells), key.shape[1]),
                      np.iinfo(np.int32).min if largest
                      else np.iinfo(np.int32).max, np.int32)
        (np.maximum if largest else np.minimum).at(out, self.voxel, key)
        value = np.where(out < 0, out ^ 0x7fffffff, out).view(np.float32)
        nan = np.zeros(out.shape, bool)
        np.logical_or.at(nan, self.voxel, np.isnan(self.features))
        value[nan] = np.nan
        return value

    def mean(self):
        """Exact means, and the bounds on the error."""
        sums = np.zeros((len(self.cells), self.wide.shape[1]), np.longdouble)
        np.add.at(sums, self.voxel, self.wide.astype(np.longdouble))
        mean = sums / self.counts[:, None]
        finite = np.where(np.isfinite(self.wide), np.abs(self.wide), 0)
        e = np.frexp(finite.max(axis=0))[1]
        n = int(np.ceil(np.log2(len(self.points))))
        bound = np.exp2((n + e - 63).astype(np.float64)) \
            + np.abs(mean) * (2.0**-24 + 2.0**-51)
        return mean, bound


def voxelize(path, options):
    line = ('filesrc location="%s" ! rcpcdparse on-error=error ! rcvoxelize '
            "name=m %s %s ! %s" % (path, BOX, options, APPSINK))
    result = run(line)
    assert len(result.pts) == 1 and result.pts[0] == 0, result.pts
    return result


def check_stats(result, expected, **more):
    for key, value in dict(expected.stats, buffers=1, **more).items():
        assert result.stats[key] == value, (key, value, result.stats)


def check_means(got, expected):
    mean, bound = expected.mean()
    nan = np.isnan(mean.astype(np.float64))
    assert np.array_equal(np.isnan(got), nan)
    bad = ~(np.abs(got.astype(np.longdouble) - mean) <= bound) & ~nan
    assert not bad.any(), (np.argwhere(bad)[:3], bad.sum())


def check_dense(path, e):
    count = e.dense(e.counts.astype(np.uint32))
    result = voxelize(path, "mode=count")
    assert np.array_equal(result.tensors[0][0], count)
    check_stats(result, e)
    result = voxelize(path, "mode=count axis-order=xyz count-type=f32")
    assert result.tensors[0].dtype == np.float32
    assert np.array_equal(result.tensors[0][0], count.T)
    result = voxelize(path, "mode=occupancy")
    assert result.tensors[0].dtype == np.uint8
    assert np.array_equal(result.tensors[0][0], count > 0)
    result = voxelize(path, "mode=occupancy occupancy-type=bits")
    bits = np.unpackbits(result.tensors[0][0].ravel(), bitorder="little")
    assert np.array_equal(bits[:count.size], count.ravel() > 0)
    assert not bits[count.size:].any()
    for mode in ("min", "max"):
        result = voxelize(path, "mode=%s fill=-7" % mode)
        want = e.dense(e.extreme(mode == "max").T.copy(), -7)
        got = result.tensors[0][0]
        nan = np.isnan(want)
        assert np.array_equal(nan, np.isnan(got)), mode
        assert np.array_equal(got.view(np.uint32)[~nan],
                              want.view(np.uint32)[~nan]), mode
    got = voxelize(path, "mode=mean fill=nan").tensors[0][0]
    x, y, z = e.cells.T
    check_means(got[:, z, y, x].T, e)
    empty = np.isnan(e.dense(np.zeros(len(e.cells), np.float32), np.nan))
    assert np.isnan(got[:, empty]).all()


def check_sparse(path, e):
    n = len(e.cells)
    result = voxelize(path, "mode=sparse-mean max-voxels=%d" % (n + 5))
    coords, features, counts, total = (t[0] for t in result.tensors)
    assert total.ravel()[0] == n
    assert np.array_equal(coords[:n], e.cells[:, ::-1])
    assert (coords[n:] == -1).all() and not counts[n:].any()
    assert np.array_equal(counts.ravel()[:n], e.counts)
    check_means(features[:n], e)
    check_stats(result, e, **{"dropped-voxels": 0, "dropped-points": 0})

    # what does not fit: the first voxels, and the first points of each
    keep, room = n // 2, 3
    result = voxelize(path, "mode=sparse-points axis-order=xyz max-voxels=%d "
                      "max-points=%d fill=nan" % (keep, room))
    coords, features, counts, total = (t[0] for t in result.tensors)
    assert total.ravel()[0] == keep
    assert np.array_equal(coords, e.cells[:keep])
    assert np.array_equal(counts.ravel(), np.minimum(e.counts[:keep], room))
    rank = np.empty(len(e.voxel), np.int64)     # of a point in its voxel
    order = np.argsort(e.voxel, kind="stable")
    starts = np.cumsum(e.counts) - e.counts
    rank[order] = np.arange(len(order)) - starts[e.voxel[order]]
    there = (e.voxel < keep) & (rank < room)
    want = np.full(features.shape, np.nan, np.float32)
    want[e.voxel[there], rank[there]] = e.features[there]
    assert np.array_equal(features, want, equal_nan=True)
    check_stats(result, e, **{
        "dropped-voxels": n - keep,
        "dropped-voxel-points": int(e.counts[keep:].sum()),
        "dropped-points": int(np.maximum(e.counts[:keep] - room, 0).sum())})


def check(path):
    cloud = read_pcd(path)
    e = Expected(cloud)
    check_dense(path, e)
    check_sparse(path, e)
    print("%s: %d points, %d voxels: ok" % (os.path.basename(path), len(cloud),
                                            len(e.cells)), flush=True)


def check_series(folder, cloud, frames=5):
    """Scans of a sensor on an aligner's ticks: each tick has the grid of the
    scan in force."""
    for i in range(frames):
        write_pcd(os.path.join(folder, "scan-%02d.pcd" % i), cloud[i::frames])
    result = run('multifilesrc location="%s/scan-%%02d.pcd" ! rcpcdparse '
                 "rate=10/1 on-error=error ! rcvoxelize %s mode=count ! "
                 "m.sink_grid rcfusemux name=m rate=20/1 sink_grid::method="
                 "previous ! %s" % (folder, BOX, APPSINK))
    ticks = np.arange(2 * frames - 1)
    assert np.array_equal(result.pts, ticks * 50_000_000), result.pts
    assert np.array_equal(result.skew[:, 0, 0], -(ticks % 2) * 50_000_000)
    assert np.array_equal(result.state[:, 0, 0], 1 + 2 * (ticks % 2))
    for i in ticks:
        e = Expected(cloud[i // 2::frames])
        assert np.array_equal(result["grid"][i],
                              e.dense(e.counts.astype(np.uint32))), i
    print("a series of %d scans on %d ticks: ok" % (frames, len(ticks)))


def street():
    """In whole millimetres as float64, and points that a shortcut moves."""
    scan = kitti_like(30000)
    cloud = np.empty(len(scan), [("x", "<f8"), ("y", "<f8"), ("z", "<f8"),
                                 ("intensity", "<f4"), ("ring", "<u2")])
    for axis in "xyz":
        cloud[axis] = np.round(scan[axis].astype(np.float64), 3)
    xyz = np.stack([cloud[axis] for axis in "xyz"], 1) - LOW
    moved = np.floor(xyz / SIZE) != np.floor(xyz * (1 / np.array(SIZE)))
    assert moved.any(axis=1).sum() > 10
    cloud["intensity"] = scan["intensity"]
    cloud["ring"] = np.arange(len(scan)) % 64
    return cloud


def generated():
    cloud = street()
    cloud["x"][::97] = np.nan
    cloud["y"][5::101] = np.inf
    cloud["z"][7::103] = -1e30
    cloud["intensity"][11::107] = np.nan
    cloud["intensity"][::5] = -0.0
    cloud["x"][3::1009], cloud["y"][3::1009] = LOW[0], HIGH[1]
    cloud["z"][4::1013] = LOW[2]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "street.pcd")
        write_pcd(path, cloud)
        check(path)
        check_series(folder, cloud)


def real():
    paths = sorted(glob.glob(os.path.join(data_folder("lidar"), "*.pcd")))
    assert len(paths) == 2, paths
    for path in paths:
        check(path)


{"generated": generated, "real": real}[sys.argv[1]]()
