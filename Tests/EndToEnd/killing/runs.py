"""What the scenarios of Tests/EndToEnd/kill share: a folder with an inventory, runs that are killed, and the recovery."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from pathlib import Path

import support
from support import Outcome, Sandbox, environment, run

REPAIRS = 6


class Place(support.Place):
    def __init__(self, binary: Path, folder: Path, sandbox: Sandbox) -> None:
        super().__init__(binary, folder)
        self.sandbox = sandbox
        self.variables: dict[str, str] = {}

    def write_servers(self, servers: dict[str, str], **defaults: object) -> None:
        defaults = {"token_endpoint_auth_method": "client_secret_basic"} | defaults
        self.write_inventory({name: self.sandbox.origin + path for name, path in servers.items()}, defaults=defaults)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        # Into a file: nobody reads while it runs, and a full pipe would stop it.
        with (self.folder.parent / "output").open("wb") as output:
            return subprocess.Popen(
                [str(self.binary), *arguments], cwd=self.folder, env=environment(**self.variables),
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def mcpauth(self, *arguments: object, **variables: str) -> Outcome:
        return super().mcpauth(*arguments, **self.variables, **variables)

    def git(self, *arguments: str) -> str:
        """Runs git with nothing of this machine's configuration."""
        settings = ["user.name=t", "user.email=t@example.com", "commit.gpgsign=false", "init.defaultBranch=main"]
        options = [word for setting in settings for word in ("-c", setting)]
        own = environment(GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL="/dev/null", GIT_TERMINAL_PROMPT="0")
        done = run(["git", *options, *arguments], self.folder, own)
        assert done.code == 0, f"git {arguments}: {done}"
        return done.out

    def lock(self) -> dict:
        return super().lock() if self.lock_path.exists() else {"servers": {}, "orphans": []}


class Watch:
    """Reads the lock file again and again while something runs: it must be valid JSON, or not exist yet."""

    def __init__(self, path: Path) -> None:
        self.path, self.broken = path, None
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.look)
        self.thread.start()

    def look(self) -> None:
        valid: bytes | None = None
        while not self.stopped.is_set():
            try:
                if (found := self.path.read_bytes()) != valid:
                    json.loads(found)
                    valid = found
            except FileNotFoundError:
                pass
            except ValueError as error:
                self.broken = str(error)
            self.stopped.wait(0.002)

    def end(self) -> str | None:
        self.stopped.set()
        self.thread.join()
        return self.broken


def settle(place: Place, *flags: str) -> tuple[int, list[str]]:
    """Applies until nothing is left to do, except unknown outcomes. Returns how many applies it took, and the problems."""
    for attempt in range(1, REPAIRS + 1):
        done = place.mcpauth("apply", "--allow-mass-change", *flags)
        if done.code == 0:
            return attempt, []
        lock = place.lock()
        plan = place.mcpauth("plan", "--format", "json").out
        document = json.loads(plan) if plan.startswith("{") else {"servers": []}
        waiting = [
            server for server in document["servers"]
            if server["action"] not in ("unchanged", "blocked")
            or server["action"] == "blocked" and server["error"]["code"] != "registration-outcome-unknown"
        ]
        if not waiting and document["servers"] and any(orphan["client_id"] is None for orphan in lock["orphans"]):
            return attempt, []
    return REPAIRS, [f"after {REPAIRS} applies there is still something to do: {done}"]


def unsettled(place: Place) -> bool:
    """Whether the outcome of a registration is unknown, which waits for --retry-unknown."""
    return any(line["client_id"] is None and not line.get("retried") for line in place.lock()["orphans"])


def clear(place: Place) -> None:
    for path in sorted(place.folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


def start_and_kill(place: Place, command: list[str], instant: float) -> bool:
    """Whether it was killed at that instant: it may have ended before."""
    process = place.start(*command)
    try:
        process.wait(timeout=instant)
        return False
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return True


def is_registration(request: dict) -> bool:
    return request["method"] == "POST" and request["path"].endswith("/register")


def body_name(request: dict) -> str:
    return label_of(json.loads(request["body"]))


def label_of(client: dict) -> str:
    """The last component of its redirect URI, which names the server that it was registered for."""
    return client["redirect_uris"][0].rsplit("/", 1)[1]
