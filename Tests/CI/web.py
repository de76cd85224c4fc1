"""Public hosts on loopback: a proxy for HTTPS_PROXY that answers for them, with certificates of its own authority.

With `Web(...)`, mcpauth sends requests to `https://mcp.linear.app` and to other real names, and no request leaves this machine.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Network"))

from authority import Authority

# Status, header fields, body.
Answer = tuple[int, dict[str, str], bytes]


def json_answer(status: int, document: object, **fields: str) -> Answer:
    return status, {"Content-Type": "application/json"} | fields, json.dumps(document).encode()


class Web:
    """Answers for `hosts`; each value is called with method, path with query, header fields and body."""

    def __init__(self, folder: Path, hosts: dict[str, Callable[[str, str, dict[str, str], bytes], Answer]]) -> None:
        self.hosts = hosts
        self.requests: list[str] = []
        authority = Authority(folder / "authority")
        authority.issue("web", ",".join(f"DNS:{host}" for host in hosts))
        context = authority.context("web")
        web = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            host: str | None = None

            def log_message(self, *_: object) -> None:
                pass

            def do_CONNECT(self) -> None:
                host = self.path.rpartition(":")[0]
                if host not in web.hosts:
                    self.send_error(502, f"no such host: {host}")
                    return
                self.send_response(200)
                self.end_headers()
                self.host = host
                self.connection = context.wrap_socket(self.connection, server_side=True)
                self.setup_files()
                self.close_connection = False

            def setup_files(self) -> None:
                self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                assert self.host is not None
                web.requests.append(f"{self.command} https://{self.host}{self.path}")
                status, fields, answer = web.hosts[self.host](self.command, self.path, dict(self.headers.items()), body)
                self.send_response(status)
                for name, value in fields.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = do_PUT = do_DELETE = handle_any

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """Ignores errors: the client may close a connection at any time."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.env = {"HTTPS_PROXY": f"http://127.0.0.1:{self.server.server_address[1]}", "SSL_CERT_FILE": str(authority.path)}
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def __enter__(self) -> Web:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def sandbox_host(origin: str, host: str, kind: str) -> Callable[[str, str, dict[str, str], bytes], Answer]:
    """The kind of a running sandbox, with `https://HOST/mcp` as its MCP server and `https://HOST` as its issuer."""
    own = f"https://{host}"
    outward = [
        (f"{origin}/.well-known/oauth-protected-resource/{kind}/mcp", f"{own}/.well-known/oauth-protected-resource/mcp"),
        (f"{origin}/{kind}/mcp", f"{own}/mcp"),
        (f"{origin}/as/{kind}", own),
    ]

    def answer(method: str, path: str, fields: dict[str, str], body: bytes) -> Answer:
        inner = f"/as/{kind}{path}"
        if path == "/mcp":
            inner = f"/{kind}/mcp"
        elif path == "/.well-known/oauth-protected-resource/mcp":
            inner = f"/.well-known/oauth-protected-resource/{kind}/mcp"
        elif path.startswith("/.well-known/"):
            inner = f"{path}/as/{kind}"
        connection = http.client.HTTPConnection(urlsplit(origin).netloc, timeout=60)
        kept = {name: value for name, value in fields.items() if name.lower() not in ("host", "content-length", "connection")}
        connection.request(method, inner, body or None, kept)
        found = connection.getresponse()
        text = found.read().decode()
        sent = {name: value for name, value in found.getheaders() if name.lower() not in ("content-length", "connection", "transfer-encoding")}
        connection.close()
        for old, new in outward:
            text = text.replace(old, new)
            sent = {name: value.replace(old, new) for name, value in sent.items()}
        return found.status, sent, text.encode()

    return answer
