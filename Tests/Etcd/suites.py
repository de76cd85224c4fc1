"""Runs the suites of the state store and of the secret store on a real etcd, with the build that exists.

    python3 Tests/Etcd/suites.py [FLAG …]      the flags of swift test
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cluster import Cluster
from support import ROOT, Checks, environment, scratch


def main() -> int:
    check = Checks()
    with scratch("etcd-suites") as root, Cluster(root / "etcd", size=1) as etcd:
        command = ["swift", "test", "--skip-build", *sys.argv[1:], "--filter", "Etcd.*StoreTests"]
        done = subprocess.run(command, cwd=ROOT, env=environment(MCPAUTH_TEST_ETCD=etcd.endpoints[0]), check=False)
        check("the suites pass on a real etcd", done.returncode == 0, done.returncode)
        written = etcd.keys("/mcpauth")
        check("and they wrote there", any("/entries/" in key or "/secrets/" in key for key in written), len(written))
    return check.finish()


if __name__ == "__main__":
    sys.exit(main())
