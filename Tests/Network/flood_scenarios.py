"""Servers that never stop writing (Discovery#Limits): the program ends within its time limit, with little memory."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from authority import Authority
from support import Checks, Place

MOST_MEMORY = 120 * 1024
"""Kilobytes: the peak of the process (`VmHWM`)."""
MOST_BYTES = 48 * 1024 * 1024
"""What a server writes to one connection before it gives up."""
BLOCK = 64 * 1024
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """RFC 9113 section 4.1."""
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
PREFACE = frame(SETTINGS, 0, 0)
STATUS_200 = b"\x88"  # RFC 7541 appendix A, entry 8


@dataclass(frozen=True)
class Flood:
    """The bytes that are written first, and those that are repeated after them."""

    first: bytes
    again: bytes
    waits: bool = True
    """Whether the server reads a request before it writes."""

    absent: bool = False
    """Whether each request gets an answer of status 404: a document is then absent, and the plan goes on without it."""

    def blocks(self) -> Iterator[bytes]:
        yield self.first
        block = self.again * max(1, BLOCK // len(self.again))
        while True:
            yield block


HTTP1 = {
    "interim answers": Flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "interim answers with fields": Flood(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\nX: y\r\n\r\n"),
    "interim answers with large fields": Flood(b"", b"HTTP/1.1 102 Processing\r\nX: " + b"y" * 8000 + b"\r\n\r\n"),
    "header fields": Flood(b"HTTP/1.1 200 OK\r\n", b"x-field: value\r\n"),
    "header fields of a 401": Flood(b"HTTP/1.1 401 No\r\n", b"WWW-Authenticate: Bearer\r\n"),
    "one header field": Flood(b"HTTP/1.1 200 OK\r\nX: ", b"y"),
    "a status line": Flood(b"HTTP/1.1 200 ", b"y"),
    "one chunk extension": Flood(CHUNKED + b"1;", b"y"),
    "chunk extensions": Flood(CHUNKED, b"1;" + b"y" * 1000 + b"\r\nz\r\n"),
    "chunks of one byte": Flood(CHUNKED, b"1\r\nz\r\n"),
    "digits of a chunk size": Flood(CHUNKED, b"0"),
    "trailers": Flood(CHUNKED + b"0\r\n", b"x-trailer: value\r\n"),
    "one trailer": Flood(CHUNKED + b"0\r\nX: ", b"y"),
    "a body until the end": Flood(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n", b" "),
    "a body of a length": Flood(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", b" "),
    "a body of a 404": Flood(b"HTTP/1.1 404 No\r\n\r\n", b"y", absent=True),
    "a body of a 500": Flood(b"HTTP/1.1 500 No\r\n\r\n", b"y"),
    "empty lines": Flood(b"", b"\r\n"),
    "zero bytes": Flood(b"", b"\0"),
    "text without an end": Flood(b"", b"y"),
    "whole answers": Flood(b"", b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", absent=True),
    "answers to no request": Flood(b"", b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", waits=False, absent=True),
}
HTTP2 = {
    "SETTINGS": Flood(PREFACE, frame(SETTINGS, 0, 0)),
    "SETTINGS with values": Flood(PREFACE, frame(SETTINGS, 0, 0, bytes([0, 3, 0, 0, 0, 100]))),
    "PING": Flood(PREFACE, frame(PING, 0, 0, b"12345678")),
    "empty DATA": Flood(PREFACE + frame(HEADERS, 4, 1, STATUS_200), frame(DATA, 0, 1)),
    "padded DATA": Flood(PREFACE + frame(HEADERS, 4, 1, STATUS_200), frame(DATA, 8, 1, b"\xff" + b"\0" * 255)),
    "RST_STREAM": Flood(PREFACE, frame(RST_STREAM, 0, 1, b"\0\0\0\x08")),
    "CONTINUATION": Flood(PREFACE + frame(HEADERS, 0, 1, STATUS_200), frame(CONTINUATION, 0, 1)),
    "CONTINUATION with fields": Flood(
        PREFACE + frame(HEADERS, 0, 1, STATUS_200), frame(CONTINUATION, 0, 1, b"\x00\x01a\x01b" * 100)
    ),
    "HEADERS": Flood(PREFACE, frame(HEADERS, 4, 1, STATUS_200)),
    "WINDOW_UPDATE": Flood(PREFACE, frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\x01")),
    "PRIORITY": Flood(PREFACE, frame(PRIORITY, 0, 1, b"\0\0\0\0\x10")),
    "GOAWAY": Flood(PREFACE, frame(GOAWAY, 0, 0, b"\0" * 8)),
    "frames of no known type": Flood(PREFACE, frame(0xFA, 0, 0, b"12345678")),
}


class FloodServer:
    """Sends a flood to every request, or only to those for documents, until the other side closes the connection."""

    def __init__(self, flood: Flood, context: ssl.SSLContext | None, documents_only: bool) -> None:
        self.flood, self.context, self.documents_only = flood, context, documents_only
        self.written = 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self.listener.getsockname()[1])
        self.threads = [threading.Thread(target=self.accept)]
        self.threads[0].start()

    def accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self.serve, args=(connection,))
            self.threads.append(thread)
            thread.start()

    def serve(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        with connection, suppress(OSError):
            stream: socket.socket = connection
            if self.context is not None:
                stream = self.context.wrap_socket(connection, server_side=True)
            with stream:
                self.answer(stream)

    def answer(self, stream: socket.socket) -> None:
        if self.flood.waits or self.documents_only:
            head = b""
            while b"\r\n\r\n" not in head:
                received = stream.recv(BLOCK)
                if not received:
                    return
                head += received
            if self.documents_only and head.split(b" ")[1] == b"/mcp":
                stream.sendall(b"HTTP/1.1 401 No\r\nWWW-Authenticate: Bearer\r\nContent-Length: 0\r\n\r\n")
                return
        written = 0
        for block in self.flood.blocks():
            stream.sendall(block)
            written += len(block)
            self.written = max(self.written, written)
            if written > MOST_BYTES:
                return

    def stop(self) -> None:
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join()


@contextmanager
def flooding(flood: Flood, context: ssl.SSLContext | None, documents_only: bool) -> Iterator[FloodServer]:
    server = FloodServer(flood, context, documents_only)
    try:
        yield server
    finally:
        server.stop()


def floods(check: Checks, binary: Path, root: Path) -> None:
    """Each flood ends with an error, uses little memory, and is not read to its end."""
    folder = root / "floods"
    folder.mkdir()
    authority = Authority(folder / "authority")
    authority.issue("server", "DNS:localhost")
    http1, http2 = authority.context("server"), authority.context("server")
    http1.set_alpn_protocols(["http/1.1"])
    http2.set_alpn_protocols(["h2"])
    place = Place(binary, folder / "place")
    for name, flood in HTTP1.items():
        for documents_only in (False, True):
            context = http1 if documents_only else None
            check_flood(check, place, name, flood, context, documents_only, authority)
    for name, flood in HTTP2.items():
        check_flood(check, place, f"HTTP/2 {name}", flood, http2, False, authority)


def check_flood(
    check: Checks,
    place: Place,
    name: str,
    flood: Flood,
    context: ssl.SSLContext | None,
    documents_only: bool,
    authority: Authority,
) -> None:
    what = f"{name}, {'to documents' if documents_only else 'to everything'}"
    with flooding(flood, context, documents_only) as server:
        origin = f"https://localhost:{server.port}" if context else f"http://127.0.0.1:{server.port}"
        block = {"network": {"ca_file": str(authority.path)}} if context else {}
        place.write_inventory({"one": {"url": origin + "/mcp"}}, **block)
        code, peak = run_measured(place, "plan", "--timeout", "20s")
    check.equal(f"{what}: exit code", code, 0 if flood.absent and documents_only else 1)
    check(f"{what}: at most {MOST_MEMORY} kB", peak <= MOST_MEMORY, f"{peak} kB")
    check(f"{what}: not read to its end", server.written < MOST_BYTES, server.written)


def run_measured(place: Place, *arguments: str) -> tuple[int, int]:
    """The exit code, and the peak of memory in kilobytes."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    process = subprocess.Popen(
        [str(place.binary), *arguments],
        cwd=place.folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_maxrss
