"""nginx as a load server: as many MCP servers as are asked for, each with an authorization server of its own.

`/n/00042/mcp` answers 401 with a challenge. `/n/00042` is its issuer, with metadata and a registration endpoint. `/one/00042/mcp` has the same
answers, but all of these servers share the issuer `/one`. `/hung/00042/mcp` is like `/n`, but answers its first request after an hour.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import ROOT, end, free_port, wait_until

# `Tests/run benchmark-tools` unpacks the packages there. Their installation would start a server.
UNPACKED = ROOT / ".build" / "unpacked" / "nginx"
NGINX, MODULE = UNPACKED / "usr/sbin/nginx", UNPACKED / "usr/lib/nginx/modules/ngx_http_echo_module.so"

# With a delay, `echo_sleep` waits without blocking nginx's only worker.
CONFIGURATION = """\
load_module {module};
daemon off;
worker_processes 1;
worker_rlimit_nofile 8192;
pid {folder}/nginx.pid;
error_log {folder}/error.log crit;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  default_type application/json;
  keepalive_requests 1000000;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
{locations}
  }}
}}
"""

LOCATION = """\
    location ~ ^{path}$ {{
      {header}{answer}
    }}
"""


class LoadServer:
    """A running nginx on a free port. `delay` is how long each answer waits, in milliseconds."""

    def __init__(self, folder: Path, delay: int = 0) -> None:
        self.folder, self.delay, self.port = folder, delay, free_port()
        self.origin = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> LoadServer:
        self.folder.mkdir(parents=True)
        configuration = self.folder / "nginx.conf"
        configuration.write_text(self.configuration(), encoding="utf-8")
        self.process = subprocess.Popen(
            [str(NGINX), "-p", str(self.folder), "-e", str(self.folder / "error.log"), "-c", str(configuration)],
            stdin=subprocess.DEVNULL,
        )
        try:
            wait_until("nginx answers", self.answers, limit=20)
        except BaseException:
            end(self.process)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        end(self.process)

    def answers(self) -> bool:
        if self.process.poll() is not None:
            raise SystemExit(f"nginx did not start: {(self.folder / 'error.log').read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(f"{self.origin}/ready") as answer:
                return answer.status == 200
        except OSError:
            return False

    def check_delay(self, at_once: int = 64) -> None:
        """Checks that each response is late, and that nginx lets many of them wait at the same time."""
        connections = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(at_once)]
        begin, late = time.monotonic(), []
        for connection in connections:
            connection.sendall(b"GET /n/000001/mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        for connection in connections:
            with connection:
                if not connection.recv(1 << 16).startswith(b"HTTP/1.1 401"):
                    raise SystemExit("the load server answers something else than a challenge")
                late.append((time.monotonic() - begin) * 1000)
        # The clock of nginx counts milliseconds.
        if not self.delay - 2 <= min(late) <= max(late) < self.delay * 8:
            raise SystemExit(f"{at_once} responses came after {min(late):.0f} to {max(late):.0f} ms, not {self.delay}")

    @staticmethod
    def url(origin: str, kind: str, index: int) -> str:
        return f"{origin}/{kind}/{index:06d}/mcp"

    def servers(self, count: int, kind: str = "n", first: int = 1) -> dict[str, str]:
        """The servers of an inventory: names and URLs. The name is in the redirect URI that the registration answers with."""
        return {f"s{index:06d}": self.url(self.origin, kind, index) for index in range(first, first + count)}

    def configuration(self) -> str:
        locations = [LOCATION.format(path="/ready", header="", answer="return 200;")]
        for kind in ("n", "one", "hung"):
            locations += self.locations(kind)
        return CONFIGURATION.format(
            module=MODULE, folder=self.folder, port=self.port, locations="".join(locations)
        )

    def locations(self, kind: str) -> list[str]:
        server, origin = rf"/{kind}/(\d+)", self.origin
        # In a configuration, `$1` is the number of the server in the path of the request.
        issuer = f"{origin}/one" if kind == "one" else f"{origin}/{kind}/$1"
        issuer_path = "/one" if kind == "one" else server
        metadata_url = f"{origin}/.well-known/oauth-protected-resource/{kind}/$1/mcp"
        challenge = f"""add_header WWW-Authenticate 'Bearer resource_metadata="{metadata_url}"' always;\n      """
        made = [
            LOCATION.format(
                path=f"{server}/mcp", header=challenge,
                answer=self.answer(401, "", 3_600_000 if kind == "hung" else self.delay),
            ),
            LOCATION.format(
                path=f"/\\.well-known/oauth-protected-resource{server}/mcp", header="",
                answer=self.answer(
                    200,
                    f'{{"resource":"{origin}/{kind}/$1/mcp","authorization_servers":["{issuer}"],'
                    '"scopes_supported":["read","write"]}',
                    self.delay,
                ),
            ),
            LOCATION.format(
                path=f"/\\.well-known/oauth-authorization-server{issuer_path}", header="",
                answer=self.answer(
                    200,
                    f'{{"issuer":"{issuer}","authorization_endpoint":"{issuer}/authorize",'
                    f'"token_endpoint":"{issuer}/token","registration_endpoint":"{issuer}/register",'
                    '"response_types_supported":["code"],"grant_types_supported":["authorization_code","refresh_token"],'
                    '"code_challenge_methods_supported":["S256"],'
                    '"token_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post"]}',
                    self.delay,
                ),
            ),
        ]  # fmt: skip
        # A client of the shared issuer has no number in the path, so its answer names no redirect URI.
        uris = "" if kind == "one" else '"redirect_uris":["http://127.0.0.1:7777/callback/s$1"],'
        registered = (
            f'{{"client_id":"c-$connection-$connection_requests-$msec","client_secret":"$request_id","client_secret_expires_at":0,{uris}'
            '"token_endpoint_auth_method":"client_secret_basic","grant_types":["authorization_code","refresh_token"],'
            '"response_types":["code"],"scope":"read write"}'
        )
        made.append(
            LOCATION.format(path=f"{issuer_path}/register", header="", answer=self.answer(201, registered, self.delay))
        )
        return made

    @staticmethod
    def answer(status: int, body: str, delay: int) -> str:
        if not delay:
            return f"return {status} '{body}';"
        text = f" echo -n '{body}';" if body else " echo -n '';"
        return f"echo_status {status}; echo_sleep {delay / 1000};{text}"
