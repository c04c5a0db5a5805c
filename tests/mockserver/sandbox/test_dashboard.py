"""The pages over a control API by hand: what they show, what they ask for, and whom they let in."""

from __future__ import annotations

import re
import secrets as drawn
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mockserver.domain.errors import ApiError, fault, invalid
from mockserver.sandbox.dashboard import create_dashboard, once
from mockserver.visit import Guest
from nexuscommerce.contract import Contract
from tests.mockserver.sandbox.fake_control import FakeControl, document
from tests.mockserver.sandbox.samples import (
    BAZAAR,
    HOSTILE,
    KEY,
    KONTOR,
    NOW,
    OWNER,
    PASSWORD,
    SECRET,
    TOKEN,
    WORLDS_TOKEN,
    coverage,
)

APPS_SECRET = "a secret of these tests"
WORLD = f"/worlds/{BAZAAR}"
PAGES = (
    "/",
    "/log",
    "/log/log_0001",
    "/clock",
    "/faults",
    "/faults?preset=500 once",
    "/coverage",
    WORLD,
    f"{WORLD}/delete",
    f"{WORLD}/reset",
    f"{WORLD}/keys",
    f"{WORLD}/webhooks",
    f"{WORLD}/webhooks?state=failed&endpoint_id=end_01",
    f"{WORLD}/deliveries/del_01",
    f"{WORLD}/deliveries/del_03",
    f"{WORLD}/log",
    f"{WORLD}/log?method=GET&status=4xx&path=*orders*",
    f"{WORLD}/log/rows",
    *(f"{WORLD}/log/log_000{number}" for number in range(2, 10)),
    f"{WORLD}/clock",
    f"{WORLD}/faults",
    f"{WORLD}/coverage",
    f"{WORLD}/happenings",
)


@dataclass
class FakeDoor:
    """Open to everybody, or to the two tokens alone."""

    is_open: bool = True
    tokens: Mapping[str, Guest] = field(default_factory=lambda: {TOKEN: Guest(None), WORLDS_TOKEN: Guest(BAZAAR)})

    def authenticate(self, token: str) -> Guest | None:
        return self.tokens.get(token)

    def open_to(self, environ: Mapping[str, Any]) -> Guest | None:
        return Guest(None) if self.is_open else None


@dataclass
class Visitor:
    """A browser without a script: gets pages, and sends their forms with what stands in them."""

    client: FlaskClient
    csrf: str = ""

    def get(self, path: str, **more: Any) -> TestResponse:
        answer = self.client.get(path, **more)
        found = re.search(r'name="csrf" value="([0-9a-f]{64})"', answer.text)
        self.csrf = found[1] if found else self.csrf
        return answer

    def post(self, path: str, fields: Mapping[str, Any] | None = None, **more: Any) -> TestResponse:
        return self.client.post(path, data={"csrf": self.csrf, **(fields or {})}, **more)

    def sent(self, path: str, fields: Mapping[str, Any] | None = None) -> TestResponse:
        """A form of some page, and the page that it leads to."""
        self.get(WORLD)
        answer = self.post(path, fields)
        assert 303 == answer.status_code, answer.text
        return self.get(answer.location.removeprefix("/_sandbox"))


@dataclass
class Behind:
    """What stands behind the pages: anew for each test. The app is one for all, since it compiles its templates once."""

    control: FakeControl = field(default_factory=FakeControl)
    door: FakeDoor = field(default_factory=FakeDoor)

    def ask(self, *asked: Any) -> Any:
        return self.control(*asked)

    def authenticate(self, token: str) -> Guest | None:
        return self.door.authenticate(token)

    def open_to(self, environ: Mapping[str, Any]) -> Guest | None:
        return self.door.open_to(environ)


@pytest.fixture(scope="module")
def behind() -> Behind:
    return Behind()


@pytest.fixture(scope="module")
def app(behind: Behind, contract: Contract) -> Flask:
    return create_dashboard(behind.ask, behind, contract, document(), APPS_SECRET)


@pytest.fixture
def control(behind: Behind) -> FakeControl:
    behind.control = FakeControl()
    return behind.control


@pytest.fixture
def door(behind: Behind) -> FakeDoor:
    behind.door = FakeDoor()
    return behind.door


@pytest.fixture
def visitor(app: Flask, control: FakeControl, door: FakeDoor) -> Iterator[Visitor]:
    with app.test_client() as client:
        yield Visitor(client)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_whole(visitor: Visitor, path: str) -> None:
    """200, one h1, and nothing inline: no script, no style, no handler."""
    answer = visitor.get(path)

    assert 200 == answer.status_code
    assert ("/rows" not in path) == (1 == answer.text.count("<h1"))
    assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son[a-z]+=", answer.text.replace(HOSTILE, ""))


