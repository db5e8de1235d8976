#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Captures over hosts, which are namespaces joined by veth, through a real nats-server: the file has every packet once
# for each host that saw it, in time order, and the accounting adds up; a filter that is wrong is refused by name. The
# server has the example configuration, with TLS and NKEYs: others are told that they are not permitted.
import contextlib
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from decimal import Decimal

from fleet_hosts import NATS_PORT, SERVERS, Host, accounts, ask_server, fleet, fleet_key, hosts_of_status, join, rows, \
    send, session_of, start_capture, start_server
from reader import BINARY, check, dies_with_us, enter_namespace, equal, require, run, wait_until

PACKETS = 2000
INTERFACE, STATISTICS = 1, 5  # blocks of pcapng
CLOCKS_DIFFER = 1_000_000
# A datagram each millisecond, and on standard output its number, and the times before and after it was sent.
SENDER = """
import itertools, socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in itertools.count():
    before = time.time_ns()
    s.sendto(i.to_bytes(4, 'big'), ('10.2.0.2', 5000))
    print(i, before, time.time_ns(), flush=True)
    time.sleep(0.001)
"""


@contextlib.contextmanager
def sending(host, **how):
    """The sender ends with the block, also when a check in it fails."""
    with subprocess.Popen(host.words(sys.executable, "-c", SENDER), preexec_fn=dies_with_us, **how) as sender:
        try:
            yield sender
        finally:
            sender.kill()


def block_types(path):
    with open(path, "rb") as file:
        while head := file.read(8):
            kind, length = struct.unpack("<II", head)
            file.seek(length - 8, os.SEEK_CUR)
            yield kind


def one_file_of_two_hosts(folder, hosts):
    path = os.path.join(folder, "all.pcapng")
    before = hosts[0].counter("ab", "tx"), hosts[1].counter("ab", "rx")
    capture, _ = start_capture(path, "--duration", "3s", "udp port 5000")
    send(hosts[0], PACKETS)
    devices = hosts[0].counter("ab", "tx") - before[0], hosts[1].counter("ab", "rx") - before[1]
    equal(devices, (PACKETS, PACKETS), "packets by the devices' own counters")
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
    kinds = list(block_types(path))
    equal(kinds.count(STATISTICS), kinds.count(INTERFACE), "statistics of interfaces")
    times = [row[0] for row in shown]
    equal(times, sorted(times), "the order of times")
    for name in ("a/ab", "b/ab"):
        payloads = [int(row[2], 16) for row in shown if row[1] == name]
        equal(payloads, list(range(PACKETS)), f"packets of {name}")


def all_begin_at_one_moment(folder, hosts):
    """While packets are sent all the time: the file has those from the moment on, by their own times. A machine may be so
    busy that a host is late, which is then said."""
    path = os.path.join(folder, "moment.pcapng")
    with sending(hosts[0], stdout=subprocess.DEVNULL):
        capture, said = start_capture(path, "-v", "-c", "400", "udp port 5000")
        said += capture.communicate(timeout=60)[1]
    equal(capture.returncode, 0, said)
    found = accounts(said)
    equal({found[name]["end"] for name in "ab"}, {"balanced"}, said)
    spread, moment = re.search(r"2 hosts capture, opened within (\S+) ms by their clocks, from (\S+) on", said).groups()
    shown = rows(path)
    check(all(Decimal(row[0]) >= Decimal(moment) for row in shown), f"packets from before {moment}: {shown[0]}")
    first = {name: min(int(row[2], 16) for row in shown if row[1] == name + "/ab") for name in "ab"}
    if " late: " not in said:
        equal(spread, "0.000", said)
        check(first["b"] <= first["a"], f"a began before b: {first}")


def a_gate_by_itself(folder, hosts):
    """The packets' own times decide, whether the line comes before the moment or after it."""
    for number, lead in enumerate((300_000_000, -5_000_000_000)):
        path, ready = (os.path.join(folder, f"gate{number}.{name}") for name in ("pcapng", "ready"))
        gate = subprocess.Popen(hosts[0].words(BINARY, "--gate", "--ready-file", ready, "-i", "ab", "-Q", "out", "-w", path,
                                               "udp port 5000"), stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                preexec_fn=dies_with_us)  # fmt: skip
        wait_until(lambda one=ready: os.path.exists(one), "the taps are attached")
        with sending(hosts[0], stdout=subprocess.PIPE, text=True) as sender:
            sent = [sender.stdout.readline() for _ in range(100)]
            asked = time.time_ns() + lead
            gate.stdin.write(f"{asked}\n")
            gate.stdin.flush()
            said = gate.stderr.readline()
            while "gate: opens at" not in said:
                check(said, "the capture has ended")
                said = gate.stderr.readline()
            moment = int(re.search(r"opens at (\d+\.\d{9})", said)[1].replace(".", ""))
            check(moment == asked if " late" not in said else moment > asked, said)
            check(lead > 0 or " late" in said, said)
            while int(sent[-1].split()[1]) < moment + 50_000_000:
                sent.append(sender.stdout.readline())
                check(sent[-1], "the sender has ended")
            sender.kill()
            sent += sender.stdout.read().splitlines()
        gate.stdin.close()
        equal(gate.wait(timeout=60), 0, gate.stderr.read())
        kept = {int(row[2], 16) for row in rows(path)}
        # A packet's time is between the two; the clocks of sender and capture are the same up to some microseconds.
        times = [[int(word) for word in line.split()] for line in sent if line.count(" ") == 2]
        wrong = [one for one in times if one[2] < moment - CLOCKS_DIFFER and one[0] in kept or
                 one[1] > moment + CLOCKS_DIFFER and one[0] not in kept]  # fmt: skip
        equal(wrong, [], f"packets that are on the wrong side of {moment}")


