#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""examples/netclock.py between two hosts: network namespaces with a link of
their own where that is allowed (root, iproute2), else two processes over
loopback. The robot's clock is 20 minutes ahead and 50 ppm fast, so that nothing
aligns but through the network clock. Argument: the example."""
import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import unittest

try:
    import gi
    gi.require_version("Gst", "1.0")
    gi.require_version("GstNet", "1.0")
except (ImportError, ValueError) as missing:
    print(f"SKIP: {missing}")
    sys.exit(77)

EXAMPLE = os.path.abspath(sys.argv.pop(1))
TICKS = 800
# Of each exchange with the provider the client knows the time to half a round
# trip, some 0.1 ms here, and it averages; in the first seconds it is still
# finding the rate. 1 ms is what a 1 kHz sensor needs.
BOUND_US = 1000


def ip(*words):
    return subprocess.run(["ip", *words], check=True, timeout=20,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def make_hosts(names, addresses):
    for name in names:
        ip("netns", "add", name)
    ip("link", "add", "rc0", "netns", names[0], "type", "veth",
       "peer", "name", "rc0", "netns", names[1])
    for name, address in zip(names, addresses):
        ip("-n", name, "addr", "add", f"{address}/30", "dev", "rc0")
        ip("-n", name, "link", "set", "rc0", "up")


@contextlib.contextmanager
def two_hosts():
    """(words to run a command on it with, its address) of each of two hosts."""
    names = [f"rc{os.getpid()}{end}" for end in "ab"]
    addresses = ["192.0.2.1", "192.0.2.2"]
    hosts = [([], "127.0.0.1")] * 2
    why = "no root or no iproute2"
    if os.geteuid() == 0 and shutil.which("ip"):
        try:
            make_hosts(names, addresses)
            hosts = [(["ip", "netns", "exec", n], a)
                     for n, a in zip(names, addresses)]
            why = None
        except subprocess.CalledProcessError as error:
            why = error.stdout.decode().strip()
    print("hosts: two network namespaces" if why is None else
          f"hosts: two processes over loopback ({why})", flush=True)
    try:
        yield hosts
    finally:
        for name in names:
            if os.path.exists(f"/run/netns/{name}"):
                ip("netns", "del", name)


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class NetClock(unittest.TestCase):
    def start(self, words, *args):
        process = subprocess.Popen(
            [*words, sys.executable, EXAMPLE, *map(str, args)], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def run_station(self, words, *args):
        station = self.start(words, "station", "--seconds", 60, *args)
        return station, station.communicate(timeout=90)[0]

    def test_two_hosts_align(self):
        with two_hosts() as ((robot_words, robot_at), (words, at)):
            port = free_port()
            robot = self.start(
                robot_words, "robot", "--bind", robot_at, "--clock-port", 0,
                "--to", f"{at}:{port}", "--seconds", 90, "--clock-ppm", 50,
                "--clock-offset", 1200 * 10**9)
            where = re.fullmatch(r"clock at (\S+)\n", robot.stdout.readline())
            self.assertTrue(where)
            station, said = self.run_station(
                words, "--bind", at, "--port", port, "--clock", where[1],
                "--ticks", TICKS)
        print(said)
        self.assertEqual(station.returncode, 0)
        missing = int(re.search(r"missing: (\d+)", said)[1])
        self.assertLess(missing, TICKS / 20)
        worst = float(re.search(r"worst of the second half ([\d.]+)", said)[1])
        self.assertLess(worst, BOUND_US)

    def test_no_clock(self):
        """A provider that does not answer is said, in time."""
        station = self.start([], "station", "--seconds", 1, "--clock",
                             f"127.0.0.1:{free_port()}", "--port", free_port())
        said = station.communicate(timeout=60)[0]
        self.assertEqual(station.returncode, 1)
        self.assertIn("does not answer", said)

    def test_no_rows(self):
        """A robot that sends nothing is said, with the port."""
        port = free_port()
        robot = self.start([], "robot", "--bind", "127.0.0.1", "--clock-port",
                           0, "--to", f"127.0.0.1:{free_port()}")
        where = re.fullmatch(r"clock at (\S+)\n", robot.stdout.readline())[1]
        station = self.start([], "station", "--seconds", 3, "--clock", where,
                             "--bind", "127.0.0.1", "--port", port)
        said = station.communicate(timeout=60)[0]
        self.assertEqual(station.returncode, 1)
        self.assertIn(f"does the robot send to port {port}?", said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
