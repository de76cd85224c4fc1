"""A folder with an inventory in it, a peer to talk to, and `mcpauth` to run: what each scenario starts from."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
COMMAND_LIMIT = 120
REDIRECT_URI = "http://127.0.0.1:7777/callback/{server}"


@dataclass(frozen=True)
class Peer:
    """A running server: its origin, and the log that it writes."""

    origin: str
    log: Path

    @property
    def url(self) -> str:
        return self.origin + "/mcp"

    def requests(self) -> list[dict[str, Any]]:
        if not self.log.exists():
            return []
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    def registrations(self) -> int:
        return sum(1 for request in self.requests() if (request["method"], request["path"]) == ("POST", "/register"))


@contextmanager
def running_peer(python: Path, folder: Path, flags: list[str]) -> Iterator[Peer]:
    """Starts a peer in a venv's Python and ends it, by its own process, however the block is left."""
    log = folder / "requests.jsonl"
    arguments = [str(python), str(HERE / "peer_server.py"), "--log", str(log), *flags]
    with (folder / "peer.stderr").open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        try:
            yield Peer(ready_origin(process, folder), log)
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def ready_origin(process: subprocess.Popen[str], folder: Path) -> str:
    """The origin of the peer's `ready` line; its end without one is an error that shows why."""
    if process.stdout is not None:
        for line in process.stdout:
            if line.startswith("ready "):
                return line.split()[1]
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

    def write_inventory(self, servers: dict[str, dict[str, Any]]) -> None:
        """JSON is YAML, so nothing has to be quoted by hand."""
        inventory = {
            "version": 1,
            "client": {"name": "mcpauth peers", "redirect_uris": [REDIRECT_URI]},
            "secrets": {"store": "directory"},
            "servers": servers,
        }
        (self.folder / "servers.yaml").write_text(json.dumps(inventory, indent=2) + "\n", encoding="utf-8")

    def mcpauth(self, *arguments: str) -> Run:
        """Runs the binary in the folder, with no standard input and no environment but what it needs."""
        environment = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
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