@pytest.mark.parametrize("path", PAGES)
def test_what_came_from_elsewhere_is_text(visitor: Visitor, path: str) -> None:
    """Names, paths, bodies and errors are other people's: nowhere do they become markup."""
    text = visitor.get(path).text

    assert "<script>alert" not in text
    if "Kontor" not in path and "/rows" not in path:
        assert HOSTILE in unescape(text)  # the other world's name, in the switcher at least


@pytest.mark.parametrize("path", ["/", WORLD, "/nowhere", "/static/dashboard.css", f"/worlds/{OWNER}"])
def test_every_answer_has_the_headers_that_keep_others_out(visitor: Visitor, path: str) -> None:
    """Errors and files too."""
    with visitor.get(path) as answer:
        headers = answer.headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))

    assert "'none'" == policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"]
    assert {"'self'"} == {policy[name] for name in ("script-src", "style-src", "img-src", "connect-src", "form-action")}
    assert "nosniff" == headers["X-Content-Type-Options"]
    assert "same-origin" == headers["Referrer-Policy"]
    assert headers["Cache-Control"] in ("no-store", "no-cache")


@pytest.mark.parametrize("path", PAGES)
def test_pages_load_nothing_from_elsewhere(visitor: Visitor, path: str) -> None:
    """They work without a network."""
    loaded = re.findall(r"<(?:link|script|img)[^>]*(?:href|src)=\"([^\"]*)\"", visitor.get(path).text)

    assert all(address.startswith("/_sandbox/static/") for address in loaded)


