"""The dashboard against the mock itself: what somebody does in a browser, and what the API does then."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.live import Mock, running
from tests.receiver import Receiver, receiving

pytestmark = pytest.mark.slow
SANDBOX_TOKEN = "nxs_a_token_that_somebody_chose_0001"


@dataclass(frozen=True)
class Made:
    """A world, as the page after its creation shows it."""

    key: str
    tenant: str
    token: str
    page: str

    def api(self, mock: Mock) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.key}", "X-Tenant-ID": self.tenant}
        return httpx.Client(base_url=mock.address, headers=headers)


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    with running(tmp_path_factory.mktemp("mock"), "--log", "off", "--webhook-pauses", "0.01") as started:
        yield started


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    """A mock that many use."""
    options = ("--log", "off", "--public", "--sandbox-token", SANDBOX_TOKEN)
    with running(tmp_path_factory.mktemp("shared"), *options) as started:
        yield started


def dashboard(mock: Mock) -> str:
    return f"http://127.0.0.1:{mock.port}/_sandbox"


def made(page: Page, mock: Mock, name: str) -> Made:
    """Create a world in the browser."""
    page.goto(f"{dashboard(mock)}/")
    page.locator("#world-name").fill(name)
    page.get_by_role("button", name="Create the world").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"“{name}” is made")
    secrets = page.locator(".secret").all_text_contents()
    address = page.get_by_role("link", name="Open the world").get_attribute("href")
    assert address
    return Made(secrets[0], secrets[1], secrets[2], f"http://127.0.0.1:{mock.port}{address}")


def test_a_world_is_made_and_its_key_works_at_once(page: Page, mock: Mock) -> None:
    """What is copied is what is shown; when the page is loaded again it is gone."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    world = made(page, mock, "Copied")
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    with world.api(mock) as api:
        answer = api.get("/products", params={"limit": 1})
    line = page.locator("#command-1").text_content()
    shown = subprocess.run(["sh", "-c", f"{line} -s"], capture_output=True, text=True, timeout=20)

    assert world.key == page.evaluate("navigator.clipboard.readText()")
    assert 200 == answer.status_code
    assert '"data":[' in shown.stdout
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Shown already")
    assert world.key not in page.content()


def test_requests_appear_as_they_come_and_can_be_sent_again(page: Page, mock: Mock) -> None:
    """Live; and the entry's curl, pasted into a shell, is answered the same."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    world = made(page, mock, "Watched")
    page.goto(f"{world.page}/log")
    expect(page.locator("#live-state")).to_have_text("live")
    with world.api(mock) as api:
        api.get("/products", params={"limit": 2})
        api.get("/products/NO-SUCH-SKU")
    expect(page.locator("#log tbody tr")).to_have_count(2)
    page.get_by_role("link", name="GET /api/products/NO-SUCH-SKU").click()
    expect(page.get_by_role("heading", name="Refused: RESOURCE_NOT_FOUND")).to_be_visible()
    page.get_by_role("button", name="Copy as curl").click()
    line = page.evaluate("navigator.clipboard.readText()")
    again = subprocess.run(
        ["sh", "-c", f"{line} -s"], capture_output=True, text=True, timeout=20, env={"NEXUS_TOKEN": world.key}
    )

    assert world.key not in page.content()
    assert "RESOURCE_NOT_FOUND" in again.stdout
    page.goto(f"{world.page}/log?status=4xx")
    expect(page.locator("#log tbody tr")).to_have_count(2)


def test_another_worlds_requests_are_not_in_the_log(page: Page, mock: Mock) -> None:
    mine, other = made(page, mock, "Mine"), made(page, mock, "Other")
    page.goto(f"{mine.page}/log")
    expect(page.locator("#live-state")).to_have_text("live")
    with other.api(mock) as api:
        api.get("/products")
    with mine.api(mock) as api:
        api.get("/orders")
    expect(page.locator("#log tbody tr")).to_have_count(1)
    expect(page.locator("#log tbody tr")).to_contain_text("/api/orders")


def test_the_clock_is_turned(page: Page, mock: Mock) -> None:
    """Frozen, an hour on, and released: the API's time follows."""
    world = made(page, mock, "Timed")
    page.goto(f"{world.page}/clock")
    page.get_by_label("Instant, UTC").fill("2031-05-06T07:08:09")
    page.get_by_role("button", name="Set the clock").click()
    expect(page.locator(".huge")).to_have_text("2031-05-06 07:08:09")
    page.get_by_role("button", name="+ 1 hour").click()
    expect(page.locator(".huge")).to_have_text("2031-05-06 08:08:09")
    with world.api(mock) as api:
        product = api.post("/products", json={"sku": "TIMED-1", "title": "Timed", "price": 1})

    assert product.json()["data"]["created_at"].startswith("2031-05-06T08:08:09")
    page.get_by_role("button", name="Release it").click()
    expect(page.get_by_text("It follows the server's clock.")).to_be_visible()


