#!/usr/bin/env python3
"""examples/ci/commit-lock with bare repositories: other jobs, protected branches, no network, jobs that are killed.

    Tests/CI/commit_lock.py [--bin .build/debug] [--only CASE]

Each case checks the repository, and the files that are kept for an upload. Ends with `N passed, N failed`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from repository import COMMIT_LOCK, Repository, arguments, manual, run
from support import Checks, run_cases


AGE = "-----BEGIN AGE ENCRYPTED FILE-----\n{}\n-----END AGE ENCRYPTED FILE-----\n"


@contextlib.contextmanager
def begun(options):
    """A repository whose main has three servers locked."""
    with Repository(options.bin) as repo:
        seed = repo.folder / "seed"
        repo.git(repo.folder, "init", "-q", "seed")
        repo.git(seed, "remote", "add", "origin", f"file://{repo.origin}")
        (seed / "servers.yaml").write_text(manual(["alpha", "delta", "kilo"]))
        (seed / ".gitignore").write_text(".mcpauth/\n*.age\n")
        done = repo.apply(seed)
        assert done.code == 0, done
        secrets = seed / "servers.secrets"
        secrets.mkdir()
        (secrets / "alpha.0a.age").write_text(AGE.format("alpha"))
        repo.git(seed, "add", "-f", "servers.secrets")
        repo.commit(seed, "Begin")
        repo.git(seed, "push", "-q", "origin", "HEAD:main")
        yield repo


def change(repo: Repository, place: Path, names: list[str], record: str | None = None, client: str = "client", file: str = "servers") -> None:
    """Applies an inventory of these servers. `record` is a server that gets a secret."""
    path = place / f"{file}.yaml"
    before = path.read_text() if path.exists() else None
    path.write_text(manual(names, client))
    done = repo.apply(place, path.name, "--allow-mass-change")
    assert done.code == 0, done
    # The inventory is not committed here.
    if before is not None:
        path.write_text(before)
    if record:
        folder = place / f"{file}.secrets"
        folder.mkdir(exist_ok=True)
        (folder / f"{record}.0b.age").write_text(AGE.format(record))


def rival(repo: Repository, names: list[str], record: str | None = None, client: str = "client") -> Path:
    """A clone of another job, with an unpushed commit."""
    place = repo.clone("rival")
    change(repo, place, names, record, client)
    if record:
        repo.git(place, "add", "-f", "servers.secrets")
    repo.git(place, "add", "servers.lock.json")
    repo.git(place, "commit", "-q", "-m", "Rival")
    return place


class Shim:
    """A wrapper for `git` that counts the calls, lets another job push first, loses answers, or kills the job."""

    def __init__(self, repo: Repository) -> None:
        self.folder = repo.folder / "shim"
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "calls").mkdir(parents=True)
        script = self.folder / "git"
        script.write_text(
            f"""#!/bin/sh
