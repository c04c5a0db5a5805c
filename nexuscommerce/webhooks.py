"""Signatures of webhooks: NexusCommerce signs what it sends, a receiver verifies it. Standard library only.

A receiver in Flask; `SECRET` is what `nexus-mock webhook add` printed:

    @app.post("/hook")
    def hook():
        if not verify(request.get_data(), request.headers.get(SIGNATURE), SECRET):
            abort(401)
        event = request.get_json()  # {"id", "type", "created_at", "tenant_id", "data"}
        return "", 204

and in an `http.server.BaseHTTPRequestHandler`:

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204 if verify(body, self.headers[SIGNATURE], SECRET) else 401)
        self.end_headers()

Verify the bytes as they came, before anything parses them: the same JSON written anew is not the same bytes. An event may
come more than once: `X-NexusCommerce-Delivery` is the same on every try.
"""

from __future__ import annotations

import hashlib
import hmac

SIGNATURE = "X-NexusCommerce-Signature"
EVENT = "X-NexusCommerce-Event"
DELIVERY = "X-NexusCommerce-Delivery"


def sign(body: bytes, secret: str) -> str:
    """The signature's header: `sha256=` and the HMAC-SHA256 of the raw body as 64 lower-case hex digits.

    The key is the secret's UTF-8 text, `whsec_` included.
    """
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def verify(body: bytes, header: str | None, secret: str) -> bool:
    """Whether this header (None: there was none) signs this raw body, in constant time.

    Any header that is not exactly what `sign` makes is false, and raises nothing. So is an empty secret: anybody has it.
    """
    given = (header or "").encode(errors="replace")  # a header may hold what no encoding has
    return hmac.compare_digest(given, sign(body, secret).encode()) and secret != ""
