#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What tools/test-kernels ran, as a table: feature by kernel.

report.py FOLDER VERSION…: reads FOLDER/VERSION/{log,package}. `log` is what tests/kernel/suite printed, `package` the
name and the version of the kernel's package. --docs FILE writes the table between the marks of that page. Exit code 1 when
something failed: a test, a test that did not end, or one that was skipped for another reason than the kernel's version.
"""
import argparse
import datetime
import re
import subprocess
import sys

BEGIN, END = "<!-- kernels:begin, written by tools/test-kernels --docs -->", "<!-- kernels:end -->"
VERSION = re.compile(r"Linux \d+\.\d+")
# What the test programs of the table are about.
PROGRAMS = {
    "load_grid_test": "the verifier takes the programs with every `-s` and reduction",
    "tap_programs_test": "tap programs one at a time",
    "kernel_tiers_test": "fallbacks of older kernels",
}


class Kernel:
    def __init__(self, folder, version):
        self.version = version
        with open(f"{folder}/{version}/package") as file:
            self.package = file.read().strip()
        with open(f"{folder}/{version}/log", errors="replace") as file:
            self.log = file.read()
        self.cells = {}  # by row
        self.failures, self.skipped = [], []
        for match in re.finditer(r"^== begin ([^\n]+)\n(.*?)(?:^== end \1 (\d+) (\d+)$|\Z)", self.log, re.M | re.S):
            name, text, code, _ = match.groups()
            if code is None:
                self.failures.append(f"{name} did not end: {text.strip().splitlines()[-1:]}")
            if name == "features":
                self.read_features(text, code)
            else:
                self.read_program(name, text, code)
        if "== begin" not in self.log:
            self.failures.append("the guest did not run a test")

    def read_features(self, text, code):
        results = re.findall(r"^(PASS|SKIP|FAIL) ([^:\n]+?)(?:: (.*))?$", text, re.M)
        for result, name, why in results:
            if result == "FAIL":
                self.cells[name] = "**fails**"
                self.failures.append(f"{name}: {why}")
            else:
                self.cells[name] = "works" if result == "PASS" else f"needs {VERSION.search(why)[0]}"
        if code not in (None, "0") and not any(result == "FAIL" for result, _, _ in results):
            self.failures.append(f"features ended with an error: {text.strip().splitlines()[-1:]}")

    def read_program(self, name, text, code):
        passed, skipped, failed = (
            int(match[1]) if (match := re.search(rf"^\[  {word}  *\] (\d+) tests?[.,]", text, re.M)) else 0
            for word in ("PASSED", "SKIPPED", "FAILED"))
        reasons = sorted(set(re.findall(r": Skipped\n(.*)", text)))
        row = PROGRAMS.get(name, name)
        self.skipped += [f"{row}: {reason}" for reason in reasons]
        self.failures += [f"{name} skipped: {reason}" for reason in reasons if not VERSION.search(reason)]
        self.cells[row] = f"{passed} passed" + (f", {skipped} skipped" if skipped else "")
        if code != "0":
            self.cells[row] = f"**{failed or 'it'} failed**"
            self.failures += re.findall(r"^\[  FAILED  \] ([\w./]+)$", text, re.M) or [f"{name}: exit code {code}"]
        elif passed + skipped == 0:
            self.failures.append(f"{name} ran no test: none has that name")


def rows_of(kernels):
    names = []
    for kernel in sorted(kernels, key=lambda kernel: -len(kernel.cells)):  # in the order of the one that ran most
        names += [name for name in kernel.cells if name not in names]
    return [["", *(kernel.version for kernel in kernels)],
            *([name, *(kernel.cells.get(name, "") for kernel in kernels)] for name in names)]


def plain(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)


def markdown(kernels, rows):
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    lines = [f"{datetime.date.today()}, {commit.stdout.strip() or 'no commit'}; " +
             ", ".join(kernel.package for kernel in kernels) + ".", ""]
    rows = [[cell or "–" for cell in row] for row in rows]
    rows[0][0] = ""
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(3, "|" + "---|" * len(rows[0]))
    for kernel in kernels:
        lines += ["", f"Skipped on {kernel.version}:"] if kernel.skipped else []
        lines += [f"- {reason}" for reason in kernel.skipped]
    return "\n".join(lines) + "\n"


def write_docs(path, text):
    with open(path) as file:
        head, _, rest = file.read().partition(BEGIN)
    _, mark, tail = rest.partition(END)
    if not mark:
        sys.exit(f"report: {path} has lost its marks")
    with open(path, "w") as file:
        file.write(f"{head}{BEGIN}\n{text}{END}{tail}")


def main():
    parser = argparse.ArgumentParser(prog="report.py")
    parser.add_argument("--docs", metavar="FILE")
    parser.add_argument("folder")
    parser.add_argument("version", nargs="+")
    options = parser.parse_args()
    kernels = [Kernel(options.folder, version) for version in options.version]
    rows = rows_of(kernels)
    print(plain(rows))
    for kernel in kernels:
        for failure in kernel.failures:
            print(f"FAILED on Linux {kernel.version}: {failure}")
    if options.docs:
        write_docs(options.docs, markdown(kernels, rows))
    sys.exit(1 if any(kernel.failures for kernel in kernels) else 0)


if __name__ == "__main__":
    main()
