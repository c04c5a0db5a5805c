// Worlds of a nexus-mock for tests: copy this file into your project. It needs fetch (Node.js 18 or later) and nothing else.
// NEXUS_MOCK_URL is the mock's address, NEXUS_MOCK_TOKEN its token, which it wants from elsewhere than its own machine.

const env = globalThis.process?.env ?? {};

async function ask(url, token, method, path, body) {
  const response = await fetch(`${url}/_sandbox/v1${path}`, {
    method,
    headers: { ...(token && { Authorization: `Bearer ${token}` }), ...(body && { "Content-Type": "application/json" }) },
    body: body && JSON.stringify(body),
  });
  const answer = response.status === 204 ? {} : await response.json();
  if (answer.error) throw new Error(`${answer.error.code}: ${answer.error.message} ${JSON.stringify(answer.error.details)}`);
  return answer.data;
}

/** A world of its own: `wanted` may name `fixtures`, `plan`, `name`, `currency`. Delete it when the test has ended. */
export async function createWorld(wanted = {}, { url = env.NEXUS_MOCK_URL ?? "http://127.0.0.1:8080", token = env.NEXUS_MOCK_TOKEN } = {}) {
  const made = await ask(url, token, "POST", "/worlds", wanted);
  const here = `/worlds/${made.world.id}`;
  const call = (method, path, body) => ask(url, made.token, method, here + path, body);
  const headers = { Authorization: `Bearer ${made.key}`, "X-Tenant-ID": made.tenant_id };
  return {
    id: made.world.id, baseUrl: made.base_url, tenantId: made.tenant_id, key: made.key, token: made.token, owner: made.owner, headers,
    /** A request to the API with the key: world.fetch("/orders?limit=5"). */
    fetch: (path, init = {}) => fetch(made.base_url + path, { ...init, headers: { ...headers, ...init.headers } }),
    clock: {
      now: () => call("GET", "/clock"),
      freeze: (at) => call("PUT", "/clock", { mode: "frozen", at }),
      set: (at) => call("PUT", "/clock", { mode: "running", at }),
      advance: (seconds) => call("POST", "/clock/advance", { seconds }),
      release: () => call("PUT", "/clock", { mode: "released" }),
    },
    fault: (fault) => call("POST", "/faults", fault),
    trigger: (type, resource) => call("POST", "/events", { type, resource }),
    order: (order = {}) => call("POST", "/orders", order),
    requests: (query = {}) => ask(url, made.token, "GET", `/requests?${new URLSearchParams({ world_id: made.world.id, ...query })}`),
    snapshot: (name) => call("POST", "/snapshots", { name }),
    restore: (name) => call("POST", `/snapshots/${encodeURIComponent(name)}/restore`),
    reset: () => call("POST", "/reset"),
    delete: () => call("DELETE", ""),
  };
}