n=1
for call in "{self.folder}/calls"/*; do [ ! -e "$call" ] || n=$((n + 1)); done
while ! mkdir "{self.folder}/calls/$n" 2>/dev/null; do n=$((n + 1)); done
[ "$n" != "${{KILL_BEFORE-}}" ] || kill -9 0
is_push=; case " $* " in *' push '*) is_push=yes ;; esac
if [ -n "$is_push" ] && [ -x "{self.folder}/rival" ]; then "{self.folder}/rival" >/dev/null 2>&1; fi
'{shutil.which("git")}' "$@"
code=$?
[ "$n" != "${{KILL_AFTER-}}" ] || kill -9 0
if [ -n "$is_push" ] && [ -e "{self.folder}/lose" ]; then rm "{self.folder}/lose"; exit 128; fi
exit $code
"""
        )
        script.chmod(0o755)
        self.path = f"{self.folder}:{os.environ['PATH']}"

    def rival(self, text: str) -> None:
        path = self.folder / "rival"
        path.write_text(f"#!/bin/sh\nPATH='{os.environ['PATH']}'\n{text}\n")
        path.chmod(0o755)

    def calls(self) -> int:
        return len(list((self.folder / "calls").iterdir()))

    def forget(self) -> None:
        shutil.rmtree(self.folder / "calls")
        (self.folder / "calls").mkdir()


def kept(folder: Path) -> dict[str, str]:
    """The files of an artifact, by their paths below its first folder."""
    return {str(path.relative_to(folder)).split("/", 1)[1]: path.read_text() for path in folder.rglob("*") if path.is_file()} if folder.exists() else {}


def by_hand(repo: Repository, artifact: Path, name: str = "person") -> str:
    """Runs the commands of HOWTO.txt in a fresh clone."""
    (one,) = artifact.iterdir()
    steps = "\n".join(line[2:] for line in (one / "HOWTO.txt").read_text().splitlines() if line.startswith("  "))
    steps = steps.replace("THIS_FOLDER", f"'{one}'")
    place = repo.clone(name)
    done = run(["bash", "-c", steps], place, repo.env | {"PATH": repo.path_with_mcpauth()})
    return str(done)


def names(repo: Repository) -> list[str]:
    return sorted(repo.lock()["servers"])


# --- usage and plain pushes ------------------------------------------------------------------------------------------------------------------


def usage(check: Checks, options) -> None:
    """Help, wrong usage, and what shellcheck says."""
    with Repository(options.bin) as repo:
        done = run([COMMIT_LOCK, "--help"], repo.folder, repo.env)
        check("--help explains both modes and every option", done.code == 0 and all(
            word in done.out for word in ("commit-lock prove", "commit-lock push", "--branch", "--remote", "--artifact", "--attempts", "--mcpauth", "--with-commit", "--run-ci", "Exit codes")
        ), done)
        for words in ([], ["pull"], ["push", "--force"], ["push", "--branch"], ["push", "--attempts", "0"]):
            done = run([COMMIT_LOCK, *words], repo.folder, repo.env)
            check(f"wrong usage is 64: {words}", done.code == 64 and "--help" in done.err, done)
        done = run([COMMIT_LOCK, "push"], repo.folder, repo.env)
        check("outside of a work tree it fails", done.code == 1 and "not a git work tree" in done.err, done)
        place = repo.folder / "place"
        repo.git(repo.folder, "init", "-q", "place")
        done = run([COMMIT_LOCK, "push", "--branch", "a..b"], place, repo.env)
        check("an impossible branch name is wrong usage", done.code == 64, done)
        (place / "servers.yaml").write_text(manual(["x"]))
        repo.git(place, "remote", "add", "origin", f"file://{repo.origin}")
        repo.commit(place, "first")
        done = repo.commit_lock(place, "prove", "--branch", "main")
        check("a missing branch is final, and the message says what to do", done.code == 1 and "push a first commit" in done.err and "attempt" not in done.err, done)
        if shutil.which("shellcheck"):
            done = run(["shellcheck", COMMIT_LOCK], repo.folder, repo.env)
            check("shellcheck reports nothing", done.code == 0, done)


def plain(check: Checks, options) -> None:
    """The commit: its files, author and message. The checkout stays as it is."""
    with begun(options) as repo:
        place = repo.clone("runner")
        change(repo, place, ["alpha", "delta", "echo"], "echo")
        (place / "servers.secrets" / "alpha.0a.age").unlink()
        (place / "servers.secrets" / ".echo.0b.age.0123456789abcdef.mcpauth-tmp").write_text("left by a killed run")
        (place / "servers.secrets" / "link.age").symlink_to("/etc/hostname")
        (place / "servers.secrets" / "recipients").write_text("age1example\n")
        (place / "notes.txt").write_text("mine")
        (place / "staged.txt").write_text("mine as well")
        repo.git(place, "add", "staged.txt")
        (place / ".gitattributes").write_text("broken")
        before = (repo.git(place, "status", "--porcelain"), repo.git(place, "rev-parse", "HEAD"), (place / ".git" / "config").read_text(), (place / ".git" / "index").read_bytes())
        parent = repo.tip()
        done = repo.commit_lock(place, "push", "--artifact", repo.folder / "artifact")
        after = (repo.git(place, "status", "--porcelain"), repo.git(place, "rev-parse", "HEAD"), (place / ".git" / "config").read_text(), (place / ".git" / "index").read_bytes())
        check("it pushes", done.code == 0, done)
        wanted = {".gitignore", "servers.yaml", "servers.lock.json", "servers.secrets/echo.0b.age", "servers.secrets/recipients"}
        check("lock file, age files and their recipients, and nothing else", repo.files() == wanted, repo.files())
        check("the lock is the one on disk", repo.show("servers.lock.json") == (place / "servers.lock.json").read_text())
        check("one commit on top of the branch", repo.git(repo.origin, "rev-parse", "main^") == parent and repo.count() == 2)
        check("HEAD, index, configuration and work tree are as they were", before == after, (before[:2], after[:2]))
        check("the message names what changed", repo.message() == "mcpauth: + echo, - kilo [skip ci]\n\nservers.lock.json\n  + echo\n  - kilo\n2 age files added, changed or removed\nrecipients of the age files changed", repo.message())
        check("the committer is mcpauth", repo.git(repo.origin, "log", "-1", "--format=%an %ae %cn %ce", "main") == "mcpauth mcpauth@users.noreply.github.com mcpauth mcpauth@users.noreply.github.com")
        check("nothing is kept", not (repo.folder / "artifact").exists())
        check("no temporary folder is left", not list((repo.folder / "tmp").iterdir()), list((repo.folder / "tmp").iterdir()))
        tip = repo.tip()
        done = repo.commit_lock(place, "push", "--artifact", repo.folder / "artifact")
        check("again: nothing to commit", done.code == 0 and repo.tip() == tip and "nothing to commit" in done.err and not (repo.folder / "artifact").exists(), done)

        place = repo.clone("other")
        (place / "servers.secrets" / "recipients").unlink()
        change(repo, place, ["alpha", "delta", "echo", "f1", "f2", "f3", "f4"], client="other")
        done = repo.commit_lock(place, "push", "--run-ci", GIT_AUTHOR_NAME="A", GIT_AUTHOR_EMAIL="a@b", GIT_COMMITTER_EMAIL="c@d")
        check("many changes are counted in the subject", done.code == 0 and repo.message().splitlines()[0] == "mcpauth: 4 added, 3 changed, 0 removed", repo.message())
        check("a missing recipients file is not committed as removed", "servers.secrets/recipients" in repo.files(), repo.files())
        check("the committer is who the environment says", repo.git(repo.origin, "log", "-1", "--format=%an %ae %cn %ce", "main") == "A a@b A c@d")


def nothing(check: Checks, options) -> None:
    """Nothing to commit: no commit, and no network."""
    with begun(options) as repo:
        place = repo.clone("runner")
        repo.git(place, "remote", "set-url", "origin", f"file://{repo.folder}/nowhere")
        refs = repo.refs()
        done = repo.commit_lock(place, "push", "--artifact", repo.folder / "artifact")
        check("exit code 0, and the network is not needed", done.code == 0 and "nothing to commit" in done.err, done)
        check("nothing has changed, nothing is kept", repo.refs() == refs and not (repo.folder / "artifact").exists())
        place = repo.clone("new")
        done = repo.commit_lock(place, "push", "none/other.yaml")
        check("an inventory in a missing folder is an error", done.code == 1, done)
        for mode in ("prove", "push"):
            done = repo.commit_lock(place, mode, "servrs.yaml")
            check(f"{mode}: a missing inventory is wrong usage", done.code == 64 and "no inventory 'servrs.yaml'" in done.err, done)
        (place / "other.yaml").write_text(manual(["x"]))
        done = repo.commit_lock(place, "push", "other.yaml")
        check("an inventory that was never applied is nothing to commit", done.code == 0, done)


def detached(check: Checks, options) -> None:
    """A checkout of actions/checkout: shallow, HEAD detached, one ref."""
    with begun(options) as repo:
        extra = repo.clone("extra")
        for number in range(3):
            (extra / "n").write_text(str(number))
            repo.commit(extra, str(number))
        repo.git(extra, "push", "-q", "origin", "HEAD:main")
        place = repo.folder / "runner"
        repo.git(repo.folder, "init", "-q", "runner")
        repo.git(place, "remote", "add", "origin", f"file://{repo.origin}")
        repo.git(place, "fetch", "-q", "--no-tags", "--depth=1", "origin", f"+{repo.tip()}:refs/remotes/origin/main")
        repo.git(place, "checkout", "-q", "--detach", "refs/remotes/origin/main")
        done = repo.commit_lock(place, "push")
        check("the branch has to be named", done.code == 64 and "--branch" in done.err, done)
        refs = repo.refs()
        done = repo.commit_lock(place, "prove", GITHUB_REF_TYPE="branch", GITHUB_REF_NAME="main")
        check("prove: from a shallow clone, without a commit", done.code == 0 and repo.refs() == refs and "nothing has changed" in done.err, done)
        change(repo, place, ["alpha", "delta", "echo", "kilo"], "echo")
        # The branch gets another commit.
        (extra / "n").write_text("later")
        repo.commit(extra, "later")
        repo.git(extra, "push", "-q", "origin", "HEAD:main")
        done = repo.commit_lock(place, "push", GITHUB_REF_TYPE="branch", GITHUB_REF_NAME="main")
        check("push: on top of that commit", done.code == 0 and repo.show("n") == "later" and "echo" in names(repo), done)
        check("one commit", repo.count() == 6, repo.count())
        check("HEAD is still detached", run(["git", "symbolic-ref", "-q", "HEAD"], place, repo.env).code != 0)
        # The variable of GitLab. The name of a tag is not a branch.
        change(repo, place, ["alpha", "delta", "echo", "fox", "kilo"], "fox")
        done = repo.commit_lock(place, "push", GITHUB_REF_TYPE="tag", GITHUB_REF_NAME="v1", CI_COMMIT_BRANCH="main")
        check("the second push of one checkout adds to the first", done.code == 0 and names(repo) == ["alpha", "delta", "echo", "fox", "kilo"], done)


def several(check: Checks, options) -> None:
    """Inventories in several folders, with unusual names, from a subfolder."""
    with begun(options) as repo:
        place = repo.clone("runner")
        odd = place / "teams" / "a b [c]*"
        odd.mkdir(parents=True)
        for folder, stem in ((place, "staging"), (odd, "se'rvers")):
            (folder / f"{stem}.yaml").write_text(manual(["one"]))
            done = repo.apply(folder, f"{stem}.yaml")
            assert done.code == 0, done
            (folder / f"{stem}.secrets" / "orphans").mkdir(parents=True)
            (folder / f"{stem}.secrets" / "orphans" / "x.age").write_text(AGE.format("x"))
        (odd / "not-named.lock.json").write_text("{}")
        done = repo.commit_lock(place / "teams", "push", "../servers.yaml", "../staging.yaml", "a b [c]*/se'rvers.yaml", "--branch", "main")
        added = repo.files() - {".gitignore", "servers.yaml", "servers.lock.json", "servers.secrets/alpha.0a.age"}
        check("the lock file and the records of each named inventory", done.code == 0 and added == {
            "staging.lock.json", "staging.secrets/orphans/x.age", "teams/a b [c]*/se'rvers.lock.json", "teams/a b [c]*/se'rvers.secrets/orphans/x.age",
        }, (str(done), added))
        check("one commit for all", repo.count() == 2)


