#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# What a fleet's capture does when something fails, with a cluster of three nats-servers: one is killed while each of two
# hosts captures 10 MB/s, the one who collects is killed and starts again, an agent is killed, all servers stand still. No
# packet is lost without being named. RINGTAP_FAULT_ROUNDS=20 asks for more rounds of faults at random moments, and for
# half a minute without any server; RINGTAP_FAULT_SEED repeats a run.
import concurrent.futures
import os
import random
import re
import signal
import sys
import tempfile
import threading
import time

import fleet_hosts
from fleet_hosts import NATS_PORT, Host, Server, accounts, ask_server, await_copies, datagrams, drop_batch_with_packets, fleet, \
    has_sent, hosts_of_status, join, leader_of, rows, send, session_of, start_capture
from reader import check, enter_namespace, equal, require, run, wait_until

# 10 MB/s of what cannot be compressed, for five seconds.
PACKETS, PACE, FILLER = 50000, 0.02, 1000
ROUNDS = int(os.environ.get("RINGTAP_FAULT_ROUNDS", "2"))


def expect_whole(said, path, names, packets):
    found = accounts(said)
    if any(found[name]["missing"] for name in names):
        said += "read again: " + run(*fleet("collect", session_of(said), "-w", "/dev/null")).stderr
    for name in names:
        equal(found[name]["handed"], packets, f"packets of {name}: {said}")
        equal(found[name]["end"], "balanced", said)
    shown = list(datagrams(path))
    times = [row[0] for row in shown]
    equal(times, sorted(times), "the order of times")
    for name in names:
        numbers = [row[2] for row in shown if row[1] == name + "/ab"]
        equal(len(numbers), packets, f"packets of {name}: {said}")
        wrong = next((i for i in range(packets) if numbers[i] != i), None)
        equal(wrong, None, f"the first packet of {name} that is not in its place")


def in_background(host, count):
    """Its result() is how long it took."""
    return concurrent.futures.ThreadPoolExecutor(1).submit(send, host, count, PACE, FILLER)


def rate(packets, seconds):
    return f"2 x {packets} packets, {packets * (FILLER + 46) / seconds / 1e6:.1f} MB/s at each host"


def stand_still(server, seconds):
    server.process.send_signal(signal.SIGSTOP)
    time.sleep(seconds)
    server.process.send_signal(signal.SIGCONT)


def fail(server, kind, seconds):
    if kind == "frozen":
        return stand_still(server, seconds)
    server.stop(kill=True)
    time.sleep(seconds)
    return server.start()


def answers(server):
    try:
        return ask_server(server.port, "$JS.API.STREAM.NAMES") != ""
    except OSError:
        return False


def servers_fail_at_random(folder, hosts, servers):
    """In each round two faults, one after the other: a server is killed, or stands still for a while. The first is that
    the leader is killed."""
    seed = int(os.environ.get("RINGTAP_FAULT_SEED", time.time_ns()))
    print(f"seed {seed}, {ROUNDS} rounds", flush=True)
    chance = random.Random(seed)
    path = os.path.join(folder, "random.pcapng")
    for number in range(ROUNDS):
        begun = time.monotonic()
        capture, said = start_capture(path, "udp port 5000")
        traffic = in_background(hosts[0], PACKETS)
        told = []
        for i in range(2):
            is_first = number + i == 0
            time.sleep(chance.uniform(0, 2))
            leader = leader_of(servers, session_of(said)) if is_first or chance.random() < 0.5 else None
            server = leader or chance.choice(servers)
            kind, away = "killed" if is_first else chance.choice(("killed", "frozen")), chance.uniform(0.1, 5)
            told.append(f"{server.name} {'(leader) ' if leader else ''}{kind} for {away:.1f} s")
            fail(server, kind, away)
            wait_until(lambda one=server: answers(one), f"{server.name} answers")
            await_copies(servers, session_of(said))
        seconds = traffic.result()
        capture.send_signal(signal.SIGINT)
        said += capture.communicate(timeout=100)[1]
        equal(capture.returncode, 0, f"seed {seed}, round {number}, {told}: {said}")
        expect_whole(said, path, "ab", PACKETS)
        repeats = [accounts(said)[name]["repeats"] for name in "ab"]
        print(f"round {number}: {', '.join(told)}: {rate(PACKETS, seconds)}, {sum(repeats)} batches twice, "
              f"{time.monotonic() - begun:.1f} s", flush=True)  # fmt: skip


