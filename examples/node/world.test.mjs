// node --test: nothing to install.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createWorld } from "./nexus.mjs";

let world;
before(async () => { world = await createWorld({ fixtures: "widget-works", name: "node --test" }); });
after(() => world.delete());

test("an order arrives and can be read", async () => {
  const order = await world.order();
  const answer = await world.fetch(`/orders/${order.id}`);

  assert.equal(answer.status, 200);
  assert.equal((await answer.json()).data.id, order.id);
});

test("a rate limit is met without waiting for one", async () => {
  await world.fault({ operation_id: "listOrders", code: "RATE_LIMITED", times: 1 });

  assert.equal((await world.fetch("/orders")).status, 429);
  assert.equal((await world.fetch("/orders")).status, 200);
});

test("three days pass at once", async () => {
  const frozen = await world.clock.freeze("2026-03-12T14:32:00Z");
  const later = await world.clock.advance(3 * 24 * 3600);

  assert.equal(frozen.now, "2026-03-12T14:32:00.000Z");
  assert.equal(later.now, "2026-03-15T14:32:00.000Z");
});

test("what was changed is put back", async () => {
  await world.snapshot("before");
  const { data: [product] } = await (await world.fetch("/products?limit=1")).json();
  await world.fetch(`/products/${product.sku}`, { method: "DELETE" });
  await world.restore("before");

  assert.equal((await world.fetch(`/products/${product.sku}`)).status, 200);
});

test("what the mock refuses is said", async () => {
  await assert.rejects(() => world.fault({ code: "NOPE" }), /VALIDATION_ERROR/);
});