def unpushed(check: Checks, options) -> None:
    """A lock file that was committed in this clone, and not pushed, is pushed."""
    with begun(options) as repo:
        place = repo.clone("runner")
        change(repo, place, ["alpha", "delta", "echo", "kilo"], "echo")
        repo.git(place, "add", "-f", "servers.lock.json", "servers.secrets")
        repo.git(place, "commit", "-q", "-m", "Mine")
        done = repo.commit_lock(place, "push")
        check("it is pushed", done.code == 0 and "echo" in names(repo) and "servers.secrets/echo.0b.age" in repo.files(), done)


def lost_files(check: Checks, options) -> None:
    """A missing lock file or secrets folder is an error, and not committed as removed."""
    with begun(options) as repo:
        refs = repo.refs()
        place = repo.clone("runner")
        shutil.rmtree(place / "servers.secrets")
        done = repo.commit_lock(place, "push")
        check("missing secrets: exit code 1, nothing pushed", done.code == 1 and "servers.secrets is missing" in done.err and repo.refs() == refs, done)
        place = repo.clone("other")
        (place / "servers.lock.json").unlink()
        done = repo.commit_lock(place, "push")
        check("a missing lock file: exit code 1, nothing pushed", done.code == 1 and "servers.lock.json is missing" in done.err and repo.refs() == refs, done)


