# SPDX-License-Identifier: Apache-2.0
"""gst-launch-1.0: a Ctrl-C without -e leaves a complete file, and raw pads lie
beside an aligner that starts late on the same sources."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy as np
except ImportError as error:
    print(f'SKIP: {error}')
    sys.exit(77)
if not shutil.which('gst-launch-1.0'):
    print('SKIP: there is no gst-launch-1.0 (gstreamer1.0-tools)')
    sys.exit(77)


def interrupt(folder):
    path = os.path.join(folder, 'live.h5')
    launch = subprocess.Popen(
        ['gst-launch-1.0', '-m', 'rctestsrc', 'kind=joints', 'rate=500/1',
         'is-live=true', '!', 'tee', 'name=t', '!', 'queue', '!',
         'rcresample', 'rate=100/1', '!', 'rchdf5sink', 'name=r',
         'flush-interval=60', f'location={path}', 't.', '!', 'queue', '!',
         'r.raw_joints'], stdout=subprocess.PIPE, text=True)
    flushed = 0
    for line in launch.stdout:
        if 'rchdf5sink-flushed' in line and 'rows=(guint64)' in line:
            flushed = int(line.split('rows=(guint64)')[1].split(',')[0])
            if flushed > 20:
                launch.send_signal(signal.SIGINT)
                break
    launch.communicate(timeout=60)
    with h5py.File(path, 'r') as f:
        demo = f['data/demo_0']
        n = demo.attrs['num_samples']
        assert n >= flushed > 20, (n, flushed)
        # complete: the counts agree, and the links of the end are there
        assert f['data'].attrs['total'] == n == len(demo['time'])
        assert f['observations'] == demo['obs']
        time = demo['time'][()]
        assert (np.diff(time) == 10000000).all(), np.diff(time)
        raw = f['raw/joints']
        assert len(raw['time']) == len(raw['values']) > n
        assert abs(int(demo.attrs['utc_of_zero']) / 1e9
                   - os.stat(path).st_mtime) < 3600
    print(f'interrupted: {n} rows, {len(time)} times')


def late_aligner(folder):
    """Logs of 10 s and of the last second: raw samples flow while the aligner
    has nothing yet."""
    path = os.path.join(folder, 'late.h5')
    early = os.path.join(folder, 'early.csv')
    late = os.path.join(folder, 'late.csv')
    with open(early, 'w') as f:
        f.writelines(f'{i * 1000000},{i}\n' for i in range(10000))
    with open(late, 'w') as f:
        f.writelines(f'{9000000000 + i * 10000000},{i}\n' for i in range(100))
    subprocess.run(
        ['gst-launch-1.0', '-q', 'rcfusemux', 'name=m', 'rate=100/1', '!',
         'rchdf5sink', 'name=r', f'location={path}',
         'filesrc', f'location={early}', '!', 'rccsvparse', 'time-unit=ns',
         '!', 'tee', 'name=t', 't.', '!', 'queue', '!', 'm.sink_early',
         't.', '!', 'queue', '!', 'r.raw_early',
         'filesrc', f'location={late}', '!', 'rccsvparse', 'time-unit=ns',
         '!', 'm.sink_late'], check=True, timeout=60)
    with h5py.File(path, 'r') as f:
        assert len(f['raw/early/time']) == 10000
        assert (f['raw/early/values'][:, 0] == np.arange(10000)).all()
        demo = f['data/demo_0']
        time = demo['time'][()]
        assert time[0] == 9000000000 and time[-1] == 9990000000, time
        assert (demo['obs/early'][:, 0] == time // 1000000).all()
        assert (demo['valid/late'][()] == 1).all()
        assert (demo['skew/early'][()] == 0).all()
    print(f'late: {len(time)} rows beside 10000 raw samples')


def main():
    with tempfile.TemporaryDirectory() as folder:
        interrupt(folder)
        late_aligner(folder)


main()
