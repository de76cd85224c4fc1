"""An MCP server with its authorization server, built from the `mcp` package's own classes (1.x and 2.x).

It listens on a free port of 127.0.0.1, prints `ready ORIGIN` when it does, and appends a JSON line for each request to
the file given by `--log`. The protocol is not implemented here: discovery documents, registration, authorization,
tokens and the check of bearer tokens are the package's. This file only keeps clients, codes and tokens in memory.
"""

from __future__ import annotations

import argparse
import json
import secrets
import socket
import time
from pathlib import Path
from typing import Any

import uvicorn
from mcp.server.auth import routes
from mcp.server.auth.provider import (
    AccessToken,
    AuthorizationCode,
    AuthorizationParams,
    RefreshToken,
    construct_redirect_uri,
)
from mcp.server.auth.settings import AuthSettings, ClientRegistrationOptions, RevocationOptions
from mcp.shared.auth import OAuthClientInformationFull, OAuthToken

try:
    from mcp.server.mcpserver import MCPServer

    SERVER_CLASS: Any = MCPServer
except ImportError:  # 1.x
    from mcp.server.fastmcp import FastMCP

    SERVER_CLASS = FastMCP

SCOPES = ["tools"]
LIFE_OF_A_CODE = 60
LIFE_OF_A_TOKEN = 600


class MemoryProvider:
    """The package's `OAuthAuthorizationServerProvider`, in memory; every user consents immediately."""

    def __init__(self) -> None:
        self.clients: dict[str, OAuthClientInformationFull] = {}
        self.codes: dict[str, AuthorizationCode] = {}
        self.tokens: dict[str, AccessToken] = {}
        self.refresh_tokens: dict[str, RefreshToken] = {}

    async def get_client(self, client_id: str) -> OAuthClientInformationFull | None:
        return self.clients.get(client_id)

    async def register_client(self, client_info: OAuthClientInformationFull) -> None:
        self.clients[str(client_info.client_id)] = client_info

    async def authorize(self, client: OAuthClientInformationFull, params: AuthorizationParams) -> str:
        code = secrets.token_urlsafe(32)
        self.codes[code] = AuthorizationCode(
            code=code,
            scopes=params.scopes or SCOPES,
            expires_at=time.time() + LIFE_OF_A_CODE,
            client_id=str(client.client_id),
            code_challenge=params.code_challenge,
            redirect_uri=params.redirect_uri,
            redirect_uri_provided_explicitly=params.redirect_uri_provided_explicitly,
            resource=params.resource,
        )
        return construct_redirect_uri(str(params.redirect_uri), code=code, state=params.state)

    async def load_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: str
    ) -> AuthorizationCode | None:
        code = self.codes.get(authorization_code)
        return code if code is not None and code.client_id == client.client_id else None

    async def exchange_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: AuthorizationCode
    ) -> OAuthToken:
        del self.codes[authorization_code.code]
        return self._issue(str(client.client_id), authorization_code.scopes, authorization_code.resource)

    async def load_refresh_token(
        self, client: OAuthClientInformationFull, refresh_token: str
    ) -> RefreshToken | None:
        token = self.refresh_tokens.get(refresh_token)
        return token if token is not None and token.client_id == client.client_id else None

    async def exchange_refresh_token(
        self, client: OAuthClientInformationFull, refresh_token: RefreshToken, scopes: list[str]
    ) -> OAuthToken:
        del self.refresh_tokens[refresh_token.token]
        resource = getattr(refresh_token, "resource", None)
        return self._issue(str(client.client_id), scopes, resource)

    async def load_access_token(self, token: str) -> AccessToken | None:
        return self.tokens.get(token)

    async def revoke_token(self, token: AccessToken | RefreshToken) -> None:
        self.tokens.pop(token.token, None)
        self.refresh_tokens.pop(token.token, None)

    def _issue(self, client_id: str, scopes: list[str], resource: str | None) -> OAuthToken:
        access, refresh = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self.tokens[access] = AccessToken(
            token=access,
            client_id=client_id,
            scopes=scopes,
            expires_at=int(time.time()) + LIFE_OF_A_TOKEN,
            resource=resource,
        )
        self.refresh_tokens[refresh] = RefreshToken(
            token=refresh, client_id=client_id, scopes=scopes, resource=resource
        )
        return OAuthToken(
            access_token=access,
            token_type="Bearer",
            expires_in=LIFE_OF_A_TOKEN,
            scope=" ".join(scopes),
            refresh_token=refresh,
        )


class RequestLog:
    """ASGI middleware that writes method, path and status of each request, once it has been answered."""

    def __init__(self, app: Any, path: Path) -> None:
        self.app = app
        self.path = path

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_and_log(message: Any) -> None:
            if message["type"] == "http.response.start":
                self._append(scope["method"], scope["path"], message["status"])
            await send(message)

        await self.app(scope, receive, send_and_log)

    def _append(self, method: str, path: str, status: int) -> None:
        with self.path.open("a", encoding="utf-8") as log:
            log.write(json.dumps({"method": method, "path": path, "status": status}) + "\n")


def list_public_clients() -> None:
    """Adds `none` to the metadata's token endpoint methods, which the package accepts but does not list."""
    original = routes.build_metadata

    def build_metadata(*arguments: Any, **options: Any) -> Any:
        metadata = original(*arguments, **options)
        metadata.token_endpoint_auth_methods_supported = ["none", "client_secret_post", "client_secret_basic"]
        return metadata

    routes.build_metadata = build_metadata


def make_app(origin: str, secret_life: int | None) -> Any:
    """The package's server at `/mcp`, which requires its own tokens, with one tool."""
    server = SERVER_CLASS(
        "peer",
        auth_server_provider=MemoryProvider(),
        auth=AuthSettings.model_validate(
            {
                "issuer_url": origin,
                "resource_server_url": origin + "/mcp",
                "required_scopes": SCOPES,
                "validate_token_resource": True,
                "client_registration_options": ClientRegistrationOptions(
                    enabled=True,
                    client_secret_expiry_seconds=secret_life,
                    valid_scopes=[*SCOPES, "admin"],
                    default_scopes=SCOPES,
                ),
                "revocation_options": RevocationOptions(enabled=True),
            }
        ),
    )

    @server.tool()
    def double(number: int) -> int:
        """Twice the number."""
        return 2 * number

    return server.streamable_http_app()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--list-none", action="store_true", help="list public clients in the metadata")
    parser.add_argument("--secret-life", type=int, help="seconds until a client secret expires (never)")
    options = parser.parse_args()
    if options.list_none:
        list_public_clients()
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = RequestLog(make_app(origin, options.secret_life), options.log)
    listener.listen()  # from here on a connection waits instead of being refused
    print(f"ready {origin}", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])


if __name__ == "__main__":
    main()
