"""The machine can fail: each of these faults in the mock, one at a time, is found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from mockserver import movements, workers
from mockserver.domain import pricing, stock
from mockserver.store import queue
from mockserver.store.prices import Prices
from mockserver.store.shop import Shop
from mockserver.store.sqlite import StateFile
from mockserver.store.stocks import Stocks
from mockserver.store.tables import jobs
from nexuscommerce.contract import Contract
from tests.machine.machine import Run, drive

Change = Callable[[pytest.MonkeyPatch], None]


def _replaced(owner: Any, name: str, make: Callable[[Any], Any]) -> Change:
    """Exchange an attribute for what `make` makes of the old one."""
    return lambda patch: patch.setattr(owner, name, make(vars(owner)[name]))


def _nothing(_: Any) -> Callable[..., None]:
    return lambda *arguments, **options: None


def _update_without(collection: str, member: str, when: Callable[[dict[str, Any]], bool] = lambda _: True) -> Change:
    """Changes of a collection's rows forget a member."""

    def make(update: Any) -> Any:
        def forgetful(shop: Shop, name: str, row_id: str, changes: dict[str, Any]) -> None:
            if name == collection and when(changes):
                changes = {key: value for key, value in changes.items() if key != member}
            if changes:
                update(shop, name, row_id, changes)

        return forgetful

    return _replaced(Shop, "update", make)


def _silent(event: str) -> Change:
    """Changes of a kind are told to nobody."""

    def make(emit: Any) -> Any:
        return lambda shop, type_, at, ids: None if type_ == event else emit(shop, type_, at, ids)

    return _replaced(Shop, "emit", make)


def _commits_what_fails(_: Any) -> Any:
    @contextmanager
    def transaction(file: StateFile, tenant: str | None, *, writes: bool, alone: bool = True) -> Iterator[Connection]:
        connection = file.connection
        if writes:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            yield connection
        finally:
            if writes:
                connection.exec_driver_sql("COMMIT")

    return transaction


FAULTS: dict[str, Change] = {
    "available ignores the safety stock": _replaced(
        stock.Level, "available", lambda _: lambda level, safety: level.on_hand - level.reserved
    ),
    "a cancelled order releases nothing": _replaced(movements, "release", _nothing),
    "a shipment takes only what is reserved": _replaced(
        movements, "_settle", lambda settle: lambda shop, at, rows, leaves: settle(shop, at, rows, leaves=False)
    ),
    "orders take third parties' stock first": lambda patch: patch.setitem(stock.KINDS, "FBM", ("3PL", "own")),
    "a new title does not reach the inventory": _update_without("inventory", "title"),
    "what is dismissed stays pending": _replaced(Prices, "_dismiss", _nothing),
    "another price dismisses nothing": _replaced(Prices, "changed", _nothing),
    "a product's end dismisses nothing": _replaced(Prices, "ended", _nothing),
    "a product's end forgets no reservation": _replaced(Stocks, "forget", _nothing),
    "the ceiling is ignored": lambda patch: patch.setattr(pricing, "BOUNDS", ("floor",)),
    "of floor and ceiling the higher number wins": lambda patch: patch.setattr(pricing, "reversed", iter, raising=False),
    "applied prices reach no listing": _replaced(Prices, "list_at", _nothing),
    "a cancelled job wakes again": _update_without("ai-jobs", "wakes_at", lambda row: row.get("status") == "cancelled"),
    "three jobs run at a time": lambda patch: patch.setattr(workers, "WORKERS", 3),
    "jobs start in the order of their creation": _replaced(
        queue, "_WAITING", lambda waiting: waiting.order_by(None).order_by(jobs.c.created_at, jobs.c.id)
    ),
    "what cannot be sold is kept": _replaced(StateFile, "transaction", _commits_what_fails),
    "stock moves without an event": _silent("inventory.updated"),
    "jobs end without an event": _silent("ai_job.completed"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found(
    name: str, tmp_path: Path, contract: Contract, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Run(tmp_path, contract)
    FAULTS[name](monkeypatch)

    with pytest.raises(AssertionError) as found:
        drive(run, 100, 100, seeded=False, shrinks=False)

    with capsys.disabled():
        print(f"\n{name}: found within {run.steps} steps: {str(found.value)[:120]}")
