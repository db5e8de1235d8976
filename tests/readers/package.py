#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The Debian package: cpack makes it, lintian finds nothing but the initial upload, and dpkg installs it, runs it and
# purges it without a trace. The root for that is this machine's, under a layer in memory that is gone afterwards, so
# that nothing has to be fetched and nothing here changes. What the Containerfile and the DaemonSet start, the installed
# program does with their rights in that root.
import fnmatch
import glob
import os
import re
import shlex
import shutil
import sys
import tempfile

import yaml

from reader import BUILD, SOURCE, check, equal, require, run, skip

PACKAGING = os.path.join(SOURCE, "tools", "packaging")


def make(folder):
    done = run("cpack", "--config", os.path.join(BUILD, "CPackConfig.cmake"), "-B", folder)
    packages = glob.glob(os.path.join(folder, "*.deb"))
    check(done.returncode == 0 and len(packages) == 1, f"cpack: {done.stdout}{done.stderr}")
    return packages[0]


def judge(package):
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


def container_of_image(package):
    """What the Containerfile starts; it takes the package's file, and sets no capabilities."""
    with open(os.path.join(PACKAGING, "Containerfile"), encoding="utf-8") as file:
        text = re.sub(r"^#.*\n", "", file.read(), flags=re.MULTILINE).replace("\\\n", "")
    steps = [line.split(None, 1) for line in text.splitlines() if line.strip()]
    equal([step[0] for step in steps], ["FROM", "COPY", "RUN", "ENTRYPOINT", "CMD"], "steps of the Containerfile")
    by_name = dict(steps)
    check(by_name["FROM"].startswith("docker.io/library/debian:bookworm"), by_name["FROM"])
    pattern = by_name["COPY"].split()[0]
    check(fnmatch.fnmatch(os.path.basename(package), pattern), f"{pattern} is not the package")
    check("setcap" not in text, "the image has file capabilities")
    return yaml.safe_load(by_name["ENTRYPOINT"])


def container_of_cluster():
    """The recorder of the DaemonSet, after a look at what a cluster would refuse or miss."""
    with open(os.path.join(PACKAGING, "daemonset.yaml"), encoding="utf-8") as file:
        objects = list(yaml.safe_load_all(file))
    equal([(o["apiVersion"], o["kind"]) for o in objects], [("v1", "Namespace"), ("apps/v1", "DaemonSet")], "objects")
    namespace, daemons = objects
    equal(daemons["metadata"]["namespace"], namespace["metadata"]["name"], "namespace")
    pods = daemons["spec"]["template"]
    equal(daemons["spec"]["selector"]["matchLabels"], pods["metadata"]["labels"], "labels")
    (container,) = pods["spec"]["containers"]
    volumes = {volume["name"] for volume in pods["spec"]["volumes"]}
    equal({mount["name"] for mount in container["volumeMounts"]}, volumes, "volumes")
    rights = container["securityContext"]
    equal(rights["capabilities"]["drop"], ["ALL"], "dropped capabilities")
    check(not rights["privileged"] and not rights["allowPrivilegeEscalation"], "the container is privileged")
    return container


# In a mount namespace. What is left in the upper layer at the end is the trace.
INSTALL = r"""
set -eu
folder=$1 package=$2
mount -t tmpfs tmpfs "$folder"
mkdir "$folder/upper" "$folder/work" "$folder/merged"
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" "$folder/merged"
mount --rbind /dev "$folder/merged/dev"
mount -t proc proc "$folder/merged/proc"
mount --rbind /sys "$folder/merged/sys"
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
# As the cluster starts it, but for two seconds: without file capabilities, with these in the bounding set alone.
setcap -r "$folder/merged/usr/bin/ringtap" 2>/dev/null || true
mkdir -p "$folder/merged/var/lib/ringtap" "$folder/merged/run/ringtap"
unshare --net sh -c 'ip link set lo up; ping -q -i 0.2 -w 4 127.0.0.1 >/dev/null & exec "$@"' sh chroot "$folder/merged" \
  setpriv --bounding-set="$4" --inh-caps="$4" "$3" $5 --duration 2s >&2
find "$folder/merged/var/lib/ringtap" -name "*.pcapng" | wc -l
ls "$folder/merged/run/ringtap"
rm -rf "$folder/merged/var/lib/ringtap" "$folder/merged/run/ringtap"
in_root dpkg --purge ringtap >&2
echo ---
in_root getent group ringtap || true
find "$folder/upper" -name "*ringtap*" ! -type c
"""


def installs_and_purges(package):
    if os.geteuid() != 0:
        skip("needs root to install")
    with tempfile.TemporaryDirectory() as folder:
        program = container_of_image(package)
        container = container_of_cluster()
        arguments = " ".join(shlex.quote(a) for a in container["args"]).replace("'$(NODE_ADDRESS):9415'", "127.0.0.1:0")
        caps = ",".join(["-all"] + ["+" + name.lower() for name in container["securityContext"]["capabilities"]["add"]])
        done = run("unshare", "--mount", "--pid", "--fork", "sh", "-c", INSTALL, "sh", folder, package, *program, caps,
                   arguments)  # fmt: skip
    if done.returncode != 0 and done.stderr.startswith("mount: "):
        skip("cannot mount: " + done.stderr)
    check(done.returncode == 0, f"{done.stdout}{done.stderr}")
    said, _, left = done.stdout.partition("---\n")
    lines = said.splitlines()
    check(len(lines) == 6 and lines[0].startswith("ringtap version ") and lines[2] == lines[0], said)
    equal(lines[1], "root:root 755", "the program, unless somebody asked for a group")
    equal(lines[3], "root:ringtap 750", "the program, since somebody asked for a group")
    equal((int(lines[4]) > 0, lines[5]), (True, "ready"), "whether the cluster's recorder was ready and has a segment")
    equal(left, "", "what is left behind")


def main():
    require("cpack", "dpkg-deb", "dpkg-shlibdeps", "file", "lintian", "setpriv")
    with tempfile.TemporaryDirectory() as folder:
        package = make(folder)
        judge(package)
        has_what_it_should(package)
        is_a_good_service(package, os.path.join(folder, "unpacked"))
        installs_and_purges(package)


if __name__ == "__main__":
    sys.exit(main())
