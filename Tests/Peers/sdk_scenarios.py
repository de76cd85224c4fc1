"""The `mcp` package from PyPI, 1.x and 2.x."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from checks import apply_all, check_flow, check_record, check_verify
from oauth_flow import exchange
from peer import Opening, Peer, Scenario, running_peer
from support import Checks, Place

SCOPES = ["tools"]


def check_entry(check: Checks, place: Place, peer: Peer, name: str, method: str) -> None:
    """The lock entry is equal to the server's own documents."""
    entry = place.entry(name)
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
    check.equal(f"{name}: lock entry", {key: entry.get(key) for key in wanted}, wanted)
    # 1.x writes its issuer with a trailing slash, 2.x without. In both cases the string of the document is locked.
    document = peer_metadata(peer)
    check.equal(f"{name}: the document's own issuer is locked", entry["issuer"], document["issuer"])
    check(f"{name}: a client id", bool(entry["client_id"]))
    check_record(check, place, name, entry, method)


def peer_metadata(peer: Peer) -> dict[str, Any]:
    return dict(exchange("GET", peer.origin + "/.well-known/oauth-authorization-server").json())


def confidential(check: Checks, place: Place, peer: Peer) -> None:
    """The default of the package: two methods, both with a secret; `basic` by the rules, `post` from the inventory."""
    post = {"url": peer.url, "oauth2": {"token_endpoint_auth_method": "client_secret_post"}}
    place.write_inventory({"basic": {"url": peer.url}, "post": post})
    apply_all(check, place, peer, clients=2)
    for name, method in (("basic", "client_secret_basic"), ("post", "client_secret_post")):
        check_entry(check, place, peer, name, method)
        check_flow(check, place, peer, name)
    check_verify(check, place, peer, "basic")
    check_removal(check, place, peer)


def check_removal(check: Checks, place: Place, peer: Peer) -> None:
    """A server removed from the inventory: its client is listed as an orphan, because it cannot be deleted."""
    gone, kept = place.entry("post"), place.entry("basic")
    place.write_inventory({"basic": {"url": peer.url}})
    asked = peer.registrations()
    removed = place.mcpauth("apply", "--yes")
    check("removal: exit code 0", removed.code == 0, removed.text)
    lock = place.lock()
    check.equal("removal: the other server's entry stays", lock["servers"], {"basic": kept})
    orphans = [(orphan["server"], orphan["client_id"], orphan["reason"]) for orphan in lock["orphans"]]
    check.equal("removal: the client is listed", orphans, [("post", gone["client_id"], "removed")])
    check.equal("removal registers nothing", peer.registrations(), asked)
    left = sorted(path.name for path in place.secrets_path.iterdir() if path.name.startswith("post."))
    check.equal("removal: the client exists, so its record is kept", len(left), 1)


def public(check: Checks, place: Place, peer: Peer) -> None:
    """If the metadata lists `none`, the client is public: it has no secret and uses PKCE."""
    place.write_inventory({"public": {"url": peer.url}})
    apply_all(check, place, peer, clients=1)
    check_entry(check, place, peer, "public", "none")
    check_flow(check, place, peer, "public")
    check_verify(check, place, peer, "public")


def unlisted_method(check: Checks, place: Place, peer: Peer) -> None:
    """A method that the metadata does not list is not requested: the server is blocked before any registration."""
    place.write_inventory({"public": {"url": peer.url, "oauth2": {"token_endpoint_auth_method": "none"}}})
    applied = place.mcpauth("apply", "--yes")
    check.equal("unlisted method: exit code", applied.code, 1)
    check("unlisted method: says why", "auth-method-unsupported" in applied.text, applied.text)
    check.equal("unlisted method: registers nothing", peer.registrations(), 0)


def unknown_scope(check: Checks, place: Place, peer: Peer) -> None:
    """The server refuses a scope that it does not know; scopes of the inventory are never left out."""
    place.write_inventory({"scoped": {"url": peer.url, "oauth2": {"scopes": ["tools", "nonsense"]}}})
    applied = place.mcpauth("apply", "--yes")
    check.equal("unknown scope: exit code", applied.code, 1)
    check("unknown scope: says why", "client-metadata-rejected" in applied.text, applied.text)
    check("unknown scope: with the text of the server", "nonsense" in applied.text, applied.text)
    check("unknown scope: no client was registered", all(request["status"] != 201 for request in peer.requests()))


def expiring(check: Checks, place: Place, peer: Peer) -> None:
    """A secret that expires is locked with its time."""
    place.write_inventory({"expiring": {"url": peer.url}})
    applied = place.mcpauth("apply", "--yes")
    check("expiring secret: exit code 0", applied.code == 0, applied.text)
    expires = place.entry("expiring")["client_secret_expires_at"]
    check("expiring secret: its time is locked", isinstance(expires, str) and expires.endswith("Z"), expires)
    check_flow(check, place, peer, "expiring")


def with_flags(*flags: str) -> Opening:
    def opening(python: Path, folder: Path) -> AbstractContextManager[Peer]:
        return running_peer(python, folder, list(flags))

    return opening


SCENARIOS: list[tuple[Scenario, Opening]] = [
    (confidential, with_flags()),
    (public, with_flags("--list-none")),
    (unlisted_method, with_flags()),
    (unknown_scope, with_flags()),
    (expiring, with_flags("--secret-life", "7776000")),
]