def test_a_fault_is_made_of_a_common_case_and_used_up(page: Page, mock: Mock) -> None:
    world = made(page, mock, "Faulty")
    page.goto(f"{world.page}/faults")
    page.get_by_role("link", name="429 for the next 3").click()
    page.get_by_label("Operation").select_option("listOrders")
    page.get_by_role("button", name="Make them fail").click()
    expect(page.get_by_role("status").first).to_contain_text("fail from now on")
    with world.api(mock) as api:
        statuses = [api.get("/orders").status_code for _ in range(4)]
    page.reload()

    assert [429, 429, 429, 200] == statuses
    expect(page.get_by_text("3 of 3")).to_be_visible()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Nothing fails.")).to_be_visible()


def test_what_is_wrong_with_a_form_is_told_at_its_field(page: Page, mock: Mock) -> None:
    """By the control API itself; the summary has the focus, and leads there."""
    world = made(page, mock, "Strict")
    page.goto(f"{world.page}/faults")
    page.get_by_label("How often").fill("many")
    page.get_by_label("Path").fill("/orders/*")
    page.get_by_role("button", name="Make them fail").click()

    expect(page.locator("#refused")).to_be_focused()
    expect(page.locator("#fault-times")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Path")).to_have_value("/orders/*")
    page.locator("#refused").get_by_role("link", name="times").click()
    expect(page.locator("#fault-times")).to_be_focused()


def test_an_order_arrives_and_is_delivered_to_an_endpoint_twice(page: Page, mock: Mock) -> None:
    """Signed with the secret that was shown; once by itself, and once more by the button."""
    world = made(page, mock, "Told")
    with receiving() as receiver:
        page.goto(f"{world.page}/webhooks")
        page.get_by_label("URL").fill(receiver.url)
        page.get_by_role("checkbox", name="order.created").check()
        page.get_by_role("button", name="Create the endpoint").click()
        secret = page.locator(".secret").text_content() or ""
        page.goto(f"{world.page}/happenings")
        page.get_by_role("button", name="Have it arrive").click()
        expect(page.get_by_role("status").first).to_contain_text("has arrived")
        _arrived(receiver, 1)
        page.goto(f"{world.page}/webhooks?state=delivered")
        page.get_by_role("link", name="order.created").click()
        expect(page.locator("#request-body")).to_contain_text('"order.created"')
        page.get_by_role("button", name="Redeliver").click()
        _arrived(receiver, 2)
        received = receiver.ledger[:2]

    assert ["order.created", "order.created"] == [one.type for one in received]
    assert received[0].delivery == received[1].delivery
    assert all(one.verified(secret) for one in received)


def test_an_order_moves_on_at_its_marketplace(page: Page, mock: Mock) -> None:
    """Step by step; what is not possible is told."""
    world = made(page, mock, "Moved")
    page.goto(f"{world.page}/happenings")
    page.get_by_role("button", name="Have it arrive").click()
    for step, status in (("pay", "confirmed"), ("ship", "shipped"), ("deliver", "delivered")):
        row = page.locator("tbody tr").first
        row.get_by_role("combobox").select_option(step)
        row.get_by_role("button", name="Do it").click()
        expect(page.get_by_role("status").first).to_contain_text(f"is {status}")
        expect(page.locator("tbody tr").first).to_contain_text(status)
    row = page.locator("tbody tr").first
    row.get_by_role("combobox").select_option("pay")
    row.get_by_role("button", name="Do it").click()
    expect(page.get_by_role("alert")).to_contain_text("Not done.")


def test_a_snapshot_brings_back_what_was_deleted(page: Page, mock: Mock) -> None:
    world = made(page, mock, "Kept")
    page.goto(world.page)
    page.get_by_label("Name of a snapshot").fill("whole")
    page.get_by_role("button", name="Take a snapshot").click()
    with world.api(mock) as api:
        sku = api.get("/products", params={"limit": 1}).json()["data"][0]["sku"]
        api.delete(f"/products/{sku}")
        gone = api.get(f"/products/{sku}").status_code
        page.get_by_text("Restore", exact=True).click()
        page.get_by_role("button", name="Go back to it").click()
        expect(page.get_by_role("status").first).to_contain_text("as it was at “whole”")
        back = api.get(f"/products/{sku}").status_code

    assert (404, 200) == (gone, back)


def test_a_key_that_is_revoked_is_refused(page: Page, mock: Mock) -> None:
    """Made with one scope, used, revoked."""
    world = made(page, mock, "Keyed")
    page.goto(f"{world.page}/keys")
    page.locator("#key-name").fill("orders only")
    page.get_by_role("checkbox", name="*", exact=True).uncheck()
    page.get_by_role("checkbox", name="orders:read").check()
    page.get_by_role("button", name="Create the key").click()
    key = page.locator(".secret").text_content() or ""
    headers = {"Authorization": f"Bearer {key}", "X-Tenant-ID": world.tenant}
    before = [httpx.get(f"{mock.address}/{name}", headers=headers).status_code for name in ("orders", "products")]
    page.goto(f"{world.page}/keys")
    row = page.get_by_role("row").filter(has_text="orders only")
    row.locator("summary").click()
    row.get_by_role("button", name="Revoke it").click()
    expect(page.get_by_role("status").first).to_contain_text("is revoked")

    assert [200, 403] == before
    assert 401 == httpx.get(f"{mock.address}/orders", headers=headers).status_code


def test_coverage_counts_what_was_exercised(page: Page, mock: Mock) -> None:
    world = made(page, mock, "Covered")
    with world.api(mock) as api:
        api.get("/products")
        api.get("/products/NO-SUCH-SKU")
    page.goto(f"{world.page}/coverage")

    expect(page.get_by_text("2 of ", exact=False).first).to_be_visible()
    expect(page.locator(".matrix .seen")).to_have_text(["1", "1"])


def test_a_world_is_exported_and_read_in_again(page: Page, mock: Mock, tmp_path: Path) -> None:
    world = made(page, mock, "Carried")
    page.goto(world.page)
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Export").click()
    file = tmp_path / "world.json"
    downloading.value.save_as(file)
    page.goto(f"{dashboard(mock)}/")
    page.locator("#import-name").fill("Carried over")
    page.locator("#import-world").set_input_files(file)
    page.get_by_role("button", name="Import the world").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("“Carried over” is made of the file")


def test_a_world_is_deleted_after_a_question(page: Page, mock: Mock) -> None:
    world = made(page, mock, "Doomed")
    page.goto(world.page)
    page.get_by_role("link", name="Delete…").click()
    page.get_by_role("link", name="No, go back").click()
    page.get_by_role("link", name="Delete…").click()
    page.get_by_role("button", name="Delete the world").click()
    expect(page.get_by_role("status").first).to_contain_text("“Doomed” is deleted")
    with world.api(mock) as api:
        assert 401 == api.get("/products").status_code


def test_a_page_of_another_site_sees_and_changes_nothing(page: Page, mock: Mock) -> None:
    """Neither by reading, nor by a form, nor in a frame; `localhost` is another site than 127.0.0.1."""
    world = made(page, mock, "Guarded")
    page.goto(f"http://localhost:{mock.port}/openapi.json")
    read = page.evaluate("address => fetch(address).then(answer => answer.text(), () => 'refused')", world.page)
    page.set_content(f'<form method="post" action="{world.page}/delete"><button>Win</button></form>')
    page.get_by_role("button").click()
    page.wait_for_load_state()
    sent = page.content()
    page.goto(world.page)

    assert "Guarded" not in read
    assert "not of this page any more" in sent
    expect(page.get_by_role("heading", level=1)).to_have_text("Guarded")


def test_a_shared_mock_asks_for_a_token(page: Page, shared: Mock) -> None:
    """A wrong one is refused; the right one leads to the page that was asked for, whose log is live all the same."""
    page.goto(f"{dashboard(shared)}/log")
    page.get_by_label("Token").fill("nxs_wrong_wrong_wrong_wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("This token opens nothing here.")).to_be_visible()
    page.get_by_label("Token").fill(SANDBOX_TOKEN)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Request log")
    httpx.get(f"{shared.address}/products")
    expect(page.locator("#log tbody tr").first).to_contain_text("/api/products")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_a_shared_mock_gives_everybody_a_world_of_his_own(page: Page, shared: Mock) -> None:
    """Without a token: its key works, its page is open, and others' are not there."""
    page.goto(f"{dashboard(shared)}/")
    page.get_by_role("button", name="Create the world").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("is made")
    key, tenant = page.locator(".secret").all_text_contents()[:2]
    headers = {"Authorization": f"Bearer {key}", "X-Tenant-ID": tenant}

    assert 200 == httpx.get(f"{shared.address}/products", headers=headers).status_code
    page.get_by_role("link", name="Open the world").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My world")
    assert 403 == _status(page, f"{dashboard(shared)}/clock")


def test_a_worlds_token_opens_one_world_of_a_shared_mock(page: Page, browser: Browser, shared: Mock) -> None:
    page.goto(f"{dashboard(shared)}/")
    page.get_by_label("Token").fill(SANDBOX_TOKEN)
    page.get_by_role("button", name="Sign in").click()
    mine, other = made(page, shared, "Mine"), made(page, shared, "Other")
    with browser.new_context() as context:
        guest = context.new_page()
        guest.goto(f"{dashboard(shared)}/")
        guest.get_by_label("Token").fill(mine.token)
        guest.get_by_role("button", name="Sign in").click()
        expect(guest.get_by_role("heading", level=1)).to_have_text("Mine")
        statuses = {address: _status(guest, address) for address in (mine.page, other.page, f"{dashboard(shared)}/clock")}

    assert [200, 404, 403] == list(statuses.values())


def _arrived(receiver: Receiver, number: int) -> None:
    deadline = time.monotonic() + 15
    while len(receiver.ledger) < number:
        assert time.monotonic() < deadline, f"{len(receiver.ledger)} of {number} deliveries came"
        time.sleep(0.05)


def _status(page: Page, address: str) -> int:
    answer = page.goto(address)
    assert answer
    return answer.status
