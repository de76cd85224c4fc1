"""Through tinyproxy (InventoryReference#Network, Discovery#Addresses Addresses): what it sees, what it judges, what goes past it, how it fails."""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import tls_scenarios
from authority import Authority
from tinyproxy_server import Resolving, Tinyproxy, free_port, is_installed, running_resolver, running_tinyproxy
from web_site import Site, running
from world import Report, Run, World

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

    def world(self, name: str, servers: dict[str, dict[str, Any]] | None = None, **blocks: Any) -> World:
        world = World(self.binary, self.folder / name)
        blocks.setdefault("network", {"ca_file": str(self.authority.path)})
        world.write_inventory(servers or {"one": {"url": "https://mcp.test/mcp"}}, **blocks)
        return world

    def forget(self) -> None:
        self.proxy.requests()
        for site in (self.mcp, self.auth):
            site.requests.clear()
            site.connections = 0
        self.resolver.asked.clear()


def proxy(report: Report, binary: Path, folder: Path) -> None:
    if not is_installed():
        if os.environ.get("CI"):
            report.check("tinyproxy is installed", False, "with CI set it has to be there")
        else:
            print("  skipped, for tinyproxy is not installed")
        return
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
            scenario(report, stage)
            stage.forget()
    for part in (credentials, refused, down):
        part(report, binary, folder)


def tunnelled(report: Report, stage: Stage) -> None:
    """https: the proxy is asked for tunnels to two hosts, and learns nothing else; discovered names are its to judge."""
    world = stage.world("tunnelled")
    applied = world.mcpauth("apply", "--yes", HTTPS_PROXY=f"http://{stage.proxy.address}")
    report.check("https through the proxy: exit code 0", applied.code == 0, applied.text)
    seen = stage.proxy.requests()
    report.equal("the proxy saw", set(seen), {"CONNECT mcp.test:443 HTTP/1.1", "CONNECT auth.test:443 HTTP/1.1"})
    log = stage.proxy.everything()
    for word in ("/mcp", "/register", "well-known", "client_id", "tools"):
        report.check(f"the proxy's log has nothing of {word}", word not in log, log)
    report.equal("one registration", stage.auth.paths.count("POST /register"), 1)
    fields = {name for one in stage.mcp.requests + stage.auth.requests for name in one["headers"]}
    report.equal("no server got a field for proxies", [name for name in fields if name.startswith("proxy-")], [])
    silent = world.mcpauth("apply", "--yes", HTTPS_PROXY=f"http://{stage.proxy.address}")
    report.check("the second apply: exit code 0", silent.code == 0, silent.text)
    report.equal("the second apply asks the proxy nothing", stage.proxy.requests(), [])
    other = world.mcpauth("apply", "--refresh", "--yes", https_proxy=stage.proxy.address)
    report.check("lower case, and without a scheme", other.code == 0 and bool(stage.proxy.requests()), other.text)


def plain(report: Report, stage: Stage) -> None:
    """http, which loopback alone may have, goes through the proxy of its own variable, and through no other."""
    with running(Site(None)) as site:
        site.origin = site.issuer = f"http://localhost:{site.port}"
        servers = {"one": {"url": site.origin + "/mcp"}}
        applied = stage.world("plain", servers).mcpauth("apply", "--yes", HTTP_PROXY=f"http://{stage.proxy.address}")
        report.check("http through the proxy: exit code 0", applied.code == 0, applied.text)
        seen = stage.proxy.requests()
        report.check(
            "http through the proxy: it saw that host alone", hosts_of(seen) == {f"localhost:{site.port}"}, seen
        )
        direct = stage.world("direct", servers).mcpauth("apply", "--yes", HTTPS_PROXY=f"http://{stage.proxy.address}")
        report.check("http and HTTPS_PROXY: exit code 0", direct.code == 0, direct.text)
        report.equal("http and HTTPS_PROXY: past the proxy", stage.proxy.requests(), [])


