#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# One process of a case of owner_cases_test.cpp.
#   cases.py ROLE READY [ARGUMENT…]
# A process is called after its role. One that is to be ready first makes READY when it is, and stays.
import array
import ctypes
import errno
import fcntl
import mmap
import os
import signal
import socket
import struct
import sys
import threading
import time

LO, PORT = "127.0.0.1", 7301
MPTCP = 262
libc = ctypes.CDLL(None, use_errno=True)


def name(text):
    with open("/proc/self/comm", "w") as comm:
        comm.write(text)


def udp(*local):
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if local:
        made.bind(local)
    return made


def stay():
    open(sys.argv[2], "w").close()
    signal.pause()


def wait_for(path):
    while not os.path.exists(path):
        time.sleep(0.005)


# Datagrams and connections at an address, answered by what they held.
def echo(address, port, protocol=0, transparent=False, device=None):
    datagrams = udp()
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, int(protocol))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if transparent:
        listener.setsockopt(socket.SOL_IP, 19, 1)  # IP_TRANSPARENT
    for each in (datagrams, listener):
        if device:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        each.bind((address, int(port)))
    listener.listen()

    def answer_datagrams():
        while True:
            data, peer = datagrams.recvfrom(2000)
            datagrams.sendto(data, peer)

    def answer_connections():
        while True:
            connection, _ = listener.accept()
            data = connection.recv(2000)
            while data:
                connection.sendall(data)
                data = connection.recv(2000)
            connection.close()

    for work in (answer_datagrams, answer_connections):
        threading.Thread(target=work, daemon=True).start()
    stay()


def proxy(address, port):
    echo(address, port, transparent=True)


def echo_on(device, address, port):
    echo(address, port, device=device)


# A connection with data in both directions.
def connect(address, port, protocol=0):
    connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM, int(protocol))
    connection.connect((address, int(port)))
    for _ in range(5):
        connection.sendall(b"x" * 100)
        connection.recv(2000)
    connection.close()


def send(address, port):
    made = udp()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    for _ in range(5):
        made.sendto(b"x" * 10, (address, int(port)))


def ask(address, port):
    made = udp()
    for _ in range(5):
        made.sendto(b"x" * 10, (address, int(port)))
        made.recv(2000)


# Sends to a neighbour that is not known yet; who tells the kernel of it has the kernel send what has waited.
def send_and_wait(address, port):
    made = udp()
    for _ in range(3):
        made.sendto(b"x" * 10, (address, int(port)))
    stay()


# Lets go whatever comes into NFQUEUE 0.
def queue():
    reader = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)  # NETLINK_NETFILTER
    config, verdict = 0x302, 0x301  # NFQNL_MSG_CONFIG and NFQNL_MSG_VERDICT, of NFNL_SUBSYS_QUEUE

    def tell(kind, attribute, value):
        body = bytes(4) + struct.pack("HH", 4 + len(value), attribute) + value + bytes(-len(value) % 4)
        reader.send(struct.pack("IHHII", 16 + len(body), kind, 1, 0, 0) + body)

    def let_go():
        while True:
            number = reader.recv(65536)[24:28]  # NFQA_PACKET_HDR comes first
            tell(verdict, 2, struct.pack("!I", 1) + number)  # NF_ACCEPT

    tell(config, 1, struct.pack("!BBH", 1, 0, 0))  # NFQNL_CFG_CMD_BIND
    tell(config, 2, struct.pack("!IB", 0, 1))  # NFQNL_COPY_META
    threading.Thread(target=let_go, daemon=True).start()
    stay()


def member(group, port):
    made = udp("", int(port))
    made.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                    socket.inet_aton(group) + socket.inet_aton(LO))
    stay()


def listen_only(address, port):
    made = udp(address, int(port))
    stay()
    made.close()


def ping(kind, address):
    made = socket.socket(socket.AF_INET, socket.SOCK_RAW if kind == "raw" else socket.SOCK_DGRAM, socket.IPPROTO_ICMP)
    for number in range(3):
        packet = struct.pack("!BBHHH", 8, 0, 0, 77, number)
        sum_ = sum(struct.unpack("!4H", packet))
        packet = struct.pack("!BBHHH", 8, 0, ~(sum_ + (sum_ >> 16)) & 0xffff, 77, number)
        made.sendto(packet, (address, 0))
        made.recv(2000)


