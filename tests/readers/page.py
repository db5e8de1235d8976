#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The page of `ringtap compare --html`, live and from a file: it is whole HTML that loads nothing and runs nothing, text
# from outside stays text, what refers to something finds it, colours have contrast in light and dark. Where Chromium is
# installed (tools/setup --browser), Debian's chromedriver opens it there: no message on the console, a packet opens by a
# click and by the keyboard, nothing is wider than the window, and something is drawn in light and dark, wide and narrow.
import base64
import html.parser
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zlib

from reader import BINARY, check, dies_with_us, enter_namespace, equal, fail, run, send, wait_until

SENT = 50
VOID = {"meta", "path", "rect", "br"}
FILTER = "udp dst port 5000 and ip[8] < 255 and len > 1"


class Page(html.parser.HTMLParser):
    """Strict: every element is closed where it has to be, every attribute is in quotes and every id is used once."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.refs, self.texts, self.tags = [], set(), set(), [], {}
        self.feed(text)
        self.close()
        equal(self.open, [], "elements that are not closed")
        equal(self.refs - self.ids, set(), "references to nothing")

    def look_at(self, tag, attributes):
        self.tags[tag] = self.tags.get(tag, 0) + 1
        check(tag not in ("script", "link", "img", "iframe", "object", "base", "form"), f"there is a <{tag}>")
        raw = re.sub(r'\s[a-zA-Z:-]+="[^"<>]*"', "", self.get_starttag_text())
        check(re.fullmatch(r"<[a-z0-9]+/?>", raw), f"attributes without quotes: {self.get_starttag_text()}")
        for name, value in attributes:
            check(not name.startswith("on") and name not in ("src", "srcset", "action"), f"an attribute {name}")
            if name == "id":
                check(value not in self.ids, f"the id {value} is there twice")
                self.ids.add(value)
            elif name == "href":
                check(value.startswith("#"), f"a link to {value}")
                self.refs.add(value[1:])
            elif name == "aria-labelledby":
                self.refs.add(value)

    def handle_starttag(self, tag, attributes):
        self.look_at(tag, attributes)
        if tag not in VOID or tag == "path":
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        check(tag in VOID, f"<{tag}/>")
        self.look_at(tag, attributes)

    def handle_endtag(self, tag):
        check(self.open and self.open[-1] == tag, f"</{tag}> inside of {self.open}")
        self.open.pop()

    def handle_data(self, data):
        self.texts.append(data)


def luminance(color):
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def over(color, ground):
    """A colour with an alpha, on a ground."""
    alpha = int(color[7:9], 16) / 255
    mixed = [round(int(color[i : i + 2], 16) * alpha + int(ground[i : i + 2], 16) * (1 - alpha)) for i in (1, 3, 5)]
    return "#" + "".join(f"{c:02x}" for c in mixed)


def has_contrast(text):
    """WCAG 2's contrast of text on the grounds it can be on, in both schemes."""
    schemes = re.findall(r":root\{([^}]*)\}", text)
    equal(len(schemes), 2, "schemes of colours")
    for scheme in schemes:
        colors = dict(re.findall(r"--([a-z-]+):(#[0-9a-f]{3,8})", scheme))
        colors = {name: "#" + "".join(c * 2 for c in value[1:]) if len(value) == 4 else value for name, value in colors.items()}
        grounds = [colors["card"], colors["hover"], over(colors["flow-thin"], colors["card"])]
        for name, places in (("ink", [*grounds, colors["ground"]]), ("soft", [*grounds, colors["ground"]]),
                             ("arrived", grounds[:2]), ("dropped", grounds[:2]), ("unclear", grounds[:2]),
                             ("other", grounds[:2])):  # fmt: skip
            for ground in places:
                light, dark = sorted((luminance(colors[name]), luminance(ground)), reverse=True)
                ratio = (light + 0.05) / (dark + 0.05)
                check(ratio >= 4.5, f"{name} {colors[name]} on {ground}: a contrast of {ratio:.2f}")


