"""An MCP server built with FastMCP, with one of its authorization servers: in memory, or a proxy of another provider.

It listens on a free port of 127.0.0.1, prints `ready ORIGIN MCP_URL` when it does, and appends a JSON line for each
request to the file given by `--log`. Discovery, registration, authorization and tokens are FastMCP's. The provider
behind the proxy has one fixed client, and only the endpoints that the proxy uses.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import secrets
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import uvicorn
from fastmcp import FastMCP
from fastmcp.server.auth import OAuthProxy
from fastmcp.server.auth.auth import ClientRegistrationOptions, RevocationOptions
from fastmcp.server.auth.providers.debug import DebugTokenVerifier
from fastmcp.server.auth.providers.in_memory import InMemoryOAuthProvider
from key_value.aio.stores.memory import MemoryStore
from mcp.server.auth.provider import construct_redirect_uri
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

SCOPES = ["tools"]
UPSTREAM_CLIENT = ("fixed-client", "fixed-secret-of-the-upstream")


class RequestLog:
    """ASGI middleware that writes method, path and status of each request, once it has been answered."""

    def __init__(self, app: Any, path: Path) -> None:
        self.app = app
        self.path = path

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        method, path = scope["method"], scope["path"]  # a mount changes the path of the incoming request

        async def send_and_log(message: Any) -> None:
            if message["type"] == "http.response.start":
                with self.path.open("a", encoding="utf-8") as log:
                    log.write(json.dumps({"method": method, "path": path, "status": message["status"]}) + "\n")
            await send(message)

        await self.app(scope, receive, send_and_log)


class Upstream:
    """The provider behind the proxy: every user is logged in and consents; the MCP server does not accept its tokens directly."""

    def __init__(self) -> None:
        self.codes: set[str] = set()
        self.tokens: set[str] = set()

    def routes(self) -> list[Route]:
        return [
            Route("/upstream/authorize", self.authorize),
            Route("/upstream/token", self.token, methods=["POST"]),
        ]

    async def authorize(self, request: Request) -> Response:
        if request.query_params["client_id"] != UPSTREAM_CLIENT[0]:
            return JSONResponse({"error": "unauthorized_client"}, 400)
        code = secrets.token_urlsafe(16)
        self.codes.add(code)
        state = request.query_params["state"]
        return RedirectResponse(construct_redirect_uri(request.query_params["redirect_uri"], code=code, state=state))

    async def token(self, request: Request) -> Response:
        form = await request.form()
        if form["grant_type"] == "authorization_code":
            if form["code"] not in self.codes:
                return JSONResponse({"error": "invalid_grant"}, 400)
            self.codes.discard(str(form["code"]))
        token = secrets.token_urlsafe(16)
        self.tokens.add(token)
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": 600, "scope": "tools"}
        return JSONResponse({**answer, "refresh_token": secrets.token_urlsafe(16)})


def make_auth(kind: str, base: str, issuer: str, upstream: Upstream, origin: str) -> Any:
    if kind == "memory":
        return InMemoryOAuthProvider(
            base_url=base,
            issuer_url=issuer,
            required_scopes=SCOPES,
            client_registration_options=ClientRegistrationOptions(
                enabled=True, valid_scopes=[*SCOPES, "admin"], default_scopes=SCOPES
            ),
            revocation_options=RevocationOptions(enabled=True),
        )
    return OAuthProxy(
        upstream_authorization_endpoint=origin + "/upstream/authorize",
        upstream_token_endpoint=origin + "/upstream/token",
        upstream_client_id=UPSTREAM_CLIENT[0],
        upstream_client_secret=UPSTREAM_CLIENT[1],
        token_verifier=DebugTokenVerifier(upstream.tokens.__contains__, scopes=SCOPES, required_scopes=SCOPES),
        base_url=base,
        issuer_url=issuer,
        valid_scopes=SCOPES,
        jwt_signing_key=secrets.token_bytes(32),
        client_storage=MemoryStore(),
        require_authorization_consent="external",  # the page is for a browser; the following steps are the same
    )


def make_app(origin: str, options: argparse.Namespace) -> Any:
    base = origin + options.mount
    upstream = Upstream()
    auth = make_auth(options.kind, base, base + options.issuer_path, upstream, origin)
    server = FastMCP("peer", auth=auth)

    @server.tool
    def double(number: int) -> int:
        """Twice the number."""
        return 2 * number

    inner = server.http_app(path="/mcp")

    @contextlib.asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        async with inner.lifespan(inner):
            yield

    # RFC 8414 3.1 and RFC 9728 3.1: the well-known URLs of a mounted server are also at the root.
    is_at_root = not options.mount and not options.issuer_path
    well_known = [] if is_at_root or options.forget_well_known else auth.get_well_known_routes(mcp_path="/mcp")
    return Starlette(routes=[*upstream.routes(), *well_known, Mount(options.mount, app=inner)], lifespan=lifespan)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--kind", choices=["memory", "proxy"], default="memory")
    parser.add_argument("--issuer-path", default="", help="the path of the issuer after the base URL")
    parser.add_argument("--mount", default="", help="a path to mount the whole server under")
    parser.add_argument("--forget-well-known", action="store_true", help="do not serve the well-known URLs at the root, a common mistake with a mount")
    options = parser.parse_args()
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = RequestLog(make_app(origin, options), options.log)
    listener.listen()  # from here on a connection waits instead of being refused
    print(f"ready {origin} {origin}{options.mount}/mcp", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])


if __name__ == "__main__":
    main()
