#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""usage: seeds.py TARGET FOLDER [CAPTURES …]: what the fuzz target begins with, out of the captures below the folders
given and of ordinary traffic that is made here; in FOLDER/seeds, beside an empty FOLDER/found."""
import importlib.machinery
import itertools
import pathlib
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
    make = {"dissector_fuzz": dissector_seeds, "capture_reader_fuzz": reader_seeds}.get(target)
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
