#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Captures over hosts, which are namespaces joined by veth, through a real nats-server: the file has every packet once
# for each host that saw it, in time order, and the accounting adds up; a filter that is wrong is refused by name.
import os
import re
import subprocess
import sys
import tempfile
import time

from reader import BINARY, PORT, check, dies_with_us, enter_namespace, equal, fail, require, run, wait_until

NATS_PORT = 14222
PACKETS = 2000


class Host:
    """A namespace "a" with the address 10.1.N.2 towards the server, joined to its neighbour by the device "ab"."""

    def __init__(self, name, number, folder):
        self.name, self.folder = name, folder
        self.holder = subprocess.Popen(["unshare", "--net", "sleep", "1000"], preexec_fn=dies_with_us)
        wait_until(lambda: os.readlink(f"/proc/{self.holder.pid}/ns/net") != os.readlink("/proc/self/ns/net"), name)
        wait_until(lambda: open(f"/proc/{self.holder.pid}/comm").read() == "sleep\n", name)
        ip("link", "add", f"to-{name}", "type", "veth", "peer", "name", "wire", "netns", str(self.holder.pid))
        ip("addr", "add", f"10.1.{number}.1/24", "dev", f"to-{name}")
        ip("link", "set", f"to-{name}", "up")
        self.server = f"nats://10.1.{number}.1:{NATS_PORT}"
        self.do("ip", "addr", "add", f"10.1.{number}.2/24", "dev", "wire")
        for device in ("lo", "wire"):
            self.do("ip", "link", "set", device, "up")
        self.agent = None

    def words(self, *words):
        return ["nsenter", "--net", "-t", str(self.holder.pid), *words]

    def do(self, *words):
        done = run(*self.words(*words))
        equal(done.returncode, 0, f"{words}: {done.stderr}")
        return done.stdout

    def start_agent(self, *options):
        log = open(os.path.join(self.folder, self.name + ".log"), "w")
        self.agent = subprocess.Popen(
            self.words(BINARY, "agent", "--nats", self.server, "--host-id", self.name, *options),
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=dies_with_us)  # fmt: skip

    def log(self):
        with open(os.path.join(self.folder, self.name + ".log"), encoding="utf-8") as file:
            return file.read()


def ip(*words):
    done = run("ip", *words)
    equal(done.returncode, 0, f"ip {words}: {done.stderr}")


def fleet(*words):
    verb, *options = words
    return [BINARY, "fleet", verb, "--nats", f"nats://127.0.0.1:{NATS_PORT}", *options]


def join(one, other):
    one.do("ip", "link", "add", "ab", "type", "veth", "peer", "name", "ab", "netns", str(other.holder.pid))
    for number, host in ((1, one), (2, other)):
        host.do("ip", "addr", "add", f"10.2.0.{number}/24", "dev", "ab")
        host.do("ip", "link", "set", "ab", "up")


def send(host, count):
    """Datagrams to the neighbour, by a process in the host's namespace."""
    script = (f"import socket, time\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
              f"for i in range({count}):\n s.sendto(i.to_bytes(4, 'big'), ('10.2.0.2', {PORT}))\n"
              f" if i % 200 == 199: time.sleep(0.02)")  # fmt: skip
    host.do(sys.executable, "-c", script)


def start_server(folder):
    config = os.path.join(folder, "nats.conf")
    with open(config, "w", encoding="utf-8") as file:
        file.write(f'listen: "0.0.0.0:{NATS_PORT}"\njetstream {{ store_dir: "{folder}/js" }}\n')
    log = open(os.path.join(folder, "nats.log"), "w")
    server = subprocess.Popen(["nats-server", "-c", config], stdout=log, stderr=log, preexec_fn=dies_with_us)
    wait_until(lambda: "Server is ready" in open(os.path.join(folder, "nats.log")).read(), "nats-server is ready")
    return server


def hosts_of_status():
    done = run(*fleet("status"))
    return [line.split()[0] for line in done.stdout.splitlines()[1:] if not line.startswith(" ")]


def start_capture(path, *options):
    """Returns when the gates are open."""
    capture = subprocess.Popen(fleet("capture", "-i", "any", "-w", path, *options), stderr=subprocess.PIPE, text=True,
                               preexec_fn=dies_with_us)  # fmt: skip
    said = ""
    while " capture" not in said:
        line = capture.stderr.readline()
        check(line, f"fleet capture ended: {said}")
        said += line
    return capture


def accounts(said):
    """By host; of the sum it is "sum"."""
    found = {}
    for line in re.findall(r"^ringtap: fleet: (?:host=)?(\S+) (.*=.*)$", said, re.MULTILINE):
        found[line[0]] = {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", line[1])}
        found[line[0]]["end"] = line[1].split()[-1]
    return found


def rows(path):
    shown = run("tshark", "-r", path, "-T", "fields", "-e", "frame.time_epoch", "-e", "frame.interface_name", "-e",
                "udp.payload")  # fmt: skip
    return [line.split("\t") for line in shown.stdout.splitlines()]


def one_file_of_two_hosts(folder, hosts):
    path = os.path.join(folder, "all.pcapng")
    capture = start_capture(path, "--duration", "3s", "udp port 5000")
    send(hosts[0], PACKETS)
    _, said = capture.communicate(timeout=60)
    equal(capture.returncode, 0, "exit code: " + said)
    found = accounts(said)
    equal(sorted(found), ["a", "b", "sum"], said)
    for name in ("a", "b"):
        equal(found[name]["handed"], PACKETS, f"packets of {name}: {said}")
    equal(found["sum"]["written"], 2 * PACKETS, said)
    equal({one["end"] for one in found.values()}, {"balanced"}, said)
    shown = rows(path)
    equal(len(shown), 2 * PACKETS, "packets in the file")
    times = [row[0] for row in shown]
    equal(times, sorted(times), "the order of times")
    for name in ("a/ab", "b/ab"):
        payloads = [int(row[2], 16) for row in shown if row[1] == name]
        equal(payloads, list(range(PACKETS)), f"packets of {name}")


def wrong_filter():
    done = run(*fleet("capture", "-i", "any", "-w", "/dev/null", "--duration", "1s", "udp prt 5000"))
    equal(done.returncode, 1, done.stderr)
    for name in ("a", "b"):
        check(re.search(rf"{name} does not take part: .*syntax error", done.stderr), done.stderr)


def main():
    require("nats-server", "tshark", "ip", "nsenter")
    enter_namespace()
    with tempfile.TemporaryDirectory() as folder:
        server = start_server(folder)
        hosts = [Host(name, number, folder) for number, name in enumerate("ab")]
        join(*hosts)
        for host in hosts:
            host.start_agent()
        wait_until(lambda: hosts_of_status() == ["a", "b"], "both agents answer")
        one_file_of_two_hosts(folder, hosts)
        wrong_filter()
        for host in hosts:
            host.agent.terminate()
            equal(host.agent.wait(timeout=20), 0, host.log())
        server.terminate()
        server.wait(timeout=20)


if __name__ == "__main__":
    sys.exit(main())
