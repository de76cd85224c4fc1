#!/usr/bin/env python3
"""How mcpauth is installed: examples/install, and the steps of the example workflows that install a release.

    Tests/CI/install.py [--bin .build/debug] [--only CASE]

The release is a tarball of the debug build, on a server on loopback. Ends with `N passed, N failed`.
"""

from __future__ import annotations

import hashlib
import http.server
import os
import platform
import re
import shutil
import sys
import tarfile
import threading
from functools import partial
from pathlib import Path

from repository import ROOT, Outcome, Repository, arguments, run
from support import Checks, run_cases

INSTALL = ROOT / "examples" / "install"
PUBLISHED = ROOT / "examples" / "release" / "published"
FILES = {
    "mcpauth.yml": "github-actions/mcpauth.yml", "nightly.yml": "github-actions/nightly.yml",
    "action.yml": "github-actions/action/action.yml", "gitlab": "gitlab-ci/mcpauth.gitlab-ci.yml",
}
VERSION = "9.8.7"


class Release:
    """A folder with `vVERSION/mcpauth-VERSION-linux-ARCH.tar.gz`, as a server publishes it."""

    def __init__(self, repo: Repository) -> None:
        self.repo, self.folder = repo, repo.folder / "releases"
        self.tarball = self.make(VERSION, "share/man/man1/mcpauth.1", "share/doc/mcpauth/old.txt")
        handler = partial(Quiet, directory=str(self.folder))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def make(self, version: str, *files: str) -> Path:
        name = f"mcpauth-{version}-linux-{platform.machine()}"
        path = self.folder / f"v{version}" / f"{name}.tar.gz"
        path.parent.mkdir(parents=True)
        root = self.repo.folder / name
        for file in files:
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_text(f"{version} {file}\n")
        (root / "bin").mkdir(parents=True)
        (root / "bin" / "mcpauth").symlink_to(self.repo.mcpauth)
        with tarfile.open(path, "w:gz", dereference=True, compresslevel=1) as tar:
            tar.add(root, arcname=name)
        return path

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.tarball.read_bytes()).hexdigest()

    def __enter__(self) -> Release:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def script(check: Checks, options) -> None:
    """examples/install: by version and checksum, over an older version, and its removal"""
    with Repository(options.bin) as repo, Release(repo) as release:
        prefix = repo.folder / "prefix"
        (prefix / "bin").mkdir(parents=True)
        (prefix / "bin" / "other").write_text("")

        def install(*words: object) -> Outcome:
            return run([INSTALL, "--prefix", prefix, *words], repo.folder, repo.env)

        published = ["--release", VERSION, "--from", f"{release.url}/v{VERSION}"]
        wrong = install(*published, "--sha256", "0" * 64)
        check("another checksum: nothing is installed", wrong.code == 1 and "another checksum" in wrong.err and files(prefix) == ["bin/other"], wrong)
        for name, words in (
            ("no checksum", published), ("half a checksum", [*published, "--sha256", "abc"]), ("nothing to do", []),
            ("two things to do", ["--local", "--uninstall"]), ("an unknown option", ["--bogus"]), ("an option without its value", ["--file"]),
        ):
            refused = install(*words)
            check(f"{name}: wrong usage", refused.code == 64 and "--help" in refused.err, refused)
        check("--help is 0", run([INSTALL, "--help"], repo.folder, repo.env).code == 0)

        good = install(*published, "--sha256", release.sha256)
        check("a release is installed", good.code == 0 and "bin/mcpauth" in files(prefix) and "share/doc/mcpauth/old.txt" in files(prefix), good)
        ran = run([prefix / "bin" / "mcpauth", "--version"], repo.folder, repo.env)
        check("it runs", ran.code == 0 and ran.out.startswith("mcpauth "), ran)
        newer = install("--file", release.make("9.9.0", "share/man/man1/mcpauth.1"))
        manual = (prefix / "share/man/man1/mcpauth.1").read_text()
        check("over an older version: its files are replaced or removed",
              newer.code == 0 and manual.startswith("9.9.0") and not (prefix / "share/doc").exists(), (newer, files(prefix)))
        (prefix / "share" / "man" / "mine.txt").write_text("")
        away = install("--uninstall")
        check("--uninstall removes what was installed, and nothing else", away.code == 0 and files(prefix) == ["bin/other", "share/man/mine.txt"], files(prefix))
        check("empty folders that it created are removed", not (prefix / "share" / "mcpauth").exists() and not (prefix / "share/man/man1").exists())
        again = install("--uninstall")
        check("--uninstall without an installation is 1", again.code == 1 and "no installation" in again.err, again)
        bad = repo.folder / "bad.tar.gz"
        with tarfile.open(bad, "w:gz") as tar:
            tar.add(INSTALL, arcname="something")
        other = install("--file", bad)
        check("a tarball of something else is refused", other.code == 1 and "not a tarball of mcpauth" in other.err, other)


