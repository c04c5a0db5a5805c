"""A front end that logs in with @supabase/supabase-js works unchanged: login.mjs, under Node, against a mock."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from mockserver.settings import Settings
from mockserver.store.world import load_world
from nexuscommerce.contract import Contract
from tests.live import running

HERE = Path(__file__).parent


def _node(directory: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    command = ["node", "--test", "--test-reporter=spec", "login.mjs"]
    return subprocess.run(
        command, cwd=directory, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60
    )


def test_a_front_end_that_uses_supabase_js_works_unchanged(workshop: Path, tmp_path: Path, contract: Contract) -> None:
    """The paths, bodies, headers and errors of the login are those that the library knows."""
    tenant = load_world(Settings().fixtures, contract).tenants[0]["id"]
    shutil.copy(HERE / "login.mjs", workshop)
    with running(tmp_path, "--log", "off") as mock:
        done = _node(workshop, {"MOCK": mock.address.removesuffix("/api"), "TENANT": tenant})

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "ℹ pass 10\n" in done.stdout
