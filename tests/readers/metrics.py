#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# --metrics and --metrics-file of a capture, a recording and a comparison on loopback: promtool finds nothing wrong, the counts are those of the
# accounting, a scrape during a flood answers soon, a silent client keeps nobody waiting, and the unix socket is gone at
# the end. promtool comes from Debian's package prometheus, which is fetched but not installed: it would start a server.
import glob
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from reader import BINARY, BUILD, check, dies_with_us, enter_namespace, equal, fail, run, send, skip, wait_until

LONGEST_SCRAPE_S = 0.05 * float(os.environ.get("RINGTAP_PATIENCE", "1"))


def promtool():
    """Its path."""
    installed = shutil.which("promtool")
    folder = os.path.join(BUILD, "promtool")
    unpacked = os.path.join(folder, "usr", "bin", "promtool")
    if installed or os.path.exists(unpacked):
        return installed or unpacked
    os.makedirs(folder, exist_ok=True)
    fetched = run("apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", "prometheus", cwd=folder)
    packages = glob.glob(os.path.join(folder, "prometheus_*.deb"))
    if fetched.returncode != 0 or not packages:
        skip("no promtool, and the package prometheus cannot be fetched: " + fetched.stderr.strip())
    archive = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", packages[0]], stdout=subprocess.PIPE)
    subprocess.run(["tar", "-x", "-C", folder, "./usr/bin/promtool"], stdin=archive.stdout, check=True)
    archive.wait()
    os.remove(packages[0])
    return unpacked


