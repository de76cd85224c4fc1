"""The shell blocks of README and the catalogue: reads them, runs their commands, and compares what is printed.

A block ```` ```console ```` has commands after `$ `, each with its output. A line `…` in the output is any number of lines, and `…` in
a line any text. Ids, keys, versions and dates differ from run to run: `Shell.shown` replaces each of them by the same text every
time. A command may end with `# exit code N`. A block ```` ```sh ```` has commands only. A block ```` ```diff ```` changes `servers.yaml`.
With `--update`, the script writes what was printed into the article.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import shlex
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

from repository import ROOT, run
from support import Checks, Outcome

CATALOGUE = ROOT / "Sources" / "MCPAuth" / "MCPAuth.docc"
LANGUAGES = ("sh", "shell", "console")
# What an article shows as the first, the second and the third recipient.
RECIPIENTS = [
    "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
    "age17qacqxrkne3g94mg6cjd3qmsklmpz8vadz3wuje9k54mf8jujcss67ghdd",
    "age1f80v3hdekhn4uzr7wdts0sz4l5umvc7tcc7a07n24k2tsf22xyusqn4lp3",
]
ANY = "…"
# What an article shows as the home folder.
HOME = "/home/me"
# The day that an article shows for today.
TODAY = datetime(2026, 6, 1, 8, tzinfo=timezone.utc)


@dataclass
class Step:
    """A command, the numbers of the lines of its output (from 0, the end excluded), and the exit code it must have."""

    command: str
    begin: int
    output: list[str] = field(default_factory=list)
    code: int = 0


@dataclass
class Block:
    """A fenced block: its article, heading, language, the number of its first line, and its text."""

    path: Path
    heading: str
    language: str
    line: int
    lines: list[str]

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"

    @property
    def name(self) -> str:
        return f"{self.path.stem}#{self.heading}, line {self.line}"

    @property
    def steps(self) -> list[Step]:
        if self.language == "console":
            found: list[Step] = []
            lines = list(enumerate(self.lines, self.line))
            while lines:
                number, line = lines.pop(0)
                if line.startswith("$ "):
                    command = line[2:]
                    while command.endswith("\\"):
                        number, line = lines.pop(0)
                        command += "\n" + line.removeprefix("> ")
                    code = re.search(r"# exit code (\d+)$", command)
                    found.append(Step(command, number + 1, code=int(code[1]) if code else 0))
                else:
                    assert found, f"{self.name}: it does not begin with '$ '"
                    found[-1].output.append(line)
            return found
        return [Step(self.text, 0)]


def blocks(path: Path, text: str | None = None) -> list[Block]:
    """All fenced blocks of a file, in order. The heading of a block is the last `##` above it."""
    found: list[Block] = []
    heading, opened = "", None
    for number, line in enumerate((text or path.read_text()).splitlines()):
        if opened is not None:
            if line.strip() == "```":
                opened = None
            else:
                found[-1].lines.append(line)
        elif fence := re.match(r"```(\w*)$", line):
            opened = fence[1]
            found.append(Block(path, heading, opened, number + 1, []))
        elif title := re.match(r"## (.+)$", line):
            heading = title[1]
    assert opened is None, f"{path}: a block is not closed"
    return found


class Updates:
    """New output for blocks, written at the end."""

    def __init__(self) -> None:
        self.changes: list[tuple[Path, int, int, list[str]]] = []

    def add(self, path: Path, step: Step, lines: list[str]) -> None:
        self.changes.append((path, step.begin, step.begin + len(step.output), lines))

    def write(self) -> None:
        for path, begin, end, lines in sorted(self.changes, key=lambda change: -change[1]):
            text = path.read_text().splitlines()
            text[begin:end] = lines
            path.write_text("\n".join(text) + "\n")


class Shell:
    """One shell session in a folder: variables and the working directory stay from command to command."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.folder, self.env = folder, env
        self.state = Path(env["HOME"]) / "shell-state"
        self.state.write_text(f"cd {shlex.quote(str(folder))}\n")
        self.known: dict[str, str] = {}
        self.today = datetime.now(timezone.utc)

    def run(self, command: str) -> Outcome:
        """Runs a command of an article, in bash. Standard error is in the output, as on a terminal."""
        # All variables are exported: the next command is another process.
        script = f'set -a\n. "$1"\n{{ {self.meant(command)}\n}} 2>&1\ncode=$?\n{{ export -p; printf "cd %q\\n" "$PWD"; }} >"$1"\nexit $code\n'
        return run(["bash", "-c", script, "bash", self.state], self.folder, self.env)

    def meant(self, text: str) -> str:
        """The reverse of `shown`, for what an article names again."""
        for real, shown in self.known.items():
            text = text.replace(shown, real)
        return text.replace(HOME, self.env["HOME"])

    def shown(self, text: str) -> str:
        """What an article shows in place of an output."""
        text = text.replace(self.env["HOME"], HOME)
        text = re.sub(r"AGE-SECRET-KEY-1\w+", "AGE-SECRET-KEY-1…", text)
        text = re.sub(r"\bage1[0-9a-z]{58}\b", lambda found: self.recipient(found[0]), text)
        text = re.sub(r"\b[0-9a-f]{32}\b", lambda found: self.number(found[0]), text)
        text = re.sub(rf"\b([0-9a-f]{{4,}}){ANY}([0-9a-f]{{4,}})\b", self.shortened, text)
        return re.sub(r"\b(20\d\d-\d\d-\d\d)(T\d\d:\d\d:\d\dZ)?", self.date, text)

    def recipient(self, real: str) -> str:
        if real not in self.known:
            taken = set(self.known.values())
            self.known[real] = next(name for name in RECIPIENTS if name not in taken)
        return self.known[real]

    def number(self, real: str) -> str:
        """The same 32 digits for the first number, the second number, and so on."""
        if real not in self.known:
            self.known[real] = hashlib.sha256(str(len(self.known)).encode()).hexdigest()[:32]
        return self.known[real]

    def shortened(self, found: re.Match[str]) -> str:
        """A number that a table shows without its middle."""
        head, tail = found.groups()
        real = next((number for number in self.known if number.startswith(head) and number.endswith(tail)), head + tail)
        digits = self.number(real)
        return digits[: len(head)] + ANY + digits[-len(tail) :]

    def date(self, found: re.Match[str]) -> str:
        if found[2]:
            days = round((datetime.fromisoformat(found[0].replace("Z", "+00:00")) - self.today) / timedelta(days=1))
        else:
            days = (datetime.fromisoformat(found[1]).date() - self.today.date()).days
        return (TODAY + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ" if found[2] else "%Y-%m-%d")

    def patch(self, text: str) -> None:
        """Applies a diff to servers.yaml: the lines with ' ' and '-' are there once, and become those with ' ' and '+'."""
        lines = text.splitlines()
        old = "".join(line[1:] + "\n" for line in lines if line[:1] in " -")
        new = "".join(line[1:] + "\n" for line in lines if line[:1] in " +")
        old, new = self.meant(old), self.meant(new)
        path = self.folder / "servers.yaml"
        before = path.read_text()
        assert before.count(old) == 1, f"servers.yaml does not have these lines once:\n{old}\nbut is\n{before}"
        path.write_text(before.replace(old, new))


def plain(lines: list[str]) -> list[str]:
    """Without differences of spaces, and without empty lines at the end."""
    found = [" ".join(line.split()) for line in lines]
    while found and not found[-1]:
        found.pop()
    return found


def matches(expected: list[str], found: list[str]) -> bool:
    """Whether an output is what an article shows. Each number of 32 digits may be another one, the same one in each place."""
    names: dict[str, str] = {}

    def number(found: re.Match[str]) -> str:
        if found[0] in names:
            return f"(?P={names[found[0]]})"
        names[found[0]] = f"number{len(names)}"
        return f"(?P<{names[found[0]]}>[0-9a-f]{{32}})"

    pattern = "".join("(?:.*\n)*?" if line == ANY else re.escape(line).replace(ANY, ".*") + "\n" for line in plain(expected))
    pattern = re.sub(r"\b[0-9a-f]{32}\b", number, pattern)
    pattern = re.sub(r"\b[0-9a-f]{4,}\.\*[0-9a-f]{4,}\b", f"[0-9a-f]+{ANY}[0-9a-f]+", pattern)
    return re.fullmatch(pattern, "".join(line + "\n" for line in plain(found))) is not None


def updated(expected: list[str], found: list[str]) -> list[str]:
    """The output for an article, in place of an older one: what was left out there is left out again."""
    parts: list[list[str]] = [[]]
    for line in expected:
        if line == ANY:
            parts.append([])
        else:
            parts[-1].append(line)
    # Where each part begins in what was printed: the first at the beginning, the last at the end, the others where they fit best.
    begins, at = [0], len(parts[0])
    for part in parts[1:-1]:
        places = range(at, max(at, len(found) - len(part)) + 1)
        begins.append(max(places, key=lambda place: similarity(part, found[place : place + len(part)])))
        at = begins[-1] + len(part)
    if len(parts) == 1:
        chosen = [found]
    else:
        begins.append(max(at, len(found) - len(parts[-1])))
        chosen = [found[begin : begin + len(part)] for begin, part in zip(begins, parts, strict=True)]
    kept = [line for line in expected if line != ANY and ANY in line]
    lines: list[str] = []
    for number, part in enumerate(chosen):
        lines += [ANY] if number else []
        lines += [next((line for line in kept if matches([line], [one])), one) for one in part]
    return lines


def similarity(one: list[str], other: list[str]) -> float:
    return difflib.SequenceMatcher(None, "\n".join(one), "\n".join(other)).ratio()


def play(check: Checks, shell: Shell, block: Block, updates: Updates | None = None) -> str:
    """Runs the commands of a block, and compares exit codes and outputs. A command without any output in its block may print.

    Returns everything that was printed.
    """
    printed = ""
    for step in block.steps:
        known = dict(shell.known)
        done = shell.run(step.command)
        printed += done.out + done.err
        found = shell.shown(done.out + done.err)
        if not step.output or ANY in step.output:
            # What an article does not show may come in any order: it gives no number to anything.
            shell.known = known
        what = f"{block.path.stem}#{block.heading}: $ {step.command.splitlines()[0]}"
        check(f"{what}: exit code {step.code}", done.code == step.code, done)
        if not step.output:
            continue
        if updates is not None and done.code == step.code and not matches(step.output, found.splitlines()):
            lines = updated([line.rstrip() for line in step.output], found.rstrip("\n").splitlines())
            updates.add(block.path, step, lines + ([""] if not step.output[-1] and lines[-1:] != [""] else []))
        else:
            check(f"{what}: its output", matches(step.output, found.splitlines()), f"the article (line {step.begin + 1}) does not have:\n{found}")
    return printed
