#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Aligns CSV logs to one clock with rcfusemux and records them.

  align_logs.py [--rate 50/1] [--output aligned.h5] LOG.csv [NAME=VALUE …] …

Says what rccsvparse inferred about each file (delimiter, header, time column
and unit, quaternions) and prints the gst-launch line with all of it written
out, so that whatever was inferred wrongly can be changed there. NAME=VALUE
after a file sets a property of its rccsvparse (time-unit=ns, names=…) or of its
pad of rcfusemux (role=action, method=previous, offset=…)."""
import argparse
import os
import re
import shlex
import signal
import subprocess
import sys
import threading

PAD_PROPERTIES = {"role", "method", "max-gap", "tolerance", "offset",
                  "required", "causal", "edge", "fill", "stream-name",
                  "mean-window", "mean-centred", "samples"}
# a file called like this holds what was sent and not what was measured
ACTION = re.compile(r"command|action|cmd|setpoint|set_point", re.I)


def fail(text):
    sys.exit(f"align_logs: {text}")


class Log:
    def __init__(self, path):
        self.path = path
        self.parser = {}
        self.pad = {}
        self.inferred = {}
        self.name = ""

    def set(self, setting):
        name, value = setting.split("=", 1)
        (self.pad if name in PAD_PROPERTIES else self.parser)[name] = value


def split_arguments(words):
    logs = []
    for word in words:
        if os.path.exists(word) or not re.match(r"[a-z-]+=", word):
            logs.append(Log(word))
        elif logs:
            logs[-1].set(word)
        else:
            fail(f"{word} comes before any file")
    for log in logs:
        if not os.path.isfile(log.path):
            fail(f"{log.path}: no such file")
    return logs


def name_logs(logs):
    taken = set()
    for log in logs:
        stem = os.path.splitext(os.path.basename(log.path))[0]
        stem = re.sub(r"\W+", "_", stem).strip("_") or "log"
        log.name = log.pad.pop("stream-name", stem)
        while log.name in taken:
            log.name += "_2"
        taken.add(log.name)


def properties(settings):
    return "".join(f" {k}={shlex.quote(v)}" for k, v in settings.items())


def parse_structure(text):
    """The fields of a structure as gst-launch prints it."""
    found = {}
    pattern = r'([\w-]+)=\((\w+)\)("(?:[^"\\]|\\.)*"|[^,;]*)'
    for name, kind, value in re.findall(pattern, text):
        if value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        found[name] = value == "true" if kind == "boolean" else value
    return found


def stop(process):
    try:
        os.killpg(process.pid, signal.SIGTERM)
    except ProcessLookupError:
        pass


def run(line, echo):
    """Runs a gst-launch line; returns whether it succeeded, and its output.
    gst-launch 1.22 often hangs after an error before PAUSED, so it is ended."""
    process = subprocess.Popen(line, shell=True, text=True, bufsize=1,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               start_new_session=True)
    output, timer = [], None
    for text in process.stdout:
        output.append(text)
        if echo:
            print(text, end="", flush=True)
        if "doesn't want to preroll" in text and not timer:
            timer = threading.Timer(0.5, stop, (process,))
            timer.start()
    status = process.wait()
    if timer:
        timer.cancel()
    return status == 0 and not timer, "".join(output)


def infer(log):
    """Runs the parser over the first rows."""
    ok, output = run(
        f"gst-launch-1.0 -m filesrc location={shlex.quote(log.path)} "
        f"! rccsvparse{properties(log.parser)} ! fakesink num-buffers=1", False)
    message = re.search(r"rc-csv-inferred, (.*);", output)
    if ok and message:
        log.inferred = parse_structure(message.group(1))
        return
    # what is wrong, and what follows the position in the source, if anything
    reason = re.search(r"(?:ERROR: from element .*?|erroneous pipeline): (.*)\n"
                       r"(?:Additional debug info:\n.*\): .*:\n(?!ERROR)(.*))?",
                       output)
    reason = ("\n  ".join(g for g in reason.groups() if g) if reason
              else "no row was read")
    print(f"\n{log.path}: {reason}", file=sys.stderr)
    if "time-unit" in reason:
        print("  Say which it is after the file:  examples/quickstart.sh "
              f"{shlex.quote(log.path)} time-unit=ns   (or us, ms, s)",
              file=sys.stderr)
    sys.exit(1)


def describe(log):
    """Prints what was inferred, and completes the settings with it."""
    f, chosen = log.inferred, log.parser
    given = lambda name: "given" if name in chosen else "inferred"
    column = f["time-column"]
    if column == "-1":
        fail(f"{log.path} has no time column: say which it is, "
             f"time-column=NAME after the file")
    title = f' "{f["time-name"]}"' if f["time-name"] else ""
    lines = [("delimiter", f["delimiter"], given("delimiter")),
             ("header", "yes" if f["header"] else "no", given("header")),
             ("time column", f"{column}{title}", given("time-column")),
             ("time unit", f["time-unit"], given("time-unit"))]
    quaternions = f["quaternions"]
    if quaternions:
        lines.append(("quaternions", quaternions, given("quaternions")))
    elif f.get("quaternions-hint") and "quaternions" not in chosen:
        lines.append(("quaternions", f["quaternions-hint"],
                      "inferred from unit length; quaternions= for none"))
        chosen["quaternions"] = f["quaternions-hint"]
    else:
        lines.append(("quaternions", "none", given("quaternions")))
    lines.append(("channels", f'{f["channels"]}: {f["names"]}', given("names")))
    if "role" in log.pad:
        lines.append(("role", log.pad["role"], "given"))
    elif ACTION.search(log.name):
        log.pad["role"] = "action"
        lines.append(("role", "action", "inferred from the file's name; "
                      "role=observation else"))
    else:
        lines.append(("role", "observation", "default"))
    for name, value in (("delimiter", f["delimiter"]),
                        ("header", "yes" if f["header"] else "no"),
                        ("time-column", column), ("time-unit", f["time-unit"])):
        chosen.setdefault(name, value)
    print(f"\n{log.path} -> stream {log.name}")
    for name, value, how in lines:
        shown = value if len(value) <= 60 else value[:57] + "…"
        print(f"  {name:12} {shown}  ({how})")


def launch_line(logs, rate, output):
    pads = "".join(f" sink_{log.name}::{k}={shlex.quote(v)}"
                   for log in logs for k, v in log.pad.items())
    parts = [f"gst-launch-1.0 rcfusemux name=m rate={rate}{pads}",
             f"  ! rchdf5sink name=rec location={shlex.quote(output)} "
             "overwrite=true"]
    # Each file is read twice: rcfusemux ends where the shortest log does, and
    # would stop a tee there, before the raw samples have all been recorded.
    for log in logs:
        read = [f"  filesrc location={shlex.quote(log.path)}",
                f"    ! rccsvparse{properties(log.parser)}"]
        parts += read + [f"    ! m.sink_{log.name}"]
        parts += read + [f"    ! rec.raw_{log.name}"]
    return " \\\n".join(parts)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0],
        epilog="; ".join(__doc__.split("\n\n")[2:]))
    parser.add_argument("--rate", default="50/1",
                        help="ticks per second, a fraction (default: 50/1)")
    parser.add_argument("--output", default="aligned.h5")
    parser.add_argument("--plugins", help="GST_PLUGIN_PATH to be printed")
    parser.add_argument("logs", nargs="+", metavar="LOG.csv [NAME=VALUE …]")
    args = parser.parse_args()
    if not re.fullmatch(r"[1-9]\d*(/[1-9]\d*)?", args.rate):
        fail(f"--rate {args.rate} is not a fraction such as 50/1")
    logs = split_arguments(args.logs)
    name_logs(logs)
    for log in logs:
        infer(log)
        describe(log)
    rate = args.rate if "/" in args.rate else args.rate + "/1"
    line = launch_line(logs, rate, args.output)
    print("\nThe line with all of it; what is wrong can be changed here:\n")
    if args.plugins:
        print(f"export GST_PLUGIN_PATH={shlex.quote(args.plugins)}")
    print(line + "\n", flush=True)
    if not run(line, True)[0]:
        sys.exit(1)


if __name__ == "__main__":
    main()
