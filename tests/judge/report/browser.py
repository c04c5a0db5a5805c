"""A headless Chromium, spoken to over its DevTools protocol: enough to open a page and ask it things."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Page:
    """One tab. What it asked for and what it complained of is kept."""

    def __init__(self, wire: ClientConnection) -> None:
        self._wire = wire
        self._number = 0
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self._loaded = False
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        self._wire.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while (message := self._heard()).get("id") != self._number:
            pass
        assert "error" not in message, message
        result: dict[str, Any] = message["result"]
        return result

    def look(self, path: Path, width: int, height: int, scheme: str) -> None:
        """Opens a file, at a size of the window and in a colour scheme."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.requests.clear()
        self.complaints.clear()
        self._loaded = False
        self.call("Page.navigate", url=path.as_uri())
        while not self._loaded:
            self._heard()

    def ask(self, expression: str) -> Any:
        """The value of a JavaScript expression; a promise is awaited."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def press(self, key: str) -> None:
        for kind in ("keyDown", "keyUp"):
            text = {"text": key} if kind == "keyDown" and len(key) == 1 else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, **text)

    def _heard(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._wire.recv(timeout=20))
        match message.get("method"):
            case "Network.requestWillBeSent":
                self.requests.append(message["params"]["request"]["url"])
            case "Runtime.exceptionThrown" | "Runtime.consoleAPICalled" | "Log.entryAdded" | "Page.javascriptDialogOpening":
                self.complaints.append(json.dumps(message["params"]))
            case "Page.loadEventFired":
                self._loaded = True
        return message


@contextmanager
def opened(directory: Path) -> Iterator[Page]:
    """A tab of a Chromium that lives as long as the block; its profile is in the directory."""
    command = [
        str(CHROMIUM),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--remote-debugging-port=0",
        "--remote-allow-origins=*",
    ]
    process = subprocess.Popen(
        [*command, f"--user-data-dir={directory}", "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        port, path = _endpoint(directory / "DevToolsActivePort").split()
        with connect(f"ws://127.0.0.1:{port}{path}", max_size=None, compression=None) as control:
            control.send(json.dumps({"id": 1, "method": "Target.createTarget", "params": {"url": "about:blank"}}))
            while (answer := json.loads(control.recv(timeout=20))).get("id") != 1:
                pass
            tab = answer["result"]["targetId"]
            with connect(f"ws://127.0.0.1:{port}/devtools/page/{tab}", max_size=None, compression=None) as wire:
                yield Page(wire)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _endpoint(file: Path) -> str:
    deadline = time.monotonic() + 20
    while not file.exists() or len(file.read_text("utf-8").split()) < 2:
        assert time.monotonic() < deadline, "Chromium did not start"
        time.sleep(0.05)
    return file.read_text("utf-8")
