"""What was made is known, and taken away, whatever becomes of the run; what was there before is never touched."""

from __future__ import annotations

from pathlib import Path

from contract_tests.journal import Journal, Made, read

TENANT = "a5f4d17c-3498-45e7-9fbe-7214d722cec5"
SKU = "JT-0a1b2c3d-00001"
PRODUCT = Made("product", TENANT, SKU)


def test_a_product_is_known_before_it_is_asked_for(tmp_path: Path) -> None:
    """The answer may never come."""
    journal = Journal(tmp_path / "journal")
    journal.intends("createProduct", TENANT, {"sku": SKU})

    assert {PRODUCT: None} == read(tmp_path / "journal").there


def test_a_product_that_is_refused_is_not_there(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.intends("createProduct", TENANT, {"sku": SKU})
    journal.refused("createProduct", TENANT, {"sku": SKU})

    assert {} == journal.there == read(tmp_path / "journal").there


def test_a_product_that_was_made_stays_known_when_a_second_is_refused() -> None:
    """409: the first one has the SKU."""
    journal = Journal()
    journal.intends("createProduct", TENANT, {"sku": SKU})
    journal.answered("createProduct", TENANT, {}, {"sku": SKU})
    journal.intends("createProduct", TENANT, {"sku": SKU})
    journal.refused("createProduct", TENANT, {"sku": SKU})

    assert {PRODUCT: None} == journal.there


def test_a_product_that_others_may_have_is_not_taken_for_ours() -> None:
    journal = Journal()
    journal.intends("createProduct", TENANT, {"sku": "SKU-001"})

    assert {} == journal.there
    assert not journal.owns("SKU-001")


def test_a_product_that_was_not_asked_for_is_not_taken_for_ours() -> None:
    """A server that answers with somebody's product must not make the judge delete it."""
    journal = Journal()
    journal.intends("createProduct", TENANT, {"sku": SKU})
    journal.answered("createProduct", TENANT, {}, {"sku": "SKU-001"})

    assert {PRODUCT: None} == journal.there
    assert not journal.owns("SKU-001")


def test_what_was_made_and_ended_is_gone(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.intends("createProduct", TENANT, {"sku": "ANY"})
    for operation, data in (
        ("createProduct", {"sku": "ANY"}),
        ("createPricingRule", {"id": "prl_1"}),
        ("dispatchJob", {"id": "job_1"}),
        ("recalculatePrices", {"job_id": "job_2"}),
        ("updateProduct", {"sku": "ANY", "id": "prod_1"}),
    ):
        journal.answered(operation, TENANT, {}, data)
    made = [(each.kind, each.name) for each in journal.there]
    journal.answered("deleteProduct", TENANT, {"sku": "ANY"}, None)
    journal.answered("deletePricingRule", TENANT, {"ruleId": "prl_1"}, None)
    journal.answered("cancelJob", TENANT, {"jobId": "job_1"}, {"id": "job_1"})

    assert [("product", "ANY"), ("rule", "prl_1"), ("job", "job_1"), ("job", "job_2")] == made
    assert [("job", "job_2")] == [(each.kind, each.name) for each in read(tmp_path / "journal").there]


def test_all_is_taken_away_and_what_cannot_be_is_told(tmp_path: Path) -> None:
    """Rules first, then products, then jobs; the file stays as long as something is left."""
    journal = Journal(tmp_path / "journal")
    for kind, name in (("job", "job_1"), ("product", SKU), ("rule", "prl_1"), ("product", "JT-2")):
        journal.made(Made(kind, TENANT, name))
    asked: list[str] = []

    def end(made: Made) -> int:
        asked.append(made.name)
        return 500 if made.name == "JT-2" else 409 if made.kind == "job" else 204

    left = journal.clear(end)
    journal.close()

    assert ["prl_1", SKU, "JT-2", "job_1"] == asked
    assert [f"product JT-2 of tenant {TENANT} (deleteProduct answered 500)"] == left
    assert ["1 AI jobs, ended: the API has no way to remove one"] == journal.remains()
    assert {Made("product", TENANT, "JT-2"): None} == read(tmp_path / "journal").there


def test_a_run_that_left_nothing_leaves_no_file(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.made(PRODUCT)
    journal.clear(lambda made: 204)
    journal.close()

    assert [] == list(tmp_path.iterdir())


def test_a_line_that_a_crash_cut_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_text(f'["made", "product", "{TENANT}", "{SKU}"]\n["made", "prod')

    assert {PRODUCT: None} == read(path).there
