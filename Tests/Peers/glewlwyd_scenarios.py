"""glewlwyd, behind a small MCP server.

Its issuer has a path, its document is only at the OpenID URL; it answers 200 in place of 201, and lists in place of strings.
"""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from checks import apply_all, check_dead, check_flow, check_locked, check_record, check_verify, stored_client
from glewlwyd_server import PREFIX, Glewlwyd, running_glewlwyd
from managed import Calls, check_deletion, check_read_back, check_rotation, check_update, default_redirect, inventory_of
from peer import Opening, Peer, Scenario
from support import Checks, Place

ENDPOINT = PREFIX + "/register"
CROWD = 24


def managed(check: Checks, place: Place, peer: Any) -> None:
    """The whole life of a client: registered, used, verified, read, changed, rotated, deleted."""
    names = ["basic", "other"]
    place.write_inventory(inventory_of(peer, names))
    apply_all(check, place, peer, clients=2)
    document = published(peer)
    for name in names:
        wanted = {
            "issuer": peer.origin + PREFIX,
            "resource": peer.url,
            "registration": "dcr",
            "discovered_by": "challenge",
            # Exactly as published, including the double slash.
            "authorization_endpoint": document["authorization_endpoint"],
            "token_endpoint": document["token_endpoint"],
            "registration_endpoint": document["registration_endpoint"],
            "revocation_endpoint": document["revocation_endpoint"],
            "token_endpoint_auth_method": "client_secret_basic",
            "redirect_uris": [default_redirect(name)],
            "grant_types": ["authorization_code"],
            "scopes": ["openid"],
            "scopes_from": "resource-metadata",
            "client_secret_expires_at": None,
            "managed": True,
        }
        check_record(check, place, name, check_locked(check, place, name, wanted), "client_secret_basic")
        check_flow(check, place, peer, name)
    check_clients(check, place, peer, "after the registration")
    check_verify(check, place, peer, "basic")
    calls = Calls(peer, ENDPOINT)
    check_read_back(check, place, calls, servers=2)
    check_update(check, place, peer, calls, names)
    check_rotation(check, place, peer, calls, "basic")
    check_deletion(check, place, peer, calls, names)
    check_clients(check, place, peer, "after the removal")


def crowd(check: Checks, place: Place, peer: Any) -> None:
    """Many servers. glewlwyd fails with some parallel registrations (RealServers#68); one after another, all succeed."""
    names = [f"s{number}" for number in range(CROWD)]
    place.write_inventory(inventory_of(peer, names))
    apply_all(check, place, peer, clients=CROWD)
    check_clients(check, place, peer, "after the crowd")
    secrets = {stored_client(place, name).secret for name in names}
    check.equal("the crowd: each has its own secret", len(secrets), CROWD)
    check_flow(check, place, peer, names[-1])
    # Once for the plan, once for the apply, and never for the second apply.
    fetched = peer.count("GET", PREFIX + "/.well-known")
    check.equal("the crowd: the issuer's document is fetched once per run", fetched, 2)


def in_parallel(check: Checks, place: Place, peer: Any) -> None:
    """Registered in parallel: glewlwyd creates the clients that it answers with 500 (RealServers#68); none is created twice.

    Their number is random. The checks hold for any number, also for none.
    """
    names = [f"p{number}" for number in range(CROWD)]
    place.write_inventory(inventory_of(peer, names), network={"per_issuer": CROWD})
    applied = place.mcpauth("apply", "--yes")
    unknown = unknown_outcomes(place)
    posts = peer.registrations()
    check.equal("in parallel: exit code", applied.code, 1 if unknown else 0)
    check.equal("in parallel: every 500 is an unknown outcome", failures(peer), len(unknown))
    check.equal("in parallel: each POST is locked, or listed", posts, len(place.lock()["servers"]) + len(unknown))
    check_all_served(check, place, peer, "in parallel")

    # One at a time, as is the default: skipped servers are registered, unknown outcomes wait for --retry-unknown.
    place.write_inventory(inventory_of(peer, names))
    place.mcpauth("apply", "--yes")
    check.equal("one by one: only skipped servers are registered", peer.registrations(), CROWD)
    check.equal("one by one: unknown outcomes stay unknown", unknown_outcomes(place), unknown)
    retried = place.mcpauth("apply", "--yes", "--retry-unknown")
    check("--retry-unknown: exit code 0", retried.code == 0, retried.text)
    check.equal("--retry-unknown: one more POST for each unknown outcome", peer.registrations(), CROWD + len(unknown))
    check.equal("--retry-unknown: all are locked", sorted(place.lock()["servers"]), sorted(names))
    check.equal("--retry-unknown: the unknown outcomes stay listed", unknown_outcomes(place), unknown)
    check_all_served(check, place, peer, "after --retry-unknown")
    silent = place.mcpauth("apply", "--yes")
    asked_again = peer.registrations() != CROWD + len(unknown)
    check("and the next apply has nothing to do", silent.code == 0 and not asked_again, silent.text)


