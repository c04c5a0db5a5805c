"""The world: up to date, right by the contract, and as full of hard cases as the tests that walk through it rely on."""

from __future__ import annotations

import ipaddress
import json
import re
import subprocess
import sys
from collections import Counter
from datetime import datetime
from itertools import chain, pairwise, product
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from argon2 import PasswordHasher
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
WAREHOUSES: list[Json] = [row for tenant in TENANTS for row in tenant["warehouses"]]
RULES: list[Json] = [row for tenant in TENANTS for row in tenant["rules"]]
RECOMMENDATIONS: list[Json] = [row for tenant in TENANTS for row in tenant["recommendations"]]
JOBS: list[Json] = [row for tenant in TENANTS for row in tenant["jobs"]]
MAIN = TENANTS[0]
REHEARSALS = TENANTS[3:]
STATUSES = CONTRACT.schemas.named("OrderStatus")["enum"]
METHODS = CONTRACT.schemas.named("FulfillmentMethod")["enum"]
NOW = "2026-03-12T14:32:01.123Z"

every_tenant = pytest.mark.parametrize("tenant", TENANTS, ids=NAMES)
# The tenants with every kind of job, and enough products for every edge.
every_large_tenant = pytest.mark.parametrize("tenant", [MAIN, REHEARSALS[0]], ids=[NAMES[0], NAMES[3]])
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
        ("growth", "USD", 302, 400),
        ("starter", "EUR", 32, 40),
        ("enterprise", "USD", 62, 80),
        ("enterprise", "USD", 122, 240),
        ("enterprise", "USD", 42, 60),
        ("enterprise", "USD", 42, 240),
    ]


def test_every_product_keeps_the_contract() -> None:
    assert faults("ProductDetail", PRODUCTS) == []


def test_every_order_keeps_the_contract() -> None:
    assert faults("OrderDetail", ORDERS) == []


def test_every_warehouse_rule_recommendation_and_job_keeps_the_contract() -> None:
    rows = {"Warehouse": WAREHOUSES, "PricingRule": RULES, "Recommendation": RECOMMENDATIONS, "Job": JOBS}

    assert [fault for schema, members in rows.items() for fault in faults(schema, members)] == []


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
    others = chain(WAREHOUSES, RULES, RECOMMENDATIONS, JOBS)
    ids = Counter(row["id"] for row in chain(TENANTS, users, PRODUCTS, ORDERS, others))

    assert {key: count for key, count in ids.items() if count > 1} == {}


def test_ids_are_ulids_of_their_moment_but_for_the_documented_ones() -> None:
    everything = [*PRODUCTS, *ORDERS, *WAREHOUSES, *RULES, *RECOMMENDATIONS, *JOBS]
    others = [row for row in everything if row["id"].partition("_")[2] != "01HXK9MZPQ3B8C7D2E5F6G"]
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    lengths = {len(row["id"].partition("_")[2]) for row in others}
    by_time = sorted(others, key=lambda row: row["created_at"])
    times = [[alphabet.index(c) for c in row["id"].partition("_")[2][:10]] for row in by_time]

    assert len(others) == len(everything) - 2
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
    changing = chain(PRODUCTS, ORDERS, WAREHOUSES, RULES)
    wrong = [row["id"] for row in changing if not row["created_at"] <= row["updated_at"] <= NOW]
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
        ("rules", "priority"),
        ("recommendations", "created_at"),
        ("recommendations", "confidence"),
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
    [
        ("products", "title"),
        ("products", "created_at"),
        ("orders", "created_at"),
        ("orders", "total_amount"),
        ("warehouses", "created_at"),
        ("rules", "priority"),
        ("rules", "created_at"),
        ("recommendations", "confidence"),
        ("recommendations", "created_at"),
        ("jobs", "created_at"),
    ],
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
        both | {"writer", "nothing", "narrow", "expired", "revoked", "elsewhere", "quota"},
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


def test_the_writer_writes_everything_and_reads_nothing() -> None:
    writer = next(key for key in REHEARSALS[0]["keys"] if key["name"] == "writer")

    assert set(writer["scopes"]) == {scope for scope in CONTRACT.scopes if scope.endswith(":write")}


def test_every_user_has_the_published_password() -> None:
    hashes = [user["password_hash"] for tenant in TENANTS for user in tenant["users"]]

    assert all(PasswordHasher().verify(text, "nexus-mock") for text in hashes)
    assert {text.rsplit("$", 2)[0] for text in hashes} == {"$argon2id$v=19$m=8192,t=2,p=1"}
    assert len(set(hashes)) == len(hashes)


