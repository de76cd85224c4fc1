#!/usr/bin/env python3
"""Kills runners and members of etcd while several runners apply one inventory (Reliability#Many-runners).

    python3 Tests/Etcd/kill.py [--bin .build/debug] [--rounds 20] [--servers 400] [--runners 4] [--kills 8]
    python3 Tests/Etcd/kill.py --seed S --round N

Each round begins with an empty prefix, and several runners apply the same inventory. Runners are killed with SIGKILL at
random instants, after random numbers of registrations, and replaced. Meanwhile members of etcd are killed, also the leader,
and started again; one is cut off from the others, or stopped so that it does not answer. Then everything is up again, and
apply runs until it has nothing to do. After that:

- each server has an entry, and was registered exactly once; or its outcome is unknown, and it was registered at most once;
- each client at the authorization servers is an entry, an orphan, or one of the unknown outcomes;
- each secret opens with the age identity, and is the one that the authorization server knows;
- no claim, issuer or runner is left in etcd.

The first line has the seed. What happens in a round, and how long it waits before, follows from the seed and the number of
the round: --seed S --round N does that round again. At which instant of a run a signal arrives is still up to the machine.

Needs the Debian package etcd-server. Everything is on loopback. Ends with `N passed, N failed`.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cluster import Cluster, Member, is_installed
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
    """Members of etcd that are killed, restarted, cut off and stopped, again and again, in a thread of its own."""

    def __init__(self, cluster: Cluster, chance: random.Random) -> None:
        self.cluster, self.chance = cluster, chance
        self.events: list[str] = []
        self.failure: Exception | None = None
        self.stopped = threading.Event()
        self.begun = time.monotonic()
        self.thread = threading.Thread(target=self.rage)
        self.thread.start()

    def rage(self) -> None:
        try:
            while True:
                # All of it is drawn at once, so that the next event does not depend on what this one found.
                kind = self.chance.choice(["member", "leader", "minority", "frozen"])
                member = self.chance.choice(self.cluster.members)
                before, during = self.chance.uniform(0.5, 4), self.chance.uniform(0.2, 4)
                if self.stopped.wait(before):
                    return
                if kind == "leader":
                    member = self.cluster.leader()
                self.events.append(f"{kind} {member.name} at {time.monotonic() - self.begun:.1f} s")
                self.strike(kind, member)
                self.stopped.wait(during)
                # The next event only after all members agree again: two of three must always be left.
                self.cluster.restore()
        except Exception as error:
            self.failure = error

    def strike(self, kind: str, member: Member) -> None:
        if kind == "minority":
            self.cluster.cut_off(member)
        elif kind == "frozen":
            self.cluster.freeze(member)
        else:
            self.cluster.kill(member)

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
        self.events: list[str] = []
        self.storm_events: list[str] = []
        identity, recipient = key
        variables = {"MCPAUTH_STORE_ADDRESSES": ",".join(cluster.endpoints), "MCPAUTH_AGE_KEY": identity}
        self.servers = {
            f"s{index:04d}": f"{sandboxes[index % ISSUERS].origin}/n/{index // ISSUERS + 1:04d}/mcp"
            for index in range(options.servers)
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
        kills = sorted(self.chance.sample(range(1, self.options.servers), self.options.kills))
        storm = Storm(self.cluster, random.Random(self.chance.random()))
        self.storm_events = storm.events
        begun = time.monotonic()
        try:
            for runner in self.runners:
                runner.start()
            for registered in kills:
                victim, after = self.chance.choice(self.runners), self.chance.uniform(0, 0.5)
                self.wait_for(registered)
                time.sleep(after)
                # A runner that has ended is begun again too.
                if victim.is_running:
                    victim.kill()
                victim.start()
                self.events.append(f"{victim.place.folder.name} killed at {time.monotonic() - begun:.1f} s")
            storm.end()
            for runner in self.runners:
                if runner.process:
                    runner.process.wait(timeout=LIMIT)
        finally:
            storm.end()
            for runner in self.runners:
                if runner.is_running:
                    runner.kill()
        kinds = Counter(event.split()[0] for event in storm.events)
        events = ", ".join(f"{count} × {kind}" for kind, count in sorted(kinds.items()))
        return f"{len(kills)} runners killed, etcd: {events or 'nothing'}"

    def wait_for(self, registered: int) -> None:
        """Until the authorization servers were asked for so many registrations, or all runners have ended."""

        def is_due() -> bool:
            asked = sum(sum(sandbox.get("counts")["registrations"].values()) for sandbox in self.sandboxes)
            return asked >= registered or not any(runner.is_running for runner in self.runners)

        wait_until(f"{registered} registrations", is_due, limit=LIMIT, pause=0.1)

    def logs(self) -> str:
        logs = [one.log for one in self.runners if one.log.exists()]
        return "\n".join(f"{log.name}: {log.read_text(errors='replace')[-1500:]}" for log in logs)

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
        wait_until("the leases of the killed runners have expired", lambda: not self.temporary(), limit=120, pause=0.2)
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
        exported = self.mcpauth("export", "--to", "json", "--secrets", "inline")
        opened = {one["name"]: one["oauth2"].get("client_secret") for one in json.loads(exported.out)["servers"]}
        secrets = {server: alive[client]["client_secret"] for client, server in locked.items() if client in alive}
        wrong = sorted(server for server in locked.values() if opened.get(server) != secrets.get(server))
        reason = (wrong[:10], exported.err)
        check(f"{name}: each of {len(secrets)} secrets opens, and is the authorization server's", not wrong, reason)
        check.equal(f"{name}: no key of a run is left", self.temporary(), [])
        self.retry(check, name, unknown, orphans)

    def retry(self, check: Checks, name: str, unknown: Counter[str], orphans: list[dict[str, Any]]) -> None:
        """A person has the servers registered again whose outcome is unknown."""
        done = self.mcpauth("apply", "--yes", "--retry-unknown", "--allow-mass-change")
        count = self.cluster.count(f"{self.prefix}/entries")
        check(f"{name}: {len(unknown)} unknown outcomes are retried", done.code == 0 and count == len(self.servers), done)
        named = Counter(one["server"] for one in self.document("orphans", "list")["orphans"] if one["client_id"] is None)
        missing = unknown - named
        check(f"{name}: what they may have left behind is named", not missing, missing)
        print(f"{name}: {len(unknown)} unknown outcomes, {len(orphans)} orphans before that", flush=True)


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
    options.add_argument("--delay", type=int, default=50, help="milliseconds that a registration takes")
    options.add_argument("--seed", type=int, default=None)
    options.add_argument("--round", type=int, default=None, help="only this round")
    given = options.parse_args()
    check = Checks()
    if not is_installed(check):
        return check.finish() if check.failed else 0
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10**6)
    print(f"--seed {seed}", flush=True)
    each = -(-given.servers // ISSUERS)
    with scratch("etcd-kill") as folder, ExitStack() as stack:
        cluster = stack.enter_context(Cluster(folder / "etcd"))
        words = ["--servers", each, "--register-delay", given.delay]
        sandboxes = [stack.enter_context(Sandbox(given.bin, *words)) for _ in range(ISSUERS)]
        key = age_key(given.bin / "mcpauth", folder)
        for number in [given.round] if given.round else range(1, given.rounds + 1):
            for sandbox in sandboxes:
                sandbox.post("reset")
            begun = time.monotonic()
            one = Round(number, given, cluster, sandboxes, folder / f"round-{number}", key, random.Random(f"{seed}/{number}"))
            failed = check.failed
            try:
                done = one.storm()
                print(f"round {number}: {done}, {time.monotonic() - begun:.0f} s", flush=True)
                one.check(check)
            except Exception:
                check(f"round {number} came to its end", False, traceback.format_exc())
            if check.failed > failed:
                print(f"To do it again: --seed {seed} --round {number}", *one.events, *one.storm_events, one.logs(), sep="\n")
            print(f"round {number}: {time.monotonic() - begun:.0f} s", flush=True)
    return check.finish()


if __name__ == "__main__":
    sys.exit(main())
