"""Which addresses are public, and that a shared mock goes nowhere else. No name is looked up outside of this machine."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Sequence

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.webhooks.addresses import Unreachable, fault, is_public, public_addresses

PUBLIC_4, PUBLIC_6 = "93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"


@pytest.mark.parametrize(
    "address",
    [
        *(
            "0.0.0.0",  # noqa: S104
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.255.255",
        ),
        *("169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.9", "192.0.0.170", "192.0.0.192"),
        *("192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1"),
        *("224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16"),
        *("::", "::1", "::7f00:1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "100::1"),
        *("2001:db8::1", "3fff::1", "2001::1", "2001:2::1", "2001:10::1", "2001:20::1", "4000::1", "5f00::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:7f00:1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1"),
        *("2002:7f00:1::", "2002:a00:1::1", "2002:5db8:d822::1", "2001:0:5db8:d822::1", "2606:4700::1%1"),
        *("", "localhost", "127.1", "2130706433", "0x7f000001", "010.0.0.1", "1.2.3", "1.2.3.4.5", "[::1]", "1.2.3.4/8"),
    ],
)
def test_this_address_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *(PUBLIC_4, "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "11.0.0.1", "223.255.255.254"),
        *(PUBLIC_6, "2001:4860:4860::8888", "2a00:1450:4001::200e", f"::ffff:{PUBLIC_4}", "64:ff9b::5db8:d822"),
    ],
)
def test_this_address_is_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses())
def test_nothing_that_python_takes_for_special_is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    """Two lists, made apart. Python's own has no NAT64 and no mapped addresses before 3.13."""
    special = address.is_private or address.is_multicast or address.is_reserved or address.is_link_local
    inside = isinstance(address, ipaddress.IPv6Address) and int(address) >> 32 in (0xFFFF, 0x64FF9B << 64)

    assert not (special and is_public(str(address))) or inside


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_as_public_as_the_ipv6_addresses_that_lead_to_it(address: ipaddress.IPv4Address) -> None:
    expected = is_public(str(address))

    assert [expected, expected] == [is_public(f"::ffff:{address}"), is_public(f"64:ff9b::{address}")]


def _addresses(url: str, *found: str) -> list[str] | str:
    """What may be connected to, or why nothing may; with a resolver that finds these, or the system's."""

    async def resolver(host: str, port: int) -> Sequence[str]:
        return found

    async def judged() -> list[str]:
        parsed = httpx.URL(url)
        return await (public_addresses(parsed, resolver) if found else public_addresses(parsed))

    try:
        return asyncio.run(judged())
    except Unreachable as why:
        return str(why)


def test_every_address_of_a_name_must_be_public() -> None:
    url = "https://hook.example/"

    assert [PUBLIC_4, PUBLIC_6] == _addresses(url, PUBLIC_4, PUBLIC_6, PUBLIC_4)
    assert {"address not public"} == {
        str(_addresses(url, *found))
        for found in (("10.0.0.1",), (PUBLIC_4, "10.0.0.1"), ("::1", PUBLIC_6), (PUBLIC_4, "fe80::1%eth0"), ("nonsense",))
    }


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1/", "http://127.0.0.1:8080/x?y=z", "http://localhost/", "http://LOCALHOST/", "http://127.1/"),
        *("http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://017700000001/", "http://0/"),
        *(
            "http://[::1]/",
            "http://[::]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
        ),
        *("http://127。0。0。1/", "http://example.com@127.0.0.1/", "http://example.com%2f@127.0.0.1/"),
        *(
            "http://169.254.169.254/latest/meta-data/",
            "https://[64:ff9b::7f00:1]:8443/",
            "http://1.1.1.1 &@127.0.0.1# @1.1.1.1/",
        ),
    ],
)
def test_however_it_is_written_this_host_is_not_public(url: str) -> None:
    """The system's resolver reads these, and looks nothing up."""
    assert "address not public" == _addresses(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://a..example/",
        f"http://{'a' * 64}.example/",
        "http://%31%32%37.0.0.1/",
        "http://[fe80::1%25lo]/",
        "http://[fe80::1%lo]/",
    ],
)
def test_a_host_that_cannot_be_resolved_has_no_address(url: str) -> None:
    assert _addresses(url) in ("the host has no address", "address not public")


def test_the_name_is_resolved_in_its_ascii_form_with_the_port() -> None:
    asked = []

    async def resolver(host: str, port: int) -> Sequence[str]:
        asked.append((host, port))
        return [PUBLIC_4]

    for url in ("https://münchen.example/", "http://Hook.Example./", "https://hook.example:8443/"):
        asyncio.run(public_addresses(httpx.URL(url), resolver))

    assert [("xn--mnchen-3ya.example", 443), ("hook.example.", 80), ("hook.example", 8443)] == asked


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        *((url, None) for url in ("http://localhost:3000/hook", "https://hook.example/a?b=c", "http://[::1]:1/")),
        ("ftp://hook.example/", "is no http or https URL"),
        ("hook.example", "is no http or https URL"),
        ("//hook.example/", "is no http or https URL"),
        ("http:///x", "names no host"),
        ("https://user:hush@hook.example/", "holds a user name or password, which would be shown in lists"),
        ("http://hook.example:99999/", "names a port that cannot be"),
        ("http://hook.example:0/", "names a port that cannot be"),
        (f"http://hook.example/{'x' * 2048}", "is longer than 2048 characters"),
    ],
)
def test_what_is_wrong_with_a_url_is_said(url: str, expected: str | None) -> None:
    assert expected == fault(url)


@pytest.mark.parametrize("url", ["http://a\nb/", "http://hook.example:x/", "http://１２７.0.0.1/", "http://[::1/"])
def test_what_is_no_url_is_said_in_one_line(url: str) -> None:
    said = fault(url)

    assert said is not None
    assert said.startswith("cannot be read: ")
    assert "\n" not in said
