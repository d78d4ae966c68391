# SPDX-License-Identifier: Apache-2.0
"""The same as test-go2.py on generated logs: irregular, with loss, bursts,
gaps, rows on the very tick, duplicates, times that go back, and quaternions
whose signs flip."""
import sys
import tempfile

import aligned
import logs


def main():
    with tempfile.TemporaryDirectory() as folder:
        ok = aligned.run_cases(logs.generated(folder),
                               logs.generated_seconds(folder))
    return 0 if ok else 1


sys.exit(main())