def all_servers_are_away(folder, hosts, servers, seconds=30):
    """The captures do not notice."""
    path = os.path.join(folder, "away.pcapng")
    capture, said = start_capture(path, "udp port 5000")
    packets = 7 * PACKETS
    traffic = in_background(hosts[0], packets)
    time.sleep(0.5)
    away = [threading.Thread(target=stand_still, args=(server, seconds)) for server in servers]
    for thread in away:
        thread.start()
    for thread in away:
        thread.join()
    sent = rate(packets, traffic.result())
    capture.send_signal(signal.SIGINT)
    said += capture.communicate(timeout=200)[1]
    equal(capture.returncode, 0, said)
    expect_whole(said, path, "ab", packets)
    equal([accounts(said)[name]["ring"] for name in "ab"], [0, 0], said)
    print(f"{sent}: " + re.search("ringtap: fleet: sum.*", said)[0], flush=True)


def the_collector_is_killed(folder, hosts, servers):
    """What it had not written comes later, as often as one likes, until a server has lost something."""
    path = os.path.join(folder, "again.pcapng")
    capture, said = start_capture(path, "udp port 5000")
    send(hosts[0], 1000)
    capture.kill()
    capture.wait()
    wait_until(lambda: has_sent("a", 1000), "what a has sent")
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
    lost = drop_batch_with_packets(leader_of(servers, session), session, "a")
    check(lost > 0, "no batch with packets")
    done = run(*fleet("collect", session, "--strict-loss", "-w", "/dev/null"))
    equal(done.returncode, 3, done.stderr)
    found = accounts(done.stderr)["a"]
    equal((found["missing"], found["handed"], found["end"]), (lost, 2000 - lost, "balanced"), done.stderr)
    check(re.search(rf"a: batches \d+ to \d+ are missing, with {lost} packets"
                    r"(; between its readings around that time the host counted seen=\d+ matched=\d+ ring=0)?$",
                    done.stderr, re.M), done.stderr)  # fmt: skip


def a_small_queue_is_full(folder, hosts, servers):
    """While the servers stand still. What has no room goes to the disk; that of a is full soon, and what finds no room
    there, either, is counted and the reason is named. c, which sees what b sees, has none."""
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
    for name in "abc":
        equal(found[name]["handed"] + found[name]["queue"], 6000, f"packets of {name}: {said}")
        equal((found[name]["ring"], found[name]["missing"]), (0, 0), f"losses of {name}: {said}")
        equal(found[name]["end"], "balanced", said)
    check(found["a"]["queue"] > 0 and found["b"]["queue"] == 0 and found["c"]["queue"] > 0, said)
    equal(re.findall("fleet: (.): --spill ", said), ["a"], said)
    check("packets are dropped and counted" in hosts[0].log(), hosts[0].log())


def the_servers_are_away_at_the_end(folder, hosts, servers):
    """For longer than half a minute: b, which has a disk, waits for them; c has none and gives up."""
    capture, said = start_capture("/dev/null", "--duration", "1s", "udp port 5000")  # half a minute more, without a word
    for server in servers:
        server.process.send_signal(signal.SIGSTOP)
    send(hosts[0], 2000, filler=300)
    wait_until(lambda: not any(captures_of(host) for host in hosts), "the captures end")
    time.sleep(40)
    for server in servers:
        server.process.send_signal(signal.SIGCONT)
    capture.communicate(timeout=100)
    wait_until(lambda: "session" not in run(*fleet("status")).stdout, "the agents are done")
    done = run(*fleet("collect", session_of(said), "-w", "/dev/null"))
    found = accounts(done.stderr)
    equal((found["b"]["handed"], found["b"]["end"], found["c"]["end"]), (2000, "balanced", "unfinished"), done.stderr)


def a_host_is_behind(folder, hosts):
    """Its agent stands still: it is not waited for longer than --window, and what it sends then is named as late."""
    path = os.path.join(folder, "behind.pcapng")
    capture, said = start_capture(path, "--window", "500ms", "udp port 5000")
    send(hosts[0], 1000)
    wait_until(lambda: len(rows(path)) == 2000, "what both have is written")
    hosts[1].agent.send_signal(signal.SIGSTOP)
    send(hosts[0], 1000)
    wait_until(lambda: len(rows(path)) == 3000, "what a has is written")
    hosts[1].agent.send_signal(signal.SIGCONT)
    capture.send_signal(signal.SIGINT)
    said += capture.communicate(timeout=100)[1]
    equal(capture.returncode, 0, said)
    found = accounts(said)
    equal((found["a"]["handed"], found["a"]["late"]), (2000, 0), said)
    equal(found["b"]["handed"] + found["b"]["late"], 2000, said)
    check(found["b"]["late"] > 0, said)
    equal({found[name]["end"] for name in "ab"}, {"balanced"}, said)
    times = [row[0] for row in rows(path)]
    equal(times, sorted(times), "the order of times")


