"""Who may see which page. Changes are POSTs with a token of the session in the form, from this server's own pages."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

from flask import Blueprint, Flask, abort, current_app, g, redirect, render_template, request, session, url_for
from flask.sessions import SecureCookieSessionInterface
from werkzeug.wrappers import Response

from mockserver.sandbox.dashboard.forms import NONE, Form
from mockserver.sandbox.dashboard.parts import ask_as, parts
from mockserver.sandbox.origin import is_followed, is_own
from mockserver.visit import NOBODY, Guest

pages = Blueprint("access", __name__)

_OPEN = frozenset({"static", "access.sign_in", "access.enter", "worlds.create_own", "worlds.once_shown"})


class Sessions(SecureCookieSessionInterface):
    """A cookie that is for https alone where the page came by it. Cookies know no ports, and mocks are told apart by them:
    so the port is part of the name."""

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure

    def get_cookie_name(self, app: Flask) -> str:
        return f"nexus_sandbox_{request.environ.get('SERVER_PORT', '')}"


def session_id() -> str:
    """Of the present session, which begins here if need be."""
    if "id" not in session:
        session["id"] = secrets.token_urlsafe(16)
    return str(session["id"])


def csrf() -> str:
    """What every form of this session must send."""
    key = str(current_app.secret_key).encode()
    return hmac.new(key, f"form:{session_id()}".encode(), hashlib.sha256).hexdigest()


def guard() -> Response | None:
    """Before every request: is it a guest's, may the guest see this world, is a change meant?"""
    if request.method == "POST":
        _meant()
    guest = _guest()
    if guest is None:
        return None if request.endpoint in _OPEN else redirect(url_for("access.sign_in", next=_here()))
    g.guest = guest
    world = (request.view_args or {}).get("world_id")
    if world is not None and guest.world not in (None, world):
        abort(404)  # never 403: that would tell that there is such a world
    return None


def _guest() -> Guest | None:
    """A session keeps whom its token let in; the token itself is not kept. Its cookie comes with what pages of another port
    or another name of the same site ask for, too (SameSite knows sites, not origins): that is answered as if it had not."""
    asked = _said()
    if "guest" in session and (is_own(asked, request.host) or is_followed(request.method, asked)):
        return Guest(session["guest"])
    return parts().door.open_to(request.environ)


def _meant() -> None:
    given = request.form.get("csrf", "").encode()
    if not is_own(_said(), request.host) or not hmac.compare_digest(given, csrf().encode()):
        abort(403, "This form is not of this page any more, or of another site. Load the page anew, and send it again.")


def _said() -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers}


def _here() -> str | None:
    """Where to go on after signing in: only pages can be gone back to."""
    return request.full_path.rstrip("?") if request.method == "GET" else None


@pages.get("/sign-in")
def sign_in() -> Any:
    if _guest() is not None:
        return redirect(url_for("worlds.index"))
    return sign_in_page(request.args.get("next", ""))


def sign_in_page(onward: str = "", *, wrong: bool = False, form: Form = NONE) -> str:
    """With a form for a world of one's own, where a shared server offers that."""
    server = ask_as(NOBODY, "getServer", {}, {}, None)["data"]
    return render_template("sign_in.html", wrong=wrong, onward=onward, server=server, form=form)


def let_in(guest: Guest) -> None:
    """A new session: the one before might be known to somebody else."""
    session.clear()
    session["guest"] = guest.world


@pages.post("/sign-in")
def enter() -> Any:
    onward = request.form.get("next", "")
    guest = parts().door.authenticate(request.form.get("token", "").strip())
    if guest is None:
        return sign_in_page(onward, wrong=True), 401
    let_in(guest)
    return redirect(request.script_root + _within(onward))


def _within(onward: str) -> str:
    """A path of these pages, or the first one: never another site (`//…`)."""
    is_path = onward.startswith("/") and not onward.startswith(("//", "/\\"))
    return onward if is_path and onward.isprintable() else "/"


@pages.post("/sign-out")
def sign_out() -> Any:
    session.clear()
    return redirect(url_for("access.sign_in"))
