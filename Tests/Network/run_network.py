"""Runs mcpauth through a real proxy, with certificates of every kind, and with a name that changes its address.

    python3 Tests/Network/run_network.py [--bin .build/debug] [--only proxy|tls|names]

Everything is on loopback. It needs `openssl`, and `tinyproxy` for the part `proxy`. Ends with `N passed, N failed`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from flood_scenarios import floods
from names_scenarios import inside, names
from proxy_scenarios import proxy
from support import Checks, parser, run_cases, scratch
from tls_scenarios import tls


def main() -> int:
    made = parser(__doc__)
    made.add_argument("--only", choices=["proxy", "tls", "names", "floods"], action="append", help="only this part")
    made.add_argument("--inside", type=Path, help=argparse.SUPPRESS)  # `names` starts this script in its namespaces
    options = made.parse_args()
    check, mcpauth = Checks(), options.bin / "mcpauth"
    if options.inside:
        inside(check, mcpauth, options.inside)
        check.finish()
        return 0
    with scratch("network") as root:
        return run_cases(check, [proxy, tls, names, floods], mcpauth, root, only=options.only)


if __name__ == "__main__":
    sys.exit(main())
