#!/usr/bin/env python3
"""Kills runners and members of etcd while several runners apply one inventory (Reliability#Many-runners).

    python3 Tests/Etcd/kill.py [--bin .build/debug] [--rounds 20] [--servers 400] [--runners 4] [--kills 8] [--seed 1]

Each round begins with an empty prefix, and several runners apply the same inventory. Runners are killed with SIGKILL at
random instants and replaced. Meanwhile members of etcd are killed, also the leader, and started again, and one is cut off
from the others. Then everything is up again, and apply runs until it has nothing to do. After that:

- each server has an entry, and was registered exactly once; or its outcome is unknown, and it was registered at most once;
- each client at the authorization servers is an entry, an orphan, or one of the unknown outcomes;
- each secret opens with the age identity, and is the one that the authorization server knows;
- no claim, issuer or runner is left in etcd.

Needs the Debian package etcd-server. Everything is on loopback. Ends with `N passed, N failed`.
"""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cluster import Cluster, Member
from support import Checks, Place, Sandbox, age_key, environment, parser, scratch, wait_until

# Authorization servers: the numbered servers of one sandbox share one.
ISSUERS = 8
DEFAULTS = {"token_endpoint_auth_method": "client_secret_basic"}
# How long an apply may take, in seconds.
LIMIT = 600
REPAIRS = 6


class Runner:
    """One place of the runs: a folder of its own with the same inventory. Its process is replaced when it is killed."""

    def __init__(self, place: Place, variables: dict[str, str]) -> None:
        self.place, self.variables = place, variables
        self.process: subprocess.Popen[bytes] | None = None
        self.log = place.folder.parent / f"{place.folder.name}.log"

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(self.place.binary), "apply", "--yes", "--allow-mass-change"], cwd=self.place.folder,
                env=environment(**self.variables), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class Storm:
    """Members of etcd that are killed, restarted and cut off, again and again, in a thread of its own."""

    def __init__(self, cluster: Cluster, chance: random.Random) -> None:
        self.cluster, self.chance = cluster, chance
        self.events: Counter[str] = Counter()
        self.failure: Exception | None = None
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.rage)
        self.thread.start()

    def rage(self) -> None:
        try:
            while not self.stopped.wait(self.chance.uniform(0.5, 3)):
                kind = self.chance.choice(["member", "leader", "minority"])
                member = self.cluster.named_leader() if kind == "leader" else self.chance.choice(self.cluster.members)
                if member is None:
                    continue
                self.events[kind] += 1
                self.strike(kind, member)
                # The next event only after all members agree again: two of three must always be left.
                self.cluster.restore()
        except Exception as error:
            self.failure = error

    def strike(self, kind: str, member: Member) -> None:
        if kind == "minority":
            self.cluster.cut_off(member)
        else:
            self.cluster.kill(member)
        self.stopped.wait(self.chance.uniform(0.2, 4))

    def end(self) -> None:
        self.stopped.set()
        self.thread.join()
        self.cluster.restore()
        if self.failure:
            raise self.failure


