"""Runs `mcpauth` against real MCP servers and shows that the clients it stores really work.

    run_peers.py --mcpauth BINARY --venvs FOLDER [--peer mcp1|mcp2]

Each peer is the `mcp` package from PyPI in a venv of its own (`requirements-PEER.txt`). Prints `N passed, N failed`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from oauth_flow import Client, MCPSession, exchange, result_of
from world import HERE, Peer, Report, World, mode_of, running_peer

SCOPES = ["tools"]


def peers() -> list[str]:
    return sorted(path.stem.removeprefix("requirements-") for path in HERE.glob("requirements-*.txt"))


def apply_all(report: Report, world: World, peer: Peer, clients: int) -> None:
    """plan, apply, and apply again: the first writes nothing, the last asks nothing."""
    before = world.snapshot()
    planned = world.mcpauth("plan", "--detailed-exitcode")
    report.check("plan: exit code 2, there are changes", planned.code == 2, planned.text)
    report.equal("plan registers nothing", peer.registrations(), 0)
    report.check("plan writes nothing", world.snapshot() == before, sorted(world.snapshot()))

    applied = world.mcpauth("apply", "--yes")
    report.check("apply: exit code 0", applied.code == 0, applied.text)
    report.equal("apply registers each client once", peer.registrations(), clients)
    check_no_secret(report, world, planned.text + applied.text)

    before, asked = world.snapshot(), len(peer.requests())
    repeated = world.mcpauth("apply", "--yes")
    report.check("second apply: exit code 0", repeated.code == 0, repeated.text)
    report.equal("second apply sends no request", len(peer.requests()), asked)
    report.check("second apply leaves every byte as it was", world.snapshot() == before, changed(before, world))
    unchanged = world.mcpauth("plan", "--detailed-exitcode")
    report.check("plan afterwards: exit code 0, no changes", unchanged.code == 0, unchanged.text)


def changed(before: dict[str, bytes], world: World) -> list[str]:
    after = world.snapshot()
    return [path for path in sorted(before.keys() | after.keys()) if before.get(path) != after.get(path)]


def check_no_secret(report: Report, world: World, output: str) -> None:
    """No secret of any record is in the lock or was printed."""
    records = [record for record in map(world.record, world.lock()["servers"]) if record is not None]
    secrets = [record["client_secret"] for record in records if record.get("client_secret")]
    lock = world.lock_path.read_text(encoding="utf-8")
    report.check("no secret in the lock", not any(secret in lock for secret in secrets))
    report.check("no secret in the output", not any(secret in output for secret in secrets))


def check_entry(report: Report, world: World, peer: Peer, name: str, method: str) -> None:
    """The lock's entry says what the server's own documents say."""
    entry = world.entry(name)
    wanted: dict[str, Any] = {
        "mode": "discovered",
        "registration": "dcr",
        "url": peer.url,
        "resource": peer.url,
        "discovered_by": "challenge",
        "authorization_endpoint": peer.origin + "/authorize",
        "token_endpoint": peer.origin + "/token",
        "registration_endpoint": peer.origin + "/register",
        "revocation_endpoint": peer.origin + "/revoke",
        "token_endpoint_auth_method": method,
        "redirect_uris": [f"http://127.0.0.1:7777/callback/{name}"],
        "scopes": SCOPES,
        "scopes_from": "resource-metadata",
        "application_type": "native",
        "client_secret_expires_at": None,
        "managed": False,
        "generation": 0,
    }
    report.equal(f"{name}: lock entry", {key: entry.get(key) for key in wanted}, wanted)
    # 1.x writes its issuer with a trailing slash, 2.x without: either way the document's own string is locked.
    document = peer_metadata(peer)
    report.equal(f"{name}: the document's own issuer is locked", entry["issuer"], document["issuer"])
    report.check(f"{name}: a client id", bool(entry["client_id"]))
    check_record(report, world, name, entry, method)


def peer_metadata(peer: Peer) -> dict[str, Any]:
    return dict(exchange("GET", peer.origin + "/.well-known/oauth-authorization-server").json())


def check_record(report: Report, world: World, name: str, entry: dict[str, Any], method: str) -> None:
    """A record exists where there is a secret, is bound to its server, and nobody else may read it."""
    record = world.record(name)
    if method == "none":
        report.check(f"{name}: a public client has no record", record is None, record)
        return
    if not report.check(f"{name}: a secret record", record is not None) or record is None:
        return
    wanted = {
        "format": 1,
        "version": entry["secret_version"],
        "server": name,
        "lineage": world.lock()["lineage"],
        "issuer": entry["issuer"],
        "client_id": entry["client_id"],
        "entry": entry,
    }
    report.equal(f"{name}: the record is bound to its entry", {key: record.get(key) for key in wanted}, wanted)
    path = world.secrets_path / f"{name}.{entry['secret_version']}.json"
    report.equal(f"{name}: the record's mode", mode_of(path), "0o600")
    report.equal(f"{name}: its folder's mode", mode_of(path.parent), "0o700")


def check_flow(report: Report, world: World, peer: Peer, name: str) -> None:
    """The stored client goes through the whole authorization-code flow, and what comes of it opens the server."""
    record = world.record(name) or {}
    client = Client(world.entry(name), record.get("client_secret"))
    answer = client.authorize()
    report.equal(f"{name}: state comes back", answer.get("state"), client.state)

    if client.secret is not None:
        wrong = client.redeem(answer["code"], secret="not-" + client.secret)
        # 1.x says `unauthorized_client`, 2.x `invalid_client`: the status is the same.
        report.equal(f"{name}: a wrong secret is refused", wrong.status, 401)
    wrong = client.redeem(answer["code"], verifier="a" * 64)
    report.equal(f"{name}: a wrong verifier is refused", (wrong.status, wrong.json()["error"]), (400, "invalid_grant"))

    tokens = client.redeem(answer["code"])
    if not report.check(f"{name}: the code becomes a token", tokens.status == 200, tokens.body):
        return
    check_token(report, peer, name, tokens.json()["access_token"])
    refreshed = client.refresh(tokens.json()["refresh_token"])
    if report.check(f"{name}: the token can be refreshed", refreshed.status == 200, refreshed.body):
        check_token(report, peer, f"{name}, refreshed", refreshed.json()["access_token"])


def check_token(report: Report, peer: Peer, name: str, token: str) -> None:
    """The token opens the MCP server; without it the server stays shut."""
    report.equal(f"{name}: without the token, 401", MCPSession(peer.url, None).initialize().status, 401)
    session = MCPSession(peer.url, token)
    greeting = session.initialize()
    if not report.check(f"{name}: initialize with the token", greeting.status == 200, greeting.body):
        return
    tools = result_of(session.send("tools/list", {}, number=2))["tools"]
    report.equal(f"{name}: tools/list", [tool["name"] for tool in tools], ["double"])
    called = result_of(session.send("tools/call", {"name": "double", "arguments": {"number": 21}}, number=3))
    report.equal(f"{name}: tools/call", called["content"][0]["text"], "42")


def confidential(report: Report, world: World, peer: Peer) -> None:
    """As the package ships: two methods, both with a secret; `basic` is chosen by the rules, `post` asked for."""
    post = {"url": peer.url, "oauth2": {"token_endpoint_auth_method": "client_secret_post"}}
    world.write_inventory({"basic": {"url": peer.url}, "post": post})
    apply_all(report, world, peer, clients=2)
    for name, method in (("basic", "client_secret_basic"), ("post", "client_secret_post")):
        check_entry(report, world, peer, name, method)
        check_flow(report, world, peer, name)
    check_removal(report, world, peer)


def check_removal(report: Report, world: World, peer: Peer) -> None:
    """A server that leaves the inventory leaves its client on the list of orphans: there is nothing to delete it with."""
    gone, kept = world.entry("post"), world.entry("basic")
    world.write_inventory({"basic": {"url": peer.url}})
    asked = peer.registrations()
    removed = world.mcpauth("apply", "--yes")
    report.check("removal: exit code 0", removed.code == 0, removed.text)
    lock = world.lock()
    report.equal("removal: the other server's entry stays", lock["servers"], {"basic": kept})
    orphans = [(orphan["server"], orphan["client_id"], orphan["reason"]) for orphan in lock["orphans"]]
    report.equal("removal: the client is listed", orphans, [("post", gone["client_id"], "removed")])
    report.equal("removal registers nothing", peer.registrations(), asked)
    left = sorted(path.name for path in world.secrets_path.iterdir() if path.name.startswith("post."))
    report.equal("removal: its secret is gone", left, [])


def public(report: Report, world: World, peer: Peer) -> None:
    """Where the metadata lists `none`, a public client: nothing to leak, and PKCE in its place."""
    world.write_inventory({"public": {"url": peer.url}})
    apply_all(report, world, peer, clients=1)
    check_entry(report, world, peer, "public", "none")
    check_flow(report, world, peer, "public")


def unlisted_method(report: Report, world: World, peer: Peer) -> None:
    """A method that the metadata does not list is not asked for: blocked before any registration."""
    world.write_inventory({"public": {"url": peer.url, "oauth2": {"token_endpoint_auth_method": "none"}}})
    applied = world.mcpauth("apply", "--yes")
    report.equal("unlisted method: exit code", applied.code, 1)
    report.check("unlisted method: says why", "auth-method-unsupported" in applied.text, applied.text)
    report.equal("unlisted method: registers nothing", peer.registrations(), 0)


def unknown_scope(report: Report, world: World, peer: Peer) -> None:
    """A scope that the server does not know is refused by it; the inventory's scopes are never dropped."""
    world.write_inventory({"scoped": {"url": peer.url, "oauth2": {"scopes": ["tools", "nonsense"]}}})
    applied = world.mcpauth("apply", "--yes")
    report.equal("unknown scope: exit code", applied.code, 1)
    report.check("unknown scope: says why", "client-metadata-rejected" in applied.text, applied.text)
    report.check("unknown scope: in the server's words", "nonsense" in applied.text, applied.text)
    report.check("unknown scope: no client was made", all(request["status"] != 201 for request in peer.requests()))


