#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a user of librobocache gets: installs into a scratch folder, compiles every
# header alone as C and as C++, builds the C example with nothing but pkg-config's
# answer, and runs it.
#
#   test-install.sh SOURCE_ROOT BUILD_ROOT MESON
set -euo pipefail
source_root=$1 build_root=$2 meson=$3
for tool in pkg-config cc c++; do
  command -v "$tool" > /dev/null || { echo "SKIP: no $tool"; exit 77; }
done
dest=$(mktemp -d)
trap 'rm -rf "$dest"' EXIT
"$meson" install -C "$build_root" --destdir "$dest" --no-rebuild --quiet

pc=$(find "$dest" -name robocache.pc)
export PKG_CONFIG_PATH=${pc%/*} PKG_CONFIG_SYSROOT_DIR=$dest
read -ra cflags <<< "$(pkg-config --cflags robocache)"
read -ra libs <<< "$(pkg-config --libs robocache)"
echo "cflags: ${cflags[*]}"
echo "libs: ${libs[*]}"

warnings=(-Wall -Wextra -Wpedantic -Werror)
headers=0
while read -r header; do
  for language in c c++; do
    standard=c11
    [ "$language" = c ] || standard=c++11
    echo "#include \"$header\"" | cc -x "$language" -std=$standard \
      "${warnings[@]}" -fsyntax-only - || { echo "FAIL: $header as $language"
      exit 1; }
  done
  headers=$((headers + 1))
done < <(find "$dest" -path '*/include/robocache/*.h')
echo "$headers headers compile alone as C and C++"
[ "$headers" -ge 6 ]

cc -std=c11 "${warnings[@]}" "${cflags[@]}" \
  "$source_root/examples/c-core/resample.c" "${libs[@]}" -o "$dest/example"
library=$(find "$dest" -name 'librobocache.so')
LD_LIBRARY_PATH=${library%/*}${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} \
  "$dest/example" > "$dest/table"
cat "$dest/table"
# a header and 12 ticks, of which the joints miss those in their gap
[ "$(wc -l < "$dest/table")" = 13 ]
grep -q missing "$dest/table"
grep -q interpolated "$dest/table"
