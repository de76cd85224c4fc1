"""Requests through tinyproxy (InventoryReference#Network, Discovery#Addresses): what it sees and refuses, what does not use it, how it fails."""

from __future__ import annotations

import json
import shutil
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import tls_scenarios
from authority import Authority
from tinyproxy_server import Resolving, Tinyproxy, running_resolver, running_tinyproxy
from web_site import Site, running
from support import Checks, Outcome, Place, free_port

USER, PASSWORD = "builder", "hunter2-of-the-proxy"
NAMES = "DNS:mcp.test,DNS:auth.test,DNS:localhost,IP:127.0.0.1"
LITERALS = [
    "10.0.0.7",
    "127.0.0.1",
    "127.1",
    "0x7f000001",
    "2130706433",
    "[::1]",
    "[::ffff:10.0.0.7]",
    "169.254.169.254",
]


@dataclass
class Stage:
    """An https MCP server `mcp.test`, its authorization server `auth.test`, and tinyproxy, the only way to either."""

    binary: Path
    folder: Path
    authority: Authority
    context: ssl.SSLContext
    mcp: Site
    auth: Site
    resolver: Resolving
    proxy: Tinyproxy

    def place(self, name: str, servers: dict[str, dict[str, Any]] | None = None, **blocks: Any) -> Place:
        place = Place(self.binary, self.folder / name)
        blocks.setdefault("network", {"ca_file": str(self.authority.path)})
        place.write_inventory(servers or {"one": {"url": "https://mcp.test/mcp"}}, **blocks)
        return place

    def forget(self) -> None:
        self.proxy.requests()
        for site in (self.mcp, self.auth):
            site.requests.clear()
            site.connections = 0
        self.resolver.asked.clear()


def proxy(check: Checks, binary: Path, root: Path) -> None:
    """Through tinyproxy."""
    if not check.is_installed("tinyproxy", shutil.which("tinyproxy") is not None):
        return
    folder = root / "proxy"
    folder.mkdir()
    authority = Authority(folder / "authority")
    authority.issue("site", NAMES)
    context = authority.context("site")
    with ExitStack() as stack:
        mcp, auth = stack.enter_context(running(Site(context))), stack.enter_context(running(Site(context)))
        mcp.origin, auth.origin = "https://mcp.test", "https://auth.test"
        mcp.issuer = auth.issuer = auth.origin
        resolver = stack.enter_context(running_resolver({"mcp.test": mcp.port, "auth.test": auth.port}))
        upstream = f'Upstream http 127.0.0.1:{resolver.port} ".test"'
        tinyproxy = stack.enter_context(running_tinyproxy(folder / "proxy", upstream))
        stage = Stage(binary, folder, authority, context, mcp, auth, resolver, tinyproxy)
        for scenario in (tunnelled, plain, literals, no_proxy, certificates):
            scenario(check, stage)
            stage.forget()
    for part in (credentials, refused, down):
        part(check, binary, folder)


def tunnelled(check: Checks, stage: Stage) -> None:
    """https: the proxy gets requests for tunnels to two hosts, and no other data; it resolves discovered names."""
    place = stage.place("tunnelled")
    applied = place.mcpauth("apply", "--yes", HTTPS_PROXY=f"http://{stage.proxy.address}")
    check("https through the proxy: exit code 0", applied.code == 0, applied.text)
    seen = stage.proxy.requests()
    check.equal("the proxy saw", set(seen), {"CONNECT mcp.test:443 HTTP/1.1", "CONNECT auth.test:443 HTTP/1.1"})
    log = stage.proxy.everything()
    for word in ("/mcp", "/register", "well-known", "client_id", "tools"):
        check(f"the proxy's log does not contain {word}", word not in log, log)
    check.equal("one registration", stage.auth.paths.count("POST /register"), 1)
    fields = {name for one in stage.mcp.requests + stage.auth.requests for name in one["headers"]}
    check.equal("no server got a header field for proxies", [name for name in fields if name.startswith("proxy-")], [])
    silent = place.mcpauth("apply", "--yes", HTTPS_PROXY=f"http://{stage.proxy.address}")
    check("the second apply: exit code 0", silent.code == 0, silent.text)
    check.equal("the second apply sends no request to the proxy", stage.proxy.requests(), [])
    other = place.mcpauth("apply", "--refresh", "--yes", https_proxy=stage.proxy.address)
    check("https_proxy in lower case, without a scheme", other.code == 0 and bool(stage.proxy.requests()), other.text)


