"""FastMCP's servers: in memory, and a proxy of a provider; at the root, under a path, and with an issuer with a path."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from checks import apply_all, check_flow, check_locked, check_record, check_verify
from managed import default_redirect
from oauth_flow import exchange
from peer import Opening, Peer, Scenario, running_peer
from support import Checks, Place


def whole_life(check: Checks, place: Place, peer: Peer) -> None:
    """Two clients are registered, used in the whole flow and verified; after a removal they are listed, as they cannot be deleted."""
    document = published(peer)
    listed = document["token_endpoint_auth_methods_supported"]
    # In memory, both methods with a secret are supported; the proxy makes every client public.
    methods = ["none", "none"] if "none" in listed else ["client_secret_basic", "client_secret_post"]
    names = ["first", "second"]
    servers = {
        name: {"url": peer.url, "oauth2": {"token_endpoint_auth_method": method}}
        for name, method in zip(names, methods, strict=True)
    }
    place.write_inventory(servers)
    apply_all(check, place, peer, clients=2)
    base = peer.url.removesuffix("/mcp")
    for name, method in zip(names, methods, strict=True):
        wanted = {
            "issuer": document["issuer"],
            "resource": peer.url,
            "discovered_by": "challenge",
            "authorization_endpoint": base + "/authorize",
            "token_endpoint": base + "/token",
            "registration_endpoint": base + "/register",
            "token_endpoint_auth_method": method,
            "redirect_uris": [default_redirect(name)],
            "scopes": ["tools"],
            "client_secret_expires_at": None,
            "managed": False,
        }
        check_record(check, place, name, check_locked(check, place, name, wanted), method)
        check_flow(check, place, peer, name)
        check_verify(check, place, peer, name)
    check_rotation(check, place, peer, "first")
    place.write_inventory({"first": servers["first"]})
    removed = place.mcpauth("apply", "--yes")
    check("removal: exit code 0", removed.code == 0, removed.text)
    reasons = sorted((orphan["server"], orphan["reason"]) for orphan in place.lock()["orphans"])
    check.equal("removal: both old clients are listed", reasons, [("first", "replaced"), ("second", "removed")])


def check_rotation(check: Checks, place: Place, peer: Peer, name: str) -> None:
    """Without RFC 7592 a rotation is a new client; the old one stays at the server, and is listed."""
    old, registered = place.entry(name), peer.registrations()
    rotated = place.mcpauth("rotate", name, "--yes")
    check("rotate: exit code 0", rotated.code == 0, rotated.text)
    check.equal("rotate: one registration", peer.registrations(), registered + 1)
    check("rotate: another client", place.entry(name)["client_id"] != old["client_id"])
    check_flow(check, place, peer, name)


def misplaced_document(check: Checks, place: Place, peer: Peer) -> None:
    """An issuer with a path whose document is only at the root: refused, because the root document is for another issuer."""
    place.write_inventory({"misplaced": {"url": peer.url}})
    root = exchange("GET", peer.origin + "/.well-known/oauth-authorization-server")
    check.equal("misplaced document: it is at the root", root.status, 200)
    applied = place.mcpauth("apply", "--yes")
    check.equal("misplaced document: exit code", applied.code, 1)
    named = "authorization-server-metadata-unavailable" in applied.text
    check("misplaced document: says why", named, applied.text)
    check.equal("misplaced document: registers nothing", peer.registrations(), 0)
    asked = [one["path"] for one in peer.requests()].count("/.well-known/oauth-authorization-server")
    check.equal("misplaced document: the only request to the root is that of this test", asked, 1)


def published(peer: Peer) -> dict[str, Any]:
    """The document at the URL that RFC 8414 3.1 makes of the issuer."""
    path = peer.url.removeprefix(peer.origin)
    resource = exchange("GET", f"{peer.origin}/.well-known/oauth-protected-resource{path}").json()
    issuer = resource["authorization_servers"][0].rstrip("/")
    path = issuer.removeprefix(peer.origin)
    return dict(exchange("GET", f"{peer.origin}/.well-known/oauth-authorization-server{path}").json())


def with_flags(*flags: str) -> Opening:
    def opening(python: Path, folder: Path) -> AbstractContextManager[Peer]:
        return running_peer(python, folder, list(flags), "fastmcp_server.py")

    return opening


SCENARIOS: list[tuple[Scenario, Opening]] = [
    (whole_life, with_flags("--kind", "memory")),
    (whole_life, with_flags("--kind", "memory", "--issuer-path", "/tenant")),
    (whole_life, with_flags("--kind", "memory", "--mount", "/sub")),
    (whole_life, with_flags("--kind", "proxy")),
    (whole_life, with_flags("--kind", "proxy", "--mount", "/sub", "--issuer-path", "/tenant")),
    (misplaced_document, with_flags("--kind", "memory", "--issuer-path", "/tenant", "--forget-well-known")),
]
