"""A target file: where the implementation is, what its tenants are, and how the judge gets its credentials.

Everything wrong with the file is one line that names the mend, raised before the first request.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit
from uuid import UUID

import httpx

from contract_tests import choices, hosting
from contract_tests.rules import Effect
from contract_tests.view import View
from nexuscommerce.contract import load as load_contract


class TargetError(Exception):
    """The target cannot be judged; the message is one line that says why and what to do."""


TENANTS = ("main", "other", "fuzz")
REQUIRED_TENANTS = ("main", "other")

# Credential -> the tenant that it belongs to. Only REQUIRED ones must be given: without another, its rules are not run.
CREDENTIALS: Mapping[str, str] = {
    "full": "main",
    "reader": "main",
    "writer": "main",
    "narrow": "main",
    "nothing": "main",
    "expired": "main",
    "revoked": "main",
    "elsewhere": "main",
    "quota": "main",
    "jwt_manager": "main",
    "jwt_again": "main",
    "jwt_viewer": "main",
    "jwt_expired": "main",
    "other_full": "other",
    "fuzz_full": "fuzz",
}
REQUIRED = ("full", "other_full")
KEYS = ("address", "jwks", "tags", "allow", "tenants", "credentials", "pacing", "choices", "webhooks")
NEEDED_TAGS = ("Health", "Products")  # the judge looks whether the target is there, and makes products of its own
BUSY = ("full", "other_full", "fuzz_full")
# Whose requests are counted with those of all callers without valid credentials, by address (contract: Rate limits).
UNADMITTED = ("expired", "revoked", "elsewhere", "jwt_expired")


@dataclass(frozen=True, eq=False)
class Target:
    """An implementation to judge. The CLI hands it to pytest.

    `tokens` holds those credentials that the file has, `tags` those of openapi.yaml that are implemented: none means all;
    `choices` those that differ from the document. `allows` is what a run may do there, reading always among it; `per_minute`
    the most requests that all callers together may send, None as many as their rate limits let through.
    """

    address: str
    jwks: str | None
    tenants: Mapping[str, str]
    tokens: Mapping[str, str]
    tags: tuple[str, ...] = ()
    choices: Mapping[str, str] = field(default_factory=dict)
    allows: frozenset[Effect] = frozenset({Effect.READ})
    per_minute: int | None = None
    webhooks: hosting.Hosting | None = None

    @property
    def view(self) -> View:
        """What it is judged by."""
        return View(self.tags, self.choices)

    @property
    def secrets(self) -> Mapping[str, str]:
        """What no output may show: name -> text."""
        known = self.webhooks.secrets if self.webhooks else {}
        return {**self.tokens, **known}


def load(path: Path, address: str | None = None) -> Target:
    """Read a target file; `address` takes the place of the file's own."""
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as why:
        raise TargetError(f"{path}: {why.strerror}; give a target file, such as fixtures/targets/mock.toml") from why
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as why:
        raise TargetError(f"{path}: not TOML: {' '.join(str(why).split())}") from why
    try:
        return _target(document, address)
    except (TargetError, hosting.Mistake) as why:
        raise TargetError(f"{path}: {why}") from why


def probe(target: Target) -> None:
    """Make sure that something answers there, and that it is an API at all."""
    try:
        answer = httpx.get(target.address + "/health", timeout=10, trust_env=False)
    except httpx.HTTPError as why:
        said = " ".join(str(why).split())
        mend = "start it (the mock: `nexus-mock`) or give --address"
        raise TargetError(f"nothing answers at {target.address} ({said}); {mend}") from why
    try:
        answer.json()
        said = f"GET /health answers {answer.status_code}" if answer.status_code == httpx.codes.NOT_FOUND else ""
    except ValueError:
        said = f"GET /health answers {answer.status_code} without JSON"
    if said:
        raise TargetError(f"no API answers at {target.address} ({said}); the address is everything up to /products")
    for name in BUSY:
        if name in target.tokens:
            _admitted(target, name)


def _admitted(target: Target, name: str) -> None:
    """A wrong token or tenant is the target file's fault, and not a hundred of the implementation's."""
    headers = {"Authorization": f"Bearer {target.tokens[name]}", "X-Tenant-ID": target.tenants[CREDENTIALS[name]]}
    answer = httpx.get(target.address + "/products", params={"limit": 1}, headers=headers, timeout=10, trust_env=False)
    if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        said = f"is refused in the tenant `{CREDENTIALS[name]}` ({answer.status_code})"
        raise TargetError(f"the credential `{name}` {said}; look at both in the target file")


def _target(document: Mapping[str, Any], address: str | None) -> Target:
    _known("key", document, KEYS)
    chosen = address_of(address or document.get("address"))
    jwks = document.get("jwks")
    if jwks is not None and not isinstance(jwks, str):
        raise TargetError("`jwks` is a URL, or a path on the host of `address`")
    tenants = _table(document, "tenants", TENANTS, REQUIRED_TENANTS)
    for name, value in tenants.items():
        _uuid(name, value)
    credentials = _table(document, "credentials", tuple(CREDENTIALS), REQUIRED)
    for name in credentials:
        if CREDENTIALS[name] not in tenants:
            raise TargetError(f"the credential `{name}` needs the tenant `{CREDENTIALS[name]}` in [tenants]")
    return Target(
        address=chosen,
        jwks=jwks and urljoin(chosen, jwks),
        tenants=tenants,
        tokens=_tokens(credentials),
        tags=_tags(document.get("tags")),
        choices=_choices(document.get("choices", {})),
        allows=_allows(document.get("allow")),
        per_minute=_per_minute(document.get("pacing")),
        webhooks=hosting.parsed(document.get("webhooks"), _token),
    )


