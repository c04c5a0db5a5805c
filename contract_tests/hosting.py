"""The table [webhooks] of a target file: where the judge receives webhooks, and how it gets an endpoint that leads there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

KEYS = ("register", "unregister", "secret", "url", "listen", "patience", "pause")
NAME = "webhook"  # of the secret, as of a credential
EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104  addresses to listen at and none to be reached at
LOCAL = "127.0.0.1"
LONGEST = 600.0
FORM = "`register`, a command that makes an endpoint for {url}, or `secret` and `url` of an endpoint that is there"


class Mistake(ValueError):
    """The table is wrong; the message is one line that names the mend."""


@dataclass(frozen=True)
class Hosting:
    """What the table says. `url` is how the target reaches the receiver, with `register` the beginning of that; None:
    where it listens. `secrets` holds, as `webhook`, that of an endpoint that is there; of one that is made, when it is made.

    `patience` is how long an event may take, `pause` how long the target pauses after the first failed try, in seconds.
    """

    host: str
    port: int
    url: str | None = None
    register: tuple[str, ...] = ()
    unregister: tuple[str, ...] = ()
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    patience: float = 20.0
    pause: float = 30.0

    @property
    def again(self) -> float:
        """Seconds within which a failed try is followed by another."""
        return self.pause + self.patience

    def reached(self, port: int) -> str:
        """Where the target finds a receiver that listens on this port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.url or f"http://{host}:{port}"


def parsed(table: object, token: Callable[[str, object], str]) -> Hosting | None:
    """The table, if there is one; `token` reads a secret from where its source says. Raises Mistake."""
    if table is None:
        return None
    if not isinstance(table, Mapping):
        raise Mistake(f"[webhooks] is a table of {', '.join(KEYS)}")
    for name in table:
        if name not in KEYS:
            raise Mistake(f"unknown key `{name}` in [webhooks]; there are {', '.join(KEYS)}")
    register, unregister = (_command(table, name) for name in ("register", "unregister"))
    url = _url(table.get("url"))
    if bool(register) == ("secret" in table):
        raise Mistake(f"[webhooks] needs either {FORM}")
    if "secret" in table and (url is None or unregister):
        raise Mistake("[webhooks] with `secret` has the whole `url` of its endpoint too, and no `unregister`")
    _mentions("register", register, "{url}")
    _mentions("unregister", unregister, "{url}", "{id}")
    host, port = _listen(table.get("listen"), url)
    if host in EVERYWHERE and url is None:
        raise Mistake("[webhooks] needs `url`, how the target reaches a receiver that listens everywhere")
    return Hosting(
        host=host,
        port=port,
        url=url,
        register=register,
        unregister=unregister,
        secrets={NAME: token(NAME, table["secret"])} if "secret" in table else {},
        **{name: _seconds(name, table[name]) for name in ("patience", "pause") if name in table},
    )


def filled(command: tuple[str, ...], url: str, endpoint: str = "") -> list[str]:
    """The command for this URL and this endpoint."""
    return [part.replace("{url}", url).replace("{id}", endpoint) for part in command]


def _command(table: Mapping[str, Any], name: str) -> tuple[str, ...]:
    command = table.get(name, [])
    if not isinstance(command, list) or not all(isinstance(part, str) for part in command) or command == [""]:
        raise Mistake(f'[webhooks] `{name}` is a command, such as ["program", "argument"]')
    return tuple(command)


def _mentions(name: str, command: tuple[str, ...], *places: str) -> None:
    if command and not any(place in part for place in places for part in command):
        raise Mistake(f"[webhooks] `{name}` has {' or '.join(places)} in one of its arguments")


def _url(given: object) -> str | None:
    if given is None:
        return None
    try:
        split = urlsplit(str(given))
        good = split.scheme in ("http", "https") and split.hostname and not (split.query or split.fragment)
        good = good and split.port != 0
    except ValueError:
        good = False
    if not good:
        raise Mistake(f"[webhooks] `url` is how the target reaches the judge, as http://127.0.0.1:9000/hook, not {given!r}")
    return str(given)


def _listen(given: object, url: str | None) -> tuple[str, int]:
    """Host and port; without an address of its own, this machine's and the port of the endpoint that is there."""
    if given is None and url is not None and urlsplit(url).scheme == "https":
        raise Mistake('[webhooks] needs `listen = "127.0.0.1:PORT"`: the judge speaks http, behind what serves https there')
    if given is None:
        return LOCAL, (urlsplit(url).port or 80) if url else 0
    try:
        split = urlsplit(f"//{given}")
        if isinstance(given, str) and split.netloc == given and split.port is not None:
            return split.hostname or "", split.port
    except ValueError:
        pass
    raise Mistake(f'[webhooks] `listen` is "HOST:PORT", such as "{LOCAL}:0" for any free port, not {given!r}')


def _seconds(name: str, given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given <= LONGEST:
        raise Mistake(f"[webhooks] `{name}` is a number of seconds, at most {LONGEST:.0f}, not {given!r}")
    return float(given)
