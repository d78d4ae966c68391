#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Voxel sets against numpy and Open3D.

compare-voxelize.py generated   a KITTI-like scan, float32 and float64
compare-voxelize.py data        the scans of RC_TEST_DATA (skips without them)
compare-voxelize.py open3d      both against Open3D's VoxelGrid; skips where
                                open3d is not importable here or with the
                                interpreter that RC_PYTHON_EXTRA names

Every set must be exactly that of floor ((x - min) / size) in float64."""

import glob
import importlib.util
import os
import subprocess
import sys

import numpy as np

import rcvoxel as V

SIZES = (0.05, 0.1, 0.2)
SKIP = 77


def xyz64(cloud):
    return np.stack([cloud[a].astype(np.float64) for a in "xyz"], 1)


def cells_of(lengths, size):
    return np.rint(np.array(lengths) / size).astype(np.int64)


def bounds(xyz, size):
    """A grid around the finite points, its origin on no special number."""
    finite = xyz[np.isfinite(xyz).all(1)]
    low = finite.min(0) - size / 2
    dims = np.floor((finite.max(0) - low) / size).astype(np.int64) + 1
    return low, dims


def numpy_cells(xyz, low, size, dims):
    """Indices of the points inside, in x, y, z, and how many were not."""
    finite = np.isfinite(xyz).all(1)
    cells = np.floor((xyz[finite] - low) / size)
    inside = ((cells >= 0) & (cells < dims)).all(1)
    return (cells[inside].astype(np.int64), int((~inside).sum()),
            int((~finite).sum()))


def our_voxels(cloud, low, size, dims):
    """Rows x, y, z, count of the occupied voxels, and the statistics."""
    v = V.Voxelizer(V.SPARSE_MEAN, cloud.dtype, [size] * 3, low, dims,
                    fields=["x"], max_voxels=max(len(cloud), 1))
    v.run(cloud)
    n = v.out.voxels
    rows = np.column_stack([v.coords[:n, ::-1], v.counts[:n]]).astype(np.int64)
    stats = {f: getattr(v.stats, f) for f, _ in v.stats._fields_}
    v.close()
    return rows, stats


def check_numpy(name, cloud, low, size, dims):
    cells, outside, non_finite = numpy_cells(xyz64(cloud), low, size, dims)
    want, first, counts = np.unique(cells, axis=0, return_index=True,
                                    return_counts=True)
    order = np.argsort(first)           # the order of first appearance
    want = np.column_stack([want, counts])[order]
    rows, stats = our_voxels(cloud, low, size, dims)
    assert np.array_equal(rows, want), f"{name}: voxels differ at {size}"
    assert stats["outside"] == outside, (name, stats, outside)
    assert stats["non_finite"] == non_finite, (name, stats, non_finite)
    # the dense grid is the same set
    if np.prod(dims) < 1 << 28:
        dense = V.Voxelizer(V.OCCUPANCY, cloud.dtype, [size] * 3, low, dims,
                            type_=V.BITS)
        dense.run(cloud)
        bits = np.unpackbits(dense.cells, bitorder="little")
        linear = (want[:, 2] * dims[1] + want[:, 1]) * dims[0] + want[:, 0]
        assert np.array_equal(np.flatnonzero(bits), np.sort(linear)), name
        dense.close()
    print(f"{name}: {len(want)} voxels of {size} m from {len(cloud)} points, "
          f"{outside} outside, {non_finite} not finite: equal to numpy")


def check_means(name, cloud, size):
    """Means against exact sums: the stated bound holds."""
    low, dims = bounds(xyz64(cloud), size)
    v = V.Voxelizer(V.SPARSE_MEAN, cloud.dtype, [size] * 3, low, dims,
                    fields=list("xyz"), max_voxels=len(cloud))
    v.run(cloud)
    n = v.out.voxels
    xyz = xyz64(cloud)
    cells, _, _ = numpy_cells(xyz, low, size, dims)
    _, first, inverse = np.unique(cells, axis=0, return_index=True,
                                  return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    ids = rank[inverse.ravel()]
    xyz = xyz[np.isfinite(xyz).all(1)]
    counts = np.bincount(ids, minlength=n)
    for c in range(3):
        # long double sums of float32 values are exact here
        sums = np.zeros(n, np.longdouble)
        np.add.at(sums, ids, xyz[:, c].astype(np.longdouble))
        exact = sums / counts
        exponent = np.frexp(np.abs(xyz[:, c]).max())[1]
        points = int(np.ceil(np.log2(len(xyz))))
        bound = (2.0 ** (points + exponent - 63)
                 + np.abs(exact) * (2.0 ** -24 + 2.0 ** -51))
        error = np.abs(v.features[:n, c].astype(np.longdouble) - exact)
        assert (error <= bound).all(), f"{name}: mean of {'xyz'[c]}"
    v.close()
    print(f"{name}: means of {n} voxels of {size} m within the stated bound")


def generated():
    scan = V.kitti_like()
    double = np.empty(len(scan), [(a, "<f8") for a in "xyz"])
    for a in "xyz":
        double[a] = np.round(scan[a].astype(np.float64), 3)
    # what this data is for: numbers at which shortcuts go wrong
    for cloud, real in ((scan, np.float32), (double, np.float64)):
        low = np.full(3, -80.0)
        exact = np.floor((xyz64(cloud) - low) / 0.05)
        x = np.stack([cloud[a] for a in "xyz"], 1).astype(real)
        short = np.floor((x - real(-80)) * (real(1) / real(0.05)))
        moved = int((exact != short).any(1).sum())
        assert moved > 0
        print(f"generated: multiplication by 1/0.05 in {real.__name__} would "
              f"move {moved} of {len(cloud)} points")
        for size in SIZES:
            check_numpy(f"generated {real.__name__}", cloud, low, size,
                        cells_of([160, 160, 80], size))
    broken = scan.copy()
    broken["x"][::7] = np.nan
    broken["y"][::11] = np.inf
    broken["z"][::13] = 1e30
    check_numpy("generated, with bad points", broken, np.full(3, -20.0), 0.1,
                np.array([400, 400, 400]))
    check_means("generated", scan, 0.1)


def scans():
    return sorted(glob.glob(os.path.join(
        os.environ.get("RC_TEST_DATA", ""), "lidar", "*.pcd")))


def data():
    paths = scans()
    if not paths:
        print("SKIP: no lidar/*.pcd in RC_TEST_DATA="
              + os.environ.get("RC_TEST_DATA", ""))
        return SKIP
    for path in paths:
        cloud = V.read_pcd(path)
        name = os.path.basename(path)
        for size in SIZES:
            low, dims = bounds(xyz64(cloud), size)
            check_numpy(name, cloud, low, size, dims)
            check_numpy(name, cloud, np.full(3, -10.0), size,
                        cells_of([20, 20, 20], size))
        check_means(name, cloud, 0.1)
    return 0


def compare_open3d():
    import open3d
    print("Open3D", open3d.__version__)
    clouds = [("generated", V.kitti_like())]
    clouds += [(os.path.basename(p), V.read_pcd(p)) for p in scans()]
    if len(clouds) == 1:
        print("SKIP: the scans of RC_TEST_DATA are absent")
    for name, cloud in clouds:
        xyz = xyz64(cloud)
        finite = np.isfinite(xyz).all(1)
        for size in SIZES:
            # Open3D does not drop points outside the bounds it is given: the
            # conventions coincide where the grid holds all finite points
            low, dims = bounds(xyz, size)
            points = open3d.geometry.PointCloud(
                open3d.utility.Vector3dVector(xyz[finite]))
            grid = open3d.geometry.VoxelGrid
            grid = grid.create_from_point_cloud_within_bounds(
                points, size, low, low + dims * size)
            theirs = {tuple(v.grid_index) for v in grid.get_voxels()}
            rows, _ = our_voxels(cloud, low, size, dims)
            ours = {tuple(r) for r in rows[:, :3].tolist()}
            assert ours == theirs, (name, size, len(ours ^ theirs))
            print(f"{name}: {len(ours)} voxels of {size} m: equal to Open3D")
    return 0


def open3d_part():
    extra = os.environ.get("RC_PYTHON_EXTRA")
    if importlib.util.find_spec("open3d"):
        return compare_open3d()
    if extra:
        env = {k: v for k, v in os.environ.items() if k != "RC_PYTHON_EXTRA"}
        return subprocess.run([extra, __file__, "open3d"], env=env).returncode
    print("SKIP: open3d is not importable and RC_PYTHON_EXTRA is not set")
    return SKIP


if __name__ == "__main__":
    sys.exit({"generated": generated, "data": data,
              "open3d": open3d_part}[sys.argv[1]]() or 0)
