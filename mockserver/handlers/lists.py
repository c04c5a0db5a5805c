"""Every list: which collection, filters, sorts and members it has is the document's to say."""

from __future__ import annotations

from typing import Any

from mockserver import envelope
from mockserver.call import Call
from mockserver.cursors import Position
from mockserver.envelope import Answer
from mockserver.store.shop import Shop, Window


def page(shop: Shop, call: Call) -> Answer:
    """One page, by keyset: it begins after the position of the last row of the page before."""
    operation, query = call.operation, call.query
    sort, order, limit = query["sort"], query["order"], query["limit"]
    issuer = _issuer(call)
    before = call.cursors.open(issuer, query["cursor"]) if "cursor" in query else None
    after = (before.value, before.id) if before else None
    number = before.page + 1 if before else 1

    # One row more than the page holds tells whether it is the last.
    window = Window(call.values.filters, sort, order, after, limit + 1)
    rows, total = shop.page(operation.collection, call.members, window)
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        following = call.cursors.issue(issuer, Position(number, last.value, last.id))
    return envelope.page(
        [row.text for row in rows[:limit]],
        total=total,
        number=number,
        limit=limit,
        next_cursor=following,
    )


def _issuer(call: Call) -> dict[str, Any]:
    """What a cursor is bound to: the operation, tenant, filters, sort and order."""
    filters = {chosen.parameter: value for chosen, value in call.values.filters.items()}
    return {
        "operation": call.operation.id,
        "tenant": call.tenant,
        "filters": filters,
        "sort": call.query["sort"],
        "order": call.query["order"],
    }
