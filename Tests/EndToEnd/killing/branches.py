"""The scenario `branches` of Tests/EndToEnd/kill: two branches of a git repository, with kills in each apply and rotate."""

from __future__ import annotations

import itertools
import random
import time
from collections import Counter
from collections.abc import Iterator

import support
from support import age_key

from .runs import Place, Watch, body_name, clear, is_registration, label_of, settle, start_and_kill, unsettled


class Step:
    """What is edited on a branch, and the command that is killed then."""

    def __init__(self, branch: str, edit: str, *rotated: str) -> None:
        self.branch, self.edit, self.rotated = branch, edit, rotated

    @property
    def command(self) -> list[str]:
        if self.rotated:
            return ["rotate", *self.rotated, "servers.yaml", "--allow-mass-change", "--yes"]
        return ["apply", "--allow-mass-change"]


# Servers of their own; all others share the URL of the kind that ends their name.
NUMBERED = ("kept", "replaced", "removed", "renamed", "added", "rotated")
ROTATED = ("rotated", "rotated-rotating", "rotated-managed")
STORY = [
    Step("main", "first"), Step("feature", "differ"), Step("main", "replace"), Step("main", "", *ROTATED),
    Step("feature", "replace"), Step("feature", "", *ROTATED), Step("main", "rename"), Step("feature", "restore"),
    Step("main", "update"), Step("feature", "update"),
]  # fmt: skip


class Repository:
    """A git repository with an inventory, its lock file and, if it is an age store, its secrets."""

    def __init__(self, place: Place, store: str, recipient: str) -> None:
        self.place = place
        self.store: dict[str, object] = {"store": store} | ({"recipients": [recipient]} if store == "age" else {})
        # The servers of each branch: path, redirect URI and other keys.
        self.branches: dict[str, dict[str, dict]] = {}
        # How many registrations the inventories asked for, by the last component of the redirect URI.
        self.wanted: Counter[str] = Counter()
        self.found: list[str] = []
        clear(place)
        place.git("init", "-q")
        place.write(".mcpauth/\n", ".gitignore")

    def check_out(self, step: Step) -> None:
        """Checks the branch out, edits its inventory, and writes it."""
        if step.branch not in self.branches:
            self.branches[step.branch] = {name: dict(server) for name, server in self.branches.get("main", {}).items()}
            self.place.git("checkout", "-q", "-b", step.branch)
        elif self.place.git("branch", "--show-current").strip() != step.branch:
            self.place.git("checkout", "-q", step.branch)
        servers = self.branches[step.branch]
        if step.edit:
            getattr(self, step.edit)(servers, step.branch)
        self.wanted += Counter(servers[name]["label"] for name in step.rotated)
        blocks = {
            name: {
                "url": self.place.sandbox.origin + server["path"],
                "oauth2": {"redirect_uris": [f"http://127.0.0.1:7777/{server.get('callback', 'callback')}/{server['label']}"],
                           "generation": server.get("generation", 0)},
            } | ({"moved_from": server["moved_from"]} if "moved_from" in server else {})
            for name, server in servers.items()
        }  # fmt: skip
        defaults = {"token_endpoint_auth_method": "client_secret_basic"}
        self.place.write_inventory(blocks, secrets=self.store, defaults=defaults)

    def add(self, servers: dict[str, dict], *names: str) -> None:
        for name in names:
            kind = name.rsplit("-", 1)[-1]
            numbered = f"/n/{NUMBERED.index(name) + 1:04d}/mcp" if name in NUMBERED else ""
            servers[name] = {"path": {"rotating": "/managed-rotating/mcp", "managed": "/managed/mcp"}.get(kind, numbered), "label": name}
            self.wanted[name] += 1

    def first(self, servers: dict[str, dict], branch: str) -> None:
        self.add(servers, "kept", "replaced", "removed", "renamed", "renamed-managed", "updated-managed", "updated-rotating", *ROTATED)

    def differ(self, servers: dict[str, dict], branch: str) -> None:
        self.replace(servers, branch)
        self.update(servers, branch)
        del servers["removed"]
        self.rename(servers, branch)
        self.add(servers, "added")

    def replace(self, servers: dict[str, dict], branch: str) -> None:
        # A client without RFC 7592 is replaced by a new one.
        servers["replaced"]["generation"] = servers["replaced"].get("generation", 0) + 1
        self.wanted["replaced"] += 1

    def update(self, servers: dict[str, dict], branch: str) -> None:
        # A client with RFC 7592 is updated in place.
        for name in ("updated-managed", "updated-rotating"):
            servers[name]["callback"] = servers[name].get("callback", "callback") + "-" + branch
            self.wanted[name] += 1

    def rename(self, servers: dict[str, dict], branch: str) -> None:
        for name in ("renamed", "renamed-managed"):
            servers[f"{branch}-{name}"] = servers.pop(name) | {"moved_from": name}

    def restore(self, servers: dict[str, dict], branch: str) -> None:
        self.add(servers, "removed")

    def settle(self) -> None:
        """Applies until nothing is left to do. Clients whose registration got no answer are registered again."""
        _, found = settle(self.place)
        if not found and unsettled(self.place):
            self.place.mcpauth("apply", "--allow-mass-change", "--retry-unknown")
            _, found = settle(self.place)
        self.found += found

    def commit(self, message: str) -> None:
        self.place.git("add", "-A")
        if self.place.git("status", "--porcelain"):
            self.place.git("commit", "-q", "-m", message)

    def check(self) -> list[str]:
        """What is wrong at the end; empty when nothing is."""
        present = self.place.git("branch", "--show-current").strip()
        locks = []
        for commit in self.place.git("log", "--branches", "--format=%H %s").splitlines():
            name, message = commit.split(" ", 1)
            self.place.git("checkout", "-q", name)
            locks.append(self.place.lock())
            self.check_secrets(message)
        self.check_clients(locks)
        self.place.git("checkout", "-q", present)
        done = self.place.mcpauth("secrets", "prune", "--yes")
        if done.code != 0:
            self.found.append(f"secrets prune: {done}")
        for branch in [present, *(branch for branch in self.branches if branch != present)]:
            # An age store lost files of this branch only: they are not committed here.
            self.place.git("checkout", "-q", "-f", branch)
            self.check_secrets(f"{branch}, after secrets prune")
        return self.found

    def check_secrets(self, where: str) -> None:
        done = self.place.mcpauth("secrets", "check")
        if done.code != 0:
            self.found.append(f"{where}: not every secret opens: {done.text[-1500:]}")

    def check_clients(self, locks: list[dict]) -> None:
        lines = [line for lock in locks for line in lock["orphans"]]
        named = {entry["client_id"] for lock in locks for entry in lock["servers"].values()}
        named |= {line["client_id"] for line in lines}
        unknown = Counter(server for server, _ in {(line["server"], line["since"]) for line in lines if line["client_id"] is None})
        labels = {name: server["label"] for servers in self.branches.values() for name, server in servers.items()}
        unknown = sum((Counter({labels.get(name, name): count}) for name, count in unknown.items()), Counter())
        unnamed = Counter(label_of(client) for client in self.place.sandbox.get("clients") if client["client_id"] not in named)
        for label, count in (unnamed - unknown).items():
            self.found.append(f"{count} client(s) of {label} are at the server, and in no lock file ({unknown[label]} unknown)")
        requests = self.place.sandbox.get("requests")
        made = Counter(body_name(request) for request in requests if is_registration(request))
        for label, count in (made - self.wanted - unknown).items():
            self.found.append(f"{label} was registered {made[label]} times, {count} times too often")


