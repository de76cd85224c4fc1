#!/usr/bin/env python3
"""MCP servers with authorization servers that answer late, limit rates and refuse, for tests of several runners.

    python3 Tests/Benchmarks/simulated_servers.py [--delay 50] [--width 20] [--hosts 100] [--limited 0] [--refused 0]

Prints `ready PORT`. `/n/000042/mcp` is an MCP server. `--width` servers share an issuer. The issuers are on `--hosts`
addresses of loopback, 127.0.0.1 and the following ones, because runners share servers out by host. Each answer waits for
`--delay` milliseconds. The first registration of each `--limited`-th server is answered with 429, and each registration
of each `--refused`-th server with 400; 0: of none. `GET /counts` is answered without delay: how many registrations of each
server were accepted, how many were under way at one issuer at the same time, and what was answered in all.
`POST /reset` forgets it.

It has no more of HTTP than mcpauth sends: requests one after another on a connection, with a Content-Length or no body.
Other scripts use `Simulated`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import subprocess
import sys
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import end


class Simulated:
    """The running simulated servers. Server 0 is not served."""

    def __init__(self, delay: float = 50, width: int = 20, hosts: int = 100, limited: int = 0, refused: int = 0) -> None:
        self.width, self.hosts = width, hosts
        words = ["--delay", delay, "--width", width, "--hosts", hosts, "--limited", limited, "--refused", refused]
        self.process = subprocess.Popen(
            [sys.executable, __file__, *map(str, words)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("ready "), line
        self.port = int(line.split()[1])

    def __enter__(self) -> Simulated:
        return self

    def __exit__(self, *_: object) -> None:
        end(self.process)

    def urls(self, count: int) -> dict[str, str]:
        """The servers s000001 and so on, for an inventory."""
        return {f"s{number:06d}": f"{self.origin(number)}/n/{number:06d}/mcp" for number in range(1, count + 1)}

    def origin(self, number: int) -> str:
        return origin(number, self.width, self.hosts, self.port)

    def counts(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/counts") as answer:
            return dict(json.load(answer))

    def registered(self) -> dict[int, int]:
        """By server: how many registrations were accepted."""
        return {int(number): count for number, count in self.counts()["registered"].items()}

    def reset(self) -> None:
        urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{self.port}/reset", data=b"")).close()


def origin(number: int, width: int, hosts: int, port: int) -> str:
    return f"http://127.0.0.{number // width % hosts + 1}:{port}"


@dataclass
class Answer:
    status: int = 404
    fields: dict[str, str] = field(default_factory=dict)
    document: Any = field(default_factory=dict)
    # Seconds.
    delay: float = 0
    # For a registration: its issuer.
    issuer: str = ""


class Simulation:
    def __init__(self, options: argparse.Namespace) -> None:
        self.delay = options.delay / 1000
        self.width, self.hosts, self.limited, self.refused = options.width, options.hosts, options.limited, options.refused
        self.port = 0
        self.under_way: Counter[str] = Counter()
        self.forget()

    def forget(self) -> None:
        self.registered: Counter[int] = Counter()
        self.was_limited: set[int] = set()
        self.answers: Counter[str] = Counter()
        self.most_at_once = 0

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        if path == "/counts":
            counts = {"registered": self.registered, "most_at_once": self.most_at_once, "answers": self.answers}
            return Answer(200, document=counts)
        if path == "/reset":
            self.forget()
            return Answer(200)
        answer = self.protocol(method, path, body)
        self.answers[f"{answer.status}"] += 1
        answer.delay = self.delay
        return answer

    def protocol(self, method: str, path: str, body: bytes) -> Answer:
        if found := re.fullmatch(r"/n/(\d{6})/mcp", path):
            metadata = f"{self.origin(found[1])}/.well-known/oauth-protected-resource/n/{found[1]}/mcp"
            return Answer(401, {"WWW-Authenticate": f'Bearer resource_metadata="{metadata}"'})
        if found := re.fullmatch(r"/\.well-known/oauth-protected-resource/n/(\d{6})/mcp", path):
            issuer, resource = self.issuer(found[1]), f"{self.origin(found[1])}/n/{found[1]}/mcp"
            return Answer(200, {}, {"resource": resource, "authorization_servers": [issuer]})
        if found := re.fullmatch(r"/\.well-known/oauth-authorization-server/i/(\d{6})", path):
            issuer = self.issuer(int(found[1]) * self.width)
            return Answer(200, {}, {
                "issuer": issuer, "authorization_endpoint": f"{issuer}/authorize", "token_endpoint": f"{issuer}/token",
                "registration_endpoint": f"{issuer}/register", "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                "code_challenge_methods_supported": ["S256"],
            })  # fmt: skip
        if method == "POST" and (found := re.fullmatch(r"(/i/\d{6})/register", path)):
            answer = self.register(json.loads(body))
            answer.issuer = found[1]
            self.under_way[found[1]] += 1
            self.most_at_once = max(self.most_at_once, self.under_way[found[1]])
            return answer
        return Answer()

    def origin(self, number: str | int) -> str:
        return origin(int(number), self.width, self.hosts, self.port)

    def issuer(self, number: str | int) -> str:
        return f"{self.origin(number)}/i/{int(number) // self.width:06d}"

    def register(self, client: dict[str, Any]) -> Answer:
        server = int(client["redirect_uris"][0].rsplit("/s", 1)[1])
        if self.limited and server % self.limited == 0 and server not in self.was_limited:
            self.was_limited.add(server)
            return Answer(429, {"Retry-After": "1"})
        if self.refused and server % self.refused == self.refused // 2:
            return Answer(400, {}, {"error": "invalid_client_metadata", "error_description": "simulated"})
        self.registered[server] += 1
        name = f"client-{server}-{self.registered[server]}"
        return Answer(201, {}, client | {"client_id": name, "client_secret": f"secret-of-{name}", "client_secret_expires_at": 0})


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
        answer = self.simulation.answer(method, path, body)
        self.is_waiting = True
        asyncio.get_running_loop().call_later(answer.delay, self.send, answer)

    def send(self, answer: Answer) -> None:
        if answer.issuer:
            self.simulation.under_way[answer.issuer] -= 1
        body = json.dumps(answer.document).encode()
        fields = {"Content-Type": "application/json", "Content-Length": str(len(body))} | answer.fields
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self.transport.write(f"HTTP/1.1 {answer.status} Simulated\r\n{lines}\r\n".encode() + body)
        self.is_waiting = False
        self.serve()


async def serve(options: argparse.Namespace) -> None:
    simulation = Simulation(options)
    loop = asyncio.get_running_loop()
    first = await loop.create_server(lambda: Connection(simulation), "127.0.0.1", 0, backlog=4096)
    simulation.port = first.sockets[0].getsockname()[1]
    others = [f"127.0.0.{number}" for number in range(2, options.hosts + 1)]
    if others:
        await loop.create_server(lambda: Connection(simulation), others, simulation.port, backlog=1024)
    print(f"ready {simulation.port}", flush=True)
    await first.serve_forever()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--delay", type=float, default=50, help="milliseconds before each answer")
    options.add_argument("--width", type=int, default=20, help="servers that share an issuer")
    options.add_argument("--hosts", type=int, default=100, choices=range(1, 255), metavar="1…254", help="addresses of the issuers")
    options.add_argument("--limited", type=int, default=0, help="every how many servers one is answered with 429 first")
    options.add_argument("--refused", type=int, default=0, help="every how many servers one is refused")
    asyncio.run(serve(options.parse_args()))


if __name__ == "__main__":
    main()