def literals(report: Report, stage: Stage) -> None:
    """What a server names as an address is refused before the proxy hears of it, however it is spelt."""
    for literal in LITERALS:
        stage.forget()
        stage.mcp.issuer = f"https://{literal}"
        run = stage.world(f"literal-{LITERALS.index(literal)}").mcpauth(
            "plan", HTTPS_PROXY=f"http://{stage.proxy.address}"
        )
        report.check(f"{literal} through the proxy: address-blocked", "address-blocked" in run.text, run.text)
        report.equal(f"{literal}: the proxy saw", set(stage.proxy.requests()), {"CONNECT mcp.test:443 HTTP/1.1"})
    stage.mcp.issuer = stage.auth.origin


def no_proxy(report: Report, stage: Stage) -> None:
    """`NO_PROXY` by suffix, network, address and port: those go straight, and are judged here."""
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
                world = stage.world(f"no-proxy-{host}-{number}", {"one": {"url": site.origin + "/mcp"}})
                run = world.mcpauth("apply", "--yes", HTTPS_PROXY=f"http://{stage.proxy.address}", NO_PROXY=value)
                what = f"NO_PROXY={value.replace(str(site.port), 'PORT')} for {host}"
                report.check(f"{what}: exit code 0", run.code == 0, run.text)
                report.equal(f"{what}: past the proxy", stage.proxy.requests() == [], is_direct)
    run = stage.world("no-proxy-name").mcpauth("plan", HTTPS_PROXY=f"http://{stage.proxy.address}", NO_PROXY=".test")
    report.check("a name that NO_PROXY keeps from the proxy is resolved here", "unreachable" in run.text, run.text)
    report.equal("and the proxy is not asked for it", stage.proxy.requests(), [])


def certificates(report: Report, stage: Stage) -> None:
    """A tunnel changes nothing of whom is believed, nor of what is said: the certificate is the server's."""
    ours, other = tls_scenarios.certificates(stage.folder / "certificates", "DNS:mcp.test")
    believed = {"network": {"ca_file": str(ours.path)}}
    for name, words in tls_scenarios.REFUSED.items():
        stage.mcp.context = (other if name == "of-another-authority" else ours).context(name)
        world = stage.world(f"certificate-{name}", **believed)
        run = world.mcpauth("plan", HTTPS_PROXY=f"http://{stage.proxy.address}")
        report.check(f"{name}, through the proxy: says '{words}'", run.code == 1 and words in run.text, run.text)
        report.check(
            f"{name}, through the proxy: not a word of the proxy", stage.proxy.address not in run.text, run.text
        )
        report.equal(f"{name}, through the proxy: no request arrived", stage.mcp.paths, [])
    # The second look at the certificate shows the proxy the same credentials as the first.
    upstream = f'Upstream http 127.0.0.1:{stage.resolver.port} ".test"'
    with running_tinyproxy(stage.folder / "locked", upstream, f"BasicAuth {USER} {PASSWORD}") as locked:
        stage.mcp.context = ours.context("expired")
        world = stage.world("certificate-locked", **believed)
        run = world.mcpauth("plan", HTTPS_PROXY=f"http://{USER}:{PASSWORD}@{locked.address}")
        report.check("expired, through a proxy with a password", tls_scenarios.REFUSED["expired"] in run.text, run.text)
        check_password(report, "expired, through a proxy with a password", run, world, PASSWORD)
    stage.mcp.context = stage.context


def on_loopback(
    report: Report, binary: Path, folder: Path, *settings: str, body: Callable[[Tinyproxy, Site, World], None]
) -> None:
    """tinyproxy with these settings, and an http server that it can reach by itself."""
    with running_tinyproxy(folder / "proxy", *settings) as tinyproxy, running(Site(None)) as site:
        site.origin = site.issuer = f"http://localhost:{site.port}"
        world = World(binary, folder / "inventory")
        world.write_inventory({"one": {"url": site.origin + "/mcp"}})
        body(tinyproxy, site, world)


