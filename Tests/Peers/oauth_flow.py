"""The steps of a consumer of the lock: an authorization-code flow with PKCE and `resource`, then MCP requests.

Only the standard library is used, because the credentials must work for a program without code of `mcpauth`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from typing import Any

PROTOCOL_VERSION = "2025-06-18"
TIMEOUT = 20
HOPS = 4


@dataclass(frozen=True)
class Answer:
    """Status, header fields in lower case, and body of an HTTP answer, whatever its status."""

    status: int
    headers: dict[str, str]
    body: str

    def json(self) -> Any:
        return json.loads(self.body)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Does not follow redirects: the test reads the code from the redirect."""

    def redirect_request(self, *_: Any) -> None:
        return None


# No proxy, because these servers are on loopback.
OPENER = urllib.request.build_opener(NoRedirect, urllib.request.ProxyHandler({}))


def exchange(method: str, url: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> Answer:
    """Sends one request, follows no redirect, and raises no error for any status."""
    request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
    try:
        with OPENER.open(request, timeout=TIMEOUT) as response:
            return Answer(response.status, lowered(response.headers), response.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, lowered(error.headers), error.read().decode())


def lowered(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def with_query(url: str, parameters: dict[str, str]) -> str:
    """The URL with these parameters after its own (RFC 6749 3.1: endpoints keep their query)."""
    joint = "&" if urllib.parse.urlsplit(url).query else "?"
    return url + joint + urllib.parse.urlencode(parameters)


@dataclass
class Client:
    """A client from a lock entry and its secret record."""

    entry: dict[str, Any]
    secret: str | None
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    state: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    @property
    def redirect_uri(self) -> str:
        return str(self.entry["redirect_uris"][0])

    def authorize(self, headers: dict[str, str] | None = None, added: dict[str, str] | None = None) -> dict[str, str]:
        """RFC 6749 4.1.1 with PKCE S256 (RFC 7636 4.3) and `resource` (RFC 8707 2.1): the redirect's parameters.

        `headers` and the parameters in `added` are those of the browser, which also follows the redirects of a provider
        behind the server.
        """
        digest = hashlib.sha256(self.verifier.encode()).digest()
        parameters = {
            "response_type": "code",
            "client_id": self.entry["client_id"],
            "redirect_uri": self.redirect_uri,
            "state": self.state,
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
            "resource": self.entry["resource"],
        }
        if self.entry["scopes"]:
            parameters["scope"] = " ".join(self.entry["scopes"])
        parameters |= added or {}
        answer = exchange("GET", with_query(self.entry["authorization_endpoint"], parameters), headers)
        location = answer.headers.get("location", "")
        for _ in range(HOPS):
            if answer.status not in (302, 303, 307) or location.startswith(self.redirect_uri):
                break
            answer = exchange("GET", location, headers)
            location = answer.headers.get("location", "")
        if answer.status not in (302, 303, 307) or not location.startswith(self.redirect_uri):
            raise AssertionError(f"authorize answered {answer.status}, location {location!r}: {answer.body[:300]}")
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))

    def redeem(self, code: str, verifier: str | None = None, secret: str | None = None) -> Answer:
        """RFC 6749 4.1.3, with the authentication method of the lock; `verifier` and `secret` replace the right values."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": verifier or self.verifier,
            "client_id": self.entry["client_id"],
            "resource": self.entry["resource"],
        }
        return self._ask_token_endpoint(form, secret or self.secret)

    def refresh(self, refresh_token: str) -> Answer:
        """RFC 6749 6."""
        form = {
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
            "client_id": self.entry["client_id"],
            "resource": self.entry["resource"],
        }
        return self._ask_token_endpoint(form, self.secret)

    def _ask_token_endpoint(self, form: dict[str, str], secret: str | None) -> Answer:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        method = self.entry["token_endpoint_auth_method"]
        if method == "client_secret_basic":
            pair = ":".join(urllib.parse.quote_plus(part) for part in (self.entry["client_id"], secret or ""))
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        elif method == "client_secret_post":
            form = {**form, "client_secret": secret or ""}
        return exchange("POST", self.entry["token_endpoint"], headers, urllib.parse.urlencode(form).encode())


class MCPSession:
    """The part of Streamable HTTP that `initialize` and a tool call need."""

    def __init__(self, url: str, token: str | None) -> None:
        self.url = url
        self.headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        if token is not None:
            self.headers["Authorization"] = f"Bearer {token}"

    def initialize(self) -> Answer:
        parameters = {
            "protocolVersion": PROTOCOL_VERSION,
            "capabilities": {},
            "clientInfo": {"name": "peers", "version": "1"},
        }
        answer = self.send("initialize", parameters, number=1)
        if answer.status == 200:
            if "mcp-session-id" in answer.headers:
                self.headers["Mcp-Session-Id"] = answer.headers["mcp-session-id"]
            self.headers["MCP-Protocol-Version"] = result_of(answer)["protocolVersion"]
            self.send("notifications/initialized", {}, number=None)
        return answer

    def send(self, method: str, parameters: dict[str, Any], number: int | None) -> Answer:
        message: dict[str, Any] = {"jsonrpc": "2.0", "method": method, "params": parameters}
        if number is not None:
            message["id"] = number
        return exchange("POST", self.url, self.headers, json.dumps(message).encode())


def result_of(answer: Answer) -> dict[str, Any]:
    """The JSON-RPC result from a JSON body or an event stream; a server may answer with either."""
    if "text/event-stream" in answer.headers.get("content-type", ""):
        events = [line[5:].strip() for line in answer.body.splitlines() if line.startswith("data:")]
        messages = [json.loads(event) for event in events if event]
        return next(message["result"] for message in messages if "result" in message)
    return dict(answer.json()["result"])
