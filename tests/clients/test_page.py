"""A page of another origin works in a real browser: docs/clients.md, page.html in Chromium, against a mock."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.clients.guide import HERE, chapter, environment
from tests.judge.report.browser import CHROMIUM
from tests.live import Mock, running

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab. An exception that the page does not catch fails the test."""
    with browser.new_context() as context:
        context.set_default_timeout(10_000)
        tab = context.new_page()
        uncaught: list[str] = []
        tab.on("pageerror", lambda error: uncaught.append(str(error)))
        yield tab
        assert [] == uncaught


@contextmanager
def served(mock: Mock) -> Iterator[str]:
    """The origin of the page, served by the guide's own command on a free port."""
    [command] = chapter("A page in a browser").commands
    process = subprocess.Popen(
        shlex.split(command.replace("3000", "0")),
        cwd=HERE, env={**environment(mock), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stdout
        port = re.search(r"port (\d+)", process.stdout.readline())
        assert port
        yield f"http://localhost:{port[1]}"
    finally:
        process.terminate()
        process.communicate(timeout=10)


def _open(page: Page, origin: str, mock: Mock) -> None:
    page.goto(f"{origin}/page.html?mock={mock.address.removesuffix('/api')}")


def _log_in(page: Page) -> None:
    page.get_by_role("button", name="Log in").click()


def _said(page: Page, text: str, left: int) -> None:
    """What the page says of the last answer: its method and status, or its refusal; and its rate limit."""
    expect(page.locator("output")).to_have_text(text)
    expect(page.locator("#left")).to_have_text(f"{left} of 300 requests left")


def _add(page: Page, sku: str, price: str) -> None:
    for label, value in (("SKU", sku), ("Title", "A widget of the page"), ("Price", price)):
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Add").click()


def test_a_page_of_another_origin_logs_in_lists_pages_and_writes(page: Page, tmp_path: Path) -> None:
    """It reads the rate limit of every answer, on refusals too, and the envelope of an error."""
    rows = page.locator("li")
    with running(tmp_path, "--log", "off") as mock, served(mock) as origin:
        _open(page, origin, mock)
        _log_in(page)
        _said(page, "GET 200", 299)
        expect(rows).to_have_count(200)
        page.get_by_role("button", name="More").click()
        _said(page, "GET 200", 298)
        expect(rows).to_have_count(302)
        expect(page.get_by_role("button", name="More")).to_be_hidden()

        _add(page, "PAGE-1", "12.5")
        _said(page, "POST 201", 297)
        expect(rows.first.locator("span")).to_have_text("PAGE-1 12.5")
        _add(page, "PAGE-1", "12.5")
        _said(page, "POST 409 SKU_ALREADY_EXISTS: Product with SKU PAGE-1 already exists", 296)
        _add(page, "PAGE-2", "-1")
        _said(page, "POST 400 VALIDATION_ERROR: 1 fault in the request; /price -1 is less than the minimum of 0", 295)

        rows.first.get_by_role("button", name="Halve").click()
        _said(page, "PATCH 200", 294)
        expect(rows.first.locator("span")).to_have_text("PAGE-1 6.25")
        rows.first.get_by_role("button", name="Delete").click()
        _said(page, "DELETE 204", 293)
        expect(rows).to_have_count(302)


def test_each_kind_of_request_has_its_preflight_and_none_is_counted(page: Page, tmp_path: Path) -> None:
    """The browser asks first: this is another origin, and the mock answers without a token."""
    with running(tmp_path, "--log", "text") as mock, served(mock) as origin:
        _open(page, origin, mock)
        _log_in(page)
        _said(page, "GET 200", 299)
        _add(page, "PAGE-1", "12.5")
        _said(page, "POST 201", 298)
        log = (tmp_path / "mock.log").read_text("utf-8")

    asked = [(method, path, status) for status, method, path, *_ in map(str.split, log.splitlines())]

    assert [
        ("OPTIONS", "/auth/v1/token", "204"),
        ("POST", "/auth/v1/token", "200"),
        ("OPTIONS", "/api/products", "204"),
        ("GET", "/api/products", "200"),
        ("OPTIONS", "/api/products", "204"),
        ("POST", "/api/products", "201"),
    ] == asked


def test_a_wrong_password_is_told(page: Page, tmp_path: Path) -> None:
    with running(tmp_path, "--log", "off") as mock, served(mock) as origin:
        _open(page, origin, mock)
        page.get_by_label("Password").fill("wrong")
        _log_in(page)

        expect(page.locator("output")).to_have_text("POST 400 invalid_credentials")


def test_a_page_whose_origin_is_not_allowed_reads_nothing(browser: Browser, tmp_path: Path) -> None:
    """With --origin the browser itself keeps the answer from other pages."""
    with (
        running(tmp_path, "--log", "off", "--origin", "http://localhost:1") as mock,
        served(mock) as origin,
        browser.new_page() as page,
    ):
        _open(page, origin, mock)
        with page.expect_event("pageerror") as uncaught:
            _log_in(page)

        assert "Failed to fetch" in str(uncaught.value)
        expect(page.locator("li")).to_have_count(0)
