#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# clang-tidy finds nothing in userspace/ and include/ by the checks of .clang-tidy. A file takes over two seconds of a
# processor, all of them minutes. So a file that is clean is remembered in the build folder until it, a header of ours
# that it includes, its command or the checks change; and after --budget seconds no further file is started: exit code
# 77, and the next run continues from there. Under RINGTAP_REQUIRE_ALL=1 (CI) there is no budget.
# Most of those two seconds go to the standard headers, which the checks walk through with every file. So several files
# are checked as one, put together by their text. Where that finds anything, each half of them is checked so, and only
# what is found in a file alone counts.
# Each run first shows, on two files with one mistake, that the mistake is found in both ways.
import argparse
import concurrent.futures
import functools
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

INCLUDE = re.compile(rb'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
TYPE = re.compile(r"(?:template\b.*> ?)?(?:struct|class|union|enum class|enum)\s+(?:\[\[\w+\]\] )?(\w+)\b(?!::)|using (\w+) =")
DECLARATION = re.compile(r"(?:struct|class|union|enum)\b[^{=]*;")  # of a type that is defined elsewhere
ANY_TYPE = re.compile(r"\b(?:struct|class|union|enum class|enum)\s+(\w+)")
CONSTANT = re.compile(r"^(?=[a-z]).*?\bconst(?:expr)?\b.*?\b(k[A-Z]\w*)\s*[=\[{]", re.MULTILINE)
# Headers of which some define what others do: files that include them are not put together with files that do not.
KINDS = ("linux/", "linux/netfilter", "pcap")
NO_DEFINITION = ("namespace", "extern", "static_assert", "using enum", "using namespace")
ENUMERATION = re.compile(r"\benum\b[^{;]*\{([^}]*)\}")
NAME = re.compile(r".*?(?<![\w:~])(?!const\b|noexcept\b|default\b|delete\b|sizeof\b)(\w+)\s*[({=;\[]")
FOUND = re.compile(r"^(.+?:\d+:\d+: (?:warning|error): .+)$", re.MULTILINE)


def findings_of(tool, build, path, *arguments):
    """What clang-tidy says about the file: nothing if it is clean."""
    command = [tool, "-p", build, "--quiet", *arguments, path]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    found = FOUND.findall(result.stdout)
    if not found and result.returncode != 0:
        found = [f"{path}: {result.stderr.strip()}"]
    return found


def flags_of(command):
    """The command without its file and without the folders of headers: what is compiled alike can be compiled together."""
    words = shlex.split(command["command"])
    for option in ("-o", "-c"):
        if option in words:
            at = words.index(option)
            del words[at : at + 2]
    return [words[at] for at in range(len(words)) if not is_folder(words, at)]


def is_folder(words, at):
    return words[at].startswith("-I") or words[at] == "-isystem" or (at > 0 and words[at - 1] == "-isystem")


def folders_of(commands):
    """Options for the folders of headers of all these, in their order."""
    found = {}
    for command in commands:
        words = shlex.split(command["command"])
        for at, word in enumerate(words):
            if word.startswith("-I"):
                found[word,] = None
            elif word == "-isystem":
                found[word, words[at + 1]] = None
    return [word for option in found for word in option]


def own_names(text):
    """The names that a file defines in namespaces, where no line is indented. What this misses is found when the text
    is checked."""
    names = set(CONSTANT.findall(text))
    for body in ENUMERATION.findall(text):
        names.update(re.findall(r"\bk[A-Z]\w*", body))
    for line in text.splitlines():
        if not re.match(r"[A-Za-z\[]", line) or line.startswith(NO_DEFINITION):
            continue
        found = TYPE.match(line) or (NAME.match(line) if not ANY_TYPE.match(line) else None)
        if found and not DECLARATION.match(line):
            names.add(found[found.lastindex])
    return names


@functools.cache
def names_of_headers(source):
    """Constants and types of all headers: a file that has one of its own does not include that header, but may be put
    together with one that does."""
    names = set()
    for below in ("userspace", "include"):
        for folder, _, files in os.walk(os.path.join(source, below)):
            for name in files:
                if name.endswith(".hpp"):
                    with open(os.path.join(folder, name), encoding="utf-8") as file:
                        text = file.read()
                    names.update(CONSTANT.findall(text))
                    lines = (line for line in text.splitlines() if not DECLARATION.match(line))
                    names.update(match[match.lastindex] for match in map(TYPE.match, lines) if match)
    return names


def renamed(text, name, number, types):
    """The text with a number behind the name; after "::" only where a type of the text's own is before it."""

    def with_number(found):
        before = re.sub(r"_\d+$", "", found[1] or "")  # a type that was renamed already
        is_own = not before or (before in types and re.match("k[A-Z]", name))
        return f"{found[0]}_{number}" if is_own else found[0]

    return re.sub(rf"(?<![.>\w])(?:(\w+)::|(?<!:)){name}\b", with_number, text)


def joined(texts, of_headers=frozenset()):
    """One text of several, each header included once: that a file includes one twice is found still. A name that an
    earlier file has, too, gets the number of its file, and a macro ends with its file."""
    included, defined, lines = set(), set(), []
    for number, text in enumerate(texts):
        own, types = own_names(text), set(ANY_TYPE.findall(text))
        for name in own & (defined | of_headers):
            text = renamed(text, name, number, types)
        defined |= own
        seen, macros = set(), []
        for line in text.splitlines():
            include = re.match(r'\s*#\s*include\s*([<"].*[>"])', line)
            macro = re.match(r"#\s*define (\w+)", line)
            if include and include[1] in included:
                line = ""
            elif include:
                seen.add(include[1])
            elif macro:
                macros.append(macro[1])
            lines.append(line)
        lines += [f"#undef {macro}" for macro in macros]
        included |= seen
    return "\n".join(lines) + "\n"


def findings_together(tool, source, build, commands):
    """What clang-tidy says about the text of all these files."""
    texts = []
    for command in commands:
        with open(command["file"], encoding="utf-8") as file:
            texts.append(file.read())
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "joined.cpp")
        with open(path, "w", encoding="utf-8") as file:
            file.write(joined(texts, names_of_headers(source)))
        with open(os.path.join(folder, "compile_commands.json"), "w", encoding="utf-8") as file:
            # A local name may be that of another file's constant.
            words = [*flags_of(commands[0]), *folders_of(commands), "-Wno-shadow", "-c", path]
            json.dump([{"directory": build, "file": path, "arguments": words}], file)
        return findings_of(tool, folder, path, "--config-file=" + os.path.join(source, ".clang-tidy"))


