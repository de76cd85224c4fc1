"""What the store programs beside this file share: the protocol of SecretStores#Exec. It needs only Python 3.9 or later."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Exists(Exception):
    """`create` found an entry of that name."""


class Absent(Exception):
    """`get` or `delete` found no entry of that name."""


class Failed(Exception):
    """Anything else. The text is shown to a person and has no value in it."""


EXISTS, ABSENT, FAILED = 3, 4, 1
NAME = re.compile(r"[A-Za-z0-9._/-]{1,200}")


def serve(store) -> int:
    """Answers the one request on standard input with the methods of `store`; returns the exit status."""
    value = None
    try:
        request = json.load(sys.stdin)
        if request.get("protocol") != 1:
            raise Failed("this program does not know the protocol of the request")
        verb, name, value = request.get("verb"), request.get("name", ""), request.get("value")
        if verb != "list" and not NAME.fullmatch(name):
            raise Failed("the request has no name that can be used")
        if verb in ("create", "replace") and not isinstance(value, str):
            raise Failed("the request has no value")
        if verb == "list":
            answer = {"names": sorted(store.list())}
        elif verb == "get":
            answer = {"value": store.get(name)}
        elif verb == "delete":
            answer = store.delete(name) or {}
        elif verb == "create":
            answer = store.create(name, value) or {}
        elif verb == "replace":
            answer = store.replace(name, value) or {}
        else:
            raise Failed("this program does not know the verb")
    except Exists:
        return EXISTS
    except Absent:
        return ABSENT
    except Failed as problem:
        print(hidden(str(problem), value), file=sys.stderr)
        return FAILED
    except Exception as problem:  # its text may hold a part of the request
        print(f"{type(problem).__name__} in {Path(sys.argv[0]).name}", file=sys.stderr)
        return FAILED
    json.dump(answer, sys.stdout)
    return 0


def hidden(text: str, value: str | None) -> str:
    """One line of a tool's message; nothing of it if it repeats a part of the value."""
    line = " ".join(text.split())[:300].replace('"', "'")
    words = re.findall(r"[^\s\"{}:,]{6,}", value or "")
    return "the tool failed, and its message repeats the value" if any(word in line for word in words) else line


def run(*command: str, stdin: str = "", absent: str | None = None, exists: str | None = None, **variables: str) -> str:
    """Runs a tool and returns what it prints. `absent` and `exists` are patterns of its error messages."""
    try:
        # Bytes: as text, Python would change line ends.
        done = subprocess.run(command, input=stdin.encode(), capture_output=True, env=os.environ | variables, check=False)
    except OSError as problem:
        raise Failed(f"{command[0]} cannot be run: {problem.strerror}") from None
    if done.returncode == 0:
        return done.stdout.decode()
    errors = done.stderr.decode(errors="replace")
    if exists and re.search(exists, errors):
        raise Exists
    if absent and re.search(absent, errors):
        raise Absent
    raise Failed(f"{command[0]} ended with {done.returncode}: {errors.strip() or 'no message'}")


@contextmanager
def private_file(text: str) -> Iterator[str]:
    """A file of mode 0600 in a folder of mode 0700, for a tool that takes a value only from a file. In memory if there is
    such a folder."""
    memory = os.environ.get("XDG_RUNTIME_DIR", "")
    with tempfile.TemporaryDirectory(prefix="mcpauth-", dir=memory if os.path.isdir(memory) else None) as folder:
        path = os.path.join(folder, "value")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", newline="") as file:
            file.write(text)
        yield path
