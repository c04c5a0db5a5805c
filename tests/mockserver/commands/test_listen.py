"""Deliveries shown as they come, and forwarded."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import httpx
import pytest

from nexuscommerce.webhooks import DELIVERY, EVENT, SIGNATURE, sign
from tests.mockserver.commands.conftest import Run
from tests.mockserver.commands.fake import WORLD, Error, Fake, endpoint
from tests.receiver import Received, receiving, status

BODY = b'{"id": "evt_1",  "type":"order.created"}'  # not as any library would write it anew
SECRET = endpoint()["secret"]
_OWN = [("Content-Type", "application/json"), ("User-Agent", "NexusCommerce-Webhooks/1")]


@contextmanager
def _listening(fake: Fake, *words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command, and the URL that it gave the mock; it is there when the endpoint has been made."""
    command = [sys.executable, "-m", "mockserver", "listen", "--url", fake.url, "--world", WORLD, *words]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    )
    assert process.stdout
    try:
        while SECRET not in (line := process.stdout.readline()):
            assert line, process.communicate()[1]
        yield process, fake.ledger[-1].body["url"]
    finally:
        process.kill()
        process.communicate(timeout=10)


def _deliver(url: str, *more: tuple[str, str]) -> httpx.Response:
    """As the mock does; a header may come twice."""
    names = [(SIGNATURE, sign(BODY, SECRET)), *more, (EVENT, "order.created"), (DELIVERY, "del_1")]
    return httpx.post(url, content=BODY, headers=[*_OWN, *names], timeout=10, trust_env=False)


def _line(process: subprocess.Popen[str]) -> str:
    """The next that tells of a delivery."""
    assert process.stdout
    return next(line for line in process.stdout if "order.created" in line and "Listening" not in line)


def test_the_very_bytes_and_headers_are_forwarded_and_the_answer_goes_back(fake: Fake) -> None:
    """None is added, and none is missing but what concerns the one connection."""
    with receiving() as local, _listening(fake, "--forward-to", local.url) as (process, url):
        local.answer = status(418)
        answer = _deliver(url)
        line = _line(process)
        (came,) = local.ledger

    sent = {name: value for name, value in answer.request.headers.items() if name not in ("connection", "host")}
    assert re.fullmatch(r"\d\d:\d\d:\d\d order\.created → 418 in \d+ ms\n", line)
    assert (418, BODY, True) == (answer.status_code, came.body, came.verified(SECRET))
    assert sent == {name: value for name, value in came.headers.items() if name != "host"}


def test_what_comes_twice_goes_on_twice(fake: Fake) -> None:
    """Both signatures, while a secret is being rotated."""
    seen: list[list[str]] = []

    def look(handler: BaseHTTPRequestHandler, received: Received) -> None:
        seen.append(handler.headers.get_all(SIGNATURE) or [])
        status(204)(handler, received)

    with receiving() as local, _listening(fake, "--forward-to", local.url) as (_, url):
        local.answer = look
        _deliver(url, (SIGNATURE, "sha256=old"))

    assert [[sign(BODY, SECRET), "sha256=old"]] == seen


def test_without_a_local_server_deliveries_are_shown_and_accepted(fake: Fake) -> None:
    with _listening(fake) as (process, url):
        assert 200 == _deliver(url).status_code
        assert " → 200 in " in _line(process)


def test_a_local_server_that_is_not_there_is_a_502_and_said(fake: Fake) -> None:
    """So that the mock tries again, and the user sees why."""
    with _listening(fake, "--forward-to", "http://127.0.0.1:9/") as (process, url):
        assert 502 == _deliver(url).status_code
        assert re.search(r"→ 502 in \d+ ms \(.*refused.*\)", _line(process))


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_endpoint_is_removed_at_the_end(fake: Fake, name: signal.Signals) -> None:
    with _listening(fake) as (process, _):
        process.send_signal(name)
        _, said = process.communicate(timeout=10)

    assert 0 == process.returncode
    assert ("deleteEndpoint", {"worldId": WORLD, "endpointId": "whe_1"}) == (fake.ledger[-1].operation, fake.ledger[-1].path)
    assert "nexus-mock: removed the endpoint whe_1\n" == said


def test_an_end_without_the_mock_says_what_is_left(fake: Fake) -> None:
    with _listening(fake) as (process, _):
        fake.answers["deleteEndpoint"] = Error(500, "INTERNAL_ERROR")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=10)

    assert (1, 1) == (process.returncode, len(said.splitlines()))


def test_the_events_are_those_that_were_named(fake: Fake) -> None:
    with _listening(fake, "--events", "order.created,inventory.updated", "--events", "ai_job.failed"):
        pass

    assert ["order.created", "inventory.updated", "ai_job.failed"] == fake.ledger[-1].body["events"]


def test_in_json_it_is_a_line_for_the_endpoint_and_one_for_each_delivery(fake: Fake) -> None:
    with receiving() as local, _listening(fake, "--forward-to", local.url, "--json") as (process, url):
        _deliver(url)
        told = json.loads(_line(process))

    assert {"delivery": "del_1", "type": "order.created", "status": 204, "error": None} == {
        name: told[name] for name in ("delivery", "type", "status", "error")
    }
    assert json.loads(BODY) == told["event"]


def test_a_mock_elsewhere_must_be_told_how_it_reaches_this_machine(run: Run) -> None:
    done = run("listen", "--world", WORLD, "--url", "http://mock.example:8080")

    assert 2 == done.exit_code
    assert "--reach" in done.stderr


def test_an_address_that_cannot_be_forwarded_to_is_refused_at_once(run: Run, fake: Fake) -> None:
    done = run("listen", "--world", WORLD, "--forward-to", "localhost:3000")

    assert (2, []) == (done.exit_code, fake.ledger)
    assert "one looks like http://localhost:3000/webhooks" in done.stderr