def plain(check: Checks, stage: Stage) -> None:
    """http, which is allowed only for loopback, uses only the proxy of HTTP_PROXY."""
    with running(Site(None)) as site:
        site.origin = site.issuer = f"http://localhost:{site.port}"
        servers = {"one": {"url": site.origin + "/mcp"}}
        applied = stage.place("plain", servers).mcpauth("apply", "--yes", HTTP_PROXY=f"http://{stage.proxy.address}")
        check("http through the proxy: exit code 0", applied.code == 0, applied.text)
        seen = stage.proxy.requests()
        check(
            "http through the proxy: it saw only that host", hosts_of(seen) == {f"localhost:{site.port}"}, seen
        )
        direct = stage.place("direct", servers).mcpauth("apply", "--yes", HTTPS_PROXY=f"http://{stage.proxy.address}")
        check("http and HTTPS_PROXY: exit code 0", direct.code == 0, direct.text)
        check.equal("http and HTTPS_PROXY: no proxy is used", stage.proxy.requests(), [])


def literals(check: Checks, stage: Stage) -> None:
    """A literal address from a server is refused before any request to the proxy, in every notation."""
    for literal in LITERALS:
        stage.forget()
        stage.mcp.issuer = f"https://{literal}"
        run = stage.place(f"literal-{LITERALS.index(literal)}").mcpauth(
            "plan", HTTPS_PROXY=f"http://{stage.proxy.address}"
        )
        check(f"{literal} through the proxy: address-blocked", "address-blocked" in run.text, run.text)
        check.equal(f"{literal}: the proxy saw", set(stage.proxy.requests()), {"CONNECT mcp.test:443 HTTP/1.1"})
    stage.mcp.issuer = stage.auth.origin


def no_proxy(check: Checks, stage: Stage) -> None:
    """`NO_PROXY` by suffix, network, address and port: no proxy is used for these hosts, and mcpauth checks their addresses."""
    with running(Site(stage.context)) as site:
        for host in ("localhost", "127.0.0.1"):
            site.origin = site.issuer = f"https://{host}:{site.port}"
            cases = {
                "localhost": {
                    "localhost": True,
                    "LOCALHOST": True,
                    "127.0.0.0/8": False,
                    f"localhost:{site.port}": True,
                },
                "127.0.0.1": {
                    "127.0.0.0/8": True,
                    "127.0.0.1": True,
                    "10.0.0.0/8": False,
                    f"127.0.0.1:{site.port}": True,
                },
            }[host] | {f"{host}:1": False, "*": True, "a.example, b.example": False}
            for number, (value, is_direct) in enumerate(cases.items()):
                site.requests.clear()
                place = stage.place(f"no-proxy-{host}-{number}", {"one": {"url": site.origin + "/mcp"}})
                run = place.mcpauth("apply", "--yes", HTTPS_PROXY=f"http://{stage.proxy.address}", NO_PROXY=value)
                what = f"NO_PROXY={value.replace(str(site.port), 'PORT')} for {host}"
                check(f"{what}: exit code 0", run.code == 0, run.text)
                check.equal(f"{what}: whether the proxy is used", stage.proxy.requests() == [], is_direct)
    run = stage.place("no-proxy-name").mcpauth("plan", HTTPS_PROXY=f"http://{stage.proxy.address}", NO_PROXY=".test")
    check("a name in NO_PROXY is resolved by mcpauth", "unreachable" in run.text, run.text)
    check.equal("and the proxy gets no request for it", stage.proxy.requests(), [])


def certificates(check: Checks, stage: Stage) -> None:
    """With a tunnel, the same certificates are trusted, with the same messages: the certificate is that of the server."""
    ours, other = tls_scenarios.certificates(stage.folder / "certificates", "DNS:mcp.test")
    believed = {"network": {"ca_file": str(ours.path)}}
    for name, words in tls_scenarios.REFUSED.items():
        stage.mcp.context = (other if name == "of-another-authority" else ours).context(name)
        place = stage.place(f"certificate-{name}", **believed)
        run = place.mcpauth("plan", HTTPS_PROXY=f"http://{stage.proxy.address}")
        check(f"{name}, through the proxy: says '{words}'", run.code == 1 and words in run.text, run.text)
        check(
            f"{name}, through the proxy: the message does not name the proxy", stage.proxy.address not in run.text, run.text
        )
        check.equal(f"{name}, through the proxy: no request arrived", stage.mcp.paths, [])
    # The second connection, which reads the certificate, sends the proxy the same credentials as the first.
    upstream = f'Upstream http 127.0.0.1:{stage.resolver.port} ".test"'
    with running_tinyproxy(stage.folder / "locked", upstream, f"BasicAuth {USER} {PASSWORD}") as locked:
        stage.mcp.context = ours.context("expired")
        place = stage.place("certificate-locked", **believed)
        run = place.mcpauth("plan", HTTPS_PROXY=f"http://{USER}:{PASSWORD}@{locked.address}")
        check("expired, through a proxy with a password", tls_scenarios.REFUSED["expired"] in run.text, run.text)
        check_password(check, "expired, through a proxy with a password", run, place, PASSWORD)
    stage.mcp.context = stage.context