class Round:
    """One round: a prefix of its own, the runners, and what is checked afterwards."""

    def __init__(self, number: int, options: Any, cluster: Cluster, sandboxes: list[Sandbox], folder: Path,
                 key: tuple[str, str], chance: random.Random) -> None:  # fmt: skip
        self.number, self.options, self.cluster, self.sandboxes, self.chance = number, options, cluster, sandboxes, chance
        self.prefix = f"/mcpauth/round-{number}"
        identity, recipient = key
        variables = {"MCPAUTH_STORE_ADDRESSES": ",".join(cluster.endpoints), "MCPAUTH_AGE_KEY": identity}
        self.servers = {
            f"s{index:04d}": f"{sandboxes[index % ISSUERS].origin}/n/{index // ISSUERS + 1:04d}/mcp" for index in range(options.servers)
        }
        self.runners = []
        for index in range(options.runners):
            place = Place(options.bin / "mcpauth", folder / f"runner-{index}")
            # Each runner asks another member first.
            endpoints = cluster.endpoints[index % 3 :] + cluster.endpoints[: index % 3]
            place.write_inventory(
                self.servers, defaults=DEFAULTS, network={"per_issuer": 4}, secrets={"store": "etcd", "recipients": [recipient]},
                state={"store": "etcd", "endpoints": endpoints, "prefix": self.prefix},
            )  # fmt: skip
            self.runners.append(Runner(place, variables))

    def storm(self) -> str:
        """Applies with kills, until every runner has ended by itself. Returns what was done."""
        storm = Storm(self.cluster, self.chance)
        try:
            for runner in self.runners:
                runner.start()
            kills = 0
            while kills < self.options.kills and any(runner.is_running for runner in self.runners):
                time.sleep(self.chance.uniform(0.1, 2 * self.options.pace))
                running = [runner for runner in self.runners if runner.is_running]
                if not running:
                    break
                victim = self.chance.choice(running)
                victim.kill()
                victim.start()
                kills += 1
            for runner in self.runners:
                if runner.process:
                    runner.process.wait(timeout=LIMIT)
        finally:
            storm.end()
            for runner in self.runners:
                if runner.is_running:
                    runner.kill()
        events = ", ".join(f"{count} × {kind}" for kind, count in sorted(storm.events.items()))
        return f"{kills} runners killed, etcd: {events or 'nothing'}"

    def mcpauth(self, *words: str) -> Any:
        runner = self.runners[0]
        return runner.place.mcpauth(*words, **runner.variables)

    def document(self, *words: str) -> dict[str, Any]:
        done = self.mcpauth(*words, "--format", "json")
        assert done.out.startswith("{"), done
        return dict(json.loads(done.out))

    def temporary(self) -> list[str]:
        return [key for key in self.cluster.keys(self.prefix) if key.startswith(("claims/", "issuers/", "runners/", "deletions/"))]

    def settle(self) -> list[str]:
        """Applies until nothing is left to do but unknown outcomes. Returns the servers whose outcome is unknown."""
        wait_until("the leases of the killed runners have expired", lambda: not self.temporary(), limit=120)
        for _ in range(REPAIRS):
            done = self.mcpauth("apply", "--yes", "--allow-mass-change")
            waiting = [one for one in self.document("plan")["servers"] if one["action"] != "unchanged"]
            unknown = [
                one["name"] for one in waiting
                if one["action"] == "blocked" and one["error"]["code"] == "registration-outcome-unknown"
            ]
            if len(unknown) == len(waiting):
                return unknown
        raise AssertionError(f"after {REPAIRS} applies there is still something to do: {done}")

    def check(self, check: Checks) -> None:
        name = f"round {self.number}"
        unknown = Counter(self.settle())
        keys = self.cluster.keys(self.prefix)
        entries = {key.removeprefix("entries/"): json.loads(value) for key, value in keys.items() if key.startswith("entries/")}
        orphans = self.document("orphans", "list")["orphans"]
        listed = {one["client_id"] for one in orphans}
        posted: Counter[str] = Counter()
        alive: dict[str, dict[str, Any]] = {}
        for sandbox in self.sandboxes:
            for request in sandbox.get("requests"):
                if request["method"] == "POST" and request["path"].endswith("/register"):
                    posted[label(json.loads(request["body"]))] += 1
            alive |= {one["client_id"]: one for one in sandbox.get("clients")}
        missing = sorted(set(self.servers) - set(entries) - set(unknown))
        check(f"{name}: each server has an entry, or its outcome is unknown", not missing, missing[:10])
        twice = sorted(server for server in self.servers if posted[server] != 1 and (posted[server] > 1 or server not in unknown))
        check(f"{name}: each server is registered once", not twice, [(one, posted[one]) for one in twice[:10]])
        locked = {client_of(entry): server for server, entry in entries.items()}
        gone = sorted(server for client, server in locked.items() if client not in alive)
        check(f"{name}: each entry's client is at its authorization server", not gone, gone[:10])
        unnamed = Counter(label(one) for client, one in alive.items() if client not in locked and client not in listed)
        check(f"{name}: each other client is an orphan or an unknown outcome", not unnamed - unknown, unnamed - unknown)
        opened = self.mcpauth("secrets", "check")
        check(f"{name}: each secret opens", opened.code == 0, opened)
        check.equal(f"{name}: no key of a run is left", self.temporary(), [])
        self.sample(check, entries, alive)

    def sample(self, check: Checks, entries: dict[str, Any], alive: dict[str, dict[str, Any]]) -> None:
        """Some secrets are compared with those of the authorization server."""
        wrong = []
        for server in self.chance.sample(sorted(entries), min(10, len(entries))):
            found = self.mcpauth("secrets", "get", server, "--field", "client_secret")
            if found.out.strip() != alive[client_of(entries[server])]["client_secret"]:
                wrong.append(server)
        check(f"round {self.number}: secrets are those of the authorization server", not wrong, wrong)


def client_of(entry: dict[str, Any]) -> str:
    return str(entry["client_id"])


def label(client: dict[str, Any]) -> str:
    """The last component of its redirect URI, which names the server that it was registered for."""
    return str(client["redirect_uris"][0]).rsplit("/", 1)[1]


def main() -> int:
    options = parser(__doc__)
    options.add_argument("--rounds", type=int, default=20)
    options.add_argument("--servers", type=int, default=400)
    options.add_argument("--runners", type=int, default=4)
    options.add_argument("--kills", type=int, default=8, help="runners that are killed in a round")
    options.add_argument("--pace", type=float, default=1.0, help="seconds between two kills, on average")
    options.add_argument("--delay", type=int, default=50, help="milliseconds that a registration takes")
    options.add_argument("--seed", type=int, default=None)
    given = options.parse_args()
    check = Checks()
    if not check.is_installed("etcd", shutil.which("etcd") is not None):
        return check.finish() if check.failed else 0
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10**6)
    print(f"--seed {seed}", flush=True)
    chance = random.Random(seed)
    each = -(-given.servers // ISSUERS)
    with scratch("etcd-kill") as folder, ExitStack() as stack:
        cluster = stack.enter_context(Cluster(folder / "etcd"))
        words = ["--servers", each, "--register-delay", given.delay]
        sandboxes = [stack.enter_context(Sandbox(given.bin, *words)) for _ in range(ISSUERS)]
        key = age_key(given.bin / "mcpauth", folder)
        for number in range(1, given.rounds + 1):
            for sandbox in sandboxes:
                sandbox.post("reset")
            begun = time.monotonic()
            one = Round(number, given, cluster, sandboxes, folder / f"round-{number}", key, chance)
            try:
                done = one.storm()
                one.check(check)
            except Exception as error:
                logs = "\n".join(f"{runner.log.name}: {runner.log.read_text()[-1500:]}" for runner in one.runners if runner.log.exists())
                check(f"round {number} came to its end", False, f"{error!r}\n{logs}")
                continue
            print(f"round {number}: {done}, {time.monotonic() - begun:.0f} s", flush=True)
    return check.finish()


if __name__ == "__main__":
    sys.exit(main())
