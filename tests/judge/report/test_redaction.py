"""No secret in any output, in any field, in any form."""

from __future__ import annotations

import base64
import html
import io
import json
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from rich.console import Console

from contract_tests.report import terminal
from contract_tests.report.model import (
    Document,
    Failure,
    Known,
    OperationResult,
    Report,
    Request,
    Response,
    RuleResult,
    Tool,
    Verdict,
)
from contract_tests.report.outputs import write
from contract_tests.report.redaction import BODY, TEXT, published, redact
from contract_tests.rules import Level
from tests.judge.report import reports

JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSIsInJvbGUiOiJtYW5hZ2VyIn0.c2lnbmF0dXJlLW9mLXRoaXMtdG9rZW4"
SECRETS = {"full": "nxc_live_planted_40e8ccd47270", "odd": "pa'ss\"w<o>rd & é/+=\\n", "jwt_manager": JWT}


def forms(token: str) -> dict[str, str]:
    """How a server, a library or a reader may write a token."""
    return {
        "plain": token,
        "percent": quote(token, safe=""),
        "percent, in part and in lower case": token.replace("é", "%c3%A9").replace("<", "%3c").replace(" ", "+"),
        "json, with needless escapes": token.replace("/", "\\/").replace("<", "\\u003C").replace("n", "\\u006e"),
        "python": repr(token)[1:-1],
        "shell": token.replace("'", "'\"'\"'"),
        "base64": base64.b64encode(token.encode()).decode(),
        "basic": base64.b64encode(f"alice:{token}".encode()).decode(),
        "basic, shifted": base64.urlsafe_b64encode(f"al:{token}:more".encode()).decode(),
        "json": json.dumps(token)[1:-1],
        "html": html.escape(token),
        "hex": token.encode().hex(),
    }


def planted(text: str, verdict: Verdict, flag: bool = False) -> Report:
    """A report with the text in every text that it has."""
    pair = ((text, text),)
    failure = Failure(
        operation=text,
        what=text,
        example=text,
        request=Request(text, text, pair, text),
        response=Response(500, pair, text),
        curl=text,
        replay=text,
        flaky=flag,
        known=flag,
    )
    results = {text: OperationResult(verdict, 1)}
    rule = RuleResult("PAG-02", Level.MUST, text, text, verdict, reason=text, operations=results, failures=(failure,))
    return Report(
        tool=Tool(text, text),
        target_name=text,
        target_file=text,
        address=text,
        started_at="2026-11-24T20:50:16Z",
        seconds=1,
        seed=1,
        examples=1,
        profile=text,
        allowed=(text,),
        choices={text: text},
        document=Document(text, text, text),
        requests=1,
        leftovers=(text,),
        rules=(rule,),
        mended=(Known("PAG-02", text, text),),
    )


def everything(report: Report, directory: Path) -> str:
    """All outputs of a report, one after the other; escapes that a reader would undo are undone."""
    screen = io.StringIO()
    terminal.show(published(report, SECRETS), {}, Console(file=screen, width=500))
    files = [path.read_text("utf-8") for path in write(report, directory, SECRETS).values()]
    written = "\n".join([screen.getvalue(), *files])
    return "\n".join([written, html.unescape(written), written.replace('\\"', '"').replace("\\\\", "\\")])


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("name", SECRETS)
def test_a_planted_secret_is_in_no_output(name: str, verdict: Verdict, tmp_path: Path) -> None:
    every = forms(SECRETS[name])
    text = " ".join(f"before {form} after" for form in every.values())
    seen = everything(planted(text, verdict), tmp_path)

    assert [] == [form for form, written in every.items() if written in seen]
    assert f"$NEXUS_{name.upper()}" in seen


@pytest.mark.parametrize("part", JWT.split("."))
def test_a_part_of_a_jwt_is_a_secret(part: str) -> None:
    assert "a $NEXUS_JWT_MANAGER b" == redact(f"a {part} b", SECRETS)


def test_basic_credentials_are_redacted_wherever_the_token_begins() -> None:
    for user in ("", "a", "al", "ali", "alice"):
        header = base64.b64encode(f"{user}:{SECRETS['full']}".encode()).decode()
        seen = redact(header, SECRETS)

        assert "$NEXUS_FULL" in seen
        assert len(seen) < len(header)


def test_a_longer_secret_goes_before_one_that_it_begins_with() -> None:
    assert "$NEXUS_LONG" == redact("token-and-more", {"short": "token-and", "long": "token-and-more"})


def test_what_is_too_short_to_be_a_secret_stays() -> None:
    assert "a cat" == redact("a cat", {"x": "", "y": "a"})


def test_a_cut_leaves_no_half_of_a_secret() -> None:
    body = "x" * (BODY - 5) + SECRETS["full"] + "x" * 100
    what = "x" * (TEXT - 45) + SECRETS["full"] + "x" * 100
    failure = reports.failure(what=what, response=Response(200, (), body))
    report = published(reports.changed(reports.report(), {"PAG-02": reports.failing(failure)}), SECRETS)
    found = next(rule for rule in report.rules if rule.id == "PAG-02").failures[0]

    assert found.response is not None
    assert "nxc_l" not in found.what + found.response.body


def test_a_cut_body_says_how_much_is_gone() -> None:
    report = published(reports.hostile(), {})
    responses = [each.response for rule in report.rules for each in rule.failures]

    assert responses
    assert all(each and BODY == len(each.body) and each.cut > 900_000 for each in responses)


def test_publishing_twice_changes_nothing() -> None:
    once = published(reports.hostile(), SECRETS)

    assert once == published(once, SECRETS)


def test_what_almost_is_a_secret_is_searched_in_time() -> None:
    """Half a token beside an escape, as a server repeats what it was sent: no search that doubles with every sign."""
    text = "%20 " + " ".join(SECRETS["full"][:length] for length in range(4, len(SECRETS["full"]))) * 20
    began = time.perf_counter()

    assert text == redact(text, SECRETS)
    assert time.perf_counter() - began < 2
