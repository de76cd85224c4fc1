"""RFC 7592 as `mcpauth` uses it, for any peer that supports it: read, update in place, rotate, delete."""

from __future__ import annotations

from typing import Any

from checks import check_dead, check_flow, check_no_secret, stored_client
from peer import Peer
from support import REDIRECT_URI, Checks, Place

CALLS = ("GET", "PUT", "DELETE")


class Calls:
    """The management calls that the server has received since the last call of this method."""

    def __init__(self, peer: Peer, endpoint: str) -> None:
        self.peer = peer
        self.endpoint = endpoint
        self.seen = self._counts()

    def _counts(self) -> dict[str, int]:
        counts = {method: self.peer.count(method, self.endpoint) for method in CALLS}
        return {**counts, "POST": self.peer.registrations()}

    def since(self) -> dict[str, int]:
        """The number of each kind of call; kinds without a call are left out."""
        now = self._counts()
        new = {method: count - self.seen[method] for method, count in now.items() if count != self.seen[method]}
        self.seen = now
        return new


def inventory_of(peer: Peer, names: list[str], **oauth2: Any) -> dict[str, Any]:
    return {name: {"url": peer.url, **({"oauth2": oauth2} if oauth2 else {})} for name in names}


def check_read_back(check: Checks, place: Place, calls: Calls, servers: int) -> None:
    """`plan --refresh` never reads a client, because a read may change its token; `apply --refresh` reads each once."""
    planned = place.mcpauth("plan", "--refresh", "--detailed-exitcode")
    check("plan --refresh: exit code 0, no changes", planned.code == 0, planned.text)
    check.equal("plan --refresh reads no client", calls.since(), {})
    for number in (1, 2):
        refreshed = place.mcpauth("apply", "--refresh", "--yes")
        check(f"apply --refresh {number}: exit code 0", refreshed.code == 0, refreshed.text)
        check.equal(f"apply --refresh {number} reads each client once", calls.since(), {"GET": servers})


def check_update(check: Checks, place: Place, peer: Peer, calls: Calls, names: list[str]) -> None:
    """A changed redirect URI changes the client in place: the same id, and the new URI works."""
    old = {name: place.entry(name) for name in names}
    uri = "http://127.0.0.1:7777/moved/{server}"
    place.write_inventory(inventory_of(peer, names, redirect_uris=[uri]))
    planned = place.mcpauth("plan")
    check(
        "update: the plan shows it", "redirect-uris-changed" in planned.text and "~" in planned.text, planned.text
    )
    check.equal("update: the plan sends no management call", calls.since(), {})
    updated = place.mcpauth("apply", "--yes")
    check("update: exit code 0", updated.code == 0, updated.text)
    check.equal("update: one PUT for each client, no registration", calls.since(), {"PUT": len(names)})
    for name in names:
        entry = place.entry(name)
        check.equal(f"{name}: update: the same client", entry["client_id"], old[name]["client_id"])
        check.equal(f"{name}: update: the new redirect URI", entry["redirect_uris"], [uri.format(server=name)])
        check(f"{name}: update: still managed", entry["managed"] is True, entry)
        check_flow(check, place, peer, name)
    check_no_secret(check, place, updated.text)
    repeated = place.mcpauth("apply", "--yes")
    check("update: the next apply has nothing to do", repeated.code == 0 and calls.since() == {}, repeated.text)


def check_rotation(check: Checks, place: Place, peer: Peer, calls: Calls, name: str) -> None:
    """`rotate` requests a new secret in place; the old one is invalid, the new one works."""
    old = stored_client(place, name)
    rotated = place.mcpauth("rotate", name, "--yes")
    check(f"{name}: rotate: exit code 0", rotated.code == 0, rotated.text)
    check.equal(f"{name}: rotate: one PUT, no registration", calls.since(), {"PUT": 1})
    new = stored_client(place, name)
    check.equal(f"{name}: rotate: the same client", new.entry["client_id"], old.entry["client_id"])
    check(f"{name}: rotate: another secret", bool(new.secret) and new.secret != old.secret)
    check_dead(check, f"{name}: rotate: the old secret", old)
    check_flow(check, place, peer, name)
    check_no_secret(check, place, rotated.text)


def check_deletion(check: Checks, place: Place, peer: Peer, calls: Calls, names: list[str]) -> None:
    """The last of the names is removed from the inventory: its client is deleted at the server, with its entry and secret."""
    gone = names[-1]
    old = stored_client(place, gone)
    place.write_inventory(inventory_of(peer, names[:-1], redirect_uris=["http://127.0.0.1:7777/moved/{server}"]))
    removed = place.mcpauth("apply", "--yes")
    check("removal: exit code 0", removed.code == 0, removed.text)
    check.equal("removal: one DELETE, nothing else", calls.since(), {"DELETE": 1})
    lock = place.lock()
    check.equal("removal: the entry is gone", sorted(lock["servers"]), sorted(names[:-1]))
    check.equal("removal: no orphan", lock["orphans"], [])
    left = [str(path) for path in place.secrets_path.rglob("*") if path.is_file() and path.name.startswith(gone + ".")]
    check.equal("removal: its secret is gone", left, [])
    check_dead(check, "removal: the client", old)


def default_redirect(name: str) -> str:
    return REDIRECT_URI.format(server=name)
