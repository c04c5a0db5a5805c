"""The Flask app: the pages, their guard, and the headers that go with every answer."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Flask, g, render_template, request
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from mockserver.domain.errors import ApiError
from mockserver.sandbox.dashboard import access
from mockserver.sandbox.dashboard.mounting import PREFIX
from mockserver.sandbox.dashboard.parts import Asking, Door, Parts, data, parts
from mockserver.sandbox.dashboard.views import BLUEPRINTS
from mockserver.sandbox.dashboard.wording import FILTERS
from nexuscommerce.contract import Contract, Document

# Nothing from elsewhere, nothing inline. `same-origin`, since with `no-referrer` browsers send forms with `Origin: null`,
# which tells a page of this server from no other.
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
SWITCHED = 30  # worlds in the switcher; the page of worlds has them all
_UNFORESEEN = "What went wrong stands in the mock's own output."


def create_dashboard(ask: Asking, door: Door, contract: Contract, control: Document, secret: str) -> Flask:
    """The pages. `secret` signs sessions, and encrypts what they show once: whoever knows it can be anybody."""
    app = Flask(__name__)
    app.logger = logging.getLogger("mockserver")
    app.secret_key = secret
    app.config.update(
        APPLICATION_ROOT=PREFIX,
        SESSION_COOKIE_PATH=PREFIX,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        MAX_CONTENT_LENGTH=control.body_bytes,
    )
    app.session_interface = access.Sessions()
    app.extensions["sandbox"] = Parts(ask, door, contract, control)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for blueprint in (access.pages, *BLUEPRINTS):
        app.register_blueprint(blueprint)
    app.before_request(access.guard)
    app.before_request(_world)
    app.after_request(_headed)
    app.context_processor(_everywhere)
    app.register_error_handler(ApiError, _refused)
    app.register_error_handler(HTTPException, _failed)
    return app


def _world() -> None:
    """The world that a page is about; raises RESOURCE_NOT_FOUND if there is none."""
    world = (request.view_args or {}).get("world_id")
    if world is not None:
        g.world = data("getWorld", {"worldId": world})


def _everywhere() -> dict[str, Any]:
    """What the frame of every page shows."""
    guest = g.get("guest")
    operator = guest is not None and guest.world is None
    switched = data("listWorlds", query={"limit": SWITCHED}) if operator else []
    return {"world": g.get("world"), "guest": guest, "operator": operator, "switched": switched, "csrf": access.csrf}


def _headed(response: Response) -> Response:
    response.headers.update(HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _refused(refusal: ApiError) -> tuple[str, int]:
    status = parts().status(refusal)
    return render_template("error.html", status=status, message=refusal.message), status


def _failed(why: HTTPException) -> Any:
    """Redirects are answers, and no failures."""
    if why.code is None or why.code < 400:
        return why
    message = _UNFORESEEN if why.code == 500 else why.description or why.name
    return render_template("error.html", status=why.code, message=message), why.code
