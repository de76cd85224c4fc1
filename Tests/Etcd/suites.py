"""Runs the suites of the state store and of the secret store on a real etcd, with the build that exists.

    python3 Tests/Etcd/suites.py [FLAG …]      the flags of swift test
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cluster import Cluster, is_installed
from support import ROOT, Checks, environment, scratch


def main() -> int:
    check = Checks()
    if not is_installed(check):
        return check.finish() if check.failed else 0
    with scratch("etcd-suites") as root, Cluster(root / "etcd", size=1) as etcd:
        command = ["swift", "test", "--skip-build", *sys.argv[1:], "--filter", "Etcd.*StoreTests"]
        done = subprocess.run(
            command, cwd=ROOT, env=environment(MCPAUTH_TEST_ETCD=etcd.endpoints[0]), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        problems = [line for line in done.stdout.splitlines() if "✘" in line or "error:" in line]
        check("the suites pass on a real etcd", done.returncode == 0, "\n      ".join(problems) or done.stdout[-3000:])
        count = re.search(r"Test run with (\d+) tests", done.stdout)
        check(f"{count[1] if count else 'no'} tests ran", count and int(count[1]) > 0)
        written = etcd.keys("/mcpauth")
        check("and they wrote there", any("/entries/" in key or "/secrets/" in key for key in written), len(written))
    return check.finish()


if __name__ == "__main__":
    sys.exit(main())
