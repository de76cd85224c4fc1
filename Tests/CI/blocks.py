#!/usr/bin/env python3
"""The building blocks of examples/: the comment on a pull request, the composite action, the nightly job and its issue, and the hook for pre-commit.

    Tests/CI/blocks.py [--bin .build/debug] [--only CASE]

A server on loopback that stores comments and issues replaces the APIs of GitHub and GitLab. Ends with `N passed, N failed`.
"""

from __future__ import annotations

import http.server
import json
import re
import shutil
import sys
import threading
from pathlib import Path

from repository import ROOT, Outcome, Repository, arguments, inventory, manual, run
from support import Checks, Sandbox, run_cases


COMMENT = ROOT / "examples" / "ci" / "plan-comment"
NIGHTLY = ROOT / "examples" / "ci" / "nightly"
ISSUE = ROOT / "examples" / "ci" / "nightly-issue"
ACTION = ROOT / "examples" / "github-actions" / "action"
TOKEN = "ghs_0123456789abcdefghij"
MARKER = "<!-- mcpauth plan servers.yaml -->"


class Forge:
    """The parts of GitHub's API for comments and issues, and of GitLab's for issues; with `fails`, every answer has that status."""

    OWNER = "github-actions[bot]"

    def __init__(self) -> None:
        self.comments: list[dict] = []
        # Both APIs show the same issues. The body is GitHub's `body` and GitLab's `description`.
        self.issues: list[dict] = []
        self.requests: list[tuple[str, str, str | None]] = []
        self.fails: int | None = None
        forge = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def handle_any(self) -> None:
                private = self.headers["PRIVATE-TOKEN"]
                forge.requests.append((self.command, self.path, f"Bearer {private}" if private else self.headers["Authorization"]))
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"] or 0)) or "null")
                status, answer = forge.answer(self.command, self.path, body)
                data = json.dumps(answer).encode()
                self.send_response(status)
                if status == 307:
                    self.send_header("Location", "http://127.0.0.1:1/stolen")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PATCH = do_PUT = handle_any

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def add(self, body: str, login: str = "github-actions[bot]") -> dict:
        self.comments.append({"id": 100 + len(self.comments), "body": body, "user": {"login": login}})
        return self.comments[-1]

    def answer(self, method: str, path: str, body: dict | None):
        if self.fails:
            return self.fails, {"message": "no"}
        if method == "GET" and (found := re.fullmatch(r"/repos/acme/mcp/issues/7/comments\?per_page=100&page=(\d+)", path)):
            first = (int(found[1]) - 1) * 100
            return 200, self.comments[first : first + 100]
        if method == "POST" and path == "/repos/acme/mcp/issues/7/comments":
            return 201, self.add(body["body"])
        if method == "PATCH" and (found := re.fullmatch(r"/repos/acme/mcp/issues/comments/(\d+)", path)):
            comment = next(comment for comment in self.comments if comment["id"] == int(found[1]))
            comment["body"] = body["body"]
            return 200, comment
        return self.answer_issues(method, path, body)

    def issue(self, body: str, login: str = OWNER, **more: object) -> dict:
        self.issues.append({"number": 1 + len(self.issues), "title": "?", "body": body, "login": login, "state": "open"} | more)
        return self.issues[-1]

    def answer_issues(self, method: str, path: str, body: dict | None):
        base = r"/(?:repos/acme/mcp|api/v4/projects/77)/issues"
        is_gitlab = path.startswith("/api/")

        def shown(issue: dict) -> dict:
            if is_gitlab:
                return {"iid": issue["number"], "title": issue["title"], "description": issue["body"]}
            pull = {"pull_request": {}} if issue.get("is_pull_request") else {}
            return {"number": issue["number"], "title": issue["title"], "body": issue["body"], "user": {"login": issue["login"]}} | pull

        if method == "GET" and (found := re.fullmatch(base + r"\?state=(open|opened&scope=created_by_me)&per_page=100&page=(\d+)", path)):
            wanted = [issue for issue in self.issues if issue["state"] == "open"]
            if is_gitlab:
                wanted = [issue for issue in wanted if issue["login"] == self.OWNER and not issue.get("is_pull_request")]
            first = (int(found[2]) - 1) * 100
            # The newest first, as both show them.
            return 200, [shown(issue) for issue in wanted[::-1][first : first + 100]]
        if method == "POST" and re.fullmatch(base, path):
            return 201, shown(self.issue(body["description" if is_gitlab else "body"], title=body["title"]))
        if method == ("PUT" if is_gitlab else "PATCH") and (found := re.fullmatch(base + r"/(\d+)", path)):
            issue = self.issues[int(found[1]) - 1]
            issue["body"] = body.get("description" if is_gitlab else "body", issue["body"])
            if body.get("state") == "closed" or body.get("state_event") == "close":
                issue["state"] = "closed"
            return 200, shown(issue)
        return 404, {}

    def __enter__(self) -> Forge:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def job(repo: Repository, forge: Forge, **more: str) -> dict[str, str]:
    """The environment of a pull request's job, with mcpauth on the PATH."""
    event = repo.folder / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7}}))
    return repo.env | {
        "PATH": repo.path_with_mcpauth(), "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_TOKEN": TOKEN, "GITHUB_REPOSITORY": "acme/mcp",
        "GITHUB_API_URL": forge.url, "GITHUB_EVENT_PATH": str(event), "COMMIT_LOCK_DELAY": "0",
    } | more


