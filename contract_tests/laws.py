"""What holds for every single answer, whatever was asked. Each law is a rule of the catalogue.

A law answers None where it does not apply, otherwise what it found: nothing, or one line for each breach.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from contract_tests import arithmetic
from contract_tests.document import CONTRACT, choice
from contract_tests.seen import (
    EVERYWHERE,
    LAG,
    RATE_LIMIT,
    Found,
    Row,
    Seen,
    clock,
    described,
    faults,
    header_faults,
    of,
    schema_of,
)

TRACE = re.compile(
    r'Traceback \(most recent|File "[^"]+", line \d+|\n\s+at \S+ \(|\.(?:js|ts|py|rb|go|java):\d+|node_modules|site-packages'
    r"|sqlite3?\.|sqlalchemy|psycopg|SQLSTATE|PrismaClient|TypeORM|QueryFailedError"
)


def judge(seen: Seen) -> Iterator[tuple[str, list[str]]]:
    """The laws that apply to this answer, each with what it found."""
    for rule in LAWS:
        found = judged(rule, seen)
        if found is not None:
            yield rule, found


def judged(rule: str, seen: Seen) -> Found:
    """What one law finds in this answer."""
    try:
        return LAWS[rule](seen)
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as why:
        return [f"the answer is too malformed to be judged ({type(why).__name__}: {why})"]


def _unless(holds: bool, otherwise: str) -> list[str]:
    return [] if holds else [otherwise]


def _names(value: object) -> str:
    return f"{{{', '.join(value)}}}" if isinstance(value, dict) else f"{type(value).__name__} {str(value)[:60]!r}"


def _different(rows: Sequence[Row], members: Sequence[str]) -> list[str]:
    return [f"{of(row)} {_difference(row, members)}" for row in rows if set(row) != set(members)][:3]


def _difference(row: Row, expected: Sequence[str]) -> str:
    lacks, has = sorted(set(expected) - set(row)), sorted(set(row) - set(expected))
    return " and ".join([f"lacks {', '.join(lacks)}"] * bool(lacks) + [f"has {', '.join(has)} too"] * bool(has))


def _success_is_enveloped(seen: Seen) -> Found:
    schema = schema_of(seen)
    if not seen.succeeded or schema is None:
        return None
    names = list(schema["properties"])
    enveloped = isinstance(seen.body, dict) and set(seen.body) == set(names)
    return _unless(enveloped, f"expected {{{', '.join(names)}}}, got {_names(seen.body)}")


def _error_is_enveloped(seen: Seen) -> Found:
    if not seen.refused:
        return None
    if not isinstance(seen.body, dict) or set(seen.body) != {"error"}:
        return [f"expected {{error}}, got {_names(seen.body)}"]
    if set(seen.error) != {"code", "message", "details"}:
        return [f"expected error to be {{code, message, details}}, got {_names(seen.body['error'])}"]
    return _unless(isinstance(seen.error["details"], dict), "error.details is no object")


def _body_is_valid(seen: Seen) -> Found:
    schema = schema_of(seen)
    if seen.bodiless or schema is None:
        return None
    if seen.body is None:
        return ["the body is no JSON"]
    return list(islice(faults(seen, schema), 3))


def _body_is_json(seen: Seen) -> Found:
    if seen.bodiless or not seen.content:
        return None
    media = seen.headers.get("content-type", "")
    return _unless(media.partition(";")[0].strip().lower() == "application/json", f"Content-Type is {media!r}")


def _request_is_named(seen: Seen) -> Found:
    return header_faults(seen, "X-Request-ID")


def _resources_are_whole(seen: Seen) -> Found:
    if seen.fields is not None or not seen.rows or not seen.operation or not seen.operation.members:
        return None
    return _different(seen.rows, seen.operation.members)


def _selections_are_exact(seen: Seen) -> Found:
    if seen.fields is None or not seen.rows:
        return None
    return _different(seen.rows, seen.fields)


def _changes_follow_creation(seen: Seen) -> Found:
    dated = [row for row in seen.rows if {"created_at", "updated_at"} <= set(row)]
    early = [row for row in dated if row["updated_at"] < row["created_at"]]
    return [f"{of(row)} was updated before it was created" for row in early] if dated else None


def _no_body_where_none_may_be(seen: Seen) -> Found:
    """204 must not announce one either: RFC 9110, 8.6."""
    if not seen.bodiless:
        return None
    announced = seen.headers.get("content-length", "0") if seen.status == 204 else "0"
    return _unless(not seen.content, f"a body of {len(seen.content)} bytes") + _unless(
        announced == "0", f"204 announces a body: Content-Length is {announced}"
    )


def _status_is_listed(seen: Seen) -> Found:
    if seen.error.get("code") == "MALFORMED_REQUEST":
        return None  # refused before there is a path
    if seen.operation:
        listed = sorted(seen.operation.responses)
    else:
        listed = [404] if not seen.methods else [int(choice("options_status"))] if seen.method == "OPTIONS" else [405]
    return _unless(seen.status in listed, f"status {seen.status}, expected one of {', '.join(map(str, listed))}")


def _nothing_breaks(seen: Seen) -> Found:
    return _unless(seen.status < 500, f"status {seen.status}")


def _required_headers_are_there(seen: Seen) -> Found:
    nodes = described(seen).get("headers", {})
    required = [name for name, node in nodes.items() if CONTRACT.schemas.resolve(node).get("required")]
    return [line for name in required if name not in EVERYWHERE for line in header_faults(seen, name)]


def _allow_is_complete(seen: Seen) -> Found:
    if not seen.methods or (seen.status != 405 and seen.method != "OPTIONS"):
        return None
    allowed = {name.strip() for name in seen.headers.get("allow", "").split(",")}
    return _unless(
        allowed == set(seen.methods), f"Allow is {seen.headers.get('allow')!r}, expected {', '.join(seen.methods)}"
    )


def _challenge_fits(seen: Seen) -> Found:
    if seen.status != 401:
        return None
    scheme, _, token = (seen.authorization or "").partition(" ")
    challenge = seen.headers.get("www-authenticate", "")
    if not challenge.startswith("Bearer"):
        return [f"WWW-Authenticate is {challenge!r}, expected Bearer"]
    if scheme and scheme.lower() != "bearer":
        return []  # the document does not say whether such credentials "came"
    if not token.strip():
        return _unless("error=" not in challenge, f"no credentials came, yet WWW-Authenticate is {challenge!r}")
    return _unless(_says(challenge, "invalid_token"), f'WWW-Authenticate is {challenge!r}, expected error="invalid_token"')


def _says(challenge: str, error: str) -> bool:
    """A parameter is a quoted string or a token: RFC 9110, 11.2."""
    return re.search(rf'\berror\s*=\s*("{error}"|{error}(?![^\s,]))', challenge) is not None


def _missing_scope_is_explained(seen: Seen) -> Found:
    if seen.error.get("code") != "INSUFFICIENT_SCOPE":
        return None
    details, scopes = seen.error["details"], seen.operation.scopes if seen.operation else ()
    found = [f"details has no list `{name}`" for name in ("required", "granted") if not isinstance(details.get(name), list)]
    found += _unless(set(details.get("required", ())) == set(scopes), f"details.required is not {list(scopes)}")
    challenge = seen.headers.get("www-authenticate", "")
    return found + _unless(_says(challenge, "insufficient_scope"), f"WWW-Authenticate is {challenge!r}")


def _rate_limit_is_told(seen: Seen) -> Found:
    found = [line for name in RATE_LIMIT for line in header_faults(seen, name)]
    if not found and int(seen.headers["x-ratelimit-remaining"]) > int(seen.headers["x-ratelimit-limit"]):
        found.append(f"{seen.headers['x-ratelimit-remaining']} remain of {seen.headers['x-ratelimit-limit']}")
    return found


def _refusal_outlasts_its_window(seen: Seen) -> Found:
    if seen.status != 429:
        return None
    found = header_faults(seen, "Retry-After") + [line for name in RATE_LIMIT for line in header_faults(seen, name)]
    if found:
        return found
    now, retry, reset = clock(seen), int(seen.headers["retry-after"]), int(seen.headers["x-ratelimit-reset"])
    found = _unless(seen.headers["x-ratelimit-remaining"] == "0", "remaining is not 0")
    return found + _unless(
        now + LAG + retry >= reset, f"Retry-After {retry} ends {reset - now - retry} s before the window does"
    )


def _code_fits_status(seen: Seen) -> Found:
    if not seen.refused or "code" not in seen.error:
        return None
    codes = [row.code for row in CONTRACT.refusals if row.status == seen.status]
    return _unless(
        seen.error["code"] in codes, f"{seen.status} with code {seen.error['code']!r}, expected one of {', '.join(codes)}"
    )


def _faults_are_listed(seen: Seen) -> Found:
    if seen.error.get("code") != "VALIDATION_ERROR":
        return None
    details = seen.error.get("details")
    errors = details.get("errors") if isinstance(details, dict) else None
    if not isinstance(errors, list) or not errors:
        return ["details.errors is no list of faults"]
    odd = [error for error in errors if set(error) != {"in", "pointer", "message"}]
    return [f"a fault is {error!r}, expected {{in, pointer, message}}" for error in odd[:3]]


def _nothing_is_betrayed(seen: Seen) -> Found:
    token = (seen.authorization or "").partition(" ")[2].strip()
    found = _unless(len(token) < 12 or token not in seen.said, "the answer repeats the token")
    trace = TRACE.search(seen.content.decode("utf-8", "replace")) if seen.refused else None
    return [*found, f"the body shows {trace[0]!r}"] if trace else found


LAWS: dict[str, Callable[[Seen], Found]] = {
    "ENV-01": _success_is_enveloped,
    "ENV-02": _body_is_valid,
    "ENV-03": _body_is_json,
    "ENV-04": _request_is_named,
    "ENV-06": _resources_are_whole,
    "ENV-07": _changes_follow_creation,
    "ENV-08": _no_body_where_none_may_be,
    "STA-01": _status_is_listed,
    "STA-02": _nothing_breaks,
    "STA-03": _required_headers_are_there,
    "STA-08": _allow_is_complete,
    "AUT-01": _challenge_fits,
    "AUT-02": _missing_scope_is_explained,
    "FLD-01": _selections_are_exact,
    "RAT-01": _rate_limit_is_told,
    "RAT-02": _refusal_outlasts_its_window,
    "ERR-01": _error_is_enveloped,
    "ERR-02": _code_fits_status,
    "ERR-03": _faults_are_listed,
    "ERR-04": _nothing_is_betrayed,
    **arithmetic.LAWS,
}
