"""What is written down: once for what is the same, and never a secret."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis.errors import Flaky
from schemathesis.engine.events import NonFatalError

from contract_tests.ledger import Exchange
from contract_tests.schema_layer.clerk import Clerk
from contract_tests.schema_layer.errand import Errand
from contract_tests.schema_layer.lines import SLOW, SUITE, Finding, Trouble, read
from contract_tests.schema_layer.patience import patient
from contract_tests.schema_layer.wire import Wire
from contract_tests.seen import Seen
from tests.judge.schema_layer.written import finding

BASE, TOKEN = "http://127.0.0.1:8080/api", "nxc_live_planted_0d9+/=c1"


@pytest.fixture
def clerk(tmp_path: Path) -> Clerk:
    errand = Errand(BASE, str(tmp_path / "lines"), str(tmp_path / "journal"), os.getppid(), True, None, None)
    kind = type("OurClerk", (Clerk,), {"wire": Wire(errand, TOKEN)})
    made: Clerk = kind()
    return made


def written(clerk: Clerk) -> list[Any]:
    return list(read(Path(clerk.wire.errand.lines)))


def test_the_token_is_written_down_as_a_variable_wherever_it_stands(clerk: Clerk) -> None:
    seen = Seen("GET", "/products", None, f"Bearer {TOKEN}", 200, {"x-echo": TOKEN}, f'{{"you": "{TOKEN}"}}'.encode())
    clerk._write(finding(exchange=Exchange(seen, f"{BASE}/products?key={TOKEN}", "NEXUS_FUZZ_FULL", (), None)))
    [line] = written(clerk)

    assert TOKEN not in Path(clerk.wire.errand.lines).read_text()
    assert "Bearer $NEXUS_FUZZ_FULL" == line.exchange.seen.authorization
    assert b'{"you": "$NEXUS_FUZZ_FULL"}' == line.exchange.seen.content


def trouble(error: Exception, label: str = "POST /products") -> NonFatalError:
    return NonFatalError(error=error, phase=None, label=label, related_to_operation=True)


def test_a_connection_that_ends_without_an_answer_is_the_servers_doing(clerk: Clerk) -> None:
    sent = requests.Request("POST", f"{BASE}/products", {"Authorization": f"Bearer {TOKEN}"}, data=b"{}").prepare()
    clerk.handle_event(None, trouble(requests.ConnectionError("closed", request=sent)))
    [line] = written(clerk)

    assert isinstance(line, Finding)
    assert ("SCH-01", "createProduct", 0) == (line.rule, line.operation, line.exchange.seen.status)
    assert "$NEXUS_FUZZ_FULL" in line.exchange.curl()


def test_an_answer_that_takes_too_long_accuses_nobody(clerk: Clerk) -> None:
    sent = requests.Request("POST", f"{BASE}/products").prepare()
    clerk.handle_event(None, trouble(requests.Timeout("slow", request=sent)))
    [line] = written(clerk)

    assert (Trouble, SLOW, "createProduct") == (type(line), line.kind, line.operation)


def test_anything_else_is_the_suites_own(clerk: Clerk) -> None:
    clerk.handle_event(None, trouble(RuntimeError("POST is not allowed"), "Stateful tests"))
    [line] = written(clerk)

    assert (SUITE, "") == (line.kind, line.operation)
    assert "POST is not allowed" in line.what


class Course:
    """How many sequences there were."""

    completed_scenarios = 0


def test_sequences_go_on_until_there_were_enough_or_none_came() -> None:
    course, wanted = Course(), type("Settings", (), {"max_examples": 10})
    going = patient(lambda why, **_: ("success", False, []))
    again = []
    for completed in (3, 7, 7, 12):
        course.completed_scenarios = completed
        again.append(going(Flaky("drawn otherwise"), ctx=course, settings=wanted)[1])

    assert [True, True, False, False] == again


def test_sequences_end_for_any_other_reason() -> None:
    course, wanted = Course(), type("Settings", (), {"max_examples": 10})
    course.completed_scenarios = 3

    assert ("error", False, []) == patient(lambda why, **_: ("error", False, []))(KeyError(), ctx=course, settings=wanted)
