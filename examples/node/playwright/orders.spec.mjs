// playwright test: the pages see a world that is theirs alone, and the test turns it.
import { expect, test as base } from "@playwright/test";
import { createWorld } from "../nexus.mjs";

const test = base.extend({
  world: async ({}, use, info) => {
    const world = await createWorld({ fixtures: "widget-works", name: info.title });
    await use(world);
    await world.delete();
  },
});

/** Your front end: here a page that lists orders. It is given the API's address and a key as yours is. */
const front = ({ baseUrl, headers }) => `<!doctype html><ul></ul><p></p><script type="module">
  const answer = await fetch(${JSON.stringify(`${baseUrl}/orders?limit=3`)}, { headers: ${JSON.stringify(headers)} });
  const { data, error } = await answer.json();
  document.querySelector("p").textContent = error ? error.code : "ready";
  document.querySelector("ul").innerHTML = (data ?? []).map((row) => "<li>" + row.id).join("");
</script>`;

test.beforeEach(async ({ page, world }) => {
  await page.route("http://shop.test/", (route) => route.fulfill({ contentType: "text/html", body: front(world) }));
});

test("a new order is on the page", async ({ page, world }) => {
  const { id } = await world.order();
  await page.goto("http://shop.test/");

  await expect(page.getByRole("listitem").filter({ hasText: id })).toBeVisible();
});

test("the page says when the API is overrun", async ({ page, world }) => {
  await world.fault({ operation_id: "listOrders", code: "RATE_LIMITED", times: 1 });
  await page.goto("http://shop.test/");

  await expect(page.getByText("RATE_LIMITED")).toBeVisible();
  await page.reload();
  await expect(page.getByText("ready")).toBeVisible();
});
