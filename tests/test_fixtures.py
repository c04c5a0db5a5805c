"""The world: up to date, right by the contract, and as full of hard cases as the tests that walk through it rely on."""

from __future__ import annotations

import ipaddress
import json
import re
import subprocess
import sys
from collections import Counter
from itertools import chain, pairwise, product
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from nexuscommerce.contract import load
from nexuscommerce.files import packaged

Json = dict[str, Any]

ROOT = Path(__file__).parent.parent
CONTRACT = load()
WORLD: Json = json.loads(packaged("fixtures/world.json").read_bytes())
TENANTS: list[Json] = WORLD["tenants"]
NAMES = [tenant["name"] for tenant in TENANTS]
PRODUCTS: list[Json] = [row for tenant in TENANTS for row in tenant["products"]]
ORDERS: list[Json] = [row for tenant in TENANTS for row in tenant["orders"]]
MAIN = TENANTS[0]
REHEARSALS = TENANTS[3:]
STATUSES = CONTRACT.schemas.named("OrderStatus")["enum"]
METHODS = CONTRACT.schemas.named("FulfillmentMethod")["enum"]
NOW = "2026-03-12T14:32:01.123Z"

every_tenant = pytest.mark.parametrize("tenant", TENANTS, ids=NAMES)
every_rehearsal = pytest.mark.parametrize("tenant", REHEARSALS, ids=NAMES[3:])


def cents(amount: float) -> int:
    return round(amount * 100)


def faults(schema: str, rows: list[Json]) -> list[str]:
    validator = CONTRACT.schemas.validator(CONTRACT.schemas.named(schema))
    return [f"{row['id']}: {error.message}" for row in rows for error in validator.iter_errors(row)]


def example(response: str) -> Json:
    """What the document shows as that answer's `data`."""
    content = CONTRACT.document["components"]["responses"][response]["content"]["application/json"]
    data: Json = content["example"]["data"]
    return data


def sorted_by(tenant: Json, kind: str, member: str, *, is_descending: bool) -> list[Any]:
    ordered = sorted(tenant[kind], key=lambda row: (row[member], row["id"]), reverse=is_descending)
    return [row[member] for row in ordered]


def test_the_file_is_what_the_script_writes() -> None:
    run = subprocess.run([sys.executable, "-m", "fixtures.generate", "--check"], cwd=ROOT, check=False)

    assert run.returncode == 0


def test_a_file_that_differs_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fixtures import generate

    monkeypatch.setattr(generate, "WORLD", tmp_path / "world.json")

    assert generate.main(["--check"]) == 1
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0


def test_every_tenant_has_the_promised_size() -> None:
    sizes = [(tenant["plan"], tenant["currency"], len(tenant["products"]), len(tenant["orders"])) for tenant in TENANTS]

    assert sizes == [
        ("growth", "USD", 300, 400),
        ("starter", "EUR", 30, 40),
        ("enterprise", "USD", 60, 80),
        ("enterprise", "USD", 120, 240),
        ("enterprise", "USD", 40, 60),
        ("enterprise", "USD", 40, 240),
    ]


def test_every_product_keeps_the_contract() -> None:
    assert faults("ProductDetail", PRODUCTS) == []


def test_every_order_keeps_the_contract() -> None:
    assert faults("OrderDetail", ORDERS) == []


def test_the_documented_product_and_order_are_there_word_for_word() -> None:
    assert next(row for row in MAIN["products"] if row["sku"] == "SKU-001") == example("ProductDetail")
    assert next(row for row in MAIN["orders"] if row["id"] == "ord_01HXK9MZPQ3B8C7D2E5F6G") == example("OrderDetail")


def test_the_sku_that_the_documentation_creates_is_free() -> None:
    assert "SKU-002" not in {row["sku"] for tenant in (MAIN, *REHEARSALS) for row in tenant["products"]}


def test_the_documented_product_alone_is_the_newest() -> None:
    newest, second = sorted(MAIN["products"], key=lambda row: row["created_at"], reverse=True)[:2]

    assert newest["sku"] == "SKU-001"
    assert newest["created_at"] > second["created_at"]


