"""A page in headless Chromium, driven through chromedriver by its wire protocol (W3C WebDriver). Standard library only."""

import base64
import json
import os
import subprocess
import tempfile
import time
import urllib.request

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1440,1000",
]


class Browser:
    """Chromium with a profile of its own; ends with the `with` block."""

    def __init__(self):
        self.profile = tempfile.TemporaryDirectory(prefix="patchtrain-browser-")
        log = open(os.path.join(self.profile.name, "chromedriver.log"), "w+")
        self.process = subprocess.Popen(["chromedriver", "--port=0"], stdout=log, stderr=subprocess.STDOUT)
        self.base = f"http://127.0.0.1:{self._port(log)}"
        data = os.path.join(self.profile.name, "data")
        options = {"args": [*FLAGS, f"--user-data-dir={data}"]}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        made = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.session = f"/session/{made['sessionId']}"

    def _port(self, log):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            log.seek(0)
            for line in log.read().splitlines():
                if "started successfully on port" in line:
                    return int(line.rstrip(".").rsplit(" ", 1)[1])
            time.sleep(0.05)
        raise RuntimeError("chromedriver did not start within 30 s")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self._call("DELETE", self.session)
        finally:
            self.process.terminate()
            self.process.wait(timeout=10)
            self.profile.cleanup()

    def _call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"content-type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{method} {path}: {error.read().decode()[:2000]}") from None

    def open(self, url):
        self._call("POST", self.session + "/url", {"url": url})

    def run(self, script, *arguments):
        """Runs a function body in the page and returns its value."""
        return self._call("POST", self.session + "/execute/sync", {"script": script, "args": list(arguments)})

    def devtools(self, command, **parameters):
        body = {"cmd": command, "params": parameters}
        return self._call("POST", self.session + "/goog/cdp/execute", body)

    def find(self, selector):
        found = self._call("POST", self.session + "/element", {"using": "css selector", "value": selector})
        return next(iter(found.values()))

    def click(self, selector):
        """Clicks as a person does: the element must be there, in sight and not covered."""
        self._call("POST", f"{self.session}/element/{self.find(selector)}/click", {})

    def type(self, selector, text):
        element = f"{self.session}/element/{self.find(selector)}"
        self._call("POST", element + "/clear", {})
        if text:
            self._call("POST", element + "/value", {"text": text})

    def console(self):
        """Returns what the page has complained about since the last time."""
        return self._call("POST", self.session + "/se/log", {"type": "browser"})

    def screenshot(self, path):
        picture = self._call("GET", self.session + "/screenshot")
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture))

    def scheme(self, scheme, media=""):
        """Prefers `light` or `dark`, on a `print` or the screen."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.devtools("Emulation.setEmulatedMedia", media=media, features=features)

    def pdf(self, path):
        printed = self.devtools("Page.printToPDF", preferCSSPageSize=True, printBackground=False)
        with open(path, "wb") as file:
            file.write(base64.b64decode(printed["data"]))
