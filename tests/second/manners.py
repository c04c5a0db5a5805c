"""What a legal server may do and few do. Each can be left out by its name, to see whether a judge minds it."""

from __future__ import annotations

MANNERS = {
    "fresh-cursors": "a page that is asked for again has a new nextCursor, which leads to the same page",
    "long-cursors": "a cursor has more than half of the 4,096 characters that it may have",
    "caseless-cursors": "a cursor may be sent back in either case",
    "telling-details": "error.details has the request's id and the time, in errors of every kind",
    "named-tenant": "who may not enter a tenant is told which one",
    "lean-head": "HEAD has no Content-Length, Content-Encoding and Transfer-Encoding, as RFC 9110, 9.3.2 lets it",
    "server-timing": "every answer says how long it took",
    "starred-cors": "* where Fetch knows it; GET, HEAD and POST, which need no permission, are not listed",
    "bare-challenge": "error=invalid_token and error=insufficient_scope are tokens, without quotes",
    "basic-is-invalid": 'credentials that are not Bearer are challenged with error="invalid_token", as they came',
    "shown-prefix": "TOKEN_INVALID says what an API key looks like: nxc_live_…",
    "slow-clock": "updated_at follows a clock that ticks every 16 ms, as clocks of some systems do",
    "short-history": "what happens to an order is not written into its sync_history",
    "split-allow": "Allow comes in several fields, one for each method",
}
