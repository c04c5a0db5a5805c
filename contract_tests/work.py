"""The jobs that the judge waits for: dispatched together, watched until they end, within bounds.

Two ordinary recalculations first; behind them, for a target that does not run everything at once, one of low and then one of
high priority. The one of low priority is cancelled when it is seen running: that it came last is all that it is for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from contract_tests.absence import Why, not_run
from contract_tests.client import Actor, Answer
from contract_tests.document import by_id
from contract_tests.paging import walk
from contract_tests.population import Population, params, read
from contract_tests.seen import Row
from contract_tests.trials import FIRST, FOREMOST, PRICE, SECOND, TRIALS

LONGEST = 300.0  # seconds until the judge waits no longer
PAUSE = 1.0  # between two looks
TOLD = 15.0  # between two lines that say so
ENDED = ("completed", "failed", "cancelled")
LISTED = 3  # existing products: the listing of the first is looked at, those of the others are repriced
PRODUCTS, RULES, RECOMMENDATIONS = (by_id(name) for name in ("listProducts", "listPricingRules", "listRecommendations"))


@dataclass
class Work:
    """What was dispatched. `receipts` and `jobs` by name: plain, applied, idle, again."""

    actor: Actor
    marketplace: str
    skus: Mapping[str, str]  # trial -> its SKU
    listed: list[Row]  # existing products with a listing there, whole, as they were before
    goal: float  # the price that the second and third of them are led to
    say: Callable[[str], None]
    receipts: dict[str, Answer] = field(default_factory=dict)
    jobs: dict[str, str] = field(default_factory=dict)
    history: dict[str, list[Row]] = field(default_factory=dict)  # name -> what each look at the job showed
    limit: float | None = None  # when the run ends, on the monotonic clock
    deadline: float | None = None  # for all waiting together

    def wait(self, *names: str) -> dict[str, Row]:
        """These jobs as they ended (all of them, if none is named); not run if one does not end in time."""
        wanted = names or tuple(self.jobs)
        began = told = time.monotonic()
        self.deadline = self.deadline or min(began + LONGEST, self.limit or began + LONGEST)
        while not all(self._has_ended(name) for name in wanted):
            self.look()
            open_ = {name: self.history[name][-1]["status"] for name in wanted if not self._has_ended(name)}
            if open_ and time.monotonic() > self.deadline:
                waited = time.monotonic() - began
                not_run(Why.OUT_OF_TIME, f"after {waited:.0f} s a job was still {' and another '.join(open_.values())}")
            if time.monotonic() - told > TOLD:
                told = time.monotonic()
                left = self.deadline - told
                self.say(
                    f"waiting for jobs ({', '.join(open_.values())}) since {told - began:.0f} s, {left:.0f} s more at most"
                )
            if open_:
                time.sleep(PAUSE)
        return {name: self.history[name][-1] for name in wanted}

    def look(self) -> None:
        """See how the jobs that have not ended are doing, and cancel the idle one when it runs."""
        for name, job in self.jobs.items():
            if not self._has_ended(name):
                row = self.actor.call("getJob", {"jobId": job}).ok().data
                self.history.setdefault(name, []).append(row)
                if name == "idle" and row["status"] == "running":
                    self.actor.call("cancelJob", {"jobId": job})

    def completed(self, name: str) -> Row:
        """A job that must have been completed."""
        job = self.wait(name)[name]
        assert job["status"] == "completed", f"expected the job to be completed; it is {job['status']}: {job['error']}"
        return job

    def recommended(self, name: str) -> dict[str, Row]:
        """SKU -> what a completed job recommends for it."""
        self.completed(name)
        found = walk(self.actor, RECOMMENDATIONS, {"marketplace": self.marketplace}).rows
        mine = [row for row in found if row["job_id"] == self.jobs[name]]
        assert len({row["sku"] for row in mine}) == len(mine), "expected one recommendation of the job for each SKU"
        return {row["sku"]: row for row in mine}

    def need_listings(self) -> None:
        if len(self.listed) < LISTED:
            not_run(Why.TOO_LITTLE, "tenant `main` has too few products with a listing on one marketplace")

    def _has_ended(self, name: str) -> bool:
        return bool(self.history.get(name)) and self.history[name][-1]["status"] in ENDED


def dispatch(population: Population, say: Callable[[str], None], limit: float | None) -> Work:
    """Make the trials and dispatch every job. Not run where the tenant's own rules would decide."""
    actor = population.full
    foremost = [row["priority"] for row in walk(actor, RULES).rows if row["is_active"] and row["applies_to"] != "skus"]
    if min(foremost, default=FOREMOST + 1) <= FOREMOST:
        not_run(Why.TOO_LITTLE, f"tenant `main` has an active rule of its own with a priority of {min(foremost)}")
    marketplace, listed = _listed(actor)
    skus = {name: _tried(population, name, marketplace) for name in TRIALS}
    goal = 12.34 if all(_price(row, marketplace) != 12.34 for row in listed) else 12.43
    led = [str(row["sku"]) for row in listed[1:]]
    for kind, priority in (("floor", FIRST), ("ceiling", SECOND)) if led else ():
        bound = {"type": kind, "value": goal, "value_type": "fixed", "priority": priority}
        _active(population, bound, led, marketplace, "")
    work = Work(actor, marketplace, skus, listed, goal, say, limit=limit)
    first, second, *_ = own = list(skus.values())
    _recalculate(work, population, "plain", [*own, *(row["sku"] for row in listed[:1])])
    alone = str(population.product(price=PRICE)["sku"])
    _recalculate(work, population, "applied", [alone, *led], apply=True)
    _dispatch(work, population, "idle", "competitor_scan", params("competitor_scan", [first]), "low")
    again = params("pricing_recalculate", [first, second], marketplace=marketplace, apply=False)
    _dispatch(work, population, "again", "pricing_recalculate", again, "high")
    return work


