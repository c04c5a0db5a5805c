"""The arithmetic of the table, and the table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich.box import Box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from contract_tests.report.wording import counted, duration
from contract_tests.rules import GROUPS, RULES, Level
from tests.faults.seams import HEALTHY, Fault
from tests.kills.results import By, Result

ALL = "all"
WHO: Mapping[By, str] = {By.SMOKE: "the judge, smoke", By.FULL: "the judge, full", By.STOCK: "stock Schemathesis"}
LEGEND = (
    "smoke, full: caught by the judge in that profile, by the one rule that claims the fault; stock: by stock Schemathesis. "
    "All mocks, the one without a fault too, run AI jobs in 2 to 3 seconds instead of minutes."
)


@dataclass(frozen=True)
class Cell:
    """Some faults, looked for by one. `tried` counts those that there is a result of."""

    tried: int = 0
    caught: int = 0
    requests: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Row:
    """A group of rules, or all of them. `cells` has those who tried."""

    group: str
    faults: int
    cells: Mapping[By, Cell]


def rows(faults: Iterable[Fault], results: Sequence[Result]) -> list[Row]:
    """A row for each group, in the catalogue's order, and one for all of them."""
    groups = {fault.name: RULES[fault.rule].group for fault in faults}
    names = [group for group in GROUPS if group in groups.values()]
    members = {group: [name for name, each in groups.items() if each == group] for group in names}
    return [*(_row(group, members[group], results) for group in names), _row(ALL, list(groups), results)]


def _row(group: str, faults: Sequence[str], results: Sequence[Result]) -> Row:
    cells = {by: _cell([each for each in results if each.by is by and each.subject in faults]) for by in By}
    return Row(group, len(faults), {by: cell for by, cell in cells.items() if cell.tried})


def _cell(results: Sequence[Result]) -> Cell:
    return Cell(
        tried=len(results),
        caught=sum(each.caught for each in results),
        requests=sum(each.requests for each in results),
        seconds=sum(each.seconds for each in results),
    )


def missed(faults: Iterable[Fault], results: Sequence[Result], by: By) -> list[Fault]:
    """The faults that were looked for and not found."""
    names = {each.subject for each in results if each.by is by and not each.caught}
    return [fault for fault in faults if fault.name in names]


def accused(results: Iterable[Result]) -> list[Result]:
    """What was raised against the mock without a fault."""
    return [each for each in results if each.subject == HEALTHY and each.caught]


def escaped(faults: Iterable[Fault], results: Sequence[Result]) -> list[Fault]:
    """Broken MUSTs that the judge does not see, even if it takes its time."""
    return [fault for fault in missed(faults, results, By.FULL) if RULES[fault.rule].level is Level.MUST]


def code(faults: Iterable[Fault], results: Sequence[Result]) -> int:
    """1 if a fault of a MUST escaped the judge, or if anybody accused the healthy mock."""
    return int(bool(escaped(faults, results) or accused(results)))


def shown(faults: Sequence[Fault], results: Sequence[Result], box: Box, titles: bool) -> RenderableType:
    """The table, who missed what, and what was said of the healthy mock. With `titles` groups have their names."""
    every = rows(faults, results)
    who = [by for by in By if any(each.by is by for each in results)]
    table = Table(box=box, header_style="", padding=(0, 1) if titles else (0, 1, 0, 0), pad_edge=titles)
    table.add_column("group")
    for heading in ("faults", *(heading for by in who for heading in (by, "requests", "seconds"))):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in every:
        name = f"{row.group} {GROUPS.get(row.group, '')}".strip() if titles else row.group
        table.add_row(name, f"{row.faults:,}", *(text for by in who for text in _texts(row, by)))
    return Group(table, *(Text(f"\n{line}") for line in notes(faults, results)))


def _texts(row: Row, by: By) -> tuple[str, str, str]:
    cell = row.cells.get(by)
    if cell is None:
        return "", "", ""
    of = "" if cell.tried == row.faults else f" of {cell.tried:,}"
    return f"{cell.caught:,}{of}", f"{cell.requests:,}", f"{cell.seconds:,.0f}"


def notes(faults: Sequence[Fault], results: Sequence[Result]) -> list[str]:
    """What stands beneath the table, a paragraph each."""
    lines = [LEGEND]
    for by in By:
        if any(each.by is by and each.subject != HEALTHY for each in results):
            names = [_named(fault) for fault in missed(faults, results, by)]
            lines.append(f"Missed by {WHO[by]}: {', '.join(names) or 'none'}.")
    for each in results:
        if each.subject == HEALTHY:
            spent = f"{counted(each.requests, 'request')} and {duration(each.seconds)}"
            raised = f"accuses it: {each.said}" if each.caught else f"raises nothing in {spent}"
            lines.append(f"Without a fault: {WHO[each.by]} {raised}.")
    return lines


def _named(fault: Fault) -> str:
    level = RULES[fault.rule].level
    return fault.name if level is Level.MUST else f"{fault.name} ({level})"