def groups_of(entries, size):
    """The entries in groups of files that can share a text."""
    groups = {}
    for entry in entries:
        groups.setdefault((*flags_of(entry[0]), str(entry[0].get("kinds"))), []).append(entry)
    return [group[at : at + size] for group in groups.values() for at in range(0, len(group), size)]


def without_precompiled(command):
    """How the file is compiled without the compiler's precompiled headers, which clang cannot read."""
    words = shlex.split(command.pop("command"))
    for at in range(len(words) - 2, -1, -1):
        if words[at] == "-include" and words[at + 1].endswith("cmake_pch.hxx"):
            del words[at : at + 2]
    return {**command, "command": shlex.join(word for word in words if word != "-Winvalid-pch")}


def of_files(command):
    """The command, or one for each of the files that the build compiles as one (CMAKE_UNITY_BUILD)."""
    if not re.search(r"/Unity/unity_\d+_cxx\.cxx$", command["file"]):
        return [command]
    with open(command["file"], encoding="utf-8") as file:
        paths = re.findall(r'^#include "(.+\.cpp)"$', file.read(), re.MULTILINE)
    words = shlex.split(command["command"])
    return [{**command, "file": path, "command": shlex.join(path if word == command["file"] else word for word in words)}
            for path in paths]  # fmt: skip


def self_test(tool, source):
    with tempfile.TemporaryDirectory() as folder:
        commands = []
        for name, text in (
            ("mistake", "double half(int n) { return n / 2; }\n"),
            ("clean", "int twice(int n) { return 2 * n; }\n"),
        ):
            path = os.path.join(folder, name + ".cpp")
            with open(path, "w", encoding="utf-8") as file:
                file.write("#include <cstddef>\n" + text)
            commands.append({"directory": folder, "file": path, "command": f"c++ -c {path}"})
        with open(os.path.join(folder, "compile_commands.json"), "w", encoding="utf-8") as file:
            json.dump(commands, file)
        config = "--config-file=" + os.path.join(source, ".clang-tidy")
        for found in (
            findings_of(tool, folder, commands[0]["file"], config),
            findings_together(tool, source, folder, commands[::-1]),
        ):
            if len(found) != 1 or "[bugprone-integer-division]" not in found[0]:
                sys.exit(f"a file with one mistake: {found}")
        if groups_of([(command, "") for command in commands], 2) != [[(command, "") for command in commands]]:
            sys.exit("two files are not put together")
        if joined(["int twice(int n) { return n; }"] * 2).count(" twice(") != 1:
            sys.exit("of two functions with one name, none is renamed")


