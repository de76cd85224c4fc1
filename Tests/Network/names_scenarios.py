"""Names by a name server of our own (Discovery#Addresses): one that turns to loopback between the check and the connect.

Runs in namespaces of its own, where `/etc/resolv.conf` names our server, and nothing outside can be reached or disturbed.
Where the machine permits no namespaces it is skipped, with a line that says so.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from authority import Authority
from name_server import NameServer, running_name_server
from web_site import Site, running
from world import Report, World

NAME_SERVER = "127.0.0.77"
PUBLIC = "93.184.216.34"
# As long as a connection is waited for: what is blocked must not take it.
CONNECT_SECONDS = 5
UNSHARE = (("unshare", "--mount", "--net"), ("unshare", "--user", "--map-root-user", "--mount", "--net"))
FILES = {
    "/etc/resolv.conf": f"nameserver {NAME_SERVER}\noptions attempts:1 timeout:2\n",
    "/etc/nsswitch.conf": "hosts: files dns\n",
}


def names(report: Report, binary: Path, folder: Path) -> None:
    """Starts `inside` in its namespaces, and takes over its counts."""
    entry = next((one for one in UNSHARE if is_permitted(one)), None)
    if entry is None:
        print("  skipped: this machine permits no namespaces of mount points and networks")
        return
    inner = [sys.executable, str(Path(__file__).resolve().parent / "run_network.py"), "--mcpauth", str(binary)]
    finished = subprocess.run(
        [*entry, *inner, "--inside", str(folder)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    *lines, closing = finished.stdout.splitlines() or [""]
    print("\n".join(lines))
    words = closing.split()
    if len(words) != 4 or not words[0].isdigit():
        report.check("the part with names ran to its end", False, finished.stdout + finished.stderr)
        return
    report.passed += int(words[0])
    report.failed += int(words[2])


def is_permitted(entry: tuple[str, ...]) -> bool:
    try:
        tried = subprocess.run([*entry, "mount", "--bind", "/etc", "/etc"], capture_output=True, check=False)
    except OSError:
        return False
    return tried.returncode == 0


def inside(report: Report, binary: Path, folder: Path) -> None:
    bring_loopback_up()
    for path, text in FILES.items():
        replacement = folder / Path(path).name
        replacement.write_text(text, encoding="utf-8")
        if os.path.exists(path):
            subprocess.run(["mount", "--bind", str(replacement), path], check=True)
    authority = Authority(folder / "authority")
    authority.issue("site", "DNS:mcp.test,DNS:auth.test,DNS:*.auth.test")
    context = authority.context("site")
    table = {
        "mcp.test": ["127.0.0.1"],
        "rebind.auth.test": [PUBLIC, "127.0.0.1"],
        "private.auth.test": ["10.255.255.1"],
        "metadata.auth.test": ["169.254.169.254"],
        "loopback.auth.test": ["127.0.0.1"],
    }
    with ExitStack() as stack:
        server = stack.enter_context(running_name_server(NAME_SERVER, table))
        mcp, auth = stack.enter_context(running(Site(context))), stack.enter_context(running(Site(context)))
        mcp.origin = f"https://mcp.test:{mcp.port}"
        stage = Stage(binary, folder, authority, server, mcp, auth)
        stage.rebinding(report)
        stage.blocked(report)
        stage.allowed(report)
        stage.unknown(report)


class Stage:
    """`mcp.test`, which the inventory wrote, so that it may lead to loopback, and an authorization server that may not."""

    def __init__(
        self, binary: Path, folder: Path, authority: Authority, names: NameServer, mcp: Site, auth: Site
    ) -> None:
        self.binary, self.folder, self.authority = binary, folder, authority
        self.names, self.mcp, self.auth = names, mcp, auth

    def world(self, name: str, issuer_host: str, **network: Any) -> World:
        """An inventory whose server names `issuer_host` as its authorization server."""
        self.auth.origin = self.auth.issuer = self.mcp.issuer = f"https://{issuer_host}:{self.auth.port}"
        self.auth.requests.clear()
        self.auth.connections = 0
        self.names.asked.clear()
        world = World(self.binary, self.folder / name)
        world.write_inventory(
            {"one": {"url": self.mcp.origin + "/mcp"}}, network={"ca_file": str(self.authority.path), **network}
        )
        return world

    def rebinding(self, report: Report) -> None:
        """Public at the check, loopback at the connect: the connection is made, and not a byte of HTTP is sent on it."""
        run = self.world("rebinding", "rebind.auth.test").mcpauth("apply", "--yes")
        asked = self.names.asked.count("rebind.auth.test")
        report.check("rebinding: the name was asked for a second time", asked >= 2, self.names.asked)
        report.equal("rebinding: exit code", run.code, 1)
        report.check("rebinding: address-blocked", "address-blocked" in run.text, run.text)
        words = "the connection leads to 127.0.0.1, a loopback address, though its name did not"
        report.check("rebinding: says what happened", words in run.text, run.text)
        report.check("rebinding: the listener was reached", self.auth.connections > 0, self.auth.connections)
        report.equal("rebinding: and no byte of HTTP came", self.auth.requests, [])

    def blocked(self, report: Report) -> None:
        """Names of private addresses are refused at once, without a connection, and never tried again."""
        for name, address in {
            "private": "10.255.255.1",
            "metadata": "169.254.169.254",
            "loopback": "127.0.0.1",
        }.items():
            world = self.world(f"blocked-{name}", f"{name}.auth.test")
            before = time.monotonic()
            run = world.mcpauth("plan")
            took = time.monotonic() - before
            said = f"{name}.auth.test resolves to {address}" in run.text and "address-blocked" in run.text
            report.check(f"a name for {address}: address-blocked", run.code == 1 and said, run.text)
            report.check(f"a name for {address}: at once, not at the connect deadline", took < CONNECT_SECONDS, took)
            report.equal(f"a name for {address}: no connection", self.auth.connections, 0)
            report.equal(f"a name for {address}: asked for once", self.names.asked.count(f"{name}.auth.test"), 1)

    def allowed(self, report: Report) -> None:
        """What `network.allow_private` names, or the network it is in, may be asked."""
        for number, entry in enumerate(["loopback.auth.test", "127.0.0.0/8"]):
            run = self.world(f"allowed-{number}", "loopback.auth.test", allow_private=[entry]).mcpauth("apply", "--yes")
            report.check(f"allow_private {entry}: exit code 0", run.code == 0, run.text)
            report.equal(f"allow_private {entry}: one registration", self.auth.paths.count("POST /register"), 1)

    def unknown(self, report: Report) -> None:
        """A name that nobody knows is unreachable, which changes nothing and may be tried again."""
        run = self.world("unknown", "unknown.auth.test").mcpauth("plan")
        said = "unreachable" in run.text and "cannot be resolved" in run.text
        report.check("a name that nobody knows: unreachable", run.code == 1 and said, run.text)


def bring_loopback_up() -> None:
    """A new network has a loopback interface that is down (`SIOCSIFFLAGS`, netdevice(7))."""
    up, set_flags = 0x1, 0x8914
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, set_flags, struct.pack("16sh14x", b"lo", up))
