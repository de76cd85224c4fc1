"""An MCP server with its authorization server, built from Authlib's own classes on Flask.

It listens on a free port of 127.0.0.1, prints `ready ORIGIN` when it does, and appends a JSON line for each request to
the file given by `--log`. Registration (RFC 7591), its management (RFC 7592), authorization, PKCE and tokens are
Authlib's. This file keeps clients, codes and tokens in memory, which Authlib does not do, and implements the challenge,
the metadata, and the part of MCP that is needed to test a token.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # Authlib's own option to allow http on loopback

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin, TokenMixin, grants
from authlib.oauth2.rfc7591 import ClientMetadataClaims, ClientRegistrationEndpoint
from authlib.oauth2.rfc7592 import ClientConfigurationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc9207.parameter import IssuerParameter
from flask import Flask, Response, jsonify, request
from werkzeug.serving import WSGIRequestHandler, make_server

SCOPES = ["tools"]
LIFE_OF_A_TOKEN = 600
PRM_PATH = "/.well-known/oauth-protected-resource/mcp"


@dataclass
class StoredClient(ClientMixin):
    client_info: dict[str, Any]
    client_metadata: dict[str, Any]
    management_token: str = ""

    def get_client_id(self) -> str:
        return str(self.client_info["client_id"])

    def get_default_redirect_uri(self) -> str:
        return str(self.client_metadata["redirect_uris"][0])

    def get_allowed_scope(self, scope: str | None) -> str:
        allowed = set((self.client_metadata.get("scope") or "").split())
        return " ".join(one for one in (scope or "").split() if one in allowed)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.client_metadata["redirect_uris"]

    def check_client_secret(self, client_secret: str) -> bool:
        return secrets.compare_digest(str(self.client_info.get("client_secret")), client_secret)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return bool(self.client_metadata.get("token_endpoint_auth_method") == method)

    def check_response_type(self, response_type: str) -> bool:
        return response_type in self.client_metadata.get("response_types", ["code"])

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.client_metadata.get("grant_types", ["authorization_code"])


@dataclass
class StoredCode(AuthorizationCodeMixin):
    code: str
    client_id: str
    redirect_uri: str
    scope: str
    resource: str | None
    code_challenge: str | None
    code_challenge_method: str | None

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope


@dataclass
class StoredToken(TokenMixin):
    access_token: str
    refresh_token: str | None
    client_id: str
    scope: str
    resource: str | None
    expires_at: float = field(default_factory=lambda: time.time() + LIFE_OF_A_TOKEN)

    def check_client(self, client: StoredClient) -> bool:
        return self.client_id == client.get_client_id()

    def get_scope(self) -> str:
        return self.scope

    def get_expires_in(self) -> int:
        return LIFE_OF_A_TOKEN

    def is_expired(self) -> bool:
        return time.time() > self.expires_at

    def is_revoked(self) -> bool:
        return False


@dataclass
class ManagementToken(TokenMixin):
    client_id: str

    def check_client(self, client: StoredClient) -> bool:
        return self.client_id == client.get_client_id()


class Anyone(TokenMixin):
    """Registration is open."""


class Store:
    def __init__(self) -> None:
        self.clients: dict[str, StoredClient] = {}
        self.codes: dict[str, StoredCode] = {}
        self.tokens: list[StoredToken] = []


class CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post", "none"]
    store: Store

    def save_authorization_code(self, code: str, request: Any) -> None:
        asked = request.payload.data
        self.store.codes[code] = StoredCode(
            code=code,
            client_id=request.client.get_client_id(),
            redirect_uri=request.payload.redirect_uri,
            scope=request.scope,
            resource=asked.get("resource"),
            code_challenge=asked.get("code_challenge"),
            code_challenge_method=asked.get("code_challenge_method"),
        )

    def query_authorization_code(self, code: str, client: StoredClient) -> StoredCode | None:
        stored = self.store.codes.get(code)
        return stored if stored is not None and stored.client_id == client.get_client_id() else None

    def delete_authorization_code(self, authorization_code: StoredCode) -> None:
        del self.store.codes[authorization_code.code]

    def authenticate_user(self, authorization_code: StoredCode) -> object:
        return "user"


class RefreshGrant(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post", "none"]
    INCLUDE_NEW_REFRESH_TOKEN = True
    store: Store

    def authenticate_refresh_token(self, refresh_token: str) -> StoredToken | None:
        return next((one for one in self.store.tokens if one.refresh_token == refresh_token), None)

    def authenticate_user(self, refresh_token: StoredToken) -> object:
        return "user"

    def revoke_old_credential(self, refresh_token: StoredToken) -> None:
        refresh_token.refresh_token = None


class Management:
    """Shared by both endpoints: the URI, and the token, which changes with each answer if the option is set."""

    store: Store
    origin: str
    rotates_tokens: bool

    def generate_client_registration_info(self, client: StoredClient, request: Any) -> dict[str, str]:
        if self.rotates_tokens or not client.management_token:
            client.management_token = secrets.token_urlsafe(32)
        return {
            "registration_client_uri": f"{self.origin}/register/{client.get_client_id()}",
            "registration_access_token": client.management_token,
        }

    def get_server_metadata(self) -> dict[str, Any]:
        return {}


class Registration(Management, ClientRegistrationEndpoint):
    def authenticate_token(self, request: Any) -> Anyone:
        return Anyone()

    def save_client(self, client_info: dict[str, Any], client_metadata: dict[str, Any], request: Any) -> StoredClient:
        client = StoredClient(client_info, client_metadata)
        self.store.clients[client.get_client_id()] = client
        return client


class Configuration(Management, ClientConfigurationEndpoint):
    renews_secrets: bool

    def authenticate_token(self, request: Any) -> ManagementToken | None:
        token = (request.headers.get("Authorization") or "").removeprefix("Bearer ")
        for client in self.store.clients.values():
            if client.management_token and secrets.compare_digest(client.management_token, token):
                return ManagementToken(client.get_client_id())
        return None

    def authenticate_client(self, request: Any) -> StoredClient | None:
        return self.store.clients.get(request.uri.partition("?")[0].rsplit("/", 1)[-1])

    def revoke_access_token(self, request: Any, token: ManagementToken) -> None:
        pass

    def check_permission(self, client: StoredClient, request: Any) -> bool:
        return True

    def delete_client(self, client: StoredClient, request: Any) -> None:
        del self.store.clients[client.get_client_id()]

    def update_client(self, client: StoredClient, client_metadata: dict[str, Any], request: Any) -> StoredClient:
        client.client_metadata = client_metadata  # RFC 7592 2.2: members that the request leaves out are removed
        if self.renews_secrets:
            client.client_info["client_secret"] = secrets.token_hex(24)
        return client


class RequestLog:
    """WSGI middleware that writes method, path and status of each request before its answer goes out."""

    def __init__(self, app: Any, path: Path) -> None:
        self.app = app
        self.path = path
        self.writing = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        def start_and_log(status: str, *rest: Any) -> Any:
            line = {"method": environ["REQUEST_METHOD"], "path": environ["PATH_INFO"], "status": int(status[:3])}
            with self.writing, self.path.open("a", encoding="utf-8") as log:
                log.write(json.dumps(line) + "\n")
            return start_response(status, *rest)

        return self.app(environ, start_and_log)


def make_app(origin: str, options: argparse.Namespace) -> Flask:
    app = Flask("peer")
    store = Store()
    methods = ["client_secret_basic", "client_secret_post", *(["none"] if options.list_none else [])]

    def save_token(token: dict[str, Any], request: Any) -> None:
        previous = request.authorization_code or request.refresh_token
        store.tokens.append(
            StoredToken(
                access_token=token["access_token"],
                refresh_token=token.get("refresh_token"),
                client_id=request.client.get_client_id(),
                scope=token.get("scope") or "",
                resource=previous.resource,
            )
        )

    server = AuthorizationServer(app, query_client=store.clients.get, save_token=save_token)
    app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = True
    server.load_config(app.config)
    shared = {
        "store": store,
        "origin": origin,
        "rotates_tokens": options.rotate_tokens,
        "renews_secrets": options.renew_secrets,
    }

    def with_store(kind: type) -> type:
        return type(kind.__name__, (kind,), shared)

    server.register_grant(with_store(CodeGrant), [CodeChallenge(required=True)])
    server.register_grant(with_store(RefreshGrant))
    for endpoint in (Registration, Configuration):
        server.register_endpoint(with_store(endpoint)(server=server, claims_classes=[ClientMetadataClaims]))

    class Issuer(IssuerParameter):
        def get_issuer(self) -> str:
            return origin

    server.register_extension(Issuer())

    @app.get("/.well-known/oauth-authorization-server")
    def metadata() -> Response:
        return jsonify(
            issuer=origin,
            authorization_endpoint=origin + "/authorize",
            token_endpoint=origin + "/token",
            registration_endpoint=origin + "/register",
            response_types_supported=["code"],
            grant_types_supported=["authorization_code", "refresh_token"],
            token_endpoint_auth_methods_supported=methods,
            code_challenge_methods_supported=["S256"],
            authorization_response_iss_parameter_supported=True,
            scopes_supported=[*SCOPES, "admin"],
        )

    @app.get(PRM_PATH)
    def resource_metadata() -> Response:
        return jsonify(resource=origin + "/mcp", authorization_servers=[origin], scopes_supported=SCOPES)

    @app.post("/register")
    def register() -> Any:
        return server.create_endpoint_response("client_registration")

    @app.route("/register/<client_id>", methods=["GET", "PUT", "DELETE"])
    def manage(client_id: str) -> Any:
        return server.create_endpoint_response("client_configuration")

    @app.get("/authorize")
    def authorize() -> Any:
        # Every user consents immediately.
        grant = server.get_consent_grant(end_user="user")
        return server.create_authorization_response(grant_user="user", grant=grant)

    @app.post("/token")
    def token() -> Any:
        return server.create_token_response()

    @app.route("/mcp", methods=["GET", "POST"])
    def mcp() -> Any:
        presented = (request.headers.get("Authorization") or "").removeprefix("Bearer ")
        known = next((one for one in store.tokens if one.access_token == presented), None)
        if known is None or known.is_expired() or known.resource != origin + "/mcp":
            answer = jsonify(error="unauthorized")
            answer.status_code = 401
            answer.headers["WWW-Authenticate"] = f'Bearer resource_metadata="{origin}{PRM_PATH}", scope="tools"'
            return answer
        message = request.get_json()
        if "id" not in message:
            return Response(status=202)
        greeting = {
            "protocolVersion": message["params"].get("protocolVersion", "2025-06-18"),
            "capabilities": {},
            "serverInfo": {"name": "peer", "version": "1"},
        }
        return jsonify(jsonrpc="2.0", id=message["id"], result=greeting)

    return app


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *_: object) -> None:
        pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--list-none", action="store_true", help="list public clients in the metadata")
    parser.add_argument("--rotate-tokens", action="store_true", help="a new management token in every answer")
    parser.add_argument("--renew-secrets", action="store_true", help="a new client secret at every update")
    options = parser.parse_args()
    server = make_server("127.0.0.1", 0, Flask("empty"), threaded=True, request_handler=Quiet)
    origin = f"http://127.0.0.1:{server.server_port}"
    server.app = RequestLog(make_app(origin, options), options.log)
    print(f"ready {origin}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
