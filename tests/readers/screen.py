#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# `ringtap compare` on a terminal: a table with a line for each place, red where packets ended, keys to stop and to show
# a packet; the terminal is what it was before however the run ends; text without escapes in a pipe, for TERM=dumb and,
# but for the screen, with NO_COLOR. Lines of text in colours, and how far a file has been read.
import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

from reader import BINARY, PATIENCE, check, dies_with_us, enter_namespace, equal, run, send, wait_until

ENTER, LEAVE = "\x1b[?1049h", "\x1b[?1049l"
RED, GREEN = "\x1b[31m", "\x1b[32m"


class Terminal:
    """A run of ringtap on a terminal of its own."""

    def __init__(self, folder, *arguments, size=(30, 120), **environment):
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        self.before = termios.tcgetattr(theirs)
        self.shown = ""
        self.decoder = codecs.getincrementaldecoder("utf-8")()
        ready = os.path.join(folder, "ready")
        if os.path.exists(ready):
            os.remove(ready)
        env = {**os.environ, "TERM": "xterm", "LANG": "C.UTF-8", **environment}
        env.pop("NO_COLOR", None)
        env.update(environment)

        def own_terminal():
            dies_with_us()
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen([BINARY, *arguments, "--ready-file", ready, "udp dst port 5000"],
                                        stdin=theirs, stdout=theirs, stderr=theirs, preexec_fn=own_terminal, env=env)  # fmt: skip
        self.theirs = theirs
        wait_until(lambda: os.path.exists(ready) or self.process.poll() is not None, "ringtap is attached")

    def read(self, seconds=0.05):
        while select.select([self.ours], [], [], seconds)[0]:
            try:
                self.shown += self.decoder.decode(os.read(self.ours, 65536))
            except OSError:
                return
            seconds = 0

    def wait_for(self, text, traffic=True):
        end = time.monotonic() + PATIENCE
        while text not in self.shown:
            check(time.monotonic() < end, f"{text!r} is not shown:\n{self.shown}")
            if traffic:
                send(20)
            self.read()

    def key(self, key):
        self.shown = ""
        os.write(self.ours, key.encode())

    def next_picture(self):
        """The lines of the next one that is drawn, whole."""
        end = time.monotonic() + PATIENCE
        while not (found := re.search("\x1b\\[H(.*?)\x1b\\[J", self.shown, re.S)):
            check(time.monotonic() < end, f"nothing is drawn:\n{self.shown!r}")
            self.read()
        self.shown = self.shown[found.end() :]
        return [line.rstrip("\r") for line in plain(found[1]).split("\n")]

    def is_as_before(self, what):
        """Its mode, and the screen."""
        end = time.monotonic() + PATIENCE
        while termios.tcgetattr(self.theirs) != self.before:
            check(time.monotonic() < end, f"{what}: the mode of the terminal was not restored")
            self.read()
        end = time.monotonic() + PATIENCE
        while LEAVE not in self.shown:
            check(time.monotonic() < end, f"{what}: the screen was not restored:\n{self.shown!r}")
            self.read()
        check("\x1b[?25h" in self.shown, f"{what}: the cursor stays hidden")

    def end(self, what, code=0):
        while self.process.poll() is None:
            self.read()
        self.read(0.3)
        equal(self.process.returncode, code, f"{what}: exit code, after\n{self.shown}")
        self.is_as_before(what)
        os.close(self.theirs)
        os.close(self.ours)


def plain(text):
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def table(folder):
    terminal = Terminal(folder, "compare", "-i", "lo")
    terminal.wait_for(ENTER)
    check(not termios.tcgetattr(terminal.theirs)[3] & (termios.ICANON | termios.ECHO), "keys do not come one by one")
    terminal.wait_for(RED + "dropped at the socket (NO_SOCKET in ")
    text = plain(terminal.shown)
    for part in ("packets/s", "netfilter lo INPUT pre", "stack-in lo", "ended here", "q: stop"):
        check(part in text, f"{part!r} is not shown:\n{text}")
    check("\u2588" in text and "\u2592" in text, "there is no bar:\n" + text)
    terminal.key("p")
    terminal.wait_for("<- longest", traffic=False)
    check(" 127.0.0.1." in plain(terminal.shown), "the packet's line is not shown")
    fcntl.ioctl(terminal.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 8, 40, 0, 0))
    terminal.key("d")
    end = time.monotonic() + PATIENCE  # one picture may be of before
    while len(lines := terminal.next_picture()) > 8 or max(map(len, lines)) > 40:
        check(time.monotonic() < end, f"lines too long or too many: {lines}")
    terminal.key("q")
    terminal.end("q")
    after = plain(terminal.shown[terminal.shown.index(LEAVE) :])
    check("AF_PACKET " in after and "tap" in after and "packets  outcome" in after, "no report at the end:\n" + after)


def endings(folder):
    for number, code in ((signal.SIGINT, 0), (signal.SIGKILL, -9), (signal.SIGSEGV, -11)):
        terminal = Terminal(folder, "compare", "-i", "lo")
        terminal.wait_for("NO_SOCKET")
        terminal.process.send_signal(number)
        terminal.end(f"signal {int(number)}", code)
    summed = Terminal(folder, "stats", "-i", "lo", "--tap", "tc-in,drop")
    summed.wait_for("NO_SOCKET")
    summed.key("q")
    summed.end("q of stats")


