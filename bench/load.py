"""wrk: one request over and over, for a bounded time, and what it printed."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

from bench import process
from bench.serving import Server, exchange
from bench.traffic import Request, known

CONNECTIONS = 8
_MILLISECONDS = {"us": 1e-3, "ms": 1.0, "s": 1000.0, "m": 60_000.0}
_run = itertools.count()


class Printed(NamedTuple):
    """`rate` in requests a second, `p50` and `p99` in milliseconds. `refused` are answers from 400 on, `broken` those that
    did not come."""

    requests: int
    rate: float
    p50: float
    p99: float
    refused: int
    broken: int


class Figures(NamedTuple):
    """`cpu` is the server's, microseconds a request."""

    rate: float
    p50: float
    p99: float
    cpu: float


def parsed(printed: str) -> Printed:
    """wrk's report, with --latency."""
    return Printed(
        int(_found(r"(\d+) requests in", printed)),
        float(_found(r"Requests/sec: +([\d.]+)", printed)),
        _milliseconds("50", printed),
        _milliseconds("99", printed),
        int(_found(r"Non-2xx or 3xx responses: (\d+)", printed, "0")),
        sum(int(number) for number in re.findall(r"\d+", _found(r"Socket errors: (.+)", printed, ""))),
    )


def _found(pattern: str, text: str, otherwise: str | None = None) -> str:
    found = re.search(pattern, text)
    if found is None and otherwise is None:
        raise ValueError(f"wrk printed no {pattern}:\n{text}")
    return found[1] if found else otherwise or ""


def _milliseconds(percentile: str, printed: str) -> float:
    found = re.search(rf"^ +{percentile}% +([\d.]+)(us|ms|s|m)$", printed, re.MULTILINE)
    if found is None:
        raise ValueError(f"wrk printed no {percentile} %:\n{printed}")
    return float(found[1]) * _MILLISECONDS[found[2]]


def script(request: Request, prefix: str) -> str:
    """For wrk (LuaJIT): the request, filled in anew each time if it is to differ. Constant requests are made once."""
    headers = {**request.headers, **({"Content-Type": "application/json"} if request.body else {})}
    lines = [f"wrk.method = {_lua(request.method)}"]
    lines += [f"wrk.headers[{_lua(name)}] = {_lua(value)}" for name, value in headers.items()]
    if request.body:
        lines.append(f"wrk.body = {_lua(request.body)}")
    if not request.is_constant:
        lines += [
            f"local known = {{{', '.join(map(_lua, known()))}}}",
            "local n = 0",
            "local function fill(text)",
            f'  return (text:gsub("{{new}}", {_lua(prefix)} .. "-" .. n)',
            '    :gsub("{known}", known[n % #known + 1]):gsub("{n}", tostring(n)))',
            "end",
            "request = function()",
            "  n = n + 1",
            f"  return wrk.format(nil, fill({_lua(request.path)}), nil, fill(wrk.body or ''))",
            "end",
        ]
    return "\n".join(lines) + "\n"


def _lua(text: str) -> str:
    """JSON's strings are Lua's, as long as they are ASCII without control characters."""
    return json.dumps(text)


def answers(server: Server, request: Request) -> int:
    """The status of one such request."""
    path, body = request.filled(_prefix(), 1)
    return exchange(server.port, request.method, path, body, request.headers)[0]


def _prefix() -> str:
    """A SKU's first part that no other load has used."""
    return f"B{os.getpid()}X{next(_run)}"


def loaded(server: Server, request: Request, seconds: float, folder: Path) -> Figures | None:
    """None if any answer was another than the document's."""
    lua = folder / "load.lua"
    lua.write_text(script(request, _prefix()))
    path = request.path if request.is_constant else "/"
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{_duration(seconds)}", "--latency", "-s", str(lua)]
    before = process.cpu(server.pid)
    done = subprocess.run(
        [*command, f"http://127.0.0.1:{server.port}{path}"], capture_output=True, text=True, check=True, timeout=seconds + 60
    )
    spent = process.cpu(server.pid) - before
    seen = parsed(done.stdout)
    expected = seen.requests if request.status >= 400 else 0
    if not seen.requests or seen.broken or seen.refused != expected:
        return None
    return Figures(seen.rate, seen.p50, seen.p99, spent / seen.requests * 1e6)


def _duration(seconds: float) -> str:
    """wrk knows whole seconds."""
    return f"{max(1, round(seconds))}s"