def expiring(report: Report, world: World, peer: Peer) -> None:
    """A secret that expires is locked with its time."""
    world.write_inventory({"expiring": {"url": peer.url}})
    applied = world.mcpauth("apply", "--yes")
    report.check("expiring secret: exit code 0", applied.code == 0, applied.text)
    expires = world.entry("expiring")["client_secret_expires_at"]
    report.check("expiring secret: its time is locked", isinstance(expires, str) and expires.endswith("Z"), expires)
    check_flow(report, world, peer, "expiring")


Scenario = Callable[[Report, World, Peer], None]
SCENARIOS: list[tuple[Scenario, list[str]]] = [
    (confidential, []),
    (public, ["--list-none"]),
    (unlisted_method, []),
    (unknown_scope, []),
    (expiring, ["--secret-life", "7776000"]),
]


def run_scenario(report: Report, binary: Path, python: Path, scenario: Scenario, flags: list[str]) -> None:
    """One scenario in a folder and with a server of its own; what it throws is one failure."""
    with tempfile.TemporaryDirectory(prefix="mcpauth-peers-") as name:
        folder = Path(name).resolve()
        try:
            with running_peer(python, folder, flags) as peer:
                scenario(report, World(binary, folder / "inventory"), peer)
        except Exception:  # a scenario that breaks must not hide the ones after it
            report.check(f"{scenario.__name__} ran to its end", False, traceback.format_exc())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mcpauth", type=Path, required=True)
    parser.add_argument("--venvs", type=Path, required=True)
    parser.add_argument("--peer", choices=peers(), action="append", help="only this peer")
    options = parser.parse_args()
    report = Report()
    for peer in options.peer or peers():
        python = options.venvs.resolve() / peer / "bin" / "python"
        for scenario, flags in SCENARIOS:
            print(f"{peer}: {scenario.__name__}")
            run_scenario(report, options.mcpauth.resolve(), python, scenario, flags)
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed or not report.passed else 0


if __name__ == "__main__":
    sys.exit(main())