def on_loopback(
    check: Checks, binary: Path, folder: Path, *settings: str, body: Callable[[Tinyproxy, Site, Place], None]
) -> None:
    """tinyproxy with these settings, and an http server that it can reach by itself."""
    with running_tinyproxy(folder / "proxy", *settings) as tinyproxy, running(Site(None)) as site:
        site.origin = site.issuer = f"http://localhost:{site.port}"
        place = Place(binary, folder / "inventory")
        place.write_inventory({"one": {"url": site.origin + "/mcp"}})
        body(tinyproxy, site, place)


def credentials(check: Checks, binary: Path, folder: Path) -> None:
    """Name and password of the proxy's URL: used, but not shown, not stored, and not sent to any server."""
    hard = "p@ss:w%rd/#?"
    accounts = {USER: PASSWORD, "other": "Pa55word-with-no-trick"}
    lines = [f"BasicAuth {user} {password}" for user, password in accounts.items()]

    def body(tinyproxy: Tinyproxy, site: Site, place: Place) -> None:
        for user, password in [("", ""), (USER, "wrong-" + PASSWORD), (USER, hard)]:
            given = f"{user}:{quote(password, safe='')}@" if user else ""
            for arguments in (("apply", "--yes"), ("plan", "--format", "json"), ("plan", "--verbose")):
                run = place.mcpauth(*arguments, HTTP_PROXY=f"http://{given}{tinyproxy.address}")
                what = f"{user or 'nobody'}, {' '.join(arguments)}"
                check.equal(f"{what}: exit code", run.code, 1)
                # tinyproxy answers wrong credentials with 401, and mcpauth's error description does not get the status.
                wanted = (
                    "refused the connection, or the user name and password"
                    if user
                    else "wants a user name and password"
                )
                check(f"{what}: says so", f"the proxy {tinyproxy.address} {wanted}" in run.text, run.text)
                check_password(check, what, run, place, password)
        check.equal("refused by the proxy: no request arrived", site.paths, [])
        for user, password in accounts.items():
            run = place.mcpauth(
                "apply", "--refresh", "--yes", HTTP_PROXY=f"http://{user}:{password}@{tinyproxy.address}"
            )
            check(f"{user}: exit code 0", run.code == 0, run.text)
            check_password(check, user, run, place, password)
        told = json.dumps(site.requests)
        check("no server received the password", all(one not in told for one in accounts.values()), told)
        check("no server got a header field for proxies", "proxy-authorization" not in told, told)

    on_loopback(check, binary, folder / "credentials", *lines, body=body)


def check_password(check: Checks, what: str, run: Outcome, place: Place, password: str) -> None:
    if not password:
        return
    forms = [password, quote(password, safe="")]
    files = b"\n".join(place.snapshot().values()).decode(errors="replace")
    check(f"{what}: no password in the output", not any(form in run.text for form in forms), run.text)
    check(f"{what}: no password in a file", not any(form in files for form in forms), files)


def refused(check: Checks, binary: Path, folder: Path) -> None:
    """A proxy that refuses the host or its port: the message names the proxy, and no request arrives."""
    (folder / "refused").mkdir()
    denied = folder / "refused" / "filter"
    denied.write_text("localhost\n", encoding="utf-8")

    def body(tinyproxy: Tinyproxy, site: Site, place: Place) -> None:
        run = place.mcpauth("apply", "--yes", HTTP_PROXY=f"http://{tinyproxy.address}")
        check.equal("refused by the proxy: exit code", run.code, 1)
        said = f"the proxy {tinyproxy.address} refused the connection"
        check("refused by the proxy: says so", said in run.text and "unreachable" in run.text, run.text)
        check.equal("refused by the proxy: no request arrived", site.connections, 0)

    on_loopback(check, binary, folder / "refused" / "by-filter", f'Filter "{denied}"', body=body)
    on_loopback(check, binary, folder / "refused" / "by-port", "ConnectPort 443", body=body)


def down(check: Checks, binary: Path, folder: Path) -> None:
    """A proxy that is not running: the message names it without its password, and no direct connection is made."""
    with running(Site(None)) as site:
        place = Place(binary, folder / "down")
        place.write_inventory({"one": {"url": f"http://localhost:{site.port}/mcp"}})
        address = f"127.0.0.1:{free_port()}"
        run = place.mcpauth("apply", "--yes", HTTP_PROXY=f"http://{USER}:{PASSWORD}@{address}")
        check.equal("proxy down: exit code", run.code, 1)
        check("proxy down: unreachable", "unreachable" in run.text, run.text)
        check("proxy down: it is named", f"the proxy {address}: connection refused" in run.text, run.text)
        check_password(check, "proxy down", run, place, PASSWORD)
        check.equal("proxy down: no direct connection", site.connections, 0)
        broken = place.mcpauth("plan", HTTP_PROXY=f"socks5://{USER}:{PASSWORD}@{address}")
        check("a proxy of another kind: invalid-value", "invalid-value" in broken.text, broken.text)
        check_password(check, "a proxy of another kind", broken, place, PASSWORD)


def hosts_of(requests: list[str]) -> set[str]:
    """Host and port of each request: mcpauth also uses tunnels for http servers."""
    return {request.split()[1] for request in requests}
