"""Checks for every peer: plan writes nothing, apply registers one client per server, a second apply sends no request, and the clients work."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

from oauth_flow import Client, MCPSession, result_of
from peer import Peer
from support import Checks, Place



def mode_of(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


def apply_all(check: Checks, place: Place, peer: Peer, clients: int) -> None:
    """plan, apply, and apply again: the plan writes nothing, the second apply sends no request."""
    before = place.snapshot()
    planned = place.mcpauth("plan", "--detailed-exitcode")
    check("plan: exit code 2, there are changes", planned.code == 2, planned.text)
    check.equal("plan registers nothing", peer.registrations(), 0)
    check("plan writes nothing", place.snapshot() == before, sorted(place.snapshot()))

    applied = place.mcpauth("apply", "--yes")
    check("apply: exit code 0", applied.code == 0, applied.text)
    check.equal("apply registers each client once", peer.registrations(), clients)
    check_no_secret(check, place, planned.text + applied.text)

    before, asked = place.snapshot(), len(peer.requests())
    repeated = place.mcpauth("apply", "--yes")
    check("second apply: exit code 0", repeated.code == 0, repeated.text)
    check.equal("second apply sends no request", len(peer.requests()), asked)
    check("second apply changes no file", place.snapshot() == before, changed(before, place))
    unchanged = place.mcpauth("plan", "--detailed-exitcode")
    check("plan afterwards: exit code 0, no changes", unchanged.code == 0, unchanged.text)


def changed(before: dict[str, bytes], place: Place) -> list[str]:
    after = place.snapshot()
    return [path for path in sorted(before.keys() | after.keys()) if before.get(path) != after.get(path)]


def check_no_secret(check: Checks, place: Place, output: str) -> None:
    """No secret of any record is in the lock or was printed."""
    records = [record for record in map(place.record, place.lock()["servers"]) if record is not None]
    secrets = [record["client_secret"] for record in records if record.get("client_secret")]
    lock = place.lock_path.read_text(encoding="utf-8")
    check("no secret in the lock", not any(secret in lock for secret in secrets))
    check("no secret in the output", not any(secret in output for secret in secrets))


def check_record(check: Checks, place: Place, name: str, entry: dict[str, Any], method: str) -> None:
    """A client with a secret has a record, which is bound to its server, and which only its owner can read."""
    record = place.record(name)
    if method == "none":
        check(f"{name}: a public client has no record", record is None, record)
        return
    if not check(f"{name}: a secret record", record is not None) or record is None:
        return
    wanted = {
        "format": 1,
        "version": entry["secret_version"],
        "server": name,
        "lineage": place.lock()["lineage"],
        "issuer": entry["issuer"],
        "client_id": entry["client_id"],
        "entry": entry,
    }
    check.equal(f"{name}: the record is bound to its entry", {key: record.get(key) for key in wanted}, wanted)
    path = place.secrets_path / f"{name}.{entry['secret_version']}.json"
    check.equal(f"{name}: the record's mode", mode_of(path), "0o600")
    check.equal(f"{name}: its folder's mode", mode_of(path.parent), "0o700")


def check_flow(check: Checks, place: Place, peer: Peer, name: str) -> None:
    """The stored client runs the whole authorization-code flow, and its token gives access to the server."""
    record = place.record(name) or {}
    client = Client(place.entry(name), record.get("client_secret"))
    peer.prepare(client.entry["client_id"])
    answer = client.authorize(peer.headers, peer.parameters)
    check.equal(f"{name}: state is returned", answer.get("state"), client.state)
    if client.entry["authorization_response_iss_parameter_supported"]:
        check.equal(f"{name}: the issuer is returned", answer.get("iss"), client.entry["issuer"])

    if client.secret is not None and client.entry["token_endpoint_auth_method"] != "none":
        wrong = client.redeem(answer["code"], secret="not-" + client.secret)
        # The error codes and the statuses differ: 401 from most servers, 403 from glewlwyd.
        check(f"{name}: a wrong secret is refused", wrong.status in (401, 403), wrong)
    wrong = client.redeem(answer["code"], verifier="a" * 64)
    check(f"{name}: a wrong verifier is refused", wrong.status in (400, 401, 403), wrong)

    tokens = client.redeem(answer["code"])
    if not check(f"{name}: the code is exchanged for a token", tokens.status == 200, tokens.body):
        return
    check_token(check, peer, name, tokens.json()["access_token"])
    if "refresh_token" not in client.entry["grant_types"]:
        return
    refreshed = client.refresh(tokens.json()["refresh_token"])
    if check(f"{name}: the token can be refreshed", refreshed.status == 200, refreshed.body):
        check_token(check, peer, f"{name}, refreshed", refreshed.json()["access_token"])


def check_token(check: Checks, peer: Peer, name: str, token: str) -> None:
    """The MCP server accepts the token, and refuses requests without it."""
    check.equal(f"{name}: without the token, 401", MCPSession(peer.url, None).initialize().status, 401)
    session = MCPSession(peer.url, token)
    greeting = session.initialize()
    if not check(f"{name}: initialize with the token", greeting.status == 200, greeting.body):
        return
    if not peer.has_tools:
        return
    tools = result_of(session.send("tools/list", {}, number=2))["tools"]
    check.equal(f"{name}: tools/list", [tool["name"] for tool in tools], ["double"])
    called = result_of(session.send("tools/call", {"name": "double", "arguments": {"number": 21}}, number=3))
    check.equal(f"{name}: tools/call", called["content"][0]["text"], "42")


def check_locked(check: Checks, place: Place, name: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """The lock's entry has these values."""
    entry = place.entry(name)
    check.equal(f"{name}: lock entry", {key: entry.get(key) for key in wanted}, wanted)
    check(f"{name}: a client id", bool(entry["client_id"]))
    return entry


def stored_client(place: Place, name: str) -> Client:
    return Client(place.entry(name), (place.record(name) or {}).get("client_secret"))


def check_dead(check: Checks, what: str, client: Client) -> None:
    """The server no longer accepts the client with this secret."""
    answer = client.redeem("made-up-code")
    error = answer.json().get("error")
    check(f"{what}: refused as a client", error in ("invalid_client", "unauthorized_client"), answer)


def check_verify(check: Checks, place: Place, peer: Peer, name: str) -> None:
    """`verify` distinguishes valid credentials from invalid ones, changes neither lock nor secret, and registers nothing."""
    before, registered = place.snapshot(), peer.registrations()
    alive = place.mcpauth("verify", "--strict")  # "cannot tell" is a failure here
    check(f"{name}: verify: exit code 0, the client is known", alive.code == 0, alive.text)
    check(f"{name}: verify writes nothing", place.snapshot() == before, changed(before, place))
    check.equal(f"{name}: verify registers nothing", peer.registrations(), registered)
    if place.entry(name)["token_endpoint_auth_method"] != "none":
        check_verify_finds_dead(check, place, name)


def check_verify_finds_dead(check: Checks, place: Place, name: str) -> None:
    path = place.record_path(name)
    whole = path.read_bytes()
    record = json.loads(whole)
    spoilt = "x" * len(record["client_secret"])
    path.write_text(json.dumps({**record, "client_secret": spoilt}), encoding="utf-8")
    try:
        dead = place.mcpauth("verify")
        check(f"{name}: verify: exit code 1 with a wrong secret", dead.code == 1, dead.text)
        check(f"{name}: verify shows no secret", spoilt not in dead.text, dead.text)
    finally:
        path.write_bytes(whole)
