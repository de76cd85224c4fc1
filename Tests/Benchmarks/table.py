"""The table of Performance.md."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path

from measure import Sample
from support import ROOT

ARTICLE = ROOT / "Sources" / "MCPAuth" / "MCPAuth.docc" / "Performance.md"
BEGIN = "<!-- The lines up to the next comment are written by Tests/Benchmarks/run. -->"
END = "<!-- End of what Tests/Benchmarks/run writes. -->"


@dataclass
class Line:
    """A line of the table."""

    row: str
    servers: int
    program: str
    figures: Sample
    calls: float | None = None


def seconds(value: float) -> str:
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


def table_line(line: Line) -> str:
    figures = line.figures
    cells = [
        line.row, f"{line.servers:,}" if line.servers > 1 else "–", line.program, seconds(figures.wall),
        seconds(figures.cpu) if figures.cpu is not None else "–",
        f"{figures.memory:.0f} MB" if figures.memory is not None else "–",
        f"{line.calls:,.1f}" if line.calls is not None else "–",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def machine() -> str:
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"^model name\s*: (.*)$", info, re.M)
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text(encoding="utf-8"))
    gigabytes = int(memory[1]) / 2**20 if memory else 0
    return (
        f"{os.cpu_count()} cores of {model[1] if model else platform.machine()}, {gigabytes:.0f} GB of memory, "
        f"Linux {platform.release().split('-')[0]}"
    )


def section(binaries: dict[str, tuple[str, Path]], runs: int, load: float, lines: list[Line], notes: list[str]) -> str:
    """`binaries` are a version and a file for each name; `load` is the load average before the first run."""
    programs = [
        f"- {name}: {version}, a file of {path.stat().st_size / 1e6:.1f} MB" for name, (version, path) in binaries.items()
    ]
    busy = " Other programs were running: the times are too long." if load > 0.5 else ""
    return "\n".join(
        [
            f"Measured on {machine()}. Load average before the first run: {load:.1f}.{busy}",
            f"Each figure is the median of {runs} runs. Rows with 100,000 servers run once.",
            "",
            *programs,
            "",
            "| What | Servers | Program | Time | Processor | Peak memory | System calls for each server |",
            "|---|---|---|---|---|---|---|",
            *[table_line(line) for line in lines],
            "",
            "The most frequent system calls, for each server:",
            "",
            *[f"- {note}" for note in notes],
        ]
    )


def write(text: str) -> None:
    """Replaces what is between the two comments of the article."""
    article = ARTICLE.read_text(encoding="utf-8")
    if article.count(BEGIN) != 1 or article.count(END) != 1 or article.index(BEGIN) > article.index(END):
        raise SystemExit(f"{ARTICLE} does not have the two comments that the figures are between")
    before, rest = article.split(BEGIN)
    after = rest.split(END)[1]
    ARTICLE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")
    print(f"written: {ARTICLE.relative_to(ROOT)}")
