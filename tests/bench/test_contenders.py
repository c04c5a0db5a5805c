"""The Python contenders answer as the document does, so that like is compared with like."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import abilities
from bench.contenders import CONTENDERS, FLASK, MOCK, STARLETTE, Contender
from bench.load import answers
from bench.serving import NotStarted, Server, serving
from bench.traffic import REQUESTS


@pytest.fixture(scope="module", params=[STARLETTE, FLASK, "async", MOCK])
def contender(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Server]]:
    found = CONTENDERS[request.param]
    with serving(found, found.given(tmp_path_factory.mktemp("served"))) as server:
        yield request.param, server


def test_each_request_is_answered_with_the_documents_status(contender: tuple[str, Server]) -> None:
    """But for the bare app, which refuses nothing."""
    name, server = contender
    expected = {request.name: request.status for request in REQUESTS.values()}
    if name == STARLETTE:
        expected |= {"400": 201, "401": 200}

    assert expected == {request: answers(server, CONTENDERS[name].request(request)) for request in REQUESTS}


def test_what_a_contender_can_do_is_seen(contender: tuple[str, Server]) -> None:
    name, server = contender
    found = abilities.shown(CONTENDERS[name], server)

    assert (name == MOCK) == all(found.values())
    assert found["GET finds what POST made"]


def test_one_that_ends_at_once_is_told_of(tmp_path: Path) -> None:
    broken = Contender("broken", lambda *_: ["python3", "-c", "raise SystemExit('no such file')"])

    with pytest.raises(NotStarted, match="no such file"), serving(broken, tmp_path):
        pass
