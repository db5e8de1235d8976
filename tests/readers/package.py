#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The Debian package: cpack makes it, lintian finds nothing but the initial upload, and dpkg installs it, runs it and
# purges it without a trace. The root for that is this machine's, under a layer in memory that is gone afterwards, so
# that nothing has to be fetched and nothing here changes. Where lintian is not installed it is not asked, and said so.
import glob
import os
import re
import shutil
import sys
import tempfile

from reader import BUILD, check, equal, require, run, skip

def make(folder):
    done = run("cpack", "--config", os.path.join(BUILD, "CPackConfig.cmake"), "-B", folder)
    packages = glob.glob(os.path.join(folder, "*.deb"))
    check(done.returncode == 0 and len(packages) == 1, f"cpack: {done.stdout}{done.stderr}")
    return packages[0]


def judge(package):
    if shutil.which("lintian") is None:
        print("lintian is not installed: the package is not judged by it")
        return
    done = run("lintian", "--allow-root", "--fail-on", "error,warning", package)
    lines = [line for line in done.stdout.splitlines() if re.match("[EW]:", line)]
    lines = [line for line in lines if "initial-upload-closes-no-bugs" not in line]
    equal(lines, [], "lintian's complaints")


def has_what_it_should(package):
    listed = run("dpkg-deb", "-c", package).stdout
    for name in ("./usr/bin/ringtap", "ringtap-record@.service", "./etc/ringtap/record.conf", "man8/ringtap.8.gz",
                 "man8/ringtap-record.8.gz", "man8/ringtap-compare.8.gz", "bash-completion/completions/ringtap",
                 "vendor-completions/_ringtap", "vendor_completions.d/ringtap.fish",
                 "wireshark/extcap/ringtap -> "):  # fmt: skip
        check(name in listed, f"{name} is not in\n{listed}")
    depends = run("dpkg-deb", "-f", package, "Depends").stdout
    for library in ("libbpf1", "libpcap0.8", "libseccomp2", "debconf"):
        check(library in depends, depends)


def is_a_good_service(package, folder):
    if shutil.which("systemd-analyze") is None:
        print("systemd-analyze is not installed: the service is not judged by it")
        return
    run("dpkg-deb", "-x", package, folder)
    unit = glob.glob(os.path.join(folder, "**", "ringtap-record@.service"), recursive=True)[0]
    named = os.path.join(folder, "ringtap-record@eth0.service")
    shutil.copy(unit, named)
    done = run("systemd-analyze", "security", "--offline=true", "--no-pager", named)
    level = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    check(level is not None and float(level[1]) <= 2.5, f"{done.stdout}{done.stderr}")
    print("exposure of the service:", level[1])


# In a mount namespace. What is left in the upper layer at the end is the trace.
INSTALL = r"""
set -eu
folder=$1 package=$2
mount -t tmpfs tmpfs "$folder"
mkdir "$folder/upper" "$folder/work" "$folder/merged"
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" "$folder/merged"
mount --rbind /dev "$folder/merged/dev"
mount -t proc proc "$folder/merged/proc"
cp "$package" "$folder/merged/tmp/package.deb"
export DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin
in_root() { chroot "$folder/merged" "$@"; }
in_root dpkg -i /tmp/package.deb >&2
in_root ringtap --version | head -n 1
in_root stat -c "%U:%G %a" /usr/bin/ringtap
in_root sh -c "/usr/lib/*/wireshark/extcap/ringtap --version | head -n 1"
in_root sh -c "echo ringtap ringtap/install-setcap boolean true | debconf-set-selections"
in_root dpkg-reconfigure ringtap >&2
in_root stat -c "%U:%G %a" /usr/bin/ringtap
in_root dpkg --purge ringtap >&2
echo ---
in_root getent group ringtap || true
find "$folder/upper" -name "*ringtap*" ! -type c
"""


def installs_and_purges(package):
    if os.geteuid() != 0:
        skip("needs root to install")
    with tempfile.TemporaryDirectory() as folder:
        done = run("unshare", "--mount", "--pid", "--fork", "sh", "-c", INSTALL, "sh", folder, package)
    if done.returncode != 0 and done.stderr.startswith("mount: "):
        skip("cannot mount: " + done.stderr)
    check(done.returncode == 0, f"{done.stdout}{done.stderr}")
    said, _, left = done.stdout.partition("---\n")
    lines = said.splitlines()
    check(len(lines) == 4 and lines[0].startswith("ringtap version ") and lines[2] == lines[0], said)
    equal(lines[1], "root:root 755", "the program, unless somebody asked for a group")
    equal(lines[3], "root:ringtap 750", "the program, since somebody asked for a group")
    equal(left, "", "what is left behind")


def main():
    require("cpack", "dpkg-deb", "dpkg-shlibdeps", "file")
    with tempfile.TemporaryDirectory() as folder:
        package = make(folder)
        judge(package)
        has_what_it_should(package)
        is_a_good_service(package, os.path.join(folder, "unpacked"))
        installs_and_purges(package)


if __name__ == "__main__":
    sys.exit(main())