def test_the_documented_query_answers_the_documented_order_first() -> None:
    chosen = [row for row in MAIN["orders"] if (row["status"], row["marketplace"]) == ("confirmed", "amazon_us")]
    chosen.sort(key=lambda row: row["created_at"], reverse=True)
    dates = [row["created_at"] for row in chosen]
    matching = [date for date in dates if date >= "2026-03-01"]

    assert chosen[0]["external_order_id"] == "123-4567890-1234567"
    assert 3 < len(matching) < len(dates)
    assert dates[0] > dates[1]


def test_ids_are_unique_in_the_world() -> None:
    users = [row for tenant in TENANTS for row in tenant["users"]]
    ids = Counter(row["id"] for row in chain(TENANTS, users, PRODUCTS, ORDERS))

    assert {key: count for key, count in ids.items() if count > 1} == {}


def test_ids_are_ulids_of_their_moment_but_for_the_documented_ones() -> None:
    others = [row for row in chain(PRODUCTS, ORDERS) if "01HXK9MZPQ3B8C7D2E5F6G" not in row["id"]]
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    lengths = {len(row["id"].partition("_")[2]) for row in others}
    by_time = sorted(others, key=lambda row: row["created_at"])
    times = [[alphabet.index(c) for c in row["id"].partition("_")[2][:10]] for row in by_time]

    assert len(others) == len(PRODUCTS) + len(ORDERS) - 2
    assert lengths == {26}
    assert times == sorted(times)


@every_tenant
def test_skus_are_unique_in_a_tenant(tenant: Json) -> None:
    skus = [row["sku"] for row in tenant["products"]]

    assert len(skus) == len(set(skus))


@every_tenant
def test_order_numbers_are_unique_on_a_marketplace(tenant: Json) -> None:
    numbers = [(row["marketplace"], row["external_order_id"]) for row in tenant["orders"]]

    assert len(numbers) == len(set(numbers))


def test_tenants_share_skus_that_mean_different_products() -> None:
    shared = [row for tenant in TENANTS for row in tenant["products"] if row["sku"] == "SKU-001"]

    assert len(shared) == len(TENANTS)
    assert len({row["title"] for row in shared}) == len(TENANTS)
    assert len({row["price"] for row in shared}) == len(TENANTS)


def test_lines_are_unique_within_an_order() -> None:
    doubled = [
        row["id"] for row in ORDERS if len({i["external_line_item_id"] for i in row["line_items"]}) < len(row["line_items"])
    ]

    assert doubled == []


def test_money_adds_up_to_the_cent() -> None:
    wrong_lines = [
        row["id"]
        for row in ORDERS
        for line in row["line_items"]
        if cents(line["line_total"]) != line["quantity"] * cents(line["unit_price"])
    ]
    wrong_totals = [
        row["id"]
        for row in ORDERS
        if cents(row["total_amount"])
        != sum(cents(line["line_total"]) for line in row["line_items"]) + cents(row["shipping_amount"])
    ]

    assert wrong_lines == []
    assert wrong_totals == []


def test_shipped_quantities_agree_with_the_status() -> None:
    left = {row["id"]: sum(i["quantity"] - i["shipped_quantity"] for i in row["line_items"]) for row in ORDERS}
    gone = {row["id"]: sum(i["shipped_quantity"] for i in row["line_items"]) for row in ORDERS}
    over = [row["id"] for row in ORDERS if any(i["shipped_quantity"] > i["quantity"] for i in row["line_items"])]
    whole = [row["id"] for row in ORDERS if row["status"] in ("shipped", "delivered", "completed") and left[row["id"]]]
    none = [row["id"] for row in ORDERS if row["status"] in ("pending", "confirmed") and gone[row["id"]]]
    finished = [row["id"] for row in ORDERS if row["status"] == "processing" and not left[row["id"]]]

    assert [over, whole, none, finished] == [[], [], [], []]


def test_only_delivered_and_completed_orders_have_returns() -> None:
    returned = Counter(row["status"] for row in MAIN["orders"] if row["has_returns"])
    kept = Counter(row["status"] for row in MAIN["orders"] if not row["has_returns"])

    assert set(returned) == {"delivered", "completed"}
    assert set(kept) == set(STATUSES)


