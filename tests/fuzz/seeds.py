#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""usage: seeds.py TARGET FOLDER [CAPTURES …]: what the fuzz target begins with, out of the captures below the folders
given and of ordinary traffic that is made here; in FOLDER/seeds, beside an empty FOLDER/found."""
import importlib.machinery
import itertools
import pathlib
import re
import shlex
import socket
import struct
import sys
import tempfile
import types

MAX_FRAME = 600
MAX_SEEDS = 3000
LINK_TYPES = {1: 0, 0: 2, 101: 3, 108: 4, 113: 5, 228: 6, 276: 7, 229: 8, 12: 9, 14: 10}  # as in dissector_fuzz.cpp


def packets(data):
    """Link type and bytes of the first packets of a classic pcap file."""
    order = {b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">"}.get(data[:4])
    if order is None or len(data) < 24:
        return
    link_type = struct.unpack_from(order + "I", data, 20)[0] & 0xFFFF
    at = 24
    while at + 16 <= len(data):
        captured = struct.unpack_from(order + "I", data, at + 8)[0]
        yield link_type, data[at + 16:at + 16 + captured]
        at += 16 + captured


def dissector_seeds(files):
    for file in files:
        for number, (link_type, frame) in enumerate(packets(file.read_bytes())):
            if number == 4:
                break
            if link_type in LINK_TYPES and 0 < len(frame) <= MAX_FRAME:
                yield bytes([LINK_TYPES[link_type], 0x04, 0xA0, 0]) + frame


def reader_seeds(files):
    for file in files:
        if file.stat().st_size <= 4096:
            yield b"\x07" + file.read_bytes()  # the empty opening


def frames(files):
    """Ethernet frames that are short enough."""
    for file in files:
        for link_type, frame in itertools.islice(packets(file.read_bytes()), 4):
            if link_type == 1 and 0 < len(frame) <= MAX_FRAME:
                yield frame


def padded(data, size):
    return data + bytes(-len(data) % size)


def ring_seeds(files):
    """Samples as the taps write them: include/ringtap/abi.h after the header of kernel/bpf/ringbuf.c."""
    busy, discarded, traced = 1 << 31, 1 << 30, 4
    for number, frame in enumerate(frames(files)):
        tap = number % 9
        flags = traced if tap >= 5 else 0
        event = struct.pack("=QIIIIIIIIIIiHHHBBBBH", 1000 + number, 2, len(frame) + number % 3, len(frame), 0, 0xFFFFFFFF,
                            7, number, 0, 0, 0, 2, 1, 0, 0, tap, 0, 255, flags, 0)
        trace = struct.pack("=QQIIIIBBB5x", 0xFFFF888000001100, 0xFFFFFFFF81000101, 5, 2, 3, 0, number % 5, 1, 0)
        record = padded(event + (trace if flags else b"") + frame, 8)
        sample = record * (1 + number % 3)
        whole = padded(struct.pack("=II", len(sample) | (discarded if number % 7 == 6 else 0), 0) + sample, 8)
        parts = [struct.pack("=HH", len(whole), len(whole)) + whole] * 2
        parts.append(struct.pack("=HHII", 8, 8, busy | 64, 0))
        yield bytes([4]) + b"".join(parts)


def attribute(kind, value):
    return padded(struct.pack("=HH", 4 + len(value), kind) + value, 4)


def message(kind, body):
    return padded(struct.pack("=IHHII", 16 + len(body), kind, 0, 0, 0) + body, 4)


def link_dumps():
    """What this kernel says of this machine's devices, and of each alone."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as route:
        route.send(struct.pack("=IHHIIBxHiII", 32, 18, 0x301, 1, 0, 0, 0, 0, 0, 0))  # RTM_GETLINK, a dump
        route.settimeout(5)
        while True:
            answer = route.recv(1 << 16)
            if struct.unpack_from("=H", answer, 4)[0] in (2, 3):  # NLMSG_ERROR, NLMSG_DONE
                return
            yield answer
            for at in range(0, len(answer), 4):
                length, kind = struct.unpack_from("=IH", answer, at) if at + 16 <= len(answer) else (0, 0)
                if kind == 16 and 32 <= length <= len(answer) - at:
                    yield answer[at:at + length]