def without_a_screen(folder):
    for environment, what in (({"TERM": "dumb"}, "TERM=dumb"), ({"NO_COLOR": "1"}, "NO_COLOR")):
        terminal = Terminal(folder, "compare", "-i", "lo", **environment)
        if what == "NO_COLOR":
            terminal.wait_for("NO_SOCKET")
            terminal.key("q")
            terminal.end(what)
            check(not re.search(r"\x1b\[[1-9][0-9]*m", terminal.shown), what + ": there are colours")
            continue
        send(20)
        time.sleep(1.2)
        equal(termios.tcgetattr(terminal.theirs), terminal.before, what + ": mode")
        terminal.process.send_signal(signal.SIGINT)
        while terminal.process.poll() is None:
            terminal.read()
        terminal.read(0.3)
        check("\x1b" not in terminal.shown and "packets  outcome" in terminal.shown, f"{what}: {terminal.shown!r}")
    ready = os.path.join(folder, "ready3")
    process = subprocess.Popen([BINARY, "compare", "-i", "lo", "--ready-file", ready, "udp dst port 5000"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=dies_with_us)  # fmt: skip
    wait_until(lambda: os.path.exists(ready), "ringtap is attached")
    send(20)
    time.sleep(1.2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    check("\x1b" not in out + err and out.count("packets  outcome") == 1, f"in a pipe: {out}{err}")


def on_terminal(*command, stdout=None, **environment):
    """All that a run shows on a terminal; its standard output may go elsewhere."""
    ours, theirs = pty.openpty()
    env = {**os.environ, "TERM": "xterm", **environment}
    process = subprocess.Popen(command, stdin=theirs, stdout=stdout or theirs, stderr=theirs, env=env,
                               preexec_fn=dies_with_us)  # fmt: skip
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
    process.wait()
    os.close(ours)
    equal(process.returncode, 0, f"exit code: {shown}")
    return shown.decode()


def colors(folder):
    path = os.path.join(folder, "x.pcapng")
    ready = os.path.join(folder, "ready4")
    process = subprocess.Popen([BINARY, "-i", "lo", "--tap", "tc-in,drop", "-w", path, "--ready-file", ready,
                                "udp dst port 5000"], stderr=subprocess.PIPE, preexec_fn=dies_with_us)  # fmt: skip
    wait_until(lambda: os.path.exists(ready), "ringtap is attached")
    send(20)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    read = (BINARY, "-n", "-r", path)
    shown = on_terminal(*read)
    check(re.search(RED.replace("[", r"\[") + r" \[NO_SOCKET in \w+\]" + "\x1b" + r"\[0m", shown), f"no red: {shown!r}")
    expected = run(*read).stdout
    check("\x1b" not in expected, "colours in a pipe")
    check(expected in plain(shown).replace("\r\n", "\n"), "colours change the text")
    equal(plain(run(*read, "--color", "always").stdout), expected, "--color always in a pipe")
    check("\x1b" in run(*read, "--color", "always").stdout, "--color always in a pipe has no colours")
    for arguments, environment in ((("--color", "never"), {}), (("--compat",), {}), (("--compat", "--color", "always"), {}),
                                   ((), {"NO_COLOR": "1"}), ((), {"TERM": "dumb"})):  # fmt: skip
        check("\x1b" not in on_terminal(*read, *arguments, **environment), f"colours with {arguments} {environment}")
    check("\x1b[31m" in on_terminal(*read, "--color", "always", NO_COLOR="1"), "--color always counts more than NO_COLOR")
    equal(run(*read, "--color", "blue").returncode, 2, "exit code of --color blue")
    return path


def progress(folder, path):
    """While a pipe is slow: shown on a terminal and gone at the end, and never in a pipe."""
    with open(path, "rb") as file:
        data = file.read()
    slow = os.path.join(folder, "slow")
    os.mkfifo(slow)

    def write():
        with open(slow, "wb") as pipe:
            pipe.write(data[: len(data) // 2])
            pipe.flush()
            time.sleep(3.3)
            pipe.write(data[len(data) // 2 :])

    def while_writing(read):
        writer = threading.Thread(target=write)
        writer.start()
        shown = read()
        writer.join()
        return shown

    command = (BINARY, "-n", "-r", slow)
    with open(os.path.join(folder, "out"), "wb") as out:
        shown = while_writing(lambda: on_terminal(*command, stdout=out))
    check(re.search(r"ringtap: [0-9.]+ k?B read", shown), f"no progress: {shown!r}")
    check("\r\x1b[K" in shown[shown.rindex("B read") :], f"the progress stays: {shown!r}")
    done = while_writing(lambda: run(*command))
    check("B read" not in done.stdout + done.stderr and "\x1b" not in done.stderr, f"progress in a pipe: {done.stderr}")


def main():
    enter_namespace()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        table(folder)
        endings(folder)
        without_a_screen(folder)
        progress(folder, colors(folder))


if __name__ == "__main__":
    sys.exit(main())
