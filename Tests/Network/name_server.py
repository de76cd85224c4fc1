"""A name server on loopback that gives different answers in turn, for DNS rebinding."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

A, IN = 1, 1
NO_SUCH_NAME = 3


class NameServer(socketserver.ThreadingUDPServer):
    """`names`: the addresses for each name, one for each question in turn; the last one is repeated. No IPv6.

    A question about a name that ends with `.silent.test` is noted, and gets no answer.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: str, names: dict[str, list[str]]) -> None:
        super().__init__((address, 53), Question)
        self.names = names
        self.asked: list[str] = []
        self.unanswered: set[str] = set()
        self.noting = threading.Lock()

    def address(self, name: str) -> str | None:
        """The next address of this name."""
        with self.noting:
            answers = self.names.get(name)
            if answers is None:
                return None
            number = self.asked.count(name)
            self.asked.append(name)
            return answers[min(number, len(answers) - 1)]


class Question(socketserver.BaseRequestHandler):
    server: NameServer

    def handle(self) -> None:
        """RFC 1035 4.1: header, one question, and its answer if there is one."""
        packet, sender = self.request
        name, end = read_name(packet)
        kind, category = struct.unpack("!HH", packet[end : end + 4])
        if name.endswith(".silent.test"):
            self.server.unanswered.add(name)
            return
        question = packet[12 : end + 4]
        is_known = name in self.server.names
        address = self.server.address(name) if (kind, category) == (A, IN) else None
        flags = 0x8580 | (0 if is_known else NO_SUCH_NAME)  # an answer, authoritative
        header = packet[:2] + struct.pack("!HHHHH", flags, 1, 0 if address is None else 1, 0, 0)
        answer = b""
        if address is not None:
            # The name of the question, with a TTL of 0 seconds.
            answer = struct.pack("!HHHIH", 0xC00C, A, IN, 0, 4) + socket.inet_aton(address)
        sender.sendto(header + question + answer, self.client_address)


def read_name(packet: bytes) -> tuple[str, int]:
    """The name of the question in lower case, and the offset of its end."""
    labels, at = [], 12
    while length := packet[at]:
        labels.append(packet[at + 1 : at + 1 + length].decode("ascii").lower())
        at += length + 1
    return ".".join(labels), at + 1


@contextmanager
def running_name_server(address: str, names: dict[str, list[str]]) -> Iterator[NameServer]:
    server = NameServer(address, names)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