def tell_story(repository: Repository, instants: dict[int, float] | None, whole: dict[int, float]) -> int:
    """Goes through all steps, and kills each at its instant. Returns how many runs were killed."""
    killed = 0
    for index, step in enumerate(STORY):
        repository.check_out(step)
        watch = Watch(repository.place.lock_path)
        start = time.monotonic()
        is_killed = start_and_kill(repository.place, step.command, instants[index] if instants else support.LIMIT)
        if not is_killed:
            whole[index] = time.monotonic() - start
        killed += is_killed
        repository.settle()
        if broken := watch.end():
            repository.found.append(f"the lock file was not valid JSON: {broken}")
        repository.commit(f"{step.branch}, step {index}")
    return killed


def branches(place: Place, kills: int, chance: random.Random) -> tuple[int, int]:
    """Kills in repositories of two branches. Returns how many kills left nothing wrong, and how many repositories have a fault."""
    identity, recipient = age_key(place.binary, place.folder)
    place.variables = {"MCPAUTH_AGE_KEY": identity}
    # How long each step takes, by store: a run that ended before its kill says so too.
    whole: dict[str, dict[int, float]] = {"age": {}, "directory": {}}
    shares = {index: spread_shares(-(-kills // len(STORY)), chance) for index in range(len(STORY))}
    passed = failed = killed = rounds = 0
    start = time.monotonic()
    for store in itertools.cycle(whole):
        if killed >= kills or rounds > 2 + 3 * kills / len(STORY):
            break
        rounds += 1
        place.sandbox.post("reset")
        repository = Repository(place, store, recipient)
        instants = None
        if whole[store]:
            instants = {index: whole[store][index] * next(shares[index]) for index in range(len(STORY))}
        count = tell_story(repository, instants, whole[store])
        found = repository.check()
        killed += count
        if found:
            failed += 1
            print(f"branches: repository {rounds} ({store} store), {count} kills:\n  " + "\n  ".join(found[:12]), flush=True)
        else:
            passed += count
    seconds = time.monotonic() - start
    print(f"branches: {killed} runs killed in {rounds} repositories, {seconds:.0f} s", flush=True)
    return passed, failed + (killed < kills)


def spread_shares(count: int, chance: random.Random) -> Iterator[float]:
    """Shares of a run's time, spread over the whole of it, in a random order; again and again."""
    while True:
        order = list(range(count))
        chance.shuffle(order)
        for index in order:
            yield (index + chance.random()) / count