def workplace(repo: Repository, text: str) -> Path:
    place = repo.folder / "work"
    place.mkdir()
    (place / "servers.yaml").write_text(text)
    return place


def outside(repo: Repository) -> dict[str, str]:
    """A secret store that a job may use: a folder outside of the work tree."""
    return {"store": "directory", "path": str(repo.folder / "kept")}


def comment(check: Checks, options) -> None:
    """One comment, which each run updates. Comments of others stay as they are."""
    with Repository(options.bin) as repo, Forge() as forge:
        env = job(repo, forge)
        place = workplace(repo, manual(["one"]))
        for number in range(120):
            forge.add(f"comment {number}", "person")
        foreign = forge.add(MARKER + "\nall is well, merge it", "mallory")

        def post() -> Outcome:
            return run(["sh", "-c", f"mcpauth plan --format markdown | '{COMMENT}'"], place, env)

        first = post()
        check("the first run makes a comment", first.code == 0 and len(forge.comments) == 122, first)
        own = forge.comments[-1]
        check("it begins with the marker, and has the plan", own["body"].startswith(MARKER) and "`one`" in own["body"], own)
        check("a comment of another author with the marker stays as it is", foreign["body"].endswith("merge it"))
        again = post()
        writes = [request for request in forge.requests if request[0] != "GET"]
        check("the same plan writes nothing", again.code == 0 and len(writes) == 1, (again, writes))
        (place / "servers.yaml").write_text(manual(["one", "two"]))
        changed = post()
        check("another plan updates it", changed.code == 0 and len(forge.comments) == 122 and "`two`" in own["body"], changed)
        check("the token is in the header only", all(auth == f"Bearer {TOKEN}" for *_, auth in forge.requests))
        for status, words in ((403, "pull-requests: write"), (404, "no such pull request"), (500, "HTTP 500"), (307, "HTTP 307")):
            forge.fails = status
            failed = post()
            check(f"{status}: exit code 1, with a help text", failed.code == 1 and words in failed.err and TOKEN not in failed.out + failed.err, failed)
        forge.fails = None
        for name, change, words in (
            ("no token", {"GITHUB_TOKEN": ""}, "GITHUB_TOKEN is not set"), ("no pull request", {"GITHUB_EVENT_PATH": "/dev/null"}, "not an event of a pull request"),
            ("no API", {"GITHUB_API_URL": "http://127.0.0.1:1"}, "refused"), ("odd repository", {"GITHUB_REPOSITORY": "../../x"}, "owner/name"),
        ):
            failed = run(["sh", "-c", f"mcpauth plan --format markdown | '{COMMENT}'"], place, env | change)
            check(f"{name}: exit code 1, and the message names what is missing", failed.code == 1 and words in failed.err, failed)
        text = run(["sh", "-c", f"echo hello | '{COMMENT}'"], place, env)
        check("text that is not a plan is refused", text.code == 1 and "--format markdown" in text.err, text)
        check("wrong usage is 64, help is 0", run([COMMENT, "--bogus"], place, env).code == 64 and run([COMMENT, "--help"], place, env).code == 0)


