"""Runs a program on a new terminal, and opens its URLs in place of the person's browser."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LIMIT = 60
"""Seconds after which a program is ended; no check depends on how long one takes."""
WIDTH = 4000
"""So wide that no address is broken into lines."""
CONTROLS = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[=>78()][AB0]?|\r")
AUTHORIZATION = re.compile(r"(http://(?:127\.0\.0\.1|localhost):\d+/\S*authorize\?\S+)\n")


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Does not follow redirects: the redirect to the program is checked first."""

    def redirect_request(self, *_: Any) -> None:
        return None


OPENER = urllib.request.build_opener(NoRedirect, urllib.request.ProxyHandler({}))


def visit(address: str) -> tuple[int, str | None]:
    """Status and redirect of an answer; status 0 if no server listens."""
    try:
        with OPENER.open(address, timeout=LIMIT) as answer:
            return answer.status, None
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers.get("Location")
    except OSError:
        return 0, None


@dataclass
class Login:
    """The observed steps of one sign-in."""

    code: int | None = None
    """The program's exit code; none if it had to be ended."""
    text: str = ""
    parameters: list[tuple[str, str]] = field(default_factory=list)
    """Of the authorization request."""
    authorization: int = 0
    callback: int = 0
    """Status codes of the authorization endpoint and of the program's callback."""

    def __str__(self) -> str:
        return f"exit code {self.code}, authorization {self.authorization}, callback {self.callback}\n{self.text[-1500:]}"


def sign_in(command: list[object], folder: Path, environment: dict[str, str]) -> Login:
    """Runs the program until it ends. An authorization URL that it prints is opened, as a browser would.

    A program whose callback cannot be reached would wait until its own limit, so it is ended immediately.
    """
    login = Login()
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.execve(str(command[0]), [str(part) for part in command], environment)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, WIDTH, 0, 0))
    read = b""
    limit = time.monotonic() + LIMIT
    is_hopeless = False
    while time.monotonic() < limit and not is_hopeless:
        if not select.select([terminal], [], [], 0.5)[0]:
            continue
        try:
            data = os.read(terminal, 1 << 16)
        except OSError:  # the program has closed the terminal
            break
        if not data:
            break
        read += data
        login.text = CONTROLS.sub("", read.decode(errors="replace"))
        found = AUTHORIZATION.search(login.text)
        if found and not login.parameters:
            is_hopeless = not consent(found.group(1), login)
    else:
        os.kill(process, signal.SIGKILL)
    ended, status = os.waitpid(process, 0)
    os.close(terminal)
    login.code = os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) and ended == process else None
    return login


def consent(address: str, login: Login) -> bool:
    """Opens the authorization URL and follows its redirect; false if the program cannot be reached."""
    login.parameters = urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query)
    login.authorization, callback = visit(address)
    if callback is None:
        return False
    login.callback, _ = visit(callback)
    return login.callback != 0
