"""The arithmetic of the contract holds after every request, whatever the requests are."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from nexuscommerce.contract import Contract
from tests.machine.machine import Run, drive

# What a run must have come by, or it has not tried what it is for: operation, status, code.
REQUIRED = {
    *(
        ("createProduct", status, code)
        for status, code in ((201, ""), (400, "VALIDATION_ERROR"), (409, "SKU_ALREADY_EXISTS"))
    ),
    *(
        ("updateProduct", status, code)
        for status, code in ((200, ""), (400, "VALIDATION_ERROR"), (404, "RESOURCE_NOT_FOUND"))
    ),
    *(("deleteProduct", status, code) for status, code in ((204, ""), (404, "RESOURCE_NOT_FOUND"))),
    *(
        ("setInventory", status, code)
        for status, code in ((200, ""), (400, "VALIDATION_ERROR"), (404, "RESOURCE_NOT_FOUND"))
    ),
    *(("setInventory", 409, code) for code in ("WAREHOUSE_READ_ONLY", "STOCK_BELOW_RESERVED")),
    *(("bulkSetInventory", status, code) for status, code in ((200, ""), (400, "VALIDATION_ERROR"))),
    *(("order_arrives", status, "") for status in (201, 409)),
    *(("updateOrder", status, code) for status, code in ((200, ""), (404, "RESOURCE_NOT_FOUND"))),
    *(
        (operation, 409, "INVALID_STATE_TRANSITION")
        for operation in ("updateOrder", "confirmShipment", "cancelOrder", "cancelJob")
    ),
    *(
        ("confirmShipment", status, code)
        for status, code in ((200, ""), (400, "VALIDATION_ERROR"), (404, "RESOURCE_NOT_FOUND"))
    ),
    *(("confirmShipment", 409, code) for code in ("FULFILLMENT_NOT_BY_MERCHANT", "SHIPMENT_EXCEEDS_ORDER")),
    *(("cancelOrder", status, code) for status, code in ((200, ""), (404, "RESOURCE_NOT_FOUND"))),
    *(("createPricingRule", status, code) for status, code in ((201, ""), (400, "VALIDATION_ERROR"))),
    *(
        ("updatePricingRule", status, code)
        for status, code in ((200, ""), (400, "VALIDATION_ERROR"), (404, "RESOURCE_NOT_FOUND"))
    ),
    *(("deletePricingRule", status, code) for status, code in ((204, ""), (404, "RESOURCE_NOT_FOUND"))),
    *(("recalculatePrices", status, code) for status, code in ((202, ""), (404, "RESOURCE_NOT_FOUND"))),
    *(("dispatchJob", status, code) for status, code in ((202, ""), (400, "VALIDATION_ERROR"), (404, "RESOURCE_NOT_FOUND"))),
    *(("cancelJob", status, code) for status, code in ((200, ""), (404, "RESOURCE_NOT_FOUND"))),
}


def _report(run: Run, seconds: float, capsys: pytest.CaptureFixture[str]) -> None:
    requests = sum(run.seen.values())
    line = f"{run.steps} steps in {run.examples} examples, {requests} requests, {seconds:.0f} s"
    with capsys.disabled():
        print(f"\nthe machine: {line}")
    assert set() == REQUIRED - set(run.seen), "the machine never came by these"


@pytest.mark.parametrize(
    ("examples", "steps", "wanted"),
    [(25, 100, 2_000), pytest.param(125, 110, 10_000, marks=pytest.mark.slow)],
    ids=["quick", "long"],
)
def test_the_mock_does_what_the_model_does(
    examples: int,
    steps: int,
    wanted: int,
    tmp_path: Path,
    contract: Contract,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    seeded = request.config.getoption("--hypothesis-seed") is not None
    began = time.monotonic()
    run = Run(tmp_path, contract)
    drive(run, examples, steps, seeded=seeded)

    _report(run, time.monotonic() - began, capsys)
    assert run.steps >= wanted  # Hypothesis ends some examples early