def judge(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    check("default-src 'none'" in text and "http://" not in text and "https://" not in text and "url(" not in text,
          "something may be loaded")  # fmt: skip
    has_contrast(text)
    page = Page(text)
    shown = " ".join(page.texts)
    for part in ("Where did the packets go?", "NO_SOCKET", "dropped at the socket", FILTER, "Since previous"):
        check(part in shown, f"'{part}' is not on the page")
    equal(page.tags["details"], 20, "packets to open")
    return text


def make(folder):
    paths = [os.path.join(folder, name) for name in ("live.html", "file.html", "x.pcapng", "ready")]
    process = subprocess.Popen([BINARY, "compare", "-i", "lo", "--html", paths[0], "-w", paths[2], "--ready-file",
                                paths[3], FILTER], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               preexec_fn=dies_with_us)  # fmt: skip
    wait_until(lambda: os.path.exists(paths[3]) or process.poll() is not None, "ringtap is attached")
    send(SENT)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    equal(process.returncode, 0, "exit code: " + err)
    check(f"AF_PACKET {SENT}" in out, out)
    of_file = run(BINARY, "compare", "-r", paths[2], "--html", paths[1], FILTER)
    equal(of_file.returncode, 0, "exit code: " + of_file.stderr)
    # A page without packets, and a disk without room.
    none = run(BINARY, "compare", "-r", paths[2], "--html", paths[3], "udp port 1")
    equal(none.returncode, 0, "exit code: " + none.stderr)
    with open(paths[3], encoding="utf-8") as file:
        check("no packet was seen" in " ".join(Page(file.read()).texts), "a page without packets")
    full = run(BINARY, "compare", "-r", paths[2], "--html", "/dev/full", FILTER)
    check(full.returncode == 4 and "No space left" in full.stderr, f"full disk: {full.returncode} {full.stderr}")
    return paths[0], paths[1]


class Browser:
    """WebDriver, by HTTP."""

    def __init__(self, folder):
        port_file = os.path.join(folder, "driver.log")
        self.log = open(port_file, "w+", encoding="utf-8")
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=self.log, stderr=self.log,
                                       preexec_fn=dies_with_us, env={**os.environ, "HOME": folder})  # fmt: skip
        found = None

        def is_up():
            nonlocal found
            self.log.seek(0)
            found = re.search(r"started successfully on port (\d+)", self.log.read())
            return found or self.driver.poll() is not None

        wait_until(is_up, "chromedriver")
        check(found, "chromedriver did not start")
        self.base = f"http://127.0.0.1:{found[1]}"
        self.session = None

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            fail(f"chromedriver: {path}: {error.read().decode()[:600]}")

    def open(self, path, size, dark):
        if self.session is not None:
            self.ask("DELETE", f"/session/{self.session}")
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                     f"--window-size={size[0]},{size[1]}", "--force-device-scale-factor=1"]  # fmt: skip
        if dark:
            arguments.append("--force-dark-mode")
        capabilities = {"browserName": "chrome", "goog:chromeOptions": {"args": arguments},
                        "goog:loggingPrefs": {"browser": "ALL"}}  # fmt: skip
        self.session = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})["sessionId"]
        self.here("POST", "/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": {
            "width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}})  # fmt: skip
        self.here("POST", "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": {
            "features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]}})  # fmt: skip
        self.here("POST", "/url", {"url": "file://" + path})

    def here(self, method, path, body=None):
        return self.ask(method, f"/session/{self.session}{path}", body)

    def value(self, script):
        return self.here("POST", "/execute/sync", {"script": "return " + script, "args": []})

    def press(self, key):
        self.here("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": [
            {"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]}]})  # fmt: skip

    def close(self):
        if self.session is not None:
            self.ask("DELETE", f"/session/{self.session}")
        self.driver.terminate()
        self.driver.wait()
        self.log.close()


def colors_of(png):
    """How many different pixels are in a picture (PNG, 8 bits of RGB or RGBA)."""
    width, height, depth, kind = struct.unpack(">IIBB", png[16:26])
    check(depth == 8 and kind in (2, 6), f"a PNG of kind {kind}")
    data, at = b"", 8
    while at < len(png):
        size = struct.unpack(">I", png[at : at + 4])[0]
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + size]
        at += size + 12
    rows = zlib.decompress(data)
    return width, height, len(set(rows[i : i + 64] for i in range(0, len(rows), 64)))


def in_a_browser(folder, path):
    if shutil.which("chromium") is None or shutil.which("chromedriver") is None:
        print("chromium and chromium-driver are not installed: the page is not opened in a browser")
        return
    browser = Browser(folder)
    pictures = os.environ.get("RINGTAP_PICTURES")
    for size in ((1280, 900), (390, 800)):
        for dark in (False, True):
            browser.open(path, size, dark)
            what = f"{size[0]} pixels wide, {'dark' if dark else 'light'}"
            equal(browser.value("window.innerWidth"), size[0], "width of the window")
            wide = browser.value("document.documentElement.scrollWidth")
            check(wide <= size[0], f"{what}: the page is {wide} pixels wide")
            ground = browser.value("getComputedStyle(document.body).backgroundColor")
            brightness = sum(int(number) for number in re.findall(r"\d+", ground)[:3])
            check((brightness < 200) == dark, f"{what}: the ground is {ground}")
            if size[0] > 1000:
                cut = browser.value(
                    "[...document.querySelectorAll('.nodes li')].filter(e => e.scrollWidth > e.clientWidth + 1)"
                    ".map(e => e.textContent)")
                equal(cut, [], f"{what}: names that are cut")
            before = browser.value("document.querySelector('details').open")
            equal(before, False, "a packet is open")
            picture = base64.b64decode(browser.here("GET", "/screenshot"))
            check(colors_of(picture)[2] > 50, f"{what}: nothing is drawn")
            if pictures:
                whole = browser.here("POST", "/goog/cdp/execute", {"cmd": "Page.captureScreenshot", "params": {
                    "captureBeyondViewport": True, "format": "png"}})  # fmt: skip
                with open(os.path.join(pictures, f"{size[0]}-{'dark' if dark else 'light'}.png"), "wb") as file:
                    file.write(base64.b64decode(whole["data"]))
            summary = browser.here("POST", "/element", {"using": "css selector", "value": "summary"})
            browser.here("POST", f"/element/{list(summary.values())[0]}/click", {})
            equal(browser.value("document.querySelector('details').open"), True, "open after a click")
            check(browser.value("document.querySelector('details table').offsetHeight") > 20, "the ladder is not shown")
            browser.press("\ue007")
            equal(browser.value("document.querySelector('details').open"), False, "open after Enter")
            equal(browser.here("POST", "/se/log", {"type": "browser"}), [], "messages on the console")
    browser.close()


def main():
    enter_namespace()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        live, of_file = make(folder)
        judge(live)
        judge(of_file)
        in_a_browser(folder, live)


if __name__ == "__main__":
    sys.exit(main())
