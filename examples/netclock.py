#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two hosts on one clock: a robot sends rows of a sensor over UDP, a second host
aligns them with a sensor of its own.

  on the robot:        netclock.py robot --to STATION:5006
  on the other host:   netclock.py station --clock ROBOT:5005

The robot serves its pipeline clock (GstNetTimeProvider, UDP port 5005) and sends
each reading as one datagram of text, "TIME,ANGLE", TIME being that clock in ns.
The station's pipeline runs on a GstNetClientClock of the robot's, with base time 0
on both sides: then the clock's time is the running time on both hosts, and rows
need no mapping at all. Its pipeline is printed; rccsvparse with
time-mapping=keep makes TIME the PTS.

Why text over UDP: a row is whole or lost, never half; its time is exact in int64;
a microcontroller can send it; and it needs nothing but plugins-base and -good.
RTP carries 32 bits of time, to be completed by RTCP; GDP over TCP blocks the
robot when the network does.

Both sensors read the angle of one wheel that turns at 1 rad/s. Here it is this
machine's CLOCK_MONOTONIC, so run both on one machine (network namespaces share
it); the robot's clock can be made a wrong one with --clock-ppm and
--clock-offset. The difference of the two aligned angles is then the error of the
alignment: 1 urad = 1 us. The station prints it and stops after --ticks.

Needs python3-gi and gir1.2-gstreamer-1.0, and a shell of `meson devenv -C build`.
Exit status: 0; 1 with a reason when the clock cannot be reached or no ticks come;
77 when GStreamer's Python or net library is not there.
"""
import argparse
import socket
import statistics
import struct
import sys
import threading
import time

try:
    import gi
    gi.require_version("Gst", "1.0")
    gi.require_version("GstNet", "1.0")
    from gi.repository import GObject, Gst, GstNet
except (ImportError, ValueError) as missing:
    print(f"SKIP: {missing}")
    sys.exit(77)

SECOND = 1000000000


def fail(text):
    print(f"netclock: {text}", file=sys.stderr)
    sys.exit(1)


def address(text):
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return host, int(port)


def read_wheel(clock):
    """The angle of the wheel, and the clock at that instant: of three readings
    the one that was interrupted least."""
    best = None
    for _ in range(3):
        before = time.monotonic_ns()
        now = clock.get_time()
        after = time.monotonic_ns()
        if best is None or after - before < best[0]:
            best = after - before, now, (before + after) / 2 / SECOND
    return best[1], best[2]


def readings(clock, rate, seconds, stop):
    """Readings at `rate` per second of `clock`, until `stop` is set."""
    start = clock.get_time()
    for k in range(int(rate * seconds)):
        left = start + k * SECOND // rate - clock.get_time()
        if stop.wait(max(0, left) / SECOND):
            return
        yield read_wheel(clock)


def robot(args):
    clock = GObject.new(Gst.SystemClock, name="robot")
    internal = clock.get_internal_time()
    clock.set_calibration(internal, internal + args.clock_offset,
                          1000000000 + round(args.clock_ppm * 1000), 1000000000)
    provider = GstNet.NetTimeProvider.new(clock, args.bind, args.clock_port)
    if provider is None:
        fail(f"no clock can be served at {args.bind}:{args.clock_port}")
    print(f"clock at {args.bind}:{provider.props.port}", flush=True)
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for now, angle in readings(clock, args.rate, args.seconds, threading.Event()):
        try:
            out.sendto(f"{now},{angle!r}".encode(), args.to)
        except OSError:         # nobody listens yet, or any more
            pass


def feed(source, clock, args, stop):
    for now, angle in readings(clock, args.rate, args.seconds, stop):
        buffer = Gst.Buffer.new_wrapped(struct.pack("=d", angle))
        buffer.pts = now
        if source.emit("push-buffer", buffer) != Gst.FlowReturn.OK:
            return


LINE = """rcfusemux name=m rate=100/1 span=common min-upstream-latency=50000000
  ! appsink name=out sync=false
  udpsrc address={bind} port={port} ! rccsvparse time-column=0 time-unit=ns
    time-mapping=keep names=angle type=float64 ! queue ! m.sink_robot
  appsrc name=local is-live=true format=time caps="other/tensors,format=static,
    num_tensors=1,types=float64,dimensions=(string)1,framerate=0/1" ! m.sink_local"""