# Where a form goes, what is typed into it -> the operation, and the body that it asks with.
FORMS: list[tuple[str, dict[str, Any], str, Any]] = [
    ("/worlds", {"name": "Mine", "plan": "starter", "fixtures": "empty", "currency": "EUR"}, "createWorld",
     {"name": "Mine", "plan": "starter", "fixtures": "empty", "currency": "EUR"}),
    ("/worlds", {"name": " ", "plan": "growth"}, "createWorld", {"plan": "growth"}),
    (WORLD, {"name": "Mine", "plan": "growth"}, "updateWorld", {"name": "Mine", "plan": "growth"}),
    (f"{WORLD}/fork", {"name": "", "snapshot": "before checkout"}, "forkWorld", {"snapshot": "before checkout"}),
    (f"{WORLD}/reset", {}, "resetWorld", {}),
    (f"{WORLD}/delete", {}, "deleteWorld", {}),
    (f"{WORLD}/snapshots", {"name": "one"}, "createSnapshot", {"name": "one"}),
    (f"{WORLD}/snapshots/before checkout/restore", {}, "restoreSnapshot", {}),
    (f"{WORLD}/snapshots/before checkout/delete", {}, "deleteSnapshot", {}),
    (f"{WORLD}/keys",
     {"name": "reader", "scopes": ["orders:read", "products:read"], "expires_at": "2026-04-01T10:00"}, "createKey",
     {"name": "reader", "scopes": ["orders:read", "products:read"], "expires_at": "2026-04-01T10:00:00Z"}),
    (f"{WORLD}/keys",
     {"allowlist": "10.0.0.0/8, ::1", "rate_limit/per_minute": "5", "rate_limit/per_hour": "50"}, "createKey",
     {"allowlist": ["10.0.0.0/8", "::1"], "rate_limit": {"per_minute": 5, "per_hour": 50}}),
    (f"{WORLD}/keys/key_01/revoke", {}, "revokeKey", {}),
    (f"{WORLD}/users", {"email": "a@example.com", "role": "viewer", "password": " spaces "}, "createUser",
     {"email": "a@example.com", "role": "viewer", "password": " spaces "}),
    (f"{WORLD}/users/{OWNER}", {"role": "viewer"}, "updateUser", {"role": "viewer"}),
    (f"{WORLD}/users/{OWNER}/token", {"expires_in": "-60"}, "issueToken", {"expires_in": -60}),
    (f"{WORLD}/users/{OWNER}/delete", {}, "deleteUser", {}),
    (f"{WORLD}/webhooks", {"url": "http://127.0.0.1:3000/", "events": ["order.created"]}, "createEndpoint",
     {"url": "http://127.0.0.1:3000/", "events": ["order.created"]}),
    (f"{WORLD}/webhooks", {"url": "http://127.0.0.1:3000/"}, "createEndpoint", {"url": "http://127.0.0.1:3000/"}),
    (f"{WORLD}/endpoints/end_01/pause", {}, "updateEndpoint", {"paused": True}),
    (f"{WORLD}/endpoints/end_01/resume", {}, "updateEndpoint", {"paused": False}),
    (f"{WORLD}/endpoints/end_01/rotate", {"overlap_seconds": "3600"}, "rotateSecret", {"overlap_seconds": 3600}),
    (f"{WORLD}/endpoints/end_01/test", {"type": "order.created"}, "sendTestEvent", {"type": "order.created"}),
    (f"{WORLD}/endpoints/end_01/delete", {}, "deleteEndpoint", {}),
    (f"{WORLD}/deliveries/del_03/redeliver", {}, "redeliver", {}),
    (f"{WORLD}/clock", {"mode": "frozen"}, "setClock", {"mode": "frozen"}),
    (f"{WORLD}/clock", {"mode": "running", "at": "2026-03-12T10:00:05"}, "setClock",
     {"mode": "running", "at": "2026-03-12T10:00:05Z"}),
    (f"{WORLD}/clock/advance", {"seconds": "1.5", "unit": "hours"}, "advanceClock", {"seconds": 5400.0}),
    (f"{WORLD}/clock/advance", {"seconds": "86400"}, "advanceClock", {"seconds": 86400}),
    ("/clock", {"mode": "released"}, "setServerClock", {"mode": "released"}),
    ("/clock/advance", {"seconds": "60"}, "advanceServerClock", {"seconds": 60}),
    (f"{WORLD}/faults", {"operation_id": "listOrders", "share": "0.5", "code": "RATE_LIMITED", "times": "3"}, "createFault",
     {"operation_id": "listOrders", "share": 0.5, "code": "RATE_LIMITED", "times": 3}),
    ("/faults", {"delay/min_ms": "100", "delay/max_ms": "", "connection": "drop"}, "createServerFault",
     {"delay": {"min_ms": 100}, "connection": "drop"}),
    (f"{WORLD}/faults/flt_01/remove", {}, "deleteFault", {}),
    (f"{WORLD}/faults/clear", {}, "deleteFaults", {}),
    ("/faults/flt_01/remove", {}, "deleteServerFault", {}),
    ("/faults/clear", {}, "deleteServerFaults", {}),
    ("/log/empty", {}, "deleteRequests", {}),
    (f"{WORLD}/log/empty", {}, "deleteRequests", {"world_id": BAZAAR}),
    (f"{WORLD}/coverage/forget", {}, "deleteCoverage", {"world_id": BAZAAR}),
    (f"{WORLD}/orders",
     {"sku": "SKU-001", "quantity": "3", "marketplace": "ebay_de", "fulfillment_method": "FBM"}, "createOrder",
     {"marketplace": "ebay_de", "fulfillment_method": "FBM", "lines": [{"sku": "SKU-001", "quantity": 3}]}),
    (f"{WORLD}/orders", {"sku": "", "quantity": "2"}, "createOrder", {}),
    (f"{WORLD}/orders/move", {"order_id": "ord_01", "step": "fail-sync"}, "moveOrder", {}),
    (f"{WORLD}/events", {"type": "product.updated", "resource": "SKU-001"}, "triggerEvent",
     {"type": "product.updated", "resource": "SKU-001"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "fields", "operation", "body"), FORMS, ids=[f"{row[2]}-{n}" for n, row in enumerate(FORMS)]
)
def test_a_form_asks_for_its_operation_and_says_that_it_was_done(
    visitor: Visitor, control: FakeControl, path: str, fields: dict[str, Any], operation: str, body: Any
) -> None:
    """What is left empty is not said; numbers, lists and instants are sent as such."""
    page = visitor.sent(path, fields)

    assert body == control.asked_of(operation)
    assert 200 == page.status_code
    assert 'class="flash"' in page.text or "shown here and nowhere else" in page.text


def test_every_operation_but_the_stream_is_within_reach(visitor: Visitor, control: FakeControl) -> None:
    """Whatever the control API can do, somebody can do in the browser."""
    for path in (*PAGES, f"{WORLD}/export"):
        visitor.get(path)
    for path, fields, _, _ in FORMS:
        visitor.post(path, fields)
    visitor.post("/worlds/import", {"file": (_file('{"format": 2, "tenant": {}}'), "world.json")})

    assert {"streamRequests"} == set(document().operations) - {name for name, _, _, _ in control.asked}


def _file(text: str) -> BytesIO:
    return BytesIO(text.encode())


def test_an_export_can_be_kept_and_read_in_again(visitor: Visitor, control: FakeControl) -> None:
    exported = visitor.get(f"{WORLD}/export")
    visitor.get("/")
    made = visitor.post("/worlds/import", {"name": "Copy", "file": (_file(exported.text), "world.json")})

    assert f'attachment; filename="world-{BAZAAR}.json"' == exported.headers["Content-Disposition"]
    assert 303 == made.status_code
    assert "Copy" == control.asked_of("importWorld")["name"]
    assert 2 == control.asked_of("importWorld")["world"]["format"]


def test_a_file_that_is_no_export_is_told_beside_the_form(visitor: Visitor, control: FakeControl) -> None:
    visitor.get("/")
    answer = visitor.post("/worlds/import", {"form": "import", "name": "Copy", "file": (_file("no JSON"), "x.json")})

    assert 400 == answer.status_code
    assert "choose a file that an export has made" in answer.text
    assert 'value="Copy"' in answer.text


@pytest.mark.parametrize(
    ("path", "fields", "secrets"),
    [
        ("/worlds", {}, (KEY, WORLDS_TOKEN, PASSWORD)),
        (f"{WORLD}/fork", {}, (KEY, WORLDS_TOKEN, PASSWORD)),
        (f"{WORLD}/keys", {}, (KEY,)),
        (f"{WORLD}/users/{OWNER}/token", {}, ("eyJhbGciOiJFUzI1NiJ9.payload.signature",)),
        (f"{WORLD}/webhooks", {"url": "http://127.0.0.1:1/"}, (SECRET,)),
        (f"{WORLD}/endpoints/end_01/rotate", {}, (SECRET,)),
    ],
)
def test_a_secret_is_shown_once(visitor: Visitor, path: str, fields: dict[str, str], secrets: tuple[str, ...]) -> None:
    """On a page of its own, which has nothing to show when it is loaded again; and no cookie has it readably."""
    visitor.get("/")
    made = visitor.post(path, fields)
    with visitor.client.session_transaction() as session:
        held = str(dict(session))
    page = made.location.removeprefix("/_sandbox")
    first, again = visitor.get(page), visitor.get(page)

    assert all(secret in unescape(first.text) for secret in secrets)
    assert "no-store" == first.headers["Cache-Control"]
    assert 410 == again.status_code
    assert not any(secret in unescape(again.text) for secret in secrets)
    assert not any(secret in str(made.headers) + str(first.headers) + held for secret in secrets)


def _made(visitor: Visitor, path: str = f"{WORLD}/keys") -> str:
    """Where the secret is shown that this makes."""
    visitor.get("/")
    return visitor.post(path).location.removeprefix("/_sandbox")


@pytest.mark.parametrize(("secret", "status"), [(APPS_SECRET, 200), ("another mock's secret", 410)])
def test_a_secret_is_shown_by_whichever_process_is_asked(
    visitor: Visitor, behind: Behind, contract: Contract, secret: str, status: int
) -> None:
    """Once by all of them together; another mock cannot read it."""
    other = create_dashboard(behind.ask, behind, contract, document(), secret).test_client()
    page = _made(visitor, "/worlds")
    _carry(visitor.client, other)
    shown = other.get(page)
    _carry(other, visitor.client)

    assert status == shown.status_code
    assert (200 == status) == all(secret in unescape(shown.text) for secret in (KEY, WORLDS_TOKEN, PASSWORD))
    assert {410} == {client.get(page).status_code for client in (visitor.client, other)}


def test_a_stranger_sees_what_opens_his_world_whichever_process_is_asked(
    visitor: Visitor, behind: Behind, contract: Contract
) -> None:
    """He is let in by the same answer: his session is a new one."""
    other = create_dashboard(behind.ask, behind, contract, document(), APPS_SECRET).test_client()
    behind.door.is_open, behind.control.self_service = False, True
    visitor.get("/sign-in")
    page = visitor.post("/self-service", {"name": "Mine"}).location.removeprefix("/_sandbox")
    _carry(visitor.client, other)

    assert KEY in other.get(page).text
    assert (410, 200) == (other.get(page).status_code, other.get(WORLD).status_code)


def _carry(one: FlaskClient, other: FlaskClient) -> None:
    """A browser has one cookie for all processes of a mock."""
    cookie = one.get_cookie("nexus_sandbox_80", path="/_sandbox")
    assert cookie
    other.set_cookie("nexus_sandbox_80", cookie.value, path="/_sandbox")


def test_another_session_cannot_take_a_secret(visitor: Visitor) -> None:
    """Not even with the address of the page, and what the session holds of it."""
    page = _made(visitor)
    other = visitor.client.application.test_client()
    with visitor.client.session_transaction() as mine, other.session_transaction() as others:
        others.update(id="another", once=mine["once"])

    assert 410 == other.get(page).status_code
    assert KEY in visitor.get(page).text


def test_a_secret_has_one_address(visitor: Visitor) -> None:
    """Whoever asks for another, which may be one of before, takes nothing away."""
    page = _made(visitor)

    assert 410 == visitor.get("/once/another").status_code
    assert KEY in visitor.get(page).text


def test_the_latest_secret_is_the_one_to_be_seen(visitor: Visitor) -> None:
    first, second = _made(visitor), _made(visitor, f"{WORLD}/endpoints/end_01/rotate")

    assert 410 == visitor.get(first).status_code
    assert SECRET in visitor.get(second).text


@pytest.mark.parametrize(("late", "status"), [(-1, 200), (1, 410)])
def test_a_secret_waits_for_ten_minutes(visitor: Visitor, monkeypatch: pytest.MonkeyPatch, late: int, status: int) -> None:
    now = once._now()
    monkeypatch.setattr(once, "_now", lambda: now)
    page = _made(visitor)
    monkeypatch.setattr(once, "_now", lambda: now + 600 + late)
    answers = [visitor.get(page) for _ in range(2)]
    monkeypatch.setattr(once, "_now", lambda: now)

    assert [status, 410] == [answer.status_code for answer in answers]
    assert 410 == visitor.get(page).status_code  # an earlier clock brings nothing back


def test_the_largest_page_of_a_world_fits_into_a_cookie(visitor: Visitor) -> None:
    """4,093 bytes: browsers drop one that is larger, and with it the session. The name is as long as one may be, of
    characters that no compression makes smaller."""
    visitor.get("/")
    made = visitor.post("/worlds", {"name": "".join(chr(0x20000 + drawn.randbelow(0xA000)) for _ in range(200))})

    assert 303 == made.status_code
    assert 1500 < len(made.headers["Set-Cookie"].encode()) < 4093 - 1500


@pytest.mark.parametrize("length", [2000, 2500, 6000])
def test_what_is_too_large_for_a_cookie_is_shown_here_and_now(
    visitor: Visitor, control: FakeControl, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    """A token tells its user's name and roles, which can be long. The session stays as it is."""
    token = drawn.token_urlsafe(length)[:length]
    monkeypatch.setattr(control, "_issue_token", lambda *_: {"data": {"token": token, "expires_at": NOW}})
    visitor.get("/")
    made = visitor.post(f"{WORLD}/users/{OWNER}/token")
    page = visitor.get(made.location.removeprefix("/_sandbox")) if made.status_code == 303 else made

    assert (length < 2400) == (made.status_code == 303)
    assert len(made.headers.get("Set-Cookie", "").encode()) < 4093
    assert token in page.text
    assert "no-store" == page.headers["Cache-Control"]
    assert 303 == visitor.post(f"{WORLD}/reset").status_code


def test_a_refusal_stands_beside_the_form_which_keeps_what_was_typed(visitor: Visitor, control: FakeControl) -> None:
    """At its field, and above the page with a link to the field; with the status of the refusal."""
    control.refuses["createWorld"] = invalid([fault("body", "/currency", "is no currency"), fault("body", "", "is odd")])
    visitor.get("/")
    answer = visitor.post("/worlds", {"form": "world", "name": HOSTILE, "currency": "EUR", "plan": "starter"})

    assert 400 == answer.status_code
    assert 'role="alert"' in answer.text
    assert '<a href="#world-currency">currency</a>: is no currency' in answer.text
    assert "is odd" in answer.text
    assert re.search(r'id="world-currency"[^>]*aria-invalid="true"\s+aria-describedby="world-currency-fault', answer.text)
    assert f'value="{HOSTILE}"' in unescape(answer.text).replace("&#34;", '"')
    assert '<option value="starter" selected>' in answer.text


@pytest.mark.parametrize(
    ("path", "fields", "names"),
    [
        (f"{WORLD}/faults", {"form": "fault", "times": "three", "delay/min_ms": "-1"}, ("times", "delay/min_ms")),
        (f"{WORLD}/clock/advance", {"form": "advance", "seconds": "soon"}, ("seconds",)),
        (f"{WORLD}/keys", {"form": "key", "allowlist": "nowhere"}, ("allowlist",)),
        (f"{WORLD}/webhooks", {"form": "endpoint", "url": "ftp://x"}, ("url",)),
        (f"{WORLD}/users", {"form": "user", "email": ""}, ()),
        (f"{WORLD}/snapshots", {"form": "snapshot", "name": "?"}, ("name",)),
    ],
)
def test_what_breaks_the_schema_is_told_field_by_field(
    visitor: Visitor, path: str, fields: dict[str, str], names: tuple[str, ...]
) -> None:
    """The pages judge nothing themselves: what was typed goes to the control API as it is."""
    visitor.get("/")
    answer = visitor.post(path, fields)

    assert 400 == answer.status_code
    for name in names:
        assert f'id="{fields["form"]}-{name.replace("/", "-")}-fault"' in answer.text


def test_a_password_is_never_sent_back(visitor: Visitor) -> None:
    visitor.get("/")
    answer = visitor.post(f"{WORLD}/users", {"form": "user", "email": "", "password": PASSWORD})

    assert 400 == answer.status_code
    assert PASSWORD not in unescape(answer.text)


def test_a_step_that_is_not_possible_is_told_on_the_page(visitor: Visitor, control: FakeControl) -> None:
    """With 409, as the control API refuses it."""
    control.refuses["moveOrder"] = ApiError("NOT_POSSIBLE", why="The order is cancelled")
    visitor.get("/")
    answer = visitor.post(f"{WORLD}/orders/move", {"form": "move", "order_id": "ord_01", "step": "ship"})

    assert 409 == answer.status_code
    assert "The order is cancelled" in answer.text
    assert 'value="ord_01"' in answer.text


def test_a_filter_that_is_wrong_is_told_and_kept(visitor: Visitor) -> None:
    answer = visitor.get(f"{WORLD}/log?status=abc&path=*x*")

    assert 400 == answer.status_code
    assert 'value="abc"' in answer.text
    assert 'value="*x*"' in answer.text


def test_the_log_is_filtered_by_its_address(visitor: Visitor, control: FakeControl) -> None:
    """So that a filtered log can be sent to somebody; the stream has the same filters."""
    text = visitor.get(f"{WORLD}/log?method=GET&status=4xx&path=&error_code=RATE_LIMITED&before=log_0009").text

    filters = {"world_id": BAZAAR, "method": "GET", "status": "4xx", "error_code": "RATE_LIMITED"}
    assert {**filters, "before": "log_0009", "limit": 50} == control.asked_of("listRequests")
    assert "data-stream" not in text  # older ones do not come in live
    live = unescape(visitor.get(f"{WORLD}/log?method=GET&status=4xx").text)
    assert f'data-stream="/_sandbox/v1/requests/stream?world_id={BAZAAR}&method=GET&status=4xx"' in live


def test_the_log_of_the_server_can_be_of_one_world(visitor: Visitor, control: FakeControl) -> None:
    text = unescape(visitor.get("/log?world=none").text)

    assert {"world_id": "none", "limit": 50} == control.asked_of("listRequests")
    assert "/_sandbox/log?before=log_0001&world=none" in text


def test_an_entry_says_why_it_was_refused(visitor: Visitor, contract: Contract) -> None:
    """Which check it was, of how many, as the contract's x-refusals order them."""
    text = unescape(visitor.get(f"{WORLD}/log/log_0006").text)
    place = [row.code for row in contract.refusals].index("RATE_LIMITED") + 1

    assert f"check {place} of {len(contract.refusals)}" in text
    assert "the rate limit is used up" in text
    assert f"<code>body /price</code> {HOSTILE}" in text
    assert "flt_01" in text
    assert "$NEXUS_TOKEN" in text


def test_a_world_shows_its_own_entries_alone(visitor: Visitor) -> None:
    assert 404 == visitor.get(f"{WORLD}/log/log_0001").status_code  # of no world
    assert 404 == visitor.get(f"/worlds/{KONTOR}/log/log_0009").status_code


def test_what_is_missing_comes_first_in_the_coverage(visitor: Visitor) -> None:
    text = visitor.get("/coverage").text
    told = coverage()
    order = re.findall(r'<th scope="row">([A-Za-z]+)</th>', text)
    missing = {row["operation_id"]: sum(not s["requests"] for s in row["statuses"]) for row in told["operations"]}

    assert sorted(order, key=lambda name: -missing[name]) == order
    assert f"{told['exercised']} of {told['possible']} pairs" in text
    assert told == visitor.get("/coverage.json").json


@pytest.mark.parametrize("empty", ["worlds", "log", "endpoints", "deliveries", "faults", "snapshots"])
def test_what_is_empty_says_what_to_do(visitor: Visitor, control: FakeControl, empty: str) -> None:
    pages = {"worlds": "/", "log": f"{WORLD}/log", "faults": "/faults", "snapshots": WORLD}
    page = pages.get(empty, f"{WORLD}/webhooks")
    if empty == "worlds":
        control.worlds = []
    else:
        setattr(control, empty, [])

    assert 'class="empty"' in visitor.get(page).text or 'class="panel empty"' in visitor.get(page).text


def test_a_large_world_is_not_read_whole_for_its_latest_orders(visitor: Visitor, control: FakeControl) -> None:
    control.worlds[0]["counts"] = {"products": 4000, "orders": 2000}
    answer = visitor.get(f"{WORLD}/happenings")

    assert 200 == answer.status_code
    assert "exportWorld" not in [name for name, _, _, _ in control.asked]


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://localhost:8081", "null", "https://localhost.evil.example", "http://["]
)
def test_a_form_of_another_site_changes_nothing(visitor: Visitor, control: FakeControl, origin: str) -> None:
    """Even if it had the session's cookie and its token."""
    visitor.get("/")
    answer = visitor.post(f"{WORLD}/delete", headers={"Origin": origin})

    assert 403 == answer.status_code
    assert "deleteWorld" not in [name for name, _, _, _ in control.asked]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_browser_that_says_it_comes_from_elsewhere_is_believed(visitor: Visitor, site: str) -> None:
    visitor.get("/")

    assert 403 == visitor.post(f"{WORLD}/delete", headers={"Sec-Fetch-Site": site}).status_code


def test_a_form_of_this_server_is_taken(visitor: Visitor) -> None:
    visitor.get("/")
    own = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}

    assert 303 == visitor.post(f"{WORLD}/reset", headers=own).status_code


