#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# What is installed is all that another program needs: installs BUILD into a temporary prefix, builds a copy of
# docs/examples against it by CMake and by pkg-config, prints a file with both and with the installed ringtap, and, as
# root, captures ten packets on loopback in a network namespace of its own.
import argparse
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time

PORT = 4242


def run(*command, **options):
    result = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options
    )
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)}: {result.returncode}\n{result.stdout}")
    return result.stdout


def write_capture(path, count=5):
    """Datagrams from one address to another, the last one cut."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for number in range(count):
            udp = struct.pack(">HHHH", 40000, 7000 + number, 8 + 32, 0) + bytes(32)
            ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), number, 0, 64, 17, 0)
            frame = bytes(12) + b"\x08\0" + ip + b"\xc0\0\2\1" + b"\xc0\0\2\2" + udp
            kept = frame[:30] if number == count - 1 else frame
            file.write(struct.pack("<IIII", 1700000000 + number, 0, len(kept), len(frame)) + kept)


def build_by_cmake(examples, prefix, compiler, flags):
    build = os.path.join(examples, "build")
    run("cmake", "-S", examples, "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCMAKE_CXX_COMPILER={compiler}",
        f"-DCMAKE_CXX_FLAGS={flags}")  # fmt: skip
    run("cmake", "--build", build)
    return build


def build_by_pkg_config(examples, prefix, compiler, flags):
    build = os.path.join(examples, "by-pkg-config")
    os.makedirs(build)
    folders = [f for f, _, names in os.walk(prefix) if "ringtap.pc" in names]
    environment = dict(os.environ, PKG_CONFIG_PATH=folders[0])
    found = run("pkg-config", "--cflags", "--libs", "ringtap", env=environment).split()
    for name in ("print_file", "capture_ten"):
        source = os.path.join(examples, name + ".cpp")
        run(compiler, "-Wall", "-Wextra", *flags.split(), source, "-o", os.path.join(build, name), *found)
    return build


def in_namespace(program):
    """Runs `program` on loopback, where datagrams are sent until it ends."""
    run("ip", "link", "set", "lo", "up")
    command = [program, "lo", f"udp dst port {PORT}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        end = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < end:
            for port in (PORT, PORT + 1):
                sender.sendto(b"ringtap", ("127.0.0.1", port))
            time.sleep(0.02)
        if process.poll() is None:
            process.kill()
        lines = process.stdout.read().splitlines()
    if process.returncode != 0 or len(lines) != 10 or not all(f".{PORT}: UDP, length 7" in line for line in lines):
        sys.exit(f"{' '.join(command)}: {process.returncode}\n" + "\n".join(lines))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("source", nargs="?")
    arguments.add_argument("build", nargs="?")
    arguments.add_argument("--compiler", default="c++")
    arguments.add_argument("--flags", default="", help="that programs with this build's objects need")
    arguments.add_argument("--in-namespace", metavar="CAPTURE_TEN")
    options = arguments.parse_args()
    if options.in_namespace:
        in_namespace(options.in_namespace)
        return
    with tempfile.TemporaryDirectory() as folder:
        prefix = os.path.join(folder, "prefix")
        examples = os.path.join(folder, "examples")
        capture = os.path.join(folder, "x.pcap")
        run("cmake", "--install", options.build, "--prefix", prefix)
        shutil.copytree(os.path.join(options.source, "docs", "examples"), examples)
        write_capture(capture)
        ringtap = os.path.join(prefix, "bin", "ringtap")
        command = [ringtap, "-n", "-t", "-r", capture]
        expected = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout
        for build_examples in (build_by_cmake, build_by_pkg_config):
            build = build_examples(examples, prefix, options.compiler, options.flags)
            printed = run(os.path.join(build, "print_file"), capture)
            if printed != expected or len(expected.splitlines()) != 5:
                sys.exit(f"{build_examples.__name__}: print_file says\n{printed}and ringtap\n{expected}")
        if os.geteuid() != 0:
            print("skipped: capturing needs root; installing and reading files works")
            sys.exit(1 if os.environ.get("RINGTAP_REQUIRE_ALL") == "1" else 77)
        run("unshare", "--net", sys.executable, "-B", os.path.abspath(__file__), "--in-namespace",
            os.path.join(build, "capture_ten"))  # fmt: skip


if __name__ == "__main__":
    main()