def steps() -> list[dict[str, str]]:
    """The steps of the composite action: `run`, `if` and `env`. Reads the layout of this one file, not any YAML."""
    text = re.sub(r"^ *#.*\n", "", (ACTION / "action.yml").read_text(), flags=re.M).split("  steps:\n", 1)[1]
    found = []
    for part in re.split(r"^    - ", text, flags=re.M)[1:]:
        part = "      " + part
        body = re.search(r"^      run: \|\n((?:        .*\n|\n)+)", part, re.M)
        env = re.search(r"^      env:\n((?:        .*\n)+)", part, re.M)
        step = {key: value for key, value in re.findall(r"^      (name|id|if): (.+)$", part, re.M)}
        step["run"] = re.sub(r"^        ", "", body[1], flags=re.M) if body else ""
        step |= {f"env.{key}": value for key, value in re.findall(r"^        (\w+): (.+)$", env[1] if env else "", re.M)}
        found.append(step)
    return found


def act(repo: Repository, place: Path, env: dict[str, str], **inputs: str) -> tuple[bool, dict[str, Outcome]]:
    """Runs the steps of the action as GitHub does: conditions, environment, `bash -eo pipefail`."""
    given = {"inventories": "servers.yaml", "comment": "true", "branch": "main", "artifact": "", "token": TOKEN, "sha256": ""} | inputs
    values = {f"inputs.{name}": value for name, value in given.items()} | {"github.action_path": str(ACTION)}
    ran: dict[str, Outcome] = {}
    is_good = True
    for step in steps():
        condition = step["if"]
        wanted = re.sub(r"^always\(\) && ", "", condition)
        name, operator, value = re.fullmatch(r"inputs\.(\w+) (==|!=) '(\w*)'", wanted).groups()
        if (given[name] == value) != (operator == "==") or not (is_good or condition.startswith("always()")):
            continue
        own = {key[4:]: re.sub(r"\$\{\{ ([\w.]+) \}\}", lambda found: values[found[1]], text) for key, text in step.items() if key.startswith("env.")}
        ran[step["name"]] = done = run(["bash", "-eo", "pipefail", "-c", step["run"]], place, env | own)
        is_good = is_good and done.code == 0
    return is_good, ran


def action(check: Checks, options) -> None:
    """The composite action: plan and comment on a pull request, apply and commit after the merge."""
    with Repository(options.bin) as repo, Forge() as forge, Sandbox(options.bin, "--kind", "confidential-basic") as sandbox:
        summary, outputs = repo.folder / "summary.md", repo.folder / "outputs"
        summary.write_text("")
        outputs.write_text("")
        env = job(repo, forge, GITHUB_STEP_SUMMARY=str(summary), GITHUB_OUTPUT=str(outputs), GITHUB_REF_NAME="main", GITHUB_REF_TYPE="branch")
        place = repo.clone("place")
        repo.git(place, "checkout", "-q", "-B", "main")
        (place / "servers.yaml").write_text(inventory({"one": f"{sandbox.origin}/confidential-basic/mcp"}, secrets={"store": "age", "recipients": [recipient(repo)]}))
        repo.commit(place, "servers")
        repo.git(place, "push", "-q", "origin", "main")
        is_good, ran = act(repo, place, env, command="plan")
        check("plan: succeeds", is_good, ran.get("plan"))
        check("plan: the comment exists", len(forge.comments) == 1 and "`one`" in forge.comments[0]["body"], forge.comments)
        check("plan: the job's summary is the same text", summary.read_text().strip() == forge.comments[0]["body"].strip())
        check("plan: the outputs say that there are changes", "has_changes=true" in outputs.read_text(), outputs.read_text())
        forge.fails = 403
        is_good, ran = act(repo, place, env, command="plan")
        check("plan: a comment that cannot be written is a warning", is_good and "::warning::" in ran["plan"].out, ran["plan"])
        forge.fails = None
        is_good, ran = act(repo, place, env, command="apply")
        check("apply: succeeds", is_good and len(ran) == 3, "\n".join(f"{name}: {done}" for name, done in ran.items()))
        check("apply: lock and age files are on the branch", "servers.lock.json" in repo.files() and any(name.endswith(".age") for name in repo.files()), repo.files())
        check("apply: one client was registered", len(sandbox.get("clients")) == 1)
        repo.git(place, "fetch", "-q", "origin", "main")
        repo.git(place, "reset", "-q", "--hard", "FETCH_HEAD")
        count = repo.count()
        is_good, ran = act(repo, place, env, command="apply")
        check("apply again: no commit, no client", is_good and repo.count() == count and len(sandbox.get("clients")) == 1, "\n".join(f"{name}: {done}" for name, done in ran.items()))
        text = inventory({"one": f"{sandbox.origin}/confidential-basic/mcp", "bad": f"{sandbox.origin}/nothing/mcp", "docs": {"url": "https://d.example", "auth": "none"}},
                         secrets={"store": "age", "recipients": [recipient(repo)]})
        (place / "servers.yaml").write_text(text)
        # The next job checks out what this one pushed.
        repo.commit(place, "more")
        repo.git(place, "push", "-q", "origin", "HEAD:main")
        is_good, ran = act(repo, place, env, command="apply")
        check("apply with a failure: it fails, and the registered clients are pushed",
              not is_good and ran["apply"].code == 1 and "docs" in repo.lock()["servers"], "\n".join(f"{name}: {done}" for name, done in ran.items()))


