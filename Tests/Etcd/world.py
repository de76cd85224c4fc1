"""What the cases of Tests/Etcd/runs.py share: places whose state is in etcd, runs that were started, what is found afterwards."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cluster import Cluster, decoded, encoded
from relay import Act, Relay
from support import LIMIT, Checks, Outcome, Place, Sandbox, environment, wait_until

# Confidential clients that can be managed: each has a client secret, which an update replaces, and a management token.
KIND = "managed-rotating"
DEFAULTS = {"token_endpoint_auth_method": "client_secret_basic"}
# Seconds within which the keys of a run that was killed or stopped are gone: its lease, and a check of etcd.
LAPSE = 120
# Seconds for one request to etcd with all its attempts.
REQUEST = 30
# Seconds within which a command says that etcd does not answer: 30 s, the attempt that was under way, and a busy machine.
OUTAGE = 120
# Requests to etcd for a server that is registered (Reliability#Many-runners).
MOST_REQUESTS = 4
# Keys that exist only while a run is under way.
OF_RUNS = ("claims/", "intents/", "issuers/", "runners/", "deletions/", "proofs/")


class Case:
    """The checks of one case. Their names begin with its name."""

    def __init__(self, check: Checks, guard: threading.Lock, name: str) -> None:
        self.check, self.guard, self.name = check, guard, name

    def __call__(self, name: str, holds: object, reason: object = "") -> bool:
        with self.guard:
            return self.check(f"{self.name}: {name}", holds, reason)

    def equal(self, name: str, found: object, wanted: object) -> bool:
        return self(name, found == wanted, f"wanted {wanted!r}, found {found!r}")


@dataclass
class World:
    """What the cases share, and what one case has for itself: a folder, and a prefix in etcd."""

    bin: Path
    bao: Path | None
    key: tuple[str, str]
    etcd: Cluster
    root: Path
    case: str = ""
    # Every secret that an authorization server gave out.
    secrets: set[str] = field(default_factory=set)
    clients: set[str] = field(default_factory=set)

    @property
    def folder(self) -> Path:
        return self.root / self.case

    @property
    def prefix(self) -> str:
        return f"/mcpauth/{self.case}"

    def keys(self) -> dict[str, str]:
        return self.etcd.keys(self.prefix)

    def place(self, name: str = "place", endpoints: list[str] | None = None, **state: object) -> EtcdPlace:
        state = {"store": "etcd", "endpoints": endpoints or self.etcd.endpoints, "prefix": self.prefix} | state
        return EtcdPlace(self.bin / "mcpauth", self.folder / name, self.key, state)

    @contextmanager
    def sandbox(self, *words: object, kind: str = KIND) -> Iterator[Sandbox]:
        """The secrets that it gave out are noted at the end."""
        with Sandbox(self.bin, "--kind", kind, *words) as sandbox:
            yield sandbox
            for client in sandbox.get("clients"):
                self.clients.add(client["client_id"])
                self.secrets |= {str(client[name]) for name in ("client_secret", "registration_access_token") if client.get(name)}


class EtcdPlace(Place):
    """A folder whose inventory keeps state and secrets in etcd. Several places with one prefix are several runners."""

    def __init__(self, binary: Path, folder: Path, key: tuple[str, str], state: dict[str, Any]) -> None:
        super().__init__(binary, folder)
        identity, recipient = key
        self.state = state
        self.secrets: dict[str, object] = {"store": "etcd", "recipients": [recipient]}
        self.variables = {"MCPAUTH_STORE_ADDRESSES": ",".join(state["endpoints"]), "MCPAUTH_AGE_KEY": identity}

    def write_servers(self, servers: dict[str, Any], **blocks: object) -> None:
        self.write_inventory(servers, **({"secrets": self.secrets, "state": self.state, "defaults": DEFAULTS} | blocks))

    def mcpauth(self, *arguments: object, **variables: str) -> Outcome:
        return super().mcpauth(*arguments, **(self.variables | variables))

    def document(self, *arguments: object) -> dict[str, Any]:
        done = self.mcpauth(*arguments, "--format", "json")
        assert done.out.startswith("{"), done
        return dict(json.loads(done.out))

    def orphans(self) -> list[dict[str, Any]]:
        return list(self.document("orphans", "list")["orphans"])

    def start(self, *arguments: str) -> Running:
        return Running(self, arguments)


class Running:
    """A run that was started. What it prints goes to a file."""

    def __init__(self, place: EtcdPlace, arguments: tuple[str, ...]) -> None:
        self.log = place.folder.parent / f"{place.folder.name}-{time.monotonic_ns()}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [str(place.binary), *arguments], cwd=place.folder, env=environment(**place.variables),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    @property
    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def end(self) -> Outcome:
        try:
            return Outcome(self.process.wait(timeout=LIMIT), self.text, "")
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return Outcome(-signal.SIGKILL, self.text, f"\nit was still running after {LIMIT} s")


def urls(sandbox: Sandbox, count: int, name: str = "s") -> dict[str, str]:
    return {f"{name}{number}": f"{sandbox.origin}/{KIND}/mcp?n={name}{number}" for number in range(count)}


def registrations(sandbox: Sandbox) -> int:
    """How many registrations the authorization server was asked for."""
    return sum(1 for one in sandbox.get("requests") if one["method"] == "POST" and one["path"].endswith("/register"))


def count(keys: dict[str, str], folder: str) -> int:
    return sum(key.startswith(f"{folder}/") for key in keys)


def settled(check: Case, name: str, place: EtcdPlace, keys: Callable[[], dict[str, str]], servers: int) -> None:
    """Every server has a client whose secret opens, and nothing of a run is left."""
    plan = place.mcpauth("plan", "--detailed-exitcode")
    check(f"{name}: nothing is left to do", plan.code == 0, plan)
    found = place.mcpauth("secrets", "check")
    check(f"{name}: every secret opens", found.code == 0, found)
    present = keys()
    check.equal(f"{name}: every server has an entry", count(present, "entries"), servers)
    check.equal(f"{name}: no key of a run is left", [key for key in present if key.startswith(OF_RUNS)], [])
    records = [value for key, value in present.items() if key.startswith("secrets/")]
    check(f"{name}: records are ciphertext", all(one.startswith("-----BEGIN AGE ENCRYPTED") for one in records), records)


@contextmanager
def relayed(world: World, hook: Callable[[str], Act | None] = lambda _: None) -> Iterator[Relay]:
    with Relay(world.etcd.members[0].client, hook, base="/v3/") as relay:
        yield relay


def is_put(body: bytes, key: str) -> bool:
    """Whether a body is a transaction that puts a key which begins so."""
    try:
        steps = json.loads(body).get("success", [])
    except json.JSONDecodeError:
        return False
    return any(decoded(step.get("request_put", {}).get("key", "")).startswith(key) for step in steps)


class Held:
    """A run between the answer of the authorization server and its record: a relay before etcd holds the transaction of the
    record until `release`, and closes the connection then. Later ones are passed on."""

    def __init__(self, world: World, place: EtcdPlace, server: str) -> None:
        self.world, self.place, self.record = world, place, f"{world.prefix}/secrets/{server}/"
        self.arrived, self.released = threading.Event(), threading.Event()

    def __enter__(self) -> Held:
        self.relay = Relay(self.world.etcd.members[0].client, self.hook, base="/v3/").__enter__()
        state = self.place.state | {"endpoints": [self.relay.address]}
        variables = dict(self.place.variables)
        variables["MCPAUTH_STORE_ADDRESSES"] += f",{self.relay.address}"
        held = EtcdPlace(self.place.binary, self.place.folder.parent / "held", self.world.key, state)
        held.variables = variables
        document = json.loads((self.place.folder / "servers.yaml").read_text())
        held.write(json.dumps(document | {"state": state}))
        self.run = held.start("apply", "--yes")
        wait_until("the record is on its way", self.arrived.is_set)
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self.relay.__exit__()

    def hook(self, _: str) -> Act | None:
        if self.released.is_set() or not is_put(self.relay.bodies[-1], self.record):
            return None
        self.arrived.set()
        return Act(before=self.released.wait, drop=True)

    def lapse(self) -> None:
        """Waits until the run, which was stopped or killed, has lost its keys."""
        wait_until("the lease has lapsed", lambda: not count(self.world.keys(), "claims"), limit=LAPSE, pause=0.2)


def hidden(secret: str, sent: bytes) -> bool:
    """Whether a secret is in a body, also as a part of a value in base64."""
    parts = [encoded(" " * shift + secret)[4 * ((shift + 2) // 3) : -4] for shift in range(3)]
    return any(part.encode() in sent for part in [secret, *parts])


def in_files(folder: Path, texts: set[str]) -> list[str]:
    """Which of these texts are in the files below the folder."""
    found = set()
    for path in folder.rglob("*"):
        if path.is_file() and "data" in path.relative_to(folder).parts:
            data = path.read_bytes()
            found |= {text for text in texts if text.encode() in data}
    return sorted(found)
