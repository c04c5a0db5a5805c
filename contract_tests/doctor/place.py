"""Whether something answers, whether that is an API, and what its clock says."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime

import httpx

from contract_tests import target as targets
from contract_tests.client import Answer
from contract_tests.doctor.asking import Asker, told
from contract_tests.doctor.finding import Finding, Mark, Section
from contract_tests.hosting import Hosting

SKEW = 5.0  # seconds that clocks may differ
ADDRESS = "`address` is everything up to, but without, /products"


def findings(asker: Asker) -> Iterator[Finding]:
    """Raises Unanswered where nothing answers at all."""
    began = time.time()
    answer = asker.ask(None, "getHealth")
    between = (began + time.time()) / 2
    yield _api(answer, asker.target.address)
    if answer.status < 300 and isinstance(answer.body, dict):
        yield _clock("Date header", _date(answer), between)
        yield _clock("health timestamp", _timestamp(answer), between)
    yield from _jwks(asker)
    if asker.target.webhooks:
        yield _webhooks(asker.target.webhooks)


def _api(answer: Answer, address: str) -> Finding:
    if 300 <= answer.status < 400:
        to = answer.headers.get("location", "nowhere").removesuffix("/health")
        said = f"GET /health leads to {to} ({answer.status})"
        return Finding(Section.TARGET, Mark.BAD, "API", said, f"put that in: {ADDRESS}")
    if answer.status >= 500:
        return Finding(Section.TARGET, Mark.BAD, "API", f"GET /health answers {answer.status}", "mend the service first")
    if answer.status != 200 or not isinstance(answer.body, dict):
        how = "" if isinstance(answer.body, dict) else " without a JSON object"
        return Finding(Section.TARGET, Mark.BAD, "API", f"GET /health answers {told(answer)}{how}", ADDRESS)
    version = answer.body.get("version")
    return Finding(Section.TARGET, Mark.OK, "API", f"{address} answers" + (f", version {version}" if version else ""))


def _clock(what: str, theirs: float | None, ours: float) -> Finding:
    if theirs is None:
        return Finding(Section.TARGET, Mark.WARN, what, "tells no time", "without it the judge's own clock is trusted")
    skew = theirs - ours
    if abs(skew) <= SKEW:
        return Finding(Section.TARGET, Mark.OK, what, "agrees with our clock")
    said = f"is {abs(skew):,.0f} s {'ahead of' if skew > 0 else 'behind'} our clock"
    mend = "set the clocks by NTP: windows and expiry dates are judged by them"
    return Finding(Section.TARGET, Mark.WARN, what, said, mend)


def _date(answer: Answer) -> float | None:
    """It tells whole seconds, so half of one is added."""
    try:
        return parsedate_to_datetime(answer.headers["date"]).timestamp() + 0.5
    except (KeyError, ValueError):
        return None


def _timestamp(answer: Answer) -> float | None:
    try:
        return datetime.fromisoformat(answer.body["timestamp"]).timestamp()
    except (KeyError, ValueError, TypeError):
        return None


def _webhooks(hosting: Hosting) -> Finding:
    """Whether the judge could receive them: the target is not asked for an endpoint."""
    where = f"{hosting.host or '*'}:{hosting.port or 'any free port'}"
    try:
        family = socket.AF_INET6 if ":" in hosting.host else socket.AF_INET
        socket.create_server((hosting.host, hosting.port), family=family).close()
    except OSError as why:
        said = f"the judge cannot listen at {where}: {why.strerror}"
        return Finding(Section.TARGET, Mark.BAD, "webhooks", said, "give `listen` of [webhooks] another address or port")
    if hosting.register and targets.program(hosting.register[0]) is None:
        said = f"there is no command {hosting.register[0]}"
        return Finding(Section.TARGET, Mark.BAD, "webhooks", said, "look at `register` of [webhooks]")
    return Finding(Section.TARGET, Mark.OK, "webhooks", f"the judge can listen at {where}")


def _jwks(asker: Asker) -> Iterator[Finding]:
    url = asker.target.jwks
    if url is None:
        return
    mend = "`jwks` is where the public keys of the users' JWTs are"
    try:
        answer = httpx.get(url, timeout=10, trust_env=False)
        keys = answer.json()["keys"] if answer.status_code == httpx.codes.OK else None
    except httpx.HTTPError as why:
        yield Finding(Section.TARGET, Mark.BAD, "jwks", f"{url} does not answer ({type(why).__name__})", mend)
    except (ValueError, KeyError, TypeError):
        yield Finding(Section.TARGET, Mark.BAD, "jwks", f"{url} answers no JWKS", mend)
    else:
        if isinstance(keys, list) and keys:
            yield Finding(Section.TARGET, Mark.OK, "jwks", f"publishes {len(keys)} key" + "s" * (len(keys) > 1))
        else:
            said = "publishes no key" if keys == [] else f"answers {answer.status_code}"
            yield Finding(Section.TARGET, Mark.BAD, "jwks", f"{url} {said}", mend)
