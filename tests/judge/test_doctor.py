"""doctor: what is as the target file says, what is not, and the mend; by requests of which nothing can come."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner, Result

from contract_tests.cli import main
from contract_tests.doctor import quota
from contract_tests.doctor.data import REPRICED, WANTS
from contract_tests.rules import RULES
from tests.live import running

ROOT = Path(__file__).parents[2]
MOCK_TOML = ROOT / "fixtures/targets/mock.toml"
A_FULL, B_FULL = "nxc_live_rehearsal_a_full_40e8ccd47270", "nxc_live_rehearsal_b_full_8802580f33e6"
A, B = "a5f4d17c-3498-45e7-9fbe-7214d722cec5", "369a34e8-6922-4809-a0d5-d471fc60929d"


class Seen(NamedTuple):
    """What the doctor found: what was looked at, by its limit `quota of` it -> (mark, all that was said)."""

    code: int
    lines: dict[str, tuple[str, str]]
    output: str


def invoked(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["doctor", *arguments], catch_exceptions=False)


def doctor(*arguments: str) -> Seen:
    done = invoked(*arguments, "--json")
    found = json.loads(done.stdout)["findings"]
    lines: dict[str, tuple[str, str]] = {}
    for each in found:
        name = f"quota of {each['what']}" if each["section"] == "Quota" else each["what"]
        lines.setdefault(name, (each["mark"], f"{each['said']}; {each['mend']}"))
    return Seen(done.exit_code, lines, done.stdout)


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a mock, and its log."""
    directory = tmp_path_factory.mktemp("mock")
    with running(directory, "--fresh", "--log", "json") as started:
        yield started.address, directory / "mock.log"


def written(tmp_path: Path, text: str, **credentials: str) -> str:
    lines = [f'{name} = {{token = "{token}"}}' for name, token in credentials.items()]
    (tmp_path / "target.toml").write_text("\n".join([text, "[credentials]", *lines]))
    return str(tmp_path / "target.toml")


def tenants(main: str = A, other: str = B) -> str:
    return f'[tenants]\nmain = "{main}"\nother = "{other}"'


def test_the_mock_is_as_its_file_says(mock: tuple[str, Path]) -> None:
    seen = doctor(str(MOCK_TOML), "--address", mock[0], "--profile", "full")

    assert ({"ok"}, 0) == ({mark for mark, _ in seen.lines.values()}, seen.code), seen.output
    assert "nxc_live_" not in seen.output


def test_it_only_reads_where_nothing_is_allowed(mock: tuple[str, Path], tmp_path: Path) -> None:
    address, log = mock
    before = len(log.read_text().splitlines())
    reader = "nxc_live_rehearsal_a_reader_91b26a9efdbe"
    seen = doctor(written(tmp_path, tenants(), full=A_FULL, other_full=B_FULL, reader=reader), "--address", address)
    methods = {json.loads(line)["method"] for line in log.read_text().splitlines()[before:] if '"method"' in line}

    assert (seen.code, methods) == (0, {"GET"})
    assert "not allowed" in seen.lines


def test_wrong_credentials_are_told_one_by_one(mock: tuple[str, Path], tmp_path: Path) -> None:
    wrong = {
        "reader": "nxc_live_rehearsal_a_writer_c2310f750d5e",
        "writer": "nxc_live_rehearsal_a_reader_91b26a9efdbe",
        "narrow": f"Bearer {A_FULL}",
        "nothing": "nxc live",
        "expired": "nonsense",
        "revoked": B_FULL,
        "quota": A_FULL,
        "jwt_manager": "a.b",
    }
    path = written(tmp_path, f'allow = ["writes"]\n{tenants()}', full=A_FULL, other_full=B_FULL, **wrong)
    seen = doctor(path, "--address", mock[0])

    assert seen.code == 2
    assert ("ok", "ok") == (seen.lines["full"][0], seen.lines["other_full"][0])
    assert {"bad"} == {seen.lines[name][0] for name in wrong if name != "quota"}
    assert "GET /products answers 403 INSUFFICIENT_SCOPE" in seen.lines["reader"][1]
    assert "GET /products answers 200, not 403 INSUFFICIENT_SCOPE" in seen.lines["writer"][1]
    assert "begins with `Bearer`" in seen.lines["narrow"][1]
    assert "the file says: its expiry date is past" in seen.lines["expired"][1]
    assert seen.lines["quota of quota"][0] == "bad"
    assert "300 a minute at most" in seen.lines["quota of quota"][1]
    assert "nxc_live_" not in seen.output


def test_a_tenant_that_is_named_twice_is_bad(mock: tuple[str, Path], tmp_path: Path) -> None:
    path = written(tmp_path, tenants(other=A.upper()), full=A_FULL, other_full=A_FULL)
    seen = doctor(path, "--address", mock[0])

    assert (seen.code, seen.lines["other"][0]) == (2, "bad")
    assert "has the same UUID as `main`" in seen.lines["other"][1]
    assert "is the same token as `full`" in seen.output


def test_a_key_of_another_tenant_is_said_to_be(mock: tuple[str, Path], tmp_path: Path) -> None:
    seen = doctor(written(tmp_path, tenants(), full=B_FULL, other_full=A_FULL), "--address", mock[0])

    assert seen.code == 2
    assert "answers 403 TENANT_ACCESS_DENIED, not 2xx; it is not of this tenant" in seen.lines["full"][1]


