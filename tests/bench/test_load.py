"""What wrk prints, and the script that it runs."""

from __future__ import annotations

import pytest

from bench.load import Printed, parsed, script
from bench.traffic import REQUESTS, known

PRINTED = """Running 2s test @ http://127.0.0.1:8080/api/products/SKU-001
  1 threads and 8 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     3.31ms    1.02ms  21.11ms   95.10%
    Req/Sec     2.44k   210.01     2.66k    85.00%
  Latency Distribution
     50%  500.00us
     75%    3.30ms
     90%    3.75ms
     99%    1.02s
  4877 requests in 2.01s, 5.52MB read
Requests/sec:   2431.71
Transfer/sec:      2.75MB
"""


def test_a_report_of_wrk_is_read() -> None:
    assert Printed(4877, 2431.71, 0.5, 1020.0, 0, 0) == parsed(PRINTED)


def test_refusals_and_broken_connections_are_counted() -> None:
    more = "  Socket errors: connect 0, read 3, write 0, timeout 2\n  Non-2xx or 3xx responses: 4877\nRequests/sec:"

    found = parsed(PRINTED.replace("Requests/sec:", more))

    assert (4877, 5) == (found.refused, found.broken)


def test_what_is_no_report_is_told() -> None:
    with pytest.raises(ValueError, match="wrk printed no"):
        parsed("unable to connect to 127.0.0.1:8080 Connection refused")


def test_a_request_that_is_always_the_same_is_made_once() -> None:
    assert "request = function" not in script(REQUESTS["getProduct"], "A")


@pytest.mark.parametrize("name", ["createProduct", "setInventory", "400"])
def test_others_are_made_anew_each_time(name: str) -> None:
    assert "request = function" in script(REQUESTS[name], "A")


def test_a_new_sku_is_the_runs_own_and_known_ones_take_turns() -> None:
    create, update = REQUESTS["createProduct"], REQUESTS["setInventory"]

    assert '"sku":"B1-7"' in create.filled("B1", 7)[1]
    assert [f"/inventory/{sku}" for sku in known()[:3]] == [update.filled("B1", number)[0] for number in range(3)]
