"""The promises that the catalogue rests on, read from sentences.toml: each with its rules, or why nobody can judge it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

# How sources are called in rules.toml -> what they are.
SOURCES: Mapping[str, str] = {
    "api-overview": "The overview page of the public documentation",
    "contract": "The project's decisions, where that page is silent",
}


class Sentence(NamedTuple):
    """What one of the SOURCES says, word for word. It has rules that judge it, or else a reason why none can."""

    source: str
    section: str
    text: str
    rules: tuple[str, ...] = ()
    unobservable: str = ""

    @property
    def place(self) -> str:
        """Where it stands, as a rule's source writes it."""
        return f"{self.source}: {self.section}"


def _read(path: Path) -> Iterator[Sentence]:
    document: Mapping[str, Mapping[str, list[dict[str, Any]]]] = tomllib.loads(path.read_text("utf-8"))
    for source, sections in document.items():
        for section, rows in sections.items():
            for row in rows:
                yield Sentence(source, section, **{**row, "rules": tuple(row.get("rules", ()))})


SENTENCES = tuple(_read(Path(__file__).with_name("sentences.toml")))
