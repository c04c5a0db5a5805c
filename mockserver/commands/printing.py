"""What commands print: tables for people, JSON for scripts. No control character of a request reaches the terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click
import orjson

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def line(text: str) -> str:
    """The text in one line that cannot steer a terminal."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def cell(value: Any) -> str:
    """A value in a table; `-` where there is none."""
    if value is None or value == "":
        return "-"
    if isinstance(value, Mapping):
        return cell(", ".join(f"{count} {name}" for name, count in value.items() if count))
    if isinstance(value, (list, tuple)):
        return cell(" ".join(map(str, value)))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return line(str(value))


def table(titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Columns as wide as their widest cell."""
    cells = [list(titles), *([cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in cells)


def pairs(rows: Mapping[str, Any]) -> str:
    """A line for each, names before values."""
    width = max(map(len, rows))
    return "\n".join(f"{name:<{width}}  {cell(value)}" for name, value in rows.items())


def document(data: Any) -> str:
    """JSON to read."""
    return orjson.dumps(data, option=orjson.OPT_INDENT_2).decode()


def row(data: Any) -> str:
    """JSON in one line, for what has no end."""
    return orjson.dumps(data).decode()


def note(text: str) -> None:
    """A line that is no result, on standard error."""
    click.echo(f"nexus-mock: {line(text)}", err=True)
