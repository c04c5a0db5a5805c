"""Lines as Schemathesis' process writes them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from contract_tests.ledger import Exchange
from contract_tests.schema_layer.account import Account, account
from contract_tests.schema_layer.fuzzed import Fuzzed
from contract_tests.schema_layer.lines import End, Finding, Line, Scenario, dumped, read
from contract_tests.seen import Seen

COMPLETED = End("completed", False, [], {})


def exchange(method: str = "POST", path: str = "/products", status: int = 500, content: bytes | None = b"{}") -> Exchange:
    seen = Seen(method, path, None, "Bearer $NEXUS_FUZZ_FULL", status, {"content-type": "application/json"}, b'{"error": 1}')
    url = f"http://127.0.0.1:8080/api{path}"
    return Exchange(seen, url, "NEXUS_FUZZ_FULL", (("X-Tenant-ID", "t"),), content)


def finding(rule: str = "SCH-01", operation: str = "createProduct", what: str = "answered 500", **changes: Any) -> Finding:
    return Finding(rule, operation, what, what, "", exchange())._replace(**changes)


def scenario(
    judged: dict[str, dict[str, int]] | None = None,
    *times: tuple[str, str, str, int],
    met: dict[str, dict[str, int]] | None = None,
    sent: int = 10,
) -> Scenario:
    return Scenario("fuzzing", {"fuzz_full": sent}, judged or {}, times, met or {})


def added(*lines: Line) -> Account:
    return account(lines)


def fuzzed(*lines: Line, writes: bool = True, cut: bool = False) -> Fuzzed:
    return Fuzzed(account([*lines]), writes=writes, cut=cut, said="it ended with 1")


def passed_on(directory: Path, lines: Iterable[Any]) -> list[Any]:
    """Written and read again."""
    path = directory / "lines.jsonl"
    path.write_text("".join(dumped(line) + "\n" for line in lines), "utf-8")
    return list(read(path))