def test_nothing_is_later_than_the_documentation_or_changed_before_it_was_made() -> None:
    wrong = [row["id"] for row in chain(PRODUCTS, ORDERS) if not row["created_at"] <= row["updated_at"] <= NOW]
    late = [row["sku"] for row in PRODUCTS for i in row["listings"] if not row["created_at"] <= i["last_synced_at"] <= NOW]

    assert wrong == []
    assert late == []


def test_histories_start_with_the_import_and_go_forward() -> None:
    first = {(row["sync_history"][0]["event"], row["sync_history"][0]["created_at"] == row["created_at"]) for row in ORDERS}
    backward = [
        row["id"] for row in ORDERS for a, b in pairwise(row["sync_history"]) if not a["created_at"] < b["created_at"]
    ]
    after_the_end = [row["id"] for row in ORDERS if row["sync_history"][-1]["created_at"] > row["updated_at"]]

    assert first == {("order_imported", True)}
    assert backward == []
    assert after_the_end == []


def test_histories_end_where_the_order_stands() -> None:
    def stands(row: Json) -> bool:
        last = row["sync_history"][-1]
        is_shipment = last["event"] == "shipment_confirmed" and row["status"] in ("processing", "shipped")
        is_cancellation = last["event"] == "order_cancelled" and row["status"] == "cancelled"
        is_start = last["event"] == "order_imported" and row["status"] in ("pending", "confirmed")
        is_move = last["event"] == "status_changed" and last["message"].endswith(f" to {row['status']}")
        return last["status"] == "success" and (is_shipment or is_cancellation or is_start or is_move)

    assert [row["id"] for row in ORDERS if not stands(row)] == []


def test_steps_of_a_history_are_transitions_of_the_document() -> None:
    allowed = {(row["from"], row["to"]) for row in CONTRACT.schemas.transitions()}
    messages = [event["message"] for row in ORDERS for event in row["sync_history"]]
    moves = {match.groups() for text in messages if (match := re.fullmatch(r"Status changed from (\w+) to (\w+)", text))}

    assert len(moves) > 4
    assert moves - allowed == set()


def test_shipments_are_confirmed_for_merchants_orders_alone() -> None:
    methods = {
        row["fulfillment_method"]
        for row in ORDERS
        for event in row["sync_history"]
        if event["event"] == "shipment_confirmed"
    }

    assert methods == {"FBM"}


def test_some_steps_of_a_history_failed_first() -> None:
    assert {event["status"] for row in MAIN["orders"] for event in row["sync_history"]} == {"success", "failed"}


def test_a_product_has_one_listing_on_a_marketplace_at_most() -> None:
    doubled = [row["id"] for row in PRODUCTS if len({i["marketplace"] for i in row["listings"]}) < len(row["listings"])]

    assert doubled == []


@every_tenant
def test_orders_name_products_of_their_tenant_but_for_a_couple_of_deleted_ones(tenant: Json) -> None:
    skus = {row["sku"] for row in tenant["products"]}
    unknown = [i["sku"] for row in tenant["orders"] for i in row["line_items"] if i["sku"] not in skus]

    assert unknown == ["GONE-1", "GONE-1"]


@every_tenant
def test_every_status_occurs_with_every_fulfillment_method(tenant: Json) -> None:
    pairs = {(row["status"], row["fulfillment_method"]) for row in tenant["orders"]}

    assert pairs == set(product(STATUSES, METHODS))


@every_tenant
def test_every_marketplace_has_orders(tenant: Json) -> None:
    assert len({row["marketplace"] for row in tenant["orders"]}) == 9


def test_the_rehearsals_have_orders_to_use_up() -> None:
    used_up = [*product(("pending", "confirmed"), METHODS), ("processing", "FBM")]
    first, second, third = (
        Counter((row["status"], row["fulfillment_method"]) for row in tenant["orders"]) for tenant in REHEARSALS
    )

    assert min(first[pair] for pair in used_up) >= 25
    assert min(second[pair] for pair in used_up) >= 5
    assert min(third[pair] for pair in used_up) >= 25


@every_rehearsal
def test_the_rehearsals_have_orders_on_their_way(tenant: Json) -> None:
    by_status = Counter(row["status"] for row in tenant["orders"])

    assert min(by_status["shipped"], by_status["delivered"]) >= len(tenant["orders"]) // 12


