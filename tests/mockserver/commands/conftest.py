"""A fake of the control API, and nexus-mock as it is typed, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner, Result

from mockserver.cli import main
from tests.mockserver.commands.fake import Fake, faking

Run = Callable[..., Result]


@pytest.fixture
def fake() -> Iterator[Fake]:
    with faking() as running:
        yield running


@pytest.fixture
def run(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command against the fake, with nothing of nexus-mock in the environment but what the test gives."""
    for name in ("URL", "TOKEN", "SANDBOX_TOKEN", "WORLD", "PORT"):
        monkeypatch.delenv(f"NEXUS_MOCK_{name}", raising=False)

    def command(*words: str, stdin: str | None = None, **environment: str) -> Result:
        return CliRunner().invoke(main, words, env={"NEXUS_MOCK_URL": fake.url} | environment, input=stdin)

    return command
