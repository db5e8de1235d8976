#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Traffic whose truth is logged by the processes that make it: who owns which end of which flow, from when to when.
#   traffic.py server|client|early|bait FOLDER COUNT
# FOLDER/truth.PID has a line for each: "protocol local remote pid begin end case", times in nanoseconds since 1970, and
# "listen port pid" of a listener. The network is that of owners_test.cpp: client 10.71.1.2, router 10.71.1.1 and 10.71.2.1 (masquerade, and port 8080 is
# redirected to the server's 7001), server 10.71.2.2. A role makes FOLDER/ROLE.ready when it is.
import os
import random
import signal
import socket
import struct
import sys
import time

SERVER, CLIENT = "10.71.2.2", "10.71.1.2"
TCP, UDP = 6, 17
SECOND = 10**9
role, folder, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
log = None


def now():
    return time.clock_gettime_ns(time.CLOCK_REALTIME)


def begin(name):
    """From here on this is a process of its own, with a log of its own."""
    global log
    with open("/proc/self/comm", "w") as comm:
        comm.write(name)
    log = open(f"{folder}/truth.{os.getpid()}", "a", buffering=1)


def truth(protocol, local, remote, pid, since, until, case):
    log.write(f"{protocol} {local[0]}:{local[1]} {remote[0]}:{remote[1]} {pid} {since} {until} {case}\n")


def spawn(work, *arguments):
    child = os.fork()
    if child == 0:
        try:
            work(*arguments)
        except (BrokenPipeError, ConnectionError):
            pass
        finally:
            os._exit(0)
    return child


def receive(connection, size):
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


# A request is the client's pid and 1020 bytes, an answer the server's pid and 4092.
def answer(connection, case, since):
    local, remote = connection.getsockname()[:2], connection.getpeername()[:2]
    peer = struct.unpack("I", receive(connection, 1024)[:4])[0]
    connection.sendall(struct.pack("I", os.getpid()) + b"y" * 4092)
    connection.close()
    truth(TCP, local, remote, os.getpid(), since, now(), case)
    if peer:
        truth(TCP, remote, local, peer, since, now(), case)


def ask(connection, case, since):
    local, remote = connection.getsockname()[:2], connection.getpeername()[:2]
    connection.sendall(struct.pack("I", os.getpid()) + b"x" * 1020)
    peer = struct.unpack("I", receive(connection, 4096)[:4])[0]
    truth(TCP, local, remote, os.getpid(), since, now(), case)
    truth(TCP, remote, local, peer, since, now(), case)


def listen(port, shared=False):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((SERVER if port % 2 else "0.0.0.0", port))
    listener.listen(512)
    log.write(f"listen {port} {os.getpid()}\n")
    return listener


def serve(listener, case):
    while True:
        connection, _ = listener.accept()
        since = now()
        try:
            answer(connection, case, since)
        except (EOFError, ConnectionError):
            pass


def one_process(port, name, shared=False, case="short"):
    begin(name)
    serve(listen(port, shared), case)


def accept_in_children(port):
    begin("pre-parent")
    listener = listen(port)

    def child(number):
        begin(f"pre-child{number}")
        serve(listener, "accept-in-child")

    for number in range(4):
        spawn(child, number)
    signal.pause()


def fork_for_each(port):
    begin("fork-parent")
    listener = listen(port)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        connection, _ = listener.accept()
        since = now()

        def child():
            begin("fork-child")
            answer(connection, "accept-then-fork", since)

        local, remote = connection.getsockname(), connection.getpeername()
        spawn(child)
        connection.close()
        truth(TCP, local, remote, os.getpid(), since, now(), "accept-then-fork")


def hand_over(port):
    begin("scm-acceptor")
    listener = listen(port)
    ours, theirs = socket.socketpair()

    def worker():
        begin("scm-worker")
        while True:
            _, files, _, _ = socket.recv_fds(theirs, 8, 1)
            answer(socket.socket(fileno=files[0]), "scm-rights", now())

    spawn(worker)
    while True:
        connection, _ = listener.accept()
        since = now()
        local, remote = connection.getsockname(), connection.getpeername()
        socket.send_fds(ours, [b"x"], [connection.fileno()])
        connection.close()
        truth(TCP, local, remote, os.getpid(), since, now(), "scm-rights")


