"""What comes after a run: one failure once more, and what a run could not take away."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from contract_tests import process
from contract_tests.commands.ending import Unjudged, found, opened
from contract_tests.confirming import LAW
from contract_tests.report import record
from contract_tests.report.model import Failure, RuleResult
from contract_tests.running import Options, carried_out


@click.command()
@click.argument("report", type=click.Path(path_type=Path))
@click.argument("rule")
@click.option("--operation", metavar="ID", help="Of the rule's failures those at this operation alone.")
@click.option("--target", type=click.Path(path_type=Path), help="The target file, if it is not where it was.")
@click.option("--address", metavar="URL", help="Judge this address instead of the target file's.")
def replay(report: Path, rule: str, operation: str | None, target: Path | None, address: str | None) -> None:
    """Run the failures of RULE in REPORT, a report.json, again: the same tests with the same seed.

    Exits with 1 if one returns and with 0 if none does.
    """
    try:
        before = record.load(report)
    except record.UnreadableReport as why:
        raise Unjudged(str(why)) from why
    failures = _failures(before.rules, rule, operation)
    file = target or Path(before.target_file)
    options = Options(
        target_file=found(file),
        address=address or before.address,
        profile=before.profile,
        seed=before.seed,
        only=tuple(dict.fromkeys([*(each.test for each in failures), LAW.format(rule)])),
        examples=before.examples,
        confirm=False,
        verbose=True,
    )
    sys.exit(carried_out(opened(file, options.address), options))


def _failures(rules: tuple[RuleResult, ...], name: str, operation: str | None) -> list[Failure]:
    rule = next((each for each in rules if each.id == name), None)
    if rule is None:
        raise Unjudged(
            f"the report has no rule {name}; it has {rules[0].id} to {rules[-1].id}" if rules else "the report is empty"
        )
    failures = [each for each in rule.failures if each.test and operation in (None, each.operation)]
    if not failures:
        failed = ", ".join(each.id for each in rules if each.failures) or "none"
        raise Unjudged(f"{name} has no such failure in this report; those with failures are {failed}")
    return failures


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--address", metavar="URL", help="This address instead of the target file's.")
def clean(target: Path, address: str | None) -> None:
    """Take away what earlier runs made in TARGET and could not remove, because they were killed."""
    chosen = opened(target, address)
    journals = list(process.abandoned(chosen))
    for path in journals:
        process.tidy(chosen, path)
    left = [path for path in journals if path.exists()]
    click.echo(
        f"{len(journals)} runs had left something" if journals else "no run has left anything, as far as is known here"
    )
    if left:
        raise Unjudged(f"not all of it could be removed; see {left[0]}")