def credentials(report: Report, binary: Path, folder: Path) -> None:
    """Name and password of the proxy's URL: used, shown nowhere, kept nowhere, and told to nobody else."""
    hard = "p@ss:w%rd/#?"
    accounts = {USER: PASSWORD, "other": "Pa55word-with-no-trick"}
    lines = [f"BasicAuth {user} {password}" for user, password in accounts.items()]

    def body(tinyproxy: Tinyproxy, site: Site, world: World) -> None:
        for user, password in [("", ""), (USER, "wrong-" + PASSWORD), (USER, hard)]:
            given = f"{user}:{quote(password, safe='')}@" if user else ""
            for arguments in (("apply", "--yes"), ("plan", "--format", "json"), ("plan", "--verbose")):
                run = world.mcpauth(*arguments, HTTP_PROXY=f"http://{given}{tinyproxy.address}")
                what = f"{user or 'nobody'}, {' '.join(arguments)}"
                report.equal(f"{what}: exit code", run.code, 1)
                # To wrong ones tinyproxy says 401, and of the status nothing is left when the failure is described.
                wanted = (
                    "refused the connection, or the user name and password"
                    if user
                    else "wants a user name and password"
                )
                report.check(f"{what}: says so", f"the proxy {tinyproxy.address} {wanted}" in run.text, run.text)
                check_password(report, what, run, world, password)
        report.equal("refused by the proxy: no request arrived", site.paths, [])
        for user, password in accounts.items():
            run = world.mcpauth(
                "apply", "--refresh", "--yes", HTTP_PROXY=f"http://{user}:{password}@{tinyproxy.address}"
            )
            report.check(f"{user}: exit code 0", run.code == 0, run.text)
            check_password(report, user, run, world, password)
        told = json.dumps(site.requests)
        report.check("no server was told the password", all(one not in told for one in accounts.values()), told)
        report.check("no server got a field for proxies", "proxy-authorization" not in told, told)

    on_loopback(report, binary, folder / "credentials", *lines, body=body)


def check_password(report: Report, what: str, run: Run, world: World, password: str) -> None:
    if not password:
        return
    forms = [password, quote(password, safe="")]
    files = b"\n".join(world.snapshot().values()).decode(errors="replace")
    report.check(f"{what}: no password in the output", not any(form in run.text for form in forms), run.text)
    report.check(f"{what}: no password in a file", not any(form in files for form in forms), files)


def refused(report: Report, binary: Path, folder: Path) -> None:
    """A proxy that refuses the host, or its port: said of the proxy, and nothing was sent."""
    (folder / "refused").mkdir()
    denied = folder / "refused" / "filter"
    denied.write_text("localhost\n", encoding="utf-8")

    def body(tinyproxy: Tinyproxy, site: Site, world: World) -> None:
        run = world.mcpauth("apply", "--yes", HTTP_PROXY=f"http://{tinyproxy.address}")
        report.equal("refused by the proxy: exit code", run.code, 1)
        said = f"the proxy {tinyproxy.address} refused the connection"
        report.check("refused by the proxy: says so", said in run.text and "unreachable" in run.text, run.text)
        report.equal("refused by the proxy: no request arrived", site.connections, 0)

    on_loopback(report, binary, folder / "refused" / "by-filter", f'Filter "{denied}"', body=body)
    on_loopback(report, binary, folder / "refused" / "by-port", "ConnectPort 443", body=body)


def down(report: Report, binary: Path, folder: Path) -> None:
    """No proxy where one should be: named, without its password, soon, and no way round it."""
    with running(Site(None)) as site:
        world = World(binary, folder / "down")
        world.write_inventory({"one": {"url": f"http://localhost:{site.port}/mcp"}})
        address = f"127.0.0.1:{free_port()}"
        run = world.mcpauth("apply", "--yes", HTTP_PROXY=f"http://{USER}:{PASSWORD}@{address}")
        report.equal("proxy down: exit code", run.code, 1)
        report.check("proxy down: unreachable", "unreachable" in run.text, run.text)
        report.check("proxy down: it is named", f"the proxy {address}: connection refused" in run.text, run.text)
        check_password(report, "proxy down", run, world, PASSWORD)
        report.equal("proxy down: nothing went past it", site.connections, 0)
        broken = world.mcpauth("plan", HTTP_PROXY=f"socks5://{USER}:{PASSWORD}@{address}")
        report.check("a proxy of another kind: invalid-value", "invalid-value" in broken.text, broken.text)
        check_password(report, "a proxy of another kind", broken, world, PASSWORD)


def hosts_of(requests: list[str]) -> set[str]:
    """Host and port of each: mcpauth asks for a tunnel to http servers as well."""
    return {request.split()[1] for request in requests}
