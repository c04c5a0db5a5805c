"""The catalogue as a page, docs/rules.md: every rule, every promise with its rules, and what nobody can see.

`python -m contract_tests.catalogue` writes it; `--check` compares instead, and exits with 1 if the page differs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from contract_tests.rules import FAULTS, GROUPS, RULES, Effect, Level, Rule, either
from contract_tests.sentences import SENTENCES, SOURCES, Sentence

PAGE = Path(__file__).parents[1] / "docs" / "rules.md"

INTRODUCTION = """\
<!-- Written by `python -m contract_tests.catalogue` from contract_tests/rules.toml and sentences.toml: change those. -->

# The rules

What `nexus-contract` judges a server by: {rules} rules, {must} of them a MUST, which catch {faults} deliberately broken
servers. A MUST that fails decides against a server, a SHOULD is told. `nexus-contract explain PAG-07` says the same of one
rule.

- **Does** is what of `allow` in the target file a rule makes use of. Every rule reads.
- **Needs** are the credentials beside `full` and `other_full`, the tags of `openapi.yaml`, and the number of successful
  examples without which it is *not run*. A rule that needs nothing may still lack a part, and the report says which.
- **Catches** are the faults that are put into the mock, one at a time, to see that the rule fails.

Then come [the promises](#the-promises), each sentence of the two texts that the contract rests on, with the rules that judge
it, and [what cannot be observed](#what-cannot-be-observed) of them: {judged} are judged, {unseen} cannot be.
"""


def markdown() -> str:
    """The page."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    judged = sum(bool(each.rules) for each in SENTENCES)
    must = sum(rule.level is Level.MUST for rule in RULES.values())
    numbers = {"rules": len(RULES), "must": must, "faults": len(FAULTS)}
    yield INTRODUCTION.format(**numbers, judged=judged, unseen=len(SENTENCES) - judged)
    for group, title in GROUPS.items():
        rules = (rule for rule in RULES.values() if rule.group == group)
        yield f"## {title}\n"
        yield from _table(("Rule", "A server keeps it if", "Does", "Needs", "Catches"), map(_rule, rules))
    yield "## The promises\n"
    for place, sentences in _sections(judged=True):
        yield f"### {place}\n"
        yield from _table(("It says", "Judged by"), ((_cell(each.text), _links(each.rules)) for each in sentences))
    yield "## What cannot be observed\n"
    for place, sentences in _sections(judged=False):
        yield f"### Not seen of {place}\n"
        yield from _table(("It says", "Because"), ((_cell(each.text), _cell(each.unobservable)) for each in sentences))


def _rule(rule: Rule) -> Sequence[str]:
    name = f'<a id="{rule.id.lower()}"></a>**{rule.id}**<br>{rule.level}'
    does = ", ".join(f"`{effect}`" for effect in rule.effects if effect is not Effect.READ)
    needs = [*map(either, rule.needs), *rule.capabilities, *[f"{rule.minimum} examples"] * (rule.minimum > 1)]
    catches = "<br>".join(f"– {_cell(fault)}" for fault in rule.faults.values())
    return name, f"{_cell(rule.sentence)}<br>*{_cell(rule.source)}*", does, _cell(", ".join(needs)), catches


def _sections(*, judged: bool) -> Iterator[tuple[str, list[Sentence]]]:
    """The sentences that have rules, or those that have none, by where they stand."""
    for source, name in SOURCES.items():
        for section in dict.fromkeys(each.section for each in SENTENCES if each.source == source):
            place = f"{source}: {section}"
            chosen = [each for each in SENTENCES if each.place == place and bool(each.rules) == judged]
            if chosen:
                yield f"{name}: {section}", chosen


def _links(rules: Iterable[str]) -> str:
    return ", ".join(f"[{rule}](#{rule.lower()})" for rule in rules)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield _row(head)
    yield _row(["---"] * len(head))
    yield from map(_row, rows)
    yield ""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    """Text that a table of Markdown shows as it is, code in backticks included."""
    parts = text.replace("|", "\\|").split("`")
    parts[::2] = [part.replace("<", "&lt;").replace("*", "\\*") for part in parts[::2]]
    return "`".join(parts)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m contract_tests.catalogue", description="Write docs/rules.md.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if the page is not up to date")
    content = markdown().encode()
    if not parser.parse_args(arguments).check:
        PAGE.write_bytes(content)
        return 0
    if PAGE.exists() and PAGE.read_bytes() == content:
        return 0
    sys.stderr.write(f"{PAGE} is not what the catalogue says: run python -m contract_tests.catalogue\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
