"""What is handed out is whole: the wheel in an empty environment, the single file in an empty directory."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parent.parent


def _run(*command: str | Path, cwd: Path, expect: int = 0, alone: bool = False) -> str:
    """What the command printed; its environment knows nothing of the checkout, and alone it has hardly any."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    if alone:
        environment = _bare(cwd)
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, cwd=cwd, env=environment, check=False
    )
    assert expect == done.returncode, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.mark.slow
def test_an_installed_wheel_serves_and_judges(tmp_path: Path) -> None:
    _run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, ROOT, cwd=tmp_path)
    wheel = next(tmp_path.glob("*.whl"))
    venv.create(tmp_path / "env", with_pip=True)
    programs = tmp_path / "env" / "bin"
    _run(programs / "pip", "install", "--quiet", "--constraint", ROOT / "constraints.txt", wheel, cwd=tmp_path)

    mock = subprocess.Popen(
        [programs / "nexus-mock", "--port", "0", "--log", "off"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    try:
        line = next(line for line in mock.stdout or () if "NexusCommerce mock" in line)
        address = re.findall(r"http://\S+", line)[0]
        pages = [_page(address, name) for name in ("", "static/dashboard.css", "static/dashboard.js")]
        printed = _run(programs / "nexus-contract", "run", "mock", "--address", address, cwd=tmp_path)
    finally:
        mock.terminate()
        mock.communicate(timeout=15)

    assert [200, 200, 200] == pages
    assert re.search(r"\d+ passed", printed)
    assert "0 failed  0 warned  0 in error" in printed
    assert ["env", "nexus-mock.db", wheel.name] == sorted(
        path.name for path in tmp_path.iterdir() if not path.name.endswith(("-wal", "-shm"))
    )


def _page(address: str, name: str) -> int:
    """The status of a page of the dashboard, whose templates and files must have come along."""
    return httpx.get(f"{address.removesuffix('/api')}/_sandbox/{name}").status_code


def _bare(home: Path) -> dict[str, str]:
    """The Python that this environment was made of, and nothing that was ever unpacked before."""
    return {"PATH": os.pathsep.join([str(Path(sys.base_prefix) / "bin"), "/usr/bin", "/bin"]), "HOME": str(home / "home")}


@pytest.mark.slow
def test_the_single_file_serves_and_judges_without_an_environment(tmp_path: Path) -> None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    built, alone = tmp_path / "built", tmp_path / "alone"
    _run(sys.executable, "-m", "release", "--into", built, "--python", version, cwd=ROOT)
    _run("sha256sum", "--check", "nexus-contract.pyz.sha256", cwd=built)
    alone.mkdir()
    (built / "nexus-contract.pyz").rename(alone / "nexus-contract.pyz")
    judge = ("python3", "nexus-contract.pyz", "run", "mock", "--address")

    mock = subprocess.Popen(
        ["python3", "nexus-contract.pyz", "--port", "0", "--log", "off"],
        cwd=alone,
        env=_bare(alone) | {"PEX_SCRIPT": "nexus-mock"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        line = next(line for line in mock.stdout or () if "NexusCommerce mock" in line)
        address = re.findall(r"http://\S+", line)[0]
        page = _page(address, "")
        smoke = _run(*judge, address, "--profile", "smoke", "--report", "report", cwd=alone, alone=True)
        schemathesis = _run(*judge, address, "--rule", "SCH-01", "--examples", "1", cwd=alone, alone=True)
    finally:
        mock.terminate()
        mock.communicate(timeout=15)

    assert 200 == page
    assert "0 failed  0 warned  0 in error" in smoke
    assert "1 passed" in schemathesis
    assert "## Conforms" in _run(*judge[:2], "summary", "report/report.json", cwd=alone, alone=True)
    assert ["home", "nexus-contract.pyz", "nexus-mock.db", "report"] == sorted(
        path.name for path in alone.iterdir() if not path.name.endswith(("-wal", "-shm"))
    )


@pytest.mark.slow
def test_the_wheel_holds_the_data_once_and_no_tests(tmp_path: Path) -> None:
    _run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, ROOT, cwd=tmp_path)
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    data = {name.removeprefix("nexuscommerce/data/") for name in names if name.startswith("nexuscommerce/data/")}

    assert {"openapi.yaml", "sandbox.yaml", "schemathesis.toml", "fixtures/world.json", "fixtures/targets/mock.toml"} == data
    assert [] == [name for name in names if name.startswith(("tests/", "bench/", "fixtures/"))]
    assert "mockserver/reference.html" in names
    pages = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "mockserver/sandbox/dashboard").rglob("*.*")
        if _is_source(path)
    }
    assert pages <= set(names)


def _is_source(path: Path) -> bool:
    return path.is_file() and path.suffix != ".pyc"
