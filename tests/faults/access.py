"""Credentials, tenants and rate limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace as changed
from itertools import count
from typing import Any
from urllib.parse import parse_qs

from starlette.types import Scope

from mockserver import quotas, visit
from mockserver.auth import Doorman, Principal
from mockserver.domain.errors import ApiError
from mockserver.quotas import Quotas
from mockserver.store import statements
from mockserver.store.shop import Shop
from mockserver.tokens import Tokens
from mockserver.visit import Gate, Visit
from nexuscommerce.contract import Plan
from tests.faults.seams import Answer, fault, header, on_the_way_in, on_the_wire, replace, with_conditions


def _without(name: str) -> None:
    replace(visit, "_CHECKS", tuple(check for check in visit._CHECKS if check.__name__ != name))


def _key(**changes: Any) -> None:
    """Every key is read with these members changed."""
    from mockserver.store.platform import Platform

    read = Platform.key

    def key(self: Platform, digest: str) -> Any:
        found = read(self, digest)
        return found and found._replace(**changes)

    replace(Platform, "key", key)


@fault
def open_reads() -> None:
    def change(scope: Scope) -> Scope:
        if scope["method"] != "GET" or header(scope, b"authorization"):
            return scope
        token = (b"authorization", b"Bearer nxc_live_rehearsal_a_full_40e8ccd47270")
        return {**scope, "headers": [*scope["headers"], token]}

    on_the_way_in(change)


@fault
def any_case_of_a_key() -> None:
    identify = Doorman.identify

    def lower(self: Doorman, authorization: str | None, *rest: Any) -> Principal:
        scheme, _, token = (authorization or "").partition(" ")
        is_key = token.lower().startswith("nxc_live_")
        return identify(self, f"{scheme} {token.lower()}" if is_key else authorization, *rest)

    replace(Doorman, "identify", lower)


@fault
def unknown_token() -> None:
    identify = Doorman.identify

    def lenient(self: Doorman, authorization: str | None, *rest: Any) -> Principal:
        try:
            return identify(self, authorization, *rest)
        except ApiError as refusal:
            if refusal.code != "TOKEN_INVALID":
                raise
            return identify(self, "Bearer nxc_live_rehearsal_a_reader_91b26a9efdbe", *rest)

    replace(Doorman, "identify", lenient)


@fault
def revoked_works() -> None:
    _key(revoked_at=None)


@fault
def expired_key_works() -> None:
    _key(expires_at=None)


@fault
def expired_jwt_works() -> None:
    replace(Tokens, "require_in_force", lambda *_: None)


@fault
def no_allowlist() -> None:
    _key(allowlist=[])


@fault
def forwarded_for() -> None:
    def change(scope: Scope) -> Scope:
        claimed = header(scope, b"x-forwarded-for").decode()
        return {**scope, "client": (claimed.split(",")[0].strip(), 1)} if claimed else scope

    on_the_way_in(change)


@fault
def no_scopes() -> None:
    _without("_scope")


@fault
def write_implies_read() -> None:
    may = Principal.may

    def lenient(self: Principal, needed: tuple[str, ...]) -> bool:
        return may(self, (*needed, *(scope.replace(":read", ":write") for scope in needed)))

    replace(Principal, "may", lenient)


@fault
def open_actions() -> None:
    check = next(check for check in visit._CHECKS if check.__name__ == "_scope")

    def _scope(seen: Visit) -> None:
        if seen.operation and seen.operation.id not in ("confirmShipment", "cancelOrder"):
            check(seen)

    _without("_scope")
    replace(visit, "_CHECKS", (*visit._CHECKS, _scope))


@fault
def one_read_scope() -> None:
    may = Principal.may
    replace(Principal, "may", lambda self, needed: may(self, needed[:1]))


@fault
def scope_not_named() -> None:
    def change(answer: Answer) -> None:
        if answer.status == 403 and answer.json["error"]["code"] == "INSUFFICIENT_SCOPE":
            answer.json = {"error": {**answer.json["error"], "details": {}}}

    on_the_wire(change)


@fault
def viewer_writes() -> None:
    by_jwt = Doorman._by_jwt
    replace(Doorman, "_by_jwt", lambda *args: changed(by_jwt(*args), scopes=frozenset("*")))


@fault
def unsigned_jwt() -> None:
    import base64

    import orjson

    def read(_: Tokens, token: str) -> Any:
        payload = token.split(".")[1]
        return orjson.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))

    replace(Tokens, "claims", read)


@fault
def token_in_query() -> None:
    def change(scope: Scope) -> Scope:
        query = parse_qs(scope["query_string"].decode("latin-1"))
        names = ("access_token", "token", "api_key", "apikey", "key", "bearer")
        token = next((query[name][0] for name in names if name in query), "")
        if not token or header(scope, b"authorization"):
            return scope
        pairs = [pair for pair in scope["query_string"].split(b"&") if token.encode() not in pair]
        headers = [*scope["headers"], (b"authorization", f"Bearer {token}".encode())]
        return {**scope, "headers": headers, "query_string": b"&".join(pairs)}

    on_the_way_in(change)


@fault
def strict_scheme() -> None:
    identify = Doorman.identify

    def strict(self: Doorman, authorization: str | None, *rest: Any) -> Principal:
        if authorization and not authorization.startswith("Bearer"):
            raise ApiError("UNAUTHENTICATED")
        return identify(self, authorization, *rest)

    replace(Doorman, "identify", strict)


# Tenants


def _assume_tenant(seen: Visit) -> None:
    seen.tenant = seen.principal.tenant_id if seen.principal else ""


@fault
def tenant_optional() -> None:
    check = visit._tenant

    def _tenant(seen: Visit) -> None:
        check(seen) if "x-tenant-id" in seen.headers else _assume_tenant(seen)

    replace(visit, "_CHECKS", tuple(_tenant if old is check else old for old in visit._CHECKS))


@fault
def tenant_any_text() -> None:
    check = visit._tenant

    def _tenant(seen: Visit) -> None:
        try:
            check(seen)
        except ApiError as refusal:
            if refusal.code != "TENANT_HEADER_INVALID":
                raise
            _assume_tenant(seen)

    replace(visit, "_CHECKS", tuple(_tenant if old is check else old for old in visit._CHECKS))


@fault
def tenant_not_checked() -> None:
    _without("_tenant_access")


@fault
def unknown_tenant_told() -> None:
    def change(answer: Answer) -> None:
        known = (b"369a34e8", b"a5f4d17c", b"3714240b", b"4b5eace9", b"8cd8f3f1", b"0c3d8f6b")
        if answer.status == 403 and not header(answer.scope, b"x-tenant-id").startswith(known):
            answer.json = {"error": {**answer.json["error"], "message": "There is no such tenant"}}

    on_the_wire(change)


def _everyones(*functions: str) -> None:
    """These statements see the rows of every tenant."""
    for name in functions:
        make = getattr(statements, name)

        replace(statements, name, with_conditions(make.__wrapped__, slice(1, None)))


@fault
def foreign_reads() -> None:
    _everyones("one")


@fault
def foreign_is_403() -> None:
    one, everyone = Shop.one, with_conditions(statements.one.__wrapped__, slice(1, None))

    def told(self: Shop, collection: str, members: Any, by: str, value: str) -> str | None:
        found = one(self, collection, members, by, value)
        foreign = everyone(collection, ("id",), by)
        if found is None and self._connection.execute(foreign, {"value": value}).first():
            raise ApiError("TENANT_ACCESS_DENIED")
        return found

    replace(Shop, "one", told)


@fault
def foreign_lists() -> None:
    _everyones("page")


@fault
def foreign_totals() -> None:
    _everyones("total")


@fault
def global_skus() -> None:
    from mockserver.store.tables import COLLECTIONS

    insert = Shop.insert

    def first_of_all(self: Shop, collection: str, row: dict[str, Any]) -> None:
        table = COLLECTIONS[collection]
        taken = table.select().where(table.c.sku == row["sku"], table.c.deleted_at.is_(None))
        if self._connection.execute(taken).first():
            from mockserver.store.shop import Taken

            raise Taken
        insert(self, collection, row)

    replace(Shop, "insert", first_of_all)


@fault
def foreign_delete() -> None:
    from mockserver.store.tables import products

    delete = Shop.delete

    def everywhere(self: Shop, collection: str, row_id: str, at: str) -> None:
        if collection == "products":
            row = self.row(collection, ("sku",), "id", row_id)
            same = products.update().where(products.c.sku == (row or {})["sku"]).values(deleted_at=at)
            self._connection.execute(same)
        delete(self, collection, row_id, at)

    replace(Shop, "delete", everywhere)


@fault
def foreign_priorities() -> None:
    from mockserver.store.tables import COLLECTIONS

    insert, rules = Shop.insert, COLLECTIONS["rules"]

    def moving(self: Shop, collection: str, row: dict[str, Any]) -> None:
        insert(self, collection, row)
        if collection == "rules":
            others = rules.update().where(rules.c.tenant_id != self._tenant)
            self._connection.execute(others.values(priority=rules.c.priority + 1))

    replace(Shop, "insert", moving)


@fault
def foreign_orders() -> None:
    from mockserver.store.tables import COLLECTIONS

    update, orders = Shop.update, COLLECTIONS["orders"]

    def reaching(self: Shop, collection: str, row_id: str, changes: dict[str, Any]) -> None:
        update(self, collection, row_id, changes)
        if collection == "orders":
            others = orders.update().where(orders.c.tenant_id != self._tenant, orders.c.status == "pending")
            self._connection.execute(others.values(updated_at=changes["updated_at"]))

    replace(Shop, "update", reaching)


@fault
def cursor_of_any_tenant() -> None:
    from mockserver.handlers import lists

    issuer = lists._issuer
    replace(lists, "_issuer", lambda call: {**issuer(call), "tenant": ""})


# Rate limits


@fault
def constant_remaining() -> None:
    take = Quotas.take
    replace(Quotas, "take", lambda *args, **options: take(*args, **options)._replace(remaining=17))


@fault
def free_mistakes() -> None:
    def change(answer: Answer) -> None:
        left = answer.get("x-ratelimit-remaining")
        if answer.status == 400 and left:
            answer.set("x-ratelimit-remaining", str(int(left) + 1))

    on_the_wire(change)


@fault
def limit_not_enforced() -> None:
    _without("_rate_limit")


@fault
def refused_with_effect() -> None:
    check = visit._rate_limit
    late: list[Any] = []

    def _rate_limit(seen: Visit) -> None:
        try:
            check(seen)
        except ApiError as refusal:
            late.append(refusal)

    from mockserver.tenancy import Tenancy

    answer = Tenancy.__call__

    def answered(self: Tenancy, *asked: Any) -> Any:
        made = answer(self, *asked)
        if late:
            raise late.pop()
        return made

    replace(visit, "_CHECKS", tuple(_rate_limit if old is check else old for old in visit._CHECKS))
    replace(Tenancy, "__call__", answered)


@fault
def counted_by_address() -> None:
    counter = Gate._counter
    replace(Gate, "_counter", lambda self, seen: (f"address:{seen.address}", counter(self, seen)[1]))


@fault
def health_counts() -> None:
    replace(Gate, "look", Gate.count)


def _count_as(name: Callable[[Visit, str], str]) -> None:
    """Requests are counted under other names; `name` is given the request and the counter's own name."""
    counter = Gate._counter

    def counted(self: Gate, seen: Visit) -> tuple[str, Any]:
        own, plan = counter(self, seen)
        return name(seen, own), plan

    replace(Gate, "_counter", counted)


