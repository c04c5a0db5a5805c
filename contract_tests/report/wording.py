"""The words that the page and the terminal share."""

from __future__ import annotations

from typing import NamedTuple

from contract_tests.choices import CHOICES
from contract_tests.report.model import Failure, Outcome, Report, RuleResult, Verdict
from contract_tests.rules import Level


class Chosen(NamedTuple):
    """A choice of the target, what it means, and why it may be made."""

    choice: str
    sentence: str
    source: str


WORDS = {
    Verdict.FAIL: "failed",
    Verdict.WARN: "warned",
    Verdict.ERROR: "in error",
    Verdict.NOT_RUN: "not run",
    Verdict.PASS: "passed",
}

HEADLINES = {
    Outcome.CONFORMS: "Conforms",
    Outcome.INCOMPLETE: "Conforms, as far as it was judged",
    Outcome.UNJUDGED: "Not judged",
    Outcome.ERRONEOUS: "Not judged to the end",
    Outcome.BROKEN: "Does not conform",
}


def headline(report: Report) -> str:
    """The verdict."""
    return HEADLINES[report.outcome]


def explanation(report: Report) -> str:
    """What the verdict rests on, in a sentence or two."""
    counts = report.counts
    judged = [rule for rule in report.rules if rule.verdict not in (Verdict.NOT_RUN, Verdict.ERROR)]
    musts = sum(rule.level is Level.MUST for rule in judged)
    known = sum(rule.verdict is Verdict.FAIL and rule.known for rule in report.rules)
    broken = len(report.broken)
    flaky = sum(rule.flaky for rule in report.rules)
    said = {
        Outcome.CONFORMS: f"All {counted(len(judged), 'rule')} were judged, and no MUST is broken.",
        Outcome.INCOMPLETE: f"No MUST is broken among the {counted(len(judged), 'rule')} that were judged.",
        Outcome.UNJUDGED: "Not one rule could be judged, which says nothing for the target.",
        Outcome.ERRONEOUS: "No MUST is seen to be broken, but the suite itself broke: its own fault, not the target's.",
        Outcome.BROKEN: f"{broken} of {counted(musts, 'MUST rule')} that {'was' if musts == 1 else 'were'} judged "
        f"{'is' if broken == 1 else 'are'} broken.",
    }[report.outcome]
    notes = [
        f"{counted(flaky, 'rule')} failed once and not again: flaky, and that is not a pass." if flaky else "",
        f"{counted(known, 'rule')} {'fails' if known == 1 else 'fail'} in ways that the baseline knows." if known else "",
        f"{counted(counts[Verdict.NOT_RUN], 'rule')} {'was' if counts[Verdict.NOT_RUN] == 1 else 'were'} not run, "
        "and that is not a pass."
        if counts[Verdict.NOT_RUN] and report.outcome is not Outcome.UNJUDGED
        else "",
    ]
    return " ".join([said, *filter(None, notes)])


def chosen(report: Report) -> list[Chosen]:
    """Where the target chooses otherwise than the document, and was judged by that."""
    return [Chosen(f"{name} = {value}", *_told(name)) for name, value in report.choices.items()]


def _told(name: str) -> tuple[str, str]:
    """Of a choice that this release does not know, nothing."""
    return (CHOICES[name].sentence, CHOICES[name].source) if name in CHOICES else ("", "")


def counted(number: int, noun: str) -> str:
    """1 rule, 1,234 rules."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def duration(seconds: float) -> str:
    """0.4 s, 41 s, 2 min 41 s, 5 h 24 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 100:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def worst(report: Report) -> list[tuple[RuleResult, Failure]]:
    """Every failure, what weighs most first: MUST before SHOULD, new before known, certain before flaky; each rule's first
    before any rule's second, and frequent before rare."""
    rows = [(rule, failure, rank) for rule in report.rules for rank, failure in enumerate(_frequent(rule))]
    return [(rule, failure) for rule, failure, _ in sorted(rows, key=lambda row: _weight(*row))]


def _frequent(rule: RuleResult) -> list[Failure]:
    return sorted(rule.failures, key=lambda failure: (failure.known, failure.flaky, -failure.times))


def _weight(rule: RuleResult, failure: Failure, rank: int) -> tuple[bool, bool, bool, int, int]:
    return rule.level is not Level.MUST, failure.known, failure.flaky, rank, -failure.times
