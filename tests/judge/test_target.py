"""A target file that is wrong is refused in one line, before the first request."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path

import pytest

from contract_tests.rules import Effect
from contract_tests.target import TargetError, load, probe
from contract_tests.view import View

ROOT = Path(__file__).parents[2]
UUID = "3714240b-2e06-4c35-8856-ccc1c096323e"
GOOD = f"""
address = "http://127.0.0.1:9/api"
[tenants]
main = "{UUID}"
other = "{UUID}"
[credentials]
full = {{token = "a"}}
other_full = {{token = "b"}}
"""

BAD = {
    "no TOML": ("address = ", "not TOML"),
    "no address": (GOOD.replace("address", "# address"), "`address` is the URL"),
    "an odd address": (GOOD.replace("http://127.0.0.1:9/api", "127.0.0.1"), "`address` is the URL"),
    "an unknown key": ("base = 1" + GOOD, "unknown key `base`"),
    "no tenants": (GOOD.replace("[tenants]", "[credentials.x]"), "table [tenants] is missing"),
    "an odd tenant": (GOOD.replace(UUID, "main", 1), "tenant `main`: 'main' is no UUID"),
    "a missing tenant": (GOOD.replace("other =", "fuzz ="), "[tenants] needs `other`"),
    "an unknown credential": (GOOD + 'admin = {token = "x"}', "unknown name in [credentials] `admin`"),
    "a missing credential": (GOOD.replace("other_full", "reader"), "[credentials] needs `other_full`"),
    "a bare token": (GOOD + 'reader = "x"', "credential `reader` is one of"),
    "two sources": (GOOD + 'reader = {token = "x", env = "Y"}', "credential `reader` is one of"),
    "an unset variable": (GOOD + 'reader = {env = "NEXUS_NOT_SET"}', "set the environment variable NEXUS_NOT_SET"),
    "no such command": (GOOD + 'reader = {command = ["no-such-command"]}', "there is no command no-such-command"),
    "a silent command": (GOOD + f'reader = {{command = ["{sys.executable}", "-c", ""]}}', "printed no token"),
    "an unknown tag": ('tags = ["Health", "Products", "Shipping"]' + GOOD, "unknown tag `Shipping`; there are Health, "),
    "tags that are no list": ('tags = "Products"' + GOOD, "`tags` is a list of some of Health, Products, "),
    "no products": ('tags = ["Health", "Orders"]' + GOOD, "`tags` needs Products"),
    "an unknown choice": (GOOD + "[choices]\nvalidation = 422", "unknown name in [choices] `validation`; there are valid"),
    "an odd choice": (
        GOOD + "[choices]\nlast_cursor = 0",
        "[choices] last_cursor is absent, or null as the document has it",
    ),
    "choices that are no table": (
        "choices = [422]" + GOOD,
        "`choices` is a table [choices] with some of validation_status, ",
    ),
    "a failing command": (GOOD + f'reader = {{command = ["{sys.executable}", "-c", "1/0"]}}', "failed: "),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    text, said = BAD[name]
    path = tmp_path / "target.toml"
    path.write_text(text)

    with pytest.raises(TargetError) as refused:
        load(path)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="No such file"):
        load(tmp_path / "none.toml")


def test_credentials_come_from_where_the_file_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXUS_READER", "from-env")
    path = tmp_path / "target.toml"
    command = f'["{sys.executable}", "-c", "print(\'from-command\')"]'
    path.write_text(GOOD + f'reader = {{env = "NEXUS_READER"}}\nwriter = {{command = {command}}}')

    assert load(path).tokens == {"full": "a", "other_full": "b", "reader": "from-env", "writer": "from-command"}


def test_another_address_takes_the_files_place_and_the_jwks_with_it(tmp_path: Path) -> None:
    path = tmp_path / "target.toml"
    path.write_text('jwks = "/keys.json"' + GOOD)
    target = load(path, "https://shop.example/api/")

    assert (target.address, target.jwks) == ("https://shop.example/api", "https://shop.example/keys.json")


def test_a_target_that_does_not_answer_is_said_to(tmp_path: Path) -> None:
    path = tmp_path / "target.toml"
    path.write_text(GOOD)

    with pytest.raises(TargetError, match=r"nothing answers at http://127\.0\.0\.1:9/api"):
        probe(load(path))


def test_tags_choose_a_part_of_the_document(tmp_path: Path) -> None:
    """All of them are none."""
    path = tmp_path / "target.toml"
    every = ["Health", "Products", "Orders", "Inventory", "Pricing", "AI jobs"]
    for tags, expected in ((every[:3], tuple(every[:3])), (every, ())):
        path.write_text(f"tags = {json.dumps(tags)}" + GOOD)
        assert load(path).tags == expected


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('allow = "writes"', "`allow` is a list of some of read-only, writes, destructive, burn-quota"),
        ('allow = ["everything"]', "unknown effect in `allow` `everything`"),
        ('allow = ["destructive"]', "destructive without writes"),
        ("[pacing]\nrequests_per_minute = 0", "at least 1, not 0"),
        ("[pacing]\nrequests_per_minute = true", "at least 1, not True"),
        ("[pacing]\nper_second = 1", "unknown name in [pacing] `per_second`"),
    ],
)
def test_what_a_run_may_do_is_said_in_known_words(lines: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "target.toml"
    path.write_text(
        GOOD.replace("[tenants]", f"{lines}\n[tenants]", 1) if lines.startswith("allow") else f"{GOOD}\n{lines}\n"
    )

    with pytest.raises(TargetError, match=re.escape(said)):
        load(path)


def test_without_a_word_a_run_only_reads(tmp_path: Path) -> None:
    path = tmp_path / "target.toml"
    path.write_text(GOOD)

    assert frozenset({Effect.READ}) == load(path).allows


def test_the_mocks_target_file_names_what_the_world_has() -> None:
    world = json.loads((ROOT / "fixtures/world.json").read_text("utf-8"))
    target = tomllib.loads((ROOT / "fixtures/targets/mock.toml").read_text("utf-8"))
    keys = {key["key"] for tenant in world["tenants"] for key in tenant["keys"]}

    assert set(target["tenants"].values()) <= {tenant["id"] for tenant in world["tenants"]}
    assert {source["token"] for source in target["credentials"].values() if "token" in source} <= keys


def test_choices_are_those_that_differ_from_the_document(tmp_path: Path) -> None:
    path = tmp_path / "target.toml"
    path.write_text('tags = ["Health", "Products"]' + GOOD + "[choices]\nvalidation_status = 422\ndeleted_status = 204")
    target = load(path)

    assert target.choices == {"validation_status": "422"}
    assert target.view == View(("Health", "Products"), {"validation_status": "422"})


def test_the_schemathesis_file_names_what_the_world_has() -> None:
    """The same tenant as the target file's, a key of it, and orders, products and warehouses of it."""
    world = json.loads((ROOT / "fixtures/world.json").read_text("utf-8"))
    target = tomllib.loads((ROOT / "fixtures/targets/mock.toml").read_text("utf-8"))
    config = tomllib.loads((ROOT / "schemathesis.toml").read_text("utf-8"))
    tenant = next(tenant for tenant in world["tenants"] if tenant["id"] == target["tenants"]["fuzz"])

    assert config["parameters"]["header.X-Tenant-ID"] == tenant["id"]
    assert config["auth"]["openapi"]["bearerAuth"]["bearer"] in {key["key"] for key in tenant["keys"]}
    assert set(config["dictionaries"]["orders"]["values"]) <= {order["id"] for order in tenant["orders"]}
    assert set(config["dictionaries"]["skus"]["values"]) <= {product["sku"] for product in tenant["products"]}
    assert set(config["dictionaries"]["warehouses"]["values"]) <= {place["id"] for place in tenant["warehouses"]}
    assert config["base-url"] == target["address"]