def netlink_seeds(files):
    for dump in link_dumps():
        yield b"\0" + dump
    options = attribute(1, b"bpf\0") + attribute(2, attribute(7, b"tc_ingress_tap\0"))
    yield b"\0" + message(44, struct.pack("=BxxxiIII", 0, 2, 1, 0xFFFFFFF2, 1 << 16 | 3) + options)  # RTM_NEWTFILTER
    for frame in itertools.islice(frames(files), 32):
        for last in (attribute(3, struct.pack(">Q", 7)) + attribute(4, attribute(1, struct.pack(">I", 0))),
                     attribute(14, struct.pack(">I", 1))):  # a rule and its verdict, the policy
            kind = struct.pack(">I", 3 if last[2] == 3 else 1)  # NFT_TRACETYPE_RULE, _POLICY
            yield b"\1" + message(0x0A11, struct.pack("=BBH", 1, 0, 0) + attribute(1, b"t\0") + attribute(2, b"c\0") +
                                  attribute(5, kind) + attribute(6, struct.pack(">I", 9)) + attribute(10, frame[14:34]) +
                                  attribute(11, frame[34:54]) + attribute(12, struct.pack(">I", 2)) + last)


def kernel_names_seeds(files):
    symbols = pathlib.Path("/proc/kallsyms").read_text(errors="replace").splitlines()
    for lines in (symbols[:40], symbols[-40:]):
        yield b"\0" + "\n".join(lines).encode()
    yield b"\0ffffffff81000000 T _text\nffffffffc0000000 t nft_do_chain\t[nf_tables]\nffffffff81000180 D data\n"
    yield b"\1\2\0\0\0\0NOT_SPECIFIED\n\5\0\0\0\1NETFILTER_DROP\n"
    yield (b'\2table inet t { # handle 1\n\tset s { # handle 2\n\t\ttype ipv4_addr\n\t}\n\n\tchain c { # handle 3\n'
           b'\t\ttype filter hook input priority filter; policy drop;\n\t\tudp dport 5001 drop # handle 4\n'
           b'\t\tip saddr { 10.0.0.1,\n\t\t\t     10.0.0.2 } accept comment "x # handle 9" # handle 5\n\t}\n}\n')
    for words in ("tap=drop skb=ffff888101234500 reason=NETFILTER_DROP function=nf_hook_slow rule=inet t c handle 4: drop",
                  "tap=netfilter skb=1 hook=FORWARD stage=post in=2 out=3 ifindex=4 followed=1 device=eth9 other_netns=1 "
                  "netns=4026531840 netns_name=blue bridge_port=1", "tap=end function=consume_skb"):
        yield b"\3" + words.encode()


def options_seeds(files):
    root = pathlib.Path(__file__).parents[2]

    def seed(words, file=b""):
        return bytes([len(file)]) + file + b"".join(word.encode() + b"\0" for word in words)

    for page in ("README.md", "docs/ringtap.8", "docs/compare.md"):
        for line in re.findall(r"^\s*(?:\$ |\.B )?ringtap (.*)$", (root / page).read_text(), re.MULTILINE):
            try:
                yield seed(shlex.split(line.replace("\\-", "-"), comments=True))
            except ValueError:
                pass
    table = (root / "userspace/cli/option_table.cpp").read_text()
    values = ["1", "1/8", "l4+20", "5s", "10us", "64k", "@1700000000.5", "2026-11-29T07:00:00Z", "07:00", "+2m", "tc,xdp",
              "in", "f", "-", "x.pcapng", "pcap", "nano", "native", "domain", "off"]
    for number, names in enumerate(re.findall(r'(?:OptionRow|RefusedRow)\{\s*"([^"]*)"', table)):
        name = names.split(",")[-1]
        yield seed([name])
        yield seed([name, values[number % len(values)]])
        yield seed(["compare", names.split(",")[0], values[number * 7 % len(values)]])
    for number, value in enumerate(values):
        yield seed([("--tap", "-s", "--from", "--duration", "-C", "--slice", "-w")[number % 7], value])
    for words in (["-F", "f"], ["-V", "f"]):
        yield seed(words, b"udp port 53 # names\nor tcp\n")
    yield seed(["-r", "x", "--from", "@1.5", "--to", "2026-11-29 07:00:00.25+01:00", "-w", "y", "-C", "2", "-W", "3"])
    yield seed(["query", "d", "--from", "-10m", "--to", "-1.5s", "-n", "host", "192.0.2.1"])
    yield seed(["--tap", "xdp,tc", "--xdp-mode", "generic", "--consume", "--force", "-nnvvXSs0", "-ttt", "port", "80"])


def helper_seeds(files):
    for program, kind, flags in ((5, 46, 8), (9, 47, 8), (5, 37, 4), (9, 37, 2), (7, 37, 2)):
        yield b"\0" + struct.pack("=iIII", program, 2, kind, flags)
    yield b"\0" + b"13"
    for what in ("ruleset", "chain inet filter input", "chain ip nat POSTROUTING", "chain ip t c; flush ruleset"):
        yield b"\1" + what.encode()
    for kind in range(4):
        yield b"\2" + struct.pack("=IIIi", kind, 4026531840, 2, 1)
    yield b"\2\x0a\0\0\1\0"
    for choices in range(128):
        yield bytes([3, choices, 9] if choices & 0x20 else [3, choices]) + \
            b"w\1\nz\1\nz\1\nw\x011\nd\x011\nw\x0107\nttttt\nw\1\nl\1\nrin.pcap\nr/etc/shadow\nwx.pcap\nlx.pcap\nw/tmp/x3\n"


