"""The table [webhooks] of a target file, and how the judge gets its endpoint."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract_tests.endpoint import Endpoint, Unhosted, listening, opened, taken_away
from contract_tests.hosting import Hosting, filled
from contract_tests.target import TargetError, load
from tests.judge.test_target import GOOD, UUID

REGISTER = 'register = ["make", "{url}"]\n'
SECRET = 'secret = {token = "s"}\nurl = "http://127.0.0.1:9000/hook"\n'
BAD = {
    "nothing": ("", "needs either `register`, a command that makes an endpoint for {url}, or `secret` and `url`"),
    "both ways": (REGISTER + SECRET, "needs either"),
    "an unknown key": (REGISTER + "retries = 8", "unknown key `retries` in [webhooks]; there are register, "),
    "no command": ('register = "make {url}"', '`register` is a command, such as ["program", "argument"]'),
    "a command without the URL": ('register = ["make"]', "`register` has {url} in one of its arguments"),
    "a farewell to nobody": (REGISTER + 'unregister = ["unmake"]', "`unregister` has {url} or {id} in one of its"),
    "a secret without its URL": ('secret = {token = "s"}', "with `secret` has the whole `url` of its endpoint too"),
    "a farewell to what was there": (SECRET + 'unregister = ["unmake", "{url}"]', "and no `unregister`"),
    "a bare secret": ('secret = "s"\nurl = "http://127.0.0.1:9000/hook"', "credential `webhook` is one of"),
    "an unset variable": (
        SECRET.replace('token = "s"', 'env = "NEXUS_NOT_SET"'),
        "set the environment variable NEXUS_NOT_SET",
    ),
    "an odd URL": (REGISTER + 'url = "judge.example"', "`url` is how the target reaches the judge"),
    "a URL with a query": (REGISTER + 'url = "http://judge.example/?a=1"', "`url` is how the target reaches the judge"),
    "a tunnel to nowhere": (REGISTER + 'url = "https://judge.example"', '`listen = "127.0.0.1:PORT"`'),
    "an odd address": (REGISTER + 'listen = "9000"', '`listen` is "HOST:PORT"'),
    "an odd port": (REGISTER + 'listen = "127.0.0.1:99999"', '`listen` is "HOST:PORT"'),
    "everywhere and nowhere": (REGISTER + 'listen = "0.0.0.0:0"', "needs `url`, how the target reaches"),
    "no patience": (REGISTER + "patience = 0", "`patience` is a number of seconds, at most 600, not 0"),
    "an endless pause": (REGISTER + "pause = inf", "`pause` is a number of seconds"),
}


def parsed(table: str, directory: Path) -> Hosting:
    path = directory / "target.toml"
    path.write_text(f"{GOOD}[webhooks]\n{table}")
    hosting = load(path).webhooks
    assert hosting is not None
    return hosting


@pytest.mark.parametrize("name", BAD)
def test_a_bad_table_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    text, said = BAD[name]

    with pytest.raises(TargetError) as refused:
        parsed(text, tmp_path)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_table_that_is_none_is_refused_and_none_at_all_is_none(tmp_path: Path) -> None:
    (tmp_path / "target.toml").write_text("webhooks = 1\n" + GOOD)
    with pytest.raises(TargetError, match=r"\[webhooks\] is a table of register, "):
        load(tmp_path / "target.toml")
    (tmp_path / "target.toml").write_text(GOOD)

    assert load(tmp_path / "target.toml").webhooks is None


@pytest.mark.parametrize(
    ("table", "listens", "reached"),
    [
        (REGISTER, ("127.0.0.1", 0), "http://127.0.0.1:7"),
        (REGISTER + 'listen = "[::1]:0"', ("::1", 0), "http://[::1]:7"),
        (REGISTER + 'url = "http://judge:9000"', ("127.0.0.1", 9000), "http://judge:9000"),
        (REGISTER + 'url = "https://judge/x"\nlisten = ":80"', ("", 80), "https://judge/x"),
        (SECRET, ("127.0.0.1", 9000), "http://127.0.0.1:9000/hook"),
        (SECRET.replace(":9000", ""), ("127.0.0.1", 80), "http://127.0.0.1/hook"),
        (SECRET + 'listen = "[::]:8000"', ("::", 8000), "http://127.0.0.1:9000/hook"),
    ],
)
def test_where_the_judge_listens_and_is_reached(table: str, listens: tuple[str, int], reached: str, tmp_path: Path) -> None:
    hosting = parsed(table, tmp_path)

    assert listens == (hosting.host, hosting.port)
    assert reached == hosting.reached(7)


def test_a_secret_comes_from_where_the_file_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXUS_HOOK", "whsec_hidden")
    hosting = parsed(SECRET.replace('token = "s"', 'env = "NEXUS_HOOK"'), tmp_path)

    assert {"webhook": "whsec_hidden"} == hosting.secrets
    assert "whsec_hidden" not in repr(hosting)


def test_how_long_to_wait_is_told(tmp_path: Path) -> None:
    hosting = parsed(REGISTER + "pause = 5\npatience = 1.5", tmp_path)

    assert (5.0, 1.5, 6.5) == (hosting.pause, hosting.patience, hosting.again)


def test_a_command_is_filled() -> None:
    assert ["make", "--to=http://a/b", "--id=7"] == filled(("make", "--to={url}", "--id={id}"), "http://a/b", "7")


def script(*lines: str) -> tuple[str, ...]:
    """A command that runs these statements of Python; its arguments are the URL and the id."""
    return (sys.executable, "-c", "; ".join(("import sys", *lines)), "{url}", "{id}")


MADE = script("print('we_1'); print('any words'); print('whsec_1')")


@contextmanager
def hosted(**members: Any) -> Iterator[Endpoint]:
    hosting = Hosting("127.0.0.1", 0, **members)
    with listening(hosting) as receiver:
        yield opened(hosting, receiver, UUID)


def test_an_endpoint_is_made_and_taken_away(tmp_path: Path) -> None:
    note = tmp_path / "note"
    ended = script(f"open({str(note)!r}, 'w').write(' '.join(sys.argv[1:]))")
    with hosted(register=MADE, unregister=ended) as endpoint:
        for path in ("", "/moved"):
            httpx.post(endpoint.url + path, content=b"{}", trust_env=False)
        told = endpoint.told("nothing")

    assert ("whsec_1", {"webhook": "whsec_1"}) == (endpoint.secret, endpoint.hosting.secrets)
    assert 204 == taken_away(endpoint.hosting, endpoint.named)
    assert f"{endpoint.url} we_1" == note.read_text()
    assert (1, 1) == (len(endpoint.deliveries()), len(endpoint.strays()))
    assert endpoint.moved.endswith(endpoint.strays()[0].path)
    assert "1 deliveries have arrived, 0 of them about it" == told


def test_a_command_may_print_the_secret_alone() -> None:
    with hosted(register=script("print('whsec_1')")) as endpoint:
        assert ("whsec_1", "") == (endpoint.secret, endpoint.name)
        assert endpoint.told().startswith(f"nothing at all has arrived: can the target reach {endpoint.url}")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["sys.exit('no room for another endpoint')"], "failed: no room for another endpoint"),
        (["pass"], "printed no secret"),
        (["1/0"], "ZeroDivisionError"),
    ],
)
def test_a_command_that_makes_none_is_told_of(lines: list[str], said: str) -> None:
    with pytest.raises(Unhosted, match=said), hosted(register=script(*lines)):
        pass


def test_an_endpoint_that_stays_is_told_of() -> None:
    with hosted(register=MADE, unregister=script("sys.exit('it is nailed')")) as endpoint:
        pass

    assert "it is nailed" in str(taken_away(endpoint.hosting, endpoint.named))
    assert "has no `unregister`" in str(taken_away(None, endpoint.named))


def test_an_endpoint_that_is_there_is_used_at_its_own_path() -> None:
    with hosted(url="http://judge.example/a/hook", secrets={"webhook": "s"}) as endpoint:
        for path in ("/a/hook", "/hook", "/a/hook/moved", "/"):
            httpx.post(f"http://127.0.0.1:{endpoint.receiver.port}{path}", content=b"{}", trust_env=False)

    assert ["/a/hook", "/hook"] == [each.path for each in endpoint.deliveries()]
    assert ["/a/hook/moved", "/"] == [each.path for each in endpoint.strays()]
    assert "http://judge.example/a/hook/moved" == endpoint.moved


def test_a_port_that_is_taken_is_told() -> None:
    said = r"the judge cannot listen at 127\.0\.0\.1:\d+: Address already in use"
    with hosted(register=MADE) as endpoint:
        taken = Hosting("127.0.0.1", endpoint.receiver.port)
        with pytest.raises(Unhosted, match=said), listening(taken):
            pass


def test_waiting_ends_with_the_run() -> None:
    """What has not come by then is not judged."""
    with hosted(register=MADE) as endpoint, pytest.raises(pytest.skip.Exception, match="out of time: "):
        replace(endpoint, limit=time.monotonic() + 0.05).awaited(lambda: None, time.monotonic(), 60)
