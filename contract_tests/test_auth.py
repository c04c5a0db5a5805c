"""Authentication and scopes: what each credential opens, and that nothing else opens anything."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import httpx
import pytest

from contract_tests import forgery
from contract_tests.absence import Why, not_run
from contract_tests.client import Actor, Answer
from contract_tests.document import CONTRACT, GUARDED, named
from contract_tests.population import existing, sample
from contract_tests.population import nowhere as leading_nowhere
from contract_tests.target import Target
from nexuscommerce.contract import Operation

guarded = pytest.mark.parametrize("operation", GUARDED, ids=named)
Find = Callable[[str], Actor]

WRITE = tuple(o for o in GUARDED if all(scope.endswith(":write") for scope in o.scopes))
READ = tuple(o for o in GUARDED if o not in WRITE)
LACKING = [*((o, "reader") for o in WRITE), *((o, "writer") for o in READ), *((o, "nothing") for o in GUARDED)]
OPEN = [(o, "reader") for o in READ]
ROLES = [(o, role) for o in GUARDED for role in ("manager", "viewer")]


@pytest.fixture(scope="module")
def path(full: Actor) -> dict[str, str]:
    """Path parameters of resources that exist."""
    return existing(full)


@pytest.fixture(scope="module")
def nowhere(full: Actor, chance: Random) -> dict[str, str]:
    """Path parameters of resources that do not: a request that is let in changes nothing there."""
    return leading_nowhere(full, chance)


@guarded
@pytest.mark.rule("AUT-03")
def test_without_a_token_nothing_opens(operation: Operation, anonymous: Actor, path: dict[str, str]) -> None:
    ask(anonymous, operation, path).refused("UNAUTHENTICATED")


@guarded
@pytest.mark.parametrize("scheme", ["Basic", "Token", "ApiKey", "BearerX"])
@pytest.mark.rule("AUT-03")
def test_another_scheme_opens_nothing(operation: Operation, scheme: str, full: Actor, path: dict[str, str]) -> None:
    answer = full.call(operation.id, path, body=sample(operation), headers={"Authorization": f"{scheme} {full.token}"})
    answer.refused("UNAUTHENTICATED")


@guarded
@pytest.mark.rule("AUT-04")
def test_a_token_that_was_not_issued_opens_nothing(operation: Operation, full: Actor, path: dict[str, str]) -> None:
    for name, token in strangers(str(full.token)).items():
        ask(full.with_token(name, token), operation, path).refused("TOKEN_INVALID")


@guarded
@pytest.mark.rule("AUT-05")
def test_a_revoked_key_opens_nothing(operation: Operation, actor: Find, path: dict[str, str]) -> None:
    ask(actor("revoked"), operation, path).refused("TOKEN_INVALID")


@guarded
@pytest.mark.parametrize("credential", ["expired", "jwt_expired"])
@pytest.mark.rule("AUT-06")
def test_what_has_expired_opens_nothing(operation: Operation, credential: str, actor: Find, path: dict[str, str]) -> None:
    ask(actor(credential), operation, path).refused("TOKEN_EXPIRED")


@guarded
@pytest.mark.rule("AUT-07")
def test_a_key_opens_nothing_outside_its_allowlist(operation: Operation, actor: Find, path: dict[str, str]) -> None:
    ask(actor("elsewhere"), operation, path).refused("IP_NOT_ALLOWED")


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP", "CF-Connecting-IP"])
@pytest.mark.parametrize("claimed", ["192.0.2.1", "127.0.0.1", "10.0.0.1", "::1"])
@pytest.mark.rule("AUT-07")
def test_a_claimed_address_does_not_help(header: str, claimed: str, actor: Find) -> None:
    """192.0.2.1 is in the mock's allowlist; another target's own list would have to be guessed."""
    value = f"for={claimed}" if header == "Forwarded" else claimed
    actor("elsewhere").call("listProducts", headers={header: value}).refused("IP_NOT_ALLOWED")


@pytest.mark.parametrize(("operation", "credential"), LACKING, ids=[f"{o.id}-{c}" for o, c in LACKING])
@pytest.mark.rule("AUT-08")
def test_an_operation_needs_its_scope(operation: Operation, credential: str, actor: Find, path: dict[str, str]) -> None:
    ask(actor(credential), operation, path).refused("INSUFFICIENT_SCOPE")


@pytest.mark.parametrize(("operation", "credential"), OPEN, ids=[f"{o.id}-{c}" for o, c in OPEN])
@pytest.mark.rule("AUT-08")
def test_its_scope_is_enough(operation: Operation, credential: str, actor: Find, path: dict[str, str]) -> None:
    ask(actor(credential), operation, path).ok()


@pytest.mark.parametrize("operation", WRITE, ids=named)
@pytest.mark.rule("AUT-08")
def test_a_writer_may_write(operation: Operation, actor: Find, nowhere: dict[str, str]) -> None:
    if "{" in operation.path:
        ask(actor("writer"), operation, nowhere).refused("RESOURCE_NOT_FOUND")
    else:
        actor("writer").call(operation.id, body={}).refused("VALIDATION_ERROR")


@pytest.mark.parametrize("operation", [o for o in READ if len(o.scopes) > 1], ids=named)
@pytest.mark.rule("AUT-08")
def test_any_one_of_its_scopes_is_enough(operation: Operation, actor: Find, path: dict[str, str]) -> None:
    """`narrow` has one read scope, and not the one that is named after the resource."""
    ask(actor("narrow"), operation, path).ok()


@pytest.mark.parametrize(("operation", "role"), ROLES, ids=[f"{o.id}-{role}" for o, role in ROLES])
@pytest.mark.rule("AUT-09")
def test_a_user_may_do_what_the_role_may(
    operation: Operation, role: str, actor: Find, path: dict[str, str], nowhere: dict[str, str]
) -> None:
    user = actor(f"jwt_{role}")
    if not set(operation.scopes) & {*CONTRACT.roles[role]}:
        ask(user, operation, path).refused("INSUFFICIENT_SCOPE")
    elif operation in READ:
        ask(user, operation, path).ok()
    elif "{" in operation.path:
        ask(user, operation, nowhere).refused("RESOURCE_NOT_FOUND")
    else:
        user.call(operation.id, body={}).refused("VALIDATION_ERROR")


FORGERIES = {
    "changed-signature": forgery.signature_changed,
    "no-signature": forgery.signature_removed,
    "changed-payload": forgery.payload_changed,
    "alg-none": forgery.algorithm_none,
}


@pytest.mark.parametrize("name", FORGERIES)
@guarded
@pytest.mark.rule("AUT-10")
def test_a_changed_jwt_opens_nothing(operation: Operation, name: str, actor: Find, path: dict[str, str]) -> None:
    user = actor("jwt_manager")
    ask(user.with_token(name, FORGERIES[name](str(user.token))), operation, path).refused("TOKEN_INVALID")


@pytest.mark.rule("AUT-10")
def test_a_jwt_signed_with_the_public_key_opens_nothing(actor: Find, target: Target) -> None:
    user = actor("jwt_manager")
    if target.jwks is None:
        not_run(Why.UNSUPPORTED, "the target file has no `jwks`")
    answer = httpx.get(target.jwks, trust_env=False)
    if answer.status_code != 200:
        not_run(Why.TOO_LITTLE, f"{target.jwks} answers {answer.status_code}")
    jwks = answer.json()
    token = forgery.signed_with_public_key(str(user.token), jwks)

    user.with_token("public-key", token).call("listProducts").refused("TOKEN_INVALID")


@pytest.mark.rule("AUT-10")
def test_a_jwt_of_another_tenant_cannot_be_made(actor: Find, other_full: Actor) -> None:
    user = actor("jwt_manager")
    token = forgery.issued_for(str(user.token), str(other_full.tenant))

    user.with_token("other-tenant", token).at(other_full.tenant).call("listProducts").refused("TOKEN_INVALID")


@pytest.mark.parametrize("parameter", ["access_token", "token", "api_key", "apikey", "key", "authorization", "bearer"])
@pytest.mark.rule("AUT-11")
def test_a_token_in_the_query_is_none(parameter: str, full: Actor, anonymous: Actor) -> None:
    """RFC 6750 allows `access_token` there; a URL ends in logs, and the documentation promises the header alone."""
    anonymous.call("listProducts", query={parameter: full.token}).refused("UNAUTHENTICATED")


@pytest.mark.parametrize("header", ["X-API-Key", "Api-Key", "X-Auth-Token", "Cookie"])
@pytest.mark.rule("AUT-11")
def test_a_token_in_another_header_is_none(header: str, full: Actor, anonymous: Actor) -> None:
    value = f"token={full.token}" if header == "Cookie" else full.token
    anonymous.call("listProducts", headers={header: value}).refused("UNAUTHENTICATED")


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "bEaReR"])
@pytest.mark.rule("AUT-12")
def test_the_schemes_case_does_not_count(scheme: str, full: Actor) -> None:
    full.call("listProducts", headers={"Authorization": f"{scheme} {full.token}"}).ok()


def ask(actor: Actor, operation: Operation, path: dict[str, str]) -> Answer:
    """An operation with the document's own example of a body."""
    return actor.call(operation.id, path, body=sample(operation))


def strangers(token: str) -> dict[str, str]:
    """Tokens near a real one, and far from any."""
    return {
        "garbage": "nxc_live_judge_of_no_tenant_000000000000",
        "shortened": token[:-1],
        "lengthened": token + "0",
        "other-case": token.swapcase(),
        "other-end": token[:-1] + ("0" if token[-1] != "0" else "1"),
        "prefix-alone": token[:9],
        "a-jwt-of-nothing": "eyJhbGciOiJub25lIn0.e30.",
        "dots": "a.b.c",
        "pattern": "%",
        "injection": "' OR '1'='1",
    }
