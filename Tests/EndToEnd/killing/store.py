"""The scenario `store` of Tests/EndToEnd/kill: an apply into OpenBao (SecretStores#KV2, Reliability#Order-of-writes)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from EndToEnd.killing.runs import Place
from support import ROOT, Outcome, Sandbox

sys.path.insert(0, str(ROOT / "Tests" / "Stores"))

from bao import PATH, Bao, documented_policy

POLICY = "mcpauth"
PROOF = "/records/.proof-"


class StorePlace(Place):
    """A folder whose records are in OpenBao. After each run the audit log of the server is compared with what was due."""

    def __init__(self, binary: Path, folder: Path, sandbox: Sandbox, bao: Bao) -> None:
        super().__init__(binary, folder, sandbox)
        self.bao = bao
        # Each apply that is killed gets a path of its own.
        bao.allow(POLICY, [line.replace(PATH, "mcpauth/+") for line in documented_policy()])
        self.variables = {"BAO_TOKEN": bao.new_token(POLICY, ttl="24h"), "MCPAUTH_STORE_ADDRESSES": bao.address}
        self.number = 0
        self.undue: list[str] = []
        self.reads = 0
        self.next()

    def next(self) -> None:
        """An empty path, for the next apply."""
        self.number += 1
        self.path = f"mcpauth/kill-{self.number}"
        self.undue.clear()
        self.due: set[str] = set()
        self.audited = self.bao.audited()

    def write_inventory(self, servers: dict[str, Any], **blocks: object) -> None:
        auth = {"token": {"env": "BAO_TOKEN"}}
        secrets = {"store": "kv2", "address": self.bao.address, "path": self.path, "auth": auth}
        super().write_inventory(servers, **blocks, secrets=secrets)

    def start(self, *arguments: str) -> Any:
        self.due = self.open_records()
        return super().start(*arguments)

    def mcpauth(self, *arguments: object, **variables: str) -> Outcome:
        self.look()
        self.due = self.open_records()
        outcome = super().mcpauth(*arguments, **variables)
        self.look()
        return outcome

    def open_records(self) -> set[str]:
        """The records that the next run must read: those of intents whose outcome the journal does not have."""
        journal = self.folder / ".mcpauth" / "servers" / "journal.jsonl"
        lines = journal.read_bytes().split(b"\n") if journal.exists() else []
        # What follows the last line end was cut off by the kill, and so does not count.
        events = [json.loads(line) for line in lines[1:-1] if line]
        closed = {event["intent"] for event in events if event["event"] in ("registered", "failed", "unknown")}
        return {f"{one['server']}.{one['id']}" for one in events if one["event"] == "intent" and one["id"] not in closed}

    def look(self) -> None:
        """Compares what was read since the last look with what was due."""
        path = f"secret/data/{self.path}"
        for entry in self.bao.audit(self.audited):
            request = entry["request"]
            if entry["type"] != "response" or request["operation"] != "read" or not request["path"].startswith("secret/data/"):
                continue
            if POLICY not in entry["auth"]["policies"]:  # this script
                continue
            if request["path"].startswith(path + PROOF):
                continue
            name = request["path"].removeprefix(path + "/records/")
            self.reads += name in self.due
            if name not in self.due:
                self.undue.append(f"a read that was not due: {request['path']} (due: {sorted(self.due)})")
        self.audited = self.bao.audited()

    def record(self, name: str) -> dict[str, Any] | None:
        version = self.entry(name)["secret_version"]
        if version is None:
            return None
        status, answer = self.bao.send("GET", f"secret/data/{self.path}/records/{name}.{version}")
        if status != 200:
            raise ValueError(f"OpenBao answers {status}")
        if answer["data"]["metadata"]["version"] != 1:
            raise ValueError("it was written more than once")
        return dict(json.loads(answer["data"]["data"]["record"]))
