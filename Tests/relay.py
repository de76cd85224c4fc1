"""A relay before a real server, for tests: it records requests and interferes with them."""

from __future__ import annotations

import http.client
import http.server
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self


@dataclass
class Act:
    """What a relay does with a request."""

    # Called before the request is passed on.
    before: Callable[[], Any] | None = None
    # The request is not passed on, and the connection is closed.
    drop: bool = False
    # The answer is not passed on, and the connection is closed.
    lose: bool = False
    # Called after the server answered.
    after: Callable[[], Any] | None = None


class LocalServer:
    """An HTTP server on a free port of 127.0.0.1, until the block ends."""

    def __init__(self, handler: type[http.server.BaseHTTPRequestHandler]) -> None:
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


class Relay(LocalServer):
    """Passes requests on to a server. `hook` is called with each request before it is passed on, as `METHOD path` with
    LIST for lists, and says what happens to it; None: nothing. The path is without `base`."""

    def __init__(self, port: int, hook: Callable[[str], Act | None], base: str = "/v1/") -> None:
        relay = self
        self.log: list[tuple[str, int]] = []
        # What was sent, also where it was not passed on. The hook is called after its body was added.
        self.bodies: list[bytes] = []
        guard = threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                line = f"{'LIST' if 'list=true' in self.path else self.command} {self.path.removeprefix(base)}"
                with guard:
                    relay.bodies.append(body)
                    act = hook(line) or Act()
                if act.before:
                    act.before()
                if act.drop:
                    return self.cut()
                upstream = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                fields = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
                try:
                    upstream.request(self.command, self.path, body or None, fields)
                    answer = upstream.getresponse()
                    text = answer.read()
                except (OSError, http.client.HTTPException):
                    return self.cut()  # the server is down
                finally:
                    upstream.close()
                relay.log.append((line, answer.status))
                if act.after:
                    act.after()
                if act.lose:
                    return self.cut()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("content-length", "transfer-encoding", "connection", "date", "server"):
                        self.send_header(name, value)
                if answer.status != 204:
                    self.send_header("Content-Length", str(len(text)))
                with suppress(ConnectionError):  # the client has ended
                    self.end_headers()
                    self.wfile.write(text)
                return None

            def cut(self) -> None:
                self.close_connection = True

            do_GET = do_POST = do_PUT = do_DELETE = handle_one

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(Handler)
