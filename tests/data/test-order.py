# SPDX-License-Identifier: Apache-2.0
"""A tick is a function of the input buffers alone: the same logs in chunks of
other sizes, through queues of other lengths, with the pads requested in another
order and the threads scheduled as they happen to be, give the same bytes."""
import random
import sys
import tempfile

import aligned
import logs
from pipeline import APPSINK, run

REPETITIONS = 20


def line(streams, rng):
    """The pipeline with everything at random that must not matter."""
    queues = ["! queue max-size-buffers=1 max-size-bytes=0 max-size-time=0 ",
              "! queue ", "! queue ! queue max-size-buffers=7 ", ""]
    settings = {name: dict(s.properties(), **s.pad)
                for name, s in streams.items()}
    parts = []
    for name, s in streams.items():
        parse = " ".join("%s=%s" % p for p in s.log.properties().items())
        parts.append('filesrc location="%s" blocksize=%d ! rccsvparse %s '
                     "%s! m.sink_%s" % (
                         s.log.path, rng.choice([61, 512, 4096, 1 << 20]),
                         parse, rng.choice(queues), name))
    rng.shuffle(parts)
    pads = " ".join("sink_%s::%s=%s" % (name, key, value) for name, p in
                    settings.items() for key, value in p.items())
    parts.insert(rng.randrange(len(parts) + 1),
                 "rcfusemux name=m rate=100/1 span=%s %s ! %s%s" % (
                     "common" if rng.random() < 0.5 else "all", pads,
                     rng.choice(["", "queue max-size-buffers=2 ! "]), APPSINK))
    return " ".join(parts)


def rows(result):
    """What a run says of each tick, by tick and stream: the columns may be in
    another order, and the spans differ."""
    out = {}
    for i, t in enumerate(result.pts):
        for name in result.caps.aligned:
            c = result.column(name)
            out[int(t), name] = (
                result[name][i].tobytes(), result.state[i, 0, c],
                result.skew[i, 0, c], result.newest[i, 0, c])
    return out


def main():
    rng = random.Random(7)
    spans = {}
    with tempfile.TemporaryDirectory() as folder:
        streams = aligned.five(logs.generated(folder, seconds=4.0))
        streams["contact"] = aligned.pad(streams["contact"].log, "mean",
                                         window=15_000_000)
        streams["cmd"] = aligned.pad(streams["cmd"].log, "pchip")
        for i in range(REPETITIONS):
            text = line(streams, rng)
            span = "common" if "span=common" in text else "all"
            got = rows(run(text))
            spans.setdefault(span, got)
            if got != spans[span]:
                keys = [k for k in sorted(set(got) | set(spans[span]))
                        if got.get(k) != spans[span].get(k)]
                print("FAILED in run %d: %d of %d differ, first %s: %s and %s"
                      "\n%s" % (i, len(keys), len(got), keys[0],
                                got.get(keys[0]), spans[span].get(keys[0]),
                                text))
                return 1
    # a span only chooses among the ticks: what both have is the same
    assert set(spans) == {"common", "all"}
    assert set(spans["common"]) < set(spans["all"])
    assert all(spans["all"][k] == v for k, v in spans["common"].items())
    print("%d runs gave the same %d ticks" % (REPETITIONS,
                                              len(spans["all"]) // 5))
    return 0


sys.exit(main())
