#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# A file that uses what a precompiled header declares includes that header, itself or by a header of the project. Builds
# with precompiled headers (tools/build) do not notice when it does not, and a plain `cmake -S . -B build` may fail.
import os
import re

import tree

TARGETS = "tools/cmake/RingtapTargets.cmake"
PRECOMPILED = r"target_precompile_headers\({} PRIVATE ([^)]*)\)"

# Header → what only it declares; names that several headers declare are left out.
DECLARES = {
    "algorithm": r"std::(ranges::)?(min|max|copy|fill|equal|find|any_of|all_of|none_of|find_if|find_if_not|count_if|sort|stable_sort|lower_bound|"
    r"upper_bound|binary_search|min_element|max_element|clamp|transform|replace|reverse|rotate|unique|copy_n|search)\b",
    "array": r"std::array\b",
    "chrono": r"std::chrono\b",
    "cstring": r"std::(memcpy|memcmp|memset|memmove|memchr|strlen|strcmp|strncmp|strerror|strchr)\b",
    "filesystem": r"std::filesystem\b",
    "fstream": r"std::[io]?fstream\b",
    "functional": r"std::(function|reference_wrapper|invoke)\b",
    "map": r"std::(multi)?map\b",
    "memory": r"std::(unique_ptr|shared_ptr|make_unique|make_shared|weak_ptr)\b",
    "optional": r"std::(optional|nullopt|make_optional)\b",
    "random": r"std::(mt19937(_64)?|uniform_int_distribution|random_device)\b",
    "span": r"std::(span|as_bytes|as_writable_bytes)\b",
    "sstream": r"std::[io]?stringstream\b",
    "string": r"std::(string|to_string|stoi|stol|stoul|stoull|getline)\b",
    "string_view": r"std::string_view\b",
    "vector": r"std::vector\b",
    "unordered_map": r"std::unordered_(multi)?map\b",
    "gtest/gtest.h": r"\b(TEST(_[FP])?\(|(EXPECT|ASSERT)_(EQ|TRUE)\b)",
    "ringtap/result.hpp": r"(?<![\w.:>])(Result<|Error\(|Error::from_errno)",
    "ringtap/record.hpp": r"(?<![\w.:>])RecordView\b(?! *;)",
}
# Standard headers that by the standard declare another's names, too.
ALSO = {"string": {"string_view"}}

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
# Comments, literals, and declarations in advance are no uses.
NO_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|R"\((?:.|\n)*?\)"|"(?:\\.|[^"\\\n])*"|^\s*(class|struct) \w+;', re.DOTALL | re.MULTILINE)


def precompiled(root):
    if not os.path.exists(os.path.join(root, TARGETS)):
        return []
    found = []
    for target in ("ringtap_precompiled", "ringtap_test_precompiled"):
        match = re.search(PRECOMPILED.format(target), tree.read(root, TARGETS))
        found += [header.strip("<>") for header in match[1].split()] if match else [f"the list of {target}"]
    return found


class Includes:
    def __init__(self, root):
        self.root = root
        self.known = {}

    def find(self, name, beside):
        """The file of the project that an include names; None: another's header."""
        for folder in (beside, "include", "userspace", "tests"):
            path = os.path.normpath(os.path.join(folder, name))
            if os.path.isfile(os.path.join(self.root, path)):
                return path
        return None

    def of(self, path):
        """All that the file includes, by headers of the project, too."""
        if path not in self.known:
            self.known[path] = found = set()
            for name in INCLUDE.findall(tree.read(self.root, path)):
                found |= {name} | ALSO.get(name, set())
                header = self.find(name, os.path.dirname(path))
                if header:
                    found |= self.of(header)
        return self.known[path]


def check(root):
    includes = Includes(root)
    for header in precompiled(root):
        if header not in DECLARES:
            yield f"{TARGETS}: <{header}> is precompiled, and tests/check/check_includes.py does not know what it declares"
    for path in tree.files(root, tree.CPP_SUFFIXES):
        if path.split("/")[0] not in ("userspace", "include", "tests"):
            continue
        code = NO_CODE.sub(" ", tree.read(root, path))
        for header, pattern in DECLARES.items():
            use = re.search(pattern, code)
            if use and header not in includes.of(path) and not path.endswith(header):
                yield f"{path}: '{use[0]}' needs #include <{header}>"


if __name__ == "__main__":
    tree.main(check)
