# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# What the tests of this folder share: where ringtap is, being skipped, failing, a network namespace of their own.
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

BINARY = os.environ.get("RINGTAP_BINARY", "ringtap")
SOURCE = os.environ.get("RINGTAP_SOURCE_DIR", ".")
BUILD = os.environ.get("RINGTAP_BUILD_DIR", ".")
PORT = 5000
PATIENCE = 60 * float(os.environ.get("RINGTAP_PATIENCE", "1"))


def skip(reason):
    """In CI nothing is skipped."""
    print("skipped: " + reason)
    sys.exit(1 if os.environ.get("RINGTAP_REQUIRE_ALL") == "1" else 77)


def fail(text):
    print(text)
    sys.exit(1)


def check(condition, text):
    if not condition:
        fail(text)


def equal(found, expected, what):
    check(found == expected, f"{what}: {found!r}, expected {expected!r}")


def require(*programs):
    for program in programs:
        if shutil.which(program) is None:
            skip(f"needs the program {program}")


def dies_with_us():
    """For Popen(preexec_fn=…): a program that is started ends when this script does."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def enter_namespace():
    """Restarts this script in namespaces of its own: a network where loopback is up, and processes that end with it,
    also those that changed their user and so hear nothing of its end."""
    if os.environ.get("RINGTAP_IN_NAMESPACE"):
        return
    if os.geteuid() != 0:
        skip("needs root")
    os.environ["RINGTAP_IN_NAMESPACE"] = "1"
    os.execvp("unshare", ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c",
                          'ip link set lo up && exec "$@"', "sh", sys.executable, "-B", *sys.argv])  # fmt: skip


def wait_until(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        check(time.monotonic() < end, f"waited in vain: {what}")
        time.sleep(0.01)


def send(count, port=PORT):
    """Datagrams to a port of this host where nobody listens."""
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for _ in range(count):
        try:
            sender.sendto(b"ringtap", ("127.0.0.1", port))
        except ConnectionRefusedError:
            pass


def run(*command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                          timeout=PATIENCE, **options)  # fmt: skip
