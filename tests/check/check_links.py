#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Every file and folder that a page of this tree names is there: the targets of Markdown links, and words in code spans
# and code blocks that look like a path (they begin with a top-level folder of the tree, or with one of the page's own).
import os
import re

import tree

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE_BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE_SPAN = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"(?<![\w./<{$*-])([A-Za-z0-9_.][\w.+-]*(?:/[\w.+-]+)*/?)(?![\w/<{$*-])")
# Made by the build, not by us.
GENERATED = ("build",)
# Stands for any name.
PLACEHOLDER = "NAME"


def named_paths(text):
    """(word, offset) of every word in code that has a slash."""
    blocks = [(match.start(), match[0]) for match in CODE_BLOCK.finditer(text)]
    outside = CODE_BLOCK.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    spans = [(match.start(1), match[1]) for match in CODE_SPAN.finditer(outside)]
    for start, code in blocks + spans:
        for match in PATH.finditer(code):
            if "/" in match[1]:
                yield match[1], start + match.start()


def check_page(root, page):
    text = tree.read(root, page)
    here = os.path.dirname(page)

    def line(offset):
        return text.count("\n", 0, offset) + 1

    def exists(word):
        return any(os.path.exists(os.path.join(root, base, word)) for base in ("", here))

    for match in LINK.finditer(text):
        target = match[1].split("#")[0]
        if target and "://" not in target and not target.startswith("mailto:"):
            if not os.path.exists(os.path.join(root, here, target)):
                yield f"{page}:{line(match.start())}: link to '{target}', which is not there"
    for word, offset in named_paths(text):
        first = word.split("/")[0]
        if PLACEHOLDER in word:
            continue
        if first not in GENERATED and exists(first) and os.path.isdir(os.path.join(root, first)) and not exists(word):
            yield f"{page}:{line(offset)}: names '{word}', which is not there"


def check(root):
    for page in tree.files(root, (".md",)):
        yield from check_page(root, page)


if __name__ == "__main__":
    tree.main(check)
