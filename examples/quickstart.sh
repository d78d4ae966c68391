#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds, aligns sensor streams and shows the result.
#
#   examples/quickstart.sh                a synthetic robot, 10 s: camera 30 Hz,
#                                         joints 500 Hz with jitter and 2 %
#                                         loss, force 1 kHz with half a second
#                                         of silence, LiDAR 10 Hz, commands
#   examples/quickstart.sh --live         the same in real time
#   examples/quickstart.sh LOG.csv …      your own logs; settings follow a file:
#       examples/quickstart.sh --rate 100/1 imu.csv time-unit=ns vicon.csv
#
# Writes aligned.h5 and aligned.png into the current folder.
# RC_BUILD is the build directory (default: build, beside examples).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${RC_BUILD:-$root/build}
[ "${build#/}" != "$build" ] || build=$PWD/$build
live=
case "${1:-}" in
  -h | --help) sed -n '3,14s/^# \{0,1\}//p' "$0"; exit ;;
  --live) live='is-live=true '; shift ;;
esac
if [ -n "$live" ] && [ $# -gt 0 ]; then
  echo "quickstart: --live goes with the synthetic robot, not with: $*" >&2
  exit 2
fi

bold= plain=
if [ -t 1 ]; then bold=$'\033[1m' plain=$'\033[0m'; fi
step () { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }

step "1/4  what is missing is installed"
"$root/tests/tools/install-deps" --run
echo "all there"

step "2/4  build"
if [ ! -e "$build/build.ninja" ]; then
  meson setup "$build" "$root" --buildtype=release
fi
ninja -C "$build"
if [ ! -e "$build/gst/hdf5/libgstrchdf5.so" ]; then
  # a build from before libhdf5 was there
  meson setup --reconfigure "$build" "$root" -Dhdf5=enabled
  ninja -C "$build"
fi
plugins=$build/gst/robocache:$build/gst/hdf5
export GST_PLUGIN_PATH=$plugins${GST_PLUGIN_PATH:+:$GST_PLUGIN_PATH}

if [ $# -gt 0 ]; then
  step "3/4  align your logs"
  python3=/usr/bin/python3
  "$python3" "$root/examples/align_logs.py" --plugins "$plugins" \
    --output aligned.h5 "$@"
  step "4/4  report"
  "$python3" "$root/examples/report.py" aligned.h5 --plot aligned.png
  exit
fi

step "3/4  align a synthetic robot"
s10="${live}duration=10000000000"
line="gst-launch-1.0 -e rcfusemux name=m rate=50/1 sink_action::role=action \\
  ! progressreport update-freq=1 ! rchdf5sink name=rec location=aligned.h5 \\
    overwrite=true \\
  videotestsrc ${live}pattern=ball num-buffers=300 \\
    ! video/x-raw,format=RGB,width=96,height=72,framerate=30/1 \\
    ! tee name=c   c. ! queue ! m.sink_camera   c. ! queue ! rec.raw_camera \\
  rctestsrc kind=joints rate=500/1 jitter=0.9 loss=0.02 $s10 \\
    ! tee name=j   j. ! queue ! m.sink_joints   j. ! queue ! rec.raw_joints \\
  rctestsrc kind=force rate=1000/1 jitter=0.9 \\
    dead-from=6000000000 dead-until=6500000000 $s10 \\
    ! tee name=f   f. ! queue ! m.sink_force   f. ! queue ! rec.raw_force \\
  rctestsrc kind=lidar rate=10/1 jitter=0.2 points=8192 $s10 \\
    ! rcvoxelize voxel-size=0.2 min=-5,-4,-1.4 max=5,4,1.4 \\
    ! tee name=l   l. ! queue ! m.sink_lidar   l. ! queue ! rec.raw_lidar \\
  rctestsrc kind=command rate=50/1 jitter=0.5 $s10 \\
    ! tee name=a   a. ! queue ! m.sink_action   a. ! queue ! rec.raw_action"
printf 'export GST_PLUGIN_PATH=%q\n' "$plugins"
printf '%s\n\n' "$line"
eval "$line"
printf '\naligned.h5: %s bytes\n' "$(stat -c %s aligned.h5)"

step "4/4  report"
/usr/bin/python3 "$root/examples/report.py" aligned.h5 --truth --plot aligned.png
