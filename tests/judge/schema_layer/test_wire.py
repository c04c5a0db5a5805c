"""What stands before every request of Schemathesis' process, whoever in it sends it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from requests import PreparedRequest, Request, Response

from contract_tests.client import ADDRESS
from contract_tests.journal import Made, read
from contract_tests.schema_layer.errand import Errand
from contract_tests.schema_layer.wire import OutOfTime, Wire

BASE, TENANT = "http://127.0.0.1:8080/api", "4b5eace9-acbf-4491-835e-65907be56c72"


def wire(directory: Path, **changes: Any) -> Wire:
    errand = Errand(BASE, str(directory / "lines"), str(directory / "journal"), os.getppid(), True, None, None)
    return Wire(errand._replace(**changes), "the-token")


def request(method: str = "GET", path: str = "/products", bearer: str = "the-token", body: Any = None) -> PreparedRequest:
    headers = {"X-Tenant-ID": TENANT, **({"Authorization": f"Bearer {bearer}"} if bearer else {})}
    return Request(method, BASE + path, headers, json=body).prepare()


def answer(status: int = 200, data: Any = None, headers: Mapping[str, str] | None = None) -> Response:
    response = Response()
    response.status_code = status
    response._content = json.dumps({"data": data}).encode()
    response.headers.update(headers or {})
    return response


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY"])
def test_nothing_but_reading_goes_out_where_nothing_else_is_allowed(method: str, tmp_path: Path) -> None:
    at = wire(tmp_path, writes=False)
    with pytest.raises(RuntimeError, match="only read from"):
        at.carried(request(method), answer)

    assert {} == at.callers


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reading_goes_out(method: str, tmp_path: Path) -> None:
    assert 200 == wire(tmp_path, writes=False).carried(request(method), answer).status_code


def test_it_is_counted_by_whose_limit_it_counts_against(tmp_path: Path) -> None:
    at = wire(tmp_path)
    for bearer in ("the-token", "the-token", "another", ""):
        at.carried(request(bearer=bearer), answer)

    assert {"fuzz_full": 2, ADDRESS: 2} == at.callers


def test_nothing_goes_out_after_the_deadline(tmp_path: Path) -> None:
    at = wire(tmp_path, deadline=time.time() - 1)
    with pytest.raises(OutOfTime):
        at.carried(request(), answer)

    assert (True, {}) == (at.late, at.callers)


def test_it_does_not_wait_for_a_limit_beyond_the_deadline(tmp_path: Path) -> None:
    """The key is used up until long after."""
    at = wire(tmp_path, deadline=time.time() + 20)
    used_up = {"X-RateLimit-Limit": "60", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + 50)}
    at.carried(request(), lambda: answer(headers=used_up))
    with pytest.raises(OutOfTime):
        at.carried(request(), answer)

    assert (True, 1) == (at.late, at.callers["fuzz_full"])


def test_what_was_made_is_in_the_journal_until_it_is_gone(tmp_path: Path) -> None:
    at = wire(tmp_path)
    at.carried(request("POST", body={"sku": "A-1"}), lambda: answer(201, {"sku": "A-1"}))
    at.carried(request("POST", body={"sku": "A-2"}), lambda: answer(201, {"sku": "A-2"}))
    at.carried(request("POST", "/pricing/rules"), lambda: answer(201, {"id": "rule_1"}))
    at.carried(request("POST", "/pricing/recalculate"), lambda: answer(202, {"job_id": "job_1"}))
    at.carried(request("DELETE", "/products/A-1"), lambda: answer(204))
    at.carried(request("POST"), lambda: answer(409))

    assert [Made("product", TENANT, "A-2"), Made("rule", TENANT, "rule_1"), Made("job", TENANT, "job_1")] == list(
        read(tmp_path / "journal").there
    )


def test_what_was_made_by_an_answer_that_is_no_json_is_not_known(tmp_path: Path) -> None:
    odd = answer(201)
    odd._content = b"<html>"

    assert 201 == wire(tmp_path).carried(request("POST"), lambda: odd).status_code
