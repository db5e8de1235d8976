# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The source tree as the checks see it, and how they report: one line per violation, exit code 1 when there is one.
import os
import sys

CPP_SUFFIXES = (".hpp", ".cpp")
C_SUFFIXES = (".h", ".c")


def files(root, suffixes=None):
    """Paths relative to root, sorted. Build folders and hidden entries (but .ci) are no source."""
    found = []
    for folder, subfolders, names in os.walk(root):
        at_top = folder == root
        subfolders[:] = sorted(
            s
            for s in subfolders
            if (not s.startswith(".") or s == ".ci") and s != "__pycache__" and not (at_top and s.startswith("build"))
        )
        for name in sorted(names):
            if not name.startswith(".") and (suffixes is None or name.endswith(suffixes)):
                found.append(os.path.relpath(os.path.join(folder, name), root))
    return found


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


def is_binary(root, path):
    with open(os.path.join(root, path), "rb") as file:
        return b"\0" in file.read(4096)


def main(check):
    """Runs check(root), which yields violations, on the tree named on the command line."""
    if len(sys.argv) != 2 or not os.path.isdir(sys.argv[1]):
        sys.exit(f"usage: {sys.argv[0]} ROOT")
    violations = list(check(os.path.abspath(sys.argv[1])))
    for violation in violations:
        print(violation)
    print(f"{len(violations)} violation(s)")
    sys.exit(1 if violations else 0)
