"""No credential of a target comes out of a run: a server that betrays all that it is sent, and every output searched."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest

ROOT = Path(__file__).parents[2]
TOKENS = {
    "full": "nxc_live_planted_full_0d9+/=c1",
    "other_full": "planted other & full 7741",
    "reader": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJwbGFudGVkIn0.c2lnbmF0dXJlLXBsYW50ZWQ",
}
SECRET = "whsec_planted/webhook+secret_55"  # of an endpoint for webhooks
FORMS = {
    form
    for token in (*TOKENS.values(), SECRET)
    for form in (
        *(token, quote(token, safe=""), json.dumps(token)[1:-1], token.encode().hex()),
        *(base64.b64encode(token.encode()).decode().rstrip("="), *(token.split(".") if token.startswith("eyJ") else ())),
    )
}
TARGET = """
[tenants]
main = "a5f4d17c-3498-45e7-9fbe-7214d722cec5"
other = "369a34e8-6922-4809-a0d5-d471fc60929d"
[credentials]
"""


class Traitor(BaseHTTPRequestHandler):
    """Answers every request with all the tokens, in every form, in its body and in a header; but is there, and lets in."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one segment

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        planted = " | ".join(sorted(FORMS))
        body = {"error": {"code": planted, "message": f"sent {self.headers.get('Authorization')}", "details": planted}}
        content = json.dumps({"status": "ok"} if self.path.endswith("/health") else body).encode()
        self.send_response(200 if self.path.endswith(("/health", "limit=1")) else 500)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-RateLimit-Limit", planted)
        self.send_header("X-Request-ID", planted)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else content)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer  # noqa: N815

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Traitor)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/api"
    server.shutdown()
    thread.join()
    server.server_close()


def test_no_output_has_a_planted_secret(address: str, tmp_path: Path) -> None:
    credentials = "\n".join(f"{name} = {{token = {json.dumps(token)}}}" for name, token in TOKENS.items())
    webhooks = f'[webhooks]\nsecret = {{token = "{SECRET}"}}\nurl = "{address}/hook"\nlisten = "127.0.0.1:0"\npatience = 1'
    (tmp_path / "target.toml").write_text(f'address = "{address}"\n{TARGET}{credentials}\n{webhooks}\n')
    rules = ("ENV-04", "ERR-04", "AUT-11", "PAG-07", "STA-04", "WHK-01", "WHK-05")
    command = [sys.executable, "-m", "contract_tests.cli", "run", str(tmp_path / "target.toml"), "-v", "--profile", "smoke"]
    done = subprocess.run(
        [*command, "--report", str(tmp_path / "report"), *(f"--rule={rule}" for rule in rules)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
        check=False,
    )
    outputs = {path.name: path.read_text("utf-8") for path in (tmp_path / "report").iterdir()}
    outputs |= {"stdout": done.stdout, "stderr": done.stderr}

    assert done.returncode == 1, done.stdout[-3000:] + done.stderr
    assert {"report.html", "report.json", "junit.xml", "report.sarif", "stdout", "stderr"} == set(outputs)
    assert [] == [(name, form) for name, text in outputs.items() for form in FORMS if form in text]
    assert [] == [name for name, text in outputs.items() if name != "stderr" and "$NEXUS_FULL" not in text]
