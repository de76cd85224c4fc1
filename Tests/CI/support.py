"""What the scripts of this folder share: checks, git repositories, runners, and the sandbox."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import traceback
import urllib.request
from pathlib import Path
from typing import Callable

ROOT = Path(__file__).resolve().parents[2]
COMMIT_LOCK = ROOT / "examples" / "ci" / "commit-lock"


class Checks:
    def __init__(self) -> None:
        self.passed = self.failed = 0

    def __call__(self, name: str, holds: bool, reason: object = "") -> bool:
        holds = bool(holds)
        self.passed, self.failed = self.passed + holds, self.failed + (not holds)
        print(f"{'ok   ' if holds else 'FAIL '} {name}" + ("" if holds else f"\n      {reason}"), flush=True)
        return holds

    def finish(self) -> int:
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed or not self.passed else 0


class Outcome:
    """How a program ended: its code (negative: a signal) and what it printed."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    def __str__(self) -> str:
        return f"exit code {self.code}\n{self.out[-2000:]}{self.err[-3000:]}"


def environment(home: Path, **more: str) -> dict[str, str]:
    """Nothing of the machine's own: no configuration of git, no key, no CI."""
    clean = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "ASAN_OPTIONS") if name in os.environ}
    clean |= {"HOME": str(home), "TMPDIR": str(home / "tmp"), "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": str(home / "gitconfig"), "LC_ALL": "C.UTF-8"}
    return clean | more


def run(command: list[object], folder: Path, env: dict[str, str], timeout: float = 300) -> Outcome:
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
        timeout=timeout, check=False, start_new_session=True,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


class World:
    """A bare repository, and a folder for those who clone it."""

    def __init__(self, mcpauth: Path) -> None:
        self.mcpauth = mcpauth
        self.folder = Path(tempfile.mkdtemp(prefix="mcpauth-ci."))
        (self.folder / "tmp").mkdir()
        (self.folder / "gitconfig").write_text("[user]\n name = Person\n email = person@example.com\n[init]\n defaultBranch = main\n[protocol \"file\"]\n allow = always\n")
        self.env = environment(self.folder)
        self.origin = self.folder / "origin.git"
        self.git(self.folder, "init", "-q", "--bare", "origin.git")

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder)

    def git(self, folder: Path, *words: object) -> str:
        done = run(["git", *words], folder, self.env)
        if done.code != 0:
            raise RuntimeError(f"git {' '.join(map(str, words))}: {done}")
        return done.out.strip()

    def clone(self, name: str, *options: str) -> Path:
        self.git(self.folder, "clone", "-q", *options, f"file://{self.origin}", name)
        return self.folder / name

    def apply(self, place: Path, *words: object, env: dict[str, str] | None = None) -> Outcome:
        return run([self.mcpauth, "apply", "--yes", *words], place, env or self.env)

    def commit(self, place: Path, message: str) -> None:
        self.git(place, "add", "-A")
        self.git(place, "commit", "-q", "-m", message)

    def tip(self, branch: str = "main") -> str:
        return self.git(self.origin, "rev-parse", f"refs/heads/{branch}")

    def refs(self) -> str:
        return self.git(self.origin, "for-each-ref")

    def files(self, branch: str = "main") -> set[str]:
        return set(self.git(self.origin, "ls-tree", "-r", "--name-only", "-z", branch).strip("\0").split("\0"))

    def show(self, path: str, branch: str = "main") -> str:
        return run(["git", "cat-file", "blob", f"{branch}:{path}"], self.origin, self.env).out

    def lock(self, path: str = "servers.lock.json", branch: str = "main"):
        return json.loads(self.show(path, branch))

    def message(self, branch: str = "main") -> str:
        return self.git(self.origin, "log", "-1", "--format=%B", branch)

    def count(self, branch: str = "main") -> int:
        return int(self.git(self.origin, "rev-list", "--count", branch))

    def commit_lock(self, place: Path, *words: object, timeout: float = 300, **more: str) -> Outcome:
        """A runner's step: no delays."""
        env = self.env | {"COMMIT_LOCK_DELAY": "0", "MCPAUTH": str(self.mcpauth)} | more
        return run([COMMIT_LOCK, *words], place, env, timeout)

    def hook(self, name: str, text: str | None) -> None:
        path = self.origin / "hooks" / name
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_text("#!/bin/sh\n" + text)
            path.chmod(0o755)


def inventory(servers: dict[str, object], **more: object) -> str:
    """A server is its URL, or a mapping."""
    return json.dumps(
        {
            "version": 1,
            "client": {"name": "CI", "redirect_uris": ["http://127.0.0.1:7777/callback/{server}"]},
            "secrets": {"store": "directory"},
            "servers": {name: {"url": server} if isinstance(server, str) else server for name, server in servers.items()},
        } | more,
        indent=1,
    )


def manual(names: list[str], client: str = "client", **more: object) -> str:
    """Servers that are locked without a request."""
    servers = {
        name: {
            "url": f"https://{name}.example.com/mcp",
            "oauth2": {
                "client_id": f"{client}-{name}",
                "authorization_endpoint": f"https://{name}.example.com/authorize",
                "token_endpoint": f"https://{name}.example.com/token",
            },
        }
        for name in names
    }
    return inventory(servers, **more)


class Sandbox:
    def __init__(self, binary: Path, *words: str) -> None:
        self.process = subprocess.Popen([str(binary), "--port", "0", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.origin = self.process.stdout.readline().split()[1]
        self.table = threading.Thread(target=self.process.stdout.read, daemon=True)
        self.table.start()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()

    def get(self, name: str):
        with urllib.request.urlopen(f"{self.origin}/admin/{name}.json") as answer:
            return json.load(answer)

    def post(self, name: str, body: object = None) -> None:
        data = json.dumps(body).encode()
        request = urllib.request.Request(f"{self.origin}/admin/{name}", data=data, headers={"Content-Type": "application/json"})
        urllib.request.urlopen(request).close()


def arguments(description: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=ROOT / ".build" / "debug")
    parser.add_argument("--only", action="append", help="only these cases, by the name of their function")
    options = parser.parse_args()
    options.bin = options.bin.resolve()
    return options


def cases(check: Checks, options: argparse.Namespace, all_cases: list[Callable]) -> int:
    for case in all_cases:
        if options.only and case.__name__ not in options.only:
            continue
        print(f"{case.__name__}: {(case.__doc__ or '').strip()}")
        try:
            case(check, options)
        except Exception:  # the other cases say more than the first traceback alone
            check(case.__name__, False, traceback.format_exc())
    return check.finish()


if __name__ == "__main__":
    sys.exit("a library")