# --- other jobs ----------------------------------------------------------------------------------------------------------------------------------


def rival_merges(check: Checks, options) -> None:
    """Another job changed other servers of the same lock, between our fetch and our push."""
    with begun(options) as repo:
        place = repo.clone("runner")
        change(repo, place, ["alpha", "delta", "echo", "kilo"], "echo")
        other = rival(repo, ["alpha", "delta", "foxtrot"], "foxtrot")
        shim = Shim(repo)
        shim.rival(f"git -C '{other}' push -q origin HEAD:main")
        done = repo.commit_lock(place, "push", "--artifact", repo.folder / "artifact", PATH=shim.path)
        check("pushed at the second attempt", done.code == 0 and "attempt 1 of 6" in done.err, done)
        check("the servers of both sides are in the lock, and the server that one side removed is not", names(repo) == ["alpha", "delta", "echo", "foxtrot"], names(repo))
        check("the records of both sides exist", {"servers.secrets/echo.0b.age", "servers.secrets/foxtrot.0b.age"} <= repo.files(), repo.files())
        check("the message names only the servers of this job", repo.message().splitlines()[0] == "mcpauth: + echo [skip ci]", repo.message())
        check("the lock has no markers and no orphan", repo.lock()["orphans"] == [])
        check("nothing is kept", not (repo.folder / "artifact").exists())
        fresh = repo.clone("fresh")
        done = run([repo.mcpauth, "state", "list"], fresh, repo.env)
        check("mcpauth reads it", done.code == 0 and "foxtrot" in done.out, done)


