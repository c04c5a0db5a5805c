"""The short way of reading HTTP and h11 tell the same of the same bytes, however they come."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver import ordinary
from mockserver.protocol import Exchange, Protocol
from tests.mockserver.wires import Alone, connected, settled, told

GET = b"GET /echo/a%20b?q=1 HTTP/1.1\r\nHost: mock\r\nAccept: */*\r\n\r\n"
POST = b'POST /echo HTTP/1.1\r\nHost: mock\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a":1}'


def _with(*lines: bytes, path: bytes = b"/echo", method: bytes = b"POST", body: bytes = b"") -> bytes:
    return b"\r\n".join([method + b" " + path + b" HTTP/1.1", b"Host: mock", *lines, b"", body])


ORDINARY = [
    GET,
    POST,
    *(_with(method=method) for method in (b"GET", b"PUT", b"PATCH", b"DELETE", b"OPTIONS")),
    *(
        _with(path=b"/" + word)
        for word in (b"none", b"stream", b"slow", b"early", b"%", b"%zz%C3%A9", b"?", b"a?b?c#d", b"//")
    ),
    *(_with(b"Content-Length: 4", path=b"/" + word, body=b"abcd") for word in (b"early", b"stream", b"slow", b"none")),
    _with(b"Content-Length: 0"),
    _with(b"Content-Length: 00003", body=b"abc"),
    _with(b"Content-Length: 12", body=b"GET / HTTP/1"),
    _with(b"Connection: Keep-Alive", b"A:b", b"a: c", b"X-Empty:", b"X-Bytes: \xe9\xff", b"Cookie: a=b; c=d"),
    _with(b"X-Long: " + b"x" * 7000),
    _with(b"Content-Length: 100000", body=b"x" * 100_000),
]
CLOSING = [
    _with(b"Connection: close"),
    _with(b"connection: Close", b"Content-Length: 3", body=b"abc"),
    _with(path=b"/closes"),
    _with(b"Connection: close", path=b"/stream"),
    _with(b"Connection: close", path=b"/none"),
]
UNUSUAL = [
    b"",
    b"\r\n" + GET,
    b"\n" + GET,
    GET.replace(b"1.1", b"1.0"),
    GET.replace(b"1.1", b"1.2"),
    GET.replace(b"1.1", b"2.0"),
    GET.replace(b"\r\n", b"\n"),
    GET.replace(b"/echo", b"http://mock/echo"),
    GET.replace(b"GET /echo/a%20b?q=1", b"OPTIONS *"),
    GET.replace(b"GET", b"HEAD"),
    GET.replace(b"GET", b"BREW"),
    GET.replace(b"GET", b"get"),
    GET.replace(b"GET", b"CONNECT"),
    GET.replace(b"Host: mock\r\n", b""),
    GET.replace(b"HTTP/1.1", b""),
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    *(
        _with(*lines, body=b"abcde")
        for lines in (
            (b"Host: mock",),
            (b"Host : mock",),
            (b" folded",),
            (b"A: b", b" folded"),
            (b"A: b", b"\tfolded"),
            (b"A b",),
            (b": b",),
            (b"A: \x00",),
            (b"A: \x01",),
            (b"A: b\tc",),
            (b"A: b ",),
            (b"A: ",),
            (b"A:  b",),
            (b"A:\tb",),
            (b"A: b\rc",),
            (b"A: b\nc: d",),
            (b"A: b\n", b"c: d"),
            (b"A(): b",),
            (b"\xe9: b",),
            (b"Content-Length: 5", b"Content-Length: 5"),
            (b"Content-Length: 5", b"Content-Length: 4"),
            (b"Content-Length: 5, 5",),
            (b"Content-Length: +5",),
            (b"Content-Length: -5",),
            (b"Content-Length: 0x5",),
            (b"Content-Length: 5 ",),
            (b"Content-Length:",),
            (b"Content-Length: 5.0",),
            (b"Content-Length: \xb5",),
            (b"Content-Length: 99999999999999999999",),
            (b"Content-Length: 5", b"Transfer-Encoding: chunked"),
            (b"Transfer-Encoding: gzip, chunked",),
            (b"Transfer-Encoding: identity",),
            (b"Transfer-Encoding : chunked",),
            (b"Upgrade: h2c", b"Connection: Upgrade, HTTP2-Settings", b"Content-Length: 5"),
            (b"Upgrade: websocket", b"Connection: Upgrade"),
            (b"Expect: 100-continue", b"Content-Length: 5"),
            (b"Expect: the-worst", b"Content-Length: 5"),
            (b"Connection: keep-alive, close", b"Content-Length: 5"),
            (b"Connection: keep-alive", b"Connection: close", b"Content-Length: 5"),
            (b"Connection: x", b"Content-Length: 5"),
            (b"X: " + b"x" * 20_000, b"Content-Length: 5"),
        )
    ),
    _with(b"Transfer-Encoding: chunked", body=b"3\r\nabc\r\n0\r\n\r\n"),
    _with(b"Transfer-Encoding: Chunked", body=b"3;x=y\r\nabc\r\n0\r\nTrailer: x\r\n\r\n"),
    _with(b"Transfer-Encoding: chunked", body=b"3\r\nabcX\r\n"),
    _with(b"Expect: 100-continue", b"Content-Length: 4", path=b"/early", body=b"abcd"),
]
# What smuggling and sloppiness are made of, put for one byte, before it, and instead of nothing.
BYTES = (b"", b"\0", b"\t", b" ", b"\r", b"\n", b"\r\n", b"\x0b", b"\x7f", b"\x85", b":", b",", b"a", b"0", b"_", b'"', b"/")


def _differ(cases: Iterable[Sequence[bytes]], *, at_once: bool = False) -> None:
    """Each case is the pieces that a connection brings. Fails where the two ways differ."""

    async def both() -> None:
        for pieces in cases:
            mine, alone = [await told(kind, pieces, at_once=at_once) for kind in (Protocol, Alone)]
            assert (alone.written, alone.closed) == (mine.written, mine.closed), pieces

    asyncio.run(both())


@pytest.mark.parametrize("request_", [*ORDINARY, *CLOSING])
def test_an_ordinary_request_is_read_in_the_short_way(request_: bytes) -> None:
    async def seen() -> bool:
        return (await told(Protocol, [request_])).short

    assert asyncio.run(seen())


@pytest.mark.parametrize("request_", UNUSUAL)
def test_an_unusual_request_is_left_to_h11(request_: bytes) -> None:
    assert ordinary.read(request_) is None


@pytest.mark.parametrize("request_", [*ORDINARY, *CLOSING, *UNUSUAL])
def test_both_tell_the_same_of_a_request_and_of_what_follows_it(request_: bytes) -> None:
    followers = (b"", GET, b"\r\n", b"GARBAGE\r\n\r\n")
    _differ([request_ + after] for after in followers)
    _differ([request_, after] for after in followers)


@pytest.mark.parametrize("request_", [one for one in (*ORDINARY, *CLOSING, *UNUSUAL) if len(one) < 1000])
def test_it_does_not_matter_where_a_request_is_cut(request_: bytes) -> None:
    _differ([request_[:place], request_[place:]] for place in range(1, len(request_)))
    _differ([[bytes([byte]) for byte in request_]])


@pytest.mark.parametrize("whole", [GET, POST, _with(b"Connection: keep-alive", b"Content-Length: 2", body=b"ab")])
def test_both_tell_the_same_of_every_slip_of_the_pen(whole: bytes) -> None:
    slips = [(whole[:place], byte, whole[place:]) for place in range(len(whole)) for byte in BYTES]
    _differ([before + byte + after[1:]] for before, byte, after in slips)
    _differ([before + byte + after + GET] for before, byte, after in slips)


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("first", [one for one in ORDINARY if len(one) < 1000])
def test_pipelined_requests_are_answered_in_their_order(first: bytes, at_once: bool) -> None:
    seconds = [*ORDINARY, *UNUSUAL]
    _differ(([first + second + GET] for second in seconds), at_once=at_once)
    _differ(([GET + first, second, CLOSING[0]] for second in seconds), at_once=at_once)


@given(st.lists(st.sampled_from([*ORDINARY, *ORDINARY, *UNUSUAL]), max_size=5), st.lists(st.integers(1, 2000), max_size=6))
def test_any_row_of_requests_in_any_pieces(requests: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(requests)
    places = [0, *sorted({cut for cut in cuts if cut < len(stream)}), len(stream)]
    _differ([[stream[start:end] for start, end in pairwise(places)]])


@pytest.mark.parametrize("kind", [Protocol, Alone])
def test_an_idle_connection_is_closed(kind: type[Protocol]) -> None:
    async def closed() -> tuple[bool, bool]:
        protocol, pipe = connected(kind, keep_alive=0)
        protocol.data_received(GET[:-1])
        await settled(protocol)
        before = pipe.closed
        protocol.data_received(GET[-1:])
        for _ in range(100):
            await asyncio.sleep(0)
        return before, pipe.closed

    assert (False, True) == asyncio.run(closed())


def test_the_connection_of_a_request_that_takes_its_time_is_not_idle() -> None:
    async def seen() -> tuple[bool, bool]:
        protocol, pipe = connected(Protocol, keep_alive=0)
        protocol.data_received(GET)
        protocol.data_received(POST[:-1])
        for _ in range(100):
            await asyncio.sleep(0)
        before = pipe.closed
        protocol.data_received(POST[-1:])
        await settled(protocol)
        return before, pipe.written.count(b"HTTP/1.1 200") == 2

    assert (False, True) == asyncio.run(seen())


@pytest.mark.parametrize("kind", [Protocol, Alone])
def test_a_server_that_stops_closes_what_is_idle_and_answers_what_has_begun(kind: type[Protocol]) -> None:
    async def seen() -> list[tuple[bool, int]]:
        states = []
        for sent, rest in ((GET, b""), (POST[:-1], POST[-1:])):
            protocol, pipe = connected(kind)
            protocol.data_received(sent)
            await settled(protocol)
            protocol.shutdown()
            states.append((pipe.closed, pipe.written.count(b"HTTP/1.1 200")))
            if rest:
                protocol.data_received(rest)
            await settled(protocol)
            states.append((pipe.closed, pipe.written.count(b"HTTP/1.1 200")))
        return states

    assert [(True, 1), (True, 1), (False, 0), (True, 1)] == asyncio.run(seen())


@pytest.mark.parametrize("value", [b"a\r\nx: y", b"a\ny", b"a\rb", b"a\0b"])
def test_an_answer_has_no_line_break_in_a_header(value: bytes) -> None:
    async def seen() -> bytes:
        protocol, pipe = connected(Protocol)
        protocol.data_received(POST[:-1])
        assert isinstance(protocol.cycle, Exchange)
        with pytest.raises(Exception, match="illegal header value"):
            await protocol.cycle.send({"type": "http.response.start", "status": 200, "headers": [(b"location", value)]})
        return bytes(pipe.written)

    assert b"" == asyncio.run(seen())
