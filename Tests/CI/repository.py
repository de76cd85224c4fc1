"""A bare git repository, clones of it, and examples/ci/commit-lock."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import ROOT, Outcome, environment, inventory, parser, run

COMMIT_LOCK = ROOT / "examples" / "ci" / "commit-lock"


class Repository:
    """A bare repository `origin.git`, in the same folder as its clones."""

    def __init__(self, binaries: Path) -> None:
        self.mcpauth = binaries / "mcpauth"
        self.folder = Path(tempfile.mkdtemp(prefix="mcpauth-ci."))
        (self.folder / "tmp").mkdir()
        (self.folder / "gitconfig").write_text(
            "[user]\n name = Person\n email = person@example.com\n"
            "[init]\n defaultBranch = main\n[protocol \"file\"]\n allow = always\n"
        )
        self.env = clean_environment(self.folder)
        self.origin = self.folder / "origin.git"
        self.git(self.folder, "init", "-q", "--bare", "origin.git")

    def __enter__(self) -> Repository:
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

    def lock(self, path: str = "servers.lock.json", branch: str = "main") -> Any:
        return json.loads(self.show(path, branch))

    def message(self, branch: str = "main") -> str:
        return self.git(self.origin, "log", "-1", "--format=%B", branch)

    def count(self, branch: str = "main") -> int:
        return int(self.git(self.origin, "rev-list", "--count", branch))

    def commit_lock(self, place: Path, *words: object, timeout: float = 300, **more: str) -> Outcome:
        """Runs commit-lock as a job does, without waiting between attempts."""
        env = self.env | {"COMMIT_LOCK_DELAY": "0", "MCPAUTH": str(self.mcpauth)} | more
        return run([COMMIT_LOCK, *words], place, env, timeout)

    def hook(self, name: str, text: str | None) -> None:
        path = self.origin / "hooks" / name
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_text("#!/bin/sh\n" + text)
            path.chmod(0o755)

    def path_with_mcpauth(self) -> str:
        """A PATH that begins with a folder that contains only mcpauth."""
        binaries = self.folder / "bin"
        binaries.mkdir(exist_ok=True)
        if not (binaries / "mcpauth").exists():
            (binaries / "mcpauth").symlink_to(self.mcpauth)
        return f"{binaries}:{os.environ['PATH']}"


def clean_environment(home: Path, **more: str) -> dict[str, str]:
    """An environment without settings of this machine: no configuration of git, no key, no CI."""
    own = {"HOME": str(home), "TMPDIR": str(home / "tmp")}
    own |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": str(home / "gitconfig")}
    return environment(**own) | more


def manual(names: list[str], client: str = "client", **more: object) -> str:
    """An inventory of servers that are locked without a request."""
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


def arguments(description: str | None, update: bool = False) -> argparse.Namespace:
    """The arguments of a script; with `update`, one that compares an article with what is printed."""
    made = parser(description)
    if update:
        made.add_argument("--update", action="store_true", help="write what is printed into the articles")
    made.add_argument("--only", action="append", metavar="CASE", help="only these cases, by the name of their function")
    return made.parse_args()