def rival_same(check: Checks, options) -> None:
    """Another job pushed the same files."""
    with begun(options) as repo:
        place = repo.clone("runner")
        change(repo, place, ["alpha", "delta", "echo", "kilo"], "echo")
        done = repo.commit_lock(place, "push")
        tip = repo.tip()
        twin = repo.folder / "twin"
        shutil.copytree(place, twin, symlinks=True)
        repo.git(twin, "update-ref", "-d", "refs/remotes/origin/main")
        done = repo.commit_lock(twin, "push")
        check("nothing to commit, and no second commit", done.code == 0 and repo.tip() == tip and "already has these changes" in done.err, done)


def rival_keeps_on(check: Checks, options) -> None:
    """Another job pushes before each of our pushes: three times, then always."""
    with begun(options) as repo:
        place = repo.clone("runner")
        change(repo, place, ["alpha", "delta", "echo", "kilo"], "echo")
        other = repo.clone("rival")
        shim = Shim(repo)
        push = f"cd '{other}' && git pull -q --rebase origin main && echo x >>n && git add n && git commit -q -m n && git push -q origin HEAD:main"
        shim.rival(f"[ $(wc -l <'{other}/n' || echo 0) -ge 3 ] || {{ {push}; }}")
        done = repo.commit_lock(place, "push", "--artifact", repo.folder / "artifact", PATH=shim.path)
        check("three times: pushed at the fourth attempt", done.code == 0 and "attempt 3 of 6" in done.err and "attempt 4" not in done.err and "echo" in names(repo), done)
        check("the commits of the other job are there too", repo.show("n") == "x\nx\nx\n" and repo.count() == 5)

        change(repo, place, ["alpha", "delta", "echo", "golf", "kilo"], "golf")
        shim.rival(push)
        done = repo.commit_lock(place, "push", "--artifact", repo.folder / "artifact", "--attempts", "4", PATH=shim.path)
        check("without end: exit code 1 after as many attempts as were allowed", done.code == 1 and "in 4 attempts" in done.err and repo.show("n").count("x") == 7, done)
        check("the branch has only the commits of the other job", "golf" not in names(repo))
        files = kept(repo.folder / "artifact")
        check("lock and new records are kept", {"files/servers.lock.json", "files/servers.secrets/golf.0b.age", "base/servers.lock.json", "HOWTO.txt"} <= set(files), list(files))
        check("the kept lock is the one on disk", files.get("files/servers.lock.json") == (place / "servers.lock.json").read_text())
        check("the message names the folder", "HOWTO.txt" in done.err and str(repo.folder / "artifact") in done.err, done)
        text = by_hand(repo, repo.folder / "artifact")
        check("the commands of HOWTO.txt commit it", names(repo) == ["alpha", "delta", "echo", "golf", "kilo"] and "servers.secrets/golf.0b.age" in repo.files() and repo.show("n").count("x") == 7, text)


def rival_conflicts(check: Checks, options) -> None:
    """Another job changed the same server in another way."""
    with begun(options) as repo:
        place = repo.clone("runner")
        change(repo, place, ["alpha", "delta", "kilo"], "delta", client="ours")
        other = rival(repo, ["alpha", "delta", "kilo"], client="theirs")
        repo.git(other, "push", "-q", "origin", "HEAD:main")
        refs = repo.refs()
        done = repo.commit_lock(place, "push", "--artifact", repo.folder / "artifact", GITHUB_ACTIONS="true")
        check("exit code 1, and it names the servers", done.code == 1 and "delta" in done.err, done)
        check("the branch is as the other job left it", repo.refs() == refs)
        check("the step gets an annotation", "::error title=commit-lock push failed::" in done.out, done.out)
        files = kept(repo.folder / "artifact")
        check("lock and records are kept", "ours-delta" in files.get("files/servers.lock.json", "") and "files/servers.secrets/delta.0b.age" in files, list(files))
        text = by_hand(repo, repo.folder / "artifact")
        check("the commands of HOWTO.txt commit one side completely", repo.refs() != refs and names(repo) == ["alpha", "delta", "kilo"] and "servers.secrets/delta.0b.age" in repo.files(), text)


