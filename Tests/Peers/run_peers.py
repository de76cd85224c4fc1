"""Runs `mcpauth` against real servers and shows that the clients it stores really work.

    run_peers.py --mcpauth BINARY --venvs FOLDER [--glewlwyd ROOT] [--peer NAME …]

Each peer is from PyPI, in a venv of its own (`requirements-PEER.txt`), but glewlwyd, which is Debian's: its files lie
at `/`, or wherever they were unpacked. A peer that is not installed is skipped, with a line that says so; with `CI` set
it is a failure. Prints `N passed, N failed`.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import traceback
from pathlib import Path

import authlib_scenarios
import fastmcp_scenarios
import glewlwyd_scenarios
import sdk_scenarios
from glewlwyd_server import is_installed
from scenario import Opening, Scenario
from world import Report, World

PEERS: dict[str, list[tuple[Scenario, Opening]]] = {
    "mcp1": sdk_scenarios.SCENARIOS,
    "mcp2": sdk_scenarios.SCENARIOS,
    "authlib": authlib_scenarios.SCENARIOS,
    "fastmcp": fastmcp_scenarios.SCENARIOS,
    "glewlwyd": glewlwyd_scenarios.SCENARIOS,
}


def place_of(peer: str, options: argparse.Namespace) -> Path | None:
    """Where the peer is: its venv's Python, or the root of its files. None: not installed."""
    if peer == "glewlwyd":
        root = options.glewlwyd.resolve()
        return root if is_installed(root) else None
    python = options.venvs.resolve() / peer / "bin" / "python"
    return python if python.exists() else None


def run_scenario(report: Report, binary: Path, place: Path, scenario: Scenario, opening: Opening) -> None:
    """One scenario in a folder and with a server of its own; what it throws is one failure."""
    with tempfile.TemporaryDirectory(prefix="mcpauth-peers-") as name:
        folder = Path(name).resolve()
        try:
            with opening(place, folder) as peer:
                scenario(report, World(binary, folder / "inventory"), peer)
        except Exception:  # a scenario that breaks must not hide the ones after it
            report.check(f"{scenario.__name__} ran to its end", False, traceback.format_exc())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mcpauth", type=Path, required=True)
    parser.add_argument("--venvs", type=Path, required=True)
    parser.add_argument("--glewlwyd", type=Path, default=Path("/"), help="the root of its files")
    parser.add_argument("--peer", choices=list(PEERS), action="append", help="only this peer")
    options = parser.parse_args()
    report = Report()
    for peer in options.peer or PEERS:
        place = place_of(peer, options)
        if place is None:
            if os.environ.get("CI"):
                report.check(f"{peer} is installed", False, "with CI set every peer has to be there")
            else:
                print(f"{peer}: skipped, for it is not installed")
            continue
        for scenario, opening in PEERS[peer]:
            print(f"{peer}: {scenario.__name__}", flush=True)
            run_scenario(report, options.mcpauth.resolve(), place, scenario, opening)
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed or not report.passed else 0


if __name__ == "__main__":
    sys.exit(main())
