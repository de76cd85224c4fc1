#!/usr/bin/env python3
"""The building blocks of examples/: the comment on a pull request, the composite action, the nightly job, and the hook for pre-commit.

    Tests/CI/blocks.py [--bin .build/debug] [--only CASE]

A server on loopback that stores comments replaces GitHub's API. Ends with `N passed, N failed`.
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
ACTION = ROOT / "examples" / "github-actions" / "action"
TOKEN = "ghs_0123456789abcdefghij"
MARKER = "<!-- mcpauth plan servers.yaml -->"


class Forge:
    """The part of GitHub's API for comments; with `fails`, every answer has that status."""

    def __init__(self) -> None:
        self.comments: list[dict] = []
        self.requests: list[tuple[str, str, str | None]] = []
        self.fails: int | None = None
        forge = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def handle_any(self) -> None:
                forge.requests.append((self.command, self.path, self.headers["Authorization"]))
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"] or 0)) or "null")
                status, answer = forge.answer(self.command, self.path, body)
                data = json.dumps(answer).encode()
                self.send_response(status)
                if status == 307:
                    self.send_header("Location", "http://127.0.0.1:1/stolen")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PATCH = handle_any

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
    """The nightly job: each bad answer makes it fail, and no secret is sent where the plan has changes."""
    with Repository(options.bin) as repo, Forge() as forge, Sandbox(options.bin, "--kind", "challenge", "--kind", "confidential-basic") as sandbox:
        env = job(repo, forge)
        place = workplace(repo, inventory({name: f"{sandbox.origin}/{name}/mcp" for name in ("challenge", "confidential-basic")}))
        before = run([NIGHTLY], place, env)
        check("before the first apply there are changes: exit code 1", before.code == 1 and "changes: see the plan" in before.out, before)
        repo.apply(place, env=env)
        files = sorted(path.name for path in place.rglob("*"))
        well = run([NIGHTLY], place, env)
        asked = ("changes", "secrets that are expired, due for renewal, missing or of unknown state", "dead clients")
        check("nothing to do: 0, and three answers", well.code == 0 and well.out.splitlines()[-3:] == [f"{about}: nothing" for about in asked], well)
        check("nothing was written", sorted(path.name for path in place.rglob("*")) == files)
        sandbox.post("forget-clients?kind=confidential-basic")
        dead = run([NIGHTLY], place, env)
        check("a dead client is found: exit code 1", dead.code == 1 and "dead clients: see the verification" in dead.out, dead)
        text = (place / "servers.yaml").read_text()
        (place / "servers.yaml").write_text(text.replace("callback", "moved"))
        requests = len(sandbox.get("requests"))
        changed = run([NIGHTLY], place, env)
        paths = [request["path"] for request in sandbox.get("requests")[requests:]]
        check("the plan has changes: verify is not run", changed.code == 1 and "dead clients: not asked" in changed.out and "== mcpauth verify" not in changed.out, changed)
        check("and nothing was sent to a token endpoint", paths and not [path for path in paths if path.endswith("/token")], paths)
        (place / "servers.yaml").write_text(text)
        shutil.rmtree(place / ".mcpauth" / "servers" / "secrets")
        missing = run([NIGHTLY], place, env)
        check("missing secrets are found: exit code 1", missing.code == 1 and "state: see the status" in missing.out, missing)
        (place / "servers.yaml").write_text("servers: [")
        invalid = run([NIGHTLY, "servers.yaml"], place, env)
        check("an invalid inventory is 3", invalid.code == 3 and invalid.out.count("an inventory is invalid") == 2, invalid)
        check("wrong usage is 64, help is 0", run([NIGHTLY, "--bogus"], place, env).code == 64 and run([NIGHTLY, "--help"], place, env).code == 0)


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
    sys.exit(run_cases(Checks(), [comment, action, gitlab, nightly, hook], options, only=options.only))
