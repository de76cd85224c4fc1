#!/usr/bin/env python3
"""Every shell block of README and the catalogue, run in order, each article in a prepared folder, against the sandbox.

    Tests/CI/shell_blocks.py [--bin .build/debug] [--only readme] [--update]

A command that cannot be run here has its reason in REASONS; any other one is run. SecondMonth and Providers have scripts of their
own. `--update` writes what is printed now into the articles; read the difference. Ends with `N passed, N failed`.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from repository import ROOT, Repository, arguments
from shell import CATALOGUE, LANGUAGES, Block, Shell, Step, Updates, blocks, play
from support import Checks, Sandbox, run_cases
from web import Web, sandbox_host

# Why a command is not run. Each reason must still have a command.
REASONS = {
    "runs every test, or builds for minutes": r"\./Tests/run\b|swift build\b|examples/install --local\b",
    "installs packages on this machine": r"sudo apt-get install\b",
    "needs a release, and none is published (Tests/CI/install.py installs one of its own)": r"examples/install --(?:release|uninstall)\b|sha256sum\b|sudo tar\b",
    "needs Docker (examples/release/check runs the image)": r"docker\b",
    "needs a merge with a conflict (Tests/EndToEnd/State/MergeDriverTests.swift has one)": r"git show :\d:|mcpauth state merge base\.json|mv ours\.json",
}
# Articles whose blocks another script runs.
ELSEWHERE = {"SecondMonth": "second_month.py", "Providers": "providers.py"}
HOSTS = {"mcp.linear.app": "challenge", "mcp.sentry.dev": "confidential-basic"}
# What a line of code without a `$ ` begins with, if it is a command.
COMMAND = re.compile(r" {4}(?:\$ |\./|(?:mcpauth|git|echo|export|sudo|cd|swift|docker|age) )")
WIDTH = 120


def reason(step: Step, block: Block) -> str | None:
    lines = step.command.splitlines() if block.language != "console" else [step.command]
    found = {why for line in lines for why, pattern in REASONS.items() if re.match(pattern, line)}
    return found.pop() if found else None


class Place:
    """A home folder with an empty git repository `my-repository`, and what quickstart needs."""

    def __init__(self, check: Checks, repo: Repository, sandbox: Sandbox, updates: Updates | None) -> None:
        self.check, self.updates, self.home = check, updates, repo.folder
        (self.home / ".config" / "mcpauth").mkdir(parents=True)
        self.work = self.home / "my-repository"
        self.work.mkdir()
        repo.git(self.work, "init", "-q")
        (self.work / "examples").symlink_to(ROOT / "examples")
        # What `mcpauth import --from claude-code` reads.
        (self.work / ".mcp.json").write_text('{"mcpServers": {"sentry": {"type": "http", "url": "https://mcp.sentry.dev/mcp"}}}\n')
        (self.work / ".git" / "info" / "exclude").write_text("examples\n.mcp.json\n")
        tools = self.home / "tools"
        tools.mkdir()
        # The build of quickstart: what is built already.
        (tools / "swift").write_text(f'#!/bin/sh\ncase "$*" in *--show-bin-path*) echo "{repo.mcpauth.parent}" ;; esac\n')
        (tools / "swift").chmod(0o755)
        self.web = Web(repo.folder, {host: sandbox_host(sandbox.origin, host, kind) for host, kind in HOSTS.items()})
        env = repo.env | {"PATH": f"{tools}:{repo.path_with_mcpauth()}", "COLUMNS": "100"} | self.web.env
        self.shell = Shell(self.work, env)

    def play(self, found: list[Block]) -> None:
        for block in found:
            if block.language == "yaml":
                self.write(block.text)
            if block.language not in LANGUAGES or any(reason(step, block) for step in block.steps) and block.language == "console":
                continue
            text = [line for line in block.lines if block.language == "console" or not any(re.match(why, line) for why in REASONS.values())]
            kept = Block(block.path, block.heading, block.language, block.line, text)
            first = kept.steps[0].command.strip() if kept.steps else ""
            if not first:
                continue
            if first.startswith("cd my-repository"):
                self.shell.run(f"cd {self.home}")
            if "mcpauth init" in first:
                self.forget()
            printed = play(self.check, self.shell, kept, self.updates)
            if key := re.search(r"^AGE-SECRET-KEY-1\w+$", printed, re.M):
                (self.home / ".config" / "mcpauth" / "key.txt").write_text(key[0] + "\n")

    def forget(self) -> None:
        """An empty repository again: an article shows `mcpauth init` in several ways."""
        for path in self.work.iterdir():
            if path.name not in (".git", "examples", ".mcp.json"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def write(self, text: str) -> None:
        """What an article says to write into the servers.yaml of `mcpauth init`: all servers, or one more."""
        path = self.work / "servers.yaml"
        if path.exists() and text.startswith("servers:\n"):
            path.write_text(re.sub(r"^servers:.*\Z", lambda _: text, path.read_text(), flags=re.M | re.S))
        elif path.exists() and re.match(r"  [a-z]", text):
            path.write_text(path.read_text() + text)


def article(check: Checks, path: Path, options, updates: Updates | None) -> None:
    with Repository(options.bin) as repo, Sandbox(options.bin, *[word for kind in HOSTS.values() for word in ("--kind", kind)]) as sandbox:
        place = Place(check, repo, sandbox, updates)
        with place.web:
            place.play(blocks(path))
        if path.stem == "README":
            left = repo.git(place.work, "status", "--porcelain")
            check(f"{path.stem}: its commands commit everything that mcpauth wrote", left == "", left)


def main() -> int:
    made = arguments(__doc__, update=True)
    updates = Updates() if made.update else None
    paths = [ROOT / "README.md", *sorted(CATALOGUE.glob("*.md"))]

    def forms(check: Checks) -> None:
        """Each shell block is marked as one, fits a terminal, and is run or has a reason; each reason has a command."""
        used: set[str] = set()
        for path in paths:
            text = path.read_text()
            fenced = {number for block in blocks(path) for number in range(block.line, block.line + len(block.lines))}
            bare = [f"line {number + 1}: {line}" for number, line in enumerate(text.splitlines()) if number not in fenced and COMMAND.match(line)]
            check(f"{path.stem}: no command is outside of a shell block", not bare, bare)
            odd = [block.name for block in blocks(path) if block.language not in LANGUAGES and re.search(r"^\$ ", block.text, re.M)]
            check(f"{path.stem}: each block with commands says that it has some", not odd, odd)
            shell = [block for block in blocks(path) if block.language in LANGUAGES]
            wide = [f"{block.name}: {line}" for block in shell for line in block.lines if len(line) > WIDTH]
            check(f"{path.stem}: its shell blocks have at most {WIDTH} columns", not wide, wide)
            for block in shell:
                why = [reason(step, block) for step in block.steps]
                used |= {one for one in why if one}
                mixed = block.language == "console" and any(why) and not all(why)
                check(f"{block.name}: all of it is run, or none of it", not mixed, block.text)
        check("each reason has a command", used == set(REASONS), set(REASONS) - used)
        for name, script in ELSEWHERE.items():
            check(f"{name}: {script} runs it", (Path(__file__).parent / script).exists() and f'"{name}.md"' in (Path(__file__).parent / script).read_text())

    def case(path: Path):
        def acted(check: Checks) -> None:
            article(check, path, made, updates)

        acted.__name__ = path.stem.lower()
        return acted

    own = [path for path in paths if path.stem not in ELSEWHERE and any(block.language in LANGUAGES for block in blocks(path))]
    code = run_cases(Checks(), [forms, *map(case, own)], only=made.only)
    if updates:
        updates.write()
    return code


if __name__ == "__main__":
    sys.exit(main())
