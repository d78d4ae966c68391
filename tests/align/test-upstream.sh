#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Pipelines as one types them, with elements of others in front of the mux that
# hold back, drop, copy, retime or switch what passes: none may hang, end early or
# lose ticks. What came out is counted by the tracer; all run at the same time.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
names=() failed=0 skipped=0

# run NAME LEAST MOST PIPELINE…: from LEAST to MOST buffers reach the sink "end".
# With `interrupt` a number of seconds, it does not end by itself, but by Ctrl-C then.
run() {
  local name=$1 least=$2 most=$3 word missing=
  shift 3
  # shellcheck disable=SC2048  # the words of a pipeline, here and below
  for word in $*; do
    case $word in
      *[!a-z0-9]*) ;;
      rtp* | matroska* | videorate | valve | *selector | tee | queue | multiqueue | concat)
        gst-inspect-1.0 --exists "$word" || missing+=" $word" ;;
    esac
  done
  if [ -n "$missing" ]; then
    echo "SKIP: $name: not installed:$missing"; skipped=$((skipped + 1)); return
  fi
  names+=("$name:$least:$most")
  (
    status=0
    # shellcheck disable=SC2086,SC2048
    # (--foreground: otherwise timeout signals itself too, which comes as a second Ctrl-C)
    GST_TRACERS="rcmetrics(elements=end)" timeout -k 40 ${interrupt:+--foreground --preserve-status -s INT} \
      "${interrupt:-40}" gst-launch-1.0 -q $* \
      > "$tmp/$name.log" 2>&1 || status=$?
    echo "$status" > "$tmp/$name.status"
  ) &
}

joints='rctestsrc kind=joints rate=200/1 num-buffers=300 is-live=true'
imu='rctestsrc kind=imu rate=100/1 num-buffers=150 is-live=true'
camera='videotestsrc is-live=true num-buffers=45 ! video/x-raw,format=RGB,width=32,height=24,framerate=30/1'
mux='rcfusemux name=m rate=50/1 ! fakesink name=end sync=true'
mux_optional='rcfusemux name=m rate=50/1 sink_camera::required=false ! fakesink name=end sync=true'
fast_joints='rctestsrc kind=joints rate=200/1 num-buffers=3000'
fast_camera='videotestsrc num-buffers=450 ! video/x-raw,format=RGB,width=32,height=24,framerate=30/1'
fast_mux='rcfusemux name=m rate=50/1 ! fakesink name=end'

# 1.5 s live are 75 ticks. The first may not be common to all; and ticks go on until
# the last stream has said that it ends, which a busy machine makes it say late: there
# the most is what no run has.

# the raw stream is used elsewhere, at another pace
run tee 70 1500 "$mux $imu ! tee name=t ! queue ! fakesink sync=true t. ! queue ! m.sink_imu $joints ! m.sink_joints"
run tee-unqueued 70 1500 "$mux $imu ! tee name=t t. ! m.sink_a t. ! m.sink_b"
run tee-at-rest 740 751 "$fast_mux $fast_joints ! tee name=t t. ! m.sink_a t. ! m.sink_b"
# two ways to one mux, one of them longer
run tee-diamond 740 751 "$fast_mux $fast_joints ! tee name=t t. ! queue ! rcresample rate=100/1 ! queue ! m.sink_slow t. ! queue ! m.sink_fast"

run queue 70 1500 "$mux $camera ! queue max-size-buffers=1 leaky=downstream ! m.sink_camera $joints ! queue ! m.sink_joints"
run queue-delay 66 1500 "$mux $camera ! queue min-threshold-time=100000000 ! m.sink_camera $joints ! m.sink_joints"
run multiqueue 70 1500 "$mux multiqueue name=q $camera ! q. $joints ! q. q. ! m.sink_camera q. ! m.sink_joints"

