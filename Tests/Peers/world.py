"""A folder with an inventory in it, a peer to talk to, and `mcpauth` to run: what each scenario starts from."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
COMMAND_LIMIT = 120
REDIRECT_URI = "http://127.0.0.1:7777/callback/{server}"


@dataclass(frozen=True)
class Peer:
    """A running server: its origin, the URL of its MCP server, and the log that it writes."""

    origin: str
    url: str
    log: Path
    has_tools: bool = True
    """Whether there is more of MCP than `initialize`: the tool `double`."""
    headers: dict[str, str] = field(default_factory=dict)
    """What a user's browser sends along to it: a session, where a user has to be logged in."""

    parameters: dict[str, str] = field(default_factory=dict)
    """What its login page adds to the authorization request once the user is logged in."""

    def prepare(self, client_id: str) -> None:
        """Called before a client asks for a user's consent."""

    def requests(self) -> list[dict[str, Any]]:
        if not self.log.exists():
            return []
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    def count(self, method: str, path: str) -> int:
        """How many requests came for the path or what is below it."""
        return sum(1 for one in self.requests() if one["method"] == method and is_under(one["path"], path))

    def registrations(self) -> int:
        return self.count("POST", urlsplit(self.url).path.removesuffix("/mcp") + "/register")


def is_under(path: str, parent: str) -> bool:
    return path == parent or path.startswith(parent + "/")


@contextmanager
def running_peer(
    python: Path, folder: Path, flags: list[str], script: str = "peer_server.py", has_tools: bool = True
) -> Iterator[Peer]:
    """Starts a peer in a venv's Python and ends it, by its own process, however the block is left."""
    log = folder / "requests.jsonl"
    arguments = [str(python), str(HERE / script), "--log", str(log), *flags]
    with (folder / "peer.stderr").open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        try:
            origin, url = ready(process, folder)
            yield Peer(origin, url, log, has_tools)
        finally:
            end(process)


def end(process: subprocess.Popen[Any]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def ready(process: subprocess.Popen[str], folder: Path) -> tuple[str, str]:
    """Origin and MCP URL of the peer's `ready` line; its end without one is an error that shows why."""
    if process.stdout is not None:
        for line in process.stdout:
            if line.startswith("ready "):
                words = line.split()
                return words[1], words[2] if len(words) > 2 else words[1] + "/mcp"
    raise AssertionError("the peer did not start:\n" + (folder / "peer.stderr").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Run:
    """One finished run of `mcpauth`."""

    code: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        return self.stdout + self.stderr


class World:
    """An inventory `servers.yaml` in a folder of its own, and what `mcpauth` leaves beside it."""

    def __init__(self, binary: Path, folder: Path) -> None:
        self.binary = binary
        self.folder = folder
        folder.mkdir(parents=True)

    def write_inventory(self, servers: dict[str, dict[str, Any]], **blocks: Any) -> None:
        """JSON is YAML, so nothing has to be quoted by hand. `blocks` are more of its top-level keys."""
        inventory = {
            "version": 1,
            "client": {"name": "mcpauth peers", "redirect_uris": [REDIRECT_URI]},
            "secrets": {"store": "directory"},
            "servers": servers,
            **blocks,
        }
        (self.folder / "servers.yaml").write_text(json.dumps(inventory, indent=2) + "\n", encoding="utf-8")

    def mcpauth(self, *arguments: str, **variables: str) -> Run:
        """Runs the binary in the folder, with no standard input and no environment but what it needs, and `variables`."""
        environment = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ} | variables
        finished = subprocess.run(
            [str(self.binary), *arguments],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_LIMIT,
            check=False,
        )
        return Run(finished.returncode, finished.stdout, finished.stderr)

    @property
    def lock_path(self) -> Path:
        return self.folder / "servers.lock.json"

    @property
    def secrets_path(self) -> Path:
        return self.folder / ".mcpauth" / "servers" / "secrets"

    def lock(self) -> dict[str, Any]:
        return dict(json.loads(self.lock_path.read_text(encoding="utf-8")))

    def entry(self, name: str) -> dict[str, Any]:
        return dict(self.lock()["servers"][name])

    def record(self, name: str) -> dict[str, Any] | None:
        """The secret record that the lock names; none for a client without a secret."""
        version = self.entry(name)["secret_version"]
        if version is None:
            return None
        return dict(json.loads((self.secrets_path / f"{name}.{version}.json").read_text(encoding="utf-8")))

    def offers(self, command: str) -> bool:
        return self.mcpauth(command, "--help").stdout.find(f"mcpauth {command}") >= 0

    def record_path(self, name: str) -> Path:
        return self.secrets_path / f"{name}.{self.entry(name)['secret_version']}.json"

    def snapshot(self) -> dict[str, bytes]:
        """Every file of the folder with its bytes, save the run lock, which says who held it last."""
        files = (path for path in self.folder.rglob("*") if path.is_file() and path.name != "run.lock")
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in sorted(files)}


def mode_of(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


class Report:
    """Counts what held and what did not; what did not is shown with its reason at once."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0

    def check(self, name: str, holds: bool, reason: object = "") -> bool:
        if holds:
            self.passed += 1
            print(f"  ok    {name}")
        else:
            self.failed += 1
            print(f"  FAIL  {name}\n        {reason}")
        return holds

    def equal(self, name: str, found: object, wanted: object) -> bool:
        return self.check(name, found == wanted, f"wanted {wanted!r}, found {found!r}")
