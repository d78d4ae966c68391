# SPDX-License-Identifier: Apache-2.0
"""Kills a recording with SIGKILL at random moments: all that was flushed is
read by plain h5py, row by row, and nothing but true rows lies beyond."""
import os
import random
import subprocess
import sys
import tempfile

try:
    import h5rows
except ImportError as error:
    print(f'SKIP: {error}')
    sys.exit(77)

KILLS = int(os.environ.get('RC_KILLS', 40))


def record_and_kill(rng, path, options):
    """Returns the number of rows that the writer knew to be flushed."""
    writer = subprocess.Popen([sys.argv[1], path, *options],
                              stdout=subprocess.PIPE, text=True)
    first = writer.stdout.readline()        # the recording has begun
    assert first.startswith('flushed '), first
    try:
        writer.wait(timeout=rng.uniform(0, 0.1))
        raise AssertionError('the writer ended by itself')
    except subprocess.TimeoutExpired:
        writer.kill()
    text = first + writer.stdout.read()
    writer.wait()
    # a last line without its end was cut by the kill
    lines = text[:text.rfind('\n')].split('\n')
    assert all(line.startswith('flushed ') for line in lines), lines
    return int(lines[-1].split()[1])


def main():
    seed = int(os.environ.get('RC_SEED', random.randrange(1 << 32)))
    print(f'seed {seed} (RC_SEED), {KILLS} kills (RC_KILLS)')
    rng = random.Random(seed)
    total = beyond = 0
    with tempfile.TemporaryDirectory() as folder:
        for kill in range(KILLS):
            path = os.path.join(folder, 'run.h5')
            options = [f'interval={rng.choice([1, 1, 3, 20])}',
                       f'episode={rng.choice([0, 20, 100])}',
                       f'compression={rng.choice([0, 0, 1])}']
            flushed = record_and_kill(rng, path, options)
            try:
                rows, _ = h5rows.check_file(path)
            except Exception:
                print(f'kill {kill}, {options}, flushed {flushed}')
                raise
            assert rows >= flushed, \
                f'kill {kill}, {options}: {flushed} flushed, {rows} read'
            total += flushed
            beyond += rows - flushed
    print(f'{total} flushed rows read back, and {beyond} true rows beyond')
    assert total > 0


main()
