"""Whether the tenants are several, and really show different rows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from contract_tests.doctor.asking import Asker, Unanswered
from contract_tests.doctor.finding import Finding, Mark, Section
from contract_tests.target import BUSY, CREDENTIALS
from nexuscommerce.contract import Operation

LOOKED_AT = 100  # rows of each list


def findings(asker: Asker) -> Iterator[Finding]:
    tenants = {CREDENTIALS[name]: name for name in BUSY if name in asker.target.tokens}
    for name in sorted(set(asker.target.tenants) - set(tenants)):
        said = f"has no credential `{name}_full`"
        yield Finding(Section.TENANTS, Mark.WARN, name, said, "without it nothing is done in this tenant")
    seen: dict[str, set[str]] = {}
    for tenant, credential in tenants.items():
        try:
            seen[tenant] = _rows(asker, credential)
        except Unanswered as why:
            yield Finding(Section.TENANTS, Mark.WARN, tenant, f"could not be looked at: {why}")
    yield from _distinct(asker, seen)


def _distinct(asker: Asker, seen: dict[str, set[str]]) -> Iterator[Finding]:
    shared = set()
    for one, other in combinations(seen, 2):
        said = ""
        if asker.target.tenants[one].lower() == asker.target.tenants[other].lower():
            said = f"has the same UUID as `{one}`"
        elif common := sorted(seen[one] & seen[other]):
            said = f"shows rows that `{one}` shows too, such as {common[0]}"
        if said:
            shared |= {one, other}
            yield Finding(Section.TENANTS, Mark.BAD, other, said, "name two tenants that have nothing to do with each other")
    for name in seen:
        if name not in shared:
            yield Finding(Section.TENANTS, Mark.OK, name, "shows rows of its own" if seen[name] else "shows no rows")


def _rows(asker: Asker, credential: str) -> set[str]:
    """The ids of the first rows of products and orders; whatever has none has no id of its own."""
    return {identity for listing in asker.lists if _tells(listing) for identity in _ids(asker, credential, listing)}


def _tells(listing: Operation) -> bool:
    return listing.id in ("listProducts", "listOrders")


def _ids(asker: Asker, credential: str, listing: Operation) -> Iterator[str]:
    answer = asker.ask(credential, listing.id, {"limit": LOOKED_AT, "fields": "id"})
    rows = answer.body.get("data") if answer.status < 300 and isinstance(answer.body, dict) else None
    return (str(row["id"]) for row in (rows if isinstance(rows, list) else []) if isinstance(row, dict) and "id" in row)