@every_tenant
def test_merchants_orders_can_be_shipped_in_parts(tenant: Json) -> None:
    merchant = [row for row in tenant["orders"] if row["fulfillment_method"] == "FBM"]
    partly = [
        row for row in merchant if row["status"] == "processing" and any(i["shipped_quantity"] for i in row["line_items"])
    ]
    divisible = [row for row in merchant if row["status"] == "confirmed" and row["line_items"][0]["quantity"] > 1]
    several = [row for row in merchant if row["status"] == "confirmed" and len(row["line_items"]) > 1]

    assert min(len(partly), len(divisible), len(several)) >= 1


@pytest.mark.parametrize(
    ("kind", "member"),
    [
        ("products", "title"),
        ("products", "created_at"),
        ("products", "updated_at"),
        ("orders", "created_at"),
        ("orders", "updated_at"),
        ("orders", "total_amount"),
        ("orders", "external_order_id"),
    ],
)
@pytest.mark.parametrize("is_descending", [False, True], ids=["asc", "desc"])
def test_ties_of_more_than_three_lie_across_the_ends_of_pages(kind: str, member: str, is_descending: bool) -> None:
    values = sorted_by(MAIN, kind, member, is_descending=is_descending)
    groups = [count for count in Counter(values).values() if count > 3]
    without = [
        limit
        for limit in (1, 2, 3, 4, 5, 7, 10)
        if not any(values[n - 1] == values[n] for n in range(limit, len(values), limit))
    ]

    assert len(groups) > 2
    assert without == []


@every_rehearsal
@pytest.mark.parametrize(
    ("kind", "member"),
    [("products", "title"), ("products", "created_at"), ("orders", "created_at"), ("orders", "total_amount")],
)
def test_rehearsals_have_ties_too(tenant: Json, kind: str, member: str) -> None:
    assert max(Counter(row[member] for row in tenant[kind]).values()) > 2


@every_tenant
@pytest.mark.parametrize(
    "moment",
    [
        "2024-02-29T00:00:00.000Z",
        "2024-02-29T12:00:00.000Z",
        "2025-12-31T23:59:59.999Z",
        "2026-01-01T00:00:00.000Z",
        "2026-02-28T23:59:59.999Z",
        "2026-03-01T00:00:00.000Z",
        "2026-03-01T23:59:59.999Z",
        "2026-03-02T00:00:00.000Z",
    ],
)
def test_orders_lie_on_the_edges_of_days(tenant: Json, moment: str) -> None:
    assert [row["created_at"] for row in tenant["orders"]].count(moment) >= 2


def test_rows_are_not_stored_in_an_order_that_a_list_may_ask_for() -> None:
    created = [row["created_at"] for row in MAIN["orders"]]

    assert created not in (sorted(created), sorted(created, reverse=True))


@pytest.mark.parametrize(
    "titles",
    [
        ("BLUE WIDGET", "Blue Widget", "blue widget"),
        ("Pack of 10", "Pack of 100", "Pack of 9"),
        ("100 cotton snakeXcase cup", "100% cotton snake_case cup"),
        ("Cafe\u0301 press", "Caf\u00e9 press"),
        ("Ｗｉｄｇｅｔ, fullwidth", "🧩 Puzzle 1000"),
        ("Große Fußmatte für Gäste", "Żółta łódka z żaglem", "急須 日本製 500ml"),
        ("X",),
    ],
)
def test_titles_that_are_easily_confused_are_there_in_code_point_order(titles: tuple[str, ...]) -> None:
    found = {row["title"] for row in MAIN["products"]}

    assert set(titles) - found == set()
    assert sorted(titles) == list(titles)


def test_the_longest_title_counts_characters_not_bytes_or_utf16_units() -> None:
    longest = [row["title"] for row in MAIN["products"] if len(row["title"]) == 200]

    assert len(longest) == 2
    assert any(len(title.encode("utf-16-le")) == 800 for title in longest)


@pytest.mark.parametrize("skus", [("ABC-1", "Abc-1", "abc-1"), ("LOT-10", "LOT-100", "LOT-9"), ("CUPX1", "CUP_1")])
def test_skus_that_are_easily_confused_are_there(skus: tuple[str, ...]) -> None:
    assert set(skus) <= {row["sku"] for row in MAIN["products"]}