def first_locks(check: Checks, options) -> None:
    """Two jobs made the first lock file of one inventory: two lineages, which cannot be merged."""
    with begun(options) as repo:
        place, other = repo.clone("runner"), repo.clone("rival")
        for each, name in ((place, "ours"), (other, "theirs")):
            change(repo, each, [name], file="new")
        repo.git(other, "add", "new.lock.json")
        repo.git(other, "commit", "-q", "-m", "Rival")
        repo.git(other, "push", "-q", "origin", "HEAD:main")
        refs = repo.refs()
        done = repo.commit_lock(place, "push", "new.yaml", "--artifact", repo.folder / "artifact")
        check("exit code 1, the branch is unchanged, the files of this job are kept", done.code == 1 and repo.refs() == refs and "ours" in kept(repo.folder / "artifact").get("files/new.lock.json", ""), done)


def no_mcpauth(check: Checks, options) -> None:
    """mcpauth, which merges, is not installed."""
    with begun(options) as repo:
        place = repo.clone("runner")
        done = repo.commit_lock(place, "prove", MCPAUTH="mcpauth-that-is-not-there")
        check("prove says so", done.code == 1 and "was not found" in done.err, done)
        change(repo, place, ["alpha", "delta", "echo", "kilo"], "echo")
        other = rival(repo, ["alpha", "delta", "foxtrot", "kilo"])
        repo.git(other, "push", "-q", "origin", "HEAD:main")
        refs = repo.refs()
        done = repo.commit_lock(place, "push", "--artifact", repo.folder / "artifact", MCPAUTH="mcpauth-that-is-not-there")
        check("push cannot merge: exit code 1, all is kept", done.code == 1 and repo.refs() == refs and "files/servers.lock.json" in kept(repo.folder / "artifact"), done)


# --- what may be pushed ----------------------------------------------------------------------------------------------------------------------

PROTECTED = {
    "update": 'echo "asked $1" >>asked; case "$1" in refs/heads/main) echo "main is protected" >&2; exit 1 ;; esac\n',
    "pre-receive": 'while read -r old new name; do echo "asked $name" >>asked; case "$name" in refs/heads/main) echo "main is protected" >&2; exit 1 ;; esac; done\n',
}


def protected(check: Checks, options) -> None:
    """A branch that refuses pushes of this job: `prove` finds out, and there is no second attempt."""
    for name, text in PROTECTED.items():
        with begun(options) as repo:
            repo.hook(name, text)
            refs = repo.refs()
            place = repo.clone("runner")
            dry = run(["git", "push", "--dry-run", "origin", "HEAD:main"], place, repo.env)
            check(f"{name}: a dry run does not find it", dry.code == 0)
            for more in ([], ["--with-commit"]):
                done = repo.commit_lock(place, "prove", *more)
                check(f"{name}: prove {more}: exit code 1, with the message of the server", done.code == 1 and "main is protected" in done.err and "declined" in done.err, done)
            check(f"{name}: nothing has changed", repo.refs() == refs)
            change(repo, place, ["alpha", "delta", "echo", "kilo"], "echo")
            (repo.origin / "asked").unlink()
            done = repo.commit_lock(place, "push", "--artifact", repo.folder / "artifact")
            check(f"{name}: push: exit code 1 after one attempt", done.code == 1 and (repo.origin / "asked").read_text() == "asked refs/heads/main\n", done)
            files = kept(repo.folder / "artifact")
            check(f"{name}: all is kept, nothing has changed", repo.refs() == refs and {"files/servers.lock.json", "files/servers.secrets/echo.0b.age"} <= set(files), list(files))
            repo.hook(name, None)
            by_hand(repo, repo.folder / "artifact")
            check(f"{name}: the commands of HOWTO.txt commit it", "echo" in names(repo) and "servers.secrets/echo.0b.age" in repo.files())


