#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# clang-tidy finds nothing in userspace/ and include/ by the checks of .clang-tidy. A file takes over two seconds of a
# processor, all of them minutes. So a file that is clean is remembered in the build folder until it, a header of ours
# that it includes, its command or the checks change; and after --budget seconds no further file is started: exit code
# 77, and the next run continues from there. Under RINGTAP_REQUIRE_ALL=1 (CI) there is no budget.
# Each run first shows, on a file with one mistake, that a mistake is found.
import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

INCLUDE = re.compile(rb'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
FOUND = re.compile(r"^(.+?:\d+:\d+: (?:warning|error): .+)$", re.MULTILINE)


def findings_of(tool, build, path, *arguments):
    """What clang-tidy says about the file: nothing if it is clean."""
    command = [tool, "-p", build, "--quiet", *arguments, path]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    found = FOUND.findall(result.stdout)
    if not found and result.returncode != 0:
        found = [f"{path}: {result.stderr.strip()}"]
    return found


def self_test(tool, source):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "mistake.cpp")
        with open(path, "w", encoding="utf-8") as file:
            file.write("double half(int n) { return n / 2; }\n")
        with open(os.path.join(folder, "compile_commands.json"), "w", encoding="utf-8") as file:
            json.dump([{"directory": folder, "file": path, "command": f"c++ -c {path}"}], file)
        found = findings_of(tool, folder, path, "--config-file=" + os.path.join(source, ".clang-tidy"))
    if len(found) != 1 or "[bugprone-integer-division]" not in found[0]:
        sys.exit(f"a file with one mistake: {found}")


def digest_of_includes(source, path, seen, digest):
    """Adds the file and whatever of the tree it includes, each once."""
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


def work(source, build, tool):
    """How many files of userspace/ the build compiles, and (file, stamp) of those not known to be clean. dissect/, half
    of them and all of one kind, comes last."""
    stamps = os.path.join(build, "clang-tidy")
    os.makedirs(stamps, exist_ok=True)
    with open(os.path.join(source, ".clang-tidy"), "rb") as file:
        common = file.read()
    common += subprocess.run([tool, "--version"], capture_output=True, check=True).stdout
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        commands = json.load(file)
    commands = [c for c in commands if c["file"].startswith(os.path.join(source, "userspace") + os.sep)]
    found = []
    for command in commands:
        digest = hashlib.sha256(common + command["command"].encode())
        digest_of_includes(source, command["file"], set(), digest)
        stamp = os.path.join(stamps, digest.hexdigest())
        if not os.path.exists(stamp):
            found.append((command["file"], stamp))
    return len(commands), sorted(found, key=lambda entry: ("/dissect/" in entry[0], entry[0]))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("source")
    arguments.add_argument("build")
    arguments.add_argument("--budget", type=float, default=180)
    arguments.add_argument("--jobs", type=int, default=2)
    options = arguments.parse_args()
    complete = os.environ.get("RINGTAP_REQUIRE_ALL") == "1"
    tool = shutil.which("clang-tidy")
    if tool is None:
        print("skipped: needs clang-tidy")
        sys.exit(1 if complete else 77)
    end = time.monotonic() + options.budget
    findings = set()

    def check(entry):
        path, stamp = entry
        if not complete and time.monotonic() > end:
            return False
        found = findings_of(tool, build, path)
        findings.update(found)
        if not found:
            with open(stamp, "w", encoding="utf-8"):
                pass
        return True

    source, build = os.path.abspath(options.source), os.path.abspath(options.build)
    self_test(tool, source)
    total, files = work(source, build, tool)
    if total == 0:
        sys.exit(f"no file of {source} in {build}/compile_commands.json")
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        checked = sum(pool.map(check, files))
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
