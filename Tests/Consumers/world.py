"""An applied inventory of sandbox servers, for the programs that sign in with its clients."""

from __future__ import annotations

import json
import re
import socket
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support import Outcome, Sandbox, environment, inventory, run

CALLBACK_PATH = "/callback"


@dataclass(frozen=True)
class Case:
    """A server of the sandbox, and the expected properties of its client."""

    kind: str
    method: str
    """The token endpoint auth method that the lock must have; otherwise the case would test nothing."""
    settings: dict[str, Any]


# The client of `post-beside-basic` is registered with one of two methods that its server lists.
CASES = {
    "public": Case("public-only", "none", {}),
    "basic": Case("confidential-basic", "client_secret_basic", {}),
    "post": Case("method-post-only", "client_secret_post", {}),
    "post-beside-basic": Case("challenge", "client_secret_post", {"token_endpoint_auth_method": "client_secret_post"}),
    "path-issuer": Case("path-issuer", "none", {}),
    "expiring": Case("expiring", "client_secret_basic", {}),
    "scoped": Case("scoped", "none", {"scopes": ["read"]}),
}


class Outside:
    """A proxy that refuses every request, and records it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                line = connection.recv(4096).split(b"\r\n")[0].decode(errors="replace")
                self.asked.append(line)
                connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    def environment(self, home: Path) -> dict[str, str]:
        """No variables of the machine, a home in the test's folder, and no network except loopback."""
        proxies = {name: self.address for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy")}
        none = {name: "127.0.0.1,localhost" for name in ("NO_PROXY", "no_proxy")}
        return {"HOME": str(home), "PATH": "/usr/bin:/bin", "TERM": "xterm", "LC_ALL": "C.UTF-8"} | proxies | none


class World:
    """A folder with an applied inventory."""

    def __init__(self, mcpauth: Path, sandbox: Sandbox, folder: Path, cases: dict[str, Case], client: dict[str, Any]) -> None:
        self.mcpauth, self.sandbox, self.folder, self.cases = mcpauth, sandbox, folder, cases
        folder.mkdir()
        self.environment = environment(HOME=str(folder))
        servers = {
            name: {"url": f"{sandbox.origin}/{case.kind}/mcp"} | ({"oauth2": case.settings} if case.settings else {})
            for name, case in cases.items()
        }
        (folder / "servers.yaml").write_text(inventory(servers, client={"name": "Consumers"} | client))
        applied = self.run("apply", "--yes")
        if applied.code != 0:
            raise RuntimeError(f"apply: {applied}")
        for name, case in cases.items():
            if self.lock[name]["token_endpoint_auth_method"] != case.method:
                raise RuntimeError(f"'{name}' was not registered with {case.method}")

    def run(self, *words: object) -> Outcome:
        return run([self.mcpauth, *words], self.folder, self.environment)

    @property
    def lock(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "servers.lock.json").read_text())["servers"])

    def export(self, target: str, secrets: str | None = None) -> tuple[str, str]:
        """The text of the export, and its messages on standard error."""
        exported = self.run("export", "--to", target, *(["--secrets", secrets] if secrets else []))
        if exported.code != 0:
            raise RuntimeError(f"export --to {target}: {exported}")
        return exported.out, exported.err

    def secrets(self) -> dict[str, str]:
        """The client secrets, by their names in exports."""
        lines = self.export("dotenv", "inline")[0].splitlines()
        return {name: value.strip("'\"") for name, _, value in (line.partition("=") for line in lines) if value}

    def tokens_issued(self, name: str) -> int:
        """How often the token endpoint of this server issued a token to the server's client."""
        count = 0
        for request in self.sandbox.get("requests"):
            if request.get("endpoint") == "token" and request.get("note") == "tokens issued" and request["kind"] == self.cases[name].kind:
                count += 1
        return count


def secret_name(server: str) -> str:
    return "MCPAUTH_" + re.sub("[^A-Z0-9]", "_", server.upper()) + "_CLIENT_SECRET"


def reasons(said: str, server: str) -> list[str]:
    """The lines in which an export says why a consumer cannot sign in to the server. One line can be about several servers."""
    found, head = [], ""
    for line in said.splitlines():
        if not line.startswith(" "):
            head = line if "[consumer-cannot-sign-in]" in line else ""
            is_named = f"'{server}'" in head
        else:
            shares = head and line.startswith("  note: the same for ")
            is_named = shares and server in line.rpartition(": ")[2].split(", ")
        if is_named:
            found.append(head)
    return found
