"""Runs the programs of a row in turns, and collects the lines of the table."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from load_server import LoadServer
from measure import Sample, medians, sample, system_calls
from support import Place, environment, run
from table import Line, table_line

HERE = Path(__file__).resolve().parent
DEFAULTS = {"token_endpoint_auth_method": "client_secret_basic"}
AT_ONCE = 64
SMALL = 20


@dataclass
class Command:
    """What is measured: its words, where it runs, and how it may end."""

    words: list[object]
    folder: Path
    env: dict[str, str] = field(default_factory=environment)
    codes: tuple[int, ...] = (0,)


Prepare = Callable[[], Command]


@dataclass
class Options:
    """How much is measured."""

    runs: int = 5
    quick: bool = False
    large: bool = False


class Bench:
    """Makes folders and load servers, measures, and collects the lines of the table."""

    def __init__(self, binaries: dict[str, Path], root: Path, venvs: Path, options: Options) -> None:
        """`binaries` are the programs that are compared, by the name that the table has for each."""
        self.binaries, self.root, self.options = binaries, root, options
        self.python = venvs / "mcp2" / "bin" / "python"
        self.lines: list[Line] = []
        self.notes: list[str] = []
        self.applied: dict[tuple[Path, int], Place] = {}
        self.made = 0
        self.fast = LoadServer(root / "fast")
        self.slow = LoadServer(root / "slow", delay=50)
        self.go = self.build_go()

    # Folders

    def size(self, count: int) -> int:
        return min(count, SMALL) if self.options.quick else count

    def place(self, binary: Path, servers: dict[str, str], **blocks: object) -> Place:
        self.made += 1
        place = Place(binary, self.root / f"place-{self.made}")
        place.write_inventory(servers, **{"defaults": DEFAULTS} | blocks)
        return place

    def applied_place(self, binary: Path, count: int) -> Place:
        """A folder in which this program has registered so many servers. It is made once for each number, and nothing may change it."""
        if (binary, count) not in self.applied:
            place = self.place(binary, self.fast.servers(count))
            done = run([binary, "apply", "--quiet", "--parallelism", AT_ONCE], place.folder, timeout=3600)
            if done.code:
                raise SystemExit(f"the apply that prepares a row failed: {done}")
            self.applied[binary, count] = place
        return self.applied[binary, count]

    def command(self, place: Place, *words: object, codes: tuple[int, ...] = (0,), **variables: str) -> Command:
        return Command([place.binary, *words], place.folder, environment(**variables), codes)

    def each(self, prepare: Callable[[Path], Command]) -> dict[str, Prepare]:
        """The same command of each program that is compared."""
        return {name: lambda binary=binary: prepare(binary) for name, binary in self.binaries.items()}

    def new_apply(self, servers: dict[str, str], *words: object, **blocks: object) -> dict[str, Prepare]:
        """An apply of these servers in a new folder."""
        words = ("apply", "--quiet", "--parallelism", AT_ONCE, *words)
        return self.each(lambda binary: self.command(self.place(binary, servers, **blocks), *words))

    # Measuring

    def measure(
        self, row: str, count: int, programs: dict[str, Prepare], is_traced: bool = True, runs: int | None = None
    ) -> None:
        """Runs the programs in turns. Before each run its function prepares it, unmeasured. Those that are compared run once more under strace.

        No folder is removed before the end: for minutes afterwards, ext4 without a journal takes much longer to make a file.
        """
        samples: dict[str, list[Sample]] = {name: [] for name in programs}
        for _ in range(runs or self.options.runs):
            for name, prepare in programs.items():
                command = prepare()
                samples[name].append(sample(command.words, command.folder, command.env, command.codes))
        for name, prepare in programs.items():
            calls = self.calls(row, count, name, prepare) if is_traced and name in self.binaries else None
            self.add(Line(row, count, name, medians(samples[name]), calls))

    def calls(self, row: str, count: int, name: str, prepare: Prepare) -> float:
        command = prepare()
        counts = system_calls(command.words, command.folder, command.env, command.codes)
        most = ", ".join(f"{call} {number / count:.1f}" for call, number in counts.most_common(8))
        program = f", {name}" if len(self.binaries) > 1 else ""
        self.notes.append(f"{row}{program}, {count:,} servers: {most}" if count > 1 else f"{row}{program}: {most}")
        return counts.total() / count

    def add(self, line: Line) -> None:
        self.lines.append(line)
        print(table_line(line), flush=True)

    # Peers

    def build_go(self) -> Path:
        """The peer in Go. It uses only packages of Go's standard library, so nothing is downloaded."""
        program = self.root / "go-client"
        env = environment(GO111MODULE="off", GOPROXY="off", GOCACHE=str(self.root / "go-cache"), HOME=str(self.root))
        done = run(["go", "build", "-o", program, HERE / "client.go"], self.root, env)
        if done.code:
            raise SystemExit(f"the peer in Go was not built: {done}")
        return program

    def peers(self, server: LoadServer, count: int) -> dict[str, Prepare]:
        """Programs that discover and register the same servers with three requests each."""
        sdk = [self.python, HERE / "sdk_client.py", server.origin, count, "--at-once", AT_ONCE]
        return self.go_peer(server, count) | {"Python, MCP SDK": lambda: Command(sdk, self.root)}

    def go_peer(self, server: LoadServer, count: int) -> dict[str, Prepare]:
        words = [self.go, server.origin, count, "n", AT_ONCE]
        return {"Go, `net/http`": lambda: Command(words, self.root)}

    def json_parser(self, place: Place) -> dict[str, Prepare]:
        """Python reads the lock file. Its JSON parser is written in C."""
        load = "import json, sys; json.load(open(sys.argv[1]))"
        # Without the modules that a start of Python reads on this machine.
        words = [os.path.realpath(sys.executable), "-I", "-S", "-c", load, place.lock_path]
        return {"Python's JSON parser, the lock file": lambda: Command(words, place.folder)}

    def wrk(self, row: str, server: LoadServer, count: int) -> None:
        """The least time in which nginx answers the four requests of each server."""
        seconds = 1 if self.options.quick else 3
        samples = []
        for _ in range(self.options.runs):
            words = ["wrk", "-t", 1, "-c", AT_ONCE, "-d", f"{seconds}s", "-s", HERE / "requests.lua", server.origin]
            before = os.times()
            done = run([*words, "--", count], self.root)
            after = os.times()
            rate = re.search(r"Requests/sec:\s*([\d.]+)", done.out)
            sent = re.search(r"(\d+) requests in", done.out)
            if not rate or not sent or "Socket errors" in done.out:
                raise SystemExit(f"wrk: {done}")
            used = after.children_user + after.children_system - before.children_user - before.children_system
            samples.append(Sample(4 * count / float(rate[1]), used * 4 * count / int(sent[1])))
        self.add(Line(row, count, "wrk, four requests for each server", medians(samples)))


def install() -> Path:
    """Installs what the rows need, as the steps of `Tests/run` do. Returns the folder of the Python environments."""
    tests = HERE.parent
    done = subprocess.run([tests / "run", "benchmark-tools"], cwd=tests.parent, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise SystemExit("the programs that the rows need could not be installed")
    return tests.parent / ".build" / "venvs"
