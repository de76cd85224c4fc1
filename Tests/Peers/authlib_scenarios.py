"""Authlib's server: registration and management, also with a management token that changes with every answer."""

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
from peer import Opening, Peer, Scenario, running_peer
from support import Checks, Place

ENDPOINT = "/register"


def managed(check: Checks, place: Place, peer: Peer) -> None:
    """The whole life of a client: registered, used, verified, read, changed, rotated, deleted."""
    names = ["basic", "other"]
    place.write_inventory(inventory_of(peer, names))
    apply_all(check, place, peer, clients=2)
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
        check_record(check, place, name, check_locked(check, place, name, wanted), "client_secret_basic")
        check_flow(check, place, peer, name)
    check_verify(check, place, peer, "basic")
    calls = Calls(peer, ENDPOINT)
    check_read_back(check, place, calls, servers=2)
    check_update(check, place, peer, calls, names)
    check_rotation(check, place, peer, calls, "basic")
    check_deletion(check, place, peer, calls, names)


def rotating(check: Checks, place: Place, peer: Peer) -> None:
    """The same with a management token that is invalid after each call (RealServers#72)."""
    place.write_inventory(inventory_of(peer, ["first"]))
    place.mcpauth("apply", "--yes")
    token = management_token(place, "first")
    place.mcpauth("apply", "--refresh", "--yes")
    renewed = management_token(place, "first")
    check("a read stores the token from its answer", renewed != token)
    check.equal("the old token is invalid", manage(place, "first", "GET", token).status, 400)
    # From here on, the checks are those for any server. They pass only if each call stored the token of its answer.
    place.write_inventory({})
    removed = place.mcpauth("apply", "--yes", "--allow-mass-change")
    check("the client is deleted with the token of the read", removed.code == 0 and not place.lock()["orphans"])
    place.lock_path.unlink()


def public_with_secret(check: Checks, place: Place, peer: Peer) -> None:
    """Authlib also issues a secret to a public client: it is stored, and the client works without it."""
    place.write_inventory(inventory_of(peer, ["public"]))
    apply_all(check, place, peer, clients=1)
    check_locked(check, place, "public", {"token_endpoint_auth_method": "none", "managed": True})
    check("the secret of the answer is stored", bool((place.record("public") or {}).get("client_secret")))
    check_flow(check, place, peer, "public")
    check_verify(check, place, peer, "public")


def no_new_secret(check: Checks, place: Place, peer: Peer) -> None:
    """A server whose PUT gives no new secret: `rotate` reports it and does not change the client."""
    place.write_inventory(inventory_of(peer, ["kept"]))
    place.mcpauth("apply", "--yes")
    old = stored_client(place, "kept")
    rotated = place.mcpauth("rotate", "kept", "--yes")
    check.equal("rotate without a new secret: exit code", rotated.code, 1)
    check("rotate without a new secret: says why", "renewal-ineffective" in rotated.text, rotated.text)
    check.equal("rotate without a new secret: the secret stays", stored_client(place, "kept").secret, old.secret)
    check.equal("rotate without a new secret: no second registration", peer.registrations(), 1)
    check_flow(check, place, peer, "kept")


def lost_client(check: Checks, place: Place, peer: Peer) -> None:
    """A client that was deleted at the server: `apply --refresh` finds it, and the next apply replaces it once."""
    place.write_inventory(inventory_of(peer, ["lost"]))
    place.mcpauth("apply", "--yes")
    old = stored_client(place, "lost")
    check.equal("the client is deleted without mcpauth", manage(place, "lost", "DELETE").status, 204)
    check_dead(check, "the deleted client", old)
    verified = place.mcpauth("verify")
    check("verify: exit code 1, the client is invalid", verified.code == 1, verified.text)
    refreshed = place.mcpauth("apply", "--refresh", "--yes")
    check("apply --refresh says registration-lost", "registration-lost" in refreshed.text, refreshed.text)
    again = place.mcpauth("apply", "--yes")
    check("then the client has been replaced", again.code == 0, refreshed.text + again.text)
    check.equal("by one registration", peer.registrations(), 2)
    check("by another client", place.entry("lost")["client_id"] != old.entry["client_id"])
    check_flow(check, place, peer, "lost")


def stale_token(check: Checks, place: Place, peer: Peer) -> None:
    """A management token that became invalid by another program's read: the client stays, unmanaged, with a warning."""
    place.write_inventory(inventory_of(peer, ["stale"]))
    place.mcpauth("apply", "--yes")
    old = place.entry("stale")
    check.equal("the client is read without mcpauth", manage(place, "stale", "GET").status, 200)
    refreshed = place.mcpauth("apply", "--refresh", "--yes")
    check("apply --refresh: exit code 0", refreshed.code == 0, refreshed.text)
    check("apply --refresh warns of management-lost", "management-lost" in refreshed.text, refreshed.text)
    entry = place.entry("stale")
    check.equal("the client is kept", (entry["client_id"], entry["managed"]), (old["client_id"], False))
    check.equal("nothing is registered", peer.registrations(), 1)
    check_flow(check, place, peer, "stale")
    before, asked = place.snapshot(), len(peer.requests())
    silent = place.mcpauth("apply", "--yes")
    check("and the next apply has no warning", silent.code == 0 and len(peer.requests()) == asked, silent.text)
    check("and writes nothing", place.snapshot() == before, changed(before, place))


def management_token(place: Place, name: str) -> str:
    return str((place.record(name) or {})["registration_access_token"])


def manage(place: Place, name: str, method: str, token: str | None = None) -> Answer:
    """A management call by another program than `mcpauth`."""
    record = place.record(name) or {}
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