def unknown_outcomes(place: Place) -> list[str]:
    return sorted(one["server"] for one in place.lock()["orphans"] if one["reason"] == "outcome-unknown")


def failures(peer: Glewlwyd) -> int:
    return sum(1 for one in peer.requests() if one["path"] == ENDPOINT and one["status"] == 500)


def check_all_served(check: Checks, place: Place, peer: Glewlwyd, when: str) -> None:
    """Every client in the lock exists at the server, and the server has no more clients than were requested."""
    served = peer.browser.clients()
    locked = {entry["client_id"] for entry in place.lock()["servers"].values()}
    check(f"{when}: the server has each client in the lock", locked <= set(served), locked - set(served))
    check(f"{when}: it has no more clients than were requested", len(served) <= peer.registrations(), len(served))


def lost_client(check: Checks, place: Place, peer: Any) -> None:
    """A client that the administrator deletes: `apply --refresh` finds it, and it is replaced once."""
    place.write_inventory(inventory_of(peer, ["lost"]))
    place.mcpauth("apply", "--yes")
    old = stored_client(place, "lost")
    peer.browser.call("DELETE", f"/api/client/{old.entry['client_id']}")
    check_dead(check, "the deleted client", old)
    refreshed = place.mcpauth("apply", "--refresh", "--yes")
    check("apply --refresh says registration-lost", "registration-lost" in refreshed.text, refreshed.text)
    again = place.mcpauth("apply", "--yes")
    check("then the client has been replaced", again.code == 0, refreshed.text + again.text)
    check.equal("by one registration", peer.registrations(), 2)
    check_flow(check, place, peer, "lost")
    check_clients(check, place, peer, "after the replacement")


def stale_token(check: Checks, place: Place, peer: Any) -> None:
    """A refused management token (here with 400 `access_denied`, RealServers#71) does not mean that the client is invalid."""
    place.write_inventory(inventory_of(peer, ["stale"]))
    place.mcpauth("apply", "--yes")
    path, old = place.record_path("stale"), place.entry("stale")
    record = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**record, "registration_access_token": "stale-management-token"}), encoding="utf-8")
    refreshed = place.mcpauth("apply", "--refresh", "--yes")
    check("apply --refresh: exit code 0", refreshed.code == 0, refreshed.text)
    check("apply --refresh warns of management-lost", "management-lost" in refreshed.text, refreshed.text)
    entry = place.entry("stale")
    check.equal("the client is kept", (entry["client_id"], entry["managed"]), (old["client_id"], False))
    check.equal("nothing is registered", peer.registrations(), 1)
    check_flow(check, place, peer, "stale")


def check_clients(check: Checks, place: Place, peer: Glewlwyd, when: str) -> None:
    """glewlwyd's own list of clients is equal to that of the lock."""
    locked = sorted(entry["client_id"] for entry in place.lock()["servers"].values())
    check.equal(f"{when}: the server's clients are those in the lock", sorted(peer.browser.clients()), locked)


def published(peer: Glewlwyd) -> dict[str, Any]:
    return dict(peer.browser.call("GET", PREFIX + "/.well-known/openid-configuration"))


def opening(root: Path, folder: Path) -> AbstractContextManager[Peer]:
    return running_glewlwyd(root, folder)


SCENARIOS: list[tuple[Scenario, Opening]] = [
    (managed, opening),
    (crowd, opening),
    (in_parallel, opening),
    (lost_client, opening),
    (stale_token, opening),
]