def test_the_signing_key_signs() -> None:
    key = ECKey.import_key(WORLD["auth"]["signing_key"])
    token = jwt.encode({"alg": "ES256"}, {"sub": "someone"}, key, algorithms=["ES256"])
    public = ECKey.import_key(key.as_dict(private=False))

    assert jwt.decode(token, public, algorithms=["ES256"]).claims == {"sub": "someone"}


def test_one_row_is_one_line_of_the_file() -> None:
    lines = packaged("fixtures/world.json").read_text("utf-8").splitlines()
    rows = [line for line in lines if line.startswith("   {")]
    expected = sum(len(value) for tenant in TENANTS for value in tenant.values() if isinstance(value, list))

    assert len(rows) == expected


@every_tenant
def test_the_world_has_format_2(tenant: Json) -> None:
    assert WORLD["format"] == 2
    assert list(tenant)[6:] == [
        "products",
        "orders",
        "warehouses",
        "inventory",
        "rules",
        "recommendations",
        "jobs",
        "endpoints",
    ]
    assert tenant["endpoints"] == []


@every_tenant
def test_every_tenant_has_the_articles_on_which_jobs_fail(tenant: Json) -> None:
    """At the end, and named by no order, so that they stand in nobody's way."""
    ordered = {i["sku"] for row in tenant["orders"] for i in row["line_items"]}

    assert [row["sku"] for row in tenant["products"]][-2:] == ["FAIL-1", "FAIL-2"]
    assert {"FAIL-1", "FAIL-2"} & ordered == set()


HOSTS = {"FBM": ("own", "3PL"), "FBA": ("FBA",), "FBS": ("FBS",)}


def records(tenant: Json) -> list[Json]:
    """The inventory as the mock is to answer it: every open order reserves, the oldest first. Fails where stock is short."""
    sites = {row["id"]: row for row in tenant["warehouses"]}
    levels = {row["sku"]: {i["warehouse_id"]: [i["on_hand"], 0] for i in row["levels"]} for row in tenant["inventory"]}
    for order in sorted(tenant["orders"], key=lambda row: (row["created_at"], row["id"])):
        if order["status"] not in ("pending", "confirmed", "processing"):
            continue
        for line in order["line_items"]:
            left = line["quantity"] - line["shipped_quantity"] if line["sku"] in levels else 0
            for kind in HOSTS[order["fulfillment_method"]]:
                for site, level in sorted(levels.get(line["sku"], {}).items()):
                    taken = min(left, level[0] - level[1]) if sites[site]["type"] == kind else 0
                    level[1] += taken
                    left -= taken
            assert left == 0, f"{order['id']}: {left} of {line['sku']} are missing"
    titles = {row["sku"]: row["title"] for row in tenant["products"]}
    return [record(row, titles[row["sku"]], levels[row["sku"]], sites) for row in tenant["inventory"]]


def record(row: Json, title: str, levels: dict[str, list[int]], sites: dict[str, Json]) -> Json:
    kept = {site: row["safety_stock"] * (sites[site]["type"] == "own") for site in levels}
    rows = [
        {
            "warehouse_id": site,
            "name": sites[site]["name"],
            "type": sites[site]["type"],
            "on_hand": on_hand,
            "reserved": reserved,
            "available": on_hand - reserved - kept[site],
        }
        for site, (on_hand, reserved) in levels.items()
    ]
    available = sum(i["available"] for i in rows)
    bounds = {"out_of_stock": 0, "critical": row["safety_stock"], "low": 2 * row["safety_stock"]}
    return {
        "sku": row["sku"],
        "title": title,
        "total_on_hand": sum(i["on_hand"] for i in rows),
        "total_reserved": sum(i["reserved"] for i in rows),
        "total_available": available,
        "safety_stock": row["safety_stock"],
        "status": next((name for name, most in bounds.items() if available <= most), "normal"),
        "warehouses": rows,
    }


@every_tenant
def test_every_product_has_one_inventory_record_that_keeps_the_contract(tenant: Json) -> None:
    validator = CONTRACT.schemas.validator(CONTRACT.schemas.named("InventoryRecord"))
    wrong = [(row["sku"], error.message) for row in records(tenant) for error in validator.iter_errors(row)]

    assert [row["sku"] for row in tenant["inventory"]] == [row["sku"] for row in tenant["products"]]
    assert wrong == []


