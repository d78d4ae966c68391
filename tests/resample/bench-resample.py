# SPDX-License-Identifier: Apache-2.0
"""rc_resample () against numpy and torch (where installed) on one thread, linear,
float32, in turn in one run: how many times faster, as the median of the rounds.
The others are given their best: times searched once per batch, rows gathered
and blended as whole arrays, results written in place."""
import sys
import time

import numpy as np

import rc

try:
    import torch
    torch.set_num_threads(1)
except ImportError:
    torch = None


def with_numpy(times, values, ticks, out):
    for b in range(len(times)):
        p = np.searchsorted(times[b], ticks, "right") - 1
        span = times[b][p + 1] - times[b][p]
        w = ((ticks - times[b][p]) / span).astype(np.float32)[:, None]
        left = values[b][p]
        right = values[b][p + 1]
        right -= left
        right *= w
        np.add(left, right, out=out[b])


def with_torch(times, values, ticks, out):
    p = torch.searchsorted(times, ticks.expand(len(times), -1), right=True) - 1
    from_time = torch.gather(times, 1, p)
    span = torch.gather(times, 1, p + 1) - from_time
    w = ((ticks - from_time).double() / span.double()).float()[..., None]
    index = p[..., None].expand(-1, -1, values.shape[2])
    left = torch.gather(values, 1, index)
    right = torch.gather(values, 1, index + 1)
    torch.lerp(left, right, w, out=out)


def compare(batch, samples, count, channels, rounds):
    rng = np.random.default_rng(1)
    step = 2_000_000
    times = (np.arange(samples) * step
             + rng.integers(0, step // 2, (batch, samples)))
    values = rng.standard_normal((batch, samples, channels), dtype=np.float32)
    ticks = step + np.arange(count) * ((samples - 3) * step // count)
    out = np.zeros((batch, count, channels), np.float32)
    other = np.zeros_like(out)
    sampler = rc.Sampler("float32", channels, "linear")
    rivals = {"numpy": lambda: with_numpy(times, values, ticks, other)}
    if torch:
        tensors = [torch.from_numpy(x) for x in (times, values, ticks, other)]
        rivals["torch"] = lambda: with_torch(*tensors)
    print(f"linear float32 {batch} x {samples} -> {count} x {channels}:")
    for name, rival in rivals.items():
        ratios = []
        for _ in range(rounds):
            t0 = time.perf_counter()
            sampler.resample(times, values, ticks, out=out)
            t1 = time.perf_counter()
            rival()
            ratios.append((time.perf_counter() - t1) / (t1 - t0))
        assert np.allclose(out, other, rtol=1e-5, atol=1e-5), name
        print(f"  {np.median(ratios):.1f} times {name} "
              f"({min(ratios):.1f} to {max(ratios):.1f})")
    if not torch:
        print("  torch: not installed, not compared")


if __name__ == "__main__":
    repeat = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    compare(32, 500, 256, 256, repeat)
    compare(256, 4096, 4096, 64, max(repeat // 3, 1))
