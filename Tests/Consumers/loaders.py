"""Consumers whose own code reads the export without a sign-in: LiteLLM, and kubectl with an API server that has only Secrets."""

from __future__ import annotations

import http.server
import json
import threading
from pathlib import Path
from typing import Any

import yaml

from support import Checks, run
from world import Outside, World, secret_name

HERE = Path(__file__).resolve().parent


def check_litellm(check: Checks, world: World, venv: Path, outside: Outside, folder: Path) -> None:
    """LiteLLM has every server, with its locked client."""
    home = folder / "litellm"
    home.mkdir()
    config = home / "config.yaml"
    config.write_text(world.export("litellm")[0])
    secrets = world.secrets()
    environment = outside.environment(home) | secrets | {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False"}
    loaded = run([venv / "bin" / "python", HERE / "load_litellm.py", config], home, environment)
    line = next((line for line in loaded.out.splitlines() if line.startswith("loaded ")), "loaded []")
    servers = {server["url"]: server for server in json.loads(line.removeprefix("loaded "))}
    check("litellm loads its configuration", loaded.code == 0 and servers, loaded)
    check("litellm prints no warning", "WARNING" not in loaded.err + loaded.out, loaded)
    for name, entry in world.lock.items():
        server: dict[str, Any] = servers.get(entry["url"], {})
        method = entry["token_endpoint_auth_method"]
        wanted = {
            "auth_type": "oauth2", "oauth2_flow": "authorization_code", "client_id": entry["client_id"],
            "client_secret": secrets.get(secret_name(name)), "authorization_url": entry["authorization_endpoint"],
            "token_url": entry["token_endpoint"], "token_endpoint_auth_method": None if method == "none" else method,
            "scopes": entry["scopes"] or None,
        }
        found = {member: server.get(member) for member in wanted}
        check(f"litellm has the client of {name}", found == wanted, f"wanted {wanted}\n      found {found}")


class Answers(http.server.BaseHTTPRequestHandler):
    """The API requests of kubectl before it prints a Secret: for versions and resources."""

    documents = {
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
        "/api/v1": {
            "kind": "APIResourceList", "groupVersion": "v1",
            "resources": [{"name": "secrets", "singularName": "secret", "namespaced": True, "kind": "Secret", "verbs": ["create", "get"]}],
        },
    }

    def do_GET(self) -> None:
        document = self.documents.get(self.path.partition("?")[0])
        body = json.dumps(document or {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}).encode()
        self.send_response(200 if document else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def check_kubectl(check: Checks, world: World, venv: Path, outside: Outside, folder: Path) -> None:
    """kubectl reads a Secret for each server, and would create it."""
    home = folder / "kubectl"
    home.mkdir()
    manifest = home / "secrets.yaml"
    manifest.write_text(world.export("kubernetes", "inline")[0])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    words = ["--server", f"http://127.0.0.1:{server.server_port}", "create", "--dry-run=client", "--validate=false", "-o", "yaml", "-f", manifest]
    try:
        created = run([venv / "bin" / "kubectl", *words], home, outside.environment(home))
    finally:
        server.shutdown()
        server.server_close()
    check("kubectl accepts the Secrets", created.code == 0, created)
    secrets = world.secrets()
    objects = list(yaml.safe_load_all(created.out)) if created.code == 0 else []
    items = [item for one in objects for item in (one["items"] if one["kind"] == "List" else [one])]
    found = {item["metadata"]["name"]: item["stringData"] for item in items}
    for name, entry in world.lock.items():
        data = found.get(f"mcpauth-{name}", {})
        wanted = (entry["client_id"], secrets.get(secret_name(name)), entry["token_endpoint_auth_method"])
        held = (data.get("client-id"), data.get("client-secret"), data.get("token-endpoint-auth-method"))
        check(f"kubectl has the Secret of {name}", held == wanted, f"wanted {wanted}, found {held}")
