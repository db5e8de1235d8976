#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Two builds of one source in two folders give the same bytes: builds TARGETS again from a copy of the source, in a
# build folder with another name, and compares every object, archive, skeleton and program with the first build's.
# No compiler cache in the second one: it would hand out the first one's objects.
import argparse
import filecmp
import os
import shutil
import subprocess
import sys

SUFFIXES = (".o", ".a", ".skel.h")
FOLDERS = ("bpf", "userspace")


def run(*command):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{result.stdout}")


def copy_source(source, copy):
    def left_out(folder, names):
        at_top = os.path.samefile(folder, source)
        return [n for n in names if n in (".git", "__pycache__") or (at_top and n.startswith("build"))]

    shutil.rmtree(os.path.dirname(copy), ignore_errors=True)
    shutil.copytree(source, copy, symlinks=True, ignore=left_out)


def outputs(build):
    """Paths relative to `build` of what was compiled and linked there, sorted."""
    for top in FOLDERS:
        for folder, _, names in sorted(os.walk(os.path.join(build, top))):
            for name in sorted(names):
                path = os.path.join(folder, name)
                if name.endswith(SUFFIXES) or os.access(path, os.X_OK):
                    yield os.path.relpath(path, build)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("source")
    arguments.add_argument("build")
    arguments.add_argument("--targets", nargs="+", required=True)
    arguments.add_argument("--settings", nargs="*", default=[], metavar="NAME=VALUE", help="of the first build's cache")
    options = arguments.parse_args()
    # Longer than the first one's, and at another depth.
    scratch = os.path.join(options.build, "reproducible")
    copy = os.path.join(scratch, "another", "folder", "of-the-source")
    copy_source(options.source, copy)
    second = os.path.join(copy, "build-of-another-name")
    run("cmake", "-S", copy, "-B", second, "-G", "Ninja", "-DRINGTAP_TESTS=OFF", *("-D" + s for s in options.settings))
    for build in (options.build, second):
        run("cmake", "--build", build, "--parallel", "2", "--target", *options.targets)
    compared = list(outputs(second))
    differing = [
        path
        for path in compared
        if not filecmp.cmp(os.path.join(options.build, path), os.path.join(second, path), shallow=False)
    ]
    for path in differing:
        print(f"{path}: differs between {options.build} and {second}")
    print(f"{len(compared)} files compared, {len(differing)} differ")
    if differing or not compared:
        sys.exit(1)
    shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
