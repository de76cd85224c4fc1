"""tinyproxy (Debian), and behind it a test proxy that replaces public name servers."""

from __future__ import annotations

import re
import socket
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support import end, free_port, wait_until

REQUEST_LINE = re.compile(r"Request \(file descriptor \d+\): (.*)$", re.MULTILINE)


@dataclass
class Tinyproxy:
    port: int
    log: Path
    seen: int = field(default=0)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def requests(self) -> list[str]:
        """The request lines that have arrived since the last call."""
        found = REQUEST_LINE.findall(self.everything())
        new, self.seen = found[self.seen :], len(found)
        return new

    def everything(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")


@contextmanager
def running_tinyproxy(folder: Path, *settings: str) -> Iterator[Tinyproxy]:
    """`settings` are lines of its configuration."""
    folder.mkdir(parents=True)
    proxy = Tinyproxy(free_port(), folder / "tinyproxy.log")
    lines = [
        f"Port {proxy.port}",
        "Listen 127.0.0.1",
        "Allow 127.0.0.1",
        "Timeout 30",
        "MaxClients 64",
        "LogLevel Info",
        f'LogFile "{proxy.log}"',
        *settings,
    ]
    configuration = folder / "tinyproxy.conf"
    configuration.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with (folder / "tinyproxy.out").open("wb") as out:
        process = subprocess.Popen(
            ["tinyproxy", "-d", "-c", str(configuration)], stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=folder
        )
        try:
            wait_until_it_listens(process, proxy, folder)
            proxy.requests()
            yield proxy
        finally:
            end(process)


def wait_until_it_listens(process: subprocess.Popen[bytes], proxy: Tinyproxy, folder: Path) -> None:
    """Connects until it succeeds, because tinyproxy prints nothing when it listens."""

    def accepts() -> bool:
        try:
            socket.create_connection(("127.0.0.1", proxy.port), timeout=1).close()
            return True
        except OSError:
            if process.poll() is None:
                return False
            raise AssertionError(f"tinyproxy did not start:\n{(folder / 'tinyproxy.out').read_text()}") from None

    wait_until("tinyproxy listens", accepts)


class Resolving(socketserver.ThreadingTCPServer):
    """A proxy that supports only CONNECT, and maps its names to ports of 127.0.0.1."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, names: dict[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), Tunnel)
        self.names = names
        self.asked: list[str] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Tunnel(socketserver.StreamRequestHandler):
    server: Resolving
    timeout = 30

    def handle(self) -> None:
        method, target, _ = self.rfile.readline(4096).decode("latin-1").split(maxsplit=2)
        while self.rfile.readline(4096).strip():
            pass
        self.server.asked.append(f"{method} {target}")
        port = self.server.names.get(target.rpartition(":")[0])
        if method != "CONNECT" or port is None:
            self.wfile.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return
        with socket.create_connection(("127.0.0.1", port), timeout=30) as there:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=pour, args=(there, self.connection), daemon=True)
            back.start()
            pour(self.connection, there)
            back.join()


def pour(source: Any, target: Any) -> None:
    """All output of the program until it ends."""
    try:
        while block := source.recv(65536):
            target.sendall(block)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # each side may close the connection


@contextmanager
def running_resolver(names: dict[str, int]) -> Iterator[Resolving]:
    server = Resolving(names)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
