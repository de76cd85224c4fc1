"""A real OpenBao server on loopback for the tests of the kv2 store."""

from __future__ import annotations

import base64
import http.client
import http.server
import json
import ssl
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from relay import LocalServer
from support import ROOT, end, environment, free_port, run, wait_until

ARTICLE = ROOT / "Sources" / "MCPAuth" / "MCPAuth.docc" / "SecretStores.md"
# The path in the policy of the article.
PATH = "mcpauth/prod"
# The root token of a server in dev mode.
DEV_TOKEN = "root-token-of-the-dev-server"


def documented_policy() -> list[str]:
    """The lines of the policy in the article: the documented policy is the one that is tested."""
    text = ARTICLE.read_text(encoding="utf-8")
    block = text.split("```hcl\n")[1].split("```")[0]
    return [line for line in block.splitlines() if line.startswith("path ")]


class Bao:
    """A server with storage on disk, initialized and unsealed, with a KV version 2 engine at `secret`. With `dev` it is
    the server that a person starts to try something: in memory, and unsealed."""

    def __init__(
        self, program: Path, folder: Path, tls: tuple[Path, Path] | None = None, audited: bool = False, dev: bool = False
    ) -> None:
        self.program, self.folder, self.tls, self.has_audit, self.is_dev = program, folder, tls, audited, dev
        (folder / "data").mkdir(parents=True)
        self.port = free_port()
        self.scheme = "https" if tls else "http"
        self.address = f"{self.scheme}://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self.token = ""
        self.start()
        if dev:
            self.token = DEV_TOKEN
        else:
            keys = self.ask("POST", "sys/init", {"secret_shares": 1, "secret_threshold": 1}, token="")
            self.key, self.token = keys["keys"][0], keys["root_token"]
            self.unseal()
            self.ask("POST", "sys/mounts/secret", {"type": "kv", "options": {"version": "2"}})
        wait_until("the engine is ready", lambda: self.status("GET", "secret/data/ready") == 404)

    def __enter__(self) -> Bao:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        tls = "tls_disable = true"
        if self.tls:
            tls = f'tls_cert_file = "{self.tls[0]}"\n  tls_key_file = "{self.tls[1]}"'
        cluster = free_port()
        (self.folder / "bao.hcl").write_text(
            f'storage "raft" {{\n  path = "{self.folder}/data"\n  node_id = "one"\n  performance_multiplier = 1\n}}\n'
            f'listener "tcp" {{\n  address = "127.0.0.1:{self.port}"\n  cluster_address = "127.0.0.1:{cluster}"\n  {tls}\n}}\n'
            f'api_addr = "{self.address}"\ncluster_addr = "https://127.0.0.1:{cluster}"\n'
            + (f'audit "file" "file" {{\n  options {{\n    file_path = "{self.audit_path}"\n  }}\n}}\n' if self.has_audit else "")
        )
        words = [f"-config={self.folder}/bao.hcl"]
        if self.is_dev:
            words = ["-dev", "-dev-no-store-token", f"-dev-root-token-id={DEV_TOKEN}", f"-dev-listen-address=127.0.0.1:{self.port}"]
        with (self.folder / "bao.log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(self.program), "server", *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment(),
            )  # fmt: skip
        wait_until("the server listens", lambda: self.status("GET", "sys/health", token="") is not None, limit=60)

    @property
    def audit_path(self) -> Path:
        return self.folder / "audit.log"

    def audited(self) -> int:
        """How long the audit log is. A line is there before its answer is sent."""
        return self.audit_path.stat().st_size

    def audit(self, start: int) -> list[dict[str, Any]]:
        """The entries of the audit log from there on."""
        with self.audit_path.open("rb") as log:
            log.seek(start)
            return [json.loads(line) for line in log.read().splitlines()]

    def stop(self) -> None:
        if self.process:
            end(self.process)
        self.process = None

    def restart(self) -> None:
        """Afterwards it is sealed."""
        self.stop()
        self.start()

    def seal(self) -> None:
        self.ask("PUT", "sys/seal")

    def unseal(self) -> None:
        self.ask("POST", "sys/unseal", {"key": self.key}, token="")
        wait_until("the server is active", lambda: self.status("GET", "sys/health", token="") == 200, limit=60)

    def send(
        self, method: str, path: str, body: object = None, token: str | None = None, namespace: str | None = None
    ) -> tuple[int, Any]:
        connection: http.client.HTTPConnection
        if self.tls:
            trust = ssl.create_default_context(cafile=str(self.tls[0]))
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=trust)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        fields = {"X-Vault-Token": self.token if token is None else token}
        if namespace:
            fields["X-Vault-Namespace"] = namespace
        try:
            connection.request(method, f"/v1/{path}", None if body is None else json.dumps(body), fields)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        return answer.status, json.loads(text) if text else None

    def ask(self, method: str, path: str, body: object = None, **how: Any) -> Any:
        status, answer = self.send(method, path, body, **how)
        assert status < 300, f"{method} {path}: {status} {answer}"
        return answer

    def status(self, method: str, path: str, **how: Any) -> int | None:
        with suppress(OSError):
            return self.send(method, path, **how)[0]
        return None

    def allow(self, name: str, lines: list[str], namespace: str | None = None) -> None:
        self.ask("PUT", f"sys/policies/acl/{name}", {"policy": "\n".join(lines)}, namespace=namespace)

    def new_token(self, *policies: str, namespace: str | None = None, **more: object) -> str:
        body = {"policies": list(policies), "ttl": "1h"} | more
        return str(self.ask("POST", "auth/token/create", body, namespace=namespace)["auth"]["client_token"])

    def keys(self, folder: str, mount: str = "secret", **how: Any) -> list[str]:
        status, answer = self.send("GET", f"{mount}/metadata/{PATH}/{folder}?list=true", **how)
        return sorted(answer["data"]["keys"]) if status == 200 else []

    def record(self, key: str) -> Any:
        return json.loads(self.ask("GET", f"secret/data/{key}")["data"]["data"]["record"])

    def versions(self, key: str) -> int:
        return int(self.ask("GET", f"secret/metadata/{key}")["data"]["current_version"])


