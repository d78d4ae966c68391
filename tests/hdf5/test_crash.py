# SPDX-License-Identifier: Apache-2.0
"""Ends or fails a recording at each of its writes in turn: at every one of
them, what was flushed is in the file, and nothing but true rows lies beyond.

By default a random fifth of the writes is tried; RC_CRASH_ALL=1 tries all."""
import os
import random
import subprocess
import sys
import tempfile

try:
    import h5py
    import h5rows
except ImportError as error:
    print(f'SKIP: {error}')
    sys.exit(77)

MODES = {'kill': 'writes', 'torn': 'writes', 'full': 'writes',
         'room': 'reservations'}


def record(path, mode, at):
    """What h5crash said: a dict with the last of each word."""
    out = subprocess.run([sys.argv[1], path, mode, str(at)], check=True,
                         capture_output=True, text=True).stdout
    said = {}
    for line in out.splitlines():
        word, _, rest = line.partition(' ')
        said[word] = rest
    return said


def check(path, mode, at, said):
    failed = mode in ('full', 'room')
    if failed:
        assert 'end' in said, 'a failure must not end the process'
        assert 'No space left' in said['error'], said
    if 'flushed' not in said:
        # the file was not even begun, or taken away again
        return 0
    flushed = int(said['flushed'])
    if failed and flushed == 0 and not os.path.exists(path):
        return 0
    rows, _ = h5rows.check_file(path)
    assert rows >= flushed, f'{flushed} rows flushed, {rows} read'
    return rows


def main():
    seed = int(os.environ.get('RC_SEED', random.randrange(1 << 32)))
    rng = random.Random(seed)
    everything = 'RC_CRASH_ALL' in os.environ
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'run.h5')
        whole = record(path, 'none', 0)
        assert h5rows.check_file(path) == (60, 180)
        with h5py.File(path) as f:
            assert 'action' not in f and 'observations' not in f
        print(f'seed {seed} (RC_SEED), {whole["writes"]} writes, '
              f'{whole["reservations"]} reservations')
        for mode, count in MODES.items():
            points = range(int(whole[count]))
            if not everything:
                points = sorted(rng.sample(points, max(len(points) // 12, 4)))
            rows = 0
            for at in points:
                try:
                    rows += check(path, mode, at, record(path, mode, at))
                except Exception:
                    print(f'{mode} at {count} {at}')
                    raise
            print(f'{mode}: {len(points)} points, {rows} rows read back')
            assert rows > 0


main()
