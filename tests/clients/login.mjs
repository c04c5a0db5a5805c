// A front end's login with @supabase/supabase-js against the mock: node --test login.mjs
// MOCK is the mock's address (http://127.0.0.1:8080), TENANT the id of the tenant of owner@growth.example.
import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";

import { createClient } from "@supabase/supabase-js";

const { MOCK, TENANT } = process.env;
const OWNER = { email: "owner@growth.example", password: "nexus-mock" };

// The library wants one at once, though nothing here opens it. Browsers have it, Node before 22 has not.
globalThis.WebSocket ??= class {};

const started = [];

function client() {
  const made = createClient(MOCK, "an anon key of any text");
  started.push(made);
  return made;
}

let supabase;
let session;

beforeEach(async () => {
  supabase = client();
  const { data, error } = await supabase.auth.signInWithPassword(OWNER);
  assert.equal(error, null);
  session = data.session;
});

// Each client renews its session by a timer.
after(() => Promise.all(started.map((each) => each.auth.stopAutoRefresh())));

test("a login is a session of a user in a tenant", () => {
  assert.equal(session.user.email, OWNER.email);
  assert.equal(session.user.app_metadata.tenant_id, TENANT);
  assert.equal(session.user.user_metadata.name, "Olive Owner");
  assert.equal(session.token_type, "bearer");
  assert.equal(session.expires_in, 24 * 3600);
});

test("a wrong password and an unknown user are invalid credentials", async () => {
  for (const wrong of [{ ...OWNER, password: "wrong" }, { ...OWNER, email: "nobody@growth.example" }]) {
    const { data, error } = await client().auth.signInWithPassword(wrong);
    assert.deepEqual([error.name, error.status, error.code], ["AuthApiError", 400, "invalid_credentials"]);
    assert.equal(error.message, "Invalid login credentials");
    assert.equal(data.session, null);
  }
});

test("getUser and getSession know who is logged in", async () => {
  const { data, error } = await supabase.auth.getUser();
  assert.equal(error, null);
  assert.deepEqual(data.user, session.user);
  assert.equal((await supabase.auth.getSession()).data.session.access_token, session.access_token);
});

test("the access token opens the API, and no other text does", async () => {
  const statuses = [];
  for (const token of [session.access_token, session.access_token.slice(0, -8)]) {
    const headers = { Authorization: `Bearer ${token}`, "X-Tenant-ID": TENANT };
    const response = await fetch(`${MOCK}/api/products?limit=1`, { headers });
    statuses.push(response.status);
    await response.text();
  }
  assert.deepEqual(statuses, [200, 401]);
});

test("getClaims verifies the token with the published key", async () => {
  const { data, error } = await supabase.auth.getClaims();
  assert.equal(error, null);
  assert.equal(data.header.alg, "ES256");
  assert.equal(data.claims.app_metadata.tenant_id, TENANT);
  assert.equal(data.claims.app_metadata.role, "owner");
  assert.equal(data.claims.aal, "aal1");
  assert.ok(data.claims.session_id);

  const [head, , signature] = session.access_token.split(".");
  const forged = Buffer.from(JSON.stringify({ ...data.claims, sub: "somebody else" })).toString("base64url");
  const refused = await supabase.auth.getClaims([head, forged, signature].join("."));
  assert.equal(refused.error.message, "Invalid JWT signature");
});

test("refreshSession goes on with new tokens", async () => {
  const { data, error } = await supabase.auth.refreshSession();
  assert.equal(error, null);
  assert.notEqual(data.session.refresh_token, session.refresh_token);
  assert.equal((await supabase.auth.getUser(data.session.access_token)).data.user.id, session.user.id);
});

test("setSession takes a session over, and one that has expired is renewed", async () => {
  const { access_token, refresh_token } = session;
  const { data, error } = await client().auth.setSession({ access_token, refresh_token });
  assert.equal(error, null);
  assert.equal(data.user.id, session.user.id);

  const past = Buffer.from(JSON.stringify({ exp: 1 })).toString("base64url");
  const expired = [access_token.split(".")[0], past, access_token.split(".")[2]].join(".");
  const renewed = await client().auth.setSession({ access_token: expired, refresh_token });
  assert.equal(renewed.error, null);
  assert.notEqual(renewed.data.session.refresh_token, refresh_token);
});

test("events tell a front end of the login, the renewal and the logout", async () => {
  const fresh = client();
  const events = [];
  fresh.auth.onAuthStateChange((event) => events.push(event));
  await fresh.auth.getSession();
  await fresh.auth.signInWithPassword(OWNER);
  await fresh.auth.refreshSession();
  await fresh.auth.signOut();
  assert.deepEqual(events.filter((event) => event !== "INITIAL_SESSION"), ["SIGNED_IN", "TOKEN_REFRESHED", "SIGNED_OUT"]);
});

test("after signOut neither of the tokens is good for anything", async () => {
  const { error } = await supabase.auth.signOut();
  assert.equal(error, null);
  assert.equal((await supabase.auth.getSession()).data.session, null);

  const { access_token, refresh_token } = session;
  const refreshed = await client().auth.refreshSession({ refresh_token });
  assert.deepEqual([refreshed.error.status, refreshed.error.code], [400, "refresh_token_not_found"]);
  assert.equal((await client().auth.getUser(access_token)).error.name, "AuthSessionMissingError");
});

test("signOut of the others leaves this session", async () => {
  const other = client();
  await other.auth.signInWithPassword(OWNER);
  assert.equal((await supabase.auth.signOut({ scope: "others" })).error, null);
  assert.equal((await supabase.auth.getUser()).error, null);
  assert.equal((await other.auth.getUser()).error.name, "AuthSessionMissingError");
});
