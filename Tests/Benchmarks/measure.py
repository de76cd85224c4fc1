"""What a program takes: time, processor time, memory, system calls, instructions."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Sample:
    """One run of a program, or the medians of several. Times are in seconds, memory in MB."""

    wall: float
    cpu: float | None = None
    memory: float | None = None


def medians(samples: list[Sample]) -> Sample:
    def middle(values: list[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return statistics.median(known) if known else None

    return Sample(
        statistics.median(sample.wall for sample in samples),
        middle([sample.cpu for sample in samples]), middle([sample.memory for sample in samples]),
    )  # fmt: skip


def sample(command: list[object], folder: Path, env: dict[str, str], codes: tuple[int, ...] = (0,)) -> Sample:
    """Runs a program to its end, and measures it. Another exit code than `codes` is an error."""
    log = folder / "output"
    launcher = [os.path.realpath(sys.executable), "-I", "-S", str(Path(__file__).with_name("launch.py")), str(log)]
    words = [str(part) for part in command]
    done = subprocess.run(
        [*launcher, *words], cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    found = done.stdout.split()
    if done.returncode or len(found) != 4:
        raise SystemExit(f"{' '.join(words)}: it did not start\n{done.stderr}")
    if (code := int(found[3])) not in codes:
        text = log.read_text(errors="replace")[-2000:]
        raise SystemExit(f"{' '.join(words)}: exit code {code}\n{text}")
    return Sample(float(found[0]), float(found[1]), int(found[2]) / 1024)


def system_calls(
    command: list[object], folder: Path, env: dict[str, str], codes: tuple[int, ...] = (0,)
) -> Counter[str]:
    """How often a program makes each system call, in all its threads."""
    log = folder / "strace"
    sample(["strace", "-f", "-c", "-o", log, *command], folder, env, codes)
    counts: Counter[str] = Counter()
    for line in log.read_text(errors="replace").splitlines():
        if found := re.fullmatch(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)(?:\s+\d+)?\s+(\w+)", line):
            if found[2] != "total":
                counts[found[2]] += int(found[1])
    log.unlink()
    return counts


class Callgrind:
    """Counts instructions. The copy of the program that it runs is in `folder`."""

    def __init__(self, binary: Path, folder: Path) -> None:
        # Valgrind 3.19 cannot read the debugging information of Swift 6, and stops at it.
        self.binary, self.library = folder / binary.name, folder / "sigsuspend.so"
        source = Path(__file__).with_name("sigsuspend.c")
        for command in (
            ["strip", "--strip-debug", "-o", self.binary, binary],
            ["clang", "-shared", "-fPIC", "-O1", "-o", self.library, source],
        ):
            subprocess.run([str(part) for part in command], check=True)

    def count(self, words: list[object], folder: Path, env: dict[str, str]) -> int:
        """How many instructions a run of the program with these words executes. It takes about fifty times as long as without."""
        # With the default scheduler of valgrind, a thread that waits for another one can wait for minutes on a busy machine.
        command = ["valgrind", "--tool=callgrind", "--fair-sched=try", "--callgrind-out-file=/dev/null", self.binary, *words]
        done = subprocess.run(
            [str(part) for part in command], cwd=folder, env=env | {"LD_PRELOAD": str(self.library)},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False,
        )  # fmt: skip
        found = re.search(r"Collected : (\d+)", done.stderr)
        if done.returncode or not found:
            raise SystemExit(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stderr[-3000:]}")
        return int(found[1])