def _plans(of: Callable[[Visit, Plan], Plan]) -> None:
    """Callers have another plan; `of` is given the request and their own."""
    counter = Gate._counter

    def counted(self: Gate, seen: Visit) -> tuple[str, Plan]:
        name, plan = counter(self, seen)
        return name, of(seen, plan)

    replace(Gate, "_counter", counted)


@fault
def counters_in_turn() -> None:
    turns = count()
    _count_as(lambda _, own: f"{own}/{next(turns) % 3}")


@fault
def counted_by_token() -> None:
    _count_as(lambda seen, own: seen.headers["authorization"] if own.startswith("user:") else own)


@fault
def users_count_together() -> None:
    _count_as(lambda _, own: own.rpartition(":")[0] if own.startswith("user:") else own)


@fault
def strangers_by_token() -> None:
    _count_as(lambda seen, own: own + seen.headers.get("authorization", "") if own.startswith("address:") else own)


@fault
def claimed_addresses_count() -> None:
    _count_as(
        lambda seen, own: seen.headers.get("x-forwarded-for", own) if own.startswith("address:") else own,
    )


@fault
def strangers_of_another_plan() -> None:
    _plans(lambda seen, plan: plan if seen.principal else Plan(60, 1_000))


@fault
def limit_of_no_plan() -> None:
    def doubled(seen: Visit, plan: Plan) -> Plan:
        is_user = seen.principal is not None and seen.principal.counter.startswith("user:")
        return Plan(2 * plan.per_minute, 2 * plan.per_hour) if is_user else plan

    _plans(doubled)


@fault
def hour_told() -> None:
    quota = quotas._quota

    def told(plan: Plan, now: float, minute: int, hour: int) -> quotas.Quota:
        found = quota(plan, now, minute, hour)
        return found if found.wait else quota(Plan(10**9, plan.per_hour), now, 0, hour)

    replace(quotas, "_quota", told)