def proved(check: Checks, options) -> None:
    """Proofs, with and without an empty commit."""
    with begun(options) as repo:
        place = repo.clone("runner")
        refs = repo.refs()
        repo.hook("update", 'echo "$1" >>asked\n')
        done = repo.commit_lock(place, "prove")
        check("the rules of the server are asked about the branch", done.code == 0 and "refs/heads/main" in (repo.origin / "asked").read_text().split(), done)
        check("and nothing has changed", repo.refs() == refs)
        # Rules that refuse the second ref: an empty commit is needed.
        for name, text in (
            ("update", 'case "$1" in refs/heads/*/*) exit 1 ;; esac\n'),
            ("pre-receive", 'while read -r old new name; do case "$name" in refs/heads/*/*) exit 1 ;; esac; done\n'),
        ):
            repo.hook("update", None)
            repo.hook(name, text)
            count, files = repo.count(), repo.files()
            done = repo.commit_lock(place, "prove")
            check(f"{name}: rules about names: an empty commit is pushed instead", done.code == 0 and repo.count() == count + 1 and repo.files() == files, done)
            repo.hook(name, None)
        repo.git(repo.origin, "config", "receive.advertiseAtomic", "false")
        count = repo.count()
        done = repo.commit_lock(place, "prove")
        check("a server without --atomic: an empty commit is pushed instead", done.code == 0 and repo.count() == count + 1, done)
        check("the message of that commit", repo.message() == "mcpauth: prove that this job may push [skip ci]", repo.message())
        repo.git(repo.origin, "config", "--unset", "receive.advertiseAtomic")
        done = repo.commit_lock(place, "prove", "--with-commit")
        check("--with-commit: always", done.code == 0 and repo.count() == count + 2, done)
        # The checkout is behind by empty commits only.
        refs = repo.refs()
        done = repo.commit_lock(place, "prove")
        check("a checkout that is behind, with the lock file of the branch, is accepted", done.code == 0 and repo.refs() == refs, done)
        change(repo, place, ["alpha", "delta", "echo", "kilo"], "echo")
        done = repo.commit_lock(place, "push")
        check("and pushes", done.code == 0 and "echo" in names(repo) and repo.count() == count + 3, done)


def stale(check: Checks, options) -> None:
    """A job with an older commit than the lock file that another job pushed."""
    with begun(options) as repo:
        place = repo.clone("runner")
        other = rival(repo, ["alpha", "delta", "foxtrot", "kilo"], "foxtrot")
        repo.git(other, "push", "-q", "origin", "HEAD:main")
        refs = repo.refs()
        done = repo.commit_lock(place, "prove")
        check("prove: exit code 1, and says what to check out", done.code == 1 and "newest commit" in done.err and repo.refs() == refs, done)


def no_network(check: Checks, options) -> None:
    """The server cannot be reached."""
    with begun(options) as repo:
        place = repo.clone("runner")
        repo.git(place, "remote", "set-url", "origin", "http://127.0.0.1:9/nobody.git")
        done = repo.commit_lock(place, "prove", "--attempts", "3")
        check("prove: exit code 1", done.code == 1 and "in 3 attempts" in done.err, done)
        change(repo, place, ["alpha", "delta", "echo", "kilo"], "echo")
        done = repo.commit_lock(place, "push", "--attempts", "3", "--artifact", repo.folder / "artifact")
        files = kept(repo.folder / "artifact")
        check("push: exit code 1, all is kept", done.code == 1 and {"files/servers.lock.json", "files/servers.secrets/echo.0b.age"} <= set(files), done)
        repo.git(place, "remote", "set-url", "origin", f"file://{repo.origin}")
        (repo.folder / "artifact" / "older").mkdir()
        done = repo.commit_lock(place, "push", "--artifact", repo.folder / "artifact")
        check("later: pushed, and the kept files are removed, nothing else", done.code == 0 and "echo" in names(repo) and [path.name for path in (repo.folder / "artifact").iterdir()] == ["older"], done)
        done = repo.commit_lock(place, "push", "--artifact", "/proc/nowhere")
        check("a folder that cannot be written is not an error", done.code == 0, done)


def lost_answer(check: Checks, options) -> None:
    """The push succeeded, and its answer was lost."""
    with begun(options) as repo:
        place = repo.clone("runner")
        change(repo, place, ["alpha", "delta", "echo", "kilo"], "echo")
        shim = Shim(repo)
        (shim.folder / "lose").touch()
        done = repo.commit_lock(place, "push", "--artifact", repo.folder / "artifact", PATH=shim.path)
        check("the second attempt detects it, and makes no second commit", done.code == 0 and repo.count() == 2 and "already has these changes" in done.err, done)
        check("nothing is kept", not (repo.folder / "artifact").exists())


# --- a job that is killed ----------------------------------------------------------------------------------------------------------------------


