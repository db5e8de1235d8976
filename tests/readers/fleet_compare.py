#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# ringtap fleet compare over two hosts, a and b, which are namespaces with a router between them that has no agent: one
# table says which packets a sent and b got, dropped at INPUT, or never saw, and which the router translated. What a host
# saw that does not take part is unknown; what was lost on the way is hosts_compare_test's.
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

from fleet_hosts import Host, fleet, hosts_of_status, start_server
from reader import check, dies_with_us, enter_namespace, equal, require, wait_until

TAKEN, REFUSED, LOST, TRANSLATED = 5001, 5002, 5003, 5004
PACKETS = 50
# Connected, so that the packets have numbers of IP.
SEND = f"""
import socket, time
for port in ({TAKEN}, {REFUSED}, {LOST}, {TRANSLATED}):
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.connect(("192.0.2.130", port))
    for i in range({PACKETS}):
        client.send(i.to_bytes(4, "big") * 8)
        time.sleep(0.001)
"""
LISTEN = f"""
import socket, time
sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
for port, one in zip(({TAKEN}, {TRANSLATED}), sockets):
    one.bind(("0.0.0.0", port))
print("listens", flush=True)
time.sleep(1000)
"""
RULES = f"""table ip t {{
chain forward {{ type filter hook forward priority 0; udp dport {LOST} drop; }};
chain leave {{ type nat hook postrouting priority 100; udp dport {TRANSLATED} masquerade; }}; }}"""


def link(one, other, device, addresses):
    one.do("ip", "link", "add", device, "type", "veth", "peer", "name", device, "netns", str(other.holder.pid))
    for host, address in zip((one, other), addresses):
        host.do("ip", "link", "set", device, "addrgenmode", "none", "up")
        host.do("ip", "addr", "add", address, "dev", device)


def compare(hosts, *options):
    """What it prints, as JSON, and what it says."""
    process = subprocess.Popen(fleet("compare", "-i", "any", "--json", *options, "udp portrange 5001-5004"),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=dies_with_us)  # fmt: skip
    said = ""
    while " capture" not in said:
        line = process.stderr.readline()
        check(line, f"fleet compare ended: {said}")
        said += line
    hosts[0].do(sys.executable, "-c", SEND)
    time.sleep(0.5)  # what is seen just before the end may still have been under way
    process.send_signal(signal.SIGINT)
    printed, more = process.communicate(timeout=60)
    equal(process.returncode, 0, said + more)
    return [json.loads(line) for line in printed.splitlines()], said + more


def of_type(objects, kind):
    return [one for one in objects if one["type"] == kind]


def steps(path):
    """Host, outcome and place of each, and what came before and after."""
    return (path.get("before"), *((step["host"], step["outcome"], step.get("at")) for step in path["steps"]), path.get("after"))


def both_hosts(hosts, folder):
    path = os.path.join(folder, "all.pcapng")
    objects, said = compare(hosts, "-w", path)
    paths = of_type(objects, "path")
    wanted = {
        (None, ("a", "sent", None), ("b", "delivered", None), None): 2 * PACKETS,  # one path is translated
        (None, ("a", "sent", None), ("b", "dropped", "INPUT"), None): PACKETS,
        (None, ("a", "sent", None), "not-seen"): PACKETS,
    }
    for path_steps, packets in wanted.items():
        told = sum(one["packets"] for one in paths if steps(one) == path_steps)
        equal(told, packets, f"{path_steps} of {paths}: {said}")
    equal(of_type(objects, "summary")[0]["packets"], 4 * PACKETS, str(paths))
    translated = [one["packets"] for one in paths if any("translated_before" in step for step in one["steps"])]
    equal(translated, [PACKETS], str(paths))
    for one in paths:
        equal([step["order"] for step in one["steps"][1:]], ["after"] * (len(one["steps"]) - 1), str(one))
    places = {(one["host"], one["tap"], one.get("device"), one.get("hook"), one.get("stage")): one["packets"]
              for one in of_type(objects, "place")}  # fmt: skip
    equal(places[("a", "tc-egress", "am", None, None)], 4 * PACKETS, str(places))
    equal(places[("b", "xdp", "bm", None, None)], 3 * PACKETS, str(places))
    equal(places[("b", "netfilter", "bm", "INPUT", "pre")], 3 * PACKETS, str(places))
    equal(places[("b", "netfilter", "bm", "INPUT", "post")], 2 * PACKETS, str(places))
    # The router, whom a and b see, since all are of one kernel.
    told = {one["host"]: sum(one.get("left_out_netns", {}).values()) for one in of_type(objects, "host")}
    check(told["a"] >= 4 * PACKETS and told["b"] == 0, str(told))
    check(os.path.getsize(path) > 0 and "balanced" in said, said)


def without_b(hosts):
    """It allows less than is asked for."""
    objects, said = compare(hosts)
    check("b does not take part" in said, said)
    equal({steps(one) for one in of_type(objects, "path")}, {(None, ("a", "sent", None), "unknown")}, str(objects))
    check("b: did not take part" in of_type(objects, "path")[0]["after_unknown"], str(objects))


def main():
    require("nats-server", "ip", "nsenter", "nft")
    enter_namespace()
    with tempfile.TemporaryDirectory() as folder:
        server = start_server(folder)
        a, b, router = [Host(name, number, folder) for number, name in enumerate("abm")]
        link(a, router, "am", ("192.0.2.2/25", "192.0.2.1/25"))
        link(b, router, "bm", ("192.0.2.130/25", "192.0.2.129/25"))
        a.do("ip", "route", "add", "192.0.2.128/25", "via", "192.0.2.1")
        b.do("ip", "route", "add", "192.0.2.0/25", "via", "192.0.2.129")
        router.do("sysctl", "-qw", "net.ipv4.ip_forward=1")
        router.do("nft", RULES)
        b.do("nft", f"table ip t {{ chain in {{ type filter hook input priority 0; udp dport {REFUSED} drop; }}; }}")
        listener = subprocess.Popen(b.words(sys.executable, "-c", LISTEN), stdout=subprocess.PIPE, text=True,
                                    preexec_fn=dies_with_us)  # fmt: skip
        equal(listener.stdout.readline(), "listens\n", "the listener")
        a.start_agent()
        b.start_agent()
        wait_until(lambda: hosts_of_status() == ["a", "b"], "both agents answer")
        both_hosts([a, b], folder)
        b.stop_agent()
        b.start_agent("--allow", "taps=tc")
        wait_until(lambda: hosts_of_status() == ["a", "b"], "both agents answer")
        without_b([a, b])
        for host in (a, b):
            host.stop_agent()
        listener.kill()
        listener.wait()
        server.stop()


if __name__ == "__main__":
    sys.exit(main())
