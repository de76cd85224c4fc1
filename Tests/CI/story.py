#!/usr/bin/env python3
"""An inventory on many runners, each deleted after its job, with the steps of examples/github-actions/mcpauth.yml.

    Tests/CI/story.py [--bin .build/debug] [--only CASE]

Each job runs the steps of that workflow in a fresh clone. Ends with `N passed, N failed`.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from repository import COMMIT_LOCK, ROOT, Outcome, Repository, arguments, inventory, run
from support import Checks, Sandbox, run_cases


WORKFLOW = ROOT / "examples" / "github-actions" / "mcpauth.yml"


class Step:
    def __init__(self, text: str) -> None:
        self.name = self.get(text, "name") or self.get(text, "run") or self.get(text, "uses") or ""
        self.condition, self.id, self.uses = self.get(text, "if"), self.get(text, "id"), self.get(text, "uses")
        block = re.search(r"^        run: \|\n((?:          .*\n|\n)+)", text, re.M)
        self.run = re.sub(r"^          ", "", block[1], flags=re.M) if block else self.get(text, "run")

    @staticmethod
    def get(text: str, key: str) -> str | None:
        found = re.search(rf"^        {key}: (.+)$", text, re.M)
        return found[1] if found and found[1] != "|" else None


def steps(job: str) -> list[Step]:
    """The steps of a job of the workflow. Reads the layout of this one file, not any YAML."""
    text = WORKFLOW.read_text()
    block = re.search(rf"^  {job}:\n((?:    .*\n|\n| *#.*\n)+)", text, re.M)
    assert block, f"no job {job}"
    body = re.sub(r"^ *#.*\n", "", block[1].split("    steps:\n", 1)[1], flags=re.M)
    return [Step("        " + part) for part in re.split(r"^      - ", body, flags=re.M)[1:]]


class Job:
    """Runs the steps of a job as GitHub does: `bash -eo pipefail`, conditions, outputs, a fresh clone."""

    def __init__(self, repo: Repository, name: str, job: str = "apply", between=None, **secrets: str) -> None:
        self.place = repo.folder / name
        temp = repo.folder / f"{name}-temp"
        temp.mkdir()
        self.artifact = temp / "mcpauth-lock"
        self.log: dict[str, Outcome] = {}
        self.ran: list[str] = []
        self.failed = False
        outputs: dict[str, str] = {}
        base = repo.env | {
            "PATH": repo.path_with_mcpauth(), "CI": "true", "GITHUB_ACTIONS": "true", "RUNNER_TEMP": str(temp), "GITHUB_REF_TYPE": "branch",
            "GITHUB_REF_NAME": "main", "COMMIT_LOCK_DELAY": "0",
        }
        for step in steps(job):
            if step.uses and step.uses.startswith("actions/checkout@"):
                # As actions/checkout does it: a shallow fetch of one commit.
                repo.git(repo.folder, "init", "-q", self.place)
                repo.git(self.place, "remote", "add", "origin", f"file://{repo.origin}")
                repo.git(self.place, "fetch", "-q", "--no-tags", "--depth=1", "origin", f"+{repo.tip()}:refs/remotes/origin/main")
                repo.git(self.place, "checkout", "-q", "-B", "main", "refs/remotes/origin/main")
            if step.uses or step.name == "install mcpauth":
                continue
            condition = step.condition or "success()"
            compared = re.fullmatch(r"steps\.(\w+)\.outputs\.(\w+) != '(.*)'", condition)
            if compared:
                wanted = not self.failed and outputs.get(f"{compared[1]}.{compared[2]}", "") != compared[3]
            else:
                assert condition in ("always()", "success()"), condition
                wanted = condition == "always()" or not self.failed
            if not wanted:
                continue
            if between:
                between(step.name)
            written = temp / "output"
            written.write_text("")
            # Only `apply` gets secrets.
            env = base | {"GITHUB_OUTPUT": str(written)} | (secrets if step.name == "apply" else {})
            done = run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.run], self.place, env)
            self.log[step.name] = done
            self.ran.append(step.name)
            self.failed = self.failed or done.code != 0
            outputs |= {f"{step.id}.{key}": value for key, value in re.findall(r"^(\w+)=(.*)$", written.read_text(), re.M)}

    def __str__(self) -> str:
        return "\n".join(f"[{name}] {done}" for name, done in self.log.items())


LOOK, PROVE, APPLY, PUSH = "is there anything to do?", "prove that the lock file can be pushed", "apply", "commit and push the lock file"


def begin(repo: Repository, sandbox: Sandbox, recipients: list[str], servers: dict[str, object]) -> Path:
    """A repository with an inventory, the script, and no lock file."""
    person = repo.folder / "person"
    repo.git(repo.folder, "init", "-q", "person")
    repo.git(person, "remote", "add", "origin", f"file://{repo.origin}")
    (person / "ci").mkdir()
    shutil.copy(COMMIT_LOCK, person / "ci" / "commit-lock")
    write(person, recipients, servers)
    repo.commit(person, "Servers")
    repo.git(person, "push", "-q", "origin", "HEAD:main")
    return person


def write(place: Path, recipients: list[str], servers: dict[str, object]) -> None:
    (place / "servers.yaml").write_text(
        inventory(servers, secrets={"store": "age", "recipients": recipients}, defaults={"token_endpoint_auth_method": "client_secret_basic"})
    )


def merge_change(repo: Repository, person: Path, recipients: list[str], servers: dict[str, object]) -> None:
    """A pull request that was merged."""
    repo.git(person, "pull", "-q", "--rebase", "origin", "main")
    write(person, recipients, servers)
    repo.commit(person, "Change the servers")
    repo.git(person, "push", "-q", "origin", "HEAD:main")


def keygen(repo: Repository) -> tuple[str, str]:
    done = run([repo.mcpauth, "secrets", "keygen"], repo.folder, repo.env)
    (identity,) = re.findall(r"^AGE-SECRET-KEY-1\w+$", done.out, re.M)
    (recipient,) = re.findall(r"age1\w+$", done.out, re.M)
    return identity, recipient


def secrets_of(sandbox: Sandbox) -> dict[str, str]:
    """The client secrets, as the authorization servers have them."""
    return {client["client_id"]: client["client_secret"] for client in sandbox.get("clients") if "client_secret" in client}


def story(check: Checks, options) -> None:
    """Runner 1 registers with the public key; runner 2 exports with the private key; runner 3 has no key."""
    with Sandbox(options.bin, "--servers", "4", "--kind", "managed", "--kind", "challenge") as sandbox, Repository(options.bin) as repo:
        identity, recipient = keygen(repo)
        url = lambda index: f"{sandbox.origin}/n/{index:04d}/mcp"  # noqa: E731
        servers: dict[str, object] = {"linear": url(1), "notion": url(2), "crm": f"{sandbox.origin}/managed/mcp", "open": {"url": url(4), "auth": "none"}}
        person = begin(repo, sandbox, [recipient], servers)

        plan = Job(repo, "pull-request", "plan")
        check("the plan of a pull request shows the changes, and writes nothing", not plan.failed and "3 to register, 1 to add" in plan.log["plan"].out and repo.count() == 1, plan)
        check("and registers nothing", sandbox.get("clients") == [])

        one = Job(repo, "runner-1")
        check("runner 1: every step ran and succeeded", not one.failed and one.ran == [LOOK, PROVE, APPLY, PUSH], one)
        check("runner 1: no private key was in its environment", "AGE-SECRET-KEY" not in str(one))
        lock = repo.lock()
        check("the branch has the lock file", sorted(lock["servers"]) == sorted(servers), list(lock["servers"]))
        records = {path for path in repo.files() if path.endswith(".age")}
        check("and a record for each client", records == {f"servers.secrets/{name}.{entry['secret_version']}.age" for name, entry in lock["servers"].items() if entry["secret_version"]} and len(records) == 3, records)
        others = {"servers.yaml", "servers.lock.json", "servers.secrets/recipients", "ci/commit-lock"}
        check("and the recipients; nothing else, no .mcpauth", repo.files() == records | others, repo.files())
        check("one commit was made", repo.count() == 2 and repo.message().startswith("mcpauth: 4 added"), repo.message())
        known = secrets_of(sandbox)
        check("no secret is in the branch", len(known) == 3 and not any(secret in run(["git", "log", "-p", "--all"], repo.origin, repo.env).out for secret in known.values()))
        shutil.rmtree(one.place)

        two = repo.clone("runner-2")
        env = repo.env | {"CI": "true", "MCPAUTH_AGE_KEY": identity}
        done = run([repo.mcpauth, "plan", "--detailed-exitcode"], two, env)
        check("runner 2, with the key: nothing to do", done.code == 0 and "nothing to do" in done.out, done)
        expected = {name: known[entry["client_id"]] for name, entry in lock["servers"].items() if entry.get("client_id")}
        done = run([repo.mcpauth, "export", "--to", "dotenv", "--secrets", "inline"], two, env)
        values = dict(re.findall(r"^MCPAUTH_(\w+)_CLIENT_SECRET=(.*)$", done.out, re.M))
        check("runner 2: dotenv has the secrets of the servers", done.code == 0 and values == {name.upper(): secret for name, secret in expected.items()}, (values, done.err))
        done = run([repo.mcpauth, "export", "--to", "kubernetes", "--secrets", "inline"], two, env)
        found = {}
        for document in re.split(r"^---\n", done.out, flags=re.M):
            name, secret = re.search(r"^  name: mcpauth-(\S+)$", document, re.M), re.search(r"^  client-secret: (\S+)$", document, re.M)
            if name and secret:
                found[name[1]] = secret[1]
        check("runner 2: Kubernetes Secrets have the secrets of the servers", done.code == 0 and found == expected, (found, done.err))
        age = subprocess.run(["age", "-d", "-i", "-", sorted((two / "servers.secrets").iterdir())[0]], input=identity, capture_output=True, text=True, check=False) if shutil.which("age") else None
        check("the age command reads a record", age is None or any(secret in age.stdout for secret in known.values()))
        check("runner 2 changed no file of the work tree", repo.git(two, "status", "--porcelain") == "", repo.git(two, "status", "--porcelain"))

        three = repo.clone("runner-3")
        env = repo.env | {"CI": "true"}
        done = run([repo.mcpauth, "plan", "--detailed-exitcode"], three, env)
        check("runner 3, without any key: nothing to do", done.code == 0 and "nothing to do" in done.out, done)
        done = run([repo.mcpauth, "export", "--to", "dotenv", "--secrets", "inline"], three, env)
        check("runner 3 cannot read the secrets", done.code == 1 and not any(secret in done.out + done.err for secret in known.values()), done)
        before = {path: repo.show(path) for path in repo.files()}
        servers["wiki"] = url(3)
        merge_change(repo, person, [recipient], servers)
        job = Job(repo, "runner-3b")
        check("runner 3: a new server is registered and pushed", not job.failed and job.ran == [LOOK, PROVE, APPLY, PUSH] and "wiki" in repo.lock()["servers"], job)
        check("runner 3: no other record or entry has changed", all(repo.show(path) == before[path] for path in records) and all(repo.lock()["servers"][name] == entry for name, entry in lock["servers"].items()))
        check("each server was registered once", sorted(client["redirect_uris"][0].rsplit("/", 1)[1] for client in sandbox.get("clients")) == ["crm", "linear", "notion", "wiki"])
        fresh = repo.clone("runner-4")
        env = repo.env | {"MCPAUTH_AGE_KEY": identity}
        done = run([repo.mcpauth, "export", "--to", "dotenv", "--secrets", "inline", "--only", "wiki"], fresh, env)
        secret = secrets_of(sandbox)[repo.lock()["servers"]["wiki"]["client_id"]]
        check("with the key the new secret can be read", f"MCPAUTH_WIKI_CLIENT_SECRET={secret}\n" in done.out, done)

        tip, requests = repo.tip(), len(sandbox.get("requests"))
        job = Job(repo, "runner-5")
        check("a job with nothing to do proves, applies, pushes and requests nothing", not job.failed and job.ran == [LOOK, PUSH] and repo.tip() == tip and len(sandbox.get("requests")) == requests, job)

        # Only a server whose old secret is needed fails without the key.
        del servers["crm"]
        del servers["open"]
        servers["late"] = url(4)
        merge_change(repo, person, [recipient], servers)
        job = Job(repo, "runner-6")
        check("without the key, a client that cannot be deleted is blocked and named", job.log[APPLY].code == 1 and "failed: crm (secret-unreadable)" in job.log[APPLY].out + job.log[APPLY].err, job)
        check("its record stays, and the others are done and pushed", sorted(repo.lock()["servers"]) == ["crm", "late", "linear", "notion", "wiki"] and records <= repo.files() and job.log[PUSH].code == 0, job)
        job = Job(repo, "runner-7", MCPAUTH_AGE_KEY=identity)
        check("with the key it is deleted, also at the server", not job.failed and "crm" not in repo.lock()["servers"] and not any(client["kind"] == "managed" for client in sandbox.get("clients")), job)
        check("and its record is removed from the branch", [path for path in repo.files() if path.startswith("servers.secrets/crm.")] == [] and repo.lock()["orphans"] == [], repo.files())

        _, another = keygen(repo)
        merge_change(repo, person, [recipient, another], servers)
        done = run([repo.mcpauth, "plan", "--format", "json"], repo.clone("pull-request-2"), repo.env | {"CI": "true"})
        shown = json.loads(done.out).get("store_changes")
        wanted = [{"field": "secrets.recipients", "old": [recipient], "new": sorted([recipient, another])}]
        check("a plan in a fresh clone shows a change of recipients", shown == wanted, done)


def rivals(check: Checks, options) -> None:
    """Two jobs at once, each with another new server: one lock file has both."""
    with Sandbox(options.bin, "--servers", "6") as sandbox, Repository(options.bin) as repo:
        identity, recipient = keygen(repo)
        url = lambda index: f"{sandbox.origin}/n/{index:04d}/mcp"  # noqa: E731
        servers: dict[str, object] = {"base": url(1)}
        person = begin(repo, sandbox, [recipient], servers)
        first = Job(repo, "first")
        check("the first lock is there", not first.failed and sorted(repo.lock()["servers"]) == ["base"], first)

        merge_change(repo, person, [recipient], servers | {"mango": url(2)})
        inner: list[Job] = []

        def meanwhile(step: str) -> None:
            # Without a concurrency group, another job may run between apply and push of this job.
            if step == PUSH and not inner:
                inner.append(None)  # type: ignore[arg-type]
                merge_change(repo, person, [recipient], servers | {"mango": url(2), "melon": url(3)})
                # The other runner does not have mango's client: it applies melon only.
                inner[0] = Only(repo, "rival", "melon")

        job = Job(repo, "runner", between=meanwhile)
        check("the other job succeeded", inner and inner[0].ok, inner and inner[0].text)
        check("this job also succeeds, after a merge", not job.failed and PUSH in job.ran, job)
        lock = repo.lock()
        check("both servers are locked", sorted(lock["servers"]) == ["base", "mango", "melon"] and lock["orphans"] == [], lock["servers"].keys())
        fresh = repo.clone("fresh")
        env = repo.env | {"CI": "true", "MCPAUTH_AGE_KEY": identity}
        done = run([repo.mcpauth, "plan", "--detailed-exitcode"], fresh, env)
        check("nothing is left to do", done.code == 0, done)
        done = run([repo.mcpauth, "export", "--to", "dotenv", "--secrets", "inline"], fresh, env)
        known = secrets_of(sandbox)
        check("each server has its own secret", all(f"MCPAUTH_{name.upper()}_CLIENT_SECRET={known[entry['client_id']]}\n" in done.out for name, entry in lock["servers"].items()), done)
        check("each was registered once", len(sandbox.get("clients")) == 3)

        # The same server twice: a conflict, and no client is lost.
        merge_change(repo, person, [recipient], servers | {"mango": url(2), "melon": url(3), "peach": url(4)})
        inner.clear()

        def same(step: str) -> None:
            if step == PUSH and not inner:
                inner.append(Only(repo, "twin", "peach"))  # type: ignore[arg-type]

        job = Job(repo, "runner-b", between=same)
        check("both registered one server: the second job fails at its push", job.failed and job.log[APPLY].code == 0 and job.log[PUSH].code == 1, job)
        kept = list(job.artifact.rglob("peach.*.age"))
        check("its record and its lock are kept for upload", len(kept) == 1 and list(job.artifact.rglob("HOWTO.txt")), kept)
        check("the branch has the files of the first job", sorted(repo.lock()["servers"]) == ["base", "mango", "melon", "peach"] and not set(path.name for path in kept) & {Path(path).name for path in repo.files()})


class Only:
    """A job that applies one server, and pushes."""

    def __init__(self, repo: Repository, name: str, server: str) -> None:
        place = repo.clone(name)
        env = {"CI": "true"}
        applied = run([repo.mcpauth, "apply", "--only", server], place, repo.env | env)
        pushed = repo.commit_lock(place, "push", **env)
        self.ok, self.text = applied.code == 0 and pushed.code == 0, f"{applied}\n{pushed}"


def queued(check: Checks, options) -> None:
    """A job with an older commit than the lock file of the previous job registers nothing twice."""
    with Sandbox(options.bin, "--servers", "3") as sandbox, Repository(options.bin) as repo:
        _, recipient = keygen(repo)
        servers: dict[str, object] = {"base": f"{sandbox.origin}/n/0001/mcp"}
        begin(repo, sandbox, [recipient], servers)
        late = repo.clone("late")
        check("the previous job succeeds", not Job(repo, "first").failed)
        done = repo.commit_lock(late, "prove", CI="true")
        check("the second job ends at its proof", done.code == 1 and "newest commit" in done.err, done)
        check("there is one client", len(sandbox.get("clients")) == 1)


def protected(check: Checks, options) -> None:
    """A branch that this job may not push to: nothing is registered."""
    with Sandbox(options.bin, "--servers", "3") as sandbox, Repository(options.bin) as repo:
        _, recipient = keygen(repo)
        begin(repo, sandbox, [recipient], {"base": f"{sandbox.origin}/n/0001/mcp"})
        repo.hook("pre-receive", "exit 1\n")
        job = Job(repo, "runner")
        check("the job fails at its proof, before apply", job.failed and job.ran == [LOOK, PROVE, PUSH] and job.log[PROVE].code == 1, job)
        check("nothing was registered, nothing is kept", sandbox.get("clients") == [] and not job.artifact.exists())


def half(check: Checks, options) -> None:
    """A server fails: the clients of the others are pushed."""
    with Sandbox(options.bin, "--servers", "3", "--kind", "lost-answer", "--kind", "no-registration") as sandbox, Repository(options.bin) as repo:
        _, recipient = keygen(repo)
        begin(repo, sandbox, [recipient], {"base": f"{sandbox.origin}/n/0001/mcp", "none": f"{sandbox.origin}/no-registration/mcp", "lost": f"{sandbox.origin}/lost-answer/mcp"})
        job = Job(repo, "runner")
        lock = repo.lock()
        check("apply fails, and the registered client is pushed", job.log[APPLY].code == 1 and job.log[PUSH].code == 0 and list(lock["servers"]) == ["base"], job)
        check("an unknown outcome is in the branch", [(line["server"], line["reason"]) for line in lock["orphans"]] == [("lost", "outcome-unknown")], lock["orphans"])
        clients = len(sandbox.get("clients"))
        job = Job(repo, "next")
        check("the next runner does not register it again", len(sandbox.get("clients")) == clients and "registration-outcome-unknown" in str(job), job)


def renewal(check: Checks, options) -> None:
    """The scheduled job, which has the steps of the others: a secret that is due is renewed and pushed; the next night has nothing to do."""
    with Sandbox(options.bin, "--kind", "expiring", "--kind", "challenge") as sandbox, Repository(options.bin) as repo:
        identity, recipient = keygen(repo)
        expiring: dict[str, object] = {"url": f"{sandbox.origin}/expiring/mcp", "oauth2": {"renew_before": "91d"}}
        person = begin(repo, sandbox, [recipient], {"soon": expiring, "base": {"url": f"{sandbox.origin}/challenge/mcp", "auth": "none"}})
        first = Job(repo, "first")
        check("the first lock is there", not first.failed and sorted(repo.lock()["servers"]) == ["base", "soon"], first)
        quiet = Job(repo, "night-1", MCPAUTH_AGE_KEY=identity)
        check("a night with nothing to renew proves and applies nothing", not quiet.failed and quiet.ran == [LOOK, PUSH], quiet)
        # The secret lives for 90 days: a third of its life is left only if it was issued long ago.
        repo.git(person, "pull", "-q", "--rebase", "origin", "main")
        path = person / "servers.lock.json"
        path.write_text(re.sub(r'("registered_at": )"[^"]+"', r'\1"2020-01-01T00:00:00Z"', path.read_text()))
        repo.commit(person, "Time passes")
        repo.git(person, "push", "-q", "origin", "HEAD:main")
        before = repo.lock()["servers"]["soon"]
        night = Job(repo, "night-2", MCPAUTH_AGE_KEY=identity)
        after = repo.lock()["servers"]["soon"]
        check("the next night it is renewed, and the lock file is pushed", not night.failed and night.ran == [LOOK, PROVE, APPLY, PUSH] and after["client_id"] != before["client_id"], night)
        done = run([repo.mcpauth, "export", "--to", "dotenv", "--secrets", "inline"], repo.clone("fresh"), repo.env | {"MCPAUTH_AGE_KEY": identity})
        check("the new secret can be read", f"MCPAUTH_SOON_CLIENT_SECRET={secrets_of(sandbox)[after['client_id']]}\n" in done.out, done)
        check("the night after that has nothing to do", Job(repo, "night-3", MCPAUTH_AGE_KEY=identity).ran == [LOOK, PUSH])


def workflow(check: Checks, options) -> None:
    """Checks the text of the workflow: secrets, permissions, order of steps."""
    text = WORKFLOW.read_text()
    plan, apply = text.split("\n  apply:\n")
    check("the plan has no secret, and its checkout keeps no token", "secrets." not in plan and "persist-credentials: false" in plan and "contents: read" in plan)
    check("no permission by default, and contents: write only for the job that pushes", re.search(r"^permissions: \{\}$", text, re.M) and re.findall(r"(\w[\w-]*): write", text) == ["contents"])
    check("one job at a time, and none is cancelled", "concurrency: {group: mcpauth-apply, cancel-in-progress: false}" in apply)
    check("secrets are environment variables, of apply only", text.count("${{ secrets.") == 2 and not re.search(r"run:.*\$\{\{", text) and not re.search(r"^          .*\$\{\{ secrets", re.sub(r"env:\n(?:          .*\n)+", "", text), re.M))
    order = [step.name for step in steps("apply") if not step.uses]
    check("first the proof, then apply, then the push, which always runs", order == ["install mcpauth", LOOK, PROVE, APPLY, PUSH] and [step.condition for step in steps("apply")][-2:] == ["always()", "always()"], order)
    check("it applies the branch, not the commit that started it", "with: {ref: main}" in apply)


def main() -> int:
    options = arguments(__doc__)
    return run_cases(Checks(), [workflow, story, rivals, queued, protected, half, renewal], options, only=options.only)


if __name__ == "__main__":
    sys.exit(main())
