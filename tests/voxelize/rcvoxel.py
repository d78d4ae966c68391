# SPDX-License-Identifier: Apache-2.0
"""ctypes bindings of the voxelize core and clouds for the tests and benchmark.

The library is taken from RC_LIBROBOCACHE."""

import ctypes as C
import os

import numpy as np

OCCUPANCY, COUNT, MEAN, MIN, MAX, SPARSE_MEAN, SPARSE_POINTS = range(7)
U8, U32, F32, BITS = range(4)
ZYX, XYZ = range(2)
DTYPES = {np.dtype(name): i for i, name in enumerate(
    ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64",
     "float16"])}
DTYPES[np.dtype("float32")] = 10
DTYPES[np.dtype("float64")] = 11


class Error(C.Structure):
    _fields_ = [("status", C.c_int), ("message", C.c_char * 256)]


class Field(C.Structure):
    _fields_ = [("dtype", C.c_int), ("offset", C.c_int64), ("count", C.c_int64)]


class Config(C.Structure):
    _fields_ = [("mode", C.c_int), ("type", C.c_int), ("axis_order", C.c_int),
                ("point_step", C.c_int64), ("xyz", Field * 3),
                ("fields", C.POINTER(Field)), ("n_fields", C.c_int32),
                ("min", C.c_double * 3), ("size", C.c_double * 3),
                ("dims", C.c_int64 * 3), ("max", C.c_double * 3),
                ("fill", C.c_double), ("max_points", C.c_int64),
                ("max_voxels", C.c_int64), ("max_bytes", C.c_uint64)]


class Stats(C.Structure):
    _fields_ = [(name, C.c_int64) for name in (
        "points", "inside", "outside", "non_finite", "voxels",
        "dropped_voxels", "dropped_voxel_points", "dropped_points")]


class Voxels(C.Structure):
    _fields_ = [("coords", C.c_void_p), ("features", C.c_void_p),
                ("counts", C.c_void_p), ("pad", C.c_bool),
                ("voxels", C.c_int64)]


lib = C.CDLL(os.environ["RC_LIBROBOCACHE"])
lib.rc_voxelizer_new.restype = C.c_void_p
lib.rc_voxelizer_new.argtypes = [C.POINTER(Config), C.POINTER(Error)]
lib.rc_voxelizer_free.argtypes = [C.c_void_p]
lib.rc_voxelizer_bytes.restype = C.c_size_t
lib.rc_voxelizer_bytes.argtypes = [C.c_void_p]
lib.rc_voxelizer_channels.restype = C.c_int64
lib.rc_voxelizer_channels.argtypes = [C.c_void_p]
lib.rc_voxel_workspace_new.restype = C.c_void_p
lib.rc_voxel_workspace_free.argtypes = [C.c_void_p]
lib.rc_voxelize_dense.argtypes = [
    C.c_void_p, C.c_void_p, C.c_void_p, C.c_int64, C.c_void_p,
    C.POINTER(Stats), C.POINTER(Error)]
lib.rc_voxelize_sparse.argtypes = [
    C.c_void_p, C.c_void_p, C.c_void_p, C.c_int64, C.POINTER(Voxels),
    C.POINTER(Stats), C.POINTER(Error)]


