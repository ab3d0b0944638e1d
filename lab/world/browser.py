"""A headless chromium, driven over the pipe of its DevTools protocol."""

import base64
import json
import os
import subprocess
import time


class Browser:
    """One browser with one page at a time."""

    def __init__(self, namespace, folder):
        down_read, self.down = os.pipe()
        self.up, up_write = os.pipe()

        def place():
            # The browser reads commands at 3 and writes answers to 4. Neither number is free yet for sure.
            high = [os.dup2(fd, place_at) for fd, place_at in ((down_read, 100), (up_write, 101))]
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        with open(folder / "chromium.log", "ab") as log:
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", namespace, "chromium", "--headless=new", "--no-sandbox", "--disable-gpu",
                 "--hide-scrollbars", "--disable-dev-shm-usage", "--no-first-run", f"--user-data-dir={folder}/chromium",
                 "--remote-debugging-pipe", "about:blank"],
                preexec_fn=place, close_fds=False, start_new_session=True, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        os.close(down_read)
        os.close(up_write)
        self.number = 0
        self.rest = b""
        self.session = None
        self.events = []

    def open(self, url, width=1280, scheme="light", script=True, media="screen"):
        """Shows a page in a new tab."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.events = []
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 500)
        self.call("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Emulation.setScriptExecutionDisabled", value=not script)
        self.call("Page.navigate", url=url)
        self.wait_for("Page.loadEventFired")
        time.sleep(0.5)

    def picture(self):
        """The whole page as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"])

    def printed(self):
        """The page as PDF, as it is printed."""
        return base64.b64decode(self.call("Page.printToPDF", printBackground=False)["data"])

    def evaluate(self, expression):
        """The value of an expression in the page."""
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def foreign(self, host):
        """Addresses that the page asked for elsewhere."""
        asked = [event["params"]["request"]["url"] for event in self.events if event["method"] == "Network.requestWillBeSent"]
        return [url for url in asked if not url.startswith(f"http://{host}/")]

    def complaints(self):
        """What the browser wrote to its console."""
        entries = [event["params"]["entry"] for event in self.events if event["method"] == "Log.entryAdded"]
        thrown = [event["params"] for event in self.events if event["method"] == "Runtime.exceptionThrown"]
        return [entry["text"] for entry in entries if not entry.get("url", "").endswith("/favicon.ico")] + thrown

    def call(self, method, **parameters):
        """One command and its result."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session and not method.startswith("Target."):
            message["sessionId"] = self.session
        os.write(self.down, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def wait_for(self, method):
        """Until something happens."""
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self.read())

    def read(self):
        """One message."""
        while b"\0" not in self.rest:
            octets = os.read(self.up, 1 << 16)
            if not octets:
                raise EOFError("chromium has ended")
            self.rest += octets
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)
