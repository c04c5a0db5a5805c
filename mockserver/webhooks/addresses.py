"""Where a webhook may go. A shared mock (`--public`) connects to public addresses alone: its tenants must not reach what
only it can reach, its own machine and the network that this stands in.

A name is resolved here, every address is judged, and the sender connects to the very address that was judged: a name that
answers something else a moment later (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpx

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
Judge = Callable[["httpx.URL"], Awaitable[Sequence[str]]]  # quoted: httpx is imported late (mockserver/memory.py)

LONGEST = 2048
# A name of labels of up to 63 characters, or an address; IPv6 without its brackets.
_HOST = re.compile(
    r"(?=.{1,253}\Z)(?:[A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%[^/]+)?"
)


class Unreachable(Exception):
    """There is no address to connect to; the message is fit for the tenant and names no address."""


# IANA's registries of special-purpose addresses, by hand: `ipaddress.is_global` differs between releases of Python (3.11 to
# 3.13), and takes some of these for global.
_SPECIAL_4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # carrier-grade NAT
            "127.0.0.0/8",  # loopback
            "168.63.129.16/32",  # Azure's host, from within its machines
            "169.254.0.0/16",  # link-local, and the metadata of clouds
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",  # private
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
_UNICAST_6 = IPv6Network("2000::/3")  # all that IANA has ever given out
_SPECIAL_6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4, which leads to any IPv4 address
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation
        ),
    )
)
# The last 32 bits are the IPv4 address that is reached: of ::ffff:0:0/96 by this machine, of 64:ff9b::/96 by a NAT64.
_IPV4_INSIDE = (IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96"))


def is_public(address: str) -> bool:
    """Whether this is the text of a globally reachable unicast address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address):
        if not any(parsed in net for net in _IPV4_INSIDE):
            return parsed.scope_id is None and parsed in _UNICAST_6 and not any(parsed in net for net in _SPECIAL_6)
        parsed = IPv4Address(int(parsed) & 0xFFFFFFFF)
    return not any(parsed in net for net in _SPECIAL_4)


async def resolve(host: str, port: int) -> Sequence[str]:
    """The system's resolver, which also reads `0x7f.1` and `2130706433` as addresses. Raises OSError, UnicodeError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(row[4][0]) for row in found]


async def public_addresses(url: httpx.URL, resolver: Resolver = resolve) -> list[str]:
    """The addresses of the URL's host, in the resolver's order. Raises Unreachable: it has none, or one is not public."""
    try:
        found = await resolver(url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80))
    except (OSError, UnicodeError) as why:
        raise Unreachable("the host has no address") from why
    addresses = list(dict.fromkeys(found))
    if not all(is_public(address) for address in addresses):
        raise Unreachable("address not public")
    return addresses


def is_private(url: str) -> bool:
    """Whether the URL itself says that its host is no public one; of most names only their addresses tell."""
    host = httpx.URL(url).host.rstrip(".").lower()
    try:
        ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return not is_public(host)


def fault(url: str) -> str | None:
    """What is wrong with the URL of an endpoint, or None."""
    try:
        parsed = httpx.URL(url)
        host = parsed.raw_host.decode("ascii") if parsed.host else ""  # `host` decodes IDNs, and so refuses bad ones
    except (httpx.InvalidURL, UnicodeError) as why:  # idna.IDNAError is a UnicodeError
        return f"cannot be read: {why}"
    faults = {
        "is no http or https URL": parsed.scheme not in ("http", "https"),
        "names no host": not host,
        "names a host that cannot be": not _HOST.fullmatch(host),
        "holds a user name or password, which would be shown in lists": bool(parsed.userinfo),
        "names a port that cannot be": parsed.port is not None and not 0 < parsed.port < 65536,
        f"is longer than {LONGEST} characters": len(url) > LONGEST,
    }
    return next((text for text, holds in faults.items() if holds), None)