run videorate 68 1500 "$mux $camera ! videorate ! video/x-raw,framerate=15/1 ! m.sink_camera $joints ! m.sink_joints"
run videorate-up 740 751 "$fast_mux $fast_camera ! videorate ! video/x-raw,framerate=200/1 ! m.sink_camera $fast_joints ! m.sink_joints"
run videorate-drop 70 1500 "$mux $camera ! videorate drop-only=true max-rate=10 ! m.sink_camera $joints ! m.sink_joints"

# a stream that is shut off says nothing, not even EOS, or GAPs; the others go on
interrupt=4 run valve 70 1500 "$mux_optional $camera ! valve drop=true ! m.sink_camera $joints ! m.sink_joints"
run valve-sticky 70 1500 "$mux_optional $camera ! valve drop=true drop-mode=forward-sticky-events ! m.sink_camera $joints ! m.sink_joints"
run valve-gap 70 1500 "$mux_optional $camera ! valve drop=true drop-mode=transform-to-gap ! m.sink_camera $joints ! m.sink_joints"

run selector 68 1500 "$mux input-selector name=s $imu ! s. rctestsrc kind=imu rate=50/1 num-buffers=75 is-live=true seed=2 ! s. s. ! m.sink_imu $joints ! m.sink_joints"
run selector-sync 68 1500 "$mux input-selector name=s sync-streams=true sync-mode=clock $imu ! s. rctestsrc kind=imu rate=50/1 num-buffers=75 is-live=true seed=2 ! s. s. ! m.sink_imu $joints ! m.sink_joints"
# one after the other: the second is live all the time, and its first buffers late
run concat 140 1500 "$mux concat name=c $imu ! c. $imu ! c. c. ! m.sink_imu $joints ! m.sink_joints"

# as from WebRTC: RTP through a jitter buffer, and a pad that comes late
run rtp 60 1500 "$mux videotestsrc is-live=true num-buffers=45 ! video/x-raw,format=RGB,width=16,height=16,framerate=30/1 ! rtpvrawpay ! rtpjitterbuffer latency=100 ! rtpvrawdepay ! m.sink_camera $joints ! m.sink_joints"
run rtpbin 40 1500 "$mux_optional rtpbin name=r latency=50 videotestsrc is-live=true num-buffers=45 ! video/x-raw,format=RGB,width=16,height=16,framerate=30/1 ! rtpvrawpay ! r.recv_rtp_sink_0 r. ! rtpvrawdepay ! m.sink_camera $joints ! m.sink_joints"

# one thread feeds two pads without a queue between
if gst-inspect-1.0 --exists matroskamux && gst-inspect-1.0 --exists matroskademux; then
  timeout 40 gst-launch-1.0 -q matroskamux name=k ! filesink location="$tmp/two.mkv" \
    videotestsrc num-buffers=300 ! video/x-raw,format=RGB,width=16,height=16,framerate=30/1 ! k. \
    videotestsrc num-buffers=1000 ! video/x-raw,format=RGB,width=16,height=16,framerate=100/1 ! k.
  run demuxer 490 502 "$fast_mux filesrc location=$tmp/two.mkv ! matroskademux name=d d.video_0 ! m.sink_a d.video_1 ! m.sink_b"
else
  echo "SKIP: demuxer: not installed: matroskamux matroskademux"; skipped=$((skipped + 1))
fi
# a recording beside a live sensor
run mixed 70 1500 "$mux rctestsrc kind=imu rate=100/1 num-buffers=150 ! m.sink_recorded $joints ! m.sink_joints"

wait
for entry in "${names[@]}"; do
  IFS=: read -r name least most <<< "$entry"
  status=$(cat "$tmp/$name.status")
  n=$(sed -nE 's/^end +chain +([0-9]+) .*/\1/p' "$tmp/$name.log")
  if [ "$status" = 0 ] && [ "${n:-0}" -ge "$least" ] && [ "$n" -le "$most" ]; then
    echo "ok: $name: $n ticks"
  else
    echo "FAILED: $name: status $status, ${n:-no} ticks, not $least to $most"
    tail -n 8 "$tmp/$name.log"
    failed=$((failed + 1))
  fi
done
echo "${#names[@]} pipelines, $failed failed, $skipped skipped"
exit $((failed > 0))
