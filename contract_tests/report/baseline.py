"""Known failures: they do not fail a build, new ones do, and those that are gone are named."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from contract_tests.report import record
from contract_tests.report.model import Known, Report, RuleResult, Verdict
from contract_tests.report.sameness import fingerprint

JUDGED = (Verdict.PASS, Verdict.FAIL, Verdict.WARN)


def load(path: Path) -> tuple[Known, ...]:
    """What a baseline file knows: it is a whole report, or `{"format": 1, "known": [{"rule", "operation", "what"}]}`."""
    body: Any = record.parsed(path)
    if isinstance(body, dict) and "known" in body:
        record.check(body, path, "baseline")
        return tuple(Known(**each) for each in body["known"])
    return found(record.load(path))


def found(report: Report) -> tuple[Known, ...]:
    """What a report would leave to the next run as known."""
    return tuple(Known(rule.id, each.operation, each.what) for rule in report.rules for each in rule.failures)


def dumped(known: tuple[Known, ...]) -> str:
    """The small baseline file."""
    body = {"format": record.FORMAT, "known": [asdict(each) for each in known]}
    return json.dumps(body, ensure_ascii=False, indent=1) + "\n"


def compared(report: Report, known: tuple[Known, ...]) -> Report:
    """The report with what is known marked, and what is mended named.

    Only a rule that was judged can have mended anything. Compare a published report: texts are redacted and cut in both.
    """
    old = {fingerprint(each): each for each in known}
    rules = tuple(_marked(rule, old) for rule in report.rules)
    marked = replace(report, rules=rules)
    new = {fingerprint(each) for each in found(marked)}
    judged = {rule.id for rule in rules if rule.verdict in JUDGED}
    mended = tuple(each for mark, each in old.items() if mark not in new and each.rule in judged)
    return replace(marked, mended=mended)


def _marked(rule: RuleResult, old: dict[str, Known]) -> RuleResult:
    failures = tuple(
        replace(each, known=fingerprint(Known(rule.id, each.operation, each.what)) in old) for each in rule.failures
    )
    return replace(rule, failures=failures)
