#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A live pipeline, the messages that it posts, and its stats at the end.

Joints at 500 Hz with jitter and loss, and an IMU that dies after two seconds, aligned
at 50 Hz for four seconds. Needs Debian's python3-gi and the plugins (run it in
`meson devenv -C build`, or after an installation).
"""
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

LINE = ("rcfusemux name=m rate=50/1 ! fakesink sync=false "
        "rctestsrc kind=joints is-live=true jitter=0.3 loss=0.02 ! m.sink_joints "
        "rctestsrc kind=imu is-live=true dead-from=2000000000 ! m.sink_imu")
SHOWN = ("in", "used", "unused", "dropped", "late", "queued", "out", "measured", "interpolated",
         "held", "missing", "deadlines", "dead", "rate", "latency-p50", "latency-p99")


def on_message(bus, message, loop):
    if message.type == Gst.MessageType.ERROR:
        print(*message.parse_error(), file=sys.stderr)
        loop.quit()
    elif message.type == Gst.MessageType.ELEMENT:
        print(message.get_structure().to_string())


def main():
    Gst.init(None)
    pipeline = Gst.parse_launch(LINE)
    loop = GLib.MainLoop()
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", on_message, loop)
    pipeline.set_state(Gst.State.PLAYING)
    GLib.timeout_add_seconds(4, loop.quit)
    loop.run()
    mux = pipeline.get_by_name("m")
    stats = mux.get_property("stats")
    print(f"outputs: {stats.get_value('out')}, from tick to output p50 "
          f"{stats.get_value('latency-p50') / 1e6:.2f} ms")
    for pad in mux.sinkpads:
        s = pad.get_property("stats")
        print(f"{pad.get_name()}:",
              ", ".join(f"{name} {s.get_value(name)}" for name in SHOWN if s.has_field(name)))
    pipeline.set_state(Gst.State.NULL)


if __name__ == "__main__":
    main()