@pytest.mark.parametrize("csrf", ["", "0" * 64, "é"])
def test_a_form_without_the_sessions_token_changes_nothing(visitor: Visitor, control: FakeControl, csrf: str) -> None:
    visitor.get("/")
    answer = visitor.post(f"{WORLD}/delete", {"csrf": csrf})

    assert 403 == answer.status_code
    assert "deleteWorld" not in [name for name, _, _, _ in control.asked]


def test_a_token_of_another_session_is_not_this_ones(visitor: Visitor) -> None:
    other = Visitor(visitor.client.application.test_client())
    other.get("/")
    visitor.get("/")

    assert 403 == visitor.post(f"{WORLD}/reset", {"csrf": other.csrf}).status_code


def test_nothing_changes_by_a_get(visitor: Visitor, control: FakeControl) -> None:
    """Every path that forms are sent to either shows a page or has no GET."""
    for path, _, _, _ in FORMS:
        visitor.get(path)
    changing = [name for name, _, _, _ in control.asked if document().operations[name].method != "GET"]

    assert [] == changing


@pytest.mark.parametrize("path", [*PAGES, f"{WORLD}/export", "/coverage.json"])
def test_who_is_not_let_in_gets_the_sign_in(visitor: Visitor, door: FakeDoor, control: FakeControl, path: str) -> None:
    """And the control API is not even asked."""
    door.is_open = False
    answer = visitor.get(path)

    assert 302 == answer.status_code
    assert answer.location.startswith("/_sandbox/sign-in")
    assert [] == control.asked


