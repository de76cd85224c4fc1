"""A peer (a real server for the scenarios), how it is started, and the type of a scenario."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from support import Checks, Place, end

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Peer:
    """A running server: its origin, the URL of its MCP server, and the log that it writes."""

    origin: str
    url: str
    log: Path
    has_tools: bool = True
    """Whether it offers the tool `double`, and not only `initialize`."""
    headers: dict[str, str] = field(default_factory=dict)
    """The browser's header fields: a session, where a user has to be logged in."""

    parameters: dict[str, str] = field(default_factory=dict)
    """What its login page adds to the authorization request after the login."""

    def prepare(self, client_id: str) -> None:
        """Called before a client requests the user's consent."""

    def requests(self) -> list[dict[str, Any]]:
        if not self.log.exists():
            return []
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    def count(self, method: str, path: str) -> int:
        """The number of requests for a path and the paths below it."""
        return sum(1 for one in self.requests() if one["method"] == method and is_under(one["path"], path))

    def registrations(self) -> int:
        return self.count("POST", urlsplit(self.url).path.removesuffix("/mcp") + "/register")


def is_under(path: str, parent: str) -> bool:
    return path == parent or path.startswith(parent + "/")


@contextmanager
def running_peer(
    python: Path, folder: Path, flags: list[str], script: str = "peer_server.py", has_tools: bool = True
) -> Iterator[Peer]:
    """Starts a peer with the Python of a venv, and ends it after the block."""
    log = folder / "requests.jsonl"
    with running_program([python, HERE / script, "--log", log, *flags], folder) as (origin, url):
        yield Peer(origin, url, log, has_tools)


@contextmanager
def running_program(arguments: list[object], folder: Path) -> Iterator[tuple[str, str]]:
    """Starts a program that prints a `ready` line, and ends it after the block."""
    with (folder / "peer.stderr").open("a", encoding="utf-8") as errors:
        process = subprocess.Popen(
            [str(part) for part in arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            yield ready(process, folder)
        finally:
            end(process)


def ready(process: subprocess.Popen[str], folder: Path) -> tuple[str, str]:
    """Origin and MCP URL of the peer's `ready` line. Without one, an error with the peer's log."""
    if process.stdout is not None:
        for line in process.stdout:
            if line.startswith("ready "):
                words = line.split()
                return words[1], words[2] if len(words) > 2 else words[1] + "/mcp"
    raise AssertionError("the peer did not start:\n" + (folder / "peer.stderr").read_text(encoding="utf-8"))


Scenario = Callable[[Checks, Place, Peer], None]

Opening = Callable[[Path, Path], AbstractContextManager[Peer]]
"""Starts a peer, given the Python of its venv (or the root of its files) and a folder of its own."""
