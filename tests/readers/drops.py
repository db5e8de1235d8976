#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# `ringtap drops` and `stats` on loopback, live and from a file, as JSON that jq reads, as text, and on a terminal; and
# `ringtap doctor` with and without rights.
import json
import os
import pty
import select
import signal
import subprocess
import sys
import tempfile
import time

from reader import BINARY, check, dies_with_us, enter_namespace, equal, require, run, send, wait_until

SENT = 50


def finished(process):
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    equal(process.returncode, 0, "exit code: " + err)
    return out


def start(folder, *arguments, stdout=subprocess.PIPE):
    ready = os.path.join(folder, "ready")
    if os.path.exists(ready):
        os.remove(ready)
    process = subprocess.Popen([BINARY, *arguments, "--ready-file", ready, "udp dst port 5000"], stdout=stdout,
                               stderr=subprocess.PIPE, text=True, preexec_fn=dies_with_us)  # fmt: skip
    wait_until(lambda: os.path.exists(ready) or process.poll() is not None, "ringtap is attached")
    return process


def rows_of(text, kind):
    """Read by jq, so that what is not JSON fails."""
    done = subprocess.run(["jq", "-c", f'select(.type == "{kind}")'], input=text, capture_output=True, text=True,
                          check=False)  # fmt: skip
    equal(done.returncode, 0, "jq: " + done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def live(folder):
    process = start(folder, "drops", "--json")
    send(SENT)
    rows = rows_of(finished(process), "drop")
    equal(sum(row["packets"] for row in rows), SENT, "drops")
    for row in rows:
        equal((row["reason"], row["in_iface"], row["dest_port"], row["dest_ip"]), ("NO_SOCKET", "lo", 5000, "127.0.0.1"),
              "a drop")  # fmt: skip


def of_a_file(folder):
    path = os.path.join(folder, "x.pcapng")
    process = start(folder, "-i", "lo", "--tap", "tc-in,drop", "-w", path)
    send(SENT)
    finished(process)
    out = run(BINARY, "stats", "-r", path, "--json").stdout
    equal(sum(row["packets"] for row in rows_of(out, "flow")), SENT, "packets of flows")
    equal([row["ip"] for row in rows_of(out, "host")], ["127.0.0.1"], "hosts")
    equal(sum(row["packets"] for row in rows_of(out, "drop")), SENT, "drops")
    equal(rows_of(out, "summary")[0]["dropped"], SENT, "sum of drops")
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([BINARY, "stats", "-r", path], stdout=full, stderr=subprocess.PIPE, check=False)
    equal(done.returncode, 4, "exit code if the sums cannot be written")
    text = run(BINARY, "stats", "-r", path).stdout
    check(f"{SENT} packets, " in text and f", {SENT} drops" in text and "NO_SOCKET in " in text, text)


def on_a_terminal(folder):
    ours, theirs = pty.openpty()
    process = start(folder, "drops", stdout=theirs)
    os.close(theirs)
    shown = ""
    end = time.monotonic() + 60
    while "packets/s" not in shown or "NO_SOCKET" not in shown:
        check(time.monotonic() < end, "not shown: " + shown)
        send(SENT)
        if select.select([ours], [], [], 0.1)[0]:
            shown += os.read(ours, 65536).decode()
    check("\x1b[H\x1b[2J" in shown, "the screen is not cleared")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    equal(process.returncode, 0, "exit code")


def doctor():
    works = run(BINARY, "doctor")
    for tap in ("xdp", "tc", "packet", "stack", "netfilter", "socket", "drop"):
        line = next(line for line in works.stdout.splitlines() if line.startswith(tap + " "))
        check(line.endswith(" works"), works.stdout)
    equal(works.returncode, 0, "exit code of doctor")
    cannot = run("setpriv", "--reuid", "65534", "--clear-groups", "--inh-caps=-all", BINARY, "doctor")
    check("lacks CAP_BPF" in cannot.stdout and "setcap" in cannot.stdout, cannot.stdout + cannot.stderr)
    equal(cannot.returncode, 1, "exit code of doctor without rights")
    verbose = run(BINARY, "--version", "--verbose").stdout
    for name in ("libpcap", "rights ", "features "):
        check(name in verbose, verbose)


def main():
    require("jq", "setpriv")
    enter_namespace()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        live(folder)
        of_a_file(folder)
        on_a_terminal(folder)
    doctor()


if __name__ == "__main__":
    sys.exit(main())
