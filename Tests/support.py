"""Shared code of the test scripts: counted checks, programs and their output, the sandbox, a folder with an inventory."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import traceback
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
REDIRECT_URI = "http://127.0.0.1:7777/callback/{server}"
# The longest time that a test waits, in seconds. It only ends tests that hang.
LIMIT = 300


class Checks:
    """Counts checks that passed and failed, and prints each."""

    def __init__(self) -> None:
        self.passed = self.failed = 0

    def __call__(self, name: str, holds: object, reason: object = "") -> bool:
        if holds:
            self.passed += 1
            print(f"ok   {name}", flush=True)
        else:
            self.failed += 1
            print(f"FAIL {name}\n      {reason}", flush=True)
        return bool(holds)

    def equal(self, name: str, found: object, wanted: object) -> bool:
        return self(name, found == wanted, f"wanted {wanted!r}, found {found!r}")

    def is_installed(self, name: str, is_there: bool) -> bool:
        """A program that is not installed is skipped with a line that says so; with CI set it is a failure."""
        if not is_there and os.environ.get("CI"):
            self(f"{name} is installed", False, "with CI set it has to be installed")
        elif not is_there:
            print(f"skip {name}: it is not installed", flush=True)
        return is_there

    def finish(self) -> int:
        """Prints the last line; returns the exit code."""
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed or not self.passed else 0


class Outcome:
    """How a program ended: its exit code (a signal is negative), and what it printed."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def text(self) -> str:
        return self.out + self.err

    def __str__(self) -> str:
        return f"exit code {self.code}\n{self.out[-2000:]}{self.err[-3000:]}"


def environment(**more: str) -> dict[str, str]:
    """The variables of this process that programs need, and `more`."""
    names = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "ASAN_OPTIONS")
    return {name: os.environ[name] for name in names if name in os.environ} | {"LC_ALL": "C.UTF-8"} | more


def run(command: list[object], folder: Path, env: dict[str, str] | None = None, timeout: float = LIMIT) -> Outcome:
    """Runs a program to its end, without input."""
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, env=env or environment(), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, errors="replace", timeout=timeout, check=False, start_new_session=True,
    )  # fmt: skip
    return Outcome(done.returncode, done.stdout, done.stderr)


def wait_until(what: str, condition: Callable[[], Any], limit: float = LIMIT, pause: float = 0.01) -> Any:
    """Waits until the condition is true, and returns its value. It is looked at again after each pause."""
    end = time.monotonic() + limit
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"after {limit} s this has not happened yet: {what}")
        time.sleep(pause)
    return value


def end(process: subprocess.Popen[Any]) -> None:
    """Terminates a process that this script started."""
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def scratch(name: str) -> Iterator[Path]:
    """A temporary folder that is removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=f"mcpauth-{name}-")).resolve()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Sandbox:
    """A running mcpauth-sandbox on a free port; `words` are more arguments."""

    def __init__(self, binaries: Path, *words: object) -> None:
        command = [str(binaries / "mcpauth-sandbox"), "--port", "0", *map(str, words)]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("ready "), line
        self.origin = line.split()[1]
        # The rest of the output is not used. It is read because a full pipe would stop the sandbox.
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        end(self.process)

    def get(self, name: str) -> Any:
        with urllib.request.urlopen(f"{self.origin}/admin/{name}.json") as answer:
            return json.load(answer)

    def post(self, name: str, body: object = None) -> None:
        data = json.dumps(body).encode()
        fields = {"Content-Type": "application/json"}
        urllib.request.urlopen(urllib.request.Request(f"{self.origin}/admin/{name}", data=data, headers=fields)).close()


def inventory(servers: dict[str, Any], **blocks: object) -> str:
    """An inventory as JSON, which is also YAML. A server is its URL or its block; `blocks` are other top-level keys."""
    document = {
        "version": 1,
        "client": {"name": "Test scripts", "redirect_uris": [REDIRECT_URI]},
        "secrets": {"store": "directory"},
        "servers": {name: {"url": server} if isinstance(server, str) else server for name, server in servers.items()},
    }
    return json.dumps(document | blocks, indent=1) + "\n"


class Place:
    """A folder with an inventory `servers.yaml`, in which mcpauth runs."""

    def __init__(self, binary: Path, folder: Path) -> None:
        self.binary, self.folder = binary, folder
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, text: str, name: str = "servers.yaml") -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def write_inventory(self, servers: dict[str, Any], **blocks: object) -> None:
        self.write(inventory(servers, **blocks))

    def mcpauth(self, *arguments: object, **variables: str) -> Outcome:
        return run([self.binary, *arguments], self.folder, environment(**variables))

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

    def record_path(self, name: str) -> Path:
        return self.secrets_path / f"{name}.{self.entry(name)['secret_version']}.json"

    def record(self, name: str) -> dict[str, Any] | None:
        """The secret record that the lock names; None for a client without a secret."""
        if self.entry(name)["secret_version"] is None:
            return None
        return dict(json.loads(self.record_path(name).read_text(encoding="utf-8")))

    def snapshot(self) -> dict[str, bytes]:
        """Every file with its bytes, except the run lock, which says which run held it last."""
        files = (path for path in self.folder.rglob("*") if path.is_file() and path.name != "run.lock")
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in sorted(files)}


def age_key(mcpauth: Path, folder: Path) -> tuple[str, str]:
    """A new identity, and its recipient."""
    text = run([mcpauth, "secrets", "keygen"], folder).text
    (identity,), recipient = re.findall(r"^AGE-SECRET-KEY-1\w+$", text, re.M), re.findall(r"age1\w+$", text, re.M)[0]
    return identity, recipient


def file_path(text: str) -> Path:
    """The path of an argument that names a file."""
    found = Path(text).resolve()
    if not found.is_file():
        raise argparse.ArgumentTypeError(f"'{text}' is not a file")
    return found


def parser(description: str | None) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument(
        "--bin", type=lambda text: Path(text).resolve(), default=ROOT / ".build" / "debug",
        help="the folder of mcpauth and mcpauth-sandbox (.build/debug)",
    )  # fmt: skip
    return made


def run_cases(check: Checks, all_cases: list[Callable], *arguments: object, only: list[str] | None = None) -> int:
    """Calls each case, `only` some by name. One that throws is a failed check, and the next one runs."""
    for case in all_cases:
        if only and case.__name__ not in only:
            continue
        print(f"{case.__name__}: {(case.__doc__ or '').strip()}", flush=True)
        try:
            case(check, *arguments)
        except Exception:
            check(f"{case.__name__} ran to its end", False, traceback.format_exc())
    return check.finish()
