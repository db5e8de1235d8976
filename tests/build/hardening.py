#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# A built program has what tools/cmake/RingtapHardening.cmake asks for, read from its ELF by readelf and objdump.
# `--sanitized`: without glibc's checks of buffer sizes. `--self-test`: the checks find a program without any defence.
import argparse
import os
import platform
import re
import subprocess
import sys
import tempfile


def output(*command):
    environment = dict(os.environ, LC_ALL="C")
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def violations(program, sanitized):
    header = output("readelf", "-hW", program)
    segments = output("readelf", "-lW", program)
    dynamic = output("readelf", "-dW", program)
    symbols = output("readelf", "--dyn-syms", "-W", program)
    if not re.search(r"Type:\s+DYN", header) or not re.search(r"FLAGS_1.*\bPIE\b", dynamic):
        yield "is not position independent (PIE)"
    if "GNU_RELRO" not in segments:
        yield "has no read-only relocations (RELRO)"
    if not re.search(r"\(FLAGS\).*BIND_NOW|\(FLAGS_1\).*\bNOW\b", dynamic):
        yield "binds functions lazily (no BIND_NOW), so the GOT stays writable"
    if not re.search(r"GNU_STACK\s.*\sRW\s", segments):
        yield "has an executable stack"
    if re.search(r"\sLOAD\s.*\sRWE\s", segments):
        yield "has a segment that is writable and executable"
    if "__stack_chk_fail" not in symbols:
        yield "has no stack protector"
    if not sanitized and not re.search(r"\bUND __\w+_chk@", symbols):
        yield "calls none of glibc's checked functions (_FORTIFY_SOURCE)"
    if platform.machine() == "x86_64":
        code = output("objdump", "--no-show-raw-insn", "-d", program)
        # The note in the program itself says so only where every object of the C library has it too.
        if not re.search(r"<main>:\n[^\n]*\bendbr64\b", code):
            yield "marks no targets of indirect jumps (CET)"
    # A stack frame of more than a page would show it in the code, and there may be none; debug information names every
    # option that gcc was given.
    producers = re.findall(r"GNU C\+\+.*", output("readelf", "-p", ".debug_str", program))
    if producers and not all("-fstack-clash-protection" in producer for producer in producers):
        yield "has code without stack clash protection"


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "soft")
        plain = "-no-pie -fno-pie -fno-stack-protector -fno-stack-clash-protection -U_FORTIFY_SOURCE"
        if platform.machine() == "x86_64":
            plain += " -fcf-protection=none"
        linked = "-g -Wl,-z,norelro -Wl,-z,lazy -Wl,-z,execstack"
        source = "#include <cstdio>\nint main() { char text[9000]; return std::snprintf(text, 9000, \"%p\", text); }\n"
        subprocess.run(
            ["c++", "-x", "c++", "-O2", *plain.split(), *linked.split(), "-", "-o", program],
            input=source,
            text=True,
            check=True,
        )
        found = list(violations(program, False))
    expected = 8 if platform.machine() == "x86_64" else 7
    if len(found) != expected:
        sys.exit(f"found {len(found)} of {expected} faults of an unhardened program: {found}")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program", nargs="?")
    arguments.add_argument("--debug", action="store_true")
    arguments.add_argument("--sanitized", action="store_true")
    arguments.add_argument("--self-test", action="store_true")
    options = arguments.parse_args()
    if options.self_test:
        self_test()
        return
    if options.debug:
        print("skipped: a Debug build is not hardened")
        sys.exit(77)
    found = list(violations(options.program, options.sanitized))
    for violation in found:
        print(f"{options.program}: {violation}")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
