"""Whether each credential is what the target file says that it is, by requests of which nothing can come.

What would write is asked with an empty body, and only where the target file allows writes.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from contract_tests.client import Answer
from contract_tests.doctor.asking import Asker, Unanswered, told
from contract_tests.doctor.finding import Finding, Mark, Section
from contract_tests.explained import CREDENTIALS_ARE
from contract_tests.profiles import DEFAULT, PROFILES
from contract_tests.target import CREDENTIALS

READS = "reads"  # every list, where a credential reads all; else the products
ADMITTED = "2xx"
LET_IN = "a refusal of its empty body"  # which comes after those of the credentials
SOON = 900.0  # seconds that a user's token should be good for, at least


class Trial(NamedTuple):
    """What is asked of a credential, and the answer that makes it what it is. `tenant` is by its name in the file."""

    what: str
    expected: str
    tenant: str = ""


ALL, PRODUCTS, OTHERS, WRITE = "read everything", "read products", "read anything else", "write"
FOREIGN = "403 TENANT_ACCESS_DENIED"
NO_SCOPE = "403 INSUFFICIENT_SCOPE"

TRIALS: Mapping[str, tuple[Trial, ...]] = {
    "full": (Trial(ALL, ADMITTED), Trial(WRITE, LET_IN), Trial(PRODUCTS, FOREIGN, "other")),
    "reader": (Trial(ALL, ADMITTED), Trial(WRITE, NO_SCOPE)),
    "writer": (Trial(PRODUCTS, NO_SCOPE), Trial(WRITE, LET_IN)),
    "narrow": (Trial(PRODUCTS, ADMITTED), Trial(OTHERS, NO_SCOPE), Trial(WRITE, NO_SCOPE)),
    "nothing": (Trial(PRODUCTS, NO_SCOPE), Trial(WRITE, NO_SCOPE)),
    "expired": (Trial(PRODUCTS, "401 TOKEN_EXPIRED"),),
    "revoked": (Trial(PRODUCTS, "401 TOKEN_INVALID"),),
    "elsewhere": (Trial(PRODUCTS, "403 IP_NOT_ALLOWED"),),
    "quota": (Trial(PRODUCTS, ADMITTED),),
    "jwt_viewer": (Trial(PRODUCTS, ADMITTED), Trial(WRITE, NO_SCOPE)),
    "jwt_expired": (Trial(PRODUCTS, "401 TOKEN_EXPIRED"),),
    "other_full": (Trial(PRODUCTS, ADMITTED), Trial(WRITE, LET_IN), Trial(PRODUCTS, FOREIGN, "main")),
    "fuzz_full": (Trial(PRODUCTS, ADMITTED), Trial(WRITE, LET_IN), Trial(PRODUCTS, FOREIGN, "main")),
}
OF_ANY = (Trial(PRODUCTS, ADMITTED),)  # of those that the table does not name

# What an answer says that was not expected, and the mend.
MENDS: Mapping[str, str] = {
    "UNAUTHENTICATED": "the target sees no bearer token in it: look at how it is written",
    "TOKEN_INVALID": "the target does not know it: is it whole, and of this server?",
    "TOKEN_EXPIRED": "issue a new one",
    "IP_NOT_ALLOWED": "its allowlist does not hold the address of this machine",
    "TENANT_ACCESS_DENIED": "it is not of this tenant: look at [tenants] too",
    "INSUFFICIENT_SCOPE": "give it the scopes that it lacks",
}


def findings(asker: Asker, profile: str = DEFAULT) -> Iterator[Finding]:
    for name in CREDENTIALS:
        if name in asker.target.tokens:
            yield _of(asker, name, PROFILES[profile].seconds or SOON)
    absent = [name for name in CREDENTIALS if name not in asker.target.tokens]
    if absent:
        yield Finding(Section.CREDENTIALS, Mark.OK, "not in the file", ", ".join(absent))
    yield from _shared(asker.target.tokens)


def _of(asker: Asker, name: str, lasts: float) -> Finding:
    token = asker.target.tokens[name]
    is_ = f"the file says: {CREDENTIALS_ARE[name]}"
    wrong = _written(token, jwt=name.startswith("jwt_"))
    if wrong:
        return Finding(Section.CREDENTIALS, Mark.BAD, name, *wrong)
    seen: list[str] = []
    for trial in TRIALS.get(name, OF_ANY):
        if _left_out(asker, name, trial):
            continue
        try:
            answers = list(_tried(asker, name, trial))
            for answer in answers:
                if not _fits(answer, trial.expected):
                    said = f"{_did(answer, trial)}, not {trial.expected}"
                    return Finding(Section.CREDENTIALS, Mark.BAD, name, said, _mend(answer, is_))
        except Unanswered as why:
            return Finding(Section.CREDENTIALS, Mark.WARN, name, f"could not be looked at: {why}")
        seen += [_saw(trial)] if answers else []
    left = (_claims(token).get("exp") or 0) - time.time() if name.startswith("jwt_") and name != "jwt_expired" else lasts
    if left < min(lasts, SOON):
        said = f"expires in {max(left, 0):.0f} s: a run may outlast it"
        return Finding(Section.CREDENTIALS, Mark.WARN, name, said, "let a command issue it: {command = […]}")
    return Finding(Section.CREDENTIALS, Mark.OK, name, ", ".join(seen))


def _written(token: str, *, jwt: bool) -> tuple[str, str] | None:
    """What is wrong with a token that can be seen without asking, and the mend."""
    if token.lower().startswith("bearer "):
        return "begins with `Bearer`", "leave that out: the token alone is asked for"
    if not token.isascii() or not token.isprintable() or " " in token:
        return "has characters that no token has", "look for blanks, quotes and line ends in it"
    if jwt and token.count(".") != 2:
        return "is no JWT", "it should be three parts with dots between: a user's access token"
    return None


def _left_out(asker: Asker, name: str, trial: Trial) -> bool:
    """What may not be asked; and of two tenants that are one, what would be said twice."""
    tenants = asker.target.tenants
    own = trial.tenant != "" and tenants[trial.tenant].lower() == tenants.get(CREDENTIALS[name], "").lower()
    return own or (trial.what == WRITE and not asker.writes)


def _tried(asker: Asker, name: str, trial: Trial) -> Iterator[Answer]:
    tenant = asker.target.tenants.get(trial.tenant) if trial.tenant else None
    if trial.what == WRITE:
        yield asker.ask(name, "createProduct", tenant=tenant, body={})
        return
    others = [each for each in asker.lists if each.id != "listProducts"]
    chosen = {PRODUCTS: ["listProducts"], OTHERS: [each.id for each in others[:1]]}
    for operation in chosen.get(trial.what, [each.id for each in asker.lists]):
        yield asker.ask(name, operation, {"limit": 1}, tenant=tenant)


def _fits(answer: Answer, expected: str) -> bool:
    if expected == ADMITTED:
        return answer.status < 300
    if expected == LET_IN:
        return 400 <= answer.status < 500 and answer.status not in (401, 403)
    return told(answer) == expected


def _did(answer: Answer, trial: Trial) -> str:
    where = f" in `{trial.tenant}`" if trial.tenant else ""
    return f"{answer.request.partition('?')[0]}{where} answers {told(answer)}"


def _mend(answer: Answer, is_: str) -> str:
    code = str(answer.seen.error.get("code", ""))
    if answer.status >= 500:
        return "the target has broken: mend that first"
    return f"{MENDS[code]}; {is_}" if code in MENDS else is_


def _saw(trial: Trial) -> str:
    where = f"`{trial.tenant}`" if trial.tenant else ""
    if trial.expected == FOREIGN:
        return f"not admitted in {where}"
    if trial.expected == NO_SCOPE:
        return f"may not {trial.what}"
    return f"may {trial.what}" if trial.expected in (ADMITTED, LET_IN) else f"answered {trial.expected}"


def _shared(tokens: Mapping[str, str]) -> Iterator[Finding]:
    """Two credentials that are one cannot be two different things."""
    names: dict[str, list[str]] = {}
    for name, token in tokens.items():
        names.setdefault(token, []).append(name)
    for first, *more in names.values():
        for name in more:
            said = f"is the same token as `{first}`"
            yield Finding(Section.CREDENTIALS, Mark.BAD, name, said, f"the file says: {CREDENTIALS_ARE[name]}")


def _claims(token: str) -> dict[str, Any]:
    """Of a JWT; empty if it has none that can be read."""
    part = token.split(".")[1]
    try:
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) and isinstance(claims.get("exp", 0), int | float) else {}