def wrong_filter():
    done = run(*fleet("capture", "-i", "any", "-w", "/dev/null", "--duration", "1s", "udp prt 5000"))
    equal(done.returncode, 1, done.stderr)
    for name in ("a", "b"):
        check(re.search(rf"{name} does not take part: .*syntax error", done.stderr), done.stderr)


def streams():
    """Of sessions, that a server has."""
    found = []

    def look():
        with contextlib.suppress(OSError):  # it was busy
            found[:] = [set(re.findall(r"RINGTAP_[\w-]+", ask_server(NATS_PORT, "$JS.API.STREAM.NAMES")))]
        return found

    wait_until(look, "the server names its streams")
    return found[0]


def no_session():
    done = run(*fleet("status"))
    return done.returncode == 0 and "session" not in done.stdout


def session_is_over(what, before):
    """And the servers have no other streams than before, well before a capture that nobody begins ends by itself."""
    begun = time.monotonic()
    wait_until(lambda: no_session() and streams() <= before, what)
    check(time.monotonic() - begun < 30, f"{what}, but only by itself")


def no_file():
    """What has attached its taps by then is told to end, and the servers keep nothing."""
    before = streams()
    done = run(*fleet("capture", "-i", "any", "-w", "/nonexistent/x", "--duration", "1s"))
    equal(done.returncode, 4, done.stderr)
    session_is_over("a capture without a file is over", before)
    session = "20260101T000000-00000000"
    done = run(*fleet("collect", session, "-w", "/dev/null"))
    equal(done.returncode, 1, done.stderr)
    check(f"the servers have no session {session}" in done.stderr, done.stderr)


def interrupted():
    """As soon as the servers have the session's stream, which is before any host is asked."""
    for verb, *file in (("capture", "-w", "/dev/null"), ("start",)) * 2:
        before = streams()
        with subprocess.Popen(fleet(verb, "-i", "any", *file), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                              preexec_fn=dies_with_us) as asking:  # fmt: skip
            wait_until(lambda known=before: streams() > known, "there is a stream")
            asking.send_signal(signal.SIGINT)
            said = asking.communicate(timeout=60)[1]
        if verb == "start" and asking.returncode == 0:  # it had begun, and runs on without whom started it
            equal(run(*fleet("stop", session_of(said))).returncode, 0, said)
            before = streams()
        else:
            check(asking.returncode in (0, 1), said)
        session_is_over(f"an interrupted {verb} is over", before)


