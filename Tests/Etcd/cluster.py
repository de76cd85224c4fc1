#!/usr/bin/env python3
"""A real etcd cluster on loopback, whose members can be killed, restarted and cut off from each other.

    python3 Tests/Etcd/cluster.py --self-test

Needs the Debian package etcd-server, installed or unpacked by `Tests/run etcd`, and openssl for TLS. Other scripts use
`Cluster`. The self-test ends with `N passed, N failed`.

The members reach each other through proxies of this script. A proxy finds out which member opened a connection from the
process that owns the socket, so that one member can be cut off while the others go on.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import ROOT, Checks, end, environment, free_port, run, run_cases, scratch, wait_until

# Seconds that one request may take, and one that asks whether a member answers.
PATIENCE = 5
HEALTH_PATIENCE = 2
ROOT_PASSWORD = "root-password"


# Of linux/netlink.h and linux/sock_diag.h.
NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY = 4, 20
# As Tests/run unpacks it.
UNPACKED = ROOT / ".build" / "unpacked" / "etcd" / "usr" / "bin" / "etcd"


def program() -> str | None:
    """The path of etcd."""
    return shutil.which("etcd") or (str(UNPACKED) if UNPACKED.exists() else None)


def is_installed(check: Checks) -> bool:
    """Whether the tests can run. Prints what is missing."""
    found = {"etcd": program(), "openssl": shutil.which("openssl")}
    return all([check.is_installed(name, path is not None) for name, path in found.items()])


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def decoded(text: str) -> str:
    return base64.b64decode(text).decode()


class Links:
    """Proxies in front of the members' peer ports."""

    def __init__(self) -> None:
        self.owners: dict[str, int] = {}
        self.cut: set[str] = set()
        self.connections: set[tuple[str, str, asyncio.StreamWriter]] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def open(self, member: str, port: int) -> int:
        """Begins to serve connections to a member's peer port, and returns the port of the proxy."""

        async def serve() -> int:
            def accept(*both: Any) -> None:
                task = self.loop.create_task(self.carry(member, port, *both))
                self.tasks.add(task)
                task.add_done_callback(self.tasks.discard)

            server = await asyncio.start_server(accept, "127.0.0.1", 0)
            return int(server.sockets[0].getsockname()[1])

        return asyncio.run_coroutine_threadsafe(serve(), self.loop).result()

    def set_cut(self, members: set[str]) -> None:
        """Cuts these members off from every other one; all others are connected."""

        async def change() -> None:
            self.cut = set(members)
            for source, member, writer in list(self.connections):
                if self.is_cut(source, member):
                    writer.close()

        asyncio.run_coroutine_threadsafe(change(), self.loop).result()

    def close(self) -> None:
        async def end_all() -> None:
            tasks = list(self.tasks)
            for one in tasks:
                one.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end_all(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def is_cut(self, one: str, other: str) -> bool:
        return one in self.cut or other in self.cut

    async def carry(self, member: str, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        source = self.owner(writer.get_extra_info("peername"), writer.get_extra_info("sockname"))
        far = None
        held = {(source, member, writer)}
        self.connections |= held
        try:
            if not self.is_cut(source, member):
                far_reader, far = await asyncio.open_connection("127.0.0.1", port)
                held.add((source, member, far))
                self.connections |= held
                await asyncio.gather(pump(reader, far), pump(far_reader, writer), return_exceptions=True)
        except OSError:
            pass  # the member is down, or the connection was cut: both sides are closed below
        finally:
            self.connections -= held
            for one in (writer, far):
                if one:
                    one.close()

    def owner(self, local: tuple[str, int], remote: tuple[str, int]) -> str:
        """The member whose process has the connection with these ends; empty if it is gone already."""
        inode = socket_inode(local, remote)
        return next((member for member, process in list(self.owners.items()) if has_socket(process, inode)), "")


def socket_inode(local: tuple[str, int], remote: tuple[str, int]) -> int:
    """The inode of a connection, from the kernel (sock_diag(7)). /proc/net/tcp has it too, among all others."""
    ends = struct.pack("!HH4s12x4s12x", local[1], remote[1], socket.inet_aton(local[0]), socket.inet_aton(remote[0]))
    # Family, protocol, and all states; any interface, and no cookie.
    request = struct.pack("=BBBxI", socket.AF_INET, socket.IPPROTO_TCP, 0, 0xFFFFFFFF) + ends
    request += struct.pack("=III", 0, 0xFFFFFFFF, 0xFFFFFFFF)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG) as kernel:
        kernel.send(struct.pack("=IHHII", 16 + len(request), SOCK_DIAG_BY_FAMILY, 1, 0, 0) + request)
        answer = kernel.recv(4096)
    kind = struct.unpack_from("=H", answer, 4)[0]
    # Its last member, after the ends of the connection. Another kind is an error: there is no such connection.
    return int(struct.unpack_from("=I", answer, 16 + 4 + 48 + 16)[0]) if kind == SOCK_DIAG_BY_FAMILY else 0


def has_socket(process: int, inode: int) -> bool:
    try:
        return any(os.readlink(one.path) == f"socket:[{inode}]" for one in os.scandir(f"/proc/{process}/fd"))
    except OSError:
        return False  # the process ended, or closed a file while the folder was read


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copies bytes until one side closes. Then the other side is closed too."""
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


class Member:
    """One member: its ports, its folder, and its process while it runs."""

    def __init__(self, name: str, folder: Path, scheme: str) -> None:
        self.name, self.folder = name, folder
        self.client, self.peer = free_port(), free_port()
        self.address = f"{scheme}://127.0.0.1:{self.client}"
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True)


class Cluster:
    """Members of one cluster. `tls`: clients need a certificate of the cluster's own authority. `token_ttl`: the seconds
    after which the token of a user lapses, if it is not used."""

    def __init__(self, folder: Path, size: int = 3, tls: bool = False, token_ttl: int = 300) -> None:
        self.folder = folder
        self.token_ttl = token_ttl
        self.tls = certificates(folder / "tls") if tls else None
        self.token = ""
        self.user: dict[str, str] = {}
        self.links = Links()
        scheme = "https" if tls else "http"
        self.members = [Member(f"m{number}", folder / f"m{number}", scheme) for number in range(1, size + 1)]
        self.peers = {one.name: f"http://127.0.0.1:{self.links.open(one.name, one.peer)}" for one in self.members}
        try:
            for one in self.members:
                self.start(one)
            self.wait_healthy()
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def endpoints(self) -> list[str]:
        return [one.address for one in self.members]

    @property
    def running(self) -> list[Member]:
        return [one for one in self.members if one.process]

    # Members

    def start(self, member: Member) -> None:
        words = [
            program() or "etcd", "--name", member.name, "--data-dir", str(member.folder / "data"),
            "--listen-client-urls", member.address, "--advertise-client-urls", member.address,
            "--listen-peer-urls", f"http://127.0.0.1:{member.peer}",
            "--initial-advertise-peer-urls", self.peers[member.name], "--initial-cluster",
            ",".join(f"{name}={address}" for name, address in self.peers.items()), "--initial-cluster-token", self.folder.name,
            "--auth-token-ttl", str(self.token_ttl), "--bcrypt-cost", "4", "--logger", "zap", "--log-level", "warn",
        ]  # fmt: skip
        if self.tls:
            words += [
                "--cert-file", str(self.tls / "server.pem"), "--key-file", str(self.tls / "server-key.pem"),
                "--client-cert-auth", "--trusted-ca-file", str(self.tls / "ca.pem"),
            ]  # fmt: skip
        with (member.folder / "log").open("ab") as log:
            member.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment())
        self.links.owners[member.name] = member.process.pid

    def kill(self, member: Member) -> None:
        """Ends a member with SIGKILL. `start` starts it again with its data."""
        assert member.process
        member.process.kill()
        member.process.wait()
        member.process = None
        self.links.owners.pop(member.name)

    def freeze(self, member: Member) -> None:
        """Stops a member: it accepts connections and answers nothing. `thaw` or `restore` lets it go on."""
        assert member.process
        member.process.send_signal(signal.SIGSTOP)

    def thaw(self, member: Member) -> None:
        assert member.process
        member.process.send_signal(signal.SIGCONT)

    def cut_off(self, *members: Member) -> None:
        """Cuts members off from their peers, and connects all others. Clients still reach each of them."""
        self.links.set_cut({one.name for one in members})

    def heal(self) -> None:
        self.links.set_cut(set())

    def restore(self) -> None:
        """Connects all members, starts those that are down, and waits until each answers."""
        self.heal()
        for one in self.members:
            if one.process:
                self.thaw(one)
            else:
                self.start(one)
        self.wait_healthy()

    def stop(self) -> None:
        for one in self.running:
            assert one.process
            self.thaw(one)
            end(one.process)
            one.process = None
        if not self.links.loop.is_closed():
            self.links.close()

    # What is observed

    def leader(self) -> Member:
        """The member that leads. Waits until there is one that a running member names."""
        return wait_until("a leader", self.named_leader, limit=60, pause=0.1)

    def named_leader(self) -> Member | None:
        for one in self.running:
            try:
                status = self.ask("maintenance/status", {}, one, HEALTH_PATIENCE)
            except OSError:
                continue
            if status.get("leader") == status["header"]["member_id"]:
                return one
        return None

    def is_healthy(self, member: Member) -> bool:
        """Whether it answers a read that needs a majority."""
        try:
            self.ask("kv/range", {"key": encoded("health")}, member, HEALTH_PATIENCE)
            return True
        except urllib.error.HTTPError as error:
            # With users, a read without permission is refused after the majority was asked.
            return bool(re.search("user|permission denied", error.read().decode()))
        except OSError:
            return False

    def wait_healthy(self, members: list[Member] | None = None) -> None:
        for one in members or self.members:
            try:
                wait_until(f"{one.name} answers", lambda one=one: self.answers(one), limit=120, pause=0.1)
            except AssertionError as error:
                lines = (one.folder / "log").read_text(errors="replace").splitlines()
                raise AssertionError("\n".join([str(error), *lines[-20:]])) from None

    def answers(self, member: Member) -> bool:
        """Starts a member again that has ended: for a moment, a connection may have had its port."""
        if member.process and member.process.poll() is not None:
            self.start(member)
        return self.is_healthy(member)

    # Requests

    def context(self) -> ssl.SSLContext | None:
        if not self.tls:
            return None
        context = ssl.create_default_context(cafile=str(self.tls / "ca.pem"))
        context.load_cert_chain(self.tls / "client.pem", self.tls / "client-key.pem")
        return context

    def open(self, path: str, member: Member, data: bytes | None = None, patience: float = PATIENCE) -> Any:
        request = urllib.request.Request(f"{member.address}/{path}", data=data)
        if self.token:
            request.add_header("Authorization", self.token)
        return urllib.request.urlopen(request, context=self.context(), timeout=patience)

    def ask(
        self, path: str, body: dict[str, Any], member: Member | None = None, patience: float = PATIENCE
    ) -> dict[str, Any]:
        """One request to a member; without one, to the first that answers."""
        asked = [member] if member else self.running
        for one in asked:
            try:
                with self.open(f"v3/{path}", one, json.dumps(body).encode(), patience) as answer:
                    return dict(json.load(answer))
            except urllib.error.HTTPError as error:
                if error.code == 401 and self.user and path != "auth/authenticate":
                    self.log_in()
                    return self.ask(path, body, member, patience)
                if one is asked[-1] or error.code in (400, 401, 403, 404):
                    raise
            except OSError:
                if one is asked[-1]:
                    raise
        raise OSError("no member is running")

    def put(self, key: str, value: str, member: Member | None = None) -> None:
        self.ask("kv/put", {"key": encoded(key), "value": encoded(value)}, member)

    def get(self, key: str, member: Member | None = None) -> str | None:
        found = self.ask("kv/range", {"key": encoded(key)}, member).get("kvs", [])
        return decoded(found[0].get("value", "")) if found else None

    def delete(self, key: str, member: Member | None = None) -> None:
        self.ask("kv/deleterange", {"key": encoded(key)}, member)

    def compact(self) -> None:
        """Removes the history up to the present revision."""
        revision = self.ask("kv/range", {"key": encoded("health")})["header"]["revision"]
        self.ask("kv/compaction", {"revision": revision, "physical": True})

    def keys(self, prefix: str) -> dict[str, str]:
        """All keys below the prefix, without it, and their values."""
        start = prefix + "/"
        found = self.ask("kv/range", {"key": encoded(start), "range_end": encoded(start[:-1] + "0")})
        return {decoded(one["key"]).removeprefix(start): decoded(one.get("value", "")) for one in found.get("kvs", [])}

    def count(self, prefix: str) -> int:
        """How many keys are below the prefix."""
        start = prefix + "/"
        body = {"key": encoded(start), "range_end": encoded(start[:-1] + "0"), "count_only": True}
        return int(self.ask("kv/range", body).get("count", 0))

    def calls(self) -> dict[str, int]:
        """How many requests of each kind the members have handled since they were started."""
        counted: dict[str, int] = {}
        for member in self.running:
            with self.open("metrics", member) as answer:
                text = answer.read().decode()
            for method, count in re.findall(r'^grpc_server_handled_total\{.*grpc_method="(\w+)".*\} (\S+)$', text, re.M):
                counted[method] = counted.get(method, 0) + int(float(count))
        return counted

    # Users

    def add_users(self, prefix: str, users: dict[str, tuple[str, str]]) -> None:
        """Turns authentication on, with a root user, and users whose roles have only the keys below the prefix.

        For each name a password, and `READ` or `READWRITE`.
        """
        self.ask("auth/role/add", {"name": "root"})
        self.ask("auth/user/add", {"name": "root", "password": ROOT_PASSWORD})
        self.ask("auth/user/grant", {"user": "root", "role": "root"})
        for name, (password, kind) in users.items():
            self.ask("auth/role/add", {"name": name})
            permission = {"permType": kind, "key": encoded(prefix + "/"), "range_end": encoded(prefix + "0")}
            self.ask("auth/role/grant", {"name": name, "perm": permission})
            self.ask("auth/user/add", {"name": name, "password": password})
            self.ask("auth/user/grant", {"user": name, "role": name})
        self.ask("auth/enable", {})
        self.user = {"name": "root", "password": ROOT_PASSWORD}
        self.log_in()

    def log_in(self) -> None:
        self.token = ""
        self.token = self.ask("auth/authenticate", self.user)["token"]


def certificates(folder: Path) -> Path:
    """An authority, and certificates of a server at 127.0.0.1 and of clients."""
    folder.mkdir(parents=True)
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

    def openssl(*words: str) -> None:
        done = run(["openssl", *words], folder)
        assert done.code == 0, done

    openssl("req", "-x509", *key, "-days", "2", "-subj", "/CN=authority", "-keyout", "ca-key.pem", "-out", "ca.pem")
    (folder / "extensions").write_text("subjectAltName=IP:127.0.0.1\n")
    # Where etcd has users, its gateway refuses client certificates with a common name, as `named` has.
    for name, subject in (("server", "/CN=server"), ("client", "/O=client"), ("named", "/CN=client")):
        openssl("req", *key, "-subj", subject, "-keyout", f"{name}-key.pem", "-out", f"{name}.csr")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial",
                "-days", "2", "-extfile", "extensions", "-out", f"{name}.pem")  # fmt: skip
    return folder


# Self-test


def members_are_killed(check: Any, folder: Path) -> None:
    """The leader is killed and restarted."""
    with Cluster(folder / "killed") as cluster:
        cluster.put("/t/a", "1")
        check.equal("every member has the value", [cluster.get("/t/a", one) for one in cluster.members], ["1"] * 3)
        first = cluster.leader()
        cluster.kill(first)
        second = wait_until("another leader", lambda: (found := cluster.named_leader()) is not first and found, pause=0.1)
        check(f"{second.name} leads after {first.name} was killed", second.process is not None)
        wait_until("a write", lambda: succeeds(lambda: cluster.put("/t/a", "2")), pause=0.1)
        cluster.start(first)
        cluster.wait_healthy()
        check.equal("the restarted member has the value", cluster.get("/t/a", first), "2")
        check.equal("the keys below a prefix", cluster.keys("/t"), {"a": "2"})
        check("puts are counted", cluster.calls().get("Put", 0) >= 1, cluster.calls())
        for one in cluster.members[:2]:
            cluster.kill(one)
        last = cluster.members[2]
        check("one member of three answers no read", not cluster.is_healthy(last))
        cluster.restore()
        check.equal("all members answer again", [cluster.is_healthy(one) for one in cluster.members], [True] * 3)
        processes = [one.process.pid for one in cluster.members if one.process]
    check("no process is left", not any(Path(f"/proc/{one}").exists() for one in processes), processes)


def members_are_cut_off(check: Any, folder: Path) -> None:
    """A minority with the leader is cut off, and connected again."""
    with Cluster(folder / "cut") as cluster:
        cluster.put("/t/a", "1")
        leader = cluster.leader()
        others = [one for one in cluster.members if one is not leader]
        cluster.cut_off(leader)
        wait_until("the others have a leader", lambda: all(cluster.is_healthy(one) for one in others), pause=0.1)
        cluster.put("/t/a", "2", others[0])
        check.equal("the others go on", cluster.get("/t/a", others[1]), "2")
        check("the member that is cut off answers no read", not cluster.is_healthy(leader))
        cluster.heal()
        cluster.wait_healthy()
        check.equal("it has the value after that", cluster.get("/t/a", leader), "2")


def clients_are_authenticated(check: Any, folder: Path) -> None:
    """TLS with client certificates, and users."""
    with Cluster(folder / "secured", tls=True) as cluster:
        cluster.put("/t/a", "1")
        tls, cluster.tls = cluster.tls, None
        check("without a certificate there is no answer", not succeeds(lambda: cluster.get("/t/a")))
        cluster.tls = tls
        cluster.add_users("/t", {"runner": ("runner-password", "READWRITE")})
        check.equal("root reads", cluster.get("/t/a"), "1")
        cluster.user = {"name": "runner", "password": "wrong"}
        check("a wrong password is refused", not succeeds(cluster.log_in))
        cluster.user = {"name": "runner", "password": "runner-password"}
        cluster.log_in()
        check.equal("the user reads below its prefix", cluster.get("/t/a"), "1")
        check("and nowhere else", not succeeds(lambda: cluster.get("/u/a")))
        check("its members are healthy", all(cluster.is_healthy(one) for one in cluster.members))


def succeeds(action: Any) -> bool:
    try:
        action()
        return True
    except OSError:
        return False


SELF_TEST = [members_are_killed, members_are_cut_off, clients_are_authenticated]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--self-test", action="store_true", required=True)
    options.parse_args()
    check = Checks()
    if not is_installed(check):
        return check.finish() if check.failed else 0
    with scratch("etcd") as folder:
        return run_cases(check, SELF_TEST, folder)


if __name__ == "__main__":
    sys.exit(main())
