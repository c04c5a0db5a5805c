"""Beside the API: the document as it is written, the reference, the login, and the key that verifies users' tokens."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, Router
from starlette.staticfiles import StaticFiles

from mockserver.routing import exact
from mockserver.store.world import World
from mockserver.tokens import Tokens
from nexuscommerce.contract import Contract

# Its files are wanted, not the package, which imports Flask.
_SWAGGER_UI = Path(str(getattr(find_spec("flask_swagger_ui"), "origin", ""))).parent / "dist"
_REFERENCE = (Path(__file__).parent / "reference.html").read_text(encoding="utf-8")

JWKS_PATH = "/auth/v1/.well-known/jwks.json"  # where Supabase Auth publishes it


def pages(contract: Contract, tokens: Tokens, world: World, more: Sequence[Route]) -> Router:
    """The document is the file's own text, comments and `$ref`s included: Connexion would serve it dereferenced."""
    first = world.tenants[0]
    key = first["keys"][0]["key"] if first["keys"] else ""  # a shared mock has none that everybody knows
    example = {"key": key, "tenant": first["id"], "name": first["name"]}
    reference = _REFERENCE.replace("{{example}}", json.dumps(example).replace("<", "\\u003c"))
    router = Router(
        [
            Route("/", _answer(RedirectResponse("/docs"))),
            Route("/_sandbox", _answer(RedirectResponse("/_sandbox/"))),
            Route("/openapi.yaml", _answer(Response(contract.source, media_type="application/yaml"))),
            Route("/openapi.json", _answer(JSONResponse(contract.document))),
            Route("/docs", _answer(HTMLResponse(reference))),
            Route(JWKS_PATH, _answer(JSONResponse(tokens.jwks()))),
            *more,
            Route("/favicon.ico", _answer(FileResponse(_SWAGGER_UI / "favicon-32x32.png"))),
            Mount("/docs/files", StaticFiles(directory=_SWAGGER_UI)),
        ]
    )
    return exact(router)


def methods(pages: Router) -> Mapping[str, tuple[str, ...]]:
    """Path -> its methods, as `Allow` names them."""
    routes = (route for route in pages.routes if isinstance(route, Route))
    return {route.path: tuple(sorted({*(route.methods or ()), "OPTIONS"})) for route in routes}


def _answer(response: Response) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_: Request) -> Response:
        return response

    return answer
