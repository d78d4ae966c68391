# SPDX-License-Identifier: Apache-2.0
"""What h5writer.c records, read back with plain h5py and compared in full."""
import h5py
import numpy as np

SHAPE = (24, 32, 3)
RAW_PER_ROW = 3
NAMES = ('imu', 'front', 'cmd')


def expected(first, n):
    """Rows first .. first + n - 1 of each dataset of an episode."""
    i = np.arange(first, first + n, dtype=np.int64)
    # modulo first, so that small integers do
    pixels = (np.arange(np.prod(SHAPE)) % 255).astype(np.uint16)
    shift = (7 * i % 255).astype(np.uint16)[:, None]
    rows = {
        'time': (i + 1) * 1000000,
        'obs/imu': (i[:, None] + 1 + np.arange(3) / 4).astype(np.float32),
        'obs/front': (1 + (shift + pixels) % 255).astype(np.uint8)
        .reshape(-1, *SHAPE),
        'actions': (-(i[:, None] + 1) - np.arange(2) / 2).astype(np.float32),
    }
    for name in NAMES:
        rows['valid/' + name] = np.ones(n, np.uint8)
        rows['skew/' + name] = -(i + 1)
    return rows


def check_episode(demo, first):
    """Compares all there is, beyond num_samples too; returns num_samples."""
    n = int(demo.attrs['num_samples'])
    assert n > 0, f'{demo.name} is empty'
    found = []
    demo.visititems(lambda name, item: found.append(name)
                    if isinstance(item, h5py.Dataset) else None)
    want = expected(first, 0)
    assert sorted(found) == sorted(want), (found, sorted(want))
    for name in want:
        data = demo[name][()]
        assert len(data) >= n, f'{demo.name}/{name}: {len(data)} rows of {n}'
        # what lies beyond num_samples must be true rows too, never zeros
        np.testing.assert_array_equal(data, expected(first, len(data))[name],
                                      f'{demo.name}/{name}')
    return n


def check_file(path):
    """Checks every row of a file of h5writer; returns (rows, raw rows)."""
    with h5py.File(path, 'r') as f:
        assert set(f) <= {'data', 'raw', 'action', 'observations'}, list(f)
        demos = sorted(f['data'], key=lambda name: int(name[5:]))
        assert demos == [f'demo_{i}' for i in range(len(demos))], demos
        rows = 0
        for name in demos:
            rows += check_episode(f['data'][name], rows)
        # the total is written last
        assert f['data'].attrs['total'] <= rows
        raw = 0
        if 'raw' in f and 'force' in f['raw']:
            raw = len(f['raw/force/time'])
            values = f['raw/force/values'][()]
            assert len(values) >= raw
            s = np.arange(len(values), dtype=np.int64)
            np.testing.assert_array_equal(
                values, (s[:, None] + 1 + np.arange(2) / 2).astype(np.float32))
            np.testing.assert_array_equal(
                f['raw/force/time'][()],
                (s[:raw] + 1) * 1000000 // RAW_PER_ROW)
    return rows, raw
