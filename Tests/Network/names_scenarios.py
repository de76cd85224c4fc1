"""Names from a test name server (Discovery#Addresses): one changes to loopback between the check and the connection.

Runs in new namespaces, in which `/etc/resolv.conf` names the test server, and nothing outside can be reached or changed.
If the machine permits no namespaces, it is skipped, with a line that says so.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from authority import Authority
from name_server import NameServer, running_name_server
from web_site import Site, running
from support import Checks, Place, end, environment, wait_until

NAME_SERVER = "127.0.0.77"
PUBLIC = "93.184.216.34"
UNSHARE = (("unshare", "--mount", "--net"), ("unshare", "--user", "--map-root-user", "--mount", "--net"))
FILES = {
    "/etc/resolv.conf": f"nameserver {NAME_SERVER}\noptions attempts:1 timeout:2\n",
    "/etc/nsswitch.conf": "hosts: files dns\n",
}


def names(check: Checks, binary: Path, root: Path) -> None:
    """Names whose addresses change: starts `inside` in new namespaces, and adds its counts."""
    folder = root / "names"
    folder.mkdir()
    entry = next((one for one in UNSHARE if is_permitted(one)), None)
    if entry is None:
        print("skip names: this machine does not permit namespaces of mounts and networks")
        return
    inner = [sys.executable, str(Path(__file__).resolve().parent / "run_network.py"), "--bin", str(binary.parent)]
    finished = subprocess.run(
        [*entry, *inner, "--inside", str(folder)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    *lines, closing = finished.stdout.splitlines() or [""]
    print("\n".join(lines))
    words = closing.split()
    if len(words) != 4 or not words[0].isdigit():
        check("the part with names ran to its end", False, finished.stdout + finished.stderr)
        return
    check.passed += int(words[0])
    check.failed += int(words[2])


def is_permitted(entry: tuple[str, ...]) -> bool:
    try:
        tried = subprocess.run([*entry, "mount", "--bind", "/etc", "/etc"], capture_output=True, check=False)
    except OSError:
        return False
    return tried.returncode == 0


def inside(check: Checks, binary: Path, folder: Path) -> None:
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
        stage.rebinding(check)
        stage.blocked(check)
        stage.allowed(check)
        stage.unknown(check)
        # The longest wait that the resolver of glibc has.
        (folder / "resolv.conf").write_text(f"nameserver {NAME_SERVER}\noptions attempts:1 timeout:30\n", encoding="utf-8")
        stage.unanswered(check)


class Stage:
    """`mcp.test`, which is in the inventory and may have a loopback address, and an authorization server that may not."""

    def __init__(
        self, binary: Path, folder: Path, authority: Authority, names: NameServer, mcp: Site, auth: Site
    ) -> None:
        self.binary, self.folder, self.authority = binary, folder, authority
        self.names, self.mcp, self.auth = names, mcp, auth

    def place(self, name: str, issuer_host: str, **network: Any) -> Place:
        """An inventory whose server names `issuer_host` as its authorization server."""
        self.auth.origin = self.auth.issuer = self.mcp.issuer = f"https://{issuer_host}:{self.auth.port}"
        self.auth.requests.clear()
        self.auth.connections = 0
        self.names.asked.clear()
        place = Place(self.binary, self.folder / name)
        place.write_inventory(
            {"one": {"url": self.mcp.origin + "/mcp"}}, network={"ca_file": str(self.authority.path), **network}
        )
        return place

    def rebinding(self, check: Checks) -> None:
        """Public at the check, loopback at the connection: the connection is made, but no byte of HTTP is sent on it."""
        run = self.place("rebinding", "rebind.auth.test").mcpauth("apply", "--yes")
        asked = self.names.asked.count("rebind.auth.test")
        check("rebinding: the name was resolved a second time", asked >= 2, self.names.asked)
        check.equal("rebinding: exit code", run.code, 1)
        check("rebinding: address-blocked", "address-blocked" in run.text, run.text)
        words = "the connection leads to 127.0.0.1, a loopback address, though its name did not"
        check("rebinding: says what happened", words in run.text, run.text)
        check("rebinding: the listener was reached", self.auth.connections > 0, self.auth.connections)
        check.equal("rebinding: no byte of HTTP arrived", self.auth.requests, [])

    def blocked(self, check: Checks) -> None:
        """Names with private addresses are refused immediately, without a connection, and never tried again."""
        for name, address in {
            "private": "10.255.255.1",
            "metadata": "169.254.169.254",
            "loopback": "127.0.0.1",
        }.items():
            place = self.place(f"blocked-{name}", f"{name}.auth.test")
            run = place.mcpauth("plan")
            said = f"{name}.auth.test resolves to {address}" in run.text and "address-blocked" in run.text
            check(f"a name for {address}: address-blocked", run.code == 1 and said, run.text)
            check.equal(f"a name for {address}: no connection", self.auth.connections, 0)
            check.equal(f"a name for {address}: resolved once", self.names.asked.count(f"{name}.auth.test"), 1)

    def allowed(self, check: Checks) -> None:
        """An address that `network.allow_private` names, or whose network it names, is allowed."""
        for number, entry in enumerate(["loopback.auth.test", "127.0.0.0/8"]):
            run = self.place(f"allowed-{number}", "loopback.auth.test", allow_private=[entry]).mcpauth("apply", "--yes")
            check(f"allow_private {entry}: exit code 0", run.code == 0, run.text)
            check.equal(f"allow_private {entry}: one registration", self.auth.paths.count("POST /register"), 1)

    def unknown(self, check: Checks) -> None:
        """An unknown name is unreachable, which changes nothing and may be tried again."""
        run = self.place("unknown", "unknown.auth.test").mcpauth("plan")
        said = "unreachable" in run.text and "cannot be resolved" in run.text
        check("an unknown name: unreachable", run.code == 1 and said, run.text)

    def unanswered(self, check: Checks) -> None:
        """Names that no name server answers do not wait for each other, and no server with another name waits for them."""
        silent = {f"silent-{number}": f"https://mcp-{number}.silent.test/mcp" for number in range(40)}
        place = self.place("unanswered", "loopback.auth.test")
        place.write_inventory(
            silent | {"one": self.mcp.origin + "/mcp"},
            network={"ca_file": str(self.authority.path), "allow_private": ["127.0.0.0/8"]},
        )
        self.names.unanswered.clear()
        self.mcp.requests.clear()
        # Each name is asked for at least 30 seconds, so all of them are waited for at the same time.
        process = subprocess.Popen(
            [self.binary, "plan", "--parallelism", "64"], cwd=place.folder, env=environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            wait_until("all names are asked", lambda: len(self.names.unanswered) == len(silent), limit=25)
            check("names without an answer: all are asked at the same time", process.poll() is None)
            wait_until("the server with a name that is found is asked", lambda: self.mcp.requests, limit=25)
            check("names without an answer: another server is asked", process.poll() is None)
        except AssertionError as problem:
            check("names without an answer do not wait for each other", False, f"{problem}: {len(self.names.unanswered)} names")
        finally:
            end(process)


def bring_loopback_up() -> None:
    """Starts the loopback interface, which is down in a new network (`SIOCSIFFLAGS`, netdevice(7))."""
    up, set_flags = 0x1, 0x8914
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, set_flags, struct.pack("16sh14x", b"lo", up))
