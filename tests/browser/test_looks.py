"""Every page, with all that it can show, in both themes and at the widths of a desk and of a phone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.serving import Served
from tests.mockserver.sandbox.samples import BAZAAR, OWNER, summary

WORLD = f"/worlds/{BAZAAR}"
PAGES = {
    "worlds": "/",
    "overview": WORLD,
    "keys": f"{WORLD}/keys",
    "webhooks": f"{WORLD}/webhooks",
    "delivery": f"{WORLD}/deliveries/del_01",
    "log": f"{WORLD}/log",
    "log-refused": f"{WORLD}/log?status=abc",
    "entry": f"{WORLD}/log/log_0005",
    "happenings": f"{WORLD}/happenings",
    "clock": f"{WORLD}/clock",
    "faults": f"{WORLD}/faults?preset=500 once",
    "coverage": f"{WORLD}/coverage",
    "delete": f"{WORLD}/delete",
    "server-log": "/log",
    "error": f"/worlds/{OWNER}",
}
SERIOUS = ("serious", "critical")
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_for_everybody(page: Page, sandbox: Served, axe: str, name: str, scheme: str) -> None:
    """No violation of serious or critical impact, at both widths; nor does the page scroll sideways, at 360 px either.

    With SCREENSHOTS set to a directory, what is seen is kept there.
    """
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    page.goto(sandbox.address + PAGES[name])
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        _keep(page, f"{name}-{width}-{scheme}")

        assert [] == _violations(page, axe)
    for width in (1280, 1120, 1000, 900, 768, 600, 390, 360):
        page.set_viewport_size({"width": width, "height": 800})

        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_secrets_page_is_for_everybody(page: Page, sandbox: Served, axe: str) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(sandbox.address + "/")
        page.get_by_role("button", name="Create the world").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("is made")
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 800})
            _keep(page, f"once-{width}-{scheme}")

            assert [] == _violations(page, axe)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_sign_in_is_for_everybody(page: Page, sandbox: Served, axe: str, scheme: str) -> None:
    """With what a shared mock offers beside it."""
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    sandbox.is_open, sandbox.control.self_service = False, True
    try:
        page.goto(sandbox.address + "/")
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 800})
            _keep(page, f"sign-in-{width}-{scheme}")

            assert [] == _violations(page, axe)
    finally:
        sandbox.is_open, sandbox.control.self_service = True, False


@pytest.mark.parametrize("name", ["worlds", "webhooks", "log", "faults"])
def test_a_keyboard_reaches_everything_and_sees_where_it_is(page: Page, sandbox: Served, name: str) -> None:
    """Tab by tab, in the order of the page; what has the focus has an outline."""
    page.goto(sandbox.address + PAGES[name])
    stops = "a[href], button:not([hidden]), input:not([type=hidden]), select, summary"
    wanted = page.evaluate(
        "stops => [...document.querySelectorAll(stops)].filter(node => node.checkVisibility()).length", stops
    )
    seen: set[int] = set()
    presses = 0
    while len(seen) < wanted and presses < 2 * wanted + 20:
        presses += 1
        page.keyboard.press("Tab")
        place = page.evaluate(
            """stops => {
              const node = document.activeElement;
              if (!node.matches(stops)) return null;
              const style = getComputedStyle(node);
              return [[...document.querySelectorAll(stops)].indexOf(node), parseFloat(style.outlineWidth)];
            }""",
            stops,
        )
        if place is not None:
            assert place[1] >= 2
            seen.add(place[0])

    assert wanted == len(seen)


def test_the_first_tab_leads_past_the_navigation(page: Page, sandbox: Served) -> None:
    page.goto(sandbox.address + WORLD)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_new_entries_appear_above_and_what_has_the_focus_keeps_it(page: Page, sandbox: Served) -> None:
    """By the stream. While it is paused nothing moves; then what was missed is there."""
    page.goto(sandbox.address + PAGES["log"])
    expect(page.locator("#live-state")).to_have_text("live")
    link = page.get_by_role("link", name="GET /api/orders?status")
    link.focus()
    sandbox.arrives(summary(21, "PATCH", "/api/products/NEW-1", 200))
    expect(page.locator("#log tbody tr").first).to_contain_text("/api/products/NEW-1")
    expect(link).to_be_focused()

    page.get_by_role("button", name="Pause").click()
    sandbox.arrives(summary(22, "PATCH", "/api/products/NEW-2", 200))
    page.wait_for_timeout(600)
    expect(page.locator("#log")).not_to_contain_text("NEW-2")
    page.get_by_role("button", name="Resume").click()
    expect(page.locator("#log tbody tr").first).to_contain_text("NEW-2")


def test_the_log_is_live_without_the_stream_too(page: Page, sandbox: Served) -> None:
    """A browser that is signed in may see the pages; the stream wants a token, which it does not have."""
    sandbox.has_stream = False
    try:
        page.goto(sandbox.address + PAGES["log"])
        expect(page.locator("#live-state")).to_have_text("live")
        sandbox.arrives_quietly(summary(23, "PATCH", "/api/products/NEW-3", 200))
        expect(page.locator("#log tbody tr").first).to_contain_text("NEW-3")
    finally:
        sandbox.has_stream = True


def test_everything_is_there_without_a_script(browser: Any, sandbox: Served) -> None:
    """Forms, confirmations and the log by reloading; what needs a script is not shown."""
    with browser.new_context(java_script_enabled=False) as context:
        tab = context.new_page()
        tab.goto(sandbox.address + WORLD)
        tab.get_by_role("link", name="Delete…").click()
        tab.get_by_role("button", name="Delete the world").click()
        expect(tab.get_by_role("status").first).to_contain_text("is deleted")
        tab.goto(sandbox.address + PAGES["log"])
        expect(tab.get_by_role("button", name="Pause")).to_have_count(0)
        tab.get_by_role("link", name="Reload").click()
        expect(tab.get_by_role("heading", level=1)).to_have_text("Request log")


def _violations(page: Page, axe: str) -> list[str]:
    """What axe finds; `evaluate` is not bound by the page's policy."""
    page.evaluate(axe)
    found = page.evaluate("axe.run()")
    return [
        f"{violation['id']}: {node['html'][:200]}"
        for violation in found["violations"]
        if violation["impact"] in SERIOUS
        for node in violation["nodes"]
    ]


def _keep(page: Page, name: str) -> None:
    directory = os.environ.get("SCREENSHOTS")
    if directory:
        page.screenshot(path=Path(directory) / f"{name}.png", full_page=True)