def udp_server(port, case):
    begin(f"udp{port}")
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((SERVER if port % 2 else "0.0.0.0", port))
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    while True:
        data, remote = server.recvfrom(2000)
        peer = struct.unpack("I", data[:4])[0]
        since = now()
        server.sendto(struct.pack("I", os.getpid()) + data[4:200], remote)
        truth(UDP, (SERVER, port), remote, os.getpid(), since - SECOND, now(), case)
        truth(UDP, remote, (SERVER, port), peer, since - SECOND, now() + SECOND, case)


def short_connections(number, ports, case, name, to=SERVER):
    begin(name)
    for i in range(number):
        since = now()
        connection = socket.create_connection((to, random.choice(ports)))
        ask(connection, case, since)
        if i % 3 == 0:  # who closes first
            try:
                connection.recv(1)
            except OSError:
                pass
        connection.close()


def udp_client(number, ports, name, connected=False):
    begin(name)
    client = None
    for i in range(number):
        if client is None or i % 4 == 0:
            client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            client.settimeout(2)
        port, since = random.choice(ports), now()
        data = struct.pack("I", os.getpid()) + os.urandom(96)
        try:
            if connected:
                client.connect((SERVER, port))
                client.send(data)
            else:
                client.sendto(data, (SERVER, port))
            got, _ = client.recvfrom(2000)
        except socket.timeout:
            continue
        local = (CLIENT, client.getsockname()[1])
        truth(UDP, local, (SERVER, port), os.getpid(), since, now(), "udp")
        truth(UDP, (SERVER, port), local, struct.unpack("I", got[:4])[0], since, now(), "udp")


# Two processes send by one socket, in turns.
def udp_in_turns(number):
    begin("turn-parent")
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.connect((SERVER, 7107))
    client.settimeout(2)
    local = client.getsockname()

    def once():
        since = now()
        client.send(struct.pack("I", os.getpid()) + b"z" * 60)
        truth(UDP, local, (SERVER, 7107), os.getpid(), since, now(), "udp-in-turns")
        client.recv(2000)
        time.sleep(0.002)

    def child():
        begin("turn-child")
        once()

    for _ in range(number):
        once()
        os.waitpid(spawn(child), 0)


def fork_then_send(number):
    begin("give-parent")
    for _ in range(number):
        since = now()
        connection = socket.create_connection((SERVER, 7008))
        until = now()
        local, remote = connection.getsockname(), connection.getpeername()
        truth(TCP, local, remote, os.getpid(), since, until, "fork-then-send")

        def child():
            begin("give-child")
            ask(connection, "fork-then-send", now())

        process = spawn(child)
        until = now()
        connection.close()
        truth(TCP, local, remote, os.getpid(), until, now(), "fork-then-send")
        os.waitpid(process, 0)


def execute(number):
    begin("before-exec")
    for _ in range(number):

        def child():
            begin("before-exec")
            since = now()
            connection = socket.create_connection((SERVER, 7009))
            connection.set_inheritable(True)
            truth(TCP, connection.getsockname(), connection.getpeername(), os.getpid(), since, now() + 3 * SECOND, "exec")
            os.dup2(connection.fileno(), 9)
            os.execv("/bin/bash", ["bash", "-c", "exec head -c 1024 /dev/zero >&9"])

        os.waitpid(spawn(child), 0)


def exit_with_data(number):
    for _ in range(number):

        def child():
            begin("goes")
            since = now()
            connection = socket.create_connection((SERVER, 7010))
            connection.send(b"\0" * 1024)
            truth(TCP, connection.getsockname(), connection.getpeername(), os.getpid(), since, now() + 3 * SECOND, "exit")

        os.waitpid(spawn(child), 0)


# The same port of the same client, one process after the other: a reused tuple and, soon, a reused pid.
def same_port(number):
    for i in range(number):

        def child():
            begin(f"same-port{i % 2}")
            client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            client.bind((CLIENT, 6030))
            client.settimeout(2)
            since = now()
            client.sendto(struct.pack("I", os.getpid()) + b"s" * 60, (SERVER, 7103))
            client.recvfrom(2000)
            truth(UDP, (CLIENT, 6030), (SERVER, 7103), os.getpid(), since, now(), "same-port")

        os.waitpid(spawn(child), 0)


