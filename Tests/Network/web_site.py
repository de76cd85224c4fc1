"""An MCP server and its authorization server on loopback, over http or https, with the parts that a registration needs."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

METADATA_PATH = "/.well-known/oauth-protected-resource/mcp"


class Site(ThreadingHTTPServer):
    """Its documents name `origin` as its own URL and `issuer` as its authorization server, for any name in the request."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, context: ssl.SSLContext | None, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__((host, port), Handler)
        self.context = context
        scheme = "http" if context is None else "https"
        self.origin = f"{scheme}://{host}:{self.port}"
        self.issuer = self.origin
        self.connections = 0
        self.requests: list[dict[str, Any]] = []
        self.noting = threading.Lock()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def paths(self) -> list[str]:
        return [f"{one['method']} {one['path']}" for one in self.requests]

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        with self.noting:
            self.connections += 1
        return connection, address

    def finish_request(self, request: Any, client_address: Any) -> None:
        # In the thread of the connection: a handshake that hangs must not delay other connections.
        request.settimeout(30)
        if self.context is not None:
            request = self.context.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def handle_error(self, *_: object) -> None:
        """Ignores errors, because in many tests the client refuses the certificate or closes the connection."""


class Handler(BaseHTTPRequestHandler):
    server: Site
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def handle_any(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        path = self.path.partition("?")[0]
        note = {"method": self.command, "path": path, "headers": {k.lower(): v for k, v in self.headers.items()}}
        with self.server.noting:
            self.server.requests.append(note)
        site = self.server
        if path == "/mcp":
            challenge = f'Bearer resource_metadata="{site.origin}{METADATA_PATH}"'
            self.answer(401, {"error": "unauthorized"}, {"WWW-Authenticate": challenge})
        elif path == METADATA_PATH:
            self.answer(200, {"resource": site.origin + "/mcp", "authorization_servers": [site.issuer]})
        elif path == "/.well-known/oauth-authorization-server":
            self.answer(200, self.metadata())
        elif path == "/register" and self.command == "POST":
            self.answer(201, {**json.loads(body), "client_id": f"client-{len(site.requests)}"})
        else:
            self.answer(404, {"error": "not found"})

    do_GET = do_POST = handle_any

    def metadata(self) -> dict[str, Any]:
        origin = self.server.origin
        return {
            "issuer": origin,
            "authorization_endpoint": origin + "/authorize",
            "token_endpoint": origin + "/token",
            "registration_endpoint": origin + "/register",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
        }

    def answer(self, status: int, document: object, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def running(site: Site) -> Iterator[Site]:
    thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield site
    finally:
        site.shutdown()
        thread.join()
        site.server_close()
