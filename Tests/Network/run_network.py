"""Runs `mcpauth` through a real proxy, against certificates of every kind, and against a name that changes its address.

    run_network.py --mcpauth BINARY [--only NAME …]

All on loopback. Needs `openssl`, and tinyproxy: without it that part is skipped, with a line that says so, or fails when
`CI` is set. Prints `N passed, N failed`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Peers"))

import flood_scenarios
import names_scenarios
import proxy_scenarios
import tls_scenarios
from world import Report

PARTS = {
    "proxy": proxy_scenarios.proxy,
    "tls": tls_scenarios.tls,
    "names": names_scenarios.names,
    "floods": flood_scenarios.floods,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mcpauth", type=Path, required=True)
    parser.add_argument("--only", choices=list(PARTS), action="append", help="only this part")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)  # the part with names calls itself
    options = parser.parse_args()
    report = Report()
    if options.inside:
        names_scenarios.inside(report, options.mcpauth.resolve(), options.inside)
        print(f"{report.passed} passed, {report.failed} failed")
        return 0
    for name in options.only or PARTS:
        print(f"network: {name}", flush=True)
        with tempfile.TemporaryDirectory(prefix="mcpauth-network-") as folder:
            try:
                PARTS[name](report, options.mcpauth.resolve(), Path(folder).resolve())
            except Exception:  # a part that breaks must not hide the ones after it
                report.check(f"{name} ran to its end", False, traceback.format_exc())
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed or not report.passed else 0


if __name__ == "__main__":
    sys.exit(main())
