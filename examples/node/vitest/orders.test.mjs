// vitest run: a world for each test.
import { afterEach, beforeEach, expect, test } from "vitest";
import { createWorld } from "../nexus.mjs";

let world;
beforeEach(async ({ task }) => {
  world = await createWorld({ fixtures: "widget-works", name: task.name });
});
afterEach(() => world.delete());

/** What a front end does when it is told to wait: the code under test. */
async function orders(world) {
  const answer = await world.fetch("/orders?limit=5");
  if (answer.status === 429) return { waits: Number(answer.headers.get("X-RateLimit-Reset")) };
  return { rows: (await answer.json()).data };
}

test("orders are listed, a new one among them", async () => {
  const { id } = await world.order();

  expect((await orders(world)).rows.map((row) => row.id)).toContain(id);
});

test("a limit makes it wait, and then it goes on", async () => {
  await world.fault({ operation_id: "listOrders", code: "RATE_LIMITED", times: 1, retry_after: 7 });

  expect((await orders(world)).waits).toBeGreaterThan(0);
  expect((await orders(world)).rows).toHaveLength(5);
});

test("a job that takes minutes has ended when the clock says so", async () => {
  const { data: [{ sku }] } = await (await world.fetch("/products?limit=1")).json();
  const body = JSON.stringify({ skus: [sku], marketplace: "amazon_us", apply: false });
  const started = await world.fetch("/pricing/recalculate", { method: "POST", body, headers: { "Content-Type": "application/json" } });
  const { data: { job_id } } = await started.json();
  const status = async () => (await (await world.fetch(`/ai-jobs/${job_id}`)).json()).data.status;

  expect(await status()).toBe("queued");
  await world.clock.advance(10 * 60);
  expect(await status()).toBe("completed");
});