@every_tenant
def test_open_orders_reserve_no_more_than_is_on_hand(tenant: Json) -> None:
    """`records` fails if an order finds too little; what it reserves is what is left to ship."""
    known = {row["sku"] for row in tenant["products"]}
    left = [
        i["quantity"] - i["shipped_quantity"]
        for row in tenant["orders"]
        for i in row["line_items"]
        if row["status"] in ("pending", "confirmed", "processing") and i["sku"] in known
    ]

    assert sum(row["total_reserved"] for row in records(tenant)) == sum(left)


@every_large_tenant
def test_some_reservations_are_spread_over_warehouses(tenant: Json) -> None:
    spread = [
        {i["type"] for i in row["warehouses"] if i["reserved"]}
        for row in records(tenant)
        if sum(i["reserved"] > 0 for i in row["warehouses"] if i["type"] in ("own", "3PL")) > 1
    ]

    assert any("3PL" in kinds and "own" in kinds for kinds in spread)


@every_tenant
def test_every_kind_of_warehouse_is_there_and_more_than_three_are_as_old(tenant: Json) -> None:
    kinds = Counter(row["type"] for row in tenant["warehouses"])
    ages = Counter(row["created_at"] for row in tenant["warehouses"])

    assert set(kinds) == set(CONTRACT.schemas.named("WarehouseType")["enum"])
    assert kinds["own"] >= 2
    assert max(ages.values()) > 3


def test_the_documented_stock_is_there_but_for_what_is_reserved() -> None:
    row = next(row for row in records(MAIN) if row["sku"] == "SKU-001")
    levels = [(i["name"], i["type"], i["on_hand"]) for i in row["warehouses"]]

    assert levels == [("Warehouse A", "own", 350), ("FBA EU", "FBA", 137)]
    assert (row["total_on_hand"], row["safety_stock"], row["status"]) == (487, 15, "normal")
    assert row["total_available"] == 487 - row["total_reserved"] - 15


@every_tenant
def test_every_inventory_status_occurs_and_less_than_nothing_too(tenant: Json) -> None:
    found = records(tenant)

    assert {row["status"] for row in found} == set(CONTRACT.schemas.named("InventoryStatus")["enum"])
    assert min(row["total_available"] for row in found) < 0
    assert 0 in {row["safety_stock"] for row in found}


@every_large_tenant
@pytest.mark.parametrize(
    ("times", "more", "status"),
    [(0, 0, "out_of_stock"), (1, 0, "critical"), (1, 1, "low"), (2, 0, "low"), (2, 1, "normal")],
)
def test_stock_lies_on_the_edges_of_every_status(tenant: Json, times: int, more: int, status: str) -> None:
    on_it = [
        row["status"]
        for row in records(tenant)
        if row["safety_stock"] > 1 and row["total_available"] == times * row["safety_stock"] + more
    ]

    assert set(on_it) == {status}


@every_large_tenant
@pytest.mark.parametrize("member", ["total_on_hand", "total_available"])
def test_stock_has_ties_and_numbers_that_text_orders_differently(tenant: Json, member: str) -> None:
    values = Counter(row[member] for row in records(tenant))

    assert {9, 10, 100} - set(values) == set()
    assert len([count for count in values.values() if count > 3]) > 2


@every_large_tenant
def test_products_lie_in_no_to_five_warehouses(tenant: Json) -> None:
    assert {len(row["levels"]) for row in tenant["inventory"]} == set(range(6))


@every_tenant
def test_rules_of_every_type_value_and_scope_are_there(tenant: Json) -> None:
    combinations = {(row["type"], row["value_type"], row["applies_to"]) for row in tenant["rules"]}
    enums = [CONTRACT.schemas.named(name)["enum"] for name in ("RuleType", "RuleValueType", "RuleScope")]
    priorities = Counter(row["priority"] for row in tenant["rules"])

    assert combinations == set(product(*enums))
    assert {row["is_active"] for row in tenant["rules"]} == {True, False}
    assert {row["marketplace"] == "all" for row in tenant["rules"]} == {True, False}
    assert max(priorities.values()) > 3


