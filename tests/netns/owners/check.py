#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Compares what ringtap printed with the truth that traffic.py logged.
#   check.py FOLDER NAME=FILE…     NAME: the device; FILE: ringtap's lines, with -tt --nano -n
# Prints a table by case, device and end. Exit code 1 at the first wrong owner, and if nobody was found.
import collections
import glob
import re
import sys

FAR = 5 * 10**9  # a truth that is further away in time is that of another flow with the same addresses
folder = sys.argv[1]

truths = collections.defaultdict(list)
listeners = collections.defaultdict(set)
for path in glob.glob(f"{folder}/truth.*"):
    for line in open(path):
        words = line.split()
        if words[:1] == ["listen"] and len(words) == 3:
            listeners[words[1]].add(int(words[2]))
        elif len(words) == 7:
            truths[(words[0], words[1], words[2])].append((int(words[4]), int(words[5]), int(words[3]), words[6]))

LINE = re.compile(r"^(?P<s>\d+)\.(?P<ns>\d{9}) IP (?P<src>[\d.]+)\.(?P<sport>\d+) > (?P<dst>[\d.]+)\.(?P<dport>\d+): "
                  r"(?P<what>Flags|UDP).*\[(?P<owners>(?:from|to) [^\]]*)\]$")
OWNER = re.compile(r"^(?:(?P<how>listener|closed): )?(?P<name>.*) (?P<pid>\d+) uid (?P<uid>\d+)")


def owner_at(key, time):
    """(pid, case) of the truth that holds then, or of the nearest one."""
    nearest = None
    for since, until, pid, case in truths.get(key, ()):
        distance = 0 if since <= time <= until else min(abs(since - time), abs(time - until))
        if nearest is None or distance < nearest[0]:
            nearest = (distance, pid, case)
    return nearest[1:] if nearest and nearest[0] < FAR else None


def same_end(protocol, local, remote):
    """The end's names on both sides of the router, which masquerades the client and keeps its port."""
    def swapped(end):
        return end.replace("10.71.1.2:", "10.71.2.1:") if end.startswith("10.71.1.2:") else end
    server = "10.71.2.2:7001"
    for one, other in ((local, remote), (swapped(local), remote), (local, swapped(remote)),
                       (server if local == "10.71.1.1:8080" else local, swapped(remote)),
                       (swapped(local), server if remote == "10.71.1.1:8080" else remote)):
        yield (protocol, one, other)


def judge(protocol, local, remote, time, text):
    owner = OWNER.match(text)
    true = owner_at((protocol, local, remote), time)
    if true is None:
        return None, text if text in ("?", "kernel") else "no truth"
    if owner is None:
        return true[1], text
    pid = int(owner["pid"])
    if pid == true[0]:
        return true[1], "right"
    if owner["how"] == "listener":
        port = "7001" if local == "10.71.1.1:8080" else local.rpartition(":")[2]
        return true[1], "listener" if pid in listeners[port] else "wrong"
    holders = [each[2] for key in same_end(protocol, local, remote) for each in truths.get(key, ())
               if each[0] - FAR < time < each[1] + FAR]
    return true[1], "holder" if pid in holders else "wrong"


table = collections.defaultdict(collections.Counter)
wrong = []
for argument in sys.argv[2:]:
    device, path = argument.split("=", 1)
    for line in open(path):
        found = LINE.match(line.rstrip("\n"))
        if not found:
            continue
        protocol = "6" if found["what"] == "Flags" else "17"
        time = int(found["s"]) * 10**9 + int(found["ns"])
        source, target = f"{found['src']}:{found['sport']}", f"{found['dst']}:{found['dport']}"
        for part in found["owners"].split("; "):
            end, text = part.split(" ", 1)
            local, remote = (source, target) if end == "from" else (target, source)
            case, result = judge(protocol, local, remote, time, text)
            table[(case or "-", device, end)][result] += 1
            if result == "wrong":
                wrong.append(line)

columns = ("right", "listener", "holder", "wrong", "?", "kernel", "no truth")
print(f"{'case':18}{'device':8}{'end':6}" + "".join(f"{column:>9}" for column in columns))
total = collections.Counter()
for key in sorted(table):
    total.update(table[key])
    print(f"{key[0]:18}{key[1]:8}{key[2]:6}" + "".join(f"{table[key][column]:9}" for column in columns))
print("total:", ", ".join(f"{column} {total[column]}" for column in columns))
for line in wrong[:10]:
    print("WRONG", line, end="")
sys.exit(1 if wrong or total["right"] == 0 else 0)
