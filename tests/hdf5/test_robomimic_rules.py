# SPDX-License-Identifier: Apache-2.0
"""The rules that robomimic's reader relies on, checked with plain h5py."""
import json
import os
import subprocess
import sys
import tempfile

try:
    import h5py
    import h5rows
    import numpy as np
except ImportError as error:
    print(f'SKIP: {error}')
    sys.exit(77)


def check_rules(path):
    with h5py.File(path, 'r') as f:
        data = f['data']
        # it sorts all keys of /data by the number behind "demo_"
        demos = sorted(data.keys(), key=lambda key: int(key[5:]))
        assert all(key.startswith('demo_') for key in demos)
        assert isinstance(json.loads(data.attrs['env_args']), dict)
        total = 0
        for key in demos:
            demo = data[key]
            n = demo.attrs['num_samples']
            assert isinstance(n, np.int64) and n > 0
            total += int(n)
            assert demo['actions'].dtype == np.float32
            assert demo['actions'].ndim == 2
            for item in [demo['actions'], *demo['obs'].values()]:
                assert len(item) == n, item.name
            # what it slices must be one frame per chunk
            front = demo['obs/front']
            assert front.dtype == np.uint8
            assert front.chunks == (1, *front.shape[1:])
        assert data.attrs['total'] == total
        # the mask group belongs to its own tools
        assert 'mask' not in f
        return len(demos), total, sorted(f)


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'run.h5')
        subprocess.run([sys.argv[1], path, 'rows=57', 'episode=5',
                        'task=stack'], check=True)
        # 12 episodes: demo_10 comes before demo_2 in the file's own order
        assert check_rules(path) == (12, 57, ['data', 'raw'])
        h5rows.check_file(path)
        subprocess.run([sys.argv[1], path, 'rows=57'], check=True)
        names = ['action', 'data', 'observations', 'raw']
        assert check_rules(path) == (1, 57, names)
        # an ACT or ALOHA loader's view of the same file
        with h5py.File(path, 'r') as f:
            assert f['action'] == f['data/demo_0/actions']
            assert f['observations/front'] == f['data/demo_0/obs/front']
            assert list(f['observations/imu'].attrs['names']) == list('xyz')
            # nothing in it was live
            assert 'utc_of_zero' not in f['data/demo_0'].attrs
    print('robomimic\'s rules hold in files of 12 episodes and of one')


main()