@every_tenant
def test_rules_name_a_category_or_skus_if_they_apply_to_them(tenant: Json) -> None:
    skus = {row["sku"] for row in tenant["products"]}
    categories = {row["category"] for row in tenant["products"]} - {None}
    given = {(row["applies_to"], row["category"] is not None, row["skus"] is not None) for row in tenant["rules"]}
    named = [row["skus"] for row in tenant["rules"] if row["skus"]]

    assert given == {("all", False, False), ("category", True, False), ("skus", False, True)}
    assert {row["category"] for row in tenant["rules"] if row["category"]} - categories == set()
    assert [row for row in named if len(set(row)) < len(row) or set(row) - skus] == []


def test_the_documented_rule_comes_first() -> None:
    """By priority, the default order of the list."""
    rule = min(MAIN["rules"], key=lambda row: row["priority"])
    members = ("name", "type", "value", "value_type", "applies_to", "marketplace", "priority", "is_active")

    assert [rule[name] for name in members] == ["Global Floor Price", "floor", 9.99, "fixed", "all", "all", 1, True]
    assert [row["priority"] for row in MAIN["rules"]].count(1) == 1


@every_rehearsal
def test_no_rule_of_a_rehearsal_decides_a_price(tenant: Json) -> None:
    """Active are bounds that no price reaches alone, and they give way to any rule up to 1000."""
    active = {(row["type"], row["value_type"], row["value"]) for row in tenant["rules"] if row["is_active"]}

    assert active == {("floor", "fixed", 0.01), ("ceiling", "fixed", 99999999.99)}
    assert min(row["priority"] for row in tenant["rules"]) > 1000


@every_tenant
def test_jobs_of_every_status_are_there(tenant: Json) -> None:
    completed = {row["type"] for row in tenant["jobs"] if row["status"] == "completed"}

    assert {row["status"] for row in tenant["jobs"]} == set(CONTRACT.schemas.named("JobStatus")["enum"])
    assert {row["priority"] for row in tenant["jobs"]} == set(CONTRACT.schemas.named("JobPriority")["enum"])
    assert completed == set(CONTRACT.schemas.named("JobType")["enum"])


@every_large_tenant
def test_every_type_of_job_occurs_in_every_status(tenant: Json) -> None:
    enums = [CONTRACT.schemas.named(name)["enum"] for name in ("JobType", "JobStatus")]
    groups = [count for count in Counter(row["created_at"] for row in tenant["jobs"]).values() if count > 3]

    assert {(row["type"], row["status"]) for row in tenant["jobs"]} == set(product(*enums))
    assert len(groups) > 2


def test_params_and_results_are_those_of_the_type() -> None:
    """The document says "one of these" of both; here it is the one."""
    wrong = []
    for row in JOBS:
        word = row["type"].title().replace("_", "")
        for schema, value in ((f"{word}Params", row["params"]), (f"{word}Result", row["result"])):
            validator = CONTRACT.schemas.validator(CONTRACT.schemas.named(schema))
            wrong += [f"{row['id']}: {error.message}" for error in validator.iter_errors(value) if value is not None]

    assert wrong == []


def test_only_completed_jobs_have_a_result_and_only_failed_ones_an_error() -> None:
    given = {(row["status"], row["result"] is not None, row["error"] is not None) for row in JOBS}

    assert given == {
        ("queued", False, False),
        ("running", False, False),
        ("completed", True, False),
        ("failed", False, True),
        ("cancelled", False, False),
    }


def test_jobs_have_an_item_for_each_sku_in_order() -> None:
    items = {row["id"]: [i["sku"] for i in row["result"]["items"]] for row in JOBS if "items" in (row["result"] or {})}

    assert items == {row["id"]: row["params"]["skus"] for row in JOBS if row["id"] in items}


@every_tenant
def test_jobs_name_products_of_their_tenant_and_fail_on_those_that_are_made_for_it(tenant: Json) -> None:
    known = {row["sku"] for row in tenant["products"]}
    unknown = [row["id"] for row in tenant["jobs"] if set(row["params"]["skus"]) - known]
    fails = {
        (row["status"], any(sku.startswith("FAIL-") for sku in row["params"]["skus"]))
        for row in tenant["jobs"]
        if row["status"] in ("completed", "failed")
    }

    assert unknown == []
    assert fails == {("completed", False), ("failed", True)}
    assert {row["error"]["code"] for row in tenant["jobs"] if row["error"]} == {"WORKER_FAILED"}


