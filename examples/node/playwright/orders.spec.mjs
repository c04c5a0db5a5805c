// playwright test: the page sees a world that is this test's alone, and the test turns it.
import { expect, test as base } from "@playwright/test";
import { createWorld } from "../nexus.mjs";

const test = base.extend({
  world: async ({ page }, use, info) => {
    const world = await createWorld({ fixtures: "widget-works", name: info.title });
    // The front end takes its API's address and key from here instead of its settings (front.mjs shows how).
    await page.addInitScript((api) => { globalThis.api = api; }, { baseUrl: world.baseUrl, headers: world.headers });
    await use(world);
    await world.delete();
  },
});

test("a new order is on the page", async ({ page, world }) => {
  const { id } = await world.order();
  await page.goto("/");

  await expect(page.getByRole("listitem").filter({ hasText: id })).toBeVisible();
});

test("the page says when the API is overrun", async ({ page, world }) => {
  await world.fault({ operation_id: "listOrders", code: "RATE_LIMITED", times: 1 });
  await page.goto("/");

  await expect(page.getByText("RATE_LIMITED")).toBeVisible();
  await page.reload();
  await expect(page.getByText("ready")).toBeVisible();
});
