"""What the shell offers after <TAB>: quickly, and nothing where nobody answers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

import click
from click.shell_completion import CompletionItem

Offer = Callable[[click.Context, click.Parameter, str], list[CompletionItem[str]]]
_SECONDS = 1.0


def _offered(find: Callable[[click.Context], Iterable[tuple[str, str | None]]]) -> Offer:
    """Those that begin with what was typed; a shell that waits for an answer gets one."""

    def offer(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        try:
            found = list(find(context))
        except Exception:  # noqa: BLE001  whatever it is: an error in the middle of a command line helps nobody
            return []
        return [CompletionItem(value, help=told) for value, told in found if value.startswith(incomplete)]

    return offer


def _control(context: click.Context) -> Any:
    from mockserver.commands.client import Control
    from mockserver.commands.session import address

    url = context.params.get("url") or os.environ.get("NEXUS_MOCK_URL") or address()
    token = context.params.get("bearer") or os.environ.get("NEXUS_MOCK_TOKEN")
    return Control(url, token, timeout=_SECONDS)


def _worlds(context: click.Context) -> Iterable[tuple[str, str | None]]:
    with _control(context) as control:
        return [(row["id"], row["name"]) for row in control.worlds()]


def _fixtures(context: click.Context) -> Iterable[tuple[str, str | None]]:
    with _control(context) as control:
        return [(name, None) for name in control.get("/server")["fixtures"]]


def _events(_: click.Context) -> Iterable[tuple[str, str | None]]:
    from nexuscommerce.contract import load

    return [(name, None) for name in load().events]


def _operations(_: click.Context) -> Iterable[tuple[str, str | None]]:
    from nexuscommerce.contract import load

    return [(row.id, f"{row.method} {row.path}") for row in load().operations.values()]


def _codes(_: click.Context) -> Iterable[tuple[str, str | None]]:
    from nexuscommerce.contract import load

    return [(code, None) for code in load().error_codes]


worlds = _offered(_worlds)
fixtures = _offered(_fixtures)
events = _offered(_events)
operations = _offered(_operations)
codes = _offered(_codes)