def gitlab(check: Checks, options) -> None:
    """The script of the GitLab job, run as GitLab does."""
    text = (ROOT / "examples" / "gitlab-ci" / "mcpauth.gitlab-ci.yml").read_text()
    job = text.split("\nmcpauth-apply:\n", 1)[1]

    def script(key: str) -> str:
        block = re.search(rf"^  {key}:\n((?:    .*\n)+)", job, re.M)[1]
        lines = re.findall(r"^    - (?:\|\n      )?(.+)$", re.sub(r"^ *#.*\n", "", block, flags=re.M), re.M)
        return "\n".join(lines)

    with Repository(options.bin) as repo, Forge() as forge, Sandbox(options.bin, "--kind", "confidential-basic") as sandbox:
        place = repo.clone("place")
        repo.git(place, "checkout", "-q", "-B", "main")
        (place / "ci").mkdir()
        shutil.copy(ROOT / "examples" / "ci" / "commit-lock", place / "ci" / "commit-lock")
        servers = {"one": f"{sandbox.origin}/confidential-basic/mcp", "bad": f"{sandbox.origin}/nothing/mcp"}
        (place / "servers.yaml").write_text(inventory(servers, secrets={"store": "age", "recipients": [recipient(repo)]}))
        repo.commit(place, "servers")
        repo.git(place, "push", "-q", "origin", "main")
        # GitLab checks out a detached HEAD. The remote is the bare repository here.
        repo.git(place, "checkout", "-q", "--detach")
        env = job_of_gitlab(repo, forge)
        done = run(["bash", "-eo", "pipefail", "-c", script("script")], place, env)
        check("apply: exit code 1 for the server that failed, and the lock file is pushed", done.code == 1 and "one" in repo.lock()["servers"], done)
        check("apply: the age file is pushed", any(name.endswith(".age") for name in repo.files()), repo.files())
        count = repo.count()
        after = run(["bash", "-eo", "pipefail", "-c", script("after_script")], place, env)
        check("after the push there is nothing to do", after.code == 0 and repo.count() == count, after)
        check("the token is not in the configuration of git", TOKEN not in (place / ".git" / "config").read_text())


def job_of_gitlab(repo: Repository, forge: Forge) -> dict[str, str]:
    env = {name: value for name, value in job(repo, forge).items() if not name.startswith("GITHUB_")}
    # `$CI_PROJECT_URL.git` is the remote.
    return env | {"GITLAB_CI": "true", "CI_COMMIT_BRANCH": "main", "CI_PROJECT_URL": f"file://{repo.origin}".removesuffix(".git"), "MCPAUTH_PUSH_TOKEN": TOKEN}


def recipient(repo: Repository) -> str:
    """The recipient of one identity for each repository."""
    key = repo.folder / "key.txt"
    if not key.exists():
        key.write_text(run([repo.mcpauth, "secrets", "keygen"], repo.folder, repo.env).out)
    return re.search(r"# recipient: (age1\w+)", key.read_text())[1]


