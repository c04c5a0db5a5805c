"""A front end that logs in with @supabase/supabase-js works unchanged: login.mjs, under Node, against a mock."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import pytest

from mockserver.settings import Settings
from mockserver.store.world import load_world
from nexuscommerce.contract import Contract
from tests.live import running

HERE = Path(__file__).parent
CACHE = HERE.parent.parent / ".node"  # not in git; a library is found from where the script lies, so the script goes there


def _without(reason: str) -> NoReturn:
    """Whoever has no Node need not run this; CI must."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def _install() -> str:
    """What went wrong; nothing if all is well. What is there already is not asked for again."""
    options = ("--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", "--loglevel=error")
    try:
        done = subprocess.run(["npm", "install", *options], cwd=CACHE, capture_output=True, text=True, timeout=180)
    except subprocess.TimeoutExpired:
        return "it takes more than three minutes"
    return done.stderr.replace("npm error ", "")[:500] if done.returncode else ""


@pytest.fixture(scope="module")
def installed() -> Path:
    """The directory with the script and the library, in the version that package.json names."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            _without(f"{program} is missing; install Node.js 20 or later")
    CACHE.mkdir(exist_ok=True)
    for name in ("package.json", "login.mjs"):
        shutil.copy(HERE / name, CACHE)
    failed = _install()
    if failed:
        _without(f"npm cannot install @supabase/supabase-js: {failed}")
    return CACHE


def _node(directory: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    command = ["node", "--test", "--test-reporter=spec", "login.mjs"]
    return subprocess.run(
        command, cwd=directory, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60
    )


def test_a_front_end_that_uses_supabase_js_works_unchanged(installed: Path, tmp_path: Path, contract: Contract) -> None:
    """The paths, bodies, headers and errors of the login are those that the library knows."""
    tenant = load_world(Settings().fixtures, contract).tenants[0]["id"]
    with running(tmp_path, "--log", "off") as mock:
        done = _node(installed, {"MOCK": mock.address.removesuffix("/api"), "TENANT": tenant})

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "ℹ pass 10\n" in done.stdout
