"""Where the libraries of npm are, for tests that run programs under Node; and a directory to run one in."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

HERE = Path(__file__).parent
CACHE = HERE.parent.parent / ".node"  # not in git


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


@pytest.fixture(scope="session")
def libraries() -> Path:
    """The directory of the libraries, in the versions that package.json names. One process installs them at a time."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            _without(f"{program} is missing; install Node.js 20 or later")
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shutil.copy(HERE / "package.json", CACHE)
        failed = _install()
    if failed:
        _without(f"npm cannot install what tests/clients/package.json names: {failed}")
    return CACHE / "node_modules"


@pytest.fixture
def workshop(libraries: Path, tmp_path: Path) -> Path:
    """An empty directory in which a program finds the libraries."""
    directory = tmp_path / "workshop"
    directory.mkdir()
    (directory / "node_modules").symlink_to(libraries)
    return directory
