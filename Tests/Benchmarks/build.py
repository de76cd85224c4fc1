"""Builds the program as a release has it: optimized, with the runtime of Swift inside, without symbols."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from support import ROOT

FLAGS = ["--static-swift-stdlib", "-debug-info-format", "none", "-Xlinker", "-s"]


def release() -> Path:
    """The folder of `mcpauth`. The first build takes 15 minutes and more."""
    command = ["swift", "build", "--configuration", "release", "--product", "mcpauth", *FLAGS]
    for words in (command, [*command, "--show-bin-path"]):
        done = subprocess.run(words, cwd=ROOT, env=dict(os.environ), stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(words)}: exit code {done.returncode}\n{done.stdout[-3000:]}")
    return Path(done.stdout.strip())
