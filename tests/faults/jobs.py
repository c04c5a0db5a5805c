"""AI jobs: their states, times, params and results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mockserver import validation, workers
from mockserver.domain.errors import ApiError
from mockserver.handlers import jobs
from mockserver.store import queue
from mockserver.store.shop import Shop
from nexuscommerce.schemas import Schemas
from tests.faults.pricing import _any_sku
from tests.faults.seams import Answer, fault, handle, on_the_wire, replace

Row = dict[str, Any]
MINUTE = "2001-01-01T00:00:00.000Z"


def _jobs(change: Callable[[Row], None]) -> None:
    """Change every whole job on its way out."""

    def changed(answer: Answer) -> None:
        if answer.path.startswith("/api/ai-jobs") and answer.status < 300 and answer.body:
            body = answer.json
            for row in body["data"] if isinstance(body["data"], list) else [body["data"]]:
                if {"type", "status", "params", "result", "error", "started_at"} <= set(row):
                    change(row)
            answer.json = body

    on_the_wire(changed)


def _of(status: str, **members: Any) -> None:
    """Jobs of this status are told with these members."""
    _jobs(lambda row: row.update(members) if row["status"] == status else None)


@fault
def never_started() -> None:
    _of("completed", started_at=None)


@fault
def ended_while_running() -> None:
    _jobs(lambda row: row.update(completed_at=row["started_at"]) if row["status"] == "running" else None)


@fault
def ended_before_start() -> None:
    _of("completed", completed_at=MINUTE)


@fault
def no_result() -> None:
    _of("completed", result=None)


@fault
def result_of_another_type() -> None:
    _jobs(lambda row: row.update(result={"recommendation_ids": [], "applied_count": 0}) if row["result"] else None)


@fault
def one_recommendation_named() -> None:
    def change(row: Row) -> None:
        if row["result"] and "recommendation_ids" in row["result"]:
            row["result"]["recommendation_ids"] = row["result"]["recommendation_ids"][:1]

    _jobs(change)


@fault
def no_error() -> None:
    _of("failed", error=None)


@fault
def cancelled_with_error() -> None:
    _of("cancelled", error={"code": "CANCELLED", "message": "x"})


@fault
def marketplace_lost() -> None:
    _jobs(lambda row: row["params"].pop("marketplace", None))


@fault
def returns_miscounted() -> None:
    def change(row: Row) -> None:
        for item in (row["result"] or {}).get("items", ()):
            if "returns_classified" in item:
                item["returns_classified"] += 1

    _jobs(change)


@fault
def result_twice() -> None:
    def change(row: Row) -> None:
        if (row["result"] or {}).get("items"):
            row["result"]["items"] *= 2

    _jobs(change)


@fault
def running_at_once() -> None:
    def change(answer: Answer) -> None:
        if answer.status == 202 and answer.path == "/api/ai-jobs":
            answer.json = {"data": {**answer.json["data"], "status": "running"}}

    on_the_wire(change)


@fault
def defaults_not_told() -> None:
    filled = Schemas.filled

    def outermost(self: Schemas, schema: Any, value: Any) -> Any:
        whole = filled(self, schema, value)
        return whole | {"params": value["params"]} if isinstance(value, dict) and "params" in value else whole

    replace(Schemas, "filled", outermost)


@fault
def no_priorities() -> None:
    dispatched = jobs.dispatched
    replace(jobs, "dispatched", lambda shop, call, kind, params, _: dispatched(shop, call, kind, params, "normal"))


@fault
def params_of_another_type() -> None:
    faults = validation._body_faults

    def forgiving(validator: Any, body: Any) -> Any:
        for found in faults(validator, body):
            if not (found["pointer"].startswith("/params/") and found["message"].startswith("there is no such member")):
                yield found

    replace(validation, "_body_faults", forgiving)


@fault
def params_without_pointer() -> None:
    faults = validation._body_faults

    def vague(validator: Any, body: Any) -> Any:
        for found in faults(validator, body):
            yield {**found, "pointer": "/params"} if found["pointer"].startswith("/params/") else found

    replace(validation, "_body_faults", vague)


@fault
def unknown_dispatched() -> None:
    _any_sku(jobs)


@fault
def running_again() -> None:
    seen: dict[str, int] = {}

    def change(row: Row) -> None:
        if row["status"] == "completed" and row["created_at"] > "2026-03-13":
            seen[row["id"]] = seen.get(row["id"], 0) + 1
            if seen[row["id"]] > 1:
                row.update(status="running", result=None, completed_at=None)

    _jobs(change)


@fault
def every_job_fails() -> None:
    replace(workers, "failure", lambda *_: {"code": "WORKER_FAILED", "message": "Out of order"})


@fault
def forgets_params() -> None:
    _jobs(lambda row: row.update(params={**row["params"], "skus": row["params"]["skus"][:1]}) if row["result"] else None)


@fault
def cancelled_in_words() -> None:
    update = Shop.update

    def forgetful(self: Shop, collection: str, row_id: str, changes: Row) -> None:
        if changes.get("status") != "cancelled" or collection != "ai-jobs":
            update(self, collection, row_id, changes)

    replace(Shop, "update", forgetful)


@fault
def running_not_cancelled() -> None:
    cancel = jobs.cancel_job

    def stricter(shop: Any, call: Any) -> Any:
        job = shop.row("ai-jobs", ("status",), "id", call.path["jobId"])
        if job and job["status"] == "running":
            raise ApiError("INVALID_STATE_TRANSITION", {"from": "running", "to": "cancelled", "allowed": []}, **_TOLD)
        return cancel(shop, call)

    handle("cancelJob", lambda _: stricter)


_TOLD: dict[str, Any] = {"from": "running", "to": "cancelled", "kind": "job"}


@fault
def ended_is_cancelled() -> None:
    cancel = jobs.cancel_job

    def lenient(shop: Any, call: Any) -> Any:
        job = shop.row("ai-jobs", call.members, "id", call.path["jobId"])
        if job and job["status"] in ("completed", "failed", "cancelled"):
            shop.update("ai-jobs", job["id"], {"status": "cancelled", "result": None, "error": None})
            return jobs.get_job(shop, call)
        return cancel(shop, call)

    handle("cancelJob", lambda _: lenient)


@fault
def first_come() -> None:
    waiting = queue.Queue.waiting
    replace(queue.Queue, "waiting", lambda self: sorted(waiting(self), key=lambda row: (row["created_at"], row["id"])))
