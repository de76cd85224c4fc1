"""An MCP server in front of another program's authorization server: one origin, with a record of every request.

`/mcp` and its protected resource metadata are answered here (RFC 9728 3.1, 5.1), with the part of MCP that is needed to
test a token. All other requests are forwarded unchanged to the authorization server, and its answers are returned unchanged.
"""

from __future__ import annotations

import http.client
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from peer import Peer

METADATA_PATH = "/.well-known/oauth-protected-resource/mcp"
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "server", "date"}
TIMEOUT = 60


class FrontDoor(ThreadingHTTPServer):
    """Listens on a free port of 127.0.0.1; `requests` has a line for each answer, in the order in which they ended."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[dict[str, Any]] = []
        self.noting = threading.Lock()
        self.upstream_port: int | None = None
        self.issuer = self.origin
        self.scopes: list[str] = []
        self.opens: Callable[[str], bool] = lambda _: False
        """Whether an access token opens the MCP server: its authorization server says so."""

    @property
    def origin(self) -> str:
        # The name, not the address: some servers accept an http redirect or issuer only with `localhost`.
        return f"http://localhost:{self.server_address[1]}"

    def handle_error(self, *_: object) -> None:
        """Ignores errors of closed connections."""

    def note(self, method: str, path: str, status: int) -> None:
        with self.noting:
            self.requests.append({"method": method, "path": path, "status": status})


class Handler(BaseHTTPRequestHandler):
    server: FrontDoor
    protocol_version = "HTTP/1.1"
    timeout = TIMEOUT

    def log_message(self, *_: object) -> None:
        pass

    def handle_any(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else None
        path = self.path.partition("?")[0]
        if path == "/mcp":
            self.mcp(body)
        elif path == METADATA_PATH and self.command == "GET":
            metadata = {"resource": self.server.origin + "/mcp", "authorization_servers": [self.server.issuer]}
            if self.server.scopes:
                metadata["scopes_supported"] = self.server.scopes
            self.answer_json(200, metadata)
        else:
            self.hand_on(body)

    do_GET = do_POST = do_PUT = do_DELETE = handle_any

    def mcp(self, body: bytes | None) -> None:
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if not token or not self.server.opens(token):
            challenge = f'Bearer resource_metadata="{self.server.origin}{METADATA_PATH}"'
            self.answer_json(401, {"error": "unauthorized"}, {"WWW-Authenticate": challenge})
            return
        message = json.loads(body or b"{}")
        if "id" not in message:
            self.answer_json(202, {})
            return
        greeting = {
            "protocolVersion": message["params"].get("protocolVersion", "2025-06-18"),
            "capabilities": {},
            "serverInfo": {"name": "front door", "version": "1"},
        }
        self.answer_json(200, {"jsonrpc": "2.0", "id": message["id"], "result": greeting})

    def hand_on(self, body: bytes | None) -> None:
        if self.server.upstream_port is None:
            self.answer_json(404, {"error": "not found"})
            return
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        connection = http.client.HTTPConnection("127.0.0.1", self.server.upstream_port, timeout=TIMEOUT)
        try:
            connection.request(self.command, self.path, body, headers)
            response = connection.getresponse()
            self.answer(response.status, response.read(), response.getheaders())
        except OSError as error:
            self.answer_json(502, {"error": str(error)})
        finally:
            connection.close()

    def answer_json(self, status: int, document: object, headers: dict[str, str] | None = None) -> None:
        fields = [("Content-Type", "application/json"), *(headers or {}).items()]
        self.answer(status, json.dumps(document).encode(), fields)

    def answer(self, status: int, body: bytes, headers: list[tuple[str, str]]) -> None:
        # Recorded before it is sent, because the client may read the record immediately after the answer.
        self.server.note(self.command, self.path.partition("?")[0], status)
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@dataclass(frozen=True, kw_only=True)
class PeerBehindDoor(Peer):
    """A server behind a front door: the record of the door is its log."""

    door: FrontDoor
    registration_path: str

    def requests(self) -> list[dict[str, Any]]:
        return list(self.door.requests)

    def registrations(self) -> int:
        return self.count("POST", self.registration_path)


def opens_at(url: str) -> Callable[[str], bool]:
    """Whether the userinfo endpoint at this URL accepts an access token."""

    def opens(token: str) -> bool:
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=TIMEOUT):
                return True
        except urllib.error.HTTPError as error:
            error.close()
            return False

    return opens


@contextmanager
def running_front_door() -> Iterator[FrontDoor]:
    door = FrontDoor()
    thread = threading.Thread(target=door.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield door
    finally:
        door.shutdown()
        thread.join()
        door.server_close()
