"""The pytest plugin, in a suite of its own: a world for each test, on a mock that it starts, or on one that is named."""

from __future__ import annotations

import importlib
import tomllib
from pathlib import Path

import httpcore  # noqa: F401  httpx imports it for its first request; see below
import httpx
import pytest

from mockserver.commands.client import Control  # here, and not in a test: pytester forgets what a test has imported
from tests.live import Mock

ROOT = Path(__file__).parent.parent.parent
pytest_plugins = ["pytester"]

_SUITE = """
import pytest

def test_a_world_has_a_tenant_a_key_and_an_owner(nexus_world):
    answer = nexus_world.client.get("/products")

    assert answer.status_code == 200
    assert nexus_world.tenant_id == nexus_world.headers["X-Tenant-ID"]
    assert nexus_world.owner["password"]

@pytest.mark.nexus_world(fixtures="empty", plan="starter")
def test_the_marker_says_which_world(nexus_world):
    answer = nexus_world.client.get("/products")

    assert (answer.json()["data"], answer.headers["X-RateLimit-Limit"]) == ([], "60")

def test_time_is_the_worlds_own(nexus_world_factory):
    from datetime import UTC, datetime, timedelta
    one, other = nexus_world_factory(fixtures="empty"), nexus_world_factory(fixtures="empty", name="other")
    at = datetime(2026, 3, 12, 14, 32, tzinfo=UTC)

    assert one.clock.freeze(at) == at == one.clock.now
    assert one.clock.advance("1h30m") == at + timedelta(hours=1, minutes=30)
    assert one.clock.advance(timedelta(minutes=30)) == one.clock.advance(0) == at + timedelta(hours=2)
    assert abs(other.clock.now - datetime.now(UTC)) < timedelta(minutes=1)
    assert one.clock.set("2027-01-01T00:00:00Z") >= datetime(2027, 1, 1, tzinfo=UTC)
    assert abs(one.clock.release() - datetime.now(UTC)) < timedelta(minutes=1)

@pytest.mark.nexus_world(fixtures="kleines-kontor")
def test_a_world_can_be_put_back(nexus_world):
    def orders():
        return nexus_world.client.get("/orders").json()["meta"]["total"]

    before = orders()
    nexus_world.snapshot("here")
    order = nexus_world.order()
    happened = nexus_world.trigger("order.created")
    assert orders() == before + 2
    assert happened["type"] == "order.created" and order["id"]
    nexus_world.restore("here")
    assert orders() == before
    nexus_world.order(order["line_items"][0]["sku"], marketplace="shopify")
    nexus_world.reset()
    assert orders() == before
"""
_TRAFFIC = """
def test_faults_are_applied_and_requests_kept(nexus_world):
    nexus_world.fault(operation_id="listOrders", code="RATE_LIMITED", times=1)
    statuses = [nexus_world.client.get("/orders").status_code for _ in range(2)]

    assert statuses == [429, 200]
    assert [row["status"] for row in nexus_world.requests()] == statuses
    assert [row["status"] for row in nexus_world.requests(status="4xx")] == [429]
    assert nexus_world.coverage()["exercised"] == 2
"""
_WORKERS = """
import os, pathlib, pytest

@pytest.mark.parametrize("number", range(4))
def test_writes_where_it_worked(nexus_mock, nexus_world, number):
    assert nexus_world.client.get("/health").status_code == 200
    pathlib.Path(os.environ["SEEN"], f"{os.environ['PYTEST_XDIST_WORKER']}-{number}").write_text(nexus_mock.url)
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """An empty suite that has this checkout's plugin, whatever is installed, and warnings as errors."""
    for name in ("NEXUS_MOCK_URL", "NEXUS_MOCK_TOKEN", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    options = "-p mockserver.pytest_plugin -W error --strict-markers"
    pytester.makeini(f"[pytest]\naddopts = {options}\n")
    return pytester


def test_each_test_has_a_world_of_its_own_on_a_mock_that_is_started(suite: pytest.Pytester) -> None:
    suite.makepyfile(_SUITE)

    suite.runpytest_subprocess("-v").assert_outcomes(passed=4)


def test_faults_and_requests_are_the_worlds_own(suite: pytest.Pytester) -> None:
    suite.makepyfile(_TRAFFIC)

    suite.runpytest_subprocess("-v").assert_outcomes(passed=1)


def test_a_mock_that_is_named_is_used_and_left_as_it_was(
    suite: pytest.Pytester, mock: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the option, or by the environment; the worlds are deleted."""
    suite.makepyfile(f"""
        def test_it_is_that_one(nexus_mock, nexus_world):
            assert nexus_mock.url == {mock.address.removesuffix("/api")!r}
            assert nexus_world.base_url == {mock.address!r}
    """)
    with Control(mock.address) as control:
        before = [row["id"] for row in control.worlds()]
        suite.runpytest_subprocess("--nexus-mock-url", mock.address).assert_outcomes(passed=1)
        monkeypatch.setenv("NEXUS_MOCK_URL", mock.address)
        suite.runpytest_subprocess().assert_outcomes(passed=1)

        assert before == [row["id"] for row in control.worlds()]


def test_with_xdist_every_worker_has_a_mock_of_its_own(
    suite: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And each ends with its worker."""
    monkeypatch.setenv("SEEN", str(tmp_path))
    suite.makepyfile(_WORKERS)

    suite.runpytest_subprocess("-p", "xdist", "-n", "2").assert_outcomes(passed=4)
    seen = {path.name.split("-")[0]: path.read_text() for path in tmp_path.iterdir()}

    assert ["gw0", "gw1"] == sorted(seen)
    assert 2 == len(set(seen.values()))
    assert not any(_answers(url) for url in seen.values())


def test_a_mock_that_does_not_start_says_why(suite: pytest.Pytester) -> None:
    """Its own words, and no hang."""
    suite.makeconftest("""
        import pytest, mockserver.pytest_plugin as plugin
        plugin.sys.executable = "/bin/false"
    """)
    suite.makepyfile("def test_it(nexus_world): pass")

    result = suite.runpytest_subprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*nexus-mock did not start*"])


def test_a_suite_that_does_not_ask_for_it_imports_nothing_of_it(suite: pytest.Pytester) -> None:
    """It neither waits for the mock's dependencies nor meets their warnings."""
    suite.makepyfile("""
        import sys
        def test_nothing_is_here():
            heavy = {"httpx", "connexion", "sqlalchemy", "starlette", "click", "orjson", "mockserver.commands"}
            assert heavy.isdisjoint(sys.modules)
    """)

    suite.runpytest_subprocess().assert_outcomes(passed=1)


def test_the_package_registers_the_plugin() -> None:
    """Under the name that `-p no:nexus-mock` switches off."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]["pytest11"]

    assert {"nexus-mock": "mockserver.pytest_plugin"} == declared
    assert hasattr(importlib.import_module(declared["nexus-mock"]), "nexus_world")


def _answers(url: str) -> bool:
    try:
        httpx.get(f"{url}/api/health", trust_env=False)
    except httpx.TransportError:
        return False
    return True


def test_the_documentations_example_passes_as_it_stands(suite: pytest.Pytester) -> None:
    page = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
    suite.makepyfile(page.split("```python\n")[1].split("```")[0])

    suite.runpytest_subprocess("-v").assert_outcomes(passed=3)