@pytest.mark.parametrize("offered", [True, False])
def test_a_world_of_ones_own_is_made_where_that_is_offered(
    visitor: Visitor, door: FakeDoor, control: FakeControl, offered: bool
) -> None:
    """Whoever makes it is its guest, and of no other world; elsewhere it is refused, form or no form."""
    door.is_open, control.self_service = False, offered
    page = visitor.get("/sign-in")
    made = visitor.post("/self-service", {"form": "own", "name": "Mine", "fixtures": "grand-bazaar"})

    assert offered == ("Or create a world" in page.text)
    assert (303 if offered else 403) == made.status_code
    assert offered == ("createWorld" in [name for name, _, _, _ in control.asked])
    if offered:
        assert KEY in visitor.get(made.location.removeprefix("/_sandbox")).text
        assert (200, 404) == (visitor.get(WORLD).status_code, visitor.get(f"/worlds/{KONTOR}").status_code)


def test_who_has_made_too_many_worlds_is_told_on_the_page(visitor: Visitor, door: FakeDoor, control: FakeControl) -> None:
    """Counted by the address of the browser, not of the dashboard."""
    door.is_open, control.self_service = False, True
    control.refuses["createWorld"] = ApiError("TOO_MANY_WORLDS", count=20)
    visitor.get("/sign-in")
    answer = visitor.post(
        "/self-service", {"form": "own", "name": "Mine"}, environ_overrides={"REMOTE_ADDR": "198.51.100.7"}
    )

    assert 429 == answer.status_code
    assert "20 worlds within the hour" in answer.text
    assert 'value="Mine"' in answer.text
    assert "198.51.100.7" in control.addresses


