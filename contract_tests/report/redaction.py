"""No secret leaves the judge: the gate that every report goes through before anything is made of it."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar, cast

from contract_tests.report.model import Report, Request, Response
from contract_tests.report.sameness import merged

SHORTEST = 4  # a shorter token cannot be told from ordinary text
SHORTEST_PART = 8  # of a JWT, or of what base64 leaves of a token
BODY = 16_000  # characters of a body that are kept
TEXT = 4_000  # of any other text

T = TypeVar("T")


def redact(text: str, secrets: Mapping[str, str]) -> str:
    """The text with every secret, in whatever form, as the variable that a curl line names it by."""
    for name, token in sorted(
        secrets.items(), key=lambda item: -len(item[1])
    ):  # the longest first: one may begin with another
        if len(token) < SHORTEST:
            continue
        if len(token) <= len(text) and _ESCAPE.search(text):  # escaped it is no shorter; its pattern takes long to compile
            text = _escaped(token).sub(lambda _, name=name: variable(name), text)  # type: ignore[misc]
        for form in _forms(token):
            if form in text:  # seldom: reports have thousands of texts, and a name takes longer than a look
                text = text.replace(form, variable(name))
    return text


def published(report: Report, secrets: Mapping[str, str]) -> Report:
    """The report as it may be shown: redacted in every text, merged, and cut last, for a cut may leave half a secret."""
    clean = _each(report, lambda text: redact(_whole(text), secrets))
    rules = tuple(replace(rule, failures=merged(rule.failures)) for rule in clean.rules)
    return _cut(replace(clean, rules=rules))


def _whole(text: str) -> str:
    """Half a surrogate pair is in no encoding of any file: it is written out."""
    return text.encode("utf-8", "backslashreplace").decode()


def variable(name: str) -> str:
    """The shell variable of a credential."""
    return "$NEXUS_" + re.sub(r"\W", "_", name.removeprefix("NEXUS_")).upper()


_ESCAPE = re.compile(r"[%&\\+]|'\"'\"'")


@lru_cache(maxsize=64)
def _escaped(token: str) -> re.Pattern[str]:
    """The token with any of its characters escaped, as URLs, JSON, HTML, Python and shells do it.

    No form twice: a search that can take one sign in several ways tries them all, to the power of the token's length.
    """
    return re.compile("".join(f"(?:{re.escape(sign)}|(?i:{_alternatives(sign)}))" for sign in token))


def _alternatives(sign: str) -> str:
    return "|".join(re.escape(each) for each in dict.fromkeys(_escapes(sign)) if each != sign)


def _escapes(sign: str) -> Iterator[str]:
    yield "".join(f"%{byte:02x}" for byte in sign.encode())
    yield from (f"&#{ord(sign)};", f"&#x{ord(sign):x};", f"\\u{ord(sign):04x}", f"\\x{ord(sign):02x}", f"\\{sign}")
    yield from (html.escape(sign), json.dumps(sign)[1:-1], {" ": "+", "'": "'\"'\"'"}.get(sign, sign))


@lru_cache(maxsize=64)
def _forms(token: str) -> tuple[str, ...]:
    """The token, in hexadecimal and in base64, and its parts if it is a JWT; the longest first."""
    parts = token.split(".") if token.count(".") == 2 else []
    pieces = (form for form in (*_base64(token.encode()), *parts) if len(form) >= SHORTEST_PART)
    return tuple(
        sorted({token, token.encode().hex(), token.encode().hex().upper(), *pieces}, key=lambda form: (-len(form), form))
    )


def _base64(token: bytes) -> Iterator[str]:
    """At each of the three places where it may stand within a longer text, as in Basic credentials; less the characters
    that its neighbours share."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + token)
        inner = encoded[(before * 8 + 5) // 6 : (before + len(token)) * 8 // 6].decode()
        yield from (inner, inner.replace("+", "-").replace("/", "_"))


def _each(value: T, change: Callable[[str], str]) -> T:
    """The value with every text in it changed, keys included; a verdict or a level is no text."""
    if isinstance(value, str) and not isinstance(value, Enum):
        return cast(T, change(value))
    if isinstance(value, tuple):
        return cast(T, tuple(_each(each, change) for each in value))
    if isinstance(value, Mapping):
        return cast(T, {_each(key, change): _each(each, change) for key, each in value.items()})
    if is_dataclass(value):
        record = cast(Any, value)
        return cast(T, replace(record, **{each.name: _each(getattr(record, each.name), change) for each in fields(record)}))
    return value


def _cut(report: Report) -> Report:
    """Every text at a length that can be read, and bodies with the count of what is left out."""
    short = _each(report, lambda text: text if len(text) <= BODY else text[:BODY])
    rules = []
    for rule, whole in zip(short.rules, report.rules, strict=True):
        failures = [
            replace(
                failure,
                what=_shortened(failure.what),
                example=_shortened(failure.example) if failure.example else failure.example,
                curl=_shortened(failure.curl),
                request=_counted(failure.request, all_of_it.request),
                response=_counted(failure.response, all_of_it.response),
            )
            for failure, all_of_it in zip(rule.failures, whole.failures, strict=True)
        ]
        rules.append(replace(rule, failures=tuple(failures)))
    return replace(short, rules=tuple(rules))


M = TypeVar("M", Request, Response)


def _counted(message: M | None, whole: M | None) -> M | None:
    if message is None or whole is None:
        return None
    return replace(message, cut=whole.cut + len(whole.body or "") - len(message.body or ""))


def _shortened(text: str) -> str:
    return text if len(text) <= TEXT else text[: TEXT - 40] + f"… ({len(text)} characters)"
