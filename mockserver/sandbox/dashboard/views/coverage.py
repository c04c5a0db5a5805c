"""What of the contract was exercised, in a world or in all: what is missing first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, jsonify

from mockserver.sandbox.dashboard import forms
from mockserver.sandbox.dashboard.parts import ask, data
from mockserver.sandbox.dashboard.views.showing import Page, beside, done, shown

pages = Blueprint("coverage", __name__)


@dataclass(frozen=True)
class Row:
    """One operation: how often each of its statuses was answered."""

    operation_id: str
    method: str
    path: str
    requests: int
    statuses: Mapping[int, int]
    codes: Mapping[str, int]

    @property
    def missing(self) -> Sequence[int]:
        return [status for status, seen in self.statuses.items() if not seen]


@pages.get("/coverage", defaults={"world_id": None})
@pages.get("/worlds/<world_id>/coverage")
def index(world_id: str | None, form: forms.Form = forms.NONE) -> Page:
    found = data("getCoverage", query={"world_id": world_id})
    rows = sorted((_row(operation) for operation in found["operations"]), key=lambda row: -len(row.missing))
    return shown(
        "coverage.html",
        form,
        world_id=world_id,
        coverage=found,
        percent=round(100 * found["exercised"] / found["possible"]) if found["possible"] else 0,
        rows=rows,
        columns=sorted({status for row in rows for status in row.statuses}),
    )


@pages.get("/coverage.json", defaults={"world_id": None})
@pages.get("/worlds/<world_id>/coverage.json")
def as_json(world_id: str | None) -> Page:
    """For those who are signed in here; programs ask the control API."""
    return jsonify(data("getCoverage", query={"world_id": world_id}))


@pages.post("/coverage/forget", defaults={"world_id": None})
@pages.post("/worlds/<world_id>/coverage/forget")
@beside(index, "world_id")
def forget(world_id: str | None) -> Page:
    ask("deleteCoverage", query={"world_id": world_id})
    return done("Coverage is counted anew from here.", "coverage.index", world_id=world_id)


def _row(operation: Mapping[str, Any]) -> Row:
    codes: dict[str, int] = {}
    for status in operation["statuses"]:
        for code, seen in status["codes"].items():
            codes[code] = codes.get(code, 0) + seen
    statuses = {status["status"]: status["requests"] for status in operation["statuses"]}
    return Row(operation["operation_id"], operation["method"], operation["path"], operation["requests"], statuses, codes)
