"""A real etcd with one member on loopback."""

from __future__ import annotations

import base64
import json
import os
import signal
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import end, environment, free_port, run, wait_until

PREFIX = "/mcpauth/test"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


class Etcd:
    """One member; `tls` is the folder of `certificates`, and then a client certificate is required."""

    def __init__(self, folder: Path, tls: Path | None = None) -> None:
        self.folder, self.tls = folder, tls
        folder.mkdir(parents=True, exist_ok=True)
        self.scheme = "https" if tls else "http"
        self.client, self.peer = free_port(), free_port()
        self.address = f"{self.scheme}://127.0.0.1:{self.client}"
        self.token = ""
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def __enter__(self) -> Etcd:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        peer = f"http://127.0.0.1:{self.peer}"
        words = [
            "etcd", "--name", "one", "--data-dir", str(self.folder / "data"), "--listen-client-urls", self.address,
            "--advertise-client-urls", self.address, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
            "--initial-cluster", f"one={peer}",
        ]  # fmt: skip
        if self.tls:
            words += [
                "--cert-file", str(self.tls / "server.pem"), "--key-file", str(self.tls / "server-key.pem"),
                "--client-cert-auth", "--trusted-ca-file", str(self.tls / "ca.pem"),
            ]  # fmt: skip
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment())
        wait_until("etcd answers", self.is_ready, limit=60)

    def stop(self) -> None:
        if self.process:
            end(self.process)
        self.process = None

    def kill(self) -> None:
        assert self.process
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def is_ready(self) -> bool:
        try:
            self.ask("kv/range", {"key": encoded("x")})
            return True
        except urllib.error.HTTPError as error:
            return error.code in (400, 401, 403)
        except OSError:
            return False

    def open(self, path: str, data: bytes | None = None) -> Any:
        context = None
        if self.tls:
            context = ssl.create_default_context(cafile=str(self.tls / "ca.pem"))
            context.load_cert_chain(self.tls / "client.pem", self.tls / "client-key.pem")
        request = urllib.request.Request(f"{self.address}/{path}", data=data)
        if self.token:
            request.add_header("Authorization", self.token)
        return urllib.request.urlopen(request, context=context, timeout=10)

    def ask(self, path: str, body: dict[str, Any]) -> Any:
        with self.open(f"v3/{path}", json.dumps(body).encode()) as answer:
            return json.load(answer)

    def keys(self, prefix: str = PREFIX) -> dict[str, str]:
        """All keys below the prefix, without it, and their values."""
        start = prefix + "/"
        found = self.ask("kv/range", {"key": encoded(start), "range_end": encoded(start[:-1] + "0")})
        return {
            base64.b64decode(one["key"]).decode().removeprefix(start): base64.b64decode(one.get("value", "")).decode()
            for one in found.get("kvs", [])
        }

    def calls(self, method: str) -> int:
        """How many requests of this kind etcd has handled."""
        with self.open("metrics") as answer:
            lines = answer.read().decode().splitlines()
        wanted = [one for one in lines if one.startswith("grpc_server_handled_total") and f'grpc_method="{method}"' in one]
        return int(sum(float(one.split()[-1]) for one in wanted))

    def add_user(self, name: str, password: str, prefix: str) -> None:
        """Turns authentication on, with a root user and one whose role has only the prefix."""
        start, stop = encoded(prefix + "/"), encoded(prefix + "0")
        self.ask("auth/role/add", {"name": "root"})
        self.ask("auth/user/add", {"name": "root", "password": "root-password"})
        self.ask("auth/user/grant", {"user": "root", "role": "root"})
        self.ask("auth/role/add", {"name": name})
        permission = {"permType": "READWRITE", "key": start, "range_end": stop}
        self.ask("auth/role/grant", {"name": name, "perm": permission})
        self.ask("auth/user/add", {"name": name, "password": password})
        self.ask("auth/user/grant", {"user": name, "role": name})
        self.ask("auth/enable", {})
        self.token = self.ask("auth/authenticate", {"name": "root", "password": "root-password"})["token"]


def certificates(folder: Path) -> Path:
    """An authority, and certificates of a server at 127.0.0.1 and of a client."""
    folder.mkdir(parents=True)

    def openssl(*words: str) -> None:
        done = run(["openssl", *words], folder)
        assert done.code == 0, done

    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            "/CN=authority", "-keyout", "ca-key.pem", "-out", "ca.pem")  # fmt: skip
    for name in ("server", "client"):
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                "-keyout", f"{name}-key.pem", "-out", f"{name}.csr")  # fmt: skip
        (folder / "extensions").write_text("subjectAltName=IP:127.0.0.1\n")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial",
                "-days", "2", "-extfile", "extensions", "-out", f"{name}.pem")  # fmt: skip
    return folder
