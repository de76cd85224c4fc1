"""The `mcp` package from PyPI, 1.x and 2.x."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from checks import apply_all, check_flow, check_record, check_verify
from oauth_flow import exchange
from scenario import Opening, Scenario
from world import Peer, Report, World, running_peer

SCOPES = ["tools"]


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


def confidential(report: Report, world: World, peer: Peer) -> None:
    """As the package ships: two methods, both with a secret; `basic` is chosen by the rules, `post` asked for."""
    post = {"url": peer.url, "oauth2": {"token_endpoint_auth_method": "client_secret_post"}}
    world.write_inventory({"basic": {"url": peer.url}, "post": post})
    apply_all(report, world, peer, clients=2)
    for name, method in (("basic", "client_secret_basic"), ("post", "client_secret_post")):
        check_entry(report, world, peer, name, method)
        check_flow(report, world, peer, name)
    if world.offers("verify"):
        check_verify(report, world, peer, "basic")
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
    if world.offers("verify"):
        check_verify(report, world, peer, "public")


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