def test_a_worlds_guest_who_copies_it_is_led_back(visitor: Visitor, door: FakeDoor, control: FakeControl) -> None:
    """The copy is another world, which his token does not open."""
    door.is_open = False
    visitor.get("/sign-in")
    visitor.post("/sign-in", {"token": WORLDS_TOKEN})
    visitor.get(WORLD)
    made = visitor.post(f"{WORLD}/fork")
    page = visitor.get(made.location.removeprefix("/_sandbox"))

    assert f'href="/_sandbox{WORLD}">Back to the world' in page.text
    assert f"/worlds/{KONTOR}" not in page.text


def test_the_sandboxs_token_opens_everything(visitor: Visitor, door: FakeDoor) -> None:
    """And leads to the page that was asked for."""
    door.is_open = False
    page = visitor.get(f"{WORLD}/log?method=GET")
    visitor.get(page.location.removeprefix("/_sandbox"))
    entered = visitor.post("/sign-in", {"token": TOKEN, "next": f"{WORLD}/log?method=GET"})

    assert f"/_sandbox{WORLD}/log?method=GET" == entered.location
    assert {200} == {visitor.get(path).status_code for path in ("/", "/log", WORLD, f"/worlds/{KONTOR}")}


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({}, 200),
        ({"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Dest": "document"}, 200),
        ({"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site", "Sec-Fetch-Dest": "empty"}, 302),
        ({"Origin": "http://localhost:3000"}, 302),
        ({"Origin": "http://["}, 302),
        ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Dest": "image"}, 302),
    ],
)
def test_a_page_of_the_same_site_does_not_read_with_the_sessions_cookie(
    visitor: Visitor, door: FakeDoor, asked: dict[str, str], status: int
) -> None:
    """A site is all ports of a machine, and all names of a domain: cookies go with what they ask for. Links lead here."""
    door.is_open = False
    visitor.get("/sign-in")
    visitor.post("/sign-in", {"token": TOKEN})

    assert status == visitor.get("/log", headers=asked).status_code


