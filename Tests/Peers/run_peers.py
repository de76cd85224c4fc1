"""Runs mcpauth with real servers, and checks that the stored clients work.

    python3 Tests/Peers/run_peers.py --venvs FOLDER [--bin .build/debug] [--unpacked FOLDER] [--peer NAME …]

Each peer comes from PyPI, in a venv of its own (`requirements-PEER.txt`). glewlwyd and LemonLDAP::NG come from Debian:
their files were unpacked to FOLDER/glewlwyd and FOLDER/lemonldap. Ends with `N passed, N failed`.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import authlib_scenarios
import fastmcp_scenarios
import glewlwyd_scenarios
import glewlwyd_server
import idpyoidc_scenarios
import lemonldap_scenarios
import lemonldap_server
import sdk_scenarios
from peer import Opening, Scenario
from support import Checks, Place, parser, scratch

PEERS: dict[str, list[tuple[Scenario, Opening]]] = {
    "mcp1": sdk_scenarios.SCENARIOS,
    "mcp2": sdk_scenarios.SCENARIOS,
    "authlib": authlib_scenarios.SCENARIOS,
    "fastmcp": fastmcp_scenarios.SCENARIOS,
    "idpyoidc": idpyoidc_scenarios.SCENARIOS,
    "glewlwyd": glewlwyd_scenarios.SCENARIOS,
    "lemonldap": lemonldap_scenarios.SCENARIOS,
}
# Those from Debian, whose files are in a folder of their own.
UNPACKED: dict[str, Callable[[Path], bool]] = {
    "glewlwyd": glewlwyd_server.is_installed,
    "lemonldap": lemonldap_server.is_installed,
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
    made.add_argument("--unpacked", type=Path, required=True, help="the folder of the peers from Debian")
    made.add_argument("--peer", choices=list(PEERS), action="append", help="only this peer")
    options = made.parse_args()
    check = Checks()
    for peer in options.peer or PEERS:
        # The folder of the peer's files, or the Python of its venv.
        has_files = UNPACKED.get(peer, Path.exists)
        path = options.unpacked.resolve() / peer if peer in UNPACKED else options.venvs.resolve() / peer / "bin" / "python"
        if not check.is_installed(peer, has_files(path)):
            continue
        for scenario, opening in PEERS[peer]:
            print(f"{peer}: {scenario.__name__}", flush=True)
            run_scenario(check, options.bin / "mcpauth", path, scenario, opening)
    return check.finish()


if __name__ == "__main__":
    sys.exit(main())