def runs(pid):
    """Whether the process is there, and no zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def captures_of(host):
    """The processes that its agent has started, by any of its threads."""
    found = []
    for thread in os.listdir(f"/proc/{host.agent.pid}/task"):
        with open(f"/proc/{host.agent.pid}/task/{thread}/children", encoding="utf-8") as file:
            found += file.read().split()
    return found


def an_agent_is_killed(folder, hosts):
    path = os.path.join(folder, "agent.pcapng")
    capture, said = start_capture(path, "udp port 5000")
    send(hosts[0], 1000)
    wait_until(lambda: has_sent("a", 1000), "what a has sent")
    captures = captures_of(hosts[0])
    check(captures, "the agent's capture is not found")
    begun = time.monotonic()
    hosts[0].agent.kill()
    wait_until(lambda: not any(runs(pid) for pid in captures), "the capture ends")
    print(f"the capture ended after {time.monotonic() - begun:.2f} s", flush=True)
    while "its agent is gone" not in said:
        line = capture.stderr.readline()
        check(line, said)
        said += line
    print(f"said after {time.monotonic() - begun:.1f} s", flush=True)
    capture.send_signal(signal.SIGINT)
    said += capture.communicate(timeout=100)[1]
    found = accounts(said)
    equal((found["a"]["handed"], found["a"]["end"]), (1000, "unfinished"), said)
    equal((found["b"]["handed"], found["b"]["end"]), (1000, "balanced"), said)
    check(re.search(r"fleet: a: up to \S+ it had counted seen=\d+ matched=1000 ring=0", said), said)
    hosts[0].agent.wait()


def start_agents(hosts, servers, spills, queue="64M"):
    """`spills`: the folder of a host, if it has one."""
    for host in hosts:
        urls = [host.server.replace(str(NATS_PORT), str(server.port)) for server in servers]
        spill = ["--spill", spills[host.name]] if host.name in spills else []
        host.start_agent("--nats", ",".join(urls), "--queue", queue, *spill)
    wait_until(lambda: hosts_of_status() == [host.name for host in hosts], "all agents answer")


def run_cases(folder, hosts, servers, *cases):
    for case in cases:
        begun = time.monotonic()
        case(*(folder, hosts, servers)[:min(case.__code__.co_argcount, 3)])
        print(f"{case.__name__}: {time.monotonic() - begun:.1f} s", flush=True)


def main():
    require("nats-server", "tshark", "ip", "nsenter")
    enter_namespace()
    with tempfile.TemporaryDirectory() as folder:
        servers = [Server(folder, number) for number in range(3)]
        fleet_hosts.SERVERS[1] = ",".join(f"nats://127.0.0.1:{server.port}" for server in servers)
        hosts = [Host(name, number, folder) for number, name in enumerate("ab")]
        join(*hosts)
        wait_until(lambda: any(server.says("JetStream cluster new metadata leader") for server in servers), "a leader")
        start_agents(hosts, servers, {"a": folder, "b": folder})
        run_cases(folder, hosts, servers, the_collector_is_killed, a_host_is_behind, servers_fail_at_random)
        if ROUNDS > 2:
            run_cases(folder, hosts, servers, all_servers_are_away)
        for host in hosts:
            host.stop_agent()
        hosts.append(hosts[1].twin("c"))
        small = os.path.join(folder, "small")
        os.mkdir(small)
        done = run("mount", "-t", "tmpfs", "-o", "size=1m", "none", small)
        equal(done.returncode, 0, done.stderr)
        start_agents(hosts, servers, {"a": small, "b": folder}, queue="1M")
        run_cases(folder, hosts, servers, a_small_queue_is_full)
        if ROUNDS > 2:
            run_cases(folder, hosts, servers, the_servers_are_away_at_the_end)
        run_cases(folder, hosts, servers, an_agent_is_killed)
        for host in hosts[1:]:
            host.stop_agent()
        run("umount", small)
        for server in servers:
            server.stop(kill=True)


if __name__ == "__main__":
    sys.exit(main())
