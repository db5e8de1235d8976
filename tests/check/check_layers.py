#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Who may include whom, over the #include lines of the tree. The tables below are the rule; docs/architecture.md draws
# it. Tests and tools are exempt, but nothing outside tests/ includes from there.
import os
import re

import tree

# Folder of userspace/ → folders it may include from. Every one may include itself and the vocabulary, ringtap/*.hpp.
FOLDERS = {
    "base": set(),
    "record": {"base"},
    "dissect": {"base"},
    "file": {"base", "record"},
    "names": {"base", "dissect"},
    "filter": set(),
    "recorder": {"base", "record", "file", "filter"},
    "cli": {"dissect"},
    "container": {"base", "sandbox"},
    "net": {"base", "sandbox"},
    "nft": {"base", "net", "filter", "sandbox"},
    "loader": {"base", "container", "net", "record", "filter", "sandbox"},
    "taps": {"base", "loader", "net", "record"},
    "live": {"base", "container", "sandbox", "taps", "loader", "net", "record", "filter"},
    "sink": {"base", "dissect", "record"},
    "compare": {"base", "record"},
    "summary": {"base", "record"},
    "app": {"base"},
    "fleet": {"base", "record", "file"},
    "sandbox": {"base"},
    "api": {"dissect", "file", "filter", "live"},
    "command": {"base", "dissect", "record", "file", "names", "filter", "recorder", "cli", "net", "nft", "loader", "live", "sink", "compare", "summary", "app", "sandbox", "fleet"},
    "main.cpp": {"base", "cli", "command"},
}

# Folders with sub-folders: the files of the folder itself that may include from a sub-folder. A file of a sub-folder
# may include its own, the folder's, and of the other sub-folders printers.hpp; nobody outside includes from one.
ENTRIES = {"dissect": {"dissector.hpp", "tables.cpp"}}
SHARED_BY_SUBFOLDERS = "printers.hpp"

# What kernel and user space share is for those who touch the rings' bytes.
ABI = "ringtap/abi.h"
ABI_FOLDERS = {"record", "loader", "live"}

# Third-party header (pattern) → folders that may include it.
LIBRARIES = [
    (re.compile(r"bpf/|.*\.skel\.h$"), {"loader"}),
    (re.compile(r"nftables/"), {"nft"}),
    (re.compile(r"CLI/"), {"cli"}),
    (re.compile(r"nats/"), {"fleet"}),
    (re.compile(r"pcap(/|\.h$|-)"), {"filter", "taps"}),  # taps: the AF_PACKET reference tap
]

# bpf/: an include goes down this order, never up or sideways.
BPF_ORDER = ["process.bpf.h", "maps.bpf.h", "filter.bpf.h", "emit.bpf.h", "inet.bpf.h", "recall.bpf.h", "sender.bpf.h", "address.bpf.h", "recent.bpf.h", "receiver.bpf.h", "owner.bpf.h", "follow.bpf.h", "reduce.bpf.h", "trace.bpf.h"]

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def includes(root, path):
    return [(match[1] == "<", match[2]) for match in INCLUDE.finditer(tree.read(root, path))]


def owner(path):
    """The row of FOLDERS a file of userspace/ belongs to."""
    return path.split("/")[1]


def check_userspace(root, path):
    folder = owner(path)
    if folder not in FOLDERS:
        yield f"{path}: folder '{folder}' has no row in check_layers.py"
        return
    for angled, header in includes(root, path):
        for pattern, allowed in LIBRARIES:
            if pattern.match(header) and folder not in allowed:
                yield f"{path}: <{header}> is for {', '.join(sorted(allowed))} only"
        top = header.split("/")[0]
        if header == ABI and folder not in ABI_FOLDERS:
            yield f"{path}: {ABI} is for {', '.join(sorted(ABI_FOLDERS))} only"
        elif top == "tests" or top == "support":
            yield f"{path}: includes the tests' '{header}'"
        elif not angled and "/" in header and top in FOLDERS and top != folder and top not in FOLDERS[folder]:
            yield f"{path}: {folder} may not include from {top} ('{header}')"


