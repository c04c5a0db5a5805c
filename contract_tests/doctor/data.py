"""What the tenant `main` should have because the judge cannot make it, and which rules too little of it costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from contract_tests.absence import Why
from contract_tests.doctor.asking import Asker, Unanswered, told
from contract_tests.doctor.finding import Finding, Mark, Section
from contract_tests.readiness import obstacles
from contract_tests.rules import RULES

PAGE = 200  # rows that are looked at: the most that a page holds
LISTED = 3  # products with a listing on one marketplace
READ = 40  # products that are read, one after the other, to find them
FIRST = 4  # the lowest priority of an active rule that leaves the judge's own the first word

Row = Mapping[str, Any]


class Want(NamedTuple):
    """`least` of something that `counted` counts, or nobody can judge all of `rules`; looked at if there is `operation`."""

    what: str
    least: int
    rules: tuple[str, ...]
    operation: str
    counted: Callable[[Asker], int]

    @property
    def mend(self) -> str:
        more = "; each run moves some of them on" if self.least > 1 and self.operation == "listOrders" else ""
        return f"have more of them in the tenant{more}"


def findings(asker: Asker) -> Iterator[Finding]:
    for want in WANTS:
        # Where no rule could be judged by it anyway, it is not missed.
        able = tuple(rule for rule in want.rules if not _kept(rule, asker))
        if asker.has(want.operation) and able:
            try:
                count = want.counted(asker)
            except Unanswered as why:
                yield Finding(Section.DATA, Mark.WARN, want.what, f"could not be looked at: {why}")
                continue
            enough = count >= want.least
            there = f"{count:,}" if count else "none"
            said = there if enough else f"{there}, and {want.least} are needed" if want.least > 1 else there
            mend = "" if enough else want.mend
            yield Finding(Section.DATA, Mark.OK if enough else Mark.WARN, want.what, said, mend, () if enough else able)
    if asker.has("listPricingRules"):
        yield from _foremost(asker)


def _kept(rule: str, asker: Asker) -> bool:
    return any(why in (Why.NOT_ALLOWED, Why.UNSUPPORTED) for why, _ in obstacles(RULES[rule], asker.target))


def _page(asker: Asker, operation: str, **query: Any) -> tuple[list[Row], int]:
    """The rows of a page, and how many there are of them in all."""
    answer = asker.ask("full", operation, {"limit": PAGE, **query})
    if answer.status >= 300 or not isinstance(answer.body, dict) or not isinstance(answer.body.get("data"), list):
        raise Unanswered(f"{operation} answers {told(answer)}")
    rows: list[Row] = [row for row in answer.body["data"] if isinstance(row, dict)]
    meta = answer.body.get("meta")
    total = meta.get("total") if isinstance(meta, dict) else None
    return rows, total if isinstance(total, int) else len(rows)


def _orders(state: str, method: str | None = None) -> Callable[[Asker], int]:
    more = {"fulfillment_method": method} if method else {}
    return lambda asker: _page(asker, "listOrders", status=state, fields="id", **more)[1]


def _warehouses(*types: str) -> Callable[[Asker], int]:
    return lambda asker: sum(row.get("type") in types for row in _page(asker, "listWarehouses")[0])


def _jobs(state: str) -> Callable[[Asker], int]:
    return lambda asker: _page(asker, "listJobs", status=state, fields="id")[1]


def _levels(test: Callable[[Row, Row], bool]) -> Callable[[Asker], int]:
    """The first records that have a level of which a test holds."""

    def counted(asker: Asker) -> int:
        rows = _page(asker, "listInventory")[0]
        return sum(any(test(row, level) for level in row.get("warehouses") or () if isinstance(level, dict)) for row in rows)

    return counted


def _rows(operation: str) -> Callable[[Asker], int]:
    return lambda asker: _page(asker, operation, fields="id")[1]


def _listed(asker: Asker) -> int:
    """Of the first products, the most that have a listing on one marketplace; no more are read than are needed."""
    found: Counter[str] = Counter()
    for row in _page(asker, "listProducts", limit=READ, sort="created_at", order="asc", fields="sku")[0]:
        answer = asker.ask("full", "getProduct", {"fields": "listings"}, path={"sku": str(row.get("sku"))})
        data = answer.body.get("data") if isinstance(answer.body, dict) else None
        listings = data.get("listings") if isinstance(data, dict) else None
        found.update({str(each.get("marketplace")) for each in listings or () if isinstance(each, dict)})
        if max(found.values(), default=0) >= LISTED:
            break
    return max(found.values(), default=0)


def _foremost(asker: Asker) -> Iterator[Finding]:
    """The tenant's own rules must not decide what the judge's rules are to decide."""
    try:
        rows = _page(asker, "listPricingRules", sort="priority", order="asc")[0]
    except Unanswered as why:
        yield Finding(Section.DATA, Mark.WARN, "own pricing rules", f"could not be looked at: {why}")
        return
    costs = tuple(rule for rule in REPRICED if not _kept(rule, asker))
    active = [row for row in rows if row.get("is_active") and row.get("applies_to") != "skus"]
    low = [row for row in active if isinstance(row.get("priority"), int) and row["priority"] < FIRST]
    if low and costs:
        said = f"{len(low)} active with a priority below {FIRST}"
        mend = f"give rules for all products or a category a priority of {FIRST} or more"
        yield Finding(Section.DATA, Mark.WARN, "own pricing rules", said, mend, costs)
    elif costs:
        yield Finding(Section.DATA, Mark.OK, "own pricing rules", f"none with a priority below {FIRST} for more than SKUs")


REPRICED = tuple(f"PRC-{number:02}" for number in (9, 10, 11, 12, 13, 14, 15, 16, 17, 18))
MOVES = ("ORD-03", "ORD-04")
SHIPPED = (*MOVES, "ORD-06", "ORD-07", "ORD-08")
WANTS: tuple[Want, ...] = (
    Want("orders, pending", 6, (*MOVES, "INV-15", "WRT-09"), "listOrders", _orders("pending")),
    Want(
        "orders, confirmed FBM",
        8,
        (*SHIPPED, "INV-14"),
        "listOrders",
        _orders("confirmed", "FBM"),
    ),
    Want("orders, processing FBM", 4, SHIPPED, "listOrders", _orders("processing", "FBM")),
    Want("orders, confirmed FBA", 2, ("ORD-05", "INV-15"), "listOrders", _orders("confirmed", "FBA")),
    Want("orders, confirmed FBS", 2, ("ORD-05", "INV-15"), "listOrders", _orders("confirmed", "FBS")),
    *(
        Want(f"orders, {state}", 1, MOVES[1:], "listOrders", _orders(state))
        for state in ("shipped", "delivered", "completed", "cancelled")
    ),
    Want(
        "warehouses, own or 3PL",
        1,
        ("INV-03", "INV-08", "INV-09", "INV-11", "INV-12", "INV-13", "INV-16"),
        "listWarehouses",
        _warehouses("own", "3PL"),
    ),
    Want("warehouses, FBA or FBS", 1, ("INV-10", "INV-12"), "listWarehouses", _warehouses("FBA", "FBS")),
    Want(
        "units reserved",
        1,
        ("INV-08", "INV-11"),
        "listInventory",
        _levels(lambda row, level: bool(level.get("reserved"))),
    ),
    Want(
        "safety stocks",
        1,
        ("INV-02", "INV-03"),
        "listInventory",
        _levels(lambda row, level: bool(row.get("safety_stock"))),
    ),
    Want("products with listings", LISTED, ("PRC-10", "PRC-16", "PRC-18"), "listProducts", _listed),
    Want("jobs, completed", 1, ("JOB-02", "JOB-05", "JOB-11"), "listJobs", _jobs("completed")),
    Want("jobs, failed", 1, ("JOB-03", "JOB-11"), "listJobs", _jobs("failed")),
)
