"""Synthetic reports as runs would leave them: the whole catalogue, and whatever became of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace

from contract_tests.absence import kind
from contract_tests.choices import CHOICES
from contract_tests.report.model import (
    Document,
    Failure,
    OperationResult,
    Report,
    Request,
    Response,
    RuleResult,
    Tool,
    Verdict,
)
from contract_tests.rules import RULES, Effect, Level

OPERATIONS = {
    "getHealth": "GET /health",
    "listProducts": "GET /products",
    "createProduct": "POST /products",
    "getProduct": "GET /products/SKU-001",
    "updateProduct": "PATCH /products/SKU-001",
    "deleteProduct": "DELETE /products/SKU-001",
    "listOrders": "GET /orders",
    "getOrder": "GET /orders/ord_01HXK9MZPQ3B8C7D2E5F6G",
    "updateOrder": "PATCH /orders/ord_01HXK9MZPQ3B8C7D2E5F6G",
    "confirmShipment": "POST /orders/ord_01HXK9MZPQ3B8C7D2E5F6G/shipment",
    "cancelOrder": "POST /orders/ord_01HXK9MZPQ3B8C7D2E5F6G/cancel",
    "listInventory": "GET /inventory",
    "listWarehouses": "GET /inventory/warehouses",
    "bulkSetInventory": "POST /inventory/bulk",
    "getInventory": "GET /inventory/SKU-001",
    "setInventory": "PUT /inventory/SKU-001",
    "listPricingRules": "GET /pricing/rules",
    "createPricingRule": "POST /pricing/rules",
    "getPricingRule": "GET /pricing/rules/prl_01",
    "updatePricingRule": "PATCH /pricing/rules/prl_01",
    "deletePricingRule": "DELETE /pricing/rules/prl_01",
    "recalculatePrices": "POST /pricing/recalculate",
    "listRecommendations": "GET /pricing/recommendations",
    "listJobs": "GET /ai-jobs",
    "dispatchJob": "POST /ai-jobs",
    "getJob": "GET /ai-jobs/job_01",
    "cancelJob": "POST /ai-jobs/job_01/cancel",
}
ADDRESS = "http://127.0.0.1:8080/api"
TENANT = "a5f4d17c-3498-45e7-9fbe-7214d722cec5"
MADE_UP = {
    "INV": "A level's available is what is on hand less what is reserved.",
    "PRC": "A price stays between its floor and its ceiling.",
    "JOB": "A job moves as its states allow, and no other way.",
}
ORDER = ("ENV", "STA", "AUT", "TEN", "PAG", "FIL", "SRT", "FLD", "RAT", "ERR", "WRT", "ORD", "INV", "PRC", "JOB", "SCH")
LISTS = ("PAG", "FIL", "SRT", "FLD")

Hostile = {
    "script": "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "cdata": "]]> <![CDATA[ ]]>",
    "nul": "a\x00b",
    "ansi": "\x1b[31mred\x1b[0m \x1b]8;;http://evil.example\x07link",
    "emoji": "👩‍👩‍👧‍👦 🏴 naïve — 日本語",
    "bidi": "\u202egnp.exe\u202c \u200f\u2066x\u2069",
    "surrogate": "half \ud83d of one",
    "nonchar": "\ufffe\uffff",
    "template": "{{ 7 * 7 }} {% raw %} [bold red]markup[/]",
    "attribute": "\" onmouseover=\"alert(3)' x='",
}


def whole(least: int = 130) -> tuple[RuleResult, ...]:
    """At least so many rules that passed: the catalogue, and made-up ones for groups that it lacks or to fill up."""
    results = [_passed(rule.id, rule.level, rule.sentence, rule.source) for rule in RULES.values()]
    groups = {result.group for result in results}
    missing = [group for group in MADE_UP if group not in groups]
    filling = [*missing, *(list(MADE_UP) * least)][: max(least - len(results), len(missing))]
    results += [
        _passed(f"{group}-{number}", Level.MUST, MADE_UP[group], "contract: Resources")
        for number, group in enumerate(filling, 50)
    ]
    ranks = {group: rank for rank, group in enumerate(ORDER)}
    return tuple(sorted(results, key=lambda rule: ranks.get(rule.group, len(ranks))))


def _passed(name: str, level: Level, sentence: str, source: str) -> RuleResult:
    chance = random.Random(name)  # noqa: S311
    names = list(OPERATIONS)
    if name.startswith(LISTS):
        names = [each for each in names if each.startswith("list")]
    elif not name.startswith(("ENV", "STA", "AUT", "ERR", "TEN", "SCH")):
        names = chance.sample(names, 5)
    operations = {each: OperationResult(Verdict.PASS, chance.randint(1, 20)) for each in OPERATIONS if each in names}
    examples = sum(each.examples for each in operations.values())
    return RuleResult(
        name,
        level,
        sentence,
        source,
        Verdict.PASS,
        examples=examples,
        minimum=5,
        requests=examples + 3,
        seconds=round(chance.uniform(0.1, 6), 2),
        operations=operations,
    )


def report(rules: tuple[RuleResult, ...] | None = None, **changes: object) -> Report:
    """A run in which everything passed."""
    chosen = whole() if rules is None else rules
    made = Report(
        tool=Tool("nexus-contract", "0.1.0"),
        target_name="mock",
        target_file="fixtures/targets/mock.toml",
        address=ADDRESS,
        started_at="2026-11-24T20:50:16Z",
        seconds=161.4,
        seed=20261124,
        examples=20,
        profile="standard",
        allowed=tuple(Effect),
        choices={choice.name: choice.instead for choice in CHOICES.values()},
        document=Document("NexusCommerce API", "v1", "9f2c1be07a5d" * 5 + "a1b2"),
        requests=sum(rule.requests for rule in chosen),
        leftovers=(),
        rules=chosen,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def failure(operation: str = "listProducts", what: str = "expected 50 rows, got 49", **changes: object) -> Failure:
    """One failure with its exchange."""
    method, _, path = OPERATIONS.get(operation, operation).partition(" ")
    url = f"{ADDRESS}{path}" + ("?limit=50&sort=price&order=asc" if operation.startswith("list") else "")
    writes = method in ("POST", "PUT", "PATCH")
    body = '{"sku": "JT-7f3a-17", "title": "Résumé 100% _wool_", "price": 12.50, "status": "active"}'
    answer = (
        '{"data":[{"sku":"JT-7f3a-01","title":"Blue Widget 500ml","status":"active","price":9.00},{"sku":"JT-7f3a-02",'
        '"title":"Red Widget","status":"draft","price":9.00}],"meta":'
        '{"total":302,"page":1,"limit":50,"nextCursor":"eyJvIjo1MH0"}}'
    )
    made = Failure(
        operation=operation,
        what=what,
        example="limit=50, rows=51, all with the same price",
        request=Request(
            method,
            url,
            (("X-Tenant-ID", TENANT), ("Authorization", "Bearer $NEXUS_FULL"), ("Accept", "application/json"))
            + ((("Content-Type", "application/json"),) if writes else ()),
            body if writes else None,
        ),
        response=Response(
            200,
            (
                ("Content-Type", "application/json"),
                ("X-Request-ID", "req_01JDG6ZV3M8X"),
                ("X-RateLimit-Limit", "600"),
                ("X-RateLimit-Remaining", "417"),
                ("X-RateLimit-Reset", "1764017460"),
            ),
            answer,
        ),
        curl=f"curl -X {method} '{url}' -H \"Authorization: Bearer $NEXUS_FULL\" -H 'X-Tenant-ID: {TENANT}'"
        + (f" -H 'Content-Type: application/json' --data-binary '{body}'" if writes else ""),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


Made = Callable[[], Report]
Change = Callable[[RuleResult], RuleResult]


def changed(base: Report, changes: Mapping[str, Change]) -> Report:
    """The report with some of its rules changed."""
    rules = tuple(changes[rule.id](rule) if rule.id in changes else rule for rule in base.rules)
    return replace(base, rules=rules)


def failing(*failures: Failure) -> Change:
    """Fails, or warns where the rule is a SHOULD; its operations say so too."""

    def change(rule: RuleResult) -> RuleResult:
        verdict = Verdict.FAIL if rule.level is Level.MUST else Verdict.WARN
        told = tuple(
            replace(each, replay=each.replay or f"nexus-contract replay report.json {rule.id}") for each in failures
        )
        at = {each.operation: OperationResult(verdict, each.times) for each in failures if each.operation in OPERATIONS}
        return replace(rule, verdict=verdict, failures=told, operations={**rule.operations, **at})

    return change


def unrun(reason: str) -> Change:
    return lambda rule: replace(
        rule, verdict=Verdict.NOT_RUN, why=kind(reason), reason=reason, examples=0, requests=0, seconds=0.0, operations={}
    )


def erring(reason: str) -> Change:
    return lambda rule: replace(rule, verdict=Verdict.ERROR, reason=reason)


def three() -> Report:
    """Three MUSTs and a SHOULD failed, one of them flaky; some were not run."""
    refused = "expected 404 RESOURCE_NOT_FOUND; GET /products/JT-7f3a-17 of the other tenant answered 200"
    total = "meta.total is 302, but the pages together hold 301 rows; SKU-117 is missing at the seam of pages 3 and 4"
    return changed(
        report(),
        {
            "PAG-02": failing(failure(what=total), failure("listOrders", "expected 120 rows, got 119", flaky=True)),
            "TEN-04": failing(failure("getProduct", refused, example=None)),
            "WRT-04": failing(failure("updateProduct", "PATCH of title changed price from 12.50 to 12.00")),
            "STA-05": failing(failure("getHealth", "the timestamp is 93 s behind the answer's Date", example=None)),
            **_gaps(),
        },
    )


def _gaps() -> dict[str, Change]:
    return {
        "RAT-02": unrun("not allowed: burn-quota"),
        "RAT-05": unrun("not allowed: burn-quota"),
        "AUT-05": unrun("no credential: revoked"),
        "AUT-06": unrun("no credential: expired"),
        "AUT-10": unrun("no credential: jwt_manager"),
        "ORD-05": unrun("too few examples (0 of 3)"),
        "ORD-06": unrun("too few examples (1 of 3)"),
        "SCH-01": unrun("out of time"),
    }


def hundred() -> Report:
    """One rule failed a hundred times in the same way, seen one by one."""
    return changed(
        report(), {"STA-02": failing(*(failure("createProduct", "expected no 5xx, got 500") for _ in range(100)))}
    )


def many(count: int = 400) -> Report:
    """So many different failures, over a third of the rules."""
    base = report()
    broken = [rule.id for rule in base.rules][::3]
    names = list(OPERATIONS)
    found: dict[str, list[Failure]] = {}
    for number in range(count):
        rule = broken[number * number % len(broken)]
        what = f"expected 200, got 500 INTERNAL_ERROR for limit={number}"
        found.setdefault(rule, []).append(failure(names[number % len(names)], what, times=1 + number % 7))
    return changed(base, {rule: failing(*failures) for rule, failures in found.items()})


def mostly_unrun() -> Report:
    """A read-only run with one credential."""
    base = report(allowed=(Effect.READ,))
    reasons = (
        "not allowed: writes",
        "no credential: other_full",
        "unsupported: ai-jobs",
        "disabled: --rule",
        "out of time: 60 s",
    )
    unruns = {
        rule.id: unrun(reasons[index % 5]) for index, rule in enumerate(base.rules) if rule.group not in ("PAG", "SRT")
    }
    return changed(base, unruns)


def hostile() -> Report:
    """Every text that a stranger's server chooses, at its worst, and bodies of a megabyte."""
    failures = []
    for name, text in Hostile.items():
        evil = failure(f"GET /{text}", f"{name}: {text}", example=text, curl=f"curl '{text}'", replay=text)
        assert evil.response is not None
        body = f'{{"{name}":"' + text * (1_000_000 // len(text)) + '"}'
        failures.append(replace(evil, response=replace(evil.response, headers=((text, text),), body=body)))
    spoilt = changed(report(), {"ERR-04": failing(*failures), "ENV-02": erring("\n".join(Hostile.values()))})
    text = " ".join(Hostile.values())
    return replace(
        spoilt,
        target_name=text,
        address=f"http://{text}",
        choices={text: text},
        leftovers=(text, *(f"JT-{n}" for n in range(40))),
    )
