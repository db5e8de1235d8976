#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# What a fleet's capture does when something fails, with a cluster of three nats-servers: one is killed, the one who
# collects is killed and starts again, an agent is killed, all servers stand still. No packet is lost without being named.
import os
import signal
import sys
import tempfile
import threading
import time

import fleet_hosts
from fleet_hosts import NATS_PORT, Host, Server, accounts, fleet, hosts_of_status, join, leader_of, rows, send, \
    session_of, start_capture
from reader import check, enter_namespace, equal, require, run, wait_until

PACKETS = 20000


def expect_whole(said, path, names, packets):
    found = accounts(said)
    for name in names:
        equal(found[name]["handed"], packets, f"packets of {name}: {said}")
        equal(found[name]["end"], "balanced", said)
    shown = rows(path)
    times = [row[0] for row in shown]
    equal(times, sorted(times), "the order of times")
    for name in names:
        payloads = [int(row[2], 16) for row in shown if row[1] == name + "/ab"]
        equal(payloads, list(range(packets)), f"packets of {name}")


def in_background(host, count, pause):
    thread = threading.Thread(target=send, args=(host, count, pause))
    thread.start()
    return thread


def the_leader_is_killed(folder, hosts, servers):
    path = os.path.join(folder, "killed.pcapng")
    capture, said = start_capture(path, "udp port 5000")
    traffic = in_background(hosts[0], PACKETS, 0.03)
    time.sleep(0.5)
    leader = leader_of(servers, session_of(said))
    leader.stop(kill=True)
    traffic.join()
    capture.send_signal(signal.SIGINT)
    said += capture.communicate(timeout=100)[1]
    equal(capture.returncode, 0, said)
    expect_whole(said, path, "ab", PACKETS)
    leader.start()


def the_collector_is_killed(folder, hosts):
    path = os.path.join(folder, "again.pcapng")
    capture, said = start_capture(path, "udp port 5000")
    send(hosts[0], 1000)
    capture.kill()
    capture.wait()
    send(hosts[0], 1000)
    session = session_of(said)
    done = run(*fleet("stop", session))
    equal(done.returncode, 0, done.stderr)
    files = []
    for name in ("first", "second"):
        path = os.path.join(folder, name + ".pcapng")
        done = run(*fleet("collect", session, "-w", path))
        equal(done.returncode, 0, done.stderr)
        equal(accounts(done.stderr)["sum"]["written"], 4000, done.stderr)
        equal(accounts(done.stderr)["sum"]["end"], "balanced", done.stderr)
        with open(path, "rb") as file:
            files.append(file.read())
    check(files[0] == files[1], "another file the second time")


def a_small_queue_is_full(folder, hosts, servers):
    """While the servers stand still. What a drops is counted, what b has no room for goes to its disk."""
    path = os.path.join(folder, "queue.pcapng")
    capture, said = start_capture(path, "udp port 5000")
    for server in servers:
        server.process.send_signal(signal.SIGSTOP)
    send(hosts[0], 6000, filler=1000)
    for server in servers:
        server.process.send_signal(signal.SIGCONT)
    capture.send_signal(signal.SIGINT)
    said += capture.communicate(timeout=100)[1]
    equal(capture.returncode, 0, said)
    found = accounts(said)
    for name in "ab":
        equal(found[name]["handed"] + found[name]["queue"], 6000, f"packets of {name}: {said}")
        equal((found[name]["ring"], found[name]["missing"]), (0, 0), f"losses of {name}: {said}")
        equal(found[name]["end"], "balanced", said)
    check(found["a"]["queue"] > 0 and found["b"]["queue"] == 0, said)


def runs(pid):
    """Whether the process is there, and no zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def an_agent_is_killed(folder, hosts):
    path = os.path.join(folder, "agent.pcapng")
    capture, said = start_capture(path, "udp port 5000")
    send(hosts[0], 1000)
    time.sleep(0.5)
    with open(f"/proc/{hosts[0].agent.pid}/task/{hosts[0].agent.pid}/children", encoding="utf-8") as file:
        captures = file.read().split()
    check(captures, "the agent's capture is not found")
    begun = time.monotonic()
    hosts[0].agent.kill()
    wait_until(lambda: not any(runs(pid) for pid in captures), "the capture ends")
    check(time.monotonic() - begun < 1, f"the capture ended after {time.monotonic() - begun:.1f} s")
    while "its agent is gone" not in said:
        line = capture.stderr.readline()
        check(line, said)
        said += line
    check(time.monotonic() - begun < 5, f"said after {time.monotonic() - begun:.1f} s")
    capture.send_signal(signal.SIGINT)
    said += capture.communicate(timeout=100)[1]
    found = accounts(said)
    equal((found["a"]["handed"], found["a"]["end"]), (1000, "unfinished"), said)
    equal((found["b"]["handed"], found["b"]["end"]), (1000, "balanced"), said)
    hosts[0].agent.wait()


def main():
    require("nats-server", "tshark", "ip", "nsenter")
    enter_namespace()
    with tempfile.TemporaryDirectory() as folder:
        servers = [Server(folder, number) for number in range(3)]
        fleet_hosts.SERVERS[1] = ",".join(f"nats://127.0.0.1:{server.port}" for server in servers)
        hosts = [Host(name, number, folder) for number, name in enumerate("ab")]
        join(*hosts)
        for host in hosts:
            urls = [host.server.replace(str(NATS_PORT), str(server.port)) for server in servers]
            host.start_agent("--nats", ",".join(urls), "--queue", "1M", *(["--spill", folder] if host.name == "b" else []))
        wait_until(lambda: any(server.says("JetStream cluster new metadata leader") for server in servers), "a leader")
        wait_until(lambda: hosts_of_status() == ["a", "b"], "both agents answer")
        for case in (the_collector_is_killed, the_leader_is_killed, a_small_queue_is_full, an_agent_is_killed):
            begun = time.monotonic()
            case(*(folder, hosts, servers)[:case.__code__.co_argcount])
            print(f"{case.__name__}: {time.monotonic() - begun:.1f} s", flush=True)
        hosts[1].stop_agent()
        for server in servers:
            server.stop(kill=True)


if __name__ == "__main__":
    sys.exit(main())
