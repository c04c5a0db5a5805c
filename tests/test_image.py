"""The image and the compose file, as far as they can be tried without a container engine: what they say is what the mock
has, and the image's steps give a mock that runs as an unprivileged user."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from mockserver.cli import SHORTEST, main
from mockserver.process import require_shareable
from mockserver.settings import Settings
from tests.live import Mock

ROOT = Path(__file__).parent.parent
UID = 10001
_NAMES = {f"NEXUS_MOCK_{option.name.upper()}" for option in main.params if option.name}
_GIVEN = {"POSTGRES_PASSWORD": "p" * 24, "NEXUS_MOCK_SANDBOX_TOKEN": "t" * SHORTEST}


def _instructions() -> list[tuple[str, str]]:
    """Each instruction of the Dockerfile and its words."""
    text = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE))
    found = (line.partition(" ") for line in text.splitlines() if line.strip())
    return [(name, words.strip()) for name, _, words in found]


def _last(name: str) -> str:
    return [words for instruction, words in _instructions() if instruction == name][-1]


def _environment() -> dict[str, str]:
    return dict(word.split("=", 1) for word in _last("ENV").split())


def _services() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "compose.yaml").read_text())["services"])


def _interpolated(text: str, given: dict[str, str]) -> str:
    """As compose does it: `${NAME:?why}` must be given."""
    return re.sub(r"\$\{(\w+)(?::\?[^}]*)?\}", lambda found: given[found[1]], text)


def test_what_the_image_sets_are_options_of_the_mock() -> None:
    ours = {name for name in _environment() if name.startswith("NEXUS_MOCK")}

    assert {"NEXUS_MOCK_HOST", "NEXUS_MOCK_PORT", "NEXUS_MOCK_DATABASE", "NEXUS_MOCK_LOG"} == ours
    assert ours <= _NAMES
    assert ["nexus-mock"] == json.loads(_last("ENTRYPOINT"))
    assert [] == json.loads(_last("CMD"))
    assert _environment()["NEXUS_MOCK_PORT"] == _last("EXPOSE")
    assert Path(_environment()["NEXUS_MOCK_DATABASE"]).parent == Path(_last("VOLUME")) == Path(_last("WORKDIR"))


def test_the_image_runs_as_nobody_in_particular_and_names_no_registry() -> None:
    bases = [words.split()[0] for name, words in _instructions() if name == "FROM"]

    assert str(UID) == _last("USER")
    assert f"--uid {UID} " in _last("RUN")
    assert {"python:${PYTHON}-slim"} == {*bases}
    assert "nexus-mock" in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]


def test_the_health_check_tells_a_mock_that_answers_from_one_that_does_not(mock: Mock) -> None:
    command = json.loads(_last("HEALTHCHECK").partition("CMD ")[2])
    codes = [
        subprocess.run(
            [sys.executable, *command[1:]], env={"NEXUS_MOCK_PORT": str(port)}, capture_output=True, timeout=30
        ).returncode
        for port in (mock.port, 1)
    ]

    assert "python" == command[0]
    assert [0, 1] == codes


def test_what_the_wheel_is_made_of_is_let_into_the_build_and_nothing_else() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    let_in = {line.removeprefix("!").rstrip("/") for line in lines if line.startswith("!")}
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    made_of = {*wheel["packages"], *(name.split("/")[0] for name in wheel["force-include"])}

    assert "*" == lines[0]
    assert made_of | {"pyproject.toml", "README.md", "LICENSE", "constraints.txt"} == let_in
    assert all((ROOT / name).exists() for name in let_in)


def test_the_compose_file_is_one() -> None:
    subprocess.run(
        ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    )


def test_what_the_compose_file_gives_the_mock_is_what_several_processes_need(monkeypatch: pytest.MonkeyPatch) -> None:
    service = _services()["mock"]
    environment = {name: _interpolated(value, _GIVEN) for name, value in service["environment"].items()}
    for name, value in (_environment() | environment).items():
        if name.startswith("NEXUS_MOCK"):
            monkeypatch.setenv(name, value)
    started: list[Settings] = []
    monkeypatch.setattr("mockserver.cli.start", started.append)
    main.main(service["command"], "nexus-mock", standalone_mode=False, auto_envvar_prefix="NEXUS_MOCK")
    (settings,) = started
    monkeypatch.setattr("mockserver.process.require", lambda _: None)  # there is no Redis of that name here
    require_shareable(settings)

    assert {*environment} <= _NAMES
    assert (True, "redis://redis:6379/0", "0.0.0.0") == (settings.public, settings.live_store, settings.host)  # noqa: S104
    assert settings.workers > 1
    assert "postgresql" in str(settings.database)


def test_no_secret_stands_in_the_compose_file_and_none_can_be_forgotten() -> None:
    text = (ROOT / "compose.yaml").read_text()
    secrets = set(re.findall(r"\$\{(\w+):\?", text))

    assert {*_GIVEN} == secrets == set(re.findall(r"\$\{(\w+)", text))
    with pytest.raises(KeyError):
        _interpolated(text, {})


def test_every_service_is_healthy_before_it_is_used_and_the_stores_are_reached_by_the_mock_alone() -> None:
    services = _services()
    stores = {name: service for name, service in services.items() if name != "mock"}

    assert {name: {"condition": "service_healthy"} for name in stores} == services["mock"]["depends_on"]
    assert all("healthcheck" in service and "ports" not in service for service in stores.values())
    assert [["stores"], ["stores"]] == [service["networks"] for service in stores.values()]
    assert all(port.startswith("127.0.0.1:") for port in services["mock"]["ports"])
    assert services["mock"]["ports"][0].endswith(f":{_last('EXPOSE')}")


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that everybody may enter."""
    made = Path(tempfile.mkdtemp())
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.mark.slow
def test_the_images_steps_make_a_mock_that_an_unprivileged_user_runs(place: Path) -> None:
    """The second step in a virtual environment, of what .dockerignore lets in; then the entry point, by the image's
    environment, with a directory for its state and nothing else that it may write to."""
    source, programs, state = place / "src", place / "nexus" / "bin", place / "state"
    _copied(source)
    subprocess.run([_interpreter(), "-m", "venv", "--without-pip", programs.parent], check=True)
    constrained = {**_bare(), "PIP_CONSTRAINT": str(source / "constraints.txt")}
    pip = [sys.executable, "-m", "pip", "--python", str(programs / "python")]
    subprocess.run([*pip, "install", "--quiet", ".[shared]"], cwd=source, env=constrained, check=True)
    shutil.rmtree(source)
    state.mkdir()
    user: dict[str, Any] = {}
    if os.getuid() == 0:
        os.chown(state, UID, UID)
        user = {"user": UID, "group": UID, "extra_groups": []}
    environment = {**_bare(), **_environment(), "NEXUS_MOCK_PORT": "0", "NEXUS_MOCK_DATABASE": str(state / "state.db")}
    environment |= {"PATH": f"{programs}:/usr/bin:/bin", "NEXUS_MOCK_HOST": "127.0.0.1"}
    (program,) = json.loads(_last("ENTRYPOINT"))
    mock = subprocess.Popen([programs / program], cwd=state, env=environment, stdout=subprocess.PIPE, text=True, **user)
    try:
        address = next(found[0] for line in mock.stdout or () if (found := re.search(r"http://\S+/api", line)))
        answer = httpx.get(f"{address}/health")
    finally:
        mock.terminate()
        mock.communicate(timeout=15)

    assert 200 == answer.status_code
    assert 0 == mock.returncode
    assert {"state.db"} == {path.name.removesuffix("-wal").removesuffix("-shm") for path in state.iterdir()}


def _interpreter() -> str:
    """One that everybody may run, if the tests are root's."""
    known = (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3")
    return next((name for name in known if os.getuid() or _is_open(Path(name))), sys.executable)


def _is_open(path: Path) -> bool:
    real = path.resolve()
    return real.exists() and all(place.stat().st_mode & 0o001 for place in (real, *real.parents))


def _bare() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}


def _copied(source: Path) -> None:
    let_in = {line[1:].rstrip("/") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    source.mkdir()
    for name in let_in:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source / name)