def nightly(check: Checks, options) -> None:
    """The nightly job: each bad answer makes it fail, and no secret is sent to a server whose plan has changes."""
    with Repository(options.bin) as repo, Forge() as forge, Sandbox(options.bin, "--kind", "challenge", "--kind", "confidential-basic") as sandbox:
        env = job(repo, forge)
        place = workplace(repo, inventory({name: f"{sandbox.origin}/{name}/mcp" for name in ("challenge", "confidential-basic")}, secrets=outside(repo)))
        before = run([NIGHTLY], place, env)
        check("before the first apply there are changes: exit code 1", before.code == 1 and "changes, and lost clients: see the plan" in before.out, before)
        repo.apply(place, env=env)
        files = sorted(path.name for path in place.rglob("*"))
        well = run([NIGHTLY], place, env)
        asked = ("changes, and lost clients", "secrets that are expired, due for renewal, missing or of unknown state")
        check("nothing to do: 0, and two answers", well.code == 0 and well.out.splitlines()[-2:] == [f"{about}: nothing" for about in asked], well)
        check("nothing was written", sorted(path.name for path in place.rglob("*")) == files)
        sandbox.post("forget-clients?kind=confidential-basic")
        dead = run([NIGHTLY], place, env)
        check("a lost client is found: exit code 1", dead.code == 1 and "changes, and lost clients: see the plan" in dead.out and "registration-lost" in dead.out, dead)
        check("nothing was registered, and nothing was written", len(sandbox.get("clients")) == 1 and sorted(path.name for path in place.rglob("*")) == files)
        healed = repo.apply(place, "--verify", env=env)
        check("apply --verify replaces it", healed.code == 0 and run([NIGHTLY], place, env).code == 0, healed)
        text = (place / "servers.yaml").read_text()
        (place / "servers.yaml").write_text(text.replace("callback", "moved"))
        requests = len(sandbox.get("requests"))
        changed = run([NIGHTLY], place, env)
        paths = [request["path"] for request in sandbox.get("requests")[requests:]]
        check("the plan has changes: exit code 1", changed.code == 1 and "changes, and lost clients: see the plan" in changed.out, changed)
        check("and nothing was sent to a token endpoint", paths and not [path for path in paths if path.endswith("/token")], paths)
        (place / "servers.yaml").write_text(text)
        shutil.rmtree(outside(repo)["path"])
        missing = run([NIGHTLY], place, env)
        check("missing secrets are found: exit code 1", missing.code == 1 and "state: see the status" in missing.out, missing)
        (place / "servers.yaml").write_text("servers: [")
        invalid = run([NIGHTLY, "servers.yaml"], place, env)
        check("an invalid inventory is 3", invalid.code == 3 and invalid.out.count("an inventory is invalid") == 2, invalid)
        check("wrong usage is 64, help is 0", run([NIGHTLY, "--bogus"], place, env).code == 64 and run([NIGHTLY, "--help"], place, env).code == 0)
        check("without --issue no request goes to the forge", forge.requests == [], forge.requests)


def unasked(check: Checks, options) -> None:
    """The nightly job: a client that could not be asked about, and a client that is refused and kept, are findings."""
    with Repository(options.bin) as repo, Forge() as forge, Sandbox(options.bin, "--kind", "challenge", "--kind", "confidential-basic") as sandbox:
        env = job(repo, forge)
        age = {"store": "age", "recipients": [recipient(repo)]}
        place = workplace(repo, inventory({name: f"{sandbox.origin}/{name}/mcp" for name in ("challenge", "confidential-basic")}, secrets=age))
        repo.apply(place, env=env)
        about = "changes, and lost clients"
        for github in ("true", ""):
            blind = run([NIGHTLY], place, env | {"GITHUB_ACTIONS": github})
            check("without the age identity it says so: exit code 1", blind.code == 1 and f"{about}: could not ask 1: see the plan" in blind.out, blind)
        opened = run([NIGHTLY, "--issue"], place, env)
        check("and opens the issue", opened.code == 1 and f"- {about}: could not ask 1: see the plan" in forge.issues[-1]["body"], opened)
        asked = run([NIGHTLY], place, env | {"MCPAUTH_AGE_KEY_FILE": str(repo.folder / "key.txt")})
        check("with the identity there is nothing to do", asked.code == 0 and f"{about}: nothing" in asked.out, asked)
        # Warnings as mcpauth prints them for a metadata document that is refused.
        programs = repo.folder / "programs"
        programs.mkdir()
        lines = ["= chat  unchanged", "  servers.yaml:7:3: warning[registration-lost]: https://as.example refuses the client", "  warning[secret-missing]: gone"]
        (programs / "mcpauth").write_text("#!/bin/sh\n[ \"$1\" = plan ] || exit 0\n" + "".join(f"echo '{line}'\n" for line in lines))
        (programs / "mcpauth").chmod(0o755)
        kept = run([NIGHTLY], place, env | {"PATH": f"{programs}:{env['PATH']}"})
        check("a refused client that is kept is a finding", kept.code == 1 and f"{about}: 1 refused, and kept; could not ask 1: see the plan" in kept.out, kept)


