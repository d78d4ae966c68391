#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds, runs every test. The last line is
# "N passed, N failed, N skipped"; the exit status is 0 when at least one test
# ran and none failed.
#
#   tests/run.sh [ARGUMENT…]     arguments go to `meson test`: a suite, a test
#
#   RC_BUILD        the build directory (default: build)
#   RC_SETUP_ARGS   arguments for `meson setup`, when that directory is new
#   RC_TEST_DATA    folder with real recordings (default: shared/data beside the
#                   project); tests that want them skip without it
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build=${RC_BUILD:-build}
tests/tools/install-deps --test
if [ ! -e "$build/build.ninja" ]; then
  read -ra setup_args <<< "${RC_SETUP_ARGS:-}"
  meson setup "$build" "${setup_args[@]}"
fi
if [ -n "${RC_TEST_DATA:-}" ]; then
  meson configure "$build" -Dtest-data="$(realpath -m "$RC_TEST_DATA")"
fi
ninja -C "$build"

log=$build/meson-logs/testlog.json
rm -f "$log"
status=0
# a slow or loaded machine is no failure, a hang is: three times the usual limits
meson test -C "$build" --no-rebuild --print-errorlogs --timeout-multiplier 3 \
  "$@" || status=$?
tests/tools/mesontests summary "$log" || status=$?
exit "$status"
