"""What is shown to users of Node.js works: examples/node against a mock, as its files stand there."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import pytest

from tests.live import Mock, running

ROOT = Path(__file__).parent.parent.parent.parent
EXAMPLES = ROOT / "examples" / "node"
CACHE = ROOT / ".node" / "examples"  # not in git; packages are found from where the tests lie, so the examples go there


def _without(reason: str) -> NoReturn:
    """Whoever has no Node need not run this; CI must."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def _run(words: Sequence[str], directory: Path, **more: str) -> subprocess.CompletedProcess[str]:
    if shutil.which(words[0]) is None:
        _without(f"{words[0]} is missing; install Node.js 20 or later")
    environment = {**os.environ, "NO_COLOR": "1", "CI": "1", **more}
    environment.pop("FORCE_COLOR", None)
    return subprocess.run(words, cwd=directory, env=environment, capture_output=True, text=True, timeout=300)


def _installed(name: str) -> Path:
    """The example with what its package.json names. What is there already is not asked for again."""
    shutil.copytree(EXAMPLES, CACHE, dirs_exist_ok=True)
    options = ("--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", "--loglevel=error")
    done = _run(["npm", "install", *options], CACHE / name)
    if done.returncode:
        _without(f"npm cannot install what examples/node/{name} needs: {done.stderr[:500]}")
    return CACHE / name


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    with running(tmp_path_factory.mktemp("node"), "--log", "off") as started:
        yield started


def _address(mock: Mock) -> str:
    return mock.address.removesuffix("/api")


def test_nodes_own_runner_needs_nothing_installed(alone: Mock) -> None:
    done = _run(["node", "--test", "--test-reporter=spec", "world.test.mjs"], EXAMPLES, NEXUS_MOCK_URL=_address(alone))

    assert 0 == done.returncode, done.stdout + done.stderr
    assert re.search(r"ℹ pass 5\n", done.stdout)


def test_the_file_that_users_copy_is_small_and_needs_fetch_alone() -> None:
    """It is read before it is copied."""
    text = (EXAMPLES / "nexus.mjs").read_text(encoding="utf-8")

    assert "import " not in text
    assert len(text.splitlines()) <= 50


def test_versions_are_pinned_by_name() -> None:
    """And no lock file names a registry's host."""
    for file in EXAMPLES.glob("*/package.json"):
        assert re.search(r'"devDependencies": \{ "[^"]+": "\d+\.\d+\.\d+" \}', file.read_text(encoding="utf-8"))
    assert [] == [path for path in EXAMPLES.rglob("*lock*") if "node_modules" not in path.parts]


@pytest.mark.slow
def test_vitest_runs_the_example(alone: Mock) -> None:
    done = _run(["npx", "--no-install", "vitest", "run"], _installed("vitest"), NEXUS_MOCK_URL=_address(alone))

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "3 passed" in done.stdout


@pytest.mark.slow
def test_playwright_runs_the_example(alone: Mock) -> None:
    """In the system's browser, or in Playwright's own."""
    directory = _installed("playwright")
    found = next((path for name in ("chromium", "google-chrome") if (path := shutil.which(name))), None)
    if found is None and _run(["npx", "--no-install", "playwright", "install", "chromium"], directory).returncode:
        _without("there is no Chromium, and Playwright cannot fetch one")
    browser = {"CHROMIUM": found} if found else {}
    with socket.create_server(("127.0.0.1", 0)) as free:
        front = {"FRONT_PORT": str(free.getsockname()[1])}
    address = {"NEXUS_MOCK_URL": _address(alone)}
    done = _run(["npx", "--no-install", "playwright", "test"], directory, **address, **browser, **front)

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "2 passed" in done.stdout