def test_a_starter_key_is_told_what_it_cannot_do(mock: tuple[str, Path], tmp_path: Path) -> None:
    text = tenants("8cd8f3f1-e373-43cc-af86-6ff3eb97cdf6")
    path = written(tmp_path, text, full="nxc_live_starter_full_f2bed8b71f39", other_full=B_FULL)
    seen = doctor(path, "--address", mock[0])

    assert seen.code == 0
    assert "60 a minute, 1,000 an hour" in seen.lines["quota of full"][1]
    assert seen.lines["quota of profile standard"][0] == "warn"
    assert "for the limit of `full`" in seen.lines["quota of profile standard"][1]


def test_every_variable_that_is_not_set_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NEXUS_FULL", "NEXUS_OTHER_FULL"):
        monkeypatch.delenv(name, raising=False)
    path = str(tmp_path / "target.toml")
    CliRunner().invoke(main, ["init", path])
    seen = doctor(path)

    assert (2, {"full", "other_full"}) == (seen.code, set(seen.lines))
    assert "set the environment variable NEXUS_FULL" in seen.output


def test_a_screen_has_the_mend_below_what_is_wrong(mock: tuple[str, Path], tmp_path: Path) -> None:
    path = written(tmp_path, tenants(), full=A_FULL, other_full="nonsense")
    done = invoked(path, "--address", mock[0])
    lines = done.output.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("  bad  other_full"))

    assert done.exit_code == 2
    assert "GET /products answers 401 TOKEN_INVALID" in lines[at]
    assert "the target does not know it" in "".join(lines[at : at + 3])
    assert lines[-1] == "1 thing to mend before a run says anything"
    assert max(map(len, lines)) <= 80


def test_nothing_there_is_3_and_one_line(tmp_path: Path) -> None:
    done = invoked(written(tmp_path, tenants(), full=A_FULL, other_full=B_FULL), "--address", "http://127.0.0.1:9/api")

    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (3, "", 1)
    assert "nothing answers at http://127.0.0.1:9/api" in done.stderr


class Reply(NamedTuple):
    """What a stub answers to everything."""

    status: int
    body: str
    headers: Mapping[str, str] = {}


@contextmanager
def stub(reply: Reply) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(reply.status)
            for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body.encode())

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api"
    finally:
        server.shutdown()
        server.server_close()


HEALTH = '{"status": "ok", "version": "2.0.0", "timestamp": "2020-01-01T00:00:00.000Z"}'


def test_where_the_judge_cannot_hear_is_said(tmp_path: Path) -> None:
    with stub(Reply(200, HEALTH)) as address:
        taken = address.removeprefix("http://").removesuffix("/api")
        for table, said in {
            f'listen = "{taken}"\nregister = ["true", "{{url}}"]': f"the judge cannot listen at {taken}",
            'register = ["no-such-program", "{url}"]': "there is no command no-such-program",
        }.items():
            path = written(tmp_path, f"{tenants()}\n[webhooks]\n{table}", full="aaaa", other_full="bbbb")
            seen = doctor(path, "--address", address)

            assert "bad" == seen.lines["webhooks"][0]
            assert said in seen.lines["webhooks"][1]


@pytest.mark.parametrize(
    ("reply", "what", "mark", "said"),
    [
        (Reply(200, "<html>"), "API", "bad", "answers 200 without a JSON object"),
        (Reply(404, "{}"), "API", "bad", "answers 404"),
        (Reply(503, "{}"), "API", "bad", "mend the service first"),
        (
            Reply(308, "", {"Location": "https://shop.example/api/health"}),
            "API",
            "bad",
            "leads to https://shop.example/api (308)",
        ),
        (Reply(200, HEALTH), "health timestamp", "warn", "behind our clock"),
        (Reply(200, HEALTH), "Date header", "warn", "tells no time"),
        (Reply(200, HEALTH, {"Date": "Wed, 01 Jan 2098 00:00:00 GMT"}), "Date header", "warn", "ahead of our clock"),
        (Reply(200, HEALTH), "quota of full", "warn", "tells no X-RateLimit headers"),
        (Reply(200, HEALTH), "jwks", "bad", "answers no JWKS"),
        (Reply(429, "{}", {"Retry-After": "900"}), "API", "bad", "answers 429"),
        (Reply(500, HEALTH), "API", "bad", "answers 500"),
    ],
)
def test_what_is_odd_is_said(reply: Reply, what: str, mark: str, said: str, tmp_path: Path) -> None:
    path = written(tmp_path, f'jwks = "/keys"\n{tenants()}', full="aaaa", other_full="bbbb")
    with stub(reply) as address:
        seen = doctor(path, "--address", address)

    assert mark == seen.lines[what][0]
    assert said in seen.lines[what][1]


def test_what_it_looks_for_in_the_data_is_of_rules_that_there_are() -> None:
    assert {rule for want in WANTS for rule in want.rules} | set(REPRICED) <= set(RULES)


def test_the_largest_quota_is_the_one_that_a_run_uses_up() -> None:
    text = (ROOT / "contract_tests/test_rate_limits.py").read_text("utf-8")

    assert f"\nMOST = {quota.MOST}  #" in text