def killed(check: Checks, options) -> None:
    """SIGKILL before and after each call of git, while another job has pushed; then the step runs again."""
    with begun(options) as repo:
        place = repo.clone("runner")
        change(repo, place, ["alpha", "delta", "echo", "kilo"], "echo")
        other = rival(repo, ["alpha", "delta", "foxtrot", "kilo"], "foxtrot")
        repo.git(other, "push", "-q", "origin", "HEAD:main")
        start = repo.tip()
        artifact = repo.folder / "artifact"
        disk = (place / "servers.lock.json").read_text()
        state = repo.git(place, "status", "--porcelain")
        shim = Shim(repo)
        bad: list[str] = []
        kills = kept_at_push = 0
        for when in ("KILL_BEFORE", "KILL_AFTER"):
            for number in range(1, 200):
                repo.git(repo.origin, "update-ref", "refs/heads/main", start)
                repo.git(place, "update-ref", "refs/remotes/origin/main", "HEAD")
                shutil.rmtree(artifact, ignore_errors=True)
                shim.forget()
                done = repo.commit_lock(place, "push", "--artifact", artifact, PATH=shim.path, **{when: str(number)})
                if done.code == 0:
                    break
                kills += 1
                where = f"{when} {number}"
                if done.code != -9:
                    bad.append(f"{where}: {done}")
                has = "echo" in names(repo)
                if repo.tip() != start and not (has and names(repo) == ["alpha", "delta", "echo", "foxtrot", "kilo"]):
                    bad.append(f"{where}: half a push: {names(repo)}")
                if artifact.exists() and "HOWTO.txt" in kept(artifact):
                    kept_at_push += 1
                    if kept(artifact)["files/servers.lock.json"] != disk:
                        bad.append(f"{where}: kept something else")
                if (place / "servers.lock.json").read_text() != disk or repo.git(place, "status", "--porcelain") != state:
                    bad.append(f"{where}: the checkout has changed")
                shim.forget()
                done = repo.commit_lock(place, "push", "--artifact", artifact)
                if done.code != 0 or names(repo) != ["alpha", "delta", "echo", "foxtrot", "kilo"]:
                    bad.append(f"{where}: the next run: {done}")
                if not {"servers.secrets/echo.0b.age", "servers.secrets/foxtrot.0b.age"} <= repo.files():
                    bad.append(f"{where}: records are missing: {repo.files()}")
                if int(repo.git(repo.origin, "rev-list", "--count", f"{start}..main")) != 1:
                    bad.append(f"{where}: not one commit")
                if artifact.exists():
                    bad.append(f"{where}: something is still kept: {list(kept(artifact))}")
        check(f"after each of {kills} kills the next run pushes everything, once", kills >= 40 and not bad, "\n      ".join(bad[:5]))
        check(f"at {kept_at_push} of them the files had been kept before", kept_at_push >= 10, kept_at_push)


def killed_proof(check: Checks, options) -> None:
    """SIGKILL at each call of git in `prove`."""
    with begun(options) as repo:
        place = repo.clone("runner")
        shim = Shim(repo)
        refs, bad, kills = repo.refs(), [], 0
        for when in ("KILL_BEFORE", "KILL_AFTER"):
            for number in range(1, 100):
                shim.forget()
                done = repo.commit_lock(place, "prove", PATH=shim.path, **{when: str(number)})
                if done.code == 0:
                    break
                kills += 1
                again = repo.commit_lock(place, "prove")
                if done.code != -9 or again.code != 0 or repo.refs() != refs:
                    bad.append(f"{when} {number}: {done} {again}")
        check(f"after each of {kills} kills nothing has changed, and the next proof succeeds", kills >= 8 and not bad, bad[:3])


def terminated(check: Checks, options) -> None:
    """SIGTERM during the push, as when a job is cancelled: the files are kept, no temporary folder is left."""
    with begun(options) as repo:
        place = repo.clone("runner")
        change(repo, place, ["alpha", "delta", "echo", "kilo"], "echo")
        shim = Shim(repo)
        # Another job that reports when our push begins, and waits.
        os.mkfifo(repo.folder / "begun")
        os.mkfifo(repo.folder / "go")
        shim.rival(f"echo >'{repo.folder}/begun'; read -r x <'{repo.folder}/go'")
        repo.hook("update", "exit 1\n")
        env = repo.env | {"COMMIT_LOCK_DELAY": "0", "MCPAUTH": str(repo.mcpauth), "PATH": shim.path}
        process = subprocess.Popen([COMMIT_LOCK, "push", "--artifact", repo.folder / "artifact"], cwd=place, env=env, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        (repo.folder / "begun").read_text()
        process.terminate()
        (repo.folder / "go").write_text("\n")
        _, words = process.communicate(timeout=60)
        check("it ends with the exit code of SIGTERM", process.returncode == 143, (process.returncode, words))
        check("the files are kept, no temporary folder is left", "files/servers.lock.json" in kept(repo.folder / "artifact") and not list((repo.folder / "tmp").iterdir()))


def main() -> int:
    options = arguments(__doc__)
    return run_cases(Checks(), [
        usage, plain, nothing, detached, several, unpushed, lost_files, rival_merges, rival_same, rival_keeps_on, rival_conflicts, first_locks,
        no_mcpauth, protected, proved, stale, no_network, lost_answer, killed, killed_proof, terminated,
    ], options, only=options.only)


if __name__ == "__main__":
    sys.exit(main())
