"""Take the pictures of docs/images anew: the dashboard of a mock that somebody works with.

`python -m tests.browser.pictures`, with Chromium."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
from playwright.sync_api import Browser, sync_playwright

from tests.judge.report.browser import CHROMIUM
from tests.live import Mock, running
from tests.receiver import receiving, status

IMAGES = Path(__file__).parent.parent.parent / "docs" / "images"
LARGEST = 150_000  # bytes of one picture

# Name -> page of the world, width, height, theme.
PICTURES = {
    "dashboard-log": ("/log", 1120, 700, "light"),
    "dashboard-entry": ("/log/{refused}", 1120, 760, "dark"),
    "dashboard-webhooks": ("/webhooks", 1120, 760, "light"),
    "dashboard-phone": ("/log", 390, 780, "dark"),
}


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as directory,
        running(Path(directory), "--log", "off", "--webhook-pauses", "0.2") as mock,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        world, refused = _worked_with(mock)
        for name in PICTURES:
            _take(browser, f"http://127.0.0.1:{mock.port}/_sandbox/worlds/{world}", name, refused)
        browser.close()


def _worked_with(mock: Mock) -> tuple[str, str]:
    """A world after some minutes of somebody's work, and an entry of its log that was refused."""
    control = httpx.Client(
        base_url=f"http://127.0.0.1:{mock.port}/_sandbox/v1",
        event_hooks={"response": [lambda answer: answer.raise_for_status() and None]},
    )
    made = control.post("/worlds", json={"name": "Checkout tests", "fixtures": "grand-bazaar"}).json()["data"]
    world = f"/worlds/{made['tenant_id']}"
    api = httpx.Client(
        base_url=mock.address,
        headers={"Authorization": f"Bearer {made['key']}", "X-Tenant-ID": made["tenant_id"], "User-Agent": "shop/1.4"},
    )
    with receiving() as receiver:
        control.post(f"{world}/endpoints", json={"url": receiver.url, "events": ["order.created", "order.status_changed"]})
        order = control.post(f"{world}/orders", json={}).json()["data"]
        api.get("/orders", params={"status": "pending", "limit": 5})
        api.get(f"/orders/{order['id']}")
        control.post(f"{world}/orders/{order['id']}/pay")
        sku = order["line_items"][0]["sku"]
        api.post("/products", json={"sku": "MUG-RED", "title": "Red mug", "price": 9.5})
        api.patch("/products/MUG-RED", json={"price": -1, "colour": "red"})
        api.post("/products", json={"sku": "MUG-RED", "title": "Red mug", "price": 9.5})
        control.post(f"{world}/faults", json={"operation_id": "listProducts", "code": "RATE_LIMITED", "times": 1})
        api.get("/products", params={"search": "mug"})
        api.get("/products", params={"search": "mug"})
        api.post(f"/orders/{order['id']}/cancel", json={"reason": "Customer changed their mind"})
        api.get(f"/inventory/{sku}")
        control.post(f"{world}/faults", json={"operation_id": "listJobs", "connection": "drop", "times": 1})
        with suppress(httpx.TransportError):
            api.get("/ai-jobs")
        api.get("/products/MUG-BLUE")
        receiver.answer = status(503)
        control.post(f"{world}/orders", json={"lines": [{"sku": sku, "quantity": 1}]})
        _until(lambda: len(receiver.ledger) >= 5)
    entries = control.get("/requests", params={"world_id": made["tenant_id"], "status": "400"}).json()["data"]
    return made["tenant_id"], entries[0]["id"]


def _take(browser: Browser, world: str, name: str, refused: str) -> None:
    path, width, height, scheme = PICTURES[name]
    with browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if scheme == "dark" else "light"
    ) as context:
        page = context.new_page()
        page.goto(world + path.format(refused=refused))
        page.wait_for_timeout(2500)
        file = IMAGES / f"{name}.png"
        page.screenshot(path=file)
    assert file.stat().st_size <= LARGEST, f"{file} is large: {file.stat().st_size} bytes"


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)


if __name__ == "__main__":
    main()
