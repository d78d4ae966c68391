# SPDX-License-Identifier: Apache-2.0
"""The Go2's five logs and the xio IMU, aligned, against scipy and pandas."""
import sys

import aligned
import logs
from reference import Stream


def main():
    go2 = logs.go2()
    xio = logs.xio()
    # what the recordings are known for, so that the right files are compared
    streams = {name: Stream(log, "previous") for name, log in go2.items()}
    common = aligned.grid(streams, "common")
    union = aligned.grid(streams, "all")
    assert 3697 <= len(common) <= 3699, len(common)     # 36.98 s
    assert 5297 <= len(union) <= 5299, len(union)       # 52.98 s
    return 0 if aligned.run_cases(go2, xio) else 1


sys.exit(main())
