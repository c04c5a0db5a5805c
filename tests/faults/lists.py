"""Pages, filters, sorts and selections."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from sqlalchemy import func, literal_column, or_

from mockserver import validation
from mockserver.cursors import Cursors, Position
from mockserver.domain import instants
from mockserver.domain.errors import ApiError
from mockserver.handlers import lists
from mockserver.store import statements
from mockserver.store.shop import Shop, Window
from mockserver.store.tables import COLLECTIONS
from mockserver.validation import Validation, Values
from nexuscommerce.contract import Comparison, Filter
from tests.faults.seams import Answer, fault, on_the_wire, replace


def _meta(change: Callable[[Answer, dict[str, Any]], None]) -> None:
    """Change `meta` of every list."""

    def changed(answer: Answer) -> None:
        body = answer.json if answer.status == 200 and b'"meta":' in answer.body else None
        if body:
            change(answer, body)
            answer.json = body

    on_the_wire(changed)


def _window(change: Callable[[Window], Window]) -> None:
    """Change what a list asks its shop for."""
    page = Shop.page
    replace(Shop, "page", lambda self, collection, members, window: page(self, collection, members, change(window)))


def _values(change: Callable[[Values], Values]) -> None:
    """Change what a request was understood to ask."""
    check = Validation.check
    replace(Validation, "check", lambda *args: change(check(*args)))


def _lenient(names: set[str], default: dict[str, Any]) -> None:
    """Faults of these query parameters are passed over and a default is taken."""
    decoded = validation._decoded

    def forgiving(where: str, known: Any, given: Any, faults: list[Any]) -> Any:
        found: list[Any] = []
        values = decoded(where, known, given, found)
        faults += [row for row in found if row["pointer"].lstrip("/") not in names]
        return values | {name: default[name] for name in names if name in given and name not in values and name in default}

    replace(validation, "_decoded", forgiving)


@fault
def pages_by_size() -> None:
    page = Shop.page

    def other(self: Shop, collection: str, members: Any, window: Window) -> Any:
        short = window.limit < 20 and "updated_at" in members
        return page(self, collection, members, window._replace(sort="updated_at") if short else window)

    replace(Shop, "page", other)


@fault
def limit_ignored() -> None:
    _values(lambda values: values if "limit" not in values.query else _with_query(values, limit=50))


def _with_query(values: Values, **changes: Any) -> Values:
    return Values(values.path, {**values.query, **changes}, values.filters)


@fault
def total_of_page() -> None:
    _meta(lambda _, body: body["meta"].update(total=len(body["data"])))


@fault
def overlapping_pages() -> None:
    issue = Cursors.issue

    def earlier(self: Cursors, issuer: Any, position: Position) -> str:
        before = position.id[:-1] if issuer["order"] == "asc" else position.id + "~"
        return issue(self, issuer, position._replace(id=before))

    replace(Cursors, "issue", earlier)


@fault
def ties_skipped() -> None:
    _window(lambda w: w._replace(after=(w.after[0], "~" if w.order == "asc" else "")) if w.after else w)


@fault
def short_pages() -> None:
    _values(lambda values: _with_query(values, limit=max(1, values.query.get("limit", 1) - 1)))


@fault
def other_default() -> None:
    check = Validation.check

    def defaulted(self: Validation, path: Any, query: bytes, body: Any) -> Values:
        values = check(self, path, query, body)
        return values if b"limit=" in query or "limit" not in values.query else _with_query(values, limit=20)

    replace(Validation, "check", defaulted)


@fault
def constant_page() -> None:
    _meta(lambda _, body: body["meta"].update(page=1))


@fault
def endless() -> None:
    _meta(lambda _, body: body["meta"].update(nextCursor=body["meta"]["nextCursor"] or "again"))


@fault
def too_early() -> None:
    def change(_: Answer, body: dict[str, Any]) -> None:
        meta = body["meta"]
        if meta["total"] <= (meta["page"] + 1) * meta["limit"]:
            meta["nextCursor"] = None

    _meta(change)


@fault
def empty_last_page() -> None:
    page = lists.page

    def with_cursor(shop: Any, call: Any) -> Any:
        answer = page(shop, call)
        meta = answer.body["meta"]
        full = meta["total"] == meta["page"] * meta["limit"]
        if full and meta["nextCursor"] is None:
            issuer = lists._issuer(call)
            meta["nextCursor"] = call.cursors.issue(issuer, Position(meta["page"], "\uffff", "~"))
        return answer

    from tests.faults.seams import handle

    for name in ("listProducts", "listOrders"):
        handle(name, lambda _: with_cursor)


@fault
def limit_clamped() -> None:
    _lenient({"limit"}, {"limit": 200})


@fault
def garbled_cursor() -> None:
    opened = Cursors.open

    def lenient(self: Cursors, issuer: Any, cursor: str) -> Any:
        try:
            return opened(self, issuer, cursor)
        except ApiError:
            return None

    replace(Cursors, "open", lenient)


@fault
def unbound_cursor() -> None:
    issuer = lists._issuer
    replace(lists, "_issuer", lambda call: {name: issuer(call)[name] for name in ("operation", "tenant")})


@fault
def offset_pages() -> None:
    issue, page = Cursors.issue, Shop.page

    def offset(self: Shop, collection: str, members: Any, window: Window) -> Any:
        if window.after is None:
            return page(self, collection, members, window)
        seen = _OFFSETS[window.after[1]]
        rows, total = page(self, collection, members, window._replace(after=None, limit=window.limit + seen))
        return rows[seen:], total

    def remembered(self: Cursors, issuer: Any, position: Position) -> str:
        _OFFSETS[position.id] = position.page * _LIMIT[0]
        return issue(self, issuer, position)

    replace(Shop, "page", offset)
    replace(Cursors, "issue", remembered)
    _values(_note_limit)


@fault
def cursor_of_a_version() -> None:
    update, issuer, version = Shop.update, lists._issuer, count()

    def changing(self: Shop, collection: str, row_id: str, changes: dict[str, Any]) -> None:
        update(self, collection, row_id, changes)
        if "deleted_at" not in changes:
            latest[0] = next(version)

    latest = [0]
    replace(Shop, "update", changing)
    replace(lists, "_issuer", lambda call: {**issuer(call), "version": latest[0]})


_OFFSETS: dict[str, int] = {}
_LIMIT = [50]


def _note_limit(values: Values) -> Values:
    _LIMIT[0] = values.query.get("limit", 50)
    return values


@fault
def anchored_cursor() -> None:
    page = Shop.page

    def anchored(self: Shop, collection: str, members: Any, window: Window) -> Any:
        if window.after and self.one(collection, ("id",), "id", window.after[1]) is None:
            raise ApiError("INVALID_CURSOR")
        return page(self, collection, members, window)

    replace(Shop, "page", anchored)


@fault
def single_use_cursor() -> None:
    opened, used = Cursors.open, set[str]()

    def once(self: Cursors, issuer: Any, cursor: str) -> Position:
        if cursor in used:
            raise ApiError("INVALID_CURSOR")
        used.add(cursor)
        return opened(self, issuer, cursor)

    replace(Cursors, "open", once)


# Filters


def _unfiltered(parameter: str) -> None:
    def change(values: Values) -> Values:
        return Values(values.path, values.query, {f: v for f, v in values.filters.items() if f.parameter != parameter})

    _values(change)


@fault
def status_ignored() -> None:
    _unfiltered("status")


@fault
def marketplace_ignored() -> None:
    _unfiltered("marketplace")


@fault
def false_means_either() -> None:
    def change(values: Values) -> Values:
        return Values(values.path, values.query, {f: v for f, v in values.filters.items() if v is not False})

    _values(change)


@fault
def filters_or() -> None:
    conditions = statements._conditions
    replace(statements, "_conditions", lambda table, filters: [or_(*conditions(table, filters))] if filters else [])


@fault
def total_unfiltered() -> None:
    page = statements.page.__wrapped__

    def unheeding(*shape: Any) -> Any:
        total = statements.total
        replace(statements, "total", lambda collection, _: total(collection, ()))
        try:
            return page(*shape)
        finally:
            replace(statements, "total", total)

    replace(statements, "page", unheeding)


def _compare(comparison: Comparison, compare: Callable[[Any, Any], Any]) -> None:
    statements._COMPARE[comparison] = compare  # type: ignore[index]


@fault
def search_with_case() -> None:
    _compare(Comparison.CONTAINS, lambda column, value: func.instr(column, value) > 0)


@fault
def search_without_sku() -> None:
    condition = statements._condition

    def blind(table: Any, field: str, chosen: Filter) -> Any:
        return literal_column("0") if field == "sku" else condition(table, field, chosen)

    replace(statements, "_condition", blind)


@fault
def wildcards() -> None:
    _compare(Comparison.CONTAINS, lambda column, value: func.casefold(column).like("%" + func.casefold(value) + "%"))


@fault
def one_filter() -> None:
    _window(lambda window: window._replace(filters=dict(list(window.filters.items())[:1])))


@fault
def fraction_needed() -> None:
    def strict(of: Callable[[str], str]) -> Callable[[str], str]:
        def read(given: str) -> str:
            if len(given) > 10 and "." not in given:
                raise ValueError("has no fraction")
            return of(given)

        return read

    bounds: dict[Any, Any] = validation._BOUNDS
    bounds.update({comparison: strict(of) for comparison, of in bounds.items()})


@fault
def end_exclusive() -> None:
    _compare(Comparison.AT_MOST, lambda column, value: column < value)


@fault
def start_exclusive() -> None:
    _compare(Comparison.AT_LEAST, lambda column, value: column > value)


@fault
def number_exclusive() -> None:
    _compare(Comparison.AT_LEAST, lambda column, value: column > value)


@fault
def offset_ignored() -> None:
    for name in ("first", "last"):
        of = vars(instants)[name]
        bounds: dict[Any, Any] = validation._BOUNDS
        comparison = Comparison.AT_LEAST if name == "first" else Comparison.AT_MOST
        bounds[comparison] = lambda given, of=of: of(given[:19] + "Z" if given[-6:-5] in ("+", "-") else given)


@fault
def end_at_midnight() -> None:
    validation._BOUNDS[Comparison.AT_MOST] = lambda given: (
        instants.first(given) if len(given) == 10 else instants.last(given)
    )


@fault
def crossed_dates() -> None:
    replace(validation, "_crossed", lambda filters: [])


@fault
def unknown_status() -> None:
    _lenient({"status"}, {"status": "nothing"})


@fault
def last_counts() -> None:
    from urllib.parse import parse_qsl

    replace(validation, "_parse", lambda query, faults: dict(parse_qsl(query.decode("ascii"), keep_blank_values=True)))


@fault
def unknown_parameters() -> None:
    decoded = validation._decoded

    def forgiving(where: str, known: Any, given: Any, faults: list[Any]) -> Any:
        return decoded(where, known, {name: text for name, text in given.items() if name in known}, faults)

    replace(validation, "_decoded", forgiving)


# Sorts


@fault
def distinct_sort() -> None:
    page = Shop.page

    def distinct(self: Shop, collection: str, members: Any, window: Window) -> Any:
        rows, total = page(self, collection, members, window)
        return list({row.value: row for row in rows}.values()) if window.sort == "title" else rows, total

    replace(Shop, "page", distinct)


@fault
def sort_ignored() -> None:
    page = Shop.page

    def ignoring(self: Shop, collection: str, members: Any, window: Window) -> Any:
        has = "created_at" in COLLECTIONS[collection].c
        return page(self, collection, members, window._replace(sort="created_at") if has else window)

    replace(Shop, "page", ignoring)


@fault
def inverted() -> None:
    _window(lambda window: window._replace(order="desc" if window.order == "asc" else "asc"))


def _sorted_as(convert: Callable[[Any], Any]) -> None:
    """Rows come sorted by something else than their member; pages are cut from that order."""

    def page(self: Shop, collection: str, members: Any, window: Window) -> Any:
        rows, total = whole(self, collection, members, window._replace(after=None, limit=10_000))
        rows.sort(key=lambda row: (convert(row.value), row.id), reverse=window.order == "desc")
        start = next((i + 1 for i, row in enumerate(rows) if window.after and row.id == window.after[1]), 0)
        return rows[start : start + window.limit], total

    whole = replace(Shop, "page", page)


@fault
def case_insensitive_sort() -> None:
    _sorted_as(lambda value: value.casefold() if isinstance(value, str) else value)


@fault
def numbers_as_text() -> None:
    _sorted_as(str)


@fault
def ties_one_way() -> None:
    def page(self: Shop, collection: str, members: Any, window: Window) -> Any:
        rows, total = whole(self, collection, members, window._replace(after=None, limit=10_000, order="asc"))
        rows.sort(key=lambda row: row.value, reverse=window.order == "desc")
        start = next((i + 1 for i, row in enumerate(rows) if window.after and row.id == window.after[1]), 0)
        return rows[start : start + window.limit], total

    whole = replace(Shop, "page", page)


@fault
def default_asc() -> None:
    check = Validation.check

    def defaulted(self: Validation, path: Any, query: bytes, body: Any) -> Values:
        values = check(self, path, query, body)
        return values if b"order=" in query or "order" not in values.query else _with_query(values, order="asc")

    replace(Validation, "check", defaulted)


@fault
def sorted_by_another() -> None:
    check = Validation.check
    others = {"sku": "title", "priority": "name"}

    def defaulted(self: Validation, path: Any, query: bytes, body: Any) -> Values:
        values = check(self, path, query, body)
        sort = values.query.get("sort")
        return values if b"sort=" in query or sort not in others else _with_query(values, sort=others[sort])

    replace(Validation, "check", defaulted)


@fault
def unknown_sort() -> None:
    _lenient({"sort"}, {"sort": "created_at"})


# Selections


@fault
def fields_ignored() -> None:
    def change(values: Values) -> Values:
        return Values(values.path, {k: v for k, v in values.query.items() if k != "fields"}, values.filters)

    _values(change)


@fault
def id_always() -> None:
    def change(values: Values) -> Values:
        if "fields" not in values.query:
            return values
        return _with_query(values, fields=[*values.query["fields"], "id"])

    _values(change)


@fault
def rounded_selection() -> None:
    def change(answer: Answer) -> None:
        if b"fields=" in answer.scope["query_string"] and answer.status == 200:
            body = answer.json
            for row in body["data"] if isinstance(body["data"], list) else [body["data"]]:
                row.update({name: float(round(row[name])) for name in ("price", "total_amount") if name in row})
            answer.json = body

    on_the_wire(change)


@fault
def unknown_fields() -> None:
    _lenient({"fields"}, {"fields": ["id"]})
