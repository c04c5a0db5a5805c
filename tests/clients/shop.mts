// A catalogue through openapi-fetch, with the types that openapi-typescript makes of openapi.yaml: docs/clients.md has the commands.
import createClient from "openapi-fetch";

import type { components, paths } from "./api.js";

const { API = "http://127.0.0.1:8080/api", TOKEN = "nxc_live_growth_full_4f9a1c0e2b7d" } = process.env;
const header = { "X-Tenant-ID": process.env.TENANT ?? "3714240b-2e06-4c35-8856-ccc1c096323e" };

const client = createClient<paths>({
  baseUrl: API,
  headers: { Authorization: `Bearer ${TOKEN}` },
  querySerializer: { array: { style: "form", explode: false } }, // fields=sku,price
});

/** What came; an exception where nothing did. */
function got<Data>({ data, error }: { data?: Data; error?: { error: { code: components["schemas"]["ErrorCode"] } } }): Data {
  if (data === undefined) throw new Error(error?.error.code);
  return data;
}

/** A page after another, by their cursors, until there is none. */
async function* products() {
  let cursor: components["schemas"]["PageMeta"]["nextCursor"] | undefined;
  while (cursor !== null) {
    const query = { limit: 100, fields: ["sku" as const, "price" as const], ...(cursor && { cursor }) };
    const { data, meta } = got(await client.GET("/products", { params: { header, query } }));
    yield* data;
    cursor = meta.nextCursor;
  }
}

const first = await client.GET("/products", { params: { header, query: { limit: 2, status: "active" } } });
const remaining = Number(first.response.headers.get("X-RateLimit-Remaining"));
const limit = Number(first.response.headers.get("X-RateLimit-Limit"));
console.log("listed", got(first).data.length, "of", got(first).meta.total, "used", limit - remaining);

const skus = new Set<string | undefined>();
for await (const { sku } of products()) skus.add(sku);
console.log("walked", skus.size);

const body = { sku: "TS-1", title: "Typed Widget", price: 12.99 };
const { data: created } = got(await client.POST("/products", { params: { header }, body }));
console.log("created", created.sku, created.status, created.price);

const path = { sku: created.sku };
const changes = { price: 11.5, status: "active" } satisfies components["schemas"]["ProductUpdate"];
const { data: changed } = got(await client.PATCH("/products/{sku}", { params: { header, path }, body: changes }));
console.log("patched", changed.status, changed.price);

const again = await client.POST("/products", { params: { header }, body });
if (again.error?.error.code === "SKU_ALREADY_EXISTS") console.log("refused", again.response.status, again.error.error.message);

const wrong = await client.POST("/products", { params: { header }, body: { sku: "TS-2", title: "", price: -1 } });
const why = wrong.error?.error;
if (why?.code === "VALIDATION_ERROR") console.log("faults", why.details.errors?.map((fault) => fault.pointer).join(" "));

console.log("deleted", (await client.DELETE("/products/{sku}", { params: { header, path } })).response.status);

const gone = await client.GET("/products/{sku}", { params: { header, path } });
console.log("missing", gone.response.status, gone.error?.error.code);