def compare_seeds(files):
    """A packet on its way in and one on its way out, each at every tap, and the rule that dropped it."""
    def record(tap, names, flags, frame):
        head = struct.pack("=BHBI", 1, tap << 5 | 20, names, 1 << 30)
        return head + (bytes([1, flags]) if names % 8 else b"") + bytes([len(frame)]) + frame

    for number, frame in enumerate(frames(files)):
        frame = frame[:255]
        way = [(1, 0, 0), (4, 1, 0), (2, 1, 0), (6, 1, 0), (6, 1, 8), (8, 9 + number % 6, 0)]
        if number % 2:
            way = [(6, 1, 3), (6, 1, 12), (3, 1, 0), (5, 1, 0), (9, 33, 0)]
        rule = struct.pack("=BH", 0, 1 | 1 << 3 | 1 << 5) + frame[14:74]
        yield bytes([number % 128]) + b"".join(record(*at, frame) for at in way) + rule


def pcapng_block(kind, body):
    size = 12 + len(body)
    return struct.pack("=II", kind, size) + body + struct.pack("=I", size)


def fleet_seeds(files):
    """Messages of ringtap fleet, and batches with the packets of a file."""
    yield b"\0request=prepare\nsession=20261129T000000-00000001\nexpression=udp port 53\noption=--tap=xdp\nlongest=5\n"
    yield b"\2" + b'{"error":{"code":503,"description":"no suitable peers"},"name":"C","seq":5}'
    yield b"\2" + b"$JS.ACK._.hash.STREAM.CONSUMER.1.18.3.1700000000.6.random"
    head = "session=s\nhost=a\nboot=b\nbatch=1\nfirst=1\nlast=2\nuntil=3\npackets=1\nsent_before=5\nlost_before=0\n" \
        "lost_after=0\nqueue_packets=0\nqueue_batches=0\nclock=synchronised\nclock_error=1\nend.seen=5\ncodec="
    section = pcapng_block(0x0A0D0D0A, struct.pack("=IHHq", 0x1A2B3C4D, 1, 0, -1)) + \
        pcapng_block(1, struct.pack("=HHI", 1, 0, 65535))
    for frame in itertools.islice(frames(files), 8):
        packet = pcapng_block(6, struct.pack("=IIIII", 0, 1, 2, len(frame), len(frame)) + padded(frame, 4))
        yield b"\1" + head.encode() + b"none\n\0" + section + packet
        yield b"\3" + section + packet
    yield b"\1" + head.encode() + b"zstd\n\0" + bytes.fromhex("28b52ffd200109000041")


def made_captures(scratch):
    """Ordinary traffic, where there are no captures to learn from."""
    path = pathlib.Path(__file__).parents[2] / "tools/bench.d/print_bench"
    loader = importlib.machinery.SourceFileLoader("print_bench", str(path))
    bench = types.ModuleType(loader.name)
    loader.exec_module(bench)
    files = []
    for number in range(32):
        files.append(pathlib.Path(scratch) / f"{number}.pcap")
        bench.write_capture(files[-1], 4, 10 + number)
    return files


def main():
    target, folder, *roots = sys.argv[1:]
    seeds = pathlib.Path(folder) / "seeds"
    for path in (seeds, pathlib.Path(folder) / "found"):
        path.mkdir(parents=True, exist_ok=True)
    make = {"dissector_fuzz": dissector_seeds, "capture_reader_fuzz": reader_seeds, "ring_fuzz": ring_seeds,
            "netlink_fuzz": netlink_seeds, "kernel_names_fuzz": kernel_names_seeds, "options_fuzz": options_seeds,
            "helper_fuzz": helper_seeds, "compare_fuzz": compare_seeds, "fleet_fuzz": fleet_seeds}.get(target)
    if make is None:
        return  # learns by itself
    with tempfile.TemporaryDirectory() as scratch:
        files = made_captures(scratch)
        for root in map(pathlib.Path, roots):
            files += sorted(file for file in root.rglob("*") if file.is_file())
        for number, seed in enumerate(itertools.islice(make(files), MAX_SEEDS)):
            (seeds / f"{number:04}").write_bytes(seed)


if __name__ == "__main__":
    main()