def issue(check: Checks, options) -> None:
    """The issue of the nightly job: opened, updated and closed, at both forges. Issues of others stay as they are."""
    for name in ("GitHub", "GitLab"):
        with Repository(options.bin) as repo, Forge() as forge, Sandbox(options.bin, "--kind", "challenge", "--kind", "confidential-basic") as sandbox:
            env = job(repo, forge)
            if name == "GitLab":
                env = job_of_gitlab(repo, forge) | {"CI_API_V4_URL": forge.url + "/api/v4", "CI_PROJECT_ID": "77", "MCPAUTH_ISSUE_TOKEN": TOKEN}
            place = workplace(repo, inventory({kind: f"{sandbox.origin}/{kind}/mcp" for kind in ("challenge", "confidential-basic")}, secrets=outside(repo)))
            repo.apply(place, env=env)
            for number in range(120):
                forge.issue(f"issue {number}", "person")
            marker = "<!-- mcpauth nightly servers.yaml -->"
            foreign = forge.issue(marker + "\nall is well", "mallory")
            other = forge.issue("<!-- mcpauth nightly other.yaml -->\nanother inventory")
            pull = forge.issue(marker + "\na pull request", is_pull_request=True)
            kept = [dict(item) for item in forge.issues]

            def look() -> tuple[Outcome, list]:
                forge.requests.clear()
                done = run([NIGHTLY, "--issue"], place, env)
                return done, [request for request in forge.requests if request[0] != "GET"]

            well, writes = look()
            check(f"{name}: all is well, and there is no issue: nothing is written", well.code == 0 and writes == [], (well, writes))
            sandbox.post("forget-clients?kind=confidential-basic")
            first, writes = look()
            own = forge.issues[-1]
            check(f"{name}: a lost client opens an issue", first.code == 1 and len(writes) == 1 and len(forge.issues) == len(kept) + 1, (first, writes))
            check(f"{name}: it begins with the marker, and has the plan", own["body"].startswith(marker) and "registration-lost" in own["body"] and "`confidential-basic`" in own["body"], own)
            check(f"{name}: it has the answers and the status", "- changes, and lost clients: see the plan" in own["body"] and "The status:" in own["body"], own)
            again, writes = look()
            check(f"{name}: the same plan writes nothing", again.code == 1 and writes == [] and "up to date" in again.err, (again, writes))
            sandbox.post("forget-clients?kind=challenge")
            changed, writes = look()
            check(f"{name}: another plan updates it", changed.code == 1 and len(writes) == 1 and len(forge.issues) == len(kept) + 1 and "`challenge`" in own["body"], (changed, writes))
            twin = forge.issue(marker + "\na second one")
            twice, writes = look()
            check(f"{name}: of several, the oldest stays open", twin["state"] == "closed" and own["state"] == "open", (twice, writes))
            healed = repo.apply(place, "--verify", env=env)
            done, writes = look()
            check(f"{name}: after apply --verify it is closed", healed.code == 0 and done.code == 0 and own["state"] == "closed" and len(writes) == 1, (healed, done, writes))
            quiet, writes = look()
            check(f"{name}: and stays closed", quiet.code == 0 and writes == [], (quiet, writes))
            check(f"{name}: issues of others, of other inventories, and pull requests stay as they are", forge.issues[: len(kept)] == kept, (foreign, other, pull))
            check(f"{name}: the token is in the header only", all(auth == f"Bearer {TOKEN}" for *_, auth in forge.requests))
            secrets = [client["client_secret"] for client in sandbox.get("clients") if client.get("client_secret")]
            check(f"{name}: no secret is in an issue", secrets and not any(secret in item["body"] for secret in secrets for item in forge.issues))

            (place / "servers.yaml").write_text("servers: [")
            invalid, _ = look()
            check(f"{name}: an invalid inventory opens an issue, and the exit code is 3", invalid.code == 3 and forge.issues[-1]["body"].startswith(marker) and forge.issues[-1]["state"] == "open", invalid)
            words = {403: "issues: write" if name == "GitHub" else "the scope api", 404: "cannot read this", 500: "HTTP 500", 307: "HTTP 307"}
            for status, help in words.items():
                forge.fails = status
                failed = run([ISSUE, "close", "servers.yaml"], place, env)
                check(f"{name}, {status}: exit code 1, with a help text", failed.code == 1 and help in failed.err and TOKEN not in failed.out + failed.err, failed)
            lost, _ = look()
            check(f"{name}: an issue that cannot be written does not hide the result", lost.code == 3 and "nightly-issue:" in lost.err, lost)
            forge.fails = None
            token = "GITHUB_TOKEN" if name == "GitHub" else "MCPAUTH_ISSUE_TOKEN"
            missing = run([ISSUE, "close", "servers.yaml"], place, env | {token: ""})
            check(f"{name}: without a token: exit code 1, and it is named", missing.code == 1 and f"{token} is not set" in missing.err, missing)
            huge = run(["sh", "-c", f"seq 30000 | '{ISSUE}' open huge.yaml"], place, env)
            check(f"{name}: a text that is too long is cut", huge.code == 0 and len(forge.issues[-1]["body"]) <= 65_536 and "too long" in forge.issues[-1]["body"], huge)
            odd = run(["sh", "-c", f"echo x | '{ISSUE}' open 'a-->b'"], place, env)
            check(f"{name}: a name does not end the marker", odd.code == 0 and forge.issues[-1]["body"].splitlines()[0].count("-->") == 1, forge.issues[-1])
            check(f"{name}: wrong usage is 64, help is 0", run([ISSUE, "--bogus"], place, env).code == 64 and run([ISSUE, "--help"], place, env).code == 0)


