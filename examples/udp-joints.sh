#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Joint positions over UDP into a pipeline.
#
#   examples/udp-joints.sh [ROWS [PORT]]       default: 200 rows, port 5005
#
# A sender, here a few lines of Python that play the robot, sends one datagram
# per reading: its own clock in microseconds and six joint angles in radians,
#
#   1200,0.1000,0.2014,-0.3120,0.0000,1.5708,0.0250
#
# udpsrc stamps each datagram with its arrival. rccsvparse takes the first
# column as the time (time-unit says so; without it the column would be a value
# and the rows would keep their arrival times): the first row is pinned to its
# arrival, and later rows keep the sender's own distances, so that the jitter of
# the network is not in the times. A datagram needs no newline; a lost one is a
# missing row, nothing else.
#
# The pipeline stops by itself after ROWS rows (fakesink's num-buffers), and the
# script prints what was inferred, the caps and the time of each row. In real use
# put `! queue ! m.sink_joints` in the place of fakesink.
#
# Run it inside `meson devenv -C build`, or set GST_PLUGIN_PATH.
set -euo pipefail
rows=${1:-200}
port=${2:-5005}

command -v gst-launch-1.0 >/dev/null || { echo "gst-launch-1.0 is not installed" >&2; exit 1; }
gst-inspect-1.0 rccsvparse >/dev/null || {
  echo "rccsvparse was not found: run this inside 'meson devenv -C build'" >&2; exit 1; }

# The sender goes on until this script ends it.
python3 - "$port" <<'PY' &
import math, socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
start = time.monotonic()
k = 0
while True:
    k += 1
    t = k / 500                                  # 500 readings a second
    time.sleep(max(0, start + t - time.monotonic()))
    q = [0.5 * math.sin(2 * math.pi * (0.2 + 0.1 * j) * t) for j in range(6)]
    row = f"{k * 2000}," + ",".join(f"{x:.4f}" for x in q)
    try:
        s.sendto(row.encode(), ("127.0.0.1", int(sys.argv[1])))
    except ConnectionError:                      # nobody listens yet, or any more
        pass
PY
sender=$!
trap 'kill $sender 2>/dev/null || true' EXIT

pipeline=(udpsrc address=127.0.0.1 port="$port"
  ! rccsvparse name=csv time-unit=us names=hip_l,knee_l,ankle_l,hip_r,knee_r,ankle_r
  ! fakesink name=rows sync=false silent=false num-buffers="$rows")
echo "gst-launch-1.0 ${pipeline[*]}"
timeout 60 gst-launch-1.0 -m -v "${pipeline[@]}" | sed -nE '
  s/.*\(element\): (rc-csv-inferred.*)/\1/p
  s/.*csv.GstPad:src: caps = /caps: /p
  s/.*last-message = chain.*\((.* bytes), .*pts: ([0-9:.]+),.*/row at \2, \1/p
  /^(Got EOS from element "pipeline0"|ERROR)/p'