def ask(address, request=b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"):
    """The head and the body of the answer."""
    client = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
    client.settimeout(20)
    client.connect(address)
    client.sendall(request)
    answer = b""
    while part := client.recv(65536):
        answer += part
    head, _, body = answer.decode("utf-8").partition("\r\n\r\n")
    return head, body


def values(text, name):
    """By the labels of the samples."""
    found = re.findall(rf"^{name}(\{{.*?\}})? (\S+)$", text, re.MULTILINE)
    return {labels: float(value) for labels, value in found}


def judge(tool, text):
    done = subprocess.run([tool, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    check(done.returncode == 0 and not done.stderr and not done.stdout, f"promtool: {done.stdout}{done.stderr}\n{text}")


def wait_ready(process, path):
    wait_until(lambda: os.path.exists(path) or process.poll() is not None, "ringtap is attached")
    if process.poll() is not None:
        fail(f"ringtap: {process.returncode}\n{process.stderr.read()}")


def stop(process):
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    equal(process.returncode, 0, "exit code of ringtap: " + said)
    return said


def capture_to_a_socket_and_a_file(tool, folder):
    path, metrics, ready = (os.path.join(folder, name) for name in ("metrics.sock", "ringtap.prom", "ready"))
    process = subprocess.Popen(
        [BINARY, "-v", "-i", "lo", "--tap", "tc,drop", "-w", os.path.join(folder, "x.pcapng"), "--metrics",
         "unix:" + path, "--metrics-file", metrics, "--ready-file", ready, "udp port 5000"],
        stderr=subprocess.PIPE, text=True, preexec_fn=dies_with_us)  # fmt: skip
    wait_ready(process, ready)
    silent = socket.socket(socket.AF_UNIX)
    silent.connect(path)
    head, text = ask(path)
    check(head.startswith("HTTP/1.1 200 OK\r\n") and "version=0.0.4" in head, head)
    judge(tool, text)
    check(values(text, "ringtap_build_info"), text)
    equal(ask(path, b"GET / HTTP/1.0\r\n\r\n")[0].split("\r\n")[0], "HTTP/1.1 404 Not Found", "another path")
    equal(ask(path, b"POST /metrics HTTP/1.0\r\n\r\n")[0].split("\r\n")[0], "HTTP/1.1 405 Method Not Allowed", "POST")
    equal(ask(path, b"HEAD /metrics HTTP/1.0\r\n\r\n")[1], "", "the body of an answer to HEAD")
    equal(ask(path, b"x" * 8192)[0].split("\r\n")[0], "HTTP/1.1 431 Request Header Fields Too Large", "a long request")

    flood = threading.Thread(target=send, args=(60000,))
    flood.start()
    longest = 0.0
    while flood.is_alive():
        begin = time.monotonic()
        ask(path)
        longest = max(longest, time.monotonic() - begin)
        time.sleep(0.02)
    flood.join()
    print(f"longest scrape during the flood: {longest * 1000:.1f} ms")
    check(longest < LONGEST_SCRAPE_S, f"a scrape took {longest} s")
    said = stop(process)
    totals = dict(re.findall(r"(\w+)=(\d+)", said[said.index("accounting: total"):]))
    check(said.rstrip().endswith("balanced"), said)
    check(not os.path.exists(path), "the socket is left behind")
    with open(metrics, encoding="utf-8") as file:
        text = file.read()
    judge(tool, text)
    for name, key in (("seen", "seen"), ("filtered", "filtered"), ("delivered", "delivered"), ("written", "written")):
        equal(sum(values(text, f"ringtap_packets_{name}_total").values()), float(totals[key]), name)
    lost = sum(int(totals[key]) for key in ("ring_full", "no_ring", "copy_failed", "recursion"))
    equal(sum(values(text, "ringtap_packets_lost_total").values()), float(lost), "lost")
    drops = values(text, "ringtap_drops_total")
    check(list(drops) == ['{reason="NO_SOCKET"}'] and drops['{reason="NO_SOCKET"}'] > 0, f"drops: {drops}")
    # Not yet in the file are the totals of each interface, which end it.
    size = os.path.getsize(os.path.join(folder, "x.pcapng"))
    written = sum(values(text, "ringtap_bytes_written_total").values())
    check(0 <= size - written < 4096, f"{written} bytes written of {size}")


def record_with_a_port(tool, folder):
    ready = os.path.join(folder, "ready2")
    process = subprocess.Popen(
        [BINARY, "record", "-i", "lo", "-d", os.path.join(folder, "segments"), "--segment", "1M,1s", "--metrics",
         "127.0.0.1:0", "--stats", "1s", "--ready-file", ready, "udp port 5000"],
        stderr=subprocess.PIPE, text=True, preexec_fn=dies_with_us)  # fmt: skip
    wait_ready(process, ready)
    place = ""
    while not place.startswith("ringtap: metrics at "):
        place = process.stderr.readline()
    port = int(place.rstrip().removesuffix("/metrics").rsplit(":", 1)[1])
    send(100)
    text = ""

    def has_segment():
        nonlocal text
        text = ask(("127.0.0.1", port))[1]
        return values(text, "ringtap_recorder_oldest_timestamp_seconds")

    wait_until(has_segment, "a segment is complete")
    judge(tool, text)
    oldest = values(text, "ringtap_recorder_oldest_timestamp_seconds")[""]
    check(abs(oldest - time.time()) < 120, f"oldest: {oldest}")
    said = stop(process)
    check("stats: packets=" in said, said)


def compare_with_a_socket(tool, folder):
    path, ready = (os.path.join(folder, name) for name in ("compare.sock", "ready3"))
    process = subprocess.Popen([BINARY, "compare", "-i", "lo", "-v", "--metrics", "unix:" + path, "--ready-file", ready,
                                "udp dst port 5000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               preexec_fn=dies_with_us)  # fmt: skip
    wait_ready(process, ready)
    send(100)
    text = ""

    def has_all():
        nonlocal text
        text = ask(path)[1]
        return values(text, "ringtap_compared_packets_total").get('{outcome="dropped"}') == 100

    wait_until(has_all, "all packets are followed to their end")
    judge(tool, text)
    equal(values(text, "ringtap_drops_total"), {'{reason="NO_SOCKET"}': 100.0}, "drops")
    check(sum(values(text, "ringtap_packets_delivered_total").values()) >= 700, text)
    said = stop(process)
    check(said.rstrip().endswith("balanced"), said)
    check(not os.path.exists(path), "the socket is left behind")


def main():
    tool = promtool() if not os.environ.get("RINGTAP_IN_NAMESPACE") else os.environ["PROMTOOL"]
    os.environ["PROMTOOL"] = tool
    enter_namespace()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        capture_to_a_socket_and_a_file(tool, folder)
        record_with_a_port(tool, folder)
        compare_with_a_socket(tool, folder)


if __name__ == "__main__":
    sys.exit(main())