def commands(name: str) -> str:
    """The step that installs mcpauth in that file, once: both jobs of a workflow have the same text."""
    text = (ROOT / "examples" / FILES[name]).read_text()
    if name == "gitlab":
        block = re.search(r"^  before_script:\n((?:    - .+\n)+)", text, re.M)[1]
        return re.sub(r"^    - ", "", block, flags=re.M)
    blocks = re.findall(r"^( *)- name: install mcpauth\n(?:\1  (?!run).*\n)*\1  run: \|\n((?:\1    .*\n)+)", text, re.M)
    found = {re.sub(rf"^{indent}    ", "", block, flags=re.M) for indent, block in blocks}
    assert len(found) == 1, f"{name}: {len(found)} ways to install"
    return found.pop()


def workflows(check: Checks, options) -> None:
    """the steps that install a release: by version and checksum"""
    with Repository(options.bin) as repo, Release(repo) as release:
        # The workflows run on x86_64.
        release.tarball.rename(release.tarball.with_name(f"mcpauth-{VERSION}-linux-x86_64.tar.gz"))
        release.tarball = release.tarball.with_name(f"mcpauth-{VERSION}-linux-x86_64.tar.gz")
        for name in FILES:
            place = repo.folder / name
            temp = place / "temp"
            temp.mkdir(parents=True)
            path = place / "path"
            path.write_text("")
            env = repo.env | {"MCPAUTH_RELEASES": release.url, "MCPAUTH_VERSION": VERSION, "RUNNER_TEMP": str(temp), "GITHUB_PATH": str(path)}
            # GitLab's job is root in a container.
            text = commands(name).replace("/tmp/", f"{temp}/").replace("/usr/local", str(place))
            for what, sha256 in (("no checksum", ""), ("another checksum", "0" * 64)):
                failed = run(["bash", "-eo", "pipefail", "-c", text], place, env | {"MCPAUTH_SHA256": sha256})
                check(f"{name}: {what}: nothing is unpacked", failed.code != 0 and not list(place.rglob("mcpauth")), failed)
            done = run(["bash", "-eo", "pipefail", "-c", text], place, env | {"MCPAUTH_SHA256": release.sha256})
            folder = path.read_text().strip() or str(place / "bin")
            ran = run(["mcpauth", "--version"], place, env | {"PATH": f"{folder}:{os.environ['PATH']}"})
            check(f"{name}: mcpauth is there", done.code == 0 and ran.code == 0 and (Path(folder) / "mcpauth").exists(), (done, ran))


def published(check: Checks, options) -> None:
    """examples/release/published puts a release's version, checksum and repository in each file"""
    with Repository(options.bin) as repo:
        shutil.copytree(ROOT / "examples", repo.folder / "examples")
        sha256 = "12" * 32
        sums = repo.folder / "SHA256SUMS"
        sums.write_text(f"{'34' * 32}  mcpauth-{VERSION}-linux-aarch64.tar.gz\n{sha256}  mcpauth-{VERSION}-linux-x86_64.tar.gz\n")
        done = run([PUBLISHED, "acme/mcpauth", sums, "--root", repo.folder], repo.folder, repo.env)
        for name, path in FILES.items():
            text = (repo.folder / "examples" / path).read_text()
            check(f"{name}: version, checksum and repository", done.code == 0 and sha256 in text and VERSION in text and "OWNER" not in text.split("\n\n", 1)[1], text)
            check(f"{name}: nothing is left to set", "Until a release is published" not in text and "0" * 64 not in text, text)
        sums.write_text("")
        check("a file without the tarball is refused", run([PUBLISHED, "acme/mcpauth", sums, "--root", repo.folder], repo.folder, repo.env).code == 2)


if __name__ == "__main__":
    options = arguments(__doc__)
    sys.exit(run_cases(Checks(), [script, workflows, published], options, only=options.only))
