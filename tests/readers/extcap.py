#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# ringtap as a source of Wireshark: tshark lists its interfaces, captures with it, and keeps what it says in the file.
# What only Wireshark's windows ask (filter check, toolbar, link types) a host made here asks in the same way. The
# folder in which tshark looks for such programs is covered by one of our own, in a mount namespace.
import os
import signal
import subprocess
import sys
import tempfile
import time

from reader import BINARY, check, dies_with_us, enter_namespace, equal, fail, require, run, send, skip, wait_until


def cover_extcap_folder():
    folders = run("tshark", "-G", "folders").stdout
    for line in folders.splitlines():
        if line.startswith("Extcap path:"):
            folder = line.split(":", 1)[1].strip()
            break
    else:
        skip("tshark names no folder for extcap")
    if not os.path.isdir(folder):
        skip(f"tshark's folder {folder} is not there")
    done = run("mount", "-t", "tmpfs", "tmpfs", folder)
    if done.returncode != 0:
        skip("cannot mount: " + done.stderr)
    os.symlink(BINARY, os.path.join(folder, "ringtap"))


def lists():
    listed = run("tshark", "-D")
    names = [line.split(". ", 1)[1].split(" ")[0] for line in listed.stdout.splitlines()]
    for name in ("ringtap:lo", "ringtap:lo:xdp", "ringtap:any", "ringtap:drops"):
        check(name in names, f"{name} is not in {names}\n{listed.stderr}")


def ringtap(*arguments):
    return run(BINARY, *arguments)


def answers_what_the_windows_ask():
    dlts = ringtap("--extcap-dlts", "--extcap-interface", "ringtap:lo")
    equal(dlts.stdout, "dlt {number=1}{name=EN10MB}{display=Ethernet}\n", "link types of lo")
    arguments = ringtap("--extcap-config", "--extcap-interface", "ringtap:lo").stdout
    for call in ("--tap", "--snaplen", "--buffer", "--slice", "--any-vlan"):
        check("{call=" + call + "}" in arguments, arguments)
    check("{call=--tap}" not in ringtap("--extcap-config", "--extcap-interface", "ringtap:drops").stdout, "tap of drops")
    filters = ("--extcap-interface", "ringtap:lo", "--extcap-capture-filter")
    equal(ringtap(*filters, "tcp port 80").stdout, "", "the check of a good filter")
    wrong = ringtap(*filters, "tcp port")
    check(wrong.returncode == 0 and "syntax error" in wrong.stdout, f"the check of a wrong filter: {wrong}")
    other = ringtap("--extcap-config", "--extcap-interface", "eth0")
    equal(other.returncode, 2, "exit code for an interface of somebody else")


def captures_by_tshark(folder, interface, expression, *arguments):
    """The file that tshark saved of at least 20 packets."""
    path = os.path.join(folder, interface.replace(":", "_") + ".pcapng")
    process = subprocess.Popen(["tshark", "-q", "-i", interface, "-f", expression, "-w", path, *arguments],
                               stderr=subprocess.PIPE, text=True, preexec_fn=dies_with_us)  # fmt: skip
    end = time.monotonic() + 60

    def packets():
        if not os.path.exists(path):
            return 0
        return len(run("tshark", "-r", path, "-T", "fields", "-e", "frame.number").stdout.split())

    while packets() < 20:
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            fail(f"tshark -i {interface}: {process.communicate()[1]}")
        send(40)
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    equal(process.returncode, 0, f"exit code of tshark -i {interface}: {said}")
    check("Error" not in said and "ringtap:" not in said.replace(interface, ""), said)
    return path


def fields(path, *names):
    columns = [part for name in names for part in ("-e", name)]
    lines = run("tshark", "-r", path, "-T", "fields", "-E", "occurrence=f", *columns).stdout.splitlines()
    return [line.split("\t") for line in lines]


def captures(folder):
    path = captures_by_tshark(folder, "ringtap:lo", "udp dst port 5000")
    for port, name, direction in fields(path, "udp.dstport", "frame.interface_name", "frame.packet_flags_direction"):
        equal(port, "5000", "port")
        check(name.startswith("lo"), name)
        check(direction in ("1", "2", "0x00000001", "0x00000002"), f"direction {direction}")
    path = captures_by_tshark(folder, "ringtap:drops", "udp dst port 5000")
    comments = {comment for (comment,) in fields(path, "frame.comment")}
    check(any("NO_SOCKET" in comment for comment in comments), f"comments: {comments}")


def serves_a_toolbar(folder):
    pipes = {name: os.path.join(folder, name) for name in ("fifo", "in", "out")}
    for path in pipes.values():
        os.mkfifo(path)
    process = subprocess.Popen(
        [BINARY, "--capture", "--extcap-interface", "ringtap:lo", "--fifo", pipes["fifo"], "--tap", "auto",
         "--snaplen", "100", "--slice", "all", "--extcap-control-in", pipes["in"], "--extcap-control-out",
         pipes["out"]], stderr=subprocess.PIPE, preexec_fn=dies_with_us)  # fmt: skip
    control = os.open(pipes["out"], os.O_RDONLY | os.O_NONBLOCK)
    with open(pipes["fifo"], "rb") as packets:
        told = os.open(pipes["in"], os.O_WRONLY)
        os.write(told, b"T\0\0\2\0\0")  # initialised
        check(packets.read(4) == b"\x0a\x0d\x0d\x0a", "no pcapng in the pipe")
        message = b""

        def shown():
            nonlocal message
            try:
                message += os.read(control, 100)
            except BlockingIOError:
                pass
            return len(message) >= 7

        wait_until(shown, "the toolbar shows something")
        equal(message[:7], b"T\0\0\3\0\1" + b"0", "the number of lost packets")
    send(10)  # the reader of the packets is gone
    wait_until(lambda: process.poll() is not None or send(1), "ringtap ends")
    equal((process.returncode, process.stderr.read()), (0, b""), "the end of ringtap when its reader has gone")


def main():
    require("tshark")
    enter_namespace()
    cover_extcap_folder()
    lists()
    answers_what_the_windows_ask()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        captures(folder)
        serves_a_toolbar(folder)


if __name__ == "__main__":
    sys.exit(main())
