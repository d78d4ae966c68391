#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The examples' Python: the truth that report.py states against what rctestsrc
sends, its numbers against numbers made another way, and align_logs.py on good
and bad logs. Argument: the folder with the examples."""
import os
import subprocess
import sys
import tempfile
import unittest

try:
    import h5py
    import numpy as np
except ImportError as missing:
    print(f"SKIP: {missing}")
    sys.exit(77)

EXAMPLES = os.path.abspath(sys.argv.pop(1))
sys.path.insert(0, EXAMPLES)
import report  # noqa: E402


def shell(line, folder):
    return subprocess.run(line, shell=True, cwd=folder, text=True, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


LINE = """gst-launch-1.0 rcfusemux name=m rate=50/1 sink_action::role=action \
  ! rchdf5sink name=rec location=run.h5 \
  rctestsrc kind=joints jitter=0.9 loss=0.05 duration=2000000000 \
    ! tee name=j   j. ! queue ! m.sink_joints   j. ! queue ! rec.raw_joints \
  rctestsrc kind=force jitter=0.7 dead-from=500000000 dead-until=1000000000 \
    duration=2000000000 \
    ! tee name=f   f. ! queue ! m.sink_force   f. ! queue ! rec.raw_force \
  rctestsrc kind=command jitter=0.5 duration=2000000000 \
    ! tee name=a   a. ! queue ! m.sink_action   a. ! queue ! rec.raw_action"""


class Recording(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        done = shell(LINE, cls.folder.name)
        assert done.returncode == 0, done.stdout
        cls.path = os.path.join(cls.folder.name, "run.h5")
        cls.file = h5py.File(cls.path, "r")
        cls.time, streams = report.load(cls.file, "demo_0")
        cls.streams = {s.name: s for s in streams}

    @classmethod
    def tearDownClass(cls):
        cls.file.close()
        cls.folder.cleanup()

    def test_truth_is_what_the_source_sends(self):
        for name, kind in (("joints", "joints"), ("force", "force"),
                           ("action", "command")):
            s = self.streams[name]
            self.assertGreater(len(s.raw_time), 90)
            truth = report.TRUTH[kind](s.raw_time, s.raw.shape[1])
            np.testing.assert_allclose(s.raw[()], truth.astype(np.float32),
                                       rtol=2e-7, atol=1e-7, err_msg=name)

    def test_hold_and_nearest(self):
        s = self.streams["joints"]
        before, nearest = report.hold_and_nearest(s, self.time)
        for k, t in enumerate(self.time):
            d = np.abs(s.raw_time - t)
            self.assertEqual(d[nearest[k]], d.min())
            self.assertEqual(before[k], np.sum(s.raw_time <= t) - 1)

    def test_errors(self):
        s = self.streams["joints"]
        rows = report.compare(s, self.time, "joints")
        self.assertEqual([r[1] for r in rows], ["rad", "rad/s"])
        zero = self.time[0]
        truth = report.truth_joints(self.time, 14)
        for (_, _, aligned, hold, nearest, ticks), part in zip(
                rows, (slice(0, 7), slice(7, 14))):
            own = np.stack([np.interp(self.time - zero, s.raw_time - zero,
                                      s.raw[:, c]) for c in range(14)], axis=1)
            error = np.sqrt(np.mean((own - truth)[:, part] ** 2))
            self.assertAlmostEqual(aligned / error, 1, delta=0.01)
            self.assertEqual(ticks, len(self.time))
            self.assertGreater(hold, 20 * aligned)
            self.assertGreater(nearest, 10 * aligned)

    def test_silence_is_missing(self):
        s = self.streams["force"]
        silent = (self.time > 500_000_000) & (self.time < 1_000_000_000)
        self.assertGreater(silent.sum(), 20)
        self.assertTrue(np.all(s.state[silent] == 0))
        self.assertTrue(np.all(np.isnan(s.values[()][silent])))
        self.assertEqual(report.compare(s, self.time, "force")[0][5],
                         int((s.state != 0).sum()))

    def test_copies(self):
        s = self.streams["action"]
        self.assertEqual(report.copies(s, self.time), (len(self.time),) * 2)
        # and it notices a row that was never sent
        s.values = np.array(s.values)
        s.values[3] += 1e-3
        self.assertEqual(report.copies(s, self.time)[0], len(self.time) - 1)

    def test_tables(self):
        done = shell(f"{sys.executable} {EXAMPLES}/report.py run.h5 --truth",
                     self.folder.name)
        self.assertEqual(done.returncode, 0, done.stdout)
        words = [line.split() for line in done.stdout.splitlines()]
        joints = next(w for w in words if w[:2] == ["joints", "linear"])
        self.assertEqual(int(joints[2]), len(self.streams["joints"].raw_time))
        self.assertEqual(int(joints[3]), len(self.time))
        for name in ("joints", "force", "action"):
            row = next(w for w in words if w[:1] == [name] and len(w) == 12)
            self.assertEqual(sum(int(n) for n in row[4:9]), len(self.time))

    def test_plot(self):
        try:
            import matplotlib  # noqa: F401
        except ImportError as missing:
            self.skipTest(str(missing))
        done = shell(f"{sys.executable} {EXAMPLES}/report.py run.h5 --truth "
                     "--plot run.png", self.folder.name)
        self.assertEqual(done.returncode, 0, done.stdout)
        with open(os.path.join(self.folder.name, "run.png"), "rb") as file:
            head = file.read(24)
        self.assertEqual(head[:8], b"\x89PNG\r\n\x1a\n")
        self.assertGreater(int.from_bytes(head[16:20], "big"), 1000)


class Logs(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        i = np.arange(3000)
        angle = i * 0.01
        q = np.stack([np.cos(angle), 0 * angle, 0 * angle, np.sin(angle)], 1)
        with open(self.at("imu.csv"), "w") as file:
            for k in i:
                stamp = 1765575264566071265 + int(k) * 5_000_123
                file.write(f"{stamp}," + ",".join(f"{v:.9f}" for v in q[k])
                           + f",{k}\n")
        with open(self.at("arm_cmd.csv"), "w") as file:
            file.write("time_ns;a;b\n")
            for k in range(100):
                stamp = 1765575264566071265 + k * 20_000_000
                file.write(f"{stamp};{k};{-k}\n")
        with open(self.at("unclear.csv"), "w") as file:
            file.write("t,x\n")
            for k in range(50):
                file.write(f"{1000 + 10 * k},{k}\n")

    def at(self, name):
        return os.path.join(self.folder.name, name)

    def align(self, arguments):
        return shell(f"{sys.executable} {EXAMPLES}/align_logs.py {arguments}",
                     self.folder.name)

    def test_inferred_and_recorded(self):
        done = self.align("--rate 100 imu.csv arm_cmd.csv names=left,right")
        self.assertEqual(done.returncode, 0, done.stdout)
        said = " ".join(done.stdout.split())
        for words in ("imu.csv -> stream imu", "delimiter comma (inferred)",
                      "header no (inferred)", "time column 0 (inferred)",
                      "time unit ns (inferred)", "quaternions 0:wxyz",
                      "delimiter semicolon (inferred)",
                      'time column 0 "time_ns" (inferred)',
                      "channels 2: left,right (given)",
                      "role action (inferred from the file's name"):
            self.assertIn(words, said)
        with h5py.File(self.at("aligned.h5"), "r") as file:
            demo = file["data/demo_0"]
            first = demo["time"][()]
            values = demo["obs/imu"][()]
            self.assertEqual(set(np.diff(first)), {10_000_000})
            # to the end, though the commands end after a seventh of it
            self.assertEqual(len(file["raw/imu/time"]), 3000)
            self.assertEqual(list(demo["actions"].attrs["names"]),
                             ["left", "right"])
            norm = np.linalg.norm(values[:, :4], axis=1)
            np.testing.assert_allclose(norm, 1, atol=1e-6)
            index = (first - 1765575264566071265) / 5_000_123
            np.testing.assert_allclose(values[:, 4], index, rtol=1e-6)
            before = demo["actions"][()]
        # the printed line, pasted, does the same again
        line = done.stdout[done.stdout.index("gst-launch-1.0"):]
        line = line[:line.index("\n\n")]
        again = shell(line, self.folder.name)
        self.assertEqual(again.returncode, 0, again.stdout)
        with h5py.File(self.at("aligned.h5"), "r") as file:
            np.testing.assert_array_equal(file["data/demo_0/obs/imu"][()],
                                          values)
            np.testing.assert_array_equal(file["data/demo_0/actions"][()],
                                          before)

    def test_unclear_time_unit_is_refused(self):
        done = self.align("unclear.csv")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("unclear.csv time-unit=ns", done.stdout)
        self.assertNotIn("rcfusemux", done.stdout)
        self.assertFalse(os.path.exists(self.at("aligned.h5")))
        done = self.align("unclear.csv time-unit=ms")
        self.assertEqual(done.returncode, 0, done.stdout)
        with h5py.File(self.at("aligned.h5"), "r") as file:
            self.assertEqual(file["raw/unclear/time"][0], 1_000_000_000)

    def test_refused(self):
        for arguments, words in (
                ("nowhere.csv", "nowhere.csv: no such file"),
                ("time-unit=ns imu.csv", "comes before any file"),
                ("--rate fast imu.csv", "--rate fast is not a fraction"),
                ("imu.csv colour=red", 'no property "colour"'),
                ("imu.csv time-column=none", "no time column")):
            done = self.align(arguments)
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertIn(words, done.stdout)

    def test_streams_of_one_name(self):
        os.mkdir(self.at("b"))
        os.link(self.at("imu.csv"), self.at("b/imu.csv"))
        done = self.align("imu.csv b/imu.csv")
        self.assertEqual(done.returncode, 0, done.stdout)
        with h5py.File(self.at("aligned.h5"), "r") as file:
            self.assertEqual(sorted(file["data/demo_0/obs"]), ["imu", "imu_2"])


if __name__ == "__main__":
    needed = shell("gst-inspect-1.0 rchdf5sink", ".")
    if needed.returncode:
        print("SKIP: rchdf5sink is not built (libhdf5 is missing)")
        sys.exit(77)
    unittest.main(verbosity=2)
