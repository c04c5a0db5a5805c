"""What is left of each rate limit, and whether a profile fits under it."""

from __future__ import annotations

from collections.abc import Iterator

from contract_tests.budget import Budget
from contract_tests.client import BURNT
from contract_tests.doctor.asking import Asker
from contract_tests.doctor.finding import Finding, Mark, Section
from contract_tests.planning import Limits, Need
from contract_tests.report.wording import counted, duration
from contract_tests.target import UNADMITTED

MOST = 300  # requests that a run spends on using a key up
NO_HEADERS = "tells no X-RateLimit headers"


def findings(asker: Asker, profile: str) -> Iterator[Finding]:
    for name, limits in asker.limits.items():
        if name in UNADMITTED or name == "anonymous":
            continue
        if limits is None:
            mend = "without them nobody can keep below a limit: a 429 is waited out"
            yield Finding(Section.QUOTA, Mark.WARN, name, NO_HEADERS, mend)
        elif name == BURNT:
            yield _burnt(name, limits)
        else:
            yield Finding(Section.QUOTA, Mark.OK, name, described(limits))
    yield from _fits(asker, profile)


def described(limits: Limits) -> str:
    """A limit and what is left of it."""
    return f"{bounds(limits)}; {max(limits.remaining, 0):,} left for {limits.reset:.0f} s"


def bounds(limits: Limits) -> str:
    """A limit in words, as far as it is known."""
    told = [f"{limits.per_minute:,} a minute"] if limits.per_minute else []
    told += [f"{limits.per_hour:,} an hour"] if limits.per_hour else []
    return ", ".join(told)


def _burnt(name: str, limits: Limits) -> Finding:
    if limits.per_minute is None or limits.per_minute > MOST:
        mend = f"a run uses it up only if it allows {MOST} a minute at most: issue a key with a small limit of its own"
        return Finding(Section.QUOTA, Mark.BAD, name, described(limits), mend)
    return Finding(Section.QUOTA, Mark.OK, name, f"{described(limits)}; to be used up")


def _fits(asker: Asker, profile: str) -> Iterator[Finding]:
    budget = Budget(asker.target, profile)
    plan = budget.plan(asker.limits, asker.latency)
    said = f"about {counted(plan.cost.requests, 'request')} in {duration(plan.seconds)}"
    if not plan.late:
        yield Finding(Section.QUOTA, Mark.OK, f"profile {profile}", said)
        return
    slowest = max(plan.needs, key=lambda need: need.seconds, default=Need("", 0, None, 0.0))
    why = f", for the limit of `{slowest.caller}`" if slowest.seconds else ""
    late = f"{said}{why}; {counted(len(plan.late), 'rule')} would be out of time after {budget.seconds} s"
    mend = "`run --plan` tells more; --time-limit 0 waits for all of it"
    yield Finding(Section.QUOTA, Mark.WARN, f"profile {profile}", late, mend, plan.late)