def describe(bus):
    """What the client clock says of itself, in its newest statistics."""
    newest = None
    while (message := bus.pop_filtered(Gst.MessageType.ELEMENT)) is not None:
        s = message.get_structure()
        if s.get_name() == "gst-netclock-statistics":
            newest = s
    if newest is None:
        return "no statistics"
    return (f"round trip {newest.get_uint64('rtt-average').value / 1000:.0f} us, "
            f"rate {newest.get_double('rate').value:.9f}")


def station(args):
    clock = GstNet.NetClientClock.new("station", *args.clock, 0)
    clock_bus = Gst.Bus()
    clock.props.bus = clock_bus
    if not clock.wait_for_sync(args.seconds * SECOND):
        fail("the clock at %s:%d does not answer" % args.clock)
    line = LINE.format(bind=args.bind, port=args.port)
    print("gst-launch-1.0 " + line)
    pipeline = Gst.parse_launch(line)
    pipeline.use_clock(clock)
    # running time = the robot's clock
    pipeline.set_start_time(Gst.CLOCK_TIME_NONE)
    pipeline.set_base_time(0)
    out = pipeline.get_by_name("out")
    stop = threading.Event()
    sensor = threading.Thread(target=feed, daemon=True, args=(
        pipeline.get_by_name("local"), clock, args, stop))
    pipeline.set_state(Gst.State.PLAYING)
    sensor.start()
    print("listening", flush=True)
    errors = []
    missing = 0
    deadline = time.monotonic() + args.seconds
    while len(errors) < args.ticks and time.monotonic() < deadline:
        sample = out.emit("try-pull-sample", SECOND)
        if sample is None:
            continue
        pair = struct.unpack("=2d", sample.get_buffer().extract_dup(0, 16))
        if pair[0] == pair[0] and pair[1] == pair[1]:
            errors.append((pair[0] - pair[1]) * 1e6)
        else:
            missing += 1
    stop.set()
    error = pipeline.get_bus().pop_filtered(Gst.MessageType.ERROR)
    pipeline.set_state(Gst.State.NULL)
    sensor.join()
    if error is not None:
        fail("%s %s" % error.parse_error())
    if len(errors) < args.ticks:
        fail(f"{len(errors)} ticks with both sensors in {args.seconds} s, and "
             f"{missing} without: does the robot send to port {args.port}?")
    half = [abs(e) for e in errors[len(errors) // 2:]]
    print(f"clock: {describe(clock_bus)}")
    print(f"ticks: {len(errors)}, missing: {missing}")
    print(f"robot - station, us: median {statistics.median(errors):.1f}, "
          f"worst {max(errors, key=abs):.1f}, "
          f"worst of the second half {max(half):.1f}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    r = commands.add_parser("robot", help="serves its clock, sends rows")
    r.add_argument("--to", type=address, required=True, metavar="HOST:PORT")
    r.add_argument("--clock-port", type=int, default=5005, help="0: any")
    r.add_argument("--clock-ppm", type=float, default=0,
                   help="how much too fast its clock is")
    r.add_argument("--clock-offset", type=int, default=0, help="ns ahead")
    s = commands.add_parser("station", help="aligns them with its own")
    s.add_argument("--clock", type=address, required=True, metavar="HOST:PORT")
    s.add_argument("--port", type=int, default=5006, help="for rows")
    s.add_argument("--ticks", type=int, default=500)
    for p in (r, s):
        p.add_argument("--bind", default="0.0.0.0", help="own address")
        p.add_argument("--rate", type=int, default=200, help="readings a second")
        p.add_argument("--seconds", type=int, default=60, help="at most")
    args = parser.parse_args()
    Gst.init(None)
    robot(args) if args.command == "robot" else station(args)


if __name__ == "__main__":
    main()