def check_subfolders(root, path):
    mine = path.split("/")[1:]
    for _, header in includes(root, path):
        target = header.split("/")
        if len(target) < 3 or target[0] not in ENTRIES:
            continue
        if mine[0] != target[0]:
            yield f"{path}: '{header}' is for {target[0]} only"
        elif len(mine) < 3 and mine[-1] not in ENTRIES[mine[0]]:
            yield f"{path}: only {', '.join(sorted(ENTRIES[mine[0]]))} may include '{header}'"
        elif len(mine) > 2 and mine[1] != target[1] and target[-1] != SHARED_BY_SUBFOLDERS:
            yield f"{path}: {mine[1]} may include only {SHARED_BY_SUBFOLDERS} from {target[1]}, not '{header}'"


def check_vocabulary(root, path):
    for angled, header in includes(root, path):
        if path.endswith(".h") and not angled:
            yield f"{path}: shared with the kernel side, includes '{header}'"
        if "/" in header and header.split("/")[0] not in ("ringtap", "linux", "sys"):
            yield f"{path}: the vocabulary includes only itself and the standard library, not '{header}'"


def check_bpf(root, path):
    rank = {name: number for number, name in enumerate(BPF_ORDER)}
    mine = rank.get(os.path.basename(path), len(BPF_ORDER))
    for angled, header in includes(root, path):
        name = os.path.basename(header)
        if name.endswith(".c"):
            yield f"{path}: includes the program '{header}'"
        elif not angled and name in rank and rank[name] >= mine:
            yield f"{path}: '{header}' stands above it ({' → '.join(BPF_ORDER)} → *_tap.bpf.c)"
        elif header.startswith("ringtap/") and header != ABI:
            yield f"{path}: {ABI} is all that the kernel side shares, not '{header}'"


def resolve(root, path, header):
    """The file of the tree an include means, None for one of the system."""
    for base in (os.path.dirname(path), "include", "userspace", "bpf", "vmlinux", "tests"):
        candidate = os.path.normpath(os.path.join(base, header))
        if os.path.isfile(os.path.join(root, candidate)):
            return candidate
    return None


def check_cycles(root, paths):
    graph = {path: [r for _, h in includes(root, path) if (r := resolve(root, path, h))] for path in paths}
    done, way = set(), []

    def visit(path):
        if path in way:
            yield "cycle: " + " → ".join(way[way.index(path) :] + [path])
            return
        if path in done:
            return
        way.append(path)
        for target in graph.get(path, []):
            yield from visit(target)
        way.pop()
        done.add(path)

    for path in paths:
        yield from visit(path)


def unused_permissions(root):
    """What a table allows and no file needs: a rule looser than the code."""
    used = {folder: set() for folder in FOLDERS}
    libraries = [set() for _ in LIBRARIES]
    abi = set()
    for path in tree.files(root, tree.CPP_SUFFIXES + tree.C_SUFFIXES):
        if not path.startswith("userspace/") or owner(path) not in FOLDERS:
            continue
        for angled, header in includes(root, path):
            if header == ABI:
                abi.add(owner(path))
            if not angled:
                used[owner(path)].add(header.split("/")[0])
            for number, (pattern, _) in enumerate(LIBRARIES):
                if pattern.match(header):
                    libraries[number].add(owner(path))
    for folder, allowed in FOLDERS.items():
        for other in sorted(allowed - used[folder]):
            yield f"check_layers.py: {folder} may include from {other} and does not"
    for number, (pattern, allowed) in enumerate(LIBRARIES):
        for folder in sorted(allowed - libraries[number]):
            yield f"check_layers.py: {folder} may include {pattern.pattern} and does not"
    for folder in sorted(ABI_FOLDERS - abi):
        yield f"check_layers.py: {folder} may include {ABI} and does not"


def check(root):
    paths = tree.files(root, tree.CPP_SUFFIXES + tree.C_SUFFIXES)
    for path in paths:
        if path.startswith("userspace/"):
            yield from check_userspace(root, path)
            yield from check_subfolders(root, path)
        elif path.startswith("include/"):
            yield from check_vocabulary(root, path)
        elif path.startswith("bpf/"):
            yield from check_bpf(root, path)
    yield from check_cycles(root, paths)


if __name__ == "__main__":
    tree.main(check)
