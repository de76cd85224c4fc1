"""LemonLDAP::NG, behind a small MCP server. Its answer leaves out the method; it lists two, and one often fails."""

from __future__ import annotations

import base64
import time
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import quote_plus

from checks import apply_all, check_dead, check_locked, check_record, check_token, check_verify, stored_client
from lemonldap_server import PREFIX, running_lemonldap
from managed import default_redirect, inventory_of
from oauth_flow import Client, exchange
from peer import Opening, Peer, Scenario
from support import Checks, Place, wait_until

BASIC, POST = "client_secret_basic", "client_secret_post"
ROUNDS = 6


def settled(check: Checks, place: Place, peer: Peer) -> None:
    """The method is settled by asking: the client works with the locked method, and `verify` knows it."""
    names: list[str] = []
    for number in range(1, ROUNDS + 1):
        name = f"s{number}"
        names.append(name)
        place.write_inventory(inventory_of(peer, names))
        wait_for_another_second()
        if number == 1:
            apply_all(check, place, peer, clients=1)
        else:
            applied = place.mcpauth("apply", "--yes")
            check(f"{name}: apply: exit code 0", applied.code == 0, applied.text)
        check_client(check, place, peer, name)
    check_verify(check, place, peer, "s1")
    planned = place.mcpauth("plan", "--verify", "--detailed-exitcode")
    check("plan --verify: exit code 0, no changes", planned.code == 0, planned.text)
    check.equal("each client was registered once", peer.registrations(), ROUNDS)


def replaced(check: Checks, place: Place, peer: Peer) -> None:
    """Two registrations in one second have the same internal name there: the second replaces the first.

    `apply --verify` finds what was lost, and registers only that, one after another.
    """
    names = ["a", "b", "c"]
    place.write_inventory(inventory_of(peer, names))
    place.mcpauth("apply", "--yes")
    for _ in names:
        dead = [name for name in names if is_refused(stored_client(place, name))]
        before = peer.registrations()
        if not dead:
            break
        wait_for_another_second()
        verified = place.mcpauth("verify")
        check("verify: exit code 1, a client is lost", verified.code == 1, verified.text)
        healed = place.mcpauth("apply", "--verify", "--allow-mass-change", "--yes", "--only", dead[0])
        check("apply --verify: exit code 0", healed.code == 0, healed.text)
        check.equal("apply --verify registers one client", peer.registrations(), before + 1)
    calm = place.mcpauth("plan", "--verify", "--detailed-exitcode")
    check("plan --verify at the end: exit code 0, no changes", calm.code == 0, calm.text)
    for name in names:
        check_client(check, place, peer, name)


def check_client(check: Checks, place: Place, peer: Peer, name: str) -> None:
    client = stored_client(place, name)
    # It reads the Basic credentials with a pattern that ends at `/`, `+` and `=`, and does not decode `%2F`.
    method = POST if is_refused(client, BASIC) else BASIC
    wanted = {
        "issuer": peer.origin,
        "registration": "dcr",
        "discovered_by": "challenge",
        "registration_endpoint": f"{peer.origin}{PREFIX}/register",
        "token_endpoint_auth_method": method,
        "redirect_uris": [default_redirect(name)],
        "scopes": ["openid"],
        "managed": False,
    }
    check_record(check, place, name, check_locked(check, place, name, wanted), method)
    check_sign_in(check, place, peer, name)


def check_sign_in(check: Checks, place: Place, peer: Peer, name: str) -> None:
    """Not `check_flow`: the first use of a code ends it, and PKCE is not checked for registered clients."""
    client = stored_client(place, name)
    answer = client.authorize(peer.headers, peer.parameters)
    check.equal(f"{name}: state is returned", answer.get("state"), client.state)
    wrong = client.redeem(answer["code"], secret="not-" + str(client.secret))
    check(f"{name}: a wrong secret is refused", wrong.json().get("error") == "invalid_client", wrong)
    tokens = client.redeem(answer["code"])
    if check(f"{name}: the code is exchanged for a token", tokens.status == 200, tokens.body):
        check_token(check, peer, name, tokens.json()["access_token"])


def is_refused(client: Client, method: str | None = None) -> bool:
    """Whether the token endpoint refuses the client with this method, or with the locked one."""
    entry = {**client.entry, "token_endpoint_auth_method": method or client.entry["token_endpoint_auth_method"]}
    return bool(Client(entry, client.secret).redeem("made-up-code").json().get("error") == "invalid_client")


def wait_for_another_second() -> None:
    """It names a client by the second of its registration."""
    began = int(time.time())
    wait_until("the next second", lambda: int(time.time()) > began)


def opening(root: Path, folder: Path) -> AbstractContextManager[Peer]:
    return running_lemonldap(root, folder)


SCENARIOS: list[tuple[Scenario, Opening]] = [(settled, opening), (replaced, opening)]
