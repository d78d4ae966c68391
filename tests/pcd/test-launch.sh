#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# rcpcdparse in gst-launch-1.0 lines, as one types them: series by multifilesrc,
# one file by filesrc, raw points in pieces and joined by concat. Lines that end in
# an error are not here but in test-rcpcdparse-bad: gst-launch-1.0 of 1.22 at times
# never returns when any element (wavparse, identity error-after=1) posts an error
# while it still waits for the pipeline to preroll.
set -euo pipefail
for element in multifilesrc filesrc concat fakesink; do
  gst-inspect-1.0 --exists "$element" || { echo "SKIP: no element $element"; exit 77; }
done
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
failed=0

# launch NAME WANT PIPELINE...: WANT has a line "size pts duration" per scan, then
# what the output must mention
launch() {
  local name=$1 want=$2 mention=$3 out got status=0
  shift 3
  out=$(timeout 60 gst-launch-1.0 -v "$@" ! fakesink silent=false 2>&1) || status=$?
  got=$(sed -nE 's/.*chain .*\(([0-9]+) bytes,.* pts: ([^,]+), duration: ([^,]+),.*/\1 \2 \3/p' \
    <<< "$out")
  if [ $status = 0 ] && [ "$got" = "$want" ] && [[ $out == *$mention* ]]; then
    echo "ok: $name"
  else
    printf 'FAILED: %s (exit status %s)\nwanted:\n%s\n%s\ngot:\n%s\n%s\n' "$name" "$status" "$want" "$mention" "$got" "$out"
    failed=1
  fi
}

header() {
  printf '# .PCD v0.7\nVERSION 0.7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\n'
  printf 'COUNT 1 1 1\nWIDTH %d\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS %d\nDATA %s\n' "$1" "$1" "$2"
}
{ header 2 ascii; printf '1 2 3\nnan 5 6\n'; } > scan-000.pcd
{ header 3 binary; head -c 36 /dev/zero; } > scan-001.pcd
{ header 1000000000 binary; head -c 36 /dev/zero; } > scan-002.pcd
header 0 binary > scan-003.pcd
# LZF: 12 zero bytes as one literal and one copy of 11
{ header 1 binary_compressed; printf '\005\0\0\0\014\0\0\0\0\0\340\002\0'; } > scan-004.pcd

launch 'series by rate, one bad file in it' \
'24 0:00:00.000000000 0:00:00.050000000
36 0:00:00.050000000 0:00:00.050000000
0 0:00:00.150000000 0:00:00.050000000
12 0:00:00.200000000 0:00:00.050000000' \
  'Dropped scan 2, at byte 0 of its file: POINTS 1000000000 of 12 bytes' \
  multifilesrc location=scan-%03d.pcd ! rcpcdparse rate=20/1

printf '5000000000\n5100000001\n5200000000\n5300000000\n5400000000\n' > times.txt
launch 'series by a file of times' \
'24 0:00:00.000000000 none
36 0:00:00.100000001 none
0 0:00:00.300000000 none
12 0:00:00.400000000 none' \
  'framerate=(fraction)0/1' \
  multifilesrc location=scan-%03d.pcd ! rcpcdparse times-file=times.txt time-origin=5000000000

launch 'rate of the source' \
'24 0:00:00.000000000 0:00:00.250000000
36 0:00:00.250000000 0:00:00.250000000' \
  'framerate=(fraction)4/1' \
  multifilesrc location=scan-%03d.pcd stop-index=1 caps=application/x-pcd,framerate=4/1 ! rcpcdparse
launch 'a rate that was set goes before it' '24 0:00:00.000000000 0:00:00.500000000' \
  'framerate=(fraction)2/1' \
  multifilesrc location=scan-%03d.pcd stop-index=0 caps=application/x-pcd,framerate=4/1 ! \
  rcpcdparse rate=2/1

cat scan-000.pcd scan-001.pcd scan-004.pcd > all.pcd
launch 'several in one file, in small pieces' \
'24 0:00:00.000000000 0:00:00.100000000
36 0:00:00.100000000 0:00:00.100000000
12 0:00:00.200000000 0:00:00.100000000' \
  'fields=(string)"x:f32:0:1' \
  filesrc location=all.pcd blocksize=17 ! rcpcdparse

head -c 4800 /dev/zero > 000.bin
head -c 1600 /dev/zero > 001.bin
: > 002.bin
launch 'raw series' \
'4800 0:00:00.000000000 0:00:00.100000000
1600 0:00:00.100000000 0:00:00.100000000
0 0:00:00.200000000 0:00:00.100000000' \
  'intensity:f32:12:1' \
  multifilesrc location=%03d.bin ! rcpcdparse
launch 'a raw file in pieces' '4800 0:00:00.000000000 0:00:00.100000000' 'point-step=(int)24' \
  filesrc location=000.bin blocksize=100 ! rcpcdparse point-step=24 fields=x:f64:0,y:f64:8,z:f64:16
launch 'raw files joined by concat' \
'4800 0:00:00.000000000 0:00:00.100000000
1600 0:00:00.100000000 0:00:00.100000000' \
  'point-step=(int)16' \
  concat name=c filesrc location=000.bin ! c. filesrc location=001.bin ! c. c. ! rcpcdparse format=raw

launch 'an empty file' '' 'ended without a scan' filesrc location=002.bin ! rcpcdparse
exit $failed
