"""glewlwyd (Debian) with a new database, and its OpenID Connect plugin with open registration (RFC 7591, RFC 7592).

`running_glewlwyd` starts it behind a `FrontDoor`. The package's files are at `/`, or in the folder where they were unpacked.
"""

from __future__ import annotations

import http.cookiejar
import json
import os
import secrets
import sqlite3
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from front_door import FrontDoor, PeerBehindDoor, opens_at, running_front_door
from support import end, free_port, wait_until

PREFIX = "/api/oidc"
SCHEMA = "usr/share/dbconfig-common/data/glewlwyd/install/sqlite3"
ADMINISTRATOR = {"username": "admin", "password": "password"}  # as in the package's own database
# Its login page adds the first. It requires the second in every request with the scope `openid`, also for a code.
AFTER_LOGIN = {"g_continue": "", "nonce": secrets.token_urlsafe(16)}


def is_installed(root: Path) -> bool:
    return (root / "usr/bin/glewlwyd").exists() and (root / SCHEMA).exists()


class Browser:
    """A session at glewlwyd's own API, of the administrator, who is also its only user."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.cookies)
        )

    def call(self, method: str, path: str, document: object = None) -> Any:
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(self.origin + path, body, {"Content-Type": "application/json"}, method=method)
        try:
            with self.opener.open(request, timeout=20) as response:
                text = response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                raise AssertionError(f"{method} {path}: {error.code} {error.read()[:300]!r}") from None
        return json.loads(text) if text else None

    @property
    def cookie(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.cookies)

    def grant(self, client_id: str, scopes: str) -> None:
        """The user's consent."""
        self.call("PUT", f"/api/auth/grant/{client_id}", {"scope": scopes})

    def clients(self) -> list[str]:
        """The enabled clients. A deleted client stays in the database, disabled."""
        return [client["client_id"] for client in self.call("GET", "/api/client/?limit=1000") if client["enabled"]]


@dataclass(frozen=True, kw_only=True)
class Glewlwyd(PeerBehindDoor):
    """glewlwyd as a peer, with its administrator."""

    browser: Browser

    def prepare(self, client_id: str) -> None:
        self.browser.grant(client_id, "openid")


@contextmanager
def running_glewlwyd(root: Path, folder: Path) -> Iterator[Glewlwyd]:
    with running_front_door() as door:
        port = free_port()
        settings = write_settings(root, folder, door.origin, port)
        environment = {"PATH": os.environ["PATH"]}
        with (folder / "glewlwyd.log").open("wb") as log:
            process = subprocess.Popen(
                [str(root / "usr/bin/glewlwyd"), f"--config-file={settings}"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                cwd=folder,
            )
            try:
                door.upstream_port = port
                browser = Browser(f"http://127.0.0.1:{port}")
                wait_until_it_listens(process, browser, folder)
                set_up(browser, door)
                yield Glewlwyd(
                    door.origin,
                    door.origin + "/mcp",
                    folder / "none",
                    has_tools=False,
                    headers={"Cookie": browser.cookie},
                    parameters=AFTER_LOGIN,
                    door=door,
                    registration_path=PREFIX + "/register",
                    browser=browser,
                )
            finally:
                end(process)


def write_settings(root: Path, folder: Path, origin: str, port: int) -> Path:
    database = folder / "glewlwyd.db"
    with sqlite3.connect(database) as connection:
        connection.executescript((root / SCHEMA).read_text(encoding="utf-8"))
    connection.close()
    modules = root / "usr/lib/glewlwyd"
    settings = folder / "glewlwyd.conf"
    settings.write_text(
        f"""
port={port}
bind_address="127.0.0.1"
external_url="{origin}/"
login_url="login.html"
api_prefix="api"
log_mode="console"
log_level="WARNING"
session_key="GLEWLWYD2_SESSION_ID"
session_expiration=86400
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="{modules}/user"
client_module_path="{modules}/client"
user_auth_scheme_module_path="{modules}/scheme"
plugin_module_path="{modules}/plugin"
hash_algorithm="SHA512"
database = {{ type = "sqlite3"; path = "{database}"; }};
""",
        encoding="utf-8",
    )
    return settings


def wait_until_it_listens(process: subprocess.Popen[bytes], browser: Browser, folder: Path) -> None:
    """Sends requests until it answers, because glewlwyd prints nothing when it listens."""

    def answers() -> bool:
        try:
            browser.call("POST", "/api/auth/", ADMINISTRATOR)
            return True
        except (OSError, AssertionError):
            if process.poll() is None:
                return False
            raise AssertionError(f"glewlwyd did not start:\n{(folder / 'glewlwyd.log').read_text()}") from None

    wait_until("glewlwyd answers", answers)


def set_up(browser: Browser, door: FrontDoor) -> None:
    """The plugin, with open registration, management by the clients themselves, and PKCE for all clients."""
    door.issuer = door.origin + PREFIX
    door.scopes = ["openid"]
    door.opens = opens_at(browser.origin + PREFIX + "/userinfo")
    browser.call("PUT", "/api/user/admin", {"name": "The Administrator", "scope": ["g_admin", "g_profile", "openid"]})
    parameters = {
        "iss": door.issuer,
        "jwt-type": "sha",
        "jwt-key-size": "256",
        "key": secrets.token_urlsafe(32),
        "access-token-duration": 600,
        "refresh-token-duration": 3600,
        "code-duration": 600,
        "refresh-token-rolling": True,
        "allow-non-oidc": True,
        "auth-type-code-enabled": True,
        "auth-type-token-enabled": False,
        "auth-type-id-token-enabled": True,
        "auth-type-none-enabled": False,
        "auth-type-password-enabled": False,
        "auth-type-client-enabled": False,
        "auth-type-device-enabled": False,
        "auth-type-refresh-enabled": True,
        "pkce-allowed": True,
        "pkce-required": True,
        "resource-allowed": True,
        "resource-scope": {"openid": [door.origin + "/mcp"]},
        "oauth-as-iss-id": True,
        "subject-type": "public",
        "jwks-show": False,
        "introspection-revocation-allowed": True,
        "introspection-revocation-allow-target-client": True,
        "register-client-allowed": True,
        "register-client-auth-scope": [],
        "register-client-credentials-scope": [],
        "register-client-management-allowed": True,
    }
    plugin = {"module": "oidc", "name": "oidc", "display_name": "OIDC", "order_rank": 0, "parameters": parameters}
    browser.call("POST", "/api/mod/plugin/", plugin)
