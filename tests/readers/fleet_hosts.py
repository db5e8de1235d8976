# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# What the tests of ringtap fleet share: hosts, which are namespaces joined by veth, their agents, nats-server, and what
# ringtap fleet prints.
import base64
import copy
import json
import os
import re
import socket
import struct
import subprocess
import sys

from reader import BINARY, PORT, check, dies_with_us, equal, run, wait_until

NATS_PORT = 14222


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

    def twin(self, name):
        """The same namespace, for an agent of its own."""
        other = copy.copy(self)
        other.name, other.agent = name, None
        return other

    def counter(self, device, direction):
        """The packets that a device has counted, "rx" or "tx"."""
        return json.loads(self.do("ip", "-s", "-j", "link", "show", "dev", device))[0]["stats64"][direction]["packets"]

    def start_agent(self, *options):
        if "--nats" not in options:
            options += ("--nats", self.server)
        with open(os.path.join(self.folder, self.name + ".log"), "w", encoding="utf-8") as log:
            self.agent = subprocess.Popen(self.words(BINARY, "agent", "--host-id", self.name, *options),
                                          stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                          preexec_fn=dies_with_us)  # fmt: skip

    def stop_agent(self):
        self.agent.terminate()
        equal(self.agent.wait(timeout=60), 0, self.log())

    def log(self):
        with open(os.path.join(self.folder, self.name + ".log"), encoding="utf-8") as file:
            return file.read()


def ip(*words):
    done = run("ip", *words)
    equal(done.returncode, 0, f"ip {words}: {done.stderr}")


# Of every ringtap fleet.
SERVERS = ["--nats", f"nats://127.0.0.1:{NATS_PORT}"]


def fleet_key(path):
    """A new key; the public part of it."""
    done = run(BINARY, "fleet", "key", path)
    equal(done.returncode, 0, done.stderr)
    return done.stdout.strip()


def fleet(*words):
    verb, *options = words
    return [BINARY, "fleet", verb, *SERVERS, *options]


def join(one, other):
    """Nothing but the packets of a test is between them."""
    one.do("ip", "link", "add", "ab", "type", "veth", "peer", "name", "ab", "netns", str(other.holder.pid))
    for number, host in ((1, one), (2, other)):
        host.do("ip", "addr", "add", f"10.2.0.{number}/24", "dev", "ab")
        host.do("ip", "link", "set", "ab", "address", f"02:00:00:00:00:0{number}", "addrgenmode", "none", "up")
        host.do("ip", "neigh", "replace", f"10.2.0.{3 - number}", "lladdr", f"02:00:00:00:00:0{3 - number}", "dev", "ab")


def send(host, count, pace=0.02, filler=0):
    """Datagrams to the neighbour, by a process in the host's namespace, 200 in each so many seconds; after its number each
    has so many bytes that cannot be compressed."""
    script = (f"import os, socket, time\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\nbegun = time.monotonic()\n"
              f"for i in range({count}):\n"
              f" s.sendto(i.to_bytes(4, 'big') + os.urandom({filler}), ('10.2.0.2', {PORT}))\n"
              f" if i % 200 == 199: time.sleep(max(0, begun + (i + 1) / 200 * {pace} - time.monotonic()))\n"
              f"print(time.monotonic() - begun)")  # fmt: skip
    return float(host.do(sys.executable, "-c", script))


class Server:
    """A nats-server. The number is that of one of a cluster, from 0 on; without one it is alone."""

    def __init__(self, folder, number=None, text=None):
        self.number = number or 0
        self.port = NATS_PORT + self.number
        self.name = f"n{self.number}"
        self.folder = os.path.join(folder, self.name)
        os.makedirs(self.folder, exist_ok=True)
        self.log = os.path.join(self.folder, "log")
        text = text or f'listen: "0.0.0.0:{self.port}"\njetstream {{ store_dir: "{self.folder}/js" }}\n'
        if number is not None:
            routes = ", ".join(f'"nats://127.0.0.1:{NATS_PORT + 100 + other}"' for other in range(3))
            text += f'server_name: {self.name}\ncluster {{ name: c, listen: "127.0.0.1:{self.port + 100}"\n' \
                f"routes: [{routes}] }}\n"  # fmt: skip
        self.config = os.path.join(self.folder, "nats.conf")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(text)
        self.process = None
        self.start()

    def start(self):
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(["nats-server", "-c", self.config], stdout=log, stderr=log,
                                            preexec_fn=dies_with_us)  # fmt: skip

    def says(self, text):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return text in file.read()

    def stop(self, kill=False):
        (self.process.kill if kill else self.process.terminate)()
        self.process.wait(timeout=20)