def digest_of_includes(source, path, seen, digest):
    """Adds the file and whatever of the tree it includes, each once; seen gets these files, and the other headers."""
    if path in seen:
        return
    seen.add(path)
    with open(path, "rb") as file:
        text = file.read()
    digest.update(path.encode() + b"\0" + text)
    for match in INCLUDE.finditer(text):
        header = match[1].decode()
        for base in (os.path.dirname(path), os.path.join(source, "include"), os.path.join(source, "userspace")):
            if os.path.isfile(os.path.join(base, header)):
                digest_of_includes(source, os.path.normpath(os.path.join(base, header)), seen, digest)
                break
        else:
            seen.add(header)


def work(source, build, tool):
    """How many files of userspace/ the build compiles, and (command, stamp) of those not known to be clean. dissect/, half
    of them and all of one kind, comes last. A command also says which KINDS of headers the file includes."""
    stamps = os.path.join(build, "clang-tidy")
    os.makedirs(stamps, exist_ok=True)
    with open(os.path.join(source, ".clang-tidy"), "rb") as file:
        common = file.read()
    common += subprocess.run([tool, "--version"], capture_output=True, check=True).stdout
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        commands = json.load(file)
    below = os.path.join(source, "userspace") + os.sep
    commands = [one for command in commands for one in of_files(command)]
    commands = [without_precompiled(c) for c in commands if c["file"].startswith(below)]
    with open(os.path.join(stamps, "compile_commands.json"), "w", encoding="utf-8") as file:
        json.dump(commands, file)
    found = []
    for command in commands:
        digest = hashlib.sha256(common + command["command"].encode())
        included = set()
        digest_of_includes(source, command["file"], included, digest)
        command["kinds"] = [any(header.startswith(name) for header in included) for name in KINDS]
        stamp = os.path.join(stamps, digest.hexdigest())
        if not os.path.exists(stamp):
            found.append((command, stamp))
    return len(commands), sorted(found, key=lambda entry: ("/dissect/" in entry[0]["file"], entry[0]["file"]))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("source")
    arguments.add_argument("build")
    arguments.add_argument("--budget", type=float, default=180)
    arguments.add_argument("--jobs", type=int, default=2)
    arguments.add_argument("--together", type=int, default=60, help="files at most that are checked as one")
    options = arguments.parse_args()
    complete = os.environ.get("RINGTAP_REQUIRE_ALL") == "1"
    tool = shutil.which("clang-tidy")
    if tool is None:
        print("skipped: needs clang-tidy")
        sys.exit(1 if complete else 77)
    end = time.monotonic() + options.budget
    findings = set()

    def check(group):
        if not complete and time.monotonic() > end:
            return 0
        if len(group) == 1:
            found = findings_of(tool, os.path.join(build, "clang-tidy"), group[0][0]["file"])
            findings.update(found)
        else:
            found = findings_together(tool, source, build, [command for command, _ in group])
            if found:
                half = len(group) // 2
                return check(group[:half]) + check(group[half:])
        for _, stamp in group if not found else []:
            with open(stamp, "w", encoding="utf-8"):
                pass
        return len(group)

    source, build = os.path.abspath(options.source), os.path.abspath(options.build)
    self_test(tool, source)
    total, files = work(source, build, tool)
    if total == 0:
        sys.exit(f"no file of {source} in {build}/compile_commands.json")
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        checked = sum(pool.map(check, groups_of(files, options.together)))
    for finding in sorted(findings):
        print(finding)
    print(f"{total} files, {total - len(files)} known to be clean, {checked} checked, {len(findings)} finding(s)")
    if findings:
        sys.exit(1)
    if checked < len(files):
        print(f"skipped: {len(files) - checked} not checked within {options.budget:.0f} s; the next run continues")
        sys.exit(77)


if __name__ == "__main__":
    main()
