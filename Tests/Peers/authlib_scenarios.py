"""Authlib's server: registration and management, also with a management token that is another after every answer."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from checks import (
    apply_all,
    changed,
    check_dead,
    check_flow,
    check_locked,
    check_record,
    check_verify,
    stored_client,
)
from managed import (
    Calls,
    check_deletion,
    check_read_back,
    check_rotation,
    check_update,
    default_redirect,
    inventory_of,
)
from oauth_flow import Answer, exchange
from scenario import Opening, Scenario
from world import Peer, Report, World, running_peer

ENDPOINT = "/register"


def managed(report: Report, world: World, peer: Peer) -> None:
    """A whole life: registered, used, verified, read, changed, rotated, deleted."""
    names = ["basic", "other"]
    world.write_inventory(inventory_of(peer, names))
    apply_all(report, world, peer, clients=2)
    for name in names:
        wanted = {
            "issuer": peer.origin,
            "registration": "dcr",
            "discovered_by": "challenge",
            "token_endpoint_auth_method": "client_secret_basic",
            "redirect_uris": [default_redirect(name)],
            "scopes": ["tools"],
            "scopes_from": "challenge",
            "authorization_response_iss_parameter_supported": True,
            "client_secret_expires_at": None,
            "managed": True,
        }
        check_record(report, world, name, check_locked(report, world, name, wanted), "client_secret_basic")
        check_flow(report, world, peer, name)
    if world.offers("verify"):
        check_verify(report, world, peer, "basic")
    calls = Calls(peer, ENDPOINT)
    check_read_back(report, world, calls, servers=2)
    check_update(report, world, peer, calls, names)
    check_rotation(report, world, peer, calls, "basic")
    check_deletion(report, world, peer, calls, names)


def rotating(report: Report, world: World, peer: Peer) -> None:
    """The same, where the token that was used for a call is dead as soon as the call is answered (RealServers#72)."""
    world.write_inventory(inventory_of(peer, ["first"]))
    world.mcpauth("apply", "--yes")
    token = management_token(world, "first")
    world.mcpauth("apply", "--refresh", "--yes")
    renewed = management_token(world, "first")
    report.check("a read stores the token that it brought", renewed != token)
    report.equal("the old token is dead", manage(world, "first", "GET", token).status, 400)
    # From here on as with any other server: each call must have stored what the one before brought.
    world.write_inventory({})
    removed = world.mcpauth("apply", "--yes", "--allow-mass-change")
    report.check("the client is deleted with the token of the read", removed.code == 0 and not world.lock()["orphans"])
    world.lock_path.unlink()


def public_with_secret(report: Report, world: World, peer: Peer) -> None:
    """Authlib issues a secret to a public client as well: it is kept, and the client works without it."""
    world.write_inventory(inventory_of(peer, ["public"]))
    apply_all(report, world, peer, clients=1)
    check_locked(report, world, "public", {"token_endpoint_auth_method": "none", "managed": True})
    report.check("the secret that came is kept", bool((world.record("public") or {}).get("client_secret")))
    check_flow(report, world, peer, "public")
    if world.offers("verify"):
        check_verify(report, world, peer, "public")


def no_new_secret(report: Report, world: World, peer: Peer) -> None:
    """A server whose PUT gives no new secret: `rotate` says so and leaves the client as it was."""
    world.write_inventory(inventory_of(peer, ["kept"]))
    world.mcpauth("apply", "--yes")
    old = stored_client(world, "kept")
    rotated = world.mcpauth("rotate", "kept", "--yes")
    report.equal("rotate without a new secret: exit code", rotated.code, 1)
    report.check("rotate without a new secret: says why", "renewal-ineffective" in rotated.text, rotated.text)
    report.equal("rotate without a new secret: the secret stays", stored_client(world, "kept").secret, old.secret)
    report.equal("rotate without a new secret: no second registration", peer.registrations(), 1)
    check_flow(report, world, peer, "kept")


def lost_client(report: Report, world: World, peer: Peer) -> None:
    """A client that somebody deleted at the server: found by `apply --refresh`, replaced by the next apply, once."""
    world.write_inventory(inventory_of(peer, ["lost"]))
    world.mcpauth("apply", "--yes")
    old = stored_client(world, "lost")
    report.equal("the client is deleted behind our back", manage(world, "lost", "DELETE").status, 204)
    check_dead(report, "the deleted client", old)
    if world.offers("verify"):
        verified = world.mcpauth("verify")
        report.check("verify: exit code 1, the client is dead", verified.code == 1, verified.text)
    refreshed = world.mcpauth("apply", "--refresh", "--yes")
    report.check("apply --refresh says registration-lost", "registration-lost" in refreshed.text, refreshed.text)
    again = world.mcpauth("apply", "--yes")
    report.check("then the client has been replaced", again.code == 0, refreshed.text + again.text)
    report.equal("by one registration", peer.registrations(), 2)
    report.check("by another client", world.entry("lost")["client_id"] != old.entry["client_id"])
    check_flow(report, world, peer, "lost")


def stale_token(report: Report, world: World, peer: Peer) -> None:
    """A management token that somebody else's read has made stale: the client lives on, unmanaged, with a warning."""
    world.write_inventory(inventory_of(peer, ["stale"]))
    world.mcpauth("apply", "--yes")
    old = world.entry("stale")
    report.equal("the client is read behind our back", manage(world, "stale", "GET").status, 200)
    refreshed = world.mcpauth("apply", "--refresh", "--yes")
    report.check("apply --refresh: exit code 0", refreshed.code == 0, refreshed.text)
    report.check("apply --refresh warns of management-lost", "management-lost" in refreshed.text, refreshed.text)
    entry = world.entry("stale")
    report.equal("the client is kept", (entry["client_id"], entry["managed"]), (old["client_id"], False))
    report.equal("nothing is registered", peer.registrations(), 1)
    check_flow(report, world, peer, "stale")
    before, asked = world.snapshot(), len(peer.requests())
    silent = world.mcpauth("apply", "--yes")
    report.check("and the next apply is silent", silent.code == 0 and len(peer.requests()) == asked, silent.text)
    report.check("and writes nothing", world.snapshot() == before, changed(before, world))


def management_token(world: World, name: str) -> str:
    return str((world.record(name) or {})["registration_access_token"])


def manage(world: World, name: str, method: str, token: str | None = None) -> Answer:
    """A management call that `mcpauth` knows nothing of."""
    record = world.record(name) or {}
    presented = token or record["registration_access_token"]
    return exchange(method, record["registration_client_uri"], {"Authorization": f"Bearer {presented}"})


def with_flags(*flags: str) -> Opening:
    def opening(python: Path, folder: Path) -> AbstractContextManager[Peer]:
        return running_peer(python, folder, list(flags), "authlib_server.py", has_tools=False)

    return opening


SCENARIOS: list[tuple[Scenario, Opening]] = [
    (managed, with_flags("--renew-secrets")),
    (managed, with_flags("--renew-secrets", "--rotate-tokens")),
    (rotating, with_flags("--rotate-tokens")),
    (public_with_secret, with_flags("--list-none")),
    (no_new_secret, with_flags()),
    (lost_client, with_flags()),
    (stale_token, with_flags("--rotate-tokens")),
]
