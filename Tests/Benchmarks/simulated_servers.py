#!/usr/bin/env python3
"""MCP servers with authorization servers that answer late, limit rates and refuse, for Tests/Benchmarks/scale.

    python3 Tests/Benchmarks/simulated_servers.py [--delay 50] [--width 20] [--limited 100] [--refused 200]

Prints `ready http://127.0.0.1:PORT`. `/n/000042/mcp` is an MCP server. `--width` servers share an issuer. Each answer waits
for `--delay` milliseconds. The first registration of each `--limited`-th server is answered with 429, and each
registration of each `--refused`-th server with 400. `GET /counts` is answered without delay: how many registrations of
each server were accepted, and what was answered in all; `POST /reset` forgets it.

It has no more of HTTP than mcpauth sends: requests one after another on a connection, with a Content-Length or no body.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from collections import Counter
from typing import Any


class Simulation:
    def __init__(self, options: argparse.Namespace) -> None:
        self.delay = options.delay / 1000
        self.width, self.limited, self.refused = options.width, options.limited, options.refused
        self.origin = ""
        self.registered: Counter[int] = Counter()
        self.was_limited: set[int] = set()
        self.answers: Counter[str] = Counter()

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, str], Any, float]:
        """Status, fields, JSON, and the delay."""
        if path == "/counts":
            return 200, {}, {"registered": self.registered, "answers": self.answers}, 0
        if path == "/reset":
            self.registered.clear()
            self.was_limited.clear()
            self.answers.clear()
            return 200, {}, {}, 0
        status, fields, document = self.protocol(method, path, body)
        self.answers[f"{status}"] += 1
        return status, fields, document, self.delay

    def protocol(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, str], Any]:
        if found := re.fullmatch(r"/n/(\d{6})/mcp", path):
            metadata = f"{self.origin}/.well-known/oauth-protected-resource/n/{found[1]}/mcp"
            return 401, {"WWW-Authenticate": f'Bearer resource_metadata="{metadata}"'}, {}
        if found := re.fullmatch(r"/\.well-known/oauth-protected-resource/n/(\d{6})/mcp", path):
            issuer = f"{self.origin}/i/{int(found[1]) // self.width:06d}"
            return 200, {}, {"resource": f"{self.origin}/n/{found[1]}/mcp", "authorization_servers": [issuer]}
        if found := re.fullmatch(r"/\.well-known/oauth-authorization-server(/i/\d{6})", path):
            issuer = self.origin + found[1]
            return 200, {}, {
                "issuer": issuer, "authorization_endpoint": f"{issuer}/authorize", "token_endpoint": f"{issuer}/token",
                "registration_endpoint": f"{issuer}/register", "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                "code_challenge_methods_supported": ["S256"],
            }  # fmt: skip
        if method == "POST" and re.fullmatch(r"/i/\d{6}/register", path):
            return self.register(json.loads(body))
        return 404, {}, {}

    def register(self, client: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
        server = int(client["redirect_uris"][0].rsplit("/s", 1)[1])
        if self.limited and server % self.limited == 0 and server not in self.was_limited:
            self.was_limited.add(server)
            return 429, {"Retry-After": "1"}, {}
        if self.refused and server % self.refused == self.refused // 2:
            return 400, {}, {"error": "invalid_client_metadata", "error_description": "simulated"}
        self.registered[server] += 1
        name = f"client-{server}-{self.registered[server]}"
        return 201, {}, client | {"client_id": name, "client_secret": f"secret-of-{name}", "client_secret_expires_at": 0}


class Connection(asyncio.Protocol):
    """One connection. Requests are answered in their order."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.buffer = b""
        self.is_waiting = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self.serve()

    def serve(self) -> None:
        if self.is_waiting or (end := self.buffer.find(b"\r\n\r\n")) < 0:
            return
        head = self.buffer[:end].decode("latin-1")
        length = re.search(r"^content-length: *(\d+)", head, re.I | re.M)
        size = end + 4 + (int(length[1]) if length else 0)
        if len(self.buffer) < size:
            return
        body, self.buffer = self.buffer[end + 4 : size], self.buffer[size:]
        method, path, _ = head.split(" ", 2)
        status, fields, document, delay = self.simulation.answer(method, path, body)
        self.is_waiting = True
        asyncio.get_running_loop().call_later(delay, self.send, status, fields, json.dumps(document).encode())

    def send(self, status: int, fields: dict[str, str], body: bytes) -> None:
        fields = {"Content-Type": "application/json", "Content-Length": str(len(body))} | fields
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self.transport.write(f"HTTP/1.1 {status} Simulated\r\n{lines}\r\n".encode() + body)
        self.is_waiting = False
        self.serve()


async def serve(options: argparse.Namespace) -> None:
    simulation = Simulation(options)
    server = await asyncio.get_running_loop().create_server(lambda: Connection(simulation), "127.0.0.1", 0, backlog=4096)
    simulation.origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    print(f"ready {simulation.origin}", flush=True)
    await server.serve_forever()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--delay", type=float, default=50, help="milliseconds before each answer")
    options.add_argument("--width", type=int, default=20, help="servers that share an issuer")
    options.add_argument("--limited", type=int, default=100, help="every how many servers one is answered with 429 first")
    options.add_argument("--refused", type=int, default=200, help="every how many servers one is refused")
    asyncio.run(serve(options.parse_args()))


if __name__ == "__main__":
    main()
