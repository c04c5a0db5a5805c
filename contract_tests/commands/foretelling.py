"""run --plan: what a run will need, before it is made."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from contract_tests.budget import Budget
from contract_tests.client import BURNT
from contract_tests.commands.ending import Unreached, refuse
from contract_tests.doctor.asking import Asker, Unanswered
from contract_tests.doctor.quota import bounds
from contract_tests.planning import Limits, Plan
from contract_tests.report.wording import counted, duration
from contract_tests.rules import RULES
from contract_tests.target import BUSY, UNADMITTED, Target, TargetError


def foretell(budget: Budget, file: Path) -> None:
    """Print it. One request for each credential tells its limit."""
    limits, latency = told(budget.target)
    plan = budget.plan(limits, latency)
    screen = Console(highlight=False)
    for each in _lines(budget, plan, file):
        screen.print(each, soft_wrap=isinstance(each, Text) and len(each) > screen.width)


def told(target: Target) -> tuple[dict[str, Limits | None], float]:
    """What the credentials that a run uses are told of their limits, and the shortest time that an answer took."""
    asker = Asker(target, lambda line: print(line, file=sys.stderr))
    try:
        asker.ask(None, "getHealth")
        for name in target.tokens:
            if name not in UNADMITTED:
                answer = asker.ask(name, "listProducts", {"limit": 1})
                if name in BUSY and answer.status in (401, 403):
                    said = f"the credential `{name}` is refused ({answer.status})"
                    refuse(TargetError(f"{said}; `nexus-contract doctor` says more"))
    except Unanswered as why:
        raise Unreached(f"nothing answers at {target.address} ({why}); start it, or give --address") from why
    finally:
        asker.close()
    return asker.limits, asker.latency


def _lines(budget: Budget, plan: Plan, file: Path) -> Iterator[Text | Table]:
    judged = f"{counted(len(budget.judged), 'rule')} of {len(RULES)}"
    yield Text.assemble((f"{budget.profile} on {file.stem}", "bold"), f", {judged}, at {budget.target.address}")
    yield Text()
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for name in ("caller", "requests", "limit", "takes"):
        table.add_column(name, justify="right" if name == "requests" else "left")
    for need in plan.needs:
        limit = bounds(need.limits) if need.limits else "tells none"
        takes = "uses it up" if need.caller == BURNT else duration(need.seconds) if need.seconds else "no wait"
        table.add_row(need.caller, f"{need.requests:,}", limit, takes)
    yield table
    yield Text()
    paced = f", at most {budget.target.per_minute:,} a minute" if budget.target.per_minute else ""
    yield Text(f"about {counted(plan.cost.requests, 'request')} in {duration(plan.seconds)}{paced}", "bold")
    if budget.seconds is None:
        yield Text("there is no time limit")
    elif not plan.late:
        yield Text(f"that fits into the time limit of {duration(budget.seconds)}", "green")
    else:
        yield from _late(budget, plan)


def _late(budget: Budget, plan: Plan) -> Iterator[Text]:
    yield Text(f"that does not fit into the time limit of {duration(budget.seconds or 0)}", "yellow")
    groups: dict[str, list[str]] = {}
    for rule in plan.late:
        groups.setdefault(RULES[rule].group, []).append(rule)
    every = {group: sum(rule.startswith(group) for rule in budget.judged) for group in groups}
    names = [f"{group} ({len(rules)} of {every[group]})" for group, rules in groups.items()]
    yield Text(f"out of time would be {counted(len(plan.late), 'rule')}: {', '.join(names)}")
    yield Text("what helps: --time-limit 0, a smaller --profile, or credentials with a higher limit", "dim")