def test_a_wrong_token_opens_nothing(visitor: Visitor, door: FakeDoor) -> None:
    door.is_open = False
    visitor.get("/sign-in")
    answer = visitor.post("/sign-in", {"token": "nxs_wrong"})

    assert 401 == answer.status_code
    assert "nxs_wrong" not in answer.text
    assert 302 == visitor.get("/").status_code


def test_a_worlds_token_opens_that_world_alone(visitor: Visitor, door: FakeDoor, control: FakeControl) -> None:
    """Others are not there (404), and what is of the server is refused (403)."""
    door.is_open = False
    visitor.get("/sign-in")
    visitor.post("/sign-in", {"token": WORLDS_TOKEN})
    seen = {
        path: visitor.get(path).status_code for path in (WORLD, f"{WORLD}/log", f"/worlds/{KONTOR}", "/clock", "/faults")
    }
    refused = visitor.post("/worlds", {"name": "Mine"}).status_code

    assert {WORLD: 200, f"{WORLD}/log": 200, f"/worlds/{KONTOR}": 404, "/clock": 403, "/faults": 403} == seen
    assert 403 == refused
    assert {Guest(BAZAAR)} == set(control.guests)
    assert "createWorld" not in [name for name, _, _, _ in control.asked]
    assert f"/_sandbox{WORLD}" == visitor.get("/").location


