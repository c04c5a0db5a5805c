"""The verdict in Markdown, for the pages of a CI: what a reader wants to know before they open the report."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from contract_tests.report.model import Failure, Report, RuleResult, Verdict
from contract_tests.report.visible import line
from contract_tests.report.wording import WORDS, counted, duration, explanation, headline, worst

WORST = 20
REASONS = 5
_MARKUP = re.compile(r"[\\`*_{}\[\]()#+!|~<>&@$:]")


def rendered(report: Report) -> str:
    """The text, closed by a newline."""
    parts = [
        f"## {headline(report)}",
        f"{_plain(report.target_name)} at {_plain(report.address)}",
        explanation(report),
        _table(WORDS.values(), [[str(report.counts[verdict]) for verdict in WORDS]]),
        *_failures(report),
        *_notes(report),
        f"{counted(report.requests, 'request')} in {duration(report.seconds)}, seed {report.seed}, {report.profile}.",
    ]
    return "\n\n".join(parts) + "\n"


def _failures(report: Report) -> Iterable[str]:
    rows = worst(report)
    if rows:
        yield _table(("rule", "", "operation", "what", "times"), [_row(*row) for row in rows[:WORST]])
    if len(rows) > WORST:
        yield f"… and {len(rows) - WORST:,} more, in the report."


def _row(rule: RuleResult, failure: Failure) -> list[str]:
    word = "known" if failure.known else "flaky" if failure.flaky else "new"
    return [rule.id, f"{rule.level}, {word}", _plain(failure.operation), _plain(failure.what, 300), f"{failure.times:,}"]


def _notes(report: Report) -> Iterable[str]:
    """Why rules were not run or broke, what is mended, what is left behind."""
    for verdict in (Verdict.ERROR, Verdict.NOT_RUN):
        why = Counter(_plain(rule.reason or "no reason given", 120) for rule in report.rules if rule.verdict is verdict)
        yield from _list(WORDS[verdict].capitalize(), [f"{count} {reason}" for reason, count in why.most_common()])
    yield from _list("Mended", [f"{each.rule} {_plain(each.operation)}" for each in report.mended])
    yield from _list("Left behind", [_plain(each) for each in report.leftovers])


def _list(title: str, every: list[str]) -> Iterable[str]:
    if every:
        yield "\n".join([f"{title}:", "", *(f"- {each}" for each in every[:REASONS])])
    if len(every) > REASONS:
        yield f"… and {len(every) - REASONS:,} more, in the report."


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(head)
    return "\n".join(f"| {' | '.join(row)} |" for row in (names, ["---"] * len(names), *rows))


def _plain(text: str, length: int = 200) -> str:
    """Text of a stranger in one line, as text: it is no markup, no mention and no table cell's end."""
    return _MARKUP.sub(r"\\\g<0>", line(text, length))
