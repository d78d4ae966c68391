#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# GST_TRACERS=rcmetrics as one types it: the table on stderr, the record in the
# log, and what remains at gst_deinit ().
set -euo pipefail
failed=0
check() { if grep -qE "$2" <<< "$out"; then echo "ok: $1"; else
  printf 'FAILED: %s: nothing matches %s in:\n%s\n' "$1" "$2" "$out"; failed=1; fi; }

out=$(GST_TRACERS="rcmetrics(elements=rc*)" GST_DEBUG=GST_TRACER:7 GST_DEBUG_NO_COLOR=1 \
  timeout 60 gst-launch-1.0 -q rctestsrc kind=imu num-buffers=200 name=a ! \
  rcresample rate=100/1 name=b ! fakesink name=c 2>&1)
check 'head' '^element +work +count +cpu mean'
check 'source' '^a +loop +199 '
check 'input of an aggregator' '^b +chain +200 '
check 'output of an aggregator' '^b +loop +99 '
check 'record' 'rc-processing-time, element=\(string\)b, work=\(string\)loop, count=\(guint64\)99, cpu-mean='
if grep -qE '^c ' <<< "$out"; then echo "FAILED: c is not rc*"; failed=1; fi

# what never printed, since no outermost bin of it went to NULL
out=$(GST_TRACERS=rcmetrics timeout 60 /usr/bin/python3 - 2>&1 << 'P'
import os
import threading
import gi
gi.require_version('Gst', '1.0')
from gi.repository import Gst
Gst.init(None)
box = Gst.Bin()
src, sink = (Gst.ElementFactory.make('fake' + n, n) for n in ('src', 'sink'))
seen, all_seen = [], threading.Event()

def on_handoff(*_args):
    seen.append(1)
    if len(seen) == 7:
        all_seen.set()

src.props.num_buffers = 7
sink.props.signal_handoffs = True
sink.connect('handoff', on_handoff)
for element in (src, sink):
    box.add(element)
src.link(sink)
sink.set_state(Gst.State.PLAYING)
src.set_state(Gst.State.PLAYING)
all_seen.wait(30)
src.set_state(Gst.State.NULL)
sink.set_state(Gst.State.NULL)
print('deinit', flush=True)
Gst.deinit()
os._exit(0)
P
)
check 'at gst_deinit' '^sink +chain +7 '
if [ "$(grep -nE '^(deinit|sink )' <<< "$out" | cut -d : -f 2 | cut -c 1-4 | paste -sd,)" != dein,sink ]
then echo "FAILED: not printed at gst_deinit: $out"; failed=1; fi
exit $failed
