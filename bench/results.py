"""What was seen, round by round, and its medians."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.load import Figures


@dataclass
class Seen:
    """Of one contender. `cold` in seconds; `fresh` and `used` are resident MiB, after the start and after all loads. A
    request is missing if it was not answered as the document says."""

    title: str
    cold: list[float] = field(default_factory=list)
    fresh: list[float] = field(default_factory=list)
    used: list[float] = field(default_factory=list)
    requests: dict[str, list[Figures]] = field(default_factory=dict)
    abilities: dict[str, bool] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    missing: str = ""

    def median(self, request: str, figure: str) -> float | None:
        """Over the rounds."""
        return middle(getattr(figures, figure) for figures in self.requests.get(request, ()))

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "requests": {name: [f._asdict() for f in rows] for name, rows in self.requests.items()}}


def middle(values: Iterable[float]) -> float | None:
    found = list(values)
    return statistics.median(found) if found else None


Cell = Callable[[Seen, str], str]


def number(figure: str, form: str = ",.0f") -> Cell:
    """A median as text; – where there is none."""
    return lambda seen, request: shown(seen.median(request, figure), form)


def ratio(base: Seen | None, figure: str = "rate") -> Cell:
    """A median over the base's of the same request."""

    def cell(seen: Seen, request: str) -> str:
        mine, theirs = seen.median(request, figure), base.median(request, figure) if base else None
        return f"{mine / theirs:.2f}" if mine is not None and theirs else "–"

    return cell


def shown(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)
