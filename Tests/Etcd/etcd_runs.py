"""Runs mcpauth with its state and its secrets in a real etcd (Reliability#Many-runners).

    python3 Tests/Etcd/etcd_runs.py [--bin .build/debug] [--only one_run|…]

Needs the Debian package etcd-server. Everything is on loopback. Ends with `N passed, N failed`.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from etcd_server import PREFIX, Etcd, certificates
from support import Checks, Outcome, Place, Sandbox, age_key, environment, parser, run_cases, scratch, wait_until

# Confidential clients that can be managed: each has a client secret and a management token.
KIND = "managed"
DEFAULTS = {"token_endpoint_auth_method": "client_secret_basic"}
# Seconds after which a run that does not answer loses its keys.
LEASE = 15


class EtcdPlace(Place):
    """A folder whose inventory keeps state and secrets in etcd. Several places with one etcd are several runners."""

    def __init__(self, options: Any, folder: Path, etcd: Etcd, key: tuple[str, str], **state: object) -> None:
        super().__init__(options.bin / "mcpauth", folder)
        identity, recipient = key
        self.variables = {"MCPAUTH_STORE_ADDRESSES": etcd.address, "MCPAUTH_AGE_KEY": identity}
        self.state = {"store": "etcd", "endpoints": [etcd.address], "prefix": PREFIX} | state
        self.secrets: dict[str, object] = {"store": "etcd", "recipients": [recipient]}

    def write_servers(self, servers: dict[str, Any], **blocks: object) -> None:
        self.write_inventory(servers, **({"secrets": self.secrets, "state": self.state, "defaults": DEFAULTS} | blocks))

    def mcpauth(self, *arguments: object, **variables: str) -> Outcome:
        return super().mcpauth(*arguments, **(self.variables | variables))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(self.binary), *arguments], cwd=self.folder, env=environment(**self.variables),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip


def urls(sandbox: Sandbox, count: int, name: str = "s") -> dict[str, str]:
    return {f"{name}{number}": f"{sandbox.origin}/{KIND}/mcp?n={name}{number}" for number in range(count)}


def clients(*sandboxes: Sandbox) -> int:
    """How many registrations the authorization servers were asked for."""
    return sum(
        1 for sandbox in sandboxes for one in sandbox.get("requests")
        if one["method"] == "POST" and one["path"].endswith("/register")
    )  # fmt: skip


def settled(check: Checks, name: str, place: EtcdPlace, etcd: Etcd, count: int) -> None:
    """Every server has a client whose secret opens, and nothing of a run is left."""
    plan = place.mcpauth("plan", "--detailed-exitcode")
    check(f"{name}: nothing is left to do", plan.code == 0, plan)
    found = place.mcpauth("secrets", "check")
    check(f"{name}: every secret opens", found.code == 0, found)
    keys = etcd.keys()
    check.equal(f"{name}: every server has an entry", sum(key.startswith("entries/") for key in keys), count)
    left = [key for key in keys if key.startswith(("claims/", "intents/", "issuers/", "runners/", "proofs/"))]
    check.equal(f"{name}: no key of a run is left", left, [])
    secrets = [value for key, value in keys.items() if key.startswith("secrets/")]
    check(f"{name}: secrets are ciphertext", all(one.startswith("-----BEGIN AGE ENCRYPTED") for one in secrets), secrets)


# Cases


def one_run(check: Checks, options: Any, root: Path, key: tuple[str, str]) -> None:
    """One runner: apply, plan, rotate, remove, orphans. At most four transactions for a server."""
    with Etcd(root / "etcd") as etcd, Sandbox(options.bin, "--kind", KIND) as sandbox:
        place = EtcdPlace(options, root / "place", etcd, key)
        place.write_servers(urls(sandbox, 20))
        check.equal("an empty etcd has no servers", place.mcpauth("state", "list", "--format", "json").code, 0)
        before = etcd.calls("Txn")
        apply = place.mcpauth("apply", "--yes")
        check("apply registers", apply.code == 0, apply)
        transactions = etcd.calls("Txn") - before
        check(f"{transactions} transactions for 20 servers: at most 4 each", transactions <= 80, transactions)
        settled(check, "one run", place, etcd, 20)
        check.equal("each is registered once", clients(sandbox), 20)
        rotate = place.mcpauth("rotate", "s0", "--yes")
        check("rotate", rotate.code == 0, rotate)
        again = place.mcpauth("apply", "--yes")
        check("a second apply has nothing to do", again.code == 0, again)
        place.write_servers(urls(sandbox, 19))
        removed = place.mcpauth("apply", "--yes")
        check("a server that is gone is removed, and its client deleted", removed.code == 0, removed)
        settled(check, "one run, after a removal", place, etcd, 19)
        check.equal("its client left no line", json.loads(place.mcpauth("orphans", "list", "--format", "json").out)["orphans"], [])
        check("nothing is in the folder but the inventory", set(place.snapshot()) == {"servers.yaml"}, place.snapshot().keys())


def many_runs(check: Checks, options: Any, root: Path, key: tuple[str, str]) -> None:
    """Four runners and six authorization servers: every server once, and each runner says what it did."""
    with ExitStack() as stack:
        etcd = stack.enter_context(Etcd(root / "etcd"))
        sandboxes = [
            stack.enter_context(Sandbox(options.bin, "--kind", KIND, "--register-delay", 50)) for _ in range(6)
        ]
        servers = {key: url for number, one in enumerate(sandboxes) for key, url in urls(one, 10, f"a{number}-").items()}
        places = [EtcdPlace(options, root / f"place-{number}", etcd, key) for number in range(4)]
        for place in places:
            place.write_servers(servers)
        started = [place.start("apply", "--yes", "--format", "json") for place in places]
        outputs = [one.communicate(timeout=300)[0] for one in started]
        for number, (one, output) in enumerate(zip(started, outputs, strict=True)):
            check(f"runner {number} succeeds", one.returncode == 0, output)
        check.equal("every server is registered once", clients(*sandboxes), len(servers))
        settled(check, "many runs", places[0], etcd, len(servers))
        names: list[str] = []
        for output in outputs:
            document = json.loads(output)
            own = [one["name"] for one in document["servers"] if one["outcome"] == "done" and one["action"] == "register"]
            names += own
            others = set(document.get("other_runs", []))
            check("what is not its own is of other runs", others.isdisjoint(own), others & set(own))
        check.equal("each server is of one runner", sorted(names), sorted(servers))


def shards(check: Checks, options: Any, root: Path, key: tuple[str, str]) -> None:
    """Fixed shares: together they are everything, and none does more than its own."""
    with ExitStack() as stack:
        etcd = stack.enter_context(Etcd(root / "etcd"))
        sandboxes = [stack.enter_context(Sandbox(options.bin, "--kind", KIND)) for _ in range(8)]
        servers = {key: url for number, one in enumerate(sandboxes) for key, url in urls(one, 2, f"a{number}-").items()}
        place = EtcdPlace(options, root / "place", etcd, key)
        place.write_servers(servers)
        seen = 0
        for number in (1, 2):
            done = place.mcpauth("apply", "--yes", "--shard", f"{number}/2")
            check(f"share {number}", done.code == 0, done)
            found = clients(*sandboxes)
            check(f"share {number} has servers, in pairs", found > seen and found % 2 == 0, found)
            seen = found
        settled(check, "shares", place, etcd, len(servers))
        wrong = place.mcpauth("apply", "--shard", "3/2")
        check("a share that does not exist is wrong usage", wrong.code == 64 or wrong.code == 2, wrong)


def registering(sandbox: Sandbox) -> bool:
    return clients(sandbox) > 0


def killed(check: Checks, options: Any, root: Path, key: tuple[str, str]) -> None:
    """A runner that is killed between the request and the answer: its intent is a named unknown outcome, and nothing else is lost."""
    with Etcd(root / "etcd") as etcd, Sandbox(options.bin, "--kind", KIND, "--register-delay", 2000) as sandbox:
        place = EtcdPlace(options, root / "place", etcd, key)
        place.write_servers(urls(sandbox, 1))
        one = place.start("apply", "--yes")
        wait_until("a registration began", lambda: registering(sandbox))
        during = place.mcpauth("apply", "--yes")
        check("another run leaves the server to it", during.code == 0 and "other runs: 1 server" in during.text, during)
        os.kill(one.pid, signal.SIGKILL)
        one.communicate()
        wait_until("the lease has lapsed", lambda: not any(name.startswith("claims/") for name in etcd.keys()), limit=60)
        plan = place.mcpauth("plan")
        check("the outcome is unknown", plan.code == 1 and "registration-outcome-unknown" in plan.text, plan)
        blocked = place.mcpauth("apply", "--yes")
        check("it is not registered again", blocked.code == 1 and clients(sandbox) == 1, blocked)
        check("the intent stays", "intents/s0" in etcd.keys())
        retried = place.mcpauth("apply", "--yes", "--retry-unknown")
        check("a person decides", retried.code == 0 and clients(sandbox) == 2, retried)
        settled(check, "killed", place, etcd, 1)
        orphans = json.loads(place.mcpauth("orphans", "list", "--format", "json").out)["orphans"]
        check("the client that may exist is listed", [one["client_id"] for one in orphans] == [None], orphans)


def paused(check: Checks, options: Any, root: Path, key: tuple[str, str]) -> None:
    """A runner that is stopped for longer than its lease stores the one credential that exists."""
    with Etcd(root / "etcd") as etcd, Sandbox(options.bin, "--kind", KIND, "--register-delay", 1000) as sandbox:
        place, other = (EtcdPlace(options, root / name, etcd, key) for name in ("place", "other"))
        for one in (place, other):
            one.write_servers(urls(sandbox, 1))
        run = place.start("apply", "--yes")
        wait_until("a registration began", lambda: registering(sandbox))
        os.kill(run.pid, signal.SIGSTOP)
        wait_until("the lease has lapsed", lambda: "claims/s0" not in etcd.keys(), limit=60)
        during = other.mcpauth("apply", "--yes")
        check("another run does not register", during.code == 1 and "registration-outcome-unknown" in during.text, during)
        os.kill(run.pid, signal.SIGCONT)
        output = run.communicate(timeout=120)[0]
        check("the paused run succeeds", run.returncode == 0, output)
        check.equal("one registration", clients(sandbox), 1)
        settled(check, "paused", other, etcd, 1)


def settled_meanwhile(check: Checks, options: Any, root: Path, key: tuple[str, str]) -> None:
    """If a person settled the intent meanwhile, the late answer is listed under orphans, with its token."""
    with Etcd(root / "etcd") as etcd, Sandbox(options.bin, "--kind", KIND, "--register-delay", 1000) as sandbox:
        place, other = (EtcdPlace(options, root / name, etcd, key) for name in ("place", "other"))
        for one in (place, other):
            one.write_servers(urls(sandbox, 1))
        run = place.start("apply", "--yes")
        wait_until("a registration began", lambda: registering(sandbox))
        os.kill(run.pid, signal.SIGSTOP)
        wait_until("the lease has lapsed", lambda: "claims/s0" not in etcd.keys(), limit=60)
        forget = other.mcpauth("orphans", "forget", "s0")
        check("a person settles the outcome", forget.code == 0 and "intents/s0" not in etcd.keys(), forget)
        again = other.mcpauth("apply", "--yes")
        check("and the server is registered again", again.code == 0, again)
        os.kill(run.pid, signal.SIGCONT)
        output = run.communicate(timeout=120)[0]
        check("the late answer is no success", run.returncode == 1 and "intent-settled" in output, output)
        orphans = json.loads(other.mcpauth("orphans", "list", "--format", "json").out)["orphans"]
        check("it is listed with its client id", [one["managed"] for one in orphans] == [True], orphans)
        check("and its token is kept", any(name.startswith("orphan-secrets/") for name in etcd.keys()))
        check("the record of no entry is gone", sum(name.startswith("secrets/") for name in etcd.keys()) == 1, list(etcd.keys()))
        deleted = other.mcpauth("apply", "--yes")
        check("the next apply deletes it at its server", deleted.code == 0, deleted)
        settled(check, "settled meanwhile", other, etcd, 1)
        check.equal("no orphan is left", json.loads(other.mcpauth("orphans", "list", "--format", "json").out)["orphans"], [])


def outage(check: Checks, options: Any, root: Path, key: tuple[str, str]) -> None:
    """etcd ends between the request and the answer, and comes back: the answer is stored."""
    with Etcd(root / "etcd") as etcd, Sandbox(options.bin, "--kind", KIND, "--register-delay", 1500) as sandbox:
        place = EtcdPlace(options, root / "place", etcd, key)
        place.write_servers(urls(sandbox, 1))
        run = place.start("apply", "--yes")
        wait_until("a registration began", lambda: registering(sandbox))
        etcd.kill()
        time.sleep(3)
        etcd.start()
        output = run.communicate(timeout=120)[0]
        check("the run waits for etcd", run.returncode == 0, output)
        settled(check, "outage", place, etcd, 1)
        check.equal("one registration", clients(sandbox), 1)
        etcd.stop()
        gone = place.mcpauth("plan")
        check("without etcd there is no plan", gone.code == 1 and "store-failed" in gone.text, gone)


def copies(check: Checks, options: Any, root: Path, key: tuple[str, str]) -> None:
    """From files to etcd and back: nothing is registered again, and the old place is refused."""
    identity, recipient = key
    with Etcd(root / "etcd") as etcd, Sandbox(options.bin, "--kind", KIND) as sandbox:
        place = EtcdPlace(options, root / "place", etcd, key)
        age = {"store": "age", "recipients": [recipient]}

        def write(state: object, secrets: object) -> None:
            place.write_servers(urls(sandbox, 3), state=state, secrets=secrets)

        def done(name: str, *words: str) -> Outcome:
            outcome = place.mcpauth(*words)
            check(name, outcome.code == 0, outcome)
            return outcome

        files = {"store": "file"}
        write(files, age)
        done("apply with files", "apply", "--yes")
        before = place.lock()
        refused = place.mcpauth("state", "pull")
        check("pull needs etcd", refused.code == 1 and "store-unsupported" in refused.text, refused)
        write(place.state, age)
        done("migrate to etcd", "state", "migrate", "--to", "etcd")
        done("plan with etcd", "plan", "--detailed-exitcode")
        write(place.state, place.secrets)
        done("the secrets follow", "secrets", "move", "--from", "age")
        settled(check, "after the migration", place, etcd, 3)
        write(files, age)
        old = place.mcpauth("apply", "--yes")
        check("the old place is refused", old.code == 1 and "state-moved" in old.text, old)
        write(place.state, place.secrets)
        done("pull", "state", "pull")
        pulled = place.lock()
        check.equal("a pulled lock file has the same servers", pulled["servers"], before["servers"])
        check("and the mark of a copy", pulled["moved_to"].startswith("etcd http"), pulled.get("moved_to"))
        full = place.mcpauth("state", "push")
        check("push needs an empty prefix", full.code == 1 and "state-not-empty" in full.text, full)
        write(place.state | {"prefix": "/mcpauth/other"}, age)
        done("push into an empty prefix", "state", "push")
        check.equal("it arrives", sum(name.startswith("entries/") for name in etcd.keys("/mcpauth/other")), 3)
        write(place.state, age)
        done("the secrets go back", "secrets", "move", "--from", "etcd")
        done("migrate to files", "state", "migrate", "--to", "file")
        gone = place.mcpauth("plan")
        check("etcd is refused now", gone.code == 1 and "state-moved" in gone.text, gone)
        write(files, age)
        done("plan with files", "plan", "--detailed-exitcode")
        done("secrets of files", "secrets", "check")
        check.equal("nothing was registered again", clients(sandbox), 3)


def locked_down(check: Checks, options: Any, root: Path, key: tuple[str, str]) -> None:
    """TLS with an authority of its own and client certificates, and a user whose role has only the prefix."""
    tls = certificates(root / "tls")
    with Etcd(root / "etcd", tls) as etcd, Sandbox(options.bin, "--kind", KIND) as sandbox:
        etcd.add_user("mcpauth", "s3cret-of-etcd", PREFIX)
        auth = {"username": "mcpauth", "password": {"env": "ETCD_PASSWORD"}}
        place = EtcdPlace(
            options, root / "place", etcd, key, auth=auth, ca_file="ca.pem", client_certificate="client.pem",
            client_key="client-key.pem",
        )  # fmt: skip
        for name in ("ca.pem", "client.pem", "client-key.pem"):
            shutil.copy(tls / name, place.folder / name)
        place.write_servers(urls(sandbox, 3))
        place.variables["ETCD_PASSWORD"] = "wrong-password"
        wrong = place.mcpauth("plan")
        check("a wrong password is named, and not shown", wrong.code == 1 and "authentication failed" in wrong.text and "wrong-password" not in wrong.text, wrong)
        place.variables["ETCD_PASSWORD"] = "s3cret-of-etcd"
        apply = place.mcpauth("apply", "--yes")
        check("apply with a user and certificates", apply.code == 0, apply)
        settled(check, "locked down", place, etcd, 3)
        place.state["prefix"] = "/mcpauth/of-others"
        place.write_servers(urls(sandbox, 3))
        denied = place.mcpauth("plan")
        check("another prefix is denied", denied.code == 1 and "permission denied" in denied.text, denied)
        place.state = {name: value for name, value in place.state.items() if not name.startswith("client_")}
        place.write_servers(urls(sandbox, 3))
        bare = place.mcpauth("plan")
        check("without a client certificate there is no connection", bare.code == 1 and "store-failed" in bare.text, bare)
        place.variables["MCPAUTH_STORE_ADDRESSES"] = ""
        refused = place.mcpauth("plan")
        check("an address that is not allowed gets nothing", "store-address-refused" in refused.text, refused)


CASES = [one_run, many_runs, shards, killed, paused, settled_meanwhile, outage, copies, locked_down]


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--only", action="append", help="only these cases")
    options = arguments.parse_args()
    check = Checks()
    if not check.is_installed("etcd", shutil.which("etcd") is not None):
        return 0
    with scratch("etcd") as root:
        key = age_key(options.bin / "mcpauth", root)

        def bound(case: Callable[..., None]) -> Callable[[Checks], None]:
            @functools.wraps(case)
            def call(check: Checks) -> None:
                case(check, options, root / case.__name__, key)

            return call

        return run_cases(check, [bound(case) for case in CASES], check, only=options.only)


if __name__ == "__main__":
    sys.exit(main())
