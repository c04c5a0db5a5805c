"""One try on the wire: what is sent, what counts as success, and that no receiver can hold the mock."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mockserver.store.deliveries import Due
from mockserver.webhooks.addresses import Judge, public_addresses
from mockserver.webhooks.sender import Outcome, Sender
from tests.receiver import Received, Receiver, receiving, status

SECRET = "whsec_hush"
BODY = '{"id":"evt_1","title":"Grün  \\u00fc","price":14.90}'.encode()


def _due(url: str, number: int = 1) -> Due:
    return Due(f"dlv_{number}", "a tenant", "we_1", "product prod_1", "product.updated", 0, url, SECRET, None, BODY)


def _sent(*urls: str, judged: Judge | None = None, limit: float = 5.0, tls: ssl.SSLContext | bool = True) -> list[Outcome]:
    """What came of sending to each, one after the other, without what went over the wire."""

    async def send() -> list[Outcome]:
        async with Sender(judged, limit=limit, tls=tls) as sender:
            return [Outcome(*(await sender(_due(url, number)))[:2]) for number, url in enumerate(urls, 1)]

    return asyncio.run(send())


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as started:
        yield started


def test_the_exact_bytes_are_sent_signed_and_named(receiver: Receiver) -> None:
    assert [Outcome(204, None)] == _sent(receiver.url + "?a=b")

    received = receiver.ledger[0]
    assert (BODY, "/hook?a=b") == (received.body, received.path)
    assert received.verified(SECRET)
    assert re.fullmatch("sha256=[0-9a-f]{64}", received.headers["x-nexuscommerce-signature"])
    assert ("application/json", "product.updated", "dlv_1") == (
        received.headers["content-type"],
        received.type,
        received.delivery,
    )
    assert received.headers["user-agent"].startswith("NexusCommerce-Webhooks/")


@pytest.mark.parametrize("code", [200, 201, 202, 204, 299])
def test_any_2xx_is_a_success(receiver: Receiver, code: int) -> None:
    receiver.answer = status(code)

    assert [Outcome(code, None)] == _sent(receiver.url)


@pytest.mark.parametrize("code", [300, 304, 400, 401, 404, 410, 429, 500, 503])
def test_anything_else_is_a_failure(receiver: Receiver, code: int) -> None:
    receiver.answer = status(code)

    assert [Outcome(code, f"answered {code}")] == _sent(receiver.url)


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(receiver: Receiver, code: int) -> None:
    receiver.answer = status(code, Location=receiver.url)

    assert [Outcome(code, f"answered {code}")] == _sent(receiver.url)
    assert 1 == len(receiver.ledger)


def test_no_cookie_comes_back(receiver: Receiver) -> None:
    """Endpoints of several tenants may share a host."""
    receiver.answer = status(204, **{"Set-Cookie": "a=b"})
    _sent(receiver.url, receiver.url)

    assert [False, False] == ["cookie" in received.headers for received in receiver.ledger]


def test_no_proxy_of_the_environment_is_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)

    assert [Outcome(204, None)] == _sent(receiver.url)


def test_a_receiver_that_does_not_answer_is_left_after_the_limit(receiver: Receiver) -> None:
    receiver.answer = lambda *_: time.sleep(2)
    began = time.monotonic()

    assert [Outcome(None, "no answer within 0.2 s")] == _sent(receiver.url, limit=0.2)
    assert time.monotonic() - began < 1


def test_the_limit_is_of_the_whole_try_and_not_of_each_read(receiver: Receiver) -> None:
    """A head that comes a byte at a time is always about to come."""

    def dribble(handler: BaseHTTPRequestHandler, _: Received) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 100:
            handler.wfile.write(bytes([byte]))
            time.sleep(0.02)

    receiver.answer = dribble

    assert [Outcome(None, "no answer within 0.3 s")] == _sent(receiver.url, limit=0.3)


def test_an_answer_without_end_is_a_success_at_once(receiver: Receiver) -> None:
    written: list[int] = []

    def stream(handler: BaseHTTPRequestHandler, _: Received) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        written.extend(handler.wfile.write(b"10000\r\n" + b"x" * 65536 + b"\r\n") for _ in range(10_000))

    receiver.answer = stream
    began = time.monotonic()

    assert [Outcome(200, None)] == _sent(receiver.url)
    assert time.monotonic() - began < 2
    assert sum(written) < 100_000_000


def test_an_answer_whose_body_dawdles_is_a_success(receiver: Receiver) -> None:
    def dawdle(handler: BaseHTTPRequestHandler, _: Received) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "10")
        handler.end_headers()
        handler.wfile.flush()
        time.sleep(3)

    receiver.answer = dawdle
    began = time.monotonic()

    assert [Outcome(200, None)] == _sent(receiver.url)
    assert time.monotonic() - began < 2


def test_a_connection_is_used_again(receiver: Receiver) -> None:
    ports = set()

    def note(handler: BaseHTTPRequestHandler, received: Received) -> None:
        ports.add(handler.client_address)
        status(204)(handler, received)

    receiver.answer = note
    _sent(*[receiver.url] * 5)

    assert 1 == len(ports)


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def test_a_refused_connection_is_told_without_the_address() -> None:
    url = f"http://127.0.0.1:{_closed_port()}/?token=hush"

    assert [Outcome(None, "Connection refused")] == _sent(url)


def test_what_is_no_http_is_told(receiver: Receiver) -> None:
    def answer(handler: BaseHTTPRequestHandler, _: Received) -> None:
        handler.wfile.write(b"SMTP ready\x1b[31m\r\n\r\n")

    receiver.answer = answer

    assert [Outcome(None, "what came is no HTTP answer")] == _sent(receiver.url)


def test_a_receiver_that_hangs_up_is_told(receiver: Receiver) -> None:
    receiver.answer = lambda handler, _: handler.connection.shutdown(socket.SHUT_RDWR)

    assert [None] == [outcome.status for outcome in _sent(receiver.url)]


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http://a\nb/", "http://127.0.0.1:99999/", "http:///", "http://a..b/"])
def test_a_url_that_cannot_be_used_is_a_failure_and_no_crash(url: str) -> None:
    """The command refuses these; a fixture may hold them."""
    (outcome,) = _sent(url)

    assert outcome.status is None
    assert outcome.error


# TLS and public addresses.


def _certificate(directory: Path, *names: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A receiver's side with a certificate of its own for these names, and the side that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "receiver")])
    now = datetime.datetime.now(datetime.UTC)
    alternatives: list[x509.GeneralName] = [
        x509.IPAddress(ipaddress.ip_address(n)) if n[0].isdigit() else x509.DNSName(n) for n in names
    ]
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = directory / "receiver.pem"
    path.write_bytes(pem + key.private_bytes(*plain))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cadata=pem.decode())


@contextmanager
def _named(directory: Path, *names: str) -> Iterator[tuple[Receiver, ssl.SSLContext]]:
    server, trust = _certificate(directory, *names)
    with receiving(server) as started:
        yield started, trust


def _at_home() -> Judge:
    """Every name is at 127.0.0.1, and may be connected to."""

    async def judged(url: httpx.URL) -> Sequence[str]:
        return ["127.0.0.1"]

    return judged


def test_a_certificate_that_nobody_vouches_for_is_a_failure(tmp_path: Path) -> None:
    with _named(tmp_path, "127.0.0.1") as (receiver, trust):
        outcomes = _sent(receiver.url), _sent(receiver.url, tls=trust)

    assert ([Outcome(None, "TLS: self-signed certificate")], [Outcome(204, None)]) == outcomes
    assert 1 == len(receiver.ledger)


def test_plain_http_behind_an_https_url_is_a_failure(receiver: Receiver) -> None:
    (outcome,) = _sent(receiver.url.replace("http:", "https:"))

    assert outcome.status is None
    assert (outcome.error or "").startswith("TLS: ")


def test_a_judged_address_is_connected_to_by_its_number_and_spoken_to_by_its_name(tmp_path: Path) -> None:
    """The name is resolved once: `.invalid` has no address, so it was not looked up again."""
    with _named(tmp_path, "hook.invalid") as (receiver, trust):
        url = f"https://hook.invalid:{receiver.port}/hook"
        dotted = f"https://hook.invalid.:{receiver.port}/hook"
        outcomes = _sent(url, dotted, judged=_at_home(), tls=trust)

    assert [Outcome(204, None)] * 2 == outcomes
    assert f"hook.invalid:{receiver.port}" == receiver.ledger[0].headers["host"]


def test_the_certificate_must_be_of_the_name_even_where_another_name_has_just_been_served(tmp_path: Path) -> None:
    with _named(tmp_path, "hook.invalid") as (receiver, trust):
        urls = (f"https://{name}:{receiver.port}/" for name in ("hook.invalid", "other.invalid", "127.0.0.1"))
        outcomes = _sent(*urls, judged=_at_home(), tls=trust)

    assert [204, None, None] == [outcome.status for outcome in outcomes]
    assert all((outcome.error or "").startswith("TLS: ") for outcome in outcomes[1:])
    assert 1 == len(receiver.ledger)


def test_the_next_address_is_tried_if_one_takes_no_connection(receiver: Receiver) -> None:
    async def judged(url: httpx.URL) -> Sequence[str]:
        return ["127.0.0.2", "127.0.0.1"]

    assert [Outcome(204, None)] == _sent(f"http://hook.invalid:{receiver.port}/", judged=judged)


def test_nothing_is_sent_to_an_address_that_is_not_public(receiver: Receiver) -> None:
    """Nor is it said which address it was."""

    async def rebinding(host: str, port: int) -> Sequence[str]:
        return ["93.184.216.34", "127.0.0.1"]

    async def judged(url: httpx.URL) -> Sequence[str]:
        return await public_addresses(url, rebinding)

    refused = Outcome(None, "address not public")
    literal = receiver.url, receiver.url.replace("127.0.0.1", "localhost"), receiver.url.replace("127.0.0.1", "[::1]")

    assert [refused] * 3 == _sent(*literal, judged=public_addresses)
    assert [refused] == _sent(f"http://hook.example:{receiver.port}/", judged=judged)
    assert [] == receiver.ledger


def test_a_resolver_that_hangs_is_left_after_the_limit() -> None:
    async def judged(url: httpx.URL) -> Sequence[str]:
        await asyncio.sleep(60)
        return []

    assert [Outcome(None, "no answer within 0.1 s")] == _sent("http://hook.invalid/", judged=judged, limit=0.1)


def test_a_sender_has_room_for_all_that_the_worker_sends_at_once(receiver: Receiver) -> None:
    together = threading.Barrier(20, timeout=5)

    def meet(handler: BaseHTTPRequestHandler, received: Received) -> None:
        together.wait()
        status(204)(handler, received)

    receiver.answer = meet

    async def send() -> list[Outcome]:
        async with Sender(limit=5) as sender:
            sent = await asyncio.gather(*(sender(_due(receiver.url, number)) for number in range(20)))
            return [Outcome(*outcome[:2]) for outcome in sent]

    assert [Outcome(204, None)] * 20 == asyncio.run(send())