class Voxelizer:
    """One validated voxelizer for structured numpy arrays of a dtype."""

    def __init__(self, mode, dtype, size, origin, dims, fields=(), type_=U8,
                 order=ZYX, max_=None, fill=0.0, max_points=0,
                 max_voxels=20000):
        field = lambda name: Field(DTYPES[dtype[name].base],
                                   dtype.fields[name][1],
                                   int(np.prod(dtype[name].shape, dtype=int)))
        self.fields = (Field * max(len(fields), 1))(*map(field, fields))
        self.config = Config(
            mode, type_, order, dtype.itemsize,
            (Field * 3)(*map(field, "xyz")), self.fields, len(fields),
            (C.c_double * 3)(*origin), (C.c_double * 3)(*size),
            (C.c_int64 * 3)(*dims),
            (C.c_double * 3)(*(max_ if max_ is not None else [np.inf] * 3)),
            fill, max_points, max_voxels, 4 << 30)
        error = Error()
        self.handle = lib.rc_voxelizer_new(C.byref(self.config),
                                           C.byref(error))
        if not self.handle:
            raise ValueError(error.message.decode())
        self.workspace = lib.rc_voxel_workspace_new()
        self.channels = lib.rc_voxelizer_channels(self.handle)
        self.stats = Stats()
        self.error = Error()
        if mode >= SPARSE_MEAN:
            shape = [max_voxels, self.channels]
            if mode == SPARSE_POINTS:
                shape.insert(1, max_points)
            self.coords = np.empty((max_voxels, 3), np.int32)
            self.features = np.empty(shape, np.float32)
            self.counts = np.empty(max_voxels, np.int32)
            self.out = Voxels(self.coords.ctypes.data,
                              self.features.ctypes.data,
                              self.counts.ctypes.data, False, 0)
        else:
            self.cells = np.empty(lib.rc_voxelizer_bytes(self.handle),
                                  np.uint8)

    def run(self, points):
        """Runs and leaves the results in this object's arrays."""
        call, out = (
            (lib.rc_voxelize_sparse, C.byref(self.out))
            if self.config.mode >= SPARSE_MEAN
            else (lib.rc_voxelize_dense, self.cells.ctypes.data))
        if call(self.handle, self.workspace, points.ctypes.data, len(points),
                out, C.byref(self.stats), C.byref(self.error)):
            raise ValueError(self.error.message.decode())

    def close(self):
        lib.rc_voxelizer_free(self.handle)
        lib.rc_voxel_workspace_free(self.workspace)


KITTI = np.dtype([(name, "<f4") for name in ("x", "y", "z", "intensity")])


def kitti_like(n=115384, seed=1):
    """A 64-ring scan of a street: ground, walls and boxes with range noise,
    ring by ring as the sensor turns, coordinates in whole millimetres."""
    rng = np.random.default_rng(seed)
    rings = 64
    columns = -(-n // rings)
    elevation = np.radians(np.linspace(2.0, -24.9, rings))[:, None]
    azimuth = np.linspace(-np.pi, np.pi, columns, endpoint=False)[None, :]
    ground = np.where(elevation < -0.005,
                      1.73 / np.maximum(np.sin(-elevation), 1e-3), 120.0)
    wall = np.minimum(9.0 / np.maximum(np.abs(np.sin(azimuth)), 1e-3),
                      70.0 / np.maximum(np.abs(np.cos(azimuth)), 1e-3))
    boxes = np.full_like(azimuth, 200.0)
    for _ in range(40):
        centre, width = rng.uniform(-np.pi, np.pi), rng.uniform(0.01, 0.15)
        hit = np.abs(azimuth - centre) < width
        boxes = np.where(hit, np.minimum(boxes, rng.uniform(4, 40)), boxes)
    r = np.minimum(np.minimum(ground, wall / np.cos(elevation)),
                   boxes / np.cos(elevation))
    r = r + rng.normal(0, 0.015, r.shape)
    xyz = np.stack([r * np.cos(elevation) * np.cos(azimuth),
                    r * np.cos(elevation) * np.sin(azimuth),
                    r * np.sin(elevation) * np.ones_like(azimuth)], -1)
    xyz = np.round(xyz.reshape(-1, 3)[:n], 3)
    cloud = np.empty(n, KITTI)
    for i, name in enumerate("xyz"):
        cloud[name] = xyz[:, i]
    cloud["intensity"] = np.round(rng.uniform(0, 1, n), 2)
    return cloud


def read_pcd(path):
    """A PCD file with DATA binary, as a structured array."""
    with open(path, "rb") as f:
        head = {}
        while "DATA" not in head:
            key, _, value = f.readline().decode().strip().partition(" ")
            head[key] = value
        assert head["DATA"] == "binary", head["DATA"]
        kind = {"F": "f", "U": "u", "I": "i"}
        dtype = np.dtype([
            (name, "<" + kind[t] + s) if int(c) == 1
            else (name, "<" + kind[t] + s, (int(c),))
            for name, t, s, c in zip(*(head[k].split() for k in (
                "FIELDS", "TYPE", "SIZE", "COUNT")))])
        n = int(head["POINTS"])
        data = f.read(n * dtype.itemsize)
    assert len(data) == n * dtype.itemsize
    return np.frombuffer(data, dtype)