class TokenReview(LocalServer):
    """The one request of a Kubernetes API server that the auth method `kubernetes` makes: it accepts `accepted`."""

    def __init__(self, accepted: str) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                user = {"username": "system:serviceaccount:agents:mcpauth", "uid": "uid-1", "groups": ["system:serviceaccounts"]}
                is_known = review["spec"]["token"] == accepted
                review |= {"kind": "TokenReview", "apiVersion": "authentication.k8s.io/v1"}
                review["status"] = {"authenticated": is_known}
                if is_known:
                    review["status"] |= {"user": user, "audiences": review["spec"].get("audiences", [])}
                text = json.dumps(review).encode()
                self.send_response(201)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(Handler)


def signed_token(folder: Path, claims: dict[str, object]) -> tuple[str, str]:
    """A signed token as a CI job has one (RS256), and the public key that checks it."""
    key = folder / "jwt.pem"
    if not key.exists():
        assert run(["openssl", "genrsa", "-out", key, "2048"], folder).code == 0
    public = run(["openssl", "rsa", "-in", key, "-pubout"], folder).out

    def encoded(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    now = int(time.time())
    times = {"iat": now, "nbf": now - 60, "exp": now + 600}
    head = {"alg": "RS256", "typ": "JWT"}
    text = ".".join(encoded(json.dumps(part).encode()) for part in (head, times | claims))
    done = subprocess.run(
        ["openssl", "dgst", "-sha256", "-sign", str(key)], input=text.encode(), capture_output=True, check=True
    )
    return f"{text}.{encoded(done.stdout)}", public


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that no system trusts, and its key."""
    made, key = folder / "bao.pem", folder / "bao.key"
    done = run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
         "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", made], folder,
    )  # fmt: skip
    assert done.code == 0, done
    return made, key
