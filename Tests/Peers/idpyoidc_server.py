"""An OpenID provider from idpyoidc's own classes, behind the front door of `idpyoidc_scenarios.py`.

It listens on a free port of 127.0.0.1, and prints `ready URL` when it does. Registration, client authentication, PKCE,
authorization and tokens are idpyoidc's, with its default settings. This file gives each request to its endpoint, and
answers what idpyoidc refuses by an exception: a client with `invalid_client` (RFC 6749 5.2), or with `--vague` like its
example server.
"""

from __future__ import annotations

import argparse
import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from idpyoidc.message.oauth2 import ResponseMessage
from idpyoidc.message.oidc import AccessTokenRequest, RefreshAccessTokenRequest
from idpyoidc.server import Server
from idpyoidc.server.configure import OPConfiguration
from idpyoidc.server.exception import ClientAuthenticationError, InvalidClient, UnAuthorizedClient, UnknownClient

ENDPOINTS = {
    "/.well-known/openid-configuration": "provider_config",
    "/registration": "registration",
    "/authorization": "authorization",
    "/token": "token",
    "/userinfo": "userinfo",
}
SECRET_METHODS = ["client_secret_basic", "client_secret_post"]
REFUSALS_OF_A_CLIENT = (ClientAuthenticationError, InvalidClient, UnAuthorizedClient, UnknownClient)


def keys(*names: str) -> dict[str, Any]:
    """Symmetric keys that are made at the start and kept in memory."""
    return {"keys": {"key_defs": [{"type": "OCT", "use": ["enc"], "kid": name} for name in names]}, "iterations": 1}


def endpoint(path: str, name: str, methods: list[str] | None, **more: Any) -> dict[str, Any]:
    return {"path": path, "class": f"idpyoidc.server.oidc.{name}", "kwargs": {"client_authn_method": methods, **more}}


def make_server(options: argparse.Namespace) -> Server:
    taken = [*SECRET_METHODS, *(["none"] if options.takes_none else [])]
    listed = [*(["none"] if options.lists_none else []), *SECRET_METHODS]
    crypt = {"kwargs": keys("password", "salt")}
    conf = {
        "issuer": options.issuer,
        # It gives a refresh token only with `offline_access`.
        "preference": {
            "token_endpoint_auth_methods_supported": listed,
            "grant_types_supported": ["authorization_code"],
        },
        "endpoint": {
            "provider_info": endpoint(
                ".well-known/openid-configuration", "provider_config.ProviderConfiguration", None
            ),
            "registration": endpoint("registration", "registration.Registration", None),
            "authorization": endpoint(
                "authorization", "authorization.Authorization", None, response_types_supported=["code"]
            ),
            "token": endpoint("token", "token.Token", taken),
            "userinfo": endpoint("userinfo", "userinfo.UserInfo", ["bearer_header"]),
        },
        "add_on": {
            "pkce": {
                "function": "idpyoidc.server.oauth2.add_on.pkce.add_support",
                "kwargs": {"essential": True, "code_challenge_methods": {"S256": None}},
            }
        },
        # Every user consents immediately.
        "authentication": {
            "user": {
                "acr": "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified",
                "class": "idpyoidc.server.user_authn.user.NoAuthn",
                "kwargs": {"user": "user"},
            }
        },
        "userinfo": {"class": "idpyoidc.server.user_info.UserInfo", "kwargs": {"db": {"user": {"name": "User"}}}},
        "session_params": {"encrypter": crypt},
        "token_handler_args": {
            "code": {"lifetime": 600, "kwargs": {"crypt_conf": crypt}},
            "token": {"class": "idpyoidc.server.token.jwt_token.JWTToken", "kwargs": {"lifetime": 600}},
            "refresh": {"class": "idpyoidc.server.token.jwt_token.JWTToken", "kwargs": {"lifetime": 3600}},
            "id_token": {"class": "idpyoidc.server.token.id_token.IDToken"},
        },
        "cookie_handler": {
            "class": "idpyoidc.server.cookie_handler.CookieHandler",
            "kwargs": {**keys("enc", "sig"), "name": {"session": "op", "register": "op_rp", "session_management": "op_s"}},
        },
    }
    return Server(OPConfiguration(conf))


class Handler(BaseHTTPRequestHandler):
    server: Provider

    def log_message(self, *_: object) -> None:
        pass

    def handle_any(self) -> None:
        target = urlsplit(self.path)
        name = ENDPOINTS.get(target.path)
        if name is None:
            self.answer_json(404, {"error": "not found"})
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        request: Any = body if name == "registration" else dict(parse_qsl(body or target.query))
        fields = {field.lower(): value for field, value in self.headers.items() if field.lower() != "cookie"}
        info = {"headers": fields, "method": self.command, "url": self.server.issuer + self.path, "cookie": []}
        try:
            self.answer_from(self.server.provider.get_endpoint(name), request, info)
        except REFUSALS_OF_A_CLIENT as error:
            status, word = (400, "invalid_request") if self.server.is_vague else (401, "invalid_client")
            self.answer_json(status, {"error": word, "error_description": str(error)})
        except Exception as error:
            self.answer_json(400, {"error": "invalid_request", "error_description": str(error)})

    do_GET = do_POST = handle_any

    def answer_from(self, endpoint: Any, request: Any, info: dict[str, Any]) -> None:
        parsed = endpoint.parse_request(request, http_info=info)
        if isinstance(parsed, ResponseMessage) and "error" in parsed:
            self.answer_json(400, parsed.to_dict())
            return
        if endpoint.name == "token":
            kind = RefreshAccessTokenRequest if parsed["grant_type"] == "refresh_token" else AccessTokenRequest
            parsed = kind(**parsed)
        made = endpoint.process_request(parsed, http_info=info)
        if isinstance(made, ResponseMessage) and "error" in made:
            self.answer_json(400, made.to_dict())
            return
        answer = endpoint.do_response(request=parsed, **made)
        if answer.get("response_placement", endpoint.response_placement) == "body":
            self.answer(answer.get("response_code", 200), str(answer["response"]), answer["http_headers"])
        else:
            self.answer(302, "", [("Location", str(answer["response"]))])

    def answer_json(self, status: int, document: object) -> None:
        self.answer(status, json.dumps(document), [("Content-Type", "application/json")])

    def answer(self, status: int, text: str, headers: list[tuple[str, str]]) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())


class Provider(HTTPServer):
    """One request at a time: idpyoidc keeps its clients and sessions in plain dictionaries."""

    request_queue_size = 128

    def __init__(self, options: argparse.Namespace) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.issuer = options.issuer
        self.is_vague = options.vague
        self.provider = make_server(options)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issuer", required=True)
    parser.add_argument("--lists-none", action="store_true", help="list public clients in the metadata")
    parser.add_argument("--takes-none", action="store_true", help="accept public clients at the token endpoint")
    parser.add_argument("--vague", action="store_true", help="refuse clients like idpyoidc's example: invalid_request")
    provider = Provider(parser.parse_args())
    print(f"ready http://127.0.0.1:{provider.server_address[1]}", flush=True)
    provider.serve_forever()


if __name__ == "__main__":
    main()
