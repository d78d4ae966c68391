# SPDX-License-Identifier: Apache-2.0
"""Opens a recording with robomimic's own dataset class, in batches of torch.

RC_ROBOMIMIC_PYTHON names a Python that has robomimic and torch; without it the
Python that runs the test is tried. `pip install robomimic` brings both."""
import os
import subprocess
import sys
import tempfile

EPISODES = 'episode=20'
ROWS = 50


def read(path):
    """Runs where robomimic is installed."""
    import h5py
    import numpy as np
    import torch
    from robomimic.utils import file_utils, obs_utils
    from robomimic.utils.dataset import SequenceDataset

    obs_utils.initialize_obs_utils_with_obs_specs(
        {'obs': {'low_dim': ['imu'], 'rgb': ['front']}})
    print('h5py', h5py.__version__, 'torch', torch.__version__)
    print('environment:', file_utils.get_env_metadata_from_dataset(path))
    for cache in (None, 'low_dim', 'all'):
        data = SequenceDataset(
            hdf5_path=path, obs_keys=('imu', 'front'),
            dataset_keys=('actions',), seq_length=4, frame_stack=2,
            hdf5_cache_mode=cache, hdf5_use_swmr=True,
            # as imitation learning does: next_obs is for reinforcement
            # learning, as are rewards, which a recording does not have
            load_next_obs=False)
        assert data.n_demos == 3 and len(data) == ROWS, len(data)
        loader = torch.utils.data.DataLoader(data, batch_size=16)
        seen = 0
        for batch in loader:
            imu, front = batch['obs']['imu'], batch['obs']['front']
            actions = batch['actions']
            n = len(actions)
            # frame_stack - 1 rows before those of the sequence
            assert imu.shape == (n, 5, 3), imu.shape
            assert front.shape[:2] == (n, 5), front.shape
            assert actions.shape == (n, 5, 2), actions.shape
            # row i of h5writer: imu = i + 1 + c / 4, cmd = -(i + 1) - c / 2
            rows = np.arange(seen, seen + n)
            np.testing.assert_array_equal(imu[:, 1, 0].numpy(), rows + 1)
            np.testing.assert_array_equal(imu[:, 1, 1].numpy(), rows + 1.25)
            np.testing.assert_array_equal(actions[:, 1, 1].numpy(),
                                          -(rows + 1) - 0.5)
            pixels = front[:, 1].numpy()
            if pixels.max() <= 1:
                pixels = np.rint(pixels * 255)
            first = pixels.reshape(n, -1)[:, 0]
            np.testing.assert_array_equal(first, 1 + 7 * rows % 255)
            seen += n
        assert seen == ROWS
        print(f'hdf5_cache_mode={cache}: {data.n_demos} demonstrations, '
              f'{len(data)} sequences, front {tuple(front.shape[1:])} '
              f'{front.dtype}')
        print(data)


def main():
    python = os.environ.get('RC_ROBOMIMIC_PYTHON', sys.executable)
    found = subprocess.run([python, '-c', 'import robomimic, torch'],
                           capture_output=True, text=True)
    if found.returncode != 0:
        print(f'SKIP: {python}: {found.stderr.strip().splitlines()[-1]}; '
              'RC_ROBOMIMIC_PYTHON names a Python that has them')
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'run.h5')
        subprocess.run([sys.argv[1], path, f'rows={ROWS}', EPISODES], check=True,
                       stdout=subprocess.DEVNULL)
        subprocess.run([python, __file__, '--read', path], check=True)


if sys.argv[1] == '--read':
    read(sys.argv[2])
else:
    main()
