#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# zsh and fish offer every option that the help of a command has, and the words of a value; asked as a user asks them, by
# TAB. (What bash offers unit.completions_test shows.)
import os
import pty
import re
import select
import sys
import tempfile
import time

from reader import BINARY, BUILD, PATIENCE, check, dies_with_us, equal, require, run

COMMANDS = ("", "compare", "record", "query", "stats", "drops", "agent", "fleet")
FOLDER = os.path.join(BUILD, "package")


def options_of(command):
    """Long ones, of its help."""
    text = run(BINARY, *command.split(), "--help").stdout
    found = set(re.findall(r"^  (?:-\S+?,)?(--[a-z][a-z-]*)", text, re.MULTILINE))
    check(len(found) > 5, f"the help of ringtap {command}: {text}")
    return found


def of_fish(home):
    def offered(line):
        script = f"source {FOLDER}/fish/ringtap.fish; complete -C '{line}'"
        done = run("fish", "--no-config", "-c", script, env={**os.environ, "HOME": home})
        equal((done.returncode, done.stderr), (0, ""), "fish")
        return {text.split("\t")[0] for text in done.stdout.splitlines()}

    for command in COMMANDS:
        missing = options_of(command) - offered(f"ringtap {command} --".replace("  ", " "))
        equal(missing, set(), f"what fish lacks of ringtap {command}")
    equal(offered("ringtap compare --color "), {"auto", "always", "never"}, "what fish offers after --color")
    check({"record", "compare"} <= offered("ringtap "), "fish does not offer commands")


class Zsh:
    """A shell on a terminal; it is wide and high enough for every list."""

    def __init__(self, home):
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            dies_with_us()
            os.environ.update(HOME=home, TERM="dumb", PS1="", PROMPT="", LISTMAX="100000", COLUMNS="200", LINES="900")
            os.execvp("zsh", ["zsh", "-f", "-i"])
        self.ask(f"fpath=({FOLDER}/zsh $fpath); PROMPT=; LISTMAX=100000; stty rows 900 cols 200 -echo; "
                 "autoload -U compinit; compinit -u -D; zstyle ':completion:*' verbose no\n", "")  # fmt: skip

    def ask(self, keys, line):
        """What is shown after these keys; then the line is given up."""
        os.write(self.terminal, keys.encode())
        shown = self.read(0.8)
        if line:
            os.write(self.terminal, b"\x15")
            self.read(0.2)
        return shown

    def read(self, quiet):
        shown = b""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and select.select([self.terminal], [], [], quiet if shown else quiet + 4)[0]:
            shown += os.read(self.terminal, 65536)
        return shown.decode(errors="replace")

    def end(self):
        os.close(self.terminal)
        os.waitpid(self.child, 0)


def of_zsh(home):
    zsh = Zsh(home)
    for command in COMMANDS:
        line = f"ringtap {command} --".replace("  ", " ")
        shown = zsh.ask(line + "\t\t", line)
        missing = {option for option in options_of(command) if not re.search(re.escape(option) + r"\b", shown)}
        equal(missing, set(), f"what zsh lacks of ringtap {command}, which shows {shown[-3000:]!r}")
    shown = zsh.ask("ringtap compare --color \t\t", "x")
    check(all(word in shown for word in ("auto", "always", "never")), f"what zsh offers after --color: {shown!r}")
    zsh.end()


def main():
    require("zsh", "fish")
    with tempfile.TemporaryDirectory() as home:
        of_fish(home)
        of_zsh(home)


if __name__ == "__main__":
    sys.exit(main())