@pytest.mark.parametrize("path", ["/log", "/coverage", "/log/log_0009"])
def test_what_a_worlds_guest_sees_of_the_server_is_asked_in_his_name(
    visitor: Visitor, door: FakeDoor, control: FakeControl, path: str
) -> None:
    """The control API shows him his part of the log."""
    door.is_open = False
    visitor.get("/sign-in")
    visitor.post("/sign-in", {"token": WORLDS_TOKEN})
    visitor.get(path)

    assert {Guest(BAZAAR)} == set(control.guests)


def test_signing_out_ends_the_session(visitor: Visitor, door: FakeDoor) -> None:
    door.is_open = False
    visitor.get("/sign-in")
    visitor.post("/sign-in", {"token": TOKEN})
    visitor.get("/")
    visitor.post("/sign-out")

    assert 302 == visitor.get("/").status_code


@pytest.mark.parametrize(
    "onward", ["//evil.example", "https://evil.example", "/\\evil.example", "/x\r\nSet-Cookie: a=b", ""]
)
def test_signing_in_leads_to_pages_of_this_server_alone(visitor: Visitor, door: FakeDoor, onward: str) -> None:
    door.is_open = False
    visitor.get("/sign-in")
    answer = visitor.post("/sign-in", {"token": TOKEN, "next": onward})

    assert "/_sandbox/" == answer.location


@pytest.mark.parametrize(("scheme", "secure"), [("http", False), ("https", True)])
def test_the_sessions_cookie_is_kept_from_others(visitor: Visitor, scheme: str, secure: bool) -> None:
    """From scripts, from other sites' requests, from other paths, and from plain http where https is spoken."""
    cookie = visitor.get("/", base_url=f"{scheme}://localhost/_sandbox").headers["Set-Cookie"]

    assert {"HttpOnly", "SameSite=Strict", "Path=/_sandbox"} <= set(cookie.split("; "))
    assert secure == ("Secure" in cookie)


def test_mocks_on_two_ports_have_two_cookies(visitor: Visitor) -> None:
    """Browsers send cookies to every port of a host; two dashboards must not end each other's sessions."""
    names = {
        visitor.get("/", base_url=f"http://localhost:{port}/_sandbox").headers["Set-Cookie"].split("=")[0]
        for port in (81, 82)
    }

    assert 2 == len(names)


def test_a_session_made_up_by_somebody_is_none(visitor: Visitor, door: FakeDoor) -> None:
    """Sessions are signed."""
    door.is_open = False
    visitor.client.set_cookie("nexus_sandbox_80", "eyJndWVzdCI6bnVsbH0.aaaaaa.bbbbbb", path="/_sandbox")

    assert 302 == visitor.get("/").status_code


@pytest.mark.parametrize("path", ["/nowhere", f"/worlds/{OWNER}", f"{WORLD}/deliveries/none", "/log/none"])
def test_what_is_not_there_is_a_page_too(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)

    assert 404 == answer.status_code
    assert "<h1>Not here</h1>" in answer.text


def test_what_breaks_is_a_page_that_tells_nothing(visitor: Visitor, control: FakeControl) -> None:
    control.refuses["getClock"] = ApiError("INTERNAL_ERROR")
    answer = visitor.get(f"{WORLD}/clock")

    assert 500 == answer.status_code
    assert "Something went wrong" in answer.text


def test_pages_know_where_they_are_mounted(visitor: Visitor) -> None:
    """Every address on them is below it, or is the API's reference."""
    addresses = re.findall(r'(?:href|action)="(/[^"]*)"', visitor.get(WORLD).text)

    assert {"/docs"} == {address for address in addresses if not address.startswith("/_sandbox/")}


def test_times_are_instants_for_machines_too(visitor: Visitor) -> None:
    assert f'<time datetime="{NOW}">2026-03-12 14:32:01</time>' in visitor.get(f"{WORLD}/clock").text
