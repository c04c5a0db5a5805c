"""doctor: whether a target is as its file says, and what can be judged there."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from contract_tests import target as targets
from contract_tests.commands.ending import Unreached, found, refuse
from contract_tests.doctor import credentials, data, judging, place, quota, tenants
from contract_tests.doctor.asking import Asker, Unanswered
from contract_tests.doctor.finding import Finding, Mark, Section
from contract_tests.profiles import DEFAULT, PROFILES
from contract_tests.report.redaction import redact
from contract_tests.report.visible import visible
from contract_tests.report.wording import counted
from contract_tests.target import Target

STYLES = {Mark.OK: "green", Mark.WARN: "yellow", Mark.BAD: "bold red"}
WRONG = 2
NAMED = 8  # rules that are named in a line
MARGIN = 7  # columns of the mark


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--address", metavar="URL", help="Look at this address instead of the target file's.")
@click.option("--profile", type=click.Choice(list(PROFILES)), default=DEFAULT, help=f"Whether this one fits ({DEFAULT}).")
@click.option("--json", "as_json", is_flag=True, help="A JSON object, for programs.")
def doctor(target: Path, address: str | None, profile: str, as_json: bool) -> None:
    """Look whether TARGET is as its file says, what its rate limits leave room for, and which rules can be judged.

    It only reads, but for a POST with an empty body for each credential where the file allows writes.

    \b
    Exit codes:
      0  all is as the file says; warnings say what it costs
      2  something in the target file is wrong, or in what it leads to
      3  the target cannot be reached
    """
    try:
        chosen = targets.load(found(target), address)
    except targets.TargetError as why:
        unset = list(targets.unset(found(target))) or refuse(why)
        _tell([Finding(Section.CREDENTIALS, Mark.BAD, name, said) for name, said in unset], target, None, as_json)
        sys.exit(WRONG)
    findings = list(examined(chosen, profile))
    _tell(findings, target, chosen, as_json)
    sys.exit(WRONG if any(each.mark is Mark.BAD for each in findings) else 0)


def examined(target: Target, profile: str) -> Iterator[Finding]:
    """All that can be found. Where there is no API there is nothing more to look at."""
    asker = Asker(target, lambda line: click.echo(line, err=True))
    try:
        at = list(place.findings(asker))
        yield from at
        if at[0].mark is not Mark.BAD:
            seen = list(credentials.findings(asker, profile))
            yield from seen
            yield from tenants.findings(asker)
            admitted = not any(each.what == "full" and each.mark is Mark.BAD for each in seen)
            looked = list(data.findings(asker)) if admitted else []
            yield from quota.findings(asker, profile)
            yield from looked
            yield from judging.findings(target)
    except Unanswered as why:
        raise Unreached(f"nothing answers at {target.address} ({why}); start it, or give --address") from why
    finally:
        asker.close()


def _tell(findings: list[Finding], file: Path, target: Target | None, as_json: bool) -> None:
    secrets: Mapping[str, str] = target.secrets if target else {}
    bad, warned = (sum(each.mark is mark for each in findings) for mark in (Mark.BAD, Mark.WARN))
    if as_json:
        body: dict[str, object] = {
            "target": str(file),
            "address": target and target.address,
            "bad": bad,
            "warn": warned,
            "findings": [{**vars(each), "rules": list(each.rules)} for each in findings],
        }
        click.echo(redact(json.dumps(body, ensure_ascii=False, indent=1), secrets))
        return
    screen = Console(highlight=False)
    before, wide = None, max(len(each.what) for each in findings) + 1
    for each in findings:
        if each.section is not before:
            screen.print(Text(f"\n{each.section}" if before else str(each.section), "bold"))
            before = each.section
        _show(screen, each, wide, secrets)
    screen.print()
    screen.print(Text(_summary(bad, warned, file), STYLES[Mark.BAD if bad else Mark.OK]))


def _show(screen: Console, finding: Finding, wide: int, secrets: Mapping[str, str]) -> None:
    """What was seen beside what was looked at, and the mend below it."""
    texts = [(finding.said, ""), (_rules(finding.rules), "dim"), (finding.mend, "dim")]
    beside = [each for text, style in texts if text for each in _wrapped(screen, redact(text, secrets), style, wide)]
    first, *others = beside
    screen.print(Text.assemble((f"  {finding.mark:<5}", STYLES[finding.mark]), f"{finding.what:<{wide}}", first))
    for each in others:
        screen.print(Text(" " * (MARGIN + wide)) + each)


def _wrapped(screen: Console, text: str, style: str, wide: int) -> Iterator[Text]:
    for each in Text(visible(text), style).wrap(screen, max(screen.width - MARGIN - wide, 30)):
        each.rstrip()
        yield each


def _rules(rules: tuple[str, ...]) -> str:
    """The rules that something costs, in few words."""
    if not rules:
        return ""
    more = f" and {len(rules) - NAMED} more" if len(rules) > NAMED else ""
    return f"concerns {', '.join(rules[:NAMED])}{more}"


def _summary(bad: int, warned: int, file: Path) -> str:
    if bad:
        return f"{counted(bad, 'thing')} to mend before a run says anything"
    notes = f", with {counted(warned, 'warning')}" if warned else ""
    return f"all is as the target file says{notes}; next: nexus-contract run {file} --plan"
