"""Products: created, changed, deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mockserver import validation
from mockserver.domain.errors import ApiError
from mockserver.store import statements
from mockserver.store.shop import Shop, Taken
from tests.faults.seams import Answer, fault, handle, on_the_wire, replace, with_conditions


def _stored(change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """What is stored of a product is not what was sent."""
    insert, update = Shop.insert, Shop.update

    def changed(collection: str, row: dict[str, Any]) -> dict[str, Any]:
        return change(row) if collection == "products" else row

    replace(Shop, "insert", lambda self, of, row: insert(self, of, changed(of, row)))
    replace(Shop, "update", lambda self, of, row_id, row: update(self, of, row_id, changed(of, row)))


def _text(change: Callable[[str], str]) -> None:
    def changed(row: dict[str, Any]) -> dict[str, Any]:
        return {name: change(value) if name in ("title", "description") and value else value for name, value in row.items()}

    _stored(changed)


@fault
def not_stored() -> None:
    def changed(create: Any) -> Any:
        def create_product(shop: Any, call: Any) -> Any:
            answer = create(shop, call)
            shop._connection.exec_driver_sql("ROLLBACK")
            shop._connection.exec_driver_sql("BEGIN")
            return answer

        return create_product

    handle("createProduct", changed)


@fault
def not_listed() -> None:
    insert, page, new = Shop.insert, Shop.page, set[str]()

    def noting(self: Shop, collection: str, row: dict[str, Any]) -> None:
        new.add(row["id"])
        insert(self, collection, row)

    def without_new(self: Shop, collection: str, members: Any, window: Any) -> Any:
        rows, total = page(self, collection, members, window)
        return [row for row in rows if collection != "products" or row.id not in new], total

    replace(Shop, "insert", noting)
    replace(Shop, "page", without_new)


@fault
def cost_lost() -> None:
    _stored(lambda row: {name: value for name, value in row.items() if name != "cost_price"})


@fault
def dead_location() -> None:
    on_the_wire(lambda answer: answer.set("location", answer.get("location") + "-x") if answer.status == 201 else None)


@fault
def sku_taken_over() -> None:
    insert = Shop.insert

    def over(self: Shop, collection: str, row: dict[str, Any]) -> None:
        old = self.row(collection, ("id",), "sku", row["sku"]) if collection == "products" else None
        if old:
            for part in ("inventory", "products"):
                self.delete(part, old["id"], row["created_at"])
        insert(self, collection, row)

    replace(Shop, "insert", over)


@fault
def refused_create_writes() -> None:
    insert = Shop.insert

    def touching(self: Shop, collection: str, row: dict[str, Any]) -> None:
        try:
            insert(self, collection, row)
        except Taken:
            old = self.row(collection, ("id",), "sku", row["sku"])
            self.update(collection, old["id"] if old else "", {"title": row["title"]})
            self._connection.exec_driver_sql("COMMIT")
            self._connection.exec_driver_sql("BEGIN")
            raise

    replace(Shop, "insert", touching)


@fault
def patch_not_stored() -> None:
    update = Shop.update

    def only_time(self: Shop, collection: str, row_id: str, changes: dict[str, Any]) -> None:
        keep = ("updated_at", "deleted_at") if collection == "products" else changes
        update(self, collection, row_id, {name: value for name, value in changes.items() if name in keep})

    replace(Shop, "update", only_time)


@fault
def patch_resets() -> None:
    update = Shop.update

    def resetting(self: Shop, collection: str, row_id: str, changes: dict[str, Any]) -> None:
        empty = {} if collection != "products" or "deleted_at" in changes else {"description": None, "gtin": None}
        update(self, collection, row_id, empty | changes)

    replace(Shop, "update", resetting)


@fault
def null_ignored() -> None:
    _stored(lambda row: row if "sku" in row else {k: v for k, v in row.items() if v is not None})


@fault
def updated_at_still() -> None:
    update = Shop.update

    def still(self: Shop, collection: str, row_id: str, changes: dict[str, Any]) -> None:
        update(self, collection, row_id, {k: v for k, v in changes.items() if k != "updated_at" or len(changes) == 1})

    replace(Shop, "update", still)


@fault
def delete_does_nothing() -> None:
    replace(Shop, "delete", lambda *_: None)


@fault
def deleted_is_listed() -> None:
    replace(statements, "page", with_conditions(statements.page.__wrapped__, slice(0, 1)))


@fault
def sku_never_free() -> None:
    insert, delete = Shop.insert, Shop.delete
    gone: set[tuple[str, str]] = set()

    def noting(self: Shop, collection: str, row_id: str, at: str) -> None:
        row = self.row(collection, ("sku",), "id", row_id)
        gone.add((self._tenant, row["sku"] if row else ""))
        delete(self, collection, row_id, at)

    def refusing(self: Shop, collection: str, row: dict[str, Any]) -> None:
        if (self._tenant, row["sku"]) in gone:
            raise Taken
        insert(self, collection, row)

    replace(Shop, "delete", noting)
    replace(Shop, "insert", refusing)


@fault
def refused_change_writes() -> None:
    body_faults = validation._body_faults

    def partly(validator: Any, body: Any) -> Any:
        found = list(body_faults(validator, body))
        if found and isinstance(body, dict) and isinstance(body.get("title"), str):
            _pending.append(body["title"])
        return found

    replace(validation, "_body_faults", partly)
    from mockserver import dispatch

    call = dispatch.Dispatch.__call__

    async def late(self: Any, scope: Any, receive: Any, send: Any) -> None:
        _pending.clear()
        try:
            await call(self, scope, receive, send)
        except Exception:
            visit = scope["visit"]
            sku = scope["path_params"].get("sku")
            if _pending and sku and scope["method"] == "PATCH":
                with self._answering._database.shop(visit.tenant, writes=True) as shop:
                    row = shop.row("products", ("id",), "sku", sku)
                    if row:
                        shop.update("products", row["id"], {"title": _pending[0][:200]})
            raise

    replace(dispatch.Dispatch, "__call__", late)


_pending: list[str] = []


@fault
def trimmed() -> None:
    _text(lambda text: text.strip() or text)


@fault
def latin_1() -> None:
    _text(lambda text: text.encode("latin-1", "replace").decode("latin-1"))


@fault
def normalised() -> None:
    import unicodedata

    _text(lambda text: unicodedata.normalize("NFC", text))


def _lenient(kinds: set[str]) -> None:
    """Bodies that break their schema in these ways are taken."""

    def forgiving(validator: Any, body: Any) -> Any:
        for error in validator.iter_errors(body):
            if error.kind.name not in kinds:
                yield {"in": "body", "pointer": validation._pointer(error.instance_path), "message": error.message[:300]}

    replace(validation, "_body_faults", forgiving)


@fault
def unknown_members() -> None:
    _lenient({"additionalProperties"})
    known = {"sku", "title", "description", "status", "price", "currency", "gtin", "category", "cost_price"}
    known |= {"weight_kg", "images", "id", "created_at", "updated_at", "deleted_at"}
    _stored(lambda row: {k: v for k, v in row.items() if k in known})

    def tidy(answer: Answer) -> None:
        if answer.status in (200, 201) and answer.method in ("POST", "PATCH") and "products" in answer.path:
            answer.json = {"data": {k: v for k, v in answer.json["data"].items() if k in known}}

    on_the_wire(tidy)


@fault
def negative_price() -> None:
    _lenient({"minimum"})


@fault
def three_decimals() -> None:
    _lenient({"multipleOf"})


@fault
def racing_creates() -> None:
    """Whoever asks within a hundredth of a second of the first is not refused."""
    from mockserver.store import tables

    tables.products.indexes = {i for i in tables.products.indexes if not i.unique}
    insert = Shop.insert

    def unchecked(self: Shop, collection: str, row: dict[str, Any]) -> None:
        taken = self.row(collection, ("created_at",), "sku", row["sku"]) if collection == "products" else None
        if taken and taken["created_at"][:22] != row["created_at"][:22]:
            raise Taken
        insert(self, collection, row)

    replace(Shop, "insert", unchecked)


@fault
def active_by_default() -> None:
    def changed(create: Any) -> Any:
        def create_product(shop: Any, call: Any) -> Any:
            call.body.setdefault("status", "active")
            return create(shop, call)

        return create_product

    handle("createProduct", changed)


@fault
def price_optional() -> None:
    check = validation.Validation.check

    def filled(self: validation.Validation, path: Any, query: bytes, body: Any) -> Any:
        if isinstance(body, dict) and {"sku", "title"} <= set(body):
            body.setdefault("price", 0)
        return check(self, path, query, body)

    replace(validation.Validation, "check", filled)


@fault
def money_in_cents() -> None:
    def change(answer: Answer) -> None:
        for row in answer.rows() if answer.body and answer.path.startswith("/api/products/") else ():
            answer.json = {"data": {**row, "price": round(100 * row["price"])} if "price" in row else row}

    on_the_wire(change)


@fault
def judges_refused() -> None:
    def refusing(create: Any) -> Any:
        def create_product(shop: Any, call: Any) -> Any:
            if call.body["sku"].startswith("JT-"):
                raise ApiError("SKU_ALREADY_EXISTS", sku=call.body["sku"])
            return create(shop, call)

        return create_product

    handle("createProduct", refusing)