def packets_that_no_server_takes(folder, host):
    """They are dropped and counted, those around them are not."""
    path = os.path.join(folder, "large.pcapng")
    capture, said = start_capture(path, "--tap", "tc", "-Q", "in", "udp port 5000")
    script = "import os, socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n" \
        "for size in (10, 64000, 20): s.sendto(os.urandom(size), ('127.0.0.1', 5000))\n"  # fmt: skip
    host.do(sys.executable, "-c", script)
    capture.send_signal(signal.SIGINT)
    said += capture.communicate(timeout=60)[1]
    found = accounts(said)
    equal((found[host.name]["delivered"], found[host.name]["queue"], found["sum"]["written"]), (3, 1, 2), said)
    check(re.search(r"a batch of \d+ bytes is larger than what the servers take \(max_payload\)", said), said)
    equal([len(row[2]) // 2 for row in rows(path)], [10, 20], said)


def a_server_of_small_messages(folder):
    server = start_server(folder, f'listen: "0.0.0.0:{NATS_PORT}"\nmax_payload: 65536\n'
                                  f'jetstream {{ store_dir: "{folder}/small" }}\n')  # fmt: skip
    host = Host("m", 7, folder)
    host.start_agent()
    wait_until(lambda: hosts_of_status() == ["m"], "the agent answers")
    no_file()
    interrupted()
    packets_that_no_server_takes(folder, host)
    host.stop_agent()
    server.stop()


def no_jetstream(folder):
    server = start_server(folder, f'listen: "0.0.0.0:{NATS_PORT}"\n')
    done = run(BINARY, "fleet", "collect", "20260101T000000-00000000", "--nats", f"nats://127.0.0.1:{NATS_PORT}")
    equal(done.returncode, 1, done.stderr)
    check("no server with JetStream answers (hint: nats-server needs -js" in done.stderr, done.stderr)
    server.stop()


def secure_settings(folder):
    """The example configuration with keys and a certificate made for it; the keys by who has them."""
    with open(os.path.join(os.environ["RINGTAP_SOURCE_DIR"], "tools/packaging/nats-fleet.conf"), encoding="utf-8") as file:
        text = file.read()
    keys = {name: fleet_key(os.path.join(folder, name + ".nk")) for name in ("operator", "a", "b", "stranger")}
    agent = text[text.index('      { nkey: "UAGENT"'):text.index("    ]\n  }\n}")]
    both = agent.replace("UAGENT", keys["a"]) + \
        agent.replace("UAGENT", keys["b"]).replace("host.a", "host.b").replace("inbox.a", "inbox.b").replace("*.a", "*.b")
    text = text.replace(agent, both).replace("UOPERATOR", keys["operator"]).replace("0.0.0.0:4222", f"0.0.0.0:{NATS_PORT}")
    text = text.replace("/etc/nats/", folder + "/").replace("/var/lib/nats", folder + "/js").replace("50G", "1G")
    done = run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
               "-subj", "/CN=nats", "-addext", "subjectAltName=IP:127.0.0.1,IP:10.1.0.1,IP:10.1.1.1", "-keyout", folder + "/server.key", "-out", folder + "/server.pem")  # fmt: skip
    equal(done.returncode, 0, done.stderr)
    return text


def others_are_not_permitted(folder):
    ca = os.path.join(folder, "server.pem")
    for key, text in ((None, "not permitted"), ("stranger", "not permitted"), ("a", "not permitted: Permissions Violation")):
        options = ["--nkey", os.path.join(folder, key + ".nk")] if key else []
        done = run(BINARY, "fleet", "status", "--nats", f"tls://127.0.0.1:{NATS_PORT}", "--tls-ca", ca, *options)
        equal(done.returncode, 1, done.stderr)
        check(text.lower() in done.stderr.lower(), f"{key}: {done.stderr}")
    done = run(BINARY, "fleet", "status", "--nats", f"tls://127.0.0.1:{NATS_PORT}", "--tls-ca", "/etc/ssl/certs/ca-certificates.crt")
    check(done.returncode != 0 and "no agent" not in done.stderr, done.stderr)


def nonces_whose_signature_libnats_loses(folder):
    """Of this key and the nonce "25" the signature begins with a zero byte, which libnats 3.4 would leave out."""
    path = os.path.join(folder, "lost.nk")
    with open(path, "w", encoding="utf-8") as file:
        file.write("SUAMIJSBTQ3P4EN7366ZNYSVLNGMYTS2ZCMNYBV76K2JIHTBRKWQMZHTPE\n")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        command = [BINARY, "fleet", "status", "--nats", f"nats://127.0.0.1:{server.getsockname()[1]}", "--nkey", path]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=dies_with_us) as status:
            said = []
            for nonce in ("25", "26"):
                connection, _ = server.accept()
                with connection:
                    connection.settimeout(20)
                    info = '{"server_id":"x","version":"2.9.10","host":"127.0.0.1","port":1,"headers":true,' \
                        f'"auth_required":true,"max_payload":1048576,"nonce":"{nonce}"}}'  # fmt: skip
                    connection.sendall(f"INFO {info}\r\n".encode())
                    try:
                        said.append(connection.recv(4096).decode())
                    except ConnectionResetError:
                        said.append("")
            status.kill()
    equal(said[0], "", "before there is a signature")
    check('"nkey":"UAHLMC5J' in said[1] and '"sig":"' in said[1], said[1])


def more_than_is_allowed():
    """Agent b allows less."""
    done = run(*fleet("capture", "-i", "any", "--tap", "drop", "-w", "/dev/null", "--hosts", "b"))
    equal(done.returncode, 1, done.stderr)
    check("b does not take part: not allowed here: --allow names other taps" in done.stderr, done.stderr)


def main():
    require("nats-server", "tshark", "ip", "nsenter", "openssl")
    enter_namespace()
    with tempfile.TemporaryDirectory() as folder:
        no_jetstream(folder)
        a_server_of_small_messages(folder)
        server = start_server(folder, secure_settings(folder))
        secure = ["--tls-ca", os.path.join(folder, "server.pem")]
        SERVERS[1:] = [f"tls://127.0.0.1:{NATS_PORT}", *secure, "--nkey", os.path.join(folder, "operator.nk")]
        hosts = [Host(name, number, folder) for number, name in enumerate("ab")]
        join(*hosts)
        for host in hosts:
            url = host.server.replace("nats:", "tls:")
            allowed = ["--allow", "taps=tc:packet,sessions=2"] if host.name == "b" else []
            host.start_agent("--nats", url, *secure, "--nkey", os.path.join(folder, host.name + ".nk"), *allowed)
        wait_until(lambda: hosts_of_status() == ["a", "b"], "both agents answer")
        one_file_of_two_hosts(folder, hosts)
        all_begin_at_one_moment(folder, hosts)
        a_gate_by_itself(folder, hosts)
        wrong_filter()
        more_than_is_allowed()
        others_are_not_permitted(folder)
        nonces_whose_signature_libnats_loses(folder)
        for host in hosts:
            host.stop_agent()
        server.stop()


if __name__ == "__main__":
    sys.exit(main())
