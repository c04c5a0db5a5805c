"""The catalogue on the command line."""

from __future__ import annotations

import json
from typing import Any

import click

from contract_tests.commands.ending import Unjudged
from contract_tests.rules import GROUPS, RULES, Rule, either
from contract_tests.sentences import SENTENCES


@click.command()
@click.option("--group", metavar="NAME", help="Those of one group alone, such as PAG.")
@click.option("--json", "as_json", is_flag=True, help="A JSON array, for programs.")
def rules(group: str | None, as_json: bool) -> None:
    """List the rules: id, level, sentence and source."""
    if group is not None and group not in GROUPS:
        raise Unjudged(f"there is no group {group}; there are {', '.join(GROUPS)}")
    chosen = [rule for rule in RULES.values() if group in (None, rule.group)]
    if as_json:
        click.echo(json.dumps([_record(rule) for rule in chosen], ensure_ascii=False, indent=1))
        return
    for rule in chosen:
        click.echo(f"{rule.id}  {rule.level:<6}  {rule.sentence}  [{rule.source}]")


@click.command()
@click.argument("rule")
def explain(rule: str) -> None:
    """Say all of RULE, such as PAG-07: its sentence and source, what it needs and does, and what it is known to catch."""
    if rule not in RULES:
        near = ", ".join(name for name in RULES if name.startswith(rule[:3])) or f"one of {', '.join(GROUPS)}"
        raise Unjudged(f"there is no rule {rule}; there are {near}")
    chosen = RULES[rule]
    click.echo(f"{chosen.id}  {chosen.level}  {GROUPS[chosen.group]}\n\n  {chosen.sentence}\n")
    for title, text in _facts(chosen).items():
        click.echo(f"  {title:<10} {text}")
    promises = [each for each in SENTENCES if rule in each.rules]
    if promises:
        click.echo("\n  It judges")
    for each in promises:
        click.echo(f"  - {each.text} [{each.place}]")
    click.echo("\n  It is known to catch a server where")
    for sentence in chosen.faults.values():
        click.echo(f"  - {sentence}")


def _facts(rule: Rule) -> dict[str, str]:
    return {
        "Source": rule.source,
        "Needs": ", ".join(map(either, ("full", *rule.needs))) + "".join(f", {each}" for each in rule.capabilities),
        "Does": ", ".join(rule.effects),
        "Minimum": f"{rule.minimum} successful example" + "s" * (rule.minimum > 1),
    }


def _record(rule: Rule) -> dict[str, Any]:
    return {**rule._asdict(), "faults": dict(rule.faults)}