def scheduled(check: Checks, options) -> None:
    """The texts of the scheduled jobs: apply runs every night before the nightly job, which may write issues and nothing else."""
    apply, look = ((ROOT / "examples" / "github-actions" / name).read_text() for name in ("mcpauth.yml", "nightly.yml"))
    hours = [int(re.search(r'^  schedule: \[\{cron: "\d+ (\d+) \* \* \*"\}\]$', text, re.M)[1]) for text in (apply, look)]
    check("apply runs before the nightly job", hours[0] < hours[1], hours)
    check("the nightly job may write issues, and nothing else", re.findall(r"(\w[\w-]*): write", look) == ["issues"] and re.search(r"^permissions: \{\}$", look, re.M), look)
    check("it opens the issue", "run: ci/nightly --issue servers.yaml" in look)
    gitlab_apply, gitlab_look = ((ROOT / "examples" / "gitlab-ci" / name).read_text() for name in ("mcpauth.gitlab-ci.yml", "nightly.gitlab-ci.yml"))
    rule = '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && $CI_PIPELINE_SOURCE == "schedule"'
    check("GitLab: apply and the nightly job run in a scheduled pipeline", rule in gitlab_apply.split("mcpauth-apply:")[1] and rule in gitlab_look)
    check("GitLab: the nightly job comes after apply", re.search(r"^stages: \[plan, apply, look\]$", gitlab_look, re.M) and "stage: look" in gitlab_look)


def hook(check: Checks, options) -> None:
    """The hook of pre-commit, with the files that pre-commit chooses."""
    text = (ROOT / ".pre-commit-hooks.yaml").read_text()
    entry, files = (re.search(rf"^  {key}: (.+)$", text, re.M)[1] for key in ("entry", "files"))
    with Repository(options.bin) as repo, Forge() as forge:
        env = job(repo, forge)
        place = workplace(repo, manual(["one"]))
        (place / "bad").mkdir()
        (place / "bad" / "servers.yml").write_text("servers: {a: {url: 1}}\n")
        names = ["servers.yaml", "bad/servers.yml", "bad/other.yaml", "myservers.yaml"]
        chosen = [name for name in names if re.search(files, name)]
        check("inventories are chosen, and no other YAML", chosen == names[:2], chosen)
        check("a valid one passes", run([*entry.split(), "servers.yaml"], place, env).code == 0)
        both = run([*entry.split(), *chosen], place, env)
        check("an invalid one fails, with the place of the error", both.code == 3 and "bad/servers.yml:1:" in both.err, both)


if __name__ == "__main__":
    options = arguments(__doc__)
    sys.exit(run_cases(Checks(), [comment, action, gitlab, nightly, unasked, issue, scheduled, hook], options, only=options.only))
