#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# clang-format leaves every C and C++ file as it is (style: the nearest .clang-format), and every source file opens as docs/conventions says: the licence
# line first; a header with the guard and a comment on what it is, who owns, which thread, which limit.
import os
import re
import subprocess

import tree

SPDX = "SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only"
SCRIPT_NAMES = ("CMakeLists.txt",)
SCRIPT_SUFFIXES = (".py", ".cmake", ".sh")
MIN_OPENING_LINES = 2


def check_opening(root, path):
    lines = tree.read(root, path).splitlines()
    # A script's first line is its interpreter.
    first = lines[1 if lines and lines[0].startswith("#!") else 0] if lines else ""
    if SPDX not in first:
        yield f"{path}:1: does not open with '{SPDX}'"
        return
    if path.endswith(".hpp"):
        if "#pragma once" not in lines:
            yield f"{path}: no '#pragma once'"
        comment = 0
        for line in lines[1:]:
            if not line.startswith("//"):
                break
            comment += 1
        if comment < MIN_OPENING_LINES:
            yield f"{path}:2: opens with {comment} line(s) of comment: say what it is, who owns, which thread, which limit"


def check_clang_format(root, paths):
    if not paths:
        return
    try:
        result = subprocess.run(
            ["clang-format", "--dry-run", "-Werror", *paths], cwd=root, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        yield "clang-format is not installed (tools/setup installs it)"
        return
    places = re.findall(r"^(.+?:\d+:\d+): error: code should be clang-formatted", result.stderr, re.MULTILINE)
    # One place per file is enough to act on.
    seen = set()
    for place in places:
        file = place.split(":")[0]
        if file not in seen:
            seen.add(file)
            yield f"{place}: run clang-format -i {file}"
    if result.returncode != 0 and not places:
        yield f"clang-format: {result.stderr.strip()}"


def check(root):
    code = tree.files(root, tree.CPP_SUFFIXES + tree.C_SUFFIXES)
    scripts = [
        path
        for path in tree.files(root)
        if os.path.basename(path) in SCRIPT_NAMES
        or path.endswith(SCRIPT_SUFFIXES)
        or (os.access(os.path.join(root, path), os.X_OK) and not tree.is_binary(root, path))
    ]
    for path in sorted(set(code + scripts)):
        if os.path.getsize(os.path.join(root, path)):
            yield from check_opening(root, path)
    yield from check_clang_format(root, code)


if __name__ == "__main__":
    tree.main(check)
