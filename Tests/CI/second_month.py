#!/usr/bin/env python3
"""Each section of the article Second month, acted out: its own diffs and commands, in a repository, against the sandbox.

    Tests/CI/second_month.py [--bin .build/debug] [--only new_server] [--update]

The hosts of the article lead to the sandbox. `--update` writes what mcpauth prints now into the article; read the difference.
Ends with `N passed, N failed`.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

from repository import COMMIT_LOCK, Repository, arguments, run
from shell import CATALOGUE, LANGUAGES, RECIPIENTS, Block, Shell, Updates, blocks, play
from support import Checks, Outcome, Sandbox, run_cases
from web import Web, sandbox_host

ARTICLE = CATALOGUE / "SecondMonth.md"
# Which kind of the sandbox each host is.
HOSTS = {
    "mcp.linear.app": "challenge", "tickets.acme.example": "expiring", "crm.acme.example": "managed",
    "mcp.sentry.dev": "confidential-basic", "mcp.notion.com": "well-known",
}


class Month:
    """A fresh sandbox and the repository of the section Start, for one section."""

    def __init__(self, check: Checks, options, repo: Repository, sandbox: Sandbox, updates: Updates | None) -> None:
        self.check, self.repo, self.sandbox, self.updates = check, repo, sandbox, updates
        home = repo.folder
        self.web = Web(home, {host: sandbox_host(sandbox.origin, host, kind) for host, kind in HOSTS.items()})
        self.env = repo.env | {"PATH": repo.path_with_mcpauth(), "COLUMNS": "100", "COMMIT_LOCK_DELAY": "0"} | self.web.env
        (home / ".config" / "mcpauth").mkdir(parents=True)
        key = run([repo.mcpauth, "secrets", "keygen"], home, self.env).out
        (home / ".config" / "mcpauth" / "key.txt").write_text(key)
        (home / ".config" / "mcpauth" / "key.txt").chmod(0o600)
        self.recipient = re.search(r"age1\w+", key)[0]
        self.place = repo.clone("work")
        self.git("checkout", "-q", "-B", "main")
        self.git("config", "merge.mcpauth.driver", "mcpauth state merge %O %A %B %P")
        start = [block for block in blocks(ARTICLE) if block.heading == "Start"]
        yaml = next(block for block in start if block.language == "yaml").text
        (self.place / "servers.yaml").write_text(yaml.replace(RECIPIENTS[0], self.recipient))
        (self.place / ".gitignore").write_text(".mcpauth/\n")
        (self.place / ".gitattributes").write_text("servers.lock.json merge=mcpauth\n")
        self.apply()
        self.commit("Start")
        self.git("push", "-q", "origin", "main")
        self.old = self.lock()
        self.shell = Shell(self.place, dict(self.env))
        self.shell.known[self.recipient] = RECIPIENTS[0]
        for block in start:
            self.play(block)
        self.env["MCPAUTH_AGE_KEY_FILE"] = str(home / ".config" / "mcpauth" / "key.txt")

    def play(self, block: Block) -> None:
        if block.language == "diff":
            self.shell.patch(block.text)
        elif block.language in LANGUAGES:
            play(self.check, self.shell, block, self.updates)

    def section(self, heading: str) -> None:
        """Runs all blocks of a section. At its end everything is committed."""
        found = [block for block in blocks(ARTICLE) if block.heading == heading]
        self.check(f"{heading}: it has commands", any(block.language == "console" for block in found))
        for block in found:
            self.play(block)
        self.check(f"{heading}: everything is committed", self.git("status", "--porcelain") == "", self.git("status", "--porcelain"))
        self.check(f"{heading}: then there is nothing to do", "nothing to do" in self.mcpauth("plan", "--detailed-exitcode").out, self.mcpauth("plan"))

    def git(self, *words: object, place: Path | None = None) -> str:
        done = run(["git", *words], place or self.place, self.env)
        if done.code != 0:
            raise RuntimeError(f"git {words}: {done}")
        return done.out.strip()

    def mcpauth(self, *words: object, place: Path | None = None) -> Outcome:
        return run(["mcpauth", *words], place or self.place, self.env)

    def apply(self, place: Path | None = None) -> None:
        done = self.mcpauth("apply", "--yes", place=place)
        if done.code != 0:
            raise RuntimeError(str(done))

    def commit(self, message: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def lock(self) -> dict:
        return json.loads((self.place / "servers.lock.json").read_text())

    def same_client(self, name: str, before: str | None = None) -> bool:
        return self.lock()["servers"][name]["client_id"] == self.old["servers"][before or name]["client_id"]

    def orphans(self) -> list[str]:
        return sorted(orphan["server"] for orphan in self.lock()["orphans"])

    def add(self, name: str, url: str) -> None:
        """Adds a server between linear and tickets."""
        path = self.place / "servers.yaml"
        path.write_text(path.read_text().replace("  tickets:\n", f"  {name}:\n    url: {url}\n  tickets:\n"))


def new_server(month: Month) -> None:
    month.section("New server")
    month.check("New server: the others keep their clients", all(map(month.same_client, month.old["servers"])) and not month.orphans())
    month.check("New server: one client more", len(month.sandbox.get("clients")) == 4)


def changed_redirect_host(month: Month) -> None:
    month.section("Changed redirect host")
    kept = {name: month.same_client(name) for name in month.old["servers"]}
    month.check("Changed redirect host: only crm keeps its client", kept == {"linear": False, "tickets": False, "crm": True}, kept)
    month.check("Changed redirect host: the client that was not forgotten is listed", month.orphans() == ["tickets"], month.orphans())
    uris = {uri for client in month.sandbox.get("clients") for uri in client["redirect_uris"]}
    month.check("Changed redirect host: crm has the new redirect URI", "https://code.acme.example/mcp/crm/callback" in uris, uris)


def rename(month: Month) -> None:
    month.section("Rename")
    month.check("Rename: the client is the same", month.same_client("support", "tickets") and len(month.sandbox.get("clients")) == 3)
    found = month.mcpauth("secrets", "get", "support")
    month.check("Rename: its secret is there under the new name", found.code == 0 and found.out.strip(), found.err)


def expired_secret(month: Month) -> None:
    """The secret expired yesterday, by the lock file and at the server."""
    month.sandbox.post("expire?kind=expiring")
    path = month.place / "servers.lock.json"
    yesterday = (datetime.now(timezone.utc) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    path.write_text(re.sub(r'(client_secret_expires_at": )"[^"]+"', rf'\1"{yesterday}"', path.read_text()))
    month.commit("Ninety days later")
    month.section("Expired secret")
    done = month.mcpauth("verify")
    month.check("Expired secret: all credentials are accepted again", done.code == 0 and "3 known" in done.out, done)
    month.check("Expired secret: linear and crm keep their clients", month.same_client("linear") and month.same_client("crm"))


def purged_client(month: Month) -> None:
    month.sandbox.post("forget-clients?kind=expiring")
    month.section("Purged client")
    done = month.mcpauth("verify")
    month.check("Purged client: all credentials are accepted again", done.code == 0 and "3 known" in done.out, done)
    month.check("Purged client: nothing is left behind", month.orphans() == [])


def lost_runner(month: Month) -> None:
    """A runner applies the merged change, and the branch refuses its push."""
    month.add("sentry", "https://mcp.sentry.dev/mcp")
    month.commit("Add sentry")
    month.git("push", "-q", "origin", "main")
    runner = month.repo.clone("runner")
    month.apply(runner)
    month.repo.hook("pre-receive", "exit 1\n")
    downloads = month.repo.folder / "Downloads" / "mcpauth-lock"
    done = run([COMMIT_LOCK, "push", "--branch", "main", "--artifact", downloads, "servers.yaml"], runner, month.env)
    month.check("Lost runner: the job keeps its files", done.code == 1 and "nothing is lost" in done.err, done)
    how = next(downloads.glob("*/HOWTO.txt")).read_text()
    for line in ('mcpauth state merge "$kept"/base/servers.lock.json servers.lock.json "$kept"/files/servers.lock.json', 'cp -R "$kept"/files/servers.secrets/. servers.secrets/'):
        month.check(f"Lost runner: HOWTO.txt has: {line}", line in how, how)
    shutil.rmtree(runner)
    month.section("Lost runner")
    month.check("Lost runner: no second client is registered", len(month.sandbox.get("clients")) == 4, month.sandbox.get("clients"))


def merge_conflict(month: Month) -> None:
    """Two branches with a new server each; the sentry branch was applied elsewhere."""
    month.git("checkout", "-q", "-b", "sentry")
    month.add("sentry", "https://mcp.sentry.dev/mcp")
    month.apply()
    month.commit("Add sentry")
    month.git("checkout", "-q", "main")
    month.add("notion", "https://mcp.notion.com/mcp")
    month.apply()
    month.commit("Add notion")
    # The last block is for a clone without the driver: it runs in such a clone.
    *merged, without = [block for block in blocks(ARTICLE) if block.heading == "Merge conflict" and block.language == "console"]
    other = month.repo.folder / "other"
    month.git("clone", "-q", month.place, other, place=month.repo.folder)
    month.git("fetch", "-q", "origin", "sentry:sentry", place=other)
    for block in merged:
        month.play(block)
    names = ["crm", "linear", "notion", "sentry", "tickets"]
    month.check("Merge conflict: the lock file has both servers", sorted(month.lock()["servers"]) == names)
    month.check("Merge conflict: everything is committed", month.git("status", "--porcelain") == "")
    done = run(["git", "merge", "sentry"], other, month.env)
    month.check("Merge conflict: without the driver the merge stops", done.code == 1, done)
    place, month.shell = month.shell, Shell(other, dict(month.env))
    month.play(without)
    lock = (other / "servers.lock.json").read_text()
    month.check("Merge conflict: the driver merges the lock file afterwards", sorted(json.loads(lock)["servers"]) == names, lock)
    month.shell = place


def lost_age_key(month: Month) -> None:
    key = Path(month.env["MCPAUTH_AGE_KEY_FILE"])
    key.unlink()
    month.env["MCPAUTH_AGE_KEY_FILE"] = str(key.with_name("new-key.txt"))
    month.section("Lost age key")
    month.check("Lost age key: linear keeps its client", month.same_client("linear") and not month.same_client("crm") and not month.same_client("tickets"))
    month.check("Lost age key: no client is listed any more", month.orphans() == [], month.orphans())


def new_maintainers_key(month: Month) -> None:
    month.section("New maintainer's key")
    month.check("New maintainer's key: no client is touched", all(map(month.same_client, month.old["servers"])))


def moving_to_another_store(month: Month) -> None:
    month.section("Moving to another store")
    kept = sorted(path.name.split(".")[0] for path in (month.repo.folder / "mcpauth-secrets").glob("*.json"))
    month.check("Moving to another store: the records are in the folder", kept == ["crm", "tickets"], kept)
    month.check("Moving to another store: none is in the repository", not list((month.place / "servers.secrets").glob("*.age")))


SECTIONS = [
    new_server, changed_redirect_host, rename, expired_secret, purged_client, lost_runner, merge_conflict, lost_age_key, new_maintainers_key,
    moving_to_another_store,
]


def main() -> int:
    made = arguments(__doc__, update=True)
    updates = Updates() if made.update else None

    def case(section):
        def acted(check: Checks) -> None:
            with Repository(made.bin) as repo, Sandbox(made.bin, *[word for kind in HOSTS.values() for word in ("--kind", kind)]) as sandbox:
                month = Month(check, made, repo, sandbox, updates)
                with month.web:
                    section(month)

        acted.__name__, acted.__doc__ = section.__name__, section.__doc__
        return acted

    def all_sections(check: Checks) -> None:
        """Each section of the article has a test."""
        headings = re.findall(r"^## (.+)$", ARTICLE.read_text(), re.M)
        names = [re.sub(r"\W+", "_", heading.replace("'", "")).lower() for heading in headings]
        check("each section has a test, in this order", names == ["start", *(section.__name__ for section in SECTIONS)], names)

    code = run_cases(Checks(), [all_sections, *map(case, SECTIONS)], only=made.only)
    if updates:
        updates.write()
    return code


if __name__ == "__main__":
    sys.exit(main())
