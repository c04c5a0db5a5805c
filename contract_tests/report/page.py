"""report.html: one file that asks nothing of any network, to be read by people."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from contract_tests.report.model import Failure, Outcome, Report, RuleResult, Verdict
from contract_tests.report.sarif import address_of
from contract_tests.report.visible import indented, line, visible
from contract_tests.report.wording import WORDS, chosen, counted, duration, explanation, headline
from contract_tests.rules import GROUPS, Level

HERE = Path(__file__).parent
OPEN = 6  # a report with no more failures shows all of them unfolded
ROWS = 12  # failures of a rule before the fold
MOST = 40  # of a rule; report.json has all
NO_REASON = "no reason given"
_SPECIFIC = re.compile(r"(?: \(|: ).*", re.DOTALL)
BODY = 4_000  # characters of a body; report.json has more
CLOSED = ("default-src 'none'", "base-uri 'none'", "form-action 'none'")
TONES = {
    Outcome.CONFORMS: Verdict.PASS,
    Outcome.INCOMPLETE: Verdict.NOT_RUN,
    Outcome.UNJUDGED: Verdict.WARN,
    Outcome.ERRONEOUS: Verdict.ERROR,
    Outcome.BROKEN: Verdict.FAIL,
}


class Group(NamedTuple):
    """Rules under a heading: of a group of the catalogue, or of one reason for not being run."""

    id: str
    name: str
    rules: list[RuleResult]


class Section(NamedTuple):
    """A chapter of the page with rules in full."""

    id: str
    title: str
    note: str
    rules: list[RuleResult]


class Body(NamedTuple):
    """A body as it is shown, and how many characters are not."""

    text: str
    cut: int


def rendered(report: Report) -> bytes:
    """The file."""
    html = _template().render(
        report=report,
        tone=TONES[report.outcome],
        headline=headline(report),
        explanation=explanation(report),
        choices=chosen(report),
        sections=[section for section in _sections(report) if section.rules],
        groups=_groups(report.rules),
        operations=list(dict.fromkeys(name for rule in report.rules for name in rule.operations)),
        not_run=_reasons(report),
        passed=_groups(rule for rule in report.rules if rule.verdict is Verdict.PASS),
        unfolded=sum(len(rule.failures) for rule in report.rules) <= OPEN,
    )
    return html.encode("utf-8", "backslashreplace")


def _sections(report: Report) -> Iterable[Section]:
    failed = [rule for rule in report.rules if rule.verdict is Verdict.FAIL]
    known = "The baseline knows every one of these, so they decide nothing."
    yield Section("failed", "What failed", "", [rule for rule in failed if not rule.known])
    yield Section(
        "errors",
        "Where the suite broke",
        "Its own fault, and nothing is said of the target.",
        [rule for rule in report.rules if rule.verdict is Verdict.ERROR],
    )
    yield Section(
        "warned",
        "What should be otherwise",
        "A SHOULD is reported; it does not decide.",
        [rule for rule in report.rules if rule.verdict is Verdict.WARN],
    )
    yield Section("known", "What was known to fail", known, [rule for rule in failed if rule.known])


def _groups(rules: Iterable[RuleResult]) -> list[Group]:
    groups: dict[str, list[RuleResult]] = {}
    for rule in rules:
        groups.setdefault(rule.group, []).append(rule)
    return [Group(name, GROUPS.get(name, name), members) for name, members in groups.items()]


def _reasons(report: Report) -> list[Group]:
    """What was not run, by why, the most frequent first: "no credential: expired" and "… revoked" are one reason."""
    reasons: dict[str, list[RuleResult]] = {}
    for rule in report.rules:
        if rule.verdict is Verdict.NOT_RUN:
            reasons.setdefault(_SPECIFIC.sub("", rule.reason or NO_REASON), []).append(rule)
    frequent = sorted(reasons.items(), key=lambda item: -len(item[1]))
    return [Group(str(number), _heading(reason, rules), rules) for number, (reason, rules) in enumerate(frequent, 1)]


def _heading(reason: str, rules: list[RuleResult]) -> str:
    whole = {rule.reason or NO_REASON for rule in rules}
    return line(whole.pop() if len(whole) == 1 else reason, 120)


def _detail(rule: RuleResult, heading: str) -> str:
    """What a rule's reason says beyond its heading."""
    return (rule.reason or "").removeprefix(heading).strip(" :()") if rule.reason != heading else ""


def _body(text: str, cut: int) -> Body:
    laid = indented(text)
    return Body(laid[:BODY], cut + max(len(laid) - BODY, 0))


def _marks(failure: Failure) -> list[str]:
    return ["flaky"] * failure.flaky + ["confirmed"] * failure.confirmed + ["known"] * failure.known


def _shown(value: Any) -> Any:
    """Every text that is put into the page goes through here: nothing that is there stays unseen."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _template() -> Template:
    """The policy in the page names its own script and style by their hashes, so nothing else runs and nothing is loaded."""
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = (HERE.joinpath(name).read_text("utf-8") for name in ("page.css", "page.js"))
    environment.globals |= {
        "style": Markup(style),  # noqa: S704 - our own files
        "script": Markup(script),  # noqa: S704
        "policy": "; ".join((*CLOSED, f"style-src '{_hash(style)}'", f"script-src '{_hash(script)}'")),
        "words": {verdict.value: word for verdict, word in WORDS.items()},
        "MUST": Level.MUST,
        "ROWS": ROWS,
        "MOST": MOST,
        "address_of": address_of,
        "body": _body,
        "counted": counted,
        "detail": _detail,
        "duration": duration,
        "marks": _marks,
    }
    return environment.get_template("page.html")
