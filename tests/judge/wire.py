"""A wire between the judge and a mock, and what went over it: a proxy that passes bytes on and reads request lines alone."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_REQUEST = re.compile(rb"(?:\A|\r\n\r\n)([A-Z]+) (\S+) HTTP/1\.1\r\n")


@dataclass
class Wire:
    """`address` leads to the mock; `streams` are the bytes that each connection brought."""

    address: str
    streams: list[bytearray] = field(default_factory=list)
    ends: list[socket.socket] = field(default_factory=list)

    def requests(self) -> list[tuple[str, str]]:
        """Method and path of every request; a body that looks like one would be taken for one."""
        return [
            (method.decode(), path.decode("latin-1"))
            for stream in self.streams
            for method, path in _REQUEST.findall(bytes(stream))
        ]


@contextmanager
def watched(port: int, cut: bytes = b"") -> Iterator[Wire]:
    """A wire to 127.0.0.1:port. It is cut wherever these bytes come, and no answer returns."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        wire = Wire(f"http://127.0.0.1:{server.getsockname()[1]}/api")
        threading.Thread(target=_accept, args=(server, port, wire, cut), daemon=True).start()
        yield wire
    for end in wire.ends:
        end.close()


def _accept(server: socket.socket, port: int, wire: Wire, cut: bytes) -> None:
    while True:
        try:
            near, _ = server.accept()
        except OSError:
            return
        far = socket.create_connection(("127.0.0.1", port))
        stream = bytearray()
        wire.streams.append(stream)
        wire.ends += [near, far]
        threading.Thread(target=_pass_on, args=(near, far, stream, cut), daemon=True).start()
        threading.Thread(target=_pass_on, args=(far, near, None, b""), daemon=True).start()


def _pass_on(source: socket.socket, sink: socket.socket, seen: bytearray | None, cut: bytes) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            if seen is not None:
                seen += data
            if cut and cut in data:
                source.shutdown(socket.SHUT_RDWR)
                break
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
