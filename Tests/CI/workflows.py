#!/usr/bin/env python3
"""Checks of every workflow in examples and in .github, and of the version that they name.

    Tests/CI/workflows.py [--bin .build/debug]

Ends with `N passed, N failed`.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from repository import ROOT, arguments, run
from support import Checks, run_cases

VERSION_KEY = re.compile(r"(?:MCPAUTH_VERSION: |\n  version:\n.*\n    default: )([\w.+-]+)$", re.M)


def workflows() -> list[Path]:
    found = [path for folder in ("examples", ".github") for path in (ROOT / folder).rglob("*.y*ml")]
    return sorted(path for path in found if re.search(r"^(jobs|runs|stages):", path.read_text(), re.M))


def jobs(text: str) -> list[str]:
    """The text of each job of a GitHub workflow."""
    body = text.split("\njobs:\n", 1)[1] if "\njobs:\n" in text else ""
    return re.split(r"^  (?=[\w-]+:$)", body, flags=re.M)[1:]


def actions(check: Checks, options) -> None:
    """Actions are pinned by commit; only a job that pushes keeps the token of its checkout."""
    found = workflows()
    check("there are workflows", len(found) >= 4, found)
    for path in found:
        name, text = str(path.relative_to(ROOT)), path.read_text()
        used = re.findall(r"^ *- uses: (.+)$|^ *uses: (.+)$", text, re.M)
        lines = [first or second for first, second in used]
        loose = [line for line in lines if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)]
        check(f"{name}: each action has its commit, and the version in a comment", not loose, loose)
        for job in jobs(text):
            job_name = job.split(":", 1)[0]
            is_kept = "actions/checkout@" in job and "persist-credentials: false" not in job
            does_push = "commit-lock push" in job
            check(f"{name}, {job_name}: the checkout keeps its token only to push", is_kept == does_push, job)


def version(check: Checks, options) -> None:
    """The program, the workflows, the changelog and the release scripts have one version."""
    wanted = run([options.bin / "mcpauth", "--version"], ROOT).out.split()[-1]
    check("mcpauth --version is a version", re.fullmatch(r"\d+\.\d+\.\d+", wanted), wanted)
    check.equal("examples/release/version", run([ROOT / "examples/release/version"], ROOT).out.strip(), wanted)
    named = {path.name: set(VERSION_KEY.findall(path.read_text())) for path in workflows()}
    named = {name: found for name, found in named.items() if found}
    check("the workflows name a version", len(named) >= 4, named)
    for name, found in named.items():
        check.equal(f"{name}: the version", found, {wanted})
    changelog = (ROOT / "Sources/MCPAuth/MCPAuth.docc/Changelog.md").read_text()
    check.equal("the newest version of the changelog", re.findall(r"^## (\d\S*)", changelog, re.M)[0], wanted)


if __name__ == "__main__":
    options = arguments(__doc__)
    sys.exit(run_cases(Checks(), [actions, version], options, only=options.only))
