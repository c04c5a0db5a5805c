"""The request log, of a world or of all: live, filtered, and one entry with all that it has."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, abort, render_template, request

from mockserver.domain.errors import ApiError
from mockserver.sandbox.dashboard import forms
from mockserver.sandbox.dashboard.parts import ask, data, parts
from mockserver.sandbox.dashboard.views.showing import Page, beside, done, shown

pages = Blueprint("log", __name__)

FILTERS = ("method", "status", "operation_id", "path", "error_code")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_LIMIT = 50


@pages.get("/log", defaults={"world_id": None})
@pages.get("/worlds/<world_id>/log")
def index(world_id: str | None, form: forms.Form = forms.NONE) -> Page:
    """A filter that the control API refuses is told above the list, which is empty then."""
    chosen = _chosen(world_id)
    try:
        found = ask("listRequests", query={**chosen, "before": request.args.get("before"), "limit": _LIMIT})
    except ApiError as why:
        found = {"data": [], "meta": {"total": 0, "next": None}}
        form = forms.refused(request.args, why, parts().status(why))
    stream = f"{request.script_root}/v1/requests/stream?{urlencode(chosen)}"
    return shown(
        "log.html",
        form,
        entries=found["data"],
        meta=found["meta"],
        chosen=chosen,
        world_id=world_id,
        older={
            "world" if name == "world_id" else name: value
            for name, value in chosen.items()
            if not (world_id and name == "world_id")
        },
        is_first=not request.args.get("before"),
        stream=stream,
        limit=_LIMIT,
        methods=METHODS,
        operations=sorted(parts().contract.operations),
        codes=sorted(parts().contract.error_codes),
    )


@pages.get("/log/rows", defaults={"world_id": None})
@pages.get("/worlds/<world_id>/log/rows")
def rows(world_id: str | None) -> Page:
    """The rows alone, the latest first: what the script puts above those that are there."""
    entries = data("listRequests", query={**_chosen(world_id), "limit": _LIMIT})
    return render_template("log_rows.html", entries=entries, world_id=world_id)


@pages.get("/log/<entry_id>", defaults={"world_id": None})
@pages.get("/worlds/<world_id>/log/<entry_id>")
def entry(world_id: str | None, entry_id: str) -> Page:
    found = data("getRequest", {"requestId": entry_id})
    if world_id is not None and found["world_id"] != world_id:
        abort(404)
    refusals = parts().contract.refusals
    place = next((n for n, row in enumerate(refusals, 1) if row.code == found["error_code"]), None)
    check = refusals[place - 1].check if place else ""
    faults = _faults(found["response"])
    return render_template(
        "entry.html", entry=found, world_id=world_id, place=place, check=check, checks=len(refusals), faults=faults
    )


@pages.post("/log/empty", defaults={"world_id": None})
@pages.post("/worlds/<world_id>/log/empty")
@beside(index, "world_id")
def empty(world_id: str | None) -> Page:
    ask("deleteRequests", query={"world_id": world_id})
    return done("The log is empty.", "log.index", world_id=world_id)


def _faults(response: Any) -> list[dict[str, str]]:
    """What was wrong with a request, fault by fault, as its answer tells it; nothing if it tells nothing such."""
    try:
        faults = json.loads(response["body"])["error"]["details"]["errors"]
        return [{name: str(fault[name]) for name in ("in", "pointer", "message")} for fault in faults]
    except (ValueError, TypeError, KeyError):
        return []


def _chosen(world_id: str | None) -> dict[str, Any]:
    """The filters of the address that say something, as the control API names them. On a world's pages the world is one of
    them; elsewhere it is `world`, since `world_id` is the name of a place in addresses."""
    given = {name: request.args.get(name, "").strip() for name in FILTERS}
    world = world_id or request.args.get("world", "").strip()
    return {name: value for name, value in {"world_id": world, **given}.items() if value}
