"""Runs a program, and prints its time, processor time, peak memory in KiB and exit code. Its output goes to a file.

    launch.py OUTPUT PROGRAM …

The kernel counts the memory of the process that starts a program as its memory too. So this script is a process of its own, without modules: it is
smaller than any program that is measured.
"""

import os
import sys
import time

nothing = os.open(os.devnull, os.O_RDONLY)
output = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
files = [(os.POSIX_SPAWN_DUP2, nothing, 0), (os.POSIX_SPAWN_DUP2, output, 1), (os.POSIX_SPAWN_DUP2, output, 2)]
begin = time.monotonic()
process = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ, file_actions=files)
_, status, usage = os.wait4(process, 0)
wall = time.monotonic() - begin
print(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, os.waitstatus_to_exitcode(status))
