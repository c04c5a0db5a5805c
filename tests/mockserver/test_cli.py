"""nexus-mock as it is typed."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
import urllib.request
from pathlib import Path

import orjson
import pytest

from nexuscommerce.contract import Contract
from tests.inside import open_inside
from tests.live import exchange, request, running


def _run(directory: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """On any free port, unless the options say another."""
    command = [sys.executable, "-m", "mockserver", "--database", str(directory / "state.db"), "--port", "0", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def _one_line(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that the program stopped with, exit code 2."""
    assert 2 == done.returncode
    lines = done.stderr.strip().splitlines()
    assert 1 == len(lines), done.stderr
    return lines[0]


def test_a_taken_port_says_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        line = _one_line(_run(tmp_path, "--port", str(taken.getsockname()[1])))

    assert "choose another with --port" in line


def test_an_unreadable_document_says_where(tmp_path: Path) -> None:
    path = tmp_path / "openapi.yaml"
    for text in ("a: [", "a: 1", "", "\x00", "- 1"):
        path.write_text(text)
        assert str(path) in _one_line(_run(tmp_path, "--document", str(path)))


def test_a_document_of_another_openapi_is_refused(tmp_path: Path, contract: Contract) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text(contract.source.replace("openapi: 3.0.3", "openapi: 3.1.0"), encoding="utf-8")

    assert "not OpenAPI 3.0" in _one_line(_run(tmp_path, "--document", str(path)))


@pytest.mark.parametrize("text", ["", "{", '{"format": 2}', "[]"])
def test_a_broken_fixture_says_where(tmp_path: Path, text: str) -> None:
    path = tmp_path / "world.json"
    path.write_text(text)

    assert str(path) in _one_line(_run(tmp_path, "--fixtures", str(path)))


def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_text("my diary " * 100)

    assert "--database" in _one_line(_run(tmp_path, "--fresh"))
    assert (tmp_path / "state.db").read_text().startswith("my diary")


def test_a_database_of_another_version_says_fresh(tmp_path: Path) -> None:
    with running(tmp_path):
        pass
    with sqlite3.connect(tmp_path / "state.db") as connection:
        connection.execute("UPDATE facts SET value = 'old' WHERE name = 'version'")
    connection.close()

    assert "--fresh" in _one_line(_run(tmp_path))


def test_the_greeting_has_a_line_to_paste_that_works(tmp_path: Path) -> None:
    """The address, the reference, a key for each of several roles, and one curl line."""
    with running(tmp_path) as mock:
        printed = "".join(line for line in iter(mock.process.stdout.readline, "\n") if line)  # type: ignore[union-attr]
        for line in iter(mock.process.stdout.readline, ""):  # type: ignore[union-attr]
            printed += line
            if "curl" in line:
                break
        curl = next(line for line in printed.splitlines() if "curl" in line)
        answer = subprocess.run(["bash", "-c", f"{curl} -sS"], capture_output=True, timeout=10, check=True).stdout

    assert "SKU-001" == orjson.loads(answer)["data"][0]["sku"]
    assert f"http://127.0.0.1:{mock.port}/docs" in printed
    assert all(name in printed for name in ("full", "reader", "expired", "owner|admin|manager|viewer"))


def test_every_option_can_be_set_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A spoiled value shows that each is read."""
    names = ("PORT", "DATABASE", "FIXTURES", "DOCUMENT", "LIMITS", "LIMITS_STORE", "ANONYMOUS_PER_MINUTE", "LOG")
    values = {"DATABASE": "/nope/state.db", "FIXTURES": "/nope.json", "DOCUMENT": "/nope.yaml", "LIMITS_STORE": "nope://"}
    codes = []
    for name in names:
        with monkeypatch.context() as changed:
            changed.setenv(f"NEXUS_MOCK_{name}", values.get(name, "nonsense"))
            done = subprocess.run(
                [sys.executable, "-m", "mockserver"], capture_output=True, timeout=30, check=False, cwd=tmp_path
            )
            codes.append(done.returncode)

    assert [2] * len(names) == codes


def test_token_prints_a_jwt_that_the_mock_accepts(tmp_path: Path) -> None:
    token = _run(tmp_path, "token", "--role", "viewer").stdout.strip()
    headers = (("Authorization", f"Bearer {token}"), ("X-Tenant-ID", "3714240b-2e06-4c35-8856-ccc1c096323e"))

    with running(tmp_path) as mock:
        statuses = [exchange(mock.port, request(m, "/api/products", headers)).status for m in ("GET", "POST")]

    assert [200, 403] == statuses


def test_token_for_no_role_says_which_there_are(tmp_path: Path) -> None:
    assert "owner, admin, manager, viewer" in _one_line(_run(tmp_path, "token", "--role", "king"))


def test_token_for_nobody_says_who_there_is(tmp_path: Path) -> None:
    assert "tenants are" in _one_line(_run(tmp_path, "token", "--tenant", "nope"))


def test_the_log_has_a_line_per_request_and_no_secret(tmp_path: Path) -> None:
    """Not even one that stands in the query."""
    secret = "nxc_live_growth_full_4f9a1c0e2b7d"
    headers = (("Authorization", f"Bearer {secret}"), ("X-Tenant-ID", "3714240b-2e06-4c35-8856-ccc1c096323e"))
    with running(tmp_path, "--log", "json") as mock:
        sent = [exchange(mock.port, request("GET", f"/api/products?token={secret}&limit=1", headers)) for _ in range(2)]
    log = (tmp_path / "mock.log").read_text()
    lines = [line for line in map(orjson.loads, log.splitlines()) if line["message"] == "request"]

    assert [response.headers["x-request-id"] for response in sent] == [line["request_id"] for line in lines]
    assert {(400, "VALIDATION_ERROR", "/api/products")} == {
        (line["status"], line["refusal"], line["path"]) for line in lines
    }
    assert secret not in log


def test_a_path_cannot_write_lines_of_its_own_into_the_log(tmp_path: Path) -> None:
    with running(tmp_path, "--log", "text") as mock:
        exchange(mock.port, request("GET", "/api/x%0A200%20GET%20/api/forged%1b%5b31m", ()))
    log = (tmp_path / "mock.log").read_text()

    assert 1 == len(log.strip().splitlines())
    assert "/api/x%0A200%20GET" in log


def test_it_stops_at_once_when_asked(tmp_path: Path) -> None:
    with running(tmp_path) as mock:
        urllib.request.urlopen(f"{mock.address}/health").close()  # noqa: S310  a loopback address
        mock.process.terminate()

        assert mock.process.wait(5) in (0, -15)


def test_an_answer_that_cannot_be_made_is_a_500_in_the_envelope_without_its_cause(
    tmp_path: Path, contract: Contract
) -> None:
    """The cause goes to the log, under the request's id, and the answer has all headers though the store of keys is gone."""
    broken = open_inside(tmp_path, contract)
    broken.database.close()

    seen = broken.call("GET", "/api/products")

    assert (500, "INTERNAL_ERROR") == (seen.status_code, seen.json()["error"]["code"])
    assert {"x-request-id", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"} <= set(seen.headers)
    assert "sqlite" not in seen.text.lower()
