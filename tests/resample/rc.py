# SPDX-License-Identifier: Apache-2.0
"""ctypes view of the core's resample and fuse, for tests and benchmarks.

RC_LIBRARY names the shared library. Arrays are numpy's; bfloat16, which numpy
lacks, is uint16 bits with dtype="bfloat16".
"""
import ctypes as c
import os

import numpy as np

TIME_NONE = -(2**63)
DTYPES = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64",
          "uint64", "float16", "bfloat16", "float32", "float64"]
METHODS = ["previous", "nearest", "next", "linear", "pchip", "hermite", "mean",
           "gather"]
MISSING, MEASURED, INTERPOLATED, HELD, LATER = range(5)
WXYZ, XYZW, WRAP, HOLD, VELOCITY_OF = range(5)


class Error(c.Structure):
    _fields_ = [("status", c.c_int), ("message", c.c_char * 256)]


class Mark(c.Structure):
    _fields_ = [("kind", c.c_int), ("channel", c.c_int32), ("other", c.c_int32),
                ("period", c.c_double), ("lower", c.c_double)]


class Config(c.Structure):
    _fields_ = [("dtype", c.c_int), ("channels", c.c_int64), ("method", c.c_int),
                ("edge", c.c_int), ("causal", c.c_bool), ("centred", c.c_bool),
                ("max_gap", c.c_int64), ("tolerance", c.c_int64),
                ("window", c.c_int64), ("samples", c.c_int64),
                ("fill", c.c_double), ("marks", c.POINTER(Mark)),
                ("n_marks", c.c_int32)]


class Series(c.Structure):
    _fields_ = [("values", c.c_void_p), ("times", c.c_void_p),
                ("lengths", c.c_void_p), ("batch", c.c_int64),
                ("samples", c.c_int64), ("row_stride", c.c_int64),
                ("batch_stride", c.c_int64), ("times_stride", c.c_int64)]


class Ticks(c.Structure):
    _fields_ = [("times", c.c_void_p), ("count", c.c_int64),
                ("shared", c.c_bool)]


class Resampled(c.Structure):
    _fields_ = [("values", c.c_void_p), ("row_stride", c.c_int64),
                ("batch_stride", c.c_int64), ("state", c.c_void_p),
                ("skew", c.c_void_p), ("newest", c.c_void_p),
                ("info_stride", c.c_int64), ("gather_count", c.c_void_p),
                ("gather_times", c.c_void_p), ("duplicates", c.c_int64),
                ("overflow", c.c_int64)]


class RcError(Exception):
    pass


lib = c.CDLL(os.environ["RC_LIBRARY"])
lib.rc_sampler_new.restype = c.c_void_p
lib.rc_sampler_new.argtypes = [c.POINTER(Config), c.POINTER(Error)]
lib.rc_sampler_free.argtypes = [c.c_void_p]
lib.rc_sampler_config_init.argtypes = [c.POINTER(Config), c.c_int, c.c_int64,
                                       c.c_int]
lib.rc_resample.argtypes = [c.c_void_p, c.POINTER(Series), c.POINTER(Ticks),
                            c.POINTER(Resampled), c.POINTER(Error)]


def _pointer(array):
    return None if array is None else array.ctypes.data


class Sampler:
    """A configured sampler; keyword arguments are RcSamplerConfig's fields."""

    def __init__(self, dtype, channels, method, marks=(), **fields):
        config = Config()
        lib.rc_sampler_config_init(config, DTYPES.index(str(dtype)), channels,
                                   METHODS.index(method))
        for name, value in fields.items():
            setattr(config, name, value)
        array = (Mark * len(marks))(*marks)
        config.marks, config.n_marks = array, len(marks)
        error = Error()
        self.pointer = lib.rc_sampler_new(config, error)
        if not self.pointer:
            raise RcError(error.message.decode())
        self.config = config
        self.gathers = method == "gather"

    def __del__(self):
        if getattr(self, "pointer", None):
            lib.rc_sampler_free(self.pointer)

    def resample(self, times, values, ticks, lengths=None, out=None):
        """times [B, S] or [S], values [.., D], ticks [T] or [B, T] -> a dict
        of arrays with the same leading axes."""
        single = times.ndim == 1
        times = np.ascontiguousarray(np.atleast_2d(times), np.int64)
        values = np.ascontiguousarray(values[None] if single else values)
        ticks = np.ascontiguousarray(ticks, np.int64)
        batch, samples = times.shape
        count = ticks.shape[-1]
        rows = (self.config.samples,) if self.gathers else ()
        shape = (batch, count) + rows + (self.config.channels,)
        if lengths is not None:
            lengths = np.ascontiguousarray(lengths, np.int64)
        result = {
            "values": np.empty(shape, values.dtype) if out is None else out,
            "state": np.empty((batch, count), np.uint8),
            "skew": np.empty((batch, count), np.int64),
            "newest": np.empty((batch, count), np.int64)}
        if self.gathers:
            result["count"] = np.empty((batch, count), np.int32)
            result["times"] = np.empty((batch, count) + rows, np.int64)
        series = Series(_pointer(values), _pointer(times), _pointer(lengths),
                        batch, samples, 0, 0, 0)
        grid = Ticks(_pointer(ticks), count, ticks.ndim == 1)
        resampled = Resampled(
            _pointer(result["values"]), 0, 0, _pointer(result["state"]),
            _pointer(result["skew"]), _pointer(result["newest"]), 0,
            _pointer(result.get("count")), _pointer(result.get("times")))
        error = Error()
        if lib.rc_resample(self.pointer, series, grid, resampled, error):
            raise RcError(error.message.decode())
        if single:
            result = {name: array[0] for name, array in result.items()}
        result["duplicates"] = resampled.duplicates
        result["overflow"] = resampled.overflow
        return result
