#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Voxelizing a 115,384-point scan, single-threaded, beside Open3D's
voxel_down_sample and a memcpy of the input in the same run. "/ floor" is Open3D's
time through ours if lookups and means cost nothing: no better hash can beat it.

With open3d not importable, RC_PYTHON_EXTRA may name an interpreter that has it;
without one only the ratios to memcpy are printed."""

import importlib.util
import os
import subprocess
import sys
import time

# Open3D's mean is single-threaded; this keeps its libraries so too
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np

import rcvoxel as V

ROUNDS = 15


def spent(function):
    start = time.thread_time_ns()
    function()
    return time.thread_time_ns() - start


def bench(functions):
    """The median CPU times, measured in turns so that a slow moment of the
    machine meets all alike."""
    times = [[spent(f) for f in functions] for _ in range(ROUNDS)]
    return np.median(np.array(times[2:]), 0)


def line(name, ours, copy, theirs=None, floor=None):
    ratio = f"{theirs / ours:8.1f} x" if theirs else "       -"
    limit = f"{theirs / floor:8.1f} x" if theirs else "       -"
    print(f"{name:30} {ours / 1e6:9.3f} ms {ours / copy:9.1f} x {ratio} {limit}")


def one_voxel(scan):
    """The same mean with all points in one voxel. Lookups and means of voxels
    cost next to nothing there, so this is the floor of what better ones could
    reach; loads, cells, maxima and sums of all points are left."""
    return V.Voxelizer(V.SPARSE_MEAN, scan.dtype, [1000.0] * 3, [-500.0] * 3,
                       [1] * 3, fields=list("xyz"), max_voxels=1)


def main():
    scan = V.kitti_like()
    xyz = np.stack([scan[a] for a in "xyz"], 1).astype(np.float64)
    source = scan.view(np.uint8)
    target = source.copy()
    copy = lambda: np.copyto(target, source)
    points = None
    if importlib.util.find_spec("open3d"):
        import open3d
        points = open3d.geometry.PointCloud(open3d.utility.Vector3dVector(xyz))
        print("Open3D", open3d.__version__)
    elif os.environ.get("RC_PYTHON_EXTRA"):
        env = dict(os.environ)
        extra = env.pop("RC_PYTHON_EXTRA")
        return subprocess.run([extra, __file__], env=env).returncode
    else:
        print("SKIP of the Open3D column: open3d is not importable and "
              "RC_PYTHON_EXTRA is not set")
    print(f"{len(scan)} points of {scan.dtype.itemsize} bytes; CPU time")
    print(f"{'':30} {'time':>12} {'/ memcpy':>11} {'Open3D /':>10} {'/ floor':>10}")
    for size in (0.05, 0.1, 0.2):
        low = xyz.min(0) - size / 2
        dims = np.floor((xyz.max(0) - low) / size).astype(np.int64) + 1
        v = V.Voxelizer(V.SPARSE_MEAN, scan.dtype, [size] * 3, low, dims,
                        fields=list("xyz"), max_voxels=len(scan))
        least = one_voxel(scan)
        functions = [lambda: v.run(scan), copy, lambda: least.run(scan)]
        if points:
            functions.append(lambda: points.voxel_down_sample(size))
        times = bench(functions)
        if points:
            theirs = len(points.voxel_down_sample(size).points)
            assert theirs == v.out.voxels, (theirs, v.out.voxels)
        line(f"sparse mean {size:4} m, {v.out.voxels}", times[0], times[1],
             times[3] if points else None, times[2])
        assert least.out.voxels == 1 and least.counts[0] == len(scan)
        v.close()
        least.close()
    line("floor: one voxel", times[2], times[1])
    box = dict(size=[0.2] * 3, origin=[-51.2, -51.2, -5], dims=[512, 512, 40])
    for name, mode, type_, fields in (
            ("dense occupancy u8, 512x512x40", V.OCCUPANCY, V.U8, []),
            ("dense occupancy bits", V.OCCUPANCY, V.BITS, []),
            ("dense mean z", V.MEAN, V.U8, ["z"])):
        v = V.Voxelizer(mode, scan.dtype, fields=fields, type_=type_, **box)
        times = bench([lambda: v.run(scan), copy])
        line(name, times[0], times[1])
        v.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
