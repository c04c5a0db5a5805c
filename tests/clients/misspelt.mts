// Each line that ends in "wrong" must not compile, and no other: the types that are made of openapi.yaml bite.
import createClient from "openapi-fetch";

import type { components, paths } from "./api.js";

const client = createClient<paths>({ baseUrl: "http://127.0.0.1:8080/api" });
const header = { "X-Tenant-ID": "3714240b-2e06-4c35-8856-ccc1c096323e" };
const path = { sku: "SKU-001" };

await client.GET("/product", { params: { header } }); // wrong: there is no such path
await client.PUT("/products", { params: { header } }); // wrong: nor such a method
await client.GET("/products"); // wrong: which tenant?
await client.GET("/products", { params: { header, query: { status: "activ" } } }); // wrong
await client.GET("/products", { params: { header, query: { fields: ["skus"] } } }); // wrong
await client.POST("/products", { params: { header }, body: { sku: "A", titel: "B" } }); // wrong
const changes = { sku: "B" } satisfies components["schemas"]["ProductUpdate"]; // wrong: it cannot be changed
await client.PATCH("/products/{sku}", { params: { header, path }, body: changes }); // nor is that seen here

const { data, error } = await client.GET("/products/{sku}", { params: { header, path } });
console.log(data?.data.title, error?.error.code);
console.log(data?.data.titel); // wrong
console.log(data?.meta); // wrong: that is what lists have
if (error?.error.code === "SKU_ALREADY_EXISTS") console.log("taken"); // wrong: a GET is not refused so
