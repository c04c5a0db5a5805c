"""Schemathesis' process against a mock: what goes over the wire, how it ends, and that it never outlives the judge."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from contract_tests.client import Actor, Service
from contract_tests.effects import Gate
from contract_tests.journal import MAKERS, Journal
from contract_tests.ledger import Ledger
from contract_tests.pacing import Pacer
from contract_tests.rules import RULES, Effect
from contract_tests.schema_layer.fuzzed import Fuzzed
from contract_tests.schema_layer.lane import GRACE, Lane
from tests import targets
from tests.faults import FAULTS
from tests.judge.wire import watched
from tests.live import Mock, running

ROOT = Path(__file__).parents[3]
FAMILIES = tuple(rule for rule in RULES if rule.startswith("SCH-"))
TENANT, TOKEN = "4b5eace9-acbf-4491-835e-65907be56c72", "nxc_live_rehearsal_c_full_28ca1e099e33"
# Fault -> where it must be seen. More than one operation may show it; these are all of them.
SHOWN = {
    "astral_crash": {"createProduct", "updateProduct"},
    "short_titles_refused": {"createProduct", "updateProduct"},
    "long_names_accepted": {"createPricingRule", "updatePricingRule"},
    "weight_as_text": {"updateProduct"},
    "open_recommendations": {"listRecommendations"},
    "undead_rules": {"getPricingRule", "updatePricingRule", "deletePricingRule"},
    "stillborn_rules": {"updatePricingRule", "deletePricingRule"},
}


@contextmanager
def fuzzing(address: str, journal: Path | None = None, tenant: str = TENANT, token: str = TOKEN) -> Iterator[Actor]:
    service = Service(address, Ledger(), Gate(frozenset(Effect)), Pacer(), Journal(journal))
    yield Actor(service, "fuzz_full", token, tenant)
    service.close()


@contextmanager
def begun(fuzz: Actor, **options: Any) -> Iterator[Lane]:
    lane = Lane(fuzz, **{"examples": 1, "seed": 1, "writes": True, **options})
    try:
        yield lane
    finally:
        lane.close()


@pytest.fixture
def mock(tmp_path: Path) -> Iterator[Mock]:
    with running(tmp_path, "--log", "off") as started:
        yield started


def judged(mock: Mock, directory: Path, *options: str, target: Path | None = None) -> dict[str, Any]:
    """The report of the schema layer alone, by rule."""
    command = [
        sys.executable,
        "-m",
        "contract_tests.cli",
        "run",
        str(target or targets.written(directory)),
        "--address",
        mock.address,
    ]
    chosen = [f"--rule={rule}" for rule in FAMILIES]
    run = subprocess.run(
        [*command, *chosen, "--time-limit", "0", "--report", str(directory), *options],
        env=mock.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert (directory / "report.json").exists(), run.stdout + run.stderr
    return {rule["id"]: rule for rule in json.loads((directory / "report.json").read_text("utf-8"))["rules"]}


def partial(directory: Path, *effects: str) -> Path:
    """The mock as a target that has products alone."""
    text = targets.text().replace('# tags = ["Health", "Products", "Orders"]', 'tags = ["Health", "Products"]')
    target = directory / "target.toml"
    target.write_text(re.sub(r"^allow = .*$", f"allow = {json.dumps(effects)}", text, flags=re.MULTILINE), "utf-8")
    return target


def test_where_nothing_may_be_written_only_get_and_options_are_on_the_wire(mock: Mock, tmp_path: Path) -> None:
    """In all phases, and from the checks that send requests of their own."""
    with watched(mock.port) as wire, fuzzing(wire.address) as fuzz, begun(fuzz, writes=False) as lane:
        account = lane.collect()
    whole = Fuzzed(account, writes=False, cut=lane.killed, said=lane.said)

    assert "" == whole.broken
    assert {"GET", "OPTIONS"} == {method for method, _ in wire.requests()}
    assert len(wire.requests()) > 500
    assert {"SCH-01", "SCH-02", "SCH-03", "SCH-04", "SCH-05", "SCH-06"} <= set(account.judged)


def test_a_target_that_may_only_be_read_is_judged_by_reading(mock: Mock, tmp_path: Path) -> None:
    found = judged(mock, tmp_path, "--examples", "1", target=partial(tmp_path))

    assert {"pass"} == {found[rule]["verdict"] for rule in FAMILIES[:6]}
    assert "not allowed" in found["SCH-01"]["reason"]
    assert "listProducts" in found["SCH-03"]["operations"]


@pytest.mark.slow
def test_a_connection_that_is_cut_is_told_of_where_it_was(mock: Mock) -> None:
    """And all else is judged."""
    with watched(mock.port, cut=b"GET /api/products?") as wire, fuzzing(wire.address) as fuzz, begun(fuzz) as lane:
        account = lane.collect()
    [(found, _)] = account.findings("SCH-01")

    assert "" == Fuzzed(account, writes=True, cut=lane.killed, said=lane.said).broken
    assert ("listProducts", "gave no whole answer (ConnectionError)") == (found.operation, found.what)
    assert account.judged["SCH-01"]["listOrders"] > 10


def test_it_ends_at_its_deadline_and_tells_what_it_has(mock: Mock) -> None:
    with fuzzing(mock.address) as fuzz, begun(fuzz, examples=50, deadline=time.time() + 12) as lane:
        account = lane.collect()
        ended = time.time()

    assert ended < (lane.deadline or 0) + GRACE + 2
    assert Fuzzed(account, writes=True, cut=lane.killed, said=lane.said).late
    assert account.judged["SCH-01"].total() > 0


def test_it_ends_with_the_judge(mock: Mock) -> None:
    with fuzzing(mock.address) as fuzz, begun(fuzz, examples=50) as lane:
        process = lane._process

        assert process.poll() is None

    assert process.poll() is not None


def test_it_does_not_outlive_a_judge_that_was_killed(mock: Mock, tmp_path: Path) -> None:
    script = (
        "import sys, time\n"
        "from tests.judge.schema_layer.test_lane import *\n"
        f"with fuzzing({mock.address!r}) as fuzz:\n"
        "    lane = Lane(fuzz, examples=50, seed=1, writes=True)\n"
        "    print(lane._process.pid, flush=True)\n"
        "    time.sleep(600)\n"
    )
    judge = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert judge.stdout is not None
    pid = int(judge.stdout.readline())
    judge.kill()
    judge.communicate()
    until = time.monotonic() + 60
    while _lives(pid) and time.monotonic() < until:
        time.sleep(0.2)

    assert not _lives(pid)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def test_what_it_makes_is_in_the_journal_of_the_run(mock: Mock, tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    with fuzzing(mock.address, journal) as fuzz:
        with begun(fuzz, only=MAKERS) as lane:
            account = lane.collect()
        made = list(fuzz.service.journal.there)

    assert account.end is not None
    assert {"product", "rule", "job"} == {each.kind for each in made}
    assert {TENANT} == {each.tenant for each in made}
    assert made == list(_read(journal).there)


def _read(path: Path) -> Journal:
    from contract_tests.journal import read

    return read(path)


def test_a_schemathesis_that_cannot_begin_is_the_suites_fault(mock: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contract_tests.schema_layer.lane.configuration", lambda *_: {"no-such-key": 1})
    with fuzzing(mock.address) as fuzz, begun(fuzz) as lane:
        account = lane.collect()
        whole = Fuzzed(account, writes=True, cut=lane.killed, said=lane.said)

    assert "no-such-key" in whole.broken


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4, 6))
def test_a_healthy_mock_is_accused_of_nothing(seed: int, mock: Mock, tmp_path: Path) -> None:
    """With jobs that take minutes. Seeds 1 to 3 judge all rules, these among them, in tests/test_faults.py."""
    found = judged(mock, tmp_path, "--seed", str(seed))

    assert {"pass"} == {found[rule]["verdict"] for rule in FAMILIES}, [found[rule]["failures"] for rule in FAMILIES]


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, fault in FAULTS.items() if fault.rule in FAMILIES])
def test_a_fault_of_a_family_is_seen_by_no_other_family_and_where_it_is(name: str, tmp_path: Path) -> None:
    with running(tmp_path, "--log", "off", module=("tests.faults", name)) as broken:
        found = judged(broken, tmp_path, "--no-confirm")
    failures = found[FAULTS[name].rule]["failures"]

    assert [FAULTS[name].rule] == [rule for rule in FAMILIES if found[rule]["verdict"] == "fail"]
    assert {failure["operation"] for failure in failures} <= SHOWN.get(name, set(found["SCH-01"]["operations"]))
    assert all(failure["request"] and failure["response"] and failure["curl"] and failure["test"] for failure in failures)


@pytest.mark.slow
def test_a_failure_returns_when_it_is_tried_once_more(tmp_path: Path) -> None:
    """For its operation alone, in another process, with the same seed."""
    with running(tmp_path, "--log", "off", module=("tests.faults", "long_names_accepted")) as broken:
        found = judged(broken, tmp_path)

    assert [True, True] == [failure["confirmed"] for failure in found["SCH-03"]["failures"]]


@pytest.mark.slow
def test_a_starter_key_is_never_tripped(tmp_path: Path) -> None:
    """60 requests a minute: it waits for the next, and for the one after."""
    world = json.loads((ROOT / "fixtures" / "world.json").read_text("utf-8"))
    starter = next(tenant["id"] for tenant in world["tenants"] if tenant["plan"] == "starter")
    with running(tmp_path, "--log", "json") as mock:
        key = "nxc_live_starter_full_f2bed8b71f39"
        with (
            fuzzing(mock.address, tenant=starter, token=key) as fuzz,
            begun(fuzz, deadline=time.time() + 140) as lane,
        ):
            account = lane.collect()
    statuses = [json.loads(line).get("status") for line in (tmp_path / "mock.log").read_text().splitlines() if "{" in line]

    assert account.callers["fuzz_full"] > 120
    assert len(statuses) > 120
    assert 429 not in statuses
