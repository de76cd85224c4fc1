"""What holds for every peer: a plan that writes nothing, a client each, a silent second apply, clients that work."""

from __future__ import annotations

import json
from typing import Any

from oauth_flow import Client, MCPSession, result_of
from world import Peer, Report, World, mode_of

REDIRECT_URI = "http://127.0.0.1:7777/callback/{name}"


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
    peer.prepare(client.entry["client_id"])
    answer = client.authorize(peer.headers, peer.parameters)
    report.equal(f"{name}: state comes back", answer.get("state"), client.state)
    if client.entry["authorization_response_iss_parameter_supported"]:
        report.equal(f"{name}: so does the issuer", answer.get("iss"), client.entry["issuer"])

    if client.secret is not None and client.entry["token_endpoint_auth_method"] != "none":
        wrong = client.redeem(answer["code"], secret="not-" + client.secret)
        # The codes differ, the statuses as well: 401 of most, 403 of glewlwyd.
        report.check(f"{name}: a wrong secret is refused", wrong.status in (401, 403), wrong)
    wrong = client.redeem(answer["code"], verifier="a" * 64)
    report.check(f"{name}: a wrong verifier is refused", wrong.status in (400, 401, 403), wrong)

    tokens = client.redeem(answer["code"])
    if not report.check(f"{name}: the code becomes a token", tokens.status == 200, tokens.body):
        return
    check_token(report, peer, name, tokens.json()["access_token"])
    if "refresh_token" not in client.entry["grant_types"]:
        return
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
    if not peer.has_tools:
        return
    tools = result_of(session.send("tools/list", {}, number=2))["tools"]
    report.equal(f"{name}: tools/list", [tool["name"] for tool in tools], ["double"])
    called = result_of(session.send("tools/call", {"name": "double", "arguments": {"number": 21}}, number=3))
    report.equal(f"{name}: tools/call", called["content"][0]["text"], "42")


def check_locked(report: Report, world: World, name: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """The lock's entry has these values."""
    entry = world.entry(name)
    report.equal(f"{name}: lock entry", {key: entry.get(key) for key in wanted}, wanted)
    report.check(f"{name}: a client id", bool(entry["client_id"]))
    return entry


def stored_client(world: World, name: str) -> Client:
    return Client(world.entry(name), (world.record(name) or {}).get("client_secret"))


def check_dead(report: Report, what: str, client: Client) -> None:
    """The server knows the client no more, or no more by this secret."""
    answer = client.redeem("made-up-code")
    error = answer.json().get("error")
    report.check(f"{what}: refused as a client", error in ("invalid_client", "unauthorized_client"), answer)


def check_verify(report: Report, world: World, peer: Peer, name: str) -> None:
    """`verify` knows living credentials from dead ones, changes neither lock nor secret, and registers nothing."""
    before, registered = world.snapshot(), peer.registrations()
    alive = world.mcpauth("verify", "--strict")  # a server that does not tell is a failure here
    report.check(f"{name}: verify: exit code 0, the client is known", alive.code == 0, alive.text)
    report.check(f"{name}: verify writes nothing", world.snapshot() == before, changed(before, world))
    report.equal(f"{name}: verify registers nothing", peer.registrations(), registered)
    if world.entry(name)["token_endpoint_auth_method"] != "none":
        check_verify_finds_dead(report, world, name)


def check_verify_finds_dead(report: Report, world: World, name: str) -> None:
    path = world.record_path(name)
    whole = path.read_bytes()
    record = json.loads(whole)
    spoilt = "x" * len(record["client_secret"])
    path.write_text(json.dumps({**record, "client_secret": spoilt}), encoding="utf-8")
    try:
        dead = world.mcpauth("verify")
        report.check(f"{name}: verify: exit code 1, a wrong secret is dead", dead.code == 1, dead.text)
        report.check(f"{name}: verify shows no secret", spoilt not in dead.text, dead.text)
    finally:
        path.write_bytes(whole)
