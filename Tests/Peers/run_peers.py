"""Runs mcpauth with real servers, and checks that the stored clients work.

    python3 Tests/Peers/run_peers.py --venvs FOLDER [--bin .build/debug] [--glewlwyd ROOT] [--peer NAME …]

Each peer comes from PyPI, in a venv of its own (`requirements-PEER.txt`). glewlwyd comes from Debian: its files are in
`/`, or in the folder where they were unpacked. Ends with `N passed, N failed`.
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import authlib_scenarios
import fastmcp_scenarios
import glewlwyd_scenarios
import idpyoidc_scenarios
import sdk_scenarios
from glewlwyd_server import is_installed
from peer import Opening, Scenario
from support import Checks, Place, parser, scratch

PEERS: dict[str, list[tuple[Scenario, Opening]]] = {
    "mcp1": sdk_scenarios.SCENARIOS,
    "mcp2": sdk_scenarios.SCENARIOS,
    "authlib": authlib_scenarios.SCENARIOS,
    "fastmcp": fastmcp_scenarios.SCENARIOS,
    "idpyoidc": idpyoidc_scenarios.SCENARIOS,
    "glewlwyd": glewlwyd_scenarios.SCENARIOS,
}


def run_scenario(check: Checks, mcpauth: Path, peer_path: Path, scenario: Scenario, opening: Opening) -> None:
    """Each scenario has a folder and a server of its own. If it throws, that is one failed check."""
    with scratch("peers") as folder:
        try:
            with opening(peer_path, folder) as peer:
                scenario(check, Place(mcpauth, folder / "inventory"), peer)
        except Exception:
            check(f"{scenario.__name__} ran to its end", False, traceback.format_exc())


def main() -> int:
    made = parser(__doc__)
    made.add_argument("--venvs", type=Path, required=True)
    made.add_argument("--glewlwyd", type=Path, default=Path("/"), help="the folder of its files")
    made.add_argument("--peer", choices=list(PEERS), action="append", help="only this peer")
    options = made.parse_args()
    check = Checks()
    for peer in options.peer or PEERS:
        is_glewlwyd = peer == "glewlwyd"
        # The Python of the peer's venv, or the folder of glewlwyd's files.
        path = options.glewlwyd.resolve() if is_glewlwyd else options.venvs.resolve() / peer / "bin" / "python"
        if not check.is_installed(peer, is_installed(path) if is_glewlwyd else path.exists()):
            continue
        for scenario, opening in PEERS[peer]:
            print(f"{peer}: {scenario.__name__}", flush=True)
            run_scenario(check, options.bin / "mcpauth", path, scenario, opening)
    return check.finish()


if __name__ == "__main__":
    sys.exit(main())
