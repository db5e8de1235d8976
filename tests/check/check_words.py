#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Words that must not stand in the tree: phrases that mark a comment as worthless, paths of somebody's machine, and tabs
# outside kernel-style C, shell scripts and Makefiles.
import os
import re

import tree

# Pattern, why, and the top-level folders where it is allowed.
RULES = [
    (re.compile(r"keep in sync", re.IGNORECASE), "assert it or generate it", ()),
    (re.compile(r"helper function which", re.IGNORECASE), "say what it does", ()),
    (re.compile(r"/(work|home|root)/"), "a path of one machine", ()),
    (re.compile(r"/tmp/"), "a path of one machine", ("tests", "tools")),
]
TAB_SUFFIXES = tree.C_SUFFIXES + (".mk", ".tsv", ".pcap", ".txt")
TEXT_SUFFIXES = tree.CPP_SUFFIXES + tree.C_SUFFIXES + (".py", ".cmake", ".md", ".txt", ".yml", ".json", ".1", "")

# This rule book has to spell what it bans.
EXEMPT = "tests/check/"


def check(root):
    for path in tree.files(root):
        suffix = os.path.splitext(path)[1]
        if path.startswith(EXEMPT) or suffix not in TEXT_SUFFIXES or tree.is_binary(root, path):
            continue
        top = path.split("/")[0]
        text = tree.read(root, path)
        tabs_allowed = suffix in TAB_SUFFIXES or text.startswith("#!/bin/")
        if os.path.basename(path) == "CMakeLists.txt":
            tabs_allowed = False
        for number, line in enumerate(text.splitlines(), 1):
            for pattern, why, allowed in RULES:
                match = pattern.search(line)
                if match and top not in allowed:
                    yield f"{path}:{number}: '{match[0]}': {why}"
            if "\t" in line and not tabs_allowed:
                yield f"{path}:{number}: a tab"


if __name__ == "__main__":
    tree.main(check)
