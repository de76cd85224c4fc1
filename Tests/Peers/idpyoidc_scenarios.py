"""idpyoidc, behind a small MCP server. It gives a secret to every client, and does not look at the method of its registration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from checks import apply_all, check_dead, check_flow, check_locked, check_record, check_token, check_verify, stored_client
from front_door import PeerBehindDoor, opens_at, running_front_door
from managed import default_redirect, inventory_of
from peer import HERE, Opening, Peer, Scenario, running_program
from support import Checks, Place

WANTED = {"registration": "dcr", "discovered_by": "challenge", "scopes": ["openid"], "managed": False}


def confidential(check: Checks, place: Place, peer: Peer) -> None:
    """It lists methods with a secret only, and its answer repeats the method: nothing is open."""
    names = ["first", "second"]
    place.write_inventory(inventory_of(peer, names))
    apply_all(check, place, peer, clients=2)
    check.equal("the token endpoint is not asked", peer.count("POST", "/token"), 0)
    for name in names:
        check_client(check, place, peer, name, "client_secret_basic")
    check_verify(check, place, peer, "first")


def secret_only(check: Checks, place: Place, peer: Peer) -> None:
    """It lists `none`, answers with a secret, and its token endpoint accepts only a client with a secret."""
    place.write_inventory(inventory_of(peer, ["open"]))
    apply_all(check, place, peer, clients=1)
    check.equal("the token endpoint is asked with `none`, then with the secret", peer.count("POST", "/token"), 2)
    check_client(check, place, peer, "open", "client_secret_basic")
    check_verify(check, place, peer, "open")


def vague(check: Checks, place: Place, peer: Peer) -> None:
    """The same with the answers of its example server: a refused client is an `invalid_request`."""
    place.write_inventory(inventory_of(peer, ["vague"]))
    apply_all(check, place, peer, clients=1)
    check.equal("the token endpoint is asked with `none`, then with the secret", peer.count("POST", "/token"), 2)
    check_locked(check, place, "vague", {**WANTED, "token_endpoint_auth_method": "client_secret_basic"})
    client = stored_client(place, "vague")
    tokens = client.redeem(client.authorize()["code"])
    if check("vague: the code is exchanged for a token", tokens.status == 200, tokens.body):
        check_token(check, peer, "vague", tokens.json()["access_token"])
    verified = place.mcpauth("verify", "--strict")
    check("vague: verify: exit code 0, the client is known", verified.code == 0, verified.text)


def public(check: Checks, place: Place, peer: Peer) -> None:
    """It lists `none`, and its token endpoint accepts it: the client works without the secret of the answer."""
    place.write_inventory(inventory_of(peer, ["public"]))
    apply_all(check, place, peer, clients=1)
    check.equal("the token endpoint is asked once", peer.count("POST", "/token"), 1)
    check_locked(check, place, "public", {**WANTED, "token_endpoint_auth_method": "none"})
    check("the secret of the answer is stored", bool((place.record("public") or {}).get("client_secret")))
    check_flow(check, place, peer, "public")
    check_verify(check, place, peer, "public")


def restarted(check: Checks, place: Place, peer: Any) -> None:
    """Clients are in memory only, so a restart loses them: `apply --verify` replaces them, and nothing more."""
    place.write_inventory(inventory_of(peer, ["lost"]))
    place.mcpauth("apply", "--yes")
    old = stored_client(place, "lost")
    peer.restart()
    check_dead(check, "the client before the restart", old)
    verified = place.mcpauth("verify")
    check("verify: exit code 1, the client is lost", verified.code == 1 and "registration-lost" in verified.text, verified.text)
    # One client of one is more than half.
    healed = place.mcpauth("apply", "--verify", "--allow-mass-change", "--yes")
    check("apply --verify: exit code 0", healed.code == 0, healed.text)
    check.equal("apply --verify registers one client", peer.registrations(), 2)
    check("by another client", place.entry("lost")["client_id"] != old.entry["client_id"])
    check_client(check, place, peer, "lost", "client_secret_basic")
    calm = place.mcpauth("plan", "--verify", "--detailed-exitcode")
    check("plan --verify afterwards: exit code 0, no changes", calm.code == 0, calm.text)


def check_client(check: Checks, place: Place, peer: Peer, name: str, method: str) -> None:
    wanted = {
        **WANTED,
        "issuer": peer.origin,
        "token_endpoint_auth_method": method,
        "redirect_uris": [default_redirect(name)],
    }
    check_record(check, place, name, check_locked(check, place, name, wanted), method)
    check_flow(check, place, peer, name)


@dataclass(frozen=True, kw_only=True)
class Idpyoidc(PeerBehindDoor):
    """idpyoidc as a peer. `restart` starts it again, without its clients."""

    restart: Callable[[], None]


def with_flags(*flags: str) -> Opening:
    @contextmanager
    def opening(python: Path, folder: Path) -> Iterator[Peer]:
        with running_front_door() as door, ExitStack() as running:

            def restart() -> None:
                running.close()
                arguments = [python, HERE / "idpyoidc_server.py", "--issuer", door.origin, *flags]
                origin, _ = running.enter_context(running_program(arguments, folder))
                door.upstream_port = urlsplit(origin).port
                door.opens = opens_at(origin + "/userinfo")

            restart()
            door.scopes = ["openid"]
            yield Idpyoidc(
                door.origin,
                door.origin + "/mcp",
                folder / "none",
                has_tools=False,
                door=door,
                registration_path="/registration",
                restart=restart,
            )

    return opening


SCENARIOS: list[tuple[Scenario, Opening]] = [
    (confidential, with_flags()),
    (secret_only, with_flags("--lists-none")),
    (vague, with_flags("--lists-none", "--vague")),
    (public, with_flags("--lists-none", "--takes-none")),
    (restarted, with_flags()),
]