def there(product: Row, marketplace: str) -> Row | None:
    """The product's listing on a marketplace."""
    return next((each for each in product["listings"] if each["marketplace"] == marketplace), None)


def _price(product: Row, marketplace: str) -> float:
    listing = there(product, marketplace)
    return float((listing or product)["price"])


def _listed(actor: Actor) -> tuple[str, list[Row]]:
    """A marketplace, and some products with a listing there: where the most are among the first products."""
    found: dict[str, list[Row]] = {}
    for row in actor.call("listProducts", query={"limit": 40, "sort": "created_at", "order": "asc"}).ok().rows:
        product = read(actor, row)
        for listing in product["listings"]:
            found.setdefault(listing["marketplace"], []).append(product)
    name = max(found, key=lambda name: len(found[name]), default="amazon_us")
    most = found.get(name, [])[:LISTED]
    return name, most if len(most) == LISTED else most[:1]


def _tried(population: Population, name: str, marketplace: str) -> str:
    trial, category = TRIALS[name], f"Judged {population.sku()}"
    product = population.product(title=f"Trial: {name}", price=PRICE, cost_price=trial.cost, category=category)
    for rule in trial.rules:
        _active(population, rule, [str(product["sku"])], marketplace, category)
    return str(product["sku"])


def _active(population: Population, rule: Mapping[str, Any], skus: list[str], marketplace: str, category: str) -> None:
    """Make a rule of a trial; it concerns these SKUs unless it says otherwise."""
    scope = (
        {"applies_to": "category", "category": category} if rule.get("applies_to") == "category" else {"applies_to": "skus"}
    )
    whole = {"is_active": True, "marketplace": marketplace, **scope, **rule}
    if scope["applies_to"] == "skus":
        whole.setdefault("skus", skus)
    whole.pop("deleted", None)
    made = population.rule(**whole)
    if rule.get("deleted"):
        population.full.call("deletePricingRule", {"ruleId": made["id"]}).ok()


def _recalculate(work: Work, population: Population, name: str, skus: list[str], **members: Any) -> None:
    body = {"skus": skus, "marketplace": work.marketplace, **members}
    _keep(work, name, population.dispatch("recalculatePrices", body), "job_id")


def _dispatch(work: Work, population: Population, name: str, kind: str, given: Mapping[str, Any], priority: str) -> None:
    body = {"type": kind, "params": given, "priority": priority}
    _keep(work, name, population.dispatch("dispatchJob", body), "id")


def _keep(work: Work, name: str, answer: Answer, member: str) -> None:
    work.receipts[name] = answer.ok()
    work.jobs[name] = str(answer.data[member])
