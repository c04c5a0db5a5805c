"""Sequences of requests go on where Schemathesis would give them up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis.errors import Flaky


def patient(classify: Callable[..., Any]) -> Callable[..., Any]:
    """Around Schemathesis' judgement of why a run of sequences ended.

    A request that succeeds once and no second time looks to Hypothesis as if data were drawn inconsistently, and for that
    Schemathesis (4.32) ends the phase, often after a few sequences. Now it begins anew, as it does after Hypothesis' other
    troubles, until there were as many sequences as were asked for; but not when a beginning led to none.
    """
    before = [0]

    def classified(why: Exception, *, ctx: Any, settings: Any, **rest: Any) -> Any:
        status, again, told = classify(why, ctx=ctx, settings=settings, **rest)
        grew, before[0] = ctx.completed_scenarios > before[0], ctx.completed_scenarios
        more = isinstance(why, Flaky) and not told and grew and ctx.completed_scenarios < settings.max_examples
        return status, again or more, told

    return classified