def _tags(given: object) -> tuple[str, ...]:
    """The tags of openapi.yaml whose operations the target has."""
    if given is None:
        return ()
    known = tuple(str(tag["name"]) for tag in load_contract().document["tags"])
    if not isinstance(given, list):
        raise TargetError(f"`tags` is a list of some of {', '.join(known)}")
    _known("tag", dict.fromkeys(map(str, given)), known)
    for name in NEEDED_TAGS:
        if name not in given:
            raise TargetError(f"`tags` needs {name}: without it the judge cannot work")
    return () if set(given) == set(known) else tuple(given)


def _choices(table: object) -> Mapping[str, str]:
    """What the target does otherwise than the document says, where it may."""
    if not isinstance(table, dict):
        raise TargetError(f"`choices` is a table [choices] with some of {', '.join(choices.CHOICES)}")
    try:
        return choices.stated(table)
    except ValueError as why:
        raise TargetError(str(why)) from why


def _allows(given: object) -> frozenset[Effect]:
    """What a run may do. Without the key it may read: to be careful costs nothing."""
    names = [str(each) for each in Effect]
    if given is None:
        return frozenset({Effect.READ})
    if not isinstance(given, list):
        raise TargetError(f"`allow` is a list of some of {', '.join(names)}")
    _known("effect in `allow`", dict.fromkeys(map(str, given)), tuple(names))
    allowed = frozenset({Effect.READ, *map(Effect, given)})
    if Effect.DESTRUCTIVE in allowed and Effect.WRITES not in allowed:
        raise TargetError("`allow` has destructive without writes; name both")
    return allowed


def _per_minute(table: object) -> int | None:
    if table is None:
        return None
    if not isinstance(table, dict):
        raise TargetError("[pacing] is a table; it holds requests_per_minute")
    _known("name in [pacing]", table, ("requests_per_minute",))
    number = table.get("requests_per_minute")
    if number is not None and (isinstance(number, bool) or not isinstance(number, int) or number < 1):
        raise TargetError(f"requests_per_minute in [pacing] is a whole number of at least 1, not {number!r}")
    return number


def _known(what: str, given: Mapping[str, Any], names: tuple[str, ...]) -> None:
    for name in given:
        if name not in names:
            raise TargetError(f"unknown {what} `{name}`; there are {', '.join(names)}")


def _table(document: Mapping[str, Any], key: str, names: tuple[str, ...], required: tuple[str, ...]) -> Mapping[str, Any]:
    table = document.get(key)
    if not isinstance(table, dict):
        raise TargetError(f"the table [{key}] is missing; it holds {', '.join(names)}")
    _known(f"name in [{key}]", table, names)
    for name in required:
        if name not in table:
            raise TargetError(f"[{key}] needs `{name}`")
    return table


def address_of(value: object) -> str:
    """The URL of an API as it is used: without a slash at its end."""
    if not isinstance(value, str) or urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname:
        raise TargetError(f"`address` is the URL of the API, such as http://127.0.0.1:8080/api, not {value!r}")
    return value.rstrip("/")


def _uuid(name: str, value: object) -> None:
    try:
        UUID(str(value))
    except ValueError:
        raise TargetError(f"tenant `{name}`: {value!r} is no UUID") from None


def _tokens(credentials: Mapping[str, object]) -> dict[str, str]:
    """All of them; commands run beside each other, for most of them wait."""
    with ThreadPoolExecutor(8) as pool:
        return dict(zip(credentials, pool.map(_token, credentials, credentials.values()), strict=True))


def _token(name: str, source: object) -> str:
    match source:
        case {"token": str(token), **rest} if not rest:
            return token
        case {"env": str(variable), **rest} if not rest:
            if not os.environ.get(variable):
                raise TargetError(f"credential `{name}`: set the environment variable {variable}")
            return os.environ[variable]
        case {"command": [str(), *_] as command, **rest} if not rest:
            said = output(name, [str(part) for part in command])
            if not said:
                raise TargetError(f"credential `{name}`: {' '.join(command)} printed no token")
            return said
    raise TargetError(f'credential `{name}` is one of {{token = "…"}}, {{env = "NAME"}}, {{command = ["…"]}}')


def program(name: str) -> str | None:
    """Where a command is; one of the same virtual environment is found although that environment is not active."""
    return shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))


def output(name: str, command: list[str]) -> str:
    """What a command prints, for the secret of this name."""
    found = program(command[0])
    if found is None:
        raise TargetError(f"credential `{name}`: there is no command {command[0]}")
    try:
        done = subprocess.run([found, *command[1:]], capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError) as why:
        said = " ".join((getattr(why, "stderr", None) or str(why)).split())
        raise TargetError(f"credential `{name}`: {' '.join(command)} failed: {said}") from why
    return done.stdout.strip()


def unset(path: Path) -> Iterator[tuple[str, str]]:
    """The credentials of a file that there is no token for, and why: all of them, where `load` tells of the first."""
    try:
        table = tomllib.loads(path.read_text("utf-8")).get("credentials")
    except (OSError, ValueError):
        return
    for name, source in table.items() if isinstance(table, dict) else ():
        try:
            _token(name, source)
        except TargetError as why:
            yield name, str(why).partition(": ")[2]
