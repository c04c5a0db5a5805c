"""Seeded faults: each spoils one promise of a good implementation, and names the rule that must notice.

A fault is a function of a call and of the way to the good implementation. What it does is its name.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from tests.judge.proxy import Call, Fault, Forward, Reply

_TARGET = tomllib.loads((Path(__file__).parents[2] / "fixtures/targets/mock.toml").read_text("utf-8"))
KEYS: dict[str, str] = {name: source["token"] for name, source in _TARGET["credentials"].items() if "token" in source}
TENANTS: dict[str, str] = _TARGET["tenants"]


class Seeded(NamedTuple):
    name: str
    rule: str
    fault: Fault


SEEDED: list[Seeded] = []


def caught_by(rule: str) -> Callable[[Fault], Fault]:
    def seed(fault: Fault) -> Fault:
        SEEDED.append(Seeded(fault.__name__, rule, fault))
        return fault

    return seed


def simple(
    rule: str, name: str, call: Callable[[Call], Call] | None = None, reply: Callable[[Reply], Reply] | None = None
) -> None:
    """A fault of the request alone, or of the answer alone."""

    def fault(sent: Call, forward: Forward) -> Reply:
        got = forward(call(sent) if call else sent)
        return reply(got) if reply else got

    SEEDED.append(Seeded(name, rule, fault))


def as_(call: Call, name: str) -> Call:
    """The same request with another credential."""
    return call.saying(authorization=f"Bearer {KEYS[name]}")


def is_list(call: Call) -> bool:
    return call.method == "GET" and call.path in ("/products", "/orders")


def own(call: Call) -> bool:
    return call.token == KEYS["full"] and call.headers.get("x-tenant-id") == TENANTS["main"]


def pages(call: Call, forward: Forward) -> list[dict[str, Any]]:
    """All rows that a list gives for these filters and this sort."""
    rows: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        got = forward(call.asking(limit="200", cursor=cursor, fields=None))
        rows += got.rows
        cursor = got.json["meta"]["nextCursor"]
        if cursor is None:
            return rows


def meta(**changes: Callable[[Reply], Any]) -> Callable[[Reply], Reply]:
    def change(reply: Reply) -> Reply:
        if reply.status != 200 or not isinstance(reply.json, dict) or "meta" not in reply.json:
            return reply
        body = reply.json
        return reply.carrying({**body, "meta": {**body["meta"], **{name: value(reply) for name, value in changes.items()}}})

    return change


def error(**changes: Any) -> Callable[[Reply], Reply]:
    def change(reply: Reply) -> Reply:
        return reply.carrying({"error": {**reply.json["error"], **changes}}) if reply.code else reply

    return change


def on_status(status: int, change: Callable[[Reply], Reply]) -> Callable[[Reply], Reply]:
    return lambda reply: change(reply) if reply.status == status else reply


def on_code(code: str, change: Callable[[Reply], Reply]) -> Callable[[Reply], Reply]:
    return lambda reply: change(reply) if reply.code == code else reply


def rows(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Reply], Reply]:
    return lambda reply: reply.mapping(change)


def without(name: str) -> Callable[[Call], Call]:
    return lambda call: call.asking(**{name: None})


def refuse(reply: Reply, status: int, code: str) -> Reply:
    return reply.carrying({"error": {"code": code, "message": "x", "details": {}}}, status)


# Envelopes
simple("ENV-01", "success_is_bare", reply=lambda r: r.carrying(r.json["data"]) if r.rows else r)
simple("ENV-02", "money_is_text", reply=rows(lambda row: row | ({"price": str(row["price"])} if "price" in row else {})))
simple(
    "ENV-02",
    "an_enum_has_another_value",
    reply=rows(lambda row: row | ({"status": "odd"} if row.get("status") == "draft" else {})),
)
simple(
    "ENV-02", "null_where_none_may_be", reply=rows(lambda row: row | ({"images": None} if row.get("images") == [] else {}))
)
simple("ENV-02", "meta_lacks_total", reply=lambda r: r.carrying({**r.json, "meta": {}}) if b'"meta"' in r.body else r)
simple(
    "ENV-02",
    "a_timestamp_has_no_zone",
    reply=rows(lambda row: row | ({"created_at": row["created_at"][:-1]} if "created_at" in row else {})),
)
simple("ENV-03", "json_as_text", reply=lambda r: r.saying(content_type="text/plain"))
simple(
    "ENV-03", "errors_are_problem_json", reply=on_status(404, lambda r: r.saying(content_type="application/problem+json"))
)
simple("ENV-04", "no_request_id", reply=lambda r: r.saying(x_request_id=None))
simple("ENV-05", "request_id_is_not_the_clients", call=lambda c: c.saying(x_request_id=None))
simple(
    "ENV-06",
    "a_member_is_missing",
    reply=rows(lambda row: {k: v for k, v in row.items() if k != "gtin"} if len(row) > 9 else row),
)
simple("ENV-06", "an_internal_member_leaks", reply=rows(lambda row: row | ({"_cost": 1} if len(row) > 9 else {})))
simple(
    "ENV-07",
    "updated_before_created",
    reply=rows(lambda row: row | ({"updated_at": "2001-01-01T00:00:00.000Z"} if "updated_at" in row else {})),
)

# Statuses and headers
simple("STA-01", "create_answers_200", reply=on_status(201, lambda r: replace(r, status=200)))
simple("STA-01", "invalid_is_422", reply=on_code("VALIDATION_ERROR", lambda r: replace(r, status=422)))
simple("STA-02", "a_forged_cursor_is_500", reply=on_code("INVALID_CURSOR", lambda r: refuse(r, 500, "INTERNAL_ERROR")))
simple("STA-03", "no_location", reply=lambda r: r.saying(location=None))
simple(
    "WRT-02",
    "location_leads_nowhere",
    reply=lambda r: r.saying(location=r.headers["location"] + "x") if "location" in r.headers else r,
)
simple("STA-04", "health_is_enveloped", reply=lambda r: r.carrying({"data": r.json}) if b'"ok"' in r.body else r)
simple("STA-08", "no_allow_beside_405", reply=on_status(405, lambda r: r.saying(allow=None)))
simple("STA-08", "allow_lacks_a_method", reply=on_status(405, lambda r: r.saying(allow="GET, HEAD, OPTIONS")))
simple("STA-07", "options_is_200", reply=lambda r: replace(r, status=200) if r.status == 204 and "allow" in r.headers else r)
simple("STA-09", "errors_lack_cors", reply=lambda r: r.saying(access_control_allow_origin=None) if r.status >= 400 else r)
simple("STA-09", "nothing_is_exposed", reply=lambda r: r.saying(access_control_expose_headers=None))
simple("AUT-01", "no_challenge", reply=on_status(401, lambda r: r.saying(www_authenticate=None)))
simple("AUT-01", "a_challenge_without_error", reply=on_status(401, lambda r: r.saying(www_authenticate="Bearer")))
simple("AUT-02", "scopes_are_not_told", reply=on_code("INSUFFICIENT_SCOPE", error(details={})))


@caught_by("STA-06")
def head_is_405(call: Call, forward: Forward) -> Reply:
    return refuse(forward(call), 405, "METHOD_NOT_ALLOWED") if call.method == "HEAD" else forward(call)


@caught_by("STA-08")
def put_changes_as_patch_does(call: Call, forward: Forward) -> Reply:
    return forward(replace(call, method="PATCH") if call.method == "PUT" else call)


@caught_by("STA-04")
def health_needs_a_token(call: Call, forward: Forward) -> Reply:
    reply = forward(call)
    return refuse(reply, 401, "UNAUTHENTICATED") if call.path == "/health" and "authorization" not in call.headers else reply


# Authentication
def swap(
    rule: str, name: str, credential: str, into: str = "full", when: Callable[[Call], bool] = lambda call: True
) -> None:
    """One credential does what another may."""
    simple(rule, name, call=lambda c: as_(c, into) if c.token == KEYS[credential] and when(c) else c)


simple(
    "AUT-03",
    "reading_needs_no_token",
    call=lambda c: as_(c, "full") if "authorization" not in c.headers and is_list(c) else c,
)
simple("AUT-03", "any_scheme_will_do", call=lambda c: c.saying(authorization=f"Bearer {c.token}") if c.token else c)
simple("AUT-03", "no_token_is_403", reply=on_code("UNAUTHENTICATED", lambda r: refuse(r, 403, "TENANT_ACCESS_DENIED")))
simple(
    "AUT-04",
    "case_does_not_count_in_keys",
    call=lambda c: c.saying(authorization=f"Bearer {c.token.lower()}") if c.token.lower() in KEYS.values() else c,
)
simple(
    "AUT-04",
    "a_key_is_known_by_its_beginning",
    call=lambda c: as_(c, "full") if c.token and KEYS["full"].startswith(c.token) else c,
)
swap("AUT-05", "a_revoked_key_works", "revoked")
swap("AUT-06", "an_expired_key_works", "expired")
simple("AUT-06", "expired_is_invalid", reply=on_code("TOKEN_EXPIRED", lambda r: refuse(r, 401, "TOKEN_INVALID")))
swap("AUT-07", "the_allowlist_is_ignored", "elsewhere")
swap("AUT-07", "a_claimed_address_is_trusted", "elsewhere", when=lambda c: c.headers.get("x-forwarded-for") == "192.0.2.1")
swap("AUT-08", "a_reader_writes", "reader")
swap("AUT-08", "a_reader_deletes", "reader", when=lambda c: c.method == "DELETE")
swap("AUT-08", "a_reader_cancels", "reader", when=lambda c: c.path.endswith("/cancel"))
swap("AUT-08", "a_writer_reads", "writer")
swap("AUT-08", "any_key_reads_one_order", "nothing", when=lambda c: c.method == "GET" and c.path.startswith("/orders/"))


def _claims(token: str, part: int = 1) -> dict[str, Any]:
    import base64

    try:
        piece = token.split(".")[part]
        found = json.loads(base64.urlsafe_b64decode(piece + "=" * (-len(piece) % 4)))
    except (ValueError, IndexError):
        return {}
    return found if isinstance(found, dict) else {}


def _role(call: Call) -> Any:
    return _claims(call.token).get("app_metadata", {}).get("role")


@caught_by("AUT-09")
def a_viewer_writes(call: Call, forward: Forward) -> Reply:
    return forward(as_(call, "full") if _role(call) == "viewer" else call)


@caught_by("AUT-09")
def a_manager_may_not_cancel(call: Call, forward: Forward) -> Reply:
    return forward(as_(call, "reader") if _role(call) == "manager" and call.path.endswith("/cancel") else call)


@caught_by("AUT-10")
def no_signature_is_verified(call: Call, forward: Forward) -> Reply:
    reply = forward(call)
    return forward(as_(call, "full")) if reply.code == "TOKEN_INVALID" and _role(call) else reply


@caught_by("AUT-10")
def alg_none_is_believed(call: Call, forward: Forward) -> Reply:
    return forward(as_(call, "full") if _claims(call.token, 0).get("alg") == "none" and _role(call) else call)


@caught_by("AUT-10")
def hs256_is_believed(call: Call, forward: Forward) -> Reply:
    return forward(as_(call, "full") if _claims(call.token, 0).get("alg") == "HS256" else call)


@caught_by("AUT-10")
def the_tenant_of_an_unverified_jwt_is_believed(call: Call, forward: Forward) -> Reply:
    theirs = _claims(call.token).get("app_metadata", {}).get("tenant_id") == TENANTS["other"]
    return forward(as_(call, "other_full") if theirs else call)


@caught_by("AUT-11")
def a_token_in_the_query_will_do(call: Call, forward: Forward) -> Reply:
    token = call.asked("access_token")
    return forward(call.asking(access_token=None).saying(authorization=f"Bearer {token}") if token else call)


@caught_by("AUT-12")
def only_the_exact_scheme_will_do(call: Call, forward: Forward) -> Reply:
    lowered = call.headers.get("authorization", "").startswith("bearer ")
    return forward(call.saying(authorization=None) if lowered else call)


# Tenants
simple(
    "TEN-01",
    "the_tenant_is_the_keys_unless_named",
    call=lambda c: c if "x-tenant-id" in c.headers else c.saying(x_tenant_id=TENANTS["main"]),
)


@caught_by("TEN-02")
def a_malformed_tenant_is_the_keys(call: Call, forward: Forward) -> Reply:
    reply = forward(call)
    return forward(call.saying(x_tenant_id=TENANTS["main"])) if reply.code == "TENANT_HEADER_INVALID" else reply


@caught_by("TEN-03")
def the_header_opens_any_tenant(call: Call, forward: Forward) -> Reply:
    theirs = call.token == KEYS["full"] and call.headers.get("x-tenant-id") == TENANTS["other"]
    return forward(as_(call, "other_full") if theirs else call)


@caught_by("TEN-03")
def an_unknown_tenant_is_told_apart(call: Call, forward: Forward) -> Reply:
    reply = forward(call)
    known = call.headers.get("x-tenant-id") in TENANTS.values()
    return error(message="No such tenant")(reply) if reply.code == "TENANT_ACCESS_DENIED" and not known else reply


def leak(rule: str, name: str, when: Callable[[Call], bool]) -> None:
    """What is not found in `main` is looked for in `other`."""

    def fault(call: Call, forward: Forward) -> Reply:
        reply = forward(call)
        if reply.status == 404 and own(call) and when(call):
            return forward(as_(call, "other_full").saying(x_tenant_id=TENANTS["other"]))
        return reply

    SEEDED.append(Seeded(name, rule, fault))


leak("TEN-04", "another_tenants_product_is_read", lambda c: c.method == "GET" and c.path.startswith("/products/"))
leak("TEN-04", "another_tenants_product_is_changed", lambda c: c.method == "PATCH" and c.path.startswith("/products/"))
leak("TEN-04", "another_tenants_product_is_deleted", lambda c: c.method == "DELETE")
leak("TEN-04", "another_tenants_order_is_read", lambda c: c.method == "GET" and c.path.startswith("/orders/"))
leak("TEN-04", "another_tenants_order_is_cancelled", lambda c: c.path.endswith("/cancel"))
leak("TEN-04", "another_tenants_order_is_moved", lambda c: c.method == "PATCH" and c.path.startswith("/orders/"))
leak("TEN-04", "another_tenants_order_is_shipped", lambda c: c.path.endswith("/shipment"))


@caught_by("TEN-04")
def another_tenants_order_is_forbidden(call: Call, forward: Forward) -> Reply:
    reply = forward(call)
    if reply.status == 404 and own(call) and call.path.startswith("/orders/"):
        theirs = forward(
            as_(replace(call, method="GET", path="/".join(call.path.split("/")[:3]), body=b""), "other_full").saying(
                x_tenant_id=TENANTS["other"], content_type=None
            )
        )
        return refuse(reply, 403, "TENANT_ACCESS_DENIED") if theirs.status == 200 else reply
    return reply


@caught_by("TEN-05")
def a_list_has_rows_of_another_tenant(call: Call, forward: Forward) -> Reply:
    reply = forward(call)
    if own(call) and is_list(call) and reply.rows and reply.json["meta"]["nextCursor"] is None:
        theirs = forward(as_(call.asking(cursor=None, limit="1"), "other_full").saying(x_tenant_id=TENANTS["other"]))
        return reply.carrying({**reply.json, "data": reply.rows + theirs.rows})
    return reply


@caught_by("TEN-05")
def a_search_leads_into_another_tenant(call: Call, forward: Forward) -> Reply:
    reply = forward(call)
    if own(call) and call.asked("search") and not reply.rows:
        return forward(as_(call, "other_full").saying(x_tenant_id=TENANTS["other"]))
    return reply


@caught_by("TEN-05")
def the_total_counts_all_tenants(call: Call, forward: Forward) -> Reply:
    return meta(total=lambda r: r.json["meta"]["total"] + 40)(forward(call))


@caught_by("TEN-06")
def a_sku_is_unique_over_all_tenants(call: Call, forward: Forward) -> Reply:
    if call.method == "POST" and call.path == "/products" and call.json and call.token == KEYS["other_full"]:
        ours = forward(
            Call(
                "GET",
                f"/products/{call.json.get('sku')}",
                (),
                {"x-tenant-id": TENANTS["main"], "authorization": f"Bearer {KEYS['full']}"},
                b"",
            )
        )
        if ours.status == 200:
            return refuse(ours, 409, "SKU_ALREADY_EXISTS")
    return forward(call)


@caught_by("TEN-07")
def a_delete_is_by_sku_in_all_tenants(call: Call, forward: Forward) -> Reply:
    if own(call) and call.method == "DELETE":
        forward(as_(call, "other_full").saying(x_tenant_id=TENANTS["other"]))
    return forward(call)


@caught_by("TEN-08")
def a_cursor_goes_with_any_tenant(call: Call, forward: Forward) -> Reply:
    reply = forward(call)
    if reply.code == "INVALID_CURSOR" and own(call):
        theirs = forward(as_(call, "other_full").saying(x_tenant_id=TENANTS["other"]))
        return forward(call.asking(cursor=None)) if theirs.status == 200 else reply
    return reply


# Pages
simple("PAG-02", "the_cursor_is_ignored", call=without("cursor"))
simple("PAG-04", "the_limit_is_ignored", call=without("limit"))
simple("PAG-04", "the_default_limit_is_20", call=lambda c: c if c.asked("limit") or not is_list(c) else c.asking(limit="20"))
simple("PAG-04", "the_limit_is_not_echoed", reply=meta(limit=lambda r: 50))
simple("PAG-02", "the_total_is_the_pages", reply=meta(total=lambda r: len(r.rows)))
simple(
    "PAG-02",
    "the_total_is_of_what_is_left",
    reply=meta(total=lambda r: r.json["meta"]["total"] - (r.json["meta"]["page"] - 1)),
)
simple("PAG-05", "the_page_is_always_1", reply=meta(page=lambda r: 1))
simple(
    "PAG-06",
    "a_full_page_has_a_next",
    reply=meta(
        nextCursor=lambda r: r.json["meta"]["nextCursor"] or ("more" if len(r.rows) == r.json["meta"]["limit"] else None)
    ),
)
simple(
    "PAG-06",
    "no_next_after_the_fifth_page",
    reply=meta(nextCursor=lambda r: r.json["meta"]["nextCursor"] if r.json["meta"]["page"] < 5 else None),
)
simple(
    "PAG-03",
    "short_pages",
    reply=lambda r: r.carrying({**r.json, "data": r.rows[:-1]}) if b'"meta"' in r.body and len(r.rows) > 30 else r,
)
simple("PAG-07", "a_limit_of_0_is_the_default", call=lambda c: c.asking(limit=None) if c.asked("limit") == "0" else c)
simple(
    "PAG-07",
    "a_large_limit_is_cut",
    call=lambda c: c.asking(limit="200") if c.text("limit").isdigit() and int(c.asked("limit") or 0) > 200 else c,
)
simple("PAG-07", "1_0_is_10", call=lambda c: c.asking(limit="10") if c.asked("limit") == "1_0" else c)


@caught_by("PAG-06")
def the_walk_never_ends(call: Call, forward: Forward) -> Reply:
    reply = forward(call)
    if (
        is_list(call)
        and reply.status == 200
        and reply.json["meta"]["nextCursor"] is None
        and reply.json["meta"]["total"] > 7
    ):
        first = forward(call.asking(cursor=None, limit="1"))
        return meta(nextCursor=lambda r: first.json["meta"]["nextCursor"])(reply)
    return reply


@caught_by("PAG-02")
def the_last_row_of_a_page_comes_again(call: Call, forward: Forward) -> Reply:
    reply = forward(call)
    if call.asked("cursor") and len(reply.rows) > 3:
        return reply.carrying({**reply.json, "data": [reply.rows[1], *reply.rows[1:]]})
    return reply


@caught_by("PAG-01")
def the_order_of_a_page_depends_on_its_size(call: Call, forward: Forward) -> Reply:
    reply = forward(call)
    return (
        reply.carrying({**reply.json, "data": reply.rows[::-1]}) if is_list(call) and call.asked("limit") == "7" else reply
    )


@caught_by("PAG-08")
def a_forged_cursor_is_page_one(call: Call, forward: Forward) -> Reply:
    reply = forward(call)
    return (
        forward(call.asking(cursor=None))
        if reply.code == "INVALID_CURSOR" and call.asked("cursor") == "cursor_abc123"
        else reply
    )


@caught_by("PAG-09")
def a_cursor_goes_with_any_filter(call: Call, forward: Forward) -> Reply:
    reply = forward(call)
    plain = call.asking(status=None)
    return (
        forward(plain) if reply.code == "INVALID_CURSOR" and call.asked("status") and forward(plain).status == 200 else reply
    )


@caught_by("PAG-09")
def a_cursor_goes_with_any_sort(call: Call, forward: Forward) -> Reply:
    reply = forward(call)
    return forward(call.asking(cursor=None)) if reply.code == "INVALID_CURSOR" and call.asked("sort") else reply


def offsets(call: Call, forward: Forward) -> Reply:
    """Pages by position: a cursor is a number."""
    if not is_list(call) or not call.asked("search"):
        return forward(call)
    start = int(call.asked("cursor") or 0)
    first = forward(call.asking(cursor=None))
    if first.status != 200:
        return first
    all_rows, limit = pages(call.asking(cursor=None), forward), int(call.asked("limit") or 50)
    shown, more = all_rows[start : start + limit], start + limit < len(all_rows)
    told = {
        "total": len(all_rows),
        "page": start // limit + 1,
        "limit": limit,
        "nextCursor": str(start + limit) if more else None,
    }
    return first.carrying({"data": shown, "meta": told})


SEEDED.append(Seeded("pages_go_by_offset", "PAG-10", offsets))


@caught_by("PAG-11")
def a_cursor_dies_with_its_row(call: Call, forward: Forward) -> Reply:
    """The cursor is the SKU of the last row, which must still be there."""
    if not is_list(call) or not call.asked("search"):
        return forward(call)
    after, limit = call.asked("cursor"), int(call.asked("limit") or 50)
    first = forward(call.asking(cursor=None))
    if first.status != 200:
        return first
    all_rows = pages(call.asking(cursor=None), forward)
    names = [row["sku"] for row in all_rows]
    if after is not None and after not in names:
        return refuse(first, 400, "INVALID_CURSOR")
    start = names.index(after) + 1 if after else 0
    shown, more = all_rows[start : start + limit], start + limit < len(all_rows)
    told = {
        "total": len(all_rows),
        "page": start // limit + 1,
        "limit": limit,
        "nextCursor": shown[-1]["sku"] if more else None,
    }
    return first.carrying({"data": shown, "meta": told})


@caught_by("PAG-12")
def a_cursor_is_good_for_one_use(call: Call, forward: Forward, used: set[str] = set()) -> Reply:  # noqa: B006
    cursor = call.asked("cursor")
    reply = forward(call)
    if cursor and reply.status == 200:
        if cursor in used:
            return refuse(reply, 400, "INVALID_CURSOR")
        used.add(cursor)
    return reply


# Filters
simple("FIL-01", "the_status_filter_is_ignored", call=without("status"))
simple("FIL-01", "the_marketplace_filter_is_ignored", call=without("marketplace"))
simple("FIL-01", "has_returns_is_always_true", call=lambda c: c.asking(has_returns="true") if c.asked("has_returns") else c)
simple(
    "FIL-01",
    "case_does_not_count_in_filters",
    call=lambda c: c.asking(marketplace=c.text("marketplace").lower()) if c.asked("marketplace") else c,
)
simple(
    "FIL-02",
    "the_first_of_two_filters_wins",
    call=lambda c: c.asking(marketplace=None) if c.asked("marketplace") and len(c.query) > 2 else c,
)
simple(
    "FIL-03",
    "the_total_ignores_the_filters",
    reply=meta(total=lambda r: r.json["meta"]["total"] + (r.json["meta"]["total"] < 60)),
)
simple("FIL-04", "a_search_is_of_the_title_alone", call=lambda c: c)
SEEDED.pop()


def shifted(name: str, **shift: float) -> Callable[[Call], Call]:
    def change(call: Call) -> Call:
        value = call.asked(name)
        if not value or len(value) < 11:
            return call
        try:
            moved = datetime.fromisoformat(value) + timedelta(**shift)
        except ValueError:
            return call
        return call.asking(**{name: moved.isoformat(timespec="milliseconds")})

    return change


simple("FIL-06", "a_start_excludes_its_instant", call=shifted("start_date", milliseconds=1))
simple("FIL-06", "an_end_excludes_its_instant", call=shifted("end_date", milliseconds=-1))
simple(
    "FIL-07",
    "an_offset_is_ignored",
    call=lambda c: (
        c.asking(start_date=c.text("start_date")[:-6] + "Z")
        if re.search(r"[+-]\d\d:\d\d$", c.text("start_date")) and len(c.text("start_date")) > 11
        else c
    ),
)
simple(
    "FIL-08",
    "an_end_date_is_its_midnight",
    call=lambda c: (
        c.asking(end_date=f"{c.asked('end_date')}T00:00:00.000Z")
        if re.fullmatch(r"\d{4}-\d\d-\d\d", c.text("end_date"))
        else c
    ),
)


@caught_by("FIL-09")
def a_start_after_the_end_matches_nothing(call: Call, forward: Forward) -> Reply:
    reply = forward(call)
    if (
        reply.status == 400
        and call.asked("start_date")
        and call.asked("end_date")
        and call.text("start_date") > call.text("end_date")
    ):
        return reply.carrying({"data": [], "meta": {"total": 0, "page": 1, "limit": 50, "nextCursor": None}}, 200)
    return reply


def searched(keep: Callable[[dict[str, Any], str], bool]) -> Fault:
    def fault(call: Call, forward: Forward) -> Reply:
        text = call.asked("search")
        if not text or call.asked("cursor") or forward(call).status != 200:
            return forward(call)
        found = [row for row in pages(call.asking(search=None), forward) if keep(row, text)]
        return forward(call).carrying(
            {"data": found[:200], "meta": {"total": len(found), "page": 1, "limit": 200, "nextCursor": None}}
        )

    return fault


def _text(row: dict[str, Any]) -> str:
    return "\n".join(str(row[name] or "") for name in ("title", "sku", "gtin"))


SEEDED += [
    Seeded("case_counts_in_a_search", "FIL-04", searched(lambda row, text: text in _text(row))),
    Seeded("a_search_is_of_the_title_alone", "FIL-04", searched(lambda row, text: text.lower() in row["title"].lower())),
    Seeded(
        "a_search_is_of_the_beginning",
        "FIL-04",
        searched(lambda row, text: any(line.lower().startswith(text.lower()) for line in _text(row).splitlines())),
    ),
    Seeded("only_ascii_has_no_case", "FIL-04", searched(lambda row, text: _ascii_lower(text) in _ascii_lower(_text(row)))),
    Seeded(
        "percent_is_a_wildcard",
        "FIL-05",
        searched(
            lambda row, text: re.search(".*".join(map(re.escape, text.lower().split("%"))), _text(row).lower()) is not None
        ),
    ),
    Seeded(
        "underscore_is_a_wildcard",
        "FIL-05",
        searched(
            lambda row, text: re.search(".".join(map(re.escape, text.lower().split("_"))), _text(row).lower()) is not None
        ),
    ),
    Seeded("a_search_is_trimmed", "FIL-05", searched(lambda row, text: text.strip().lower() in _text(row).lower())),
]


def _ascii_lower(text: str) -> str:
    return "".join(sign.lower() if sign.isascii() else sign for sign in text)


simple(
    "FIL-10",
    "an_unknown_status_is_no_filter",
    call=lambda c: c.asking(status=None) if c.asked("status") == "nonsense" else c,
)
simple("FIL-11", "the_last_of_two_wins", call=lambda c: replace(c, query=tuple(dict(c.query).items())))
simple("FIL-12", "an_unknown_parameter_is_ignored", call=without("nonsense"))

# Sorting
simple("SRT-02", "the_sort_is_ignored", call=without("sort"))
simple(
    "SRT-02",
    "the_direction_is_inverted",
    call=lambda c: c.asking(order={"asc": "desc", "desc": "asc"}.get(c.text("order"), c.asked("order"))),
)
simple(
    "SRT-04", "the_default_order_is_asc", call=lambda c: c if c.asked("order") or not is_list(c) else c.asking(order="asc")
)
simple(
    "SRT-05",
    "an_unknown_sort_is_ignored",
    call=lambda c: c.asking(sort=None) if c.asked("sort") in ("nonsense", "price") else c,
)
simple(
    "SRT-05",
    "order_may_be_upper_case",
    call=lambda c: c.asking(order=c.text("order").lower()) if c.asked("order") in ("ASC",) else c,
)


def resorted(key: Callable[[dict[str, Any], str], Any]) -> Fault:
    def fault(call: Call, forward: Forward) -> Reply:
        sort = call.asked("sort")
        got = forward(call)
        if got.status != 200 or not sort or call.asked("fields"):
            return got
        all_rows = sorted(pages(call.asking(cursor=None), forward), key=lambda row: key(row, sort))
        ordered = all_rows if call.asked("order") == "asc" else all_rows[::-1]
        limit, page = got.json["meta"]["limit"], got.json["meta"]["page"]
        return got.carrying({**got.json, "data": ordered[(page - 1) * limit : page * limit]})

    return fault


SEEDED += [
    Seeded("numbers_are_sorted_as_text", "SRT-02", resorted(lambda row, sort: (str(row[sort]), row["id"]))),
    Seeded(
        "case_does_not_count_in_a_sort",
        "SRT-02",
        resorted(lambda row, sort: (str(row[sort]).lower() if sort == "title" else row[sort], row["id"])),
    ),
    Seeded(
        "ties_are_broken_by_creation",
        "SRT-03",
        resorted(lambda row, sort: (row[sort], row["created_at"], row["updated_at"], row["id"])),
    ),
]


@caught_by("SRT-03")
def ties_are_always_ascending(call: Call, forward: Forward) -> Reply:
    got = forward(call)
    sort = call.asked("sort")
    if got.status != 200 or not sort or call.asked("order") != "desc" or call.asked("fields"):
        return got
    all_rows = sorted(pages(call.asking(cursor=None), forward), key=lambda row: str(row["id"]))
    all_rows.sort(key=lambda row: row[sort], reverse=True)
    limit, page = got.json["meta"]["limit"], got.json["meta"]["page"]
    return got.carrying({**got.json, "data": all_rows[(page - 1) * limit : page * limit]})


@caught_by("SRT-01")
def a_sort_hides_a_row(call: Call, forward: Forward) -> Reply:
    got = forward(call)
    return got.carrying({**got.json, "data": got.rows[:-1]}) if call.asked("sort") and len(got.rows) > 5 else got


# Fields
simple("FLD-01", "fields_are_ignored", call=without("fields"))
simple(
    "FLD-03",
    "an_unknown_field_is_ignored",
    call=lambda c: c.asking(fields=c.text("fields").replace(",nonsense", "")) if c.asked("fields") else c,
)


@caught_by("FLD-01")
def the_id_always_comes(call: Call, forward: Forward) -> Reply:
    fields = call.asked("fields")
    return forward(call.asking(fields=f"{fields},id") if fields and "id" not in fields.split(",") else call)


@caught_by("FLD-02")
def a_selected_price_is_rounded(call: Call, forward: Forward) -> Reply:
    got = forward(call)
    return (
        got.mapping(lambda row: row | ({"price": float(int(row["price"]))} if "price" in row else {}))
        if call.asked("fields")
        else got
    )


# Rate limits
simple("RAT-01", "remaining_is_missing", reply=lambda r: r.saying(x_ratelimit_remaining=None))
simple("RAT-01", "remaining_is_no_number", reply=lambda r: r.saying(x_ratelimit_remaining="many"))
simple("RAT-01", "errors_lack_the_limits", reply=lambda r: r.saying(x_ratelimit_limit=None) if r.status >= 400 else r)
simple("RAT-03", "remaining_never_falls", reply=lambda r: r.saying(x_ratelimit_remaining=r.headers["x-ratelimit-limit"]))
simple("RAT-04", "reset_is_past", reply=lambda r: r.saying(x_ratelimit_reset="1741787460"))
simple(
    "RAT-04", "reset_is_in_milliseconds", reply=lambda r: r.saying(x_ratelimit_reset=r.headers["x-ratelimit-reset"] + "000")
)
simple("RAT-04", "reset_counts_seconds", reply=lambda r: r.saying(x_ratelimit_reset="60"))
simple("RAT-02", "no_retry_after", reply=lambda r: r.saying(retry_after=None))
simple(
    "RAT-02",
    "retry_after_is_too_soon",
    reply=lambda r: r.saying(retry_after="1") if "retry-after" in r.headers and int(r.headers["retry-after"]) > 3 else r,
)


@caught_by("RAT-05")
def the_limit_is_never_enforced(call: Call, forward: Forward) -> Reply:
    if call.token == KEYS["quota"]:
        return forward(as_(call, "full")).saying(x_ratelimit_limit="20", x_ratelimit_remaining="5")
    return forward(call)


@caught_by("RAT-05")
def a_refused_create_creates(call: Call, forward: Forward) -> Reply:
    reply = forward(call)
    if reply.status == 429 and call.method == "POST":
        forward(as_(call, "full"))
    return reply


@caught_by("RAT-05")
def the_last_one_is_refused(call: Call, forward: Forward) -> Reply:
    reply = forward(call)
    if call.token == KEYS["quota"] and reply.headers.get("x-ratelimit-remaining") == "0" and reply.status == 200:
        return refuse(reply, 429, "RATE_LIMITED").saying(retry_after="60")
    return reply


@caught_by("RAT-06")
def all_keys_count_together(call: Call, forward: Forward) -> Reply:
    if call.token == KEYS["quota"]:
        forward(as_(replace(call, method="GET", path="/products", body=b""), "full").asking(limit="1"))
    return forward(call)


@caught_by("RAT-07")
def the_health_check_counts(call: Call, forward: Forward) -> Reply:
    if call.path == "/health" and call.token:
        forward(replace(call, path="/products"))
    return forward(call)


@caught_by("RAT-07")
def options_is_refused_when_used_up(call: Call, forward: Forward) -> Reply:
    if call.method == "OPTIONS" and call.token == KEYS["quota"]:
        return forward(replace(call, method="GET"))
    return forward(call)


@caught_by("RAT-03")
def an_invalid_request_is_free(call: Call, forward: Forward) -> Reply:
    """Spoils only the number: it says one more after each 400."""
    reply = forward(call)
    return (
        reply.saying(x_ratelimit_remaining=str(int(reply.headers["x-ratelimit-remaining"]) + 1))
        if reply.status == 400
        else reply
    )


# Errors
simple("ERR-01", "errors_are_a_message", reply=lambda r: r.carrying({"message": "x"}) if r.code else r)
simple(
    "ERR-01", "details_are_missing", reply=lambda r: r.carrying({"error": {"code": r.code, "message": "x"}}) if r.code else r
)
simple("ERR-01", "details_are_null", reply=error(details=None))
simple("ERR-02", "another_code_beside_404", reply=on_code("RESOURCE_NOT_FOUND", error(code="NOT_FOUND")))
simple("ERR-03", "faults_are_not_told", reply=on_code("VALIDATION_ERROR", error(details={})))
simple(
    "ERR-04",
    "a_stack_trace",
    reply=on_status(404, error(message='Traceback (most recent call last): File "app.py", line 5')),
)
simple(
    "ERR-05",
    "malformed_is_invalid",
    reply=on_code(
        "MALFORMED_JSON",
        lambda r: error(code="VALIDATION_ERROR", details={"errors": [{"in": "body", "pointer": "", "message": "x"}]})(r),
    ),
)
simple("ERR-07", "any_media_type_will_do", call=lambda c: c.saying(content_type="application/json") if c.body else c)
simple(
    "ERR-08",
    "only_the_exact_media_type_will_do",
    call=lambda c: c.saying(content_type="text/plain") if "charset" in c.headers.get("content-type", "") else c,
)
simple("ERR-12", "a_trailing_slash_is_ignored", call=lambda c: replace(c, path=c.path.rstrip("/")) if c.path != "/" else c)
simple(
    "ERR-12", "routes_are_not_case_sensitive", call=lambda c: replace(c, path="/products") if c.path == "/Products" else c
)
simple("ERR-14", "nothing_is_an_empty_success", reply=on_code("RESOURCE_NOT_FOUND", lambda r: r.carrying({"data": {}}, 200)))


@caught_by("ERR-04")
def a_token_is_repeated(call: Call, forward: Forward) -> Reply:
    return on_code("TOKEN_INVALID", error(message=f"unknown token {call.token}"))(forward(call))


@caught_by("ERR-06")
def nan_is_null(call: Call, forward: Forward) -> Reply:
    return forward(call.carrying({"title": "x"}) if call.method == "PATCH" and b"__proto__" in call.body else call)


@caught_by("ERR-08")
def upper_case_media_skips_validation(call: Call, forward: Forward) -> Reply:
    reply = forward(call)
    upper = (
        call.headers.get("content-type", "").startswith(("A", "a"))
        and call.headers.get("content-type", "")[:16] != "application/json"
    )
    return forward(replace(call, method="GET", body=b"")) if upper and reply.code == "VALIDATION_ERROR" else reply


@caught_by("ERR-09")
def a_large_body_is_read(call: Call, forward: Forward) -> Reply:
    return forward(replace(call, body=call.body.strip()) if len(call.body) > 1_048_576 else call)


@caught_by("ERR-09")
def a_body_of_1_mib_is_too_large(call: Call, forward: Forward) -> Reply:
    return forward(replace(call, body=call.body + b" ") if len(call.body) == 1_048_576 else call)


@caught_by("ERR-11")
def one_fault_at_a_time(call: Call, forward: Forward) -> Reply:
    reply = forward(call)
    return (
        error(details={"errors": reply.json["error"]["details"]["errors"][:1]})(reply)
        if reply.code == "VALIDATION_ERROR"
        else reply
    )


def sooner(code: str, than: str, mended: Callable[[Call], Call]) -> None:
    """Answers `code` although `than` comes first: what would be said if that fault were not there."""

    def fault(call: Call, forward: Forward) -> Reply:
        reply = forward(call)
        if reply.code == than:
            next_ = forward(mended(call))
            return next_ if next_.code == code else reply
        return reply

    SEEDED.append(Seeded(f"{code}_before_{than}", "ERR-13", fault))


sooner("VALIDATION_ERROR", "TENANT_ACCESS_DENIED", lambda c: c.saying(x_tenant_id=TENANTS["main"]))
sooner("VALIDATION_ERROR", "INSUFFICIENT_SCOPE", lambda c: as_(c, "full"))
sooner("TENANT_HEADER_MISSING", "UNAUTHENTICATED", lambda c: as_(c, "full"))
sooner("MALFORMED_JSON", "UNSUPPORTED_MEDIA_TYPE", lambda c: c.saying(content_type="application/json"))
sooner("RESOURCE_NOT_FOUND", "INSUFFICIENT_SCOPE", lambda c: as_(c, "full"))
sooner("PAYLOAD_TOO_LARGE", "TOKEN_INVALID", lambda c: as_(c, "full"))
sooner("INVALID_CURSOR", "VALIDATION_ERROR", lambda c: c.asking(nonsense=None))


# Writes
@caught_by("WRT-01")
def a_create_is_not_stored(call: Call, forward: Forward) -> Reply:
    reply = forward(call)
    if reply.status == 201:
        forward(replace(call, method="DELETE", path=f"/products/{call.json['sku']}", body=b"").saying(content_type=None))
    return reply


@caught_by("WRT-01")
def a_create_drops_a_member(call: Call, forward: Forward) -> Reply:
    dropped = call.method == "POST" and isinstance(call.json, dict) and "weight_kg" in call.json
    return forward(call.carrying({k: v for k, v in call.json.items() if k != "weight_kg"}) if dropped else call)


@caught_by("WRT-03")
def a_duplicate_changes_the_product(call: Call, forward: Forward) -> Reply:
    reply = forward(call)
    if reply.status == 409 and call.path == "/products":
        forward(replace(call, method="PATCH", path=f"/products/{call.json['sku']}").carrying({"title": call.json["title"]}))
    return reply


@caught_by("WRT-11")
def a_duplicate_is_accepted(call: Call, forward: Forward) -> Reply:
    reply = forward(call)
    if reply.code == "SKU_ALREADY_EXISTS":
        there = forward(
            replace(call, method="GET", path=f"/products/{call.json['sku']}", body=b"").saying(content_type=None)
        )
        product = {k: v for k, v in there.json["data"].items() if k != "listings"}
        return reply.carrying({"data": product}, 201).saying(location=f"/api/products/{call.json['sku']}")
    return reply


def patched(call: Call) -> bool:
    return call.method == "PATCH" and call.path.startswith("/products/") and isinstance(call.json, dict)


@caught_by("WRT-04")
def a_change_is_not_stored(call: Call, forward: Forward) -> Reply:
    if not patched(call):
        return forward(call)
    before = forward(replace(call, method="GET", body=b"").saying(content_type=None))
    reply = forward(call)
    if reply.status == 200:
        undone = {k: before.json["data"][k] for k in call.json}
        forward(call.carrying(undone))
    return reply


@caught_by("WRT-04")
def a_change_empties_the_rest(call: Call, forward: Forward) -> Reply:
    return forward(call.carrying({"gtin": None, **call.json}) if patched(call) and call.json else call)


@caught_by("WRT-04")
def null_is_left_out(call: Call, forward: Forward) -> Reply:
    if patched(call) and len(call.json) > 1:
        return forward(call.carrying({k: v for k, v in call.json.items() if v is not None} or call.json))
    return forward(call)


@caught_by("WRT-05")
def updated_at_stays(call: Call, forward: Forward) -> Reply:
    return rows(
        lambda row: row | ({"updated_at": row["created_at"]} if "created_at" in row and "updated_at" in row else {})
    )(forward(call))


@caught_by("WRT-06")
def a_delete_deletes_nothing(call: Call, forward: Forward) -> Reply:
    if call.method == "DELETE":
        there = forward(replace(call, method="GET"))
        return Reply(204, there.headers) if there.status == 200 else forward(call)
    return forward(call)


@caught_by("WRT-06")
def a_deleted_skus_is_never_free(call: Call, forward: Forward, gone: set[str] = set()) -> Reply:  # noqa: B006
    reply = forward(call)
    if call.method == "DELETE" and reply.status == 204:
        gone.add(call.path)
    if reply.status == 201 and f"/products/{call.json['sku']}" in gone:
        return refuse(reply, 409, "SKU_ALREADY_EXISTS")
    return reply


@caught_by("WRT-07")
def the_valid_part_is_stored(call: Call, forward: Forward) -> Reply:
    reply = forward(call)
    if patched(call) and reply.code == "VALIDATION_ERROR" and "title" in call.json:
        forward(call.asking(nonsense=None).carrying({"title": call.json["title"]}))
    return reply


def text(change: Callable[[str], str]) -> Callable[[Call], Call]:
    def stored(call: Call) -> Call:
        if not isinstance(call.json, dict):
            return call
        changed = {
            name: change(value) if isinstance(value, str) and name in ("title", "description") else value
            for name, value in call.json.items()
        }
        return call.carrying(changed) if changed != call.json else call

    return stored


def _normalized(value: str) -> str:
    import unicodedata

    return unicodedata.normalize("NFC", value)


simple("WRT-08", "text_is_trimmed", call=text(lambda t: t.strip() or t))
simple("WRT-08", "text_is_ascii", call=text(lambda t: t.encode("ascii", "replace").decode()))
simple("WRT-08", "text_is_normalized", call=text(_normalized))
simple("WRT-08", "astral_signs_are_lost", call=text(lambda t: "".join(s for s in t if ord(s) < 0x10000) or "?"))
simple("WRT-08", "markup_is_escaped", call=text(lambda t: t.replace("<", "&lt;")))
simple("WRT-08", "line_ends_are_changed", call=text(lambda t: t.replace("\r\n", "\n")))


def stripped(*names: str) -> Callable[[Call], Call]:
    def change(call: Call) -> Call:
        if isinstance(call.json, dict) and set(names) & set(call.json):
            return call.carrying({name: value for name, value in call.json.items() if name not in names})
        return call

    return change


simple("WRT-09", "unknown_members_are_ignored", call=stripped("nonsense"))
simple("WRT-09", "read_only_members_are_ignored", call=stripped("id", "created_at"))
simple("WRT-09", "a_sku_in_a_change_is_ignored", call=lambda c: stripped("sku")(c) if c.method == "PATCH" else c)
simple(
    "WRT-10",
    "a_negative_price_is_0",
    call=lambda c: (
        c.carrying(c.json | {"price": max(0, c.json["price"])})
        if isinstance(c.json, dict) and isinstance(c.json.get("price"), int | float)
        else c
    ),
)
simple(
    "WRT-10",
    "money_is_rounded",
    call=lambda c: (
        c.carrying(c.json | {"price": round(c.json["price"], 2)})
        if isinstance(c.json, dict) and isinstance(c.json.get("price"), float)
        else c
    ),
)
simple(
    "WRT-10",
    "a_long_title_is_cut",
    call=lambda c: (
        c.carrying(c.json | {"title": c.json["title"][:200]})
        if isinstance(c.json, dict) and isinstance(c.json.get("title"), str)
        else c
    ),
)
simple(
    "WRT-12",
    "a_new_product_is_active",
    call=lambda c: (
        c.carrying({"status": "active"} | c.json)
        if c.method == "POST" and c.path == "/products" and isinstance(c.json, dict)
        else c
    ),
)


# Orders
simple(
    "ORD-01",
    "a_total_ignores_the_shipping",
    reply=rows(
        lambda row: (
            row
            | (
                {"total_amount": round(row["total_amount"] - row["shipping_amount"], 2)}
                if row.get("shipping_amount") and "total_amount" in row
                else {}
            )
        )
    ),
)
simple(
    "ORD-02",
    "more_is_shipped_than_ordered",
    reply=rows(
        lambda row: (
            row
            | (
                {"line_items": [item | {"shipped_quantity": item["quantity"] + 1} for item in row["line_items"]]}
                if "line_items" in row and row.get("status") == "shipped"
                else {}
            )
        )
    ),
)


def order_of(call: Call, forward: Forward) -> Reply:
    return forward(replace(call, method="GET", path="/".join(call.path.split("/")[:3]), body=b"").saying(content_type=None))


def accepted(name: str, rule: str, when: Callable[[Call, Reply], bool]) -> None:
    """A move that must be refused is answered as if it were made."""

    def fault(call: Call, forward: Forward) -> Reply:
        reply = forward(call)
        if call.path.startswith("/orders/") and reply.status == 409 and when(call, reply):
            order = order_of(call, forward).json["data"]
            answered = {k: v for k, v in order.items() if k not in ("shipping_address", "sync_history")}
            return reply.carrying({"data": answered}, 200)
        return reply

    SEEDED.append(Seeded(name, rule, fault))


accepted("any_move_is_made", "ORD-04", lambda c, r: r.code == "INVALID_STATE_TRANSITION")
accepted("a_shipped_order_is_cancelled", "ORD-04", lambda c, r: c.path.endswith("/cancel") and b'"shipped"' in r.body)
accepted(
    "a_delivered_order_is_delivered_again",
    "ORD-04",
    lambda c, r: c.method == "PATCH" and c.json == {"status": "delivered"} and b'"from":"delivered"' in r.body,
)
accepted("what_amazon_fulfils_is_shipped", "ORD-05", lambda c, r: r.code == "FULFILLMENT_NOT_BY_MERCHANT")
accepted("more_than_is_left_is_shipped", "ORD-06", lambda c, r: r.code == "SHIPMENT_EXCEEDS_ORDER")
simple("ORD-04", "what_is_allowed_is_not_told", reply=on_code("INVALID_STATE_TRANSITION", error(details={})))


@caught_by("ORD-03")
def a_move_is_not_stored(call: Call, forward: Forward) -> Reply:
    if call.method == "PATCH" and call.path.startswith("/orders/") and call.json == {"status": "processing"}:
        got = order_of(call, forward)
        if got.status == 200 and got.json["data"]["status"] == "confirmed":
            order = {k: v for k, v in got.json["data"].items() if k not in ("shipping_address", "sync_history")}
            return got.carrying({"data": {**order, "status": "processing"}})
    return forward(call)


@caught_by("ORD-03")
def one_legal_move_breaks(call: Call, forward: Forward) -> Reply:
    reply = forward(call)
    completed = call.method == "PATCH" and reply.status == 200 and call.json == {"status": "completed"}
    return refuse(reply, 500, "INTERNAL_ERROR") if completed else reply


@caught_by("ORD-07")
def an_unknown_line_is_not_found(call: Call, forward: Forward) -> Reply:
    reply = forward(call)
    unknown = call.path.endswith("/shipment") and reply.code == "VALIDATION_ERROR" and b"no-such-line" in call.body
    return refuse(reply, 404, "RESOURCE_NOT_FOUND") if unknown else reply


@caught_by("ORD-08")
def a_shipment_is_always_the_last(call: Call, forward: Forward) -> Reply:
    reply = forward(call)
    if call.path.endswith("/shipment") and reply.status == 200:
        return reply.mapping(lambda row: row | {"status": "shipped"})
    return reply


@caught_by("ORD-08")
def a_shipment_replaces_what_was_shipped(call: Call, forward: Forward) -> Reply:
    reply = forward(call)
    if call.path.startswith("/orders/"):
        return reply.mapping(
            lambda row: (
                row
                | (
                    {
                        "line_items": [
                            item | {"shipped_quantity": min(1, item["shipped_quantity"])} for item in row["line_items"]
                        ]
                    }
                    if "line_items" in row
                    else {}
                )
            )
        )
    return reply