def start_server(folder, text=None):
    server = Server(folder, text=text)
    wait_until(lambda: server.says("Server is ready"), "nats-server is ready")
    return server


def ask_server(port, subject, request=""):
    """The answer of a server to a request."""
    with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
        connection.sendall(b'CONNECT {"verbose":false,"headers":true}\r\nSUB answer 1\r\n'
                           + f"PUB {subject} answer {len(request)}\r\n{request}\r\n".encode())  # fmt: skip
        answer = b""
        while b"MSG answer" not in answer or not answer.endswith(b"}\r\n"):
            part = connection.recv(65536)
            check(part, f"the server closed: {answer}")
            answer += part
    return answer.decode()


def stream_of(servers, session):
    """What a server tells of the session's stream; empty if none does."""
    for server in servers:
        try:
            return ask_server(server.port, f"$JS.API.STREAM.INFO.RINGTAP_{session}")
        except OSError:  # it is away, or there is no leader
            continue
    return ""


def leader_of(servers, session):
    """The server that leads the session's stream, once there is one."""
    found = []

    def look():
        name = re.search(r'"leader":"(n\d)"', stream_of(servers, session))
        found.extend(one for one in servers if name and one.name == name[1])
        return bool(found)

    wait_until(look, "a leader of the stream")
    return found[0]


def await_copies(servers, session):
    """Each of the other servers has what the leader has: before that, a second fault is one too many for three."""
    wait_until(lambda: stream_of(servers, session).count('"current":true') == len(servers) - 1,
               "all servers have the stream")  # fmt: skip


def drop_batch_with_packets(server, session, host):
    """The servers forget the last batch of a host that has packets; how many."""
    last = int(re.search(r'"last_seq":(\d+)', stream_of([server], session))[1])
    for number in range(last, 0, -1):
        answer = ask_server(server.port, f"$JS.API.STREAM.MSG.GET.RINGTAP_{session}", f'{{"seq":{number}}}')
        message = json.loads(answer[answer.index("{", answer.index("MSG answer")):])["message"]
        header = base64.b64decode(message.get("data", ""))[8:]
        packets = re.search(rb"^packets=(\d+)$", header, re.MULTILINE)
        if message["subject"].endswith("." + host) and packets and int(packets[1]) > 0:
            deleted = ask_server(server.port, f"$JS.API.STREAM.MSG.DELETE.RINGTAP_{session}", f'{{"seq":{number}}}')
            check('"success":true' in deleted, deleted)
            return int(packets[1])
    return 0


def has_sent(host, packets):
    """Whether the servers have so many packets of a session of the host, and its counters with them."""
    return bool(re.search(rf"^{host} .*\n(?:  session .*\n)*?  session .* packets={packets} batches=(\d+) stored=\1 "
                          rf"seen=\d+ matched={packets} ", run(*fleet("status")).stdout, re.MULTILINE))  # fmt: skip


def session_of(said):
    return re.search(r"session (\S+):", said)[1]


def hosts_of_status():
    done = run(*fleet("status"))
    return [line.split()[0] for line in done.stdout.splitlines()[1:] if not line.startswith(" ")]


def start_capture(path, *options):
    """When the gates are open, returns the process and what it has said."""
    capture = subprocess.Popen(fleet("capture", "-i", "any", "-w", path, *options), stderr=subprocess.PIPE, text=True,
                               preexec_fn=dies_with_us)  # fmt: skip
    said = ""
    while " capture" not in said:
        line = capture.stderr.readline()
        check(line, f"fleet capture ended: {said}")
        said += line
    return capture, said


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


def datagrams(path):
    """Of a large file, without tshark: time, interface and the number that send() gave it, of each packet."""
    with open(path, "rb") as file:
        data = file.read()
    interfaces, at = [], 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        if kind == 1:
            link_type, _, _, code, size = struct.unpack_from("<HHIHH", data, at + 8)
            equal(code, 2, "the first option of an interface is its name")
            payload = 28 + {1: 14, 276: 20}[link_type] + 28  # Ethernet, SLL2; IPv4 and UDP
            interfaces.append((data[at + 20:at + 20 + size].decode(), payload))
        elif kind == 6:
            interface, high, low = struct.unpack_from("<III", data, at + 8)
            name, payload = interfaces[interface]
            yield high << 32 | low, name, int.from_bytes(data[at + payload:at + payload + 4], "big")
        at += length