@pytest.mark.parametrize("member", ["description", "gtin", "category", "cost_price", "weight_kg"])
def test_optional_members_are_given_and_not_given(member: str) -> None:
    assert {row[member] is None for row in MAIN["products"]} == {True, False}


def test_products_have_no_one_and_several_images_and_listings() -> None:
    assert {min(len(row["images"]), 2) for row in MAIN["products"]} == {0, 1, 2}
    assert {min(len(row["listings"]), 2) for row in MAIN["products"]} == {0, 1, 2}


def test_prices_and_totals_reach_their_ends() -> None:
    prices = {row["price"] for row in MAIN["products"]}
    totals = {row["total_amount"] for row in MAIN["orders"]}

    assert {0, 0.01, 99999999.99} - prices == set()
    assert {0, 9, 10, 100, 99999999.99} - totals == set()


def test_every_product_status_occurs() -> None:
    assert {row["status"] for row in MAIN["products"]} == set(CONTRACT.schemas.named("ProductStatus")["enum"])


@every_tenant
def test_every_tenant_has_a_user_of_every_role(tenant: Json) -> None:
    assert [user["role"] for user in tenant["users"]] == list(CONTRACT.roles)


def test_keys_are_unique_and_look_like_keys() -> None:
    keys = [key["key"] for tenant in TENANTS for key in tenant["keys"]]

    assert len(keys) == len(set(keys))
    assert [key for key in keys if not re.fullmatch(r"nxc_live_[a-z_]+_[0-9a-f]{12}", key)] == []


def test_keys_have_scopes_that_the_document_knows() -> None:
    granted = {scope for tenant in TENANTS for key in tenant["keys"] for scope in key["scopes"]}

    assert granted - set(CONTRACT.scopes) == set()


@every_tenant
def test_the_reader_reads_everything_and_writes_nothing(tenant: Json) -> None:
    reader = next(key for key in tenant["keys"] if key["name"] == "reader")

    assert set(reader["scopes"]) == {scope for scope in CONTRACT.scopes if scope.endswith(":read")}


def test_tenants_have_the_keys_that_the_tests_name() -> None:
    names = [{key["name"] for key in tenant["keys"]} for tenant in TENANTS]
    both = {"full", "reader"}

    assert names == [
        both | {"expired", "revoked", "elsewhere", "local", "products-only"},
        both,
        both,
        both | {"writer", "nothing", "expired", "revoked", "elsewhere", "quota"},
        both,
        both,
    ]


def test_only_enterprise_keys_override_the_rate_limit() -> None:
    plans = {tenant["plan"] for tenant in TENANTS for key in tenant["keys"] if key["rate_limit"]}
    small = [key["name"] for tenant in REHEARSALS for key in tenant["keys"] if key["rate_limit"]["per_minute"] < 1_000_000]

    assert plans == {"enterprise"}
    assert small == ["quota"]


def test_allowlists_are_networks() -> None:
    networks = {str(ipaddress.ip_network(row)) for tenant in TENANTS for key in tenant["keys"] for row in key["allowlist"]}

    assert networks == {"192.0.2.0/24", "127.0.0.0/8", "::1/128"}


def test_tenant_and_user_ids_are_uuids_as_they_are_usually_written() -> None:
    ids = [row["id"] for tenant in TENANTS for row in (tenant, *tenant["users"])]

    assert [str(UUID(text)) for text in ids] == ids


def test_the_signing_key_signs() -> None:
    key = ECKey.import_key(WORLD["auth"]["signing_key"])
    token = jwt.encode({"alg": "ES256"}, {"sub": "someone"}, key, algorithms=["ES256"])
    public = ECKey.import_key(key.as_dict(private=False))

    assert jwt.decode(token, public, algorithms=["ES256"]).claims == {"sub": "someone"}


def test_one_row_is_one_line_of_the_file() -> None:
    lines = packaged("fixtures/world.json").read_text("utf-8").splitlines()
    rows = [line for line in lines if line.startswith("   {")]
    expected = sum(len(tenant[kind]) for tenant in TENANTS for kind in ("keys", "users", "products", "orders"))

    assert len(rows) == expected
