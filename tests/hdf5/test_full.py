# SPDX-License-Identifier: Apache-2.0
"""Fills a small file system: an error that says so, and a file that ends at a
whole, true row, with and without a reserve. Needs the right to mount a tmpfs."""
import os
import shutil
import subprocess
import sys
import tempfile

try:
    import h5rows
except ImportError as error:
    print(f'SKIP: {error}')
    sys.exit(77)

SIZE = 4 << 20


def fill(path, options):
    out = subprocess.run([sys.argv[1], path, *options], text=True,
                         capture_output=True)
    print('\n'.join(out.stdout.splitlines()[-2:]))
    lines = out.stdout.splitlines()
    assert out.returncode == 1, out
    assert 'No space left' in lines[-1], out
    assert lines[-1].startswith('error gst-resource-error-quark 14:'), out
    flushed = int([line for line in lines if line.startswith('flushed ')]
                  [-1].split()[1])
    rows, _ = h5rows.check_file(path)
    assert rows >= flushed > 0, (rows, flushed)
    return rows


def main():
    folder = tempfile.mkdtemp()
    if subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={SIZE}', 'tmpfs',
                       folder], capture_output=True).returncode != 0:
        os.rmdir(folder)
        print('SKIP: a tmpfs cannot be mounted here (needs root)')
        sys.exit(77)
    path = os.path.join(folder, 'run.h5')
    try:
        for options in (['reserve=1048576'], ['reserve=0'],
                        ['reserve=0', 'interval=1', 'episode=50'],
                        ['reserve=0', 'compression=1', 'interval=5']):
            rows = fill(path, options)
            left = shutil.disk_usage(folder).free
            print(f'{options}: {rows} rows, {left} bytes left')
            if options == ['reserve=1048576']:
                # most of what is not reserved is used
                assert 1 << 20 <= left < 2 << 20, left
            os.unlink(path)
        # larger than the file system: not even begun, and nothing is left
        out = subprocess.run([sys.argv[1], path, f'reserve={2 * SIZE}'],
                             text=True, capture_output=True)
        assert out.returncode == 1 and 'No space left' in out.stdout, out
        assert not os.path.exists(path)
    finally:
        subprocess.run(['umount', folder], check=True)
        os.rmdir(folder)


main()
