"""The results as Markdown: tables of which every row is a contender."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from bench.abilities import ABILITIES
from bench.contenders import FLASK, PRISM, STARLETTE
from bench.results import Cell, Seen, middle, number, ratio, shown


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; the first column is the row's name."""
    lines = ["| " + " | ".join(head) + " |", "|---" + "|--:" * (len(head) - 1) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def sections(seen: Mapping[str, Seen], requests: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each table with its title."""
    measured = {name: row for name, row in seen.items() if not row.missing}

    def of(cell: Cell) -> str:
        return table(["", *requests], ([row.title, *(cell(row, name) for name in requests)] for row in measured.values()))

    yield "Requests per second", of(number("rate"))
    yield "× bare Starlette", of(ratio(measured.get(STARLETTE)))
    yield "× FlaskApp", of(ratio(measured.get(FLASK)))
    if PRISM in measured:
        yield "× Prism", of(ratio(measured[PRISM]))
    yield "Latency, p50 in ms", of(number("p50", ".2f"))
    yield "Latency, p99 in ms", of(number("p99", ".2f"))
    yield "The server's processor time, µs per request", of(number("cpu"))
    yield "Start and memory", _resources(measured.values())
    if any(row.abilities for row in measured.values()):
        yield "What each does", _abilities(measured.values())
    if len(measured) < len(seen):
        yield "Not measured", "\n".join(f"- {row.title}: {row.missing}" for row in seen.values() if row.missing)


def _resources(rows: Iterable[Seen]) -> str:
    head = ["", "cold start to the first answer, s", "resident after it, MiB", "after all loads, MiB"]
    cells = ([row.title, *map(_resource, (row.cold, row.fresh, row.used), (".2f", ".0f", ".0f"))] for row in rows)
    return table(head, cells)


def _resource(values: Sequence[float], form: str) -> str:
    return shown(middle(values), form)


def _abilities(rows: Iterable[Seen]) -> str:
    return table(["", *ABILITIES], ([row.title, *(_yes(row.abilities.get(name)) for name in ABILITIES)] for row in rows))


def _yes(able: bool | None) -> str:
    return {True: "yes", False: "no", None: "–"}[able]


def markdown(seen: Mapping[str, Seen], requests: Sequence[str], made: str) -> str:
    """All tables, below a line that says how they were made."""
    parts = [made, *(f"### {title}\n\n{content}" for title, content in sections(seen, requests))]
    return "\n\n".join(parts) + "\n"


def put(page: Path, name: str, content: str) -> None:
    """Write between `<!-- NAME -->` and `<!-- /NAME -->` of a page. Raises ValueError if it has no such place."""
    text = page.read_text("utf-8")
    opening, closing = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
    before, found, rest = text.partition(opening)
    _, ended, after = rest.partition(closing)
    if not (found and ended):
        raise ValueError(f"{page} has no place for it: {opening.strip()} and {closing.strip()}, each on a line of its own")
    page.write_text(f"{before}{opening}\n{content}\n{closing}{after}", "utf-8")