def test_jobs_start_and_end_in_order_and_within_what_is_documented() -> None:
    allowed = {
        "pricing_recalculate": (10, 60),
        "review_sentiment": (30, 120),
        "return_classify": (20, 90),
        "llm_visibility_score": (60, 300),
        "competitor_scan": (15, 60),
        "listing_optimize": (30, 120),
    }
    wrong = []
    for row in JOBS:
        low, high = allowed[row["type"]]
        made, estimate = (datetime.fromisoformat(row[name]) for name in ("created_at", "estimated_completion_at"))
        times = [row[name] for name in ("created_at", "started_at", "completed_at") if row[name]]
        if not low <= (estimate - made).total_seconds() <= high or times != sorted(times) or max(times) > NOW:
            wrong.append(row["id"])
    given = {(row["status"], row["started_at"] is not None, row["completed_at"] is not None) for row in JOBS}

    assert wrong == []
    assert max(row["estimated_completion_at"] for row in JOBS) <= NOW
    assert given == {
        ("queued", False, False),
        ("running", True, False),
        ("completed", True, True),
        ("failed", True, True),
        ("cancelled", False, True),
        ("cancelled", True, True),
    }


@every_tenant
def test_recommendations_are_those_that_repricing_names(tenant: Json) -> None:
    """Each in the result of its job, made when that ended; `applied_count` counts those that were applied."""
    named = {
        job["id"]: [(sku, job["params"]["marketplace"], job["completed_at"]) for sku in job["params"]["skus"]]
        for job in tenant["jobs"]
        if job["type"] == "pricing_recalculate" and job["status"] == "completed"
    }
    by_id = {row["id"]: row for row in tenant["recommendations"]}
    results = {job["id"]: job["result"] for job in tenant["jobs"] if job["id"] in named}
    found = {key: [by_id.pop(name) for name in value["recommendation_ids"]] for key, value in results.items()}

    assert by_id == {}
    assert named == {
        key: [(row["sku"], row["marketplace"], row["created_at"]) for row in rows] for key, rows in found.items()
    }
    assert {row["job_id"] == key for key, rows in found.items() for row in rows} == {True}
    assert {key: value["applied_count"] for key, value in results.items()} == {
        key: sum(row["status"] == "applied" for row in rows) for key, rows in found.items()
    }


@every_tenant
def test_recommendations_lead_to_the_prices_of_today(tenant: Json) -> None:
    """In time: one that was applied set the price from which the next starts; only the last one may be pending."""
    listed = {(row["sku"], i["marketplace"]): i["price"] for row in tenant["products"] for i in row["listings"]}
    base = {row["sku"]: row["price"] for row in tenant["products"]}
    wrong = []
    by_place: dict[tuple[str, str], list[Json]] = {}
    for row in sorted(tenant["recommendations"], key=lambda row: row["created_at"]):
        by_place.setdefault((row["sku"], row["marketplace"]), []).append(row)
    for place, rows in by_place.items():
        starts = [row["current_price"] for row in rows[1:]] + [listed.get(place, base[place[0]])]
        ends = [row["recommended_price" if row["status"] == "applied" else "current_price"] for row in rows]
        pending = [row["status"] for row in rows].count("pending")
        if ends != starts or pending != (rows[-1]["status"] == "pending"):
            wrong.append(place)

    assert wrong == []
    assert {
        (row["sku"], row["marketplace"]) in listed for row in tenant["recommendations"] if row["status"] == "applied"
    } == {True}


@every_tenant
def test_margins_are_the_share_of_the_price_above_cost(tenant: Json) -> None:
    costs = {row["sku"]: row["cost_price"] for row in tenant["products"]}
    wrong = [
        row["id"]
        for row in tenant["recommendations"]
        if row["estimated_margin"]
        != (
            None
            if (cost := costs[row["sku"]]) is None
            else round((row["recommended_price"] - cost) / row["recommended_price"], 4)
        )
    ]

    assert wrong == []
    assert {row["estimated_margin"] is None for row in tenant["recommendations"]} == {True, False}


@every_tenant
def test_recommendations_of_every_status_and_confidence_are_there(tenant: Json) -> None:
    confidence = Counter(row["confidence"] for row in tenant["recommendations"])
    statuses = {row["status"] for row in tenant["recommendations"]}

    assert statuses == set(CONTRACT.schemas.named("RecommendationStatus")["enum"])
    assert {0.0, 1.0} - set(confidence) == set()
    assert confidence[0.9] > 3


@every_large_tenant
def test_there_are_recommendations_for_several_pages(tenant: Json) -> None:
    assert len(tenant["recommendations"]) >= 30
