"""The words of a target file: what each of its keys and names is. `init` writes them, and the doctor says them."""

from __future__ import annotations

from collections.abc import Mapping

ADDRESS = "Where the API is: everything up to, but without, /products."

JWKS = "Optional: the public keys of the users' JWTs, a URL or a path on the same host. Needed for one forgery of AUT-10."

ALLOW = """\
What a run may do here. Without this it only reads: GET, HEAD and OPTIONS, and most rules are not run. `writes` makes
products, rules and jobs of its own and takes them away; `destructive` changes what was there before; `burn-quota`
uses up the key `quota`."""

TAGS = """\
Optional: the tags of openapi.yaml that are implemented, Health and Products among them. Without this all of them are.
Rules about the other operations are not run, and the rest is judged as if the document had no others."""

TENANTS = """\
Tenants that nobody else works in. The judge creates and deletes products named JT-… and pricing rules, and moves,
ships and cancels some orders of `main`. It sets stock levels of existing products and puts them back; it reprices two
existing products on one marketplace, which stay so; and it dispatches jobs, which stay in the list. `main` should
have orders of every status and way of fulfilment, warehouses of every type and products with listings; the judge
cannot make these. No active pricing rule for all products or for a category may have a priority of 3 or less: it
would decide instead of the judge's own."""

TENANTS_ARE: Mapping[str, str] = {
    "main": "where nearly everything is judged",
    "other": "only looked at from outside, but for a few products",
    "fuzz": "Schemathesis works here; optional",
}

CREDENTIALS = """\
`full` and `other_full` are needed; without another one the rules that it serves are not run, and reported so. Keep
tokens out of the file with {env = "NAME"} or {command = ["…", "…"]} (what it prints is the token); {token = "…"} is
for those that are no secret. The judge keeps below the rate limits that the answers tell: `nexus-contract run FILE
--plan` says how long that takes."""

CREDENTIALS_ARE: Mapping[str, str] = {
    "full": "may do everything in `main`",
    "reader": "all the read scopes and no other",
    "writer": "write scopes alone",
    "narrow": "products:read and no other scope",
    "nothing": "no scope at all",
    "expired": "its expiry date is past",
    "revoked": "revoked",
    "elsewhere": "its allowlist does not hold our address",
    "quota": "a few requests per minute (300 at most), to be used up",
    "jwt_manager": "a token of a user with the role manager",
    "jwt_again": "another token of the same user as `jwt_manager`",
    "jwt_viewer": "a token of a user with the role viewer",
    "jwt_expired": "a token of a user that has expired",
    "other_full": "may do everything in `other`",
    "fuzz_full": "may do everything in `fuzz`",
}

PACING = """\
Optional: the most requests a minute that all callers together may send, for a target that others need too. The rate
limits of the credentials are kept without it."""

CHOICES = """\
Optional: where the implementation legally does otherwise than the document; it is judged by that, and every report says
so. Uncomment what applies; docs/choices.md has what each means."""

WEBHOOKS = """\
Optional: where the judge receives webhooks of `main`; without it they are not judged. `register` makes an endpoint
for the URL that is put in for {url} and prints its secret on its last line; `unregister` takes away {url}, or {id},
the first line that `register` printed. For an endpoint that was made by hand: its `secret`, as a credential above,
and its `url`.

`listen = "HOST:PORT"` is where the judge listens (127.0.0.1, any free port), `url` how the target reaches that if it
runs elsewhere. An event may take `patience` seconds (20); `pause` is how long the target pauses after a first failed
try (30)."""