# Whole frames, by a socket of AF_PACKET that no hook sees made; then by a child that has it from its parent.
def frames(device):
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    made.bind((device, 0x88b5))
    for number in range(6):
        if number == 3:
            child = os.fork()
            if child:
                sys.exit(os.waitpid(child, 0)[1])
            name("child")
        try:
            made.send(b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x88\xb5" + b"frame" * 10)
        except OSError as error:
            if error.errno != errno.ENOBUFS:  # the device dropped it
                raise


# clone3(2) with the number that the process is to have.
def fork_with_pid(pid):
    wanted = array.array("i", [pid])
    arguments = struct.pack("11Q", 0, 0, 0, 0, signal.SIGCHLD, 0, 0, 0, wanted.buffer_info()[0], 1, 0)
    made = libc.syscall(435, arguments, len(arguments))
    if made < 0:
        sys.exit(f"clone3: {os.strerror(ctypes.get_errno())}")
    return made


# The number of a process that has ended is given to another, while somebody silent still has the socket of the first.
def reuse(rounds):
    to_holder, to_first, to_second = PORT, PORT + 1, PORT + 2
    for _ in range(int(rounds)):
        told, tell = os.pipe()
        first = os.fork()
        if first == 0:
            name("first")
            made = udp(LO, to_holder)
            holder = os.fork()
            if holder == 0:
                name("holder")
                signal.pause()
            made.sendto(b"1", (LO, to_first))
            os.write(tell, struct.pack("i", holder))
            os._exit(0)
        holder = struct.unpack("i", os.read(told, 4))[0]
        os.waitpid(first, 0)
        if fork_with_pid(first) == 0:
            name("second")
            if os.getpid() != first:
                os._exit(1)
            made = udp()
            made.sendto(b"2", (LO, to_second))
            made.sendto(b"2", (LO, to_holder))
            os._exit(0)
        if os.waitpid(first, 0)[1] != 0:
            sys.exit("the number was not reused")
        os.kill(holder, signal.SIGKILL)


# A virtual machine, as far as the kernel can tell: what it writes to its tun device the host receives.
# With `rps` CPU 1 receives it, on which a process runs that has the device open as well.
def machine(address, rps=None):
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, 0x400454ca, struct.pack("16sH22x", b"vm0", 0x1001))  # TUNSETIFF, IFF_TUN | IFF_NO_PI
    os.system(f"ip addr add {address}/24 dev vm0 && ip link set vm0 up")
    guest = socket.inet_aton(address)[:3] + b"\x63"
    if rps:
        with open("/sys/class/net/vm0/queues/rx-0/rps_cpus", "w") as cpus:
            cpus.write("2")
        if os.fork() == 0:
            name("other")
            libc.prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG
            os.sched_setaffinity(0, {1})
            while True:
                pass
        os.sched_setaffinity(0, {0})

    def talk():
        wait_for(sys.argv[2] + ".go")
        payload = struct.pack("!HHHH", 7999, PORT, 18, 0) + b"g" * 10
        header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, 0, 64, 17, 0, guest,
                             socket.inet_aton(address))
        total = sum(struct.unpack("!10H", header))
        total = (total & 0xffff) + (total >> 16)
        header = header[:10] + struct.pack("!H", ~total & 0xffff) + header[12:]
        for _ in range(30 if rps else 3):
            os.write(tun, header + payload)
            time.sleep(0.01 if rps else 0)
        while os.read(tun, 2000)[9] != 17:
            pass
        open(sys.argv[2] + ".done", "w").close()

    threading.Thread(target=talk, daemon=True).start()
    stay()


