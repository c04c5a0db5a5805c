"""A headless Chromium, tabs of it, and axe, which knows what keeps people out of a page."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from nexuscommerce.contract import Contract
from tests.browser.serving import Served, served
from tests.judge.report.browser import CHROMIUM

HERE = Path(__file__).parent
CACHE = HERE.parent.parent / ".node" / "browser"  # not in git


def _without(reason: str) -> NoReturn:
    """Whoever has no browser need not run this; CI must."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not for the whole session: while Playwright's sync API is open, an event loop runs in this thread, and tests of other
    modules that want one of their own would not get it."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab of 1280 by 800. What the page complains of, an exception or a breach of its policy, fails the test."""
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        context.set_default_timeout(10_000)
        tab = context.new_page()
        complaints: list[str] = []
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
        yield tab
        assert [] == complaints


@pytest.fixture(scope="module")
def sandbox(contract: Contract) -> Iterator[Served]:
    """The pages over a control API by hand, which has everything that they can show."""
    with served(contract) as what:
        yield what


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, in the version that package.json names."""
    if shutil.which("npm") is None:
        _without("npm is missing; install Node.js 20 or later")
    CACHE.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "package.json", CACHE)
    options = ("--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", "--loglevel=error")
    done = subprocess.run(["npm", "install", *options], cwd=CACHE, capture_output=True, text=True, timeout=180)
    if done.returncode:
        _without(f"npm cannot install axe-core: {done.stderr[:500]}")
    return (CACHE / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
