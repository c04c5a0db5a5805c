// Stands for your front end: a page that lists orders.
import { createServer } from "node:http";

const page = `<!doctype html><title>Orders</title><p></p><ul></ul><script type="module">
  const { baseUrl, headers } = globalThis.api ?? { baseUrl: "http://127.0.0.1:8080/api", headers: {} };
  const { data, error } = await (await fetch(baseUrl + "/orders?limit=3", { headers })).json();
  document.querySelector("p").textContent = error ? error.code : "ready";
  for (const { id } of data ?? []) document.querySelector("ul").append(Object.assign(document.createElement("li"), { textContent: id }));
</script>`;

createServer((_, answer) => answer.setHeader("Content-Type", "text/html").end(page)).listen(process.env.FRONT_PORT ?? 4173, "127.0.0.1");