# The last user of a socket is gone; who still has it has not used it yet, and then does.
def silent_holder(number):
    begin("holder")
    for _ in range(number):
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        client.connect((SERVER, 7105))
        client.settimeout(2)
        local, remote = client.getsockname(), client.getpeername()

        def child():
            begin("last-user")
            since = now()
            client.send(struct.pack("I", os.getpid()) + b"h" * 60)
            truth(UDP, local, remote, os.getpid(), since, now(), "silent-holder")

        os.waitpid(spawn(child), 0)
        since = now()
        client.recv(2000)
        client.send(struct.pack("I", os.getpid()) + b"h" * 60)
        truth(UDP, local, remote, os.getpid(), since, now(), "silent-holder")
        client.recv(2000)
        client.close()


def other_user(number):
    begin("other-user")
    os.setuid(65534)
    for _ in range(number):
        since = now()
        connection = socket.create_connection((SERVER, 7001))
        ask(connection, "other-user", since)
        connection.close()


def refused(number):
    begin("refused")
    for _ in range(number):
        try:
            socket.create_connection((SERVER, 7999))
        except OSError:
            pass


def run_server():
    for i in range(10):
        spawn(one_process, 7001 + i, f"server{i}")
    for port in range(7101, 7107):
        spawn(udp_server, port, "udp")
    spawn(udp_server, 7107, "udp-in-turns")
    spawn(udp_server, 7202, "early")
    spawn(one_process, 7201, "server-early")
    spawn(accept_in_children, 7401)
    spawn(fork_for_each, 7402)
    spawn(hand_over, 7501)
    for i in range(4):
        spawn(one_process, 7701, f"shared{i}", True, "reuseport")


# The router listens on the ports of everybody else, on any address, and is never to be named for what passes through,
# or is redirected: that is what docker-proxy does.
def run_bait():
    begin("bait")
    kept = []
    for port in [*range(7001, 7011), 7401, 7402, 7501, 7701, 8080]:
        listener = socket.socket()
        listener.bind(("0.0.0.0", port))
        listener.listen(1)
        kept.append(listener)
    for port in range(7101, 7108):
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind(("0.0.0.0", port))
        kept.append(server)
    return kept


# Sockets from before the capture, used when FOLDER/go is there.
def run_early():
    begin("early")
    since = now()
    connection = socket.create_connection((SERVER, 7201))
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.bind((CLIENT, 7777))
    client.settimeout(2)
    open(f"{folder}/early.ready", "w").close()
    while not os.path.exists(f"{folder}/go"):
        time.sleep(0.02)
    ask(connection, "early", since)
    for _ in range(10):
        since = now()
        client.sendto(struct.pack("I", os.getpid()) + b"e" * 50, (SERVER, 7202))
        got, _ = client.recvfrom(2000)
        truth(UDP, (CLIENT, 7777), (SERVER, 7202), os.getpid(), since, now(), "early")
        truth(UDP, (SERVER, 7202), (CLIENT, 7777), struct.unpack("I", got[:4])[0], since, now(), "early")


def run_client():
    few = max(5, count // 10)
    workers = [spawn(short_connections, count, list(range(7001, 7008)), "short", f"client{i}") for i in range(10)]
    workers += [spawn(udp_client, few, list(range(7101, 7106)), f"udp-client{i}") for i in range(10)]
    workers += [spawn(udp_client, few, [7106], "udp-connected", True)]
    for case in (udp_in_turns, fork_then_send, execute, exit_with_data, same_port, silent_holder, other_user, refused):
        workers.append(spawn(case, few))
    for port, case in ((7401, "accept-in-child"), (7402, "accept-then-fork"), (7501, "scm-rights"), (7701, "reuseport")):
        workers.append(spawn(short_connections, 2 * few, [port], case, case))
    workers.append(spawn(short_connections, few, [8080], "redirected", "redirected", "10.71.1.1"))
    for worker in workers:
        os.waitpid(worker, 0)


signal.signal(signal.SIGTERM, signal.SIG_DFL)
if role == "server":
    run_server()
    time.sleep(0.5)  # until all of them listen
elif role == "bait":
    held = run_bait()
elif role == "early":
    run_early()
    sys.exit(0)
else:
    run_client()
    sys.exit(0)
open(f"{folder}/{role}.ready", "w").close()
signal.pause()