# Sockets that several processes have, and others of which it only looks so; from each a datagram to a port of its own,
# again and again until READY.stop. With `threads` a call of this process takes a reference, too.
def sharer(threads=None):
    own, kept = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    inherited, left = udp(), udp()
    receiver = udp(LO, PORT + 20)
    listener = socket.create_server((LO, PORT + 21), backlog=64)
    told, tell = os.pipe()
    for leaves in (False, True):
        if os.fork() == 0:
            name("silent")
            libc.prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG
            if leaves:
                left.close()
            else:
                passed = socket.recv_fds(kept, 1, 1)[1][0]
                pidfd = libc.syscall(434, os.getppid(), 0)
                taken = libc.syscall(438, pidfd, struct.unpack("i", kept.recv(4))[0], 0)  # pidfd_getfd(2)
                assert passed >= 0 and taken >= 0
            os.write(tell, b".")
            signal.pause()
    sent, fetched = udp(), udp()
    socket.send_fds(own, [b"."], [sent.fileno()])
    own.send(struct.pack("i", fetched.fileno()))
    for _ in range(2):
        os.read(told, 1)
    doubled, waiting, alone = udp(), udp(), udp()
    second = os.dup(doubled.fileno())
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    socket.send_fds(one, [b"."], [waiting.fileno()])  # and nobody receives it
    if threads:
        threading.Thread(target=signal.pause, daemon=True).start()

    def talk():
        for each, made in enumerate((inherited, left, sent, fetched, doubled, waiting, alone)):
            made.sendto(b"x" * 10, (LO, PORT + each))
        alone.sendto(b"x" * 10, (LO, PORT + 20))
        client = socket.create_connection((LO, PORT + 21))
        listener.accept()[0].close()
        client.close()

    open(sys.argv[2], "w").close()
    while not os.path.exists(sys.argv[2] + ".stop"):
        talk()
        time.sleep(0.05)
    assert second >= 0 and other


class Uring:
    """A ring of io_uring(7) with a few entries; one request at a time."""
    SOCKET, CONNECT, SEND, RECV = 45, 16, 26, 27
    ASYNC = 16  # by a worker of io_uring

    def __init__(self, flags=0):
        parameters = bytearray(struct.pack("4I", 0, 0, flags, 0) + bytes(104))
        buffer = (ctypes.c_char * len(parameters)).from_buffer(parameters)
        self.fd = libc.syscall(425, 8, buffer)
        if self.fd < 0:
            sys.exit(f"io_uring: {os.strerror(ctypes.get_errno())}")
        words = struct.unpack("30I", parameters)
        self.sq_tail, self.sq_mask, self.sq_array = words[11], words[12], words[16]
        self.cq_head, self.cq_tail, self.cqes = words[20], words[21], words[25]
        self.ring = mmap.mmap(self.fd, max(self.cqes + 16 * words[1], self.sq_array + 4 * words[0]))
        self.cq_mask = words[1] - 1
        self.sqes = mmap.mmap(self.fd, 64 * words[0], offset=0x10000000)
        self.has_thread = bool(flags & 2)

    def word(self, at):
        return struct.unpack_from("I", self.ring, at)[0]

    def submit(self, operation, flags, fd, address, length, offset=0):
        tail = self.word(self.sq_tail)
        index = tail & self.word(self.sq_mask)
        struct.pack_into("BBHiQQI", self.sqes, index * 64, operation, flags, 0, fd, offset, address, length)
        struct.pack_into("32x", self.sqes, index * 64 + 32)
        struct.pack_into("I", self.ring, self.sq_array + 4 * index, index)
        struct.pack_into("I", self.ring, self.sq_tail, tail + 1)
        if libc.syscall(426, self.fd, 0 if self.has_thread else 1, 1, 3 if self.has_thread else 1, None, 0) < 0:
            sys.exit(f"io_uring_enter: {os.strerror(ctypes.get_errno())}")
        head = self.word(self.cq_head)
        while self.word(self.cq_tail) == head:
            time.sleep(0.001)
        result = struct.unpack_from("i", self.ring, self.cqes + 16 * (head & self.cq_mask) + 8)[0]
        struct.pack_into("I", self.ring, self.cq_head, head + 1)
        if result < 0:
            sys.exit(f"io_uring, operation {operation}: {os.strerror(-result)}")
        return result

def uring(address, port):
    to = ctypes.create_string_buffer(struct.pack("=H", socket.AF_INET) + struct.pack("!H", int(port)) +
                                     socket.inet_aton(address) + bytes(8), 16)
    data = ctypes.create_string_buffer(b"u" * 100, 100)
    for ring, flags in ((Uring(), 0), (Uring(), Uring.ASYNC), (Uring(2), 0)):  # 2: IORING_SETUP_SQPOLL
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            made = ring.submit(Uring.SOCKET, flags, socket.AF_INET, 0, 0, kind)
            ring.submit(Uring.CONNECT, flags, made, ctypes.addressof(to), 0, 16)
            ring.submit(Uring.SEND, flags, made, ctypes.addressof(data), 100)
            ring.submit(Uring.RECV, flags, made, ctypes.addressof(data), 100)
            os.close(made)


name(sys.argv[1].replace("_", "-"))
globals()[sys.argv[1]](*sys.argv[3:])
